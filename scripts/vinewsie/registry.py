"""The entity registry: keys and names of entities, and the form in which names are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from vinewsie.model import RegistryEntry

# Words that may stand before a person's name without changing who it is. A country between title
# and name is not dropped. Words for relatives and staff are none of them ("vợ ông …", "luật sư …"):
# before a name, they name another person.
FORMAL_HONORIFICS = ("ông", "bà", "ngài")
HONORIFICS = (*FORMAL_HONORIFICS, "anh", "chị", "cô", "cụ")
RANKS = (
    "giáo sư",
    "gs",
    "phó giáo sư",
    "pgs",
    "tiến sĩ",
    "ts",
    "thạc sĩ",
    "ths",
    "tướng",
    "đại tướng",
    "thượng tướng",
    "trung tướng",
    "thiếu tướng",
    "đại tá",
)
"""Titles that may stand before another title."""
OFFICES = (
    "nhà lãnh đạo",
    "nhà lãnh đạo tối cao",
    "lãnh đạo",
    "lãnh đạo tối cao",
    "lãnh tụ",
    "lãnh tụ tối cao",
    "người đứng đầu",
    "nhà vua",
    "vua",
    "quốc vương",
    "nữ hoàng",
    "giáo hoàng",
    "tổng thống",
    "phó tổng thống",
    "thủ tướng",
    "thủ tướng chính phủ",
    "phó thủ tướng",
    "chủ tịch nước",
    "chủ tịch",
    "phó chủ tịch",
    "tổng bí thư",
    "bí thư",
    "phó bí thư",
    "ngoại trưởng",
    "bộ trưởng",
    "thứ trưởng",
    "thống đốc",
    "thị trưởng",
    "đại sứ",
    "phó đại sứ",
    "tổng thư ký",
    "phó tổng thư ký",
    "giám đốc",
    "phó giám đốc",
    "tổng giám đốc",
    "nghị sĩ",
    "thượng nghị sĩ",
    "hạ nghị sĩ",
    "nghị viên",
    "hiệu trưởng",
    "giám mục",
    "linh mục",
    "mục sư",
    "nhà thơ",
    "nhà văn",
    "nhà báo",
    "nhà nghiên cứu",
    "nhà khoa học",
    "nhà sử học",
    "phóng viên",
    "nghệ sĩ",
    "ca sĩ",
    "nhạc sĩ",
    "họa sĩ",
    "diễn viên",
    "đạo diễn",
    "mc",
    "hoa hậu",
    "huấn luyện viên",
    "hlv",
    "trọng tài",
)
"""Offices and professions."""


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


# Nothing is dropped before a second honorific or title: "chị Tổng thống …" and "chị ông …" are the
# sister of the person named. An honorific that is no word for a relative may stand before a title.
_FORMAL = rf"{_any_of(FORMAL_HONORIFICS)}\s+"
_TITLES = rf"(?:{_any_of(RANKS)}\s+)*{_any_of((*RANKS, *OFFICES))}\s+"
_NAME = rf"(?!{_any_of((*HONORIFICS, *RANKS, *OFFICES))}\s)(?=\S)"
_HONORIFIC = re.compile(rf"^(?:{_any_of(HONORIFICS)}\s+{_NAME}|{_FORMAL}(?={_TITLES}{_NAME}))")
_TITLE = re.compile(rf"^(?:{_FORMAL})?{_TITLES}{_NAME}|{_HONORIFIC.pattern}")
_HYPHENS = re.compile(r"[-\u2010-\u2015\u2212]")


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name in NFC, case-folded, with hyphens as spaces."""
    key = unicodedata.normalize("NFC", name).casefold()
    return " ".join(_HYPHENS.sub(" ", key).split())


@lru_cache(maxsize=4096)
def without_honorific(name: str) -> str:
    """A name, folded, without a leading honorific; a title stays."""
    return _HONORIFIC.sub("", folded(name), count=1)


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """The form in which names are compared: folded, leading honorific and titles dropped."""
    return _TITLE.sub("", folded(name), count=1)


def slug(name: str) -> str:
    """A name in lower-case ASCII with single hyphens.

    It is empty if the name has no letter or digit that ASCII can show.
    """
    plain = (
        unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


class Registry(Mapping[str, RegistryEntry]):
    """Entries by ``entity_id``, in the order of the file."""

    def __init__(self, entries: Iterable[RegistryEntry] = ()) -> None:
        self._entries = {entry.entity_id: entry for entry in entries}

    def __getitem__(self, entity_id: str) -> RegistryEntry:
        return self._entries[entity_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
