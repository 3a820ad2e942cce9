"""Commands for a person's own texts: add an article, adjudicate passes."""

from __future__ import annotations

from pathlib import Path

import click

from vinewsie.cli.common import FILE, friendly

FOLDER = click.Path(file_okay=False, path_type=Path)
NORMALISE = ("bom", "newlines", "nfc")


@click.command("new-article")
@click.argument("file", type=FILE)
@click.option(
    "--anchor",
    required=True,
    metavar="DATE",
    help="The day (YYYY-MM-DD) against which the text's dates are read.",
)
@click.option(
    "--evidence",
    default="given by the person who added the text",
    help="Why that day: what in the text, or about it, says so.",
)
@click.option("--doc-id", help="Default: the file's name and the day.")
@click.option(
    "--annotations",
    "folder",
    type=FOLDER,
    help="A new folder is made. Default: annotations/ here or above.",
)
@click.option(
    "--extractor",
    "-e",
    metavar="SPEC",
    help="Have this extractor propose labels, as a pass that bears its name.",
)
@click.option(
    "--normalize",
    "normalise",
    multiple=True,
    type=click.Choice(NORMALISE),
    help="Change the copy so. Can be repeated.",
)
@click.option("--publisher", default="", help="Who published the text.")
@click.option(
    "--variety", default="", help="Which Vietnamese it is written in: mainland, diaspora …"
)
@click.option("--title-en", default="", help="Its headline in English.")
@click.option("--source", default="", help="Where the text was found: an address, an archive.")
@friendly
def new_article(
    file: Path,
    anchor: str,
    evidence: str,
    doc_id: str | None,
    folder: Path | None,
    extractor: str | None,
    normalise: tuple[str, ...],
    publisher: str,
    variety: str,
    title_en: str,
    source: str,
) -> None:
    """Add a text of your own to the annotations, ready to be labelled.

    The text is copied as it is. Its lines get proposed zones, which are printed; correct them in
    gold/DOC_ID/segments.jsonl.
    """
    from tabulate import tabulate

    from vinewsie.annotations import new_article as articles
    from vinewsie.annotations import store

    place = folder or store.find_folder()
    about = articles.ArticleMetadata(
        anchor,
        doc_id,
        evidence,
        publisher=publisher,
        variety=variety,
        title_en=title_en,
        source=source,
    )
    added = articles.add(place, file, about, normalise=normalise, extractor=extractor)
    for warning in added.warnings:
        click.echo(str(warning), err=True)
    text = added.document.text
    rows = [
        (
            text.count("\n", 0, s.start) + 1,
            s.zone,
            s.item or "",
            text[s.start : s.end][:60] + "…" * (s.end - s.start > 60),
        )
        for s in added.document.segments
    ]
    click.echo(
        tabulate(
            rows,
            ("line", "zone (proposed)", "item", "text"),
            tablefmt="simple",
            disable_numparse=True,
        )
    )
    name = added.document.doc_id
    click.echo(
        f"added {name} to {place}; correct the zones in {place / 'gold' / name / 'segments.jsonl'}",
        err=True,
    )
    if added.labels is not None:
        counts = ", ".join(f"{count} {layer}" for layer, count in added.counts.items())
        click.echo(f"pass {added.labels!r} holds what {extractor} proposes: {counts}", err=True)


@click.command()
@click.argument("passes", nargs=-1, required=True, metavar="PASS PASS…")
@click.option(
    "--doc",
    "doc_ids",
    multiple=True,
    metavar="DOC",
    help="Can be repeated. Default: all documents that every pass has read.",
)
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: adjudication-task.jsonl in annotations/.",
)
@click.option(
    "--decided",
    metavar="PASS",
    help="No sheet: what this pass (or gold) says stands, of a person who has seen the others.",
)
@click.option(
    "--apply", "apply_", is_flag=True, help="Take the decisions to gold and adjudication.jsonl."
)
@click.option(
    "--afresh",
    is_flag=True,
    help="With --apply: replace what gold holds of these documents, and earlier decisions on them.",
)
@click.option(
    "--annotations",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: annotations/ here or above.",
)
@friendly
def adjudicate(
    passes: tuple[str, ...],
    doc_ids: tuple[str, ...],
    sheet: Path | None,
    decided: str | None,
    apply_: bool,
    afresh: bool,
    folder: Path | None,
) -> None:
    """Make gold of annotation passes: write a sheet of their differences; with --apply, take its
    decisions.

    On each line of the sheet fill in "decision" (the name of a pass, "none", a record of your own,
    or a list of these) and "reason".
    """
    from vinewsie.annotations import adjudicate as adjudication
    from vinewsie.annotations import store

    if len({*passes, decided} - {None}) < 2:
        raise click.UsageError("give at least two passes, or one and --decided PASS")
    if afresh and not apply_:
        raise click.UsageError("--afresh goes with --apply")
    if sheet is not None and decided is not None:
        raise click.UsageError("give --sheet or --decided, one of the two")
    place = folder or store.find_folder()
    task = adjudication.prepare(place, passes, decider=decided, doc_ids=doc_ids)
    for warning in task.warnings:
        click.echo(str(warning), err=True)
    differences = task.differences()
    said = ", ".join(f"{count} in {layer}" for layer, count in differences.items()) or "none"
    click.echo(
        f"differences between {', '.join(dict.fromkeys(n for n in (*passes, decided) if n))}: {said}",
        err=True,
    )
    path = sheet or place / adjudication.SHEET
    if apply_:
        applied = adjudication.apply(task, path, afresh=afresh)
        for key in applied.new_keys:
            click.echo(f"new in entities.csv: {key}; look at its type and names", err=True)
        click.echo(
            "".join(f"wrote {place / name}\n" for name in applied.files) or "nothing to change\n",
            nl=False,
            err=True,
        )
        click.echo(
            ", ".join(f"{count} {origin}" for origin, count in sorted(applied.origins.items()))
            or "no records"
        )
    elif decided is None and differences:
        total, open_ = adjudication.make_sheet(task, path)
        click.echo(f"{path}: {total} decisions, {open_} of them open")
    else:
        click.echo("nothing was written; go on with --apply", err=True)
