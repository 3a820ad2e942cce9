"""Corpora of quotations as gold: what is read, what is counted, and scores against them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from conftest import ROOT
from vinewsie.findings import FindingsError
from vinewsie.model import Quote
from vinewsie.reading.detect import format_of

DATA = ROOT / "tests" / "data" / "quotations"

READ: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {
    "polnear": (
        "polnear",
        "further sources (1)",
        [
            (None, ["the bridge “will open in May.”"], ["said"], "Mayor Ana Brook", None, None),
            (None, ["Her deputy", "doubted it"], ["according to"], "two officials", None, None),
            (None, ["“We shall see,”", "“and so will they.”"], ["added"], None, None, None),
        ],
    ),
    "pdnc": (
        "pdnc",
        "mentions inside quotations (1), referring expressions (2)",
        [
            ("direct", ["Is it far?"], [], None, ("TheSmallHouse/Tom",), None),
            ("direct", ["No,", "not very."], [], None, ("TheSmallHouse/Mrs. Crumb",), None),
            ("direct", ["Then I will walk."], [], None, ("TheSmallHouse/Tom",), None),
        ],
    ),
    "wikinews.pretty.json": (
        "wikinews-quotes",
        "addressees (1), frames (2), media (3)",
        [
            ("indirect", ["der Fluss steige"], ["sagte"], "Die Sprecherin", None, None),
            (
                "direct",
                ["„Wir warnen“", "„alle Anwohner, die sagen: Es reicht.“"],
                ["so"],
                "Anna Weiss",
                None,
                None,
            ),
            ("free indirect", ["Es reicht"], ["sagen"], "die", None, "1"),
        ],
    ),
    "redewiedergabe.tsv": (
        "redewiedergabe",
        "attributes of representations (1), frames (2), speakers and introductory expressions "
        "without a representation (1)",
        [
            ("direct", ["» Ja «", "» er schwor Treue «"], ["rief", "aus"], "Karl", None, None),
            ("reported", ["schwor Treue"], ["schwor"], "er", None, "1"),
            ("free indirect", ["Kam sie ?"], [], "Karl", None, None),
        ],
    ),
    "directquote.txt": (
        "directquote",
        "speakers outside the paragraph (1)",
        [
            ("direct", ['"We go ."'], [], "Ana Brook", None, None),
            ("direct", ['"Where ?"'], [], "Tom", None, None),
            ("direct", ['"No ."'], [], None, None, None),
            ("direct", ['"Late !"'], [], None, None, None),
        ],
    ),
    "prodigy.jsonl": (
        "prodigy-quotes",
        "examples with the answer reject (1), spans Cue without a relation (1), spans DATE (1), "
        "spans Source without a relation (1)",
        [
            (None, ["“We go”", "“far away”"], ["said"], "Ana Brook", None, None),
            (None, ["it was late"], [], None, None, None),
        ],
    ),
}


def shown(document: vn.Document, quote: Quote) -> tuple[Any, ...]:
    def words(spans: Any) -> list[str]:
        return [document.text[span.start : span.end] for span in spans]

    source = words([quote.source])[0] if quote.source else None
    return quote.kind, words(quote.content), words(quote.cue), source, quote.speakers, quote.parent


@pytest.mark.parametrize("name", READ)
def test_a_corpus_is_recognised_read_and_its_losses_are_counted(name: str) -> None:
    format_, lost, quotes = READ[name]
    assert format_of(DATA / name) == format_
    gold = vn.load(DATA / name)
    assert [shown(doc, quote) for doc in gold.values() for quote in doc.quotes] == quotes
    [warning] = gold.warnings
    assert warning.endswith(f"ignored what has no place in a record: {lost}")


@pytest.mark.parametrize("name", READ)
def test_the_gold_itself_scores_1_and_what_it_lacks_has_a_reason(name: str) -> None:
    gold = vn.load(DATA / name)
    names = ["quotes.strict", "quotes.relaxed", "attribution.joint", "attribution.source"]
    result = vn.score([*map(_prediction, gold.values())], gold, measures=names, resamples=0)
    assert (result["quotes.strict"].f1, result["quotes.relaxed"].f1) == (1.0, 1.0)
    speakers = name == "pdnc"
    assert result["attribution.joint"].value == (1.0 if speakers else None)
    assert result["attribution.joint"].status == ("scored" if speakers else "not_annotated")
    assert result["attribution.source"].value == (None if speakers else 1.0)


def _prediction(document: vn.Document) -> vn.Prediction:
    return vn.Prediction(doc_id=document.doc_id, quotes=document.quotes)


def test_aliases_of_characters_name_the_speakers_of_a_novel() -> None:
    gold = vn.load(DATA / "pdnc")
    text = gold["TheSmallHouse"].text

    def said(words: str, who: str) -> dict[str, Any]:
        start = text.index(words)
        content = [{"start": start, "end": start + len(words)}]
        return {"content": content, "speakers": [who]}

    quotes = [
        said("Is it far?", "Tom"),
        said("No,", "Tom"),
        said("not very.", "The Baker's Wife"),
        said("Then I will walk.", "nobody at all"),
    ]
    prediction = {"doc_id": "TheSmallHouse", "quotes": quotes}
    result = vn.score([prediction], gold, measures=["attribution.joint"], resamples=0)
    assert result["attribution.joint"].counts.matched == 2


def test_of_several_annotators_one_is_chosen(tmp_path: Path) -> None:
    shutil.copytree(DATA / "polnear", tmp_path / "corpus")
    [first] = (tmp_path / "corpus" / "attributions").iterdir()
    first.with_name(first.name.replace("4b22", "ef2d")).write_text(
        "".join(first.read_text(encoding="utf-8").splitlines(keepends=True)[:5]), encoding="utf-8"
    )
    with pytest.raises(FindingsError, match=r"4b22, ef2d: name one, --gold-annotator"):
        vn.load(tmp_path / "corpus")
    from vinewsie.formats.base import Options
    from vinewsie.reading.detect import InputFormat

    gold = vn.load(tmp_path / "corpus", input_format=InputFormat(options=Options(annotator="ef2d")))
    assert [len(doc.quotes) for doc in gold.values()] == [1]


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "message"),
    [
        ("polnear", "attributions/paper_2020-01-02_mayor_4b22.ann", "Cue:T2", "Cue:T99", "T99"),
        ("pdnc", "TheSmallHouse/quotation_info.csv", "[[1, 11]]", "[[1, ]", "row 1"),
        ("pdnc", "TheSmallHouse/quotation_info.csv", "[[]],[[]],[[]]", "[[]],[[,[[]]", "row 1"),
        ("pdnc", "TheSmallHouse/quotation_info.csv", "[[]],[[]],[[]]", "[[]],[1],[[]]", "row 1"),
        ("pdnc", "TheSmallHouse/quotation_info.csv", '"[[1, 11]]",Tom,', '"[[1, 11]]"\nQ9,', "Q9"),
        ("pdnc", "TheSmallHouse/quotation_info.csv", "Q1,", "Q\r1,", "is no table"),
        ("pdnc", "TheSmallHouse/character_info.csv", "{'Tom'}", "{'Tom'", "row 1"),
        ("pdnc", "TheSmallHouse/character_info.csv", "{'Tom'}", "{{}}", "row 1"),
        ("pdnc", "TheSmallHouse/character_info.csv", "Tom,", "T\rom,", "is no table"),
        (
            "polnear",
            "attributions/paper_2020-01-02_mayor_4b22.ann",
            " 21 36",
            " 21 " + "9" * 5000,
            "T1",
        ),
        ("wikinews.pretty.json", None, '"charBegin"', '"begin_"', "KeyError"),
        ("redewiedergabe.tsv", None, "\tintexpr\t", "\tother\t", "format"),
        ("directquote.txt", None, "The Out", "The", "one column"),
        ("prodigy.jsonl", None, '"start"', '"from"', "KeyError"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    name: str, file: str | None, old: str, new: str, message: str, tmp_path: Path
) -> None:
    target = tmp_path / name
    (shutil.copytree if (DATA / name).is_dir() else shutil.copy)(DATA / name, target)
    broken = target / file if file else target
    text = broken.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FindingsError, match=message) as caught:
        vn.load(target)
    assert broken.name in str(caught.value)


def test_spans_that_are_no_list_are_not_prodigys(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"text": "Huế", "spans": 7}\n', encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        vn.load(path)
    assert "Traceback" not in str(caught.value)
