"""Reads what an extractor returns, in the forms that libraries and language models give.

Everything becomes native records by layer. A list, table or iterator holds entities; a dict holds
records by layer, entities by label, or tagged tokens. What has none of the forms is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from vinewsie.decoding import SCORE, GivenRecord, RawRecord
from vinewsie.findings import Finding, errors, shortened
from vinewsie.formats import huggingface, spacy, token_tags
from vinewsie.formats.answers import parsed_text
from vinewsie.formats.base import Options, ParsedDocument
from vinewsie.formats.field_names import MISSPELT, NAMES, native_record, with_native_names
from vinewsie.formats.mention_lists import MentionList, given
from vinewsie.formats.tags import OUTSIDE, has_affix
from vinewsie.model import RECORD_TYPES, Document, Prediction
from vinewsie.reading.native import without_defaults
from vinewsie.reading.placing import unpadded
from vinewsie.scheme import LAYERS

EXAMPLE = """\
An extractor that works:
    def extract(document):
        start = document.text.find("Nga")
        return [{"start": start, "end": start + 3, "type": "GPE"}] if start >= 0 else []"""
"""Shown once to those whose extractor returns something else."""

_FIELDS = frozenset({"doc_id", "text", "segments", "info", "error", *RECORD_TYPES})
"""The fields of an answer."""
_BESIDE = frozenset({"doc_id", "info"})
"""The fields of an answer that may stand beside tagged tokens."""
_SOURCE = Path("the returned value")
"""The file that findings of formats name."""


class OutputError(TypeError):
    """An extractor returned something that is not understood."""


class ReadOutput(NamedTuple):
    """What an extractor returned, as read.

    Args:
        answer: native records by layer, in JSON's types, and the further fields of an answer.
        ignored: the fields of records that have no place in the native format.
        warnings: what else was lost.
    """

    answer: dict[str, Any]
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_output(output: object, document: Document) -> ReadOutput:
    """Reads what an extractor returned for a document.

    Args:
        output: a :class:`~vinewsie.model.Prediction`; records by layer; entities as a list, tuple,
            iterator or table of dicts, ``(start, end, label)`` and ``(text, label)`` (each perhaps
            with a score behind) or objects; entities by label; a spaCy ``Doc`` or its spans; rows
            of a Hugging Face pipeline; tagged tokens; or JSON text of these.
        document: the document that it was given.

    Raises:
        OutputError: the value has none of these forms.
    """
    if isinstance(output, Prediction | Document):
        return ReadOutput(_of_struct(output))
    if _is_spacy(output, "Doc"):
        return ReadOutput(_of_doc(output, document))
    warnings: list[str] = []
    value = _json(output, warnings) if isinstance(output, str | bytes) else plain(output)
    ignored: list[str] = []
    if (sentences := _tagged(value)) is not None:
        answer = _of_tokens(sentences)
        if isinstance(value, dict):
            answer |= {name: part for name, part in value.items() if name in _BESIDE}
    elif isinstance(value, list):
        rows = _rows(value)
        if wrong := [row for row in rows if not isinstance(row, Mapping | list)]:
            raise OutputError(f"returned a {type(output).__name__} of {type(wrong[0]).__name__}")
        answer = {"entities": _records("entities", rows, document.text, ignored)}
    elif not isinstance(value, dict):
        raise OutputError(f"returned {_described(output)}")
    elif isinstance(value.get("text"), str) and isinstance(value.get("ents"), list):
        answer = _of_doc(value, document)
    elif _by_label(value):
        answer = {"entities": _records("entities", value, document.text, ignored)}
    elif {"start", "end"} <= value.keys() and not _FIELDS & (value.keys() - {"text"}):
        raise OutputError("returned one record; a list of records is expected")
    else:
        text = value["text"] if isinstance(value.get("text"), str) else document.text
        answer = {
            name: _records(name, part, text, ignored) if name in RECORD_TYPES else part
            for name, part in value.items()
        }
    return ReadOutput(answer, tuple(dict.fromkeys(ignored)), tuple(warnings))


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
    names = {*RECORD_TYPES["entities"].__struct_fields__}.union(*NAMES.values()) - {"stop"}
    fields = {name: getattr(value, name) for name in sorted(names) if hasattr(value, name)}
    if all(fields.keys() & NAMES[offset] for offset in ("start", "end")):
        return plain({name: part for name, part in fields.items() if not callable(part)})
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


def _json(text: str | bytes, warnings: list[str]) -> Any:
    """The value of JSON text, be it in prose, a fenced block or behind thoughts.

    Args:
        text: the text.
        warnings: where a warning is added if only a part can be read.
    """
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    text = text.removeprefix("\ufeff")
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        findings: list[Finding] = []
        value = parsed_text(text, findings)
    if errors(findings):
        raise OutputError(f"returned text that is not JSON: {text[:60]!r}")
    warnings += [finding.message for finding in findings]
    return value


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
        and not difflib.get_close_matches(name.lower(), _FIELDS, cutoff=MISSPELT)
        for name, part in value.items()
    )


def _labelled(layer: str, value: Mapping[str, list[Any]]) -> list[Any]:
    field = LAYERS[layer].label_field
    return [
        {field: label, **row} if isinstance(row, Mapping) else row
        for label, rows in value.items()
        for row in map(_of_row, rows)
    ]


def _of_row(row: Any) -> Any:
    """A row under a label: a surface, a pair of offsets, or a record."""
    match row:
        case str():
            return {"text": row}
        case [int() | float(), int() | float()]:
            return {"start": row[0], "end": row[1]}
        case _:
            return row


def _records(layer: str, rows: Any, text: str, ignored: list[str]) -> Any:
    """The native records of a layer. A row of no known form stays, for the reader to report.

    Args:
        layer: the layer.
        rows: its value, in JSON's types.
        text: the text that offsets count in.
        ignored: where the names of fields that are left out are added.

    Raises:
        OutputError: no row has a known form.
    """
    if isinstance(rows, Mapping) and _by_label(rows):
        rows = _labelled(layer, rows)
    if not isinstance(rows, list):
        return rows
    rows = _rows(rows)
    if layer == "entities" and any(map(_is_piece, rows)):
        return _huggingface(rows, text)
    if _tagged(rows) is not None:
        raise OutputError(f"returned tagged tokens as {layer}; tags give entities, and those alone")
    records = [_record(layer, row, ignored) for row in rows]
    if rows and not any(_is_known(layer, record) for record in records):
        raise OutputError(f"returned {layer} of no known form, such as {_shown(rows[0])}")
    return records


def _is_known(layer: str, record: Any) -> bool:
    """Whether a record has a place, or a field whose name the reader corrects."""
    fields = {*RECORD_TYPES[layer].__struct_fields__}
    places = {"start", "end", "text", "content"}
    return isinstance(record, Mapping) and bool(record.keys() & places or record.keys() - fields)


def _shown(row: Any) -> str:
    """A row, for a message, with the types that it is made of."""
    kind = type(row).__name__
    if isinstance(row, list):
        kind = ", ".join(type(part).__name__ for part in row)
    return f"{shortened(msgspec.json.encode(row).decode())} ({kind})"


def _is_piece(row: object) -> bool:
    """Whether a row is one of a Hugging Face pipeline."""
    return isinstance(row, Mapping) and "word" in row and ("entity" in row or "entity_group" in row)


def _huggingface(rows: list[Any], text: str) -> list[Any]:
    """The entities of a pipeline's rows, read as in a file, with offsets in a text."""
    findings: list[Finding] = []
    pages: Iterator[ParsedDocument] = huggingface.documents(
        [MentionList(rows)], _SOURCE, findings, Options()
    )
    records = [r for page in pages for r in _given(unpadded(page, text).layers["entities"])]
    _refuse(findings)
    return records


