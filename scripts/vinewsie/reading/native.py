"""The native format: JSON Lines with one document on a line, for gold and for predictions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from vinewsie.decoding import given_records, read_object, read_record
from vinewsie.files import write_text
from vinewsie.findings import Finding
from vinewsie.formats.base import ParsedDocument
from vinewsie.formats.field_names import native_record
from vinewsie.model import RECORD_TYPES, Document, Entity, Prediction, Record, Segment, records_of
from vinewsie.reading.plain import PlainLine, PlainReader, made
from vinewsie.reading.records import RawDocument, json_value

R = TypeVar("R", bound=msgspec.Struct)


def predictions(
    rows: Iterable[RawDocument], findings: list[Finding], reader: PlainReader[Prediction]
) -> Iterator[ParsedDocument | PlainLine[Prediction]]:
    """The predicted documents of lines or of values in memory.

    A gold document is read as a prediction, too.

    Args:
        rows: the lines or values.
        findings: where errors are appended.
        reader: reads the plain lines.
    """
    decoder = msgspec.json.Decoder(Prediction)
    mentioned: set[str] = set()  # so far, so that few lines are searched for names of layers
    further: Counter[str] = Counter()
    file: str | None = None
    for row in rows:
        file = file or row.file
        if (plain := reader.read(row)) is not None:
            yield plain
            continue
        holder = row.data
        if not isinstance(holder, Prediction | Document):
            holder = _decoded(row, decoder)
            if isinstance(holder, Prediction) and holder.unplaced:
                holder = None  # only this package may state what was lost
        if isinstance(holder, Prediction | Document):
            _note_layers(holder, row.data, mentioned)
            yield ParsedDocument(
                {layer: records_of(holder, layer) for layer in RECORD_TYPES if layer in mentioned},
                text=holder.text if isinstance(holder, Document) else None,
                doc_id=holder.doc_id,
                file=row.file,
                line=row.line,
                unplaced=holder.unplaced if isinstance(holder, Prediction) else (),
            )
            continue
        before = len(findings)
        value = json_value(row, findings)
        if len(findings) == before:
            parsed = _prediction(value, row, findings, further)
            if parsed is not None:
                yield parsed
    if further:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(further.items()))
        message = f"ignored fields of records: {listed}"
        findings.append(Finding("format-loss", message, file=file, severity="warning"))


def _note_layers(holder: Document | Prediction, data: object, mentioned: set[str]) -> None:
    """Adds the layers of a document that have records, or that its line mentions."""
    mentioned.update(
        layer
        for layer in RECORD_TYPES
        if layer not in mentioned and (records_of(holder, layer) or _mentions(data, layer))
    )


def _mentions(data: object, layer: str) -> bool:
    """Whether a line or a mapping has a list, be it empty, for a layer. An empty layer of a
    ``Prediction`` is the default and mentions nothing.
    """
    if isinstance(data, bytes):
        if data.rfind(f'"{layer}"'.encode()) < 0:  # twice as fast as ``in``
            return False
        data = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    return isinstance(data, Mapping) and layer in data


class _PredictionHead(Record, frozen=True, kw_only=True):
    """The fields of a predicted document, of which its records are read one by one."""

    doc_id: str
    entities: object = None
    dates: object = None
    marks: object = None
    quotes: object = None
    info: dict[str, Any] | None = None


def _prediction(
    value: object, row: RawDocument, findings: list[Finding], further: Counter[str]
) -> ParsedDocument | None:
    """A predicted document of a parsed JSON value; None if it has no id.

    Args:
        value: the JSON value.
        row: its place.
        findings: where errors are appended.
        further: counts the fields of records that are ignored.
    """
    given = value if isinstance(value, Mapping) else {}
    read_apart = {"text", "segments", "metadata", *RECORD_TYPES}
    head, found = read_object(
        {
            name: part
            for name, part in given.items()
            if name not in read_apart and (part or name != "unplaced")
        }
        if isinstance(value, Mapping)
        else value,
        _PredictionHead,
    )
    layers = {}
    for layer in RECORD_TYPES:
        records = given.get(layer)
        if isinstance(records, list | tuple):
            bare = (_without_further(record, layer, further) for record in records)
            layers[layer] = given_records(bare, layer)
        elif records is not None:
            found.append(Finding("wrong-type", f"{layer} must be a list of records", layer))
    doc_id, text = given.get("doc_id"), given.get("text")
    doc_id = doc_id if isinstance(doc_id, str) else None
    findings += [finding.at(row.file, row.line, doc_id) for finding in found]
    if doc_id is None:
        return None
    return ParsedDocument(
        layers,
        text=text if isinstance(text, str) else None,
        doc_id=doc_id,
        file=row.file,
        line=row.line,
        info=head.info if head is not None else None,
    )


def _without_further(record: object, layer: str, further: Counter[str]) -> object:
    """A record with native names, without fields that extractors add, such as a reason.

    Args:
        record: the JSON value of a record.
        layer: its layer.
        further: counts the fields by name.
    """
    if not isinstance(record, Mapping) or not record.keys() - RECORD_TYPES[layer].__struct_fields__:
        return record
    native, ignored = native_record(record, layer)
    further.update(map(str, ignored))
    return native


def gold(
    rows: Iterable[RawDocument],
    findings: list[Finding],
    layers: set[str],
    reader: PlainReader[Document],
) -> Iterator[tuple[RawDocument, Document | PlainLine[Document]]]:
    """The gold documents of lines, with their places.

    Args:
        rows: the lines.
        findings: where errors are appended.
        layers: where the layers that the lines mention are added.
        reader: reads the plain lines.
    """
    decoder = msgspec.json.Decoder(Document)
    for row in rows:
        if (plain := reader.read(row)) is not None:
            layers.add("entities")
            yield RawDocument(row.file, row.line, None), plain
            continue
        document = _decoded(row, decoder)
        if document is None:
            # Surfaces beside the offsets of a quotation are valid, but no fields of the record.
            before = len(findings)
            value = json_value(row, findings)
            if len(findings) > before:
                continue
            document, found = read_document(value)
            findings += [finding.at(row.file, row.line) for finding in found]
        if document is not None:
            _note_layers(document, row.data, layers)
            yield RawDocument(row.file, row.line, None), document


def _decoded(row: RawDocument, decoder: msgspec.json.Decoder[R]) -> R | None:
    """The struct that a line or a mapping is in full; None if it is not."""
    try:
        if isinstance(row.data, bytes):
            return decoder.decode(row.data)
        return msgspec.convert(row.data, decoder.type) if type(row.data) is dict else None
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return None


def read_document(raw: object) -> tuple[Document | None, list[Finding]]:
    """A gold document of a parsed JSON object, record by record, so that all findings are found."""
    if not isinstance(raw, Mapping):
        return read_object(raw, Document)
    layers: dict[str, Any] = {"segments": Segment, **RECORD_TYPES}
    if isinstance(raw.get("metadata"), Mapping):
        raw = {**raw, "metadata": {name: _dated(v) for name, v in raw["metadata"].items()}}
    wrong = list(_wrong_metadata(raw.get("metadata")))
    apart = {*layers, *(["metadata"] if wrong else [])}
    document, findings = read_object({k: v for k, v in raw.items() if k not in apart}, Document)
    findings += wrong
    text = document.text if document is not None else ""
    records: dict[str, tuple[Any, ...]] = {}
    for layer, kind in layers.items():
        records[layer], found = _read_list(raw.get(layer, []), layer, kind, text)
        findings += found
    if document is None or findings:
        return None, [f.at(doc_id=str(raw.get("doc_id", ""))) for f in findings]
    return msgspec.structs.replace(document, **records), []


def _dated(value: object) -> object:
    """A value of the metadata; the dates and times of tables as text, as JSON would have them."""
    return value.isoformat() if isinstance(value, date | time) else value


def _wrong_metadata(metadata: object) -> Iterator[Finding]:
    """Findings about values of the metadata that are lists or objects."""
    for name, value in metadata.items() if isinstance(metadata, Mapping) else ():
        if isinstance(value, list | tuple | Mapping):
            kind = "an object" if isinstance(value, Mapping) else "a list"
            yield Finding(
                "wrong-type",
                f"metadata: {name} is {kind}; a value is a text, a number, true, false or null: "
                "join what it holds into one text, or give each item its own field",
            )


def _read_list(
    raw: object, layer: str, kind: Any, text: str
) -> tuple[tuple[Any, ...], list[Finding]]:
    if not isinstance(raw, list | tuple):
        return (), [Finding("wrong-type", f"{layer} must be a list of records", layer)]
    kept, findings = [], []
    for index, item in enumerate(raw):
        record, found = read_record(item, kind, text, layer, index)
        findings += found
        if record is not None:
            kept.append(record)
    return tuple(kept), findings


_LEFT_OUT = (
    b',"truncated":false',
    b',"inherited":[]',
    b',"contested":false',
    b',"readings":[]',
)
"""Fields that few records have, at their defaults. JSON escapes the quotation marks in strings, so
no string contains one of these.
"""


def encode(holder: Document | Prediction | Mapping[str, Any]) -> str:
    """One line of the native format, without the line end; a mapping is written as it is."""
    value = _without_empty(holder) if isinstance(holder, Prediction) else holder
    line = msgspec.json.encode(value)
    return (line if isinstance(holder, Mapping) else without_defaults(line)).decode("utf-8")


_WrittenEntity = msgspec.defstruct(
    "_WrittenEntity",
    [
        (field.name, field.type, field.default)
        for field in msgspec.structs.fields(Entity)
        if not any(f'"{field.name}"'.encode() in left_out for left_out in _LEFT_OUT)
    ],
    kw_only=True,
    gc=False,
)
"""An entity with those fields alone that are always written."""


class _WrittenPrediction(msgspec.Struct, gc=False):
    doc_id: str
    entities: list[_WrittenEntity]  # type: ignore[valid-type]


def digest(held: Prediction | PlainLine[Prediction]) -> str:
    """sha256 of a prediction as :func:`encode` writes it; no record is made of a plain one."""
    line = held.data if isinstance(held, PlainLine) else None
    if line is not None:
        written = msgspec.json.decode(line, type=_WrittenPrediction)
        if written.entities:
            return hashlib.sha256(msgspec.json.encode(written)).hexdigest()
    return hashlib.sha256(encode(made(held)).encode()).hexdigest()


def joined_digest(digests: Iterable[str]) -> str:
    """sha256 of predictions, from that of each one in the order of the gold."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _without_empty(prediction: Prediction) -> dict[str, Any]:
    """The fields of a prediction without the layers that it does not have."""
    fields = ((name, getattr(prediction, name)) for name in prediction.__struct_fields__)
    return {name: part for name, part in fields if name == "doc_id" or part}


def short(prediction: Prediction) -> dict[str, Any]:
    """A prediction as JSON values, without fields that have their defaults."""
    value = {
        name: part if name == "doc_id" else [_given(record) for record in part]
        for name, part in _without_empty(prediction).items()
    }
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def _given(record: Record) -> dict[str, Any]:
    """The fields of a record that do not have their defaults."""
    return {
        field.name: value
        for field in msgspec.structs.fields(record)
        if (value := getattr(record, field.name)) != field.default or field.required
    }


def without_defaults(line: bytes) -> bytes:
    """JSON of records without the fields that few records have, where they have their defaults."""
    for field in _LEFT_OUT:
        line = line.replace(field, b"")
    return line


def write(path: Path, holders: Iterable[Document | Prediction | Mapping[str, Any]]) -> None:
    """Writes documents or predictions, the file whole or not at all."""
    write_text(path, "".join(encode(holder) + "\n" for holder in holders))
