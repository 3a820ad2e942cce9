"""Uncertainty: bootstrap intervals, and the paired randomisation test between two results.

Both resample segments (lines of the page) and work on counts by unit, not on records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.defaults import SHUFFLES
from vinewsie.findings import VinewsieError
from vinewsie.packed import Ints
from vinewsie.scoring.result import Result, UnitCounts
from vinewsie.scoring.summary import REASONS

Floats = npt.NDArray[np.float64]

SEED = 20220815
LEVEL = 0.95
UNIT = "segment"
FEW_DOCUMENTS = 20
"""With fewer documents, resampling within documents says nothing about other documents."""
_CELLS = 4_000_000
"""Random numbers that are in memory at the same time."""


@dataclass(frozen=True)
class Rates:
    """Rates of resamples, (n_resamples,) float64 each; NaN where the denominator is zero."""

    precision: Floats
    recall: Floats
    f1: Floats


def rates(gold: Floats, predicted: Floats, credit: Floats) -> Rates:
    """Precision, recall and F1 of sums of counts.

    Args:
        gold: (n,) float64, gold answers.
        predicted: (n,) float64, predicted answers.
        credit: (n,) float64, matched pairs, and half of partial ones.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return Rates(credit / predicted, credit / gold, 2 * credit / (gold + predicted))


