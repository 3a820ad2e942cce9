"""Documents with metadata are scored by value, and in part."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vinewsie.findings import FindingsError
from vinewsie.model import Document
from vinewsie.reading.gold import Gold, SelectionError, load
from vinewsie.report.text import render
from vinewsie.scoring.resampling import compare
from vinewsie.scoring.result import Result
from vinewsie.scoring.run import score

TEXT = "Mỹ và Nga nói."
GPE = [{"start": 0, "end": 2, "type": "GPE"}, {"start": 6, "end": 9, "type": "GPE"}]
OUTLETS = ["Tuổi Trẻ", "VnExpress", None, "VnExpress"]
STRICT = "entities.strict"


@pytest.fixture
def gold(tmp_path: Path) -> Gold:
    rows = []
    for number, outlet in enumerate(OUTLETS):
        row: dict[str, Any] = {"doc_id": f"d{number}", "text": TEXT, "entities": GPE}
        rows.append(row if outlet is None else {**row, "metadata": {"outlet": outlet}})
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return load(path)


ANSWERS = [{"doc_id": f"d{n}", "entities": GPE[: n % 3]} for n in range(len(OUTLETS))]


def test_each_value_has_the_score_of_its_documents(gold: Gold) -> None:
    whole = score(ANSWERS, gold, measures=[STRICT, "entities.type"], by="outlet", resamples=0)
    groups = whole.groups()
    assert [*groups] == ["(none)", "Tuổi Trẻ", "VnExpress"]
    for outlet in ("Tuổi Trẻ", "VnExpress"):
        part = score(ANSWERS, gold, measures=[*whole], where={"outlet": outlet}, resamples=0)
        assert {n: s.counts for n, s in part.items()} == {
            n: s.counts for n, s in groups[outlet].items()
        }
    total = sum(s[STRICT].counts.gold for s in groups.values())
    assert total == whole[STRICT].counts.gold == 8
    for same in (Result.from_json(json.loads(whole.dumps())), pickle.loads(pickle.dumps(whole))):
        assert same == whole
        assert same.groups() == groups
    assert "outlet     documents  measure" in render(whole, "text")
    assert "entities.strict,VnExpress," in render(whole, "csv")


def test_a_part_has_its_own_signature(gold: Gold) -> None:
    whole = score(ANSWERS, gold, measures=[STRICT], resamples=0)
    part, other = (
        score(ANSWERS, gold, measures=[STRICT], docs=[d], resamples=0) for d in ("d1", "d2")
    )
    same = score(ANSWERS[1:2], gold, measures=[STRICT], docs=["d1"], resamples=0)
    assert len({whole.signature, part.signature, other.signature}) == 3
    assert same.signature == part.signature
    assert part.dataset["part"] == {"of": 4, "where": {}}
    assert part.predictions["missing"] == []
    with pytest.raises(Exception, match="the documents"):
        compare(part, other)


def test_an_extractor_sees_the_documents_of_the_part_without_metadata(gold: Gold) -> None:
    seen: list[Document] = []

    def extract(document: Document) -> dict[str, Any]:
        seen.append(document)
        return {"doc_id": document.doc_id, "entities": []}

    score(extract, gold, measures=[STRICT], where={"outlet": "VnExpress"}, resamples=0)
    assert [document.doc_id for document in seen] == ["d1", "d3"]
    assert not any(document.metadata for document in seen)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": "desk"}, "no document has 'desk' in its metadata; fields: outlet"),
        ({"where": {"outlet": "BBC"}}, "there are (none), Tuổi Trẻ, VnExpress"),
        ({"docs": ["d9"]}, "the gold has no document d9"),
        ({"docs": ["d0"], "where": {"outlet": "VnExpress"}}, "no document has all"),
    ],
)
def test_what_the_gold_does_not_have(gold: Gold, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(SelectionError) as error:
        score(ANSWERS, gold, **asked)
    assert message in str(error.value)


def test_metadata_have_the_values_of_json(tmp_path: Path) -> None:
    """Numbers, booleans and null are kept, and sliced by their text."""
    path = tmp_path / "gold.jsonl"
    values = [2022, "2022", 2023.5, True, None, -1]
    rows = [
        {"doc_id": f"d{n}", "text": TEXT, "entities": GPE, "metadata": {"year": value}}
        for n, value in enumerate(values)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    gold = load(path)
    assert [document.metadata for document in gold.values()] == [{"year": v} for v in values]
    assert gold.values_of("year") == {
        "2022": ["d0", "d1"],
        "2023.5": ["d2"],
        "true": ["d3"],
        "(none)": ["d4"],
        "-1": ["d5"],
    }
    assert list(gold.only({"year": "2022"})) == list(gold.only({"year": 2022})) == ["d0", "d1"]
    assert list(gold.only({"year": None})) == ["d4"]
    whole = score([], gold, measures=[STRICT], by="year", where={"year": True}, resamples=0)
    assert whole.dataset["part"]["where"] == {"year": "true"}
    assert Result.from_json(json.loads(whole.dumps())) == whole


def test_metadata_of_a_table(tmp_path: Path) -> None:
    """A struct has null where a row lacks a field, and dates."""
    rows = [
        {"doc_id": "a", "text": TEXT, "metadata": {"day": date(2022, 8, 15), "words": 3}},
        {"doc_id": "b", "text": TEXT, "metadata": {"day": None}},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "gold.parquet")
    gold = load(tmp_path / "gold.parquet")
    assert gold["a"].metadata == {"day": "2022-08-15", "words": 3}
    assert gold.values_of("day") == {"2022-08-15": ["a"], "(none)": ["b"]}


@pytest.mark.parametrize(
    ("value", "message"),
    [(["a", "b"], "keywords is a list; a value is a text, a number"), ({"a": 1}, "an object")],
)
def test_lists_in_metadata_are_refused(tmp_path: Path, value: object, message: str) -> None:
    path = tmp_path / "gold.jsonl"
    metadata = {"desk": "Thế giới", "keywords": value}
    path.write_text(json.dumps({"doc_id": "a", "text": "Nga.", "metadata": metadata}) + "\n")
    with pytest.raises(FindingsError, match=message) as error:
        load(path)
    assert [finding.code for finding in error.value.findings] == ["wrong-type"]


def test_documents_by_pattern_and_from_a_file(
    tmp_path: Path, gold: Gold, cli: Callable[..., Any]
) -> None:
    assert list(gold.only(docs=["d[13]", "d0"])) == ["d0", "d1", "d3"]
    with pytest.raises(SelectionError, match=r"no document x\*"):
        gold.only(docs=["d*", "x*"])
    answers = tmp_path / "p.jsonl"
    answers.write_text("".join(json.dumps(answer) + "\n" for answer in ANSWERS))
    ids = tmp_path / "ids.txt"
    ids.write_bytes(b"\xef\xbb\xbfd1\r\n\r\n d3 \r\n")
    command = ("score", answers, "--gold", tmp_path / "gold.jsonl", "-m", STRICT, "--resamples", 0)
    for given in (("--docs", "d[13]"), ("--docs", f"@{ids}"), ("--docs", "d1", "--docs", "d3")):
        result = cli(*command, *given, "--format", "json")
        assert json.loads(result.stdout)["dataset"]["documents"] == ["d1", "d3"]
    ids.write_bytes(b"\xe9")
    for bad in (f"@{ids}", f"@{tmp_path / 'none'}", "@/dev/null", "d9"):
        result = cli(*command, "--docs", bad)
        assert (result.exit_code, result.stdout) == (2, "")
