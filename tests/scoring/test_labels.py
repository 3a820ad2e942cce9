"""Scores by label, micro and macro F1, and the least overlap: as seqeval and nervaluate define."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result as Outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator

import vinewsie as vn
from vinewsie.report import text
from vinewsie.scoring.measures import parse, wanted

Run = Callable[..., Outcome]
Span = tuple[int, int, str]
STRATEGIES = {"strict": "strict", "exact": "exact", "partial": "partial", "ent_type": "type"}


def score(gold: list[Span], predicted: list[Span], measures: list[str], **more: Any) -> vn.Result:
    rows = [
        [{"start": s, "end": e, "type": label or None} for s, e, label in side]
        for side in (gold, predicted)
    ]
    document = {"doc_id": "d", "text": "x" * 100, "entities": rows[0], **more}
    return vn.score(
        [{"doc_id": "d", "entities": rows[1]}],
        vn.Gold({"d": msgspec.convert(document, vn.Document)}),
        measures=measures,
        scheme="any",
        resamples=0,
    )


def spans(most: int) -> st.SearchStrategy[list[Span]]:
    one = st.tuples(st.integers(0, 40), st.integers(1, 8), st.sampled_from(["X", "Y", "Z"]))
    return st.lists(one.map(lambda t: (t[0], t[0] + t[1], t[2])), max_size=most, unique=True)


@settings(max_examples=150)
@given(spans(6), spans(6))
def test_no_count_by_label_or_zone_is_negative(gold: list[Span], predicted: list[Span]) -> None:
    segments = [{"start": s, "end": s + 10, "zone": f"z{s}"} for s in range(0, 100, 10)]
    measures = [f"entities.{name}" for name in STRATEGIES.values()]
    result = score(gold, predicted, measures, segments=segments)
    for one in result.to_json()["measures"].values():
        for parts in (one["by_label"], one["by_zone"]):
            for part in parts.values():
                assert min(part["counts"].values()) >= 0
        for name, total in one["counts"].items():
            for parts in (one["by_label"], one["by_zone"]):
                assert sum(part["counts"][name] for part in parts.values()) == total, name


def test_a_spurious_prediction_counts_under_its_own_label() -> None:
    # The first prediction makes an incorrect pair with LOC; the second one is in no pair.
    result = score([(0, 4, "LOC")], [(0, 4, "ORG"), (10, 14, "ORG")], ["entities.strict"])
    by_label = result.to_json()["measures"]["entities.strict(scheme=any)"]["by_label"]
    counts = {label: part["counts"] for label, part in by_label.items()}
    nothing = {"matched": 0, "partial": 0, "missed": 0}
    assert counts == {
        "LOC": {"gold": 1, "predicted": 0, "incorrect": 1, "spurious": 0, **nothing},
        "ORG": {"gold": 0, "predicted": 2, "incorrect": 0, "spurious": 1, **nothing},
    }
    assert vn.Result.from_json(result.to_json()) == result


# Macro F1


def test_macro_f1_is_the_mean_over_the_labels_of_either_side() -> None:
    gold = [(0, 2, "X"), (4, 6, "X"), (8, 10, "Y")]
    predicted = [(0, 2, "X"), (4, 6, "Z"), (20, 22, "")]
    result = score(gold, predicted, ["entities.strict"])
    [found] = result.values()
    # X: 2·1 / (2 + 1). Y: no prediction. Z: no gold. The answer without a label is no label.
    assert found.macro_f1 == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert found.f1 == 2 / 6
    assert result.to_json()["measures"]["entities.strict(scheme=any)"]["macro_f1"] == found.macro_f1
    assert result.to_frame()["macro_f1"].tolist() == [found.macro_f1]
    shown = [line.split() for line in text.render(result, "text", by_label=True).splitlines()]
    assert ["entities.strict(", "macro", "0.222"] in shown
    assert ["entities.strict(", "micro", "0.333", "0.333", "0.333", "3", "3", "1"] in shown


@settings(max_examples=150)
@given(data=st.data())
def test_macro_f1_is_seqevals(data: st.DataObject) -> None:
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    tags = st.sampled_from(["O", "B-X", "B-Y", "B-Z"])
    rows = [data.draw(st.lists(tags, min_size=8, max_size=8)) for _ in range(2)]
    gold, predicted = (
        [(i, i + 1, tag[2:]) for i, tag in enumerate(row) if tag != "O"] for row in rows
    )
    [found] = score(gold, predicted, ["entities.strict"]).values()
    theirs = f1_score(
        [rows[0]], [rows[1]], average="macro", mode="strict", scheme=IOB2, zero_division=0
    )
    if gold or predicted:
        assert found.macro_f1 == pytest.approx(theirs)
    else:
        assert found.macro_f1 is None


def test_an_accuracy_has_no_macro_f1(gold: vn.Gold) -> None:
    result = vn.score(gold.values(), gold, measures=["quotes.kind"], resamples=0)
    assert result["quotes.kind"].macro_f1 is None


# The least overlap


def nervaluates(gold: Span, predicted: Span, percent: float) -> dict[str, list[int]]:
    sides = [[[{"label": label, "start": s, "end": e - 1}]] for s, e, label in (gold, predicted)]
    found = Evaluator(
        *sides, tags=["X", "Y", "Z"], loader="dict", min_overlap_percentage=percent
    ).evaluate()["overall"]
    return {
        name: [r.correct, r.incorrect, r.partial, r.missed, r.spurious] for name, r in found.items()
    }


SPAN = st.tuples(st.integers(0, 20), st.integers(1, 10), st.sampled_from(["X", "Y"])).map(
    lambda t: (t[0], t[0] + t[1], t[2])
)


@settings(max_examples=300)
@given(SPAN, SPAN, st.sampled_from([1, 10, 25, 50, 75, 80, 100]))
def test_overlap_is_nervaluates_min_overlap_percentage(
    gold: Span, predicted: Span, percent: int
) -> None:
    names = {key: f"entities.{name}(overlap={percent / 100})" for key, name in STRATEGIES.items()}
    result = score([gold], [predicted], list(names.values()))
    theirs = nervaluates(gold, predicted, float(percent))
    for key, found in zip(names, result.values(), strict=True):
        c = found.counts
        pairs = c.matched + c.partial + c.incorrect
        ours = [c.matched, c.incorrect, c.partial, c.gold - pairs, c.predicted - pairs]
        assert ours == theirs[key], key


def test_the_share_is_that_of_the_gold_span_or_of_an_alternate() -> None:
    gold, narrow, wide = [(0, 10, "X")], [(0, 5, "X")], [(0, 40, "X")]
    half, more = "entities.type(overlap=0.5)", "entities.type(overlap=0.51)"
    assert [s.f1 for s in score(gold, narrow, [half, more]).values()] == [1.0, 0.0]
    assert [s.f1 for s in score(gold, wide, [more, "entities.type(overlap=1)"]).values()] == [1, 1]
    document = msgspec.convert(
        {
            "doc_id": "d",
            "text": "x" * 50,
            "entities": [
                {"start": 0, "end": 10, "type": "PER", "alternates": [{"start": 0, "end": 6}]}
            ],
        },
        vn.Document,
    )
    predicted = [{"doc_id": "d", "entities": [{"start": 0, "end": 5, "type": "PER"}]}]
    assert vn.score(predicted, vn.Gold({"d": document}), measures=[more])[more].f1 == 1.0


def test_a_share_is_spelled_in_one_way() -> None:
    assert str(parse("entities.type(overlap=.50)")) == "entities.type(overlap=0.5)"
    assert parse("entities.type(overlap=1.0)") == parse("entities.type(overlap=1)")
    asked = ["entities.type", "entities.linked", "dates.strict", "entities.partial(overlap=1)"]
    assert list(map(str, wanted(asked, overlap="0.5"))) == [
        "entities.type(overlap=0.5)",
        "entities.linked",
        "dates.strict",
        "entities.partial(overlap=1)",
    ]


def test_min_overlap_on_the_command_line(cli: Run, tmp_path: Path) -> None:
    gold = {"doc_id": "d", "text": "x" * 20, "entities": [{"start": 0, "end": 10, "type": "PER"}]}
    prediction = {"doc_id": "d", "entities": [{"start": 6, "end": 12, "type": "PER"}]}
    for name, row in (("g.jsonl", gold), ("p.jsonl", prediction)):
        (tmp_path / name).write_text(json.dumps(row), "utf-8")
    command = ["score", str(tmp_path / "p.jsonl"), "--gold", str(tmp_path / "g.jsonl")]
    command += ["-m", "entities.type", "--format", "json"]
    plain = json.loads(cli(*command).stdout)
    half = json.loads(cli(*command, "--min-overlap", "0.5").stdout)
    assert plain["measures"]["entities.type"]["f1"] == 1.0
    assert half["measures"]["entities.type(overlap=0.5)"]["f1"] == 0.0
    assert "|overlap:0.5|" in half["signature"]
    wrong = cli(*command, "--min-overlap", "50")
    assert wrong.exit_code == 2
    assert "overlap is a number above 0 and up to 1" in wrong.stderr


@pytest.mark.parametrize(
    ("option", "measure", "told"),
    [
        (["--min-overlap", "0.5"], "entities.linked", "overlap (--min-overlap) has no effect on"),
        (["--scheme", "any"], "dates.strict", "scheme (--scheme) has no effect on dates."),
        (["--labels", "labels.json"], "dates.strict", "(--labels) has no effect on dates.strict"),
    ],
)
def test_an_option_that_no_measure_takes_is_refused(
    cli: Run, tmp_path: Path, option: list[str], measure: str, told: str
) -> None:
    row = {"doc_id": "d", "text": "Hà Nội", "entities": [{"start": 0, "end": 6, "type": "LOC"}]}
    file = tmp_path / "g.jsonl"
    file.write_text(json.dumps(row), "utf-8")
    (tmp_path / "labels.json").write_text('{"LOC": "GPE"}', "utf-8")
    option = [str(tmp_path / value) if value.endswith(".json") else value for value in option]
    command = ["score", str(file), "--gold", str(file), "-m", measure, *option]
    refused = cli(*command)
    assert refused.exit_code == 2
    assert told in " ".join(refused.stderr.split())
    assert "entities.type" in refused.stderr
    # Beside one measure that takes it, others keep theirs.
    assert cli(*command, "-m", "entities.type").exit_code == 0
