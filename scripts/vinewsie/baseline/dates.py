"""Time expressions: patterns over a line, tried in order, each with the function that reads its
type and value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from vinewsie.baseline.calendar_math import day_value
from vinewsie.baseline.date_readers import (
    EDGE,
    HEAD,
    MOD,
    MONTH,
    NUMBER,
    PART,
    SPAN,
    STEP,
    TAIL,
    YEAR,
    Context,
    Groups,
    Reader,
    month_number,
    read_bare,
    read_century,
    read_clock,
    read_day_of_month,
    read_decade,
    read_duration,
    read_edge_only,
    read_every,
    read_every_weekday,
    read_full,
    read_half,
    read_month_of_year,
    read_month_only,
    read_ordinal,
    read_quarter,
    read_relative,
    read_season,
    read_today,
    read_vague,
    read_weekday,
    read_weekend,
    read_year,
)
from vinewsie.baseline.surface import NewsLine
from vinewsie.scheme.dates import well_formed


@dataclass(frozen=True)
class TimeExpression:
    """A time expression of the working copy."""

    start: int
    end: int
    type: str
    value: str
    mod: str | None = None
    vague: bool = False


_RULES: list[tuple[str, Reader]] = [
    (rf"{MOD}(?P<h>\d{{1,2}})(?:(?P<glued>h(?![a-zà-ỹ])|[hg:](?=\d\d(?!\d)))(?P<min>\d\d)?| giờ(?: (?P<min2>\d\d?)(?: phút)?)?)"
     rf"(?: (?P<p>{PART}))?"
     rf"(?:,? (?:(?:ngày|hôm) (?P<d>\d{{1,2}})(?:/(?P<m>\d{{1,2}})(?:/(?P<y>\d{{4}}))?)?|(?P<w>hôm nay|hôm qua|ngày mai|nay|qua"
     rf"|mai)))?(?!\d)", read_clock),
    (rf"{HEAD} (?P<d>\d{{1,2}}),? tháng (?P<m>{MONTH})(?:,? (?:năm )?(?P<y>{YEAR}))?(?![\d/])", read_full),
    (rf"(?P<d>\d{{1,2}}) tháng (?P<m>{MONTH})(?:,? (?:năm )?(?P<y>{YEAR}))(?![\d/])", read_full),
    (rf"(?P<d>\d{{1,2}}) (?-i:Tháng) (?P<m>{MONTH})(?!\w)(?! (?:tới|trước|qua))", read_bare),
    (rf"{HEAD} (?P<d>\d{{1,2}}) ?[/.-] ?(?P<m>1[0-2]|0?[1-9])(?: ?[/.-] ?(?P<y>{YEAR}|\d\d(?!\d)))?(?![\d/])", read_full),
    (rf"(?P<y>{YEAR})-(?P<m>1[0-2]|0[1-9])-(?P<d>[0-3]\d)(?!\d)", read_full),
    (rf"(?P<d>[0-3]?\d)[/.-](?P<m>1[0-2]|0?[1-9])[/.-](?P<y>{YEAR})(?!\d)", read_full),
    (rf"(?:(?P<head>ngày|hôm) )?(?:(?P<part>{PART}) )?(?:mỗi|hằng|hàng) (?:thứ (?P<n>hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật"
     rf"|chúa nhật)", read_every_weekday),
    (rf"(?:(?P<part>{PART}) )?(?:(?P<head>hôm|ngày) )?(?:thứ (?P<n>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ nhật|chúa nhật)(?![\w/])"
     rf"(?: (?P<step>tuần (?:{STEP})|vừa qua|vừa rồi|qua|tới|sắp tới|này))?", read_weekday),
    (r"(?P<d>[0-3]?\d)/(?P<m>1[0-2]|0?[1-9])(?![\d/])", read_bare),
    (rf"{EDGE}tháng (?P<m>{MONTH})(?:/(?P<y>{YEAR})|,? (?:năm )(?P<y2>{YEAR})|,? (?P<y3>{YEAR}))(?!\d)", read_full),
    (rf"(?P<m>1[0-2]|0?[1-9])/(?P<y>{YEAR})(?!\d)", read_full),
    (rf"{EDGE}(?P<u>tuần|tháng|quý|năm|thập kỷ|thập niên|thế kỷ|ngày) (?P<step>{STEP})(?! (?:đó|khi|đây|cùng))", read_relative),
    (r"(?:hàng|hằng|mỗi|từng) (?P<u>giờ|ngày|đêm|tuần|tháng|quý|năm|thập kỷ)", read_every),
    (rf"(?:mỗi )(?P<n>{NUMBER}) (?P<u>{SPAN})|(?P<n2>{NUMBER}) (?P<u2>{SPAN}) một lần", read_every),
    (rf"(?:(?P<part>{PART}) )?(?:ngày(?: mùng)?|hôm|mùng|mồng) (?P<d>\d{{1,2}})(?![\d.,/]?\d)(?! (?:tháng (?P<step>này|trước|qua"
     rf"|tới|sau)))(?! ?(?:người|tuổi|giờ|lần|%))", read_full),
    (rf"(?:(?P<part>{PART}) )?(?P<w>(?:ngày )?hôm (?:nay|qua|kia)|ngày mai|ngày kia|bữa (?:nay|qua))", read_today),
    (rf"(?P<part>{PART}) (?P<w>nay|qua|mai)(?! (?:đời|sau|lại))", read_today),
    (rf"cuối tuần(?: (?P<step>{STEP}))?", read_weekend),
    (rf"nửa (?P<h>đầu|cuối|sau) năm (?:(?P<y>{YEAR})|(?P<step>nay|ngoái|tới))", read_half),
    (rf"{EDGE}(?:những năm|thập niên|thập kỷ|thập kỉ)(?: của)?(?: những)?(?: năm)? (?P<y>{YEAR}|[2-9]0)(?!\d)", read_decade),
    (r"(?:(?P<edge>đầu|giữa|cuối) )?thế kỷ (?:thứ )?(?P<n>[ivxIVX]+|\d{1,2})(?!\w)", read_century),
    (rf"{EDGE}quý (?P<n>iv|i{{1,3}}|[1-4]|một|hai|ba|tư)(?!\w)(?:(?:/|,? năm |,? )(?P<y>{YEAR}))?", read_quarter),
    (rf"mùa (?P<s>xuân|hè|hạ|thu|đông)(?:(?: năm)? (?P<y>{YEAR})| (?:năm )?(?P<step>nay|ngoái|này|tới|sau|trước|năm ngoái))", read_season),
    (rf"{EDGE}(?:(?P<head>năm) )(?P<y>{YEAR})(?![\d.,]?\d)", read_year),
    (rf"{EDGE}(?P<head>)(?P<y>(?:1[89]|20)\d\d)(?![\d]|[.,]\d)", read_year),
    (rf"{EDGE}tháng (?P<m>{MONTH})(?![\w/])(?! (?:tuổi|ngày))", read_month_only),
    (rf"{EDGE}(?:(?:ngày )?(?P<d>\d{{1,2}})(?:/| tháng )|tháng )(?P<m>{MONTH}) năm (?P<step>ngoái|nay|tới|trước|sau)"
     rf"(?! khi)", read_month_of_year),
    (r"(?:ngày|hôm|mùng) (?P<d>\d{1,2}) tháng (?P<step>này|trước|qua|tới|sau)", read_day_of_month),
    (r"(?P<edge>đầu|giữa|cuối) (?P<u>năm|tháng)(?! (?:\d|ngoái|nay|này|qua|trước|tới|sau|vừa|kia|giêng|chạp|hai|ba|tư|năm|sáu|bảy"
     r"|tám|chín|mười|một))", read_edge_only),
    (r"những năm qua|hiện nay|hiện tại|gần đây|vừa qua|mới đây|hiện", read_vague),
    (r"(?:ngày|tuần|tháng|quý|năm|thập kỷ|thế kỷ) thứ (?:nhất|nhì|hai|ba|tư|năm|sáu|bảy|tám|chín|mười|\d+)", read_ordinal),
    (rf"{MOD}(?P<ago>cách đây |cách nay )?(?P<mod2>(?:gần|hơn|khoảng) )?(?P<n>vài|mấy|nhiều|những|hàng chục|hàng trăm|vài chục"
     rf"|{NUMBER}) (?P<u>{SPAN})(?!\w)(?! \d){TAIL}", read_duration),
]  # fmt: skip

_COMPILED = [
    (re.compile(rf"(?<![\w/])(?:{pattern})(?!\w)", re.IGNORECASE), reader)
    for pattern, reader in _RULES
]
_RANGE = re.compile(
    rf"(?<![\w/])(?P<a>(?P<h>ngày |hôm )?(?P<d>\d{{1,2}})(?:/(?P<m>\d{{1,2}}))?)(?P<j> ?[-–] ?| (?:cho )?(?:đến|tới)(?: hết)? | và | hoặc )"
    rf"(?P<b>(?:ngày |hôm )?(?P<d2>\d{{1,2}})(?:/(?P<m2>1[0-2]|0?[1-9])(?:/(?P<y>{YEAR}))?|,? tháng (?P<m3>{MONTH})(?:,? "
    rf"(?:năm )?(?P<y3>{YEAR}))?))(?![\w/])",
    re.IGNORECASE,
)
_MONTHS_RANGE = re.compile(
    rf"(?<!\w)(?P<a>tháng (?P<m>{MONTH}))(?: ?[-–] ?| (?:đến|tới|và) )(?P<b>(?:tháng )?(?P<m2>{MONTH})(?:/|,? năm "
    rf"|,? )(?P<y>{YEAR}))(?!\w)",
    re.IGNORECASE,
)


def _groups(match: re.Match[str]) -> Groups:
    groups: Groups = defaultdict(str, text=match.group())
    for name, value in match.groupdict().items():
        if value:
            groups[name.rstrip("0123456789")] = value
    return groups


def _ranges(text: str, line: NewsLine) -> Iterator[TimeExpression]:
    """Both ends of ranges whose first end lacks what the second one says: 5-7/3, tháng 3 đến tháng
    5/2022.
    """
    for match in _RANGE.finditer(text, line.start, line.end):
        prefixed = text[max(line.start, match.start() - 3) : match.start()].lower() == "từ "
        if not (
            match["h"]
            or prefixed
            or (match["m"] and "và" not in match["j"] and "hoặc" not in match["j"])
        ):
            continue
        year = int(match["y"] or match["y3"] or 0) or None
        month = month_number(match["m2"] or match["m3"])
        second = day_value(int(match["d2"]), month, year, line.anchor)
        if second is None or month is None:
            continue
        first_month = (
            int(match["m"])
            if match["m"]
            else month
            if int(match["d"]) <= int(match["d2"])
            else (month - 2) % 12 + 1
        )
        first_year = year or (int(second[:4]) if second[:4].isdecimal() else None)
        if first_year and first_month > month:
            first_year -= 1
        if first := day_value(int(match["d"]), first_month, first_year, line.anchor):
            yield TimeExpression(*match.span("a"), "DATE", first)
            yield TimeExpression(*match.span("b"), "DATE", second)
    for match in _MONTHS_RANGE.finditer(text, line.start, line.end):
        for name, word in (("a", match["m"]), ("b", match["m2"])):
            if value := day_value(None, month_number(word), int(match["y"]), line.anchor):
                yield TimeExpression(*match.span(name), "DATE", value)


def _candidates(text: str, line: NewsLine) -> Iterator[tuple[int, TimeExpression]]:
    for rank, (pattern, reader) in enumerate(_COMPILED):
        for match in pattern.finditer(text, line.start, line.end):
            start, end = match.span()
            context = Context(
                text[max(line.start, start - 60) : start],
                text[end : min(end + 30, line.end)],
                line.anchor,
            )
            groups = _groups(match)
            type_, value, mod = reader(groups, context)
            if value and well_formed(value, type_):
                yield (
                    rank,
                    TimeExpression(
                        start,
                        end,
                        type_,
                        value,
                        mod,
                        reader is read_ordinal or reader is read_vague,
                    ),
                )


def find_times(text: str, line: NewsLine) -> list[TimeExpression]:
    """The time expressions of a line: ranges first, then the leftmost and of those the longest
    ones.
    """
    found = [time for time in _ranges(text, line) if well_formed(time.value, time.type)]
    taken = bytearray(line.end - line.start)
    for time in found:
        taken[time.start - line.start : time.end - line.start] = b"\1" * (time.end - time.start)
    for _, time in sorted(_candidates(text, line), key=lambda c: (c[1].start, -c[1].end, c[0])):
        if not any(taken[time.start - line.start : time.end - line.start]):
            taken[time.start - line.start : time.end - line.start] = b"\1" * (time.end - time.start)
            found.append(time)
    return sorted(found, key=lambda time: time.start)
