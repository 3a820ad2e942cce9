"""Thresholds on the confidence of predictions, and that confidence changes no other number."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.reading.predictions import read_predictions
from vinewsie.report.cases import view_of
from vinewsie.scoring.result import Counts, Result
from vinewsie.scoring.thresholds import ThresholdCurve

TEXT = "Ông Nam và bà Hoa ở Huế, Vinh, Hà Nội."
NAMES = {"Nam": "PER", "Hoa": "PER", "Huế": "LOC", "Vinh": "LOC", "Hà Nội": "LOC"}


def place(words: str) -> dict[str, Any]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words)}


@pytest.fixture
def small(tmp_path: Path) -> vn.Gold:
    path = tmp_path / "gold.jsonl"
    entities = [{**place(name), "type": type_} for name, type_ in NAMES.items()]
    path.write_text(json.dumps({"doc_id": "d", "text": TEXT, "entities": entities}))
    return vn.load(path)


def scored(gold: vn.Gold, entities: list[dict[str, Any]]) -> Result:
    answer = [{"doc_id": "d", "entities": entities}]
    return vn.score(answer, gold, measures=["entities.strict"], resamples=0)


def curve_of(result: Result, gold: vn.Gold) -> ThresholdCurve | None:
    view = view_of(result, gold, {p.doc_id: p for p in result.records or ()})
    return view.curves[0] if view.curves else None


def test_counts_at_each_threshold(small: vn.Gold) -> None:
    entities = [
        {**place("Nam"), "type": "PER", "score": 0.9},
        {**place("Hoa"), "type": "LOC", "score": 0.6},
        {**place("Huế"), "type": "LOC", "score": 0.5},
        {**place("Ông"), "type": "PER", "score": 0.1},
    ]
    found = curve_of(scored(small, entities), small)
    assert found is not None
    assert [point.threshold for point in found.points] == [None, 0.1, 0.5, 0.6, 0.9]
    assert found.points[1].counts == found.points[0].counts == Counts(5, 4, 2, 0, 1)
    assert found.points[2].counts == Counts(5, 3, 2, 0, 1)
    assert found.points[3].counts == Counts(5, 2, 1, 0, 1)
    assert found.points[4].counts == Counts(5, 1, 1, 0, 0)
    assert found.best.threshold == 0.5
    assert found.sure is not None
    assert (found.sure.threshold, found.sure.counts.recall) == (0.9, 0.2)


def test_predictions_without_a_score_stay(small: vn.Gold) -> None:
    entities = [{**place("Nam"), "type": "PER"}, {**place("Hoa"), "type": "PER", "score": 0.3}]
    found = curve_of(scored(small, entities), small)
    assert found is not None
    assert found.scored == 1
    assert [point.counts.predicted for point in found.points] == [2, 2]
    assert curve_of(scored(small, entities[:1]), small) is None


@pytest.mark.parametrize("value", ["high", None, True, [0.5], 1e400])
def test_a_score_that_is_no_number_is_left_out(small: vn.Gold, value: Any) -> None:
    entities = [{**place("Nam"), "type": "PER", "score": value}]
    result = scored(small, entities)
    assert result["entities.strict"].counts.matched == 1
    assert curve_of(result, small) is None


@pytest.mark.parametrize("name", ["score", "confidence"])
def test_scores_are_read_from_files_and_from_memory(
    small: vn.Gold, tmp_path: Path, name: str
) -> None:
    row = {"doc_id": "d", "entities": [{**place("Nam"), "type": "PER", name: 0.25}]}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(row))
    for source in (path, [row]):
        read = read_predictions(source, small.documents)
        assert [entity.score for entity in read.by_doc["d"].entities] == [0.25]
        assert read.findings == []


def test_pieces_of_a_pipeline_have_their_mean(small: vn.Gold, tmp_path: Path) -> None:
    start = TEXT.index("Hà Nội")
    pieces = [
        {"entity": "B-LOC", "score": 0.5, "index": 1, "word": "Hà", "start": start,
         "end": start + 2},
        {"entity": "I-LOC", "score": 0.7, "index": 2, "word": "Nội", "start": start + 3,
         "end": start + 6},
    ]  # fmt: skip
    path = tmp_path / "p.json"
    path.write_text(json.dumps([pieces]))
    read = read_predictions(path, small.documents)
    assert [entity.score for entity in read.by_doc["d"].entities] == [pytest.approx(0.6)]


def with_scores(seed: int) -> list[dict[str, Any]]:
    """The gold as a prediction, with scores, a fifth of the labels wrong."""
    dice = random.Random(seed)
    found = []
    for document in vn.load().values():
        value = msgspec.to_builtins(document)
        for layer in ("entities", "dates", "quotes"):
            for record in value[layer]:
                record["score"] = dice.random()
                if layer == "entities" and dice.random() < 0.2:
                    record["type"] = "MISC"
        found.append({k: value[k] for k in ("doc_id", "entities", "dates", "quotes")})
    return found


def without(predictions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            key: [{n: v for n, v in record.items() if n != "score"} for record in value]
            if key != "doc_id"
            else value
            for key, value in prediction.items()
        }
        for prediction in predictions
    ]


def test_scores_change_no_other_number() -> None:
    predictions = with_scores(1)
    a, b = (vn.score(p, resamples=50) for p in (predictions, without(predictions)))
    assert {n: s.to_json() for n, s in a.items()} == {n: s.to_json() for n, s in b.items()}
    assert a.errors == b.errors
    assert a.diagnostics == b.diagnostics
    assert a.signature == b.signature


def test_a_curve_counts_what_scoring_the_rest_counts() -> None:
    """Where alignment is unambiguous: one prediction for each gold span."""
    gold = vn.load()
    predictions = with_scores(2)
    result = vn.score(predictions, measures=["entities.strict"], resamples=0)
    found = curve_of(result, gold)
    assert found is not None
    for point in found.points[1::60]:
        assert point.threshold is not None
        kept = [
            {**p, "entities": [e for e in p["entities"] if e["score"] >= point.threshold]}
            for p in predictions
        ]
        counts = vn.score(kept, measures=["entities.strict"], resamples=0)["entities.strict"].counts
        assert (point.counts.predicted, point.counts.matched) == (counts.predicted, counts.matched)
    low, high = found.best.f1 or (0.0, 1.0)
    assert found.best.counts.f1 is not None
    assert low <= found.best.counts.f1 <= high


def test_the_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(p) + "\n" for p in with_scores(3)))
    shown = cli("thresholds", path)
    assert shown.exit_code == 0
    assert "best F1" in shown.stdout
    assert "99% precision" in shown.stdout
    assert " with " in next(line for line in shown.stdout.splitlines() if "best F1" in line)
    values = json.loads(cli("thresholds", path, "--format", "json").stdout)
    assert [one["measure"] for one in values][:2] == [
        "entities.strict",
        "entities.strict(zone=article)",
    ]
    path.write_text("".join(json.dumps(p) + "\n" for p in without(with_scores(3))))
    assert "No prediction has a score" in cli("thresholds", path).stdout
