"""W3C Web Annotations (JSON-LD): a page, a collection, a list, one annotation, or one on a line.

Tools such as Hypothesis and Recogito write it. Source:
https://www.w3.org/TR/annotation-model/.

An annotation is an entity; its label is a body for tagging or classifying, its ``entity_id`` the
source of another body. The writer adds a further body of format application/json, for describing: a
JSON object with the ``layer`` and those fields of the record that its target and its other bodies
do not hold. Every document has an annotation as a whole, which describes it in the same way:
``doc_id``, ``text`` and ``segments``. A target's source is the percent-encoded id, as a relative
IRI.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from vinewsie.decoding import GivenRecord, given_records, read_object
from vinewsie.files import write_text
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.formats.mention_lists import given
from vinewsie.model import RECORD_TYPES, AnyRecord, Document, Quote, Segment, Span, records_of
from vinewsie.scheme import LAYERS

_AROUND = 20
"""Characters before and behind a quote that are written with it."""


@dataclass(frozen=True)
class TextSelection:
    """The value of a selector: a position, a quote with the text around it, or both."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


def as_list(value: object) -> list[Any]:
    """JSON-LD has a single value where others have a list of one, and nothing where others have an
    empty one.
    """
    return value if isinstance(value, list) else [] if value is None else [value]


def is_a(value: object, type_: str) -> bool:
    """Whether a JSON-LD object is of a type."""
    return isinstance(value, Mapping) and type_ in as_list(value.get("type"))


def selection_of(selectors: object) -> TextSelection | None:
    """The place that a selector, or the alternatives in a list of them, give; None if none of them
    is about positions or quotes.
    """
    return _merged(
        place for selector in as_list(selectors) if (place := _one(selector)) is not None
    )


def _merged(places: Iterable[TextSelection]) -> TextSelection | None:
    """The first position and the first quote."""
    found = list(places)
    position = next((place for place in found if place.start is not None), None)
    quote = next((place for place in found if place.exact is not None), None)
    if position is None or quote is None:
        return position or quote
    return TextSelection(position.start, position.end, quote.exact, quote.prefix, quote.suffix)


def _one(selector: object) -> TextSelection | None:
    if not isinstance(selector, Mapping):
        return None
    own = _own(selector)
    return (
        own
        if selector.get("refinedBy") is None
        else _refined(own, selection_of(selector["refinedBy"]))
    )


def _own(selector: Mapping[str, Any]) -> TextSelection | None:
    start, end, exact = selector.get("start"), selector.get("end"), selector.get("exact")
    if is_a(selector, "TextPositionSelector") and isinstance(start, int) and isinstance(end, int):
        return TextSelection(start, end)
    if is_a(selector, "TextQuoteSelector") and isinstance(exact, str):
        return TextSelection(
            exact=exact, prefix=_text(selector.get("prefix")), suffix=_text(selector.get("suffix"))
        )
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refined(outer: TextSelection | None, inner: TextSelection | None) -> TextSelection | None:
    """The place of a selector within what another has selected; positions inside of an element of a
    page are no positions in a text.
    """
    if inner is None:
        return None
    if outer is None:
        return (
            TextSelection(exact=inner.exact, prefix=inner.prefix, suffix=inner.suffix)
            if inner.exact is not None
            else None
        )
    if outer.start is not None and outer.end is not None:
        if inner.start is not None and inner.end is not None:
            return TextSelection(outer.start + inner.start, outer.start + inner.end, inner.exact)
        same = inner.exact is not None and len(inner.exact) == outer.end - outer.start
        return TextSelection(outer.start, outer.end, inner.exact) if same else inner
    if inner.start is not None and outer.exact is not None:
        return TextSelection(exact=outer.exact[inner.start : inner.end])
    return inner


def span_of(place: TextSelection, text: str | None) -> dict[str, Any]:
    """The native span: offsets and surface as far as they are given.

    A quote alone is placed in the text, where it is known, if it stands there exactly once with
    what is around it.
    """
    if place.start is not None:
        return {
            "start": place.start,
            "end": place.end,
            **({} if place.exact is None else {"text": place.exact}),
        }
    assert place.exact is not None
    starts = [] if text is None or not place.exact else _occurrences(place, text)
    offsets = {"start": starts[0], "end": starts[0] + len(place.exact)} if len(starts) == 1 else {}
    return {**offsets, "text": place.exact}


