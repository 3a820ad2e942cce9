"""Plain lines are read with the same outcome as lines that are decoded in full."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.model import Document, Prediction
from vinewsie.packed import Packed
from vinewsie.reading import plain
from vinewsie.reading.documents import ReadGold, read_gold
from vinewsie.reading.native import digest, encode
from vinewsie.reading.plain import PlainLine, PlainReader
from vinewsie.reading.predictions import ReadPredictions, read_predictions
from vinewsie.reading.records import RawDocument, without_collection

TEXT = "Bà Hoa ở Huế\nnói trời đẹp 😀 rồi"
ODD = (
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"type":"PER"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"type":null}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"type":"\\u0050ER","end":2,"start":0}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"id":"e1","type":"PER"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"text":"ab"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"text":"cd"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,'
    b'"alternates":[{"start":0,"end":5}]}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"extra":1}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"score":0.5}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0.0,"end":2.0}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2e0}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0.5,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":"0","end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":true,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"type":5}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":null,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":9}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":-1,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":2,"end":2}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":2,"end":5}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":3}]}',
    b'{"doc_id":"d","text":"ab\\ncd","entities":[{"start":0,"end":5}]}',
    b'{"doc_id":"d","text":"ab\\rcd","entities":[{"start":0,"end":5}]}',
    b'{"doc_id":"d","text":"ab\xc2\xa0cd","entities":[{"start":0,"end":3}]}',
    b'{"doc_id":"d","text":"","entities":[{"start":0,"end":1}]}',
    b'{"doc_id":"d","text":"","entities":[]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":9007199254740993}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":99999999999999999999}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"end":5}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[],"entities":[{"start":0,"end":2}]}',
    b'{"doc_id":"x","doc_id":"d","text":"ab cd","entities":[]}',
    b'{"doc_id":"d","text":"ab cd","entities":[null]}',
    b'{"doc_id":"d","text":"ab cd","entities":[[0,2]]}',
    b'{"doc_id":"d","text":"ab cd","entities":null}',
    b'{"doc_id":"d","text":"ab cd","entities":{}}',
    b'{"doc_id":"d","text":"ab cd"}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}],"dates":[]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}],"dates":null}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}],'
    b'"dates":[{"start":3,"end":5,"type":"DATE"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}],'
    b'"segments":[{"start":0,"end":5,"zone":"body"}]}',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}],"other":1}',
    b'{"doc_id":"d","text":null,"entities":[]}',
    b'{"doc_id":null,"text":"ab cd","entities":[]}',
    b'{"doc_id":5,"text":"ab cd","entities":[]}',
    b'{"text":"ab cd","entities":[]}',
    b'{"doc_id":"d","entities":[{"start":0,"end":2}]}',
    b'{"doc_id":"\\u0064","text":"\\u0000b cd","entities":[{"start":0,"end":2}]}',
    b'{"doc_id":"d","text":"\\ud83d\\ude00 cd","entities":[{"start":0,"end":1}]}',
    b'{"doc_id":"d","text":"\\ud83d cd","entities":[]}',
    b'{"doc_id":"d","text":"\xff","entities":[]}',
    b'{"doc_id":"d","text":"a\tb","entities":[]}',
    b'{"doc_id":"d","text":"ab cd","entities":[]} ',
    b'{"doc_id":"d","text":"ab cd","entities":[]} x',
    b'{"doc_id":"d","text":"ab cd","entities":[]}{"doc_id":"e","text":"","entities":[]}',
    b'[{"doc_id":"d","text":"ab cd","entities":[]}]',
    b'{"doc_id":"d","text":"ab cd","entities":[]',
    b'{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2,"type":"PER","type":"ORG"}]}',
    b'\xef\xbb\xbf{"doc_id":"d","text":"ab cd","entities":[{"start":0,"end":2}]}',
    b"5",
    b"null",
    b"[" * 5000,
)
"""Lines for documents ``d``; without ``text`` they are predictions."""


def outcome_of_gold(path: Path) -> Any:
    """Everything that reading gold gives: documents, columns, warnings, layers, or findings."""
    try:
        read = read_gold(path)
    except vn.FindingsError as error:
        return error.findings
    return gold_content(read)


def gold_content(read: ReadGold) -> Any:
    columns = content(read.packed)
    assert columns == content(Packed.of(list(read.documents.values()), "entities"))
    return dict(read.documents), columns, read.warnings, read.layers


def prediction_content(read: ReadPredictions) -> Any:
    assert read.packed is not None
    columns = content(read.packed)
    assert columns == content(Packed.of(list(read.by_doc.values()), "entities"))
    order = list(read.by_doc)
    rest = (read.findings, read.resolved, read.info, read.offered)
    return dict(read.by_doc), order, columns, rest


def content(packed: Packed) -> list[list[Any]]:
    """The entities of each document, without what is internal to the columns."""
    kinds = [packed.types[code] for code in packed.type.tolist()]
    rows = list(zip(packed.start.tolist(), packed.end.tolist(), kinds, strict=True))
    found = []
    for size in packed.sizes.tolist():
        found.append(rows[:size])
        rows = rows[size:]
    return found


def outcome_of_predictions(
    path: Path, documents: dict[str, Document], labels: frozenset[str] | None, skip: bool
) -> Any:
    try:
        read = read_predictions(path, documents, labels=labels, skip_invalid=skip)
    except vn.FindingsError as error:
        return error.findings
    return prediction_content(read)


def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is plain."""
    monkeypatch.setattr(PlainReader, "read", lambda self, row: None)


