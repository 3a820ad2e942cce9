"""Decisions on the differences between passes.

They come from a sheet that a person fills in, or from the pass of a person who has seen the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import store
from vinewsie.annotations.adjudicate.readings import KEYS, REFERENCES, Item
from vinewsie.decoding import read_object, without_surfaces
from vinewsie.findings import Finding
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Quote
from vinewsie.reading.records import json_lines
from vinewsie.scheme.checks import check_structure

NONE = "none"
"""The decision that there is no record, and its outcome where every pass has one."""
OWN = "own"
"""The outcome of a decision for a record that no pass has."""


class SheetLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of the sheet: the record of each pass (or null), the fields in which they differ, and
    the decision and the reason, which a person fills in.

    ``decision`` is the name of a pass, ``none`` (no record), a record in full, or a list of these
    where several records are right. ``argued`` becomes false where the passes mean the same and
    only spell a key differently.
    """

    doc_id: str
    layer: str
    line: int
    context: str
    differs: tuple[str, ...]
    passes: dict[str, Any]
    decision: Any = None
    reason: str = ""
    argued: bool = True

    @property
    def about(self) -> bytes:
        """Identifies the difference, without its decision."""
        return msgspec.json.encode((self.doc_id, self.layer, self.passes), order="sorted")


@dataclass(frozen=True)
class ChosenRecord:
    """A record that a decision results in. ``source`` is its pass, None for a record that the sheet
    gives in full.
    """

    record: AnyRecord
    source: str | None = None


@dataclass(frozen=True)
class Decision:
    """The decision on an item.

    Args:
        records: the resulting records.
        outcome: the passes that have this reading, or :data:`NONE` or :data:`OWN`.
        reason: the reason.
        argued: whether the passes mean different things.
        file: the sheet, if the decision is from one.
        line: the line in the sheet.
    """

    records: tuple[ChosenRecord, ...]
    outcome: str
    reason: str
    argued: bool = True
    file: str | None = None
    line: int | None = None


def open_line(item: Item, text: str) -> SheetLine:
    """The line of the sheet for an item in which the passes differ, without a decision."""
    shown = {}
    for name, record in item.records.items():
        plain = None if record is None else store.readable(record, text)
        shown[name] = plain and {
            key: value for key, value in plain.items() if key not in ("origin", "human_verified")
        }
    context = text.split("\n")[item.line - 1]
    return SheetLine(
        doc_id=item.doc_id,
        layer=item.layer,
        line=item.line,
        context=context,
        differs=tuple(item.differs),
        passes=shown,
    )


def read_sheet(path: Path) -> tuple[list[tuple[int, SheetLine]], list[Finding]]:
    """Reads a sheet: its lines with their numbers, and findings about their form."""
    findings: list[Finding] = []
    lines = []
    for number, raw in json_lines(path, findings):
        line, found = read_object(raw, SheetLine)
        findings += [finding.at(str(path), number) for finding in found]
        if line is not None:
            lines.append((number, line))
    return lines, findings


def is_open(line: SheetLine) -> bool:
    """Whether a person has filled in neither decision nor reason."""
    return line.decision is None and not line.reason.strip()


