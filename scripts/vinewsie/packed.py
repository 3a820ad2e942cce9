"""The records of a span layer as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.model import Document, Prediction, records_of

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
    """The records of one span layer of many documents, made once when they are checked.

    Args:
        records: all records, document after document.
        sizes: (n_documents,) int64, the number of records of each document.
        start: (n_records,) int64, code points.
        end: (n_records,) int64, code points, exclusive.
        type: (n_records,) int64, indices into ``types``.
        types: the types in the order of their first appearance.
        given: those of the fields id, text, alternates and readings that any record has.
    """

    records: list[Any]
    sizes: Ints
    start: Ints
    end: Ints
    type: Ints
    types: list[Any]
    given: frozenset[str]

    @classmethod
    def of(cls, holders: Sequence[Document | Prediction], layer: str) -> Packed:
        """Packs the records of a layer whose records have a type."""
        lists = [records_of(holder, layer) for holder in holders]
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
        return cls(
            records,
            np.fromiter(map(len, lists), np.int64, len(lists)),
            start,
            end,
            kind,
            list(codes),
            frozenset(given),
        )

    @cached_property
    def doc(self) -> Ints:
        """(n_records,) int64, the document of each record."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)
