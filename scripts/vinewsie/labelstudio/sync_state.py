"""The state of synchronisation between a task and the label files, kept in the task's ``meta``.

A push reads from it whether the page has changed since the last push or pull, and a pull whether
the files have changed. It also keeps the record id of each region that was drawn in the page, so
that the region has the same id in every pull.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vinewsie.formats.label_studio.config import ALL, LABELS, scheme_value
from vinewsie.formats.label_studio.drawing import region_ids
from vinewsie.formats.label_studio.page import canonical
from vinewsie.formats.label_studio.tasks import in_layers
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.record_ids import is_record_id, new_ids

ResultItems = list[dict[str, Any]]
"""The ``result`` of an annotation: regions, their fields, and relations."""


class SyncPoint(msgspec.Struct, frozen=True):
    """A moment when page and files had the same labels.

    Args:
        labels: the sha256 of the document with the labels of the files, of the page's layers.
        result: the sha256 of the page's result.
    """

    labels: str
    result: str


class SyncState(msgspec.Struct, frozen=True):
    """The contents of ``vinewsie`` in a task's ``meta``.

    Args:
        source: the folder below ``annotations/`` whose labels the task was made with; empty for
            none.
        agreed: the last point of agreement with each folder.
        ids: the record id of each region that was drawn in the page.
    """

    source: str = ""
    agreed: dict[str, SyncPoint] = {}
    ids: dict[str, str] = {}

    @staticmethod
    def of(meta: Mapping[str, Any] | None) -> SyncState | None:
        """The state in a task's ``meta``; None if there is none, or it is malformed."""
        try:
            return msgspec.convert((meta or {}).get("vinewsie"), SyncState)
        except msgspec.ValidationError:
            return None

    def with_agreed(
        self,
        folder: str,
        document: Document,
        result: Sequence[Mapping[str, Any]],
        layers: Sequence[str] = ALL,
    ) -> SyncState:
        """The state after page and files were made equal.

        Args:
            folder: the folder of the label files, below ``annotations/``.
            document: the document with the labels of the files.
            result: the page's result.
            layers: the layers that the page shows.
        """
        point = SyncPoint(labels_hash(document, layers), result_hash(result))
        return msgspec.structs.replace(self, agreed={**self.agreed, folder: point})

    def with_ids(self, ids: Mapping[str, str]) -> SyncState:
        """The state with further record ids of regions."""
        return msgspec.structs.replace(self, ids={**self.ids, **ids})

    def to_meta(self, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A task's ``meta`` with this state; other keys stay."""
        return {**(meta or {}), "vinewsie": msgspec.to_builtins(self)}


def labels_hash(document: Document, layers: Sequence[str] = ALL) -> str:
    """The sha256 of a document with its labels in these layers."""
    return hashlib.sha256(msgspec.json.encode(in_layers(document, layers))).hexdigest()


def result_hash(result: Sequence[Mapping[str, Any]]) -> str:
    """The sha256 of a result in its canonical form."""
    return hashlib.sha256(msgspec.json.encode(canonical(result))).hexdigest()


def with_record_ids(
    result: Sequence[Mapping[str, Any]], base: Document, ids: Mapping[str, str]
) -> tuple[ResultItems, dict[str, str]]:
    """Replaces the random ids of regions that were drawn in the page by record ids.

    Args:
        result: an annotation's result.
        base: the document that the page was made from; its ids are in use.
        ids: the record ids that regions were given before.

    Returns:
        The result, and the record id of each region whose id was replaced.
    """
    regions = [
        (str(item.get("id")), layer) for item in result if (layer := _layer(item)) is not None
    ]
    used = {layer: {str(record.id) for record in records_of(base, layer)} for layer in RECORD_TYPES}
    for region, layer in regions:
        used[layer] |= {region, ids.get(region, "")}
    free = {layer: new_ids(layer, names) for layer, names in used.items()}
    known = {(layer, region) for (layer, _), region in region_ids(base).items()}
    given: dict[str, str] = {}
    for region, layer in regions:
        if (layer, region) not in known and not is_record_id(region, layer):
            before = ids.get(region, "")
            given[region] = before if is_record_id(before, layer) else next(free[layer])
    return [_renamed(item, given) for item in result], given


def _layer(item: Mapping[str, Any]) -> str | None:
    """The layer of an item that labels a record's region."""
    value = item.get("value")
    labels = (
        value.get("labels") if item.get("type") == "labels" and isinstance(value, Mapping) else None
    )
    label = LABELS.get(scheme_value(str(labels[0]))) if labels else None
    return label.layer if label is not None else None


def _renamed(item: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    names = {key: item[key] for key in ("id", "from_id", "to_id") if key in item}
    return {**item, **{key: ids.get(str(name), name) for key, name in names.items()}}
