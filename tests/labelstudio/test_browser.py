"""The labelling page in a real browser: each action gives exactly one change of the labels."""

from __future__ import annotations

import contextlib
import csv
import json
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from click.testing import Result

import vinewsie as vn
from changed import only_change
from conftest import need_label_studio
from vinewsie.annotations import store
from vinewsie.formats.label_studio.config import ALL, PAGES
from vinewsie.formats.label_studio.page import canonical
from vinewsie.formats.label_studio.tasks import document_of, result_of, to_task
from vinewsie.labelstudio import browser, server
from vinewsie.labelstudio.browser import Editor
from vinewsie.labelstudio.client import Client, LabellingTask, Project
from vinewsie.labelstudio.server import LabelStudioError, Server
from vinewsie.model import Date, Document, Entity, Mark, Quote, RegistryEntry, Segment, Span

pytestmark = pytest.mark.label_studio

NFD = unicodedata.normalize("NFD", "Nguyễn Thị Mười")
TEXT = f"""“Chợ  họp  sớm,” bà {NFD} nói ở\u00a0Bến\u00a0Lau.

Ngày mai 🌾🛶 ông Tư Đờn\tvề xóm Cồn <Mới> & Cù\u200blao.
  « Một », ‹ hai ›, „ba“, "bốn", 'năm', ‘sáu’, ‛bảy’, ‟tám” và “chín.
👩‍🌾 Hợp tác xã 🌾 Lúa Vàng mở cửa năm 2031.
"""
REGISTRY = {
    key: RegistryEntry(entity_id=key, type=type_, name_vi=name, name_en=name)
    for key, type_, name in (
        ("nguyen-thi-muoi", "PER", "Nguyễn Thị Mười"),
        ("tu-don", "PER", "Tư Đờn"),
        ("ben-lau", "LOC", "Bến Lau"),
    )
}


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start=start, end=start + len(words))


def at(words: str) -> dict[str, Any]:
    place = span(words)
    return {"start": place.start, "end": place.end, "text": words}


def labelled() -> Document:
    """Labels on all that is odd in the text: nested, crossing and identical spans, emoji before and
    inside, marks of every kind.
    """
    entities = [
        Entity(id="e1", **at(NFD), type="PER", entity_id="nguyen-thi-muoi"),
        Entity(id="e2", **at("Bến\u00a0Lau"), type="LOC", entity_id="ben-lau"),
        Entity(
            id="e3",
            **at("🌾🛶 ông Tư Đờn\tvề"),
            type="MISC",
            entity_id="tu-don",
            alternates=(span("Tư Đờn"), span("ông Tư Đờn")),
        ),
        Entity(
            id="e4", **at("Đờn\tvề xóm Cồn <Mới> & Cù\u200blao"), type="LOC", entity_id="ben-lau"
        ),
        Entity(id="e5", **at("<Mới> & Cù\u200blao"), type="GPE", entity_id="ben-lau"),
        Entity(id="e6", **at("<Mới> & Cù\u200blao"), type="ORG", entity_id="ben-lau"),
        Entity(
            id="e7",
            **at("👩‍🌾 Hợp tác xã 🌾 Lúa Vàng"),
            type="ORG",
            entity_id="tu-don",
            human_verified=True,
        ),
    ]
    dates = [
        Date(id="d1", **at("Ngày mai"), type="DATE", value="2031-05-07"),
        Date(id="d2", **at("năm 2031"), type="DATE", value="2031", mod="APPROX", vague=True),
    ]
    marks = [
        Mark(
            id=f"m{i}",
            **at(words),
            open=o,
            close=c,
            status=status,
            function="scare",
            origin="agreed",
        )
        for i, (words, o, c, status) in enumerate(
            [
                (" Một ", "«", "»", "balanced"),
                (" hai ", "‹", "›", "balanced"),
                ("ba", "„", "“", "balanced"),
                ("bốn", '"', '"', "balanced"),
                ("sáu", "‘", "’", "balanced"),
                ("bảy", "‛", "’", "balanced"),
                ("tám", "‟", "”", "balanced"),
                ("chín", "“", None, "unclosed"),
            ],
            start=2,
        )
    ]
    marks[2] = msgspec.structs.replace(marks[2], start=TEXT.index("„") + 1, end=TEXT.index("„") + 3)
    speech = Mark(
        id="m1",
        **at("Chợ  họp  sớm,"),
        open="“",
        close="”",
        status="balanced",
        function="speech",
        quote="q1",
    )
    quote = Quote(
        id="q1",
        kind="direct",
        content=(span("Chợ  họp  sớm"),),
        cue=(span("nói"),),
        source=span(f"bà {NFD}"),
        source_status="named",
        speakers=("nguyen-thi-muoi", "ben-lau"),
        alternates=((span("Chợ"), span("sớm")),),
    )
    start = TEXT.index("Ngày")
    return Document(
        doc_id="ben-lau",
        text=TEXT,
        segments=(
            Segment(start=0, end=start - 2, zone="headline", item=0, anchor_date="2031-05-06"),
        ),
        entities=tuple(entities),
        dates=tuple(dates),
        marks=(speech, *marks),
        quotes=(quote,),
    )


