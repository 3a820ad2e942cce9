"""The view model: each record in one case, and counts that are those of the result."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from conftest import ROOT
from vinewsie.model import Prediction, Unplaced
from vinewsie.reading.gold import Gold
from vinewsie.report.cases import (
    KINDS,
    RecordsDifferError,
    View,
    boundary,
    sentences_around,
    view_of,
)
from vinewsie.report.sources import GivenFiles, SourceError, gold_of, predictions_of
from vinewsie.scoring.measures import all_measures
from vinewsie.scoring.result import Result

EVERY = [str(measure) for measure in all_measures()]
MORE = [
    *EVERY,
    "entities.strict(zone=article)",
    "entities.strict(scheme=vlsp2016)",
    "entities.strict(levels=outermost)",
    "entities.strict(contested=lenient)",
    "entities.partial(overlap=0.5)",
    "dates.value(vague=include)",
    "dates.strict(contested=skip)",
    "quotes.relaxed(view=leaf)",
    "quotes.relaxed(contested=lenient)",
    "attribution.joint(speakers=strict)",
    "attribution.joint(label=pronoun)",
    "entities.strict(repeats=once)",
]


def seen(result: Result, gold: Gold | None = None) -> View:
    loaded = gold or gold_of(result, GivenFiles())
    return view_of(result, loaded, predictions_of(result, loaded, GivenFiles()))


@pytest.fixture(scope="module")
def rules() -> View:
    return seen(vn.score(_rules(), measures=MORE, resamples=0))


def _rules() -> Any:
    from vinewsie.extractors import running

    return running.run("rules", list(vn.load().values()))


def counted(view: View, measure: str, **filters: str) -> int:
    """The answers of a side and outcome over all cases."""
    side, wanted = next((k, v) for k, v in filters.items() if k in ("gold", "predicted"))
    others = {k: v for k, v in filters.items() if k not in ("gold", "predicted")}
    total = 0
    for case in view.cases:
        for outcome in case.outcomes:
            has = getattr(outcome, side)
            total += (
                outcome.measure == measure
                and has is not None
                and wanted in (has, "any")
                and all(getattr(outcome, f"{side}_{k}") == v for k, v in others.items())
            )
    return total


def assert_counts(view: View) -> None:
    for name, score in view.result.items():
        if score.status != "scored" or score.pairs is not None:
            continue
        if score.kind == "accuracy":
            right = "wrong" if _lower(name) else "right"
            assert counted(view, name, gold="any") == score.counts.gold
            assert counted(view, name, gold=right) == score.counts.matched
            continue
        counts = score.counts
        for side, total in (("gold", counts.gold), ("predicted", counts.predicted)):
            assert counted(view, name, **{side: "any"}) == total, name
            assert counted(view, name, **{side: "matched"}) == counts.matched, name
            assert counted(view, name, **{side: "partial"}) == counts.partial, name
            assert counted(view, name, **{side: "incorrect"}) == counts.incorrect, name
        unpaired = counts.gold - counts.matched - counts.partial - counts.incorrect
        assert counted(view, name, gold="missed") == unpaired
        for part, of in (("label", score.by_label), ("zone", score.by_zone)):
            for value, found in of.items():
                assert counted(view, name, gold="any", **{part: value}) == found.gold
                assert counted(view, name, predicted="any", **{part: value}) == found.predicted


def _lower(name: str) -> bool:
    return any(str(m) == name and m.definition.lower_is_better for m in all_measures())


def test_counts_are_those_of_the_result(rules: View) -> None:
    assert_counts(rules)


def test_each_record_is_in_one_case(rules: View) -> None:
    for number, pair in enumerate(rules.documents):
        for layer in ("entities", "dates", "quotes"):
            own = [c for c in rules.cases if c.doc == number and c.layer == layer]
            golds = [c.gold for c in own if c.gold is not None]
            predicted = [c.predicted for c in own if c.predicted is not None]
            assert sorted(golds) == list(range(len(getattr(pair.gold, layer))))
            assert sorted(predicted) == list(range(len(getattr(pair.prediction, layer))))
    assert len({c.address for c in rules.cases}) == len(rules.cases)


def test_diagnostics_count_the_cases_that_they_link(rules: View) -> None:
    found = rules.result.diagnostics
    for kind, count in found["attribution"]["wrong"].items():
        assert len(rules.select(diagnostic=f"speaker:{kind}")) == count
        assert len(rules.select(kind=f"speaker:{kind}")) == count
    for kind, count in found["entities"]["boundary_errors"].items():
        assert len(rules.select(diagnostic=f"boundary:{kind}")) == count
    for gold, row in found["entities"]["type_confusion"].items():
        for predicted, count in row.items():
            assert len(rules.select(diagnostic=f"confusion:{gold}>{predicted}")) == count
    for name, recall in found["quotes"]["recall_by_phenomenon"].items():
        cases = [c for c in rules.select(layer="quotes", phenomenon=name) if c.gold is not None]
        assert len(cases) == recall["gold"]
        for diagnostic in ("found", "attributed"):
            chosen = rules.select(layer="quotes", phenomenon=name, diagnostic=diagnostic)
            assert len(chosen) == recall[diagnostic]
    scare = found["quotes"]["scare_quotes_as_speech"]
    assert len(rules.select(kind="scare")) == scare["count"]
    assert len(rules.select(diagnostic="scare")) == scare["of"]


def test_all_error_kinds_are_known(rules: View) -> None:
    assert {kind.partition(":")[0] for case in rules.cases for kind in case.kinds} <= set(KINDS)


def test_pairs_of_headline_measures_show_what_is_wrong() -> None:
    view = seen(vn.score(_rules(), resamples=0))
    assert not view.select(kind="unmatched")
    assert_counts(view)


def test_every_error_of_a_measure_is_an_error(rules: View) -> None:
    for case in rules.cases:
        for outcome in case.outcomes:
            wrong = outcome.gold in ("missed", "wrong") or outcome.predicted == "spurious"
            # People are counted once in a document: their answers are no records.
            if wrong and not outcome.measure.startswith("people."):
                assert case.kinds, (case, outcome)


def test_invented_quotations_are_cases() -> None:
    document = next(iter(vn.load().values()))
    quotes = [
        {"content": [{"text": "Lời này không có trong bài."}], "kind": "direct", "speakers": ["x"]},
        {"content": [{"start": 0, "end": 9}], "kind": "direct", "speakers": ["x"]},
    ]
    result = vn.score([{"doc_id": document.doc_id, "quotes": quotes}], resamples=0)
    view = seen(result)
    share = result.diagnostics["quotes"]["invented_direct_quotes"]
    assert share == {"count": 1, "of": 2}
    assert len(view.select(diagnostic="invented")) == share["count"]
    assert len(view.select(diagnostic="direct")) == share["of"]


def test_what_differs_is_shown(rules: View) -> None:
    case = next(c for c in rules.cases if "speaker:another" in c.kinds)
    fields = {f.name: f for f in rules.fields(case)}
    assert fields["speakers"].differs
    assert fields["speakers"].gold != fields["speakers"].predicted
    assert case.speakers
    assert case.address in {c.address for c in rules.errors}
    assert rules[case.address] is case


def test_a_perfect_prediction_has_no_error() -> None:
    view = seen(vn.score(list(vn.load().values()), measures=EVERY, resamples=0))
    assert [c for c in view.errors if c.kinds] == []
    assert_counts(view)


def test_an_empty_prediction_misses_everything() -> None:
    view = seen(vn.score([], resamples=0))
    assert {kind for c in view.errors for kind in c.kinds} == {"missed"}
    assert_counts(view)


def test_near_records_stand_beside_a_record_alone(rules: View) -> None:
    alone = [c for c in rules.errors if c.near is not None]
    assert alone
    for case in alone:
        gold, predicted = rules.records_of_case(case)
        assert gold is not None
        assert predicted is not None


def test_surfaces_without_a_place_are_cases_of_their_own() -> None:
    gold = vn.load()
    document = next(iter(gold.values()))
    first, second = document.entities[:2]
    answer = {
        "doc_id": document.doc_id,
        "entities": [
            {"text": "Không có trong bài", "type": "PER"},
            {"start": first.start, "end": first.end, "type": "LOC"},
            {"text": "Cũng không có", "type": "ORG"},
            {"start": second.start, "end": second.end, "type": second.type},
        ],
    }
    result = vn.score([answer], measures=["entities.strict"], resamples=0)
    view = seen(result)
    lost = [
        record.text
        for case in view.cases
        if isinstance(record := view.predicted_record(case), Unplaced)
    ]
    assert lost == ["Không có trong bài", "Cũng không có"]
    assert_counts(view)
    # An error of a surface without a place carries its own words, and no span.
    spurious = [e for e in result.errors if e["error"] == "spurious"]
    assert {e["text"] for e in spurious if "spans" not in e} == {*lost}


def shaken(view: View, seed: int) -> list[dict[str, Any]]:
    """Predictions of which every field is changed here and there."""
    dice = random.Random(seed)
    found = []
    for pair in view.documents:
        value = msgspec.to_builtins(pair.prediction)
        value.pop("unplaced")
        for layer in ("entities", "dates", "marks", "quotes"):
            kept = []
            for record in value[layer]:
                if dice.random() < 0.15:
                    continue
                if layer != "quotes" and dice.random() < 0.3:
                    record["start"] = max(0, record["start"] - dice.randint(0, 9))
                    record["end"] = min(len(pair.gold.text), record["end"] + dice.randint(0, 9))
                    record["text"] = None
                if "type" in record and dice.random() < 0.2 and layer == "entities":
                    record["type"] = dice.choice(["PER", "LOC", "ORG", "GPE"])
                kept.append(record)
            value[layer] = kept
        ids = {q["id"] for q in value["quotes"]}
        for quote in value["quotes"]:
            if quote["parent"] not in ids:
                quote["parent"] = None
        found.append(value)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_counts_agree_for_changed_predictions(rules: View, seed: int) -> None:
    assert_counts(seen(vn.score(shaken(rules, seed), measures=MORE, resamples=0)))


def test_other_records_are_refused(rules: View) -> None:
    empty: dict[str, Prediction] = {}
    with pytest.raises(RecordsDifferError, match=r"entities\.strict: these records give"):
        view_of(rules.result, vn.load(), empty)


def test_predictions_are_kept_in_the_result(tmp_path: Path) -> None:
    result = vn.score(_rules(), resamples=0)
    result.save(tmp_path / "a.json")
    read = Result.load(tmp_path / "a.json")
    assert list(read.records or ()) == list(result.records or ())
    assert read == result
    assert len(seen(read).cases) == len(seen(result).cases)


def test_old_results_ask_for_the_predictions() -> None:
    result = Result.load(ROOT / "tests" / "data" / "results" / "0.2.0.json")
    with pytest.raises(SourceError, match="--predictions FILE"):
        predictions_of(result, vn.load(), GivenFiles())


def test_changed_records_are_refused(tmp_path: Path) -> None:
    raw = vn.score(_rules(), resamples=0).to_json()
    raw["records"][0]["entities"].pop()
    changed = Result.from_json(msgspec.json.decode(msgspec.json.encode(raw)))
    with pytest.raises(SourceError, match="was changed"):
        predictions_of(changed, vn.load(), GivenFiles())


def test_other_gold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(
        '{"doc_id":"a","text":"Hà Nội","entities":[{"start":0,"end":6,"type":"LOC"}]}\n'
    )
    result = vn.score([{"doc_id": "a", "entities": []}], gold=path, resamples=0)
    with pytest.raises(SourceError, match="--gold FILE"):
        gold_of(result, GivenFiles())
    assert list(gold_of(result, GivenFiles(gold=path))) == ["a"]


@pytest.mark.parametrize(
    ("predicted", "kind"),
    [((0, 9), "too_long"), ((3, 4), "too_short"), ((1, 4), "left"), ((4, 7), "right")],
)
def test_boundaries(predicted: tuple[int, int], kind: str) -> None:
    assert boundary((2, 6), predicted) == kind


def test_sentences_around_a_span() -> None:
    text = "Một câu. Ông Nam nói: “Tôi đi.” Hết chuyện.\nDòng hai"
    start = text.index("Nam")
    low, high = sentences_around(text, start, start + 3)
    assert text[low:high] == "Ông Nam nói: “Tôi đi.”"
    assert sentences_around("abc", 0, 3) == (0, 3)
