"""Commands on data: check, build, compare passes, convert."""

from __future__ import annotations

import json
from pathlib import Path

import click

from vinewsie.cli.common import (
    ANY_PATH,
    COLUMN,
    FILE,
    FORMAT_IN,
    GOLD_COLUMN,
    GOLD_FORMAT,
    OUT,
    fail,
    friendly,
    input_format_of,
    not_an_input,
    report,
)


@click.command()
@click.argument("path", required=False, type=ANY_PATH)
@click.option(
    "--gold",
    type=ANY_PATH,
    help="The gold that a prediction file is for. Default: the packaged articles.",
)
@click.option(
    "--scheme",
    metavar="SCHEME",
    help="The label inventory that a prediction file's entities are in; any for any.",
)
@click.option("--labels", type=FILE, help="What labels become, as for vinewsie score.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@FORMAT_IN
@COLUMN
@GOLD_FORMAT
@GOLD_COLUMN
@friendly
def validate(
    path: Path | None,
    gold: Path | None,
    scheme: str | None,
    labels: Path | None,
    format_: str,
    format_in: str | None,
    column: int | None,
    gold_format: str | None,
    gold_column: int | None,
) -> None:
    """Check annotations, a gold file or a prediction file; all findings, not the first."""
    from vinewsie.annotations import validate
    from vinewsie.scheme.inventories import LabelMap

    own = LabelMap.load(labels) if labels is not None else None
    subject, findings = validate.check(
        path,
        gold,
        scheme=scheme,
        labels=own,
        input_format=input_format_of(format_in, column),
        gold_input_format=input_format_of(gold_format, gold_column),
    )
    report(subject, findings, format_)


@click.command()
@click.option(
    "--check", "check_only", is_flag=True, help="Write nothing; fail when the data set is stale."
)
@click.option(
    "--labels-only",
    is_flag=True,
    help="Leave the articles' texts out: stand-off labels and the sha256 of each text.",
)
@click.option(
    "--output", "-o", type=OUT, help="The data set's folder. Default: dataset/ beside annotations/."
)
@click.option(
    "--annotations",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: annotations/ here or above.",
)
@friendly
def build(check_only: bool, labels_only: bool, output: Path | None, source: Path | None) -> None:
    """Build the data set from the annotations."""
    from vinewsie.annotations import build as builder
    from vinewsie.annotations import store
    from vinewsie.findings import errors

    if labels_only and (output is None or check_only):
        raise click.UsageError("--labels-only needs --output, and does not go with --check")
    read = store.read(source or store.find_folder())
    if errors(read.findings):
        fail(read.findings)
    folder = output or read.folder.parent / "dataset"
    if check_only:
        report(str(folder), list(builder.stale(read, folder)), "text")
        return
    builder.build(read, folder, labels_only=labels_only)
    click.echo(f"built {folder} from {read.folder}", err=True)


@click.command()
@click.argument("left")
@click.argument("right")
@click.option(
    "--annotations",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: annotations/ here or above.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
@friendly
def agreement(left: str, right: str, source: Path | None, format_: str) -> None:
    """Agreement of two annotation passes, by the names of their folders under annotations/passes
    (or "gold").
    """
    from dataclasses import asdict

    from vinewsie.annotations import store
    from vinewsie.findings import errors
    from vinewsie.report import text
    from vinewsie.scoring import agreement as agreements

    read = store.read(source or store.find_folder())
    if errors(read.findings):
        fail(read.findings)
    passes = {**read.passes, "gold": read.documents}
    for name in (left, right):
        if name not in passes:
            raise click.UsageError(f"no pass {name!r}; there are {', '.join(passes)}")
    rows = agreements.agreement(passes[left], passes[right])
    if format_ == "json":
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
    else:
        click.echo(
            text.agreement_table(rows, left, right, "github" if format_ == "markdown" else "simple")
        )


@click.command()
@click.argument("source", type=ANY_PATH)
@click.argument("target", type=OUT)
@FORMAT_IN
@COLUMN
@click.option(
    "--format-out", metavar="FORMAT", help="The format of TARGET, if its ending should not tell it."
)
@click.option(
    "--gold",
    type=ANY_PATH,
    help="What SOURCE's predictions are for, if SOURCE has no texts. Default: the packaged articles.",
)
@GOLD_FORMAT
@GOLD_COLUMN
@friendly
def convert(
    source: Path,
    target: Path,
    format_in: str | None,
    column: int | None,
    format_out: str | None,
    gold: Path | None,
    gold_format: str | None,
    gold_column: int | None,
) -> None:
    """Convert gold or predictions between formats; what the target cannot hold is told."""
    from vinewsie.reading import convert

    input_format_of(format_out, None)
    not_an_input((target,), (source, gold))
    losses = convert.convert(
        source,
        target,
        input_format_of(format_in, column),
        format_out,
        gold,
        input_format_of(gold_format, gold_column),
    )
    for line in losses:
        click.echo(f"lost: {line}", err=True)
    click.echo(f"wrote {target}", err=True)


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
)
@friendly
def formats(format_: str) -> None:
    """List the formats, and what each can hold of every layer."""
    from vinewsie.formats import table

    click.echo(table.formats_table("github" if format_ == "markdown" else "simple"))
