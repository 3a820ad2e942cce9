"""Client of an OpenAI-compatible endpoint: settings from the environment, requests with retries,
answers cached in files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from vinewsie.defaults import EPOCH_VARIABLE, MAX_ANSWER, MAX_ANSWER_VARIABLE
from vinewsie.extractors.catalogue import ExtractorError
from vinewsie.extractors.credentials import masked, masked_url
from vinewsie.extractors.openai_prompt import LANGUAGES, PROMPT_VERSION, schema
from vinewsie.files import write_text

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger("vinewsie")

TIMEOUT = 240.0
"""Seconds for an answer: a long page takes a small machine minutes."""

MAX_RETRIES = 5
"""Repetitions of a request after 408, 409, 429, 5xx, a lost connection or a timeout, with growing
pauses.
"""


@dataclass(frozen=True)
class Settings:
    """Settings of an endpoint.

    Args:
        model: the model's name.
        api_key: the key; never shown or stored.
        base_url: the address of the endpoint; None for OpenAI's.
        language: the language of the prompt.
        cache: the folder of cached answers.
        price: dollars for a million input and output tokens; None if unknown.
        timeout: seconds for an answer.
        max_retries: repetitions of a request.
        max_answer: megabytes of the longest answer, decompressed.
        temperature: of the sampling.
        epoch: the number of the epoch, from 1; each epoch has its own seed and stored answers.
    """

    model: str
    api_key: str = field(repr=False)
    base_url: str | None
    language: str
    cache: Path
    price: tuple[float, float] | None
    timeout: float
    max_retries: int = MAX_RETRIES
    max_answer: int = MAX_ANSWER
    temperature: float = 0
    epoch: int = 1


def problems(environment: Mapping[str, str]) -> list[str]:
    """All missing or wrong settings in the environment, with the allowed values."""
    found = []
    if not environment.get("VINEWSIE_OPENAI_MODEL", "").strip():
        found.append("set VINEWSIE_OPENAI_MODEL to the model's name")
    key = environment.get("OPENAI_API_KEY", "").strip()
    if not key:
        found.append("set OPENAI_API_KEY to the endpoint's key (any word if it needs none)")
    elif not (key.isascii() and key.isprintable()):
        found.append("OPENAI_API_KEY has characters that are not allowed in a key")
    base_url = environment.get("OPENAI_BASE_URL", "").strip()
    if base_url and not _is_url(base_url):
        found.append(
            f"OPENAI_BASE_URL is {masked_url(base_url)!r}; "
            "expected a URL such as http://localhost:8000/v1"
        )
    if (language := environment.get("VINEWSIE_OPENAI_PROMPT", LANGUAGES[0])) not in LANGUAGES:
        found.append(f"VINEWSIE_OPENAI_PROMPT is {language!r}; allowed are {', '.join(LANGUAGES)}")
    if (price := environment.get("VINEWSIE_OPENAI_PRICE")) and _price(price) is None:
        found.append(
            f"VINEWSIE_OPENAI_PRICE is {price!r}; expected two prices, of a million input and "
            "output tokens, such as 0.15,0.6"
        )
    if (timeout := environment.get("VINEWSIE_OPENAI_TIMEOUT")) and not _positive(timeout):
        found.append(f"VINEWSIE_OPENAI_TIMEOUT is {timeout!r}; expected a number of seconds")
    if (temperature := environment.get(_TEMPERATURE)) and not _not_negative(temperature):
        found.append(f"{_TEMPERATURE} is {temperature!r}; expected a number such as 0.7")
    return found


def settings_from(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment without :func:`problems`."""
    cache = environment.get("VINEWSIE_OPENAI_CACHE")
    return Settings(
        model=environment["VINEWSIE_OPENAI_MODEL"].strip(),
        api_key=environment["OPENAI_API_KEY"].strip(),
        base_url=environment.get("OPENAI_BASE_URL", "").strip() or None,
        language=environment.get("VINEWSIE_OPENAI_PROMPT", LANGUAGES[0]),
        cache=Path(cache) if cache else _cache_folder(),
        price=_price(environment.get("VINEWSIE_OPENAI_PRICE", "")),
        timeout=float(environment.get("VINEWSIE_OPENAI_TIMEOUT") or TIMEOUT),
        max_answer=int(environment.get(MAX_ANSWER_VARIABLE, MAX_ANSWER)),
        temperature=_number(environment.get(_TEMPERATURE) or "0"),
        epoch=int(environment.get(EPOCH_VARIABLE, 1)),
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


def _not_negative(text: str) -> bool:
    return _positive(text) or text.strip() in ("0", "0.0")


def _number(text: str) -> float:
    """A number; an integer as such, so that requests and their keys have 0, not 0.0."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _price(text: str) -> tuple[float, float] | None:
    parts = text.split(",")
    if len(parts) != 2 or not all(map(_not_negative, parts)):
        return None
    return float(parts[0]), float(parts[1])


class ChatMessage(msgspec.Struct):
    """The message of a choice."""

    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class ChatChoice(msgspec.Struct):
    """A choice of a chat completion."""

    message: ChatMessage
    finish_reason: str | None = None


class TokenUsage(msgspec.Struct):
    """The tokens that the endpoint counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ChatCompletion(msgspec.Struct):
    """The fields of a chat completion that are used; endpoints omit some and add others."""

    choices: list[ChatChoice] = []
    usage: TokenUsage | None = None
    model: str | None = None
    error: Any = None


@dataclass(frozen=True)
class Completion:
    """An answer of the endpoint.

    Args:
        content: its text.
        full: whether it was truncated at the token limit.
        model: the endpoint's name for the model.
        parameters: the parameters that the endpoint accepted.
        tokens: input and output tokens, as far as the endpoint counts them; also for a cached
            answer.
        requests: the number of requests for it; 0 for a cached answer.
    """

    content: str
    full: bool
    model: str | None
    parameters: str
    tokens: Mapping[str, int]
    requests: int


class TooLongError(ExtractorError):
    """The page and its answer exceed the model's context."""


_SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "page", "strict": True, "schema": schema()},
}
_REFUSED = {
    "response_format": re.compile(
        r"response.?format|json.?schema|json.?object|schema|structured.?output|grammar",
        re.IGNORECASE,
    ),
    "temperature": re.compile(r"temperature", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
}
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size|limit|exceed)|maximum.{0,20}(length|tokens)"
    r"|too (long|many tokens)|reduce the length|token limit",
    re.IGNORECASE,
)

