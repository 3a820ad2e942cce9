"""What is remembered of each task, on the task itself: how files and page stood to each other when
they last agreed.

With that, a push knows whether a person has changed what was sent, and a pull whether the files
have changed since; and a region that was drawn in the page has the same record id in every pull.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vinewsie.formats.label_studio.config import LABELS
from vinewsie.formats.label_studio.drawing import region_ids
from vinewsie.formats.label_studio.page import canonical
from vinewsie.model import RECORD_TYPES, Document, records_of

Result = list[dict[str, Any]]
"""Regions and relations, as Label Studio keeps them."""


class Agreed(msgspec.Struct, frozen=True):
    """The sha256 of a document with its labels, and of the result that said the same in the
    page.
    """

    labels: str
    result: str


class Memory(msgspec.Struct, frozen=True):
    """What is kept under ``vinewsie`` in a task's ``meta``.

    Args:
        source: the folder below ``annotations/`` whose labels the task was made with; empty for
            none.
        agreed: for each folder with which the page has been in step, what they then said.
        ids: the record id of each region that was drawn in the page.
    """

    source: str = ""
    agreed: dict[str, Agreed] = {}
    ids: dict[str, str] = {}

    @staticmethod
    def of(meta: Mapping[str, Any] | None) -> Memory | None:
        """The memory in a task's ``meta``; None if there is none that can be read."""
        try:
            return msgspec.convert((meta or {}).get("vinewsie"), Memory)
        except msgspec.ValidationError:
            return None

    def with_agreed(
        self, folder: str, document: Document, result: Sequence[Mapping[str, Any]]
    ) -> Memory:
        """The memory after the page and a folder have come into step."""
        agreed = Agreed(labels_hash(document), result_hash(result))
        return msgspec.structs.replace(self, agreed={**self.agreed, folder: agreed})

    def with_ids(self, ids: Mapping[str, str]) -> Memory:
        """The memory with these record ids beside those that it has."""
        return msgspec.structs.replace(self, ids={**self.ids, **ids})

    def to_meta(self, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The memory as a task's ``meta``, beside what else that holds."""
        return {**(meta or {}), "vinewsie": msgspec.to_builtins(self)}


def labels_hash(document: Document) -> str:
    """The sha256 of a document with its labels."""
    return hashlib.sha256(msgspec.json.encode(document)).hexdigest()


def result_hash(result: Sequence[Mapping[str, Any]]) -> str:
    """The sha256 of a result in its canonical form."""
    return hashlib.sha256(msgspec.json.encode(canonical(result))).hexdigest()


def named(
    result: Sequence[Mapping[str, Any]], base: Document, ids: Mapping[str, str]
) -> tuple[Result, dict[str, str]]:
    """The result with record ids in the place of the ids that the page made up for its regions; and
    these pairs.

    Args:
        result: an annotation's result.
        base: the document that the page showed: its ids are taken.
        ids: the record ids that regions were given before.
    """
    used = {layer: {str(record.id) for record in records_of(base, layer)} for layer in RECORD_TYPES}
    regions = [
        (str(item.get("id")), layer) for item in result if (layer := _layer(item)) is not None
    ]
    for region, layer in regions:
        used[layer].update(name for name in (region, ids.get(region, "")) if _is_own(name, layer))
    given: dict[str, str] = {}
    known = {(layer, region) for (layer, _), region in region_ids(base).items()}
    for region, layer in regions:
        if (layer, region) in known or _is_own(region, layer):
            continue
        name = ids.get(region, "")
        if not _is_own(name, layer):
            last = max((int(name[1:]) for name in used[layer] if _is_own(name, layer)), default=0)
            name = f"{layer[0]}{last + 1}"
        used[layer].add(name)
        given[region] = name
    return [_renamed(item, given) for item in result], given


def _layer(item: Mapping[str, Any]) -> str | None:
    """The layer of an item that labels a record's region."""
    value = item.get("value")
    labels = (
        value.get("labels") if item.get("type") == "labels" and isinstance(value, Mapping) else None
    )
    label = LABELS.get(str(labels[0])) if labels else None
    return label.layer if label is not None else None


def _is_own(name: str, layer: str) -> bool:
    """Whether an id is of the form that the project gives: the layer's first letter and a
    number.
    """
    return name[:1] == layer[0] and name[1:].isascii() and name[1:].isdigit()


def _renamed(item: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    return {
        **item,
        **{
            key: ids.get(str(item[key]), item[key])
            for key in ("id", "from_id", "to_id")
            if key in item
        },
    }
