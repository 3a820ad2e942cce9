"""Charts as SVG that a page can style: drawn by matplotlib, with text as text.

The page allows no inline styles, so that styles become attributes; black becomes ``currentColor``,
which follows light and dark mode.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_INK, _GRID = "#000000", "#808080"
COLOURS = ("#2563eb", "#c2410c")
"""The colours of the first and the second series; the shapes of their marks differ, too."""
_MARKS = ("o", "D")
_DRAWN = {_INK: "currentColor"} | {
    colour: f"var(--series-{name})" for colour, name in zip(COLOURS, "ab", strict=True)
}
"""What colours become, so that they follow light and dark mode."""


def available() -> bool:
    """Whether charts can be drawn: matplotlib, the extra ``charts``, is installed."""
    return find_spec("matplotlib") is not None


class Interval(NamedTuple):
    """A value with its interval, where there is one."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """Rates over a threshold."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]


def intervals(series: Sequence[Sequence[Interval]], title: str) -> str:
    """Values from 0 to 1 as points on lines that are their intervals, one row a name.

    Args:
        series: for each result the values, with the same names in the same order.
        title: what the chart shows, for screen readers.
    """
    rows = len(series[0])
    figure, axes = _figure(4.8, 0.5 + 0.32 * rows)
    for number, values in enumerate(series):
        shift = 0.0 if len(series) == 1 else (-0.14 if number == 0 else 0.14)
        for row, item in enumerate(values):
            if item.value is None:
                continue
            y = row + shift
            if item.low is not None and item.high is not None:
                axes.plot([item.low, item.high], [y, y], color=COLOURS[number], lw=2.4, alpha=0.45)
            axes.plot([item.value], [y], _MARKS[number], color=COLOURS[number], ms=6)
    axes.set_yticks(range(rows), [item.name for item in series[0]])
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", color=_GRID, alpha=0.3, lw=0.8)
    return _svg(figure, title)


def curves(lines: Sequence[Curve], title: str, x_name: str) -> str:
    """Rates from 0 to 1 over a threshold.

    Args:
        lines: the curves.
        title: what the chart shows, for screen readers.
        x_name: the name of the threshold.
    """
    figure, axes = _figure(5.0, 2.4)
    styles = ("-", "--", ":")
    for number, line in enumerate(lines):
        y = [float("nan") if value is None else value for value in line.y]
        colour = COLOURS[number % len(COLOURS)]
        style = styles[number % len(styles)]
        axes.step(line.x, y, style, where="post", color=colour, label=line.name)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(x_name)
    axes.grid(color=_GRID, alpha=0.3, lw=0.8)
    axes.legend(frameon=False, loc="lower left")
    return _svg(figure, title)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    """An empty figure without a frame; inches."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    axes = figure.subplots()
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    return figure, axes


def _svg(figure: Any, title: str) -> str:
    import matplotlib as mpl

    target = io.StringIO()
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "vinewsie",
        "font.family": "sans-serif",
    }
    with mpl.rc_context(settings):
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(target.getvalue())
    for parent in root.iter():
        for child in list(parent):
            if child.tag.endswith(("metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        _without_style(element)
    used = set(re.findall(r"#([\w-]+)", ElementTree.tostring(root, encoding="unicode")))
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("class", "chart")
    root.set("aria-label", title)
    return ElementTree.tostring(root, encoding="unicode")


def _without_style(element: ElementTree.Element) -> None:
    """Turns the style of an element into attributes."""
    for part in element.attrib.pop("style", "").split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name in ("font", "font-size"):
            if (size := re.search(r"([\d.]+)px", value)) is not None:
                element.set("font-size", size[1])
        elif name and not name.startswith(("font-", "stroke-linejoin", "stroke-linecap")):
            element.set(name, _DRAWN.get(value, value))
    if element.tag == f"{{{_SVG}}}text" and "fill" not in element.attrib:
        element.set("fill", "currentColor")
    if (target := element.attrib.pop(_LINK, None)) is not None:
        element.set("href", target)
