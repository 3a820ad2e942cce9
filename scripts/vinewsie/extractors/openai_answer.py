"""Parses the answer of a language model: JSON that may be wrapped, truncated or not in the schema.
Pure functions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vinewsie.findings import shortened
from vinewsie.json_text import embedded
from vinewsie.scheme import LAYERS

_DECODER = json.JSONDecoder(strict=False)
_THINKING = re.compile(r"^.*</think>|<think>.*", re.DOTALL)
_BETWEEN = re.compile(r"[\s,]*")


# From an answer's text to JSON


def parse(content: str) -> tuple[dict[str, Any], bool]:
    """The layers of an answer as the model gave them, and whether the answer is complete.

    Skips the model's reasoning, and prose and code fences around the JSON. Of a truncated or broken
    answer, the records before the break are recovered, layer by layer.

    Raises:
        ValueError: the text has no layer.
    """
    content = _THINKING.sub("", content)
    # If a model gives a draft and an answer, the answer is the longer one.
    whole = max(_values(content), key=lambda found: found[0], default=None)
    if whole is not None:
        return whole[1], True
    recovered = {
        layer: records
        for layer in LAYERS
        if (records := _records_before_break(content, layer)) is not None
    }
    if not recovered:
        shown = " ".join(content.split())
        raise ValueError(
            f"the answer is not JSON with {', '.join(LAYERS)}: {shown[:80]!r}"
            if shown
            else "the answer is empty"
        )
    return recovered, False


def _values(content: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON values in a text that hold layers, each with its length."""
    for start, end, value in embedded(content):
        if (layers := _layers_in(value)) is not None:
            yield end - start, layers


def _layers_in(value: Any) -> dict[str, Any] | None:
    """The first object that has layers: the value itself, or one nested in it."""
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, dict) and LAYERS.keys() & value.keys():
            return {layer: value.get(layer) for layer in LAYERS}
        if isinstance(value, dict | list):
            left += reversed(value.values() if isinstance(value, dict) else value)
    return None


def _records_before_break(content: str, layer: str) -> list[Any] | None:
    opening = re.search(rf'"{layer}"\s*:\s*\[', content)
    if opening is None:
        return None
    records: list[Any] = []
    position = opening.end()
    while True:
        between = _BETWEEN.match(content, position)
        assert between is not None  # the pattern also matches the empty string
        try:
            record, position = _DECODER.raw_decode(content, between.end())
        except (ValueError, RecursionError):
            return records
        records.append(record)


# From JSON to records


class AnswerReader:
    """Converts layers as a model gave them to native records with surfaces.

    A field that cannot be read, or whose label the layer does not have, is left out of its record;
    a record without a surface is left out. Fields outside the schema, such as offsets, are ignored.
    Surfaces are not changed.

    Attributes:
        notes: the messages about fields and records that were left out, counted.
        dropped: the number of records that were left out.
    """

    def __init__(self) -> None:
        self.notes: Counter[str] = Counter()
        self.dropped = 0

    def read(self, layers: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """The records of all layers, in the order of the answer."""
        return {
            layer: [
                record
                for raw in self._raw(layer, layers.get(layer))
                if (record := self._record(layer, raw))
            ]
            for layer in _FIELDS
        }

    def _raw(self, layer: str, value: Any) -> Iterator[Any]:
        """The records of a layer, which may be a list, one record, or lists by label."""
        if isinstance(value, list):
            yield from value
        elif (
            isinstance(value, dict)
            and value
            and all(isinstance(items, list) for items in value.values())
        ):
            label_field = LAYERS[layer].label_field
            for label, items in value.items():
                yield from (
                    {label_field: label, **(item if isinstance(item, dict) else {"text": item})}
                    for item in items
                )
        elif isinstance(value, dict):
            if value:
                yield value
        elif value is not None:
            self.notes[f"{layer} is {_shown(value)}, not a list"] += 1

    def _record(self, layer: str, raw: Any) -> dict[str, Any] | None:
        given = {"text": raw.get("name"), **raw} if isinstance(raw, dict) else {"text": raw}
        if layer == "quotes" and not given.get("content"):
            given = {**given, "content": given.get("text")}
        record: dict[str, Any] = {}
        for name, read in _FIELDS[layer].items():
            try:
                value = read(given.get(name)) if given.get(name) is not None else None
            except ValueError as error:
                self.notes[f"{layer}: {name} {_shown(given[name])} {error}; left out"] += 1
                continue
            if value is not None:
                record[name] = value
        surface = "content" if layer == "quotes" else "text"
        if not record.get(surface):
            self.notes[f"{layer}: a record without {surface}; left out"] += 1
            self.dropped += 1
            return None
        return record


FieldReader = Callable[[Any], Any]
"""Reads the value of a field, which is not null. Returns None for an empty value; raises ValueError
if the value cannot be read.
"""

_NOTHING = frozenset({"", "null", "none"})


def _scalar(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("text", value.get("name"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is not a string")
    found = str(value).strip()
    return None if found.casefold() in _NOTHING else found


def _verbatim(value: Any) -> str | None:
    """A surface that may begin or end with white space, as the content of quotation marks may."""
    return value if isinstance(value, str) and value.strip() else _scalar(value)


def _label(layer: str, name: str) -> FieldReader:
    """Reads a label of a layer's vocabulary, ignoring case."""
    vocabulary = LAYERS[layer].vocabularies[name]
    known = {label.casefold(): label for label in vocabulary}

    def read(value: Any) -> str | None:
        if (label := _scalar(value)) is None:
            return None
        if label.casefold() not in known:
            raise ValueError(f"is none of {', '.join(vocabulary)}")
        return known[label.casefold()]

    return read


def _flag(value: Any) -> bool | None:
    flags = {"true": True, "1": True, "false": False, "0": False}
    if (found := flags.get(str(value).strip().casefold())) is None:
        raise ValueError("is neither true nor false")
    return found


def _list(value: Any) -> list[str]:
    return [
        found
        for item in (value if isinstance(value, list) else [value])
        if item is not None and (found := _scalar(item)) is not None
    ]


def _part(value: Any) -> dict[str, str] | None:
    """A span given by its surface; the first of several."""
    return next(iter(_parts(value)), None)


def _parts(value: Any) -> list[dict[str, str]]:
    return [{"text": found} for found in _list(value)]


_FIELDS: dict[str, dict[str, FieldReader]] = {
    "entities": {"text": _scalar, "type": _label("entities", "type")},
    "dates": {
        "text": _scalar,
        "type": _label("dates", "type"),
        "value": _scalar,
        "mod": _label("dates", "mod"),
        "vague": _flag,
    },
    "marks": {
        "text": _verbatim,
        "open": _scalar,
        "close": _scalar,
        "function": _label("marks", "function"),
    },
    "quotes": {
        "id": _scalar,
        "kind": _label("quotes", "kind"),
        "content": _parts,
        "cue": _parts,
        "source": _part,
        "speakers": _list,
        "addressees": _list,
        "parent": _scalar,
    },
}
"""The fields of the schema by layer, with their readers."""


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shortened(shown)
