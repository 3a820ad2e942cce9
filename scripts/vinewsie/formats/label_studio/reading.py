"""Reads the records of a page. Pure functions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from vinewsie.decoding import without_surfaces
from vinewsie.findings import Finding, Severity
from vinewsie.formats.label_studio.config import (
    ALTERNATE,
    CONTENT,
    CUE,
    MEDIUM,
    PARTS,
    READINGS,
    SIGNED_OFF,
    SOURCE,
    YES,
    word,
)
from vinewsie.formats.label_studio.page import LabellingPage, Region, describe
from vinewsie.messages import Message, joined, say
from vinewsie.model import AnyRecord, Date, Entity, Mark, Quote, Span, reading_type
from vinewsie.registry import name_key, slug
from vinewsie.scheme.marks import DASHES, quotation_marks, status_of

QUOTE, PARENT = "quote", "parent"

_ROLES = {
    ("entities", ALTERNATE): ALTERNATE,
    ("dates", ALTERNATE): ALTERNATE,
    ("marks", ALTERNATE): ALTERNATE,
    ("marks", "quotes"): QUOTE,
    ("quotes", "quotes"): PARENT,
    ("quotes", CONTENT): CONTENT,
    ("quotes", CUE): CUE,
    ("quotes", SOURCE): SOURCE,
    ("quotes", MEDIUM): MEDIUM,
    ("quotes", ALTERNATE): ALTERNATE,
    (ALTERNATE, CONTENT): CONTENT,
}
"""The role of an arrow by its ends: the layer of a record, or the label of a part."""
_OF_QUOTATIONS = frozenset({CUE, SOURCE, MEDIUM})
"""Parts that only quotations have."""
_SINGLE = {
    QUOTE: say("quotation"),
    PARENT: say("parent"),
    SOURCE: say("source"),
    MEDIUM: say("medium"),
}
"""Roles that a record has at most once, with their names in findings."""
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NEW = ("new_entity", "new_speakers", "new_addressees")
"""The text fields for entities that the registry does not have."""


class PageReader:
    """Reads the records of a page, and collects ``findings``.

    Args:
        page: the page.
        text: the document's text.
        ids: the record id of each record's region.
    """

    def __init__(self, page: LabellingPage, text: str, ids: Mapping[str, str | None]) -> None:
        self.findings: list[Finding] = []
        self._page, self._text, self._ids = page, text, ids
        self._links = self._read_links()
        self._marks = frozenset(quotation_marks(text))

    def records(self) -> dict[str, AnyRecord]:
        """The records by the ids of their regions."""
        records = {}
        for region in self._page.regions.values():
            if region.layer is not None:
                records[region.id] = self._record(region)
        self._check_duplicates(records)
        return records

    def _finding(
        self, code: str, region: Region, message: str, severity: Severity = "error"
    ) -> None:
        self.findings.append(
            Finding(
                code,
                say("{region} {finding}", region=describe(region, self._text), finding=message),
                region.layer,
                severity=severity,
                region=region.id,
            )
        )

    # Arrows

    def _read_links(self) -> dict[str, dict[str, list[Region]]]:
        """The regions that each region points to, by role and in the order of the text."""
        links: dict[str, dict[str, list[Region]]] = defaultdict(lambda: defaultdict(list))
        pointed = set()
        for ends in self._page.arrows:
            start, end = (self._page.regions[end] for end in ends)
            if (_kind(start), _kind(end)) not in _ROLES:
                # Between these two, only the other direction has a meaning.
                start, end = end, start
            role = _ROLES.get((_kind(start), _kind(end)))
            if role is None:
                message = say(
                    "and {other} are joined by a relation without a meaning; delete it",
                    other=describe(end, self._text),
                )
                self._finding("reference", start, message)
            elif end not in links[start.id][role]:
                links[start.id][role].append(end)
            pointed.add(end.id)
        loose = [
            region
            for region in self._page.regions.values()
            if region.label in PARTS and region.id not in pointed
        ]
        owners = {region.id: self._owner(region, links) for region in loose}
        for region in loose:
            owner = owners[region.id]
            if owner is not None:
                links[owner.id][region.label].append(region)
                message = say(
                    "has no relation; it is taken for the {label} of {owner}, the only quotation "
                    "of its line without one",
                    label=word(region.label),
                    owner=describe(owner, self._text),
                )
                self._finding("reference", region, message, severity="warning")
                continue
            self._finding(
                "reference",
                region,
                say(
                    "belongs to no record; draw a relation to it from the record whose {label} it "
                    "is, or delete it",
                    label=word(region.label),
                ),
            )
        for roles in links.values():
            for targets in roles.values():
                targets.sort(key=lambda region: (region.start, region.end, region.id))
        for region_id, roles in links.items():
            for role, targets in roles.items():
                if role in _SINGLE and len(targets) > 1:
                    shown = [describe(target, self._text) for target in targets]
                    self._finding(
                        "reference",
                        self._page.regions[region_id],
                        say(
                            "has more than one {role}: {shown}; keep one relation",
                            role=_SINGLE[role],
                            shown=joined(shown, say(" and ")),
                        ),
                    )
        return links

    def _owner(
        self, part: Region, links: Mapping[str, Mapping[str, Sequence[Region]]]
    ) -> Region | None:
        """The quotation that a part without a relation can only belong to: the one of its line that
        has no such part.
        """
        if part.label not in _OF_QUOTATIONS:
            return None
        line = self._text.count("\n", 0, part.start)
        found = [
            region
            for region in self._page.regions.values()
            if region.layer == "quotes"
            and self._text.count("\n", 0, region.start) == line
            and not links.get(region.id, {}).get(part.label)
        ]
        return found[0] if len(found) == 1 else None

    def _spans(self, region: Region, role: str) -> list[Span]:
        return [_span(target) for target in self._links[region.id][role]]

    def _one(self, region: Region, role: str) -> Region | None:
        return next(iter(self._links[region.id][role]), None)

    # Records

    def _record(self, region: Region) -> AnyRecord:
        common: dict[str, Any] = {"id": self._ids[region.id]}
        common["human_verified"] = (
            SIGNED_OFF in region.fields or region.layer in self._page.complete
        )
        common["readings"] = self._readings(region)
        common["contested"] = bool(common["readings"])
        if region.layer == "quotes":
            return self._quote(region, common)
        common |= {
            "start": region.start,
            "end": region.end,
            "text": self._text[region.start : region.end],
        }
        common["alternates"] = tuple(self._spans(region, ALTERNATE))
        for alternate in self._links[region.id][ALTERNATE]:
            if self._links[alternate.id][CONTENT]:
                self._finding(
                    "reference",
                    alternate,
                    say(
                        "is the alternate of one span and has further content; delete that relation"
                    ),
                )
        if region.layer == "entities":
            return Entity(**common, type=region.label, entity_id=self._entity(region))
        if region.layer == "dates":
            return self._date(region, common)
        return self._mark(region, common)

    def _readings(self, region: Region) -> tuple[Any, ...]:
        """The other readings of a region's record, as far as they can be read."""
        lines = region.fields.get(READINGS, ())
        if not lines:
            return ()
        layer = str(region.layer)
        kind = reading_type(layer)
        found = []
        for line in lines:
            try:
                placed = [self._placed(msgspec.json.decode(line), region)]
                bare, mismatched = without_surfaces({READINGS: placed}, self._text, layer, 0)
                expected: Any = dict[str, list[kind]]  # type: ignore[valid-type]
                [reading] = msgspec.convert(bare, expected)[READINGS]
                found.append(reading)
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                reason = next((a for a in error.args if isinstance(a, Message)), str(error))
                names = ", ".join(kind.__struct_fields__)
                message = say(
                    "has the reading {line!r}: {error}; a reading is a JSON object with the fields "
                    "that differ, of {names}",
                    line=line,
                    error=reason,
                    names=names,
                )
                self._finding("reading", region, message)
                continue
            for finding in mismatched:
                self._finding(finding.code, region, finding.message)
        return tuple(found)

    def _placed(self, value: Any, region: Region) -> Any:
        """A JSON value in which spans without offsets have those of their words in the region's
        line.

        Raises:
            ValueError: the words do not occur in the line, or more than once.
        """
        if isinstance(value, list):
            return [self._placed(item, region) for item in value]
        if not isinstance(value, dict):
            return value
        words = value.get("text")
        if not isinstance(words, str) or value.keys() & {"start", "end"}:
            return {name: self._placed(item, region) for name, item in value.items()}
        begin = self._text.rfind("\n", 0, region.start) + 1
        line = self._text[begin:].partition("\n")[0]
        if not words or line.count(words) != 1:
            raise ValueError(
                say(
                    "{words!r} occurs {count} times in the line",
                    words=words,
                    count=line.count(words),
                )
            )
        start = begin + line.index(words)
        return value | {"start": start, "end": start + len(words)}

    def _entity(self, region: Region) -> str | None:
        keys = self._keys(region, "entity", "new_entity")
        if len(keys) > 1:
            shown = joined(keys, say(" and "))
            message = say("stands for {keys}; keep one entity", keys=shown)
            self._finding("reference", region, message)
        return keys[0] if keys else None

    def _date(self, region: Region, common: Mapping[str, Any]) -> Date:
        values = region.fields.get("value", ())
        if len(values) > 1:
            shown = joined(values, say(" and "))
            message = say("has several values, {values}; keep one", values=shown)
            self._finding("timex", region, message)
        return Date(
            **common,
            type=region.label,
            value=values[0] if values else None,
            mod=next(iter(region.fields.get("mod", ())), None),
            vague=region.fields.get("vague", ()) == (YES,),
        )

    def _mark(self, region: Region, common: Mapping[str, Any]) -> Mark:
        quote = self._one(region, QUOTE)
        unclosed, unopened = (
            region.fields.get(name, ()) == (YES,) for name in ("unclosed", "unopened")
        )
        if unclosed and unopened:
            message = say("is both unclosed and unopened; untick one")
            self._finding("mark-status", region, message)
        open_ = None
        if not unopened:
            before = region.start - 1
            open_ = self._text[before] if before in self._marks else None
            if unclosed and self._text[max(0, before) : region.start] in DASHES:
                open_ = self._text[before]
            if open_ is None:
                self._finding(
                    "mark-edge",
                    region,
                    say(
                        "has no quotation mark before it; mark the text between the quotation "
                        "marks, or tick “unopened”"
                    ),
                )
        close = None
        if not unclosed:
            close = self._text[region.end] if region.end in self._marks else None
            if close is None:
                message = say(
                    "has no quotation mark after it; mark the text between the quotation marks, or "
                    "tick “unclosed”"
                )
                self._finding("mark-edge", region, message)
        return Mark(
            **common,
            open=open_,
            close=close,
            status=status_of(open_, close) if open_ or unopened else status_of("", close),
            function=region.label,
            quote=self._ids[quote.id] if quote else None,
        )

    def _quote(self, region: Region, common: Mapping[str, Any]) -> Quote:
        source, medium, parent = (self._one(region, role) for role in (SOURCE, MEDIUM, PARENT))
        return Quote(
            **common,
            kind=region.label,
            content=self._content(region),
            cue=tuple(self._spans(region, CUE)),
            source=_span(source) if source else None,
            source_status=next(iter(region.fields.get("source_status", ())), None),
            speakers=self._keys(region, "speakers", "new_speakers"),
            addressees=self._keys(region, "addressees", "new_addressees"),
            inherited=region.fields.get("inherited", ()),
            truncated=region.fields.get("truncated", ()) == (YES,),
            medium=_span(medium) if medium else None,
            parent=self._ids[parent.id] if parent else None,
            alternates=tuple(
                self._content(alternate) for alternate in self._links[region.id][ALTERNATE]
            ),
        )

    def _content(self, region: Region) -> tuple[Span, ...]:
        return tuple(sorted([_span(region), *self._spans(region, CONTENT)]))

    def _keys(self, region: Region, chosen: str, typed: str) -> tuple[str, ...]:
        """Registry keys: those chosen from the list, then those typed."""
        new = []
        for name in _typed(region.fields.get(typed, ())):
            new.append(key := key_of_name(name))
            if not key:
                message = say(
                    "has the new entity {name!r}, which has no letter or digit for a key; type its "
                    "name, or a key in lower-case ASCII with hyphens, such as kim-jong-un",
                    name=name,
                )
                self._finding("registry-key", region, message)
        return tuple(dict.fromkeys([*region.fields.get(chosen, ()), *new]))

    def _filled(self, region: Region) -> int:
        """How much a region holds that would be lost with it: fields and arrows."""
        return len(region.fields) + sum(map(len, self._links[region.id].values()))

    def _shown(self, region: Region) -> str:
        """A region of several with the same words: its record and fields."""
        values = ", ".join(
            value for name, values in region.fields.items() if name != READINGS for value in values
        )
        return say(
            "{id} ({values})",
            id=self._ids[region.id] or region.id,
            values=values or say("nothing filled in"),
        )

    def _check_duplicates(self, records: Mapping[str, AnyRecord]) -> None:
        said: dict[object, Region] = {}
        for region_id, record in records.items():
            region = self._page.regions[region_id]
            what = (
                (record.content, record.cue, record.speakers)
                if isinstance(record, Quote)
                else (region.start, region.end, region.label)
            )
            other = said.setdefault((region.layer, what), region)
            if other is not region:
                kept, copy = sorted((other, region), key=self._filled, reverse=True)
                self._finding(
                    "duplicate-record",
                    copy,
                    say(
                        "is labelled twice: {first} and {second}; delete the second one: select it "
                        "in the list of regions, and press Backspace",
                        first=self._shown(kept),
                        second=self._shown(copy),
                    ),
                )


def _typed(lines: Iterable[str]) -> Iterator[str]:
    """The keys and names in a text field: one on a line, or several between commas."""
    for line in lines:
        yield from (name for part in re.split(r"[,;\n]", line) if (name := part.strip()))


def key_of_name(name: str) -> str:
    """The registry key for what an annotator typed: a key stays, of a name it is made (``Cầu Rồng``
    gives ``cau-rong``). Empty if the name has no letter or digit that ASCII can show.
    """
    return name if _KEY.fullmatch(name) else slug(name_key(name))


def typed_names(page: LabellingPage) -> Iterator[tuple[str, str]]:
    """What annotators typed for new entities, names and keys, each with the id of its region."""
    for region in page.regions.values():
        for field in _NEW:
            for name in _typed(region.fields.get(field, ())):
                yield name, region.id


def _kind(region: Region) -> str:
    return region.layer or region.label


def _span(region: Region) -> Span:
    return Span(start=region.start, end=region.end)
