"""Hugging Face's pipeline: aggregated mentions, and tags of pieces of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, read_all, read_text
from foreign import plain as with_scores
from vinewsie.formats.base import Options, Sample
from vinewsie.formats.huggingface import FORMAT
from vinewsie.model import Document

Items = list[dict[str, Any]]


def plain(page: Any) -> list[dict[str, Any]]:
    """The records of a page without their scores, which are tested with thresholds."""
    return [{k: v for k, v in record.items() if k != "score"} for record in with_scores(page)]


def entities(tmp_path: Path, items: Items) -> list[Any]:
    parsed, findings = read_text(FORMAT, tmp_path / "p.json", json.dumps(items))
    assert findings == []
    return plain(parsed[0])


def pieces(text: str, *tagged: tuple[int, str, str]) -> Items:
    """Pieces of a text with offsets: their index, tag, and word, with markers."""
    items: Items = []
    at = 0
    for index, tag, word in tagged:
        bare = word.removeprefix("##").removeprefix("▁")
        start = text.index(bare, at)
        at = start + len(bare)
        items.append(
            {"entity": tag, "score": 0.9, "index": index, "word": word, "start": start, "end": at}
        )
    return items


def unplaced(*tagged: tuple[int, str, str]) -> Items:
    return [
        {"entity": tag, "score": 0.9, "index": index, "word": word, "start": None, "end": None}
        for index, tag, word in tagged
    ]


def spans(text: str, *found: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"start": text.index(s), "end": text.index(s) + len(s), "type": label} for s, label in found
    ]


def test_aggregated(tmp_path: Path) -> None:
    item = {"entity_group": "LOC", "score": 0.9, "word": "đà nẵng", "start": 3, "end": 10}
    assert entities(tmp_path, [item]) == [{"start": 3, "end": 10, "type": "LOC"}]


def test_aggregated_without_offsets(tmp_path: Path) -> None:
    item = {"entity_group": "PER", "word": "Trần_Thị_Hoa", "start": None, "end": None}
    assert entities(tmp_path, [item]) == [{"text": "Trần Thị Hoa", "type": "PER"}]


def test_words(tmp_path: Path) -> None:
    text = "Bà Trần Hoa ở Huế Việt Nam"
    items = pieces(
        text,
        (2, "B-PER", "Trần"),
        (3, "I-PER", "Hoa"),
        (5, "B-LOC", "Huế"),
        (6, "B-LOC", "Việt"),
        (7, "I-LOC", "Nam"),
    )
    assert entities(tmp_path, items) == spans(
        text, ("Trần Hoa", "PER"), ("Huế", "LOC"), ("Việt Nam", "LOC")
    )


def test_a_gap_in_the_index_ends_a_mention(tmp_path: Path) -> None:
    text = "Hoa và Lan"
    items = pieces(text, (1, "I-PER", "Hoa"), (3, "I-PER", "Lan"))
    assert entities(tmp_path, items) == spans(text, ("Hoa", "PER"), ("Lan", "PER"))


def test_without_index_offsets_tell(tmp_path: Path) -> None:
    text = "Hoa Mai và Lan"
    items = pieces(text, (1, "PER", "Hoa"), (2, "PER", "Mai"), (4, "PER", "Lan"))
    for item in items:
        del item["index"]
    assert entities(tmp_path, items) == spans(text, ("Hoa Mai", "PER"), ("Lan", "PER"))


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("B-PER", "B-PER", "PER"),
        ("B-PER", "I-PER", "PER"),
        ("B-PER", "B-LOC", "PER"),
        ("S-PER", "S-PER", "PER"),
        ("PER", "LOC", "PER"),
    ],
)
@pytest.mark.parametrize("words", [("Y", "##Moan"), ("▁Y", "Moan"), ("Y", "Moan")])
def test_pieces_of_a_word_join(
    tmp_path: Path, first: str, second: str, label: str, words: tuple[str, str]
) -> None:
    text = "Ông YMoan"
    assert entities(tmp_path, pieces(text, (2, first, words[0]), (3, second, words[1]))) == spans(
        text, ("YMoan", label)
    )


def test_glued_punctuation_is_no_piece_of_a_word(tmp_path: Path) -> None:
    text = "Lào-Thái/Mai"
    items = pieces(
        text, (1, "B-LOC", "▁Lào"), (3, "B-LOC", "Thái"), (4, "B-MISC", "/"), (5, "B-PER", "Mai")
    )
    assert entities(tmp_path, items) == spans(
        text, ("Lào", "LOC"), ("Thái", "LOC"), ("/", "MISC"), ("Mai", "PER")
    )


def test_words_one_after_the_other_stay_apart(tmp_path: Path) -> None:
    text = "Y Moan Y Moan"
    items = [*pieces(text[:6], (1, "B-PER", "▁Y"), (2, "I-PER", "▁Mo"), (3, "E-PER", "an"))]
    items += [
        i | {"start": i["start"] + 7, "end": i["end"] + 7, "index": i["index"] + 3} for i in items
    ]
    items[3]["entity"] = "I-PER"
    parsed, findings = read_text(FORMAT, tmp_path / "p.json", json.dumps(items))
    assert [(r["start"], r["end"]) for r in plain(parsed[0])] == [(0, 6), (7, 13)]
    assert [f.severity for f in findings] == ["warning"]
    assert "1 mention not well-formed in iobes" in findings[0].message


def test_outside_tags_may_be_there(tmp_path: Path) -> None:
    text = "Bà Hoa cười"
    items = pieces(text, (1, "O", "Bà"), (2, "B-PER", "Hoa"), (3, "O", "cười"))
    assert entities(tmp_path, items) == spans(text, ("Hoa", "PER"))


def byte_level(text: str) -> str:
    """As GPT-2's vocabulary spells a text."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [b for b in range(256) if b not in printable]
    return "".join(chr(b) if b in printable else chr(256 + others.index(b)) for b in text.encode())


