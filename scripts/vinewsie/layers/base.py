"""What a layer consists of: its labels, its checks, its measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from vinewsie.findings import Finding
from vinewsie.model import Document, Prediction
from vinewsie.registry import Registry, SpeakerNames

NO_LABEL = "(none)"
"""Stands for the label of an answer that an extractor gave without one."""


@dataclass(frozen=True)
class Answer:
    """A gold or predicted answer as counting sees it.

    ``offset`` is where it begins (None when a predicted surface has no place in the text), ``record`` its index among the
    document's records of the layer.
    """

    label: str
    offset: int | None
    record: int


@dataclass(frozen=True)
class Aligned:
    """The outcome of one measure on one document: gold answers, predicted answers, and the pairs that match."""

    golds: tuple[Answer, ...]
    predicted: tuple[Answer, ...]
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """One document to be scored: gold, prediction, and the way to look speakers' names up."""

    gold: Document
    prediction: Prediction
    names: SpeakerNames


@dataclass(frozen=True)
class MeasureDefinition:
    """What a measure counts.

    ``params`` lists the parameters of its own with their values, the default first. ``align`` finds the matching pairs of a case.
    """

    name: str
    matches: str
    source: str
    align: Callable[[Case, Mapping[str, str]], Aligned]
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headline: bool = False


Check = Callable[[Document, Registry], Iterator[Finding]]


@dataclass(frozen=True)
class Layer:
    """A layer of annotation.

    ``records`` is the field of a document that holds its records, ``vocabularies`` the closed sets of values by field (value to
    meaning), ``label_field`` the field whose value a result is broken down by, ``check`` what gold must satisfy beyond the
    form of its records.
    """

    name: str
    records: str
    title: str
    label_field: str
    vocabularies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    check: Check | None = None
    measures: tuple[MeasureDefinition, ...] = ()
