"""What can be wrong with data: the catalogue of finding codes, and a finding with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]

CODES: dict[str, str] = {
    # reading
    "file": "a file that should be there is missing or cannot be read",
    "encoding": "the file is not UTF-8",
    "json": "a line is not a JSON value",
    "csv": "a table cannot be read: a column is missing or a row has too many or too few cells",
    "format": "a file is not well-formed in its format, or is of a format that is not known",
    "format-loss": "something of a file has no place in the records of this package",
    "fragments": "a mention of several spans, where one is allowed",
    "not-object": "a document or record is not a JSON object",
    "unknown-field": "a field that the format does not have",
    "missing-field": "a field that must be there is not",
    "wrong-type": "a field holds a value of another type",
    "unknown-document": "the doc_id is none of the gold's",
    "duplicate-document": "two lines have the same doc_id",
    # articles
    "article-hash": "a text is not the one that was labelled: its sha256 differs",
    "article-text": "a text holds what offsets cannot survive: U+0000, a lone surrogate or a carriage return",
    "anchor-evidence": "an anchor date of the segments has no evidence in articles.json",
    # spans
    "offset-range": "a span is empty or lies outside the text",
    "text-mismatch": "text is not text[start:end]",
    "edge-space": "a span begins or ends with white space",
    "line-break": "a span crosses a line break",
    "not-in-text": "a surface without offsets does not occur in the text (again)",
    # records
    "duplicate-id": "two records of a document have the same id",
    "order": "records do not stand in reading order",
    "duplicate-record": "two records say the same of the same span",
    "label": "a label that the layer does not have",
    "provenance": "origin is missing or is none of the known ones",
    # segments
    "segment-gap": "a character that is not blank belongs to no segment",
    "segment-overlap": "two segments overlap",
    "segment-item": "an article's zone with a teaser's item number, or the other way round",
    "anchor-date": "an anchor date is not an ISO calendar date",
    # entities and registry
    "registry-missing": "an entity_id, speaker or addressee that the registry does not have",
    "registry-unused": "a registry entry that no record uses",
    "registry-alias": "a mention's surface is not an alias of its entity, or an alias occurs nowhere",
    "registry-type": "a mention's type is not its entity's",
    "registry-key": "a registry key is repeated or is not lower-case ASCII with hyphens",
    "registry-wikidata": "a Wikidata id is repeated or not of the form Q…",
    "homonym": "the same surface in one document stands for two entities and is not listed as an exception",
    # dates
    "timex": "a value is not well-formed TIMEX3, or not of its type",
    "vague": "vague is set on an expression outside the closed list, or missing on one of it",
    # marks
    "mark-missing": "a quotation mark of the text belongs to no mark record",
    "mark-shared": "a quotation mark of the text belongs to two mark records",
    "mark-edge": "the quotation marks of a record do not stand at its edges in the text",
    "mark-status": "status does not follow from the quotation marks",
    # quotes
    "reference": "a reference to a record that does not exist, or is missing where there must be one",
    "parent-cycle": "the parents of quotations form a cycle",
    "parent-span": "a parent's content does not enclose the quotation",
    "kind": "kind does not agree with the speech marks inside the content",
    "content-order": "content spans overlap or are not in the order of the text",
    "source": "source, source_status and speakers contradict each other",
    # the labelling page
    "label-config": "the project's labelling configuration is not the one that the labels were made for",
    "task": "a document has no task or no annotation in the project, or its annotation was skipped",
    "draft": "somebody has edits in the page that are not saved",
    "conflict": "both the files and the page were changed since they last agreed",
    # passes and build
    "adjudication": "a line of adjudication.jsonl does not fit the passes or the gold",
    "version": "a version is not of the form MAJOR.MINOR.PATCH",
    "stale": "the data set is not what the annotations give",
}
"""Every finding code with its meaning. Codes are stable: one is never renamed or used for something
else.
"""


@dataclass(frozen=True)
class Finding:
    """Something wrong, where it is, and what is allowed instead.

    ``layer`` and ``index`` name a record within its document (``entities[3]``); ``file`` and
    ``line`` are added by whoever knows the file. Only errors make a command fail.
    """

    code: str
    message: str
    layer: str | None = None
    index: int | None = None
    doc_id: str | None = None
    file: str | None = None
    line: int | None = None
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown finding code {self.code!r}")

    def at(
        self, file: str | None = None, line: int | None = None, doc_id: str | None = None
    ) -> Finding:
        """The same finding with the parts of its place that were not known before."""
        return replace(
            self, file=self.file or file, line=self.line or line, doc_id=self.doc_id or doc_id
        )

    def __str__(self) -> str:
        # What comes from no file stands in a document.
        place = (
            ":".join(str(part) for part in (self.file, self.line) if part is not None)
            if self.file
            else self.doc_id
        )
        record = self.layer if self.index is None else f"{self.layer}[{self.index}]"
        parts = [part for part in (place, record) if part]
        if self.severity == "warning":
            parts.append("warning")
        return ": ".join([*parts, self.code, self.message])


class VinewsieError(ValueError):
    """Base of all errors that a user can act on; the message is complete without a traceback.

    ``exit_code`` is that of the command line: 1 for bad data, 2 for wrong usage.
    """

    exit_code: ClassVar[int] = 1


class FindingsError(VinewsieError):
    """Bad data: carries every finding, and prints them one a line."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that make a command fail."""
    return [finding for finding in findings if finding.severity == "error"]


def refuse(findings: Sequence[Finding]) -> None:
    """Raises the findings, if there are any."""
    if findings:
        raise FindingsError(findings)


def shortened(text: str, limit: int = 60) -> str:
    """The text as messages show it: cut to ``limit`` characters, the last one an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