@dataclass
class Site:
    """A server with a project, and a browser that is logged in to it."""

    running: Server
    project: Project
    editor: Editor

    def send(self, document: Document) -> int:
        """Sends a document and opens its page; gives the number of its task."""
        self.project.import_task(to_task(document, REGISTRY))
        number = max(task.id for task in self.project.tasks())
        self.editor.open(self.project.id, number)
        return number

    def saved(self, number: int) -> LabellingTask:
        """The task as the server has it after Update was pressed."""
        self.editor.save()
        return self.task(number)

    def task(self, number: int) -> LabellingTask:
        """The task as the server has it."""
        [task] = [task for task in self.project.tasks() if task.id == number]
        return task

    def changes(self, number: int, before: Document) -> list[tuple[str, str | None, str, Any]]:
        """Presses Update; every field that then differs, as (layer, id, field, new value), a new or
        deleted record as field "record".
        """
        task = self.saved(number)
        after, findings = document_of(task.data, task.annotations[0].result, before)
        assert findings == []
        assert after is not None
        return only_change(before, after)

    # Actions of an annotator

    def drag(self, words: str) -> None:
        """Marks words with the mouse, and selects the region that this makes."""
        self.draw(words)
        self.click(words)

    def draw(self, words: str) -> None:
        """Marks words with the mouse."""
        before = self.editor.page.evaluate(_REGIONS)
        self._drag(*self._ends(words))
        self.editor.page.wait_for_function(f"before => ({_REGIONS})() > before", arg=before)
        self.settle()

    def drag_edge(self, words: str) -> None:
        """Drags the left edge of the selected region to the beginning of words."""
        handle = self.editor.page.locator(".__resize_left").first.bounding_box()
        assert handle is not None
        edge = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        self._drag(edge, self._ends(words)[0])
        self.settle()

    def _drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        (left, top), (right, bottom) = begin, end
        mouse = self.editor.page.mouse
        mouse.move(left, top)
        mouse.down()
        mouse.move((left + right) / 2, (top + bottom) / 2)
        mouse.move(right, bottom)
        mouse.up()

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[int]]:
        """Counts presses of the mouse and of keys, as the page gets them; a combination of keys is
        one.
        """
        self.editor.page.evaluate(_COUNT)
        effort: list[int] = []
        yield effort
        effort.append(self.editor.page.evaluate("() => window.effort"))

    def click(self, words: str) -> None:
        """Clicks the first letter of words: selects the innermost region there."""
        # Nothing is selected before, so that a region selected earlier is not taken for this one.
        self.editor.page.evaluate("() => Htx.annotationStore.selected.unselectAll()")
        self.editor.page.locator(".ant-select-dropdown:visible").wait_for(state="hidden")
        self._click(words)
        self.editor.page.wait_for_function(_SELECTED)
        self.settle()

    def relate(self, words: str) -> None:
        """Draws a relation from the selected region to the innermost region of words."""
        before = self.editor.page.evaluate(_RELATIONS)
        self.press("Alt+r")
        self._click(words)
        self.editor.page.wait_for_function(f"before => ({_RELATIONS})() > before", arg=before)

    def _click(self, words: str) -> None:
        (left, top), _ = self._ends(words)
        self.editor.page.mouse.click(left + 3, top)

    def leave(self) -> None:
        """Leaves the selected region. Right after a list was closed, the editor may miss a key, and
        on a busy machine it takes a while to draw that nothing is selected.
        """
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        nothing_selected = self.editor.page.get_by_text("View region details")
        for _ in range(10):
            with contextlib.suppress(PlaywrightTimeout):
                nothing_selected.wait_for(timeout=1_000)
                return
            self.press("Escape")
        raise AssertionError("a region is still selected")

    def press(self, key: str) -> None:
        self.editor.page.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        """Waits until the page has drawn its changes, and has nothing left to do."""
        self.editor.page.evaluate(_IDLE)

    def take(self, key: str) -> None:
        """Takes up a label by its key."""
        self.press(key)
        self.editor.page.locator(".lsf-label_selected").wait_for()

    def choose(self, field: str, typed: str, choice: str, *, close: bool = True) -> None:
        """Searches a list under a heading, and clicks what it finds."""
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        page = self.editor.page
        control = page.locator(f".vn-field:has(h4:text-is('{field}')) .ant-select:visible")
        found = page.locator(".ant-select-dropdown:visible")
        chosen = control.get_by_text(choice)
        for _ in range(3):  # the list is drawn anew while it is searched, and may miss a click
            control.click()
            found.locator("input").first.press_sequentially(typed)
            page.evaluate(_IDLE)
            found.get_by_text(choice).click()
            with contextlib.suppress(PlaywrightTimeout):
                chosen.wait_for(timeout=8_000)
                break
            page.keyboard.press("Escape")
        chosen.wait_for()
        if close:
            self.press("Escape")

    def _ends(self, words: str) -> tuple[tuple[float, float], tuple[float, float]]:
        place = span(words)
        ends: list[list[float]] = self.editor.page.evaluate(_ENDS, [place.start, place.end])
        return (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])


