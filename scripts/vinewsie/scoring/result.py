"""The result of a scoring run: counts, the rates that follow from them, and what identifies the
run. Reads old results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from vinewsie._version import __version__
from vinewsie.files import read_bytes, write_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.measures import Measure, MeasureError, parse

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64]

SCHEMA_VERSION = 1
"""Raised when a field of the result's JSON changes its meaning or goes; new fields do not raise
it.
"""


@dataclass(frozen=True)
class Counts:
    """How many gold answers, predicted answers and matched pairs there are. Counts of disjoint
    parts add up.

    ``partial`` pairs match by half; ``incorrect`` pairs belong together but do not match
    (SemEval-2013). For a measure of syllables all are numbers of syllables; for an accuracy,
    ``gold`` is the number of comparisons.
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


@dataclass(frozen=True, eq=False)
class UnitCounts:
    """Counts of the units (segments) that hold something.

    ``unit`` numbers them within the gold, ``doc`` is each one's document, ``table`` has the rows of
    :class:`Counts`.
    """

    unit: Ints
    doc: Ints
    table: Ints

    @classmethod
    def of(cls, doc: Ints, table: Ints) -> UnitCounts:
        """The counts of all units, of which the empty ones are left out."""
        kept = np.flatnonzero(table.any(axis=0))
        return cls(kept, doc[kept], table[:, kept])

    def to_json(self) -> dict[str, Any]:
        """As columns; counts that are zero everywhere are left out."""
        names = [field.name for field in fields(Counts)]
        rows = {
            name: row.tolist() for name, row in zip(names, self.table, strict=True) if row.any()
        }
        return {"unit": self.unit.tolist(), "doc": self.doc.tolist(), **rows}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> UnitCounts:
        """The counts of a parsed record."""
        none = [0] * len(raw["doc"])
        rows = [raw["unit"], raw["doc"], *(raw.get(field.name, none) for field in fields(Counts))]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), -1)
        return cls(table[0], table[1], table[2:])


