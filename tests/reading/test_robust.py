"""Whatever stands in a file, reading it ends in documents and findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import read_text
from vinewsie.decoding import RawRecord
from vinewsie.formats import brat, huggingface, timeml, web_annotation
from vinewsie.formats import mention_lists as gliner
from vinewsie.formats import spacy as spacy_json
from vinewsie.formats.base import Sample
from vinewsie.model import Date, Entity, Mark, Quote

NAMES = [
    "doc_id",
    "id",
    "text",
    "entities",
    "spans",
    "ents",
    "tokens",
    "entity",
    "entity_group",
    "_",
    "vinewsie",
    "meta",
    "dates",
    "quotes",
]
NAMES += [
    "items",
    "first",
    "target",
    "body",
    "source",
    "selector",
    "refinedBy",
    "content",
    "layer",
    "segments",
    "bodyValue",
    "sc",
    "cats",
]
FIELDS = [
    "start",
    "end",
    "index",
    "word",
    "label",
    "entity",
    "text",
    "score",
    "kb_id",
    "exact",
    "prefix",
    "type",
    "value",
    "purpose",
    "format",
]
WORDS = [
    "Annotation",
    "AnnotationPage",
    "TextPositionSelector",
    "TextQuoteSelector",
    "B-PER",
    "##a",
    "▁b",
    "Ġ",
    "tagging",
    "application/json",
]
WORDS += [
    '{"layer": "dates", "type": 3}',
    '{"layer": "document", "text": 5, "segments": [1]}',
    '{"layer": "quotes"}',
    "http://a/b",
    "",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
)
ITEMS: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(FIELDS), LEAVES | st.lists(LEAVES, max_size=1) | st.just({}), min_size=3
)
VALUES = st.recursive(
    LEAVES | ITEMS | st.lists(ITEMS, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=15,
)
OBJECTS = st.dictionaries(
    st.sampled_from(NAMES),
    VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=2),
    min_size=4,
)


@settings(max_examples=100)
@given(VALUES | OBJECTS | OBJECTS.map(lambda value: value | {"type": "Annotation"}))
def test_any_json(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("p") / "a.json"
    for format_ in (m.FORMAT for m in (gliner, huggingface, spacy_json, web_annotation)):
        assert isinstance(format_.recognises(Sample(path, "", [value])), bool), format_.name
        parsed, findings = read_text(format_, path, json.dumps(value))
        assert all(finding.file for finding in findings), format_.name
        assert all(
            isinstance(record, RawRecord | Entity | Date | Mark | Quote)
            for page in parsed
            for records in page.layers.values()
            for record in records
        ), format_.name


PARTS = [
    "T1",
    "T2",
    "R1",
    "A1",
    "#1",
    "N1",
    "E1",
    "*",
    "\t",
    "\t",
    " ",
    " ",
    "\n",
    "\n",
    "Cue",
    "Source",
    "Quotation",
    "Mark",
    "Quote",
    "Parent",
    "TIMEX3",
]
PARTS += [
    "0 1",
    "0 1;2 3",
    "9 4",
    "Arg1:T1",
    "Arg2:T2",
    "AnnotatorNotes",
    '{"id": 3}',
    "PER",
    "a",
    "\r",
    "Equiv",
    "Value",
    "x:y",
]


@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join), st.none() | st.just("a b\nc d"))
def test_any_standoff(
    tmp_path_factory: pytest.TempPathFactory, lines: str, text: str | None
) -> None:
    folder = tmp_path_factory.mktemp("p")
    if text is not None:
        (folder / "a.txt").write_text(text, encoding="utf-8")
    parsed, findings = read_text(brat.FORMAT, folder / "a.ann", lines)
    assert len(parsed) == 1
    assert all(finding.file for finding in findings)


TAGS = [
    "<TimeML>",
    "</TimeML>",
    "<TEXT>",
    "</TEXT>",
    "<DCT>",
    "</DCT>",
    '<TIMEX3 tid="t1" value="2021-05-04">',
    "</TIMEX3>",
    "<TIMEX3/>",
    "<TIMEX3 a='",
]
TAGS += [
    '<?xml version="1.0"?>',
    '<!DOCTYPE TimeML SYSTEM "TimeML.dtd">',
    '<ENAMEX TYPE="X">',
    "</ENAMEX>",
    "&amp;",
    "&",
    "<",
    "a",
    "\n",
    "&#99;",
    "é",
    "<DOCID>",
]


@given(st.lists(st.sampled_from(TAGS), max_size=20).map("".join))
def test_any_tags(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path: Path = tmp_path_factory.mktemp("p") / "a.tml"
    parsed, findings = read_text(timeml.FORMAT, path, text)
    assert parsed or findings
    for page in parsed:
        for records in page.layers.values():
            assert all(
                isinstance(record, Date | Entity)
                and page.text is not None
                and page.text[record.start : record.end] == record.text != ""
                for record in records
            )
