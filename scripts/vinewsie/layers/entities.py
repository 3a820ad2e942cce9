"""Entities: proper names, their types, and the registry keys they refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from vinewsie import align
from vinewsie.findings import Finding
from vinewsie.layers.base import NO_LABEL, Aligned, Answer, Case, Layer, MeasureDefinition
from vinewsie.model import Document, Entity, Span
from vinewsie.registry import Registry

TYPES = {
    "PER": "named people",
    "ORG": "organisations: bodies, media, companies, armed groups",
    "GPE": "countries, states, provinces, cities",
    "LOC": "other places: continents, regions, peninsulas, seas",
    "FAC": "buildings and installations, embassies",
    "EVENT": "events and holidays with a conventional name",
    "PROD": "named products, weapons, vehicles",
    "MISC": "other proper names: initiatives, laws, treaties, works",
}


def options(entity: Entity) -> tuple[Span, ...]:
    """The spans that are right for this mention: its own and its alternates."""
    return (Span(start=entity.start, end=entity.end), *entity.alternates)


def _answer(index: int, entity: Entity) -> Answer:
    return Answer(entity.type or NO_LABEL, entity.start, index)


def _aligner(pairs: Callable[..., set[align.Edge]], agrees: Callable[[Case, Entity, Entity], bool]) -> Callable[..., Aligned]:
    """Aligns the mentions whose spans are paired by ``pairs`` and that agree; same span, then same type decide ties."""

    def run(case: Case, params: Mapping[str, str]) -> Aligned:
        golds, predicted = case.gold.entities, case.prediction.entities
        gold_spans, predicted_spans = [options(e) for e in golds], [options(e)[:1] for e in predicted]
        edges: dict[align.Edge, align.Rank] = {}
        for g, p in pairs(gold_spans, predicted_spans):
            if agrees(case, golds[g], predicted[p]):
                edges[g, p] = (1, int(predicted_spans[p][0] in gold_spans[g]), int(golds[g].type == predicted[p].type))
        lost = [Answer(u.label or NO_LABEL, None, u.index) for u in case.prediction.unplaced if u.layer == "entities"]
        return Aligned(
            tuple(_answer(i, e) for i, e in enumerate(golds)),
            (*(_answer(i, e) for i, e in enumerate(predicted)), *lost),
            tuple(align.align(edges)),
        )

    return run


def _same_type(_: Case, gold: Entity, predicted: Entity) -> bool:
    return gold.type == predicted.type


def _same_entity(case: Case, gold: Entity, predicted: Entity) -> bool:
    return predicted.entity_id is not None and case.names.resolve(predicted.entity_id) == gold.entity_id


def _any(_: Case, __: Entity, ___: Entity) -> bool:
    return True


def check(document: Document, registry: Registry) -> Iterator[Finding]:
    """Mentions against the registry: entity known, same type, surface among its aliases."""
    for index, entity in enumerate(document.entities):
        entry = registry.get(entity.entity_id or "")
        if entry is None:
            yield Finding("registry-missing", f"entity_id {entity.entity_id!r} is not in the registry", "entities", index)
            continue
        if entry.type != entity.type:
            message = f"type is {entity.type}, but {entry.entity_id} is {entry.type} in the registry"
            yield Finding("registry-type", message, "entities", index)
        surface = document.text[entity.start : entity.end]
        if surface not in entry.aliases:
            message = f"{surface!r} is not an alias of {entry.entity_id}; its aliases are {', '.join(entry.aliases)}"
            yield Finding("registry-alias", message, "entities", index)


LAYER = Layer(
    name="entities",
    records="entities",
    title="Entities",
    label_field="type",
    vocabularies={"type": TYPES},
    check=check,
    measures=(
        MeasureDefinition(
            "strict", "same span, same type", "SemEval-2013 task 9.1, strict", _aligner(align.same_span, _same_type), headline=True
        ),
        MeasureDefinition("exact", "same span", "SemEval-2013 task 9.1, exact boundary", _aligner(align.same_span, _any)),
        MeasureDefinition("type", "overlapping span, same type", "SemEval-2013 task 9.1, type", _aligner(align.overlapping, _same_type)),
        MeasureDefinition("linked", "same span, same entity", "TAC KBP, strong link match", _aligner(align.same_span, _same_entity)),
    ),
)
