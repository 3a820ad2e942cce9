"""Reading predictions and gold of any format: which one a file has is told by its content."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from vinewsie.files import read_bytes
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats import NATIVE, foreign, names
from vinewsie.formats.base import Options, Parsed, Sample
from vinewsie.model import Document
from vinewsie.packed import Packed
from vinewsie.reading import native, placing
from vinewsie.reading.records import rows_of
from vinewsie.reading.surfaces import SURFACE

_HEAD = 65536
"""So much of a file is looked at as text to tell its format; JSON is read whole, since one value
may fill the file.
"""
_NATIVE_LINES = 200
"""So many lines are looked at for a record by which one format of JSON Lines is told from
another.
"""


@dataclass(frozen=True)
class InputFormat:
    """What a person says about a file: its format (None: told by its content), and what the format
    leaves open.
    """

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
    """The name of the format of a file or folder.

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
        message = f"is of no format that is known here; formats are {', '.join(names())}, and --input-format (for gold --gold-format) says which"
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
    data = read_bytes(path)
    head = data[:_HEAD].decode("utf-8", "ignore").removeprefix("\ufeff")
    values = tuple(_values(data)) if head.lstrip()[:1] in ("{", "[", '"') else ()
    if values and all(_native(value) for value in values):
        return NATIVE
    sample = Sample(path, "" if b"\0" in data[:_HEAD] else head, values)
    for format_ in foreign().values():
        if format_.recognises(sample):
            return format_.name
    # What looks like JSON Lines is read as such, so that what is wrong with it is said.
    return (
        NATIVE if path.suffix == ".jsonl" or head.lstrip()[:1] == "{" or not data.strip() else None
    )


def _values(data: bytes) -> Iterator[object]:
    """The JSON values of a file: its one value, or those of its first lines."""
    first, _, rest = data.partition(b"\n")
    try:
        yield msgspec.json.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            yield msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        return
    for line in itertools.islice(rest.split(b"\n", _NATIVE_LINES), _NATIVE_LINES):
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


def _pages(path: Path, name: str, options: Options, findings: list[Finding]) -> Iterator[Parsed]:
    format_ = foreign()[name]
    parts = [path] if format_.folder and path.is_dir() else files_of(path)
    for part in parts:
        yield from format_.read(part, findings, options)


def read_predictions(
    path: Path,
    documents: Mapping[str, Document],
    *,
    labels: frozenset[str] | None = None,
    skip_invalid: bool = False,
    input_format: InputFormat | None = None,
    resolve: str = SURFACE,
) -> native.ReadPredictions:
    """Reads predictions of any format and places them in the documents (see
    :func:`vinewsie.reading.native.read_predictions`).
    """
    input_format = input_format or InputFormat()
    name = input_format.format or format_of(path)
    if name == NATIVE:
        return native.read_predictions(
            path, documents, labels=labels, skip_invalid=skip_invalid, resolve=resolve
        )
    findings: list[Finding] = []
    placed = placing.predictions(_pages(path, name, input_format.options, findings), documents)
    read = native.read_predictions(
        placed.rows, documents, labels=labels, skip_invalid=skip_invalid, resolve=resolve
    )
    found = [*findings, *placed.findings]
    if skip_invalid:
        found = [replace(finding, severity="warning") for finding in found]
    read.findings[:0] = found
    if placed.aligned:
        read.resolved.add("aligned")
    return read


def read_gold(
    path: Path, input_format: InputFormat | None = None
) -> tuple[dict[str, Document], Packed, list[Finding]]:
    """Reads gold documents of any format; also gives their entities packed, and the warnings.

    Raises:
        FindingsError: with everything that is wrong with them.
    """
    input_format = input_format or InputFormat()
    name = input_format.format or format_of(path)
    if name == NATIVE:
        return *native.read_gold(rows_of(path)), []
    findings: list[Finding] = []
    rows = list(placing.gold(_pages(path, name, input_format.options, findings), findings))
    if errors(findings):
        raise FindingsError(findings)
    documents, packed = native.read_gold(rows, foreign=True)
    return documents, packed, findings
