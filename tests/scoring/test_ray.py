"""The engine ray on a local cluster of two workers: the same result as on one machine, to the last
digit.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray

import vinewsie as vn
from conftest import DATASET
from vinewsie.reading import native
from vinewsie.scoring import bench
from vinewsie.scoring import ray as ray_engine
from vinewsie.scoring.measures import all_measures


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        configure_logging=False,
    )
    yield
    ray.shutdown()


def write_parts(
    folder: Path, lines: list[dict[str, Any]], parts: int, *, parquet: bool = False
) -> Path:
    """Documents divided over part files."""
    folder.mkdir()
    for number in range(parts):
        chosen = lines[number * len(lines) // parts : (number + 1) * len(lines) // parts]
        if parquet:
            pq.write_table(pa.Table.from_pylist(chosen), folder / f"part-{number:03}.parquet")
        else:
            (folder / f"part-{number:03}.jsonl").write_text(
                "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in chosen),
                encoding="utf-8",
            )
    return folder


def made(tmp_path: Path, *, parquet: bool = False) -> tuple[Path, Path]:
    pairs = list(bench.corpus(60, 15))
    gold = [
        {
            "doc_id": d.doc_id,
            "text": d.text,
            "entities": [{"start": e.start, "end": e.end, "type": e.type} for e in d.entities],
        }
        for d, _ in pairs
    ]
    predictions = [
        {
            "doc_id": p.doc_id,
            "entities": [{"start": e.start, "end": e.end, "type": e.type} for e in p.entities],
        }
        for _, p in pairs
    ]
    return write_parts(tmp_path / "gold", gold, 5, parquet=parquet), write_parts(
        tmp_path / "predictions", predictions[:-3], 4, parquet=parquet
    )


def same(gold: Path, predictions: Path, names: list[str], **options: Any) -> vn.Result:
    spread = ray_engine.score(predictions, gold, names, resamples=200, groups=7, **options)
    alone = vn.score(predictions, gold, measures=names, resamples=200, **options)
    assert spread.to_json() == alone.to_json()
    return spread


@pytest.mark.parametrize("parquet", [False, True], ids=["jsonl", "parquet"])
def test_the_result_is_that_of_one_machine(parquet: bool, tmp_path: Path) -> None:
    gold, predictions = made(tmp_path, parquet=parquet)
    result = same(
        gold,
        predictions,
        [
            *bench.MEASURES,
            "entities.strict(label=PER)",
            "entities.strict(scheme=any,levels=outermost)",
        ],
    )
    assert len(result.predictions["missing"]) == 3
    assert result["entities.strict"].counts.gold == 900


def test_all_layers_of_the_real_articles(tmp_path: Path) -> None:
    """The articles as custom gold, thirty times under other names; predictions of ``rules``."""
    from vinewsie.baseline import extract

    gold, predictions = [], []
    for number in range(30):
        for document in vn.load().values():
            name = f"{document.doc_id}-{number}"
            gold.append({**msgspec.to_builtins(document), "doc_id": name})
            if number < 2:
                guess = msgspec.to_builtins(extract(document.unlabelled()))
            predictions.append(
                {
                    **(guess if number < 2 else msgspec.to_builtins(vn.Prediction(doc_id=name))),
                    "doc_id": name,
                }
            )
    predictions[5]["entities"] = [{"text": "Atlantis", "type": "LOC"}]
    for number in (7, 30):
        predictions[number]["info"] = {"prompt": f"vi-{number}", "prompt_tokens": number}
    folders = (
        write_parts(tmp_path / "gold", gold, 3),
        write_parts(tmp_path / "predictions", predictions, 2),
    )
    result = same(
        *folders,
        [str(m) for base in all_measures() for m in (base, base.with_params(zone="article"))],
    )
    assert len(result.predictions["not_in_text"]) == 1
    assert result.predictions["info"] == {"prompt": ["vi-7", "vi-30"], "prompt_tokens": 37}
    repeats = ["entities.strict", "entities.strict(repeats=once)"]
    assert same(*folders, repeats, interval_unit="segment").interval_unit == "segment"


def test_every_finding_of_every_part_is_reported(tmp_path: Path, cli: Callable[..., Any]) -> None:
    gold, predictions = made(tmp_path)
    for part, line in (("part-001.jsonl", '{"doc_id": "nobody"}'), ("part-003.jsonl", "not json")):
        with (predictions / part).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    (predictions / "part-009.jsonl").write_bytes(b'{"doc_id": "\xe9"}\n')
    result = cli("score", predictions, "--gold", gold, "--engine", "ray", "-m", "entities.strict")
    assert (result.exit_code, result.stdout) == (1, ""), result.stderr
    for says in (
        "part-001.jsonl:15: unknown-document",
        "part-003.jsonl:16: json",
        "part-009.jsonl:1: encoding",
    ):
        assert says in result.stderr


def test_skipping_what_is_invalid(tmp_path: Path) -> None:
    gold, predictions = made(tmp_path)
    part = predictions / "part-000.jsonl"
    lines = part.read_text(encoding="utf-8").splitlines()
    broken = json.loads(lines[3])
    broken["entities"][2]["end"] = 10**6
    lines[3] = json.dumps(broken)
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = same(gold, predictions, ["entities.strict"], skip_invalid=True)
    assert len(result.predictions["skipped"]) == 1


def test_the_command_prints_the_same(tmp_path: Path, cli: Callable[..., Any]) -> None:
    gold, predictions = made(tmp_path)
    options = ("score", predictions, "--gold", gold, "-m", "entities.strict", "--resamples", 50)
    assert cli(*options, "--engine", "ray").stdout == cli(*options).stdout
    assert cli("score", "-e", "rules", "--engine", "ray").exit_code == 2


def test_files_with_any_name(tmp_path: Path) -> None:
    gold, predictions = made(tmp_path)
    for number, part in enumerate(sorted(gold.iterdir())):
        part.rename(part.with_name(f"phần {number} #%20?.jsonl"))
    same(gold, predictions, ["entities.strict"])


def messages(run: Any) -> list[str]:
    """The lines on stderr that are no progress."""
    return [line for line in run.stderr.splitlines() if not re.match(r" *[\d.]+ s  ", line)]


FORMATS = (
    ("conll", "conll"),
    ("brat", ""),
    ("spacy", "spacy"),
    ("label-studio", "json"),
    ("timeml", "tml"),
    ("web-annotation", "json"),
)


@pytest.mark.parametrize(("name", "suffix"), FORMATS, ids=[one[0] for one in FORMATS])
def test_every_format_has_the_numbers_of_one_machine(
    name: str, suffix: str, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    """Predictions of ``rules`` and the gold, both converted to a format."""
    from vinewsie.baseline import extract

    predictions = tmp_path / "p.jsonl"
    guesses = [extract(document.unlabelled()) for document in vn.load().values()]
    predictions.write_text("".join(native.encode(guess) + "\n" for guess in guesses))
    gold = tmp_path / "gold.jsonl"
    native.write(gold, vn.load().values())
    sides = [tmp_path / f"{side}{'.' if suffix else ''}{suffix}" for side in ("guess", "gold")]
    for source, target in zip((predictions, gold), sides, strict=True):
        given = ("--gold", gold) if source == predictions else ()
        done = cli("convert", source, target, "--format", name, *given)
        assert done.exit_code == 0, done.stderr
    command = (
        "score",
        sides[0],
        "--gold",
        gold if name == "timeml" else sides[1],
        "--resamples",
        50,
        "--format",
        "json",
    )
    alone, spread = cli(*command), cli(*command, "--engine", "ray")
    assert (alone.exit_code, spread.exit_code) == (0, 0), spread.stderr
    assert spread.stdout == alone.stdout
    assert messages(spread) == messages(alone)
    counts = [one["counts"] for one in json.loads(alone.stdout)["measures"].values()]
    assert any(one.get("matched") for one in counts)


def test_the_options_of_one_machine(tmp_path: Path, cli: Callable[..., Any]) -> None:
    gold, predictions = tmp_path / "gold.conll", tmp_path / "p.conll"
    gold.write_text("Nga B-GPE\nvà O\nAnh B-GPE\n")
    predictions.write_text("Nga x B-GPE\nvà x O\nAnh x B-ORG\n")
    labels = tmp_path / "labels.json"
    labels.write_text('{"ORG": "GPE"}')
    texts = tmp_path / "rules.jsonl"
    cli("run", "rules", "-o", texts)
    for command in (
        (predictions, "--gold", gold),
        (predictions, "--gold", gold, "--labels", labels, "--scheme", "any"),
        (predictions, "--gold", gold, "--input-column", "3", "--gold-tags", "iob2"),
        (texts,),
        (texts, "--gold", DATASET, "--resolve", "letters", "--docs", "epoch*"),
    ):
        options = ("score", *command, "--format", "json", "--resamples", 20)
        alone, spread = cli(*options), cli(*options, "--engine", "ray")
        assert (spread.exit_code, spread.stdout) == (0, alone.stdout)
        assert messages(spread) == messages(alone)


def test_errors_of_other_formats(tmp_path: Path, cli: Callable[..., Any]) -> None:
    gold, predictions = tmp_path / "gold.conll", tmp_path / "p.txt"
    gold.write_text("Nga B-GPE\n")
    predictions.write_text("không phải\n\nmột tệp nhãn")
    options = ("score", predictions, "--gold", gold)
    alone, spread = cli(*options), cli(*options, "--engine", "ray")
    assert (spread.exit_code, spread.stdout, messages(spread)) == (1, "", messages(alone))


def test_ray_is_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gold, predictions = made(tmp_path)
    ray_engine.score(predictions, gold, ["entities.strict"], resamples=0, groups=2)
    assert capfd.readouterr() == ("", "")
