"""Result records: old ones parse, the signature changes with what changes a number, and the formats
say the same.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from conftest import ROOT
from vinewsie.scoring.measures import Measure, all_measures

STORED = sorted((ROOT / "tests" / "data" / "results").glob("*.json"))


def degraded(gold: vn.Gold) -> list[dict[str, Any]]:
    """A prediction that no two settings of a parameter score alike: wrong in each way that a
    parameter looks at.
    """
    predictions = []
    for document in gold.values():
        raw = {
            k: v for k, v in msgspec.to_builtins(document).items() if k not in ("text", "segments")
        }
        raw["entities"] = [e for i, e in enumerate(raw["entities"]) if i % 5]
        for i, e in enumerate(raw["entities"]):
            if i % 7 == 0:
                e["type"] = "MISC"
        raw["dates"] = [d for i, d in enumerate(raw["dates"]) if i % 4]
        raw["quotes"] = [q for i, q in enumerate(raw["quotes"]) if i % 3 != 1]
        for i, q in enumerate(raw["quotes"]):
            q["parent"] = None
            if i % 4 == 0:
                q |= {"speakers": [], "kind": "direct", "source": None, "cue": []}
        predictions.append(raw)
    return predictions


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_results_of_every_version_still_parse(path: Path, tmp_path: Path) -> None:
    result = vn.Result.load(path)
    raw = json.loads(path.read_text(encoding="utf-8"))
    for name, part in raw["measures"].items():
        assert (result[name].precision, result[name].recall, result[name].f1) == (
            part["precision"],
            part["recall"],
            part["f1"],
        )
    assert result.signature == raw["signature"]
    assert len(result.to_frame()) == len(raw["measures"])
    result.save(tmp_path / "again.json")
    assert vn.Result.load(tmp_path / "again.json").to_json() == result.to_json()
    assert vn.compare(result, result)[0].p == 1.0


def test_there_is_a_stored_result_of_this_version() -> None:
    assert vn.__version__ in {path.stem for path in STORED}


def test_a_newer_schema_and_what_is_no_result_are_refused(tmp_path: Path) -> None:
    raw = json.loads(STORED[0].read_text(encoding="utf-8"))
    for content, says in (
        ({**raw, "schema_version": 99}, "schema version 99 is newer"),
        ({"a": 1}, "no result record|not a result record"),
        ([], "not a"),
    ):
        (tmp_path / "r.json").write_text(json.dumps(content))
        with pytest.raises(vn.FindingsError, match=says):
            vn.Result.load(tmp_path / "r.json")


def closed(measure: Measure) -> dict[str, tuple[str, ...]]:
    """The parameters of a measure that have a closed set of values."""
    return {p.name: p.values for p in measure.definition.parameters if p.values}


def settings_of(measure: Measure) -> list[Measure]:
    """A measure with every combination of its parameters' values."""
    allowed = closed(measure)
    return [
        measure.with_params(**dict(zip(allowed, values, strict=True)))
        for values in itertools.product(*allowed.values())
    ]


def test_every_setting_of_a_measure_has_a_signature_of_its_own(gold: vn.Gold) -> None:
    measures = [setting for measure in all_measures() for setting in settings_of(measure)]
    result = vn.score(list(gold.values()), measures=measures, resamples=0)
    signatures = [result.signature_of(name) for name in result]
    assert len(set(signatures)) == len(signatures) == len({str(measure) for measure in measures})


def test_every_parameter_can_change_a_number(gold: vn.Gold) -> None:
    """A parameter that could not would not belong into the signature."""
    for measure in all_measures():
        scores = vn.score(degraded(gold), measures=settings_of(measure), resamples=0)
        for parameter, values in closed(measure).items():
            found = {
                scores[str(measure.with_params(**{parameter: value}))].counts for value in values
            }
            assert len(found) > 1, (measure, parameter)


@settings(max_examples=25)
@given(st.data())
def test_what_changes_a_number_changes_the_signature(data: st.DataObject) -> None:
    """Two runs on the same predictions: other numbers, other signatures."""
    gold = vn.load()
    measure = data.draw(st.sampled_from(all_measures()))
    runs = []
    for _ in range(2):
        chosen = data.draw(st.sampled_from(settings_of(measure)))
        documents = data.draw(st.sampled_from([list(gold), list(gold)[:1], list(gold)[1:]]))
        skip = data.draw(st.booleans())
        part = vn.Gold(
            {d: gold[d] for d in documents},
            gold.registry,
            version=gold.version,
            sha256="-".join(documents),
            packaged=True,
        )
        predictions = [p for p in degraded(gold) if p["doc_id"] in documents]
        result = vn.score(predictions, part, measures=[chosen], skip_invalid=skip, resamples=0)
        runs.append((result[str(chosen)].counts, result.signature))
    if runs[0][0] != runs[1][0]:
        assert runs[0][1] != runs[1][1]


def test_the_formats_hold_the_same_numbers(gold: vn.Gold) -> None:
    from vinewsie.report.text import render

    result = vn.score(degraded(gold))
    frame = result.to_frame()
    raw = json.loads(render(result, "json"))
    for name, score in result.items():
        assert frame.loc[name, "f1"] == score.f1 == raw["measures"][name]["f1"]
        assert raw["measures"][name]["counts"] == score.counts_of(score.counts)
    assert len(render(result, "csv").splitlines()) == 1 + len(result)
    latex = render(result, "latex")
    assert latex.startswith("% entities.strict|docs:2|")
    assert f"{result['entities.strict'].f1:.3f}" in latex
    assert result["quotes.relaxed( view=full )"] == result["quotes.relaxed"]
    with pytest.raises(KeyError):
        result["quotes.fuzzy"]


def test_errors_are_listed_with_their_places(gold: vn.Gold) -> None:
    result = vn.score(degraded(gold), measures=["entities.strict", "quotes.kind"])
    missed = [e for e in result.errors if e["error"] == "missed"]
    counts = result["entities.strict"].counts
    assert len(missed) == counts.gold - counts.matched
    for error in missed:
        [[start, end]] = error["spans"]
        assert gold[error["doc_id"]].text[start:end] == error["text"]
    assert {e["error"] for e in result.errors if e["measure"] == "quotes.kind"} == {"wrong"}
