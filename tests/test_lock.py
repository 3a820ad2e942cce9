"""The locked dependencies of .ci/run: they fit pyproject.toml, and advisories on them are found."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conftest import ROOT

LOCK = (ROOT / ".ci" / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
PINS = {
    canonicalize_name(match[1]): match[2]
    for line in LOCK.splitlines()
    if (match := re.match(r"(\S+?)==(\S+)", line))
}


def required(extra: str | None) -> Iterator[Requirement]:
    """The requirements of the package, or of one of its extras and those that it names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"]
    for line in lines if extra is None else project["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if requirement.name == project["name"]:
            for inner in requirement.extras:
                yield from required(inner)
        else:
            yield requirement


@pytest.mark.parametrize("extra", [None, "test", "html"])
def test_the_lock_fits_the_requirements(extra: str | None) -> None:
    for requirement in required(extra):
        pinned = PINS.get(canonicalize_name(requirement.name))
        assert pinned is not None, f"{requirement} is not locked; run .ci/lock"
        assert requirement.specifier.contains(pinned), f"{requirement}: {pinned}; run .ci/lock"


def test_every_locked_package_has_a_hash() -> None:
    lines = [line for line in LOCK.splitlines() if line.strip() and line[0] != "#"]
    assert len(lines) == len(PINS)
    assert [line for line in lines if "--hash=sha256:" not in line] == []
    assert "torch" not in PINS  # its wheel depends on the processor


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], int]:
    """The exit code of ``.ci/audit.py``, given what pip-audit prints and the accepted ids."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(printed: str, accepted: str) -> int:
        (tmp_path / "advisories.txt").write_text(f"# a comment\n\n{accepted}")
        done = subprocess.CompletedProcess([], 1, printed, "")
        monkeypatch.setattr(module, "HERE", tmp_path)
        monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: done)
        return int(module.main())

    return run


FOUND = {
    "name": "django",
    "version": "3.2.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.2.1"]}],
}
SOUND = {"name": "click", "version": "8.4", "vulns": []}
SKIPPED = {"name": "click", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "accepted", "code", "says"),
    [
        ([FOUND, SOUND], "", 1, "django 3.2.0: PYSEC-1; fixed in ['3.2.1']"),
        ([FOUND, SOUND], "CVE-1 only in the tests, on this machine\n", 0, "0 advisories"),
        ([SOUND, SKIPPED], "", 0, "1 packages checked"),
        ([SKIPPED], "", 0, "no database of advisories can be reached"),
        (None, "", 0, "no database of advisories can be reached"),
    ],
)
def test_an_advisory_without_a_reason_fails(
    audit: Callable[[str, str], int],
    packages: list[Any] | None,
    accepted: str,
    code: int,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = "" if packages is None else json.dumps({"dependencies": packages})
    assert audit(printed, accepted) == code
    assert says in capsys.readouterr().out
