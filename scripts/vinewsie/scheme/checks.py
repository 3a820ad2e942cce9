"""What gold and predictions must satisfy. The same checks serve the commands, the functions and the
build.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from vinewsie.findings import Finding
from vinewsie.model import (
    AnyRecord,
    Date,
    Document,
    Entity,
    Mark,
    Quote,
    Span,
    reading_order,
    records_of,
)
from vinewsie.registry import Registry
from vinewsie.scheme import LAYERS, TEASER_ZONES, ZONES

ORIGINS = {
    "agreed": "the independent passes agreed",
    "adjudicated": "the passes differed, or a later reading corrected them",
}


def is_day(text: str) -> bool:
    """Whether a text is an ISO calendar date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def spans_of(record: AnyRecord) -> Iterator[tuple[str, Span]]:
    """Every span of a record with the name of the field it stands in."""
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


def check_spans(
    record: AnyRecord, layer: str, index: int, text: str, *, prediction: bool = False
) -> Iterator[Finding]:
    """Offsets in range, surface equal to the text, and for gold no white space at an edge and no
    line break inside.

    A predicted span with a bad edge is a wrong boundary, which scoring is there to count; only what
    cannot be a span is refused.
    """
    for name, span in spans_of(record):
        if not 0 <= span.start < span.end <= len(text):
            message = (
                f"{name} [{span.start}, {span.end}) is not within 0 ≤ start < end ≤ {len(text)}"
            )
            yield Finding("offset-range", message, layer, index)
            continue
        surface = text[span.start : span.end]
        if prediction:
            continue
        # The inside of quotation marks is what it is; everything else is chosen by an annotator.
        if surface != surface.strip() and not isinstance(record, Mark):
            yield Finding(
                "edge-space", f"{name} {surface!r} begins or ends with white space", layer, index
            )
        if "\n" in surface or "\r" in surface:
            yield Finding("line-break", f"{name} {surface!r} crosses a line break", layer, index)
    if (
        not isinstance(record, Quote)
        and record.text is not None
        and record.text != text[record.start : record.end]
    ):
        message = f"text is {record.text!r}, but [{record.start}, {record.end}) is {text[record.start : record.end]!r}"
        yield Finding("text-mismatch", message, layer, index)


