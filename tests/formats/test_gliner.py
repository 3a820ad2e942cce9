"""GLiNER's lists of mentions, in every container."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, plain, read_text
from vinewsie.formats.base import Sample, without_fields
from vinewsie.formats.mention_lists import FORMAT
from vinewsie.model import Document

HUE = {"start": 0, "end": 3, "text": "Huế", "label": "GPE", "score": 0.9}
LAN = {"start": 7, "end": 10, "text": "Lan", "label": "PER"}
PLACED = [
    {"start": 0, "end": 3, "text": "Huế", "type": "GPE"},
    {"start": 7, "end": 10, "text": "Lan", "type": "PER"},
]


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ([[[HUE], [LAN]]], [None, None]),
        ([[HUE], [LAN]], [None, None]),
        ([{"a": [HUE], "b": [LAN]}], ["a", "b"]),
        (
            [{"doc_id": "a", "text": "Huế", "entities": [HUE]}, {"id": 7, "spans": [LAN]}],
            ["a", "7"],
        ),
        ([[{"doc_id": "a", "entities": [HUE]}, {"doc_id": "b", "entities": [LAN]}]], ["a", "b"]),
    ],
)
def test_containers(tmp_path: Path, lines: list[object], ids: list[str | None]) -> None:
    parsed, findings = read_text(
        FORMAT, tmp_path / "p.jsonl", "\n".join(json.dumps(line) for line in lines)
    )
    assert findings == []
    assert [p.doc_id for p in parsed] == ids
    assert [r for p in parsed for r in plain(p)] == PLACED
    assert FORMAT.recognises(Sample(tmp_path / "p.jsonl", "", lines))


def test_one_list_is_one_document(tmp_path: Path) -> None:
    parsed, findings = read_text(FORMAT, tmp_path / "p.json", json.dumps([HUE, LAN], indent=2))
    assert findings == []
    assert [plain(p) for p in parsed] == [PLACED]


def test_documents_without_mentions_keep_their_place(tmp_path: Path) -> None:
    parsed, _ = read_text(FORMAT, tmp_path / "p.json", json.dumps([[], [HUE], []]))
    assert [len(p.layers["entities"]) for p in parsed] == [0, 1, 0]


def test_surface_only(tmp_path: Path) -> None:
    parsed, findings = read_text(
        FORMAT,
        tmp_path / "p.json",
        json.dumps([{"text": "Huế", "label": "GPE", "start": None, "end": None}]),
    )
    assert findings == []
    assert plain(parsed[0]) == [{"text": "Huế", "type": "GPE"}]


def test_everything_that_is_wrong(tmp_path: Path) -> None:
    lines = [
        '{"a": 1}',
        "[3, null]",
        "{",
        '"Huế"',
        '[[{"label": "GPE", "text": "Huế", "iou": 1}], 5]',
        '[{"label": "GPE", "text": "Huế", "iou": 1}]',
    ]
    parsed, findings = read_text(FORMAT, tmp_path / "p.jsonl", "\n".join(lines))
    assert [(f.code, f.line) for f in findings] == [
        ("json", 3),
        ("format", 1),
        ("not-object", 2),
        ("not-object", 2),
        ("format", 4),
        ("format", 5),
        ("format-loss", None),
    ]
    assert findings[-1].severity == "warning"
    assert "iou (1)" in findings[-1].message
    assert [len(p.layers["entities"]) for p in parsed] == [0, 1]


@pytest.mark.parametrize(
    "value",
    [
        {"doc_id": "a", "entities": [{"start": 0, "end": 3, "type": "GPE"}]},
        [{"entity_group": "GPE", "word": "Huế", "start": 0, "end": 3}],
        {"text": "Huế", "label": [[0, 3, "GPE"]]},
        {"text": "Huế", "ents": [HUE], "tokens": []},
        {"doc_id": "a"},
        7,
    ],
)
def test_leaves_other_formats_alone(value: object) -> None:
    assert not FORMAT.recognises(Sample(Path("p.json"), "", [value]))


@pytest.mark.parametrize("name", ["p.json", "p.jsonl"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    comes_back(FORMAT, tmp_path / name, [RICH])


@settings(max_examples=50)
@given(st.lists(documents(), max_size=3))
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    comes_back(FORMAT, tmp_path_factory.mktemp("p") / "p.jsonl", some)


def test_what_is_left_out_is_said() -> None:
    _, lost = without_fields(RICH, FORMAT.holds)
    assert sorted(lost) == [
        "bao-1: dates: cannot be held (3 records)",
        "bao-1: entities: alternates cannot be held (1 record)",
        "bao-1: entities: entity_id cannot be held (5 records)",
        "bao-1: entities: human_verified cannot be held (1 record)",
        "bao-1: entities: id cannot be held (5 records)",
        "bao-1: entities: origin cannot be held (2 records)",
        "bao-1: marks: cannot be held (3 records)",
        "bao-1: quotes: cannot be held (3 records)",
    ]
