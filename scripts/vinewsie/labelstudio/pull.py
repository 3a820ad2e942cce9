"""Pull: fetches labels into the label files, if no task has an error.

Files and page are compared with their state when they last agreed, so that no change of either is
lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from vinewsie.annotations import signoff
from vinewsie.annotations.adjudicate.outcome import registry_for
from vinewsie.annotations.changes import Change, changes, summary
from vinewsie.annotations.entities import Retyped, TypedName, doubtful, retyped
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
from vinewsie.formats.label_studio import proposals
from vinewsie.formats.label_studio.config import word
from vinewsie.formats.label_studio.reading import key_of_name
from vinewsie.formats.label_studio.tasks import (
    new_names,
    on_page,
    result_of,
    sound_document_of,
    task_layers,
    with_layers,
)
from vinewsie.labelstudio.checks import check_config, several_tasks
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.labelstudio.sources import GOLD, NOTHING, Selection, pass_folder
from vinewsie.labelstudio.sync_state import (
    ResultItems,
    SyncState,
    labels_hash,
    result_hash,
    with_record_ids,
)
from vinewsie.messages import joined, say
from vinewsie.model import RECORD_TYPES, Document, RegistryEntry, records_of
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
            raise PassNameError(
                say("{name!r} names no pass: use letters, digits, - and _", name=name)
            )
        return PullTarget(pass_folder(name), user)


@dataclass(frozen=True)
class Download:
    """One annotation, read and checked.

    Args:
        project: the project.
        task: the task.
        annotation: the annotation.
        target: the folder that it goes to.
        before: the document with the labels of the files and of pages that were read before.
        document: the document with the labels of the page, and the origins that follow.
        ids: the record ids of the regions that were drawn in the page.
        keep: the files stay, because they have changed and the page has not.
        changes: the changes of the files.
        states: what became of each proposed record, by its id; empty for a page that is not made of
            proposals.
        proposals: the same, counted by layer.
        lines: the lines of ``adjudication.jsonl`` about changes of the gold.
        faulty: the page has errors, and the document what is sound of it.
    """

    project: Project
    task: LabellingTask
    annotation: Annotation
    target: PullTarget
    before: Document
    document: Document
    ids: Mapping[str, str]
    keep: bool = False
    changes: Sequence[Change] = ()
    states: Mapping[str, proposals.State] = field(default_factory=dict)
    proposals: Mapping[str, proposals.ProposalCounts] = field(default_factory=dict)
    lines: Sequence[Adjudication] = ()
    faulty: bool = False


@dataclass
class PullReport:
    """The annotations that a pull read, all findings, and the changes of the registry.

    Args:
        downloads: the annotations.
        findings: all findings.
        new: the new entries of the registry.
        dropped: the entries that no record uses any more, and that the registry therefore lost.
        retyped: the entries that have another type.
    """

    downloads: list[Download] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    new: list[RegistryEntry] = field(default_factory=list)
    dropped: list[RegistryEntry] = field(default_factory=list)
    retyped: list[Retyped] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PullOptions:
    """What a pull may do.

    Args:
        overwrite: replace also label files that have changed since the last push or pull.
        ignore_drafts: fetch what is saved, although there are unsaved edits.
        unread: make gold also of proposals that nobody has changed or signed off one by one, if
            the documents have at most this number of them.
        retype: give a registry entry the type that all its mentions have in the page.
        new_entities: keys of new entities that have the name of another one.
    """

    overwrite: bool = False
    ignore_drafts: bool = False
    unread: int = 0
    retype: bool = False
    new_entities: Sequence[str] = ()


def pull(
    projects: Sequence[Project],
    selection: Selection,
    targets: Sequence[PullTarget] = (PullTarget(),),
    options: PullOptions = PullOptions(),
    progress: ProgressCallback = no_progress,
) -> PullReport:
    """Writes the labels of documents to the files: all of them or, if there is an error, none.

    What is written causes no error that the annotations did not have before.

    Args:
        projects: the projects to read; the pages of each show other layers.
        selection: the annotations, and the documents to fetch.
        targets: the folders to write.
        options: what the pull may do.
        progress: called with a line for each step.

    Raises:
        FindingsError: with every finding; nothing is then written.
        LabelStudioError: the server failed, or the files cannot be written.
    """
    annotations = selection.annotations
    report = read(projects, selection, targets, options, progress)
    report.findings += _unread(report.downloads, options.unread)
    # A person mends pages in one go: what is wrong with the records that can be read is said too.
    downloads = [one for one in report.downloads if not one.keep]
    contents = _contents(annotations, downloads, report, options)
    report.findings += _new_findings(annotations, contents, downloads)
    refuse_errors(report.findings)
    # The ids are noted first: if this command then fails, its repetition gives every region the
    # same one.
    states = _noted(downloads, {}, lambda one, state: state.with_ids(one.ids))
    progress(say("writing the files"))
    try:
        write_files(annotations.folder, contents)
    except OSError as error:
        raise LabelStudioError(
            say(
                "{folder} cannot be written ({reason}), and was not changed; remove the cause, and "
                "repeat the command",
                folder=str(annotations.folder),
                reason=error.strerror,
            )
        ) from error
    _noted(
        downloads,
        states,
        lambda one, state: state.with_agreed(
            one.target.folder, one.document, one.annotation.result, task_layers(one.task.data)
        ),
    )
    return report


def refuse_errors(findings: Sequence[Finding]) -> None:
    """Raises all findings, if one of them is an error.

    Raises:
        FindingsError: there is an error.
    """
    if errors(findings):
        raise FindingsError(findings)


def _unread(downloads: Sequence[Download], accepted: int) -> Iterator[Finding]:
    """Finds the proposals that would become gold unread, if they are more than ``accepted``.

    The sign-off of a whole layer is one key, and does not show that its proposals were read.
    """
    found = [
        (one, _count_in_gold(one, "unread"), _count_in_gold(one, "with layer")) for one in downloads
    ]
    total = sum((unread + with_layer).total() for _, unread, with_layer in found)
    if total <= accepted:
        return
    for one, unread, with_layer in found:
        counts = unread + with_layer
        if not counts:
            continue
        by_layer = (
            say(", {count} of them in layers signed off as a whole", count=with_layer.total())
            if with_layer
            else ""
        )
        message = say(
            "proposals that nobody has changed or signed off one by one: {shown}{by_layer}. Read "
            "them, and sign off each; or repeat the pull with --unread {total}, the number of all "
            "that then become gold unread",
            shown=joined(joined([word(layer), str(n)], " ") for layer, n in counts.items()),
            by_layer=by_layer,
            total=total,
        )
        page = one.project.page(one.task)
        yield Finding("unread", message, file=page, doc_id=one.task.doc_id)


def _count_in_gold(one: Download, state: proposals.State) -> Counter[str]:
    """How many proposals in this state change the gold, by layer."""
    if one.target.folder != GOLD or one.faulty:
        return Counter()
    return Counter(
        change.layer
        for change in one.changes
        if change.after is not None and one.states.get(change.id) == state
    )


def _saved_by(one: Download) -> tuple[str, str]:
    """The user who saved an annotation last, and the day."""
    return one.project.client.email(one.annotation.editor), one.annotation.updated_at[:10]


def _contents(
    annotations: Annotations,
    downloads: Sequence[Download],
    report: PullReport,
    options: PullOptions,
) -> dict[str, str]:
    """The new contents of the label files and of the list of sign-offs, and, if the gold changes,
    of the registry and ``adjudication.jsonl``. The report gets the changes of the registry.
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
            signed = signoff.updated(signoffs, one.before, one.document, *_saved_by(one))
            signoffs = [s for s in signoffs if s.doc_id != one.task.doc_id] + signed
    if signoffs or (annotations.folder / signoff.FILE).is_file():
        contents[signoff.FILE] = signoff.content(
            signoffs, list(annotations.documents), annotations.articles.canary
        )
    lines = [line for one in downloads for line in one.lines]
    if lines:
        gold = {
            **annotations.documents,
            **{one.task.doc_id: one.document for one in downloads if one.target.folder == GOLD},
        }
        canary = annotations.articles.canary
        registry, names = annotations.registry, _typed_names(downloads)
        if options.retype:
            registry, report.retyped = retyped(gold.values(), registry)
        first = {
            key: one.name
            for key, typed in names.items()
            for one in reversed(typed)
            if one.name != key
        }
        entries, new = registry_for(gold.values(), registry, first)
        report.new = [entry for entry in entries if entry.entity_id in new]
        kept = {entry.entity_id for entry in entries}
        report.dropped = [entry for key, entry in registry.items() if key not in kept]
        report.findings += [
            finding.at(downloads[0].project.url)
            for finding in doubtful(report.new, names, registry, options.new_entities)
        ]
        contents["entities.csv"] = registry_csv(entries, canary=canary)
        contents["adjudication.jsonl"] = jsonl([*annotations.adjudication, *lines], canary=canary)
    return contents


