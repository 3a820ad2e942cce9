"""Intervals and the randomisation test, against scipy.stats and by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

import vinewsie as vn
from vinewsie.defaults import RESAMPLES
from vinewsie.model import Prediction
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.measures import parse
from vinewsie.scoring.resampling import (
    NotComparableError,
    bootstrap,
    compare,
    counted,
    percentile_interval,
)

BQ, ET = "baoquocte-20231012", "epochtimes-vn-20220815"


def every_third(gold: vn.Gold, drop: int) -> list[dict[str, Any]]:
    """The gold without every third mention, beginning with one of the first three."""
    predictions = []
    for document in gold.values():
        raw = msgspec.to_builtins(document)
        raw = {key: value for key, value in raw.items() if key not in ("text", "segments")}
        raw["entities"] = [e for i, e in enumerate(raw["entities"]) if i % 3 != drop]
        predictions.append(raw)
    return predictions


def made(units: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Counts by unit, (3, units): gold, predicted, credit in halves."""
    generator = np.random.default_rng(seed)
    gold, predicted = generator.integers(0, 8, units), generator.integers(0, 8, units)
    return np.stack([gold, predicted, 2 * generator.binomial(np.minimum(gold, predicted), 0.8)])


def f1_of(gold: Any, predicted: Any, credit: Any, axis: int = -1) -> Any:
    return credit.sum(axis) / (gold.sum(axis) + predicted.sum(axis))


def test_the_interval_is_that_of_scipy() -> None:
    table = made(60, 1)
    [rates] = bootstrap(np.array([60]), [(np.arange(60), table)], 4000, seed=3)
    ours = percentile_interval(rates.f1)
    theirs = stats.bootstrap(
        tuple(table),
        f1_of,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(4),
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.012)


def test_documents_are_strata() -> None:
    # Each document has two units that are alike: no resample can differ.
    table = np.array([[2, 2, 6, 6], [2, 2, 4, 4], [4, 4, 2, 2]])
    [rates] = bootstrap(np.array([2, 2]), [(np.arange(4), table)], 50)
    assert set(rates.f1.tolist()) == {12 / 28}


def test_units_that_hold_nothing_are_drawn_too() -> None:
    # One unit of ten holds the only gold: most resamples have some, a good third has none.
    [rates] = bootstrap(np.array([10]), [(np.array([3]), np.array([[1], [1], [2]]))], 2000)
    assert np.isnan(rates.recall).mean() == pytest.approx(0.9**10, abs=0.04)
    assert percentile_interval(rates.recall) == (1.0, 1.0)
    assert percentile_interval(np.full(10, np.nan)) is None


def test_an_interval_needs_a_value_in_half_of_the_resamples() -> None:
    values = np.full(10, np.nan)
    values[:4] = 0.5
    assert percentile_interval(values) is None
    values[4] = 0.5
    assert percentile_interval(values) == (0.5, 0.5)
    assert percentile_interval(np.zeros(0)) is None
    # One value in eleven is too few, six are enough.
    assert percentile_interval(np.array([1.0] + [np.nan] * 10)) is None
    assert percentile_interval(np.array([1.0] * 6 + [np.nan] * 5)) == (1.0, 1.0)


def test_the_interval_is_that_of_the_level() -> None:
    assert percentile_interval(np.arange(101, dtype=np.float64)) == pytest.approx((2.5, 97.5))
    assert percentile_interval(np.arange(101, dtype=np.float64), 0.5) == pytest.approx((25, 75))


def test_the_same_seed_gives_the_same_interval(gold: vn.Gold) -> None:
    first, second = (vn.score(every_third(gold, 0), measures=["entities.strict"]) for _ in range(2))
    assert first["entities.strict"].ci == second["entities.strict"].ci
    ci = first["entities.strict"].ci
    assert ci is not None
    low, high = first["entities.strict"].interval
    assert low is not None
    assert high is not None
    assert ci["f1"] == (low, high)
    assert low < (first["entities.strict"].f1 or 0) < high
    assert {
        "level": 0.95,
        "unit": "segment",
        "units": 117,
        "resamples": RESAMPLES,
    }.items() <= ci.items()
    assert "Only 2 documents" in ci["note"]


def test_counts_by_unit_add_up(gold: vn.Gold) -> None:
    for score in vn.score(every_third(gold, 1), resamples=0).values():
        assert score.by_unit is not None
        total = counted(score.by_unit).sum(axis=1).tolist()
        assert total == [score.counts.gold, score.counts.predicted, 2 * score.counts.matched]


