"""Gold after a person's changes: a record that says something else is adjudicated, with a line on
what was changed and by whom.
"""

from __future__ import annotations

from typing import Any

import msgspec

from vinewsie.annotations.changes import Change, changes
from vinewsie.annotations.store import Adjudication
from vinewsie.model import Document, reading_order, records_of

STAGE = "person"
"""The stage of these decisions in ``adjudication.jsonl``."""

_NOT_SAID = frozenset({"origin", "human_verified", "text"})
"""Fields that say nothing of the text."""


def decided(
    before: Document, after: Document, by: str, on: str
) -> tuple[Document, list[Adjudication]]:
    """The document with the origins that follow from the changes, and a decision for each.

    Args:
        before: the gold as it was.
        after: the gold as the page has it.
        by: the person's e-mail address.
        on: the day, ISO.
    """
    found = [
        c
        for c in changes(before, after)
        if c.before is None or c.after is None or set(c.fields) - _NOT_SAID
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
    said: dict[str, Any] = {"gold": None, "page": None}
    for side, there in (("gold", change.before), ("page", change.after)):
        if there is not None:
            plain = msgspec.to_builtins(there)
            fields = [name for name in change.fields if name not in _NOT_SAID] or [
                name for name in plain if name not in _NOT_SAID
            ]
            said[side] = {"id": change.id} | {name: plain[name] for name in fields if name in plain}
    return Adjudication(
        doc_id=document.doc_id,
        layer=change.layer,
        line=document.text.count("\n", 0, reading_order(record)[0]) + 1,
        stage=STAGE,
        passes=said,
        decision=() if change.after is None else (change.id,),
        outcome="added"
        if change.before is None
        else "removed"
        if change.after is None
        else "changed",
        reason=reason,
    )
