"""The command line as a user meets it: output, exit codes, errors without a traceback."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from conftest import ROOT

Run = Callable[..., Any]


def test_help_is_fast_and_imports_nothing_heavy() -> None:
    heavy = {"pandas", "datasets", "pyarrow", "numpy", "networkx", "jinja2"}
    code = f"import sys; from vinewsie import cli; print({heavy} & set(sys.modules))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "set()"
    )


def test_score_prints_the_headline_measures_and_their_signatures(cli: Run) -> None:
    result = cli("score", "--extractor", "rules")
    assert result.exit_code == 0
    rows = [line.split()[:2] for line in result.stdout.splitlines() if "." in line.split(" ")[0]]
    names = [
        "entities.strict",
        "dates.strict",
        "dates.value",
        "quotes.relaxed",
        "attribution.joint",
    ]
    assert rows == [[name, zone] for name in names for zone in ("page", "article")]
    gold = vn.load()
    assert (
        f"entities.strict|docs:2|data:{gold.version}@{gold.sha256[:6]}|zone:article|resolve:none|vinewsie:{vn.__version__}"
        in result.stdout
    )


def test_run_keeps_what_score_scores(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "p.jsonl"
    assert cli("run", "rules", "-o", path).exit_code == 0
    from_file = json.loads(cli("score", path, "--format", "json").stdout)
    at_once = json.loads(cli("score", "-e", "rules", "--format", "json").stdout)
    assert from_file["measures"] == at_once["measures"]
    assert from_file["predictions"]["sha256"] == at_once["predictions"]["sha256"]
    assert (from_file["extractor"], at_once["extractor"]) == (None, "rules")


def test_json_has_full_precision_and_loads_again(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "r.json"
    assert cli("score", "-e", "rules", "--format", "json", "-o", path).exit_code == 0
    raw = json.loads(path.read_text(encoding="utf-8"))
    part = raw["measures"]["entities.strict"]
    assert part["precision"] == part["counts"]["matched"] / part["counts"]["predicted"]
    assert vn.Result.load(path).to_json() == raw
    assert raw["dataset"]["documents"] == list(vn.load())


def test_csv_and_latex(cli: Run) -> None:
    csv = cli(
        "score",
        "-e",
        "rules",
        "--format",
        "csv",
        "-m",
        "dates.strict",
        "-m",
        "entities.strict(label=PER)",
    ).stdout.splitlines()
    assert (
        csv[0] == "measure,precision,recall,f1,accuracy,ci_low,ci_high,gold,predicted,matched,"
        "macro_f1,status,signature"
    )
    assert [line.split(",")[0] for line in csv[1:]] == [
        "dates.strict",
        "entities.strict(label=PER)",
    ]
    assert "\\toprule" in cli("score", "-e", "rules", "--format", "latex").stdout


def test_the_result_alone_is_on_stdout(tmp_path: Path, cli: Run) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id": "epochtimes-vn-20220815"}\n')
    result = cli("score", path, "--format", "json")
    assert json.loads(result.stdout)["predictions"]["missing"] == ["baoquocte-20231012"]
    assert "warning: no prediction for baoquocte-20231012" in result.stderr


def test_custom_gold(tmp_path: Path, cli: Run) -> None:
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    gold.write_text(
        '\ufeff{"doc_id": "x", "text": "Anna in Rom", '
        '"entities": [{"start": 8, "end": 11, "type": "CITY"}]}\n',
        encoding="utf-8",
    )
    predictions.write_text(
        '{"doc_id": "x", "entities": '
        '[{"start": 8, "end": 11, "type": "CITY"}, {"text": "Anna", "type": "HUMAN"}]}\n'
    )
    result = cli("score", predictions, "--gold", gold, "-m", "entities.strict", "--format", "json")
    assert result.exit_code == 0, result.stderr
    raw = json.loads(result.stdout)
    assert raw["measures"]["entities.strict"]["counts"] == {
        "gold": 1,
        "predicted": 2,
        "matched": 1,
        "partial": 0,
        "incorrect": 0,
        "missed": 0,
        "spurious": 1,
    }
    assert "docs:1|data:gold.jsonl@" in raw["signature"]
    assert cli("validate", gold).exit_code == 0
    assert cli("validate", predictions, "--gold", gold).exit_code == 0


def test_broken_custom_gold_is_refused(tmp_path: Path, cli: Run) -> None:
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    entities = '[{"start": 0, "end": 9}, {"start": 0, "end": 3, "text": "Ram"}]'
    gold.write_text(
        f'{{"doc_id": "x", "text": "Rom", "entities": {entities}}}\n{{"doc_id": "x", "text": ""}}\n'
    )
    predictions.write_text('{"doc_id": "x"}\n')
    result = cli("validate", gold)
    assert result.exit_code == 1
    assert f"{gold}:1: entities[0]: offset-range" in result.stdout
    assert f"{gold}:1: entities[1]: text-mismatch" in result.stdout
    result = cli("score", predictions, "--gold", gold)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{gold}:2: duplicate-document" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score"], "give a file of predictions or --extractor"),
        (["score", "no-such-file.jsonl"], "does not exist"),
        (["score", "-e", "magic"], "give a built-in one (vinewsie extractors), module:function"),
        (["score", "-e", "no_such_module:f"], "no module 'no_such_module'"),
        (["score", "-e", "json:no_such_function"], "module json has no 'no_such_function'"),
        (["score", "-e", "sys:path"], "is a list, not a function"),
        (["score", "-e", "rules", "-m", "entities.fuzzy"], "it has strict, exact"),
        (["agreement", "a", "z"], "no pass 'z'; there are a, b, c, gold"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_usage_exits_with_two(arguments: list[str], says: str, cli: Run) -> None:
    result = cli(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in " ".join(result.stderr.split())


EXTRACTORS = """
def boom(document):
    return document.no_such_field
