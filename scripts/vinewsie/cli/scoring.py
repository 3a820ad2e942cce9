"""Commands on scores: ``score``, ``run``, ``compare``, ``leaderboard``, ``bench``, and listings."""

from __future__ import annotations

import functools
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import rich_click as click

from vinewsie.cli.common import (
    command,
    copies,
    echo,
    logger,
    not_an_input,
    note,
    show,
    show_json,
    show_stream,
    without_blas_threads,
    write,
)
from vinewsie.cli.options import (
    ANY_PATH,
    EPOCHS,
    ERROR_KIND,
    FILE,
    LABELS,
    LAYER,
    MEASURES,
    RESOLVER,
    SCHEME_OPTION,
    SPEC,
    TEXTS,
    TIMEOUT_OPTION,
    NewFile,
    docs_option,
    extractor_option,
    format_option,
    gold_given,
    gold_options,
    input_options,
    output_option,
    run_options,
)
from vinewsie.defaults import RESAMPLES, SHUFFLES, UnitChoice

if TYPE_CHECKING:
    from vinewsie.extractors.running import ExtractorRun
    from vinewsie.progress import ProgressCallback
    from vinewsie.reading.detect import InputFormat
    from vinewsie.reading.gold import Gold
    from vinewsie.scoring.measures import Measure
    from vinewsie.scoring.result import Missing, Result
    from vinewsie.tables import Report


@dataclass(frozen=True)
class RunOptions:
    """How an extractor is run: see :func:`vinewsie.extractors.running.run`."""

    jobs: int
    concurrency: int
    timeout: float
    max_answer: int
    fresh: bool
    keep: Path | None

    def run(self, spec: str, documents: Gold, progress: ProgressCallback) -> ExtractorRun:
        """Runs the extractor of a SPEC, and keeps its answers if they are to be kept."""
        [done] = self.epochs(spec, documents, 1, progress)
        return done

    def epochs(
        self, spec: str, documents: Gold, epochs: int, progress: ProgressCallback
    ) -> list[ExtractorRun]:
        """Runs it several times; the answers of each epoch are kept in a file of their own."""
        from vinewsie.extractors import running
        from vinewsie.files import STDOUT
        from vinewsie.reading import native

        if epochs > 1 and self.keep == STDOUT:
            raise click.UsageError("several epochs are several files: name one that is not -")
        done: list[tuple[Path | None, ExtractorRun]] = []
        for epoch in range(1, epochs + 1):
            keep = self.keep and running.of_epoch(self.keep, epoch, epochs)
            partial = running.partial(keep) if keep not in (None, STDOUT) else None
            try:
                ran = running.run(
                    spec,
                    list(documents.values()),
                    jobs=self.jobs,
                    concurrency=self.concurrency,
                    timeout=self.timeout,
                    max_answer=self.max_answer,
                    epoch=epoch,
                    keep=partial,
                    fresh=self.fresh,
                    progress=functools.partial(_of_epoch, progress, epoch, epochs),
                )
            except KeyboardInterrupt:
                if partial is None:
                    raise
                note(f"\ninterrupted; {partial} keeps the answers; repeat the command to continue")
                raise click.Abort from None
            if keep is not None:
                native.write(keep, ran.outputs)
            done.append((partial, ran))
        # Only now: if a later epoch is interrupted, earlier ones are not asked again.
        for partial, ran in done:
            if partial is not None and not ran.failures:
                partial.unlink(missing_ok=True)
        return [ran for _, ran in done]


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """The arguments and options of ``vinewsie score``, by the names that the command gives them."""

    predictions: tuple[Path, ...]
    extractor: str | None
    input_format: InputFormat | None
    gold: Path | None
    gold_format: InputFormat | None
    texts: Path | None
    measures: tuple[str, ...]
    scheme: str | None
    min_overlap: str | None
    labels: Path | None
    where: tuple[str, ...]
    docs: tuple[tuple[str, ...], ...]
    by: str | None
    resolve: str | None
    missing: Missing
    skip_invalid: bool
    resamples: int
    interval_unit: UnitChoice
    format_: str
    fail_under: tuple[str, ...]
    by_label: bool
    output: Path | None
    errors_to: Path | None
    report_to: Path | None
    keep: Path | None
    epochs: int
    jobs: int
    concurrency: int
    timeout: float
    max_answer: int
    fresh: bool
    engine: str

    @property
    def several(self) -> bool:
        """Whether there are several epochs."""
        return self.epochs > 1 or len(self.predictions) > 1

    @property
    def one_file_here(self) -> bool:
        """Whether one file of predictions is scored in this process."""
        return not self.several and self.extractor is None and self.engine != "ray"

    @property
    def metadata(self) -> dict[str, str]:
        """The values of the metadata that documents are chosen by."""
        return dict(given.split("=", 1) for given in self.where)

    @property
    def doc_ids(self) -> list[str] | None:
        """The ids that documents are chosen by; None for all documents."""
        return [doc_id for given in self.docs for doc_id in given] or None

    @functools.cached_property
    def limits(self) -> list[tuple[Measure, float]]:
        """The measures that have a limit, with it."""
        from vinewsie.scoring import gates

        return [gates.read(given) for given in self.fail_under]

    @property
    def running(self) -> RunOptions:
        """How the extractor is run."""
        return RunOptions(
            self.jobs, self.concurrency, self.timeout, self.max_answer, self.fresh, self.keep
        )


