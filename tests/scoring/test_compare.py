"""Comparing two results: what keeps them from being compared, and what a difference records."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import vinewsie as vn
from vinewsie.scoring.measures import MeasureError, parse
from vinewsie.scoring.resampling import NotComparableError, compare

MEASURES = ["entities.strict", "quotes.kind"]


@pytest.fixture(scope="module")
def gold_result(gold: vn.Gold) -> vn.Result:
    return vn.score(list(gold.values()), measures=MEASURES, resamples=0)


@pytest.fixture(scope="module")
def empty_result() -> vn.Result:
    return vn.score([], measures=MEASURES, resamples=0)


def changed(result: vn.Result, **fields: Any) -> vn.Result:
    about = {key: value for key, value in fields.items() if key in result.dataset}
    rest = {key: value for key, value in fields.items() if key not in result.dataset}
    dataset: Any = {**result.dataset, **about}
    return replace(result, dataset=dataset, **rest)


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        ({"sha256": "other"}, "the gold (sha256)"),
        ({"documents": ["other"]}, "the documents"),
        ({"measures": {}}, "the measures"),
        ({"labels": {"sha256": "x", "renames_gold": True}}, "the map of the gold's labels"),
        ({"scorer": {"version": "0"}}, "the scorer's version"),
        ({"skip_invalid": True}, "the treatment of invalid records"),
        (
            {"sha256": "x", "skip_invalid": True},
            "the gold (sha256), the treatment of invalid records",
        ),
    ],
)
def test_differences_besides_the_predictions_are_named(
    gold_result: vn.Result, fields: dict[str, Any], difference: str
) -> None:
    message = (
        f"the results differ in {difference}; only results of the same gold and measures can be "
        "compared"
    )
    with pytest.raises(NotComparableError, match=f"^{re.escape(message)}$"):
        compare(gold_result, changed(gold_result, **fields))


def test_results_without_measures_or_counts(gold_result: vn.Result) -> None:
    none = changed(gold_result, measures={})
    with pytest.raises(NotComparableError, match=r"^the results have no measures$"):
        compare(none, none)
    bare = {m: replace(score, by_unit=None) for m, score in gold_result.measures.items()}
    with pytest.raises(NotComparableError, match=r"^a result has no counts by unit$"):
        compare(gold_result, changed(gold_result, measures=bare))


def test_a_value_that_one_side_lacks(gold_result: vn.Result, empty_result: vn.Result) -> None:
    """Nothing was aligned on one side, so there is no accuracy to compare, and no test."""
    [_, kind] = compare(gold_result, empty_result, resamples=50)
    assert (kind.measure, kind.a, kind.b) == ("quotes.kind", 1.0, None)
    assert (kind.difference, kind.p, kind.resamples) == (None, None, 0)
    lines = set(gold_result["quotes.kind"].by_unit.line.tolist())  # type: ignore[union-attr]
    assert (kind.units, kind.documents) == (len(lines), 2)
    assert kind.note.startswith("Only 2 documents")
    [_, kind] = compare(empty_result, gold_result, resamples=50)
    assert (kind.a, kind.b, kind.difference) == (None, 1.0, None)


def test_a_difference_records_how_it_was_made(
    gold_result: vn.Result, empty_result: vn.Result
) -> None:
    entities, _ = compare(gold_result, empty_result, resamples=50, seed=7)
    assert (entities.a, entities.b, entities.difference) == (1.0, 0.0, 1.0)
    assert (entities.resamples, entities.seed, entities.unit) == (50, 7, "segment")


def test_the_same_seed_gives_the_same_p() -> None:
    gold = vn.Gold(
        {f"d{i}": vn.Document(doc_id=f"d{i}", text="ab cd", entities=(MENTION,)) for i in range(9)}
    )

    def result(found: int) -> vn.Result:
        predictions = [{"doc_id": f"d{i}", "entities": [MENTION]} for i in range(found)]
        return vn.score(predictions, gold, measures=["entities.strict"], resamples=0)

    strong, weak = result(8), result(4)
    ps = {
        seed: [compare(strong, weak, resamples=99, seed=seed)[0].p for _ in "ab"] for seed in (1, 2)
    }
    assert ps[1][0] == ps[1][1]
    assert ps[2][0] == ps[2][1]
    assert ps[1] != ps[2]
    # Of four units that differ, only all or none swapped is as extreme: 2 of 16 shuffles.
    p = compare(strong, weak, resamples=20_000)[0].p
    assert p == pytest.approx(2 / 16, abs=0.02)


MENTION = vn.Entity(start=0, end=2, type="PER")


@pytest.mark.parametrize("value", ["a=b", "a|b", ""])
def test_values_with_signs_of_the_notation(value: str) -> None:
    with pytest.raises(MeasureError, match=r"not of the form|a value is not empty and has none of"):
        parse(f"entities.strict(label={value})")


def test_a_label_that_the_inventory_lacks() -> None:
    with pytest.raises(MeasureError) as error:
        vn.score([], measures=["dates.strict(label=DAY)"])
    message = "dates.strict(label=DAY): no label 'DAY'; there are DATE, DURATION, SET, TIME"
    assert str(error.value) == message
    result = vn.score([], measures=["entities.strict(label=NGƯỜI)"], labels={"NGƯỜI": "PER"})
    assert len(result) == 1
