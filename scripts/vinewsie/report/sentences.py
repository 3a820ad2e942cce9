"""Three sentences on a result, made from counts by rules.

1. The first says how many gold records of the largest scored layer match its headline measure.
2. The other two are chosen among the largest observation of each kind: a type that is confused
   with another, a label that is missed, a phenomenon of quotations that is missed, speakers that
   are wrong, boundaries that are wrong, spurious predictions. The two are taken in which the share
   of wrong records is largest, of different kinds; ties in the order of this list. Labels and
   phenomena need at least five gold records, and every observation three wrong records.

Each sentence is a key of the table of messages with numbers, and the filter that shows its records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from vinewsie.report.cases import LAYERS, View
from vinewsie.scoring.measures import Measure

LEAST = 5
"""The least number of gold records of a label or a phenomenon that is worth a sentence."""
WRONG = 3
"""The least number of wrong records that is worth a sentence."""


@dataclass(frozen=True)
class SummarySentence:
    """A sentence.

    Args:
        key: of the message.
        values: what is filled in.
        filters: chooses the records that it counts.
        size: the number of wrong records.
        of: the number of records of which they are.
    """

    key: str
    values: dict[str, str | int] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)
    size: int = 0
    of: int = 1


def headline_of(view: View, layer: str) -> Measure | None:
    """The first scored measure of a layer on the whole page that counts matches."""
    for measure, score in view.result.measures.items():
        if (
            score.status == "scored"
            and score.kind == "f1"
            and score.pairs is None
            and measure.definition.records == layer
            and measure.layer != "people"
            and measure.values["zone"] == "page"
        ):
            return measure
    return None


def sentences(view: View) -> list[SummarySentence]:
    """The sentences on a result, at most three."""
    headlines = {layer: m for layer in LAYERS if (m := headline_of(view, layer)) is not None}
    sizes = {layer: view.result.measures[m].counts.gold for layer, m in headlines.items()}
    largest = max(sizes, key=sizes.__getitem__, default=None)
    if largest is None or not sizes[largest]:
        return []
    measure = headlines[largest]
    counts = view.result.measures[measure].counts
    if not counts.predicted and not any(
        view.result.measures[m].counts.predicted for m in headlines.values()
    ):
        return [SummarySentence("sentence.nothing", {"gold": counts.gold})]
    values: dict[str, str | int] = {"matched": counts.matched, "gold": counts.gold}
    chosen = {"measure": str(measure), "gold": "matched"}
    first = SummarySentence(f"sentence.found.{largest}", values, chosen, counts.matched)
    observed = [one for one in _observations(view, headlines) if one.size >= WRONG]
    rest = sorted(observed, key=lambda one: -one.size / one.of)
    if not rest and not view.errors:
        rest = [SummarySentence("sentence.perfect")]
    return [first, *rest[:2]]


def _observations(view: View, headlines: dict[str, Measure]) -> Iterator[SummarySentence]:
    """The largest observation of each kind."""
    kinds = Counter((case.layer, kind) for case in view.cases for kind in case.kinds)
    if (found := _confused(view, kinds)) is not None:
        yield found
    for layer in ("entities", "dates"):
        if layer in headlines and (missed := _missed_label(view, headlines[layer])) is not None:
            yield missed
            break
    if "quotes" in headlines and (hard := _missed_phenomenon(view, headlines["quotes"])):
        yield hard
    speakers = {kind: n for (_, kind), n in kinds.items() if kind.startswith("speaker:")}
    if speakers:
        total, worst = sum(speakers.values()), max(speakers, key=speakers.__getitem__)
        pairs = sum(
            case.layer == "quotes" and case.gold is not None and case.predicted is not None
            for case in view.cases
        )
        yield SummarySentence(
            f"sentence.speaker.{worst.partition(':')[2]}",
            {"count": total, "of": pairs, "most": speakers[worst]},
            {"kind": "speaker"},
            total,
            pairs,
        )
    edges = {
        kind: n for (layer, kind), n in kinds.items() if layer == "entities" and "boundary:" in kind
    }
    if edges:
        worst = max(edges, key=edges.__getitem__)
        yield SummarySentence(
            f"sentence.boundary.{worst.partition(':')[2]}",
            {"count": sum(edges.values()), "most": edges[worst]},
            {"layer": "entities", "kind": "boundary"},
            sum(edges.values()),
            sum(case.layer == "entities" for case in view.cases),
        )
    spurious = {layer: n for (layer, kind), n in kinds.items() if kind == "spurious"}
    if spurious:
        layer = max(spurious, key=spurious.__getitem__)
        yield SummarySentence(
            f"sentence.spurious.{layer}",
            {"count": spurious[layer]},
            {"layer": layer, "kind": "spurious"},
            spurious[layer],
            sum(case.layer == layer and case.predicted is not None for case in view.cases),
        )


def _confused(view: View, kinds: Counter[tuple[str, str]]) -> SummarySentence | None:
    types = {k: n for k, n in kinds.items() if k[0] == "entities" and k[1].startswith("type:")}
    if not types:
        return None
    (layer, kind), count = max(types.items(), key=lambda item: item[1])
    gold, _, predicted = kind.partition(":")[2].partition(">")
    total = sum(
        case.layer == layer and case.gold is not None and case.label == gold for case in view.cases
    )
    return SummarySentence(
        "sentence.confused",
        {"count": count, "of": total, "gold": gold, "predicted": predicted},
        {"layer": layer, "kind": kind},
        count,
        total,
    )


def _missed_label(view: View, measure: Measure) -> SummarySentence | None:
    totals: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for case in view.cases:
        if case.gold is not None and case.layer == measure.definition.records and case.outcomes:
            totals[case.label] += 1
            missed[case.label] += "missed" in case.kinds
    found = _worst(totals, missed)
    if found is None:
        return None
    return SummarySentence(
        "sentence.label",
        {"count": missed[found], "of": totals[found], "label": found},
        {"layer": measure.definition.records, "kind": "missed", "label": found},
        missed[found],
        totals[found],
    )


def _missed_phenomenon(view: View, measure: Measure) -> SummarySentence | None:
    totals: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for case in view.cases:
        if case.gold is not None and case.layer == "quotes":
            for name in case.phenomena:
                totals[name] += 1
                missed[name] += "missed" in case.kinds
    found = _worst(totals, missed)
    if found is None:
        return None
    return SummarySentence(
        f"sentence.phenomenon.{found}",
        {"count": missed[found], "of": totals[found]},
        {"layer": "quotes", "kind": "missed", "phenomenon": found},
        missed[found],
        totals[found],
    )


def _worst(totals: Counter[str], missed: Counter[str]) -> str | None:
    """What is missed most often, among what is frequent enough."""
    hard = [name for name in totals if totals[name] >= LEAST and missed[name]]
    return max(hard, key=missed.__getitem__, default=None)
