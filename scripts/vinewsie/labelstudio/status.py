"""How far the labelling is: for each document what is on the server, what is signed off, and what
differs from the files.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vinewsie.annotations.changes import changes, summary
from vinewsie.annotations.store import Annotations
from vinewsie.findings import errors
from vinewsie.formats.label_studio.tasks import document_of
from vinewsie.labelstudio import sources
from vinewsie.labelstudio.client import Annotation, Project, Task
from vinewsie.labelstudio.memory import Memory, named
from vinewsie.labelstudio.sources import GOLD
from vinewsie.model import RECORD_TYPES, records_of


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One annotation of a document, or a document without any.

    Args:
        doc_id: the document.
        page: the address of its task; empty where there is none.
        by: who saved the annotation last.
        records: how many records the page has; None where it cannot be read.
        signed_off: how many of them are signed off.
        drafts: who has unsaved edits.
        changed: what the page has that the label files do not, counted; empty for nothing.
        state: in a few words, what is to be done.
    """

    doc_id: str
    page: str = ""
    by: str = ""
    records: int | None = None
    signed_off: int | None = None
    drafts: tuple[str, ...] = ()
    changed: str = ""
    state: str = ""


def status(project: Project, annotations: Annotations, doc_ids: Sequence[str]) -> list[Row]:
    """The state of these documents, and of tasks of theirs that should not be there."""
    tasks: dict[str, list[Task]] = {}
    for task in project.tasks():
        tasks.setdefault(task.doc_id, []).append(task)
    rows = []
    for doc_id in doc_ids:
        there = tasks.get(doc_id, [])
        if not there:
            rows.append(Row(doc_id=doc_id, state="not sent"))
        for task in there:
            rows += _rows(project, annotations, task, doubled=len(there) > 1)
    return rows


def _rows(project: Project, annotations: Annotations, task: Task, doubled: bool) -> list[Row]:
    drafts = tuple(sorted({draft.user for draft in task.drafts}))
    common = Row(doc_id=task.doc_id, page=project.page(task), drafts=drafts)
    if doubled:
        return [msgspec.structs.replace(common, state="has several tasks: delete all but one")]
    if not task.annotations:
        return [msgspec.structs.replace(common, state="not labelled yet")]
    return [_row(project, annotations, task, annotation, common) for annotation in task.annotations]


def _row(
    project: Project, annotations: Annotations, task: Task, annotation: Annotation, common: Row
) -> Row:
    memory = task.memory or Memory(GOLD)
    files = sources.labels(annotations, memory.source, [task.doc_id])[task.doc_id]
    result, _ = named(annotation.result, files, memory.ids)
    document, findings = document_of(task.data, result, files)
    row = msgspec.structs.replace(
        common, by=project.client.users.get(annotation.editor or 0, "unknown")
    )
    if not project.has_our_config():
        return msgspec.structs.replace(row, state="the labelling configuration was changed")
    if document is None:
        return msgspec.structs.replace(
            row, state=f"findings: {len(errors(findings))}, told by a pull"
        )
    records = [record for layer in RECORD_TYPES for record in records_of(document, layer)]
    changed = summary(changes(files, document))
    return msgspec.structs.replace(
        row,
        records=len(records),
        signed_off=sum(record.human_verified for record in records),
        changed=changed,
        state=_state(annotation, row, changed),
    )


def _state(annotation: Annotation, row: Row, changed: str) -> str:
    if annotation.was_cancelled:
        return "skipped in the page"
    if row.drafts:
        return "unsaved edits"
    return "to be pulled or pushed" if changed else "as in the files"
