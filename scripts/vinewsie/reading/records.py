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
    for number, row in enumerate(parquet_rows(name, file), start=1):
        yield RawDocument(name, number, _without_nulls(row))


_VALUES = 1 << 22
"""Values of a Parquet file that are read whatever its size."""
_VALUES_PER_BYTE = 64
_BYTES = 1 << 26
"""Unpacked bytes of a Parquet file that are read whatever its size."""
_BYTES_PER_BYTE = 200


def parquet_rows(name: str, file: IO[bytes]) -> list[dict[str, Any]]:
    """The rows of a Parquet file. A file that would take a huge multiple of its size is refused.

    Args:
        name: the file that findings name.
        file: the open file.

    Raises:
        FindingsError: the file is not a Parquet file, or is refused.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = file.seek(0, 2)
    values, unpacked = max(_VALUES, _VALUES_PER_BYTE * size), max(_BYTES, _BYTES_PER_BYTE * size)
    refused = FindingsError(
        [
            Finding(
                "file",
                f"would take far more memory than its {size} bytes; write it again in plain "
                "encoding, or as JSON Lines",
                file=name,
            )
        ]
    )
    try:
        about = pq.ParquetFile(file).metadata
        columns = [about.schema.column(number) for number in range(about.num_columns)]
        chunks = [
            (column, about.row_group(group).column(number))
            for group in range(about.num_row_groups)
            for number, column in enumerate(columns)
        ]
        held = sum(
            chunk.num_values * column.length for column, chunk in chunks if column.length > 0
        )
        held += sum(chunk.total_uncompressed_size for _, chunk in chunks)
        if (
            about.num_rows + sum(chunk.num_values for _, chunk in chunks) > values
            or held > unpacked
        ):
            raise refused
        # As dictionaries, repeated strings are held once; so their length is known beforehand.
        strings = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
        table = pq.ParquetFile(file, read_dictionary=strings).read(use_threads=False)
        if sum(_length(chunk) for column in table.columns for chunk in column.chunks) > unpacked:
            raise refused
        rows: list[dict[str, Any]] = pq.ParquetFile(file).read().to_pylist()
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
        message = f"is not a Parquet file that can be read: {error}"
        raise FindingsError([Finding("file", message, file=name)]) from error
    return rows


def _length(array: Any) -> int:
    """Bytes of the strings in an Arrow array whose strings are dictionaries."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary)  # type: ignore[attr-defined]
        return pc.sum(lengths.take(array.indices)).as_py() or 0  # type: ignore[attr-defined]
    if pa.types.is_struct(kind):
        return sum(map(_length, array.flatten()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _length(array.values)
    return 0


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
