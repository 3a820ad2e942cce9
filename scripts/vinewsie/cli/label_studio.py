"""The commands ``vinewsie label-studio …``: arguments only."""

from __future__ import annotations

import functools
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click import get_current_context
from click.core import ParameterSource

from vinewsie.cli.common import Group, command, echo, fail, logger, note, show, show_json, write
from vinewsie.cli.options import (
    FILE,
    NEW_FOLDER,
    NewFile,
    WebAddress,
    annotations_option,
    extractor_option,
    format_option,
    output_option,
)

if TYPE_CHECKING:
    from vinewsie.findings import Finding
    from vinewsie.formats.label_studio.proposals import ProposalCounts, State
    from vinewsie.labelstudio.client import Client, Project
    from vinewsie.labelstudio.pull import PullReport, PullTarget
    from vinewsie.labelstudio.push import Upload
    from vinewsie.labelstudio.sources import Selection
    from vinewsie.messages import Message
    from vinewsie.progress import ProgressCallback

KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
PROJECT = "vinewsie"
_LISTED = 20
"""The longest list of changes that a pull shows of a document without labels."""


@dataclass(frozen=True)
class ProjectOptions:
    """The options of a command on a project: the documents, and the server.

    Args:
        documents: the ids of the documents; all if there are none.
        annotations: the folder with the annotations, if it is not the usual one.
        folder: the folder of a local server.
        url: the address of another server, which is used instead.
        key_file: the file with the key to that server.
        project: the projects' name, or a project's title or number.
        layers: the layers of each page; none for those of the projects.
    """

    documents: tuple[str, ...]
    annotations: Path | None
    folder: Path
    url: str | None
    key_file: str | None
    project: str
    layers: tuple[tuple[str, ...], ...] = ()

    def projects(self) -> list[Project]:
        """The projects on the server.

        Raises:
            LabelStudioError: there is none.
        """
        from vinewsie.labelstudio.server import LabelStudioError
        from vinewsie.messages import say

        client = self.client()
        found = [
            project
            for project in client.pages_of(self.project)
            if not self.layers or project.layers in self.layers
        ]
        if not found:
            raise LabelStudioError(
                say(
                    "{url} has no project {name!r}{layers}; make it with: vinewsie label-studio "
                    "push",
                    url=client.url,
                    name=self.project,
                    layers=say(" with these layers") if self.layers else "",
                )
            )
        return found

    def projects_to_fill(self, lang: str | None) -> list[tuple[Project, tuple[str, ...]]]:
        """The projects on the server that documents are sent to, with the layers of their pages;
        projects that are missing are made.

        Args:
            lang: the language of new projects.
        """
        from vinewsie.formats.label_studio.config import ALL, PAGES
        from vinewsie.formats.label_studio.tasks import task_layers

        client = self.client()
        given = get_current_context().get_parameter_source("project") != ParameterSource.DEFAULT
        if given and not self.layers and (named := client.find_project(self.project)) is not None:
            sent = (task_layers(task.data) for task in named.tasks())
            return [(named, named.layers or next(sent, ALL))]
        pages = self.layers or tuple(PAGES.values())
        return [(client.page_project(self.project, layers, lang), layers) for layers in pages]

    def select(self) -> Selection:
        """Reads the annotations, and selects the documents."""
        from vinewsie.labelstudio.sources import select

        return select(self.annotations, self.documents)

    def changing(self) -> AbstractContextManager[None]:
        """Keeps other commands from changing the annotations meanwhile."""
        from vinewsie.annotations.store import find_folder
        from vinewsie.files import changing

        return changing(self.annotations or find_folder())

    def client(self) -> Client:
        """The server, which must be running."""
        from vinewsie.labelstudio import server
        from vinewsie.labelstudio.client import Client
        from vinewsie.messages import say

        if self.url is not None:
            return Client(self.url, _key(self.url, self.key_file))
        start = say(
            "start it with: vinewsie label-studio up --folder {folder}", folder=str(self.folder)
        )
        found = server.find(self.folder)
        if found is None:
            raise server.LabelStudioError(
                say(
                    "the server of {folder} does not run; {advice}, and repeat the command",
                    folder=str(self.folder),
                    advice=start,
                )
            )
        return Client(found.url, found.token, start)


