"""Uncertainty: bootstrap intervals, and the paired randomisation test between two results.

Both resample documents, or the lines of each document if there are few documents. They work on
counts by unit, not on records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.defaults import RESAMPLES, SHUFFLES, UnitChoice
from vinewsie.findings import VinewsieError
from vinewsie.packed import Codes, Ints, Mask
from vinewsie.scoring.result import IntervalUnit, Result, Score, UnitCounts
from vinewsie.scoring.summary import REASONS

Floats = npt.NDArray[np.float64]

SEED = 20220815
LEVEL = 0.95
METHOD = "logit-scale"
"""How intervals are made; see :func:`interval`."""
FEW_DOCUMENTS = 20
"""With fewer documents, segments are resampled."""
FREE_UNITS = 4
"""Least number of units with answers, less one for each stratum, that an interval needs: an
interval over documents needs five of them.
"""
_DIGITS = 12
"""Decimals of an interval's ends; those beyond differ between processors."""
_CELLS = 4_000_000
"""Swaps that are in memory at the same time."""
_BLOCK = 1 << 17
"""Draws that are made at the same time; they fit into the processor's cache."""


@dataclass(frozen=True)
class Clusters:
    """What is drawn with replacement: documents, or the lines of each document.

    Equal lines of a document are one cluster, since they are no independent evidence.

    Args:
        unit: documents or segments.
        sizes: (n_strata,) int64, the clusters of each stratum; documents are one stratum, the lines
            of each document are another.
        of: (n_units,) int64, the cluster of each unit of counting, numbered stratum by stratum.
    """

    unit: IntervalUnit
    sizes: Ints
    of: Ints

    @classmethod
    def made(cls, unit: IntervalUnit, sizes: Ints, line: Ints, outside: Mask) -> Clusters:
        """The clusters of all documents.

        Args:
            unit: documents or segments.
            sizes: (n_documents,) int64, the units of each document, the one for text outside
                segments first.
            line: (n_units,) int64, the first unit of the document that has the same text.
            outside: (n_units,) bool, units for text outside segments that have answers; the others
                are no clusters.
        """
        doc = np.repeat(np.arange(len(sizes)), sizes)
        if unit == "document":
            return cls(unit, np.array([len(sizes)], dtype=np.int64), doc)
        first = _lines(sizes, line) | outside
        number = np.cumsum(first) - 1
        return cls(unit, np.bincount(doc[first], minlength=len(sizes)), number[line])

    @property
    def stratum(self) -> Ints:
        """(n_clusters,) int64, the stratum of each cluster."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def table(self, counts: UnitCounts) -> Ints:
        """(3, n_clusters) int64: gold, predicted, credit in halves."""
        return _summed(counts, self.of[counts.unit], int(self.sizes.sum()))


def _lines(sizes: Ints, line: Ints) -> Mask:
    """(n_units,) bool, the first segment of each line; see :meth:`Clusters.made`."""
    first: Mask = line == np.arange(len(line))
    first[np.cumsum(sizes) - sizes] = False
    return first


def unit_of(choice: UnitChoice, sizes: Ints, line: Ints) -> IntervalUnit:
    """What to resample. By default documents, or segments where there are few documents, each of
    which has two different lines. It depends on the gold alone.

    Args:
        choice: ``auto``, or the user's choice.
        sizes: (n_documents,) int64, see :meth:`Clusters.made`.
        line: (n_units,) int64, see :meth:`Clusters.made`.
    """
    if choice != "auto":
        return choice
    doc = np.repeat(np.arange(len(sizes)), sizes)
    lines = np.bincount(doc[_lines(sizes, line)], minlength=len(sizes))
    return "segment" if len(sizes) < FEW_DOCUMENTS and bool((lines >= 2).all()) else "document"


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


def bootstrap(sizes: Ints, tables: Sequence[Ints], resamples: int, seed: int = SEED) -> list[Rates]:
    """Rates of bootstrap resamples: within each stratum, as many of its clusters as it has, drawn
    with replacement.

    Args:
        sizes: (n_strata,) int64, the clusters of each stratum, empty ones included.
        tables: for each measure, (3, n_clusters) int64 counts: gold, predicted, credit in halves.
        resamples: number of resamples.
        seed: of the random numbers. The same resamples serve all measures.

    Returns:
        The rates of each measure.

    Source: Efron and Tibshirani (1993), chapters 6 and 8.
    """
    total = int(sizes.sum())
    if not tables or not total:
        return [rates(*np.zeros((3, resamples))) for _ in tables]
    # Measures share many columns, such as the numbers of gold answers.
    every, codes = np.concatenate(tables), Codes()
    column = codes.of((row.tobytes() for row in every), len(every))
    counts = every[np.unique(column, return_index=True)[1]].T.astype(np.float64)
    sums = np.empty((resamples, len(codes)))
    generator = np.random.default_rng(seed)
    base, size = np.repeat(np.cumsum(sizes) - sizes, sizes), np.repeat(sizes, sizes)
    step = max(1, _BLOCK // total)
    for begin in range(0, resamples, step):
        rows = min(step, resamples - begin)
        place = generator.random((rows, total))
        place *= size
        drawn = place.astype(np.int64)
        drawn += base + np.arange(rows)[:, None] * total
        times = np.bincount(drawn.ravel(), minlength=rows * total).reshape(rows, total)
        # Doubles add these integers exactly.
        sums[begin : begin + rows] = times.astype(np.float64) @ counts
    gold, predicted, credit = (column.reshape(-1, 3)[:, row] for row in range(3))
    return [
        rates(sums[:, g], sums[:, p], sums[:, c] / 2)
        for g, p, c in zip(gold, predicted, credit, strict=True)
    ]


def prepare() -> None:
    """Imports what alignment and intervals need, as while other processes read the files."""
    import scipy.sparse.csgraph
    import scipy.special  # noqa: F401


def interval(
    values: Floats, part: Ints | Floats, weight: Ints, stratum: Ints, level: float = LEVEL
) -> tuple[float, float] | None:
    """The interval of a rate: its logit, more and less a margin of error, turned back into a rate.

    On the scale of rates a distribution near 0 or 1 is skewed, and an interval that does not heed
    it is too short on the side of the middle; logits have no such bounds. The interval has the rate
    in it, and is within 0 and 1.

    Args:
        values: (n_resamples,) float64, the resampled rate, NaN for no value.
        part: (n_clusters,), the numerators of the rate.
        weight: (n_clusters,) int64, the denominators of the rate.
        stratum: (n_clusters,) int64, the stratum of each cluster.
        level: the coverage of the interval.

    Returns:
        Low and high; None where the rate is 0 or 1, and where :func:`_margin` has none.

    Source: Franco et al. (2019), the logit interval with effective sample sizes; the standard error
    of a logit is that of the rate p by the delta method, divided by p (1 - p).
    """
    from scipy.special import expit, logit

    margin = _margin(values, weight, stratum, level)
    if margin is None:
        return None
    value = float(part.sum() / weight.sum())
    if not 0 < value < 1:
        return None
    middle, reach = float(logit(value)), margin / (value * (1 - value))
    return round(float(expit(middle - reach)), _DIGITS), round(
        float(expit(middle + reach)), _DIGITS
    )


def _margin(values: Floats, weight: Ints, stratum: Ints, level: float = LEVEL) -> float | None:
    """The margin of error: the standard error of the resamples by the quantile of Student's t.

    A bootstrap of n units has a variance that is too small by (n - 1) / n. In place of n stands the
    effective number of units, since a few large units say less than many equal ones.

    Args:
        values: (n_resamples,) float64, the resampled statistic, NaN for no value.
        weight: (n_clusters,) int64, how much each cluster says.
        stratum: (n_clusters,) int64, the stratum of each cluster.
        level: the coverage of the interval.

    Returns:
        The margin; None where too few units have answers, where fewer than half of the resamples
        have a value, and where the resamples do not differ.

    Source: Efron and Tibshirani (1993), chapter 12; Kish (1965), effective sample size.
    """
    from scipy.special import stdtrit

    answered = weight > 0
    strata = len(np.unique(stratum[answered]))
    known = values[~np.isnan(values)]
    few = int(answered.sum()) - strata < FREE_UNITS
    if few or len(known) * 2 < len(values) or len(known) < 2 or known.min() == known.max():
        return None
    weights = weight.astype(np.float64)
    free = max(float(weights.sum() ** 2 / (weights**2).sum()) - strata, 1.0)
    quantile = np.sqrt((free + strata) / free) * stdtrit(free, (1 + level) / 2)
    return float(quantile * known.std(ddof=1))


def counted(units: UnitCounts) -> Ints:
    """(3, n_units) int64: gold, predicted, credit in halves."""
    gold, predicted, matched, partial, _ = units.table
    return np.stack([gold, predicted, 2 * matched + partial])


def _summed(units: UnitCounts, key: Ints, size: int) -> Ints:
    """(3, size) int64: the counts of units, added up by key."""
    # Doubles add integers exactly up to 2⁵³.
    rows = [np.bincount(key, weights=row, minlength=size) for row in counted(units)]
    return np.stack(rows).astype(np.int64)


def _scales(a: Result, b: Result) -> tuple[int, int]:
    """Factors that give the counts of both results the weight of equally many epochs, so that they
    can be exchanged.
    """
    epochs = [1 if one.epochs is None else one.epochs["count"] for one in (a, b)]
    common = lcm(*epochs)
    return common // epochs[0], common // epochs[1]


def paired_interval(
    a: Score, b: Score, unit: IntervalUnit, documents: int
) -> tuple[float, float] | None:
    """The interval of the difference a - b of two scores, more and less a margin of error: both are
    resampled together, on the units in which either has answers.

    Args:
        a: the score of one result.
        b: the score of another on the same documents.
        unit: what is resampled.
        documents: the number of documents.
    """
    assert a.by_unit is not None
    assert b.by_unit is not None
    sides = (a.by_unit, b.by_unit)
    whole = unit == "document"
    keys = [units.doc if whole else units.line for units in sides]
    clusters = np.arange(documents) if whole else np.union1d(*keys)
    stratum = np.zeros(len(clusters), dtype=np.int64)
    if not whole:
        for units, key in zip(sides, keys, strict=True):
            stratum[np.searchsorted(clusters, key)] = units.doc
    sizes = np.bincount(stratum)
    tables = [
        np.stack(
            [
                np.bincount(np.searchsorted(clusters, key), weights=row, minlength=len(clusters))
                for row in counted(units)
            ]
        ).astype(np.int64)
        for units, key in zip(sides, keys, strict=True)
    ]
    ours, theirs = bootstrap(sizes, tables, RESAMPLES)
    weight = sum(table[0] + table[1] for table in tables)
    margin = _margin(ours.f1 - theirs.f1, np.asarray(weight), stratum)
    if margin is None:
        return None
    first, second = (float(table[2].sum() / table[:2].sum()) for table in tables)
    low, high = max(first - second - margin, -1.0), min(first - second + margin, 1.0)
    return round(low, _DIGITS), round(high, _DIGITS)


@dataclass(frozen=True)
class Difference:
    """One measure of two results.

    Args:
        measure: its name.
        a: the value of the first result.
        b: the value of the second result.
        difference: a - b.
        p: the p-value of the paired randomisation test.
        units: the number of units that either result has answers in; equal lines are one.
        documents: the number of documents.
        unit: the unit that is swapped.
        resamples: the number of shuffles.
        seed: of the random numbers.
        note: a warning for small samples.
        unscored: why a result has no value.
        first: the place of the first result among those that are compared, from 0.
        second: that of the second.
        p_holm: p with Holm's correction for all pairs of results under this measure.
    """

    measure: str
    a: float | None
    b: float | None
    difference: float | None
    p: float | None
    units: int
    documents: int
    unit: IntervalUnit = "segment"
    resamples: int = 0
    seed: int = SEED
    note: str = ""
    unscored: str = ""
    first: int = 0
    second: int = 1
    p_holm: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


class NotComparableError(VinewsieError):
    """Two results differ in more than the predictions; the message lists the differences."""


def compare(
    a: Result, b: Result, *more: Result, resamples: int = SHUFFLES, seed: int = SEED
) -> list[Difference]:
    """Compares results on the same gold and measures, pair by pair.

    The test swaps the two systems' counts in each unit with probability one half; p is the share of
    such shuffles, the observed one included, whose difference is at least as large. Two-sided.

    >>> import vinewsie as vn
    >>> gold = list(vn.load().values())
    >>> result = vn.score(gold, measures=["dates.strict"])
    >>> vn.compare(result, result, resamples=100)[0].difference
    0.0

    Args:
        a: one result.
        b: another, of the same gold and measures.
        more: further ones.
        resamples: number of shuffles.
        seed: of the random numbers.

    Returns:
        A difference for each measure, in the order of ``a``, and each pair of results.

    Raises:
        NotComparableError: gold, measures, scope or scorer differ, or a result has no counts by
            unit.

    Source: Noreen (1989), approximate randomisation; paired as in Yeh (2000). Holm (1979), a simple
    sequentially rejective multiple test procedure.
    """
    results = (a, b, *more)
    for other in results[1:]:
        _check_comparable(a, other)
    unit = _common_unit(results)
    pairs = list(combinations(range(len(results)), 2))
    found: list[Difference] = []
    for name in a:
        of_pairs = [
            replace(
                _difference(name, results[first], results[second], unit, resamples, seed),
                first=first,
                second=second,
            )
            for first, second in pairs
        ]
        found += map(_corrected, of_pairs, holm([one.p for one in of_pairs]))
    return found


def _corrected(difference: Difference, p: float | None) -> Difference:
    return replace(difference, p_holm=p)


def holm(values: Sequence[float | None]) -> list[float | None]:
    """P-values with Holm's correction, in their order; None stays and is not counted.

    The smallest of m values is multiplied by m, the next by m - 1, and so on; none is smaller than
    one before it, or larger than 1.
    """
    ranked = sorted((p, place) for place, p in enumerate(values) if p is not None)
    found: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, (p, place) in enumerate(ranked):
        largest = max(largest, min(1.0, p * (len(ranked) - rank)))
        found[place] = largest
    return found


def _common_unit(results: Sequence[Result]) -> IntervalUnit:
    """What is swapped: documents, unless all results resample segments. A result of version 0.1
    does not have its unit.
    """
    a, *_ = results
    units = {result.interval_unit for result in results} - {None}
    if not units and len(a.dataset["documents"]) < FEW_DOCUMENTS:
        return "segment"
    return "segment" if units == {"segment"} else "document"


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


def _difference(
    name: str, a: Result, b: Result, unit: IntervalUnit, resamples: int, seed: int
) -> Difference:
    left, right = a[name], b[name]
    assert left.by_unit is not None
    assert right.by_unit is not None
    sides = (left.by_unit, right.by_unit)
    keys = [counts.doc if unit == "document" else counts.line for counts in sides]
    swapped = np.union1d(*keys)
    ours, theirs = (
        scale * _summed(counts, np.searchsorted(swapped, key), len(swapped))
        for counts, key, scale in zip(sides, keys, _scales(a, b), strict=True)
    )
    documents = len(a.dataset["documents"])
    known: dict[str, Any] = {
        "units": len(swapped),
        "documents": documents,
        "unit": unit,
        "note": note_on(documents, unit),
    }
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


def note_on(documents: int, unit: IntervalUnit) -> str:
    """A warning for segments and for a small number of documents; empty if there is none.

    Args:
        documents: the number of documents.
        unit: what was resampled.
    """
    count = f"Only {documents} document{'s' if documents != 1 else ''}"
    if unit == "segment":
        number = count if documents < FEW_DOCUMENTS else "Segments within documents"
        return (
            f"{number}: this says how stable a number is on these pages, not what other pages "
            "would give"
        )
    if documents < FEW_DOCUMENTS:
        return f"{count}: a rough guide to what other pages would give"
    return ""
