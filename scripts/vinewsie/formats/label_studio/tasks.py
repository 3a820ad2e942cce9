"""Documents as tasks of Label Studio, and tasks back as documents. Pure functions.

A page shows what it can of a document, and nothing else can be changed there. Reading back
therefore takes the document in the repository, looks at what the page *showed* of it, and changes
only the fields in which the page that came back differs: ids, order, provenance and whatever else a
page cannot show stay as they are, and a page that nobody touched gives back the very same records.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import msgspec

from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.label_studio.config import COMPLETE, config_hash
from vinewsie.formats.label_studio.drawing import (
    check_records,
    check_text,
    is_made_up,
    page_of,
    region_ids,
)
from vinewsie.formats.label_studio.page import Page, Region, canonical, items_of, named, read_page
from vinewsie.formats.label_studio.reading import Reader
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Mark,
    RegistryEntry,
    reading_order,
    records_of,
)

__all__ = [
    "canonical",
    "complete_layers",
    "data_of",
    "document_of",
    "on_page",
    "records_in",
    "result_of",
    "to_task",
]

_OWN_ID = {layer: re.compile(rf"{layer[0]}[1-9]\d{{0,6}}") for layer in RECORD_TYPES}
"""The project's own ids: the layer's first letter and a number."""
_SETS = frozenset({"speakers", "addressees", "alternates"})
"""Fields whose order says nothing and is kept."""
_NEEDED = {
    "entities": {"entity_id": "choose it under Entity, or type its new key"},
    "dates": {"value": "type it under Value"},
    "marks": {"quote": "draw a relation from the mark to the quotation that its words are part of"},
    "quotes": {"source_status": "choose it under Source"},
}
"""What an annotator must not leave out, with where it is given."""


def data_of(
    document: Document, registry: Mapping[str, RegistryEntry] | None = None
) -> dict[str, Any]:
    """The data of a task: the text, what identifies it, and what an annotator chooses from.

    Args:
        document: the document.
        registry: the entities to choose from, beside those that the document's records name.

    Raises:
        FindingsError: offsets in the text would not survive a browser.
    """
    if findings := list(check_text(document)):
        raise FindingsError(findings)
    return {
        "doc_id": document.doc_id,
        "text": document.text,
        "text_sha256": _sha256(document.text),
        "config_sha256": config_hash(),
        "anchors": _anchors(document),
        "registry": _choices(document, registry or {}),
    }


def result_of(document: Document, complete: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The records of a document as regions and relations; the same document always gives the same.

    Args:
        document: the document.
        complete: the layers that are signed off as a whole (see :func:`complete_layers`).

    Raises:
        FindingsError: the page cannot show the document.
    """
    if findings := [*check_text(document), *check_records(document)]:
        raise FindingsError(findings)
    return items_of(page_of(document, complete), document.text)


def to_task(
    document: Document, registry: Mapping[str, RegistryEntry] | None = None
) -> dict[str, Any]:
    """A document as a task with one annotation, as it is imported.

    Raises:
        FindingsError: the page cannot show the document.
    """
    # An import makes every annotation a ground truth that does not say otherwise.
    return {
        "data": data_of(document, registry),
        "annotations": [{"result": result_of(document), "ground_truth": False}],
    }


