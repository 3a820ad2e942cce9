"""Recognises the format of a file by its content, and reads files of any format."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vinewsie.files import opened, read_bytes
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats import NATIVE, foreign, names
from vinewsie.formats.base import Options, ParsedDocument, Sample

_HEAD = 65536
"""Bytes of a file from which formats are recognised; JSON that is one value is read whole."""
_NATIVE_LINES = 200
"""Lines from which formats of JSON Lines are recognised: the first ones may have no records."""


@dataclass(frozen=True)
class InputFormat:
    """The format of an input file (None: recognised by its content), and its columns."""

    format: str | None = None
    options: Options = field(default_factory=Options)


def files_of(path: Path) -> list[Path]:
    """The files of a path, in the order in which they are read: itself, or those in a folder that
    are not hidden.
    """
    if not path.is_dir():
        return [path]
    return sorted(
        part for part in path.iterdir() if part.is_file() and not part.name.startswith((".", "_"))
    )


def files_hash(path: Path) -> str:
    """sha256 of the bytes of a file, or of a folder's files one after the other."""
    digest = hashlib.sha256()
    for part in files_of(path):
        with part.open("rb") as file:
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
    if any(part.suffix == ".ann" for part in parts):
        return "brat"
    found = {part: _format_of_file(part) for part in parts}
    kinds = sorted({name for name in found.values() if name is not None})
    odd = [part for part, name in found.items() if name is None]
    if odd:
        message = (
            f"is of no format that is known here; formats are {', '.join(names())}, and "
            "--input-format (for gold --gold-format) says which"
        )
        raise FindingsError([Finding("format", message, file=str(part)) for part in odd])
    if len(kinds) > 1:
        listed = [
            Finding("format", f"is {name}; a folder holds files of one format", file=str(part))
            for part, name in found.items()
        ]
        raise FindingsError(listed)
    return kinds[0]


def _format_of_file(path: Path) -> str | None:
    if path.suffix == ".parquet":
        return NATIVE
    with opened(path) as file:
        data = file.read(_HEAD)
    head = data.decode("utf-8", "ignore").removeprefix("\ufeff")
    values = tuple(_values(path)) if head.lstrip()[:1] in ("{", "[", '"') else ()
    if values and all(_native(value) for value in values):
        return NATIVE
    sample = Sample(path, "" if b"\0" in data else head, values)
    for format_ in foreign().values():
        if format_.recognises(sample):
            return format_.name
    # Broken JSON Lines are read as such, so that their errors are reported.
    return (
        NATIVE
        if path.suffix == ".jsonl" or head.lstrip()[:1] == "{" or not read_bytes(path).strip()
        else None
    )


def _values(path: Path) -> Iterator[object]:
    """The JSON values of a file: its one value, or those of its first lines."""
    with opened(path) as file:
        try:
            yield msgspec.json.decode(file.readline())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            file.seek(0)
            try:
                yield msgspec.json.decode(file.read())
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return
            return
        for line in itertools.islice(file, _NATIVE_LINES):
            if line.strip():
                try:
                    yield msgspec.json.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    return


def _native(value: object) -> bool:
    """Whether a JSON value may be a line of the native format: an object that names its document
    and has no records of another form.
    """
    if (
        not isinstance(value, Mapping)
        or not isinstance(value.get("doc_id"), str)
        or "ents" in value
        or "data" in value
    ):
        return False
    records = value.get("entities")
    foreign_fields = {"label", "entity_group", "entity", "word"}
    return not (
        isinstance(records, list)
        and any(
            isinstance(record, Mapping) and foreign_fields & record.keys() for record in records
        )
    )


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
    parts = [path] if format_.folder and path.is_dir() else files_of(path)
    for part in parts:
        yield from format_.read(part, findings, options)
