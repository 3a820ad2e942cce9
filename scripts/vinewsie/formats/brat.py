"""brat's standoff format: a ``.txt`` and an ``.ann`` for each document.

The annotation tool brat and many biomedical corpora use it. Source:
https://brat.nlplab.org/standoff.html.

A text-bound annotation (T line) is an entity of its type, except for these types, which hold the
other layers:

- ``TIMEX3``: a date, with the attributes ``TimexType``, ``Value``, ``Mod``, ``Vague``.
- ``Mark``: the text inside a pair of quotation marks, with the attributes ``Open``, ``Close``,
  ``Status``, ``Function``, and a relation ``Quote`` to the quotation that it is part of.
- ``Quotation``: the content of a quotation, in several fragments if it is interrupted, with the
  attributes ``Kind`` and ``SourceStatus``. Relations ``Cue``, ``Source`` and ``Medium`` go from it
  to a ``Cue``, ``Source`` or ``Medium``; ``Parent`` to the enclosing quotation.

An entity's ``entity_id`` is a normalization (N line) of the resource ``registry``; other resources
stay as a prefix of the id. Every other field of a record, and any value that an attribute cannot
hold, stands in an ``AnnotatorNotes`` line as JSON. So does the type of an entity that is no name
for brat or one of the above; the type on its T line is ``Entity``.

A discontinuous annotation of another type than ``Quotation`` and ``Cue`` has several fragments,
where a record has one span. ``Options.hull`` reads it from the first fragment to the last; else it
is left out of gold, counts as spurious in predictions, and is listed in a warning.

Other projects use these names for types of entities; ``Options.own_types`` reads all types so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import GivenRecord, given_record
from vinewsie.files import read_text, write_files, write_folder
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, check_names, fields
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Document,
    Entity,
    Quote,
    Span,
    Unplaced,
    records_of,
)

REGISTRY = "registry"
"""The resource of normalizations that are keys of the entity registry."""
UNNAMED = "Entity"
"""The type in the place of one that brat cannot hold."""
NOTE = "AnnotatorNotes"
"""The type of the lines that hold what has no place elsewhere."""
TYPES = {"TIMEX3": "dates", "Mark": "marks", "Quotation": "quotes"}
"""The types that are records of other layers; every other one is an entity's."""
PARTS = {"Cue": "cue", "Source": "source", "Medium": "medium"}
"""The types of a quotation's parts, which are those of the relations to them as well."""
ATTRIBUTES = {
    "dates": {"TimexType": "type", "Value": "value", "Mod": "mod", "Vague": "vague"},
    "marks": {"Open": "open", "Close": "close", "Status": "status", "Function": "function"},
    "quotes": {"Kind": "kind", "SourceStatus": "source_status"},
}
"""For each layer, the fields of a record by the attributes that hold them."""


