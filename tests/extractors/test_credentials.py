"""Credentials in URLs are masked."""

from __future__ import annotations

import pytest

from vinewsie.extractors.credentials import masked, masked_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("http://a:b@localhost/", "http://***@localhost/"),
        ("HTTPS://khoa@localhost", "HTTPS://***@localhost"),
        ("http://h/a@b?lang=vi", "http://h/a@b?lang=vi"),
        ("http://h/?lang=vi&API_KEY=x;token=y#z", "http://h/?lang=vi&API_KEY=***;token=***#z"),
        ("http://h/?X-Amz-Signature=a%20b&model=m", "http://h/?X-Amz-Signature=***&model=m"),
        ("combine:rules+http://a:b@h/", "combine:rules+http://***@h/"),
    ],
)
def test_a_url(url: str, shown: str) -> None:
    assert masked_url(url) == shown


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("no m%40t-kh, no m@t-kh", "http://a:m%40t-kh@h/", "no ***, no ***"),
        ("khoa1234 is wrong", "http://khoa1234@h/", "*** is wrong"),
        ("key khoa-a", "http://h/?key=khoa-a&q=key", "key ***"),
        ("a short word", "http://a:a@h/", "a short word"),
        ("via http://x:y@proxy/", "http://h/", "via http://***@proxy/"),
    ],
)
def test_a_text(text: str, url: str, shown: str) -> None:
    assert masked(text, url) == shown
