"""Phenomena: what records have in common beside their label, such as mentions inside longer ones or
quotations without a cue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vinewsie.model import Date, Document, Entity, Mark, Prediction, Quote, records_of
from vinewsie.scheme import LAYERS

Holder = Document | Prediction

_ENTITIES: dict[str, Callable[[Entity, Holder], bool]] = {
    "outermost": lambda e, holder: not _inside(e, holder),
    "nested": lambda e, holder: _inside(e, holder),
}
_DATES: dict[str, Callable[[Date, Holder], bool]] = {
    "weekday without a date": lambda d, _: "-WXX-" in (d.value or ""),
    "other value without a year": lambda d, _: (
        (d.value or "").startswith("XXXX") and "-WXX-" not in (d.value or "")
    ),
    "present, past, future": lambda d, _: (d.value or "").endswith("_REF"),
    "vague": lambda d, _: d.vague,
    "with a modifier": lambda d, _: d.mod is not None,
}
_MARKS: dict[str, Callable[[Mark, Holder], bool]] = {
    "partner missing": lambda m, _: m.status in ("unclosed", "unopened"),
}
_QUOTES: dict[str, Callable[[Quote, Holder], bool]] = {
    "in a chain": lambda q, holder: (
        q.parent is not None or any(other.parent == q.id for other in holder.quotes)
    ),
    "without a cue": lambda q, _: not q.cue,
    "speaker from context": lambda q, _: q.source is None and bool(q.speakers),
    "content in several spans": lambda q, _: len(q.content) > 1,
    "with a medium": lambda q, _: q.medium is not None,
    "with an addressee": lambda q, _: bool(q.addressees),
}
_PHENOMENA: dict[str, Mapping[str, Callable[[Any, Holder], bool]]] = {
    "entities": _ENTITIES,
    "dates": _DATES,
    "marks": _MARKS,
    "quotes": _QUOTES,
}
_LABELS = {
    "entities": ("type",),
    "dates": ("type",),
    "marks": ("function",),
    "quotes": ("kind", "source_status"),
}
"""The fields whose values are phenomena, too, by layer."""


def phenomena(layer: str) -> list[str]:
    """The phenomena of a layer: the values of its labels, then what is beside them."""
    fields = _LABELS[layer]
    titles = (_label(name, value) for name in fields for value in LAYERS[layer].vocabularies[name])
    return [*titles, *_PHENOMENA[layer]]


def records_by_phenomenon(holder: Holder, layer: str) -> Iterator[tuple[int, str]]:
    """The place of each record in its layer with each phenomenon that it shows.

    Args:
        holder: gold, or a prediction.
        layer: the layer.
    """
    for place, record in enumerate(records_of(holder, layer)):
        for name in _LABELS[layer]:
            if (value := getattr(record, name)) is not None:
                yield place, _label(name, value)
        for title, shows in _PHENOMENA[layer].items():
            if shows(record, holder):
                yield place, title


def _label(name: str, value: str) -> str:
    return f"source {value}" if name == "source_status" else value


def _inside(entity: Entity, holder: Holder) -> bool:
    """Whether a longer mention of the same text holds it."""
    length = entity.end - entity.start
    return any(
        other.start <= entity.start and entity.end <= other.end and other.end - other.start > length
        for other in holder.entities
    )
