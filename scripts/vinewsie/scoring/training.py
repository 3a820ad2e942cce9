"""Scores inside training loops: dicts of floats, as ``compute_metrics`` and scorers return them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from vinewsie.extractors.outputs import read_output
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.base import Options
from vinewsie.formats.tagged import TaggedDocument, TaggedSentence, parsed_pages, tags_of
from vinewsie.model import RECORD_TYPES, Document, Entity, Prediction
from vinewsie.reading.gold import Gold
from vinewsie.reading.native import read_document
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.result import Score
from vinewsie.scoring.run import score

MEASURE = "entities.strict(scheme=any)"
"""The default measure: any labels, same span and same label."""
_TOKEN = "x"
"""Stands for a token that is not given."""
_RATES = ("precision", "recall", "f1", "accuracy")


def compute(
    *,
    predictions: Iterable[Any],
    references: Iterable[Any],
    tokens: Iterable[Sequence[str]] | None = None,
    measure: str | Measure = MEASURE,
) -> dict[str, float]:
    """Scores predictions against references, both in memory, in the shape of ``evaluate``.

    Both sides are lists of documents (or sentences) in the same order. A document is a sequence of
    tags, one for each token, as for seqeval; or records with offsets: native records by layer, a
    list of ``(start, end, label)`` or of dicts, a spaCy ``Doc``, or anything else that an extractor
    may return. With offsets, a reference may have its ``text``, which measures of quotations and
    surfaces without offsets need.

    >>> import vinewsie as vn
    >>> tags = [["B-PER", "I-PER", "O"]]
    >>> vn.compute(predictions=tags, references=tags)["overall_f1"]
    1.0

    Args:
        predictions: the predicted documents.
        references: the gold documents.
        tokens: of tags, the tokens of each document. Only a measure that compares parts of spans
            depends on them.
        measure: the measure.

    Returns:
        ``overall_precision``, ``overall_recall``, ``overall_f1``, and the same of each label, such
        as ``PER_f1``, from 0 to 1; of an accuracy ``overall_accuracy``. A rate without a
        denominator is NaN.

    Raises:
        FindingsError: a document cannot be read; carries every finding.
        MeasureError: there is no such measure.
        ValueError: the sides do not have the same number of documents.
    """
    sides = ([*predictions], [*references])
    if len(sides[0]) != len(sides[1]):
        raise ValueError(f"{len(sides[0])} predictions, but {len(sides[1])} references")
    tags = [[_tags(page) for page in side] for side in sides]
    given = [[*page] for page in tokens] if tokens is not None else None
    predicted: list[Any]
    if None not in tags[0] and None not in tags[1]:
        predicted, golds = _tagged(tags, given)
    else:
        predicted, golds = _with_offsets(*sides)
    found = score(
        predicted,
        Gold({doc.doc_id: doc for doc in golds}, name="references"),
        measures=[measure],
        resamples=0,
        missing="zero",
    )
    [scored] = found.values()
    return _rates(scored)


def f1_score(
    y_true: Iterable[Any], y_pred: Iterable[Any], *, measure: str | Measure = MEASURE
) -> float:
    """F1 (or accuracy) in the style of scikit-learn, for its ``make_scorer``; NaN without one.

    >>> import vinewsie as vn
    >>> vn.f1_score([["B-PER", "O", "B-LOC"]], [["B-PER", "O", "O"]])
    0.6666666666666666

    Args:
        y_true: the gold documents, see :func:`compute`.
        y_pred: the predicted ones.
        measure: the measure.
    """
    rates = compute(predictions=y_pred, references=y_true, measure=measure)
    return rates.get("overall_f1", rates.get("overall_accuracy", math.nan))


def spacy_scorer(measure: str = MEASURE) -> Callable[..., dict[str, Any]]:
    """A scorer of spaCy, registered as ``vinewsie.entities.v1``: entities and span groups.

    Args:
        measure: a measure of entities.

    Returns:
        A function from examples to ``ents_p``, ``ents_r``, ``ents_f`` (None without a denominator)
        and ``ents_per_type``, with ``p``, ``r``, ``f`` of each label. Gold that does not align with
        the tokens is not in an example, so that no scorer can count it.
    """
    parse(measure)

    def scored(examples: Iterable[Any], **_: Any) -> dict[str, Any]:
        both = [(example.predicted, example.reference) for example in examples]
        rates = compute(
            predictions=[predicted for predicted, _ in both],
            references=[reference for _, reference in both],
            measure=measure,
        )
        known = {key: None if math.isnan(value) else value for key, value in rates.items()}
        labels = [key.removesuffix("_f1") for key in rates if key.endswith("_f1")][1:]
        return {
            "ents_p": known["overall_precision"],
            "ents_r": known["overall_recall"],
            "ents_f": known["overall_f1"],
            "ents_per_type": {
                label: {
                    "p": known[f"{label}_precision"],
                    "r": known[f"{label}_recall"],
                    "f": known[f"{label}_f1"],
                }
                for label in labels
            },
        }

    return scored


def _tags(page: Any) -> list[str] | None:
    """The tags of a document; None if it is something else."""
    given = page.tolist() if hasattr(page, "tolist") else page
    if isinstance(given, list | tuple) and all(isinstance(tag, str) for tag in given):
        return [*given]
    return None


def _tagged(
    sides: Sequence[Sequence[Any]], tokens: Sequence[list[str]] | None
) -> tuple[list[Prediction], list[Document]]:
    """Predictions and gold of tags; the tags of both sides show how they are written.

    Args:
        sides: the tags of the predicted documents, and those of the gold ones.
        tokens: the tokens of the documents.
    """
    findings: list[Finding] = []
    for place, (predicted, gold) in enumerate(zip(*sides, strict=True)):
        lengths = {len(predicted), len(gold), *([len(tokens[place])] if tokens else [])}
        if len(lengths) > 1:
            message = f"{len(predicted)} predicted tags, {len(gold)} gold tags"
            message += f", {len(tokens[place])} tokens" if tokens else ""
            findings.append(Finding("tag", message, doc_id=str(place)))
    _refuse(findings)
    pages = [
        [
            TaggedDocument(place, str(place), [TaggedSentence(words, tags, range(len(words)))])
            for place, tags in enumerate(side)
            for words in [tokens[place] if tokens else [_TOKEN] * len(tags)]
        ]
        for side in sides
    ]
    options = Options()
    notation = tags_of([page for side in pages for page in side], options)
    predicted, golds = (
        [
            Document(
                doc_id=one.doc_id or "",
                text=one.text or "",
                entities=cast(tuple[Entity, ...], tuple(one.layers["entities"])),
            )
            for one in parsed_pages(side, notation, options, Path(name), findings)
        ]
        for side, name in zip(pages, ("predictions", "references"), strict=True)
    )
    _refuse(findings)
    return [Prediction(doc_id=one.doc_id, entities=one.entities) for one in predicted], golds


def _with_offsets(
    predictions: Sequence[Any], references: Sequence[Any]
) -> tuple[list[dict[str, Any]], list[Document]]:
    """Predictions and gold of records; a reference without a text has one of its length."""
    predicted, golds = [], []
    findings: list[Finding] = []
    for number, sides in enumerate(zip(predictions, references, strict=True)):
        doc_id = str(number)
        text = _text(sides[1])
        empty = Document(doc_id=doc_id, text=text or "")
        answers = [read_output(side, empty).answer for side in sides]
        if text is None:
            text = _TOKEN * max(map(_length, answers))
        predicted.append({**answers[0], "doc_id": doc_id})
        layers = {name: answers[1][name] for name in RECORD_TYPES if name in answers[1]}
        document, found = read_document({"doc_id": doc_id, "text": text, **layers})
        findings += [one.at("references") for one in found]
        golds += [document] if document is not None else []
    _refuse(findings)
    return predicted, golds


def _text(reference: Any) -> str | None:
    """The text of a reference: that of a dict, a document, a spaCy ``Doc``; None without one."""
    given = reference.get("text") if isinstance(reference, Mapping) else None
    text = given if given is not None else getattr(reference, "text", None)
    return text if isinstance(text, str) else None


def _length(value: Any) -> int:
    """The largest offset in native records."""
    if isinstance(value, Mapping):
        end = value.get("end", 0)
        return max([end if isinstance(end, int) else 0, *map(_length, value.values())])
    return max(map(_length, value), default=0) if isinstance(value, list) else 0


def _refuse(findings: Sequence[Finding]) -> None:
    """Raises the errors among findings."""
    if errors(findings):
        raise FindingsError(findings)


def _rates(scored: Score) -> dict[str, float]:
    """The rates of a score and of its labels."""
    parts = {"overall": scored, **(scored.labels() if scored.kind == "f1" else {})}
    return {
        f"{name}_{rate}": math.nan if value is None else value
        for name, part in parts.items()
        for rate in (_RATES[:3] if scored.kind == "f1" else _RATES[3:])
        for value in [getattr(part, rate)]
    }
