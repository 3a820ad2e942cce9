"""How commands are made, how they report errors and warnings, and how they write results."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import rich_click as click

from vinewsie.escapes import escaped

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RichCast
    from rich.segment import Segment

    from vinewsie.findings import Finding
    from vinewsie.tables import Report, Table

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("vinewsie")


@contextlib.contextmanager
def without_blas_threads() -> Iterator[None]:
    """Libraries that are imported meanwhile start no threads for linear algebra.

    OpenBLAS, which numpy and scipy bring, starts one for each further processor, and each
    busy-waits before it sleeps. No command multiplies matrices large enough to gain from them; the
    process of an extractor may, so the setting does not stay.
    """
    name = "OPENBLAS_NUM_THREADS"
    given = name in os.environ
    os.environ.setdefault(name, "1")
    try:
        yield
    finally:
        if not given:
            del os.environ[name]


class StderrHandler(logging.Handler):
    """Prints records on stderr: a warning with its level before it, other messages bare."""

    def emit(self, record: logging.LogRecord) -> None:
        """Prints one record."""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        note(level + self.format(record))


class HelpFormatter(click.RichHelpFormatter):
    """rich-click's formatter without trailing spaces, and with errors as click prints them: whole
    lines, without a box.
    """

    def write_error(self, e: click.ClickException) -> None:
        """Prints an error on stderr."""
        shown = io.StringIO()
        e.show(shown)
        note(shown.getvalue().rstrip("\n"))

    def getvalue(self) -> str:
        """The text that was written."""
        return "".join(f"{line.rstrip()}\n" for line in super().getvalue().splitlines())


class HelpContext(click.RichContext):
    """Gives the commands of a group their formatter."""

    formatter_class = HelpFormatter


class Command(click.RichCommand):
    """A command with its own formatter."""

    context_class = HelpContext


class Group(click.RichGroup):
    """A group of commands, whose help is the same in a terminal and in a pipe but for colour."""

    context_class = HelpContext


CONTEXT = {
    "help_option_names": ["-h", "--help"],
    "rich_help_config": click.RichHelpConfiguration(
        theme="default-slim", max_width=100, force_terminal=None
    ),
}


def command(
    example: str, name: str | None = None
) -> Callable[[Callable[..., object]], click.Command]:
    """Makes a command of a function: user errors have no traceback, the help ends with the
    example.
    """

    def make(function: Callable[..., object]) -> click.Command:
        return click.command(name, cls=Command, epilog=f"Example: {example}")(_friendly(function))

    return make


def not_an_input(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Refuses to overwrite an input, or one output by another.

    Raises:
        click.UsageError: an output is one of the inputs, lies in one, or holds one; or two outputs
            are the same file.
    """
    read = [_real(path) for path in inputs if path is not None]
    written: set[Path] = set()
    for path in outputs:
        if path is None:
            continue
        place = _real(path)
        if any(place.is_relative_to(one) for one in read):
            raise click.UsageError(f"{path} is read by this command; write to another file")
        if any(one.is_relative_to(place) for one in read):
            raise click.UsageError(f"{path} holds an input of this command; write elsewhere")
        if place in written and (place.is_file() or not place.exists()):
            raise click.UsageError(f"{path} is named for two outputs; give each its own file")
        written.add(place)


def _real(path: Path) -> Path:
    """The path without symbolic links; those that form a cycle stay."""
    return Path(os.path.realpath(path))


def fail(lines: Iterable[object]) -> NoReturn:
    """Prints errors on stderr, one a line, and exits with 1."""
    note(*lines)
    sys.exit(1)


def echo(*lines: object) -> None:
    """Prints lines for people on stdout, their control characters escaped."""
    for line in lines:
        click.echo(_shown(line))


def note(*lines: object) -> None:
    """Prints lines on stderr."""
    for line in lines:
        click.echo(_shown(line), err=True)


COPIES = "vinewsie.copies"
"""The key of :func:`copies` in the context of a command."""


