"""Rules for text unlike the articles (section 9 of the guidelines): half pairs of marks, words that
stand free, apostrophes, lengths without a number, days of the week, pages without a date.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from vinewsie.model import Date, Document, Mark, Quote, Segment, Span
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_gold
from vinewsie.scheme.dates import vague_value
from vinewsie.scheme.marks import apostrophes, status_of
from vinewsie.text import lines


def at(text: str, words: str) -> dict[str, Any]:
    start = text.index(words)
    return {"start": start, "end": start + len(words)}


def findings(text: str, anchor: str = "", **layers: Any) -> list[str]:
    """The findings about a document, each with its code and message."""
    segments = tuple(
        Segment(start=start, end=end, zone="body", anchor_date=anchor) for start, end in lines(text)
    )
    document = Document(doc_id="d", text=text, segments=segments, **layers)
    found = check_gold(document, Registry(), provenance=False, anchored=bool(anchor))
    return [f"{finding.code}: {finding.message}" for finding in found]


SPEECH = "Cô nói: “Một.\nHai.\nBa”, rồi đi."


def speech(kind: str = "direct", **changed: Any) -> dict[str, Any]:
    """Words that one pair of marks holds in three lines, with their two marks."""
    marks = (
        Mark(**at(SPEECH, "Một"), open="“", status="unclosed", function="speech", quote="q1"),
        Mark(
            **at(SPEECH, "Ba"),
            **dict[str, Any](close="”", status="unopened", function="speech", quote="q1") | changed,
        ),
    )
    content = tuple(Span(**at(SPEECH, word)) for word in ("Một", "Hai", "Ba"))
    source = Span(**at(SPEECH, "Cô"))
    quote = Quote(
        id="q1", kind=kind, content=content, cue=(Span(**at(SPEECH, "nói")),), source=source
    )
    return {"marks": marks, "quotes": (replace(quote, source_status="pronoun"),)}


def test_marks_that_stay_open_over_lines_hold_the_lines_between_them() -> None:
    assert findings(SPEECH, **speech()) == []
    [finding] = findings(SPEECH, **speech("mixed"))
    assert finding == "kind: kind is mixed, but by its quotation marks the content is direct"


def test_a_half_pair_names_the_half_that_is_printed() -> None:
    assert [status_of("“", "”"), status_of("“", None), status_of(None, "”")] == [
        "balanced",
        "unclosed",
        "unopened",
    ]
    found = findings(SPEECH, **speech(close=None, open="”", status="unclosed"))
    assert any(f.startswith("mark-edge") for f in found)
    assert any(f.startswith("mark-missing") for f in found)
    [finding] = findings(SPEECH, **speech(status="balanced"))[1:2]
    assert finding.startswith("mark-status: status is balanced; ")


def free(text: str, **changed: Any) -> list[str]:
    """The findings about marked words without a cue."""
    words = text.strip("“”")
    mark = Mark(**at(text, words), open="“", close="”", status="balanced", function="speech")
    quote = Quote(
        id="q1", kind="direct", content=(Span(**at(text, words)),), source_status="absent"
    )
    return findings(text, marks=(replace(mark, quote="q1"),), quotes=(replace(quote, **changed),))


def test_words_that_stand_free_have_a_speaker_without_cue_and_source() -> None:
    assert free("“Tôi sẽ về!”") == []
    # A key that the registry lacks is the only complaint: absent sources may have speakers here.
    assert free("“Tôi sẽ về!”", speakers=("lan",)) == [
        "registry-missing: speaker or addressee 'lan' is not in the registry"
    ]
    cue = (Span(start=0, end=1),)
    assert any("has no speakers" in f for f in free("“Tôi sẽ về!”", speakers=("lan",), cue=cue))


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Đáp: Tôi sẽ về!", False),
        ("Mưa.\nĐáp: Tôi sẽ về!", False),
        ("Mưa. Đáp: Tôi sẽ về!", True),
        ("Đáp Tôi sẽ về!", True),
    ],
)
def test_turns_of_an_interview_have_a_speaker_without_a_source(text: str, refused: bool) -> None:
    quote = Quote(
        kind="indirect",
        content=(Span(**at(text, "Tôi sẽ về!")),),
        cue=(Span(**at(text, "Đáp")),),
        source_status="absent",
        speakers=("lan",),
    )
    found = findings(text, quotes=(quote,))
    assert any("has no speakers" in finding for finding in found) == refused


def test_without_cue_and_marks_there_is_no_quotation() -> None:
    text = "Trời sẽ mưa."
    quote = Quote(id="q1", kind="indirect", content=(Span(start=0, end=11),))
    [finding] = findings(text, quotes=(replace(quote, source_status="absent"),))
    assert finding.startswith("source: without a cue only words in marks that stand free")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Quán O’Hara’ mở cửa", [11]),
        ("Rock 'n' roll", [5, 7]),
        ("Một 'từ' thôi", []),
        ("Hè ’90\nvà hè ’91", [3, 13]),
        ("“Không”", []),
    ],
)
def test_apostrophes_need_no_record(text: str, places: list[int]) -> None:
    assert sorted(apostrophes(text)) == places
    assert (findings(text) == []) is (text not in ("Một 'từ' thôi", "“Không”"))


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("những năm qua", "PXY"),
        ("những tháng tới", "PXM"),
        ("vài ngày", "PXD"),
        ("Khoảng một vài giờ", "PTXH"),
        ("hàng chục năm", "PXY"),
        ("nhiều thập kỷ", "PXDE"),
        ("ngày thứ tư", "XXXX"),
        ("hiện nay", "PRESENT_REF"),
        ("hàng năm", None),
        ("những năm 1990", None),
        ("10 năm qua", None),
        ("hôm thứ Tư", None),
        ("ngày nay", None),
    ],
)
def test_lengths_without_a_number_are_vague(words: str, value: str | None) -> None:
    assert vague_value(words) == value


def dated(text: str, words: str, value: str, *, anchor: str = "", **more: Any) -> list[str]:
    return findings(text, anchor, dates=(Date(**at(text, words), value=value, **more),))


def test_a_day_of_the_week_has_its_number() -> None:
    text = "Hôm thứ Tư, trời mưa."
    assert dated(text, "Hôm thứ Tư", "XXXX-WXX-3", type="DATE") == []
    [finding] = dated(text, "Hôm thứ Tư", "XXXX-WXX-4", type="DATE")
    assert finding == "timex: 'Hôm thứ Tư' is day 3 of the week; XXXX-WXX-4 is day 4"
    anchored = {"type": "DATE", "anchor": "2024-05-06"}
    assert dated(text, "Hôm thứ Tư", "2024-05-08", **anchored) == []
    [finding] = dated(text, "Hôm thứ Tư", "2024-05-09", **anchored)
    assert finding.endswith("2024-05-09 is day 4")


def test_the_fourth_day_and_wednesday_have_the_same_words() -> None:
    text = "Ngày thứ tư, họ về."
    assert dated(text, "Ngày thứ tư", "XXXX", type="DATE", vague=True) == []
    assert dated(text, "Ngày thứ tư", "XXXX-WXX-3", type="DATE") == []
    [finding] = dated(text, "Ngày thứ tư", "XXXX-WXX-3", type="DATE", vague=True)
    assert finding == "vague: 'Ngày thứ tư' has the value XXXX, not XXXX-WXX-3"


@pytest.mark.parametrize(
    ("words", "value", "found"),
    [
        ("đêm", "TNI", []),
        ("đêm đó", "XXXX-XX-XXTNI", []),
        ("buổi sáng", "TMO", []),
        ("buổi sáng", "XXXX-XX-XXTMO", ["timex: 'buổi sáng' alone has the value TMO, not"]),
        ("cả đêm", "TNI", ["edge-outside: 'cả' before the expression stands outside it"]),
    ],
)
def test_a_part_of_the_day_alone_has_its_bare_value(
    words: str, value: str, found: list[str]
) -> None:
    given = dated(f"Mưa suốt {words}.", words, value, type="TIME")
    assert [message[: len(start)] for message, start in zip(given, found, strict=True)] == found


@pytest.mark.parametrize(
    ("content", "cue", "outside"),
    [
        ("Một ‘hai’ ba’90", "nói", []),
        ("Một ‘hai’ ba’90.", "nói", ["."]),
        ("“Một", "nói", ["“"]),
        ("rằng “Một", "nói", ["rằng"]),
        (", rằng “Một", "nói", [","]),
        ("Một", "đã nói", ["đã"]),
        ("Một", "tiếp tục nói", ["tiếp tục"]),
        ("Một", "tiếp tục", []),
    ],
)
def test_edges_of_contents_and_cues(content: str, cue: str, outside: list[str]) -> None:
    text = "Cô đã tiếp tục nói, rằng “Một ‘hai’ ba’90.”"
    if cue == "đã nói":
        text = text.replace("đã tiếp tục", "đã")
    source = Span(**at(text, "Cô"))
    quote = Quote(
        id="q1",
        content=(Span(**at(text, content)),),
        cue=(Span(**at(text, cue)),),
        source=source,
        source_status="pronoun",
    )
    found = [f.split("'")[1] for f in findings(text, quotes=(quote,)) if "edge-outside" in f]
    assert found == outside


def test_a_page_without_a_day_gives_no_year_that_it_does_not_print() -> None:
    text = "Ngày 12/10, tại Hội An. Năm 2015, trời mưa."
    assert dated(text, "Ngày 12/10", "XXXX-10-12", type="DATE") == []
    assert dated(text, "Năm 2015", "2015", type="DATE") == []
    [finding] = dated(text, "Ngày 12/10", "2018-10-12", type="DATE")
    assert finding.startswith("timex: value 2018-10-12 has a year that the page does not print")
    assert dated(text, "Ngày 12/10", "2018-10-12", type="DATE", anchor="2018-10-13") == []
