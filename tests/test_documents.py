"""Documents: they show what the commands print, and the README's test command is that of CI."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from conftest import ROOT
from vinewsie.findings import CODES
from vinewsie.model import RECORD_TYPES
from vinewsie.scheme import LAYERS, ZONES

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The shell commands of the README that set everything up."""
    return [line for line in README.splitlines() if line.startswith("python3 -m venv")]


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in script if "pytest" in line] == [commands()[1]]


DOCUMENTS = [
    "README.md",
    ".github/CONTRIBUTING.md",
    "annotations/README.md",
    "annotations/README.vi.md",
    "annotations/guidelines.vi.md",
    "scripts/README.md",
    "tests/README.md",
    "dataset/README.md",
]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text_of(name))
    missing = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "dataset/README.md"])
def test_lines_of_documents_are_wrapped(name: str) -> None:
    lines = re.sub(r"```.*?```", "", text_of(name), flags=re.DOTALL).splitlines()
    assert [line for line in lines if len(line) > 110 and not line.startswith("|")] == []


def test_the_scores_in_the_readme_are_what_the_command_prints(cli: Callable[..., Any]) -> None:
    shown = re.search(r"<!-- vinewsie (score.*?) -->\n```text\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert cli(*shown[1].split()).stdout.startswith(shown[2])


def test_the_python_in_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    block = next(b for b in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "vn." in b)
    exec(block, {"__name__": "readme"})
    assert capsys.readouterr().out.startswith("KCNA ORG kcna\n")


def test_the_prediction_in_the_readme_scores_as_it_says() -> None:
    [prediction] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    result = vn.score([json.loads(prediction)])
    assert result["attribution.joint"].counts.matched == 1
    assert result["entities.strict"].precision == result["dates.value"].precision == 1.0


def test_the_commands_in_the_readme_work_in_an_empty_folder(tmp_path: Path) -> None:
    block = next(
        b for b in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if b.startswith("vinewsie")
    )
    # `vinewsie` is the package under test, whatever is on the path.
    program = f'set -e; vinewsie() {{ "{sys.executable}" -m vinewsie "$@"; }}\n{block}'
    run = subprocess.run(
        ["bash", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "entities.strict" in run.stdout


def test_every_field_of_a_record_is_described() -> None:
    described = text_of("scripts/README.md")
    fields = {f.name for kind in RECORD_TYPES.values() for f in msgspec.structs.fields(kind)}
    assert {name for name in fields if not re.search(rf"\b{name}\b", described)} == set()


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
    assert re.findall(r"^## (\d\S*)", changelog, re.MULTILINE)[0] == vn.__version__
    assert "### Scores change" in changelog
