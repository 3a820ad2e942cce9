"""Makes gold from aligned passes and decisions: records with ids and origins, and the lines of
``adjudication.jsonl``. Pure functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.annotations.adjudicate.decisions import ChosenRecord, Decision, reference_of
from vinewsie.annotations.adjudicate.readings import (
    Item,
    judgement,
    summary,
    with_reference,
)
from vinewsie.annotations.origins import STAGE as PERSON
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
from vinewsie.record_ids import new_ids
from vinewsie.registry import Registry
from vinewsie.scheme import LAYERS
from vinewsie.scheme.checks import keys_of_readings, role_sources

STAGE = "passes"
"""The stage of these decisions in ``adjudication.jsonl``."""


@dataclass(frozen=True)
class Outcome:
    """The gold of a document after an adjudication.

    Args:
        document: the document with its gold records.
        lines: the lines for ``adjudication.jsonl``.
        decided: the decision behind each adjudicated record, by layer and id.
        contradictions: findings about records of the earlier gold that are not in the new one.
        protected: the layers and ids of records that stay because a person made or signed them.
        kept: those of them that the passes do not have, or have otherwise.
    """

    document: Document
    lines: list[Adjudication]
    decided: Mapping[tuple[str, str], Decision] = field(default_factory=dict)
    contradictions: list[Finding] = field(default_factory=list)
    protected: Collection[tuple[str, str]] = frozenset()
    kept: Collection[tuple[str, str]] = frozenset()


@dataclass
class _Candidate:
    """A record that becomes gold, with the gold record that it replaces."""

    layer: str
    chosen: ChosenRecord
    item: Item
    decision: Decision | None
    id: str = ""
    old: AnyRecord | None = None


def key_of(record: AnyRecord, layer: str) -> bytes:
    """The judgements in a record except its reference, as a key."""
    return msgspec.json.encode(judgement(record, layer))


def _place(record: AnyRecord, layer: str) -> object:
    return record.content if isinstance(record, Quote) else (record.start, record.end)


def adjudicated(
    base: Document,
    items: Sequence[Item],
    decisions: Mapping[int, Decision],
    shown: Sequence[str],
    earlier: Sequence[Adjudication] = (),
    *,
    afresh: bool = False,
    surfaces: bool = True,
) -> Outcome:
    """Makes the gold of a document from agreed and decided items.

    A record that a later stage decided stays as it is. What a person made, changed or removed in
    the gold stays even if the passes have it otherwise, also afresh; then also what is signed off.

    Args:
        base: the document with its earlier gold. A record keeps its id and its sign-off where its
            judgements are the same.
        items: the aligned records of the passes, see
            :func:`vinewsie.annotations.adjudicate.readings.items`.
        decisions: the decision on each item in which the passes differ, by index.
        shown: the passes whose readings the lines of ``adjudication.jsonl`` give.
        earlier: the lines of ``adjudication.jsonl`` on this document.
        afresh: keep of the earlier gold only ids, sign-offs, and what a person made or signed; the
            rest may be contradicted.
        surfaces: whether the lines show spans as surfaces, else as offsets.
    """
    entries = [
        entry for index, item in enumerate(items) for entry in _entries(item, decisions.get(index))
    ]
    former = _former(base, earlier)
    there = {(layer, record.id) for layer in RECORD_TYPES for record in records_of(base, layer)}
    entries = [e for e in entries if (own := former.get(_version(e))) is None or own in there]
    for layer in RECORD_TYPES:
        candidates = [entry for entry in entries if entry.layer == layer]
        _give_ids(candidates, records_of(base, layer), layer, former)
    as_read = {
        (entry.layer, entry.id)
        for entry in entries
        if entry.old is not None
        and key_of(entry.chosen.record, entry.layer) == key_of(entry.old, entry.layer)
    }
    decided_by_person = {
        (line.layer, gold_id)
        for line in earlier
        if line.stage == PERSON
        for gold_id in line.decision
    }
    protected = {
        (layer, str(record.id))
        for layer in RECORD_TYPES
        for record in records_of(base, layer)
        if (layer, record.id) in decided_by_person
        or (afresh and record.human_verified and (layer, record.id) not in as_read)
    }
    later = protected | {
        (line.layer, gold_id)
        for line in earlier
        if line.stage != STAGE and not afresh
        for gold_id in line.decision
    }
    readings = {
        index: summary(items[index], base.text, shown, surfaces=surfaces) for index in decisions
    }
    lines = _lines(items, decisions, entries, readings, earlier, later)
    replaced = {_about(line) for line in lines.values()}
    valid = [
        line
        for line in earlier
        if (not afresh or any((line.layer, gold_id) in protected for gold_id in line.decision))
        and _about(line) not in replaced
    ]
    argued = {
        (line.layer, gold_id)
        for line in (*valid, *lines.values())
        if line.argued
        for gold_id in line.decision
    }
    targets = _targets(items, entries)
    records = {
        id(entry): entry.old
        if entry.old is not None and (entry.layer, entry.id) in later
        else _final(entry, base.text, targets, (entry.layer, entry.id) in argued)
        for entry in entries
    }
    layers: dict[str, Any] = {
        layer: [records[id(entry)] for entry in entries if entry.layer == layer]
        for layer in RECORD_TYPES
    }
    given = {(entry.layer, entry.id) for entry in entries}
    for layer, there in layers.items():
        there += [
            record
            for record in records_of(base, layer)
            if (layer, record.id) in protected and (layer, record.id) not in given
        ]
    document = msgspec.structs.replace(
        base, **{layer: tuple(sorted(found, key=reading_order)) for layer, found in layers.items()}
    )
    decided = {
        (entry.layer, entry.id): entry.decision for entry in entries if entry.decision is not None
    }
    contradictions = [] if afresh else list(_contradictions(base, document))
    return Outcome(
        document, list(lines.values()), decided, contradictions, protected, protected - as_read
    )


def _former(
    base: Document, earlier: Iterable[Adjudication]
) -> dict[tuple[str, object], tuple[str, str]]:
    """The layer and id of each record that a person changed or removed, by its former versions."""
    now: dict[tuple[str, str], dict[str, Any]] = {
        (layer, str(record.id)): msgspec.to_builtins(record)
        for layer in RECORD_TYPES
        for record in records_of(base, layer)
    }
    found = {}
    for line in reversed([line for line in earlier if line.stage == PERSON]):
        gold = line.passes.get("gold")
        if isinstance(gold, dict):
            place = (line.layer, str(gold.get("id")))
            now[place] = {**now.get(place, {}), **gold}
            found[_content(line.layer, now[place])] = place
    return found


def _version(entry: _Candidate) -> tuple[str, object]:
    return _content(entry.layer, msgspec.to_builtins(entry.chosen.record))


def _content(layer: str, record: Mapping[str, Any]) -> tuple[str, object]:
    """The layer, the label and the spans of a record in builtin types."""
    spans = tuple((s.get("start"), s.get("end")) for s in record.get("content") or [record])
    return layer, (record.get(LAYERS[layer].label_field), spans)


def _lines(
    items: Sequence[Item],
    decisions: Mapping[int, Decision],
    entries: Iterable[_Candidate],
    readings: Mapping[int, dict[str, Any]],
    earlier: Iterable[Adjudication],
    later: Collection[tuple[str, str]],
) -> dict[int, Adjudication]:
    """The line for each decision, by the index of its item.

    A pass that decides does not say whether the others mean the same; an earlier line with the same
    decision does. It adds no line about records that a later stage decided.
    """
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for entry in entries:
        ids[id(entry.item)].append(entry.id)
    settled = {(_about(line), line.decision) for line in earlier if not line.argued}
    lines = {}
    for index, decision in decisions.items():
        item = items[index]
        decided = ids[id(item)]
        if decision.file is None and decided and all((item.layer, i) in later for i in decided):
            continue
        line = Adjudication(
            doc_id=item.doc_id,
            layer=item.layer,
            line=item.line,
            stage=STAGE,
            passes=readings[index],
            decision=tuple(decided),
            outcome=decision.outcome,
            reason=decision.reason,
            argued=decision.argued,
        )
        if decision.file is None and (_about(line), line.decision) in settled:
            line = msgspec.structs.replace(line, argued=False)
        lines[index] = line
    return lines


def _entries(item: Item, decision: Decision | None) -> list[_Candidate]:
    if decision is not None:
        return [_Candidate(item.layer, chosen, item, decision) for chosen in decision.records]
    name, record = next(iter(item.records.items()))
    return (
        [_Candidate(item.layer, ChosenRecord(record, name), item, None)]
        if record is not None
        else []
    )


def _give_ids(
    entries: Sequence[_Candidate],
    before: Sequence[AnyRecord],
    layer: str,
    former: Mapping[tuple[str, object], tuple[str, str]],
) -> None:
    """Gives each candidate the id of the earlier gold record with the same judgements, or else with
    the same span, or else of which it is a former version; the others get the next free ids, in
    reading order.
    """
    left = list(before)
    for key in (key_of, _place):
        by_key: defaultdict[object, list[AnyRecord]] = defaultdict(list)
        for record in left:
            by_key[key(record, layer)].append(record)
        for entry in entries:
            if entry.old is None and (same := by_key[key(entry.chosen.record, layer)]):
                entry.old = same.pop(0)
        left = [record for records in by_key.values() for record in records]
    rest = {(layer, record.id): record for record in left}
    for entry in entries:
        if entry.old is None and (place := former.get(_version(entry))) is not None:
            entry.old = rest.pop(place, None)
    free = new_ids(layer, (record.id or "" for record in before))
    for entry in sorted(entries, key=lambda entry: reading_order(entry.chosen.record)):
        old_id = entry.old.id if entry.old is not None else None
        entry.id = old_id if old_id is not None else next(free)


def _targets(items: Iterable[Item], entries: Iterable[_Candidate]) -> dict[tuple[str, str], str]:
    """The id of the gold quotation for each quotation of each pass, by pass and id."""
    by_item: defaultdict[int, list[_Candidate]] = defaultdict(list)
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
    entry: _Candidate, text: str, targets: Mapping[tuple[str, str], str], argued: bool
) -> AnyRecord:
    reference = reference_of(entry.chosen, entry.layer)
    # A reference to a quotation that did not become gold keeps the form PASS:ID, which the checks
    # then report.
    target = None if reference is None else targets.get(reference, ":".join(reference))
    record = with_reference(entry.chosen.record, entry.layer, target)
    if not isinstance(record, Quote):
        record = msgspec.structs.replace(
            record, text=text[max(0, record.start) : max(0, record.end)]
        )
    old = entry.old
    origin = "adjudicated" if argued else "agreed"
    if old is None or not _same(old, record, entry.layer):
        return msgspec.structs.replace(record, id=entry.id, origin=origin, human_verified=False)
    return msgspec.structs.replace(old, id=entry.id, origin=origin)


def _same(left: AnyRecord, right: AnyRecord, layer: str) -> bool:
    """Whether two gold records have the same judgements, references included."""

    def referent(reference: str | None) -> object:
        return reference

    return judgement(left, layer, referent) == judgement(right, layer, referent)


def _contradictions(before: Document, after: Document) -> Iterable[Finding]:
    for layer in RECORD_TYPES:
        now = {record.id: record for record in records_of(after, layer)}
        for record in records_of(before, layer):
            if record.id in now and _same(now[record.id], record, layer):
                continue
            spans = (
                record.content
                if isinstance(record, Quote)
                else (Span(start=record.start, end=record.end),)
            )
            surface = " … ".join(before.text[span.start : span.end] for span in spans)
            signed = ", signed off by a person," if record.human_verified else ""
            message = f"gold's {record.id} ({surface!r}){signed} "
            message += "is not what the passes and the decisions give"
            yield Finding("adjudication", message, layer, doc_id=before.doc_id)


def merged(
    before: Sequence[Adjudication], new: Iterable[Adjudication], *, keep_reasons: bool
) -> list[Adjudication]:
    """The lines of ``adjudication.jsonl`` with new decisions.

    A new decision replaces an earlier one on the same readings.

    Args:
        before: the lines so far.
        new: the lines of the new decisions.
        keep_reasons: whether an earlier line with the same decision keeps its reason and outcome.
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
    """The lines that remain valid when the gold of a document is made afresh.

    Lines on the document are dropped if they are of this stage, or if they decide a record on which
    the passes now agree; not if they decide a record that stays because of a person.
    """
    doc_id = outcome.document.doc_id
    argued = {place for place, decision in outcome.decided.items() if decision.argued}
    there = {
        (layer, str(record.id))
        for layer in RECORD_TYPES
        for record in records_of(outcome.document, layer)
    }
    remaining = []
    for line in lines:
        decided = [(line.layer, gold_id) for gold_id in line.decision]
        if line.doc_id == doc_id and any(place in outcome.protected for place in decided):
            ids = tuple(gold_id for layer, gold_id in decided if (layer, gold_id) in there)
            remaining.append(msgspec.structs.replace(line, decision=ids))
        elif line.doc_id != doc_id or (
            line.stage != STAGE and all(place in argued for place in decided)
        ):
            remaining.append(line)
    return remaining


