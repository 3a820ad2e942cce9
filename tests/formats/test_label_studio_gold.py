"""Label Studio's exports as gold: which annotations count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

import vinewsie as vn
from foreign import documents
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.base import Options
from vinewsie.formats.label_studio.file import read, write
from vinewsie.model import Document, Entity, Mark, Quote, Span, records_of
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.gold import load
from vinewsie.reading.predictions import read_predictions
from vinewsie.scheme import LAYERS


def test_rows_of_several_annotators_in_json_min(tmp_path: Path) -> None:
    """The export has a row for each annotation."""
    path = tmp_path / "export.json"
    rows = [
        {
            **{"id": 7, "text": "Anh Nam", "annotator": by, "annotation_id": number},
            "label": [{"start": 4, "end": 7, "text": "Nam", "labels": [label]}],
        }
        for number, (by, label) in enumerate([("lan@x.vn", "PER"), ("nam@x.vn", "ORG")])
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(FindingsError, match="7 has 2 annotations; choose by --annotator"):
        load(path)
    chosen = load(path, input_format=InputFormat(options=Options(annotator="nam@x.vn")))
    assert [[e.type for e in document.entities] for document in chosen.values()] == [["ORG"]]


def _answer(label: str, **more: object) -> dict[str, object]:
    region = {"type": "labels", "value": {"start": 4, "end": 7, "text": "Nam", "labels": [label]}}
    return {"result": [region], **more}


def _gold_file(folder: Path, *tasks: dict[str, object]) -> Path:
    path = folder / "export.json"
    whole = [
        {"id": number, "data": {"doc_id": f"d{number}", "text": "Ông Nam ở Huế"}, **task}
        for number, task in enumerate(tasks, start=1)
    ]
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def _labels(gold: vn.Gold) -> dict[str, list[str | None]]:
    return {doc_id: [e.type for e in document.entities] for doc_id, document in gold.items()}


def test_a_task_without_annotation_is_left_out_of_gold(tmp_path: Path) -> None:
    path = _gold_file(
        tmp_path,
        {"annotations": [_answer("PER")]},
        {"annotations": [], "predictions": [_answer("LOC")]},
        {"annotations": [_answer("ORG", was_cancelled=True)]},
        {"annotations": [{"result": []}]},
    )
    gold = load(path)
    assert _labels(gold) == {"d1": ["PER"], "d4": []}
    (warning,) = gold.warnings
    assert "2 of 4 tasks are left out" in warning
    assert warning.endswith("task 2, task 3")
    # Predictions are still read as predictions.
    texts = {f"d{n}": Document(doc_id=f"d{n}", text="Ông Nam ở Huế") for n in range(1, 5)}
    found = read_predictions(path, texts)
    assert [e.type for e in found.by_doc["d2"].entities] == ["LOC"]


def test_gold_of_predictions_alone_is_refused(tmp_path: Path) -> None:
    path = _gold_file(tmp_path, {"annotations": [], "predictions": [_answer("LOC")]})
    with pytest.raises(FindingsError, match=r"predictions are no gold: task 1\n.*no gold document"):
        load(path)


def test_the_annotation_that_counts(tmp_path: Path, cli: Callable[..., Any]) -> None:
    lan, nam = {"id": 1, "email": "lan@x.vn"}, {"id": 2, "email": "nam@x.vn"}
    path = _gold_file(
        tmp_path,
        {"annotations": [_answer("PER"), _answer("LOC", ground_truth=True)]},
        {"annotations": [_answer("PER", completed_by=lan), _answer("LOC", completed_by=nam)]},
        {"annotations": [_answer("PER", completed_by=1), _answer("LOC", was_cancelled=True)]},
    )
    with pytest.raises(FindingsError) as refused:
        load(path)
    (message,) = map(str, refused.value.findings)
    assert "task 2: has 2 annotations; keep the one that counts, mark it as ground truth" in message
    assert "--annotator (they are by lan@x.vn or 1, nam@x.vn or 2)" in message
    for name in ("nam@x.vn", "2"):
        chosen = InputFormat(options=Options(annotator=name))
        assert _labels(load(path, input_format=chosen)) == {
            "d1": ["LOC"],
            "d2": ["LOC"],
            "d3": ["PER"],
        }
    lans = load(path, input_format=InputFormat(options=Options(annotator="lan@x.vn")))
    assert lans.sha256 != load(path, input_format=chosen).sha256
    predictions = tmp_path / "p.jsonl"
    predictions.write_text('{"doc_id": "d1", "entities": []}\n')
    command = ("score", predictions, "--gold", path, "-m", "entities.strict", "--resamples", "0")
    assert cli(*command).exit_code == 1
    assert cli(*command, "--annotator", "lan@x.vn").exit_code == 0
    assert cli("validate", path, "--annotator", "lan@x.vn").exit_code == 0


def test_an_annotation_without_a_list_is_no_empty_gold(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="wrong-type: task 1: the result in annotations must"):
        load(_gold_file(tmp_path, {"annotations": [{"result": None}]}))


# What is written can be read


def test_marks_without_quotation_marks_and_twins_are_lost(tmp_path: Path) -> None:
    nam = Entity(start=0, end=3, type="PER")
    document = Document(
        doc_id="x",
        text="Nam nói Tôi đi.",
        entities=(nam, nam),
        marks=(Mark(start=8, end=14, function="speech"),),
        quotes=(Quote(kind="direct", content=(Span(start=8, end=14),)),),
    )
    path = tmp_path / "tasks.json"
    losses = write(path, [document])
    assert [loss.split(": ")[:3] for loss in losses[:3]] == [
        ["x", "marks[0]", "mark-edge"],
        ["x", "marks[0]", "mark-edge"],
        ["x", "entities[1]", "duplicate-record"],
    ]
    back = load(path)["x"]
    assert (len(back.entities), back.marks, len(back.quotes)) == (1, (), 1)


@settings(max_examples=40)
@given(documents(letters='aB ơĐ🎉\n"“”'))
def test_what_is_written_is_not_refused(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    path = tmp_path_factory.mktemp("p") / "tasks.json"
    labels = {"entities": "PER", "dates": "DATE", "marks": "speech", "quotes": "direct"}
    labelled = {
        layer: tuple(
            msgspec.structs.replace(record, **{LAYERS[layer].label_field: label})
            for record in records_of(document, layer)
        )
        for layer, label in labels.items()
    }
    write(path, [msgspec.structs.replace(document, **labelled)])
    findings: list[Finding] = []
    list(read(path, findings, Options(gold=True)))
    assert errors(findings) == []
