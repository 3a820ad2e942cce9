"""Extractors in processes: documents as JSON Lines on stdin, answers as JSON Lines on stdout.

A process that crashes or hangs costs only the document that it failed on. A Python extractor
answers in the order of the documents, so this is the first one without an answer. A command may
answer in any order. If it has answered some documents, the first one without an answer is asked
for alone, and the others together; if it has answered none, each is asked for alone. A process that
ends early has failed whatever its exit code, because a pipeline has that of its last program.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import msgspec

from vinewsie.defaults import EPOCH_VARIABLE, MAX_ANSWER_VARIABLE
from vinewsie.extractors.answers import (
    PATIENCE,
    Answer,
    AnswerSink,
    Ask,
    decode_answer,
    encode_document,
)
from vinewsie.extractors.catalogue import UnknownExtractorError
from vinewsie.model import Document

logger = logging.getLogger("vinewsie")

_POLL = 0.2
"""Seconds between checks whether to stop."""
_GRACE = 1.0
"""Seconds without output after which the pipe of an ended process counts as closed."""
_CHUNK = 1 << 16
_STDERR = 1 << 24
"""Bytes of a process's stderr that are shown."""
_STARTUP = 600.0
"""Seconds for loading models before the first document."""
_CLOSING = 5.0
"""Seconds for a process to end after its last answer, or after it has closed its output."""
_NOT_A_COMMAND = (126, 127)
"""Exit codes of a shell that cannot run a command."""
_WARNINGS = 20
"""Warnings about lines of one process that are not answers."""
_FRUITLESS = 10
"""Processes in a row that end with exit code 0 and answer nothing, before a run is given up."""


_GUARD = "read _; kill -s KILL 0"
"""The guard of a process group: a shell that kills its own group when its input ends."""


class Process:
    """A subprocess with timed line reads; kills its process group on exit. If this process is
    killed, a guard does so.

    Its output is read only on demand, so that the pipe limits how much it can write. Its stderr is
    copied to this process's; the last line is kept for messages.

    Args:
        command: the arguments, or a line for the shell.
        longest: bytes of the longest line of output; a longer one is cut.
        epoch: the number of the epoch, from 1.
        shell: whether the shell runs it.
    """

    def __init__(
        self, command: str | Sequence[str], longest: int, epoch: int = 1, *, shell: bool = False
    ) -> None:
        about = {MAX_ANSWER_VARIABLE: str(longest >> 20), EPOCH_VARIABLE: str(epoch)}
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **about}
        if not shell:
            environment["PYTHONPATH"] = os.pathsep.join(_python_path())
        # A process group, so that a whole pipeline can be killed. The guard comes first, and the
        # process is started in its group, so that no time is left in which only this process could
        # end it. The other end of the guard's input is closed however this process ends; no child
        # inherits it.
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            self._process = subprocess.Popen(
                command,
                shell=shell,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=self._guard.pid,
                env=environment,
            )
        except OSError:
            self._guard.communicate()
            raise
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._longest = longest
        self._searched = 0
        self._closed = False
        self._last = ""
        self._copying = threading.Thread(target=self._copy_stderr, daemon=True)
        self._copying.start()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._guard.communicate()
        self._process.wait()
        self._copying.join(_GRACE)
        self._selector.close()
        self._stdout.close()

    @property
    def code(self) -> int | None:
        """The exit code; None while the process runs."""
        return self._process.poll()

    def kill(self) -> None:
        """Kills the process group. What it has written can still be read."""
        # Even if the process has ended: its children may still run.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._guard.pid, signal.SIGKILL)

    def feed(self, documents: Sequence[Document]) -> None:
        """Writes the documents to the input and closes it, in the background."""
        assert self._process.stdin is not None
        pipe = self._process.stdin

        def write() -> None:
            with contextlib.suppress(OSError, ValueError), pipe:
                for document in documents:
                    pipe.write(encode_document(document) + b"\n")
                    pipe.flush()

        threading.Thread(target=write, daemon=True).start()

    def line(self, until: float, stop: threading.Event) -> bytes | None:
        """The next line of output; empty at its end, None if there is none in time.

        Args:
            until: the deadline, of the monotonic clock.
            stop: ends the wait. A line that has arrived is given nevertheless, so that no answer is
                lost when a run is interrupted.
        """
        stopped = False
        while (left := until - monotonic()) > 0:
            end = self._buffer.find(b"\n", self._searched) + 1
            if end or self._closed or len(self._buffer) > self._longest:
                end = end or len(self._buffer)
                line = bytes(self._buffer[:end])
                del self._buffer[:end]
                self._searched = 0
                return line
            self._searched = len(self._buffer)
            if stopped:
                break
            stopped = stop.is_set()
            self._read(0 if stopped else left)
        return None

    def _read(self, seconds: float) -> None:
        """Waits for output and reads it. If the process has ended and only its children hold the
        output open, a pause counts as the end.
        """
        ended = seconds > 0 and self.code is not None
        if self._selector.select(min(seconds, _GRACE if ended else _POLL)):
            data = os.read(self._stdout.fileno(), _CHUNK)
            self._buffer += data
            self._closed = not data
        else:
            self._closed = ended

    def _copy_stderr(self) -> None:
        assert self._process.stderr is not None
        shown = 0
        with self._process.stderr as pipe:
            for line in iter(lambda: pipe.readline(_CHUNK), b""):
                text = line.decode("utf-8", "replace")
                if shown <= _STDERR < shown + len(line):
                    text = f"\nfurther messages are not shown, after {_STDERR >> 20} MB\n"
                if shown <= _STDERR:
                    print(text, end="", file=sys.stderr, flush=True)
                shown += len(line)
                self._last = (text.strip().splitlines() or [self._last])[-1]

    def ended(self, until: float, stop: threading.Event) -> str | None:
        """Waits for the end of the process; gives the reason of its failure, None for exit code 0.

        Args:
            until: the deadline, of the monotonic clock.
            stop: ends the wait.
        """
        while (code := self.code) is None:
            if monotonic() > until or stop.wait(0.01):
                return "it closed its output, but did not end"
        self._copying.join(_GRACE)
        if code == 0:
            return None
        reason = (
            f"it was ended by signal {_signal_name(-code)}"
            if code < 0
            else f"it ended with exit code {code}"
        )
        return f"{reason}: {self._last}" if self._last else reason


