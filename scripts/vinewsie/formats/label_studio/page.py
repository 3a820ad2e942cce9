"""The labelling page as a model: regions with their fields, and arrows between them; written as
Label Studio's JSON and read from it. Pure functions.

Reading checks regions and arrows completely, because Label Studio's import checks nothing. Their
meaning is left to :mod:`vinewsie.formats.label_studio.reading`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.findings import Finding
from vinewsie.formats.label_studio.config import (
    ALL,
    COMPLETE,
    LABELS,
    LISTED,
    TYPED,
    field_word,
    labels_on,
    scheme_value,
    word,
)
from vinewsie.messages import Message, joined, say

TEXT, LABEL = "text", "label"
"""The names of the text and of its labels in the configuration."""


@dataclass(frozen=True)
class Region:
    """A labelled span.

    Args:
        id: its id in the page.
        start: its first character, in code points.
        end: the character after its last one.
        label: its label.
        fields: the values of its choices and text fields that are not empty.
    """

    id: str
    start: int
    end: int
    label: str
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def layer(self) -> str | None:
        """The layer of its record; None for a part of a record."""
        return LABELS[self.label].layer


@dataclass(frozen=True)
class LabellingPage:
    """The labels of a page.

    Args:
        regions: the regions by id.
        arrows: the relations, as ids of regions (from, to).
        complete: the layers that are signed off as a whole.
    """

    regions: Mapping[str, Region]
    arrows: Sequence[tuple[str, str]]
    complete: tuple[str, ...] = ()


def describe(region: Region, text: str) -> Message:
    """A region as findings name it: its label, surface and place."""
    return say(
        "{label} {place}", label=word(region.label), place=_place(text, region.start, region.end)
    )


def _place(text: str, start: int | None, end: int | None) -> Message:
    if start is None or end is None or not 0 <= start < end <= len(text):
        return say("a region outside the text")
    surface = text[start:end].replace("\n", "⏎")
    shown = surface if len(surface) <= 40 else f"{surface[:25]}…{surface[-14:]}"
    line = text.count("\n", 0, start) + 1
    return say(
        "“{words}” (line {line}, [{start}, {end}))", words=shown, line=line, start=start, end=end
    )


# Writing


def items_of(page: LabellingPage, text: str) -> list[dict[str, Any]]:
    """The page as Label Studio's ``result``."""
    items: list[dict[str, Any]] = []
    for region in page.regions.values():
        span = {"start": region.start, "end": region.end}
        common = {"id": region.id, "to_name": TEXT}
        items.append(
            common
            | {
                "from_name": LABEL,
                "type": "labels",
                "value": span | {"text": text[region.start : region.end], "labels": [region.label]},
            }
        )
        for name, values in region.fields.items():
            kind, value = _value_of(name, values)
            items.append(common | {"from_name": name, "type": kind, "value": span | value})
    items += (
        {"type": "relation", "from_id": start, "to_id": end, "direction": "right"}
        for start, end in page.arrows
    )
    if page.complete:
        value = {"choices": list(page.complete)}
        items.append(
            {
                "id": COMPLETE,
                "from_name": COMPLETE,
                "to_name": TEXT,
                "type": "choices",
                "value": value,
            }
        )
    return items


