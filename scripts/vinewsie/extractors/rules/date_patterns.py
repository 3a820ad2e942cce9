"""Pieces of the patterns of time expressions, and what their words stand for."""

from __future__ import annotations

import re

UNIT = "một|hai|ba|bốn|tư|năm|sáu|bảy|bẩy|tám|chín"
DIGITS = r"\d{1,4}(?:[.,]\d{1,3})?"
WORDS = (
    rf"(?:mười(?: (?:một|hai|ba|bốn|tư|lăm|năm|sáu|bảy|tám|chín))?|(?:{UNIT}) (?:mươi|chục)(?: (?:mốt|hai|ba|bốn|tư|lăm|sáu|bảy|tám|chín))?"
)
WORDS += rf"|{UNIT}"
NUMBER = rf"(?:{DIGITS}|{WORDS}|nửa|một trăm|hai trăm|chục))"
MONTH = r"(?:mười một|mười hai|giêng|chạp|một|hai|ba|tư|bốn|năm|sáu|bảy|bẩy|tám|chín|mười|1[0-2]|0?[1-9])"
MAY_COUNT = frozenset({"một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy"})
YEAR = r"(?:1[5-9]|20)\d\d"
PART = r"(?:rạng sáng|sáng sớm|sáng|trưa|chiều tối|chiều|tối|đêm|khuya|nửa đêm)"
PARTS = {"rạng": "MO", "sáng": "MO", "trưa": "MI", "chiều": "AF", "tối": "EV", "đêm": "NI", "khuya": "NI", "nửa": "NI"}
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
TO_UNIT = {"ngày": "D", "hôm": "D", "tuần": "W", "tháng": "M", "quý": "Q", "năm": "Y", "thập kỷ": "DE", "thập niên": "DE", "thế kỷ": "CE"}
STEPS = {"trước": -1, "qua": -1, "vừa qua": -1, "vừa rồi": -1, "rồi": -1, "ngoái": -1, "kia": -2, "này": 0, "nay": 0, "tới": 1, "sau": 1}
STEPS |= {"sắp tới": 1, "kế tiếp": 1, "tiếp theo": 1}
STEP = "|".join(sorted(STEPS, key=len, reverse=True))
POINT_BEFORE = re.compile(
    r"(?:\b(?:vào|từ|đến|tới|trước|sau|kể từ|hồi|hôm|trong|ngày|cho đến|cho tới|và|lúc|đêm|sáng|chiều|tối|trưa)|[-–(,/]) ?$", re.IGNORECASE
)
NO_YEAR_AFTER = re.compile(
    r" ?(?:người|usd|đô|đồng|km|m\b|mét|tấn|kg|chiếc|vụ|ca|tên|trường|đơn|bộ|căn|hộ|quân|binh"
    r"|tỷ|triệu|nghìn|ngàn|%|mw|ha|điểm|euro|lần|trang|xe|tàu|máy|[.,]\d|/\d|-(?!(?:1[5-9]|20)\d\d(?!\d))\d)",
    re.IGNORECASE,
)


TAIL = r"(?: (?P<half>rưỡi))?(?: (?P<tail>qua|trước|nay|tới|nữa|vừa qua|gần đây|sau)(?! (?:đó|khi|này|cuộc|ngày|khi)))?"
