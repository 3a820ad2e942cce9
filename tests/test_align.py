"""The alignment is one-to-one, optimal in the lexicographic order of ranks, and independent of the order of its input."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from vinewsie.align import Edge, Rank, align, overlapping, same_span
from vinewsie.model import Span

ranks = st.tuples(st.just(1), st.fractions(min_value=0, max_value=1, max_denominator=97), st.integers(0, 1))
graphs = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), ranks, max_size=9)
spans = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: [Span(start=s[0], end=s[0] + s[1])]), max_size=6)


def total(pairs: list[Edge], edges: dict[Edge, Rank]) -> tuple[Fraction, ...]:
    return tuple(sum((Fraction(n) for n in column), Fraction(0)) for column in zip(*(edges[p] for p in pairs), strict=True)) or (
        Fraction(0),
    )


def brute_force(edges: dict[Edge, Rank]) -> tuple[Fraction, ...]:
    best: tuple[Fraction, ...] = (Fraction(0),)
    for size in range(1, len(edges) + 1):
        for chosen in combinations(edges, size):
            if len({g for g, _ in chosen}) == len({p for _, p in chosen}) == size:
                best = max(best, total(list(chosen), edges))
    return best


@given(graphs)
def test_is_one_to_one_and_as_good_as_brute_force(edges: dict[Edge, Rank]) -> None:
    pairs = align(edges)
    assert len({g for g, _ in pairs}) == len({p for _, p in pairs}) == len(pairs)
    assert total(pairs, edges) == brute_force(edges)


@given(graphs, st.randoms())
def test_does_not_depend_on_the_order_of_the_edges(edges: dict[Edge, Rank], random: object) -> None:
    shuffled = list(edges.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
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


def test_nothing() -> None:
    assert align({}) == []


@given(spans, spans)
def test_overlapping_is_what_the_definition_says(golds: list[list[Span]], predicted: list[list[Span]]) -> None:
    expected = {(i, j) for i, [g] in enumerate(golds) for j, [p] in enumerate(predicted) if g.start < p.end and p.start < g.end}
    assert overlapping(golds, predicted) == expected


@given(spans, spans)
def test_same_span_is_what_the_definition_says(golds: list[list[Span]], predicted: list[list[Span]]) -> None:
    assert same_span(golds, predicted) == {(i, j) for i, g in enumerate(golds) for j, p in enumerate(predicted) if g == p}
