"""Errors name the record that they are about: a prediction that is off, or a gold record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import vinewsie as vn
from vinewsie.model import Document, Entity
from vinewsie.scoring import errors as module
from vinewsie.scoring.errors import ErrorFileError, write_errors

TEXT = "Bà Hoa ở Huế nói trời đẹp, rồi nói tiếp gió lặng."


def test_a_boundary_error_names_the_prediction() -> None:
    mention = vn.Entity(id="e1", start=3, end=6, type="PER")
    document = vn.Document(doc_id="d", text=TEXT, entities=(mention,))
    prediction = {"doc_id": "d", "entities": [{"id": "p7", "start": 0, "end": 6, "type": "PER"}]}
    result = vn.score([prediction], vn.Gold({"d": document}), measures=["entities.partial"])
    [error] = result.errors
    assert (error["error"], error["id"], error["text"]) == ("boundary", "p7", "Bà Hoa")
    assert error["spans"] == [[0, 6]]


def test_a_wrong_accuracy_names_the_gold_record() -> None:
    content = (vn.Span(start=17, end=25), vn.Span(start=40, end=48))
    gold = vn.Quote(id="q1", kind="direct", content=content, speakers=())
    document = vn.Document(doc_id="d", text=TEXT, quotes=(gold,))
    spans = [{"start": span.start, "end": span.end} for span in content]
    prediction = {"doc_id": "d", "quotes": [{"id": "p1", "kind": "indirect", "content": spans}]}
    result = vn.score([prediction], vn.Gold({"d": document}), measures=["quotes.kind"])
    [error] = result.errors
    assert (error["error"], error["id"]) == ("wrong", "q1")
    assert error["text"] == "trời đẹp … gió lặng"


def speaking() -> vn.Result:
    """A result with errors of each kind, of records and of a surface without a place."""
    mentions = (vn.Entity(id="e1", start=3, end=6, type="PER", entity_id="hoa"),)
    quote = vn.Quote(
        id="q1",
        kind="direct",
        content=(vn.Span(start=17, end=25), vn.Span(start=40, end=48)),
        source=vn.Span(start=0, end=6),
        speakers=("hoa",),
    )
    document = vn.Document(doc_id="d", text=TEXT, entities=mentions, quotes=(quote,))
    spans = [{"start": span.start, "end": span.end} for span in quote.content]
    prediction = {
        "doc_id": "d",
        "entities": [{"start": 0, "end": 6, "type": "PER"}, {"text": "Hà Nội", "type": "GPE"}],
        "quotes": [{"kind": "indirect", "content": spans, "speakers": ["Nga"]}],
    }
    measures = ["entities.partial", "quotes.kind", "attribution.speaker"]
    return vn.score([prediction], vn.Gold({"d": document}), measures=measures, resamples=0)


def test_the_number_of_errors_is_known_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = speaking()
    with monkeypatch.context() as patch:
        patch.setattr(module.ErrorGroup, "records", None)
        assert len(result.errors) == result.error_count == 4
    kinds = [(error["measure"], error["error"]) for error in result.errors]
    assert kinds == [
        ("entities.partial", "boundary"),
        ("entities.partial", "spurious"),
        ("quotes.kind", "wrong"),
        ("attribution.speaker", "wrong"),
    ]


@pytest.mark.parametrize("chunk", [1, 3, 50_000])
def test_error_files_hold_all_errors(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    result = speaking()
    write_errors(tmp_path / "errors.jsonl", result.errors)
    lines = (tmp_path / "errors.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(result.errors)
    write_errors(tmp_path / "errors.parquet", result.errors)
    rows = pq.read_table(tmp_path / "errors.parquet").to_pylist()
    assert [{k: row[k] for k in error} for row, error in zip(rows, result.errors, strict=True)] == [
        *result.errors
    ]
    for row, error in zip(rows, result.errors, strict=True):
        assert all(row[name] is None for name in row.keys() - error.keys())


def test_errors_of_plain_lines_are_written_from_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "predictions.jsonl"
    rows = [
        {"doc_id": str(n), "text": "Hà Nội và Huế", "entities": [{"start": 0, "end": 6, "type": t}]}
        for n, t in enumerate(["GPE", "GPE", "LOC"])
    ]
    found = [
        {"doc_id": "0", "entities": [{"start": 10, "end": 13, "type": "GPE"}]},
        {"doc_id": "1", "entities": [{"start": 0, "end": 6, "type": "ORG"}]},
        {"doc_id": "2", "entities": [{"start": 0, "end": 6, "type": "GPE"}]},
    ]
    for path, lines in ((gold, rows), (predictions, found)):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    measures = ["entities.strict", "entities.partial", "entities.type"]
    result = vn.score(predictions, gold, measures=measures, resamples=0)
    with monkeypatch.context() as patch:
        patch.setattr(module.ErrorGroup, "records", None)
        patch.setattr(module, "_CHUNK", 2)
        write_errors(tmp_path / "errors.parquet", result.errors)
    rows = pq.read_table(tmp_path / "errors.parquet").to_pylist()
    without = [{k: v for k, v in row.items() if v is not None} for row in rows]
    expected = [{k: v for k, v in error.items() if v is not None} for error in result.errors]
    assert without == expected


def test_the_error_of_a_surface_without_a_place_has_its_words() -> None:
    gold = Document(
        doc_id="d", text="Hà Nội và Huế", entities=(Entity(start=0, end=6, type="GPE"),)
    )
    quotes = [{"content": [{"text": "không có"}]}, {"content": [{"text": "và Huế"}]}]
    entities = [{"text": "Đà Lạt", "type": "LOC"}, {"text": "Huế", "type": "GPE"}]
    given = {"doc_id": "d", "entities": entities, "quotes": quotes}
    result = vn.score(
        [given], vn.Gold({"d": gold}), measures=["entities.strict", "quotes.strict"], resamples=0
    )
    spurious = [e for e in result.errors if e["error"] == "spurious"]
    assert [(e["index"], e.get("text"), "spans" in e) for e in spurious] == [
        (0, "Đà Lạt", False),
        (1, "Huế", True),
        (1, "và Huế", True),
        (0, "không có", False),
    ]


def test_error_files_end_in_what_they_are(tmp_path: Path, cli: Callable[..., Any]) -> None:
    with pytest.raises(ErrorFileError, match=r"\.jsonl or \.parquet"):
        write_errors(tmp_path / "errors.csv", [])
    assert list(tmp_path.iterdir()) == []
    score = ("score", "-e", "rules", "-m", "dates.strict")
    result = cli(*score, "--errors", tmp_path / "errors.csv")
    assert result.exit_code == 2
    result = cli(*score, "--format", "json", "--errors", tmp_path / "errors.jsonl")
    assert result.exit_code == 0, result.stderr
    lines = (tmp_path / "errors.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == json.loads(result.stdout)["errors"]
