"""Runs an extractor over documents: progress, time limits, several processes or requests at once,
continuing an interrupted run. A failure costs only its document.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from vinewsie.defaults import MAX_ANSWER, TIMEOUT
from vinewsie.extractors import processes
from vinewsie.extractors.answer_store import answer_store
from vinewsie.extractors.answers import Answer, Ask, call, one_line, pop_error, understood
from vinewsie.extractors.catalogue import Extractor, ExtractorError
from vinewsie.extractors.spec import (
    CommandSpec,
    ServiceSpec,
    Spec,
    check,
    layers_of,
    parse,
    versions,
)
from vinewsie.model import Document
from vinewsie.progress import ProgressCallback, no_progress

logger = logging.getLogger("vinewsie")

_LISTED = 20
"""Failures that are listed if no document has an answer."""

_POLL = 0.2
"""Seconds between checks for signals."""

_EXAMPLE = """\
An answer that works:
    {"doc_id": "d1", "entities": [{"start": 0, "end": 3, "type": "GPE"}]}"""
"""Shown once to those whose command or service answers something else."""

_TOKENS = {"prompt_tokens": "tokens read", "completion_tokens": "written"}
"""What the progress of a language model tells of the ``info`` of its answers."""

_ENDING = 10.0
"""Seconds for processes to end when a run is interrupted."""


@dataclass
class ExtractorRun:
    """The answers of an extractor, in the order of the documents.

    Args:
        name: its SPEC, or the qualified name of a Python callable.
        outputs: the answers.
        failures: for each document without an answer, by ``doc_id``, the reason.
        versions: the versions of the packages that it runs on.
        seconds: wall-clock time, start-up included.
    """

    name: str
    outputs: list[Answer] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def failures_of(epochs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The reasons why documents have no answer, by ``doc_id``; of several epochs with the epoch.

    Args:
        epochs: the reasons in each epoch, by ``doc_id``.
    """
    if len(epochs) == 1:
        return dict(epochs[0])
    found: dict[str, list[str]] = {}
    for epoch, failures in enumerate(epochs, start=1):
        for doc_id, reason in failures.items():
            found.setdefault(doc_id, []).append(f"epoch {epoch}: {reason}")
    return {doc_id: "; ".join(reasons) for doc_id, reasons in found.items()}


def run_here(
    extractor: Extractor, documents: Sequence[Document], progress: ProgressCallback = no_progress
) -> ExtractorRun:
    """Runs a Python callable in this process, one document after the other, without a time limit.

    Args:
        extractor: the callable.
        documents: the documents; it is given them without labels.
        progress: called with a line for each step.

    Raises:
        ExtractorError: it failed on every document.
    """
    name = getattr(extractor, "__qualname__", type(extractor).__name__)
    name = f"{getattr(extractor, '__module__', '')}:{name}"
    collector = AnswerCollector(name, documents, progress=progress)
    begun = monotonic()
    for document in documents:
        # stdout is for results; the extractor's messages are for the user.
        with contextlib.redirect_stdout(sys.stderr):
            collector.take(document.doc_id, call(extractor, document.unlabelled()))
    return collector.result({}, monotonic() - begun)