@dataclass(frozen=True)
class Score:
    """One measure: its counts in total, by label, by zone and by unit; the rates are derived from
    them.

    ``dropped`` is how many golds and predictions the measure's scheme has no label for; ``ci``
    holds the bootstrap intervals by rate, with their level, unit, number of resamples and seed.
    """

    counts: Counts
    kind: str = "f1"
    semeval: bool = False
    by_label: Mapping[str, Counts] = field(default_factory=dict)
    by_zone: Mapping[str, Counts] = field(default_factory=dict)
    by_unit: UnitCounts | None = field(default=None, compare=False, repr=False)
    dropped: tuple[int, int] = (0, 0)
    ci: Mapping[str, Any] | None = None

    @property
    def precision(self) -> float | None:
        """See :attr:`Counts.precision`; None for an accuracy."""
        return self.counts.precision if self.kind == "f1" else None

    @property
    def recall(self) -> float | None:
        """See :attr:`Counts.recall`; None for an accuracy."""
        return self.counts.recall if self.kind == "f1" else None

    @property
    def f1(self) -> float | None:
        """See :attr:`Counts.f1`; None for an accuracy."""
        return self.counts.f1 if self.kind == "f1" else None

    @property
    def accuracy(self) -> float | None:
        """See :attr:`Counts.accuracy`; None for any other measure."""
        return self.counts.accuracy if self.kind == "accuracy" else None

    @property
    def value(self) -> float | None:
        """The measure's one number: F1, or accuracy."""
        return self.f1 if self.kind == "f1" else self.accuracy

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The bootstrap interval of :attr:`value`; Nones where there is none."""
        found = (self.ci or {}).get(self.kind)
        return (found[0], found[1]) if found else (None, None)

    def counts_of(self, counts: Counts) -> dict[str, int]:
        """The counts that mean something for this measure."""
        if self.kind == "accuracy":
            return {"aligned": counts.gold, "matched": counts.matched}
        named = {"gold": counts.gold, "predicted": counts.predicted, "matched": counts.matched}
        if self.semeval:
            named |= {"partial": counts.partial, "incorrect": counts.incorrect}
            pairs = counts.matched + counts.partial + counts.incorrect
            named |= {"missed": counts.gold - pairs, "spurious": counts.predicted - pairs}
        return named

    def to_json(self) -> dict[str, Any]:
        """The score as it stands in a result record."""

        def rates(counts: Counts) -> dict[str, Any]:
            part = Score(counts, self.kind, self.semeval)
            named = {
                name: getattr(part, name) for name in ("precision", "recall", "f1", "accuracy")
            }
            return {**named, "counts": self.counts_of(counts)}

        return {
            **rates(self.counts),
            "ci": dict(self.ci) if self.ci is not None else None,
            "dropped": {"gold": self.dropped[0], "predicted": self.dropped[1]},
            "by_label": {label: rates(counts) for label, counts in self.by_label.items()},
            "by_zone": {zone: rates(counts) for zone, counts in self.by_zone.items()},
            "by_unit": self.by_unit.to_json() if self.by_unit is not None else None,
        }


@dataclass(frozen=True)
class Result(Mapping[str, Score]):
    """Scores by measure name, with everything that is needed to get the same numbers again."""

    dataset: Mapping[str, Any]
    measures: Mapping[Measure, Score]
    extractor: str | None = None
    predictions: Mapping[str, Any] = field(default_factory=dict)
    resolve: str = "none"
    skip_invalid: bool = False
    labels: Mapping[str, Any] | None = None
    """The person's own map of labels that was used: its ``sha256``, and whether it
    ``renames_gold``.
    """
    errors: Sequence[dict[str, Any]] = field(default_factory=list)
    digest: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    diagnose: Callable[[], Mapping[str, Any]] | None = field(
        default=None, compare=False, repr=False
    )
    scorer: Mapping[str, str] = field(default_factory=lambda: {"version": __version__})
    schema_version: int = SCHEMA_VERSION

    def __getitem__(self, name: str) -> Score:
        try:
            return self.measures[parse(name)]
        except MeasureError as error:
            raise KeyError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return map(str, self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    def signature_of(self, measure: str | Measure) -> str:
        """The signature of one measure: whatever can change its number stands in it."""
        measure = parse(measure) if isinstance(measure, str) else measure
        own = [f"{name}:{value}" for name, value in measure.params if name != ZONE.name]
        parts = [
            f"{measure.layer}.{measure.name}",
            f"docs:{len(self.dataset['documents'])}",
            f"data:{self.dataset['version'] or self.dataset['name']}@{self.dataset['sha256'][:6]}",
            f"zone:{measure.values[ZONE.name]}",
            *own,
            f"resolve:{self.resolve}",
        ]
        if self.skip_invalid:
            parts.append("invalid:skipped")
        if self.labels and measure.definition.mapped_labels:
            parts.append(f"labels:{self.labels['sha256'][:6]}")
        return "|".join([*parts, f"vinewsie:{self.scorer['version']}"])

    @property
    def signature(self) -> str:
        """The signatures of all measures, one a line."""
        return "\n".join(map(self.signature_of, self.measures))

    @property
    def predictions_sha256(self) -> str:
        """sha256 of the predictions as scored, in the native format and the order of the gold; made
        when somebody asks for it.
        """
        known = self.predictions.get("sha256")
        return known if known is not None else self.digest() if self.digest is not None else ""

    @property
    def diagnostics(self) -> Mapping[str, Any]:
        """What no rate shows (see :mod:`vinewsie.scoring.diagnostics`); made when somebody asks for
        it.
        """
        return self.diagnose() if self.diagnose is not None else {}

    def to_json(self) -> dict[str, Any]:
        """The result record; rates in full precision."""
        return {
            "schema_version": self.schema_version,
            "signature": self.signature,
            "dataset": dict(self.dataset),
            "scorer": dict(self.scorer),
            "extractor": self.extractor,
            "predictions": {"sha256": self.predictions_sha256, **self.predictions},
            "parameters": {
                "resolve": self.resolve,
                "skip_invalid": self.skip_invalid,
                "labels": self.labels,
            },
            "measures": {
                str(measure): {"signature": self.signature_of(measure), **score.to_json()}
                for measure, score in self.measures.items()
            },
            "diagnostics": dict(self.diagnostics),
            "errors": list(self.errors),
        }

    def dumps(self) -> str:
        """The result record as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self.to_json()), indent=2).decode() + "\n"

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
            raw = msgspec.json.decode(read_bytes(Path(path)))
            return cls.from_json(raw)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, FindingsError):
                raise
            message = f"is not a result record ({error.__class__.__name__}: {error}); vinewsie score --format json -o writes one"
            raise FindingsError([Finding("json", message, file=str(path))]) from error

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Result:
        """The result of a parsed record.

        Raises:
            ValueError: the record's schema is newer than this version of the package.
            KeyError, TypeError: it is no result record.
        """
        if raw["schema_version"] > SCHEMA_VERSION:
            raise ValueError(
                f"schema version {raw['schema_version']} is newer than {SCHEMA_VERSION}; update vinewsie"
            )
        return cls(
            dataset=dict(raw["dataset"]),
            measures={parse(name): _score(score) for name, score in raw["measures"].items()},
            extractor=raw["extractor"],
            predictions=raw["predictions"],
            resolve=raw["parameters"]["resolve"],
            skip_invalid=raw["parameters"]["skip_invalid"],
            labels=raw["parameters"].get("labels"),
            errors=raw["errors"],
            scorer=raw["scorer"],
            schema_version=raw["schema_version"],
            diagnose=lambda: raw.get("diagnostics", {}),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a measure: precision, recall, f1, accuracy and the counts."""
        import pandas as pd

        rows = [
            {
                "measure": name,
                "precision": s.precision,
                "recall": s.recall,
                "f1": s.f1,
                "accuracy": s.accuracy,
                "ci_low": s.interval[0],
                "ci_high": s.interval[1],
                "gold": s.counts.gold,
                "predicted": s.counts.predicted,
                "matched": s.counts.matched,
            }
            for name, s in self.items()
        ]
        return pd.DataFrame(rows).set_index("measure")


def _score(raw: Mapping[str, Any]) -> Score:
    kind = "accuracy" if "aligned" in raw["counts"] else "f1"

    def counts(part: Mapping[str, Any]) -> Counts:
        number = part["counts"]
        if kind == "accuracy":
            return Counts(
                number["aligned"],
                number["aligned"],
                number["matched"],
                0,
                number["aligned"] - number["matched"],
            )
        return Counts(*(number.get(field.name, 0) for field in fields(Counts)))

    return Score(
        counts(raw),
        kind,
        "incorrect" in raw["counts"],
        {label: counts(part) for label, part in raw["by_label"].items()},
        {zone: counts(part) for zone, part in raw["by_zone"].items()},
        UnitCounts.from_json(raw["by_unit"]) if raw.get("by_unit") else None,
        (raw["dropped"]["gold"], raw["dropped"]["predicted"]) if "dropped" in raw else (0, 0),
        raw.get("ci"),
    )
