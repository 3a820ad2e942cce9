"""Extractors in processes of their own: documents as JSON Lines on stdin, answers as JSON Lines on
stdout, in any order.

A process that crashes or hangs costs the document that it was at. Which one that is, is known of
Python extractors, which answer one after the other. A command that answered some documents is
suspected of having failed on the first one that it did not answer; one that answered none is given
smaller shares until it is found. Ending early is a failure whatever the exit code, which in a
pipeline is that of its last program.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.extractors.catalogue import UnknownExtractorError
from vinewsie.extractors.worker import PATIENCE, answer_in, question
from vinewsie.model import Document

_POLL = 0.2
"""Seconds between looks at whether to stop."""
_GRACE = 1.0
"""Seconds for output by others once a process has ended."""
_CHUNK = 1 << 16
_LONGEST = 1 << 26
"""Bytes of a line; what is longer is cut, and then no answer."""


class Process:
    """A process in a group of its own, which ends with it. Its stderr is passed on, and the last
    line of that remembered.

    Output is read when it is asked for, so that a process cannot write more than is wanted.
    """

    def __init__(self, command: str | Sequence[str], *, shell: bool = False) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if not shell:
            environment["PYTHONPATH"] = os.pathsep.join(
                path or str(Path.cwd()) for path in sys.path
            )
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
        """The next line of output; empty at its end, None when there is none in time (``until`` is
        of the monotonic clock).
        """
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
        """Reads what there is. Output that only children of an ended process hold open is at its
        end when nothing comes for a moment.
        """
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
        how = (
            f"it was ended by signal {_signal_name(-code)}"
            if code < 0
            else f"it ended with exit code {code}"
        )
        return f"{how}: {self._last}" if self._last else how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return str(number)


_STARTUP = 600.0
"""Seconds for loading models before the first document."""
_AFTERWARDS = 5.0
"""Seconds for whatever a command does after its last answer, or after it has closed its output."""
_NO_COMMAND = (126, 127)
"""Exit codes of a shell that cannot run a command."""
_WARNINGS = 20
"""So many lines of a process that are no answers are shown."""


def command(line: str, timeout: float) -> Callable[..., None]:
    """What asks a shell command, with so many seconds for a document.

    Raises:
        UnknownExtractorError: there is no command; also when it is asked and the shell cannot run
            it.
    """
    if not line.strip():
        raise UnknownExtractorError("cmd: is followed by a command, as in cmd:python3 mine.py")
    return _Supervisor(lambda: Process(line, shell=True), timeout, sequential=False).ask


def python(spec: str, timeout: float) -> Callable[..., None]:
    """What asks a Python extractor in a process of its own, with so many seconds for a document
    once it is loaded.
    """
    arguments = [sys.executable, "-m", "vinewsie.extractors.worker", spec]
    return _Supervisor(lambda: Process(arguments), timeout, sequential=True).ask


@dataclass
class _Attempt:
    """What a process made of its documents: which it answered, and why it left others
    unanswered.
    """

    open_: set[str]
    answered: set[str] = field(default_factory=set)
    failure: str | None = None
    quiet: bool = False
    """Whether it ended by itself with exit code 0."""
    problem: str | None = None
    """Why the first line of output that is no answer is none."""
    problems: int = 0

    def answer(self, line: bytes) -> dict[str, Any] | None:
        """A line of output as an answer; why it is none is told and noted. Blank lines are passed
        over.
        """
        if not line.strip():
            return None
        try:
            answer = answer_in(line, "expected one JSON object a line")
            doc_id = answer.get("doc_id")
            if not isinstance(doc_id, str):
                raise ValueError(
                    f"an answer came back without doc_id, with {', '.join(map(repr, answer)) or 'nothing'}"
                )
            if doc_id not in self.open_:
                again = (
                    "answered a second time"
                    if doc_id in self.answered
                    else "answered, but was not asked,"
                )
                raise ValueError(f"it {again} for {doc_id!r}")
        except ValueError as error:
            self._note(str(error))
            return None
        self.open_.discard(doc_id)
        self.answered.add(doc_id)
        return answer

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem
        self.problems += 1
        if self.problems <= _WARNINGS:
            print(f"warning: {problem}", file=sys.stderr)

    def reason(self) -> str:
        """Why a document has no answer."""
        told = self.failure or "it ended without an answer for this document"
        return f"{told}; {self.problem}" if self.problem else told


class _Supervisor:
    """Gives documents to processes and starts another one for what a failed one has left."""

    def __init__(self, start: Callable[[], Process], timeout: float, *, sequential: bool) -> None:
        self._start, self._timeout, self._sequential = start, timeout, sequential
        self._success = threading.Event()

    def ask(
        self, documents: Sequence[Document], take: Any, fail: Any, stop: threading.Event
    ) -> None:
        """Asks for each document; every one is either taken or failed."""
        groups = deque([list(documents)])
        fruitless = 0
        # One document that ends a command is found in so many steps; a command that passes over
        # documents would not end.
        barren, bearable = 0, PATIENCE + len(documents).bit_length()
        while groups and not stop.is_set():
            group = groups.popleft()
            attempt = self._attempt(group, take, stop)
            rest = [document for document in group if document.doc_id not in attempt.answered]
            if attempt.answered:
                self._success.set()
            if stop.is_set() or not rest:
                barren = 0
                continue
            barren = barren + 1 if attempt.quiet and not attempt.answered else 0
            if self._sequential or len(group) == 1:
                fail(rest[0].doc_id, attempt.reason())
                fruitless += 1
                if rest[1:]:
                    groups.appendleft(rest[1:])
            elif attempt.answered:
                groups.extendleft(([rest[0]], rest[1:]) if rest[1:] else ([rest[0]],))
            else:
                half = len(rest) // 2
                groups.extendleft((rest[half:], rest[:half]))
            left = [document for group in groups for document in group]
            if fruitless >= PATIENCE and not self._success.is_set():
                for document in left:
                    fail(
                        document.doc_id,
                        f"not tried, after {fruitless} failures: {attempt.reason()}",
                    )
                return
            if barren >= bearable:
                for document in left:
                    fail(
                        document.doc_id,
                        f"not tried again, after {barren} processes that answered nothing: {attempt.reason()}",
                    )
                return

    def _attempt(self, group: Sequence[Document], take: Any, stop: threading.Event) -> _Attempt:
        attempt = _Attempt({document.doc_id for document in group})
        with self._start() as process:
            process.feed(group)
            if self._sequential and (failure := _ready(process, stop)) is not None:
                attempt.failure = failure
                return attempt
            since = time.monotonic()
            while not stop.is_set() and (attempt.open_ or not self._sequential):
                line = process.line(since + self._seconds(attempt), stop)
                if line is None:
                    attempt.failure = (
                        f"no answer within {self._timeout:g} s" if attempt.open_ else None
                    )
                    break
                if not line:
                    self._ended(attempt, process, stop)
                    break
                if (answer := attempt.answer(line)) is not None:
                    take(answer["doc_id"], answer)
                    since = time.monotonic()
        if attempt.problems > _WARNINGS:
            print(
                f"warning: and {attempt.problems - _WARNINGS} more lines that are no answers",
                file=sys.stderr,
            )
        return attempt

    def _seconds(self, attempt: _Attempt) -> float:
        """How long the next answer may take, from the last one on."""
        if not attempt.open_:
            return _AFTERWARDS
        # One that has not answered yet may be reading all its documents first.
        return self._timeout * (1 if self._sequential or attempt.answered else len(attempt.open_))

    def _ended(self, attempt: _Attempt, process: Process, stop: threading.Event) -> None:
        """Notes how a process ended whose output has."""
        failure = process.ended(time.monotonic() + _AFTERWARDS, stop)
        if not attempt.open_:
            if failure is not None:
                print(f"warning: all was answered, but then {failure}", file=sys.stderr)
            return
        if (
            process.code in _NO_COMMAND
            and not self._sequential
            and not attempt.answered
            and not self._success.is_set()
        ):
            raise UnknownExtractorError(f"the command cannot be run: {failure}")
        attempt.failure, attempt.quiet = failure, failure is None


def _ready(process: Process, stop: threading.Event) -> str | None:
    """Waits until the extractor is loaded; why it failed, if it did."""
    line = process.line(time.monotonic() + _STARTUP, stop)
    if line is None:
        return f"it was not ready within {_STARTUP:g} s"
    if not line:
        return process.ended(time.monotonic() + _AFTERWARDS, stop) or "it ended before it was ready"
    said: dict[str, Any] = msgspec.json.decode(line)
    if "unknown" in said:
        raise UnknownExtractorError(said["unknown"])
    return None
