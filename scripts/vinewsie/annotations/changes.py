"""Differences between two states of a document's labels, record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from vinewsie.findings import shortened
from vinewsie.messages import Message, say
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, records_of

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_SAID = {"added": say("added"), "removed": say("removed"), "changed": say("changed")}


@dataclass(frozen=True)
class Change:
    """A record that was added, removed or changed.

    Args:
        layer: the layer of the record.
        id: its id, which is the same before and after.
        before: the old record, None if it was added.
        after: the new record, None if it was removed.
    """

    layer: str
    id: str
    before: AnyRecord | None
    after: AnyRecord | None

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def fields(self) -> list[str]:
        """The fields that differ; empty for a record that was added or removed."""
        if self.before is None or self.after is None:
            return []
        old, new = fields_of(self.before), fields_of(self.after)
        return [name for name in new if old[name] != new[name]]

    @property
    def message(self) -> Message:
        """The change on one line."""
        record = self.after or self.before
        assert record is not None
        return say(
            "{layer} {id} “{words}” {kind}{fields}",
            layer=self.layer,
            id=self.id,
            words=_surface(record),
            kind=_SAID[self.kind],
            fields=f": {', '.join(self.fields)}" if self.kind == "changed" else "",
        )

    def __str__(self) -> str:
        return str(self.message)


def fields_of(record: AnyRecord) -> dict[str, Any]:
    """A record's fields by name."""
    return {name: getattr(record, name) for name in record.__struct_fields__}


def changes(before: Document, after: Document) -> list[Change]:
    """The changes between two states of a document, layer by layer.

    Added and changed records come first, in the order of ``after``, then the removed ones.
    """
    found = []
    for layer in RECORD_TYPES:
        old = {str(record.id): record for record in records_of(before, layer)}
        new = {str(record.id): record for record in records_of(after, layer)}
        found += [
            Change(layer, i, old.get(i), record)
            for i, record in new.items()
            if old.get(i) != record
        ]
        found += [Change(layer, i, record, None) for i, record in old.items() if i not in new]
    return found


def summary(found: Iterable[Change]) -> str:
    """The number of changes by layer: ``entities +1 ~2, quotes -1``; empty without changes."""
    counts: dict[str, Counter[str]] = {}
    for change in found:
        counts.setdefault(change.layer, Counter())[_SIGNS[change.kind]] += 1
    return ", ".join(
        " ".join([layer, *(f"{s}{n[s]}" for s in "+-~" if n[s])]) for layer, n in counts.items()
    )


def _surface(record: AnyRecord) -> str:
    text: str | None = getattr(record, "text", None)
    if text is None:
        text = msgspec.json.encode(getattr(record, "content", None)).decode()
    return shortened(text, 40)
