"""The leaderboard: scores of extractors on the packaged articles and on further sets."""

from __future__ import annotations

import logging
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from vinewsie.annotations import store
from vinewsie.defaults import TIMEOUT
from vinewsie.extractors import BUILT_IN, ExtractorError, UnknownExtractorError, running
from vinewsie.extractors.credentials import masked_url
from vinewsie.extractors.spec import built_in_of
from vinewsie.files import locked, read_text, write_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import RECORD_TYPES
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading.gold import Gold, load
from vinewsie.scoring import run as scoring
from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.result import Result
from vinewsie.tables import Table, paragraph

logger = logging.getLogger("vinewsie")

MEASURES = {
    "entities.strict": "entities",
    "entities.strict(levels=outermost,scheme=vlsp2018)": "PER, LOC, ORG, outermost",
    "entities.exact(levels=outermost)": "entity spans, outermost",
    "dates.strict": "dates",
    "dates.relaxed": "dates, overlapping",
    "dates.value": "date values",
    "quotes.relaxed": "quotations",
    "attribution.joint": "attribution",
}
"""The measures with the titles of their columns. Each is taken on the page, on the article, and on
each further set.
"""

FILE = "leaderboard.json"
"""The file in the annotations folder with the rows of the card's table."""

_GROUPS = [
    [name for name in MEASURES if name.startswith(layers)]
    for layers in ("entities.", "dates.", ("quotes.", "attribution."))
]
"""The measures of one table in text, which has 80 columns."""
_NONE = "–"
_FEWEST = 3
"""The extractors that a rank correlation needs: two have but one order and its reverse."""


class LeaderboardCell(msgspec.Struct, frozen=True):
    """An F1 with its 95 % interval; null where F1 is not defined."""

    f1: float | None
    low: float | None
    high: float | None

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width; None without an interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


class SetScores(msgspec.Struct, frozen=True):
    """The scores of one extractor on a further set; fields as in :class:`LeaderboardRow`."""

    seconds: float
    scores: dict[str, LeaderboardCell]
    signature: str
    failures: dict[str, str] = {}


class LeaderboardRow(msgspec.Struct, frozen=True):
    """The scores of one extractor.

    Args:
        extractor: its SPEC.
        deterministic: whether another run gives the same scores.
        versions: the versions of the libraries it uses.
        seconds: the duration of the run on the articles.
        scores: F1 on the articles by measure, for the layers that the extractor fills.
        signature: the signature of the scores, one line for each measure.
        failures: the reason for each document without an answer.
        trained_on: what it was fitted to; empty if that is unknown.
        sets: its scores on further sets by their names.
    """

    extractor: str
    deterministic: bool
    versions: dict[str, str]
    seconds: float
    scores: dict[str, LeaderboardCell]
    signature: str
    failures: dict[str, str] = {}
    trained_on: str = ""
    sets: dict[str, SetScores] = {}


class RankCorrelation(msgspec.Struct, frozen=True):
    """How far two sets rank the extractors alike.

    Args:
        measure: the measure.
        extractors: the number of extractors that have an F1 on both sets.
        tau: Kendall's τ-b; None where all extractors are tied on a set.
        p: the two-sided p-value of no correlation.
    """

    measure: str
    extractors: int
    tau: float | None
    p: float | None


def specs() -> list[str]:
    """The built-in extractors whose requirements are installed and that need no argument."""
    return [
        name
        for name, built_in in BUILT_IN.items()
        if built_in.argument is None and built_in.missing() is None
    ]


def run(
    only: Sequence[str] = (),
    *,
    gold: Gold | None = None,
    others: Mapping[str, Gold] = MappingProxyType({}),
    timeout: float = TIMEOUT,
    progress: ProgressCallback = no_progress,
) -> list[LeaderboardRow]:
    """Runs extractors, one after the other, and scores them.

    A warning is logged for each built-in extractor that cannot run, and for each that failed.

    Args:
        only: the SPECs to run; by default those of :func:`specs`.
        gold: the documents; by default the packaged articles.
        others: further sets by their names.
        timeout: seconds for a document.
        progress: called with a line for each step.

    Raises:
        UnknownExtractorError: an extractor in ``only`` cannot run here.
    """
    gold = gold or load()
    if not only:
        for built_in in BUILT_IN.values():
            if built_in.argument is None and (missing := built_in.missing()) is not None:
                logger.warning("%s cannot run here: %s", built_in.name, missing)
    rows = []
    for spec in dict.fromkeys(only) or specs():
        try:
            row = _row(spec, gold, timeout=timeout, progress=progress)
            sets = {
                name: _on_set(_row(spec, other, timeout=timeout, progress=progress, zones=False))
                for name, other in others.items()
            }
            rows.append(msgspec.structs.replace(row, sets=sets))
        except UnknownExtractorError:
            raise
        except (ExtractorError, FindingsError) as error:
            logger.warning("%s failed: %s", masked_url(spec), error)
    return rows


