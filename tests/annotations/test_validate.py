"""Tests of ``vinewsie validate`` on custom gold, and on predictions for unknown documents."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.annotations import validate
from vinewsie.findings import errors

TEXT = "Ông Nam nói: “Tôi đến Huế.” Bà Lan cười."
GOLD: dict[str, Any] = {
    "doc_id": "tin",
    "text": TEXT,
    "entities": [
        {"start": 4, "end": 7, "type": "PERSON", "entity_id": "nam"},
        {"start": 31, "end": 34, "type": "PERSON", "entity_id": "lan"},
    ],
    "marks": [
        {
            "start": 14,
            "end": 26,
            "open": "“",
            "close": "”",
            "status": "balanced",
            "function": "speech",
            "quote": "q1",
        }
    ],
    "quotes": [
        {
            "id": "q1",
            "kind": "direct",
            "content": [{"start": 14, "end": 25}],
            "source": {"start": 0, "end": 7},
            "source_status": "named",
            "speakers": ["nam"],
        }
    ],
}


def findings_of(folder: Path, *documents: dict[str, Any], **options: Any) -> list[str]:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    _, findings = validate.check(path, **options)
    return [str(f).removeprefix(f"{path}:") for f in findings]


def changed(layer: str, index: int = 0, **fields: object) -> dict[str, Any]:
    document = copy.deepcopy(GOLD)
    document[layer][index].update(fields)
    return document


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (changed("quotes", kind="spoken"), "1: quotes[0]: label: kind is 'spoken'; allowed"),
        (changed("quotes", kind="indirect"), "1: quotes[0]: kind: kind is indirect, but"),
        (changed("quotes", source_status="known"), "1: quotes[0]: label: source_status is"),
        (changed("quotes", source_status="absent"), "1: quotes[0]: source: source_status is"),
        (changed("quotes", parent="q9"), "1: quotes[0]: reference: parent 'q9' is no quotation"),
        (changed("quotes", parent="q1"), "1: quotes[0]: parent-cycle: "),
        (changed("marks", status="open"), "1: marks[0]: label: status is 'open'; allowed"),
        (changed("marks", status="unclosed"), "1: marks[0]: mark-status: status is unclosed"),
        (changed("marks", open="«"), "1: marks[0]: mark-edge: the text has"),
        (changed("marks", function="x"), "1: marks[0]: label: function is 'x'; allowed"),
        (changed("marks", quote="q9"), "1: marks[0]: reference: quote is 'q9'"),
        (changed("entities", entity_id=None), "1: entities[0]: missing-field: entity_id is miss"),
        (changed("entities", type=None), "1: entities[0]: missing-field: type is missing"),
    ],
)
def test_custom_gold_is_checked_as_the_packaged(
    document: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    assert findings_of(tmp_path, GOLD) == []
    assert any(line.startswith(expected) for line in findings_of(tmp_path, document))


def test_what_custom_gold_does_not_annotate_is_not_missing(tmp_path: Path) -> None:
    kept = {
        "entities": ("start", "end"),
        "quotes": ("content", "kind", "source_status"),
        "dates": ("start", "end"),
    }
    full = GOLD | {"dates": [{"start": 28, "end": 30, "type": "DATE", "value": "XXXX"}]}
    bare = {
        layer: [{name: record[name] for name in names} for record in full[layer]]
        for layer, names in kept.items()
    }
    assert findings_of(tmp_path, {"doc_id": "tin", "text": TEXT, **bare}) == []


def test_structure_and_labels_are_found_at_once(tmp_path: Path) -> None:
    broken = changed("entities", end=400) | {"doc_id": "other"}
    found = findings_of(tmp_path, broken, changed("quotes", kind="spoken"))
    assert [line.split(": ")[:3] for line in found[:2]] == [
        ["1", "entities[0]", "offset-range"],
        ["2", "quotes[0]", "label"],
    ]


def test_rules_of_the_guidelines_are_one_warning(tmp_path: Path) -> None:
    without = GOLD | {"doc_id": "b", "marks": [], "quotes": []}
    found = findings_of(tmp_path, GOLD, without)
    assert len(found) == 1
    assert found[0].startswith("2: marks: warning: mark-missing: the mark “ at 13")
    assert found[0].endswith("; further findings with this code: 1")


def test_schemes_of_custom_gold(tmp_path: Path) -> None:
    foreign = changed("quotes", kind="spoken")
    assert findings_of(tmp_path, foreign, scheme="any") == []
    found = findings_of(tmp_path, GOLD, scheme="native")
    assert [line.split(": ")[1:3] for line in found] == [
        ["entities[0]", "label"],
        ["entities[1]", "label"],
    ]


def test_the_packaged_documents_pass_as_custom_gold(tmp_path: Path, gold: vn.Gold) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(d) + b"\n" for d in gold.values()))
    assert validate.check(path)[1] == []


def test_unknown_lists_without_texts_are_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    rows = [[{"start": 0, "end": 2, "text": "ab", "label": "PER", "score": 0.9}]] * 150
    path.write_text(json.dumps(rows))
    (finding,) = validate.check(path)[1]
    assert (finding.code, "--gold FILE" in finding.message) == ("unknown-document", True)


def test_unknown_documents_are_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(f'{{"doc_id": "d{number}"}}\n' for number in range(150)))
    _, findings = validate.check(path)
    assert len(errors(findings)) == len(findings) == 1
    assert "150 documents are not among the packaged articles" in findings[0].message
    assert "--gold FILE" in findings[0].message
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"doc_id": "d0", "text": ""}\n')
    assert len(validate.check(path, gold)[1]) == 149
