"""Files of all formats: recognised, read as predictions and as gold, converted; what a format
cannot hold is reported.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

import vinewsie as vn
from vinewsie.findings import FindingsError
from vinewsie.formats import foreign
from vinewsie.formats.base import without_fields
from vinewsie.model import RECORD_TYPES, Date, Document, Entity, records_of
from vinewsie.reading import native
from vinewsie.reading.detect import format_of
from vinewsie.reading.documents import read_gold
from vinewsie.reading.predictions import read_predictions

Run = Callable[..., Result]
FORMATS = sorted(foreign())
WRITTEN = [name for name in FORMATS if foreign()[name].write is not None]


def target(folder: Path, name: str) -> Path:
    format_ = foreign()[name]
    return folder / f"out{'' if format_.folder else format_.suffixes[0]}"


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Path, list[str], list[Document]]]:
    """The packaged gold in every format, with the losses and the documents that were sent."""
    gold = vn.load()
    made = {}
    for name in WRITTEN:
        path = target(tmp_path_factory.mktemp(name), name)
        bare = [without_fields(document, foreign()[name].holds) for document in gold.values()]
        write = foreign()[name].write
        assert write is not None
        losses = write(path, [document for document, _ in bare])
        made[name] = (path, losses, [document for document, _ in bare])
    return made


Written = dict[str, tuple[Path, list[str], list[Document]]]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_is_recognised_by_its_content(name: str, written: Written, tmp_path: Path) -> None:
    path = written[name][0]
    assert format_of(path) == name
    if path.is_file() and path.suffix != ".spacy":
        shutil.copy(path, tmp_path / "no-ending")
        assert format_of(tmp_path / "no-ending") == name


@pytest.mark.parametrize("name", WRITTEN)
def test_the_table_of_formats_is_true(name: str, written: Written) -> None:
    """All fields that a format holds according to the table survive a round trip as predictions,
    except for reported losses.
    """
    path, losses, sent = written[name]
    gold = vn.load()
    read = read_predictions(path, gold, labels=None)
    assert not [f for f in read.findings if f.severity == "error"]
    for document in sent:
        back = read.by_doc[document.doc_id]
        for layer in foreign()[name].holds:
            ours, theirs = (
                _plain(records_of(holder, layer), foreign()[name].holds[layer])
                for holder in (document, back)
            )
            if any(layer in line for line in losses):
                assert len(theirs) < len(ours)
                assert all(record in ours for record in theirs)
            else:
                assert theirs == ours, layer


def _plain(records: Any, fields: frozenset[str]) -> list[Any]:
    kept = {*fields, "start", "end", "content"} - {"text"}
    plain = [
        {key: value for key, value in msgspec.to_builtins(record).items() if key in kept}
        for record in records
    ]
    return sorted(plain, key=lambda record: json.dumps(record, sort_keys=True))


@pytest.mark.parametrize("name", WRITTEN)
def test_as_predictions_they_score_one_where_the_format_holds_the_layer(
    name: str, written: Written, cli: Run
) -> None:
    run = cli(
        "score",
        written[name][0],
        "-m",
        "entities.strict(levels=outermost)",
        "-m",
        "dates.value",
        "-m",
        "quotes.strict",
        "--format",
        "json",
    )
    assert run.exit_code == 0, run.stderr
    measures = json.loads(run.stdout)["measures"]
    for layer, measure in (
        ("entities", "entities.strict(levels=outermost)"),
        ("dates", "dates.value"),
        ("quotes", "quotes.strict"),
    ):
        if layer in foreign()[name].holds:
            assert measures[measure]["f1"] == 1, measure


@pytest.mark.parametrize("name", [n for n in WRITTEN if n not in ("gliner", "huggingface")])
def test_as_gold(name: str, written: Written, cli: Run) -> None:
    path = written[name][0]
    documents = read_gold(path).documents
    assert sorted(documents) == sorted(vn.load())
    run = cli(
        "score",
        "-e",
        "rules",
        "--gold",
        path,
        "-m",
        "entities.strict",
        "-m",
        "dates.strict",
        "--format",
        "json",
        "--resamples",
        "0",
    )
    assert run.exit_code == 0, run.stderr
    measures = json.loads(run.stdout)["measures"]
    if name not in ("conll", "gliner-training") and "entities" in foreign()[name].holds:
        assert measures["entities.strict"]["counts"]["matched"] == 303
    if "dates" in foreign()[name].holds and "vague" in foreign()[name].holds["dates"]:
        assert measures["dates.strict"]["counts"]["matched"] == 27


@pytest.mark.parametrize("name", WRITTEN)
def test_convert_tells_what_is_lost(name: str, tmp_path: Path, cli: Run) -> None:
    gold = tmp_path / "gold.jsonl"
    native.write(gold, vn.load().values())
    out = target(tmp_path / "x", name)
    run = cli("convert", gold, out, "--format", name)
    assert run.exit_code == 0, run.stderr
    assert out.exists()
    for layer in RECORD_TYPES:
        reported = f"epochtimes-vn-20220815: {layer}: cannot be held" in run.stderr
        assert reported == (layer not in foreign()[name].holds)
    assert ("segments: zones, items and anchor dates cannot be held (" in run.stderr) == (
        name != "web-annotation"
    )
    assert ("its white space cannot be held" in run.stderr) == (
        name in ("conll", "gliner-training")
    )
    back = cli("convert", out, tmp_path / "back.jsonl", "--gold", gold)
    assert back.exit_code == 0, back.stderr
    assert len((tmp_path / "back.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_convert_needs_a_format_that_the_ending_tells(tmp_path: Path, cli: Run) -> None:
    gold = tmp_path / "gold.jsonl"
    native.write(gold, vn.load().values())
    unclear = cli("convert", gold, tmp_path / "out.json")
    assert (unclear.exit_code, "--format is one of" in unclear.stderr) == (1, True)
    assert cli("convert", gold, tmp_path / "out.json", "--format", "xml").exit_code == 2


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"doc_id": "d", "entities": [{"start": 0, "end": 1, "type": "PER"}]}', "native"),
        ('{"doc_id": "d"}', "native"),
        (
            '{"doc_id": "d", "entities": [{"start": 0, "end": 1, "label": "PER", "text": "N", '
            '"score": 0.5}]}',
            "gliner",
        ),
        (
            '{"doc_id": "d", "entities": [{"entity_group": "PER", "start": 0, "end": 1, '
            '"word": "N", "score": 0.5}]}',
            "huggingface",
        ),
        (
            '{"doc_id": "d"}\n'
            '{"doc_id": "e", "entities": [{"start": 0, "end": 1, "label": "PER"}]}',
            "gliner",
        ),
        (
            '{"text": "Nga", "ents": [{"start": 0, "end": 3, "label": "GPE"}], "tokens": []}',
            "spacy",
        ),
        ("Nga\tB-GPE\n.\tO\n", "conll"),
        (
            "<TimeML><TEXT>Nga <TIMEX3 tid='t1' type='DATE' "
            "value='2024'>2024</TIMEX3></TEXT></TimeML>",
            "timeml",
        ),
        ('[{"id": 1, "data": {"text": "Nga"}, "annotations": [{"result": []}]}]', "label-studio"),
        (
            '{"@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "body": "GPE",'
            ' "target": {"source": "d", "selector": {"type": "TextPositionSelector", '
            '"start": 0, "end": 3}}}',
            "web-annotation",
        ),
    ],
)
def test_formats_by_a_few_bytes(content: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(content, encoding="utf-8")
    assert format_of(path) == name


def test_what_is_of_no_format_is_told(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Một câu, rồi câu nữa.\n")
    run = cli("score", path)
    assert (run.exit_code, run.stdout) == (1, "")
    assert (
        f"{path}: format: is of no format that is known here; formats are native, brat"
        in run.stderr
    )
    binary = tmp_path / "binary"
    binary.write_bytes(bytes(range(256)) * 4)
    assert cli("score", binary).exit_code == 1
    assert cli("score", path, "--input-format", "docx").exit_code == 2


def test_a_folder_of_files(tmp_path: Path, cli: Run) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "guess").mkdir()
    for number in range(3):
        rows = f"Nga B-GPE\nvà O\nsố_{number} O\n"
        (tmp_path / "gold" / f"d{number}.conll").write_text(rows, encoding="utf-8")
        (tmp_path / "guess" / f"d{number}.conll").write_text(
            rows.replace("B-GPE", "B-PER") if number else rows, encoding="utf-8"
        )
    run = cli(
        "score",
        tmp_path / "guess",
        "--gold",
        tmp_path / "gold",
        "-m",
        "entities.strict",
        "--format",
        "json",
    )
    result = json.loads(run.stdout)
    assert result["dataset"]["documents"] == ["d0", "d1", "d2"]
    assert result["measures"]["entities.strict"]["counts"]["matched"] == 1
    (tmp_path / "guess" / "README.md").write_text("Ghi chú.")
    assert cli("score", tmp_path / "guess", "--gold", tmp_path / "gold").exit_code == 0
    (tmp_path / "guess" / "notes.md").write_text("Ghi chú.")
    assert (
        "notes.md: format: is of no format"
        in cli("score", tmp_path / "guess", "--gold", tmp_path / "gold").stderr
    )
    (tmp_path / "guess" / "notes.md").write_text('{"doc_id": "d0"}')
    assert (
        "a folder holds files of one format"
        in cli("score", tmp_path / "guess", "--gold", tmp_path / "gold").stderr
    )


def test_a_native_prediction_on_a_changed_text(tmp_path: Path) -> None:
    """Offsets count in the text that the prediction carries."""
    gold = vn.Gold(
        {
            "d": Document(
                doc_id="d",
                text="Ở  Khánh Hoà hôm nay.",
                entities=(Entity(start=3, end=12, type="GPE"),),
            )
        }
    )
    said = {
        "doc_id": "d",
        "text": "Ở Khánh_Hòa hôm nay .",
        "entities": [{"start": 2, "end": 11, "type": "GPE", "text": "Khánh_Hòa"}],
    }
    result = vn.score([said], gold, measures=["entities.strict"], resamples=0)
    assert (result["entities.strict"].f1, result.resolve) == (1, "aligned")


def test_quotations_of_a_changed_text(tmp_path: Path) -> None:
    text = "Ông Kim  nói: “Hoà bình”."
    changed = 'Ông Kim nói: "Hòa bình".'
    quote = {
        "content": [{"start": 14, "end": 22}],
        "cue": [{"start": 8, "end": 11}],
        "source": {"start": 0, "end": 7},
        "kind": "direct",
    }
    gone = {"content": [{"start": 14, "end": 22}, {"start": 0, "end": 40}]}
    gold = vn.Gold({"d": Document(doc_id="d", text=text)})
    read = read_predictions([{"doc_id": "d", "text": changed, "quotes": [quote, gone]}], gold)
    (kept,) = read.by_doc["d"].quotes
    assert [text[part.start : part.end] for part in (*kept.content, *kept.cue)] == [
        "Hoà bình",
        "nói",
    ]
    assert kept.source is not None
    assert text[kept.source.start : kept.source.end] == "Ông Kim"
    (lost,) = read.by_doc["d"].unplaced
    assert (lost.layer, lost.index, lost.reason) == ("quotes", 1, "not_in_text")


def test_resolve_letters(tmp_path: Path, cli: Run) -> None:
    gold = tmp_path / "gold.jsonl"
    native.write(
        gold,
        [
            Document(
                doc_id="d", text="Ở Khánh Hoà.", entities=(Entity(start=2, end=11, type="GPE"),)
            )
        ],
    )
    guess = tmp_path / "p.jsonl"
    guess.write_text(
        '{"doc_id": "d", "entities": [{"text": "Khánh_Hòa", "type": "GPE"}]}', encoding="utf-8"
    )
    exact = json.loads(
        cli("score", guess, "--gold", gold, "-m", "entities.strict", "--format", "json").stdout
    )
    assert exact["measures"]["entities.strict"]["f1"] == 0
    assert "resolve:surface" in exact["signature"]
    assert exact["predictions"]["not_in_text"][0]["text"] == "Khánh_Hòa"
    letters = json.loads(
        cli(
            "score",
            guess,
            "--gold",
            gold,
            "-m",
            "entities.strict",
            "--format",
            "json",
            "--resolve",
            "letters",
        ).stdout
    )
    assert letters["measures"]["entities.strict"]["f1"] == 1
    assert "resolve:letters" in letters["signature"]


def test_gold_without_texts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.json"
    path.write_text(
        '[[{"start": 0, "end": 3, "text": "Nga", "label": "GPE", "score": 1}]]', encoding="utf-8"
    )
    with pytest.raises(FindingsError, match="labels without the text"):
        vn.load(path)


def test_validate_reads_all_formats(tmp_path: Path, cli: Run, written: Written) -> None:
    for name in ("brat", "conll", "spacy"):
        assert cli("validate", written[name][0]).exit_code == 0
    path = tmp_path / "p.conll"
    path.write_text("Nga B-GPE\nMỹ\n", encoding="utf-8")
    run = cli("validate", path)
    assert (run.exit_code, f"{path}:2: format: 'Mỹ' has 1 columns" in run.stdout) == (1, True)


def test_dates_of_timeml_keep_their_anchor(tmp_path: Path) -> None:
    path = tmp_path / "d.tml"
    path.write_text(
        '<?xml version="1.0"?>\n<TimeML><DOCID>tin</DOCID><DCT><TIMEX3 tid="t0" type="DATE" '
        'value="2024-03-05">5/3/2024</TIMEX3></DCT><TEXT>Bà đến <TIMEX3 tid="t1" type="DATE" '
        'value="2024-03-04">hôm qua</TIMEX3>.</TEXT></TimeML>',
        encoding="utf-8",
    )
    document = vn.load(path)["tin"]
    assert document.text == "Bà đến hôm qua."
    assert document.dates == (
        Date(
            id="t1", start=7, end=14, type="DATE", value="2024-03-04", text=document.dates[0].text
        ),
    )
    assert [segment.anchor_date for segment in document.segments] == ["2024-03-05"]


def test_models_that_found_nothing(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "p.json"
    path.write_text("[[], []]")
    assert format_of(path) == "gliner"
    assert cli("score", path, "-m", "entities.strict").exit_code == 0
    path.write_text("[[], [], []]")
    run = cli("score", path, "-m", "entities.strict")
    assert (run.exit_code, "3 lists without a doc_id, for 2 documents" in run.stderr) == (1, True)


def test_offsets_of_label_studio_that_contradict_its_words(tmp_path: Path, cli: Run) -> None:
    """UTF-16 offsets behind an emoji, from an export of another project."""
    path = tmp_path / "p.json"
    text = "🤒 Ông Nam ở Huế"

    def write(start: int) -> None:
        region = {
            "type": "labels",
            "value": {"start": start, "end": start + 3, "text": "Nam", "labels": ["PER"]},
        }
        path.write_text(
            json.dumps([{"id": 5, "data": {"text": text}, "annotations": [{"result": [region]}]}]),
            encoding="utf-8",
        )

    write(7)
    run = cli("validate", path)
    assert (
        run.exit_code,
        "task 5: text is 'Nam', but the document has 'am ' at [7, 10)" in run.stdout,
    ) == (1, True)
    write(6)
    assert cli("validate", path).exit_code == 0


def test_resolve_words() -> None:
    """Whole words, outside what is taken, come first; the contract's way takes the first letters
    that are alike.
    """
    text = "Ngay hôm nay Nga tuyên bố. Anh An gặp Kim Jong-un, và Kim cười."
    found = [("Nga", "GPE", 13), ("An", "PER", 31), ("Kim Jong-un", "PER", 38), ("Kim", "PER", 54)]
    entities = tuple(
        Entity(start=start, end=start + len(surface), type=kind) for surface, kind, start in found
    )
    gold = vn.Gold({"d": Document(doc_id="d", text=text, entities=entities)})
    said = [
        {"doc_id": "d", "entities": [{"text": surface, "type": kind} for surface, kind, _ in found]}
    ]
    words = vn.score(said, gold, measures=["entities.strict"], resamples=0, resolve="words")
    assert (words["entities.strict"].counts.matched, words.resolve) == (4, "words")
    assert (
        vn.score(said, gold, measures=["entities.strict"], resamples=0)[
            "entities.strict"
        ].counts.matched
        == 1
    )
    with pytest.raises(ValueError, match="resolve is 'x'; there are surface, words, letters"):
        vn.score(said, gold, resolve="x")


def test_surfaces_of_the_gold_in_reading_order_are_found_better_by_words() -> None:
    gold = vn.load()
    said = [
        {"doc_id": d.doc_id, "entities": [{"text": e.text, "type": e.type} for e in d.entities]}
        for d in gold.values()
    ]
    matched = {}
    for way in ("surface", "words"):
        matched[way] = vn.score(said, measures=["entities.strict"], resamples=0, resolve=way)[
            "entities.strict"
        ].counts.matched
    assert matched["words"] > matched["surface"]


@pytest.mark.parametrize("name", [n for n in WRITTEN if not foreign()[n].folder])
def test_a_byte_order_mark_and_gzip_change_nothing(
    name: str, written: Written, tmp_path: Path
) -> None:
    path = written[name][0]
    found = read_predictions(path, vn.load())
    for pack in (bytes, gzip.compress):
        folder = tmp_path / pack.__name__
        folder.mkdir()
        for part in sorted(path.iterdir()) if path.is_dir() else [path]:
            ending = ".gz" if pack is gzip.compress else ""
            (folder / (part.name + ending)).write_bytes(pack(b"\xef\xbb\xbf" + part.read_bytes()))
        assert format_of(folder) == name
        again = read_predictions(folder, vn.load())
        assert dict(again.by_doc) == dict(found.by_doc)
        assert len(again.findings) == len(found.findings)
