"""Reads large files of the native format in other processes, while this one is still importing.

Decoding JSON holds the interpreter's lock, so threads would not help. Only the command line does
this: there, ``sys.executable`` is a Python that has this package. If a process cannot be started,
fails, or its file changes meanwhile, this process reads the file.

Lines that another process has read are not kept in memory: few are needed again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Generic

from vinewsie.files import is_packed
from vinewsie.findings import FindingsError
from vinewsie.formats import NATIVE
from vinewsie.model import Document
from vinewsie.reading.detect import InputFormat, format_of
from vinewsie.reading.plain import FileLines, H, PlainReader, state_of
from vinewsie.reading.plain_process import ReaderOfOutput
from vinewsie.reading.records import RawDocument, rows_of

_LARGE = 16 * 2**20
"""Bytes from which another process saves more time than its start takes."""


class ReadAhead(Generic[H]):
    """A file of the native format that another process reads.

    Args:
        path: the file.
        kind: what its lines are, documents or predictions.
    """

    def __init__(self, path: Path, kind: type[H]) -> None:
        self.path, self._kind, self._state = path, kind, state_of(path.stat())
        # A file takes the output at once; a pipe would make the process wait for this one.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        name = "gold" if kind is Document else "predictions"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vinewsie.reading.plain_process", name, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # its idle threads busy-wait
        )

    def __iter__(self) -> Iterator[RawDocument]:
        return rows_of(self.path) if self._read is None else self._read.rows(str(self.path))

    def reader(self) -> PlainReader[H]:
        """Reads the plain lines of the file, as the other process did if it can be relied on."""
        return self._read or PlainReader(self._kind)

    @cached_property
    def _read(self) -> ReaderOfOutput[H] | None:
        if self._process.wait():
            return None
        try:
            lines = FileLines(self.path)
        except OSError:  # reading the file reports it
            return None
        if lines.state != self._state:
            return None
        self._output.seek(0)
        return ReaderOfOutput(self._kind, self._output, lines)

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        self._output.close()


@contextlib.contextmanager
def read_ahead(
    path: Path | None, kind: type[H], input_format: InputFormat | None = None
) -> Iterator[ReadAhead[H] | None]:
    """Begins to read a file, if it is worth another process.

    Args:
        path: the file or folder, if there is one.
        kind: what it holds, documents or predictions.
        input_format: its format, if it is not to be recognised by its content.

    Yields:
        What stands for the file where it is read (:func:`~vinewsie.reading.gold.load_ahead`,
        :func:`~vinewsie.reading.predictions.read_predictions`); None if this process reads it.
    """
    ahead = None
    with contextlib.suppress(OSError, FindingsError):  # reading the file reports what is wrong
        if path is not None and _is_worth_it(path, input_format):
            ahead = ReadAhead(path, kind)
    try:
        yield ahead
    finally:
        if ahead is not None:
            ahead.close()


def _is_worth_it(path: Path, input_format: InputFormat | None) -> bool:
    processors = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    if len(processors) < 2 or not hasattr(os, "pread"):
        return False
    if path.suffix != ".jsonl" or path.stat().st_size < _LARGE:
        return False
    given = input_format.format if input_format is not None else None
    return (given or format_of(path)) == NATIVE and not is_packed(path)
