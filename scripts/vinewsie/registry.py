"""The entity registry: keys and names of entities, and the form in which names are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from vinewsie.model import RegistryEntry

# Words that may stand before a name without changing it. A country between title and name is not
# dropped.
TITLES = (
    "ông",
    "bà",
    "anh",
    "chị",
    "cô",
    "ngài",
    "nhà lãnh đạo",
    "lãnh đạo",
    "nhà vua",
    "vua",
    "nữ hoàng",
    "tổng thống",
    "phó tổng thống",
    "thủ tướng",
    "phó thủ tướng",
    "chủ tịch nước",
    "chủ tịch",
    "phó chủ tịch",
    "tổng bí thư",
    "ngoại trưởng",
    "bộ trưởng",
    "thứ trưởng",
    "đại sứ",
    "tướng",
    "đại tướng",
    "tổng thư ký",
    "giáo sư",
    "tiến sĩ",
    "luật sư",
    "nghị sĩ",
    "thượng nghị sĩ",
)
_TITLE = re.compile(
    "(?:" + "|".join(sorted((re.escape(t) for t in TITLES), key=len, reverse=True)) + r")\s+(?=\S)"
)
_HYPHENS = re.compile(r"[-\u2010-\u2015\u2212]")


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name in NFC, case-folded, with hyphens as spaces."""
    key = unicodedata.normalize("NFC", name).casefold()
    return " ".join(_HYPHENS.sub(" ", key).split())


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """The form in which names are compared: folded, leading titles dropped."""
    key = folded(name)
    while title := _TITLE.match(key):
        key = key[title.end() :]
    return key


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
