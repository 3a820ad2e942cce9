"""What goes to and comes from extractors outside of Python: a document as JSON, and an answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from vinewsie.model import Document

PATIENCE = 3
"""An extractor that has failed on so many documents and answered none is given up."""

_SHOWN = 120
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def question(document: Document) -> bytes:
    """What an extractor is given, as one line of JSON: text and segments, never labels."""
    return msgspec.json.encode({"doc_id": document.doc_id, "text": document.text, "segments": document.segments})


def answer_in(data: bytes, expected: str) -> dict[str, Any]:
    """The answer that a line of output or the body of a response is.

    Raises:
        ValueError: it is no JSON object; the message shows it and says what was expected.
    """
    try:
        answer = msgspec.json.decode(data.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        number = _no_number(data)
        raise ValueError(f"came back {shown(data)!r}; {f'{number} is no JSON' if number else expected}") from None
    if not isinstance(answer, dict):
        raise ValueError(f"came back {shown(data)!r}; {expected}")
    return answer


def reason_in(answer: dict[str, Any]) -> str | None:
    """Why an extractor has no answer, as it says in the field ``error``, which is taken out; None if there is an answer."""
    error = answer.pop("error", None)
    if error is None:
        return None
    said = error if isinstance(error, str) else msgspec.json.encode(error).decode()
    return said.strip() or "it gave no reason"


def shown(data: bytes) -> str:
    """The beginning of what came back."""
    text = data[: 4 * _SHOWN + 4].decode("utf-8", "replace").strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _no_number(data: bytes) -> str | None:
    """NaN, Infinity or -Infinity in what is JSON but for that, as many libraries write it."""
    found: list[str] = []
    try:
        json.loads(data, parse_constant=found.append)
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None
