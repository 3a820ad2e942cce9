"""The command ``report``: a result becomes a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from vinewsie.cli.common import command, not_an_input, note
from vinewsie.cli.options import (
    ANY_PATH,
    FILE,
    TEXTS,
    NewFile,
    gold_options,
    input_options,
    output_option,
)
from vinewsie.files import write_text

if TYPE_CHECKING:
    from vinewsie.reading.detect import InputFormat

LANGUAGE = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "vi"]),
    help="Language of the page. Default: that of the browser.",
)


@command("vinewsie report result.json -o report.html")
@click.argument("results", nargs=-1, required=True, type=FILE)
@output_option("Write the page to this file.", NewFile(), default="report.html", show_default=True)
@LANGUAGE
@click.option(
    "--predictions",
    type=ANY_PATH,
    help="The predictions that were scored, for a result that does not hold them.",
)
@input_options
@gold_options
@TEXTS
def report(
    results: tuple[Path, ...],
    output: Path,
    language: str | None,
    predictions: Path | None,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
) -> None:
    """Make a page of a result (JSON), with every error in its sentence; or of two results of the
    same gold, compared.
    """
    from vinewsie.report.cases import view_of
    from vinewsie.report.page import page
    from vinewsie.report.sources import GivenFiles, gold_of, predictions_of
    from vinewsie.scoring.result import Result

    if len(results) > 2:
        raise click.UsageError("a page shows one result, or compares two")
    if len(results) == 2 and predictions is not None:
        raise click.UsageError("--predictions goes with one result; score the others again with -o")
    not_an_input((output,), (*results, predictions, gold, texts))
    given = GivenFiles(gold, texts, gold_format, predictions, input_format)
    views = []
    for path in results:
        result = Result.load(path)
        documents = gold_of(result, given)
        views.append(view_of(result, documents, predictions_of(result, documents, given)))
    write_text(output, page(views, language=language))
    note(f"wrote {output}")
