"""What commands write, and what they never overwrite."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from vinewsie.files import locked
from workbench import new_folder, removed, write_pass

GOLD = {
    "doc_id": "a",
    "text": "Hà Nội vui",
    "entities": [{"start": 0, "end": 6, "type": "LOC"}],
    "dates": [{"start": 7, "end": 10, "type": "DATE", "value": "2020"}],
}


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps({**GOLD, "doc_id": name}) + "\n" for name in "ab"))
    return path


@pytest.mark.parametrize(
    ("format_", "others"), [("brat", ["o.ann", "o.txt"]), ("timeml", ["o.tml"])]
)
def test_convert_never_deletes_what_it_did_not_write(
    tmp_path: Path, gold_file: Path, cli: Callable[..., Result], format_: str, others: list[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in others:
        (folder / name).write_text("mine")
    result = cli("convert", gold_file, folder, "--format", format_)
    assert result.exit_code == 1
    assert f"{folder / others[0]}: file: is in the way" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == others
    for _ in range(2):  # what it wrote itself, it replaces
        assert cli("convert", gold_file, tmp_path / "new", "--format", format_).exit_code == 0


def test_convert_into_the_folder_of_its_input_is_refused(
    tmp_path: Path, gold_file: Path, cli: Callable[..., Result]
) -> None:
    folder, link = tmp_path / "brat", tmp_path / "link"
    assert cli("convert", gold_file, folder, "--format", "brat").exit_code == 0
    link.symlink_to(folder)
    before = sorted(folder.iterdir())
    for target in (folder, link, tmp_path):
        result = cli("convert", folder / "a.ann", target, "--format", "brat")
        assert (result.exit_code, "holds an input" in result.stderr) == (2, True)
    assert sorted(folder.iterdir()) == before


def test_two_outputs_are_two_files(tmp_path: Path, cli: Callable[..., Result]) -> None:
    path, link = tmp_path / "x.jsonl", tmp_path / "link"
    link.symlink_to(path)
    for options in (("--keep", path, "-o", path), ("--errors", path, "-o", link)):
        result = cli("score", "-e", "rules", *options)
        assert (result.exit_code, "named for two outputs" in result.stderr) == (2, True)
        assert not path.exists()


def test_two_runs_do_not_write_to_one_file(tmp_path: Path, cli: Callable[..., Result]) -> None:
    output, partial = tmp_path / "x.jsonl", tmp_path / "x.jsonl.partial"
    with partial.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = cli("run", "rules", "-o", output)
        assert result.exit_code == 1
        assert f"another command is writing to {partial}" in result.stderr
    assert cli("run", "rules", "-o", output).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_full_disk_names_the_file(cli: Callable[..., Result]) -> None:
    result = cli("score", "-e", "rules", "-o", "/dev/full")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        1,
        "/dev/full: No space left on device",
    )


def test_links_that_form_a_cycle_are_named(
    tmp_path: Path, gold_file: Path, cli: Callable[..., Result]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for arguments in (("score", "-e", "rules", "-o"), ("convert", gold_file)):
        format_ = ("--format", "brat") if arguments[0] == "convert" else ()
        result = cli(*arguments, loop, *format_)
        assert result.exit_code == 1
        assert f"{loop}: Too many levels of symbolic links" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "adjudicate a b",
        "adjudicate a b --apply",
        "label-studio pull --pass a=a@example.org --lang en",
        "new-article g.txt --anchor 2024-05-06",
    ],
)
def test_a_second_command_on_the_annotations_is_refused(
    tmp_path: Path, cli: Callable[..., Result], arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = new_folder(tmp_path)
    write_pass(folder, "b", removed("entities", 1))
    (tmp_path / "g.txt").write_text("Hà Nội vui\n")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with locked(folder):
        result = cli(*arguments.split(), "--annotations", folder)
    assert result.exit_code == 1
    assert f"another command is writing to {folder}; wait for its end" in result.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
