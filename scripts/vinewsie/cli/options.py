"""Options that several commands share: each has one name, one meaning, and its choices from the
library.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from click.types import StringParamType

from vinewsie.cli.common import COPIES
from vinewsie.defaults import MAX_ANSWER, TIMEOUT

Command = TypeVar("Command", bound=Callable[..., object])


SET_NAMES = ("articles", "press", "challenge", "all")
"""The packaged sets, :data:`vinewsie.reading.gold.SETS`."""


_STDIN = ("-", "/dev/stdin", "/dev/fd/0")
"""Names of standard input."""


class InputPath(click.Path):
    """A path to be read; ``-`` is standard input. What can be read only once, such as a pipe, is
    copied to a temporary file.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(exists=True, allow_dash=True, path_type=Path, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or that of the copy."""
        path = Path(os.fspath(super().convert(value, param, ctx)))  # type: ignore[arg-type]
        if ctx is None or (str(path) != "-" and (path.is_file() or path.is_dir())):
            return path
        stdin = str(path) in _STDIN
        given = "-" if stdin else str(path)
        copies = ctx.meta.setdefault(COPIES, {})
        if given in copies.values():
            self.fail(f"{path} can be read once; name a file for one of the two", param, ctx)
        folder = Path(ctx.with_resource(tempfile.TemporaryDirectory(prefix="vinewsie-")))
        copy = folder / ("stdin" if stdin else path.name)
        with copy.open("wb") as target:
            if stdin:
                shutil.copyfileobj(sys.stdin.buffer, target)
            else:
                with path.open("rb") as source:
                    shutil.copyfileobj(source, target)
        copies[str(copy)] = given
        return copy


class PathOrSet(InputPath):
    """A path to be read, or the name of a packaged set; a file that is named as a set has a longer
    path.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A set's name as it is, another path checked."""
        return Path(value) if value in SET_NAMES else super().convert(value, param, ctx)


FILE = InputPath(dir_okay=False)
ANY_PATH = InputPath()
NEW_PATH = click.Path(allow_dash=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


class NewFile(click.Path):
    """A file to be written, which need not exist."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, allow_dash=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses an empty name; ``-`` is standard output."""
        if not str(value):
            self.fail("the name of the file is empty", param, ctx)
        return super().convert(value, param, ctx)


class WebAddress(StringParamType):
    """An address that begins with ``https://`` or ``http://``."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses another text, one with white space included."""
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:  # a broken IPv6 address
            good = False
        if not good or value.split() != [value]:
            self.fail(f"{value!r} is no address; it begins with https:// or http://", param, ctx)
        return value


class LibraryName(StringParamType):
    """A name that the library knows. The names are loaded when a value is checked or completed,
    so that ``--help`` stays fast.

    Args:
        name: what is named; the metavar in the help.
        load: gives the names.
        closed: whether other values are wrong usage.
    """

    def __init__(self, name: str, load: Callable[[], Iterable[str]], *, closed: bool) -> None:
        self.name, self._load, self._closed = name, load, closed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses an unknown name, if the names are closed."""
        if self._closed and value not in (names := list(self._load())):
            self.fail(f"no {self.name} {value!r}; there are {', '.join(names)}", param, ctx)
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        """The names that begin with what was typed."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self._load() if name.startswith(incomplete)]


def _extractors() -> Iterable[str]:
    from vinewsie.extractors import BUILT_IN

    return (built_in.spec for built_in in BUILT_IN.values())


def _formats() -> Iterable[str]:
    from vinewsie.formats import names

    return names()


def _measures() -> Iterable[str]:
    from vinewsie.scoring.measures import all_measures

    return map(str, all_measures())


def _normalisations() -> Iterable[str]:
    from vinewsie.annotations.new_article.texts import NORMALISATIONS

    return NORMALISATIONS


def _resolvers() -> Iterable[str]:
    from vinewsie.reading.surfaces import RESOLVERS

    return RESOLVERS


def _schemes() -> Iterable[str]:
    from vinewsie.scheme.inventories import SCHEMES

    return ("native", *SCHEMES, "any")


def _tag_schemes() -> Iterable[str]:
    from vinewsie.formats.tags import scheme_names

    return scheme_names()


def _repairs() -> Iterable[str]:
    from vinewsie.formats.tags import REPAIRS

    return REPAIRS


def _file_of(
    kind: StringParamType, value: str, param: click.Parameter | None, ctx: click.Context | None
) -> str | None:
    """The text of the file that ``@FILE`` names; None if a value does not begin with ``@``.

    Args:
        kind: the type of the option.
        value: its value.
        param: the option.
        ctx: the context of the command.
    """
    from vinewsie.files import read_text
    from vinewsie.findings import VinewsieError

    if not value.startswith("@"):
        return None
    try:
        return read_text(FILE.convert(value[1:], param, ctx)).removeprefix("\ufeff")
    except VinewsieError as error:
        kind.fail(str(error), param, ctx)


class ClassNames(StringParamType):
    """Names of class labels in their order: separated by commas, or ``@FILE``."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The names as a tuple."""
        if not isinstance(value, str):
            return value
        from vinewsie.formats.token_tags import named_classes

        text = _file_of(self, value, param, ctx)
        if text is None:
            text = value.replace(",", "\n")
        if (names := named_classes(text)) is None:
            self.fail(f"{value} gives no names in their order, such as O,B-PER,I-PER", param, ctx)
        return names


class DocIds(StringParamType):
    """An id or a pattern of ids, or ``@FILE`` with one on each line."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The ids as a tuple."""
        if not isinstance(value, str):
            return value
        text = _file_of(self, value, param, ctx)
        if text is None:
            return (value,)
        ids = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not ids:
            self.fail(f"{value[1:]} has no ids", param, ctx)
        return ids


def _layers() -> Iterable[str]:
    from vinewsie.model import RECORD_TYPES

    return RECORD_TYPES


def _error_kinds() -> Iterable[str]:
    from vinewsie.report.cases import KINDS

    return KINDS


LAYER = LibraryName("layer", _layers, closed=True)
ERROR_KIND = LibraryName("kind", _error_kinds, closed=False)
SPEC = LibraryName("spec", _extractors, closed=False)
FORMAT = LibraryName("format", _formats, closed=True)
MEASURE = LibraryName("measure", _measures, closed=False)
NORMALISATION = LibraryName("normalisation", _normalisations, closed=True)
RESOLVER = LibraryName("resolver", _resolvers, closed=True)
SCHEME = LibraryName("scheme", _schemes, closed=True)
TAG_SCHEME = LibraryName("tag scheme", _tag_schemes, closed=True)
REPAIR = LibraryName("repair", _repairs, closed=True)

SCHEME_OPTION = click.option(
    "--scheme",
    type=SCHEME,
    help="Label inventory of entities, such as vlsp2016, or any for labels as they are "
    "(vinewsie measures lists all).",
)
MEASURES = click.option(
    "--measure",
    "-m",
    "measures",
    type=MEASURE,
    multiple=True,
    help="Measure (vinewsie measures); can be repeated. Default: the headline measures.",
)
LABELS = click.option(
    "--labels",
    type=FILE,
    help='Map of labels, for both sides, as JSON: {"PERSON": "PER", "MISC": null}; null drops.',
)
JOBS = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of processes, or of requests at the same time.",
)
FRESH = click.option(
    "--fresh",
    is_flag=True,
    help="Start anew: do not use the answers of an interrupted run.",
)
CONCURRENCY = click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of documents that each process gives an async def at the same time.",
)
EPOCHS = click.option(
    "--epochs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Answers to each document, for extractors that answer differently each time. Each epoch "
    "has its own file, such as answers.1.jsonl.",
)
MAX_ANSWER_OPTION = click.option(
    "--max-answer",
    type=click.IntRange(1),
    default=MAX_ANSWER,
    show_default=True,
    metavar="MB",
    help="Size limit for an answer of a service (decompressed) or of a process.",
)
TIMEOUT_OPTION = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="Time limit for a document.",
)