def both(monkeypatch: pytest.MonkeyPatch, read: Any) -> tuple[Any, Any]:
    """The outcomes of reading plain lines apart and of reading all in full."""
    fast = read()
    with monkeypatch.context() as patch:
        in_full(patch)
        return fast, read()


LAYOUTS = {
    "alone": b"%s\n",
    "crlf": b"%s\r\n",
    "blank lines": b"\n  \n%s\n\n",
    "after a plain line": b'{"doc_id":"e","text":"xy","entities":[{"start":0,"end":2}]}\n%s\n',
    "before a plain line": b'%s\n{"doc_id":"e","text":"xy","entities":[{"start":0,"end":2}]}\n',
    "twice": b"%s\n%s\n",
    "no line end": b"%s",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_gold_is_the_same(layout: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gold.jsonl"
    for line in ODD:
        path.write_bytes(layout.replace(b"%s", line))
        fast, full = both(monkeypatch, lambda: outcome_of_gold(path))
        assert fast == full, line


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("labels", [None, frozenset({"ORG"})], ids=["any", "ORG"])
def test_predictions_are_the_same(
    layout: bytes,
    skip: bool,
    labels: frozenset[str] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = {name: Document(doc_id=name, text="ab cd") for name in ("e", "d")}
    path = tmp_path / "predictions.jsonl"
    for line in ODD:
        for one in (line, line.replace(b'"text":"ab cd",', b"")):
            bare = layout.replace(b'"text":"xy",', b"")
            path.write_bytes(bare.replace(b"%s", one))
            fast, full = both(
                monkeypatch, lambda: outcome_of_predictions(path, documents, labels, skip)
            )
            assert fast == full, one


entities = st.lists(
    st.fixed_dictionaries(
        {"start": st.integers(-1, 40), "end": st.integers(-1, 40)},
        optional={
            "type": st.sampled_from(["PER", "ORG", "😀", None]),
            "id": st.sampled_from(["e1", "e2"]),
            "text": st.sampled_from([TEXT[3:6], "Hoa"]),
        },
    ),
    max_size=5,
)
lines = st.lists(st.tuples(st.sampled_from("abc"), entities, st.booleans()), min_size=1, max_size=5)


@settings(max_examples=60)
@given(lines, st.booleans())
def test_random_files_are_the_same(
    rows: list[tuple[str, list[dict[str, Any]], bool]], skip: bool
) -> None:
    documents = {name: Document(doc_id=name, text=TEXT) for name in "abc"}
    as_gold, as_predictions = [], []
    for number, (doc_id, records, dated) in enumerate(rows):
        rest: dict[str, Any] = {"dates": []} if dated else {}
        gold = {"doc_id": doc_id, "text": TEXT, "entities": records, **rest}
        as_gold.append(RawDocument("f", number + 1, json.dumps(gold).encode()))
        prediction = {"doc_id": doc_id, "entities": records, **rest}
        as_predictions.append(RawDocument("f", number + 1, json.dumps(prediction).encode()))

    def read() -> Any:
        found = read_predictions(as_predictions, documents, skip_invalid=skip)
        try:
            return gold_content(read_gold(as_gold)), prediction_content(found)
        except vn.FindingsError as error:
            return error.findings, prediction_content(found)

    with pytest.MonkeyPatch.context() as patch:
        fast, full = both(patch, read)
    assert fast == full


def test_checks_in_pieces_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a piece begins: texts of one letter, empty ones, and wrong spans in between."""
    rows = []
    for number in range(30):
        text = ("ab cd\nef", "x", "", "ế 😀")[number % 4]
        ends = (2, 1) if number % 5 else (len(text), len(text) + number % 2)
        spans = [{"start": 0, "end": end} for end in ends if text]
        rows.append({"doc_id": f"d{number}", "text": text, "entities": spans})
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    full = both(monkeypatch, lambda: outcome_of_gold(path))[1]
    for size in (1, 3, 8, 20):
        monkeypatch.setattr(plain, "_CHUNK", size)
        monkeypatch.setattr("vinewsie.reading.fast_checks._CHUNK", size)
        assert outcome_of_gold(path) == full


def test_a_score_of_plain_files_makes_no_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would cost most of the time and the memory; errors and hashes make them when asked.
    Formats are recognised by the first ones.
    """
    for name in ("gold", "predictions"):
        lines = [
            {
                "doc_id": f"d{number}",
                **({"text": "ab cd"} if name == "gold" else {}),
                "entities": [{"start": 0, "end": 2, "type": "PER"}],
            }
            for number in range(30)
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    made: list[PlainLine[Any]] = []
    holder = PlainLine.holder

    def noted(line: PlainLine[Any]) -> Any:
        made.append(line)
        return holder(line)

    monkeypatch.setattr(PlainLine, "holder", noted)
    gold = vn.load(tmp_path / "gold.jsonl")
    result = vn.score(tmp_path / "predictions.jsonl", gold, measures=["entities.strict"])
    assert result["entities.strict"].f1 == 1.0
    assert len(made) < 5
    assert result.records is not None
    assert len(list(result.records)) == 30 <= len(made)


def test_a_plain_document_is_decoded_when_it_is_first_read(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(ODD[0] + b"\n")
    gold = vn.load(path)
    [held] = [gold.documents.held(name) for name in gold]  # type: ignore[attr-defined]
    assert isinstance(held, PlainLine)
    assert held.data is not None
    assert "d" in gold
    assert "e" not in gold
    assert gold["d"] is gold["d"]
    assert held.data is None
    assert gold["d"].entities == (vn.Entity(start=0, end=2, type="PER"),)


@given(entities)
def test_the_hash_of_a_plain_line_is_that_of_its_prediction(records: list[dict[str, Any]]) -> None:
    bare = [{k: v for k, v in one.items() if k not in ("id", "text")} for one in records]
    data = json.dumps({"doc_id": "d", "entities": bare}).encode()
    reader = PlainReader(Prediction)
    line = reader.read(RawDocument(None, 1, data))
    assert line is not None
    prediction = msgspec.json.decode(data, type=Prediction)
    assert digest(line) == digest(prediction)
    value = json.loads(msgspec.json.encode(prediction))
    value = {k: v for k, v in value.items() if k == "doc_id" or v}
    dropped = ("contested", "readings")
    if bare:
        value["entities"] = [
            {k: v for k, v in entity.items() if k not in dropped} for entity in value["entities"]
        ]
    assert json.loads(encode(prediction)) == value


def test_garbage_is_collected_again() -> None:
    assert gc.isenabled()
    with without_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), without_collection():
        raise KeyError
    assert gc.isenabled()
    gc.disable()
    try:
        with without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_columns_of_documents_in_another_order() -> None:
    packed = Packed.of(
        [
            Document(
                doc_id=str(number),
                text=TEXT,
                entities=tuple(
                    vn.Entity(start=i, end=i + 1, type=f"T{number}") for i in range(number)
                ),
            )
            for number in range(4)
        ],
        "entities",
    )
    taken = packed.take(np.array([3, -1, 0, 2, 3]))
    found = content(packed)
    assert content(taken) == [found[3], [], found[0], found[2], found[3]]
    joined = Packed.joined([taken, packed])
    assert content(joined) == content(taken) + found
