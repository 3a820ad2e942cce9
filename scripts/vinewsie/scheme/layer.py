"""The scheme of a layer of annotation: its labels and its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from vinewsie.findings import Finding
from vinewsie.model import Document
from vinewsie.registry import Registry


@dataclass(frozen=True)
class Scope:
    """What gold annotates, so that a value that is missing differs from one that is not annotated.

    Args:
        registry: the entity registry; None for gold without one, whose keys are not looked up.
        fields: the annotated fields as ``layer.field``; None if all are.
    """

    registry: Registry | None
    fields: frozenset[str] | None = None

    @property
    def complete(self) -> bool:
        """Whether every field is annotated."""
        return self.fields is None

    def annotates(self, *names: str) -> bool:
        """Whether these fields are annotated."""
        return self.fields is None or self.fields.issuperset(names)


Check = Callable[[Document, Scope], Iterator[Finding]]


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
