"""Decisions on what passes differ in: from a sheet that a person fills in, or from the pass of a
person who has seen the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import store
from vinewsie.annotations.adjudicate.readings import REFERENCES, Item
from vinewsie.decoding import read_object, without_surfaces
from vinewsie.findings import Finding
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Quote
from vinewsie.reading.records import json_lines
from vinewsie.scheme.checks import check_structure

NONE = "none"
"""The decision that there is no record, and the outcome where no pass said so."""
OWN = "own"
"""The outcome of a decision that no pass proposed."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the sheet: what each pass says (its record, or null), in which fields they differ,
    and what a person fills in.

    ``decision`` is the name of a pass, ``none`` (no record), a record written out, or a list of
    these where several records are right. ``reason`` says why.
    """

    doc_id: str
    layer: str
    line: int
    context: str
    differs: tuple[str, ...]
    passes: dict[str, Any]
    decision: Any = None
    reason: str = ""

    @property
    def about(self) -> bytes:
        """What the line is about, whatever is decided."""
        return msgspec.json.encode((self.doc_id, self.layer, self.passes), order="sorted")


@dataclass(frozen=True)
class Chosen:
    """A record that a decision leads to, with the pass whose record it is (None for one that was
    written out).
    """

    record: AnyRecord
    source: str | None = None


@dataclass(frozen=True)
class Decision:
    """What is decided on an item: its records, whose reading that is, why, and where it is said."""

    records: tuple[Chosen, ...]
    outcome: str
    reason: str
    file: str | None = None
    line: int | None = None


def open_line(item: Item, text: str) -> Line:
    """The line of the sheet for an item that the passes differ in, nothing decided."""
    shown = {}
    for name, record in item.records.items():
        plain = None if record is None else store.readable(record, text)
        shown[name] = plain and {
            key: value for key, value in plain.items() if key not in ("origin", "human_verified")
        }
    context = text.split("\n")[item.line - 1]
    return Line(
        doc_id=item.doc_id,
        layer=item.layer,
        line=item.line,
        context=context,
        differs=tuple(item.differs),
        passes=shown,
    )


def read_sheet(path: Path) -> tuple[list[tuple[int, Line]], list[Finding]]:
    """The lines of a sheet with their numbers, and what is wrong with their form."""
    findings: list[Finding] = []
    lines = []
    for number, raw in json_lines(path, findings):
        line, found = read_object(raw, Line)
        findings += [finding.at(str(path), number) for finding in found]
        if line is not None:
            lines.append((number, line))
    return lines, findings


def sheet_text(lines: Iterable[Line]) -> str:
    """The content of a sheet."""
    return "".join(
        json.dumps(msgspec.to_builtins(line), ensure_ascii=False) + "\n" for line in lines
    )


def is_open(line: Line) -> bool:
    """Whether nothing was filled in."""
    return line.decision is None and not line.reason.strip()


def from_sheet(
    path: Path, items: Sequence[Item], texts: Mapping[str, str]
) -> tuple[dict[int, Decision], list[Finding]]:
    """The decision on each item that the passes differ in, by the item's index, and everything that
    is wrong with the sheet.
    """
    lines, findings = read_sheet(path)
    wanted = {
        open_line(item, texts[item.doc_id]).about: index
        for index, item in enumerate(items)
        if not item.agreed
    }
    decisions: dict[int, Decision] = {}
    for number, line in lines:
        index = wanted.get(line.about)
        if line.doc_id not in texts:
            continue  # a document that is not adjudicated now
        if index is None:
            found = [
                Finding(
                    "adjudication",
                    "the passes do not (or no longer) differ in this; make the sheet again, or delete the line",
                )
            ]
        elif index in decisions:
            found = [
                Finding(
                    "adjudication",
                    f"is decided on line {decisions[index].line} already; delete one of the lines",
                )
            ]
        else:
            decisions[index], found = _read_decision(
                line, items[index], texts[line.doc_id], str(path), number
            )
        findings += [finding.at(str(path), number, line.doc_id) for finding in found]
    for about, index in wanted.items():
        if index not in decisions:
            item = items[index]
            message = f"line {item.line} of the text: the passes differ in {', '.join(item.differs)}, and the sheet has no line for it"
            findings.append(
                Finding(
                    "adjudication",
                    message,
                    item.layer,
                    doc_id=msgspec.json.decode(about)[0],
                    file=str(path),
                )
            )
    return decisions, findings


def _read_decision(
    line: Line, item: Item, text: str, file: str, number: int
) -> tuple[Decision, list[Finding]]:
    findings = []
    if line.decision is None or line.decision == []:
        findings.append(
            Finding("adjudication", f"nothing is decided; decision is one of {_allowed(item)}")
        )
    elif not line.reason.strip():
        findings.append(Finding("adjudication", "reason is empty; say why"))
    parts = (
        line.decision
        if isinstance(line.decision, list)
        else []
        if line.decision is None
        else [line.decision]
    )
    if NONE in parts and len(parts) > 1:
        findings.append(Finding("adjudication", f"{NONE!r} goes with no other decision"))
    chosen: list[Chosen] = []
    for part in parts:
        if isinstance(part, dict):
            record, found = _written(part, item, text)
            findings += found
            chosen += [Chosen(record)] if record is not None else []
        elif isinstance(part, str) and part in item.records:
            said = item.records[part]
            chosen += [Chosen(said, part)] if said is not None else []
        elif part != NONE:
            findings.append(
                Finding("adjudication", f"decision {part!r} is none of {_allowed(item)}")
            )
    outcome = OWN if any(c.source is None for c in chosen) else _outcome(item, chosen)
    return Decision(tuple(chosen), outcome, line.reason.strip(), file, number), findings


def _allowed(item: Item) -> str:
    return f"{', '.join(item.records)}, {NONE}, a record, or a list of these"


def _outcome(item: Item, chosen: Sequence[Chosen]) -> str:
    """The passes that said what is decided."""
    if len(chosen) > 1:
        return " and ".join(str(c.source) for c in chosen)
    wanted = item.says[str(chosen[0].source)] if chosen else None
    return ", ".join(name for name, said in item.says.items() if said == wanted) or NONE


def _written(raw: dict[str, Any], item: Item, text: str) -> tuple[AnyRecord | None, list[Finding]]:
    """A record as written out in a decision. What it refers to is written ``PASS:ID``."""
    bare, findings = without_surfaces(raw, text, item.layer, 0)
    record, found = read_object(bare, RECORD_TYPES[item.layer])
    findings += found
    if record is not None:
        holder = Document(doc_id=item.doc_id, text=text, **{item.layer: (record,)})  # type: ignore[arg-type]
        findings += check_structure(holder)
        reference = getattr(record, REFERENCES[item.layer]) if item.layer in REFERENCES else None
        if reference is not None and reference.partition(":")[0] not in item.records:
            message = f"{REFERENCES[item.layer]} is {reference!r}; write PASS:ID, where PASS is one of {', '.join(item.records)}"
            findings.append(Finding("reference", message))
        if not isinstance(record, Quote) and record.text is None:
            record = msgspec.structs.replace(
                record, text=text[max(0, record.start) : max(0, record.end)]
            )
    return record, [Finding(finding.code, f"decision: {finding.message}") for finding in findings]


def from_pass(name: str, items: Sequence[Item], shown: Sequence[str]) -> dict[int, Decision]:
    """The decisions of a person who has read everything: what this pass says stands, also where the
    others agree on something else.

    ``shown`` are the passes that an outcome may name.
    """
    decisions = {}
    for index, item in enumerate(items):
        if not item.agreed:
            record = item.records[name]
            same = [other for other in shown if item.says[other] == item.says[name]]
            outcome = ", ".join(same) or (NONE if record is None else OWN)
            decisions[index] = Decision(
                (Chosen(record, name),) if record is not None else (),
                outcome,
                f"as {name} reads it",
            )
    return decisions


def referred(chosen: Chosen, layer: str) -> tuple[str, str] | None:
    """The pass and the id of the quotation that a chosen record refers to, None if it refers to
    none.
    """
    reference = getattr(chosen.record, REFERENCES[layer]) if layer in REFERENCES else None
    if reference is None:
        return None
    if chosen.source is not None:
        return chosen.source, reference
    name, _, record_id = reference.partition(":")
    return name, record_id