def document_of(
    data: Mapping[str, Any], result: Sequence[Mapping[str, Any]], base: Document
) -> tuple[Document | None, list[Finding]]:
    """The document that a task and one of its annotations describe.

    Args:
        data: the task's data.
        result: the annotation's result.
        base: the document as it is in the repository.

    Returns:
        The document, or None if there is an error; and all findings.
    """
    findings = [*_check_data(data, base), *check_text(base), *check_records(base)]
    found: list[_Found] = []
    if not errors(findings):
        page, wrong = read_page(result, base.text)
        found, unread = _read(page, base)
        findings += [
            *wrong,
            *unread,
            *(finding for one in found for finding in _missing(one, base.text)),
        ]
    findings = [finding.at(doc_id=base.doc_id) for finding in findings]
    if errors(findings):
        return None, findings
    layers = {
        layer: _ordered(
            [one for one in found if one.region.layer == layer], records_of(base, layer)
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(base, **layers), findings


def records_in(
    result: Sequence[Mapping[str, Any]], text: str
) -> tuple[dict[str, dict[str, AnyRecord]], list[Finding]]:
    """The records that a result shows by itself, by layer and region, with the ids of their
    regions; and all that is wrong with them.
    """
    page, findings = read_page(result, text)
    reader = Reader(
        page,
        text,
        {
            r.id: None if is_made_up(r.id, r.layer) else r.id
            for r in page.regions.values()
            if r.layer
        },
    )
    layers: dict[str, dict[str, AnyRecord]] = {layer: {} for layer in RECORD_TYPES}
    for region, record in sorted(reader.records().items(), key=lambda item: reading_order(item[1])):
        layers[str(page.regions[region].layer)][region] = record
    return layers, [*findings, *reader.findings]


def complete_layers(result: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The layers that are signed off as a whole: nothing is missing, and every record is right."""
    page, _ = read_page(
        [
            item
            for item in result
            if isinstance(item, Mapping) and item.get("from_name") == COMPLETE
        ],
        "",
    )
    return tuple(layer for layer in RECORD_TYPES if layer in page.complete)


def on_page(findings: Iterable[Finding], document: Document) -> Iterator[Finding]:
    """The same findings about a document's records with the words of the region to look for, since
    a page shows no record numbers.
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
            else replace(finding, message=f"{named(region, document.text)}: {finding.message}")
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _anchors(document: Document) -> str:
    """The days against which relative dates are read, each after the words with which its lines
    begin.
    """
    days: list[str] = []
    before = None
    for segment in document.segments:
        if segment.anchor_date != before:
            line = document.text[segment.start : segment.end]
            days.append(
                f"from “{line if len(line) <= 30 else line[:29] + '…'}” {segment.anchor_date}"
                if days
                else segment.anchor_date
            )
        before = segment.anchor_date
    return "; ".join(days) or "none"


def _choices(document: Document, registry: Mapping[str, RegistryEntry]) -> list[dict[str, str]]:
    keys = set(registry)
    keys.update(entity.entity_id for entity in document.entities if entity.entity_id)
    for quote in document.quotes:
        keys.update([*(quote.speakers or ()), *quote.addressees])
    return [
        {"value": f"{registry[key].name_vi} · {key}" if key in registry else key, "alias": key}
        for key in sorted(keys)
    ]


def _check_data(data: Mapping[str, Any], base: Document) -> Iterator[Finding]:
    if data.get("doc_id") != base.doc_id:
        yield Finding(
            "unknown-document", f"the task is of {data.get('doc_id')!r}, not of {base.doc_id!r}"
        )
        return
    if data.get("text") != base.text or data.get("text_sha256") != _sha256(base.text):
        yield Finding(
            "article-hash",
            "the task's text is not the one in the repository; push the document as a new task",
        )
    if data.get("config_sha256") != config_hash():
        message = "the task was made with another labelling configuration; push the document again"
        yield Finding("label-config", message)


@dataclass(frozen=True)
class _Found:
    """A record of a page: its region, and its place and form in the repository's document, if it
    was there.
    """

    region: Region
    record: AnyRecord
    index: int | None = None
    before: AnyRecord | None = None


def _read(page: Page, base: Document) -> tuple[list[_Found], list[Finding]]:
    """The records of a page, each changed from the one in ``base`` in those fields only that the
    page changes.
    """
    places = {region: place for place, region in region_ids(base).items()}
    known = {
        region: places[region]
        for region, r in page.regions.items()
        if region in places and places[region][0] == r.layer
    }
    reader = Reader(page, base.text, _record_ids(page, base, known))
    own = {region: records_of(base, layer)[index].id for region, (layer, index) in places.items()}
    shown = Reader(page_of(base), base.text, own).records()
    found = []
    for region_id, record in reader.records().items():
        region = page.regions[region_id]
        if region_id in known:
            layer, index = known[region_id]
            before = records_of(base, layer)[index]
            found.append(_Found(region, _merged(before, shown[region_id], record), index, before))
        else:
            found.append(_Found(region, record))
    return found, reader.findings


def _record_ids(
    page: Page, base: Document, known: Mapping[str, tuple[str, int]]
) -> dict[str, str | None]:
    """The id of each region's record: the one in ``base``, the region's where it is one of ours and
    free, else the next free number.
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
            if _OWN_ID[layer].fullmatch(region.id) and region.id not in used
        }
        used |= {region.id for region in new}
        last = max((int(name[1:]) for name in used if _OWN_ID[layer].fullmatch(name)), default=0)
        unnamed = [region for region in new if region.id not in ids]
        for number, region in enumerate(
            sorted(unnamed, key=lambda r: (r.start, -r.end, r.id)), start=last + 1
        ):
            ids[region.id] = f"{layer[0]}{number}"
    return ids


def _merged(base: AnyRecord, shown: AnyRecord, read: AnyRecord) -> AnyRecord:
    """The record of ``base`` with the fields in which the page that was read differs from the one
    that was shown.
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


def _missing(found: _Found, text: str) -> Iterator[Finding]:
    """What an annotator left out. What the record did not have before either is not the page's
    fault.
    """
    region, record, before = found.region, found.record, found.before
    for name, advice in _NEEDED[str(region.layer)].items():
        wanted = not isinstance(record, Mark) or record.function == "speech"
        if (
            wanted
            and getattr(record, name) is None
            and (before is None or getattr(before, name) is not None)
        ):
            yield Finding(
                "missing-field", f"{named(region, text)} has no {name}; {advice}", region.layer
            )


def _ordered(found: Iterable[_Found], base: Sequence[AnyRecord]) -> tuple[AnyRecord, ...]:
    """Records in reading order, equals as in ``base``; where ``base`` is in another order, as there
    and what is new at the end.
    """
    in_order = all(reading_order(left) <= reading_order(right) for left, right in pairwise(base))

    def key(one: _Found) -> tuple[tuple[int, int], int, tuple[int, int]]:
        place = reading_order(one.record)
        return place if in_order else (0, 0), len(base) if one.index is None else one.index, place

    return tuple(one.record for one in sorted(found, key=key))
