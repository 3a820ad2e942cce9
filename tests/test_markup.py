"""The views of a notebook: everything that is text stays text."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie import markup
from vinewsie.markup import MarkedSpan

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&</div></style>\u202egnp.exe\x1b[31m"
)


class Collected(HTMLParser):
    """The names of the elements, their attributes, and the text outside the style."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def hostile() -> vn.Document:
    return vn.Document(
        doc_id=HOSTILE,
        text=HOSTILE,
        segments=(vn.Segment(start=0, end=25, zone=HOSTILE),),
        entities=(vn.Entity(start=0, end=8, type=HOSTILE), vn.Entity(start=4, end=30, type="PER")),
        dates=(vn.Date(start=3, end=9, type="DATE", value=HOSTILE),),
        marks=(vn.Mark(start=2, end=20, function=HOSTILE),),
        quotes=(
            vn.Quote(
                kind=HOSTILE,
                content=(vn.Span(start=1, end=12), vn.Span(start=20, end=40)),
                speakers=(HOSTILE,),
            ),
        ),
    )


def views() -> dict[str, str]:
    document = hostile()
    gold = vn.Gold({HOSTILE: document})
    result = vn.score([{"doc_id": HOSTILE, "entities": []}], gold, resamples=0)
    shown: dict[str, Any] = {"document": document, "result": result, "errors": result.errors}
    return {name: value._repr_html_() for name, value in shown.items()}


@pytest.mark.parametrize("name", ["document", "result", "errors"])
def test_hostile_texts_are_shown_and_do_nothing(name: str) -> None:
    source = views()[name]
    page = Collected(source)
    assert page.open == []
    assert not {"script", "img", "a", "iframe", "link"} & set(page.names)
    assert page.attributes <= {"class"}
    assert "\u202e" not in source
    assert "\x1b" not in source
    if name != "result":
        assert "<script>alert(1)</script>" in page.text
        assert "U+202E" in page.text


def test_a_document_shows_every_line_with_its_labels(gold: vn.Gold) -> None:
    document = gold["epochtimes-vn-20220815"]
    page = Collected(document._repr_html_())
    for word in ("KCNA", "ORG", "2022-08-15", "indirect by kcna", "headline"):
        assert word in page.text
    assert page.names.count("p") == len(document.segments) + 1


def test_a_document_without_segments_or_labels_has_its_text() -> None:
    page = Collected(vn.Document(doc_id="d", text="Một\nhai")._repr_html_())
    assert "Một" in page.text
    assert "no labels" in page.text
    assert "br" in page.names


def test_a_result_shows_its_scores_and_signatures() -> None:
    result = vn.score([], resamples=0)
    text = Collected(result._repr_html_()).text
    assert "predictions on ViNewsIE" in text
    for name in result:
        assert name in text
        assert result.signature_of(name) in text


def test_many_errors_are_counted_and_the_first_are_shown() -> None:
    result = vn.score([], measures=["entities.strict"], resamples=0)
    page = Collected(result.errors._repr_html_())  # type: ignore[attr-defined]
    assert "326 errors, the first 20:" in page.text
    assert page.names.count("tr") == 21


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
)
def test_marking_keeps_the_text_whatever_nests_or_crosses(
    text: str, ends: list[tuple[int, int]]
) -> None:
    spans = [MarkedSpan(min(pair), max(pair), "gold", "") for pair in ends]
    page = Collected(markup.marked(text, spans))
    assert page.open == []
    assert page.text == Collected(markup.shown(text)).text


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs"])))
def test_texts_are_escaped_as_by_the_library(text: str) -> None:
    assert markup.shown(text) == html.escape(text)


def test_nothing_depends_on_the_theme() -> None:
    """A notebook's theme is not that of the browser, so colours are laid over it."""
    style = re.search(r"<style>(.*?)</style>", markup.view(""), re.DOTALL)
    assert style is not None
    assert "prefers-color-scheme" not in style[1]
    assert "url(" not in style[1]
    assert not re.search(r"(?<!border-)(?<!-)\bcolor:(?!inherit)", style[1])
