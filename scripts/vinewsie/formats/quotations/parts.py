"""What the readers of corpora of quotations share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vinewsie.findings import Finding

FIELDS = ("kind", "cue", "source", "speakers", "addressees", "parent")
Place = tuple[int, int]
"""A span as (start, end), code points."""


def span(place: Place) -> dict[str, int]:
    """A span as a native record has it."""
    return {"start": place[0], "end": place[1]}


def quotation(
    id_: str,
    content: Iterable[Place],
    *,
    cue: Iterable[Place] = (),
    source: Place | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A quotation as a native record; what is None or empty is left out."""
    record: dict[str, Any] = {"id": id_, "content": [*map(span, sorted(content))]}
    if cues := [*map(span, sorted(cue))]:
        record["cue"] = cues
    if source is not None:
        record["source"] = span(source)
    return record | {name: value for name, value in more.items() if value not in (None, [], ())}


def one_span(places: Iterable[Place], lost: Counter[str], what: str) -> Place | None:
    """The first of several spans, as a record has one; the others are counted."""
    ordered = sorted(places)
    if len(ordered) > 1:
        lost[f"further spans of a {what}"] += len(ordered) - 1
    return ordered[0] if ordered else None


def runs(numbers: Iterable[int]) -> list[Place]:
    """Numbers as half-open runs: 1, 2, 3, 7 are (1, 4) and (7, 8)."""
    found: list[Place] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def encloses(outer: Iterable[Place], inner: Iterable[Place]) -> bool:
    """Whether each inner span lies within an outer one."""
    outers = [*outer]
    return all(any(a <= start and end <= b for a, b in outers) for start, end in inner)


def report_lost(lost: Mapping[str, int], path: Path, findings: list[Finding]) -> None:
    """Appends one warning that counts what no record can hold."""
    counted = {what: count for what, count in lost.items() if count}
    if counted:
        listed = ", ".join(f"{what} ({count})" for what, count in sorted(counted.items()))
        message = f"ignored what has no place in a record: {listed}"
        findings.append(Finding("format-loss", message, file=str(path), severity="warning"))
