"""PDNC, the Project Dialogism Novel Corpus: tables of quotations beside a novel.

A folder of a novel has ``novel_text.txt``, ``quotation_info.csv`` and ``character_info.csv``; the
novel is a document with the folder's name. Characters become the registry of the gold, with their
aliases; a key is ``NOVEL/CHARACTER``. Source: Vishnubhotla, Hammond and Hirst (2022), The Project
Dialogism Novel Corpus; ``quoteByteSpans`` are offsets in code points.

A record has no place for referring expressions, which the tables have without offsets; mentions are
marked inside quotations alone, and are no layer of the gold.
"""

from __future__ import annotations

import ast
import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.files import read_text
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.quotations.parts import quotation, report_lost
from vinewsie.model import RegistryEntry

_TABLE, _TEXT, _CHARACTERS = "quotation_info.csv", "novel_text.txt", "character_info.csv"
_COLUMNS = ("quoteID", "quoteByteSpans", "speaker")
_WRONG = (AttributeError, KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError)
"""What a cell that holds no Python literal of the expected form may raise."""
_NOBODY = ("", "_unknowable", "_unknown", "_group")


def recognises(sample: Sample) -> bool:
    """Whether the first line names the columns of quotations."""
    header = sample.head.partition("\n")[0].strip().split(",")
    return set(_COLUMNS) <= set(header)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The novel of a folder, or of its table of quotations.

    Args:
        path: the folder, or the table.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    folder = path if path.is_dir() else path.parent
    table, novel = folder / _TABLE, folder / _TEXT
    if path.is_dir() and not table.is_file():
        return
    if not novel.is_file():
        message = f"has no {_TEXT} beside it"
        findings.append(Finding("format", message, file=str(table)))
        return
    text, name = read_text(novel), folder.resolve().name
    lost: Counter[str] = Counter()
    quotes = []
    for number, row in enumerate(_rows(table, findings), start=1):
        try:
            quote = _quote(row, name)
            inside = [span for part in _literal(row.get("mentionSpansList")) for span in part]
        except _WRONG as error:
            message = (
                f"row {number} ({row.get('quoteID')}) cannot be read: {shortened(repr(error), 160)}"
            )
            findings.append(Finding("format", message, file=str(table)))
            continue
        quotes.append(quote)
        lost["referring expressions"] += bool(row.get("referringExpression"))
        lost["mentions inside quotations"] += len(inside)
    report_lost(lost, path, findings)
    yield ParsedDocument(
        {"quotes": given_records(quotes, "quotes")},
        text,
        name,
        file=str(table),
        line=1,
        registry=tuple(_registry(folder / _CHARACTERS, name, quotes, findings)),
    )


def _rows(path: Path, findings: list[Finding]) -> Iterator[dict[str, Any]]:
    """The rows of a table, up to one that cannot be read."""
    try:
        yield from csv.DictReader(io.StringIO(read_text(path)))
    except csv.Error as error:
        findings.append(Finding("format", f"is no table: {error}", file=str(path)))


def _quote(row: dict[str, Any], novel: str) -> dict[str, Any]:
    return quotation(
        row["quoteID"],
        [(int(start), int(end)) for start, end in _literal(row["quoteByteSpans"])],
        kind="direct",
        speakers=_keys(row["speaker"] or "", novel),
        addressees=_keys(row.get("addressees") or "", novel),
    )


def _keys(cell: str, novel: str) -> list[str]:
    """The keys of a name, or of a list of names."""
    names = _literal(cell) if cell.startswith("[") else [cell]
    return [f"{novel}/{name}" for name in names if name not in _NOBODY]


def _literal(cell: str | None) -> Any:
    """The value of a cell that holds a Python list or set; of an empty cell an empty list."""
    return ast.literal_eval(cell) if cell else []


def _registry(
    path: Path, novel: str, quotes: list[dict[str, Any]], findings: list[Finding]
) -> Iterator[RegistryEntry]:
    """The characters of the table, and those that only quotations name."""
    named: dict[str, set[str]] = {}
    for number, row in enumerate(_rows(path, findings) if path.is_file() else (), start=1):
        name, aliases = row.get("Main Name") or "", row.get("Aliases") or ""
        try:
            given = _literal(aliases) if aliases[:1] in ("{", "[") else aliases.split(",")
            given = {str(alias) for alias in given}
        except _WRONG as error:
            reason = shortened(repr(error), 160)
            message = f"row {number} ({name}) has aliases that cannot be read: {reason}"
            findings.append(Finding("format", message, file=str(path)))
            continue
        named[f"{novel}/{name}"] = {name, *(alias.strip() for alias in given)} - {""}
    for quote in quotes:
        for key in (*quote.get("speakers", ()), *quote.get("addressees", ())):
            named.setdefault(key, {key.partition("/")[2]})
    for key, names in named.items():
        main = key.partition("/")[2]
        others = tuple(sorted(names - {main}))
        yield RegistryEntry(entity_id=key, type="PER", name_vi=main, name_en=main, aliases=others)


FORMAT = Format(
    name="pdnc",
    about="PDNC: quotation_info.csv beside novel_text.txt",
    suffixes=(".csv",),
    holds={"quotes": fields("content", "kind", "speakers", "addressees")},
    recognises=recognises,
    read=read,
    limits="referring expressions, mentions",
    folder=True,
)
