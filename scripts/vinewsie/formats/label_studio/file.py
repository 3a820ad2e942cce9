"""Label Studio's tasks with their annotations, in the form of its full JSON export.

Tasks with this package's labelling configuration have all layers. In other tasks, the labelled
spans of a plain text are read as entities. Offsets are code points.

Of gold, only annotations count that were not cancelled: the only one of a task, else the one that
is its ground truth, else that of the annotator asked for. A task without one is left out and
listed. Of predictions, such a task is read with its prediction.
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
from vinewsie.formats.label_studio.tasks import (
    records_in,
    refused_records,
    task_layers,
    to_task,
)
from vinewsie.model import RECORD_TYPES, Document, Span, records_of
from vinewsie.scheme.quotes import parent_faults
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
    left: list[str] = []
    count = 0
    for line, value in json_values(path, findings):
        for number, task in enumerate(value if isinstance(value, list) else [value], start=1):
            found: list[Finding] = []
            count += 1
            name = (
                f"task {task['id']}"
                if isinstance(task, Mapping) and "id" in task
                else f"task number {number}"
            )
            if options.gold and isinstance(task, Mapping) and not _of_task(task, options.annotator):
                left.append(name)
                continue
            parsed = _parsed(task, found, options)
            findings += (
                replace(finding, message=f"{name}: {finding.message}").at(str(path), line)
                for finding in found
            )
            if parsed is not None:
                yield msgspec.structs.replace(parsed, file=str(path), line=line)
    if left:
        by = f" by {options.annotator}" if options.annotator is not None else ""
        more = f" and {len(left) - _LISTED} more" if len(left) > _LISTED else ""
        message = (
            f"{len(left)} of {count} tasks are left out, since they have no annotation{by} that "
            f"was not cancelled, and predictions are no gold: {', '.join(left[:_LISTED])}{more}"
        )
        findings.append(Finding("format-loss", message, file=str(path), severity="warning"))


_LISTED = 50
"""Tasks that a finding names."""


def _parsed(task: object, findings: list[Finding], options: Options) -> ParsedDocument | None:
    data = task.get("data") if isinstance(task, Mapping) else None
    if not isinstance(task, Mapping) or not isinstance(data, Mapping):
        findings.append(Finding("not-object", "a task is a JSON object with data"))
        return None
    text = _text(data)
    if text is None:
        findings.append(Finding("missing-field", "data has no text"))
        return None
    result = _result(task, findings, options)
    layers: Mapping[str, Sequence[GivenRecord]]
    if _OURS in data:
        records, found = records_in(result, text, task_layers(data))
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


def _result(task: Mapping[str, Any], findings: list[Finding], options: Options) -> Sequence[Any]:
    """The result of the annotation that counts; of predictions, else that of the prediction."""
    answers, name = _of_task(task, options.annotator), "annotations"
    if not answers and not options.gold:
        answers, name = _objects(task.get("predictions")), "predictions"
    if not answers:
        return []
    if len(answers) > 1:
        message = f"has {len(answers)} {name}; keep the one that counts"
        if name == "annotations":
            by = ", ".join(dict.fromkeys(" or ".join(_annotator(answer)) for answer in answers))
            message += f", mark it as ground truth, or choose by --annotator (they are by {by})"
        findings.append(Finding("format", message))
        return _objects(answers[0].get("result"))
    result = answers[0].get("result")
    if not isinstance(result, list):
        findings.append(Finding("wrong-type", f"the result in {name} must be a list"))
        return []
    return result


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _of_task(task: Mapping[str, Any], annotator: str | None) -> list[Mapping[str, Any]]:
    """The annotations of a task that count: one, unless it cannot be chosen."""
    there = [one for one in _objects(task.get("annotations")) if not one.get("was_cancelled")]
    if len(there) > 1:
        there = [one for one in there if one.get("ground_truth") is True] or there
    if len(there) > 1 and annotator is not None:
        there = [one for one in there if annotator in _annotator(one)]
    return there


def _annotator(annotation: Mapping[str, Any]) -> tuple[str, ...]:
    """The e-mail address and the number of an annotation's author, as far as the file has them."""
    by = annotation.get("completed_by")
    known = (by.get("email"), by.get("id")) if isinstance(by, Mapping) else (by,)
    return tuple(str(name) for name in known if name is not None) or ("nobody named",)


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
    """The document without records that a page cannot show or that are refused when it is read
    again, and a line for each finding about these.
    """
    lost: list[str] = []
    for findings_of in (check_records, refused_records):
        findings = list(findings_of(document))
        wrong = {(finding.layer, finding.index) for finding in findings}
        kept = {
            layer: tuple(
                record
                for index, record in enumerate(records_of(document, layer))
                if (layer, index) not in wrong
            )
            for layer in RECORD_TYPES
        }
        document = msgspec.structs.replace(document, **kept)
        lost += map(str, findings)
    faults = {index: (code, message) for index, code, message in parent_faults(document.quotes)}
    lost += [
        str(Finding(code, message, "quotes", index, doc_id=document.doc_id))
        for index, (code, message) in faults.items()
    ]
    quotes = tuple(
        msgspec.structs.replace(quote, parent=None) if index in faults else quote
        for index, quote in enumerate(document.quotes)
    )
    document = msgspec.structs.replace(document, quotes=quotes)
    return _with_clean_alternates(document, lost), lost


def _with_clean_alternates(document: Document, lost: list[str]) -> Document:
    """The document without alternates that begin or end with white space or cross a line; adds a
    line for each.
    """

    def clean(alternate: Span | tuple[Span, ...]) -> bool:
        spans = [alternate] if isinstance(alternate, Span) else alternate
        surfaces = [document.text[span.start : span.end] for span in spans]
        return all(s == s.strip() and not set(s) & set("\n\r") for s in surfaces)

    layers: dict[str, Any] = {}
    for layer in RECORD_TYPES:
        kept = []
        for index, record in enumerate(records_of(document, layer)):
            alternates: tuple[Any, ...] = record.alternates
            good = tuple(filter(clean, alternates))
            for _ in range(len(alternates) - len(good)):
                message = "an alternate begins or ends with white space, or crosses a line"
                lost.append(
                    str(Finding("edge-space", message, layer, index, doc_id=document.doc_id))
                )
            kept.append(msgspec.structs.replace(record, alternates=good))
        layers[layer] = tuple(kept)
    return msgspec.structs.replace(document, **layers)


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
