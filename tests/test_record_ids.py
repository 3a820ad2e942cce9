"""Ids of records."""

from __future__ import annotations

from itertools import islice

import pytest

from vinewsie.record_ids import is_record_id, new_ids


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ((), ["q1", "q2"]),
        (("q1", "q7", "q3"), ["q8", "q9"]),
        (("e9", "q", "q0", "q05", "q-3", "q2x", "quote 4", "q٣"), ["q1", "q2"]),
    ],
)
def test_new_ids_follow_the_highest_one_in_use(used: tuple[str, ...], expected: list[str]) -> None:
    assert list(islice(new_ids("quotes", used), 2)) == expected
    assert all(is_record_id(name, "quotes") for name in expected)
