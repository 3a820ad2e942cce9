"""Fetching what was labelled: every task is checked, and only if all are in order, the label files
are written.

Files and page are compared with what they said when they last agreed, so that neither a change of
the files nor one of the page gets lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from vinewsie.annotations import signoff
from vinewsie.annotations.adjudicate.outcome import registry_for
from vinewsie.annotations.changes import Change, changes, summary
from vinewsie.annotations.origins import decided
from vinewsie.annotations.staging import check
from vinewsie.annotations.store import (
    Adjudication,
    Annotations,
    adjudication_jsonl,
    label_files,
    registry_csv,
)
from vinewsie.files import write_files
from vinewsie.findings import Finding, FindingsError, Severity, errors
from vinewsie.formats.label_studio.tasks import document_of
from vinewsie.labelstudio import sources
from vinewsie.labelstudio.client import Annotation, Project, Task
from vinewsie.labelstudio.memory import Memory, labels_hash, named, result_hash
from vinewsie.labelstudio.push import doubled, other_config
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.labelstudio.sources import GOLD, pass_folder
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.progress import ProgressCallback, no_progress


@dataclass(frozen=True)
class Target:
    """Where labels go, below ``annotations/``, and whose they are; without a user, those of the
    only annotation that there is.
    """

    folder: str = GOLD
    user: str | None = None

    @staticmethod
    def of_pass(name: str, user: str) -> Target:
        """The pass ``name``, made by the user with this e-mail address."""
        return Target(pass_folder(name), user)


@dataclass(frozen=True)
class Fetched:
    """One annotation, read and checked.

    Args:
        task: the task.
        annotation: the annotation.
        target: where it goes.
        before: the labels that the files have.
        document: the labels that the page has.
        ids: the record ids of the regions that were drawn in the page.
        keep: the page is as it was, and the files are newer: they stay.
    """

    task: Task
    annotation: Annotation
    target: Target
    before: Document
    document: Document
    ids: Mapping[str, str]
    keep: bool = False

    @property
    def changes(self) -> list[Change]:
        """What the files will say that they do not say now."""
        return [] if self.keep else changes(self.before, self.document)


@dataclass
class Reading:
    """All annotations of a project that were asked for, and all findings."""

    fetched: list[Fetched] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def pull(
    project: Project,
    annotations: Annotations,
    doc_ids: Sequence[str],
    targets: Sequence[Target] = (Target(),),
    *,
    overwrite: bool = False,
    ignore_drafts: bool = False,
    progress: ProgressCallback = no_progress,
) -> Reading:
    """Writes the labels of these documents to the files, all of them or, if anything is wrong,
    none.

    Args:
        project: where from.
        annotations: the files.
        doc_ids: which documents.
        targets: what is written where.
        overwrite: replace also label files that have changed since they were last sent or fetched.
        ignore_drafts: fetch what is saved, although somebody has unsaved edits.
        progress: called with a line for each step.

    Raises:
        FindingsError: with everything that is wrong; nothing is then written.
        LabelStudioError: the server failed, or the files cannot be written; the message says how to
            go on.
    """
    progress(f"reading {project.title}")
    reading = read(
        project, annotations, doc_ids, targets, overwrite=overwrite, ignore_drafts=ignore_drafts
    )
    if errors(reading.findings):
        raise FindingsError(reading.findings)
    fetched, lines = _decided(project, [one for one in reading.fetched if not one.keep])
    contents = _contents(project, annotations, fetched, lines)
    reading.findings += _news(annotations, contents)
    memories = {one.task.id: one.task.memory or Memory() for one in fetched}
    # The ids go first: whatever stops this command afterwards, its repetition gives every region
    # the same one.
    for one in fetched:
        memories[one.task.id] = memories[one.task.id].with_ids(one.ids)
    _remember(project, fetched, memories)
    progress("writing the files")
    try:
        write_files(annotations.folder, contents)
    except OSError as error:
        message = f"{annotations.folder} cannot be written ({error.strerror}); it is as it was. Mend that, and repeat the command"
        raise LabelStudioError(message) from error
    for one in fetched:
        memories[one.task.id] = memories[one.task.id].with_agreed(
            one.target.folder, one.document, one.annotation.result
        )
    _remember(project, fetched, memories)
    return reading


def _editor(project: Project, one: Fetched) -> tuple[str, str]:
    """Who saved an annotation last, and on which day."""
    return project.client.users.get(
        one.annotation.editor or 0, "unknown"
    ), one.annotation.updated_at[:10]


def _decided(
    project: Project, fetched: Sequence[Fetched]
) -> tuple[list[Fetched], list[Adjudication]]:
    """The annotations with the origins that a person's changes of the gold give, and the lines that
    tell of them.
    """
    kept, lines = [], []
    for one in fetched:
        if one.target.folder == GOLD:
            document, found = decided(one.before, one.document, *_editor(project, one))
            lines += found
            one = replace(one, document=document)
        kept.append(one)
    return kept, lines


def _contents(
    project: Project,
    annotations: Annotations,
    fetched: Sequence[Fetched],
    lines: Sequence[Adjudication],
) -> dict[str, str]:
    """The new content of the label files, of the list of sign-offs, and of what follows from
    changes of the gold.
    """
    contents: dict[str, str] = {}
    signoffs = signoff.read(annotations.folder)
    for one in fetched:
        folder = f"{one.target.folder}/{one.task.doc_id}"
        if one.before != one.document or not (annotations.folder / folder).is_dir():
            contents |= {
                f"{folder}/{name}": content for name, content in label_files(one.document).items()
            }
        if one.target.folder == GOLD:
            signed = signoff.updated(signoffs, one.before, one.document, *_editor(project, one))
            signoffs = [s for s in signoffs if s.doc_id != one.task.doc_id] + signed
    if signoffs or (annotations.folder / signoff.FILE).is_file():
        contents[signoff.FILE] = signoff.content(signoffs, list(annotations.documents))
    if lines:
        gold = {
            **annotations.documents,
            **{one.task.doc_id: one.document for one in fetched if one.target.folder == GOLD},
        }
        entries, _ = registry_for(gold.values(), annotations.registry)
        contents["entities.csv"] = registry_csv(entries)
        contents["adjudication.jsonl"] = adjudication_jsonl([*annotations.adjudication, *lines])
    return contents


def _news(annotations: Annotations, contents: Mapping[str, str]) -> list[Finding]:
    """What the checks will say of the files that they do not say now: to be mended, but no reason
    to lose the work.
    """
    if not contents:
        return []
    known = {(finding.code, finding.doc_id, finding.message) for finding in annotations.findings}
    found = check(annotations.folder, contents).findings
    return [
        replace(f, severity="warning") for f in found if (f.code, f.doc_id, f.message) not in known
    ]


def _remember(project: Project, fetched: Sequence[Fetched], memories: Mapping[int, Memory]) -> None:
    for task in {one.task.id: one.task for one in fetched}.values():
        if memories[task.id] != task.memory:
            project.update_task(task, meta=memories[task.id].to_meta(task.meta))


def read(
    project: Project,
    annotations: Annotations,
    doc_ids: Sequence[str],
    targets: Sequence[Target],
    *,
    overwrite: bool = False,
    ignore_drafts: bool = False,
) -> Reading:
    """Reads and checks what a pull would write."""
    reading = Reading()
    if not project.has_our_config():
        reading.findings.append(other_config(project))
    tasks: dict[str, list[Task]] = {}
    for task in project.tasks():
        tasks.setdefault(task.doc_id, []).append(task)
    reading.findings += _strangers(project, annotations, tasks)
    there = []
    for doc_id in doc_ids:
        found = tasks.get(doc_id, [])
        if not found:
            message = "has no task (it was never pushed, or was deleted); push it again, or name the documents to pull"
            reading.findings.append(Finding("task", message, file=project.url, doc_id=doc_id))
        elif len(found) > 1:
            reading.findings += doubled(project, found)
        else:
            there.append(found[0])
    for target in targets:
        reader = _TargetReader(
            project, annotations, doc_ids, target, overwrite=overwrite, ignore_drafts=ignore_drafts
        )
        for task in there:
            one = reader.read(task)
            if one is not None:
                reading.fetched.append(one)
        reading.findings += reader.findings
    return reading


def _strangers(
    project: Project, annotations: Annotations, tasks: Mapping[str, Sequence[Task]]
) -> Iterator[Finding]:
    for doc_id, found in tasks.items():
        if doc_id not in annotations.documents:
            for task in found:
                message = f"is of {doc_id!r}, which is no document of {annotations.folder}; it is left alone"
                yield Finding(
                    "unknown-document", message, file=project.page(task), severity="warning"
                )


class _TargetReader:
    """Reads what goes to one folder; what is wrong is collected in ``findings``."""

    def __init__(
        self,
        project: Project,
        annotations: Annotations,
        doc_ids: Sequence[str],
        target: Target,
        *,
        overwrite: bool,
        ignore_drafts: bool,
    ) -> None:
        self._project, self._annotations, self._target = project, annotations, target
        self._overwrite, self._ignore_drafts = overwrite, ignore_drafts
        self._user = self._user_id(target.user) if target.user is not None else None
        self._files = sources.labels(annotations, target.folder, doc_ids)
        self.findings: list[Finding] = []

    def _user_id(self, email: str) -> int:
        users = self._project.client.users
        found = [number for number, there in users.items() if there == email]
        if not found:
            raise LabelStudioError(
                f"{self._project.client.url} has no user {email!r}; there are {', '.join(sorted(users.values()))}"
            )
        return found[0]

    def read(self, task: Task) -> Fetched | None:
        """The annotation of a task that goes to the folder; None if there is something wrong."""
        before = len(self.findings)
        self._check_drafts(task)
        annotation = self._choose(task)
        fetched = self._fetch(task, annotation) if annotation is not None else None
        return fetched if not errors(self.findings[before:]) else None

    def _report(self, task: Task, code: str, message: str, severity: Severity = "error") -> None:
        self.findings.append(
            Finding(
                code, message, doc_id=task.doc_id, file=self._project.page(task), severity=severity
            )
        )

    def _check_drafts(self, task: Task) -> None:
        saved = {annotation.id: result_hash(annotation.result) for annotation in task.annotations}
        for draft in task.drafts:
            mine = self._target.user in (None, draft.user)
            if (
                mine
                and not self._ignore_drafts
                and result_hash(draft.result) != saved.get(draft.annotation or 0)
            ):
                button = "Submit" if draft.annotation is None else "Update"
                message = (
                    f"{draft.user} has unsaved edits (of {draft.updated_at[:16]}): open the page and press {button}, or discard them; "
                    "with --ignore-drafts, what is saved is fetched without them"
                )
                self._report(task, "draft", message)

    def _choose(self, task: Task) -> Annotation | None:
        by = f" by {self._target.user}" if self._target.user else ""
        found = [a for a in task.annotations if self._user is None or a.completed_by == self._user]
        users = self._project.client.users
        if len(found) > 1:
            who = ", ".join(f"{a.id} by {users.get(a.completed_by or 0, 'unknown')}" for a in found)
            passes = "" if by else ", or fetch each person's as a pass: --pass NAME=E-MAIL"
            self._report(
                task,
                "duplicate-document",
                f"has {len(found)} annotations{by} ({who}); delete all but one in the page{passes}",
            )
        elif not found:
            self._report(
                task, "task", f"has no annotation{by}; open the page, label, and press Submit"
            )
        elif found[0].was_cancelled:
            self._report(task, "task", f"was skipped{by}; open the page and press Submit")
        elif (
            self._target.folder == GOLD
            and task.memory
            and task.memory.source not in ("", GOLD)
            and found[0].lead_time is None
        ):
            # What a pass or an extractor says is nobody's decision yet.
            message = f"was sent from {task.memory.source}, and nobody has saved it since; open the page, correct it, and press Update"
            self._report(task, "task", message)
        else:
            return found[0]
        return None

    def _fetch(self, task: Task, annotation: Annotation) -> Fetched | None:
        memory = task.memory or Memory(GOLD)
        agreed = memory.agreed.get(self._target.folder)
        before = self._files[task.doc_id]
        base = (
            before
            if agreed
            else sources.labels(self._annotations, memory.source, [task.doc_id])[task.doc_id]
        )
        result, ids = named(annotation.result, base, memory.ids)
        document, found = document_of(task.data, result, base)
        self.findings += [
            finding.at(self._project.page(task), None, task.doc_id) for finding in found
        ]
        if document is None:
            return None
        document = document if self._target.folder == GOLD else _as_pass(document)
        files_changed = (
            labels_hash(before) != agreed.labels if agreed else before != before.unlabelled()
        )
        page_changed = agreed is None or result_hash(annotation.result) != agreed.result
        keep = files_changed and not page_changed and not self._overwrite
        if document != before and keep:
            message = f"is as it was, and {self._target.folder} has changed since: the files stay; send them with: vinewsie label-studio push"
            self._report(task, "conflict", message, "warning")
        elif document != before and files_changed and not self._overwrite:
            reason = (
                "was changed since it was last sent or fetched"
                if agreed
                else "holds other labels already"
            )
            message = (
                f"{self._target.folder} {reason}, and the page says something else ({summary(changes(before, document))}): "
                "one of the two would be lost. pull --overwrite takes the page, push --overwrite the files"
            )
            self._report(task, "conflict", message)
        return Fetched(task, annotation, self._target, before, document, ids, keep)


def _as_pass(document: Document) -> Document:
    """Provenance and sign-off belong to the gold alone."""
    layers = {
        layer: tuple(
            msgspec.structs.replace(record, origin=None, human_verified=False)
            for record in records_of(document, layer)
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **layers)
