"""From annotation passes to gold: every difference is put before a person, whose decisions are kept
with their reasons.
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
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.model import RECORD_TYPES, Document, records_of

GOLD = "gold"
"""Gold as the name of a pass: who has read it against the passes decides by what it says."""
SHEET = "adjudication-task.jsonl"
"""The name of the sheet inside the annotations folder unless another is given."""

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
"""Findings about files of which not everything could be read, so that writing them again would lose
something.
"""


@dataclass(frozen=True)
class Task:
    """What is to be adjudicated: the passes, what they say by document, and the pass whose reading
    decides, if one does.
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
        """How many things the passes differ in, by layer."""
        return Counter(
            item.layer for found in self.items.values() for item in found if not item.agreed
        )


@dataclass(frozen=True)
class Applied:
    """What an adjudication did: the files it wrote, how many records have which origin, and the
    registry keys that are new.
    """

    files: list[str]
    origins: Counter[str]
    new_keys: list[str]


def prepare(
    folder: Path, passes: Sequence[str], *, decider: str | None = None, doc_ids: Iterable[str] = ()
) -> Task:
    """Reads the passes and puts their records side by side.

    Args:
        folder: the annotations folder.
        passes: the names of the passes to be compared.
        decider: the pass (or ``gold``) that decides, of a person who has seen the others.
        doc_ids: the documents; by default all that every pass has read.

    Raises:
        FindingsError: a pass or document does not exist, or what is there cannot be read.
    """
    source = store.read(folder)
    findings = [
        f for f in errors(source.findings) if f.code in _UNREADABLE or not _rewritten(f, folder)
    ]
    there = {**source.passes, GOLD: source.documents}
    names = tuple(dict.fromkeys((*passes, *([decider] if decider is not None else []))))
    for name in names:
        if name not in there:
            findings.append(
                Finding(
                    "adjudication",
                    f"there is no pass {name!r}; there are {', '.join(there)}",
                    file=str(folder / "passes"),
                )
            )
    for doc_id in doc_ids:
        if doc_id not in source.documents:
            message = f"no article {doc_id!r}; there are {', '.join(source.documents)}"
            findings.append(
                Finding(
                    "unknown-document", message, file=str(folder / "articles" / "articles.json")
                )
            )
    if findings:
        raise FindingsError(findings)
    chosen, warnings = _documents(there, names, list(doc_ids) or list(source.documents))
    if not chosen:
        message = f"no document has been read in all of {', '.join(names)}"
        raise FindingsError(
            [*warnings, Finding("adjudication", message, file=str(folder / "passes"))]
        )
    warnings += _segment_warnings(source, names, chosen)
    return Task(
        source,
        tuple(passes),
        decider,
        {d: items({name: there[name][d] for name in names}) for d in chosen},
        warnings,
    )


def _rewritten(finding: Finding, folder: Path) -> bool:
    """Whether a finding is about files that an adjudication makes anew; they are checked after
    that.
    """
    return finding.file is not None and any(
        Path(finding.file).is_relative_to(folder / part)
        for part in ("gold", "entities.csv", "adjudication.jsonl")
    )


def _documents(
    there: Mapping[str, Mapping[str, Document]], names: Sequence[str], wanted: Sequence[str]
) -> tuple[list[str], list[Finding]]:
    chosen, warnings = [], []
    for doc_id in wanted:
        lacking = [name for name in names if doc_id not in there[name]]
        if not lacking:
            chosen.append(doc_id)
        elif len(lacking) < len(names):
            message = f"is left out: pass {' and '.join(lacking)} has not read it"
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
                message = f"the segments of pass {name} are not gold's; gold's stay (edit gold/{doc_id}/segments.jsonl if they are wrong)"
                yield Finding(
                    "adjudication", message, "segments", doc_id=doc_id, severity="warning"
                )


def make_sheet(task: Task, path: Path) -> tuple[int, int]:
    """Writes the sheet, one line for each difference; returns how many lines it has and how many
    are still open.

    Decisions that a sheet of this name holds are kept.

    Raises:
        FindingsError: it holds a decision on what the passes do not differ in; nothing was written.
    """
    texts = task.texts
    lines = [
        decisions.open_line(item, texts[d])
        for d, found in task.items.items()
        for item in found
        if not item.agreed
    ]
    if path.exists():
        before, findings = decisions.read_sheet(path)
        wanted = {line.about for line in lines}
        for number, line in before:
            if line.about not in wanted and line.doc_id in texts and not decisions.is_open(line):
                message = "is decided, but the passes do not (or no longer) differ in this; delete the line, or name another sheet"
                findings.append(
                    Finding(
                        "adjudication", message, file=str(path), line=number, doc_id=line.doc_id
                    )
                )
        if findings:
            raise FindingsError(findings)
        kept = {line.about: line for _, line in before if not decisions.is_open(line)}
        lines = [kept.get(line.about, line) for line in lines]
        lines += [line for _, line in before if line.doc_id not in texts]
    write_files(path.parent, {path.name: decisions.sheet_text(lines)})
    return len(lines), sum(line.decision is None for line in lines)


