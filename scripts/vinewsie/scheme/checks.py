"""Checks of gold, predictions, segments and the registry, shared by commands, functions and build.

Each check yields a finding for everything that is wrong, not only for the first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise

from msgspec.structs import fields as fields_of

from vinewsie.findings import Finding
from vinewsie.messages import Message, joined, say
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Date,
    Document,
    Entity,
    Mark,
    Quote,
    QuoteReading,
    RegistryEntry,
    Span,
    changes_of,
    reading_order,
    records_of,
)
from vinewsie.registry import Registry
from vinewsie.scheme import LAYERS, TEASER_ZONES, ZONES
from vinewsie.scheme.dates import canonical_value, well_formed
from vinewsie.scheme.inventories import TYPES
from vinewsie.scheme.layer import Scope
from vinewsie.scheme.quotes import parent_faults

ORIGINS = {
    "agreed": "the independent passes mean the same, and no later reading disputed it",
    "adjudicated": "the passes differed, or a later reading corrected or contested the record",
}
KINDS = {
    "name": "an entity with a name of its own",
    "role": "a speaker known by an office alone",
}
"""The kinds of registry entries."""


# Records


def _spans_of(record: AnyRecord) -> Iterator[tuple[str, Span]]:
    """The spans of a record, each with the name of its field."""
    if isinstance(record, Quote):
        yield from (("content", span) for span in record.content)
        yield from (("cue", span) for span in record.cue)
        yield from (("alternates", span) for content in record.alternates for span in content)
        yield from (
            (name, span)
            for name, span in (("source", record.source), ("medium", record.medium))
            if span is not None
        )
    else:
        yield "span", Span(start=record.start, end=record.end)
        yield from (("alternates", span) for span in record.alternates)
    yield from (("readings", span) for span in _spans_of_readings(record))


def _spans_of_readings(record: AnyRecord) -> Iterator[Span]:
    """The spans that differ from the record's in its readings."""
    for reading in record.readings:
        if isinstance(reading, QuoteReading):
            for spans in (reading.content, reading.cue, reading.medium):
                yield from spans or ()
        elif not isinstance(record, Quote) and changes_of(reading).keys() & {"start", "end"}:
            given = {"start": record.start, "end": record.end} | changes_of(reading)
            yield Span(start=given["start"], end=given["end"])


def check_spans(
    record: AnyRecord, layer: str, index: int, text: str, *, prediction: bool = False
) -> Iterator[Finding]:
    """Checks that offsets are in range and the surface is that of the text; in gold also that no
    span has white space at an edge or a line break inside.

    A predicted span with white space at an edge is a wrong boundary, which scoring counts.

    Args:
        record: the record.
        layer: its layer.
        index: its position in the layer, for the findings.
        text: the text of the document.
        prediction: whether the record is a prediction.
    """
    for name, span in _spans_of(record):
        if not 0 <= span.start < span.end <= len(text):
            message = say(
                "{name} [{start}, {end}) is not within 0 ≤ start < end ≤ {length}",
                name=name,
                start=span.start,
                end=span.end,
                length=len(text),
            )
            yield Finding("offset-range", message, layer, index)
            continue
        surface = text[span.start : span.end]
        if prediction:
            continue
        # An annotator chooses every span except the inside of quotation marks.
        if surface != surface.strip() and not isinstance(record, Mark):
            message = say(
                "{name} {surface!r} begins or ends with white space", name=name, surface=surface
            )
            yield Finding("edge-space", message, layer, index)
        if "\n" in surface or "\r" in surface:
            message = say("{name} {surface!r} crosses a line break", name=name, surface=surface)
            yield Finding("line-break", message, layer, index)
    if (
        not isinstance(record, Quote)
        and record.text is not None
        and record.text != text[record.start : record.end]
    ):
        surface = text[record.start : record.end]
        message = say(
            "text is {given!r}, but [{start}, {end}) is {surface!r}",
            given=record.text,
            start=record.start,
            end=record.end,
            surface=surface,
        )
        yield Finding("text-mismatch", message, layer, index)


