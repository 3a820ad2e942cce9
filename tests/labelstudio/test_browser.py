"""The labelling page in a real browser: each action gives exactly one change of the labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from annotator import Site
from changed import only_change
from conftest import need_label_studio
from vinewsie.formats.label_studio.config import ALL, PAGES
from vinewsie.formats.label_studio.page import canonical
from vinewsie.formats.label_studio.tasks import document_of, result_of, to_task
from vinewsie.labelstudio import browser, server
from vinewsie.labelstudio.client import Client
from vinewsie.labelstudio.server import LabelStudioError
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
        yield Site(running, project, opened, TEXT, REGISTRY)


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
    # Under the mouse, the edge of the selected span stays a line, and covers no letter.
    page.locator(".__resize_left").first.hover(force=True)
    assert (
        page.evaluate(
            "() => getComputedStyle(document.querySelector('.__resize_left'), ':before').width"
        )
        == "2px"
    )
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
    # The buttons and marks of the list of regions end within it, however long the words.
    ends = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.lsf-outliner-item__controls')]"
        ".map(item => item.getBoundingClientRect().right))"
    )
    rows = page.evaluate(
        "() => new Set([...document.querySelectorAll('.vn-labels .lsf-label')]"
        ".map(label => label.offsetTop)).size"
    )
    page.get_by_text("Cách gán nhãn và phím tắt").click()
    page.locator(".vn-key").first.wait_for()
    too_wide = page.evaluate(
        "() => [...document.querySelectorAll('.vn-key h4')]"
        ".filter(key => key.scrollWidth > key.clientWidth).map(key => key.textContent)"
    )
    page.set_viewport_size(before or {"width": 1600, "height": 1000})
    assert too_wide == []
    assert rows <= (4 if layers == ALL else 2)
    assert boxes["text"]["width"] >= 700
    assert boxes["fields"]["x"] >= boxes["text"]["x"] + boxes["text"]["width"]
    assert boxes["fields"]["x"] + boxes["fields"]["width"] <= boxes["list"]["x"]
    assert 0 <= boxes["fields"]["y"] < 200
    assert boxes["list"]["x"] < ends <= width


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


def test_an_entity_is_found_by_another_name(site: Site) -> None:
    known = RegistryEntry(
        entity_id="phan", type="PER", name_vi="Phan", name_en="Phan", aliases=("Ông Phan Lau",)
    )
    site.registry = {"phan": known}
    number = site.send(labelled())
    site.take("2")
    site.drag("mở cửa")
    page = site.editor.page
    unsigned = page.locator(".vn-unsigned:visible")
    assert unsigned.inner_text() == "chưa ai duyệt"
    site.choose("Thực thể", "Phan Lau", "Ông Phan Lau")
    [(_, _, _, entity)] = site.changes(number, labelled())
    assert (entity.type, entity.entity_id) == ("ORG", "phan")


# What goes wrong


def test_an_unchanged_page_has_nothing_to_save(site: Site) -> None:
    site.send(labelled())
    with pytest.raises(LabelStudioError, match="nothing was changed"):
        site.editor.save()
