"""Optimal one-to-one alignment of gold and predicted answers.

The admissible pairs are the edges of a bipartite graph. Every edge has a rank: a tuple of
non-negative numbers. The alignment maximises the sum of ranks lexicographically: first the sum of
all first numbers, then the sum of all second numbers, and so on. Sums are compared as exact
integers, so rounding never decides between two alignments. Edges are solved in the canonical order
of the answers, so the order of the input does not decide either.

Connected components are independent of each other. An edge that is one by itself is taken. Where
all edges share a node, the best one is chosen. All other components are assignment problems; many
small ones are solved as one block-diagonal problem by
:func:`scipy.sparse.csgraph.min_weight_full_bipartite_matching`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vinewsie.packed import Ints, Mask

Edge = tuple[int, int]
"""A pair (gold index, predicted index)."""
Rank = tuple[int | Fraction, ...]
"""The worth of an edge, the most important number first."""
Integers = Ints | npt.NDArray[np.object_]
"""Integers as int64, or as Python integers where int64 cannot hold them."""

_BATCH = 512
"""Edges that are solved in one call, unless a single component has more. The solver's time grows
with the square of the number of nodes; the overhead of a call favours larger batches.
"""
_EXACT = 2**52
"""Integers below this are exact in the double precision of scipy's solver, sums and differences
included.
"""


def align(edges: Mapping[Edge, Rank]) -> list[Edge]:
    """Finds the one-to-one alignment of greatest total rank.

    Args:
        edges: the rank of each admissible pair. All ranks have the same length, and no rank is all
            zero, so a pair is always better than none. Indices stand for the canonical order of
            the answers.

    Returns:
        The chosen pairs, by gold index.
    """
    if not edges:
        return []
    pairs = np.array(list(edges), dtype=np.int64)
    columns = []
    for numbers in zip(*edges.values(), strict=True):
        scale = math.lcm(*(Fraction(number).denominator for number in numbers))
        columns.append(np.array([int(number * scale) for number in numbers], dtype=np.object_))
    chosen = Graph.of(pairs[:, 0], pairs[:, 1]).solve(columns)
    return sorted((int(g), int(p)) for g, p in pairs[chosen])


@dataclass(frozen=True)
class Graph:
    """The admissible pairs, divided into components once for everything that is maximised on them.

    A pair that is a component by itself is ``alone``. The pairs of a component that share a gold or
    a predicted node are a ``star``. All others are ``hard``.

    Args:
        alone: (n_pairs,) bool.
        star: (n_star,) int64, indices of the pairs of stars by component, gold, prediction.
        star_first: (n_stars + 1,) int64, where each star begins among them.
        hard: (n_hard,) int64, indices of the hard pairs by component, gold, prediction.
        row: (n_hard,) int64, their gold nodes, numbered by component and gold index.
        column: (n_hard,) int64, their predicted nodes, numbered by component and predicted index.
        first: (n_components + 1, 3) int64, where each hard component begins among the hard pairs,
            the rows and the columns.
    """

    alone: Mask
    star: Ints
    star_first: Ints
    hard: Ints
    row: Ints
    column: Ints
    first: Ints

    @classmethod
    def of(cls, gold: Ints, predicted: Ints) -> Graph:
        """Divides a graph into its components.

        Args:
            gold: (n_pairs,) int64, the gold index of each pair.
            predicted: (n_pairs,) int64, the predicted index of each pair.
        """
        one_of_gold = np.bincount(gold)[gold] == 1
        one_of_other = np.bincount(predicted)[predicted] == 1
        alone = one_of_gold & one_of_other
        rest = np.flatnonzero(~alone)
        at_gold, at_other = (
            _all_of(node[rest], single[rest])
            for node, single in ((gold, one_of_other), (predicted, one_of_gold))
        )
        in_star = at_gold | at_other
        star, hard = rest[in_star], rest[~in_star]
        # Golds and predictions are numbered apart, so that a star is named by the node it shares.
        shared = np.where(at_gold[in_star], 2 * gold[star], 2 * predicted[star] + 1)
        order = np.lexsort((predicted[star], gold[star], shared))
        star, shared = star[order], shared[order]
        star_first = np.append(np.flatnonzero(np.diff(shared, prepend=-1)), len(star))
        return cls(alone, star, star_first, *_components(gold, predicted, hard))

    def solve(self, ranks: Sequence[Integers]) -> Ints:
        """Chooses the pairs of the one-to-one alignment of greatest total rank.

        Args:
            ranks: columns of non-negative integers, each (n_pairs,), the most important first. No
                pair has only zeros.

        Returns:
            (n_chosen,) int64, the indices of the chosen pairs, ascending.
        """
        chosen = self.alone.copy()
        columns = [column[self.hard] for column in ranks]
        for begin, end in self._batches():
            part = slice(self.first[begin, 0], self.first[end, 0])
            chosen[self.hard[part]] = self._solved(columns, begin, end)
        if len(self.star):
            first = self.star_first
            weights = _weights([*(column[self.star] for column in ranks), _early(first)], 1)
            best = np.maximum.reduceat(weights, first[:-1])
            chosen[self.star] = weights == np.repeat(best, np.diff(first))
        return np.flatnonzero(chosen)

    def components(self) -> Iterator[Ints]:
        """The indices of the pairs of each component that has several."""
        for pairs, first in ((self.star, self.star_first), (self.hard, self.first[:, 0])):
            for begin, end in pairwise(first.tolist()):
                yield pairs[begin:end]

    def _batches(self) -> Iterator[tuple[int, int]]:
        """Ranges of the components that need the solver, each to be solved in one call."""
        number = self.first[:-1, 0] // _BATCH
        cuts = np.append(np.flatnonzero(np.diff(number, prepend=-1)), len(number))
        return pairwise(cuts.tolist())

    def _solved(self, ranks: Sequence[Integers], begin: int, end: int) -> Mask:
        """Which hard pairs of the components ``begin`` to ``end`` are chosen."""
        low, high = self.first[begin], self.first[end]
        part = slice(low[0], high[0])
        row, column = self.row[part] - low[1], self.column[part] - low[2]
        golds, others = (high - low)[1:].tolist()
        most_pairs = int(np.diff(self.first[begin : end + 1, 1:], axis=0).min(axis=1).max())
        own = [numbers[part] for numbers in ranks]
        weights = _weights([*own, _early(self.first[begin : end + 1, 0])], most_pairs)
        if weights.dtype != np.object_:
            return _matching(row, column, weights, golds, others)
        if end - begin > 1:
            # By itself, a component has fewer pairs and smaller numbers, so its weights may fit.
            each = [self._solved(ranks, number, number + 1) for number in range(begin, end)]
            return np.concatenate(each)
        early = _early(self.first[begin : end + 1, 0])
        return _staged_matching(row, column, [*own, early], golds, others)


def _all_of(node: Ints, marked: Mask) -> Mask:
    """(n_pairs,) bool: whether all pairs of the pair's node are marked."""
    unmarked = np.bincount(node[~marked], minlength=int(node.max(initial=0)) + 1)
    return np.asarray(unmarked[node] == 0)


