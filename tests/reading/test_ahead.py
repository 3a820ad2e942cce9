"""Other processes read large files with the same outcome, or not at all."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vinewsie.findings import FindingsError
from vinewsie.model import Document, Prediction
from vinewsie.reading import ahead as module
from vinewsie.reading.ahead import ReadAhead, read_ahead
from vinewsie.reading.gold import load, load_ahead
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
    with read_ahead(path, Prediction) as source:
        assert source is not None
        read = read_predictions(source, DOCUMENTS, skip_invalid=True)
    assert content(read) == content(read_predictions(path, DOCUMENTS, skip_invalid=True))


GOLD = (
    {"doc_id": "a", "text": "ab cd", "entities": [{"start": 0, "end": 2, "type": "PER"}]},
    {"doc_id": "ế", "text": "ế\n🙂 c", "entities": [{"start": 2, "end": 3, "type": "ế"}]},
    {"doc_id": "c", "text": "ab cd", "entities": [{"start": 2, "end": 5, "type": "ORG"}]},
    {"doc_id": "d", "text": "ab cd", "entities": [{"start": 0, "end": 2, "id": "e1"}]},
    {"doc_id": "e", "text": "", "entities": []},
    {"doc_id": "f", "text": "ab", "entities": [], "metadata": {"year": 2022}},
)


@pytest.mark.parametrize("begin", ["", "\ufeff", "\n \r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("rows", [GOLD, GOLD[:1], GOLD[5:]], ids=["all", "plain", "not plain"])
def test_gold_is_the_same(path: Path, begin: str, end: str, rows: tuple[Any, ...]) -> None:
    """Each line is found again where it stands in the file."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text(begin + end.join([*lines, ""]), encoding="utf-8", newline="")
    with read_ahead(path, Document) as source:
        assert source is not None
        assert isinstance(source.reader(), ReaderOfOutput)
        gold = load_ahead(source)
    here = load(path)
    assert dict(gold) == dict(here)
    assert (gold.about(), gold.warnings, gold.layers) == (here.about(), here.warnings, here.layers)
    assert gold.packed is not None
    assert here.packed is not None
    assert gold.packed.start.tolist() == here.packed.start.tolist()


def test_findings_of_gold_are_the_same(path: Path) -> None:
    wrong = {"doc_id": "w", "text": "ab", "entities": [{"start": 0, "end": 9, "type": "PER"}]}
    path.write_text("".join(json.dumps(row) + "\n" for row in (GOLD[0], wrong, GOLD[0])))
    with read_ahead(path, Document) as source:
        assert source is not None
        with pytest.raises(FindingsError) as ahead:
            load_ahead(source)
    with pytest.raises(FindingsError) as here:
        load(path)
    assert ahead.value.findings == here.value.findings


def test_a_line_is_read_when_it_is_needed(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in GOLD[:3:2]))
    with read_ahead(path, Document) as source:
        assert source is not None
        gold = load_ahead(source)
    assert gold["c"].text == "ab cd"
    path.rename(path.with_name("renamed"))
    path.with_name("renamed").write_text("other")
    with pytest.raises(FindingsError, match="was changed while it was in use; repeat the command"):
        gold["a"]
    assert gold["c"].text == "ab cd"  # read before


def test_the_process_is_asked(path: Path) -> None:
    with read_ahead(path, Prediction) as source:
        assert source is not None
        assert isinstance(source.reader(), ReaderOfOutput)


@pytest.mark.parametrize("content", ["[\n{}\n]", '{\n"doc_id": "a"\n}', "é".encode("latin-1")])
def test_what_is_not_json_lines_is_read_here(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with contextlib.closing(ReadAhead(path, Prediction)) as source:
        assert type(source.reader()) is PlainReader


def test_a_process_that_fails_is_not_relied_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with read_ahead(path, Prediction) as source:
        assert source is not None
        assert type(source.reader()) is PlainReader
        read = read_predictions(source, DOCUMENTS, skip_invalid=True)
    assert content(read) == content(read_predictions(path, DOCUMENTS, skip_invalid=True))
    monkeypatch.setattr(sys, "executable", str(path.with_name("none")))
    with read_ahead(path, Prediction) as source:
        assert source is None


def test_a_file_that_changes_is_read_here(path: Path) -> None:
    with read_ahead(path, Prediction) as source:
        assert source is not None
        path.write_text(json.dumps(ROWS[0]) + "\n")
        assert type(source.reader()) is PlainReader
    with read_ahead(path, Prediction) as source:
        assert source is not None
        path.unlink()
        assert type(source.reader()) is PlainReader


def test_other_sources_need_no_process(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "predictions.json"
    other.write_bytes(path.read_bytes())
    packed = tmp_path / "packed.jsonl"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for source in (other, packed, tmp_path, tmp_path / "none.jsonl", None):
        with read_ahead(source, Prediction) as found:
            assert found is None
    monkeypatch.setattr(module, "_LARGE", 1 << 20)
    with read_ahead(path, Prediction) as found:
        assert found is None
    monkeypatch.setattr(module, "_LARGE", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    with read_ahead(path, Prediction) as found:
        assert found is None


def test_the_command_line_reads_ahead(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Any]
) -> None:
    gold = tmp_path / "gold.jsonl"
    lines = [{"doc_id": name, "text": "ab cd", "entities": []} for name in "abcde"]
    gold.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path.write_text("".join(json.dumps(row) + "\n" for row in (ROWS[0], ROWS[5])))
    command = ("score", path, "--gold", gold, "-m", "entities.strict", "--format", "json")
    ahead = cli(*command, "--errors", tmp_path / "ahead.jsonl")
    monkeypatch.setattr(module, "_LARGE", 1 << 20)
    here = cli(*command, "--errors", tmp_path / "here.jsonl")
    assert (ahead.exit_code, ahead.stdout) == (here.exit_code, here.stdout)
    assert (tmp_path / "ahead.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes() != b""
    assert here.exit_code == 0, here.stderr


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted on Linux")
def test_libraries_start_no_threads() -> None:
    """No thread waits for linear algebra, and an extractor's process may have its own."""
    program = (
        "import os\n"
        "from vinewsie.cli.common import without_blas_threads\n"
        "with without_blas_threads():\n"
        "    import scipy.linalg\n"
        "print(os.environ.get('OPENBLAS_NUM_THREADS'), len(os.listdir('/proc/self/task')))\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "1"]
