"""The labelling page in a browser without a window: open a task, save it.

It drives the Chrome or Chromium that is installed, through Playwright, which needs no driver of
that browser's version. Nothing is ever downloaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSER = "VINEWSIE_BROWSER"
"""The environment variable with the browser to use."""
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
"""What browsers are called on the path."""
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 60
"""How long a page may take; one of a thousand regions takes about five."""

_SAVE = "[data-testid=bottombar-update-button], [data-testid=bottombar-submit-button]"
_TEXT = "[class*=richtext__container]"


class Editor:
    """The labelling page of a server; ``page`` is Playwright's."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url.rstrip("/")

    def log_in(self, user: str, password: str) -> None:
        """Logs in as a user of the server.

        Raises:
            LabelStudioError: the server does not take them.
        """
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", user)
        self.page.fill("input[name=password]", password)
        with self.page.expect_navigation():
            self.page.click("button[type=submit]")
        if "/user/login" in self.page.url:
            raise LabelStudioError(f"{self.url} does not take the password of {user}")

    def open(self, project: int, task: int) -> None:
        """Opens a task and waits until it can be edited.

        Raises:
            LabelStudioError: the page does not show the task.
        """
        from playwright.sync_api import TimeoutError as TooLate

        self.page.goto(f"{self.url}/projects/{project}/data?task={task}")
        try:
            self.page.wait_for_selector(_TEXT)
            self.page.wait_for_selector(_SAVE)
            # The text is there before its regions are, and before it listens to keys and mouse.
            self.page.wait_for_load_state("networkidle")
        except TooLate as error:
            message = f"the page of task {task} shows no text within {_SECONDS} s; open {self.page.url} in a browser to see why"
            raise LabelStudioError(message) from error

    def save(self) -> None:
        """Presses Update (or Submit) and waits until the server has saved what the page holds.

        Raises:
            LabelStudioError: the button cannot be pressed because nothing was changed, or the
                server does not save.
        """
        from playwright.sync_api import TimeoutError as TooLate

        button = self.page.locator(_SAVE)
        if not button.is_enabled():
            raise LabelStudioError(
                f"nothing was changed on {self.page.url}, so that there is nothing to save"
            )
        try:
            with self.page.expect_response(
                lambda r: "/annotations" in r.url and r.request.method in ("PATCH", "POST")
            ) as response:
                button.click()
        except TooLate as error:
            raise LabelStudioError(f"{self.page.url} did not save within {_SECONDS} s") from error
        if not response.value.ok:
            raise LabelStudioError(
                f"{self.page.url} could not save: the server answered {response.value.status}"
            )

    def touch(self) -> None:
        """Changes something and takes it back, since a page that nobody touched cannot be saved: a
        tick on the list of complete layers.
        """
        tick = self.page.locator(".vn-complete input[type=checkbox]").first
        tick.click()
        tick.click()


@contextmanager
def editor(url: str, user: str, password: str) -> Iterator[Editor]:
    """A browser that is logged in to a server.

    Raises:
        LabelStudioError: there is no browser, or it does not start, or the server does not let it
            in.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise LabelStudioError('needs playwright: pip install "vinewsie[label-studio]"') from error

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(headless=True, args=list(_FLAGS), **_installed())
        except Error as error:
            message = f"no browser: install Chromium or Chrome, or name one in the environment variable {BROWSER} ({_first_line(error)})"
            raise LabelStudioError(message) from error
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.set_default_timeout(_SECONDS * 1000)
            opened = Editor(page, url)
            opened.log_in(user, password)
            yield opened
        except Error as error:
            raise LabelStudioError(
                f"the browser could not work with {url}: {_first_line(error)}"
            ) from error
        finally:
            browser.close()


def open_and_update(
    url: str,
    project: int,
    tasks: Iterable[int],
    user: str,
    password: str,
    progress: ProgressCallback = no_progress,
) -> None:
    """Opens tasks in a browser and presses Update, as a person does who changes nothing.

    Args:
        url: the server.
        project: the project's number.
        tasks: the tasks' numbers.
        user: who logs in.
        password: and with what.
        progress: called with a line for each step.

    Raises:
        LabelStudioError: there is no browser, or a page cannot be opened or saved.
    """

    def run() -> None:
        with editor(url, user, password) as page:
            for task in tasks:
                progress(f"task {task}: open, Update")
                page.open(project, task)
                page.touch()
                page.save()

    # Playwright's blocking interface does not work in a thread that has an event loop already, as a
    # notebook's has.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(run).result()


def _installed() -> dict[str, Any]:
    """How Playwright is told which browser to use: the one of the environment, one on the path, or
    Chrome where it is usually installed.
    """
    named = os.environ.get(BROWSER)
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    return {"executable_path": path} if path else {"channel": "chrome"}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
