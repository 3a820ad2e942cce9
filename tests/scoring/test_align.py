"""The alignment is one-to-one, optimal in the lexicographic order of ranks, and independent of the
order of its input.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinewsie.scoring import align as module
from vinewsie.scoring.align import Edge, Graph, Rank, align, overlaps

ranks = st.tuples(
    st.just(1), st.fractions(min_value=0, max_value=1, max_denominator=97), st.integers(0, 1)
)
graphs = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), ranks, max_size=9)


def total(pairs: list[Edge], edges: dict[Edge, Rank]) -> tuple[Fraction, ...]:
    return tuple(
        sum((Fraction(n) for n in column), Fraction(0))
        for column in zip(*(edges[p] for p in pairs), strict=True)
    ) or (Fraction(0),)


def brute_force(edges: dict[Edge, Rank]) -> tuple[Fraction, ...]:
    best: tuple[Fraction, ...] = (Fraction(0),)
    for size in range(1, len(edges) + 1):
        for chosen in combinations(edges, size):
            if len({g for g, _ in chosen}) == len({p for _, p in chosen}) == size:
                best = max(best, total(list(chosen), edges))
    return best


def check(edges: dict[Edge, Rank]) -> None:
    pairs = align(edges)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)
    assert total(pairs, edges) == brute_force(edges)


@given(graphs)
def test_is_one_to_one_and_as_good_as_brute_force(edges: dict[Edge, Rank]) -> None:
    check(edges)


@pytest.mark.parametrize(
    ("constant", "value"), [("_LOCKSTEP", 0), ("_LOCKSTEP", 3), ("_EXACT", 0), ("_DENSE", 0)]
)
def test_every_solver_is_as_good_as_brute_force(
    constant: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without dynamic programming; with it for small components only; with integers of any size
    only; without dense matrices.
    """
    monkeypatch.setattr(module, constant, value)

    @settings(max_examples=60)
    @given(graphs)
    def run(edges: dict[Edge, Rank]) -> None:
        check(edges)

    run()


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=7),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=7),
)
def test_intervals_are_aligned_as_well_as_by_brute_force(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    left, right = sorted(left), sorted(right)
    edges: dict[Edge, Rank] = {}
    for i, (a, n) in enumerate(left):
        for j, (b, m) in enumerate(right):
            if a < b + m and b < a + n:
                edges[i, j] = (1 + (a == b and n == m), 1)
    if len(edges) <= 12:
        check(edges)


@given(graphs, st.randoms())
def test_does_not_depend_on_the_order_of_the_edges(edges: dict[Edge, Rank], random: Any) -> None:
    shuffled = list(edges.items())
    random.shuffle(shuffled)
    assert align(dict(shuffled)) == align(edges)


def test_greedy_would_lose_a_pair() -> None:
    # Best first takes (0, 0) and leaves 1 without a partner.
    assert align({(0, 0): (1, 9), (0, 1): (1, 1), (1, 0): (1, 1)}) == [(0, 1), (1, 0)]


def test_a_tiny_difference_of_the_second_rank_decides() -> None:
    # 1/3 + 2/3 against 1 - 10⁻²⁰: floats are equal, fractions are not.
    small = Fraction(1, 10**20)
    edges: dict[Edge, Rank] = {
        (0, 0): (1, Fraction(1, 3)),
        (1, 1): (1, Fraction(2, 3)),
        (0, 1): (1, Fraction(1, 3)),
        (1, 0): (1, Fraction(2, 3) - small),
    }
    assert align(edges) == [(0, 0), (1, 1)]


def test_one_page_long_prediction_does_not_stop_the_clock() -> None:
    n = 6000
    g = np.concatenate([np.arange(n), np.arange(n)])
    p = np.concatenate([np.arange(n), np.full(n, n)])
    same = np.concatenate([np.ones(n, np.int64), np.zeros(n, np.int64)])
    chosen = Graph.of(g, p).solve([same, np.ones(2 * n, np.int64)])
    assert chosen.tolist() == list(range(n))


def test_nothing() -> None:
    assert align({}) == []
    assert (
        len(Graph.of(np.zeros(0, np.int64), np.zeros(0, np.int64)).solve([np.zeros(0, np.int64)]))
        == 0
    )


def test_a_long_chain_and_a_full_component() -> None:
    chain = [(i, i) for i in range(500)] + [(i + 1, i) for i in range(499)]
    g, p = np.array(chain).T
    assert len(Graph.of(g, p).solve([np.ones(len(g), np.int64)])) == 500
    full = np.array([(i, j) for i in range(60) for j in range(50)]).T
    assert len(Graph.of(full[0], full[1]).solve([np.ones(3000, np.int64)])) == 50


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), max_size=12)


@given(spans, spans)
def test_overlaps_are_what_the_definition_says(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    right = sorted(right)
    ls, le = np.array([a for a, _ in left], np.int64), np.array([a + n for a, n in left], np.int64)
    rs, re = (
        np.array([a for a, _ in right], np.int64),
        np.array([a + n for a, n in right], np.int64),
    )
    found = list(zip(*(side.tolist() for side in overlaps(ls, le, rs, re)), strict=True))
    expected = {
        (i, j)
        for i in range(len(left))
        for j in range(len(right))
        if ls[i] < re[j] and rs[j] < le[i]
    }
    assert len(found) == len(set(found))
    assert set(found) == expected
