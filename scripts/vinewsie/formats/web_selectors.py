"""Selectors of the W3C Web Annotation Data Model: from a selector to a place in a text, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vinewsie.model import Span

_AROUND = 20
"""So many characters before and behind a quote are written with it."""


@dataclass(frozen=True)
class Place:
    """What a selector says: a position, a quote with what stands around it, or both."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


def as_list(value: object) -> list[Any]:
    """JSON-LD has a single value where others have a list of one, and nothing where others have an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def is_a(value: object, type_: str) -> bool:
    """Whether a JSON-LD object is of a type."""
    return isinstance(value, Mapping) and type_ in as_list(value.get("type"))


def place_of(selectors: object) -> Place | None:
    """The place that a selector, or the alternatives in a list of them, give; None if none of them is about positions or quotes."""
    return _merged(place for selector in as_list(selectors) if (place := _one(selector)) is not None)


def _merged(places: Iterable[Place]) -> Place | None:
    """The first position and the first quote."""
    found = list(places)
    position = next((place for place in found if place.start is not None), None)
    quote = next((place for place in found if place.exact is not None), None)
    if position is None or quote is None:
        return position or quote
    return Place(position.start, position.end, quote.exact, quote.prefix, quote.suffix)


def _one(selector: object) -> Place | None:
    if not isinstance(selector, Mapping):
        return None
    own = _own(selector)
    return own if selector.get("refinedBy") is None else _refined(own, place_of(selector["refinedBy"]))


def _own(selector: Mapping[str, Any]) -> Place | None:
    start, end, exact = selector.get("start"), selector.get("end"), selector.get("exact")
    if is_a(selector, "TextPositionSelector") and isinstance(start, int) and isinstance(end, int):
        return Place(start, end)
    if is_a(selector, "TextQuoteSelector") and isinstance(exact, str):
        return Place(exact=exact, prefix=_text(selector.get("prefix")), suffix=_text(selector.get("suffix")))
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refined(outer: Place | None, inner: Place | None) -> Place | None:
    """The place of a selector within what another has selected; positions inside of an element of a page say nothing about a text."""
    if inner is None:
        return None
    if outer is None:
        return Place(exact=inner.exact, prefix=inner.prefix, suffix=inner.suffix) if inner.exact is not None else None
    if outer.start is not None and outer.end is not None:
        if inner.start is not None and inner.end is not None:
            return Place(outer.start + inner.start, outer.start + inner.end, inner.exact)
        same = inner.exact is not None and len(inner.exact) == outer.end - outer.start
        return Place(outer.start, outer.end, inner.exact) if same else inner
    if inner.start is not None and outer.exact is not None:
        return Place(exact=outer.exact[inner.start : inner.end])
    return inner


def span_of(place: Place, text: str | None) -> dict[str, Any]:
    """The native span: offsets and surface as far as they are given.

    A quote alone is placed in the text, where it is known, if it stands there exactly once with what is around it.
    """
    if place.start is not None:
        return {"start": place.start, "end": place.end, **({} if place.exact is None else {"text": place.exact})}
    assert place.exact is not None
    starts = [] if text is None or not place.exact else _occurrences(place, text)
    offsets = {"start": starts[0], "end": starts[0] + len(place.exact)} if len(starts) == 1 else {}
    return {**offsets, "text": place.exact}


def _occurrences(place: Place, text: str) -> list[int]:
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
    around = {"prefix": text[max(0, span.start - _AROUND) : span.start], "suffix": text[span.end : span.end + _AROUND]}
    return [{"type": "TextPositionSelector", "start": span.start, "end": span.end}, quote | around]
