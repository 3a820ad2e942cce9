"""Days in a text and the styles in which they are written. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from vinewsie.perturbations.edits import Edit
from vinewsie.perturbations.names import SPACE

_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_WORDED = rf"{_DAY}{SPACE}tháng{SPACE}{_MONTH}(?:{SPACE}năm{SPACE}\d{{4}})?"
_DATE = re.compile(
    # Not the end of a range of days (12-15/10), nor the beginning (10-12 tháng 10, 12/10-15/10).
    rf"(?<![\w/-])(?:{_DAY}/{_MONTH}(?:/\d{{4}})?|{_DAY}-{_MONTH}(?:-\d{{4}})?|{_WORDED})"
    rf"(?!\w|[/-]\d|{SPACE}(?:tháng|năm){SPACE})",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?<!các )(?<!những )(?<!\w)(?:"
    rf"(?:ngày|hôm|sáng|trưa|chiều|tối|đêm|khuya)(?:{SPACE}(?:nay|qua|kia|mai))?"
    rf"|thứ{SPACE}(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ{SPACE}nhật"
    rf")(?:,?{SPACE}|{SPACE}\()$",
    re.IGNORECASE,
)
"""What stands before a day without a year, so that no fraction and no score of a match is one."""
_RANGE = re.compile(rf"{SPACE}?(?:–|-|đến|tới|và){SPACE}?(?:ngày{SPACE})?", re.IGNORECASE)
"""What stands between the days of a range; one of them tells what the other is. Not a comma, behind
which a fraction may stand: ngày 12/10, 3/4 cử tri.
"""


def slashed(parts: list[str]) -> str:
    """``12/10/2023``."""
    return "/".join(parts)


def hyphenated(parts: list[str]) -> str:
    """``12-10-2023``."""
    return "-".join(parts)


def in_words(parts: list[str]) -> str:
    """``12 tháng 10 năm 2023``."""
    day, month, *year = parts
    return f"{day} tháng {month}" + "".join(f" năm {one}" for one in year)


def date_edits(text: str, style: Callable[[list[str]], str]) -> Iterator[Edit]:
    """All days in one style.

    Args:
        text: the text.
        style: writes day, month and, if there is one, year.
    """
    for match in _days(text):
        yield Edit(*match.span(), style(re.findall(r"\d+", match.group())))


def _days(text: str) -> list[re.Match[str]]:
    """Days with a year, behind a word for a day, or in a range with one of these."""
    found = [*_DATE.finditer(text)]
    sure = [
        len(re.findall(r"\d+", match.group())) == 3
        or _BEFORE.search(text[max(0, match.start() - 24) : match.start()]) is not None
        for match in found
    ]
    linked = [
        _RANGE.fullmatch(text[one.end() : other.start()]) is not None
        for one, other in pairwise(found)
    ]
    for n, link in enumerate(linked):
        sure[n + 1] |= link and sure[n]
    for n, link in reversed([*enumerate(linked)]):
        sure[n] |= link and sure[n + 1]
    return [match for match, is_day in zip(found, sure, strict=True) if is_day]