CUSTOM = (
    "entities.strict(scheme=any)",
    "dates.strict",
    "dates.value",
    "quotes.relaxed",
    "attribution.joint",
    "attribution.source",
)
"""The measures on custom gold by default; those that nothing is scored under are left out."""


def on_gold(
    gold: Gold,
    specs: Sequence[str] = (),
    files: Mapping[str, Path] = MappingProxyType({}),
    *,
    measures: Sequence[str | Measure] = (),
    timeout: float = TIMEOUT,
    progress: ProgressCallback = no_progress,
) -> dict[str, Result]:
    """Scores of extractors and of prediction files on one gold, by their names.

    Args:
        gold: the gold, of any origin.
        specs: the SPECs of extractors to run.
        files: files of predictions, in any format, by the names of their systems.
        measures: the measures; by default :data:`CUSTOM`.
        timeout: seconds for a document.
        progress: called with a line for each step.

    Raises:
        UnknownExtractorError: an extractor cannot run here.
        ExtractorError: one failed on every document.
        FindingsError: a file is wrong.
    """
    asked = [*(measures or CUSTOM)]
    found = {}
    for spec in dict.fromkeys(specs):
        ran = running.run(spec, list(gold.values()), timeout=timeout, progress=progress)
        found[ran.name] = scoring.score(ran, gold, measures=asked, progress=progress)
    for name, path in files.items():
        found[name] = scoring.score(path, gold, measures=asked, progress=progress)
    return found


def table_of(results: Mapping[str, Result]) -> Table:
    """The scores of systems on one gold with their intervals, the best first."""
    names = list(dict.fromkeys(name for result in results.values() for name in result))
    shown = [n for n in names if any(result[n].value is not None for result in results.values())]

    def cell(result: Result, name: str) -> str:
        score = result[name]
        low, high = score.interval
        around = "" if low is None or high is None else f"\n{low:.3f}–{high:.3f}"
        return _NONE if score.value is None else f"{score.value:.3f}{around}"

    def rank(item: tuple[str, Result]) -> tuple[float, ...]:
        return tuple(-(item[1][name].value or 0.0) for name in shown)

    rows = [
        [who, *(cell(result, name) for name in shown)]
        for who, result in sorted(results.items(), key=rank)
    ]
    titles = [re.sub(r"(?<=\.)|(?=\()", "\n", name, count=2) for name in shown]
    return Table(["system", *titles], rows, "l" + "r" * len(shown))


def _measures(spec: str, ran: running.ExtractorRun, zones: bool) -> list[Measure]:
    """The measures of the layers that an extractor fills, on each zone or on the page alone.

    An extractor that is not built in fills the layers that its answers have.
    """
    built_in = built_in_of(spec)
    layers = (
        built_in.layers
        if built_in is not None
        else {layer for answer in ran.outputs for layer in RECORD_TYPES if layer in answer}
    )
    chosen = [
        m
        for m in map(parse, MEASURES)
        if ("quotes" if m.layer == "attribution" else m.layer) in layers
    ]
    if built_in is not None and not built_in.typed:
        chosen = [m for m in chosen if m.layer != "entities" or m.name == "exact"]
    return [m.with_params(zone=zone) for zone in ZONE.values for m in chosen] if zones else chosen


def _row(
    spec: str,
    gold: Gold,
    *,
    timeout: float,
    progress: ProgressCallback,
    zones: bool = True,
) -> LeaderboardRow:
    """Runs an extractor on one set and scores it."""
    ran = running.run(spec, list(gold.values()), timeout=timeout, progress=progress)
    result = scoring.score(ran, gold, measures=_measures(spec, ran, zones), progress=progress)
    built_in = built_in_of(spec)
    return LeaderboardRow(
        ran.name,  # without the credentials of a URL
        built_in is not None and built_in.deterministic,
        ran.versions,
        round(ran.seconds, 1),
        cells_of(result),
        result.signature,
        ran.failures,
        built_in.trained_on if built_in is not None else "",
    )


def _on_set(row: LeaderboardRow) -> SetScores:
    return SetScores(row.seconds, row.scores, row.signature, row.failures)


