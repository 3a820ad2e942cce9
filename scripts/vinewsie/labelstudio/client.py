"""Label Studio's programming interface, as much of it as is needed: a project, its tasks, and plain
words for what goes wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec

from vinewsie.formats.label_studio.config import config_hash, label_config
from vinewsie.labelstudio.memory import Memory, Result, result_hash
from vinewsie.labelstudio.server import LabelStudioError, require

TIMEOUT = 120.0
"""Seconds; a server that exports a large project takes its time."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Annotation(msgspec.Struct, frozen=True):
    """One person's labels of one task. ``updated_by`` is None until somebody changes what
    ``completed_by`` made.
    """

    id: int
    result: Result
    completed_by: int | None = None
    updated_by: int | None = None
    updated_at: str = ""
    was_cancelled: bool = False
    lead_time: float | None = None
    """Seconds that people had the page open; None for what was only sent."""

    @property
    def editor(self) -> int | None:
        """Who saved it last."""
        return self.updated_by or self.completed_by


class Draft(msgspec.Struct, frozen=True):
    """Edits that nobody has saved. ``annotation`` is None for a draft of a new one."""

    id: int
    result: Result = []
    user: str = ""
    updated_at: str = ""
    annotation: int | None = None


class Task(msgspec.Struct, frozen=True):
    """A document on the server."""

    id: int
    data: dict[str, Any]
    annotations: list[Annotation] = []
    drafts: list[Draft] = []
    meta: dict[str, Any] | None = None

    @property
    def doc_id(self) -> str:
        """Which document it is; empty for a task that this package did not make."""
        value = self.data.get("doc_id")
        return value if isinstance(value, str) else ""

    @property
    def memory(self) -> Memory | None:
        """What was noted when it was sent or fetched; None for a task that this package did not
        make.
        """
        return Memory.of(self.meta)


