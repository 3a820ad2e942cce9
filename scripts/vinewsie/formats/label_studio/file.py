"""Label Studio's tasks with their annotations, in the form of its full JSON export.

Tasks with this package's labelling configuration have all layers. In other tasks, the labelled
spans of a plain text are read as entities. Offsets are code points. A task without an annotation
is read with its prediction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import GivenRecord, given_records
from vinewsie.files import write_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.formats.label_studio.drawing import check_records, check_text, region_ids
from vinewsie.formats.label_studio.tasks import records_in, to_task
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.text_map import letters

_OURS = "config_sha256"
"""The field of a task's data that only tasks of this package have."""


def recognises(sample: Sample) -> bool:
    """Whether the first value is a task, or a list of tasks: objects with data, and with
    annotations or predictions.
    """
    first = sample.values[0] if sample.values else None
    task = first[0] if isinstance(first, list) and first else first
    return (
        isinstance(task, Mapping)
        and isinstance(task.get("data"), Mapping)
        and ("annotations" in task or "predictions" in task)
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """Reads the tasks of a file: a list of tasks, one task, or one task a line."""
    for line, value in json_values(path, findings):
        for number, task in enumerate(value if isinstance(value, list) else [value], start=1):
            found: list[Finding] = []
            parsed = _parsed(task, found)
            name = (
                f"task {task['id']}"
                if isinstance(task, Mapping) and "id" in task
                else f"task number {number}"
            )
            findings += (
                replace(finding, message=f"{name}: {finding.message}").at(str(path), line)
                for finding in found
            )
            if parsed is not None:
                yield msgspec.structs.replace(parsed, file=str(path), line=line)


def _parsed(task: object, findings: list[Finding]) -> ParsedDocument | None:
    data = task.get("data") if isinstance(task, Mapping) else None
    if not isinstance(task, Mapping) or not isinstance(data, Mapping):
        findings.append(Finding("not-object", "a task is a JSON object with data"))
        return None
    text = _text(data)
    if text is None:
        findings.append(Finding("missing-field", "data has no text"))
        return None
    result = _result(task, findings)
    layers: Mapping[str, Sequence[GivenRecord]]
    if _OURS in data:
        records, found = records_in(result, text)
        findings += found
        layers = {layer: list(shown.values()) for layer, shown in records.items()}
    else:
        layers = {"entities": given_records(_entities(result, text, findings), "entities")}
    doc_id = data.get("doc_id")
    return ParsedDocument(layers, text, doc_id if isinstance(doc_id, str) else None)


def _text(data: Mapping[str, Any]) -> str | None:
    """The text of a task: the field ``text``, else the only field with a string."""
    if isinstance(data.get("text"), str):
        return str(data["text"])
    strings = [value for name, value in data.items() if isinstance(value, str) and name != "doc_id"]
    return strings[0] if len(strings) == 1 else None


def _result(task: Mapping[str, Any], findings: list[Finding]) -> list[Any]:
    """The first annotation of a task that was not cancelled, else its first prediction."""
    for name in ("annotations", "predictions"):
        given = task.get(name)
        answers = (
            [a for a in given if isinstance(a, Mapping) and not a.get("was_cancelled")]
            if isinstance(given, list)
            else []
        )
        if len(answers) > 1:
            findings.append(
                Finding("format", f"has {len(answers)} {name}; keep the one that counts")
            )
        if answers:
            result = answers[0].get("result")
            return result if isinstance(result, list) else []
    return []


def _entities(
    result: Sequence[Any], text: str, findings: list[Finding]
) -> Iterator[dict[str, Any]]:
    """The labelled spans of a result that was made with another labelling configuration."""
    left: Counter[str] = Counter()
    for item in result:
        value = item.get("value") if isinstance(item, Mapping) else None
        labels = value.get("labels") if isinstance(value, Mapping) else None
        if (
            not isinstance(value, Mapping)
            or not isinstance(labels, list)
            or not isinstance(value.get("start"), int)
        ):
            left[str(item.get("type")) if isinstance(item, Mapping) else "something else"] += 1
            continue
        said, there = (
            value.get("text"),
            text[value["start"] : value["end"]] if isinstance(value.get("end"), int) else "",
        )
        # Label Studio collapses white space in the surface, so only letters are compared.
        if isinstance(said, str) and there and letters(said) != letters(there):
            message = (
                f"text is {said!r}, but the document has {there!r} at "
                f"[{value['start']}, {value['end']}); offsets are code points"
            )
            findings.append(Finding("text-mismatch", message))
        for label in labels:
            yield {"start": value["start"], "end": value.get("end"), "type": label}
    for kind, count in left.items():
        message = f"{count} of type {kind}: only labelled spans of a plain text can be read"
        findings.append(Finding("format-loss", message, severity="warning"))


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """Writes a list of tasks with one annotation each, for the import into a project with this
    package's labelling configuration; returns a line for each loss.

    Raises:
        FindingsError: a text has characters that a browser does not preserve.
    """
    losses: list[str] = []
    tasks = []
    findings = [finding for document in documents for finding in check_text(document)]
    if findings:
        raise FindingsError(findings)
    for document in documents:
        drawable, lost = _drawable(document)
        task = to_task(drawable)
        losses += lost + _changed(drawable, task["annotations"][0]["result"])
        tasks.append(task)
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    return losses


def _drawable(document: Document) -> tuple[Document, list[str]]:
    """The document without records that a page cannot show, and a line for each of these."""
    findings = list(check_records(document))
    wrong = {(finding.layer, finding.index) for finding in findings}
    kept = {
        layer: tuple(
            record
            for index, record in enumerate(records_of(document, layer))
            if (layer, index) not in wrong
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **kept), [str(finding) for finding in findings]


def _changed(document: Document, result: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each field that differs when it is read again: ids that no region can have,
    quotation marks that the text does not have.
    """
    shown, _ = records_in(result, document.text)
    losses: Counter[str] = Counter()
    for (layer, index), region in region_ids(document).items():
        record, back = records_of(document, layer)[index], shown[layer][region]
        for name in _HOLDS[layer]:
            if getattr(record, name) != getattr(back, name):
                losses[f"{document.doc_id}: {layer}: {name} is not preserved"] += 1
    return [f"{what} ({count} record{'s' if count != 1 else ''})" for what, count in losses.items()]


_COMMON = ("id", "alternates", "contested", "readings", "human_verified")
_HOLDS = {
    "entities": fields("type", "entity_id", *_COMMON),
    "dates": fields("type", "value", "mod", "vague", *_COMMON),
    "marks": fields("open", "close", "status", "function", "quote", *_COMMON),
    "quotes": fields(
        "kind",
        "cue",
        "source",
        "source_status",
        "speakers",
        "addressees",
        "inherited",
        "truncated",
        "medium",
        "parent",
        *_COMMON,
    ),
}

FORMAT = Format(
    name="label-studio",
    about="Label Studio's tasks with annotations (full JSON export)",
    suffixes=(".json",),
    holds=_HOLDS,
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates; quotation marks are those of the text",
    keys=frozenset(("data", "annotations", "predictions")),
)
