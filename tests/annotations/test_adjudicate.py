"""Adjudication: every difference needs a decision, decisions make gold and are kept, and repeating
a step changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import strategies as st

from vinewsie.annotations import store
from vinewsie.annotations.adjudicate import SHEET, prepare
from vinewsie.annotations.adjudicate.decisions import from_pass
from vinewsie.annotations.adjudicate.outcome import adjudicated, registry_for
from vinewsie.annotations.adjudicate.readings import items, summary
from vinewsie.annotations.new_article import ArticleMetadata, add
from vinewsie.annotations.origins import decided
from vinewsie.cli.annotation import adjudicate
from vinewsie.files import write_text
from vinewsie.findings import errors
from vinewsie.model import (
    RECORD_TYPES,
    DateReading,
    Document,
    Span,
    records_of,
)
from workbench import (
    DOC,
    TEXT,
    Change,
    changed,
    entity,
    first_reading,
    new_folder,
    removed,
    renamed_quotes,
    span,
    write_pass,
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An annotations folder with one added text, and pass a over it."""
    return new_folder(tmp_path)


def run(folder: Path, *arguments: object) -> Result:
    result = CliRunner().invoke(adjudicate, [*map(str, arguments), "--annotations", str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def sheet_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / SHEET).read_text(encoding="utf-8").splitlines()]


def fill(folder: Path, *decisions: Any, reason: str = "theo hướng dẫn") -> None:
    lines = sheet_of(folder)
    assert len(lines) == len(decisions), lines
    filled = [
        line | {"decision": decision, "reason": reason}
        for line, decision in zip(lines, decisions, strict=True)
    ]
    (folder / SHEET).write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in filled), encoding="utf-8"
    )


def files_of(
    folder: Path, parts: Iterable[str] = ("gold", "entities.csv", "adjudication.jsonl")
) -> dict[str, bytes]:
    paths = [
        path
        for part in parts
        for path in ((folder / part).rglob("*") if (folder / part).is_dir() else [folder / part])
    ]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.is_file()}


def gold_of(folder: Path) -> Document:
    read = store.read(folder)
    assert errors(read.findings) == []
    return read.documents[DOC]


# The packaged passes


def test_the_differences_of_the_packaged_passes_are_those_that_were_adjudicated(
    corpus_copy: Path,
) -> None:
    read = store.read(corpus_copy)
    found = []
    for doc_id, document in read.documents.items():
        for item in items({name: read.passes[name][doc_id] for name in "abc"}):
            if not item.agreed:
                found.append((doc_id, item.layer, item.line, summary(item, document.text, "abc")))
    assert found == [
        (line.doc_id, line.layer, line.line, line.passes)
        for line in read.adjudication
        if line.stage == "passes"
    ]


def test_the_packaged_decisions_make_the_packaged_gold(corpus_copy: Path) -> None:
    before = files_of(corpus_copy)
    decided = [line for line in store.read(corpus_copy).adjudication if line.stage == "passes"]
    assert run(corpus_copy, "a", "b", "c").exit_code == 0
    lines = sheet_of(corpus_copy)
    filled = [
        line | {"decision": d.outcome.split(",")[0], "reason": d.reason, "argued": d.argued}
        for line, d in zip(lines, decided, strict=True)
    ]
    (corpus_copy / SHEET).write_text(
        "".join(json.dumps(line) + "\n" for line in filled), encoding="utf-8"
    )
    result = run(corpus_copy, "a", "b", "c", "--apply")
    assert (result.exit_code, result.stdout) == (0, "26 adjudicated, 416 agreed\n"), result.stderr
    assert "nothing to change" in result.stderr
    assert files_of(corpus_copy) == before


def test_deciding_by_the_present_gold_changes_nothing(corpus_copy: Path) -> None:
    before = files_of(corpus_copy)
    result = run(corpus_copy, "a", "b", "c", "--decided", "gold", "--apply")
    assert (result.exit_code, files_of(corpus_copy)) == (0, before), result.stderr


