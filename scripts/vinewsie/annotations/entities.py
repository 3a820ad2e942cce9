"""Entities that an annotator adds to the registry or changes in it. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vinewsie.findings import Finding
from vinewsie.messages import Message, joined, say
from vinewsie.model import Document, RegistryEntry
from vinewsie.registry import Registry, name_key


@dataclass(frozen=True)
class TypedName:
    """A name or key that an annotator typed for a new entity.

    Args:
        name: what was typed.
        page: the address of the region in which it was typed.
        doc_id: the document.
    """

    name: str
    page: str
    doc_id: str


@dataclass(frozen=True)
class Retyped:
    """A registry entry whose type follows its mentions: its key, old and new type."""

    key: str
    before: str
    after: str


def retyped(documents: Iterable[Document], registry: Registry) -> tuple[Registry, list[Retyped]]:
    """The registry in which an entry has the type of its mentions, if these all have the same one.

    Args:
        documents: all documents that use the registry.
        registry: the registry.

    Returns:
        The registry, and the entries that changed.
    """
    types: defaultdict[str, set[str]] = defaultdict(set)
    for document in documents:
        for entity in document.entities:
            types[str(entity.entity_id)].add(str(entity.type))
    entries, changed = [], []
    for key, entry in registry.items():
        if len(types[key]) == 1 and types[key] != {entry.type}:
            [kind] = types[key]
            changed.append(Retyped(key, entry.type, kind))
            entry = msgspec.structs.replace(entry, type=kind)
        entries.append(entry)
    return Registry(entries), changed


def doubtful(
    new: Iterable[RegistryEntry],
    names: Mapping[str, Sequence[TypedName]],
    registry: Registry,
    accepted: Iterable[str] = (),
) -> Iterator[Finding]:
    """Finds new entities that are likely to be in the registry already, and typed names whose key
    is that of an entity with another name.

    Args:
        new: the new entries.
        names: what annotators typed, by the keys that are made of it; a finding has the region of
            the name that it is about.
        registry: the registry without the new entries.
        accepted: keys of new entities that a person confirmed.
    """
    known: defaultdict[str, list[str]] = defaultdict(list)
    for key, entry in registry.items():
        for name in {name_key(name) for name in _names(entry)}:
            known[name].append(key)
    confirmed = set(accepted)
    for entry in new:
        key = entry.entity_id
        typed = names.get(key, ())
        said = [*_names(entry), *(one.name for one in typed)]
        found = {other: name for name in said for other in known.get(name_key(name), ())}
        if found and key not in confirmed:
            same = ", ".join(f"“{registry[other].name_vi} · {other}”" for other in found)
            message = say(
                "the new entity {key} has the name “{name}” of {same}: choose that one in the "
                "list; or, if it is another entity, repeat the pull with --new-entity {key}",
                key=key,
                name=next(iter(found.values())),
                same=same,
            )
            yield _finding(message, next(iter(typed), None))
    for key, typed in names.items():
        own = {name_key(name) for name in _names(registry[key])} if key in registry else set()
        different: dict[str, TypedName] = {}
        for one in typed:
            if one.name != key:
                different.setdefault(name_key(one.name), one)
        other_names = [one for folded, one in different.items() if folded not in own]
        if key in registry and other_names:
            message = say(
                "“{name}” would get the key {key}, which is that of “{other}”: choose that one in "
                "the list, or type another key for the new entity",
                name=other_names[0].name,
                key=key,
                other=registry[key].name_vi,
            )
            yield _finding(message, other_names[0])
        elif key not in registry and len(different) > 1:
            shown = joined((f"“{one.name}”" for one in different.values()), say(" and "))
            message = say(
                "{names} would have the same key {key}: type a key of its own for one of them",
                names=shown,
                key=key,
            )
            yield _finding(message, list(different.values())[-1])


def _finding(message: Message, typed: TypedName | None) -> Finding:
    """A finding at the region in which a name was typed."""
    file, doc_id = (typed.page, typed.doc_id) if typed else (None, None)
    return Finding("registry-key", message, file=file, doc_id=doc_id)


def _names(entry: RegistryEntry) -> list[str]:
    names = (entry.name_vi, entry.name_en, *entry.aliases, entry.entity_id.replace("-", " "))
    return [name for name in names if name]
