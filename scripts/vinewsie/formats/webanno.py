"""WebAnno TSV 3, which the annotation tool INCEpTION imports and exports: a file a document.

Source: INCEpTION 36.0, User Guide, "WebAnno TSV 3.3" (inception-project.github.io). Offsets count
UTF-16 units, as in Java. Reserved characters have a backslash. A number in brackets joins the
tokens of an annotation, and tells stacked ones apart.

Mentions are annotations of the built-in layer named entity, with ``value`` for the type and
``identifier`` for the entity. Dates are a custom layer ``webanno.custom.Timex3`` with the features
``kind``, ``mod`` and ``value``, which a project needs before a file is imported. White space
between lines stands in the file as offsets only; it is read as line breaks.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.files import read_text, write_files, write_folder, write_text
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, check_names, fields
from vinewsie.model import Date, Document, Entity
from vinewsie.text import lines, tokens_between

_HEAD = "#FORMAT=WebAnno TSV 3"
LAYERS = {
    "entities": (
        "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity",
        {"identifier": "entity_id", "value": "type"},
    ),
    "dates": ("webanno.custom.Timex3", {"kind": "type", "mod": "mod", "value": "value"}),
}
"""The layer of INCEpTION for each layer, and its features with the fields of a record."""
_SUFFIXES = (".tsv",)
_NONE, _EMPTY = "_", "*"
"""A cell without an annotation; an annotation without a value."""
_RESERVED = re.compile(r"[\\\[\]|_\->;*]")
_SPACES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ITEM = re.compile(r"((?:\\.|[^\\|\[\]])*)(?:\[(\d+)\])?(?:\||$)")
_ROW = re.compile(r"\d+-\d+(?:\.\d+)?\t(\d{1,15})-(\d{1,15})\t")


def recognises(sample: Sample) -> bool:
    """Whether the first line names the format."""
    return sample.head.removeprefix("\ufeff").startswith(_HEAD)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The document of a file, or those of a folder, by name.

    Args:
        path: the file, or a folder of files.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    parts = (
        sorted(part for part in path.iterdir() if part.suffix in _SUFFIXES)
        if path.is_dir()
        else [path]
    )
    for part in parts:
        reader = _FileReader(part)
        for number, line in enumerate(read_text(part).removeprefix("\ufeff").split("\n"), start=1):
            reader.take(number, line.removesuffix("\r"))
        yield reader.parsed()
        findings += reader.findings


@dataclass
class _Annotation:
    """An annotation: its offsets in UTF-16 units, and its features."""

    start: int
    end: int
    features: dict[str, str]


@dataclass
class _FileReader:
    """Reads a file line by line."""

    path: Path
    findings: list[Finding] = field(default_factory=list)
    text: str = ""
    units: int = 0
    """Length of the text in UTF-16 units."""
    columns: list[tuple[str, list[str]]] = field(default_factory=list)
    sentence: list[str] = field(default_factory=list)
    """The lines of a sentence whose place is not known yet."""
    annotations: dict[str, dict[Any, _Annotation]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def take(self, number: int, line: str) -> None:
        """Reads a line."""
        if line.startswith("#T_"):
            layer, *features = line.partition("=")[2].split("|")
            self.columns.append((layer, features or [""]))
        elif line.startswith("#Text="):
            self.sentence.append(_plain(line.removeprefix("#Text=")))
        elif (row := _ROW.match(line)) is not None:
            self._row(number, int(row[1]), int(row[2]), line[row.end() :].split("\t"))
        elif line.strip() and not line.startswith("#"):
            self._error(number, f"is no row of tokens: {shortened(line)}")

    def _row(self, number: int, start: int, end: int, cells: list[str]) -> None:
        token, *cells = cells
        if self.sentence:
            sentence = "\n".join(self.sentence)
            self.sentence = []
            begin = start - _units(sentence[: max(sentence.find(_plain(token)), 0)])
            if begin < self.units:
                self._error(number, f"the offset {start} lies before the end of the last sentence")
                return
            self.text += "\n" * (begin - self.units) + sentence
            self.units = begin + _units(sentence)
        for layer, features in self.columns:
            own, cells = cells[: len(features)], cells[len(features) :]
            items = [
                [] if cell == _NONE else [(m[1], m[2]) for m in _ITEM.finditer(cell) if m[0]]
                for cell in own
            ]
            for index, parts in enumerate(zip(*items, strict=False)):
                key = parts[0][1] or (number, index)
                found = self.annotations[layer].get(key)
                if found is not None:
                    found.end = max(found.end, end)
                    continue
                given = {
                    name: _plain(value)
                    for name, (value, _) in zip(features, parts, strict=False)
                    if value != _EMPTY
                }
                self.annotations[layer][key] = _Annotation(start, end, given)

    def _error(self, line: int, message: str) -> None:
        self.findings.append(Finding("format", message, file=str(self.path), line=line))

    def parsed(self) -> ParsedDocument:
        """The document, after the last line."""
        starts = accumulate(map(_units, self.text), initial=0)
        places = {units: offset for offset, units in enumerate(starts)}
        layers: dict[str, Sequence[Any]] = {}
        known = {layer for layer, _ in self.columns}
        for name, (layer, names) in LAYERS.items():
            values = []
            for one in self.annotations.pop(layer, {}).values():
                if one.start not in places or one.end not in places:
                    message = f"{layer}: {one.start}-{one.end} is no place in the text"
                    self.findings.append(Finding("format", message, file=str(self.path)))
                    continue
                given = {names[key]: value for key, value in one.features.items() if key in names}
                place = {"start": places[one.start], "end": places[one.end]}
                values.append({**place, **given})
            if layer in known:
                layers[name] = given_records(values, name)
        ignored = Counter({layer: len(found) for layer, found in self.annotations.items() if found})
        if ignored:
            listed = ", ".join(f"{layer} ({count})" for layer, count in sorted(ignored.items()))
            message = f"ignored layers: {listed}"
            self.findings.append(
                Finding("format-loss", message, file=str(self.path), severity="warning")
            )
        return ParsedDocument(layers, self.text, hint=self.path.stem, file=str(self.path))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _plain(text: str) -> str:
    whitespace = {"n": "\n", "r": "\r", "t": "\t"}
    return _ESCAPE.sub(lambda match: whitespace.get(match[1], match[1]), text)


def _escaped(text: str, reserved: re.Pattern[str] = _RESERVED) -> str:
    marked = reserved.sub(r"\\\g<0>", text)
    return "".join(_SPACES.get(letter, letter) for letter in marked)


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """One file, or a folder with a file for each of several documents."""
    losses: list[str] = []
    check_names(path, documents)
    files = {f"{document.doc_id}.tsv": _file_of(document, losses) for document in documents}
    if len(files) == 1 and not path.is_dir():
        write_text(path, *files.values())
    else:
        write_folder(
            path, lambda folder: write_files(folder, files), lambda file: str(file) in files
        )
    return losses


def _file_of(document: Document, losses: list[str]) -> str:
    text = document.text
    records: dict[str, Sequence[Entity | Date]] = {
        "entities": document.entities,
        "dates": document.dates,
    }
    edges = {edge for found in records.values() for one in found for edge in (one.start, one.end)}
    sentences = [tokens_between(text, *line, edges) for line in lines(text)]
    tokens = [token for sentence in sentences for token in sentence]
    first = {start: index for index, (start, _) in enumerate(tokens)}
    last = {end: index for index, (_, end) in enumerate(tokens)}
    cells: dict[str, dict[int, list[tuple[Any, int]]]] = {}
    number = 0
    for name, found in records.items():
        of_tokens = cells[name] = defaultdict(list)
        lost = 0
        for record in found:
            if record.start not in first or record.end not in last:
                lost += 1
                continue
            number += 1
            for index in range(first[record.start], last[record.end] + 1):
                of_tokens[index].append((record, number))
        if lost:
            what = "spans with white space at an edge cannot be held"
            losses.append(f"{document.doc_id}: {name}: {what} ({lost} records)")
    head = [f"#T_SP={layer}|{'|'.join(names)}\n" for layer, names in LAYERS.values()]
    rows = [f"{_HEAD}.3\n", *head, "\n"]
    offsets = [*accumulate(map(_units, text), initial=0)]
    index = 0
    for count, sentence in enumerate(sentences, start=1):
        covered = text[sentence[0][0] : sentence[-1][1]]
        rows.append(f"\n#Text={_escaped(covered, re.compile(re.escape(chr(92))))}\n")
        for place, (start, end) in enumerate(sentence, start=1):
            values = [
                _cell(cells[name].get(index, ()), attribute)
                for name, (_, names) in LAYERS.items()
                for attribute in names.values()
            ]
            token = _escaped(text[start:end])
            at = f"{offsets[start]}-{offsets[end]}"
            rows.append("\t".join((f"{count}-{place}", at, token, *values, "\n")))
            index += 1
    return "".join(rows)


def _cell(found: Sequence[tuple[Entity | Date, int]], attribute: str) -> str:
    values = [(getattr(record, attribute), number) for record, number in found]
    return (
        "|".join(
            f"{_EMPTY if value is None else _escaped(value)}[{number}]" for value, number in values
        )
        or _NONE
    )


FORMAT = Format(
    name="webanno",
    about="WebAnno TSV 3 of INCEpTION: named entities, and dates as a custom layer",
    suffixes=_SUFFIXES,
    holds={name: fields("text", *names.values()) for name, (_, names) in LAYERS.items()},
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates; white space around lines",
)