def _value_of(name: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The type of a field's control, and its value in Label Studio's form."""
    if name in TYPED:
        return "textarea", {"text": list(values)}
    if name in LISTED:
        # The values of a taxonomy are paths in a tree; this one has one level.
        return "taxonomy", {"taxonomy": [[value] for value in values]}
    return "choices", {"choices": list(values)}


def canonical(result: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The canonical form of a result: equal results have the same one.

    It leaves out what the editor adds or changes by itself: ``origin``, the surface in ``value``,
    empty fields, labels of relations, and the order of the items.
    """
    kept = []
    for item in result:
        bare = {
            key: value
            for key, value in item.items()
            if key != "origin" and value not in (None, [], {})
        }
        if item.get("from_name") == COMPLETE:
            bare["id"] = COMPLETE
        if isinstance(value := bare.get("value"), Mapping):
            surface = () if item.get("type") == "textarea" else ("text",)
            bare["value"] = {key: value[key] for key in sorted(value) if key not in surface}
        kept.append({key: bare[key] for key in sorted(bare)})
    return sorted(kept, key=msgspec.json.encode)


# Reading


class _Value(msgspec.Struct, frozen=True):
    start: int | None = None
    end: int | None = None
    labels: list[str] = []
    choices: list[str] = []
    taxonomy: list[list[str]] = []
    text: str | list[str] | None = None


class _Item(msgspec.Struct, frozen=True):
    type: str
    id: str = ""
    from_name: str = ""
    value: _Value = _Value()
    from_id: str = ""
    to_id: str = ""
    direction: str = "right"
    labels: list[str] | None = None
    meta: Any = None


def read_page(
    result: Sequence[object], text: str, layers: Sequence[str] = ALL
) -> tuple[LabellingPage, list[Finding]]:
    """The page of a result without invalid regions and arrows, and the findings about these.

    Args:
        result: the result of an annotation.
        text: the document's text.
        layers: the layers that the page shows.
    """
    labels = [label.value for label in labels_on(layers)]
    findings: list[Finding] = []
    items = list(_items(result, findings))
    fields = _fields(items)
    regions: dict[str, Region] = {}
    for item in items:
        if item.type != "labels":
            continue
        region = _region(item, fields.pop(item.id, {}), text, labels, findings)
        if region is not None and region.id in regions:
            message = say(
                "{region} has the region id {id!r} of another region; delete one of the two",
                region=describe(region, text),
                id=region.id,
            )
            findings.append(Finding("duplicate-id", message, region.layer, region=region.id))
        elif region is not None:
            regions[region.id] = region
    complete = fields.pop(COMPLETE, {}).get(COMPLETE, ())
    labelled = {item.id for item in items if item.type == "labels"}
    for item in items:
        if item.type not in ("labels", "relation") and item.id in fields.keys() - labelled:
            where = _place(text, item.value.start, item.value.end)
            findings.append(
                Finding(
                    "missing-field",
                    say(
                        "{region} has {field} but no label; give the region a label or delete it",
                        region=where,
                        field=field_word(item.from_name),
                    ),
                    region=item.id,
                )
            )
            del fields[item.id]
    for name in complete:
        if name not in layers:
            message = say(
                "{field} says {name!r}; allowed are {allowed}",
                field=field_word(COMPLETE),
                name=word(name),
                allowed=joined(map(word, layers)),
            )
            findings.append(Finding("label", message))
    return LabellingPage(
        regions, list(_arrows(items, regions, labelled, text, findings)), complete
    ), findings


def _items(result: Sequence[object], findings: list[Finding]) -> Iterator[_Item]:
    for index, raw in enumerate(result):
        try:
            item = msgspec.convert(raw, _Item)
        except msgspec.ValidationError as error:
            message = say("result[{index}]: {error}", index=index, error=str(error))
            findings.append(Finding("wrong-type", message))
            continue
        if item.type not in ("labels", "choices", "taxonomy", "textarea", "relation"):
            message = say(
                "result[{index}] is of type {type!r}, which the configuration does not make",
                index=index,
                type=item.type,
            )
            findings.append(Finding("format", message))
            continue
        yield item


def _fields(items: Iterable[_Item]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The values of choices and text fields by region id and field."""
    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    for item in items:
        if item.type == "choices":
            values = tuple(map(scheme_value, item.value.choices))
        elif item.type == "taxonomy":
            values = tuple(path[-1] for path in item.value.taxonomy if path)
            if item.from_name == "mod":
                values = tuple(map(scheme_value, values))
        elif item.type == "textarea":
            texts = [item.value.text] if isinstance(item.value.text, str) else item.value.text or []
            values = tuple(stripped for value in texts if (stripped := value.strip()))
        else:
            continue
        if values:
            # The choices of the whole page have no region, and an id that the editor made.
            fields.setdefault(COMPLETE if item.from_name == COMPLETE else item.id, {})[
                item.from_name
            ] = values
    return fields


def _region(
    item: _Item,
    fields: Mapping[str, tuple[str, ...]],
    text: str,
    labels: Sequence[str],
    findings: list[Finding],
) -> Region | None:
    start, end = item.value.start, item.value.end
    where = _place(text, start, end)
    if start is None or end is None or not 0 <= start < end <= len(text):
        message = say(
            "region {id!r}: [{start}, {end}) is not within 0 ≤ start < end ≤ {length}; delete it "
            "and mark the words again",
            id=item.id,
            start=start,
            end=end,
            length=len(text),
        )
        findings.append(Finding("offset-range", message, region=item.id))
        return None
    if len(item.value.labels) != 1:
        message = say(
            "{region} has {count} labels ({labels}); give it one label",
            region=where,
            count=len(item.value.labels),
            labels=joined(map(word, item.value.labels)),
        )
        findings.append(Finding("label", message, region=item.id))
        return None
    # An imported result may have the word that the page shows instead of the value.
    label = scheme_value(item.value.labels[0])
    if label not in labels:
        message = say(
            "{region} has the label {label!r}; allowed are {allowed}",
            region=where,
            label=word(label),
            allowed=joined(map(word, labels)),
        )
        findings.append(Finding("label", message, region=item.id))
        return None
    region = Region(item.id, start, end, label, fields)
    findings += _bad_edges(region, text)
    if item.meta:
        message = say(
            "{region} has a note, which label files cannot hold; it stays on the server",
            region=describe(region, text),
        )
        findings.append(
            Finding("format-loss", message, region.layer, severity="warning", region=region.id)
        )
    return region


def _bad_edges(region: Region, text: str) -> Iterator[Finding]:
    surface = text[region.start : region.end]
    # The text between quotation marks may begin or end with white space.
    if surface != surface.strip() and region.layer != "marks":
        yield Finding(
            "edge-space",
            say(
                "{region} begins or ends with white space; mark the words alone",
                region=describe(region, text),
            ),
            region.layer,
            region=region.id,
        )
    if "\n" in surface or "\r" in surface:
        yield Finding(
            "line-break",
            say(
                "{region} crosses a line break; mark each line by itself",
                region=describe(region, text),
            ),
            region.layer,
            region=region.id,
        )


def _arrows(
    items: Iterable[_Item],
    regions: Mapping[str, Region],
    labelled: Collection[str],
    text: str,
    findings: list[Finding],
) -> Iterator[tuple[str, str]]:
    """The arrows between existing regions, each once, in the direction in which they point."""
    seen = set()
    for item in items:
        if item.type != "relation":
            continue
        ends = (
            (item.to_id, item.from_id) if item.direction == "left" else (item.from_id, item.to_id)
        )
        shown = [
            describe(regions[end], text) if end in regions else say("region {id!r}", id=end)
            for end in ends
        ]
        wrong = None
        if not set(ends) <= set(labelled):
            wrong = say("but there is no such region; delete the relation")
        elif ends[0] == ends[1]:
            wrong = say("to itself; delete the relation")
        elif item.direction not in ("left", "right"):
            wrong = say("and back; let the relation point one way")
        if wrong is not None:
            findings.append(
                Finding(
                    "reference",
                    say(
                        "a relation leads from {start} to {end}, {wrong}",
                        start=shown[0],
                        end=shown[1],
                        wrong=wrong,
                    ),
                )
            )
        elif ends not in seen and all(end in regions for end in ends):
            seen.add(ends)
            yield ends
