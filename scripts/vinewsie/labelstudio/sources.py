"""The documents that a command works on, and where their labels come from: label files, an
extractor, or a file of predictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import store
from vinewsie.annotations.new_article.prelabels import propose
from vinewsie.annotations.store import Annotations
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats import NATIVE
from vinewsie.messages import say
from vinewsie.model import RECORD_TYPES, Document, Prediction, records_of
from vinewsie.progress import ProgressCallback
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.predictions import read_predictions
from vinewsie.record_ids import new_ids
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_structure

GOLD, NOTHING = "gold", ""
"""Sources of labels: a folder below ``annotations/`` with label files, or none."""

_TEXT_CODES = frozenset({"file", "encoding", "article-hash", "article-text"})
"""Findings about a text that make its offsets wrong, so that it is not sent."""


def pass_folder(name: str) -> str:
    """The folder with the labels of an annotation pass, below ``annotations/``."""
    return f"passes/{name}"


@dataclass(frozen=True)
class Selection:
    """Documents of the annotations.

    Args:
        annotations: all annotations, as they were read.
        doc_ids: the ids of the selected documents.
    """

    annotations: Annotations
    doc_ids: Sequence[str]

    def texts(self) -> dict[str, Document]:
        """The documents without labels, by id."""
        documents = self.annotations.documents
        return {doc_id: documents[doc_id].unlabelled() for doc_id in self.doc_ids}

    def labels(self, source: str) -> dict[str, Document]:
        """The documents with the labels of a source, by id; see :meth:`document`.

        Raises:
            FindingsError: with the findings of all documents.
        """
        documents, findings = {}, list[Finding]()
        for doc_id in self.doc_ids:
            try:
                documents[doc_id] = self.document(doc_id, source)
            except FindingsError as error:
                findings += error.findings
        if findings:
            raise FindingsError(findings)
        return documents

    def document(self, doc_id: str, source: str) -> Document:
        """A document with the labels of a source; without labels if the source does not have it.

        Raises:
            FindingsError: a label file cannot be read, or holds a record that the page cannot
                show and would therefore lose.
        """
        bare = self.annotations.documents[doc_id].unlabelled()
        folder = self.annotations.folder / source
        if source == NOTHING or not (folder / doc_id).is_dir():
            return bare
        findings: list[Finding] = []
        document, _ = store.read_labels(folder, doc_id, bare.text, findings)
        # Spans and ids must be valid before anything is sent: the server itself checks nothing.
        for finding in (*check_structure(document), *_check_ids(document)):
            path = folder / doc_id / f"{finding.layer}.jsonl"
            findings.append(finding.at(str(path), None, doc_id))
        if wrong := errors(findings):
            raise FindingsError(wrong)
        return document


def select(folder: Path | None = None, doc_ids: Sequence[str] = ()) -> Selection:
    """Reads the annotations and selects documents.

    Only findings about the texts are raised: an annotator may be about to correct the others in
    the page.

    Args:
        folder: the annotations; by default ``annotations/`` here or above.
        doc_ids: the documents; all if there are none.

    Raises:
        FindingsError: an article is missing, or is not the text that was labelled; or there is
            no document with one of the ids.
    """
    annotations = store.read(folder or store.find_folder())
    articles = str(annotations.folder / "articles")
    wrong = [
        finding
        for finding in errors(annotations.findings)
        if finding.code in _TEXT_CODES and (finding.file or "").startswith(articles)
    ]
    known = ", ".join(annotations.documents)
    wrong += [
        Finding(
            "unknown-document", say("no document {id!r}; there are {known}", id=doc_id, known=known)
        )
        for doc_id in doc_ids
        if doc_id not in annotations.documents
    ]
    if wrong:
        raise FindingsError(wrong)
    return Selection(annotations, list(doc_ids or annotations.documents))


def _check_ids(document: Document) -> Iterable[Finding]:
    for layer in RECORD_TYPES:
        for index, record in enumerate(records_of(document, layer)):
            if record.id is None:
                yield Finding("missing-field", say("{name} is missing", name="id"), layer, index)


def proposed(
    documents: Mapping[str, Document], spec: str, registry: Registry, progress: ProgressCallback
) -> tuple[dict[str, Document], list[Finding]]:
    """Documents with the labels that an extractor proposes.

    Args:
        documents: the documents without labels, by id.
        spec: the extractor.
        registry: the entities whose keys the labels may have.
        progress: called with a line for each document.

    Returns:
        The labelled documents, and warnings about records that were left out.

    Raises:
        ExtractorError: there is no such extractor, or it failed.
    """
    labelled, findings = {}, list[Finding]()
    for doc_id, document in documents.items():
        progress(f"{doc_id}: {spec}")
        labelled[doc_id], found = propose(document, spec, registry)
        findings += found
    return labelled, findings


def predicted(
    documents: Mapping[str, Document], file: Path
) -> tuple[dict[str, Document], list[Finding]]:
    """Documents with the labels of a file of predictions, and warnings about the file.

    Only documents that the file has are returned.

    Raises:
        FindingsError: the file is invalid, or the page has no such label.
    """
    read = read_predictions(file, documents, input_format=InputFormat(NATIVE))
    if errors(read.findings):
        raise FindingsError(read.findings)
    labelled = {
        doc_id: _labelled(documents[doc_id], prediction)
        for doc_id, prediction in read.by_doc.items()
    }
    wrong = [
        finding.at(str(file), None, doc_id)
        for doc_id, document in labelled.items()
        for finding in errors(check_structure(document))
    ]
    if wrong:
        raise FindingsError(wrong)
    return labelled, read.findings


def _labelled(document: Document, prediction: Prediction) -> Document:
    """A prediction as labels of its document; records without an id get one."""
    layers: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        records = records_of(prediction, layer)
        free = new_ids(layer, (str(record.id) for record in records))
        layers[layer] = tuple(
            record if record.id is not None else msgspec.structs.replace(record, id=next(free))
            for record in records
        )
    return msgspec.structs.replace(document, **layers)
