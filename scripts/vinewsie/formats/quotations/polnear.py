"""PolNeAR: attributions as events of brat, whose texts lie in another folder.

``attributions/NAME_ANNOTATOR.ann`` has the spans (``Source``, ``Cue``, ``Content``) and an event
for each attribution; ``text/NAME.txt`` is the text. Where several people annotated a text,
``Options.annotator`` names the one who counts, such as ``4b22``. Source: Newell, Margolin and Ruths
(2018), An Attribution Relations Corpus for Political News.

A record has no place for a second source, and the corpus has neither speakers as entities nor
kinds.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.files import read_text
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.quotations.parts import Place, one_span, quotation, report_lost

_EVENT = re.compile(r"^E\d+\tAttribution\S*:T\d+", re.MULTILINE)
_BOUND = re.compile(r"(T\d+)\t(\S+) (\d{1,15} \d{1,15}(?:;\d{1,15} \d{1,15})*)\t.*")
_ARGUMENT = re.compile(r"(Source|Cue|Content)\d*:(T\d+)")
_NAME = re.compile(r"(?P<text>.+)_(?P<annotator>[^_]+)")


def recognises(sample: Sample) -> bool:
    """Whether an ``.ann`` has an event that is an attribution."""
    return sample.path.suffix == ".ann" and _EVENT.search(sample.head) is not None


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a folder, or the one of an ``.ann``.

    Args:
        path: the folder, or an ``.ann``.
        findings: where errors and warnings are appended.
        options: ``annotator``.
    """
    lost: Counter[str] = Counter()
    by_text: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for file in sorted(path.glob("*.ann")) if path.is_dir() else [path]:
        name = _NAME.fullmatch(file.stem)
        by_text[name["text"] if name else file.stem][name["annotator"] if name else ""] = file
    for doc_id, of_text in by_text.items():
        if options.annotator is not None and path.is_dir():
            of_text = {who: file for who, file in of_text.items() if who == options.annotator}
        if len(of_text) > 1:
            message = f"was annotated by {', '.join(of_text)}: name one, --gold-annotator"
            findings.append(Finding("format", message, file=str(path), doc_id=doc_id))
            continue
        for file in of_text.values():
            text = file.parent.with_name("text") / f"{doc_id}.txt"
            if not text.is_file():
                text = file.with_suffix(".txt")
            if not text.is_file():
                message = f"has no text: neither ../text/{doc_id}.txt nor {text.name} is there"
                findings.append(Finding("format", message, file=str(file)))
                continue
            quotes = _quotes(read_text(file), file, findings, lost)
            yield ParsedDocument(
                {"quotes": given_records(quotes, "quotes")},
                read_text(text),
                doc_id,
                file=str(file),
                line=1,
            )
    report_lost(lost, path, findings)


def _quotes(
    annotations: str, path: Path, findings: list[Finding], lost: Counter[str]
) -> list[dict[str, Any]]:
    """The attributions that have a content."""
    bounds: dict[str, list[Place]] = {}
    events: list[tuple[int, str]] = []
    for number, line in enumerate(annotations.splitlines(), start=1):
        if match := _BOUND.fullmatch(line):
            pairs = (part.split() for part in match[3].split(";"))
            bounds[match[1]] = [(int(start), int(end)) for start, end in pairs]
        elif _EVENT.match(line):
            events.append((number, line))
        elif line.strip():
            lost["other lines"] += 1
    found = []
    for number, line in events:
        places: defaultdict[str, list[list[Place]]] = defaultdict(list)
        unknown = [id_ for _, id_ in _ARGUMENT.findall(line) if id_ not in bounds]
        if unknown:
            message = f"names {', '.join(unknown)}, which no line has"
            findings.append(Finding("reference", message, file=str(path), line=number))
            continue
        for role, id_ in _ARGUMENT.findall(line):
            places[role].append(bounds[id_])
        if not places["Content"]:
            lost["attributions without a content"] += 1
            continue
        lost["further sources"] += max(0, len(places["Source"]) - 1)
        source = one_span(places["Source"][0], lost, "source") if places["Source"] else None
        content, cue = (
            [place for part in places[role] for place in part] for role in ("Content", "Cue")
        )
        found.append(quotation(line.split("\t")[0], content, cue=cue, source=source))
    return found


FORMAT = Format(
    name="polnear",
    about="PolNeAR's attributions: .ann beside a folder text/",
    suffixes=(".ann",),
    holds={"quotes": fields("content", "cue", "source")},
    recognises=recognises,
    read=read,
    limits="further sources; other kinds of lines",
    folder=True,
)
