"""Commands on what stands behind a score: ``report``, ``thresholds``, ``robustness`` and
``phenomena``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from vinewsie.cli.common import command, logger, not_an_input, note, show, show_json, write
from vinewsie.cli.options import (
    ANY_PATH,
    FILE,
    LAYER,
    MEASURES,
    SPEC,
    TEXTS,
    NewFile,
    extractor_option,
    format_option,
    gold_options,
    input_options,
    output_option,
    run_options,
)
from vinewsie.cli.scoring import RunOptions

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
@click.option(
    "--robustness",
    "robustness_file",
    type=FILE,
    help="Also show this result of vinewsie robustness (JSON).",
)
@input_options
@gold_options
@TEXTS
def report(
    results: tuple[Path, ...],
    output: Path,
    language: str | None,
    predictions: Path | None,
    robustness_file: Path | None,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
) -> None:
    """Make a page of a result (JSON), with every error in its sentence; or of two results of the
    same gold, compared.
    """
    from vinewsie.files import write_text
    from vinewsie.perturbations.run import Robustness
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
    found = None
    if robustness_file is not None:
        found = Robustness.load(robustness_file)
    write_text(output, page(views, language=language, robustness=found))
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


@command("vinewsie robustness -e rules")
@extractor_option("Run this extractor on the pages and on the changed ones.", required=True)
@gold_options
@TEXTS
@MEASURES
@click.option(
    "--only",
    multiple=True,
    metavar="PERTURBATION",
    help="Only this perturbation; can be repeated. Default: all.",
)
@click.option("--lost", is_flag=True, help="List the records that are lost, in the text.")
@format_option("text", "json", "csv")
@output_option("Write the result to this file instead of stdout.", NewFile())
@click.option(
    "--keep",
    type=NewFile(),
    help="Keep the answers of the extractor in this file, as JSON Lines; repeat the command after "
    "an interruption to continue.",
)
@run_options
def robustness(
    extractor: str,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    measures: tuple[str, ...],
    only: tuple[str, ...],
    lost: bool,
    format_: str,
    output: Path | None,
    keep: Path | None,
    jobs: int,
    concurrency: int,
    timeout: float,
    max_answer: int,
    fresh: bool,
) -> None:
    """Score an extractor on pages and on the same pages in other spellings: NFD, marks, spaces,
    exonyms, dates, and harder ones.
    """
    from vinewsie.perturbations import run as robust
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.report import robustness as report_robustness

    documents = load(gold, texts=texts, input_format=gold_format)
    options = RunOptions(jobs, concurrency, timeout, max_answer, fresh, keep)
    with show_progress() as progress:
        found = robust.robustness(
            extractor,
            documents,
            measures=measures or None,
            only=only or None,
            progress=progress,
            run=lambda spec, pages: options.run(spec, pages, progress),
        )
    if format_ != "text" or output is not None:
        for line in report_robustness.reservations(found):
            logger.warning("%s", line)
    if format_ == "json":
        write(found.dumps(), output)
    elif format_ == "csv":
        write(found.to_frame().to_csv(index=False, lineterminator="\n"), output)
    elif output is not None:
        write(str(report_robustness.robustness_report(found, listed=lost)), output)
    else:
        show(report_robustness.robustness_report(found, listed=lost))


@command("vinewsie phenomena -e rules")
@click.argument("predictions", nargs=-1, type=ANY_PATH)
@click.option(
    "--extractor",
    "-e",
    "extractors",
    type=SPEC,
    multiple=True,
    help="Run this extractor; can be repeated.",
)
@input_options
@gold_options
@TEXTS
@click.option("--layer", type=LAYER, help="Only this layer.")
@click.option(
    "--failed-by-all",
    is_flag=True,
    help="Only phenomena with at least 15 cases of which every extractor finds at most half.",
)
@format_option("text", "json", "csv")
@output_option("Write the result to this file instead of stdout.", NewFile())
@run_options
def phenomena(
    predictions: tuple[Path, ...],
    extractors: tuple[str, ...],
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    layer: str | None,
    failed_by_all: bool,
    format_: str,
    output: Path | None,
    jobs: int,
    concurrency: int,
    timeout: float,
    max_answer: int,
    fresh: bool,
) -> None:
    """Show which phenomena extractors master, the hardest first; without any, how many cases the
    gold has.
    """
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.report import phenomena as tables
    from vinewsie.scoring import mastery

    documents = load(gold, texts=texts, input_format=gold_format)
    if not predictions and not extractors:
        found = mastery.counts(documents)
        if format_ == "json":
            content = {n: {"cases": cases, "documents": docs} for n, (cases, docs) in found.items()}
            write(json.dumps(content, ensure_ascii=False, indent=2) + "\n", output)
        elif format_ == "csv":
            rows = (f'"{name}",{cases},{docs}\n' for name, (cases, docs) in found.items())
            write("phenomenon,cases,documents\n" + "".join(rows), output)
        else:
            write(f"{tables.counts_table({'cases / documents': found})}\n", output)
        return
    options = RunOptions(jobs, concurrency, timeout, max_answer, fresh, None)
    results: dict[str, list[mastery.Mastered]] = {}
    with show_progress() as progress:
        for path in predictions:
            of_file = mastery.phenomena(path, documents, input_format=input_format)
            results[str(path)] = of_file
        for spec in extractors:
            results[spec] = mastery.phenomena(options.run(spec, documents, progress), documents)
    results = {
        name: [one for one in found if layer in (None, one.layer)]
        for name, found in results.items()
    }
    if format_ == "json":
        lists = {name: [one.to_json() for one in found] for name, found in results.items()}
        write(json.dumps(lists, ensure_ascii=False, indent=2) + "\n", output)
    elif format_ == "csv":
        write(tables.as_csv(results), output)
    else:
        report = tables.phenomena_report(results, len(documents), failed=failed_by_all)
        if output is not None:
            write(str(report), output)
        else:
            show(report)
