"""Files that are broken or hostile: refused with a finding, without a traceback and in little
memory.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vinewsie as vn
from conftest import DATASET
from vinewsie import json_text
from vinewsie.annotations import leaderboard
from vinewsie.decoding import RawRecord, given_record, read_record
from vinewsie.findings import FindingsError, VinewsieError
from vinewsie.model import Entity
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.predictions import read_predictions
from vinewsie.report import text
from vinewsie.scoring import resampling
from vinewsie.scoring.result import Result

DOCUMENT = vn.Document(doc_id="a", text="Hà Nội vui")
GOLD = {"a": DOCUMENT}


def findings(path: Path) -> str:
    try:
        return "\n".join(map(str, read_predictions(path, GOLD).findings))
    except FindingsError as error:
        return str(error)


@pytest.mark.parametrize("depth", [100, 900, 5000, 100_000])
@pytest.mark.parametrize("field", ["content", "cue", "readings"])
def test_deep_nesting_is_a_finding(tmp_path: Path, depth: int, field: str) -> None:
    path = tmp_path / "p.jsonl"
    deep = "[" * depth + "]" * depth
    path.write_text(f'{{"doc_id": "a", "quotes": [{{"content": [], "{field}": {deep}}}]}}')
    found = findings(path)
    assert "wrong-type" in found or "json" in found


def test_deep_nesting_has_no_document_under_ray() -> None:
    from vinewsie.scoring.ray import document_id

    assert document_id(b'{"doc_id": "a", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}") == ""


MENTION = "T1\tLOC 0 6\tHà Nội\n"
QUOTATION = "T1\tQuotation 0 6\tHà Nội\n"


@pytest.mark.parametrize(
    ("annotations", "says"),
    [
        ("T1\tLOC ٠ ٦\tHà Nội\n", "expected 'TYPE START END'"),
        ("T1\tLOC 0 ²\tHà Nội\n", "expected 'TYPE START END'"),
        (f"T1\tLOC {'9' * 5000} 6\tHà Nội\n", "expected 'TYPE START END'"),
        (MENTION + "E1\tLOC:T1\n", "event triggers (1), events (1)"),
        (
            QUOTATION + "T2\tSource 0 2\tHà\nE1\tQuotation:T1\nR1\tSource Arg1:T1 Arg2:T2\n",
            "relation Source (1)",
        ),
        (
            QUOTATION + "T2\tQuotation 0 2\tHà\nE1\tQ:T2\nR1\tParent Arg1:T1 Arg2:T2\n",
            "relation Parent (1)",
        ),
    ],
)
def test_numbers_and_events_in_brat(tmp_path: Path, annotations: str, says: str) -> None:
    (tmp_path / "a.txt").write_text(DOCUMENT.text)
    (tmp_path / "a.ann").write_text(annotations)
    assert says in findings(tmp_path)


def xml(text: str, declarations: str = "") -> str:
    kind = f"<!DOCTYPE TimeML [{declarations}]>" if declarations else ""
    return f'<?xml version="1.0"?>{kind}<TimeML><DOCID>a</DOCID><TEXT>{text}</TEXT></TimeML>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (xml("<X/>", '<!ATTLIST X a CDATA "long">'), "declares a default for the attribute 'a'"),
        (xml("<X>" * 101 + "</X>" * 101), "tags are nested more than 100 deep"),
        ('<TIMEX3 type="DATE">' * 101 + "x", "tags are nested more than 100 deep"),
    ],
)
def test_xml_that_grows_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "a.tml"
    path.write_text(content)
    assert says in findings(path)


def test_a_docbin_that_grows_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(b"\0" * (1 << 25), 9))
    assert "unpacks to more than" in findings(path)


def _repeated_text() -> pa.Table:
    texts = pa.array(["x" * 10_000_000] * 50).dictionary_encode()
    return pa.table({"doc_id": ["a"] * 50, "text": texts})


def _long_list() -> pa.Table:
    count = 5_000_000
    lists = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), pa.nulls(count, pa.string()))
    return pa.table({"doc_id": ["a"], "entities": lists})


def _nested_text() -> pa.Table:
    texts = pa.array(["x" * 10_000_000] * 50).dictionary_encode()
    lists = pa.ListArray.from_arrays(
        pa.array([0, 50], pa.int32()), pa.StructArray.from_arrays([texts], ["text"])
    )
    return pa.table({"doc_id": ["a"], "entities": lists})


@pytest.mark.parametrize("make", [_repeated_text, _long_list, _nested_text])
def test_a_parquet_file_that_grows_is_refused(tmp_path: Path, make: Callable[[], pa.Table]) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(make(), path, compression="zstd")
    assert path.stat().st_size < 10_000
    assert "would take far more memory than its" in findings(path)


def test_a_broken_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    for data in (b"", b"PAR1xx", b"PAR1" + b"\xff" * 100 + b"PAR1"):
        path.write_bytes(data)
        assert "is not a Parquet file" in findings(path)
    pq.write_table(pa.table({"doc_id": pa.array([b"\xff"]).view(pa.string())}), path)
    assert "is not a Parquet file" in findings(path)


Row = dict[str, Any]


def without(name: str) -> Callable[[Row], Row]:
    return lambda row: {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("documents", without("doc_id"), "missing-field: doc_id"),
        ("documents", without("text_sha256"), "missing-field: text_sha256"),
        ("documents", lambda row: {**row, "text": 5}, "text is 5"),
        ("documents", lambda row: {**row, "entities": 5}, "wrong-type"),
        ("documents", lambda row: {**row, "entities": [{"start": "x"}]}, "wrong-type"),
        (
            "documents",
            lambda row: {**row, "dates": [{"start": -5, "end": 10**6, "type": "DATE"}]},
            "offset-range",
        ),
        ("registry", without("name_vi"), "missing-field: name_vi"),
        ("registry", lambda row: {**row, "aliases": None}, "aliases is null"),
        ("registry", lambda row: {**row, "extra": 1}, "no field 'extra'"),
    ],
)
def test_a_broken_data_set_is_refused(
    tmp_path: Path, table: str, change: Callable[[Row], Row], says: str
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(DATASET, folder)
    path = folder / "data" / f"{table}.parquet"
    rows = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist([change(row) for row in rows]), path)
    with pytest.raises(FindingsError, match=says):
        vn.load(folder)


@pytest.mark.parametrize("manifest", ["[" * 100_000, "[]", "{"])
def test_a_broken_manifest_is_refused(tmp_path: Path, manifest: str) -> None:
    shutil.copytree(DATASET, tmp_path / "dataset")
    (tmp_path / "dataset" / "manifest.json").write_text(manifest)
    with pytest.raises(FindingsError, match=r"manifest\.json"):
        vn.load(tmp_path / "dataset")


MISSING = object()
VALUES: tuple[Any, ...] = (
    MISSING,
    None,
    10**19,
    -(10**30),
    10**12,
    -1,
    1.5,
    "x",
    [],
    {},
    [[[]]],
    True,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places in a JSON value, of lists those of the first item alone."""
    items: Mapping[Any, Any] = (
        value
        if isinstance(value, dict)
        else dict(enumerate(value[:1] if type(value) is list else ()))
    )
    return [place, *(found for key in items for found in places(items[key], (*place, key)))]


