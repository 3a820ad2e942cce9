"""The short table of a result, at most 80 columns wide, and which scores people are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vinewsie.markup import element, shown, view
from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.entities import SCHEME
from vinewsie.scoring.measures import parse, wanted
from vinewsie.tables import Table

if TYPE_CHECKING:
    from vinewsie.scoring.result import Result, Score

REASONS = {
    "not_annotated": "not annotated in this gold",
    "not_offered": "not offered",
}
"""Why a measure has no rates, by its status."""

_NAME = 34
"""Columns for the names of measures; a longer name goes on in the next line."""


def shown_scores(result: Result) -> dict[str, Score]:
    """The scores that people are shown; the result's JSON has all.

    A measure that was asked for is always shown. Of those that are scored by default, measures
    without rates are left out, and those of the article where all that is labelled is the article;
    with custom gold also those without gold and predictions. If nothing is left, all of them are
    shown.
    """
    custom, default = not result.dataset["version"], _scored_by_default(result)
    scores = {
        name: score
        for name, score in result.items()
        if name not in default
        or (
            score.status == "scored" and (not custom or score.counts.gold or score.counts.predicted)
        )
    } or dict(result.items())
    twins = {
        name: page
        for name in scores
        if name in default
        and (measure := parse(name)).values[ZONE.name] == "article"
        and (page := str(measure.with_params(zone="page"))) in scores
    }
    if any(scores[name] != scores[page] for name, page in twins.items()):
        return scores
    return {name: score for name, score in scores.items() if name not in twins}


def left_out(result: Result) -> dict[str, list[str]]:
    """The measures that are not shown, by the reason; without those of the article."""
    shown = shown_scores(result)
    found: dict[str, list[str]] = {}
    for name, score in result.items():
        if name not in shown and parse(name).values[ZONE.name] == "page":
            reason = REASONS.get(score.status, "neither gold nor predictions")
            found.setdefault(reason, []).append(name)
    return found


def _scored_by_default(result: Result) -> frozenset[str]:
    """The measures that are scored where none is asked for, if the result has all of them; none of
    a result of measures that were asked for.
    """
    first = next(iter(result.measures), None)
    # The option --scheme is one for all measures, and a measure that has it comes first.
    scheme = dict(first.params).get(SCHEME.name) if first is not None else None
    default = wanted(None, scheme)
    return frozenset(map(str, default)) if result.measures.keys() >= set(default) else frozenset()


def short_table(result: Result) -> Table:
    """Measure, precision, recall, F1 or accuracy, and its 95 % interval. Each shown measure has a
    row, and all that are left out for one reason have one.
    """
    scores = shown_scores(result)
    kinds = {score.kind for score in scores.values()}
    value = "F1" if kinds <= {"f1"} else "accuracy" if kinds == {"accuracy"} else "F1 or acc."
    rows = []
    for name, score in scores.items():
        low, high = score.interval
        rates = (_rate(score.precision), _rate(score.recall)) if score.kind == "f1" else ("", "")
        interval = "" if low is None else f"{_rate(low)}–{_rate(high)}"
        title = _broken(name)
        if score.status in REASONS:
            title += f"\n  {REASONS[score.status]}"
        rows.append((title, *rates, _rate(score.value), interval))
    headers = ("measure", "P", "R", value, "95 % interval")
    for reason, names in left_out(result).items():
        rows.append(("\n".join([*map(_broken, names), f"  {reason}"]), "–", "–", "–", ""))
    return Table(headers, rows, "lrrrr")


def html_view(result: Result) -> str:
    """The short table with what was scored against what, and the signatures, for a notebook."""
    signatures = "\n".join(map(result.signature_of, shown_scores(result)))
    return view(
        element("p", shown(result.title))
        + short_table(result).html()
        + f"<details><summary>Signatures</summary><pre>{shown(signatures)}</pre></details>"
    )


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
