"""Lines that a document has twice: counted as they are, or once (``repeats``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vinewsie as vn
from conftest import DATASET
from vinewsie.model import records_of
from vinewsie.scheme import LAYERS
from vinewsie.scoring.measures import all_measures, parse

LINES = ("ab c", "xy ab", "ab c", "ab  c")
"""The third line repeats the first; the last one differs by a space."""


def document(*, items: tuple[int, ...] = (0, 0, 0, 0)) -> vn.Document:
    """The lines, each with a mention ``ab``."""
    starts = [sum(len(line) + 1 for line in LINES[:i]) for i in range(len(LINES))]
    found = [start + line.index("ab") for start, line in zip(starts, LINES, strict=True)]
    return vn.Document(
        doc_id="d",
        text="\n".join(LINES),
        segments=tuple(
            vn.Segment(start=start, end=start + len(line), zone="paragraph", item=item)
            for start, line, item in zip(starts, LINES, items, strict=True)
        ),
        entities=tuple(vn.Entity(start=start, end=start + 2, type="PER") for start in found),
    )


def counts(gold: vn.Document, entities: Any, **params: str) -> tuple[int, int, int]:
    measure = parse("entities.strict").with_params(**params)
    result = vn.score(
        [{"doc_id": "d", "entities": entities}],
        vn.Gold({"d": gold}),
        measures=[measure],
        resamples=0,
    )
    found = result[str(measure)].counts
    return found.gold, found.predicted, found.matched


def test_once_leaves_out_the_answers_of_both_sides() -> None:
    gold = document()
    everything = [*gold.entities, vn.Entity(start=13, end=14, type="LOC")]  # in the third line
    assert counts(gold, everything) == (4, 5, 4)
    assert counts(gold, everything, repeats="once") == (3, 3, 3)
    # Only the earlier copy is counted, be it right or wrong.
    assert counts(gold, gold.entities[1:], repeats="once") == (3, 2, 2)
    assert counts(gold, gold.entities[:2], repeats="once") == (3, 2, 2)


def test_once_with_a_zone_counts_the_first_copy_of_the_zone() -> None:
    """A line of the article that a teaser had before is no repetition within the article."""
    gold = document(items=(1, 0, 0, 0))
    assert counts(gold, gold.entities, zone="article") == (3, 3, 3)
    assert counts(gold, gold.entities, zone="article", repeats="once") == (3, 3, 3)
    assert counts(gold, gold.entities, repeats="once") == (3, 3, 3)
    gold = document(items=(0, 0, 1, 0))
    assert counts(gold, gold.entities, zone="article", repeats="once") == (3, 3, 3)


def test_a_match_stays_exactly_if_its_gold_stays() -> None:
    """An alternate in the repeated line is the answer to the gold of another line."""
    gold = document()
    other = vn.Span(start=11, end=13)
    moved = vn.Entity(start=8, end=10, type="PER", alternates=(other,))
    gold = vn.Document(
        doc_id="d", text=gold.text, segments=gold.segments, entities=(gold.entities[0], moved)
    )
    said = [{"start": 11, "end": 13, "type": "PER"}]
    assert counts(gold, said) == counts(gold, said, repeats="once") == (2, 1, 1)


def test_lines_of_two_documents_and_text_outside_segments_are_no_repetition() -> None:
    lines = document()
    bare = vn.Document(doc_id="e", text=lines.text, entities=lines.entities)
    gold = vn.Gold({"d": lines, "e": bare})
    said = [{"doc_id": name, "entities": list(lines.entities)} for name in "de"]
    score = vn.score(said, gold, measures=["entities.strict(repeats=once)"], resamples=0)
    assert score["entities.strict(repeats=once)"].counts.matched == 3 + 4


def test_the_signature_names_it() -> None:
    gold = vn.Gold({"d": document()})
    names = ["entities.strict", "entities.strict(repeats=once)"]
    result = vn.score([], gold, measures=names, resamples=0)
    assert ["|repeats:once|" in result.signature_of(name) for name in names] == [False, True]


def test_every_measure_has_it(cli: Callable[..., Any]) -> None:
    assert cli("measures").stdout.count("zone=page|article, repeats=count|once") == len(
        all_measures()
    )


def test_what_the_card_says_of_repeated_lines(gold: vn.Gold) -> None:
    """The records that it counts are those that ``repeats=once`` leaves out."""
    card = " ".join((DATASET / "README.md").read_text(encoding="utf-8").split())
    [repeating] = [d for d in gold.values() if d.lines() != list(range(len(d.segments)))]
    one = vn.Gold({repeating.doc_id: repeating}, gold.registry)
    names = {
        "entities": "entities.strict",
        "dates": "dates.strict(vague=include)",
        "quotes": "quotes.strict",
    }
    measures = [
        parse(name).with_params(repeats=value)
        for name in names.values()
        for value in ("count", "once")
    ]
    result = vn.score([repeating], one, measures=measures, resamples=0)
    for layer, name in names.items():
        total, kept = (
            result[str(parse(name).with_params(repeats=value))].counts.gold
            for value in ("count", "once")
        )
        assert total == len(records_of(repeating, layer))
        assert f"{total - kept} of {total} {layer}" in card
    repeated = sum(first < i for i, first in enumerate(repeating.lines()))
    assert f"{repeated} of {len(repeating.segments)} lines repeat an earlier line" in card
    assert all(f" {layer}" in card for layer in LAYERS)
