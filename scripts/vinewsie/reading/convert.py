"""Converts between formats and reports everything that the target cannot hold."""

from __future__ import annotations

from pathlib import Path

import msgspec

from vinewsie.files import STDOUT
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats import NATIVE, foreign, names
from vinewsie.formats.base import lost_segments, without_fields
from vinewsie.model import RECORD_TYPES, Document
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.documents import read_gold
from vinewsie.reading.gold import SETS, Gold, load
from vinewsie.reading.predictions import read_predictions


def convert(
    source: Path,
    target: Path,
    input_format: InputFormat | None = None,
    target_format: str | None = None,
    gold: Path | None = None,
    gold_input_format: InputFormat | None = None,
) -> list[str]:
    """Converts ``source`` to ``target``, which is written whole or not at all.

    Args:
        source: gold: a file, the name of a packaged set, or the folder of a built data set; or
            predictions, whose texts are those of the gold.
        target: the file, or the folder for a format of several files a document.
        input_format: the source's format, where its content should not tell it, and its columns.
        target_format: the target's format, where its ending should not tell it.
        gold: the documents that the predictions are for; None when the source has texts itself or
            is for the packaged articles.
        gold_input_format: the gold's format, where its content should not tell it.

    Returns:
        A line for everything that the target cannot hold or that had no place.

    Raises:
        FindingsError: the source is wrong, or the target's format is unknown or cannot be written.
    """
    name = target_format or _format_by_name(target)
    documents, losses = _documents(source, input_format, gold, gold_input_format)
    if name == NATIVE:
        native.write(target, documents)
        return losses
    format_ = foreign()[name]
    if format_.write is None:
        raise FindingsError(
            [Finding("format", f"{name} can be read but not written", file=str(target))]
        )
    if format_.folder and target == STDOUT:
        message = f"{name} is a folder of files; standard output takes one file"
        raise FindingsError([Finding("format", message, file=str(target))])
    kept = []
    for document in documents:
        bare, lost = without_fields(document, format_.holds)
        kept.append(bare)
        losses += lost + lost_segments(document, format_)
    return losses + format_.write(target, kept)


def _format_by_name(target: Path) -> str:
    if target.suffix in (".jsonl", ".parquet"):
        return NATIVE
    fitting = [
        format_.name
        for format_ in foreign().values()
        if target.suffix in format_.suffixes and target.suffix and format_.write is not None
    ]
    if len(fitting) == 1:
        return fitting[0]
    written = [name for name in names() if name == NATIVE or foreign()[name].write is not None]
    choice = ", ".join(fitting or written)
    raise FindingsError(
        [
            Finding(
                "format",
                f"its ending does not tell the format; --format is one of {choice}",
                file=str(target),
            )
        ]
    )


def _documents(
    source: Path,
    input_format: InputFormat | None,
    gold: Path | None,
    gold_input_format: InputFormat | None,
) -> tuple[list[Document], list[str]]:
    """The documents with their labels, and the warnings."""
    if str(source) in SETS or (source / "manifest.json").is_file():
        return list(load(source).values()), []
    if gold is None:
        try:
            documents, _, findings, *_ = read_gold(source, input_format)
            return list(documents.values()), [str(finding) for finding in findings]
        except FindingsError as error:
            if not all(finding.code == "missing-field" for finding in error.findings):
                raise
    texts: Gold = load(gold, input_format=gold_input_format)
    read = read_predictions(source, texts, input_format=input_format)
    if errors(read.findings):
        raise FindingsError(read.findings)
    documents = {
        doc_id: msgspec.structs.replace(
            texts[doc_id], **{layer: getattr(prediction, layer) for layer in RECORD_TYPES}
        )
        for doc_id, prediction in read.by_doc.items()
    }
    return [documents[doc_id] for doc_id in texts if doc_id in documents], [
        str(finding) for finding in read.findings
    ]
