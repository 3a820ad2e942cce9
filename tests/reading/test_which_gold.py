"""The packaged data set, and another one in the working folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from conftest import DATASET
from vinewsie.reading.gold import default_gold_note

Run = Callable[..., Any]


@pytest.fixture
def rebuilt(corpus_copy: Path, tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a data set whose labels and version differ from the packaged ones."""
    index = corpus_copy / "articles" / "articles.json"
    articles = json.loads(index.read_text(encoding="utf-8"))
    index.write_text(json.dumps(articles | {"data_version": "9.0.0"}), encoding="utf-8")
    dates = corpus_copy / "gold" / "baoquocte-20231012" / "dates.jsonl"
    text = dates.read_text(encoding="utf-8")
    dates.write_text(text.replace("2023-10-12", "2023-10-11"), encoding="utf-8")
    assert cli("build", "--annotations", corpus_copy).exit_code == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path / "dataset"


def test_score_names_both_data_sets(rebuilt: Path, cli: Run, gold: vn.Gold) -> None:
    predictions = rebuilt.parent / "p.jsonl"
    predictions.write_text(f'{{"doc_id": "{next(iter(gold))}", "dates": []}}\n')
    command = ("score", predictions, "-m", "dates.strict", "--resamples", "0")
    other = vn.load(rebuilt)
    run = cli(*command)
    assert run.exit_code == 0
    assert f"data:{gold.version}@{gold.sha256[:6]}" in run.stdout
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("scores the packaged")]
    assert f"ViNewsIE {gold.version} (sha256 {gold.sha256[:12]})" in line
    assert f"not ViNewsIE 9.0.0 (sha256 {other.sha256[:12]}) in {rebuilt}" in line
    assert line.endswith(f"which --gold {rebuilt} scores")
    run = cli(*command, "--gold", rebuilt)
    assert "data:9.0.0@" in run.stdout
    assert "scores the packaged" not in run.stderr


def test_the_data_set_of_the_working_folder(
    rebuilt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert str(default_gold_note(below)) == str(default_gold_note()) != "None"
    # The same content, and a manifest of something else, need no note.
    shutil.rmtree(rebuilt)
    shutil.copytree(DATASET, rebuilt)
    assert default_gold_note(below) is None
    (rebuilt / "manifest.json").write_text('{"name": "app"}')
    assert default_gold_note(rebuilt) is None


def test_data_prints_the_packaged_folder(cli: Run) -> None:
    run = cli("data")
    assert (run.exit_code, run.stdout) == (0, f"{DATASET}\n")
    assert run.stderr.startswith("ViNewsIE ")
    assert vn.load(run.stdout.strip()) == vn.load()
    assert vn.data_folder() == DATASET
