"""Extractors: finding one by its name, and running it over documents."""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.model import Document, Prediction

Extractor = Callable[[Document], object]
"""Is given a document without labels; returns a :class:`~vinewsie.model.Prediction` or a mapping in the native format."""

Output = dict[str, Any] | Prediction | Document
"""What an extractor may return."""

BUILT_IN: dict[str, tuple[str, str]] = {
    "rules": ("vinewsie.extractors.rules:extract", "general rules for Vietnamese news, all four layers, no dependencies"),
}
"""Built-in extractors: where they are and what they do."""


class ExtractorError(ValueError):
    """An extractor did not do its work; the message says which, and on which document."""


class UnknownExtractorError(ExtractorError):
    """There is no such extractor; the message says what is allowed."""


def resolve(spec: str) -> Extractor:
    """The extractor of a SPEC: a built-in name or ``module:function``.

    Raises:
        UnknownExtractorError: there is none; the message says what is allowed.
    """
    target = BUILT_IN[spec][0] if spec in BUILT_IN else spec
    module_name, colon, attribute = target.partition(":")
    if not colon or not module_name or not attribute:
        raise UnknownExtractorError(f"no extractor {spec!r}; give a built-in one ({', '.join(BUILT_IN)}) or module:function")
    # As with python -m, a module in the current folder can be named.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        raise UnknownExtractorError(f"{spec}: no module {error.name!r} here") from error
    except AttributeError as error:
        raise UnknownExtractorError(f"{spec}: module {module_name} has no {attribute!r}") from error
    except Exception as error:
        raise UnknownExtractorError(f"{spec}: importing {module_name} failed: {_last_line(error)}") from error
    if not callable(found):
        raise UnknownExtractorError(f"{spec}: {attribute} is a {type(found).__name__}, not a function")
    extractor: Extractor = found
    return extractor


def name_of(extractor: Extractor) -> str:
    """How a result names an extractor: its SPEC."""
    target = f"{getattr(extractor, '__module__', '')}:{getattr(extractor, '__qualname__', type(extractor).__name__)}"
    built_in = {where: name for name, (where, _) in BUILT_IN.items()}
    return built_in.get(target, target)


def run(extractor: Extractor, documents: Iterable[Document], progress: float = 2.0) -> Iterator[Output]:
    """What the extractor says of each document, in order.

    Args:
        extractor: is given each document without its labels.
        documents: the documents.
        progress: after so many seconds, progress is shown on stderr.

    Raises:
        ExtractorError: the extractor raised, or returned nothing that could be a prediction.
    """
    documents = list(documents)
    begun = time.monotonic()
    for number, document in enumerate(documents, start=1):
        try:
            # stdout is the result's; what an extractor prints is for the person who runs it.
            with contextlib.redirect_stdout(sys.stderr):
                output = extractor(document.unlabelled())
        except (Exception, SystemExit) as error:
            where = _last_line(error)
            raise ExtractorError(f"{name_of(extractor)} failed on {document.doc_id}: {where}") from error
        if isinstance(output, dict) and "doc_id" not in output:
            output = {"doc_id": document.doc_id, **output}
        if not isinstance(output, dict | Prediction | Document):
            kind = type(output).__name__
            raise ExtractorError(
                f"{name_of(extractor)} returned a {kind} for {document.doc_id}; expected a Prediction or a dict of records"
            )
        output = _plain(output, f"{name_of(extractor)} on {document.doc_id}")
        given = output["doc_id"] if isinstance(output, dict) else output.doc_id
        if given != document.doc_id:
            raise ExtractorError(f"{name_of(extractor)} was given {document.doc_id} and answered for {given!r}")
        yield output
        if time.monotonic() - begun > progress:
            end = "\n" if number == len(documents) else "\r"
            print(f"{name_of(extractor)}: {number} of {len(documents)} documents", end=end, file=sys.stderr, flush=True)


def _plain(output: Output, who: str) -> Output:
    """The output in JSON's own types; numbers of numpy and the like become Python's."""

    def convert(value: Any) -> Any:
        if hasattr(value, "item"):
            return value.item()
        raise TypeError(f"a {type(value).__name__} ({value!r}) is nothing that JSON can hold")

    if not isinstance(output, dict):
        return output
    try:
        plain: dict[str, Any] = msgspec.to_builtins(output, enc_hook=convert, str_keys=True)
        msgspec.json.encode(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise ExtractorError(f"{who}: {error}") from error
    return plain


def _last_line(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
