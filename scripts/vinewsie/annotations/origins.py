"""Provenance of gold that a person changed.

Changed records become adjudicated, and each change gets a line in ``adjudication.jsonl``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from vinewsie.annotations.changes import Change, changes
from vinewsie.annotations.store import Adjudication
from vinewsie.model import Document, reading_order, records_of

STAGE = "person"
"""The stage of these decisions in ``adjudication.jsonl``."""

_NO_JUDGEMENT = frozenset({"origin", "human_verified", "score", "text"})
"""Fields that hold no judgement of the annotator."""


def decided(
    before: Document, after: Document, by: str, on: str
) -> tuple[Document, list[Adjudication]]:
    """Makes the decisions that a person's changes of gold amount to.

    Args:
        before: the gold before the changes.
        after: the gold after them.
        by: the person's e-mail address.
        on: the day, ISO.

    Returns:
        The changed document, with the origins that follow, and a decision for each change.
    """
    found = [
        c
        for c in changes(before, after)
        if c.before is None or c.after is None or set(c.fields) - _NO_JUDGEMENT
    ]
    touched = {(change.layer, change.id) for change in found if change.after is not None}
    layers = {
        layer: tuple(
            msgspec.structs.replace(record, origin="adjudicated")
            if (layer, str(record.id)) in touched
            else record
            for record in records_of(after, layer)
        )
        for layer in {layer for layer, _ in touched}
    }
    reason = f"decided in the labelling page by {by} on {on}"
    return msgspec.structs.replace(after, **layers), [
        _line(change, after, reason) for change in found
    ]


def _line(change: Change, document: Document, reason: str) -> Adjudication:
    record = change.after or change.before
    assert record is not None
    readings: dict[str, Any] = {"gold": None, "page": None}
    for side, version in (("gold", change.before), ("page", change.after)):
        if version is not None:
            plain = msgspec.to_builtins(version)
            fields = [name for name in change.fields if name not in _NO_JUDGEMENT] or [
                name for name in plain if name not in _NO_JUDGEMENT
            ]
            readings[side] = {"id": change.id, **{name: plain[name] for name in fields}}
    return Adjudication(
        doc_id=document.doc_id,
        layer=change.layer,
        line=document.text.count("\n", 0, reading_order(record)[0]) + 1,
        stage=STAGE,
        passes=readings,
        decision=() if change.after is None else (change.id,),
        outcome=change.kind,
        reason=reason,
    )
