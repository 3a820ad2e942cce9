"""Optimal one-to-one alignment.

Gold and predicted answers form a bipartite graph whose edges are the admissible pairs. Every edge
has a rank, a tuple of numbers that is maximised lexicographically over the whole alignment: first
the sum of all first numbers, then the sum of all second ones, and so on. The sums are compared as
exact integers, so no rounding decides between two alignments; edges are solved in the canonical
order of the answers, so the order of the input does not either.

Connected components are solved apart. Most hold one edge; of the rest, those without crossing pairs
(all that flat spans can give) are solved together by dynamic programming over columns, and what
remains by a library's solver of assignment problems.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vinewsie.packed import Ints, Mask

Edge = tuple[int, int]
Rank = tuple[int | Fraction, ...]

_LOCKSTEP = 64
"""Up to so many edges, components without crossing pairs are solved in lockstep."""
_DENSE = 10_000
"""Up to so many cells, a component is solved as a dense assignment problem."""
_EXACT = 2**52
"""Integers below this are exact in the double precision of scipy's solver, sums and differences
included.
"""


def align(edges: Mapping[Edge, Rank]) -> list[Edge]:
    """The one-to-one alignment of greatest total rank.

    Args:
        edges: for each admissible pair (gold index, predicted index) its rank; all ranks have the
            same length, and no rank is all zero, so that a pair is always better than none. Indices
            stand for the canonical order of the answers.

    Returns:
        The chosen pairs, by gold index.
    """
    if not edges:
        return []
    pairs = np.array(list(edges), dtype=np.int64)
    columns: list[Sequence[int]] = []
    for column in zip(*edges.values(), strict=True):
        scale = math.lcm(*(Fraction(number).denominator for number in column))
        columns.append([int(number * scale) for number in column])
    chosen = Graph.of(pairs[:, 0], pairs[:, 1]).solve(columns)
    return sorted((int(g), int(p)) for g, p in pairs[chosen])


@dataclass(frozen=True)
class Graph:
    """The admissible pairs, taken apart into components once for all that is to be maximised over
    them.

    ``alone`` are the pairs that are a component each. The others, ``hard``, stand in canonical
    order: by component, gold, prediction; ``first`` and ``size`` say where each component lies in
        them, ``crossing`` which of the components have pairs that cross.
    """

    gold: Ints
    predicted: Ints
    alone: Mask
    hard: Ints
    first: Ints
    size: Ints
    crossing: Mask

    @classmethod
    def of(cls, gold: Ints, predicted: Ints) -> Graph:
        """Takes a graph apart; ``gold`` and ``predicted`` hold the indices of each pair."""
        alone = (np.bincount(gold)[gold] == 1) & (np.bincount(predicted)[predicted] == 1)
        hard = np.flatnonzero(~alone)
        if not len(hard):
            none = np.zeros(0, dtype=np.int64)
            return cls(gold, predicted, alone, none, none, none, none.astype(np.bool_))
        component = _components(gold[hard], predicted[hard])
        order = np.lexsort((predicted[hard], gold[hard], component))
        hard, component = hard[order], component[order]
        first = np.flatnonzero(np.r_[True, component[1:] != component[:-1]])
        size = np.diff(np.r_[first, len(hard)])
        number, p = np.repeat(np.arange(len(first)), size), predicted[hard]
        crossing = np.zeros(len(first), dtype=np.bool_)
        crossing[number[1:][(number[1:] == number[:-1]) & (p[1:] < p[:-1])]] = True
        return cls(gold, predicted, alone, hard, first, size, crossing)

    def solve(self, ranks: Sequence[Ints | Sequence[int]]) -> Ints:
        """The pairs of the one-to-one alignment of greatest total rank.

        Args:
            ranks: columns of non-negative integers of any size, the most important first, one
                number a pair; no pair has only zeros.

        Returns:
            The indices of the chosen pairs, ascending.
        """
        mask = self.alone.copy()
        if len(self.hard):
            mask[self.hard[self._hard(ranks)]] = True
        return np.flatnonzero(mask)

    def _hard(self, ranks: Sequence[Ints | Sequence[int]]) -> Mask:
        g, p = self.gold[self.hard], self.predicted[self.hard]
        weights = _weights([_take(column, self.hard) for column in ranks], int(self.size.max()))
        chosen = np.zeros(len(self.hard), dtype=np.bool_)
        fast: Mask = np.zeros(len(self.first), dtype=np.bool_)
        if weights is not None:
            fast = ~self.crossing & (self.size <= _LOCKSTEP)
            _lockstep(g, p, weights, self.first[fast], self.size[fast], chosen)
        for start, count in zip(self.first[~fast].tolist(), self.size[~fast].tolist(), strict=True):
            part = slice(start, start + count)
            chosen[part] = _assignment(
                g[part], p[part], [_take(column, self.hard[part]) for column in ranks]
            )
        return chosen


def _take(column: Ints | Sequence[int], index: Ints) -> Ints | list[int]:
    return column[index] if isinstance(column, np.ndarray) else [column[i] for i in index.tolist()]


def _components(gold: Ints, predicted: Ints) -> Ints:
    """The number of each edge's connected component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    golds, g = np.unique(gold, return_inverse=True)
    others, p = np.unique(predicted, return_inverse=True)
    total = len(golds) + len(others)
    graph = coo_array((np.ones(len(g), dtype=np.int8), (g, p + len(golds))), shape=(total, total))
    labels = connected_components(graph, directed=False)[1]
    component: Ints = labels[g].astype(np.int64)
    return component


