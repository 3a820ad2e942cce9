"""Client of Label Studio's programming interface: projects, tasks, annotations, predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from vinewsie.formats.label_studio.config import (
    ALL,
    LANGUAGES,
    config_layers,
    label_config,
    page_title,
)
from vinewsie.labelstudio.server import LabelStudioError, is_loopback, require
from vinewsie.labelstudio.sync_state import ResultItems, SyncState, result_hash
from vinewsie.messages import Message, say

if TYPE_CHECKING:
    from label_studio_sdk import Prediction
    from label_studio_sdk.core.api_error import ApiError
    from label_studio_sdk.core.parse_error import ParsingError

TIMEOUT = 120.0
"""Seconds that a request may take; the export of a large project is slow."""

_DATA = ("text", "registry", "doc_id", "text_sha256", "layers", "config_sha256", "anchors")
_COLUMNS = (
    *(f"data.{name}" for name in _DATA),
    "id",
    "inner_id",
    "completed_at",
    "total_annotations",
    "cancelled_annotations",
    "total_predictions",
    "annotators",
    "annotations_results",
    "annotations_ids",
    "predictions_score",
    "predictions_model_versions",
    "predictions_results",
    "file_upload",
    "storage_filename",
    "created_at",
    "updated_at",
    "updated_by",
    "avg_lead_time",
    "draft_exists",
)
"""The columns that Label Studio has for tasks, those of their data first."""
_TABLE = frozenset({"data.doc_id", "completed_at", "total_annotations", "annotators"})
"""The columns of the table of tasks."""
_LIST = frozenset({"data.doc_id", "total_annotations"})
"""The columns of the list beside a page."""

_NOT_LABEL_STUDIO = say("does not answer as Label Studio does; check the address")
_HOW_TO_START = say("check the address, and that the server runs")


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
        parent_prediction: the prediction that it was made from.
    """

    id: int
    result: ResultItems
    completed_by: int | None = None
    updated_by: int | None = None
    updated_at: str = ""
    was_cancelled: bool = False
    lead_time: float | None = None
    parent_prediction: int | None = None

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