def test_two_passes_do_not_undo_what_the_third_decided(corpus_copy: Path) -> None:
    before = files_of(corpus_copy)
    run(corpus_copy, "a", "b")
    fill(corpus_copy, *["b"] * 8)
    result = run(corpus_copy, "a", "b", "--apply")
    assert (result.exit_code, files_of(corpus_copy)) == (1, before)
    assert (
        "baoquocte-20231012: entities: adjudication: gold's e49 ('Uỷ ban châu Âu')" in result.stderr
    )


# Passes that agree


def test_passes_that_agree_make_gold_regardless_of_ids(own: Path) -> None:
    write_pass(own, "b", renamed_quotes)
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, result.stdout) == (0, "9 agreed\n"), result.stderr
    document = gold_of(own)
    assert [(q.id, q.parent, q.origin) for q in document.quotes] == [
        ("q1", None, "agreed"),
        ("q2", "q1", "agreed"),
        ("q3", None, "agreed"),
    ]
    assert [m.quote for m in document.marks] == ["q2"]
    assert store.read(own).adjudication == []
    assert not (own / SHEET).exists()


def test_the_registry_follows_gold(own: Path) -> None:
    write_pass(own, "b")
    result = run(own, "a", "b", "--apply")
    registry = store.read(own).registry
    assert {key: (e.type, e.name_vi, e.name_en, e.aliases) for key, e in registry.items()} == {
        "hue": ("GPE", "Huế", "Hue", ("Huế",)),
        "voice-of-vietnam": (
            "ORG",
            "Đài Tiếng nói Việt Nam",
            "Voice Of Vietnam",
            ("Đài Tiếng nói Việt Nam",),
        ),
        "le-van-tam": ("PER", "Lê Văn Tám", "Le Van Tam", ("Lê Văn Tám", "Tám")),
    }
    assert "new in entities.csv: le-van-tam" in result.stderr


def test_a_speaker_without_mention_gets_a_registry_entry(own: Path) -> None:
    spoken = changed("quotes", 2, speakers=("governor-of-hue",), source_status="nominal")
    for name in ("a", "b"):
        write_pass(own, name, spoken)
    run(own, "a", "b", "--apply")
    entry = store.read(own).registry["governor-of-hue"]
    assert (entry.type, entry.name_vi, entry.aliases) == ("PER", "ông Tám", ())


