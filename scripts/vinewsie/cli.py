"""The command ``vinewsie``: arguments only. What a command does is in the module that it calls."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click

from vinewsie._version import __version__

if TYPE_CHECKING:
    from vinewsie.findings import Finding

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY_PATH = click.Path(exists=True, path_type=Path)
OUT = click.Path(path_type=Path)

P = ParamSpec("P")
R = TypeVar("R")


def _fail(lines: Iterable[object]) -> NoReturn:
    for line in lines:
        click.echo(str(line), err=True)
    sys.exit(1)


def _friendly(command: Callable[P, R]) -> Callable[P, R]:
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
            _fail(error.findings)
        except (MeasureError, UnknownExtractorError, MissingTextError, MissingRayError) as error:
            raise click.UsageError(str(error)) from error
        except (ExtractorError, NotComparableError) as error:
            _fail([error])
        except OSError as error:
            _fail([f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")])

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="vinewsie")
def main() -> None:
    """Score information extraction from Vietnamese news: entities, dates, quotations and who said them."""


@main.command()
@click.argument("predictions", required=False, type=ANY_PATH)
@click.option("--extractor", "-e", metavar="SPEC", help="Run this extractor and score it: a built-in name or module:function.")
@click.option("--gold", type=ANY_PATH, help="Gold of your own: a JSON Lines or Parquet file, a folder of them, or a built data set.")
@click.option("--texts", type=ANY_PATH, help="The folder with the texts, for a data set without them.")
@click.option("--measure", "-m", "measures", multiple=True, metavar="MEASURE", help="Can be repeated. Default: the headline measures.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "csv", "latex"]), default="text", show_default=True)
@click.option("--output", "-o", type=OUT, help="Write here instead of to stdout.")
@click.option("--skip-invalid", is_flag=True, help="Score the rest when records are wrong; each counts as spurious and is listed.")
@click.option("--resamples", type=click.IntRange(0), default=1000, show_default=True, help="For the bootstrap intervals; 0 for none.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray spreads files over a Ray cluster (extra ray); the result is the same.",
)
@_friendly
def score(
    predictions: Path | None,
    extractor: str | None,
    gold: Path | None,
    texts: Path | None,
    measures: tuple[str, ...],
    format_: str,
    output: Path | None,
    skip_invalid: bool,
    resamples: int,
    engine: str,
) -> None:
    """Score a prediction file, or an extractor, against the gold."""
    from vinewsie import extractors, progress, scoring
    from vinewsie.gold import load
    from vinewsie.report import text

    if (predictions is None) == (extractor is None):
        raise click.UsageError("give a file of predictions or --extractor SPEC, one of the two")
    if engine == "ray":
        if predictions is None or gold is None:
            raise click.UsageError("--engine ray scores files: give PREDICTIONS and --gold, each a file or a folder of part files")
        from vinewsie import ray_engine

        with progress.shown() as say:
            say(f"scoring {predictions} with Ray")
            result = ray_engine.score(predictions, gold, measures or None, skip_invalid=skip_invalid, resamples=resamples)
    else:
        subject: Any = predictions if extractor is None else extractors.resolve(extractor)
        with progress.shown() as say:
            source = gold if texts is None else load(gold, texts=texts)
            result = scoring.score(subject, source, measures=measures or None, skip_invalid=skip_invalid, resamples=resamples, say=say)
    for doc_id in result.predictions["missing"]:
        click.echo(f"warning: no prediction for {doc_id}; it counts as empty", err=True)
    for warning in result.predictions["warnings"]:
        click.echo(warning, err=True)
    _write(text.render(result, format_), output)


@main.command()
@click.argument("spec")
@click.option("--output", "-o", type=OUT, required=True, help="Where the predictions go, as JSON Lines.")
@click.option("--gold", type=ANY_PATH, help="Documents of your own. Default: the packaged articles.")
@_friendly
def run(spec: str, output: Path, gold: Path | None) -> None:
    """Run an extractor over the articles and keep its output."""
    from vinewsie import extractors
    from vinewsie.findings import FindingsError, errors
    from vinewsie.formats import native
    from vinewsie.gold import load

    documents = load(gold)
    outputs = list(extractors.run(extractors.resolve(spec), documents.values()))
    # Any labels: under which inventory they are scored is decided then.
    read = native.read_predictions(outputs, documents)
    if errors(read.findings):
        raise FindingsError(read.findings)
    for finding in read.findings:
        click.echo(str(finding), err=True)
    native.write(output, outputs)
    again = f"vinewsie score {output}" + (f" --gold {gold}" if gold is not None else "")
    click.echo(f"{len(outputs)} documents in {output}; score them with: {again}", err=True)


@main.command()
@click.argument("a", type=FILE)
@click.argument("b", type=FILE)
@click.option("--resamples", type=click.IntRange(1), default=10_000, show_default=True, help="Shuffles of the randomisation test.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "latex"]), default="text", show_default=True)
@_friendly
def compare(a: Path, b: Path, resamples: int, format_: str) -> None:
    """Compare two results (JSON) of the same gold and measures: difference and p-value."""
    from vinewsie import resampling
    from vinewsie.report import text
    from vinewsie.result import Result

    differences = resampling.compare(Result.load(a), Result.load(b), resamples=resamples)
    if format_ == "json":
        click.echo(json.dumps([difference.to_json() for difference in differences], ensure_ascii=False, indent=2))
    else:
        click.echo(text.comparison_table(differences, "latex_booktabs" if format_ == "latex" else "simple"))


@main.command()
@click.argument("path", required=False, type=ANY_PATH)
@click.option("--gold", type=ANY_PATH, help="The gold that a prediction file is for. Default: the packaged articles.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_friendly
def validate(path: Path | None, gold: Path | None, format_: str) -> None:
    """Check annotations, a gold file or a prediction file; all findings, not the first."""
    from vinewsie import checking

    subject, findings = checking.check(path, gold)
    _report(subject, findings, format_)


@main.command()
@click.option("--check", "check_only", is_flag=True, help="Write nothing; fail when the data set is stale.")
@click.option("--labels-only", is_flag=True, help="Leave the articles' texts out: stand-off labels and the sha256 of each text.")
@click.option("--output", "-o", type=OUT, help="The data set's folder. Default: dataset/ beside annotations/.")
@click.option(
    "--annotations", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Default: annotations/ here or above."
)
@_friendly
def build(check_only: bool, labels_only: bool, output: Path | None, source: Path | None) -> None:
    """Build the data set from the annotations."""
    from vinewsie import build as builder
    from vinewsie import corpus
    from vinewsie.findings import errors

    if labels_only and (output is None or check_only):
        raise click.UsageError("--labels-only needs --output, and does not go with --check")
    read = corpus.read(source or corpus.find_folder())
    if errors(read.findings):
        _fail(read.findings)
    folder = output or read.folder.parent / "dataset"
    if check_only:
        _report(str(folder), list(builder.stale(read, folder)), "text")
        return
    builder.build(read, folder, labels_only=labels_only)
    click.echo(f"built {folder} from {read.folder}", err=True)


@main.command()
@click.argument("left")
@click.argument("right")
@click.option(
    "--annotations", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Default: annotations/ here or above."
)
@click.option("--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@_friendly
def agreement(left: str, right: str, source: Path | None, format_: str) -> None:
    """Agreement of two annotation passes, by the names of their folders under annotations/passes (or "gold")."""
    from dataclasses import asdict

    from vinewsie import agreement as agreements
    from vinewsie import corpus
    from vinewsie.findings import errors
    from vinewsie.report import text

    read = corpus.read(source or corpus.find_folder())
    if errors(read.findings):
        _fail(read.findings)
    passes = {**read.passes, "gold": read.documents}
    for name in (left, right):
        if name not in passes:
            raise click.UsageError(f"no pass {name!r}; there are {', '.join(passes)}")
    rows = agreements.agreement(passes[left], passes[right])
    if format_ == "json":
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        click.echo(text.agreement_table(rows, left, right, "github" if format_ == "markdown" else "simple"))


@main.command()
@_friendly
def measures() -> None:
    """List all measures: what they count, where they come from, their parameters."""
    from tabulate import tabulate

    from vinewsie.measures import COMMON_PARAMS, all_measures

    rows = []
    for measure in all_measures():
        definition = measure.definition
        params = {**COMMON_PARAMS, **definition.params}
        shown = " ".join(f"{name}={'|'.join(values)}" for name, values in params.items())
        rows.append((("* " if definition.headline else "  ") + str(measure), definition.matches, f"{shown} label=…", definition.source))
    click.echo(tabulate(rows, ("measure", "a pair matches when", "parameters (default first)", "source"), maxcolwidths=[None, 30, 34, 40]))
    click.echo("\n* headline measure, scored when nothing else is asked for")


@main.command()
@click.option("--documents", type=click.IntRange(1), default=10_000, show_default=True, help="Documents of the made corpus.")
@click.option("--golds", type=click.IntRange(1), default=100, show_default=True, help="Gold spans of each document.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_friendly
def bench(documents: int, golds: int, format_: str) -> None:
    """Time this scorer beside nervaluate on a made corpus: same inputs, same run."""
    from vinewsie import bench as benchmark
    from vinewsie.report import text

    outcome = benchmark.run(
        documents, golds, (documents * golds // 50, documents * golds // 25), say=lambda line: click.echo(line, err=True)
    )
    click.echo(json.dumps(outcome, indent=2) if format_ == "json" else text.bench_table(outcome))


@main.command()
@_friendly
def extractors() -> None:
    """List the built-in extractors."""
    from tabulate import tabulate

    from vinewsie.extractors import BUILT_IN

    click.echo(tabulate([(name, about) for name, (_, about) in BUILT_IN.items()], ("extractor", "what it does"), tablefmt="simple"))


def _report(subject: str, findings: list[Finding], format_: str) -> None:
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


def _write(text: str, output: Path | None) -> None:
    from vinewsie.formats.records import write_text

    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"wrote {output}", err=True)
