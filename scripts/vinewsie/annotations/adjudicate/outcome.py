"""From readings and decisions to gold: the records, their ids and origins, and the lines of
``adjudication.jsonl``. Pure functions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.annotations.adjudicate.decisions import Chosen, Decision, referred
from vinewsie.annotations.adjudicate.readings import (
    Item,
    Judgement,
    judgement,
    summary,
    with_reference,
)
from vinewsie.annotations.store import Adjudication
from vinewsie.findings import Finding
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Entity,
    Quote,
    RegistryEntry,
    Span,
    reading_order,
    records_of,
)
from vinewsie.registry import Registry

STAGE = "passes"
"""The stage of these decisions in ``adjudication.jsonl``."""


@dataclass(frozen=True)
class Outcome:
    """What a document's gold becomes.

    ``decided`` says for each record (layer, id) whose decision it is, ``contradictions`` which
    records of the present gold are not in it.
    """

    document: Document
    lines: list[Adjudication]
    decided: Mapping[tuple[str, str], Decision] = field(default_factory=dict)
    contradictions: list[Finding] = field(default_factory=list)


@dataclass
class _Entry:
    """A record on its way into gold."""

    layer: str
    chosen: Chosen
    item: Item
    decision: Decision | None
    id: str = ""
    old: AnyRecord | None = None


def key_of(record: AnyRecord, layer: str) -> bytes:
    """What a record says, references aside, as a key."""
    return msgspec.json.encode(judgement(record, layer))


def _place(record: AnyRecord, layer: str) -> object:
    return record.content if isinstance(record, Quote) else (record.start, record.end)


def adjudicated(
    base: Document,
    items: Sequence[Item],
    decisions: Mapping[int, Decision],
    shown: Sequence[str],
    *,
    afresh: bool = False,
) -> Outcome:
    """The gold that agreed and decided items make.

    Args:
        base: the text, its segments and the gold so far, whose ids and signatures are kept where a
            record says the same.
        items: what the passes say, see :func:`vinewsie.annotations.adjudicate.readings.items`.
        decisions: the decision on each item that is not agreed, by index.
        shown: the passes whose readings the lines of adjudication.jsonl tell.
        afresh: take nothing over from the gold so far but ids and signatures; it may be
            contradicted.
    """
    entries = [
        entry for index, item in enumerate(items) for entry in _entries(item, decisions.get(index))
    ]
    for layer in RECORD_TYPES:
        _give_ids(
            [entry for entry in entries if entry.layer == layer], records_of(base, layer), layer
        )
    targets = _targets(items, entries)
    records = {id(entry): _final(entry, base.text, targets, afresh) for entry in entries}
    layers: dict[str, Any] = {
        layer: tuple(records[id(entry)] for entry in entries if entry.layer == layer)
        for layer in RECORD_TYPES
    }
    document = msgspec.structs.replace(
        base, **{layer: tuple(sorted(found, key=reading_order)) for layer, found in layers.items()}
    )
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for entry in entries:
        ids[id(entry.item)].append(entry.id)
    lines = [
        Adjudication(
            doc_id=item.doc_id,
            layer=item.layer,
            line=item.line,
            stage=STAGE,
            passes=summary(item, base.text, shown),
            decision=tuple(ids[id(item)]),
            outcome=decisions[index].outcome,
            reason=decisions[index].reason,
        )
        for index, item in enumerate(items)
        if index in decisions
    ]
    decided = {
        (entry.layer, entry.id): entry.decision for entry in entries if entry.decision is not None
    }
    return Outcome(
        document, lines, decided, [] if afresh else list(_contradictions(base, document))
    )


def _entries(item: Item, decision: Decision | None) -> list[_Entry]:
    if decision is not None:
        return [_Entry(item.layer, chosen, item, decision) for chosen in decision.records]
    name, record = next(iter(item.records.items()))
    return [_Entry(item.layer, Chosen(record, name), item, None)] if record is not None else []


def _give_ids(entries: Sequence[_Entry], before: Sequence[AnyRecord], layer: str) -> None:
    """What stands for a record of gold, or at least in its place, has its id; the others the next
    free ones, in reading order.
    """
    left = list(before)
    for key in (key_of, _place):
        there: defaultdict[object, list[AnyRecord]] = defaultdict(list)
        for record in left:
            there[key(record, layer)].append(record)
        for entry in entries:
            if entry.old is None and (same := there[key(entry.chosen.record, layer)]):
                entry.old = same.pop(0)
        left = [record for records in there.values() for record in records]
    prefix = layer[0]
    numbers = [
        int(found[1])
        for record in before
        if (found := re.fullmatch(rf"{prefix}(\d+)", record.id or ""))
    ]
    free = max(numbers, default=0)
    for entry in sorted(entries, key=lambda entry: reading_order(entry.chosen.record)):
        if entry.old is not None and entry.old.id is not None:
            entry.id = entry.old.id
        else:
            free += 1
            entry.id = f"{prefix}{free}"


def _targets(items: Iterable[Item], entries: Iterable[_Entry]) -> dict[tuple[str, str], str]:
    """For each quotation of each pass (pass, id) the id of the gold quotation that stands for
    it.
    """
    by_item: defaultdict[int, list[_Entry]] = defaultdict(list)
    for entry in entries:
        by_item[id(entry.item)].append(entry)
    found: dict[tuple[str, str], str] = {}
    for item in items:
        if item.layer == "quotes" and (gold := by_item[id(item)]):
            for name, record in item.records.items():
                if record is not None and record.id is not None:
                    own = next((entry for entry in gold if entry.chosen.source == name), gold[0])
                    found[name, record.id] = own.id
    return found


def _final(
    entry: _Entry, text: str, targets: Mapping[tuple[str, str], str], afresh: bool
) -> AnyRecord:
    reference = referred(entry.chosen, entry.layer)
    # What stands for a quotation that gold does not have is found by the checks: the id of the pass
    # means nothing there.
    target = None if reference is None else targets.get(reference, ":".join(reference))
    record = with_reference(entry.chosen.record, entry.layer, target)
    if not isinstance(record, Quote):
        record = msgspec.structs.replace(
            record, text=text[max(0, record.start) : max(0, record.end)]
        )
    old = entry.old
    origin = "agreed" if entry.decision is None else "adjudicated"
    if old is None or _said(old, entry.layer) != _said(record, entry.layer):
        return msgspec.structs.replace(record, id=entry.id, origin=origin, human_verified=False)
    if old.origin == "adjudicated" and not afresh:
        origin = old.origin
    return msgspec.structs.replace(old, id=entry.id, origin=origin)


def _said(record: AnyRecord, layer: str) -> Judgement:
    """What a record of gold says, what it refers to included."""
    return judgement(record, layer, lambda reference: reference)


def _contradictions(before: Document, after: Document) -> Iterable[Finding]:
    for layer in RECORD_TYPES:
        now = {record.id: record for record in records_of(after, layer)}
        for record in records_of(before, layer):
            if record.id in now and _said(now[record.id], layer) == _said(record, layer):
                continue
            spans = (
                record.content
                if isinstance(record, Quote)
                else (Span(start=record.start, end=record.end),)
            )
            surface = " … ".join(before.text[span.start : span.end] for span in spans)
            signed = ", signed off by a person," if record.human_verified else ""
            message = f"gold's {record.id} ({surface!r}){signed} is not what the passes and the decisions give"
            yield Finding("adjudication", message, layer, doc_id=before.doc_id)


def merged(
    before: Sequence[Adjudication], new: Iterable[Adjudication], *, keep_reasons: bool
) -> list[Adjudication]:
    """The lines of ``adjudication.jsonl`` after these decisions: a decision on the same readings
    replaces its earlier line.

    With ``keep_reasons``, a line that says the same keeps its reason and outcome.
    """
    lines = list(before)
    about: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        about[_about(line)].append(index)
    rest = []
    for line in new:
        exact = next((i for i in about[_about(line)] if lines[i].decision == line.decision), None)
        if exact is None:
            rest.append(line)
            continue
        about[_about(line)].remove(exact)
        if not keep_reasons:
            lines[exact] = line
    for line in rest:
        if about[_about(line)]:
            lines[about[_about(line)].pop(0)] = line
        else:
            lines.append(line)
    return lines


def _about(line: Adjudication) -> bytes:
    return msgspec.json.encode(
        (line.doc_id, line.layer, line.line, line.stage, line.passes), order="sorted"
    )


def without(lines: Iterable[Adjudication], outcome: Outcome) -> list[Adjudication]:
    """The lines that still hold when a document's gold is made afresh: none of this stage, none
    that decides what is agreed now.
    """
    doc_id = outcome.document.doc_id
    return [
        line
        for line in lines
        if line.doc_id != doc_id
        or (
            line.stage != STAGE
            and all((line.layer, gold_id) in outcome.decided for gold_id in line.decision)
        )
    ]


def registry_for(
    documents: Iterable[Document], registry: Registry
) -> tuple[list[RegistryEntry], list[str]]:
    """The registry that these documents need, and the keys that are new in it.

    Aliases are the surfaces of the mentions; entries that nothing uses are dropped. A new entry has
    the type and the first surface of its mentions; its English name is read off the key, which is
    made of it. One that is only quoted is a person known by a role.
    """
    surfaces: dict[str, dict[str, None]] = {}
    types: dict[str, str] = {}
    used: dict[str, str] = {}
    for document in documents:
        for entity in document.entities:
            if entity.entity_id is not None:
                surfaces.setdefault(entity.entity_id, {})[_surface(document, entity)] = None
                types.setdefault(entity.entity_id, str(entity.type))
        for quote in document.quotes:
            source = quote.source
            for key in (*(quote.speakers or ()), *quote.addressees):
                used.setdefault(
                    key,
                    document.text[source.start : source.end]
                    if source and key in (quote.speakers or ())
                    else "",
                )
    entries, new = [], []
    for key in (*registry, *(key for key in {**surfaces, **used} if key not in registry)):
        aliases = tuple(surfaces.get(key, ()))
        if not aliases and key not in used:
            continue
        if key in registry:
            known = [alias for alias in registry[key].aliases if alias in aliases]
            order = tuple(dict.fromkeys((*known, *aliases)))
            entries.append(msgspec.structs.replace(registry[key], aliases=order))
        else:
            english = key.replace("-", " ").title()
            name = aliases[0] if aliases else used[key] or english
            new.append(key)
            entries.append(
                RegistryEntry(
                    entity_id=key,
                    type=types.get(key, "PER"),
                    name_vi=name,
                    name_en=english,
                    aliases=aliases,
                )
            )
    return entries, new


def _surface(document: Document, entity: Entity) -> str:
    return document.text[entity.start : entity.end]
