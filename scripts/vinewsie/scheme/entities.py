"""The layer of entities: mentions by proper name, with type and registry key."""

from __future__ import annotations

from collections.abc import Iterator

from vinewsie.findings import Finding
from vinewsie.messages import say
from vinewsie.model import Document
from vinewsie.scheme.inventories import TYPES
from vinewsie.scheme.layer import Layer, Scope


def check(document: Document, scope: Scope) -> Iterator[Finding]:
    """Checks that the registry has the entity of each mention, with its type and its surface."""
    if scope.registry is None:
        return
    for index, entity in enumerate(document.entities):
        entry = scope.registry.get(entity.entity_id or "")
        if entry is None:
            message = say("entity_id {key!r} is not in the registry", key=entity.entity_id)
            yield Finding("registry-missing", message, "entities", index)
            continue
        if entry.type != entity.type:
            message = say(
                "type is {type}, but {key} is {expected} in the registry",
                type=entity.type,
                key=entry.entity_id,
                expected=entry.type,
            )
            yield Finding("registry-type", message, "entities", index)
        surface = document.text[entity.start : entity.end]
        if surface not in entry.aliases:
            message = say(
                "{surface!r} is not an alias of {key}; its aliases are {aliases}",
                surface=surface,
                key=entry.entity_id,
                aliases=", ".join(entry.aliases),
            )
            yield Finding("registry-alias", message, "entities", index)


LAYER = Layer(
    name="entities",
    title="Entities",
    label_field="type",
    vocabularies={"type": TYPES},
    check=check,
)
