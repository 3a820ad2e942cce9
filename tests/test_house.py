"""The order of the folders: imports go down only, and what is to load fast loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

PACKAGE = ROOT / "scripts" / "vinewsie"

ORDER = (
    ("__main__", "__init__"),
    ("cli",),
    ("labelstudio",),
    ("annotations",),
    ("report",),
    ("scoring",),
    ("extractors",),
    ("reading",),
    ("formats",),
    ("baseline",),
    ("scheme",),
)
"""The folders from top to bottom; what is in none of them is the ground floor."""
GROUND = (
    ("decoding", "files", "packed", "registry", "text"),
    ("findings", "progress", "text_map"),
    ("model", "record_ids", "_version"),
)
"""The modules of the ground floor, from top to bottom."""

STOREYS = {name: number for number, names in enumerate(reversed(ORDER + GROUND)) for name in names}


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import inside the package, late ones too: the file, its room, and the room imported."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "vinewsie" and len(parts) > 1 and parts[1] != room:
                    yield str(path.relative_to(PACKAGE)), room, parts[1]


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


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("vinewsie", ("numpy", "msgspec", "click")),
        ("vinewsie.scheme", ("numpy", "scipy", "pandas", "pyarrow")),
        ("vinewsie.cli", ("numpy", "scipy", "pandas", "pyarrow", "datasets", "msgspec")),
    ],
)
def test_what_loads_fast_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
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
