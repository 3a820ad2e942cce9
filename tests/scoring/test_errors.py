"""Errors name the record that they are about: a prediction that is off, or a gold record."""

from __future__ import annotations

import vinewsie as vn

TEXT = "Bà Hoa ở Huế nói trời đẹp, rồi nói tiếp gió lặng."


def test_a_boundary_error_names_the_prediction() -> None:
    mention = vn.Entity(id="e1", start=3, end=6, type="PER")
    document = vn.Document(doc_id="d", text=TEXT, entities=(mention,))
    prediction = {"doc_id": "d", "entities": [{"id": "p7", "start": 0, "end": 6, "type": "PER"}]}
    result = vn.score([prediction], vn.Gold({"d": document}), measures=["entities.partial"])
    [error] = result.errors
    assert (error["error"], error["id"], error["text"]) == ("boundary", "p7", "Bà Hoa")
    assert error["spans"] == [[0, 6]]


def test_a_wrong_accuracy_names_the_gold_record() -> None:
    content = (vn.Span(start=17, end=25), vn.Span(start=40, end=48))
    gold = vn.Quote(id="q1", kind="direct", content=content, speakers=())
    document = vn.Document(doc_id="d", text=TEXT, quotes=(gold,))
    spans = [{"start": span.start, "end": span.end} for span in content]
    prediction = {"doc_id": "d", "quotes": [{"id": "p1", "kind": "indirect", "content": spans}]}
    result = vn.score([prediction], vn.Gold({"d": document}), measures=["quotes.kind"])
    [error] = result.errors
    assert (error["error"], error["id"]) == ("wrong", "q1")
    assert error["text"] == "trời đẹp … gió lặng"
