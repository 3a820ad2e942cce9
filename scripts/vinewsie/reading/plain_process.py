"""The second process of :mod:`vinewsie.reading.ahead`: reads the plain lines of a prediction file.

``python -m vinewsie.reading.plain_process FILE``
"""

from __future__ import annotations

import mmap
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from vinewsie.model import Prediction
from vinewsie.packed import Ints, Packed
from vinewsie.reading.plain import PlainLine, PlainReader
from vinewsie.reading.records import RawDocument, rows_of, without_collection


class PlainHead(msgspec.Struct):
    """The first line of the output; sizes, starts, ends and types follow as int64. Spaces fill the
    line, so that the columns can be read where they lie.

    Args:
        doc_ids: the documents of the plain lines.
        lines: the numbers of these lines in the file.
        types: the types by code.
        entities: the number of entities.
    """

    doc_ids: list[str]
    lines: list[int]
    types: list[str | None]
    entities: int


class ReaderOfOutput(PlainReader[Prediction]):
    """Takes plain lines as the process has read them.

    Args:
        output: what the process has printed, at its start.
    """

    def __init__(self, output: BinaryIO) -> None:
        super().__init__(Prediction)
        line = output.readline()
        self._head = msgspec.json.decode(line, type=PlainHead)
        # The file is in memory already; read() would copy it.
        mapped = mmap.mmap(output.fileno(), 0, access=mmap.ACCESS_READ)
        self._columns: Ints = np.frombuffer(mapped, dtype=np.int64, offset=len(line))
        self._number = {line: number for number, line in enumerate(self._head.lines)}

    def read(self, row: RawDocument) -> PlainLine[Prediction] | None:
        """See :meth:`PlainReader.read`."""
        number = self._number.get(row.line)
        if number is None:
            return None
        return PlainLine(Prediction, row, self._head.doc_ids[number], number, 0)

    def packed(self) -> Packed:
        """See :meth:`PlainReader.packed`."""
        documents, entities = len(self._head.doc_ids), self._head.entities
        sizes, start, end, kind = np.split(
            self._columns, np.cumsum([documents, entities, entities])
        )
        return Packed(sizes, start, end, kind, list(self._head.types))


def main(path: Path) -> None:
    """Reads the plain lines of a file and prints their entities."""
    reader = PlainReader(Prediction)
    doc_ids, lines = [], []
    with without_collection():
        for row in rows_of(path):
            if (plain := reader.read(row)) is not None:
                doc_ids.append(plain.doc_id)
                lines.append(row.line)
    packed = reader.packed()
    head = msgspec.json.encode(PlainHead(doc_ids, lines, packed.types, len(packed.start)))
    fill = b" " * (-(len(head) + 1) % packed.start.itemsize)
    sys.stdout.buffer.write(head + fill + b"\n")
    for column in (packed.sizes, packed.start, packed.end, packed.type):
        sys.stdout.buffer.write(column.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