def check_vocabularies(
    record: AnyRecord,
    layer: str,
    index: int,
    *,
    required: bool,
    entity_labels: frozenset[str] | None = None,
) -> Iterator[Finding]:
    """Every field with a closed set of values holds one of them; ``entity_labels`` replaces the
    native types of entities.
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
                " (another inventory: --scheme, or a map of labels: --labels)"
                if entity_labels is not None and layer == "entities"
                else ""
            )
            yield Finding(
                "label", f"{name} is {value!r}; allowed are {', '.join(values)}{hint}", layer, index
            )


def check_prediction_record(
    record: AnyRecord, layer: str, index: int, text: str, entity_labels: frozenset[str] | None
) -> Iterator[Finding]:
    """What keeps a predicted record from being scored (errors), and what deserves a word
    (warnings).

    ``entity_labels`` are the labels that predicted mentions may carry; None for any label in any
    layer.
    """
    from vinewsie.scheme.dates import well_formed

    yield from check_spans(record, layer, index, text, prediction=True)
    if entity_labels is not None:
        yield from check_vocabularies(
            record, layer, index, required=False, entity_labels=entity_labels
        )
    if isinstance(record, Quote) and not record.content:
        yield Finding(
            "missing-field",
            "content is empty; a quotation has at least one content span",
            layer,
            index,
        )
    if (
        isinstance(record, Date)
        and record.value is not None
        and not well_formed(record.value, None)
    ):
        yield Finding(
            "timex",
            f"value {record.value!r} is not TIMEX3 and can match nothing",
            layer,
            index,
            severity="warning",
        )


def check_structure(document: Document, *, vocabularies: bool = True) -> Iterator[Finding]:
    """What scoring needs of any gold, packaged or a person's own: spans, labels, ids, and segments
    that stand in order.
    """
    yield from _check_segment_spans(document)
    for layer in LAYERS:
        records = records_of(document, layer)
        for index, record in enumerate(records):
            yield from check_spans(record, layer, index, document.text)
            if vocabularies:
                yield from check_vocabularies(record, layer, index, required=True)
            if isinstance(record, Quote) and not record.content:
                yield Finding(
                    "missing-field",
                    "content is empty; a quotation has at least one content span",
                    layer,
                    index,
                )
        ids = Counter(record.id for record in records if record.id is not None)
        for index, record in enumerate(records):
            if record.id is not None and ids[record.id] > 1:
                yield Finding(
                    "duplicate-id", f"id {record.id!r} stands {ids[record.id]} times", layer, index
                )


def check_gold(
    document: Document,
    registry: Registry,
    homonyms: Mapping[str, Collection[str]] | None = None,
    *,
    provenance: bool = True,
) -> list[Finding]:
    """Everything that the package's own gold must satisfy.

    Args:
        document: the document with its labels.
        registry: the entity registry.
        homonyms: surfaces of this document that stand for several entities, with these entities.
        provenance: whether records must say where they come from (gold does; a pass does not).
    """
    structural = [*check_structure(document), *check_segments(document)]
    if any(
        finding.code in ("offset-range", "missing-field", "duplicate-id") for finding in structural
    ):
        # The checks below read through spans and ids.
        return [finding.at(doc_id=document.doc_id) for finding in structural]
    findings = list(structural)
    for layer in LAYERS.values():
        if layer.check is not None:
            findings += layer.check(document, registry)
        findings += _check_order(document, layer.name)
        if provenance:
            findings += _check_provenance(document, layer.name)
    findings += _check_homonyms(document, homonyms or {})
    return [finding.at(doc_id=document.doc_id) for finding in findings]


def check_segments(document: Document) -> Iterator[Finding]:
    """Segments hold every character that is not blank once, with known zones, real dates and
    fitting item numbers.
    """
    owner: dict[int, int] = {}
    for index, segment in enumerate(document.segments):
        where = ("segments", index)
        if not 0 <= segment.start < segment.end <= len(document.text):
            continue
        surface = document.text[segment.start : segment.end]
        if surface != surface.strip():
            yield Finding(
                "edge-space", f"segment {surface[:30]!r} begins or ends with white space", *where
            )
        if "\n" in surface:
            yield Finding("line-break", f"segment {surface[:30]!r} crosses a line break", *where)
        if segment.zone not in ZONES:
            yield Finding(
                "label", f"zone is {segment.zone!r}; allowed are {', '.join(ZONES)}", *where
            )
        if (segment.zone in TEASER_ZONES) != (segment.item > 0):
            yield Finding(
                "segment-item",
                f"zone {segment.zone} with item {segment.item}; teasers count from 1, all else is 0",
                *where,
            )
        if not segment.anchor_date:
            yield Finding(
                "anchor-date", "anchor_date is missing; it is a calendar date YYYY-MM-DD", *where
            )
        owner.update(dict.fromkeys(range(segment.start, segment.end), index))
    bare = [
        o for o, character in enumerate(document.text) if not character.isspace() and o not in owner
    ]
    for first in (o for o in bare if o - 1 not in set(bare)):
        yield Finding(
            "segment-gap",
            f"{document.text[first : first + 20]!r} at {first} is in no segment",
            "segments",
        )


def _check_segment_spans(document: Document) -> Iterator[Finding]:
    """Segments are spans of the text, in its order, that do not overlap."""
    before = 0
    for index, segment in enumerate(document.segments):
        if not 0 <= segment.start < segment.end <= len(document.text):
            message = f"[{segment.start}, {segment.end}) is not within 0 ≤ start < end ≤ {len(document.text)}"
            yield Finding("offset-range", message, "segments", index)
        elif segment.start < before:
            yield Finding(
                "segment-overlap",
                "overlaps the segment above it, or stands before it in the text",
                "segments",
                index,
            )
        if segment.anchor_date and not is_day(segment.anchor_date):
            message = f"anchor_date {segment.anchor_date!r} is not a calendar date YYYY-MM-DD; leave it out where there is none"
            yield Finding("anchor-date", message, "segments", index)
        if segment.item < 0:
            yield Finding(
                "segment-item",
                f"item is {segment.item}; the article is 0 and teasers count from 1",
                "segments",
                index,
            )
        before = max(before, segment.end)


def _check_order(document: Document, layer: str) -> Iterator[Finding]:
    records = records_of(document, layer)
    for index in range(1, len(records)):
        if reading_order(records[index]) < reading_order(records[index - 1]):
            yield Finding(
                "order",
                "stands before the record above it in the text; sort by start, the longer span first",
                layer,
                index,
            )
    said: dict[object, int] = {}
    for index, record in enumerate(records):
        what: object
        if isinstance(record, Entity | Date):
            what = (record.start, record.end, record.type)
        elif isinstance(record, Quote):
            what = (record.content, record.speakers, record.cue)
        else:
            what = (record.start, record.end)
        if what in said:
            yield Finding("duplicate-record", f"says what {layer}[{said[what]}] says", layer, index)
        said.setdefault(what, index)


def _check_provenance(document: Document, layer: str) -> Iterator[Finding]:
    for index, record in enumerate(records_of(document, layer)):
        if record.origin not in ORIGINS:
            yield Finding(
                "provenance",
                f"origin is {record.origin!r}; allowed are {', '.join(ORIGINS)}",
                layer,
                index,
            )
        if record.id is None:
            yield Finding("missing-field", "id is missing", layer, index)


def _check_homonyms(
    document: Document, homonyms: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    meanings: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for index, entity in enumerate(document.entities):
        meanings[document.text[entity.start : entity.end]].setdefault(str(entity.entity_id), index)
    for surface, entities in meanings.items():
        if len(entities) > 1 and set(entities) != set(homonyms.get(surface, ())):
            last = list(entities.values())[-1]
            message = f"{surface!r} is {' and '.join(entities)}; if that is right, list it under homonyms in articles.json"
            yield Finding("homonym", message, "entities", last)
    for surface, listed in homonyms.items():
        if set(meanings.get(surface, ())) != set(listed):
            found = ", ".join(meanings.get(surface, {})) or "none of them"
            message = f"homonyms lists {surface!r} as {', '.join(listed)}; the document has {found}"
            yield Finding("homonym", message, "entities")


def check_registry(
    registry: Iterable[tuple[int, object]], documents: Iterable[Document]
) -> Iterator[tuple[int, Finding]]:
    """The registry's rows (line number and entry) against each other and against the documents that
    use them.
    """
    import re

    from vinewsie.model import RegistryEntry
    from vinewsie.scheme.inventories import TYPES

    surfaces: defaultdict[str, set[str]] = defaultdict(set)
    used: set[str] = set()
    for document in documents:
        for entity in document.entities:
            surfaces[str(entity.entity_id)].add(document.text[entity.start : entity.end])
        for quote in document.quotes:
            used.update([*(quote.speakers or ()), *quote.addressees])
    seen: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for line, entry in registry:
        assert isinstance(entry, RegistryEntry)
        key = entry.entity_id
        if key in seen:
            yield (
                line,
                Finding("registry-key", f"{key!r} stands on line {seen[key]} already", "registry"),
            )
        seen.setdefault(key, line)
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
            yield (
                line,
                Finding(
                    "registry-key",
                    f"{key!r} is not lower-case ASCII with single hyphens",
                    "registry",
                ),
            )
        if entry.type not in TYPES:
            yield (
                line,
                Finding(
                    "label", f"type is {entry.type!r}; allowed are {', '.join(TYPES)}", "registry"
                ),
            )
        for name in ("name_vi", "name_en"):
            if not getattr(entry, name).strip():
                yield line, Finding("missing-field", f"{key}: {name} is empty", "registry")
        if entry.wikidata:
            if not re.fullmatch(r"Q[1-9]\d*", entry.wikidata):
                yield (
                    line,
                    Finding(
                        "registry-wikidata",
                        f"{key}: {entry.wikidata!r} is not of the form Q…",
                        "registry",
                    ),
                )
            if entry.wikidata in numbers:
                message = f"{key}: {entry.wikidata} is line {numbers[entry.wikidata]}'s already"
                yield line, Finding("registry-wikidata", message, "registry")
            numbers.setdefault(entry.wikidata, line)
        for alias in entry.aliases:
            if alias not in surfaces[key]:
                yield (
                    line,
                    Finding(
                        "registry-alias",
                        f"{key}: alias {alias!r} occurs in no mention of it",
                        "registry",
                    ),
                )
        if not surfaces[key] and key not in used:
            yield (
                line,
                Finding(
                    "registry-unused",
                    f"{key} is neither mentioned nor a speaker or addressee",
                    "registry",
                ),
            )
