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
    """A quotation of one speaker."""

    doc: int
    quote: int
    speaker: str
    type: str | None


@dataclass(frozen=True, kw_only=True)
class PeopleMeasure(MeasureDefinition):
    """A measure of the speakers of documents.

    Of contested golds (parameter ``contested``), ``count`` has the speakers as they are. ``skip``
    leaves out contested quotations and the predictions that are aligned with them; a speaker who
    has other quotations still counts by these. ``lenient`` gives a contested quotation the speakers
    of the reading that the prediction aligned with it names, or else its own; and leaves it out if
    another reading does not have it and nothing is aligned with it. Then both sides are compared as
    with ``count``, so that predictions in any reading of each quotation are right.

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
        counted = counted_quotes(talk, talk.pairs(strict=strict), contested)
        speakers = self._gold_speakers(talk, strict, lenient=contested == "lenient")
        sides = (
            self._counted(self._gold(talk, speakers, counted[0])),
            self._counted(self._predicted(talk, strict, speakers, counted)),
        )
        waiting: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for number, said in reversed(list(enumerate(sides[1]))):
            waiting[said.doc, said.speaker].append(number)
        pairs = [
            (number, waiting[said.doc, said.speaker].pop())
            for number, said in enumerate(sides[0])
            if waiting[said.doc, said.speaker]
        ]
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        gold, predicted = (
            self._answers(corpus, talk, side, of_gold)
            for side, of_gold in zip(sides, (True, False), strict=True)
        )
        credit = np.full(len(table), FULL, dtype=np.int64)
        return Aligned(gold, predicted, table[:, 0], table[:, 1], credit, label_names(corpus))

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
        self, talk: Quotations, speakers: list[frozenset[str]], counted: Mask
    ) -> Iterator[_Said]:
        for quote in _in_reading_order(talk.gold, counted):
            doc = int(talk.gold.doc[quote])
            for key in sorted(speakers[quote]):
                yield _Said(doc, quote, key, talk.corpus.names[doc].type_of(key))

    def _predicted(
        self,
        talk: Quotations,
        strict: bool,
        gold_speakers: list[frozenset[str]],
        counted: tuple[Mask, Mask],
    ) -> Iterator[_Said]:
        """The speakers as they were resolved beside the aligned gold quotation; of several readings
        the one that the gold quotes, or the first.
        """
        speakers, pairs = talk.speakers(strict), talk.pairs(strict=strict)
        partner = dict(zip(pairs.predicted.tolist(), pairs.gold.tolist(), strict=True))
        quoted: defaultdict[int, set[str]] = defaultdict(set)
        for quote in np.flatnonzero(counted[0]).tolist():
            quoted[int(talk.gold.doc[quote])] |= gold_speakers[quote]
        for quote in _in_reading_order(talk.predicted, counted[1]):
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
            if is_speaker_type(one.type):
                first.setdefault((one.doc, one.speaker), one)
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
