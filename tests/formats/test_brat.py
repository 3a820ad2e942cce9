"""brat's standoff: our convention, corpora of others, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, plain, read_all
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.base import Options, ParsedDocument, Sample, without_fields
from vinewsie.formats.brat import FORMAT, read, write
from vinewsie.model import Document, Entity

TEXT = "Hôm qua, ông Y Moan nói:\n“Huế đẹp”.\n"


def parse(
    tmp_path: Path,
    *lines: str,
    text: str | None = TEXT,
    end: str = "\n",
    options: Options | None = None,
) -> tuple[ParsedDocument, list[Finding]]:
    if text is not None:
        (tmp_path / "bai.txt").write_bytes(text.encode())
    (tmp_path / "bai.ann").write_bytes("".join(line + end for line in lines).encode())
    findings: list[Finding] = []
    [parsed] = read(tmp_path / "bai.ann", findings, options or Options())
    return parsed, findings


def layers(parsed: ParsedDocument) -> dict[str, Any]:
    return {layer: plain(parsed, layer) for layer, records in parsed.layers.items() if records}


def test_our_convention(tmp_path: Path) -> None:
    parsed, findings = parse(
        tmp_path,
        "T1\tPER 13 19\tY Moan",
        "N1\tReference T1 registry:y-moan\tY Moan",
        "T2\tTIMEX3 0 7\tHôm qua",
        "A1\tTimexType T2 DATE",
        "A2\tValue T2 2021-05-02",
        "A3\tVague T2",
        "T3\tMark 26 33\tHuế đẹp",
        "T4\tQuotation 26 33\tHuế đẹp",
        "T5\tCue 20 23\tnói",
        "T6\tSource 9 19\tông Y Moan",
        "R1\tCue Arg1:T4 Arg2:T5",
        "R2\tSource Arg1:T4 Arg2:T6",
        "R3\tQuote Arg1:T3 Arg2:T4",
        "A4\tFunction T3 speech",
        '#1\tAnnotatorNotes T4\t{"speakers": ["y-moan"]}',
    )
    assert findings == []
    assert (parsed.doc_id, parsed.text) == ("bai", TEXT)
    assert layers(parsed) == {
        "entities": [
            {"start": 13, "end": 19, "text": "Y Moan", "type": "PER", "entity_id": "y-moan"}
        ],
        "dates": [
            {
                "start": 0,
                "end": 7,
                "text": "Hôm qua",
                "type": "DATE",
                "value": "2021-05-02",
                "vague": True,
            }
        ],
        "marks": [{"start": 26, "end": 33, "text": "Huế đẹp", "function": "speech", "quote": "T4"}],
        "quotes": [
            {
                "id": "T4",
                "content": [{"start": 26, "end": 33}],
                "cue": [{"start": 20, "end": 23}],
                "source": {"start": 9, "end": 19},
                "speakers": ["y-moan"],
            }
        ],
    }


def test_other_corpora(tmp_path: Path) -> None:
    parsed, findings = parse(
        tmp_path,
        "T1\tPER 13 19\tY Moan",
        "T2\tDATE 0 7\tHôm qua",
        "T3\tSpeech 20 23\tnói",
        "E1\tSpeech:T3 Speaker:T1",
        "R1\tLocated Arg1:T1 Arg2:T2",
        "R2\tCause Arg1:E1 Arg2:T1",
        "A1\tNegation E1",
        "M1\tCertain T1",
        "N1\tReference T1 Wikidata:Q1\tY Moan",
        "N2\tReference T1 Wikipedia:7\tY Moan",
        "#1\tAnnotatorNotes T1\thỏi lại?",
        "#2\tAnnotatorNotes R1\tcó lẽ",
        "*\tEquiv T1 T2",
    )
    assert layers(parsed) == {
        "entities": [
            {"start": 13, "end": 19, "text": "Y Moan", "type": "PER", "entity_id": "Wikidata:Q1"},
            {"start": 0, "end": 7, "text": "Hôm qua", "type": "DATE"},
        ]
    }
    assert [(f.code, f.severity) for f in findings] == [("format-loss", "warning")]
    assert findings[0].message.partition(": ")[2] == (
        "attribute Certain (1), attributes of others than records (1), equivalences (1), event "
        "triggers (1), events (1), "
        "further normalizations (1), notes (1), notes of others than records (1), relation Cause "
        "(1), relation Located (1)"
    )


def test_everything_that_is_wrong(tmp_path: Path) -> None:
    _, findings = parse(
        tmp_path,
        "T1\tPER 13 19\tY Moam",
        "T1\tPER 13 19\tY Moan",
        "T2\tPER 13\tY",
        "T3\tPER 13 19\tY Moan",
        "T4\tPER 900 903\tLan",
        "T5\tCue 20 23\tnói",
        "R1\tSource Arg1:T9 Arg2:T5",
        "R2\tSource",
        "hỏng",
        "X1\ta b",
        "",
    )
    assert [(f.line, f.code) for f in findings] == [
        (1, "text-mismatch"),
        (2, "duplicate-id"),
        (3, "format"),
        (5, "text-mismatch"),
        (8, "format"),
        (9, "format"),
        (10, "format"),
        (7, "reference"),
        (6, "reference"),
    ]
    assert {(f.file, f.severity, f.doc_id) for f in findings} == {
        (str(tmp_path / "bai.ann"), "error", "bai")
    }


def test_a_second_source_is_refused(tmp_path: Path) -> None:
    lines = ["T1\tQuotation 26 33\tHuế đẹp", "T2\tSource 9 12\tông", "T3\tSource 13 19\tY Moan"]
    _, findings = parse(
        tmp_path, *lines, "R1\tSource Arg1:T1 Arg2:T2", "R2\tSource Arg1:T1 Arg2:T3"
    )
    assert [(f.code, f.line) for f in findings] == [("format", 5)]


def test_fragments_at_a_line_break_are_one_mention(tmp_path: Path) -> None:
    parsed, findings = parse(tmp_path, "T1\tX 20 24;25 29\tnói: “Huế")
    assert findings == []
    assert layers(parsed) == {
        "entities": [{"start": 20, "end": 29, "text": "nói:\n“Huế", "type": "X"}]
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_count_as_they_are(tmp_path: Path, end: str) -> None:
    text = "Huế🎉\r\nĐà\u2028Nẵng e\u0301\r\n"
    parsed, findings = parse(
        tmp_path,
        "T1\tLOC 6 13\tĐà\u2028Nẵng",
        "T2\tX 3 7\t🎉  Đ",
        "T3\tX 14 16\te\u0301",
        text=text,
        end=end,
    )
    assert findings == []
    assert [record["text"] for record in plain(parsed)] == [
        "Đà\u2028Nẵng",
        "🎉\r\nĐ",
        "e\u0301",
    ]
    assert parsed.text == text


def test_without_a_text(tmp_path: Path) -> None:
    parsed, findings = parse(tmp_path, "T1\tPER 13 19\tY Moan", text=None)
    assert (findings, parsed.text, parsed.doc_id, parsed.hint) == ([], None, None, "bai")
    assert layers(parsed) == {
        "entities": [{"start": 13, "end": 19, "text": "Y Moan", "type": "PER"}]
    }


def test_a_folder(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.txt").write_text("Huế", encoding="utf-8")
        (tmp_path / f"{name}.ann").write_text("T1\tLOC 0 3\tHuế\n", encoding="utf-8")
    (tmp_path / "c.txt").write_text("Huế", encoding="utf-8")
    (tmp_path / "annotation.conf").write_text("[entities]\nLOC\n", encoding="utf-8")
    parsed, findings = read_all(FORMAT, tmp_path)
    assert [p.doc_id for p in parsed] == ["a", "b"]
    assert [(f.code, f.severity, f.file, f.message) for f in findings] == [
        (
            "format-loss",
            "warning",
            str(tmp_path),
            "ignored what has no place in a record: texts without an .ann (1)",
        )
    ]


def test_a_folder_is_counted_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text("Huế", encoding="utf-8")
        (tmp_path / f"{name}.ann").write_text(
            "T1\tLOC 0 3\tHuế\nA1\tSure T1\nE1\tX:T1\n", encoding="utf-8"
        )
    _, findings = read_all(FORMAT, tmp_path)
    assert [f.message.partition(": ")[2] for f in findings] == [
        "attributes of others than records (3), event triggers (3), events (3)"
    ]


OWN = (
    "T1\tTIMEX3 0 7\tHôm qua",
    "T2\tSource 13 19\tY Moan",
    "T3\tCue 20 23\tnói",
    "T4\tMedium 26 29\tHuế",
    "T5\tQuotation 26 33\tHuế đẹp",
    "T6\tMark 26 33\tHuế đẹp",
    "A1\tValue T1 2021-05-02",
    "R1\tCue Arg1:T5 Arg2:T3",
    "R2\tParent Arg1:T5 Arg2:T5",
)


def test_reserved_types_as_types_of_entities(tmp_path: Path) -> None:
    """Other projects have entities that are called Cue, Source, Medium or TIMEX3."""
    parsed, findings = parse(tmp_path, *OWN, options=Options(own_types=True))
    assert [(f.severity, f.message.partition(": ")[2]) for f in findings] == [
        ("warning", "attribute Value (1), relation Cue (1), relation Parent (1)")
    ]
    assert [record["type"] for record in plain(parsed)] == [
        "TIMEX3",
        "Source",
        "Cue",
        "Medium",
        "Quotation",
        "Mark",
    ]
    assert layers(parsed).keys() == {"entities"}
    _, findings = parse(tmp_path, *OWN[:4])
    assert [f.code for f in findings] == ["reference"] * 3
    assert "--input-own-types, for gold --gold-own-types" in findings[0].message


def test_discontinuous_mentions(tmp_path: Path) -> None:
    lines = ("T1\tPER 9 12;18 19\tông n", "T2\tPER 13 14;18 19\tY n", "T3\tLOC 26 29\tHuế")
    parsed, findings = parse(tmp_path, *lines)
    assert [(f.code, f.severity) for f in findings] == [("fragments", "warning")]
    assert findings[0].message == (
        "spurious, as a record has one span: PER (2); they are bai.ann:1 T1, bai.ann:2 T2; "
        "--input-hull reads them from the first fragment to the last"
    )
    assert [(r["start"], r["end"]) for r in plain(parsed)] == [(26, 29)]
    assert [(u.layer, u.label, u.text) for u in parsed.unplaced] == [
        ("entities", "PER", "ông n"),
        ("entities", "PER", "Y n"),
    ]
    _, findings = parse(tmp_path, *lines, options=Options(gold=True))
    assert findings[0].message.startswith("left out of the gold, as a record has one span: PER (2)")
    assert "--gold-hull" in findings[0].message
    parsed, findings = parse(tmp_path, *lines, options=Options(hull=True))
    assert [(f.code, f.severity) for f in findings] == [("fragments", "warning")]
    assert findings[0].message.endswith("from the first fragment to the last: PER (2)")
    assert [(r["start"], r["end"], r["text"]) for r in plain(parsed)] == [
        (9, 19, "ông Y Moan"),
        (13, 19, "Y Moan"),
        (26, 29, "Huế"),
    ]


def test_the_options_of_brat(tmp_path: Path, cli: Callable[..., Any]) -> None:
    folder = tmp_path / "gold"
    folder.mkdir()
    parse(folder, *OWN[:4], "T9\tPER 9 12;18 19\tông n")
    (tmp_path / "p.jsonl").write_text('{"doc_id": "bai", "entities": []}\n')
    command = ("score", tmp_path / "p.jsonl", "--gold", folder, "-m", "entities.strict(scheme=any)")
    assert cli(*command).exit_code == 1
    run = cli(*command, "--gold-own-types", "--format", "json")
    assert (
        "warning: fragments: left out of the gold, as a record has one span: PER (1)" in run.stderr
    )
    assert json.loads(run.stdout)["measures"]["entities.strict(scheme=any)"]["counts"]["gold"] == 4
    as_predictions = ("score", folder, "--gold", folder, "--input-own-types", "--gold-own-types")
    run = cli(*as_predictions, *command[4:], "--format", "json")
    counts = json.loads(run.stdout)["measures"]["entities.strict(scheme=any)"]["counts"]
    assert (counts["gold"], counts["predicted"], counts["matched"]) == (4, 5, 4)
    run = cli(*command, "--gold-own-types", "--gold-hull", "--format", "json")
    assert run.exit_code == 0
    assert json.loads(run.stdout)["measures"]["entities.strict(scheme=any)"]["counts"]["gold"] == 5
    assert cli("validate", folder, "--input-own-types", "--input-hull").exit_code == 0


def test_recognises(tmp_path: Path) -> None:
    assert not FORMAT.recognises(Sample(tmp_path, ""))
    (tmp_path / "a.ann").write_text("", encoding="utf-8")
    assert FORMAT.recognises(Sample(tmp_path, ""))
    assert FORMAT.recognises(Sample(tmp_path / "a.ann", "T1\tLOC 0 3\tHuế\n"))
    assert FORMAT.recognises(Sample(tmp_path / "a.ann", ""))
    assert not FORMAT.recognises(Sample(tmp_path / "a.ann", "Huế\tB-LOC\n"))
    assert not FORMAT.recognises(Sample(tmp_path / "a.tsv", "T1\tLOC\n"))


def test_round_trip(tmp_path: Path) -> None:
    assert without_fields(RICH, FORMAT.holds) == (RICH, [])
    comes_back(
        FORMAT,
        tmp_path / "brat",
        [RICH, msgspec.structs.replace(RICH, doc_id="bài 2")],
        folder=True,
    )


@settings(max_examples=50)
@given(
    st.lists(
        documents(letters='aB ơĐế🎉\n\r\t\u0301\u00a0\u200b\u2028\x85<&"'),
        max_size=2,
        unique_by=lambda d: d.doc_id.casefold(),
    )
)
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    comes_back(FORMAT, tmp_path_factory.mktemp("p") / "brat", some, folder=True)


@pytest.mark.parametrize("type_", ["TIMEX3", "Cue", "Entity", "tổ chức", "", None])
def test_types_that_brat_or_we_have_taken(tmp_path: Path, type_: str | None) -> None:
    comes_back(
        FORMAT,
        tmp_path / "brat",
        [Document(doc_id="a", text="Huế", entities=(Entity(start=0, end=3, type=type_),))],
    )


def test_replaces_its_own_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "brat"
    write(folder, [msgspec.structs.replace(RICH, doc_id="khác", entities=())])
    write(folder, [msgspec.structs.replace(RICH, doc_id="khác")])
    assert sorted(path.name for path in folder.iterdir()) == ["khác.ann", "khác.txt"]
    with pytest.raises(FindingsError, match=r"khác\.ann: file: is in the way"):
        write(folder, [RICH])
    (folder / "ghi chú.txt").write_text("quan trọng", encoding="utf-8")
    with pytest.raises(FindingsError, match="ghi chú"):
        write(folder, [msgspec.structs.replace(RICH, doc_id="khác")])
    assert sorted(path.name for path in folder.iterdir()) == ["ghi chú.txt", "khác.ann", "khác.txt"]
    with pytest.raises(FindingsError, match="is a file"):
        write(folder / "ghi chú.txt", [RICH])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brat"]


@pytest.mark.parametrize("doc_id", ["a/b", "..", "", " a", "a\n", "x" * 201, "C:a"])
def test_ids_that_name_no_file(tmp_path: Path, doc_id: str) -> None:
    with pytest.raises(FindingsError, match="cannot name a file"):
        write(tmp_path / "brat", [Document(doc_id=doc_id, text="a")])


def test_ids_that_differ_in_case_alone(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="same file"):
        write(tmp_path / "brat", [Document(doc_id="a", text="a"), Document(doc_id="A", text="a")])
