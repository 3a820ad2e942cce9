"""Runs other tools line by line: the lines as a tool needs them, its spans as records."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from vinewsie.extractors.catalogue import Extractor
from vinewsie.formats.tags import chunks
from vinewsie.model import Document
from vinewsie.text import day_of, lines
from vinewsie.text_map import TextMap

logger = logging.getLogger("vinewsie")


class DocumentLine(NamedTuple):
    """A line of a document.

    Args:
        start: its offset in the document.
        original: its text in the document.
        text: the text for the tool: NFC, each run of white space (zero-width included) as one
            space. Tools are written for such text.
        anchor: the day that relative dates refer to; None if the document has none.
    """

    start: int
    original: str
    text: str
    anchor: date | None


class ToolSpan(NamedTuple):
    """A half-open span of the text that a tool worked on, with the tool's attributes; None for one
    that it does not give.
    """

    start: int
    end: int
    type: str | None = None
    value: str | None = None
    mod: str | None = None


FindSpans = Callable[[DocumentLine], tuple[str, Iterable[ToolSpan]]]
"""Runs a tool on a line. Returns the text that the spans refer to (the line's text, or as the tool
rewrote it), and the spans.
"""

_SPACE = re.compile(r"[\s\u200b\ufeff]+")

_TWO_DAYS = (date(1987, 3, 3), date(2011, 10, 20))
"""Two days without a part in common: year, month, day, week and day of the week all differ."""


def on_lines(name: str, layer: str, find: FindSpans) -> Extractor:
    """The extractor that fills a layer line by line.

    A span that cannot be found again in the document is left out with a warning, because any other
    place would be a guess.

    Args:
        name: the extractor, for warnings.
        layer: the layer.
        find: runs the tool.
    """

    def extract(document: Document) -> dict[str, Any]:
        return {
            layer: [
                record
                for line in lines_of(document)
                for record in _records(f"{name}: {document.doc_id}", line, *find(line))
            ]
        }

    return extract


def lines_of(document: Document) -> Iterator[DocumentLine]:
    """The lines of a document that are not blank, each with the anchor date of its segment."""
    for start, end in lines(document.text):
        original = document.text[start:end]
        text = _SPACE.sub(" ", unicodedata.normalize("NFC", original)).strip()
        segment = document.segment_at(start)
        if text:
            anchor = day_of(segment.anchor_date) if segment is not None else None
            yield DocumentLine(start, original, text, anchor)


def _records(
    place: str, line: DocumentLine, text: str, spans: Iterable[ToolSpan]
) -> Iterator[dict[str, Any]]:
    """The spans of ``text`` as native records; ``place`` begins the warnings."""
    text_map = TextMap(text, line.original)
    for start, end, *attributes in spans:
        span = text_map.span(start, end)
        if span is None:
            logger.warning(
                "%s: %r cannot be found again in the text and is left out", place, text[start:end]
            )
            continue
        fields = {
            name: value
            for name, value in zip(ToolSpan._fields[2:], attributes, strict=True)
            if value is not None
        }
        yield {
            "start": line.start + span.start,
            "end": line.start + span.end,
            "text": line.original[span.start : span.end],
            **fields,
        }


def joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Words joined by single spaces, and the span of each word in the result."""
    spans = []
    position = 0
    for word in words:
        spans.append((position, position + len(word)))
        position += len(word) + 1
    return " ".join(words), spans


def chunked(tagged: Sequence[tuple[str, str]]) -> tuple[str, list[ToolSpan]]:
    """Words with their tags: the words joined by single spaces, the chunks as spans of the
    result.
    """
    text, spans = joined([word for word, _ in tagged])
    return text, [
        ToolSpan(spans[first][0], spans[last - 1][1], label)
        for first, last, label in chunks(tag for _, tag in tagged)
    ]


def seen_from(anchor: date | None, read: Callable[[date], list[ToolSpan]]) -> list[ToolSpan]:
    """The spans that ``read`` finds from an anchor date.

    Without an anchor, a value is kept only if two unrelated days give the same: otherwise it
    depends on the anchor.
    """
    if anchor is not None:
        return read(anchor)
    first, second = map(read, _TWO_DAYS)
    agreed = frozenset(second)
    return [span if span in agreed else span._replace(value=None) for span in first]
