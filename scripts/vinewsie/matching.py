"""The blocks that two sequences have in common, as difflib finds them, without its cubic time."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """Equal units: ``left[left_start:left_start + size]`` and the same of ``right``."""

    left_start: int
    right_start: int
    size: int


def matching_blocks(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[Block]:
    """Finds the longest common block, then those before it and behind it on both sides, and so on.
    Of several longest blocks it is the first one of ``left``, at its first place in ``right``.

    These are the blocks of :class:`difflib.SequenceMatcher` without its heuristic for popular
    units, which searches once for each block, in up to quadratic time. Here one search finds all
    blocks of one length, in linear time; what is left between them has shorter blocks only. The
    blocks around a unit are of falling length and do not overlap, so it is in O(√n) searches.
    """
    found: list[Block] = []
    stretches = [(0, len(left), 0, len(right))]
    while stretches:
        a, a_end, b, b_end = stretches.pop()
        blocks = [
            Block(a + block.left_start, b + block.right_start, block.size)
            for block in _longest(left[a:a_end], right[b:b_end])
        ]
        if not blocks:
            continue
        found += blocks
        for block in (*blocks, Block(a_end, b_end, 0)):
            if a < block.left_start and b < block.right_start:
                stretches.append((a, block.left_start, b, block.right_start))
            a, b = block.left_start + block.size, block.right_start + block.size
    return sorted(found)


def _longest(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[Block]:
    """The longest common blocks, from left to right, none of which crosses or overlaps another."""
    if set(left).isdisjoint(right):
        return
    automaton = SuffixAutomaton(right)
    ends = list(automaton.matches(left))
    size = max(length for _, length in ends)
    places = automaton.places(size)
    left_free = right_free = 0
    for end, (state, length) in enumerate(ends, start=1):
        if length < size or end - size < left_free:
            continue
        there = places[state]
        if (first := bisect_left(there, right_free + size)) < len(there):
            yield Block(end - size, there[first] - size, size)
            left_free, right_free = end, there[first]


class SuffixAutomaton:
    """The smallest automaton of all blocks of a sequence (Blumer et al. 1985), in linear time.

    A state stands for the blocks that end at the same places: those that are longer than the ones
    of its link, and not longer than its length.

    Args:
        units: the sequence.
    """

    def __init__(self, units: Iterable[Hashable]) -> None:
        self._next: list[dict[Hashable, int]] = [{}]
        self._link = [-1]
        self._length = [0]
        self._ends: list[int] = []
        """The state of each prefix, without the empty one."""
        last = 0
        for unit in units:
            last = self._extended(last, unit)
            self._ends.append(last)

    def _state(self, length: int, link: int, following: dict[Hashable, int]) -> int:
        self._length.append(length)
        self._link.append(link)
        self._next.append(following)
        return len(self._length) - 1

    def _extended(self, last: int, unit: Hashable) -> int:
        """Appends a unit; returns the state of the whole sequence."""
        new = self._state(self._length[last] + 1, 0, {})
        state = last
        while state >= 0 and unit not in self._next[state]:
            self._next[state][unit] = new
            state = self._link[state]
        if state < 0:
            return new
        target = self._next[state][unit]
        if self._length[target] > self._length[state] + 1:
            # The shorter blocks of the target now end at one more place than its longer ones.
            split = self._state(
                self._length[state] + 1, self._link[target], self._next[target].copy()
            )
            self._link[target] = split
            while state >= 0 and self._next[state].get(unit) == target:
                self._next[state][unit] = split
                state = self._link[state]
            target = split
        self._link[new] = target
        return new

    def matches(self, units: Iterable[Hashable]) -> Iterator[tuple[int, int]]:
        """For each unit of another sequence the longest block of this one that ends with it there:
        its state and its length.
        """
        state = length = 0
        for unit in units:
            while state and unit not in self._next[state]:
                state = self._link[state]
                length = self._length[state]
            if unit in self._next[state]:
                state, length = self._next[state][unit], length + 1
            yield state, length

    def places(self, size: int) -> dict[int, list[int]]:
        """Where the blocks of a size end, ascending, by their state."""
        of_size = [0] * len(self._length)
        for state in sorted(range(1, len(self._length)), key=self._length.__getitem__):
            link = self._link[state]
            if self._length[state] >= size:
                of_size[state] = state if self._length[link] < size else of_size[link]
        places: defaultdict[int, list[int]] = defaultdict(list)
        for end, state in enumerate(self._ends, start=1):
            places[of_size[state]].append(end)
        return places