def cells_of(result: Result) -> dict[str, LeaderboardCell]:
    """F1 with its interval, by measure."""
    return {name: LeaderboardCell(score.f1, *score.interval) for name, score in result.items()}


def rank_correlations(rows: Sequence[LeaderboardRow], other: str) -> list[RankCorrelation]:
    """Kendall's τ-b of the extractors' F1 on the pages of the articles and on another set (Kendall
    1945; computed by scipy), for each measure that at least three of them have on both.

    Args:
        rows: the extractors.
        other: the name of the other set.
    """
    from scipy.stats import kendalltau

    found = []
    for name in MEASURES:
        cells = [
            (_cells(row, ZONE.values[0]).get(name), _cells(row, other).get(name)) for row in rows
        ]
        pairs = [(a.f1, b.f1) for a, b in cells if a and b and None not in (a.f1, b.f1)]
        if len(pairs) >= _FEWEST:
            tau, p = kendalltau(*zip(*pairs, strict=True))
            values = (None, None) if math.isnan(tau) else (float(tau), float(p))
            found.append(RankCorrelation(name, len(pairs), *values))
    return found


def render(rows: Sequence[LeaderboardRow], format_: str = "text") -> str:
    """The rows as tables with versions and signatures, or as JSON.

    Markdown has one table for each zone and set; text has one for each of these and each layer, so
    that it fits 80 columns. The rank correlations of the sets follow.
    """
    if format_ == "json":
        return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
    parts: list[str] = []
    wrapped = str if format_ == "markdown" else paragraph
    shown = Table.markdown if format_ == "markdown" else str
    for place in (*ZONE.values, *(others := _others(rows))):
        groups = [list(MEASURES)] if format_ == "markdown" else _GROUPS
        for group in groups:
            width = 1000 if format_ == "markdown" else 16
            titles = {n: textwrap.fill(MEASURES[n], width) for n in group}
            titles["seconds"] = "seconds" if format_ == "markdown" else "s"
            if (table := _table(rows, place, titles)).rows or format_ == "markdown":
                parts += [shown(table), ""]
    legend = (
        "F1 with its 95 % interval; a dash for a layer that the extractor does not fill. "
        "page: everything; article: without teasers"
    )
    legend += "".join(f"; {name}: the {name} set" for name in others)
    parts += [wrapped(f"{legend}."), ""]
    parts += [wrapped(fitted), ""] if (fitted := _fitted(rows)) else []
    for name in others:
        correlations = rank_correlations(rows, name)
        if correlations:
            parts += [shown(_correlation_table(correlations)), ""]
            parts += [wrapped(_CORRELATION.format(name=name)), ""]
    versions = [
        f"{row.extractor} ({', '.join(f'{k} {v}' for k, v in row.versions.items())})"
        for row in rows
        if row.versions
    ]
    parts += [wrapped(f"Versions: {'; '.join(versions)}."), ""] if versions else []
    missing = [
        f"{row.extractor} gave no answer for {doc_id}: {why}"
        for row in rows
        for failures in (row.failures, *(one.failures for one in row.sets.values()))
        for doc_id, why in failures.items()
    ]
    parts += [*missing, ""] if missing else []
    signatures = _signatures(rows)
    fence = (
        ["```text", *signatures, "```"]
        if format_ == "markdown"
        else ["Signatures", *(f"  {line}" for line in signatures)]
    )
    return "\n".join([*parts, *fence])


_CORRELATION = (
    "Rank correlation: Kendall's τ-b of the extractors' F1 on the page and on the {name} set, with "
    "the two-sided p-value, for measures that at least three extractors have."
)


