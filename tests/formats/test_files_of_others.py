"""Files as people have them: data sets, exports of other tools, and answers of language models."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

import vinewsie as vn
from vinewsie.findings import FindingsError
from vinewsie.formats.base import Options
from vinewsie.model import Document
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat, format_of
from vinewsie.reading.documents import read_gold
from vinewsie.reading.predictions import ReadPredictions, read_predictions

Run = Callable[..., Result]
TEXT = "Ông Nam ở Hà Nội gặp VFF."
GOLD = {"d": Document(doc_id="d", text=TEXT)}
FOUND = [(4, 7, "PER"), (10, 16, "LOC")]
NATIVE = {
    "doc_id": "d",
    "entities": [{"start": start, "end": end, "type": label} for start, end, label in FOUND],
}
RECORDS = [{"text": "Nam", "type": "PER"}, {"text": "Hà Nội", "type": "LOC"}]
GROUPED = {"PER": ["Nam"], "LOC": ["Hà Nội"]}
SPANS = [[4, 7, "PER"], [10, 16, "LOC"]]
FENCED = f"Đây là kết quả:\n```json\n{json.dumps({'entities': RECORDS}, indent=1)}\n```\nHết."
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": FENCED}}],
}
TOKENS = ["Ông", "Nam", "ở", "Hà", "Nội", "gặp", "VFF", "."]
TAGS = ["O", "B-PER", "O", "B-LOC", "I-LOC", "O", "O", "O"]

FILES: dict[str, tuple[str, Any]] = {
    "a list of documents": ("native", [NATIVE]),
    "a confidence": (
        "native",
        {"doc_id": "d", "entities": [{**r, "confidence": 0.5, "reason": "r"} for r in RECORDS]},
    ),
    "grouped": ("answers", {"doc_id": "d", "entities": GROUPED}),
    "grouped alone": ("answers", GROUPED),
    "grouped beside the id": ("answers", {"doc_id": "d", **GROUPED}),
    "surface and label": (
        "answers",
        {"doc_id": "d", "entities": [["Nam", "PER"], ["Hà Nội", "LOC"]]},
    ),
    "start, end and label": ("answers", {"doc_id": "d", "entities": SPANS}),
    "other names": (
        "answers",
        {
            "doc_id": "d",
            "entities": [{"name": "Nam", "label": "PER"}, {"word": "Hà Nội", "type": "LOC"}],
        },
    ),
    "entity as a surface": (
        "answers",
        {
            "doc_id": "d",
            "entities": [
                {"entity": "Nam", "type": "PER"},
                {"entity": "Hà Nội", "category": "LOC"},
            ],
        },
    ),
    "records alone": ("answers", RECORDS),
    "by id": ("answers", {"d": RECORDS}),
    "layers by id": ("answers", {"d": {"entities": RECORDS}}),
    "an answer": ("answers", {"doc_id": "d", "answer": FENCED}),
    "a chat completion": ("answers", CHAT),
    "OpenAI's batch": (
        "answers",
        {"id": "b", "custom_id": "d", "response": {"status_code": 200, "body": CHAT}},
    ),
    "OpenAI's responses": (
        "answers",
        {
            "object": "response",
            "output": [
                {"type": "reasoning", "summary": []},
                {"type": "message", "content": [{"type": "output_text", "text": FENCED}]},
            ],
        },
    ),
    "a tool call": (
        "answers",
        {
            "object": "chat.completion",
            "choices": [
                {
                    "message": {
                        "content": None,
                        "tool_calls": [
                            {"function": {"arguments": json.dumps({"entities": RECORDS})}}
                        ],
                    }
                }
            ],
        },
    ),
    "Anthropic's batch": (
        "answers",
        {
            "custom_id": "d",
            "result": {
                "type": "succeeded",
                "message": {"role": "assistant", "content": [{"type": "text", "text": FENCED}]},
            },
        },
    ),
    "Gemini": ("answers", {"candidates": [{"content": {"parts": [{"text": FENCED}]}}]}),
    "Ollama": ("answers", {"model": "m", "message": {"role": "assistant", "content": FENCED}}),
    "doccano": ("doccano", {"id": 1, "text": TEXT, "label": SPANS}),
    "doccano with relations": (
        "doccano",
        {
            "id": 1,
            "text": TEXT,
            "entities": [
                {"id": number, "label": label, "start_offset": start, "end_offset": end}
                for number, (start, end, label) in enumerate(FOUND)
            ],
            "relations": [],
        },
    ),
    "spaCy's tuples": ("spacy", [[TEXT, {"entities": SPANS}]]),
    "a tuple of spaCy": ("spacy", [TEXT, {"entities": SPANS}]),
    "Label Studio JSON-MIN": (
        "label-studio-min",
        [
            {
                "text": TEXT,
                "id": 1,
                "label": [
                    {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
                    for start, end, label in FOUND
                ],
                "annotator": 1,
                "annotation_id": 2,
            }
        ],
    ),
    "Label Studio JSON-MIN with another field": (
        "label-studio-min",
        [  # as Converter.convert_to_json_min of label-studio-sdk writes it
            {
                "review": TEXT,
                "id": 7,
                "label": [
                    {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
                    for start, end, label in FOUND
                ],
                "annotator": "a@example.org",
                "annotation_id": 9,
                "created_at": "2024-01-01T00:00:00Z",
                "updated_at": "2024-01-01T00:00:00Z",
                "lead_time": 3.2,
            }
        ],
    ),
    "LangExtract": (
        "langextract",
        {
            "extractions": [
                {
                    "extraction_class": "PER",
                    "extraction_text": "Nam",
                    "char_interval": {"start_pos": 4, "end_pos": 7},
                },
                {"extraction_class": "LOC", "extraction_text": "Hà Nội", "char_interval": None},
            ],
            "text": TEXT,
            "document_id": "doc_1",
        },
    ),
    "tokens and tags": ("tokens", {"tokens": TOKENS, "ner_tags": TAGS}),
    "words and labels": ("tokens", [{"words": TOKENS, "labels": TAGS}]),
}


ARGUMENTS = json.dumps({"entities": RECORDS})
CALLS: dict[str, Any] = {
    "a legacy function call": {
        "choices": [
            {"message": {"content": None, "function_call": {"name": "f", "arguments": ARGUMENTS}}}
        ]
    },
    "a call in OpenAI's responses": {
        "object": "response",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "name": "f", "arguments": ARGUMENTS},
        ],
    },
    "Anthropic's tool use": {
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Tôi gọi công cụ [1]."},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"entities": RECORDS}},
        ],
    },
    "Gemini's call": {
        "candidates": [
            {"content": {"parts": [{"functionCall": {"name": "f", "args": {"entities": RECORDS}}}]}}
        ]
    },
    "Ollama's call": {
        "message": {
            "content": "",
            "tool_calls": [{"function": {"name": "f", "arguments": {"entities": RECORDS}}}],
        }
    },
}
FILES |= {case: ("answers", value) for case, value in CALLS.items()}


def chat(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, **more}
    return {"id": "c", "object": "chat.completion", "choices": [choice]}


def batch(body: Any, status: int = 200) -> dict[str, Any]:
    return {"id": "b", "response": {"status_code": status, "body": body}, "error": None}


FAILED: dict[str, tuple[dict[str, Any], str]] = {
    "refused": (
        batch(chat({"content": None, "refusal": "Tôi không thể\ngiúp."})),
        "the model refused: Tôi không thể giúp.",
    ),
    "filtered": (
        batch(chat({"content": None}, finish_reason="content_filter")),
        "the endpoint's content filter withheld the answer",
    ),
    "empty": (
        batch(chat({"content": ""}, finish_reason="length")),
        "the answer is empty (finish_reason length)",
    ),
    "white space": (batch(chat({"content": "\u00a0\n"})), "the answer is empty"),
    "no choices": (batch({"choices": []}), "the answer is empty"),
    "status 500": (
        batch({"error": {"message": "boom", "type": "server_error", "code": None}}, 500),
        "the endpoint answered 500: server_error: boom",
    ),
    "status 502": (batch("<html>", 502), "the endpoint answered 502: <html>"),
    "status 503": (batch(None, 503), "the endpoint answered 503"),
    "expired": (
        {"response": None, "error": {"code": "batch_expired", "message": "Too late."}},
        "the endpoint answered batch_expired: Too late.",
    ),
    "refused by OpenAI's responses": (
        batch(
            {
                "object": "response",
                "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}],
            }
        ),
        "the model refused: No.",
    ),
    "incomplete": (
        batch(
            {
                "object": "response",
                "output": [],
                "error": None,
                "incomplete_details": {"reason": "max_output_tokens"},
            }
        ),
        "the answer is empty (reason max_output_tokens)",
    ),
    "Anthropic's error": (
        {
            "result": {
                "type": "errored",
                "error": {
                    "type": "error",
                    "error": {"type": "overloaded_error", "message": "Overloaded"},
                },
            }
        },
        "the endpoint answered overloaded_error: Overloaded",
    ),
    "Anthropic's expired": ({"result": {"type": "expired"}}, "the endpoint answered expired"),
    "Gemini": (
        {"candidates": [{"finishReason": "SAFETY", "index": 0}]},
        "the answer is empty (finishReason SAFETY)",
    ),
    "Gemini's prompt": (
        {"promptFeedback": {"blockReason": "SAFETY"}},
        "the answer is empty (blockReason SAFETY)",
    ),
    "an empty text": ({"answer": ""}, "the answer is empty"),
}


def found(read: ReadPredictions) -> list[tuple[int, int, str | None]]:
    return [(e.start, e.end, e.type) for e in read.by_doc["d"].entities]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "byte order mark"])
@pytest.mark.parametrize("case", FILES)
def test_a_file_is_recognised_and_read(
    case: str, mark: str, indent: int | None, packed: bool, tmp_path: Path
) -> None:
    name, value = FILES[case]
    path = tmp_path / ("answer.gz" if packed else "answer")
    data = (mark + json.dumps(value, ensure_ascii=False, indent=indent)).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    assert format_of(path) == name
    assert found(read_predictions(path, GOLD)) == FOUND


def test_answers_in_prose(tmp_path: Path) -> None:
    path = tmp_path / "d.md"
    path.write_text(FENCED, encoding="utf-8")
    assert found(read_predictions(path, GOLD)) == FOUND


@pytest.mark.parametrize("case", FAILED)
@pytest.mark.parametrize("first", [True, False])
def test_a_failed_request_costs_only_its_document(case: str, first: bool, tmp_path: Path) -> None:
    failed, reason = FAILED[case]
    lines = [{**batch(CHAT), "custom_id": "d"}, {**failed, "custom_id": "e"}]
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(map(json.dumps, lines[:: 1 if first else -1])), encoding="utf-8")
    assert format_of(path) == "answers"
    golds = {**GOLD, "e": Document(doc_id="e", text=TEXT)}
    read = read_predictions(path, golds)
    assert found(read) == FOUND
    (finding,) = read.findings
    assert (finding.code, finding.severity, finding.doc_id) == ("no-answer", "warning", "e")
    assert (finding.line, finding.message) == (2 if first else 1, reason)
    result = vn.score(path, vn.Gold(golds), resamples=0)
    assert result.predictions["missing"] == ["e"]
    assert result.predictions["failures"] == {"e": reason}
    assert result.predictions["warnings"] == []


def test_a_refusal_in_a_file_of_its_own(tmp_path: Path) -> None:
    """The files have no ids; their names are those of the documents."""
    (tmp_path / "p").mkdir()
    refused = chat({"content": None, "refusal": "No."})
    for name, value in (("d", CHAT), ("e", refused), ("f", {"error": {"message": "boom"}})):
        (tmp_path / "p" / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    golds = GOLD | {doc_id: Document(doc_id=doc_id, text=TEXT) for doc_id in "ef"}
    read = read_predictions(tmp_path / "p", golds)
    assert found(read) == FOUND
    assert [(f.doc_id, f.message) for f in read.findings] == [
        ("e", "the model refused: No."),
        ("f", "the endpoint answered boom"),
    ]


def test_epochs_may_fail_on_other_documents(tmp_path: Path) -> None:
    answered, failed = batch(CHAT), batch(None, 500)
    paths = []
    for epoch, (d, e) in enumerate([(answered, answered), (failed, answered)]):
        paths.append(tmp_path / f"{epoch}.jsonl")
        lines = [{**d, "custom_id": "d"}, {**e, "custom_id": "e"}]
        paths[-1].write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    golds = vn.Gold({**GOLD, "e": Document(doc_id="e", text=TEXT)})
    result = vn.score(vn.Epochs(paths), golds, resamples=0)
    assert result.predictions["failures"] == {"d": "epoch 2: the endpoint answered 500"}


def test_a_failed_request_is_listed_with_its_reason(tmp_path: Path, cli: Run) -> None:
    path, gold = tmp_path / "p.jsonl", tmp_path / "gold.jsonl"
    native.write(gold, GOLD.values())
    path.write_text(json.dumps({**batch(None, 500), "custom_id": "d"}), encoding="utf-8")
    scored = cli("score", str(path), "--gold", str(gold), "--resamples", "0")
    assert "no prediction for d; it counts as empty (the endpoint answered 500)" in scored.stderr
    checked = cli("validate", str(path), "--gold", str(gold))
    assert ":1: warning: no-answer: the endpoint answered 500" in checked.output


ANSWER = json.dumps(RECORDS, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        f"Đây là các thực thể:\n{ANSWER}\nHết.",
        f"{unicodedata.normalize('NFD', 'Đây là kết quả')}:\u00a0{ANSWER}\u00a0",
        f"{ANSWER}\nHết [1.",
        f"Các thực thể (PER, LOC): {json.dumps({'entities': RECORDS}, indent=1)}",
        f'<think>Có lẽ {{"PER": ["VFF"]}}?</think>\n{ANSWER}',
        f'Nghĩ ["x"]…</think>\u00a0{json.dumps(GROUPED)}',
        f"~~~json\n{ANSWER}\n~~~",
        f"Nháp:\n```\n{json.dumps(RECORDS[:1])}\n```\nXong:\n```\n{ANSWER}\n```",
    ],
)
@pytest.mark.parametrize("name", ["d.txt", "d.json", "d"])
def test_answers_without_a_code_fence(text: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert format_of(path) == "answers"
    assert found(read_predictions(path, GOLD)) == FOUND


@pytest.mark.parametrize("names", [("Person", "Location"), ("per", "loc"), ("Người", "địa điểm")])
@pytest.mark.parametrize("wrapped", [False, True])
def test_groups_by_labels_of_any_spelling(
    names: tuple[str, str], wrapped: bool, tmp_path: Path
) -> None:
    groups = {**dict(zip(names, (["Nam"], [{"text": "Hà Nội"}]), strict=True)), "org": []}
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"result": groups} if wrapped else groups), encoding="utf-8")
    assert format_of(path) == "answers"
    labels = [(start, end, name) for (start, end, _), name in zip(FOUND, names, strict=True)]
    assert found(read_predictions(path, GOLD)) == labels


def test_groups_without_records_among_other_answers(tmp_path: Path) -> None:
    for name, value in (("d", GROUPED), ("e", {"per": [], "loc": []})):
        (tmp_path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    read = read_predictions(tmp_path, {**GOLD, "e": Document(doc_id="e", text=TEXT)})
    assert found(read) == FOUND
    assert (len(read.by_doc), read.findings) == (2, [])


@pytest.mark.parametrize(
    "text",
    [
        '{"words": ["Nam"], "pos": ["N"]}',
        '{"labels": ["Nam"]}',
        '{"documents": [{"doc_id": "d", "text": "Nam", "entities": []}]}',
        '{"custom_id": "d", "method": "POST", "body": {"messages": [{"content": "x [1]"}]}}',
        '{"authors": ["Nam"], "year": 2021}',
        "Không có thực thể nào: []",
        "Tham khảo [1] và [2].",
        "[" * 60_000,
    ],
)
def test_other_lists_and_brackets_are_no_answers(text: str, tmp_path: Path) -> None:
    path = tmp_path / "d.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError, match="of no format"):
        format_of(path)


def test_a_broken_line_makes_no_prose_of_the_others(tmp_path: Path) -> None:
    """Fences inside the strings of JSON Lines are no fences of the file."""
    lines = [json.dumps({"custom_id": doc_id, "response": {"body": CHAT}}) for doc_id in "de"]
    path = tmp_path / "p.jsonl"
    path.write_text(f"{lines[0]}\n{lines[1][:-20]}\n", encoding="utf-8")
    read = read_predictions(path, {**GOLD, "e": Document(doc_id="e", text=TEXT)})
    assert found(read) == FOUND
    assert [(finding.code, finding.line) for finding in read.findings] == [("json", 2)]


def test_an_answer_that_breaks_off_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"doc_id": "d", "answer": FENCED[:-30]}), encoding="utf-8")
    read = read_predictions(path, GOLD)
    assert found(read) == FOUND[:1]
    assert "breaks off; 1 records are read" in read.findings[0].message
    path.write_text(json.dumps({"doc_id": "d", "answer": "Tôi không biết."}), encoding="utf-8")
    (finding,) = read_predictions(path, GOLD).findings
    assert (finding.severity, finding.message[:25]) == ("error", "the answer holds no JSON:")


def test_further_fields_give_one_warning_and_misspelt_ones_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    line = {"doc_id": "d", "entities": [{**r, "confidence": 1, "reason": ""} for r in RECORDS]}
    path.write_text(json.dumps(line), encoding="utf-8")
    (finding,) = read_predictions(path, GOLD).findings
    assert finding.severity == "warning"
    assert finding.message == "ignored fields of records: reason (2)"
    path.write_text(json.dumps({"doc_id": "d", "entities": [{"text": "Nam", "tpye": "PER"}]}))
    (finding,) = read_predictions(path, GOLD).findings
    assert (finding.severity, finding.code) == ("error", "unknown-field")


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Nam", "label": "PER"},
        {"mention": "Nam", "entity_type": "PER"},
        {"entity": "Nam", "class": "PER"},
        {"name": "Nam", "entity": "PER"},
        {"start": 4, "end": 7, "tag": "PER"},
        {"start_char": 4, "end_char": 7, "type": None, "category": "PER"},
        {"begin": 4.0, "stop": 7.0, "labels": ["PER"]},
    ],
)
def test_native_records_may_have_the_names_of_other_tools(fields: dict[str, Any]) -> None:
    read = read_predictions([{"doc_id": "d", "entities": [fields]}], GOLD)
    assert found(read) == FOUND[:1]
    assert read.findings == []


@pytest.mark.parametrize("document", ["id", "doc_id"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([{"name": "Nam", "type": "PER"}], [{"name": "Hà Nội", "type": "LOC"}]),
        ([{"mention": "Nam", "category": "PER"}], [{"surface": "Hà Nội", "tag": "LOC"}]),
        ([{"begin": 4, "stop": 7, "type": "PER"}], [{"text": "Hà Nội", "type": "LOC"}]),
        ([{"text": "Nam", "type": "PER"}], {"LOC": ["Hà Nội"]}),
        ({"PER": ["Nam"], "LOC": ["Hà Nội"]}, {}),
        ({}, {"PER": ["Nam"], "LOC": ["Hà Nội"]}),
    ],
)
def test_lines_with_the_names_of_other_tools(
    document: str, first: Any, second: Any, tmp_path: Path
) -> None:
    path = tmp_path / "p.jsonl"
    lines = [{document: "d", "entities": first}, {document: "e", "entities": second}]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert format_of(path) == "answers"
    read = read_predictions(path, {**GOLD, "e": Document(doc_id="e", text=TEXT)})
    entities = [e for doc_id in "de" for e in read.by_doc[doc_id].entities]
    assert [(e.start, e.end, e.type) for e in entities] == FOUND
    assert read.findings == []


def test_lines_of_empty_groups_are_empty_answers(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "d", "entities": {}}\n' * 2)
    read = read_predictions(path, GOLD)
    assert found(read) == []
    assert [finding.code for finding in read.findings] == ["duplicate-document"]


@pytest.mark.parametrize("field", ["category", "tag", "label", "entity"])
def test_lines_of_gold_with_the_names_of_other_tools(field: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    line = {"text": TEXT, "entities": [{"start": 4, "end": 7, field: "PER"}]}
    path.write_text("\n".join(json.dumps({"doc_id": doc_id, **line}) for doc_id in "de"))
    documents = read_gold(path).documents
    assert [e.type for d in documents.values() for e in d.entities] == ["PER", "PER"]


def test_a_further_field_makes_no_other_format(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    line = json.dumps({"doc_id": "d", "entities": [{**record, "word": ""} for record in RECORDS]})
    path.write_text(f"{line}\n{{}}\n", encoding="utf-8")
    assert format_of(path) == "native"


def test_the_only_label_of_an_answer_is_not_ignored(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    records = [{"name": "Nam", "nerLabel": "người"}, {"name": "Hà Nội", "tpye": "LOC"}]
    path.write_text(json.dumps({"doc_id": "d", "entities": records}), encoding="utf-8")
    findings = read_predictions(path, GOLD).findings
    assert [finding.code for finding in findings] == ["unknown-field"] * 2


def test_the_label_of_a_mark_has_the_same_names() -> None:
    marks = [{"start": 4, "end": 7, "type": "speech"}]
    read = read_predictions([{"doc_id": "d", "marks": marks}], GOLD)
    assert [mark.function for mark in read.by_doc["d"].marks] == ["speech"]


@pytest.mark.parametrize("field", [{"nerLabel": "người"}, {"loại": "PER"}])
def test_the_only_label_of_a_record_is_not_ignored(field: dict[str, str]) -> None:
    record = {"start": 4, "end": 7, **field}
    (finding,) = read_predictions([{"doc_id": "d", "entities": [record]}], GOLD).findings
    assert (finding.severity, finding.code) == ("error", "unknown-field")
    (finding,) = read_predictions(
        [{"doc_id": "d", "entities": [record | {"type": "PER"}]}], GOLD
    ).findings
    assert finding.severity == "warning"


def test_indented_documents_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    one = {"doc_id": "a", "text": "Nam", "entities": [{"start": 0, "end": 3, "type": "PER"}]}
    path.write_text("\n\n".join(json.dumps({**one, "doc_id": i}, indent=2) for i in "ab"))
    assert list(read_gold(path).documents) == ["a", "b"]
    path.write_text(path.read_text() + "\n{")
    with pytest.raises(FindingsError, match=r"gold\.jsonl:2\d: json: "):
        read_gold(path)


def test_a_first_line_that_breaks_off_is_reported_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "d", "entities": [\n{"doc_id": "d"}\n')
    findings = read_predictions(path, GOLD).findings
    assert [(f.code, f.line) for f in findings] == [("json", 1)]


# Tokens and tags


def rows(count: int = 3) -> list[dict[str, Any]]:
    return [
        {"id": str(number), "tokens": ["Nga", f"số {number}"], "ner_tags": [1, 0]}
        for number in range(count)
    ]


NAMES = ["O", "B-GPE", "I-GPE"]


def table(column: dict[str, Any]) -> pa.Table:
    features = {"info": {"features": {"ner_tags": column}}}
    return pa.Table.from_pylist(rows()).replace_schema_metadata(
        {"huggingface": json.dumps(features)}
    )


@pytest.mark.parametrize("metadata", [b'{"a\x9c": 1}', b"[" * 5000, b"[]", b""])
def test_broken_metadata_of_a_table_are_none(metadata: bytes, tmp_path: Path) -> None:
    broken = pa.Table.from_pylist(rows()).replace_schema_metadata({b"huggingface": metadata})
    with pa.ipc.new_stream(str(tmp_path / "p.arrow"), broken.schema) as writer:
        writer.write_table(broken)
    chosen = InputFormat(options=Options(class_names=tuple(NAMES)))
    assert len(read_gold(tmp_path / "p.arrow", chosen).documents) == 3


@pytest.mark.parametrize("kind", ["List", "Sequence"])
def test_the_names_of_class_labels_stand_in_parquet(kind: str, tmp_path: Path) -> None:
    label = {"names": NAMES, "_type": "ClassLabel"}
    pq.write_table(table({"feature": label, "_type": kind}), tmp_path / "p.parquet")
    assert format_of(tmp_path / "p.parquet") == "tokens"
    documents = read_gold(tmp_path / "p.parquet").documents
    assert [e.type for d in documents.values() for e in d.entities] == ["GPE"] * 3
    assert list(documents) == ["0", "1", "2"]


def test_numbers_without_names_are_refused_once(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(rows()))
    with pytest.raises(FindingsError) as error:
        read_gold(tmp_path / "p.json")
    assert len(error.value.findings) == 1
    assert "ner_tags are numbers without names: --input-class-names (for gold" in str(error.value)


def test_names_of_class_labels_are_given(tmp_path: Path, cli: Callable[..., Result]) -> None:
    whole = json.dumps(rows())
    (tmp_path / "p.json").write_text(whole)
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()))
    pq.write_table(pa.Table.from_pylist(rows()), tmp_path / "p.parquet")
    id2label = {str(number): name for number, name in enumerate(NAMES)}
    for name, content in (
        ("lines", "O\r\nB-GPE\nI-GPE\n"),
        ("list", json.dumps(NAMES)),
        ("object", json.dumps(id2label)),
        ("config", json.dumps({"model_type": "bert", "id2label": id2label})),
    ):
        (tmp_path / name).write_text(content)
    for suffix in ("json", "jsonl", "parquet"):
        path = tmp_path / f"p.{suffix}"
        chosen = InputFormat(options=Options(class_names=tuple(NAMES)))
        documents = read_gold(path, chosen).documents
        assert [e.type for d in documents.values() for e in d.entities] == ["GPE"] * 3
    command = ("score", path, "--gold", path, "--scheme", "any", "-m", "entities.strict")
    for names in ("O,B-GPE,I-GPE", *(f"@{tmp_path / n}" for n in ("lines", "list", "config"))):
        options = ("--input-class-names", names, "--gold-class-names", names, "--format", "json")
        scored = json.loads(cli(*command, *options).stdout)
        assert next(iter(scored["measures"].values()))["counts"]["gold"] == 3
    few = cli(*command, "--gold-class-names", "O")
    assert (few.exit_code, "there is no class label 1" in few.stderr) == (1, True)
    (tmp_path / "hole").write_text('{"0": "O", "2": "B-GPE"}')
    for wrong in ("", "@", f"@{tmp_path / 'hole'}", f"@{path}"):
        assert cli(*command, "--gold-class-names", wrong).exit_code == 2


def test_a_folder_that_datasets_saved(tmp_path: Path) -> None:
    label = {"names": NAMES, "_type": "ClassLabel"}
    folder = tmp_path / "dataset" / "test"
    folder.mkdir(parents=True)
    for name in ("dataset_info.json", "state.json"):
        (folder / name).write_text("{}")
    with pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file:
        saved = table({"feature": label, "_type": "List"})
        with pa.ipc.new_stream(file, saved.schema) as writer:
            writer.write_table(saved)
    assert list(read_gold(folder).documents) == ["0", "1", "2"]
    (tmp_path / "dataset" / "dataset_dict.json").write_text('{"splits": ["test"]}')
    with pytest.raises(FindingsError, match="is a data set with the splits test; give the folder"):
        read_gold(tmp_path / "dataset")


def test_rows_score_one_against_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "g.conll").write_text(
        "".join(f"Nga B-GPE\nsố_{number} O\n\n" for number in range(3)), encoding="utf-8"
    )
    named = [{**row, "ner_tags": [NAMES[tag] for tag in row["ner_tags"]]} for row in rows()]
    (tmp_path / "p.json").write_text(json.dumps(named), encoding="utf-8")
    for guess, gold in (("p.json", "g.conll"), ("g.conll", "p.json")):
        result = vn.score(
            tmp_path / guess, tmp_path / gold, measures=["entities.strict(scheme=any)"], resamples=0
        )
        (score,) = result.measures.values()
        assert (score.counts.gold, score.counts.matched) == (3, 3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"tokens": ["a"], "ner_tags": ["O", "O"]}, "a row has 1 tokens, but 2 ner_tags"),
        ({"tokens": [1], "ner_tags": ["O"]}, "a row has no list of texts in tokens"),
        ({"tokens": [" "], "ner_tags": ["O"]}, "a token is empty"),
        (3, "a row is not a JSON object"),
    ],
)
def test_wrong_rows(row: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([{"tokens": ["Nga"], "ner_tags": ["O"]}, row]))
    with pytest.raises(FindingsError, match=message):
        read_gold(tmp_path / "p.json")


# Folders, pipes, and files of no format


def test_subfolders_and_notes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "parts" / name).mkdir(parents=True)
        (tmp_path / "parts" / name / f"{name}.jsonl").write_text(
            json.dumps({"doc_id": name, "text": "Nam"})
        )
    (tmp_path / "parts" / "README.md").write_text("# Ghi chú")
    (tmp_path / "parts" / "LICENSE").write_text("MIT")
    (tmp_path / "parts" / ".cache").mkdir()
    (tmp_path / "parts" / ".cache" / "c.jsonl").write_text("{")
    assert list(read_gold(tmp_path / "parts").documents) == ["a", "b"]


def test_standard_input_and_output(
    tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gold = json.dumps({"doc_id": "d", "text": TEXT})
    Path("gold.jsonl").write_text(gold)
    line = json.dumps(NATIVE)
    run = cli("score", "-", "--gold", "gold.jsonl", "--scheme", "any", "-o", "-", stdin=line)
    assert run.exit_code == 0, run.stderr
    assert "entities.strict" in run.stdout
    run = cli("convert", "-", "-", "--format", "native", stdin=gold)
    assert (run.exit_code, json.loads(run.stdout)["doc_id"]) == (0, "d")
    run = cli("convert", "-", "-", "--format", "brat", stdin=gold)
    assert (run.exit_code, "standard output takes one file" in run.stderr) == (1, True)
    run = cli("run", "rules", "--gold", "gold.jsonl", "-o", "-")
    assert (run.exit_code, json.loads(run.stdout)["doc_id"]) == (0, "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gold.jsonl"]


def test_standard_input_is_one_file(
    tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gold = json.dumps({"doc_id": "d", "text": TEXT})
    run = cli("score", "-", "--gold", "-", stdin=gold)
    assert run.exit_code == 2
    assert "- can be read once; name a file" in " ".join(run.stderr.split())
    command = [sys.executable, "-m", "vinewsie", "score", "/dev/stdin", "--gold", "-"]
    piped = subprocess.run(command, input=gold, capture_output=True, text=True, check=False)
    assert piped.returncode == 2
    assert "can be read once; name a file" in " ".join(piped.stderr.split())


def test_what_is_piped_in_has_its_given_name(
    tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gold.jsonl").write_text(json.dumps({**NATIVE, "text": TEXT}))
    beyond = {**NATIVE, "entities": [{"start": 5, "end": 9999, "type": "PER"}]}
    run = cli("score", "-", "--gold", "gold.jsonl", stdin=json.dumps(beyond))
    assert run.stderr.startswith("-:1: entities[0]: offset-range: ")
    run = cli("score", "-", "--gold", "gold.jsonl", stdin='{"doc_id": "d", "entities": []}')
    assert "Each error in its sentence: vinewsie errors RESULT.json --gold" in run.stdout


def _binary(kind: str) -> bytes:
    """The document as a binary file of this kind."""
    sink = io.BytesIO()
    table = pa.Table.from_pylist([NATIVE])
    if kind == "Parquet":
        pq.write_table(table, sink)
    elif kind == "DocBin":
        spacy = pytest.importorskip("spacy")
        doc = spacy.blank("xx")(TEXT)
        doc.ents = [doc.char_span(start, end, label=label) for start, end, label in FOUND]
        return bytes(spacy.tokens.DocBin(docs=[doc]).to_bytes())
    else:
        new = pa.ipc.new_file if kind == "Arrow" else pa.ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write(table)
    return sink.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["Parquet", "Arrow", "Arrow stream", "DocBin"])
def test_a_binary_file_is_told_by_its_first_bytes(kind: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_bytes(gzip.compress(_binary(kind)) if packed else _binary(kind))
    assert format_of(path) == ("spacy" if kind == "DocBin" else "native")
    assert found(read_predictions(path, GOLD)) == FOUND


def test_a_table_on_standard_input_is_told_by_its_first_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gold.jsonl").write_text(json.dumps({"doc_id": "d", "text": TEXT}))
    pq.write_table(pa.Table.from_pylist([NATIVE]), "answers.parquet")
    command = [sys.executable, "-m", "vinewsie", "score", "-", "--gold", "gold.jsonl"]
    with Path("answers.parquet").open("rb") as table:
        run = subprocess.run(
            [*command, "--scheme", "any"], stdin=table, capture_output=True, text=True, check=False
        )
    assert run.returncode == 0, run.stderr
    assert "entities.strict" in run.stdout


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.json", "notes"])
def test_a_file_of_no_format_gets_one_line(name: str, tmp_path: Path, cli: Run) -> None:
    path = tmp_path / name
    path.write_text('{"extraction_class": "LOC", "foo": 1}\n' * 1000)
    run = cli("score", path)
    assert (run.exit_code, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert "it has the fields extraction_class, foo; the nearest is langextract" in run.stderr
    for number in range(100):
        shutil.copy(path, tmp_path / f"{number}-{name}")
    run = cli("score", tmp_path)
    assert (run.exit_code, len(run.stderr.splitlines())) == (1, 1)
    assert "(and 100 more files of the folder)" in run.stderr


def test_gzip_that_unpacks_to_far_more_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinewsie.files._UNPACKED", 1000)
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(FindingsError, match="unpacks to more than"):
        read_gold(path)
    path.write_bytes(gzip.compress(b'{"doc_id": "a", "text": "Nam"}')[:-9])
    with pytest.raises(FindingsError, match="cannot be read"):
        read_gold(path)


# Spans


def test_spaces_that_a_tokenizer_counts_to_a_word_are_trimmed(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    mentions = [
        {"entity_group": label, "word": TEXT[start:end], "start": start - 1, "end": end}
        for start, end, label in FOUND
    ]
    path.write_text(json.dumps({"doc_id": "d", "entities": mentions}), encoding="utf-8")
    assert found(read_predictions(path, GOLD)) == FOUND
    path.write_text(json.dumps({"text": TEXT, "entities": mentions}), encoding="utf-8")
    (document,) = read_gold(path).documents.values()
    assert [(e.start, e.end, e.type) for e in document.entities] == FOUND


def test_edge_spaces_and_line_breaks_of_custom_gold_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    spans = [(0, 4), (3, 5), (4, 9)]
    entities = [{"start": start, "end": end, "type": "PER"} for start, end in spans]
    line = {"doc_id": "d", "text": "Nam \nHùng", "entities": entities}
    path.write_text(json.dumps(line), encoding="utf-8")
    gold = vn.load(path)
    assert len(gold["d"].entities) == 3
    assert [warning.split("warning: ")[1] for warning in gold.warnings] == [
        "edge-space: 3 spans of the gold begin or end with white space; they are kept",
        "line-break: 2 spans of the gold cross a line break; they are kept",
    ]


@pytest.mark.parametrize("shift", [3, -2])
def test_shifted_offsets_give_a_warning_with_the_shift(shift: int, tmp_path: Path) -> None:
    line: dict[str, Any] = {"doc_id": "d", "text": "xxx Nga " * 40}
    spans = [(8 * number + 4, 8 * number + 6) for number in range(1, 39)]

    def written(name: str, by: int) -> Path:
        entities = [{"start": a + by, "end": b + by, "type": "GPE"} for a, b in spans]
        path = tmp_path / name
        path.write_text(json.dumps({**line, "entities": entities}), encoding="utf-8")
        return path

    gold = written("gold.jsonl", 0)
    assert vn.score(gold, gold, resamples=0).predictions["warnings"] == []
    (warning,) = vn.score(written("p.jsonl", shift), gold, resamples=0).predictions["warnings"]
    assert "0 of 38 predicted entities touch a gold entity" in warning
    assert f"with {-shift:+d} on all offsets, 38 of 38 would have a gold span" in warning
    assert vn.score(written("p.jsonl", 1), gold, resamples=0).predictions["warnings"] == []
