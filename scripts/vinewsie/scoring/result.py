"""The result of a scoring run: counts, rates derived from them, and the identity of the run.

A result is plain data: it has a JSON form that it is equal to, pickled as, and read from. Results
of older schema versions are read, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, Protocol, TypedDict

import msgspec
import numpy as np

from vinewsie._version import __version__
from vinewsie.files import read_bytes, write_text
from vinewsie.findings import Finding, FindingsError, VinewsieError
from vinewsie.model import Prediction
from vinewsie.packed import Ints
from vinewsie.reading import native
from vinewsie.scoring.columns import NO_LABEL
from vinewsie.scoring.definitions import ZONE, ErrorSpeakers, Kind, Status
from vinewsie.scoring.diagnostics import Diagnostics
from vinewsie.scoring.frames import FrameName, frame
from vinewsie.scoring.measures import Measure, MeasureError, parse
from vinewsie.scoring.summary import html_view, short_table

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 2
"""Raised when a field of the result's JSON changes its meaning or goes; new fields do not raise it.

Version 2: each measure has ``kind`` and ``semeval``.
"""


class PartInfo(TypedDict):
    """A part of the gold: the number of all documents, and what the part's metadata have."""

    of: int
    where: dict[str, str]


class GroupInfo(TypedDict):
    """The documents by their value of one field of the metadata."""

    field: str
    documents: dict[str, list[str]]


class DatasetInfo(TypedDict):
    """Identifies the gold; ``documents`` are the ids in their order. ``part`` is there if they are
    not all documents of the gold.
    """

    name: str
    version: str
    sha256: str
    guideline_version: str
    documents: list[str]
    part: NotRequired[PartInfo]


def data_name(dataset: DatasetInfo) -> str:
    """The gold in signatures: its version, or else its name, and the beginning of its hash."""
    return f"{dataset['version'] or dataset['name']}@{dataset['sha256'][:6]}"


class UnplacedSurface(TypedDict):
    """A predicted surface that does not occur in the text."""

    doc_id: str
    layer: str
    index: int
    text: str | None


class PredictionInfo(TypedDict):
    """The predictions of a result.

    ``missing``: documents without a prediction. ``skipped`` and ``warnings``: findings as printed.
    ``failures`` (by document) are those of an extractor or of an endpoint's responses; ``versions``
    are those of an extractor. ``info`` is what the documents of an extractor or a file report,
    added up.
    """

    missing: list[str]
    not_in_text: list[UnplacedSurface]
    skipped: list[str]
    warnings: list[str]
    failures: NotRequired[dict[str, str]]
    versions: NotRequired[dict[str, str]]
    info: NotRequired[dict[str, Any]]


class EpochInfo(TypedDict):
    """Several answers to each document: their number, and the value of each measure in each."""

    count: int
    values: dict[str, list[float | None]]


class LabelMapInfo(TypedDict):
    """The user-supplied label map, and whether it changes any label of the gold. ``map`` is missing
    in results of version 0.1.
    """

    sha256: str
    renames_gold: bool
    map: NotRequired[dict[str, str | None]]


class ScorerInfo(TypedDict):
    """The package that made a result."""

    version: str


IntervalUnit = Literal["document", "segment"]
"""What is resampled: documents, or the segments of each document."""


class Intervals(TypedDict):
    """Bootstrap intervals (low, high) by rate, None where there is none; how they were made.

    ``units``: the number of units. ``method`` is missing in results of version 0.1.
    """

    precision: NotRequired[tuple[float, float] | None]
    recall: NotRequired[tuple[float, float] | None]
    f1: NotRequired[tuple[float, float] | None]
    accuracy: NotRequired[tuple[float, float] | None]
    level: float
    unit: IntervalUnit
    units: int
    method: NotRequired[str]
    resamples: int
    seed: int
    note: str


Missing = Literal["dash", "zero"]
"""How a layer that no prediction mentions is counted: not at all, or as empty."""

ErrorKind = Literal["wrong", "boundary", "missed", "spurious"]


class ErrorPlace(TypedDict, total=False):
    """The record of an error: its id, its spans (code points), and its words."""

    id: str | None
    spans: list[list[int]]
    text: str