def run(
    spec: str,
    documents: Sequence[Document],
    *,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    concurrency: int = 1,
    max_answer: int = MAX_ANSWER,
    epoch: int = 1,
    keep: Path | None = None,
    fresh: bool = False,
    progress: ProgressCallback = no_progress,
) -> ExtractorRun:
    """Runs the extractor of a SPEC in other processes, or asks a service.

    Args:
        spec: a built-in extractor, ``module:function``, ``path/to/file.py:function``,
            ``combine:A+B``, ``cmd:COMMAND`` or ``http://…``.
        documents: the documents.
        jobs: processes or requests at once.
        timeout: seconds for each document. A command may read all its documents before it answers:
            for its first answer, it has the seconds of all of them.
        concurrency: documents that each process gives an ``async def`` at once.
        max_answer: megabytes of the longest answer of a service or a process.
        epoch: the number of this epoch, from 1. A process finds it in the environment variable
            ``VINEWSIE_EPOCH``.
        keep: the file that stores the answers as they arrive; the same call continues from there
            after an interruption or a failure.
        fresh: begin anew, whatever is stored.
        progress: called with a line for each step.

    Raises:
        UnknownExtractorError: the extractor does not exist or cannot run here.
        ExtractorError: it failed on every document, or the stored answers are of another
            extractor.
        FindingsError: the stored answers are damaged.
    """
    parsed = parse(spec)
    check(parsed)
    ask = _ask(parsed, timeout, concurrency, max_answer << 20, epoch)
    with answer_store(keep, parsed, documents, fresh=fresh) as (stored, store), _ended_by_signals():
        collector = AnswerCollector(
            parsed.text,
            documents,
            stored,
            store,
            progress,
            layers_of(parsed),
            native=not isinstance(parsed, CommandSpec | ServiceSpec),
        )
        begun = monotonic()
        if left := [document for document in documents if document.doc_id not in stored]:
            _divide(ask, left, jobs, collector)
        return collector.result(versions(parsed), monotonic() - begun)


def of_epoch(output: Path, epoch: int, epochs: int) -> Path:
    """The file of one epoch of a run: ``answers.2.jsonl`` of ``answers.jsonl``; ``output`` itself
    if there is one epoch.
    """
    return output if epochs == 1 else output.with_name(f"{output.stem}.{epoch}{output.suffix}")


def partial(output: Path) -> Path:
    """The file that stores answers while the run that writes ``output`` is not finished."""
    return output.with_name(output.name + ".partial")


def _ask(spec: Spec, timeout: float, concurrency: int, longest: int, epoch: int) -> Ask:
    match spec:
        case CommandSpec():
            return processes.ask_command(spec.command, timeout, longest, epoch)
        case ServiceSpec():
            from vinewsie.extractors import service  # requests is slow to load

            return service.ask_service(spec.url, timeout, longest)
        case _:
            return processes.ask_worker(spec.text, timeout, longest, concurrency, epoch)


