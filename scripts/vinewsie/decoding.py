"""From parsed JSON to records: every field is checked, and everything that is wrong is found, not
just the first.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from vinewsie.findings import Finding

R = TypeVar("R", bound=msgspec.Struct)


def read_object(
    raw: object, kind: type[R], layer: str | None = None, index: int | None = None
) -> tuple[R | None, list[Finding]]:
    """Makes a record of type ``kind`` of a parsed JSON object.

    Returns:
        The record, or None if a field stops it from being one; and all findings.
    """
    if not isinstance(raw, Mapping):
        return None, [
            Finding("not-object", f"expected a JSON object, got {_shown(raw)}", layer, index)
        ]
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


def without_surfaces(
    raw: object, text: str, layer: str, index: int
) -> tuple[object, list[Finding]]:
    """A quotation as parsed, without the surfaces that its spans may carry beside their offsets;
    findings where they are not the text's.

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
    return Finding(
        "unknown-field", f"no field {name!r}; {hint}fields are {', '.join(fields)}", layer, index
    )


def _shown(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
