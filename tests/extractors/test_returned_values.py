"""What extractors may return: the forms that libraries and language models give, each made
by the real library, and what is refused.
"""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from click.testing import Result

import vinewsie as vn
from vinewsie.extractors import ExtractorError, running
from vinewsie.extractors.answers import call
from vinewsie.extractors.outputs import EXAMPLE, OutputError, read_output
from vinewsie.model import Document
from vinewsie.reading.predictions import read_predictions

DOCUMENT = Document(doc_id="d1", text="Nga gặp Pháp ở Huế")
NGA = {"start": 0, "end": 3, "type": "GPE"}
NAMED = {"text": "Nga", "type": "GPE"}


@dataclass
class Mention:
    start: int
    end: int
    label: str


class Surface(msgspec.Struct):
    text: str
    label: str


Row = namedtuple("Row", "text label start end")


class StanzaSpan:
    """A span as stanza has it."""

    start_char, end_char, type = 0, 3, "GPE"


def generator() -> Iterator[dict[str, Any]]:
    yield NGA


def entities_of(output: object) -> Any:
    """The entities of an answer without their scores, which are tested with thresholds."""
    found = read_output(output, DOCUMENT).answer["entities"]
    return [{k: v for k, v in record.items() if k != "score"} for record in found]


@pytest.mark.parametrize(
    "output",
    [
        {"entities": [NGA]},
        [NGA],
        (NGA,),
        [(0, 3, "GPE")],
        [{"start": np.int64(0), "end": 3, "label": np.str_("GPE"), "score": np.float32(0.5)}],
        [{"start_char": 0, "end_char": 3, "label": "GPE"}],
        [Mention(0, 3, "GPE")],
        {"entities": (Mention(0, 3, "GPE"),)},
        [StanzaSpan()],
        generator(),
        {"entities": generator()},
        iter([(0, 3, "GPE")]),
        [(0, 3, "GPE", 0.5)],
        [(0.0, np.float64(3), "GPE")],
        {"GPE": [(0, 3)]},
        [{"begin": 0, "end": 3, "tag": "GPE"}],
        [{"start": 0, "end": 3, "category": "GPE"}],
        [{"start": 0, "end": 3, "labels": ["GPE"]}],
        pd.DataFrame({"start": [0], "end": [3], "label": ["GPE"]}),
        {"entities": pd.DataFrame({"start": [0.0], "end": [3.0], "type": ["GPE"]})},
        '[{"start": 0, "end": 3, "type": "GPE"}]',
        b'\xef\xbb\xbf{"entities": [[0, 3, "GPE"]]}',
        'Đây là kết quả:\n```json\n[{"start": 0, "end": 3, "label": "GPE"}]\n```\n',
        'Đây là kết quả: [{"start": 0, "end": 3, "label": "GPE"}] Hết.',
        '```json\n[{"start": 0, "end": 3, "label": "GPE"}]',
        '```[{"start": 0, "end": 3, "label": "GPE"}]```',
        '<think>có lẽ [1, 2]</think>[{"start": 0, "end": 3, "label": "GPE"}]',
    ],
)
def test_entities_with_offsets(output: object) -> None:
    found = entities_of(output)
    assert found == [NGA]
    assert {type(found[0][name]) for name in ("start", "end")} == {int}  # 0.0 equals 0


@pytest.mark.parametrize(
    "output",
    [
        [NAMED],
        [("Nga", "GPE")],
        [("Nga", "GPE", 0.5)],
        [{"entity": "Nga", "category": "GPE"}],
        [{"name": "Nga", "label": "GPE"}],
        [Surface("Nga", "GPE")],
        {"GPE": ["Nga"]},
        {"entities": {"GPE": ["Nga"]}},
        '{"GPE": [{"text": "Nga"}]}',
        pd.DataFrame({"text": ["Nga"], "type": ["GPE"]}),
    ],
)
def test_entities_by_their_surface(output: object) -> None:
    assert entities_of(output) == [NAMED]


def test_named_tuples_are_read_by_their_names() -> None:
    assert entities_of([Row("Nga", "GPE", 0, 3)]) == [NAMED | NGA]


def test_an_empty_table_has_no_entities() -> None:
    assert entities_of(pd.DataFrame()) == []


def test_missing_cells_are_left_out() -> None:
    table = pd.DataFrame({"start": [0, 4], "end": [3, 7], "label": ["GPE", None]})
    assert entities_of(table) == [NGA, {"start": 4, "end": 7}]


def test_pydantic_models() -> None:
    pydantic = pytest.importorskip("pydantic")
    entity = pydantic.create_model("Entity", start=(int, ...), end=(int, ...), type=(str, ...))
    answer = pydantic.create_model("Answer", entities=(list[Any], ...))
    one = entity(**NGA)
    assert entities_of([one]) == entities_of(answer(entities=[one])) == [NGA]


