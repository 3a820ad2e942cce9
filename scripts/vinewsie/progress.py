"""Progress on stderr for whatever takes longer than two seconds; nothing for what does not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 2.0
"""Seconds before the first word."""

ProgressCallback = Callable[[str], None]


def no_progress(_: str) -> None:
    """What library functions use unless they are given somebody to tell."""


@contextmanager
def show_progress(patience: float = PATIENCE) -> Iterator[ProgressCallback]:
    """Gives a function to be told each step; from ``patience`` seconds on, the steps are printed as
    they begin, with the time.
    """
    begun = time.monotonic()
    lock = threading.Lock()
    current: list[str] = []
    loud = threading.Event()

    def tell() -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {current[-1]}", file=sys.stderr, flush=True)

    def wake() -> None:
        with lock:
            loud.set()
            if current:
                tell()

    def say(step: str) -> None:
        with lock:
            current.append(step)
            if loud.is_set():
                tell()

    timer = threading.Timer(patience, wake)
    timer.daemon = True
    timer.start()
    try:
        yield say
    finally:
        timer.cancel()
