"""From parsed JSON to records: every field is checked, and everything that is wrong is found, not just the first."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

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
    return _decoded(path, read_bytes(path), 1)


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a UTF-8 file that are not blank, with their numbers; a byte order mark is passed over.

    Raises:
        FindingsError: the file cannot be read or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.isascii():
                    _decoded(path, line, number)
                    line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if not line.isspace():
                    yield number, line
    except OSError as error:
        raise FindingsError([Finding("file", f"cannot be read: {error.strerror}", file=str(path))]) from error


def _decoded(path: Path, data: bytes, first_line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        message = f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8; save the file as UTF-8"
        raise FindingsError([Finding("encoding", message, file=str(path), line=line)]) from error


def json_value(path: Path, number: int, line: bytes, findings: list[Finding]) -> Any:
    """The value of a line of JSON Lines, or None; what is not JSON is added to ``findings``."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        whole = line.strip() in (b"[", b"{")
        hint = "; the file looks like one indented JSON value, but each line must be one whole document" if whole else ""
        findings.append(Finding("json", f"{error}{hint}", file=str(path), line=number))
        return None


def json_lines(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The values of a JSON Lines file with their line numbers; what is not JSON is added to ``findings``."""
    values = []
    for number, line in lines_of(path):
        before = len(findings)
        value = json_value(path, number, line, findings)
        if len(findings) == before:
            values.append((number, value))
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


def _unknown(name: str, fields: Iterable[str], layer: str | None, index: int | None) -> Finding:
    near = difflib.get_close_matches(name, list(fields), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Finding("unknown-field", f"no field {name!r}; {hint}fields are {', '.join(fields)}", layer, index)


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "…"


def write_beside(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file whole or not at all: ``write`` fills a neighbour of it, which then takes its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file whole or not at all, line ends as given."""
    write_beside(path, lambda beside: _write_bytes(beside, text.encode("utf-8")))


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
