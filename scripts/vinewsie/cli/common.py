"""What the commands share: kinds of arguments, how mistakes are told, and how results are
written.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from vinewsie.findings import Finding
    from vinewsie.reading.detect import InputFormat

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY_PATH = click.Path(exists=True, path_type=Path)
OUT = click.Path(path_type=Path)


class _OutFile(click.Path):
    """A file to be written, which need not be there."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("the name of the file is empty", param, ctx)
        return super().convert(value, param, ctx)


OUT_FILE = _OutFile()

GOLD = click.option(
    "--gold",
    type=ANY_PATH,
    help="Gold of your own: a file of any format (vinewsie formats), a folder of such files, or a built data set.",
)
TEXTS = click.option(
    "--texts", type=ANY_PATH, help="The folder with the texts, for a data set without them."
)
FORMAT_IN = click.option(
    "--format-in",
    metavar="FORMAT",
    help="The format of the file, if its content should not tell it.",
)
COLUMN = click.option(
    "--column",
    type=int,
    metavar="N",
    help="For columns: that of the tags, counted from 1 (or -1, the last).",
)
GOLD_FORMAT = click.option(
    "--gold-format", metavar="FORMAT", help="The gold's format, if its content should not tell it."
)
GOLD_COLUMN = click.option(
    "--gold-column",
    type=int,
    metavar="N",
    help="For gold in columns: the column of the tags, from 1 (or -1, the last).",
)

P = ParamSpec("P")
R = TypeVar("R")


def not_an_input(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Refuses to write over what is read.

    Raises:
        click.UsageError: an output is one of the inputs.
    """
    there = [path.resolve() for path in inputs if path is not None]
    for path in outputs:
        if path is not None and any(
            path.resolve() == one or one in path.resolve().parents for one in there
        ):
            raise click.UsageError(f"{path} is read by this command; write to another file")


def input_format_of(format_: str | None, column: int | None) -> InputFormat | None:
    """What was said about a file's format; None for nothing.

    Raises:
        click.UsageError: there is no such format.
    """
    from vinewsie.formats import names
    from vinewsie.formats.base import Options
    from vinewsie.reading.detect import InputFormat

    if format_ is not None and format_ not in names():
        raise click.UsageError(f"no format {format_!r}; there are {', '.join(names())}")
    return (
        InputFormat(format_, Options(column=column))
        if format_ is not None or column is not None
        else None
    )


def fail(lines: Iterable[object]) -> NoReturn:
    """Tells what is wrong, a line each, and exits with 1."""
    for line in lines:
        click.echo(str(line), err=True)
    sys.exit(1)


def friendly(command: Callable[P, R]) -> Callable[P, R]:
    """A user's mistake is told in a line, never in a traceback: bad data exit with 1, wrong usage
    with 2.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from vinewsie.findings import FindingsError, VinewsieError

        try:
            return command(*args, **kwargs)
        except FindingsError as error:
            fail(error.findings)
        except VinewsieError as error:
            if error.exit_code == 2:
                raise click.UsageError(str(error)) from error
            fail([error])
        except OSError as error:
            fail([f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")])

    return run


def report(subject: str, findings: list[Finding], format_: str) -> None:
    """Prints findings as the command's result and exits with 1 if one is an error."""
    from dataclasses import asdict

    from vinewsie.findings import CODES, errors

    if format_ == "json":
        click.echo(
            json.dumps(
                [{**asdict(f), "explanation": CODES[f.code]} for f in findings],
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        for finding in findings:
            click.echo(str(finding))
    wrong = len(errors(findings))
    click.echo(
        f"{subject}: {wrong} error{'s' if wrong != 1 else ''}, {len(findings) - wrong} warnings",
        err=True,
    )
    if wrong:
        sys.exit(1)


def write(text: str, output: Path | None) -> None:
    """The result of a command, to stdout or a file."""
    from vinewsie.files import write_text

    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
