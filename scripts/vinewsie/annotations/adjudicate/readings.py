"""Aligns the records of several passes, and finds their differences. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import msgspec

from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Quote,
    Reading,
    Span,
    changes_of,
    reading_order,
    records_of,
)
from vinewsie.scheme import LAYERS
from vinewsie.scheme.dates import canonical_value
from vinewsie.scoring import align
from vinewsie.scoring.quotations import RELAXED
from vinewsie.text import syllables

Judgement = dict[str, Any]
"""The judgements in a record, in a form that can be compared: without id, surface and provenance,
with sets sorted, references resolved and the values of dates in their canonical form.
"""

_NO_JUDGEMENT = ("id", "text", "contested", "origin", "human_verified", "score", "start", "end")
REFERENCES = {"quotes": "parent", "marks": "quote"}
"""The field, by layer, in which a record refers to a quotation."""
_SHOWN_AS_GIVEN = frozenset({*REFERENCES.values(), "value"})
KEYS = frozenset({"entity_id", "speakers", "addressees", "inherited"})
"""The fields that hold keys of the registry."""


@dataclass(frozen=True)
class Item:
    """Records of several passes that are aligned with each other.

    Args:
        doc_id: the document.
        layer: the layer.
        line: the line of the text on which the first of the records begins, from 1.
        records: the record of each pass, None where a pass has none.
        judgements: the judgements of each pass, None where a pass has no record.
    """

    doc_id: str
    layer: str
    line: int
    records: Mapping[str, AnyRecord | None]
    judgements: Mapping[str, Judgement | None]

    @property
    def agreed(self) -> bool:
        """Whether the judgements of all passes are equal."""
        first, *others = self.judgements.values()
        return all(other == first for other in others)

    @property
    def differs(self) -> list[str]:
        """The fields in which the passes differ, or ``record`` if a pass has no record."""
        given = [judgement for judgement in self.judgements.values() if judgement is not None]
        if len(given) < len(self.judgements):
            return ["record"]
        first, *others = given
        return [name for name in first if any(other[name] != first[name] for other in others)]


def items(passes: Mapping[str, Document]) -> list[Item]:
    """Aligns the records of several passes over one document.

    Args:
        passes: the document as each pass labelled it.

    Returns:
        The items, layer by layer, in reading order within a layer.
    """
    any_pass = next(iter(passes.values()))
    doc_id, text = any_pass.doc_id, any_pass.text
    groups = {layer: _grouped(passes, layer, text) for layer in RECORD_TYPES}
    numbers = {
        (name, record.id): number
        for number, group in enumerate(groups["quotes"])
        for name, record in group.items()
    }

    def referent(name: str, reference: str | None) -> object:
        # A reference to no record of its pass equals no other reference.
        return None if reference is None else numbers.get((name, reference), f"{name}:{reference}")

    found = []
    for layer, parts in groups.items():
        for group in parts:
            records = {name: group.get(name) for name in passes}
            judgements = {
                name: None if r is None else judgement(r, layer, partial(referent, name))
                for name, r in records.items()
            }
            found.append(Item(doc_id, layer, _line(text, group), records, judgements))
    return found


def _line(text: str, group: Mapping[str, AnyRecord]) -> int:
    first = min(reading_order(record)[0] for record in group.values())
    return text.count("\n", 0, first) + 1


def judgement(
    record: AnyRecord, layer: str, referent: Callable[[str | None], object] = lambda _: None
) -> Judgement:
    """The judgements in a record.

    Args:
        record: the record.
        layer: its layer.
        referent: resolves the id of the quotation that the record refers to; by default all
            references are equal.
    """
    found: Judgement = (
        {} if isinstance(record, Quote) else {"span": Span(start=record.start, end=record.end)}
    )
    for name in record.__struct_fields__:
        if name in _NO_JUDGEMENT:
            continue
        value = getattr(record, name)
        if name == REFERENCES.get(layer):
            value = referent(value)
        elif name in ("speakers", "addressees", "inherited", "alternates"):
            value = tuple(sorted(set(value or ())))
        elif name == "readings":
            value = tuple(sorted(value, key=msgspec.json.encode))
        elif name == "value" and value is not None:
            value = canonical_value(value)
        found[name] = value
    return found


# Alignment


def _grouped(passes: Mapping[str, Document], layer: str, text: str) -> list[dict[str, AnyRecord]]:
    """Groups of aligned records of a layer, with at most one record of each pass.

    Each pass is aligned one-to-one with the groups of the passes before it.
    """
    groups: list[dict[str, AnyRecord]] = []
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
    """The rank of a pair for :func:`vinewsie.scoring.align.align`; None if it cannot be aligned.

    Spans can be aligned if they overlap; quotations if they share half of their syllables, as in
    scoring, or at least one syllable and the cue.
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
    """Intersection over union, of syllables for quotations and of code points for other records."""
    if isinstance(left, Quote) and isinstance(right, Quote):
        a, b = syllables(text, left.content), syllables(text, right.content)
        return Fraction(len(a & b), len(a | b))
    assert not isinstance(left, Quote)
    assert not isinstance(right, Quote)
    shared = min(left.end, right.end) - max(left.start, right.start)
    return Fraction(
        max(0, shared), left.end - left.start + right.end - right.start - max(0, shared)
    )


# Display


def summary(item: Item, text: str, names: Sequence[str]) -> dict[str, Any]:
    """The differing fields of each pass in readable form: spans as surfaces, references as ids.

    Offsets are added where different spans have the same surface.

    Args:
        item: the aligned records.
        text: the text of the document.
        names: the passes.

    Returns:
        The fields by pass, None for a pass without a record.
    """
    shown = {name: _shown(item, name, text, offsets=False) for name in names}
    given = [name for name in names if item.judgements[name] is not None]
    if (
        given
        and all(shown[name] == shown[given[0]] for name in given)
        and any(item.judgements[name] != item.judgements[given[0]] for name in given)
    ):
        return {name: _shown(item, name, text, offsets=True) for name in names}
    return shown


def _shown(item: Item, name: str, text: str, *, offsets: bool) -> dict[str, Any] | None:
    record, values = item.records[name], item.judgements[name]
    if record is None or values is None:
        return None
    fields = item.differs
    if fields == ["record"]:
        fields = [field for field, value in values.items() if value not in (None, (), False)]
    elif not fields:
        fields = ["content" if item.layer == "quotes" else "span"]

    def plain(value: Any) -> Any:
        if isinstance(value, Span):
            surface = text[value.start : value.end]
            return f"{surface} [{value.start}, {value.end})" if offsets else surface
        if isinstance(value, Reading):
            return {name: plain(part) for name, part in changes_of(value).items()}
        return [plain(part) for part in value] if isinstance(value, list | tuple) else value

    return {
        field: plain(getattr(record, field) if field in _SHOWN_AS_GIVEN else values[field])
        for field in fields
    }


def with_reference(record: AnyRecord, layer: str, reference: str | None) -> AnyRecord:
    """The record with another reference to a quotation, if its layer has such references."""
    return (
        msgspec.structs.replace(record, **{REFERENCES[layer]: reference})
        if layer in REFERENCES
        else record
    )
