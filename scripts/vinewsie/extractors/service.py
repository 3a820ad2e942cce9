"""Asking a service over HTTP: a document is POSTed as JSON, and its prediction comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin

from vinewsie.extractors.worker import PATIENCE, answer_in, question, shown
from vinewsie.model import Document

if TYPE_CHECKING:
    import requests

R = TypeVar("R")

_BUSY = (429, 503)
"""A service that answers so is asked again, up to _RETRIES times."""
_RETRIES = 2
_PAUSE = 0.5
"""Seconds before it is asked again where it does not say when; twice as many the next time."""
_POLL = 0.2
_CHUNK = 1 << 16


class _NoAnswerError(Exception):
    """Why a service has no answer."""


def service(url: str, timeout: float) -> Callable[..., None]:
    """What asks the service at ``url``, with so many seconds for a document."""
    successes = threading.Event()

    def ask(documents: Sequence[Document], take: Any, fail: Any, stop: threading.Event) -> None:
        fruitless = 0
        for number, document in enumerate(documents):
            try:
                answer = _answer(url, document, timeout, stop)
            except _NoAnswerError as error:
                if stop.is_set():
                    return
                fail(document.doc_id, str(error))
                fruitless += 1
                if fruitless >= PATIENCE and not successes.is_set():
                    for rest in documents[number + 1 :]:
                        fail(rest.doc_id, f"not asked, after {fruitless} failures: {error}")
                    return
                continue
            successes.set()
            take(document.doc_id, answer)

    return ask


def _answer(url: str, document: Document, timeout: float, stop: threading.Event) -> dict[str, Any]:
    """The answer of a service for a document.

    Raises:
        _NoAnswerError: there is none.
    """
    try:
        response, body = _response(url, document, time.monotonic() + timeout, stop)
    except TimeoutError:
        raise _NoAnswerError(f"no answer within {timeout:g} s") from None
    if response.is_redirect:
        # Followed, a POST could become a GET, without the document.
        raise _NoAnswerError(
            f"redirected to {urljoin(url, response.headers['Location'])}: give that address"
        )
    if not 200 <= response.status_code < 300:
        raise _NoAnswerError(f"HTTP {response.status_code} {response.reason}: {shown(body)}")
    try:
        answer = {
            "doc_id": document.doc_id,
            **answer_in(body, "expected a JSON object with the document's records"),
        }
    except ValueError as error:
        raise _NoAnswerError(str(error)) from error
    if answer["doc_id"] != document.doc_id:
        raise _NoAnswerError(f"answered for {answer['doc_id']!r}")
    return answer


def _response(
    url: str, document: Document, until: float, stop: threading.Event
) -> tuple[requests.Response, bytes]:
    """The response to a document, and its body; a service that is busy is asked again, as long as
    there is time.
    """
    retries = 0
    while True:
        response, body = _within(until, stop, lambda: _posted(url, document, until))
        if response.status_code not in _BUSY or retries == _RETRIES:
            return response, body
        pause = _retry_after(response.headers.get("Retry-After", ""), _PAUSE * 2**retries)
        if time.monotonic() + pause >= until or stop.wait(pause):
            return response, body
        retries += 1


def _posted(url: str, document: Document, until: float) -> tuple[requests.Response, bytes]:
    """The response to a document, and its body.

    Raises:
        TimeoutError: it did not come in time.
        _NoAnswerError: it did not come.
    """
    import requests
    from urllib3.exceptions import NewConnectionError, ReadTimeoutError

    try:
        with requests.post(
            url,
            data=question(document),
            headers={"Content-Type": "application/json"},
            timeout=max(until - time.monotonic(), 0.001),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if time.monotonic() > until:
                    raise TimeoutError
            return response, bytes(body)
    except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
        raise _NoAnswerError(f"{type(error).__name__}: {error}") from error
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        cause = error.args[0] if error.args else None
        if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
            raise TimeoutError from error
        if isinstance(getattr(cause, "reason", None), NewConnectionError):
            raise _NoAnswerError(f"no service answers at {url}") from error
        raise _NoAnswerError("the connection was lost") from error
    except requests.RequestException as error:
        raise _NoAnswerError(f"{type(error).__name__}: {error}") from error


def _within(until: float, stop: threading.Event, work: Callable[[], R]) -> R:
    """What ``work`` gives.

    The time limits of sockets are for each piece that comes; this one is for all. Work that is
    overdue cannot be stopped, but left behind.

    Raises:
        TimeoutError: it gave nothing in time.
    """
    future: Future[R] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        if wait([future], min(left, _POLL)).done:
            return future.result()
    raise TimeoutError


def _retry_after(given: str, otherwise: float) -> float:
    """In how many seconds a busy service wants to be asked again: it may give a number or a
    date.
    """
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = max((parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds(), 0.0)
        except (ValueError, TypeError):  # no date; a date without its zone
            return otherwise
    return seconds if seconds >= 0 else otherwise
