"""The commands ``vinewsie label-studio …``: arguments only."""

from __future__ import annotations

import functools
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import rich_click as click
from click import get_current_context
from click.core import ParameterSource

from vinewsie.cli.common import Group, fail, friendly, show, write
from vinewsie.cli.options import FILE

if TYPE_CHECKING:
    from vinewsie.annotations.store import Annotations
    from vinewsie.labelstudio.client import Client
    from vinewsie.labelstudio.pull import Target
    from vinewsie.labelstudio.push import Sending
    from vinewsie.progress import ProgressCallback

KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
PROJECT = "vinewsie"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Where:
    """Which server and which project: one's own in a folder, or somebody's at an address."""

    folder: Path
    url: str | None
    key_file: str | None
    project: str

    def client(self) -> Client:
        """The server, which must be running."""
        from vinewsie.labelstudio import server
        from vinewsie.labelstudio.client import Client

        if self.url is not None:
            return Client(self.url, _key(self.url, self.key_file))
        start = f"start it with: vinewsie label-studio up --folder {self.folder}"
        found = server.find(self.folder)
        if found is None:
            raise server.LabelStudioError(
                f"the server of {self.folder} does not run; {start}, and repeat the command"
            )
        return Client(found.url, found.token, start)


def _key(url: str, key_file: str | None) -> str:
    """The key to somebody's own server. It is never an argument: these can be seen by every user of
    the machine.
    """
    from urllib.parse import urlsplit

    from vinewsie.files import read_text
    from vinewsie.labelstudio.client import LOOPBACK

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.UsageError(
            f"--url {url} is no address of a server; it begins with https:// or http://"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        click.echo(
            f"warning: {url} is not encrypted; everybody on the way can read the key", err=True
        )
    if key_file == "-":
        key = (
            str(click.prompt("Access token", hide_input=True, err=True))
            if sys.stdin.isatty()
            else sys.stdin.readline()
        )
    elif key_file is not None:
        path = Path(key_file)
        key = read_text(path)
        if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            click.echo(f"warning: other users can read {path}; chmod 600 {path}", err=True)
    else:
        key = os.environ.get(KEY_VARIABLE, "")
    if not (key := key.strip()):
        raise click.UsageError(
            f"--url needs a key: --key-file FILE, --key-file - for standard input, or the variable {KEY_VARIABLE}"
        )
    if not key.isascii() or any(map(str.isspace, key)):
        raise click.UsageError(
            "the key is no access token: a token is one line of ASCII letters, digits and a few signs"
        )
    return key


FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".label-studio"),
    show_default=True,
    help="Where a server of your own keeps its data.",
)
ANNOTATIONS = click.option(
    "--annotations",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: annotations/ here or above.",
)
DOCUMENTS = click.argument("documents", nargs=-1, metavar="[DOC]…")


def _server_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which server and project; the command is given them as ``where``."""

    @click.option(
        "--url", help="Use somebody's own server at this address instead of that in --folder."
    )
    @click.option(
        "--key-file",
        metavar="FILE",
        help=f"File with the access token for --url; - reads it from stdin. Default: ${KEY_VARIABLE}.",
    )
    @click.option(
        "--project", default=PROJECT, show_default=True, help="The project's title or number."
    )
    @FOLDER
    @functools.wraps(command)
    def run(
        folder: Path, url: str | None, key_file: str | None, project: str, **rest: object
    ) -> None:
        if key_file is not None and url is None:
            raise click.UsageError(
                "--key-file goes with --url; a server of your own has its key in its folder"
            )
        command(where=Where(folder, url, key_file, project), **rest)

    return run


@click.group("label-studio", cls=Group, epilog="Example: vinewsie label-studio up")
def label_studio() -> None:
    """Label in the browser: a server of your own or somebody's, documents to it and labels back."""


@label_studio.command(epilog="Example: vinewsie label-studio up")
@FOLDER
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Default: that of the last time, or any free one."
)
@friendly
def up(folder: Path, port: int | None) -> None:
    """Start a server of your own, for this machine only; the first time it takes about half a
    minute.
    """
    from vinewsie.labelstudio import server
    from vinewsie.labelstudio.client import Client
    from vinewsie.progress import show_progress

    with show_progress() as progress:
        running = server.up(folder, port, progress)
        client = Client(running.url, running.token)
        project = client.find_project(PROJECT) or client.create_project(PROJECT)
    click.echo(f"address   {project.url}")
    click.echo(f"user      {server.USER}")
    click.echo(f"password  in {running.password_file}")
    what = "started" if running.started else "was running already"
    stop = f"vinewsie label-studio down --folder {folder}"
    click.echo(
        f"{what}; send documents with vinewsie label-studio push, and stop it with {stop}", err=True
    )


