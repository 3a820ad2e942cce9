"""Benchmark of speed and memory against nervaluate on a generated corpus.

Each side runs in its own process (``python -m vinewsie.scoring.bench``).
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vinewsie.model import Document, Entity, Prediction
from vinewsie.reading.gold import Gold
from vinewsie.scoring import run as scoring

MEASURES = ("entities.strict", "entities.exact", "entities.partial", "entities.type")
LABELS = ("PER", "ORG", "GPE", "LOC", "MISC")
SEED = 20220815
REPEATS = 3
"""Runs of this scorer before nervaluate's one long run, and after it; the median of all counts."""


def corpus(documents: int, golds: int) -> Iterator[tuple[Document, Prediction]]:
    """Generates a corpus, the same for the same sizes: flat gold, and predictions with typical
    errors.

    Of 100 golds about 70 are found, 8 have another type, 10 a wrong boundary, 4 are split in two,
    and 8 are missed; about 5 predictions are spurious.

    Args:
        documents: number of documents.
        golds: gold spans of each document.
    """
    source = random.Random(SEED)
    for number in range(documents):
        records: list[Entity] = []
        guesses: list[Entity] = []
        offset = 0
        for _ in range(golds):
            start = offset + source.randint(4, 25)
            end = start + source.randint(2, 20)
            label = source.choice(LABELS)
            records.append(Entity(start=start, end=end, type=label))
            guesses += _guesses(source, start, end, label)
            if source.random() < 0.05:
                guesses.append(Entity(start=end + 1, end=end + 3, type=source.choice(LABELS)))
            offset = end + 3
        text = ("ab cd " * (offset // 6 + 2))[: offset + 5].replace(" ", "_")
        doc_id = f"made-{number}"
        yield (
            Document(doc_id=doc_id, text=text, entities=tuple(records)),
            Prediction(doc_id=doc_id, entities=tuple(guesses)),
        )


def _guesses(source: random.Random, start: int, end: int, label: str) -> list[Entity]:
    chance = source.random()
    if chance < 0.70:
        return [Entity(start=start, end=end, type=label)]
    if chance < 0.78:
        return [
            Entity(
                start=start,
                end=end,
                type=source.choice([other for other in LABELS if other != label]),
            )
        ]
    if chance < 0.88:
        return [
            Entity(
                start=start - source.randint(0, 3),
                end=end + source.randint(0, 1) or end - 1,
                type=label,
            )
        ]
    if chance < 0.92 and end - start > 3:
        middle = (start + end) // 2
        return [
            Entity(start=start, end=middle, type=label),
            Entity(start=middle, end=end, type=label),
        ]
    return []


def _prepared(documents: int, golds: int) -> Callable[[], Any]:
    """A call that scores a generated corpus whose records are in memory."""
    # Imports are not timed.
    import scipy.optimize
    import scipy.sparse.csgraph  # noqa: F401

    pairs = list(corpus(documents, golds))
    gold = Gold({document.doc_id: document for document, _ in pairs})
    predictions = [prediction for _, prediction in pairs]
    return lambda: scoring.score(predictions, gold, measures=MEASURES, resamples=0)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    outcome = work()
    return time.perf_counter() - begun, outcome


def _ours(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    seconds, result = _timed(_prepared(documents, golds))
    return {
        "seconds": seconds,
        "counts": {name: score.to_json()["counts"] for name, score in result.items()},
    }


def _growth(folder: Path, small: int, large: int) -> dict[str, Any]:
    """Times one document of each size in turn, many times: each takes hundredths of a second."""
    works = [_prepared(1, size) for size in (small, large)]
    rounds = [[_timed(work)[0] for work in works] for _ in range(25)]
    return {"seconds": [statistics.median(times) for times in zip(*rounds, strict=True)]}


def _theirs(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    from nervaluate import Evaluator

    def spans(entities: tuple[Entity, ...]) -> list[dict[str, Any]]:
        # nervaluate's ends are inclusive.
        return [{"label": e.type, "start": e.start, "end": e.end - 1} for e in entities]

    true, predicted = [], []
    for document, prediction in corpus(documents, golds):
        true.append(spans(document.entities))
        predicted.append(spans(prediction.entities))
    begun = time.perf_counter()
    outcome = Evaluator(true, predicted, tags=list(LABELS), loader="default").evaluate()["overall"]
    seconds = time.perf_counter() - begun
    names = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
    counts = {
        f"entities.{ours}": {"matched": outcome[name].correct, "partial": outcome[name].partial}
        for ours, name in names.items()
    }
    return {"seconds": seconds, "counts": counts}


def _files(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    pairs = list(corpus(documents, golds))
    # Only the required fields, as in most such files.
    for name, with_text in (("gold", True), ("predictions", False)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for document, prediction in pairs:
                records = document.entities if with_text else prediction.entities
                line: dict[str, Any] = {
                    "doc_id": document.doc_id,
                    **({"text": document.text} if with_text else {}),
                }
                line["entities"] = [
                    {"start": e.start, "end": e.end, "type": e.type} for e in records
                ]
                file.write(json.dumps(line) + "\n")
    return {"seconds": 0.0, "counts": {}}


SIDES: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {
    "ours": _ours,
    "theirs": _theirs,
    "files": _files,
    "growth": _growth,
}


def _child(side: str, folder: Path, documents: int, golds: int) -> dict[str, Any]:
    """Runs one side in its own process, which also measures its peak memory."""
    command = [
        sys.executable,
        "-m",
        "vinewsie.scoring.bench",
        side,
        str(folder),
        str(documents),
        str(golds),
    ]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    outcome: dict[str, Any] = json.loads(run.stdout)
    return outcome


def _command(folder: Path) -> float:
    """Seconds of ``vinewsie score`` on files, from its start to the printed result."""
    command = [
        sys.executable,
        "-m",
        "vinewsie",
        "score",
        str(folder / "predictions.jsonl"),
        "--gold",
        str(folder / "gold.jsonl"),
    ]
    command += ["--resamples", "0", *(part for measure in MEASURES for part in ("-m", measure))]
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - begun


def run(
    documents: int, golds: int, sizes: tuple[int, int], *, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Runs the whole comparison.

    Args:
        documents: number of documents of the corpus.
        golds: gold spans of each document.
        sizes: spans of the two single large documents.
        progress: called with a line for each step.

    Returns:
        Seconds, peak memory in MB, and ratios.
    """
    import importlib.util

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        progress("writing files")
        _child("files", folder, documents, golds)
        ours: list[dict[str, Any]] = []
        files: list[float] = []
        theirs = None
        for half in ("before", "after"):
            progress(f"vinewsie, {REPEATS} runs {half} nervaluate")
            for _ in range(REPEATS):
                ours.append(_child("ours", folder, documents, golds))
                files.append(_command(folder))
            if half == "before" and importlib.util.find_spec("nervaluate") is not None:
                progress("nervaluate (this takes a while)")
                theirs = _child("theirs", folder, documents, golds)
        progress("one document")
        single = _child("growth", folder, *sizes)["seconds"]
    seconds, peak = (statistics.median(run[key] for run in ours) for key in ("seconds", "peak_mb"))
    outcome: dict[str, Any] = {
        "corpus": {"documents": documents, "golds": golds, "seed": SEED},
        "vinewsie": {
            "seconds": seconds,
            "files_seconds": statistics.median(files),
            "peak_mb": peak,
            "counts": ours[0]["counts"],
        },
        "one_document": {
            "spans": list(sizes),
            "vinewsie_seconds": single,
            "growth": single[1] / single[0],
        },
    }
    if theirs is not None:
        outcome["nervaluate"] = theirs
        outcome["ratios"] = {
            "memory_to_memory": theirs["seconds"] / seconds,
            "files_to_print": theirs["seconds"] / outcome["vinewsie"]["files_seconds"],
            "peak_memory": peak / theirs["peak_mb"],
        }
    return outcome


def main(arguments: list[str]) -> None:
    """Runs one side in this process and prints its outcome as JSON."""
    side, folder, documents, golds = arguments
    outcome = SIDES[side](Path(folder), int(documents), int(golds))
    outcome["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