def _occurrences(place: TextSelection, text: str) -> list[int]:
    """Where a quote stands with its prefix and suffix."""
    assert place.exact is not None
    whole = place.prefix + place.exact + place.suffix
    found = []
    start = text.find(whole)
    while start >= 0:
        found.append(start + len(place.prefix))
        start = text.find(whole, start + 1)
    return found


def selectors_of(span: Span, text: str) -> list[dict[str, Any]]:
    """The two selectors of a span."""
    quote = {"type": "TextQuoteSelector", "exact": text[span.start : span.end]}
    around = {
        "prefix": text[max(0, span.start - _AROUND) : span.start],
        "suffix": text[span.end : span.end + _AROUND],
    }
    return [{"type": "TextPositionSelector", "start": span.start, "end": span.end}, quote | around]


CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_JSON = "application/json"
_DOCUMENT = "document"
"""In the place of a layer, for what describes a document as a whole."""


@dataclass
class AnnotationBody:
    """The values of an annotation's bodies."""

    label: str | None = None
    key: str | None = None
    held: Mapping[str, Any] = field(default_factory=dict)
    others: int = 0
    """Bodies that have no place in a record."""


@dataclass
class AnnotatedSource:
    """The annotations of one source, with their lines and targets."""

    line: int
    annotations: list[tuple[int, Mapping[str, Any], list[Any]]] = field(default_factory=list)
    described: Mapping[str, Any] = field(default_factory=dict)


def recognises(sample: Sample) -> bool:
    """Whether the first JSON value is or holds an annotation."""
    return (
        any(
            is_a(item, "Annotation") and "target" in item for item in _annotations(sample.values[0])
        )
        if sample.values
        else False
    )


def _annotations(value: object) -> Iterator[Any]:
    """The annotations in a JSON value, and whatever else stands in their place."""
    if isinstance(value, list):
        for item in value:
            yield from _annotations(item)
    elif (
        isinstance(value, Mapping)
        and not is_a(value, "Annotation")
        and (inner := value.keys() & {"items", "first", "@graph"})
    ):
        for name in sorted(inner):
            yield from _annotations(value[name])
    else:
        yield value


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file, by the sources of the annotations' targets.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    pages: dict[str, AnnotatedSource] = {}
    passed: Counter[str] = Counter()
    for line, value in json_values(path, findings):
        for item in _annotations(value):
            if is_a(item, "Annotation"):
                _sort_in(item, line, pages, path, findings)
            elif isinstance(item, str):
                passed["further pages that are links"] += 1
            else:
                findings.append(
                    Finding(
                        "format", "expected an object of type Annotation", file=str(path), line=line
                    )
                )
    for source, page in pages.items():
        yield _parsed(source, page, path, passed, findings)
    if passed:
        listed = ", ".join(f"{what} ({count})" for what, count in sorted(passed.items()))
        findings.append(
            Finding("format-loss", f"ignored: {listed}", file=str(path), severity="warning")
        )


def _sort_in(
    item: Mapping[str, Any],
    line: int,
    pages: dict[str, AnnotatedSource],
    path: Path,
    findings: list[Finding],
) -> None:
    """Adds an annotation to the pages of its targets' sources."""
    by_source: dict[str, list[Any]] = {}
    for target in as_list(item.get("target")):
        source = (
            _iri(target.get("source", target.get("id")))
            if isinstance(target, Mapping)
            else _iri(target)
        )
        if source is None:
            findings.append(
                Finding("format", "a target names no source", file=str(path), line=line)
            )
        else:
            by_source.setdefault(source.partition("#")[0], []).append(target)
    if not as_list(item.get("target")):
        findings.append(
            Finding("missing-field", "an annotation has no target", file=str(path), line=line)
        )
    for source, targets in by_source.items():
        page = pages.setdefault(source, AnnotatedSource(line))
        page.annotations.append((line, item, targets))
        held = _body(item).held
        if held.get("layer") == _DOCUMENT:
            page.described = held


