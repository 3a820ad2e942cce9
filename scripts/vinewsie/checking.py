"""What ``vinewsie validate`` checks: annotations, a built data set, a gold file, or a prediction file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vinewsie import corpus, gold
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats import native
from vinewsie.formats.records import json_lines, rows_of
from vinewsie.measures import accepted_labels
from vinewsie.model import Document
from vinewsie.validate import check_gold


def check(path: Path | None, gold_path: Path | None) -> tuple[str, list[Finding]]:
    """All findings about what lies at ``path``, with a name for it.

    Without a path: the annotations of the checkout, or else the packaged data set.
    """
    try:
        return _check(path, gold_path)
    except FindingsError as error:
        return str(path or "data"), list(error.findings)


def _check(path: Path | None, gold_path: Path | None) -> tuple[str, list[Finding]]:
    if path is None:
        try:
            path = corpus.find_folder()
        except FindingsError:
            path = gold.data_folder()
    if (path / "articles" / "articles.json").is_file():
        return str(path), corpus.read(path).findings
    if not (path / "manifest.json").is_file():
        return str(path), _check_file(path, gold_path)
    documents = gold.load(path)
    homonyms = {d: _homonyms(documents[d]) for d in documents}
    return str(path), [f.at(str(path)) for d in documents.values() for f in check_gold(d, documents.registry, homonyms[d.doc_id])]


def _homonyms(document: Document) -> Mapping[str, set[str]]:
    """The exceptions are decided where people edit; a built data set is taken at its word."""
    meanings: dict[str, set[str]] = {}
    for entity in document.entities:
        meanings.setdefault(document.text[entity.start : entity.end], set()).add(str(entity.entity_id))
    return {surface: keys for surface, keys in meanings.items() if len(keys) > 1}


def _check_file(path: Path, gold_path: Path | None) -> list[Finding]:
    findings: list[Finding] = []
    values = json_lines(path, findings)
    # With --gold it is said what the file is; else gold is what has a text in every line.
    if gold_path is None and values and all(isinstance(raw, Mapping) and "text" in raw for _, raw in values):
        native.read_gold(rows_of(path))
        return []
    documents = gold.load(gold_path)
    return native.read_predictions(path, documents, labels=accepted_labels([], documents.packaged)).findings
