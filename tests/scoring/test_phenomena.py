"""Phenomena: every entry of the table by its example, and what is reported of a run."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

import vinewsie as vn
from vinewsie.baseline import extract
from vinewsie.model import RECORD_TYPES, Date, Document, Entity, Mark, Quote, Segment, Span
from vinewsie.report.messages import message
from vinewsie.scoring import mastery
from vinewsie.scoring.phenomena import TABLE, Phenomenon, phenomena, shown_by
from vinewsie.scoring.resampling import FEW_DOCUMENTS

Run = Callable[..., Any]
DATES = {"D": "DATE", "T": "TIME", "U": "DURATION", "R": "SET"}
OPENING = re.compile(r"\{([A-Z]+\+?)(?:=([^:{}]*(?:T\d\d:\d\d)?))?:")
each = pytest.mark.parametrize("one", TABLE, ids=[one.name for one in TABLE])

SPAN = Span(start=0, end=3)


def with_segment(zone: str, **labels: Any) -> Document:
    return Document(
        doc_id="d", text="Nga nói", segments=(Segment(start=0, end=7, zone=zone),), **labels
    )


NGA = Entity(start=0, end=3, type="GPE", entity_id="russia")
DAY = Date(start=0, end=3, type="DATE", value="2023")
MARKED = Mark(start=0, end=3, open="“", close=None, status="unclosed", function="speech", quote="q")
Q: dict[str, Any] = {"content": (SPAN,), "id": "q"}
OTHERS: dict[str, Document] = {
    "name in a headline": with_segment("headline", entities=(NGA,)),
    "name in a teaser": with_segment("teaser_lead", entities=(NGA,)),
    "vague": with_segment("body", dates=(Date(start=0, end=3, type="DATE", vague=True),)),
    "with a modifier": with_segment("body", dates=(Date(start=0, end=3, mod="START"),)),
    "date in a teaser": with_segment("teaser_headline", dates=(DAY,)),
    "speech marks in a teaser": with_segment("teaser_lead", marks=(MARKED,)),
    "scare marks in a teaser": with_segment(
        "teaser_headline", marks=(Mark(start=0, end=3, function="scare"),)
    ),
    "partner missing": with_segment("body", marks=(MARKED,)),
    "mismatched marks": with_segment("body", marks=(Mark(start=0, end=3, status="mismatched"),)),
    "marks in a teaser": with_segment("teaser_lead", marks=(MARKED,)),
    "in a chain": with_segment(
        "body", quotes=(Quote(**Q), Quote(id="r", content=(SPAN,), parent="q"))
    ),
    "unclosed marks": with_segment("body", marks=(MARKED,), quotes=(Quote(**Q),)),
    "mismatched quotation marks": with_segment(
        "body",
        marks=(Mark(start=0, end=3, status="mismatched", quote="q"),),
        quotes=(Quote(**Q),),
    ),
    "marks within marks": with_segment(
        "body",
        marks=(Mark(start=0, end=3), Mark(start=1, end=2)),
        quotes=(Quote(**Q),),
    ),
    "truncated": with_segment("body", quotes=(Quote(truncated=True, **Q),)),
    "long content": Document(
        doc_id="d", text="ba " * 40, quotes=(Quote(content=(Span(start=0, end=119),)),)
    ),
    "quotation in a headline": with_segment("headline", quotes=(Quote(**Q),)),
    "quotation in a teaser": with_segment("teaser_lead", quotes=(Quote(**Q),)),
    "speaker from context": with_segment("body", quotes=(Quote(speakers=("russia",), **Q),)),
    "speaker named before alone": Document(
        doc_id="d",
        text="Nga nói.\nMưa.",
        entities=(NGA,),
        quotes=(Quote(content=(Span(start=9, end=12),), speakers=("russia",)),),
    ),
    "no source": with_segment("body", quotes=(Quote(source_status="absent", **Q),)),
    "two speakers or more": with_segment("body", quotes=(Quote(speakers=("a", "b"), **Q),)),
    "with a medium": with_segment("body", quotes=(Quote(medium=SPAN, **Q),)),
    "with an addressee": with_segment("body", quotes=(Quote(addressees=("a",), **Q),)),
}


ALSO: dict[str, tuple[str, ...]] = {
    "person behind a title": (
        "TS. {PER:Lan}",
        "PGS.TS. {PER:Đỗ Lan}",
        "ThS {PER:Nam}",
        "đại tá {PER:Nam}",
        "bí thư {PER:Nam}",
        "Thủ tướng\u00a0{PER:Larkin}",
    ),
    "Western or transcribed name": ("{PER:Kim Larkin} đến.", "{PER:Larkin} đến."),
    "Korean name": ("{PER:Park Seung Hye} đến.", "{PER:Han Kyung-soo} đến."),
    "Chinese name": (
        "{PER:Xi Jiabao} đến.",
        "{PER:Zhang Yimei} đến.",
        "{PER:Han Zhelin} đến.",
        "{PER:Âu Dương Tử} đến.",
    ),
    "weekday": ("{D=2023-10-09:Thứ 2}", "{D=2023-10-15:Chủ nhật, 15/10}"),
    "straight marks": ("nói '{M=speech:được}'",),
    "curly marks": ("nói ‘{M=speech:được}’", "nói „{M=speech:được}“"),
    "guillemets": ("nói ‹{M=speech:được}›",),
    "theo": ("{K:Theo lời} {S=named:Lan}, {Q=indirect:trời mưa}.",),
    "hearsay": ("Lan {K:bị cho là} {Q=indirect:đã đi}.", "{K:Nghe đồn} {Q=indirect:có mưa}."),
    "lunar": ("{D=2019:năm Kỉ Hợi}", "{D=2001:năm Tân Tị}", "{D=2024-02-10:(Tết)}"),
}
"""Further examples of some phenomena."""
UNLIKE: dict[str, tuple[str, ...]] = {
    "person behind a title": ("chào em. {PER:Lan} về.", "tông {PER:Lan}"),
    "bare given name": ("TS. {PER:Lan}", "ThS {PER:Nam}", "đại tá {PER:Nam}", "bí thư {PER:Nam}"),
    "Western or transcribed name": (
        "{PER:Xi Jiabao} đến.",
        "{PER:Zhang Yimei} đến.",
        "{PER:Hoàng Thị Klen} đến.",
        "{PER:Krông Mlai} đến.",
        "{PER:Pak} đến.",
        "{GPE:Kansas} đến.",
    ),
    "Korean name": (
        "{PER:Kim Larkin} đến.",
        "{PER:Lee Kuan Thew} đến.",
        "{PER:Han Zhelin} đến.",
        "{PER:Kim Lan} đến.",
    ),
    "Chinese name": (
        "{PER:Hồ Thế An} đến.",
        "{PER:Trương Mỹ An} đến.",
        "{PER:Đặng Lê An} đến.",
        "{PER:Vương Đình An} đến.",
        "{PER:Lưu Quang An} đến.",
        "{PER:Tư Sáng} đến.",
        "{PER:Âu Dương} đến.",
        "{PER:Lin Larkin} đến.",
    ),
    "weekday": ("{D=2023-W41:tuần thứ 2}", "{D=2023-10:tháng thứ hai}"),
    "straight marks": ("nói “{M=speech:được}”", "{M=speech:Được}"),
    "curly marks": ('nói "{M=speech:được}"', "nói «{M=speech:được}»"),
    "dash as mark": ("“{M=speech:Được}” – Lan nói.",),
    "cue inside": (
        "{K:Theo} Lan, {Q=indirect:trời mưa}, bà {K:cho biết}.",
        "{K:Theo} Lan, “{Q=direct:mưa}” và “{Q+:gió}”, bà {K:cho biết}.",
    ),
    "lunar": ("{D=2024-01-01:Tết Dương lịch}", "{D=2023-Q3:quý III}"),
}
"""Counter-examples: what looks like a phenomenon, and does not show it."""


def parsed(example: str) -> Document:
    """The document of an example; see :class:`Phenomenon`."""
    text, place = "", 0
    waiting: list[tuple[str, str | None, int]] = []
    found: list[tuple[str, str | None, int, int]] = []
    while place < len(example):
        if match := OPENING.match(example, place):
            waiting.append((match[1], match[2], len(text)))
            place = match.end()
        elif example[place] == "}":
            kind, value, start = waiting.pop()
            found.append((kind, value, start, len(text)))
            place += 1
        else:
            text += example[place]
            place += 1
    entities, dates, marks = [], [], []
    quote: dict[str, Any] = {"content": [], "cue": []}
    for kind, value, start, end in sorted(found, key=lambda one: one[2:]):
        span = Span(start=start, end=end)
        if kind in DATES:
            dates.append(Date(start=start, end=end, type=DATES[kind], value=value))
        elif kind == "M":
            marks.append(Mark(start=start, end=end, status="balanced", function=value))
        elif kind in ("Q", "Q+"):
            quote["content"].append(span)
            quote["kind"] = quote.get("kind") or value
        elif kind == "K":
            quote["cue"].append(span)
        elif kind == "S":
            quote |= {"source": span, "source_status": value}
        else:
            entities.append(Entity(start=start, end=end, type=kind))
    quotes = (
        [Quote(id="q", **{**quote, "content": tuple(quote["content"]), "cue": tuple(quote["cue"])})]
        if quote["content"]
        else []
    )
    return Document(
        doc_id="d",
        text=text,
        entities=tuple(entities),
        dates=tuple(dates),
        marks=tuple(marks),
        quotes=tuple(quotes),
    )


def names(document: Document, layer: str) -> set[str]:
    return {one.name for _, one in shown_by(document, document, layer)}


@each
def test_an_example_shows_it_and_others_of_the_layer_do_not_all(one: Phenomenon) -> None:
    document = OTHERS[one.name] if one.name in OTHERS else parsed(one.example)
    assert one.name in names(document, one.layer)
    others = [o for o in TABLE if o.layer == one.layer and o is not one]
    shown = [
        one.name in names(OTHERS[o.name] if o.name in OTHERS else parsed(o.example), one.layer)
        for o in others
    ]
    assert not all(shown) or one.name == "outermost"


@pytest.mark.parametrize(
    ("name", "example", "shown"),
    [
        (name, example, shown)
        for table, shown in ((ALSO, True), (UNLIKE, False))
        for name, examples in table.items()
        for example in examples
    ],
)
def test_further_examples_and_counter_examples(name: str, example: str, shown: bool) -> None:
    [layer] = {one.layer for one in TABLE if one.name == name}
    assert (name in names(parsed(example), layer)) is shown


def test_a_nested_mention_is_not_outermost() -> None:
    document = parsed("{ORG:Công an {GPE:Huế}}")
    shown = [(place, one.name) for place, one in shown_by(document, document, "entities")]
    assert (0, "outermost") in shown
    assert (1, "outermost") not in shown


ENDS = ("start", "end")


def respelled(document: Document, spell: Callable[[str], str]) -> Document:
    """A document whose text is spelled in another way, by character or in more characters."""
    ends = [len(spell(document.text[:end])) for end in range(len(document.text) + 1)]

    def moved(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(moved, value))
        if not isinstance(value, msgspec.Struct):
            return value
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return type(value)(
            **{
                name: ends[field] if isinstance(field, int) and name in ENDS else moved(field)
                for name, field in fields.items()
            }
        )

    changed: Document = msgspec.structs.replace(moved(document), text=spell(document.text))
    return changed


SPELLINGS: dict[str, Callable[[str], str]] = {
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NBSP": lambda text: text.replace(" ", "\u00a0"),
    "two spaces": lambda text: text.replace(" ", "  "),
    "NFD, NBSP": lambda text: unicodedata.normalize("NFD", text).replace(" ", "\u00a0"),
}


def all_shown(document: Document) -> list[tuple[str, int, str]]:
    return [
        (layer, place, one.name)
        for layer in RECORD_TYPES
        for place, one in shown_by(document, document, layer)
    ]


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_phenomena_are_the_same_in_another_spelling(spell: Callable[[str], str]) -> None:
    examples = [OTHERS.get(one.name) or parsed(one.example) for one in TABLE]
    further = [parsed(e) for table in (ALSO, UNLIKE) for found in table.values() for e in found]
    for document in (*examples, *further, *vn.load().values()):
        assert all_shown(respelled(document, spell)) == all_shown(document), document.text


def test_the_style_of_a_mark_without_an_opening_one_is_that_of_the_closing_one() -> None:
    mark = Mark(start=0, end=3, close='"', status="unopened", function="speech")
    shown = names(Document(doc_id="d", text='Mưa" – Lan nói.', marks=(mark,)), "marks")
    assert "straight marks" in shown
    assert "curly marks" not in shown


def test_marks_in_the_body_are_not_those_in_a_teaser() -> None:
    shown = names(with_segment("body", marks=(MARKED,)), "marks")
    assert "speech marks in the body" in shown
    assert "speech marks in a teaser" not in shown


def test_the_page_names_each_phenomenon() -> None:
    for one in TABLE:
        assert message(f"phenomenon.{one.name}")


def test_quotations_without_ids_are_in_no_chain() -> None:
    document = Document(doc_id="d", text="Mưa. Gió.", quotes=(Quote(content=(SPAN,)),) * 2)
    assert "in a chain" not in names(document, "quotes")


def test_the_table_is_large_and_its_names_are_unique() -> None:
    assert len(TABLE) >= 40
    assert len({one.name for one in TABLE}) == len(TABLE)
    assert all(one.about and one.vi for one in TABLE)
    assert set(OTHERS) == {one.name for one in TABLE if not one.example}
    for layer in RECORD_TYPES:
        assert len(set(phenomena(layer))) == len(phenomena(layer))


@given(
    text=st.text(max_size=30),
    places=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
)
def test_any_document_is_read(text: str, places: list[tuple[int, int]]) -> None:
    spans = [Span(start=min(p), end=max(p)) for p in places if min(p) < max(p) <= len(text)]
    document = Document(
        doc_id="d",
        text=text,
        entities=tuple(Entity(start=s.start, end=s.end, type="PER") for s in spans),
        dates=tuple(Date(start=s.start, end=s.end) for s in spans),
        marks=tuple(Mark(start=s.start, end=s.end) for s in spans),
        quotes=tuple(Quote(content=(s,), source=s) for s in spans),
    )
    for layer in RECORD_TYPES:
        shown = [*shown_by(document, document, layer)]
        assert all(0 <= place < len(spans) for place, _ in shown)


def test_the_gold_itself_has_a_recall_and_precision_of_1() -> None:
    gold = vn.load()
    perfect = [
        vn.Prediction(
            doc_id=doc.doc_id,
            entities=doc.entities,
            dates=doc.dates,
            marks=doc.marks,
            quotes=doc.quotes,
        )
        for doc in gold.values()
    ]
    found = vn.phenomena(perfect, gold)
    assert len(found) > 60
    assert {one.recall for one in found} == {1.0}
    assert {one.precision for one in found} <= {1.0, None}


def test_nothing_predicted_finds_nothing_and_a_layer_that_is_not_offered_has_no_recall() -> None:
    gold = vn.load()
    empty = [{"doc_id": doc_id, "entities": []} for doc_id in gold]
    found = {one.name: one for one in vn.phenomena(empty, gold)}
    assert found["nested"].recall == 0
    assert found["named source"].recall is None
    assert found["day"].recall is None


def test_counts_agree_with_the_errors_and_do_not_depend_on_the_order() -> None:
    gold = vn.load()
    result = vn.score(extract, gold, measures=[*mastery.MEASURES], resamples=0)
    found = {one.name: one for one in mastery.mastered(result, gold)}
    missed = [
        (error["doc_id"], error["index"])
        for error in result.errors
        if error["measure"].startswith("entities.strict") and error["error"] == "missed"
    ]
    nested = found["nested"]
    lost = sum(
        (doc.doc_id, place) in missed
        for doc in gold.values()
        for place, one in shown_by(doc, doc, "entities")
        if one.name == "nested"
    )
    assert nested.found == nested.cases - lost
    assert nested.recall_interval is not None
    low, high = nested.recall_interval
    assert low < nested.found / nested.cases < high
    reversed_ = [
        {
            "doc_id": one.doc_id,
            "entities": [
                {"start": e.start, "end": e.end, "type": e.type} for e in one.entities[::-1]
            ],
        }
        for one in reversed(result.records or ())
    ]
    again = {one.name: one for one in vn.phenomena(reversed_, gold)}
    assert again["nested"].found == nested.found
    assert again["nested"].right == nested.right


def test_the_interval_is_wilsons_where_each_cluster_has_a_case() -> None:
    """But for Student's t in place of the normal distribution, and a case fewer."""
    cases, right = np.ones(29, dtype=np.int64), np.eye(1, 29, dtype=np.int64)[0]
    low, high = mastery.share_interval(cases, right) or (0, 0)
    wilson = binomtest(1, 29).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((wilson.low, wilson.high), abs=0.02)
    assert high > wilson.high


