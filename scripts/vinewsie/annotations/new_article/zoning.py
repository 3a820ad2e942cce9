"""Proposes the segments of an article by rules on the length, end and wording of lines. A person
corrects the proposal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vinewsie.model import Segment
from vinewsie.text import lines

_SHORT = 90
"""Shorter lines, in characters, without the end of a sentence may be headings, names or menus."""

_SENTENCE_END = re.compile(r"[.!?…][\"”’'»)\]]*$")
_LINKS_BELOW = re.compile(
    r"""(đọc\ thêm | xem\ thêm | có\ thể\ bạn\ quan\ tâm
    | tin\ (liên\ quan | cùng\ chuyên\ mục | mới | khác | đọc\ nhiều)
    | bài\ (liên\ quan | đọc\ nhiều))\W*""",
    re.I | re.X,
)
_NAVIGATION = re.compile(
    r"""(theo\ dõi\ .{1,60}\ trên\ .{1,40} | đăng\ (ký | nhập)(\ .{1,25})?
    | chia\ sẻ(\ (bài\ viết | lên | qua).{0,30})? | bình\ luận(\ \(?\d+\)?)?
    | in\ (bài\ viết | trang).{0,10} | (quay\ lại | về)\ (đầu\ trang | trang\ chủ) | trang\ chủ
    | phiên\ bản\ di\ động | quảng\ cáo | (từ\ khóa | tags?):.*
    | facebook | twitter | zalo | youtube)\W*""",
    re.I | re.X,
)
_SOURCE_NOTE = re.compile(r"\(?\s*(theo|nguồn)\b.{1,60}", re.I)
_CAPTION = re.compile(
    r"""\((ảnh | nguồn | minh\ họa)\b[^()]*\)\W*$
    | \b(ảnh | nguồn\ ảnh | ảnh\ minh\ họa)\s*:[^.]{1,60}\.?$
    | ^(ảnh | hình)\s*(minh\ họa | \d+ | :)""",
    re.I | re.X,
)
_BYLINE = re.compile(
    r"(bài( và ảnh)?|tác giả|biên dịch|biên tập|người dịch|phóng viên|pv)\s*:.+"
    r"|(tổng hợp|lược dịch)\W*",
    re.I,
)


def propose(text: str, anchor_date: str) -> tuple[Segment, ...]:
    """Proposes one segment for each line that is not blank.

    The first line that is not navigation is the headline, and the first paragraph after it the
    lead. Lines after a heading such as "Đọc thêm" are links to other articles. The zone of every
    other line follows from its wording and from whether it is a paragraph.

    Args:
        text: the text.
        anchor_date: the anchor date of every segment, ISO.
    """
    spans = list(lines(text))
    zones = _zones([text[start:end] for start, end in spans])
    return tuple(
        Segment(start=start, end=end, zone=zone, item=item, anchor_date=anchor_date)
        for (start, end), (zone, item) in zip(spans, zones, strict=True)
    )


def _zones(surfaces: list[str]) -> Iterator[tuple[str, int]]:
    """The zone and the item number of each line."""
    # A text of nothing but navigation gets a headline too.
    headline = next(
        (i for i, surface in enumerate(surfaces) if not _NAVIGATION.fullmatch(surface)), 0
    )
    last = max((i for i, surface in enumerate(surfaces) if _is_paragraph(surface)), default=0)
    lead_seen, item, before = False, None, ""
    for number, surface in enumerate(surfaces):
        if number == headline:
            yield "headline", 0
        elif number > headline and _LINKS_BELOW.fullmatch(surface):
            item = item or 0
            before = ""
            yield "navigation", 0
        elif item is not None:
            zone, item, before = _link(surface, item, before)
            yield zone, item if zone.startswith("teaser") else 0
        elif worded := _by_wording(surface):
            yield worded, 0
        elif _is_paragraph(surface):
            yield ("body" if lead_seen else "lead"), 0
            lead_seen = True
        else:
            # Author and time are between headline and text, or the author is below the text.
            yield ("subheading" if lead_seen and number < last else "credit"), 0


def _link(surface: str, item: int, before: str) -> tuple[str, int, str]:
    """The zone of a line among links to other articles.

    Args:
        surface: the line.
        item: the number of the item above it.
        before: the headline above it, empty after navigation.

    Returns:
        The zone, the number of the line's item, and the headline for the next line.
    """
    if _by_wording(surface) == "navigation":
        return "navigation", item, ""
    if _is_paragraph(surface) and before:
        return "teaser_lead", item, before
    # A headline often occurs twice, as the text of the picture and as the link.
    return "teaser_headline", item if surface == before else item + 1, surface


def _by_wording(surface: str) -> str | None:
    if _CAPTION.search(surface):
        return "caption"
    if _NAVIGATION.fullmatch(surface):
        return "navigation"
    if (
        len(surface) < _SHORT
        and (_BYLINE.fullmatch(surface) or _SOURCE_NOTE.fullmatch(surface))
        and not surface.endswith(".")
    ):
        return "credit"
    return None


def _is_paragraph(surface: str) -> bool:
    return len(surface) >= _SHORT or _SENTENCE_END.search(surface) is not None
