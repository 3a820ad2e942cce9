"""Client of Label Studio's programming interface: projects, tasks, annotations, predictions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

import msgspec
import requests

from vinewsie.formats.label_studio.config import config_hash, label_config
from vinewsie.labelstudio.server import LabelStudioError, http_session
from vinewsie.labelstudio.sync_state import ResultItems, SyncState, result_hash

TIMEOUT = 120.0
"""Seconds that a request may take; the export of a large project is slow."""

T = TypeVar("T")


class Annotation(msgspec.Struct, frozen=True):
    """The labels of one task by one annotator.

    Args:
        id: its number on the server.
        result: regions, their fields, and relations.
        completed_by: the user who created it.
        updated_by: the user who changed it last; None until it is changed.
        updated_at: when it was saved last, ISO.
        was_cancelled: the annotator skipped the task.
        lead_time: seconds that annotators had the page open; None if it was only imported.
    """

    id: int
    result: ResultItems
    completed_by: int | None = None
    updated_by: int | None = None
    updated_at: str = ""
    was_cancelled: bool = False
    lead_time: float | None = None

    @property
    def editor(self) -> int | None:
        """The user who saved it last."""
        return self.updated_by or self.completed_by


class Draft(msgspec.Struct, frozen=True):
    """Unsaved edits of an annotation, or of a new one (``annotation`` is None)."""

    id: int
    result: ResultItems = []
    user: str = ""
    updated_at: str = ""
    annotation: int | None = None


class LabellingTask(msgspec.Struct, frozen=True):
    """A document on the server."""

    id: int
    data: dict[str, Any]
    annotations: list[Annotation] = []
    drafts: list[Draft] = []
    meta: dict[str, Any] | None = None

    @property
    def doc_id(self) -> str:
        """The document's id; empty for a task that this package did not make."""
        value = self.data.get("doc_id")
        return value if isinstance(value, str) else ""

    @property
    def state(self) -> SyncState | None:
        """What the last push or pull noted; None for a task that this package did not make."""
        return SyncState.of(self.meta)


class TaskPrediction(msgspec.Struct, frozen=True):
    """A pre-annotation of a task by an extractor (``model_version``)."""

    id: int
    result: ResultItems
    model_version: str | None = None


class _User(msgspec.Struct, frozen=True):
    id: int
    email: str


class _ProjectFields(msgspec.Struct, frozen=True):
    id: int
    title: str
    label_config: str | None = None


class _ProjectList(msgspec.Struct, frozen=True):
    results: list[_ProjectFields]
    next: str | None = None


class _AccessToken(msgspec.Struct, frozen=True):
    access: str


class _AnnotationResult(msgspec.Struct, frozen=True):
    result: ResultItems | None = None