class _StandoffWriter:
    """Makes the lines of an ``.ann``."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._counts: Counter[str] = Counter()
        self._lines: list[str] = []
        self._quotes: dict[str, str] = {}
        """The T line of each quotation with an id."""

    def annotations(self) -> str:
        """The content of the file."""
        parents = [(self._quote(quote), "Parent", quote.parent) for quote in self._document.quotes]
        marks = [
            (self._mention("marks", mark), "Quote", mark.quote) for mark in self._document.marks
        ]
        for layer in ("entities", "dates"):
            for record in records_of(self._document, layer):
                self._mention(layer, record)
        for one, kind, id_ in (*parents, *marks):
            if id_ in self._quotes:
                self._add("R", f"{kind} Arg1:{one} Arg2:{self._quotes[id_]}")
            elif id_ is not None:
                self._note(one, {kind.lower(): id_})
        return "".join(f"{line}\n" for line in self._lines)

    def _add(self, kind: str, data: str) -> str:
        self._counts[kind] += 1
        id_ = f"{kind}{self._counts[kind]}"
        self._lines.append(f"{id_}\t{data}")
        return id_

    def _bound(self, type_: str, spans: Sequence[Span]) -> str:
        places = ";".join(f"{span.start} {span.end}" for span in spans)
        surface = " ".join(self._document.text[span.start : span.end] for span in spans)
        return self._add("T", f"{type_} {places}\t{surface.translate(_BREAKS)}")

    def _note(self, id_: str, values: Mapping[str, Any]) -> None:
        if values:
            self._add("#", f"{NOTE} {id_}\t{msgspec.json.encode(values).decode()}")

    def _values(self, id_: str, layer: str, record: AnyRecord, done: Sequence[str]) -> None:
        """Attributes and a note for all fields of a record that are not ``done`` and have not their
        default.
        """
        names = {name: attribute for attribute, name in ATTRIBUTES.get(layer, {}).items()}
        rest: dict[str, Any] = {}
        for one in msgspec.structs.fields(type(record)):
            value = getattr(record, one.name)
            if one.name in ("start", "end", "text", "content", *done) or value == one.default:
                continue
            if one.name in names and (value is True or _is_word(value)):
                self._add("A", f"{names[one.name]} {id_}" + ("" if value is True else f" {value}"))
            else:
                rest[one.name] = value
        self._note(id_, rest)

    def _mention(self, layer: str, record: AnyRecord) -> str:
        assert not isinstance(record, Quote)
        span = Span(start=record.start, end=record.end)
        if not isinstance(record, Entity):
            id_ = self._bound("TIMEX3" if layer == "dates" else "Mark", [span])
            self._values(id_, layer, record, ("quote",))
            return id_
        named = _is_word(record.type) and record.type not in (*TYPES, *PARTS)
        id_ = self._bound(record.type if named and record.type is not None else UNNAMED, [span])
        done = ["type"]
        if record.entity_id is not None and _is_word(record.entity_id):
            self._add("N", f"Reference {id_} {REGISTRY}:{record.entity_id}\t{record.entity_id}")
            done.append("entity_id")
        self._values(id_, layer, record, done)
        if not named:
            self._note(id_, {"type": record.type})
        return id_

    def _quote(self, quote: Quote) -> str:
        id_ = self._bound("Quotation", quote.content)
        if quote.id is not None:
            self._quotes[quote.id] = id_
        for kind, spans in (
            ("Cue", quote.cue),
            ("Source", [quote.source]),
            ("Medium", [quote.medium]),
        ):
            if there := [span for span in spans if span is not None]:
                self._add("R", f"{kind} Arg1:{id_} Arg2:{self._bound(kind, there)}")
        self._values(id_, "quotes", quote, ("cue", "source", "medium", "parent"))
        return id_


_BREAKS = str.maketrans("\r\n", "  ")


def _is_word(value: object) -> bool:
    """Whether a value has no white space, so that a column of brat can hold it."""
    return isinstance(value, str) and bool(value) and not any(map(str.isspace, value))


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """A folder with two files a document."""
    check_names(path, documents)
    files: dict[str, str] = {}
    for document in documents:
        files |= {
            f"{document.doc_id}.txt": document.text,
            f"{document.doc_id}.ann": _StandoffWriter(document).annotations(),
        }
    write_folder(path, lambda folder: write_files(folder, files), lambda file: str(file) in files)
    return []


_LINE = re.compile(r"(?:[TREAMN]\S*|#\S*|\*)\t")
_SPANS = re.compile(r"(\S+) ([0-9]{1,18} [0-9]{1,18}(?:;[0-9]{1,18} [0-9]{1,18})*)")


@dataclass(frozen=True)
class TextBound:
    """A text-bound annotation."""

    id: str
    type: str
    spans: tuple[Span, ...]
    surface: str
    line: int


@dataclass
class Standoff:
    """The lines of an ``.ann`` by kind; ``ignored`` counts those without a place in a record."""

    bounds: dict[str, TextBound] = field(default_factory=dict)
    attributes: defaultdict[str, dict[str, str | bool]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    relations: list[tuple[int, str, str, str]] = field(default_factory=list)
    names: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    triggers: set[str] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)


def recognises(sample: Sample) -> bool:
    """Whether a folder holds an ``.ann``, or a file is one."""
    if sample.path.is_dir():
        return any(sample.path.glob("*.ann"))
    first = sample.head.removeprefix("\ufeff").lstrip("\r\n")
    return sample.path.suffix == ".ann" and (not first or _LINE.match(first) is not None)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a folder, or the one of an ``.ann``.

    Args:
        path: the folder, or an ``.ann``.
        findings: where errors and warnings are appended; what is ignored is counted in one of them.
        options: ``own_types`` and ``hull``.
    """
    ignored: Counter[str] = Counter()
    hulls: Counter[str] = Counter()
    lost: list[tuple[Path, TextBound]] = []
    annotations = sorted(path.glob("*.ann")) if path.is_dir() else [path]
    if path.is_dir():
        texts = set(path.glob("*.txt")) - {one.with_suffix(".txt") for one in annotations}
        ignored += Counter({"texts without an .ann": len(texts)})
    for annotation in annotations:
        beside = annotation.with_suffix(".txt")
        text = read_text(beside) if beside.is_file() else None
        reader = _StandoffReader(text, options)
        yield _read_one(annotation, reader, text, findings)
        ignored += reader.ignored
        hulls += reader.hulls
        lost += [(annotation, bound) for bound in reader.lost]
    if lost:
        findings.append(_lost(path, lost, options))
    for code, what, counts in (
        ("format-loss", "ignored what has no place in a record", ignored),
        ("fragments", "read as one span, from the first fragment to the last", hulls),
    ):
        if counts:
            listed = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
            message = f"{what}: {listed}"
            findings.append(Finding(code, message, file=str(path), severity="warning"))