_IDLE = """() => new Promise(
    done => requestAnimationFrame(() => setTimeout(() => requestIdleCallback(done)))
)"""
_COUNT = """() => {
    window.effort = 0;
    const held = ['Alt', 'Control', 'Shift', 'Meta'];
    const count = event => {
        if (event.isTrusted && !held.includes(event.key)) window.effort += 1;
    };
    for (const name of ['mousedown', 'keydown']) document.addEventListener(name, count, true);
}"""
_SELECTED = "() => Htx.annotationStore.selected.highlightedNode"
_REGIONS = "() => Htx.annotationStore.selected.regionStore.regions.length"
_RELATIONS = "() => Htx.annotationStore.selected.relationStore.relations.length"
_ENDS = """([start, end]) => {
    const container = document.querySelector('[class*=richtext__container]');
    const shown = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
    const walker = document.createTreeWalker(container, shown);
    const range = document.createRange();
    let offset = 0;  // in code points; a line break is an element
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeName === 'BR') { offset += 1; continue; }
        if (node.nodeType !== Node.TEXT_NODE) continue;
        let unit = 0;
        for (const character of node.data) {
            if (offset === start) range.setStart(node, unit);
            unit += character.length;
            offset += 1;
            if (offset === end) range.setEnd(node, unit);
        }
    }
    range.startContainer.parentElement.scrollIntoView({block: 'center'});
    const boxes = [...range.getClientRects()].filter(box => box.width > 0);
    const [first, last] = [boxes[0], boxes[boxes.length - 1]];
    return [
        [first.left + 1, (first.top + first.bottom) / 2],
        [last.right - 1, (last.top + last.bottom) / 2],
    ];
}"""


@pytest.fixture(scope="session")
def installed_browser() -> None:
    """Skips before a server is started in vain."""
    need_label_studio(browser=True)


@pytest.fixture(scope="module")
def site(installed_browser: None, label_studio_home: Path) -> Iterator[Site]:
    running = server.up(label_studio_home)
    project = Client(running.url, running.token).create_project("browser tests")
    with browser.editor(running.url, server.USER, running.password) as opened:
        opened.page.set_default_timeout(30_000)
        yield Site(running, project, opened)


# Nothing changed


def test_pages_saved_unchanged_are_read_back_byte_for_byte(site: Site, gold: vn.Gold) -> None:
    documents = {document.doc_id: document for document in (*gold.values(), labelled())}
    for document in documents.values():
        site.project.import_task(to_task(document, gold.registry))
    sent = {task.id: task for task in site.project.tasks() if task.doc_id in documents}
    for number in sent:
        site.editor.open(site.project.id, number)
        site.editor.touch()
        site.editor.save()
    for number, before in sent.items():
        after, document = site.task(number), documents[before.doc_id]
        assert len(after.annotations) == 1
        assert after.annotations[0].lead_time is not None
        assert after.annotations[0].updated_at > before.annotations[0].updated_at
        assert canonical(after.annotations[0].result) == canonical(result_of(document))
        came, findings = document_of(after.data, after.annotations[0].result, document)
        assert findings == []
        assert msgspec.json.encode(came) == msgspec.json.encode(document)


