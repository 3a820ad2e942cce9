"""Converts documents to tasks of Label Studio, and tasks to documents. Pure functions.

The merge rule: a page shows only part of a document. Reading therefore starts from the document in
the repository, derives the page that was *shown* for it, and changes only fields in which the page
that was saved differs from it. Ids, order, provenance and other fields that a page does not show
stay as they are, and an unchanged page gives identical records. So do whole layers: a page may show
some of them alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import msgspec

from vinewsie.findings import Finding, FindingsError, errors, shortened
from vinewsie.formats.label_studio.config import (
    ALL,
    COMPLETE,
    field_word,
    layers_hash,
    ordered_layers,
    word,
)
from vinewsie.formats.label_studio.drawing import (
    check_records,
    check_text,
    is_made_up,
    page_of,
    region_ids,
)
from vinewsie.formats.label_studio.page import (
    LabellingPage,
    Region,
    describe,
    items_of,
    read_page,
)
from vinewsie.formats.label_studio.reading import PageReader, typed_names
from vinewsie.messages import Message, say
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Mark,
    RegistryEntry,
    reading_order,
    records_of,
)
from vinewsie.record_ids import is_record_id, new_ids

_SETS = frozenset({"speakers", "addressees", "inherited", "alternates"})
"""Fields whose order has no meaning; that of the repository is kept."""
_NEEDED = {
    "entities": {"entity_id": say("choose it under Entity, or type its name if it is a new one")},
    "dates": {"value": say("type it under Value")},
    "marks": {
        "quote": say("draw a relation from the mark to the quotation that its words are part of")
    },
    "quotes": {"source_status": say("choose it under Source")},
}
"""Fields that an annotator must fill in, with advice where."""


def data_of(
    document: Document,
    registry: Mapping[str, RegistryEntry] | None = None,
    layers: tuple[str, ...] = ALL,
) -> dict[str, Any]:
    """The data of a task: the text, its identification, and the entities to choose from.

    Args:
        document: the document.
        registry: the entities to choose from, beside those in the document's records.
        layers: the layers that the page shows.

    Raises:
        FindingsError: the text has characters that a browser does not preserve.
    """
    if findings := list(check_text(document)):
        raise FindingsError(findings)
    return {
        "doc_id": document.doc_id,
        "text": document.text,
        "text_sha256": _sha256(document.text),
        "layers": list(layers),
        "config_sha256": layers_hash(layers),
        "anchors": _anchors(document),
        "registry": _choices(document, registry or {}),
    }


def task_layers(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The layers that the page of a task shows; all of them if its data do not name any."""
    names = data.get("layers")
    shown = ordered_layers(map(str, names)) if isinstance(names, list) else ()
    return shown or ALL


def in_layers(document: Document, layers: Sequence[str]) -> Document:
    """The document with the records of these layers alone."""
    return with_layers(document.unlabelled(), document, layers)


def with_layers(document: Document, source: Document, layers: Sequence[str]) -> Document:
    """The document with the records of another one in these layers."""
    taken: dict[str, Any] = {layer: records_of(source, layer) for layer in layers}
    return msgspec.structs.replace(document, **taken)


def result_of(
    document: Document, complete: Sequence[str] = (), layers: Sequence[str] = ALL
) -> list[dict[str, Any]]:
    """The records of a document as regions and relations; deterministic.

    Args:
        document: the document.
        complete: the layers that are signed off as a whole (see :func:`complete_layers`).
        layers: the layers that the page shows.

    Raises:
        FindingsError: the page cannot show the document.
    """
    document = in_layers(document, layers)
    if findings := [*check_text(document), *check_records(document)]:
        raise FindingsError(findings)
    return items_of(page_of(document, complete), document.text)