def test_spacy_documents_and_spans() -> None:
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "Nga"}])
    doc = pipeline(DOCUMENT.text)
    for output in (doc, doc.ents, [*doc.ents], doc.to_json()):
        assert read_output(output, DOCUMENT).answer == {"entities": [NGA]}
    # Offsets in another text are moved to the document's when they are read.
    assert read_output(pipeline("Nga  gặp"), DOCUMENT).answer["text"] == "Nga  gặp"


@pytest.mark.parametrize(
    "output",
    [
        [{"entity_group": "GPE", "word": "Nga", "score": np.float32(0.9), "start": 0, "end": 3}],
        [
            [
                {"entity": "B-GPE", "word": "N", "index": 1, "score": 0.9, "start": 0, "end": 1},
                {"entity": "I-GPE", "word": "##ga", "index": 2, "score": 0.9, "start": 1, "end": 3},
            ]
        ],
    ],
)
def test_rows_of_a_hugging_face_pipeline(output: object) -> None:
    assert entities_of(output) == [NGA]
    assert entities_of({"entities": output}) == [NGA]


@pytest.mark.parametrize("word", ["▁Pháp", " Pháp"])
@pytest.mark.parametrize("label", [{"entity_group": "GPE"}, {"entity": "B-GPE", "index": 3}])
def test_spaces_that_a_tokenizer_counts_to_a_word_are_trimmed(
    word: str, label: dict[str, Any]
) -> None:
    rows = [{**label, "word": word, "score": 0.9, "start": 7, "end": 12}]
    for output in (rows, [rows], {"entities": rows}, {"text": DOCUMENT.text, "entities": rows}):
        assert entities_of(output) == [{"start": 8, "end": 12, "type": "GPE"}]


TOKENS, TAGS = ["Nga", "gặp", "Pháp", "ở", "Huế"], ["B-GPE", "O", "B-GPE", "O", "B-LOC"]
SPANS = [(0, 3, "GPE"), (8, 12, "GPE"), (15, 18, "LOC")]


@pytest.mark.parametrize(
    "output",
    [
        {"tokens": TOKENS, "tags": TAGS},
        {"doc_id": "d1", "words": TOKENS, "ner_tags": TAGS},
        [{"tokens": TOKENS[:2], "tags": TAGS[:2]}, {"tokens": TOKENS[2:], "tags": TAGS[2:]}],
        [*zip(TOKENS, TAGS, strict=True)],
        [(token, "N", "B-NP", tag) for token, tag in zip(TOKENS, TAGS, strict=True)],
        [{"word": token, "tag": tag} for token, tag in zip(TOKENS, TAGS, strict=True)],
        [[{"word": token, "tag": tag} for token, tag in zip(TOKENS, TAGS, strict=True)]],
        {"entities": [*zip(TOKENS, TAGS, strict=True)]},
        [*zip(TOKENS, [tag.removeprefix("B-") for tag in TAGS], strict=True)],
        json.dumps({"tokens": TOKENS, "tags": TAGS}),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        DOCUMENT.text,
        DOCUMENT.text.replace(" ", "\N{NO-BREAK SPACE}"),
        unicodedata.normalize("NFD", DOCUMENT.text),
    ],
)
def test_tagged_tokens(output: object, text: str) -> None:
    prediction = predicted(output, text)
    found = [(text[e.start : e.end], e.type) for e in prediction.entities]
    assert [(unicodedata.normalize("NFC", surface), label) for surface, label in found] == [
        (DOCUMENT.text[start:end], label) for start, end, label in SPANS
    ]


def predicted(output: object, text: str) -> vn.Prediction:
    """What an extractor's value is for a document of a text, placed in it."""
    document = Document(doc_id="d1", text=text)
    read = read_predictions([call(lambda _: output, document)], {"d1": document})
    assert read.findings == []
    return read.by_doc["d1"]


def test_tagged_tokens_without_entities() -> None:
    assert entities_of({"tokens": [], "tags": []}) == []
    assert entities_of([("Nga", "O")]) == []


def test_surfaces_whose_labels_have_a_hyphen_are_no_tokens() -> None:
    assert entities_of([("Nga", "B-GPE"), ("Huế", "LOC")]) == [
        {"text": "Nga", "type": "B-GPE"},
        {"text": "Huế", "type": "LOC"},
    ]


def test_a_list_that_breaks_off_is_read_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    answer = call(lambda _: '[{"text": "Nga", "type": "GPE"}, {"text": "Ph', DOCUMENT)
    assert answer["entities"] == [NAMED]
    assert caplog.messages == [
        "d1: the answer is not one JSON value, or breaks off; 1 records are read"
    ]