def test_copies_of_the_cases_in_their_clusters_tell_nothing_new() -> None:
    cases, right = np.array([1, 2, 1, 3, 1, 2]), np.array([1, 2, 0, 3, 0, 0])
    for share in (right, 0 * right, cases):
        once, again = (mastery.share_interval(n * cases, n * share) for n in (1, 10))
        assert again == pytest.approx(once)


def test_all_and_none_have_an_interval_and_fewer_than_five_clusters_have_none() -> None:
    cases = np.array([1, 1, 1, 1, 1])
    assert mastery.share_interval(cases, 0 * cases) == pytest.approx((0, 0.607), abs=0.001)
    assert mastery.share_interval(cases, cases) == pytest.approx((0.393, 1), abs=0.001)
    assert mastery.share_interval(cases[:4], cases[:4]) is None
    assert mastery.share_interval(2 * cases, cases) is not None  # the same share in each


@pytest.mark.parametrize(("clusters", "share"), [(6, 0.1), (29, 0.03), (60, 0.5), (200, 0.95)])
def test_intervals_cover_the_truth(clusters: int, share: float) -> None:
    """Of shares that differ from cluster to cluster."""
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(500):
        cases = 1 + draw.poisson(1.0, clusters)
        right = draw.binomial(cases, draw.beta(4 * share, 4 * (1 - share), clusters))
        low, high = mastery.share_interval(cases, right) or (1, 0)
        covered += low <= share <= high
    assert covered >= 0.93 * 500


