"""Adjudication: a person decides every difference between passes, and the decisions make gold and
are kept with their reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vinewsie.annotations import staging, store
from vinewsie.annotations.adjudicate import decisions, outcome
from vinewsie.annotations.adjudicate.decisions import Decision
from vinewsie.annotations.adjudicate.outcome import Outcome
from vinewsie.annotations.adjudicate.readings import Item, items
from vinewsie.files import write_files
from vinewsie.findings import Finding, FindingsError, errors, refuse, shortened
from vinewsie.model import (
    RECORD_TYPES,
    Document,
    RegistryEntry,
    reading_order,
    records_of,
)

GOLD = "gold"
"""The name under which gold takes part as a pass."""
SHEET = "adjudication-task.jsonl"
"""The default name of the sheet, in the annotations folder."""

_UNREADABLE = frozenset(
    {
        "file",
        "encoding",
        "json",
        "csv",
        "not-object",
        "unknown-field",
        "missing-field",
        "wrong-type",
    }
)
"""Codes of files that cannot be read completely, so that writing them again would lose lines."""


@dataclass(frozen=True)
class PassComparison:
    """The aligned records of the passes to be adjudicated.

    Args:
        source: the annotations.
        passes: the names of the passes.
        decider: the pass whose reading decides, None if a sheet does.
        items: the aligned records by doc_id.
        warnings: findings about documents and segments.
    """

    source: store.Annotations
    passes: tuple[str, ...]
    decider: str | None
    items: Mapping[str, list[Item]]
    warnings: list[Finding] = field(default_factory=list)

    @property
    def texts(self) -> dict[str, str]:
        """The texts by doc_id."""
        return {doc_id: self.source.documents[doc_id].text for doc_id in self.items}

    def differences(self) -> Counter[str]:
        """The number of items in which the passes differ, by layer."""
        return Counter(
            item.layer for found in self.items.values() for item in found if not item.agreed
        )


@dataclass(frozen=True)
class AdjudicationSummary:
    """The result of an adjudication.

    Args:
        files: the files that changed.
        origins: the number of records by origin.
        new_keys: the keys that are new in the registry.
        kept: the records that stay because a person made or signed them, although the passes have
            them otherwise or not at all, in words.
        dropped: the entries of the registry that no record uses any more.
    """

    files: list[str]
    origins: Counter[str]
    new_keys: list[str]
    kept: list[str] = field(default_factory=list)
    dropped: list[RegistryEntry] = field(default_factory=list)


def prepare(
    folder: Path, passes: Sequence[str], *, decider: str | None = None, doc_ids: Iterable[str] = ()
) -> PassComparison:
    """Reads the passes and aligns their records.

    Args:
        folder: the annotations folder.
        passes: the names of the passes.
        decider: the pass (or ``gold``) that decides, of a person who has seen the others.
        doc_ids: the documents; by default all that every pass has labelled.

    Raises:
        FindingsError: a pass or document does not exist, or a file cannot be read.
    """
    source = store.read(folder)
    findings = [
        f for f in errors(source.findings) if f.code in _UNREADABLE or not _rewritten(f, folder)
    ]
    readings = {**source.passes, GOLD: source.documents}
    names = tuple(dict.fromkeys((*passes, *([decider] if decider is not None else []))))
    for name in names:
        if name not in readings:
            message = f"there is no pass {name!r}; there are {', '.join(readings)}"
            findings.append(Finding("adjudication", message, file=str(folder / "passes")))
    for doc_id in doc_ids:
        if doc_id not in source.documents:
            message = f"no article {doc_id!r}; there are {', '.join(source.documents)}"
            index = folder / "articles" / "articles.json"
            findings.append(Finding("unknown-document", message, file=str(index)))
    refuse(findings)
    chosen, warnings = _documents(readings, names, list(doc_ids) or list(source.documents))
    if not chosen:
        message = f"no document has been read in all of {', '.join(names)}"
        raise FindingsError(
            [*warnings, Finding("adjudication", message, file=str(folder / "passes"))]
        )
    warnings += _segment_warnings(source, names, chosen)
    return PassComparison(
        source,
        tuple(passes),
        decider,
        {d: items({name: readings[name][d] for name in names}) for d in chosen},
        warnings,
    )


def _rewritten(finding: Finding, folder: Path) -> bool:
    """Whether a finding is about a file that the adjudication writes again, and that is checked
    then.
    """
    return finding.file is not None and any(
        Path(finding.file).is_relative_to(folder / part)
        for part in ("gold", "entities.csv", "adjudication.jsonl")
    )


def _documents(
    readings: Mapping[str, Mapping[str, Document]], names: Sequence[str], wanted: Sequence[str]
) -> tuple[list[str], list[Finding]]:
    """The wanted documents that all passes have, and warnings about those that only some have."""
    chosen, warnings = [], []
    for doc_id in wanted:
        lacking = [name for name in names if doc_id not in readings[name]]
        if not lacking:
            chosen.append(doc_id)
        elif len(lacking) < len(names):
            verb = "has" if len(lacking) == 1 else "have"
            message = f"is left out: {' and '.join(lacking)} {verb} no labels for it"
            warnings.append(Finding("adjudication", message, doc_id=doc_id, severity="warning"))
    return chosen, warnings


def _segment_warnings(
    source: store.Annotations, names: Sequence[str], doc_ids: Iterable[str]
) -> Iterator[Finding]:
    for doc_id in doc_ids:
        for name in names:
            if (
                name != GOLD
                and source.passes[name][doc_id].segments != source.documents[doc_id].segments
            ):
                message = f"the segments of pass {name} differ from those of gold, which stay "
                message += f"(edit gold/{doc_id}/segments.jsonl if they are wrong)"
                yield Finding(
                    "adjudication", message, "segments", doc_id=doc_id, severity="warning"
                )


def make_sheet(comparison: PassComparison, path: Path) -> tuple[int, int]:
    """Writes the sheet, one line for each difference. Decisions in an existing sheet are kept.

    Returns:
        The number of lines, and the number of those without a decision.

    Raises:
        FindingsError: the existing sheet has a decision on records in which the passes do not
            differ, or the path is that of a file of the annotations; nothing was written.
    """
    folder = comparison.source.folder.resolve()
    theirs = [folder / name for name in ("articles", "gold", "passes", "adjudication.jsonl")]
    if any(path.resolve().is_relative_to(one) for one in theirs):
        message = "is a place of the annotations; name another file for the sheet"
        raise FindingsError([Finding("file", message, file=str(path))])
    texts = comparison.texts
    lines = [
        decisions.open_line(item, texts[d])
        for d, found in comparison.items.items()
        for item in found
        if not item.agreed
    ]
    if path.exists():
        before, findings = decisions.read_sheet(path)
        wanted = {line.about for line in lines}
        for number, line in before:
            if line.about not in wanted and line.doc_id in texts and not decisions.is_open(line):
                message = "is decided, but the passes do not (or no longer) differ in this; "
                message += "delete the line, or name another sheet"
                findings.append(Finding("adjudication", message).at(str(path), number, line.doc_id))
        refuse(findings)
        kept = {line.about: line for _, line in before if not decisions.is_open(line)}
        lines = [kept.get(line.about, line) for line in lines]
        lines += [line for _, line in before if line.doc_id not in texts]
    write_files(path.parent, {path.name: store.jsonl(lines)})
    return len(lines), sum(line.decision is None for line in lines)


def apply(comparison: PassComparison, sheet: Path, *, afresh: bool = False) -> AdjudicationSummary:
    """Writes the decisions to ``gold/``, the registry and ``adjudication.jsonl``.

    A repetition changes nothing.

    Args:
        comparison: the comparison of the passes.
        sheet: the sheet with the decisions; not read if a pass decides.
        afresh: replace gold records that the passes and decisions contradict, and the earlier
            decisions on these documents; but keep what a person made, changed or signed off.

    Raises:
        FindingsError: a decision is missing or wrong, contradicts gold, or results in invalid gold;
            nothing was written.
    """
    outcomes = _outcomes(comparison, sheet, afresh=afresh)
    refuse([finding for result in outcomes for finding in result.contradictions])
    documents = {
        **comparison.source.documents,
        **{result.document.doc_id: result.document for result in outcomes},
    }
    registry, new_keys = outcome.registry_for(documents.values(), comparison.source.registry)
    lines = comparison.source.adjudication
    for result in outcomes:
        before = outcome.without(lines, result) if afresh else lines
        lines = outcome.merged(before, result.lines, keep_reasons=comparison.decider is not None)
    contents: dict[str, str] = {}
    surfaces, canary = comparison.source.articles.surfaces, comparison.source.articles.canary
    for result in outcomes:
        contents |= store.document_files(GOLD, result.document, surfaces=surfaces, canary=canary)
    contents["entities.csv"] = store.registry_csv(registry, canary=canary)
    contents["adjudication.jsonl"] = store.jsonl(lines, canary=canary)
    checked = staging.check(comparison.source.folder, contents)
    if wrong := errors(checked.findings):
        decided = {
            (r.document.doc_id, *key): decision
            for r in outcomes
            for key, decision in r.decided.items()
        }
        raise FindingsError(_explained(finding, checked, decided) for finding in wrong)
    origins = Counter(
        str(record.origin)
        for r in outcomes
        for layer in RECORD_TYPES
        for record in records_of(r.document, layer)
    )
    keys = {entry.entity_id for entry in registry}
    return AdjudicationSummary(
        write_files(comparison.source.folder, contents),
        origins,
        new_keys,
        [line for result in outcomes for line in _kept(result)],
        [entry for key, entry in comparison.source.registry.items() if key not in keys],
    )


def _kept(result: Outcome) -> Iterator[str]:
    """A line for each record that stays because of a person, against the passes."""
    for layer in RECORD_TYPES:
        for record in records_of(result.document, layer):
            if (layer, record.id) in result.kept:
                start = reading_order(record)[0]
                words = shortened(result.document.text[start:].partition("\n")[0], 40)
                why = "signed off" if record.human_verified else "decided"
                yield f"{result.document.doc_id}: {layer} {record.id} at “{words}” ({why})"


def _outcomes(comparison: PassComparison, sheet: Path, *, afresh: bool) -> list[Outcome]:
    shown = list(comparison.passes)
    if comparison.decider is not None and comparison.decider not in (GOLD, *shown):
        shown.append(comparison.decider)
    every = [item for found in comparison.items.values() for item in found]
    made: dict[int, Decision] = {}
    if comparison.decider is not None:
        made = decisions.from_pass(comparison.decider, every, shown)
    elif not sheet.exists() and comparison.differences():
        message = "there is no sheet; without --apply the command makes it"
        raise FindingsError([Finding("file", message, file=str(sheet))])
    elif sheet.exists():
        made, findings = decisions.from_sheet(sheet, every, comparison.texts)
        findings += _duplicates(every, made)
        refuse(findings)
    results, first = [], 0
    for doc_id, found in comparison.items.items():
        own = {
            index - first: decision
            for index, decision in made.items()
            if first <= index < first + len(found)
        }
        earlier = [line for line in comparison.source.adjudication if line.doc_id == doc_id]
        results.append(
            outcome.adjudicated(
                comparison.source.documents[doc_id],
                found,
                own,
                shown,
                earlier,
                afresh=afresh,
                surfaces=comparison.source.articles.surfaces,
            )
        )
        first += len(found)
    return results


def _duplicates(every: Sequence[Item], made: Mapping[int, Decision]) -> Iterator[Finding]:
    """Findings about decisions that result in the same record as an earlier one."""
    seen: dict[tuple[str, str, bytes], Decision] = {}
    for index, decision in sorted(made.items()):
        item = every[index]
        for chosen in decision.records:
            key = (item.doc_id, item.layer, outcome.key_of(chosen.record, item.layer))
            if key in seen:
                message = f"leads to the same record as line {seen[key].line}; "
                message += f"decide {decisions.NONE!r} on one of them"
                found = Finding("adjudication", message, item.layer)
                yield found.at(decision.file, decision.line, item.doc_id)
            seen.setdefault(key, decision)


def _explained(
    finding: Finding, checked: store.Annotations, decided: Mapping[tuple[str, str, str], Decision]
) -> Finding:
    """A finding about gold that would be written, placed at the decision that it results from."""
    message = f"as it would be written: {finding.message}"
    if (
        finding.doc_id not in checked.documents
        or finding.layer not in RECORD_TYPES
        or finding.index is None
    ):
        return replace(finding, message=message)
    record = records_of(checked.documents[finding.doc_id], finding.layer)[finding.index]
    decision = decided.get((finding.doc_id, finding.layer, str(record.id)))
    if decision is None or decision.file is None:
        return replace(finding, message=message)
    found = Finding(finding.code, f"{record.id} {message}", finding.layer, doc_id=finding.doc_id)
    return found.at(decision.file, decision.line)
