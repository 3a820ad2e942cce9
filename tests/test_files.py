"""Files and folders are written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Never

import pytest

from faults import FAULTS, Fault, each_operation, killed
from vinewsie import files
from vinewsie.files import (
    LockedError,
    changing,
    locked,
    write_bytes,
    write_files,
    write_folder,
    write_text,
    writing,
)
from vinewsie.findings import FindingsError


def test_permissions_are_kept_or_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    for mode, expected in ((None, 0o644), (0o600, 0o600), (None, 0o600)):
        write_text(path, "x", mode=mode)
        assert stat.S_IMODE(path.stat().st_mode) == expected
    assert [entry.name for entry in path.parent.iterdir()] == ["b.txt"]


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_new_files_and_folders_have_the_permissions_of_the_umask(tmp_path: Path) -> None:
    os.umask(0o077)
    write_text(tmp_path / "a", "x")
    write_files(tmp_path, {"b": "x", "c": "y"})
    write_folder(tmp_path / "d", lambda new: write_text(new / "e", "x"), lambda _: True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"a": 0o600, "b": 0o600, "c": 0o600, "d": 0o700, "e": 0o600}
    (tmp_path / "d").chmod(0o750)
    write_folder(tmp_path / "d", lambda new: write_text(new / "e", "y"), lambda _: True)
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o750


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write_text(link, "one")
    assert write_files(tmp_path, {"link": "two", "other": "three"}) == ["link", "other"]
    assert (link.is_symlink(), target.read_text()) == (True, "two")


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_bytes(pipe, b"x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)
    assert pipe.is_fifo()


def test_what_was_replaced_before_a_failure_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o640)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "last":
            raise PermissionError(f"no {target}")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(PermissionError):
        write_files(tmp_path, {"old": "new", "made/new": "new", "last": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    write_folder(folder, lambda new: (new / "a").write_text("old"), lambda _: True)

    def failing(new: Path) -> Never:
        (new / "a").write_text("new")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_folder(folder, failing, lambda _: True)

    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise PermissionError(f"no {target}")
        return rename(self, target)

    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        write_folder(folder, lambda new: (new / "a").write_text("new"), lambda _: True)
    assert (folder / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_with_other_entries_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "inner" / "a").write_text("keep")
    (tmp_path / "folder" / "b").write_text("old")
    for path in (tmp_path / "folder", tmp_path / "folder" / "b"):
        with pytest.raises(FindingsError, match="is in the way"):
            write_folder(
                path, lambda new: (new / "b").write_text("new"), lambda file: str(file) == "b"
            )
    assert (tmp_path / "folder" / "inner" / "a").read_text() == "keep"
    assert (tmp_path / "folder" / "b").read_text() == "old"


def test_an_error_names_the_file(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    path = tmp_path / "a"
    with pytest.raises(OSError, match="No space left") as raised, writing(path):
        raise full
    assert raised.value.filename == str(path)
    (tmp_path / "file").write_text("")
    for write in (write_text, lambda path, _: write_folder(path, lambda _: None, lambda _: True)):
        with pytest.raises(OSError, match="Not a directory") as raised:
            write(tmp_path / "file" / "b", "x")
        assert raised.value.filename == str(tmp_path / "file" / "b")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links") as raised:
        write_text(tmp_path / "loop", "x")
    assert raised.value.filename == str(tmp_path / "loop")


def content(place: Path) -> object:
    """The files of a folder without temporary ones, or the content of a file; None where there is
    nothing.
    """
    if place.is_dir():
        names = {str(file.relative_to(place)) for file in place.rglob("*") if file.is_file()}
        return {name: (place / name).read_text() for name in names if ".new/" not in name}
    return place.read_text() if place.exists() else None


def fill(text: str) -> Callable[[Path], None]:
    def write(new: Path) -> None:
        for name in ("a", "b"):
            (new / name).write_text(text)

    return write


WRITERS: dict[str, Callable[[Path, str], object]] = {
    "file": lambda place, text: write_text(place, text),
    "folder": lambda place, text: write_folder(place, fill(text), lambda _: True),
    "files": lambda place, text: write_files(place, {"a": text, "inner/b": text}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("exchange", [True, False])
def test_a_fault_at_any_operation_leaves_old_or_new(
    tmp_path: Path,
    fault: Fault,
    kind: str,
    exists: bool,
    exchange: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not exchange:
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    write, states = WRITERS[kind], []
    for text in ("old", "new"):
        write(tmp_path / text, text)
        states.append(content(tmp_path / text))
    old, new = states if exists else (None, states[1])
    root = tmp_path / "work"
    place = root / "there" / "place"

    def prepare() -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        if exists:
            write(place, "old")

    operations = 0
    for number in each_operation(root, fault, prepare, lambda: write(place, "new")):
        operations = number
        there = content(place)
        if fault is not killed:
            assert there in (old, new)
            assert there == new or not [*root.rglob(".*")]
        elif kind == "files":  # each file is old or new
            for name in ("a", "inner/b"):
                assert content(place / name) in ("new", "old" if exists else None)
        elif kind == "folder" and exists and not exchange:  # the old one is kept aside
            assert there in (old, new) or [content(one / "place") for one in root.rglob("old")] == [
                old
            ]
        else:
            assert there in (old, new)
        write(place, "new")  # the command can be repeated, and clears what was left
        assert content(place) == new
        assert [*root.rglob(".*")] == []
    assert operations >= 3


def test_a_later_command_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    place = tmp_path / "place"
    for name in ("killed", "running"):
        (tmp_path / f".vinewsie.{name}.new" / "old" / "place").mkdir(parents=True)
        (tmp_path / f".vinewsie.{name}.new" / "old" / "place" / "a").write_text(name)
    with locked(tmp_path / ".vinewsie.running.new"):
        write_text(tmp_path / "b", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".vinewsie.running.new",
        "b",
        "place",
    ]
    assert content(place) == {"a": "killed"}  # the old folder is where it was


def left_by_a_killed_command(folder: Path, names: list[str], old: dict[str, str]) -> None:
    beside = folder / ".vinewsie.killed.new"
    beside.mkdir(parents=True)
    (beside / "journal").write_text(json.dumps(names))
    for number, name in enumerate(names):
        (beside / str(number)).write_text("new")
        if name in old:
            (beside / f"{number}.old").write_text(old[name])


def test_what_a_killed_command_began_is_completed(tmp_path: Path) -> None:
    left_by_a_killed_command(tmp_path, ["a", "inner/b"], {"a": "old"})
    (tmp_path / "a").write_text("old")
    with changing(tmp_path):
        assert content(tmp_path) == {"a": "new", "inner/b": "new"}
    assert [*tmp_path.glob(".*")] == []


def test_a_file_that_was_changed_since_is_not_completed(tmp_path: Path) -> None:
    left_by_a_killed_command(tmp_path, ["a", "b"], {"a": "old"})
    for name in "ab":
        (tmp_path / name).write_text("changed by hand")
    with changing(tmp_path):
        assert content(tmp_path) == {"a": "changed by hand", "b": "changed by hand"}


@pytest.mark.parametrize("name", ["../outside", "link/outside", "\0", "."])
def test_a_journal_from_elsewhere_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path)
    left_by_a_killed_command(tmp_path / "folder", [name], {})
    for journal in (json.dumps([name]), "[3]", "[[", "\udcff"):
        (tmp_path / "folder" / ".vinewsie.killed.new").mkdir(exist_ok=True)
        path = tmp_path / "folder" / ".vinewsie.killed.new" / "journal"
        path.write_text(journal, errors="surrogateescape")
        with changing(tmp_path / "folder"):
            assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_commands_at_the_same_time_write_one_file(tmp_path: Path) -> None:
    def write(name: int) -> None:
        for number in range(30):
            write_text(tmp_path / "a", f"{name} {number}")
            write_files(tmp_path, {"b": f"{name}", "inner/c": f"{number}"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert names == {"a", "b", "inner", "inner/c"}
    assert (tmp_path / "a").read_text().split()[1] == "29"


def test_a_lock_excludes_others_and_names_the_folder(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(LockedError, match=f"another command is writing to {tmp_path}"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass
