"""Loads the extractors that run in Python."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import operator
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from vinewsie.extractors.answers import Answer, call, describe, pop_error, total
from vinewsie.extractors.awaiting import is_async
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
            return CombinedExtractor(spec)


def _function(spec: FunctionSpec) -> Extractor:
    if spec.file is not None and not spec.file.is_file():
        raise UnknownExtractorError(f"{spec.text}: no file {spec.module!r}")
    # A module of the folder can be named; it comes last, so that it replaces no other.
    folder = str(Path.cwd() if spec.file is None else spec.file.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        if spec.file is None:
            module = importlib.import_module(spec.module)
        else:
            module = _module_of(spec.file.resolve())
    except ModuleNotFoundError as error:
        raise UnknownExtractorError(f"{spec.text}: no module {error.name!r} here") from error
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


def _module_of(file: Path) -> ModuleType:
    """The module of a file whose folder is searched. If its name means another module, it is loaded
    under its path, and replaces none.
    """
    found = importlib.util.find_spec(file.stem) if file.stem.isidentifier() else None
    if found is not None and found.origin == str(file):
        return importlib.import_module(file.stem)
    spec = importlib.util.spec_from_file_location(str(file), file)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = sys.modules[str(file)] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def takes_several(extractor: Extractor) -> bool:
    """Whether an extractor, or a part of a combined one, is an ``async def``, so that it can be
    given several documents at the same time.
    """
    parts = extractor.parts if isinstance(extractor, CombinedExtractor) else [extractor]
    return any(map(is_async, parts))


class CombinedExtractor:
    """Each layer from the first extractor that fills it, such as entities from one and dates from
    another.

    A built-in extractor fills the layers that it is listed with; a function those that its answers
    have. Of any other field the first counts, except ``info``, which is added up. Parts that are
    no ``async def`` are given one document at a time, whatever the number of threads.

    Args:
        spec: the extractors.
    """

    def __init__(self, spec: CombinedSpec) -> None:
        self._specs = spec.parts
        self.parts = [load(part) for part in spec.parts]
        self._alone = [
            contextlib.nullcontext() if is_async(part) else threading.Lock() for part in self.parts
        ]

    def __call__(self, document: Document) -> Answer:
        """The answers for a document, merged."""
        merged: Answer = {}
        infos = []
        for part, extractor, alone in zip(self._specs, self.parts, self._alone, strict=True):
            with alone:
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


def _fields(part: BuiltInSpec | FunctionSpec, answer: Answer) -> Iterator[tuple[str, Any]]:
    """The fields of an answer that its extractor may fill."""
    built_in = part.built_in if isinstance(part, BuiltInSpec) else None
    for field, value in answer.items():
        if field not in RECORD_TYPES or (built_in is None and value is not None):
            yield field, value
    for layer in built_in.layers if built_in is not None else ():
        yield layer, answer.get(layer) or []