class Client:
    """A server and the key to it.

    Args:
        url: the server's address.
        key: a personal access token (a JWT), or a legacy token.
        how_to_start: advice in the message for a server that does not answer.
    """

    def __init__(
        self,
        url: str,
        key: str,
        how_to_start: str = _HOW_TO_START,
    ) -> None:
        require("label_studio_sdk")
        self.url = url.rstrip("/")
        self._key, self._how_to_start = key, how_to_start

    @cached_property
    def _sdk(self) -> Any:
        import httpx
        from label_studio_sdk import LabelStudio

        # A request to this machine uses no proxy.
        transport = httpx.Client(
            timeout=TIMEOUT, follow_redirects=True, trust_env=not is_loopback(self.url)
        )
        # Without the slash, the SDK renews the key of a server below a path at a wrong address. A
        # request is never repeated: an import whose answer was lost would double the task.
        return LabelStudio(
            base_url=f"{self.url}/", api_key=self._key, httpx_client=transport, max_retries=0
        )

    @contextmanager
    def api(self, doing: str) -> Iterator[Any]:
        """Gives the SDK's client, whose errors become messages without headers and cookies.

        Args:
            doing: what the requests are for, as messages name it.

        Raises:
            LabelStudioError: the server does not answer, refuses, or is not Label Studio.
        """
        import httpx
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        try:
            yield self._sdk
        except (ApiError, ParsingError) as error:
            raise LabelStudioError(
                say("{doing}: {url} {refusal}", doing=doing, url=self.url, refusal=_refusal(error))
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LabelStudioError(
                say(
                    "{doing}: no answer from {url} ({error}); {advice}. Then repeat the command: "
                    "it continues where it stopped",
                    doing=doing,
                    url=self.url,
                    error=str(error),
                    advice=self._how_to_start,
                )
            ) from error
        except (msgspec.DecodeError, ValueError, TypeError, AttributeError) as error:
            # The SDK builds its models without checking the answer.
            raise LabelStudioError(
                say(
                    "{doing}: {url} {refusal} ({error})",
                    doing=doing,
                    url=self.url,
                    refusal=_NOT_LABEL_STUDIO,
                    error=str(error),
                )
            ) from error

    @cached_property
    def users(self) -> dict[int, str]:
        """The e-mail addresses of the users, by id."""
        with self.api(say("reading the users")) as sdk:
            return {user.id: user.email for user in sdk.users.list()}

    def email(self, user: int | None) -> str:
        """The e-mail address of a user; "unknown" for none, or one that was deleted."""
        return self.users.get(user or 0, "unknown")

    def projects(self) -> list[Project]:
        """All projects of the server, in the order in which they were made."""
        with self.api(say("reading the projects")) as sdk:
            found = [self._project(fields) for fields in sdk.projects.list(page_size=100)]
        return sorted(found, key=lambda project: project.id)

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
                say(
                    "{count} projects of {url} have the title {title!r}: give the number of one of "
                    "them ({numbers})",
                    count=len(found),
                    url=self.url,
                    title=name,
                    numbers=numbers,
                )
            )
        return found[0] if found else None

    def pages_of(self, name: str) -> list[Project]:
        """The projects of a name: titled with it, or with it and the layers of their pages
        (``NAME: …``); else the one with this number.
        """
        projects = self.projects()
        return [p for p in projects if p.title == name or p.title.startswith(f"{name}: ")] or [
            p for p in projects if str(p.id) == name
        ]

    def page_project(self, name: str, layers: tuple[str, ...], lang: str | None = None) -> Project:
        """The project of a name whose pages show these layers, or else a new one.

        Args:
            name: the name.
            layers: the layers.
            lang: the language of a new project; None for the default.
        """
        titles = [_title(name, layers, lang) for lang in LANGUAGES]
        found = self.pages_of(name)
        for project in found:
            if project.title in titles or project.layers == layers:
                return project
        lang = lang or LANGUAGES[0]
        return self.create_project(_title(name, layers, lang), layers, lang)

    def project(self, name: str) -> Project:
        """The project with this title or number.

        Raises:
            LabelStudioError: there is none, or several have the title.
        """
        project = self.find_project(name)
        if project is None:
            raise LabelStudioError(
                say(
                    "{url} has no project {name!r}{layers}; make it with: vinewsie label-studio "
                    "push",
                    url=self.url,
                    name=name,
                    layers="",
                )
            )
        return project

    def create_project(
        self, name: str, layers: tuple[str, ...] = ALL, lang: str = LANGUAGES[0]
    ) -> Project:
        """A new project with this package's labelling configuration.

        Args:
            name: its title.
            layers: the layers that its pages show.
            lang: the language of its pages.
        """
        with self.api(say("making the project {title!r}", title=name)) as sdk:
            made = sdk.projects.create(
                title=name,
                label_config=label_config(layers, lang),
                show_collab_predictions=True,
            )
            # The table of tasks would show the whole text, the registry and hashes.
            hidden = {
                "explore": [f"tasks:{column}" for column in _COLUMNS if column not in _TABLE],
                "labeling": [f"tasks:{column}" for column in _COLUMNS if column not in _LIST],
            }
            sdk.views.create(
                project=made.id,
                data={
                    "title": page_title(layers, lang) or name,
                    "type": "list",
                    "target": "tasks",
                    "hiddenColumns": hidden,
                },
            )
            return self._project(made)

    def _project(self, fields: Any) -> Project:  # the list and a new project have different models
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
    def url(self) -> str:
        """The page with the table of tasks."""
        return f"{self.client.url}/projects/{self.id}/data"

    def page(
        self, task: LabellingTask, annotation: Annotation | None = None, region: str | None = None
    ) -> str:
        """The address of a task's page, which findings about the task name as their place.

        Args:
            task: the task.
            annotation: the annotation that is shown; needed for a region.
            region: the id of the region that is selected.
        """
        page = f"{self.url}?task={task.id}"
        if annotation is None or region is None:
            return page
        return f"{page}&annotation={annotation.id}&region={quote(region)}"

    @property
    def layers(self) -> tuple[str, ...] | None:
        """The layers that the pages show; None if labels may mean something else, because
        controls, labels or choices are not those of this package.
        """
        return config_layers(self.config)

    def has_our_config(self) -> bool:
        """Whether labels mean what they mean here: controls, labels and choices are ours."""
        return self.layers is not None

    def tasks(self) -> list[LabellingTask]:
        """All tasks with their annotations and drafts: the full export, the only complete one."""
        with self.client.api(say("reading the tasks of {title!r}", title=self.title)) as sdk:
            chunks = sdk.projects.exports.download_sync(
                self.id, export_type="JSON", download_all_tasks=True
            )
            # The SDK has no model of an export.
            return msgspec.json.decode(b"".join(chunks), type=list[LabellingTask])

    def tasks_by_document(self) -> dict[str, list[LabellingTask]]:
        """All tasks by the id of their document; a document should have one."""
        tasks: dict[str, list[LabellingTask]] = {}
        for task in self.tasks():
            tasks.setdefault(task.doc_id, []).append(task)
        return tasks

    def predictions(self, task: LabellingTask) -> list[Prediction]:
        """The pre-annotations of a task; the ``model_version`` of each is its extractor."""
        with self.client.api(say("reading the predictions of task {id}", id=task.id)) as sdk:
            predictions: list[Prediction] = sdk.predictions.list(task=task.id)
            return predictions

    def import_task(self, task: Mapping[str, Any]) -> None:
        """Adds a task. Its document must not have one, because the server would double it."""
        with self.client.api(say("sending {id}", id=task["data"].get("doc_id"))) as sdk:
            sdk.projects.import_tasks(id=self.id, request=[task])

    def update_task(self, task: LabellingTask, **fields: Mapping[str, Any]) -> None:
        """Replaces fields of a task (``data``, ``meta``), but not its annotations."""
        with self.client.api(say("updating task {id}", id=task.id)) as sdk:
            sdk.tasks.update(id=str(task.id), **fields)

    def delete_task(self, task: LabellingTask) -> None:
        """Deletes a task with its annotations."""
        with self.client.api(say("deleting task {id}", id=task.id)) as sdk:
            sdk.tasks.delete(str(task.id))

    def add_annotation(self, task: LabellingTask, result: ResultItems) -> None:
        """Adds an annotation by the key's user."""
        with self.client.api(say("sending {id}", id=task.doc_id)) as sdk:
            sdk.annotations.create(id=task.id, result=result, ground_truth=False)

    def update_annotation(self, annotation: Annotation, result: ResultItems) -> None:
        """Replaces the result of an annotation; the server then drops its drafts.

        Raises:
            LabelStudioError: the annotation was saved after it was read.
        """
        doing = say("updating annotation {id}", id=annotation.id)
        with self.client.api(doing) as sdk:
            now = sdk.annotations.get(annotation.id).result or []
        if result_hash(now) != result_hash(annotation.result):
            raise LabelStudioError(
                say(
                    "annotation {id} was saved in the page just now; repeat the command to see "
                    "what has changed",
                    id=annotation.id,
                )
            )
        with self.client.api(doing) as sdk:
            sdk.annotations.update(annotation.id, result=result)

    def add_prediction(self, task: LabellingTask, result: ResultItems, name: str) -> None:
        """Adds a pre-annotation.

        Args:
            task: the task.
            result: regions, their fields, and relations.
            name: the name of the extractor.
        """
        doing = say("sending predictions of {name} for {id}", name=name, id=task.doc_id)
        with self.client.api(doing) as sdk:
            sdk.predictions.create(task=task.id, result=result, model_version=name)

    def delete_prediction(self, prediction: Prediction) -> None:
        """Deletes a pre-annotation."""
        with self.client.api(say("deleting prediction {id}", id=prediction.id)) as sdk:
            sdk.predictions.delete(prediction.id)

    def restore_config(self, layers: tuple[str, ...] = ALL, lang: str = LANGUAGES[0]) -> None:
        """Gives the project this package's labelling configuration.

        Args:
            layers: the layers that the pages show.
            lang: the language of the pages.
        """
        self.set_config(label_config(layers, lang))

    def set_config(self, config: str) -> None:
        """Replaces the labelling configuration."""
        doing = say("setting the labelling configuration of {title!r}", title=self.title)
        with self.client.api(doing) as sdk:
            sdk.projects.update(self.id, label_config=config)
        self.config = config

    def delete(self) -> None:
        """Deletes the project with its tasks."""
        with self.client.api(say("deleting the project {title!r}", title=self.title)) as sdk:
            sdk.projects.delete(self.id)


def _title(name: str, layers: tuple[str, ...], lang: str) -> str:
    """The title of the project of a name with these layers."""
    page = page_title(layers, lang)
    return f"{name}: {page}" if page else name


def _refusal(error: ApiError | ParsingError) -> Message:
    """The rest of a message about an error of the server."""
    status, body = error.status_code or 0, error.body
    if status in (401, 403):
        return say(
            "refuses the key: it is wrong, has expired, or does not allow this. Make a new one in "
            "the page under Account & Settings → Access Token, and repeat the command"
        )
    if status < 400:
        return _NOT_LABEL_STUDIO
    if isinstance(body, Mapping):
        reason = body.get("validation_errors") or body.get("detail") or {}
        body = msgspec.json.encode(reason).decode()
    return say("answers {status}: {body}", status=status, body=str(body)[:500])
