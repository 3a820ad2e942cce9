"""Readers of time expressions: from the groups of a match to type, value and modifier."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from vinewsie.baseline.calendar_math import (
    MONTHS,
    WEEKDAYS,
    day_value,
    full_year,
    number,
    roman,
    shifted,
    step_months,
    weekday_value,
)
from vinewsie.baseline.word_lists import alternatives
from vinewsie.scheme.dates import VAGUE

YEAR = r"(?:1[5-9]|20)\d\d"
PARTS = {
    "rạng sáng": "MO",
    "sáng sớm": "MO",
    "sớm": "MO",
    "sáng": "MO",
    "trưa": "MI",
    "chiều tối": "AF",
    "chiều": "AF",
    "tối": "EV",
    "đêm": "NI",
    "khuya": "NI",
    "nửa đêm": "NI",
}
"""Parts of the day with their TIMEX3 values."""
MODIFIERS = {
    "khoảng": "APPROX",
    "chừng": "APPROX",
    "độ": "APPROX",
    "xấp xỉ": "APPROX",
    "gần": "LESS_THAN",
    "chưa đầy": "LESS_THAN",
    "chưa đến": "LESS_THAN",
    "chưa tới": "LESS_THAN",
    "hơn": "MORE_THAN",
    "trên": "MORE_THAN",
    "ít nhất": "EQUAL_OR_MORE",
    "tối thiểu": "EQUAL_OR_MORE",
    "tối đa": "EQUAL_OR_LESS",
    "nhiều nhất": "EQUAL_OR_LESS",
    "không quá": "EQUAL_OR_LESS",
}
"""Modifiers of quantities."""
EDGES = {"đầu": "START", "giữa": "MID", "cuối": "END", "khoảng": "APPROX"}
"""Modifiers of periods, by the last word of the expression."""
LENGTH_UNITS = {
    "giây": "TS",
    "phút": "TM",
    "giờ": "TH",
    "giờ đồng hồ": "TH",
    "tiếng đồng hồ": "TH",
    "tiếng": "TH",
    "ngày": "D",
    "đêm": "D",
    "tuần": "W",
    "tuần lễ": "W",
    "tháng": "M",
    "quý": "Q",
    "năm": "Y",
    "thập kỷ": "DE",
    "thập kỉ": "DE",
    "thập niên": "DE",
    "thế kỷ": "CE",
    "thế kỉ": "CE",
    "thiên niên kỷ": "ML",
}
"""Units of durations with their TIMEX3 letters, with a T before those of the clock."""
PERIOD_UNITS = {
    "tuần": "W",
    "tháng": "M",
    "quý": "Q",
    "năm": "Y",
    "thập kỷ": "DE",
    "thập niên": "DE",
    "thế kỷ": "CE",
}
"""Units of periods before, of or after the anchor."""
STEPS = {
    "kia": -2,
    "trước": -1,
    "qua": -1,
    "vừa qua": -1,
    "vừa rồi": -1,
    "rồi": -1,
    "ngoái": -1,
    "này": 0,
    "nay": 0,
    "tới": 1,
    "sau": 1,
    "sắp tới": 1,
    "kế tiếp": 1,
    "tiếp theo": 1,
}
"""Periods from the anchor to the one meant."""
_DAY_STEPS = {"kia": -2, "qua": -1, "nay": 0, "mai": 1}
_SEASONS = {"xuân": "SP", "hè": "SU", "hạ": "SU", "thu": "FA", "đông": "WI"}
_HALVES = {"Y": "P6M", "CE": "P50Y", "TH": "PT30M"}
"""The values of half a unit, for units that have one."""
_INDEFINITE = frozenset({"vài", "mấy", "nhiều", "những", "các", "hàng"})
_COUNTING_MONTHS = frozenset({"một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy"})
"""Names of months that may be a number after tháng."""
_MOST_UNITS = 100_000

_BEFORE_DATE = re.compile(rf"(?:\b{alternatives('before_dates')}|[-–(,/]) ?$", re.IGNORECASE)
_BEFORE_NO_YEAR = re.compile(r"(?:[\d.,/$-]|số|hơn|gần|khoảng|tổng) ?$")
_RANGE_BEFORE = re.compile(rf"(?:^|[\s(]){YEAR} ?[-–] ?$")
_AFTER_NO_YEAR = re.compile(
    rf" ?(?:{alternatives('after_no_year')}|m\b|[.,]\d|/\d|-(?!{YEAR}(?!\d))\d)", re.IGNORECASE
)
_BEFORE_NO_WEEKDAY = re.compile(rf"{alternatives('before_no_weekday')} $", re.IGNORECASE)
_BEFORE_NO_HIEN = re.compile(rf"{alternatives('before_no_hien')} $", re.IGNORECASE)
_AFTER_NO_HIEN = re.compile(rf" {alternatives('after_no_hien')}\b")
_DAY = re.compile(r"[\dX]{4}-(?:[\dX]{2}-[\dX]{2}|WXX-\d)")
_BEFORE_EVENT = re.compile(
    r" (?:khi|vụ|cuộc|lễ|trận|chuyến|ngày|cái|sự|việc|thời|phiên|kỳ)(?!\w)", re.IGNORECASE
)
"""What follows trước or sau where these are prepositions: năm sau cuộc chiến."""
_BEFORE_PART = re.compile(r"(?:^|\W)(?:vào|trong|từ|suốt|lúc|đến|tới) (?:buổi )?$", re.IGNORECASE)
_BEFORE_COUNTED = re.compile(
    r"(?:\d|mấy|vài|nhiều|những|các|một|hai|ba|bốn|sáu|bảy|tám|chín|mười|mươi|trăm) $",
    re.IGNORECASE,
)
_PERIOD_END = re.compile(r" (?:qua|tới|gần đây)$", re.IGNORECASE)
_BEFORE_NO_DURATION = re.compile(r"(?:thứ|lần|ngày|tháng|năm|tuổi|[\d/]) $", re.IGNORECASE)
_AFTER_HOURS = re.compile(r"(?: (?:trước|sau|qua|mỗi|để|liền|liên)|[.,;)]|$)")
_BEFORE_CLOCK = re.compile(r"(?:lúc|vào|hồi|từ|đến) $", re.IGNORECASE)
_AFTER_CLOCK = re.compile(r" (?:giờ )?(?:GMT|giờ|theo giờ|địa phương|ET)")


@dataclass(frozen=True)
class TimexContext:
    """The text of the line before and after an expression, and the anchor date."""

    before: str
    after: str
    anchor: date | None


class Timex(NamedTuple):
    """Type, value and modifier of a time expression; without a value there is none."""

    type: str
    value: str | None
    mod: str | None = None
    vague: bool = False


Groups = defaultdict[str, str]
"""The named groups of a match, empty where the expression has none; ``text`` is the whole match."""
TimexReader = Callable[[Groups, TimexContext], Timex]

_REFUSED = Timex("DATE", None)


def read_date(group: Groups, context: TimexContext) -> Timex:
    """A date whose parts may be missing."""
    day = int(group["d"]) if group["d"] else None
    month = month_number(group["m"]) if group["m"] else None
    year = full_year(group["y"]) if group["y"] else None
    return _with_part(group, day_value(day, month, year, context.anchor))


def read_bare_date(group: Groups, context: TimexContext) -> Timex:
    """A day and month without a head: only where a date is likely, so that fractions and scores are
    none.
    """
    if (
        not _BEFORE_DATE.search(context.before)
        or context.after.startswith(("%", "/"))
        or re.match(r" (?:số|dân|diện|người|thành)", context.after)
    ):
        return _REFUSED
    return read_date(group, context)


def read_month(group: Groups, context: TimexContext) -> Timex:
    """A month without a year; its name in lower case may be a number that counts what follows."""
    if (
        group["m"].lower() in _COUNTING_MONTHS
        and group["m"].islower()
        and not re.match(r"[.,;:)!?…]|$| (?:năm|tới|vừa|qua)", context.after)
    ):
        return _REFUSED
    return read_date(group, context)


def read_day_of_month(group: Groups, context: TimexContext) -> Timex:
    """A day of this, the last or the next month."""
    day = int(group["d"])
    if context.anchor is None:
        return Timex("DATE", day_value(day, None, None, None))
    year, month = step_months(context.anchor, STEPS[group["step"].lower()])
    return _with_part(group, day_value(day, month, year, context.anchor))


def read_month_of_year(group: Groups, context: TimexContext) -> Timex:
    """A month or day of this, the last or the next year."""
    year = shifted(context.anchor, STEPS[group["step"].lower()], "Y")
    if context.anchor is None or not year:
        return read_date(group, context)
    group["y"] = year
    return read_date(group, context)


def read_year(group: Groups, context: TimexContext) -> Timex:
    """A year; without its head only where a number is hardly anything else."""
    quantity = _AFTER_NO_YEAR.match(context.after) or _BEFORE_NO_YEAR.search(context.before)
    if not group["head"] and quantity and not _RANGE_BEFORE.search(context.before):
        return _REFUSED
    return Timex("DATE", group["y"], _edge(group))


def read_decade(group: Groups, context: TimexContext) -> Timex:
    """A decade, of four digits or two."""
    digits = group["y"]
    if len(digits) == 2:
        digits = ("19" if int(digits) >= 30 else "20") + digits
    return Timex("DATE", digits[:3], _edge(group))


def read_century(group: Groups, context: TimexContext) -> Timex:
    """A century."""
    which = roman(group["n"])
    return Timex("DATE", f"{which - 1:02d}" if which and 1 < which < 30 else None, _edge(group))


def read_quarter(group: Groups, context: TimexContext) -> Timex:
    """A quarter of a year."""
    which = roman(group["n"]) or MONTHS.get(group["n"].lower())
    year = group["y"] or (f"{context.anchor.year:04d}" if context.anchor else "XXXX")
    return Timex("DATE", f"{year}-Q{which}" if which and 1 <= which <= 4 else None, _edge(group))


def read_season(group: Groups, context: TimexContext) -> Timex:
    """A season."""
    return Timex("DATE", f"{_year(group, context)}-{_SEASONS[group['s'].lower()]}", _edge(group))


def read_half(group: Groups, context: TimexContext) -> Timex:
    """A half of a year."""
    return Timex("DATE", f"{_year(group, context)}-H{1 if group['h'].lower() == 'đầu' else 2}")


def read_period(group: Groups, context: TimexContext) -> Timex:
    """The week, month, quarter, year, decade or century before, of or after the anchor."""
    unit, step = PERIOD_UNITS[group["u"].lower()], group["step"].lower()
    if (
        (unit != "Y" and step in {"ngoái", "kia", "nay"})
        or (step in {"trước", "sau"} and _BEFORE_EVENT.match(context.after))
        or (unit == "W" and group["edge"].lower() == "cuối")
        or _BEFORE_COUNTED.search(context.before)
    ):
        return _REFUSED
    return Timex("DATE", shifted(context.anchor, STEPS[step], unit), _edge(group))


def read_edge(group: Groups, context: TimexContext) -> Timex:
    """The beginning, middle or end of this month or year."""
    return Timex("DATE", shifted(context.anchor, 0, PERIOD_UNITS[group["u"].lower()]), _edge(group))


def read_weekend(group: Groups, context: TimexContext) -> Timex:
    """A weekend."""
    return Timex("DATE", f"{shifted(context.anchor, _step(group), 'W')}-WE")


def read_near_day(group: Groups, context: TimexContext) -> Timex:
    """Yesterday, today, tomorrow and their neighbours."""
    word = group["w"].lower()
    step = 2 if word == "ngày kia" else _DAY_STEPS[word.split()[-1]]
    return _with_part(group, shifted(context.anchor, step, "D"))


def read_anaphoric_day(group: Groups, context: TimexContext) -> Timex:
    """A day that the text has named before, or its neighbour: hôm sau, ngày hôm đó, đêm đó."""
    if group["w"].lower() in {"sau", "trước"} and _BEFORE_EVENT.match(context.after):
        return _REFUSED
    return _with_part(group, "XXXX-XX-XX")


def read_part(group: Groups, context: TimexContext) -> Timex:
    """A part of the day that stands alone, after a preposition or with its edge: đầu giờ chiều."""
    part, edge = group["part"].lower(), _edge(group)
    if not part:
        return Timex("DATE", "XXXX-XX-XX", edge)
    if not (edge or _BEFORE_PART.search(context.before)):
        return _REFUSED
    return Timex("TIME", f"T{PARTS[part]}", edge)


def read_weekday(group: Groups, context: TimexContext) -> Timex:
    """A day of the week, without a number a Sunday; it may be an ordinal number instead."""
    numeral, step = group["n"], group["step"].lower()
    ordinal = numeral and (
        (group["head"].lower() == "ngày" and not context.after.startswith(" tuần"))
        or not (
            group["head"]
            or group["part"]
            or step
            or re.match(r"(?: tuần|,? \(?(?:ngày )?\d{1,2}[/-]\d)", context.after)
        )
    )
    if _BEFORE_NO_WEEKDAY.search(context.before) or (ordinal and numeral.islower()):
        return _REFUSED
    week = STEPS[step.removeprefix("tuần ")] if step.startswith("tuần ") else None
    if step == "này":
        week = 0
    future = step in {"tới", "sắp tới"} or (
        not step and not group["head"] and re.search(r"\bsẽ\b", context.before) is not None
    )
    weekday = WEEKDAYS[numeral.lower()] if numeral else 7
    return _with_part(group, weekday_value(weekday, context.anchor, week, future))


def read_vague(group: Groups, context: TimexContext) -> Timex:
    """An expression of the closed list of vague ones."""
    word = group["text"].lower()
    if word == "hiện" and (
        _BEFORE_NO_HIEN.search(context.before) or _AFTER_NO_HIEN.match(context.after)
    ):
        return _REFUSED
    value = VAGUE[word]
    return Timex("DURATION" if value.startswith("PX") else "DATE", value, vague=True)


def read_ordinal(group: Groups, context: TimexContext) -> Timex:
    """An ordinal period (năm thứ ba), which is vague."""
    return Timex("DATE", "XXXX", vague=True)


def read_duration(group: Groups, context: TimexContext) -> Timex:
    """A duration; trước, sau and cách đây are outside of it."""
    words, unit = group["n"], group["u"].lower()
    if (
        re.match(r" (?:tuổi|một lần)", context.after)
        or _BEFORE_NO_DURATION.search(context.before)
        or (unit == "tiếng" and not _AFTER_HOURS.match(context.after))
        or (words.lower() == "những" and not _PERIOD_END.search(group["text"]))
    ):
        return _REFUSED
    value = _length(words, unit, half=bool(group["half"]))
    return Timex("DURATION", value, MODIFIERS.get(group["mod"].lower().strip()))


def read_every(group: Groups, context: TimexContext) -> Timex:
    """A recurring time."""
    return Timex("SET", _length(group["n"] or "một", group["u"].lower()))


def read_every_weekday(group: Groups, context: TimexContext) -> Timex:
    """A recurring day of the week."""
    return Timex("SET", f"XXXX-WXX-{WEEKDAYS.get(group['n'].lower(), 7)}")


def read_clock(group: Groups, context: TimexContext) -> Timex:
    """A time of day, perhaps with its day."""
    hour, minute = int(group["h"]), int(group["min"] or 0)
    part, word = group["p"].lower().split(), group["w"].lower()
    if hour > 24 or minute > 59 or (word in {"nay", "qua", "mai"} and not part):
        return _REFUSED
    if not (
        group["glued"]
        or part
        or group["d"]
        or word
        or _BEFORE_CLOCK.search(context.before)
        or _AFTER_CLOCK.match(context.after)
    ):
        return _REFUSED
    if context.before.lower().endswith("phút thứ "):
        return _REFUSED
    small_hours = part[:1] == ["đêm"] and hour < 5
    if part and part[0] in {"chiều", "tối", "đêm"} and hour < 12 and not small_hours:
        hour += 12
    day: str | None = None
    if group["d"]:
        day = read_date(group, context).value
    elif word:
        day = shifted(context.anchor, _DAY_STEPS[word.split()[-1]], "D")
    elif group["wd"]:
        weekday = WEEKDAYS.get(group["wd"].split()[-1].lower(), 7)
        day = weekday_value(weekday, context.anchor, None, future=False)
    return Timex(
        "TIME", f"{day or ''}T{hour:02d}:{minute:02d}", MODIFIERS.get(group["mod"].lower())
    )


def month_number(word: str) -> int | None:
    """The number of a month in digits or words."""
    return int(word) if word.isdecimal() else MONTHS.get(word.lower())


def _with_part(group: Groups, value: str | None) -> Timex:
    """A day, or with a part of the day the time."""
    if group["part"] and value and _DAY.fullmatch(value):
        return Timex("TIME", f"{value}T{PARTS[group['part'].lower()]}")
    return Timex("DATE", value, _edge(group))


def _edge(group: Groups) -> str | None:
    """The modifier of đầu, giữa or cuối before an expression."""
    return EDGES[group["edge"].lower().split()[-1]] if group["edge"] else None


def _step(group: Groups) -> int:
    """The number of periods from the anchor, 0 if the expression gives none."""
    return STEPS.get(group["step"].lower(), 0)


def _year(group: Groups, context: TimexContext) -> str | None:
    """The year of an expression: its own, or one near the anchor."""
    return group["y"] or shifted(context.anchor, _step(group), "Y")


def _length(words: str, unit: str, half: bool = False) -> str | None:
    """The value of a length of time; ``half``: half a unit is added."""
    letters = LENGTH_UNITS[unit]
    clock = "T" if letters.startswith("T") else ""
    letter = letters.removeprefix("T")
    if words.lower().split()[0] in _INDEFINITE:
        return f"P{clock}X{letter}"
    value = number(words)
    if value == 0.5 and letters in _HALVES:
        return _HALVES[letters]
    if value is None or value >= _MOST_UNITS:
        return None
    return f"P{clock}{value + 0.5 * half:g}{letter}"