def _typed_names(downloads: Iterable[Download]) -> dict[str, list[TypedName]]:
    """What annotators typed for entities of the gold, by the keys that are made of it."""
    names: dict[str, list[TypedName]] = {}
    for one in downloads:
        if one.target.folder == GOLD:
            for name, region in new_names(one.annotation.result, one.document.text):
                if key := key_of_name(name):
                    page = one.project.page(one.task, one.annotation, region)
                    names.setdefault(key, []).append(TypedName(name, page, one.task.doc_id))
    return names


def _new_findings(
    annotations: Annotations,
    contents: Mapping[str, str],
    downloads: Sequence[Download],
) -> list[Finding]:
    """The findings that the new contents cause, at the regions that they are about."""
    if not contents:
        return []
    known = {(finding.code, finding.doc_id, finding.message) for finding in annotations.findings}
    found = [
        finding
        for finding in check(annotations.folder, contents).findings
        if (finding.code, finding.doc_id, finding.message) not in known
    ]
    places = {
        annotations.folder / one.target.folder / one.task.doc_id / f"{layer}.jsonl": one
        for one in downloads
        for layer in task_layers(one.task.data)
    }
    last = {(one.target.folder, one.task.doc_id): one.document for one in downloads}
    return [_on_page(finding, places, last) for finding in found]


