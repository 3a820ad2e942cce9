"""Findings with their codes and places, and the errors that users see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]

CODES: dict[str, str] = {
    # reading
    "file": "a required file is missing or cannot be read",
    "encoding": "the file is not UTF-8",
    "json": "a line is not a JSON value",
    "csv": "a table cannot be read: a column is missing, or a row has a wrong number of cells",
    "format": "the file is not well-formed in its format, or its format is unknown",
    "format-loss": "a part of the file cannot be represented in the records of this package",
    "tag": "a tag cannot be read, or the tags of a mention are not those of their scheme",
    "fragments": "a mention has several spans where one is allowed",
    "not-object": "a document or record is not a JSON object",
    "unknown-field": "the format does not have this field",
    "missing-field": "a required field is missing",
    "wrong-type": "the value of a field has the wrong type",
    "unknown-document": "the gold has no document with this doc_id",
    "duplicate-document": "two lines have the same doc_id",
    "no-answer": "an endpoint gave no answer for a document, which counts as empty",
    # articles
    "article-hash": "the text is not the labelled one: its sha256 differs",
    "article-text": "the text has characters that break offsets: "
    "U+0000, a lone surrogate or a carriage return",
    "anchor-evidence": "an anchor date of the segments has no evidence in articles.json",
    "canary": "a file lacks the canary string of its set",
    # spans
    "offset-range": "a span is empty or lies outside the text",
    "text-mismatch": "text differs from text[start:end]",
    "edge-space": "a span begins or ends with white space",
    "edge-outside": "a span begins or ends with a word or sign that stands outside it",
    "line-break": "a span crosses a line break",
    "not-in-text": "a surface without offsets does not occur in the text, or not often enough",
    # records
    "duplicate-id": "two records of a document have the same id",
    "order": "records are not in reading order",
    "duplicate-record": "two records have the same span and the same labels",
    "label": "the layer does not have this label",
    "provenance": "origin is missing or unknown",
    "contested": "a record is contested without readings, or has readings and is not contested",
    "reading": "another reading of a record does not differ from it, or contradicts itself",
    # segments
    "segment-gap": "a character other than white space is in no segment",
    "segment-overlap": "two segments overlap",
    "segment-item": "item does not fit the zone: 0 for the article, from 1 for teasers",
    "anchor-date": "an anchor date is not an ISO calendar date",
    # entities and registry
    "registry-missing": "an entity_id, speaker or addressee is not in the registry",
    "registry-unused": "no record uses a registry entry",
    "registry-alias": "a surface is not an alias of its entity, or an alias never occurs",
    "registry-type": "the type of a mention differs from that of its entity",
    "registry-key": "a registry key is repeated, or is not lower-case ASCII with hyphens",
    "registry-wikidata": "a Wikidata id is repeated, or does not have the form Q…",
    "registry-capital": "capital_of names no country of the registry",
    "registry-kind": "a registry entry has an unknown kind, or a role is mentioned by name",
    "homonym": "a surface names two entities of a document and is not a listed exception",
    # dates
    "timex": "a value is not well-formed TIMEX3, or does not fit its type",
    "vague": "vague is set outside the closed list of expressions, or missing inside it",
    # marks
    "mark-missing": "a quotation mark of the text belongs to no mark record",
    "mark-shared": "a quotation mark of the text belongs to two mark records",
    "mark-edge": "the text at the edges of a record does not have its quotation marks",
    "mark-status": "status does not follow from the quotation marks",
    # quotes
    "reference": "a reference is missing, or its record does not exist",
    "parent-cycle": "the parents of quotations form a cycle",
    "parent-span": "the content of a parent does not enclose the quotation",
    "kind": "kind does not agree with the speech marks inside the content",
    "content-order": "content spans overlap or are not in the order of the text",
    "source": "source, source_status and speakers contradict each other",
    "inherited": "an inherited addressee is not among the addressees",
    # the labelling page
    "label-config": "the labels were made with another labelling configuration",
    "task": "a document has no task or annotation in the project, or its annotation was skipped",
    "draft": "the page has edits that are not saved",
    "unread": "a record was proposed by a machine, and nobody has changed it or signed it off",
    "conflict": "both the files and the page have changed since they last agreed",
    # passes and build
    "adjudication": "a line of adjudication.jsonl does not fit the passes or the gold",
    "version": "a version does not have the form MAJOR.MINOR.PATCH",
    "stale": "the data set differs from the one that the annotations give",
    "published": "the data differ from those published under the same or a higher version",
    "vocabulary": "a field of the card has a value that the Hub does not know",
    "croissant": "a property that Croissant requires is missing",
}
"""Every finding code with its meaning. Codes are stable: they are neither renamed nor reused."""


@dataclass(frozen=True)
class Finding:
    """A defect in data: what is wrong, where, and what is allowed.

    Args:
        code: one of :data:`CODES`.
        message: what is wrong, and what is allowed.
        layer: the layer of the record.
        index: the number of the record within its document and layer, from 0.
        doc_id: the document.
        file: the file; added by the caller that knows it, like ``line``.
        line: the line of the file, from 1.
        severity: only errors make a command fail.
        region: the id of the region of the labelling page that it is about.
    """

    code: str
    message: str
    layer: str | None = None
    index: int | None = None
    doc_id: str | None = None
    file: str | None = None
    line: int | None = None
    severity: Severity = "error"
    region: str | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown finding code {self.code!r}")

    def at(
        self, file: str | None = None, line: int | None = None, doc_id: str | None = None
    ) -> Finding:
        """The same finding with the missing parts of its place added."""
        return replace(
            self, file=self.file or file, line=self.line or line, doc_id=self.doc_id or doc_id
        )

    def __str__(self) -> str:
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
    """Base of all errors that a user can act on; the message is complete without a traceback."""

    exit_code: ClassVar[int] = 1
    """Exit code of the command line: 1 for bad data, 2 for wrong usage."""


class FindingsError(VinewsieError):
    """Bad data, with all findings; the message has one on each line."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that make a command fail."""
    return [finding for finding in findings if finding.severity == "error"]


def refuse(findings: Sequence[Finding]) -> None:
    """Raises the findings, if there are any.

    Raises:
        FindingsError: there are findings.
    """
    if findings:
        raise FindingsError(findings)


def shortened(text: str, limit: int = 60) -> str:
    """The text as messages show it: cut to ``limit`` characters, the last one an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def install_command(extra: str) -> str:
    """The command that installs an optional dependency. The package is on no index, so it is
    installed from a clone.
    """
    return f'pip install ".[{extra}]" in the clone of ViNewsIE'
