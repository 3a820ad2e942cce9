"""Label Studio's export JSON-MIN: the data of a task beside the regions of its annotation.

Source: https://labelstud.io/guide/export (JSON-MIN).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items

_ABOUT = ("annotation_id", "annotator")
"""Fields by which the export is recognised."""
_ADDED = frozenset(("doc_id", "created_at", "updated_at", "annotator"))
"""Fields with a string that are not the text of a task."""


def _text(task: Mapping[str, Any]) -> str | None:
    """The text of a task: the field ``text``, else the only field of the data with a string."""
    if isinstance(task.get("text"), str):
        return str(task["text"])
    strings = [part for name, part in task.items() if isinstance(part, str) and name not in _ADDED]
    return strings[0] if len(strings) == 1 else None


def _regions(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The labelled spans of a task, whatever the name of the control tag."""
    return [
        region
        for part in task.values()
        if isinstance(part, list)
        for region in part
        if isinstance(region, Mapping)
        and isinstance(region.get("labels"), list)
        and {"start", "end"} <= region.keys()
    ]


def _name(task: Any) -> str | None:
    """The name of a task's document."""
    names = ("doc_id", "id") if isinstance(task, Mapping) else ()
    found = next((task[name] for name in names if name in task), None)
    return None if found is None else str(found)


def recognises(sample: Sample) -> bool:
    """Whether the first value is a list of tasks, or a task."""
    first = sample.values[0] if sample.values else None
    task = first[0] if isinstance(first, list) and first else first
    return isinstance(task, Mapping) and (
        bool(_regions(task)) or (all(name in task for name in _ABOUT) and "data" not in task)
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The tasks of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: ``annotator`` chooses among the rows of a document, of which each is one
            annotation.
    """
    rows = [*json_items(path, findings)]
    several = Counter(name for _, task in rows if (name := _name(task)) is not None)
    told = set()
    for line, task in rows:
        name = _name(task)
        if name is not None and several[name] > 1:
            if options.annotator is not None and options.annotator != str(task.get("annotator")):
                continue
            if options.gold and options.annotator is None:
                if name not in told:
                    message = f"{name} has {several[name]} annotations; choose by --annotator"
                    findings.append(Finding("format", message, file=str(path), line=line))
                told.add(name)
                continue
        text = _text(task) if isinstance(task, Mapping) else None
        if text is None:
            message = "a task is a JSON object with one text"
            findings.append(Finding("not-object", message, file=str(path), line=line))
            continue
        records = [
            {"start": region["start"], "end": region["end"], "type": label}
            for region in _regions(task)
            for label in region["labels"]
        ]
        yield ParsedDocument(
            {"entities": given_records(records, "entities")},
            text,
            name,
            file=str(path),
            line=line,
        )


FORMAT = Format(
    name="label-studio-min",
    about="Label Studio's tasks with their labelled spans (JSON-MIN export)",
    suffixes=(".json",),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    limits="relations, and regions without labels",
    keys=frozenset(("labels", *_ABOUT)),
)