def _check_content(record: AnyRecord, layer: str, index: int) -> Iterator[Finding]:
    if isinstance(record, Quote) and not record.content:
        message = say("content is empty; a quotation has at least one content span")
        yield Finding("missing-field", message, layer, index)


def check_vocabularies(
    record: AnyRecord,
    layer: str,
    index: int,
    *,
    required: bool,
    entity_labels: frozenset[str] | None = None,
) -> Iterator[Finding]:
    """Checks that every field with a closed set of values has one of them.

    Args:
        record: the record.
        layer: its layer.
        index: its position in the layer, for the findings.
        required: whether None is refused in every field but ``mod``.
        entity_labels: the labels of entities; by default the native types.
    """
    for name, values in LAYERS[layer].vocabularies.items():
        if layer == "entities" and entity_labels is not None:
            values = dict.fromkeys(
                [
                    *(v for v in values if v in entity_labels),
                    *sorted(entity_labels - values.keys()),
                ],
                "",
            )
        value = getattr(record, name)
        optional = not required or name == "mod"
        if value not in values and not (value is None and optional):
            hint = (
                say(" (another inventory: --scheme, or a map of labels: --labels)")
                if entity_labels is not None and layer == "entities"
                else ""
            )
            yield Finding("label", _not_allowed(name, value, values, hint), layer, index)


def _not_allowed(name: str, value: object, allowed: Iterable[str], hint: str = "") -> Message:
    """The message about a field whose value is not of its closed set."""
    return say(
        "{name} is {value!r}; allowed are {allowed}{hint}",
        name=name,
        value=value,
        allowed=", ".join(allowed),
        hint=hint,
    )


def check_readings(record: AnyRecord, layer: str, index: int) -> Iterator[Finding]:
    """Checks that a record is contested exactly if it has readings, and that each of these is
    another one: it gives only what differs from the record, and no two are the same.

    Args:
        record: the record.
        layer: its layer.
        index: its position in the layer, for the findings.
    """
    if record.contested != bool(record.readings):
        message = say(
            "contested is {contested}, and there are {count} readings",
            contested=record.contested,
            count=len(record.readings),
        )
        yield Finding("contested", message, layer, index)
    for number, reading in enumerate(record.readings):
        given = changes_of(reading)
        where = f"readings[{number}]"
        if not given:
            message = say("{where} is the record itself", where=where)
            yield Finding("reading", message, layer, index)
        if reading.absent and len(given) > 1:
            message = say(
                "{where} is absent, so it has no {names}",
                where=where,
                names=", ".join(given.keys() - {"absent"}),
            )
            yield Finding("reading", message, layer, index)
        span = given.keys() & {"start", "end"}
        same = {
            name
            for name, value in given.items()
            if name != "absent" and _same_value(record, name, value)
        }
        # A span may be given whole where one of its ends differs.
        for name in sorted(same - span if span - same else same):
            message = say(
                "{where}: {name} is as in the record; a reading gives what differs",
                where=where,
                name=name,
            )
            yield Finding("reading", message, layer, index)
        if isinstance(reading, QuoteReading):
            if reading.content == ():
                message = say("{where}: content is empty", where=where)
                yield Finding("reading", message, layer, index)
            if len(reading.medium or ()) > 1:
                message = say("{where}: medium has more than one span", where=where)
                yield Finding("reading", message, layer, index)
        if reading in record.readings[:number]:
            message = say("{where} is the same as an earlier one", where=where)
            yield Finding("reading", message, layer, index)


def _same_value(record: AnyRecord, name: str, value: object) -> bool:
    """Whether a field of a reading has the value of the record's field."""
    own = getattr(record, name)
    if name == "medium":
        own = () if own is None else (own,)
    if name in ("speakers", "addressees"):
        return set(own or ()) == set(value or ())  # type: ignore[call-overload, no-any-return]
    if name == "value" and isinstance(own, str) and isinstance(value, str):
        return canonical_value(own) == canonical_value(value)
    return bool(own == value)


