"""Redewiedergabe: a token a line, with columns for speech, thought and writing representation.

The text is made of the tokens, joined by spaces, a sentence a line. Each representation (``stwr``)
is a quotation; its type is the kind: ``direct``, ``indirect``, ``free indirect``, ``reported``.
Source: Brunner et al. (2020), Corpus REDEWIEDERGABE; the column-based text format.

A record has no place for frames, media and the attributes of a representation (``nonfact``,
``border``, ``prag``, ``metaph``); the corpus has no speakers as entities.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.files import read_text, unpacked_name
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.quotations.parts import Place, one_span, quotation, report_lost, runs
from vinewsie.model import Segment

_COLUMNS = ("tok", "sentstart", "stwr", "frame", "speaker", "intexpr")
_KINDS = {"freeIndirect": "free indirect", "indirect_freeIndirect": "free indirect"}
_NONE = ("-", "")


def recognises(sample: Sample) -> bool:
    """Whether the first line names the columns of the corpus."""
    first = sample.head.partition("\n")[0].rstrip("\r").split("\t")
    return set(_COLUMNS) <= set(first)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The one document of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    lines = read_text(path).removeprefix("\ufeff").splitlines()
    header = lines[0].split("\t") if lines else []
    rows: list[Mapping[str, str]] = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) == len(header):
            rows.append(dict(zip(header, cells, strict=True)))
        elif line.strip():
            message = f"has {len(cells)} columns, the first line {len(header)}"
            findings.append(Finding("format", message, file=str(path), line=number))
    if missing := [name for name in _COLUMNS if name not in header]:
        message = f"has no column {', '.join(missing)}"
        findings.append(Finding("format", message, file=str(path), line=1))
        return
    text, places, segments = _text(rows)
    lost: Counter[str] = Counter()
    quotes = _quotes(rows, places, lost)
    report_lost(lost, path, findings)
    name = unpacked_name(path).name.removesuffix(".tsv").removesuffix(".xmi")
    yield ParsedDocument(
        {"quotes": given_records(quotes, "quotes")},
        text,
        None,
        name,
        segments,
        str(path),
        1,
    )


def _text(rows: list[Mapping[str, str]]) -> tuple[str, list[Place], tuple[Segment, ...]]:
    """The text of tokens, the place of each, and the sentences."""
    text, places, begins = "", [], [0]
    for number, row in enumerate(rows):
        if number:
            text += "\n" if row["sentstart"] == "yes" else " "
            begins += [len(text)] if row["sentstart"] == "yes" else []
        places.append((len(text), len(text) + len(row["tok"])))
        text += row["tok"]
    ends = [begin - 1 for begin in begins[1:]] + [len(text)]
    segments = tuple(
        Segment(start=start, end=end, zone="body", item=0, anchor_date="")
        for start, end in zip(begins, ends, strict=True)
        if start < end
    )
    return text, places, segments


def _quotes(
    rows: list[Mapping[str, str]], places: list[Place], lost: Counter[str]
) -> list[dict[str, Any]]:
    tokens: defaultdict[str, list[int]] = defaultdict(list)
    kinds: dict[str, str] = {}
    parents: dict[str, str] = {}
    roles: dict[str, defaultdict[str, list[int]]] = {
        name: defaultdict(list) for name in ("speaker", "intexpr")
    }
    attributes: Counter[str] = Counter()
    frames = set()
    for number, row in enumerate(rows):
        outer: str | None = None
        for part in _parts(row["stwr"]):
            kind, _, id_, *more = [*part.split("."), "", ""][: max(3, part.count(".") + 1)]
            attributes.update(f"{id_} {name}" for name in more if name)
            kinds.setdefault(id_, _KINDS.get(kind, kind))
            tokens[id_].append(number)
            if outer is not None:
                parents.setdefault(id_, outer)
            outer = id_
        frames.update(_parts(row["frame"]))
        for name, of_role in roles.items():
            for part in _parts(row[name]):
                for id_ in part.partition(".")[2].split("_"):
                    of_role[id_].append(number)
    lost["frames"] += len(frames)
    lost["attributes of representations"] += len(attributes)
    unlinked = {id_ for of_role in roles.values() for id_ in of_role} - tokens.keys()
    lost["speakers and introductory expressions without a representation"] += len(unlinked)

    def spans(numbers: list[int]) -> list[Place]:
        return [(places[first][0], places[last - 1][1]) for first, last in runs(numbers)]

    return [
        quotation(
            id_,
            spans(numbers),
            cue=spans(roles["intexpr"][id_]),
            source=one_span(spans(roles["speaker"][id_]), lost, "speaker"),
            kind=kinds[id_],
            parent=parents.get(id_) if set(numbers) <= set(tokens[parents.get(id_, "")]) else None,
        )
        for id_, numbers in list(tokens.items())
    ]


def _parts(cell: str) -> list[str]:
    return [part for part in cell.split("|") if part not in _NONE]


FORMAT = Format(
    name="redewiedergabe",
    about="Redewiedergabe: columns with stwr, speaker, intexpr",
    suffixes=(".tsv",),
    holds={"quotes": fields("content", "cue", "source", "kind", "parent")},
    recognises=recognises,
    read=read,
    limits="frames, media, attributes",
    segments=False,
)
