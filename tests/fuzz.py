"""Fuzzing: reads inputs that were changed at random.

Each is read, or refused with the package's own error. Any other exception is a failure, and so is
more than some seconds of processor time.

    python tests/fuzz.py --minutes 60
    python tests/fuzz.py --count 1000 --target "brat, gold"
    python tests/fuzz.py --replay fuzz-failures/…
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import logging
import multiprocessing
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import monotonic
from types import FrameType
from typing import Any

from fuzzing.mutators import Files, mutated
from fuzzing.targets import Target, targets
from vinewsie.findings import VinewsieError

CPU_SECONDS = 20.0
"""Processor time for one input; more is a hang. The load of the machine does not change it."""

_REPORT = "failure.txt"


class HangError(BaseException):
    """An input took too long. No handler of ``Exception`` takes it."""


@dataclass(frozen=True)
class Failure:
    """An input that is neither read nor refused.

    Args:
        kind: the exception and the place in the package where it left its own code.
        files: the input.
        report: the traceback.
    """

    kind: str
    files: Files
    report: str


@dataclass
class Outcome:
    """The outcome for a target.

    Args:
        inputs: the number of inputs.
        memory: the largest memory of the process, in megabytes.
        kinds: the number of failures by kind.
        failures: the first failure of each kind.
    """

    inputs: int = 0
    memory: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: dict[str, Failure] = field(default_factory=dict)

    def add(self, failure: Failure) -> None:
        """Counts a failure; its input is kept if it is the first of its kind."""
        self.kinds[failure.kind] += 1
        self.failures.setdefault(failure.kind, failure)

    def merge(self, later: Outcome) -> None:
        """Adds the outcome for further inputs."""
        self.inputs += later.inputs
        self.memory = max(self.memory, later.memory)
        self.kinds += later.kinds
        self.failures = {**later.failures, **self.failures}

    @property
    def hangs(self) -> int:
        """The inputs that took too long."""
        return sum(n for kind, n in self.kinds.items() if kind.startswith(HangError.__name__))


def input_of(target: Target, seed: int, number: int) -> Files:
    """The input with a number; it depends on nothing else."""
    random = Random(f"{seed} {target.name} {number}")
    seeds = target.seeds()
    return mutated(random.choice(seeds), seeds, random)


def try_input(target: Target, files: Files) -> Failure | None:
    """Reads an input; gives the failure, if it is one."""
    with tempfile.TemporaryDirectory(prefix="vinewsie-fuzz-") as place:
        folder = Path(place) / "input"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            with _limited():
                target.read(folder)
        except VinewsieError:
            return None
        except (Exception, HangError) as error:
            return Failure(_kind(error), files, traceback.format_exc())
    return None


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Interrupts what takes too much processor time."""
    before = signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise HangError(f"more than {CPU_SECONDS:g} s of processor time")


def _kind(error: BaseException) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/vinewsie/" in frame.filename
    ]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} ({last.name})"


def fuzz(
    target: Target,
    seed: int,
    *,
    first: int = 0,
    count: int | None = None,
    seconds: float | None = None,
    watch: Callable[[int], object] = lambda _: None,
) -> Outcome:
    """Tries inputs of a target, until there are enough of them or the time is over.

    Args:
        target: the target.
        seed: with the number of an input, it determines the input.
        first: the number of the first input.
        count: the number of inputs.
        seconds: the time.
        watch: called with the number of each input before it is read.
    """
    outcome, begun = Outcome(), monotonic()
    with contextlib.redirect_stdout(sys.stderr):
        while (count is None or outcome.inputs < count) and (
            seconds is None or monotonic() - begun < seconds
        ):
            watch(first + outcome.inputs)
            failure = try_input(target, input_of(target, seed, first + outcome.inputs))
            outcome.inputs += 1
            if failure is not None:
                outcome.add(failure)
    return outcome


