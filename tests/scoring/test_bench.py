"""The benchmark at a small size: it runs, all sides count the same, and its corpora are valid."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import vinewsie as vn
from vinewsie.reading.predictions import read_predictions
from vinewsie.report.text import bench_report
from vinewsie.scheme.checks import check_structure
from vinewsie.scoring import bench
from vinewsie.scoring.bench_quotes import Pair, chain, novels


def test_both_sides_of_the_benchmark_count_the_same(cli: Callable[..., Any]) -> None:
    sizes = ("--documents", 20, "--golds", 50, "--quotations", 44)
    result = cli("bench", *sizes, "--format", "json")
    assert result.exit_code == 0, result.stderr
    outcome = json.loads(result.stdout)
    for measure, theirs in outcome["nervaluate"]["counts"].items():
        ours = outcome["memory"]["counts"][measure]
        # Optimal pairing finds at least as much as greedy pairing, which here finds nearly all.
        assert ours["matched"] + ours["partial"] / 2 >= theirs["matched"] + theirs["partial"] / 2
        assert ours["matched"] - theirs["matched"] <= 0.01 * ours["gold"], measure
    assert outcome["one_document"]["spans"] == [20, 40]
    strict = outcome["memory"]["counts"]["entities.strict"]
    f1 = 2 * strict["matched"] / (strict["gold"] + strict["predicted"])
    assert outcome["seqeval"]["f1"] == pytest.approx(f1)
    assert outcome["seqscore"]["f1"] == pytest.approx(f1)
    assert set(outcome["ratios"]) == {
        "nervaluate / memory",
        "seqeval / memory",
        "seqscore / memory",
        "nervaluate / text",
        "text / orjson",
        "json / text",
    }
    assert [row["corpus"] for row in outcome["quotations"]] == [
        "44 quotations of 28 documents",
        "44 quotations of one document",
        "16 quotations of one document",
        "a chain of 4 quotations",
    ]


def test_a_peer_that_is_not_installed_is_a_dash() -> None:
    timed = {"seconds": 2.0, "peak_mb": 1.0}
    outcome: dict[str, Any] = {
        "corpus": {"documents": 1, "golds": 1, "seed": 1, "resamples": 1000},
        **dict.fromkeys(("memory", "text", "json"), timed),
        **dict.fromkeys(("nervaluate", "seqeval", "seqscore", "orjson")),
        "one_document": {"spans": [1, 2], "seconds": [1.0, 2.0], "growth": 2.0},
        "quotations": [],
        "ratios": {"json / text": 1.0},
    }
    shown = str(bench_report(outcome))
    assert "orjson: –" in shown
    assert "Not installed: nervaluate, seqeval, seqscore, orjson. pip install" in shown


def test_the_corpora_are_the_same_every_time() -> None:
    assert list(bench.corpus(3, 10)) == list(bench.corpus(3, 10))
    assert list(novels(2, 30)) == list(novels(2, 30))


@pytest.mark.parametrize(
    "pairs",
    [[*novels(2, 200)], [*chain(40)], [*bench.corpus(3, 50)]],
    ids=["novels", "chain", "spans"],
)
def test_the_corpora_are_valid(pairs: list[Pair]) -> None:
    for document, _ in pairs:
        assert list(check_structure(document, vocabularies=True)) == []
    golds = {document.doc_id: document for document, _ in pairs}
    read = read_predictions([prediction for _, prediction in pairs], golds)
    assert read.findings == []


def test_the_chain_is_a_chain_and_novels_are_found_mostly() -> None:
    [(document, prediction)] = chain(40)
    measures = ["quotes.strict", "attribution.chain"]
    result = vn.score([prediction], vn.Gold({"chain": document}), measures=measures, resamples=0)
    assert result["quotes.strict"].counts == vn.Counts(40, 40, 40)
    pairs = list(novels(2, 200))
    gold = vn.Gold({document.doc_id: document for document, _ in pairs})
    result = vn.score([p for _, p in pairs], gold, measures=bench.QUOTE_MEASURES, resamples=0)
    assert result["quotes.relaxed"].counts.gold == 200
    assert 0.6 < (result["quotes.relaxed"].f1 or 0) < 1
    assert 0.5 < (result["attribution.speaker"].accuracy or 0) < 1
