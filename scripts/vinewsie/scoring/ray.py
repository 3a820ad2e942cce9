"""Distributed scoring with Ray.

Documents are grouped by a hash of their ids, and scored group by group with the functions that
score on one machine. The counts of the groups add up to the same result. Files of the native format
are also read in the cluster (Ray Data), part file by part file. All others are read here: what
their records are, and of which document, depends on the whole file and on the gold.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import pickle
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from vinewsie.defaults import RESAMPLES, UnitChoice
from vinewsie.findings import Finding, FindingsError, VinewsieError, errors, install_command
from vinewsie.formats import NATIVE
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading.detect import InputFormat, files_hash, format_of
from vinewsie.reading.documents import read_gold
from vinewsie.reading.gold import Gold, load
from vinewsie.reading.plain import Holders, held_of
from vinewsie.reading.predictions import ReadPredictions, read_predictions
from vinewsie.reading.records import RawDocument, parts_of, rows_in
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.measures import Measure, accepted_labels, wanted
from vinewsie.scoring.result import DatasetInfo, Missing, Result
from vinewsie.scoring.run import Part, assemble, reports, score_part
from vinewsie.scoring.run import score as score_on_one

GOLD, PREDICTION = 0, 1


class MissingRayError(VinewsieError):
    """Ray is not installed; the message says how to install it."""

    exit_code = 2


def score(
    predictions: Path,
    gold: Path | None,
    measures: Sequence[str | Measure] | None = None,
    *,
    skip_invalid: bool = False,
    missing: Missing = "dash",
    resamples: int = RESAMPLES,
    interval_unit: UnitChoice = "auto",
    groups: int | None = None,
    input_format: InputFormat | None = None,
    gold_format: InputFormat | None = None,
    texts: Path | None = None,
    progress: ProgressCallback = no_progress,
    **options: Any,
) -> Result:
    """Scores files, or folders of part files, with Ray.

    Args:
        predictions: a file of predictions in any format, or a folder of such files.
        gold: the same for gold documents, or a built data set; None for the packaged articles.
        measures: measures or their names; by default the headline measures.
        skip_invalid: whether to skip wrong records and score the rest.
        missing: ``zero`` counts a layer that no prediction mentions as empty; ``dash`` does not
            score it.
        resamples: bootstrap resamples for the intervals; 0 for none.
        interval_unit: what intervals resample.
        groups: number of groups of documents; by default four for each processor of the cluster.
        input_format: the format of the predictions and its columns; by default detected.
        gold_format: the same for the gold.
        texts: the folder with the texts of a labels-only data set.
        progress: called with a line for each step.
        options: further arguments of :func:`vinewsie.score`; with any of them that is not None,
            both sides are read here.

    Returns:
        The result of :func:`vinewsie.score` on the same files.

    Raises:
        FindingsError: the files are wrong; carries the findings of all parts.
        MissingRayError: Ray is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise MissingRayError(f"the engine ray needs Ray: {install_command('ray')}")
    asked = wanted(measures)
    common: dict[str, Any] = {
        "skip_invalid": skip_invalid,
        "missing": missing,
        "resamples": resamples,
        "interval_unit": interval_unit,
    }
    if (
        gold is not None
        and all(value is None for value in (texts, *options.values()))
        and _is_native(gold, gold_format)
        and _is_native(predictions, input_format)
    ):
        progress(f"scoring {predictions} with Ray")
        with _cluster() as processors:
            return _score(predictions, gold, asked, groups or 4 * processors, **common)
    return score_on_one(
        predictions,
        load(gold, texts=texts, input_format=gold_format),
        measures=asked,
        input_format=input_format,
        progress=progress,
        engine=partial(_spread, groups=groups),
        **common,
        **options,
    )


@contextlib.contextmanager
def _cluster() -> Iterator[int]:
    """A cluster, started if there is none and then ended; yields the number of its processors."""
    import ray.data

    with _quiet():
        started = not ray.is_initialized()
        if started:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
        try:
            yield max(1, int(_resources().get("CPU", 1)))
        finally:
            if started:
                ray.shutdown()


def _is_native(path: Path, chosen: InputFormat | None) -> bool:
    """Whether a path is of the native format: files, and no built data set."""
    if (path / "manifest.json").is_file():
        return False
    return ((chosen.format if chosen is not None else None) or format_of(path)) == NATIVE


def _spread(
    read: ReadPredictions,
    gold: Gold,
    asked: Sequence[Measure],
    *,
    skip_invalid: bool,
    labels: LabelMap | None,
    progress: ProgressCallback,
    groups: int | None,
) -> list[Part]:
    """The parts of documents that were read here, each scored in the cluster; an ``Engine``.

    Args:
        read: the predictions.
        gold: the gold documents.
        asked: the measures.
        skip_invalid: whether wrong records were skipped.
        labels: a user-supplied label map.
        progress: called with a line for each step.
        groups: number of groups of documents; None for four for each processor.
    """
    import ray

    progress(f"scoring {len(gold)} documents with Ray")
    with _cluster() as processors:
        members: dict[int, list[str]] = {}
        for doc_id in gold:
            members.setdefault(_group(doc_id, groups or 4 * processors), []).append(doc_id)
        task: Any = ray.remote(_score_read)
        parts: list[Part] = ray.get(
            [
                task.remote(pickle.dumps((_part_of(read, ids), gold.only(docs=ids), asked, labels)))
                for ids in members.values()
            ]
        )
    parts = [replace(part, skipped=[], warnings=[]) for part in parts]
    skipped, warnings = reports(read, gold, skip_invalid=skip_invalid)
    parts[0] = replace(parts[0], skipped=skipped, warnings=warnings)
    return parts


def _part_of(read: ReadPredictions, ids: Sequence[str]) -> ReadPredictions:
    """The predictions for some documents, without findings."""
    number = {doc_id: n for n, doc_id in enumerate(read.by_doc)}
    there = [doc_id for doc_id in ids if doc_id in number]
    rows = np.array([number[doc_id] for doc_id in there], dtype=np.int64)
    return replace(
        read,
        by_doc=Holders({doc_id: held_of(read.by_doc, doc_id) for doc_id in there}),
        packed=None if read.packed is None else read.packed.take(rows),
        findings=[],
    )


def _score_read(sides: bytes) -> Part:
    """The part of some documents, as :func:`_spread` pickles them."""
    read, gold, asked, labels = pickle.loads(sides)
    return score_part(read, gold, asked, labels=labels)


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
    groups: int,
    *,
    skip_invalid: bool,
    missing: Missing,
    resamples: int,
    interval_unit: UnitChoice,
) -> Result:
    """Scores native files that the cluster reads; see :func:`score`."""
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
                "group": _group(document_id(data), groups),
                "side": side,
                "file": name,
                "number": number,
                "line": line.line,
                "data": data,
            }

    return read


def _group(doc_id: str, groups: int) -> int:
    """The group of a document; it is the same for both sides."""
    return zlib.crc32(doc_id.encode("utf-8", "surrogatepass")) % groups


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
        documents, packed, _, layers, _ = read_gold(rows[GOLD])
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