class Client:
    """A server and the key to it.

    Args:
        url: the server's address.
        key: a personal access token (a JWT), or a legacy token.
        how_to_start: advice in the message for a server that does not answer.
    """

    def __init__(
        self, url: str, key: str, how_to_start: str = "check the address, and that the server runs"
    ) -> None:
        self.url = url.rstrip("/")
        self._key, self._how_to_start = key, how_to_start
        self._session = http_session(self.url)
        # Without own authentication, requests would replace the key by a password of ~/.netrc.
        self._session.auth = _no_change
        if not _is_jwt(key):
            self._session.headers["Authorization"] = f"Token {key}"

    def request(
        self,
        doing: str,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str | int] | None = None,
    ) -> bytes:
        """Sends a request and returns the body of the answer.

        A request is never repeated: an import whose answer was lost would double the task.

        Args:
            doing: what the request is for, as messages name it.
            method: the HTTP method.
            path: the path below the server's address.
            body: sent as JSON, if it is not None.
            params: the query.

        Raises:
            LabelStudioError: the server does not answer, or refuses.
        """
        if "Authorization" not in self._session.headers:
            self._renew_access(doing)
        answer = self._send(doing, method, path, body, params)
        if answer.status_code == 401 and _is_jwt(self._key):
            # The access token has expired; what was refused has changed nothing.
            self._renew_access(doing)
            answer = self._send(doing, method, path, body, params)
        return self._checked(doing, answer)

    def get(
        self, doing: str, path: str, type_: type[T], params: Mapping[str, str | int] | None = None
    ) -> T:
        """Reads an object.

        Args:
            doing: what the request is for, as messages name it.
            path: the path below the server's address.
            type_: the type of the answer.
            params: the query.

        Raises:
            LabelStudioError: the server does not answer, refuses, or answers another type.
        """
        return self._decoded(doing, self.request(doing, "GET", path, params=params), type_)

    def _send(
        self,
        doing: str,
        method: str,
        path: str,
        body: object,
        params: Mapping[str, str | int] | None = None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method, f"{self.url}{path}", json=body, params=params, timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise LabelStudioError(
                f"{doing}: no answer from {self.url} ({_root_cause(error)}); {self._how_to_start}. "
                "Then repeat the command: it continues where it stopped"
            ) from error

    def _renew_access(self, doing: str) -> None:
        """Gets a new access token, valid for minutes, with the personal one."""
        self._session.headers.pop("Authorization", None)
        answer = self._send(doing, "POST", "/api/token/refresh/", {"refresh": self._key})
        token = self._decoded(doing, self._checked(doing, answer), _AccessToken)
        self._session.headers["Authorization"] = f"Bearer {token.access}"

    def _checked(self, doing: str, answer: requests.Response) -> bytes:
        if answer.ok:
            return answer.content
        if answer.status_code in (401, 403):
            raise LabelStudioError(
                f"{doing}: {self.url} refuses the key: it is wrong, has expired, or does not allow "
                "this. Make a new one in the page under Account & Settings → Access Token, and "
                "repeat the command"
            )
        raise LabelStudioError(
            f"{doing}: {self.url} answers {answer.status_code}: {_reason(answer)[:500]}"
        )

    def _decoded(self, doing: str, body: bytes, type_: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=type_)
        except msgspec.DecodeError as error:
            raise LabelStudioError(
                f"{doing}: the answer of {self.url} is not one of Label Studio ({error})"
            ) from error

    @cached_property
    def users(self) -> dict[int, str]:
        """The e-mail addresses of the users, by id."""
        found = self.get("reading the users", "/api/users/", list[_User])
        return {user.id: user.email for user in found}

    def email(self, user: int | None) -> str:
        """The e-mail address of a user; "unknown" for none, or one that was deleted."""
        return self.users.get(user or 0, "unknown")

    def projects(self) -> list[Project]:
        """All projects of the server."""
        projects: list[Project] = []
        page = 1
        while True:
            found = self.get(
                "reading the projects",
                "/api/projects/",
                _ProjectList,
                {"page": page, "page_size": 100, "include": "id,title,label_config"},
            )
            projects += [self._project(fields) for fields in found.results]
            if found.next is None:
                return projects
            page += 1

    def find_project(self, name: str) -> Project | None:
        """The project with this title or, if none has it, with this number; None if there is none.

        Raises:
            LabelStudioError: several projects have the title.
        """
        projects = self.projects()
        found = [p for p in projects if p.title == name] or [
            p for p in projects if str(p.id) == name
        ]
        if len(found) > 1:
            numbers = ", ".join(str(project.id) for project in found)
            raise LabelStudioError(
                f"{len(found)} projects of {self.url} have the title {name!r}: "
                f"give the number of one of them ({numbers})"
            )
        return found[0] if found else None

    def project(self, name: str) -> Project:
        """The project with this title or number.

        Raises:
            LabelStudioError: there is none, or several have the title.
        """
        project = self.find_project(name)
        if project is None:
            raise LabelStudioError(
                f"{self.url} has no project {name!r}; make it with: vinewsie label-studio push"
            )
        return project

    def find_or_create_project(self, name: str) -> Project:
        """The project with this title or number, or else a new one with this title.

        Raises:
            LabelStudioError: several projects have the title.
        """
        return self.find_project(name) or self.create_project(name)

    def create_project(self, name: str) -> Project:
        """A new project with this package's labelling configuration."""
        doing = f"making the project {name!r}"
        body = {"title": name, "label_config": label_config(), "show_collab_predictions": True}
        answer = self.request(doing, "POST", "/api/projects/", body=body)
        return self._project(self._decoded(doing, answer, _ProjectFields))

    def _project(self, fields: _ProjectFields) -> Project:
        return Project(self, fields.id, fields.title, fields.label_config or "")


class Project:
    """A project of a server.

    Args:
        client: the server.
        number: the project's number.
        title: its title.
        config: its labelling configuration, XML.
    """

    def __init__(self, client: Client, number: int, title: str, config: str) -> None:
        self.client, self.id, self.title, self.config = client, number, title, config

    @property
    def _path(self) -> str:
        return f"/api/projects/{self.id}/"

    @property
    def url(self) -> str:
        """The page with the table of tasks."""
        return f"{self.client.url}/projects/{self.id}/data"

    def page(self, task: LabellingTask) -> str:
        """The address of a task's page, which findings about the task name as their place."""
        return f"{self.url}?task={task.id}"

    def has_our_config(self) -> bool:
        """Whether labels mean what they mean here: controls, labels and choices are ours."""
        try:
            return config_hash(self.config) == config_hash()
        except ValueError:
            return False

    def tasks(self) -> list[LabellingTask]:
        """All tasks with their annotations and drafts: the full export, the only complete one."""
        return self.client.get(
            f"reading the tasks of {self.title!r}",
            f"{self._path}export",
            list[LabellingTask],
            {"export_type": "JSON", "download_all_tasks": "true"},
        )

    def tasks_by_document(self) -> dict[str, list[LabellingTask]]:
        """All tasks by the id of their document; a document should have one."""
        tasks: dict[str, list[LabellingTask]] = {}
        for task in self.tasks():
            tasks.setdefault(task.doc_id, []).append(task)
        return tasks

    def predictions(self, task: LabellingTask) -> list[TaskPrediction]:
        """The pre-annotations of a task."""
        doing = f"reading the predictions of task {task.id}"
        return self.client.get(doing, "/api/predictions/", list[TaskPrediction], {"task": task.id})

    def import_task(self, task: Mapping[str, Any]) -> None:
        """Adds a task. Its document must not have one, because the server would double it."""
        doing = f"sending {task['data'].get('doc_id')}"
        self.client.request(doing, "POST", f"{self._path}import", body=[dict(task)])

    def update_task(self, task: LabellingTask, **fields: Mapping[str, Any]) -> None:
        """Replaces fields of a task (``data``, ``meta``), but not its annotations."""
        doing = f"updating task {task.id}"
        self.client.request(doing, "PATCH", f"/api/tasks/{task.id}/", body=fields)

    def delete_task(self, task: LabellingTask) -> None:
        """Deletes a task with its annotations."""
        self.client.request(f"deleting task {task.id}", "DELETE", f"/api/tasks/{task.id}/")

    def add_annotation(self, task: LabellingTask, result: ResultItems) -> None:
        """Adds an annotation by the key's user."""
        self.client.request(
            f"sending {task.doc_id}",
            "POST",
            f"/api/tasks/{task.id}/annotations/",
            body={"result": result, "ground_truth": False},
        )

    def update_annotation(self, annotation: Annotation, result: ResultItems) -> None:
        """Replaces the result of an annotation; the server then drops its drafts.

        Raises:
            LabelStudioError: the annotation was saved after it was read.
        """
        doing, path = f"updating annotation {annotation.id}", f"/api/annotations/{annotation.id}/"
        now = self.client.get(doing, path, _AnnotationResult).result or []
        if result_hash(now) != result_hash(annotation.result):
            raise LabelStudioError(
                f"annotation {annotation.id} was saved in the page just now; "
                "repeat the command to see what has changed"
            )
        self.client.request(doing, "PATCH", path, body={"result": result})

    def add_prediction(self, task: LabellingTask, result: ResultItems, name: str) -> None:
        """Adds a pre-annotation.

        Args:
            task: the task.
            result: regions, their fields, and relations.
            name: the name of the extractor.
        """
        self.client.request(
            f"sending predictions of {name} for {task.doc_id}",
            "POST",
            "/api/predictions/",
            body={"task": task.id, "result": result, "model_version": name},
        )

    def delete_prediction(self, number: int) -> None:
        """Deletes a pre-annotation."""
        doing = f"deleting prediction {number}"
        self.client.request(doing, "DELETE", f"/api/predictions/{number}/")

    def restore_config(self) -> None:
        """Gives the project this package's labelling configuration."""
        self.set_config(label_config())

    def set_config(self, config: str) -> None:
        """Replaces the labelling configuration."""
        doing = f"setting the labelling configuration of {self.title!r}"
        self.client.request(doing, "PATCH", self._path, body={"label_config": config})
        self.config = config

    def delete(self) -> None:
        """Deletes the project with its tasks."""
        self.client.request(f"deleting the project {self.title!r}", "DELETE", self._path)


def _no_change(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that leaves a request as it is: the key is in the session's headers."""
    return request


def _root_cause(error: BaseException) -> BaseException:
    """The error of the system behind one of requests, which is long and repeats the address."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _is_jwt(key: str) -> bool:
    """Whether a key is a personal access token, a JSON Web Token; legacy tokens are hexadecimal."""
    try:
        return base64.urlsafe_b64decode(key.partition(".")[0] + "==").startswith(b"{")
    except (binascii.Error, ValueError):
        return False


def _reason(answer: requests.Response) -> str:
    """The reason in the body of an error."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return answer.text
    if not isinstance(body, Mapping):
        return ""
    return msgspec.json.encode(body.get("validation_errors") or body.get("detail") or {}).decode()
