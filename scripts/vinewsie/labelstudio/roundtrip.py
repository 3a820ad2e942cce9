"""Round trip: documents are sent, opened and saved in a real browser, fetched, and compared with
what was sent. Nothing may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vinewsie.annotations.changes import changes, fields_of
from vinewsie.annotations.store import label_files
from vinewsie.formats.label_studio.config import ALL, PAGES, page_title
from vinewsie.formats.label_studio.page import canonical
from vinewsie.formats.label_studio.tasks import document_of, result_of, task_layers
from vinewsie.labelstudio import server
from vinewsie.labelstudio.browser import open_and_update
from vinewsie.labelstudio.client import Client, LabellingTask, Project
from vinewsie.labelstudio.push import Upload, push
from vinewsie.labelstudio.server import LabelStudioError, Server
from vinewsie.labelstudio.sources import GOLD
from vinewsie.labelstudio.sync_state import ResultItems, with_record_ids
from vinewsie.model import Document, records_of
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.registry import Registry

PageSaver = Callable[[Project, Sequence[LabellingTask]], None]
"""Opens the pages of tasks and saves them unchanged."""

_KINDS = {"labels": "regions", "relation": "relations"}
"""The kinds of items of a result, beside the fields of regions."""


@dataclass
class RoundTripRow:
    """Comparison of one kind of object of a document.

    Args:
        doc_id: the document.
        what: the kind of object.
        records: how many objects were compared.
        fields: how many of their fields.
        differences: a line for each difference.
    """

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
) -> list[RoundTripRow]:
    """Makes the round trip on a local server, in new projects that are deleted afterwards: one for
    each page that an article has by default, and one with all layers.

    Args:
        documents: the documents with their labels, by id.
        registry: the entities that the page offers.
        folder: the server's folder; the server is stopped afterwards if it did not run before.
        progress: called with a line for each step.

    Raises:
        LabelStudioError: the server or the browser failed.
    """
    running = server.up(folder, progress=progress)
    try:
        client, save = Client(running.url, running.token), page_saver(running, progress)
        rows = []
        for layers in (*PAGES.values(), ALL):
            title = f"vinewsie round trip {page_title(layers)}".strip()
            project = client.create_project(title, layers)
            try:
                upload = Upload(documents, GOLD, machine=True, registry=registry, layers=layers)
                rows += roundtrip(project, upload, save, progress)
            finally:
                project.delete()
        return rows
    finally:
        if running.started:
            server.down(folder)


def page_saver(running: Server, progress: ProgressCallback = no_progress) -> PageSaver:
    """Saves pages of a local server in a real browser."""

    def save(project: Project, tasks: Sequence[LabellingTask]) -> None:
        numbers = [task.id for task in tasks]
        open_and_update(running.url, project.id, numbers, server.USER, running.password, progress)

    return save


def roundtrip(
    project: Project, upload: Upload, save: PageSaver, progress: ProgressCallback = no_progress
) -> list[RoundTripRow]:
    """Takes documents through a project, and compares each layer, the page's result and the label
    files.

    Args:
        project: an empty project.
        upload: the documents.
        save: saves the pages.
        progress: called with a line for each step.

    Raises:
        LabelStudioError: the server or the browser failed, or a page was not saved.
    """
    push(project, upload, progress=progress)
    sent = project.tasks()
    save(project, sent)
    before = {task.id: task for task in sent}
    progress("comparing")
    return [
        row
        for task in project.tasks()
        for row in compare(upload.documents[task.doc_id], task, _saved(task, before[task.id]))
    ]


def _saved(task: LabellingTask, before: LabellingTask) -> ResultItems:
    """The result that the page saved."""
    if len(task.annotations) != 1 or task.annotations[0].updated_at in [
        one.updated_at for one in before.annotations
    ]:
        raise LabelStudioError(
            f"task {task.id} ({task.doc_id}): the browser has not saved its only annotation"
        )
    return task.annotations[0].result


def compare(document: Document, task: LabellingTask, result: ResultItems) -> list[RoundTripRow]:
    """Compares a document with what the page saved.

    Args:
        document: the document as it was sent.
        task: its task.
        result: the result that the page saved.
    """
    renamed, _ = with_record_ids(result, document, {})
    back, findings = document_of(task.data, renamed, document)
    layers = task_layers(task.data)
    rows = [_layer(document, back or document.unlabelled(), layer) for layer in layers]
    rows[0].differences += map(str, findings)
    return [*rows, *_page(document, result, layers), _files(document, back)]


def _layer(document: Document, back: Document, layer: str) -> RoundTripRow:
    records = records_of(document, layer)
    found = [str(change) for change in changes(document, back) if change.layer == layer]
    if not found and records != records_of(back, layer):
        found = ["the records are in another order"]
    fields = sum(len(fields_of(record)) for record in records)
    return RoundTripRow(document.doc_id, layer, len(records), fields, found)


def _page(document: Document, result: ResultItems, layers: Sequence[str]) -> Iterator[RoundTripRow]:
    """Compares the items of the results, whatever they mean."""
    left, right = canonical(result_of(document, (), layers)), canonical(result)
    for kind in dict.fromkeys(str(item.get("type")) for item in (*left, *right)):
        sent, back = ([item for item in side if item.get("type") == kind] for side in (left, right))
        differences = [f"lost: {item}" for item in sent if item not in back]
        differences += [f"not sent: {item}" for item in back if item not in sent]
        what = _KINDS.get(kind, f"{kind} of regions")
        yield RoundTripRow(document.doc_id, what, len(sent), differences=differences)


def _files(document: Document, back: Document | None) -> RoundTripRow:
    before, after = label_files(document), label_files(back) if back is not None else {}
    differences = [
        f"{name}: other bytes" for name, content in before.items() if after.get(name) != content
    ]
    return RoundTripRow(document.doc_id, "label files", len(before), differences=differences)