def _check_reading_values(
    document: Document, layer: str, registry: Registry | None
) -> Iterator[Finding]:
    """Checks the labels and the keys in readings."""
    vocabularies = LAYERS[layer].vocabularies
    for index, record in enumerate(records_of(document, layer)):
        for number, reading in enumerate(record.readings):
            given = changes_of(reading)
            for name in given.keys() & vocabularies.keys():
                if given[name] not in vocabularies[name]:
                    wrong = _not_allowed(name, given[name], vocabularies[name])
                    message = say("readings[{number}]: {finding}", number=number, finding=wrong)
                    yield Finding("label", message, layer, index)
            keys = (*given.get("speakers", ()), *given.get("addressees", ()))
            for key in (*keys, *([given["entity_id"]] if "entity_id" in given else ())):
                if registry is not None and key not in registry:
                    message = say(
                        "readings[{number}]: {key!r} is not in the registry", number=number, key=key
                    )
                    yield Finding("registry-missing", message, layer, index)


def check_prediction_record(
    record: AnyRecord, layer: str, index: int, text: str, entity_labels: frozenset[str] | None
) -> Iterator[Finding]:
    """Checks a predicted record: errors keep it from being scored, warnings do not.

    Args:
        record: the record.
        layer: its layer.
        index: its position in the layer, for the findings.
        text: the text of the document.
        entity_labels: the labels that predicted mentions may have; None for any label in any layer.
    """
    yield from check_spans(record, layer, index, text, prediction=True)
    if entity_labels is not None:
        yield from check_vocabularies(
            record, layer, index, required=False, entity_labels=entity_labels
        )
    yield from _check_content(record, layer, index)
    if (
        isinstance(record, Date)
        and record.value is not None
        and not well_formed(record.value, None)
    ):
        message = say("value {value!r} is not TIMEX3 and can match nothing", value=record.value)
        yield Finding("timex", message, layer, index, severity="warning")


# Documents


def check_structure(document: Document, *, vocabularies: bool = True) -> Iterator[Finding]:
    """Checks what scoring needs of any gold, packaged or custom: spans, labels, unique ids, parents
    of quotations, and segments in the order of the text.
    """
    yield from _check_segment_spans(document)
    for layer in LAYERS:
        records = records_of(document, layer)
        for index, record in enumerate(records):
            yield from check_spans(record, layer, index, document.text)
            if vocabularies:
                yield from check_vocabularies(record, layer, index, required=True)
            yield from _check_content(record, layer, index)
            yield from check_readings(record, layer, index)
        ids = Counter(record.id for record in records if record.id is not None)
        for index, record in enumerate(records):
            if record.id is not None and ids[record.id] > 1:
                message = say(
                    "{count} records have the id {id!r}", count=ids[record.id], id=record.id
                )
                yield Finding("duplicate-id", message, layer, index)
    for index, code, message in parent_faults(document.quotes):
        yield Finding(code, message, "quotes", index)


def check_gold(
    document: Document,
    registry: Registry,
    homonyms: Mapping[str, Collection[str]] | None = None,
    *,
    provenance: bool = True,
    anchored: bool = True,
) -> list[Finding]:
    """Checks everything that the guidelines and the data set demand of gold.

    Args:
        document: the document with its labels.
        registry: the entity registry.
        homonyms: surfaces of this document that name several entities, with the keys of these.
        provenance: whether every record must have an id and an origin, which a pass lacks.
        anchored: whether the day to which relative dates refer is known.

    Returns:
        The findings. If a span or an id is wrong, only those on structure, because the other checks
        rely on spans and ids.
    """
    structural = [*check_structure(document), *check_segments(document, anchored=anchored)]
    if any(
        finding.code in ("offset-range", "missing-field", "duplicate-id") for finding in structural
    ):
        return [finding.at(doc_id=document.doc_id) for finding in structural]
    findings = list(structural)
    for layer in LAYERS.values():
        findings += layer.check(document, Scope(registry))
        findings += _check_reading_values(document, layer.name, registry)
        findings += _check_order(document, layer.name)
        findings += _check_duplicates(document, layer.name)
        if provenance:
            findings += _check_provenance(document, layer.name)
    findings += _check_homonyms(document, homonyms or {})
    return [finding.at(doc_id=document.doc_id) for finding in findings]