# One change each


def test_spans_drawn_with_the_mouse(site: Site) -> None:
    bare = msgspec.structs.replace(labelled(), entities=(), dates=(), marks=(), quotes=())
    drawn = [
        "họp  sớm",
        f"bà {NFD}",
        "ở\u00a0Bến\u00a0Lau",
        "🛶 ông Tư Đờn\tvề",
        "Mới> & Cù\u200blao",
        "« Một », ‹ hai ›, „ba“",
        "xã 🌾 Lúa",
        "năm 2031",
    ]
    number = site.send(bare)
    for words in drawn:
        site.take("2")
        site.drag(words)
        site.choose("Thực thể", "don", "Tư Đờn · tu-don")
        site.leave()
    new = [
        Entity(id=f"e{i}", **at(words), type="ORG", entity_id="tu-don")
        for i, words in enumerate(drawn, start=1)
    ]
    assert site.changes(number, bare) == [
        ("entities", entity.id, "record", entity) for entity in new
    ]


def test_another_label_by_its_key(site: Site) -> None:
    number = site.send(labelled())
    site.click("Bến\u00a0Lau")
    site.press("5")
    assert site.changes(number, labelled()) == [("entities", "e2", "type", "FAC")]


def test_a_region_deleted(site: Site) -> None:
    number = site.send(labelled())
    site.click("Hợp tác xã")
    site.press("Backspace")
    assert site.changes(number, labelled()) == [("entities", "e7", "record", None)]


def test_a_record_signed_off_by_its_key_and_a_layer_by_a_tick(site: Site) -> None:
    number = site.send(labelled())
    site.click("Ngày mai")
    site.press("l")
    site.press("Escape")
    site.editor.page.get_by_role("checkbox", name="trích dẫn").click()
    assert site.changes(number, labelled()) == [
        ("dates", "d1", "human_verified", True),
        ("quotes", "q1", "human_verified", True),
    ]


def test_the_fields_of_a_date(site: Site) -> None:
    number = site.send(labelled())
    site.click("Ngày mai")
    site.choose("Bổ nghĩa", "đầu", "đầu")
    site.editor.page.get_by_text("mơ hồ").click()
    value = site.editor.page.locator(".vn-field:has(h4:text-is('Giá trị'))")
    value.locator("button").first.click()
    value.get_by_test_id("htx-textbox-input").fill("2031-05-08")
    value.get_by_test_id("htx-textbox-input").press("Enter")
    expected = [
        ("dates", "d1", "value", "2031-05-08"),
        ("dates", "d1", "mod", "START"),
        ("dates", "d1", "vague", True),
    ]
    assert site.changes(number, labelled()) == expected


def test_a_quotation_with_its_source_and_speaker(site: Site) -> None:
    number = site.send(labelled())
    site.take("x")
    site.drag("mở cửa")
    site.press("i")
    site.choose("Người phát ngôn", "ben", "Bến Lau · ben-lau")
    site.leave()
    site.take("n")
    site.drag("xã 🌾")
    site.leave()
    site.click("mở cửa")
    site.relate("xã 🌾")
    new = Quote(
        id="q2",
        kind="indirect",
        content=(span("mở cửa"),),
        source=span("xã 🌾"),
        source_status="collective",
        speakers=("ben-lau",),
    )
    assert site.changes(number, labelled()) == [("quotes", "q2", "record", new)]


# How many clicks and keys


def test_a_correct_record_is_signed_off_with_two_clicks_and_keys(site: Site) -> None:
    number = site.send(labelled())
    with site.counted() as effort:
        site.click("Ngày mai")
        site.press("l")
    assert effort == [2]
    assert site.changes(number, labelled()) == [("dates", "d1", "human_verified", True)]


def test_a_boundary_is_corrected_with_a_click_and_a_drag(site: Site) -> None:
    number = site.send(labelled())
    with site.counted() as effort:
        site.click("năm 2031")
        site.drag_edge("cửa năm 2031")
    assert effort == [2]
    wider = span("cửa năm 2031")
    assert site.changes(number, labelled()) == [
        ("dates", "d2", "start", wider.start),
        ("dates", "d2", "text", "cửa năm 2031"),
    ]


