"""Tagged tokens as data: JSON, JSON Lines, Parquet, and the folder that ``datasets`` saves.

A row is a sentence: its tokens and their tags, as names or as the numbers of class labels. Names
of class labels stand in the metadata of Parquet and Arrow files; options give those that a file
lacks. Source: documentation of the package datasets (ClassLabel, save_to_disk). Rows with a
``doc_id`` are grouped by it, rows with an ``id`` are a document each; without either, the file is
one document, as in :mod:`vinewsie.formats.conll`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vinewsie import columnar
from vinewsie.files import opened
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.formats.tagged import TaggedDocument, TaggedSentence, parsed_pages, tags_of, unjoined

TOKENS = ("tokens", "words")
TAGS = ("ner_tags", "ner", "tags", "labels")
"""The names of the columns, the first that is there first."""
_DOCUMENTS = ("doc_id", "document_id")


def columns_of(row: object) -> tuple[str, str] | None:
    """The columns of tokens and tags; None if a row has none."""
    if not isinstance(row, Mapping):
        return None
    tokens = next((name for name in TOKENS if _list_of(row.get(name), str)), None)
    tags = next((name for name in TAGS if _list_of(row.get(name), str | int)), None)
    return (tokens, tags) if tokens and tags else None


def _list_of(value: object, kind: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _rows(values: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The rows of a file with their lines: objects, in a list or one after the other, or one object
    of columns.
    """
    if len(values) == 1 and isinstance(values[0][1], list):
        return [(number, row) for number, row in enumerate(values[0][1], start=1)]
    return [*values]


def recognises(sample: Sample) -> bool:
    """Whether the first row has tokens and as many tags."""
    values = [(1, value) for value in sample.values]
    rows = _rows(values)
    columns = columns_of(rows[0][1]) if rows else None
    return columns is not None and len(rows[0][1][columns[0]]) == len(rows[0][1][columns[1]])


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: the tag scheme, and the names of class labels.
    """
    rows = _rows(json_values(path, findings))
    yield from documents(rows, path, findings, options, _class_names(path))


def documents(
    rows: Sequence[tuple[int, Any]],
    path: Path,
    findings: list[Finding],
    options: Options,
    class_names: Mapping[str, Sequence[str]],
) -> Iterator[ParsedDocument]:
    """The documents of rows.

    Args:
        rows: the sentences with their lines, in JSON's types.
        path: the file that findings name.
        findings: where errors and warnings are appended.
        options: the tag scheme, and the names of class labels.
        class_names: the names of class labels by column, where the file has them.
    """
    first = next((row for _, row in rows if columns_of(row) is not None), None)
    columns = columns_of(first)
    if first is None or columns is None:
        message = f"has no rows with {' or '.join(TOKENS)} and {' or '.join(TAGS)}"
        findings.append(Finding("format", message, file=str(path)))
        return
    tokens, tags = columns
    others = [name for name in TAGS if name != tags and name in first]
    if others:
        message = f"tags are read from {tags}, not from {', '.join(others)}"
        findings.append(Finding("format-loss", message, file=str(path), severity="warning"))
    names = options.class_names or class_names.get(tags)
    by_row = all(isinstance(row, Mapping) and "id" in row for _, row in rows)
    pages: list[TaggedDocument] = []
    for line, row in rows:
        fault = _fault(row, tokens, tags, names)
        if fault is not None:
            findings.append(Finding("format", fault, file=str(path), line=line))
            if "without names" in fault:
                return
            continue
        doc_id = next((str(row[name]) for name in _DOCUMENTS if name in row), None)
        if doc_id is None and by_row:
            doc_id = str(row["id"])
        if not pages or (doc_id is not None and doc_id != pages[-1].doc_id):
            pages.append(TaggedDocument(line, doc_id))
        if row[tokens]:
            written = [names[tag] if names and isinstance(tag, int) else tag for tag in row[tags]]
            sentence = TaggedSentence(unjoined([*row[tokens]]), written, [line] * len(written))
            pages[-1].sentences.append(sentence)
    pages = [page for page in pages if page.sentences]
    yield from parsed_pages(pages, tags_of(pages, options), options, path, findings)


def named_classes(text: str) -> tuple[str, ...] | None:
    """The names of class labels in their order: one a line, a JSON list, or an object of numbers
    and names, such as ``id2label`` of a model or a configuration that has it. None if it is none.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(value, Mapping):
        value = value.get("id2label", value)
        if isinstance(value, Mapping):
            value = [value.get(str(number)) for number in range(len(value))]
    return tuple(value) if value and _list_of(value, str) else None


def _fault(row: object, tokens: str, tags: str, names: Sequence[str] | None) -> str | None:
    """What is wrong with a row."""
    if not isinstance(row, Mapping):
        return "a row is not a JSON object"
    if not _list_of(row.get(tokens), str) or not _list_of(row.get(tags), str | int):
        return f"a row has no list of texts in {tokens}, or no list of tags in {tags}"
    if len(row[tokens]) != len(row[tags]):
        return f"a row has {len(row[tokens])} {tokens}, but {len(row[tags])} {tags}"
    if any(not token or token.isspace() or "\n" in token for token in row[tokens]):
        return "a token is empty, or has a line break"
    numbers = [tag for tag in row[tags] if isinstance(tag, int)]
    if numbers and names is None:
        return (
            f"{tags} are numbers without names: --input-class-names (for gold --gold-class-names) "
            "gives them in their order, such as O,B-PER,I-PER"
        )
    wrong = [tag for tag in numbers if names is not None and not 0 <= tag < len(names)]
    return f"there is no class label {wrong[0]}: {len(names or ())} have names" if wrong else None


def _class_names(path: Path) -> dict[str, list[str]]:
    with opened(path) as file:
        if not columnar.is_table(str(path), file):
            return {}
        return columnar.class_names(columnar.table_in(str(path), file))


FORMAT = Format(
    name="tokens",
    about="rows of tokens and their tags: JSON, Parquet, or a folder that datasets saved",
    suffixes=(".json", ".jsonl", ".parquet", ".arrow"),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    limits="no nested or overlapping mentions",
    keys=frozenset(("tokens", "words", "ner_tags", "tags", "labels")),
)
