"""Reading one predicted document, record by record: every finding, and a place for every record
that has one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.decoding import read_object, without_surfaces
from vinewsie.findings import Finding, errors
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Prediction, Quote, Record, Unplaced
from vinewsie.reading.identifying import ALIKE
from vinewsie.reading.placing import moved
from vinewsie.reading.surfaces import RESOLVERS, SURFACE, SurfacePlacer
from vinewsie.scheme.checks import check_prediction_record
from vinewsie.text_map import TextMap

IGNORED = frozenset({"score"})
"""Fields of a predicted record that extractors like to add and that no measure reads."""


def as_warning(finding: Finding) -> Finding:
    """The finding as a warning: reported, but not in the way of scoring."""
    return dataclasses.replace(finding, severity="warning")


class _Head(Record, frozen=True, kw_only=True):
    """What a predicted document has beside its records."""

    doc_id: str
    entities: object = None
    dates: object = None
    marks: object = None
    quotes: object = None
    info: dict[str, Any] | None = None


def _head_of(raw: object) -> object:
    """A predicted document without what is read apart. A gold file is a prediction too: of what
    only gold has, the text is compared.
    """
    if not isinstance(raw, Mapping):
        return raw
    dropped = {"text", "segments", *RECORD_TYPES, *(() if raw.get("unplaced") else ("unplaced",))}
    return {key: value for key, value in raw.items() if key not in dropped}


@dataclass
class Read:
    """One predicted document as read; None for one that cannot be told from a document of the
    gold.
    """

    prediction: Prediction | None = None
    findings: list[Finding] = field(default_factory=list)
    resolved: set[str] = field(default_factory=set)
    info: Mapping[str, Any] | None = None


class PredictionReader:
    """Reads predicted documents, one after the other."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        labels: frozenset[str] | None,
        skip_invalid: bool,
        resolve: str = SURFACE,
    ) -> None:
        if resolve not in RESOLVERS:
            raise ValueError(f"resolve is {resolve!r}; there are {', '.join(RESOLVERS)}")
        self._documents, self._labels, self.skip_invalid, self._resolve = (
            documents,
            labels,
            skip_invalid,
            resolve,
        )
        self._read = Read()
        self._at = ("", 0)

    def read(self, raw: object) -> Read:
        """Reads one document: a parsed JSON object, or a prediction whose records are to be looked
        at.
        """
        self._read = Read()
        self._read.prediction = self._document(raw)
        return self._read

    def _document(self, raw: object) -> Prediction | None:
        unplaced: tuple[Unplaced, ...] = getattr(raw, "unplaced", ())
        if isinstance(raw, Prediction):
            raw = {
                key: value for key, value in msgspec.to_builtins(raw).items() if key != "unplaced"
            }
        known, found = read_object(_head_of(raw), _Head)
        if self.skip_invalid and isinstance(raw, Mapping) and isinstance(raw.get("doc_id"), str):
            known = _Head(doc_id=raw["doc_id"])  # a field too many costs nothing but itself
        self._report(found)
        if known is None or not isinstance(raw, Mapping):
            return None
        document = self._documents.get(known.doc_id)
        if document is None:
            there = ", ".join(list(self._documents)[:5]) + (
                ", …" if len(self._documents) > 5 else ""
            )
            self._report(
                [
                    Finding(
                        "unknown-document",
                        f"doc_id {known.doc_id!r} is not in the gold, which has {there}",
                    )
                ]
            )
            return None
        self._read.info = known.info
        if isinstance(raw.get("text"), str) and raw["text"] != document.text:
            raw = self._of_other_text(raw, document)
            unplaced += getattr(raw, "unplaced", ())
        records: dict[str, tuple[Any, ...]] = {}
        lost: list[Unplaced] = list(unplaced)
        for layer in RECORD_TYPES:
            given = raw.get(layer)
            records[layer], gone = self._read_layer([] if given is None else given, layer, document)
            lost += gone
        self._check_references(records["quotes"])
        return Prediction(doc_id=known.doc_id, unplaced=tuple(lost), **records)

    def _of_other_text(self, raw: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
        """The records of a text that is the document's but for what tools change, where they are in
        the document.
        """
        to_text = TextMap(raw["text"], document.text)
        layers = {layer: raw[layer] for layer in RECORD_TYPES if isinstance(raw.get(layer), list)}
        if to_text.kept < ALIKE:
            message = (
                f"text is not that of {document.doc_id}; offsets in another text are worth nothing"
            )
            self._report([Finding("text-mismatch", message)])
            return raw
        placed, findings, aligned = moved(layers, to_text, document)
        assert isinstance(placed, Mapping)  # records of parsed JSON stay what they are
        self._read.findings += findings
        if aligned:
            self._read.resolved.add("aligned")
        return placed

    def _check_references(self, quotes: Sequence[Any]) -> None:
        """Parents that lead nowhere do not keep a quotation from being scored, but deserve a
        word.
        """
        ids = [quote.id for quote in quotes]
        for index, quote in enumerate(quotes):
            if quote.id is not None and ids.count(quote.id) > 1:
                self._read.findings.append(
                    Finding(
                        "duplicate-id",
                        f"id {quote.id!r} stands twice",
                        "quotes",
                        index,
                        severity="warning",
                    )
                )
            if quote.parent is not None and (quote.parent == quote.id or quote.parent not in ids):
                message = f"parent {quote.parent!r} is no other quotation of this document; the quotation counts as outermost"
                self._read.findings.append(
                    Finding("reference", message, "quotes", index, severity="warning")
                )

    def _report(self, findings: Iterable[Finding]) -> None:
        self._read.findings += [as_warning(f) if self.skip_invalid else f for f in findings]

    def _read_layer(
        self, raw: object, layer: str, document: Document
    ) -> tuple[tuple[AnyRecord, ...], list[Unplaced]]:
        if not isinstance(raw, list | tuple):
            self._report([Finding("wrong-type", f"{layer} must be a list of records", layer)])
            return (), []
        placer = SurfacePlacer(document.text, self._resolve)
        kept: list[AnyRecord] = []
        lost: list[Unplaced] = []
        for index, item in enumerate(raw):
            self._at = (layer, index)
            placed, missing = self._place(item, layer, placer)
            label = (
                item.get("type" if layer in ("entities", "dates") else "kind")
                if isinstance(item, Mapping)
                else None
            )
            label = label if isinstance(label, str) else None
            if missing is not None:
                message = f"{missing!r} does not occur in the text (again); it counts as spurious"
                self._read.findings.append(
                    Finding("not-in-text", message, layer, index, severity="warning")
                )
                lost.append(
                    Unplaced(
                        layer=layer, index=index, reason="not_in_text", text=missing, label=label
                    )
                )
                continue
            bare, found = without_surfaces(placed, document.text, layer, index)
            record, wrong = read_object(bare, RECORD_TYPES[layer], layer, index)
            found += wrong
            if record is not None:
                found = [
                    *found,
                    *check_prediction_record(record, layer, index, document.text, self._labels),
                ]
            self._report(found)
            if record is not None and not errors(found):
                kept.append(record)
                if not isinstance(record, Quote):
                    placer.take(record.start, record.end)
            else:
                lost.append(Unplaced(layer=layer, index=index, reason="invalid", label=label))
        return tuple(kept), lost

    def _place(self, raw: object, layer: str, placer: SurfacePlacer) -> tuple[object, str | None]:
        """The raw record with offsets where it gave surfaces; and the surface that has no place, if
        any.
        """
        if not isinstance(raw, Mapping):
            return raw, None
        record: dict[str, Any] = {k: v for k, v in raw.items() if k not in IGNORED}
        if layer == "quotes":
            return self._place_quote(record, placer)
        if _surface_only(record):
            span = placer.place(record["text"])
            if span is None:
                return record, record["text"]
            self._read.resolved.add(self._resolve)
            record = {**record, "start": span.start, "end": span.end, "text": placer.surface(span)}
        return record, None

    def _place_quote(
        self, record: dict[str, Any], placer: SurfacePlacer
    ) -> tuple[object, str | None]:
        if "content" not in record and isinstance(record.get("text"), str):
            record["content"] = [{"text": record.pop("text")}]
        content = record.get("content")
        if not isinstance(content, Sequence) or isinstance(content, str):
            return record, None
        parts: list[Any] = []
        for part in content:
            if isinstance(part, Mapping) and _surface_only(part):
                span = placer.place(part["text"])
                if span is None:
                    return record, part["text"]
                self._read.resolved.add(self._resolve)
                parts.append({"start": span.start, "end": span.end})
            else:
                parts.append(part)
        record["content"] = parts
        first = parts[0].get("start") if parts and isinstance(parts[0], Mapping) else None
        near = first if isinstance(first, int) else 0
        for name in ("source", "medium"):
            if name in record:
                record[name] = self._near(record[name], placer, near)
        if isinstance(record.get("cue"), list | tuple):
            record["cue"] = [
                found
                for part in record["cue"]
                if (found := self._near(part, placer, near)) is not None
            ]
        return record, None

    def _near(self, part: object, placer: SurfacePlacer, near: int) -> object:
        """A part of a quotation given as a surface, on the occurrence nearest to the quotation's
        content; None if it does not occur.
        """
        if not isinstance(part, Mapping) or not _surface_only(part):
            return part
        there = list(placer.occurrences(part["text"]))
        if not there:
            message = f"{part['text']!r} does not occur in the text; the quotation counts as one without it"
            self._read.findings.append(
                Finding("not-in-text", message, *self._at, severity="warning")
            )
            return None
        self._read.resolved.add(self._resolve)
        best = min(there, key=lambda span: (abs(span.start - near), span.start))
        return {"start": best.start, "end": best.end}


def _surface_only(record: Mapping[str, Any]) -> bool:
    return (
        isinstance(record.get("text"), str)
        and record.get("start") is None
        and record.get("end") is None
    )