class AnswerCollector:
    """Collects answers and failures from several threads, and reports the progress.

    Args:
        name: the extractor, for messages.
        documents: the documents of the run.
        stored: answers of an earlier run, by ``doc_id``.
        store: called with each new answer.
        progress: called with the number of documents done.
        layers: the layers that the extractor fills; an answer without one of them has no records
            there.
        native: whether answers have native records; those of commands and services are read as the
            values that Python functions return.
    """

    def __init__(
        self,
        name: str,
        documents: Sequence[Document],
        stored: Mapping[str, Answer] | None = None,
        store: Callable[[Answer], None] = lambda _: None,
        progress: ProgressCallback = no_progress,
        layers: Sequence[str] = (),
        *,
        native: bool = True,
    ) -> None:
        self._name, self._documents, self._store, self._progress = name, documents, store, progress
        self._layers = layers
        self._to_read = {} if native else {document.doc_id: document for document in documents}
        self._answers = dict(stored or {})
        self._failures: dict[str, str] = {}
        self._hints: dict[str, None] = {}
        self._lock = threading.Lock()
        self._begun, self._reported = monotonic(), 0.0
        self._earlier, self._tokens = len(self._answers), Counter[str]()
        if stored:
            logger.info(
                "%s: %d of %d documents were done before; their answers are used again "
                "(--fresh asks anew)",
                name,
                len(stored),
                len(documents),
            )

    def take(self, doc_id: str, answer: Answer) -> None:
        """Takes the answer for a document; one with the field ``error`` is a failure."""
        if doc_id in self._to_read and answer.get("error") is None:
            answer = understood(answer, self._to_read[doc_id], _EXAMPLE)
        if (reason := pop_error(answer)) is not None:
            if isinstance(hint := answer.get("hint"), str):
                self._hints[hint] = None
            self.fail(doc_id, reason)
            return
        with self._lock:
            self._answers[doc_id] = answer
            if isinstance(info := answer.get("info"), dict):
                self._tokens.update({n: info[n] for n in _TOKENS if isinstance(info.get(n), int)})
            self._store(answer)
            self._report()

    def fail(self, doc_id: str, reason: str) -> None:
        """Takes the reason why a document has no answer."""
        with self._lock:
            self._failures[doc_id] = one_line(reason)
            self._report()

    def result(self, versions: dict[str, str], seconds: float) -> ExtractorRun:
        """The run as a whole.

        Args:
            versions: the versions of the packages that the extractor runs on.
            seconds: wall-clock time.

        Raises:
            ExtractorError: no document has an answer.
        """
        order = [document.doc_id for document in self._documents]
        failures = {doc_id: self._failures[doc_id] for doc_id in order if doc_id in self._failures}
        if failures and not self._answers:
            lines = [f"  {doc_id}: {reason}" for doc_id, reason in failures.items()]
            more = len(lines) - _LISTED
            listed = lines[:_LISTED] + ([f"  and {more} more"] if more > 0 else [])
            raise ExtractorError(
                "\n".join([f"{self._name} failed on every document", *listed, *self._hints])
            )
        for hint in self._hints:
            logger.warning("%s", hint)
        outputs = [self._filled(self._answers[d]) for d in order if d in self._answers]
        return ExtractorRun(self._name, outputs, failures, versions, seconds)

    def _filled(self, answer: Answer) -> Answer:
        return answer | {layer: [] for layer in self._layers if answer.get(layer) is None}

    def _report(self) -> None:
        done, of = len(self._answers) + len(self._failures), len(self._documents)
        if monotonic() - self._reported > 1 or done == of:
            self._reported = monotonic()
            parts = [f"{self._name}: {done} of {of} documents"]
            parts += [
                f"{self._tokens[name]:,} {what}"
                for name, what in _TOKENS.items()
                if self._tokens[name]
            ]
            if done > self._earlier and done < of:
                each = (monotonic() - self._begun) / (done - self._earlier)
                parts.append(f"about {each * (of - done):.0f} s left")
            self._progress(", ".join(parts))


def _divide(ask: Ask, documents: Sequence[Document], jobs: int, collector: AnswerCollector) -> None:
    """Asks for the documents in ``jobs`` threads. An exception in one stops all, and is raised."""
    shares = [documents[first::jobs] for first in range(min(jobs, len(documents)))]
    stop = threading.Event()
    raised: list[BaseException] = []

    def work(share: Sequence[Document], ended: threading.Event) -> None:
        try:
            ask(share, collector, stop)
        except BaseException as error:
            raised.append(error)
            stop.set()
        finally:
            ended.set()

    # Not Thread.join: once interrupted, Python 3.11 takes the thread for ended.
    ends = [threading.Event() for _ in shares]
    threads = [
        threading.Thread(target=work, args=arguments, daemon=True)
        for arguments in zip(shares, ends, strict=True)
    ]
    try:
        for thread in threads:
            thread.start()
        for ended in ends:
            # Not without limit: a signal that arrives just before such a wait is not handled in it.
            while not ended.wait(_POLL):
                pass
    except BaseException:
        stop.set()  # a thread that has not begun yet will start no process
        until = monotonic() + _ENDING
        for thread, ended in zip(threads, ends, strict=True):
            if thread.ident is not None:
                ended.wait(max(until - monotonic(), 0))
        raise
    if raised:
        raise raised[0]


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does, so that its processes, which have their own
    process groups, end with it.

    A signal that is ignored (as with nohup) or has a handler keeps it.
    """
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    ]
    if threading.current_thread() is not threading.main_thread():
        numbers = []

    def leave(number: int, _: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)  # the first one is being handled
        raise SystemExit(128 + number)

    for number in numbers:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
