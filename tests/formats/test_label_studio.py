"""Documents as tasks of Label Studio and back, without a server."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vinewsie as vn
from changed import only_change
from conftest import ANNOTATIONS
from spoken import english_in
from vinewsie.findings import CODES, Finding, FindingsError
from vinewsie.formats.base import Options, Sample, without_fields
from vinewsie.formats.label_studio.config import (
    ALL,
    FIELDS,
    LABELS,
    LANGUAGES,
    LISTED,
    READINGS,
    TYPED,
    config_hash,
    config_layers,
    label_config,
    labels_of,
    scheme_value,
)
from vinewsie.formats.label_studio.file import FORMAT
from vinewsie.formats.label_studio.page import canonical
from vinewsie.formats.label_studio.tasks import (
    complete_layers,
    data_of,
    document_of,
    on_page,
    result_of,
    to_task,
)
from vinewsie.model import (
    RECORD_TYPES,
    Date,
    DateReading,
    Document,
    Entity,
    EntityReading,
    Mark,
    MarkReading,
    Quote,
    QuoteReading,
    RegistryEntry,
    Segment,
    Span,
    records_of,
)
from vinewsie.scheme import LAYERS

Result = list[dict[str, Any]]

TEXT = (
    "“Mưa sẽ tạnh,” bà Lê Thị Hoa nói, “và 🌧 đường sẽ khô.”\n"
    "Theo Đài\u00a0Sông\u00a0Mây, ông Phan cho biết hôm nay trường mở cửa.\n"
    "Cụ già gọi đó là 'phép màu. Hãng tin Biển Xanh viết thêm rằng cầu đã xong."
)


def span(surface: str, nth: int = 0) -> Span:
    """The span of a surface in TEXT."""
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(surface, start + 1)
    return Span(start=start, end=start + len(surface))


def at(surface: str) -> dict[str, Any]:
    place = span(surface)
    return {"start": place.start, "end": place.end, "text": surface}


@pytest.fixture
def rich() -> Document:
    """All that records can hold: several content spans, alternates and readings of every kind, a
    shared source, a chain, an unclosed mark.
    """
    common: dict[str, Any] = {"origin": "agreed"}
    return Document(
        doc_id="mua-tanh",
        text=TEXT,
        segments=tuple(
            Segment(start=m.start(), end=m.end(), zone="body", item=0, anchor_date="2024-05-02")
            for m in re.finditer("[^\n]+", TEXT)
        ),
        entities=(
            Entity(id="e1", **at("Lê Thị Hoa"), type="PER", entity_id="le-thi-hoa", **common),
            Entity(
                id="e2",
                **at("Đài\u00a0Sông\u00a0Mây"),
                type="ORG",
                entity_id="dai-song-may",
                human_verified=True,
                **common,
            ),
            Entity(
                id="e7",
                **at("Phan"),
                type="PER",
                entity_id="phan",
                alternates=(span("ông Phan"),),
                contested=True,
                readings=(
                    EntityReading(start=span("ông Phan").start, end=span("ông Phan").end),
                    EntityReading(type="ORG", entity_id="dai-song-may"),
                    EntityReading(absent=True),
                ),
                **common,
            ),
        ),
        dates=(
            Date(
                id="d1",
                **at("hôm nay"),
                type="DATE",
                value="2024-05-02",
                mod="APPROX",
                alternates=(span("nay"),),
                contested=True,
                readings=(DateReading(type="DURATION", value="P1D", mod="LESS_THAN"),),
                **common,
            ),
        ),
        marks=(
            Mark(
                id="m1",
                **at("Mưa sẽ tạnh,"),
                open="“",
                close="”",
                status="balanced",
                function="speech",
                quote="q1",
                **common,
            ),
            Mark(
                id="m2",
                **at("và 🌧 đường sẽ khô."),
                open="“",
                close="”",
                status="balanced",
                function="speech",
                quote="q1",
                **common,
            ),
            Mark(
                id="m3",
                **at("phép màu"),
                open="'",
                close=None,
                status="unclosed",
                function="scare",
                alternates=(span("phép"), span("phép màu. Hãng")),
                contested=True,
                readings=(MarkReading(function="title"), MarkReading(function="speech")),
                **common,
            ),
        ),
        quotes=(
            Quote(
                id="q1",
                kind="direct",
                content=(span("Mưa sẽ tạnh"), span("và 🌧 đường sẽ khô")),
                cue=(span("nói"),),
                source=span("bà Lê Thị Hoa"),
                source_status="named",
                speakers=("le-thi-hoa",),
                alternates=((span("Mưa"), span("đường sẽ khô")), (span("đường"),)),
                **common,
            ),
            Quote(
                id="q2",
                kind="indirect",
                content=(span("ông Phan cho biết hôm nay trường mở cửa"),),
                cue=(span("Theo"),),
                source=span("Đài\u00a0Sông\u00a0Mây"),
                source_status="named",
                speakers=("phan", "dai-song-may"),
                addressees=("le-thi-hoa", "phan"),
                inherited=("phan",),
                truncated=True,
                medium=span("Đài\u00a0Sông\u00a0Mây"),
                human_verified=True,
                **common,
            ),
            Quote(
                id="q3",
                kind="indirect",
                content=(span("hôm nay trường mở cửa"),),
                cue=(span("cho biết"),),
                source=span("Đài\u00a0Sông\u00a0Mây"),
                source_status="nominal",
                speakers=(),
                parent="q2",
                contested=True,
                readings=(
                    QuoteReading(content=(span("hôm nay"), span("mở cửa")), cue=(), kind="mixed"),
                    QuoteReading(speakers=("phan",), addressees=(), source_status="named"),
                    QuoteReading(medium=(span("ông Phan"),), speakers=("phan",)),
                ),
                **common,
            ),
        ),
    )


def back(document: Document, result: Result | None = None, **data: Any) -> Document:
    """The document of a page without findings."""
    came, findings = document_of(
        data_of(document) | data, result_of(document) if result is None else result, document
    )
    assert findings == []
    assert came is not None
    return came


def codes(document: Document, result: Result, **data: Any) -> list[str]:
    """The codes of the findings of a page with errors."""
    came, findings = document_of(data_of(document) | data, result, document)
    assert came is None
    assert all(finding.doc_id == document.doc_id for finding in findings)
    return [finding.code for finding in findings]


def region(id_: str, surface: str, label: str, **fields: Any) -> Result:
    """A region as the page makes it."""
    place = {"start": span(surface).start, "end": span(surface).end}
    common = {"id": id_, "to_name": "text", "origin": "manual"}
    items = [
        common
        | {
            "from_name": "label",
            "type": "labels",
            "value": place | {"text": surface, "labels": [label]},
        }
    ]
    for name, values in fields.items():
        kind, key = (
            ("textarea", "text")
            if name in TYPED
            else ("taxonomy", "taxonomy")
            if name in LISTED
            else ("choices", "choices")
        )
        given = [[value] for value in values] if name in LISTED else values
        items.append(common | {"from_name": name, "type": kind, "value": place | {key: given}})
    return items


def relation(start: str, end: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": start, "to_id": end, "direction": direction}


def without(result: Result, *ids: str) -> Result:
    """The page after these regions were deleted, with their relations."""
    return [
        item
        for item in result
        if not {item.get("id"), item.get("from_id"), item.get("to_id")} & set(ids)
    ]


def changed(result: Result, id_: str, from_name: str, **value: Any) -> Result:
    """The page with another value of one item."""
    copy: Result = json.loads(json.dumps(result))
    [item] = [item for item in copy if item.get("id") == id_ and item.get("from_name") == from_name]
    item["value"] |= value
    return copy


# Configuration


def test_the_packaged_configuration_is_the_one_that_the_layers_give() -> None:
    path = ANNOTATIONS / "label_studio.xml"
    assert path.read_text(encoding="utf-8") == label_config(), (
        f"stale; run: vinewsie label-studio config -o {path}"
    )


def stored(element: ElementTree.Element) -> str | None:
    """What a label or choice stores."""
    return element.get("alias", element.get("value"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_of_the_layers_is_there_once_and_every_choice_has_a_key_of_its_own(
    lang: str,
) -> None:
    root = ElementTree.fromstring(label_config(ALL, lang))
    labels = [stored(element) for element in root.iter("Label")]
    keys = [element.get("hotkey") for element in root.iter("Label")]
    assert None not in keys
    values = [value for layer in LAYERS.values() for value in layer.vocabularies[layer.label_field]]
    assert labels == [*values, "content", "cue", "source", "medium", "alternate"]
    assert len(set(keys)) == len(keys) == len(set(labels))
    assert all(element.get("hint") for element in root.iter("Label"))
    keys += [choice.get("hotkey") for choices in root.iter("Choices") for choice in choices]
    assert len(set(keys)) == len(keys)


def test_every_field_has_a_control_and_every_control_a_field() -> None:
    root = ElementTree.fromstring(label_config())
    controls = {
        e.get("name"): e for tag in ("Choices", "TextArea", "Taxonomy") for e in root.iter(tag)
    }
    fields = {name for names in FIELDS.values() for name in names}
    assert controls.keys() == fields | {"signed_off", "complete", READINGS}
    assert {name for name, control in controls.items() if control.tag == "TextArea"} == TYPED
    assert {name for name, control in controls.items() if control.tag == "Taxonomy"} == LISTED
    assert all(
        control.get("perRegion") == "true"
        for name, control in controls.items()
        if name != "complete"
    )
    for layer, names in (("mod", "dates"), ("source_status", "quotes")):
        assert [stored(choice) for choice in controls[layer]] == list(
            LAYERS[names].vocabularies[layer]
        )


def test_the_hash_of_the_configuration_is_that_of_what_results_depend_on() -> None:
    config = label_config()
    assert config_hash() == config_hash(config)
    assert (
        config_hash(
            config.replace("font-size: 17px", "font-size: 12px").replace('hotkey="1"', 'hotkey="9"')
        )
        == config_hash()
        == config_hash(label_config(ALL, "en"))
    )
    for old, new in (
        ('alias="PER"', 'alias="PERSON"'),
        ('name="mod"', 'name="modifier"'),
        ('granularity="symbol" ', ""),
    ):
        assert old in config
        assert config_hash(config.replace(old, new)) != config_hash()
    with pytest.raises(ValueError, match="not XML"):
        config_hash("<View>")


def test_a_configuration_tells_its_layers_in_any_language() -> None:
    for count in range(1, len(ALL) + 1):
        for layers in itertools.combinations(ALL, count):
            for lang in LANGUAGES:
                assert config_layers(label_config(layers, lang)) == layers
    assert config_layers(label_config().replace('alias="PER"', 'alias="PERSON"')) is None
    assert config_layers("<View>") is None


def test_what_a_page_shows_is_a_word_of_one_value() -> None:
    root = ElementTree.fromstring(label_config())
    shown = [
        (element.get("value"), stored(element))
        for element in root.iter()
        if element.tag in ("Label", "Choice") and stored(element) != "yes"
    ]
    assert len({word for word, _ in shown}) == len(shown)
    assert all(word != value for word, value in shown), "Vietnamese words in words.json"
    assert all(scheme_value(str(word)) == value for word, value in shown)


def test_colours_of_a_layer_are_one_family_and_no_two_labels_alike() -> None:
    """In the colour space OKLab; measured differences of two neighbours in the list are 0.07 and
    more, and the colours of 0.2 had pairs at 0.
    """
    labels = list(LABELS.values())
    for label, other in itertools.combinations(labels, 2):
        assert math.dist(oklab(label.colour), oklab(other.colour)) > 0.07, (label, other)
    arcs = {}
    for layer in (*ALL, None):
        hues = sorted(
            math.degrees(math.atan2(b, a)) % 360
            for label in labels_of(layer)
            for _, a, b in [oklab(label.colour)]
        )
        gaps = [(high - low) % 360 for low, high in zip(hues, hues[1:] + hues[:1], strict=True)]
        arcs[layer] = 360 - max(gaps)
    assert max(arcs.values()) < 140, arcs


def oklab(colour: str) -> tuple[float, float, float]:
    """A colour in OKLab (https://bottosson.github.io/posts/oklab/)."""
    encoded = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


# Some layers alone


@pytest.mark.parametrize("layers", [("entities", "dates"), ("marks", "quotes"), ("marks",)])
def test_a_page_with_some_layers_loses_nothing_of_the_others(
    rich: Document, layers: tuple[str, ...]
) -> None:
    data, result = data_of(rich, {}, layers), result_of(rich, (), layers)
    assert document_of(data, result, rich) == (rich, [])
    emptied, findings = document_of(data, [], rich)
    assert findings == []
    assert emptied == msgspec.structs.replace(rich, **dict.fromkeys(layers, ()))


def test_a_label_of_another_layer_is_found(rich: Document) -> None:
    names = ("entities", "dates")
    _, findings = document_of(data_of(rich, {}, names), result_of(rich), rich)
    [about] = [str(finding) for finding in findings if "'direct'" in str(finding)]
    assert "allowed are PER, ORG, " in about


def test_the_words_of_the_page_are_read_as_the_values_of_the_scheme(rich: Document) -> None:
    shown = {
        label.get("alias"): label.get("value")
        for label in ElementTree.fromstring(label_config()).iter()
        if label.tag in ("Label", "Choice")
    }
    result = json.loads(json.dumps(result_of(rich)))
    for item in result:
        for name in ("labels", "choices"):
            if name in item.get("value", {}):
                item["value"][name] = [shown.get(value, value) for value in item["value"][name]]
        if item.get("from_name") == "mod":
            item["value"]["taxonomy"] = [[shown[item["value"]["taxonomy"][0][0]]]]
    assert result != result_of(rich)
    assert document_of(data_of(rich), result, rich) == (rich, [])


# There and back


def test_the_packaged_documents_are_read_back_byte_for_byte(gold: vn.Gold) -> None:
    for document in gold.values():
        came = back(document)
        assert came == document
        assert msgspec.json.encode(came) == msgspec.json.encode(document)


def test_a_rich_document_is_read_back_byte_for_byte(rich: Document) -> None:
    assert msgspec.json.encode(back(rich)) == msgspec.json.encode(rich)


def test_the_result_is_deterministic_and_plain_json(rich: Document) -> None:
    result = result_of(rich)
    assert result == result_of(rich) == json.loads(json.dumps(result))


def test_regions_carry_the_ids_of_their_records_and_stand_in_reading_order(rich: Document) -> None:
    labels = [item for item in result_of(rich) if item["type"] == "labels"]
    records = [item["id"] for item in labels if LABELS[item["value"]["labels"][0]].layer]
    assert sorted(records) == sorted(
        record.id or "" for layer in RECORD_TYPES for record in records_of(rich, layer)
    )
    places = [(item["value"]["start"], -item["value"]["end"]) for item in labels]
    assert places == sorted(places)
    assert all(re.fullmatch("[A-Za-z0-9_-]+", item["id"]) for item in labels)


def test_a_source_of_two_quotations_is_one_region_and_no_ordered_pair_has_two_relations(
    rich: Document,
) -> None:
    result = result_of(rich)
    sources = [
        item["id"]
        for item in result
        if item["type"] == "labels" and item["value"]["labels"] == ["source"]
    ]
    assert sources == ["q1-source-1", "q2-source-1"]
    pairs = [(item["from_id"], item["to_id"]) for item in result if item["type"] == "relation"]
    assert {("q2", "q2-source-1"), ("q3", "q2-source-1"), ("q3", "q2")} <= set(pairs)
    assert len(set(pairs)) == len(pairs)


def saved(result: Result) -> Result:
    """What a save in the editor does to a result: other orders, origin, surfaces that are not the
    text's, empty fields.
    """
    copy: Result = json.loads(json.dumps(result))
    for item in copy:
        if item["type"] == "relation":
            item["labels"] = []
            continue
        item["origin"] = "manual"
        if item["type"] != "textarea":
            item["value"]["text"] = "another text"
    copy.append(
        {
            "id": "gpiL_e8Awm",
            "type": "choices",
            "from_name": "complete",
            "to_name": "text",
            "value": {"choices": []},
            "origin": "manual",
        }
    )
    random.Random(3).shuffle(copy)
    return [dict(reversed(item.items())) for item in copy]


def test_a_save_without_a_change_is_none(rich: Document) -> None:
    came = saved(result_of(rich))
    empty = [item for item in canonical(came) if item.get("from_name") == "complete"]
    assert [item for item in canonical(came) if item not in empty] == canonical(result_of(rich))
    assert msgspec.json.encode(back(rich, came)) == msgspec.json.encode(rich)


def test_separate_regions_for_a_shared_source_mean_the_same(rich: Document) -> None:
    result = [
        item
        for item in result_of(rich)
        if (item.get("from_id"), item.get("to_id")) != ("q3", "q2-source-1")
    ]
    result += [
        *region("Xy12-_34ab", "Đài\u00a0Sông\u00a0Mây", "source"),
        relation("q3", "Xy12-_34ab"),
    ]
    assert back(rich, result) == rich


def test_a_relation_may_be_drawn_either_way_except_between_quotations(rich: Document) -> None:
    result = result_of(rich)
    for item in result:
        if item["type"] == "relation" and (item["from_id"], item["to_id"]) != ("q3", "q2"):
            item["from_id"], item["to_id"] = item["to_id"], item["from_id"]
    assert back(rich, result) == rich
    [chain] = [item for item in result if item.get("to_id") == "q2" and item.get("from_id") == "q3"]
    chain |= {"from_id": "q2", "to_id": "q3", "direction": "left"}
    assert back(rich, result) == rich
    chain["direction"] = "right"
    came = back(rich, result)
    assert (came.quotes[1].parent, came.quotes[2].parent) == ("q3", None)


def test_ids_that_no_region_can_have_stay_the_records_ids(rich: Document) -> None:
    odd = msgspec.structs.replace(
        rich,
        entities=(
            msgspec.structs.replace(rich.entities[0], id="entité 1"),
            msgspec.structs.replace(rich.entities[1], id=None),
            msgspec.structs.replace(rich.entities[2], id="d1"),
        ),
        quotes=(
            msgspec.structs.replace(rich.quotes[0], id="entities-1", alternates=()),
            *rich.quotes[1:],
        ),
        marks=tuple(
            msgspec.structs.replace(mark, quote=None if mark.quote is None else "entities-1")
            for mark in rich.marks
        ),
    )
    ids = [item["id"] for item in result_of(odd) if item["type"] == "labels"]
    assert len(set(ids)) == len(ids)
    assert msgspec.json.encode(back(odd)) == msgspec.json.encode(odd)


def test_what_a_prediction_leaves_out_stays_out() -> None:
    prediction = Document(
        doc_id="x",
        text="Bà An nói: trời đẹp.",
        entities=(Entity(start=13, end=15, type="MISC"), Entity(start=3, end=5, type="PER")),
        quotes=(Quote(kind="indirect", content=(Span(start=11, end=19),)),),
    )
    assert back(prediction) == prediction  # the order, too, though it is not that of the text


@given(st.data())
def test_any_spans_are_read_back(data: st.DataObject) -> None:
    text = (
        data.draw(st.text(alphabet="aạă🌧 \u00a0\u200b\u0301\t<&'“”", min_size=1, max_size=30)) + "x"
    )
    places = [i for i, character in enumerate(text) if not character.isspace()]
    spans = st.tuples(st.sampled_from(places), st.sampled_from(places)).map(
        lambda p: Span(start=min(p), end=max(p) + 1)
    )
    verified = st.booleans()
    entities = tuple(
        Entity(
            id=f"e{i}",
            start=s.start,
            end=s.end,
            type=t,
            entity_id=k,
            alternates=tuple(a),
            human_verified=v,
        )
        for i, (s, t, k, a, v) in enumerate(
            data.draw(
                st.lists(
                    st.tuples(
                        spans,
                        st.sampled_from(["PER", "GPE"]),
                        st.sampled_from(["an", "binh", None]),
                        st.lists(spans, unique=True),
                        verified,
                    ),
                    unique_by=lambda e: e[:2],
                    max_size=6,
                )
            ),
            start=1,
        )
    )
    keys = st.lists(st.sampled_from(["an", "binh", "chi"]), unique=True).map(tuple)
    quotes = tuple(
        Quote(
            id=f"q{i}",
            kind="mixed",
            content=(s,),
            cue=tuple(sorted(c)),
            source=o,
            source_status="named",
            speakers=p,
            parent=None,
        )
        for i, (s, c, o, p) in enumerate(
            data.draw(
                st.lists(
                    st.tuples(spans, st.lists(spans, unique=True), spans, keys),
                    unique_by=lambda q: q[0],
                    max_size=4,
                )
            ),
            start=1,
        )
    )
    document = Document(doc_id="x", text=text, entities=entities, quotes=quotes)
    assert back(document, saved(result_of(document))) == document


# Changes in the page


def test_a_new_region_is_a_record_with_the_next_free_number_in_its_place(rich: Document) -> None:
    came = back(
        rich,
        result_of(rich)
        + region("Zz9-8_76ab", "Biển Xanh", "ORG", entity=["bien-xanh"], signed_off=["yes"]),
    )
    expected = Entity(
        id="e8", **at("Biển Xanh"), type="ORG", entity_id="bien-xanh", human_verified=True
    )
    assert only_change(rich, came) == [("entities", "e8", "record", expected)]
    assert [entity.id for entity in came.entities] == ["e1", "e2", "e7", "e8"]
    before_all = region("a", "Mưa", "EVENT", new_entity=["mua"]) + region(
        "e9", "trường", "FAC", new_entity=[" truong\n"]
    )
    came = back(rich, result_of(rich) + before_all)
    assert [(entity.id, entity.entity_id) for entity in came.entities[::4]] == [
        ("e10", "mua"),
        ("e9", "truong"),
    ]


def test_another_type_changes_the_type_alone(rich: Document) -> None:
    came = back(rich, changed(result_of(rich), "e2", "label", labels=["MISC"]))
    assert only_change(rich, came) == [("entities", "e2", "type", "MISC")]


def test_another_layer_is_another_record(rich: Document) -> None:
    came = back(
        rich,
        changed(result_of(rich), "e2", "label", labels=["TIME"])
        + region("e2", "Đài\u00a0Sông\u00a0Mây", "TIME", value=["T08:00"])[1:],
    )
    assert [change[:3] for change in only_change(rich, came)] == [
        ("entities", "e2", "record"),
        ("dates", "d2", "record"),
    ]


def test_another_span_takes_its_surface_along_wherever_the_server_left_it(rich: Document) -> None:
    start = span("hôm nay trường").start
    came = back(
        rich, changed(result_of(rich), "d1", "label", start=start, end=start + 14, text="stale")
    )
    assert only_change(rich, came) == [
        ("dates", "d1", "end", start + 14),
        ("dates", "d1", "text", "hôm nay trường"),
    ]


def test_a_deleted_region_is_a_deleted_record(rich: Document) -> None:
    assert only_change(rich, back(rich, without(result_of(rich), "e2"))) == [
        ("entities", "e2", "record", None)
    ]
    # With a quotation go its parts; a shared source stays with the other one.
    came = back(rich, without(result_of(rich), "q3", "q3-cue-1"))
    assert only_change(rich, came) == [("quotes", "q3", "record", None)]


def test_a_new_quotation_with_its_parts_and_mark(rich: Document) -> None:
    result = [
        *result_of(rich),
        *region(
            "Q",
            "cầu đã xong",
            "indirect",
            source_status=["named"],
            speakers=["phan"],
            new_speakers=["bien-xanh, hang-tin"],
        ),
        *region("C", "viết", "cue"),
        *region("S", "Hãng tin Biển Xanh", "source"),
        *region("A", "đã xong", "alternate"),
        *(relation("Q", part) for part in "CSA"),
        relation("m3", "Q"),
    ]
    came = back(rich, changed(result, "m3", "label", labels=["speech"]))
    quote = Quote(
        id="q4",
        kind="indirect",
        content=(span("cầu đã xong"),),
        cue=(span("viết"),),
        source=span("Hãng tin Biển Xanh"),
        source_status="named",
        speakers=("phan", "bien-xanh", "hang-tin"),
        alternates=((span("đã xong"),),),
    )
    expected = [
        ("marks", "m3", "function", "speech"),
        ("marks", "m3", "quote", "q4"),
        ("quotes", "q4", "record", quote),
    ]
    assert only_change(rich, came) == expected


def test_a_part_without_a_relation_belongs_to_the_only_quotation_of_its_line_without_one(
    rich: Document,
) -> None:
    new = [
        *region("q9", "hôm nay trường mở cửa", "indirect", source_status=["named"]),
        *region("b", "cho biết", "cue"),
    ]
    alone = msgspec.structs.replace(rich, quotes=(), marks=())
    document, findings = document_of(data_of(alone), [*result_of(alone), *new], alone)
    assert document is not None
    [quote] = document.quotes
    assert quote.cue == (span("cho biết"),)
    [finding] = findings
    assert (finding.severity, finding.region) == ("warning", "b")
    assert "is taken for the cue of indirect “hôm nay trường mở cửa”" in finding.message
    another = region("q10", "trường mở cửa", "indirect", source_status=["named"])
    _, findings = document_of(data_of(alone), [*result_of(alone), *new, *another], alone)
    assert [(finding.code, finding.severity) for finding in findings] == [("reference", "error")]


def test_a_mark_without_its_closing_mark_is_unclosed(rich: Document) -> None:
    came = back(
        rich, result_of(rich) + region("m2", "và 🌧 đường sẽ khô.", "speech", unclosed=["yes"])[1:]
    )
    assert only_change(rich, came) == [
        ("marks", "m2", "close", None),
        ("marks", "m2", "status", "unclosed"),
    ]


def test_a_mark_without_its_opening_mark_is_unopened(rich: Document) -> None:
    came = back(
        rich, result_of(rich) + region("m2", "và 🌧 đường sẽ khô.", "speech", unopened=["yes"])[1:]
    )
    assert only_change(rich, came) == [
        ("marks", "m2", "open", None),
        ("marks", "m2", "status", "unopened"),
    ]
    assert only_change(came, back(came, result_of(came))) == []


def test_sets_keep_the_order_that_they_have(rich: Document) -> None:
    came = back(
        rich,
        changed(
            result_of(rich), "q2", "speakers", taxonomy=[["dai-song-may"], ["hoi-dong"], ["phan"]]
        ),
    )
    assert only_change(rich, came) == [
        ("quotes", "q2", "speakers", ("phan", "dai-song-may", "hoi-dong"))
    ]
    assert (
        back(
            rich, changed(result_of(rich), "q2", "speakers", taxonomy=[["dai-song-may"], ["phan"]])
        )
        == rich
    )


def test_a_reading_is_typed_as_json_with_the_words_or_the_offsets_of_its_spans(
    rich: Document,
) -> None:
    place = span("cầu")
    typed = [
        '{"absent": true}',
        '{"text": "Thị Hoa"}',
        f'{{"start": {span("Hoa").start}, "end": {span("Hoa").end}, "text": "Hoa"}}',
    ]
    came = back(rich, result_of(rich) + region("e1", "Lê Thị Hoa", "PER", readings=typed)[1:])
    shorter, last = span("Thị Hoa"), span("Hoa")
    readings = (
        EntityReading(absent=True),
        EntityReading(start=shorter.start, end=shorter.end),
        EntityReading(start=last.start, end=last.end),
    )
    assert only_change(rich, came) == [
        ("entities", "e1", "contested", True),
        ("entities", "e1", "readings", readings),
    ]
    content = '{"content": [{"text": "cầu"}], "medium": []}'
    quote = region("q1", "Mưa sẽ tạnh", "direct", readings=[content])[1:]
    nothing, findings = document_of(data_of(rich), result_of(rich) + quote, rich)
    assert nothing is None
    assert [f.code for f in findings] == ["reading"]
    assert "'cầu' occurs 0 times in the line" in findings[0].message
    here = f'{{"content": [{{"start": {place.start}, "end": {place.end}}}]}}'
    came = back(
        rich,
        result_of(rich) + region("q1", "Mưa sẽ tạnh", "direct", readings=[here])[1:],
    )
    assert came.quotes[0].readings == (QuoteReading(content=(place,)),)


def test_a_record_is_no_longer_contested_without_readings(rich: Document) -> None:
    bare = [
        item
        for item in result_of(rich)
        if (item.get("id"), item.get("from_name")) != ("d1", READINGS)
    ]
    assert only_change(rich, back(rich, bare)) == [
        ("dates", "d1", "contested", False),
        ("dates", "d1", "readings", ()),
    ]


def test_sign_offs_of_a_record_and_of_a_layer(rich: Document) -> None:
    came = back(rich, result_of(rich) + region("e1", "Lê Thị Hoa", "PER", signed_off=["yes"])[1:])
    assert only_change(rich, came) == [("entities", "e1", "human_verified", True)]
    layer = {
        "id": "x",
        "type": "choices",
        "from_name": "complete",
        "to_name": "text",
        "value": {"choices": ["quotes"]},
    }
    came = back(rich, [*result_of(rich), layer])
    assert only_change(rich, came) == [
        ("quotes", "q1", "human_verified", True),
        ("quotes", "q3", "human_verified", True),
    ]
    assert (
        complete_layers([*result_of(rich), layer])
        == ("quotes",)
        == complete_layers(result_of(rich, complete=["quotes"]))
    )
    assert complete_layers(result_of(rich)) == ()
    withdrawn = [
        item
        for item in result_of(rich)
        if (item.get("id"), item.get("from_name")) != ("e2", "signed_off")
    ]
    assert only_change(rich, back(rich, withdrawn)) == [("entities", "e2", "human_verified", False)]


# What is wrong with a page


def add(*items: Result | dict[str, Any]) -> Callable[[Result], Result]:
    return lambda result: (
        result + [part for item in items for part in (item if isinstance(item, list) else [item])]
    )


FAULTS: dict[str, tuple[Callable[[Result], Result], str, str]] = {
    "offset out of range": (
        lambda r: changed(r, "e1", "label", end=9999),
        "offset-range",
        "mark the words again",
    ),
    "offset missing": (
        lambda r: changed(r, "e1", "label", end=None),
        "offset-range",
        "mark the words again",
    ),
    "empty": (
        lambda r: changed(r, "e1", "label", end=span("Lê Thị Hoa").start),
        "offset-range",
        "0 ≤ start < end",
    ),
    "offset no number": (lambda r: changed(r, "e1", "label", start="/p[1]"), "wrong-type", "start"),
    "no object": (lambda r: [*r, "nothing"], "wrong-type", "result["),  # type: ignore[list-item]
    "white space": (
        lambda r: changed(r, "e1", "label", end=span("Lê Thị Hoa ").end),
        "edge-space",
        "“Lê Thị Hoa ” (line 1",
    ),
    "line break": (
        lambda r: changed(r, "e1", "label", end=span("Theo").end),
        "line-break",
        "each line by itself",
    ),
    "unknown label": (
        lambda r: changed(r, "e1", "label", labels=["PERSON"]),
        "label",
        "allowed are PER, ORG",
    ),
    "two labels": (
        lambda r: changed(r, "e1", "label", labels=["PER", "ORG"]),
        "label",
        "give it one label",
    ),
    "no label": (
        lambda r: [i for i in r if (i.get("id"), i.get("from_name")) != ("d1", "label")],
        "missing-field",
        "has value but no label",
    ),
    "two labels items": (add(region("e1", "Phan", "PER")), "duplicate-id", "region id 'e1'"),
    "twice": (
        add(region("x", "Phan", "PER", entity=["phan"])),
        "duplicate-record",
        "is labelled twice: e7 (phan) and e8 (phan); delete the second",
    ),
    "other type of item": (add({"id": "x", "type": "rating", "value": {}}), "format", "rating"),
    "dangling": (
        add(relation("q1", "gone")),
        "reference",
        "region 'gone', but there is no such region",
    ),
    "to itself": (add(relation("q1", "q1")), "reference", "to itself"),
    "both ways": (add(relation("q1", "q2", "bi")), "reference", "one way"),
    "meaningless": (add(relation("e1", "q1")), "reference", "without a meaning; delete it"),
    "orphan": (add(region("x", "nói", "cue")), "reference", "draw a relation to it"),
    "two sources": (add(relation("q1", "q2-source-1")), "reference", "more than one source"),
    "two quotations": (add(relation("m1", "q2")), "reference", "more than one quotation"),
    "alternate with content": (
        add(relation("e7-alternate-1", "q1-content-1")),
        "reference",
        "the alternate of one span",
    ),
    "no entity": (add(region("x", "trường", "FAC")), "missing-field", "choose it under Entity"),
    "two entities": (
        add(region("e1", "Lê Thị Hoa", "PER", new_entity=["le-hoa"])[1:]),
        "reference",
        "keep one entity",
    ),
    "bad key": (
        add(region("x", "trường", "FAC", new_entity=["新闻"])),
        "registry-key",
        "lower-case ASCII",
    ),
    "no value": (
        lambda r: [i for i in r if i.get("from_name") != "value"],
        "missing-field",
        "type it under Value",
    ),
    "two values": (lambda r: changed(r, "d1", "value", text=["2024", "2025"]), "timex", "keep one"),
    "no quotation": (
        lambda r: [i for i in r if (i.get("from_id"), i.get("to_id")) != ("m1", "q1")],
        "missing-field",
        "draw a relation from the mark",
    ),
    "no source status": (
        add(region("x", "cầu đã xong", "indirect")),
        "missing-field",
        "source_status",
    ),
    "no opening mark": (
        add(region("x", "trường", "scare")),
        "mark-edge",
        "no quotation mark before it",
    ),
    "no closing mark": (
        lambda r: [i for i in r if i.get("from_name") != "unclosed"],
        "mark-edge",
        "tick “unclosed”",
    ),
    "reading that is no JSON": (
        add(region("e1", "Lê Thị Hoa", "PER", readings=["absent"])[1:]),
        "reading",
        "a JSON object with the fields that differ, of absent, start, end, type, entity_id",
    ),
    "reading with a foreign field": (
        add(region("e1", "Lê Thị Hoa", "PER", readings=['{"kind": "direct"}'])[1:]),
        "reading",
        "unknown field `kind`",
    ),
    "reading with other words": (
        add(
            region("e1", "Lê Thị Hoa", "PER", readings=['{"start": 0, "end": 3, "text": "Hoa"}'])[
                1:
            ]
        ),
        "text-mismatch",
        "readings: text is 'Hoa'",
    ),
    "unknown layer": (
        add(
            {"id": "x", "type": "choices", "from_name": "complete", "value": {"choices": ["words"]}}
        ),
        "label",
        "'words'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_with_its_place_and_what_to_do(rich: Document, fault: str) -> None:
    break_it, code, says = FAULTS[fault]
    came, findings = document_of(data_of(rich), break_it(result_of(rich)), rich)
    assert came is None
    assert [finding for finding in findings if finding.code == code and says in finding.message], [
        str(f) for f in findings
    ]
    assert {finding.code for finding in findings} <= CODES.keys()
    assert english_in(findings) == []


def test_all_faults_are_found_not_the_first(rich: Document) -> None:
    result = changed(result_of(rich), "e1", "label", labels=["PERSON"])
    result = [
        *changed(result, "d1", "value", text=["1", "2"]),
        relation("q1", "gone"),
        *region("x", "nói", "cue"),
    ]
    assert sorted(codes(rich, result)) == ["label", "reference", "reference", "timex"]


@pytest.mark.parametrize(
    "junk",
    [
        None,
        1,
        "x",
        [],
        {},
        {"type": 3},
        {"type": "labels"},
        {"type": "labels", "id": "e1", "value": 3},
        {"type": "relation"},
    ],
)
def test_no_junk_makes_a_traceback(rich: Document, junk: Any) -> None:
    assert codes(rich, [*result_of(rich), junk])


def test_a_note_is_not_lost_in_silence(rich: Document) -> None:
    result = result_of(rich)
    result[0]["meta"] = {"text": ["chưa chắc"]}
    came, findings = document_of(data_of(rich), result, rich)
    assert came == rich
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("format-loss", "warning")
    ]


def test_a_task_of_another_text_document_or_configuration_is_refused(rich: Document) -> None:
    result = result_of(rich)
    assert codes(rich, result, doc_id="other") == ["unknown-document"]
    assert codes(rich, result, text=TEXT + " ") == ["article-hash"]
    assert codes(rich, result, text_sha256="0") == ["article-hash"]
    assert codes(rich, result, config_sha256="0") == ["label-config"]


@pytest.mark.parametrize(
    ("character", "name"), [("\0", r"U\+0000"), ("\r", "carriage return"), ("\ud83d", r"U\+D83D")]
)
def test_texts_whose_offsets_do_not_survive_are_refused(character: str, name: str) -> None:
    document = Document(doc_id="x", text=f"Một\nhai{character}ba")
    for function in (data_of, result_of, to_task):
        with pytest.raises(FindingsError, match=f"article-text: line 2 has .*{name}"):
            function(document)


def test_records_that_the_page_cannot_show_are_refused_all_of_them() -> None:
    document = Document(
        doc_id="x",
        text="Bà An nói.",
        entities=(
            Entity(start=3, end=5),
            Entity(start=3, end=50, type="PER"),
            Entity(start=0, end=2, type="TITLE"),
        ),
    )
    with pytest.raises(FindingsError) as error:
        result_of(document)
    assert [(finding.code, finding.index) for finding in error.value.findings] == [
        ("label", 0),
        ("offset-range", 1),
        ("label", 2),
    ]
    assert english_in(error.value.findings) == []
    assert document_of(data_of(document), [], document)[0] is None


# The task


def test_the_data_name_the_document_its_text_and_what_to_choose_from(rich: Document) -> None:
    def entry(key: str, name: str, *aliases: str) -> RegistryEntry:
        return RegistryEntry(entity_id=key, type="PER", name_vi=name, name_en=name, aliases=aliases)

    named = (entry("phan", "Phan", "Phan"), entry("tam", "Lê Tám", "Tám", "Lê Tám", "ông Tám"))
    data = to_task(rich, {one.entity_id: one for one in named})["data"]
    assert (data["doc_id"], data["text"], data["anchors"]) == ("mua-tanh", TEXT, "2024-05-02")
    assert data["registry"] == [
        {"value": "dai-song-may", "alias": "dai-song-may"},
        {"value": "le-thi-hoa", "alias": "le-thi-hoa"},
        {"value": "Phan · phan", "alias": "phan"},
        # The editor searches what it shows: a mention's name finds its entity.
        {"value": "Lê Tám · tam · Tám, ông Tám", "alias": "tam"},
    ]


def test_anchor_dates_are_shown_with_the_words_where_they_begin(gold: vn.Gold) -> None:
    assert data_of(gold["baoquocte-20231012"])["anchors"] == "2023-10-12; “Đọc thêm” 2024-04-29"
    assert data_of(Document(doc_id="x", text="y"))["anchors"] == "–"


def test_findings_about_records_name_the_words_of_the_page(rich: Document) -> None:

    first, other = on_page(
        [Finding("timex", "value is odd", "dates", 0), Finding("mark-missing", "a mark", "marks")],
        rich,
    )
    place = f"[{span('hôm nay').start}, {span('hôm nay').end})"
    assert first.message == f"DATE “hôm nay” (line 2, {place}): value is odd"
    assert other.message == "a mark"


# The format


def test_the_format_gives_back_what_it_holds(rich: Document, tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    bare, losses = without_fields(rich, FORMAT.holds)
    assert losses == [
        f"mua-tanh: {layer}: origin cannot be held ({n} record{'s' * (n > 1)})"
        for layer, n in zip(RECORD_TYPES, (3, 1, 3, 3), strict=True)
    ]
    assert FORMAT.write is not None
    assert FORMAT.write(path, [bare, Document(doc_id="y", text="Trống.")]) == []
    assert FORMAT.recognises(Sample(path, "", [json.loads(path.read_text(encoding="utf-8"))]))
    findings: list[Any] = []
    first, second = FORMAT.read(path, findings, Options())
    assert findings == []
    assert (first.doc_id, first.text, second.doc_id, second.text) == (
        "mua-tanh",
        TEXT,
        "y",
        "Trống.",
    )
    for layer in RECORD_TYPES:
        assert list(first.layers[layer]) == list(records_of(bare, layer))
        assert list(second.layers[layer]) == []


def test_losses_of_the_format_are_reported(tmp_path: Path) -> None:
    document = Document(
        doc_id="x",
        text='Bà An nói "trời đẹp".',
        entities=(
            Entity(id="số 1", start=3, end=5, type="PER"),
            Entity(start=0, end=2, type="TITLE"),
        ),
        marks=(
            Mark(
                id="m1", start=11, end=19, open="«", close='"', status="balanced", function="scare"
            ),
        ),
    )
    assert FORMAT.write is not None
    losses = FORMAT.write(tmp_path / "tasks.json", [document])
    assert "type is 'TITLE'; the page can show PER" in losses[0]
    assert losses[1:] == [
        "x: entities: id is not preserved (1 record)",
        "x: marks: open is not preserved (1 record)",
    ]


def test_other_peoples_tasks_give_their_labelled_spans_as_entities(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    result = [
        {
            "id": "a",
            "type": "labels",
            "from_name": "ner",
            "value": {"start": 3, "end": 5, "labels": ["Person"], "text": "An"},
        },
        {
            "id": "b",
            "type": "hypertextlabels",
            "value": {
                "start": "/p[1]",
                "end": "/p[1]",
                "startOffset": 1,
                "hypertextlabels": ["Person"],
            },
        },
        {"type": "relation", "from_id": "a", "to_id": "b"},
    ]
    cancelled = {"was_cancelled": True, "result": []}
    task = {
        "id": 5,
        "data": {"article": "Bà An nói."},
        "annotations": [cancelled, {"result": result}],
    }
    path.write_text(
        json.dumps(
            [
                task,
                {"id": 6, "data": {}, "annotations": []},
                7,
                {"data": {"text": "a"}, "annotations": [{}, {}]},
            ]
        ),
        encoding="utf-8",
    )
    findings: list[Any] = []
    first, last = FORMAT.read(path, findings, Options())
    assert (first.text, first.layers) == (
        "Bà An nói.",
        {"entities": (Entity(start=3, end=5, type="Person"),)},
    )
    assert last.text == "a"
    assert [(finding.code, finding.message.split(":")[0]) for finding in findings] == [
        ("format-loss", "task 5"),
        ("format-loss", "task 5"),
        ("missing-field", "task 6"),
        ("not-object", "task number 3"),
        ("format", "task number 4"),
    ]
    assert not FORMAT.recognises(Sample(path, "", [{"doc_id": "x", "entities": []}]))
    assert not FORMAT.recognises(Sample(path, "", []))
