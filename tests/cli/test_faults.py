"""Every command that writes leaves old or new files, whatever file operation fails."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import vinewsie as vn
import workbench
from conftest import ANNOTATIONS
from faults import Fault, disk_full, each_operation, each_write, interrupted
from vinewsie.annotations import adjudicate, leaderboard
from vinewsie.cli import main
from vinewsie.cli.options import NEW_PATH, NewFile
from vinewsie.extractors import running
from vinewsie.extractors.answer_store import answer_store
from vinewsie.extractors.running import ExtractorRun
from vinewsie.extractors.spec import parse

DOCUMENT = {
    "doc_id": "a",
    "text": "Hà Nội vui",
    "entities": [{"start": 0, "end": 6, "type": "LOC"}],
    "dates": [{"start": 7, "end": 10, "type": "DATE", "value": "2020"}],
}
PREDICTION = {"doc_id": "a", "entities": [{"start": 0, "end": 2, "type": "LOC"}]}
EXTRACTOR = "extract.py:extract"


@dataclass(frozen=True)
class Case:
    """A command that writes.

    Args:
        command: the command and its options, as the group names them.
        arguments: its arguments, in the folder that it works in.
        prepare: makes further files in this folder.
        at_once: whether its files change together; else each is old or new.
    """

    command: str
    arguments: str
    prepare: Callable[[Path], object] = lambda _: None
    at_once: bool = True


def two_passes(root: Path) -> None:
    folder = workbench.new_folder(root)
    (root / "hue.txt").unlink()
    workbench.write_pass(folder, "b", workbench.removed("entities", 1))


def decided(root: Path) -> None:
    two_passes(root)
    sheet = root / "own" / adjudicate.SHEET
    adjudicate.make_sheet(adjudicate.prepare(root / "own", ["a", "b"]), sheet)
    lines = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    decisions = [{**line, "decision": "a", "reason": "theo hướng dẫn"} for line in lines]
    sheet.write_text("".join(json.dumps(line) + "\n" for line in decisions))


def labelled(root: Path) -> None:
    two_passes(root)
    task = adjudicate.prepare(root / "own", ["a"], decider="a")
    adjudicate.apply(task, root / "own" / adjudicate.SHEET)
    (root / "own").rename(root / "annotations")


def built_before(root: Path) -> None:
    labelled(root)
    assert CliRunner().invoke(main, ["build", "--annotations", "annotations"]).exit_code == 0
    (root / "annotations" / "entities.csv").write_text(
        (root / "annotations" / "entities.csv").read_text().replace("Hue", "City of Hue")
    )


def story(root: Path) -> None:
    (root / "story.txt").write_text(workbench.TEXT, encoding="utf-8", newline="\n")


def another_story(root: Path) -> None:
    labelled(root)
    (root / "story.txt").write_text("Đà Nẵng vui\n\nTheo báo.\n", encoding="utf-8", newline="\n")


def board(root: Path) -> None:
    (root / "annotations" / "articles").mkdir(parents=True)
    (root / "annotations" / "articles" / "articles.json").write_text("{}")


def old_files(*names: str) -> Callable[[Path], None]:
    def prepare(root: Path) -> None:
        for name in names:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text("old")

    return prepare


def scored_before(root: Path) -> None:
    arguments = "score p.jsonl --resamples 0 --gold g.jsonl --format json -o r.json"
    assert CliRunner().invoke(main, arguments.split()).exit_code == 0
    (root / "r.html").write_text("old")


def converted(root: Path) -> None:
    (root / "before.jsonl").write_text(json.dumps({**DOCUMENT, "dates": []}))
    arguments = ["convert", "before.jsonl", "out", "--format", "brat"]
    assert CliRunner().invoke(main, arguments).exit_code == 0


FORMATS = {
    "brat": "",
    "conll": ".conll",
    "gliner": ".jsonl",
    "huggingface": ".json",
    "label-studio": ".json",
    "native": ".jsonl",
    "spacy": ".spacy",
    "timeml": ".tml",
    "web-annotation": ".jsonld",
}
"""The formats that are written, with an ending."""

CASES = {
    "score to a file": Case(
        "score --output", "score p.jsonl --resamples 0 --gold g.jsonl --format json -o r.json"
    ),
    "score over a file": Case(
        "score --output", "score p.jsonl --resamples 0 --gold g.jsonl -o r.txt", old_files("r.txt")
    ),
    "score to a page": Case(
        "score --report", "score p.jsonl --resamples 0 --gold g.jsonl --report r.html"
    ),
    "report over a page": Case(
        "report --output", "report r.json --gold g.jsonl -o r.html", scored_before
    ),
    "phenomena to a file": Case(
        "phenomena --output", "phenomena p.jsonl --gold g.jsonl -o r.txt", old_files("r.txt")
    ),
    "robustness to a file": Case(
        "robustness --output",
        f"robustness -e {EXTRACTOR} --gold g.jsonl --only nbsp -m entities.strict(scheme=any) "
        "--format json -o r.json",
    ),
    "robustness and keep": Case(
        "robustness --keep",
        f"robustness -e {EXTRACTOR} --gold g.jsonl --only nbsp -m entities.strict(scheme=any) "
        "--keep k.jsonl -o r.json",
        at_once=False,
    ),
    "errors as JSON Lines": Case(
        "score --errors", "score p.jsonl --resamples 0 --gold g.jsonl --errors new/e.jsonl"
    ),
    "errors as Parquet": Case(
        "score --errors",
        "score p.jsonl --resamples 0 --gold g.jsonl --errors e.parquet",
        old_files("e.parquet"),
    ),
    "score and keep": Case(
        "score --keep",
        f"score -e {EXTRACTOR} --resamples 0 --gold g.jsonl --keep k.jsonl -o r.json "
        "--errors e.jsonl",
        at_once=False,
    ),
    "run": Case(
        "run --output", f"run {EXTRACTOR} --gold g.jsonl -o p2.jsonl", old_files("p2.jsonl")
    ),
    **{
        f"convert to {name}": Case(
            "convert target", f"convert g.jsonl out{ending} --format {name}", at_once=True
        )
        for name, ending in FORMATS.items()
    },
    "audit": Case(
        "audit --output", "audit --sample 9 --annotations annotations -o s.csv", labelled
    ),
    "convert over a folder": Case("convert target", "convert g.jsonl out --format brat", converted),
    "build": Case("build --output", "build --annotations annotations -o set", labelled),
    "build over a data set": Case(
        "build --output", "build --annotations annotations", built_before
    ),
    "a sheet": Case(
        "adjudicate --sheet", "adjudicate a b --annotations own --sheet s.jsonl", two_passes
    ),
    "decisions": Case("adjudicate", "adjudicate a b --annotations own --apply", decided),
    "a new folder of articles": Case(
        "new-article", "new-article story.txt --anchor 2024-11-12 --annotations own", story
    ),
    "a new article": Case(
        "new-article",
        f"new-article story.txt --anchor 2024-11-12 --annotations annotations -e {EXTRACTOR}",
        another_story,
    ),
    "the leaderboard": Case("leaderboard --write", f"leaderboard -e {EXTRACTOR} --write", board),
    "the configuration of the page": Case(
        "label-studio config --output", "label-studio config -o c.xml", old_files("c.xml")
    ),
}


WITHOUT_OPTION = {"adjudicate", "build", "new-article", "label-studio pull"}
"""Commands that write without an option for it. What pull writes, ``test_pull.py`` tests."""


def writing_commands() -> Iterator[str]:
    """The commands that write, with the options that name what is written."""

    def walk(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
        for name, one in group.commands.items():
            yield f"{above}{name}", one
            if isinstance(one, click.Group):
                yield from walk(one, f"{name} ")

    for name, one in walk(main, ""):
        for parameter in one.params:
            if isinstance(parameter.type, NewFile) or parameter.type is NEW_PATH:
                yield f"{name} {parameter.opts[0]}"
            elif "--write" in parameter.opts:
                yield f"{name} --write"


def test_every_writing_command_has_a_case() -> None:
    covered = {case.command for case in CASES.values()} | WITHOUT_OPTION
    assert covered == {*writing_commands()} | WITHOUT_OPTION


def in_process(
    _spec: str, documents: list[vn.Document], *, keep: Path | None = None, **_options: object
) -> ExtractorRun:
    """Runs the extractor in this process, since another one has faults of its own."""
    with answer_store(keep, parse(EXTRACTOR), documents) as (stored, store):
        for document in documents:
            if document.doc_id not in stored:
                stored[document.doc_id] = {"doc_id": document.doc_id, "entities": []}
                store(stored[document.doc_id])
    return ExtractorRun(EXTRACTOR, outputs=[*stored.values()])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr(running, "run", in_process)
    rows = leaderboard.read(ANNOTATIONS)[:1]
    monkeypatch.setattr(leaderboard, "run", lambda *_, **__: rows)
    return place


def files_of(root: Path) -> dict[str, bytes]:
    """The files, and the folders without files."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"a folder"
        for path in root.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


