"""Changes between two states of gold: decisions, origins and sign-offs that follow from them."""

from __future__ import annotations

from typing import Any

import msgspec

from vinewsie.annotations import signoff
from vinewsie.annotations.changes import changes, summary
from vinewsie.annotations.origins import decided
from vinewsie.annotations.signoff import SignOff
from vinewsie.messages import in_language
from vinewsie.model import Date, Document, Entity, Quote, Span

TEXT = "Hoa ở Huế\nhôm nay 6/5"


def entity(id_: str, start: int, end: int, **fields: Any) -> Entity:
    given = {"text": TEXT[start:end], "type": "PER", "origin": "agreed", **fields}
    return Entity(id=id_, start=start, end=end, **given)


DATE = Date(id="d1", start=10, end=21, text=TEXT[10:21], type="DATE", origin="agreed")
BEFORE = Document(doc_id="d", text=TEXT, entities=(entity("e1", 0, 3), entity("e2", 6, 9)))
AFTER = Document(
    doc_id="d",
    text=TEXT,
    entities=(entity("e1", 0, 3, human_verified=True), entity("e2", 6, 9, type="GPE")),
    dates=(DATE,),
)


def test_changes_are_found_by_id() -> None:
    found = changes(BEFORE, AFTER)
    assert [(c.layer, c.id, c.kind, c.fields) for c in found] == [
        ("entities", "e1", "changed", ["human_verified"]),
        ("entities", "e2", "changed", ["type"]),
        ("dates", "d1", "added", []),
    ]
    assert str(found[1]) == "entities e2 “Huế” changed: type"
    assert summary(found) == "entities ~2, dates +1"
    assert summary(changes(AFTER, BEFORE)) == "entities ~2, dates -1"
    assert (changes(AFTER, AFTER), summary([])) == ([], "")


def test_changes_name_the_words_and_speak_vietnamese() -> None:
    [first, second, date] = changes(BEFORE, AFTER)
    assert in_language(second.message, "vi") == "thực thể có tên e2 “Huế” đã sửa: loại"
    assert in_language(summary([first, second, date]), "vi") == (
        "thực thể có tên ~2, biểu thức thời gian +1"
    )
    content = (Span(start=0, end=3), Span(start=10, end=17))
    quote = Quote(id="q1", kind="indirect", content=content)
    quoted = msgspec.structs.replace(BEFORE, quotes=(quote,))
    [added] = changes(BEFORE, quoted)
    [removed] = changes(quoted, BEFORE)
    assert str(added) == "quotes q1 “Hoa … hôm nay” added"
    assert in_language(removed.message, "vi") == "trích dẫn q1 “Hoa … hôm nay” đã xoá"


def test_a_sign_off_is_no_decision_and_other_changes_are() -> None:
    document, lines = decided(BEFORE, AFTER, "hoa@example.org", "2024-05-06")
    assert [(line.layer, line.line, line.outcome, line.decision) for line in lines] == [
        ("entities", 1, "changed", ("e2",)),
        ("dates", 2, "added", ("d1",)),
    ]
    assert lines[0].passes == {
        "gold": {"id": "e2", "type": "PER"},
        "page": {"id": "e2", "type": "GPE"},
    }
    assert lines[1].passes["gold"] is None
    assert {"origin", "human_verified", "text"}.isdisjoint(lines[1].passes["page"])
    assert {line.reason for line in lines} == {
        "decided in the labelling page by hoa@example.org on 2024-05-06"
    }
    assert [e.origin for e in document.entities] == ["agreed", "adjudicated"]
    assert [d.origin for d in document.dates] == ["adjudicated"]


def test_a_removed_record_leaves_a_decision_without_record() -> None:
    document, (line, *_) = decided(AFTER, msgspec.structs.replace(AFTER, dates=()), "x", "y")
    assert (line.outcome, line.decision, line.passes["page"]) == ("removed", (), None)
    assert document.dates == ()


def test_a_sign_off_is_valid_while_its_record_is_unchanged() -> None:
    signed = signoff.updated([], BEFORE, AFTER, "hoa", "day 1")
    assert signed == [SignOff(doc_id="d", layer="entities", id="e1", by="hoa", on="day 1")]
    assert signoff.updated(signed, AFTER, AFTER, "nam", "day 2") == signed
    moved = msgspec.structs.replace(AFTER, entities=(entity("e1", 0, 2, human_verified=True),))
    assert [(s.by, s.on) for s in signoff.updated(signed, AFTER, moved, "nam", "day 2")] == [
        ("nam", "day 2")
    ]
    assert signoff.updated(signed, AFTER, BEFORE, "nam", "day 2") == []
