"""A short run of the fuzzer with fixed inputs; ``python tests/fuzz.py`` is the long one."""

from __future__ import annotations

from pathlib import Path
from typing import Never

import pytest

import fuzz
from fuzzing.targets import Target, targets
from vinewsie.findings import VinewsieError

COUNT = 25
"""Inputs of each target."""
SLOW = {"native, converted": 5, "built data set": 10, "process": 5, "new article": 10}
TARGETS = targets()


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_are_read_or_refused(name: str) -> None:
    if name.startswith("spacy"):
        pytest.importorskip("spacy")
    with fuzz.quiet():
        outcome = fuzz.fuzz(TARGETS[name], seed=1, count=SLOW.get(name, COUNT))
    assert {kind: failure.report for kind, failure in outcome.failures.items()} == {}


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_without_changes_are_read(name: str) -> None:
    """Seeds that a target refuses would leave most of its code without a test."""
    if name.startswith("spacy"):
        pytest.importorskip("spacy")
    with fuzz.quiet():
        for files in TARGETS[name].seeds():
            assert fuzz.try_input(TARGETS[name], files) is None


def broken(error: type[BaseException]) -> Target:
    def read(_folder: Path) -> Never:
        raise error("x")

    return Target("broken", lambda: [{"a.json": b"{}"}], read)


def test_an_exception_is_a_failure_that_can_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = broken(KeyError)
    outcome = fuzz.fuzz(target, seed=1, count=3)
    assert (outcome.inputs, sum(outcome.kinds.values()), len(outcome.failures)) == (3, 3, 1)
    (first,) = outcome.failures.values()
    place = fuzz.save(first, target, tmp_path)
    monkeypatch.setattr(fuzz, "targets", lambda: {"broken": target})
    failure = fuzz.replay(place)
    assert failure is not None
    assert failure.kind in outcome.kinds
    assert fuzz.fuzz(broken(VinewsieError), seed=1, count=3).failures == {}


def test_a_hang_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_folder: Path) -> Never:
        while True:
            pass

    monkeypatch.setattr(fuzz, "CPU_SECONDS", 0.05)
    outcome = fuzz.fuzz(Target("endless", lambda: [{"a": b""}], read), seed=1, count=2)
    assert outcome.hangs == 2


def test_the_same_seed_gives_the_same_inputs() -> None:
    target = TARGETS["native, gold"]
    inputs = [[fuzz.input_of(target, seed, number) for number in range(9)] for seed in (1, 1, 2)]
    assert inputs[0] == inputs[1] != inputs[2]
