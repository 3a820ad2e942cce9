"""What the gold does not annotate, and what predictions do not offer, has no rates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result as Outcome

import vinewsie as vn
from vinewsie.reading.predictions import read_predictions
from vinewsie.report import text
from vinewsie.scoring.measures import all_measures, parse
from vinewsie.scoring.result import DatasetInfo
from vinewsie.scoring.run import assemble, score_part

Run = Callable[..., Outcome]

TEXT = "Ông An nói trời mưa."
BARE: dict[str, Any] = {
    "entities": [{"start": 4, "end": 6}],
    "dates": [{"start": 0, "end": 3}],
    "quotes": [{"content": [{"start": 11, "end": 19}]}],
}
"""Records that have spans and nothing else."""
SPANS = {"entities.exact", "entities.partial", "dates.strict", "dates.relaxed"} | {
    f"quotes.{name}" for name in ("strict", "relaxed", "token")
}
"""Measures that read no more than spans."""


def gold_of(**layers: Any) -> vn.Gold:
    return vn.Gold({"d": msgspec.convert({"doc_id": "d", "text": TEXT, **layers}, vn.Document)})


def statuses(result: vn.Result) -> dict[str, str]:
    return {name: score.status for name, score in result.items()}


def test_what_the_gold_does_not_annotate_is_neither_right_nor_wrong() -> None:
    result = vn.score([{"doc_id": "d", **BARE}], gold_of(**BARE), measures=all_measures())
    for name, score in result.items():
        expected = "scored" if name in SPANS else "not_annotated"
        assert score.status == expected, name
        value = 1.0 if name in SPANS else None
        assert score.value == value, name
        assert (score.ci is None) == (expected != "scored")
    assert {error["measure"] for error in result.errors} <= SPANS
    assert "attribution" not in result.diagnostics


@pytest.mark.parametrize(
    ("layer", "field", "measures"),
    [
        ("entities", {"type": "PER"}, ["entities.strict", "entities.type"]),
        ("entities", {"entity_id": "an"}, ["entities.linked"]),
        ("dates", {"value": "2022"}, ["dates.value"]),
        ("dates", {"type": "DATE"}, ["dates.type"]),
        ("quotes", {"kind": "indirect"}, ["quotes.kind"]),
        (
            "quotes",
            {"speakers": ["an"]},
            [
                *(f"attribution.{n}" for n in ("joint", "speaker", "misattributed", "chain")),
                "people.document",
                "people.voice",
            ],
        ),
        ("quotes", {"source": {"start": 0, "end": 6}}, ["attribution.source"]),
        ("quotes", {"cue": [{"start": 7, "end": 10}]}, ["attribution.cue"]),
    ],
)
def test_one_value_anywhere_in_the_gold_makes_it_annotated(
    layer: str, field: dict[str, Any], measures: list[str]
) -> None:
    first, second = gold_of(**BARE)["d"], {**BARE, layer: [{**BARE[layer][0], **field}]}
    other = msgspec.convert({"doc_id": "e", "text": TEXT, **second}, vn.Document)
    gold = vn.Gold({"d": first, "e": other})
    predictions = [{"doc_id": "d", **BARE}, {"doc_id": "e", **BARE, "marks": []}]
    result = vn.score(predictions, gold, measures=all_measures())
    annotated = {name for name, status in statuses(result).items() if status == "scored"}
    assert annotated == SPANS | set(measures)
    # The status is that of the gold as a whole, however the documents are divided.
    parts = [
        score_part(read_predictions([p], one), one, list(map(parse, result)))
        for p, one in ((p, vn.Gold({p["doc_id"]: gold[p["doc_id"]]})) for p in predictions)
    ]
    about: DatasetInfo = {
        "name": "x",
        "version": "",
        "sha256": "",
        "guideline_version": "",
        "documents": ["d", "e"],
    }
    assert statuses(assemble(parts, about)) == statuses(result)


def test_marks_are_not_annotated_where_there_are_quotations_without_any() -> None:
    said = [{"start": 11, "end": 19, "function": "speech"}]
    predicted = [{"doc_id": "d", **BARE, "marks": said}]
    [score] = vn.score(predicted, gold_of(**BARE), measures=["quotes.marked"]).values()
    assert (score.status, score.f1) == ("not_annotated", None)
    [score] = vn.score(predicted, gold_of(**BARE, marks=said), measures=["quotes.marked"]).values()
    assert (score.status, score.f1) == ("scored", 1.0)


def test_a_source_that_names_an_entity_annotates_the_speaker() -> None:
    entities = [{"start": 4, "end": 6, "type": "PER", "entity_id": "an"}]
    quotes = [{**BARE["quotes"][0], "source": {"start": 0, "end": 6}}]
    gold = gold_of(entities=entities, quotes=quotes)
    [score] = vn.score(gold.values(), gold, measures=["attribution.speaker"]).values()
    assert (score.status, score.accuracy) == ("scored", 1.0)


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    rows = {
        "entities": [{"start": 4, "end": 6, "type": "PER"}],
        "dates": [{"start": 0, "end": 3, "type": "DATE"}],
        "quotes": BARE["quotes"],
    }
    path.write_text(json.dumps({"doc_id": "d", "text": TEXT, **rows}), "utf-8")
    return path


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


MEASURES = ("entities.strict", "dates.strict", "quotes.relaxed", "quotes.marked")


def test_a_layer_that_a_file_does_not_mention_is_not_offered(
    gold_file: Path, tmp_path: Path
) -> None:
    entities = [{"start": 4, "end": 6, "type": "PER"}]
    file = write(tmp_path / "p.jsonl", {"doc_id": "d", "entities": entities})
    result = vn.score(file, gold_file, measures=MEASURES)
    assert statuses(result) == {
        "entities.strict": "scored",
        "dates.strict": "not_offered",
        "quotes.relaxed": "not_offered",
        "quotes.marked": "not_annotated",
    }
    assert {score.value for score in result.values()} == {1.0, None}
    [warning] = result.predictions["warnings"]
    assert warning.startswith("warning: the predictions mention no dates, quotes: ")
    zero = vn.score(file, gold_file, measures=MEASURES, missing="zero")
    assert [score.f1 for score in zero.values()] == [1.0, 0.0, 0.0, None]
    assert zero.predictions["warnings"] == []
    assert "|missing:zero|" in zero.signature
    assert "missing" not in result.signature
    assert vn.Result.from_json(zero.to_json()) == zero


@pytest.mark.parametrize(
    "row",
    [
        {"doc_id": "d", "entities": [], "dates": [], "quotes": []},
        # Without any layer nothing tells what the predictions would offer.
        {"doc_id": "d"},
    ],
)
def test_an_empty_list_is_an_answer(row: dict[str, Any], gold_file: Path, tmp_path: Path) -> None:
    result = vn.score(write(tmp_path / "p.jsonl", row), gold_file, measures=MEASURES[:3])
    assert [score.f1 for score in result.values()] == [0.0, 0.0, 0.0]
    assert result.predictions["warnings"] == []


def test_one_line_that_mentions_a_layer_offers_it(gold_file: Path, tmp_path: Path) -> None:
    second = {"doc_id": "e", "text": TEXT, "dates": [{"start": 0, "end": 3, "type": "DATE"}]}
    gold = write(tmp_path / "two.jsonl", json.loads(gold_file.read_text("utf-8")), second)
    rows = [{"doc_id": "d", "entities": []}, {"doc_id": "e", "dates": []}]
    result = vn.score(write(tmp_path / "p.jsonl", *rows), gold, measures=MEASURES[:3])
    assert list(statuses(result).values()) == ["scored", "scored", "not_offered"]


def test_a_format_offers_the_layers_that_it_holds(gold_file: Path, tmp_path: Path) -> None:
    columns = tmp_path / "p.conll"
    columns.write_text("Ông O\nAn B-PER\nnói O\ntrời O\nmưa O\n. O\n", "utf-8")
    result = vn.score(columns, gold_file, measures=MEASURES[:3])
    assert list(statuses(result).values()) == ["scored", "not_offered", "not_offered"]


def test_gold_files_annotate_the_layers_that_they_mention(tmp_path: Path) -> None:
    names = {"doc_id": "d", "text": TEXT, "entities": [{"start": 4, "end": 6, "type": "PER"}]}
    predicted = [{"doc_id": "d", "dates": [{"start": 0, "end": 3}], "entities": []}]
    measures = ["entities.strict", "dates.strict"]
    result = vn.score(predicted, write(tmp_path / "g.jsonl", names), measures=measures)
    assert list(statuses(result).values()) == ["scored", "not_annotated"]
    # An empty list states that there are no dates, so a predicted one is wrong.
    result = vn.score(
        predicted, write(tmp_path / "h.jsonl", {**names, "dates": []}), measures=measures
    )
    assert result["dates.strict"].precision == 0.0
    columns = tmp_path / "g.conll"
    columns.write_text("Ông O\nAn B-PER\nnói O\n", "utf-8")
    [doc_id] = vn.load(columns)
    result = vn.score([{**predicted[0], "doc_id": doc_id}], columns, measures=measures)
    assert list(statuses(result).values()) == ["scored", "not_annotated"]


def test_a_callable_offers_the_layers_of_its_answers(gold_file: Path) -> None:
    def names_alone(_: vn.Document) -> dict[str, Any]:
        return {"entities": []}

    result = vn.score(names_alone, gold_file, measures=MEASURES[:3])
    assert list(statuses(result).values()) == ["scored", "not_offered", "not_offered"]
    assert result.predictions["warnings"] == []


def test_a_built_in_extractor_offers_its_layers_whatever_it_finds(
    cli: Run, gold_file: Path
) -> None:
    asked = [part for measure in MEASURES[:3] for part in ("-m", measure)]
    command = ("score", "-e", "dateparser", "--gold", str(gold_file), *asked)
    out = cli(*command, "--format", "json")
    found = json.loads(out.stdout)["measures"]
    assert [score["status"] for score in found.values()] == ["not_offered", "scored", "not_offered"]
    assert found["dates.strict"]["f1"] is not None
    assert found["entities.strict"]["f1"] is None
    assert "mention no" not in out.stderr
    zero = json.loads(cli(*command, "--format", "json", "--missing", "zero").stdout)["measures"]
    assert [score["f1"] for score in zero.values()] == [0.0, 0.0, 0.0]


def test_every_form_of_a_result_gives_the_reason(gold_file: Path) -> None:
    said = [{"start": 11, "end": 19, "function": "speech"}]
    predicted = [{"doc_id": "d", "entities": [], "marks": said}]
    result = vn.score(predicted, gold_file, measures=MEASURES)
    assert vn.Result.from_json(result.to_json()) == result
    plain, short = text.render(result, "text"), str(result)
    assert max(map(len, plain.partition("Signatures")[0].splitlines())) <= 80
    latex, csv = text.render(result, "latex"), text.render(result, "csv")
    for shown in (plain, short):
        assert "dates.strict" in shown
        assert "not offered" in shown
        assert "not annotated in this gold" in " ".join(shown.split())
    assert "dates.strict (not offered)" in latex
    assert ",not_offered," in csv
    assert ",not_annotated," in csv
    assert "--missing zero" in plain


def test_compare_gives_the_reason(gold_file: Path) -> None:
    asked = ["entities.strict", "dates.strict"]
    names = [{"doc_id": "d", "entities": [{"start": 4, "end": 6, "type": "PER"}]}]
    both = [{"doc_id": "d", "entities": [], "dates": [{"start": 0, "end": 3, "type": "DATE"}]}]
    a, b = (vn.score(side, gold_file, measures=asked) for side in (names, both))
    entities, dates = vn.compare(a, b)
    assert (entities.difference, entities.unscored) == (1.0, "")
    assert (dates.a, dates.b, dates.difference, dates.p) == (None, 1.0, None, None)
    assert dates.unscored == "A: not offered"
    assert "A: not offered" in str(text.comparison_report([entities, dates]))
