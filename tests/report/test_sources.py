"""Results of every kind become a page: with records or without, of parts, maps and custom gold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from vinewsie.scoring import result as result_module
from vinewsie.scoring import run as run_module

Run = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with custom gold, predictions, and a map of labels."""
    monkeypatch.chdir(tmp_path)
    gold, predicted = [], []
    for number in range(4):
        text = f"Bà Hoa {number} ở Huế. Ông Nam ở Vinh."
        spans = {word: (text.index(word), text.index(word) + len(word)) for word in ("Hoa", "Huế")}
        entities = [
            {"start": start, "end": end, "type": type_}
            for (start, end), type_ in zip(spans.values(), ("PERSON", "CITY"), strict=True)
        ]
        document = {"doc_id": f"d{number}", "text": text, "entities": entities}
        gold.append({**document, "metadata": {"outlet": f"o{number % 2}"}})
        words = {"text": "Nam", "type": "PERSON"}
        predicted.append({"doc_id": f"d{number}", "entities": [entities[0], words]})
    for name, rows in (("gold.jsonl", gold), ("p.jsonl", predicted)):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "map.json").write_text('{"PERSON": "PER", "CITY": null}')
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--labels", "map.json"],
        ["--where", "outlet=o1"],
        ["--docs", "d2"],
        ["--skip-invalid"],
        ["--missing", "zero"],
        ["-m", "entities.partial(overlap=0.5)", "-m", "entities.strict(label=PERSON)"],
    ],
    ids=" ".join,
)
def test_a_result_of_custom_gold_becomes_a_page(files: Path, cli: Run, options: list[str]) -> None:
    score = ["score", "p.jsonl", "--gold", "gold.jsonl", "--resamples", "0", *options]
    done = cli(*score, "--format", "json", "-o", "r.json", "--report", "1.html")
    assert done.exit_code == 0, done.stderr
    done = cli("report", "r.json", "--gold", "gold.jsonl", "-o", "2.html")
    assert done.exit_code == 0, done.stderr
    same = (files / "1.html").read_bytes() == (files / "2.html").read_bytes()
    assert same
    done = cli("report", "r.json", "-o", "2.html")
    assert done.exit_code == 2
    assert "give it with --gold FILE" in done.stderr


def test_a_result_without_records_takes_the_predictions(files: Path, cli: Run) -> None:
    score = ["score", "p.jsonl", "--gold", "gold.jsonl", "--resamples", "0"]
    cli(*score, "--format", "json", "-o", "r.json", "--report", "1.html")
    raw = json.loads((files / "r.json").read_text())
    del raw["records"]
    (files / "r.json").write_text(json.dumps(raw))
    report = ["report", "r.json", "--gold", "gold.jsonl", "-o", "2.html"]
    done = cli(*report)
    assert done.exit_code == 2
    assert "vinewsie report RESULT.json --predictions FILE" in done.stderr
    done = cli(*report, "--predictions", "p.jsonl")
    assert done.exit_code == 0, done.stderr
    same = (files / "1.html").read_bytes() == (files / "2.html").read_bytes()
    assert same
    rows = (files / "p.jsonl").read_text().splitlines()
    (files / "other.jsonl").write_text(rows[0] + "\n")
    done = cli(*report, "--predictions", "other.jsonl")
    assert done.exit_code == 2
    assert "has not the predictions of the result" in done.stderr


def test_a_result_of_very_many_records_does_not_hold_them(
    files: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (result_module, run_module):
        monkeypatch.setattr(module, "RECORDS", 7)
    score = ["score", "p.jsonl", "--gold", "gold.jsonl", "--resamples", "0"]
    assert cli(*score, "--format", "json", "-o", "r.json", "--report", "1.html").exit_code == 0
    assert "records" not in json.loads((files / "r.json").read_text())
    assert "Bà Hoa" in (files / "1.html").read_text()


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_results_of_older_versions_say_what_to_type(cli: Run, tmp_path: Path, version: str) -> None:
    path = ROOT / "tests" / "data" / "results" / f"{version}.json"
    done = cli("report", path, "-o", tmp_path / "r.html")
    assert done.exit_code == 2
    assert "--predictions FILE" in done.stderr or "--gold FILE" in done.stderr


def test_results_that_cannot_be_compared(files: Path, cli: Run) -> None:
    score = ["score", "p.jsonl", "--gold", "gold.jsonl", "--resamples", "0", "--format", "json"]
    cli(*score, "-o", "a.json")
    cli(*score, "-m", "entities.exact", "-o", "b.json")
    done = cli("report", "a.json", "b.json", "--gold", "gold.jsonl", "-o", "c.html")
    assert done.exit_code == 1
    assert "the results differ in" in done.stderr
    assert not (files / "c.html").exists()