def _iri(value: object) -> str | None:
    value = value.get("id") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) else None


def _parsed(
    source: str, page: AnnotatedSource, path: Path, passed: Counter[str], findings: list[Finding]
) -> ParsedDocument:
    text, doc_id = page.described.get("text"), page.described.get("doc_id")
    text = text if isinstance(text, str) else None
    name = unquote(source.rstrip("/").rpartition("/")[2])
    if not isinstance(doc_id, str):
        doc_id = None if "://" in source else unquote(source)
    layers: dict[str, list[GivenRecord]] = {layer: [] for layer in RECORD_TYPES}
    found: list[Finding] = []
    for line, item, targets in page.annotations:
        body = _body(item)
        layer = body.held.get("layer", "entities")
        before = len(found)
        passed.update({"bodies without a place in a record": body.others} if body.others else {})
        if layer == _DOCUMENT:
            continue
        if layer not in layers:
            found.append(
                Finding(
                    "format", f"layer is {layer!r}; allowed are {', '.join([*layers, _DOCUMENT])}"
                )
            )
        elif body.others and body.label is None and body.key is None and not body.held:
            passed["annotations without a label"] += 1
        else:
            spans = _spans(targets, text, passed, found)
            records = (
                [_record(layer, body, {"content": spans})]
                if layer == "quotes"
                else [_record(layer, body, span) for span in spans]
            )
            layers[layer] += given_records(records, layer)
        found[before:] = [finding.at(line=line) for finding in found[before:]]
    segments = _segments(page, found)
    findings += [finding.at(str(path), page.line, doc_id) for finding in found]
    return ParsedDocument(layers, text, doc_id, name, segments, str(path), page.line)


def _spans(
    targets: Sequence[Any], text: str | None, passed: Counter[str], findings: list[Finding]
) -> list[dict[str, Any]]:
    spans = []
    for target in targets:
        selector = target.get("selector") if isinstance(target, Mapping) else None
        place = selection_of(selector)
        if selector is None:
            passed["annotations of a whole document, or of a fragment of its IRI"] += 1
        elif place is None:
            findings.append(
                Finding(
                    "format",
                    "a selector gives no position in the text; allowed are TextPositionSelector "
                    "and TextQuoteSelector",
                )
            )
        else:
            spans.append(span_of(place, text))
    return spans


def _record(layer: str, body: AnnotationBody, place: Mapping[str, Any]) -> dict[str, Any]:
    record = {name: value for name, value in body.held.items() if name != "layer"}
    if body.label is not None:
        record[LAYERS[layer].label_field] = body.label
    if body.key is not None and layer == "entities":
        record["entity_id"] = body.key
    return {**record, **place}


def _segments(page: AnnotatedSource, findings: list[Finding]) -> tuple[Segment, ...]:
    segments = []
    for index, raw in enumerate(as_list(page.described.get("segments"))):
        segment, found = read_object(raw, Segment, "segments", index)
        findings += found
        segments += [segment] if segment is not None else []
    return tuple(segments)


def _body(item: Mapping[str, Any]) -> AnnotationBody:
    """The values of an annotation's bodies."""
    body = AnnotationBody()
    named: list[str] = []
    for one in [*as_list(item.get("body")), *as_list(item.get("bodyValue"))]:
        kind, value = _said(one)
        if kind == "held":
            body.held = value
        elif kind == "label" and body.label is None:
            body.label = value
        elif kind == "key" and body.key is None:
            body.key = value
        elif kind == "name":
            named.append(value)
        else:
            body.others += 1
    for name in named:  # a name for identifying is a label, unless there is one
        if body.label is None:
            body.label = name
        elif body.key is None:
            body.key = name
        else:
            body.others += 1
    return body


