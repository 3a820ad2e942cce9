"""Optimal one-to-one alignment.

Gold and predicted answers form a bipartite graph whose edges are the admissible pairs. Every edge has a rank, a tuple of numbers
that is maximised lexicographically over the whole alignment: first the sum of all first numbers, then the sum of all second ones, and
so on. The sums are compared as exact integers, so no rounding decides between two alignments, and the edges are put into a canonical
order first, so the order of the input does not either.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from vinewsie.model import Span

Edge = tuple[int, int]
Rank = tuple[int | Fraction, ...]


def align(edges: Mapping[Edge, Rank]) -> list[Edge]:
    """The one-to-one alignment of greatest total rank.

    Args:
        edges: for each admissible pair (gold index, predicted index) its rank; all ranks have the same length and their first
            number is positive, so that a pair is always better than none. Indices stand for the canonical order of the
            answers: equal totals are decided by them.

    Returns:
        The chosen pairs, by gold index.
    """
    golds = Counter(gold for gold, _ in edges)
    predicted = Counter(prediction for _, prediction in edges)
    easy = [edge for edge in edges if golds[edge[0]] == 1 and predicted[edge[1]] == 1]
    hard = {edge: edges[edge] for edge in sorted(edges.keys() - set(easy))}
    return sorted([*easy, *_solve(hard)])


def _solve(edges: Mapping[Edge, Rank]) -> Iterator[Edge]:
    if not edges:
        return
    import networkx as nx

    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    graph.add_edges_from((("gold", gold), ("predicted", prediction)) for gold, prediction in edges)
    for nodes in nx.connected_components(graph):
        part = {edge: rank for edge, rank in edges.items() if ("gold", edge[0]) in nodes}
        weighted: nx.Graph[tuple[str, int]] = nx.Graph()
        for (gold, prediction), weight in _weights(part).items():
            weighted.add_edge(("gold", gold), ("predicted", prediction), weight=weight)
        # Exact: with integer weights networkx computes in integers only.
        for left, right in nx.max_weight_matching(weighted):
            (_, gold), (_, prediction) = sorted((left, right))
            yield gold, prediction


def _weights(edges: Mapping[Edge, Rank]) -> dict[Edge, int]:
    """One integer for each rank, such that sums of integers compare as sums of ranks do, lexicographically."""
    most_pairs = min(len({gold for gold, _ in edges}), len({prediction for _, prediction in edges}))
    weights = dict.fromkeys(edges, 0)
    for column in zip(*edges.values(), strict=True):
        scale = math.lcm(*(Fraction(number).denominator for number in column))
        digits = [int(number * scale) for number in column]
        base = most_pairs * max(digits) + 1
        for edge, digit in zip(edges, digits, strict=True):
            weights[edge] = weights[edge] * base + digit
    return weights


def same_span(golds: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> set[Edge]:
    """The pairs of answers that have a span in common; each answer is a list of spans that are equally right."""
    places: dict[Span, list[int]] = {}
    for index, spans in enumerate(predicted):
        for span in spans:
            places.setdefault(span, []).append(index)
    return {(gold, index) for gold, spans in enumerate(golds) for span in spans for index in places.get(span, ())}


def overlapping(golds: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]) -> set[Edge]:
    """The pairs of answers of which two spans share at least one code point. A sweep over the starts."""
    spans = sorted(
        (span.start, span.end, side, index)
        for side, answers in enumerate((golds, predicted))
        for index, options in enumerate(answers)
        for span in options
    )
    active: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    edges: set[Edge] = set()
    for start, end, side, index in spans:
        others = active[1 - side]
        others[:] = [other for other in others if other[0] > start]
        edges.update((index, other) if side == 0 else (other, index) for _, other in others)
        active[side].append((end, index))
    return edges
