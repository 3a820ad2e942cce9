"""Makes the page of a document from its records. Pure functions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from vinewsie.decoding import with_surfaces
from vinewsie.findings import Finding
from vinewsie.formats.label_studio.config import (
    ALTERNATE,
    CONTENT,
    CUE,
    LABELS,
    MEDIUM,
    READINGS,
    SIGNED_OFF,
    SOURCE,
    YES,
    labels_of,
)
from vinewsie.formats.label_studio.page import LabellingPage, Region
from vinewsie.messages import say
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Date,
    Document,
    Entity,
    Mark,
    Quote,
    Span,
    changes_of,
    records_of,
)
from vinewsie.scheme import LAYERS
from vinewsie.scheme.checks import check_spans

_REGION_ID = re.compile(r"[A-Za-z0-9_-]+")
"""The form of ids that the editor preserves."""
_SHARED = frozenset({CUE, SOURCE, MEDIUM})
"""Parts that quotations may share; the page then has one region, with a relation from each."""
_BREAKING = {"\0": "U+0000", "\r": say("a carriage return")}


def check_text(document: Document) -> Iterator[Finding]:
    """Finds characters that shift offsets in a browser or cannot be sent."""
    for number, line in enumerate(document.text.split("\n"), start=1):
        for character in sorted(set(re.findall("[\0\r\ud800-\udfff]", line))):
            name = _BREAKING.get(character) or say(
                "the lone surrogate {code}", code=f"U+{ord(character):04X}"
            )
            message = say(
                "line {number} has {name}, which would shift the offsets in the page",
                number=number,
                name=name,
            )
            yield Finding("article-text", message, doc_id=document.doc_id)


def check_records(document: Document) -> Iterator[Finding]:
    """Finds records that the page cannot show: broken spans, labels that the page does not have."""
    for layer, definition in LAYERS.items():
        allowed = [label.value for label in labels_of(layer)]
        for index, record in enumerate(records_of(document, layer)):
            for finding in check_spans(record, layer, index, document.text):
                yield finding.at(doc_id=document.doc_id)
            label = getattr(record, definition.label_field)
            if label not in allowed:
                message = say(
                    "{name} is {value!r}; the page can show {allowed}",
                    name=definition.label_field,
                    value=label,
                    allowed=", ".join(allowed),
                )
                yield Finding("label", message, layer, index, document.doc_id)
            if isinstance(record, Quote) and not record.content:
                message = say("content is empty; the page cannot show the quotation")
                yield Finding("missing-field", message, layer, index, document.doc_id)


def region_ids(document: Document) -> dict[tuple[str, int], str]:
    """The id of each record's region, by layer and index: the record's id if the editor preserves
    it, else one made of the layer and number.
    """
    counts = Counter(record.id for layer in RECORD_TYPES for record in records_of(document, layer))
    ids: dict[tuple[str, int], str] = {}
    taken = {str(name) for name in counts}
    for layer in RECORD_TYPES:
        for index, record in enumerate(records_of(document, layer)):
            if record.id is not None and counts[record.id] == 1 and _REGION_ID.fullmatch(record.id):
                ids[layer, index] = record.id
            else:
                ids[layer, index] = _free(f"{layer}-{index + 1}", taken)
    return ids


def is_made_up(region: str, layer: str) -> bool:
    """Whether :func:`region_ids` made the id of a region, for a record without one."""
    return re.fullmatch(rf"{layer}-[1-9]\d*_*", region) is not None


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def page_of(document: Document, complete: Sequence[str] = ()) -> LabellingPage:
    """The page of a document.

    Args:
        document: the document.
        complete: the layers that are signed off as a whole.
    """
    ids = region_ids(document)
    builder = _PageBuilder(document.text, set(ids.values()))
    quotes = {
        quote.id: ids["quotes", index]
        for index, quote in enumerate(document.quotes)
        if quote.id is not None
    }
    for (layer, index), region in ids.items():
        builder.draw(region, records_of(document, layer)[index], quotes)
    # The page lists regions in this order, and draws later ones over earlier ones.
    regions = sorted(builder.regions.values(), key=lambda region: (region.start, -region.end))
    return LabellingPage({region.id: region for region in regions}, builder.arrows, tuple(complete))


class _PageBuilder:
    """Collects the regions and arrows of a page."""

    def __init__(self, text: str, taken: set[str]) -> None:
        self._text = text
        self.regions: dict[str, Region] = {}
        self.arrows: list[tuple[str, str]] = []
        self._taken = taken
        self._shared: dict[tuple[str, Span], str] = {}

    def draw(self, id_: str, record: AnyRecord, quotes: dict[str, str]) -> None:
        """Adds the regions and arrows of a record.

        Args:
            id_: the id of the record's region.
            record: the record.
            quotes: the ids of the regions of quotations, by the ids of the quotations.
        """
        fields = {name: values for name, values in _fields(record) if values}
        if record.readings:
            fields[READINGS] = _readings(record, self._text)
        if record.human_verified:
            fields[SIGNED_OFF] = (YES,)
        if isinstance(record, Quote):
            self._draw_quote(id_, record, fields, quotes)
            return
        label = record.function if isinstance(record, Mark) else record.type
        self._add(id_, Span(start=record.start, end=record.end), str(label), fields)
        if isinstance(record, Mark) and record.quote in quotes:
            self.arrows.append((id_, quotes[record.quote]))
        self._parts(id_, ALTERNATE, record.alternates)

    def _draw_quote(
        self, id_: str, quote: Quote, fields: dict[str, tuple[str, ...]], quotes: dict[str, str]
    ) -> None:
        self._add(id_, quote.content[0], str(quote.kind), fields)
        self._parts(id_, CONTENT, quote.content[1:])
        self._parts(id_, CUE, quote.cue)
        self._parts(id_, SOURCE, [quote.source] if quote.source else [])
        self._parts(id_, MEDIUM, [quote.medium] if quote.medium else [])
        if quote.parent in quotes:
            self.arrows.append((id_, quotes[quote.parent]))
        for content in quote.alternates:
            for alternate in self._parts(id_, ALTERNATE, content[:1]):
                self._parts(alternate, CONTENT, content[1:])

    def _parts(self, owner: str, label: str, spans: Iterable[Span]) -> list[str]:
        """Adds regions for spans, with arrows from their owner; returns the regions' ids."""
        parts = []
        for number, span in enumerate(spans, start=1):
            part = self._shared.get((label, span))
            if part is None:
                part = _free(f"{owner}-{label}-{number}", self._taken)
                self._add(part, span, label, {})
            if label in _SHARED:
                self._shared[label, span] = part
            self.arrows.append((owner, part))
            parts.append(part)
        return parts

    def _add(self, id_: str, span: Span, label: str, fields: dict[str, tuple[str, ...]]) -> None:
        self.regions[id_] = Region(id_, span.start, span.end, LABELS[label].value, fields)


def _fields(record: AnyRecord) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields of a record's region beside its label."""
    match record:
        case Entity():
            yield "entity", (record.entity_id,) if record.entity_id else ()
        case Date():
            yield "value", (record.value,) if record.value else ()
            yield "mod", (record.mod,) if record.mod else ()
            yield "vague", (YES,) if record.vague else ()
        case Mark():
            for status in ("unclosed", "unopened"):
                yield status, (YES,) if record.status == status else ()
        case Quote():
            yield "source_status", (record.source_status,) if record.source_status else ()
            yield "speakers", record.speakers or ()
            yield "addressees", record.addressees
            yield "inherited", record.inherited
            yield "truncated", (YES,) if record.truncated else ()


def _readings(record: AnyRecord, text: str) -> tuple[str, ...]:
    """The readings of a record as JSON, spans with their surfaces."""
    return tuple(
        json.dumps(
            with_surfaces(msgspec.to_builtins(changes_of(reading)), text), ensure_ascii=False
        )
        for reading in record.readings
    )
