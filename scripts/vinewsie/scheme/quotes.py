"""The layer of attributed quotations: content, cue, source, speakers and addressees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from vinewsie.findings import Finding
from vinewsie.model import Document, Mark, Quote, Span, read_as
from vinewsie.registry import Registry
from vinewsie.scheme.layer import Layer
from vinewsie.text import syllables

KINDS = {
    "direct": "all of the content stands in quotation marks with function speech",
    "indirect": "none of it does",
    "mixed": "part of it does",
}
SOURCE_STATUSES = {
    "named": "a name, alone or with title and apposition",
    "nominal": "a description of one speaker by office, kind or country",
    "pronoun": "a pronoun",
    "collective": "a group that speaks as one",
    "anonymous": "a source that the text keeps back",
    "document": "a document or report that stands for who issued it",
    "absent": "no source is expressed",
}
NAMELESS = frozenset({"collective", "anonymous", "absent"})
"""Source statuses that come without speakers."""


def kind_of(text: str, content: Sequence[Span], marks: Sequence[Mark]) -> str:
    """The kind of a quotation, from the speech marks inside its content.

    Args:
        text: the text of the document.
        content: the content of the quotation.
        marks: the quotation marks of the document.
    """
    speech = [Span(start=m.start, end=m.end) for m in marks if m.function == "speech"]
    words = syllables(text, content)
    spoken = {
        word for word in words if any(s.start <= word[0] and word[1] <= s.end for s in speech)
    }
    if not spoken:
        return "indirect"
    return "direct" if spoken == words else "mixed"


def check(document: Document, registry: Registry) -> Iterator[Finding]:
    """Checks that the order of spans, the kind, the keys of speakers and addressees, the source and
    the parent of each quotation are consistent.
    """
    by_id = {quote.id: (index, quote) for index, quote in enumerate(document.quotes)}
    for index, quote in enumerate(document.quotes):
        where = ("quotes", index)
        for spans in (quote.content, *quote.alternates, quote.cue):
            if any(left.end > right.start for left, right in pairwise(spans)):
                yield Finding(
                    "content-order", "spans overlap or are not in the order of the text", *where
                )
        if extra := set(quote.inherited) - set(quote.addressees):
            message = f"{', '.join(sorted(extra))} is inherited, but no addressee"
            yield Finding("inherited", message, *where)
        if quote.kind in KINDS and quote.kind != (
            kind := kind_of(document.text, quote.content, document.marks)
        ):
            yield Finding(
                "kind",
                f"kind is {quote.kind}, but by its quotation marks the content is {kind}",
                *where,
            )
        for key in (*(quote.speakers or ()), *quote.addressees):
            if key not in registry:
                yield Finding(
                    "registry-missing",
                    f"speaker or addressee {key!r} is not in the registry",
                    *where,
                )
        yield from _source(quote, index)
        yield from _readings(document, quote, index)
        yield from _parent(document, quote, index, by_id)


def _readings(document: Document, quote: Quote, index: int) -> Iterator[Finding]:
    """Checks that each reading is a possible quotation: its spans are in order, and its kind is
    that by the quotation marks, as they are or in their other readings.
    """
    other_marks = [
        next(filter(None, (read_as(mark, reading) for reading in mark.readings)), mark)
        for mark in document.marks
    ]
    for number, reading in enumerate(quote.readings):
        read = read_as(quote, reading)
        if read is None:
            continue
        for spans in (read.content, read.cue):
            if any(left.end > right.start for left, right in pairwise(spans)):
                message = f"readings[{number}]: spans overlap or are not in the order of the text"
                yield Finding("content-order", message, "quotes", index)
        kinds = [kind_of(document.text, read.content, m) for m in (document.marks, other_marks)]
        if read.kind in KINDS and read.kind not in kinds:
            possible = " or ".join(dict.fromkeys(kinds))
            message = f"readings[{number}]: kind is {read.kind}, "
            message += f"but by its quotation marks the content is {possible}"
            yield Finding("kind", message, "quotes", index)
        for finding in _source(read, index):
            yield replace(finding, message=f"readings[{number}]: {finding.message}")


def _source(quote: Quote, index: int) -> Iterator[Finding]:
    status = quote.source_status
    if (quote.source is None) != (status == "absent"):
        yield Finding(
            "source", f"source_status is {status} and source is {quote.source}", "quotes", index
        )
    if status in NAMELESS and quote.speakers:
        yield Finding(
            "source",
            f"a source that is {status} has no speakers, not {list(quote.speakers)}",
            "quotes",
            index,
        )
    if status == "named" and not quote.speakers:
        yield Finding("source", "a named source has at least one speaker", "quotes", index)


def _parent(
    document: Document, quote: Quote, index: int, by_id: Mapping[str | None, tuple[int, Quote]]
) -> Iterator[Finding]:
    if quote.parent is None:
        return
    if quote.parent not in by_id:
        yield Finding(
            "reference",
            f"parent {quote.parent!r} is no quotation of this document",
            "quotes",
            index,
        )
        return
    seen, parent = {quote.id}, quote.parent
    while parent in by_id:
        if parent in seen:
            yield Finding(
                "parent-cycle",
                f"the parents of {quote.id} form a cycle: they lead to {parent} twice",
                "quotes",
                index,
            )
            return
        seen.add(parent)
        parent = by_id[parent][1].parent or ""
    outer = by_id[quote.parent][1].content
    if not all(
        any(o.start <= span.start and span.end <= o.end for o in outer) for span in quote.content
    ):
        yield Finding(
            "parent-span",
            f"the content of {quote.parent} does not enclose that of {quote.id}",
            "quotes",
            index,
        )


LAYER = Layer(
    name="quotes",
    title="Quotations",
    label_field="kind",
    vocabularies={"kind": KINDS, "source_status": SOURCE_STATUSES},
    check=check,
)
