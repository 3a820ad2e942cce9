"""Differences between two states of a document's labels, record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vinewsie.findings import shortened
from vinewsie.formats.label_studio.config import field_word, word
from vinewsie.messages import Message, joined, say
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Quote, records_of

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
        words: the words that the record labels; those of a quotation are its content.
    """

    layer: str
    id: str
    before: AnyRecord | None
    after: AnyRecord | None
    words: str = ""

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
        return say(
            "{layer} {id} “{words}” {kind}{fields}",
            layer=word(self.layer),
            id=self.id,
            words=shortened(self.words, 40),
            kind=_SAID[self.kind],
            fields=joined([": ", joined(map(field_word, self.fields))], "") if self.fields else "",
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
            Change(layer, i, old.get(i), record, words_of(record, after.text))
            for i, record in new.items()
            if old.get(i) != record
        ]
        found += [
            Change(layer, i, record, None, words_of(record, before.text))
            for i, record in old.items()
            if i not in new
        ]
    return found


def words_of(record: AnyRecord, text: str) -> str:
    """The words that a record labels; pieces of a quotation are joined by an ellipsis.

    Args:
        record: the record.
        text: the document's text.
    """
    spans = record.content or () if isinstance(record, Quote) else (record,)
    return " … ".join(text[span.start : span.end] for span in spans)


def summary(found: Iterable[Change]) -> Message:
    """The number of changes by layer: ``entities +1 ~2, quotes -1``; empty without changes."""
    counts: dict[str, Counter[str]] = {}
    for change in found:
        counts.setdefault(change.layer, Counter())[_SIGNS[change.kind]] += 1
    return joined(
        joined([word(layer), *(f"{sign}{n[sign]}" for sign in "+-~" if n[sign])], " ")
        for layer, n in counts.items()
    )
