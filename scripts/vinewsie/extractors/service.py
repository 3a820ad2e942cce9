"""An extractor behind HTTP: each document is posted as JSON, the response is its answer."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url
from urllib3.exceptions import (
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
    ResponseError,
)
from urllib3.util import Retry

from vinewsie.extractors.answers import (
    PATIENCE,
    Answer,
    AnswerSink,
    Ask,
    decode_answer,
    encode_document,
    excerpt,
)
from vinewsie.extractors.credentials import masked, masked_url
from vinewsie.model import Document

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

R = TypeVar("R")

_BUSY = (429, 503)
"""Status codes after which a request is repeated."""
_RETRIES = 2
_BACKOFF = 0.5
"""Factor of the growing pauses in seconds, where the service gives no Retry-After."""
_POLL = 0.2
"""Seconds between checks whether to stop."""
_CHUNK = 1 << 14
"""Bytes that are read at once; an old urllib3 decompresses them to a thousand times as many."""
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127(\.\d+){3}|::1", re.IGNORECASE)


class NoAnswerError(Exception):
    """The reason why a service has no answer for a document."""


class BusyRetry(Retry):
    """Repeats requests to a busy service, as long as there is time for the next one.

    Args:
        until: the deadline, of the monotonic clock.
        options: those of ``Retry``.
    """

    def __init__(self, *, until: float = math.inf, **options: Any) -> None:
        super().__init__(**options)
        self._until = until

    def new(self, **options: Any) -> Self:
        """A copy with other options; ``Retry`` makes one for each repetition."""
        return super().new(until=self._until, **options)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """The pause in seconds that the service asks for, if it can be read."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """The state after another attempt; for arguments, see ``Retry``.

        Raises:
            MaxRetryError: there is no attempt left, or no time for one.
        """
        if response is not None and _pool is not None:
            pause = self.get_retry_after(response) or 0.0
            if monotonic() + pause >= self._until:
                raise MaxRetryError(_pool, url or "", ResponseError("no time left"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def ask_service(url: str, timeout: float, longest: int) -> Ask:
    """Asks the service at a URL.

    Args:
        url: the URL.
        timeout: seconds for each document.
        longest: bytes of the longest answer, decompressed.
    """
    answered = threading.Event()

    def ask(documents: Sequence[Document], sink: AnswerSink, stop: threading.Event) -> None:
        failures = 0
        for number, document in enumerate(documents):
            try:
                answer = _answer(url, document, timeout, longest, stop)
            except NoAnswerError as failure:
                if stop.is_set():
                    return
                reason = masked(str(failure), url)
                sink.fail(document.doc_id, reason)
                failures += 1
                if failures >= PATIENCE and not answered.is_set():
                    for rest in documents[number + 1 :]:
                        sink.fail(rest.doc_id, f"not asked, after {failures} failures: {reason}")
                    return
                continue
            answered.set()
            if isinstance(error := answer.get("error"), str):
                answer["error"] = masked(error, url)
            sink.take(document.doc_id, answer)

    return ask


def _answer(
    url: str, document: Document, timeout: float, longest: int, stop: threading.Event
) -> Answer:
    """The answer of a service for a document.

    Args:
        url: the URL.
        document: the document.
        timeout: seconds for the answer.
        longest: bytes of the longest answer.
        stop: ends the wait.

    Raises:
        NoAnswerError: there is none.
    """
    until = monotonic() + timeout
    try:
        response, body = _within(until, stop, lambda: _posted(url, document, until, longest))
    except TimeoutError:
        raise NoAnswerError(f"no answer within {timeout:g} s") from None
    if response.is_redirect:
        # Followed, a POST could become a GET, without the document.
        raise NoAnswerError(
            f"redirected to {masked_url(urljoin(url, response.headers['Location']))}: "
            "give that address"
        )
    if not 200 <= response.status_code < 300:
        raise NoAnswerError(f"HTTP {response.status_code} {response.reason}: {excerpt(body)}")
    try:
        answer = {
            "doc_id": document.doc_id,
            **decode_answer(body, "expected a JSON object with the document's records"),
        }
    except ValueError as error:
        raise NoAnswerError(str(error)) from error
    if answer["doc_id"] != document.doc_id:
        raise NoAnswerError(f"answered for {answer['doc_id']!r}")
    return answer


def _posted(
    url: str, document: Document, until: float, longest: int
) -> tuple[requests.Response, bytes]:
    """Posts a document; gives the response with its body. Repeats the request while the service is
    busy.

    Args:
        url: the URL.
        document: the document.
        until: the deadline, of the monotonic clock.
        longest: bytes of the longest body.

    Raises:
        TimeoutError: the response is not there in time.
        NoAnswerError: there is no response.
    """
    retry = BusyRetry(
        until=until,
        total=_RETRIES,
        connect=0,
        read=False,
        allowed_methods=None,
        status_forcelist=_BUSY,
        backoff_factor=_BACKOFF,
        raise_on_status=False,
    )
    with requests.Session() as session:
        # Credentials are those of the URL: without this, requests looks into .netrc.
        session.auth = get_auth_from_url(url) if urlsplit(url).username else _without_credentials
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        try:
            with session.post(
                url,
                data=encode_document(document),
                headers={"Content-Type": "application/json"},
                timeout=max(until - monotonic(), 0.001),
                allow_redirects=False,
                stream=True,
                proxies=_NO_PROXIES if _is_loopback(url) else None,
            ) as response:
                if "," in response.headers.get("Content-Encoding", ""):
                    raise NoAnswerError("its answer is compressed more than once")
                body = bytearray()
                for chunk in response.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > longest:
                        raise NoAnswerError(
                            f"it answered more than {longest >> 20} MB; --max-answer sets the limit"
                        )
                    if monotonic() > until:
                        raise TimeoutError
                return response, bytes(body)
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            cause = error.args[0] if error.args else None
            if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
                raise TimeoutError from error
            if isinstance(getattr(cause, "reason", None), NewConnectionError):
                raise NoAnswerError(f"no service answers at {masked_url(url)}") from error
            raise NoAnswerError("the connection was lost") from error
        except requests.RequestException as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        except ValueError as error:  # requests reads the address, though nobody follows it
            message = f"it redirected to an address that cannot be read: {error}"
            raise NoAnswerError(message) from error


_NO_PROXIES = {"http": "", "https": "", "all": ""}


def _is_loopback(url: str) -> bool:
    return _LOOPBACK.fullmatch(urlsplit(url).hostname or "") is not None


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _within(until: float, stop: threading.Event, work: Callable[[], R]) -> R:
    """The result of ``work``, if it is there by the deadline.

    The time limit of a socket is for each piece of data that it receives, this one for all. Work
    that is late cannot be ended; its thread is left behind.

    Args:
        until: the deadline, of the monotonic clock.
        stop: ends the wait.
        work: runs in another thread.

    Raises:
        TimeoutError: there is no result in time.
    """
    future: Future[R] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not stop.is_set() and (left := until - monotonic()) > 0:
        if wait([future], min(left, _POLL)).done:
            return future.result()
    raise TimeoutError
