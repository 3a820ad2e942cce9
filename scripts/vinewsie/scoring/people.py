"""Measures of what a newsroom asks: who is quoted in a document, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from vinewsie.packed import Mask
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.alignment import FULL, Aligned, Answers, label_names
from vinewsie.scoring.columns import NO_LABEL, Corpus
from vinewsie.scoring.definitions import CONTESTED, MeasureDefinition, Parameter, any_true
from vinewsie.scoring.quotations import SPEAKERS, Quotations, QuoteColumns, counted_quotes
from vinewsie.scoring.speakers import is_speaker_type, unknown_key


class _Said(NamedTuple):
    """A quotation of one speaker; an optional one may be missing on the other side."""

    doc: int
    quote: int
    speaker: str
    type: str | None
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class PeopleMeasure(MeasureDefinition):
    """A measure of the speakers of documents.

    Of contested golds (parameter ``contested``), ``count`` has the speakers as they are. ``skip``
    leaves out contested quotations and the predictions that are aligned with them; a speaker who
    has other quotations still counts by these. ``lenient`` gives a contested quotation the speakers
    of the reading that the prediction aligned with it names, or else its own. Then both sides are
    compared as with ``count``; but an answer that rests on quotations alone that another reading
    does not have, and that nothing is aligned with, is left out if it is not matched. So
    predictions in any reading of each quotation are right.

    Args:
        counts: ``persons``, each person or organisation once in a document; or ``quotations``, each
            quotation of each speaker.
    """

    counts: Literal["persons", "quotations"]

    records = "quotes"
    label_field = "kind"

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """How speakers are resolved; contested golds."""
        return (SPEAKERS, CONTESTED)

    @property
    def gold_fields(self) -> tuple[str, ...]:
        """The speakers."""
        return ("speakers",)

    def annotated(self, corpus: Corpus) -> bool | None:
        """See :meth:`MeasureDefinition.annotated`."""
        return any_true(Quotations.of(corpus).speakers().gold)

    def labels(self, values: Mapping[str, str], own: LabelMap | None) -> frozenset[str] | None:
        """Any: the types of entities, or the speakers."""
        return None

    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """Aligns equal speakers of a document, in the order of the text."""
        contested, strict = values[CONTESTED.name], values[SPEAKERS.name] == "strict"
        talk = Quotations.of(corpus, lenient=contested != "count")
        golds, predictions = counted_quotes(talk, talk.pairs(strict=strict), contested)
        # Golds that lenient does not count may still be matched: by a quotation of the speaker.
        optional = ~golds & (contested == "lenient")
        golds |= optional
        speakers = self._gold_speakers(talk, strict, lenient=contested == "lenient")
        sides = (
            self._counted(self._gold(talk, speakers, golds, optional)),
            self._counted(self._predicted(talk, strict, speakers, golds, predictions)),
        )
        waiting: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for number, said in reversed(list(enumerate(sides[1]))):
            waiting[said.doc, said.speaker].append(number)
        pairs = sorted(
            (number, waiting[said.doc, said.speaker].pop())
            for number, said in sorted(enumerate(sides[0]), key=lambda item: item[1].optional)
            if waiting[said.doc, said.speaker]
        )
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        gold, predicted = (
            self._answers(corpus, talk, side, of_gold)
            for side, of_gold in zip(sides, (True, False), strict=True)
        )
        credit = np.full(len(table), FULL, dtype=np.int64)
        found = Aligned(gold, predicted, table[:, 0], table[:, 1], credit, label_names(corpus))
        kept = np.array([not said.optional for said in sides[0]], dtype=np.bool_)
        kept[found.pair_gold] = True
        return found.restricted(kept, np.ones(len(sides[1]), dtype=np.bool_))

    def _gold_speakers(
        self, talk: Quotations, strict: bool, *, lenient: bool
    ) -> list[frozenset[str]]:
        """The speakers of each gold quotation; if lenient, in the reading that was predicted."""
        speakers = talk.speakers(strict)
        found = speakers.gold.copy()
        if lenient:
            pairs = talk.pairs(strict=strict)
            for gold, predicted in zip(pairs.gold.tolist(), pairs.predicted.tolist(), strict=True):
                if talk.gold.quotes[gold].contested:
                    found[gold] = speakers.chosen(gold, predicted)
        return found

    def _gold(
        self, talk: Quotations, speakers: list[frozenset[str]], counted: Mask, optional: Mask
    ) -> Iterator[_Said]:
        for quote in _in_reading_order(talk.gold, counted):
            doc = int(talk.gold.doc[quote])
            for key in sorted(speakers[quote]):
                type_ = talk.corpus.names[doc].type_of(key)
                yield _Said(doc, quote, key, type_, bool(optional[quote]))

    def _predicted(
        self,
        talk: Quotations,
        strict: bool,
        gold_speakers: list[frozenset[str]],
        gold_counted: Mask,
        counted: Mask,
    ) -> Iterator[_Said]:
        """The speakers as they were resolved beside the aligned gold quotation; of several readings
        the one that the gold quotes, or the first.
        """
        speakers, pairs = talk.speakers(strict), talk.pairs(strict=strict)
        partner = dict(zip(pairs.predicted.tolist(), pairs.gold.tolist(), strict=True))
        quoted: defaultdict[int, set[str]] = defaultdict(set)
        for quote in np.flatnonzero(gold_counted).tolist():
            quoted[int(talk.gold.doc[quote])] |= gold_speakers[quote]
        for quote in _in_reading_order(talk.predicted, counted):
            doc = int(talk.predicted.doc[quote])
            named: set[str] = set()
            for name in speakers.readings(quote, partner.get(quote)):
                if name.by in ("source", "phrase"):
                    named |= name.readings
                elif name.readings:
                    named.add(min(name.readings & quoted[doc] or name.readings))
                elif name.names_somebody:
                    named.add(unknown_key(name.given))
            for key in sorted(named):
                yield _Said(doc, quote, key, talk.corpus.names[doc].type_of(key))

    def _counted(self, said: Iterator[_Said]) -> list[_Said]:
        """The answers of a side."""
        if self.counts == "quotations":
            return list(said)
        first: dict[tuple[int, str], _Said] = {}
        for one in said:
            key = one.doc, one.speaker
            if is_speaker_type(one.type) and (
                key not in first or first[key].optional > one.optional
            ):
                first[key] = one
        return list(first.values())

    def _answers(self, corpus: Corpus, talk: Quotations, side: list[_Said], gold: bool) -> Answers:
        columns = talk.gold if gold else talk.predicted
        quote = np.array([said.quote for said in side], dtype=np.int64)
        answer = columns.answers["kind"].take(columns.answer[quote])
        labels = (
            said.speaker if self.counts == "quotations" else said.type or NO_LABEL for said in side
        )
        return Answers(corpus.codes.of(labels, len(side)), answer.unit, answer.doc, answer.record)


def _in_reading_order(side: QuoteColumns, counted: Mask) -> list[int]:
    """The quotations of a side that count, by document and text, whatever the order of the
    records.
    """
    order = np.argsort(side.place)
    chosen: list[int] = order[counted[order]].tolist()
    return chosen


MEASURES = (
    PeopleMeasure(
        name="document",
        matches="persons and organisations that a document quotes, each once",
        source="set precision and recall by document, as in TREC expert and entity retrieval",
        counts="persons",
    ),
    PeopleMeasure(
        name="voice",
        matches="quotations of a speaker in a document; by label, the counts of each speaker",
        source="GenderGapTracker (Asr et al. 2021), quotations by speaker",
        counts="quotations",
    ),
)