def registry_for(
    documents: Iterable[Document], registry: Registry, names: Mapping[str, str] | None = None
) -> tuple[list[RegistryEntry], list[str]]:
    """The registry for these documents.

    Aliases are the surfaces of the mentions; those of a role are the sources of its words. Entries
    that no record uses are dropped. A new entry
    has the type and the first surface of its mentions, and an English name made from its key; one
    that is only a speaker or addressee is a person (PER). If the registry is sorted by key, it
    stays so.

    Args:
        documents: all gold documents.
        registry: the registry so far.
        names: the Vietnamese names of new entries, where they are known, by key.

    Returns:
        The entries, and the keys of the new ones.
    """
    surfaces: dict[str, dict[str, None]] = {}
    types: dict[str, str] = {}
    used: dict[str, str] = {}
    sources: dict[str, dict[str, None]] = {}
    for document in documents:
        for entity in document.entities:
            if entity.entity_id is not None:
                surfaces.setdefault(entity.entity_id, {})[_surface(document, entity)] = None
                types.setdefault(entity.entity_id, str(entity.type))
        records: tuple[Entity | Quote, ...] = (*document.entities, *document.quotes)
        for record in records:
            for key in keys_of_readings(record):
                used.setdefault(key, "")
        for quote in document.quotes:
            for key, surface in role_sources(document, quote):
                sources.setdefault(key, {})[surface] = None
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
        role = key in registry and registry[key].kind == "role"
        aliases = tuple((sources if role else surfaces).get(key, ()))
        if not aliases and key not in used:
            continue
        if key in registry:
            known = [alias for alias in registry[key].aliases if alias in aliases]
            order = tuple(dict.fromkeys((*known, *aliases)))
            entries.append(msgspec.structs.replace(registry[key], aliases=order))
        else:
            english = key.replace("-", " ").title()
            name = (names or {}).get(key) or (aliases[0] if aliases else used[key] or english)
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
    if sorted(registry) == [*registry]:
        entries.sort(key=lambda entry: entry.entity_id)
    return entries, new


def _surface(document: Document, entity: Entity) -> str:
    return document.text[entity.start : entity.end]
