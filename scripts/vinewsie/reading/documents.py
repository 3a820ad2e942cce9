"""Reads gold documents from files of any format, or from lines of the native one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats import NATIVE, foreign
from vinewsie.formats.base import ParsedDocument
from vinewsie.model import Document, RegistryEntry
from vinewsie.packed import Packed
from vinewsie.reading import native, placing
from vinewsie.reading.ahead import ReadAhead
from vinewsie.reading.detect import InputFormat, format_of, parsed_documents
from vinewsie.reading.fast_checks import suspicious
from vinewsie.reading.plain import Holders, PlainLine, PlainReader, made
from vinewsie.reading.records import RawDocument, rows_of, without_collection
from vinewsie.scheme.checks import check_structure

_ALLOWED = {"edge-space": "begin or end with white space", "line-break": "cross a line break"}
"""What other corpora have, and the package's own articles may not."""


class ReadGold(NamedTuple):
    """Gold documents as read: by id, their entities packed in the same order, warnings, and the
    layers that the source mentions, be it with an empty list, or that its format can hold; and the
    entities that it names.
    """

    documents: Mapping[str, Document]
    packed: Packed
    warnings: list[Finding]
    layers: frozenset[str]
    registry: tuple[RegistryEntry, ...] = ()


def read_gold(
    source: Path | Iterable[RawDocument] | ReadAhead[Document],
    input_format: InputFormat | None = None,
) -> ReadGold:
    """Reads and checks gold documents.

    Spans may have white space at their edges and cross line breaks, as in other corpora; in the
    native format a warning counts them.

    Args:
        source: a file or folder of any format, or lines of the native format.
        input_format: the format of a file, where its content should not tell it.

    Raises:
        FindingsError: with everything that is wrong with them.
    """
    found, _ = collect_gold(source, input_format)
    if errors(found.warnings):
        raise FindingsError(found.warnings)
    return found


def collect_gold(
    source: Path | Iterable[RawDocument] | ReadAhead[Document],
    input_format: InputFormat | None = None,
) -> tuple[ReadGold, list[RawDocument]]:
    """Reads gold as :func:`read_gold` does, and keeps documents with errors.

    Returns:
        What was read, with the errors among the warnings; and the place of each document.

    Raises:
        FindingsError: a file cannot be read at all.
    """
    with without_collection():
        return _collected(source, input_format or InputFormat())


def _collected(
    source: Path | Iterable[RawDocument] | ReadAhead[Document], chosen: InputFormat
) -> tuple[ReadGold, list[RawDocument]]:
    findings: list[Finding] = []
    entries: dict[str, RegistryEntry] = {}
    reader = source.reader() if isinstance(source, ReadAhead) else PlainReader(Document)
    located: Iterable[tuple[RawDocument, Document | PlainLine[Document]]]
    name = (chosen.format or format_of(source)) if isinstance(source, Path) else NATIVE
    if isinstance(source, Path) and name != NATIVE:
        parsed = parsed_documents(source, name, replace(chosen.options, gold=True), findings)
        located = placing.gold(_noting(parsed, entries), findings)
        layers = set() if foreign()[name].mentions else set(foreign()[name].holds)
    else:
        rows = rows_of(source) if isinstance(source, Path) else source
        layers = set()
        located = native.gold(rows, findings, layers, reader)
    documents: dict[str, Document | PlainLine[Document]] = {}
    places: list[RawDocument] = []
    for place, document in located:
        if document.doc_id in documents:
            message = f"doc_id {document.doc_id!r} stands above already"
            duplicate = Finding("duplicate-document", message, file=place.file, line=place.line)
            findings.append(duplicate)
        else:
            documents[document.doc_id] = document
            places.append(place)
    kept = list(documents.values())
    others = [document for document in kept if not isinstance(document, PlainLine)]
    plain, packed = reader.packed(), Packed.of(others, "entities")
    in_doubt = iter(suspicious(others, others, packed, gold=name == NATIVE, labels=None).tolist())
    doubtful = reader.doubtful()
    counts: Counter[str] = Counter()
    firsts: dict[str, RawDocument] = {}
    for index, held in enumerate(kept):
        if not (held.number in doubtful if isinstance(held, PlainLine) else next(in_doubt)):
            continue
        document = made(held)
        for finding in check_structure(document, vocabularies=False):
            if finding.code not in _ALLOWED:
                place = places[index]
                findings.append(finding.at(place.file, place.line, document.doc_id))
            elif name == NATIVE:
                counts[finding.code] += 1
                firsts.setdefault(finding.code, places[index])
    findings += [
        Finding(
            code,
            f"{count} span{'s' if count != 1 else ''} of the gold {_ALLOWED[code]}; "
            f"{'they are' if count != 1 else 'it is'} kept",
            file=firsts[code].file,
            line=firsts[code].line,
            severity="warning",
        )
        for code, count in counts.items()
    ]
    if not documents and not errors(findings):
        findings.append(Finding("file", "there is no gold document in it"))
    number = itertools.count(len(plain.sizes))
    order = [held.number if isinstance(held, PlainLine) else next(number) for held in kept]
    packed = Packed.joined([plain, packed]).take(np.array(order, dtype=np.int64))
    registry = tuple(entries.values())
    return ReadGold(Holders(documents), packed, findings, frozenset(layers), registry), places


def _noting(
    parsed: Iterable[ParsedDocument], entries: dict[str, RegistryEntry]
) -> Iterator[ParsedDocument]:
    """Documents as they come, whose entities go into the entries, by key."""
    for page in parsed:
        entries.update((entry.entity_id, entry) for entry in page.registry)
        yield page
