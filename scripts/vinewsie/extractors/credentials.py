"""Keeps credentials in URLs out of results, files and messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

MASK = "***"

_SECRET = re.compile(r"key|token|secret|passw|pwd|auth|credential|signature|\bsig\b", re.IGNORECASE)
"""Names of the parameters of a query whose values are masked."""
_PARAMETER = re.compile(r"(?<=[?&;])([^=&;#]*)=([^&;#]*)")
_USER = re.compile(r"([a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)
_SHORTEST = 4
"""Characters of the shortest secret that is masked in other texts; shorter ones occur in words."""


def masked_url(url: str) -> str:
    """A URL, or a text with URLs, without users, passwords and the values of parameters such as
    ``api_key``.
    """
    return _PARAMETER.sub(
        lambda found: f"{found[1]}={MASK}" if _SECRET.search(found[1]) else found[0],
        _USER.sub(rf"\1{MASK}@", url),
    )


def masked(text: str, url: str) -> str:
    """A text in which the credentials of a URL are masked, as a service may repeat them.

    Args:
        text: the text.
        url: the URL.
    """
    text = masked_url(text)
    for secret in sorted(set(_secrets(urlsplit(url))), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets(url: SplitResult) -> Iterator[str]:
    """The secrets of a URL, as written and decoded."""
    user, _, password = url.netloc.rpartition("@")[0].partition(":")
    values = [
        match[2] for match in _PARAMETER.finditer(f"?{url.query}") if _SECRET.search(match[1])
    ]
    for secret in (password or user, *values):
        yield from (s for s in (secret, unquote(secret)) if len(s) >= _SHORTEST)
    for name, value in parse_qsl(url.query):
        if _SECRET.search(name) and len(value) >= _SHORTEST:
            yield value
