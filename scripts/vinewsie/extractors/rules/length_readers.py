"""Readers of lengths of time, recurring times and times of day."""

from __future__ import annotations

import re

from vinewsie.extractors.rules.calendar_math import WEEKDAYS, day_value, full_year, number, shifted
from vinewsie.extractors.rules.date_patterns import QUANTITY, SPAN_UNITS
from vinewsie.extractors.rules.date_readers import Context, Groups, Reading


def length_value(words: str, unit: str, half: bool) -> str | None:
    """The value of a length of time."""
    clock, letter, _ = SPAN_UNITS[unit.lower()]
    if words.lower().split()[0] in {"vài", "mấy", "nhiều", "những", "các", "hàng"}:
        return f"P{clock}X{letter}"
    value = number(words)
    if value is None:
        return None
    if value == 0.5 and letter in {"Y", "CE", "H"}:
        return {"Y": "P6M", "CE": "P50Y", "H": "PT30M"}[letter]
    return f"P{clock}{value + (0.5 if half else 0):g}{letter}" if value < 100000 else None


def read_duration(group: Groups, context: Context) -> Reading:
    """A length of time, or the point of time so far from now."""
    words, unit = group["n"], group["u"].lower()
    if re.match(r" (?:tuổi|một lần)", context.after) or re.search(
        r"(?:thứ|lần|ngày|tháng|năm|tuổi|[\d/]) $", context.before, re.IGNORECASE
    ):
        return "DURATION", None, None
    if unit == "tiếng" and not re.match(r"(?: (?:trước|sau|qua|mỗi|để|liền|liên)|[.,;)]|$)", context.after):
        return "DURATION", None, None
    value, tail = length_value(words, unit, bool(group["half"])), group["tail"].lower()
    mod = QUANTITY.get(group["mod"].lower().strip())
    if (value and tail in {"trước", "sau", "nữa"}) or group["ago"]:
        count, letter = number(words), SPAN_UNITS[unit]
        if letter[0] or count is None or "X" in (value or ""):
            return "DATE", "FUTURE_REF" if tail in {"sau", "nữa"} else "PAST_REF", mod
        return "DATE", shifted(context.anchor, round(count) * (1 if tail in {"nữa", "sau"} else -1), letter[1]), mod
    return "DURATION", value, mod


def read_every(group: Groups, context: Context) -> Reading:
    """A recurring time."""
    unit = group["u"].lower()
    clock, letter, _ = SPAN_UNITS[unit]
    value = length_value(group["n"], unit, False) if group["n"] else f"P{clock}1{letter}"
    return "SET", value, None


def read_every_weekday(group: Groups, context: Context) -> Reading:
    """A recurring day of the week."""
    return "SET", f"XXXX-WXX-{WEEKDAYS.get(group['n'].lower(), 7)}", None


def read_clock(group: Groups, context: Context) -> Reading:
    """A time of day with its day perhaps."""
    hour, minute = int(group["h"]), int(group["min"] or 0)
    part = group["p"].lower().split()
    sure = group["glued"] or part or group["d"] or group["w"] or re.search(r"(?:lúc|vào|hồi|từ|đến) $", context.before, re.IGNORECASE)
    if group["w"].lower() in {"nay", "qua", "mai"} and not part:
        return "TIME", None, None
    if hour > 24 or minute > 59 or not (sure or re.match(r" (?:giờ )?(?:GMT|giờ|theo giờ|địa phương|ET)", context.after)):
        return "TIME", None, None
    if part and part[0] in {"chiều", "tối", "đêm"} and hour < 12 and not (part[0] == "đêm" and hour < 5):
        hour += 12
    day = ""
    if group["d"]:
        day = (
            day_value(
                int(group["d"]), int(group["m"]) if group["m"] else None, full_year(group["y"]) if group["y"] else None, context.anchor
            )
            or ""
        )
    elif group["w"]:
        day = shifted(context.anchor, {"nay": 0, "qua": -1, "mai": 1}[group["w"].lower().split()[-1]], "D") or ""
    return "TIME", f"{day}T{hour:02d}:{minute:02d}", QUANTITY.get(group["mod"].lower())