@label_studio.command(epilog="Example: vinewsie label-studio down")
@FOLDER
@friendly
def down(folder: Path) -> None:
    """Stop the server; nothing is lost."""
    from vinewsie.labelstudio import server

    click.echo(
        f"stopped the server of {folder}"
        if server.down(folder)
        else f"no server of {folder} was running",
        err=True,
    )


@label_studio.command(epilog="Example: vinewsie label-studio push")
@DOCUMENTS
@_server_options
@ANNOTATIONS
@click.option(
    "--from",
    "from_",
    default="gold",
    show_default=True,
    help="gold, the name of a pass, or none for the texts alone.",
)
@click.option(
    "--extractor", "-e", metavar="SPEC", help="Send an extractor's answers as proposals instead."
)
@click.option(
    "--predictions", type=FILE, help="Send the answers in this file as proposals instead."
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace also what a person has changed on the server and nobody has pulled.",
)
@click.option(
    "--restore-config",
    is_flag=True,
    help="Give the project this version's labelling configuration.",
)
@friendly
def push(
    where: Where,
    documents: tuple[str, ...],
    source: Path | None,
    from_: str,
    extractor: str | None,
    predictions: Path | None,
    overwrite: bool,
    restore_config: bool,
) -> None:
    """Send documents; repeating it sends only what is not there."""
    from vinewsie.labelstudio import push as pushing
    from vinewsie.labelstudio import sources
    from vinewsie.progress import show_progress

    proposals = [option for option in (extractor, predictions) if option is not None]
    if len(proposals) > 1 or (
        proposals and get_current_context().get_parameter_source("from_") != ParameterSource.DEFAULT
    ):
        raise click.UsageError("give one of --from, --extractor and --predictions")
    annotations = sources.read(source)
    with show_progress() as progress:
        sending = _sending(
            annotations,
            sources.chosen(annotations, documents),
            from_,
            extractor,
            predictions,
            progress,
        )
        client = where.client()
        project = client.find_project(where.project) or client.create_project(where.project)
        steps = pushing.push(
            project, sending, overwrite=overwrite, restore_config=restore_config, progress=progress
        )
    for step in steps:
        click.echo(f"{step.subject}: {step.what}")
    click.echo(
        f"{len(sending.documents)} documents are at {project.url}"
        + ("" if steps else "; nothing had to be sent"),
        err=True,
    )


def _sending(
    annotations: Annotations,
    doc_ids: list[str],
    from_: str,
    extractor: str | None,
    predictions: Path | None,
    progress: ProgressCallback,
) -> Sending:
    from vinewsie.labelstudio import sources
    from vinewsie.labelstudio.push import Sending

    if extractor is None and predictions is None:
        folder = {"gold": sources.GOLD, "none": sources.NOTHING}.get(
            from_, sources.pass_folder(from_)
        )
        if from_ not in ("gold", "none", *annotations.passes):
            raise click.UsageError(
                f"--from {from_}: there are gold, none, {', '.join(annotations.passes)}"
            )
        return Sending(
            sources.labels(annotations, folder, doc_ids), folder, registry=annotations.registry
        )
    bare = {doc_id: annotations.documents[doc_id].unlabelled() for doc_id in doc_ids}
    if extractor is not None:
        labelled, findings = sources.proposed(bare, extractor, annotations.registry, progress)
    else:
        assert predictions is not None
        labelled, findings = sources.predicted(bare, predictions)
    for finding in findings:
        click.echo(str(finding), err=True)
    return Sending(labelled, extractor=extractor or str(predictions), registry=annotations.registry)


