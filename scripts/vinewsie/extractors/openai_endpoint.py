"""An OpenAI-compatible endpoint: settings from the environment, requests with retries, answers kept
in a cache.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from vinewsie.extractors.catalogue import ExtractorError
from vinewsie.extractors.openai_prompt import LANGUAGES, PROMPT_VERSION, schema
from vinewsie.files import write_text

TIMEOUT = 240.0
"""Seconds that are waited for an answer: a long page takes a small machine minutes."""

MAX_RETRIES = 5
"""How often a request is made again after 408, 409, 429, 5xx, a lost connection or a timeout; the
pauses between grow.
"""


@dataclass(frozen=True)
class Settings:
    """What an endpoint is asked, and how.

    Args:
        model: the model's name.
        api_key: the key; never shown or stored.
        base_url: where the endpoint is; None for the service's own.
        language: the language of the prompt.
        cache: the folder of stored answers.
        price: dollars for a million tokens read and written; None where that is not known.
        timeout: seconds that are waited for an answer.
        max_retries: how often a request is made again.
    """

    model: str
    api_key: str = field(repr=False)
    base_url: str | None
    language: str
    cache: Path
    price: tuple[float, float] | None
    timeout: float
    max_retries: int = MAX_RETRIES


def problems(environment: Mapping[str, str]) -> list[str]:
    """What the environment lacks or has wrong, all of it, and what is allowed."""
    found = []
    if not environment.get("VINEWSIE_OPENAI_MODEL", "").strip():
        found.append("set VINEWSIE_OPENAI_MODEL to the model's name")
    key = environment.get("OPENAI_API_KEY", "").strip()
    if not key:
        found.append("set OPENAI_API_KEY to the endpoint's key (any word where it wants none)")
    elif not (key.isascii() and key.isprintable()):
        found.append("OPENAI_API_KEY holds characters that no key has")
    base_url = environment.get("OPENAI_BASE_URL", "").strip()
    if base_url and not _is_url(base_url):
        found.append(
            f"OPENAI_BASE_URL is {base_url!r}; a URL such as http://localhost:8000/v1 is wanted"
        )
    if (language := environment.get("VINEWSIE_OPENAI_PROMPT", LANGUAGES[0])) not in LANGUAGES:
        found.append(f"VINEWSIE_OPENAI_PROMPT is {language!r}; allowed are {', '.join(LANGUAGES)}")
    if (price := environment.get("VINEWSIE_OPENAI_PRICE")) and _price(price) is None:
        found.append(
            f"VINEWSIE_OPENAI_PRICE is {price!r}; two prices per million tokens, read and written, are wanted, such as 0.15,0.6"
        )
    if (timeout := environment.get("VINEWSIE_OPENAI_TIMEOUT")) and not _positive(timeout):
        found.append(f"VINEWSIE_OPENAI_TIMEOUT is {timeout!r}; a number of seconds is wanted")
    return found


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment without problems."""
    cache = environment.get("VINEWSIE_OPENAI_CACHE")
    return Settings(
        model=environment["VINEWSIE_OPENAI_MODEL"].strip(),
        api_key=environment["OPENAI_API_KEY"].strip(),
        base_url=environment.get("OPENAI_BASE_URL", "").strip() or None,
        language=environment.get("VINEWSIE_OPENAI_PROMPT", LANGUAGES[0]),
        cache=Path(cache) if cache else _cache_folder(),
        price=_price(environment.get("VINEWSIE_OPENAI_PRICE", "")),
        timeout=float(environment.get("VINEWSIE_OPENAI_TIMEOUT") or TIMEOUT),
    )


def _cache_folder() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("vinewsie", appauthor=False) / "openai"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False