def _key(url: str, key_file: str | None) -> str:
    """The key to another server; never an argument, which all users of the machine can see."""
    from urllib.parse import urlsplit

    from vinewsie.files import read_text
    from vinewsie.labelstudio.server import is_loopback
    from vinewsie.messages import say

    if urlsplit(url).scheme == "http" and not is_loopback(url):
        message = say("{url} is not encrypted: the key can be read on the way", url=url)
        logger.warning("%s", _said(message))
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
            message = say("other users can read {path}; run: chmod 600 {path}", path=str(path))
            logger.warning("%s", _said(message))
    else:
        key = os.environ.get(KEY_VARIABLE, "")
    if not (key := key.strip()):
        raise click.UsageError(
            "--url needs a key: --key-file FILE, --key-file - for standard input, or the variable "
            f"{KEY_VARIABLE}"
        )
    if not key.isascii() or any(map(str.isspace, key)):
        raise click.UsageError(
            "the key is not an access token: a token is one line of ASCII characters without spaces"
        )
    return key


FOLDER = click.option(
    "--folder",
    type=NEW_FOLDER,
    default=Path(".label-studio"),
    show_default=True,
    help="Folder of the local server.",
)
DOCUMENTS = click.argument("documents", nargs=-1, metavar="[DOC]…")