def _lost(path: Path, lost: Sequence[tuple[Path, TextBound]], options: Options) -> Finding:
    """The warning about discontinuous annotations that no record can hold."""
    counts = Counter(bound.type for _, bound in lost)
    listed = ", ".join(f"{type_} ({count})" for type_, count in sorted(counts.items()))
    places = [f"{one.name}:{bound.line} {bound.id}" for one, bound in lost[:_LISTED]]
    more = f" and {len(lost) - _LISTED} more" if len(lost) > _LISTED else ""
    fate = "left out of the gold" if options.gold else "spurious"
    return Finding(
        "fragments",
        f"{fate}, as a record has one span: {listed}; they are {', '.join(places)}{more}; "
        f"{'--gold-hull (of convert, --input-hull)' if options.gold else '--input-hull'} reads "
        "them from the first fragment to the last",
        file=str(path),
        severity="warning",
    )


_LISTED = 10
"""Discontinuous annotations of which a warning gives the places."""


def _read_one(
    path: Path, reader: _StandoffReader, text: str | None, findings: list[Finding]
) -> ParsedDocument:
    layers = reader.read(read_text(path))
    findings += [finding.at(str(path), doc_id=path.stem) for finding in reader.findings]
    return ParsedDocument(
        layers,
        text,
        path.stem if text is not None else None,
        path.stem,
        file=str(path),
        line=1,
        unplaced=tuple(reader.unplaced),
    )