def to_task(
    document: Document,
    registry: Mapping[str, RegistryEntry] | None = None,
    layers: tuple[str, ...] = ALL,
) -> dict[str, Any]:
    """A document as a task with one annotation, for the import.

    Args:
        document: the document.
        registry: the entities to choose from, beside those in the document's records.
        layers: the layers that the page shows.

    Raises:
        FindingsError: the page cannot show the document.
    """
    # By default, an import makes every annotation a ground truth.
    return {
        "data": data_of(document, registry, layers),
        "annotations": [{"result": result_of(document, (), layers), "ground_truth": False}],
    }


def document_of(
    data: Mapping[str, Any], result: Sequence[Mapping[str, Any]], base: Document
) -> tuple[Document | None, list[Finding]]:
    """The document of a task with one of its annotations, by the merge rule.

    Args:
        data: the task's data.
        result: the annotation's result.
        base: the document in the repository.

    Returns:
        The document, or None if there is an error; and all findings. Layers that the page does
        not show are those of ``base``.
    """
    document, findings = sound_document_of(data, result, base)
    return None if errors(findings) else document, findings


def sound_document_of(
    data: Mapping[str, Any], result: Sequence[Mapping[str, Any]], base: Document
) -> tuple[Document | None, list[Finding]]:
    """Like :func:`document_of`, with a document in spite of errors: what further checks find in it
    is wrong in the page, too.

    Args:
        data: the task's data.
        result: the annotation's result.
        base: the document in the repository.

    Returns:
        The document, in which records with an error are as in ``base``, or missing if they are new,
        or None if the page is not one of ``base``; and all findings. Marks and quotations refer to
        one another: all are as in ``base`` if one may be wrong.
    """
    shown, whole = task_layers(data), base
    base = in_layers(base, shown)
    findings = [*_check_data(data, base), *check_text(base), *check_records(base)]
    if errors(findings):
        return None, [finding.at(doc_id=base.doc_id) for finding in findings]
    page, wrong = read_page(result, base.text, shown)
    found, unread = _read(page, base)
    missing = (finding for one in found for finding in _missing(one, base.text, shown))
    findings += [*wrong, *unread, *missing]
    faults = errors(findings)
    regions = {finding.region for finding in faults}
    kept = [one for one in found if one.region.id not in regions]
    kept += [
        replace(one, record=one.before)
        for one in found
        if one.region.id in regions and one.before is not None
    ]
    unsure = {"marks", "quotes"} if {f.layer for f in faults} - {"entities", "dates"} else set()
    layers = {
        layer: _ordered([one for one in kept if one.region.layer == layer], records_of(base, layer))
        for layer in shown
        if layer not in unsure
    }
    document = msgspec.structs.replace(whole, **layers)
    return document, [finding.at(doc_id=base.doc_id) for finding in findings]


def records_in(
    result: Sequence[Mapping[str, Any]], text: str, layers: Sequence[str] = ALL
) -> tuple[dict[str, dict[str, AnyRecord]], list[Finding]]:
    """The records of a result without a base document, by layer and region; and the findings.

    The id of a region is the id of its record.

    Args:
        result: the result of an annotation.
        text: the document's text.
        layers: the layers that the page shows.
    """
    page, findings = read_page(result, text, layers)
    reader = PageReader(
        page,
        text,
        {
            r.id: None if is_made_up(r.id, r.layer) else r.id
            for r in page.regions.values()
            if r.layer
        },
    )
    records: dict[str, dict[str, AnyRecord]] = {layer: {} for layer in layers}
    for region, record in sorted(reader.records().items(), key=lambda item: reading_order(item[1])):
        records[str(page.regions[region].layer)][region] = record
    return records, [*findings, *reader.findings]


def refused_records(document: Document) -> list[Finding]:
    """Findings about the records that are refused when the page of the document is read, such as
    marks without quotation marks.
    """
    page, places = page_of(document), {r: place for place, r in region_ids(document).items()}
    reader = PageReader(page, document.text, dict.fromkeys(page.regions))
    reader.records()
    findings = []
    for finding in reader.findings:
        if finding.region in places:
            layer, index = places[finding.region]
            findings.append(replace(finding, layer=layer, index=index, doc_id=document.doc_id))
    return findings


