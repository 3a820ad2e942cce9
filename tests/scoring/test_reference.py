"""Numbers that other scorers really give, and that this one must give too; and random documents
scored by both.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vinewsie as vn
from conftest import ROOT

CASES: list[dict[str, Any]] = json.loads(
    (ROOT / "tests" / "data" / "reference_cases.json").read_text(encoding="utf-8")
)
"""Inputs with the outputs of nervaluate, seqeval and TempEval-3's toolkit. Ends are exclusive."""

STRATEGIES = {
    "strict": "entities.strict",
    "exact": "entities.exact",
    "partial": "entities.partial",
    "ent_type": "entities.type",
}

Span = tuple[int, int, str]


def corpus(
    golds: list[list[Any]], predictions: list[list[Any]]
) -> tuple[list[dict[str, Any]], vn.Gold]:
    """Documents of lists of [start, end, label]."""
    documents, predicted = {}, []
    for number, (gold, prediction) in enumerate(zip(golds, predictions, strict=True)):
        doc_id = f"d{number}"
        entities = tuple(vn.Entity(start=s, end=e, type=label) for s, e, label in gold)
        documents[doc_id] = vn.Document(doc_id=doc_id, text="x" * 100, entities=entities)
        predicted.append(
            {
                "doc_id": doc_id,
                "entities": [{"start": s, "end": e, "type": label} for s, e, label in prediction],
            }
        )
    return predicted, vn.Gold(documents)


def score(golds: list[list[Any]], predictions: list[list[Any]]) -> vn.Result:
    predicted, gold = corpus(golds, predictions)
    return vn.score(predicted, gold, measures=list(STRATEGIES.values()), resamples=0)


def five(counts: vn.Counts) -> list[int]:
    """SemEval's counts: correct, incorrect, partial, missed, spurious."""
    pairs = counts.matched + counts.partial + counts.incorrect
    return [
        counts.matched,
        counts.incorrect,
        counts.partial,
        counts.gold - pairs,
        counts.predicted - pairs,
    ]


def of(prefix: str | tuple[str, ...]) -> pytest.MarkDecorator:
    chosen = [case for case in CASES if case["id"].startswith(prefix)]
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


@of(("nervaluate", "edge"))
def test_semeval_counts_are_nervaluates(case: dict[str, Any]) -> None:
    result = score(case["gold"], case["pred"])
    for strategy, expected in case["counts"].items():
        assert five(result[STRATEGIES[strategy]].counts) == expected, strategy
    for strategy, expected in case.get("rates", {}).items():
        found = result[STRATEGIES[strategy]]
        assert [found.precision, found.recall, found.f1] == pytest.approx(expected)


def decode(tags: list[str], *, strict: bool) -> list[Span]:
    """Entities of BIO tags: as conlleval and seqeval do by default, or by the letter of IOB2."""
    spans: list[Span] = []
    for position, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.partition("-")
        before = tags[position - 1] if position else "O"
        goes_on = prefix == "I" and before != "O" and before.partition("-")[2] == label
        if goes_on and spans and spans[-1][1] == position:
            spans[-1] = (spans[-1][0], position + 1, label)
        elif prefix == "B" or (prefix == "I" and not strict):
            spans.append((position, position + 1, label))
    return spans


@of("bio")
def test_bio_decoding_is_seqevals(case: dict[str, Any]) -> None:
    assert [list(span) for span in decode(case["tags"], strict=False)] == case["lenient"]
    assert [list(span) for span in decode(case["tags"], strict=True)] == case["strict"]