def test_custom_gold_without_ids_and_segments(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    rows = [
        {
            "doc_id": f"d{n}",
            "text": "Bà Lan nói: “Mưa”.",
            "entities": [{"start": 3, "end": 6, "type": "PERSON"}],
            "quotes": [{"content": [{"start": 13, "end": 16}], "cue": [{"start": 7, "end": 10}]}],
        }
        for n in range(FEW_DOCUMENTS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = {one.name: one for one in vn.phenomena(lambda doc: [(3, 6, "PERSON")], path)}
    assert (found["outermost"].cases, found["outermost"].recall) == (20, 1.0)
    assert found["short content"].recall is None


def test_the_command_counts_compares_and_lists_what_all_fail(tmp_path: Path, cli: Run) -> None:
    counted = json.loads(cli("phenomena", "--format", "json").stdout)
    assert counted["nested"] == {"cases": 16, "documents": 2}
    assert "nested" in cli("phenomena").stdout
    run = cli("phenomena", "-e", "rules", "--layer", "dates")
    assert run.exit_code == 0
    assert "year not printed" in run.stdout
    path = tmp_path / "p.jsonl"
    path.write_text(
        "".join(json.dumps({"doc_id": d, "entities": []}) + "\n" for d in vn.load()),
        encoding="utf-8",
    )
    both = cli("phenomena", path, "-e", "rules", "--layer", "entities")
    assert "rules" in both.stdout.splitlines()[0]
    one = cli("phenomena", "-e", "rules").stdout
    assert max(map(len, one.partition("\n\n")[0].splitlines())) <= 80
    assert one.splitlines()[0].count("95 % CI") == 2
    assert "Only 2 documents: this says how stable a number is" in one
    assert "over the lines of" in one
    alone = cli("phenomena", path, "--failed-by-all")
    assert "name in a teaser" in alone.stdout
    table = cli("phenomena", path, "--format", "csv").stdout
    rows = [*csv.DictReader(io.StringIO(table))]
    assert {row["extractor"] for row in rows} == {str(path)}
    outermost = next(row for row in rows if row["name"] == "outermost")
    assert float(outermost["recall_low"]) == 0 < float(outermost["recall_high"]) < 0.2
    assert (outermost["precision_low"], outermost["few"]) == ("", "False")
    assert outermost["unit"] == "segment"
    values = json.loads(cli("phenomena", path, "--format", "json").stdout)[str(path)]
    assert {one["name"]: one["recall"] for one in values}["nested"] == 0.0
