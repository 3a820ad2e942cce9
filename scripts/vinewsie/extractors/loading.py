"""Loads the extractors that run in Python."""

from __future__ import annotations

import importlib
import operator
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.extractors.answers import Answer, call, describe, pop_error, total
from vinewsie.extractors.catalogue import Extractor, ExtractorError, UnknownExtractorError
from vinewsie.extractors.spec import BuiltInSpec, CombinedSpec, FunctionSpec, PythonSpec
from vinewsie.model import RECORD_TYPES, Document


def load(spec: PythonSpec) -> Extractor:
    """The extractor of a SPEC, ready to run.

    Raises:
        UnknownExtractorError: it does not exist or cannot run here; the message says what is
            missing.
    """
    match spec:
        case BuiltInSpec():
            return spec.built_in.make(spec.argument)
        case FunctionSpec():
            return _function(spec)
        case CombinedSpec():
            return _combined(spec)


def _function(spec: FunctionSpec) -> Extractor:
    # As with python -m, a module in the current folder can be named.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(spec.module)
    except ModuleNotFoundError as error:
        file = Path(spec.module)
        hint = (
            f"; write {file.stem}:{spec.attribute}, from the file's folder"
            if file.suffix == ".py"
            else ""
        )
        raise UnknownExtractorError(f"{spec.text}: no module {error.name!r} here{hint}") from error
    except (Exception, SystemExit) as error:
        raise UnknownExtractorError(
            f"{spec.text}: importing {spec.module} failed: {describe(error)}"
        ) from error
    try:
        function = operator.attrgetter(spec.attribute)(module)
    except AttributeError as error:
        raise UnknownExtractorError(
            f"{spec.text}: module {spec.module} has no {spec.attribute!r}"
        ) from error
    if not callable(function):
        raise UnknownExtractorError(
            f"{spec.text}: {spec.attribute} is a {type(function).__name__}, not a function"
        )
    extractor: Extractor = function
    return extractor


def _combined(spec: CombinedSpec) -> Extractor:
    """Each layer from the first extractor that fills it, such as entities from one and dates from
    another.

    A built-in extractor fills the layers that it is listed with; a function those that its answers
    have. Of any other field the first counts, except ``info``, which is added up.
    """
    parts = [(part, load(part)) for part in spec.parts]

    def extract(document: Document) -> Answer:
        merged: Answer = {}
        infos = []
        for part, extractor in parts:
            answer = call(extractor, document)
            if (reason := pop_error(answer)) is not None:
                raise ExtractorError(f"{part.text}: {reason}")
            info = answer.pop("info", None)
            if not isinstance(info, Mapping | None):
                raise ExtractorError(f"{part.text}: info is {info!r}; expected an object")
            infos.append(info or {})
            merged = dict(_fields(part, answer)) | merged
        info = total(infos)
        return {**merged, "info": info} if info else merged

    return extract


def _fields(part: BuiltInSpec | FunctionSpec, answer: Answer) -> Iterator[tuple[str, Any]]:
    """The fields of an answer that its extractor may fill."""
    built_in = part.built_in if isinstance(part, BuiltInSpec) else None
    for field, value in answer.items():
        if field not in RECORD_TYPES or (built_in is None and value is not None):
            yield field, value
    for layer in built_in.layers if built_in is not None else ():
        yield layer, answer.get(layer) or []
