"""A second process reads a prediction file with the same outcome, or not at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vinewsie.model import Document
from vinewsie.reading import ahead as module
from vinewsie.reading.ahead import ReadAhead, read_ahead
from vinewsie.reading.plain import PlainReader
from vinewsie.reading.plain_process import ReaderOfOutput
from vinewsie.reading.predictions import ReadPredictions, read_predictions

ROWS = (
    {"doc_id": "a", "entities": [{"start": 0, "end": 2, "type": "PER"}, {"start": 3, "end": 5}]},
    {"doc_id": "b", "entities": [{"start": 0, "end": 2, "id": "e1"}]},
    {"doc_id": "c", "entities": []},
    {"doc_id": "c", "entities": [{"start": 0, "end": 9, "type": "ORG"}]},
    {"doc_id": "nowhere", "entities": [{"start": 0, "end": 2, "type": "PER"}]},
    {"doc_id": "d", "entities": [{"start": 3, "end": 5, "type": "ế"}]},
)
DOCUMENTS = {name: Document(doc_id=name, text="ab cd") for name in "abcde"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_LARGE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    path = tmp_path / "predictions.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    path.write_text("\n\n".join(["", *lines]) + "\n", encoding="utf-8")
    return path


def content(read: ReadPredictions) -> Any:
    assert read.packed is not None
    columns = (read.packed.sizes, read.packed.start, read.packed.end, read.packed.type)
    types = [read.packed.types[code] for code in read.packed.type.tolist()]
    return (
        dict(read.by_doc),
        [column.tolist() for column in columns[:3]],
        types,
        read.findings,
        read.offered,
    )


def test_the_outcome_is_the_same(path: Path) -> None:
    with read_ahead(path) as source:
        assert isinstance(source, ReadAhead)
        read = read_predictions(source, DOCUMENTS, skip_invalid=True)
    assert content(read) == content(read_predictions(path, DOCUMENTS, skip_invalid=True))


def test_the_process_is_asked(path: Path) -> None:
    with read_ahead(path) as source:
        assert isinstance(source, ReadAhead)
        assert isinstance(source.reader(), ReaderOfOutput)


def test_a_process_that_fails_is_not_relied_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with read_ahead(path) as source:
        assert isinstance(source, ReadAhead)
        assert type(source.reader()) is PlainReader
    monkeypatch.setattr(sys, "executable", str(path.with_name("none")))
    with read_ahead(path) as source:
        assert source == path


def test_a_file_that_changes_is_read_here(path: Path) -> None:
    with read_ahead(path) as source:
        assert isinstance(source, ReadAhead)
        path.write_text(json.dumps(ROWS[0]) + "\n")
        assert type(source.reader()) is PlainReader


def test_other_sources_need_no_process(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "predictions.json"
    other.write_bytes(path.read_bytes())
    for source in (other, tmp_path, tmp_path / "none.jsonl", None):
        with read_ahead(source) as found:
            assert found == source
    monkeypatch.setattr(module, "_LARGE", 1 << 20)
    with read_ahead(path) as found:
        assert found == path
    monkeypatch.setattr(module, "_LARGE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    with read_ahead(path) as found:
        assert found == path


def test_the_command_line_reads_ahead(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Any]
) -> None:
    gold = tmp_path / "gold.jsonl"
    lines = [{"doc_id": name, "text": "ab cd", "entities": []} for name in "abcde"]
    gold.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path.write_text("".join(json.dumps(row) + "\n" for row in (ROWS[0], ROWS[5])))
    command = ("score", path, "--gold", gold, "-m", "entities.strict", "--format", "json")
    ahead = cli(*command)
    monkeypatch.setattr(module, "_LARGE", 1 << 20)
    here = cli(*command)
    assert (ahead.exit_code, ahead.stdout) == (here.exit_code, here.stdout)
    assert here.exit_code == 0, here.stderr
