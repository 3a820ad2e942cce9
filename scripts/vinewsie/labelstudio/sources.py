"""The side of the files: the documents that can be sent, and what ``annotations/`` says of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import store
from vinewsie.annotations.store import Annotations
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats import NATIVE
from vinewsie.model import RECORD_TYPES, Document, Prediction, records_of
from vinewsie.progress import ProgressCallback
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.predictions import read_predictions
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_structure

GOLD, NOTHING = "gold", ""
"""Where labels come from: a folder below ``annotations/`` that holds label files, or no folder."""

_TEXT_CODES = frozenset({"file", "encoding", "article-hash", "article-text"})
"""What keeps a text from being sent: offsets would not hold."""


def pass_folder(name: str) -> str:
    """Where the labels of a pass are, below ``annotations/``."""
    return f"passes/{name}"


def read(folder: Path | None) -> Annotations:
    """The annotations, whose texts are in order; what else is wrong with them may be what somebody
    is about to mend in the page.

    Raises:
        FindingsError: an article is missing, or is not the text that was labelled.
    """
    annotations = store.read(folder or store.find_folder())
    articles = str(annotations.folder / "articles")
    wrong = [
        f
        for f in errors(annotations.findings)
        if f.code in _TEXT_CODES and (f.file or "").startswith(articles)
    ]
    if wrong:
        raise FindingsError(wrong)
    return annotations


def chosen(annotations: Annotations, doc_ids: Sequence[str]) -> list[str]:
    """The named documents, or all.

    Raises:
        FindingsError: there is no such document.
    """
    unknown = [doc_id for doc_id in doc_ids if doc_id not in annotations.documents]
    if unknown:
        known = ", ".join(annotations.documents)
        raise FindingsError(
            [
                Finding("unknown-document", f"no document {doc_id!r}; there are {known}")
                for doc_id in unknown
            ]
        )
    return list(doc_ids or annotations.documents)


def labels(annotations: Annotations, source: str, doc_ids: Iterable[str]) -> dict[str, Document]:
    """The documents with the labels of ``source``, by id; a document that the source does not have
    is without labels.

    Raises:
        FindingsError: a label file cannot be read, or holds what a page cannot show: then a record
            would be lost on the way.
    """
    documents, findings = {}, []
    for doc_id in doc_ids:
        bare = annotations.documents[doc_id].unlabelled()
        documents[doc_id] = bare
        folder = annotations.folder / source
        if source == NOTHING or not (folder / doc_id).is_dir():
            continue
        found: list[Finding] = []
        document, _ = store.read_labels(folder, doc_id, bare.text, found)
        # The page shows spans and ids, so these must be in order before anything is sent; the
        # server itself checks nothing.
        for finding in (*check_structure(document), *_without_ids(document)):
            found.append(finding.at(str(folder / doc_id / f"{finding.layer}.jsonl"), None, doc_id))
        findings += errors(found)
        documents[doc_id] = document
    if findings:
        raise FindingsError(findings)
    return documents


def _without_ids(document: Document) -> Iterable[Finding]:
    for layer in RECORD_TYPES:
        for index, record in enumerate(records_of(document, layer)):
            if record.id is None:
                yield Finding("missing-field", "id is missing", layer, index)


def proposed(
    documents: Mapping[str, Document], spec: str, registry: Registry, progress: ProgressCallback
) -> tuple[dict[str, Document], list[Finding]]:
    """What an extractor says of the documents, as labels to start from; the findings say what had
    to be left out.

    Raises:
        ExtractorError: there is no such extractor, or it failed.
    """
    from vinewsie.annotations.new_article.prelabels import propose

    labelled, findings = {}, []
    for doc_id, document in documents.items():
        progress(f"{doc_id}: {spec}")
        labelled[doc_id], found = propose(document, spec, registry)
        findings += found
    return labelled, findings


def predicted(
    documents: Mapping[str, Document], file: Path
) -> tuple[dict[str, Document], list[Finding]]:
    """What a file of predictions says of the documents that it has, as labels to start from; and
    warnings.

    Raises:
        FindingsError: something in the file is wrong, or the page has no label for it.
    """
    read = read_predictions(file, documents, input_format=InputFormat(NATIVE))
    if errors(read.findings):
        raise FindingsError(read.findings)
    labelled = {
        doc_id: _labelled(documents[doc_id], prediction)
        for doc_id, prediction in read.by_doc.items()
    }
    wrong = [
        f.at(str(file), None, doc_id)
        for doc_id, document in labelled.items()
        for f in errors(check_structure(document))
    ]
    if wrong:
        raise FindingsError(wrong)
    return labelled, read.findings


def _labelled(document: Document, prediction: Prediction) -> Document:
    """A prediction as labels of its document; records without an id get one."""
    layers: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        records = records_of(prediction, layer)
        taken = {record.id for record in records}
        free = (
            name for number in itertools.count(1) if (name := f"{layer[0]}{number}") not in taken
        )
        layers[layer] = tuple(
            record if record.id is not None else msgspec.structs.replace(record, id=next(free))
            for record in records
        )
    return msgspec.structs.replace(document, **layers)