class ErrorRecord(ErrorPlace, ErrorSpeakers):
    """One error of one measure. ``index`` is the place of the answer among those of its document;
    an answer that is no record has no id, spans and text. Measures of speakers say how those of the
    prediction were resolved. ``epoch`` is there if there are several.
    """

    measure: str
    doc_id: str
    error: ErrorKind
    label: str
    zone: str
    index: int
    epoch: NotRequired[int]


class Details(Protocol):
    """The parts of a result that take time to make and are not always read."""

    @property
    def errors(self) -> Sequence[ErrorRecord]: ...

    @property
    def error_count(self) -> int: ...

    @property
    def diagnostics(self) -> Diagnostics: ...

    @property
    def predictions_sha256(self) -> str: ...

    @property
    def records(self) -> Sequence[Prediction] | None: ...

    @property
    def record_count(self) -> int: ...


ERRORS = 10_000
"""Largest number of errors that a result record holds; of more, it holds their number."""
RECORDS = 50_000
"""Largest number of predicted records that a result record holds, about 5 MB; of more, it holds
none.
"""


class ErrorsLeftOutError(VinewsieError):
    """A result was read whose errors are so many that its record does not hold them."""


@dataclass(frozen=True)
class StoredDetails:
    """The details of a result that was read."""

    kept: Sequence[ErrorRecord] | None = ()
    error_count: int = 0
    diagnostics: Diagnostics = field(default_factory=lambda: Diagnostics())
    predictions_sha256: str = ""
    records: Sequence[Prediction] | None = None
    record_count: int = 0

    @property
    def errors(self) -> Sequence[ErrorRecord]:
        """The errors.

        Raises:
            ErrorsLeftOutError: the record does not hold them.
        """
        if self.kept is None:
            raise ErrorsLeftOutError(_left_out(self.error_count))
        return self.kept


def _left_out(count: int) -> str:
    return (
        f"{count} errors are more than the {ERRORS} that a result holds; "
        "vinewsie score --errors FILE writes them to a file"
    )


@dataclass(frozen=True)
class Counts:
    """Numbers of gold answers, predicted answers and pairs. Counts of disjoint parts add up.

    >>> import vinewsie as vn
    >>> (vn.Counts(gold=2, predicted=1, matched=1) + vn.Counts(gold=1)).gold
    3

    For a measure of syllables all are numbers of syllables; for an accuracy, ``gold`` is the number
    of comparisons.

    Args:
        gold: gold answers.
        predicted: predicted answers.
        matched: pairs that match.
        partial: pairs that match by half.
        incorrect: pairs that belong together but do not match (SemEval-2013 task 9.1).
    """

    gold: int = 0
    predicted: int = 0
    matched: int = 0
    partial: int = 0
    incorrect: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def credit(self) -> float:
        """matched, and half of partial."""
        return self.matched + self.partial / 2

    @property
    def precision(self) -> float | None:
        """Credit / predicted; None when nothing was predicted."""
        return self.credit / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Credit / gold; None when there is no gold."""
        return self.credit / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """2·credit / (gold + predicted); None only when both sides are empty."""
        return (
            2 * self.credit / (self.gold + self.predicted) if self.gold + self.predicted else None
        )

    @property
    def accuracy(self) -> float | None:
        """Matched / gold; None when nothing was compared."""
        return self.matched / self.gold if self.gold else None


_Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A count in a record. Doubles, as other JSON readers have them, hold it exactly."""