_TEMPERATURE = "VINEWSIE_OPENAI_TEMPERATURE"
_KEY_LENGTH = 12
"""Characters of the shortest key that is masked in texts."""


class Endpoint:
    """An endpoint with a cache of its answers.

    Args:
        settings: its settings.
    """

    def __init__(self, settings: Settings) -> None:
        import openai

        self._settings = settings
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            timeout=settings.timeout,
            max_retries=settings.max_retries,
            http_client=_http_client(settings),
        )
        # One that the endpoint refuses is dropped.
        self._first_parameters: Mapping[str, Any] = {
            "response_format": _SCHEMA,
            "temperature": settings.temperature,
            "seed": settings.epoch - 1,
        }
        self._parameters = dict(self._first_parameters)

    async def complete(
        self, messages: Sequence[Mapping[str, str]], usable: Callable[[Completion], bool]
    ) -> Completion:
        """The answer to messages, from the cache or the endpoint.

        Args:
            messages: the messages.
            usable: whether an answer may be cached, and taken from the cache.

        Raises:
            TooLongError: the messages exceed the model's context.
            ExtractorError: there is no answer, or the model refused.
        """
        path = self._settings.cache / f"{self._key(messages)}.json"
        if (stored := _stored(path)) is not None and usable(stored):
            return stored
        text, requests = await self._ask(messages)
        text = self._without_key(text)
        completion = _completion(text, _written(self._parameters), requests)
        if not usable(completion):
            return completion
        try:
            # The whole response, so that fields not used now are there for later versions.
            write_text(
                path,
                json.dumps(
                    {"parameters": completion.parameters, "answer": json.loads(text)},
                    ensure_ascii=False,
                )
                + "\n",
            )
        except OSError as error:
            logger.warning(
                "openai: %s cannot be written (%s); the answer is not stored", path, error.strerror
            )
        return completion

    def _key(self, messages: Sequence[Mapping[str, str]]) -> str:
        """A hash of everything that an answer depends on. It has the parameters as first asked for,
        so that an answer is found again although the endpoint refused some.
        """
        asked = [
            str(self._client.base_url),
            self._settings.model,
            PROMPT_VERSION,
            messages,
            self._first_parameters,
        ]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    async def _ask(self, messages: Sequence[Mapping[str, str]]) -> tuple[str, int]:
        """The body of the answer, and the number of requests for it."""
        import openai

        create: Any = self._client.chat.completions.with_raw_response.create
        requests = 0
        while True:
            try:
                asked = dict(self._parameters)
                answer = await create(model=self._settings.model, messages=messages, **asked)
                return answer.text, requests + 1 + answer.retries_taken
            except openai.APIStatusError as error:
                requests += 1
                message = self._without_key(_words(error.body) or error.message)
                if error.status_code == 413 or (
                    error.status_code in (400, 422) and _TOO_LONG.search(message)
                ):
                    raise TooLongError(
                        f"one line of the page is too long for the model: {message[:300]}"
                    ) from error
                if error.status_code in (400, 422) and self._drop_refused(
                    f"{error.param} {message}", asked
                ):
                    continue
                raise ExtractorError(
                    f"the endpoint answered {error.status_code}: {message[:300]}"
                ) from error
            except openai.APITimeoutError as error:
                tries = self._settings.max_retries + 1
                raise ExtractorError(
                    f"the endpoint gave no answer within {self._settings.timeout:g} s, "
                    f"{tries} times"
                ) from error
            except openai.APIConnectionError as error:
                reason = self._without_key(str(error.__cause__ or error))
                raise ExtractorError(f"the endpoint cannot be reached: {reason}") from error
            except openai.OpenAIError as error:
                raise ExtractorError(self._without_key(str(error))) from error

    def _drop_refused(self, message: str, asked: Mapping[str, Any]) -> bool:
        """Drops the parameter that the endpoint's message names, or replaces the schema by plain
        JSON. Returns False if the message names none of those that were asked with.
        """
        refused = next((name for name in asked if _REFUSED[name].search(message)), None)
        if refused is None:
            return False
        if self._parameters.get(refused) != asked[refused]:
            return True  # dropped meanwhile by another question
        if self._parameters[refused] == _SCHEMA:
            self._parameters[refused] = {"type": "json_object"}
        else:
            del self._parameters[refused]
        logger.warning(
            "openai: the endpoint refuses a parameter; from now on: %s", _written(self._parameters)
        )
        return True

    def _without_key(self, text: str) -> str:
        """Masks the key and the credentials of the URL, which some endpoints repeat. A short key
        is a placeholder for an endpoint that needs none, and could be a word of the text.
        """
        key = self._settings.api_key
        text = masked(text, self._settings.base_url or "")
        return text.replace(key, "***") if len(key) >= _KEY_LENGTH else text