def _on_page(
    finding: Finding,
    places: Mapping[Path, Download],
    documents: Mapping[tuple[str, str], Document],
) -> Finding:
    """A finding about a label file, placed at its region in the page.

    Args:
        finding: the finding.
        places: the downloads by the label files of the layers that their pages show.
        documents: the documents as they would be written, by folder and id.
    """
    one = places.get(Path(finding.file)) if finding.file else None
    if one is None:
        return finding
    [shown] = on_page([finding], documents[one.target.folder, one.task.doc_id])
    if finding.code == "registry-type":
        advice = say(
            "give the mention that type in the page; or, if the entity is of the other type, give "
            "all its mentions that one, and repeat the pull with --retype"
        )
        message = say("{finding}: {advice}", finding=shown.message, advice=advice)
        shown = replace(shown, message=message)
    place = _place(one.project, one.task, one.annotation, shown.region, one.ids)
    return replace(shown, file=place, line=None, index=None)


def _place(
    project: Project,
    task: LabellingTask,
    annotation: Annotation,
    region: str | None,
    ids: Mapping[str, str],
) -> str:
    """The address of a region, which may have its record id for the one that the page has."""
    drawn = {record: own for own, record in ids.items()}
    return project.page(task, annotation, drawn.get(region or "", region))


def _noted(
    downloads: Sequence[Download],
    before: Mapping[tuple[int, int], SyncState],
    change: Callable[[Download, SyncState], SyncState],
) -> dict[tuple[int, int], SyncState]:
    """Changes the states of tasks on the server; gives the states by project and task."""
    states = dict(before)
    for one in downloads:
        key = (one.project.id, one.task.id)
        states[key] = change(one, states.get(key, one.task.state or SyncState()))
    tasks = {(one.project.id, one.task.id): one for one in downloads}
    for key, one in tasks.items():
        if states[key] != before.get(key, one.task.state):
            one.project.update_task(one.task, meta=states[key].to_meta(one.task.meta))
    return states


