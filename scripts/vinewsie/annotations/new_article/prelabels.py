"""Labels that an extractor proposes for an article, as a pass that a person corrects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from vinewsie.annotations.new_article.texts import slug
from vinewsie.extractors import running
from vinewsie.findings import Finding
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Entity,
    Mark,
    Prediction,
    Quote,
    reading_order,
    records_of,
)
from vinewsie.reading.predictions import read_predictions
from vinewsie.record_ids import new_ids
from vinewsie.registry import Registry, name_key
from vinewsie.scheme.checks import check_structure


def propose(document: Document, spec: str, registry: Registry) -> tuple[Document, list[Finding]]:
    """Labels a document with an extractor.

    Records that a pass cannot have are left out: those without a label of the guidelines, and those
    with an invalid span.

    Args:
        document: the document; its own labels are not used.
        spec: the SPEC of the extractor.
        registry: the registry, whose keys the records get where their names fit.

    Returns:
        The labelled document, and warnings about records that were left out.

    Raises:
        ExtractorError: there is no such extractor, or it failed.
    """
    read = read_predictions(
        running.run(spec, [document]).outputs, {document.doc_id: document}, skip_invalid=True
    )
    if document.doc_id not in read.by_doc:
        return document, read.findings
    keys = KeyFinder(registry)
    labelled = _numbered(document, read.by_doc[document.doc_id], keys)
    wrong = [
        finding
        for finding in check_structure(labelled)
        if finding.index is not None and finding.layer in RECORD_TYPES
    ]
    findings = [
        replace(finding, file=None, line=None, severity="warning").at(doc_id=document.doc_id)
        for finding in (*read.findings, *wrong)
    ]
    return _numbered(
        document, _without(labelled, {(str(f.layer), f.index) for f in wrong}), keys
    ), findings


def _numbered(document: Document, proposed: Prediction | Document, keys: KeyFinder) -> Document:
    """The document with the proposed records in reading order, with ids as in gold, surfaces, and
    keys instead of names. References to missing records are dropped.
    """
    ids: dict[str | None, str] = {}
    for quote, new_id in zip(
        sorted(proposed.quotes, key=reading_order), new_ids("quotes"), strict=False
    ):
        ids.setdefault(quote.id, new_id)
    layers: dict[str, Any] = {
        layer: tuple(
            _proposal(record, new_id, document.text, ids, keys)
            for record, new_id in zip(
                sorted(records_of(proposed, layer), key=reading_order), new_ids(layer), strict=False
            )
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **layers)


def _proposal(
    record: AnyRecord, new_id: str, text: str, ids: Mapping[str | None, str], keys: KeyFinder
) -> AnyRecord:
    changes: dict[str, Any] = {
        "id": new_id,
        "origin": None,
        "human_verified": False,
        "score": msgspec.UNSET,
    }
    if isinstance(record, Quote):
        changes["parent"] = ids.get(record.parent) if record.parent is not None else None
        changes["speakers"] = tuple(
            dict.fromkeys(keys.of(speaker) or speaker for speaker in record.speakers or ())
        )
        changes["addressees"] = tuple(
            dict.fromkeys(keys.of(name) or name for name in record.addressees)
        )
    else:
        changes["text"] = surface = text[record.start : record.end]
        if isinstance(record, Entity):
            changes["entity_id"] = keys.of(record.entity_id or surface, record.type)
        if isinstance(record, Mark):
            changes["quote"] = ids.get(record.quote) if record.quote is not None else None
    return msgspec.structs.replace(record, **changes)


class KeyFinder:
    """Finds registry keys for names.

    The key of a name is that of the only entry with this name (and type), or else a new one: the
    name in lower-case ASCII with hyphens.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        for key, entry in registry.items():
            for name in (entry.name_vi, entry.name_en, entry.wikidata, *entry.aliases):
                if name:
                    self._names[name_key(name)].add(key)

    def of(self, name: str, kind: str | None = None) -> str | None:
        """The key for a name; None if the name has no letter or digit that ASCII can show."""
        if name in self._registry:
            return name
        found = {
            key
            for key in self._names.get(name_key(name), ())
            if kind in (None, self._registry[key].type)
        }
        return next(iter(found)) if len(found) == 1 else slug(name_key(name)) or None


def _without(document: Document, refused: Collection[tuple[str, int | None]]) -> Document:
    """The document without the refused records, given by layer and index."""
    kept: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        kept[layer] = tuple(
            record
            for index, record in enumerate(records_of(document, layer))
            if (layer, index) not in refused
        )
    return msgspec.structs.replace(document, **kept)