def format_option(*choices: str) -> Callable[[Command], Command]:
    """``--format``: the format of the output; the first choice is the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Format of the output.",
    )


def docs_option(what: str) -> Callable[[Command], Command]:
    """``--docs``: the documents that are chosen, for ``what``."""
    return click.option(
        "--docs",
        type=DocIds(),
        multiple=True,
        metavar="ID",
        help=f"{what} this document: an id, a pattern such as 'vnexpress-*', or @FILE with one on "
        "each line; can be repeated.",
    )


def output_option(what: str, type_: click.Path, **more: Any) -> Callable[[Command], Command]:
    """``--output``, ``-o``: where the output goes."""
    return click.option("--output", "-o", type=type_, help=what, **more)


def extractor_option(what: str, **more: Any) -> Callable[[Command], Command]:
    """``--extractor``, ``-e``: the SPEC of an extractor."""
    return click.option("--extractor", "-e", type=SPEC, help=what, **more)


def annotations_option(*, new: bool = False) -> Callable[[Command], Command]:
    """``--annotations``: the folder of the annotations; ``new`` if it need not exist."""
    return click.option(
        "--annotations",
        type=NEW_FOLDER if new else FOLDER,
        help="Folder of the annotations"
        + (", made if it does not exist" if new else "")
        + ". Default: annotations/ in the current folder or above it.",
    )


_FILES = click.option_panel(
    "Formats and gold",
    options=[
        "input_format_name",
        "input_column",
        "input_tags",
        "input_repair",
        "input_own_types",
        "input_hull",
        "input_class_names",
        "gold",
        "set_name",
        "gold_format_name",
        "gold_column",
        "gold_tags",
        "gold_repair",
        "gold_own_types",
        "gold_hull",
        "gold_class_names",
        "annotator",
        "texts",
    ],
)


def input_options(command: Command) -> Command:
    """``--input-format``, ``--input-column``, ``--input-tags`` and ``--input-repair``; the command
    is given them as ``input_format``.
    """
    return _file_format(command, "input", "the input")


def gold_options(command: Command) -> Command:
    """``--gold``, and ``--gold-format``, ``--gold-column``, ``--gold-tags`` and ``--gold-repair``;
    the command is given them as ``gold`` and ``gold_format``.
    """
    gold = click.option(
        "--gold",
        type=ANY_PATH,
        help="Gold: a file in any format (vinewsie formats), a folder of such files, or a built "
        "data set. Default: the packaged articles.",
    )
    return _FILES(gold(_set(_file_format(_annotator(command), "gold", "the gold"))))


def gold_given(gold: Path | None) -> dict[str, str]:
    """The option that gives a command this gold, with its value; none for the default."""
    if gold is None:
        return {}
    return {"--set" if str(gold) in SET_NAMES else "--gold": str(gold)}


def _set(command: Command) -> Command:
    """``--set``: the packaged set that is the gold."""

    @click.option(
        "--set",
        "set_name",
        type=click.Choice(SET_NAMES),
        help="Packaged set that is the gold: the articles, the press set (first: vinewsie texts "
        "press), the challenge set (invented pages), or all: articles and press. Default: "
        "articles.",
    )
    @functools.wraps(command)
    def run(*args: Any, set_name: str | None, gold: Path | None, **kwargs: Any) -> object:
        if set_name is not None and gold is not None:
            raise click.UsageError("give --set or --gold, one of the two")
        if gold is not None and str(gold) in SET_NAMES:
            gold = Path.cwd() / gold  # a file that is named as a set
        return command(*args, gold=gold if set_name is None else Path(set_name), **kwargs)

    return run  # type: ignore[return-value]


def _annotator(command: Command) -> Command:
    """``--annotator``: a choice among the annotations of a task, for the gold and the input."""

    @click.option(
        "--annotator",
        metavar="E-MAIL",
        help="Whose annotation counts where a task of Label Studio has several and none is the "
        "ground truth.",
    )
    @functools.wraps(command)
    def run(*args: Any, annotator: str | None, **kwargs: Any) -> object:
        from dataclasses import replace

        from vinewsie.reading.detect import InputFormat

        if annotator is not None:
            for name in kwargs.keys() & {"input_format", "gold_format"}:
                chosen = kwargs[name] or InputFormat()
                options = replace(chosen.options, annotator=annotator)
                kwargs[name] = replace(chosen, options=options)
        return command(*args, **kwargs)

    return run  # type: ignore[return-value]


TEXTS = click.option(
    "--texts", type=FOLDER, help="Folder of the texts, for gold that was built without them."
)


def run_options(command: Command) -> Command:
    """``--jobs``, ``--concurrency``, ``--timeout``, ``--max-answer`` and ``--fresh``: how an
    extractor is run.
    """
    names = ["extractor", "keep", "epochs", "jobs", "concurrency", "timeout", "max_answer", "fresh"]
    panel = click.option_panel("Extractor", options=names)
    return panel(JOBS(CONCURRENCY(TIMEOUT_OPTION(MAX_ANSWER_OPTION(FRESH(command))))))


def _file_format(command: Command, prefix: str, of: str) -> Command:
    """Adds the options for the format of a file, and gives the command their values as one
    ``InputFormat``, or None.
    """

    @click.option(
        f"--{prefix}-format",
        f"{prefix}_format_name",
        type=FORMAT,
        help=f"Format of {of}. Default: recognised by the content.",
    )
    @click.option(
        f"--{prefix}-column",
        type=int,
        metavar="N",
        help=f"Column of the tags, where {of} has columns: from 1, or -1 for the last.",
    )
    @click.option(
        f"--{prefix}-tags",
        type=TAG_SCHEME,
        help=f"Scheme of the tags, where {of} has tags: iob2, iobes, bilou, bmes, bmewo, iob1 or "
        "io, which refuse what they do not allow. Default: auto, the one that fits best, read as "
        "conlleval reads it.",
    )
    @click.option(
        f"--{prefix}-repair",
        type=REPAIR,
        help="What becomes of mentions that the scheme does not allow: conlleval (read as there), "
        "discard or none (refused).",
    )
    @click.option(
        f"--{prefix}-own-types",
        is_flag=True,
        help=f"Where {of} is brat: all types are types of entities, also TIMEX3, Mark, Quotation, "
        "Cue, Source and Medium.",
    )
    @click.option(
        f"--{prefix}-hull",
        is_flag=True,
        help=f"Where {of} is brat: read a discontinuous mention as the span from its first to its "
        "last fragment. Default: leave it out, counted and listed.",
    )
    @click.option(
        f"--{prefix}-class-names",
        type=ClassNames(),
        help=f"Where the tags of {of} are numbers: their names in order, such as O,B-PER,I-PER, or "
        "@FILE with a name on each line, a JSON list, or the id2label of a model.",
    )
    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> object:
        from vinewsie.formats.base import Options
        from vinewsie.reading.detect import InputFormat

        name = kwargs.pop(f"{prefix}_format_name")
        names = ("column", "tags", "repair", "own_types", "hull", "class_names")
        given = {key: kwargs.pop(f"{prefix}_{key}") for key in names}
        options = {key: value for key, value in given.items() if value not in (None, False)}
        chosen = InputFormat(name, Options(**options)) if name or options else None
        kwargs[f"{prefix}_format"] = chosen
        return command(*args, **kwargs)

    return run  # type: ignore[return-value]