@pytest.mark.parametrize(
    "words",
    [
        ("Nguyễn_@@", "Văn_@@", "Nam"),
        ("Nguyễn", "Văn", "N@@", "am"),
        ("Nguyễn", "V", "##ăn", "Nam"),
        ("▁Nguyễn", "▁V", "ăn", "▁Nam"),
        ("Nguyễn</w>", "V", "ăn</w>", "Nam</w>"),
        tuple(map(byte_level, (" Nguyễn", " Văn", " N", "am"))),
        (
            byte_level(" Nguyễn")[:6],
            byte_level(" Nguyễn")[6:],
            byte_level(" Văn"),
            byte_level(" Nam"),
        ),
        ("Nguyễn_Văn", "Nam"),
    ],
)
def test_surfaces_of_pieces(tmp_path: Path, words: tuple[str, ...]) -> None:
    items = unplaced(*((i, "I-PER" if i else "B-PER", word) for i, word in enumerate(words)))
    assert entities(tmp_path, items) == [{"text": "Nguyễn Văn Nam", "type": "PER"}]


def test_a_token_that_no_bytes_spell(tmp_path: Path) -> None:
    assert entities(tmp_path, unplaced((1, "B-PER", "ĠLan"), (2, "I-PER", "Ġ→"))) == [
        {"text": "Lan →", "type": "PER"}
    ]


def test_everything_that_is_wrong(tmp_path: Path) -> None:
    items = [
        {"entity": 3, "word": "Huế"},
        {"entity": "B-LOC", "word": None},
        {"entity_group": "LOC"},
        5,
        {"word": "a", "start": "0"},
        {"word": "b", "x": 1},
    ]
    parsed, findings = read_text(
        FORMAT, tmp_path / "p.json", json.dumps({"doc_id": "d", "entities": items})
    )
    assert [(f.code, f.index) for f in findings] == [
        ("not-object", 3),
        ("wrong-type", 0),
        ("wrong-type", 1),
        ("missing-field", 2),
        ("wrong-type", 4),
        ("format-loss", None),
    ]
    assert {f.doc_id for f in findings[:-1]} == {"d"}
    assert plain(parsed[0]) == [{"text": "b"}]


def test_recognises() -> None:
    assert FORMAT.recognises(Sample(Path("p.json"), "", [[[], unplaced((1, "B-PER", "Lan"))]]))
    assert not FORMAT.recognises(
        Sample(Path("p.json"), "", [[{"start": 0, "end": 3, "text": "Lan", "label": "PER"}]])
    )
    assert not FORMAT.recognises(
        Sample(
            Path("p.json"),
            "",
            [{"doc_id": "a", "entities": [{"start": 0, "end": 3, "type": "PER"}]}],
        )
    )


