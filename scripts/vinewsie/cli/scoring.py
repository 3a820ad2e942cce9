"""Commands on scores: score, run, compare, and what can be scored with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vinewsie.cli.common import (
    ANY_PATH,
    COLUMN,
    FILE,
    FORMAT_IN,
    GOLD,
    GOLD_COLUMN,
    GOLD_FORMAT,
    OUT_FILE,
    TEXTS,
    friendly,
    input_format_of,
    not_an_input,
    write,
)

if TYPE_CHECKING:
    from vinewsie.extractors.running import ExtractorRun
    from vinewsie.progress import ProgressCallback
    from vinewsie.reading.gold import Gold

JOBS = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes or requests at once.",
)
FRESH = click.option(
    "--fresh",
    is_flag=True,
    help="Ask anew, also where an earlier run was interrupted and its answers are kept.",
)
TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds for a document.",
)


@click.command()
@click.argument("predictions", required=False, type=ANY_PATH)
@click.option(
    "--extractor",
    "-e",
    metavar="SPEC",
    help="Run this extractor and score it: built-in, module:function, cmd:COMMAND, http://….",
)
@GOLD
@TEXTS
@click.option(
    "--measure",
    "-m",
    "measures",
    multiple=True,
    metavar="MEASURE",
    help="Can be repeated. Default: the headline measures.",
)
@click.option(
    "--scheme",
    metavar="SCHEME",
    help="Label inventory of entities: native, vlsp2016, vlsp2018, uner, ontonotes, conll, any.",
)
@click.option(
    "--labels",
    type=FILE,
    help='What labels become, on both sides, as JSON: {"PERSON": "PER", "MISC": null}.',
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "csv", "latex"]),
    default="text",
    show_default=True,
)
@click.option(
    "--by-label",
    is_flag=True,
    help="Also show the scores of each label (text; JSON always has them).",
)
@click.option("--output", "-o", type=OUT_FILE, help="Write here instead of to stdout.")
@click.option(
    "--skip-invalid",
    is_flag=True,
    help="Score the rest when records are wrong; each counts as spurious and is listed.",
)
@click.option(
    "--resolve",
    type=click.Choice(["surface", "words", "letters"]),
    default="surface",
    show_default=True,
    help="How words without offsets are found.",
)
@FORMAT_IN
@COLUMN
@GOLD_FORMAT
@GOLD_COLUMN
@JOBS
@TIMEOUT
@click.option(
    "--keep",
    type=OUT_FILE,
    help="Keep what the extractor says here, as JSON Lines; an interrupted run goes on from there.",
)
@FRESH
@click.option(
    "--resamples",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="For the bootstrap intervals; 0 for none.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray spreads files over a Ray cluster (extra ray); the result is the same.",
)
@friendly
def score(
    predictions: Path | None,
    extractor: str | None,
    gold: Path | None,
    texts: Path | None,
    measures: tuple[str, ...],
    scheme: str | None,
    labels: Path | None,
    format_: str,
    by_label: bool,
    output: Path | None,
    skip_invalid: bool,
    resolve: str,
    format_in: str | None,
    column: int | None,
    gold_format: str | None,
    gold_column: int | None,
    jobs: int,
    timeout: float,
    keep: Path | None,
    fresh: bool,
    resamples: int,
    engine: str,
) -> None:
    """Score a prediction file of any format, or an extractor, against the gold."""
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.report import text
    from vinewsie.scheme.inventories import LabelMap
    from vinewsie.scoring import run as scoring

    if (predictions is None) == (extractor is None):
        raise click.UsageError("give a file of predictions or --extractor SPEC, one of the two")
    if keep is not None and extractor is None:
        raise click.UsageError("--keep keeps what an extractor says: give --extractor SPEC")
    not_an_input((output, keep), (predictions, gold, labels))
    input_format, gold_input_format = (
        input_format_of(format_in, column),
        input_format_of(gold_format, gold_column),
    )
    own = LabelMap.load(labels) if labels is not None else None
    with show_progress() as progress:
        if engine == "ray":
            if (
                predictions is None
                or gold is None
                or own is not None
                or resolve != "surface"
                or input_format
                or gold_input_format
            ):
                raise click.UsageError(
                    "--engine ray scores native files: give PREDICTIONS and --gold, each a file or a folder of part files, "
                    "and none of --labels, --resolve, --format-in, --gold-format, --column, --gold-column"
                )
            from vinewsie.scoring import ray as ray_engine
            from vinewsie.scoring.measures import wanted

            progress(f"scoring {predictions} with Ray")
            asked = wanted(measures or None, scheme)
            result = ray_engine.score(
                predictions, gold, asked, skip_invalid=skip_invalid, resamples=resamples
            )
        else:
            documents = load(gold, texts=texts, input_format=gold_input_format)
            subject: Any = (
                predictions
                if extractor is None
                else _ran(extractor, documents, jobs, timeout, keep, fresh, progress)
            )
            result = scoring.score(
                subject,
                documents,
                measures=measures or None,
                scheme=scheme,
                labels=own,
                skip_invalid=skip_invalid,
                resolve=resolve,
                input_format=input_format,
                resamples=resamples,
                progress=progress,
            )
    failures = result.predictions.get("failures", {})
    for doc_id in result.predictions["missing"]:
        why = f" ({failures[doc_id]})" if doc_id in failures else ""
        click.echo(f"warning: no prediction for {doc_id}; it counts as empty{why}", err=True)
    for warning in result.predictions["warnings"]:
        click.echo(warning, err=True)
    write(text.render(result, format_, by_label=by_label), output)


def _ran(
    spec: str,
    documents: Gold,
    jobs: int,
    timeout: float,
    keep: Path | None,
    fresh: bool,
    progress: ProgressCallback,
) -> ExtractorRun:
    from vinewsie.extractors import running
    from vinewsie.reading import native

    if keep is None:
        return running.run(
            spec, list(documents.values()), jobs=jobs, timeout=timeout, progress=progress
        )
    partial = running.partial(keep)
    try:
        ran = running.run(
            spec,
            list(documents.values()),
            jobs=jobs,
            timeout=timeout,
            keep=partial,
            fresh=fresh,
            progress=progress,
        )
    except KeyboardInterrupt:
        click.echo(
            f"\ninterrupted; what is done is kept in {partial}, and the same command goes on from there",
            err=True,
        )
        raise click.Abort from None
    native.write(keep, ran.outputs)
    if not ran.failures:
        partial.unlink()
    return ran


@click.command()
@click.argument("spec")
@click.option(
    "--output", "-o", type=OUT_FILE, required=True, help="Where the predictions go, as JSON Lines."
)
@GOLD
@TEXTS
@GOLD_FORMAT
@GOLD_COLUMN
@JOBS
@TIMEOUT
@FRESH
@friendly
def run(
    spec: str,
    output: Path,
    gold: Path | None,
    texts: Path | None,
    gold_format: str | None,
    gold_column: int | None,
    jobs: int,
    timeout: float,
    fresh: bool,
) -> None:
    """Run an extractor over the articles and keep its output; once interrupted, the same command
    goes on.
    """
    from vinewsie.findings import FindingsError, errors
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.reading.predictions import read_predictions

    not_an_input((output,), (gold,))
    documents = load(gold, texts=texts, input_format=input_format_of(gold_format, gold_column))
    with show_progress() as progress:
        ran = _ran(spec, documents, jobs, timeout, output, fresh, progress)
    # Any labels: under which inventory they are scored is decided then.
    read = read_predictions(ran.outputs, documents)
    for finding in read.findings:
        click.echo(str(finding), err=True)
    if errors(read.findings):
        raise FindingsError([])
    again = f"vinewsie score {output}" + (f" --gold {gold}" if gold is not None else "")
    click.echo(
        f"{len(ran.outputs)} of {len(documents)} documents in {output}; score them with: {again}",
        err=True,
    )
    for doc_id, reason in ran.failures.items():
        click.echo(f"no answer for {doc_id}: {reason}", err=True)
    if ran.failures:
        click.echo("the same command tries these documents again", err=True)
        raise SystemExit(1)


@click.command()
@friendly
def extractors() -> None:
    """List the built-in extractors, and whether each can run here."""
    from tabulate import tabulate

    from vinewsie.extractors import BUILT_IN

    rows = []
    for built_in in BUILT_IN.values():
        missing = built_in.missing()
        versions = (
            ", ".join(f"{name} {version}" for name, version in built_in.versions().items())
            if missing is None
            else ""
        )
        runs = (
            "yes" + (f" ({versions})" if versions else "") if missing is None else f"no: {missing}"
        )
        rows.append((built_in.spec, built_in.about, ", ".join(built_in.layers), runs))
    click.echo(
        tabulate(
            rows,
            ("extractor", "what it does", "layers", "runs here"),
            maxcolwidths=[None, 40, 18, 60],
        )
    )
    click.echo(
        "\nYour own: module:function, cmd:COMMAND (JSON Lines on stdin and stdout), http://… (POST), combine:A+B"
    )


@click.command()
@click.option(
    "--only",
    multiple=True,
    metavar="SPEC",
    help="Run this one; can be repeated. Default: all that can run here.",
)
@click.option(
    "--write",
    "write_to",
    is_flag=True,
    help="Write the table into README.md and annotations/leaderboard.json of the checkout.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@TIMEOUT
@friendly
def leaderboard(only: tuple[str, ...], write_to: bool, format_: str, timeout: float) -> None:
    """Run all extractors that can run here over the articles, and compare them."""
    from vinewsie.annotations import leaderboard as board
    from vinewsie.progress import show_progress

    with show_progress() as progress:
        rows = board.run(
            only, timeout=timeout, progress=progress, tell=lambda line: click.echo(line, err=True)
        )
    if write_to:
        for path in board.write(rows):
            click.echo(f"wrote {path}", err=True)
    click.echo(board.render(rows, format_))
    if not rows:
        raise SystemExit(1)


@click.command()
@click.argument("a", type=FILE)
@click.argument("b", type=FILE)
@click.option(
    "--resamples",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Shuffles of the randomisation test.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "latex"]),
    default="text",
    show_default=True,
)
@friendly
def compare(a: Path, b: Path, resamples: int, format_: str) -> None:
    """Compare two results (JSON) of the same gold and measures: difference and p-value."""
    from vinewsie.report import text
    from vinewsie.scoring import resampling
    from vinewsie.scoring.result import Result

    differences = resampling.compare(Result.load(a), Result.load(b), resamples=resamples)
    if format_ == "json":
        click.echo(
            json.dumps(
                [difference.to_json() for difference in differences], ensure_ascii=False, indent=2
            )
        )
    else:
        click.echo(
            text.comparison_table(differences, "latex_booktabs" if format_ == "latex" else "simple")
        )


@click.command()
@friendly
def measures() -> None:
    """List all measures: what they count, where they come from, their parameters."""
    from tabulate import tabulate

    from vinewsie.scoring.measures import COMMON_PARAMS, all_measures

    rows = []
    for measure in all_measures():
        definition = measure.definition
        params = {**COMMON_PARAMS, **definition.params}
        shown = " ".join(f"{name}={'|'.join(values)}" for name, values in params.items())
        rows.append(
            (
                ("* " if definition.headline else "  ") + str(measure),
                definition.matches,
                f"{shown} label=…",
                definition.source,
            )
        )
    click.echo(
        tabulate(
            rows,
            ("measure", "a pair matches when", "parameters (default first)", "source"),
            maxcolwidths=[None, 30, 34, 40],
        )
    )
    click.echo("\n* headline measure, scored when nothing else is asked for")


@click.command()
@click.option(
    "--documents",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Documents of the made corpus.",
)
@click.option(
    "--golds",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Gold spans of each document.",
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@friendly
def bench(documents: int, golds: int, format_: str) -> None:
    """Time this scorer beside nervaluate on a made corpus: same inputs, same run."""
    from vinewsie.report import text
    from vinewsie.scoring import bench as benchmark

    outcome = benchmark.run(
        documents,
        golds,
        (documents * golds // 50, documents * golds // 25),
        progress=lambda line: click.echo(line, err=True),
    )
    click.echo(json.dumps(outcome, indent=2) if format_ == "json" else text.bench_table(outcome))
