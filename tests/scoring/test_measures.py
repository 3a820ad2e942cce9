"""Measures print and parse; what is unknown is refused with what is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinewsie.scoring.measures import (
    Measure,
    MeasureError,
    all_measures,
    headline,
    parse,
)


def closed(measure: Measure) -> dict[str, tuple[str, ...]]:
    """The parameters of a measure that have a closed set of values."""
    return {p.name: p.values for p in measure.definition.parameters if p.values}


@st.composite
def any_measure(draw: st.DrawFn) -> Measure:
    measure = draw(st.sampled_from(all_measures()))
    allowed = closed(measure)
    params = {
        name: draw(st.sampled_from(values))
        for name, values in allowed.items()
        if draw(st.booleans())
    }
    if draw(st.booleans()):
        params["label"] = draw(st.sampled_from(["PER", "DATE", "direct", "Địa danh"]))
    return measure.with_params(**params)


@given(any_measure())
def test_parsing_and_printing_are_inverse(measure: Measure) -> None:
    assert parse(str(measure)) == measure
    assert str(parse(str(measure))) == str(measure)


def test_defaults_are_not_printed() -> None:
    assert str(parse("dates.value(zone=page,vague=exclude)")) == "dates.value"
    assert (
        str(parse(" dates.value( vague=only , zone=article ) "))
        == "dates.value(vague=only,zone=article)"
    )


def test_the_headline_measures() -> None:
    names = [
        "entities.strict",
        "dates.strict",
        "dates.value",
        "quotes.relaxed",
        "attribution.joint",
    ]
    assert [str(m) for m in headline()] == [
        f"{name}{zone}" for name in names for zone in ("", "(zone=article)")
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("entities", "not of the form"),
        ("entity.strict", "there are entities, dates, quotes, attribution"),
        ("marks.strict", "no layer 'marks' with measures"),
        ("entities.fuzzy", "it has strict, exact"),
        (
            "entities.strict(vague=only)",
            "no parameter 'vague'; it has zone, repeats, scheme, levels, contested, overlap, label",
        ),
        (
            "entities.linked(overlap=0.5)",
            "no parameter 'overlap'; it has zone, repeats, scheme, levels",
        ),
        ("entities.type(overlap=0)", "overlap is a number above 0 and up to 1"),
        ("entities.type(overlap=1.5)", "overlap is a number above 0 and up to 1"),
        ("entities.type(overlap=nan)", "overlap is a number above 0 and up to 1"),
        ("entities.type(overlap=0.1234567)", "with at most 6 decimals"),
        ("entities.type(overlap=half)", "overlap is a number above 0 and up to 1"),
        ("dates.strict(vague=maybe)", "vague is one of exclude, only, include"),
        ("entities.strict(zone)", "param=value"),
        ("entities.strict(zone=page,zone=page)", "given twice"),
        ("entities.strict(label=)", "not empty"),
    ],
)
def test_unknown_measures_are_refused(text: str, says: str) -> None:
    with pytest.raises(MeasureError, match=says.replace("(", r"\(")):
        parse(text)
