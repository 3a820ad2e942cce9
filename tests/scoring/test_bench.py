"""The benchmark at a small size: it runs, and both sides count the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def test_both_sides_of_the_benchmark_count_the_same(cli: Callable[..., Any]) -> None:
    result = cli("bench", "--documents", 20, "--golds", 50, "--format", "json")
    assert result.exit_code == 0, result.stderr
    outcome = json.loads(result.stdout)
    for measure, theirs in outcome["nervaluate"]["counts"].items():
        ours = outcome["vinewsie"]["counts"][measure]
        # Optimal pairing finds at least as much as greedy pairing, which here finds nearly all.
        assert ours["matched"] + ours["partial"] / 2 >= theirs["matched"] + theirs["partial"] / 2
        assert ours["matched"] - theirs["matched"] <= 0.01 * ours["gold"], measure
    assert outcome["one_document"]["spans"] == [20, 40]
    assert set(outcome["ratios"]) == {"memory_to_memory", "files_to_print", "peak_memory"}


def test_the_corpus_is_the_same_every_time() -> None:
    from vinewsie.scoring import bench

    assert list(bench.corpus(3, 10)) == list(bench.corpus(3, 10))