def _of_epoch(progress: ProgressCallback, epoch: int, epochs: int, step: str) -> None:
    progress(step if epochs == 1 else f"epoch {epoch} of {epochs}, {step}")


@command("vinewsie score -e rules -m entities.strict")
@click.argument("predictions", nargs=-1, type=ANY_PATH)
@click.option_panel(
    "Scores",
    options=[
        "measures",
        "scheme",
        "min_overlap",
        "labels",
        "where",
        "docs",
        "by",
        "resolve",
        "missing",
        "skip_invalid",
        "resamples",
        "interval_unit",
        "engine",
    ],
)
@extractor_option(
    "Run this extractor and score it: a built-in one (vinewsie extractors), module:function, "
    "path/to/file.py:function, cmd:COMMAND or http://…"
)
@input_options
@gold_options
@TEXTS
@MEASURES
@SCHEME_OPTION
@click.option(
    "--min-overlap",
    metavar="F",
    help="Least share of a gold entity that a prediction covers to belong to it, such as 0.5 "
    "(parameter overlap). Default: one code point.",
)
@LABELS
@click.option(
    "--where",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Score only the documents whose metadata have this value; can be repeated for other "
    "fields.",
)
@docs_option("Score only")
@click.option(
    "--by",
    metavar="FIELD",
    help="Score the documents also by their values of this field of the metadata, such as outlet.",
)
@click.option(
    "--missing",
    type=click.Choice(["dash", "zero"]),
    default="dash",
    show_default=True,
    help="A layer that no prediction mentions: dash, not scored, or zero, counted as empty.",
)
@click.option(
    "--resolve",
    type=RESOLVER,
    help="How surfaces without offsets are placed: surface (the default), words or letters.",
)
@click.option(
    "--skip-invalid",
    is_flag=True,
    help="Skip invalid records instead of refusing the file; each counts as spurious.",
)
@click.option(
    "--resamples",
    type=click.IntRange(0),
    metavar="N",
    default=RESAMPLES,
    show_default=True,
    help="Bootstrap resamples of the intervals; 0 for none.",
)
@click.option(
    "--interval-unit",
    type=click.Choice(get_args(UnitChoice)),
    default="auto",
    show_default=True,
    help="What intervals resample: documents, or segments within documents; auto takes documents "
    "from 20 on.",
)
@format_option("text", "json", "csv", "latex")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="MEASURE=VALUE",
    help="Exit with 1 if the measure's F1 or accuracy is under this value, such as "
    "entities.strict=.85 (an error rate: over it); can be repeated.",
)
@click.option("--by-label", is_flag=True, help="Show the scores of each label in the text.")
@output_option("Write the result to this file instead of stdout.", NewFile())
@click.option(
    "--errors",
    "errors_to",
    type=NewFile(),
    help="Write every error to this file, as JSON Lines (.jsonl) or Parquet (.parquet).",
)
@click.option(
    "--report",
    "report_to",
    type=NewFile(),
    help="Write a page with every error in its sentence to this file (HTML).",
)
@click.option(
    "--keep",
    type=NewFile(),
    help="Keep the answers of the extractor in this file, as JSON Lines; repeat the command after "
    "an interruption to continue.",
)
@EPOCHS
@run_options
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="ray scores in a Ray cluster (extra ray), which also reads native part files; the result "
    "is the same.",
)
def score(**given: Any) -> None:
    """Score a prediction file in any format, or an extractor, against the gold.

    Several files are the epochs of one extractor: its answers to the same documents.
    """
    options = ScoreOptions(**given)
    _check_score_usage(options)
    result, documents = _result_of(options)
    _note_findings(result)
    _write_errors_and_report(options, result, documents)
    _show_result(options, result, documents)

    from vinewsie.scoring import gates

    if reasons := gates.unmet(result, options.limits):
        note(*reasons)
        raise SystemExit(1)


