"""The files of a pull, without a server: a fault at any operation, and the pull that follows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

import workbench
from faults import FAULTS, Fault, each_operation, killed
from vinewsie.annotations import adjudicate, store
from vinewsie.files import changing
from vinewsie.formats.label_studio.config import label_config
from vinewsie.formats.label_studio.tasks import data_of, result_of
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.pull import PullTarget, pull
from vinewsie.labelstudio.sources import GOLD, select
from vinewsie.labelstudio.sync_state import SyncState
from vinewsie.model import Document

USER = "a@example.org"


class MemoryClient:
    """A server without users but one."""

    url = "http://server"
    users = {1: USER}  # noqa: RUF012

    def email(self, user: int | None) -> str:
        """The address of a user."""
        return self.users[user or 0]


class FileProject(Project):
    """A project whose one task is a file, which outlives a process that is killed."""

    def __init__(self, file: Path) -> None:
        super().__init__(MemoryClient(), 1, "vinewsie", label_config())  # type: ignore[arg-type]
        self._file = file

    def tasks(self) -> list[LabellingTask]:
        """The task."""
        return [msgspec.json.decode(self._file.read_bytes(), type=LabellingTask)]

    def update_task(self, task: LabellingTask, **fields: Any) -> None:
        """Replaces fields of the task."""
        (now,) = self.tasks()
        self._file.write_bytes(msgspec.json.encode(msgspec.structs.replace(now, **fields)))


def saved_in_page(before: Document, file: Path, registry: Any) -> None:
    """Makes the task: sent as the files are, then saved without one mention and with another
    date.
    """
    page = msgspec.structs.replace(
        before,
        entities=before.entities[1:],
        dates=(msgspec.structs.replace(before.dates[0], value="2024-11-13"),),
    )
    annotation = Annotation(1, result_of(page), 1, 1, "2024-11-12T10:00:00Z", lead_time=1.0)
    state = SyncState(GOLD).with_agreed(GOLD, before, result_of(before))
    task = LabellingTask(7, data_of(before, registry), [annotation], meta=state.to_meta())
    file.write_bytes(msgspec.json.encode(task))


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "target", [PullTarget(), PullTarget.of_pass("c", USER)], ids=lambda one: one.folder
)
def test_a_pull_with_a_fault_is_repeated(tmp_path: Path, target: PullTarget, fault: Fault) -> None:
    kept, root = tmp_path / "kept", tmp_path / "work"
    folder = workbench.new_folder(kept)
    task = adjudicate.prepare(folder, ["a"], decider="a")
    adjudicate.apply(task, folder / adjudicate.SHEET)
    read = store.read(folder)
    saved_in_page(read.documents[workbench.DOC], kept / "task.json", read.registry)
    annotations, project = root / "own", FileProject(root / "task.json")

    def prepare() -> None:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(kept, root)

    def run() -> None:
        with changing(annotations):
            pull(project, select(annotations), [target])

    prepare()
    old = files_of(annotations)
    run()
    new = files_of(annotations)
    assert old.keys() <= new.keys()
    assert old != new
    faults = 0
    for _ in each_operation(annotations, fault, prepare, run):
        faults += 1
        there = {name: data for name, data in files_of(annotations).items() if ".new/" not in name}
        if fault is killed:  # each file is old or new
            for name, data in there.items():
                assert data in (old.get(name), new.get(name))
        else:
            assert there in (old, new)
        run()
        assert files_of(annotations) == new
    assert faults > 3
