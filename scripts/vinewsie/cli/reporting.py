"""Commands on what stands behind a score: ``report`` and ``thresholds``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from vinewsie.cli.common import command, not_an_input, note, show, show_json
from vinewsie.cli.options import (
    ANY_PATH,
    FILE,
    MEASURES,
    TEXTS,
    NewFile,
    format_option,
    gold_options,
    input_options,
    output_option,
)

if TYPE_CHECKING:
    from vinewsie.reading.detect import InputFormat

LANGUAGE = click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "vi"]),
    help="Language of the page. Default: that of the browser.",
)


@command("vinewsie report a.json -o report.html")
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
    from vinewsie.files import write_text
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


@command("vinewsie thresholds predictions.jsonl")
@click.argument("predictions", type=ANY_PATH)
@input_options
@gold_options
@TEXTS
@MEASURES
@format_option("text", "json")
def thresholds(
    predictions: Path,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    measures: tuple[str, ...],
    format_: str,
) -> None:
    """Show precision and recall over a threshold on the confidence of predictions (score), the best
    F1, and the recall at 99 % precision.
    """
    from vinewsie.reading.gold import load
    from vinewsie.report import thresholds as report_thresholds
    from vinewsie.report.cases import curves_of
    from vinewsie.scoring import run as scoring

    documents = load(gold, texts=texts, input_format=gold_format)
    result = scoring.score(
        predictions,
        documents,
        measures=measures or None,
        input_format=input_format,
        resamples=0,
    )
    records = {prediction.doc_id: prediction for prediction in result.records or ()}
    curves = curves_of(result, documents, records)
    if format_ == "json":
        show_json([curve.to_json() for curve in curves])
    else:
        show(report_thresholds.thresholds(curves))
