"""Sending documents: a task for each, with labels to work on or with an extractor's proposals.

What is on the server is looked at first, so that repeating a push changes nothing, and repeating an
interrupted one finishes it. What a person has done there is never replaced unless that is asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from vinewsie.annotations.changes import changes, summary
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.label_studio.tasks import data_of, document_of, result_of
from vinewsie.labelstudio.client import Annotation, Project, Task
from vinewsie.labelstudio.memory import Memory, Result, named, result_hash
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.labelstudio.sources import NOTHING
from vinewsie.model import Document
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.registry import Registry


@dataclass(frozen=True)
class Sending:
    """What is to be sent.

    Args:
        documents: the documents with the labels to send, by id.
        source: the folder below ``annotations/`` that the labels are from; none for predictions and
            for bare texts.
        extractor: the name under which the labels are proposals; None for labels to work on.
        registry: the entities that an annotator can choose from.
    """

    documents: Mapping[str, Document]
    source: str = NOTHING
    extractor: str | None = None
    registry: Registry = field(default_factory=Registry)


@dataclass(frozen=True)
class Step:
    """One thing to do on the server; ``subject`` is a document's id, or the project's title."""

    subject: str
    what: str
    do: Callable[[], None]


def push(
    project: Project,
    sending: Sending,
    *,
    overwrite: bool = False,
    restore_config: bool = False,
    progress: ProgressCallback = no_progress,
) -> list[Step]:
    """Sends what is not on the server yet, and returns the steps that this took.

    Args:
        project: where to.
        sending: what.
        overwrite: replace also what a person has changed there.
        restore_config: give the project this package's labelling configuration if it has another.
        progress: called with a line for each step.

    Raises:
        FindingsError: with everything that stands in the way; nothing is then sent.
        LabelStudioError: the server failed; what was sent until then is there.
    """
    findings = [] if project.has_our_config() or restore_config else [other_config(project)]
    steps, found = plan(project, sending, overwrite)
    if findings or found:
        raise FindingsError([*findings, *found])
    if not project.has_our_config():
        steps.insert(0, Step(project.title, "labelling configuration", project.restore_config))
    for step in steps:
        progress(f"{step.subject}: {step.what}")
        step.do()
    if steps:
        progress("checking what arrived")
        left, found = plan(project, sending, overwrite=False)
        if left or found:
            missing = "; ".join(
                [*(f"{step.subject}: {step.what}" for step in left), *map(str, found)]
            )
            raise LabelStudioError(
                f"not all has arrived, or somebody is changing the project; repeat the command ({missing})"
            )
    return steps


def other_config(project: Project) -> Finding:
    """The finding that a project's labelling configuration is not this package's."""
    message = (
        "the labelling configuration was changed, or is of another version of vinewsie: labels may mean something else. "
        "Restore it with: vinewsie label-studio push --restore-config"
    )
    return Finding(
        "label-config",
        message,
        file=f"{project.client.url}/projects/{project.id}/settings/labeling",
    )


def plan(project: Project, sending: Sending, overwrite: bool) -> tuple[list[Step], list[Finding]]:
    """What has to be done so that the server has what is sent; and what stands in the way."""
    tasks: dict[str, list[Task]] = {}
    for task in project.tasks():
        tasks.setdefault(task.doc_id, []).append(task)
    planner = _Planner(project, sending, overwrite)
    for doc_id, document in sending.documents.items():
        there = tasks.get(doc_id, [])
        try:
            if len(there) > 1:
                planner.findings += doubled(project, there)
            elif there:
                planner.existing(document, there[0])
            else:
                planner.new(document)
        except FindingsError as error:
            # The page cannot show this document; what is wrong with the others is to be told, too.
            planner.findings += error.findings
    return planner.steps, planner.findings


def doubled(project: Project, tasks: Sequence[Task]) -> Iterator[Finding]:
    """The finding that a document has several tasks."""
    others = ", ".join(f"{task.id} ({len(task.annotations)} annotations)" for task in tasks)
    message = f"has {len(tasks)} tasks: {others}; keep the one that people work on, and delete the others in the table of tasks"
    yield Finding("duplicate-document", message, file=project.url, doc_id=tasks[0].doc_id)


class _Planner:
    """Collects the steps and findings, document by document."""

    def __init__(self, project: Project, sending: Sending, overwrite: bool) -> None:
        self._project, self._sending, self._overwrite = project, sending, overwrite
        self.steps: list[Step] = []
        self.findings: list[Finding] = []

    def new(self, document: Document) -> None:
        """A document without a task."""
        result = result_of(document)
        task: dict[str, Any] = {
            "data": data_of(document, self._sending.registry),
            "meta": Memory().to_meta(),
        }
        if self._sending.extractor is not None:
            task["predictions"] = [{"result": result, "model_version": self._sending.extractor}]
        elif self._sending.source != NOTHING:
            # An import makes every annotation a ground truth that does not say otherwise.
            task["annotations"] = [{"result": result, "ground_truth": False}]
            task["meta"] = self._memory(Memory(), document, result).to_meta()
        self._step(document, "new task", lambda: self._project.import_task(task))

    def existing(self, document: Document, task: Task) -> None:
        """A document with a task."""
        if task.data.get("text") != document.text:
            message = "the task has another text; save what you need of its annotations, delete the task and push again"
            self._refuse("article-hash", message, task)
            return
        data = data_of(document, self._sending.registry)
        if data != task.data:
            self._step(
                document,
                "what the task shows beside the labels",
                partial(self._project.update_task, task, data=data),
            )
            task = msgspec.structs.replace(task, data=data)
        if self._sending.extractor is not None:
            self._predictions(document, task, self._sending.extractor)
        elif self._sending.source != NOTHING:
            self._annotation(document, task)

    def _predictions(self, document: Document, task: Task, name: str) -> None:
        """Proposals of the same extractor are replaced: no person has made them."""
        result = result_of(document)
        old = [
            (number, there)
            for number, model, there in self._project.predictions(task)
            if model == name
        ]
        if [result_hash(there) for _, there in old] == [result_hash(result)]:
            return
        for number, _ in old:
            self._step(
                document,
                f"old predictions of {name} deleted",
                partial(self._project.delete_prediction, number),
            )
        self._step(
            document,
            f"predictions of {name}",
            lambda: self._project.add_prediction(task, result, name),
        )

    def _annotation(self, document: Document, task: Task) -> None:
        result = result_of(document)
        memory = task.memory or Memory()
        if len(task.annotations) > 1:
            by = ", ".join(self._editor(annotation) for annotation in task.annotations)
            self._refuse(
                "duplicate-document",
                f"has {len(task.annotations)} annotations (by {by}); none of them is replaced",
                task,
            )
        elif not task.annotations:
            if task.drafts and not self._overwrite:
                self._refuse(
                    "draft",
                    f"{task.drafts[0].user} has unsaved edits; press Submit or discard them, or push --overwrite",
                    task,
                )
                return
            self._step(document, "annotation", lambda: self._project.add_annotation(task, result))
            self._remember(document, task, self._memory(memory, document, result))
        elif not _says(task, task.annotations[0], document, memory):
            self._replace(document, task, task.annotations[0], result)
        else:
            self._remember(
                document, task, self._memory(memory, document, task.annotations[0].result)
            )

    def _replace(
        self, document: Document, task: Task, annotation: Annotation, result: Result
    ) -> None:
        """Replaces an annotation that is still what it was when page and files last agreed, or any
        if that was asked for.
        """
        memory = task.memory or Memory()
        untouched = result_hash(annotation.result) in {
            agreed.result for agreed in memory.agreed.values()
        }
        if not self._overwrite and (not untouched or task.drafts):
            self._refuse("conflict", self._what_would_be_lost(document, task, annotation), task)
            return
        self._step(
            document,
            "annotation replaced",
            lambda: self._project.update_annotation(annotation, result),
        )
        self._remember(document, task, self._memory(memory, document, result))

    def _what_would_be_lost(self, document: Document, task: Task, annotation: Annotation) -> str:
        there, findings = document_of(task.data, annotation.result, document)
        lost = (
            f"all that is there ({len(findings)} findings)"
            if there is None
            else summary(changes(document, there)) or "edits"
        )
        drafts = f" and unsaved edits by {task.drafts[0].user}" if task.drafts else ""
        return (
            f"{self._editor(annotation)} has changed what was sent; a push would undo: {lost}{drafts}. "
            "Pull first, or push --overwrite if nothing of it is wanted"
        )

    def _memory(self, memory: Memory, document: Document, result: Result) -> Memory:
        source = self._sending.source
        return msgspec.structs.replace(memory.with_agreed(source, document, result), source=source)

    def _remember(self, document: Document, task: Task, memory: Memory) -> None:
        if memory != task.memory:
            self._step(
                document,
                "note of what was sent",
                lambda: self._project.update_task(task, meta=memory.to_meta(task.meta)),
            )

    def _editor(self, annotation: Annotation) -> str:
        return self._project.client.users.get(annotation.editor or 0, "somebody")

    def _step(self, document: Document, what: str, do: Callable[[], None]) -> None:
        self.steps.append(Step(document.doc_id, what, do))

    def _refuse(self, code: str, message: str, task: Task) -> None:
        self.findings.append(
            Finding(code, message, file=self._project.page(task), doc_id=task.doc_id)
        )


def _says(task: Task, annotation: Annotation, document: Document, memory: Memory) -> bool:
    """Whether an annotation says just what the document's labels say, whatever ids the page gave
    its regions.
    """
    result, _ = named(annotation.result, document, memory.ids)
    there, _ = document_of(task.data, result, document)
    return there == document
