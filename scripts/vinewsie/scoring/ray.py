"""Distributed scoring with Ray Data.

Both sides are read part file by part file, grouped by a hash of the document's id, and scored group
by group with the functions that score on one machine. The counts of the groups add up to the same
result.
"""

from __future__ import annotations

import contextlib
import io
import logging
import pickle
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from vinewsie.defaults import RESAMPLES, UnitChoice
from vinewsie.findings import Finding, FindingsError, VinewsieError, errors, install_command
from vinewsie.formats import NATIVE
from vinewsie.reading.detect import files_hash, format_of
from vinewsie.reading.documents import read_gold
from vinewsie.reading.gold import Gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.reading.records import RawDocument, parts_of, rows_in
from vinewsie.scoring.measures import Measure, accepted_labels, wanted
from vinewsie.scoring.result import DatasetInfo, Missing, Result
from vinewsie.scoring.run import Part, assemble, score_part

GOLD, PREDICTION = 0, 1


class MissingRayError(VinewsieError):
    """Ray is not installed; the message says how to install it."""

    exit_code = 2


class UnsupportedByRayError(VinewsieError):
    """The engine ray cannot read a file; the message names the reason and what can."""

    exit_code = 2


def score(
    predictions: Path,
    gold: Path,
    measures: Sequence[str | Measure] | None = None,
    *,
    skip_invalid: bool = False,
    missing: Missing = "dash",
    resamples: int = RESAMPLES,
    interval_unit: UnitChoice = "auto",
    groups: int | None = None,
) -> Result:
    """Scores native files, or folders of part files, with Ray Data; each part file is one task of
    reading.

    Args:
        predictions: a JSON Lines or Parquet file of predictions, or a folder of such files.
        gold: the same for gold documents.
        measures: measures or their names; by default the headline measures.
        skip_invalid: whether to skip wrong records and score the rest.
        missing: ``zero`` counts a layer that no prediction mentions as empty; ``dash`` does not
            score it.
        resamples: bootstrap resamples for the intervals; 0 for none.
        interval_unit: what intervals resample.
        groups: number of groups of documents; by default four for each processor of the cluster.

    Returns:
        The result of :func:`vinewsie.score` on the same files.

    Raises:
        FindingsError: the files are wrong; carries the findings of all parts.
        MissingRayError: Ray is not installed.
        UnsupportedByRayError: a file is not of the native format.
    """
    asked = wanted(measures)
    for path in (gold, predictions):
        _check_native(path)
    try:
        import ray.data
    except ImportError as error:
        raise MissingRayError(f"the engine ray needs Ray: {install_command('ray')}") from error

    with _quiet():
        started = not ray.is_initialized()
        if started:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
        try:
            count = groups or 4 * max(1, int(_resources().get("CPU", 1)))
            return _score(
                predictions, gold, asked, skip_invalid, missing, resamples, interval_unit, count
            )
        finally:
            if started:
                ray.shutdown()


