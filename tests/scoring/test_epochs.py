"""Several answers to the same documents: counted together, a document with all of them resampled
as one, the value of each shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Run

import vinewsie as vn
from vinewsie.extractors import running
from vinewsie.report.text import EPOCHS, score_report
from vinewsie.scoring.run import EpochsError

MEASURE = "entities.strict"
TEXT = "Hà Nội và Huế.\nĐà Nẵng và Huế."
CITIES = [(0, 6), (10, 13), (15, 22), (26, 29)]


def entities(*places: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "type": "GPE"} for start, end in places]


def corpus(path: Path, documents: int) -> vn.Gold:
    segments = [{"start": 0, "end": 14, "zone": "body"}, {"start": 15, "end": 30, "zone": "body"}]
    lines = [
        {"doc_id": f"d{n}", "text": TEXT, "segments": segments, "entities": entities(*CITIES)}
        for n in range(documents)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return vn.load(path)


def answers(gold: vn.Gold, found: Callable[[int], int]) -> list[dict[str, Any]]:
    """As many of the cities of each document as ``found`` says."""
    return [
        {"doc_id": doc_id, "entities": entities(*CITIES[: found(n)])}
        for n, doc_id in enumerate(gold)
    ]


def test_counts_add_up_and_each_epoch_has_its_value(tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 2)
    epochs = [answers(gold, lambda n: 4), answers(gold, lambda n: 2), answers(gold, lambda n: 0)]
    result = vn.score(vn.Epochs(epochs), gold, measures=[MEASURE])
    score = result[MEASURE]
    assert (score.counts.gold, score.counts.predicted, score.counts.matched) == (24, 12, 12)
    assert result.epochs is not None
    alone = [vn.score(epoch, gold, measures=[MEASURE])[MEASURE].f1 for epoch in epochs]
    assert result.epochs == {"count": 3, "values": {MEASURE: alone}}
    assert alone == [1.0, pytest.approx(2 / 3), 0.0]
    assert "|epochs:3|" in result.signature
    assert [error["epoch"] for error in result.errors] == 2 * ([2] * 2 + [3] * 4)
    assert vn.Result.from_json(json.loads(result.dumps())) == result
    assert result.records is None


def test_equal_epochs_leave_rates_and_intervals_as_they_are(tmp_path: Path) -> None:
    """More answers to the same documents are no further documents."""
    for documents, unit in ((30, "document"), (4, "segment")):
        gold = corpus(tmp_path / f"{documents}.jsonl", documents)
        one = answers(gold, lambda n: n % 5)
        once = vn.score(one, gold, measures=[MEASURE])
        thrice = vn.score(vn.Epochs([one, one, one]), gold, measures=[MEASURE])
        assert thrice.interval_unit == once.interval_unit == unit
        assert thrice[MEASURE].ci == once[MEASURE].ci
        assert thrice[MEASURE].ci is not None
        assert thrice[MEASURE].f1 == once[MEASURE].f1


def test_results_of_different_epochs_are_compared_as_equally_many(tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 30)
    few, more = answers(gold, lambda n: n % 5), answers(gold, lambda n: n % 4)

    def p(a: int, b: int) -> float | None:
        sides = [
            vn.score(vn.Epochs([side] * count), gold, measures=[MEASURE])
            for side, count in ((few, a), (more, b))
        ]
        return vn.compare(*sides, resamples=500)[0].p

    assert p(2, 3) == p(2, 2) == p(1, 1)


def test_epochs_are_answers_to_the_same_documents(tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 2)
    whole = answers(gold, lambda n: 4)
    with pytest.raises(EpochsError, match=r"only one of 1 and 2 has d1; files that divide"):
        vn.score(vn.Epochs([whole[:1], whole[1:] + whole[:1], whole]), gold)
    with pytest.raises(EpochsError, match="there are no epochs"):
        vn.score(vn.Epochs([]), gold)


def test_a_document_without_an_answer_in_one_epoch_counts_as_empty_there(tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 2)
    whole = answers(gold, lambda n: 4)
    runs = [
        running.ExtractorRun("one", whole),
        running.ExtractorRun("one", whole[:1], {"d1": "too long"}),
    ]
    result = vn.score(vn.Epochs(runs), gold, measures=[MEASURE])
    assert result.predictions["missing"] == ["d1"]
    assert result.predictions["failures"] == {"d1": "epoch 2: too long"}
    assert result[MEASURE].recall == 0.75


def test_many_epochs_are_shown_by_their_lowest_and_highest(tmp_path: Path) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 2)
    epochs = [answers(gold, lambda n, k=k: k % 5) for k in range(EPOCHS + 1)]  # type: ignore[misc]
    result = vn.score(vn.Epochs(epochs), gold, measures=[MEASURE])
    report = str(score_report(result))
    assert "lowest" in report
    assert "epoch 1" not in report
    few = vn.score(vn.Epochs(epochs[:2]), gold, measures=[MEASURE])
    assert "epoch 2" in str(score_report(few))


EXTRACTOR = """
import os
from pathlib import Path

