"""Makes records of the model from parsed JSON. Every field is checked, so all errors are found."""

from __future__ import annotations

import difflib
import functools
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from vinewsie.findings import Finding, shortened
from vinewsie.messages import say
from vinewsie.model import RECORD_TYPES, AnyRecord

R = TypeVar("R", bound=msgspec.Struct)

SCORE, CONFIDENCE = "score", "confidence"
"""The field of a record's confidence, and the other name that files have for it."""


class RawRecord(msgspec.Struct, frozen=True):
    """A JSON value in the place of a record: it has a surface but no offsets, or it has an error.

    What reads the document finds the surface in the text, or reports the error.
    """

    value: object


GivenRecord = AnyRecord | RawRecord
"""A record as a file gives it."""


def given_record(value: object, layer: str) -> GivenRecord:
    """Makes a record of a layer from a parsed JSON value; a raw record if that is not possible."""
    if isinstance(value, Mapping) and (SCORE in value or CONFIDENCE in value):
        value = with_score(value)
    try:
        record: AnyRecord = msgspec.convert(value, RECORD_TYPES[layer])
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter: half a surrogate pair
        return RawRecord(value)
    return record


def with_score(value: Mapping[Any, Any]) -> dict[Any, Any]:
    """A parsed record with its confidence under one name, and without one that is no number."""
    given = value.get(SCORE, value.get(CONFIDENCE))
    bare = {name: item for name, item in value.items() if name not in (SCORE, CONFIDENCE)}
    number = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    return {**bare, SCORE: given} if number else bare


def given_records(values: Iterable[object], layer: str) -> tuple[GivenRecord, ...]:
    """Makes the records of a layer from parsed JSON values."""
    return tuple(given_record(value, layer) for value in values)


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of a type by their names in JSON; msgspec evaluates annotations at each call."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def read_object(
    raw: object, kind: type[R], layer: str | None = None, index: int | None = None
) -> tuple[R | None, list[Finding]]:
    """Makes a struct of a parsed JSON object, field by field.

    Args:
        raw: the JSON value.
        kind: the type of the struct.
        layer: the layer that findings name.
        index: the record's index in the layer, for findings.

    Returns:
        The struct, or None if it has an error; and all findings.
    """
    if not isinstance(raw, Mapping):
        message = say("expected a JSON object, got {value}", value=_shown(raw))
        return None, [Finding("not-object", message, layer, index)]
    fields = _fields(kind)
    findings = [_unknown(name, fields, layer, index) for name in raw if name not in fields]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                message = say("{name} is missing", name=name)
                findings.append(Finding("missing-field", message, layer, index))
            continue
        try:
            values[field.name] = msgspec.convert(raw[name], field.type)
        except msgspec.ValidationError as error:
            reason = str(error).replace("`$", f"`{name}")
            code = "unknown-field" if "unknown field" in reason else "wrong-type"
            message = say(
                "{name} is {value}: {reason}", name=name, value=_shown(raw[name]), reason=reason
            )
            findings.append(Finding(code, message, layer, index))
        except UnicodeEncodeError:
            message = say(
                "{name} is {value}, which has half of a surrogate pair",
                name=name,
                value=_shown(raw[name]),
            )
            findings.append(Finding("wrong-type", message, layer, index))
    return (None if findings else kind(**values)), findings


def read_record(
    raw: object, kind: type[R], text: str, layer: str, index: int
) -> tuple[R | None, list[Finding]]:
    """Makes a record of a parsed JSON value, field by field; surfaces beside offsets are checked.

    Args:
        raw: the JSON value.
        kind: the type of the record.
        text: the document's text.
        layer: the layer of the record.
        index: its index in the layer, for findings.

    Returns:
        The record, or None if its fields have an error; and all findings.
    """
    bare, mismatched = without_surfaces(raw, text, layer, index)
    record, wrong = read_object(bare, kind, layer, index)
    return record, mismatched + wrong


def without_surfaces(
    raw: object, text: str, layer: str, index: int
) -> tuple[object, list[Finding]]:
    """Removes the surfaces that spans may have beside their offsets: those of a parsed quotation,
    and those in the readings of any record.

    Args:
        raw: the JSON value of a record.
        text: the document's text.
        layer: the layer of the record.
        index: its index in the layer, for findings.

    Returns:
        The value without surfaces, and a finding for each surface that differs from the text.
    """
    findings: list[Finding] = []

    def bare(part: object, name: str, depth: int = 0) -> object:
        if depth > _DEPTH:
            return part
        if isinstance(part, list | tuple):
            return [bare(item, name, depth + 1) for item in part]
        if not isinstance(part, Mapping):
            return part
        given: dict[Any, Any] = dict(part)
        if name == "readings":
            given = {
                field: bare(value, f"{name}: {field}", depth + 1) for field, value in part.items()
            }
        start, end = given.get("start"), given.get("end")
        if "text" not in given or not isinstance(start, int) or not isinstance(end, int):
            return given
        if (surface := text[start:end]) != given["text"]:
            wrong = say(
                "text is {given!r}, but [{start}, {end}) is {surface!r}",
                given=given["text"],
                start=start,
                end=end,
                surface=surface,
            )
            message = say("{name}: {finding}", name=name, finding=wrong)
            findings.append(Finding("text-mismatch", message, layer, index))
        return {key: value for key, value in given.items() if key != "text"}

    if not isinstance(raw, Mapping) or (layer != "quotes" and "readings" not in raw):
        return raw, findings
    return {
        name: bare(value, str(name)) if layer == "quotes" or name == "readings" else value
        for name, value in raw.items()
    }, findings


_DEPTH = 8
"""Levels of lists and objects inside a field that may hold spans; records have fewer."""


def with_surfaces(value: Any, text: str) -> Any:
    """A JSON value in which every span has its surface in ``text`` beside its offsets."""
    if isinstance(value, list | tuple):
        return [with_surfaces(item, text) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {key: with_surfaces(item, text) for key, item in value.items()}
    if {"start", "end"} <= value.keys():
        shown.setdefault("text", text[value["start"] : value["end"]])
    return shown


def _unknown(name: object, fields: Iterable[str], layer: str | None, index: int | None) -> Finding:
    near = difflib.get_close_matches(str(name), list(fields), n=1)
    hint = say("did you mean {name!r}? ", name=near[0]) if near else ""
    message = say(
        "no field {name!r}; {hint}fields are {fields}",
        name=name,
        hint=hint,
        fields=", ".join(fields),
    )
    return Finding("unknown-field", message, layer, index)


def _shown(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return shortened(text)
