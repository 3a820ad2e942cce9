"""Reads what a Python extractor returns, in the forms that libraries and language models give.

Everything becomes native records by layer. A list, table or iterator holds entities; a dict holds
records by layer, or entities by label. What has none of the forms is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from vinewsie.decoding import CONFIDENCE, GivenRecord, RawRecord
from vinewsie.findings import Finding, errors
from vinewsie.formats import huggingface, spacy
from vinewsie.formats.base import Options, ParsedDocument
from vinewsie.formats.mention_lists import MentionList, given
from vinewsie.model import RECORD_TYPES, Document, Prediction
from vinewsie.reading.native import without_defaults
from vinewsie.scheme import LAYERS

EXAMPLE = """\
An extractor that works:
    def extract(document):
        start = document.text.find("Nga")
        return [{"start": start, "end": start + 3, "type": "GPE"}] if start >= 0 else []"""
"""Shown once to those whose extractor returns something else."""

_FIELDS = frozenset({"doc_id", "text", "segments", "info", "error", *RECORD_TYPES})
"""The fields of an answer."""
_SYNONYMS = {
    "start": ("start_char", "start_offset"),
    "end": ("end_char", "end_offset"),
    "text": ("word", "name", "surface"),
}
"""The names of other tools for fields of a record that has one span."""
_LABELS = ("label", "entity_group", "entity_type")
"""The names of other tools for the label of such a record."""
_MISSPELT = 0.8
"""The similarity from which an unknown field counts as a misspelt one, which the reader refuses."""
_FENCED = re.compile(r"```\w*\s*\n(.*?)```", re.DOTALL)
_SOURCE = Path("the returned value")
"""The file that findings of formats name."""


class OutputError(TypeError):
    """An extractor returned something that is not understood."""


class ReadOutput(NamedTuple):
    """What an extractor returned, as read.

    Args:
        answer: native records by layer, in JSON's types, and the further fields of an answer.
        ignored: the fields of records that have no place in the native format.
    """

    answer: dict[str, Any]
    ignored: tuple[str, ...] = ()


def read_output(output: object, document: Document) -> ReadOutput:
    """Reads what an extractor returned for a document.

    Args:
        output: a :class:`~vinewsie.model.Prediction`; records by layer; entities as a list, tuple,
            iterator or table of dicts, ``(start, end, label)``, ``(text, label)`` or objects;
            entities by label; a spaCy ``Doc`` or its spans; rows of a Hugging Face pipeline; or
            JSON text of these.
        document: the document that it was given.

    Raises:
        OutputError: the value has none of these forms.
    """
    if isinstance(output, Prediction | Document):
        return ReadOutput(_of_struct(output))
    if _is_spacy(output, "Doc"):
        return ReadOutput(_of_doc(output, document))
    value = _json(output) if isinstance(output, str | bytes) else plain(output)
    ignored: list[str] = []
    if isinstance(value, list):
        rows = _rows(value)
        if wrong := [row for row in rows if not isinstance(row, Mapping | list)]:
            raise OutputError(f"returned a {type(output).__name__} of {type(wrong[0]).__name__}")
        answer = {"entities": _records("entities", rows, ignored)}
    elif not isinstance(value, dict):
        raise OutputError(f"returned {_described(output)}")
    elif isinstance(value.get("text"), str) and isinstance(value.get("ents"), list):
        answer = _of_doc(value, document)
    elif _by_label(value):
        answer = {"entities": _records("entities", _labelled("entities", value), ignored)}
    elif {"start", "end"} <= value.keys() and not _FIELDS & (value.keys() - {"text"}):
        raise OutputError("returned one record; a list of records is expected")
    else:
        answer = {
            name: _records(name, part, ignored) if name in RECORD_TYPES else part
            for name, part in value.items()
        }
    return ReadOutput(answer, tuple(dict.fromkeys(ignored)))


def plain(value: Any) -> Any:
    """A value in JSON's types: objects as dicts, tables as lists of dicts, iterators as lists.

    Raises:
        OutputError: a part of it is of another type.
    """
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return msgspec.to_builtins(value, enc_hook=_builtin, str_keys=True)


def _builtin(value: Any) -> Any:
    """A value of a type that msgspec does not know."""
    if _is_spacy(value, "Span"):
        return {"start": value.start_char, "end": value.end_char, "type": value.label_ or None}
    if hasattr(value, "model_dump"):  # pydantic
        return plain(value.model_dump())
    if (rows := _table(value)) is not None:
        return plain([{n: x for n, x in row.items() if x is not None and x == x} for row in rows])
    if hasattr(value, "tolist"):  # numpy, torch
        return plain(value.tolist())
    if isinstance(value, Iterator):
        return [plain(part) for part in value]
    names = {*RECORD_TYPES["entities"].__struct_fields__, *_LABELS}.union(*_SYNONYMS.values())
    fields = {name: getattr(value, name) for name in sorted(names) if hasattr(value, name)}
    if {"start", "end"} <= fields.keys() or {"start_char", "end_char"} <= fields.keys():
        return plain(fields)
    raise OutputError(f"returned {_described(value)}")


def _table(value: Any) -> Iterable[Mapping[str, Any]] | None:
    """The rows of a pandas or polars DataFrame, or of a pyarrow Table; None for anything else."""
    if hasattr(value, "iterrows"):
        rows: Iterable[Mapping[str, Any]] = value.astype(object).to_dict("records")
    elif hasattr(value, "iter_rows"):
        rows = value.to_dicts()
    elif hasattr(value, "to_pylist") and hasattr(value, "column_names"):
        rows = value.to_pylist()
    else:
        return None
    return rows


def _is_spacy(value: object, name: str) -> bool:
    kind = type(value)
    return kind.__module__.startswith("spacy.") and kind.__name__ == name


def _described(value: object) -> str:
    if value is None:
        return "None"
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"a value of type {module}{kind.__qualname__}"


def _json(text: str | bytes) -> Any:
    """The value of JSON text, be it in a fenced block with prose around it."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    text = text.removeprefix("\ufeff")
    for part in (text, *_FENCED.findall(text)):
        try:
            return msgspec.json.decode(part)
        except msgspec.DecodeError:
            continue
    raise OutputError(f"returned text that is not JSON: {text[:60]!r}")


