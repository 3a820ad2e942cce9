"""Common blocks are those of difflib, in far less time."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie.matching import matching_blocks

UNITS = st.lists(st.sampled_from("aab"), max_size=40) | st.lists(st.integers(0, 9), max_size=60)


def joined(blocks: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The blocks, those that follow directly on both sides as one."""
    result: list[tuple[int, int, int]] = []
    for a, b, size in blocks:
        if result and (before := result[-1])[0] + before[2] == a and before[1] + before[2] == b:
            result[-1] = (before[0], before[1], before[2] + size)
        elif size:
            result.append((a, b, size))
    return result


@given(UNITS, UNITS, st.data())
def test_blocks_are_those_of_difflib(
    left: list[Hashable], right: list[Hashable], data: st.DataObject
) -> None:
    if data.draw(st.booleans(), "a changed copy"):
        right = [unit for unit in left if data.draw(st.integers(0, 4))]
    by_difflib = difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    assert joined(matching_blocks(left, right)) == joined(by_difflib)


class Counted:
    """A unit that counts how often any unit is looked at."""

    looks = 0

    def __init__(self, value: str) -> None:
        self.value = value

    def __hash__(self) -> int:
        Counted.looks += 1
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted) and self.value == other.value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (lambda i: "same", lambda i: "same" if i % 2 else f"other {i}"),
        (
            lambda i: "same" if i % 2 else f"one {i}",
            lambda i: "same" if i % 2 else f"other {i}",
        ),
        (lambda i: "same", lambda i: "same"),
    ],
)
def test_repeated_units_take_nearly_linear_time(left: object, right: object) -> None:
    """difflib looks about eight times as often at twice the units."""

    def looks(count: int) -> int:
        sides = [
            [Counted(side(i)) for i in range(count)]  # type: ignore[operator]
            for side in (left, right)
        ]
        Counted.looks = 0
        matching_blocks(*sides)
        return Counted.looks

    assert looks(2000) < 3 * looks(1000)
