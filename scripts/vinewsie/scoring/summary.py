"""The short table of a result, at most 80 columns wide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vinewsie.tables import Table

if TYPE_CHECKING:
    from vinewsie.scoring.result import Result

REASONS = {
    "not_annotated": "not annotated in this gold",
    "not_offered": "not offered",
}
"""Why a measure has no rates, by its status."""

_NAME = 34
"""Columns for the names of measures; a longer name goes on in the next line."""


def short_table(result: Result) -> str:
    """Measure, precision, recall, F1 or accuracy, and its 95 % interval; one row a measure."""
    kinds = {score.kind for score in result.values()}
    value = "F1" if kinds <= {"f1"} else "accuracy" if kinds == {"accuracy"} else "F1 or acc."
    rows = []
    for name, score in result.items():
        low, high = score.interval
        rates = (_rate(score.precision), _rate(score.recall)) if score.kind == "f1" else ("", "")
        interval = "" if low is None else f"{_rate(low)}–{_rate(high)}"
        title = _broken(name)
        if score.status in REASONS:
            title += f"\n  {REASONS[score.status]}"
        rows.append((title, *rates, _rate(score.value), interval))
    headers = ("measure", "P", "R", value, "95 % interval")
    return str(Table(headers, rows, "lrrrr"))


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _broken(name: str) -> str:
    """A name in lines of at most ``_NAME`` columns, broken before a parameter where possible."""
    lines = [""]
    for part in re.split(r"(?<=[(,])", name):
        for piece in (part[i : i + _NAME] for i in range(0, len(part), _NAME)):
            if len(lines[-1]) + len(piece) > _NAME:
                lines.append("")
            lines[-1] += piece
    return "\n".join(lines)
