"""Other inventories, outermost mentions, label maps, and the pre-check, which must never clear a
document that validation would flag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vinewsie as vn
from vinewsie.model import Document, Entity, Prediction
from vinewsie.packed import Packed
from vinewsie.reading.fast_checks import suspicious
from vinewsie.scheme.checks import check_prediction_record, check_structure
from vinewsie.scheme.inventories import SCHEMES, TYPES
from vinewsie.scoring.resampling import NotComparableError


def predictions(gold: vn.Gold, labels: dict[str, str | None]) -> list[dict[str, Any]]:
    """The gold's mentions with other labels; those without one are left out."""
    found = []
    for document in gold.values():
        entities = [
            {"start": e.start, "end": e.end, "type": labels[str(e.type)]}
            for e in document.entities
            if labels[str(e.type)]
        ]
        found.append({"doc_id": document.doc_id, "entities": entities})
    return found


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_predictions_in_another_inventory(scheme: str, gold: vn.Gold) -> None:
    measure = f"entities.strict(scheme={scheme})"
    score = vn.score(predictions(gold, SCHEMES[scheme]), measures=[measure])[measure]
    assert score.f1 == 1.0
    lost = sum(SCHEMES[scheme][str(e.type)] is None for d in gold.values() for e in d.entities)
    assert score.dropped == (lost, 0)
    assert set(score.by_label) <= {label for label in SCHEMES[scheme].values() if label}


@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_native_predictions_are_mapped_too(scheme: str, gold: vn.Gold) -> None:
    measure = f"entities.strict(scheme={scheme})"
    score = vn.score(list(gold.values()), measures=[measure])[measure]
    assert (score.f1, score.dropped[0]) == (1.0, score.dropped[1])


def test_what_the_inventory_has_and_the_gold_has_not_is_dropped_and_counted(gold: vn.Gold) -> None:
    measure = "entities.strict(scheme=ontonotes)"
    [first, *_] = predictions(gold, SCHEMES["ontonotes"])
    first["entities"].append({"start": 0, "end": 3, "type": "NORP"})
    score = vn.score([first], measures=[measure])[measure]
    assert (score.precision, score.dropped) == (1.0, (2, 1))


def test_labels_of_no_inventory_are_refused_unless_any_will_do(gold: vn.Gold) -> None:
    labelled = predictions(gold, {label: f"my-{label}" for label in TYPES})
    for scheme in ("native", *SCHEMES):
        with pytest.raises(vn.FindingsError, match="type is 'my-"):
            vn.score(labelled, measures=[f"entities.strict(scheme={scheme})"])
    score = vn.score(
        labelled, measures=["entities.strict(scheme=any)", "entities.exact(scheme=any)"]
    )
    assert score["entities.strict(scheme=any)"].counts.matched == 0
    assert score["entities.exact(scheme=any)"].f1 == 1.0


def document(*spans: tuple[int, int, str]) -> vn.Document:
    return vn.Document(
        doc_id="d",
        text="x" * 40,
        entities=tuple(vn.Entity(start=s, end=e, type=t) for s, e, t in spans),
    )


def test_outermost_mentions() -> None:
    gold = vn.Gold(
        {
            "d": document(
                (0, 10, "ORG"),
                (4, 10, "GPE"),
                (12, 15, "PER"),
                (12, 15, "LOC"),
                (20, 30, "ORG"),
                (25, 35, "LOC"),
            )
        }
    )
    measure = "entities.strict(levels=outermost)"
    # [4, 10) lies in [0, 10); equal spans and crossing ones lie in none.
    score = vn.score(
        [{"doc_id": "d", "entities": [{"start": 4, "end": 10, "type": "GPE"}]}],
        gold,
        measures=[measure],
    )[measure]
    assert (score.counts.gold, score.counts.predicted, score.counts.matched) == (5, 1, 0)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=8))
