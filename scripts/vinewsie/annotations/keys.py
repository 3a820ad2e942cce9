"""Registry keys for names."""

from __future__ import annotations

from collections import defaultdict

from vinewsie.registry import Registry, name_key, slug


class KeyFinder:
    """Finds registry keys for names.

    The key of a name is that of the only entry with this name (and type), or else a new one: the
    name in lower-case ASCII with hyphens.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        for key, entry in registry.items():
            for name in (entry.name_vi, entry.name_en, entry.wikidata, *entry.aliases):
                if name:
                    self._names[name_key(name)].add(key)

    def of(self, name: str, kind: str | None = None) -> str | None:
        """The key for a name; None if the name has no letter or digit that ASCII can show."""
        if name in self._registry:
            return name
        found = {
            key
            for key in self._names.get(name_key(name), ())
            if kind in (None, self._registry[key].type)
        }
        return next(iter(found)) if len(found) == 1 else slug(name_key(name)) or None
