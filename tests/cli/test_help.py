"""Help, completion and layout of the command line, in a pipe and in a terminal."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import BashComplete

from conftest import ANNOTATIONS
from vinewsie.annotations import leaderboard
from vinewsie.cli import main

Run = Callable[..., Any]

BOX = re.compile("[\u2500-\u257f]")
HEAVY = {"numpy", "scipy", "pandas", "pyarrow", "datasets", "networkx", "jinja2", "requests"}


def paths(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by the words that name it, groups too."""
    yield before
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from paths(command, (*before, name))
        else:
            yield (*before, name)


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_help_is_plain_in_a_pipe_and_ends_with_an_example(
    path: tuple[str, ...], cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = cli(*path, "--help").stdout
    assert not BOX.search(shown)
    assert "\x1b" not in shown
    assert widest(shown) <= 80
    assert not any(line != line.rstrip() for line in shown.splitlines())
    assert re.search(r"\nExample: vinewsie .+\n", shown)


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_the_examples_are_well_formed(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "predictions.jsonl",
        "labels.jsonl",
        "a.json",
        "b.json",
        "result.json",
        "story.txt",
    ):
        (tmp_path / name).touch()
    epilog = command_of(path).epilog
    assert epilog is not None
    words = shlex.split(epilog.splitlines()[0].removeprefix("Example: vinewsie "))
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    assert path == () or isinstance(command_of(path), click.Group) or command is command_of(path)
    command.make_context("vinewsie", words)


def test_help_loads_nothing_heavy() -> None:
    program = f"""
import sys
from vinewsie.cli import main
main(["score", "--help"], prog_name="vinewsie", standalone_mode=False)
print(*({HEAVY} & sys.modules.keys()), file=sys.stderr)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stderr.split() == []
    assert "--measure" in run.stdout


LOADED = {"click", "msgspec", "numpy", "pyarrow", "rich", "rich_click", "scipy", "vinewsie"}
"""What a score of a file loads; further packages are those that these load themselves."""


def test_a_score_of_a_file_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"doc_id": "epochtimes-vn-20220815", "entities": []}\n', encoding="utf-8")
    program = f"""
import sys
from vinewsie.cli import main
main(["score", {str(path)!r}], prog_name="vinewsie", standalone_mode=False)
print(*{{name.partition(".")[0] for name in sys.modules}}, file=sys.stderr)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(run.stderr.splitlines()[-1].split())
    assert loaded >= LOADED
    own = {name for name in packages_distributions().keys() & loaded if name[0] != "_"}
    known = {"charset_normalizer", "cloudpickle", "cython_runtime", "pygments", "typing_extensions"}
    assert own <= LOADED | known


def test_the_command_alone_prints_its_help(cli: Run) -> None:
    alone = cli()
    assert alone.exit_code == 2
    assert "\nScores:\n  score" in alone.output


def completed(*words: str) -> list[str]:
    *before, incomplete = words
    completion = BashComplete(main, {}, "vinewsie", "_VINEWSIE_COMPLETE")
    return [item.value for item in completion.get_completions(before, incomplete)]


def test_completion() -> None:
    assert completed("meas") == ["measures"]
    assert completed("score", "-e", "date") == ["dateparser"]
    assert completed("run", "under") == ["underthesea"]
    assert completed("score", "-m", "entities.e") == ["entities.exact"]
    assert completed("validate", "--scheme", "vlsp") == ["vlsp2016", "vlsp2018"]
    assert completed("convert", "a", "b", "--format", "con") == ["conll"]
    assert completed("score", "p", "--gold-format", "b") == ["brat"]
    assert completed("score", "--resolve", "") == ["surface", "words", "letters"]


def test_text_fits_80_columns(cli: Run) -> None:
    score = cli("score", "-e", "rules", "--by-label").stdout
    for text in (
        score.partition("\nSignatures\n")[0],
        cli("measures").stdout,
        cli("extractors").stdout,
        cli("formats").stdout,
        cli("agreement", "a", "b").stdout,
        leaderboard.render(leaderboard.read(ANNOTATIONS)).partition("\nSignatures\n")[0],
    ):
        assert widest(text) <= 80
        assert not BOX.search(text)
        assert "\x1b" not in text


def in_terminal(*arguments: str, **environment: str) -> str:
    """The output of the command line in a terminal of 80 columns."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    ours, theirs = pty.openpty()
    variables = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    run = subprocess.Popen(
        [sys.executable, "-m", "vinewsie", *arguments],
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        env=variables,
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not part:
            break
        output += part
    os.close(ours)
    assert run.wait() == 0
    return output.decode()


def test_in_a_terminal_there_are_colours_unless_no_color_is_set() -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    assert colour.search(in_terminal("compare", "--help"))
    assert not colour.search(in_terminal("compare", "--help", NO_COLOR="1"))


def test_a_table_in_a_terminal_is_the_plain_one_with_style() -> None:
    arguments = ("agreement", "a", "gold")
    plain = subprocess.run(
        [sys.executable, "-m", "vinewsie", *arguments], capture_output=True, text=True, check=True
    ).stdout
    styled = in_terminal(*arguments)
    assert "\x1b[1mlayer" in styled
    bare = re.sub(r"\x1b\[[0-9;]*m", "", styled).replace("\r\n", "\n").replace("─", "-")
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()