def visible(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without temporary files, and without answers that are kept for the next run."""
    return {
        name: data
        for name, data in files.items()
        if ".vinewsie." not in name and not name.endswith(".partial")
    }


@pytest.mark.parametrize("fault", [disk_full, interrupted])
@pytest.mark.parametrize("name", CASES)
def test_a_fault_leaves_old_or_new_files(
    name: str, fault: Fault, root: Path, tmp_path: Path
) -> None:
    case, ended = CASES[name], list[tuple[int, type[BaseException] | None]]()
    (root / "g.jsonl").write_text(json.dumps(DOCUMENT))
    (root / "p.jsonl").write_text(json.dumps(PREDICTION))
    (root / EXTRACTOR.partition(":")[0]).write_text("def extract(document):\n    return []\n")
    case.prepare(root)
    shutil.copytree(root, tmp_path / "prepared")

    def prepare() -> None:
        for path in root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(tmp_path / "prepared", root, dirs_exist_ok=True)

    def run() -> None:
        result = CliRunner().invoke(main, case.arguments.split())
        error = result.exception
        ended.append((result.exit_code, type(error) if error is not None else None))

    old = files_of(root)
    run()
    new = files_of(root)
    assert ended == [(0, None)]
    assert old != new
    faults = 0
    for _ in chain(each_operation(root, fault, prepare, run), each_write(fault, prepare, run)):
        faults += 1
        state, (code, error) = visible(files_of(root)), ended[-1]
        assert error in (None, SystemExit)
        if code == 0:
            assert state == new
        elif case.at_once:
            assert state in (old, new)
        else:
            assert state.keys() <= old.keys() | new.keys()
            for file in old.keys() | new.keys():
                assert state.get(file) in (old.get(file), new.get(file))
        if files_of(root) != state:
            gc.collect()  # the frames of a traceback hold locks, which else end with the process
        run()
        assert files_of(root) == new
    assert faults > 3
