"""The baseline ``rules``: lexicons and patterns for Vietnamese news in general, for all four
layers.

It was written from general knowledge of the language, without a look at the evaluation data.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from vinewsie.baseline import marks as mark_rules
from vinewsie.baseline.dates import times_of
from vinewsie.baseline.entities import mentions_of
from vinewsie.baseline.marks import Pair, pairs_of
from vinewsie.baseline.quotes import Finder, Quotation
from vinewsie.baseline.sources import Page
from vinewsie.baseline.surface import Line, View, lines_of, view_of
from vinewsie.model import Date, Document, Entity, Mark, Prediction, Quote
from vinewsie.scheme.marks import status_of
from vinewsie.scheme.quotes import kind_of

__all__ = ["extract", "make"]

_NEAR = 24
"""How many neighbours are looked at for what encloses a record."""
_BACK = 3000
_CATCHWORD = 3


def make(argument: str | None) -> Callable[[Document], Prediction]:
    """The extractor; there is nothing to load."""
    return extract


def extract(document: Document) -> Prediction:
    """What the rules find in a document."""
    view = view_of(document.text)
    lines = lines_of(document, view)
    mentions = mentions_of(view.text, lines)
    finder = Finder(view.text, Page(view.text, mentions))
    pairs: list[tuple[Pair, Line]] = []
    for line in lines:
        held = pairs_of(view.text, line)
        pairs.extend((pair, line) for pair in held)
        finder.line(line, held)
    owners = _owners(view.text, pairs, finder.found)
    found = [
        Mark(
            id=f"m{number}", start=(span := view.span(pair.start, pair.end)).start, end=span.end, text=document.text[span.start : span.end],
            open=pair.open, close=pair.close, status=status_of(pair.open, pair.close),
            function="speech" if owner is not None else mark_rules.function_without_cue(view.text, pair, line),
            quote=None if owner is None else f"q{owner + 1}",
        )
        for number, ((pair, line), owner) in enumerate(zip(pairs, owners, strict=True), start=1)
    ]  # fmt: skip
    return Prediction(
        doc_id=document.doc_id,
        entities=tuple(
            Entity(
                id=f"e{number}",
                start=(span := view.span(m.start, m.end)).start,
                end=span.end,
                text=document.text[span.start : span.end],
                type=m.type,
            )
            for number, m in enumerate(mentions, start=1)
        ),
        dates=tuple(_dates(document, view, lines)),
        marks=tuple(found),
        quotes=tuple(_quotes(document, view, finder.found, found)),
    )


def _owners(
    text: str, pairs: Sequence[tuple[Pair, Line]], quotations: Sequence[Quotation]
) -> list[int | None]:
    """For every pair of marks the innermost quotation that holds it."""
    spans = sorted(
        (start, end, index)
        for index, quotation in enumerate(quotations)
        for start, end in quotation.content
    )
    starts = [span[0] for span in spans]
    owners: list[int | None] = []
    for pair, line in pairs:
        end = pair.start + len(text[pair.start : pair.end].rstrip(" .,…;"))
        last = bisect_right(starts, pair.start)
        holding = [span for span in spans[max(0, last - _NEAR) : last] if end <= span[1]]
        owner = min(holding, key=lambda span: span[1] - span[0], default=None)
        catchword = (
            line.headline and pair.open in "'‘" and mark_rules.length(text, pair) <= _CATCHWORD
        )
        if owner is None or (catchword and (owner[0], owner[1]) != (pair.start, end)):
            owners.append(None)
        else:
            owners.append(owner[2])
    return owners


def _parents(quotations: Sequence[Quotation]) -> list[int | None]:
    """For every quotation the smallest one whose content encloses its own and its reporting
    words.
    """
    parents: list[int | None] = []
    for index, inner in enumerate(quotations):
        near = range(max(0, index - _NEAR), min(len(quotations), index + _NEAR))
        around = [other for other in near if other != index and _encloses(quotations[other], inner)]
        parents.append(
            min(
                around,
                key=lambda other: quotations[other].content[0][1] - quotations[other].content[0][0],
                default=None,
            )
        )
    return parents


def _encloses(outer: Quotation, inner: Quotation) -> bool:
    if outer.content == inner.content or not inner.cue:
        return False
    return all(
        any(a <= start and end <= b for a, b in outer.content)
        for start, end in (*inner.content, *inner.cue)
    )


def _dates(document: Document, view: View, lines: Sequence[Line]) -> Iterator[Date]:
    number = 0
    for line in lines:
        for time in times_of(view.text, line):
            number += 1
            span = view.span(time.start, time.end)
            surface = document.text[span.start : span.end]
            yield Date(
                id=f"d{number}",
                start=span.start,
                end=span.end,
                text=surface,
                type=time.type,
                value=time.value,
                mod=time.mod,
                vague=time.vague,
            )


def _quotes(
    document: Document, view: View, quotations: Sequence[Quotation], found: Sequence[Mark]
) -> Iterator[Quote]:
    parents = _parents(quotations)
    starts = [mark.start for mark in found]
    for index, quotation in enumerate(quotations):
        content = tuple(view.span(*span) for span in sorted(quotation.content))
        first, last = (
            bisect_left(starts, content[0].start - _BACK),
            bisect_right(starts, content[-1].end),
        )
        parent = parents[index]
        source = quotation.source
        yield Quote(
            id=f"q{index + 1}",
            kind=kind_of(document.text, content, found[first:last]),
            content=content,
            cue=tuple(view.span(*span) for span in sorted(quotation.cue)),
            source=view.span(source.start, source.end) if source else None,
            source_status=source.status if source else "absent",
            speakers=source.names if source else (),
            parent=None if parent is None else f"q{parent + 1}",
        )
