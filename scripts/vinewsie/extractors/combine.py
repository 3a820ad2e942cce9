"""Several extractors as one: each layer from the first that fills it, such as entities from one and dates from another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from vinewsie import extractors
from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError, UnknownExtractorError
from vinewsie.model import RECORD_TYPES, Document


def combined(specs: str) -> Extractor:
    """The extractor of ``A+B+…``.

    A built-in extractor fills the layers that it is listed with; another one those that its answers have.

    Raises:
        UnknownExtractorError: fewer than two are named, or one of them is unknown or cannot run here.
    """
    names = specs.split("+")
    if len(names) < 2 or not all(names):
        raise UnknownExtractorError(f"combine:{specs}: name at least two extractors, as in combine:underthesea+heideltime")
    parts = [(name, extractors.resolve(name), _layers(name)) for name in names]

    def extract(document: Document) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for name, extractor, layers in parts:
            answer = msgspec.to_builtins(extractor(document))
            if not isinstance(answer, Mapping):
                raise ExtractorError(f"{name} returned a {type(answer).__name__}; expected a Prediction or a dict of records")
            for layer in layers if layers is not None else [layer for layer in RECORD_TYPES if layer in answer]:
                merged.setdefault(layer, answer.get(layer, []))
        return merged

    return extract


def _layers(spec: str) -> tuple[str, ...] | None:
    built_in = BUILT_IN.get(spec.partition(":")[0])
    return built_in.layers if built_in is not None else None
