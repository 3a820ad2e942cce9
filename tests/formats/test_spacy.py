"""spaCy's documents: others' and ours, as JSON and as DocBin, read back by spaCy itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, plain, read_all, read_text, records
from vinewsie.findings import FindingsError
from vinewsie.formats.base import Sample, without_fields
from vinewsie.formats.spacy import FORMAT, tokens_of, write
from vinewsie.model import Document, Entity

spacy = pytest.importorskip("spacy")

HUE = {"start": 0, "end": 3, "label": "GPE"}
NAM = {"start": 4, "end": 7, "label": "PER"}


def entities(tmp_path: Path, doc: dict[str, Any]) -> tuple[list[Any], list[str]]:
    parsed, findings = read_text(FORMAT, tmp_path / "p.json", json.dumps(doc))
    return plain(parsed[0]), [f.message for f in findings]


def test_a_pipelines_document(tmp_path: Path) -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "Huế"}])
    doc = nlp("Ở Huế, mưa 🎉.")
    found, messages = entities(tmp_path, doc.to_json())
    assert (found, messages) == ([{"start": 2, "end": 5, "type": "GPE"}], [])


@pytest.mark.parametrize(
    ("more", "doc_id"),
    [
        ({"doc_id": "a"}, "a"),
        ({"id": 5}, "5"),
        ({"meta": {"id": "b"}}, "b"),
        ({"_": {"doc_id": "c"}}, "c"),
        ({"_": {"x": 1}}, None),
    ],
)
def test_ids(tmp_path: Path, more: dict[str, Any], doc_id: str | None) -> None:
    parsed, findings = read_text(
        FORMAT, tmp_path / "p.json", json.dumps({"text": "Huế Nam", "ents": [HUE], **more})
    )
    assert findings == []
    assert (parsed[0].doc_id, parsed[0].text) == (doc_id, "Huế Nam")


@pytest.mark.parametrize("form", ["one", "list", "lines"])
def test_containers(tmp_path: Path, form: str) -> None:
    docs = [{"text": "Huế Nam", "ents": [HUE]}, {"text": "Huế Nam", "ents": [HUE, NAM]}]
    text = {
        "one": json.dumps(docs[0], indent=1),
        "list": json.dumps(docs),
        "lines": "\n".join(map(json.dumps, docs)),
    }[form]
    parsed, findings = read_text(FORMAT, tmp_path / "p.json", text)
    assert findings == []
    assert [len(p.layers["entities"]) for p in parsed] == ([1] if form == "one" else [1, 2])
    assert FORMAT.recognises(Sample(tmp_path / "p.json", "", [docs]))


def test_span_groups_of_others(tmp_path: Path) -> None:
    sc = [{**HUE, "kb_id": "Q1"}, {**NAM, "kb_id": ""}]
    only = entities(tmp_path, {"text": "Huế Nam", "spans": {"sc": sc}})
    assert only == (
        [
            {"start": 0, "end": 3, "type": "GPE", "entity_id": "Q1"},
            {"start": 4, "end": 7, "type": "PER"},
        ],
        [],
    )
    beside = entities(
        tmp_path, {"text": "Huế Nam", "ents": [HUE], "spans": {"sc": sc}, "cats": {"a": 1}}
    )
    assert beside == (
        [{"start": 0, "end": 3, "type": "GPE"}],
        ["ignored: cats (1), spans of the group sc, beside ents (2)"],
    )


def test_edits_in_spacy_count(tmp_path: Path) -> None:
    document = Document(
        doc_id="a",
        text="Huế Nam",
        entities=(Entity(id="e1", start=0, end=3, type="GPE", origin="agreed"),),
    )
    write(tmp_path / "p.json", [document])
    value = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))[0]
    added = json.loads(json.dumps(value))
    added["spans"]["entities"].append({**NAM, "kb_id": "nam"})
    assert entities(tmp_path, added)[0] == [
        {"id": "e1", "start": 0, "end": 3, "type": "GPE", "origin": "agreed"},
        {"start": 4, "end": 7, "type": "PER", "entity_id": "nam"},
    ]
    added["spans"]["entities"] = [{**HUE, "label": "LOC"}]
    assert entities(tmp_path, added) == (
        [{"start": 0, "end": 3, "type": "LOC"}],
        ["ignored: ents that the group entities does not have (1)"],
    )


def test_everything_that_is_wrong(tmp_path: Path) -> None:
    lines = [
        '{"text": "Huế", "ents": [3], "spans": {"sc": 4, "x": [null]}}',
        "5",
        "{",
        '[{"text": "Huế", "ents": []}, 7]',
    ]
    parsed, findings = read_text(FORMAT, tmp_path / "p.jsonl", "\n".join(lines))
    assert sorted((f.line or 0, f.code) for f in findings) == [(1, "not-object")] * 3 + [
        (2, "not-object"),
        (3, "json"),
        (4, "not-object"),
    ]
    assert len(parsed) == 2


def test_recognises() -> None:
    assert FORMAT.recognises(Sample(Path("a.spacy"), ""))
    assert FORMAT.recognises(Sample(Path("a.json"), "", [{"text": "Huế", "spans": {}}]))
    assert not FORMAT.recognises(Sample(Path("a.json"), "", [{"text": "Huế", "spans": [HUE]}]))
    assert not FORMAT.recognises(
        Sample(Path("a.json"), "", [{"doc_id": "a", "text": "Huế", "entities": [HUE]}])
    )
    assert not FORMAT.recognises(Sample(Path("a.json"), "", [[]]))


def test_a_broken_docbin(tmp_path: Path) -> None:
    (tmp_path / "a.spacy").write_bytes(b"\x00Hu")
    parsed, findings = read_all(FORMAT, tmp_path / "a.spacy")
    assert (parsed, [f.code for f in findings]) == ([], ["format"])
    parsed, findings = read_all(FORMAT, tmp_path / "b.spacy")
    assert (parsed, [f.code for f in findings]) == ([], ["file"])


def test_a_docbin_without_spacy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FindingsError, match=r'pip install "\.\[spacy\]"'):
        read_all(FORMAT, tmp_path / "a.spacy")
    with pytest.raises(FindingsError, match=r'pip install "\.\[spacy\]"'):
        write(tmp_path / "a.spacy", [RICH])
    write(tmp_path / "a.json", [RICH])  # JSON needs none


def test_a_foreign_docbin(tmp_path: Path) -> None:
    nlp = spacy.blank("xx")
    doc = nlp("Ở Huế, mưa.")
    doc.ents = [doc.char_span(2, 5, label="GPE", kb_id="Q36113")]
    spacy.tokens.DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    parsed, findings = read_all(FORMAT, tmp_path / "a.spacy")
    assert findings == []
    assert parsed[0].text == "Ở Huế, mưa."
    assert plain(parsed[0]) == [{"start": 2, "end": 5, "type": "GPE", "entity_id": "Q36113"}]


LETTERS = "aB1 ơĐế🎉\n\r\t\u0301\u00a0\u200b\u2028\x85<_\"'>];"


@given(st.text(LETTERS, max_size=30), st.lists(st.integers(0, 30), max_size=5))
def test_spacy_makes_the_text_of_the_tokens(text: str, edges: list[int]) -> None:
    tokens = list(tokens_of(text, edges))
    words = [text[start:end] for start, end in tokens]
    spaces = [
        end < start
        for (_, end), (start, _) in zip(tokens, [*tokens[1:], (len(text), 0)], strict=False)
    ]
    assert spacy.util.get_words_and_spaces(words, text) == (words, spaces)
    inside = {
        edge
        for edge in edges
        if 0 < edge < len(text) and not text[edge - 1].isspace() and not text[edge].isspace()
    }
    assert inside <= {start for start, _ in tokens} & {end for _, end in tokens}


@settings(max_examples=50)
@given(documents(letters=LETTERS))
def test_spacy_reads_what_is_written(
    tmp_path_factory: pytest.TempPathFactory, document: Document
) -> None:
    path = tmp_path_factory.mktemp("p") / "p.jsonl"
    write(path, [document])
    value = json.loads(path.read_text(encoding="utf-8"))
    doc = spacy.tokens.Doc(spacy.vocab.Vocab()).from_json(value, validate=True)
    assert doc.text == document.text
    assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [
        (e["start"], e["end"], e["label"]) for e in value["ents"]
    ]
    group = [(e.start_char, e.end_char, e.label_, e.kb_id_) for e in doc.spans["entities"]]
    assert group == [
        (e["start"], e["end"], e["label"], e["kb_id"]) for e in value["spans"]["entities"]
    ]


@pytest.mark.parametrize("name", ["p.json", "p.jsonl", "p.spacy"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    assert without_fields(RICH, FORMAT.holds) == (RICH, [])
    comes_back(FORMAT, tmp_path / name, [RICH])


@settings(max_examples=50)
@given(st.lists(documents(letters=LETTERS), max_size=2))
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    folder = tmp_path_factory.mktemp("p")
    comes_back(FORMAT, folder / "p.jsonl", some)
    comes_back(FORMAT, folder / "p.spacy", some)


def test_ents_are_the_longest_that_do_not_overlap(tmp_path: Path) -> None:
    write(tmp_path / "p.spacy", [RICH])
    doc = next(spacy.tokens.DocBin().from_disk(tmp_path / "p.spacy").get_docs(spacy.vocab.Vocab()))
    assert [e.text for e in doc.ents] == [
        "Đà Nẵng",
        "Trần Thị Hoa",
        "Bảo tàng Điêu khắc Chăm Đà Nẵng",
        "Y-Bhông",
        "Hoà Vang",
    ]
    assert [e.kb_id_ for e in doc.ents][:2] == ["da-nang", "tran-thi-hoa"]
    assert (
        len(doc.spans["entities"])
        == len(RICH.entities)
        == len(records(read_all(FORMAT, tmp_path / "p.spacy")[0][0], "entities"))
    )
