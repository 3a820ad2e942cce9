"""The records of a span layer as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.model import AnyRecord, Document, Prediction, records_of

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Codes(dict[Any, int]):
    """Numbers values in the order of their first appearance."""

    def __missing__(self, value: Any) -> int:
        code = self[value] = len(self)
        return code

    def of(self, values: Any, count: int) -> Ints:
        """(count,) int64, the codes of ``count`` values."""
        return np.fromiter(map(self.__getitem__, values), np.int64, count)


@dataclass(frozen=True)
class Packed:
    """The records of one span layer of many documents, made once when they are read or checked.

    Args:
        sizes: (n_documents,) int64, the number of records of each document.
        start: (n_records,) int64, code points.
        end: (n_records,) int64, code points, exclusive.
        type: (n_records,) int64, indices into ``types``.
        types: the types in the order of their first appearance.
        given: those of the fields id, text, alternates and readings that any record has.
    """

    sizes: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[Any]
    given: frozenset[str] = frozenset()

    @classmethod
    def of(cls, holders: Iterable[Document | Prediction], layer: str) -> Packed:
        """Packs the records of a layer whose records have a type."""
        return cls.of_records([records_of(holder, layer) for holder in holders])

    @classmethod
    def of_records(cls, lists: Sequence[Sequence[AnyRecord]]) -> Packed:
        """Packs the records of documents, a list for each."""
        records: list[Any] = list(chain.from_iterable(lists))
        codes = Codes()
        given = set()

        def numbers() -> Iterator[int]:
            # One pass for everything: most of the time goes into reaching each record.
            for record in records:
                if record.alternates:
                    given.add("alternates")
                if record.contested or record.readings:
                    given.add("readings")
                if record.text is not None:
                    given.add("text")
                if record.id is not None:
                    given.add("id")
                yield record.start
                yield record.end
                yield codes[record.type]

        table = np.fromiter(numbers(), np.int64, 3 * len(records)).reshape(-1, 3)
        start, end, kind = (np.ascontiguousarray(table[:, column]) for column in range(3))
        sizes = np.fromiter(map(len, lists), np.int64, len(lists))
        return cls(sizes, start, end, kind, list(codes), frozenset(given))

    @classmethod
    def joined(cls, parts: Sequence[Packed]) -> Packed:
        """The documents of all parts, one part after the other."""
        parts = [part for part in parts if len(part.sizes)] or parts[:1]
        if len(parts) == 1:
            return parts[0]
        codes = Codes()
        kinds = [codes.of(part.types, len(part.types))[part.type] for part in parts]
        return cls(
            _joined([part.sizes for part in parts]),
            _joined([part.start for part in parts]),
            _joined([part.end for part in parts]),
            _joined(kinds),
            list(codes),
            frozenset().union(*(part.given for part in parts)),
        )

    @cached_property
    def doc(self) -> Ints:
        """(n_records,) int64, the document of each record."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def take(self, index: Ints) -> Packed:
        """Some of the documents.

        Args:
            index: (n_taken,) int64, their indices in the order wanted; -1 for a document without
                records.
        """
        if np.array_equal(index, np.arange(len(self.sizes))):
            return self
        sizes = np.append(self.sizes, 0)[index]
        first = np.append(np.cumsum(self.sizes) - self.sizes, 0)[index]
        shift = np.repeat(first - (np.cumsum(sizes) - sizes), sizes)
        row = np.arange(len(shift)) + shift
        return Packed(sizes, self.start[row], self.end[row], self.type[row], self.types, self.given)


def _joined(columns: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])