def _others(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The names of the further sets."""
    return sorted({name for row in rows for name in row.sets})


def _fitted(rows: Sequence[LeaderboardRow]) -> str:
    """What the extractors were fitted to, as far as it is known."""
    fitted: dict[str, list[str]] = {}
    for row in rows:
        if row.trained_on:
            fitted.setdefault(row.trained_on, []).append(row.extractor)
    parts = [f"{what} ({', '.join(names)})" for what, names in fitted.items()]
    return f"Fitted to: {'; '.join(parts)}." if parts else ""


def _correlation_table(correlations: Sequence[RankCorrelation]) -> Table:
    cells = [
        [MEASURES[one.measure], str(one.extractors), _short(one.tau), _short(one.p)]
        for one in correlations
    ]
    return Table(["measure", "extractors", "τ-b", "p"], cells, "lrrr")


def _signatures(rows: Sequence[LeaderboardRow]) -> list[str]:
    """The signatures of all scores, each once: of the zones, then of further sets."""
    order = [str(parse(name).with_params(zone=zone)) for zone in ZONE.values for name in MEASURES]
    sides: list[Sequence[LeaderboardRow | SetScores]] = [
        rows,
        *([row.sets[name] for row in rows if name in row.sets] for name in _others(rows)),
    ]
    lines = []
    for side in sides:
        known = {
            name: line
            for one in side
            for name, line in zip(one.scores, one.signature.splitlines(), strict=True)
        }
        lines += [known[name] for name in order if name in known]
    return lines


def _seconds(seconds: float) -> str:
    return f"{seconds:.{1 if seconds < 10 else 0}f}"


def _table(rows: Sequence[LeaderboardRow], place: str, titles: Mapping[str, str]) -> Table:
    """The columns that ``titles`` names of a zone or set, without the rows that have no score in
    them.
    """
    lines = [
        [
            row.extractor,
            *(_cell(_cells(row, place).get(name)) for name in MEASURES if name in titles),
            _seconds(row.sets.get(place, row).seconds),
        ]
        for row in rows
    ]
    kept = [line for line in lines if {*line[1:-1]} != {_NONE}]
    return Table([place, *titles.values()], kept, "l" + "r" * len(titles))


def _cells(row: LeaderboardRow, place: str) -> Mapping[str, LeaderboardCell]:
    """The cells of a zone of the articles, or of a further set, by the names of the measures."""
    if place not in ZONE.values:
        return row.sets[place].scores if place in row.sets else {}
    names = {name: str(parse(name).with_params(zone=place)) for name in MEASURES}
    return {name: row.scores[full] for name, full in names.items() if full in row.scores}


def _cell(cell: LeaderboardCell | None) -> str:
    if cell is None or cell.f1 is None:
        return _NONE
    interval = "" if cell.low is None else f" ({_short(cell.low)}–{_short(cell.high)})"
    return f"{_short(cell.f1)}{interval}"


def _short(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def read(annotations: Path) -> list[LeaderboardRow]:
    """Reads the rows from an annotations folder; none without a file.

    Raises:
        FindingsError: the file is not of the form that :func:`write` gives it.
    """
    path = annotations / FILE
    if not path.is_file():
        return []
    try:
        rows = msgspec.json.decode(read_text(path), type=list[LeaderboardRow])
        for row in rows:
            scored: list[LeaderboardRow | SetScores] = [row, *row.sets.values()]
            for one in scored:
                lines = one.signature.splitlines()
                if len(lines) != len(one.scores) or "data:" not in one.signature:
                    message = f"{row.extractor} has no signature for each score"
                    raise msgspec.ValidationError(message)
        return rows
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{error}; make the file again with: vinewsie leaderboard --write"
        raise FindingsError([Finding("json", message, file=str(path))]) from error


def write(rows: Iterable[LeaderboardRow]) -> Path:
    """Writes rows into ``leaderboard.json`` of the checkout, from which ``build`` makes the card.

    They replace earlier rows of the same extractors. Earlier rows on other data or by another
    version of the scorer are dropped, the others stay; likewise the earlier scores on a further set
    of an extractor that was not run on it, if its libraries have the same versions.

    Returns:
        The file.
    """
    annotations = store.find_folder()
    path = annotations / FILE
    order = [*BUILT_IN.values(), None]
    with locked(annotations):
        there = {row.extractor: row for row in read(annotations)}
        new = {row.extractor: row for row in rows}
        stamps = {_stamp(row) for row in new.values()}
        set_stamps = {(n, _stamp(one)) for row in new.values() for n, one in row.sets.items()}
        run_on = {name for name, _ in set_stamps}
        table = []
        for name, row in (there | new).items():
            before = there.get(name, row)
            if _stamp(row) not in stamps:
                continue
            earlier = {
                set_name: one
                for set_name, one in before.sets.items()
                if before.versions == row.versions
                and (set_name not in run_on or (set_name, _stamp(one)) in set_stamps)
            }
            sets = {**earlier, **(row.sets if name in new else {})}
            table.append(msgspec.structs.replace(row, sets=sets))
        table.sort(key=lambda row: (order.index(built_in_of(row.extractor)), row.extractor))
        write_text(path, render(table, "json") + "\n")
    return path


def _stamp(row: LeaderboardRow | SetScores) -> tuple[str, str]:
    """The data and the version of the scorer of scores."""
    first = row.signature.partition("\n")[0].split("|")
    return next(part for part in first if part.startswith("data:")), first[-1]
