"""Tables and reports: the same content in a terminal, as plain text, as Markdown or as LaTeX.

Control characters of the texts are escaped in all of them: each may be read in a terminal.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from vinewsie import markup
from vinewsie.escapes import escaped

WIDTH = 80
"""Columns at which prose is wrapped. Tables are laid out to fit, but are never cut or wrapped."""

_PLAIN = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_LATEX = str.maketrans(
    {sign: rf"\{sign}" for sign in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


@dataclass(frozen=True)
class Table:
    """A table of strings; a cell may have several lines.

    Args:
        headers: the titles of the columns.
        rows: the cells, as many in each row as there are headers.
        align: a letter for each column, as in LaTeX: ``l`` for left, ``r`` for right.
        styles: rich's style of some columns in a terminal, by their headers.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]] = field(repr=False)
    align: str
    styles: Mapping[str, str] = field(default_factory=dict)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        style = box.SIMPLE_HEAD if console.is_terminal else _PLAIN
        table = RichTable(
            box=style, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
        )
        for header, letter in zip(self.headers, self.align, strict=True):
            table.add_column(
                Text(escaped(header)),
                justify="right" if letter == "r" else "left",
                style=self.styles.get(header),
            )
        for row in self.rows:
            table.add_row(*(Text(escaped(cell)) for cell in row))
        table.width = Measurement.get(console, options.update(max_width=10_000), table).maximum
        yield table

    def __str__(self) -> str:
        """The table as plain text, without trailing spaces or a final line break."""
        console = Console(file=io.StringIO(), width=10_000, color_system=None, force_terminal=False)
        with console.capture() as capture:
            console.print(self)
        return "\n".join(line.rstrip() for line in capture.get().splitlines())

    def markdown(self) -> str:
        """The table in Markdown; its cells have one line each."""
        cells = [[escaped(cell).replace("|", r"\|") for cell in row] for row in self.rows]
        lines = [[*map(escaped, self.headers)], *cells]
        widths = [max(3, *map(cell_len, column)) for column in zip(*lines, strict=True)]
        rule = [
            "-" * (width - 1) + (":" if letter == "r" else "-")
            for width, letter in zip(widths, self.align, strict=True)
        ]
        return "\n".join(
            "| " + " | ".join(map(_padded, line, widths, self.align)) + " |"
            for line in (lines[0], rule, *lines[1:])
        )

    def html(self) -> str:
        """The table in HTML."""
        return markup.table(
            self.headers, [list(map(markup.shown, row)) for row in self.rows], self.align
        )

    def latex(self) -> str:
        """The table as a ``tabular`` with the rules of booktabs; its cells have one line each."""
        lines = [
            " & ".join(escaped(cell).translate(_LATEX) for cell in row) + r" \\"
            for row in (self.headers, *self.rows)
        ]
        begin, end = rf"\begin{{tabular}}{{{self.align}}}", r"\end{tabular}"
        return "\n".join(
            [begin, r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule", end]
        )


@dataclass(frozen=True)
class Report:
    """Text with tables in it. ``str`` gives plain text; rich prints it for a terminal.

    Args:
        parts: lines of text, with or without styles, and tables.
    """

    parts: Sequence[str | Text | Table]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in self.parts:
            yield Text(escaped(part)) if isinstance(part, str) else part

    def __str__(self) -> str:
        shown = (escaped(part) if isinstance(part, str) else part for part in self.parts)
        return "".join(f"{part}\n" for part in shown)


def heading(text: str) -> Text:
    """The title of a part of a report."""
    return Text(text, style="bold")


def paragraph(text: str, indent: str = "  ") -> str:
    """Text that is wrapped at :data:`WIDTH`; lines after the first are indented."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _padded(cell: str, width: int, letter: str) -> str:
    gap = " " * (width - cell_len(cell))
    return gap + cell if letter == "r" else cell + gap
