"""Progress on stderr for work that takes longer than two seconds; nothing for shorter work."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vinewsie.escapes import escaped

PATIENCE = 2.0
"""Seconds before progress is shown."""

ProgressCallback = Callable[[str], None]
"""Takes the name of each step as it begins; may be called from any thread."""


def no_progress(_: str) -> None:
    """Default progress callback: does nothing."""


@contextmanager
def show_progress(patience: float = PATIENCE) -> Iterator[ProgressCallback]:
    """Shows the steps of long work on stderr: the current one with a clock in a terminal, a line
    for each with its time elsewhere.

    Args:
        patience: seconds before anything is shown; the step that is current then is the first.

    Yields:
        The callback that takes each step.
    """
    begun = time.monotonic()
    lock = threading.Lock()
    current: list[str] = []
    display: _Spinner | _Lines | None = None

    def begin() -> None:
        nonlocal display
        with lock:
            display = _Spinner(begun) if sys.stderr.isatty() else _Lines(begun)
            for step in current[-1:]:
                display.show(step)

    def take(step: str) -> None:
        with lock:
            current.append(step)
            if display is not None:
                display.show(step)

    timer = threading.Timer(patience, begin)
    timer.daemon = True
    timer.start()
    try:
        yield take
    finally:
        timer.cancel()
        with lock:
            current.clear()
            if display is not None:
                display.stop()


class _Lines:
    """A line for each step, with the seconds since the beginning."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def show(self, step: str) -> None:
        """Prints a step."""
        elapsed = time.monotonic() - self._begun
        print(f"{elapsed:6.1f} s  {escaped(step)}", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Does nothing: lines stay."""


class _Spinner:
    """One line in a terminal: a spinner, the step, and the time since the beginning."""

    def __init__(self, begun: float) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        # stdout belongs to the result; lines on stderr are printed above the spinner.
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            get_time=time.monotonic,
            transient=True,
            redirect_stdout=False,
        )
        self._task = self._progress.add_task("")
        self._progress.tasks[0].start_time = begun

    def show(self, step: str) -> None:
        """Shows a step in place of the one before."""
        self._progress.update(self._task, description=escaped(step))
        self._progress.start()

    def stop(self) -> None:
        """Removes the line."""
        self._progress.stop()
