"""Agreement of passes that are files, and of fields without a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Outcome

Run = Callable[..., Outcome]

TEXT = "Hôm qua, ngày 2, An gặp Bo ở Huế."
DATES = [
    {"start": 0, "end": 7, "type": "DATE", "value": None},
    {"start": 9, "end": 15, "type": "DATE", "value": "2024-01-02"},
]


def write(path: Path, doc_id: str = "d", **layers: Any) -> Path:
    path.write_text(json.dumps({"doc_id": doc_id, **layers}, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", text=TEXT)


def rows(out: Outcome) -> dict[tuple[str, str], list[Any]]:
    return {
        (row["layer"], row["what"]): [row["left"], row["right"], row["agreed"], row["value"]]
        for row in json.loads(out.stdout)
    }


def test_two_files_over_the_texts_of_a_third(cli: Run, gold: Path, tmp_path: Path) -> None:
    other = [DATES[0], {**DATES[1], "value": "2024-02-01"}, {"start": 29, "end": 32}]
    a = write(tmp_path / "a.jsonl", dates=DATES, entities=[])
    b = write(tmp_path / "b.jsonl", dates=other)
    found = rows(cli("agreement", a, b, "--gold", gold, "--format", "json"))
    assert found["dates", "span"] == [2, 3, 2, 2 * 2 / (2 + 3)]
    # Two dates without a value state nothing: of two aligned pairs, one is compared.
    assert found["dates", "value"] == [1, 1, 0, 0.0]
    # Null is a value of mod: no modifier.
    assert found["dates", "mod"] == [2, 2, 2, 1.0]
    # Only one of the files mentions entities.
    assert {layer for layer, _ in found} == {"dates"}
    table = cli("agreement", a, b, "--gold", gold).stdout.splitlines()
    assert table[0].split() == ["layer", "what", str(a), str(b), "agreed", "value", "coefficient"]


def test_a_file_of_any_format_agrees_with_itself(cli: Run, gold: Path, tmp_path: Path) -> None:
    columns = tmp_path / "a.conll"
    tags = ["Hôm O", "qua O", ", O", "ngày O", "2 O", ", O", "An B-PER", "gặp O", "Bo B-PER"]
    columns.write_text("\n".join([*tags, "ở O", "Huế B-LOC", ". O"]) + "\n", "utf-8")
    names = [
        {"start": s, "end": e, "type": t}
        for s, e, t in ((17, 19, "PER"), (24, 26, "PER"), (29, 32, "LOC"))
    ]
    native = write(tmp_path / "b.jsonl", entities=names)
    found = rows(cli("agreement", columns, columns, "--gold", gold, "--format", "json"))
    assert found["entities", "span and type"] == [3, 3, 3, 1.0]
    # Entities without ids: nothing is compared, and nothing agrees.
    assert found["entities", "entity_id"] == [0, 0, 0, None]
    assert found["entities", "entity, whatever its key"] == [0, 0, 0, None]
    found = rows(cli("agreement", native, native, "--gold", gold, "--format", "json"))
    assert found["entities", "span and type"] == [3, 3, 3, 1.0]


def test_files_on_the_packaged_articles_with_speakers_by_name(cli: Run, tmp_path: Path) -> None:
    quotes = {"content": [{"start": 6, "end": 79}]}
    doc = "epochtimes-vn-20220815"
    a = write(tmp_path / "a.jsonl", doc, quotes=[{**quotes, "speakers": ["KCNA"]}])
    b = write(tmp_path / "b.jsonl", doc, quotes=[{**quotes, "speakers": ["kcna"]}])
    found = rows(cli("agreement", a, b, "--format", "json"))
    assert found["attribution", "speakers"] == [1, 1, 1, 1.0]
    assert found["attribution", "content (relaxed) and speakers"] == [1, 1, 1, 1.0]


def test_wrong_usage(cli: Run, gold: Path, tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", dates=DATES)
    nowhere = cli("agreement", a, tmp_path / "none.jsonl", "--gold", gold)
    assert nowhere.exit_code == 2
    assert "no file" in nowhere.stderr
    both = cli("agreement", a, a, "--gold", gold, "--annotations", tmp_path)
    assert both.exit_code == 2
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"doc_id": "d", "dates": [{"start": 0}]}', "utf-8")
    refused = cli("agreement", a, bad, "--gold", gold)
    assert refused.exit_code == 1
    assert "missing-field" in refused.stderr
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", "utf-8")
    assert "no document in common" in cli("agreement", a, empty, "--gold", gold).stderr


def test_agreement_by_phenomenon(cli: Run, gold: Path, tmp_path: Path) -> None:
    """A label or a phenomenon agrees where both passes have it on the same record."""
    outer, inner = {"start": 17, "end": 26, "type": "ORG"}, {"start": 24, "end": 26, "type": "PER"}
    named = {"entity_id": "x"}
    a = write(tmp_path / "a.jsonl", entities=[outer | named, inner | named], dates=DATES)
    b = write(tmp_path / "b.jsonl", entities=[inner | named], dates=DATES)
    to = ("--gold", gold, "--format", "json", "--by-phenomenon")
    found = rows(cli("agreement", a, b, *to))
    assert found["entities", "PER"] == [1, 1, 1, 1.0]
    assert found["entities", "ORG"] == [1, 0, 0, 0.0]
    assert found["entities", "ORG: type and entity"] == [0, 0, 0, None]
    # The mention is nested in the one pass alone.
    assert found["entities", "nested"] == [1, 0, 0, 0.0]
    assert found["entities", "outermost"] == [1, 1, 0, 0.0]
    assert found["dates", "DATE"] == [2, 2, 2, 1.0]
    weekday = [{"start": 0, "end": 7, "type": "DATE", "value": "XXXX-WXX-3"}]
    a = write(tmp_path / "a.jsonl", dates=weekday)
    b = write(tmp_path / "b.jsonl", dates=[{**weekday[0], "value": "XXXX-WXX-4"}])
    found = rows(cli("agreement", a, b, *to))
    assert found["dates", "weekday without a date"] == [1, 1, 1, 1.0]
    assert found["dates", "weekday without a date: value and mod"] == [1, 1, 0, 0.0]
    assert {layer for layer, _ in found} == {"dates"}


def test_quotations_by_phenomenon(cli: Run, gold: Path, tmp_path: Path) -> None:
    outer = {"id": "q1", "kind": "indirect", "content": [{"start": 9, "end": 32}]}
    inner = {"id": "q2", "kind": "indirect", "content": [{"start": 17, "end": 26}]}
    said = {"source_status": "absent", "speakers": ["An"], "cue": [{"start": 0, "end": 3}]}
    a = write(tmp_path / "a.jsonl", quotes=[outer | said, inner | said | {"parent": "q1"}])
    b = write(tmp_path / "b.jsonl", quotes=[outer | said, inner | said | {"cue": []}])
    found = rows(cli("agreement", a, b, "--gold", gold, "--format", "json", "--by-phenomenon"))
    assert found["quotes", "indirect"] == [2, 2, 2, 1.0]
    assert found["quotes", "indirect: speakers"] == [2, 2, 2, 1.0]
    assert found["quotes", "in a chain"] == [2, 0, 0, 0.0]
    assert found["quotes", "without a cue"] == [0, 1, 0, 0.0]
    assert found["quotes", "speaker from context"] == [2, 2, 2, 1.0]
