"""Perturbations: exact maps of offsets, labels that go along, and what a run reports."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.baseline import extract
from vinewsie.extractors.catalogue import ExtractorError
from vinewsie.model import (
    RECORD_TYPES,
    Document,
    Entity,
    Quote,
    RegistryEntry,
    Segment,
    Span,
    records_of,
)
from vinewsie.perturbations.edits import ChangedText, Edit
from vinewsie.perturbations.projection import project, words_of
from vinewsie.perturbations.run import Original, Robustness, robustness
from vinewsie.perturbations.table import PERTURBATIONS, TABLE, Page, Perturbation
from vinewsie.registry import Registry
from vinewsie.report.robustness import reservations, robustness_report
from vinewsie.scheme.checks import check_structure

Run = Callable[..., Any]
GOLD = vn.load()
ZONES = {"upper-headlines": "headline", "teasers-cut": "teaser_lead"}
each = pytest.mark.parametrize("perturbation", TABLE, ids=[*PERTURBATIONS])


def document(text: str, zone: str = "body", **labels: Any) -> Document:
    whole = (Segment(start=0, end=len(text), zone=zone),) if text else ()
    return Document(doc_id="d", text=text, segments=whole, **labels)


def changed(perturbation: Perturbation, doc: Document) -> ChangedText:
    return ChangedText(doc.text, perturbation.edits(Page(doc, GOLD.registry)))


@each
def test_the_example_is_what_it_does(perturbation: Perturbation) -> None:
    before, after = perturbation.example
    zone = ZONES.get(perturbation.name, "body")
    assert changed(perturbation, document(before, zone)).text == after
    assert before != after


# Maps

PIECES = [
    *"aăâđeêioôơuưyAĐEIOƠ bcdghklmnpqrstvx0123456789",
    *"àáảãạắếồợửýỳỷỹỵĐẮẾ",
    *"“”\"'‘’«».,:;!?…-–—/()\n",
    "\r\n",
    "\u00a0",
    "\u200b",
    "\u0301",
    "\u0323",
    "😀",
    "👩‍🌾",
    "_",
    "  ",
    "Việt Nam",
    "Hoà",
    "hòa",
    "kỹ sư",
    "ngày 12/10",
    "ngày 2 tháng 9 năm 1945",
    "Triều Tiên",
    "Hoa Kỳ",
    unicodedata.normalize("NFD", "Nguyễn Ái Quốc"),
]


def random_document(random: Random) -> Document:
    """A text with labels anywhere in it."""
    text = "".join(random.choice(PIECES) for _ in range(random.randint(1, 60)))
    places = [
        Span(start=a, end=b)
        for a, b in (
            sorted((random.randint(0, len(text)), random.randint(0, len(text)))) for _ in "ab"
        )
        if a < b
    ]
    return document(
        text,
        random.choice(["body", "headline", "teaser_lead"]),
        entities=tuple(Entity(start=p.start, end=p.end, type="PER") for p in places),
        quotes=tuple(Quote(id=f"q{n}", content=(p,)) for n, p in enumerate(places)),
    )


def check_map(perturbation: Perturbation, doc: Document) -> None:
    """The map is monotone and complete; what is projected is what the edits make of the words."""
    after = changed(perturbation, doc)
    starts = [after.start(n) for n in range(len(doc.text) + 1)]
    ends = [after.end(n) for n in range(len(doc.text) + 1)]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert (ends[0], starts[-1]) == (0, len(after.text))
    projected = project(doc, after)
    cut = any(not edit.new for edit in after.edits)
    for layer in ("entities", "quotes"):
        kept, old = projected.kept[layer], records_of(doc, layer)
        new = records_of(projected.document, layer)
        assert kept == [*range(len(old))] or cut
        for number, record in zip(kept, new, strict=True):
            before: Any = old[number]
            span = before.content[0] if isinstance(before, Quote) else before
            inside = [
                Edit(edit.start - span.start, edit.end - span.start, edit.new)
                for edit in after.edits
                if span.start <= edit.start
                and edit.end <= span.end
                # What is inserted at an edge lies outside.
                and not (edit.start == edit.end and edit.start in (span.start, span.end))
            ]
            crossing = [
                edit
                for edit in after.edits
                if edit.start < span.end
                and span.start < edit.end
                and not (span.start <= edit.start and edit.end <= span.end)
            ]
            if not crossing:
                words = ChangedText(doc.text[span.start : span.end], inside).text
                assert words_of(record, after.text) == [words]
    assert not [f for f in check_structure(projected.document) if f.code == "offset-range"]
    if perturbation.inverse is not None and perturbation.inverse(doc.text) == doc.text:
        assert perturbation.inverse(after.text) == doc.text


@each
def test_ten_thousand_random_texts_lose_no_label(perturbation: Perturbation) -> None:
    random = Random(perturbation.name)
    for _ in range(10_000 // len(TABLE) + 1):
        check_map(perturbation, random_document(random))


@each
@given(text=st.text(max_size=40))
@example(text="\u212a")  # the sign of kelvin, which NFD makes a K for good
def test_any_text_is_changed(perturbation: Perturbation, text: str) -> None:
    check_map(perturbation, document(text))


@each
def test_all_labels_of_the_articles_go_along(perturbation: Perturbation) -> None:
    for doc in GOLD.values():
        check_map(perturbation, doc)
        projected = project(doc, changed(perturbation, doc))
        for layer in RECORD_TYPES:
            old, new = records_of(doc, layer), records_of(projected.document, layer)
            if perturbation.name != "teasers-cut":
                assert [one.id for one in new] == [one.id for one in old]
            for number, record in zip(projected.kept[layer], new, strict=True):
                assert record.contested == old[number].contested
                assert len(record.readings) == len(old[number].readings)


@given(
    text=st.text(max_size=20),
    places=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.text(max_size=3))),
)
def test_edits_that_overlap_are_refused_and_others_can_be_undone(
    text: str, places: list[tuple[int, int, str]]
) -> None:
    edits, last = [], 0
    for a, b, new in sorted((min(a, b), max(a, b), new) for a, b, new in places):
        if last < a and b <= len(text):
            edits.append(Edit(a, b, new))
            last = b
    after = ChangedText(text, edits)
    back = [
        Edit(after.end(e.start), after.end(e.start) + len(e.new), text[e.start : e.end])
        for e in after.edits
    ]
    assert ChangedText(after.text, back).text == text
    wide = Edit(0, len(text), "€" * (len(text) + 1))
    if any(e.start < e.end for e in after.edits):
        with pytest.raises(ValueError, match="overlap"):
            ChangedText(text, [*edits, wide])


def test_marks_take_the_new_style_and_keep_their_status() -> None:
    for doc in GOLD.values():
        new = project(doc, changed(PERTURBATIONS["marks-guillemets"], doc)).document
        for before, after in zip(doc.marks, new.marks, strict=True):
            assert (after.open or "«", after.close or "»") == ("«", "»")
            if before.status == "mismatched":
                assert after.status == "balanced"
            else:
                assert after.status == before.status


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        # An opening mark behind a colon or another opening mark, but the end of "A:".
        ("marks-guillemets", 'Ông nói:"Được".', "Ông nói:«Được»."),
        ("marks-guillemets", 'Ông nói:"…rồi".', "Ông nói:«…rồi»."),
        ("marks-curly", "\"'A' b\" ông nói", "““A” b” ông nói"),
        ("marks-curly", "Ông nói “'A' b”", "Ông nói ““A” b”"),
        ("marks-curly", 'Dòng "Lưu ý:" ở đầu', "Dòng “Lưu ý:” ở đầu"),
        # Apostrophes, feet and inches are no quotation marks.
        ("marks-guillemets", "thập niên ’90", "thập niên ’90"),
        ("marks-guillemets", "năm\u00a0'75 và 5 năm 'vàng'", "năm\u00a0'75 và 5 năm «vàng»"),
        ("marks-guillemets", "cao 5'10\"", "cao 5'10\""),
        ("marks-guillemets", '"cao 5\'10" lắm"', "«cao 5'10\" lắm»"),
        ("marks-guillemets", 'ti vi 27" mới', 'ti vi 27" mới'),
        ("marks-guillemets", 'nói "năm 2023"', "nói «năm 2023»"),
        # Both spellings of i and y, not in names of several syllables.
        ("y-for-i", "thế kỉ, kĩ sư, lí do, tị nạn", "thế kỷ, kỹ sư, lý do, tỵ nạn"),
        (
            "y-for-i",
            "hi vọng, hi hi, tỉ mỉ, tỉ lệ, mì, li kì",
            "hy vọng, hi hi, tỉ mỉ, tỷ lệ, mì, li kỳ",
        ),
        ("y-for-i", "Sĩ quan Thụy Sĩ, Kì", "Sĩ quan Thụy Sĩ, Kì"),
        ("i-for-y", "Tỷ giá ở Mỹ. Kỹ sư", "Tỉ giá ở Mĩ. Kĩ sư"),
        ("i-for-y", "Lý Minh Tâm, Hy Lạp, bà Lý", "Lý Minh Tâm, Hy Lạp, bà Lý"),
        # Days: all words before them, all styles, ranges as a whole, no fractions and results.
        (
            "dates-in-words",
            "Ngày 12/10, Sáng 13/10, HÔM 14/10",
            "Ngày 12 tháng 10, Sáng 13 tháng 10, HÔM 14 tháng 10",
        ),
        (
            "dates-in-words",
            "hôm qua (12/10), thứ Tư 12/10, khuya\u00a012/10",
            "hôm qua (12 tháng 10), thứ Tư 12 tháng 10, khuya\u00a012 tháng 10",
        ),
        ("dates-in-words", "ngày 12-10 và 12-10-2023", "ngày 12 tháng 10 và 12 tháng 10 năm 2023"),
        ("dates-in-words", "Ngày 12/10, 3/4 cử tri", "Ngày 12 tháng 10, 3/4 cử tri"),
        ("dates-in-words", "thắng 2-1, 1/2 và các ngày 10-12", "thắng 2-1, 1/2 và các ngày 10-12"),
        ("dates-in-words", "từ ngày 8-9/4, ngày 12/10-15/10", "từ ngày 8-9/4, ngày 12/10-15/10"),
        ("dates-slashed", "từ ngày 12 tháng 10 đến 15-10", "từ ngày 12/10 đến 15/10"),
        ("dates-slashed", "từ 12 tháng 10 đến ngày 15 tháng\u00a010", "từ 12/10 đến ngày 15/10"),
        ("dates-hyphenated", "ngày 12/10–15/10", "ngày 12-10–15-10"),
        ("dates-slashed", "ngày 10-12 tháng 10", "ngày 10-12 tháng 10"),
        # Names beside a capitalised neighbour that is not part of them.
        ("joined-names", "Tại Hà Nội", "Tại Hà Nội"),
        ("joined-names", "Theo Thái Lan, Tổng thống Mỹ", "Theo Thái_Lan, Tổng_thống Mỹ"),
        ("joined-names", "bán đảo Triều Tiên", "bán_đảo Triều_Tiên"),
        ("joined-names", "Trung Quốc hội đàm", "Trung_Quốc hội đàm"),
        # A name of two entries, a clipped name and one in a longer name stay.
        ("exonyms", "Triều Tiên và Trung Quốc", "Triều Tiên và Trung Quốc"),
        ("exonyms", "bán đảo Triều Tiên", "bán đảo Triều Tiên"),
        ("exonyms", "Mỹ Tâm hát ở Mỹ Đình, Trần Mỹ", "Mỹ Tâm hát ở Mỹ Đình, Trần Mỹ"),
        ("exonyms", "bà Mỹ gặp Tổng Thống Mỹ Tin Văn", "bà Mỹ gặp Tổng Thống Mỹ Tin Văn"),
        ("exonyms", "Theo Mỹ, Nga Mỹ, Tổng Thống Mỹ", "Theo Hoa Kỳ, Nga Hoa Kỳ, Tổng Thống Hoa Kỳ"),
        ("exonyms", "ở Hoa\u00a0Kỳ", "ở Mỹ"),
    ],
)
def test_what_is_changed_and_what_is_not(name: str, before: str, after: str) -> None:
    assert changed(PERTURBATIONS[name], document(before)).text == after


def spans_of(doc: Document) -> list[Span]:
    """All spans of the records of a document."""
    quotes = [s for q in doc.quotes for s in (*q.content, *q.cue, q.source, q.medium) if s]
    others = [
        *(Span(start=one.start, end=one.end) for one in doc.entities),
        *(Span(start=one.start, end=one.end) for one in doc.dates),
        *(Span(start=one.start, end=one.end) for one in doc.marks),
    ]
    return [*quotes, *others]


@pytest.mark.parametrize("gold", ["articles", "challenge"])
def test_no_edge_of_a_record_lies_in_a_joined_word(gold: str) -> None:
    loaded = vn.load(gold)
    for doc in loaded.values():
        edits = PERTURBATIONS["joined-names"].edits(Page(doc, loaded.registry))
        places = {edit.start for edit in edits}
        assert places
        for span in spans_of(doc):
            assert not places & {span.start - 1, span.end}


@pytest.mark.parametrize("gold", ["articles", "challenge"])
def test_exonyms_replace_mentions_and_widen_none(gold: str) -> None:
    loaded = vn.load(gold)
    for doc in loaded.values():
        edits = [*PERTURBATIONS["exonyms"].edits(Page(doc, loaded.registry))]
        mentions = {(mention.start, mention.end) for mention in doc.entities}
        assert {(edit.start, edit.end) for edit in edits} <= mentions


def test_an_exonym_changes_only_the_syllables_that_differ() -> None:
    entry = RegistryEntry(
        entity_id="b",
        type="LOC",
        name_vi="b",
        name_en="b",
        aliases=("vịnh Cá Heo", "VỊNH CÁ HEO", "vịnh Hải Âu", "vịnh Hải"),
    )
    text = "Ở vịnh Cá Heo, vịnh Hải Âu, vịnh Hải"
    doc = document(text, entities=(Entity(start=7, end=13, type="GPE"),))
    after = ChangedText(text, PERTURBATIONS["exonyms"].edits(Page(doc, Registry([entry]))))
    assert after.text == "Ở vịnh Hải Âu, vịnh Cá Heo, vịnh Hải"
    [mention] = project(doc, after).document.entities
    assert words_of(mention, after.text) == ["Hải Âu"]


def test_compounds_are_joined_without_a_registry() -> None:
    doc = document("Thủ tướng tới thành phố Hà Nội")
    edits = PERTURBATIONS["joined-names"].edits(Page(doc))
    assert ChangedText(doc.text, edits).text == "Thủ_tướng tới thành_phố Hà Nội"


def test_a_content_that_is_cut_is_truncated_and_a_name_that_is_cut_goes() -> None:
    words = " ".join(f"chữ{n}" for n in range(14))
    doc = document(
        words,
        "teaser_lead",
        entities=(Entity(start=0, end=4, type="PER"), Entity(start=60, end=len(words), type="PER")),
        quotes=(Quote(id="q1", content=(Span(start=5, end=len(words)),)),),
    )
    new = project(doc, changed(PERTURBATIONS["teasers-cut"], doc))
    assert new.kept["entities"] == [0]
    [quote] = new.document.quotes
    assert quote.truncated
    assert words_of(quote, new.document.text) == [words[5 : words.index(" chữ12")]]


# Runs


def test_a_run_finds_what_is_lost() -> None:
    def sees_capitals(doc: Document) -> list[tuple[int, int, str]]:
        place = doc.text.find("Bình Nhưỡng")
        return [(place, place + len("Bình Nhưỡng"), "GPE")] if place >= 0 else []

    found = robustness(sees_capitals, measures=["entities.strict"], only=["lower-case", "dashes"])
    effects = {one.perturbation: one for one in found.effects}
    assert effects["dashes"].difference == 0
    assert effects["dashes"].lost == ()
    lower = effects["lower-case"]
    assert lower.original is not None
    assert lower.original > 0
    assert lower.changed == 0
    assert {one.text for one in lower.lost} == {"Bình Nhưỡng"}
    assert {one.changed for one in lower.lost} == {"bình nhưỡng"}
    assert len(lower.lost) == 2
    assert [(one.documents, one.removed) for one in found.changes] == [(2, 0), (2, 0)]


def test_the_original_score_is_that_of_score_and_nothing_moves_under_nfd() -> None:
    found = robustness(extract, only=["nfd"])
    result = vn.score(extract, resamples=0)
    for one in found.effects:
        assert one.original == result[one.measure].value
        assert (one.changed, one.lost, one.gained) == (one.original, (), 0)


def gold_of(path: Path, *ids: str) -> Path:
    """A gold file of documents whose text is a place."""
    entities = [{"start": 0, "end": 3, "type": "LOC"}]
    lines = [{"doc_id": doc_id, "text": "Huế", "entities": entities} for doc_id in ids]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


ANY = "entities.strict(scheme=any)"


def test_documents_without_an_answer_are_left_out_or_count_as_empty(tmp_path: Path) -> None:
    def fails(doc: Document) -> list[tuple[int, int, str]]:
        if doc.doc_id in ("a", "b@nfd"):
            raise RuntimeError("HTTP 503")
        return [(0, len(doc.text), "LOC")]

    found = robustness(
        fails, gold_of(tmp_path / "gold.jsonl", "a", "b", "c"), measures=[ANY], only=["nfd"]
    )
    assert found.dataset["documents"] == ["b", "c"]
    assert "HTTP 503" in found.failures["a"]
    [effect] = found.effects
    assert effect.original == 1
    assert effect.changed == pytest.approx(2 / 3)
    assert [lost.doc_id for lost in effect.lost] == ["b"]
    [changes] = found.changes
    assert [*changes.failures] == ["b"]
    notes = "\n".join(reservations(found))
    assert "no answer for a; it is left out of the comparison" in notes
    assert "nfd: no answer for b; it counts as empty there" in notes
    assert Robustness.from_json(json.loads(found.dumps())) == found


def test_without_an_original_there_is_nothing_to_compare(tmp_path: Path) -> None:
    def fails(doc: Document) -> list[Any]:
        if "@" not in doc.doc_id:
            raise RuntimeError("HTTP 503")
        return []

    with pytest.raises(ExtractorError, match=r"failed on every original\n  a: .*HTTP 503"):
        robustness(fails, gold_of(tmp_path / "gold.jsonl", "a"), measures=[ANY], only=["nfd"])


def test_invalid_records_are_told(tmp_path: Path) -> None:
    def beyond(doc: Document) -> list[tuple[int, int, str]]:
        return [(0, len(doc.text), "LOC"), (0, 1000, "LOC")]

    found = robustness(beyond, gold_of(tmp_path / "gold.jsonl", "a"), measures=[ANY], only=["nfd"])
    [original] = found.originals
    assert original == Original(ANY, original.value, "scored")
    assert original.value == pytest.approx(2 / 3)
    assert "offset-range" in found.skipped[0]
    assert (len(found.skipped), len(found.changes[0].skipped)) == (1, 1)
    assert "spurious: 1 in the original pages, 1 in nfd." in "\n".join(reservations(found))


def test_ids_of_changed_pages_are_no_ids_of_the_gold(tmp_path: Path) -> None:
    seen: list[str] = []

    def finds(doc: Document) -> list[tuple[int, int, str]]:
        seen.append(doc.doc_id)
        return [(0, len(doc.text), "LOC")]

    found = robustness(
        finds, gold_of(tmp_path / "gold.jsonl", "a", "a@nfd"), measures=[ANY], only=["nfd"]
    )
    assert seen == ["a", "a@nfd", "a@@nfd", "a@nfd@@nfd"]
    assert [(one.original, one.lost) for one in found.effects] == [(1, ())]


def test_a_measure_without_a_score_is_not_unmoved(tmp_path: Path) -> None:
    gold = gold_of(tmp_path / "gold.jsonl", "a")
    finds_nothing = robustness(lambda doc: [], gold, measures=[ANY, "dates.strict"], only=["nfd"])
    text = " ".join(str(robustness_report(finds_nothing)).split())
    assert f"{ANY}: 0 on the original pages, so that no change can lower it" in text
    assert "dates.strict: not scored (not annotated in this gold)" in text
    assert "No score moves" not in text
    finds = robustness(lambda doc: [(0, len(doc.text), "LOC")], gold, measures=[ANY], only=["nfd"])
    text = str(robustness_report(finds))
    assert f"{ANY}  1.000" in text
    assert "No score moves under: nfd" in text


def test_custom_gold_without_registry_has_no_exonyms(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    text = "Nga và Mỹ"
    entities = [{"start": 0, "end": 3, "type": "LOC"}]
    path.write_text(json.dumps({"doc_id": "a", "text": text, "entities": entities}))
    found = robustness(
        lambda doc: [(0, 3, "LOC")],
        path,
        measures=["entities.strict(scheme=any)"],
        only=["exonyms", "nbsp"],
    )
    assert [one.perturbation for one in found.effects] == ["nbsp"]
    assert [one.documents for one in found.changes] == [0, 1]


def test_the_command_its_json_and_the_page(tmp_path: Path, cli: Run) -> None:
    names = ["--only", "nfd", "--only", "lower-case", "-m", "entities.strict"]
    run = cli("robustness", "-e", "rules", *names, "--lost")
    assert run.exit_code == 0
    assert "No score moves under: nfd" in run.stdout
    assert "lower-case, entities.strict: 303 records lost" in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 100
    made = tmp_path / "robustness.json"
    assert cli("robustness", "-e", "rules", *names, "--format", "json", "-o", made).exit_code == 0
    loaded = Robustness.load(made)
    assert Robustness.from_json(loaded.to_json()) == loaded
    assert "The original pages" in run.stdout
    rows = cli("robustness", "-e", "rules", *names, "--format", "csv").stdout.splitlines()
    assert [row.split(",")[0] for row in rows] == ["perturbation", "nfd", "lower-case"]
    assert cli("robustness", "-e", "rules", "--only", "upside-down").exit_code == 2
    result, page = tmp_path / "a.json", tmp_path / "report.html"
    assert cli("score", "-e", "rules", "--format", "json", "-o", result).exit_code == 0
    assert cli("report", result, "--robustness", made, "-o", page).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "lower-case" in html
    assert "-0.920" in html
    assert cli("report", result, "--robustness", result, "-o", page).exit_code == 1


def test_an_interrupted_run_goes_on(tmp_path: Path, cli: Run) -> None:
    kept = tmp_path / "answers.jsonl"
    names = ["--only", "nfd", "--only", "dashes", "-m", "entities.strict"]
    assert cli("robustness", "-e", "rules", *names, "--keep", kept).exit_code == 0
    ids = [json.loads(line)["doc_id"] for line in kept.read_text().splitlines()]
    assert len(ids) == 6
    assert "epochtimes-vn-20220815@nfd" in ids
