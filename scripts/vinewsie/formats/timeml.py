"""TimeML: dates as inline TIMEX3 tags, in a whole file or in bare text with tags.

Temporal taggers such as HeidelTime and SUTime write it. Source:
https://timeml.github.io/site/publications/timeMLdocs/timeml_1.2.1.html.

The ENAMEX tags of MUC and of VLSP 2018's raw files are read as entities. The text is the content of
TEXT (of everything, where there is no TEXT) without its tags, to the letter. The document creation
time is no record; it is the anchor date of every line.

In bare text only the tags of these schemes are tags; any other ``<`` or ``&`` is text. A whole file
must be well-formed XML that declares no entities; nothing outside the file is ever fetched.
HeidelTime does not escape the text, so what it writes is read as bare text where it is no XML.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from vinewsie.files import read_text, write_files, write_folder, write_text
from vinewsie.findings import Finding, FindingsError, refuse
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, check_names, fields
from vinewsie.model import (
    AnyRecord,
    Date,
    Document,
    Entity,
    Segment,
    reading_order,
)
from vinewsie.text import lines

_TIMEX3 = {"type": "type", "value": "value", "mod": "mod", "tid": "id"}
_ENAMEX = {"TYPE": "type", "type": "type"}
_RECORDS: dict[str, tuple[str, type[Date | Entity], dict[str, str]]] = {
    "TIMEX3": ("dates", Date, _TIMEX3),
    "ENAMEX": ("entities", Entity, _ENAMEX),
}
"""The tags that are records: their layer, and the fields by the attributes that hold them."""
_STRUCTURE = frozenset(("TimeML", "DOCID", "DCT", "TEXT"))
_SUFFIXES = (".tml", ".xml")
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]

_WHOLE = re.compile(r"\s*(?:<\?xml\b|<!DOCTYPE\b|<TimeML\b)")
_HEIDELTIME = re.compile(
    r"\s*<\?xml[^>]*\?>\s*<!DOCTYPE "
    r"TimeML[^>\[]*>\s*<TimeML>((?:(?!<(?:DOCID|DCT|TEXT)\b).)*)</TimeML>\s*",
    re.DOTALL,
)
_TAG = re.compile(
    r"<(/?)(TIMEX3INTERVAL|TIMEX3|ENAMEX|NUMEX|TIMEX|EVENT|SIGNAL|CARDINAL)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>"
)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_BROKEN_TAG = re.compile(r"</?(?:TIMEX3|ENAMEX)\b")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MarkupEvent(NamedTuple):
    """A tag or a stretch of text. ``attributes`` are a start tag's; an end tag and a text have
    none.
    """

    kind: str
    value: str
    attributes: Mapping[str, str]
    line: int


def recognises(sample: Sample) -> bool:
    """Whether a text has one of the tags."""
    return (
        not sample.values and re.search(r"<(?:TimeML\b|TIMEX3\s|ENAMEX\s)", sample.head) is not None
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The document of a file, or those of a folder, by name.

    Args:
        path: the file, or a folder of files.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    parts = (
        [path]
        if not path.is_dir()
        else sorted(part for part in path.iterdir() if part.suffix in _SUFFIXES)
    )
    for part in parts:
        text = read_text(part).removeprefix("\ufeff")
        found: list[Finding] = []
        if (events := _events(text, found)) is not None:
            yield _parsed(events, part, found)
        findings += [finding.at(str(part)) for finding in found]


def _events(text: str, findings: list[Finding]) -> list[MarkupEvent] | None:
    """The events of a file; None if it cannot be read."""
    events = _read_events(text, findings)
    depth = 0
    for event in events or ():
        depth += {"start": 1, "end": -1}.get(event.kind, 0)
        if depth > _DEPTH:
            message = f"tags are nested more than {_DEPTH} deep"
            findings.append(Finding("format", message, line=event.line))
            return None
    return events


_DEPTH = 100
"""Levels of tags; each holds the text below it, so many levels would take much memory."""


def _read_events(text: str, findings: list[Finding]) -> list[MarkupEvent] | None:
    if not _WHOLE.match(text):
        return _bare_events(text, findings)
    wrong: list[Finding] = []
    events = _xml_events(text, wrong)
    unescaped = None if events is not None else _HEIDELTIME.fullmatch(text)
    if unescaped is None:
        findings += wrong
        return events
    findings += [
        replace(finding, message=f"{finding.message}; read as text with tags", severity="warning")
        for finding in wrong
    ]
    return _bare_events(unescaped[1], findings, 1 + text.count("\n", 0, unescaped.start(1)))


def _xml_events(text: str, findings: list[Finding]) -> list[MarkupEvent] | None:
    """The events of an XML file; None if it is not well-formed."""
    events: list[MarkupEvent] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def declares(name: str, *_: object) -> None:
        refuse(
            [
                Finding(
                    "format",
                    f"declares the entity {name!r}; write the text itself",
                    line=parser.CurrentLineNumber,
                )
            ]
        )

    def defaults(tag: str, name: str, _type: str, value: str | None, _required: bool) -> None:
        if value is not None:  # it would stand in every tag of this name
            message = f"declares a default for the attribute {name!r} of <{tag}>; write it out"
            refuse([Finding("format", message, line=parser.CurrentLineNumber)])

    def skipped(name: str, is_parameter: bool) -> None:
        findings.append(
            Finding("format", f"the entity &{name}; is not defined", line=parser.CurrentLineNumber)
        )

    parser.StartElementHandler = lambda name, attributes: events.append(
        MarkupEvent("start", name, attributes, parser.CurrentLineNumber)
    )
    parser.EndElementHandler = lambda name: events.append(
        MarkupEvent("end", name, {}, parser.CurrentLineNumber)
    )
    parser.CharacterDataHandler = lambda data: events.append(
        MarkupEvent("text", data, {}, parser.CurrentLineNumber)
    )
    parser.EntityDeclHandler = declares
    parser.AttlistDeclHandler = defaults
    parser.SkippedEntityHandler = skipped
    try:
        parser.Parse(text, True)
    except FindingsError as error:
        findings += error.findings
    except expat.ExpatError as error:
        hint = (
            "; & and < of the text are written &amp; and &lt;"
            if error.code == _INVALID_TOKEN
            else ""
        )
        findings.append(
            Finding(
                "format",
                f"is not well-formed XML: {expat.ErrorString(error.code)}{hint}",
                line=error.lineno,
            )
        )
    return None if findings else events


def _bare_events(text: str, findings: list[Finding], line: int = 1) -> list[MarkupEvent]:
    """The events of bare text with tags, which begins on a line of its file."""
    events: list[MarkupEvent] = []
    last = 0

    def take_text(until: int) -> None:
        nonlocal line
        for broken in _BROKEN_TAG.finditer(text, last, until):
            message = f"a tag cannot be read: {text[broken.start() : broken.start() + 40]!r}"
            findings.append(
                Finding("format", message, line=line + text.count("\n", last, broken.start()))
            )
        events.append(MarkupEvent("text", _resolved(text[last:until]), {}, line))
        line += text.count("\n", last, until)

    for match in _TAG.finditer(text):
        take_text(match.start())
        closing, name, attributes, empty = match.groups()
        if not closing:
            events.append(
                MarkupEvent(
                    "start",
                    name,
                    {a: _resolved(b or c) for a, b, c in _ATTRIBUTE.findall(attributes)},
                    line,
                )
            )
        if closing or empty:
            events.append(MarkupEvent("end", name, {}, line))
        line += match[0].count("\n")
        last = match.end()
    take_text(len(text))
    return events


def _resolved(text: str) -> str:
    """The text with the references that XML defines replaced by what they stand for."""

    def character(match: re.Match[str]) -> str:
        name, decimal, hexadecimal = match.groups()
        if name:
            return _NAMED[name]
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return match[0] if code > sys.maxunicode or _NO_XML.match(chr(code)) else chr(code)

    return _REFERENCE.sub(character, text)


def _parsed(events: Sequence[MarkupEvent], path: Path, findings: list[Finding]) -> ParsedDocument:
    builder = _DocumentBuilder(
        has_text=any(event.kind == "start" and event.value == "TEXT" for event in events)
    )
    for event in events:
        builder.take(event)
    layers, text = builder.finish()
    findings += builder.findings
    anchor = builder.anchor
    segments = (
        tuple(
            Segment(start=a, end=b, zone="body", item=0, anchor_date=anchor) for a, b in lines(text)
        )
        if anchor
        else ()
    )
    return ParsedDocument(
        layers, text, "".join(builder.doc_id).strip() or None, path.stem, segments, str(path), 1
    )


class _DocumentBuilder:
    """Puts a document together from its events."""

    def __init__(self, has_text: bool) -> None:
        self.doc_id: list[str] = []
        self.anchor: str | None = None
        self.findings: list[Finding] = []
        self._has_text = has_text
        self._text: list[str] = []
        self._offset = 0
        self._inside: list[str] = []
        self._records: list[tuple[str, dict[str, Any]]] = []
        self._open: list[tuple[str, dict[str, Any], int]] = []
        """The tags of records that are not closed yet, with the lines where they stand."""
        self._passed: Counter[str] = Counter()

    def take(self, event: MarkupEvent) -> None:
        """Adds an event."""
        if event.kind == "text":
            self._take_text(event.value)
        elif event.kind == "start":
            self._begin(event)
            if event.value in _STRUCTURE:
                self._inside.append(event.value)
        else:
            if event.value in self._inside:
                self._inside.remove(event.value)
            self._end(event)

    def finish(self) -> tuple[dict[str, list[AnyRecord]], str]:
        """The records by layer, and the text."""
        text = "".join(self._text)
        for name, _, line in self._open:
            self.findings.append(Finding("format", f"<{name}> is not closed", line=line))
        layers: dict[str, list[AnyRecord]] = {layer: [] for layer, *_ in _RECORDS.values()}
        for name, record in self._records:
            if record["start"] < record.get("end", -1):
                layer, kind, _ = _RECORDS[name]
                surface = text[record["start"] : record["end"]]
                layers[layer].append(kind(**record, text=surface))
            elif "end" in record:
                self._passed[f"{name} without text"] += 1
        if self._passed:
            listed = ", ".join(f"{what} ({count})" for what, count in sorted(self._passed.items()))
            self.findings.append(
                Finding(
                    "format-loss",
                    f"ignored what has no place in a record: {listed}",
                    severity="warning",
                )
            )
        return layers, text

    def _in_text(self) -> bool:
        return (
            "TEXT" in self._inside
            if self._has_text
            else not {"DOCID", "DCT"}.intersection(self._inside)
        )

    def _take_text(self, data: str) -> None:
        if self._in_text():
            self._text.append(data)
            self._offset += len(data)
        elif "DOCID" in self._inside:
            self.doc_id.append(data)

    def _begin(self, event: MarkupEvent) -> None:
        name, attributes = event.value, event.attributes
        if name == "TIMEX3" and (
            "DCT" in self._inside or attributes.get("functionInDocument") == "CREATION_TIME"
        ):
            self.anchor = self.anchor or _day(attributes.get("value", ""))
        if name in _RECORDS and self._in_text():
            known = _RECORDS[name][2]
            record: dict[str, Any] = {
                known[key]: value for key, value in attributes.items() if key in known
            }
            self._passed.update(f"{name} {key}" for key in attributes if key not in known)
            record["start"] = self._offset
            self._records.append((name, record))
            self._open.append((name, record, event.line))
        elif name in _RECORDS and "DCT" not in self._inside:
            self._passed[f"{name} outside TEXT"] += 1
        elif name not in _RECORDS and name not in _STRUCTURE:
            self._passed[name] += 1

    def _end(self, event: MarkupEvent) -> None:
        if event.value not in _RECORDS or not self._in_text():
            return
        for index in reversed(range(len(self._open))):
            if self._open[index][0] == event.value:
                self._open.pop(index)[1]["end"] = self._offset
                return
        self.findings.append(Finding("format", f"</{event.value}> closes nothing", line=event.line))


def _day(value: str) -> str | None:
    """The calendar day of a TIMEX3 value, if it has one."""
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """One file, or a folder of a file for each of several documents.

    Raises:
        FindingsError: a text has characters that XML cannot hold, or an id cannot name a file.
    """
    refuse(
        [
            finding.at(str(path), doc_id=document.doc_id)
            for document in documents
            for finding in _unfit(document)
        ]
    )
    losses: list[str] = []
    if len(documents) == 1 and not path.is_dir():
        write_text(path, _file_of(documents[0], losses))
    else:
        check_names(path, documents)
        files = {f"{document.doc_id}.tml": _file_of(document, losses) for document in documents}
        write_folder(
            path, lambda folder: write_files(folder, files), lambda file: str(file) in files
        )
    return losses


def _unfit(document: Document) -> Iterator[Finding]:
    values = [
        value
        for one in document.dates
        for value in (one.id, one.type, one.value, one.mod)
        if value is not None
    ]
    for name, value in (
        ("doc_id", document.doc_id),
        ("text", document.text),
        *(("dates", value) for value in values),
    ):
        if (bad := _NO_XML.search(value)) is not None:
            yield Finding("format", f"{name} has {bad[0]!r}, which XML cannot hold")
    if document.doc_id != document.doc_id.strip():
        yield Finding(
            "format",
            f"doc_id {document.doc_id!r} begins or ends with white space, which does not count in "
            "DOCID",
        )


def _file_of(document: Document, losses: list[str]) -> str:
    anchors = [segment.anchor_date for segment in document.segments]
    if other := sum(anchor != anchors[0] for anchor in anchors):
        losses.append(
            f"{document.doc_id}: segments: one anchor date alone can be held ({other} segments "
            "have another)"
        )
    creation = (
        _timex3(
            {
                "tid": "t0",
                "type": "DATE",
                "value": anchors[0],
                "functionInDocument": "CREATION_TIME",
            }
        )
        if anchors
        else ""
    )
    dct = f"<DCT>{creation}{anchors[0]}</TIMEX3></DCT>\n" if anchors else ""
    text = _inline(document.text, _nesting(document, losses))
    doc_id = f"<DOCID>{_escaped(document.doc_id)}</DOCID>\n"
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<TimeML>\n{doc_id}{dct}'
    return f"{head}<TEXT>{text}</TEXT>\n</TimeML>\n"


def _nesting(document: Document, losses: list[str]) -> list[Date]:
    """The dates that tags can hold, in reading order: a date that crosses one before it is left
    out.
    """
    kept: list[Date] = []
    enclosing: list[Date] = []
    for one in sorted(document.dates, key=reading_order):
        while enclosing and enclosing[-1].end <= one.start:
            enclosing.pop()
        if enclosing and enclosing[-1].end < one.end:
            surface = document.text[one.start : one.end]
            losses.append(
                f"{document.doc_id}: dates: {surface!r} at {one.start} crosses another date, and "
                "tags can only nest"
            )
            continue
        kept.append(one)
        enclosing.append(one)
    return kept


def _inline(text: str, dates: Iterable[Date]) -> str:
    """The text with tags around the dates, which nest."""
    parts: list[str] = []
    at = 0
    ends: list[int] = []

    def go_to(offset: int) -> None:
        nonlocal at
        parts.append(_escaped(text[at:offset]))
        at = offset

    for one in dates:
        while ends and ends[-1] <= one.start:
            go_to(ends.pop())
            parts.append("</TIMEX3>")
        go_to(one.start)
        parts.append(_timex3({name: getattr(one, field) for name, field in _TIMEX3.items()}))
        ends.append(one.end)
    for end in reversed(ends):
        go_to(end)
        parts.append("</TIMEX3>")
    go_to(len(text))
    return "".join(parts)


def _timex3(attributes: Mapping[str, str | None]) -> str:
    return "".join(
        [
            "<TIMEX3",
            *(
                f" {name}={quoteattr(value)}"
                for name, value in attributes.items()
                if value is not None
            ),
            ">",
        ]
    )


def _escaped(text: str) -> str:
    """Text as XML reads it back, carriage returns too."""
    return escape(text, {"\r": "&#13;"})


FORMAT = Format(
    name="timeml",
    about="TimeML: inline TIMEX3 (dates); inline ENAMEX (entities) is read too",
    suffixes=_SUFFIXES,
    holds={"dates": fields("id", "text", "type", "value", "mod")},
    recognises=recognises,
    read=read,
    write=write,
    limits="zones, all anchor dates but one, dates that cross",
)