def extract(document):
    epoch = os.environ["VINEWSIE_EPOCH"]
    with Path(os.environ["ASKED"]).open("a") as asked:
        print(epoch, document.doc_id, file=asked)
    if epoch == os.environ.get("FAILS"):
        raise SystemExit("no more tokens")
    return {"entities": [{"start": 0, "end": 6, "type": "GPE"}][: int(epoch) - 1]}
"""


def test_a_run_keeps_each_epoch_in_its_file_and_goes_on_where_it_failed(
    tmp_path: Path, cli: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = tmp_path / "gold.jsonl"
    corpus(gold, 2)
    spec = f"{tmp_path / 'mine.py'}:extract"
    (tmp_path / "mine.py").write_text(EXTRACTOR, encoding="utf-8")
    asked, output = tmp_path / "asked", tmp_path / "out" / "answers.jsonl"
    monkeypatch.setenv("ASKED", str(asked))
    monkeypatch.setenv("FAILS", "2")
    command = ["run", spec, "-o", output, "--gold", gold, "--epochs", "2"]
    assert cli(*command).exit_code == 1
    monkeypatch.delenv("FAILS")
    run = cli(*command)
    assert run.exit_code == 0, run.stderr
    files = [output.with_name(f"answers.{epoch}.jsonl") for epoch in (1, 2)]
    assert sorted(output.parent.iterdir()) == files
    assert f"score them with: vinewsie score {files[0]} {files[1]} --gold {gold}" in run.stderr
    # The first epoch was asked once, the second again.
    assert sorted(asked.read_text(encoding="utf-8").split("\n"))[1:] == [
        "1 d0",
        "1 d1",
        "2 d0",
        "2 d0",
        "2 d1",
        "2 d1",
    ]
    kept = cli("score", *files, "--gold", gold, "-m", MEASURE, "--format", "json")
    ran = cli("score", "-e", spec, "--epochs", "2", "--gold", gold, "-m", MEASURE)
    assert json.loads(kept.stdout)["epochs"]["values"] == {MEASURE: [0.0, 0.4]}
    assert "epoch 2" in ran.stdout
    assert "|epochs:2|" in ran.stdout


def test_what_one_epoch_alone_can_have_is_refused(tmp_path: Path, cli: Callable[..., Run]) -> None:
    gold = corpus(tmp_path / "gold.jsonl", 2)
    files = []
    for epoch in (1, 2):
        path = tmp_path / f"{epoch}.jsonl"
        lines = map(json.dumps, answers(gold, lambda n, k=epoch: k))  # type: ignore[misc]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        files.append(path)
    mine = ["--gold", tmp_path / "gold.jsonl", "-m", MEASURE]
    page, result = tmp_path / "page.html", tmp_path / "result.json"
    refused = cli("score", *files, *mine, "--report", page)
    assert refused.exit_code == 2
    assert "score one file with it" in refused.stderr
    assert cli("score", *files, *mine, "--engine", "ray").exit_code == 2
    assert cli("score", files[0], "--epochs", "2").exit_code == 2
    assert cli("run", "rules", "-o", "-", "--epochs", "2").exit_code == 2
    assert cli("score", *files, *mine, "--format", "json", "-o", result).exit_code == 0
    shown = cli("errors", result, *mine[:2])
    assert shown.exit_code == 2
    assert "the answers of 2 epochs" in shown.stderr
