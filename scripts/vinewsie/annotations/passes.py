"""Labels that were made elsewhere become a pass: a file of records in any format, in reading order
and with ids as in gold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import staging, store
from vinewsie.annotations.keys import KeyFinder
from vinewsie.files import write_files
from vinewsie.findings import Finding, FindingsError, errors
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
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.predictions import read_predictions
from vinewsie.record_ids import new_ids
from vinewsie.scheme.inventories import TYPES

FindKey = Callable[[str, str | None], str | None]
"""Gives the registry key for a name and, of a mention, its type; None if there is none."""


@dataclass(frozen=True)
class AddedPass:
    """A pass that was added.

    Args:
        files: the files that changed.
        documents: the number of its documents.
        counts: the number of its records by layer.
        warnings: findings that are no errors.
    """

    files: list[str]
    documents: int
    counts: dict[str, int]
    warnings: list[Finding]


def add(
    folder: Path,
    name: str,
    source: Path,
    *,
    input_format: InputFormat | None = None,
    overwrite: bool = False,
) -> AddedPass:
    """Writes labels as a pass of an annotations folder: all of them or, if there is an error, none.

    Args:
        folder: the annotations folder.
        name: the name of the pass.
        source: a file of labels, or a folder of such files.
        input_format: the format of the labels, if their content does not show it.
        overwrite: replace documents that the pass has already.

    Raises:
        FindingsError: a record is wrong or has no place in the text, or the pass has the document.
    """
    if not re.fullmatch(r"\w[\w-]*", name) or name == "gold":
        raise FindingsError([Finding("file", f"{name!r} cannot name a pass", file=str(folder))])
    corpus = store.read(folder)
    read = read_predictions(
        source, corpus.documents, labels=frozenset(TYPES), input_format=input_format
    )
    found = list(read.findings)
    finder = KeyFinder(corpus.registry)

    def key(given: str, kind: str | None) -> str | None:
        return given if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", given) else finder.of(given, kind)

    contents: dict[str, str] = {}
    counts = dict.fromkeys(RECORD_TYPES, 0)
    for doc_id, prediction in read.by_doc.items():
        place = folder / "passes" / name / doc_id
        if place.exists() and not overwrite:
            message = f"pass {name!r} has this document already; --overwrite replaces it"
            found.append(Finding("file", message, file=str(place), doc_id=doc_id))
        for record in prediction.unplaced:
            message = f"{record.text!r}: {record.reason}"
            found.append(Finding("not-in-text", message, record.layer, record.index, doc_id))
        document = numbered(corpus.documents[doc_id], prediction, key)
        for layer in RECORD_TYPES:
            counts[layer] += len(records_of(document, layer))
        contents |= store.document_files(
            f"passes/{name}",
            document,
            surfaces=corpus.articles.surfaces,
            canary=corpus.articles.canary,
        )
    if not errors(found):
        checked = staging.check(folder, contents).findings
        found += [f for f in checked if f.file and f"passes/{name}/" in Path(f.file).as_posix()]
    if errors(found):
        raise FindingsError(found)
    return AddedPass(write_files(folder, contents), len(read.by_doc), counts, found)


def numbered(document: Document, labels: Prediction | Document, key: FindKey) -> Document:
    """The document with these records in reading order, with ids as in gold, surfaces, and keys
    instead of names. References to missing records are dropped.

    Args:
        document: the document; its own labels are not used.
        labels: the records.
        key: gives the keys; a name without one stays.
    """
    ids: dict[str | None, str] = {}
    for quote, new_id in zip(
        sorted(labels.quotes, key=reading_order), new_ids("quotes"), strict=False
    ):
        ids.setdefault(quote.id, new_id)
    layers: dict[str, Any] = {
        layer: tuple(
            _record(record, new_id, document.text, ids, key)
            for record, new_id in zip(
                sorted(records_of(labels, layer), key=reading_order), new_ids(layer), strict=False
            )
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **layers)


def _record(
    record: AnyRecord, new_id: str, text: str, ids: Mapping[str | None, str], key: FindKey
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
            dict.fromkeys(key(speaker, None) or speaker for speaker in record.speakers or ())
        )
        changes["addressees"] = tuple(
            dict.fromkeys(key(name, None) or name for name in record.addressees)
        )
    else:
        changes["text"] = surface = text[record.start : record.end]
        if isinstance(record, Entity):
            changes["entity_id"] = key(record.entity_id or surface, record.type)
        if isinstance(record, Mark):
            changes["quote"] = ids.get(record.quote) if record.quote is not None else None
    return msgspec.structs.replace(record, **changes)
