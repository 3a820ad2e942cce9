"""The alignment is one-to-one, optimal in the lexicographic order of ranks, and independent of the
order of its input.
"""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from functools import cache
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
    length = len(next(iter(edges.values()), ()))
    return tuple(sum((Fraction(edges[p][i]) for p in pairs), Fraction(0)) for i in range(length))


def brute_force(edges: dict[Edge, Rank]) -> tuple[Fraction, ...]:
    """The greatest total of all one-to-one choices: each gold in turn takes a free prediction or
    none.
    """
    golds = sorted({g for g, _ in edges})

    @cache
    def best(number: int, taken: frozenset[int]) -> tuple[Fraction, ...]:
        if number == len(golds):
            return total([], edges)
        found = best(number + 1, taken)
        for g, p in edges:
            if g == golds[number] and p not in taken:
                rest = best(number + 1, taken | {p})
                own = total([(g, p)], edges)
                found = max(found, tuple(a + b for a, b in zip(own, rest, strict=True)))
        return found

    return best(0, frozenset())


def check(edges: dict[Edge, Rank]) -> None:
    pairs = align(edges)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)
    assert total(pairs, edges) == brute_force(edges)


@given(graphs)
def test_is_one_to_one_and_as_good_as_brute_force(edges: dict[Edge, Rank]) -> None:
    check(edges)


@pytest.mark.parametrize(
    ("constant", "value"),
    [("_BATCH", 1), ("_BATCH", 3), *(("_EXACT", limit) for limit in (0, 2**14, 2**20, 2**30))],
)
def test_every_solver_is_as_good_as_brute_force(
    constant: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One component at a time; few at a time; only Python integers; ranks in stages."""
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
    check(edges)


@given(graphs, st.randoms())
def test_does_not_depend_on_the_order_of_the_edges(edges: dict[Edge, Rank], random: Any) -> None:
    shuffled = list(edges.items())
    random.shuffle(shuffled)
    assert align(dict(shuffled)) == align(edges)


@given(st.lists(graphs, min_size=2, max_size=4))
def test_a_component_is_solved_alike_in_any_company(parts: list[dict[Edge, Rank]]) -> None:
    together: dict[Edge, Rank] = {}
    alone: list[Edge] = []
    for number, edges in enumerate(parts):
        own = {(g + 5 * number, p + 5 * number): rank for (g, p), rank in edges.items()}
        together |= own
        alone += align(own)
    assert align(together) == alone


def solved_in_full(edges: dict[Edge, Rank]) -> list[Edge]:
    """The alignment with every component left to the solver: none is alone, none a star."""
    pairs = np.array(list(edges), dtype=np.int64)
    gold, predicted = pairs[:, 0], pairs[:, 1]
    nothing = np.zeros(0, dtype=np.int64)
    hard = module._components(gold, predicted, np.arange(len(pairs)))
    alone = np.zeros(len(pairs), dtype=np.bool_)
    graph = Graph(alone, nothing, np.zeros(1, dtype=np.int64), *hard)
    columns = [np.array([int(n) for n in ns]) for ns in zip(*edges.values(), strict=True)]
    return sorted((int(g), int(p)) for g, p in pairs[graph.solve(columns)])


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 9)),
        # Credit, pair, same span, same value, same type: the columns of measures; many ties.
        st.tuples(st.integers(0, 2), st.just(1), *(st.integers(0, 1) for _ in range(3))),
        min_size=1,
        max_size=14,
    )
)
def test_pairs_that_are_taken_first_are_those_of_the_solver(edges: dict[Edge, Rank]) -> None:
    assert align(edges) == solved_in_full(edges)


def test_only_crossing_pairs_need_the_solver() -> None:
    """Pairs that are alone and pairs that share one node load no scipy."""
    program = (
        "import sys; from vinewsie.scoring.align import align; "
        "print(align({(0, 0): (1,), (1, 1): (1,), (1, 2): (2,), (3, 3): (1,), (4, 3): (1,)})); "
        "print('scipy' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == ["[(0, 0), (1, 2), (3, 3)]", "False"]


def test_of_equal_alignments_the_one_of_early_pairs_is_chosen() -> None:
    assert align({(0, 0): (1,), (1, 0): (1,)}) == [(0, 0)]
    assert align({(0, 0): (1,), (0, 1): (1,)}) == [(0, 0)]
    assert align({(g, p): (1,) for g in range(3) for p in range(2)}) == [(0, 0), (1, 1)]


huge = st.integers(2**53, 2**53 + 3) | st.integers(2**70, 2**70 + 3) | st.integers(1, 3)
"""Weights of which doubles hold sums and differences, or even the values, only rounded."""


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 3)), st.tuples(huge), min_size=4, max_size=12
    )
)
def test_weights_that_no_double_holds_are_compared_exactly(edges: dict[Edge, Rank]) -> None:
    check(edges)


@pytest.mark.parametrize(
    "better", [[(0, 0), (1, 1)], [(0, 1), (1, 0)]], ids=["straight", "crossing"]
)
def test_one_decides_among_huge_weights(better: list[Edge]) -> None:
    square = [(g, p) for g in (0, 1) for p in (0, 1)]
    assert align({pair: (2**70 + (pair in better),) for pair in square}) == better


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


def test_components_of_many_batches_are_solved_as_each_by_itself() -> None:
    # 600 hard components of four pairs: several calls of the solver. The ranks of every third one
    # prefer the crossing pairs.
    edges: dict[Edge, Rank] = {}
    expected: list[Edge] = []
    for number in range(600):
        crossing = number % 3 == 0
        for g in (0, 1):
            for p in (0, 1):
                edges[2 * number + g, 2 * number + p] = (1, int((g != p) == crossing))
        expected += [(2 * number + g, 2 * number + (g ^ crossing)) for g in (0, 1)]
    assert align(edges) == expected


def test_sums_above_the_limit_of_doubles_are_exact_where_single_weights_are_below_it() -> None:
    # Three ranks of 2**17 each: a pair's weight is near 2**52, the sum of three is above it.
    large = 2**17
    edges: dict[Edge, Rank] = {}
    for g in range(3):
        for p in range(3):
            edges[g, p] = (large, large, large - (g != p))
    assert align(edges) == [(0, 0), (1, 1), (2, 2)]


def test_equal_alignments_of_a_large_component_keep_the_order_of_the_answers() -> None:
    full = np.array([(i, j) for i in range(40) for j in range(40)]).T
    chosen = Graph.of(full[0], full[1]).solve([np.ones(1600, np.int64)])
    assert full[:, chosen].tolist() == [list(range(40)), list(range(40))]


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