def complete_layers(result: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The layers that are signed off as a whole: no record is missing, and all are right."""
    page, _ = read_page(
        [
            item
            for item in result
            if isinstance(item, Mapping) and item.get("from_name") == COMPLETE
        ],
        "",
    )
    return tuple(layer for layer in RECORD_TYPES if layer in page.complete)


def new_names(result: Sequence[Mapping[str, Any]], text: str) -> list[tuple[str, str]]:
    """What annotators typed for new entities, names and keys, each with the id of its region."""
    return list(typed_names(read_page(result, text)[0]))


def on_page(findings: Iterable[Finding], document: Document) -> Iterator[Finding]:
    """Findings about a document's records with their region, and its surface in the message,
    because a page has no record numbers.
    """
    page = page_of(document)
    ids = region_ids(document)
    for finding in findings:
        region = page.regions.get(
            ids.get((finding.layer or "", -1 if finding.index is None else finding.index), "")
        )
        yield (
            finding
            if region is None
            else replace(
                finding,
                message=say(
                    "{region}: {finding}",
                    region=describe(region, document.text),
                    finding=_in_words(finding.message),
                ),
                region=region.id,
            )
        )


_VALUES = frozenset({"type", "expected", "given", "kind", "status", "function"})
"""The names of values of the scheme in messages about records."""


def _in_words(message: str) -> str:
    """A message about a record with the words of the page for values of the scheme."""
    if not isinstance(message, Message):
        return message
    values = {
        name: word(value)
        if name in _VALUES and type(value) is str
        else _in_words(value)
        if isinstance(value, str)
        else value
        for name, value in message.values.items()
    }
    return Message(message.template, values)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _anchors(document: Document) -> str:
    """The days that relative dates refer to, each with the first words of the line where it
    begins.
    """
    days: list[str] = []
    before = None
    for segment in document.segments:
        if segment.anchor_date != before:
            line = document.text[segment.start : segment.end]
            days.append(
                f"“{shortened(line, 30)}” {segment.anchor_date}" if days else segment.anchor_date
            )
        before = segment.anchor_date
    return "; ".join(days) or "–"


def _choices(document: Document, registry: Mapping[str, RegistryEntry]) -> list[dict[str, str]]:
    """The entities to choose from. The lists are searched in what they show, so that it has the
    names under which pages mention an entity.
    """
    keys = set(registry)
    keys.update(entity.entity_id for entity in document.entities if entity.entity_id)
    for quote in document.quotes:
        keys.update([*(quote.speakers or ()), *quote.addressees])
    return [
        {"value": _shown(registry[key]) if key in registry else key, "alias": key}
        for key in sorted(keys)
    ]


def _shown(entry: RegistryEntry) -> str:
    """An entry of the registry in a list: its name, key, and other names."""
    others = ", ".join(alias for alias in entry.aliases if alias != entry.name_vi)
    return " · ".join(part for part in (entry.name_vi, entry.entity_id, others) if part)


def _check_data(data: Mapping[str, Any], base: Document) -> Iterator[Finding]:
    if data.get("doc_id") != base.doc_id:
        yield Finding(
            "unknown-document",
            say(
                "the task is of {id!r}, not of {expected!r}",
                id=data.get("doc_id"),
                expected=base.doc_id,
            ),
        )
        return
    if data.get("text") != base.text or data.get("text_sha256") != _sha256(base.text):
        yield Finding(
            "article-hash",
            say(
                "the task's text is not the one in the repository; push the document as a new task"
            ),
        )
    if data.get("config_sha256") != layers_hash(task_layers(data)):
        message = say(
            "the task was made with another labelling configuration; push the document again"
        )
        yield Finding("label-config", message)


@dataclass(frozen=True)
class _PageRecord:
    """A record of a page.

    Args:
        region: its region.
        record: the record as the page has it.
        index: its index in the repository's document; None for a new one.
        before: the record in the repository; None for a new one.
    """

    region: Region
    record: AnyRecord
    index: int | None = None
    before: AnyRecord | None = None


def _read(page: LabellingPage, base: Document) -> tuple[list[_PageRecord], list[Finding]]:
    """The records of a page by the merge rule, and the findings."""
    places = {region: place for place, region in region_ids(base).items()}
    known = {
        region: places[region]
        for region, r in page.regions.items()
        if region in places and places[region][0] == r.layer
    }
    reader = PageReader(page, base.text, _record_ids(page, base, known))
    own = {region: records_of(base, layer)[index].id for region, (layer, index) in places.items()}
    shown = PageReader(page_of(base), base.text, own).records()
    found = []
    for region_id, record in reader.records().items():
        region = page.regions[region_id]
        if region_id in known:
            layer, index = known[region_id]
            before = records_of(base, layer)[index]
            found.append(
                _PageRecord(region, _merged(before, shown[region_id], record), index, before)
            )
        else:
            found.append(_PageRecord(region, record))
    return found, reader.findings


def _record_ids(
    page: LabellingPage, base: Document, known: Mapping[str, tuple[str, int]]
) -> dict[str, str | None]:
    """The record id of each region: the one in ``base``, else the region's if it has the form of
    a record id and is free, else the next free number.
    """
    ids: dict[str, str | None] = {}
    for layer in RECORD_TYPES:
        regions = [region for region in page.regions.values() if region.layer == layer]
        ids |= {
            region.id: records_of(base, layer)[known[region.id][1]].id
            for region in regions
            if region.id in known
        }
        used = {str(record.id) for record in records_of(base, layer)}
        new = [region for region in regions if region.id not in known]
        ids |= {
            region.id: region.id
            for region in new
            if is_record_id(region.id, layer) and region.id not in used
        }
        unnamed = [region for region in new if region.id not in ids]
        unnamed.sort(key=lambda region: (region.start, -region.end, region.id))
        free = new_ids(layer, used | {region.id for region in new})
        ids |= {region.id: name for region, name in zip(unnamed, free, strict=False)}
    return ids


def _merged(base: AnyRecord, shown: AnyRecord, read: AnyRecord) -> AnyRecord:
    """The record in the repository with the fields that the page changed.

    Args:
        base: the record in the repository.
        shown: the record that the page showed.
        read: the record that the page has now.
    """
    changes = {}
    for name in base.__struct_fields__:
        before, now = getattr(shown, name), getattr(read, name)
        if name in _SETS:
            kept = [item for item in getattr(base, name) or () if item in now]
            if len(kept) == len(before) == len(now):
                continue
            now = (*kept, *(item for item in now if item not in kept))
        if now != before:
            changes[name] = now
    return msgspec.structs.replace(base, **changes) if changes else base


def _missing(found: _PageRecord, text: str, layers: Sequence[str]) -> Iterator[Finding]:
    """Finds fields that the annotator did not fill in, unless they were empty before, or the page
    does not show the layer that they refer to.
    """
    region, record, before = found.region, found.record, found.before
    for name, advice in _NEEDED[str(region.layer)].items():
        wanted = not isinstance(record, Mark) or (
            record.function == "speech" and "quotes" in layers
        )
        if (
            wanted
            and getattr(record, name) is None
            and (before is None or getattr(before, name) is not None)
        ):
            yield Finding(
                "missing-field",
                say(
                    "{region} has no {field}; {advice}",
                    region=describe(region, text),
                    field=field_word(name),
                    advice=advice,
                ),
                region.layer,
                region=region.id,
            )


def _ordered(found: Iterable[_PageRecord], base: Sequence[AnyRecord]) -> tuple[AnyRecord, ...]:
    """Records in reading order, ties as in ``base``; if ``base`` is not in reading order, in its
    order, new ones last.
    """
    in_order = all(reading_order(left) <= reading_order(right) for left, right in pairwise(base))

    def key(one: _PageRecord) -> tuple[tuple[int, int], int, tuple[int, int]]:
        place = reading_order(one.record)
        return place if in_order else (0, 0), len(base) if one.index is None else one.index, place

    return tuple(one.record for one in sorted(found, key=key))
