"""The order of the records, and the division into parts, never show in a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.scoring.measures import all_measures
from vinewsie.scoring.result import Counts

TEXT = "An nói Bo và Ba ở Hà"
SEGMENTS = [{"start": 0, "end": 9, "zone": "body"}, {"start": 10, "end": 20, "zone": "teaser"}]


def spans(most: int = 3) -> st.SearchStrategy[list[dict[str, int]]]:
    one = st.tuples(st.integers(0, 19), st.integers(1, 6)).map(
        lambda pair: {"start": pair[0], "end": min(sum(pair), len(TEXT))}
    )
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda s: s["start"]).map(
        lambda found: sorted(found, key=lambda s: s["start"])
    )


WORDS = [{"start": s, "end": e} for s, e in ((0, 2), (3, 6), (7, 9), (10, 12), (13, 15), (18, 20))]
ENTITY = st.builds(
    lambda span, kind, entity: {**span, "type": kind, "entity_id": entity},
    spans(1).map(lambda s: s[0]),
    st.sampled_from(["PER", "ORG"]),
    st.sampled_from(["a", "b", None]),
)
DATE = st.builds(
    lambda span, value, vague: {**span, "type": "DATE", "value": value, "vague": vague},
    spans(1).map(lambda s: s[0]),
    st.sampled_from(["2022", "2023", None]),
    st.booleans(),
)
MARK = st.builds(
    lambda span, function: {**span, "function": function},
    spans(1).map(lambda s: s[0]),
    st.sampled_from(["speech", "scare"]),
)
QUOTE = st.builds(
    lambda content, kind, status, speakers: {
        "content": content,
        "kind": kind,
        "source_status": status,
        "speakers": speakers,
    },
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique_by=lambda s: s["start"]).map(
        lambda found: sorted(found, key=lambda s: s["start"])
    ),
    st.sampled_from(["direct", "indirect"]),
    st.sampled_from(["named", "pronoun"]),
    st.sampled_from([["a"], ["b"], []]),
)


def sides() -> st.SearchStrategy[dict[str, Any]]:
    layers = {"entities": ENTITY, "dates": DATE, "marks": MARK, "quotes": QUOTE}
    return st.fixed_dictionaries(
        {name: st.lists(record, max_size=4) for name, record in layers.items()}
    )


def shuffled(side: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.permutations(rows) for name, rows in side.items()})


def scored(gold: dict[str, Any], predicted: dict[str, Any]) -> dict[str, Any]:
    document = msgspec.convert(
        {"doc_id": "d", "text": TEXT, "segments": SEGMENTS, **gold}, vn.Document
    )
    result = vn.score(
        [{"doc_id": "d", **predicted}],
        vn.Gold({"d": document}),
        measures=all_measures(),
        scheme="any",
        resamples=0,
        skip_invalid=True,
    )
    return {
        name: (s.counts, s.by_label, s.by_zone, s.set_aside, s.unpaired)
        for name, s in result.items()
    } | {"diagnostics": result.diagnostics}


@settings(max_examples=150)
@given(data=st.data(), gold=sides(), predicted=sides())
def test_the_order_of_the_records_shows_in_no_count(
    data: st.DataObject, gold: dict[str, Any], predicted: dict[str, Any]
) -> None:
    again = scored(data.draw(shuffled(gold)), data.draw(shuffled(predicted)))
    assert again == scored(gold, predicted)
