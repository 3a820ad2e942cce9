"""Label inventories of entities other than the native one, and maps from label to label that people
bring along.
"""

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
"""Other inventories: for each native type the label that it becomes, None for one that the
inventory lacks and that is dropped.
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
"""Further labels that predictions under an inventory carry: other spellings of its own, and labels
(None) that no native type becomes.
"""


def labels_of(scheme: str) -> frozenset[str] | None:
    """The labels that a prediction may carry under a scheme: its own, what it drops, and the native
    types; None for any label.
    """
    if scheme == "any":
        return None
    own = {label for label in SCHEMES.get(scheme, {}).values() if label is not None}
    return frozenset(own | TYPES.keys() | _SPELLINGS.get(scheme, {}).keys())


@dataclass(frozen=True)
class LabelMap(Mapping[str, str | None]):
    """A person's own map: what a label, on either side, becomes; None for one that is dropped. A
    label that it lacks stays as it is.
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
        """Identifies the map in signatures."""
        return hashlib.sha256(msgspec.json.encode(dict(sorted(self.labels.items())))).hexdigest()

    @property
    def names(self) -> frozenset[str]:
        """All labels that it knows."""
        return frozenset(self.labels) | frozenset(
            label for label in self.labels.values() if label is not None
        )

    @classmethod
    def of(cls, labels: Mapping[str, str | None]) -> LabelMap:
        """A map of plain values.

        Raises:
            ValueError: it is not one of strings to strings and nulls.
        """
        try:
            return cls(msgspec.convert(labels, dict[str, str | None]))
        except msgspec.ValidationError as error:
            raise ValueError(
                f"labels: {error}; a map goes from label to label, or to None for one that is dropped"
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
            message = f'{error}; a map of labels is one JSON object such as {{"PERSON": "PER", "GPE": "LOC", "MISC": null}}'
            raise FindingsError([Finding("format", message, file=str(path))]) from error


def renaming(scheme: str, own: LabelMap | None) -> Callable[[str], str | None] | None:
    """What labels become: first under a person's own map, then under the scheme; None where all
    stay as they are.
    """
    if scheme not in SCHEMES and own is None:
        return None
    known = {**SCHEMES.get(scheme, {}), **_SPELLINGS.get(scheme, {})}

    def renamed(label: str) -> str | None:
        mapped = own.get(label, label) if own is not None else label
        return None if mapped is None else known.get(mapped, mapped)

    return renamed