def read(
    projects: Sequence[Project],
    selection: Selection,
    targets: Sequence[PullTarget],
    options: PullOptions = PullOptions(),
    progress: ProgressCallback = no_progress,
) -> PullReport:
    """Reads and checks what a pull would write; see :func:`pull` for the arguments."""
    report = PullReport()
    # Later pages of a document change the labels that earlier ones leave.
    files = {target.folder: selection.labels(target.folder) for target in targets}
    for project in projects:
        progress(say("reading {title}", title=project.title))
        report.findings += check_config(project)
        tasks = project.tasks_by_document()
        report.findings += _unknown_documents(project, selection.annotations, tasks)
        there = []
        for doc_id in selection.doc_ids:
            found = tasks.get(doc_id, [])
            if not found:
                message = say(
                    "has no task (it was never pushed, or was deleted); push it again, or name the "
                    "documents to pull"
                )
                report.findings.append(Finding("task", message, file=project.url, doc_id=doc_id))
            elif len(found) > 1:
                report.findings.append(several_tasks(project, found))
            else:
                there.append(found[0])
        for target in targets:
            reader = _TargetReader(project, selection, target, options, files[target.folder])
            report.downloads += [one for task in there if (one := reader.read(task)) is not None]
            report.findings += reader.findings
    return report


