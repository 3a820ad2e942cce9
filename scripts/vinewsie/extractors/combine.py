"""Several extractors as one: each layer from the first that fills it, such as entities from one and
dates from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vinewsie import extractors
from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError, UnknownExtractorError
from vinewsie.extractors.running import summed
from vinewsie.extractors.worker import answer_of, reason_in
from vinewsie.model import RECORD_TYPES, Document


def combined(specs: str) -> Extractor:
    """The extractor of ``A+B+…``.

    A built-in extractor fills the layers that it is listed with; another one those that its answers
    have. What extractors tell of their work (``info``) is added up; of any other field the first
    counts.

    Raises:
        UnknownExtractorError: fewer than two are named, or one of them is unknown or cannot run
            here.
    """
    names = specs.split("+")
    if len(names) < 2 or not all(names):
        raise UnknownExtractorError(
            f"combine:{specs}: name at least two extractors, as in combine:underthesea+heideltime"
        )
    if elsewhere := [
        name for name in names if name.lower().startswith(("cmd:", "http://", "https://"))
    ]:
        raise UnknownExtractorError(
            f"combine:{specs}: combine takes built-in extractors and module:function, not {elsewhere[0]}"
        )
    parts = [(name, extractors.resolve(name)) for name in names]

    def extract(document: Document) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        infos = []
        for name, extractor in parts:
            answer = answer_of(extractor, document)
            if (reason := reason_in(answer)) is not None:
                raise ExtractorError(f"{name}: {reason}")
            info = answer.pop("info", None)
            if not isinstance(info, Mapping | None):
                raise ExtractorError(f"{name}: info is {info!r}; expected an object")
            infos.append(info or {})
            merged = dict(_claims(name, answer)) | merged
        told = summed(infos)
        return {**merged, "info": told} if told else merged

    return extract


def _claims(spec: str, answer: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of an answer that are its extractor's to fill."""
    built_in = BUILT_IN.get(spec.partition(":")[0])
    for field, value in answer.items():
        if field not in RECORD_TYPES or (built_in is None and value is not None):
            yield field, value
    for layer in built_in.layers if built_in is not None else ():
        yield layer, answer.get(layer) or []