def _layers(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[tuple[str, ...], ...]:
    """The layers of the page that the user asks for; none for the default pages."""
    if value is None:
        return ()
    from vinewsie.formats.label_studio.config import ALL, ordered_layers

    names = [name.strip() for name in value.split(",")]
    if names == ["all"]:
        return (ALL,)
    if wrong := [name for name in names if name not in ALL]:
        raise click.BadParameter(
            f"no layer {wrong[0]!r}; there are {', '.join(ALL)}, or all", context, parameter
        )
    return (ordered_layers(names),)


def _on_project(function: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of :class:`ProjectOptions`, which the command gets as ``options``."""

    @DOCUMENTS
    @click.option(
        "--url",
        type=WebAddress(),
        help="Use the server at this address instead of the local one.",
    )
    @click.option(
        "--key-file",
        metavar="FILE",
        help=f"File with the key for --url; - reads it from stdin. Default: ${KEY_VARIABLE}.",
    )
    @click.option(
        "--project",
        default=PROJECT,
        show_default=True,
        help="The projects' name, or a project's title or number.",
    )
    @click.option(
        "--layers",
        "layers",
        callback=_layers,
        metavar="LAYERS",
        help="Layers of the page, such as entities,dates; all for one page with all layers. "
        "Default: a page with entities,dates and one with marks,quotes.",
    )
    @FOLDER
    @annotations_option()
    @functools.wraps(function)
    def run(
        documents: tuple[str, ...],
        url: str | None,
        key_file: str | None,
        project: str,
        layers: tuple[tuple[str, ...], ...],
        folder: Path,
        annotations: Path | None,
        **rest: object,
    ) -> None:
        if key_file is not None and url is None:
            raise click.UsageError(
                "--key-file goes with --url; the key of a local server is in its folder"
            )
        options = ProjectOptions(documents, annotations, folder, url, key_file, project, layers)
        with _errors_said():
            function(options=options, **rest)

    return run


MESSAGES = click.option(
    "--lang",
    type=click.Choice(["vi", "en"]),
    default="vi",
    show_default=True,
    help="Language of the messages.",
)
"""The option that :func:`_lang` reads."""


def _lang() -> str:
    """The language of the command's messages: that of ``--lang``, Vietnamese without it; English
    for commands that do not have the option.
    """
    return get_current_context().params.get("lang", "en") or "vi"


def _said(message: str) -> str:
    """A message in the language of the command's messages."""
    from vinewsie.messages import in_language

    return in_language(message, _lang())


@contextmanager
def _errors_said() -> Iterator[None]:
    """Gives errors the language of the command's messages."""
    from vinewsie.findings import FindingsError, VinewsieError
    from vinewsie.messages import finding_in

    try:
        yield
    except FindingsError as error:
        raise FindingsError([finding_in(f, _lang()) for f in error.findings]) from error
    except VinewsieError as error:
        error.args = tuple(_said(arg) if isinstance(arg, str) else arg for arg in error.args)
        raise


@contextmanager
def _show_progress() -> Iterator[ProgressCallback]:
    """Shows progress in the language of the command's messages."""
    from vinewsie.messages import in_language
    from vinewsie.progress import show_progress

    lang = _lang()
    with show_progress() as show_step:
        yield lambda step: show_step(in_language(step, lang))


def _note_findings(findings: Iterable[Finding]) -> None:
    """Prints findings on stderr, in the language of the command's messages."""
    from vinewsie.messages import finding_in

    note(*(finding_in(finding, _lang()) for finding in findings))


@click.group("label-studio", cls=Group, epilog="Example: vinewsie label-studio up")
def label_studio() -> None:
    """Label in the browser: run a server, send documents to it, fetch labels from it."""


@command("vinewsie label-studio up")
@FOLDER
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Default: that of the last start, or any free one.",
)
def up(folder: Path, port: int | None) -> None:
    """Start a local server, which only this machine can reach. The first start takes about half a
    minute.
    """
    from vinewsie.labelstudio import server
    from vinewsie.progress import show_progress

    with show_progress() as progress:
        running = server.up(folder, port, progress)
    echo(f"address   {running.url}/projects")
    echo(f"user      {server.USER}")
    echo(f"password  in {running.password_file}")
    note(
        f"the server {'was started' if running.started else 'already runs'}; send documents with: "
        f"vinewsie label-studio push --folder {folder}; "
        f"stop it with: vinewsie label-studio down --folder {folder}"
    )


@command("vinewsie label-studio down")
@FOLDER
def down(folder: Path) -> None:
    """Stop the local server; its data stay in its folder."""
    from vinewsie.labelstudio import server

    note(
        f"stopped the server of {folder}"
        if server.down(folder)
        else f"the server of {folder} was not running"
    )


@command("vinewsie label-studio push")
@_on_project
@click.option(
    "--from",
    "from_",
    default="gold",
    show_default=True,
    help="Source of the labels: gold, the name of a pass, or none for the texts alone.",
)
@extractor_option("Send proposals of this extractor instead.")
@click.option("--predictions", type=FILE, help="Send the predictions in this file instead.")
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace also labels that were changed on the server and not pulled.",
)
@click.option(
    "--restore-config",
    is_flag=True,
    help="Give the project this version's labelling configuration.",
)
@click.option(
    "--lang",
    type=click.Choice(["vi", "en"]),
    help="Language of the page and the messages. Default: vi; a page that is there keeps its own.",
)
def push(
    options: ProjectOptions,
    from_: str,
    extractor: str | None,
    predictions: Path | None,
    overwrite: bool,
    restore_config: bool,
    lang: str | None,
) -> None:
    """Send documents. Repeated, it sends only what is missing."""
    from vinewsie.labelstudio import push as pushing
    from vinewsie.messages import say

    proposals = [option for option in (extractor, predictions) if option is not None]
    given = get_current_context().get_parameter_source("from_")
    if len(proposals) > 1 or (proposals and given != ParameterSource.DEFAULT):
        raise click.UsageError("give one of --from, --extractor and --predictions")
    selection = options.select()
    with _show_progress() as progress:
        upload = _upload(selection, from_, extractor, predictions, progress)
        done = []
        for project, layers in options.projects_to_fill(lang):
            page = replace(upload, layers=layers, lang=lang)
            steps = pushing.push(
                project, page, overwrite=overwrite, restore_config=restore_config, progress=progress
            )
            done.append((project, steps))
    count = len(upload.documents)
    for project, steps in done:
        for step in steps:
            line = _said(step.message)
            echo(f"{project.title}: {line}" if len(done) > 1 else line)
        place: dict[str, object] = {
            "count": count,
            "url": project.url,
            "rest": "" if steps else say("; nothing had to be sent"),
        }
        message = (
            say("{count} document is at {url}{rest}", **place)
            if count == 1
            else say("{count} documents are at {url}{rest}", **place)
        )
        note(_said(message))


