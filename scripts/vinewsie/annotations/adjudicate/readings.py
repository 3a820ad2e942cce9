"""What several passes say of the same things: their records side by side, and what they differ in.
Pure functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import msgspec

from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Quote, Span, reading_order, records_of
from vinewsie.scheme import LAYERS
from vinewsie.scoring import align
from vinewsie.scoring.quotations import RELAXED
from vinewsie.text import syllables

Judgement = dict[str, Any]
"""What a record says, in a form that can be compared: without id, surface and provenance, sets
sorted, references resolved.
"""

_NOT_SAID = ("id", "text", "origin", "human_verified", "start", "end")
REFERENCES = {"quotes": "parent", "marks": "quote"}
"""The field in which records of a layer refer to a quotation."""


@dataclass(frozen=True)
class Item:
    """One thing that at least one pass labelled: the record of each pass and what it says, None
    where a pass has none.
    """

    doc_id: str
    layer: str
    line: int
    records: Mapping[str, AnyRecord | None]
    says: Mapping[str, Judgement | None]

    @property
    def agreed(self) -> bool:
        """Whether all passes say the same."""
        first, *others = self.says.values()
        return all(other == first for other in others)

    @property
    def differs(self) -> list[str]:
        """The fields in which the passes that have a record differ, or ``record`` where one has
        none.
        """
        said = [judgement for judgement in self.says.values() if judgement is not None]
        if len(said) < len(self.says):
            return ["record"]
        return [
            name for name in said[0] if any(judgement[name] != said[0][name] for judgement in said)
        ]


def items(passes: Mapping[str, Document]) -> list[Item]:
    """All that the passes over one document say, thing by thing, in reading order within each
    layer.
    """
    text = next(iter(passes.values())).text
    groups = {layer: _grouped(passes, layer, text) for layer in RECORD_TYPES}
    which = {
        (name, record.id): number
        for number, group in enumerate(groups["quotes"])
        for name, record in group.items()
    }

    def meaning(name: str, reference: str | None) -> object:
        # What refers to no record of its pass is unlike anything else.
        return None if reference is None else which.get((name, reference), f"{name}:{reference}")

    found = []
    for layer, parts in groups.items():
        for group in parts:
            records = {name: group.get(name) for name in passes}
            says = {
                name: None if r is None else judgement(r, layer, partial(meaning, name))
                for name, r in records.items()
            }
            found.append(
                Item(next(iter(passes.values())).doc_id, layer, _line(text, group), records, says)
            )
    return found


def _line(text: str, group: Mapping[str, AnyRecord]) -> int:
    first = min(reading_order(record)[0] for record in group.values())
    return text.count("\n", 0, first) + 1


def judgement(
    record: AnyRecord, layer: str, meaning: Callable[[str | None], object] = lambda _: None
) -> Judgement:
    """What a record says; ``meaning`` turns a reference into what it refers to (by default
    references are left out of account).
    """
    said: Judgement = (
        {} if isinstance(record, Quote) else {"span": Span(start=record.start, end=record.end)}
    )
    for name in record.__struct_fields__:
        if name in _NOT_SAID:
            continue
        value = getattr(record, name)
        if name == REFERENCES.get(layer):
            value = meaning(value)
        elif name in ("speakers", "addressees", "alternates"):
            value = tuple(sorted(set(value or ())))
        said[name] = value
    return said


# Alignment


Group = dict[str, AnyRecord]


def _grouped(passes: Mapping[str, Document], layer: str, text: str) -> list[Group]:
    """The records of a layer that belong together, at most one of each pass: each pass is aligned
    one-to-one with those before it.
    """
    groups: list[Group] = []
    for name, document in passes.items():
        records = records_of(document, layer)
        ranks: dict[align.Edge, align.Rank] = {}
        for g, group in enumerate(groups):
            for r, record in enumerate(records):
                rank = max(
                    filter(None, (_rank(other, record, layer, text) for other in group.values())),
                    default=None,
                )
                if rank is not None:
                    ranks[g, r] = rank
        partner = {r: g for g, r in align.align(ranks)}
        for r, record in enumerate(records):
            if r in partner:
                groups[partner[r]][name] = record
            else:
                groups.append({name: record})
    return sorted(groups, key=lambda group: min(reading_order(record) for record in group.values()))


def _rank(left: AnyRecord, right: AnyRecord, layer: str, text: str) -> align.Rank | None:
    """How well two records go together, as :func:`vinewsie.scoring.align.align` compares it; None
    if they do not.

    Spans go together if they overlap; quotations if they share half of their syllables, as in
    scoring, or some and the cue.
    """
    (begin, end), (other_begin, other_end) = reading_order(left), reading_order(right)
    if max(begin, other_begin) >= min(-end, -other_end):
        return None
    overlap = _overlap(left, right, text)
    if not overlap or (
        isinstance(left, Quote)
        and isinstance(right, Quote)
        and overlap < RELAXED
        and left.cue != right.cue
    ):
        return None
    same = judgement(left, layer) == judgement(right, layer)
    label = LAYERS[layer].label_field
    return (
        int(same),
        int(overlap == 1),
        int(getattr(left, label) == getattr(right, label)),
        overlap,
    )


def _overlap(left: AnyRecord, right: AnyRecord, text: str) -> Fraction:
    """Intersection over union: of code points, for quotations of syllables."""
    if isinstance(left, Quote) and isinstance(right, Quote):
        a, b = syllables(text, left.content), syllables(text, right.content)
        return Fraction(len(a & b), len(a | b))
    assert not isinstance(left, Quote)
    assert not isinstance(right, Quote)
    shared = min(left.end, right.end) - max(left.start, right.start)
    return Fraction(
        max(0, shared), left.end - left.start + right.end - right.start - max(0, shared)
    )


# For people


def summary(item: Item, text: str, names: Sequence[str]) -> dict[str, Any]:
    """What each of these passes says where they differ, in words: spans as surfaces, references as
    ids; None for no record.

    If only surfaces are shown and they are the same, they stand with their offsets.
    """
    shown = {name: _shown(item, name, text, offsets=False) for name in names}
    said = [value for value in shown.values() if value is not None]
    differ = [item.says[name] for name in names if item.says[name] is not None]
    if (
        len(said) > 1
        and all(value == said[0] for value in said)
        and any(judgement != differ[0] for judgement in differ)
    ):
        return {name: _shown(item, name, text, offsets=True) for name in names}
    return shown


def _shown(item: Item, name: str, text: str, *, offsets: bool) -> dict[str, Any] | None:
    record, said = item.records[name], item.says[name]
    if record is None or said is None:
        return None
    fields = item.differs
    if fields == ["record"]:
        fields = [field for field, value in said.items() if value not in (None, (), False)]
    elif not fields:
        fields = ["content" if item.layer == "quotes" else "span"]

    def plain(value: Any) -> Any:
        if isinstance(value, Span):
            surface = text[value.start : value.end]
            return f"{surface} [{value.start}, {value.end})" if offsets else surface
        return [plain(part) for part in value] if isinstance(value, list | tuple) else value

    return {
        field: plain(getattr(record, field) if field in REFERENCES.values() else said[field])
        for field in fields
    }


def with_reference(record: AnyRecord, layer: str, reference: str | None) -> AnyRecord:
    """The record with another reference, if its layer has one."""
    return (
        msgspec.structs.replace(record, **{REFERENCES[layer]: reference})
        if layer in REFERENCES
        else record
    )
