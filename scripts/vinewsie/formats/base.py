"""The interface of formats: parsed documents, and a format as a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie import columnar, json_text
from vinewsie.decoding import GivenRecord
from vinewsie.files import opened, read_text
from vinewsie.findings import Finding, refuse
from vinewsie.model import RECORD_TYPES, Document, RegistryEntry, Segment, Unplaced, records_of


class ParsedDocument(msgspec.Struct, frozen=True):
    """The content of a file for one document, before or after it is matched with the gold.

    Args:
        layers: the records of each layer; one that the source does not mention is missing.
        text: the text that the offsets count in; None if that is the gold document's text.
        doc_id: the document's id, where the file names it.
        hint: a name that may be the document's id, such as the file's.
        segments: the segments of ``text``, where the format has sentences or the like.
        file: the file.
        line: the line on which the document begins.
        unplaced: records that were lost while their spans were looked for in the gold's text.
        aligned: whether spans were moved from another text to the gold's.
        info: what an extractor reports about its work.
        registry: the entities that the source names; only gold has them.
        failure: why the source has no answer for the document, such as an endpoint's error.
        padded: whether spans may have the white space around a mention, which tokenizers count to
            the next word; it is removed when the text is known.
    """

    layers: Mapping[str, Sequence[GivenRecord]]
    text: str | None = None
    doc_id: str | None = None
    hint: str | None = None
    segments: tuple[Segment, ...] = ()
    file: str | None = None
    line: int | None = None
    unplaced: tuple[Unplaced, ...] = ()
    aligned: bool = False
    info: Mapping[str, Any] | None = None
    padded: bool = False
    registry: tuple[RegistryEntry, ...] = ()
    failure: str | None = None


@dataclass(frozen=True)
class Options:
    """What of a file is read, and how.

    Args:
        column: the column of the tags, from 1, or from -1 for the last.
        token_column: the column of the tokens, likewise.
        tags: the tag scheme, one of :func:`vinewsie.formats.tags.scheme_names`.
        repair: what becomes of tags that the scheme does not allow, one of
            :data:`vinewsie.formats.tags.REPAIRS`; None for conlleval's reading under ``auto`` and
            for refusal under a scheme by name.
        annotator: whose annotation counts where a task has several: an e-mail address or a number.
        own_types: whether the types of brat that hold other layers are types of entities.
        hull: whether a discontinuous mention is read as the span from its first to its last
            fragment.
        class_names: the names of class labels that are numbers, in their order.
        gold: whether the file is read as gold.
    """

    column: int | None = None
    token_column: int | None = None
    tags: str = "auto"
    repair: str | None = None
    annotator: str | None = None
    own_types: bool = False
    hull: bool = False
    class_names: tuple[str, ...] | None = None
    gold: bool = False

    @property
    def choose_content(self) -> bool:
        """Whether other records are read than without these options."""
        choices = (self.column, self.token_column, self.annotator, self.class_names)
        chosen = any(choice is not None for choice in choices)
        return chosen or self.repair == "discard" or self.own_types or self.hull


@dataclass(frozen=True)
class Sample:
    """The part of a file by which formats are recognised: the path, the beginning as text (empty
    for binary files), its JSON values, and its first bytes.
    """

    path: Path
    head: str
    values: Sequence[Any] = ()
    start: bytes = b""


FormatReader = Callable[[Path, list[Finding], Options], Iterator[ParsedDocument]]
"""Reads a file (or a folder, where the format is one). Errors and warnings are appended to
the findings; documents are yielded as far as they can be read.
"""
FormatWriter = Callable[[Path, Sequence[Document]], list[str]]
"""Writes documents to a path, whole or not at all, and returns a line for each kind of record that
the format could not hold.
"""


@dataclass(frozen=True)
class Format:
    """A file format: its name, the fields that it holds, and how to recognise, read and write it.

    ``holds`` names, for each layer that the format can hold, the fields of its records that
    survive a round trip; ``limits`` describes in a few words the other losses. ``extra`` is the
    optional dependency that reading needs.
    """

    name: str
    about: str
    suffixes: tuple[str, ...]
    holds: Mapping[str, frozenset[str]]
    recognises: Callable[[Sample], bool]
    read: FormatReader
    write: FormatWriter | None = None
    limits: str = ""
    extra: str | None = None
    mentions: bool = False
    """Whether a file has layers only where it mentions them, as in the native format."""
    keys: frozenset[str] = frozenset()
    """Fields by which a file that is not recognised is found to be near to this format."""
    segments: bool = False
    """Whether zones, items and anchor dates are held."""
    folder: bool = False
    """Whether a document is several files, so that the format is written as a folder."""


def fields(*names: str) -> frozenset[str]:
    """A set of field names; start and end are understood."""
    return frozenset(names)


def json_items(path: Path, findings: list[Finding]) -> Iterator[tuple[int, Any]]:
    """As :func:`json_values`; a list counts as its items, each on the line of the list."""
    for line, value in json_values(path, findings):
        for item in value if isinstance(value, list) else [value]:
            yield line, item


def json_values(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The values of a file with the lines they begin on: the rows of a table; JSON values one after
    the other, however indented; or one a line.

    What is not JSON is appended to ``findings``.
    """
    with opened(path) as file:
        if columnar.is_table(str(path), file):
            rows = columnar.rows_of_table(columnar.table_in(str(path), file))
            return list(enumerate(rows, start=1))
    text = read_text(path).removeprefix("\ufeff")
    try:
        return [(1, msgspec.json.decode(text))]
    except RecursionError:
        findings.append(Finding("json", "is nested too deeply", file=str(path)))
        return []
    except msgspec.DecodeError as error:
        whole = str(error)
    values = []
    lines = [
        (number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()
    ]
    if not lines:
        return []
    if len(lines) == 1:
        findings.append(Finding("json", whole, file=str(path), line=1))
        return []
    try:
        parts: Iterable[tuple[int, str]] = lines
        # A list a line is JSON Lines, too; one list was decoded above.
        if not _decodes(lines[0][1]):
            first, second = (line.encode() for _, line in lines[:2])
            if not json_text.one_a_line(first, second):
                parts = json_text.values_in(text)
        for number, part in parts:
            try:
                values.append((number, msgspec.json.decode(part)))
            except (msgspec.DecodeError, RecursionError) as error:
                findings.append(Finding("json", str(error), file=str(path), line=number))
    except json.JSONDecodeError as error:
        findings.append(Finding("json", error.msg, file=str(path), line=error.lineno))
    except RecursionError:
        findings.append(Finding("json", "is nested too deeply", file=str(path)))
    return values


def _decodes(line: str) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


_FORBIDDEN = frozenset('/\\:*?"<>|')
_LONGEST = 200
"""Bytes of a name, so that a suffix and a few more fit into what file systems allow (255)."""


def check_names(path: Path, documents: Sequence[Document]) -> None:
    """Makes sure that every document's id can name its file, and no two name the same one.

    Raises:
        FindingsError: one cannot.
    """
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for document in documents:
        name = document.doc_id
        if (
            not name
            or name != name.strip()
            or name.startswith(".")
            or set(name) & _FORBIDDEN
            or not name.isprintable()
        ):
            bad = (
                f"a dot or space first, a space last, {' '.join(sorted(_FORBIDDEN))} or a control "
                "character"
            )
            message = f"doc_id {name!r} cannot name a file: {bad}"
            findings.append(Finding("format", message, file=str(path)))
        elif len(name.encode()) > _LONGEST:
            findings.append(
                Finding(
                    "format",
                    f"doc_id {name!r} cannot name a file: it is longer than {_LONGEST} bytes",
                    file=str(path),
                )
            )
        elif name.casefold() in seen:
            message = (
                f"doc_id {name!r} would name the same file as {seen[name.casefold()]!r} where case "
                "does not count"
            )
            findings.append(Finding("format", message, file=str(path)))
        seen.setdefault(name.casefold(), name)
    refuse(findings)


def lost_segments(document: Document, format_: Format) -> list[str]:
    """A line if a format loses a document's segments; nothing is lost of plain lines of the body
    without anchor dates.
    """
    if format_.segments or all(
        s.zone == "body" and not s.item and not s.anchor_date for s in document.segments
    ):
        return []
    return [
        f"{document.doc_id}: segments: zones, items and anchor dates cannot be held "
        f"({len(document.segments)} segments)"
    ]


def without_fields(
    document: Document, holds: Mapping[str, Iterable[str]]
) -> tuple[Document, list[str]]:
    """The document with only those layers and fields that a format holds, and a line for each kind
    of thing that was left out.
    """
    losses: dict[str, int] = {}
    kept: dict[str, Any] = {}
    for layer, kind in RECORD_TYPES.items():
        records = records_of(document, layer)
        if layer not in holds:
            if records:
                losses[f"{layer}: cannot be held"] = len(records)
            kept[layer] = ()
            continue
        spans = {"start", "end", "content", "text"}
        defaults = {
            f.name: f.default
            for f in msgspec.structs.fields(kind)
            if f.name not in spans and f.name not in holds[layer]
        }
        bare = []
        for record in records:
            changes = {
                name: default
                for name, default in defaults.items()
                if getattr(record, name) != default
            }
            for name in changes:
                losses[f"{layer}: {name} cannot be held"] = (
                    losses.get(f"{layer}: {name} cannot be held", 0) + 1
                )
            bare.append(msgspec.structs.replace(record, **changes) if changes else record)
        kept[layer] = tuple(bare)
    lines = [
        f"{document.doc_id}: {what} ({count} record{'s' if count != 1 else ''})"
        for what, count in losses.items()
    ]
    return msgspec.structs.replace(document, **kept), lines
