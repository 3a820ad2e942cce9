"""Quotations: who says what, and where the words stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from vinewsie import align
from vinewsie.columns import NO_LABEL, Corpus, Ints, Mask
from vinewsie.findings import Finding
from vinewsie.layers.base import FULL, WRONG, Align, Aligned, Answers, Layer, MeasureDefinition, chosen, label_names
from vinewsie.model import Document, Entity, Mark, Prediction, Quote, Span
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


RELAXED = Fraction(1, 2)
"""The intersection over union from which two contents are the same quotation, relaxed."""

Words = frozenset[tuple[int, int]]
"""A set of syllables, as spans of the text."""

VIEWS = {"view": ("full", "leaf", "marked")}
"""All quotations; only those that enclose no other; only those with quotation marks (kind direct or mixed)."""


def ancestors(quotes: Sequence[Quote]) -> list[list[int]]:
    """For each quotation the indices of those that enclose it, the outermost first. A parent that is unknown or circular ends the chain."""
    by_id = {quote.id: index for index, quote in enumerate(quotes) if quote.id is not None}
    result = []
    for own, quote in enumerate(quotes):
        chain: list[int] = []
        parent = by_id.get(quote.parent or "")
        while parent is not None and parent != own and parent not in chain:
            chain.insert(0, parent)
            parent = by_id.get(quotes[parent].parent or "")
        result.append(chain)
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


@dataclass(frozen=True)
class Side:
    """The quotations of one side of one document, with what alignment and measures read of them."""

    quotes: tuple[Quote, ...]
    words: list[list[Words]]
    speakers: list[frozenset[str]]
    chains: list[list[int]]

    def innermost(self) -> list[bool]:
        """Which quotations enclose no other."""
        parents = {quote.parent for quote in self.quotes}
        return [quote.id is None or quote.id not in parents for quote in self.quotes]


@dataclass(frozen=True)
class Conversation:
    """The aligned quotations of one document: pairs (gold index, predicted index) on the relaxed or strict alignment."""

    gold: Side
    predicted: Side
    pairs: list[align.Edge]


def conversations(corpus: Corpus, minimum: Fraction) -> list[Conversation]:
    """The aligned quotations of all documents."""

    def make() -> list[Conversation]:
        triples = zip(corpus.golds, corpus.predictions, corpus.names, strict=True)
        return [_align(gold, prediction, names, minimum) for gold, prediction, names in triples]

    return corpus.once(("quotes", minimum), make)


def _align(gold: Document, prediction: Prediction, names: SpeakerNames, minimum: Fraction) -> Conversation:
    """Aligns the quotations of one document.

    Admissible is a pair whose syllables have an intersection over union of at least ``minimum``, with the gold content or one of its
    alternates. Maximised are, in this order, the number of pairs, the sum of syllable F, the pairs with the same speakers, the pairs
    on the same level of their chains.
    """
    golds, predicted = gold.quotes, prediction.quotes
    ours = Side(
        golds,
        [[syllables(gold.text, content) for content in (quote.content, *quote.alternates)] for quote in golds],
        [frozenset(quote.speakers or ()) for quote in golds],
        ancestors(golds),
    )
    theirs = Side(
        predicted,
        [[syllables(gold.text, quote.content)] for quote in predicted],
        [speakers_of(quote, gold.entities, names) for quote in predicted],
        ancestors(predicted),
    )
    edges: dict[align.Edge, align.Rank] = {}
    for g, p in _sharing(ours, theirs):
        scores = [score for words in ours.words[g] if (score := admitted(words, theirs.words[p][0], minimum)) is not None]
        if scores:
            same_speakers = int(theirs.speakers[p] == ours.speakers[g])
            edges[g, p] = (1, max(scores), same_speakers, int(len(ours.chains[g]) == len(theirs.chains[p])))
    return Conversation(ours, theirs, align.align(edges))


def _sharing(ours: Side, theirs: Side) -> list[align.Edge]:
    """The pairs that have a syllable in common."""
    where: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for p, [words] in enumerate(theirs.words):
        for word in words:
            where[word].append(p)
    return sorted({(g, p) for g, options in enumerate(ours.words) for words in options for word in words for p in where.get(word, ())})


def admitted(gold: Words, predicted: Words, minimum: Fraction) -> Fraction | None:
    """Syllable F of two contents if their intersection over union reaches ``minimum``."""
    shared, total = len(gold & predicted), len(gold) + len(predicted)
    if not shared or Fraction(shared, total - shared) < minimum:
        return None
    return Fraction(2 * shared, total)


def quote_answers(corpus: Corpus, gold: bool, label_field: str) -> Answers:
    """All quotations of one side as answers, labelled by one of their fields; lost surfaces behind each document's own."""
    rows: list[tuple[str, int, int, int]] = []
    units = corpus.units
    holders: Sequence[Document | Prediction] = corpus.golds if gold else corpus.predictions
    for doc, holder in enumerate(holders):
        base = int(corpus.bases[doc])
        for index, quote in enumerate(holder.quotes):
            unit = int(units.at(np.array([base + quote.content[0].start]))[0])
            rows.append((getattr(quote, label_field) or NO_LABEL, unit, doc, index))
        if isinstance(holder, Prediction):
            lost = [u for u in holder.unplaced if u.layer == "quotes"]
            rows += [(NO_LABEL, int(units.first[doc]), doc, u.index) for u in lost]
    labels = corpus.codes.of((row[0] for row in rows), len(rows))
    table = np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 3)
    return Answers(labels, table[:, 0], table[:, 1], table[:, 2])


