"""Push: sends documents as tasks, with labels to work on or with an extractor's proposals.

The server is read first, so that a repeated push changes nothing and an interrupted one is
completed. What an annotator has changed is replaced only with ``overwrite``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from vinewsie.annotations.changes import changes, summary
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.label_studio.config import ALL, LANGUAGES, label_config
from vinewsie.formats.label_studio.tasks import data_of, document_of, result_of
from vinewsie.labelstudio.checks import check_config, several_tasks
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.labelstudio.sources import GOLD, NOTHING
from vinewsie.labelstudio.sync_state import ResultItems, SyncState, result_hash, with_record_ids
from vinewsie.messages import Message, joined, say
from vinewsie.model import Document, records_of
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.registry import Registry

_CHECKS, _PAUSE = 10, 0.5
"""How often a push checks what arrived, and the seconds between two checks."""


@dataclass(frozen=True)
class Upload:
    """The documents of a push.

    Args:
        documents: the documents with the labels to send, by id.
        source: the folder below ``annotations/`` that the labels are from; none for predictions
            and for texts without labels.
        extractor: the name of the extractor whose proposals the labels are; None for labels to
            work on.
        registry: the entities that an annotator can choose from.
        machine: a machine made the labels: a page with a record that no person has signed off is
            sent as proposals, with the sign-offs that there are, so that it counts as labelled only
            after an annotator has saved it.
        layers: the layers that the pages show; the others are not sent.
        lang: the language of the pages; None for that of the project, or the default.
    """

    documents: Mapping[str, Document]
    source: str = NOTHING
    extractor: str | None = None
    machine: bool = False
    registry: Registry = field(default_factory=Registry)
    layers: tuple[str, ...] = ALL
    lang: str | None = None

    @property
    def proposed_by(self) -> str | None:
        """The extractor or the pass whose proposals the labels are, which an annotator corrects;
        None for gold, which is shown as it is, and for texts alone.
        """
        if self.extractor is None and self.source not in (GOLD, NOTHING):
            return self.source.rpartition("/")[2]
        return self.extractor


@dataclass(frozen=True)
class PushStep:
    """One change on the server.

    Args:
        subject: a document's id, or the project's title.
        what: the change, in a few words.
        do: makes it.
    """

    subject: str
    what: Message
    do: Callable[[], None]

    @property
    def message(self) -> Message:
        """The step on one line."""
        return say("{subject}: {what}", subject=self.subject, what=self.what)

    def __str__(self) -> str:
        return str(self.message)


def push(
    project: Project,
    upload: Upload,
    *,
    overwrite: bool = False,
    restore_config: bool = False,
    progress: ProgressCallback = no_progress,
) -> list[PushStep]:
    """Sends what is not on the server yet, and returns the steps that this took.

    Args:
        project: the project to send to.
        upload: the documents.
        overwrite: replace also what an annotator has changed.
        restore_config: give the project this package's labelling configuration if it has another.
        progress: called with a line for each step.

    Raises:
        FindingsError: with every reason against the push; nothing is then sent.
        LabelStudioError: the server failed; what was sent until then is there.
    """
    config = list(check_config(project))
    steps, found = plan(project, upload, overwrite)
    if project.layers not in (None, upload.layers):
        message = say(
            "its pages show {shown}, not {layers}; send other layers to another project: --project",
            shown=", ".join(project.layers or ()),
            layers=", ".join(upload.layers),
        )
        found.append(Finding("label-config", message, file=project.url))
    if found or (config and not restore_config):
        raise FindingsError([*([] if restore_config else config), *found])
    lang = upload.lang or LANGUAGES[0]
    if config:
        restore = partial(project.restore_config, upload.layers, lang)
        steps.insert(0, PushStep(project.title, say("labelling configuration"), restore))
    elif project.config.strip() not in (
        label_config(upload.layers, shown).strip()
        for shown in ([upload.lang] if upload.lang else LANGUAGES)
    ):
        restore = partial(project.restore_config, upload.layers, lang)
        steps.insert(0, PushStep(project.title, say("words and look of the pages"), restore))
    for step in steps:
        progress(step.message)
        step.do()
    if steps:
        progress(say("checking what arrived"))
        _check_arrived(project, upload)
    return steps


def _check_arrived(project: Project, upload: Upload) -> None:
    """Checks that the server holds an upload; it adds predictions after it has answered.

    Raises:
        LabelStudioError: something is missing, also after some seconds.
    """
    for _ in range(_CHECKS):
        left, found = plan(project, upload, overwrite=False)
        if not left and not found:
            return
        time.sleep(_PAUSE)
    raise LabelStudioError(
        say(
            "the server does not hold all that was sent; repeat the command, unless the project is "
            "being changed right now ({missing})",
            missing=joined([*(step.message for step in left), *map(_on_one_line, found)], "; "),
        )
    )


def _on_one_line(finding: Finding) -> Message:
    """A finding with its place and code, as a message."""
    return joined([str(finding).removesuffix(finding.message), finding.message], "")


def plan(project: Project, upload: Upload, overwrite: bool) -> tuple[list[PushStep], list[Finding]]:
    """The steps that bring an upload to the server, and the findings that forbid it.

    Args:
        project: the project to send to.
        upload: the documents.
        overwrite: replace also what an annotator has changed.
    """
    tasks = project.tasks_by_document()
    planner = _Planner(project, upload, overwrite)
    for doc_id, document in upload.documents.items():
        there = tasks.get(doc_id, [])
        try:
            if len(there) > 1:
                planner.findings.append(several_tasks(project, there))
            elif there:
                planner.existing(document, there[0])
            else:
                planner.new(document)
        except FindingsError as error:
            # The page cannot show this document; the others are checked, too.
            planner.findings += error.findings
    return planner.steps, planner.findings


class _Planner:
    """Collects the steps and findings, document by document."""

    def __init__(self, project: Project, upload: Upload, overwrite: bool) -> None:
        self._project, self._upload, self._overwrite = project, upload, overwrite
        self.steps: list[PushStep] = []
        self.findings: list[Finding] = []

    def new(self, document: Document) -> None:
        """A document without a task."""
        result = self._result(document)
        task: dict[str, Any] = {
            "data": self._data(document),
            "meta": SyncState().to_meta(),
        }
        if (name := self._upload.proposed_by) is not None:
            task["predictions"] = [{"result": result, "model_version": name}]
            task["meta"] = SyncState(self._upload.source).to_meta()
        elif self._upload.source != NOTHING:
            if self._is_proposed(document):
                task["predictions"] = [{"result": result, "model_version": self._upload.source}]
            else:
                # By default, an import makes every annotation a ground truth.
                task["annotations"] = [{"result": result, "ground_truth": False}]
            task["meta"] = self._agreed(SyncState(), document, result).to_meta()
        self._step(document, say("new task"), lambda: self._project.import_task(task))

    def existing(self, document: Document, task: LabellingTask) -> None:
        """A document with a task."""
        if task.data.get("text") != document.text:
            message = say(
                "the task has another text; save what you need of its annotations, delete the "
                "task and push again"
            )
            self._refuse("article-hash", message, task)
            return
        data = self._data(document)
        if data != task.data:
            self._step(
                document,
                say("data of the task beside the labels"),
                partial(self._project.update_task, task, data=data),
            )
            task = msgspec.structs.replace(task, data=data)
        if (name := self._upload.proposed_by) is not None:
            self._predictions(document, task, name)
            state = task.state or SyncState()
            self._note(document, task, msgspec.structs.replace(state, source=self._upload.source))
        elif self._upload.source == NOTHING:
            return
        elif not task.annotations and self._is_proposed(document):
            self._proposals(document, task)
        else:
            self._annotation(document, task)

    def _is_proposed(self, document: Document) -> bool:
        """Whether the labels are a machine's, and a person has not signed off all of them."""
        signed = [
            record.human_verified
            for layer in self._upload.layers
            for record in records_of(document, layer)
        ]
        return self._upload.machine and not (signed and all(signed))

    def _proposals(self, document: Document, task: LabellingTask) -> None:
        """Replaces the proposals of a page that nobody has saved."""
        state, result = task.state or SyncState(), self._result(document)
        agreed = self._agreed(state, document, result)
        if task.drafts and agreed != state and not self._overwrite:
            self._refuse_drafts(task)
            return
        self._predictions(document, task, self._upload.source)
        self._note(document, task, agreed)

    def _predictions(self, document: Document, task: LabellingTask, name: str) -> None:
        """Replaces older proposals of the same extractor; no annotator has made them."""
        result = self._result(document)
        old = [p for p in self._project.predictions(task) if p.model_version == name]
        if [result_hash(prediction.result) for prediction in old] == [result_hash(result)]:
            return
        for prediction in old:
            self._step(
                document,
                say("old predictions of {name} deleted", name=name),
                partial(self._project.delete_prediction, prediction),
            )
        self._step(
            document,
            say("predictions of {name}", name=name),
            lambda: self._project.add_prediction(task, result, name),
        )

    def _annotation(self, document: Document, task: LabellingTask) -> None:
        result = self._result(document)
        state = task.state or SyncState()
        if len(task.annotations) > 1:
            by = ", ".join(map(self._editor, task.annotations))
            message = say(
                "has {count} annotations (by {users}); none of them is replaced",
                count=len(task.annotations),
                users=by,
            )
            self._refuse("duplicate-document", message, task)
        elif not task.annotations:
            if task.drafts and not self._overwrite:
                self._refuse_drafts(task)
                return
            self._step(
                document,
                say("annotation"),
                lambda: self._project.add_annotation(task, result),
            )
            self._note(document, task, self._agreed(state, document, result))
        elif _is_equal(task, task.annotations[0], document, state):
            agreed = self._agreed(state, document, task.annotations[0].result)
            self._note(document, task, agreed)
        else:
            self._replace(document, task, task.annotations[0], result)

    def _replace(
        self, document: Document, task: LabellingTask, annotation: Annotation, result: ResultItems
    ) -> None:
        """Replaces an annotation that has not changed since page and files last agreed, or, with
        ``overwrite``, any.
        """
        state = task.state or SyncState()
        hashes = {point.result for point in state.agreed.values()}
        untouched = result_hash(annotation.result) in hashes
        if not self._overwrite and (not untouched or task.drafts):
            self._refuse("conflict", self._loss(document, task, annotation), task)
            return
        self._step(
            document,
            say("annotation replaced"),
            lambda: self._project.update_annotation(annotation, result),
        )
        self._note(document, task, self._agreed(state, document, result))

    def _loss(self, document: Document, task: LabellingTask, annotation: Annotation) -> Message:
        """The changes of the page that a push would undo, as a message."""
        there, findings = document_of(task.data, annotation.result, document)
        lost = (
            say("all labels of the page (findings: {count})", count=len(findings))
            if there is None
            else summary(changes(document, there)) or say("edits")
        )
        drafts = (
            say(" and unsaved edits by {user}", user=task.drafts[0].user) if task.drafts else ""
        )
        return say(
            "{user} has changed what was sent; a push would undo: {lost}{drafts}. Pull first, or "
            "push --overwrite to discard these changes",
            user=self._editor(annotation),
            lost=lost,
            drafts=drafts,
        )

    def _agreed(self, state: SyncState, document: Document, result: ResultItems) -> SyncState:
        source = self._upload.source
        agreed = state.with_agreed(source, document, result, self._upload.layers)
        return msgspec.structs.replace(agreed, source=source)

    def _data(self, document: Document) -> dict[str, Any]:
        return data_of(document, self._upload.registry, self._upload.layers)

    def _result(self, document: Document) -> ResultItems:
        return result_of(document, (), self._upload.layers)

    def _note(self, document: Document, task: LabellingTask, state: SyncState) -> None:
        if state != task.state:
            self._step(
                document,
                say("note of what was sent"),
                lambda: self._project.update_task(task, meta=state.to_meta(task.meta)),
            )

    def _editor(self, annotation: Annotation) -> str:
        return self._project.client.email(annotation.editor)

    def _step(self, document: Document, what: Message, do: Callable[[], None]) -> None:
        self.steps.append(PushStep(document.doc_id, what, do))

    def _refuse_drafts(self, task: LabellingTask) -> None:
        message = say(
            "{user} has unsaved edits; press Submit or discard them, or push --overwrite",
            user=task.drafts[0].user,
        )
        self._refuse("draft", message, task)

    def _refuse(self, code: str, message: str, task: LabellingTask) -> None:
        page = self._project.page(task)
        self.findings.append(Finding(code, message, file=page, doc_id=task.doc_id))


def _is_equal(
    task: LabellingTask, annotation: Annotation, document: Document, state: SyncState
) -> bool:
    """Whether an annotation has exactly the document's labels, whatever the ids of its regions."""
    result, _ = with_record_ids(annotation.result, document, state.ids)
    there, _ = document_of(task.data, result, document)
    return there == document
