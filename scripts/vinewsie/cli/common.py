"""What the commands share: kinds of arguments, how mistakes are told, and how results are written."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from vinewsie.findings import Finding
    from vinewsie.formats.reading import How

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY_PATH = click.Path(exists=True, path_type=Path)
OUT = click.Path(path_type=Path)

P = ParamSpec("P")
R = TypeVar("R")


def how_of(format_: str | None, column: int | None) -> How | None:
    """What was said about a file's format; None for nothing.

    Raises:
        click.UsageError: there is no such format.
    """
    from vinewsie.formats import names
    from vinewsie.formats.base import Options
    from vinewsie.formats.reading import How

    if format_ is not None and format_ not in names():
        raise click.UsageError(f"no format {format_!r}; there are {', '.join(names())}")
    return How(format_, Options(column=column)) if format_ is not None or column is not None else None


def fail(lines: Iterable[object]) -> NoReturn:
    """Tells what is wrong, a line each, and exits with 1."""
    for line in lines:
        click.echo(str(line), err=True)
    sys.exit(1)


def friendly(command: Callable[P, R]) -> Callable[P, R]:
    """A user's mistake is told in a line, never in a traceback: bad data exit with 1, wrong usage with 2."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from vinewsie.extractors import ExtractorError, UnknownExtractorError
        from vinewsie.findings import FindingsError
        from vinewsie.gold import MissingTextError
        from vinewsie.measures import MeasureError
        from vinewsie.ray_engine import MissingRayError
        from vinewsie.resampling import NotComparableError

        try:
            return command(*args, **kwargs)
        except FindingsError as error:
            fail(error.findings)
        except (MeasureError, UnknownExtractorError, MissingTextError, MissingRayError) as error:
            raise click.UsageError(str(error)) from error
        except (ExtractorError, NotComparableError) as error:
            fail([error])
        except OSError as error:
            fail([f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")])

    return run


def report(subject: str, findings: list[Finding], format_: str) -> None:
    """Prints findings as the command's result and exits with 1 if one is an error."""
    from dataclasses import asdict

    from vinewsie.findings import CODES, errors

    if format_ == "json":
        click.echo(json.dumps([{**asdict(f), "explanation": CODES[f.code]} for f in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(str(finding))
    wrong = len(errors(findings))
    click.echo(f"{subject}: {wrong} error{'s' if wrong != 1 else ''}, {len(findings) - wrong} warnings", err=True)
    if wrong:
        sys.exit(1)


def write(text: str, output: Path | None) -> None:
    """The result of a command, to stdout or a file."""
    from vinewsie.formats.records import write_text

    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
