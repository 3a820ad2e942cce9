"""Quotations: who says what, and where the words stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from vinewsie import align
from vinewsie.findings import Finding
from vinewsie.layers.base import NO_LABEL, Aligned, Answer, Case, Layer, MeasureDefinition
from vinewsie.model import Document, Entity, Mark, Quote, Span
from vinewsie.registry import Registry, SpeakerNames
from vinewsie.text import syllables

KINDS = {
    "direct": "all of the content stands in quotation marks with function speech",
    "indirect": "none of it does",
    "mixed": "part of it does",
}
SOURCE_STATUSES = {
    "named": "a name, alone or with title and apposition",
    "nominal": "a description of one speaker whom the page lets us know",
    "pronoun": "a pronoun",
    "collective": "a group that speaks as one",
    "anonymous": "a source that nobody could look up",
    "document": "a document or report that stands for who issued it",
    "absent": "no source is expressed",
}
NAMELESS = frozenset({"collective", "anonymous", "absent"})
"""Source statuses that come without speakers."""


def kind_of(text: str, content: Sequence[Span], marks: Sequence[Mark]) -> str:
    """The kind that follows from the speech marks inside the content."""
    speech = [Span(start=m.start, end=m.end) for m in marks if m.function == "speech"]
    words = syllables(text, content)
    spoken = {word for word in words if any(s.start <= word[0] and word[1] <= s.end for s in speech)}
    if not spoken:
        return "indirect"
    return "direct" if spoken == words else "mixed"


def check(document: Document, registry: Registry) -> Iterator[Finding]:
    """References and parents hold, kinds agree with the marks, and source, status and speakers agree with one another."""
    by_id = {quote.id: (index, quote) for index, quote in enumerate(document.quotes)}
    for index, quote in enumerate(document.quotes):
        where = ("quotes", index)
        for spans in (quote.content, *quote.alternates, quote.cue):
            if any(left.end > right.start for left, right in pairwise(spans)):
                yield Finding("content-order", "spans overlap or are not in the order of the text", *where)
        if quote.kind in KINDS and quote.kind != (kind := kind_of(document.text, quote.content, document.marks)):
            yield Finding("kind", f"kind is {quote.kind}, but by its quotation marks the content is {kind}", *where)
        for key in (*(quote.speakers or ()), *quote.addressees):
            if key not in registry:
                yield Finding("registry-missing", f"speaker or addressee {key!r} is not in the registry", *where)
        yield from _source(quote, index)
        yield from _parent(document, quote, index, by_id)


def _source(quote: Quote, index: int) -> Iterator[Finding]:
    status = quote.source_status
    if (quote.source is None) != (status == "absent"):
        yield Finding("source", f"source_status is {status} and source is {quote.source}", "quotes", index)
    if status in NAMELESS and quote.speakers:
        yield Finding("source", f"a source that is {status} has no speakers, not {list(quote.speakers)}", "quotes", index)
    if status == "named" and not quote.speakers:
        yield Finding("source", "a named source has at least one speaker", "quotes", index)


def _parent(document: Document, quote: Quote, index: int, by_id: Mapping[str | None, tuple[int, Quote]]) -> Iterator[Finding]:
    if quote.parent is None:
        return
    if quote.parent not in by_id:
        yield Finding("reference", f"parent {quote.parent!r} is no quotation of this document", "quotes", index)
        return
    seen, parent = {quote.id}, quote.parent
    while parent in by_id:
        if parent in seen:
            yield Finding("parent-cycle", f"the parents of {quote.id} come back to {parent}", "quotes", index)
            return
        seen.add(parent)
        parent = by_id[parent][1].parent or ""
    outer = by_id[quote.parent][1].content
    if not all(any(o.start <= span.start and span.end <= o.end for o in outer) for span in quote.content):
        yield Finding("parent-span", f"the content of {quote.parent} does not enclose that of {quote.id}", "quotes", index)


def depths(quotes: Sequence[Quote]) -> list[int]:
    """How deep each quotation stands in its chain: 0 without a parent. A parent that is unknown or circular ends the count."""
    by_id = {quote.id: quote for quote in quotes if quote.id is not None}
    result = []
    for quote in quotes:
        seen: set[str] = set()
        parent = quote.parent
        while parent in by_id and parent not in seen:
            seen.add(parent)
            parent = by_id[parent].parent
        result.append(len(seen))
    return result


def speakers_of(quote: Quote, entities: Sequence[Entity], names: SpeakerNames) -> frozenset[str]:
    """The registry keys that a predicted quotation names as its speakers.

    Without ``speakers``, a source span that covers one gold mention stands for that entity. Mentions inside a covered mention do not
    count apart, nor do two names of one entity ("… (KCNA)"): what matters is that there is one entity.
    """
    if quote.speakers is not None:
        return frozenset(names.resolve(speaker) for speaker in quote.speakers)
    if quote.source is None:
        return frozenset()
    inside = [e for e in entities if quote.source.start <= e.start and e.end <= quote.source.end]
    outermost = [e for e in inside if not any(o is not e and o.start <= e.start and e.end <= o.end for o in inside)]
    covered = {e.entity_id for e in outermost if e.entity_id is not None}
    return frozenset(covered) if len(covered) == 1 else frozenset()


def align_quotes(case: Case, minimum: Fraction) -> tuple[list[align.Edge], list[frozenset[str]]]:
    """Aligns the quotations of a case; also returns the resolved speakers of the predicted ones.

    Admissible is a pair whose syllables have an intersection over union of at least ``minimum``, with the gold content or one of its
    alternates. Maximised are, in this order, the number of pairs, the sum of syllable F, the pairs with the same speakers, the pairs
    on the same level of their chains.
    """
    golds, predicted = case.gold.quotes, case.prediction.quotes
    text = case.gold.text
    speakers = [speakers_of(quote, case.gold.entities, case.names) for quote in predicted]
    gold_words = [[syllables(text, content) for content in (quote.content, *quote.alternates)] for quote in golds]
    predicted_words = [syllables(text, quote.content) for quote in predicted]
    gold_depths, predicted_depths = depths(golds), depths(predicted)
    spans = align.overlapping(
        [[span for content in (q.content, *q.alternates) for span in content] for q in golds],
        [list(q.content) for q in predicted],
    )
    edges: dict[align.Edge, align.Rank] = {}
    for g, p in spans:
        scores = [score for words in gold_words[g] if (score := _admitted(words, predicted_words[p], minimum)) is not None]
        if scores:
            same_speakers = int(speakers[p] == frozenset(golds[g].speakers or ()))
            edges[g, p] = (1, max(scores), same_speakers, int(gold_depths[g] == predicted_depths[p]))
    return align.align(edges), speakers


def _admitted(gold: frozenset[tuple[int, int]], predicted: frozenset[tuple[int, int]], minimum: Fraction) -> Fraction | None:
    """Syllable F of two contents if their intersection over union reaches ``minimum``."""
    shared, total = len(gold & predicted), len(gold) + len(predicted)
    if not shared or Fraction(shared, total - shared) < minimum:
        return None
    return Fraction(2 * shared, total)


def answers(case: Case, label_field: str) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
    """All gold and predicted quotations of a case as answers, labelled by one of their fields."""

    def answer(index: int, quote: Quote) -> Answer:
        offset = quote.content[0].start if quote.content else None
        return Answer(getattr(quote, label_field) or NO_LABEL, offset, index)

    lost = [Answer(NO_LABEL, None, u.index) for u in case.prediction.unplaced if u.layer == "quotes"]
    golds = tuple(answer(i, q) for i, q in enumerate(case.gold.quotes))
    return golds, (*(answer(i, q) for i, q in enumerate(case.prediction.quotes)), *lost)


def _aligner(minimum: Fraction) -> Callable[[Case, Mapping[str, str]], Aligned]:
    def run(case: Case, params: Mapping[str, str]) -> Aligned:
        pairs, _ = align_quotes(case, minimum)
        return Aligned(*answers(case, "kind"), tuple(pairs))

    return run


RELAXED = Fraction(1, 2)
"""The intersection over union from which two contents are the same quotation, relaxed."""

_SOURCE = "syllable overlap after Citron (Newell et al. 2018) and GenderGapTracker (Asr et al. 2021), one-to-one and symmetric"

LAYER = Layer(
    name="quotes",
    records="quotes",
    title="Quotations",
    label_field="kind",
    vocabularies={"kind": KINDS, "source_status": SOURCE_STATUSES},
    check=check,
    measures=(
        MeasureDefinition("strict", "the same syllables", _SOURCE, _aligner(Fraction(1))),
        MeasureDefinition("relaxed", "syllable intersection over union of at least 0.5", _SOURCE, _aligner(RELAXED), headline=True),
    ),
)
