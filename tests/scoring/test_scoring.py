"""Scores: fixed points, every rule of matching with its working, and properties of any input."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.model import RegistryEntry, records_of
from vinewsie.registry import Registry
from vinewsie.scoring.measures import all_measures, headline, parse

BQ, ET = "baoquocte-20231012", "epochtimes-vn-20220815"
EVERY = [m for base in all_measures() for m in (base, base.with_params(zone="article"))]


def document(text: str, **layers: Any) -> vn.Document:
    """A gold document of dicts; one segment a line."""
    from vinewsie.text import lines

    segments = [
        {"start": s, "end": e, "zone": "body", "item": 0, "anchor_date": "2024-01-01"}
        for s, e in lines(text)
    ]
    return msgspec.convert(
        {"doc_id": "d", "text": text, "segments": segments, **layers}, vn.Document
    )


def counts(
    gold: vn.Document, measure: str, registry: Registry | None = None, **prediction: Any
) -> tuple[int, int, int]:
    """(gold, predicted, matched) of one measure on one document."""
    result = vn.score(
        [{"doc_id": "d", **prediction}],
        vn.Gold({"d": gold}, registry or Registry()),
        measures=[measure],
    )
    found = result[measure].counts
    return found.gold, found.predicted, found.matched


def entity(start: int, end: int, type_: str = "PER", **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "type": type_, **more}


def quote(*content: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"content": [{"start": s, "end": e} for s, e in content], **more}


# Fixed points


def test_the_gold_itself_scores_one_everywhere(gold: vn.Gold) -> None:
    result = vn.score(list(gold.values()), measures=EVERY)
    for name, score in result.items():
        lower = parse(name).definition.lower_is_better
        assert score.value == (0.0 if lower else 1.0), name
        if score.kind == "f1":
            assert (score.precision, score.recall) == (1.0, 1.0), name
        assert score.counts.gold > 0
    assert result.errors == []
    assert result.predictions["missing"] == []


def test_the_empty_prediction_has_no_recall_and_no_precision(gold: vn.Gold) -> None:
    result = vn.score([{"doc_id": doc_id} for doc_id in gold], measures=EVERY)
    for name, score in result.items():
        measure = parse(name)
        if measure.name == "chain":  # over all innermost golds, found or not
            assert score.accuracy == 0.0
        elif score.kind == "accuracy":  # over what is aligned, and nothing is
            assert score.value is None
        else:
            assert (score.precision, score.recall, score.f1) == (None, 0.0, 0.0), name


def test_nothing_over_nothing_is_null() -> None:
    result = vn.score([{"doc_id": "d"}], vn.Gold({"d": document("Không có gì.")}), measures=EVERY)
    for score in result.values():
        assert (score.precision, score.recall, score.f1) == (None, None, None)


def test_predictions_without_gold_have_precision_zero_and_no_recall() -> None:
    gold = vn.Gold({"d": document("Không có gì.")})
    score = vn.score([{"doc_id": "d", "entities": [entity(0, 5)]}], gold)["entities.strict"]
    assert (score.precision, score.recall, score.f1) == (0.0, None, 0.0)


def test_a_missing_document_counts_as_empty_and_is_listed(gold: vn.Gold) -> None:
    alone = vn.score([gold[ET]])
    assert alone.predictions["missing"] == [BQ]
    assert alone["entities.strict"].precision == 1.0
    assert alone["entities.strict"].counts == vn.Counts(gold=326, predicted=78, matched=78)


# Entities

NAMES = document(
    "ông Kim và ông Kim gặp Nga", entities=[entity(4, 7), entity(15, 18), entity(23, 26, "GPE")]
)


@pytest.mark.parametrize(
    ("measure", "predicted", "matched"),
    [
        ("entities.strict", [entity(4, 7)], 1),
        ("entities.strict", [entity(4, 7, "ORG")], 0),
        ("entities.exact", [entity(4, 7, "ORG")], 1),
        ("entities.strict", [entity(0, 7)], 0),
        ("entities.type", [entity(0, 7)], 1),
        ("entities.type", [entity(0, 7, "ORG")], 0),
        # One prediction over two golds is one answer.
        ("entities.type", [entity(0, 18)], 1),
        # Duplicates are spurious.
        ("entities.strict", [entity(4, 7)] * 3, 1),
        # Two predictions in one gold, and the other gold left alone.
        ("entities.type", [entity(23, 24, "GPE"), entity(25, 26, "GPE")], 1),
        # A prediction without a type matches where types do not count.
        ("entities.strict", [{"start": 4, "end": 7}], 0),
        ("entities.exact", [{"start": 4, "end": 7}], 1),
    ],
)
def test_entities(measure: str, predicted: list[dict[str, Any]], matched: int) -> None:
    assert counts(NAMES, measure, entities=predicted) == (3, len(predicted), matched)


def test_matching_is_optimal_not_greedy() -> None:
    # The first gold overlaps both predictions, the second only the first one: greedy in order finds
    # one pair.
    gold = document("a b c d e f", entities=[entity(0, 11), entity(0, 3)])
    assert counts(gold, "entities.type", entities=[entity(2, 3), entity(8, 9)]) == (2, 2, 2)


def test_an_alternate_is_the_same_answer_once() -> None:
    gold = document(
        "Ủy ban Uỷ ban châu Âu",
        entities=[entity(7, 21, "ORG", alternates=[{"start": 0, "end": 21}])],
    )
    assert counts(gold, "entities.strict", entities=[entity(0, 21, "ORG")]) == (1, 1, 1)
    assert counts(gold, "entities.strict", entities=[entity(7, 21, "ORG")]) == (1, 1, 1)
    assert counts(
        gold, "entities.strict", entities=[entity(7, 21, "ORG"), entity(0, 21, "ORG")]
    ) == (1, 2, 1)


def test_an_alternate_gives_way_where_another_gold_needs_the_span() -> None:
    # The second gold has [0, 2) only; the first must take its alternate.
    gold = document(
        "ab cd", entities=[entity(0, 2, alternates=[{"start": 3, "end": 5}]), entity(0, 2)]
    )
    assert counts(gold, "entities.strict", entities=[entity(0, 2), entity(3, 5)]) == (2, 2, 2)


def test_linking_by_id_wikidata_or_name() -> None:
    registry = Registry(
        [
            RegistryEntry(
                entity_id="kim",
                type="PER",
                name_vi="Kim",
                name_en="Kim",
                aliases=("Kim",),
                wikidata="Q1",
            )
        ]
    )
    gold = document("ông Kim", entities=[entity(4, 7, entity_id="kim")])
    for given_id, matched in (("kim", 1), ("Q1", 1), ("ông Kim", 1), ("Kim Jong Il", 0), (None, 0)):
        assert (
            counts(gold, "entities.linked", registry, entities=[entity(4, 7, entity_id=given_id)])[
                2
            ]
            == matched
        )


def test_by_label_and_by_zone_add_up_to_the_total(gold: vn.Gold) -> None:
    prediction = msgspec.to_builtins(gold[BQ])
    for number, record in enumerate(prediction["entities"]):
        if number % 3 == 0:
            record["type"] = "MISC"
    for measure in ("entities.strict", "entities.exact", "entities.type"):
        score = vn.score([prediction], measures=[measure])[measure]
        for parts in (score.by_label, score.by_zone):
            assert sum(parts.values(), vn.Counts()) == score.counts


def test_a_label_filter_takes_part_of_the_same_alignment(gold: vn.Gold) -> None:
    prediction = msgspec.to_builtins(gold[BQ])
    for record in prediction["entities"][::4]:
        record["type"] = "LOC"
    both = vn.score([prediction], measures=["entities.strict", "entities.strict(label=LOC)"])
    assert both["entities.strict(label=LOC)"].counts == both["entities.strict"].by_label["LOC"]


# Dates

DATES = document(
    "hôm 15/08, những năm qua, năm 2022",
    dates=[
        {"start": 0, "end": 9, "type": "DATE", "value": "2022-08-15"},
        {"start": 11, "end": 24, "type": "DURATION", "value": "PXY", "vague": True},
        {"start": 26, "end": 34, "type": "DATE", "value": "2022"},
    ],
)


def when(
    start: int, end: int, value: str | None = None, type_: str | None = "DATE"
) -> dict[str, Any]:
    return {"start": start, "end": end, "value": value, "type": type_}


@pytest.mark.parametrize(
    ("measure", "predicted", "expected"),
    [
        ("dates.strict", [when(0, 9)], (2, 1, 1)),
        ("dates.strict", [when(4, 9)], (2, 1, 0)),
        ("dates.relaxed", [when(4, 9)], (2, 1, 1)),
        ("dates.value", [when(4, 9, "2022-08-15")], (2, 1, 1)),
        # A coarser value is another value.
        ("dates.value", [when(0, 9, "2022-08")], (2, 1, 0)),
        ("dates.value", [when(0, 9)], (2, 1, 0)),
        ("dates.type", [when(0, 9, None, "DURATION")], (2, 1, 0)),
        # What is aligned with a vague gold is set aside; a second prediction there is not.
        ("dates.strict", [when(11, 24)], (2, 0, 0)),
        ("dates.strict", [when(11, 15), when(16, 24)], (2, 1, 0)),
        ("dates.strict(vague=include)", [when(11, 24)], (3, 1, 1)),
        ("dates.strict(vague=only)", [when(0, 9), when(11, 24)], (1, 1, 1)),
        # A prediction over a vague and a plain date belongs to the plain one.
        ("dates.relaxed", [when(11, 34)], (2, 1, 1)),
    ],
)
def test_dates(
    measure: str, predicted: list[dict[str, Any]], expected: tuple[int, int, int]
) -> None:
    assert counts(DATES, measure, dates=predicted) == expected


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("dates.relaxed", (1, 1, 1)),
        ("dates.strict", (1, 1, 0)),
        ("dates.relaxed(vague=only)", (1, 0, 0)),
        ("dates.relaxed(vague=include)", (2, 1, 1)),
    ],
)
def test_a_prediction_on_a_vague_and_a_plain_date_is_not_set_aside(
    measure: str, expected: tuple[int, int, int]
) -> None:
    # It has the span, value and type of the vague gold, yet it belongs to the plain one.
    gold = document(
        "những năm gần đây 2022",
        dates=[
            {"start": 0, "end": 17, "type": "DURATION", "value": "PXY", "vague": True},
            {"start": 10, "end": 22, "type": "DATE", "value": "2022"},
        ],
    )
    assert counts(gold, measure, dates=[when(0, 17, "PXY", "DURATION")]) == expected


# Quotations and attribution. The content of the gold has 13 syllables.

SAID = "Ông Putin nói rằng: “Nga và Bắc Hàn nên mở rộng mối quan hệ song phương này.” Ông cười."
CONTENT = (SAID.index("Nga"), SAID.index(".”"))
TALK = document(
    SAID,
    entities=[entity(4, 9, entity_id="putin")],
    quotes=[
        quote(
            CONTENT,
            id="q1",
            kind="direct",
            source={"start": 0, "end": 9},
            source_status="named",
            speakers=["putin"],
            cue=[{"start": 10, "end": 13}],
        )
    ],
)


def span_of(words: str) -> tuple[int, int]:
    return SAID.index(words), SAID.index(words) + len(words)


def test_the_example_has_thirteen_syllables() -> None:
    from vinewsie.text import syllables

    assert len(syllables(SAID, TALK.quotes[0].content)) == 13


@pytest.mark.parametrize(
    ("content", "strict", "relaxed"),
    [
        (CONTENT, 1, 1),
        # Marks, final stop and rằng inside the span change nothing: they are no syllables, or
        # dropped.
        ((CONTENT[0] - 1, CONTENT[1] + 2), 1, 1),
        ((SAID.index("rằng"), CONTENT[1] + 2), 1, 1),
        # 7 of 13 syllables: IoU 7/13 ≥ 0.5.
        (span_of("Nga và Bắc Hàn nên mở rộng"), 0, 1),
        # 6 of 13: 6/13 < 0.5.
        (span_of("Nga và Bắc Hàn nên mở"), 0, 0),
        # The whole line has four syllables before it and two after it: 13/19.
        ((0, len(SAID)), 0, 1),
        (span_of("Ông cười"), 0, 0),
    ],
)
def test_quotations(content: tuple[int, int], strict: int, relaxed: int) -> None:
    assert counts(TALK, "quotes.strict", quotes=[quote(content)]) == (1, 1, strict)
    assert counts(TALK, "quotes.relaxed", quotes=[quote(content)]) == (1, 1, relaxed)


def test_a_gold_in_two_predictions_is_found_at_most_once() -> None:
    halves = [
        quote(span_of("Nga và Bắc Hàn nên mở rộng")),
        quote(span_of("mối quan hệ song phương này")),
    ]
    assert counts(TALK, "quotes.relaxed", quotes=halves) == (1, 2, 1)
    assert counts(TALK, "quotes.relaxed", quotes=[quote(CONTENT)] * 3) == (1, 3, 1)


@pytest.mark.parametrize(
    ("given_fields", "matched"),
    [
        ({"speakers": ["putin"]}, 1),
        ({"speakers": ["kim"]}, 0),
        ({"speakers": ["putin", "kim"]}, 0),
        ({"speakers": []}, 0),
        ({}, 0),
        # A source that covers one gold mention stands for its entity; one that covers none for
        # nobody.
        ({"source": {"start": 0, "end": 9}}, 1),
        ({"source": {"start": 4, "end": 9}}, 1),
        # Half of the gold's source phrase is the same phrase.
        ({"source": {"start": 0, "end": 3}}, 1),
        # Speakers that are given, even none, are the answer.
        ({"source": {"start": 0, "end": 9}, "speakers": []}, 0),
    ],
)
def test_attribution(given_fields: dict[str, Any], matched: int) -> None:
    assert counts(TALK, "attribution.joint", quotes=[quote(CONTENT, **given_fields)]) == (
        1,
        1,
        matched,
    )


def test_the_right_speaker_in_the_wrong_place_is_wrong() -> None:
    assert counts(
        TALK, "attribution.joint", quotes=[quote(span_of("Ông cười"), speakers=["putin"])]
    ) == (1, 1, 0)


def test_among_equal_contents_the_one_with_the_right_speaker_is_aligned() -> None:
    both = [quote(CONTENT, speakers=["kim"]), quote(CONTENT, speakers=["putin"])]
    assert counts(TALK, "attribution.joint", quotes=both) == (1, 2, 1)
    assert counts(TALK, "attribution.joint", quotes=both[::-1]) == (1, 2, 1)


def test_a_source_with_two_names_of_one_entity_stands_for_it() -> None:
    text = "Hãng A (HA) của Nga nói: đúng"
    gold = document(
        text,
        entities=[
            entity(0, 6, "ORG", entity_id="ha"),
            entity(8, 10, "ORG", entity_id="ha"),
            entity(16, 19, "GPE", entity_id="russia"),
        ],
        quotes=[quote((25, 29), speakers=["ha"])],
    )
    assert counts(
        gold, "attribution.joint", quotes=[quote((25, 29), source={"start": 0, "end": 11})]
    ) == (1, 1, 1)
    assert counts(
        gold, "attribution.joint", quotes=[quote((25, 29), source={"start": 0, "end": 19})]
    ) == (1, 1, 0)


def test_an_anonymous_source_is_right_without_speakers() -> None:
    gold = document("Nguồn tin nói: đúng", quotes=[quote((15, 19), speakers=[])])
    assert counts(gold, "attribution.joint", quotes=[quote((15, 19))]) == (1, 1, 1)
    assert counts(gold, "attribution.joint", quotes=[quote((15, 19), speakers=["x"])]) == (1, 1, 0)


def test_a_chain_is_aligned_level_by_level() -> None:
    # KCNA says that Kim says P; both contents have nearly the same syllables.
    text = "KCNA nói rằng Kim nói là một hai ba bốn năm sáu bảy tám"
    outer, inner = (14, len(text)), (25, len(text))
    gold = document(
        text,
        quotes=[
            quote(outer, id="q1", speakers=["kcna"]),
            quote(inner, id="q2", speakers=["kim"], parent="q1"),
        ],
    )
    right = [quote(outer, speakers=["kcna"]), quote(inner, speakers=["kim"])]
    swapped = [quote(outer, speakers=["kim"]), quote(inner, speakers=["kcna"])]
    assert counts(gold, "attribution.joint", quotes=right) == (2, 2, 2)
    assert counts(gold, "attribution.joint", quotes=right[::-1]) == (2, 2, 2)
    assert counts(gold, "attribution.joint", quotes=swapped) == (2, 2, 0)
    assert counts(gold, "quotes.relaxed", quotes=swapped) == (2, 2, 2)


def test_a_split_quotation_in_parts_reversed_or_as_two_records() -> None:
    text = "“Một hai ba bốn,” ông nói, “năm sáu.”"
    first, second = (1, 15), (28, 35)
    gold = document(text, quotes=[quote(first, second)])
    assert counts(gold, "quotes.strict", quotes=[quote(first, second)]) == (1, 1, 1)
    assert counts(gold, "quotes.strict", quotes=[quote(second, first)]) == (1, 1, 1)
    assert counts(gold, "quotes.strict", quotes=[quote(first), quote(second)]) == (1, 2, 0)
    assert counts(gold, "quotes.relaxed", quotes=[quote(first), quote(second)]) == (1, 2, 1)


# Surfaces without offsets


def test_surfaces_are_placed_and_the_signature_says_so(gold: vn.Gold) -> None:
    prediction = {
        "doc_id": ET,
        "entities": [
            {"text": "KCNA", "type": "ORG"},
            {"text": "KCNA", "type": "ORG"},
            {"text": "Atlantis", "type": "LOC"},
        ],
    }
    result = vn.score([prediction], measures=["entities.strict"])
    assert result["entities.strict"].counts.predicted == 3
    assert result["entities.strict"].counts.matched == 2
    assert result.predictions["not_in_text"] == [
        {"doc_id": ET, "layer": "entities", "index": 2, "text": "Atlantis"}
    ]
    assert "|resolve:surface|" in result.signature
    assert result["entities.strict"].by_label["LOC"].predicted == 1
    # What is nowhere in the text counts in every zone.
    assert (
        vn.score([prediction], measures=["entities.strict(zone=article)"])[
            "entities.strict(zone=article)"
        ].counts.predicted
        == 3
    )


def test_a_quotation_by_its_surfaces(gold: vn.Gold) -> None:
    said = {
        "text": "hợp tác chiến lược và chiến thuật giữa hai quốc gia đã đạt đến một tầm cao mới",
        "source": {"text": "ông Kim"},
        "cue": [{"text": "cho biết"}],
    }
    result = vn.score(
        [{"doc_id": ET, "quotes": [said]}], measures=["quotes.relaxed", "attribution.joint"]
    )
    # 19 of 41 syllables: not the quotation.
    assert result["quotes.relaxed"].counts.matched == 0
    inner = next(q for q in gold[ET].quotes if q.id == "q10")
    said["text"] = gold[ET].text[inner.content[0].start : inner.content[0].end]
    result = vn.score(
        [{"doc_id": ET, "quotes": [said]}], measures=["quotes.relaxed", "attribution.joint"]
    )
    assert (
        result["quotes.relaxed"].counts.matched,
        result["attribution.joint"].counts.matched,
    ) == (1, 1)


def test_an_nfd_surface_is_not_in_an_nfc_text() -> None:
    gold = vn.Gold({"d": document("Nguyễn 🇻🇳 Huệ", entities=[entity(0, 6)])})
    surface = unicodedata.normalize("NFD", "Nguyễn")
    assert len(surface) == 8
    assert (
        vn.score(
            [{"doc_id": "d", "entities": [{"text": surface, "type": "PER"}]}], gold
        ).predictions["not_in_text"][0]["text"]
        == surface
    )


def test_offsets_are_code_points_after_emoji_and_in_nfd() -> None:
    text = "🇻🇳 " + unicodedata.normalize("NFD", "Nguyễn Huệ") + "\u00a0và\u200b Mỹ"
    start = text.index("M")
    gold = document(text, entities=[entity(start, start + len(text[start:]), "GPE")])
    assert counts(gold, "entities.strict", entities=[{"text": text[start:], "type": "GPE"}]) == (
        1,
        1,
        1,
    )


# Warnings


def test_warnings_of_the_gold_and_of_an_unused_label_map_are_in_the_result() -> None:
    gold = vn.Gold({"d": NAMES}, warnings=("gold.csv: warning: a column is not used",))
    said = [{"doc_id": "d", "entities": [entity(4, 7, "Người")]}]

    def warnings(labels: dict[str, str | None] | None) -> list[str]:
        result = vn.score(said, gold, labels=labels, measures=["entities.strict"], resamples=0)
        return result.predictions["warnings"]

    assert warnings(None) == ["gold.csv: warning: a column is not used"]
    assert warnings({"PER": "PERSON"}) == warnings({"Người": "PER"}) == warnings(None)
    assert warnings({}) == warnings(None)
    [first, second] = warnings({"PERSON": "PER", "LOCATION": None})
    assert first == "gold.csv: warning: a column is not used"
    assert "none of the labels in the label map (PERSON, LOCATION) occurs" in second
    assert "GPE, Người, PER" in second


# Invalid records


def test_skip_invalid_counts_each_skipped_record_as_spurious(
    tmp_path: Path, cli: Callable[..., Any]
) -> None:
    records = [
        {"start": 0, "end": 4, "type": "ORG"},
        {"start": 0, "end": 99999, "type": "ORG"},
        {"start": 0, "end": 4, "type": "COMPANY"},
    ]
    path = tmp_path / "p.jsonl"
    path.write_text(
        json.dumps({"doc_id": ET, "entities": records}) + "\nnot json\n", encoding="utf-8"
    )
    with pytest.raises(vn.FindingsError, match="offset-range"):
        vn.score(path)
    result = vn.score(path, skip_invalid=True, measures=["entities.strict"])
    assert result["entities.strict"].counts == vn.Counts(gold=326, predicted=3, matched=1)
    assert len(result.predictions["skipped"]) == 3
    assert "|invalid:skipped|" in result.signature
    run = cli("score", path, "--skip-invalid")
    assert run.exit_code == 0
    assert "Skipped as invalid; a skipped record counts as spurious: 3" in run.stdout


def test_fields_that_extractors_like_to_add_are_ignored() -> None:
    assert counts(NAMES, "entities.strict", entities=[entity(4, 7, score=0.9)]) == (3, 1, 1)


# Properties of any input


@st.composite
def noisy(draw: st.DrawFn) -> dict[str, Any]:
    """A prediction for one article: part of the gold, some of it shifted, relabelled, doubled or
    given to others, in any order.
    """
    gold = vn.load()[ET]
    prediction: dict[str, Any] = {"doc_id": ET}
    for layer in ("entities", "dates", "quotes"):
        records = []
        for record in draw(st.lists(st.sampled_from(records_of(gold, layer)), max_size=6)):
            raw = msgspec.to_builtins(record)
            if layer == "quotes":
                raw["content"][0]["end"] = max(
                    raw["content"][0]["start"] + 1,
                    raw["content"][0]["end"] - draw(st.integers(0, 40)),
                )
                raw["speakers"] = draw(st.sampled_from([raw["speakers"], [], ["kcna"], None]))
                raw["alternates"] = []
            else:
                raw["text"] = None
                raw["end"] = min(
                    len(gold.text), max(raw["start"] + 1, raw["end"] + draw(st.integers(-2, 2)))
                )
                raw["type"] = draw(
                    st.sampled_from([raw["type"], "DATE" if layer == "dates" else "ORG"])
                )
            records.append(raw)
        prediction[layer] = records
    return prediction


@settings(max_examples=40, deadline=None)
@given(noisy(), st.randoms())
def test_the_order_of_the_input_changes_nothing(prediction: dict[str, Any], random: Any) -> None:
    before = vn.score([prediction], measures=EVERY)
    for layer in ("entities", "dates", "quotes"):
        random.shuffle(prediction[layer])
    after = vn.score([prediction], measures=EVERY)
    assert before.measures == after.measures


@settings(max_examples=40, deadline=None)
@given(noisy())
def test_precision_and_recall_swap_with_the_sides(prediction: dict[str, Any]) -> None:
    gold = vn.load()[ET]
    full = {
        "doc_id": ET,
        "text": gold.text,
        "segments": msgspec.to_builtins(gold.segments),
        **prediction,
    }
    as_gold = msgspec.convert(
        {**full, "quotes": [{**q, "speakers": q["speakers"] or []} for q in full["quotes"]]},
        vn.Document,
    )
    measures = [
        "entities.strict",
        "entities.exact",
        "entities.type",
        "dates.strict(vague=include)",
        "dates.value(vague=include)",
        "quotes.relaxed",
    ]
    forwards = vn.score([as_gold], vn.Gold({ET: gold}), measures=measures)
    backwards = vn.score([gold], vn.Gold({ET: as_gold}), measures=measures)
    for measure in measures:
        assert forwards[measure].precision == backwards[measure].recall
        assert forwards[measure].counts.matched == backwards[measure].counts.matched


@settings(max_examples=40, deadline=None)
@given(noisy())
def test_a_weaker_condition_never_matches_less(prediction: dict[str, Any]) -> None:
    result = vn.score([prediction], measures=EVERY)

    def matched(name: str) -> int:
        return result[name].counts.matched

    assert matched("entities.strict") <= matched("entities.exact")
    assert matched("entities.strict") <= matched("entities.type")
    assert matched("dates.strict") <= matched("dates.relaxed")
    assert max(matched("dates.value"), matched("dates.type")) <= matched("dates.relaxed")
    assert matched("quotes.strict") <= matched("quotes.relaxed")
    assert matched("attribution.joint") <= matched("quotes.relaxed")


@settings(max_examples=30, deadline=None)
@given(noisy())
def test_counts_add_over_documents(prediction: dict[str, Any]) -> None:
    gold = vn.load()
    together = vn.score([prediction, gold[BQ]], gold)
    parts = [
        vn.score([p], vn.Gold({p_id: gold[p_id]}, gold.registry, packaged=True))
        for p_id, p in ((ET, prediction), (BQ, gold[BQ]))
    ]
    for measure in map(str, headline()):
        assert together[measure].counts == parts[0][measure].counts + parts[1][measure].counts


@settings(max_examples=40, deadline=None)
@given(noisy(), st.integers(0, 3000), st.integers(1, 60))
def test_a_spurious_prediction_never_raises_precision(
    prediction: dict[str, Any], start: int, length: int
) -> None:
    gold = vn.load()[ET]
    end = min(len(gold.text), start + length)
    more = {layer: list(prediction[layer]) for layer in ("entities", "dates", "quotes")}
    more["entities"].append({"start": start, "end": end, "type": "EVENT"})
    more["dates"].append({"start": start, "end": end, "type": "TIME", "value": "T24:00"})
    more["quotes"].append({"content": [{"start": start, "end": end}], "speakers": ["nobody"]})
    measures = [str(m) for m in EVERY if m.definition.kind == "f1" and m.name != "token"]
    before = vn.score([prediction], vn.Gold({ET: gold}), measures=measures, resamples=0)
    after = vn.score([{"doc_id": ET, **more}], vn.Gold({ET: gold}), measures=measures, resamples=0)
    for name in measures:
        precision = before[name].precision
        if after[name].counts.credit == before[name].counts.credit and precision is not None:
            assert (after[name].precision or 0.0) <= precision, name
        # Contents decide about the alignment, so another prediction may be given a right speaker's
        # gold quotation.
        if parse(name).layer in ("entities", "dates", "quotes"):
            assert after[name].counts.credit >= before[name].counts.credit, name