def _python_path() -> list[str]:
    """The folders of modules for a worker: those of this process without the working folder, unless
    PYTHONPATH names it. The folder of this package stands last, if it is not among them.
    """
    here = Path.cwd().resolve()
    named = {
        Path(path).resolve() for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path
    }
    folders = [
        path for path in sys.path if path and (Path(path).resolve() != here or here in named)
    ]
    package = Path(__file__).resolve().parents[2]
    return (
        folders
        if package in {Path(path).resolve() for path in folders}
        else [*folders, str(package)]
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return str(number)


def ask_command(command: str, timeout: float, longest: int, epoch: int) -> Ask:
    """Asks a shell command.

    Args:
        command: the command.
        timeout: seconds for each document.
        longest: bytes of the longest answer.
        epoch: the number of the epoch, from 1.

    Raises:
        UnknownExtractorError: when asked, if the shell cannot run the command.
    """
    return ProcessSupervisor(
        lambda: Process(command, longest, epoch, shell=True), timeout, longest, sequential=False
    ).ask


def ask_worker(spec: str, timeout: float, longest: int, concurrency: int, epoch: int) -> Ask:
    """Asks a Python extractor in a worker process.

    Args:
        spec: the extractor.
        timeout: seconds for each document once it is loaded.
        longest: bytes of the longest answer.
        concurrency: the number of documents that an ``async def`` is given at once.
        epoch: the number of the epoch, from 1.

    Raises:
        UnknownExtractorError: when asked, if the worker cannot load the extractor.
    """
    # -P: no module is imported from the working folder.
    arguments = [sys.executable, "-P", "-m", "vinewsie.extractors.worker", spec, str(concurrency)]
    return ProcessSupervisor(
        lambda: Process(arguments, longest, epoch), timeout, longest, sequential=True
    ).ask


@dataclass
class ProcessOutcome:
    """The result of one process.

    Args:
        open_: the documents without an answer.
        answered: the documents with an answer.
        failure: the reason why the process left documents open.
        quiet: whether it ended by itself with exit code 0 and left documents open.
        problem: the first line of output that is not an answer, and why.
        problems: the number of such lines.
        idle: the bytes of output since the last answer.
    """

    open_: set[str]
    answered: set[str] = field(default_factory=set)
    failure: str | None = None
    quiet: bool = False
    problem: str | None = None
    problems: int = 0
    idle: int = 0

    def answer(self, line: bytes) -> Answer | None:
        """A line of output as an answer. A line that is not one gives a warning, a blank line
        nothing.
        """
        self.idle += len(line)
        if not line.strip():
            return None
        try:
            answer = decode_answer(line, "expected one JSON object a line")
            doc_id = answer.get("doc_id")
            if not isinstance(doc_id, str):
                fields = ", ".join(map(repr, answer)) or "no fields"
                raise ValueError(f"an answer without doc_id, with {fields}")
            if doc_id in self.answered:
                raise ValueError(f"it answered a second time for {doc_id!r}")
            if doc_id not in self.open_:
                raise ValueError(f"it answered for {doc_id!r}, which it was not given")
        except ValueError as error:
            self._warn(str(error))
            return None
        self.idle = 0
        self.open_.discard(doc_id)
        self.answered.add(doc_id)
        return answer

    def _warn(self, problem: str) -> None:
        self.problem = self.problem or problem
        self.problems += 1
        if self.problems <= _WARNINGS:
            logger.warning("%s", problem)

    def reason(self) -> str:
        """The reason why a document has no answer."""
        reason = self.failure or "it ended without an answer for this document"
        return f"{reason}; {self.problem}" if self.problem else reason


class ProcessSupervisor:
    """Gives documents to a process, and to further ones those that it left without an answer.

    Args:
        start: starts a process.
        timeout: seconds for each document.
        longest: bytes of output in which there must be an answer.
        sequential: whether the process says when it is ready, and answers in the order of the
            documents.
    """

    def __init__(
        self, start: Callable[[], Process], timeout: float, longest: int, *, sequential: bool
    ) -> None:
        self._start, self._timeout, self._sequential = start, timeout, sequential
        self._longest = longest
        self._success = threading.Event()

    def ask(self, documents: Sequence[Document], sink: AnswerSink, stop: threading.Event) -> None:
        """Asks for each document; each is either taken or failed.

        Args:
            documents: the documents.
            sink: takes the answers.
            stop: ends the work.
        """
        groups = deque([list(documents)])
        failures = fruitless = 0
        while groups and not stop.is_set():
            group = groups.popleft()
            outcome = self._outcome(group, sink, stop)
            rest = [document for document in group if document.doc_id in outcome.open_]
            if outcome.answered:
                self._success.set()
            if stop.is_set() or not rest:
                fruitless = 0
                continue
            fruitless = fruitless + 1 if outcome.quiet and not outcome.answered else 0
            if self._sequential or len(group) == 1:
                sink.fail(rest[0].doc_id, outcome.reason())
                failures += 1
                again = [rest[1:]]
            elif outcome.answered:
                again = [rest[:1], rest[1:]]
            else:
                again = [[document] for document in rest]
            groups.extendleft(group for group in reversed(again) if group)
            if failures >= PATIENCE and not self._success.is_set():
                _fail(groups, f"not tried, after {failures} failures: {outcome.reason()}", sink)
            elif fruitless >= _FRUITLESS:
                reason = f"not tried again, after {fruitless} processes that answered nothing"
                _fail(groups, f"{reason}: {outcome.reason()}", sink)

    def _outcome(
        self, group: Sequence[Document], sink: AnswerSink, stop: threading.Event
    ) -> ProcessOutcome:
        outcome = ProcessOutcome({document.doc_id for document in group})
        with self._start() as process:
            process.feed(group)
            if self._sequential and (failure := _startup_failure(process, stop)) is not None:
                outcome.failure = failure
                return outcome
            since = monotonic()
            while outcome.open_ or not self._sequential:
                if stop.is_set():
                    process.kill()  # it might answer faster than its answers are taken
                line = process.line(since + self._seconds(outcome), stop)
                if line is None:
                    outcome.failure = (
                        f"no answer within {self._timeout:g} s" if outcome.open_ else None
                    )
                    break
                if not line:
                    if not stop.is_set():
                        self._end(outcome, process, stop)
                    break
                if (answer := outcome.answer(line)) is not None:
                    sink.take(answer["doc_id"], answer)
                    since = monotonic()
                elif outcome.idle > self._longest:
                    outcome.failure = (
                        f"it wrote more than {self._longest >> 20} MB without an answer; "
                        "--max-answer sets the limit"
                    )
                    break
        if (more := outcome.problems - _WARNINGS) > 0:
            logger.warning("and %d more lines that are not answers", more)
        return outcome

    def _seconds(self, outcome: ProcessOutcome) -> float:
        """Seconds for the next answer, from the last one on."""
        if not outcome.open_:
            return _CLOSING
        # A command that has not answered yet may be reading all its documents first.
        at_once = 1 if self._sequential or outcome.answered else len(outcome.open_)
        return self._timeout * at_once

    def _end(self, outcome: ProcessOutcome, process: Process, stop: threading.Event) -> None:
        """Notes how a process ended after its output was closed.

        Raises:
            UnknownExtractorError: the shell cannot run the command.
        """
        failure = process.ended(monotonic() + _CLOSING, stop)
        if not outcome.open_:
            if failure is not None:
                logger.warning("all documents were answered, but then %s", failure)
            return
        if (
            process.code in _NOT_A_COMMAND
            and not self._sequential
            and not outcome.answered
            and not self._success.is_set()
        ):
            raise UnknownExtractorError(f"the command cannot be run: {failure}")
        outcome.failure, outcome.quiet = failure, failure is None


def _fail(groups: deque[list[Document]], reason: str, sink: AnswerSink) -> None:
    """Fails all documents of the groups."""
    while groups:
        for document in groups.popleft():
            sink.fail(document.doc_id, reason)


def _startup_failure(process: Process, stop: threading.Event) -> str | None:
    """Waits until a worker has loaded its extractor; gives the reason if it failed.

    Raises:
        UnknownExtractorError: the worker cannot load it.
    """
    line = process.line(monotonic() + _STARTUP, stop)
    if line is None:
        return f"it was not ready within {_STARTUP:g} s"
    if not line:
        return process.ended(monotonic() + _CLOSING, stop) or "it ended before it was ready"
    status: dict[str, str] = msgspec.json.decode(line)
    if "unknown" in status:
        raise UnknownExtractorError(status["unknown"])
    return None