def copies() -> dict[str, str]:
    """The paths as given, by those of their temporary copies."""
    context = click.get_current_context(silent=True)
    found: dict[str, str] = {} if context is None else context.meta.get(COPIES, {})
    return found


def _shown(line: object) -> str:
    """A line with paths as they were given."""
    shown = str(line)
    for copy, given in copies().items():
        shown = shown.replace(copy, given)
    return escaped(shown)


def _friendly(function: Callable[P, R]) -> Callable[P, R]:
    """Reports a user's error without a traceback: bad data exit with 1, wrong usage with 2."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from vinewsie.findings import FindingsError, VinewsieError

        try:
            return function(*args, **kwargs)
        except FindingsError as error:
            fail(error.findings)
        except VinewsieError as error:
            if error.exit_code == 2:
                raise click.UsageError(str(error)) from error
            fail([error])
        except BrokenPipeError:
            raise  # nobody reads stdout any more, as behind head; click ends in silence
        except OSError as error:
            fail([f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")])

    return run


def report_findings(subject: str, findings: list[Finding], format_: str = "text") -> None:
    """Prints findings as the result of a command, and exits with 1 if one is an error.

    Args:
        subject: what was checked, for the summary on stderr.
        findings: the findings.
        format_: ``text`` or ``json``.
    """
    from dataclasses import asdict

    from vinewsie.findings import CODES, errors

    if format_ == "json":
        show_json([{**asdict(f), "explanation": CODES[f.code]} for f in findings])
    else:
        for finding in findings:
            echo(finding)
    wrong = len(errors(findings))
    warnings = len(findings) - wrong
    note(
        f"{subject}: {wrong} error{'s' if wrong != 1 else ''}, "
        f"{warnings} warning{'s' if warnings != 1 else ''}"
    )
    if wrong:
        sys.exit(1)


def show_json(value: Any) -> None:
    """Prints a value as indented JSON."""
    write(json.dumps(value, ensure_ascii=False, indent=2) + "\n", None)


def show(content: Report | Table) -> None:
    """Prints a report or a table on stdout: styled in a terminal, plain elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console

        # Long lines are broken by the terminal, so that they are copied whole.
        Console(highlight=False).print(Escaped(content), crop=False)
    else:
        echo(str(content).rstrip("\n"))


def show_stream(parts: Iterable[RichCast | ConsoleRenderable]) -> int:
    """Prints parts one after another as they are made, with an empty line between them: styled and
    through the system's pager in a terminal, plain elsewhere.

    Args:
        parts: what rich prints; ``str`` gives the plain text.

    Returns:
        The number of parts that were printed.
    """
    count = 0
    if not sys.stdout.isatty():
        for part in parts:
            click.echo(escaped(f"{'' if count == 0 else chr(10)}{part}"), nl=False)
            count += 1
        return count
    from rich.console import Console

    console = Console(highlight=False)

    def printed() -> Iterator[str]:
        nonlocal count
        for part in parts:
            count += 1
            with console.capture() as capture:
                console.print(Escaped(part), crop=False)
            yield capture.get()

    # As git has it: colours, what fits on one screen needs no key, and the text stays.
    os.environ.setdefault("LESS", "-FRX")
    click.echo_via_pager(printed())
    return count


@dataclass(frozen=True)
class Escaped:
    """What rich prints, with the control characters of its texts escaped."""

    content: RichCast | ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment

        for segment in console.render(self.content, options):
            yield Segment(escaped(segment.text), segment.style, segment.control)


def write(text: str, output: Path | None) -> None:
    """Writes the result of a command to a file, or to stdout: its control characters are escaped in
    a terminal, and stay in a file or a pipe.
    """
    from vinewsie.files import STDOUT, write_text

    if output in (None, STDOUT):
        click.echo(escaped(text) if sys.stdout.isatty() else text, nl=False)
    else:
        write_text(output, text)
        note(f"wrote {output}")