def results(left: Any, right: Any, units: int) -> tuple[vn.Result, vn.Result]:
    """Two results of made counts."""
    from vinewsie.scoring.result import UnitCounts

    made_results = []
    for table in (left, right):
        full = np.stack(
            [
                table[0],
                table[1],
                table[2] // 2,
                np.zeros(units, np.int64),
                np.zeros(units, np.int64),
            ]
        )
        gold, predicted, matched = (int(n) for n in full.sum(axis=1)[:3])
        score = vn.Score(
            vn.Counts(gold, predicted, matched),
            by_unit=UnitCounts(np.arange(units), np.zeros(units, np.int64), full),
        )
        made_results.append(
            vn.Result(
                {
                    "sha256": "x",
                    "documents": ["d"],
                    "version": "",
                    "guideline_version": "",
                    "name": "x",
                },
                {parse("entities.strict"): score},
                {"missing": [], "not_in_text": [], "skipped": [], "warnings": []},
            )
        )
    return made_results[0], made_results[1]


def test_the_p_value_is_that_of_all_exchanges() -> None:
    left, right = made(12, 5), made(12, 6)
    right[0] = left[0]
    right[2] = np.minimum(right[2], 2 * np.minimum(right[0], right[1]))
    [ours] = compare(*results(left, right, 12), resamples=20_000)

    # Exact: all 2¹² exchanges.
    exchanges = (np.arange(2**12)[:, None] >> np.arange(12)) & 1
    total, other = left.sum(axis=1), right.sum(axis=1)
    moved = exchanges @ (right - left).T
    f1 = [
        2 * (side[:, 2] / 2) / (side[:, 0] + side[:, 1]) for side in (total + moved, other - moved)
    ]
    exact = float((np.abs(f1[0] - f1[1]) >= abs(f1[0][0] - f1[1][0]) - 1e-12).mean())
    assert ours.p == pytest.approx(exact, abs=0.01)


def test_on_means_of_equal_weight_the_p_value_is_that_of_scipys_permutation_test() -> None:
    # With one gold and one prediction in each unit, F1 is the share of matches, a mean that scipy
    # can permute.
    generator = np.random.default_rng(8)
    hits = generator.integers(0, 2, (2, 40))
    tables = [np.stack([np.ones(40, np.int64), np.ones(40, np.int64), 2 * side]) for side in hits]
    [ours] = compare(*results(tables[0], tables[1], 40), resamples=20_000)
    theirs = stats.permutation_test(
        (hits[0], hits[1]),
        lambda a, b, axis: np.abs(np.mean(a, axis=axis) - np.mean(b, axis=axis)),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        alternative="greater",
        rng=np.random.default_rng(9),
    )
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.015)


def test_a_result_against_itself(gold: vn.Gold) -> None:
    result = vn.score(every_third(gold, 0))
    for difference in vn.compare(result, result):
        assert (difference.difference, difference.p) == (0.0, 1.0)


def test_a_real_difference_is_found_and_survives_the_file(
    gold: vn.Gold, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    weak, strong = vn.score(every_third(gold, 0)), vn.score(list(gold.values()))
    weak.save(tmp_path / "a.json")
    strong.save(tmp_path / "b.json")
    [row, *_] = vn.compare(vn.Result.load(tmp_path / "a.json"), strong)
    assert (row.measure, row.b, row.units) == ("entities.strict", 1.0, 109)
    assert row.difference is not None
    assert row.p is not None
    assert row.difference < 0
    assert row.p < 0.001
    printed = cli("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert printed.exit_code == 0
    assert "paired approximate randomisation over segments" in printed.stdout
    assert "Only 2 documents" in printed.stdout


def test_only_like_is_compared_with_like(
    gold: vn.Gold, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    everything = vn.score(list(gold.values()))
    other_measures = vn.score(list(gold.values()), measures=["entities.exact"])
    other_gold = vn.score([gold[ET]], vn.Gold({ET: gold[ET]}, gold.registry, packaged=True))
    with pytest.raises(NotComparableError, match="the measures"):
        compare(everything, other_measures)
    with pytest.raises(NotComparableError, match="the documents"):
        compare(everything, other_gold)
    everything.save(tmp_path / "a.json")
    other_measures.save(tmp_path / "b.json")
    result = cli("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert (result.exit_code, "the results differ in the measures" in result.stderr) == (1, True)


def test_text_outside_segments_is_a_unit_only_where_it_holds_something() -> None:
    entities = (vn.Entity(start=0, end=1, type="PER"),)
    gold = vn.Gold({"d": vn.Document(doc_id="d", text="a b", entities=entities)})
    score = vn.score(
        [{"doc_id": "d", "entities": [{"start": 0, "end": 1, "type": "PER"}]}],
        gold,
        measures=["entities.strict"],
    )["entities.strict"]
    assert score.ci is not None
    assert (score.ci["units"], score.ci["f1"]) == (1, (1.0, 1.0))
    corpus = Corpus(list(gold.values()), [Prediction(doc_id="d")])
    assert parse("entities.strict").aligned(corpus).gold.unit.tolist() == [0]
