"""From parsed JSON to records: every field is checked, and everything that is wrong is found, not just the first."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import msgspec

from vinewsie.findings import Finding, FindingsError

R = TypeVar("R", bound=msgspec.Struct)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        FindingsError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FindingsError([Finding("file", f"cannot be read: {error.strerror}", file=str(path))]) from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, its line ends as they are.

    Raises:
        FindingsError: the file cannot be read or is not UTF-8.
    """
    return _decoded(str(path), read_bytes(path), 1)


class Row(NamedTuple):
    """One document as it came: where it stands, and the bytes of its line or its parsed value."""

    file: str | None
    line: int
    data: object


_BUFFER = 1 << 20
"""Lines are documents, and longer than the usual buffer."""

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
        raise FindingsError([Finding("file", f"is a folder without {' or '.join(PARTS)} files", file=str(path))])
    return parts


def rows_of(path: Path) -> Iterator[Row]:
    """The documents of a JSON Lines or Parquet file, or of a folder of such files; blank lines and a byte order mark are passed over.

    Raises:
        FindingsError: a file cannot be read, or is not UTF-8.
    """
    for part in parts_of(path):
        try:
            with part.open("rb", buffering=_BUFFER) as file:
                yield from rows_in(str(part), file)
        except OSError as error:
            raise FindingsError([Finding("file", f"cannot be read: {error.strerror}", file=str(part))]) from error


def rows_in(name: str, file: IO[bytes]) -> Iterator[Row]:
    """The documents of an open file; ``name`` tells what it is, and where findings are."""
    if name.endswith(".parquet"):
        yield from _parquet_rows(name, file)
        return
    first = True
    for number, line in enumerate(file, start=1):
        if number == 1 and line.startswith(b"\x1f\x8b"):
            raise FindingsError([Finding("encoding", "is gzip-compressed; unpack it first", file=name)])
        if not line.isascii():
            _decoded(name, line, number)
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if line and not line.isspace():
            if first and line.strip() in (b"[", b"{"):
                message = "the file looks like one indented JSON value, but each line must be one whole document"
                raise FindingsError([Finding("json", message, file=name, line=number)])
            first = False
            yield Row(name, number, line)


def _parquet_rows(name: str, file: IO[bytes]) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
    except pa.ArrowInvalid as error:
        raise FindingsError([Finding("file", f"is not a Parquet file: {error}", file=name)]) from error
    for number, row in enumerate(table.to_pylist(), start=1):
        yield Row(name, number, _without_nulls(row))


def _without_nulls(value: Any) -> Any:
    """Parquet has a null where JSON leaves a field out."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _decoded(name: str, data: bytes, first_line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        message = f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8; save the file as UTF-8"
        raise FindingsError([Finding("encoding", message, file=name, line=line)]) from error


def json_value(row: Row, findings: list[Finding]) -> Any:
    """The value of a row, or None; what is not JSON is added to ``findings``."""
    if not isinstance(row.data, bytes):
        return row.data
    try:
        return msgspec.json.decode(row.data)
    except (msgspec.DecodeError, RecursionError) as error:
        findings.append(Finding("json", str(error), file=row.file, line=row.line))
        return None


def json_lines(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The values of a JSON Lines file with their line numbers; what is not JSON is added to ``findings``."""
    values = []
    for row in rows_of(path):
        before = len(findings)
        value = json_value(row, findings)
        if len(findings) == before:
            values.append((row.line, value))
    return values


def read_object(raw: object, kind: type[R], layer: str | None = None, index: int | None = None) -> tuple[R | None, list[Finding]]:
    """Makes a record of type ``kind`` of a parsed JSON object.

    Returns:
        The record, or None if a field stops it from being one; and all findings.
    """
    if not isinstance(raw, Mapping):
        return None, [Finding("not-object", f"expected a JSON object, got {_shown(raw)}", layer, index)]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    findings = [_unknown(name, fields, layer, index) for name in raw if name not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                findings.append(Finding("missing-field", f"{name} is missing", layer, index))
            continue
        try:
            values[field.name] = msgspec.convert(raw[name], field.type)
        except msgspec.ValidationError as error:
            reason = str(error).replace("`$", f"`{name}")
            code = "unknown-field" if "unknown field" in reason else "wrong-type"
            findings.append(Finding(code, f"{name} is {_shown(raw[name])}: {reason}", layer, index))
    return (None if findings else kind(**values)), findings


def without_surfaces(raw: object, text: str, layer: str, index: int) -> tuple[object, list[Finding]]:
    """A quotation as parsed, without the surfaces that its spans may carry beside their offsets; findings where they are not the text's.

    Files that people read carry them; the record itself has offsets only.
    """
    findings: list[Finding] = []

    def bare(part: object, name: str) -> object:
        if isinstance(part, list | tuple):
            return [bare(item, name) for item in part]
        if (
            not isinstance(part, Mapping)
            or "text" not in part
            or not isinstance(part.get("start"), int)
            or not isinstance(part.get("end"), int)
        ):
            return part
        if (surface := text[part["start"] : part["end"]]) != part["text"]:
            message = f"{name}: text is {part['text']!r}, but [{part['start']}, {part['end']}) is {surface!r}"
            findings.append(Finding("text-mismatch", message, layer, index))
        return {key: value for key, value in part.items() if key != "text"}

    if layer != "quotes" or not isinstance(raw, Mapping):
        return raw, findings
    return {name: bare(value, name) for name, value in raw.items()}, findings


def _unknown(name: object, fields: Iterable[str], layer: str | None, index: int | None) -> Finding:
    near = difflib.get_close_matches(str(name), list(fields), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Finding("unknown-field", f"no field {name!r}; {hint}fields are {', '.join(fields)}", layer, index)


def _shown(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def write_beside(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file whole or not at all: ``write`` fills a neighbour of it, which then takes its name.

    A link stays a link to the written file; what is no regular file (a pipe, a device) is written to as it is.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        write(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        beside.chmod(0o644 if not path.exists() else path.stat().st_mode)
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file whole or not at all, line ends as given."""
    write_beside(path, lambda beside: _write_bytes(beside, text.encode("utf-8")))


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