def test_outermost_is_what_the_definition_says(pairs: list[tuple[int, int]]) -> None:
    spans = [(s, s + n) for s, n in pairs]
    gold = vn.Gold({"d": document(*[(s, e, "X") for s, e in spans])})
    measure = "entities.exact(levels=outermost)"
    counts = vn.score([{"doc_id": "d"}], gold, measures=[measure], resamples=0)[measure].counts
    assert counts.gold == sum(
        not any(o != i and o[0] <= i[0] and i[1] <= o[1] for o in spans) for i in spans
    )


# The pre-check


@st.composite
def any_document(draw: st.DrawFn) -> vn.Document:
    text = draw(st.text(alphabet="ab \n\r\u00a0\u3000🇻é", max_size=12))
    entities = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = draw(st.integers(-1, 13)), draw(st.integers(-1, 13))
        entities.append(
            vn.Entity(
                id=draw(st.sampled_from([None, "e1", "e2"])),
                start=start,
                end=end,
                type=draw(st.sampled_from(["PER", "X", None])),
                text=draw(st.sampled_from([None, text[max(start, 0) : max(end, 0)], "b"])),
                alternates=draw(st.sampled_from([(), (vn.Span(start=0, end=1),)])),
            )
        )
    return vn.Document(doc_id="d", text=text, entities=tuple(entities))


@given(st.lists(any_document(), min_size=1, max_size=3))
def test_documents_that_the_pre_check_clears_have_no_finding(documents: list[vn.Document]) -> None:
    packed = Packed.of(documents, "entities")
    doubtful = suspicious(documents, documents, packed, gold=True, labels=None)
    for document, doubted in zip(documents, doubtful, strict=True):
        assert doubted or not list(check_structure(document, vocabularies=False))
    holders = [Prediction(doc_id="d", entities=document.entities) for document in documents]
    labels = frozenset({"PER"})
    doubtful = suspicious(documents, holders, packed, gold=False, labels=labels)
    for document, doubted in zip(documents, doubtful, strict=True):
        found = [
            f
            for i, e in enumerate(document.entities)
            for f in check_prediction_record(e, "entities", i, document.text, labels)
        ]
        assert doubted or not found


def test_the_pre_check_clears_good_documents() -> None:
    documents = [document((0, 3, "PER"), (5, 9, "ORG"))] * 2500
    assert not np.any(
        suspicious(
            documents,
            documents,
            Packed.of(documents, "entities"),
            gold=True,
            labels=frozenset({"PER", "ORG"}),
        )
    )


def test_gold_and_predictions_of_a_file_are_those_in_memory(tmp_path: Any) -> None:
    from vinewsie.scoring import bench

    pairs = list(bench.corpus(30, 20))
    bench._files(tmp_path, 30, 20)
    from_files = vn.score(
        tmp_path / "predictions.jsonl", tmp_path / "gold.jsonl", measures=bench.MEASURES
    )
    gold = vn.Gold({d.doc_id: d for d, _ in pairs})
    in_memory = vn.score([p for _, p in pairs], gold, measures=bench.MEASURES)
    as_mappings = vn.score(
        [msgspec.to_builtins(p) for _, p in pairs][::-1], gold, measures=bench.MEASURES
    )
    assert from_files.measures == in_memory.measures == as_mappings.measures
    assert from_files.predictions_sha256 == in_memory.predictions_sha256


def own_gold(*types: str) -> vn.Gold:
    text = "x" * len(types)
    mentions = tuple(Entity(start=n, end=n + 1, type=kind) for n, kind in enumerate(types))
    return vn.Gold({"d": Document(doc_id="d", text=text, entities=mentions)}, sha256="0" * 64)


def said(*types: str | None) -> list[dict[str, Any]]:
    return [
        {
            "doc_id": "d",
            "entities": [{"start": n, "end": n + 1, "type": kind} for n, kind in enumerate(types)],
        }
    ]


@pytest.mark.parametrize(
    ("scheme", "label", "native"),
    [
        ("vlsp2016", "PERSON", "PER"),
        ("vlsp2016", "MISCELLANEOUS", "PROD"),
        ("vlsp2018", "LOCATION", "GPE"),
        ("uner", "ORGANIZATION", "ORG"),
        ("uner", "LOC", "FAC"),
        ("conll", "PERSON", "PER"),
    ],
)
def test_other_spellings_of_an_inventory(scheme: str, label: str, native: str) -> None:
    result = vn.score(
        said(label), own_gold(native), scheme=scheme, measures=["entities.strict"], resamples=0
    )
    assert result[f"entities.strict(scheme={scheme})"].f1 == 1


