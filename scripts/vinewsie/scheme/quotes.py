"""The layer of attributed quotations: content, cue, source, speakers and addressees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from vinewsie.findings import Finding
from vinewsie.messages import Message, joined, say
from vinewsie.model import Document, Mark, Quote, Span, read_as
from vinewsie.scheme.layer import Layer, Scope
from vinewsie.scheme.marks import apostrophes, quotation_marks
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
_SIGNS_OUTSIDE = frozenset(",:;")
_ASPECT = ("đã", "cũng", "sẽ", "đang", "tiếp tục", "liên tục", "bắt đầu")
"""What stands before a cue and is not part of it; alone some of them are cues."""


def kind_of(text: str, content: Sequence[Span], marks: Sequence[Mark]) -> str:
    """The kind of a quotation, from the speech marks inside its content.

    Args:
        text: the text of the document.
        content: the content of the quotation.
        marks: the quotation marks of the document.
    """
    speech = list(_speech(marks))
    words = syllables(text, content)
    spoken = {
        word for word in words if any(s.start <= word[0] and word[1] <= s.end for s in speech)
    }
    if not spoken:
        return "indirect"
    return "direct" if spoken == words else "mixed"


def _speech(marks: Sequence[Mark]) -> Iterator[Span]:
    """The spans inside marks of speech. Between a mark that is not closed and the next one of the
    same quotation that is not opened, the lines without marks are inside too.
    """
    speech = [mark for mark in marks if mark.function == "speech"]
    yield from (Span(start=mark.start, end=mark.end) for mark in speech)
    halves = [mark for mark in speech if mark.status in ("unclosed", "unopened")]
    for opened, closed in pairwise(halves):
        if (opened.status, closed.status) == ("unclosed", "unopened") and (
            opened.quote == closed.quote is not None
        ):
            yield Span(start=opened.start, end=closed.end)


def check(document: Document, scope: Scope) -> Iterator[Finding]:
    """Checks that the order of spans, the kind, the keys of speakers and addressees, and the source
    of each quotation are consistent.
    """
    marked = scope.annotates("marks.function")
    for index, quote in enumerate(document.quotes):
        where = ("quotes", index)
        for spans in (quote.content, *quote.alternates, quote.cue):
            if any(left.end > right.start for left, right in pairwise(spans)):
                message = say("spans overlap or are not in the order of the text")
                yield Finding("content-order", message, *where)
        if extra := set(quote.inherited) - set(quote.addressees):
            message = say("{keys} is inherited, but no addressee", keys=", ".join(sorted(extra)))
            yield Finding("inherited", message, *where)
        if (
            marked
            and quote.kind in KINDS
            and quote.kind != (kind := kind_of(document.text, quote.content, document.marks))
        ):
            message = say(
                "kind is {given}, but by its quotation marks the content is {kind}",
                given=quote.kind,
                kind=kind,
            )
            yield Finding("kind", message, *where)
        for key in (*(quote.speakers or ()), *quote.addressees):
            if scope.registry is not None and key not in scope.registry:
                message = say("speaker or addressee {key!r} is not in the registry", key=key)
                yield Finding("registry-missing", message, *where)
        yield from _source(document, quote, index, scope)
        yield from _readings(document, quote, index, scope)
    if scope.complete:
        yield from _edges(document)


def _edges(document: Document) -> Iterator[Finding]:
    """Checks that contents and cues neither begin nor end with what stands outside them."""
    text = document.text
    marks = frozenset(quotation_marks(text)) - apostrophes(text)
    ends = marks | {place for place, sign in enumerate(text) if sign == "\n"} | {len(text)}
    for index, quote in enumerate(document.quotes):
        for span in quote.content:
            outside = [
                text[place]
                for place in (span.start, span.end - 1)
                if place in marks or text[place : place + 1] in _SIGNS_OUTSIDE
            ]
            if text[span.start : span.end].startswith("rằng "):
                outside.append("rằng")
            if text[span.end - 1 : span.end] == "." and span.end in ends:
                outside.append(".")
            for sign in outside:
                message = say("{sign!r} at the edge of the content stands outside it", sign=sign)
                yield Finding("edge-outside", message, "quotes", index)
        for span in quote.cue:
            cue = text[span.start : span.end].casefold()
            for word in _ASPECT:
                if cue.startswith(f"{word} "):
                    message = say("{word!r} before the cue stands outside it", word=word)
                    yield Finding("edge-outside", message, "quotes", index)


def _readings(document: Document, quote: Quote, index: int, scope: Scope) -> Iterator[Finding]:
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
                wrong = say("spans overlap or are not in the order of the text")
                message = say("readings[{number}]: {finding}", number=number, finding=wrong)
                yield Finding("content-order", message, "quotes", index)
        kinds = [kind_of(document.text, read.content, m) for m in (document.marks, other_marks)]
        if scope.annotates("marks.function") and read.kind in KINDS and read.kind not in kinds:
            wrong = say(
                "kind is {given}, but by its quotation marks the content is {kind}",
                given=read.kind,
                kind=joined(dict.fromkeys(kinds), say(" or ")),
            )
            message = say("readings[{number}]: {finding}", number=number, finding=wrong)
            yield Finding("kind", message, "quotes", index)
        for finding in _source(document, read, index, scope):
            message = say("readings[{number}]: {finding}", number=number, finding=finding.message)
            yield replace(finding, message=message)


def _opens_turn(text: str, quote: Quote) -> bool:
    """Whether the cue opens a line and a colon follows: the turn of somebody whom the page names
    elsewhere, as in an interview ("Hỏi:", "Đáp:").
    """
    return any(
        text[span.end : span.end + 1] == ":" and text[span.start - 1 : span.start] in ("", "\n")
        for span in quote.cue
    )


def _source(document: Document, quote: Quote, index: int, scope: Scope) -> Iterator[Finding]:
    status = quote.source_status
    comparable = status is not None and (quote.source or scope.annotates("quotes.source"))
    if (comparable or scope.complete) and (quote.source is None) != (status == "absent"):
        message = say(
            "source_status is {status} and source is {source}",
            status=status,
            source=str(quote.source),
        )
        yield Finding("source", message, "quotes", index)
    free = scope.complete and not quote.cue
    if free and (quote.kind, status) != ("direct", "absent"):
        message = say(
            "without a cue only words in marks that stand free are a quotation: kind direct and "
            "source_status absent, not {kind} and {status}",
            kind=quote.kind,
            status=status,
        )
        yield Finding("source", message, "quotes", index)
    known = status == "absent" and (free or _opens_turn(document.text, quote))
    if status in NAMELESS and quote.speakers and not known:
        message = say(
            "a source that is {status} has no speakers, not {speakers}",
            status=status,
            speakers=list(quote.speakers),
        )
        yield Finding("source", message, "quotes", index)
    if status == "named" and not quote.speakers and scope.annotates("quotes.speakers"):
        message = say("a named source has at least one speaker")
        yield Finding("source", message, "quotes", index)


def _by_id(quotes: Sequence[Quote]) -> dict[str, int]:
    """The quotation of each id. Of several with one id it is the last by what they say, so that the
    order of the records does not matter.
    """
    found: dict[str, int] = {}
    for index, quote in enumerate(quotes):
        if quote.id is None:
            continue
        other = found.get(quote.id)
        if other is None or _said(quote) > _said(quotes[other]):
            found[quote.id] = index
    return found


def _said(quote: Quote) -> tuple[object, ...]:
    """What a quotation says, comparable."""
    source = () if quote.source is None else (quote.source,)
    return (quote.content, quote.speakers is None, sorted(quote.speakers or ()), source)


def parent_faults(quotes: Sequence[Quote]) -> Iterator[tuple[int, str, Message]]:
    """The parents that are none: unknown, in a cycle, or without their child's content inside.

    Args:
        quotes: the quotations of a document.

    Yields:
        The index of the quotation, the code of the finding, and what is wrong.
    """
    by_id = _by_id(quotes)
    given = [by_id.get(quote.parent or "", -1) for quote in quotes]
    circular = _on_cycles(given)
    for index, quote in enumerate(quotes):
        if quote.parent is None:
            continue
        if given[index] < 0:
            message = say("parent {parent!r} is no quotation of this document", parent=quote.parent)
            yield index, "reference", message
        elif index in circular:
            message = say(
                "the parents of {id} form a cycle: {parent} leads back to it",
                id=quote.id,
                parent=quote.parent,
            )
            yield index, "parent-cycle", message
        elif not _encloses(quotes[given[index]], quote):
            message = say(
                "the content of {parent} does not enclose that of {id}",
                parent=quote.parent,
                id=quote.id,
            )
            yield index, "parent-span", message


def enclosing(quotes: Sequence[Quote]) -> list[int]:
    """The index of the quotation that encloses each one, -1 for none; a parent that is none (see
    :func:`parent_faults`) encloses nothing.
    """
    by_id = _by_id(quotes)
    wrong = {index for index, _, _ in parent_faults(quotes)}
    return [
        by_id[quote.parent] if quote.parent is not None and index not in wrong else -1
        for index, quote in enumerate(quotes)
    ]


def _on_cycles(parents: Sequence[int]) -> set[int]:
    """The nodes that lie on a cycle of parents."""
    done = [False] * len(parents)
    circular: set[int] = set()
    for node in range(len(parents)):
        path: dict[int, int] = {}
        while node >= 0 and not done[node] and node not in path:
            path[node] = len(path)
            node = parents[node]
        if node in path:
            circular.update(other for other, place in path.items() if place >= path[node])
        for other in path:
            done[other] = True
    return circular


def _encloses(outer: Quote, inner: Quote) -> bool:
    return all(
        any(o.start <= span.start and span.end <= o.end for o in outer.content)
        for span in inner.content
    )


LAYER = Layer(
    name="quotes",
    title="Quotations",
    label_field="kind",
    vocabularies={"kind": KINDS, "source_status": SOURCE_STATUSES},
    check=check,
)
