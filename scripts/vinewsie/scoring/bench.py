"""Benchmark of speed and memory on generated corpora, beside other scorers and a JSON parser.

Everything that is timed runs in its own process (``python -m vinewsie.scoring.bench``, or the
command line). What is compared with each other runs in turn, and the fastest run of each counts.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vinewsie.defaults import RESAMPLES
from vinewsie.findings import VinewsieError
from vinewsie.model import Document, Entity, Prediction
from vinewsie.progress import ProgressCallback
from vinewsie.reading import native
from vinewsie.reading.gold import Gold
from vinewsie.scoring import run as scoring
from vinewsie.scoring.bench_quotes import chain, novels

MEASURES = ("entities.strict", "entities.exact", "entities.partial", "entities.type")
QUOTE_MEASURES = (
    *(f"quotes.{name}" for name in ("strict", "relaxed", "token", "marked", "kind")),
    *(f"attribution.{name}" for name in ("joint", "speaker", "source", "cue", "chain")),
)
PEERS = ("nervaluate", "seqeval", "seqscore", "orjson")
"""What is timed beside this scorer where it is installed, by the names of the packages."""
LABELS = ("PER", "ORG", "GPE", "LOC", "MISC")
SEED = 20220815
REPEATS = 5
"""Rounds in which what takes seconds runs in turn. Peers that take minutes run once."""


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
    import scipy.sparse.csgraph  # noqa: F401

    pairs = list(corpus(documents, golds))
    gold = Gold({document.doc_id: document for document, _ in pairs})
    predictions = [prediction for _, prediction in pairs]
    return lambda: scoring.score(predictions, gold, measures=MEASURES, resamples=0)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    outcome = work()
    return time.perf_counter() - begun, outcome


def _memory(folder: Path, documents: int, golds: int) -> dict[str, Any]:
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


def _nervaluate(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    from nervaluate import Evaluator

    def spans(entities: tuple[Entity, ...]) -> list[dict[str, Any]]:
        # nervaluate's ends are inclusive.
        return [{"label": e.type, "start": e.start, "end": e.end - 1} for e in entities]

    true, predicted = [], []
    for document, prediction in corpus(documents, golds):
        true.append(spans(document.entities))
        predicted.append(spans(prediction.entities))
    seconds, evaluated = _timed(
        lambda: Evaluator(true, predicted, tags=list(LABELS), loader="default").evaluate()
    )
    outcome = evaluated["overall"]
    names = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
    counts = {
        f"entities.{ours}": {"matched": outcome[name].correct, "partial": outcome[name].partial}
        for ours, name in names.items()
    }
    return {"seconds": seconds, "counts": counts}


def _tokens(document: Document, prediction: Prediction) -> tuple[list[Entity], list[Entity], int]:
    """Both sides with tokens for offsets, and the number of tokens: the text is cut wherever a span
    begins or ends.
    """
    sides = (document.entities, prediction.entities)
    cuts = sorted({offset for side in sides for e in side for offset in (e.start, e.end)})
    number = {offset: token for token, offset in enumerate(cuts)}
    gold, predicted = (
        [Entity(start=number[e.start], end=number[e.end], type=e.type) for e in side]
        for side in sides
    )
    return gold, predicted, len(cuts)


def _tags(entities: Iterable[Entity], length: int) -> list[str]:
    """BIO tags of entities that do not overlap."""
    tags = ["O"] * length
    for entity in entities:
        inside = [f"I-{entity.type}"] * (entity.end - entity.start - 1)
        tags[entity.start : entity.end] = [f"B-{entity.type}", *inside]
    return tags


def _seqeval(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    sides: tuple[list[list[str]], list[list[str]]] = ([], [])
    for pair in corpus(documents, golds):
        gold, predicted, length = _tokens(*pair)
        sides[0].append(_tags(gold, length))
        sides[1].append(_tags(predicted, length))
    seconds, rates = _timed(
        lambda: precision_recall_fscore_support(*sides, average="micro", scheme=IOB2)
    )
    return {"seconds": seconds, "f1": float(rates[2])}


def _seqscore(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    from seqscore.model import AnnotatedSequence, Mention, Span
    from seqscore.scoring import compute_scores

    def sequence(entities: Iterable[Entity], length: int) -> AnnotatedSequence:
        mentions = [Mention(Span(e.start, e.end), str(e.type)) for e in entities]
        tokens = ["x"] * length
        return AnnotatedSequence(
            tokens=tuple(tokens), labels=tuple(_tags(entities, length)), mentions=tuple(mentions)
        )

    true, predicted = [], []
    for pair in corpus(documents, golds):
        gold, guessed, length = _tokens(*pair)
        true.append([sequence(gold, length)])
        predicted.append([sequence(guessed, length)])
    seconds, scores = _timed(lambda: compute_scores(predicted, true))
    return {"seconds": seconds, "f1": float(scores[0].f1)}


def _orjson(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    import orjson

    def parse() -> None:
        for name in _FILES:
            with (folder / name).open("rb") as file:
                for line in file:
                    orjson.loads(line)

    return {"seconds": min(_timed(parse)[0] for _ in range(3))}


_FILES = ("gold.jsonl", "predictions.jsonl")


def _files(folder: Path, documents: int, golds: int) -> dict[str, Any]:
    # Only the required fields, as in most such files.
    with (folder / _FILES[0]).open("w") as gold, (folder / _FILES[1]).open("w") as predictions:
        for document, prediction in corpus(documents, golds):
            head = {"doc_id": document.doc_id}
            gold.write(_line({**head, "text": document.text}, document.entities))
            predictions.write(_line(head, prediction.entities))
    return {}


def _line(head: dict[str, Any], entities: Sequence[Entity]) -> str:
    records = [{"start": e.start, "end": e.end, "type": e.type} for e in entities]
    return json.dumps({**head, "entities": records}) + "\n"


CHILDREN: dict[str, Callable[[Path, int, int], dict[str, Any]]] = {
    "files": _files,
    "memory": _memory,
    "growth": _growth,
    "nervaluate": _nervaluate,
    "seqeval": _seqeval,
    "seqscore": _seqscore,
    "orjson": _orjson,
}
"""What runs in a process of its own: the folder with the files and two sizes give seconds."""


class BenchmarkError(VinewsieError):
    """A process that was to be timed failed."""


def _started(command: Sequence[str], folder: Path) -> tuple[bytes, dict[str, Any]]:
    """The output of a Python command; the seconds from its start to its end, and its peak memory.

    Its imports come from compiled files, as those of an installed package do.
    """
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    arguments = [sys.executable, "-m", *command]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=output, stderr=errors, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (output, errors):
            stream.seek(0)
        if process.returncode:
            raise BenchmarkError(f"{' '.join(command)}: {errors.read().decode(errors='replace')}")
        return output.read(), {"seconds": seconds, "peak_mb": usage.ru_maxrss / 1024}


def _child(name: str, folder: Path, documents: int, golds: int) -> dict[str, Any]:
    """The outcome of one of :data:`CHILDREN`, and its peak memory."""
    command = ["vinewsie.scoring.bench", name, str(folder), str(documents), str(golds)]
    output, usage = _started(command, folder.parent)
    return {**usage, **json.loads(output)}


def _command(folder: Path, measures: Sequence[str], format_: str = "text") -> dict[str, Any]:
    """What ``vinewsie score`` takes on the files of a folder, from its start to the printed
    result.
    """
    gold, predictions = (str(folder / name) for name in _FILES)
    command = ["vinewsie", "score", predictions, "--gold", gold, "--format", format_]
    command += [part for measure in measures for part in ("-m", measure)]
    return _started(command, folder.parent)[1]


def _quotations(folder: Path, quotations: int, progress: ProgressCallback) -> list[dict[str, Any]]:
    """Seconds of ``vinewsie score`` with all measures of quotations.

    Args:
        folder: where the files are written.
        quotations: number of quotations of the novels; the other corpora are in proportion.
        progress: called with a line for each step.
    """
    third, eleventh = max(1, quotations * 4 // 11), max(1, quotations // 11)
    corpora = {
        f"{quotations} quotations of 28 documents": novels(28, quotations),
        f"{quotations} quotations of one document": novels(1, quotations),
        f"{third} quotations of one document": novels(1, third),
        f"a chain of {eleventh} quotations": chain(eleventh),
    }
    rows = []
    for number, (name, pairs) in enumerate(corpora.items()):
        progress(name)
        place = folder / f"quotations-{number}"
        golds, predictions = itertools.tee(pairs)
        native.write(place / _FILES[0], (document for document, _ in golds))
        native.write(place / _FILES[1], (prediction for _, prediction in predictions))
        rows.append({"corpus": name, **_command(place, QUOTE_MEASURES)})
    return rows


def _fastest(runs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return min(runs, key=lambda run: float(run["seconds"]))


def run(
    documents: int,
    golds: int,
    sizes: tuple[int, int],
    quotations: int = 0,
    *,
    progress: ProgressCallback,
) -> dict[str, Any]:
    """Runs the whole comparison.

    Args:
        documents: number of documents of the corpus of entities.
        golds: gold spans of each document.
        sizes: spans of the two single large documents.
        quotations: number of quotations of the corpora of quotations; 0 for none.
        progress: called with a line for each step.

    Returns:
        Seconds, peak memory in MB, and ratios.
    """
    there = {name: importlib.util.find_spec(name) is not None for name in PEERS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "entities"
        folder.mkdir()

        def child(name: str) -> dict[str, Any]:
            return _child(name, folder, documents, golds)

        progress("writing files")
        child("files")
        timed: dict[str, Callable[[], dict[str, Any]]] = {
            "memory": lambda: child("memory"),
            "text": lambda: _command(folder, MEASURES),
            "json": lambda: _command(folder, MEASURES, "json"),
        }
        if there["orjson"]:
            timed["orjson"] = lambda: child("orjson")
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in timed}
        for number in range(REPEATS):
            progress(f"round {number + 1} of {REPEATS}")
            for one, work in timed.items():
                runs[one].append(work())
        found = {name: _fastest(listed) for name, listed in runs.items()}
        for peer in ("nervaluate", "seqeval", "seqscore"):
            if there[peer]:
                progress(f"{peer} (this takes a while)")
                found[peer] = child(peer)
        progress("one document")
        single = _child("growth", folder, *sizes)["seconds"]
        rows = _quotations(Path(name), quotations, progress) if quotations else []
    return {
        "corpus": {"documents": documents, "golds": golds, "seed": SEED, "resamples": RESAMPLES},
        **{name: found.get(name) for name in (*timed, *PEERS)},
        "one_document": {"spans": list(sizes), "seconds": single, "growth": single[1] / single[0]},
        "quotations": rows,
        "ratios": _ratios(found),
    }


def _ratios(found: dict[str, dict[str, Any]]) -> dict[str, float]:
    """How many times as long one thing takes as another, as far as both were timed."""
    pairs = {
        "nervaluate / memory": ("nervaluate", "memory"),
        "seqeval / memory": ("seqeval", "memory"),
        "seqscore / memory": ("seqscore", "memory"),
        "nervaluate / text": ("nervaluate", "text"),
        "text / orjson": ("text", "orjson"),
        "json / text": ("json", "text"),
    }
    return {
        name: found[one]["seconds"] / found[other]["seconds"]
        for name, (one, other) in pairs.items()
        if one in found and other in found
    }


def main(arguments: list[str]) -> None:
    """Runs one of :data:`CHILDREN` in this process and prints its outcome as JSON."""
    name, folder, documents, golds = arguments
    print(json.dumps(CHILDREN[name](Path(folder), int(documents), int(golds))))


if __name__ == "__main__":
    main(sys.argv[1:])