def test_a_changed_result_is_read_or_refused(tmp_path: Path, gold: vn.Gold) -> None:
    measures = ["entities.strict", "quotes.kind"]
    result = vn.score(list(gold.values()), gold, measures=measures, resamples=20)
    path = tmp_path / "r.json"
    result.save(path)
    raw = path.read_text()
    for place in places(json.loads(raw))[1:]:
        for new in VALUES:
            changed = json.loads(raw)
            holder = changed
            for key in place[:-1]:
                holder = holder[key]
            if new is MISSING:
                del holder[place[-1]]
            else:
                holder[place[-1]] = new
            path.write_text(json.dumps(changed))
            try:
                read = Result.load(path)
                text.score_report(read)
                resampling.compare(read, result, resamples=1)
            except VinewsieError:
                continue


# What fuzzing has found (tests/fuzz.py)


def test_an_arrow_file_with_wrong_offsets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.arrow"
    table = pa.table({"tokens": [["Nga"], ["Anh"]], "ner_tags": [["B-GPE"], ["O"]]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    data = path.read_bytes()
    offsets = (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + (2).to_bytes(4, "little")
    assert offsets in data
    path.write_bytes(data.replace(offsets, offsets[:4] + (1 << 30).to_bytes(4, "little") * 2))
    assert "is not an Arrow file that can be read" in findings(path)


def test_numbers_of_many_digits_between_values(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"doc_id":\n "a", "entities": [{"start": ' + "9" * 5000 + "}]}\n{}")
    assert "p.json" in findings(path)
    value = ('{"a": ' + "9" * 5000 + "}").encode()
    assert [text for _, text in json_text.values_in(value.decode() * 2)] == [value.decode()] * 2


def test_rows_of_tags_behind_something_else(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([3, {"tokens": ["Hà"], "ner_tags": ["B-LOC"], "tags": ["O"]}]))
    chosen = InputFormat("tokens")
    found = read_predictions(path, GOLD, input_format=chosen).findings
    assert any("a row is not a JSON object" in str(finding) for finding in found)


def test_a_docbin_with_an_unknown_word_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    msgpack: Any = pytest.importorskip("srsly")
    from spacy.tokens import Doc, DocBin, Span
    from spacy.vocab import Vocab

    doc = Doc(Vocab(), words=["Hà", "Nội"])
    doc.set_ents([Span(doc, 0, 2, label="LOC", span_id="unknown")])
    packed = msgpack.msgpack_loads(zlib.decompress(DocBin(docs=[doc]).to_bytes()))
    packed["strings"] = [word for word in packed["strings"] if word != "unknown"]
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(msgpack.msgpack_dumps(packed)))
    assert "is not a DocBin of spaCy" in findings(path)


def test_a_leaderboard_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / leaderboard.FILE).write_bytes(b'[{"extractor": "\xff"}]')
    with pytest.raises(FindingsError, match="is not UTF-8"):
        leaderboard.read(tmp_path)


def test_half_a_surrogate_pair_is_a_finding() -> None:
    value = {"alternates": [{"\ud800": 1}], "start": 0, "end": 1}
    given = given_record(value, "entities")
    assert isinstance(given, RawRecord)
    record, [finding] = read_record(given.value, Entity, "x", "entities", 0)
    assert record is None
    assert "half of a surrogate pair" in finding.message
