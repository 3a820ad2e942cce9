"""Checks of the registry: every problem of an entry, with its line and in a fixed order."""

from __future__ import annotations

from vinewsie.model import Document, Entity, Quote, RegistryEntry, Span
from vinewsie.scheme.checks import check_registry

DOCUMENT = Document(
    doc_id="d",
    text="Hoa ở Huế",
    entities=(Entity(id="e1", start=0, end=3, type="PER", entity_id="hoa"),),
    quotes=(
        Quote(id="q1", content=(Span(start=6, end=9),), speakers=("nam",), addressees=("ba",)),
    ),
)


def entry(key: str, **fields: str | tuple[str, ...]) -> RegistryEntry:
    given = {"type": "PER", "name_vi": "x", "name_en": "x", **fields}
    return RegistryEntry(entity_id=key, **given)  # type: ignore[arg-type]


def test_a_sound_registry_has_no_findings() -> None:
    rows = [(2, entry("hoa", aliases=("Hoa",), wikidata="Q1")), (3, entry("nam")), (4, entry("ba"))]
    assert list(check_registry(rows, [DOCUMENT])) == []


def test_every_problem_has_its_line_in_a_fixed_order() -> None:
    rows = [
        (2, entry("hoa", wikidata="Q1")),
        (3, entry("hoa", type="X", name_vi=" ", name_en="", wikidata="Q1", aliases=("Nam", "Hoa"))),
        (5, entry("Bad key", wikidata="7")),
    ]
    found = list(check_registry(rows, [DOCUMENT]))
    assert [(line, finding.code) for line, finding in found] == [
        (3, "registry-key"),
        (3, "label"),
        (3, "missing-field"),
        (3, "missing-field"),
        (3, "registry-wikidata"),
        (3, "registry-alias"),
        (5, "registry-key"),
        (5, "registry-wikidata"),
        (5, "registry-unused"),
    ]
    assert {finding.layer for _, finding in found} == {"registry"}
    assert "line 2" in found[0][1].message
    assert "'Nam'" in found[5][1].message
