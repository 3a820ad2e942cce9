"""Progress: silent for what is quick, and on stderr for what is not."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest

import vinewsie as vn
from vinewsie.progress import show_progress


class Timer:
    """A timer that runs out when a test says so."""

    def __init__(self, _seconds: float, run_out: Callable[[], None]) -> None:
        self.run_out = run_out
        self.daemon = False
        self.cancelled = False

    def start(self) -> None:
        pass

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    """The timers that are made."""
    made: list[Timer] = []

    def make(seconds: float, run_out: Callable[[], None]) -> Timer:
        made.append(Timer(seconds, run_out))
        return made[-1]

    monkeypatch.setattr(threading, "Timer", make)
    return made


def test_quick_work_shows_nothing(
    timers: list[Timer], gold: vn.Gold, capsys: pytest.CaptureFixture[str]
) -> None:
    with show_progress() as progress:
        vn.score(list(gold.values()), measures=["dates.strict"], progress=progress)
    assert [timer.cancelled for timer in timers] == [True]
    assert capsys.readouterr() == ("", "")


def test_long_work_shows_the_current_step_and_those_that_follow(
    timers: list[Timer], capsys: pytest.CaptureFixture[str]
) -> None:
    with show_progress() as progress:
        progress("first")
        progress("second")
        timers[0].run_out()
        progress("third")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split()[-1] for line in printed.err.splitlines()] == ["second", "third"]


def test_the_steps_of_scoring(gold: vn.Gold) -> None:
    steps: list[str] = []
    vn.score(list(gold.values()), measures=["dates.strict"], progress=steps.append)
    assert steps == [
        "reading gold",
        "reading predictions for 2 documents",
        "aligning dates.strict",
        "1000 resamples",
    ]


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_current_step_on_one_line_and_clears_it(
    timers: list[Timer], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with show_progress() as progress:
        progress("first [1/2]")
        assert terminal.getvalue() == ""
        timers[0].run_out()
        assert "first [1/2]" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")