@label_studio.command(epilog="Example: vinewsie label-studio pull")
@DOCUMENTS
@_server_options
@ANNOTATIONS
@click.option(
    "--pass",
    "passes",
    multiple=True,
    metavar="NAME=E-MAIL",
    help="Write this person's labels as the pass NAME, not the gold. Can be repeated.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace label files although they have changed since they were sent or fetched.",
)
@click.option(
    "--ignore-drafts",
    is_flag=True,
    help="Fetch what is saved, without the edits that somebody has not saved yet.",
)
@friendly
def pull(
    where: Where,
    documents: tuple[str, ...],
    source: Path | None,
    passes: tuple[str, ...],
    overwrite: bool,
    ignore_drafts: bool,
) -> None:
    """Fetch the labels into annotations/, all or, if anything is wrong, none."""
    from vinewsie.annotations.changes import summary
    from vinewsie.labelstudio import pull as pulling
    from vinewsie.labelstudio import sources
    from vinewsie.progress import show_progress

    targets = [_target(value) for value in passes] or [pulling.Target()]
    annotations = sources.read(source)
    doc_ids = sources.chosen(annotations, documents)
    with show_progress() as progress:
        project = where.client().project(where.project)
        reading = pulling.pull(
            project,
            annotations,
            doc_ids,
            targets,
            overwrite=overwrite,
            ignore_drafts=ignore_drafts,
            progress=progress,
        )
    for finding in reading.findings:
        click.echo(str(finding), err=True)
    for one in reading.fetched:
        click.echo(f"{one.target.folder}/{one.task.doc_id}: {summary(one.changes) or 'no change'}")
        for change in one.changes if one.before != one.before.unlabelled() else ():
            click.echo(f"  {change}")


def _target(value: str) -> Target:
    from vinewsie.labelstudio.pull import Target

    name, equals, user = value.partition("=")
    if not equals or not user or not name or not name.replace("-", "").replace("_", "").isalnum():
        raise click.UsageError(
            f"--pass {value}: write NAME=E-MAIL, with a NAME of letters, digits, - and _"
        )
    return Target.of_pass(name, user)


@label_studio.command(epilog="Example: vinewsie label-studio status")
@DOCUMENTS
@_server_options
@ANNOTATIONS
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@friendly
def status(where: Where, documents: tuple[str, ...], source: Path | None, format_: str) -> None:
    """Show how far the labelling is, and what differs from the files."""
    import msgspec

    from vinewsie.labelstudio import sources
    from vinewsie.labelstudio.status import status as state_of
    from vinewsie.progress import show_progress
    from vinewsie.report.tables import Table

    annotations = sources.read(source)
    with show_progress() as progress:
        project = where.client().project(where.project)
        progress(f"reading {project.title}")
        rows = [
            msgspec.to_builtins(row)
            for row in state_of(project, annotations, sources.chosen(annotations, documents))
        ]
    if format_ == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [
        [", ".join(v) if isinstance(v, list | tuple) else str(v) for v in row.values()]
        for row in rows
    ]
    headers = [name.replace("_", "\n") for name in rows[0]] if rows else []
    show(Table(headers, cells, "l" * len(headers)))


@label_studio.command(epilog="Example: vinewsie label-studio config -o label_studio.xml")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write here instead of to stdout."
)
def config(output: Path | None) -> None:
    """Print the labelling configuration, as it stands in annotations/label_studio.xml."""
    from vinewsie.formats.label_studio.config import label_config

    write(label_config(), output)


@label_studio.command(epilog="Example: vinewsie label-studio roundtrip")
@DOCUMENTS
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the server's data here. Default: a temporary folder.",
)
@ANNOTATIONS
@friendly
def roundtrip(documents: tuple[str, ...], folder: Path | None, source: Path | None) -> None:
    """Send the gold to a real server, save it in a real browser, fetch it, and compare: nothing may
    differ.
    """
    from vinewsie.labelstudio import roundtrip as trip
    from vinewsie.labelstudio import sources
    from vinewsie.progress import show_progress
    from vinewsie.report.tables import Table

    annotations = sources.read(source)
    doc_ids = sources.chosen(annotations, documents)
    gold = sources.labels(annotations, sources.GOLD, doc_ids)
    with show_progress() as progress, tempfile.TemporaryDirectory() as temporary:
        rows = trip.run(gold, annotations.registry, folder or Path(temporary) / "server", progress)
    cells = [
        [row.doc_id, row.what, str(row.records), str(row.fields or ""), str(len(row.differences))]
        for row in rows
    ]
    show(Table(["document", "what", "compared", "fields", "different"], cells, "llrrr"))
    if wrong := [
        f"{row.doc_id}: {row.what}: {difference}" for row in rows for difference in row.differences
    ]:
        fail(wrong)
    click.echo("all came back as it was sent", err=True)
