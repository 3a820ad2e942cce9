"""Values of time expressions: numbers in words, and days, weeks, months and years seen from an
anchor.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

_UNITS = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8,
    "chín": 9, "mười": 10,
}  # fmt: skip
MONTHS = {
    "giêng": 1,
    "một": 1,
    "chạp": 12,
    "mười một": 11,
    "mười hai": 12,
    **{word: n for word, n in _UNITS.items() if 2 <= n <= 10},
}
WEEKDAYS = {
    "hai": 1,
    "ba": 2,
    "tư": 3,
    "bốn": 3,
    "năm": 4,
    "sáu": 5,
    "bảy": 6,
    "bẩy": 6,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
    "7": 6,
}
_ROMAN = {"i": 1, "v": 5, "x": 10}


def number(words: str) -> float | None:
    """The number that digits or Vietnamese words name, None if they name none."""
    words = words.lower().strip()
    if words.replace(".", "").replace(",", "").isdecimal() and words.isascii():
        if len(words) > 12:
            return None
        whole = words.replace(".", "") if len(words.rpartition(".")[2]) == 3 else words
        return float(whole.replace(",", ".")) if whole.replace(",", ".").count(".") < 2 else None
    if words == "nửa":
        return 0.5
    if words == "chục":
        return 10
    total, current = 0, 0
    for word in words.split():
        if word == "mươi":
            current *= 10
        elif word == "chục":
            current = (current or 1) * 10
        elif word == "trăm":
            total, current = total + (current or 1) * 100, 0
        elif word == "mười":
            total, current = total + 10, 0
        elif word in _UNITS:
            current += _UNITS[word]
        elif word not in {"linh", "lẻ"}:
            return None
    return float(total + current) if total + current else None


def roman(word: str) -> int | None:
    """The number of a Roman numeral up to the thirties or of digits."""
    if word.isdecimal() and word.isascii():
        return int(word)
    values = [_ROMAN.get(letter, 0) for letter in word.lower()]
    if not values or not all(values):
        return None
    return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))


def real(year: int, month: int, day: int) -> date | None:
    """The day, None if the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def full_year(digits: str) -> int:
    """A year of two or four digits."""
    year = int(digits)
    return year if len(digits) > 2 else 2000 + year if year < 50 else 1900 + year


def day_value(
    day: int | None, month: int | None, year: int | None, anchor: date | None
) -> str | None:
    """The value of a date some parts of which may be missing; missing ones are such that the date
    is nearest to the anchor.
    """
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    if year is not None and not 1 <= year <= 9999:
        return None
    if month is None and day is None:
        return f"{year:04d}" if year else None
    if anchor is None or (month is not None and year is not None):
        month_part = f"{month:02d}" if month else "XX"
        value = f"{year:04d}-{month_part}" if year else f"XXXX-{month_part}"
        return (
            value
            if day is None
            else f"{value}-{day:02d}"
            if not (year and month) or real(year, month, day)
            else None
        )
    if month is None and day is not None:
        choices = [step_months(anchor, step) for step in (-1, 0, 1)]
        days = [
            found for y, m in choices if (year is None or y == year) and (found := real(y, m, day))
        ]
        return min(days, key=lambda d: (abs(d - anchor), d)).isoformat() if days else None
    years = [anchor.year - 1, anchor.year, anchor.year + 1] if year is None else [year]
    if day is None and month is not None:
        best = min(years, key=lambda y: abs((y - anchor.year) * 12 + month - anchor.month))
        return f"{best:04d}-{month:02d}"
    days = [found for y in years if 1 <= y <= 9999 and (found := real(y, month or 1, day or 1))]
    return min(days, key=lambda d: (abs(d - anchor), d)).isoformat() if days else None


def step_months(anchor: date, step: int) -> tuple[int, int]:
    """Year and month some months from the anchor."""
    months = anchor.year * 12 + anchor.month - 1 + step
    return months // 12, months % 12 + 1


def shifted(anchor: date | None, amount: int, unit: str) -> str | None:
    """The value of the day, week, month, quarter, year, decade or century some steps from the
    anchor, as fine as its unit.
    """
    if anchor is None:
        return {
            "D": "XXXX-XX-XX",
            "W": "XXXX-WXX",
            "M": "XXXX-XX",
            "Q": "XXXX-QX",
            "Y": "XXXX",
            "DE": "XXX",
            "CE": "XX",
        }.get(unit)
    if abs(amount) > 3000:
        return None
    try:
        if unit == "D":
            return (anchor + timedelta(days=amount)).isoformat()
        if unit == "W":
            year, week, _ = (anchor + timedelta(weeks=amount)).isocalendar()
            return f"{year:04d}-W{week:02d}"
    except OverflowError:
        return None
    if unit in {"M", "Q"}:
        year, month = step_months(anchor, amount * (3 if unit == "Q" else 1))
        if not 1 <= year <= 9999:
            return None
        return f"{year:04d}-{month:02d}" if unit == "M" else f"{year:04d}-Q{(month + 2) // 3}"
    year = anchor.year + amount * {"Y": 1, "DE": 10, "CE": 100}.get(unit, 1)
    if not 100 <= year <= 9999:
        return None
    return f"{year:04d}"[: {"DE": 3, "CE": 2}.get(unit, 4)]


def weekday_value(weekday: int, anchor: date | None, week: int | None, future: bool) -> str:
    """The value of a weekday (1 Monday … 7 Sunday): of the week ``week`` weeks from the anchor's,
    or the last one, or the next one.
    """
    if anchor is None:
        return f"XXXX-WXX-{weekday}"
    own = anchor.isoweekday()
    try:
        if week is not None:
            return (anchor + timedelta(days=weekday - own + 7 * week)).isoformat()
        return (
            anchor
            + timedelta(days=((weekday - own - 1) % 7) + 1 if future else -((own - weekday) % 7))
        ).isoformat()
    except OverflowError:
        return f"XXXX-WXX-{weekday}"


def last_day(year: int, month: int) -> int:
    """The number of days of a month."""
    return calendar.monthrange(year, month)[1]
