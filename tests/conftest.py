"""Shared fixtures: the packaged gold, and a copy of the annotations to break."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from click.testing import CliRunner, Result

import vinewsie as vn
from vinewsie.cli import main
from vinewsie.labelstudio import server
from vinewsie.labelstudio.browser import BROWSER
from vinewsie.labelstudio.browser import NAMES as BROWSERS

# No time limit for an example: the first one pays for imports.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")

ROOT = Path(__file__).parents[1]
ANNOTATIONS = ROOT / "annotations"
DATASET = ROOT / "dataset"


@pytest.fixture(scope="session")
def gold() -> vn.Gold:
    return vn.load()


@pytest.fixture
def corpus_copy(tmp_path: Path) -> Path:
    """A copy of annotations/ that a test may break."""
    copy = tmp_path / "annotations"
    shutil.copytree(ANNOTATIONS, copy)
    return copy


@pytest.fixture(scope="session")
def chrono_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with chrono-node, which VINEWSIE_NODE_MODULES names."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm, to install chrono-node")
    folder = tmp_path_factory.mktemp("node")
    subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "chrono-node@2.10.x"],
        check=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VINEWSIE_NODE_MODULES", str(folder / "node_modules"))
        yield folder


def need_label_studio(*, browser: bool = False) -> None:
    """Skips where no Label Studio server, or no browser, can be had; where tests must be complete,
    that is a failure.
    """
    modules = ["label_studio", "label_studio_sdk", "psutil", *(["playwright"] if browser else [])]
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if browser and not any(shutil.which(name) for name in (*BROWSERS, os.environ.get(BROWSER, ""))):
        missing.append("a browser")
    if missing and os.environ.get("CI"):
        pytest.fail(f"there is no {', no '.join(missing)}")
    if missing:
        pytest.skip(f"there is no {', no '.join(missing)}")


@pytest.fixture(scope="session")
def label_studio_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Label Studio server that runs for all tests: its first start takes
    longest.
    """
    need_label_studio()
    place = tmp_path_factory.mktemp("label-studio") / "home"
    server.up(place)
    yield place
    server.down(place)


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Runs the command line; a traceback fails the test."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
