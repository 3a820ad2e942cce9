"""The names that tools and language models have for the fields of a record: one table for values
that are returned, answers of processes and services, and files.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from vinewsie.decoding import CONFIDENCE
from vinewsie.model import RECORD_TYPES
from vinewsie.scheme import LAYERS

NAMES = {
    "type": (
        "type",
        "label",
        "entity_type",
        "entity_group",
        "category",
        "class",
        "tag",
        "labels",
    ),
    "text": ("text", "name", "word", "surface", "mention", "span", "entity"),
    "start": ("start", "start_offset", "start_char", "begin"),
    "end": ("end", "end_offset", "end_char", "stop"),
}
"""The fields of a record that has one span, each with its names, the native one first. ``type``
stands for the label of any layer; ``entity`` is the text beside a label, else the label itself.
"""
MISSPELT = 0.8
"""The similarity from which an unknown field counts as a misspelt one, which readers refuse."""


def with_native_names(record: Mapping[Any, Any], layer: str) -> dict[Any, Any]:
    """A parsed record with the native names of its fields; fields without one stay as they are.

    A list of one label counts as the label, and an offset that is a whole float, as tables with
    gaps have it, as a whole number. Quotations have no other names.

    Args:
        record: the record.
        layer: its layer.
    """
    source = _sources(record, layer)
    taken = set(source.values())
    return {
        source.get(name, name): _value(source.get(name), value)
        for name, value in record.items()
        if name in source or name not in taken
    }


def has_other_names(record: Mapping[Any, Any], layer: str) -> bool:
    """Whether a parsed record has the names of another tool in the place of native ones.

    Args:
        record: the record.
        layer: its layer.
    """
    if not record.keys() - RECORD_TYPES[layer].__struct_fields__:
        return False
    return any(name != native for name, native in _sources(record, layer).items())


def _sources(record: Mapping[Any, Any], layer: str) -> dict[str, str]:
    """The names under which a record has its fields, each with the native one."""
    source: dict[str, str] = {}
    for field, names in NAMES.items() if layer != "quotes" else ():
        native = LAYERS[layer].label_field if field == "type" else field
        found = next((name for name in (native, *names) if _fits(record, name, source)), None)
        if found is None and field == "type" and record.get("entity") is not None:
            found = "entity"
        if found is not None:
            source[found] = native
    return source


def _fits(record: Mapping[Any, Any], name: str, taken: Mapping[str, str]) -> bool:
    """Whether a record has a value under a name. Other names of the text may hold something else,
    such as a span as a list.
    """
    value = record.get(name)
    other_text = name in NAMES["text"][1:]
    return value is not None and name not in taken and (isinstance(value, str) or not other_text)


def _value(field: str | None, value: Any) -> Any:
    """The value of a field, by its native name; None for a field without one."""
    if field in ("start", "end") and isinstance(value, float) and value.is_integer():
        return int(value)
    if field not in (None, "text") and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def native_record(record: Mapping[Any, Any], layer: str) -> tuple[dict[Any, Any], list[Any]]:
    """A parsed record with the native names of its fields, and the names of those left out.

    Fields that extractors add, such as a reason, are left out. A field stays, for the reader to
    refuse, if it may be a misspelt one, or may hold the label of a record that has no other.

    Args:
        record: the record.
        layer: its layer.
    """
    named = with_native_names(record, layer)
    known = RECORD_TYPES[layer].__struct_fields__
    unlabelled = layer != "quotes" and named.get(LAYERS[layer].label_field) is None
    ignored = [
        name
        for name, value in named.items()
        if name not in (*known, "text", CONFIDENCE)
        and not difflib.get_close_matches(str(name), known, n=1, cutoff=MISSPELT)
        and not (unlabelled and _may_be_label(str(name), value, layer))
    ]
    return {name: value for name, value in named.items() if name not in ignored}, ignored


def _may_be_label(name: str, value: Any, layer: str) -> bool:
    """Whether a field is named like a label, or holds one of the layer's."""
    labels = LAYERS[layer].vocabularies[LAYERS[layer].label_field]
    named = any(other in name.casefold() for other in NAMES["type"])
    return isinstance(value, str) and (named or value in labels)
