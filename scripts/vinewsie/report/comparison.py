"""Two results on the same gold: differences with intervals, and what only one of them gets."""

from __future__ import annotations

from dataclasses import dataclass

from vinewsie.report.cases import LAYERS, View
from vinewsie.report.overview import LinkedCount, href
from vinewsie.report.sentences import headline_of
from vinewsie.scoring import resampling
from vinewsie.scoring.resampling import Difference


@dataclass(frozen=True)
class Gets:
    """Of the gold records that a measure counts: those that only A, only B, both or neither gets
    right.
    """

    layer: str
    measure: str
    only_a: LinkedCount
    only_b: LinkedCount
    both: LinkedCount
    neither: LinkedCount


@dataclass(frozen=True)
class Compared:
    """The comparison of two results.

    Args:
        differences: the difference of each measure.
        intervals: the interval of each difference.
        gets: for each layer, what each result gets right.
        addresses: for each layer, for each choice, the addresses of the gold records in A.
    """

    differences: list[Difference]
    intervals: list[tuple[float, float] | None]
    gets: list[Gets]
    addresses: dict[str, list[str]]


def comparison(a: View, b: View) -> Compared:
    """Compares two results.

    Args:
        a: the view of one.
        b: the view of the other, on the same documents.

    Raises:
        NotComparableError: gold, measures, scope or scorer differ.
    """
    differences = resampling.compare(a.result, b.result)
    intervals = [
        None
        if one.difference is None
        else resampling.paired_interval(
            a.result[one.measure], b.result[one.measure], one.unit, one.documents
        )
        for one in differences
    ]
    gets, addresses = [], {}
    for layer in LAYERS:
        measure = headline_of(a, layer)
        if measure is None or a.result.measures[measure].status != "scored":
            continue
        name = str(measure)
        right_b = {(c.doc, c.gold) for c in b.select(layer=layer, measure=name, gold="matched")}
        found: dict[str, list[str]] = {k: [] for k in ("only_a", "only_b", "both", "neither")}
        for case in a.select(layer=layer, measure=name, gold="any"):
            ours = any(o.measure == name and o.gold == "matched" for o in case.outcomes)
            theirs = (case.doc, case.gold) in right_b
            key = ("both" if theirs else "only_a") if ours else ("only_b" if theirs else "neither")
            found[key].append(case.address)
        for key, these in found.items():
            addresses[f"{layer}:{key}"] = these
        numbers = {
            key: LinkedCount(len(these), href(compare=f"{layer}:{key}"))
            for key, these in found.items()
        }
        gets.append(Gets(layer, name, **numbers))
    return Compared(differences, intervals, gets, addresses)
