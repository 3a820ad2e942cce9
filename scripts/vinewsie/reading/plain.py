"""Plain documents: lines of the native format that have entities and no other layer, and of an
entity its span and type alone.

Most large files are plain. While they are read, the entities go into columns, and a document stays
the line of its file; its records are made when they are first read. A line that is not plain in
every field is decoded in full (see :mod:`vinewsie.reading.native`), with the same outcome
(see ``tests/reading/test_plain.py``).
"""

from __future__ import annotations

import os
import weakref
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, overload

import msgspec
import numpy as np

from vinewsie.findings import Finding, FindingsError
from vinewsie.model import AnyRecord, Document, Offset, Prediction, Record, records_of
from vinewsie.packed import Codes, Ints, Packed
from vinewsie.reading.fast_checks import misplaced, with_bad_edges
from vinewsie.reading.records import RawDocument

H = TypeVar("H", bound=Document | Prediction)

_CHUNK = 100_000
"""Code points of texts that are checked at the same time."""


class PlainEntity(Record, frozen=True, kw_only=True, gc=False):
    """An entity of a plain document."""

    start: Offset
    end: Offset
    type: str | None = None


class PlainDocument(Record, frozen=True, kw_only=True, gc=False):
    """A plain gold document."""

    doc_id: str
    text: str
    entities: list[PlainEntity]


class PlainPrediction(Record, frozen=True, kw_only=True, gc=False):
    """A plain predicted document."""

    doc_id: str
    entities: list[PlainEntity]


class FileLines:
    """The lines of a file, which are read again when they are needed.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self.state = state_of(os.fstat(self._file))

    def read(self, offset: int, length: int) -> bytes:
        """Some of its bytes.

        Raises:
            FindingsError: the file was changed.
        """
        data = os.pread(self._file, length, offset)
        if state_of(os.fstat(self._file)) != self.state:
            message = "was changed while it was in use; repeat the command"
            raise FindingsError([Finding("file", message, file=str(self._path))])
        return data


def state_of(file: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written."""
    return file.st_size, file.st_mtime_ns, file.st_ino


class LineOfFile(NamedTuple):
    """A line that is not in memory."""

    lines: FileLines
    offset: int
    length: int

    def read(self) -> bytes:
        """Its bytes; see :meth:`FileLines.read`."""
        return self.lines.read(self.offset, self.length)


class PlainLine(Generic[H]):
    """A plain document that is kept as its line until it is first read.

    Args:
        kind: what the line is, a document or a prediction.
        row: the line with its place.
        doc_id: the document's id.
        number: its number among the documents of its :class:`PlainReader`.
        length: code points of its text; 0 for a prediction.
    """

    __slots__ = ("_holder", "_kind", "_row", "doc_id", "length", "number")

    def __init__(
        self, kind: type[H], row: RawDocument, doc_id: str, number: int, length: int
    ) -> None:
        self._kind, self._row = kind, row
        self._holder: H | None = None
        self.doc_id, self.number, self.length = doc_id, number, length

    @property
    def file(self) -> str | None:
        """The file of the line."""
        return self._row.file

    @property
    def line(self) -> int:
        """The number of the line."""
        return self._row.line

    @property
    def data(self) -> bytes | None:
        """The line; None once the document was made."""
        data = self._row.data
        if isinstance(data, LineOfFile):
            return data.read()
        return data if isinstance(data, bytes) else None

    def holder(self) -> H:
        """The document with its records, made once."""
        if self._holder is None:
            data = self.data
            assert data is not None
            self._holder = msgspec.json.decode(data, type=self._kind)
            self._row = self._row._replace(data=None)
        return self._holder


