"""Asking a service over HTTP: a document is POSTed as JSON, and its prediction comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from vinewsie.extractors.processes import PATIENCE, question
from vinewsie.model import Document

if TYPE_CHECKING:
    import requests

_SHOWN = 200


def service(url: str, timeout: float) -> Callable[..., None]:
    """What asks the service at ``url``, with so many seconds for a document."""
    successes = threading.Event()

    def ask(documents: Sequence[Document], take: Any, fail: Any, stop: threading.Event) -> None:
        import requests

        fruitless = 0
        with requests.Session() as session:
            for number, document in enumerate(documents):
                if stop.is_set():
                    return
                answer, reason = _post(session, url, document, timeout)
                if answer is not None:
                    successes.set()
                    take(document.doc_id, answer)
                    continue
                fail(document.doc_id, reason)
                fruitless += 1
                if fruitless >= PATIENCE and not successes.is_set():
                    for rest in documents[number + 1 :]:
                        fail(rest.doc_id, f"not asked, after {fruitless} failures: {reason}")
                    return

    return ask


def _post(session: requests.Session, url: str, document: Document, timeout: float) -> tuple[dict[str, Any] | None, str]:
    """The answer, or why there is none."""
    import requests

    try:
        response = session.post(url, data=question(document), headers={"Content-Type": "application/json"}, timeout=timeout)
        body = response.content
    except requests.Timeout:
        return None, f"no answer within {timeout:g} s"
    except requests.ConnectionError:
        return None, f"no service answers at {url}"
    except requests.RequestException as error:
        return None, f"{type(error).__name__}: {error}"
    shown = body[:_SHOWN].decode("utf-8", "replace") + ("…" if len(body) > _SHOWN else "")
    if not response.ok:
        return None, f"HTTP {response.status_code} {response.reason}: {shown}"
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None, f"came back {shown!r}; expected a JSON object with the document's records"
    if not isinstance(answer, Mapping):
        return None, f"came back {shown!r}; expected a JSON object with the document's records"
    answer = {"doc_id": document.doc_id, **answer}
    if answer["doc_id"] != document.doc_id:
        return None, f"answered for {answer['doc_id']!r}"
    return answer, ""
