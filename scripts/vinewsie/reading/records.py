"""Reads files of JSON and of tables, or folders of them, document by document."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from vinewsie import columnar, json_text
from vinewsie.files import decoded, opened, unpacked, unpacked_name
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
    """A document that is not decoded yet: its file and line, and its bytes or parsed value; of a
    line also where it begins in the file, in bytes.
    """

    file: str | None
    line: int
    data: object
    offset: int | None = None


PARTS = (".jsonl", ".json", *columnar.SUFFIXES)
"""The endings of the files that hold documents; ``.gz`` may follow."""


def files_of(path: Path) -> list[Path]:
    """The files of a path, in the order in which they are read: itself, or those in a folder and
    its subfolders that are neither hidden nor a note (README, LICENSE).

    Of a folder that ``datasets`` saved, only the data files are read.
    """
    if not path.is_dir():
        return [path]
    saved = (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    return sorted(
        part
        for part in path.rglob("*.arrow" if saved else "*")
        if part.is_file()
        and not any(name.startswith((".", "_")) for name in part.relative_to(path).parts)
        and part.stem.upper() not in _NOTES
    )


_NOTES = ("README", "LICENSE", "LICENCE", "CHANGELOG")


def parts_of(path: Path) -> list[Path]:
    """The files that hold the documents of ``path``: itself, or those in a folder, by name.

    Raises:
        FindingsError: a folder without parts.
    """
    if not path.is_dir():
        return [path]
    there = files_of(path)
    parts = [part for part in there if unpacked_name(part).suffix in PARTS]
    others = [part for part in there if part not in parts]
    if parts and others:
        message = f"is none of {', '.join(PARTS)}; a folder of documents holds nothing else"
        raise FindingsError([Finding("file", message, file=str(part)) for part in others])
    if not parts:
        raise FindingsError(
            [Finding("file", f"is a folder without {' or '.join(PARTS)} files", file=str(path))]
        )
    return parts


def rows_of(path: Path) -> Iterator[RawDocument]:
    """The documents of a file of JSON or of a table, or of a folder of such files; blank lines and
    a byte order mark are ignored.

    Raises:
        FindingsError: a file cannot be read, or is not UTF-8.
    """
    for part in parts_of(path):
        with opened(part) as file:
            yield from _rows(str(part), file)


def rows_in(name: str, file: IO[bytes]) -> Iterator[RawDocument]:
    """The documents of an open file; its ``name`` is the place of findings."""
    return _rows(name, unpacked(name, file))


def _rows(name: str, file: IO[bytes]) -> Iterator[RawDocument]:
    if columnar.is_table(name, file):
        for number, row in enumerate(
            columnar.rows_of_table(columnar.table_in(name, file)), start=1
        ):
            yield RawDocument(name, number, row)
        return
    lines = _lines(name, file)
    begin = [*itertools.islice(lines, 2)]
    if json_text.one_a_line(*(line for _, line, _ in begin), *[b""] * (2 - len(begin))):
        for number, line, offset in itertools.chain(begin, lines):
            yield RawDocument(name, number, line, offset)
        return
    file.seek(0)
    yield from _values(name, decoded(name, file.read(), 1).removeprefix("\ufeff"))


def _lines(name: str, file: IO[bytes]) -> Iterator[tuple[int, bytes, int]]:
    """The lines with content: number, bytes, and where they begin."""
    end = 0
    for number, line in enumerate(file, start=1):
        end += len(line)
        if not line.isascii():
            decoded(name, line, number)
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if line and not line.isspace():
            yield number, line, end - len(line)


def _values(name: str, text: str) -> Iterator[RawDocument]:
    """The values of indented JSON: one after the other, or the items of a list."""
    try:
        for line, value in json_text.values_in(text, items=True):
            yield RawDocument(name, line, value.encode("utf-8"))
    except json.JSONDecodeError as error:
        finding = Finding("json", error.msg, file=name, line=error.lineno)
        raise FindingsError([finding]) from error
    except RecursionError as error:
        raise FindingsError([Finding("json", "is nested too deeply", file=name)]) from error


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
    with opened(path) as file:
        for line, data, _ in _lines(str(path), file):
            before = len(findings)
            value = json_value(RawDocument(str(path), line, data), findings)
            if len(findings) == before:
                values.append((line, value))
    return values