def bootstrap(
    sizes: Ints, tables: Sequence[tuple[Ints, Ints]], resamples: int, seed: int = SEED
) -> list[Rates]:
    """Rates of bootstrap resamples: within each document, as many of its units as it has, drawn
    with replacement.

    Args:
        sizes: (n_documents,) int64, the units of each document, empty ones included.
        tables: for each measure, (n_units,) int64 units that are not empty, numbered over all
            documents, and (3, n_units) int64 counts: gold, predicted, credit in halves.
        resamples: number of resamples.
        seed: of the random numbers. The same resamples serve all measures.

    Returns:
        The rates of each measure.

    Source: Efron and Tibshirani (1993), chapter 13, percentile interval; stratified by document.
    """
    total = int(sizes.sum())
    sums = [np.zeros((resamples, 3)) for _ in tables]
    generator = np.random.default_rng(seed)
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])[:-1]
    base, size = np.repeat(begins, sizes), np.repeat(sizes, sizes)
    step = max(1, _CELLS // max(total, 1))
    for begin in range(0, resamples, step):
        rows = min(step, resamples - begin)
        drawn = base + (generator.random((rows, total)) * size).astype(np.int64)
        drawn += np.arange(rows)[:, None] * total
        times = np.bincount(drawn.ravel(), minlength=rows * total).reshape(rows, total)
        for number, (unit, counts) in enumerate(tables):
            # Doubles add these integers exactly.
            sums[number][begin : begin + rows] = times[:, unit].astype(
                np.float64
            ) @ counts.T.astype(np.float64)
    return [rates(part[:, 0], part[:, 1], part[:, 2] / 2) for part in sums]


def percentile_interval(values: Floats, level: float = LEVEL) -> tuple[float, float] | None:
    """The percentile interval; None when fewer than half of the resamples have a value.

    Args:
        values: (n_resamples,) float64, NaN for no value.
        level: the coverage of the interval.
    """
    known = values[~np.isnan(values)]
    if len(known) * 2 < len(values) or not len(known):
        return None
    low, high = np.percentile(known, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def counted(units: UnitCounts) -> Ints:
    """(3, n_units) int64: gold, predicted, credit in halves."""
    gold, predicted, matched, partial, _ = units.table
    return np.stack([gold, predicted, 2 * matched + partial])


@dataclass(frozen=True)
class Difference:
    """One measure of two results.

    Args:
        measure: its name.
        a: the value of the first result.
        b: the value of the second result.
        difference: a - b.
        p: the p-value of the paired randomisation test.
        units: the number of units that either result has answers in.
        documents: the number of documents.
        unit: the unit that is swapped.
        resamples: the number of shuffles.
        seed: of the random numbers.
        note: a warning for small samples.
        unscored: why a result has no value.
    """

    measure: str
    a: float | None
    b: float | None
    difference: float | None
    p: float | None
    units: int
    documents: int
    unit: str = UNIT
    resamples: int = 0
    seed: int = SEED
    note: str = ""
    unscored: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


class NotComparableError(VinewsieError):
    """Two results differ in more than the predictions; the message lists the differences."""


def compare(
    a: Result, b: Result, *, resamples: int = SHUFFLES, seed: int = SEED
) -> list[Difference]:
    """Compares two results on the same gold and measures.

    The test swaps the two systems' counts in each unit with probability one half; p is the share of
    such shuffles, the observed one included, whose difference is at least as large. Two-sided.

    Args:
        a: one result.
        b: another, of the same gold and measures.
        resamples: number of shuffles.
        seed: of the random numbers.

    Returns:
        A difference for each measure, in the order of ``a``.

    Raises:
        NotComparableError: gold, measures, scope or scorer differ, or a result has no counts by
            unit.

    Source: Noreen (1989), approximate randomisation; paired as in Yeh (2000).
    """
    _check_comparable(a, b)
    return [_difference(name, a, b, resamples, seed) for name in a]


def _check_comparable(a: Result, b: Result) -> None:
    pairs: dict[str, Callable[[Result], Any]] = {
        "the gold (sha256)": lambda r: r.dataset["sha256"],
        "the documents": lambda r: list(r.dataset["documents"]),
        "the measures": lambda r: sorted(r),
        "the map of the gold's labels": lambda r: (
            r.labels["sha256"] if r.labels and r.labels["renames_gold"] else None
        ),
        "the scorer's version": lambda r: r.scorer["version"],
        "the treatment of invalid records": lambda r: r.skip_invalid,
    }
    different = [name for name, value in pairs.items() if value(a) != value(b)]
    if not a:
        raise NotComparableError("the results have no measures")
    if different:
        raise NotComparableError(
            f"the results differ in {', '.join(different)}; only results of the same gold and "
            "measures can be compared"
        )
    if any(score.by_unit is None for result in (a, b) for score in result.values()):
        raise NotComparableError("a result has no counts by unit")


def _difference(name: str, a: Result, b: Result, resamples: int, seed: int) -> Difference:
    left, right = a[name], b[name]
    assert left.by_unit is not None
    assert right.by_unit is not None
    unit = np.union1d(left.by_unit.unit, right.by_unit.unit)
    ours, theirs = (_on(unit, counts) for counts in (left.by_unit, right.by_unit))
    documents = len(a.dataset["documents"])
    known: dict[str, Any] = {"units": len(unit), "documents": documents, "note": note_on(documents)}
    if left.value is None or right.value is None:
        reasons = [
            f"{side}: {REASONS[score.status]}"
            for side, score in (("A", left), ("B", right))
            if score.status in REASONS
        ]
        why = ", ".join(reasons)
        return Difference(name, left.value, right.value, None, None, unscored=why, **known)
    observed = abs(left.value - right.value)
    as_extreme = sum(
        int((shuffled >= observed - 1e-12).sum())
        for shuffled in _shuffles(ours, theirs, resamples, seed)
    )
    p = (as_extreme + 1) / (resamples + 1)
    return Difference(
        name,
        left.value,
        right.value,
        left.value - right.value,
        p,
        resamples=resamples,
        seed=seed,
        **known,
    )


def _on(unit: Ints, counts: UnitCounts) -> Ints:
    table = np.zeros((3, len(unit)), dtype=np.int64)
    table[:, np.searchsorted(unit, counts.unit)] = counted(counts)
    return table


def _shuffles(ours: Ints, theirs: Ints, resamples: int, seed: int) -> Iterator[Floats]:
    """The absolute differences of F1 of shuffled results, in parts.

    An accuracy is the F1 of equally many golds and predictions.

    Args:
        ours: (3, n_units) int64: gold, predicted, credit in halves.
        theirs: the same of the other result.
        resamples: number of shuffles.
        seed: of the random numbers.
    """
    generator = np.random.default_rng(seed)
    total, other = ours.sum(axis=1).astype(np.float64), theirs.sum(axis=1).astype(np.float64)
    change = (theirs - ours).T.astype(np.float64)
    step = max(1, _CELLS // max(len(change), 1))
    for begin in range(0, resamples, step):
        swapped = (
            generator.integers(0, 2, (min(step, resamples - begin), len(change))).astype(np.float64)
            @ change
        )
        first, second = total + swapped, other - swapped
        values = [rates(side[:, 0], side[:, 1], side[:, 2] / 2).f1 for side in (first, second)]
        yield np.abs(np.nan_to_num(values[0]) - np.nan_to_num(values[1]))


def note_on(documents: int) -> str:
    """A warning for a small number of documents; empty for a sufficient number."""
    if documents >= FEW_DOCUMENTS:
        return ""
    plural = "s" if documents != 1 else ""
    return (
        f"Only {documents} document{plural}: this says how stable a number is on these pages, "
        "not what other pages would give"
    )
