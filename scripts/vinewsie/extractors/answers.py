"""Documents and answers as JSON: how an extractor is given a document, and how its answer is read.

A document is given with its text and segments, never its labels. An answer is a JSON object of
native records by layer; instead of records it may have the field ``error``.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import msgspec

from vinewsie.extractors.awaiting import awaited
from vinewsie.extractors.catalogue import Extractor, ExtractorError
from vinewsie.extractors.outputs import EXAMPLE, OutputError, read_output
from vinewsie.findings import shortened
from vinewsie.model import Document

logger = logging.getLogger("vinewsie")

Answer = dict[str, Any]
"""An answer of JSON's types, with its ``doc_id``."""

PATIENCE = 3
"""Failures after which an extractor that has answered nothing is given up."""

_EXCERPT = 120
"""Characters of an answer that a message shows."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_A_MAPPING = ("'Document' object", "of type 'Document'")
"""Parts of Python's messages when a document is used as a mapping."""


class AnswerSink(Protocol):
    """Takes the answers of an extractor, from any thread."""

    def take(self, doc_id: str, answer: Answer) -> None:
        """Takes the answer for a document."""

    def fail(self, doc_id: str, reason: str) -> None:
        """Takes the reason why a document has no answer."""


Ask = Callable[[Sequence[Document], AnswerSink, Event], None]
"""Asks an extractor for documents until the event is set; each is either taken or failed."""


def encode_document(document: Document) -> bytes:
    """A document as one line of JSON: id, text and segments."""
    return msgspec.json.encode(
        {"doc_id": document.doc_id, "text": document.text, "segments": document.segments}
    )


def decode_answer(data: bytes, expected: str) -> Answer:
    """Decodes a line of output, or the body of a response.

    Raises:
        ValueError: it is not a JSON object; the message shows it and gives ``expected``.
    """
    try:
        answer = msgspec.json.decode(data.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        constant = _constant_in(data)
        reason = f"{constant} is not JSON" if constant else expected
        raise ValueError(f"answered {excerpt(data)!r}; {reason}") from None
    if not isinstance(answer, dict):
        raise ValueError(f"answered {excerpt(data)!r}; {expected}")
    return answer


def pop_error(answer: Answer) -> str | None:
    """Takes the field ``error`` out of an answer: the reason why there are no records, or None."""
    error = answer.pop("error", None)
    if error is None:
        return None
    reason = error if isinstance(error, str) else msgspec.json.encode(error).decode()
    return reason.strip() or "it gave no reason"


def excerpt(data: bytes) -> str:
    """The beginning of an answer, for a message."""
    text = data[: 4 * _EXCERPT + 4].decode("utf-8", "replace").strip()
    return shortened(text, _EXCERPT)


def call(
    extractor: Extractor,
    document: Document,
    *,
    failures: tuple[type[BaseException], ...] = (Exception, SystemExit),
) -> Answer:
    """Calls an extractor with a document.

    Args:
        extractor: the extractor.
        document: the document, without labels.
        failures: the exceptions that fail the document; others are raised.

    Returns:
        The answer in JSON's types; or the field ``error`` with the reason of the failure, and
        perhaps ``hint`` with advice of several lines.
    """
    try:
        output = awaited(extractor(document))
        if isinstance(output, Iterator):
            output = list(output)
    except failures as error:
        return {"doc_id": document.doc_id, "error": _reason(error)}
    return understood(output, document)


def understood(output: object, document: Document, example: str = EXAMPLE) -> Answer:
    """What an extractor gave for a document, as an answer of native records.

    Args:
        output: a value in a form that :func:`read_output` reads.
        document: the document.
        example: advice for the case that the value is not understood.

    Returns:
        The answer in JSON's types; or the field ``error`` with the reason why there is none, and
        perhaps ``hint`` with the advice.
    """
    try:
        return _checked(output, document)
    except OutputError as error:
        return {"doc_id": document.doc_id, "error": str(error), "hint": example}
    except (TypeError, ValueError, RecursionError) as error:
        return {"doc_id": document.doc_id, "error": str(error)}


def total(infos: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The ``info`` of several answers as one: numbers added up, other values listed once each. Of a
    name that has both, all values are listed.
    """
    values: dict[str, list[Any]] = {}
    for info in infos:
        for name, value in info.items():
            values.setdefault(name, []).append(value)
    return {name: _together(found) for name, found in values.items()}


def _together(values: Sequence[Any]) -> Any:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return sum(values)
    # By repr: a value may be a list or a mapping, which no set can hold.
    distinct = list({repr(value): value for value in values}.values())
    return distinct[0] if len(distinct) == 1 else distinct


def one_line(text: str, limit: int = 300) -> str:
    """A text in one line of at most ``limit`` characters."""
    return shortened(" ".join(text.split()), limit)


def describe(error: BaseException) -> str:
    """An exception in one line, with the place where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    message = one_line(str(error), 200)
    return f"{type(error).__name__}{': ' if message else ''}{message}{place}"


def _constant_in(data: bytes) -> str | None:
    """NaN, Infinity or -Infinity in otherwise valid JSON, as many libraries write it."""
    found: list[str] = []
    try:
        json.loads(data, parse_constant=found.append)
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None


def _reason(error: BaseException) -> str:
    if isinstance(error, ExtractorError):
        return str(error)
    reason = describe(error)
    if isinstance(error, AttributeError | TypeError) and any(
        words in str(error) for words in _NOT_A_MAPPING
    ):
        reason += "; a document is an object: document.text, document.doc_id, document.segments"
    return reason


def _checked(output: object, document: Document) -> Answer:
    read, ignored, warnings = read_output(output, document)
    for name in ignored:
        _warn_ignored(name)
    for warning in warnings:
        logger.warning("%s: %s", document.doc_id, warning)
    answer: Answer = {"doc_id": document.doc_id, **read}
    if answer["doc_id"] != document.doc_id:
        raise ValueError(f"answered for {answer['doc_id']!r}")
    msgspec.json.encode(answer)  # raises an error for text that is not Unicode
    return answer


@cache
def _warn_ignored(name: str) -> None:
    """Warns of a field that is left out; once a process for each name."""
    logger.warning("ignored a field of records: %s", name)