def _of_struct(output: Prediction | Document) -> dict[str, Any]:
    """The records of a prediction. An empty layer of it is the default, not the claim that there
    are no records.
    """
    answer = {
        name: value
        for name, value in msgspec.to_builtins(output).items()
        if name == "doc_id" or (value and name != "unplaced")
    }
    records: dict[str, Any] = msgspec.json.decode(without_defaults(msgspec.json.encode(answer)))
    return records


def _of_doc(doc: Any, document: Document) -> dict[str, Any]:
    """The records of a spaCy Doc, as in a file; its text, if that is not the document's."""
    findings: list[Finding] = []
    parsed = spacy.parsed_doc(doc, _SOURCE, findings)
    answer = {
        layer: _given(records)
        for layer, records in parsed.layers.items()
        if records or layer == "entities"
    }
    _refuse(findings)
    return answer if parsed.text == document.text else {"text": parsed.text, **answer}


def _given(records: Iterable[GivenRecord]) -> list[Any]:
    return [record.value if isinstance(record, RawRecord) else given(record) for record in records]


def _refuse(findings: Sequence[Finding]) -> None:
    if wrong := errors(findings):
        raise OutputError(f"returned what cannot be read: {wrong[0]}")


def _rows(value: list[Any]) -> list[Any]:
    """The rows of a list, which is in another one where a pipeline was given a list of texts."""
    inner = value[0] if len(value) == 1 else None
    is_page = isinstance(inner, list) and all(isinstance(row, Mapping) for row in inner)
    return inner if isinstance(inner, list) and is_page else value


def _by_label(value: Mapping[str, Any]) -> bool:
    """Whether a dict holds lists by label. A name that may be a misspelt field is no label."""
    return bool(value) and all(
        isinstance(part, list)
        and name not in _FIELDS
        and not difflib.get_close_matches(name.lower(), _FIELDS, cutoff=_MISSPELT)
        for name, part in value.items()
    )


def _labelled(layer: str, value: Mapping[str, list[Any]]) -> list[Any]:
    field = LAYERS[layer].label_field
    return [
        {field: label, **(row if isinstance(row, Mapping) else {"text": row})}
        for label, rows in value.items()
        for row in rows
    ]


def _records(layer: str, rows: Any, ignored: list[str]) -> Any:
    """The native records of a layer. What has no known form stays, for the reader to report.

    Args:
        layer: the layer.
        rows: its value, in JSON's types.
        ignored: where the names of fields that are left out are added.
    """
    if isinstance(rows, Mapping) and _by_label(rows):
        rows = _labelled(layer, rows)
    if not isinstance(rows, list):
        return rows
    rows = _rows(rows)
    if layer == "entities" and any(map(_is_piece, rows)):
        return _huggingface(rows)
    return [_record(layer, row, ignored) for row in rows]


def _is_piece(row: object) -> bool:
    """Whether a row is one of a Hugging Face pipeline."""
    return isinstance(row, Mapping) and "word" in row and ("entity" in row or "entity_group" in row)


def _huggingface(rows: list[Any]) -> list[Any]:
    """The entities of a pipeline's rows, read as in a file."""
    findings: list[Finding] = []
    pages: Iterator[ParsedDocument] = huggingface.documents(
        [MentionList(rows)], _SOURCE, findings, Options()
    )
    records = [record for page in pages for record in _given(page.layers["entities"])]
    _refuse(findings)
    return records


def _record(layer: str, row: Any, ignored: list[str]) -> Any:
    label = LAYERS[layer].label_field
    match row:
        case [int(), int()] if layer != "quotes":
            return {"start": row[0], "end": row[1]}
        case [int(), int(), str() | None] if layer != "quotes":
            return {"start": row[0], "end": row[1], label: row[2]}
        case [str(), str()] if layer != "quotes":
            return {"text": row[0], label: row[1]}
        case dict():
            return _known(layer, _renamed(row, label) if layer != "quotes" else row, ignored)
        case _:
            return row


def _renamed(row: dict[str, Any], label: str) -> dict[str, Any]:
    """A record with the native names of its fields."""
    native = {
        other: name for name, others in {**_SYNONYMS, label: _LABELS}.items() for other in others
    }
    return {
        native[name] if name in native and native[name] not in row else name: value
        for name, value in row.items()
    }


def _known(layer: str, row: dict[str, Any], ignored: list[str]) -> dict[str, Any]:
    """A record without the fields that the layer does not have, but for misspelt ones."""
    fields = [field.name for field in msgspec.structs.fields(RECORD_TYPES[layer])]
    others = [
        name
        for name in row
        if name not in fields
        and name not in ("text", CONFIDENCE)
        and not difflib.get_close_matches(name, fields, n=1, cutoff=_MISSPELT)
    ]
    ignored += others
    return {name: value for name, value in row.items() if name not in others}