def _weights(columns: Sequence[Ints | Sequence[int]], most_pairs: int) -> Ints | None:
    """One integer for each edge, such that sums over at most ``most_pairs`` edges compare as ranks
    do; None if int64 cannot hold them.
    """
    weights: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    bound = 1
    for column in columns:
        base = (
            most_pairs * max(column) + 1
            if not isinstance(column, np.ndarray)
            else most_pairs * int(column.max()) + 1
        )
        bound *= base
        if bound * most_pairs >= _EXACT:
            return None
        weights = weights * base + np.asarray(column, dtype=np.int64)
    return weights


def _lockstep(
    gold: Ints, predicted: Ints, weight: Ints, first: Ints, size: Ints, chosen: Mask
) -> None:
    """Solves components without crossing pairs, the t-th edge of all of them at once.

    In such a component the edges, sorted by gold and then prediction, are sorted by prediction too.
    A one-to-one choice is then a chain in which both indices grow, and the edges that may precede
    edge t are all before the first one that shares its gold or its prediction.
    """
    edge = np.arange(len(gold))
    new_gold = np.r_[True, gold[1:] != gold[:-1]]
    new_predicted = np.r_[True, predicted[1:] != predicted[:-1]]
    run = np.minimum(
        np.maximum.accumulate(np.where(new_gold, edge, 0)),
        np.maximum.accumulate(np.where(new_predicted, edge, 0)),
    )
    for low in (0, 2, 4, 8, 16, 32):
        band = np.flatnonzero((size > low) & (size <= (2 * low or 2)))
        if not len(band):
            continue
        begin, sizes = first[band], size[band]
        longest = int(sizes.max())
        row = np.arange(len(band))
        best = np.zeros((longest + 1, len(band)), dtype=np.int64)
        value = np.zeros((longest, len(band)), dtype=np.int64)
        before = np.zeros((longest, len(band)), dtype=np.int64)
        for t in range(longest):
            live = t < sizes
            at = np.where(live, begin + t, 0)
            before[t] = np.where(live, np.maximum(run[at] - begin, 0), t)
            value[t] = np.where(live, weight[at] + best[before[t], row], -1)
            best[t + 1] = np.maximum(best[t], value[t])
        position = sizes.copy()
        for t in range(longest - 1, -1, -1):
            taken = (position == t + 1) & (value[t] > best[t])
            chosen[begin[taken] + t] = True
            position = np.where(taken, before[t], np.where(position == t + 1, t, position))


