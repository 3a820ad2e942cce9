"""Phenomena as tables: what is in the gold, and what extractors master of it."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Mapping, Sequence

from vinewsie.report.text import rate
from vinewsie.scoring.mastery import FEW, Mastered, failed_by_all
from vinewsie.scoring.phenomena import TABLE
from vinewsie.scoring.resampling import FREE_UNITS, note_on
from vinewsie.tables import Report, Table, heading, paragraph

LOW = 0.5
"""A phenomenon whose recall is at most this for every extractor is one that all fail."""
_NAME = 20
"""Columns for a name beside seven others, so that the table has 80."""
_UNITS = {"document": "documents", "segment": "the lines of all documents"}
_RATES = (
    "R: share of the gold records with the phenomenon that are found (entities.strict; "
    "dates.value; quotes.marked; quotes.relaxed; for sources attribution.joint). P: share of "
    "the predicted records with it that are right."
)


def counts_table(counts: Mapping[str, Mapping[str, tuple[int, int]]]) -> Table:
    """Cases and documents of each phenomenon in each gold.

    Args:
        counts: for each gold by its name, see :func:`vinewsie.scoring.mastery.counts`.
    """
    rows = [
        [one.layer, one.name, *(f"{of[one.name][0]} / {of[one.name][1]}" for of in counts.values())]
        for one in TABLE
    ]
    return Table(["layer", "phenomenon", *counts], rows, "ll" + "r" * len(counts))


def mastery_table(found: Sequence[Mastered]) -> Table:
    """The phenomena of one extractor, the lowest recall first; their layers are in
    :func:`counts_table`.
    """
    rows = [
        [
            textwrap.fill(one.name + (" *" if one.few else ""), _NAME, subsequent_indent="  "),
            rate(one.recall),
            interval(one.recall_interval),
            str(one.cases),
            str(one.documents),
            rate(one.precision),
            interval(one.precision_interval),
            "–" if one.predicted is None else str(one.predicted),
        ]
        for one in found
    ]
    columns = ["phenomenon", "R", "95 % CI", "cases", "docs", "P", "95 % CI", "pred"]
    return Table(columns, rows, "lrrrrrrr")


def interval(value: tuple[float, float] | None) -> str:
    """An interval; a dash for none."""
    return "–" if value is None else f"{rate(value[0])}–{rate(value[1])}"


def beside_table(results: Mapping[str, Sequence[Mastered]]) -> Table:
    """The recall of several extractors, a column each; the lowest best recall first."""
    by_name = {who: {one.name: one for one in found} for who, found in results.items()}
    names = {one.name: one for found in results.values() for one in found if one.cases}

    def best(name: str) -> float:
        recalls = (of[name].recall for of in by_name.values() if name in of)
        return max((recall for recall in recalls if recall is not None), default=2.0)

    rows = [
        [
            name + (" *" if names[name].few else ""),
            names[name].layer,
            str(names[name].cases),
            *(rate(of[name].recall if name in of else None) for of in by_name.values()),
        ]
        for name in sorted(names, key=lambda name: (best(name), names[name].layer))
    ]
    columns = ["phenomenon", "layer", "cases", *results]
    return Table(columns, rows, "llr" + "r" * len(results))


def failed_table(results: Mapping[str, Sequence[Mastered]]) -> Table:
    """The phenomena that every extractor fails; see :data:`LOW`."""
    rows = [
        [name, rate(recall), str(cases)]
        for name, recall, cases in failed_by_all([*results.values()])
        if recall <= LOW
    ]
    return Table(["phenomenon", "best recall", "cases"], rows, "lrr")


def phenomena_report(
    results: Mapping[str, Sequence[Mastered]], documents: int, *, failed: bool
) -> Report:
    """The report of one extractor or several.

    Args:
        results: the phenomena of each extractor by its name.
        documents: the number of documents of the gold.
        failed: whether those that every extractor fails are shown alone.
    """
    if failed:
        title = f"Recall of at most {LOW} for every extractor that offers the layer"
        return Report([heading(title), failed_table(results), "", paragraph(_RATES)])
    found = [*results.values()]
    notes = [_RATES, f"*: fewer than {FEW} cases"]
    if len(found) > 1:
        return Report([beside_table(results), "", *map(paragraph, notes)])
    for unit in {one.unit for one in found[0]}:  # one at most
        notes.append(
            f"95 % CI: Wilson's interval with the effective number of cases, over {_UNITS[unit]}; "
            f"–: fewer than {FREE_UNITS + 1} of them have cases."
        )
        notes += [f"{note}."] if (note := note_on(documents, unit)) else []
    return Report([mastery_table(found[0]), "", *map(paragraph, notes)])


def as_csv(results: Mapping[str, Sequence[Mastered]]) -> str:
    """The phenomena of all extractors as CSV."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    names = ("name", "layer", "measure", "cases", "documents", "few", "found", "recall")
    guessed = ("predicted", "right", "precision")
    bounds = [f"{rate}_{end}" for rate in ("recall", "precision") for end in ("low", "high")]
    writer.writerow(["extractor", *names, *bounds[:2], *guessed, *bounds[2:], "unit"])
    for who, found in results.items():
        for one in found:
            writer.writerow(
                [
                    who,
                    *(getattr(one, name) for name in names),
                    *(one.recall_interval or ("", "")),
                    *(getattr(one, name) for name in guessed),
                    *(one.precision_interval or ("", "")),
                    one.unit,
                ]
            )
    return target.getvalue()
