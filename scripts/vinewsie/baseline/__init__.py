"""The extractor ``rules``: word lists and patterns for Vietnamese news, for all four layers.

It was written from general knowledge of the language, by authors who knew the two articles. Its
grammar and lists were extended on the first 32 documents of the press set, in the order of the
hash; the other 32 were not read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from vinewsie.baseline.dates import TimeExpression, find_times
from vinewsie.baseline.entities import Mention, find_mentions
from vinewsie.baseline.marks import MarkPair, find_pairs
from vinewsie.baseline.quotes import (
    Quotation,
    QuotationFinder,
    find_owners,
    find_parents,
    find_speakers,
)
from vinewsie.baseline.sources import SourceFinder
from vinewsie.baseline.surface import NewsLine, NormalisedText, news_lines, normalise
from vinewsie.model import Date, Document, Entity, Mark, Prediction, Quote
from vinewsie.scheme.marks import status_of
from vinewsie.scheme.quotes import kind_of

__all__ = ["extract", "make"]

_BACK = 3000
"""Farthest that a pair of marks may begin before a content that it reaches into, in code points."""


def make(argument: str | None) -> Callable[[Document], Prediction]:
    """The extractor; there is nothing to load."""
    return extract


def extract(document: Document) -> Prediction:
    """The entities, dates, marks and quotations that the rules find in a document."""
    normalised = normalise(document.text)
    text = normalised.text
    lines = news_lines(document, normalised)
    mentions = find_mentions(text, lines)
    finder = QuotationFinder(text, SourceFinder(text, mentions))
    pairs: list[tuple[MarkPair, NewsLine]] = []
    for line in lines:
        held = find_pairs(text, line)
        pairs.extend((pair, line) for pair in held)
        finder.add_line(line, held)
    times = [time for line in lines for time in find_times(text, line)]
    owners = find_owners(text, pairs, finder.found)
    marks = tuple(_marks(document, normalised, pairs, owners))
    return Prediction(
        doc_id=document.doc_id,
        entities=tuple(_entities(document, normalised, mentions)),
        dates=tuple(_dates(document, normalised, times)),
        marks=marks,
        quotes=tuple(_quotes(document, normalised, finder.found, marks)),
    )


def _entities(
    document: Document, normalised: NormalisedText, mentions: Sequence[Mention]
) -> Iterator[Entity]:
    for number, mention in enumerate(mentions, start=1):
        span = normalised.original(mention.start, mention.end)
        yield Entity(
            id=f"e{number}",
            start=span.start,
            end=span.end,
            text=document.text[span.start : span.end],
            type=mention.type,
        )


def _dates(
    document: Document, normalised: NormalisedText, times: Sequence[TimeExpression]
) -> Iterator[Date]:
    for number, time in enumerate(times, start=1):
        span = normalised.original(time.start, time.end)
        yield Date(
            id=f"d{number}",
            start=span.start,
            end=span.end,
            text=document.text[span.start : span.end],
            type=time.type,
            value=time.value,
            mod=time.mod,
            vague=time.vague,
        )


def _marks(
    document: Document,
    normalised: NormalisedText,
    pairs: Sequence[tuple[MarkPair, NewsLine]],
    owners: Sequence[int | None],
) -> Iterator[Mark]:
    """``owners`` has for every pair the index of the quotation that holds it."""
    for number, ((pair, line), owner) in enumerate(zip(pairs, owners, strict=True), start=1):
        span = normalised.original(pair.start, pair.end)
        yield Mark(
            id=f"m{number}",
            start=span.start,
            end=span.end,
            text=document.text[span.start : span.end],
            open=pair.open,
            close=pair.close,
            status=status_of(pair.open, pair.close),
            function=pair.function(normalised.text, line) if owner is None else "speech",
            quote=None if owner is None else f"q{owner + 1}",
        )


def _quotes(
    document: Document,
    normalised: NormalisedText,
    quotations: Sequence[Quotation],
    marks: Sequence[Mark],
) -> Iterator[Quote]:
    """``marks`` decide whether a quotation is direct."""
    starts = [mark.start for mark in marks]
    parents, speakers = find_parents(quotations), find_speakers(quotations)
    for number, (quotation, parent, names) in enumerate(
        zip(quotations, parents, speakers, strict=True), start=1
    ):
        content = tuple(normalised.original(*span) for span in sorted(quotation.content))
        first = bisect_left(starts, content[0].start - _BACK)
        last = bisect_right(starts, content[-1].end)
        source = quotation.source
        yield Quote(
            id=f"q{number}",
            kind=kind_of(document.text, content, marks[first:last]),
            content=content,
            cue=tuple(normalised.original(*span) for span in sorted(quotation.cue)),
            source=normalised.original(source.start, source.end) if source else None,
            source_status=source.status if source else "absent",
            speakers=names,
            parent=None if parent is None else f"q{parent + 1}",
        )