def _http_client(settings: Settings) -> httpx.AsyncClient:
    """An HTTP client that limits the size of answers, and asks no proxy for loopback addresses."""
    import httpx
    import openai

    class LimitedClient(openai.DefaultAsyncHttpxClient):
        async def send(
            self, request: httpx.Request, *, stream: bool = False, **options: Any
        ) -> httpx.Response:
            response = await super().send(request, stream=True, **options)
            async with contextlib.aclosing(response):
                try:
                    body = await _body(response, settings.max_answer << 20)
                except ValueError as error:
                    # An exception would be taken for a lost connection, and the request repeated.
                    return httpx.Response(
                        response.status_code,
                        headers={"x-should-retry": "false"},
                        json={"error": {"message": str(error)}},
                        request=request,
                    )
            headers = [
                (name, value)
                for name, value in response.headers.multi_items()
                if name not in ("content-encoding", "content-length", "transfer-encoding")
            ]
            return httpx.Response(
                response.status_code,
                headers=headers,
                content=body,
                request=request,
                extensions={"http_version": response.extensions.get("http_version", b"HTTP/1.1")},
            )

    hosts = ("localhost", "127.0.0.1", "[::1]")
    return LimitedClient(mounts=dict.fromkeys(f"all://{host}" for host in hosts))


async def _body(response: httpx.Response, longest: int) -> bytes:
    """The decompressed body of a response.

    Raises:
        ValueError: it has more bytes than ``longest``, or is compressed more than once.
    """
    if "," in response.headers.get("content-encoding", ""):
        raise ValueError("its answer is compressed more than once")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > longest:
            raise ValueError(f"its answer is longer than {longest >> 20} MB; --max-answer sets it")
    return bytes(body)


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
    """The message of an error response, in one line; its place differs between endpoints."""
    message = body.get("message") if isinstance(body, dict) else body
    if not isinstance(message, str):
        message = json.dumps(body, ensure_ascii=False) if body else ""
    return " ".join(message.split())


def _stored(path: Path) -> Completion | None:
    """The answer in a file; None if the file is missing or damaged."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return _completion(json.dumps(stored["answer"]), str(stored["parameters"]), 0)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _completion(text: str, parameters: str, requests: int) -> Completion:
    try:
        body = msgspec.json.decode(text, type=ChatCompletion, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExtractorError(
            f"the endpoint's answer is not a chat completion ({error}): "
            f"{' '.join(text.split())[:80]!r}"
        ) from error
    if not body.choices:
        reason = json.dumps(body.error, ensure_ascii=False)[:300]
        raise ExtractorError(f"the endpoint's answer has no choices: {reason}")
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
