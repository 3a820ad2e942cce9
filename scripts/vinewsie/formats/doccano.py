"""doccano's JSON Lines: texts with ``label: [[start, end, label], …]``, or with ``entities`` that
have ``start_offset`` and ``end_offset``. Source: https://doccano.github.io/doccano (sequence
labelling, relations).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items
from vinewsie.formats.mention_lists import report_unknown

_LISTS = ("label", "labels", "entities")
_TEXTS = ("text", "data")


def _items(value: object) -> list[Any] | None:
    """The mentions of a document; None if the value is no document of doccano."""
    if not isinstance(value, Mapping) or not isinstance(_text(value), str):
        return None
    for name in _LISTS:
        items = value.get(name)
        if isinstance(items, list) and all(map(_is_mention, items)):
            return items
    return None


def _is_mention(item: object) -> bool:
    if isinstance(item, Mapping):
        return "start_offset" in item and "end_offset" in item
    return isinstance(item, list) and [*map(type, item)] == [int, int, str]


def _text(value: Mapping[str, Any]) -> Any:
    return next((value[name] for name in _TEXTS if name in value), None)


def recognises(sample: Sample) -> bool:
    """Whether all first values are texts with mentions, and one has a mention, or ``label``."""
    values = _documents(sample.values)
    lists = [_items(value) for value in values]
    return (
        bool(lists)
        and all(items is not None for items in lists)
        and (any(lists) or all("label" in value for value in values))
    )


def _documents(values: Any) -> Any:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    ignored: Counter[str] = Counter()
    for line, value in json_items(path, findings):
        items = _items(value)
        if items is None:
            message = f"is no text with a list of mentions ({', '.join(_LISTS)})"
            findings.append(Finding("format", message, file=str(path), line=line))
            continue
        relations = value.get("relations")
        ignored["relations"] += len(relations) if isinstance(relations, list) else 0
        meta = value.get("meta")
        holders = [value, meta] if isinstance(meta, Mapping) else [value]
        ids = (
            holder[name]
            for name in ("doc_id", "id")
            for holder in holders
            if holder.get(name) is not None
        )
        yield ParsedDocument(
            {"entities": given_records(map(_record, items), "entities")},
            _text(value),
            next(map(str, ids), None),
            file=str(path),
            line=line,
        )
    report_unknown(+ignored, path, findings)


def _record(item: Any) -> dict[str, Any]:
    if isinstance(item, Mapping):
        names = {"start": "start_offset", "end": "end_offset", "type": "label"}
        return {field: item[name] for field, name in names.items() if name in item}
    return dict(zip(("start", "end", "type"), item, strict=True))


FORMAT = Format(
    name="doccano",
    about="doccano's export: texts with [start, end, label], or with start_offset and end_offset",
    suffixes=(".jsonl", ".json"),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    limits="relations",
    keys=frozenset(("label", "start_offset", "end_offset")),
)
