"""Label inventories of entities, native and other, and user-supplied maps from label to label."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vinewsie.files import read_text
from vinewsie.findings import Finding, FindingsError

TYPES = {
    "PER": "named people",
    "ORG": "organisations: bodies, media, companies, armed groups",
    "GPE": "countries, states, provinces, cities",
    "LOC": "other places: continents, regions, peninsulas, seas",
    "FAC": "buildings and installations, embassies",
    "EVENT": "events and holidays with a conventional name",
    "PROD": "named products, weapons, vehicles",
    "MISC": "other proper names: initiatives, laws, treaties, works",
}
"""The native types."""

_FOUR = {
    "PER": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "EVENT": "MISC",
    "PROD": "MISC",
    "MISC": "MISC",
}
_THREE = {native: label if label != "MISC" else None for native, label in _FOUR.items()}

SCHEMES: dict[str, dict[str, str | None]] = {
    "vlsp2016": dict(_FOUR),
    "vlsp2018": dict(_THREE),
    "uner": dict(_THREE),
    "ontonotes": {
        "PER": "PERSON",
        "ORG": "ORG",
        "GPE": "GPE",
        "LOC": "LOC",
        "FAC": "FAC",
        "EVENT": "EVENT",
        "PROD": "PRODUCT",
        "MISC": None,
    },
    "conll": dict(_FOUR),
}
"""Other inventories: the label of each native type, None where the mention is dropped because the
inventory has no label for it.
"""

_LONG: dict[str, str | None] = {"PERSON": "PER", "LOCATION": "LOC", "ORGANIZATION": "ORG"}
_SPELLINGS: dict[str, dict[str, str | None]] = {
    "vlsp2016": {**_LONG, "MISCELLANEOUS": "MISC"},
    "vlsp2018": {**_LONG, "MISCELLANEOUS": None},
    "uner": {**_LONG, "OTH": None, "OTHER": None},
    "conll": {**_LONG, "MISCELLANEOUS": "MISC"},
    "ontonotes": dict.fromkeys(
        (
            "NORP",
            "LAW",
            "LANGUAGE",
            "WORK_OF_ART",
            "DATE",
            "TIME",
            "PERCENT",
            "MONEY",
            "QUANTITY",
            "ORDINAL",
            "CARDINAL",
        ),
    ),
}
"""Further labels of predictions under an inventory: other spellings of its labels, and labels that
no native type corresponds to (None: dropped).
"""


def labels_of(scheme: str) -> frozenset[str] | None:
    """The labels that predictions may have under a scheme, None for any label.

    These are the labels of the inventory, the labels that it drops, and the native types.
    """
    if scheme == "any":
        return None
    own = {label for label in SCHEMES.get(scheme, {}).values() if label is not None}
    return frozenset(own | TYPES.keys() | _SPELLINGS.get(scheme, {}).keys())


@dataclass(frozen=True)
class LabelMap(Mapping[str, str | None]):
    """A user-supplied map of labels, for gold and predictions alike.

    Args:
        labels: the new label of each label, None for a label that is dropped. Other labels stay
            unchanged.
    """

    labels: Mapping[str, str | None]

    def __getitem__(self, label: str) -> str | None:
        return self.labels[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def sha256(self) -> str:
        """The sha256 of the map, which identifies it in signatures."""
        return hashlib.sha256(msgspec.json.encode(dict(sorted(self.labels.items())))).hexdigest()

    @property
    def names(self) -> frozenset[str]:
        """All labels that the map mentions, old and new."""
        return frozenset(self.labels) | frozenset(
            label for label in self.labels.values() if label is not None
        )

    @classmethod
    def of(cls, labels: Mapping[str, str | None]) -> LabelMap:
        """Makes a map from a plain one.

        Raises:
            ValueError: a key is not a string, or a value neither a string nor None.
        """
        try:
            return cls(msgspec.convert(labels, dict[str, str | None]))
        except msgspec.ValidationError as error:
            raise ValueError(
                f"labels: {error}; a map gives a label, or None to drop it, for each label"
            ) from error

    @classmethod
    def load(cls, path: Path) -> LabelMap:
        """Reads a map from a JSON object.

        Raises:
            FindingsError: the file is not an object of strings and nulls.
        """
        try:
            return cls(
                msgspec.json.decode(
                    read_text(path).removeprefix("\ufeff"), type=dict[str, str | None]
                )
            )
        except (msgspec.DecodeError, RecursionError) as error:
            example = '{"PERSON": "PER", "GPE": "LOC", "MISC": null}'
            message = f"{error}; a map of labels is one JSON object such as {example}"
            raise FindingsError([Finding("format", message, file=str(path))]) from error


def renaming(scheme: str, label_map: LabelMap | None) -> Callable[[str], str | None] | None:
    """The function that maps a label, first by the user's map, then to the scheme.

    Args:
        scheme: the inventory; one that is not in :data:`SCHEMES` maps nothing.
        label_map: the user's map.

    Returns:
        A function that returns None for a label that is dropped; or None where every label stays
        unchanged.
    """
    if scheme not in SCHEMES and label_map is None:
        return None
    known = {**SCHEMES.get(scheme, {}), **_SPELLINGS.get(scheme, {})}

    def renamed(label: str) -> str | None:
        mapped = label_map.get(label, label) if label_map is not None else label
        return None if mapped is None else known.get(mapped, mapped)

    return renamed
