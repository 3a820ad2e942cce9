"""Values of time expressions: numbers in words, and days, weeks, months and years relative to an
anchor date.
"""

from __future__ import annotations

from datetime import date, timedelta

_NUMERALS = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
MONTHS = {
    **{word: value for word, value in _NUMERALS.items() if 2 <= value <= 10},
    "giêng": 1,
    "một": 1,
    "mười một": 11,
    "mười hai": 12,
    "chạp": 12,
}
WEEKDAYS = {
    **{str(number): number - 1 for number in range(2, 8)},
    "hai": 1,
    "ba": 2,
    "tư": 3,
    "bốn": 3,
    "năm": 4,
    "sáu": 5,
    "bảy": 6,
    "bẩy": 6,
}
"""Monday (thứ hai) is 1, as in ISO 8601."""
_ROMAN = {"i": 1, "v": 5, "x": 10}
_MOST_DIGITS = 12
_FARTHEST = 3000
"""Most steps from the anchor, in any unit."""
_UNKNOWN = {
    "D": "XXXX-XX-XX",
    "W": "XXXX-WXX",
    "M": "XXXX-XX",
    "Q": "XXXX-QX",
    "Y": "XXXX",
    "DE": "XXX",
    "CE": "XX",
}
"""The value of a step from an unknown anchor, by unit."""


def number(words: str) -> float | None:
    """The number that digits or Vietnamese words name, None if they name none."""
    words = words.lower().strip()
    if words.isascii() and words.replace(".", "").replace(",", "").isdecimal():
        if len(words) > _MOST_DIGITS:
            return None
        # A point before three digits separates thousands, any other one decimals.
        thousands = len(words.rpartition(".")[2]) == 3
        digits = (words.replace(".", "") if thousands else words).replace(",", ".")
        return float(digits) if digits.count(".") < 2 else None
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
        elif word in _NUMERALS:
            current += _NUMERALS[word]
        elif word not in {"linh", "lẻ"}:
            return None
    return float(total + current) if total + current else None


def roman(word: str) -> int | None:
    """The number of a Roman numeral of the letters I, V and X, or of digits."""
    if word.isdecimal() and word.isascii():
        return int(word)
    values = [_ROMAN.get(letter, 0) for letter in word.lower()]
    if not values or not all(values):
        return None
    return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))


def full_year(digits: str) -> int:
    """A year of two or four digits."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return 2000 + year if year < 50 else 1900 + year


def day_value(
    day: int | None, month: int | None, year: int | None, anchor: date | None
) -> str | None:
    """The value of a date whose parts may be missing.

    Args:
        day: the day of the month.
        month: the month.
        year: the year.
        anchor: the day that the date is to be nearest to, as far as parts are missing.

    Returns:
        The value, None if the calendar has no such date.
    """
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    if year is not None and not 1 <= year <= 9999:
        return None
    if month is None and day is None:
        return f"{year:04d}" if year else None
    if anchor is None or (month is not None and year is not None):
        if day is not None and month and year and not _real(year, month, day):
            return None
        value = f"{f'{year:04d}' if year else 'XXXX'}-{f'{month:02d}' if month else 'XX'}"
        return value if day is None else f"{value}-{day:02d}"
    if month is not None and day is None:
        nearest = min(
            (anchor.year - 1, anchor.year, anchor.year + 1),
            key=lambda near: abs((near - anchor.year) * 12 + month - anchor.month),
        )
        return f"{nearest:04d}-{month:02d}"
    if month is None:
        months = [step_months(anchor, step) for step in (-1, 0, 1)]
        choices = [(y, m) for y, m in months if year in {None, y}]
    else:
        choices = [(anchor.year + step, month) for step in (-1, 0, 1)]
    days = [real for y, m in choices if (real := _real(y, m, day or 1))]
    return min(days, key=lambda near: (abs(near - anchor), near)).isoformat() if days else None


def _real(year: int, month: int, day: int) -> date | None:
    """The day, None if the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def step_months(anchor: date, step: int) -> tuple[int, int]:
    """Year and month some months from the anchor."""
    months = anchor.year * 12 + anchor.month - 1 + step
    return months // 12, months % 12 + 1


def shifted(anchor: date | None, amount: int, unit: str) -> str | None:
    """The value of the period some steps from the anchor, as precise as its unit.

    Args:
        anchor: the day from which the steps count.
        amount: the number of steps; negative ones go back.
        unit: of a step: D, W, M, Q, Y, DE or CE.

    Returns:
        The value, None outside the calendar.
    """
    if anchor is None:
        return _UNKNOWN.get(unit)
    if abs(amount) > _FARTHEST:
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
    year = anchor.year + amount * {"DE": 10, "CE": 100}.get(unit, 1)
    if not 100 <= year <= 9999:
        return None
    return f"{year:04d}"[: {"DE": 3, "CE": 2}.get(unit, 4)]


def weekday_value(weekday: int, anchor: date | None, week: int | None, future: bool) -> str:
    """The value of a day of the week.

    Args:
        weekday: 1 Monday … 7 Sunday.
        anchor: the day that it is relative to.
        week: its week, counted from the anchor's; None for the nearest such day.
        future: whether the nearest one is sought after the anchor, else on or before it.
    """
    if anchor is None:
        return f"XXXX-WXX-{weekday}"
    days = weekday - anchor.isoweekday()
    if week is not None:
        days += 7 * week
    elif future:
        days = (days - 1) % 7 + 1
    else:
        days = -(-days % 7)
    try:
        return (anchor + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"XXXX-WXX-{weekday}"
