"""Recognises the format of a file by its content, and reads files of any format."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vinewsie import columnar, json_text
from vinewsie.files import opened, unpacked_name
from vinewsie.findings import Finding, FindingsError, shortened
from vinewsie.formats import NATIVE, foreign, names
from vinewsie.formats.base import Options, ParsedDocument, Sample
from vinewsie.formats.field_names import has_other_names
from vinewsie.model import RECORD_TYPES
from vinewsie.reading.records import files_of

_HEAD = 65536
"""Bytes of a file from which formats are recognised; JSON that is one value is read whole."""
_MAGIC = 8
"""Bytes that tell formats that are not text."""
_NATIVE_LINES = 200
"""Lines from which formats of JSON Lines are recognised: the first ones may have no records."""


@dataclass(frozen=True)
class InputFormat:
    """The format of an input file (None: recognised by its content), and its columns."""

    format: str | None = None
    options: Options = field(default_factory=Options)


def files_hash(path: Path) -> str:
    """sha256 of the bytes of a file, or of a folder's files one after the other."""
    digest = hashlib.sha256()
    for part in files_of(path):
        with opened(part) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def format_of(path: Path) -> str:
    """Recognises the format of a file or folder.

    Raises:
        FindingsError: no format is recognised, or a folder holds several.
    """
    parts = files_of(path)
    if not parts:
        raise FindingsError([Finding("file", "is a folder without files", file=str(path))])
    if (path / "dataset_dict.json").is_file():
        splits = sorted(part.name for part in path.iterdir() if part.is_dir())
        message = f"is a data set with the splits {', '.join(splits)}; give the folder of one"
        raise FindingsError([Finding("format", message, file=str(path))])
    for suffix in (".ann", ".csv"):
        whole = {_format_of_file(part) for part in parts if part.suffix == suffix}
        # Of a folder format, a document is several files, some of no format by themselves.
        for name, format_ in foreign().items() if whole else ():
            if format_.folder and name in whole:
                return name
    found = {part: _format_of_file(part) for part in parts}
    kinds = sorted({name for name in found.values() if name is not None})
    odd = [part for part, name in found.items() if name is None]
    if odd:
        more = f" (and {len(odd) - 1} more files of the folder)" if len(odd) > 1 else ""
        raise FindingsError([Finding("format", _unknown(odd[0]) + more, file=str(odd[0]))])
    if len(kinds) > 1:
        listed = ", ".join(
            f"{next(part for part in found if found[part] == name).relative_to(path)} is {name}"
            for name in kinds
        )
        message = f"a folder holds files of one format: {listed}"
        raise FindingsError([Finding("format", message, file=str(path))])
    return kinds[0]


def _format_of_file(path: Path) -> str | None:
    with opened(path) as file:
        data = b"" if columnar.is_table(str(path), file) else file.read(_HEAD)
        empty = not data.strip() and not file.read().strip()
    head = data.decode("utf-8", "ignore").removeprefix("\ufeff")
    values = tuple(_values(path)) if not data or head.lstrip()[:1] in ("{", "[", '"') else ()
    documents = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    sample = Sample(unpacked_name(path), "" if b"\0" in data else head, values, data[:_MAGIC])
    if len(values) > 1 and _native(values[0]) and not any(map(_of_another_format, values)):
        return NATIVE  # a later line without doc_id is a mistake in a native file
    for format_ in foreign().values():
        if format_.recognises(sample):
            return format_.name
    # Native files with mistakes are read as such, so that their errors are reported.
    named = any(isinstance(value, Mapping) and "doc_id" in value for value in documents)
    broken = not values and (sample.path.suffix == ".jsonl" or head.lstrip()[:1] == "{")
    return NATIVE if named or broken or empty else None


def _native(value: object) -> bool:
    """Whether a value is a document of the native format in all that can be told apart: it has a
    doc_id and nothing but fields of such a document.
    """
    fields = {"doc_id", "text", "segments", "info", "metadata", *RECORD_TYPES}
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("doc_id"), str)
        and value.keys() <= fields
    )


def _of_another_format(value: object) -> bool:
    """Whether a value is no document, or has records as the native format does not have them:
    grouped by label, without fields, or with the names of other tools.
    """
    if not isinstance(value, Mapping):
        return True
    return any(
        isinstance(given, Mapping)
        or (
            isinstance(given, list)
            and not all(
                isinstance(record, Mapping) and not has_other_names(record, layer)
                for record in given
            )
        )
        for layer in RECORD_TYPES
        if (given := value.get(layer)) is not None
    )


def _unknown(path: Path) -> str:
    """Why a file is of no format: what it holds, and the nearest format."""
    formats = f"formats are {', '.join(names())}"
    remedy = "--input-format (for gold --gold-format) names it"
    there = {str(key) for value in _values(path) for key in _keys(value, 3)}
    if not there:
        return f"is of no format that is known here; {formats}, and {remedy}"
    shown = shortened(", ".join(sorted(there)))
    wanted = {NATIVE: frozenset(("doc_id", *RECORD_TYPES))} | {
        name: format_.keys for name, format_ in foreign().items()
    }
    near = max(wanted, key=lambda name: len(wanted[name] & there))
    nearest = ""
    if wanted[near] & there:
        missing = ", ".join(sorted(wanted[near] - there)[:5])
        nearest = f"; the nearest is {near}" + (f", which also has {missing}" if missing else "")
    return (
        f"is of no format that is known here: it has the fields {shown}{nearest}; {formats}, "
        f"and {remedy}"
    )


def _keys(value: object, depth: int) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value
    inner = value.values() if isinstance(value, Mapping) else value
    if depth and isinstance(value, Mapping | list):
        for item in itertools.islice(inner, _NATIVE_LINES):  # type: ignore[call-overload]
            yield from _keys(item, depth - 1)


def _values(path: Path) -> Iterator[object]:
    """The values of a file: the first rows of a table, its one JSON value, or the first ones."""
    with opened(path) as file:
        if columnar.is_table(str(path), file):
            rows = columnar.rows_of_table(columnar.table_in(str(path), file))
            yield from itertools.islice(rows, _NATIVE_LINES)
            return
        try:
            yield _decoded(file.readline())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            file.seek(0)
            try:
                text = file.read().decode("utf-8-sig")
                for _, value in itertools.islice(json_text.values_in(text), _NATIVE_LINES):
                    yield msgspec.json.decode(value)
            except (msgspec.DecodeError, ValueError, RecursionError):
                pass
            return
        for line in itertools.islice(file, _NATIVE_LINES):
            if line.strip():
                try:
                    yield msgspec.json.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    return


def _decoded(line: bytes) -> object:
    return msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))


def parsed_documents(
    path: Path, name: str, options: Options, findings: list[Finding]
) -> Iterator[ParsedDocument]:
    """Reads a file or folder of a format other than the native one.

    Args:
        path: the file or folder.
        name: the name of the format.
        options: the settings that the file does not state itself.
        findings: where errors and warnings are appended.
    """
    format_ = foreign()[name]
    parts = files_of(path)
    if format_.folder and path.is_dir():
        parts = sorted({part.parent for part in parts})
    for part in parts:
        yield from format_.read(part, findings, options)
