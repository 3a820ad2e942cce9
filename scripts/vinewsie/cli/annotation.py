"""Commands on user-supplied texts and passes: ``new-article``, ``add-pass`` and ``adjudicate``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from vinewsie.cli.common import command, echo, note, show, write
from vinewsie.cli.options import (
    ANY_PATH,
    FILE,
    NORMALISATION,
    NewFile,
    annotations_option,
    extractor_option,
    input_options,
    output_option,
)

if TYPE_CHECKING:
    from vinewsie.reading.detect import InputFormat

_LAYERS = ("entities", "dates", "marks", "quotes")
_SHOWN = 48
"""Characters of a segment in the table of proposed zones."""


@command("vinewsie new-article story.txt --anchor 2024-05-06 -e rules", name="new-article")
@click.argument("file", type=FILE)
@click.option(
    "--anchor",
    required=True,
    metavar="DATE",
    help="Day (YYYY-MM-DD) that the dates of the text refer to.",
)
@click.option(
    "--evidence",
    default="given by the person who added the text",
    show_default=True,
    help="Reason for this day: where the text, or its source, gives it.",
)
@click.option("--doc-id", help="Id of the document. Default: the file's name and the day.")
@annotations_option(new=True)
@extractor_option("Let this extractor propose labels, as a pass with its name.")
@click.option(
    "--normalise",
    multiple=True,
    type=NORMALISATION,
    help="Change the copy of the text: bom drops a byte order mark, newlines makes line ends LF, "
    "nfc composes letters. Can be repeated.",
)
@click.option("--publisher", default="", help="Publisher of the text.")
@click.option("--variety", default="", help="Variety of Vietnamese: mainland, diaspora, …")
@click.option("--title-en", default="", help="Headline in English.")
@click.option("--source", default="", help="Source of the text: an address, an archive.")
def new_article(
    file: Path,
    anchor: str,
    evidence: str,
    doc_id: str | None,
    annotations: Path | None,
    extractor: str | None,
    normalise: tuple[str, ...],
    publisher: str,
    variety: str,
    title_en: str,
    source: str,
) -> None:
    """Add an article to the annotations, ready to be labelled.

    The text is copied unchanged. Of a web page (HTML, extra html) the lines of the article are
    taken, and the others are listed. Zones are proposed for its lines and printed; correct them in
    gold/DOC_ID/segments.jsonl.
    """
    from vinewsie.annotations import new_article as articles
    from vinewsie.annotations import store
    from vinewsie.files import changing
    from vinewsie.findings import shortened
    from vinewsie.tables import Table

    place = annotations or store.find_folder()
    about = articles.ArticleMetadata(
        anchor,
        doc_id,
        evidence,
        publisher=publisher,
        variety=variety,
        title_en=title_en,
        source=source,
    )
    with changing(place) if place.is_dir() else nullcontext():
        added = articles.add(place, file, about, normalise=normalise, extractor=extractor)
    note(*added.warnings)
    text = added.document.text
    rows = [
        [
            str(text.count("\n", 0, s.start) + 1),
            s.zone,
            str(s.item or ""),
            shortened(text[s.start : s.end], _SHOWN),
        ]
        for s in added.document.segments
    ]
    show(Table(["line", "zone (proposed)", "item", "text"], rows, "rlrl"))
    name = added.document.doc_id
    note(
        f"added {name} to {place}; correct the zones in {place / 'gold' / name / 'segments.jsonl'}"
    )
    if added.labels is not None:
        counts = ", ".join(f"{count} {layer}" for layer, count in added.counts.items())
        note(f"pass {added.labels!r} holds the labels that {extractor} proposes: {counts}")


@command("vinewsie add-pass a labels.jsonl", name="add-pass")
@click.argument("name", metavar="PASS")
@click.argument("labels", type=ANY_PATH)
@annotations_option()
@input_options
@click.option("--overwrite", is_flag=True, help="Replace documents that the pass has already.")
def add_pass(
    name: str,
    labels: Path,
    annotations: Path | None,
    input_format: InputFormat | None,
    overwrite: bool,
) -> None:
    """Add labels that were made elsewhere to the annotations, as an independent pass.

    LABELS is a file in any format, or a folder of such files. A record with its words instead of
    offsets is placed as in predictions. If anything is wrong, nothing is written.
    """
    from vinewsie.annotations import passes, store

    place = annotations or store.find_folder()
    added = passes.add(place, name, labels, input_format=input_format, overwrite=overwrite)
    note(*added.warnings)
    counts = ", ".join(f"{count} {layer}" for layer, count in added.counts.items())
    note(f"{place / 'passes' / name}: {added.documents} documents, {counts}")


@command("vinewsie adjudicate a b")
@click.argument("passes", nargs=-1, required=True, metavar="PASS PASS…")
@click.option(
    "--doc-id",
    "doc_ids",
    multiple=True,
    help="Document; can be repeated. Default: all documents that every pass has labelled.",
)
@annotations_option()
@click.option(
    "--sheet",
    type=NewFile(),
    help="File of the decisions. Default: adjudication-task.jsonl in the annotations.",
)
@click.option(
    "--decided",
    metavar="PASS",
    help="Use no sheet: take the decisions from this pass (or gold), of a person who has seen "
    "the others.",
)
@click.option(
    "--apply",
    "apply_",
    is_flag=True,
    help="Write the decisions to gold and adjudication.jsonl.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="With --apply: replace the gold of these documents, and earlier decisions on them; what "
    "a person made, changed or signed off stays, and is listed.",
)
def adjudicate(
    passes: tuple[str, ...],
    doc_ids: tuple[str, ...],
    annotations: Path | None,
    sheet: Path | None,
    decided: str | None,
    apply_: bool,
    overwrite: bool,
) -> None:
    """Make gold of annotation passes: write their differences to a sheet; with --apply, apply the
    decisions.

    On each line of the sheet, fill in "decision" (the name of a pass, "none", a record, or a list
    of these) and "reason".
    """
    from vinewsie.annotations import adjudicate as adjudication
    from vinewsie.annotations import store
    from vinewsie.files import changing

    if len({*passes, decided} - {None}) < 2:
        raise click.UsageError("give at least two passes, or one and --decided PASS")
    if overwrite and not apply_:
        raise click.UsageError("--overwrite goes with --apply")
    if sheet is not None and decided is not None:
        raise click.UsageError("give --sheet or --decided, one of the two")
    place = annotations or store.find_folder()
    with changing(place):
        task = adjudication.prepare(place, passes, decider=decided, doc_ids=doc_ids)
        note(*task.warnings)
        differences = task.differences()
        shown = ", ".join(f"{count} in {layer}" for layer, count in differences.items()) or "none"
        names = dict.fromkeys(name for name in (*passes, decided) if name)
        note(f"differences between {', '.join(names)}: {shown}")
        path = sheet or place / adjudication.SHEET
        if apply_:
            applied = adjudication.apply(task, path, afresh=overwrite)
            note(*(f"new in entities.csv: {k}; check its type and names" for k in applied.new_keys))
            note(*(f"kept as a person has it: {line}" for line in applied.kept))
            note(
                *(
                    f"no longer in entities.csv: {e.entity_id} ({e.name_vi})"
                    for e in applied.dropped
                )
            )
            note(*([f"wrote {place / name}" for name in applied.files] or ["nothing to change"]))
            origins = ", ".join(
                f"{count} {origin}" for origin, count in sorted(applied.origins.items())
            )
            echo(origins or "no records")
        elif decided is None and differences:
            total, open_ = adjudication.make_sheet(task, path)
            echo(f"{path}: {total} decision{'s' if total != 1 else ''}, {open_} of them open")
        else:
            note("nothing was written; repeat the command with --apply")


@command("vinewsie audit --sample 100 -o sheet.csv")
@click.option("--sample", type=click.IntRange(1), help="Draw this many places, and make a sheet.")
@click.option(
    "--score", "scored", type=FILE, help="Score this sheet, which was filled in, by layer."
)
@click.option(
    "--set",
    "set_name",
    type=click.Choice(("articles", "press")),
    help="Set to audit. Default: articles.",
)
@click.option(
    "--layer",
    "layers",
    type=click.Choice(_LAYERS),
    multiple=True,
    help="Layer to draw from; can be repeated. Default: all.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draw.")
@click.option(
    "--keep-as",
    metavar="NAME",
    help="With --score: keep the counts in audits.jsonl, as "
    "those of this person; the first line of the card follows at the next build.",
)
@annotations_option()
@output_option("Sheet to write (CSV). Default: stdout.", NewFile())
def audit(
    sample: int | None,
    scored: Path | None,
    set_name: str | None,
    layers: tuple[str, ...],
    seed: int,
    keep_as: str | None,
    annotations: Path | None,
    output: Path | None,
) -> None:
    """Let a person check a sample of the gold: make a sheet, and score it when it is filled in.

    Half of the places are blind, and some have no label. 60 places of a layer without an error
    bound its label error below 5 %.
    """
    from vinewsie.annotations import audit as auditing
    from vinewsie.annotations import store
    from vinewsie.files import changing
    from vinewsie.tables import Table

    if (sample is None) == (scored is None):
        raise click.UsageError("give --sample or --score, one of the two")
    if keep_as is not None and scored is None:
        raise click.UsageError("--keep-as goes with --score")
    if set_name is not None and annotations is not None:
        raise click.UsageError("give --set or --annotations, one of the two")
    place = annotations or store.find_folder()
    corpus = store.read(place / "press" if set_name == "press" else place)
    if sample is not None:
        if output is not None:
            auditing.check_outside(output, corpus)
        places = auditing.sample(corpus, sample, seed, layers)
        write(auditing.sheet(places, corpus.documents), output)
        note(auditing.answers())
        return
    assert scored is not None
    errors, lines = auditing.score(scored, corpus)
    rows = [
        [
            one.stratum,
            str(one.places),
            str(one.wrong),
            str(one.blind),
            f"{100 * one.wrong / one.places:.1f}",
            f"{100 * one.low:.1f}–{100 * one.high:.1f}",
            f"{100 * one.bound:.1f}",
        ]
        for one in errors
    ]
    headers = ["", "places", "wrong", "of them blind", "wrong %", "95 % interval", "at most (95 %)"]
    show(Table(headers, rows, "lrrrrrr"))
    note(*lines)
    if keep_as is not None:
        with changing(corpus.folder):
            note(
                *(
                    f"wrote {corpus.folder / name}"
                    for name in auditing.keep(corpus, errors, keep_as)
                )
            )