def test_gold_that_was_adjudicated_is_built_and_scored(
    own: Path, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    assert cli("build", "--annotations", own, "-o", tmp_path / "built").exit_code == 0
    predictions = tmp_path / "p.jsonl"
    plain = {name: msgspec.to_builtins(records) for name, records in first_reading().items()}
    predictions.write_text(json.dumps({"doc_id": DOC, **plain}) + "\n", encoding="utf-8")
    result = cli(
        "score",
        predictions,
        "--gold",
        tmp_path / "built",
        "-m",
        "attribution.joint",
        "--format",
        "json",
    )
    assert json.loads(result.stdout)["measures"]["attribution.joint"]["f1"] == 1.0


# Differences and decisions

DIFFERENCES: list[tuple[str, Change, list[str]]] = [
    ("type", changed("entities", 0, type="LOC"), ["type"]),
    ("boundary", changed("entities", 2, **span("ông Lê Văn Tám"), text="ông Lê Văn Tám"), ["span"]),
    ("alternates", changed("entities", 2, alternates=(Span(**span("Văn Tám")),)), ["alternates"]),
    ("missing", removed("entities", 1), ["record"]),
    ("date", changed("dates", 0, value="2023-11-12", mod="APPROX"), ["value", "mod"]),
    ("mark", changed("marks", 0, function="scare", quote=None), ["function", "quote"]),
    ("parent", changed("quotes", 1, parent=None), ["parent"]),
    ("speakers", changed("quotes", 2, speakers=()), ["speakers"]),
    ("content", changed("quotes", 2, content=(Span(**span("đang rút")),)), ["content"]),
    ("order of speakers", changed("quotes", 2, speakers=("le-van-tam", "le-van-tam")), []),
]


@pytest.mark.parametrize(
    ("change", "differs"), [case[1:] for case in DIFFERENCES], ids=[case[0] for case in DIFFERENCES]
)
def test_every_kind_of_difference_is_one_item(
    change: Change, differs: list[str], own: Path
) -> None:
    write_pass(own, "b", renamed_quotes, change)
    task = prepare(own, ["a", "b"])
    assert [item.differs for item in task.items[DOC] if not item.agreed] == (
        [differs] if differs else []
    )


def test_a_sheet_shows_both_readings_and_their_line(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"), removed("dates", 0))
    result = run(own, "a", "b")
    assert (result.exit_code, result.stdout) == (0, f"{own / SHEET}: 2 decisions, 2 of them open\n")
    city, day = sheet_of(own)
    assert (city["line"], city["context"], city["differs"]) == (
        1,
        "Huế sơ tán hàng trăm hộ dân",
        ["type"],
    )
    assert (city["passes"]["a"]["type"], city["passes"]["b"]["type"]) == ("GPE", "LOC")
    assert (day["line"], day["passes"]["a"]["text"], day["passes"]["b"]) == (3, "hôm 12/11", None)
    assert (day["decision"], day["reason"]) == (None, "")


def test_decisions_make_gold_and_are_recorded(own: Path) -> None:
    write_pass(
        own,
        "b",
        changed("entities", 0, type="LOC"),
        removed("dates", 0),
        changed("quotes", 2, speakers=()),
    )
    run(own, "a", "b")
    fill(own, "b", "none", "a")
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, result.stdout) == (0, "2 adjudicated, 6 agreed\n"), result.stderr
    document = gold_of(own)
    assert [(e.type, e.origin) for e in document.entities[:2]] == [
        ("LOC", "adjudicated"),
        ("ORG", "agreed"),
    ]
    assert document.dates == ()
    lines = [
        json.loads(line)
        for line in (own / "adjudication.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert lines == [
        {
            "doc_id": DOC,
            "layer": "entities",
            "line": 1,
            "stage": "passes",
            "passes": {"a": {"type": "GPE"}, "b": {"type": "LOC"}},
            "decision": ["e1"],
            "outcome": "b",
            "reason": "theo hướng dẫn",
        },
        {
            "doc_id": DOC,
            "layer": "dates",
            "line": 3,
            "stage": "passes",
            "passes": {
                "a": {"span": "hôm 12/11", "type": "DATE", "value": "2024-11-12"},
                "b": None,
            },
            "decision": [],
            "outcome": "b",
            "reason": "theo hướng dẫn",
        },
        {
            "doc_id": DOC,
            "layer": "quotes",
            "line": 5,
            "stage": "passes",
            "passes": {"a": {"speakers": ["le-van-tam"]}, "b": {"speakers": []}},
            "decision": ["q3"],
            "outcome": "a",
            "reason": "theo hướng dẫn",
        },
    ]


def test_repeating_changes_nothing_and_a_better_reason_replaces_the_old_one(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"), removed("dates", 0))
    run(own, "a", "b")
    fill(own, "a", "a")
    run(own, "a", "b", "--apply")
    before = files_of(
        own, ("articles", "gold", "passes", "entities.csv", "adjudication.jsonl", SHEET)
    )
    assert run(own, "a", "b").stdout == f"{own / SHEET}: 2 decisions, 0 of them open\n"
    assert "nothing to change" in run(own, "a", "b", "--apply").stderr
    assert (
        files_of(own, ("articles", "gold", "passes", "entities.csv", "adjudication.jsonl", SHEET))
        == before
    )
    fill(own, "a", "a", reason="quy tắc 3.1")
    run(own, "a", "b", "--apply")
    assert [line.reason for line in store.read(own).adjudication] == ["quy tắc 3.1"] * 2


def test_a_decision_can_be_a_record_in_full_or_a_list(own: Path) -> None:
    write_pass(
        own,
        "b",
        changed("entities", 2, **span("Văn Tám"), text="Văn Tám"),
        changed("quotes", 1, parent=None),
    )
    run(own, "a", "b")
    quote = next(line for line in sheet_of(own) if line["layer"] == "quotes")["passes"]["a"]
    fill(own, ["a", "b"], quote | {"parent": "b:q1", "addressees": ["hue"]})
    result = run(own, "a", "b", "--apply")
    assert result.exit_code == 0, result.stderr
    document = gold_of(own)
    assert [e.text for e in document.entities] == [
        "Huế",
        "Đài Tiếng nói Việt Nam",
        "Lê Văn Tám",
        "Văn Tám",
        "Tám",
    ]
    assert [e.id for e in document.entities] == ["e1", "e2", "e3", "e4", "e5"]
    assert (document.quotes[1].parent, document.quotes[1].addressees) == ("q1", ("hue",))
    assert [(line.decision, line.outcome) for line in store.read(own).adjudication] == [
        (("e3", "e4"), "a and b"),
        (("q2",), "own"),
    ]


def test_references_follow_the_reading_that_was_chosen(own: Path) -> None:
    write_pass(
        own,
        "b",
        renamed_quotes,
        changed("quotes", 0, kind="indirect"),
        changed("marks", 0, status="mismatched"),
    )
    run(own, "a", "b")
    fill(own, "a", "a")
    assert run(own, "a", "b", "--apply").exit_code == 0
    write_pass(own, "a", renamed_quotes)
    write_pass(own, "b")
    assert "nothing to change" not in run(own, "a", "b", "--apply", "--overwrite").stderr
    assert [(q.id, q.parent) for q in gold_of(own).quotes] == [
        ("q1", None),
        ("q2", "q1"),
        ("q3", None),
    ]


def test_a_third_pass_decides(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"), removed("dates", 0))
    write_pass(
        own,
        "c",
        changed("entities", 0, type="LOC"),
        changed("entities", 1, entity_id="vov"),
        changed("quotes", 0, speakers=("vov",)),
    )
    result = run(own, "a", "b", "--decided", "c")
    assert (
        result.exit_code,
        "repeat the command with --apply" in result.stderr,
        (own / SHEET).exists(),
    ) == (
        0,
        True,
        False,
    )
    assert run(own, "a", "b", "--decided", "c", "--apply").exit_code == 0
    assert [(e.type, e.entity_id, e.origin) for e in gold_of(own).entities[:2]] == [
        ("LOC", "hue", "adjudicated"),
        ("ORG", "vov", "adjudicated"),
    ]
    said = [(line.layer, line.decision, line.outcome) for line in store.read(own).adjudication]
    assert said == [
        ("entities", ("e1",), "b, c"),
        ("entities", ("e2",), "c"),
        ("dates", ("d1",), "a, c"),
        ("quotes", ("q1",), "c"),
    ]
    assert store.read(own).adjudication[1].passes == {
        "a": {"entity_id": "voice-of-vietnam"},
        "b": {"entity_id": "voice-of-vietnam"},
        "c": {"entity_id": "vov"},
    }


def test_another_spelling_of_a_key_leaves_the_record_agreed(own: Path) -> None:
    spelled = (changed("entities", 1, entity_id="vov"), changed("quotes", 0, speakers=("vov",)))
    write_pass(own, "b", *spelled)
    run(own, "a", "b")
    sheet = own / SHEET
    filled = [
        line | {"decision": "a", "reason": "theo hướng dẫn", "argued": False}
        for line in sheet_of(own)
    ]
    sheet.write_text("".join(json.dumps(line) + "\n" for line in filled), encoding="utf-8")
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, result.stdout) == (0, "9 agreed\n"), result.stderr
    assert [line.argued for line in store.read(own).adjudication] == [False, False]
    before = files_of(own)
    assert run(own, "a", "b", "--decided", "gold", "--apply").stdout == "9 agreed\n"
    assert {n: c for n, c in files_of(own).items() if n != SHEET} == {
        n: c for n, c in before.items() if n != SHEET
    }


def test_only_keys_can_be_spelled_differently(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"))
    run(own, "a", "b")
    [line] = sheet_of(own)
    filled = line | {"decision": "a", "reason": "x", "argued": False}
    (own / SHEET).write_text(json.dumps(filled) + "\n", encoding="utf-8")
    result = run(own, "a", "b", "--apply")
    assert result.exit_code == 1
    assert "argued is false, but the passes differ in type" in result.stderr


def test_what_a_later_stage_decided_stays(own: Path) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    path = own / "gold" / DOC / "dates.jsonl"
    [date] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    read = [{"value": "2023-11-12"}]
    del date["origin"], date["human_verified"]
    date |= {"contested": True, "readings": read, "origin": "adjudicated", "human_verified": False}
    path.write_text(json.dumps(date, ensure_ascii=False) + "\n", encoding="utf-8")
    unrecorded = run(own, "a", "b", "--apply")
    assert (unrecorded.exit_code, "is not what the passes" in unrecorded.stderr) == (1, True)
    line = {
        "doc_id": DOC,
        "layer": "dates",
        "line": 3,
        "stage": "second thoughts",
        "passes": {},
        "decision": ["d1"],
        "outcome": "contested",
        "reason": "the year is not printed",
    }
    (own / "adjudication.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    before = files_of(own)
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, result.stdout) == (0, "1 adjudicated, 8 agreed\n"), result.stderr
    assert files_of(own) == before
    assert gold_of(own).dates[0].readings == (DateReading(value="2023-11-12"),)


def test_readings_and_equal_lengths_between_passes(own: Path) -> None:
    """Readings are judgements; values that are one length by definition are no difference."""
    for name, value, readings in (
        ("a", "P1W", ()),
        ("b", "P7D", (DateReading(value="P1M"),)),
    ):
        write_pass(
            own,
            name,
            changed(
                "dates",
                0,
                type="DURATION",
                value=value,
                contested=bool(readings),
                readings=readings,
            ),
        )
    run(own, "a", "b")
    [line] = sheet_of(own)
    assert line["differs"] == ["readings"]
    assert line["passes"]["b"]["readings"] == [{"value": "P1M"}]
    fill(own, "b")
    assert run(own, "a", "b", "--apply").exit_code == 0
    assert gold_of(own).dates[0].readings == (DateReading(value="P1M"),)
    [decided] = store.read(own).adjudication
    assert decided.passes == {"a": {"readings": []}, "b": {"readings": [{"value": "P1M"}]}}


def test_a_role_has_its_printed_sources_as_aliases(own: Path) -> None:
    spoken = changed("quotes", 2, speakers=("governor-of-hue",), source_status="nominal")
    for name in ("a", "b"):
        write_pass(own, name, spoken)
    run(own, "a", "b", "--apply")
    path = own / "entities.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",,,name", ",,,role"), encoding="utf-8"
    )
    assert "registry-alias" in {f.code for f in store.read(own).findings}
    assert run(own, "a", "b", "--apply").exit_code == 0
    entry = store.read(own).registry["governor-of-hue"]
    assert (entry.kind, entry.aliases) == ("role", ("ông Tám",))


def test_the_order_of_speakers_is_no_difference_from_gold(own: Path) -> None:
    both = ("le-van-tam", "voice-of-vietnam")
    for name in ("a", "b"):
        write_pass(own, name, changed("quotes", 2, speakers=both))
    run(own, "a", "b", "--apply")
    write_pass(own, "a", changed("quotes", 2, speakers=both[::-1]))
    before = files_of(own)
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, files_of(own)) == (0, before)


def test_a_sign_off_stays_on_an_unchanged_record(own: Path) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    path = own / "gold" / DOC / "entities.jsonl"
    signed = path.read_text(encoding="utf-8").replace(
        '"human_verified": false', '"human_verified": true', 1
    )
    path.write_text(signed, encoding="utf-8")
    run(own, "a", "b", "--apply")
    assert [e.human_verified for e in gold_of(own).entities] == [True, False, False, False]


# Refused input


def test_every_missing_decision_is_reported(own: Path) -> None:
    write_pass(
        own,
        "b",
        changed("entities", 0, type="LOC"),
        removed("dates", 0),
        changed("quotes", 2, speakers=()),
    )
    before = files_of(own)
    missing = run(own, "a", "b", "--apply")
    assert (missing.exit_code, "there is no sheet" in missing.stderr) == (1, True)
    run(own, "a", "b")
    lines = sheet_of(own)
    lines[0] |= {"decision": "a"}
    lines[1] |= {"decision": "z", "reason": "x"}
    (own / SHEET).write_text(
        "".join(json.dumps(line) + "\n" for line in lines[:2]), encoding="utf-8"
    )
    result = run(own, "a", "b", "--apply")
    said = [line for line in result.stderr.splitlines() if SHEET in line]
    assert len(said) == 3
    assert said[0].startswith(f"{own / SHEET}:1: adjudication: reason is empty")
    assert said[1].startswith(f"{own / SHEET}:2: adjudication: decision 'z' is none of a, b, none")
    assert (
        "line 5 of the text: the passes differ in speakers, and the sheet has no line for it"
        in said[2]
    )
    assert (result.exit_code, files_of(own)) == (1, before)


def test_bad_records_in_decisions_are_refused(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"), changed("quotes", 1, parent=None))
    run(own, "a", "b")
    quote = sheet_of(own)[1]["passes"]["a"]
    fill(
        own,
        [
            {"start": 0, "end": 999, "type": "CITY", "tpye": "x"},
            {"start": 0, "end": 4, "type": "CITY"},
        ],
        quote | {"parent": "q1"},
    )
    said = run(own, "a", "b", "--apply").stderr
    for part in (
        f"{SHEET}:1: unknown-field: decision: no field 'tpye'",
        f"{SHEET}:1: label: decision: type is 'CITY'",
        f"{SHEET}:1: edge-space: decision: span 'Huế '",
        f"{SHEET}:2: reference: decision: parent is 'q1'; write PASS:ID",
    ):
        assert part in said


def test_decisions_that_contradict_each_other(own: Path) -> None:
    write_pass(own, "b", removed("entities", 0), removed("entities", 0))
    run(own, "a", "b")
    first = sheet_of(own)[0]["passes"]["a"]
    fill(own, "a", first)
    assert (
        f"{SHEET}:2: entities: adjudication: leads to the same record as line 1"
        in run(own, "a", "b", "--apply").stderr
    )
    fill(own, [None], "a")
    assert "decision None is none of a, b, none" in run(own, "a", "b", "--apply").stderr
    fill(own, ["a", "none"], "a")
    assert "'none' cannot be combined with other decisions" in run(own, "a", "b", "--apply").stderr
    lines = (own / SHEET).read_text(encoding="utf-8").splitlines()
    (own / SHEET).write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    assert (
        f"{SHEET}:3: adjudication: is decided on line 2 already"
        in run(own, "a", "b", "--apply").stderr
    )


def test_invalid_gold_names_its_decision(own: Path) -> None:
    write_pass(own, "b", removed("quotes", 0), changed("quotes", 0, parent=None))
    run(own, "a", "b")
    before = files_of(own)
    fill(own, "none", "a")
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, files_of(own)) == (1, before)
    assert (
        f"{SHEET}:2: quotes: reference: q1 as it would be written: parent 'a:q1' is no quotation"
        in result.stderr
    )


def test_a_sheet_never_loses_a_decision(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"), removed("dates", 0))
    run(own, "a", "b")
    fill(own, "a", "b")
    write_pass(own, "b", changed("entities", 0, type="LOC"), changed("quotes", 2, speakers=()))
    before = (own / SHEET).read_bytes()
    result = run(own, "a", "b")
    assert (result.exit_code, (own / SHEET).read_bytes()) == (1, before)
    assert (
        f"{SHEET}:2: adjudication: is decided, but the passes do not (or no longer) differ in this"
        in result.stderr
    )
    (own / SHEET).write_bytes(before.splitlines(keepends=True)[0])
    assert run(own, "a", "b").stdout == f"{own / SHEET}: 2 decisions, 1 of them open\n"
    assert [line["decision"] for line in sheet_of(own)] == ["a", None]


def test_corrected_gold_is_not_overwritten(own: Path) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    path = own / "gold" / DOC / "dates.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace("2024-11-12", "2023-11-12"), encoding="utf-8"
    )
    result = run(own, "a", "b", "--apply")
    assert (
        result.exit_code,
        "gold's d1 ('hôm 12/11') is not what the passes" in result.stderr,
    ) == (1, True)
    assert run(own, "a", "b", "--apply", "--overwrite").exit_code == 0
    assert gold_of(own).dates[0].value == "2024-11-12"


def test_decisions_afresh_replace_the_earlier_ones(own: Path) -> None:
    write_pass(own, "b", changed("entities", 0, type="LOC"))
    run(own, "a", "b")
    fill(own, "a")
    run(own, "a", "b", "--apply")
    fill(own, "b")
    assert run(own, "a", "b", "--apply").exit_code == 1
    other_type = run(own, "a", "b", "--apply", "--overwrite")
    message = "e1 as it would be written: type is LOC, but hue is GPE"
    assert f"{SHEET}:1: entities: registry-type: {message}" in other_type.stderr
    registry = own / "entities.csv"
    registry.write_text(
        registry.read_text(encoding="utf-8").replace("hue,GPE", "hue,LOC"), encoding="utf-8"
    )
    assert run(own, "a", "b", "--apply", "--overwrite").exit_code == 0
    assert [(line.outcome, line.decision) for line in store.read(own).adjudication] == [
        ("b", ("e1",))
    ]
    write_pass(own, "a", changed("entities", 0, type="LOC"))
    (own / SHEET).unlink()
    assert run(own, "a", "b", "--apply", "--overwrite").exit_code == 0
    assert store.read(own).adjudication == []
    assert {e.origin for e in gold_of(own).entities} == {"agreed"}


def test_files_with_unreadable_lines_are_not_overwritten(own: Path) -> None:
    write_pass(own, "b")
    (own / "adjudication.jsonl").write_text('{"doc_id": \n', encoding="utf-8")
    before = files_of(own)
    result = run(own, "a", "b", "--apply")
    assert (result.exit_code, "adjudication.jsonl:1: json" in result.stderr, files_of(own)) == (
        1,
        True,
        before,
    )


def test_missing_documents_and_passes_are_named(own: Path, corpus_copy: Path) -> None:
    assert "there is no pass 'z'; there are a, gold" in run(own, "a", "z").stderr
    assert "no article 'x'" in run(own, "a", "a2", "--doc-id", "x").stderr
    write_pass(own, "b")
    add(own, corpus_copy / "guidelines.md", ArticleMetadata("2024-11-12", doc_id="other"))
    run(own, "a", "b", "--apply")
    assert [len(document.entities) for document in store.read(own).documents.values()] == [4, 0]
    assert (
        "no document has been read in all of a, b" in run(own, "a", "b", "--doc-id", "other").stderr
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a"], "at least two passes"),
        (["a", "b", "--overwrite"], "--overwrite goes with --apply"),
        (["a", "b", "--sheet", "x", "--decided", "c"], "one of the two"),
    ],
)
def test_wrong_usage(arguments: list[str], says: str, own: Path) -> None:
    result = run(own, *arguments)
    assert (result.exit_code, says in result.stderr) == (2, True)


def test_a_document_that_a_pass_lacks_is_warned_of(corpus_copy: Path, tmp_path: Path) -> None:
    add(corpus_copy, _file(tmp_path), ArticleMetadata("2024-11-12", doc_id=DOC))
    write_pass(corpus_copy, "a")
    result = run(corpus_copy, "a", "b", "c")
    assert (
        f"{DOC}: warning: adjudication: is left out: b and c have no labels for it" in result.stderr
    )


def test_other_segments_of_a_pass_are_warned_of(own: Path) -> None:
    write_pass(own, "b")
    path = own / "passes" / "b" / DOC / "segments.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"lead"', '"body"'), encoding="utf-8")
    result = run(own, "a", "b", "--apply")
    assert (
        result.exit_code,
        "the segments of pass b differ from those of gold" in result.stderr,
    ) == (0, True)
    assert "lead" in {segment.zone for segment in gold_of(own).segments}


def _file(folder: Path) -> Path:
    path = folder / "hue.txt"
    path.write_text(TEXT, encoding="utf-8", newline="\n")
    return path


@hypothesis.given(st.data())
def test_deciding_for_one_pass_everywhere_gives_that_pass(data: st.DataObject) -> None:
    layers: dict[str, Any] = {layer: tuple(found) for layer, found in first_reading().items()}
    left = Document(doc_id=DOC, text=TEXT, **layers)
    other = first_reading()
    renamed_quotes(other)
    for layer in RECORD_TYPES:
        kept = data.draw(st.lists(st.sampled_from(range(len(other[layer]))), unique=True))
        other[layer] = [other[layer][index] for index in kept]
        for index in (
            data.draw(st.sets(st.sampled_from(range(len(kept)))))
            if kept and layer in ("entities", "dates")
            else ()
        ):
            record = other[layer][index]
            other[layer][index] = msgspec.structs.replace(
                record, end=data.draw(st.integers(record.start + 1, len(TEXT))), type="SET"
            )
    layers = {layer: tuple(found) for layer, found in other.items()}
    right = Document(doc_id=DOC, text=TEXT, **layers)
    found = items({"a": left, "b": right})
    for layer in RECORD_TYPES:
        for name, document in (("a", left), ("b", right)):
            said = [
                item.records[name]
                for item in found
                if item.layer == layer and item.records[name] is not None
            ]
            assert sorted(said, key=str) == sorted(records_of(document, layer), key=str)
    base = Document(doc_id=DOC, text=TEXT)
    made = adjudicated(base, found, from_pass("a", found, ["a", "b"]), ["a", "b"]).document
    for layer in RECORD_TYPES:
        bare = [msgspec.structs.replace(record, origin=None) for record in records_of(made, layer)]
        assert bare == list(records_of(left, layer))


def decided_in_page(own: Path, change: Callable[[Document], Document]) -> None:
    """A person changes the gold in the page, and the labels are fetched."""
    read = store.read(own)
    after, lines = decided(gold_of(own), change(gold_of(own)), "lan@example.org", "2024-11-13")
    contents = store.document_files("gold", after)
    entries, _ = registry_for([after], read.registry)
    contents["entities.csv"] = store.registry_csv(entries)
    contents["adjudication.jsonl"] = store.jsonl([*read.adjudication, *lines])
    for name, content in contents.items():
        write_text(own / name, content)
    assert store.read(own).findings == []


@pytest.mark.parametrize("afresh", [(), ("--overwrite",)])
def test_what_a_person_made_is_never_dropped(own: Path, afresh: tuple[str, ...]) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    added = entity(9, "hàng trăm hộ dân", "ORG", "ho-dan")

    def change(gold: Document) -> Document:
        moved = msgspec.structs.replace(gold.entities[2], **span("Văn Tám"), text="Văn Tám")
        entities = (gold.entities[0], added, gold.entities[1], moved)  # and without the last one
        return msgspec.structs.replace(gold, entities=entities)

    decided_in_page(own, change)
    before = files_of(own)
    result = run(own, "a", "b", "--apply", *afresh)
    assert result.exit_code == 0, result.stderr
    assert files_of(own) == before
    assert (
        "kept as a person has it: hue: entities e9 at “hàng trăm hộ dân” (decided)" in result.stderr
    )
    assert "entities e3 at “Văn Tám nói" in result.stderr


def test_what_a_person_signed_stays_when_decisions_are_made_afresh(own: Path) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    path = own / "gold" / DOC / "dates.jsonl"
    signed = path.read_text(encoding="utf-8").replace(
        '"human_verified": false', '"human_verified": true'
    )
    path.write_text(signed, encoding="utf-8")
    for name in ("a", "b"):
        write_pass(own, name, changed("dates", 0, value="2023-11-12"))
    assert run(own, "a", "b", "--apply").exit_code == 1
    result = run(own, "a", "b", "--apply", "--overwrite")
    assert (result.exit_code, path.read_text(encoding="utf-8")) == (0, signed)
    assert "kept as a person has it: hue: dates d1 at “hôm 12/11.” (signed off)" in result.stderr


def test_an_entry_that_leaves_the_registry_is_listed(own: Path) -> None:
    write_pass(own, "b")
    run(own, "a", "b", "--apply")
    for name in ("a", "b"):
        write_pass(own, name, removed("entities", 0))
    result = run(own, "a", "b", "--apply", "--overwrite")
    assert "no longer in entities.csv: hue (Huế)" in result.stderr
