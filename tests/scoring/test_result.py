"""Result records: old ones parse, the signature changes with what changes a number, and the formats
say the same.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from conftest import ROOT
from vinewsie.model import DateReading
from vinewsie.scoring import result as result_module
from vinewsie.scoring import run
from vinewsie.scoring.measures import Measure, all_measures, parse

STORED = sorted((ROOT / "tests" / "data" / "results").glob("*.json"))

REPEATING = "baoquocte-20231012"
"""The article that has lines twice."""


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
        for m in raw["marks"]:
            m["function"] = "speech" if m["contested"] else m["function"]
        raw["quotes"] = [q for i, q in enumerate(raw["quotes"]) if i % 3 != 1]
        for i, q in enumerate(raw["quotes"]):
            q["parent"] = None
            if i % 5 == 1:
                q["speakers"] = (
                    ["Lãnh đạo Triều Tiên"] if q["speakers"] == ["kim-jong-un"] else None
                )
            if i % 4 == 0:
                q |= {"speakers": [], "kind": "direct", "source": None, "cue": []}
        for q in raw["quotes"]:
            if q["id"] == "q19" and document.doc_id == REPEATING:
                q["speakers"] = ["yonhap"]  # only in the second copy of a line
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


def test_a_result_is_its_record(gold: vn.Gold) -> None:
    wanted = [str(m) for m in all_measures()] + ["entities.strict(label=PER,scheme=vlsp2018)"]
    result = vn.score(degraded(gold), measures=wanted, resamples=20)
    other = vn.score(degraded(gold)[:1], measures=wanted, resamples=20)
    read = vn.Result.from_json(json.loads(result.dumps()))
    for copy in (read, pickle.loads(pickle.dumps(result))):
        assert copy == result
        for measure, score in result.measures.items():
            # A part of an accuracy keeps only what is compared and what is right in it.
            same = score if score.kind == "f1" else read.measures[measure]
            assert copy.measures[measure] == same
            assert (copy.measures[measure].counts, copy.measures[measure].ci) == (
                score.counts,
                score.ci,
            )
        assert (copy.errors, copy.diagnostics) == (result.errors, result.diagnostics)
        assert copy.predictions_sha256 == result.predictions_sha256
    assert result != other


def test_the_record_says_what_each_measure_is(gold: vn.Gold) -> None:
    raw = vn.score(degraded(gold), measures=all_measures(), resamples=0).to_json()
    assert raw["schema_version"] == 2
    for measure in all_measures():
        part, definition = raw["measures"][str(measure)], measure.definition
        assert (part["kind"], part["semeval"]) == (definition.kind, definition.semeval)


def test_an_old_record_is_read_as_one_of_this_schema() -> None:
    raw = json.loads((ROOT / "tests" / "data" / "results" / "0.1.0.json").read_text("utf-8"))
    assert raw["schema_version"] == 1
    read = vn.Result.from_json(raw).to_json()
    assert read["schema_version"] == 2
    for name, part in read["measures"].items():
        known = all_of(parse(name))
        assert (part.pop("kind"), part.pop("semeval")) == known
        assert part.pop("status") == "scored"
        assert part.pop("set_aside") == {"gold": 0, "predicted": 0}
        assert part.pop("macro_f1") == vn.Result.from_json(raw)[name].macro_f1
        assert part == raw["measures"][name]
    assert read.pop("errors_total") == len(raw["errors"])
    rest = {"schema_version": 0, "measures": 0, "parameters": 0}
    assert {**read, **rest} == {**raw, **rest}


def all_of(measure: Measure) -> tuple[str, bool]:
    """Kind and ``semeval`` of a measure."""
    return measure.definition.kind, measure.definition.semeval


def test_what_takes_time_is_made_when_it_is_read(
    gold: vn.Gold, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for name in ("errors_of", "diagnose"):
        original = getattr(run, name)

        def counted(*args: Any, name: str = name, original: Any = original) -> Any:
            made.append(name)
            return original(*args)

        monkeypatch.setattr(run, name, counted)
    result = vn.score(degraded(gold), measures=["entities.strict"], resamples=0)
    assert made == []
    assert len(result.errors) == len(result.errors) > 0
    assert result.diagnostics is result.diagnostics
    assert made == ["errors_of", "diagnose"]


def test_a_result_with_many_errors_holds_their_number(
    gold: vn.Gold, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = vn.score(degraded(gold), measures=["entities.strict", "quotes.kind"], resamples=0)
    count = len(result.errors)
    monkeypatch.setattr(result_module, "ERRORS", count)
    assert result.to_json()["errors"] == list(result.errors)
    assert "errors_note" not in result.to_json()
    monkeypatch.setattr(result_module, "ERRORS", count - 1)
    raw = json.loads(result.dumps())
    assert (raw["errors"], raw["errors_total"]) == (None, count)
    assert "--errors FILE" in raw["errors_note"]
    assert len(result.errors) == count
    result.save(tmp_path / "r.json")
    read = vn.Result.load(tmp_path / "r.json")
    assert read == result
    assert read.error_count == count
    with pytest.raises(result_module.ErrorsLeftOutError, match=f"{count} errors are more than"):
        _ = read.errors
    assert read.to_json() == raw
    assert pickle.loads(pickle.dumps(read)) == read
    assert pickle.loads(pickle.dumps(result)).errors == result.errors


def test_a_record_is_one_line(gold: vn.Gold) -> None:
    result = vn.score(degraded(gold), measures=["entities.strict"], resamples=0)
    assert result.dumps().count("\n") == 1
    assert json.loads(result.dumps(indent=2)) == json.loads(result.dumps())
    assert result.dumps(indent=2).count("\n") > 100


def test_a_printed_result_is_a_short_table(gold: vn.Gold) -> None:
    long = "entities.strict(levels=outermost,scheme=vlsp2018,zone=article)"
    label = f"entities.strict(label={'Ơ' * 60},scheme=any)"
    result = vn.score(degraded(gold), measures=["quotes.kind", "entities.strict", long, label])
    lines = str(result).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split("  ")[0] == "measure"
    score = result["entities.strict"]
    low, high = score.interval
    rates = f"{score.precision:.3f} {score.recall:.3f} {score.f1:.3f} {low:.3f}–{high:.3f}"
    assert [line.split() for line in lines if line.startswith("entities.strict ")] == [
        ["entities.strict", *rates.split()]
    ]
    [kind] = [line.split() for line in lines if line.startswith("quotes.kind")]
    assert kind[1] == f"{result['quotes.kind'].accuracy:.3f}"
    assert "scheme=vlsp2018,zone=article)" in str(result)
    assert repr(result) == "<Result: predictions on ViNewsIE 1.1.0, 2 documents, 4 measures>"


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


def reporting(gold: vn.Gold, prompts: list[str]) -> list[dict[str, Any]]:
    """An answer to each document with the report of the extractor ``openai``."""
    return [
        {
            "doc_id": doc_id,
            "entities": [{"start": 0, "end": 4, "type": "ORG"}],
            "info": {"model": "m", "prompt": prompt, "prompt_tokens": 2, "cost": 0.5},
        }
        for doc_id, prompt in zip(gold, prompts, strict=True)
    ]


def test_answers_have_one_result_whether_asked_or_read_from_a_file(
    gold: vn.Gold, tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    common: dict[str, Any] = {"measures": ["entities.strict"], "resamples": 0}
    answers = reporting(gold, ["vi-1", "vi-1"])
    path.write_text("\n".join(map(json.dumps, answers)), encoding="utf-8")
    by_id = {answer["doc_id"]: answer for answer in answers}
    asked = vn.score(lambda document: by_id[document.doc_id], **common)
    info = {"model": "m", "prompt": "vi-1", "prompt_tokens": 4, "cost": 1.0}
    for result in (asked, vn.score(path, **common), vn.score(answers, **common)):
        assert result.predictions["info"] == info
        assert result.signature == asked.signature
        assert "|prompt:vi-1|" in result.signature
    epochs = vn.score(vn.Epochs([path, path]), **common)
    assert epochs.predictions["info"] == {**info, "prompt_tokens": 8, "cost": 2.0}
    # A part has the reports of its documents.
    part = vn.score(path, docs=[next(iter(gold))], **common)
    assert part.predictions["info"] == {**info, "prompt_tokens": 2, "cost": 0.5}
    bare = [{**answer, "info": None} for answer in answers]
    assert "info" not in vn.score(bare, **common).predictions


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (["vi-2", "vi-1"], "vi-1+vi-2"),
        (["Tìm tên\xa0người|\nnơi chốn"] * 2, "38b72f"),
    ],
    ids=["two", "a whole prompt"],
)
def test_the_prompt_in_a_signature_is_a_short_name(
    gold: vn.Gold, prompts: list[str], expected: str
) -> None:
    answers = reporting(gold, prompts)
    result = vn.score(answers, measures=["entities.strict"], resamples=0)
    assert f"|prompt:{expected}|" in result.signature
    again = vn.score(answers[::-1], measures=["entities.strict"], resamples=0)
    assert again.signature == result.signature


def doubtful(gold: vn.Gold) -> vn.Gold:
    """The gold with more contested records: each fourth date, in another reading none."""
    absent = (DateReading(absent=True),)
    documents = {
        document.doc_id: msgspec.structs.replace(
            document,
            dates=tuple(
                date if n % 4 else msgspec.structs.replace(date, contested=True, readings=absent)
                for n, date in enumerate(document.dates)
            ),
        )
        for document in gold.values()
    }
    return dataclasses.replace(gold, documents=documents)


def test_every_parameter_can_change_a_number(gold: vn.Gold) -> None:
    """A parameter that could not would not belong into the signature."""
    predictions, gold = degraded(gold), doubtful(gold)
    for measure in all_measures():
        scores = vn.score(predictions, gold, measures=settings_of(measure), resamples=0)
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
