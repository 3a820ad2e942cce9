"""The entity registry: keys and names of entities, and the lookup of speakers by name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from vinewsie.model import Document, RegistryEntry

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
def name_key(name: str) -> str:
    """The form in which names are compared: NFC, case-folded, hyphens as spaces, leading titles
    dropped.
    """
    key = unicodedata.normalize("NFC", name).casefold()
    key = " ".join(_HYPHENS.sub(" ", key).split())
    while title := _TITLE.match(key):
        key = key[title.end() :]
    return key


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


class SpeakerNames:
    """Maps the speakers that an extractor names to registry keys, for one document.

    A speaker may be a registry id, a Wikidata id, or a name. Names are looked up among the names
    and aliases of the entities that the document mentions or quotes. A name of two entities, or of
    none, is wrong: it becomes ``unknown:NAME`` and equals no key.
    """

    def __init__(self, document: Document, registry: Registry) -> None:
        self._registry = registry
        self._wikidata = {entry.wikidata: key for key, entry in registry.items() if entry.wikidata}
        present = {entity.entity_id for entity in document.entities if entity.entity_id is not None}
        for quote in document.quotes:
            present.update(quote.speakers or ())
            present.update(quote.addressees)
        self._keys: dict[str, set[str]] = {}
        for key in sorted(present & registry.keys()):
            entry = registry[key]
            for name in (entry.name_vi, entry.name_en, *entry.aliases):
                self._keys.setdefault(name_key(name), set()).add(key)

    def resolve(self, speaker: str) -> str:
        """The registry key for ``speaker``; without a registry, ``speaker`` itself."""
        if not self._registry or speaker in self._registry:
            return speaker
        if speaker in self._wikidata:
            return self._wikidata[speaker]
        keys = self._keys.get(name_key(speaker), set())
        return next(iter(keys)) if len(keys) == 1 else f"unknown:{speaker}"
