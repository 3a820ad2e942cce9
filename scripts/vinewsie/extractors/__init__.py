"""Extractors: the built-in ones, finding one by its SPEC, and running it over documents."""

from __future__ import annotations

import importlib
import operator
import sys
import traceback
from pathlib import Path

from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError, UnknownExtractorError

__all__ = [
    "BUILT_IN",
    "Extractor",
    "ExtractorError",
    "UnknownExtractorError",
    "last_line",
    "name_of",
    "one_line",
    "resolve",
]

SPECS = (
    "a built-in one (vinewsie extractors), module:function, cmd:COMMAND, http://…, or combine:A+B"
)
"""What a SPEC may be."""


def resolve(spec: str) -> Extractor:
    """The extractor of a SPEC that runs in Python: a built-in one, ``module:function``, or
    ``combine:A+B``.

    Raises:
        UnknownExtractorError: there is none, or it cannot run here; the message says what is
            allowed or missing.
    """
    name, colon, rest = spec.partition(":")
    if name in BUILT_IN:
        return BUILT_IN[name].make(rest if colon else None)
    if name == "combine":
        from vinewsie.extractors.combine import combined

        return combined(rest)
    if not colon or not name or not rest:
        raise UnknownExtractorError(f"no extractor {spec!r}; give {SPECS}")
    return _function(spec, name, rest)


def _function(spec: str, module_name: str, attribute: str) -> Extractor:
    # As with python -m, a module in the current folder can be named.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        file = Path(module_name)
        hint = (
            f"; write {file.stem}:{attribute}, from the file's folder"
            if file.suffix == ".py"
            else ""
        )
        raise UnknownExtractorError(f"{spec}: no module {error.name!r} here{hint}") from error
    except (Exception, SystemExit) as error:
        raise UnknownExtractorError(
            f"{spec}: importing {module_name} failed: {last_line(error)}"
        ) from error
    try:
        found = operator.attrgetter(attribute)(module)
    except AttributeError as error:
        raise UnknownExtractorError(f"{spec}: module {module_name} has no {attribute!r}") from error
    if not callable(found):
        raise UnknownExtractorError(
            f"{spec}: {attribute} is a {type(found).__name__}, not a function"
        )
    extractor: Extractor = found
    return extractor


def name_of(extractor: Extractor) -> str:
    """How a result names an extractor that was given as a function."""
    return f"{getattr(extractor, '__module__', '')}:{getattr(extractor, '__qualname__', type(extractor).__name__)}"


def one_line(text: str, limit: int = 300) -> str:
    """A text in one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def last_line(error: BaseException) -> str:
    """An exception in one line, with the place where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    said = one_line(str(error), 200)
    return f"{type(error).__name__}{': ' if said else ''}{said}{place}"