def nothing(document):
    return None
def other(document):
    return {"doc_id": "other"}
def bad(document):
    return {"entities": [{"start": 5, "end": 2}]}
def nosy(document):
    assert not document.entities and not document.quotes and document.segments[0].anchor_date
    return {"entities": [{"text": "Nga", "type": "GPE"}]}
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "boom",
            "baoquocte-20231012: AttributeError: "
            "'Document' object has no attribute 'no_such_field' (mine.py:3)",
        ),
        (
            "nothing",
            "baoquocte-20231012: returned None",
        ),
        ("other", "baoquocte-20231012: answered for 'other'"),
        ("bad", "entities[0]: offset-range"),
    ],
)
def test_an_extractor_that_fails(
    name: str, says: str, tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(EXTRACTORS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    result = cli("score", "-e", f"mine:{name}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr


def test_an_extractor_in_the_current_folder_that_sees_no_labels(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(EXTRACTORS)
    run = subprocess.run(
        [sys.executable, "-m", "vinewsie", "score", "-e", "mine:nosy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "mine:nosy on ViNewsIE" in run.stdout


def test_other_commands_answer(cli: Run) -> None:
    assert "attribution.joint" in cli("measures").stdout
    assert "rules" in cli("extractors").stdout
    table = cli("agreement", "a", "b", "--format", "markdown")
    assert "| attribution" in table.stdout
    rows = json.loads(cli("agreement", "a", "gold", "--format", "json").stdout)
    assert {"layer", "what", "left", "right", "agreed", "value", "coefficient"} == set(rows[0])
    assert cli("--version").stdout.strip() == f"vinewsie, version {vn.__version__}"


def test_validate_a_built_data_set(cli: Run) -> None:
    assert cli("validate", ROOT / "dataset").exit_code == 0


def test_a_document_with_thousands_of_entities(tmp_path: Path, cli: Run) -> None:
    text = "Anna gặp Bình. " * 2000
    entities = [{"start": 15 * i, "end": 15 * i + 4, "type": "PER"} for i in range(2000)]
    gold, predictions = tmp_path / "g.jsonl", tmp_path / "p.jsonl"
    gold.write_text(json.dumps({"doc_id": "x", "text": text, "entities": entities}) + "\n")
    predictions.write_text(json.dumps({"doc_id": "x", "entities": entities}) + "\n")
    run = cli("score", predictions, "--gold", gold, "-m", "entities.strict", "-m", "entities.type")
    assert run.exit_code == 0
    assert run.stdout.count(" 2000 ") >= 2, run.stdout


def test_run_keeps_surfaces_as_they_were_given(
    tmp_path: Path, cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine2.py").write_text(EXTRACTORS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cli("run", "mine2:nosy", "-o", "p.jsonl").exit_code == 0
    from_file = json.loads(cli("score", "p.jsonl", "--format", "json").stdout)
    assert (
        from_file["signature"]
        == json.loads(cli("score", "-e", "mine2:nosy", "--format", "json").stdout)["signature"]
    )
    assert "resolve:surface" in from_file["signature"]


def test_what_an_extractor_prints_is_not_in_the_result(tmp_path: Path) -> None:
    record = "{'start': np.int64(0), 'end': np.int32(4), 'score': np.float32(.5)}"
    (tmp_path / "loud.py").write_text(
        "import numpy as np\n"
        f"def f(d):\n    print('noise')\n    return {{'entities': [{record}]}}\n"
    )
    command = [sys.executable, "-m", "vinewsie", "score", "-e", "loud:f", "--format", "json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["measures"]["entities.strict"]["counts"]["predicted"] == 2
    assert "noise" in run.stderr


def test_links_stay_links_and_pipes_stay_pipes(tmp_path: Path, cli: Run) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    assert cli("score", "-e", "rules", "-m", "dates.strict", "-o", link).exit_code == 0
    assert link.is_symlink()
    assert "dates.strict" in target.read_text(encoding="utf-8")
    assert cli("score", "-e", "rules", "-m", "dates.strict", "-o", "/dev/null").exit_code == 0
    assert not Path("/dev/null").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.txt", "target.txt"]


def test_a_label_that_no_inventory_has_is_wrong_usage(cli: Run) -> None:
    for measure in (
        "entities.strict(label=per)",
        "quotes.relaxed(label=xyz)",
        "dates.strict(label=PER)",
        "entities.strict(,)",
    ):
        assert cli("score", "-e", "rules", "-m", measure).exit_code == 2, measure
    assert (
        cli(
            "score", "-e", "rules", "-m", "entities.strict(scheme=ontonotes,label=PERSON)"
        ).exit_code
        == 0
    )


def test_a_field_of_the_metadata_has_one_value(cli: Callable[..., Any]) -> None:
    given = ("--where", "outlet=Báo Quốc tế", "--where", "usage=diaspora", "--where", "outlet=x")
    refused = cli("score", "-e", "rules", *given)
    assert refused.exit_code == 2
    assert "--where outlet: a document has one value of a field" in " ".join(refused.stderr.split())


def test_the_package_shows_its_public_names() -> None:
    program = "import vinewsie; print(*dir(vinewsie)); print(*vinewsie.__all__)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    shown, public = map(str.split, run.stdout.splitlines())
    assert shown == sorted(public)
    assert {"load", "score", "compare", "Result", "Gold", "VinewsieError"} <= set(shown)
    for name in public:
        assert getattr(vn, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        vn.scores  # noqa: B018


def test_help_of_public_functions_names_every_parameter() -> None:
    for function in (vn.load, vn.score, vn.compare):
        assert function.__doc__ is not None
        for name in inspect.signature(function).parameters:
            assert re.search(rf"\b{name}\b", function.__doc__), (function.__name__, name)


@pytest.mark.parametrize(
    "url", ["not a url", "x.org/d", "ftp://x.org", "https://", "http://[x", ""]
)
@pytest.mark.parametrize("command", [("publish", "--to", "out"), ("label-studio", "status")])
def test_an_address_is_checked(command: tuple[str, ...], url: str, cli: Run) -> None:
    found = cli(*command, "--url", url)
    assert found.exit_code == 2
    assert "begins with https:// or http://" in " ".join(found.stderr.split())
