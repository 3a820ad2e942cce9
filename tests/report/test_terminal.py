"""What `vinewsie score` prints: only what the gold has, and one screen for the scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.report.text import error_commands, score_report
from vinewsie.scoring.measures import parse, wanted
from vinewsie.scoring.summary import left_out, shown_scores

TEXT = "Ông An đến Hà Nội."
NAMES = [{"start": 4, "end": 6, "type": "PER"}, {"start": 11, "end": 17, "type": "LOC"}]
DATES = [{"start": 0, "end": 3, "type": "DATE"}]
NOT_ANNOTATED = (
    "dates.strict, dates.value, quotes.relaxed, attribution.joint: not annotated in this gold."
)
ZONES = [
    {"start": 0, "end": 10, "zone": "body", "item": 0},
    {"start": 11, "end": 18, "zone": "teaser", "item": 1},
]


def gold_of(**layers: Any) -> vn.Gold:
    document = {"doc_id": "d", "text": TEXT, "entities": NAMES, **layers}
    layers_there = frozenset({"entities", *layers} - {"segments"})
    return vn.Gold({"d": msgspec.convert(document, vn.Document)}, layers=layers_there)


def result_of(gold: vn.Gold, **options: Any) -> vn.Result:
    predicted = [{"doc_id": "d", "entities": NAMES[:1], "dates": DATES, **options.pop("more", {})}]
    return vn.score(predicted, gold, resamples=0, **options)


def test_layers_that_the_gold_does_not_have_take_no_room() -> None:
    shown = str(score_report(result_of(gold_of())))
    for word in ("article", "zone  ", "Scare", "Direct", "Recall", "Speakers"):
        assert word not in shown, word
    assert shown.count("entities.strict") == 2  # the row, and the signature
    assert NOT_ANNOTATED in " ".join(shown.split())


def test_the_json_keeps_all_measures() -> None:
    result = result_of(gold_of())
    assert len(result.to_json()["measures"]) == len(result) == 10
    assert [*shown_scores(result)] == ["entities.strict"]
    assert left_out(result) == {
        "not annotated in this gold": [
            "dates.strict",
            "dates.value",
            "quotes.relaxed",
            "attribution.joint",
        ]
    }


def test_articles_are_shown_apart_where_the_page_has_more() -> None:
    assert [*shown_scores(result_of(gold_of(segments=ZONES)))] == [
        "entities.strict",
        "entities.strict(zone=article)",
    ]
    asked = ["entities.strict(zone=article)"]
    assert [*shown_scores(result_of(gold_of(), measures=asked))] == asked


def test_a_measure_that_was_asked_for_always_has_a_row() -> None:
    asked = [
        "entities.strict",
        "entities.strict(zone=article)",
        "entities.strict(label=FAC)",
        "quotes.kind",
        "attribution.cue(zone=article)",
        "people.voice",
    ]
    result = result_of(gold_of(), measures=asked)
    assert [*shown_scores(result)] == asked
    assert left_out(result) == {}
    for shown in (str(result), str(score_report(result))):
        for measure in map(parse, asked):
            assert f"{measure.layer}.{measure.name}" in shown
        assert "not annotated in this gold" in " ".join(shown.split())
    alone = result_of(gold_of(), measures=asked[3:4])
    assert [*shown_scores(alone)] == asked[3:4]


def test_a_measure_that_was_asked_for_beside_the_default_ones_has_a_row() -> None:
    """As by --fail-under."""
    asked = [*map(str, wanted(None, "any")), "quotes.kind"]
    result = result_of(gold_of(), measures=asked)
    assert [*shown_scores(result)] == ["entities.strict(scheme=any)", "quotes.kind"]
    assert "quotes.relaxed" in left_out(result)["not annotated in this gold"]


@pytest.mark.parametrize("nulls", [{}, {"value": None}])
def test_values_that_are_all_missing_are_told(nulls: dict[str, None]) -> None:
    """With one value among several dates, a note says how many are set aside."""
    gold = gold_of(dates=[{**DATES[0], **nulls}])
    predicted = {"dates": [{**DATES[0], "value": "2022-08-15"}]}
    asked = result_of(gold, measures=["dates.value", "dates.strict"], more=predicted)
    shown = " ".join(str(score_report(asked)).split())
    assert "dates.value – – – – – – not annotated in this gold dates.strict 1.000" in shown
    assert "dates.value: 1 gold record and 1 prediction of the whole page are set aside" in shown
    default = " ".join(str(score_report(result_of(gold, more=predicted))).split())
    assert "dates.value, quotes.relaxed, attribution.joint: not annotated in this gold." in default


def test_errors_are_those_of_scored_measures() -> None:
    result = result_of(gold_of(entities=NAMES[:1]), measures=["entities.strict", "dates.strict"])
    assert result["dates.strict"].counts.predicted == 1
    assert error_commands(result, "vinewsie errors p.jsonl") == []


def test_groups_and_labels_are_those_of_the_shown_measures() -> None:
    result = result_of(gold_of(metadata={"outlet": "A"}), by="outlet")
    shown = str(score_report(result, by_label=True))
    assert shown.count("article") == 0
    assert "dates" not in shown.partition("dates.strict, dates.value, quotes")[0]


def test_signatures_are_the_end_and_have_a_line_each(gold: vn.Gold) -> None:
    result = vn.score([], gold, resamples=0)
    lines = str(score_report(result)).splitlines()
    begin = lines.index("Signatures")
    assert [line.strip() for line in lines[begin + 1 :]] == result.signature.splitlines()


@pytest.mark.parametrize("gold_has", ["names", "all"])
def test_scores_come_first_and_notes_last(gold_has: str, gold: vn.Gold) -> None:
    result = result_of(gold_of()) if gold_has == "names" else vn.score([], gold, resamples=0)
    shown = str(score_report(result, after_scores=["HERE", ""]))
    places = [shown.index(word) for word in ("measure", "HERE", "P: ", "Signatures")]
    assert places == sorted(places)
    assert "none" not in shown.partition("Signatures")[0]


def test_diagnostics_stand_between_errors_and_notes() -> None:
    longer = {"entities": [{"start": 0, "end": 6, "type": "PER"}]}
    shown = str(score_report(result_of(gold_of(), more=longer), after_scores=["HERE", ""]))
    places = [shown.index(word) for word in ("HERE", "Boundary errors", "P: ")]
    assert places == sorted(places)
    assert "under entities.partial: too long 1\n" in shown


def test_the_first_screen_has_the_scores_and_the_errors(cli: Callable[..., Any]) -> None:
    """A screen of 24 lines has all of it, and the line of the prompt."""
    lines = cli("score", "-e", "rules", "--resamples", "20").stdout.splitlines()
    assert lines[15].split()[:4] == ["errors", "most", "frequent", "kinds"]
    assert lines[20] == "Each error in its sentence: vinewsie errors -e rules"
    assert lines[21] == "As a page: vinewsie score … --report report.html"
    for line in lines[17:20]:
        count, options = int(line.split()[0]), line.split("  --")[1].split()
        shown = cli("errors", "-e", "rules", *f"--{' '.join(options)}".split()).stdout
        assert shown.count("\n\n") + 1 == count


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], "vinewsie errors {file}"),
        (["-m", "entities.strict"], "vinewsie errors {file} -m entities.strict"),
        (["--scheme", "any"], "vinewsie errors {file} --scheme any"),
        (["--docs", "epochtimes-vn-20220815"], "vinewsie errors RESULT.json"),
        (["--input-format", "native"], "vinewsie errors RESULT.json"),
    ],
)
def test_the_command_for_errors_is_that_of_the_score(
    cli: Callable[..., Any], tmp_path: Path, options: list[str], shown: str
) -> None:
    file = tmp_path / "p.jsonl"
    assert cli("run", "rules", "-o", file).exit_code == 0
    out = cli("score", file, "--resamples", "0", *options).stdout
    command = shown.format(file=file)
    assert f"Each error in its sentence: {command}\n" in out
    if "RESULT" not in command:
        assert cli(*command.split()[1:]).exit_code == 0


def test_a_perfect_prediction_has_no_errors(cli: Callable[..., Any], tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"doc_id": "d", "text": TEXT, "entities": NAMES}))
    out = cli("score", gold, "--gold", gold)
    assert "most frequent kinds" not in out.stdout
    assert "vinewsie errors" not in out.stdout
    listed = cli("errors", gold, "--gold", gold)
    assert (listed.exit_code, listed.stdout, listed.stderr) == (0, "", "no errors\n")


def test_layers_that_are_not_offered_are_one_line(gold: vn.Gold) -> None:
    """As of a recogniser of names on the packaged pages, whose scores fit on the screen."""
    result = vn.score([{"doc_id": "epochtimes-vn-20220815", "entities": []}], resamples=0)
    assert [*shown_scores(result)] == ["entities.strict", "entities.strict(zone=article)"]
    shown = str(score_report(result))
    line = "dates.strict, dates.value, quotes.relaxed, attribution.joint: not offered.\n"
    assert line in shown
    assert "not offered: no prediction mentions the layer; --missing zero counts it as" in shown
    short = str(result).splitlines()
    assert len(short) == 4 + 4 + 1  # headers, two scores, and four measures with their reason
    assert short[-1].strip() == "not offered"
