"""The layer of dates: time expressions with their TIMEX3 type and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from vinewsie.findings import Finding
from vinewsie.messages import Message, say
from vinewsie.model import Date, Document, read_as
from vinewsie.scheme.layer import Layer, Scope

TYPES = {
    "DATE": "a calendar date, month, year or other point of the calendar",
    "TIME": "a time of day",
    "DURATION": "a length of time",
    "SET": "a recurring time",
}
MODS = {
    "BEFORE": "before",
    "AFTER": "after",
    "ON_OR_BEFORE": "on or before",
    "ON_OR_AFTER": "on or after",
    "LESS_THAN": "less than",
    "MORE_THAN": "more than",
    "EQUAL_OR_LESS": "at most",
    "EQUAL_OR_MORE": "at least",
    "START": "the beginning of",
    "MID": "the middle of",
    "END": "the end of",
    "APPROX": "about",
}

# Values of TIMEX3 (TimeML 1.2.1, section 2.3; TIDES 2005); X is an unknown digit.
_DAY = r"(?:0[1-9]|[12]\d|3[01]|XX|[0-3]X)"
_CALENDAR = (
    r"(?:BC)?(?:[\dX]{2,4})"  # century, decade (three digits), year
    rf"(?:-(?:(?:0[1-9]|1[0-2]|[01]X|XX)(?:-{_DAY})?"  # month, day
    r"|W(?:0[1-9]|[1-4]\d|5[0-3]|XX)(?:-(?:[1-7]|WE))?"  # week, day of the week or weekend
    r"|Q[1-4X]|H[12X]|SP|SU|FA|WI))?"  # quarter, half-year, season
)
_CLOCK = (
    r"T(?:[01]\d|2[0-4]|XX|MO|MI|AF|EV|NI|DT)(?::(?:[0-5]\d|XX)(?::(?:[0-5]\d|XX))?)?"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?"
)
_NUMBER = r"(?:\d+(?:\.\d+)?|X)"
_PERIOD = rf"P(?:{_NUMBER}(?:Y|M|W|D|Q|H|WE|DE|CE|ML))*(?:T(?:{_NUMBER}(?:H|M|S))+)?"
_VALUES = {
    "DATE": re.compile(rf"(?:{_CALENDAR}|PAST_REF|PRESENT_REF|FUTURE_REF)"),
    "TIME": re.compile(rf"(?:(?:{_CALENDAR})?{_CLOCK}|PAST_REF|PRESENT_REF|FUTURE_REF)"),
    "DURATION": re.compile(rf"(?!P$)(?!PT$){_PERIOD}"),
    "SET": re.compile(rf"(?:(?!P$){_PERIOD}|{_CALENDAR}|(?:{_CALENDAR})?{_CLOCK})"),
}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(DE|CE|ML|WE|[YMWDQHS])")
_BASE = {
    "ML": ("M", 12_000),
    "CE": ("M", 1200),
    "DE": ("M", 120),
    "Y": ("M", 12),
    "H": ("M", 6),  # before the T: half-years
    "Q": ("M", 3),
    "M": ("M", 1),
    "W": ("D", 7),
    "D": ("D", 1),
    "WE": ("WE", 1),
}
"""The units of a length of days and longer, each in months, days or weekends."""
_CLOCK_BASE = {"H": ("S", 3600), "M": ("S", 60), "S": ("S", 1)}
"""The units after the T, in seconds. A day is not 24 hours where clocks change."""
_FULL_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

VAGUE = {
    "hiện": "PRESENT_REF",
    "hiện nay": "PRESENT_REF",
    "hiện tại": "PRESENT_REF",
    "gần đây": "PAST_REF",
    "vừa qua": "PAST_REF",
    "mới đây": "PAST_REF",
    "những năm qua": "PXY",
}
"""The closed list of vague expressions with their values. Ordinal periods (năm thứ ba: XXXX) and
lengths without a number (vài ngày: PXD) are vague too.
"""
_ORDINAL_PERIOD = re.compile(r"(?:ngày|tuần|tháng|quý|năm|thập kỷ|thế kỷ) thứ \S+")
_UNITS = {
    "giây": "PTXS",
    "phút": "PTXM",
    "giờ": "PTXH",
    "tiếng": "PTXH",
    "ngày": "PXD",
    "đêm": "PXD",
    "tuần": "PXW",
    "tháng": "PXM",
    "quý": "PXQ",
    "năm": "PXY",
    "thập niên": "PXDE",
    "thập kỷ": "PXDE",
    "thế kỷ": "PXCE",
}
_UNIT, _TAIL = "|".join(_UNITS), "qua|tới|gần đây|vừa qua|sắp tới"
_INDEFINITE = r"nhiều|(?:một )?vài(?: ba)?|đôi ba|mấy|hàng (?:chục|trăm|nghìn|ngàn)"
_INDEFINITE_LENGTH = re.compile(
    rf"(?:khoảng |chừng )?(?:{_INDEFINITE}) (?P<unit>{_UNIT})(?: (?:{_TAIL}))?"
    rf"|những (?P<these>{_UNIT}) (?:{_TAIL})"
)
_WEEKDAYS = {
    "thứ hai": 1,
    "thứ ba": 2,
    "thứ tư": 3,
    "thứ năm": 4,
    "thứ sáu": 5,
    "thứ bảy": 6,
    "chủ nhật": 7,
}
_WEEKDAY = re.compile(rf"(?:(?:ngày|hôm|vào|sáng|trưa|chiều|tối|đêm) )*({'|'.join(_WEEKDAYS)})")
_WEEK = re.compile(r"[\dX]{4}-W[\dX]{2}-([1-7])")
_PARTS_OF_DAY = {
    "rạng sáng": "TMO",
    "sáng": "TMO",
    "trưa": "TMI",
    "chiều": "TAF",
    "tối": "TEV",
    "đêm": "TNI",
    "khuya": "TNI",
    "ban ngày": "TDT",
    "nửa đêm": "T24:00",
}
_BARE_PART = re.compile(rf"(?:buổi |ban )?({'|'.join(_PARTS_OF_DAY)})")
_OUTSIDE = re.compile(r"(trong|vào|từ|kể từ|hồi|lúc|sau|trước|cho tới|đến|cả|suốt) ")


def well_formed(value: str, type_: str | None) -> bool:
    """Whether ``value`` is a TIMEX3 value of ``type_``, or of any type if that is None.

    A full date must exist in the calendar.
    """
    patterns = [_VALUES[type_]] if type_ in _VALUES else list(_VALUES.values())
    if not any(pattern.fullmatch(value) for pattern in patterns):
        return False
    if full := _FULL_DATE.match(value):
        try:
            date(*map(int, full.groups()))
        except ValueError:
            return False
    return True


def canonical_value(value: str) -> str:
    """The canonical form of a TIMEX3 value: values that are one length by definition have one form.

    Lengths become months, days, weekends and seconds: P1DE, P10Y and P120M are P120M; P1W and P7D
    are P7D; PT1H and PT60M are PT3600S. All else is its own form: dates, PXY, and lengths that are
    equal only on the average, such as P1M and P30D.
    """
    if not _VALUES["DURATION"].fullmatch(value) or "X" in value:
        return value
    days, _, clock = value.removeprefix("P").partition("T")
    totals = dict.fromkeys(("M", "D", "WE", "S"), Decimal(0))
    for part, bases in ((days, _BASE), (clock, _CLOCK_BASE)):
        for number, unit in _LENGTH.findall(part):
            base, factor = bases[unit]
            totals[base] += Decimal(number) * factor
    shown = {unit: f"{total.normalize():f}{unit}" for unit, total in totals.items() if total}
    seconds = shown.pop("S", None)
    length = "".join(shown.values()) + (f"T{seconds}" if seconds else "")
    return f"P{length or '0D'}"


def vague_value(surface: str) -> str | None:
    """The value of a vague expression; None for other expressions. What can be a day of the week
    (ngày thứ tư) can be vague.
    """
    key = " ".join(surface.casefold().split())
    if key in VAGUE:
        return VAGUE[key]
    if _ORDINAL_PERIOD.fullmatch(key):
        return "XXXX"
    length = _INDEFINITE_LENGTH.fullmatch(key)
    return _UNITS[length["unit"] or length["these"]] if length else None


def _vague(surface: str, record: Date) -> Iterator[Message]:
    """What is wrong with ``vague`` and the value that it asks for."""
    expected = vague_value(surface)
    if _WEEKDAY.fullmatch(surface.casefold()) and not record.vague:
        return
    if record.vague != (expected is not None):
        yield (
            say(
                "{surface!r} is on the list of vague expressions, but vague is {vague}",
                surface=surface,
                vague=record.vague,
            )
            if expected is not None
            else say(
                "{surface!r} is not on the list of vague expressions, but vague is {vague}",
                surface=surface,
                vague=record.vague,
            )
        )
    elif expected and record.value != expected:
        yield say(
            "{surface!r} has the value {expected}, not {value}",
            surface=surface,
            expected=expected,
            value=record.value,
        )


def _weekday(surface: str, record: Date) -> Iterator[Message]:
    """What is wrong with the value of a day of the week."""
    found = _WEEKDAY.match(surface.casefold())
    if found is None or record.vague or record.value is None:
        return
    number = _WEEKDAYS[found[1]]
    if full := _FULL_DATE.match(record.value):
        given = date(*map(int, full.groups())).isoweekday()
    elif week := _WEEK.match(record.value):
        given = int(week[1])
    else:
        return
    if given != number:
        yield say(
            "{surface!r} is day {number} of the week; {value} is day {given}",
            surface=surface,
            number=number,
            value=record.value,
            given=given,
        )


def _part_of_day(surface: str, record: Date) -> Iterator[Message]:
    """What is wrong with the value of a part of the day that stands alone."""
    found = _BARE_PART.fullmatch(surface.casefold())
    if found and record.type == "TIME" and record.value != (value := _PARTS_OF_DAY[found[1]]):
        yield say(
            "{surface!r} alone has the value {expected}, not {value}",
            surface=surface,
            expected=value,
            value=record.value,
        )


def _year_without_anchor(document: Document, record: Date) -> Iterator[Message]:
    """What is wrong with a year that the page does not print, where its day is not known."""
    segment = document.segment_at(record.start)
    year = re.match(r"\d{4}", record.value or "")
    if segment is None or segment.anchor_date or year is None:
        return
    if not re.search(rf"\b(?:{year[0]}|{year[0][2:]})\b", document.text):
        yield say(
            "value {value} has a year that the page does not print, and its segment has no anchor "
            "date; write XXXX for the year",
            value=record.value,
        )


def check(document: Document, scope: Scope) -> Iterator[Finding]:
    """Checks that values are well-formed for their type and agree with days of the week, parts of
    the day and years that the text prints, that no marker of time is inside a span, and ``vague``
    against the closed list.
    """
    for index, record in enumerate(document.dates):
        read = [read_as(record, reading) for reading in record.readings]
        for date_ in (record, *filter(None, read)):
            given = date_.value is not None or scope.complete
            if given and not well_formed(date_.value or "", date_.type):
                message = say(
                    "value {value!r} is not a TIMEX3 value of type {type}",
                    value=date_.value,
                    type=date_.type,
                )
                yield Finding("timex", message, "dates", index)
        if not scope.annotates("dates.vague"):
            continue
        surface = document.text[record.start : record.end]
        for message in _vague(surface, record):
            yield Finding("vague", message, "dates", index)
        if not scope.complete:
            continue
        well = well_formed(record.value or "", record.type)
        for message in (
            *(_weekday(surface, record) if well else ()),
            *(_part_of_day(surface, record) if well else ()),
            *_year_without_anchor(document, record),
        ):
            yield Finding("timex", message, "dates", index)
        if outside := _OUTSIDE.match(surface.casefold()):
            message = say("{word!r} before the expression stands outside it", word=outside[1])
            yield Finding("edge-outside", message, "dates", index)


LAYER = Layer(
    name="dates",
    title="Dates",
    label_field="type",
    vocabularies={"type": TYPES, "mod": MODS},
    check=check,
)
