"""The data of the page: documents, records and cases as compact JSON values.

The script reads the cases at once, and each document when it is needed. Strings that repeat stand
once in a table, and a case is an array (see :data:`CASE`). A test compares what the script reads
with the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.model import AnyRecord, Quote, Unplaced, records_of
from vinewsie.report.cases import LAYERS, DocumentPair, View

CASE = (
    "layer",
    "doc",
    "gold",
    "predicted",
    "near",
    "number",
    "kinds",
    "differs",
    "label",
    "zone",
    "line",
    "from",
    "to",
    "phenomena",
    "outcomes",
    "diagnostics",
    "speakers",
)
"""The places of an array that is a case. Layers, outcomes and strings are numbers of their tables;
None is -1.
"""
ERRORS_SHOWN = 50_000
"""Largest number of errors that the page holds."""
CASES_SHOWN = 300_000
"""Largest number of cases that the page holds, with the correct ones."""
_LEFT_OUT = frozenset({"origin", "human_verified", "text", "score"})
"""Fields of records that the page does not show; it cuts words from the text."""


@dataclass
class _Table:
    """Numbers values in the order of their first appearance."""

    values: list[Any] = field(default_factory=list)
    _numbers: dict[Any, int] = field(default_factory=dict)

    def __getitem__(self, value: Any) -> int:
        if value is None:
            return -1
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]

    def all(self, values: Iterable[Any]) -> list[int]:
        """The numbers of several values."""
        return [self[value] for value in values]


def payload(views: Sequence[View]) -> dict[str, Any]:
    """What the page's script reads.

    Args:
        views: the view of the result, and of a second one on the same documents.
    """
    strings, outcomes = _Table(), _Table()
    shown = shown_documents(views)
    number = {doc: place for place, doc in enumerate(shown)}
    runs = []
    for view in views:
        cases = [
            [
                list(LAYERS).index(case.layer),
                number[case.doc],
                -1 if case.gold is None else case.gold,
                -1 if case.predicted is None else case.predicted,
                -1 if case.near is None else case.near,
                int(case.address[1:]),
                strings.all(case.kinds),
                strings.all(case.differs),
                strings[case.label],
                strings[case.zone],
                case.line,
                *case.context,
                strings.all(case.phenomena),
                outcomes.all(tuple(strings.all(outcome)) for outcome in case.outcomes),
                strings.all(case.diagnostics),
                [[given, by, list(keys)] for given, by, keys in case.speakers],
            ]
            for case in view.cases
            if case.doc in number
        ]
        runs.append({"name": title_of(view), "cases": cases})
    documents = [views[0].documents[doc] for doc in shown]
    return {
        "strings": strings.values,
        "outcomes": outcomes.values,
        "names": _names(views[0], documents),
        "documents": [pair.gold.doc_id for pair in documents],
        "shown": [layer for layer in LAYERS if _has_records(views, shown, layer)],
        "runs": runs,
    }


def document_payload(views: Sequence[View], doc: int) -> dict[str, Any]:
    """A document with the records of both sides, which the script reads when it is needed.

    Args:
        views: the views, as for :func:`payload`.
        doc: the number of the document.
    """
    gold = views[0].documents[doc].gold
    return {
        "text": gold.text,
        "segments": [[s.start, s.end, s.zone, s.item] for s in gold.segments],
        "records": {
            layer: [short(record) for record in records_of(gold, layer)]
            for layer in LAYERS
            if records_of(gold, layer)
        },
        "predicted": [_predicted(view, doc) for view in views],
    }


def _has_records(views: Sequence[View], shown: Sequence[int], layer: str) -> bool:
    """Whether any document has records of a layer, on either side."""
    return any(
        records_of(holder, layer)
        for view in views
        for doc in shown
        for holder in (view.documents[doc].gold, view.documents[doc].prediction)
    )


def title_of(view: View) -> str:
    """What was scored: the extractor, or predictions."""
    return view.result.extractor or "predictions"


def shown_documents(views: Sequence[View]) -> list[int]:
    """The documents that the page holds: all, or of too many errors or cases a sample.

    Every k-th document is taken, with the least k for which the sample keeps the limits.
    """
    count = len(views[0].documents)
    errors, cases = [0] * count, [0] * count
    for view in views:
        for case in view.cases:
            cases[case.doc] += 1
            errors[case.doc] += bool(case.kinds)
    step = 1
    while step < count and (sum(errors[::step]) > ERRORS_SHOWN or sum(cases[::step]) > CASES_SHOWN):
        step += 1
    return list(range(0, count, step))


def short(record: AnyRecord | Unplaced) -> dict[str, Any]:
    """A record without fields that have their defaults, quotations' spans as ``[start, end]``."""
    value: dict[str, Any] = {}
    for name in record.__struct_fields__:
        part = getattr(record, name)
        if name not in _LEFT_OUT | {"layer", "index"} and not _is_default(part):
            value[name] = part
    if isinstance(record, Unplaced):
        value = {"lost": record.reason, "words": record.text or "", "type": record.label or ""}
    if isinstance(record, Quote):
        for name in ("content", "cue"):
            value[name] = [[s.start, s.end] for s in value.get(name, ())]
        for name in ("source", "medium"):
            if name in value:
                value[name] = [value[name].start, value[name].end]
        value.pop("alternates", None)
    if "readings" in value:
        value["readings"] = [
            {n: v for n, v in msgspec.to_builtins(r).items() if v is not None and v is not False}
            for r in value["readings"]
        ]
    found: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode({n: v for n, v in value.items() if v is not msgspec.UNSET})
    )
    return found


def _is_default(value: object) -> bool:
    """Whether a field has nothing to show; 0 is an offset."""
    return value is None or value is False or value == ()


def _predicted(view: View, doc: int) -> Mapping[str, Any]:
    prediction = view.documents[doc].prediction
    found: dict[str, Any] = {}
    for layer in LAYERS:
        records: list[AnyRecord | Unplaced] = [
            *records_of(prediction, layer),
            *(unplaced for unplaced in prediction.unplaced if unplaced.layer == layer),
        ]
        if layer == "marks" and doc in view.claims:
            records = list(view.claims[doc])
        if records:
            found[layer] = [short(record) for record in records]
    return found


def _names(view: View, documents: Sequence[DocumentPair]) -> dict[str, str]:
    """The names of the keys that the gold of some documents mentions."""
    keys = {
        key
        for pair in documents
        for key in (
            *(entity.entity_id or "" for entity in pair.gold.entities),
            *(key for quote in pair.gold.quotes for key in quote.speakers or ()),
            *(key for quote in pair.gold.quotes for key in quote.addressees),
        )
    }
    return {key: view.names[key] for key in sorted(keys & view.names.keys())}


def script_json(value: object) -> str:
    """JSON that stands safely inside a ``script`` element: it has no ``<``, ``>`` or ``&``."""
    text = msgspec.json.encode(value).decode()
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
