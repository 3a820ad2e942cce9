"""The result of a scoring run: counts, the rates that follow from them, and what identifies the run. Reads old results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from vinewsie._version import __version__
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.records import read_bytes, write_text

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
"""Raised when a field of the result's JSON changes its meaning or goes; new fields do not raise it."""


@dataclass(frozen=True)
class Counts:
    """How many gold answers, predicted answers and matched pairs there are. Counts of disjoint parts add up."""

    gold: int = 0
    predicted: int = 0
    matched: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.gold + other.gold, self.predicted + other.predicted, self.matched + other.matched)

    @property
    def precision(self) -> float | None:
        """Matched / predicted; None when nothing was predicted."""
        return self.matched / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """Matched / gold; None when there is no gold."""
        return self.matched / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """2·matched / (gold + predicted); None only when both sides are empty."""
        return 2 * self.matched / (self.gold + self.predicted) if self.gold + self.predicted else None

    def to_json(self) -> dict[str, Any]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "counts": {"gold": self.gold, "predicted": self.predicted, "matched": self.matched},
        }


@dataclass(frozen=True)
class Score:
    """One measure: its counts in total, by label and by zone; the rates are derived from them."""

    counts: Counts
    by_label: Mapping[str, Counts] = field(default_factory=dict)
    by_zone: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def precision(self) -> float | None:
        """See :attr:`Counts.precision`."""
        return self.counts.precision

    @property
    def recall(self) -> float | None:
        """See :attr:`Counts.recall`."""
        return self.counts.recall

    @property
    def f1(self) -> float | None:
        """See :attr:`Counts.f1`."""
        return self.counts.f1

    def to_json(self) -> dict[str, Any]:
        return {
            **self.counts.to_json(),
            "accuracy": None,
            "ci": None,
            "by_label": {label: counts.to_json() for label, counts in self.by_label.items()},
            "by_zone": {zone: counts.to_json() for zone, counts in self.by_zone.items()},
        }


@dataclass(frozen=True)
class Result(Mapping[str, Score]):
    """Scores by measure name, with everything that is needed to get the same numbers again."""

    dataset: Mapping[str, Any]
    measures: Mapping[str, Score]
    extractor: str | None = None
    predictions: Mapping[str, Any] = field(default_factory=dict)
    resolve: str = "none"
    skip_invalid: bool = False
    errors: list[dict[str, Any]] = field(default_factory=list)
    scorer: Mapping[str, str] = field(default_factory=lambda: {"version": __version__})
    schema_version: int = SCHEMA_VERSION

    def __getitem__(self, measure: str) -> Score:
        return self.measures[measure]

    def __iter__(self) -> Iterator[str]:
        return iter(self.measures)

    def __len__(self) -> int:
        return len(self.measures)

    def signature_of(self, measure: str) -> str:
        """The signature of one measure: whatever can change its number stands in it."""
        from vinewsie.measures import parse

        parsed = parse(measure)
        own = [f"{name}:{value}" for name, value in sorted(parsed.values.items()) if name != "zone" and (name, value) in parsed.params]
        parts = [
            f"{parsed.layer}.{parsed.name}",
            f"docs:{len(self.dataset['documents'])}",
            f"data:{self.dataset['version'] or self.dataset['name']}@{self.dataset['sha256'][:6]}",
            f"zone:{parsed.values['zone']}",
            *own,
            f"resolve:{self.resolve}",
            *(["invalid:skipped"] if self.skip_invalid else []),
            f"vinewsie:{self.scorer['version']}",
        ]
        return "|".join(parts)

    @property
    def signature(self) -> str:
        """The signature of all measures: one when they differ in nothing but their names, else one a line."""
        return "\n".join(self.signature_of(measure) for measure in self.measures)

    def to_json(self) -> dict[str, Any]:
        """The result record; rates in full precision."""
        return {
            "schema_version": self.schema_version,
            "signature": self.signature,
            "dataset": dict(self.dataset),
            "scorer": dict(self.scorer),
            "extractor": self.extractor,
            "predictions": dict(self.predictions),
            "parameters": {"resolve": self.resolve, "skip_invalid": self.skip_invalid},
            "measures": {name: {"signature": self.signature_of(name), **score.to_json()} for name, score in self.measures.items()},
            "diagnostics": {},
            "errors": self.errors,
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
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
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
            raise ValueError(f"schema version {raw['schema_version']} is newer than {SCHEMA_VERSION}; update vinewsie")
        return cls(
            dataset=raw["dataset"],
            measures={name: _score(score) for name, score in raw["measures"].items()},
            extractor=raw["extractor"],
            predictions=raw["predictions"],
            resolve=raw["parameters"]["resolve"],
            skip_invalid=raw["parameters"]["skip_invalid"],
            errors=raw["errors"],
            scorer=raw["scorer"],
            schema_version=raw["schema_version"],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a measure: precision, recall, f1 and the counts."""
        import pandas as pd

        rows = [
            {"measure": name, "precision": s.precision, "recall": s.recall, "f1": s.f1, **s.to_json()["counts"]}
            for name, s in self.measures.items()
        ]
        return pd.DataFrame(rows).set_index("measure")


def _score(raw: Mapping[str, Any]) -> Score:
    def counts(part: Mapping[str, Any]) -> Counts:
        return Counts(**part["counts"])

    return Score(
        counts(raw),
        {label: counts(part) for label, part in raw["by_label"].items()},
        {zone: counts(part) for zone, part in raw["by_zone"].items()},
    )