@dataclass(frozen=True, eq=False)
class UnitCounts:
    """Counts of the units (segments) that have any.

    Args:
        unit: (n_units,) int64, numbers of the units within the gold.
        doc: (n_units,) int64, their documents.
        table: (5, n_units) int64, a row for each field of :class:`Counts`.
        line: (n_units,) int64, the first unit of the document that has the same text.
    """

    unit: Ints
    doc: Ints
    table: Ints
    line: Ints

    @classmethod
    def of(cls, doc: Ints, table: Ints, line: Ints) -> UnitCounts:
        """Counts without the empty units.

        Args:
            doc: (n_all_units,) int64, the document of each unit.
            table: (5, n_all_units) int64.
            line: (n_all_units,) int64, the first unit of the document that has the same text.
        """
        kept = np.flatnonzero(table.any(axis=0))
        return cls(kept, doc[kept], table[:, kept], line[kept])

    def merged(self) -> UnitCounts:
        """The counts with one column for each unit; units are sorted."""
        unit, first = np.unique(self.unit, return_index=True)
        table = np.add.reduceat(self.table, first, axis=1) if len(unit) else self.table
        return UnitCounts(unit, self.doc[first], table, self.line[first])

    def to_json(self) -> dict[str, Any]:
        """As columns; without counts that are zero everywhere, and without lines if no line is
        repeated.
        """
        names = [field.name for field in fields(Counts)]
        rows = {
            name: row.tolist() for name, row in zip(names, self.table, strict=True) if row.any()
        }
        line = {} if (self.line == self.unit).all() else {"line": self.line.tolist()}
        return {"unit": self.unit.tolist(), "doc": self.doc.tolist(), **line, **rows}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> UnitCounts:
        """The counts of a parsed record.

        Raises:
            ValueError: the columns differ in length.
        """
        columns = msgspec.convert(raw, dict[str, list[_Number]])
        none = [0] * len(columns["doc"])
        names = (field.name for field in fields(Counts))
        rows = [columns["unit"], columns["doc"], *(columns.get(name, none) for name in names)]
        rows.append(columns.get("line", columns["unit"]))
        table = np.array(rows, dtype=np.int64).reshape(len(rows), -1)
        return cls(table[0], table[1], table[2:-1], table[-1])


