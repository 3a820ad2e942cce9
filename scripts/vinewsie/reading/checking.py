"""Checks one predicted document, record by record: every finding, and a place for every record that
has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vinewsie.decoding import GivenRecord, RawRecord, read_record
from vinewsie.findings import Finding, errors
from vinewsie.formats.base import ParsedDocument
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Prediction, Quote, Unplaced
from vinewsie.reading.placing import unplaced
from vinewsie.reading.surfaces import SurfacePlacer
from vinewsie.scheme.checks import check_prediction_record
from vinewsie.scheme.quotes import parent_faults


class PredictionCheck:
    """Checks one predicted document against the text of its gold document.

    Args:
        document: the gold document.
        labels: the labels that predicted mentions may carry; None for any label in any layer.
        resolve: how surfaces without offsets are placed, one of
            :data:`~vinewsie.reading.surfaces.RESOLVERS`.
    """

    def __init__(self, document: Document, labels: frozenset[str] | None, resolve: str) -> None:
        self._document, self._labels, self._resolve = document, labels, resolve
        self._at = ("", 0)
        self.findings: list[Finding] = []
        self.resolved: set[str] = set()
        """The ways in which surfaces were placed."""

    def prediction(self, parsed: ParsedDocument) -> Prediction:
        """The valid records with their places; the others are unplaced."""
        records: dict[str, tuple[Any, ...]] = {}
        lost = [*parsed.unplaced]
        for layer in RECORD_TYPES:
            records[layer], gone = self._layer(parsed.layers.get(layer, ()), layer)
            lost += gone
        self._check_references(records["quotes"])
        return Prediction(doc_id=self._document.doc_id, unplaced=tuple(lost), **records)

    def _warn(self, code: str, message: str, layer: str, index: int) -> None:
        self.findings.append(Finding(code, message, layer, index, severity="warning"))

    def _layer(
        self, given: Sequence[GivenRecord], layer: str
    ) -> tuple[tuple[AnyRecord, ...], list[Unplaced]]:
        text = self._document.text
        placer = SurfacePlacer(text, self._resolve, _surfaces(given))
        kept: list[AnyRecord] = []
        lost: list[Unplaced] = []
        for index, item in enumerate(given):
            self._at = (layer, index)
            found: list[Finding] = []
            record: AnyRecord | None
            if isinstance(item, RawRecord):
                value, missing = self._with_offsets(item.value, layer, placer)
                if missing is not None:
                    message = (
                        f"{missing!r} does not occur in the text (again); it counts as spurious"
                    )
                    self._warn("not-in-text", message, layer, index)
                    lost.append(unplaced(item, layer, index, "not_in_text", missing))
                    continue
                record, found = read_record(value, RECORD_TYPES[layer], text, layer, index)
            else:
                record = item
            if record is not None:
                found += check_prediction_record(record, layer, index, text, self._labels)
            self.findings += found
            if record is not None and not errors(found):
                kept.append(record)
                if not isinstance(record, Quote):
                    placer.take(record.start, record.end)
            else:
                lost.append(unplaced(item, layer, index, "invalid"))
        return tuple(kept), lost

    def _with_offsets(
        self, value: object, layer: str, placer: SurfacePlacer
    ) -> tuple[object, str | None]:
        """The parsed record with offsets where it has surfaces alone; and the surface that has no
        place, if any.
        """
        if not isinstance(value, Mapping):
            return value, None
        if layer == "quotes":
            return self._quote_with_offsets(dict(value), placer)
        if not _surface_only(value):
            return value, None
        span = placer.place(value["text"])
        if span is None:
            return value, value["text"]
        self.resolved.add(self._resolve)
        placed = {"start": span.start, "end": span.end, "text": placer.surface(span)}
        return {**value, **placed}, None

    def _quote_with_offsets(
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
                self.resolved.add(self._resolve)
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
        """A part of a quotation given as a surface, at the occurrence nearest to the quotation's
        content; None if it does not occur.
        """
        if not isinstance(part, Mapping) or not _surface_only(part):
            return part
        best = placer.nearest(part["text"], near)
        if best is None:
            message = (
                f"{part['text']!r} does not occur in the text; "
                "the quotation counts as one without it"
            )
            self._warn("not-in-text", message, *self._at)
            return None
        self.resolved.add(self._resolve)
        return {"start": best.start, "end": best.end}

    def _check_references(self, quotes: Sequence[Quote]) -> None:
        """Warns of ids that stand twice and of parents that are none; such quotations are scored
        all the same.
        """
        ids = Counter(quote.id for quote in quotes if quote.id is not None)
        for index, quote in enumerate(quotes):
            if quote.id is not None and ids[quote.id] > 1:
                self._warn("duplicate-id", f"id {quote.id!r} stands twice", "quotes", index)
        for index, code, message in parent_faults(quotes):
            self._warn(code, f"{message}; the quotation counts as outermost", "quotes", index)


def _surfaces(given: Iterable[GivenRecord]) -> Iterator[str]:
    """The surfaces without offsets of records, and of the parts of quotations."""
    for record in given:
        if isinstance(record, RawRecord) and isinstance(value := record.value, Mapping):
            parts = value.get("content")
            for part in (value, *(parts if isinstance(parts, list | tuple) else ())):
                if isinstance(part, Mapping) and _surface_only(part):
                    yield part["text"]


def _surface_only(record: Mapping[str, Any]) -> bool:
    return (
        isinstance(record.get("text"), str)
        and record.get("start") is None
        and record.get("end") is None
    )
