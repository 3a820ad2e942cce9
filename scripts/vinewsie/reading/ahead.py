"""Reads a large prediction file in a second process while this one reads the gold.

Decoding JSON holds the interpreter's lock, so a thread would not help. Only the command line does
this: there, ``sys.executable`` is a Python that has this package. If the process cannot be started,
fails, or the file changes meanwhile, this process reads the file.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vinewsie.findings import FindingsError
from vinewsie.formats import NATIVE
from vinewsie.model import Prediction
from vinewsie.reading.detect import InputFormat, format_of
from vinewsie.reading.plain import PlainReader
from vinewsie.reading.plain_process import ReaderOfOutput
from vinewsie.reading.records import RawDocument, rows_of

_LARGE = 16 * 2**20
"""Bytes from which a second process saves more time than its start takes."""


class ReadAhead:
    """A prediction file of the native format that a second process reads, too.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._state = path, _state(path)
        # A file takes the output at once; a pipe would make the process wait for this one.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vinewsie.reading.plain_process", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its threads wait by turning round
        )

    def __iter__(self) -> Iterator[RawDocument]:
        return rows_of(self._path)

    def reader(self) -> PlainReader[Prediction]:
        """Reads the plain lines of the file, as the second process did if it can be relied on."""
        if self._process.wait() or _state(self._path) != self._state:
            return PlainReader(Prediction)
        self._output.seek(0)
        return ReaderOfOutput(self._output)

    def close(self) -> None:
        """Ends the second process."""
        self._process.kill()
        self._process.wait()
        self._output.close()


@contextlib.contextmanager
def read_ahead(
    path: Path | None, input_format: InputFormat | None = None
) -> Iterator[ReadAhead | Path | None]:
    """Begins to read a prediction file, if it is worth a second process.

    Args:
        path: the file or folder, if there is one.
        input_format: its format, if it is not to be recognised by its content.

    Yields:
        What stands for the file in :func:`~vinewsie.reading.predictions.read_predictions`.
    """
    ahead = None
    with contextlib.suppress(OSError, FindingsError):  # reading the file reports what is wrong
        if path is not None and _is_worth_it(path, input_format):
            ahead = ReadAhead(path)
    try:
        yield ahead or path
    finally:
        if ahead is not None:
            ahead.close()


def _is_worth_it(path: Path, input_format: InputFormat | None) -> bool:
    processors = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    if len(processors) < 2 or path.suffix != ".jsonl" or path.stat().st_size < _LARGE:
        return False
    given = input_format.format if input_format is not None else None
    return (given or format_of(path)) == NATIVE


def _state(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