def _upload(
    selection: Selection,
    from_: str,
    extractor: str | None,
    predictions: Path | None,
    progress: ProgressCallback,
) -> Upload:
    from vinewsie.labelstudio import sources
    from vinewsie.labelstudio.push import Upload

    registry = selection.annotations.registry
    if extractor is not None:
        labelled, findings = sources.proposed(selection.texts(), extractor, registry, progress)
    elif predictions is not None:
        labelled, findings = sources.predicted(selection.texts(), predictions)
    else:
        folders = {"gold": sources.GOLD, "none": sources.NOTHING}
        folders |= {name: sources.pass_folder(name) for name in selection.annotations.passes}
        if from_ not in folders:
            raise click.UsageError(f"--from {from_!r}: there are {', '.join(folders)}")
        source = folders[from_]
        machine = source == sources.GOLD
        return Upload(selection.labels(source), source, machine=machine, registry=registry)
    _note_findings(findings)
    return Upload(labelled, extractor=extractor or str(predictions), registry=registry)


@command("vinewsie label-studio pull")
@_on_project
@click.option(
    "--pass",
    "passes",
    multiple=True,
    metavar="NAME=E-MAIL",
    help="Write this user's labels as the pass NAME, not as gold. Can be repeated.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace also label files that have changed since the last push or pull.",
)
@click.option(
    "--ignore-drafts", is_flag=True, help="Fetch what is saved, although there are unsaved edits."
)
@click.option(
    "--unread",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Make gold also of up to N proposals that nobody has changed or signed off one by one.",
)
@click.option(
    "--retype",
    is_flag=True,
    help="Give an entity of the registry the type that all its mentions have in the page.",
)
@click.option(
    "--new-entity",
    "new_entities",
    multiple=True,
    metavar="KEY",
    help="This new entity is another one than that with the same name. Can be repeated.",
)
@MESSAGES
def pull(
    options: ProjectOptions,
    passes: tuple[str, ...],
    new_entities: tuple[str, ...],
    unread: int,
    lang: str,
    **flags: bool,
) -> None:
    """Fetch the labels into annotations/: all or, if there is an error, none.

    What is written passes vinewsie validate, unless the files had other errors before.
    """
    from vinewsie.annotations.changes import summary
    from vinewsie.labelstudio import pull as pulling
    from vinewsie.messages import say

    targets = [_target(value) for value in passes] or [pulling.PullTarget()]
    with options.changing(), _show_progress() as progress:
        selection = options.select()
        report = pulling.pull(
            options.projects(),
            selection,
            targets,
            pulling.PullOptions(**flags, unread=unread, new_entities=new_entities),
            progress,
        )
    _note_findings(report.findings)
    note(*map(_said, _registry_changes(report)))
    if not report.downloads:
        note(_said(say("nobody has saved a page yet; there is nothing to fetch")))
    for one in report.downloads:
        nothing = _said(say("no change"))
        echo(f"{one.target.folder}/{one.task.doc_id}: {_said(summary(one.changes)) or nothing}")
        for layer, counts in one.proposals.items() if one.changes else ():
            echo(f"  {_said(_proposals(layer, counts))}")
        if one.before != one.before.unlabelled() or len(one.changes) <= _LISTED:
            for change in one.changes:
                state = one.states.get(change.id)
                shown = f" ({_said(_state(state))})" if state else ""
                echo(f"  {_said(change.message)}{shown}")


def _state(state: State) -> Message:
    """What became of a proposal, as a message."""
    from vinewsie.messages import say

    states: dict[State, Message] = {
        "accepted": say("accepted"),
        "with layer": say("with layer"),
        "unread": say("unread"),
        "changed": say("changed"),
        "new": say("new"),
    }
    return states[state]


def _proposals(layer: str, counts: ProposalCounts) -> Message:
    """The line about the proposals of a layer."""
    from msgspec.structs import asdict

    from vinewsie.formats.label_studio.config import word
    from vinewsie.messages import say

    by_layer: str = ""
    if counts.with_layer:
        by_layer = say(
            " ({count} of them unread, by the sign-off of the layer alone)", count=counts.with_layer
        )
    return say(
        "proposals of {layer}: {accepted} accepted as they were{by_layer}, {changed} changed, "
        "{new} new, {deleted} deleted, {unread} unread",
        layer=word(layer),
        by_layer=by_layer,
        **asdict(counts),
    )


