"""GLiNER's mentions: ``{"start", "end", "text", "label", "score"}``, a list for each document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, Parsed, Sample, fields
from vinewsie.formats.containers import count_unknown, first_item, objects_of, read_pages, report_unknown, write_objects
from vinewsie.model import Document

_FIELDS = {"start": "start", "end": "end", "text": "text", "label": "type"}
"""The fields of a mention, with those of the native record; a score is read by no measure."""
_KNOWN = frozenset((*_FIELDS, "score"))


def recognises(sample: Sample) -> bool:
    """Whether the first mention has a label, and a place or a surface."""
    item = first_item(sample.values)
    if item is None and sample.values:
        # A model that has found nothing says so with empty lists.
        return all(isinstance(value, list) and all(part == [] for part in value) for value in sample.values)
    return item is not None and isinstance(item.get("label"), str) and ({"start", "end"} <= item.keys() or "text" in item)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[Parsed]:
    """The documents of a file. Those of a list of lists have no id; they stand in the order of the texts that the model was given."""
    unknown: Counter[str] = Counter()
    for page in read_pages(path, findings):
        items = [item for _, item in objects_of(page, path, findings)]
        count_unknown(items, _KNOWN, unknown)
        yield Parsed({"entities": [_record(item) for item in items]}, page.text, page.doc_id, file=str(path), line=page.line)
    report_unknown(unknown, path, findings)


def _record(item: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS[name]: value for name, value in item.items() if name in _FIELDS and value is not None}


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """One object a document, in a list (.json) or one a line."""
    return write_objects(path, documents, surface="text", label="label")


FORMAT = Format(
    name="gliner",
    about="GLiNER's output: lists of {start, end, text, label, score}",
    suffixes=(".json", ".jsonl"),
    holds={"entities": fields("type", "text")},
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates",
)
