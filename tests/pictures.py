"""The pictures of the documents: ``python tests/pictures.py`` makes them from real results.

Each is what a command prints in a terminal, as SVG. Beside them, ``sources.json`` has the sha256 of
the text that each shows; ``test_pictures.py`` compares it with what the command prints now.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from rich.console import Console, ConsoleRenderable, RichCast
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

import vinewsie as vn
from vinewsie.extractors import running
from vinewsie.report import error_list
from vinewsie.report.text import score_report

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
    report = score_report(
        result(), after_scores=error_list.frequent_errors(result(), vn.load(), command)
    )
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


def sources() -> dict[str, str]:
    """The sha256 of the text that each picture shows."""
    return {
        name: hashlib.sha256(picture.text().encode()).hexdigest()
        for name, picture in PICTURES.items()
    }


def main() -> None:
    """Writes all pictures and their sources."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(picture.svg(), encoding="utf-8")
    SOURCES.write_text(json.dumps(sources(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
