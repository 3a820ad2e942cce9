"""Time expressions: patterns over a line, each with the function that reads its type and value."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vinewsie.baseline import date_readers as readers
from vinewsie.baseline.calendar_math import day_value
from vinewsie.baseline.date_readers import YEAR, Groups, TimexContext, TimexReader
from vinewsie.baseline.surface import NewsLine
from vinewsie.scheme.dates import well_formed


@dataclass(frozen=True)
class TimeExpression:
    """A time expression of the normalised text."""

    start: int
    end: int
    type: str
    value: str
    mod: str | None = None
    vague: bool = False


def _any(expressions: Iterable[str]) -> str:
    return "|".join(sorted(expressions, key=len, reverse=True))


_DIGIT = "một|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín"
_NUMBER = (
    r"(?:\d{1,4}(?:[.,]\d{1,3})?"
    r"|mười(?: (?:một|hai|ba|bốn|tư|lăm|năm|sáu|bảy|tám|chín))?"
    rf"|(?:{_DIGIT}) (?:mươi|chục)(?: (?:mốt|hai|ba|bốn|tư|lăm|sáu|bảy|tám|chín))?"
    rf"|{_DIGIT}|nửa|một trăm|hai trăm|chục)"
)
_MONTH_DIGITS = "1[0-2]|0?[1-9]"
_MONTH = rf"(?:mười một|mười hai|giêng|chạp|{_DIGIT}|mười|{_MONTH_DIGITS})"
_SUNDAY = "chủ nhật|chúa nhật"
_WEEKDAY = r"[Tt]hứ (?:Hai|Ba|Tư|Năm|Sáu|Bảy|[2-7](?![\d/]))|[Cc]h(?:ủ|úa) [Nn]hật"
_PART = f"(?:{_any(readers.PARTS)})"
_HEAD = (
    rf"(?:(?:(?P<part>{_PART}) )?(?:ngày|hôm|mùng|mồng|ngày mùng|bữa)"
    rf"|(?P<part2>{_PART}))"
)
_MOD = f"(?:(?P<mod>{_any(readers.MODIFIERS)}) )?"
_EDGE = r"(?:(?P<edge>đầu|giữa|cuối|khoảng đầu|khoảng giữa|khoảng cuối|khoảng) )?"
_UNIT = _any(readers.LENGTH_UNITS)
_STEP = _any(readers.STEPS)
_TAIL = (
    r"(?: (?P<half>rưỡi))?"
    r"(?: (?:qua|tới|vừa qua|gần đây)(?! (?:đó|khi|này|cuộc|ngày)))?"
)

_RULES: list[tuple[str, TimexReader]] = [
    (
        rf"{_MOD}(?P<h>\d{{1,2}})"
        r"(?:(?P<glued>h(?![a-zà-ỹ])|[hg:](?=\d\d(?!\d)))(?P<min>\d\d)?"
        r"| giờ(?: (?P<min2>\d\d?)(?: phút)?)?)"
        rf"(?: (?P<p>{_PART}))?"
        r"(?:,? (?:(?:ngày|hôm) (?P<d>\d{1,2})(?:/(?P<m>\d{1,2})(?:/(?P<y>\d{4}))?)?"
        rf"|(?P<w>hôm nay|hôm qua|ngày mai|nay|qua|mai)(?!\w)"
        rf"|(?:hôm |ngày )?(?-i:(?P<wd>{_WEEKDAY}))))?"
        r"(?!\d)",
        readers.read_clock,
    ),
    (
        rf"{_HEAD} (?P<d>\d{{1,2}}),? tháng (?P<m>{_MONTH})"
        rf"(?:,? (?:năm )?(?P<y>{YEAR}))?(?![\d/])",
        readers.read_date,
    ),
    (
        rf"(?P<d>\d{{1,2}}) tháng (?P<m>{_MONTH}),? (?:năm )?(?P<y>{YEAR})(?![\d/])",
        readers.read_date,
    ),
    (
        rf"(?P<d>\d{{1,2}}) (?:(?-i:Tháng) (?P<m>{_MONTH})|tháng (?P<m2>{_MONTH_DIGITS}))"
        r"(?!\w)(?! (?:tới|trước|qua))",
        readers.read_bare_date,
    ),
    (
        rf"{_HEAD} (?P<d>\d{{1,2}}) ?[/.-] ?(?P<m>{_MONTH_DIGITS})"
        rf"(?: ?[/.-] ?(?P<y>{YEAR}|\d\d(?!\d)))?(?![\d/])",
        readers.read_date,
    ),
    (rf"(?P<y>{YEAR})-(?P<m>1[0-2]|0[1-9])-(?P<d>[0-3]\d)(?!\d)", readers.read_date),
    (
        rf"(?P<d>[0-3]?\d)[/.-](?P<m>{_MONTH_DIGITS})[/.-](?P<y>{YEAR})(?!\d)",
        readers.read_date,
    ),
    (
        rf"(?<!cửa )(?<!đặt )(?:(?:ngày|hôm) )?(?:{_PART} )?(?:mỗi|hằng|hàng) "
        rf"(?:thứ (?P<n>hai|ba|tư|năm|sáu|bảy|[2-7])|{_SUNDAY})",
        readers.read_every_weekday,
    ),
    (
        rf"(?:(?P<part>sớm|{_PART}) )?(?:(?P<head>hôm|ngày) )?"
        rf"(?:thứ (?P<n>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|{_SUNDAY})(?![\w/])"
        rf"(?: (?P<step>tuần (?:{_STEP})|vừa qua|vừa rồi|qua|tới|sắp tới|này))?",
        readers.read_weekday,
    ),
    (rf"(?P<d>[0-3]?\d)/(?P<m>{_MONTH_DIGITS})(?![\d/])", readers.read_bare_date),
    (
        rf"{_EDGE}tháng (?P<m>{_MONTH})(?:/|,? năm |,? )(?P<y>{YEAR})(?!\d)",
        readers.read_date,
    ),
    (rf"(?P<m>{_MONTH_DIGITS})/(?P<y>{YEAR})(?!\d)", readers.read_date),
    (
        rf"{_EDGE}(?P<u>{_any(readers.PERIOD_UNITS)}) (?P<step>{_STEP})(?! (?:đó|đây|cùng))",
        readers.read_period,
    ),
    (
        r"(?<!cửa )(?<!đặt )(?<!bán )(?<!giao )(?:hàng|hằng|mỗi|từng) "
        r"(?P<u>giờ|ngày|đêm|tuần|tháng|quý|năm|thập kỷ)",
        readers.read_every,
    ),
    (
        rf"mỗi (?P<n>{_NUMBER}) (?P<u>{_UNIT})|(?P<n2>{_NUMBER}) (?P<u2>{_UNIT}) một lần",
        readers.read_every,
    ),
    (
        rf"(?:(?P<part>{_PART}) )?(?:ngày(?: mùng)?|hôm|mùng|mồng) (?P<d>\d{{1,2}})"
        r"(?![\d.,/]?\d)(?! tháng (?:này|trước|qua|tới|sau))(?! ?(?:người|tuổi|giờ|lần|%))",
        readers.read_date,
    ),
    (
        rf"(?:(?P<part>{_PART}) )?"
        r"(?P<w>(?:ngày )?hôm (?:nay|qua|kia)|ngày mai|ngày kia|bữa (?:nay|qua))",
        readers.read_near_day,
    ),
    (rf"(?P<part>{_PART}) (?P<w>nay|qua|mai)(?! (?:đời|sau|lại))", readers.read_near_day),
    (
        rf"(?:(?P<part>{_PART}) )?(?:ngày hôm|ngày|hôm) (?P<w>sau|trước|đó|ấy|sau đó|trước đó)"
        rf"|(?P<part2>{_PART}) (?P<w2>đó|ấy)",
        readers.read_anaphoric_day,
    ),
    (
        rf"(?P<edge>đầu|giữa|cuối) (?:giờ |buổi )?(?P<part>{_PART})(?: (?P<w>nay|qua|mai))?",
        readers.read_part,
    ),
    (rf"(?:buổi )?(?P<part>{_PART})", readers.read_part),
    (r"cuối ngày", readers.read_part),
    (rf"cuối tuần(?: (?P<step>{_STEP}))?", readers.read_weekend),
    (
        rf"nửa (?P<h>đầu|cuối|sau) năm (?:(?P<y>{YEAR})|(?P<step>nay|ngoái|tới))",
        readers.read_half,
    ),
    (
        rf"{_EDGE}(?:những năm|thập niên|thập kỷ|thập kỉ)(?: của)?(?: những)?(?: năm)?"
        rf" (?P<y>{YEAR}|[2-9]0)(?!\d)",
        readers.read_decade,
    ),
    (
        r"(?:(?P<edge>đầu|giữa|cuối) )?thế kỷ (?:thứ )?(?P<n>[ivx]+|\d{1,2})(?!\w)",
        readers.read_century,
    ),
    (
        rf"{_EDGE}quý (?P<n>iv|i{{1,3}}|[1-4]|một|hai|ba|tư)(?!\w)"
        rf"(?:(?:/|,? năm |,? )(?P<y>{YEAR}))?",
        readers.read_quarter,
    ),
    (
        rf"mùa (?P<s>xuân|hè|hạ|thu|đông)(?:(?: năm)? (?P<y>{YEAR})"
        r"| (?:năm )?(?P<step>nay|ngoái|này|tới|sau|trước|năm ngoái))",
        readers.read_season,
    ),
    (rf"{_EDGE}(?P<head>năm) (?P<y>{YEAR})(?![\d.,]?\d)", readers.read_year),
    (rf"{_EDGE}(?P<y>(?:1[89]|20)\d\d)(?!\d|[.,]\d)", readers.read_year),
    (rf"{_EDGE}tháng (?P<m>{_MONTH})(?![\w/])(?! (?:tuổi|ngày))", readers.read_month),
    (
        rf"{_EDGE}(?:(?:ngày )?(?P<d>\d{{1,2}})(?:/| tháng )|tháng )(?P<m>{_MONTH})"
        r" năm (?P<step>ngoái|nay|tới|trước|sau)(?! khi)",
        readers.read_month_of_year,
    ),
    (
        r"(?:ngày|hôm|mùng) (?P<d>\d{1,2}) tháng (?P<step>này|trước|qua|tới|sau)",
        readers.read_day_of_month,
    ),
    (
        r"(?P<edge>đầu|giữa|cuối) (?P<u>năm|tháng)"
        r"(?! (?:\d|ngoái|nay|này|qua|trước|tới|sau|vừa|kia|giêng|chạp|hai|ba|tư|năm|sáu|bảy|tám"
        r"|chín|mười|một))",
        readers.read_edge,
    ),
    (
        r"những năm qua|hiện nay|hiện tại|gần đây|vừa qua|mới đây|hiện",
        readers.read_vague,
    ),
    (
        r"(?:ngày|tuần|tháng|quý|năm|thập kỷ|thế kỷ) thứ"
        r" (?:nhất|nhì|hai|ba|tư|năm|sáu|bảy|tám|chín|mười|\d+)",
        readers.read_ordinal,
    ),
    (
        rf"{_MOD}(?P<mod2>(?:gần|hơn|khoảng) )?"
        rf"(?P<n>vài|mấy|nhiều|những|hàng chục|hàng trăm|vài chục|{_NUMBER}) (?P<u>{_UNIT})"
        rf"(?!\w)(?! \d){_TAIL}",
        readers.read_duration,
    ),
]
"""Patterns with their readers; of equal spans the first one counts. The names of groups end in a
digit where a pattern has two of the same name.
"""
_COMPILED = [
    (re.compile(rf"(?<![\w/])(?:{pattern})(?!\w)", re.IGNORECASE), reader)
    for pattern, reader in _RULES
]
_DAY_RANGE = re.compile(
    r"(?<![\w/])(?P<a>(?P<head>ngày |hôm )?(?P<d>\d{1,2})(?:/(?P<m>\d{1,2}))?)"
    r"(?: ?[-–] ?| (?:cho )?(?:đến|tới)(?: hết)? |(?P<listed> và | hoặc ))"
    rf"(?P<b>(?:ngày |hôm )?(?P<d2>\d{{1,2}})"
    rf"(?:/(?P<m2>{_MONTH_DIGITS})(?:/(?P<y>{YEAR}))?"
    rf"|,? tháng (?P<m3>{_MONTH})(?:,? (?:năm )?(?P<y3>{YEAR}))?))(?![\w/])",
    re.IGNORECASE,
)
_DAY_LIST = re.compile(
    r"(?<!\w)(?:hai|các) (?P<a>ngày (?P<d>\d{1,2})) và (?P<b>(?P<d2>\d{1,2}))(?![\w/])(?! tháng)",
    re.IGNORECASE,
)
_MONTH_RANGE = re.compile(
    rf"(?<!\w)(?P<a>tháng (?P<m>{_MONTH}))(?: ?[-–] ?| (?:đến|tới|và) )"
    rf"(?P<b>(?:tháng )?(?P<m2>{_MONTH})(?:/|,? năm |,? )(?P<y>{YEAR}))(?!\w)",
    re.IGNORECASE,
)
_PLAIN_LETTERS = str.maketrans({"ſ": "s", "ı": "i", "İ": "I"})
"""Patterns that ignore case take these letters for s and i, ``str.lower`` does not."""
_BEFORE, _AFTER = 60, 30
"""The context of an expression, in code points."""


def find_times(text: str, line: NewsLine) -> list[TimeExpression]:
    """The time expressions of a line: ranges first, then the leftmost and of those the longest
    ones.
    """
    ranges = [*_day_ranges(text, line), *_day_lists(text, line), *_month_ranges(text, line)]
    found = [time for time in ranges if well_formed(time.value, time.type)]
    taken = {offset for time in found for offset in range(time.start, time.end)}
    for time in sorted(_candidates(text, line), key=lambda time: (time.start, -time.end)):
        offsets = range(time.start, time.end)
        if taken.isdisjoint(offsets):
            taken.update(offsets)
            found.append(time)
    return sorted(found, key=lambda time: time.start)


def _day_ranges(text: str, line: NewsLine) -> Iterator[TimeExpression]:
    """Both ends of ranges of days whose first end lacks a part that the second one has: 5-7/3."""
    for match in _DAY_RANGE.finditer(text, line.start, line.end):
        prefixed = text[max(line.start, match.start() - 3) : match.start()].lower() == "từ "
        if not (match["head"] or prefixed or (match["m"] and not match["listed"])):
            continue
        day, last_day = int(match["d"]), int(match["d2"])
        year = int(match["y"] or match["y3"] or 0) or None
        last_month = readers.month_number(match["m2"] or match["m3"])
        last = day_value(last_day, last_month, year, line.anchor)
        if last is None or last_month is None:
            continue
        if match["m"]:
            month = int(match["m"])
        else:
            month = last_month if day <= last_day else (last_month - 2) % 12 + 1
        if year is None and last[:4].isdecimal():
            year = int(last[:4])
        if year and month > last_month:
            year -= 1
        if first := day_value(day, month, year, line.anchor):
            yield TimeExpression(*match.span("a"), "DATE", first)
            yield TimeExpression(*match.span("b"), "DATE", last)


def _day_lists(text: str, line: NewsLine) -> Iterator[TimeExpression]:
    """Two days of a month that is not printed: hai ngày 22 và 23."""
    for match in _DAY_LIST.finditer(text, line.start, line.end):
        for name, day in (("a", match["d"]), ("b", match["d2"])):
            if value := day_value(int(day), None, None, line.anchor):
                yield TimeExpression(*match.span(name), "DATE", value)


def _month_ranges(text: str, line: NewsLine) -> Iterator[TimeExpression]:
    """Both ends of ranges of months with one year: tháng 3 đến tháng 5/2022."""
    for match in _MONTH_RANGE.finditer(text, line.start, line.end):
        for name, word in (("a", match["m"]), ("b", match["m2"])):
            month = readers.month_number(word)
            if value := day_value(None, month, int(match["y"]), line.anchor):
                yield TimeExpression(*match.span(name), "DATE", value)


def _candidates(text: str, line: NewsLine) -> Iterator[TimeExpression]:
    """The matches of all patterns with a well-formed value, pattern by pattern."""
    for pattern, reader in _COMPILED:
        for match in pattern.finditer(text, line.start, line.end):
            start, end = match.span()
            context = TimexContext(
                text[max(line.start, start - _BEFORE) : start],
                text[end : min(end + _AFTER, line.end)],
                line.anchor,
            )
            timex = reader(_groups(match), context)
            if timex.value and well_formed(timex.value, timex.type):
                yield TimeExpression(start, end, timex.type, timex.value, timex.mod, timex.vague)


def _groups(match: re.Match[str]) -> Groups:
    groups: Groups = defaultdict(str, text=match.group().translate(_PLAIN_LETTERS))
    for name, value in match.groupdict().items():
        if value:
            groups[name.rstrip("0123456789")] = value.translate(_PLAIN_LETTERS)
    return groups
