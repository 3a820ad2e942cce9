"""What an extractor proposes for a new article, in the form of an annotation pass, for a person to
correct.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from vinewsie.annotations.new_article.texts import slug
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
from vinewsie.registry import Registry, name_key
from vinewsie.scheme.checks import check_structure


def propose(document: Document, spec: str, registry: Registry) -> tuple[Document, list[Finding]]:
    """The document with an extractor's labels; the findings (warnings all) say what of them had to
    be left out.

    A record is left out if a pass cannot hold it: without a label of the guidelines, or with a span
    that is none.

    Raises:
        ExtractorError: there is no such extractor, or it failed.
    """
    from vinewsie.extractors import running
    from vinewsie.reading.predictions import read_predictions

    read = read_predictions(
        running.run(spec, [document]).outputs, {document.doc_id: document}, skip_invalid=True
    )
    if document.doc_id not in read.by_doc:
        return document, read.findings
    keys = _Keys(registry)
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


def _numbered(document: Document, proposed: Prediction | Document, keys: _Keys) -> Document:
    """The proposed records in reading order, with ids as gold has them, surfaces, and keys instead
    of names.

    A reference to what is not there is dropped.
    """
    quotes = sorted(proposed.quotes, key=reading_order)
    ids: dict[str | None, str] = {}
    for number, quote in enumerate(quotes, start=1):
        ids.setdefault(quote.id, f"q{number}")
    layers: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        layers[layer] = tuple(
            _proposal(record, f"{layer[0]}{number}", document.text, ids, keys)
            for number, record in enumerate(
                sorted(records_of(proposed, layer), key=reading_order), start=1
            )
        )
    return msgspec.structs.replace(document, **layers)


def _proposal(
    record: AnyRecord, new_id: str, text: str, ids: Mapping[str | None, str], keys: _Keys
) -> AnyRecord:
    changes: dict[str, Any] = {"id": new_id, "origin": None, "human_verified": False}
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


class _Keys:
    """Proposes registry keys: that of the only entry of this name (and type), else the name in
    lower-case ASCII with hyphens.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        for key, entry in registry.items():
            for name in (entry.name_vi, entry.name_en, entry.wikidata, *entry.aliases):
                if name:
                    self._names[name_key(name)].add(key)

    def of(self, name: str, kind: str | None = None) -> str | None:
        """The key for a name; None if there is no letter to make one of."""
        if name in self._registry:
            return name
        found = {
            key
            for key in self._names.get(name_key(name), ())
            if kind in (None, self._registry[key].type)
        }
        return next(iter(found)) if len(found) == 1 else slug(name_key(name)) or None


def _without(document: Document, refused: Collection[tuple[str, int | None]]) -> Document:
    """The document without these records (layer, index)."""
    kept: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        kept[layer] = tuple(
            record
            for index, record in enumerate(records_of(document, layer))
            if (layer, index) not in refused
        )
    return msgspec.structs.replace(document, **kept)