def _said(one: object) -> tuple[str, Any]:
    """The kind of a body (label, key, name, held or other), and its value."""
    if isinstance(one, str):
        return ("key" if "://" in one else "label"), one
    if not isinstance(one, Mapping):
        return "other", None
    purpose, value = one.get("purpose"), one.get("value")
    if one.get("format") == _JSON and isinstance(value, str) and (held := _held(value)):
        return "held", held
    if isinstance(value, str):
        kinds = {None: "label", "tagging": "label", "classifying": "label", "identifying": "name"}
        return (kinds.get(purpose, "other") if isinstance(purpose, str | None) else "other"), value
    source = _iri(one.get("source", one.get("id")))
    if source is None:
        return "other", None
    if purpose in ("tagging", "classifying"):
        return "label", unquote(source.rstrip("/#").replace("#", "/").rpartition("/")[2])
    return "key", source if "://" in source else unquote(source)


def _held(value: str) -> Mapping[str, Any]:
    """The fields in a body that this package has written; none in any other body."""
    try:
        held = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return held if isinstance(held, dict) and isinstance(held.get("layer"), str) else {}


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """An annotation a line (.jsonl), or a page of annotations."""
    items = [item for document in documents for item in _items(document)]
    if path.suffix == ".jsonl":
        write_text(
            path,
            "".join(
                msgspec.json.encode({"@context": CONTEXT, **item}).decode() + "\n" for item in items
            ),
        )
    else:
        page = {
            "@context": CONTEXT,
            "id": quote(path.name, safe=""),
            "type": "AnnotationPage",
            "items": items,
        }
        write_text(path, msgspec.json.format(msgspec.json.encode(page), indent=1).decode() + "\n")
    return []


def _items(document: Document) -> Iterator[dict[str, Any]]:
    source = quote(document.doc_id, safe="")
    whole = {
        "doc_id": document.doc_id,
        "text": document.text,
        "segments": msgspec.to_builtins(document.segments),
    }
    yield _annotation(f"{source}#{_DOCUMENT}", [_described(_DOCUMENT, whole)], source)
    for layer in RECORD_TYPES:
        for index, record in enumerate(records_of(document, layer)):
            content = (
                record.content
                if isinstance(record, Quote)
                else (Span(start=record.start, end=record.end),)
            )
            targets = [
                {"source": source, "selector": selectors_of(span, document.text)}
                for span in content
            ]
            yield _annotation(
                f"{source}#{layer}-{index}",
                _bodies(layer, record),
                targets[0] if len(targets) == 1 else targets,
            )


def _annotation(iri: str, bodies: list[dict[str, Any]], target: object) -> dict[str, Any]:
    return {
        "id": iri,
        "type": "Annotation",
        "motivation": bodies[0]["purpose"],
        "body": bodies,
        "target": target,
    }


def _bodies(layer: str, record: AnyRecord) -> list[dict[str, Any]]:
    rest = {
        name: value
        for name, value in given(record).items()
        if name not in ("start", "end", "text", "content")
    }
    bodies: list[dict[str, Any]] = []
    if (label := rest.pop(LAYERS[layer].label_field, None)) is not None:
        bodies.append({"type": "TextualBody", "purpose": "tagging", "value": label})
    if (key := rest.pop("entity_id", None)) is not None:
        bodies.append(
            {
                "type": "SpecificResource",
                "purpose": "identifying",
                "source": key if "://" in key else quote(key, safe=""),
            }
        )
    return [*bodies, _described(layer, rest)]


def _described(layer: str, rest: Mapping[str, Any]) -> dict[str, Any]:
    value = msgspec.json.encode({"layer": layer, **rest}).decode()
    return {"type": "TextualBody", "purpose": "describing", "format": _JSON, "value": value}


FORMAT = Format(
    name="web-annotation",
    about="W3C Web Annotations (JSON-LD) with text position and text quote selectors",
    suffixes=(".jsonld", ".json", ".jsonl"),
    holds={
        layer: fields(*(set(kind.__struct_fields__) - {"start", "end", "content"}))
        for layer, kind in RECORD_TYPES.items()
    },
    recognises=recognises,
    read=read,
    write=write,
    segments=True,
    keys=frozenset(("@context", "body", "target", "selector")),
)