def _tagged(value: Any) -> list[dict[str, Any]] | None:
    """The sentences of tagged tokens, each with its tokens and tags; None if a value is none.

    Sentences are dicts with the columns of the format ``tokens``. Tokens of one may also be rows,
    the tag last, as taggers give them: ``("Ông", "O")``.
    """
    if isinstance(value, dict) and value.keys() - _BESIDE == {"entities"}:
        return _tagged(value["entities"])
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not (rows := _rows(rows)):
        return None
    columns = [token_tags.columns_of(row) for row in rows]
    if all(columns) and not any(RECORD_TYPES.keys() & row.keys() for row in rows):
        return [
            {"tokens": row[found[0]], "tags": row[found[1]]}
            for row, found in zip(rows, columns, strict=True)
            if found is not None
        ]
    tokens: list[str] = []
    tags: list[str] = []
    for row in rows:
        if (token := _token(row)) is None:
            return None
        tokens.append(token[0])
        tags.append(token[1])
    if OUTSIDE in tags or all(map(has_affix, tags)):
        return [{"tokens": tokens, "tags": tags}]
    return None  # surfaces with their labels


def _token(row: Any) -> tuple[str, str] | None:
    """The token and the tag of a row; None if it may have another form."""
    match row:
        case [str(), *_, str()]:
            return row[0], row[-1]
        case dict() if not _is_piece(row):
            named = with_native_names(row, "entities")
            token, tag = named.get("text"), named.get("type")
            if isinstance(token, str) and isinstance(tag, str) and named.get("start") is None:
                return token, tag
    return None


def _of_tokens(sentences: list[dict[str, Any]]) -> dict[str, Any]:
    """The entities of tagged tokens, with the text that the tokens make: offsets in it are moved
    to the document's when they are read.
    """
    if any(isinstance(tag, int) for sentence in sentences for tag in sentence["tags"]):
        raise OutputError("returned tags that are numbers; return their names, such as B-PER")
    findings: list[Finding] = []
    rows = [*enumerate(sentences, start=1)]
    pages = [*token_tags.documents(rows, _SOURCE, findings, Options(), {})]
    _refuse(findings)
    if not pages:
        return {"entities": []}
    return {"text": pages[0].text, "entities": _given(pages[0].layers["entities"])}


def _record(layer: str, row: Any, ignored: list[str]) -> Any:
    """The native record of a row; a row of another form as it is."""
    label = LAYERS[layer].label_field
    match row:
        case dict():
            record = row
        case _ if layer == "quotes":
            return row
        case (
            [int() | float(), int() | float()]
            | [int() | float(), int() | float(), str() | None]
            | [int() | float(), int() | float(), str() | None, int() | float()]
        ):
            record = dict(zip(("start", "end", label, SCORE), row, strict=False))
        case [str(), str()] | [str(), str(), int() | float()]:
            record = dict(zip(("text", label, SCORE), row, strict=False))
        case _:
            return row
    native, others = native_record(record, layer)
    ignored += others
    return native