def quote_alignment(
    corpus: Corpus,
    minimum: Fraction,
    params: Mapping[str, str],
    label_field: str,
    right: Callable[[Conversation, int, int], bool] | None = None,
) -> Aligned:
    """All quotations with the pairs of the alignment that are right, filtered by view after the alignment."""
    talks = conversations(corpus, minimum)
    golds, predicted = quote_answers(corpus, True, label_field), quote_answers(corpus, False, label_field)
    first_gold, first_predicted = _firsts(golds, len(talks)), _firsts(predicted, len(talks))
    pairs = [
        (first_gold[doc] + g, first_predicted[doc] + p)
        for doc, talk in enumerate(talks)
        for g, p in talk.pairs
        if right is None or right(talk, g, p)
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    credit = np.full(len(table), FULL, dtype=np.int64)
    aligned = Aligned(golds, predicted, table[:, 0], table[:, 1], credit, label_names(corpus))
    return _viewed(aligned, talks, params["view"])


def _firsts(answers: Answers, documents: int) -> list[int]:
    """Where the answers of each document begin."""
    begins: list[int] = np.searchsorted(answers.doc, np.arange(documents)).tolist()
    return begins


def _viewed(aligned: Aligned, talks: Sequence[Conversation], view: str) -> Aligned:
    if view == "full":
        return aligned

    def kept(answers: Answers, sides: Sequence[Side]) -> Mask:
        inner = [side.innermost() for side in sides]
        mask = []
        for doc, record in zip(answers.doc.tolist(), answers.record.tolist(), strict=True):
            quotes = sides[doc].quotes
            if record >= len(quotes):  # a lost surface counts in every view
                mask.append(True)
            else:
                mask.append(inner[doc][record] if view == "leaf" else quotes[record].kind in ("direct", "mixed"))
        return np.array(mask, dtype=np.bool_)

    return aligned.restricted(kept(aligned.golds, [t.gold for t in talks]), kept(aligned.predicted, [t.predicted for t in talks]))


def on_aligned(
    corpus: Corpus,
    params: Mapping[str, str],
    label_field: str,
    judge: Callable[[Document, Conversation, int, int], bool | None],
) -> Aligned:
    """An accuracy: the golds that the relaxed alignment pairs and ``judge`` does not leave out (None), with those that it finds right."""
    talks = conversations(corpus, RELAXED)
    everything = quote_alignment(corpus, RELAXED, {"view": params["view"]}, label_field)
    judged, credit = [], []
    for pair in range(len(everything.gold)):
        doc = int(everything.golds.doc[everything.gold[pair]])
        g, p = everything.golds.record[everything.gold[pair]], everything.predicted.record[everything.prediction[pair]]
        verdict = judge(corpus.golds[doc], talks[doc], int(g), int(p))
        if verdict is not None:
            judged.append(pair)
            credit.append(FULL if verdict else WRONG)
    return accuracy(everything, np.array(judged, dtype=np.int64), np.array(credit, dtype=np.int64))


def accuracy(aligned: Aligned, pairs: Ints, credit: Ints) -> Aligned:
    """Only these pairs, as many golds as predictions."""
    golds, predicted = chosen(aligned.golds, aligned.gold[pairs]), chosen(aligned.predicted, aligned.prediction[pairs])
    index = np.arange(len(pairs))
    return replace(aligned, golds=golds, predicted=predicted, gold=index, prediction=index, credit=credit)


def _aligner(minimum: Fraction) -> Align:
    return lambda corpus, params: quote_alignment(corpus, minimum, params, "kind")


def _token(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Syllables of the aligned quotations: those of the gold, those of the prediction, and the shared ones."""
    talks = conversations(corpus, RELAXED)
    pairs = quote_alignment(corpus, RELAXED, params, "kind")
    aligned = accuracy(pairs, np.arange(len(pairs.gold)), np.full(len(pairs.gold), FULL))
    sizes = []
    for doc, g, p in zip(aligned.golds.doc.tolist(), aligned.golds.record.tolist(), aligned.predicted.record.tolist(), strict=True):
        theirs = talks[doc].predicted.words[p][0]
        # Of the alternates the one that fits best, as in the alignment.
        ours = max(talks[doc].gold.words[g], key=lambda words: Fraction(2 * len(words & theirs), len(words) + len(theirs)))
        sizes.append((len(ours), len(theirs), len(ours & theirs)))
    table = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    return replace(
        aligned,
        golds=replace(aligned.golds, weight=table[:, 0]),
        predicted=replace(aligned.predicted, weight=table[:, 1]),
        weight=table[:, 2],
    )


def _marked(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    """Speech marks of the gold against what a prediction presents as quoted words: its speech marks and its direct quotations."""
    rows: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
    pairs: list[tuple[int, int]] = []
    for doc, (gold, prediction) in enumerate(zip(corpus.golds, corpus.predictions, strict=True)):
        golds = [(i, m) for i, m in enumerate(gold.marks) if m.function == "speech"]
        ours = [[syllables(gold.text, [s]) for s in (Span(start=m.start, end=m.end), *m.alternates)] for _, m in golds]
        claims = quoted_words(gold.text, prediction)
        edges: dict[align.Edge, align.Rank] = {}
        for g, options in enumerate(ours):
            for p, (_, words) in enumerate(claims):
                scores = [score for option in options if (score := admitted(option, words, RELAXED)) is not None]
                if scores:
                    edges[g, p] = (1, max(scores))
        pairs += [(len(rows[0]) + g, len(rows[1]) + p) for g, p in align.align(edges)]
        base = int(corpus.bases[doc])
        rows[0].extend((base + mark.start, doc, index) for index, mark in golds)
        rows[1].extend((base + start, doc, index) for index, (start, _) in enumerate(claims))
    sides = []
    for side in rows:
        table = np.array(side, dtype=np.int64).reshape(-1, 3)
        label = np.full(len(table), corpus.codes["speech"], dtype=np.int64)
        sides.append(Answers(label, corpus.units.at(table[:, 0]), table[:, 1], table[:, 2]))
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Aligned(sides[0], sides[1], found[:, 0], found[:, 1], np.full(len(found), FULL, dtype=np.int64), label_names(corpus))


def quoted_words(text: str, prediction: Prediction) -> list[tuple[int, Words]]:
    """What a prediction presents as quoted: its speech marks, and the spans of its direct quotations that no such mark repeats."""
    spans = [Span(start=m.start, end=m.end) for m in prediction.marks if m.function == "speech"]
    claims = [(span.start, syllables(text, [span])) for span in spans]
    said = {words for _, words in claims}
    for quote in prediction.quotes:
        if quote.kind == "direct":
            for span in quote.content:
                words = syllables(text, [span])
                if words not in said:
                    said.add(words)
                    claims.append((span.start, words))
    return claims


def _kind(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
    def judge(document: Document, talk: Conversation, g: int, p: int) -> bool:
        return talk.gold.quotes[g].kind == talk.predicted.quotes[p].kind

    return on_aligned(corpus, params, "kind", judge)


_SOURCE = "syllable overlap after Citron (Newell et al. 2018) and GenderGapTracker (Asr et al. 2021), one-to-one and symmetric"

LAYER = Layer(
    name="quotes",
    records="quotes",
    title="Quotations",
    label_field="kind",
    vocabularies={"kind": KINDS, "source_status": SOURCE_STATUSES},
    check=check,
    measures=(
        MeasureDefinition("strict", "the same syllables", _SOURCE, _aligner(Fraction(1)), VIEWS),
        MeasureDefinition("relaxed", "syllable intersection over union of at least 0.5", _SOURCE, _aligner(RELAXED), VIEWS, headline=True),
        MeasureDefinition("token", "syllables of aligned quotations that both have", _SOURCE, _token, VIEWS),
        MeasureDefinition(
            "marked", "speech in quotation marks against predicted speech marks and direct quotations, as relaxed", _SOURCE, _marked
        ),
        MeasureDefinition("kind", "aligned quotations of the same kind", _SOURCE, _kind, VIEWS, kind="accuracy"),
    ),
)