def _unknown_documents(
    project: Project, annotations: Annotations, tasks: Mapping[str, Sequence[LabellingTask]]
) -> Iterator[Finding]:
    for doc_id, found in tasks.items():
        if doc_id not in annotations.documents:
            for task in found:
                message = say(
                    "is of {id!r}, which is no document of {folder}; it is ignored",
                    id=doc_id,
                    folder=str(annotations.folder),
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
        options: PullOptions,
        files: dict[str, Document],
    ) -> None:
        self._project, self._selection, self._target = project, selection, target
        self._options = options
        self._user = self._user_id(target.user) if target.user is not None else None
        self._files = files
        self.findings: list[Finding] = []

    def _user_id(self, email: str) -> int:
        users = self._project.client.users
        found = [number for number, there in users.items() if there == email]
        if not found:
            raise LabelStudioError(
                say(
                    "{url} has no user {email!r}; there are {users}",
                    url=self._project.client.url,
                    email=email,
                    users=", ".join(sorted(users.values())),
                )
            )
        return found[0]

    def read(self, task: LabellingTask) -> Download | None:
        """The annotation of a task for the folder; None if there is an error."""
        before = len(self.findings)
        self._check_drafts(task)
        annotation = self._choose(task)
        download = self._download(task, annotation) if annotation is not None else None
        if download is None or (not download.faulty and errors(self.findings[before:])):
            return None
        if not download.keep:
            self._files[task.doc_id] = download.document
        return download

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
                and not self._options.ignore_drafts
                and result_hash(draft.result) != saved.get(draft.annotation or 0)
            ):
                button = "Submit" if draft.annotation is None else "Update"
                message = say(
                    "{user} has unsaved edits (of {time}): open the page and press {button}, or "
                    "discard them; with --ignore-drafts, what is saved is fetched without them",
                    user=draft.user,
                    time=draft.updated_at[:16],
                    button=button,
                )
                self._report(task, "draft", message)

    def _choose(self, task: LabellingTask) -> Annotation | None:
        by = say(" by {user}", user=self._target.user) if self._target.user else ""
        found = [a for a in task.annotations if self._user is None or a.completed_by == self._user]
        email = self._project.client.email
        if len(found) > 1:
            authors = joined(
                say("{id} by {user}", id=a.id, user=email(a.completed_by)) for a in found
            )
            passes = "" if by else say(", or fetch each annotator's as a pass: --pass NAME=E-MAIL")
            message = say(
                "has {number} annotations{by} ({authors}); delete all but one in the page{passes}",
                number=len(found),
                by=by,
                authors=authors,
                passes=passes,
            )
            self._report(task, "duplicate-document", message)
        elif not found and self._is_unopened(task):
            return None
        elif not found:
            message = say("has no annotation{by}; open the page, label, and press Submit", by=by)
            self._report(task, "task", message)
        elif found[0].was_cancelled:
            message = say("was skipped{by}; open the page and press Submit", by=by)
            self._report(task, "task", message)
        elif (
            self._target.folder == GOLD
            and task.state
            and task.state.source not in (NOTHING, GOLD)
            and found[0].lead_time is None
        ):
            # The labels of a pass are no gold until an annotator has saved them.
            message = say(
                "was sent from {source}, and nobody has saved it since; open the page, correct it, "
                "and press Update",
                source=task.state.source,
            )
            self._report(task, "task", message)
        else:
            return found[0]
        return None

    def _is_unopened(self, task: LabellingTask) -> bool:
        """Whether the page has the labels of the files as proposals, which nobody has saved."""
        state = task.state or SyncState()
        return (
            self._target == PullTarget(state.source)
            and self._target.folder in state.agreed
            and bool(self._project.predictions(task))
        )

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
        document, found = sound_document_of(task.data, result, base)
        self.findings += [
            finding.at(
                _place(self._project, task, annotation, finding.region, ids), None, task.doc_id
            )
            for finding in found
        ]
        if document is None:
            return None
        document = document if folder == GOLD else _as_pass(document)
        files_changed = (
            labels_hash(before, layers) != agreed.labels
            if agreed
            else not _part_of(before, document)
        )
        page_changed = agreed is None or result_hash(annotation.result) != agreed.result
        faulty = bool(errors(found))
        keep = files_changed and not page_changed and not self._options.overwrite and not faulty
        # How a page with errors differs from the files is known when it is mended.
        differs = document != before and not faulty
        if differs and keep:
            message = say(
                "has not changed, and {folder} has: the files stay; send them with: vinewsie "
                "label-studio push",
                folder=folder,
            )
            self._report(task, "conflict", message, "warning")
        elif differs and files_changed and not self._options.overwrite:
            reason = (
                say("has changed since the last push or pull")
                if agreed
                else say("has other labels")
            )
            message = say(
                "{folder} {reason}, and the page differs from it ({changes}): one of the two would "
                "be lost. pull --overwrite takes the page, push --overwrite the files",
                folder=folder,
                reason=reason,
                changes=summary(changes(before, document)),
            )
            self._report(task, "conflict", message)
        proposed = self._proposed(task, annotation, state)
        states = {} if proposed is None else proposals.states(annotation.result, proposed)
        counts = {} if proposed is None else proposals.counted(annotation.result, proposed)
        download = Download(
            self._project,
            task,
            annotation,
            self._target,
            before,
            document,
            ids,
            keep,
            () if keep else changes(before, document),
            {ids.get(region, region): what for region, what in states.items()},
            counts,
            faulty=faulty,
        )
        if keep or folder != GOLD:
            return download
        document, lines = decided(before, document, *_saved_by(download))
        return replace(download, document=document, lines=lines)

    def _proposed(
        self, task: LabellingTask, annotation: Annotation, state: SyncState
    ) -> ResultItems | None:
        """The proposals that an annotation was made from, empty if they are no longer there; None
        if it was made from none.
        """
        if not proposals.is_proposed(annotation.result):
            return None
        there = {one.id: one.result for one in self._project.predictions(task)}
        if annotation.parent_prediction in there:
            return there[annotation.parent_prediction]
        if state.source not in (NOTHING, GOLD):
            sent = self._selection.document(task.doc_id, state.source)
            return result_of(sent, (), task_layers(task.data))
        return []


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