def _check_native(path: Path) -> None:
    """Refuses what the workers cannot read: they are given lines of the native format.

    Raises:
        UnsupportedByRayError: the path is a built data set, or of another format.
    """
    built = (path / "manifest.json").is_file()
    name = "a built data set" if built else format_of(path)
    if name != NATIVE:
        remedy = "" if built else f"; vinewsie convert {path} FILE.jsonl converts it"
        raise UnsupportedByRayError(
            f"--engine ray reads the native format alone, and {path} is {name}{remedy}"
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Ray's loggers without anything below errors: what the data set is planned as, and how its
    cluster is set up, is not for those who score.
    """
    loggers = [logging.getLogger(name) for name in ("ray", "ray.data")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _resources() -> dict[str, float]:
    import ray

    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


def _score(
    predictions: Path,
    gold: Path,
    asked: Sequence[Measure],
    skip_invalid: bool,
    missing: Missing,
    resamples: int,
    interval_unit: UnitChoice,
    groups: int,
) -> Result:
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    sides = [
        ray.data.read_binary_files(
            [str(part.resolve()) for part in parts_of(path)], include_paths=True
        ).flat_map(_reader(side, [str(part) for part in parts_of(path)], groups))
        for side, path in ((GOLD, gold), (PREDICTION, predictions))
    ]

    def score_group(group: Any) -> Any:
        return {"part": [pickle.dumps(_score_group(group, asked, skip_invalid))]}

    outcomes = [
        pickle.loads(row["part"])
        for row in sides[0].union(sides[1]).groupby("group").map_groups(score_group).take_all()
    ]
    findings = sorted(
        {f for _, _, found in outcomes for f in found},
        key=lambda f: (f.file or "", f.line or 0, f.layer or "", f.index or 0),
    )
    if errors(findings):
        raise FindingsError(findings)
    order = sorted((place, doc_id) for _, places, _ in outcomes for doc_id, place in places.items())
    about = cast(DatasetInfo, Gold({}, name=gold.name, sha256=files_hash(gold)).about())
    about["documents"] = [doc_id for _, doc_id in order]
    parts = [part for part, _, _ in outcomes if part is not None]
    if parts:
        # Findings of all groups in the order of the files.
        skipped = [str(f) for f in findings if f.code != "not-in-text"] if skip_invalid else []
        parts = [replace(part, skipped=[], warnings=[]) for part in parts]
        parts[0] = replace(
            parts[0], skipped=skipped, warnings=[] if skip_invalid else [str(f) for f in findings]
        )
    return assemble(
        parts,
        about,
        skip_invalid=skip_invalid,
        missing=missing,
        resamples=resamples,
        interval_unit=interval_unit,
    )


def _reader(side: int, paths: Sequence[str], groups: int) -> Any:
    """A function from a part file to its rows: group, side, file, part number, line and data.

    Args:
        side: ``GOLD`` or ``PREDICTION``.
        paths: the part files of the side, in order.
        groups: number of groups.
    """
    parts = {str(Path(path).resolve()): (number, path) for number, path in enumerate(paths)}

    def read(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        number, name = parts[row["path"]]
        for line in _lines(name, row["bytes"]):
            data = line.data if isinstance(line.data, bytes) else msgspec.json.encode(line.data)
            yield {
                "group": zlib.crc32(document_id(data).encode()) % groups,
                "side": side,
                "file": name,
                "number": number,
                "line": line.line,
                "data": data,
            }

    return read


def _lines(name: str, data: bytes) -> Iterator[RawDocument]:
    """The lines of a part file; an unreadable line becomes a row that holds its finding."""
    rows = rows_in(name, io.BytesIO(data))
    try:
        yield from rows
    except FindingsError as error:
        for finding in error.findings:
            yield RawDocument(name, finding.line or 1, _UNREADABLE + pickle.dumps(finding))


_UNREADABLE = b"\xff"
"""First byte of a row that holds a finding; no UTF-8 text has it."""


class _Head(msgspec.Struct):
    doc_id: str = ""


def document_id(data: bytes) -> str:
    """The document's id; empty if the line is not a JSON object with one."""
    try:
        return msgspec.json.decode(data, type=_Head).doc_id
    except (msgspec.DecodeError, RecursionError):
        return ""


def _score_group(
    group: dict[str, Any], asked: Sequence[Measure], skip_invalid: bool
) -> tuple[Part | None, dict[str, Any], list[Finding]]:
    """Scores the documents of one group.

    Args:
        group: the columns of the rows.
        asked: the measures.
        skip_invalid: whether to skip wrong records and score the rest.

    Returns:
        The part (None if there are errors), the place of each gold document, and all findings.
    """
    rows: tuple[list[RawDocument], list[RawDocument]] = ([], [])
    places: dict[str, tuple[int, int]] = {}
    findings: list[Finding] = []
    columns = (group[name].tolist() for name in ("number", "line", "side", "file", "data"))
    for number, line, side, file, data in sorted(
        zip(*columns, strict=True), key=lambda row: (row[2], row[0], row[1])
    ):
        if data.startswith(_UNREADABLE):
            findings.append(pickle.loads(data[len(_UNREADABLE) :]))
            continue
        rows[side].append(RawDocument(file, line, data))
        if side == GOLD:
            places.setdefault(document_id(data), (number, line))
    try:
        documents, packed, _, layers = read_gold(rows[GOLD])
    except FindingsError as error:
        return None, {}, [*findings, *error.findings]
    read = read_predictions(
        rows[PREDICTION],
        documents,
        labels=accepted_labels(asked, native=False),
        skip_invalid=skip_invalid,
    )
    findings += read.findings
    if errors(findings):
        return None, {}, findings
    gold = Gold(documents, packed=packed, layers=layers)
    part = score_part(read, gold, asked, skip_invalid=skip_invalid)
    part.skipped = []
    return part, {doc_id: places[doc_id] for doc_id in documents}, findings