def _check_score_usage(options: ScoreOptions) -> None:
    """Checks that the options of a score go together.

    Raises:
        UsageError: they do not.
    """
    extractor = options.extractor is not None
    if bool(options.predictions) == extractor:
        raise click.UsageError("give a file of predictions or --extractor SPEC, one of the two")
    if not extractor and (options.keep is not None or options.epochs > 1):
        name = "--epochs" if options.keep is None else "--keep"
        raise click.UsageError(f"{name} needs --extractor SPEC; files are epochs by themselves")
    if options.several and options.report_to is not None:
        raise click.UsageError("--report shows the answers of one epoch: score one file with it")
    if options.engine == "ray" and len(options.predictions) != 1:
        raise click.UsageError("--engine ray scores a file: give one PREDICTIONS")
    if unclear := [given for given in options.where if "=" not in given]:
        raise click.UsageError(f"--where {unclear[0]}: write FIELD=VALUE, such as outlet=VnExpress")
    fields = [given.partition("=")[0] for given in options.where]
    if twice := [field for field in options.metadata if fields.count(field) > 1]:
        raise click.UsageError(
            f"--where {twice[0]}: a document has one value of a field; --by {twice[0]} shows each"
        )


def _result_of(options: ScoreOptions) -> tuple[Result, Gold | None]:
    """The result, and the gold; None if it was scored elsewhere and no text of it is shown."""
    with without_blas_threads():
        from vinewsie.model import Document, Prediction
        from vinewsie.progress import show_progress
        from vinewsie.reading.ahead import read_ahead

    gold, file = (options.gold, options.predictions[0]) if options.one_file_here else (None, None)
    with (
        show_progress() as progress,
        read_ahead(gold, Document, options.gold_format) as gold_ahead,
        read_ahead(file, Prediction, options.input_format) as ahead,
    ):
        # These imports take a while, in which other processes may read the files already.
        from vinewsie.reading.gold import default_gold_note, load, load_ahead
        from vinewsie.report import text
        from vinewsie.scoring import resampling
        from vinewsie.scoring import run as scoring

        _check_outputs(options)
        arguments = _score_arguments(options)
        if options.gold is None and (other := default_gold_note()) is not None:
            note(other)
        load_gold = functools.partial(
            load, options.gold, texts=options.texts, input_format=options.gold_format
        )
        if options.engine == "ray":
            from vinewsie.scoring import ray as ray_engine

            result = ray_engine.score(
                options.predictions[0],
                options.gold,
                gold_format=options.gold_format,
                texts=options.texts,
                progress=progress,
                **arguments,
            )
            # What is shown of the errors needs the texts; of large corpora nothing is.
            shown = options.report_to is not None or text.holds_everything(result)
            return result, load_gold() if shown else None
        if gold_ahead is not None or ahead is not None:
            with without_blas_threads():
                resampling.prepare()
        if gold_ahead is not None:
            documents = load_ahead(gold_ahead, options.gold_format)
        else:
            documents = load_gold()
        subject = ahead or _subject(options, documents, progress)
        return scoring.score(subject, documents, progress=progress, **arguments), documents


def _check_outputs(options: ScoreOptions) -> None:
    """Checks that no file that is written is read, too, and that errors can be written."""
    from vinewsie.extractors.running import of_epoch
    from vinewsie.scoring.errors import check_error_file

    epochs = options.epochs
    kept = [options.keep and of_epoch(options.keep, n + 1, epochs) for n in range(epochs)]
    not_an_input(
        (options.output, options.errors_to, options.report_to, *kept),
        (*options.predictions, options.gold, options.labels),
    )
    if options.errors_to is not None:
        check_error_file(options.errors_to)