def test_a_quotation_with_cue_source_and_speaker_in_fourteen_clicks_and_keys(site: Site) -> None:
    """Parts first: each is selected when it is drawn, so Escape comes before the next label. They
    need no relation, since no other quotation of the line is without a cue and a source.
    """
    number = site.send(labelled())
    with site.counted() as effort:
        for key, words in (("b", "mở cửa"), ("n", "xã 🌾")):
            site.take(key)
            site.draw(words)
            site.press("Escape")
        site.take("x")
        site.draw("Lúa Vàng")
        site.press("i")
        site.choose("Người phát ngôn", "ben", "Bến Lau · ben-lau", close=False)
    assert effort == [14]
    new = Quote(
        id="q2",
        kind="indirect",
        content=(span("Lúa Vàng"),),
        cue=(span("mở cửa"),),
        source=span("xã 🌾"),
        source_status="collective",
        speakers=("ben-lau",),
    )
    task = site.saved(number)
    after, findings = document_of(task.data, task.annotations[0].result, labelled())
    assert after is not None
    assert [finding.severity for finding in findings] == ["warning", "warning"]
    assert only_change(labelled(), after) == [("quotes", "q2", "record", new)]


def test_a_new_region_is_selected_and_the_list_shows_it(site: Site) -> None:
    site.send(labelled())
    site.take("2")
    site.draw("mở cửa")
    page = site.editor.page
    assert page.evaluate("() => Htx.annotationStore.selected.highlightedNode.text") == "mở cửa"
    page.locator(".lsf-outliner-item:visible").get_by_text("mở cửa").wait_for()


@pytest.mark.parametrize("layers", [*PAGES.values(), ALL], ids=lambda layers: layers[0])
@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_page_shows_labels_fields_and_text_beside_one_another(
    site: Site, gold: vn.Gold, layers: tuple[str, ...], width: int
) -> None:
    client = site.project.client
    project = client.create_project(f"look {layers[0]} {width}", layers)
    document = gold["baoquocte-20231012"]
    project.import_task(to_task(document, gold.registry, layers))
    page = site.editor.page
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    site.editor.open(project.id, project.tasks()[0].id)
    names = {"entities": "phương Tây", "marks": "thúc đẩy mối quan hệ song phương"}
    page.locator(".htx-highlight").get_by_text(names[layers[0]], exact=True).first.click()
    page.locator(".vn-field:visible").first.wait_for()
    boxes: dict[str, Any] = {
        name: page.locator(place).first.bounding_box() or {}
        for name, place in (
            ("text", "[class*=richtext__container]"),
            ("fields", ".vn-fields"),
            ("labels", ".vn-labels"),
            ("list", ".lsf-tabs-panel_alignment_right"),
        )
    }
    rows = page.evaluate(
        "() => new Set([...document.querySelectorAll('.vn-labels .lsf-label')]"
        ".map(label => label.offsetTop)).size"
    )
    page.set_viewport_size(before or {"width": 1600, "height": 1000})
    assert rows <= (4 if layers == ALL else 2)
    assert boxes["text"]["width"] >= 700
    assert boxes["fields"]["x"] >= boxes["text"]["x"] + boxes["text"]["width"]
    assert boxes["fields"]["x"] + boxes["fields"]["width"] <= boxes["list"]["x"]
    assert 0 <= boxes["fields"]["y"] < 200


def test_typing_into_a_list_is_no_labelling(site: Site) -> None:
    number = site.send(labelled())
    site.click("Bến\u00a0Lau")
    page = site.editor.page
    page.locator(".vn-field:has(h4:text-is('Thực thể')) .ant-select:visible").click()
    page.keyboard.type("qwer1234asdf")
    site.press("Escape")
    page.keyboard.press("Escape")
    site.click("Hợp tác xã")
    site.press("5")
    assert site.changes(number, labelled()) == [("entities", "e7", "type", "FAC")]


# What goes wrong


def test_an_unchanged_page_has_nothing_to_save(site: Site) -> None:
    site.send(labelled())
    with pytest.raises(LabelStudioError, match="nothing was changed"):
        site.editor.save()


