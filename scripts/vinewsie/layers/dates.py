"""Dates: time expressions with their TIMEX3 type and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from vinewsie.columns import Corpus, Ints, Mask, Spans
from vinewsie.findings import Finding
from vinewsie.layers.base import FULL, Align, Aligned, Layer, MeasureDefinition, Overlaps, overlapping, span_alignment
from vinewsie.model import Document
from vinewsie.registry import Registry

TYPES = {
    "DATE": "a calendar date, month, year or other point of the calendar",
    "TIME": "a time of day",
    "DURATION": "a length of time",
    "SET": "a recurring time",
}
MODS = {
    "BEFORE": "before",
    "AFTER": "after",
    "ON_OR_BEFORE": "on or before",
    "ON_OR_AFTER": "on or after",
    "LESS_THAN": "less than",
    "MORE_THAN": "more than",
    "EQUAL_OR_LESS": "at most",
    "EQUAL_OR_MORE": "at least",
    "START": "the beginning of",
    "MID": "the middle of",
    "END": "the end of",
    "APPROX": "about",
}

# The values of TIMEX3 (TimeML 1.2.1, section 2.3; TIDES 2005), X standing for an unknown digit.
_DAY = r"(?:0[1-9]|[12]\d|3[01]|XX|[0-3]X)"
_CALENDAR = (
    r"(?:BC)?(?:[\dX]{2,4})"  # century, decade (three digits), year
    rf"(?:-(?:(?:0[1-9]|1[0-2]|[01]X|XX)(?:-{_DAY})?|W(?:0[1-9]|[1-4]\d|5[0-3]|XX)(?:-(?:[1-7]|WE))?|Q[1-4X]|H[12X]|SP|SU|FA|WI))?"
)
_CLOCK = r"T(?:[01]\d|2[0-4]|XX|MO|MI|AF|EV|NI|DT)(?::(?:[0-5]\d|XX)(?::(?:[0-5]\d|XX))?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?"
_NUMBER = r"(?:\d+(?:\.\d+)?|X)"
_PERIOD = rf"P(?:{_NUMBER}(?:Y|M|W|D|Q|H|WE|DE|CE|ML))*(?:T(?:{_NUMBER}(?:H|M|S))+)?"
_VALUES = {
    "DATE": re.compile(rf"(?:{_CALENDAR}|PAST_REF|PRESENT_REF|FUTURE_REF)"),
    "TIME": re.compile(rf"(?:(?:{_CALENDAR})?{_CLOCK}|PAST_REF|PRESENT_REF|FUTURE_REF)"),
    "DURATION": re.compile(rf"(?!P$)(?!PT$){_PERIOD}"),
    "SET": re.compile(rf"(?:(?!P$){_PERIOD}|{_CALENDAR}|(?:{_CALENDAR})?{_CLOCK})"),
}
_FULL_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

VAGUE = {
    "hiện": "PRESENT_REF",
    "hiện nay": "PRESENT_REF",
    "hiện tại": "PRESENT_REF",
    "gần đây": "PAST_REF",
    "vừa qua": "PAST_REF",
    "mới đây": "PAST_REF",
    "những năm qua": "PXY",
}
"""The closed list of vague expressions with their values; ordinal periods (năm thứ ba, XXXX) come on top."""
_ORDINAL_PERIOD = re.compile(r"(?:ngày|tuần|tháng|quý|năm|thập kỷ|thế kỷ) thứ \S+")


def well_formed(value: str, type_: str | None) -> bool:
    """Whether ``value`` is a TIMEX3 value of ``type_`` (of any type when that is None); real calendar days only."""
    patterns = [_VALUES[type_]] if type_ in _VALUES else list(_VALUES.values())
    if not any(pattern.fullmatch(value) for pattern in patterns):
        return False
    if full := _FULL_DATE.match(value):
        from datetime import date

        try:
            date(*map(int, full.groups()))
        except ValueError:
            return False
    return True


def vague_value(surface: str) -> str | None:
    """The value of a vague expression of the closed list; None for anything else."""
    key = surface.casefold()
    return VAGUE.get(key) or ("XXXX" if _ORDINAL_PERIOD.fullmatch(key) else None)


def check(document: Document, registry: Registry) -> Iterator[Finding]:
    """Values are well-formed for their type, and vague follows the closed list."""
    for index, record in enumerate(document.dates):
        if not well_formed(record.value or "", record.type):
            message = f"value {record.value!r} is not a TIMEX3 value of type {record.type}"
            yield Finding("timex", message, "dates", index)
        surface = document.text[record.start : record.end]
        expected = vague_value(surface)
        if record.vague != (expected is not None):
            message = (
                f"{surface!r} is {'not ' if expected is None else ''}on the closed list of vague expressions, but vague is {record.vague}"
            )
            yield Finding("vague", message, "dates", index)
        elif expected and record.value != expected:
            yield Finding("vague", f"{surface!r} has the value {expected}, not {record.value}", "dates", index)


def _sides(corpus: Corpus, vague: str) -> tuple[Spans, Spans]:
    """The gold and predicted dates that take part: all, or without the vague golds and what is aligned with them, or only those.

    The alignment that decides it is one for all date measures: overlapping spans, preferring dates that are not vague, then the
    same span, value and type. So all date measures have the same denominators.
    """
    golds, predicted = (corpus.spans("dates", gold, ("type", "value", "vague"), "type") for gold in (True, False))
    if vague == "include":
        return golds, predicted
    is_vague = golds.fields["vague"] == corpus.codes[True]
    pairs = overlapping(golds, predicted)
    plain = (~is_vague[pairs.gold]).astype(np.int64)
    everything = np.full(len(plain), FULL, dtype=np.int64)
    aligned = span_alignment(corpus, golds, predicted, pairs, everything, (plain, *_ties(golds, predicted, pairs)), wrong_pairs=False)
    with_vague = np.zeros(len(predicted), dtype=np.bool_)
    with_vague[aligned.prediction[is_vague[aligned.gold]]] = True
    if vague == "only":
        return golds.take(np.flatnonzero(is_vague)), predicted.take(np.flatnonzero(with_vague))
    return golds.take(np.flatnonzero(~is_vague)), predicted.take(np.flatnonzero(~with_vague))


def _paired(corpus: Corpus, vague: str) -> tuple[Spans, Spans, Overlaps]:
    golds, predicted = _sides(corpus, vague)
    return golds, predicted, overlapping(golds, predicted)


def _ties(golds: Spans, predicted: Spans, pairs: Overlaps) -> tuple[Ints, Ints, Ints]:
    """What decides between alignments that are otherwise equal: the same span, value, type."""
    return (
        pairs.same,
        (golds.fields["value"][pairs.gold] == predicted.fields["value"][pairs.prediction]).astype(np.int64),
        (golds.fields["type"][pairs.gold] == predicted.fields["type"][pairs.prediction]).astype(np.int64),
    )


def _aligner(condition: Callable[[Corpus, Spans, Spans, Overlaps], Ints | Mask]) -> Align:
    def run(corpus: Corpus, params: Mapping[str, str]) -> Aligned:
        golds, predicted, pairs = corpus.once(("dates", params["vague"]), lambda: _paired(corpus, params["vague"]))
        credit = FULL * condition(corpus, golds, predicted, pairs).astype(np.int64)
        return span_alignment(corpus, golds, predicted, pairs, credit, _ties(golds, predicted, pairs), wrong_pairs=False)

    return run


def _same_field(name: str) -> Callable[[Corpus, Spans, Spans, Overlaps], Mask]:
    """Pairs whose field is given and equal."""

    def condition(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Mask:
        value = golds.fields[name][pairs.gold]
        same: Mask = np.equal(value, predicted.fields[name][pairs.prediction]) & np.not_equal(value, corpus.codes[None])
        return same

    return condition


def _same_span(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return pairs.same


def _any_overlap(corpus: Corpus, golds: Spans, predicted: Spans, pairs: Overlaps) -> Ints:
    return np.ones(len(pairs.gold), dtype=np.int64)


_VAGUE_PARAM = {"vague": ("exclude", "only", "include")}

LAYER = Layer(
    name="dates",
    records="dates",
    title="Dates",
    label_field="type",
    vocabularies={"type": TYPES, "mod": MODS},
    check=check,
    measures=(
        MeasureDefinition("strict", "same span", "TempEval-3, strict match", _aligner(_same_span), _VAGUE_PARAM, headline=True),
        MeasureDefinition("relaxed", "overlapping span", "TempEval-3, relaxed match", _aligner(_any_overlap), _VAGUE_PARAM),
        MeasureDefinition("type", "overlapping span, same type", "TempEval-3, type F1", _aligner(_same_field("type")), _VAGUE_PARAM),
        MeasureDefinition(
            "value", "overlapping span, same value", "TempEval-3, value F1", _aligner(_same_field("value")), _VAGUE_PARAM, headline=True
        ),
    ),
)
