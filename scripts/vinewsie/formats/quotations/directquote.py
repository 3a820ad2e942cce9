"""DirectQuote: paragraphs in columns, whose tags are quotations and speakers.

A quotation is ``LeftSpeaker`` or ``RightSpeaker`` (its speaker stands before or after it) or
``Unknown``; a mention of a speaker is ``Speaker``; other tokens are ``Out``. Tags are IOB1. A blank
line ends a paragraph, which is a document. Source: Zhang and Liu (2021), DirectQuote.

The source of a quotation is the nearest mention of a speaker on its side in the paragraph. The
corpus has no speakers as entities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.files import read_text, unpacked_name
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.quotations.parts import Place, quotation, report_lost
from vinewsie.formats.tags import chunks

_QUOTED = ("LeftSpeaker", "RightSpeaker", "Unknown")
_OUT = "Out"
_SPEAKER = "Speaker"
_LABELS = {*_QUOTED, _SPEAKER}


def recognises(sample: Sample) -> bool:
    """Whether the last columns have tags of the corpus, and no others."""
    tags = {line.split()[-1] for line in sample.head.splitlines()[:-1] if len(line.split()) > 1}
    labels = {tag.partition("-")[2] or tag for tag in tags} - {_OUT, "O"}
    return bool(labels & _LABELS) and labels <= _LABELS


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The paragraphs of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    lost: Counter[str] = Counter()
    paragraph: list[tuple[str, str]] = []
    first, count = 1, 0
    stem = unpacked_name(path).stem
    lines = [*read_text(path).removeprefix("\ufeff").splitlines(), ""]
    for number, line in enumerate(lines, start=1):
        cells = line.split()
        if len(cells) == 1:
            message = "has one column: a token and its tag are needed"
            findings.append(Finding("format", message, file=str(path), line=number))
        elif cells:
            first = first if paragraph else number
            paragraph.append((cells[0], cells[-1]))
        elif paragraph:
            count += 1
            quotes = _quotes([tag for _, tag in paragraph], _places(paragraph), lost)
            yield ParsedDocument(
                {"quotes": given_records(quotes, "quotes")},
                " ".join(token for token, _ in paragraph),
                f"{stem}-{count}",
                file=str(path),
                line=first,
            )
            paragraph = []
    report_lost(lost, path, findings)


def _places(paragraph: list[tuple[str, str]]) -> list[Place]:
    starts = accumulate((len(token) + 1 for token, _ in paragraph), initial=0)
    return [
        (start, start + len(token)) for start, (token, _) in zip(starts, paragraph, strict=False)
    ]


def _quotes(tags: list[str], places: list[Place], lost: Counter[str]) -> list[dict[str, Any]]:
    found = chunks("O" if tag == _OUT else tag for tag in tags)
    speakers = [(first, stop) for first, stop, label in found if label == _SPEAKER]
    quotes: list[dict[str, Any]] = []
    for first, stop, label in found:
        if label not in _QUOTED:
            continue
        before = [one for one in speakers if one[1] <= first]
        behind = [one for one in speakers if one[0] >= stop]
        near = {"LeftSpeaker": before[-1:], "RightSpeaker": behind[:1]}.get(label, [])
        if label != "Unknown" and not near:
            lost["speakers outside the paragraph"] += 1
        quotes.append(
            quotation(
                f"q{len(quotes) + 1}",
                [(places[first][0], places[stop - 1][1])],
                source=(places[near[0][0]][0], places[near[0][1] - 1][1]) if near else None,
                kind="direct",
            )
        )
    return quotes


FORMAT = Format(
    name="directquote",
    about="DirectQuote: columns with LeftSpeaker, RightSpeaker",
    suffixes=(".txt",),
    holds={"quotes": fields("content", "source", "kind")},
    recognises=recognises,
    read=read,
    limits="speakers outside the paragraph",
)
