"""The pictures of the documents: ``python tests/pictures.py`` makes them from real results.

What commands print in a terminal is SVG; the page of a result is what Chromium or Chrome draws, as
PNG. Beside them, ``sources.json`` has the sha256 of the text that each shows (of the page, also of
its style); ``test_pictures.py`` compares it with that of now.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from itertools import islice
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console, ConsoleRenderable, RichCast
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

import vinewsie as vn
from vinewsie.extractors import running
from vinewsie.labelstudio.browser import BROWSER, NAMES
from vinewsie.report import error_list
from vinewsie.report.cases import view_of
from vinewsie.report.page import page
from vinewsie.report.text import error_commands, score_report

FOLDER = Path(__file__).parents[1] / "annotations" / "pictures"
SOURCES = FOLDER / "sources.json"
FORMAT: str = inspect.signature(Console.export_svg).parameters["code_format"].default
"""rich's template of an SVG."""
MONOSPACED = ("Noto Sans Mono", "Cascadia Mono", "Consolas", "SF Mono", "Roboto Mono")
"""Fonts that have the letters of Vietnamese."""
FONTS = f"vietnamese, {', '.join(map(repr, MONOSPACED))}, monospace"
LOCAL = ", ".join(f'local("{name}")' for name in (*MONOSPACED, "DejaVu Sans", "Arial", "Noto Sans"))
STACKED = (
    "@font-face {{ font-family: vietnamese; unicode-range: U+1EA0-1EF9;\n"
    f"        src: {LOCAL} }}}}\n"
)
"""Letters with two diacritics come from a font that has them. DejaVu Sans Mono, which many systems
take for ``monospace``, has not, and puts the accent beside the letter.
"""


@cache
def result() -> vn.Result:
    """The result of ``rules`` on the articles."""
    return vn.score(running.run("rules", list(vn.load().values())))


def score() -> Iterable[ConsoleRenderable | RichCast]:
    """The first screen of ``vinewsie score -e rules``."""
    command = "vinewsie errors -e rules"
    frequent = error_list.frequent_errors(result(), vn.load())
    report = score_report(result(), after_scores=[frequent, *error_commands(result(), command)])
    end = next(n for n, part in enumerate(report.parts) if "--report" in str(part))
    yield type(report)(report.parts[: end + 1])


def errors() -> Iterable[ConsoleRenderable | RichCast]:
    """The first errors of ``vinewsie errors -e rules --layer quotes --kind speaker``."""
    found = vn.errors(result(), layer="quotes", kind="speaker", docs=["epochtimes-vn-20220815"])
    return islice(found, 4)


@dataclass(frozen=True)
class Picture:
    """A picture.

    Args:
        command: the command that prints what it shows.
        width: columns of the terminal.
        parts: gives what the command prints.
    """

    command: str
    width: int
    parts: Callable[[], Iterable[ConsoleRenderable | RichCast]]

    def recorded(self) -> Console:
        """A terminal with the output in it."""
        console = Console(
            record=True, width=self.width, force_terminal=True, file=io.StringIO(), highlight=False
        )
        console.print(Text.assemble(("$ ", "bold green"), self.command))
        console.print()
        for part in self.parts():
            console.print(part)
        return console

    def text(self) -> str:
        """What the picture shows."""
        lines = self.recorded().export_text().splitlines()
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def svg(self, theme: TerminalTheme = SVG_EXPORT_THEME) -> str:
        """The picture, which loads nothing.

        Args:
            theme: the colours; the default is dark, which stands out from any page.
        """
        fonts = re.compile(r"(@font-face \{\{.*?\n    \}\}\s*)+", re.DOTALL)
        form = fonts.sub(lambda _: f"{STACKED}    ", FORMAT)
        form = form.replace("Fira Code, monospace", FONTS)
        form = form.replace("rgba(255,255,255,0.35)", "rgba(128,128,128,0.5)")
        svg = self.recorded().export_svg(
            title="vinewsie", theme=theme, code_format=form, unique_id="vinewsie"
        )
        return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE).rstrip() + "\n"


PICTURES = {
    "score": Picture("vinewsie score -e rules", 80, score),
    "errors": Picture(
        "vinewsie errors -e rules --layer quotes --kind speaker --docs epochtimes-vn-20220815",
        100,
        errors,
    ),
}


class VisibleText(HTMLParser):
    """The text of a page without its scripts, styles and charts.

    Args:
        source: the page.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self._hidden = 0
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins what is not text."""
        self._hidden += tag in ("script", "style", "svg")

    def handle_endtag(self, tag: str) -> None:
        """Ends what is not text."""
        self._hidden -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        """Takes text."""
        if not self._hidden:
            self.text += data


@cache
def report() -> str:
    """The page that ``vinewsie score -e rules --report report.html`` writes."""
    found = result()
    predictions = {prediction.doc_id: prediction for prediction in found.records or ()}
    return page([view_of(found, vn.load(), predictions)], language="en")


def screenshot(target: Path) -> None:
    """Draws the first screen of the report.

    Args:
        target: the file of the picture.
    """
    names = (os.environ.get(BROWSER, ""), *NAMES)
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        sys.exit("the picture of the report needs Chromium or Chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        source = Path(folder) / "report.html"
        source.write_text(report(), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 780}, color_scheme="light")
        tab.goto(source.as_uri())
        tab.screenshot(path=target)
        browser.close()


def sources() -> dict[str, str]:
    """The sha256 of the text that each picture shows."""
    style = files("vinewsie.report") / "templates" / "page.css"
    shown = {f"{name}.svg": picture.text() for name, picture in PICTURES.items()}
    shown["report.png"] = VisibleText(report()).text + style.read_text(encoding="utf-8")
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in shown.items()}


def main() -> None:
    """Writes all pictures and their sources."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    screenshot(FOLDER / "report.png")
    SOURCES.write_text(json.dumps(sources(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