def test_a_missing_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setenv(browser.BROWSER, "/nowhere/chromium")
    with pytest.raises(
        LabelStudioError,
        match=r"no browser: install .*, or give the path of one in .*VINEWSIE_BROWSER",
    ):
        browser.open_and_update("http://127.0.0.1:9", 1, [1], "a", "b")


def test_a_missing_server() -> None:
    need_label_studio(browser=True)
    with pytest.raises(LabelStudioError, match=r"could not work with http://127.0.0.1:9"):
        browser.open_and_update("http://127.0.0.1:9", 1, [1], "a", "b")


# The way of an hour

STORY = """Đà Nẵng mở lại cầu Sông Bạc

Hôm 5/5, bà Trần Thị Mơ nói: “Cầu đã an toàn.”
Ông Lê Văn Tám cho biết xe tải chưa được qua cầu.
"""
DOC = "story-20240506"
SECOND, PASSWORD = "lan@example.org", "mot-hai-ba-bon-5"


@dataclass
class Reader(Site):
    """A browser on the pages of the story."""

    def turn_to(self, project: Project) -> int:
        """Opens the page of the story in a project; gives the number of its task."""
        self.project = project
        [task] = project.tasks()
        self.editor.open(project.id, task.id)
        return task.id

    def sign_layer(self, name: str) -> None:
        """Ticks the sign-off of a whole layer."""
        self.leave()
        self.editor.page.get_by_role("checkbox", name=name).click()
        self.settle()

    def annotate_anew(self) -> None:
        """Begins an annotation beside that of another annotator."""
        self.editor.page.get_by_label("Create an annotation").click()
        self.editor.page.wait_for_function(f"() => ({_REGIONS})() === 0")
        self.settle()

    def regions(self) -> int:
        """The number of regions in the page."""
        count: int = self.editor.page.evaluate(_REGIONS)
        return count

    def _ends(self, words: str) -> tuple[tuple[float, float], tuple[float, float]]:
        start = STORY.index(words)
        ends: list[list[float]] = self.editor.page.evaluate(_ENDS, [start, start + len(words)])
        return (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])


@contextmanager
def reading(running: Server, project: Project, user: str, password: str) -> Iterator[Reader]:
    """A browser of one annotator."""
    with browser.editor(running.url, user, password) as opened:
        opened.page.set_default_timeout(30_000)
        yield Reader(running, project, opened)


def sign_up(running: Server) -> None:
    """Makes the account of a second annotator, by the invitation of the server's user."""
    headers = {"Authorization": f"Token {running.token}"}
    link = requests.get(f"{running.url}/api/invite", headers=headers, timeout=60).json()
    token = urllib.parse.parse_qs(urllib.parse.urlparse(link["invite_url"]).query)["token"]
    session = requests.Session()
    page = f"{running.url}/user/signup/?token={token[0]}"
    session.get(page, timeout=60)
    form = {"email": SECOND, "password": PASSWORD, "how_find_us": "Other"}
    form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    session.post(page, data=form, headers={"Referer": page}, timeout=60).raise_for_status()


