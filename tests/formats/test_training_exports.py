"""Exports for training and for other tools: GLiNER's training data and WebAnno TSV 3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from foreign import RICH, held, plain, read_all, read_text, records
from vinewsie.formats import gliner_training, webanno
from vinewsie.formats.base import Sample
from vinewsie.model import Date, Document, Entity, records_of

GLINER = {"tokenized_text": ["Huế", "đón", "Lan", "Anh"], "ner": [[0, 0, "GPE"], [2, 3, "PER"]]}


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_gliner_holds_nested_mentions(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    sent = held(RICH, gliner_training.FORMAT.holds)
    losses = gliner_training.write(path, [sent])
    assert losses == [
        "bao-1: text: its white space cannot be held; tokens are joined by single spaces"
    ]
    (back,), findings = read_all(gliner_training.FORMAT, path)
    assert findings == []
    assert back.doc_id == RICH.doc_id
    assert back.text is not None
    read = [(e.start, e.end) for e in records(back, "entities")]  # type: ignore[union-attr]
    words = [back.text[start:end] for start, end in read]
    ours = [RICH.text[e.start : e.end] for e in sorted(RICH.entities, key=lambda e: e.start)]
    assert [re.sub(r"\s", "", w) for w in words] == [re.sub(r"\s", "", w) for w in ours]


def test_gliner_counts_tokens_as_its_trainer_does(tmp_path: Path) -> None:
    """The last token belongs to the mention."""
    document = Document(
        doc_id="d",
        text="Huế đón Lan Anh",
        entities=(Entity(start=0, end=3, type="GPE"), Entity(start=8, end=15, type="PER")),
    )
    gliner_training.write(tmp_path / "t.jsonl", [document])
    assert json.loads((tmp_path / "t.jsonl").read_text("utf-8")) == {"doc_id": "d", **GLINER}
    assert gliner_training.recognises(Sample(tmp_path / "t.jsonl", "", [GLINER]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner": [[0, 4, "PER"]]}, "tokens 0 to 4 of 4"),
        ({"ner": [[0, 1]]}, "is not [first token"),
        ({"tokenized_text": "Huế"}, "is not a list of tokens"),
    ],
)
def test_broken_gliner_examples_are_found(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    text = json.dumps({**GLINER, **change})
    _, findings = read_text(gliner_training.FORMAT, tmp_path / "t.jsonl", text)
    assert [message in finding.message for finding in findings] == [True]


def test_gliner_counts_what_it_cannot_hold(tmp_path: Path) -> None:
    text = "Huế\nđón Lan"
    entities = (Entity(start=0, end=7, type="ORG"), Entity(start=8, end=11, type="PER"))
    split = Document(doc_id="d", text=text, entities=entities)
    losses = gliner_training.write(tmp_path / "t.jsonl", [split])
    assert "d: entities: mentions of several lines" in losses[0]
    assert "(1 mentions)" in losses[0]


def test_webanno_counts_utf_16_units_and_escapes(tmp_path: Path) -> None:
    """Stacked annotations, an emoji, reserved characters and a missing value."""
    text = "🎉 Lan_Anh [a|b]\n\nHuế; 3/5"
    document = Document(
        doc_id="d",
        text=text,
        entities=(
            Entity(start=2, end=9, type="PER", entity_id="lan-anh"),
            Entity(start=2, end=5, type="PER"),
            Entity(start=17, end=20, type="G|P*E", entity_id="_"),
        ),
        dates=(Date(start=22, end=25, type="DATE", value="2021-05-03"),),
    )
    assert webanno.write(tmp_path / "d.tsv", [document]) == []
    (back,), findings = read_all(webanno.FORMAT, tmp_path / "d.tsv")
    assert findings == []
    assert back.text == text
    assert records(back, "entities") == [*document.entities]
    assert records(back, "dates") == [*document.dates]
    written = (tmp_path / "d.tsv").read_text("utf-8")
    assert "1-1\t0-2\t🎉" in written  # two units
    assert webanno.recognises(Sample(tmp_path / "d.tsv", written))


def test_webanno_holds_every_kind_of_record(tmp_path: Path) -> None:
    sent = held(RICH, webanno.FORMAT.holds)
    assert webanno.write(tmp_path / "bao-1.tsv", [sent]) == []
    (back,), findings = read_all(webanno.FORMAT, tmp_path / "bao-1.tsv")
    assert findings == []
    assert back.text == RICH.text.rstrip("\n")
    for layer in webanno.FORMAT.holds:
        ours = [msgspec.structs.replace(r, text=None) for r in records_of(sent, layer)]
        assert sorted(map(repr, records(back, layer))) == sorted(map(repr, ours))


INCEPTION = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue|coarseValue
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Span


#Sentence.id=1
#Text=Lan đến Nha Trang.
1-1\t0-3\tLan\tNNP\t*\t*\tPER\t_\t_\t
1-2\t4-7\tđến\t_\t_\t_\t_\t_\t_\t
1-3\t8-11\tNha\t_\t_\t*[1]|*[2]\tGPE[1]|ORG[2]\tnear\t1-1\t
1-4\t12-17\tTrang\t_\t_\t*[1]\tGPE[1]\t_\t_\t
1-4.1\t12-14\tTr\t_\t_\t*\tMISC\t_\t_\t
1-5\t17-18\t.\t_\t_\t_\t_\t_\t_\t
"""
"""As INCEpTION exports it: other layers, stacked annotations, a part of a token."""


