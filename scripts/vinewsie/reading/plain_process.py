"""The process of :mod:`vinewsie.reading.ahead`: reads the plain lines of a file.

``python -m vinewsie.reading.plain_process gold|predictions FILE``
"""

from __future__ import annotations

import heapq
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from vinewsie.model import Document, Prediction
from vinewsie.packed import Ints, Packed
from vinewsie.reading.plain import FileLines, H, LineOfFile, PlainLine, PlainReader
from vinewsie.reading.records import RawDocument, rows_of, without_collection

KINDS: dict[str, type[Document | Prediction]] = {"gold": Document, "predictions": Prediction}
"""What the lines are, by the name of the argument."""


class PlainHead(msgspec.Struct):
    """The first line of the output. Columns of int64 follow: of the documents the number of their
    line, its first byte, its bytes, the code points of the text and the number of entities; of the
    entities start, end and type. Spaces fill the line, so that the columns can be read where they
    lie.

    Args:
        doc_ids: the documents of the plain lines.
        types: the types by code.
        entities: the number of entities.
        doubtful: see :meth:`PlainReader.doubtful`.
        others: lines that are not plain: number, first byte, bytes.
    """

    doc_ids: list[str]
    types: list[str | None]
    entities: int
    doubtful: list[int]
    others: list[tuple[int, int, int]]


class ReaderOfOutput(PlainReader[H]):
    """Takes the lines as the process has read them.

    Args:
        kind: what the lines are.
        output: what the process has printed, at its start.
        lines: the file that it has read.
    """

    def __init__(self, kind: type[H], output: BinaryIO, lines: FileLines) -> None:
        super().__init__(kind)
        head = output.readline()
        self._head = msgspec.json.decode(head, type=PlainHead)
        self._lines = lines
        # The file is in memory already; read() would copy it.
        mapped = mmap.mmap(output.fileno(), 0, access=mmap.ACCESS_READ)
        columns: Ints = np.frombuffer(mapped, dtype=np.int64, offset=len(head))
        documents, entities = len(self._head.doc_ids), self._head.entities
        ends = np.cumsum([documents] * 5 + [entities] * 2)
        *places, lengths, sizes, start, end, type_ = np.split(columns, ends)
        self._places = [column.tolist() for column in places]
        self._lengths = lengths.tolist()
        self._number = {line: number for number, line in enumerate(self._places[0])}
        self._packed = Packed(sizes, start, end, type_, list(self._head.types))

    def rows(self, name: str) -> Iterator[RawDocument]:
        """All lines, in order.

        Args:
            name: the file, for messages.
        """
        plain = (
            RawDocument(name, line, LineOfFile(self._lines, offset, length))
            for line, offset, length in zip(*self._places, strict=True)
        )
        others = (
            RawDocument(name, line, self._lines.read(offset, length))
            for line, offset, length in self._head.others
        )
        return heapq.merge(plain, others, key=lambda row: row.line) if self._head.others else plain

    def read(self, row: RawDocument) -> PlainLine[H] | None:
        """See :meth:`PlainReader.read`."""
        number = self._number.get(row.line)
        if number is None:
            return None
        return PlainLine(self._kind, row, self._head.doc_ids[number], number, self._lengths[number])

    def packed(self) -> Packed:
        """See :meth:`PlainReader.packed`."""
        return self._packed

    def doubtful(self) -> set[int]:
        """See :meth:`PlainReader.doubtful`."""
        return set(self._head.doubtful)


def main(kind: str, path: Path) -> None:
    """Reads the plain lines of a file and prints their entities; nothing if it is not JSON Lines.

    Args:
        kind: one of :data:`KINDS`.
        path: the file.
    """
    reader: PlainReader[Document] | PlainReader[Prediction]
    reader = PlainReader(Document) if KINDS[kind] is Document else PlainReader(Prediction)
    doc_ids: list[str] = []
    documents: list[tuple[int, int, int, int]] = []
    others: list[tuple[int, int, int]] = []
    with without_collection():
        for row in rows_of(path):
            if not isinstance(row.data, bytes) or row.offset is None:
                sys.exit(1)
            place = (row.line, row.offset, len(row.data))
            if (plain := reader.read(row)) is None:
                others.append(place)
                continue
            doc_ids.append(plain.doc_id)
            documents.append((*place, plain.length))
    packed = reader.packed()
    doubtful = sorted(reader.doubtful())
    head = msgspec.json.encode(
        PlainHead(doc_ids, packed.types, len(packed.start), doubtful, others)
    )
    fill = b" " * (-(len(head) + 1) % packed.start.itemsize)
    sys.stdout.buffer.write(head + fill + b"\n")
    table = np.array(documents, dtype=np.int64).reshape(-1, 4).T
    for column in (*table, packed.sizes, packed.start, packed.end, packed.type):
        sys.stdout.buffer.write(column.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