def test_a_table_with_a_gap_is_scored(tmp_path: Path) -> None:
    """pandas makes floats of a column of whole numbers with a gap."""
    gold = tmp_path / "gold.jsonl"
    records = [NGA, {"start": 15, "end": 18, "type": "GPE"}]
    line = {"doc_id": "d1", "text": DOCUMENT.text, "entities": records}
    gold.write_text(json.dumps(line), encoding="utf-8")
    table = pd.DataFrame({"start": [0, None], "end": [3, None], "text": ["Nga", "Huế"]})
    assert table["start"].dtype == float
    output = {"entities": table.assign(type="GPE")}
    result = vn.score(lambda _: output, gold=gold, measures=["entities.strict"], resamples=0)
    assert result["entities.strict"].f1 == 1


def test_other_layers_take_the_same_forms() -> None:
    output = {"dates": [(0, 3, "DATE")], "marks": [{"start": 0, "end": 3, "label": "speech"}]}
    assert read_output(output, DOCUMENT).answer == {
        "dates": [{"start": 0, "end": 3, "type": "DATE"}],
        "marks": [{"start": 0, "end": 3, "function": "speech"}],
    }


def test_fields_without_a_place_are_ignored_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    output = [NGA | {"lý do": "tên nước"}, {"start": 8, "end": 12, "lý do": "tên nước"}]
    for _ in range(2):
        answer = call(lambda _: output, DOCUMENT)
    assert answer["entities"] == [NGA, {"start": 8, "end": 12}]
    assert caplog.messages == ["ignored a field of records: lý do"]


@pytest.mark.parametrize(
    "output", [{"entities": [{"start": 0, "end": 3, "typ": "GPE"}]}, {"enttities": []}]
)
def test_misspelt_fields_are_refused_when_they_are_read(output: Any) -> None:
    with pytest.raises(vn.FindingsError, match=r"did you mean '(type|entities)'"):
        vn.score(lambda _: output, resamples=0)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (None, "returned None"),
        (3, "returned a value of type int"),
        ({1, 2}, "returned a set of int"),
        (["Nga"], "returned a list of str"),
        ((0, 3, "GPE"), "returned a tuple of int"),
        (NGA, "returned one record; a list of records is expected"),
        (DOCUMENT.lines, "returned a value of type method"),
        ({"entities": [Path()]}, r"returned a value of type pathlib\.\w+"),
        ("Tôi không biết.", "returned text that is not JSON: 'Tôi không biết.'"),
        ([{"word": 3, "entity": "B-GPE"}], "returned what cannot be read: .* word is 3"),
        (
            [(0, 3, "GPE", "Nga")],
            r'no known form, such as \[0,3,"GPE","Nga"\] \(int, int, str, str\)',
        ),
        ([("Nga", 0, 3, "GPE")], r"no known form, such as .* \(str, int, int, str\)"),
        (
            [((0, 3), "GPE")],
            r"entities of no known form, such as \[\[0,3\],\"GPE\"\] \(list, str\)",
        ),
        ([{"span": [0, 3], "label": "GPE"}], r'such as {"span":\[0,3\],"label":"GPE"} \(dict\)'),
        ([{"token": "Nga", "tag": "B-GPE"}], r"entities of no known form, .* \(dict\)"),
        ({"dates": ["hôm nay"]}, r'returned dates of no known form, such as "hôm nay" \(str\)'),
        ([range(3)], "returned a value of type range"),
        ({"tokens": ["Nga"], "tags": [1]}, "returned tags that are numbers; return their names"),
        ({"tokens": ["Nga"], "tags": ["O", "O"]}, "a row has 1 tokens, but 2 tags"),
        ({"dates": [("Nga", "O")]}, "returned tagged tokens as dates; tags give entities"),
        ({"entities": [("Nga", "B-GPE")], "dates": []}, "returned tagged tokens as entities"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_type(output: object, reason: str) -> None:
    with pytest.raises(OutputError, match=reason):
        read_output(output, DOCUMENT)


def test_a_single_row_of_another_form_is_reported_by_the_reader() -> None:
    with pytest.raises(vn.FindingsError, match=r"entities\[1\]: not-object: .*\[0,3\]"):
        vn.score(lambda _: [NAMED, ((0, 3), "GPE")], resamples=0)


def test_an_example_that_works_is_shown_once() -> None:
    with pytest.raises(ExtractorError) as raised:
        vn.score(lambda _: None, resamples=0)
    assert str(raised.value).count(EXAMPLE) == 1
    assert "baoquocte-20231012: returned None\n" in str(raised.value)
    *_, definition, body, result = EXAMPLE.splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(line[4:] for line in (definition, body, result)), names)
    assert vn.score(names["extract"], measures=["entities.strict"], resamples=0)


