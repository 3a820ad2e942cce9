"""Differences between two states of a document, field by field."""

from __future__ import annotations

from typing import Any

from vinewsie.model import RECORD_TYPES, Document, records_of


def only_change(before: Document, after: Document) -> list[tuple[str, str | None, str, Any]]:
    """The fields that differ, as (layer, id, field, new value).

    A record that was added or deleted is the field "record".
    """
    found: list[tuple[str, str | None, str, Any]] = []
    assert (after.doc_id, after.text, after.segments) == (
        before.doc_id,
        before.text,
        before.segments,
    )
    for layer in RECORD_TYPES:
        old, new = (
            {record.id: record for record in records_of(document, layer)}
            for document in (before, after)
        )
        for id_ in [*old, *(id_ for id_ in new if id_ not in old)]:
            if id_ not in old or id_ not in new:
                found.append((layer, id_, "record", new.get(id_)))
                continue
            fields = old[id_].__struct_fields__
            found += [
                (layer, id_, f, getattr(new[id_], f))
                for f in fields
                if getattr(new[id_], f) != getattr(old[id_], f)
            ]
    return found
