"""Running an extractor over documents: progress, time limits, several at once, going on where it
stopped; a failure costs its document.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vinewsie.defaults import TIMEOUT
from vinewsie.extractors import name_of, one_line
from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError
from vinewsie.extractors.kept import Answer, kept
from vinewsie.extractors.worker import answer_of, reason_in
from vinewsie.model import Document
from vinewsie.progress import ProgressCallback, no_progress

_SHOWN = 20
"""So many failures are listed when nothing else is there to be told."""

_ENDING = 10.0
"""Seconds for processes to end when a run is given up."""


@dataclass
class ExtractorRun:
    """What an extractor said, in the order of the documents, and where it said nothing and why."""

    name: str
    outputs: list[Answer] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """Wall-clock time, starting up included."""

    def about(self, info: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What a result tells of the run: failures, versions, and what the extractor told of its
        work (numbers are added up).
        """
        return {"failures": self.failures, "versions": self.versions, "info": summed(info.values())}


def summed(infos: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What was said of each document, for all: numbers added up, other values each once."""
    total: dict[str, Any] = {}
    for info in infos:
        for name, value in info.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
            else:
                known = total.setdefault(name, [])
                if isinstance(known, list) and value not in known:
                    known.append(value)
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in total.items()
    }


def run_here(
    extractor: Extractor, documents: Sequence[Document], progress: ProgressCallback = no_progress
) -> ExtractorRun:
    """Runs a Python callable in this process, one document after the other, without a time limit.

    Raises:
        ExtractorError: it failed on every document.
    """
    collected = _Collected(name_of(extractor), documents, progress=progress)
    begun = time.monotonic()
    for document in documents:
        # stdout is the result's; what an extractor prints is for the person who runs it.
        with contextlib.redirect_stdout(sys.stderr):
            collected.take(document.doc_id, answer_of(extractor, document.unlabelled()))
    return collected.ran(time.monotonic() - begun)


def run(
    spec: str,
    documents: Sequence[Document],
    *,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    keep: Path | None = None,
    fresh: bool = False,
    progress: ProgressCallback = no_progress,
) -> ExtractorRun:
    """Runs the extractor of a SPEC in processes of its own, or asks a service.

    Args:
        spec: a built-in extractor, ``module:function``, ``combine:A+B``, ``cmd:COMMAND`` or
            ``http://…``.
        documents: the documents.
        jobs: how many processes or requests at once.
        timeout: seconds for a document. A command that has not answered yet may be reading all its
            documents first, and has this for each.
        keep: where answers are kept as they come, so that the same run goes on from there after an
            interruption or a failure.
        fresh: begin anew, whatever is kept.
        progress: called with a line for each step.

    Raises:
        UnknownExtractorError: there is no such extractor, or it cannot run here.
        ExtractorError: it failed on every document, or the answers kept are those of another
            extractor.
        FindingsError: the kept answers are damaged.
    """
    from vinewsie.extractors import processes, service

    ask: Callable[..., None]
    if spec.startswith("cmd:"):
        ask = processes.command(spec.removeprefix("cmd:"), timeout)
    elif spec.lower().startswith(("http://", "https://")):
        ask = service.service(spec, timeout)
    else:
        check(spec)
        ask = processes.python(spec, timeout)
    with kept(keep, spec, documents, fresh=fresh) as (before, put), _ended_by_signals():
        collected = _Collected(spec, documents, put, before, progress)
        open_ = [document for document in documents if document.doc_id not in collected.answers]
        begun = time.monotonic()
        if open_:
            _divided(ask, open_, jobs, collected)
        return collected.ran(time.monotonic() - begun)


def partial(output: Path) -> Path:
    """Where answers are kept while the run that writes ``output`` is not finished."""
    return output.with_name(output.name + ".partial")


def check(spec: str) -> None:
    """Whether the built-in extractors of a SPEC can run here.

    Raises:
        UnknownExtractorError: one cannot; the message says what is missing.
    """
    name, colon, rest = spec.partition(":")
    if name == "combine":
        for part in rest.split("+"):
            check(part)
    elif name in BUILT_IN:
        BUILT_IN[name].check(rest if colon else None)
    elif not (colon and name and rest):
        from vinewsie.extractors import resolve

        resolve(spec)  # says what is allowed


def versions(spec: str) -> dict[str, str]:
    """The versions of what the built-in extractors of a SPEC run on."""
    name, _, rest = spec.partition(":")
    if name == "combine":
        return {key: value for part in rest.split("+") for key, value in versions(part).items()}
    return BUILT_IN[name].versions() if name in BUILT_IN else {}


class _Collected:
    """Gathers answers and failures from several threads, and tells the progress."""

    def __init__(
        self,
        name: str,
        documents: Sequence[Document],
        put: Callable[[Answer], None] = lambda _: None,
        before: Mapping[str, Answer] | None = None,
        progress: ProgressCallback = no_progress,
    ) -> None:
        self._name, self._documents, self._put, self._say = name, documents, put, progress
        self.answers = dict(before or {})
        self.failures: dict[str, str] = {}
        self._lock = threading.Lock()
        self._told = 0.0
        if self.answers:
            done = f"{len(self.answers)} of {len(documents)} documents were done before"
            print(
                f"{name}: {done}; their answers are used again (--fresh asks anew)", file=sys.stderr
            )

    def take(self, doc_id: str, answer: Answer) -> None:
        """The answer for a document, which may be that it failed."""
        if (reason := reason_in(answer)) is not None:
            self.fail(doc_id, reason)
            return
        with self._lock:
            self.answers[doc_id] = answer
            self._put(answer)
            self._tell()

    def fail(self, doc_id: str, reason: str) -> None:
        """A document without an answer."""
        with self._lock:
            self.failures[doc_id] = one_line(reason)
            self._tell()

    def _tell(self) -> None:
        done = len(self.answers) + len(self.failures)
        if time.monotonic() - self._told > 1 or done == len(self._documents):
            self._told = time.monotonic()
            self._say(f"{self._name}: {done} of {len(self._documents)} documents")

    def ran(self, seconds: float) -> ExtractorRun:
        order = [document.doc_id for document in self._documents]
        failures = {doc_id: self.failures[doc_id] for doc_id in order if doc_id in self.failures}
        if failures and not self.answers:
            shown = [f"  {doc_id}: {reason}" for doc_id, reason in list(failures.items())[:_SHOWN]]
            more = [f"  and {len(failures) - _SHOWN} more"] if len(failures) > _SHOWN else []
            raise ExtractorError(
                "\n".join([f"{self._name} failed on every document", *shown, *more])
            )
        outputs = [self.answers[doc_id] for doc_id in order if doc_id in self.answers]
        return ExtractorRun(self._name, outputs, failures, versions(self._name), seconds)


def _divided(
    ask: Callable[..., None], documents: Sequence[Document], jobs: int, collected: _Collected
) -> None:
    """Has each of several threads ask for a share of the documents. What stops one stops all."""
    shares = [documents[first::jobs] for first in range(min(jobs, len(documents)))]
    stop = threading.Event()
    raised: list[BaseException] = []

    def work(share: Sequence[Document], ended: threading.Event) -> None:
        try:
            ask(share, collected.take, collected.fail, stop)
        except BaseException as error:
            raised.append(error)
            stop.set()
        finally:
            ended.set()

    # Not Thread.join: after an interrupted one, Python 3.11 takes the thread for ended.
    ends = [threading.Event() for _ in shares]
    for share, ended in zip(shares, ends, strict=True):
        threading.Thread(target=work, args=(share, ended), daemon=True).start()
    try:
        for ended in ends:
            ended.wait()
    except BaseException:
        stop.set()
        until = time.monotonic() + _ENDING
        for ended in ends:
            ended.wait(max(until - time.monotonic(), 0))
        raise
    if raised:
        raise raised[0]


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does, so that its processes, which are in groups of
    their own, end with it.

    Signals that are ignored (as with nohup) or handled otherwise stay so.
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
            signal.signal(each, signal.SIG_IGN)  # once is enough
        raise SystemExit(128 + number)

    for number in numbers:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
