"""What the extractors on other tools share: the lines that a tool is given, and the way from what
it finds in them to records.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from vinewsie.extractors.catalogue import Extractor
from vinewsie.model import Document
from vinewsie.text import day_of, lines
from vinewsie.text_map import TextMap


class Line(NamedTuple):
    """A line of a document.

    ``text`` is what a tool is given: ``original`` in NFC, each run of white space (even of no
    width) as one space, because that is the text that tools are written for. ``anchor`` is the day
    that relative dates are seen from; None where the document does not say.
    """

    start: int
    original: str
    text: str
    anchor: date | None


class Found(NamedTuple):
    """A half-open span of the text that a tool worked on, and what the tool says of it; None for
    what it does not say.
    """

    start: int
    end: int
    type: str | None = None
    value: str | None = None
    mod: str | None = None


Find = Callable[[Line], tuple[str, Iterable[Found]]]
"""What a tool finds in a line, after the text that its spans are of: the line's, or as the tool
rewrote it.
"""

_SPACE = re.compile(r"[\s\u200b\ufeff]+")

_TWO_DAYS = (date(1987, 3, 3), date(2011, 10, 20))
"""Two days that have nothing in common."""


def on_lines(name: str, layer: str, find: Find) -> Extractor:
    """The extractor that fills a layer line by line.

    A span that cannot be found again in the document is left out, because any other place would be
    a guess; stderr says so.
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


def lines_of(document: Document) -> Iterator[Line]:
    """The lines of a document that are not blank, each with the anchor date of its segment."""
    for start, end in lines(document.text):
        original = document.text[start:end]
        text = _SPACE.sub(" ", unicodedata.normalize("NFC", original)).strip()
        segment = document.segment_at(start)
        if text:
            yield Line(
                start, original, text, day_of(segment.anchor_date) if segment is not None else None
            )


def _records(where: str, line: Line, text: str, found: Iterable[Found]) -> Iterator[dict[str, Any]]:
    """What was found in ``text``, as native records in the document; ``where`` begins the message
    about what cannot be placed.
    """
    way_back = TextMap(text, line.original)
    for start, end, *said in found:
        span = way_back.span(start, end)
        if span is None:
            print(
                f"{where}: {text[start:end]!r} cannot be found again in the text and is left out",
                file=sys.stderr,
            )
            continue
        fields = {
            name: value
            for name, value in zip(Found._fields[2:], said, strict=True)
            if value is not None
        }
        yield {
            "start": line.start + span.start,
            "end": line.start + span.end,
            "text": line.original[span.start : span.end],
            **fields,
        }


def joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Words with a space between each two, and the span of every word in that."""
    spans = []
    position = 0
    for word in words:
        spans.append((position, position + len(word)))
        position += len(word) + 1
    return " ".join(words), spans


def seen_from(anchor: date | None, read: Callable[[date], list[Found]]) -> list[Found]:
    """What ``read`` finds from an anchor.

    Without one, values are kept where two days that have nothing in common lead to the same: what
    depends on the day is not known.
    """
    if anchor is not None:
        return read(anchor)
    first, second = map(read, _TWO_DAYS)
    agreed = frozenset(second)
    return [found if found in agreed else found._replace(value=None) for found in first]
