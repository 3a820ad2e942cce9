"""All extractors that can run here over the packaged articles, side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from vinewsie.annotations import store
from vinewsie.extractors import BUILT_IN, ExtractorError, UnknownExtractorError, running
from vinewsie.extractors.spec import built_in_of
from vinewsie.files import read_bytes, read_text, write_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import RECORD_TYPES
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading.gold import Gold, load
from vinewsie.scoring import run as scoring
from vinewsie.scoring.measures import COMMON_PARAMS, Measure, parse
from vinewsie.scoring.result import Result

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
"""What is compared, each on the whole page and on the article alone, with the column's title."""

FILE = "leaderboard.json"
"""Beside the annotations: the rows of the table in the README and the card."""

_BLOCK = re.compile(
    r"(?<=<!-- leaderboard: vinewsie leaderboard --format markdown -->\n).*?(?=\n<!-- end of leaderboard -->)",
    re.DOTALL,
)


class Cell(msgspec.Struct, frozen=True):
    """An F1 with its interval; null where there is nothing to divide by."""

    f1: float | None
    low: float | None
    high: float | None


class Row(msgspec.Struct, frozen=True):
    """One extractor: its scores by measure (those of the layers that it fills), and what they were
    made with.
    """

    extractor: str
    deterministic: bool
    versions: dict[str, str]
    seconds: float
    scores: dict[str, Cell]
    signature: str
    failures: dict[str, str] = {}


def specs() -> list[str]:
    """The built-in extractors that can run here and need no argument."""
    return [
        name
        for name, built_in in BUILT_IN.items()
        if built_in.argument is None and built_in.missing() is None
    ]


def run(
    only: Sequence[str] = (),
    *,
    gold: Gold | None = None,
    timeout: float = running.TIMEOUT,
    progress: ProgressCallback = no_progress,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """Runs extractors, one after the other, and scores them.

    Args:
        only: the SPECs to run; by default all that can run here.
        gold: the documents; by default the packaged articles.
        timeout: seconds for a document.
        progress: called with a line for each step.
        tell: is told of each built-in extractor that cannot run here, and of each that failed.

    Raises:
        UnknownExtractorError: an extractor that was asked for cannot run here.
    """
    gold = gold or load()
    if not only:
        for built_in in BUILT_IN.values():
            if built_in.argument is None and (missing := built_in.missing()) is not None:
                tell(f"{built_in.name} cannot run here: {missing}")
    rows = []
    for spec in dict.fromkeys(only) or specs():
        try:
            ran = running.run(spec, list(gold.values()), timeout=timeout, progress=progress)
            rows.append(
                _row(
                    spec,
                    ran,
                    scoring.score(ran, gold, measures=_measures(spec, ran), progress=progress),
                )
            )
        except UnknownExtractorError:
            raise
        except (ExtractorError, FindingsError) as error:
            tell(f"{spec} failed: {error}")
    return rows


def _measures(spec: str, ran: running.ExtractorRun) -> list[Measure]:
    """The measures of the layers that an extractor fills (for one that is not built in: those that
    its answers have), on each zone.
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
    return [m.with_params(zone=zone) for zone in COMMON_PARAMS["zone"] for m in chosen]


def _row(spec: str, ran: running.ExtractorRun, result: Result) -> Row:
    built_in = built_in_of(spec)
    scores = {name: Cell(score.f1, *score.interval) for name, score in result.items()}
    deterministic = built_in is not None and built_in.deterministic
    return Row(
        spec,
        deterministic,
        ran.versions,
        round(ran.seconds, 1),
        scores,
        result.signature,
        ran.failures,
    )


def render(rows: Sequence[Row], format_: str = "text") -> str:
    """The rows as tables (text or markdown), one for each zone, with versions and signatures; or as
    JSON.
    """
    if format_ == "json":
        return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
    from tabulate import tabulate

    parts = []
    for zone in COMMON_PARAMS["zone"]:
        headers = [zone, *MEASURES.values(), "seconds"]
        table = [
            [row.extractor, *(_cell(row, name, zone) for name in MEASURES), f"{row.seconds:.1f}"]
            for row in rows
        ]
        align = ["left", *["right"] * (len(headers) - 1)]
        style = "github" if format_ == "markdown" else "simple"
        parts += [
            tabulate(table, headers, tablefmt=style, colalign=align, disable_numparse=True),
            "",
        ]
    parts += [
        "F1 with its 95 % interval; a dash for a layer that the extractor does not fill. page: everything; article: without teasers.",
        "",
    ]
    versions = [
        f"{row.extractor} ({', '.join(f'{k} {v}' for k, v in row.versions.items())})"
        for row in rows
        if row.versions
    ]
    parts += ["Versions: " + "; ".join(versions) + ".", ""] if versions else []
    missing = [
        f"{row.extractor} gave no answer for {doc_id}: {why}"
        for row in rows
        for doc_id, why in row.failures.items()
    ]
    parts += [*missing, ""] if missing else []
    order = [
        str(parse(name).with_params(zone=zone))
        for zone in COMMON_PARAMS["zone"]
        for name in MEASURES
    ]
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


def _cell(row: Row, name: str, zone: str) -> str:
    cell = row.scores.get(str(parse(name).with_params(zone=zone)))
    if cell is None or cell.f1 is None:
        return "–"
    interval = "" if cell.low is None else f" ({_short(cell.low)}–{_short(cell.high)})"
    return f"{_short(cell.f1)}{interval}"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def read(annotations: Path) -> list[Row]:
    """The rows that were written last; none if none were.

    Raises:
        FindingsError: the file is not what :func:`write` writes.
    """
    path = annotations / FILE
    if not path.is_file():
        return []
    try:
        return msgspec.json.decode(read_bytes(path), type=list[Row])
    except msgspec.DecodeError as error:
        raise FindingsError(
            [Finding("json", f"{error}; vinewsie leaderboard --write writes it", file=str(path))]
        ) from error


def write(rows: Iterable[Row]) -> list[Path]:
    """Writes the table of the checkout: rows of this run in place of those of the same extractor,
    the others as they were.

    Rows on other data or of another version of the scorer are dropped. Returns the files written.
    """
    annotations = store.find_folder()
    new = {row.extractor: row for row in rows}
    stamp = {_stamp(row) for row in new.values()}
    kept = [row for row in read(annotations) if row.extractor not in new and _stamp(row) in stamp]
    order = [*BUILT_IN.values(), None]
    table = sorted(
        [*new.values(), *kept],
        key=lambda row: (order.index(built_in_of(row.extractor)), row.extractor),
    )
    path = annotations / FILE
    write_text(path, render(table, "json") + "\n")
    readme = annotations.parent / "README.md"
    text = read_text(readme)
    if _BLOCK.search(text) is None:
        raise FindingsError(
            [Finding("format", "has no place for the leaderboard (two comments)", file=str(readme))]
        )
    write_text(readme, _BLOCK.sub(lambda _: render(table, "markdown"), text))
    return [path, readme]


def _stamp(row: Row) -> tuple[str, str]:
    """Data and scorer of a row."""
    first = row.signature.partition("\n")[0].split("|")
    return next(part for part in first if part.startswith("data:")), first[-1]
