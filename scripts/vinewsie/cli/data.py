"""Commands on data: ``validate``, ``convert``, ``data``, ``formats``, ``build``, ``agreement`` and
``figures``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from vinewsie.cli.common import (
    command,
    echo,
    fail,
    not_an_input,
    note,
    report_findings,
    show,
    show_json,
)
from vinewsie.cli.options import (
    ANY_PATH,
    FOLDER,
    FORMAT,
    LABELS,
    NEW_FOLDER,
    NEW_PATH,
    SCHEME_OPTION,
    PathOrSet,
    WebAddress,
    annotations_option,
    format_option,
    gold_options,
    input_options,
    output_option,
)

if TYPE_CHECKING:
    from vinewsie.annotations.build import FurtherSet
    from vinewsie.annotations.store import Annotations
    from vinewsie.reading.detect import InputFormat
    from vinewsie.scoring.agreement import Agreement


@command("vinewsie validate predictions.jsonl --scheme any")
@click.argument("path", required=False, type=ANY_PATH)
@input_options
@gold_options
@SCHEME_OPTION
@LABELS
@format_option("text", "json")
def validate(
    path: Path | None,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    scheme: str | None,
    labels: Path | None,
    format_: str,
) -> None:
    """Check annotations, a data set, a gold file or a prediction file, and list all findings.

    Without PATH, check annotations/ in the current folder or above it.
    """
    from vinewsie.annotations import validate
    from vinewsie.scheme.inventories import LabelMap

    label_map = LabelMap.load(labels) if labels is not None else None
    subject, findings = validate.check(
        path,
        gold,
        scheme=scheme,
        labels=label_map,
        input_format=input_format,
        gold_input_format=gold_format,
    )
    report_findings(subject, findings, format_)


def _read(folder: Path | None) -> Annotations:
    """The annotations, which must be without errors."""
    from vinewsie.annotations import store
    from vinewsie.findings import errors

    read = store.read(folder or store.find_folder())
    if errors(read.findings):
        fail(read.findings)
    return read


def _further_set(corpus: Annotations, name: str) -> FurtherSet | None:
    """A further set of an annotations folder, if it has one with labels; without its texts, that of
    the data set beside the folder.
    """
    from vinewsie.annotations.build import FurtherSet, conflicting
    from vinewsie.model import RECORD_TYPES, records_of
    from vinewsie.reading.gold import POOLED
    from vinewsie.reading.texts import TextsError

    place, dataset = corpus.folder / name, corpus.folder.parent / "dataset"
    if not (place / "articles" / "articles.json").is_file():
        return None
    try:
        read = _read(place)
    except TextsError as error:
        built = (dataset / name / "manifest.json").is_file()
        note(f"{name}: {'kept as it is' if built else 'left out'}; {error}")
        return FurtherSet(built=dataset) if built else None
    if not any(records_of(d, layer) for d in read.documents.values() for layer in RECORD_TYPES):
        note(f"{name}: left out; {place / 'gold'} has no labels yet")
        return None
    if name in POOLED and (conflicts := list(conflicting(corpus, read))):
        fail(conflicts)
    return FurtherSet(corpus=read)


def _further_sets(corpus: Annotations) -> dict[str, FurtherSet]:
    """The further sets of an annotations folder that can be built."""
    from vinewsie.reading.gold import FURTHER

    found = {name: _further_set(corpus, name) for name in FURTHER}
    return {name: one for name, one in found.items() if one is not None}


@command("vinewsie build --check")
@annotations_option()
@output_option("Folder of the data set. Default: dataset/ beside the annotations.", NEW_PATH)
@click.option(
    "--check", "check_only", is_flag=True, help="Write nothing; fail if the data set is stale."
)
@click.option(
    "--labels-only",
    is_flag=True,
    help="Leave out the texts: stand-off labels, with the sha256 of each text.",
)
def build(
    annotations: Path | None, output: Path | None, check_only: bool, labels_only: bool
) -> None:
    """Build the data set from the annotations, the further sets included."""
    from vinewsie.annotations import build as builder

    if labels_only and (output is None or check_only):
        raise click.UsageError("--labels-only needs --output, and does not go with --check")
    read = _read(annotations)
    target = output or read.folder.parent / "dataset"
    sets = _further_sets(read)
    if check_only:
        report_findings(str(target), list(builder.stale(read, target, sets=sets)))
        return
    builder.build(read, target, labels_only=labels_only, sets=sets)
    note(f"built {target} from {read.folder}")


@command("vinewsie publish OWNER/NAME --dry-run")
@click.argument("repository", required=False, metavar="[OWNER/NAME]")
@annotations_option()
@click.option("--dry-run", is_flag=True, help="Upload nothing; show path, size and sha256.")
@click.option(
    "--to",
    "folder",
    type=NEW_FOLDER,
    help="Write the same files to this folder, for another host. The data set that was written "
    "there before is the published one.",
)
@click.option(
    "--url",
    type=WebAddress(),
    help="Address of the data set at another host, for its description.",
)
def publish(
    repository: str | None,
    annotations: Path | None,
    dry_run: bool,
    folder: Path | None,
    url: str | None,
) -> None:
    """Upload the data set to the Hugging Face Hub, or write the same files for another host.

    Refuses a data set that is stale or has errors, data that changed without a higher data_version,
    and a card with values that the Hub does not know. HF_TOKEN is the key, HF_ENDPOINT the host.
    """
    from vinewsie.annotations import build as builder
    from vinewsie.annotations import publish as publishing

    if (repository is None) == (folder is None):
        raise click.UsageError("give OWNER/NAME, or --to FOLDER")
    if folder is not None and url is None:
        raise click.UsageError("--to needs --url, the address at the host")
    read = _read(annotations)
    target = read.folder.parent / "dataset"
    if stale := list(builder.stale(read, target, sets=_further_sets(read))):
        fail(stale)
    files = publishing.tree(target, url or publishing.address(str(repository)))
    if folder is not None:
        published = publishing.published_in(folder)
    else:
        published = publishing.published_at(str(repository), files)
    if found := list(publishing.refusals(files, published)):
        fail(found)
    show(publishing.listing(files))
    note(publishing.total(files))
    if dry_run:
        note("nothing was uploaded")
    elif folder is not None:
        publishing.write(files, folder)
        note(f"wrote {folder}")
    else:
        note(f"uploaded: {publishing.upload(str(repository), files)}")


@command("vinewsie agreement a b")
@click.argument("left", metavar="PASS")
@click.argument("right", metavar="PASS")
@annotations_option()
@input_options
@gold_options
@click.option(
    "--by-phenomenon",
    is_flag=True,
    help="For each label and each further phenomenon, such as nested mentions or quotations "
    "without a cue.",
)
@format_option("text", "markdown", "json")
def agreement(
    left: str,
    right: str,
    annotations: Path | None,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    by_phenomenon: bool,
    format_: str,
) -> None:
    """Measure the agreement of two annotation passes, layer by layer.

    A PASS is the name of a folder in annotations/passes, or gold; or both are files, in any format,
    of labels on the texts of --gold.
    """
    from dataclasses import asdict

    from vinewsie.report import text
    from vinewsie.scoring import agreement as agreements

    if gold is not None or (Path(left).is_file() and Path(right).is_file()):
        if annotations is not None:
            raise click.UsageError("--annotations does not go with files")
        rows = _agreement_of_files(
            Path(left), Path(right), input_format, gold, gold_format, by_phenomenon
        )
    else:
        read = _read(annotations)
        passes = {**read.passes, "gold": read.documents}
        for name in (left, right):
            if name not in passes:
                raise click.UsageError(f"no pass {name!r}; there are {', '.join(passes)}")
        measured = agreements.agreement_by_phenomenon if by_phenomenon else agreements.agreement
        rows = measured(passes[left], passes[right])
    if format_ == "json":
        show_json([asdict(row) for row in rows])
    elif format_ == "markdown":
        echo(text.agreement_table(rows, left, right, broken=False).markdown())
    else:
        show(text.agreement_table(rows, left, right))


def _agreement_of_files(
    left: Path,
    right: Path,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_format: InputFormat | None,
    by_phenomenon: bool,
) -> list[Agreement]:
    """The agreement of two files over the documents that both have, with notes on what is not
    compared.
    """
    from vinewsie.reading.gold import load
    from vinewsie.scoring import agreement as agreements

    for path in (left, right):
        if not path.exists():
            raise click.UsageError(f"no file {path}")
    documents = load(gold, input_format=gold_format)
    first, second = (agreements.read_pass(path, documents, input_format) for path in (left, right))
    note(*first.warnings, *second.warnings)
    both = first.documents.keys() & second.documents.keys()
    if not both:
        raise click.UsageError(f"{left} and {right} have no document in common")
    if alone := sorted(first.documents.keys() ^ second.documents.keys()):
        note(f"only one of the files has {', '.join(alone)}; compared are {len(both)} documents")
    return agreements.agreement_of_files(first, second, by_phenomenon=by_phenomenon)


@command("vinewsie figures --set press")
@gold_options
@format_option("text", "markdown", "json")
def figures(gold: Path | None, gold_format: InputFormat | None, format_: str) -> None:
    """Show how the texts of gold are written: sentences, cues, quotation marks, foreign names.

    Without --set or --gold, of the packaged articles.
    """
    import msgspec

    from vinewsie.annotations import figures as found
    from vinewsie.reading.gold import load

    documents = load(gold, input_format=gold_format)
    counted = found.text_figures(documents)
    if format_ == "json":
        show_json(msgspec.to_builtins(counted))
        return
    table = found.text_table({documents.name: counted}, broken=format_ == "text")
    if format_ == "markdown":
        echo(table.markdown())
    else:
        show(table)


@command("vinewsie convert articles gold.spacy")
@click.argument("source", type=PathOrSet())
@click.argument("target", type=NEW_PATH)
@input_options
@click.option(
    "--format",
    "format_",
    type=FORMAT,
    help="Format of TARGET. Default: that of the name's ending.",
)
@gold_options
def convert(
    source: Path,
    target: Path,
    input_format: InputFormat | None,
    format_: str | None,
    gold: Path | None,
    gold_format: InputFormat | None,
) -> None:
    """Convert gold or predictions to another format, and list what is lost.

    SOURCE is a file or a folder, or the name of a packaged set. Predictions without texts take the
    texts of the gold.
    """
    from vinewsie.reading import convert

    not_an_input((target,), (source, gold))
    losses = convert.convert(source, target, input_format, format_, gold, gold_format)
    note(*(f"lost: {line}" for line in losses), f"wrote {target}")


@command("vinewsie data")
def data() -> None:
    """Print the folder of the packaged data set, for load_dataset and other readers."""
    from vinewsie.reading.gold import BuiltDataSet, data_folder, default_gold_note

    folder = data_folder()
    echo(folder)
    note(BuiltDataSet.of(folder))
    if (other := default_gold_note()) is not None:
        note(f"vinewsie score {other}")


@command("vinewsie texts press")
@click.argument("name", metavar="SET", type=click.Choice(["press"]))
@click.option(
    "--from",
    "from_folder",
    type=FOLDER,
    help="Folder with the files of the source, such as a clone. Default: they are downloaded.",
)
def texts(name: str, from_folder: Path | None) -> None:
    """Get the texts that the labels of a set refer to, check them, and keep them in the user's
    cache.

    The press set has labels by offsets; its texts are those of a public repository. A download
    that broke off continues when the command is repeated.
    """
    from vinewsie.annotations import store
    from vinewsie.progress import show_progress
    from vinewsie.reading import texts as getting
    from vinewsie.reading.gold import text_source

    # Before a set is built, only the annotations have it.
    source = text_source(name) or store.text_source(store.find_folder() / name)
    if source is None:
        raise click.UsageError(f"the texts of the {name} set are in the annotations")
    with show_progress() as progress:
        done = getting.get(source, from_folder=from_folder, progress=progress)
    note(*(f"{path}: {what}" for path, what in done.items()))
    note(f"{source.repository}, commit {source.commit[:12]}, licence {source.licence}")
    click.echo(getting.cache_folder(source))


@command("vinewsie formats")
@format_option("text", "markdown")
def formats(format_: str) -> None:
    """List the formats, and what each can hold of every layer."""
    from vinewsie.report import listings

    if format_ == "markdown":
        echo(listings.formats_table().markdown())
    else:
        show(listings.formats())


@command("vinewsie harness")
def harness() -> None:
    """Print the folder of the lm-evaluation-harness task, for its --include_path."""
    from importlib.resources import files

    echo(files("vinewsie.harnesses") / "lm_task")
