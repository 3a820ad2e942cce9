"""Diagnostics: no id and no order of records decides, and label maps apply."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn

TEXT = "An nói: “Bo bảo rằng trời mưa to lắm”. Ba nói “trời nắng. Cung kể chuyện."
CONTENTS = [(9, 36), (21, 36), (47, 57), (59, 72)]


def diagnostics(gold: dict[str, Any], predicted: dict[str, Any]) -> Any:
    document = msgspec.convert({"doc_id": "d", "text": TEXT, **gold}, vn.Document)
    measures = ["entities.strict", "quotes.relaxed", "attribution.joint"]
    prediction = [{"doc_id": "d", **predicted}]
    return vn.score(
        prediction, vn.Gold({"d": document}), measures=measures, resamples=0
    ).diagnostics


def quote(span: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"content": [{"start": span[0], "end": span[1]}], "speakers": ["a"], **more}


def test_records_without_ids_refer_to_nothing() -> None:
    quotes = [quote(CONTENTS[0]), quote(CONTENTS[3])]
    marks = [{"start": 47, "end": 57, "status": "unclosed", "function": "speech"}]
    found = diagnostics({"quotes": quotes, "marks": marks}, {"quotes": quotes})
    assert found["quotes"]["recall_by_phenomenon"] == {}


@st.composite
def pages(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.permutations(["q1", "q2", "q3", "q4"]))
    quotes = []
    for number, (name, span) in enumerate(zip(names, CONTENTS, strict=True)):
        parent = draw(st.sampled_from([None, *names[:number]]))
        status = draw(st.sampled_from(["named", "pronoun", None]))
        quotes.append(quote(span, id=name, parent=parent, source_status=status, kind="direct"))
    marks = [
        {
            "id": f"m{number}",
            "start": start,
            "end": end,
            "status": draw(st.sampled_from(["balanced", "unclosed"])),
            "function": draw(st.sampled_from(["speech", "scare"])),
            "quote": draw(st.sampled_from([None, *names])),
        }
        for number, (start, end) in enumerate(CONTENTS)
    ]
    entities = [
        {"id": f"e{start}", "start": start, "end": end, "type": draw(st.sampled_from("XYZ"))}
        for start, end in ((0, 2), (9, 11), (9, 15), (39, 41))
    ]
    return {"quotes": quotes, "marks": marks, "entities": entities}


def without_ids(page: dict[str, Any]) -> dict[str, Any]:
    """The page without the ids that no record refers to."""
    used = {record.get(key) for layer in page.values() for record in layer for key in REFERENCES}
    return {
        layer: [{k: v for k, v in r.items() if k != "id" or v in used} for r in records]
        for layer, records in page.items()
    }


REFERENCES = ("parent", "quote")


@settings(max_examples=100)
@given(data=st.data(), gold=pages(), predicted=pages())
def test_ids_and_order_change_no_diagnostic(
    data: st.DataObject, gold: dict[str, Any], predicted: dict[str, Any]
) -> None:
    def bare(page: dict[str, Any]) -> dict[str, Any]:
        rows = without_ids(page)
        return {name: data.draw(st.permutations(records)) for name, records in rows.items()}

    assert diagnostics(bare(gold), bare(predicted)) == diagnostics(gold, predicted)


def test_a_label_map_that_drops_labels_moves_no_boundary() -> None:
    """Without the dropped mention, gold and prediction share their start: too long, not right."""
    gold = [{"start": 0, "end": 2, "type": "MISC"}, {"start": 9, "end": 11, "type": "PER"}]
    predicted = [{"start": 0, "end": 2, "type": "MISC"}, {"start": 9, "end": 15, "type": "PER"}]
    document = msgspec.convert({"doc_id": "d", "text": TEXT, "entities": gold}, vn.Document)
    result = vn.score(
        [{"doc_id": "d", "entities": predicted}],
        vn.Gold({"d": document}),
        measures=["entities.partial"],
        labels={"MISC": None},
    )
    assert result.diagnostics["entities"]["boundary_errors"] == {
        "too_long": 1,
        "too_short": 0,
        "left": 0,
        "right": 0,
    }
