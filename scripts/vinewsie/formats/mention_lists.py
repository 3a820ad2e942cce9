"""GLiNER's output in JSON files, and the file shapes that it shares with Hugging Face's pipelines.

Both return a list of mentions for each text, and users write it in one of these shapes. Source:
https://github.com/urchade/GLiNER.

A list for each document (in a list, or one a line), a single such list, a mapping from ids to
lists, or objects ``{"doc_id" | "id", "text"?, "entities" | "spans": [...]}``, in a list or one a
line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import given_records
from vinewsie.files import write_text
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.model import Document, Entity

LISTS = ("entities", "spans")
"""The fields of an object that hold its mentions."""
IDS = ("doc_id", "id")
"""The fields of an object that hold its id."""


@dataclass(frozen=True)
class MentionList:
    """The mentions of one document as parsed, with its id and text where the file has them."""

    items: Sequence[Any]
    doc_id: str | None = None
    text: str | None = None
    line: int | None = None


def mention_lists_in(value: object) -> Iterator[MentionList | str]:
    """The documents in a JSON value; a string in the place of one is the message of an error."""
    if isinstance(value, Mapping):
        yield from _of_mapping(value)
    elif not isinstance(value, list):
        yield f"expected a list of mentions or an object, got {type(value).__name__}"
    elif value and all(
        isinstance(part, list) or (isinstance(part, Mapping) and _list_of(part) is not None)
        for part in value
    ):
        for part in value:
            yield from mention_lists_in(part)
    elif any(isinstance(part, list) for part in value):
        yield "a list of lists holds something else as well"
    else:
        yield MentionList(value)


def _list_of(value: Mapping[str, Any]) -> str | None:
    return next((name for name in LISTS if isinstance(value.get(name), list)), None)


def _of_mapping(value: Mapping[str, Any]) -> Iterator[MentionList | str]:
    name = _list_of(value)
    if name is not None:
        doc_id = next((value[key] for key in IDS if value.get(key) is not None), None)
        text = value.get("text")
        yield MentionList(
            value[name],
            None if doc_id is None else str(doc_id),
            text if isinstance(text, str) else None,
        )
    elif value and all(isinstance(part, list) for part in value.values()):
        yield from (MentionList(part, doc_id) for doc_id, part in value.items())
    else:
        yield (
            f"an object has neither {' nor '.join(LISTS)}, "
            "and is no mapping from document ids to lists"
        )


def read_mention_lists(path: Path, findings: list[Finding]) -> Iterator[MentionList]:
    """The documents of a file, in its order; errors are appended to the findings."""
    for line, value in json_values(path, findings):
        for page in mention_lists_in(value):
            if isinstance(page, str):
                findings.append(Finding("format", page, file=str(path), line=line))
            else:
                yield MentionList(page.items, page.doc_id, page.text, line)


def objects_of(
    page: MentionList, path: Path, findings: list[Finding]
) -> list[tuple[int, Mapping[str, Any]]]:
    """The mentions that are JSON objects, with their indices.

    Args:
        page: the mentions of a document.
        path: the file.
        findings: where an error is appended for each other mention.
    """
    kept: list[tuple[int, Mapping[str, Any]]] = []
    for index, item in enumerate(page.items):
        if isinstance(item, Mapping):
            kept.append((index, item))
        else:
            found = Finding(
                "not-object",
                "a mention is not a JSON object",
                "entities",
                index,
                file=str(path),
                line=page.line,
            )
            findings.append(found.at(doc_id=page.doc_id))
    return kept


def first_item(values: Sequence[Any]) -> Mapping[str, Any] | None:
    """The first mention in JSON values of these shapes; None if there is none."""
    for value in values:
        for page in mention_lists_in(value):
            if isinstance(page, MentionList) and page.items and isinstance(page.items[0], Mapping):
                return page.items[0]
    return None


def count_unknown(
    items: Iterable[Mapping[str, Any]], known: frozenset[str], counts: Counter[str]
) -> None:
    """Counts the fields of mentions that have no place in a record.

    Args:
        items: the mentions.
        known: the fields that are read.
        counts: the counts by field, to which these are added.
    """
    for item in items:
        counts.update(str(name) for name in item if name not in known)


def report_unknown(counts: Counter[str], path: Path, findings: list[Finding]) -> None:
    """Appends a warning that counts the ignored fields, if there are any.

    Args:
        counts: how often each field was ignored.
        path: the file.
        findings: where the warning is appended.
    """
    if counts:
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
        findings.append(
            Finding(
                "format-loss",
                f"ignored fields of mentions: {listed}",
                file=str(path),
                severity="warning",
            )
        )


def given(record: msgspec.Struct) -> dict[str, Any]:
    """The fields of a record that have not their default, as JSON has them."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(record))}
    return {
        name: msgspec.to_builtins(value)
        for name, default in defaults.items()
        if (value := getattr(record, name)) != default
    }


def write_objects(
    path: Path, documents: Sequence[Document], *, surface: str, label: str
) -> list[str]:
    """Writes the entities of documents, one object a document: a JSON list if the path ends in
    .json, else one a line.

    Args:
        path: the file.
        documents: the documents.
        surface: the field of a mention for its surface.
        label: the field of a mention for its type.
    """

    def mention(entity: Entity, text: str) -> dict[str, Any]:
        item: dict[str, Any] = {
            "start": entity.start,
            "end": entity.end,
            surface: text[entity.start : entity.end],
        }
        return item if entity.type is None else item | {label: entity.type}

    objects = [
        {
            "doc_id": document.doc_id,
            "text": document.text,
            "entities": [mention(e, document.text) for e in document.entities],
        }
        for document in documents
    ]
    if path.suffix == ".json":
        text = msgspec.json.format(msgspec.json.encode(objects), indent=1).decode() + "\n"
    else:
        text = "".join(msgspec.json.encode(item).decode() + "\n" for item in objects)
    write_text(path, text)
    return []


_FIELDS = {"start": "start", "end": "end", "text": "text", "label": "type"}
"""The fields of a mention, with those of the native record; a score is read by no measure."""
_KNOWN = frozenset((*_FIELDS, "score"))


def recognises(sample: Sample) -> bool:
    """Whether the first mention has a label, and a place or a surface."""
    item = first_item(sample.values)
    if item is None and sample.values:
        # The output of a model that found nothing.
        return all(
            isinstance(value, list) and all(part == [] for part in value) for value in sample.values
        )
    return (
        item is not None
        and isinstance(item.get("label"), str)
        and ({"start", "end"} <= item.keys() or "text" in item)
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file. Those of a list of lists have no id; they stand in the order of the
    texts that the model was given.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    unknown: Counter[str] = Counter()
    for page in read_mention_lists(path, findings):
        items = [item for _, item in objects_of(page, path, findings)]
        count_unknown(items, _KNOWN, unknown)
        yield ParsedDocument(
            {"entities": given_records(map(_record, items), "entities")},
            page.text,
            page.doc_id,
            file=str(path),
            line=page.line,
        )
    report_unknown(unknown, path, findings)


def _record(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _FIELDS[name]: value
        for name, value in item.items()
        if name in _FIELDS and value is not None
    }


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
    keys=frozenset(("label", "score")),
)
