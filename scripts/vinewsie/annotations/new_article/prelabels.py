"""Labels that an extractor proposes for an article, as a pass that a person corrects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from vinewsie.annotations.keys import KeyFinder
from vinewsie.annotations.passes import numbered
from vinewsie.extractors import running
from vinewsie.findings import Finding
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.reading.predictions import read_predictions
from vinewsie.registry import Registry
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
    labelled = numbered(document, read.by_doc[document.doc_id], keys.of)
    wrong = [
        finding
        for finding in check_structure(labelled)
        if finding.index is not None and finding.layer in RECORD_TYPES
    ]
    findings = [
        replace(finding, file=None, line=None, severity="warning").at(doc_id=document.doc_id)
        for finding in (*read.findings, *wrong)
    ]
    kept = _without(labelled, {(str(f.layer), f.index) for f in wrong})
    return numbered(document, kept, keys.of), findings


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
