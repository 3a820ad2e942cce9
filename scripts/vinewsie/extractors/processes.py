"""Extractors in processes of their own: documents as JSON Lines on stdin, answers as JSON Lines on stdout, in any order.

A process that crashes or hangs costs the document that it was at. Which one that is, is known of Python extractors, which answer one
after the other. A command that answered some documents is suspected of having failed on the first one that it did not answer; one that
answered none is given smaller shares until it is found.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from vinewsie.extractors.catalogue import UnknownExtractorError
from vinewsie.model import Document

PATIENCE = 3
"""An extractor that has failed on so many documents and answered none is given up."""
_SHOWN = 120
_STARTUP = 600.0
"""Seconds for loading models before the first document."""
_AFTERWARDS = 5.0
"""Seconds for whatever a command does after its last answer."""


def question(document: Document) -> bytes:
    """What an extractor is given, as one line of JSON: text and segments, never labels."""
    return msgspec.json.encode({"doc_id": document.doc_id, "text": document.text, "segments": document.segments})


def command(line: str, timeout: float) -> Callable[..., None]:
    """What asks a shell command, with so many seconds for a document."""
    return _Supervisor(lambda: _Process(line, shell=True), timeout, sequential=False).ask


def python(spec: str, timeout: float) -> Callable[..., None]:
    """What asks a Python extractor in a process of its own, with so many seconds for a document once it is loaded."""
    arguments = [sys.executable, "-m", "vinewsie.extractors.worker", spec]
    return _Supervisor(lambda: _Process(arguments), timeout, sequential=True).ask


@dataclass
class _Attempt:
    """What a process made of its documents: how many it answered, and why it stopped (None: it ended by itself with exit code 0)."""

    answered: set[str] = field(default_factory=set)
    failure: str | None = None
    problems: list[str] = field(default_factory=list)
    """Lines of its output that are no answers."""

    def reason(self) -> str:
        """Why a document has no answer."""
        told = self.failure or "it ended without an answer for this document"
        return "; ".join([told, *self.problems[:1]])


class _Supervisor:
    """Gives documents to processes and starts another one for what a failed one has left."""

    def __init__(self, start: Callable[[], _Process], timeout: float, *, sequential: bool) -> None:
        self._start, self._timeout, self._sequential = start, timeout, sequential
        self._success = threading.Event()

    def ask(self, documents: Sequence[Document], take: Any, fail: Any, stop: threading.Event) -> None:
        """Asks for each document; every one is either taken or failed."""
        groups = deque([list(documents)])
        fruitless = 0
        while groups and not stop.is_set():
            group = groups.popleft()
            attempt = self._attempt(group, take, stop)
            rest = [document for document in group if document.doc_id not in attempt.answered]
            if stop.is_set() or not rest:
                continue
            if attempt.answered:
                self._success.set()
            if attempt.failure is None:
                for document in rest:
                    fail(document.doc_id, attempt.reason())
            elif self._sequential or len(group) == 1:
                fail(rest[0].doc_id, attempt.reason())
                fruitless += 1
                if rest[1:]:
                    groups.appendleft(rest[1:])
            elif attempt.answered:
                groups.extendleft(([rest[0]], rest[1:]) if rest[1:] else ([rest[0]],))
            else:
                half = len(rest) // 2
                groups.extendleft((rest[half:], rest[:half]))
            if fruitless >= PATIENCE and not self._success.is_set():
                for document in (document for group in groups for document in group):
                    fail(document.doc_id, f"not tried, after {fruitless} failures: {attempt.reason()}")
                return

    def _attempt(self, group: Sequence[Document], take: Any, stop: threading.Event) -> _Attempt:
        attempt = _Attempt()
        open_ = {document.doc_id for document in group}
        with self._start() as process:
            process.feed(group)
            if self._sequential:
                attempt.failure = _ready(process, stop)
            while attempt.failure is None and not stop.is_set() and (open_ or not self._sequential):
                # One that has not answered yet may be reading all its documents first.
                share = 1 if self._sequential or attempt.answered else max(1, len(group))
                line = process.line(self._timeout * share if open_ else _AFTERWARDS, stop)
                if line is None:
                    attempt.failure = f"no answer within {self._timeout:g} s" if open_ else None
                    break
                if not line:
                    attempt.failure = process.ended()
                    break
                _take(line, open_, attempt, take)
        return attempt


def _ready(process: _Process, stop: threading.Event) -> str | None:
    """Waits until the extractor is loaded; why it failed, if it did."""
    line = process.line(_STARTUP, stop)
    if line is None:
        return f"it was not ready within {_STARTUP:g} s"
    if not line:
        return process.ended() or "it ended before it was ready"
    said: Mapping[str, Any] = msgspec.json.decode(line)
    if "unknown" in said:
        raise UnknownExtractorError(said["unknown"])
    return None


def _take(line: bytes, open_: set[str], attempt: _Attempt, take: Any) -> None:
    """Takes a line of output as an answer, or notes why it is none."""
    if not line.strip():
        return
    text = line.decode("utf-8", "replace").strip()
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    try:
        answer = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        problem = f"came back {shown!r}; expected one JSON object a line"
    else:
        doc_id = answer.get("doc_id") if isinstance(answer, Mapping) else None
        if isinstance(answer, dict) and isinstance(doc_id, str) and doc_id in open_:
            open_.discard(doc_id)
            attempt.answered.add(doc_id)
            take(doc_id, answer)
            return
        if isinstance(doc_id, str):
            again = "answered a second time" if doc_id in attempt.answered else "answered, but was not asked,"
            problem = f"it {again} for {doc_id!r}"
        else:
            problem = f"came back {shown!r}; expected a JSON object with doc_id"
    attempt.problems.append(problem)
    print(f"warning: {problem}", file=sys.stderr)


class _Process:
    """A process with its pipes served by threads. Its stderr is passed on, and its last line remembered."""

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
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last = ""
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._pass_on)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for thread in self._threads:
            thread.join(1)

    def feed(self, documents: Sequence[Document]) -> None:
        """Writes the documents, and ends the input, while the answers are read."""

        def write(pipe: IO[bytes]) -> None:
            with contextlib.suppress(OSError, ValueError), pipe:
                for document in documents:
                    pipe.write(question(document) + b"\n")
                    pipe.flush()

        assert self._process.stdin is not None
        threading.Thread(target=write, args=(self._process.stdin,), daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace")
            print(text, end="", file=sys.stderr, flush=True)
            self._last = text.strip() or self._last

    def line(self, seconds: float, stop: threading.Event) -> bytes | None:
        """The next line of output; empty at its end, None when there is none in time."""
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=min(left, 0.2))
        return None

    def ended(self) -> str | None:
        """Why a process whose output has ended failed; None for exit code 0."""
        code = self._process.wait()
        self._threads[1].join(1)
        if code == 0:
            return None
        how = f"it was ended by signal {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"
        return f"{how}: {self._last}" if self._last else how