def _price(text: str) -> tuple[float, float] | None:
    parts = text.split(",")
    if len(parts) != 2 or not all(
        _positive(part) or part.strip() in ("0", "0.0") for part in parts
    ):
        return None
    return float(parts[0]), float(parts[1])


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Body(msgspec.Struct):
    """What is read of a chat completion; endpoints leave out or add much else."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


@dataclass(frozen=True)
class Completion:
    """An answer of the endpoint.

    Args:
        content: its text.
        full: whether the answer ended because there was no more room.
        model: the model as the endpoint calls it.
        parameters: the parameters that the endpoint took.
        tokens: tokens read and written, as far as the endpoint counts them, whether the answer is
            new or stored.
        requests: the requests that were made for it; none for a stored answer.
    """

    content: str
    full: bool
    model: str | None
    parameters: str
    tokens: Mapping[str, int]
    requests: int


class TooLongError(ExtractorError):
    """The page and its answer are more than the model can hold."""


_SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "page", "strict": True, "schema": schema()},
}
_PARAMETERS: dict[str, Any] = {"response_format": _SCHEMA, "temperature": 0, "seed": 0}
"""What is asked for at first. An endpoint that refuses one of them is asked without it."""
_REFUSED = {
    "response_format": re.compile(
        r"response.?format|json.?schema|json.?object|schema|structured.?output|grammar",
        re.IGNORECASE,
    ),
    "temperature": re.compile(r"temperature", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
}
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size|limit|exceed)|maximum.{0,20}(length|tokens)|too (long|many tokens)|reduce the length|token limit",
    re.IGNORECASE,
)

_KEY_LENGTH = 12


class Endpoint:
    """Asks an endpoint, or its stored answers."""

    def __init__(self, settings: Settings) -> None:
        import openai

        self._settings = settings
        self._client = openai.OpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            timeout=settings.timeout,
            max_retries=settings.max_retries,
        )
        self._parameters = dict(_PARAMETERS)

    def complete(
        self, messages: Sequence[Mapping[str, str]], usable: Callable[[Completion], bool]
    ) -> Completion:
        """The answer to messages. Only what is usable is stored, and of what is stored only that is
        taken.

        Raises:
            TooLongError: there is no room for them.
            ExtractorError: there is no answer, or a refusal.
        """
        path = self._settings.cache / f"{self._key(messages)}.json"
        if (stored := _stored(path)) is not None and usable(stored):
            return stored
        text, requests = self._ask(messages)
        text = self._without_key(text)
        completion = _completion(text, _written(self._parameters), requests)
        if not usable(completion):
            return completion
        try:
            # As it came, so that what is not read today can be read tomorrow.
            write_text(
                path,
                json.dumps(
                    {"parameters": completion.parameters, "answer": json.loads(text)},
                    ensure_ascii=False,
                )
                + "\n",
            )
        except OSError as error:
            print(
                f"openai: {path} cannot be written ({error.strerror}); the answer is not stored",
                file=sys.stderr,
            )
        return completion

    def _key(self, messages: Sequence[Mapping[str, str]]) -> str:
        """What an answer depends on, as far as it was asked for: what an endpoint refuses is found
        out anew only for a new question.
        """
        asked = [
            str(self._client.base_url),
            self._settings.model,
            PROMPT_VERSION,
            messages,
            _PARAMETERS,
        ]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def _ask(self, messages: Sequence[Mapping[str, str]]) -> tuple[str, int]:
        """The body of the answer, and how many requests it took."""
        import openai

        create: Any = self._client.chat.completions.with_raw_response.create
        requests = 0
        while True:
            try:
                answer = create(model=self._settings.model, messages=messages, **self._parameters)
                return answer.text, requests + 1 + answer.retries_taken
            except openai.APIStatusError as error:
                requests += 1
                said = self._without_key(_words(error.body) or error.message)
                if error.status_code == 413 or (
                    error.status_code in (400, 422) and _TOO_LONG.search(said)
                ):
                    raise TooLongError(
                        f"one line of the page is too long for the model: {said[:300]}"
                    ) from error
                if error.status_code in (400, 422) and self._asks_less(f"{error.param} {said}"):
                    continue
                raise ExtractorError(
                    f"the endpoint answered {error.status_code}: {said[:300]}"
                ) from error
            except openai.APITimeoutError as error:
                tries = self._settings.max_retries + 1
                raise ExtractorError(
                    f"the endpoint gave no answer within {self._settings.timeout:g} s, {tries} times"
                ) from error
            except openai.APIConnectionError as error:
                raise ExtractorError(
                    f"the endpoint cannot be reached: {error.__cause__ or error}"
                ) from error
            except openai.OpenAIError as error:
                raise ExtractorError(self._without_key(str(error))) from error

    def _asks_less(self, said: str) -> bool:
        """Gives up the parameter that the endpoint refuses by what it says; false if it refuses
        none.
        """
        refused = next((name for name in self._parameters if _REFUSED[name].search(said)), None)
        if refused is None:
            return False
        if self._parameters[refused] == _SCHEMA:
            self._parameters[refused] = {"type": "json_object"}
        else:
            del self._parameters[refused]
        print(
            f"openai: the endpoint refuses a parameter; from now on: {_written(self._parameters)}",
            file=sys.stderr,
        )
        return True

    def _without_key(self, text: str) -> str:
        """Some endpoints repeat the key. What is too short for a key is a word, given to an
        endpoint that wants none.
        """
        key = self._settings.api_key
        return text.replace(key, "***") if len(key) >= _KEY_LENGTH else text


def _written(parameters: Mapping[str, Any]) -> str:
    """Parameters in one line."""
    return (
        " ".join(
            f"{name}={value['type'] if isinstance(value, dict) else value}"
            for name, value in parameters.items()
        )
        or "none"
    )


def _words(body: object) -> str:
    """What an endpoint says of an error, in one line; endpoints differ in where they say it."""
    message = body.get("message") if isinstance(body, dict) else body
    if not isinstance(message, str):
        message = json.dumps(body, ensure_ascii=False) if body else ""
    return " ".join(message.split())


def _stored(path: Path) -> Completion | None:
    """The answer that a file holds; None if there is none, or none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return _completion(json.dumps(kept["answer"]), str(kept["parameters"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _completion(text: str, parameters: str, requests: int) -> Completion:
    try:
        body = msgspec.json.decode(text, type=_Body, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExtractorError(
            f"the endpoint's answer is no chat completion ({error}): {' '.join(text.split())[:80]!r}"
        ) from error
    if not body.choices:
        raise ExtractorError(
            f"the endpoint's answer has no choices: {json.dumps(body.error, ensure_ascii=False)[:300]}"
        )
    choice = body.choices[0]
    content = choice.message.content
    if isinstance(content, list):
        content = "".join(
            str(part["text"]) for part in content if isinstance(part.get("text"), str)
        )
    if choice.message.refusal:
        raise ExtractorError(f"the model refused: {choice.message.refusal}")
    if choice.finish_reason == "content_filter":
        raise ExtractorError("the endpoint's content filter withheld the answer")
    full = choice.finish_reason == "length"
    if not content and not full:
        raise ExtractorError(f"the answer is empty (finish_reason {choice.finish_reason})")
    usage = msgspec.to_builtins(body.usage) if body.usage else {}
    tokens = {name: count for name, count in usage.items() if count is not None}
    return Completion(content or "", full, body.model, parameters, tokens, requests)
