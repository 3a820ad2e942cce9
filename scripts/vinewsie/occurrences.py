"""Where many strings occur in one text."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_MANY = 500
"""From this number of strings on, an index costs less than a search for each of them."""


class Occurrences:
    """The places of strings in a text, overlapping ones too.

    Args:
        text: the text.
        expected: the strings that will be asked for. Many of them are searched for together, in
            one pass for each length; any other string is searched for alone.
    """

    def __init__(self, text: str, expected: Iterable[str] = ()) -> None:
        self._text = text
        self._expected = [string for string in dict.fromkeys(expected) if string]

    def of(self, string: str) -> Iterator[int]:
        """The offsets at which a string stands, ascending; none for an empty string."""
        candidates = self._index.get(string)
        if candidates is not None:
            # Equal hashes are no proof.
            yield from (at for at in candidates.tolist() if self._text.startswith(string, at))
            return
        at = self._text.find(string) if string else -1
        while at >= 0:
            yield at
            at = self._text.find(string, at + 1)

    @cached_property
    def _index(self) -> dict[str, Ints]:
        """Offsets that hold all places of each expected string; empty if the strings are few."""
        if len(self._expected) < _MANY:
            return {}
        by_length: defaultdict[int, list[str]] = defaultdict(list)
        for string in self._expected:
            by_length[len(string)].append(string)
        windows = _Windows(self._text)
        index: dict[str, Ints] = {}
        # Of strings with 2^k to 2^(k + 1) - 1 characters, the first 2^k are searched for once.
        for exponent, group in itertools.groupby(
            sorted(by_length), key=lambda length: length.bit_length() - 1
        ):
            lengths, head = [*group], 1 << exponent
            heads = {string[:head] for length in lengths for string in by_length[length]}
            everywhere = np.arange(len(self._text), dtype=np.int64)
            begins, _ = windows.find(everywhere, head, np.unique(_hashes([*heads])))
            for length in lengths:
                strings = by_length[length]
                hashes, which = np.unique(_hashes(strings), return_inverse=True)
                at, found = windows.find(begins, length, hashes)
                order = np.argsort(found, kind="stable")
                bounds = np.searchsorted(found[order], np.arange(len(hashes) + 1))
                for string, number in zip(strings, which.tolist(), strict=True):
                    index[string] = at[order[bounds[number] : bounds[number + 1]]]
        return index


_B = 0x9E3779B97F4A7C15
_CHUNK = 1 << 18
"""Windows that are hashed at a time."""
_SHIFT = np.uint64(44)
"""What leaves the upper 20 bits of a hash, by which most windows are ruled out."""


class _Windows:
    """The windows of a text, by their hashes (Karp and Rabin 1987).

    The hash of characters c is the sum of c[i]·B^(i + 1), modulo 2^64. That of a window is the
    difference of two sums over the text, divided by a power of B.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        codes = _codes(text)
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(codes * _powers(_B, len(codes)) * np.uint64(_B), out=self._sums[1:])
        self._shifts = _powers(pow(_B, -1, 1 << 64), len(codes))

    def find(self, begins: Ints, length: int, hashes: Hashes) -> tuple[Ints, Ints]:
        """Finds the windows that have one of the hashes.

        Args:
            begins: ``(n_windows,) int64``, ascending offsets at which windows begin.
            length: the length of the windows, code points. Those beyond the end are left out.
            hashes: ``(n_hashes,) uint64``, ascending, all different.

        Returns:
            ``(n_found,) int64``, the offsets of the windows, and ``(n_found,) int64``, the numbers
            of their hashes.
        """
        begins = begins[: np.searchsorted(begins, len(self._shifts) - length, side="right")]
        likely = np.zeros(1 << (64 - int(_SHIFT)), dtype=np.bool_)
        likely[hashes >> _SHIFT] = True
        offsets, numbers = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for first in range(0, len(begins), _CHUNK):
            at = begins[first : first + _CHUNK]
            found = (self._sums[at + length] - self._sums[at]) * self._shifts[at]
            kept = likely[found >> _SHIFT]
            at, found = at[kept], found[kept]
            number = np.searchsorted(hashes, found).clip(max=len(hashes) - 1)
            equal = hashes[number] == found
            offsets.append(at[equal])
            numbers.append(number[equal])
        return np.concatenate(offsets), np.concatenate(numbers)


def _hashes(strings: Sequence[str]) -> Hashes:
    """The hashes of strings of one length: ``(n_strings,) uint64``."""
    codes = _codes("".join(strings)).reshape(len(strings), -1)
    hashes: Hashes = (codes * _powers(_B, codes.shape[1]) * np.uint64(_B)).sum(axis=1)
    return hashes


def _powers(base: int, count: int) -> Hashes:
    """The powers of a base from 0 on, modulo 2^64: ``(count,) uint64``."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)


def _codes(text: str) -> Hashes:
    """The code points of a text: ``(n_characters,) uint64``."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
