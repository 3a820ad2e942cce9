"""The SPEC of an extractor, parsed once: a built-in extractor, a Python function, a command, a
service, or several extractors combined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vinewsie.extractors.catalogue import BUILT_IN, BuiltIn, UnknownExtractorError
from vinewsie.extractors.credentials import masked_url

FORMS = (
    "a built-in one (vinewsie extractors), module:function, path/to/file.py:function, "
    "cmd:COMMAND, http://…, or combine:A+B"
)
"""The forms of a SPEC."""


@dataclass(frozen=True)
class BuiltInSpec:
    """A built-in extractor with its argument: ``rules``, ``spacy:MODEL``."""

    text: str
    built_in: BuiltIn
    argument: str | None


@dataclass(frozen=True)
class FunctionSpec:
    """A Python callable: ``module:function``, ``module:object.method`` or
    ``path/to/file.py:function``.

    Args:
        text: the SPEC.
        module: the name of the module, or the path of its file.
        attribute: the function.
    """

    text: str
    module: str
    attribute: str

    @property
    def file(self) -> Path | None:
        """The file of the module, if the SPEC has its path."""
        return Path(self.module) if self.module.endswith(".py") else None


@dataclass(frozen=True)
class CommandSpec:
    """A shell command: ``cmd:COMMAND``."""

    text: str
    command: str


@dataclass(frozen=True)
class ServiceSpec:
    """A service over HTTP.

    Args:
        text: its URL without credentials, which is shown and stored.
        url: the address that documents are posted to.
    """

    text: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class CombinedSpec:
    """Several extractors as one: ``combine:A+B``."""

    text: str
    parts: tuple[BuiltInSpec | FunctionSpec, ...]


PythonSpec = BuiltInSpec | FunctionSpec | CombinedSpec
"""An extractor that runs in a Python process."""

Spec = PythonSpec | CommandSpec | ServiceSpec


def parse(text: str) -> Spec:
    """Parses a SPEC. Nothing is imported, so a module may still be missing.

    Raises:
        UnknownExtractorError: the text has none of the forms, or lacks a part of its form.
    """
    name, colon, rest = text.partition(":")
    if name in BUILT_IN:
        built_in = BUILT_IN[name]
        if (not rest) != (built_in.argument is None):
            raise UnknownExtractorError(f"the extractor is written {built_in.spec}")
        return BuiltInSpec(text, built_in, rest or None)
    if name == "cmd" and colon:
        if not rest.strip():
            raise UnknownExtractorError("cmd: is followed by a command, as in cmd:python3 mine.py")
        return CommandSpec(text, rest)
    if text.lower().startswith(("http://", "https://")):
        return ServiceSpec(masked_url(text), text)
    if name == "combine":
        return _combined(text, rest)
    path, _, function = text.rpartition(":")  # a path may have a colon itself
    if path.endswith(".py"):
        name, rest = path, function
    if not (name and rest):
        raise UnknownExtractorError(f"no extractor {text!r}; give {FORMS}")
    return FunctionSpec(text, name, rest)


def built_in_of(text: str) -> BuiltIn | None:
    """The built-in extractor of a SPEC; None for any other form.

    Raises:
        UnknownExtractorError: as for :func:`parse`.
    """
    spec = parse(text)
    return spec.built_in if isinstance(spec, BuiltInSpec) else None


def parts_of(spec: Spec) -> tuple[BuiltInSpec | FunctionSpec, ...]:
    """The Python extractors that a SPEC names; none for a command or a service."""
    match spec:
        case CombinedSpec(parts=parts):
            return parts
        case BuiltInSpec() | FunctionSpec():
            return (spec,)
        case _:
            return ()


def layers_of(spec: Spec) -> tuple[str, ...]:
    """The layers that the built-in extractors of a SPEC fill."""
    return tuple(
        layer
        for part in parts_of(spec)
        if isinstance(part, BuiltInSpec)
        for layer in part.built_in.layers
    )


def check(spec: Spec) -> None:
    """Checks that the built-in extractors of a SPEC can run here.

    Raises:
        UnknownExtractorError: one cannot; the message says what is missing.
    """
    for part in parts_of(spec):
        if isinstance(part, BuiltInSpec):
            part.built_in.check()


def versions(spec: Spec) -> dict[str, str]:
    """The versions of the packages that the built-in extractors of a SPEC run on."""
    return {
        name: version
        for part in parts_of(spec)
        if isinstance(part, BuiltInSpec)
        for name, version in part.built_in.versions().items()
    }


def _combined(text: str, rest: str) -> CombinedSpec:
    names = rest.split("+")
    if len(names) < 2 or not all(names):
        raise UnknownExtractorError(
            f"{masked_url(text)}: name at least two extractors, "
            "as in combine:underthesea+heideltime"
        )
    parts = []
    for name in names:
        part = parse(name)
        if not isinstance(part, BuiltInSpec | FunctionSpec):
            raise UnknownExtractorError(
                f"{masked_url(text)}: combine takes built-in extractors and module:function, "
                f"not {masked_url(name)}"
            )
        parts.append(part)
    return CombinedSpec(text, tuple(parts))