def _score_arguments(options: ScoreOptions) -> dict[str, Any]:
    """The arguments of a score that do not depend on where it is computed."""
    from vinewsie.scheme.inventories import LabelMap
    from vinewsie.scoring.measures import wanted

    labels = LabelMap.load(options.labels) if options.labels is not None else None
    limited = [measure for measure, _ in options.limits]
    asked = wanted(options.measures or None, options.scheme, options.min_overlap)
    return {
        "measures": [*asked, *(measure for measure in limited if measure not in asked)],
        "labels": labels,
        "skip_invalid": options.skip_invalid,
        "missing": options.missing,
        "input_format": options.input_format,
        "resamples": options.resamples,
        "interval_unit": options.interval_unit,
        "where": options.metadata or None,
        "docs": options.doc_ids,
        "by": options.by,
        **({"resolve": options.resolve} if options.resolve is not None else {}),
    }


def _subject(options: ScoreOptions, documents: Gold, progress: ProgressCallback) -> Any:
    """What is scored: a file, several as epochs, or the answers of the extractor, which is run."""
    from vinewsie.scoring.run import Epochs

    if options.extractor is None:
        return Epochs(options.predictions) if options.several else options.predictions[0]
    part = documents.only(options.metadata, options.doc_ids)
    runs = options.running.epochs(options.extractor, part, options.epochs, progress)
    return Epochs(runs) if options.several else runs[0]


def _note_findings(result: Result) -> None:
    """Tells which documents have no prediction, and the warnings."""
    failures = result.predictions.get("failures", {})
    for doc_id in result.predictions["missing"]:
        why = f" ({failures[doc_id]})" if doc_id in failures else ""
        logger.warning("no prediction for %s; it counts as empty%s", doc_id, why)
    note(*result.predictions["warnings"])


def _write_errors_and_report(options: ScoreOptions, result: Result, documents: Gold | None) -> None:
    """Writes the files of errors that were asked for."""
    from vinewsie.scoring.errors import write_errors

    if options.errors_to is not None:
        write_errors(options.errors_to, result.errors)
        note(f"wrote {options.errors_to}")
    if options.report_to is not None and documents is not None:
        _write_report(options.report_to, result, documents)


def _show_result(options: ScoreOptions, result: Result, documents: Gold | None) -> None:
    """Prints or writes the result in the format that was asked for."""
    from vinewsie.report import text

    output = options.output
    if options.format_ == "text":
        report = _text_report(options, result, documents)
        if output is None:
            show(report)
        else:
            write(str(report), output)
    elif options.format_ == "json" and output is None and sys.stdout.isatty():
        write(result.dumps(indent=2), output)
    else:
        write(text.render(result, options.format_), output)


def _text_report(options: ScoreOptions, result: Result, documents: Gold | None) -> Report:
    """The result as text, with its most frequent errors and the command that shows them all."""
    from vinewsie.report import text

    after = text.error_commands(result, _errors_command_of(options))
    one = after and not options.several
    if one and documents is not None and text.holds_everything(result):
        from vinewsie.report import error_list

        after = [error_list.frequent_errors(result, documents), *after]
    return text.score_report(result, by_label=options.by_label, after_scores=after)


def _errors_command_of(options: ScoreOptions) -> str:
    """The command that shows the errors of a score with these options."""
    extractor, files = options.extractor, map(str, options.predictions)
    more = (
        *(options.labels, options.where, options.docs, options.resolve, options.skip_invalid),
        *(options.min_overlap, options.missing != "dash", options.several),
        *(options.input_format, options.gold_format),
        # What was piped in cannot be read again.
        copies(),
    )
    return _errors_command(
        ["-e", extractor] if extractor is not None else [*files],
        {
            "-m": options.measures,
            "--scheme": options.scheme,
            **gold_given(options.gold),
            "--texts": options.texts,
        },
        whole=not any(more),
    )


