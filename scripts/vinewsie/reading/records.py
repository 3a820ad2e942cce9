"""Reads JSON Lines and Parquet files, or folders of them, document by document."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from vinewsie.files import decoded, opened
from vinewsie.findings import Finding, FindingsError


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """No garbage collection while many records are made: each collection visits all of them, and
    records form no cycles.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class RawDocument(NamedTuple):
    """A document that is not decoded yet: its file and line, and its bytes or parsed value."""

    file: str | None
    line: int
    data: object


PARTS = (".jsonl", ".parquet")
"""The endings of the files that hold documents."""


def parts_of(path: Path) -> list[Path]:
    """The files that hold the documents of ``path``: itself, or the parts in a folder, by name.

    Raises:
        FindingsError: a folder without parts.
    """
    if not path.is_dir():
        return [path]
    there = sorted(part for part in path.iterdir() if not part.name.startswith((".", "_")))
    parts = [part for part in there if part.suffix in PARTS]
    others = [part for part in there if part not in parts]
    if parts and others:
        message = f"is neither {' nor '.join(PARTS)}; a folder of documents holds nothing else"
        raise FindingsError([Finding("file", message, file=str(part)) for part in others])
    if not parts:
        raise FindingsError(
            [Finding("file", f"is a folder without {' or '.join(PARTS)} files", file=str(path))]
        )
    return parts


def rows_of(path: Path) -> Iterator[RawDocument]:
    """The documents of a JSON Lines or Parquet file, or of a folder of such files; blank lines and
    a byte order mark are ignored.

    Raises:
        FindingsError: a file cannot be read, or is not UTF-8.
    """
    for part in parts_of(path):
        with opened(part) as file:
            yield from rows_in(str(part), file)


def rows_in(name: str, file: IO[bytes]) -> Iterator[RawDocument]:
    """The documents of an open file; its ``name`` gives the format, and the place of findings."""
    if name.endswith(".parquet"):
        yield from _parquet_rows(name, file)
        return
    first = True
    for number, line in enumerate(file, start=1):
        if number == 1 and line.startswith(b"\x1f\x8b"):
            raise FindingsError(
                [Finding("encoding", "is gzip-compressed; unpack it first", file=name)]
            )
        if not line.isascii():
            decoded(name, line, number)
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if line and not line.isspace():
            if first and line.strip() in (b"[", b"{"):
                message = (
                    "the file looks like one indented JSON value, but each line must be one whole "
                    "document"
                )
                raise FindingsError([Finding("json", message, file=name, line=number)])
            first = False
            yield RawDocument(name, number, line)


def _parquet_rows(name: str, file: IO[bytes]) -> Iterator[RawDocument]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
    except pa.ArrowInvalid as error:
        raise FindingsError(
            [Finding("file", f"is not a Parquet file: {error}", file=name)]
        ) from error
    for number, row in enumerate(table.to_pylist(), start=1):
        yield RawDocument(name, number, _without_nulls(row))


def _without_nulls(value: Any) -> Any:
    """Parquet has a null where JSON leaves a field out."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def json_value(row: RawDocument, findings: list[Finding]) -> Any:
    """The value of a row, or None; what is not JSON is added to ``findings``."""
    if not isinstance(row.data, bytes):
        return row.data
    try:
        return msgspec.json.decode(row.data)
    except (msgspec.DecodeError, RecursionError) as error:
        findings.append(Finding("json", str(error), file=row.file, line=row.line))
        return None


def json_lines(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The values of a JSON Lines file with their line numbers; what is not JSON is added to
    ``findings``.
    """
    values = []
    for row in rows_of(path):
        before = len(findings)
        value = json_value(row, findings)
        if len(findings) == before:
            values.append((row.line, value))
    return values