def apply(task: Task, sheet: Path, *, afresh: bool = False) -> Applied:
    """Takes the decisions to ``gold/``, the registry and ``adjudication.jsonl``. Done twice, it
    changes nothing.

    Args:
        task: what is adjudicated.
        sheet: the sheet with the decisions; not read if a pass decides.
        afresh: replace gold's records that the passes and decisions contradict, and the earlier
            decisions on these documents.

    Raises:
        FindingsError: a decision is missing or wrong, contradicts gold, or makes gold that is not
            sound; nothing was written.
    """
    outcomes = _outcomes(task, sheet, afresh=afresh)
    if contradictions := [finding for result in outcomes for finding in result.contradictions]:
        raise FindingsError(contradictions)
    documents = {
        **task.source.documents,
        **{result.document.doc_id: result.document for result in outcomes},
    }
    registry, new_keys = outcome.registry_for(documents.values(), task.source.registry)
    lines = task.source.adjudication
    for result in outcomes:
        before = outcome.without(lines, result) if afresh else lines
        lines = outcome.merged(before, result.lines, keep_reasons=task.decider is not None)
    contents: dict[str, str] = {}
    for result in outcomes:
        files = store.label_files(result.document).items()
        contents |= {f"gold/{result.document.doc_id}/{name}": content for name, content in files}
    contents["entities.csv"] = store.registry_csv(registry)
    contents["adjudication.jsonl"] = store.adjudication_jsonl(lines)
    checked = staging.check(task.source.folder, contents)
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
    return Applied(write_files(task.source.folder, contents), origins, new_keys)


def _outcomes(task: Task, sheet: Path, *, afresh: bool) -> list[Outcome]:
    shown = list(task.passes)
    if task.decider is not None and task.decider not in (GOLD, *shown):
        shown.append(task.decider)
    every = [item for found in task.items.values() for item in found]
    made: dict[int, Decision] = {}
    if task.decider is not None:
        made = decisions.from_pass(task.decider, every, shown)
    elif not sheet.exists() and task.differences():
        raise FindingsError(
            [
                Finding(
                    "file",
                    "there is no sheet; without --apply the command makes it",
                    file=str(sheet),
                )
            ]
        )
    elif sheet.exists():
        made, findings = decisions.from_sheet(sheet, every, task.texts)
        findings += _said_twice(every, made)
        if findings:
            raise FindingsError(findings)
    results, first = [], 0
    for doc_id, found in task.items.items():
        own = {
            index - first: decision
            for index, decision in made.items()
            if first <= index < first + len(found)
        }
        results.append(
            outcome.adjudicated(task.source.documents[doc_id], found, own, shown, afresh=afresh)
        )
        first += len(found)
    return results


def _said_twice(every: Sequence[Item], made: Mapping[int, Decision]) -> Iterator[Finding]:
    """Two lines of a sheet that lead to the same record contradict each other: it was one thing, or
    two.
    """
    seen: dict[tuple[str, str, bytes], Decision] = {}
    for index, decision in sorted(made.items()):
        item = every[index]
        for chosen in decision.records:
            key = (item.doc_id, item.layer, outcome.key_of(chosen.record, item.layer))
            if key in seen:
                message = f"leads to the same record as line {seen[key].line}; decide {decisions.NONE!r} on one of them"
                yield Finding(
                    "adjudication",
                    message,
                    item.layer,
                    None,
                    item.doc_id,
                    decision.file,
                    decision.line,
                )
            seen.setdefault(key, decision)


def _explained(
    finding: Finding, checked: store.Annotations, decided: Mapping[tuple[str, str, str], Decision]
) -> Finding:
    """A finding about what would be written, with the decision that it comes from, if it does."""
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
    return Finding(
        finding.code,
        f"{record.id} {message}",
        finding.layer,
        None,
        finding.doc_id,
        decision.file,
        decision.line,
    )