def _errors_command(scored: list[str], options: dict[str, Any], *, whole: bool) -> str:
    """The command that shows the errors of what was scored.

    Args:
        scored: the arguments that name it.
        options: the options of the score that the command has, too, by name.
        whole: whether these are all options that count, and what was scored can be read again.
    """
    if not whole:
        gold = "".join(
            f" {name} {options[name]}" for name in ("--set", "--gold") if options.get(name)
        )
        return (
            f"vinewsie errors RESULT.json{gold}\n"
            "  (RESULT.json: score with --format json -o RESULT.json)"
        )
    words = [*scored]
    for name, value in options.items():
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        words += [word for one in values for word in (name, str(one))]
    return f"vinewsie errors {shlex.join(words)}"


def _write_report(path: Path, result: Result, gold: Gold) -> None:
    """Writes the page of a result that was just scored."""
    from vinewsie.files import write_text
    from vinewsie.report.cases import view_of
    from vinewsie.report.page import page

    predictions = {prediction.doc_id: prediction for prediction in result.records or ()}
    write_text(path, page([view_of(result, gold, predictions)]))
    note(f"wrote {path}")


@command("vinewsie run rules -o predictions.jsonl")
@click.argument("spec", type=SPEC)
@output_option("Write the predictions to this file, as JSON Lines.", NewFile(), required=True)
@gold_options
@TEXTS
@EPOCHS
@run_options
def run(
    spec: str,
    output: Path,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    epochs: int,
    jobs: int,
    concurrency: int,
    timeout: float,
    max_answer: int,
    fresh: bool,
) -> None:
    """Run an extractor over the documents and keep its predictions.

    Repeat the command after an interruption to continue, and after failures to try the failed
    documents again.
    """
    from vinewsie.extractors.running import of_epoch
    from vinewsie.findings import FindingsError, errors
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.reading.predictions import read_predictions

    outputs = [of_epoch(output, epoch + 1, epochs) for epoch in range(epochs)]
    not_an_input(outputs, (gold,))
    documents = load(gold, texts=texts, input_format=gold_format)
    options = RunOptions(jobs, concurrency, timeout, max_answer, fresh, output)
    with show_progress() as progress:
        runs = options.epochs(spec, documents, epochs, progress)
    # Labels are checked when the predictions are scored, under the scheme that is chosen then.
    found = [read_predictions(done.outputs, documents).findings for done in runs]
    note(*(finding for findings in found for finding in findings))
    if any(map(errors, found)):
        raise FindingsError([])
    for path, done in zip(outputs, runs, strict=True):
        note(
            f"{len(done.outputs)} of {len(documents)} documents in {path}",
            *(f"no answer for {doc_id}: {reason}" for doc_id, reason in done.failures.items()),
        )
    again = " ".join(["vinewsie score", *map(str, outputs)])
    again += "".join(f" {name} {value}" for name, value in gold_given(gold).items())
    note(f"score them with: {again}")
    if any(done.failures for done in runs):
        note("repeat the command to try these documents again")
        raise SystemExit(1)


