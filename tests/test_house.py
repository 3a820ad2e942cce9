"""The layout: imports go down only, modules that start a command load nothing heavy, and the root
holds the fixed names only.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from house import FACES, PACKAGE, imports

ORDER = (
    FACES,
    ("cli",),
    ("harnesses",),
    ("labelstudio",),
    ("annotations",),
    ("report",),
    ("perturbations",),
    ("scoring",),
    ("extractors",),
    ("reading",),
    ("formats",),
    ("baseline",),
    ("scheme",),
)
"""The folders from top to bottom; the modules at the package's root are the ground floor."""
GROUND = (
    ("columnar", "decoding", "files", "packed", "registry", "text"),
    ("messages",),
    ("findings", "progress", "tables", "text_map"),
    (
        "defaults",
        "escapes",
        "json_text",
        "matching",
        "model",
        "occurrences",
        "record_ids",
        "_version",
    ),
    ("markup",),
)
"""The modules of the ground floor, from top to bottom."""

STOREYS = {name: number for number, names in enumerate(reversed(ORDER + GROUND)) for name in names}


def test_every_module_has_a_storey() -> None:
    rooms = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in PACKAGE.rglob("*.py")}
    assert rooms == STOREYS.keys()


def test_imports_go_down() -> None:
    up = [
        f"{file} imports vinewsie.{target}"
        for file, room, target in imports()
        if room != "__init__" and target in STOREYS and STOREYS[target] >= STOREYS[room]
    ]
    assert up == []


SLOW_TO_LOAD = {"extractors/running.py": "vinewsie.extractors"}  # service, which needs requests
"""Modules of the package that others import inside a function, because they load slowly."""


def test_only_the_command_line_imports_late() -> None:
    """A cycle must not hide in a function; the command line loads what its command needs."""
    late = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} imports {node.module}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] != "cli"
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name)
        if SLOW_TO_LOAD.get(str(path.relative_to(PACKAGE))) != node.module
    ]
    assert late == []


def test_no_two_classes_share_a_name() -> None:
    classes: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert {name: paths for name, paths in classes.items() if len(paths) > 1} == {}


def test_private_names_are_not_imported() -> None:
    private = [
        f"{path.relative_to(PACKAGE)} imports {node.module}.{alias.name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert private == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("vinewsie", ("numpy", "msgspec", "click")),
        ("vinewsie.scheme", ("numpy", "scipy", "pandas", "pyarrow")),
        ("vinewsie.cli", ("numpy", "scipy", "pandas", "pyarrow", "datasets", "msgspec", "rich")),
    ],
)
def test_modules_that_load_fast_import_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


def test_the_root_holds_the_fixed_names_only() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs the git checkout")
    there = {Path(line).parts[0] for line in listed.stdout.splitlines()}
    fixed = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    folders = {"annotations", "dataset", "scripts", "tests"}
    assert {name for name in there if not name.startswith(".")} == fixed | folders