class PlainReader(Generic[H]):
    """Reads plain lines, and collects their entities.

    Args:
        kind: what the lines are, documents or predictions.
    """

    def __init__(self, kind: type[H]) -> None:
        self._kind = kind
        plain = PlainDocument if kind is Document else PlainPrediction
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(plain)
        self._sizes, self._starts, self._ends, self._types = (array("q") for _ in range(4))
        self._codes = Codes()
        self._texts: list[str] = []
        self._letters = 0
        self._checked = (0, 0)
        self._doubtful: list[int] = []

    def read(self, row: RawDocument) -> PlainLine[H] | None:
        """Reads a line; None if it is not plain."""
        if not isinstance(row.data, bytes):
            return None
        try:
            plain = self._decoder.decode(row.data)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
            return None
        entities, codes = plain.entities, self._codes
        number, length = len(self._sizes), 0
        self._sizes.append(len(entities))
        # Field by field is faster than entity by entity.
        self._starts.fromlist([entity.start for entity in entities])
        self._ends.fromlist([entity.end for entity in entities])
        self._types.fromlist([codes[entity.type] for entity in entities])
        if self._kind is Document:
            self._texts.append(plain.text)
            length = len(plain.text)
            self._letters += length
            if self._letters > _CHUNK:
                self._check()
        return PlainLine(self._kind, row, plain.doc_id, number, length)

    def _check(self) -> None:
        """Checks the gold documents since the last check, and lets their texts go."""
        document, entity = self._checked
        part = self._since(document, entity)
        wrong = misplaced(part, np.array([len(text) for text in self._texts], dtype=np.int64))
        wrong |= with_bad_edges(self._texts, part, wrong)
        self._doubtful += (document + np.unique(part.doc[wrong])).tolist()
        self._checked = len(self._sizes), len(self._starts)
        self._texts, self._letters = [], 0

    def _since(self, document: int, entity: int) -> Packed:
        """The documents and entities from these numbers on; while it is used, no line is read."""
        sizes = np.frombuffer(self._sizes, dtype=np.int64)[document:]
        columns = (self._starts, self._ends, self._types)
        start, end, kind = (np.frombuffer(c, dtype=np.int64)[entity:] for c in columns)
        return Packed(sizes, start, end, kind, list(self._codes))

    def packed(self) -> Packed:
        """The entities of all plain documents, by number; no line can be read after it."""
        return self._since(0, 0)

    def doubtful(self) -> set[int]:
        """The numbers of the gold documents that need full validation."""
        if self._texts:
            self._check()
        return set(self._doubtful)


class Holders(Mapping[str, H]):
    """Documents or predictions by id, plain ones as lines until they are first read."""

    def __init__(self, held: Mapping[str, H | PlainLine[H]]) -> None:
        self._held = held

    def __getitem__(self, doc_id: str) -> H:
        return made(self._held[doc_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._held

    def held(self, doc_id: str) -> H | PlainLine[H]:
        """A document as it is kept."""
        return self._held[doc_id]


class InOrder(Sequence[H]):
    """Documents or predictions in order, plain ones as lines until they are first read."""

    def __init__(self, held: Sequence[H | PlainLine[H]]) -> None:
        self._held = held

    @overload
    def __getitem__(self, index: int) -> H: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[H]: ...

    def __getitem__(self, index: int | slice) -> H | Sequence[H]:
        if isinstance(index, slice):
            return InOrder(self._held[index])
        return made(self._held[index])

    def __len__(self) -> int:
        return len(self._held)

    def not_plain(self) -> Iterator[tuple[int, H]]:
        """Those that are not plain, with their indices."""
        for index, holder in enumerate(self._held):
            if not isinstance(holder, PlainLine):
                yield index, holder

    def held(self) -> Sequence[H | PlainLine[H]]:
        """All of them as they are kept."""
        return self._held


def made(held: H | PlainLine[H]) -> H:
    """A document with its records."""
    return held.holder() if isinstance(held, PlainLine) else held


def held_of(holders: Mapping[str, H], doc_id: str) -> H | PlainLine[H]:
    """A document of a mapping as it is kept."""
    return holders.held(doc_id) if isinstance(holders, Holders) else holders[doc_id]


def not_plain(holders: Sequence[H]) -> Iterable[tuple[int, H]]:
    """The holders that may have more than a text and entities, with their indices."""
    return holders.not_plain() if isinstance(holders, InOrder) else enumerate(holders)


def as_held(holders: Sequence[H]) -> Sequence[H | PlainLine[H]]:
    """The holders as they are kept."""
    return holders.held() if isinstance(holders, InOrder) else holders


def records_in(holders: Sequence[H], layer: str) -> list[tuple[AnyRecord, ...]]:
    """The records of a layer, for each holder; plain ones have no other layer than entities."""
    if layer == "entities":
        return [records_of(holder, layer) for holder in holders]
    found: list[tuple[AnyRecord, ...]] = [()] * len(holders)
    for index, holder in not_plain(holders):
        found[index] = records_of(holder, layer)
    return found


def text_length(document: Document | PlainLine[Document]) -> int:
    """Code points of the text of a document."""
    return document.length if isinstance(document, PlainLine) else len(document.text)


def text_lengths(documents: Sequence[Document]) -> Ints:
    """(n_documents,) int64, code points of the texts."""
    held = as_held(documents)
    return np.fromiter(map(text_length, held), np.int64, len(held))