@command("vinewsie errors -e rules --layer quotes --kind missed")
@click.argument("subject", required=False, metavar="[RESULT|PREDICTIONS]", type=ANY_PATH)
@click.option_panel("Errors", options=["layer", "kind", "label", "zone", "docs", "measures"])
@extractor_option("Run this extractor and show its errors.")
@input_options
@gold_options
@TEXTS
@click.option(
    "--layer",
    type=LAYER,
    help="Only errors of this layer: entities, dates, marks or quotes.",
)
@click.option(
    "--kind",
    type=ERROR_KIND,
    help="Only errors of this kind, such as missed, spurious, type, boundary, value, speaker; also "
    "with its detail, such as boundary:too_short or 'type:ORG>LOC'.",
)
@click.option("--label", metavar="LABEL", help="Only errors with this label, such as PER.")
@click.option("--zone", metavar="ZONE", help="Only errors in this zone, such as headline.")
@docs_option("Only errors in")
@MEASURES
@SCHEME_OPTION
@click.option(
    "--predictions",
    "scored_file",
    type=ANY_PATH,
    help="The file that was scored, for a result that does not hold the predictions (of version "
    "0.1, or of very many records).",
)
@run_options
def errors(
    subject: Path | None,
    extractor: str | None,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    layer: str | None,
    kind: str | None,
    label: str | None,
    zone: str | None,
    docs: tuple[tuple[str, ...], ...],
    measures: tuple[str, ...],
    scheme: str | None,
    scored_file: Path | None,
    jobs: int,
    concurrency: int,
    timeout: float,
    max_answer: int,
    fresh: bool,
) -> None:
    """Show each error in its sentence, the gold marked [so] and the prediction {so}.

    Takes a result (JSON) of vinewsie score, or predictions in any format, which are scored.
    """
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import load
    from vinewsie.report import error_list
    from vinewsie.report.cases import KINDS
    from vinewsie.report.sources import GivenFiles, gold_of, predictions_of
    from vinewsie.scoring import run as scoring
    from vinewsie.scoring.measures import wanted
    from vinewsie.scoring.result import Result, is_result

    if (subject is None) == (extractor is None):
        raise click.UsageError("give a result, predictions or --extractor SPEC, one of the three")
    if kind is not None and kind.partition(":")[0] not in KINDS:
        raise click.UsageError(f"--kind {kind}: there are {', '.join(KINDS)}")
    with show_progress() as progress:
        if subject is not None and is_result(subject):
            result = Result.load(subject)
            given = GivenFiles(gold, texts, gold_format, scored_file, input_format)
            documents = gold_of(result, given)
        else:
            documents = load(gold, texts=texts, input_format=gold_format)
            options = RunOptions(jobs, concurrency, timeout, max_answer, fresh, None)
            source: Any = subject
            if extractor is not None:
                source = options.run(extractor, documents, progress)
            result = scoring.score(
                source,
                documents,
                measures=wanted(measures or None, scheme),
                input_format=input_format,
                resamples=0,
                progress=progress,
            )
            held = subject if result.records is None else None
            given = GivenFiles(predictions=held, input_format=input_format)
        predictions = predictions_of(result, documents, given)
    ids = [doc_id for given in docs for doc_id in given]
    chosen = error_list.ErrorFilter(
        layer=layer,
        kind=kind,
        label=label,
        zone=zone,
        docs=frozenset(documents.only(docs=ids or None)),
    )
    if not show_stream(error_list.stream(result, documents, predictions, chosen)):
        note("no errors of this kind" if layer or kind or label or zone or docs else "no errors")


@command("vinewsie extractors")
def extractors() -> None:
    """List the built-in extractors, and whether each can run here."""
    from vinewsie.report import listings

    show(listings.extractors())


