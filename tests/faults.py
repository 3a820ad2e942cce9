"""Faults at file operations: an error, Ctrl-C or a kill at the first one, the second, and so on.

Operations are opening for writing, renaming, removing and so on, which Python's audit events show,
and writing itself, which a limit of the size of files makes fail, in libraries of C++ too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from types import FrameType
from typing import Any

WRITING = frozenset(
    (
        "open",
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
    )
)
"""The audit events of operations that change the file system."""

Fault = Callable[[], None]


def disk_full() -> None:
    """The operation fails, as with a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted() -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def killed() -> None:
    """SIGKILL; only in a process of its own, see :func:`each_operation`."""
    os.kill(os.getpid(), signal.SIGKILL)


FAULTS = (disk_full, interrupted, killed)

_watch: Callable[[str, tuple[Any, ...]], None] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch is not None and event in WRITING:
        _watch(event, arguments)


sys.addaudithook(_hook)  # cannot be removed; without a watcher it does nothing


def _changes(event: str, arguments: tuple[Any, ...], root: str) -> bool:
    """Whether an operation changes something below the folder ``root``."""
    paths = [os.fsdecode(one) for one in arguments if isinstance(one, str | bytes | Path)]
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return False
    return any(path.startswith(root) for path in paths)


@contextlib.contextmanager
def failing(root: Path, number: int, fault: Fault) -> Iterator[Callable[[], bool]]:
    """The operation with this number, from 1, below ``root`` has a fault.

    Yields:
        Whether there were that many operations.
    """
    global _watch
    done = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if _changes(event, arguments, str(root)):
            done += 1
            if done == number:
                fault()

    _watch = watch
    try:
        yield lambda: done >= number
    finally:
        _watch = None


@contextlib.contextmanager
def too_large(size: int, fault: Fault) -> Iterator[Callable[[], bool]]:
    """Writing beyond this size of a file has a fault.

    Args:
        size: bytes.
        fault: for :func:`disk_full`, the operation fails as with a quota.

    Yields:
        Whether anything was written beyond it.
    """
    reached = False

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal reached
        reached = True
        if fault is not disk_full:  # the operation fails anyhow
            fault()

    before = signal.signal(signal.SIGXFSZ, handle)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield lambda: reached
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def each_write(
    fault: Fault, prepare: Callable[[], object], run: Callable[[], object]
) -> Iterator[int]:
    """Runs something with a fault when a file exceeds 0 bytes, then 16, 256, and so on.

    Args:
        fault: the fault; not :func:`killed`.
        prepare: makes the state before each run.
        run: what is run; its errors are ignored.

    Yields:
        The size, after each run that had the fault.
    """
    for size in chain((0,), (16**power for power in count(1))):
        prepare()
        with too_large(size, fault) as reached:
            with contextlib.suppress(Exception, KeyboardInterrupt, SystemExit):
                run()
            if not reached():
                return
        yield size


def each_operation(
    root: Path, fault: Fault, prepare: Callable[[], object], run: Callable[[], object]
) -> Iterator[int]:
    """Runs something with a fault at its first file operation, then at its second, and so on.

    Args:
        root: the folder whose operations count.
        fault: the fault; :func:`killed` kills a fork of this process.
        prepare: makes the state before each run.
        run: what is run; its errors are ignored.

    Yields:
        The number of the operation, after each run that had the fault.
    """
    for number in count(1):
        prepare()
        if not (_forked if fault is killed else _run)(root, number, fault, run):
            return
        yield number


def _run(root: Path, number: int, fault: Fault, run: Callable[[], object]) -> bool:
    with failing(root, number, fault) as reached:
        with contextlib.suppress(Exception, KeyboardInterrupt, SystemExit):
            run()
        return reached()


def _forked(root: Path, number: int, fault: Fault, run: Callable[[], object]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child lacks
        child = os.fork()
    if child == 0:
        try:
            _run(root, number, fault, run)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