def from_sheet(
    path: Path, items: Sequence[Item], texts: Mapping[str, str]
) -> tuple[dict[int, Decision], list[Finding]]:
    """Reads the decisions in a sheet.

    Args:
        path: the sheet.
        items: the aligned records of the passes.
        texts: the texts by doc_id; lines on other documents are ignored.

    Returns:
        The decision on each item in which the passes differ, by its index, and findings about the
        sheet.
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
            continue
        if index is None:
            message = "the passes do not (or no longer) differ in this; "
            message += "make the sheet again, or delete the line"
            found = [Finding("adjudication", message)]
        elif index in decisions:
            message = f"is decided on line {decisions[index].line} already; "
            message += "delete one of the lines"
            found = [Finding("adjudication", message)]
        else:
            decisions[index], found = _read_decision(
                line, items[index], texts[line.doc_id], str(path), number
            )
        findings += [finding.at(str(path), number, line.doc_id) for finding in found]
    for index in wanted.values():
        if index not in decisions:
            item = items[index]
            message = f"line {item.line} of the text: the passes differ in "
            message += f"{', '.join(item.differs)}, and the sheet has no line for it"
            missing = Finding("adjudication", message, item.layer, doc_id=item.doc_id)
            findings.append(missing.at(str(path)))
    return decisions, findings


def _read_decision(
    line: SheetLine, item: Item, text: str, file: str, number: int
) -> tuple[Decision, list[Finding]]:
    findings = []
    if line.decision is None or line.decision == []:
        message = f"nothing is decided; decision is one of {_allowed(item)}"
        findings.append(Finding("adjudication", message))
    elif not line.reason.strip():
        findings.append(Finding("adjudication", "reason is empty; give the reason"))
    given = [] if line.decision is None else line.decision
    parts = given if isinstance(given, list) else [given]
    if NONE in parts and len(parts) > 1:
        message = f"{NONE!r} cannot be combined with other decisions"
        findings.append(Finding("adjudication", message))
    chosen: list[ChosenRecord] = []
    for part in parts:
        if isinstance(part, dict):
            record, found = _written(part, item, text)
            findings += found
            chosen += [ChosenRecord(record)] if record is not None else []
        elif isinstance(part, str) and part in item.records:
            record = item.records[part]
            chosen += [ChosenRecord(record, part)] if record is not None else []
        elif part != NONE:
            message = f"decision {part!r} is none of {_allowed(item)}"
            findings.append(Finding("adjudication", message))
    if not line.argued and not KEYS.issuperset(item.differs):
        message = f"argued is false, but the passes differ in {', '.join(item.differs)}; "
        message += f"only {', '.join(sorted(KEYS))} can be spelled differently"
        findings.append(Finding("adjudication", message))
    outcome = OWN if any(c.source is None for c in chosen) else _outcome(item, chosen)
    reason = line.reason.strip()
    return Decision(tuple(chosen), outcome, reason, line.argued, file, number), findings


def _allowed(item: Item) -> str:
    return f"{', '.join(item.records)}, {NONE}, a record, or a list of these"


def _outcome(item: Item, chosen: Sequence[ChosenRecord]) -> str:
    """The passes whose reading was chosen."""
    if len(chosen) > 1:
        return " and ".join(str(c.source) for c in chosen)
    wanted = item.judgements[str(chosen[0].source)] if chosen else None
    return ", ".join(name for name, found in item.judgements.items() if found == wanted) or NONE


def _written(raw: dict[str, Any], item: Item, text: str) -> tuple[AnyRecord | None, list[Finding]]:
    """Reads a record that a decision gives in full. Its reference has the form ``PASS:ID``."""
    bare, findings = without_surfaces(raw, text, item.layer, 0)
    record, found = read_object(bare, RECORD_TYPES[item.layer])
    findings += found
    if record is not None:
        # Its parent is a record of a pass, which is checked below.
        alone = (
            msgspec.structs.replace(record, parent=None) if isinstance(record, Quote) else record
        )
        layers: dict[str, Any] = {item.layer: (alone,)}
        holder = Document(doc_id=item.doc_id, text=text, **layers)
        findings += check_structure(holder)
        reference = getattr(record, REFERENCES[item.layer]) if item.layer in REFERENCES else None
        if reference is not None and reference.partition(":")[0] not in item.records:
            message = f"{REFERENCES[item.layer]} is {reference!r}; "
            message += f"write PASS:ID, where PASS is one of {', '.join(item.records)}"
            findings.append(Finding("reference", message))
        if not isinstance(record, Quote) and record.text is None:
            record = msgspec.structs.replace(
                record, text=text[max(0, record.start) : max(0, record.end)]
            )
    return record, [Finding(finding.code, f"decision: {finding.message}") for finding in findings]


def from_pass(name: str, items: Sequence[Item], shown: Sequence[str]) -> dict[int, Decision]:
    """Decides every difference by the reading of one pass, even where all others agree on another.

    Args:
        name: the pass, of a person who has seen the others.
        items: the aligned records of the passes.
        shown: the passes that an outcome may name.

    Returns:
        The decision on each item in which the passes differ, by its index.
    """
    decisions = {}
    for index, item in enumerate(items):
        if not item.agreed:
            record = item.records[name]
            same = [other for other in shown if item.judgements[other] == item.judgements[name]]
            outcome = ", ".join(same) or (NONE if record is None else OWN)
            decisions[index] = Decision(
                (ChosenRecord(record, name),) if record is not None else (),
                outcome,
                f"as {name} reads it",
            )
    return decisions


def reference_of(chosen: ChosenRecord, layer: str) -> tuple[str, str] | None:
    """The pass and the id of the quotation that a record refers to; None without a reference."""
    reference = getattr(chosen.record, REFERENCES[layer]) if layer in REFERENCES else None
    if reference is None:
        return None
    if chosen.source is not None:
        return chosen.source, reference
    name, _, record_id = reference.partition(":")
    return name, record_id
