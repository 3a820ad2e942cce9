"""The labelling page in a headless browser: open a task, save it.

Playwright drives the installed Chrome or Chromium, of any version. Nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vinewsie.findings import install_command
from vinewsie.labelstudio.server import LabelStudioError
from vinewsie.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSER = "VINEWSIE_BROWSER"
"""The environment variable with the path of the browser."""
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
"""Names of browsers on the path."""
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 60
"""Limit for a page; one with a thousand regions takes about five seconds."""

_SAVE = "[data-testid=bottombar-update-button], [data-testid=bottombar-submit-button]"
_TEXT = "[class*=richtext__container]"
_IS_READY = "() => window.Htx?.annotationStore?.selected?.names.get('text')?.isReady"
"""Whether the editor has drawn all regions of the text."""


class Editor:
    """The labelling page of a server.

    Args:
        page: Playwright's page.
        url: the server's address.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url.rstrip("/")

    def log_in(self, user: str, password: str) -> None:
        """Logs in as a user of the server.

        Raises:
            LabelStudioError: the server refuses the user or the password.
        """
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", user)
        self.page.fill("input[name=password]", password)
        with self.page.expect_navigation():
            self.page.click("button[type=submit]")
        if "/user/login" in self.page.url:
            raise LabelStudioError(f"{self.url} refuses the password of {user}")

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
            # The text appears before its regions do, and before it reacts to keys and mouse.
            self.page.wait_for_load_state("networkidle")
            self.page.wait_for_function(_IS_READY)
        except TooLate as error:
            raise LabelStudioError(
                f"the page of task {task} shows no text within {_SECONDS} s; "
                f"open {self.page.url} in a browser to see why"
            ) from error

    def save(self) -> None:
        """Presses Update (or Submit) and waits until the server has saved the page.

        Raises:
            LabelStudioError: nothing was changed, which disables the button, or the server did
                not save.
        """
        from playwright.sync_api import TimeoutError as TooLate

        button = self.page.locator(_SAVE)
        if not button.is_enabled():
            raise LabelStudioError(f"nothing was changed on {self.page.url}: nothing to save")
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
        """Enables the Update button of an unchanged page: ticks a box twice."""
        tick = self.page.locator(".vn-complete input[type=checkbox]").first
        tick.click()
        tick.click()
        self.page.locator(_SAVE).and_(self.page.locator(":enabled")).wait_for()


@contextmanager
def editor(url: str, user: str, password: str) -> Iterator[Editor]:
    """A browser that is logged in to a server.

    Args:
        url: the server's address.
        user: the user's e-mail address.
        password: the user's password.

    Raises:
        LabelStudioError: the browser is missing or does not start, or the server refuses the
            user.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise LabelStudioError(f"needs playwright: {install_command('label-studio')}") from error

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(headless=True, args=list(_FLAGS), **_installed())
        except Error as error:
            raise LabelStudioError(
                "no browser: install Chromium or Chrome, or give the path of one in the "
                f"environment variable {BROWSER} ({_first_line(error)})"
            ) from error
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
    """Opens tasks in a browser and presses Update without a change.

    Args:
        url: the server's address.
        project: the project's number.
        tasks: the tasks' numbers.
        user: the user's e-mail address.
        password: the user's password.
        progress: called with a line for each step.

    Raises:
        LabelStudioError: the browser is missing, or a page cannot be opened or saved.
    """

    def run() -> None:
        with editor(url, user, password) as page:
            for task in tasks:
                progress(f"task {task}: open, Update")
                page.open(project, task)
                page.touch()
                page.save()

    # Playwright's synchronous interface needs a thread without an event loop; notebooks have one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(run).result()


def _installed() -> dict[str, Any]:
    """Playwright's option for the browser: the one of the environment, the first on the path, or
    Chrome in its usual place.
    """
    named = os.environ.get(BROWSER)
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    return {"executable_path": path} if path else {"channel": "chrome"}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
