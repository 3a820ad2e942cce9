"""Checks annotations, a built data set, a gold file or a file of predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vinewsie.annotations import store
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats import NATIVE
from vinewsie.model import Document
from vinewsie.reading import gold
from vinewsie.reading.detect import InputFormat, format_of, parsed_documents
from vinewsie.reading.documents import collect_gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.reading.records import json_lines
from vinewsie.scheme.checks import annotated_fields, check_custom_gold, check_gold
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.measures import accepted_labels, wanted


def check(
    path: Path | None,
    gold_path: Path | None = None,
    *,
    scheme: str | None = None,
    labels: LabelMap | None = None,
    input_format: InputFormat | None = None,
    gold_input_format: InputFormat | None = None,
) -> tuple[str, list[Finding]]:
    """Finds everything wrong with a file or folder.

    Args:
        path: the file or folder; by default the annotations of the checkout, or else the packaged
            data set.
        gold_path: the gold that predictions are for; by default the packaged articles. If it is
            given, the file is read as predictions; without a file, the name of a set names what is
            checked.
        scheme: the inventory of the labels; of custom gold, ``any`` allows any label in any layer.
        labels: a map from the labels to others.
        input_format: the format of the file, where its content does not show it.
        gold_input_format: the format of the gold, where its content does not show it.

    Returns:
        The name of the checked file or folder, and the findings.
    """
    try:
        place = path or _default(gold_path)
        if (place / "articles" / "articles.json").is_file():
            return str(place), store.read(place).findings
        if (place / "manifest.json").is_file():
            return str(place), _check_data_set(place)
        if gold_path is None and _has_texts(place, input_format):
            return str(place), _check_custom(place, input_format, scheme, labels)
        documents = gold.load(gold_path, input_format=gold_input_format)
        accepted = accepted_labels(wanted(None, scheme), documents.packaged, labels)
        read = read_predictions(place, documents, labels=accepted, input_format=input_format)
        if gold_path is None:
            return str(place), _unknown_once(read.findings, documents)
        return str(place), read.findings
    except FindingsError as error:
        return str(path or "data"), list(error.findings)


def _default(chosen: Path | None) -> Path:
    """The annotations of the checkout, or else the packaged data set; those of a set if its name is
    chosen.
    """
    name = str(chosen) if chosen is not None and str(chosen) in gold.SETS else "articles"
    try:
        folder = store.find_folder()
    except FindingsError:
        return gold.set_folder(name)
    return folder if name == "articles" else folder / name


def _check_data_set(folder: Path) -> list[Finding]:
    documents = gold.load(folder)
    return [
        finding.at(str(folder))
        for document in documents.values()
        for finding in store.warned_if_unlabelled(
            document,
            check_gold(
                document,
                documents.registry,
                _homonyms(document),
                anchored=any(segment.anchor_date for segment in document.segments),
            ),
        )
    ]


def _homonyms(document: Document) -> Mapping[str, set[str]]:
    """The homonyms of a document of a data set, all taken as intended: only an annotations folder
    lists which are.
    """
    meanings: dict[str, set[str]] = {}
    for entity in document.entities:
        meanings.setdefault(document.text[entity.start : entity.end], set()).add(
            str(entity.entity_id)
        )
    return {surface: keys for surface, keys in meanings.items() if len(keys) > 1}


def _check_custom(
    path: Path, input_format: InputFormat | None, scheme: str | None, labels: LabelMap | None
) -> list[Finding]:
    """Checks custom gold as the package's, as far as it annotates the same."""
    read, places = collect_gold(path, input_format)
    annotated = annotated_fields(read.documents.values())
    accepted = accepted_labels(wanted(None, scheme), scheme is not None, labels)
    broken = {f.doc_id for f in read.warnings if f.code in ("offset-range", "missing-field")}
    rest: list[Finding] = []
    for place, document in zip(places, read.documents.values(), strict=True):
        if document.doc_id not in broken:
            found = check_custom_gold(
                document, annotated, labels=accepted, vocabularies=scheme != "any"
            )
            rest += [finding.at(place.file, place.line, document.doc_id) for finding in found]
    findings = sorted([*read.warnings, *rest], key=lambda f: (f.file or "", f.line or 0))
    return [*_once(findings)]


_RULES = frozenset(("mark-missing", "vague", "segment-gap", "segment-item"))
"""Codes of what the guidelines ask of gold and scoring does not need: custom gold may have other
rules, so one warning counts them.
"""


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings of custom gold; those of one rule of the guidelines are one warning."""
    counts = Counter(finding.code for finding in findings)
    shown: set[str] = set()
    for finding in findings:
        if finding.code not in _RULES:
            yield finding
        elif finding.code not in shown:
            shown.add(finding.code)
            more = counts[finding.code] - 1
            also = f"; further findings with this code: {more}" if more else ""
            yield replace(finding, message=finding.message + also, severity="warning")


def _unknown_once(findings: Sequence[Finding], documents: Mapping[str, Document]) -> list[Finding]:
    """The findings of predictions for the packaged articles; all unknown documents are one finding
    with advice.
    """
    unknown = [finding for finding in findings if finding.code == "unknown-document"]
    others = [finding for finding in findings if finding.code != "unknown-document"]
    if not unknown:
        return others
    message = f"{len(unknown)} documents are not among the packaged articles ("
    message = message + f"{', '.join(documents)})" if len(unknown) > 1 else unknown[0].message
    message += "; give their gold with --gold FILE, or, if this is gold, a text to every document"
    return [replace(unknown[0], message=message), *others]


def _has_texts(path: Path, input_format: InputFormat | None) -> bool:
    """Whether a file is gold, which has its texts; predictions are for the packaged articles."""
    chosen = input_format or InputFormat()
    name = chosen.format or format_of(path)
    if name == NATIVE:
        values = json_lines(path, [])
        return bool(values) and all(isinstance(raw, Mapping) and "text" in raw for _, raw in values)
    try:
        found = read_predictions(path, gold.load(), input_format=input_format).findings
        return any(finding.code == "unknown-document" for finding in found) and any(
            parsed.text is not None for parsed in parsed_documents(path, name, chosen.options, [])
        )
    except FindingsError:
        return True
