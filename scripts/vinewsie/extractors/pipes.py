"""A process with its pipes served: documents go in, lines come out, and nothing of it is left behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from vinewsie.extractors.wire import question
from vinewsie.model import Document

_POLL = 0.2
"""Seconds between looks at whether to stop."""
_GRACE = 1.0
"""Seconds for output by others once a process has ended."""
_CHUNK = 1 << 16
_LONGEST = 1 << 26
"""Bytes of a line; what is longer is cut, and then no answer."""


class Process:
    """A process in a group of its own, which ends with it. Its stderr is passed on, and the last line of that remembered.

    Output is read when it is asked for, so that a process cannot write more than is wanted.
    """

    def __init__(self, command: str | Sequence[str], *, shell: bool = False) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if not shell:
            environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        # A group of its own, so that all of a pipeline can be ended.
        self._process = subprocess.Popen(
            command,
            shell=shell,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=environment,
        )
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._searched = 0
        self._closed = False
        self._last = ""
        self._passing_on = threading.Thread(target=self._pass_on, daemon=True)
        self._passing_on.start()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        # Also when it has ended: its children may be there still.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._passing_on.join(_GRACE)
        self._selector.close()
        self._stdout.close()

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def feed(self, documents: Sequence[Document]) -> None:
        """Writes the documents, and ends the input, while the answers are read."""
        assert self._process.stdin is not None
        pipe = self._process.stdin

        def write() -> None:
            with contextlib.suppress(OSError, ValueError), pipe:
                for document in documents:
                    pipe.write(question(document) + b"\n")
                    pipe.flush()

        threading.Thread(target=write, daemon=True).start()

    def line(self, until: float, stop: threading.Event) -> bytes | None:
        """The next line of output; empty at its end, None when there is none in time (``until`` is of the monotonic clock)."""
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            end = self._buffer.find(b"\n", self._searched) + 1
            if end or self._closed or len(self._buffer) > _LONGEST:
                end = end or len(self._buffer)
                line = bytes(self._buffer[:end])
                del self._buffer[:end]
                self._searched = 0
                return line
            self._searched = len(self._buffer)
            self._read(left)
        return None

    def _read(self, seconds: float) -> None:
        """Reads what there is. Output that only children of an ended process hold open is at its end when nothing comes for a moment."""
        over = self._process.poll() is not None
        if self._selector.select(min(seconds, _GRACE if over else _POLL)):
            data = os.read(self._stdout.fileno(), _CHUNK)
            self._buffer += data
            self._closed = not data
        else:
            self._closed = over

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            for line in iter(lambda: pipe.readline(_CHUNK), b""):
                text = line.decode("utf-8", "replace")
                print(text, end="", file=sys.stderr, flush=True)
                self._last = (text.strip().splitlines() or [self._last])[-1]

    def ended(self, until: float, stop: threading.Event) -> str | None:
        """Why a process whose output has ended failed; None for exit code 0."""
        while (code := self._process.poll()) is None:
            if time.monotonic() > until or stop.wait(0.01):
                return "it closed its output, but did not end"
        self._passing_on.join(_GRACE)
        if code == 0:
            return None
        how = f"it was ended by signal {_signal_name(-code)}" if code < 0 else f"it ended with exit code {code}"
        return f"{how}: {self._last}" if self._last else how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return str(number)
