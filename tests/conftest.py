"""Fixtures that several folders of tests share, and the rules for all tests."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from click.testing import CliRunner, Result

import vinewsie as vn
from vinewsie.cli import main
from vinewsie.labelstudio import server
from vinewsie.labelstudio.browser import BROWSER
from vinewsie.labelstudio.browser import NAMES as BROWSERS
from vinewsie.progress import show_progress

ROOT = Path(__file__).parents[1]
ANNOTATIONS = ROOT / "annotations"
DATASET = ROOT / "dataset"
CI = "CI" in os.environ

NODE_PACKAGES = {"chrono": "chrono-node@2.10.x", "vntk": "vntk@1.4.x", "axe": "axe-core@4"}
"""The npm packages that tests need, as .ci/run installs them."""

# Nothing depends on the clock: no time limit for an example (the first one pays for imports), and
# no check of how fast examples are made. In CI, the same examples in every run.
hypothesis.settings.register_profile(
    "project",
    deadline=None,
    derandomize=CI,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("project")

MAY_SKIP = re.compile(
    "(transformers|torch|gliner) is not installed"  # too large for the test extra
    "|trafilatura is not installed"  # pip 23 cannot resolve it beside the test extra
    "|other versions than the table's"
    "|the articles as they were received are not here"
    "|the texts of the press set are not here"
)
"""The reasons for which a test may be skipped where CI is set."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_skip_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_skip_in_ci(report)
    return report


def fail_skip_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turns a skip into a failure where CI is set, because everything that tests need is there."""
    if CI and report.skipped and not MAY_SKIP.search(str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI is set: {report.longrepr}"


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
def node_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Gives the folder with the npm package of an extractor in its ``node_modules``: that which
    VINEWSIE_NODE_MODULES names, or a new one, where it is installed.
    """
    if (named := os.environ.get("VINEWSIE_NODE_MODULES")) is not None:
        yield lambda _name: Path(named).parent
        return
    folder = tmp_path_factory.mktemp("node")

    def install(name: str) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"needs npm, to install {NODE_PACKAGES[name]}")
        command = [npm, "install", "--no-audit", "--no-fund", "--fetch-retries=0"]
        run = subprocess.run(
            [*command, "--prefix", str(folder), NODE_PACKAGES[name]],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            pytest.skip(f"needs a network, to install {NODE_PACKAGES[name]}: {run.stderr}")
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VINEWSIE_NODE_MODULES", str(folder / "node_modules"))
        yield install


@pytest.fixture(scope="session")
def chrono_node(node_package: Callable[[str], Path]) -> Path:
    """The folder with chrono-node in its ``node_modules``."""
    return node_package("chrono")


@pytest.fixture(scope="session")
def vntk_node(node_package: Callable[[str], Path]) -> Path:
    """The folder with vntk in its ``node_modules``."""
    return node_package("vntk")


def need_label_studio(*, browser: bool = False) -> None:
    """Skips the test where the Label Studio server, or a browser, is missing."""
    modules = ["label_studio", "label_studio_sdk", "psutil", *(["playwright"] if browser else [])]
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if browser and not any(shutil.which(name) for name in (*BROWSERS, os.environ.get(BROWSER, ""))):
        missing.append("a browser")
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")


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
def cli(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command line; a traceback fails the test. On a busy machine, too, no progress stands
    between the lines of stderr.
    """
    monkeypatch.setattr(
        "vinewsie.progress.show_progress", functools.partial(show_progress, patience=3600.0)
    )

    def run(*arguments: object, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