@of("seqeval")
def test_strict_scores_are_seqevals(case: dict[str, Any]) -> None:
    args = case["args"]
    strict = args.get("mode") == "strict"
    golds, predictions = (
        [decode(tags, strict=strict) for tags in case[side]] for side in ("y_true", "y_pred")
    )
    found = score([list(g) for g in golds], [list(p) for p in predictions])["entities.strict"]
    by_label = [found.by_label[label] for label in sorted(found.by_label)]

    # seqeval says 0 where there is nothing to divide by; this scorer says null.
    def rates(counts: vn.Counts) -> tuple[float, float, float]:
        recall = counts.recall or 0.0
        # With beta None, the limit of an infinite beta, seqeval's F is the recall.
        return (
            counts.precision or 0.0,
            recall,
            recall if args.get("beta", 1.0) is None else counts.f1 or 0.0,
        )

    table = [rates(counts) for counts in by_label]
    support = [counts.gold for counts in by_label]
    average = args["average"]
    if average is None:
        rows: Any = [list(column) for column in zip(*table, strict=True)]
        answer: Any = [*rows, support]
    elif average == "micro":
        answer = [*rates(found.counts), sum(support)]
    else:
        weights = support if average == "weighted" else [1] * len(table)
        if not table:
            assert case["expected"] is None
            return
        answer = [
            sum(w * row[i] for w, row in zip(weights, table, strict=True)) / sum(weights)
            for i in range(3)
        ] + [sum(support)]
    if case["call"] == "f1_score":
        answer = answer[2]
    if average is None and case["call"] != "f1_score":
        assert answer == [pytest.approx(row) for row in case["expected"]]
    else:
        assert answer == pytest.approx(case["expected"])


@of("te3")
def test_date_scores_are_tempeval3s(case: dict[str, Any]) -> None:
    def dates(rows: list[Any]) -> list[dict[str, Any]]:
        return [
            {"start": s, "end": e, "type": type_, "value": value} for s, e, type_, value in rows
        ]

    gold = vn.Gold(
        {
            "d": vn.Document(
                doc_id="d",
                text=case["text"],
                dates=tuple(vn.Date(**d) for d in dates(case["gold"])),
            )
        }
    )
    names = ["strict", "relaxed", "type", "value"]
    result = vn.score(
        [{"doc_id": "d", "dates": dates(case["pred"])}],
        gold,
        measures=[f"dates.{name}" for name in names],
    )
    expected = case["expected"]
    for name in names:
        f1 = result[f"dates.{name}"].f1
        # The toolkit gives 100 for nothing against nothing; that is no agreement, and here it is
        # null.
        assert (None if f1 is None else round(100 * f1, 2)) == (
            None if expected["gold"] == expected["sys"] == 0 else expected[f"{name}_F1"]
        )
    for name in ("strict", "relaxed"):
        assert (result[f"dates.{name}"].precision or 0.0) == expected[f"{name}_P"]
        assert (result[f"dates.{name}"].recall or 0.0) == expected[f"{name}_R"]


# Random flat documents: no two golds overlap, no two predictions do.


@st.composite
def flat(draw: st.DrawFn) -> list[Span]:
    spans, offset = [], 0
    for gap, length, label in draw(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from("XYZ")), max_size=8
        )
    ):
        spans.append((offset + gap, offset + gap + length, label))
        offset += gap + length
    return spans


def nervaluate_counts(gold: list[Span], predicted: list[Span]) -> dict[str, list[int]]:
    from nervaluate import Evaluator

    def spans(rows: list[Span]) -> list[dict[str, Any]]:
        return [{"label": label, "start": s, "end": e - 1} for s, e, label in rows]

    overall = Evaluator(
        [spans(gold)], [spans(predicted)], tags=list("XYZ"), loader="dict"
    ).evaluate()["overall"]
    return {
        name: [r.correct, r.incorrect, r.partial, r.missed, r.spurious]
        for name, r in overall.items()
    }


@settings(max_examples=300)
@given(flat(), flat())
def test_strict_counts_are_nervaluates_on_flat_documents(
    gold: list[Span], predicted: list[Span]
) -> None:
    result = score([list(gold)], [list(predicted)])
    theirs = nervaluate_counts(gold, predicted)
    # Where nervaluate pairs greedily it can lose pairs, never find more.
    for strategy, measure in STRATEGIES.items():
        ours = five(result[measure].counts)
        assert ours[0] + ours[2] / 2 >= theirs[strategy][0] + theirs[strategy][2] / 2
    for strategy in ("strict", "exact"):
        assert five(result[STRATEGIES[strategy]].counts)[0] == theirs[strategy][0]


