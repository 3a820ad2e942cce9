"""The layer of entities: mentions by proper name, with type and registry key."""

from __future__ import annotations

from collections.abc import Iterator

from vinewsie.findings import Finding
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
            yield Finding(
                "registry-missing",
                f"entity_id {entity.entity_id!r} is not in the registry",
                "entities",
                index,
            )
            continue
        if entry.type != entity.type:
            message = (
                f"type is {entity.type}, but {entry.entity_id} is {entry.type} in the registry"
            )
            yield Finding("registry-type", message, "entities", index)
        surface = document.text[entity.start : entity.end]
        if surface not in entry.aliases:
            aliases = ", ".join(entry.aliases)
            message = f"{surface!r} is not an alias of {entry.entity_id}; its aliases are {aliases}"
            yield Finding("registry-alias", message, "entities", index)


LAYER = Layer(
    name="entities",
    title="Entities",
    label_field="type",
    vocabularies={"type": TYPES},
    check=check,
)
