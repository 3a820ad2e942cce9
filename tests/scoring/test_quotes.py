"""Quotations and attribution, worked by hand: measures, views, diagnostics. The working stands
beside each number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import MarkReading, Quote
from vinewsie.registry import Registry
from vinewsie.report.text import render
from vinewsie.scheme.quotes import enclosing
from vinewsie.scoring.agreement import agreement
from vinewsie.text import lines

# A page with a chain (KCNA > Kim > "…"), a direct quotation in two parts, a scare quote and an
# unclosed mark.
TEXT = (
    "KCNA: ông Kim nói rằng một hai ba bốn năm sáu bảy “tám chín mười”\n"
    "“Mười một mười hai,” bà Linda nói, “mười ba mười bốn.”\n"
    "Kiev 'chốt' kế hoạch.\n"
    'Ông Kim khẳng định "mười lăm mười sáu mười bảy.\n'
    "Các nguồn tin cho biết mười tám mười chín."
)


def at(words: str, nth: int = 1) -> dict[str, int]:
    start = -1
    for _ in range(nth):
        start = TEXT.index(words, start + 1)
    return {"start": start, "end": start + len(words)}


def entity(words: str, key: str, nth: int = 1, type_: str = "PER") -> dict[str, Any]:
    return {**at(words, nth), "type": type_, "entity_id": key}


def mark(words: str, function: str, quote: str | None, status: str = "balanced") -> dict[str, Any]:
    return {**at(words), "function": function, "quote": quote, "status": status, "open": "“"}


OUTER = "ông Kim nói rằng một hai ba bốn năm sáu bảy “tám chín mười"  # 14 syllables
INNER = "một hai ba bốn năm sáu bảy “tám chín mười"  # 10 syllables
GOLD_QUOTES: list[dict[str, Any]] = [
    {
        "id": "q1",
        "kind": "mixed",
        "content": [at(OUTER)],
        "cue": [at(":")],
        "source": at("KCNA"),
        "source_status": "named",
        "speakers": ["kcna"],
    },
    {
        "id": "q2",
        "kind": "mixed",
        "content": [at(INNER)],
        "cue": [at("nói")],
        "source": at("ông Kim"),
        "source_status": "named",
        "speakers": ["kim"],
        "parent": "q1",
    },
    {
        "id": "q3",
        "kind": "direct",
        "content": [at("Mười một mười hai"), at("mười ba mười bốn")],
        "cue": [at("nói", 2)],
        "source": at("bà Linda"),
        "source_status": "named",
        "speakers": ["linda"],
    },
    {
        "id": "q4",
        "kind": "direct",
        "content": [at("mười lăm mười sáu mười bảy")],
        "cue": [at("khẳng định")],
        "source": at("Ông Kim"),
        "source_status": "named",
        "speakers": ["kim"],
    },
    {
        "id": "q5",
        "kind": "indirect",
        "content": [at("mười tám mười chín")],
        "cue": [at("cho biết")],
        "source": at("Các nguồn tin"),
        "source_status": "anonymous",
        "speakers": [],
    },
]
GOLD = msgspec.convert(
    {
        "doc_id": "d",
        "text": TEXT,
        "segments": [
            {"start": s, "end": e, "zone": "body", "item": 0, "anchor_date": "2024-01-01"}
            for s, e in lines(TEXT)
        ],
        "entities": [
            entity("KCNA", "kcna", type_="ORG"),
            entity("Kim", "kim"),
            entity("Linda", "linda"),
            entity("Kiev", "kyiv", type_="GPE"),
            entity("Kim", "kim", 2),
        ],
        "marks": [
            mark("tám chín mười", "speech", "q2"),
            mark("Mười một mười hai,", "speech", "q3"),
            mark("mười ba mười bốn.", "speech", "q3"),
            mark("chốt", "scare", None),
            mark("mười lăm mười sáu mười bảy", "speech", "q4", "unclosed"),
        ],
        "quotes": GOLD_QUOTES,
    },
    vn.Document,
)


def run(measure: str, quotes: list[dict[str, Any]], **more: Any) -> vn.Result:
    prediction = {"doc_id": "d", "quotes": quotes, **more}
    return vn.score([prediction], vn.Gold({"d": GOLD}, Registry()), measures=[measure], resamples=0)


def counts(measure: str, quotes: list[dict[str, Any]], **more: Any) -> tuple[int, int, int]:
    found = run(measure, quotes, **more)[measure].counts
    return found.gold, found.predicted, found.matched


def changed(number: int, **fields: Any) -> list[dict[str, Any]]:
    """The gold quotations with one of them changed."""
    return [
        {**quote, **fields} if i == number else quote
        for i, quote in enumerate(GOLD_QUOTES, start=1)
    ]


def test_contents_have_the_syllables_that_the_numbers_rest_on() -> None:
    from vinewsie.text import syllables

    assert [len(syllables(TEXT, quote.content)) for quote in GOLD.quotes] == [14, 10, 8, 6, 4]


# quotes.token: 14 + 10 + 8 + 6 + 4 = 42 gold syllables.


def test_token_on_the_gold_itself() -> None:
    assert counts("quotes.token", GOLD_QUOTES) == (42, 42, 42)


def test_token_counts_all_quotations_or_the_aligned_ones() -> None:
    # q4 as its first four syllables (4/6 ≥ 0.5, aligned): 42 gold, 40 predicted, 40 shared.
    four = changed(4, content=[at("mười lăm mười sáu")])
    # q4 as its first two (2/6, not aligned): both sides count, and nothing is shared.
    two = changed(4, content=[at("mười lăm")])
    assert counts("quotes.token", four) == (42, 40, 40)
    assert counts("quotes.token", two) == (42, 38, 36)
    assert counts("quotes.token(on=aligned)", four) == (42, 40, 40)
    assert counts("quotes.token(on=aligned)", two) == (36, 36, 36)


def test_copies_of_a_quotation_cost_precision_of_token_and_nothing_costs_recall() -> None:
    copies = [{**GOLD_QUOTES[4], "id": f"q{number}"} for number in (5, 6, 7)]
    assert counts("quotes.token", copies) == (42, 12, 4)
    assert run("quotes.token", copies)["quotes.token"].precision == 1 / 3
    assert run("quotes.token", [])["quotes.token"].recall == 0
    name = "quotes.token(on=aligned)"
    assert run(name, [])[name].recall is None
    assert "syllables of 1 aligned quotation alone" in render(run(name, copies), "text")
    assert vn.Result.from_json(run(name, copies).to_json())[name].pairs == 1


def test_the_syllables_of_a_surface_without_a_place_count_as_predicted() -> None:
    assert counts("quotes.token", [{"text": "lời này không có"}]) == (42, 4, 0)


def test_a_split_quotation_predicted_as_its_first_part() -> None:
    # 4 of 8 syllables: IoU 0.5 passes; strict does not.
    half = changed(3, content=[at("Mười một mười hai")])
    assert counts("quotes.relaxed", half) == (5, 5, 5)
    assert counts("quotes.strict", half) == (5, 5, 4)


def test_the_whole_paragraph_predicted() -> None:
    # The line of q3 has 4 + 3 (bà Linda nói) + 4 = 11 syllables, 8 of them gold: 8/11 passes.
    assert counts("quotes.relaxed", [{"content": [at(TEXT.split("\n")[1])]}]) == (5, 1, 1)
    # The line of q5 has 5 + 4 = 9, 4 of them gold: 4/9 fails.
    assert counts("quotes.relaxed", [{"content": [at(TEXT.split("\n")[4])]}]) == (5, 1, 0)


# The chain: outer and inner content overlap in 10 of 14 syllables, so each would pass for the
# other.


def test_outer_or_inner_quotation_alone() -> None:
    outer, inner = [GOLD_QUOTES[0]], [{**GOLD_QUOTES[1], "parent": None}]
    assert counts("attribution.joint", outer) == (5, 1, 1)
    assert counts("attribution.joint", inner) == (5, 1, 1)
    # Chain over the innermost golds q2, q3, q4, q5: q2's chain is kcna, kim.
    assert counts("attribution.chain", outer) == (4, 4, 0)
    assert counts("attribution.chain", inner) == (4, 4, 0)
    assert counts("attribution.chain", [*outer, GOLD_QUOTES[1]]) == (4, 4, 1)
    # Without the parent, the list of speakers is too short.
    assert counts("attribution.chain", [*outer, *inner]) == (4, 4, 0)


def test_chain_on_the_gold_itself() -> None:
    assert run("attribution.chain", GOLD_QUOTES)["attribution.chain"].accuracy == 1.0


def test_both_with_their_order_swapped() -> None:
    for quotes in (GOLD_QUOTES[:2], GOLD_QUOTES[1::-1]):
        assert counts("attribution.joint", quotes) == (5, 2, 2)
    swapped = [{**GOLD_QUOTES[0], "speakers": ["kim"]}, {**GOLD_QUOTES[1], "speakers": ["kcna"]}]
    assert counts("attribution.joint", swapped) == (5, 2, 0)


# Views: leaves are q2, q3, q4, q5; with marks are q1, q2, q3, q4.


@pytest.mark.parametrize(
    ("view", "expected"), [("full", (5, 5, 5)), ("leaf", (4, 4, 4)), ("marked", (4, 4, 4))]
)
def test_views(view: str, expected: tuple[int, int, int]) -> None:
    assert counts(f"quotes.relaxed(view={view})", GOLD_QUOTES) == expected


@pytest.mark.parametrize(
    ("parents", "code"),
    [
        ({"q3": "q4"}, "parent-span"),
        ({"q3": "q3"}, "parent-cycle"),
        ({"q1": "q2"}, "parent-cycle"),
        ({"q3": "q99"}, "reference"),
    ],
)
def test_a_parent_that_is_none_is_a_warning_and_hides_no_quotation(
    parents: dict[str, str], code: str
) -> None:
    quotes = [{**q, "parent": parents.get(q["id"], q.get("parent"))} for q in GOLD_QUOTES]
    result = run("quotes.relaxed(view=leaf)", quotes)
    assert f": {code}: " in " ".join(result.predictions["warnings"])
    assert result["quotes.relaxed(view=leaf)"].counts.predicted == 4


def test_spurious_quotations_as_parents_of_others_stay_in_the_view_of_leaves() -> None:
    # Three right ones, each with a spurious parent elsewhere: 3 of 6, not 3 of 3.
    right = [{**quote, "parent": f"x{n}"} for n, quote in enumerate(GOLD_QUOTES[2:])]
    spurious = [
        {"id": f"x{n}", "content": [at(words)]}
        for n, words in enumerate(("kế", "hoạch", "kế hoạch"))
    ]
    assert counts("quotes.relaxed(view=leaf)", [*right, *spurious]) == (4, 6, 3)


def test_a_chain_of_parents_may_be_deep() -> None:
    words = [f"w{n}" for n in range(400)]
    text = " ".join(words)
    starts = [text.index(word) for word in words]
    quotes = [
        {
            "id": f"q{n}",
            "content": [{"start": start, "end": len(text)}],
            "speakers": [],
            **({"parent": f"q{n - 1}"} if n else {}),
        }
        for n, start in enumerate(starts)
    ]
    deep = msgspec.convert({"doc_id": "c", "text": text, "quotes": quotes}, vn.Document)
    result = vn.score(
        [deep], vn.Gold({"c": deep}, Registry()), measures=["quotes.strict"], resamples=0
    )
    assert result["quotes.strict"].counts.matched == 400


@pytest.mark.parametrize("parent", ["q4", "q3", "q99"])
def test_a_parent_that_is_none_is_an_error_in_gold(parent: str, tmp_path: Path) -> None:
    quotes = [{**q, "parent": parent} if q["id"] == "q3" else q for q in GOLD_QUOTES]
    raw = {**msgspec.to_builtins(GOLD), "quotes": quotes}
    path = tmp_path / "gold.jsonl"
    path.write_bytes(msgspec.json.encode(raw))
    with pytest.raises(vn.FindingsError, match=r"parent|form a cycle|does not enclose"):
        vn.load(path)


def test_a_view_is_taken_after_the_alignment() -> None:
    # The outer quotation is found, the inner one is not: without the outer gold, its prediction
    # does not move to the inner one.
    assert counts("quotes.relaxed(view=leaf)", [GOLD_QUOTES[0]]) == (4, 0, 0)
    # A spurious leaf stays spurious.
    assert counts("quotes.relaxed(view=leaf)", [{"content": [at("kế hoạch")]}]) == (4, 1, 0)


# Accuracies on aligned quotations


def test_kind() -> None:
    assert counts("quotes.kind", changed(4, kind="indirect")) == (5, 5, 4)
    assert counts("quotes.kind", [GOLD_QUOTES[4]]) == (1, 1, 1)


def test_speaker_is_an_accuracy_of_what_is_aligned() -> None:
    assert counts("attribution.speaker", changed(2, speakers=["kcna"])) == (5, 5, 4)
    assert counts("attribution.speaker", [GOLD_QUOTES[2]]) == (1, 1, 1)
    assert run("attribution.speaker", [])["attribution.speaker"].accuracy is None


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (at("bà Linda"), True),
        # The head is the speaker's mention; the title need not be covered.
        (at("Linda"), True),
        (at("bà"), False),
        # Beyond the phrase.
        (at("bà Linda nói"), False),
        (None, False),
    ],
)
def test_source_lies_in_the_phrase_and_covers_its_head(
    source: dict[str, int] | None, right: bool
) -> None:
    assert counts("attribution.source", changed(3, source=source)) == (5, 5, 4 + right)


def test_the_head_of_a_source_without_a_name_is_its_first_word_that_is_no_determiner() -> None:
    # Các nguồn tin: nguồn.
    assert counts("attribution.source", changed(5, source=at("nguồn tin"))) == (5, 5, 5)
    assert counts("attribution.source", changed(5, source=at("Các"))) == (5, 5, 4)


def test_cue_overlaps() -> None:
    assert counts("attribution.cue", changed(5, cue=[at("biết")])) == (5, 5, 5)
    assert counts("attribution.cue", changed(5, cue=[])) == (5, 5, 4)
    assert counts("attribution.cue", changed(5, cue=[at("nói")])) == (5, 5, 4)


# quotes.marked: four speech marks in the gold


def test_marked_takes_predicted_marks_and_direct_quotations() -> None:
    marks = [
        {**m, "function": "speech", "quote": None}
        for m in (mark("tám chín mười", "speech", None), mark("chốt", "speech", None))
    ]
    assert counts("quotes.marked", [], marks=marks) == (4, 2, 1)
    # q3's two parts and q4, each a quoted fragment.
    assert counts("quotes.marked", [GOLD_QUOTES[2], GOLD_QUOTES[3]]) == (4, 3, 3)
    # A mark and a direct quotation with the same words are one claim.
    assert counts(
        "quotes.marked",
        [GOLD_QUOTES[3]],
        marks=[mark("mười lăm mười sáu mười bảy", "speech", None)],
    ) == (4, 1, 1)
    assert counts("quotes.marked", [{**GOLD_QUOTES[3], "kind": "indirect"}]) == (4, 0, 0)


def test_an_unclosed_mark_read_short() -> None:
    # Two of six syllables, and no alternate says that this is right.
    assert counts("quotes.marked", [], marks=[mark("mười lăm", "speech", None)]) == (4, 1, 0)
    gold = msgspec.structs.replace(
        GOLD,
        marks=tuple(
            msgspec.structs.replace(m, alternates=(vn.Span(**at("mười lăm")),))
            if m.status == "unclosed"
            else m
            for m in GOLD.marks
        ),
    )
    prediction = {"doc_id": "d", "marks": [mark("mười lăm", "speech", None)]}
    assert (
        vn.score([prediction], vn.Gold({"d": gold}), measures=["quotes.marked"])[
            "quotes.marked"
        ].counts.matched
        == 1
    )


def test_an_error_of_marked_names_the_gold_mark() -> None:
    speech = [(i, m) for i, m in enumerate(GOLD.marks) if m.function == "speech"]
    assert [i for i, _ in speech] == [0, 1, 2, 4]
    errors = run("quotes.marked", [], marks=[mark("chốt", "speech", None)]).errors
    missed = [e for e in errors if e["error"] == "missed"]
    assert [(e["index"], e["spans"], e["text"]) for e in missed] == [
        (i, [[m.start, m.end]], TEXT[m.start : m.end]) for i, m in speech
    ]
    # Words that a prediction presents as quoted are no record of a layer.
    [spurious] = [e for e in errors if e["error"] == "spurious"]
    assert spurious["index"] == 0
    assert not spurious.keys() & {"id", "spans", "text"}


def test_an_error_of_another_measure_names_the_quotation() -> None:
    [error] = run("quotes.kind", changed(4, kind="indirect")).errors
    assert (error["error"], error["index"], error["id"]) == ("wrong", 3, "q4")
    assert error["text"] == "mười lăm mười sáu mười bảy"
    [lost] = run("quotes.relaxed", [*GOLD_QUOTES, {"text": "không có"}]).errors
    assert (lost["error"], lost["index"]) == ("spurious", 5)
    assert "spans" not in lost


# Contested golds


def contested(number: int, **reading: Any) -> vn.Gold:
    """The gold with another reading of one quotation."""
    quotes = [
        {**quote, "contested": True, "readings": [reading]} if n == number else quote
        for n, quote in enumerate(GOLD_QUOTES, start=1)
    ]
    document = {**msgspec.to_builtins(GOLD), "quotes": quotes}
    return vn.Gold({"d": msgspec.convert(document, vn.Document)}, Registry())


@pytest.mark.parametrize(
    ("reading", "guess", "measure", "count", "skip", "lenient"),
    [
        # Another content, kind, speakers, cue of q4; each is wrong, not asked, right.
        ({"content": [at("mười lăm")]}, {"content": [at("mười lăm")]}, "quotes.strict",
         (5, 5, 4), (4, 4, 4), (5, 5, 5)),
        ({"kind": "indirect"}, {"kind": "indirect"}, "quotes.kind",
         (5, 5, 4), (4, 4, 4), (5, 5, 5)),
        ({"speakers": ["linda"]}, {"speakers": ["linda"]}, "attribution.joint",
         (5, 5, 4), (4, 4, 4), (5, 5, 5)),
        ({"speakers": ["linda"]}, {"speakers": ["kcna"]}, "attribution.joint",
         (5, 5, 4), (4, 4, 4), (5, 5, 4)),
        ({"cue": [at("Ông", 1)]}, {"cue": [at("Ông", 1)]}, "attribution.cue",
         (5, 5, 4), (4, 4, 4), (5, 5, 5)),
        # No record in the other reading: found or not, it is right.
        ({"absent": True}, {}, "quotes.relaxed", (5, 5, 5), (4, 4, 4), (5, 5, 5)),
        ({"absent": True}, None, "quotes.relaxed", (5, 4, 4), (4, 4, 4), (4, 4, 4)),
    ],
)  # fmt: skip
def test_a_contested_quotation_counts_is_skipped_or_is_right_by_any_reading(
    reading: dict[str, Any],
    guess: dict[str, Any] | None,
    measure: str,
    count: tuple[int, int, int],
    skip: tuple[int, int, int],
    lenient: tuple[int, int, int],
) -> None:
    quotes = changed(4, **(guess or {}))
    if guess is None:
        del quotes[3]
    for value, expected in (("count", count), ("skip", skip), ("lenient", lenient)):
        name = f"{measure}(contested={value})"
        result = vn.score(
            [{"doc_id": "d", "quotes": quotes}],
            contested(4, **reading),
            measures=[name],
            resamples=0,
        )
        found = result[name].counts
        assert (found.gold, found.predicted, found.matched) == expected, value


def test_a_contested_mark() -> None:
    marks = [
        msgspec.structs.replace(m, contested=True, readings=(MarkReading(function="speech"),))
        if m.function == "scare"
        else m
        for m in GOLD.marks
    ]
    gold = vn.Gold({"d": msgspec.structs.replace(GOLD, marks=tuple(marks))}, Registry())
    guess = {"doc_id": "d", "marks": [mark("chốt", "speech", None)]}
    found = {}
    for value in ("count", "skip", "lenient"):
        name = f"quotes.marked(contested={value})"
        one, none = (
            vn.score([p], gold, measures=[name], resamples=0)[name].counts
            for p in (guess, {"doc_id": "d", "marks": []})
        )
        found[value] = (one.gold, one.predicted, one.matched, none.gold)
    assert found == {"count": (4, 1, 0, 4), "skip": (4, 0, 0, 4), "lenient": (5, 1, 1, 4)}


# Agreement of two passes


def test_parents_agree_through_the_alignment_not_by_their_ids() -> None:
    def parents(right: list[dict[str, Any]]) -> tuple[int, int | None]:
        other = msgspec.structs.replace(
            GOLD, quotes=tuple(msgspec.convert(quote, vn.Quote) for quote in right)
        )
        [row] = [r for r in agreement({"d": GOLD}, {"d": other}) if r.what == "parent"]
        return row.left, row.agreed

    outer, inner, *rest = GOLD_QUOTES
    assert parents(GOLD_QUOTES) == (5, 5)
    renamed = [{**outer, "id": "q2"}, {**inner, "id": "q1", "parent": "q2"}, *rest]
    assert parents(renamed) == (5, 5)
    # The same id, but that of another quotation.
    elsewhere = [{**outer, "id": "q9"}, inner, {**rest[0], "id": "q1"}, *rest[1:]]
    assert parents(elsewhere) == (5, 4)
    assert parents([outer, {**inner, "parent": None}, *rest]) == (5, 4)
    assert parents([outer, inner, {**rest[0], "parent": "q1"}, *rest[1:]]) == (5, 4)
    # Without the outer quotation the inner one has no parent to agree in.
    assert parents([{**inner, "parent": "q1"}, *rest]) == (4, 3)


# Diagnostics


def test_scare_quotes_taken_for_speech() -> None:
    found = run("quotes.relaxed", [{"content": [at("chốt")], "kind": "direct"}]).diagnostics[
        "quotes"
    ]
    assert found["scare_quotes_as_speech"] == {"count": 1, "of": 1}
    assert run("quotes.relaxed", GOLD_QUOTES).diagnostics["quotes"]["scare_quotes_as_speech"] == {
        "count": 0,
        "of": 1,
    }


def test_invented_direct_quotations() -> None:
    quotes = [
        {"text": "lời này không có", "kind": "direct"},
        {"text": "mười ba mười bốn", "kind": "direct"},
    ]
    result = run("quotes.relaxed", quotes)
    assert result.diagnostics["quotes"]["invented_direct_quotes"] == {"count": 1, "of": 2}
    assert result["quotes.relaxed"].counts.predicted == 2


@pytest.mark.parametrize(
    ("speakers", "kind"),
    [
        (["linda"], "another"),
        (["kim", "linda"], "another"),
        (["kcna"], "relayer"),
        ([], "withheld"),
    ],
)
def test_wrong_speakers_are_split(speakers: list[str], kind: str) -> None:
    found = run("attribution.joint", changed(2, speakers=speakers)).diagnostics["attribution"]
    assert found == {
        "right": 4,
        "wrong": {**dict.fromkeys(("another", "invented", "withheld", "relayer"), 0), kind: 1},
    }


def test_a_speaker_for_a_source_that_has_none_is_invented() -> None:
    assert (
        run("attribution.joint", changed(5, speakers=["kim"])).diagnostics["attribution"]["wrong"][
            "invented"
        ]
        == 1
    )


def test_a_name_that_nobody_bears_is_invented(gold: vn.Gold) -> None:
    quotes = [
        {
            **msgspec.to_builtins(q),
            "speakers": ["Kim Jong Il"] if q.id == "q8" else list(q.speakers or ()),
        }
        for q in gold["epochtimes-vn-20220815"].quotes
    ]
    result = vn.score(
        [{"doc_id": "epochtimes-vn-20220815", "quotes": quotes}], measures=["attribution.joint"]
    )
    assert result["attribution.joint"].counts.matched == len(quotes) - 1
    assert result.diagnostics["attribution"]["wrong"]["invented"] == 1


def test_recall_by_phenomenon() -> None:
    found = run("quotes.relaxed", [GOLD_QUOTES[1], {**GOLD_QUOTES[3], "speakers": []}]).diagnostics[
        "quotes"
    ]["recall_by_phenomenon"]
    assert found == {
        "anonymous_source": {"gold": 1, "found": 0, "attributed": 0},
        "chain": {"gold": 1, "found": 0, "attributed": 0},
        "nested": {"gold": 1, "found": 1, "attributed": 1},
        "split": {"gold": 1, "found": 0, "attributed": 0},
        "unclosed_or_mismatched_mark": {"gold": 1, "found": 1, "attributed": 0},
    }


def test_entity_diagnostics() -> None:
    entities = [
        {**at("KCNA"), "type": "PER"},
        {**at("ông Kim"), "type": "PER"},
        {**at("Lin"), "type": "PER"},
        {"start": GOLD.entities[3].start + 2, "end": GOLD.entities[3].end + 2, "type": "GPE"},
    ]
    found = run("entities.strict", [], entities=entities).diagnostics["entities"]
    assert found["type_confusion"] == {"ORG": {"PER": 1}}
    assert found["boundary_errors"] == {"too_long": 1, "too_short": 1, "left": 0, "right": 1}


# Order of the input, equal spans, missing speakers


def test_equal_contents_are_told_apart_by_what_measures_look_at_not_by_their_order() -> None:
    right = {**GOLD_QUOTES[2], "id": "p1"}
    wrong = {**right, "id": "p2", "kind": "indirect", "source": at("bà"), "cue": []}
    for measure in (
        "quotes.kind",
        "attribution.source",
        "attribution.cue",
        "quotes.relaxed(view=marked)",
    ):
        both = [counts(measure, quotes) for quotes in ([right, wrong], [wrong, right])]
        assert both[0] == both[1]
        assert both[0][2] == 1


def test_no_speakers_are_told_apart_from_none_given_whatever_the_order() -> None:
    nobody = {**GOLD_QUOTES[2], "id": "p1", "speakers": []}
    unsaid = {**nobody, "id": "p2", "speakers": None, "source": at("bà")}
    for measure in ("attribution.misattributed", "people.voice", "attribution.joint"):
        both = [counts(measure, quotes) for quotes in ([nobody, unsaid], [unsaid, nobody])]
        assert both[0] == both[1]


def test_the_parent_of_an_id_that_stands_twice_does_not_depend_on_the_order() -> None:
    outer = {**GOLD_QUOTES[2], "id": "p1", "speakers": ["a"]}
    other = {**outer, "speakers": ["b"]}
    inner = {**outer, "id": "p2", "parent": "p1", "speakers": ["c"]}
    quotes = [msgspec.convert(q, Quote) for q in (outer, other, inner)]
    turned = [quotes[1], quotes[0], quotes[2]]
    assert quotes[enclosing(quotes)[2]] == turned[enclosing(turned)[2]]


def test_content_spans_in_any_order_lie_in_the_same_zone() -> None:
    segments = [
        vn.Segment(start=s, end=e, zone="body", item=i, anchor_date="2024-01-01")
        for i, (s, e) in enumerate(lines(TEXT))
    ]
    gold = vn.Gold({"d": msgspec.structs.replace(GOLD, segments=tuple(segments))})
    spans = [at("ông Kim"), at("chốt")]
    for content in (spans, spans[::-1]):
        measure = "quotes.relaxed(zone=article)"
        assert (
            vn.score([{"doc_id": "d", "quotes": [{"content": content}]}], gold, measures=[measure])[
                measure
            ].counts.predicted
            == 1
        )


def test_two_mentions_on_one_span_stand_for_their_entity() -> None:
    twice = msgspec.structs.replace(
        GOLD, entities=(*GOLD.entities, msgspec.structs.replace(GOLD.entities[0], type="PER"))
    )
    result = vn.score(
        [{"doc_id": "d", "quotes": [{**GOLD_QUOTES[0], "speakers": None}]}],
        vn.Gold({"d": twice}),
        measures=["attribution.joint"],
    )
    assert result["attribution.joint"].counts.matched == 1


def test_gold_without_speakers_names_them_by_its_sources_as_predictions_do() -> None:
    bare = tuple(msgspec.structs.replace(quote, speakers=None) for quote in GOLD.quotes)
    gold = vn.Gold({"d": msgspec.structs.replace(GOLD, quotes=bare)})
    assert (
        vn.score(list(gold.values()), gold, measures=["attribution.joint"])["attribution.joint"].f1
        == 1.0
    )
    assert (
        vn.score([{"doc_id": "d", "quotes": GOLD_QUOTES}], gold, measures=["attribution.joint"])[
            "attribution.joint"
        ].f1
        == 1.0
    )


def test_contents_without_syllables_match_themselves() -> None:
    gold = vn.Gold(
        {
            "d": vn.Document(
                doc_id="d",
                text="Ông nói: “😀” và “là”",
                quotes=tuple(
                    vn.Quote(content=(vn.Span(start=s, end=e),)) for s, e in ((10, 11), (17, 19))
                ),
            )
        }
    )
    assert (
        vn.score(list(gold.values()), gold, measures=["quotes.strict"])["quotes.strict"].f1 == 1.0
    )