def test_greedy_pairing_loses_what_optimal_pairing_finds() -> None:
    gold, predicted = [(0, 4, "X"), (4, 8, "X")], [(3, 6, "X"), (6, 8, "X")]
    # In order, nervaluate gives the first prediction to the first gold it meets; both orders find
    # two pairs here.
    assert five(score([list(gold)], [list(predicted)])["entities.partial"].counts) == [
        0,
        0,
        2,
        0,
        0,
    ]
    assert five(score([list(gold)], [list(predicted[::-1])])["entities.partial"].counts) == [
        0,
        0,
        2,
        0,
        0,
    ]


def bio(spans: list[Span], length: int) -> list[str]:
    tags = ["O"] * length
    for start, end, label in spans:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


@settings(max_examples=150)
@given(st.lists(st.tuples(flat(), flat()), min_size=1, max_size=3))
def test_strict_rates_are_seqevals_on_flat_documents(
    pairs: list[tuple[list[Span], list[Span]]],
) -> None:
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    golds, predictions = [[list(s) for s in side] for side in zip(*pairs, strict=True)]
    found = score([list(g) for g in golds], [list(p) for p in predictions])["entities.strict"]
    if not found.counts.gold or not found.counts.predicted:
        return  # seqeval divides nothing by nothing and says 0
    tags = [[bio(document, 60) for document in side] for side in (golds, predictions)]
    theirs = precision_recall_fscore_support(*tags, average="micro", scheme=IOB2)
    assert [found.precision, found.recall, found.f1] == pytest.approx(theirs[:3])


@st.composite
def dated(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Gold dates apart from each other, and for each at most one prediction, shifted or with
    another type or value; some spurious ones.
    """
    golds, predicted = [], []
    for number in range(draw(st.integers(0, 6))):
        start = 12 * number + 4
        golds.append(
            (
                start,
                start + 4,
                draw(st.sampled_from(["DATE", "DURATION"])),
                draw(st.sampled_from(["2023", "P1M"])),
            )
        )
        what = draw(st.sampled_from(["same", "shifted", "apart", "none"]))
        if what != "none":
            shift = {"same": 0, "shifted": 2, "apart": 5}[what]
            predicted.append(
                (
                    start + shift,
                    start + 4 + shift,
                    draw(st.sampled_from(["DATE", "DURATION"])),
                    draw(st.sampled_from(["2023", "P1M"])),
                )
            )
    return golds, predicted


@given(dated())
def test_date_scores_follow_tempeval3s_definitions(case: tuple[list[Any], list[Any]]) -> None:
    """UzZaman et al. (2013), section 4: attribute F1 is the attribute's accuracy on relaxed matches
    times relaxed F1.
    """
    golds, predicted = case
    gold_dates = tuple(vn.Date(start=s, end=e, type=t, value=v) for s, e, t, v in golds)
    gold = vn.Gold({"d": vn.Document(doc_id="d", text="x" * 100, dates=gold_dates)})
    prediction = {
        "doc_id": "d",
        "dates": [{"start": s, "end": e, "type": t, "value": v} for s, e, t, v in predicted],
    }
    names = ["strict", "relaxed", "type", "value"]
    result = vn.score([prediction], gold, measures=[f"dates.{name}" for name in names], resamples=0)
    relaxed = [(g, p) for g in golds for p in predicted if g[0] < p[1] and p[0] < g[1]]
    if not golds or not predicted or not relaxed:
        return
    precision, recall = len(relaxed) / len(predicted), len(relaxed) / len(golds)
    relaxed_f1 = 2 * precision * recall / (precision + recall)
    assert (result["dates.relaxed"].precision, result["dates.relaxed"].recall) == (
        precision,
        recall,
    )
    assert result["dates.relaxed"].f1 == pytest.approx(relaxed_f1)
    strict = [(g, p) for g, p in relaxed if g[:2] == p[:2]]
    assert (result["dates.strict"].precision, result["dates.strict"].recall) == (
        len(strict) / len(predicted),
        len(strict) / len(golds),
    )
    for name, field in (("type", 2), ("value", 3)):
        accuracy = sum(g[field] == p[field] for g, p in relaxed) / len(relaxed)
        assert result[f"dates.{name}"].f1 == pytest.approx(accuracy * relaxed_f1)