_EXPECTED = {
    "entities": ("type", "entity_id"),
    "dates": ("type", "value"),
    "marks": ("open", "status", "function"),
    "quotes": ("kind", "source_status"),
}
"""The fields that each record of a layer has where any record has them."""


def annotated_fields(documents: Iterable[Document]) -> frozenset[str]:
    """The fields that any record of the documents gives, as ``layer.field``."""
    found: set[str] = set()
    missing = {
        layer: {one.name: one.default for one in fields_of(kind)}
        for layer, kind in RECORD_TYPES.items()
    }
    for document in documents:
        for layer, names in missing.items():
            for record in records_of(document, layer):
                given = [
                    name for name, default in names.items() if getattr(record, name) != default
                ]
                for name in given:
                    del names[name]
                    found.add(f"{layer}.{name}")
    return frozenset(found)


def check_custom_gold(
    document: Document,
    annotated: frozenset[str],
    *,
    labels: frozenset[str] | None = None,
    vocabularies: bool = True,
) -> Iterator[Finding]:
    """Checks custom gold beyond its structure: values of closed sets, values that are missing,
    and records that contradict each other or the text.

    Custom gold has no registry, need not be in reading order, and its records need no id and no
    origin. What it does not annotate at all is not missing.

    Args:
        document: the document, whose structure :func:`check_structure` finds right.
        annotated: the fields that the gold annotates, by :func:`annotated_fields`.
        labels: the labels that mentions may have; None for any.
        vocabularies: whether fields with a closed set of values must have one of them.
    """
    scope = Scope(None, annotated)
    for layer in LAYERS.values():
        closed = vocabularies and (layer.name != "entities" or labels is not None)
        expected = [
            name
            for name in _EXPECTED.get(layer.name, ())
            if scope.annotates(f"{layer.name}.{name}")
        ]
        for index, record in enumerate(records_of(document, layer.name)):
            for name in expected:
                if getattr(record, name) is None:
                    message = say(
                        "{name} is missing; other {layer} of the gold have one",
                        name=name,
                        layer=layer.name,
                    )
                    yield Finding("missing-field", message, layer.name, index)
            if closed:
                yield from check_vocabularies(
                    record, layer.name, index, required=False, entity_labels=labels
                )
        if closed:
            yield from _check_reading_values(document, layer.name, None)
        yield from layer.check(document, scope)
        yield from _check_duplicates(document, layer.name)
    if document.segments:
        yield from (f for f in check_segments(document) if f.code in _SEGMENT_RULES)


_SEGMENT_RULES = ("label", "segment-item", "segment-gap")
"""What is checked of the segments of custom gold, whose anchor dates may be missing."""


def check_segments(document: Document, *, anchored: bool = True) -> Iterator[Finding]:
    """Checks that segments cover every character that is not white space, and that each has a known
    zone, a date, and an item number that agrees with the zone.

    Args:
        document: the document.
        anchored: whether the day to which relative dates refer is known, so that each segment has
            one.
    """
    covered: set[int] = set()
    for index, segment in enumerate(document.segments):
        where = ("segments", index)
        if not 0 <= segment.start < segment.end <= len(document.text):
            continue
        surface = document.text[segment.start : segment.end]
        if surface != surface.strip():
            message = say(
                "segment {surface!r} begins or ends with white space", surface=surface[:30]
            )
            yield Finding("edge-space", message, *where)
        if "\n" in surface:
            message = say("segment {surface!r} crosses a line break", surface=surface[:30])
            yield Finding("line-break", message, *where)
        if segment.zone not in ZONES:
            yield Finding("label", _not_allowed("zone", segment.zone, ZONES), *where)
        if (segment.zone in TEASER_ZONES) != (segment.item > 0):
            message = say(
                "zone {zone} has item {item}; teasers count from 1, other zones have 0",
                zone=segment.zone,
                item=segment.item,
            )
            yield Finding("segment-item", message, *where)
        if anchored and not segment.anchor_date:
            message = say("anchor_date is missing; it is a calendar date YYYY-MM-DD")
            yield Finding("anchor-date", message, *where)
        covered.update(range(segment.start, segment.end))
    bare = {
        offset
        for offset, character in enumerate(document.text)
        if not character.isspace() and offset not in covered
    }
    for first in sorted(offset for offset in bare if offset - 1 not in bare):
        message = say(
            "{words!r} at {place} is in no segment",
            words=document.text[first : first + 20],
            place=first,
        )
        yield Finding("segment-gap", message, "segments")