def _registry_changes(report: PullReport) -> list[Message]:
    """Lines about the entities that a pull added to the registry, changed in it, or took out."""
    from vinewsie.formats.label_studio.config import word
    from vinewsie.messages import say

    lines = [
        say(
            "new in entities.csv: {key} ({type}, “{name}”); check its type and names",
            key=entry.entity_id,
            type=word(entry.type),
            name=entry.name_vi,
        )
        for entry in report.new
    ]
    lines += [
        say(
            "entities.csv: {key} is {after} now, it was {before}",
            key=change.key,
            after=word(change.after),
            before=word(change.before),
        )
        for change in report.retyped
    ]
    lines += [
        say(
            "no longer in entities.csv, because no record names it: {key} ({type}, “{name}”)",
            key=entry.entity_id,
            type=word(entry.type),
            name=entry.name_vi,
        )
        for entry in report.dropped
    ]
    return lines


def _target(value: str) -> PullTarget:
    from vinewsie.labelstudio.pull import PullTarget

    name, equals, user = value.partition("=")
    if not equals or not user:
        raise click.UsageError(f"--pass {value}: write NAME=E-MAIL")
    return PullTarget.of_pass(name, user)


@command("vinewsie label-studio status")
@_on_project
@format_option("text", "json")
@MESSAGES
def status(options: ProjectOptions, format_: str, lang: str) -> None:
    """Show the state of each document, compared with the files. JSON is in English."""
    import msgspec

    from vinewsie.labelstudio.status import described
    from vinewsie.labelstudio.status import status as state_of
    from vinewsie.messages import say

    selection = options.select()
    with _show_progress() as progress:
        rows = []
        for project in options.projects():
            progress(say("reading {title}", title=project.title))
            rows += state_of(project, selection)
    if format_ == "json":
        # Messages are no plain strings, and JSON is for programs.
        show_json(msgspec.to_builtins(rows, enc_hook=str))
        return
    for row in rows:
        for line in described(row):
            echo(_said(line))


@command("vinewsie label-studio config -o label_studio.xml")
@click.option(
    "--layers",
    callback=_layers,
    metavar="LAYERS",
    help="Layers of the page, such as entities,dates. Default: all.",
)
@click.option(
    "--lang",
    type=click.Choice(["vi", "en"]),
    default="vi",
    show_default=True,
    help="Language of the page.",
)
@output_option("File to write. Default: stdout.", NewFile())
def config(layers: tuple[tuple[str, ...], ...], lang: str, output: Path | None) -> None:
    """Print the labelling configuration: the content of annotations/label_studio.xml."""
    from vinewsie.formats.label_studio.config import ALL, label_config

    write(label_config(layers[0] if layers else ALL, lang), output)


@command("vinewsie label-studio roundtrip")
@DOCUMENTS
@click.option("--folder", type=NEW_FOLDER, help="Folder of the server. Default: a temporary one.")
@annotations_option()
def roundtrip(documents: tuple[str, ...], folder: Path | None, annotations: Path | None) -> None:
    """Send the gold to a server, save it in a browser, fetch and compare it: nothing may differ."""
    from vinewsie.labelstudio import roundtrip as trip
    from vinewsie.labelstudio import sources
    from vinewsie.progress import show_progress
    from vinewsie.tables import Table

    selection = sources.select(annotations, documents)
    gold = selection.labels(sources.GOLD)
    with show_progress() as progress, tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary) / "server"
        rows = trip.run(gold, selection.annotations.registry, place, progress)
    cells = [
        [row.doc_id, row.what, str(row.records), str(row.fields or ""), str(len(row.differences))]
        for row in rows
    ]
    show(Table(["document", "what", "compared", "fields", "different"], cells, "llrrr"))
    if wrong := [
        f"{row.doc_id}: {row.what}: {difference}" for row in rows for difference in row.differences
    ]:
        fail(wrong)
    note("nothing differs")


for one in (up, down, push, pull, status, config, roundtrip):
    label_studio.add_command(one)
