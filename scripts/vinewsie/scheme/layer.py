"""What the scheme says of a layer: its labels and its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from vinewsie.findings import Finding
from vinewsie.model import Document
from vinewsie.registry import Registry

Check = Callable[[Document, Registry], Iterator[Finding]]


@dataclass(frozen=True)
class Layer:
    """A layer of annotation.

    Args:
        name: the field of a document that holds the layer's records.
        title: the name for people.
        label_field: the field whose value a result is broken down by.
        vocabularies: the closed sets of values by field, each value with its meaning.
        check: what gold must satisfy beyond the form of its records.
    """

    name: str
    title: str
    label_field: str
    vocabularies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    check: Check | None = None
