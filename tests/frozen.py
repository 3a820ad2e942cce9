"""Results that refactoring must not change: numbers, the order of errors, signatures, exit codes.

``python tests/frozen.py`` prints them as JSON. ``test_frozen.py`` compares them with
``tests/data/frozen.json``. Only a change that is listed with its reason under "Scores change" in
the changelog may replace that file.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import vinewsie as vn

ROOT = Path(__file__).parents[1]
PARAMETERS = {
    "entities": (
        "scheme=vlsp2016",
        "scheme=vlsp2018",
        "scheme=ontonotes",
        "scheme=any",
        "levels=outermost",
    ),
    "dates": ("vague=only", "vague=include"),
    "quotes": ("view=leaf", "view=marked"),
    "attribution": ("view=leaf", "view=marked"),
}
NAMES = {
    "entities": ("strict", "exact", "partial", "type", "linked"),
    "dates": ("strict", "relaxed", "type", "value"),
    "quotes": ("strict", "relaxed", "token", "marked", "kind"),
    "attribution": ("joint", "speaker", "source", "cue", "chain"),
}
WITHOUT_VIEW = {("quotes", "marked"), ("attribution", "chain")}

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("measures",),
    ("formats", "--format", "markdown"),
    ("agreement", "a", "b"),
    ("agreement", "a", "c"),
    ("validate",),
    ("build", "--check"),
    ("score", "nowhere.jsonl"),
    ("score", "-e", "nobody"),
    ("score", "-e", "rules", "-m", "entities.nothing"),
    ("score",),
)
"""Commands without side effects, of which the exit codes are compared."""


def measures() -> Iterator[str]:
    """Every measure by itself, on the article alone, and with each parameter that affects it."""
    for layer, names in NAMES.items():
        for name in names:
            yield f"{layer}.{name}"
            yield f"{layer}.{name}(zone=article)"
            if (layer, name) not in WITHOUT_VIEW:
                yield from (f"{layer}.{name}({parameter})" for parameter in PARAMETERS[layer])
    yield "entities.strict(label=GPE)"
    yield "quotes.relaxed(label=direct)"


def digest(value: object) -> str:
    """The sha256 of a value's JSON."""
    encoded = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
    return hashlib.sha256(encoded).hexdigest()


def numbers(result: vn.Result) -> dict[str, Any]:
    """The numbers of a result: counts and intervals in full, long tables and errors as sha256."""
    found: dict[str, Any] = {}
    for name, score in result.items():
        labels = {label: list(asdict(counts).values()) for label, counts in score.by_label.items()}
        zones = {zone: list(asdict(counts).values()) for zone, counts in score.by_zone.items()}
        units = score.by_unit
        assert units is not None
        found[name] = {
            "counts": list(asdict(score.counts).values()),
            "rates": [score.precision, score.recall, score.f1, score.accuracy],
            "ci": {key: value for key, value in (score.ci or {}).items() if key != "note"} or None,
            "dropped": list(score.dropped),
            "labels": digest(labels),
            "zones": zones if len(zones) < 12 else digest(zones),
            "units": digest([units.unit.tolist(), units.doc.tolist(), units.table.tolist()]),
        }
    errors = list(result.errors)
    return {
        "signature": digest(result.signature),
        "measures": found,
        "errors": {"number": len(errors), "sha256": digest(errors)},
        "diagnostics": _plain(result.diagnostics),
        "predictions": result.predictions_sha256,
        "missing": list(result.predictions["missing"]),
    }


def _plain(value: Any) -> Any:
    return (
        {key: _plain(part) for key, part in value.items()} if isinstance(value, Mapping) else value
    )


def gold_as_predictions() -> list[dict[str, Any]]:
    """The packaged gold in the form of predictions."""
    left_out = {"text", "segments"}
    return [
        {key: value for key, value in json.loads(line).items() if key not in left_out}
        for line in (_encoded(document) for document in vn.load().values())
    ]


def _encoded(document: vn.Document) -> bytes:
    import msgspec

    return msgspec.json.encode(document)


def vinewsie(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a new process."""
    command = [sys.executable, "-m", "vinewsie", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def articles() -> dict[str, Any]:
    """The scores of ``rules``, of the gold itself and of no predictions, under all measures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.jsonl"
        run = vinewsie("run", "rules", "-o", str(path))
        assert run.returncode == 0, run.stderr
        predictions = path.read_text(encoding="utf-8")
        wanted = list(measures())
        return {
            "predictions of rules": hashlib.sha256(predictions.encode()).hexdigest(),
            "rules": numbers(vn.score(path, measures=wanted)),
            "gold": numbers(vn.score(gold_as_predictions(), measures=wanted)),
            "nothing": numbers(vn.score([], measures=wanted, resamples=0)),
        }


def benchmark() -> dict[str, Any]:
    """The scores of a small corpus of the benchmark."""
    from vinewsie.scoring.bench import corpus

    pairs = list(corpus(60, 80))
    gold = vn.Gold({document.doc_id: document for document, _ in pairs})
    wanted = [f"entities.{name}" for name in ("strict", "exact", "partial", "type")]
    return numbers(
        vn.score([prediction for _, prediction in pairs], gold, measures=wanted, resamples=100)
    )


def references() -> dict[str, Any]:
    """The counts of the reference cases of other scorers, each case as a corpus."""
    cases = json.loads(
        (ROOT / "tests" / "data" / "reference_cases.json").read_text(encoding="utf-8")
    )
    found = {}
    for case in cases:
        if not isinstance(case.get("gold"), list) or not isinstance(case.get("pred"), list):
            continue
        try:
            golds, predictions = (_documents(case[side]) for side in ("gold", "pred"))
        except (TypeError, ValueError, IndexError):
            continue
        gold = vn.Gold(
            {
                d.doc_id: vn.Document(doc_id=d.doc_id, text="x" * 100, entities=d.entities)
                for d in golds
            }
        )
        wanted = [f"entities.{name}" for name in ("strict", "exact", "partial", "type")]
        result = vn.score(predictions, gold, measures=wanted, resamples=0)
        found[case["id"]] = {
            name: list(asdict(score.counts).values()) for name, score in result.items()
        }
    return found


def _documents(lists: Iterable[Any]) -> list[vn.Prediction]:
    return [
        vn.Prediction(
            doc_id=f"d{number}",
            entities=tuple(
                vn.Entity(start=int(s), end=int(e), type=str(label)) for s, e, label in spans
            ),
        )
        for number, spans in enumerate(lists)
    ]


def data_set() -> dict[str, str]:
    """The sha256 of every table of the data set, and of its content."""
    tables = sorted((ROOT / "dataset" / "data").iterdir())
    return {"content": vn.load().sha256} | {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tables
    }


def exit_codes() -> dict[str, int]:
    """The exit codes of commands."""
    return {" ".join(command): vinewsie(*command).returncode for command in COMMANDS}


def capture() -> dict[str, Any]:
    """All results that are compared."""
    return {
        "articles": articles(),
        "benchmark": benchmark(),
        "references": references(),
        "data set": data_set(),
        "exit codes": exit_codes(),
    }


def flat(value: Mapping[str, Any], depth: int = 4, before: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping as pairs of path and value, for readable diffs."""
    for key, part in sorted(value.items()):
        if isinstance(part, Mapping) and part and depth > 1:
            yield from flat(part, depth - 1, f"{before}{key}/")
        else:
            yield before + key, part


if __name__ == "__main__":
    rows = (
        json.dumps({path: value}, ensure_ascii=False, sort_keys=True)[1:-1]
        for path, value in flat(capture())
    )
    print("{\n" + ",\n".join(rows) + "\n}")
