"""An annotator at the labelling page, in a real browser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from changed import only_change
from vinewsie.formats.label_studio.tasks import document_of, to_task
from vinewsie.labelstudio.browser import Editor
from vinewsie.labelstudio.client import LabellingTask, Project
from vinewsie.labelstudio.server import Server
from vinewsie.model import Document, RegistryEntry


@dataclass
class Site:
    """A server with a project, and a browser that is logged in to it.

    Args:
        running: the server.
        project: the project.
        editor: the browser.
        text: the text of the open page.
        registry: the registry of documents that are sent.
    """

    running: Server
    project: Project
    editor: Editor
    text: str
    registry: Mapping[str, RegistryEntry] = field(default_factory=dict)

    def send(self, document: Document) -> int:
        """Sends a document and opens its page; gives the number of its task."""
        self.project.import_task(to_task(document, self.registry))
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
        before = self.regions()
        self._drag(*self._ends(words))
        self.editor.page.wait_for_function(f"before => ({REGIONS})() > before", arg=before)
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

    def regions(self) -> int:
        """The number of regions in the page."""
        count: int = self.editor.page.evaluate(REGIONS)
        return count

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
        start = self.text.index(words)
        ends: list[list[float]] = self.editor.page.evaluate(_ENDS, [start, start + len(words)])
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
REGIONS = "() => Htx.annotationStore.selected.regionStore.regions.length"
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
