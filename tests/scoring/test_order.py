"""The order of the records, and the division into parts, never show in a result."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.reading.predictions import read_predictions
from vinewsie.scoring.measures import all_measures, parse
from vinewsie.scoring.run import assemble, score_part

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


def quote(status: str) -> dict[str, Any]:
    content = [{"start": 3, "end": 9}]
    return {"content": content, "kind": "direct", "source_status": status, "speakers": ["a"]}


def test_the_label_of_a_tie_is_the_same_in_either_order() -> None:
    """Two gold quotations that differ in nothing that the alignment compares."""
    predicted = {"quotes": [quote("named")]}
    golds = [quote("named"), quote("pronoun")]
    one, other = (scored({"quotes": order}, predicted) for order in (golds, golds[::-1]))
    assert one["attribution.joint"] == other["attribution.joint"]


def test_errors_are_in_the_order_of_the_answers() -> None:
    """Each document has a long prediction around a short one, so that pairs are found by length."""
    gold = [(0, 4), (10, 12)]
    predicted = [(0, 20), (10, 11)]
    rows: list[list[dict[str, Any]]] = [
        [
            {
                "doc_id": name,
                **({"text": TEXT} if side is gold else {}),
                "entities": [{"start": s, "end": e, "type": "PER"} for s, e in side],
            }
            for name in "cab"
        ]
        for side in (gold, predicted)
    ]
    documents = {row["doc_id"]: msgspec.convert(row, vn.Document) for row in rows[0]}
    measure = parse("entities.partial")
    whole = vn.score(rows[1], vn.Gold(documents), measures=[measure])
    places = [(e["error"], e["doc_id"], e["spans"]) for e in whole.errors]
    assert places == [
        ("boundary", name, spans) for name in "cab" for spans in ([[0, 20]], [[10, 11]])
    ]
    # As with Ray, each document a part of its own.
    parts = [
        score_part(read_predictions([row], one), one, [measure])
        for row, one in (
            (row, vn.Gold({row["doc_id"]: documents[row["doc_id"]]})) for row in rows[1]
        )
    ]
    joined = assemble(parts, whole.dataset)
    assert list(joined.errors) == list(whole.errors)
