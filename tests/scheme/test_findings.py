"""Every finding code has an example that gives it, at its place and with exit code 1."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from conftest import ANNOTATIONS
from spoken import PACKAGE, english_in, parts_of, templates_in
from vinewsie.annotations import store
from vinewsie.findings import CODES, Finding, FindingsError
from vinewsie.model import Date, Document, Entity, Mark, Quote, Segment, Span
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_custom_gold, check_gold, check_prediction_record

BQ, ET = "baoquocte-20231012", "epochtimes-vn-20220815"

Break = Callable[[Path], object]


def edit(
    layer: str,
    line: int,
    change: Callable[[dict[str, Any]], object],
    doc: str = ET,
    folder: str = "gold",
) -> Break:
    """Changes the record on a line (from 1) of a label file."""

    def run(annotations: Path) -> None:
        path = annotations / folder / doc / f"{layer}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        record = json.loads(lines[line - 1])
        change(record)
        lines[line - 1] = json.dumps(record, ensure_ascii=False)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")

    return run


def put(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.update(values)


def lines(path: str, change: Callable[[list[str]], object]) -> Break:
    """Changes the lines of a file of annotations/."""

    def run(annotations: Path) -> None:
        file = annotations / path
        content = file.read_text(encoding="utf-8").split("\n")
        change(content)
        file.write_text("\n".join(content), encoding="utf-8", newline="\n")

    return run


def articles(change: Callable[[dict[str, Any]], object]) -> Break:
    def run(annotations: Path) -> None:
        path = annotations / "articles" / "articles.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    return run


GOLD = f"gold/{ET}"

BROKEN: list[tuple[str, str, Break, str]] = [
    # code, file that the finding must name, how to break the annotations, part of the message
    (
        "file",
        f"{GOLD}/dates.jsonl",
        lambda a: (a / GOLD / "dates.jsonl").unlink(),
        "cannot be read",
    ),
    (
        "file",
        "articles/001",
        lambda a: (a / "articles/001_924b1a86276e1e10.txt").unlink(),
        "cannot be read",
    ),
    (
        "encoding",
        f"{GOLD}/dates.jsonl",
        lambda a: (a / GOLD / "dates.jsonl").write_bytes(b'{"id": "\xe9"}\n'),
        "UTF-8",
    ),
    (
        "json",
        f"{GOLD}/entities.jsonl:2",
        lines(f"{GOLD}/entities.jsonl", lambda c: c.__setitem__(1, '{"id": ')),
        "truncated",
    ),
    (
        "csv",
        "entities.csv:1",
        lines("entities.csv", lambda c: c.__setitem__(0, "entity_id,type")),
        "expected entity_id, type, name_vi",
    ),
    ("csv", "entities.csv:3", lines("entities.csv", lambda c: c.__setitem__(2, "a,b")), "2 cells"),
    (
        "not-object",
        f"{GOLD}/dates.jsonl:1",
        lines(f"{GOLD}/dates.jsonl", lambda c: c.__setitem__(0, "[]")),
        "JSON object",
    ),
    (
        "unknown-field",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(tpye="ORG")),
        "did you mean 'type'?",
    ),
    (
        "missing-field",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, lambda r: r.pop("start")),
        "start is missing",
    ),
    (
        "missing-field",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(content=[])),
        "content is empty",
    ),
    ("wrong-type", f"{GOLD}/entities.jsonl:1", edit("entities", 1, put(start="0")), 'start is "0"'),
    (
        "duplicate-document",
        "articles.json",
        articles(lambda a: a["articles"].append(a["articles"][0])),
        "of an article above",
    ),
    (
        "unknown-document",
        "adjudication.jsonl:1",
        lines("adjudication.jsonl", lambda c: c.__setitem__(0, c[0].replace(BQ, "x"))),
        "no article 'x'",
    ),
    (
        "article-hash",
        "articles/001",
        lines("articles/001_924b1a86276e1e10.txt", lambda c: c.append("x")),
        "sha256",
    ),
    (
        "article-text",
        "articles/001",
        lines("articles/001_924b1a86276e1e10.txt", lambda c: c.append("a\0b")),
        "U+0000",
    ),
    (
        "anchor-evidence",
        f"{GOLD}/segments.jsonl:1",
        edit("segments", 1, put(anchor_date="2022-08-16")),
        "evidence for ['2022-08-15']",
    ),
    (
        "canary",
        "articles/000",
        articles(put(canary="a canary string")),
        "lacks the canary string 'a canary string'",
    ),
    ("offset-range", f"{GOLD}/entities.jsonl:1", edit("entities", 1, put(end=0)), "start < end"),
    (
        "text-mismatch",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(text="KCN")),
        "but [0, 4) is 'KCNA'",
    ),
    (
        "text-mismatch",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, lambda r: r["content"][0].update(text="x")),
        "content: text is 'x'",
    ),
    (
        "edge-space",
        f"{GOLD}/dates.jsonl:2",
        edit("dates", 2, lambda r: r.update(start=r["start"] - 1, text=None)),
        "white space",
    ),
    (
        "line-break",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, lambda r: r.update(content=[{"start": 6, "end": 85}])),
        "line break",
    ),
    (
        "duplicate-id",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(id="e2")),
        "2 records have the id",
    ),
    (
        "order",
        f"{GOLD}/entities.jsonl:2",
        lines(f"{GOLD}/entities.jsonl", lambda c: c.insert(1, c.pop(0))),
        "is before the record above it",
    ),
    (
        "duplicate-record",
        f"{GOLD}/dates.jsonl:2",
        lines(f"{GOLD}/dates.jsonl", lambda c: c.insert(1, c[0].replace('"d1"', '"d99"'))),
        "dates[0]",
    ),
    (
        "label",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(type="COUNTRY")),
        "allowed are PER, ORG",
    ),
    (
        "label",
        f"{GOLD}/segments.jsonl:1",
        edit("segments", 1, put(zone="title")),
        "allowed are headline",
    ),
    (
        "provenance",
        f"{GOLD}/entities.jsonl:2",
        edit("entities", 2, put(origin="guessed")),
        "allowed are agreed",
    ),
    (
        "contested",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(contested=True)),
        "contested is True, and there are 0 readings",
    ),
    (
        "contested",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(readings=[{"type": "PER"}])),
        "contested is False, and there are 1 readings",
    ),
    *[
        (code, f"{GOLD}/{layer}.jsonl:1", edit(layer, 1, put(contested=True, readings=given)), says)
        for code, layer, given, says in (
            ("reading", "entities", [{}], "readings[0] is the record itself"),
            ("reading", "entities", [{"type": "ORG"}], "type is as in the record"),
            ("reading", "entities", [{"start": 0, "end": 4}], "end is as in the record"),
            ("reading", "entities", [{"absent": True, "type": "PER"}], "so it has no type"),
            ("reading", "entities", [{"type": "PER"}, {"type": "PER"}], "same as an earlier one"),
            ("reading", "dates", [{"value": "2022-08-15"}], "value is as in the record"),
            ("reading", "quotes", [{"speakers": ["kcna"]}], "speakers is as in the record"),
            ("reading", "quotes", [{"medium": []}], "medium is as in the record"),
            ("reading", "quotes", [{"content": []}], "content is empty"),
            ("unknown-field", "marks", [{"kind": "mixed"}], "unknown field `kind`"),
            ("label", "marks", [{"function": "loud"}], "allowed are speech"),
            ("label", "entities", [{"type": "COUNTRY"}], "allowed are PER"),
            ("registry-missing", "entities", [{"entity_id": "nobody"}], "'nobody' is not in"),
            ("registry-missing", "quotes", [{"speakers": ["nobody"]}], "'nobody' is not in"),
            ("timex", "dates", [{"type": "DURATION"}], "value of type DURATION"),
            ("offset-range", "entities", [{"end": 9999}], "readings [0, 9999)"),
            ("edge-space", "entities", [{"end": 6}], "readings 'KCNA: '"),
            (
                "text-mismatch",
                "entities",
                [{"start": 0, "end": 5, "text": "KCNA"}],
                "readings: text is 'KCNA'",
            ),
            (
                "edge-space",
                "quotes",
                [{"content": [{"start": 5, "end": 79}]}],
                "begins or ends with white space",
            ),
            (
                "content-order",
                "quotes",
                [{"content": [{"start": 10, "end": 14}, {"start": 6, "end": 9}]}],
                "readings[0]: spans overlap",
            ),
            ("kind", "quotes", [{"kind": "mixed"}], "the content is indirect"),
            ("source", "quotes", [{"source_status": "collective"}], "has no speakers"),
        )
    ],
    (
        "inherited",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(inherited=["russia"])),
        "russia is inherited, but no addressee",
    ),
    (
        "segment-gap",
        f"{GOLD}/segments.jsonl",
        lines(f"{GOLD}/segments.jsonl", lambda c: c.pop(3)),
        "in no segment",
    ),
    (
        "segment-overlap",
        f"{GOLD}/segments.jsonl:2",
        edit("segments", 2, lambda r: r.update(start=r["start"] - 5)),
        "overlaps the segment above",
    ),
    (
        "segment-item",
        f"{GOLD}/segments.jsonl:1",
        edit("segments", 1, put(item=3)),
        "teasers count from 1",
    ),
    (
        "anchor-date",
        f"{GOLD}/segments.jsonl:1",
        edit("segments", 1, put(anchor_date="2022-02-30")),
        "calendar date",
    ),
    (
        "registry-missing",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(entity_id="nobody")),
        "'nobody' is not in the registry",
    ),
    (
        "registry-missing",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(speakers=["nobody"])),
        "'nobody' is not in the registry",
    ),
    (
        "registry-unused",
        "entities.csv",
        lines("entities.csv", lambda c: c.insert(1, "a-spare-one,PER,A,A,,,name,")),
        "neither mentioned",
    ),
    (
        "registry-alias",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(entity_id="reuters")),
        "not an alias of reuters",
    ),
    (
        "registry-alias",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.__setitem__(1, c[1].replace(",,name", "|Nobody,,name"))),
        "in no mention",
    ),
    (
        "registry-type",
        f"{GOLD}/entities.jsonl:1",
        edit("entities", 1, put(type="PER")),
        "kcna is ORG in the registry",
    ),
    (
        "registry-key",
        "entities.csv:3",
        lines("entities.csv", lambda c: c.insert(1, c[1])),
        "line 2 already",
    ),
    (
        "registry-key",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.insert(1, "Ông_A,PER,A,A,,,name,")),
        "lower-case ASCII",
    ),
    (
        "registry-wikidata",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.__setitem__(1, c[1].replace(",,name", ",159,name"))),
        "form Q",
    ),
    (
        "registry-capital",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.__setitem__(1, c[1] + "kcna")),
        "no entry of type GPE",
    ),
    (
        "registry-kind",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.__setitem__(1, c[1].replace(",name", ",person"))),
        "allowed are name, role",
    ),
    (
        "registry-kind",
        "entities.csv:2",
        lines("entities.csv", lambda c: c.__setitem__(1, c[1].replace(",name", ",role"))),
        "mentioned by name",
    ),
    (
        "registry-alias",
        "entities.csv",
        lines(
            "entities.csv",
            lambda c: c.__setitem__(
                slice(None), [line.replace("Đại diện cấp cao EU", "") for line in c]
            ),
        ),
        "the source 'Đại diện cấp cao EU' is not among the aliases",
    ),
    (
        "homonym",
        f"{GOLD}/entities.jsonl",
        edit("entities", 1, put(entity_id="reuters")),
        "'KCNA' is reuters and kcna",
    ),
    (
        "homonym",
        f"{GOLD}/entities.jsonl",
        articles(lambda a: a["articles"][1].update(homonyms={})),
        "list it under homonyms",
    ),
    (
        "timex",
        f"{GOLD}/dates.jsonl:1",
        edit("dates", 1, put(value="2022-13-15")),
        "not a TIMEX3 value of type DATE",
    ),
    (
        "timex",
        f"{GOLD}/dates.jsonl:1",
        edit("dates", 1, put(value="2022-02-30")),
        "not a TIMEX3 value",
    ),
    ("timex", f"{GOLD}/dates.jsonl:1", edit("dates", 1, put(value="P1D")), "of type DATE"),
    ("vague", f"{GOLD}/dates.jsonl:1", edit("dates", 1, put(vague=True)), "list of vague"),
    (
        "mark-missing",
        f"{GOLD}/marks.jsonl",
        lines(f"{GOLD}/marks.jsonl", lambda c: c.pop(0)),
        "is in no record",
    ),
    (
        "mark-shared",
        f"{GOLD}/marks.jsonl:2",
        lines(f"{GOLD}/marks.jsonl", lambda c: c.insert(0, c[0].replace('"m1"', '"m99"'))),
        "marks[0] already",
    ),
    ("mark-edge", f"{GOLD}/marks.jsonl:1", edit("marks", 1, put(open="‘")), "the text has"),
    (
        "mark-status",
        f"{GOLD}/marks.jsonl:1",
        edit("marks", 1, put(status="mismatched")),
        "is balanced",
    ),
    (
        "reference",
        f"{GOLD}/marks.jsonl:1",
        edit("marks", 1, put(quote="q1")),
        "the innermost quotation is q4",
    ),
    (
        "reference",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(parent="q99")),
        "no quotation of this document",
    ),
    (
        "parent-cycle",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(parent="q1")),
        "q1 leads back to it",
    ),
    (
        "parent-span",
        f"{GOLD}/quotes.jsonl:4",
        edit("quotes", 4, put(parent="q1")),
        "does not enclose",
    ),
    (
        "kind",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(kind="direct")),
        "the content is indirect",
    ),
    (
        "edge-outside",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, lambda r: r["content"][0].update(start=4)),
        "':' at the edge of the content stands outside it",
    ),
    (
        "content-order",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, lambda r: r["content"].append({"start": 7, "end": 12})),
        "overlap",
    ),
    (
        "source",
        f"{GOLD}/quotes.jsonl:1",
        edit("quotes", 1, put(source=None)),
        "source_status is named and source is None",
    ),
    (
        "adjudication",
        "adjudication.jsonl:1",
        lines("adjudication.jsonl", lambda c: c.__setitem__(0, c[0].replace('"e4"', '"e9999"'))),
        "'e9999'",
    ),
    (
        "adjudication",
        "adjudication.jsonl",
        lambda a: (a / "adjudication.jsonl").write_text(""),
        "no line of adjudication.jsonl",
    ),
    (
        "adjudication",
        "adjudication.jsonl",
        lines(
            "adjudication.jsonl",
            lambda c: c.__setitem__(
                slice(None), [line.replace(', "argued": false', "") for line in c]
            ),
        ),
        "its origin is not adjudicated",
    ),
    (
        "version",
        "articles.json",
        articles(lambda a: a.update(data_version="1.0")),
        "MAJOR.MINOR.PATCH",
    ),
]


@pytest.mark.parametrize(
    ("code", "place", "breaks", "says"),
    BROKEN,
    ids=[f"{code}-{i}" for i, (code, *_) in enumerate(BROKEN)],
)
def test_each_defect_of_annotations_gives_its_code(
    code: str, place: str, breaks: Break, says: str, corpus_copy: Path, cli: Any
) -> None:
    breaks(corpus_copy)
    result = cli("validate", corpus_copy)
    assert result.exit_code == 1
    found = [line for line in result.stdout.splitlines() if f": {code}: " in line]
    assert found, result.stdout
    assert any(place in line and says in line for line in found), found


def test_all_findings_are_reported(corpus_copy: Path, cli: Any) -> None:
    for breaks in (
        edit("entities", 1, put(type="X")),
        edit("dates", 1, put(value="x")),
        edit("quotes", 1, put(kind="x", speakers=["x"])),
    ):
        breaks(corpus_copy)
    result = cli("validate", corpus_copy, "--format", "json")
    codes = [finding["code"] for finding in json.loads(result.stdout)]
    assert {"label", "timex", "registry-missing", "registry-type"} <= set(codes)
    assert result.exit_code == 1


FURTHER: list[Break] = [
    edit("segments", 2, lambda r: r.update(start=r["start"] - 1)),
    edit("segments", 1, put(anchor_date="")),
    edit("segments", 1, put(end=99999)),
    edit("segments", 1, put(item=-1)),
    edit(
        "quotes",
        1,
        put(readings=[{"medium": [{"start": 0, "end": 4}, {"start": 6, "end": 9}]}]),
    ),
    articles(lambda a: a["articles"][1].update(homonyms={"KCNA": ["kcna", "x"], "Y": ["y"]})),
    articles(lambda a: a["articles"][1].update(lines=3, anchor_dates=[])),
    lines("articles/001_924b1a86276e1e10.txt", lambda c: c.append("a\rb")),
    lines("entities.csv", lambda c: c.insert(1, "a-spare-one,PER,,A,,,name,")),
    lines(
        "entities.csv",
        lambda c: c.__setitem__(
            slice(1, 3), [line.replace(",,name", ",Q1,name") for line in c[1:3]]
        ),
    ),
]
"""Broken annotations whose messages are not among the above."""


def further_findings() -> Iterator[Finding]:
    """Findings about single documents, with the messages that the annotations do not give."""
    entity = Entity(start=0, end=2, type="PER")
    yield from check_prediction_record(entity, "entities", 0, "Hà", frozenset({"GPE"}))
    yield from check_prediction_record(Date(start=0, end=2, value="x"), "dates", 0, "Hà", None)
    bare = Document(doc_id="x", text="Hà", entities=(Entity(start=0, end=2),))
    yield from check_custom_gold(bare, frozenset({"entities.type"}))
    text = "trong hiện nay. vừa qua. thứ hai. chiều. năm ngoái. “Ôi”, bà Lan đã nói rằng đi."
    values = {
        "trong hiện nay": "PRESENT_REF",
        "hiện nay": "PRESENT_REF",
        "vừa qua": "PRESENT_REF",
        "thứ hai": "2024-05-07",
        "chiều": "T14:00",
        "năm ngoái": "2023",
    }
    start = text.index("Ôi")
    mark = Mark(start=start, end=start + 2, open="“", close="”", status="balanced")
    said = Span(start=text.index("đi"), end=text.index("đi") + 2)
    cue = Span(start=text.index("đã nói"), end=text.index("đã nói") + 6)
    quote = Quote(content=(said,), kind="indirect", cue=(cue,), source_status="named")
    document = Document(
        doc_id="x",
        text=text,
        dates=tuple(
            Date(
                start=text.index(words),
                end=text.index(words) + len(words),
                type="TIME" if words == "chiều" else "DATE",
                value=value,
                vague=words == "vừa qua",
            )
            for words, value in values.items()
        ),
        marks=(
            replace(mark, function="scare", quote="q1"),
            replace(mark, function="speech", quote="q1"),
        ),
        quotes=(quote, replace(quote, cue=())),
        segments=(Segment(start=0, end=len(text), zone="body"),),
    )
    yield from check_gold(document, Registry(), anchored=False)


def test_every_check_speaks_vietnamese(tmp_path: Path) -> None:
    """Each message of the checks of gold is made by some broken document, and is Vietnamese."""
    found = list(further_findings())
    for number, breaks in enumerate([*(breaks for _, _, breaks, _ in BROKEN), *FURTHER]):
        copy = tmp_path / str(number)
        for part in store.PARTS:
            copy_of = shutil.copytree if (ANNOTATIONS / part).is_dir() else shutil.copy
            copy.mkdir(exist_ok=True)
            copy_of(ANNOTATIONS / part, copy / part)
        breaks(copy)
        try:
            found += store.read(copy).findings
        except FindingsError as error:
            found += error.findings
    assert english_in(finding for finding in found if finding.code != "json") == []
    said = {part.template for finding in found for part in parts_of(finding.message)}
    assert templates_in((PACKAGE / "scheme").glob("*.py")) - said == set()


PREDICTIONS: list[tuple[str, str, str]] = [
    # code, the line of the file, part of the message
    ("json", '{"doc_id": ', "truncated"),
    ("not-object", "[1]", "JSON object"),
    ("unknown-document", '{"doc_id": "x"}', f"has {BQ}"),
    ("missing-field", '{"entities": []}', "doc_id is missing"),
    ("unknown-field", f'{{"doc_id": "{ET}", "entites": []}}', "did you mean 'entities'?"),
    ("wrong-type", f'{{"doc_id": "{ET}", "entities": "Nga"}}', "must be a list"),
    (
        "wrong-type",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 0.5, "end": 4}}]}}',
        "start is 0.5",
    ),
    ("missing-field", f'{{"doc_id": "{ET}", "entities": [{{"start": 0}}]}}', "end is missing"),
    (
        "offset-range",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 3434, "end": 3436}}]}}',
        "≤ 3435",
    ),
    ("offset-range", f'{{"doc_id": "{ET}", "dates": [{{"start": 4, "end": 4}}]}}', "start < end"),
    (
        "text-mismatch",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 0, "end": 4, "text": "Putin"}}]}}',
        "is 'KCNA'",
    ),
    (
        "text-mismatch",
        f'{{"doc_id": "{ET}", "quotes": [{{"content": [{{"start": 0, "end": 4, "text": "x"}}]}}]}}',
        "content: text is 'x'",
    ),
    (
        "label",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 0, "end": 4, "type": "PERSON"}}]}}',
        "allowed are PER",
    ),
    (
        "label",
        f'{{"doc_id": "{ET}", "quotes": '
        '[{"content": [{"start": 0, "end": 4}], "kind": "free"}]}',
        "allowed are direct",
    ),
    ("missing-field", f'{{"doc_id": "{ET}", "quotes": [{{"content": []}}]}}', "content is empty"),
    ("duplicate-document", f'{{"doc_id": "{ET}"}}\n{{"doc_id": "{ET}"}}', "stands above"),
    (
        "text-mismatch",
        f'{{"doc_id": "{ET}", "text": "another", "entities": []}}',
        "offsets in another text",
    ),
    (
        "unknown-field",
        f'{{"doc_id": "{ET}", "unplaced": [{{"layer": "entities", "index": 0, "reason": "x"}}]}}',
        "no field 'unplaced'",
    ),
    (
        "unknown-field",
        f'{{"doc_id": "{ET}", "quotes": '
        '[{"content": [{"start": 0, "end": 4}], "text": "KCNA"}]}',
        "no field 'text'",
    ),
    (
        "wrong-type",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 0, "end": {10**30}}}]}}',
        "end is 1",
    ),
    (
        "wrong-type",
        f'{{"doc_id": "{ET}", "entities": [{{"start": 0, "end": {2**60}}}]}}',
        "<= 9007199254740992",
    ),
    ("json", f'{{"doc_id": "{ET}", "entities": {"[" * 100_000}', ""),
]


@pytest.mark.parametrize(
    ("code", "line", "says"),
    PREDICTIONS,
    ids=[f"{code}-{i}" for i, (code, *_) in enumerate(PREDICTIONS)],
)
def test_a_file_with_a_bad_prediction_is_not_scored(
    code: str, line: str, says: str, tmp_path: Path, cli: Any
) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(f'{{"doc_id": "{BQ}"}}\n\n{line}\n', encoding="utf-8")
    for result in (cli("score", path), cli("validate", path)):
        assert result.exit_code == 1
        output = result.stdout + result.stderr
        # The bad prediction is below a good line and a blank one.
        assert any(
            f"{path}:{3 + line.count(chr(10))}: " in row and f"{code}: " in row and says in row
            for row in output.splitlines()
        ), output
    assert "precision" not in cli("score", path).stdout


def test_a_prediction_file_that_is_not_utf8(tmp_path: Path, cli: Any) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes('{"doc_id": "é"}'.encode("latin-1"))
    result = cli("score", path)
    assert (result.exit_code, "p.jsonl:1: encoding: byte 12 (0xe9)" in result.stderr) == (1, True)


def test_warnings_do_not_fail_validation(tmp_path: Path, cli: Any) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(
        f'{{"doc_id": "{ET}", "entities": [{{"text": "Atlantis"}}], '
        '"dates": [{"start": 141, "end": 150, "value": "15/08"}]}\n'
    )
    result = cli("validate", path)
    assert result.exit_code == 0
    assert "entities[0]: warning: not-in-text: 'Atlantis'" in result.stdout
    assert "dates[0]: warning: timex: value '15/08'" in result.stdout


def test_a_stale_data_set_is_found(corpus_copy: Path, tmp_path: Path, cli: Any) -> None:
    folder = tmp_path / "dataset"
    assert cli("build", "--annotations", corpus_copy, "-o", folder).exit_code == 0
    assert cli("build", "--annotations", corpus_copy, "-o", folder, "--check").exit_code == 0
    articles(lambda a: a.update(data_version="1.0.1"))(corpus_copy)
    (folder / "data" / "extra.parquet").write_bytes(b"")
    result = cli("build", "--annotations", corpus_copy, "-o", folder, "--check")
    assert result.exit_code == 1
    assert "manifest.json: stale: is not what the annotations give" in result.stdout
    assert "extra.parquet: stale: does not belong" in result.stdout


def test_every_code_has_an_example() -> None:
    tested = (
        {code for code, *_ in BROKEN}
        | {code for code, *_ in PREDICTIONS}
        | {"not-in-text", "stale"}
    )
    in_formats = {"format", "format-loss", "fragments", "tag", "no-answer"}
    in_labelstudio = {"label-config", "task", "draft", "unread", "conflict"}
    in_publish = {"published", "vocabulary", "croissant"}
    tested |= in_formats | in_labelstudio | in_publish
    assert tested == set(CODES)


def test_a_finding_must_have_a_known_code() -> None:
    with pytest.raises(ValueError, match="unknown finding code"):
        Finding("nonsense", "x")


def test_files_of_other_kinds_are_named(tmp_path: Path, cli: Any) -> None:
    import gzip

    path = tmp_path / "p.jsonl"
    path.write_bytes(gzip.compress(b"{}"))
    assert "p.jsonl: format: is of no format that is known here" in cli("score", path).stderr
    path.write_text('{\n  "doc_id": "x"\n}\n')
    result = cli("score", path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "unknown-document" in result.stderr
    path.write_bytes(b"\xef\xbb\xbf")
    assert cli("score", path).exit_code == 0
    path.write_text("")
    assert "there is no gold document in it" in cli("score", path, "--gold", path).stderr
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.jsonl").write_text(f'{{"doc_id": "{ET}"}}\n')
    (tmp_path / "parts" / "b.json").write_text("{}")
    assert "b.json: format: is of no format" in cli("score", tmp_path / "parts").stderr


def test_broken_segments_of_custom_gold_are_refused(tmp_path: Path, cli: Any) -> None:
    def segment(start: int, end: int, item: int = 0) -> dict[str, Any]:
        return {"start": start, "end": end, "zone": "z", "item": item, "anchor_date": "2024-01-01"}

    path = tmp_path / "g.jsonl"
    for segments, code in (
        ([segment(6, 9), segment(0, 5)], "segment-overlap"),
        ([segment(0, 99)], "offset-range"),
        ([segment(0, 5, -1)], "segment-item"),
    ):
        path.write_text(
            json.dumps({"doc_id": "x", "text": "Anna in Rom", "segments": segments}) + "\n"
        )
        assert f": {code}: " in cli("validate", path).stdout


def test_invalid_parents_give_warnings(tmp_path: Path, cli: Any) -> None:
    quote = {"id": "q1", "content": [{"start": 0, "end": 4}], "parent": "q1"}
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"doc_id": ET, "quotes": [quote, quote]}) + "\n")
    result = cli("score", path)
    assert result.exit_code == 0
    assert "warning: parent-cycle: the parents of q1 form a cycle" in result.stderr
    assert "warning: duplicate-id: id 'q1' stands twice" in result.stderr


def test_skipped_records_count_as_spurious_and_the_rest_is_scored(tmp_path: Path) -> None:
    import vinewsie as vn

    good = {"start": 0, "end": 4, "type": "ORG"}
    path = tmp_path / "p.jsonl"
    path.write_text(
        json.dumps({"doc_id": ET, "entitys": [], "entities": [good]})
        + "\n"
        + json.dumps({"doc_id": ET, "entities": [good, good]})
        + "\n"
    )
    counts = vn.score(path, skip_invalid=True, measures=["entities.strict"])[
        "entities.strict"
    ].counts
    assert (counts.predicted, counts.matched) == (3, 1)


def test_a_source_or_cue_that_is_not_in_the_text_gives_a_warning(tmp_path: Path, cli: Any) -> None:
    quote = {
        "content": [{"start": 0, "end": 4}],
        "source": {"text": "Atlantis"},
        "cue": [{"text": "zzz"}],
    }
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"doc_id": ET, "quotes": [quote]}) + "\n")
    result = cli("score", path)
    assert result.exit_code == 0
    for surface in ("Atlantis", "zzz"):
        assert f"quotes[0]: warning: not-in-text: '{surface}' does not occur" in result.stderr
