"""The description of a measure, common to all kinds of records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypedDict

from vinewsie.model import records_of
from vinewsie.reading.plain import not_plain
from vinewsie.scheme import LAYERS
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.alignment import Aligned
from vinewsie.scoring.columns import Corpus

Kind = Literal["f1", "accuracy"]
"""``f1``: precision, recall and F1 of matching pairs. ``accuracy``: the share of right answers
among those that were compared.
"""
Status = Literal["scored", "not_annotated", "not_offered"]
"""``not_annotated``: the gold as a whole has nothing that the measure could compare with.
``not_offered``: the predictions leave the layer out. In both cases there are no rates.
"""


def any_true(values: Iterable[object]) -> bool | None:
    """Whether any value is true; None without values."""
    found = None
    for value in values:
        if value:
            return True
        found = False
    return found


@dataclass(frozen=True)
class Parameter:
    """A parameter of measures.

    Args:
        name: as it is written in a measure's name.
        values: the allowed values, the default first; none where any value is allowed and the
            default is to have none.
        meaning: one sentence for the user.
        canonical: the one spelling of a value. It raises ValueError, with what is allowed, for a
            value that is not.
    """

    name: str
    values: tuple[str, ...]
    meaning: str
    canonical: Callable[[str], str] = str


ZONE = Parameter(
    "zone",
    ("page", "article"),
    "page: everything on the page; article: without the teasers of other articles",
)
CONTESTED = Parameter(
    "contested",
    ("count", "skip", "lenient"),
    "contested golds count as they are; are set aside with the predictions aligned with them; or "
    "are right by any of their readings",
)
REPEATS = Parameter(
    "repeats",
    ("count", "once"),
    "count: every line; once: without lines that repeat an earlier line of the zone in a document",
)
LABEL = Parameter("label", (), "only the answers with this label")
FILTERS = (ZONE, REPEATS, LABEL)
"""The parameters that every measure has; they choose among aligned answers."""


class ResolvedSpeaker(TypedDict):
    """A speaker as an extractor named it, the step that resolved it, and its readings (see
    :mod:`vinewsie.scoring.speakers`).
    """

    given: str
    by: str
    readings: list[str]


class ErrorSpeakers(TypedDict, total=False):
    """The speakers of an error: those of the gold quotation, and those of the prediction."""

    gold_speakers: list[str]
    speakers: list[ResolvedSpeaker]


@dataclass(frozen=True)
class MeasureDefinition(ABC):
    """Describes a measure: the records that it reads and the pairs that it counts.

    Args:
        name: the second part of the measure's name.
        matches: when a gold answer and a predicted answer match, for the user.
        source: where the definition comes from.
        headline: whether the measure is scored when the user names none.
        kind: the rates that the measure has.
        lower_is_better: whether the matches are the errors, so that a perfect value is 0.
        semeval: whether pairs that belong together but do not match are aligned and counted, too
            (SemEval-2013 task 9.1, "incorrect").
    """

    name: str
    matches: str
    source: str
    headline: bool = False
    kind: Kind = "f1"
    lower_is_better: bool = False
    semeval: bool = False

    records: ClassVar[str]
    """The layer of records that gold answers are."""
    label_field: ClassVar[str]
    """The field of a record that labels the answer."""
    predicted_as_records: ClassVar[bool] = True
    """Whether predicted answers are records of the same layer."""
    mapped_labels: ClassVar[bool] = False
    """Whether a user-supplied label map and another inventory (``scheme``) apply to the labels."""

    @property
    def own_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the alignment."""
        return ()

    @property
    def gold_fields(self) -> tuple[str, ...]:
        """The fields of gold records that the measure compares with, beside their spans."""
        return ()

    @property
    def offered_by(self) -> tuple[str, ...]:
        """The layers of predictions that the measure reads; one of them must be offered."""
        return (self.records,)

    def annotated(self, corpus: Corpus) -> bool | None:
        """Whether any gold record has a value in each of :attr:`gold_fields`; None where the gold
        has no record of the layer.
        """
        golds = enumerate(corpus.golds) if self.records == "entities" else not_plain(corpus.golds)
        records = (r for _, document in golds for r in records_of(document, self.records))
        return any_true(all(getattr(r, name) for name in self.gold_fields) for r in records)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters. Those of :data:`FILTERS` are applied after the alignment."""
        return (ZONE, REPEATS, *self.own_parameters, LABEL)

    def labels(self, values: Mapping[str, str], own: LabelMap | None) -> frozenset[str] | None:
        """The labels that answers may carry; None for any.

        Args:
            values: the value of each parameter.
            own: a user-supplied label map.
        """
        return frozenset(LAYERS[self.records].vocabularies[self.label_field])

    @abstractmethod
    def align(self, corpus: Corpus, values: Mapping[str, str]) -> Aligned:
        """Aligns gold and predicted answers.

        Args:
            corpus: gold and predictions.
            values: the value of each parameter.
        """

    def speakers_of_error(
        self, corpus: Corpus, values: Mapping[str, str], gold: bool, doc: int, record: int
    ) -> ErrorSpeakers | None:
        """The speakers of an error, and how they were resolved; None for other measures.

        Args:
            corpus: gold and predictions.
            values: the value of each parameter.
            gold: whether the error is a gold answer.
            doc: its document.
            record: the place of its record in the document.
        """
        return None
