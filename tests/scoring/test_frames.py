"""Results as pandas frames."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import vinewsie as vn
from vinewsie.scoring import frames

RULES = "rules"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> vn.Result:
    from vinewsie.extractors import running

    asked = ["entities.strict", "quotes.kind", "attribution.joint"]
    ran = running.run(RULES, list(vn.load().values()))
    return vn.score(ran, measures=asked, resamples=50)


def test_measures_are_rows(result: vn.Result) -> None:
    frame = result.to_pandas()
    assert frame.columns.tolist() == list(frames.MEASURES)
    assert frame.measure.tolist() == list(result)
    strict = frame.set_index("measure").loc["entities.strict"]
    score = result["entities.strict"]
    assert (strict.f1, strict.gold, strict.ci_low) == (score.f1, 326, score.interval[0])
    assert strict.signature == result.signature_of("entities.strict")
    kind = frame.set_index("measure").loc["quotes.kind"]
    assert (kind.kind, kind.accuracy) == ("accuracy", result["quotes.kind"].accuracy)
    assert pd.isna(kind.f1)


def test_labels_add_up_to_the_measures(result: vn.Result) -> None:
    frame = result.to_pandas("labels")
    assert frame.columns.tolist() == list(frames.LABELS)
    total = frame.groupby("measure")[["gold", "predicted", "matched"]].sum()
    for name, score in result.items():
        counts = score.counts
        predicted = counts.gold if score.kind == "accuracy" else counts.predicted
        assert total.loc[[name]].to_numpy().tolist()[0] == [counts.gold, predicted, counts.matched]
    per = frame[(frame.measure == "entities.strict") & (frame.label == "PER")].iloc[0]
    assert per.f1 == result["entities.strict"].by_label["PER"].f1


def test_errors_are_rows(result: vn.Result) -> None:
    frame = result.to_pandas("errors")
    assert frame.columns.tolist() == list(frames.ERRORS)
    assert len(frame) == result.error_count
    texts = {doc_id: document.text for doc_id, document in vn.load().items()}
    entities = frame[frame.measure == "entities.strict"]
    assert [
        texts[doc_id][start:end]
        for doc_id, start, end in zip(entities.doc_id, entities.start, entities.end, strict=True)
    ] == entities.text.tolist()
    assert entities.speakers.isna().all()
    assert not frame[frame.measure == "attribution.joint"].gold_speakers.isna().all()
    counted = frame.groupby(["measure", "error"]).size()
    strict = result["entities.strict"].counts
    assert counted["entities.strict", "missed"] == strict.gold - strict.matched


def test_a_result_that_was_read_has_the_same_frames(result: vn.Result) -> None:
    read = vn.Result.from_json(result.to_json())
    for what in ("measures", "labels", "errors"):
        pd.testing.assert_frame_equal(read.to_pandas(what), result.to_pandas(what))


@pytest.mark.parametrize("what", ["measures", "labels", "errors"])
def test_frames_without_rows_have_their_columns(what: Any) -> None:
    gold = vn.Gold({"d": vn.Document(doc_id="d", text="")})
    frame = vn.score([], gold, measures=["entities.strict"]).to_pandas(what)
    full = vn.score([], measures=["entities.strict"], resamples=0).to_pandas(what)
    assert frame.dtypes.to_dict() == full.dtypes.to_dict()


def test_groups_are_rows_with_their_value() -> None:
    gold = vn.Gold({"d": vn.Document(doc_id="d", text="", metadata={"outlet": "A"})})
    frame = vn.score([], gold, measures=["entities.strict"], by="outlet").to_pandas()
    assert frame.outlet.tolist() == ["", "A"]


def test_an_unknown_frame_is_refused(result: vn.Result) -> None:
    with pytest.raises(ValueError, match="there are measures, labels, errors"):
        result.to_pandas("documents")  # type: ignore[arg-type]
