"""The layer of quotation marks: every pair of marks in the text, with its status and function."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from vinewsie.findings import Finding
from vinewsie.messages import say
from vinewsie.model import Document, Mark, Span
from vinewsie.scheme.layer import Layer, Scope
from vinewsie.text import syllables

STATUSES = {
    "balanced": "the closing mark is the partner of the opening one",
    "mismatched": "the closing mark is another one",
    "unclosed": "there is no closing mark; the span runs to the end of the sentence",
    "unopened": "there is no opening mark; the span begins with the sentence",
}
FUNCTIONS = {
    "speech": "words that somebody said or wrote",
    "scare": "the writer's own emphasis, irony or colloquialism",
    "title": "a title",
    "term": "a term",
}

PARTNERS = {
    '"': '"',
    "“": "”",
    "„": "“”",
    "‟": "”",
    "«": "»",
    "‹": "›",
    "'": "'",
    "‘": "’",
    "‛": "’",
    "”": "”",
    "’": "’",
}
"""Opening marks with the closing marks that balance them."""
DASHES = frozenset("-–—")
"""What opens spoken words at the beginning of a line, and is a mark there."""
_ALWAYS = frozenset('"“”„‟«»‹›')
_UNLESS_APOSTROPHE = frozenset("'‘’‛")


def quotation_marks(text: str) -> Iterator[int]:
    """The offsets of all quotation marks in ``text``, in code points.

    A single mark between two letters or digits is an apostrophe.
    """
    for offset, character in enumerate(text):
        inside_word = (
            text[offset - 1 : offset].isalnum() and text[offset + 1 : offset + 2].isalnum()
        )
        if character in _ALWAYS or (character in _UNLESS_APOSTROPHE and not inside_word):
            yield offset


def apostrophes(text: str) -> frozenset[int]:
    """The offsets of single marks that need no record: one that is alone in its line, and two that
    stand round one letter (rock 'n' roll).
    """
    found: set[int] = set()
    start = 0
    for line in text.split("\n"):
        single = [p for p in quotation_marks(line) if line[p] in _UNLESS_APOSTROPHE]
        round_a_letter = [
            place
            for left, right in pairwise(single)
            if right - left == 2 and line[left + 1].isalpha()
            for place in (left, right)
        ]
        alone = single if len(single) == 1 else []
        found.update(start + place for place in (*round_a_letter, *alone))
        start += len(line) + 1
    return frozenset(found)


def status_of(open_: str | None, close: str | None) -> str:
    """The status of a pair of marks; one of them is None where the text does not have it."""
    if close is None:
        return "unclosed"
    if open_ is None:
        return "unopened"
    return "balanced" if close in PARTNERS.get(open_, "") else "mismatched"


def places(mark: Mark) -> tuple[int, ...]:
    """The offsets in the text of the one or two marks of a record."""
    if mark.status == "unopened":
        return (mark.end,)
    return (mark.start - 1,) if mark.close is None else (mark.start - 1, mark.end)


def check(document: Document, scope: Scope) -> Iterator[Finding]:
    """Checks that every quotation mark of the text is in exactly one record, that the marks and the
    status of each record agree with the text, and that speech refers to its quotation.
    """
    owners: dict[int, int] = {}
    for index, mark in enumerate(document.marks):
        printed = [document.text[place : place + 1] if place >= 0 else "" for place in places(mark)]
        expected = [mark.open] if mark.close is None else [mark.open, mark.close]
        if mark.status == "unopened":
            expected = [mark.close]
        if (mark.open or scope.complete) and printed != expected:
            message = say(
                "the text has {printed} where the record has {expected}",
                printed=printed,
                expected=expected,
            )
            yield Finding("mark-edge", message, "marks", index)
        if (
            (mark.open or scope.complete)
            and scope.annotates("marks.close")
            and mark.status in STATUSES
            and mark.status != (status := status_of(mark.open, mark.close))
        ):
            message = say(
                "status is {given}; {open} … {close} is {status}",
                given=mark.status,
                open=mark.open or "",
                close=mark.close or "",
                status=status,
            )
            yield Finding("mark-status", message, "marks", index)
        for place in places(mark):
            if place in owners:
                message = say(
                    "the mark at {place} belongs to marks[{owner}] already",
                    place=place,
                    owner=owners[place],
                )
                yield Finding("mark-shared", message, "marks", index)
            owners.setdefault(place, index)
        if scope.annotates("marks.quote"):
            yield from _quote_reference(document, index, mark)
    if not scope.annotates("marks.function"):
        return
    spared = apostrophes(document.text)
    for offset in quotation_marks(document.text):
        if offset not in owners and offset not in spared:
            around = document.text[max(0, offset - 15) : offset + 16].replace("\n", "⏎")
            message = say(
                "the mark {sign} at {place} (… {around} …) is in no record",
                sign=document.text[offset],
                place=offset,
                around=around,
            )
            yield Finding("mark-missing", message, "marks")


def _quote_reference(document: Document, index: int, mark: Mark) -> Iterator[Finding]:
    if mark.function != "speech":
        if mark.quote is not None:
            message = say(
                "function is {function}, so quote must be null, not {quote!r}",
                function=mark.function,
                quote=mark.quote,
            )
            yield Finding("reference", message, "marks", index)
        return
    # Syllables are compared because a comma or full stop before the closing mark is not content.
    words = syllables(document.text, [Span(start=mark.start, end=mark.end)])
    holders = [q for q in document.quotes if words <= syllables(document.text, q.content)]
    parents = {q.parent for q in holders}
    innermost = [q.id for q in holders if q.id not in parents]
    if mark.quote not in innermost:
        message = say(
            "quote is {quote!r}; the innermost quotation is {allowed}",
            quote=mark.quote,
            allowed=", ".join(str(i) for i in innermost)
            or say("none: no quotation's content holds the mark"),
        )
        yield Finding("reference", message, "marks", index)


LAYER = Layer(
    name="marks",
    title="Quotation marks",
    label_field="function",
    vocabularies={"status": STATUSES, "function": FUNCTIONS},
    check=check,
)