@dataclass(frozen=True)
class Score:
    """The score of one measure; its rates are derived from its counts.

    Args:
        counts: in total.
        kind: which rates the measure has.
        semeval: whether partial and incorrect pairs are counted apart.
        by_label: counts by label of the gold answer, or of the prediction that matches none.
        by_zone: counts by zone of the page.
        by_unit: counts by segment.
        dropped: golds and predictions that the measure's scheme has no label for.
        ci: bootstrap intervals.
        status: whether the measure was scored, or why it has no rates.
        set_aside: golds and predictions that a missing value sets aside.
        unpaired: of a SemEval measure, the predictions in no pair, by their own label. (The counts
            by label have an incorrect pair under its gold's label.)
        pairs: of a measure of syllables, the number of aligned pairs; None for others.
    """

    counts: Counts
    kind: Kind = "f1"
    semeval: bool = False
    by_label: Mapping[str, Counts] = field(default_factory=dict)
    by_zone: Mapping[str, Counts] = field(default_factory=dict)
    by_unit: UnitCounts | None = field(default=None, compare=False, repr=False)
    dropped: tuple[int, int] = (0, 0)
    ci: Intervals | None = None
    status: Status = "scored"
    set_aside: tuple[int, int] = (0, 0)
    unpaired: Mapping[str, int] = field(default_factory=dict)
    pairs: int | None = None

    @property
    def precision(self) -> float | None:
        """See :attr:`Counts.precision`; None for an accuracy, and where nothing was scored."""
        return self._rate("precision", "f1")

    @property
    def recall(self) -> float | None:
        """See :attr:`Counts.recall`; None for an accuracy, and where nothing was scored."""
        return self._rate("recall", "f1")

    @property
    def f1(self) -> float | None:
        """See :attr:`Counts.f1`; None for an accuracy, and where nothing was scored."""
        return self._rate("f1", "f1")

    @property
    def accuracy(self) -> float | None:
        """See :attr:`Counts.accuracy`; None for any other measure, and where nothing was scored."""
        return self._rate("accuracy", "accuracy")

    def _rate(self, name: str, kind: Kind) -> float | None:
        defined = self.kind == kind and self.status == "scored"
        found: float | None = getattr(self.counts, name) if defined else None
        return found

    def labels(self) -> dict[str, Score]:
        """The score of each label, without intervals."""
        return {
            label: Score(counts, self.kind, self.semeval, status=self.status)
            for label, counts in self.by_label.items()
        }

    @property
    def macro_f1(self) -> float | None:
        """The mean of F1 over the labels that gold or predictions have; :attr:`f1` is the micro F1.

        A label without a match has F1 0, as with scikit-learn and seqeval; answers without a label
        are no label. None for an accuracy.
        """
        if self.kind != "f1" or self.status != "scored":
            return None
        found = [counts.f1 for label, counts in self.by_label.items() if label != NO_LABEL]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def value(self) -> float | None:
        """The measure's one number: F1, or accuracy."""
        return self.f1 if self.kind == "f1" else self.accuracy

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The bootstrap interval of :attr:`value`; Nones where there is none."""
        if self.ci is None:
            return (None, None)
        found = self.ci.get("f1") if self.kind == "f1" else self.ci.get("accuracy")
        return found or (None, None)

    def counts_of(self, counts: Counts, unpaired: int | None = None) -> dict[str, int]:
        """The counts that are defined for this measure, by name.

        Args:
            counts: the counts.
            unpaired: predictions in no pair; by default those that the counts leave.
        """
        if self.kind == "accuracy":
            return {"aligned": counts.gold, "matched": counts.matched}
        named = {"gold": counts.gold, "predicted": counts.predicted, "matched": counts.matched}
        if self.semeval:
            named |= {"partial": counts.partial, "incorrect": counts.incorrect}
            pairs = counts.matched + counts.partial + counts.incorrect
            spurious = counts.predicted - pairs if unpaired is None else unpaired
            named |= {"missed": counts.gold - pairs, "spurious": spurious}
        return named

    def to_json(self) -> dict[str, Any]:
        """The score as it stands in a result record."""

        def rates(counts: Counts, unpaired: int | None = None) -> dict[str, Any]:
            part = Score(counts, self.kind, self.semeval, status=self.status)
            named = {
                name: getattr(part, name) for name in ("precision", "recall", "f1", "accuracy")
            }
            return {**named, "counts": self.counts_of(counts, unpaired)}

        ci = None
        if self.ci is not None:
            ci = {k: list(v) if isinstance(v, tuple) else v for k, v in self.ci.items()}
        return {
            "kind": self.kind,
            "semeval": self.semeval,
            "status": self.status,
            **rates(self.counts),
            "macro_f1": self.macro_f1,
            "ci": ci,
            "dropped": {"gold": self.dropped[0], "predicted": self.dropped[1]},
            "set_aside": {"gold": self.set_aside[0], "predicted": self.set_aside[1]},
            "by_label": {
                label: rates(counts, self.unpaired.get(label))
                for label, counts in self.by_label.items()
            },
            "by_zone": {zone: rates(counts) for zone, counts in self.by_zone.items()},
            "by_unit": self.by_unit.to_json() if self.by_unit is not None else None,
            **({} if self.pairs is None else {"pairs": self.pairs}),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Score:
        """The score of a parsed record of this schema version."""

        def counts(part: Mapping[str, Any]) -> Counts:
            number = msgspec.convert(part["counts"], dict[str, _Number])
            if raw["kind"] == "f1":
                return Counts(*(number.get(field.name, 0) for field in fields(Counts)))
            compared, matched = number["aligned"], number["matched"]
            return Counts(compared, compared, matched, incorrect=compared - matched)

        def sides(name: str) -> tuple[int, int]:
            found = msgspec.convert(raw.get(name, {"gold": 0, "predicted": 0}), dict[str, _Number])
            return found["gold"], found["predicted"]

        return cls(
            counts(raw),
            msgspec.convert(raw["kind"], Kind),
            msgspec.convert(raw["semeval"], bool),
            {label: counts(part) for label, part in raw["by_label"].items()},
            {zone: counts(part) for zone, part in raw["by_zone"].items()},
            UnitCounts.from_json(raw["by_unit"]) if raw.get("by_unit") else None,
            sides("dropped"),
            msgspec.convert(raw.get("ci"), Intervals | None),
            msgspec.convert(raw.get("status", "scored"), Status),
            sides("set_aside"),
            {
                label: msgspec.convert(part["counts"]["spurious"], _Number)
                for label, part in raw["by_label"].items()
            }
            if raw["semeval"]
            else {},
            raw.get("pairs"),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Result(Mapping[str, Score]):
    """Scores by measure name, with everything that is needed to get the same numbers again.

    >>> import vinewsie as vn
    >>> gold = list(vn.load().values())
    >>> result = vn.score(gold, measures=["dates.value"], resamples=0)
    >>> result["dates.value"].f1, result["dates.value"].counts.matched
    (1.0, 27)

    Args:
        dataset: identifies the gold.
        measures: the scores in the order asked for.
        predictions: missing documents, warnings and the like.
        extractor: the name of the extractor, where one was run.
        resolve: how surfaces without offsets were placed.
        skip_invalid: whether wrong records were skipped.
        missing: how a layer that no prediction mentions was counted: ``dash``, not scored, or
            ``zero``, as empty.
        interval_unit: what intervals and comparisons resample; None in results of version 0.1.
        labels: the user-supplied label map.
        by: the groups of documents for which there are scores, too.
        epochs: the values of each epoch, where there are several; the counts are those of all.
        details: errors, diagnostics and the hash of the predictions.
        scorer: the version of this package that made the result.
    """

    dataset: DatasetInfo
    measures: Mapping[Measure, Score]
    predictions: PredictionInfo
    extractor: str | None = None
    resolve: str = "none"
    skip_invalid: bool = False
    missing: Missing = "dash"
    interval_unit: IntervalUnit | None = None
    labels: LabelMapInfo | None = None
    by: GroupInfo | None = None
    epochs: EpochInfo | None = None
    details: Details = field(default_factory=StoredDetails)
    scorer: ScorerInfo = field(default_factory=lambda: ScorerInfo(version=__version__))

    def __getitem__(self, name: str) -> Score:
        try:
            return self.measures[parse(name)]
        except MeasureError as error:
            raise KeyError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return map(str, self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Result.from_json, (self.to_json(all_errors=True),)

    def __str__(self) -> str:
        return str(short_table(self))

    def _repr_html_(self) -> str:
        return html_view(self)

    def __repr__(self) -> str:
        return f"<Result: {self.title}>"

    @property
    def title(self) -> str:
        """What was scored against what, in one line."""
        gold = " ".join(part for part in (self.dataset["name"], self.dataset["version"]) if part)
        documents, measures = len(self.dataset["documents"]), len(self)
        return (
            f"{self.extractor or 'predictions'} on {gold}, "
            f"{documents} document{'s' if documents != 1 else ''}, "
            f"{measures} measure{'s' if measures != 1 else ''}"
        )

    def signature_of(self, measure: str | Measure) -> str:
        """The signature of one measure; it has everything that can change the number."""
        measure = parse(measure) if isinstance(measure, str) else measure
        own = [f"{name}:{value}" for name, value in measure.params if name != ZONE.name]
        parts = [
            f"{measure.layer}.{measure.name}",
            f"docs:{len(self.dataset['documents'])}",
            f"data:{data_name(self.dataset)}",
            f"zone:{measure.values[ZONE.name]}",
            *own,
            f"resolve:{self.resolve}",
        ]
        if "part" in self.dataset:
            ids = "\n".join(sorted(self.dataset["documents"]))
            parts.insert(2, f"part:{hashlib.sha256(ids.encode()).hexdigest()[:6]}")
        if self.skip_invalid:
            parts.append("invalid:skipped")
        if self.epochs is not None:
            parts.append(f"epochs:{self.epochs['count']}")
        if self.missing != "dash":
            parts.append(f"missing:{self.missing}")
        if self.labels and measure.definition.mapped_labels:
            parts.append(f"labels:{self.labels['sha256'][:6]}")
        if prompt := (self.predictions.get("info") or {}).get("prompt"):
            parts.append(f"prompt:{_prompt(prompt)}")
        return "|".join([*parts, f"vinewsie:{self.scorer['version']}"])

    @property
    def signature(self) -> str:
        """The signatures of all measures, one a line."""
        return "\n".join(map(self.signature_of, self.measures))

    def groups(self) -> dict[str, dict[str, Score]]:
        """The scores of each group of :attr:`by`, without labels, zones and intervals."""
        number = {doc_id: n for n, doc_id in enumerate(self.dataset["documents"])}
        scores: dict[str, dict[str, Score]] = {}
        for value, ids in (self.by["documents"] if self.by is not None else {}).items():
            inside = np.zeros(len(number), dtype=np.bool_)
            inside[[number[doc_id] for doc_id in ids]] = True
            scores[value] = {
                str(measure): Score(
                    Counts(*score.by_unit.table[:, inside[score.by_unit.doc]].sum(axis=1).tolist()),
                    score.kind,
                    score.semeval,
                    status=score.status,
                )
                for measure, score in self.measures.items()
                if score.by_unit is not None
            }
        return scores

    @property
    def errors(self) -> Sequence[ErrorRecord]:
        """Every error of every measure, by measure, kind and document.

        Raises:
            ErrorsLeftOutError: the result was read from a record that does not hold them.
        """
        return self.details.errors

    @property
    def error_count(self) -> int:
        """The number of errors."""
        return self.details.error_count

    @property
    def predictions_sha256(self) -> str:
        """sha256 of the predictions as scored, in the native format and the order of the gold."""
        return self.details.predictions_sha256

    @property
    def records(self) -> Sequence[Prediction] | None:
        """The predictions as scored, in the order of the gold; None if they are those of several
        epochs, or the result was read from a record that does not hold them, because it is old or
        they are more than :data:`RECORDS` records.
        """
        return self.details.records

    @property
    def diagnostics(self) -> Diagnostics:
        """Diagnostics beside the rates (see :mod:`vinewsie.scoring.diagnostics`)."""
        return self.details.diagnostics

    def to_json(self, *, all_errors: bool = False) -> dict[str, Any]:
        """The result record; rates in full precision.

        ``errors`` is null where there are more than :data:`ERRORS`; ``errors_note`` says then how
        to get them.

        Args:
            all_errors: whether to have the errors whatever their number, if the result has them.
        """
        count = self.error_count
        held = self.records if self.details.record_count <= RECORDS else None
        try:
            kept = list(self.errors) if count <= ERRORS or all_errors else None
        except ErrorsLeftOutError:
            kept = None
        return {
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "dataset": dict(self.dataset),
            "scorer": dict(self.scorer),
            "extractor": self.extractor,
            "predictions": {"sha256": self.predictions_sha256, **self.predictions},
            "parameters": {
                "resolve": self.resolve,
                "skip_invalid": self.skip_invalid,
                "missing": self.missing,
                "interval_unit": self.interval_unit,
                "labels": self.labels,
            },
            "measures": {
                str(measure): {"signature": self.signature_of(measure), **score.to_json()}
                for measure, score in self.measures.items()
            },
            **({"by": self._groups_json()} if self.by is not None else {}),
            **({"epochs": self.epochs} if self.epochs is not None else {}),
            "diagnostics": dict(self.diagnostics),
            "errors": kept,
            "errors_total": count,
            **({"errors_note": _left_out(count)} if kept is None else {}),
            **({} if held is None else {"records": [*map(native.short, held)]}),
        }

    def _groups_json(self) -> dict[str, Any]:
        wanted = ("status", "precision", "recall", "f1", "accuracy", "counts")
        measures = {
            value: {
                name: {key: part for key, part in score.to_json().items() if key in wanted}
                for name, score in scores.items()
            }
            for value, scores in self.groups().items()
        }
        return {**(self.by or {}), "measures": measures}

    def dumps(self, *, indent: int | None = None) -> str:
        """The result record as JSON on one line, or indented."""
        record = msgspec.json.encode(self.to_json())
        if indent is not None:
            record = msgspec.json.format(record, indent=indent)
        return record.decode() + "\n"

    def save(self, path: str | Path) -> None:
        """Writes the result record, whole or not at all."""
        write_text(Path(path), self.dumps())

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Reads a result record, of this or an older schema version.

        Raises:
            FindingsError: the file is no result record, or one of a newer schema.
        """
        try:
            return cls.from_json(msgspec.json.decode(read_bytes(Path(path))))
        except FindingsError:
            raise
        except (
            msgspec.MsgspecError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
        ) as error:
            message = (
                f"is not a result record ({error.__class__.__name__}: {error}); "
                "vinewsie score --format json -o writes one"
            )
            raise FindingsError([Finding("json", message, file=str(path))]) from error

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Result:
        """The result of a parsed record.

        Raises:
            ValueError: the record's schema is newer than this version of the package.
            KeyError, TypeError: it is no result record.
        """
        version = raw["schema_version"]
        if version > SCHEMA_VERSION:
            raise ValueError(
                f"schema version {version} is newer than {SCHEMA_VERSION}; update vinewsie"
            )
        if version < 2:
            raw = _with_kinds(raw)
        parameters = raw["parameters"]
        return cls(
            dataset=msgspec.convert(raw["dataset"], DatasetInfo),
            measures={parse(name): Score.from_json(part) for name, part in raw["measures"].items()},
            predictions=msgspec.convert(raw["predictions"], PredictionInfo),
            extractor=msgspec.convert(raw["extractor"], str | None),
            resolve=msgspec.convert(parameters["resolve"], str),
            skip_invalid=msgspec.convert(parameters["skip_invalid"], bool),
            missing=msgspec.convert(parameters.get("missing", "dash"), Missing),
            interval_unit=msgspec.convert(parameters.get("interval_unit"), IntervalUnit | None),
            labels=msgspec.convert(parameters.get("labels"), LabelMapInfo | None),
            by=msgspec.convert(raw.get("by"), GroupInfo | None),
            epochs=msgspec.convert(raw.get("epochs"), EpochInfo | None),
            details=StoredDetails(
                msgspec.convert(raw["errors"], list[ErrorRecord] | None),
                msgspec.convert(raw.get("errors_total", len(raw["errors"] or ())), int),
                msgspec.convert(raw.get("diagnostics", {}), Diagnostics),
                raw["predictions"].get("sha256", ""),
                msgspec.convert(raw.get("records"), list[Prediction] | None),
            ),
            scorer=msgspec.convert(raw["scorer"], ScorerInfo),
        )

    def to_pandas(self, what: FrameName = "measures") -> pd.DataFrame:
        """The measures, their labels or the errors as a tidy frame; what is not defined is missing.

        - ``measures``, one row a measure (where there are groups, also one for each measure of a
          group, with a column of the field): measure, layer, zone, kind (f1 or accuracy), status,
          precision, recall, f1, accuracy, macro_f1, ci_low and ci_high (the 95 % interval of F1 or
          accuracy), gold, predicted (both are the aligned pairs of an accuracy), matched,
          signature.
        - ``labels``, one row for each label of a measure: measure, label, precision, recall, f1,
          accuracy, gold, predicted, matched.
        - ``errors``, one row an error: measure, doc_id, error (wrong, boundary, missed, spurious),
          label, zone, index (the place among the answers of the document), id, start and end (code
          points; of a quotation in pieces, the first and the last), text, spans (pairs of start and
          end), gold_speakers and speakers (lists; of measures of speakers alone).

        Args:
            what: ``measures``, ``labels`` or ``errors``.

        Raises:
            ValueError: there is no such frame.
            ErrorsLeftOutError: the result was read from a record that does not hold the errors.
        """
        return frame(self, what)

    def to_frame(self) -> pd.DataFrame:
        """One row a measure: precision, recall, f1, accuracy, counts, macro F1 and status. Where
        there are groups, one row for each of their measures, too, with a column of the field.
        """
        import pandas as pd

        parts: dict[str, Mapping[str, Score]] = {"": self, **self.groups()}
        rows = [
            {
                "measure": name,
                **({self.by["field"]: value} if self.by is not None else {}),
                "precision": s.precision,
                "recall": s.recall,
                "f1": s.f1,
                "accuracy": s.accuracy,
                "ci_low": s.interval[0],
                "ci_high": s.interval[1],
                "gold": s.counts.gold,
                "predicted": s.counts.predicted,
                "matched": s.counts.matched,
                "macro_f1": s.macro_f1,
                "status": s.status,
            }
            for value, scores in parts.items()
            for name, s in scores.items()
        ]
        return pd.DataFrame(rows).set_index("measure")


def _prompt(given: object) -> str:
    """The versions of prompts in a signature. A file may give anything, such as a whole prompt:
    what is no short name is hashed.
    """
    found = "+".join(sorted(map(str, given if isinstance(given, list) else [given])))
    if re.fullmatch(r"[\w.+-]{1,40}", found):
        return found
    return hashlib.sha256(found.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def is_result(path: Path) -> bool:
    """Whether a file is a result record, by its beginning. A pipe, which can be read only once, is
    none.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return re.match(rb'\s*\{\s*"schema_version"', file.read(100)) is not None


def _with_kinds(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A record of schema version 1 as one of version 2; a measure's counts show its kind."""
    measures = {
        name: {
            **part,
            "kind": "accuracy" if "aligned" in part["counts"] else "f1",
            "semeval": "incorrect" in part["counts"],
        }
        for name, part in raw["measures"].items()
    }
    return {**raw, "measures": measures}
