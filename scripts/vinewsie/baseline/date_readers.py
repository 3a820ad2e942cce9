"""Readers of time expressions: from the groups of a match to type, value and mod."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

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
from vinewsie.scheme.dates import VAGUE

UNIT = "một|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín"
DIGITS = r"\d{1,4}(?:[.,]\d{1,3})?"
WORDS = rf"(?:mười(?: (?:một|hai|ba|bốn|tư|lăm|năm|sáu|bảy|tám|chín))?|(?:{UNIT}) (?:mươi|chục)(?: (?:mốt|hai|ba|bốn|tư|lăm|sáu|bảy|tám|chín))?"
WORDS += rf"|{UNIT}"
NUMBER = rf"(?:{DIGITS}|{WORDS}|nửa|một trăm|hai trăm|chục))"
MONTH = r"(?:mười một|mười hai|giêng|chạp|một|hai|ba|tư|bốn|năm|sáu|bảy|bẩy|tám|chín|mười|1[0-2]|0?[1-9])"
MAY_COUNT = frozenset({"một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy"})
YEAR = r"(?:1[5-9]|20)\d\d"
PART = r"(?:rạng sáng|sáng sớm|sáng|trưa|chiều tối|chiều|tối|đêm|khuya|nửa đêm)"
PARTS = {
    "rạng": "MO",
    "sáng": "MO",
    "trưa": "MI",
    "chiều": "AF",
    "tối": "EV",
    "đêm": "NI",
    "khuya": "NI",
    "nửa": "NI",
}
HEAD = rf"(?:(?:(?P<part>{PART}) )?(?:ngày|hôm|mùng|mồng|ngày mùng|bữa)|(?P<part2>{PART}))"
QUANTITY = {
    "khoảng": "APPROX", "chừng": "APPROX", "độ": "APPROX", "xấp xỉ": "APPROX", "gần": "LESS_THAN",
    "chưa đầy": "LESS_THAN", "chưa đến": "LESS_THAN",
    "chưa tới": "LESS_THAN", "hơn": "MORE_THAN", "trên": "MORE_THAN", "ít nhất": "EQUAL_OR_MORE", "tối thiểu": "EQUAL_OR_MORE",
    "tối đa": "EQUAL_OR_LESS", "nhiều nhất": "EQUAL_OR_LESS", "không quá": "EQUAL_OR_LESS",
}  # fmt: skip
MOD = rf"(?:(?P<mod>{'|'.join(QUANTITY)}) )?"
EDGE = r"(?:(?P<edge>đầu|giữa|cuối|khoảng đầu|khoảng giữa|khoảng cuối|khoảng) )?"
EDGES = {"đầu": "START", "giữa": "MID", "cuối": "END", "khoảng": "APPROX"}
SPAN_UNITS = {
    "giây": ("T", "S", 1), "phút": ("T", "M", 1), "giờ": ("T", "H", 1), "giờ đồng hồ": ("T", "H", 1), "tiếng đồng hồ": ("T", "H", 1),
    "tiếng": ("T", "H", 1), "ngày": ("", "D", 1),
    "hôm": ("", "D", 1), "tuần": ("", "W", 1), "tuần lễ": ("", "W", 1), "tháng": ("", "M", 1), "quý": ("", "Q", 1), "năm": ("", "Y", 1),
    "thập kỷ": ("", "DE", 1), "thập niên": ("", "DE", 1), "thập kỉ": ("", "DE", 1), "thế kỷ": ("", "CE", 1), "thế kỉ": ("", "CE", 1),
    "thiên niên kỷ": ("", "ML", 1), "đêm": ("", "D", 1), "niên": ("", "Y", 1),
}  # fmt: skip
SPAN = "|".join(sorted((u for u in SPAN_UNITS if u not in {"niên", "hôm"}), key=len, reverse=True))
TO_UNIT = {
    "ngày": "D",
    "hôm": "D",
    "tuần": "W",
    "tháng": "M",
    "quý": "Q",
    "năm": "Y",
    "thập kỷ": "DE",
    "thập niên": "DE",
    "thế kỷ": "CE",
}
STEPS = {
    "trước": -1,
    "qua": -1,
    "vừa qua": -1,
    "vừa rồi": -1,
    "rồi": -1,
    "ngoái": -1,
    "kia": -2,
    "này": 0,
    "nay": 0,
    "tới": 1,
    "sau": 1,
}
STEPS |= {"sắp tới": 1, "kế tiếp": 1, "tiếp theo": 1}
STEP = "|".join(sorted(STEPS, key=len, reverse=True))
POINT_BEFORE = re.compile(
    r"(?:\b(?:vào|từ|đến|tới|trước|sau|kể từ|hồi|hôm|trong|ngày|cho đến|cho tới|và|lúc|đêm|sáng|chiều|tối|trưa)|[-–(,/]) ?$",
    re.IGNORECASE,
)
NO_YEAR_AFTER = re.compile(
    r" ?(?:người|usd|đô|đồng|km|m\b|mét|tấn|kg|chiếc|vụ|ca|tên|trường|đơn|bộ|căn|hộ|quân|binh"
    r"|tỷ|triệu|nghìn|ngàn|%|mw|ha|điểm|euro|lần|trang|xe|tàu|máy|[.,]\d|/\d|-(?!(?:1[5-9]|20)\d\d(?!\d))\d)",
    re.IGNORECASE,
)


TAIL = r"(?: (?P<half>rưỡi))?(?: (?P<tail>qua|trước|nay|tới|nữa|vừa qua|gần đây|sau)(?! (?:đó|khi|này|cuộc|ngày|khi)))?"


@dataclass(frozen=True)
class Context:
    """What the reading of an expression depends on: the line's text before and after it, and the
    anchor.
    """

    before: str
    after: str
    anchor: date | None


Reading = tuple[str, str | None, str | None]
"""Type, value and mod; a value of None refuses the expression."""
Groups = defaultdict[str, str]
"""The named groups of a match by their names without digits; the whole match is 'text'."""
Reader = Callable[[Groups, Context], Reading]


def month_number(word: str) -> int | None:
    """The number of a month in digits or words."""
    return int(word) if word.isdecimal() else MONTHS.get(word.lower())


def edge_mod(group: Groups) -> str | None:
    """The mod of đầu, giữa, cuối before an expression."""
    words = group["edge"].lower().split()
    return EDGES.get(words[-1]) if words else None


def read_with_part(group: Groups, value: str | None) -> Reading:
    """A day, or with a part of the day the time of day."""
    part = group["part"].lower().split()
    if part and value and len(value) == 10:
        return "TIME", f"{value}T{PARTS[part[0]]}", None
    return "DATE", value, edge_mod(group)


def read_full(group: Groups, context: Context) -> Reading:
    """A date some parts of which may be missing."""
    day = int(group["d"]) if group["d"] else None
    month = month_number(group["m"]) if group["m"] else None
    year = full_year(group["y"]) if group["y"] else None
    return read_with_part(group, day_value(day, month, year, context.anchor))


def read_month_only(group: Groups, context: Context) -> Reading:
    """A month without a year; a month's name in lower case may be a number that counts what
    follows.
    """
    if (
        group["m"].lower() in MAY_COUNT
        and group["m"].islower()
        and not re.match(r"[.,;:)!?…]|$| (?:năm|tới|vừa|qua)", context.after)
    ):
        return "DATE", None, None
    return read_full(group, context)


def read_day_of_month(group: Groups, context: Context) -> Reading:
    """A day of this, the last or the next month."""
    if context.anchor is None:
        return "DATE", f"XXXX-XX-{int(group['d']):02d}" if int(group["d"]) <= 31 else None, None
    year, month = step_months(context.anchor, STEPS[group["step"].lower()])
    return read_with_part(group, day_value(int(group["d"]), month, year, context.anchor))


def read_month_of_year(group: Groups, context: Context) -> Reading:
    """A month, perhaps with its day, of this, the last or the next year."""
    year = shifted(context.anchor, STEPS[group["step"].lower()], "Y")
    if context.anchor is None or not year:
        return read_full(group, context)
    return read_with_part(
        group,
        day_value(
            int(group["d"]) if group["d"] else None,
            month_number(group["m"]),
            int(year),
            context.anchor,
        ),
    )


def read_edge_only(group: Groups, context: Context) -> Reading:
    """The beginning, middle or end of this month or year."""
    return "DATE", shifted(context.anchor, 0, TO_UNIT[group["u"].lower()]), edge_mod(group)


def read_bare(group: Groups, context: Context) -> Reading:
    """A day and month without a head: only where a date is expected, lest fractions and scores
    become dates.
    """
    if (
        not POINT_BEFORE.search(context.before)
        or context.after[:1] in {"%", "/"}
        or re.match(r" (?:số|dân|diện|người|thành)", context.after)
    ):
        return "DATE", None, None
    return read_full(group, context)


def read_year(group: Groups, context: Context) -> Reading:
    """A year; without its head only where a number is hardly anything else."""
    if not group["head"] and (
        NO_YEAR_AFTER.match(context.after)
        or re.search(r"(?:[\d.,/$-]|số|hơn|gần|khoảng|tổng) ?$", context.before)
    ):
        previous = re.search(rf"(?:^|[\s(]){YEAR} ?[-–] ?$", context.before)
        if not previous:
            return "DATE", None, None
    return "DATE", group["y"], edge_mod(group)


def read_decade(group: Groups, context: Context) -> Reading:
    """A decade."""
    digits = group["y"]
    return (
        "DATE",
        digits[:3]
        if len(digits) == 4
        else f"19{digits[0]}"
        if int(digits) >= 30
        else f"20{digits[0]}",
        edge_mod(group),
    )


def read_century(group: Groups, context: Context) -> Reading:
    """A century."""
    which = roman(group["n"])
    return "DATE", f"{which - 1:02d}" if which and 1 < which < 30 else None, edge_mod(group)


def read_quarter(group: Groups, context: Context) -> Reading:
    """A quarter of a year."""
    which = roman(group["n"]) or MONTHS.get(group["n"].lower())
    year = group["y"] or (f"{context.anchor.year:04d}" if context.anchor else "XXXX")
    return "DATE", f"{year}-Q{which}" if which and 1 <= which <= 4 else None, edge_mod(group)


def read_season(group: Groups, context: Context) -> Reading:
    """A season."""
    name = {"xuân": "SP", "hè": "SU", "hạ": "SU", "thu": "FA", "đông": "WI"}[group["s"].lower()]
    year = group["y"] or shifted(context.anchor, STEPS.get(group["step"].lower(), 0), "Y")
    return "DATE", f"{year}-{name}", edge_mod(group)


def read_half(group: Groups, context: Context) -> Reading:
    """A half of a year."""
    year = group["y"] or shifted(
        context.anchor, STEPS.get((group["step"] or "nay").lower(), 0), "Y"
    )
    return "DATE", f"{year}-H{1 if group['h'].lower() == 'đầu' else 2}", None


def read_today(group: Groups, context: Context) -> Reading:
    """Yesterday, today, tomorrow."""
    word = group["w"].lower()
    step = {"nay": 0, "qua": -1, "mai": 1, "kia": -2, "mốt": 2}[word.split()[-1]]
    if word == "ngày kia":
        step = 2
    value = shifted(context.anchor, step, "D")
    return read_with_part(group, value)


def read_weekday(group: Groups, context: Context) -> Reading:
    """A day of the week."""
    number_word = group["n"]
    marked = (
        group["head"]
        or group["part"]
        or group["step"]
        or (number_word and (number_word[0].isupper() or number_word.isdecimal()))
    )
    if re.search(
        r"(?:lần|người|thế giới|đại chiến|thế chiến|vị trí|lớn|cao|hạng|cuộc|đời|chiếc|nhiệm kỳ|thời) $",
        context.before,
        re.IGNORECASE,
    ):
        return "DATE", None, None
    if (
        group["head"].lower() == "ngày"
        and number_word
        and number_word.islower()
        and not context.after.startswith(" tuần")
    ):
        return "DATE", None, None
    if (
        not marked
        and number_word
        and not re.match(r"(?: tuần|,? \(?(?:ngày )?\d{1,2}[/-]\d)", context.after)
    ):
        return "DATE", None, None
    weekday = 7 if not number_word else WEEKDAYS[number_word.lower()]
    step = group["step"].lower()
    future = step in {"tới", "sắp tới", "sau"} or (
        not step and not group["head"] and re.search(r"\bsẽ\b", context.before[-60:]) is not None
    )
    week = (
        STEPS[step.split(" ", 1)[1]]
        if step.startswith("tuần ")
        else 0
        if step in {"này", "nay"}
        else None
    )
    reading = read_with_part(group, weekday_value(weekday, context.anchor, week, future))
    return ("DATE", reading[1], None) if context.anchor is None else reading


def read_relative(group: Groups, context: Context) -> Reading:
    """The week, month or year before, of or after the anchor."""
    unit, step = TO_UNIT[group["u"].lower()], group["step"].lower()
    if (step in {"ngoái", "kia", "nay"} and unit != "Y") or unit == "D":
        return "DATE", None, None
    if re.search(
        r"(?:\d|mấy|vài|nhiều|những|các|một|hai|ba|bốn|sáu|bảy|tám|chín|mười|mươi|trăm) $",
        context.before,
        re.IGNORECASE,
    ):
        return "DATE", None, None
    if unit == "W" and group["edge"].lower() == "cuối":
        return "DATE", None, None
    return "DATE", shifted(context.anchor, STEPS[step], unit), edge_mod(group)


def read_weekend(group: Groups, context: Context) -> Reading:
    """A weekend."""
    week = shifted(context.anchor, STEPS.get((group["step"] or "này").lower(), 0), "W")
    return "DATE", f"{week}-WE", None


def read_vague(group: Groups, context: Context) -> Reading:
    """An expression of the closed list of vague ones."""
    word = group["text"].lower()
    if word == "hiện" and (
        re.search(
            r"(?:thực|xuất|thể|biểu|phát|tái|cụ|hiển|ẩn|tân|ảo|hậu) $",
            context.before,
            re.IGNORECASE,
        )
        or re.match(
            r" (?:đại|trường|diện|thực|vật|hữu|hành|tượng|ra|lên|rõ|thân|kim|sinh|tồn|hình|thời)\b",
            context.after,
        )
    ):
        return "DATE", None, None
    if word == "gần đây" and re.search(r"(?:năm|tháng|tuần|ngày) $", context.before):
        return "DATE", "PAST_REF", None
    return (
        "DURATION" if VAGUE[word].startswith("P") and VAGUE[word][1:2] in {"X", "T"} else "DATE",
        VAGUE[word],
        None,
    )


def read_ordinal(group: Groups, context: Context) -> Reading:
    """An ordinal period, which is vague."""
    return "DATE", "XXXX", None


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
    if unit == "tiếng" and not re.match(
        r"(?: (?:trước|sau|qua|mỗi|để|liền|liên)|[.,;)]|$)", context.after
    ):
        return "DURATION", None, None
    value, tail = length_value(words, unit, bool(group["half"])), group["tail"].lower()
    mod = QUANTITY.get(group["mod"].lower().strip())
    if (value and tail in {"trước", "sau", "nữa"}) or group["ago"]:
        count, letter = number(words), SPAN_UNITS[unit]
        if letter[0] or count is None or "X" in (value or ""):
            return "DATE", "FUTURE_REF" if tail in {"sau", "nữa"} else "PAST_REF", mod
        return (
            "DATE",
            shifted(
                context.anchor, round(count) * (1 if tail in {"nữa", "sau"} else -1), letter[1]
            ),
            mod,
        )
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
    sure = (
        group["glued"]
        or part
        or group["d"]
        or group["w"]
        or re.search(r"(?:lúc|vào|hồi|từ|đến) $", context.before, re.IGNORECASE)
    )
    if group["w"].lower() in {"nay", "qua", "mai"} and not part:
        return "TIME", None, None
    if (
        hour > 24
        or minute > 59
        or not (sure or re.match(r" (?:giờ )?(?:GMT|giờ|theo giờ|địa phương|ET)", context.after))
    ):
        return "TIME", None, None
    if (
        part
        and part[0] in {"chiều", "tối", "đêm"}
        and hour < 12
        and not (part[0] == "đêm" and hour < 5)
    ):
        hour += 12
    day = ""
    if group["d"]:
        day = (
            day_value(
                int(group["d"]),
                int(group["m"]) if group["m"] else None,
                full_year(group["y"]) if group["y"] else None,
                context.anchor,
            )
            or ""
        )
    elif group["w"]:
        day = (
            shifted(
                context.anchor, {"nay": 0, "qua": -1, "mai": 1}[group["w"].lower().split()[-1]], "D"
            )
            or ""
        )
    return "TIME", f"{day}T{hour:02d}:{minute:02d}", QUANTITY.get(group["mod"].lower())