def test_an_error_inside_a_generator_costs_only_its_document() -> None:
    def extract(document: Document) -> Iterator[Any]:
        yield NGA
        if document.doc_id == "d2":
            raise KeyError("Huế")

    run = running.run_here(extract, [DOCUMENT, Document(doc_id="d2", text="Nga")])
    assert [answer["doc_id"] for answer in run.outputs] == ["d1"]
    assert run.failures["d2"].startswith("KeyError: 'Huế' (test_returned_values.py:")


async def asynchronous(document: Document) -> list[Any]:
    await asyncio.sleep(0)
    if document.doc_id == "d2":
        raise ValueError("không được")
    return [NGA]


async def asynchronous_generator(_: Document) -> AsyncIterator[Any]:
    yield NGA


async def leaving(_: Document) -> None:
    raise SystemExit(3)


def test_async_functions_are_awaited() -> None:
    documents = [DOCUMENT, Document(doc_id="d2", text="Nga")]
    run = running.run_here(asynchronous, documents)
    assert run.outputs == [{"doc_id": "d1", "entities": [NGA]}]
    assert run.failures["d2"].startswith("ValueError: không được (test_returned_values.py:")
    assert call(asynchronous_generator, DOCUMENT)["entities"] == [NGA]
    assert call(leaving, DOCUMENT)["error"].startswith("SystemExit: 3")


def test_async_functions_are_awaited_where_a_loop_runs() -> None:
    """As in a notebook."""

    async def cell() -> Any:
        return call(asynchronous, DOCUMENT)

    assert asyncio.run(cell())["entities"] == [NGA]


TOGETHER = """
import asyncio
waiting, all_here, loops = [], asyncio.Event(), set()
async def extract(document):
    loops.add(asyncio.get_running_loop())
    waiting.append(document.doc_id)
    if len(waiting) == 3: all_here.set()
    await all_here.wait()
    return {"info": {"loops": len(loops)}}
"""


@pytest.fixture
def documents() -> list[Document]:
    return [Document(doc_id=f"d{number}", text="Nga") for number in range(5)]


def test_concurrency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: list[Document]
) -> None:
    """The function answers once it was given three documents; all run on one loop."""
    monkeypatch.chdir(tmp_path)
    Path("together.py").write_text(TOGETHER)
    run = running.run("together:extract", documents, concurrency=3)
    assert [answer["doc_id"] for answer in run.outputs] == ["d0", "d1", "d2", "d3", "d4"]
    assert {answer["info"]["loops"] for answer in run.outputs} == {1}


PLAIN = """
import threading, time
inside = threading.Lock()
def extract(document):
    assert inside.acquire(blocking=False)
    time.sleep(0.02)
    inside.release()
    return {"dates": []}
"""


def test_concurrency_of_a_part_of_several(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    documents: list[Document],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The part that is async has three documents at once, the other part one at a time."""
    monkeypatch.chdir(tmp_path)
    Path("together.py").write_text(TOGETHER)
    Path("plain.py").write_text(PLAIN)
    run = running.run("combine:plain:extract+together:extract", documents, concurrency=3)
    assert [answer["doc_id"] for answer in run.outputs] == ["d0", "d1", "d2", "d3", "d4"]
    assert {answer["info"]["loops"] for answer in run.outputs} == {1}
    assert "no effect" not in capfd.readouterr().err
    running.run("combine:plain:extract+plain:extract", documents, concurrency=3)
    assert "no async def; --concurrency has no effect" in capfd.readouterr().err


def test_concurrency_without_async_is_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], documents: list[Document]
) -> None:
    (tmp_path / "plain.py").write_text("def extract(d): return []")
    spec = f"{tmp_path}/plain.py:extract"
    assert len(running.run(spec, documents, concurrency=3).outputs) == 5
    assert "no async def; --concurrency has no effect, see --jobs" in capfd.readouterr().err


@pytest.mark.parametrize("spec", ["./mine.py:extract", "mine.py:extract", "{}/mine.py:extract"])
def test_a_file_may_be_named(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Result]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("helper.py").write_text("TYPE = 'PER'")
    Path("mine.py").write_text("import helper\ndef extract(d): return [(0, 4, helper.TYPE)]")
    run = cli("run", spec.format(tmp_path), "-o", "out.jsonl")
    assert run.exit_code == 0, run.stderr
    first = json.loads(Path("out.jsonl").read_text().splitlines()[0])
    assert first["entities"] == [{"start": 0, "end": 4, "type": "PER"}]


def test_a_file_that_has_the_name_of_a_module_replaces_none(
    tmp_path: Path, documents: list[Document]
) -> None:
    (tmp_path / "difflib.py").write_text(
        "import difflib\n"
        "def extract(d): return {'info': {'other': hasattr(difflib, 'IS_LINE_JUNK')}}"
    )
    run = running.run(f"{tmp_path}/difflib.py:extract", documents[:1])
    assert run.outputs[0]["info"] == {"other": True}
