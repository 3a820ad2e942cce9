"""The robustness of an extractor as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from vinewsie.escapes import escaped
from vinewsie.perturbations.run import Changes, Effect, Robustness
from vinewsie.perturbations.table import PERTURBATIONS
from vinewsie.report.text import plural, rate
from vinewsie.scoring.resampling import note_on
from vinewsie.scoring.summary import REASONS
from vinewsie.tables import Report, Table, heading, paragraph

KINDS = {
    "invariance": "Must not matter: the same page, spelled or set in another way",
    "stress": "Harder: something is lost or wrong",
}
"""The kinds of perturbations with their titles."""
_LISTED = 10
"""Lost records of an effect that the text lists."""


def effects_of(found: Robustness, kind: str) -> list[Effect]:
    """The effects of a kind that are not nil, in the table's order; also those of a measure that
    only one side has a score of.
    """
    return [
        one
        for one in found.effects
        if one.kind == kind
        and (
            one.difference
            or one.lost
            or one.gained
            or (one.original is None) != (one.changed is None)
        )
    ]


def without_effect(found: Robustness, kind: str) -> list[str]:
    """The perturbations of a kind that change pages and no score; none if all scores are 0."""
    if not any(one.value for one in found.originals):
        return []
    touched = {one.perturbation for one in effects_of(found, kind)}
    changed = {one.perturbation for one in found.changes if one.documents}
    return [
        name
        for name, one in PERTURBATIONS.items()
        if one.kind == kind and name in changed - touched
    ]


def not_applicable(found: Robustness) -> list[str]:
    """The perturbations that change no page of the gold."""
    return [one.perturbation for one in found.changes if not one.documents]


def difference(effect: Effect) -> str:
    """The difference with its sign; a dash where either side has no score."""
    return "–" if effect.difference is None else f"{effect.difference:+.3f}"


def interval(effect: Effect) -> str:
    """The interval of the difference; a dash where there is none."""
    if effect.low is None or effect.high is None:
        return "–"
    return f"{effect.low:+.3f}…{effect.high:+.3f}"


def reservations(found: Robustness) -> list[str]:
    """What limits the comparison: measures without a score or with 0, documents without an answer,
    and invalid records.
    """
    without: dict[str, list[str]] = {}
    for one in found.originals:
        if one.value is None:
            reason = REASONS.get(one.status, "neither gold nor predictions")
            without.setdefault(f"not scored ({reason})", []).append(one.measure)
        elif one.value == 0:
            nothing = "0 on the original pages, so that no change can lower it"
            without.setdefault(nothing, []).append(one.measure)
    notes = [f"{', '.join(measures)}: {what}" for what, measures in without.items()]
    notes += [
        f"no answer for {doc_id}; it is left out of the comparison ({escaped(reason)})"
        for doc_id, reason in found.failures.items()
    ]
    notes += [
        f"{one.perturbation}: no answer for {doc_id}; it counts as empty there ({escaped(reason)})"
        for one in found.changes
        for doc_id, reason in one.failures.items()
    ]
    skipped = {"the original pages": found.skipped}
    skipped |= {one.perturbation: one.skipped for one in found.changes}
    if counts := [f"{len(lines)} in {name}" for name, lines in skipped.items() if lines]:
        first = next(line for lines in skipped.values() for line in lines)
        notes.append(
            f"records skipped as invalid, which count as spurious: {', '.join(counts)}. "
            f"The first one: {escaped(first)}"
        )
    return notes


def robustness_report(found: Robustness, *, listed: bool = False) -> Report:
    """F1 on the original pages, the effects by kind, and what has none.

    Args:
        found: the robustness of an extractor.
        listed: whether lost records are listed.
    """
    originals = [[one.measure, rate(one.value)] for one in found.originals]
    parts: list[str | Text | Table] = [
        heading("The original pages"),
        Table(["measure", "F1"], originals, "lr"),
        "",
    ]
    if notes := reservations(found):
        parts += [*map(paragraph, notes), ""]
    for kind, title in KINDS.items():
        effects, unmoved = effects_of(found, kind), without_effect(found, kind)
        if effects or unmoved:
            parts += [heading(title)]
        if effects:
            parts += [_table(effects), ""]
        if unmoved:
            names = ", ".join(unmoved)
            parts += [paragraph(f"No score moves under: {names} (--format csv has each row)"), ""]
        if listed:
            parts += [*_lost(effects), ""]
    if nothing := not_applicable(found):
        parts += [paragraph(f"Nothing to change in these pages: {', '.join(nothing)}"), ""]
    return Report([*parts, *map(paragraph, _notes(found))])


def _table(effects: Sequence[Effect]) -> Table:
    rows = []
    last = ""
    for one in effects:
        name = "" if one.perturbation == last else one.perturbation
        last = one.perturbation
        rows.append(
            [
                name,
                one.measure,
                rate(one.original),
                rate(one.changed),
                difference(one),
                interval(one),
                str(len(one.lost)),
            ]
        )
    columns = ["perturbation", "measure", "F1", "after", "diff.", "95 % CI", "lost"]
    return Table(columns, rows, "llrrrrr")


def _lost(effects: Sequence[Effect]) -> Iterator[str]:
    for one in effects:
        if one.lost:
            yield f"{one.perturbation}, {one.measure}: {plural(len(one.lost), 'record')} lost"
        for lost in one.lost[:_LISTED]:
            changed = f" → {escaped(lost.changed)}" if lost.changed != lost.text else ""
            yield f"  {lost.doc_id} {lost.id or lost.index}: {escaped(lost.text)}{changed}"
        if len(one.lost) > _LISTED:
            yield f"  and {len(one.lost) - _LISTED} more (--format json has all)"


def _notes(found: Robustness) -> Iterator[str]:
    yield (
        "after: F1 on the changed pages. diff.: that less F1 on the original ones, with a paired "
        f"bootstrap over {found.unit}s. lost: gold records that are found in the original and "
        "missed in the changed text."
    )
    removed: list[Changes] = [one for one in found.changes if one.removed]
    for one in removed:
        yield (
            f"{one.perturbation} takes {plural(one.removed, 'record')} away with their words; the "
            "original is scored with them."
        )
    if note := note_on(len(found.dataset["documents"]), found.unit):
        yield note