class _StandoffReader:
    """Reads one ``.ann``; collects findings.

    Args:
        text: the content of the ``.txt``, if it is there.
        options: ``own_types`` and ``hull``.
    """

    def __init__(self, text: str | None, options: Options) -> None:
        self._text, self._hull = text, options.hull
        self._types, self._parts = ({}, {}) if options.own_types else (TYPES, PARTS)
        self._standoff = Standoff()
        self.findings: list[Finding] = []
        self.hulls: Counter[str] = Counter()
        """The discontinuous annotations that were read as one span, by type."""
        self.lost: list[TextBound] = []
        """The discontinuous annotations that no record can hold."""
        self.unplaced: list[Unplaced] = []
        """The records that they would be."""

    @property
    def ignored(self) -> Counter[str]:
        """What has no place in a record, by kind."""
        return self._standoff.ignored

    def read(self, annotations: str) -> dict[str, list[GivenRecord]]:
        """The records of the file's content, by layer."""
        for number, line in enumerate(annotations.removeprefix("\ufeff").split("\n"), start=1):
            if line.strip():
                self._read_line(line.rstrip("\r"), number)
        records = self._records()
        self._relate(records)
        layers: dict[str, list[GivenRecord]] = {layer: [] for layer in RECORD_TYPES}
        for id_, record in records.items():
            layer = self._types.get(self._standoff.bounds[id_].type, "entities")
            layers[layer].append(given_record(record, layer))
        return layers

    def _wrong(self, code: str, message: str, line: int) -> None:
        self.findings.append(Finding(code, message, line=line))

    def _read_line(self, line: str, number: int) -> None:
        id_, tab, rest = line.partition("\t")
        standoff = self._standoff
        kind = id_[:1]
        words = rest.partition("\t")[0].split(" ")
        if not tab or _LINE.match(line) is None:
            self._wrong(
                "format",
                f"{shortened(line)!r} is no annotation: an id (T1, A1, R1, …), a tab, and its data",
                number,
            )
        elif kind == "T":
            self._read_bound(id_, rest, number)
        elif kind in "AM" and len(words) in (2, 3):
            standoff.attributes[words[1]][words[0]] = words[2] if len(words) == 3 else True
        elif kind == "R" and len(words) == 3 and all(":" in word for word in words[1:]):
            standoff.relations.append(
                (number, words[0], words[1].partition(":")[2], words[2].partition(":")[2])
            )
        elif kind == "N" and len(words) == 3:
            standoff.names[words[1]].append(words[2])
        elif kind == "#" and len(words) == 2:
            standoff.notes[words[1]].append(rest.partition("\t")[2] if words[0] == NOTE else "")
        elif kind == "E":
            standoff.ignored["events"] += 1
            standoff.triggers.add(words[0].partition(":")[2])
        elif kind == "*":
            standoff.ignored["equivalences"] += 1
        else:
            self._wrong("format", f"{id_}: cannot be read: {shortened(rest)!r}", number)

    def _read_bound(self, id_: str, rest: str, number: int) -> None:
        head, tab, surface = rest.partition("\t")
        match = _SPANS.fullmatch(head)
        if match is None or not tab:
            self._wrong(
                "format",
                f"{id_}: expected 'TYPE START END' (more fragments after ';'), a tab and the "
                f"text; got {shortened(rest)!r}",
                number,
            )
            return
        pairs = [pair.split(" ") for pair in match[2].split(";")]
        bound = TextBound(
            id_, match[1], tuple(Span(start=int(a), end=int(b)) for a, b in pairs), surface, number
        )
        if id_ in self._standoff.bounds:
            self._wrong(
                "duplicate-id",
                f"{id_} stands on line {self._standoff.bounds[id_].line} already",
                number,
            )
            return
        self._standoff.bounds[id_] = bound
        if self._text is not None:
            there = " ".join(self._text[span.start : span.end] for span in bound.spans)
            if _flat(there) != _flat(surface):
                self._wrong(
                    "text-mismatch",
                    f"{id_}: text is {surface!r}, but the .txt has {there!r} at {match[2]}",
                    number,
                )

    def _records(self) -> dict[str, dict[str, Any]]:
        """The records by the id of their T line, without the fields that relations give."""
        records: dict[str, dict[str, Any]] = {}
        standoff = self._standoff
        for bound in standoff.bounds.values():
            if bound.id in standoff.triggers:
                standoff.ignored["event triggers"] += 1
            elif bound.type not in self._parts and (record := self._record(bound)) is not None:
                records[bound.id] = record
        for kind, holders in (
            ("attributes", standoff.attributes),
            ("normalizations", standoff.names),
            ("notes", standoff.notes),
        ):
            for target, values in holders.items():
                if target not in records:
                    standoff.ignored[f"{kind} of others than records"] += len(values)
        return records

    def _record(self, bound: TextBound) -> dict[str, Any] | None:
        layer = self._types.get(bound.type, "entities")
        record: dict[str, Any]
        if layer == "quotes":
            record = {"content": [_plain(span) for span in bound.spans]}
        else:
            span = self._one(bound)
            if span is None:
                label = bound.type if layer == "entities" else None
                index = sum(1 for other in self.unplaced if other.layer == layer)
                self.unplaced.append(
                    Unplaced(
                        layer=layer, index=index, reason="invalid", text=bound.surface, label=label
                    )
                )
                return None
            record = _plain(span) | {
                "text": bound.surface if self._text is None else self._text[span.start : span.end]
            }
        if layer == "entities":
            record["type"] = bound.type
            names = self._standoff.names.get(bound.id, [])
            if names:
                record["entity_id"] = names[0].removeprefix(f"{REGISTRY}:")
            self._pass("further normalizations", len(names) - 1)
        else:
            self._pass(
                "normalizations of others than entities",
                len(self._standoff.names.get(bound.id, ())),
            )
        for name, value in self._standoff.attributes.get(bound.id, {}).items():
            if name in ATTRIBUTES.get(layer, ()):
                record[ATTRIBUTES[layer][name]] = value
            else:
                self._standoff.ignored[f"attribute {name}"] += 1
        for note in self._standoff.notes.get(bound.id, ()):
            held = _held(note, layer)
            record |= held
            self._pass("notes", not held)
        return record

    def _pass(self, what: str, count: int) -> None:
        if count > 0:
            self._standoff.ignored[what] += count

    def _one(self, bound: TextBound) -> Span | None:
        """The span of an annotation that must have one; None if it is discontinuous, and no hull is
        asked for. What brat has cut at line breaks is whole again.
        """
        first, last = bound.spans[0], bound.spans[-1]
        gaps = [(a.end, b.start) for a, b in zip(bound.spans, bound.spans[1:], strict=False)]
        cut = self._text is not None and all(
            a <= b and re.fullmatch(r"\s*\n\s*", self._text[a:b]) for a, b in gaps
        )
        if not gaps or cut:
            return Span(start=first.start, end=last.end)
        if self._hull:
            self.hulls[bound.type] += 1
            start = min(span.start for span in bound.spans)
            return Span(start=start, end=max(span.end for span in bound.spans))
        self.lost.append(bound)
        return None

    def _relate(self, records: Mapping[str, dict[str, Any]]) -> None:
        """Adds the fields that relations give to the records."""
        bounds = self._standoff.bounds
        attached: set[str] = set()

        def type_of(id_: str) -> str | None:
            return bounds[id_].type if id_ in bounds else None

        for line, kind, one, other in self._standoff.relations:
            for id_ in (one, other):
                if id_.startswith("T") and id_ not in bounds:
                    self._wrong("reference", f"{kind}: there is no {id_}", line)
            types = (type_of(one), type_of(other))
            if types == ("Quotation", kind) and kind in self._parts:
                attached.add(other)
                if one in records:
                    self._attach(records[one], bounds[other], line)
                else:  # the trigger of an event
                    self._standoff.ignored[f"relation {kind}"] += 1
            elif (
                (kind, *types)
                in (
                    ("Parent", "Quotation", "Quotation"),
                    ("Quote", "Mark", "Quotation"),
                )
                and {one, other} <= records.keys()
                and self._types
            ):
                records[one][kind.lower()] = records[other].setdefault("id", other)
            elif None not in types or not {one[:1], other[:1]} <= {"T"}:
                self._standoff.ignored[f"relation {kind}"] += 1
        for bound in bounds.values():
            if bound.type in self._parts and bound.id not in attached:
                self._wrong(
                    "reference",
                    f"{bound.id}: {bound.type} belongs to no Quotation; a relation {bound.type} "
                    "is missing (if it is a type of entities: --input-own-types, for gold "
                    "--gold-own-types)",
                    bound.line,
                )

    def _attach(self, quote: dict[str, Any], part: TextBound, line: int) -> None:
        name = PARTS[part.type]
        if name == "cue":
            quote.setdefault("cue", []).extend(_plain(span) for span in part.spans)
        elif quote.get(name) is not None:
            self._wrong(
                "format", f"a Quotation has two relations {part.type}; one is allowed", line
            )
        elif (span := self._one(part)) is not None:
            quote[name] = _plain(span)


def _flat(surface: str) -> str:
    """A surface as a T line has it: line breaks are spaces."""
    return surface.replace("\r", " ").replace("\n", " ").rstrip()


def _plain(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end}


def _held(note: str, layer: str) -> dict[str, Any]:
    """The fields that a note holds; none if it is a comment of an annotator."""
    try:
        value = msgspec.json.decode(note)
    except (msgspec.DecodeError, RecursionError):
        return {}
    known = set(RECORD_TYPES[layer].__struct_fields__) - {"start", "end", "text", "content"}
    return value if isinstance(value, dict) and value.keys() <= known else {}


_COMMON = ("id", "text", "alternates", "contested", "readings", "origin", "human_verified")

FORMAT = Format(
    name="brat",
    about="brat standoff: a folder of .txt and .ann, or one .ann",
    suffixes=(".ann",),
    holds={
        "entities": fields(*_COMMON, "type", "entity_id"),
        "dates": fields(*_COMMON, "type", "value", "mod", "vague"),
        "marks": fields(*_COMMON, "open", "close", "status", "function", "quote"),
        "quotes": fields(*(name for name in Quote.__struct_fields__ if name != "content")),
    },
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates",
    folder=True,
)
