"""What an annotator did with the proposals of a machine, read from a page. Pure functions.

The editor stores, in each item of a result, the ``origin`` of its region: ``prediction`` for a
region as it was proposed, ``prediction-changed`` after its span, label or a field was changed, and
``manual`` for a drawn one. It stores neither that a region was selected or looked at, nor, in the
origin, that a relation was drawn or deleted. *Signed off*, of a record or of a whole layer, changes
no origin. So a proposal counts as read if it is changed or signed off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from vinewsie.formats.label_studio.config import COMPLETE, LABELS, SIGNED_OFF
from vinewsie.formats.label_studio.page import canonical
from vinewsie.model import RECORD_TYPES

Items = Sequence[Mapping[str, Any]]
"""The ``result`` of an annotation or a prediction."""

State = Literal["accepted", "with layer", "unread", "changed", "new"]
"""What became of a record: accepted as proposed, by its own sign-off or by that of its layer alone;
never touched; changed; drawn by the annotator.
"""
PROPOSED, CHANGED = "prediction", "prediction-changed"
"""Values of ``origin``."""


class ProposalCounts(msgspec.Struct, frozen=True):
    """The proposals of a layer, counted by what became of them.

    Args:
        accepted: signed off as they were; ``with_layer`` of them by the sign-off of the whole layer
            alone.
        with_layer: see ``accepted``.
        changed: changed in any way.
        new: drawn by the annotator.
        deleted: deleted by the annotator.
        unread: neither changed nor signed off.
    """

    accepted: int = 0
    with_layer: int = 0
    changed: int = 0
    new: int = 0
    deleted: int = 0
    unread: int = 0


def is_proposed(result: Items) -> bool:
    """Whether any region of a result was proposed."""
    return any(item.get("origin") in (PROPOSED, CHANGED) for item in result)


def as_proposals(result: Items) -> list[dict[str, Any]]:
    """A result whose regions the editor takes for proposals."""
    return [
        dict(item) if item.get("type") == "relation" else {**item, "origin": PROPOSED}
        for item in result
    ]


def states(result: Items, proposed: Items = ()) -> dict[str, State]:
    """What became of each record's region of a page.

    Args:
        result: the annotation's result.
        proposed: the result that was proposed, if it is known: only from it can be seen that a
            relation was deleted.
    """
    now, before = _shapes(result), _shapes(proposed)
    signed, layers = _signed(result)
    origins = {
        str(item.get("id")): item.get("origin") for item in result if item.get("type") == "labels"
    }
    parts = _parts(result)
    found: dict[str, State] = {}
    for region, layer in _records(result).items():
        touched = {origins.get(part) for part in (region, *parts[region])} != {PROPOSED}
        if origins[region] not in (PROPOSED, CHANGED):
            found[region] = "new"
        elif touched or (region in before and before[region] != now[region]):
            found[region] = "changed"
        elif region in signed:
            found[region] = "accepted"
        else:
            found[region] = "with layer" if layer in layers else "unread"
    return found


def counted(result: Items, proposed: Items = ()) -> dict[str, ProposalCounts]:
    """The proposals of a page, counted by layer; see :func:`states`."""
    layers, there = _records(result), _records(proposed)
    counts: dict[str, dict[str, int]] = {layer: defaultdict(int) for layer in RECORD_TYPES}
    for region, state in states(result, proposed).items():
        name = state.replace(" ", "_")
        counts[layers[region]][name] += 1
        if name == "with_layer":
            counts[layers[region]]["accepted"] += 1
    for region, layer in there.items():
        if region not in layers:
            counts[layer]["deleted"] += 1
    return {layer: ProposalCounts(**found) for layer, found in counts.items() if found}


def _records(result: Items) -> dict[str, str]:
    """The layer of each record's region."""
    found = {}
    for item in result:
        labels = (item.get("value") or {}).get("labels") if item.get("type") == "labels" else None
        label = LABELS.get(str(labels[0])) if labels else None
        if label is not None and label.layer is not None:
            found[str(item.get("id"))] = label.layer
    return found


def _signed(result: Items) -> tuple[set[str], set[str]]:
    """The regions that are signed off one by one, and the layers that are as a whole."""
    regions = {
        str(item.get("id"))
        for item in result
        if item.get("from_name") == SIGNED_OFF and (item.get("value") or {}).get("choices")
    }
    layers = {
        str(layer)
        for item in result
        if item.get("from_name") == COMPLETE
        for layer in (item.get("value") or {}).get("choices", ())
    }
    return regions, layers


def _parts(result: Items) -> dict[str, list[str]]:
    """The parts that each region points to, and the parts of these."""
    records = _records(result)
    arrows: defaultdict[str, list[str]] = defaultdict(list)
    for item in result:
        if item.get("type") == "relation":
            ends = (str(item.get("from_id")), str(item.get("to_id")))
            start, end = ends[::-1] if ends[0] not in records and ends[1] in records else ends
            arrows[start].append(end)
    return {
        region: [
            part
            for near in arrows[region]
            if near not in records
            for part in (near, *(far for far in arrows.get(near, ()) if far not in records))
        ]
        for region in records
    }


def _shapes(result: Items) -> dict[str, bytes]:
    """The content of each record's region: its items without the sign-off, its arrows, and the
    items of its parts.
    """
    items: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    arrows: defaultdict[str, list[str]] = defaultdict(list)
    for item in result:
        if item.get("type") == "relation":
            arrows[str(item.get("from_id"))].append(str(item.get("to_id")))
        elif item.get("from_name") not in (SIGNED_OFF, COMPLETE):
            items[str(item.get("id"))].append(item)
    shapes = {}
    for region, parts in _parts(result).items():
        content: Iterable[Mapping[str, Any]] = [
            item for part in (region, *parts) for item in items[part]
        ]
        shapes[region] = msgspec.json.encode([canonical(content), sorted(arrows[region])])
    return shapes