def test_what_inception_exports_is_read(tmp_path: Path) -> None:
    (back,), findings = read_text(webanno.FORMAT, tmp_path / "x.tsv", INCEPTION)
    assert back.text == "Lan đến Nha Trang."
    assert plain(back) == [
        {"start": 0, "end": 3, "type": "PER"},
        {"start": 8, "end": 17, "type": "GPE"},
        {"start": 8, "end": 11, "type": "ORG"},
        {"start": 12, "end": 14, "type": "MISC"},
    ]
    assert "dates" not in back.layers
    assert [finding.severity for finding in findings] == ["warning"]
    assert "POS (1)" in findings[0].message


@pytest.mark.parametrize("name", ["conll", "brat", "timeml", "gliner-training", "webanno"])
def test_both_articles_are_exported_and_read_back(
    name: str, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    """Every record is there again; what is lost is counted and named."""
    out = tmp_path / ("out.jsonl" if name.startswith("gliner") else "out")
    run = cli("convert", "articles", out, "--format", name)
    assert run.exit_code == 0, run.stderr
    assert "cannot be held" in run.stderr
    measure = "dates.strict(vague=include)" if name == "timeml" else "entities.strict"
    result = vn.score(out, measures=[measure], resamples=0)
    counts = result[measure].counts
    if name == "conll":
        assert counts.gold - counts.matched == 16  # 11 and 5 nested mentions
        assert "(11 mentions)" in run.stderr
    else:
        assert counts.gold == counts.matched == counts.predicted


def test_a_docbin_of_the_articles_is_one_for_spacy(
    tmp_path: Path, cli: Callable[..., Any], gold: vn.Gold
) -> None:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    path = tmp_path / "gold.spacy"
    assert cli("convert", "articles", path).exit_code == 0
    docs = list(DocBin().from_disk(path).get_docs(Vocab()))
    assert [doc.text for doc in docs] == [document.text for document in gold.values()]
    for doc, document in zip(docs, gold.values(), strict=True):
        found = {(s.start_char, s.end_char, s.label_) for s in doc.spans["entities"]}
        assert found == {(e.start, e.end, e.type) for e in document.entities}


def test_an_offset_without_end_in_webanno_is_no_row(tmp_path: Path) -> None:
    line = "1-1\t0-" + "9" * 5000 + "\tHuế\t"
    _, findings = read_text(webanno.FORMAT, tmp_path / "x.tsv", f"#FORMAT=WebAnno TSV 3.3\n{line}")
    assert "is no row of tokens" in findings[0].message
