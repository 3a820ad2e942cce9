"""Documents: they show what the commands print, and the README's test command is that of CI."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from conftest import ROOT
from vinewsie.findings import CODES
from vinewsie.scheme import LAYERS, ZONES

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The shell commands of the README that set everything up."""
    return [line for line in README.splitlines() if line.startswith("python3 -m venv")]


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in script if "pytest" in line] == [commands()[1]]


def test_the_scores_in_the_readme_are_what_the_command_prints(cli: Callable[..., Any]) -> None:
    shown = re.search(
        r"<!-- scores: vinewsie score --extractor rules -->\n```text\n(.*?)```", README, re.DOTALL
    )
    assert shown is not None
    assert shown[1] == cli("score", "--extractor", "rules").stdout


def test_the_table_of_formats_in_the_readme(cli: Callable[..., Any]) -> None:
    shown = re.search(
        r"<!-- formats: (vinewsie formats --format markdown) -->\n(.*?)<!-- end of formats -->",
        README,
        re.DOTALL,
    )
    assert shown is not None
    assert shown[2] == cli(*shown[1].split()[1:]).stdout


def test_the_failure_in_the_readme_is_what_one_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = next(
        block
        for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        if block.startswith("# mine_lines.py")
    )
    Path("mine_lines.py").write_text(program, encoding="utf-8")
    shown = re.search(r"```text\n\$ vinewsie (.*mine_lines\.py.*)\n((?s:.*?))```", README)
    assert shown is not None
    run = subprocess.run(
        [sys.executable, "-m", "vinewsie", *shlex.split(shown[1])],
        capture_output=True,
        text=True,
        check=True,
    )
    warnings, _, table = shown[2].partition("cmd:python3 mine_lines.py on")
    progress = re.compile(r" *\d+\.\d s  ")  # which a busy machine has time to show
    printed = [line for line in run.stderr.splitlines() if not progress.match(line)]
    assert sorted(printed) == sorted(warnings.splitlines())
    assert run.stdout.startswith("cmd:python3 mine_lines.py on" + table)


def test_the_readme_examples_run(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module = next(block for block in blocks if block.startswith("# mine.py"))
    (tmp_path / "mine.py").write_text(module, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    vn.score([{"doc_id": doc_id} for doc_id in vn.load()]).save("other.json")
    exec(next(block for block in blocks if "vn.load()" in block), {})
    assert "KCNA kcna" in capsys.readouterr().out
    [prediction] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    import msgspec

    result = vn.score([msgspec.json.decode(prediction)])
    assert result["attribution.joint"].counts.matched == 1
    assert result["entities.strict"].precision == result["dates.value"].precision == 1.0


def test_the_guidelines_name_every_label() -> None:
    guidelines = (ROOT / "annotations" / "guidelines.md").read_text(encoding="utf-8")
    labels = {
        label
        for layer in LAYERS.values()
        for name, values in layer.vocabularies.items()
        if name != "mod"
        for label in values
    }
    assert {
        label for label in labels | set(ZONES) if not re.search(rf"\b{label}\b", guidelines)
    } == set()


def test_finding_codes_are_kebab_case_and_explained() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)
        assert meaning


def test_the_version_is_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == vn.__version__
    assert "### Scores change" in changelog
