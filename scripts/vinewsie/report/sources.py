"""The gold and the predictions that a result was made from, checked by their hashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vinewsie.findings import FindingsError, VinewsieError, errors
from vinewsie.model import Prediction
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.gold import Gold, SelectionError, load, set_of
from vinewsie.reading.predictions import read_predictions
from vinewsie.reading.surfaces import RESOLVERS, SURFACE
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring.measures import accepted_labels
from vinewsie.scoring.result import Result


class SourceError(VinewsieError):
    """The gold or the predictions of a result are not at hand, or are others."""

    exit_code = 2


@dataclass(frozen=True)
class GivenFiles:
    """The files that a user gives for a result.

    Args:
        gold: the gold; None for the packaged set that was scored.
        texts: the texts of gold that has none.
        gold_format: the format of the gold.
        predictions: the predictions; None for those that the result holds.
        input_format: the format of the predictions.
    """

    gold: Path | None = None
    texts: Path | None = None
    gold_format: InputFormat | None = None
    predictions: Path | None = None
    input_format: InputFormat | None = None


def gold_of(result: Result, given: GivenFiles) -> Gold:
    """The gold of a result, without the documents that were not scored.

    Args:
        result: the result.
        given: the user's files.

    Raises:
        SourceError: it is not the gold that was scored.
    """
    wanted = result.dataset
    place = given.gold if given.gold is not None else set_of(wanted)
    gold = load(place, texts=given.texts, input_format=given.gold_format)
    if gold.sha256 != wanted["sha256"]:
        what = f"{wanted['name']} {wanted['version']}".strip()
        asked = f"{what} (sha256 {wanted['sha256'][:12]})"
        there = f"{given.gold or 'the packaged data set'} has sha256 {gold.sha256[:12]}"
        advice = "give the file that was scored" if given.gold else "give it"
        raise SourceError(f"the result scored {asked}, but {there}: {advice} with --gold FILE")
    try:
        return gold.only(docs=wanted["documents"]) if "part" in wanted else gold
    except SelectionError as error:
        raise SourceError(f"the gold lacks documents of the result: {error}") from error


def predictions_of(result: Result, gold: Gold, given: GivenFiles) -> Mapping[str, Prediction]:
    """The predictions of a result, by document.

    Args:
        result: the result.
        gold: its gold.
        given: the user's files.

    Raises:
        SourceError: the result holds no predictions and none are given, or they are others; or
            they are those of several epochs.
        FindingsError: the file of predictions is wrong.
    """
    if result.epochs is not None:
        raise SourceError(
            f"the result has the answers of {result.epochs['count']} epochs; errors are shown for "
            "one: vinewsie errors FILE, vinewsie score FILE --report PAGE"
        )
    if given.predictions is None:
        if result.records is None:
            raise SourceError(
                "the result does not hold the predictions (results of version 0.1, and "
                "of very many records, do not); give the file that was scored: "
                "vinewsie report RESULT.json --predictions FILE"
            )
        found = {prediction.doc_id: prediction for prediction in result.records}
        if _digest(found, gold) != result.predictions_sha256:
            raise SourceError(
                "the predictions in the result have another sha256 than it states: "
                "the file was changed; score again"
            )
        return found
    labels = accepted_labels(result.measures, gold.packaged, label_map_of(result))
    resolve = next((r for r in result.resolve.split("+") if r in RESOLVERS), SURFACE)
    read = read_predictions(
        given.predictions,
        gold.documents,
        labels=labels,
        skip_invalid=result.skip_invalid,
        input_format=given.input_format,
        resolve=resolve,
    )
    if errors(read.findings):
        raise FindingsError(read.findings)
    if _digest(read.by_doc, gold) != result.predictions_sha256:
        raise SourceError(
            f"{given.predictions} has not the predictions of the result: their sha256 is not "
            f"{result.predictions_sha256[:12]}"
        )
    return read.by_doc


def label_map_of(result: Result) -> LabelMap | None:
    """The user-supplied label map of a result; None if there was none.

    Raises:
        SourceError: the result is of an older version and does not hold its map.
    """
    if result.labels is None:
        return None
    if "map" not in result.labels:
        raise SourceError("the result does not hold its label map; score again with --labels")
    return LabelMap.of(result.labels["map"])


def _digest(predictions: Mapping[str, Prediction], gold: Gold) -> str:
    """sha256 of predictions in the order of the gold, as a result states it."""
    return native.joined_digest(
        native.digest(predictions.get(doc_id, Prediction(doc_id=doc_id))) for doc_id in gold
    )
