"""The scheme of a layer of annotation: its labels and its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from vinewsie.findings import Finding
from vinewsie.model import Document
from vinewsie.registry import Registry

Check = Callable[[Document, Registry], Iterator[Finding]]


@dataclass(frozen=True)
class Layer:
    """A layer of annotation.

    Args:
        name: the field of a document that holds the layer's records.
        title: the name in headings.
        label_field: the field by whose values results are broken down.
        vocabularies: the closed sets of values by field, each value with its meaning.
        check: checks gold beyond spans, vocabularies and ids.
    """

    name: str
    title: str
    label_field: str
    vocabularies: Mapping[str, Mapping[str, str]]
    check: Check
