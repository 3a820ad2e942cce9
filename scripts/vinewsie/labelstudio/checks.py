"""Findings about a project on the server, which push and pull have in common."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from vinewsie.findings import Finding
from vinewsie.labelstudio.client import LabellingTask, Project
from vinewsie.messages import joined, say


def check_config(project: Project) -> Iterator[Finding]:
    """Finds a labelling configuration that gives labels another meaning."""
    if not project.has_our_config():
        message = say(
            "the labelling configuration was changed, or is of another version of vinewsie: labels "
            "may mean something else. Restore it with: vinewsie label-studio push "
            "--project {project} --restore-config",
            project=shlex.quote(project.title),
        )
        place = f"{project.client.url}/projects/{project.id}/settings/labeling"
        yield Finding("label-config", message, file=place)


def several_tasks(project: Project, tasks: Sequence[LabellingTask]) -> Finding:
    """The finding that one document has these tasks."""
    counts = [
        say("{id} (annotations: {count})", id=task.id, count=len(task.annotations))
        for task in tasks
    ]
    message = say(
        "has {number} tasks: {counts}; keep the one that annotators work on, and delete the others "
        "in the table of tasks",
        number=len(tasks),
        counts=joined(counts),
    )
    return Finding("duplicate-document", message, file=project.url, doc_id=tasks[0].doc_id)