def _components(gold: Ints, predicted: Ints, hard: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The columns ``hard``, ``row``, ``column`` and ``first`` of a :class:`Graph`.

    Args:
        gold: (n_pairs,) int64, the gold index of each pair.
        predicted: (n_pairs,) int64, the predicted index of each pair.
        hard: (n_hard,) int64, indices of the hard pairs.
    """
    if not len(hard):
        return hard, hard, hard, np.zeros((1, 3), dtype=np.int64)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    golds, row = np.unique(gold[hard], return_inverse=True)
    others, column = np.unique(predicted[hard], return_inverse=True)
    nodes = len(golds) + len(others)
    edges = (np.ones(len(hard), dtype=np.int8), (row, column + len(golds)))
    graph = coo_array(edges, shape=(nodes, nodes))
    component = connected_components(graph, directed=False)[1].astype(np.int64)
    of_row, of_column = component[: len(golds)], component[len(golds) :]
    first = np.stack([_offsets(of_row[row]), _offsets(of_row), _offsets(of_column)], axis=1)
    row, column = _ranks(of_row)[row], _ranks(of_column)[column]
    order = np.lexsort((column, row))
    return hard[order], row[order], column[order], first


def _early(first: Ints) -> Ints:
    """(n_pairs,) int64, falls within each component from its size to 1. As the last number of a
    rank it decides between equal alignments, so that the solver does not.

    Args:
        first: (n_components + 1,) int64, where each component begins.
    """
    return np.repeat(first[1:], np.diff(first)) - np.arange(first[0], first[-1])


def _offsets(component: Ints) -> Ints:
    """(n_components + 1,): where the members of each component begin, sorted by component."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(component))])


def _ranks(component: Ints) -> Ints:
    """The place of each node in the order by component, then by index."""
    ranks = np.empty(len(component), dtype=np.int64)
    ranks[np.argsort(component, kind="stable")] = np.arange(len(component))
    return ranks


def _weights(ranks: Sequence[Integers], most_pairs: int) -> npt.NDArray[Any]:
    """One integer for each edge, so that sums over at most ``most_pairs`` edges compare as the
    ranks do: int64 where all sums are below ``_EXACT``, else Python integers.
    """
    bases = [most_pairs * int(numbers.max()) + 1 for numbers in ranks]
    exact = math.prod(bases) * most_pairs < _EXACT
    weights: npt.NDArray[Any] = np.zeros(len(ranks[0]), dtype=np.int64 if exact else np.object_)
    for numbers, base in zip(ranks, bases, strict=True):
        weights = weights * base + numbers.astype(weights.dtype)
    return weights


def _matching(row: Ints, column: Ints, weights: Integers, golds: int, others: int) -> Mask:
    """Which edges a matching of greatest total weight takes.

    It is found as a full matching of least cost, in which each gold may also take a stand-in of
    its own with weight zero. Algorithm: Jonker and Volgenant (1987), as implemented in scipy.

    Args:
        row: (n_edges,) int64, gold nodes.
        column: (n_edges,) int64, predicted nodes.
        weights: (n_edges,) int64, positive.
        golds: number of gold nodes.
        others: number of predicted nodes.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    most = int(weights.max()) + 1  # costs must be positive: a stored zero is no edge
    stand_in = np.arange(golds)
    costs = np.concatenate([most - weights, np.full(golds, most)]).astype(np.float64)
    places = np.concatenate([row, stand_in]), np.concatenate([column, others + stand_in])
    matrix = coo_array((costs, places), shape=(golds, others + golds)).tocsr()
    _, partner = min_weight_full_bipartite_matching(matrix)
    return np.asarray(partner[row] == column)


def _staged_matching(
    row: Ints, column: Ints, ranks: Sequence[Integers], golds: int, others: int
) -> Mask:
    """Which edges the matching of greatest total rank takes, where no one weight holds the ranks.

    The ranks are maximised one after the other, each time as many as fit into one weight. The best
    matchings of a stage are those of its tight edges that take all nodes with a positive price
    (complementary slackness; Burkard, Dell'Amico and Martello 2012, chapter 4), so the next stage
    chooses among these.

    Args:
        row: (n_edges,) int64, gold nodes.
        column: (n_edges,) int64, predicted nodes.
        ranks: columns of (n_edges,) non-negative integers, the most important first. The last one
            only decides between equal pairs, and is dropped where no weight holds it.
        golds: number of gold nodes.
        others: number of predicted nodes.
    """
    alive: Ints = np.arange(len(row))
    must_row: Ints = np.zeros(golds, np.int64)
    must_column: Ints = np.zeros(others, np.int64)
    most_pairs = min(golds, others)
    chosen = np.zeros(len(row), dtype=np.bool_)
    done = 0
    while True:
        r, c = row[alive], column[alive]
        # Nodes with a price come first: a matching that leaves one out is none of the best.
        stage: list[Integers] = [must_row[r] + must_column[c]] if done else []
        begin = done
        while done < len(ranks):
            longer = [*stage, ranks[done][alive]]
            if _weights(longer, most_pairs).dtype == np.object_:
                break
            stage, done = longer, done + 1
        if done == begin:
            if done == len(ranks) - 1 and done:
                return chosen  # the order of equal pairs is left to the solver
            rest = [*stage, *(numbers[alive] for numbers in ranks[done:])]
            chosen[:] = False
            chosen[alive[_exact_matching(r, c, _weights(rest, most_pairs), golds, others)]] = True
            return chosen
        weights = _weights(stage, most_pairs)
        taken = _matching(r, c, weights, golds, others)
        chosen[:] = False
        chosen[alive[taken]] = True
        if done == len(ranks):
            return chosen
        of_row, of_column = _prices(r, c, weights, taken, golds, others)
        must_row, must_column = (of_row > 0).astype(np.int64), (of_column > 0).astype(np.int64)
        alive = alive[of_row[r] + of_column[c] == weights]


def _prices(
    row: Ints, column: Ints, weights: Ints, taken: Mask, golds: int, others: int
) -> tuple[Ints, Ints]:
    """The least prices of predicted nodes that prove a matching to be the best, and those of gold
    nodes: no edge weighs more than its two nodes cost, an edge of the matching exactly that.

    Args:
        row: (n_edges,) int64, gold nodes.
        column: (n_edges,) int64, predicted nodes.
        weights: (n_edges,) int64.
        taken: (n_edges,) bool, the matching.
        golds: number of gold nodes.
        others: number of predicted nodes.
    """
    order = np.argsort(column, kind="stable")
    begins = np.flatnonzero(np.diff(column[order], prepend=-1))
    there = column[order][begins]
    of_row, of_column = np.zeros(golds, np.int64), np.zeros(others, np.int64)
    while True:
        of_row[row[taken]] = weights[taken] - of_column[column[taken]]
        needed = np.maximum.reduceat((weights - of_row[row])[order], begins)
        if (needed <= of_column[there]).all():
            return of_row, of_column
        of_column[there] = np.maximum(of_column[there], needed)


def _exact_matching(row: Ints, column: Ints, weights: Integers, golds: int, others: int) -> Mask:
    """The same as :func:`_matching` for Python integers of any size.

    Fractions with many denominators give weights that neither int64 nor doubles hold, and scipy
    computes in doubles. Hungarian algorithm with potentials (Kuhn 1955, Munkres 1957) on a dense
    matrix; time grows with golds² · (golds + others), which is acceptable for one component.
    """
    nodes = golds + others
    cost = np.zeros((golds, nodes), dtype=np.object_)
    cost[row, column] = -weights
    infinity = 4 * golds * int(weights.max()) + 1
    gold_potential = np.zeros(golds, dtype=np.object_)
    potential = np.zeros(nodes + 1, dtype=np.object_)
    partner = np.full(nodes + 1, -1)  # of each predicted node or stand-in; the last one is the root
    for gold in range(golds):
        at, partner[-1] = nodes, gold
        distance = np.full(nodes, infinity, dtype=np.object_)
        before = np.full(nodes, nodes)
        seen = np.zeros(nodes + 1, dtype=np.bool_)
        while partner[at] >= 0:
            seen[at] = True
            reduced = cost[partner[at]] - gold_potential[partner[at]] - potential[:-1]
            nearer = ~seen[:-1] & (reduced < distance)
            distance[nearer], before[nearer] = reduced[nearer], at
            free = np.flatnonzero(~seen[:-1])
            at = free[np.argmin(distance[free])]
            step = distance[at]
            gold_potential[partner[seen]] += step
            potential[seen] -= step
            distance[free] -= step
        while at != nodes:
            partner[at], at = partner[before[at]], before[at]
    return np.asarray(partner[column] == row)


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
    right = np.arange(len(left))
    right += (low - (np.cumsum(count) - count))[left]
    return left, right