class Client:
    """A server, and the key to it.

    Args:
        url: the server's address.
        key: a personal access token, or a legacy token.
        how_to_start: what the message says when no server answers.
    """

    def __init__(
        self, url: str, key: str, how_to_start: str = "check the address, and that the server runs"
    ) -> None:
        self.url = url.rstrip("/")
        self._how_to_start = how_to_start
        require("label_studio_sdk")
        with self._explained("signing in"):
            self._sdk = self._connect(key)

    def _connect(self, key: str) -> Any:
        import httpx
        from label_studio_sdk import LabelStudio

        # A proxy has no business on this machine's own address.
        web = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=True,
            trust_env=urlsplit(self.url).hostname not in LOOPBACK,
        )
        # An import that was repeated because its answer was lost would double the task.
        return LabelStudio(base_url=self.url, api_key=key, httpx_client=web, max_retries=0)

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        """Puts what goes wrong into words. What the SDK would say holds headers and cookies, and is
        never shown.
        """
        import httpx
        from label_studio_sdk.core.api_error import ApiError
        from pydantic import ValidationError

        try:
            yield
        except ApiError as error:
            raise LabelStudioError(
                self._message(doing, error.status_code or 0, error.body)
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{doing}: no answer from {self.url} ({error}); {self._how_to_start}. Then repeat the command: it goes on where it was"
            raise LabelStudioError(message) from error
        except (msgspec.DecodeError, ValidationError, ValueError) as error:
            raise LabelStudioError(
                f"{doing}: what {self.url} answers is not what Label Studio answers ({error})"
            ) from error

    def _message(self, doing: str, status: int, body: object) -> str:
        if status in (401, 403):
            return (
                f"{doing}: {self.url} refuses the key: it is wrong, or has expired, or may not do this. "
                "Make a new one in the page under Account & Settings → Access Token, and repeat the command"
            )
        detail = body if isinstance(body, str) else msgspec.json.encode(_reasons(body)).decode()
        return f"{doing}: {self.url} answers {status}: {detail[:500]}"

    @cached_property
    def users(self) -> dict[int, str]:
        """The e-mail addresses of the users, by id."""
        with self._explained("reading the users"):
            return {user.id: user.email for user in self._sdk.users.list()}

    def projects(self) -> list[Project]:
        """All projects of the server."""
        with self._explained("reading the projects"):
            return [
                Project(self, project.id, project.title, project.label_config or "")
                for project in self._sdk.projects.list()
            ]

    def find_project(self, name: str) -> Project | None:
        """The project of this title, or of this number; None if there is none.

        Raises:
            LabelStudioError: several have the title.
        """
        projects = self.projects()
        found = [p for p in projects if p.title == name] or [
            p for p in projects if str(p.id) == name
        ]
        if len(found) > 1:
            numbers = ", ".join(str(project.id) for project in found)
            raise LabelStudioError(
                f"{len(found)} projects of {self.url} are called {name!r}: give the number of one of them ({numbers})"
            )
        return found[0] if found else None

    def project(self, name: str) -> Project:
        """The project of this title or number.

        Raises:
            LabelStudioError: there is none, or several have the title.
        """
        project = self.find_project(name)
        if project is None:
            raise LabelStudioError(
                f"{self.url} has no project {name!r}; make it with: vinewsie label-studio push"
            )
        return project

    def create_project(self, name: str) -> Project:
        """A new project with this package's labelling configuration."""
        with self._explained(f"making the project {name!r}"):
            made = self._sdk.projects.create(
                title=name, label_config=label_config(), show_collab_predictions=True
            )
            return Project(self, made.id, made.title, made.label_config or "")


class Project:
    """A project of a server."""

    def __init__(self, client: Client, number: int, title: str, config: str) -> None:
        self.client, self.id, self.title, self.config = client, number, title, config

    @property
    def url(self) -> str:
        """The page with the table of tasks."""
        return f"{self.client.url}/projects/{self.id}/data"

    def page(self, task: Task) -> str:
        """The page of a task: what a finding about it names as its place."""
        return f"{self.url}?task={task.id}"

    @property
    def _sdk(self) -> Any:
        return self.client._sdk

    def _explained(self, doing: str) -> Any:
        return self.client._explained(doing)

    def has_our_config(self) -> bool:
        """Whether the labelling configuration is this package's, but for what no label depends
        on.
        """
        try:
            return config_hash(self.config) == config_hash()
        except ValueError:
            return False

    def tasks(self) -> list[Task]:
        """All tasks with their annotations and drafts: the full export, the only one that keeps
        everything.
        """
        doing = f"reading the tasks of {self.title!r}"
        with self._explained(doing):
            exported = b"".join(
                self._sdk.projects.exports.download_sync(
                    self.id, export_type="JSON", download_all_tasks=True
                )
            )
            return msgspec.json.decode(exported, type=list[Task])

    def predictions(self, task: Task) -> list[tuple[int, str, Result]]:
        """The pre-annotations of a task: number, the name of the extractor, result."""
        with self._explained(f"reading the predictions of task {task.id}"):
            found = self._sdk.predictions.list(task=task.id)
            return [(p.id, p.model_version or "", list(p.result or ())) for p in found]

    def import_task(self, task: Mapping[str, Any]) -> None:
        """Adds a task, which must not be there yet: the server would double it."""
        with self._explained(f"sending {task['data'].get('doc_id')}"):
            self._sdk.projects.import_tasks(id=self.id, request=[dict(task)])

    def update_task(
        self,
        task: Task,
        *,
        data: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Changes what is said about a task, not its annotations."""
        changes = {
            name: dict(value)
            for name, value in (("data", data), ("meta", meta))
            if value is not None
        }
        with self._explained(f"updating task {task.id}"):
            self._sdk.tasks.update(id=str(task.id), **changes)

    def add_annotation(self, task: Task, result: Result) -> None:
        """Adds an annotation by the key's user."""
        with self._explained(f"sending {task.doc_id}"):
            self._sdk.annotations.create(id=task.id, result=result, ground_truth=False)

    def update_annotation(self, annotation: Annotation, result: Result) -> None:
        """Replaces the result of an annotation; the server then drops the drafts of it.

        Raises:
            LabelStudioError: somebody has saved it since it was read.
        """
        with self._explained(f"updating annotation {annotation.id}"):
            now = list(self._sdk.annotations.get(annotation.id).result or ())
        if result_hash(now) != result_hash(annotation.result):
            raise LabelStudioError(
                f"annotation {annotation.id} was saved by somebody just now; repeat the command to see what has changed"
            )
        with self._explained(f"updating annotation {annotation.id}"):
            self._sdk.annotations.update(id=annotation.id, result=result)

    def add_prediction(self, task: Task, result: Result, name: str) -> None:
        """Adds a pre-annotation."""
        with self._explained(f"sending predictions of {name} for {task.doc_id}"):
            self._sdk.predictions.create(task=task.id, result=result, model_version=name)

    def delete_prediction(self, number: int) -> None:
        """Deletes a pre-annotation."""
        with self._explained(f"deleting prediction {number}"):
            self._sdk.predictions.delete(number)

    def restore_config(self) -> None:
        """Gives the project this package's labelling configuration."""
        with self._explained(f"setting the labelling configuration of {self.title!r}"):
            self.config = (
                self._sdk.projects.update(id=self.id, label_config=label_config()).label_config
                or ""
            )

    def delete(self) -> None:
        """Deletes the project with all that it holds."""
        with self._explained(f"deleting the project {self.title!r}"):
            self._sdk.projects.delete(self.id)


def _reasons(body: object) -> object:
    """Of an error's body the part that tells the reason."""
    if isinstance(body, Mapping):
        return body.get("validation_errors") or body.get("detail") or {}
    return {}
