"""Gates for continuous integration: least scores, and results that must not be worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter

from vinewsie.findings import VinewsieError
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.resampling import Difference
from vinewsie.scoring.result import Result
from vinewsie.scoring.summary import REASONS


class GateError(VinewsieError):
    """A gate cannot be read; the message shows how one is written."""

    exit_code = 2


def read(gate: str) -> tuple[Measure, float]:
    """The measure of a gate and the value that it must reach.

    Args:
        gate: ``MEASURE=VALUE``, such as ``entities.strict=.85``.

    Returns:
        The measure; F1 or accuracy, from 0 to 1. Of an error rate it is the largest value allowed.

    Raises:
        GateError: no value from 0 to 1 stands behind the last equals sign.
        UnknownMeasureError: the measure is none.
    """
    name, _, value = gate.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not name or not 0 <= number <= 1:
        raise GateError(
            f"{gate!r}: write MEASURE=VALUE with a value from 0 to 1, such as entities.strict=.85"
        )
    return parse(name), number


def unmet(result: Result, gates: Iterable[tuple[Measure, float]]) -> list[str]:
    """A sentence for each gate that a result does not meet. One without a score meets none."""
    found = []
    for measure, least in gates:
        score = result[str(measure)]
        lower = measure.definition.lower_is_better
        if score.value is None:
            why = REASONS.get(score.status, "its denominator is zero")
            found.append(f"{measure} has no score: {why}; the gate is {least:g}")
        elif score.value > least if lower else score.value < least:
            found.append(
                f"{measure} is {score.value:.4f}, {'over' if lower else 'under'} the gate of "
                f"{least:g}"
            )
    return found


def worse(differences: Sequence[Difference], level: float) -> list[str]:
    """A sentence for each measure in which a later result is worse than the first one, or has a
    lower score on so few units, or with so few shuffles, that no p-value can be as small as the
    level: such a gate would let everything pass.

    Args:
        differences: of all pairs of results.
        level: the largest p-value, with Holm's correction, that counts as a difference.
    """
    found = []
    tests = Counter(one.measure for one in differences if one.p is not None)
    for one in differences:
        if one.first != 0 or one.a is None:
            continue
        name = letter(one.second)
        if one.b is None:
            found.append(f"{one.measure}: {name} has no score, A has {one.a:.4f}")
            continue
        assert one.difference is not None
        assert one.p_holm is not None
        loss = -one.difference if parse(one.measure).definition.lower_is_better else one.difference
        if loss <= 0:
            continue
        against = f"{one.b:.4f} against {one.a:.4f}"
        # Of 2ⁿ ways to swap n units, two are at least as extreme as any; one shuffle is what is.
        few, smallest = max(
            (f"{one.units} {one.unit}s", 2 / 2**one.units),
            (f"{one.resamples} shuffles", 1 / (one.resamples + 1)),
            key=itemgetter(1),
        )
        smallest = min(1.0, tests[one.measure] * smallest)
        if one.p_holm <= level:
            found.append(f"{one.measure}: {name} is worse than A, {against} (p = {one.p_holm:.4f})")
        elif smallest > level:
            found.append(
                f"{one.measure}: {name} may be worse than A, {against}, but {few} are too few to "
                f"tell: no p is under {smallest:.4g}, and the level is {level:g}"
            )
    return found


def letter(place: int) -> str:
    """The name of a compared result by its place: A to Z, then A1, B1, …"""
    return chr(ord("A") + place % 26) + (str(place // 26) if place >= 26 else "")
