"""What ``vinewsie validate`` checks: annotations, a built data set, a gold file, or a prediction
file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vinewsie.annotations import store
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats import NATIVE
from vinewsie.model import Document
from vinewsie.reading import gold
from vinewsie.reading.detect import InputFormat, format_of
from vinewsie.reading.documents import read_gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.reading.records import json_lines
from vinewsie.scheme.checks import check_gold
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.measures import accepted_labels, wanted


@dataclass(frozen=True)
class Expected:
    """What a person says of a file to be checked: which labels predictions may carry, and the
    formats of the file and of its gold.
    """

    scheme: str | None = None
    labels: LabelMap | None = None
    input_format: InputFormat | None = None
    gold_input_format: InputFormat | None = None


def check(
    path: Path | None, gold_path: Path | None, expected: Expected | None = None
) -> tuple[str, list[Finding]]:
    """All findings about what lies at ``path``, with a name for it.

    Without a path: the annotations of the checkout, or else the packaged data set.
    """
    try:
        return _check(path, gold_path, expected or Expected())
    except FindingsError as error:
        return str(path or "data"), list(error.findings)


def _check(
    path: Path | None, gold_path: Path | None, expected: Expected
) -> tuple[str, list[Finding]]:
    if path is None:
        try:
            path = store.find_folder()
        except FindingsError:
            path = gold.data_folder()
    if (path / "articles" / "articles.json").is_file():
        return str(path), store.read(path).findings
    if not (path / "manifest.json").is_file():
        return str(path), _check_file(path, gold_path, expected)
    documents = gold.load(path)
    found = [
        store.before_labels(d, check_gold(d, documents.registry, _homonyms(d)))
        for d in documents.values()
    ]
    return str(path), [finding.at(str(path)) for findings in found for finding in findings]


def _homonyms(document: Document) -> Mapping[str, set[str]]:
    """The exceptions are decided where people edit; a built data set is taken at its word."""
    meanings: dict[str, set[str]] = {}
    for entity in document.entities:
        meanings.setdefault(document.text[entity.start : entity.end], set()).add(
            str(entity.entity_id)
        )
    return {surface: keys for surface, keys in meanings.items() if len(keys) > 1}


def _check_file(path: Path, gold_path: Path | None, expected: Expected) -> list[Finding]:
    # With --gold it is said what the file is; else gold is what has its texts.
    if gold_path is None and _has_texts(path, expected.input_format):
        return read_gold(path, expected.input_format).warnings
    documents = gold.load(gold_path, input_format=expected.gold_input_format)
    accepted = accepted_labels(wanted(None, expected.scheme), documents.packaged, expected.labels)
    return read_predictions(
        path, documents, labels=accepted, input_format=expected.input_format
    ).findings


def _has_texts(path: Path, input_format: InputFormat | None) -> bool:
    """Whether a file is gold rather than predictions for the packaged articles."""
    if (
        input_format.format
        if input_format is not None and input_format.format is not None
        else format_of(path)
    ) == NATIVE:
        values = json_lines(path, [])
        return bool(values) and all(isinstance(raw, Mapping) and "text" in raw for _, raw in values)
    try:
        found = read_predictions(path, gold.load(), input_format=input_format).findings
        return any(finding.code == "unknown-document" for finding in found)
    except FindingsError:
        return True