def _check_segment_spans(document: Document) -> Iterator[Finding]:
    """Checks that segments are spans of the text, in its order, without overlap."""
    before = 0
    for index, segment in enumerate(document.segments):
        if not 0 <= segment.start < segment.end <= len(document.text):
            message = say(
                "[{start}, {end}) is not within 0 ≤ start < end ≤ {length}",
                start=segment.start,
                end=segment.end,
                length=len(document.text),
            )
            yield Finding("offset-range", message, "segments", index)
        elif segment.start < before:
            message = say("overlaps the segment above it, or is before it in the text")
            yield Finding("segment-overlap", message, "segments", index)
        if segment.anchor_date and not _is_date(segment.anchor_date):
            message = say(
                "anchor_date {date!r} is not a calendar date YYYY-MM-DD; leave it out where there "
                "is none",
                date=segment.anchor_date,
            )
            yield Finding("anchor-date", message, "segments", index)
        if segment.item < 0:
            message = say(
                "item is {item}; the article is 0 and teasers count from 1", item=segment.item
            )
            yield Finding("segment-item", message, "segments", index)
        before = max(before, segment.end)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_order(document: Document, layer: str) -> Iterator[Finding]:
    records = records_of(document, layer)
    for index, (above, record) in enumerate(pairwise(records), start=1):
        if reading_order(record) < reading_order(above):
            message = say(
                "is before the record above it in the text; sort by start, the longer span first"
            )
            yield Finding("order", message, layer, index)


def _check_duplicates(document: Document, layer: str) -> Iterator[Finding]:
    records = records_of(document, layer)
    first: dict[object, int] = {}
    for index, record in enumerate(records):
        key: object
        if isinstance(record, Entity | Date):
            key = (record.start, record.end, record.type)
        elif isinstance(record, Quote):
            key = (record.content, record.speakers, record.cue)
        else:
            key = (record.start, record.end)
        if key in first:
            message = say("is the same as {layer}[{index}]", layer=layer, index=first[key])
            yield Finding("duplicate-record", message, layer, index)
        first.setdefault(key, index)


def _check_provenance(document: Document, layer: str) -> Iterator[Finding]:
    for index, record in enumerate(records_of(document, layer)):
        if record.origin not in ORIGINS:
            message = _not_allowed("origin", record.origin, ORIGINS)
            yield Finding("provenance", message, layer, index)
        if record.id is None:
            yield Finding("missing-field", say("{name} is missing", name="id"), layer, index)


