"""LangExtract's annotated documents as JSON Lines.

Source: https://github.com/google/langextract (``save_annotated_documents``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items
from vinewsie.formats.mention_lists import report_unknown


def recognises(sample: Sample) -> bool:
    """Whether the first value is a document with extractions."""
    first = sample.values[0] if sample.values else None
    first = first[0] if isinstance(first, list) and first else first
    return isinstance(first, Mapping) and isinstance(first.get("extractions"), list)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file. An extraction without a place is placed by its text.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    ignored: Counter[str] = Counter()
    for line, document in json_items(path, findings):
        extractions = document.get("extractions") if isinstance(document, Mapping) else None
        if not isinstance(extractions, list) or not all(
            isinstance(one, Mapping) for one in extractions
        ):
            message = "is no document with extractions"
            findings.append(Finding("format", message, file=str(path), line=line))
            continue
        ignored["attributes"] += sum(bool(one.get("attributes")) for one in extractions)
        text, doc_id = document.get("text"), document.get("document_id")
        yield ParsedDocument(
            {"entities": given_records(map(_record, extractions), "entities")},
            text if isinstance(text, str) else None,
            doc_id if isinstance(doc_id, str) else None,
            file=str(path),
            line=line,
        )
    report_unknown(+ignored, path, findings)


def _record(extraction: Mapping[str, Any]) -> dict[str, Any]:
    """The mention of an extraction. Its words may differ from the text where it was aligned, so
    they are given only where it has no place.
    """
    interval = extraction.get("char_interval")
    place = interval if isinstance(interval, Mapping) else {}
    start, end = place.get("start_pos"), place.get("end_pos")
    record = {"type": extraction.get("extraction_class")}
    if start is None or end is None:
        return {**record, "text": extraction.get("extraction_text")}
    return {**record, "start": start, "end": end}


FORMAT = Format(
    name="langextract",
    about="LangExtract's documents with extractions",
    suffixes=(".jsonl",),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    limits="attributes",
    keys=frozenset(("extractions", "extraction_class", "extraction_text", "char_interval")),
)
