"""Quotations annotated in Prodigy: spans ``Content``, ``Source`` and ``Cue`` as JSON Lines.

The JournalismAI project of 2021 and the Guardian's recipes have these labels. Relations between the
spans (``rel.manual``), whatever their label, join the parts of a quotation. Without relations a
source or cue belongs to no quotation: contents alone are read, and the others are counted.

Examples that were not accepted are left out. Other labels are counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items
from vinewsie.formats.quotations.parts import Place, one_span, quotation, report_lost

_CONTENT, _SOURCE, _CUE = "Content", "Source", "Cue"
_ROLES = {name.casefold(): name for name in (_CONTENT, _SOURCE, _CUE)}


def recognises(sample: Sample) -> bool:
    """Whether a value has a text and spans, one of which is a content, a source or a cue."""
    return any(
        _role(span) is not None
        for value in sample.values
        if isinstance(value, Mapping) and isinstance(value.get("text"), str)
        if isinstance(spans := value.get("spans"), list)
        for span in spans
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    lost: Counter[str] = Counter()
    for number, (line, example) in enumerate(json_items(path, findings), start=1):
        if not isinstance(example, Mapping) or not isinstance(example.get("text"), str):
            findings.append(Finding("format", "has no text", file=str(path), line=line))
            continue
        if (answer := example.get("answer", "accept")) != "accept":
            lost[f"examples with the answer {answer}"] += 1
            continue
        try:
            quotes = _quotes(example, lost)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"a span or relation has not Prodigy's form: {shortened(repr(error), 160)}"
            findings.append(Finding("format", message, file=str(path), line=line))
            continue
        meta = example.get("meta")
        name = meta.get("id") if isinstance(meta, Mapping) else None
        yield ParsedDocument(
            {"quotes": given_records(quotes, "quotes")},
            example["text"],
            str(name) if name is not None else f"{path.stem}-{number}",
            file=str(path),
            line=line,
        )
    report_lost(lost, path, findings)


def _role(span: Any) -> str | None:
    label = span.get("label") if isinstance(span, Mapping) else None
    return _ROLES.get(label.casefold()) if isinstance(label, str) else None


def _quotes(example: Mapping[str, Any], lost: Counter[str]) -> list[dict[str, Any]]:
    places: dict[Place, str] = {}
    for span in example.get("spans") or ():
        place = (int(span["start"]), int(span["end"]))
        if (role := _role(span)) is None:
            lost[f"spans {span['label']}"] += 1
        else:
            places[place] = role
    joined: defaultdict[Place, set[Place]] = defaultdict(set)
    for relation in example.get("relations") or ():
        ends = [
            (int(relation[side]["start"]), int(relation[side]["end"]))
            for side in ("head_span", "child_span")
        ]
        for one, other in (ends, ends[::-1]):
            joined[one].add(other)
    found: list[dict[str, Any]] = []
    used: set[Place] = set()
    for place, role in sorted(places.items()):
        if role != _CONTENT or place in used:
            continue
        # Contents that are joined are one quotation, interrupted.
        content, waiting = {place}, [place]
        while waiting:
            for other in joined[waiting.pop()]:
                if places.get(other) == _CONTENT and other not in content:
                    content.add(other)
                    waiting.append(other)
        near = {other for one in content for other in joined[one]}
        # A source may be joined to the cue alone.
        near |= {other for one in near if places.get(one) == _CUE for other in joined[one]}
        parts = {name: [one for one in near if places.get(one) == name] for name in (_CUE, _SOURCE)}
        used |= {*content, *parts[_CUE], *parts[_SOURCE]}
        source = one_span(parts[_SOURCE], lost, "source")
        found.append(quotation(f"q{len(found) + 1}", content, cue=parts[_CUE], source=source))
    for place, role in places.items():
        if place not in used:
            lost[f"spans {role} without a relation"] += 1
    return found


FORMAT = Format(
    name="prodigy-quotes",
    about="Prodigy: spans Content, Source, Cue, and relations",
    suffixes=(".jsonl",),
    holds={"quotes": fields("content", "cue", "source")},
    recognises=recognises,
    read=read,
    limits="sources and cues without a relation",
    keys=frozenset(("text", "spans", "tokens", "relations", "answer", "_input_hash")),
)
