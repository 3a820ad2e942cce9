"""Scores inside training loops."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from seqeval.metrics import f1_score as seqeval_f1

import vinewsie as vn
from conftest import ROOT
from vinewsie.scoring.training import spacy_scorer

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG"], []]
PREDICTED = [["B-PER", "I-PER", "O", "B-ORG"], ["B-ORG", "I-ORG"], []]
SECTION = re.search(
    r"## In a training loop\n(.*?)\n## ",
    (ROOT / "scripts" / "README.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
assert SECTION is not None
EXAMPLES = re.findall(r"```python\n(.*?)```", SECTION[1], re.DOTALL)


def test_tags_are_scored_as_seqeval_does() -> None:
    found = vn.compute(predictions=PREDICTED, references=GOLD)
    assert found["overall_f1"] == pytest.approx(seqeval_f1(GOLD, PREDICTED))
    assert (found["overall_precision"], found["overall_recall"]) == (1 / 3, 1 / 3)
    assert (found["PER_f1"], found["LOC_recall"]) == (1.0, 0.0)
    assert math.isnan(found["LOC_precision"])
    assert vn.f1_score(GOLD, PREDICTED) == found["overall_f1"]
    assert all(isinstance(value, float) for value in found.values())


def test_offsets_give_what_their_tags_give() -> None:
    gold = [[(0, 2, "PER"), (3, 4, "LOC")], [{"start": 1, "end": 2, "type": "ORG"}], []]
    predicted = [[(0, 2, "PER"), (3, 4, "ORG")], [(0, 2, "ORG")], []]
    by_tags = vn.compute(predictions=PREDICTED, references=GOLD)
    assert vn.compute(predictions=predicted, references=gold) == by_tags


def test_arrays_tokens_and_other_measures() -> None:
    partial = "entities.partial(scheme=any)"
    one = vn.compute(
        predictions=np.array([["B-PER", "O"]]),
        references=np.array([["B-PER", "I-PER"]]),
        tokens=[["Lê", "Lan"]],
        measure=partial,
    )
    assert one["overall_f1"] == 0.5


def test_surfaces_and_quotations_are_read_in_the_text_of_the_reference() -> None:
    text = "Bà Lan nói: Trời mưa"
    quote = {"id": "q1", "kind": "indirect", "content": [{"start": 12, "end": 20}]}
    reference = {"text": text, "entities": [{"start": 3, "end": 6, "type": "PER"}]}
    found = vn.compute(predictions=[{"entities": [["Lan", "PER"]]}], references=[reference])
    assert found["overall_f1"] == 1.0
    found = vn.compute(
        predictions=[{"quotes": [quote]}],
        references=[{"text": text, "quotes": [quote]}],
        measure="quotes.strict",
    )
    assert found["overall_f1"] == 1.0


def test_nothing_against_nothing_is_no_number() -> None:
    assert math.isnan(vn.compute(predictions=[["O"]], references=[["O"]])["overall_f1"])
    assert math.isnan(vn.f1_score([["O"]], [["O"]]))


@pytest.mark.parametrize(
    ("predicted", "gold", "message"),
    [
        ([["O"]], [["O"], ["O"]], "1 predictions, but 2 references"),
        ([["O"], ["O", "O"]], [["O", "O"], ["O"]], r"(?s)0: tag: 1 predicted.*1: tag: 2 predicted"),
        ([["7"]], [["O"]], "is no label"),
        ([[(5, 3, "PER")]], [[(0, 3, "PER")]], "0"),
    ],
)
def test_wrong_input_is_refused(predicted: list[object], gold: list[object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vn.compute(predictions=predicted, references=gold)


def test_spacy_finds_the_scorer_without_an_import() -> None:
    [point] = [p for p in entry_points(group="spacy_scorers") if p.name == "vinewsie.entities.v1"]
    assert point.load() is spacy_scorer


def test_gold_that_spacy_cannot_align_is_told_by_spacy() -> None:
    """No scorer sees it; the documents say so."""
    spacy = pytest.importorskip("spacy")
    training = pytest.importorskip("spacy.training")
    page = spacy.blank("xx").make_doc("Ngagia và Mỹ")
    with pytest.warns(UserWarning, match="W030"):
        example = training.Example.from_dict(page, {"entities": [(0, 3, "GPE"), (10, 12, "GPE")]})
    assert [span.text for span in example.reference.ents] == ["Mỹ"]
    example.predicted.ents = [example.predicted.char_span(10, 12, label="GPE")]
    assert spacy_scorer()([example])["ents_f"] == 1.0


@pytest.mark.parametrize("example", EXAMPLES, ids=["trainer", "spacy", "scikit-learn"])
def test_the_examples_train_and_print_a_score(example: str, tmp_path: Path) -> None:
    if "transformers" in example:
        pytest.importorskip("accelerate")
    assert len([line for line in example.splitlines() if line.strip()]) <= 15
    run = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout.split()[-1]) == 1.0
