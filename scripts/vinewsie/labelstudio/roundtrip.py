"""The proof that nothing gets lost: documents are sent, opened and saved in a real browser,
fetched, and compared with what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vinewsie.annotations.changes import changes, fields_of
from vinewsie.annotations.store import label_files
from vinewsie.formats.label_studio.tasks import canonical, document_of, result_of
from vinewsie.labelstudio import server
from vinewsie.labelstudio.browser import open_and_update
from vinewsie.labelstudio.client import Client, Project, Task
from vinewsie.labelstudio.memory import Result, named
from vinewsie.labelstudio.push import Sending, push
from vinewsie.labelstudio.server import LabelStudioError, Server
from vinewsie.labelstudio.sources import GOLD
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.registry import Registry

Save = Callable[[Project, Sequence[Task]], None]
"""Opens the pages of tasks and saves them as they are."""


_KINDS = {"labels": "regions", "relation": "relations"}
"""What a page consists of, beside the fields of regions."""


@dataclass
class Compared:
    """So many things of a kind, and what came back differently."""

    doc_id: str
    what: str
    records: int = 0
    fields: int = 0
    differences: list[str] = field(default_factory=list)


def run(
    documents: Mapping[str, Document],
    registry: Registry,
    folder: Path,
    progress: ProgressCallback = no_progress,
) -> list[Compared]:
    """The round trip on the server of ``folder``, in a project of its own that is deleted
    afterwards.

    Raises:
        LabelStudioError: the server or the browser failed.
    """
    running = server.up(folder, progress=progress)
    try:
        project = Client(running.url, running.token).create_project("vinewsie round trip")
        try:
            return roundtrip(
                project,
                Sending(documents, GOLD, registry=registry),
                browser_of(running, progress),
                progress,
            )
        finally:
            project.delete()
    finally:
        if running.started:
            server.down(folder)


def browser_of(running: Server, progress: ProgressCallback = no_progress) -> Save:
    """A real browser, logged in to a server of one's own."""

    def save(project: Project, tasks: Sequence[Task]) -> None:
        password = running.password_file.read_text(encoding="ascii").strip()
        open_and_update(
            running.url, project.id, [task.id for task in tasks], server.USER, password, progress
        )

    return save


def roundtrip(
    project: Project, sending: Sending, save: Save, progress: ProgressCallback = no_progress
) -> list[Compared]:
    """Takes documents through a project that holds nothing else, and compares each layer, the
    page's own form and the label files.

    Raises:
        LabelStudioError: the server or the browser failed, or a page was not saved.
    """
    push(project, sending, progress=progress)
    sent = project.tasks()
    save(project, sent)
    before = {task.id: task for task in sent}
    progress("comparing")
    return [
        row
        for task in project.tasks()
        for row in compare(sending.documents[task.doc_id], task, _saved(task, before[task.id]))
    ]


def _saved(task: Task, before: Task) -> Result:
    """What the page saved; it must have, or nothing would be proved."""
    if (
        len(task.annotations) != 1
        or task.annotations[0].updated_at == before.annotations[0].updated_at
    ):
        raise LabelStudioError(
            f"task {task.id} ({task.doc_id}): the browser has not saved its one annotation"
        )
    return task.annotations[0].result


def compare(document: Document, task: Task, result: Result) -> list[Compared]:
    """What was sent against what came back."""
    renamed, _ = named(result, document, {})
    back, findings = document_of(task.data, renamed, document)
    rows = [_layer(document, back or document.unlabelled(), layer) for layer in RECORD_TYPES]
    rows[0].differences += map(str, findings)
    return [*rows, *_page(document, result), _files(document, back)]


def _layer(document: Document, back: Document, layer: str) -> Compared:
    records = records_of(document, layer)
    found = [str(change) for change in changes(document, back) if change.layer == layer]
    if not found and records != records_of(back, layer):
        found = ["the order of the records is another"]
    return Compared(
        document.doc_id,
        layer,
        len(records),
        sum(len(fields_of(record)) for record in records),
        found,
    )


def _page(document: Document, result: Result) -> Iterator[Compared]:
    """The page's own form of the labels, whatever they mean."""
    left, right = canonical(result_of(document)), canonical(result)
    for kind in dict.fromkeys(str(item.get("type")) for item in (*left, *right)):
        sent, came = ([item for item in side if item.get("type") == kind] for side in (left, right))
        differences = [f"lost: {item}" for item in sent if item not in came] + [
            f"not sent: {item}" for item in came if item not in sent
        ]
        yield Compared(
            document.doc_id,
            _KINDS.get(kind, f"{kind} of regions"),
            len(sent),
            differences=differences,
        )


def _files(document: Document, back: Document | None) -> Compared:
    before, after = label_files(document), label_files(back) if back is not None else {}
    differences = [
        f"{name}: other bytes" for name, content in before.items() if after.get(name) != content
    ]
    return Compared(document.doc_id, "label files", len(before), differences=differences)
