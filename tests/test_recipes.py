"""The recipes of ``scripts/README.md``, carried out on a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import DATASET, ROOT
from house import PACKAGE

ARTICLE = "epochtimes-vn-20220815"
STEP = re.compile(
    r"```python\n# (?P<file>\S+\.py), "
    r"(?P<how>new file|after every|after|in place of)(?: `(?P<anchor>[^`]*)`)?\n(?P<code>.*?)```",
    re.DOTALL,
)


def apply(step: re.Match[str], package: Path) -> None:
    """Carries out one step; the anchor is a whole line of the file."""
    path = package / step["file"]
    if step["how"] == "new file":
        assert not path.exists()
        path.write_text(step["code"], encoding="utf-8")
        return
    text, line = path.read_text(encoding="utf-8"), f"\n{step['anchor']}\n"
    assert text.count(line) == 1 or (step["how"] == "after every" and text.count(line) > 1), line
    kept = "" if step["how"] == "in place of" else line.removesuffix("\n")
    path.write_text(text.replace(line, f"{kept}\n{step['code']}"), encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Scores with the command line of the changed copy; gives the measures of the result."""
    place = tmp_path_factory.mktemp("recipes")
    package = place / "site" / "vinewsie"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(DATASET, package / "data")
    steps = list(STEP.finditer((ROOT / "scripts" / "README.md").read_text(encoding="utf-8")))
    assert len(steps) == 17
    for step in steps:
        apply(step, package)

    def score(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "vinewsie", "score", *arguments, "--format", "json"]
        environment = {**os.environ, "PYTHONPATH": str(place / "site")}
        run = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        measures: dict[str, Any] = json.loads(run.stdout)["measures"]
        return measures

    return score


def test_a_measure(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    date = {"start": 141, "end": 150, "mod": "APPROX"}
    path.write_text(json.dumps({"doc_id": ARTICLE, "dates": [date]}) + "\n")
    counts = [
        run(str(path), "-m", f"dates.{m}")[f"dates.{m}"]["counts"] for m in ("relaxed", "mod")
    ]
    assert [c["matched"] for c in counts] == [1, 0]


def test_a_format(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(f"{ARTICLE}\t0\t4\tORG\n{ARTICLE}\t5\t9\tORG\n")
    counts = run(str(path), "-m", "entities.strict")["entities.strict"]["counts"]
    assert (counts["predicted"], counts["matched"]) == (2, 1)


def test_an_extractor(run: Callable[..., dict[str, Any]]) -> None:
    scores = run("-e", "capitals", "-m", "entities.exact(label=ORG)")
    assert scores["entities.exact(label=ORG)"]["counts"]["matched"] >= 4


def test_a_layer(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    numbers = [{"start": 0, "end": 6, "type": "COUNT"}, {"start": 10, "end": 16, "type": "MONEY"}]
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    gold.write_text(json.dumps({"doc_id": "d", "text": "24 xe, 3 triệu đồng", "numbers": numbers}))
    predictions.write_text(json.dumps({"doc_id": "d", "numbers": numbers[:1]}))
    scores = run(str(predictions), "--gold", str(gold), "-m", "numbers.strict")
    assert scores["numbers.strict"]["counts"] == {"gold": 2, "predicted": 1, "matched": 1}
