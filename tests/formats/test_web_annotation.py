"""Web Annotations: the selectors and bodies of others, and our own back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, plain, read_all, read_text
from vinewsie.findings import Finding
from vinewsie.formats.base import ParsedDocument, Sample, without_fields
from vinewsie.formats.web_annotation import FORMAT, write
from vinewsie.model import Document, Segment
from vinewsie.reading.predictions import read_predictions

POSITION = {"type": "TextPositionSelector", "start": 3, "end": 6}
QUOTE = {"type": "TextQuoteSelector", "exact": "Huế", "prefix": "Ở "}
TAG = {"type": "TextualBody", "purpose": "tagging", "value": "GPE"}


def annotation(
    selector: object = POSITION, body: object = TAG, source: object = "bao-1", **more: Any
) -> dict[str, Any]:
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "body": body,
        "target": {"source": source, "selector": selector},
        **more,
    }


def parse(tmp_path: Path, *values: object) -> tuple[list[ParsedDocument], list[Finding]]:
    return read_text(FORMAT, tmp_path / "a.jsonld", "\n".join(map(json.dumps, values)))


def entity(tmp_path: Path, value: object) -> Any:
    parsed, findings = parse(tmp_path, value)
    assert findings == []
    (found,) = plain(parsed[0])
    return found


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (POSITION, {"start": 3, "end": 6}),
        (QUOTE, {"text": "Huế"}),
        ([QUOTE, POSITION], {"start": 3, "end": 6, "text": "Huế"}),
        ([{"type": "CssSelector", "value": "p"}, QUOTE], {"text": "Huế"}),
        (POSITION | {"refinedBy": QUOTE}, {"start": 3, "end": 6, "text": "Huế"}),
        (POSITION | {"end": 60, "refinedBy": QUOTE}, {"text": "Huế"}),
        (POSITION | {"end": 60, "refinedBy": POSITION}, {"start": 6, "end": 9}),
        (
            QUOTE
            | {
                "exact": "Cố đô Huế",
                "refinedBy": {"type": "TextPositionSelector", "start": 6, "end": 9},
            },
            {"text": "Huế"},
        ),
        ({"type": "XPathSelector", "value": "/p", "refinedBy": [POSITION, QUOTE]}, {"text": "Huế"}),
    ],
)
def test_selectors(tmp_path: Path, selector: object, expected: dict[str, Any]) -> None:
    assert entity(tmp_path, annotation(selector)) == {"type": "GPE", **expected}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("GPE", {"type": "GPE"}),
        (None, {}),
        ("http://vi.dbpedia.org/resource/Huế", {"entity_id": "http://vi.dbpedia.org/resource/Huế"}),
        ({"type": "TextualBody", "value": "DATE"}, {"type": "DATE"}),
        (
            [
                {"value": "GPE", "purpose": "classifying"},
                {"value": "hue", "purpose": "identifying"},
            ],
            {"type": "GPE", "entity_id": "hue"},
        ),
        ({"value": "GPE", "purpose": "identifying"}, {"type": "GPE"}),
        (
            [TAG, {"type": "SpecificResource", "source": "http://www.wikidata.org/entity/Q36113"}],
            {"type": "GPE", "entity_id": "http://www.wikidata.org/entity/Q36113"},
        ),
        (
            [TAG, {"type": "SpecificResource", "source": {"id": "hu%E1%BA%BF"}}],
            {"type": "GPE", "entity_id": "huế"},
        ),
        ({"source": "https://example.org/types#GPE", "purpose": "classifying"}, {"type": "GPE"}),
    ],
)
def test_bodies(tmp_path: Path, body: object, expected: dict[str, Any]) -> None:
    assert entity(tmp_path, annotation(body=body)) == {"start": 3, "end": 6, **expected}


def test_body_value(tmp_path: Path) -> None:
    value = annotation(body=None, bodyValue="GPE")
    assert entity(tmp_path, value) == {"start": 3, "end": 6, "type": "GPE"}


@pytest.mark.parametrize(
    "value",
    [
        annotation(),
        [annotation()],
        {"type": "AnnotationPage", "items": [annotation()]},
        {
            "type": "AnnotationCollection",
            "first": {"type": "AnnotationPage", "items": [annotation()]},
        },
        {"type": ["AnnotationCollection"], "items": [annotation()]},
        {"@context": "http://www.w3.org/ns/anno.jsonld", "@graph": [annotation()]},
    ],
)
def test_containers(tmp_path: Path, value: object) -> None:
    assert entity(tmp_path, value) == {"start": 3, "end": 6, "type": "GPE"}
    assert FORMAT.recognises(Sample(tmp_path / "a.json", "", [value]))


def test_sources(tmp_path: Path) -> None:
    values = [
        annotation(source=source)
        for source in ("b%C3%A0i", "https://bao.vn/tin/b%C3%A0i/", {"id": "x"}, "b%C3%A0i#t")
    ]
    parsed, findings = parse(tmp_path, *values)
    assert findings == []
    assert [(p.doc_id, p.hint, p.line, len(p.layers["entities"])) for p in parsed] == [
        ("bài", "bài", 1, 2),
        (None, "bài", 2, 1),
        ("x", "x", 3, 1),
    ]


def test_several_targets(tmp_path: Path) -> None:
    value: dict[str, Any] = annotation()
    value["target"] = [
        value["target"],
        {"source": "bao-1", "selector": POSITION | {"start": 5}},
        {"source": "bao-2", "selector": QUOTE},
    ]
    parsed, _ = parse(tmp_path, value)
    assert [plain(p) for p in parsed] == [
        [{"type": "GPE", "start": 3, "end": 6}, {"type": "GPE", "start": 5, "end": 6}],
        [{"type": "GPE", "text": "Huế"}],
    ]


def test_quotes_are_placed_where_the_text_is_known(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [Document(doc_id="bao-1", text="Huế. Ở Huế, Huế")])
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    ambiguous = {"type": "TextQuoteSelector", "exact": "Huế"}
    parsed, findings = read_text(
        FORMAT,
        tmp_path / "a.jsonl",
        "\n".join([lines, *map(json.dumps, [annotation(QUOTE), annotation(ambiguous)])]),
    )
    assert findings == []
    assert plain(parsed[0]) == [
        {"start": 7, "end": 10, "text": "Huế", "type": "GPE"},
        {"text": "Huế", "type": "GPE"},
    ]


def test_everything_that_is_wrong(tmp_path: Path) -> None:
    held = {"type": "TextualBody", "format": "application/json", "purpose": "describing"}
    parsed, findings = parse(
        tmp_path,
        annotation({"type": "CssSelector", "value": "p"}),
        annotation(body=held | {"value": '{"layer": "tokens"}'}),
        annotation(source=3),
        {"type": "Annotation", "body": TAG},
        {"type": "Tag"},
        annotation(POSITION | {"start": "3"}),
        annotation(
            body=held
            | {"value": '{"layer": "document", "text": "Huế", "segments": [{"start": 0}]}'}
        ),
        annotation(body=held | {"value": "{"}),
        annotation(body={"type": "TextualBody", "purpose": "commenting", "value": "?"}),
        annotation(body=[TAG, TAG, 5]),
        {"type": "Annotation", "body": TAG, "target": "bao-1#char=3,6"},
        {"type": "AnnotationPage", "items": [], "first": "https://example.org/2"},
    )
    codes = [(f.line, f.code) for f in findings if f.severity == "error"]
    assert codes == [
        (3, "format"),
        (4, "missing-field"),
        (5, "format"),
        (1, "format"),
        (2, "format"),
        (6, "format"),
        *[(1, "missing-field")] * 2,
    ]
    assert findings[-1].message == (
        "ignored: annotations of a whole document, or of a fragment of its IRI (1), "
        "annotations without a label (2), "
        "bodies without a place in a record (4), further pages that are links (1)"
    )
    assert [len(p.layers["entities"]) for p in parsed] == [1]


def test_leaves_other_formats_alone() -> None:
    values: list[Any] = [
        {"doc_id": "a", "entities": []},
        {"type": "FeatureCollection", "items": []},
        [[]],
        3,
        {"items": [{"type": "Tag"}]},
    ]
    for value in values:
        assert not FORMAT.recognises(Sample(Path("a.json"), "", [value]))
    assert not FORMAT.recognises(Sample(Path("a.json"), "{"))


@pytest.mark.parametrize("name", ["a.jsonld", "a.json", "a.jsonl"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    assert without_fields(RICH, FORMAT.holds) == (RICH, [])
    segments = (Segment(start=0, end=20, zone="headline", item=0, anchor_date="2021-05-04"),)
    comes_back(
        FORMAT,
        tmp_path / name,
        [RICH, msgspec.structs.replace(RICH, doc_id="https://bao.vn/bài 2#x", segments=segments)],
    )
    parsed, _ = read_all(FORMAT, tmp_path / name)
    assert [p.segments for p in parsed] == [(), segments]


@settings(max_examples=50)
@given(
    st.lists(
        documents(letters='aB1 ơĐế🎉\n\r\t\u0301\u00a0\u200b\u2028\x85<"'),
        max_size=2,
        unique_by=lambda d: d.doc_id,
    )
)
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    comes_back(FORMAT, tmp_path_factory.mktemp("p") / "a.jsonld", some)


def test_what_is_written_is_plain_to_others(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonld", [RICH])
    page = json.loads((tmp_path / "a.jsonld").read_text(encoding="utf-8"))
    assert (page["@context"], page["type"], page["id"]) == (
        "http://www.w3.org/ns/anno.jsonld",
        "AnnotationPage",
        "a.jsonld",
    )
    museum = page["items"][3]
    assert museum["motivation"] == "tagging"
    assert museum["body"][:2] == [
        {"type": "TextualBody", "purpose": "tagging", "value": "ORG"},
        {"type": "SpecificResource", "purpose": "identifying", "source": "bao-tang-cham"},
    ]
    position, quote = museum["target"]["selector"]
    assert (
        RICH.text[position["start"] : position["end"]]
        == quote["exact"]
        == "Bảo tàng Điêu khắc Chăm Đà Nẵng"
    )
    assert quote["prefix"] + quote["exact"] + quote["suffix"] in RICH.text
    assert len(quote["prefix"]) == len(quote["suffix"]) == 20
    assert len({item["id"] for item in page["items"]}) == len(page["items"])
    interrupted = [item for item in page["items"] if isinstance(item["target"], list)]
    assert [[t["selector"][1]["exact"] for t in item["target"]] for item in interrupted] == [
        ["Chúng tôi ‘chốt’ lịch", "rất vui"]
    ]


def utf16(text: str, offset: int) -> int:
    """An offset as Java and JavaScript count it."""
    return len(text[:offset].encode("utf-16-le")) // 2


@pytest.mark.parametrize("wrong", [0, 1])
def test_offsets_in_utf_16_units(tmp_path: Path, wrong: int) -> None:
    """They are read so if all surfaces fit, and else refused."""
    text = "🎉 Huế, 🎉 Lan ra đi."
    annotations = [
        {
            "type": "Annotation",
            "body": {"purpose": "tagging", "value": label},
            "target": {
                "source": "a",
                "selector": [
                    {"type": "TextQuoteSelector", "exact": surface},
                    {
                        "type": "TextPositionSelector",
                        "start": utf16(text, text.index(surface)) + wrong * (surface == "Lan"),
                        "end": utf16(text, text.index(surface) + 3) + wrong * (surface == "Lan"),
                    },
                ],
            },
        }
        for surface, label in (("Huế", "GPE"), ("Lan", "PER"))
    ]
    path = tmp_path / "p.json"
    path.write_text(json.dumps(annotations))
    read = read_predictions(path, {"a": Document(doc_id="a", text=text)})
    if wrong:
        assert {(f.code, f.severity) for f in read.findings} == {("text-mismatch", "error")}
        return
    (warning,) = read.findings
    assert warning.severity == "warning"
    assert "offsets count UTF-16 units" in warning.message
    found = [(e.start, e.end, e.type) for e in read.by_doc["a"].entities]
    assert found == [(2, 5, "GPE"), (9, 12, "PER")]
