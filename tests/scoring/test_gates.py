"""Gates, and more than two results compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result as Run

import vinewsie as vn
from conftest import ROOT
from vinewsie.baseline import extract
from vinewsie.extractors.running import ExtractorRun
from vinewsie.model import Entity, Prediction
from vinewsie.scoring import gates, resampling

MEASURE = "entities.strict"


def _taking(every: int) -> vn.Result:
    """The gold's entities, but for every n-th."""
    gold = vn.load()
    made = [
        Prediction(
            doc_id=doc.doc_id,
            entities=tuple(
                Entity(start=e.start, end=e.end, type=e.type)
                for place, e in enumerate(doc.entities)
                if place % every
            ),
        )
        for doc in gold.values()
    ]
    return vn.score(made, measures=[MEASURE, "attribution.misattributed"])


@pytest.fixture(scope="module")
def results() -> list[vn.Result]:
    return [_taking(every) for every in (1000, 5, 2)]


def test_holm_corrects_by_rank_and_stays_monotone() -> None:
    # 0.01 × 3, 0.03 × 2, 0.04 × 1 raised to the one before; None is not counted.
    values = resampling.holm([0.04, None, 0.01, 0.03])
    assert values[1] is None
    assert [values[i] for i in (0, 2, 3)] == pytest.approx([0.06, 0.03, 0.06])
    assert resampling.holm([0.9, 0.8]) == [1.0, 1.0]


def test_all_pairs_are_compared_as_two_are(results: list[vn.Result]) -> None:
    three = [one for one in vn.compare(*results, resamples=200) if one.measure == MEASURE]
    assert [(one.first, one.second) for one in three] == [(0, 1), (0, 2), (1, 2)]
    for one in three:
        alone, *_ = vn.compare(results[one.first], results[one.second], resamples=200)
        assert (one.a, one.b, one.p) == (alone.a, alone.b, alone.p)
        assert alone.p_holm == alone.p
        assert one.p_holm is not None
        assert one.p is not None
        assert one.p_holm >= one.p


@pytest.mark.parametrize(
    ("gate", "sentence"),
    [
        (f"{MEASURE}=.5", None),
        (f"{MEASURE}=.95", "is 0.6667, under the gate of 0.95"),
        ("attribution.misattributed=.5", "has no score: not offered; the gate is 0.5"),
    ],
)
def test_a_gate_is_met_or_says_why_not(
    results: list[vn.Result], gate: str, sentence: str | None
) -> None:
    found = gates.unmet(results[2], [gates.read(gate)])
    assert found == ([] if sentence is None else [f"{gate.rpartition('=')[0]} {sentence}"])


def test_an_error_rate_must_not_be_over_its_gate() -> None:
    result = vn.score(extract, measures=["attribution.misattributed"])
    value = result["attribution.misattributed"].value
    assert value is not None
    assert value > 0
    assert gates.unmet(result, [gates.read("attribution.misattributed=0")])
    assert not gates.unmet(result, [gates.read("attribution.misattributed=1")])


@pytest.mark.parametrize(
    "gate", ["entities.strict", "=1", "entities.strict=2", "entities.strict=x"]
)
def test_a_gate_that_cannot_be_read_shows_how(gate: str) -> None:
    with pytest.raises(gates.GateError, match="write MEASURE=VALUE"):
        gates.read(gate)


def test_a_result_is_worse_by_its_corrected_p(results: list[vn.Result]) -> None:
    differences = vn.compare(*results, resamples=200)
    assert [sentence[:34] for sentence in gates.worse(differences, 0.05)] == [
        f"{MEASURE}: B is worse than A",
        f"{MEASURE}: C is worse than A",
    ]
    for sentence in gates.worse(differences, 0.001):
        assert "200 shuffles are too few to tell: no p is under 0.01493" in sentence
    assert gates.worse(vn.compare(*results[::-1], resamples=200), 0.05) == []


