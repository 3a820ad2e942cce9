"""Pull: fetches labels into the label files, if no task has an error.

Files and page are compared with their state when they last agreed, so that no change of either is
lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    jsonl,
    label_files,
    registry_csv,
)
from vinewsie.files import write_files
from vinewsie.findings import Finding, FindingsError, Severity, VinewsieError, errors
from vinewsie.formats.label_studio.tasks import document_of, task_layers, with_layers
from vinewsie.labelstudio.checks import check_config, several_tasks
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.labelstudio.sources import GOLD, NOTHING, Selection, pass_folder
from vinewsie.labelstudio.sync_state import SyncState, labels_hash, result_hash, with_record_ids
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.progress import ProgressCallback, no_progress


class PassNameError(VinewsieError):
    """A name is not one of a pass."""

    exit_code = 2


@dataclass(frozen=True)
class PullTarget:
    """A folder for labels.

    Args:
        folder: the folder below ``annotations/``.
        user: the e-mail address of the annotator whose labels it gets; None for those of the only
            annotation of each task.
    """

    folder: str = GOLD
    user: str | None = None

    @staticmethod
    def of_pass(name: str, user: str) -> PullTarget:
        """The folder of a pass, for the labels of the user with this e-mail address.

        Raises:
            PassNameError: the name is not one of letters, digits, - and _, such as a path.
        """
        if not name.replace("-", "").replace("_", "").isalnum():
            raise PassNameError(f"{name!r} names no pass: use letters, digits, - and _")
        return PullTarget(pass_folder(name), user)


@dataclass(frozen=True)
class Download:
    """One annotation, read and checked.

    Args:
        task: the task.
        annotation: the annotation.
        target: the folder that it goes to.
        before: the document with the labels of the files.
        document: the document with the labels of the page.
        ids: the record ids of the regions that were drawn in the page.
        keep: the files stay, because they have changed and the page has not.
    """

    task: LabellingTask
    annotation: Annotation
    target: PullTarget
    before: Document
    document: Document
    ids: Mapping[str, str]
    keep: bool = False

    @property
    def changes(self) -> list[Change]:
        """The changes of the files."""
        return [] if self.keep else changes(self.before, self.document)


@dataclass
class PullReport:
    """The annotations that a pull read, and all findings."""

    downloads: list[Download] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def pull(
    project: Project,
    selection: Selection,
    targets: Sequence[PullTarget] = (PullTarget(),),
    *,
    overwrite: bool = False,
    ignore_drafts: bool = False,
    progress: ProgressCallback = no_progress,
) -> PullReport:
    """Writes the labels of documents to the files: all of them or, if there is an error, none.

    Args:
        project: the project to read.
        selection: the annotations, and the documents to fetch.
        targets: the folders to write.
        overwrite: replace also label files that have changed since the last push or pull.
        ignore_drafts: fetch what is saved, although there are unsaved edits.
        progress: called with a line for each step.

    Raises:
        FindingsError: with every finding; nothing is then written.
        LabelStudioError: the server failed, or the files cannot be written.
    """
    annotations = selection.annotations
    progress(f"reading {project.title}")
    report = read(project, selection, targets, overwrite=overwrite, ignore_drafts=ignore_drafts)
    if errors(report.findings):
        raise FindingsError(report.findings)
    downloads, lines = _decided(project, [one for one in report.downloads if not one.keep])
    contents = _contents(project, annotations, downloads, lines)
    report.findings += _new_findings(annotations, contents)
    states = {one.task.id: one.task.state or SyncState() for one in downloads}
    # The ids are noted first: if this command then fails, its repetition gives every region the
    # same one.
    for one in downloads:
        states[one.task.id] = states[one.task.id].with_ids(one.ids)
    _note(project, downloads, states)
    progress("writing the files")
    try:
        write_files(annotations.folder, contents)
    except OSError as error:
        raise LabelStudioError(
            f"{annotations.folder} cannot be written ({error.strerror}), and was not changed; "
            "remove the cause, and repeat the command"
        ) from error
    for one in downloads:
        states[one.task.id] = states[one.task.id].with_agreed(
            one.target.folder, one.document, one.annotation.result, task_layers(one.task.data)
        )
    _note(project, downloads, states)
    return report


def pull_all(
    projects: Sequence[Project],
    select: Callable[[], Selection],
    targets: Sequence[PullTarget] = (PullTarget(),),
    *,
    overwrite: bool = False,
    ignore_drafts: bool = False,
    progress: ProgressCallback = no_progress,
) -> PullReport:
    """Writes the labels of several projects to the files, whose pages show different layers: all
    of them or, if there is an error in one, none.

    Args:
        projects: the projects to read.
        select: reads the annotations, and selects the documents to fetch.
        targets: the folders to write.
        overwrite: replace also label files that have changed since the last push or pull.
        ignore_drafts: fetch what is saved, although there are unsaved edits.
        progress: called with a line for each step.

    Raises:
        FindingsError: with every finding of all projects; nothing is then written.
        LabelStudioError: the server failed, or the files cannot be written.
    """
    options = {"overwrite": overwrite, "ignore_drafts": ignore_drafts}
    findings: list[Finding] = []
    if len(projects) > 1:
        selection = select()
        for project in projects:
            progress(f"checking {project.title}")
            findings += read(project, selection, targets, **options).findings
    if errors(findings):
        raise FindingsError(findings)
    report = PullReport()
    for project in projects:
        # The files have the labels of the projects before.
        one = pull(project, select(), targets, **options, progress=progress)
        report.downloads += one.downloads
        report.findings += one.findings
    return report


def _saved_by(project: Project, one: Download) -> tuple[str, str]:
    """The user who saved an annotation last, and the day."""
    return project.client.email(one.annotation.editor), one.annotation.updated_at[:10]


def _decided(
    project: Project, downloads: Sequence[Download]
) -> tuple[list[Download], list[Adjudication]]:
    """The annotations with the origins that follow from changes of the gold, and the lines of
    ``adjudication.jsonl`` about these.
    """
    kept, lines = [], []
    for one in downloads:
        if one.target.folder == GOLD:
            document, found = decided(one.before, one.document, *_saved_by(project, one))
            lines += found
            one = replace(one, document=document)
        kept.append(one)
    return kept, lines


def _contents(
    project: Project,
    annotations: Annotations,
    downloads: Sequence[Download],
    lines: Sequence[Adjudication],
) -> dict[str, str]:
    """The new contents of the label files and of the list of sign-offs, and, if the gold changes,
    of the registry and ``adjudication.jsonl``.
    """
    contents: dict[str, str] = {}
    signoffs = signoff.read(annotations.folder)
    for one in downloads:
        folder = f"{one.target.folder}/{one.task.doc_id}"
        if one.before != one.document or not (annotations.folder / folder).is_dir():
            about = annotations.articles
            files = label_files(one.document, surfaces=about.surfaces, canary=about.canary)
            contents |= {f"{folder}/{name}": content for name, content in files.items()}
        if one.target.folder == GOLD:
            signed = signoff.updated(signoffs, one.before, one.document, *_saved_by(project, one))
            signoffs = [s for s in signoffs if s.doc_id != one.task.doc_id] + signed
    if signoffs or (annotations.folder / signoff.FILE).is_file():
        contents[signoff.FILE] = signoff.content(
            signoffs, list(annotations.documents), annotations.articles.canary
        )
    if lines:
        gold = {
            **annotations.documents,
            **{one.task.doc_id: one.document for one in downloads if one.target.folder == GOLD},
        }
        entries, _ = registry_for(gold.values(), annotations.registry)
        contents["entities.csv"] = registry_csv(entries, canary=annotations.articles.canary)
        contents["adjudication.jsonl"] = jsonl(
            [*annotations.adjudication, *lines], canary=annotations.articles.canary
        )
    return contents


def _new_findings(annotations: Annotations, contents: Mapping[str, str]) -> list[Finding]:
    """The findings that the new contents cause, as warnings: they can be corrected later, and must
    not lose the annotator's work.
    """
    if not contents:
        return []
    known = {(finding.code, finding.doc_id, finding.message) for finding in annotations.findings}
    found = check(annotations.folder, contents).findings
    return [
        replace(f, severity="warning") for f in found if (f.code, f.doc_id, f.message) not in known
    ]


def _note(project: Project, downloads: Sequence[Download], states: Mapping[int, SyncState]) -> None:
    for task in {one.task.id: one.task for one in downloads}.values():
        if states[task.id] != task.state:
            project.update_task(task, meta=states[task.id].to_meta(task.meta))


def read(
    project: Project,
    selection: Selection,
    targets: Sequence[PullTarget],
    *,
    overwrite: bool = False,
    ignore_drafts: bool = False,
) -> PullReport:
    """Reads and checks what a pull would write; see :func:`pull` for the arguments."""
    report = PullReport(findings=list(check_config(project)))
    tasks = project.tasks_by_document()
    report.findings += _unknown_documents(project, selection.annotations, tasks)
    there = []
    for doc_id in selection.doc_ids:
        found = tasks.get(doc_id, [])
        if not found:
            message = (
                "has no task (it was never pushed, or was deleted); push it again, or name the "
                "documents to pull"
            )
            report.findings.append(Finding("task", message, file=project.url, doc_id=doc_id))
        elif len(found) > 1:
            report.findings.append(several_tasks(project, found))
        else:
            there.append(found[0])
    for target in targets:
        reader = _TargetReader(
            project, selection, target, overwrite=overwrite, ignore_drafts=ignore_drafts
        )
        report.downloads += [one for task in there if (one := reader.read(task)) is not None]
        report.findings += reader.findings
    return report


def _unknown_documents(
    project: Project, annotations: Annotations, tasks: Mapping[str, Sequence[LabellingTask]]
) -> Iterator[Finding]:
    for doc_id, found in tasks.items():
        if doc_id not in annotations.documents:
            for task in found:
                message = (
                    f"is of {doc_id!r}, which is no document of {annotations.folder}; it is ignored"
                )
                page = project.page(task)
                yield Finding("unknown-document", message, file=page, severity="warning")


class _TargetReader:
    """Reads the annotations for one folder, and collects findings."""

    def __init__(
        self,
        project: Project,
        selection: Selection,
        target: PullTarget,
        *,
        overwrite: bool,
        ignore_drafts: bool,
    ) -> None:
        self._project, self._selection, self._target = project, selection, target
        self._overwrite, self._ignore_drafts = overwrite, ignore_drafts
        self._user = self._user_id(target.user) if target.user is not None else None
        self._files = selection.labels(target.folder)
        self.findings: list[Finding] = []

    def _user_id(self, email: str) -> int:
        users = self._project.client.users
        found = [number for number, there in users.items() if there == email]
        if not found:
            raise LabelStudioError(
                f"{self._project.client.url} has no user {email!r}; "
                f"there are {', '.join(sorted(users.values()))}"
            )
        return found[0]

    def read(self, task: LabellingTask) -> Download | None:
        """The annotation of a task for the folder; None if there is an error."""
        before = len(self.findings)
        self._check_drafts(task)
        annotation = self._choose(task)
        download = self._download(task, annotation) if annotation is not None else None
        return download if not errors(self.findings[before:]) else None

    def _report(
        self, task: LabellingTask, code: str, message: str, severity: Severity = "error"
    ) -> None:
        page = self._project.page(task)
        self.findings.append(
            Finding(code, message, doc_id=task.doc_id, file=page, severity=severity)
        )

    def _check_drafts(self, task: LabellingTask) -> None:
        saved = {annotation.id: result_hash(annotation.result) for annotation in task.annotations}
        for draft in task.drafts:
            concerned = self._target.user in (None, draft.user)
            if (
                concerned
                and not self._ignore_drafts
                and result_hash(draft.result) != saved.get(draft.annotation or 0)
            ):
                button = "Submit" if draft.annotation is None else "Update"
                message = (
                    f"{draft.user} has unsaved edits (of {draft.updated_at[:16]}): open the page "
                    f"and press {button}, or discard them; with --ignore-drafts, what is saved is "
                    "fetched without them"
                )
                self._report(task, "draft", message)

    def _choose(self, task: LabellingTask) -> Annotation | None:
        by = f" by {self._target.user}" if self._target.user else ""
        found = [a for a in task.annotations if self._user is None or a.completed_by == self._user]
        email = self._project.client.email
        if len(found) > 1:
            authors = ", ".join(f"{a.id} by {email(a.completed_by)}" for a in found)
            passes = "" if by else ", or fetch each annotator's as a pass: --pass NAME=E-MAIL"
            message = (
                f"has {len(found)} annotations{by} ({authors}); delete all but one in the page"
                f"{passes}"
            )
            self._report(task, "duplicate-document", message)
        elif not found:
            message = f"has no annotation{by}; open the page, label, and press Submit"
            self._report(task, "task", message)
        elif found[0].was_cancelled:
            self._report(task, "task", f"was skipped{by}; open the page and press Submit")
        elif (
            self._target.folder == GOLD
            and task.state
            and task.state.source not in (NOTHING, GOLD)
            and found[0].lead_time is None
        ):
            # The labels of a pass are no gold until an annotator has saved them.
            message = (
                f"was sent from {task.state.source}, and nobody has saved it since; open the page, "
                "correct it, and press Update"
            )
            self._report(task, "task", message)
        else:
            return found[0]
        return None

    def _download(self, task: LabellingTask, annotation: Annotation) -> Download | None:
        state = task.state or SyncState(GOLD)
        folder = self._target.folder
        agreed = state.agreed.get(folder)
        before = self._files[task.doc_id]
        layers = task_layers(task.data)
        base = before
        if not agreed:
            # What the page does not show is that of the files.
            sent = self._selection.document(task.doc_id, state.source)
            base = with_layers(before, sent, layers)
        result, ids = with_record_ids(annotation.result, base, state.ids)
        document, found = document_of(task.data, result, base)
        page = self._project.page(task)
        self.findings += [finding.at(page, None, task.doc_id) for finding in found]
        if document is None:
            return None
        document = document if folder == GOLD else _as_pass(document)
        files_changed = (
            labels_hash(before, layers) != agreed.labels
            if agreed
            else not _part_of(before, document)
        )
        page_changed = agreed is None or result_hash(annotation.result) != agreed.result
        keep = files_changed and not page_changed and not self._overwrite
        if document != before and keep:
            message = (
                f"has not changed, and {folder} has: the files stay; "
                "send them with: vinewsie label-studio push"
            )
            self._report(task, "conflict", message, "warning")
        elif document != before and files_changed and not self._overwrite:
            reason = "has changed since the last push or pull" if agreed else "has other labels"
            message = (
                f"{folder} {reason}, and the page differs from it "
                f"({summary(changes(before, document))}): one of the two would be lost. "
                "pull --overwrite takes the page, push --overwrite the files"
            )
            self._report(task, "conflict", message)
        return Download(task, annotation, self._target, before, document, ids, keep)


def _part_of(before: Document, document: Document) -> bool:
    """Whether each layer of the files is empty or that of the page: a pull that was killed between
    two files leaves such files, and its repetition loses nothing.
    """
    layers = ((records_of(before, layer), records_of(document, layer)) for layer in RECORD_TYPES)
    return all(not files or files == page for files, page in layers)


def _as_pass(document: Document) -> Document:
    """The document without provenance and sign-off, which belong to the gold alone."""
    layers = {
        layer: tuple(
            msgspec.structs.replace(record, origin=None, human_verified=False)
            for record in records_of(document, layer)
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **layers)
