"""Files and folders are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Never

import pytest

from vinewsie.files import write_bytes, write_files, write_folder, write_text
from vinewsie.findings import FindingsError


def test_permissions_are_kept_or_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    for mode, expected in ((None, 0o644), (0o600, 0o600), (None, 0o600)):
        write_text(path, "x", mode=mode)
        assert stat.S_IMODE(path.stat().st_mode) == expected
    assert [entry.name for entry in path.parent.iterdir()] == ["b.txt"]


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

    replace = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise PermissionError(f"no {target}")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(PermissionError):
        write_folder(folder, lambda new: (new / "a").write_text("new"), lambda _: True)
    assert (folder / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_with_other_entries_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("keep")
    for path in (tmp_path / "folder", tmp_path / "folder" / "a"):
        with pytest.raises(FindingsError, match="is in the way"):
            write_folder(path, lambda new: (new / "b").write_text("new"), lambda _: False)
    assert (tmp_path / "folder" / "a").read_text() == "keep"