def test_units_that_are_too_few_do_not_let_everything_pass() -> None:
    """Of five documents no p is under 2 / 2⁵."""
    entities = [{"start": 0, "end": 4, "type": "GPE"}]
    page = {"text": "Huế đẹp", "entities": entities}
    for count in (5, 6):
        gold = vn.Gold(
            {d: msgspec.convert({"doc_id": d, **page}, vn.Document) for d in "abcdef"[:count]}
        )
        right, nothing = (
            vn.score([{"doc_id": d, "entities": e} for d in gold], gold, measures=[MEASURE])
            for e in (entities, [])
        )
        [sentence] = gates.worse(vn.compare(right, nothing), 0.05)
        if count == 5:
            assert sentence == (
                f"{MEASURE}: B may be worse than A, 0.0000 against 1.0000, but 5 documents are too "
                "few to tell: no p is under 0.0625, and the level is 0.05"
            )
        else:
            assert "B is worse than A" in sentence
        assert gates.worse(vn.compare(right, right), 0.05) == []
        assert gates.worse(vn.compare(nothing, right), 0.05) == []


def test_a_lost_layer_is_worse(tmp_path: Path) -> None:
    both = ["dates.strict", "dates.value"]
    path = tmp_path / "entities.jsonl"
    path.write_text("".join(f'{{"doc_id": "{d}", "entities": []}}\n' for d in vn.load()))
    kept = vn.score(path, measures=both)
    whole = vn.score(extract, measures=both)
    sentences = gates.worse(vn.compare(whole, kept, resamples=10), 0.05)
    assert len(sentences) == len(both)
    assert all("B has no score, A has 1.0000" in one for one in sentences)


def test_commands_exit_with_1_and_give_the_reason(
    results: list[vn.Result], tmp_path: Path, cli: Callable[..., Run]
) -> None:
    paths = []
    for place, result in enumerate(results):
        paths.append(str(tmp_path / f"{place}.json"))
        Path(paths[-1]).write_text(result.dumps(), encoding="utf-8")
    run = cli("compare", *paths, "--resamples", "200", "--fail-if-worse")
    assert run.exit_code == 1
    assert "entities.strict: C is worse than A, 0.6667 against 0." in run.stderr
    assert "p (Holm)" in run.stdout
    assert paths[2] in run.stdout
    assert cli("compare", *paths[::-1], "--resamples", "200", "--fail-if-worse").exit_code == 0
    assert cli("compare", paths[0]).exit_code == 2
    gate = ["-e", "rules", "--resamples", "0", "-m", "dates.strict", "--fail-under"]
    run = cli("score", *gate, "entities.strict=.99")
    assert run.exit_code == 1
    assert "under the gate of 0.99" in run.stderr
    assert "entities.strict" in run.stdout
    assert cli("score", *gate, "entities.strict=.5").exit_code == 0
    assert cli("score", *gate, "entities.strict").exit_code == 2


def test_a_model_that_was_asked_once_is_named(tmp_path: Path, cli: Callable[..., Run]) -> None:
    empty = [{"doc_id": d, "entities": [], "info": {"model": "small"}} for d in vn.load()]
    path = tmp_path / "a.json"
    for answers in (ExtractorRun("small", empty), empty):  # by score -e, and as a file has them
        path.write_text(vn.score(answers, measures=[MEASURE]).dumps(), encoding="utf-8")
        run = cli("compare", path, path, "--resamples", "10")
        assert run.stderr.count("small was asked once; another run may give other answers") == 2
    twice = vn.score(vn.Epochs([ExtractorRun("small", empty)] * 2), measures=[MEASURE])
    path.write_text(twice.dumps(), encoding="utf-8")
    assert "asked once" not in cli("compare", path, path, "--resamples", "10").stderr


def test_a_board_on_one_gold_has_files_beside_extractors(
    tmp_path: Path, cli: Callable[..., Run]
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(f'{{"doc_id": "{d}", "entities": []}}\n' for d in vn.load()))
    run = cli("leaderboard", "-e", "rules", "--add", f"mine={path}")
    assert run.exit_code == 0
    assert [
        line.split()[:2] for line in run.stdout.splitlines() if line[:4] in ("rule", "mine")
    ] == [
        ["rules", "0.920"],
        ["mine", "0.000"],
    ]
    corpus = ROOT / "tests" / "data" / "quotations" / "wikinews.pretty.json"
    run = cli("leaderboard", "-e", "rules", "--gold", corpus, "-m", "quotes.relaxed")
    assert run.exit_code == 0
    assert "quotes.relaxed|docs:1|data:wikinews.pretty.json@" in run.stdout
    assert cli("leaderboard", "--add", "mine").exit_code == 2
    assert cli("leaderboard", "--gold", corpus).exit_code == 2
    assert cli("leaderboard", "--add", f"mine={path}", "--write").exit_code == 2
