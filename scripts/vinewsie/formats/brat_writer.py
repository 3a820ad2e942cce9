"""Writes brat's standoff, by the convention of :mod:`vinewsie.formats.brat`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.formats.folders import check_names, write_folder
from vinewsie.model import AnyRecord, Document, Entity, Quote, Span, records_of

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


class _Writer:
    """Makes the lines of an ``.ann``."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._counts: Counter[str] = Counter()
        self._lines: list[str] = []
        self._quotes: dict[str, str] = {}
        """The T line of each quotation with an id."""

    def annotations(self) -> str:
        parents = [(self._quote(quote), "Parent", quote.parent) for quote in self._document.quotes]
        marks = [(self._mention("marks", mark), "Quote", mark.quote) for mark in self._document.marks]
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
        """Attributes and a note for all fields of a record that are not ``done`` and have not their default."""
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
        for kind, spans in (("Cue", quote.cue), ("Source", [quote.source]), ("Medium", [quote.medium])):
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
        files |= {f"{document.doc_id}.txt": document.text, f"{document.doc_id}.ann": _Writer(document).annotations()}
    write_folder(path, files, lambda file: file.suffix == ".ann" or (file.suffix == ".txt" and file.with_suffix(".ann").exists()))
    return []
