"""The leaderboard: scores of extractors on the packaged articles."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

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
"""The measures with the titles of their columns. Each is taken on the page and on the article."""

FILE = "leaderboard.json"
"""The file in the annotations folder with the rows of the card's table."""

_GROUPS = [
    [name for name in MEASURES if name.startswith(layers)]
    for layers in ("entities.", "dates.", ("quotes.", "attribution."))
]
"""The measures of one table in text, which has 80 columns."""
_NONE = "–"


class LeaderboardCell(msgspec.Struct, frozen=True):
    """An F1 with its 95 % interval; null where F1 is not defined."""

    f1: float | None
    low: float | None
    high: float | None


class LeaderboardRow(msgspec.Struct, frozen=True):
    """The scores of one extractor.

    Args:
        extractor: its SPEC.
        deterministic: whether another run gives the same scores.
        versions: the versions of the libraries it uses.
        seconds: the duration of the run.
        scores: F1 by measure, for the layers that the extractor fills.
        signature: the signature of the scores, one line for each measure.
        failures: the reason for each document without an answer.
    """

    extractor: str
    deterministic: bool
    versions: dict[str, str]
    seconds: float
    scores: dict[str, LeaderboardCell]
    signature: str
    failures: dict[str, str] = {}


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
    timeout: float = TIMEOUT,
    progress: ProgressCallback = no_progress,
) -> list[LeaderboardRow]:
    """Runs extractors, one after the other, and scores them.

    A warning is logged for each built-in extractor that cannot run, and for each that failed.

    Args:
        only: the SPECs to run; by default those of :func:`specs`.
        gold: the documents; by default the packaged articles.
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
            ran = running.run(spec, list(gold.values()), timeout=timeout, progress=progress)
            measures = _measures(spec, ran)
            result = scoring.score(ran, gold, measures=measures, progress=progress)
            rows.append(_row(spec, ran, result))
        except UnknownExtractorError:
            raise
        except (ExtractorError, FindingsError) as error:
            logger.warning("%s failed: %s", masked_url(spec), error)
    return rows


def _measures(spec: str, ran: running.ExtractorRun) -> list[Measure]:
    """The measures of the layers that an extractor fills, on each zone.

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
    return [m.with_params(zone=zone) for zone in ZONE.values for m in chosen]


def _row(spec: str, ran: running.ExtractorRun, result: Result) -> LeaderboardRow:
    built_in = built_in_of(spec)
    scores = {name: LeaderboardCell(score.f1, *score.interval) for name, score in result.items()}
    deterministic = built_in is not None and built_in.deterministic
    return LeaderboardRow(
        ran.name,  # without the credentials of a URL
        deterministic,
        ran.versions,
        round(ran.seconds, 1),
        scores,
        result.signature,
        ran.failures,
    )


def render(rows: Sequence[LeaderboardRow], format_: str = "text") -> str:
    """The rows as tables with versions and signatures, or as JSON.

    Markdown has one table for each zone; text has one for each zone and layer, so that it fits 80
    columns.
    """
    if format_ == "json":
        return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
    parts = []
    for zone in ZONE.values:
        if format_ == "markdown":
            titles = MEASURES | {"seconds": "seconds"}
            parts += [_table(rows, zone, titles).markdown(), ""]
            continue
        for group in _GROUPS:
            titles = {n: textwrap.fill(MEASURES[n], 16) for n in group} | {"seconds": "s"}
            if (table := _table(rows, zone, titles)).rows:
                parts += [str(table), ""]
    wrapped = str if format_ == "markdown" else paragraph
    legend = (
        "F1 with its 95 % interval; a dash for a layer that the extractor does not fill. "
        "page: everything; article: without teasers."
    )
    parts += [wrapped(legend), ""]
    versions = [
        f"{row.extractor} ({', '.join(f'{k} {v}' for k, v in row.versions.items())})"
        for row in rows
        if row.versions
    ]
    parts += [wrapped(f"Versions: {'; '.join(versions)}."), ""] if versions else []
    missing = [
        f"{row.extractor} gave no answer for {doc_id}: {why}"
        for row in rows
        for doc_id, why in row.failures.items()
    ]
    parts += [*missing, ""] if missing else []
    order = [str(parse(name).with_params(zone=zone)) for zone in ZONE.values for name in MEASURES]
    known = {
        name: line
        for row in rows
        for name, line in zip(row.scores, row.signature.splitlines(), strict=True)
    }
    signatures = [known[name] for name in order if name in known]
    fence = (
        ["```text", *signatures, "```"]
        if format_ == "markdown"
        else ["Signatures", *(f"  {line}" for line in signatures)]
    )
    return "\n".join([*parts, *fence])


def _table(rows: Sequence[LeaderboardRow], zone: str, titles: Mapping[str, str]) -> Table:
    """The columns that ``titles`` names, without the rows that have no score in them."""
    cells = [
        [row.extractor, *scores, f"{row.seconds:.1f}"]
        for row in rows
        if {*(scores := [_cell(row, name, zone) for name in MEASURES if name in titles])} != {_NONE}
    ]
    return Table([zone, *titles.values()], cells, "l" + "r" * len(titles))


def _cell(row: LeaderboardRow, name: str, zone: str) -> str:
    cell = row.scores.get(str(parse(name).with_params(zone=zone)))
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
            if len(row.signature.splitlines()) != len(row.scores) or "data:" not in row.signature:
                raise msgspec.ValidationError(f"{row.extractor} has no signature for each score")
        return rows
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{error}; make the file again with: vinewsie leaderboard --write"
        raise FindingsError([Finding("json", message, file=str(path))]) from error


def write(rows: Iterable[LeaderboardRow]) -> Path:
    """Writes rows into ``leaderboard.json`` of the checkout, from which ``build`` makes the card.

    They replace earlier rows of the same extractors. Earlier rows on other data or by another
    version of the scorer are dropped, the others stay.

    Returns:
        The file.
    """
    annotations = store.find_folder()
    path = annotations / FILE
    new = {row.extractor: row for row in rows}
    stamp = {_stamp(row) for row in new.values()}
    order = [*BUILT_IN.values(), None]
    with locked(annotations):
        there = read(annotations)
        kept = [row for row in there if row.extractor not in new and _stamp(row) in stamp]
        table = sorted(
            [*new.values(), *kept],
            key=lambda row: (order.index(built_in_of(row.extractor)), row.extractor),
        )
        write_text(path, render(table, "json") + "\n")
    return path


def _stamp(row: LeaderboardRow) -> tuple[str, str]:
    """The data and the version of the scorer of a row."""
    first = row.signature.partition("\n")[0].split("|")
    return next(part for part in first if part.startswith("data:")), first[-1]