def _check_homonyms(
    document: Document, homonyms: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    meanings: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for index, entity in enumerate(document.entities):
        meanings[document.text[entity.start : entity.end]].setdefault(str(entity.entity_id), index)
    for surface, entities in meanings.items():
        if len(entities) > 1 and set(entities) != set(homonyms.get(surface, ())):
            last = list(entities.values())[-1]
            message = say(
                "{surface!r} is {keys}; if that is right, list it under homonyms in articles.json",
                surface=surface,
                keys=joined(entities, say(" and ")),
            )
            yield Finding("homonym", message, "entities", last)
    for surface, listed in homonyms.items():
        if set(meanings.get(surface, ())) != set(listed):
            message = say(
                "homonyms lists {surface!r} as {listed}; the document has {found}",
                surface=surface,
                listed=", ".join(listed),
                found=", ".join(meanings.get(surface, {})) or say("none of them"),
            )
            yield Finding("homonym", message, "entities")


# Registry


def check_registry(
    rows: Iterable[tuple[int, RegistryEntry]], documents: Iterable[Document]
) -> Iterator[tuple[int, Finding]]:
    """Checks the registry's entries against each other and against the documents.

    Args:
        rows: the entries with their lines in the file.
        documents: the documents that use the registry.

    Yields:
        Findings with the line that each is about.
    """
    surfaces: defaultdict[str, set[str]] = defaultdict(set)
    sources: defaultdict[str, set[str]] = defaultdict(set)
    used: set[str] = set()
    for document in documents:
        for entity in document.entities:
            surfaces[str(entity.entity_id)].add(document.text[entity.start : entity.end])
        for quote in document.quotes:
            used.update([*(quote.speakers or ()), *quote.addressees])
            for key, surface in role_sources(document, quote):
                sources[key].add(surface)
        records: tuple[Entity | Quote, ...] = (*document.entities, *document.quotes)
        for record in records:
            used.update(keys_of_readings(record))
    rows = list(rows)
    types = {entry.entity_id: entry.type for _, entry in rows}
    keys: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for line, entry in rows:
        problems: list[tuple[str, Message]] = []
        key, number = entry.entity_id, entry.wikidata
        if key in keys:
            message = say("{key!r} is the key of line {line} already", key=key, line=keys[key])
            problems.append(("registry-key", message))
        keys.setdefault(key, line)
        problems += _entry_problems(entry)
        if number:
            if number in numbers:
                message = say(
                    "{key}: {number} is the id of line {line} already",
                    key=key,
                    number=number,
                    line=numbers[number],
                )
                problems.append(("registry-wikidata", message))
            numbers.setdefault(number, line)
        if entry.capital_of and types.get(entry.capital_of) != "GPE":
            message = say(
                "{key}: capital_of is {country!r}, which is no entry of type GPE",
                key=key,
                country=entry.capital_of,
            )
            problems.append(("registry-capital", message))
        role = entry.kind == "role"
        printed = sources if role else surfaces
        for alias in entry.aliases:
            if alias not in printed[key]:
                message = (
                    say("{key}: alias {alias!r} is no source of its words", key=key, alias=alias)
                    if role
                    else say(
                        "{key}: alias {alias!r} occurs in no mention of it", key=key, alias=alias
                    )
                )
                problems.append(("registry-alias", message))
        if role:
            for surface in sorted(sources[key] - set(entry.aliases)):
                message = say(
                    "{key}: the source {surface!r} is not among the aliases",
                    key=key,
                    surface=surface,
                )
                problems.append(("registry-alias", message))
            if surfaces[key]:
                message = say("{key} is mentioned by name, so its kind is name, not role", key=key)
                problems.append(("registry-kind", message))
        if not surfaces[key] and key not in used:
            message = say("{key} is neither mentioned nor a speaker or addressee", key=key)
            problems.append(("registry-unused", message))
        yield from ((line, Finding(code, message, "registry")) for code, message in problems)


def role_sources(document: Document, quote: Quote) -> Iterator[tuple[str, str]]:
    """The single speaker of a quotation with its printed source, where that describes a role."""
    if quote.source_status == "nominal" and quote.source and len(quote.speakers or ()) == 1:
        for key in quote.speakers or ():
            yield key, document.text[quote.source.start : quote.source.end]


def keys_of_readings(record: AnyRecord) -> Iterator[str]:
    """The registry keys in the readings of a record."""
    for reading in record.readings:
        given = changes_of(reading)
        yield from (*given.get("speakers", ()), *given.get("addressees", ()))
        if "entity_id" in given:
            yield given["entity_id"]


def _entry_problems(entry: RegistryEntry) -> Iterator[tuple[str, Message]]:
    """The codes and messages for everything wrong with an entry by itself."""
    key = entry.entity_id
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
        yield "registry-key", say("{key!r} is not lower-case ASCII with single hyphens", key=key)
    if entry.type not in TYPES:
        yield "label", _not_allowed("type", entry.type, TYPES)
    for name in ("name_vi", "name_en"):
        if not getattr(entry, name).strip():
            yield "missing-field", say("{key}: {name} is empty", key=key, name=name)
    if entry.kind not in KINDS:
        yield "registry-kind", _not_allowed("kind", entry.kind, KINDS)
    if entry.wikidata and not re.fullmatch(r"Q[1-9]\d*", entry.wikidata):
        yield (
            "registry-wikidata",
            say("{key}: {number!r} is not of the form Q…", key=key, number=entry.wikidata),
        )