def fuzz_apart(
    target: Target, seed: int, *, count: int | None = None, seconds: float | None = None
) -> Outcome:
    """As :func:`fuzz`, in another process, which an input may end; a new one then continues."""
    spawn = multiprocessing.get_context("spawn")
    total, begun = Outcome(), monotonic()
    while True:
        left = None if count is None else count - total.inputs
        time = None if seconds is None else seconds - (monotonic() - begun)
        if (left is not None and left <= 0) or (time is not None and time <= 0):
            return total
        receiver, sender = spawn.Pipe(duplex=False)
        at = spawn.Value("l", total.inputs, lock=False)
        arguments = (target.name, seed, total.inputs, left, time, at, sender)
        process = spawn.Process(target=_apart, args=arguments)
        process.start()
        sender.close()
        while not receiver.poll(20) and process.is_alive():
            print(f"{target.name}: {at.value:,} inputs", file=sys.stderr, flush=True)
        try:
            total.merge(receiver.recv())
            process.join()
        except EOFError:
            process.join()
            kind = f"the process ended with {process.exitcode}"
            total.inputs = at.value + 1
            total.add(Failure(kind, input_of(target, seed, at.value), f"{kind}\n"))


def _apart(
    name: str,
    seed: int,
    first: int,
    count: int | None,
    seconds: float | None,
    at: Any,
    sender: Connection,
) -> None:
    def watch(number: int) -> None:
        at.value = number

    with quiet():
        options: dict[str, Any] = {"first": first, "count": count, "seconds": seconds}
        outcome = fuzz(targets()[name], seed, **options, watch=watch)
    outcome.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    sender.send(outcome)


def save(failure: Failure, target: Target, folder: Path) -> Path:
    """Writes the input of a failure and its report into a folder of its own."""
    name = hashlib.sha256(f"{target.name}{failure.kind}".encode()).hexdigest()[:12]
    place = folder / name
    for file, data in failure.files.items():
        path = place / "input" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (place / _REPORT).write_text(f"{target.name}\n{failure.report}", encoding="utf-8")
    return place


def replay(place: Path) -> Failure | None:
    """Reads the input that :func:`save` wrote."""
    name = (place / _REPORT).read_text(encoding="utf-8").partition("\n")[0]
    files = {
        str(path.relative_to(place / "input")): path.read_bytes()
        for path in (place / "input").rglob("*")
        if path.is_file()
    }
    return try_input(targets()[name], files)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the package's log, and without warnings of other packages."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, help="time, divided among the targets")
    parser.add_argument("--count", type=int, help="inputs of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=[*targets()], metavar="NAME")
    parser.add_argument("--save", type=Path, default=Path("fuzz-failures"), metavar="FOLDER")
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="read a saved input again")
    options = parser.parse_args()
    if options.replay is not None:
        failure = replay(options.replay)
        print(failure.report if failure is not None else "is read, or refused with a finding")
        return int(failure is not None)
    if options.minutes is None and options.count is None:
        parser.error("give --minutes or --count")
    chosen = [targets()[name] for name in options.target or targets()]
    seconds = None if options.minutes is None else options.minutes * 60 / len(chosen)
    total = failed = hung = 0
    for target in chosen:
        outcome = fuzz_apart(target, options.seed, count=options.count, seconds=seconds)
        total += outcome.inputs
        hung += outcome.hangs
        failed += sum(outcome.kinds.values()) - outcome.hangs
        print(
            f"{target.name:30} {outcome.inputs:>9,} inputs, "
            f"{sum(outcome.kinds.values())} failures, "
            f"{outcome.memory:,} MB",
            flush=True,
        )
        for kind, number in outcome.kinds.most_common():
            place = save(outcome.failures[kind], target, options.save)
            print(f"    {number:,} × {kind}: {place}", flush=True)
    print(f"{total:,} inputs, {failed:,} exceptions, {hung:,} hangs")
    return int(bool(failed or hung))


if __name__ == "__main__":
    sys.exit(main())