@pytest.mark.parametrize("name", ["p.json", "p.jsonl"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    comes_back(FORMAT, tmp_path / name, [RICH])


@settings(max_examples=50)
@given(st.lists(documents(), max_size=3))
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    comes_back(FORMAT, tmp_path_factory.mktemp("p") / "p.jsonl", some)


def read_items(
    tmp_path: Path, lists: list[Items], **options: Any
) -> tuple[list[Any], list[tuple[str, str, int | None, int | None]], str]:
    """The mentions of all documents, one a line; where findings stand, and what they say."""
    path = tmp_path / "p.jsonl"
    path.write_text("".join(f"{json.dumps(items)}\n" for items in lists), encoding="utf-8")
    parsed, findings = read_all(FORMAT, path, Options(**options))
    places = [(f.code, str(f.severity), f.line, f.index) for f in findings]
    return [plain(page) for page in parsed], places, "\n".join(f.message for f in findings)


def test_a_scheme_refuses_or_repairs(tmp_path: Path) -> None:
    text = "Bà Trần Hoa ở Huế"
    first = pieces(text, (2, "B-PER", "Trần"), (3, "I-PER", "Hoa"), (5, "B-LOC", "Huế"))
    broken = pieces(text, (2, "I-PER", "Trần"), (3, "I-PER", "Hoa"), (5, "B-LOC", "Huế"))
    people, places = spans(text, ("Trần Hoa", "PER")), spans(text, ("Huế", "LOC"))
    whole = people + places
    assert read_items(tmp_path, [first, first], tags="iob2") == ([whole, whole], [], "")
    found, where, message = read_items(tmp_path, [first, broken])
    assert (found, where) == ([whole, whole], [("tag", "warning", 2, 0)])
    assert "1 mention not well-formed in iob2" in message
    found, where, _ = read_items(tmp_path, [first, broken], repair="discard")
    assert (found, where) == ([whole, places], [("tag", "warning", 2, 0)])
    found, where, _ = read_items(tmp_path, [first, broken], tags="iob2")
    assert (found, where) == ([whole, places], [("tag", "error", 2, 0)])


def test_pieces_of_a_word_in_other_schemes(tmp_path: Path) -> None:
    """A word whose first piece begins a mention and whose last one ends it is well-formed."""
    text = "ở Huế và Đà Nẵng"
    items = pieces(
        text,
        (2, "B-LOC", "▁Hu"),
        (3, "E-LOC", "ế"),
        (5, "B-LOC", "▁Đà"),
        (6, "I-LOC", "▁Nẵ"),
        (7, "E-LOC", "ng"),
    )
    expected = spans(text, ("Huế", "LOC"), ("Đà Nẵng", "LOC"))
    for scheme in ("auto", "iobes"):
        assert read_items(tmp_path, [items], tags=scheme) == ([expected], [], "")
    for item in items:
        item["entity"] = item["entity"].replace("E-", "L-")
    assert read_items(tmp_path, [items], tags="bilou") == ([expected], [], "")
    assert len(read_items(tmp_path, [items], tags="iobes")[1]) == 2


def test_suffix_tags(tmp_path: Path) -> None:
    text = "Bà Trần Hoa ở Huế"
    items = pieces(text, (2, "PER-B", "Trần"), (3, "PER-I", "Hoa"), (5, "LOC-B", "Huế"))
    found, where, message = read_items(tmp_path, [items])
    assert found == [spans(text, ("Trần Hoa", "PER"), ("Huế", "LOC"))]
    assert [severity for _, severity, *_ in where] == ["warning"]
    assert "PER-B is read as B-PER" in message
    items[2]["entity"] = "B-LOC"
    _, where, _ = read_items(tmp_path, [items])
    assert where == [("tag", "error", 1, 0), ("tag", "error", 1, 1)]


@pytest.mark.parametrize("group", ["PER-B", "S-PER", "E-PER"])
def test_groups_that_the_pipeline_did_not_aggregate_are_refused(group: str, tmp_path: Path) -> None:
    item = {"entity_group": group, "word": "Hoa", "start": 0, "end": 3}
    other = {"entity_group": "B", "word": "Hoa", "start": 0, "end": 3}
    _, where, message = read_items(tmp_path, [[other, item], [item]])
    assert where == [("tag", "error", 1, 1)]
    assert f"entity_group {group!r} has a prefix or suffix" in message
    assert read_items(tmp_path, [[item]], tags="io")[1] == []


def test_the_group_of_what_is_outside_is_no_mention(tmp_path: Path) -> None:
    items = [{"entity_group": group, "word": "Hoa", "start": 0, "end": 3} for group in ("O", "PER")]
    assert read_items(tmp_path, [items]) == ([[{"start": 0, "end": 3, "type": "PER"}]], [], "")


TAGS = st.sampled_from(["O", "B-PER", "I-PER", "E-PER", "PER", "PER-B", "b-PER", "B", "", "1"])
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"word": st.sampled_from(["▁a", "b", "##c", "Ġd", "", "."])},
        optional={
            "entity": TAGS,
            "entity_group": TAGS.filter(str.isupper),
            "index": st.none() | st.integers(0, 4),
            "start": st.none() | st.integers(0, 4),
            "end": st.none() | st.integers(0, 4),
        },
    ),
    max_size=6,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(ITEMS, min_size=1, max_size=3),
    st.sampled_from(["auto", "iob2", "iobes"]),
    st.sampled_from([None, "conlleval", "discard"]),
)
def test_any_pieces_are_read_or_refused(
    tmp_path: Path, lists: list[Items], scheme: str, repair: str | None
) -> None:
    found, where, _ = read_items(tmp_path, lists, tags=scheme, repair=repair)
    if not where:
        grouped = {"", "1", "B", "PER"}
        labels = {record.get("type") for page in found for record in page}
        assert labels <= {"PER", "_", None} | grouped