@pytest.mark.parametrize(
    ("scheme", "label"),
    [("uner", "OTH"), ("uner", "MISC"), ("vlsp2018", "MISCELLANEOUS"), ("ontonotes", "NORP")],
)
def test_what_an_inventory_drops_is_counted(scheme: str, label: str) -> None:
    result = vn.score(
        said(label, "PER"),
        own_gold("EVENT", "PER"),
        scheme=scheme,
        measures=["entities.strict"],
        resamples=0,
    )
    score = result[f"entities.strict(scheme={scheme})"]
    assert score.dropped == ((1, 1) if scheme != "ontonotes" else (0, 1))


def test_a_label_map_applies_to_both_sides() -> None:
    labels = {"NGƯỜI": "PER", "GPE": "LOC", "MISC": None}
    gold = own_gold("PER", "GPE", "LOC", "MISC")
    result = vn.score(
        said("NGƯỜI", "LOC", "GPE", "ORG"),
        gold,
        labels=labels,
        measures=["entities.strict"],
        resamples=0,
    )
    score = result["entities.strict"]
    assert (score.counts.gold, score.counts.predicted, score.counts.matched) == (3, 4, 3)
    assert score.dropped == (1, 0)
    assert set(score.by_label) == {"PER", "LOC", "ORG"}
    assert re.search(r"\|labels:[0-9a-f]{6}\|", result.signature)
    assert result.labels is not None
    assert result.labels["renames_gold"] is True
    assert vn.Result.from_json(result.to_json()).signature == result.signature
    other = vn.score(
        said("NGƯỜI"), gold, labels={**labels, "X": "Y"}, measures=["entities.strict"], resamples=0
    )
    assert other.signature != result.signature
    with pytest.raises(NotComparableError, match="the map of the gold's labels"):
        vn.compare(result, other)


def test_results_compare_when_the_label_map_changes_no_gold_label() -> None:
    gold = own_gold("PER", "LOC")
    plain = vn.score(said("PER", "LOC"), gold, measures=["entities.strict"], resamples=0)
    mapped = vn.score(
        said("NGƯỜI", "NƠI"),
        gold,
        labels={"NGƯỜI": "PER", "NƠI": "LOC"},
        measures=["entities.strict"],
        resamples=0,
    )
    assert vn.compare(plain, mapped, resamples=10)[0].b == 1


def test_labels_on_the_command_line(tmp_path: Path, cli: Callable[..., Any]) -> None:
    guess = tmp_path / "p.jsonl"
    guess.write_text(
        '{"doc_id": "epochtimes-vn-20220815", '
        '"entities": [{"start": 0, "end": 4, "type": "Tổ chức"}]}',
        encoding="utf-8",
    )
    refused = cli("score", guess, "-m", "entities.strict")
    assert (
        refused.exit_code,
        "another inventory: --scheme, or a map of labels: --labels" in refused.stderr,
    ) == (1, True)
    (tmp_path / "labels.json").write_text('{"Tổ chức": "ORG"}', encoding="utf-8")
    scored = cli(
        "score",
        guess,
        "-m",
        "entities.strict",
        "--labels",
        tmp_path / "labels.json",
        "--format",
        "json",
    )
    assert json.loads(scored.stdout)["measures"]["entities.strict"]["counts"]["matched"] == 1
    (tmp_path / "labels.json").write_text('{"Tổ chức": 3}', encoding="utf-8")
    wrong = cli("score", guess, "--labels", tmp_path / "labels.json")
    assert (wrong.exit_code, "a map of labels is one JSON object" in wrong.stderr) == (1, True)
    assert cli("score", guess, "--scheme", "vlsp").exit_code == 2
    assert cli("validate", guess).exit_code == 1
    assert cli("validate", guess, "--scheme", "any").exit_code == 0
