"""How often 95 % intervals cover the truth: ``python tests/interval_coverage.py [DRAWS]``.

Corpora are drawn from populations whose F1 and accuracy are known. Documents differ in length (the
longest tenth has about two fifths of the gold) and in difficulty. An interval should cover the
truth in 95 % of the draws; with 1,000 draws, 93.6 to 96.4 % are no evidence against that. Plain
intervals are the 2.5th and 97.5th percentiles of the resamples.

The last two rows have the two articles: their lines with their numbers of gold entities, repeated
lines included. The truth is that of the same articles, with other lines of the same difficulty, or
that of the population of all articles.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import vinewsie as vn
from vinewsie.defaults import RESAMPLES
from vinewsie.packed import Ints
from vinewsie.scoring import resampling
from vinewsie.tables import Table

Floats = npt.NDArray[np.float64]

DOCUMENTS = (5, 10, 20, 50, 100, 231, 1000)
DRAWS = 1000
POPULATIONS = ((0.5, 0.5), (0.8, 0.25), (0.95, 0.05), (0.98, 0.02))
"""The share of golds that are found, and spurious predictions by gold."""
RIGHT, SPURIOUS = POPULATIONS[1]
"""That of the articles."""
BY_DOCUMENT, BY_LINE = 0.1, 0.1
"""How much documents, and lines of a document, differ: the intraclass correlation."""


@dataclass(frozen=True)
class Draws:
    """Drawn corpora.

    Args:
        tables: for each draw, (3, n_clusters) int64: gold, predicted, credit in halves.
        sizes: (n_strata,) int64, the clusters of each stratum.
        f1: (n_draws,) float64, the true F1.
        accuracy: (n_draws,) float64, the true accuracy.
    """

    tables: Sequence[Ints]
    sizes: Ints
    f1: Floats
    accuracy: Floats


@dataclass(frozen=True)
class Coverage:
    """The share of draws whose interval covers the truth; a draw without an interval does not.

    Args:
        what: the corpora.
        accuracy_of: the accuracy of the population.
        f1: by the intervals of F1.
        accuracy: by those of accuracy.
        plain_f1: by plain percentile intervals of F1.
        plain_accuracy: by those of accuracy.
    """

    what: str
    accuracy_of: float
    f1: float
    accuracy: float
    plain_f1: float
    plain_accuracy: float


def _around(mean: Floats, correlation: float, generator: np.random.Generator) -> Floats:
    """Shares that differ around their means, as a beta distribution."""
    strength = (1 - correlation) / correlation
    drawn: Floats = generator.beta(mean * strength, (1 - mean) * strength)
    return drawn


def _table(gold: Ints, right: Floats, spurious: Floats, generator: np.random.Generator) -> Ints:
    matched = generator.binomial(gold, right)
    return np.stack([gold, matched + generator.poisson(gold * spurious), 2 * matched])


def documents(
    count: int,
    draws: int,
    generator: np.random.Generator,
    population: tuple[float, float] = (RIGHT, SPURIOUS),
) -> Draws:
    """Corpora of documents.

    Args:
        count: the number of documents of each.
        draws: the number of corpora.
        generator: of the random numbers.
        population: see :data:`POPULATIONS`.
    """
    found, spurious = population
    mean = np.full(count, found)
    tables = []
    for _ in range(draws):
        gold = np.ceil(generator.lognormal(np.log(10), 1, count)).astype(np.int64)
        right = _around(mean, BY_DOCUMENT, generator)
        tables.append(_table(gold, right, generator.gamma(1, spurious, count), generator))
    f1 = np.full(draws, 2 * found / (1 + found + spurious))
    return Draws(tables, np.array([count]), f1, np.full(draws, found))


def articles(draws: int, generator: np.random.Generator, *, same: bool) -> Draws:
    """Corpora with the lines of the two articles.

    Args:
        draws: the number of corpora.
        generator: of the random numbers.
        same: whether the truth is that of the two articles of a draw.
    """
    units = vn.score([], measures=["entities.strict"], resamples=0)["entities.strict"].by_unit
    assert units is not None
    line, of = np.unique(units.line, return_inverse=True)
    doc = np.zeros(len(line), dtype=np.int64)
    doc[of] = units.doc
    gold = np.bincount(of, weights=units.table[0]).astype(np.int64)
    once = np.zeros(len(line), dtype=np.int64)
    once[of] = units.table[0]  # the golds of one copy
    copies = gold // once
    tables, f1, accuracy = [], [], []
    for _ in range(draws):
        right = _around(np.full(2, RIGHT), BY_DOCUMENT, generator)
        spurious = generator.gamma(1, SPURIOUS, 2)
        share = _around(np.clip(right, 0.01, 0.99)[doc], BY_LINE, generator)
        # An extractor gives copies of a line the same answers.
        tables.append(_table(once, share, spurious[doc], generator) * copies)
        known = (right, spurious) if same else (np.full(2, RIGHT), np.full(2, SPURIOUS))
        by_document = np.bincount(doc, weights=gold)
        found, wrong = (float(part @ by_document) / gold.sum() for part in known)
        f1.append(2 * found / (1 + found + wrong))
        accuracy.append(found)
    return Draws(tables, np.bincount(doc), np.array(f1), np.array(accuracy))


def _plain(values: Floats) -> tuple[float, float]:
    """The percentile interval."""
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def covered(what: str, right: float, drawn: Draws) -> Coverage:
    """The coverage of the intervals of drawn corpora.

    Args:
        what: the corpora.
        right: the accuracy of the population.
        drawn: the corpora.
    """
    stratum = np.repeat(np.arange(len(drawn.sizes)), drawn.sizes)
    resampled = resampling.bootstrap(drawn.sizes, drawn.tables, RESAMPLES)
    hits = np.zeros((4, len(drawn.tables)))
    for draw, (table, rates) in enumerate(zip(drawn.tables, resampled, strict=True)):
        gold, predicted, credit = table
        for row, (values, part, weight, truth) in enumerate(
            (
                (rates.f1, credit, gold + predicted, drawn.f1[draw]),
                (rates.recall, credit / 2, gold, drawn.accuracy[draw]),
            )
        ):
            found = (resampling.interval(values, part, weight, stratum), _plain(values))
            hits[[row, row + 2], draw] = [
                pair is not None and pair[0] <= truth <= pair[1] for pair in found
            ]
    return Coverage(what, right, *hits.mean(axis=1).tolist())


def rows(
    counts: Sequence[int] = DOCUMENTS,
    draws: int = DRAWS,
    populations: Sequence[tuple[float, float]] = POPULATIONS,
) -> Iterator[Coverage]:
    """The coverage for populations and numbers of documents, and for the two articles.

    Args:
        counts: numbers of documents.
        draws: the number of corpora for each.
        populations: see :data:`POPULATIONS`.
    """
    for population in populations:
        for count in counts:
            generator = np.random.default_rng([resampling.SEED, count])
            drawn = documents(count, draws, generator, population)
            yield covered(str(count), population[0], drawn)
    for what, same in (("2, segments; the same two", True), ("2, segments; all", False)):
        generator = np.random.default_rng([resampling.SEED, 2])
        yield covered(what, RIGHT, articles(draws, generator, same=same))


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    headers = ["true accuracy", "documents", "F1", "accuracy", "F1, plain", "accuracy, plain"]
    cells = [
        [
            f"{row.accuracy_of:.2f}",
            row.what,
            *(
                f"{100 * share:.1f}"
                for share in (row.f1, row.accuracy, row.plain_f1, row.plain_accuracy)
            ),
        ]
        for row in rows(draws=draws)
    ]
    print(Table(headers, cells, "llrrrr"))


if __name__ == "__main__":
    main()
