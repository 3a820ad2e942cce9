"""Intervals and the randomisation test, against scipy.stats and by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

import interval_coverage
import vinewsie as vn
from conftest import ROOT
from vinewsie.defaults import RESAMPLES
from vinewsie.model import Prediction
from vinewsie.report import text
from vinewsie.scoring.columns import Corpus
from vinewsie.scoring.measures import parse
from vinewsie.scoring.resampling import (
    FEW_DOCUMENTS,
    NotComparableError,
    bootstrap,
    compare,
    counted,
    interval,
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


def test_the_standard_error_is_that_of_scipy() -> None:
    table = made(60, 1)
    [rates] = bootstrap(np.array([60]), [table], 4000, seed=3)
    theirs = stats.bootstrap(
        tuple(table),
        f1_of,
        paired=True,
        vectorized=True,
        n_resamples=4000,
        rng=np.random.default_rng(4),
    )
    assert rates.f1.std(ddof=1) == pytest.approx(theirs.standard_error, rel=0.04)


def test_documents_are_strata() -> None:
    # Each document has two units that are alike: no resample can differ.
    table = np.array([[2, 2, 6, 6], [2, 2, 4, 4], [4, 4, 2, 2]])
    [rates] = bootstrap(np.array([2, 2]), [table], 50)
    assert set(rates.f1.tolist()) == {12 / 28}


def test_units_that_hold_nothing_are_drawn_too() -> None:
    # One unit of ten holds the only gold: most resamples have some, a good third has none.
    table = np.zeros((3, 10), dtype=np.int64)
    table[:, 3] = 1, 1, 2
    [rates] = bootstrap(np.array([10]), [table], 2000)
    assert np.isnan(rates.recall).mean() == pytest.approx(0.9**10, abs=0.04)
    assert set(rates.recall[~np.isnan(rates.recall)].tolist()) == {1.0}


def test_an_interval_needs_a_value_in_half_of_the_resamples() -> None:
    alike, zeros = np.ones(9, np.int64), np.zeros(9, np.int64)
    values = np.array([np.nan] * 5 + [0.1, 0.2, 0.3, 0.4])
    assert interval(values, alike, 2 * alike, zeros) is None
    values[4] = 0.5
    assert interval(values, alike, 2 * alike, zeros) is not None
    assert interval(np.zeros(0), alike, 2 * alike, zeros) is None


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
        "units": 88,  # 117 lines, of which 29 repeat another
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
            by_unit=UnitCounts(np.arange(units), np.zeros(units, np.int64), full, np.arange(units)),
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
    assert (row.measure, row.b, row.units) == ("entities.strict", 1.0, 82)
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
    # One document has no interval.
    assert (score.ci["unit"], score.ci["units"], score.ci["f1"]) == ("document", 1, None)
    score = vn.score(
        [{"doc_id": "d"}], gold, measures=["entities.strict"], interval_unit="segment"
    )["entities.strict"]
    assert score.ci is not None
    assert (score.ci["unit"], score.ci["units"], score.ci["f1"]) == ("segment", 1, None)
    corpus = Corpus(list(gold.values()), [Prediction(doc_id="d")])
    assert parse("entities.strict").aligned(corpus).gold.unit.tolist() == [0]


def lines_of(*lines: str, segments: bool = True) -> vn.Document:
    """A document of lines, each of which begins with a mention of two letters."""
    starts = [sum(len(line) + 1 for line in lines[:i]) for i in range(len(lines))]
    return vn.Document(
        doc_id="",
        text="\n".join(lines),
        segments=tuple(
            vn.Segment(start=start, end=start + len(line), zone="paragraph")
            for start, line in zip(starts, lines, strict=True)
            if segments
        ),
        entities=tuple(vn.Entity(start=start, end=start + 2, type="PER") for start in starts),
    )


def gold_of(*documents: vn.Document) -> vn.Gold:
    return vn.Gold(
        {
            f"d{i}": msgspec.structs.replace(document, doc_id=f"d{i}")
            for i, document in enumerate(documents)
        }
    )


def every_second(gold: vn.Gold) -> list[dict[str, Any]]:
    """All mentions of every second document, and none of the others."""
    return [
        {"doc_id": name, "entities": list(document.entities) if i % 2 else []}
        for i, (name, document) in enumerate(gold.items())
    ]


def strict(gold: vn.Gold, **options: Any) -> vn.Score:
    return vn.score(every_second(gold), gold, measures=["entities.strict"], **options)[
        "entities.strict"
    ]


def unit_and_width(score: vn.Score) -> tuple[str, int, float | None]:
    assert score.ci is not None
    low, high = score.interval
    width = None if low is None or high is None else high - low
    return score.ci["unit"], score.ci["units"], width


@pytest.mark.parametrize("segments", [True, False])
def test_documents_of_one_line_have_an_interval_over_documents(segments: bool) -> None:
    """Within documents of one unit nothing can be resampled, and the width was zero."""
    for count in (5, 19, 20, 60):
        gold = gold_of(*[lines_of("ab c", segments=segments)] * count)
        unit, units, width = unit_and_width(strict(gold))
        assert (unit, units) == ("document", count)
        assert width is not None
        assert width > 0.2
    assert unit_and_width(strict(gold, interval_unit="segment"))[2] is None


def test_a_handful_of_documents_without_lines_has_no_interval() -> None:
    gold = gold_of(*[lines_of("ab c", segments=False)] * 4)
    result = vn.score(every_second(gold), gold, measures=["entities.strict"])
    score = result["entities.strict"]
    assert score.value == 2 / 3
    assert unit_and_width(score) == ("document", 4, None)
    printed = str(text.score_report(result))
    assert " –     4     2      2\n" in printed
    assert "CI –: too few units have answers" in printed
    assert "Only 4 documents: a rough guide" in printed
    assert "over documents, 1000 resamples" in " ".join(printed.split())


def test_the_unit_is_chosen_by_the_gold() -> None:
    two, one, again = lines_of("ab c", "ab d"), lines_of("ab c"), lines_of("ab c", "ab c")
    few = FEW_DOCUMENTS - 1
    assert unit_and_width(strict(gold_of(*[two] * few)))[:2] == ("segment", 2 * few)
    assert unit_and_width(strict(gold_of(*[two] * FEW_DOCUMENTS)))[:2] == ("document", 20)
    for other in (one, again):  # one document has no two lines that differ
        assert unit_and_width(strict(gold_of(*[two] * (few - 1), other)))[:2] == ("document", few)
    chosen = strict(gold_of(*[two] * 30), interval_unit="segment")
    assert unit_and_width(chosen)[:2] == ("segment", 60)
    assert chosen.ci is not None
    assert "not what other pages would give" in chosen.ci["note"]
    assert unit_and_width(strict(gold_of(two, two), interval_unit="document"))[1:] == (2, None)


def test_the_unit_stands_in_the_record(cli: Callable[..., Any]) -> None:
    gold = gold_of(*[lines_of("ab c", "ab d")] * 20)
    result = vn.score(every_second(gold), gold, resamples=0)
    assert result.to_json()["parameters"]["interval_unit"] == "document"
    assert vn.Result.from_json(result.to_json()).interval_unit == "document"
    printed = cli("score", "-e", "rules", "-m", "entities.strict", "--format", "json")
    raw = msgspec.json.decode(printed.stdout)
    assert raw["parameters"]["interval_unit"] == "segment"
    assert raw["measures"]["entities.strict"]["ci"]["unit"] == "segment"
    chosen = cli("score", "-e", "rules", "-m", "entities.strict", "--interval-unit", "document")
    assert "over documents, 1000 resamples" in " ".join(chosen.stdout.split())
    assert "CI –" in chosen.stdout


def test_equal_lines_of_a_document_are_one_unit() -> None:
    """A line that is printed ten times is no more evidence than once."""
    other = [f"ab {letter}" for letter in "cdefghi"]
    once, often = gold_of(lines_of("xy", *other)), gold_of(lines_of(*["xy"] * 10, *other))
    units = {}
    for gold in (once, often):
        document = gold["d0"]
        right = [e for e in document.entities if document.text[e.start : e.end] == "ab"][::2]
        result = vn.score([{"doc_id": "d0", "entities": right}], gold, measures=["entities.strict"])
        by_unit = result["entities.strict"].by_unit
        assert by_unit is not None
        units[len(document.segments)] = by_unit.line.tolist()
        assert unit_and_width(result["entities.strict"])[:2] == ("segment", 8)
        assert by_unit.to_json().get("line") == (None if gold is once else by_unit.line.tolist())
        assert vn.Result.from_json(result.to_json()) == result
        [difference] = compare(result, result, resamples=10)
        assert (difference.units, difference.unit) == (8, "segment")
    assert units == {8: [*range(1, 9)], 17: [1] * 10 + [*range(11, 18)]}


def test_equal_lines_are_swapped_together() -> None:
    gold = gold_of(lines_of(*["xy"] * 10, "ab c"))
    everything = [{"doc_id": "d0", "entities": list(gold["d0"].entities)}]
    a, b = (
        vn.score(said, gold, measures=["entities.strict"], resamples=0)
        for said in (everything, [{"doc_id": "d0", "entities": []}])
    )
    # Two units: only all or none swapped is as extreme, 2 of 4 shuffles.
    [difference] = compare(a, b, resamples=20_000)
    assert difference.p == pytest.approx(0.5, abs=0.02)


def test_documents_are_swapped_where_they_are_the_unit() -> None:
    gold = gold_of(*[lines_of("ab c", "ab d", "ab e")] * 20)
    a = vn.score(every_second(gold), gold, measures=["entities.strict"], resamples=0)
    b = vn.score([], gold, measures=["entities.strict"], resamples=0)
    [difference] = compare(a, b, resamples=50)
    assert (difference.unit, difference.units, difference.note) == ("document", 20, "")
    segments = vn.score(
        [], gold, measures=["entities.strict"], resamples=0, interval_unit="segment"
    )
    assert compare(segments, segments, resamples=50)[0].units == 60
    assert compare(a, segments, resamples=50)[0].unit == "document"


def test_results_of_the_first_version_are_compared_by_what_they_have() -> None:
    """They have neither the unit nor repeated lines."""
    old = vn.Result.load(ROOT / "tests" / "data" / "results" / "0.1.0.json")
    assert old.interval_unit is None
    for difference in compare(old, old, resamples=20):
        by_unit = old[difference.measure].by_unit
        assert by_unit is not None
        assert (difference.unit, difference.units) == ("segment", len(by_unit.unit))
    assert "percentile bootstrap over segments within documents" in " ".join(
        str(text.score_report(old)).split()
    )


def test_measures_share_the_resamples() -> None:
    """Whether their columns are the same or not, each has the rates that it has alone."""
    first, second = made(30, 1), made(30, 2)
    mixed = np.stack([first[0], second[1], np.minimum(first[2], second[2])])
    alone = [bootstrap(np.array([30]), [table], 100)[0].f1 for table in (first, second, mixed)]
    together = bootstrap(np.array([30]), [first, second, mixed, first], 100)
    assert [rates.f1.tolist() for rates in together] == [
        values.tolist() for values in (*alone, alone[0])
    ]


def test_blocks_of_resamples_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [made(30, 1)]
    whole = bootstrap(np.array([10, 20]), tables, 100)[0].f1
    monkeypatch.setattr("vinewsie.scoring.resampling._BLOCK", 70)
    assert bootstrap(np.array([10, 20]), tables, 100)[0].f1.tolist() == whole.tolist()


def logit_interval(value: float, error: float, free: float) -> tuple[float, float]:
    """By the textbook: p / (1 - p) times or divided by exp(t · se / (p (1 - p)))."""
    times = np.exp(stats.t.ppf(0.975, free) * error / (value * (1 - value)))
    odds = value / (1 - value)
    low, high = odds / times, odds * times
    return low / (1 + low), high / (1 + high)


def test_the_interval_is_that_of_the_logit() -> None:
    values = np.linspace(0.8, 1, 101, dtype=np.float64)
    spread = float(values.std(ddof=1))
    for units, strata in ((5, 1), (12, 2), (60, 1)):
        free = units - strata
        part, weight, stratum = np.full(units, 9), np.full(units, 10), np.arange(units) % strata
        found = interval(values, part, weight, stratum)
        assert found == pytest.approx(logit_interval(0.9, spread * np.sqrt(units / free), free))
        # Units without answers and strata without answers do not matter.
        none = np.zeros(9, np.int64)
        part, weight = np.concatenate([part, none]), np.concatenate([weight, none])
        stratum = np.concatenate([stratum, np.full(9, 99)])
        assert interval(values, part, weight, stratum) == pytest.approx(found)
    # One large unit and nine small ones are as good as (19²) / (10² + 9) equal ones.
    effective = 19**2 / 109
    error = spread * np.sqrt(effective / (effective - 1))
    one_large = np.array([10] + [1] * 9), np.zeros(10, np.int64)
    found = interval(values, np.array([9.1] + [0.8] * 9), *one_large)
    value = (9.1 + 0.8 * 9) / 19
    assert found == pytest.approx(logit_interval(value, error, effective - 1))


def test_an_interval_is_within_bounds_and_has_its_rate() -> None:
    """One error in a hundred: more and less a margin would reach beyond 1."""
    table = np.stack([np.full(20, 5), np.full(20, 5), np.array([8] + [10] * 19)])
    [rates] = bootstrap(np.array([20]), [table], 1000)
    found = interval(rates.recall, table[2] / 2, table[0], np.zeros(20, np.int64))
    assert found is not None
    low, high = found
    assert 0.9 < low < 0.99 < high < 1
    assert 0.99 - low > high - 0.99


def test_where_there_is_no_interval() -> None:
    values, zeros = np.linspace(0, 1, 101, dtype=np.float64), np.zeros(9, np.int64)
    half, one = np.full(9, 0.5), np.ones(9, np.int64)
    assert interval(values, half, np.array([1, 1, 1, 1, 0, 0, 0, 0, 0]), zeros) is None
    assert interval(values, half, np.array([1, 1, 1, 1, 2, 0, 0, 0, 0]), zeros) is not None
    assert interval(values, half, one, np.arange(9)) is None
    assert interval(np.ones(101), half, one, zeros) is None
    assert interval(np.full(101, np.nan), half, one, zeros) is None
    # A perfect rate, and none at all.
    assert interval(values, one, one, zeros) is None
    assert interval(values, 0 * half, one, zeros) is None


def test_a_perfect_score_has_no_interval(gold: vn.Gold) -> None:
    """No resample can differ from it, which does not make it certain."""
    score = vn.score(list(gold.values()), measures=["entities.strict"])["entities.strict"]
    assert (score.value, score.interval) == (1.0, (None, None))


def test_intervals_cover_the_truth() -> None:
    """The simulation with few draws agrees with the table in the documents."""
    document = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    line = r"^(0\.\d\d) +(\d+(?:, segments; .*?)?) +([\d. ]+)$"
    shown = {
        (float(right), what): [float(number) for number in numbers.split()]
        for right, what, numbers in re.findall(line, document, re.M)
    }
    assert [what for what in shown if what[1].isdigit()] == [
        (right, str(count))
        for right, _ in interval_coverage.POPULATIONS
        for count in interval_coverage.DOCUMENTS
    ]
    for (_, what), (f1, accuracy, *plain) in shown.items():
        if what.isdigit() and int(what) >= 50:
            assert 91.5 <= f1 <= 97
            assert 91.5 <= accuracy <= 97
        assert [f1, accuracy] >= plain
    for row in interval_coverage.rows((5, 50), draws=100):
        measured = [row.f1, row.accuracy, row.plain_f1, row.plain_accuracy]
        # With 100 draws, a coverage of 90 % has a standard error of 3 points, one of 50 % has 5.
        told = shown[row.accuracy_of, row.what]
        assert [100 * share for share in measured] == pytest.approx(told, abs=15)
        assert row.f1 >= row.plain_f1
        assert row.accuracy >= row.plain_accuracy