@command("vinewsie leaderboard -e rules -e dateparser")
@extractor_option("Run this one; can be repeated. Default: all that can run here.", multiple=True)
@click.option(
    "--add",
    multiple=True,
    metavar="NAME=FILE",
    help="Score this file of predictions, too, under a name; can be repeated. With it, or with "
    "--gold or --set, all stand in one table on one gold.",
)
@gold_options
@TEXTS
@MEASURES
@TIMEOUT_OPTION
@format_option("text", "markdown", "json")
@click.option(
    "--write",
    "write_to",
    is_flag=True,
    help="Keep the scores in annotations/leaderboard.json of the checkout; vinewsie build puts "
    "them into the card.",
)
def leaderboard(
    extractor: tuple[str, ...],
    add: tuple[str, ...],
    gold: Path | None,
    gold_format: InputFormat | None,
    texts: Path | None,
    measures: tuple[str, ...],
    timeout: float,
    format_: str,
    write_to: bool,
) -> None:
    """Compare extractors on the packaged articles and on each further set whose texts are here; or,
    with --gold, --set or --add, extractors and prediction files on one gold.
    """
    from vinewsie.annotations import leaderboard as board
    from vinewsie.progress import show_progress
    from vinewsie.reading.gold import FURTHER, SelectionError, load
    from vinewsie.reading.texts import TextsError

    if add or gold is not None or measures:
        if write_to:
            raise click.UsageError("--write keeps the scores of the packaged sets alone")
        names = [*extractor, *(given.partition("=")[0] for given in add)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise click.UsageError(f"{', '.join(twice)}: each system needs a name of its own")
        files = dict(_named_file(given) for given in add)
        if not extractor and not files:
            raise click.UsageError("give --extractor SPEC or --add NAME=FILE")
        documents = load(gold, texts=texts, input_format=gold_format)
        with show_progress() as progress:
            found = board.on_gold(
                documents, extractor, files, measures=measures, timeout=timeout, progress=progress
            )
        if format_ == "json":
            show_json({name: result.to_json() for name, result in found.items()})
        else:
            table = board.table_of(found)
            echo(table.markdown() if format_ == "markdown" else str(table))
            echo("\n".join(next(iter(found.values())).signature.splitlines()))
        return
    others = {}
    for name in FURTHER:
        try:
            others[name] = load(name)
        except (SelectionError, TextsError) as error:
            # As text: a kept log would hold the frames of the exception, and what they lock.
            logger.warning("there are no scores of the %s set: %s", name, str(error))
    with show_progress() as progress:
        rows = board.run(extractor, others=others, timeout=timeout, progress=progress)
    if write_to:
        note(f"wrote {board.write(rows)}; vinewsie build puts it into the card")
    shown = board.render(rows, format_)
    if format_ == "json":
        write(f"{shown}\n", None)
    else:
        echo(shown)
    if not rows:
        raise SystemExit(1)


def _named_file(given: str) -> tuple[str, Path]:
    """The name and the path of NAME=FILE."""
    name, _, path = given.partition("=")
    if not name or not path or not Path(path).exists():
        raise click.UsageError(f"--add {given}: write NAME=FILE, with a file that exists")
    return name, Path(path)


@command("vinewsie compare a.json b.json")
@click.argument("results", type=FILE, nargs=-1, required=True, metavar="RESULT RESULT…")
@click.option(
    "--resamples",
    type=click.IntRange(1),
    metavar="N",
    default=SHUFFLES,
    show_default=True,
    help="Shuffles of the randomisation test.",
)
@click.option(
    "--fail-if-worse",
    is_flag=True,
    help="Exit with 1 if a later result is worse than the first one in any measure.",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1),
    metavar="P",
    default=0.05,
    show_default=True,
    help="The largest p-value, corrected for all pairs, that counts as worse.",
)
@format_option("text", "json", "latex")
def compare(
    results: tuple[Path, ...], resamples: int, fail_if_worse: bool, level: float, format_: str
) -> None:
    """Compare results (JSON) with the same gold and measures: difference and p-value by pair."""
    from vinewsie.report import text
    from vinewsie.scoring import gates, resampling
    from vinewsie.scoring.result import Result

    if len(results) < 2:
        raise click.UsageError("give two results or more")
    loaded = [Result.load(path) for path in results]
    differences = resampling.compare(*loaded, resamples=resamples)
    if format_ == "json":
        show_json([difference.to_json() for difference in differences])
    elif format_ == "latex":
        comments = "".join(f"% {line}\n" for line in text.comparison_notes(differences))
        echo(comments + text.comparison_table(differences, broken=False).latex())
    else:
        show(text.comparison_report(differences, loaded, [str(path) for path in results]))
    for path, result in zip(results, loaded, strict=True):
        model = (result.predictions.get("info") or {}).get("model")
        if model and result.epochs is None:
            note(f"{path}: {model} was asked once; another run may give other answers (--epochs)")
    if fail_if_worse and (reasons := gates.worse(differences, level)):
        note(*reasons)
        raise SystemExit(1)


@command("vinewsie measures")
def measures() -> None:
    """List the measures: definition, source and parameters of each."""
    from vinewsie.report import listings

    show(listings.measures())


@command("vinewsie bench --documents 1000 --golds 50")
@click.option(
    "--documents",
    type=click.IntRange(1),
    metavar="N",
    default=10_000,
    show_default=True,
    help="Documents of the generated corpus.",
)
@click.option(
    "--golds",
    type=click.IntRange(1),
    metavar="N",
    default=100,
    show_default=True,
    help="Gold spans in each document.",
)
@click.option(
    "--quotations",
    type=click.IntRange(0),
    metavar="N",
    default=33_000,
    show_default=True,
    help="Quotations of the generated novels; 0 for none.",
)
@format_option("text", "json")
def bench(documents: int, golds: int, quotations: int, format_: str) -> None:
    """Measure time and memory on generated corpora, beside other scorers and a JSON parser."""
    from vinewsie.progress import show_progress
    from vinewsie.report import text
    from vinewsie.scoring import bench as benchmark

    with show_progress() as progress:
        outcome = benchmark.run(
            documents,
            golds,
            (documents * golds // 50, documents * golds // 25),
            quotations,
            progress=progress,
        )
    if format_ == "json":
        show_json(outcome)
    else:
        show(text.bench_report(outcome))