def test_an_article_from_text_to_score(
    cli: Callable[..., Result], label_studio_home: Path, tmp_path: Path
) -> None:
    need_label_studio(browser=True)
    running = server.up(label_studio_home)
    mine, story = tmp_path / "mine", tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8", newline="\n")
    on_server = ("--folder", label_studio_home, "--project", "way", "--annotations", mine)
    pull = ("label-studio", "pull", *on_server, "--lang", "en")

    def done(*arguments: object) -> Result:
        result = cli(*arguments)
        assert result.exit_code == 0, result.output
        return result

    def gold() -> Document:
        read = store.read(mine)
        assert read.findings == []
        return read.documents[DOC]

    # The text, with proposals, and the two pages.
    done("new-article", story, "--anchor", "2024-05-06", "--annotations", mine, "-e", "rules")
    done("label-studio", "push", *on_server, "--from", "rules")
    names, quotations = Client(running.url, running.token).pages_of("way")
    proposed = store.read(mine).passes["rules"][DOC]

    with reading(running, names, server.USER, running.password) as page:
        number = page.turn_to(names)
        page.click("cầu")  # another type
        page.press("4")
        page.leave()
        page.take("4")  # a nested name, of an entity that is typed as a name
        page.drag("Sông Bạc")
        entity = page.editor.page.locator(".vn-field:has(h4:text-is('Thực thể'))")
        field = entity.locator("form").locator("input, textarea")
        field.last.fill("Sông Bạc")
        field.last.press("Enter")
        page.settle()
        page.click("Đà Nẵng")  # deleted by mistake, and taken back
        before = page.regions()
        page.press("Backspace")
        assert page.regions() == before - 1
        page.press("Control+z")
        assert page.regions() == before
        page.sign_layer("thực thể có tên")
        page.saved(number)
        # Reloaded, the page has what was saved; one date is signed off and saved again.
        page.turn_to(names)
        assert page.regions() == before
        page.click("Hôm 5/5")
        page.press("l")
        page.saved(number)
        unread = cli(*pull)
        assert (unread.exit_code, "has no annotation" in unread.stderr) == (1, True)
        # The other page: a source is deleted, drawn and related again.
        number = page.turn_to(quotations)
        page.click("Ông Lê Văn Tám")
        page.press("Backspace")
        page.take("n")
        page.drag("Ông Lê Văn Tám")
        page.leave()
        page.click("xe tải")
        page.relate("Ông Lê Văn Tám")
        page.sign_layer("dấu ngoặc kép")
        page.saved(number)

    unread = cli(*pull)
    assert "proposals that nobody has changed or signed off: quotes 1" in unread.stderr
    with reading(running, quotations, server.USER, running.password) as page:
        page.turn_to(quotations)
        page.click("Cầu đã")
        page.press("l")
        page.saved(number)
    pulled = done(*pull)
    assert "new in entities.csv: song-bac (LOC, “Sông Bạc”)" in pulled.stderr
    assert "proposals of entities: 3 accepted as they were (3 of them unread, by" in pulled.stdout
    assert "proposals of quotes: 1 accepted as they were, 1 changed, 0 new" in pulled.stdout
    arrived = [
        change
        for change in only_change(proposed, gold())
        if change[2] not in ("origin", "human_verified")
    ]
    [nested] = [entity for entity in gold().entities if entity.text == "Sông Bạc"]
    assert arrived == [
        ("entities", "e2", "type", "LOC"),
        ("entities", nested.id, "record", nested),
    ]
    start = STORY.index("Sông Bạc")
    assert nested == Entity(
        id="e5",
        start=start,
        end=start + 8,
        text="Sông Bạc",
        type="LOC",
        entity_id="song-bac",
        origin="adjudicated",
        human_verified=True,
    )
    # A type that is changed later, against the registry: refused, or retyped.
    with reading(running, names, server.USER, running.password) as page:
        number = page.turn_to(names)
        page.click("Sông Bạc")
        page.press("5")
        page.saved(number)
    refused = cli(*pull)
    assert "registry-type: FAC “Sông Bạc”" in refused.stderr
    assert "&region=" in refused.stderr
    done(*pull, "--retype")
    assert gold().entities[2].type == "FAC"

    # A second annotator, whose pass is adjudicated with that of the first one.
    sign_up(running)
    with reading(running, names, SECOND, PASSWORD) as page:
        number = page.turn_to(names)
        page.annotate_anew()
        page.take("3")
        page.drag("Đà Nẵng")
        page.choose("Thực thể", "da-n", "da-nang")
        page.saved(number)
        number = page.turn_to(quotations)
        page.annotate_anew()
        page.take("s")
        page.drag("Cầu đã an toàn.")
        page.saved(number)
    both = ("--pass", f"first={server.USER}", "--pass", f"second={SECOND}")
    done(*pull, *both)
    settled = gold()
    done("adjudicate", "first", "second", "--annotations", mine)
    sheet = mine / "adjudication-task.jsonl"
    lines = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    assert {line["layer"] for line in lines} == {"entities", "dates", "marks", "quotes"}
    sheet.write_text(
        "".join(
            json.dumps({**line, "decision": "first", "reason": "guidelines"}) + "\n"
            for line in lines
        ),
        encoding="utf-8",
    )
    done("adjudicate", "first", "second", "--annotations", mine, "--apply")
    assert only_change(settled, gold()) == []

    done("build", "--annotations", mine, "-o", tmp_path / "set")
    scored = done(
        "score",
        "-e",
        "rules",
        "--gold",
        tmp_path / "set",
        "-m",
        "entities.strict",
        "--format",
        "csv",
    )
    [row] = csv.DictReader(scored.stdout.splitlines())
    assert float(row["recall"]) == pytest.approx(3 / 5)
