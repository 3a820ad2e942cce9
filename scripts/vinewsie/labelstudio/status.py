"""Status: the state of each document on the server, compared with the label files."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vinewsie.annotations.changes import changes, summary
from vinewsie.findings import errors
from vinewsie.formats.label_studio.config import word
from vinewsie.formats.label_studio.proposals import counted
from vinewsie.formats.label_studio.tasks import document_of, task_layers
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.sources import GOLD, Selection
from vinewsie.labelstudio.sync_state import SyncState, with_record_ids
from vinewsie.messages import Message, joined, say
from vinewsie.model import records_of


class StatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """One annotation of a document, or a document without annotations.

    Args:
        doc_id: the document.
        layers: the layers that its page shows.
        page: the address of its task; empty if there is none.
        by: the user who saved the annotation last.
        records: the number of records in the page; None if the page has errors.
        signed_off: the number of records that are signed off.
        unread: the number of proposals that nobody has changed or signed off.
        drafts: the users with unsaved edits.
        changed: the changes in the page against the label files, counted; empty for none.
        state: what is to be done, in a few words.
    """

    doc_id: str
    layers: tuple[str, ...] = ()
    page: str = ""
    by: str = ""
    records: int | None = None
    signed_off: int | None = None
    unread: int | None = None
    drafts: tuple[str, ...] = ()
    changed: str = ""
    state: str = ""


def described(row: StatusRow) -> Iterator[Message]:
    """The lines that show a row: the document and what is to be done first."""
    page = joined([row.doc_id, *map(word, row.layers)])
    yield say("{page}: {state}", page=page, state=row.state)
    if row.records is not None:
        yield say(
            "  records: {records}, signed off: {signed}, unread: {unread}",
            records=row.records,
            signed=row.signed_off,
            unread=row.unread,
        )
    if row.changed:
        yield say("  changed: {changed}", changed=row.changed)
    if row.drafts:
        yield say("  unsaved edits: {users}", users=", ".join(row.drafts))
    if row.by:
        yield say("  saved by: {user}", user=row.by)
    if row.page:
        yield say("  page: {page}", page=row.page)


def status(project: Project, selection: Selection) -> list[StatusRow]:
    """The rows of these documents, with a row for each task and annotation."""
    tasks = project.tasks_by_document()
    rows = []
    for doc_id in selection.doc_ids:
        there = tasks.get(doc_id, [])
        if not there:
            layers = project.layers or ()
            rows.append(StatusRow(doc_id=doc_id, layers=layers, state=say("not sent")))
        for task in there:
            rows += _rows(project, selection, task, doubled=len(there) > 1)
    return rows


def _rows(
    project: Project, selection: Selection, task: LabellingTask, doubled: bool
) -> list[StatusRow]:
    drafts = tuple(sorted({draft.user for draft in task.drafts}))
    common = StatusRow(
        doc_id=task.doc_id,
        layers=task_layers(task.data),
        page=project.page(task),
        drafts=drafts,
    )
    if doubled:
        several = say("has several tasks: delete all but one")
        return [msgspec.structs.replace(common, state=several)]
    if not task.annotations:
        sent = task.state is not None and task.state.agreed
        state = say("proposals, not saved in the page yet") if sent else say("not labelled yet")
        return [msgspec.structs.replace(common, state=state)]
    return [_row(project, selection, task, annotation, common) for annotation in task.annotations]


def _row(
    project: Project,
    selection: Selection,
    task: LabellingTask,
    annotation: Annotation,
    common: StatusRow,
) -> StatusRow:
    state = task.state or SyncState(GOLD)
    files = selection.document(task.doc_id, state.source)
    result, _ = with_record_ids(annotation.result, files, state.ids)
    document, findings = document_of(task.data, result, files)
    row = msgspec.structs.replace(common, by=project.client.email(annotation.editor))
    if not project.has_our_config():
        changed_config = say("the labelling configuration was changed")
        return msgspec.structs.replace(row, state=changed_config)
    if document is None:
        wrong = say("errors: {count}; a pull lists them", count=len(errors(findings)))
        return msgspec.structs.replace(row, state=wrong)
    records = [record for layer in row.layers for record in records_of(document, layer)]
    changed = summary(changes(files, document))
    return msgspec.structs.replace(
        row,
        records=len(records),
        signed_off=sum(record.human_verified for record in records),
        unread=sum(counts.unread for counts in counted(annotation.result).values()),
        changed=changed,
        state=_state(annotation, row, changed),
    )


def _state(annotation: Annotation, row: StatusRow, changed: str) -> Message:
    if annotation.was_cancelled:
        return say("skipped in the page")
    if row.drafts:
        return say("unsaved edits")
    return say("to be pulled or pushed") if changed else say("as in the files")
