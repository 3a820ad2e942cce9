"""The process in which a Python extractor runs: a document a line on stdin, an answer a line on
what was stdout.

Run as ``python -m vinewsie.extractors.worker SPEC``. The first line says whether the extractor
could be made. What the extractor prints, in whatever language, goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from vinewsie import extractors
from vinewsie.model import Document, Prediction

PATIENCE = 3
"""An extractor that has failed on so many documents and answered none is given up."""

_SHOWN = 120
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def question(document: Document) -> bytes:
    """What an extractor is given, as one line of JSON: text and segments, never labels."""
    return msgspec.json.encode(
        {"doc_id": document.doc_id, "text": document.text, "segments": document.segments}
    )


def answer_in(data: bytes, expected: str) -> dict[str, Any]:
    """The answer that a line of output or the body of a response is.

    Raises:
        ValueError: it is no JSON object; the message shows it and says what was expected.
    """
    try:
        answer = msgspec.json.decode(data.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        number = _no_number(data)
        raise ValueError(
            f"came back {shown(data)!r}; {f'{number} is no JSON' if number else expected}"
        ) from None
    if not isinstance(answer, dict):
        raise ValueError(f"came back {shown(data)!r}; {expected}")
    return answer


def reason_in(answer: dict[str, Any]) -> str | None:
    """Why an extractor has no answer, as it says in the field ``error``, which is taken out; None
    if there is an answer.
    """
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


_NO_MAPPING = ("'Document' object", "of type 'Document'")
"""What Python says of a document that is taken for a mapping."""


def main(spec: str) -> None:
    """Answers until stdin ends."""
    with (
        os.fdopen(os.dup(0), "rb") as documents,
        os.fdopen(os.dup(1), "wb") as answers,
        Path(os.devnull).open("rb") as nothing,
    ):
        # An extractor or a child of it that reads stdin must not eat documents.
        os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)

        def say(answer: dict[str, Any]) -> None:
            answers.write(msgspec.json.encode(answer) + b"\n")
            answers.flush()

        try:
            extractor = extractors.resolve(spec)
        except extractors.UnknownExtractorError as error:
            say({"unknown": str(error)})
            return
        except (Exception, SystemExit) as error:
            say({"unknown": f"{spec} could not be started: {extractors.last_line(error)}"})
            return
        say({"ready": spec})
        decoder = msgspec.json.Decoder(Document)
        for line in documents:
            # Ctrl-C goes to the parent; an interrupt that is raised here is the extractor's own.
            say(answer_of(extractor, decoder.decode(line), failures=BaseException))


def answer_of(
    extractor: extractors.Extractor,
    document: Document,
    *,
    failures: type[BaseException] | tuple[type[BaseException], ...] = (Exception, SystemExit),
) -> dict[str, Any]:
    """What an extractor says of a document: its answer in JSON's own types with the document's id,
    or what went wrong as ``error``.

    ``failures`` are the exceptions that cost the document; others are raised.
    """
    try:
        output = extractor(document)
    except failures as error:
        return {"doc_id": document.doc_id, "error": _reason(error)}
    try:
        return _checked(output, document.doc_id)
    except (TypeError, ValueError, RecursionError) as error:
        return {"doc_id": document.doc_id, "error": str(error)}


def _reason(error: BaseException) -> str:
    if isinstance(error, extractors.ExtractorError):
        return str(error)
    told = extractors.last_line(error)
    taken_for_mapping = isinstance(error, AttributeError | TypeError) and any(
        words in str(error) for words in _NO_MAPPING
    )
    return (
        f"{told}; a document is an object: document.text, document.doc_id, document.segments"
        if taken_for_mapping
        else told
    )


def _checked(output: object, doc_id: str) -> dict[str, Any]:
    if not isinstance(output, dict | Prediction | Document):
        raise TypeError(
            f"returned a {type(output).__name__}; expected a Prediction or a dict of records"
        )
    answer: dict[str, Any] = msgspec.to_builtins(output, enc_hook=_plain, str_keys=True)
    answer = {"doc_id": doc_id, **answer}
    if answer["doc_id"] != doc_id:
        raise ValueError(f"answered for {answer['doc_id']!r}")
    if not isinstance(output, dict):
        # Nothing but what was said: layers that were not given are no claims.
        answer = {
            name: value
            for name, value in answer.items()
            if name == "doc_id" or (value and name != "unplaced")
        }
    msgspec.json.encode(answer)
    return answer


def _plain(value: Any) -> Any:
    """Numbers of numpy and the like as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a {type(value).__name__} ({value!r}) is nothing that JSON can hold")


if __name__ == "__main__":
    main(sys.argv[1])