def _assignment(gold: Ints, predicted: Ints, columns: Sequence[Ints | Sequence[int]]) -> Mask:
    """Solves one component: by scipy where doubles are exact, else by networkx, which computes in
    integers of any size.
    """
    golds, g = np.unique(gold, return_inverse=True)
    others, p = np.unique(predicted, return_inverse=True)
    weights = _weights(columns, min(len(golds), len(others)))
    if weights is None:
        return _any_size(g.tolist(), p.tolist(), columns, min(len(golds), len(others)))
    if len(golds) * len(others) > _DENSE:
        return _sparse(g, p, weights, len(golds), len(others))
    from scipy.optimize import linear_sum_assignment

    matrix = np.zeros((len(golds), len(others)))
    matrix[g, p] = weights
    rows, cells = linear_sum_assignment(matrix, maximize=True)
    partner = np.full(len(golds), -1)
    partner[rows] = cells
    # What the assignment pairs beyond the edges has weight zero.
    return np.asarray(partner[g] == p)


def _sparse(g: Ints, p: Ints, weights: Ints, golds: int, others: int) -> Mask:
    """A large component: as a full matching of least cost, in which each gold may also take a
    stand-in of its own that is worth nothing.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # Costs must be positive: a stored zero is no edge.
    most = int(weights.max()) + 1
    rows, columns = (
        np.concatenate([g, np.arange(golds)]),
        np.concatenate([p, others + np.arange(golds)]),
    )
    costs = np.concatenate([most - weights, np.full(golds, most)]).astype(np.float64)
    matrix = coo_array((costs, (rows, columns)), shape=(golds, others + golds)).tocsr()
    row, column = min_weight_full_bipartite_matching(matrix)
    partner = np.full(golds, -1)
    partner[row] = column
    return np.asarray(partner[g] == p)


def _any_size(
    gold: list[int], predicted: list[int], columns: Sequence[Ints | Sequence[int]], most_pairs: int
) -> Mask:
    import networkx as nx

    weights = [0] * len(gold)
    for column in columns:
        digits = [int(number) for number in column]
        base = most_pairs * max(digits) + 1
        weights = [weight * base + digit for weight, digit in zip(weights, digits, strict=True)]
    graph: nx.Graph[Edge] = nx.Graph()
    for g, p, weight in zip(gold, predicted, weights, strict=True):
        graph.add_edge((0, g), (1, p), weight=weight)
    # With integer weights networkx computes in integers only.
    pairs = {tuple(sorted(pair)) for pair in nx.max_weight_matching(graph)}
    return np.array([((0, g), (1, p)) in pairs for g, p in zip(gold, predicted, strict=True)])


def overlaps(
    left_start: Ints, left_end: Ints, right_start: Ints, right_end: Ints
) -> tuple[Ints, Ints]:
    """All pairs (index left, index right) of spans that share at least one code point.

    The right spans must be sorted by start. Time grows with the number of spans (times its
    logarithm) and of pairs.
    """
    if bool((right_end[1:] >= right_end[:-1]).all()):
        low = np.searchsorted(right_end, left_start, side="right")
        return _ranges(low, np.searchsorted(right_start, left_end, side="left"))
    found: list[tuple[Ints, Ints]] = []
    # By classes of length, so that a long span among the right ones does not make everything behind
    # it a candidate.
    width = np.frexp((right_end - right_start).astype(np.float64))[1]
    for exponent in np.unique(width):
        index = np.flatnonzero(width == exponent)
        low = np.searchsorted(right_start[index], left_start - (1 << int(exponent)), side="right")
        left, right = _ranges(low, np.searchsorted(right_start[index], left_end, side="left"))
        right = index[right]
        touching = right_end[right] > left_start[left]
        found.append((left[touching], right[touching]))
    return np.concatenate([left for left, _ in found]), np.concatenate(
        [right for _, right in found]
    )


def _ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """For each i all pairs (i, j) with low[i] ≤ j < high[i]."""
    count = np.maximum(high - low, 0)
    left = np.repeat(np.arange(len(low)), count)
    right = (
        np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    )
    return left, right
