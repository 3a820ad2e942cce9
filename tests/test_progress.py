"""Progress: silent for what is quick, and on stderr for what is not."""

from __future__ import annotations

import io
import time

import pytest

import vinewsie as vn
from vinewsie.progress import show_progress


def test_quick_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress() as say:
        vn.score(list(vn.load().values()), measures=["dates.strict"], progress=say)
    assert capsys.readouterr() == ("", "")


def test_long_work_tells_the_step_it_is_at_and_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(patience=0.05) as say:
        say("first")
        say("second")
        time.sleep(0.3)
        say("third")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split()[-1] for line in printed.err.splitlines()] == ["second", "third"]


def test_in_a_terminal_long_work_has_one_line_that_goes_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(patience=0) as say:
        say("first [1/2]")
        while "first [1/2]" not in terminal.getvalue():
            time.sleep(0.01)
    assert "\x1b[2K" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_steps_of_scoring(gold: vn.Gold) -> None:
    steps: list[str] = []
    vn.score(list(gold.values()), measures=["dates.strict"], progress=steps.append)
    assert steps == [
        "reading gold",
        "reading predictions for 2 documents",
        "aligning dates.strict",
        "1000 resamples",
    ]
