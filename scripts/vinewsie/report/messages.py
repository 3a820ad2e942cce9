"""The words of the page, in English and Vietnamese, from one table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

LANGUAGES = ("en", "vi")
"""The languages, in the order of the columns of the table."""


@cache
def table() -> dict[str, tuple[str, str]]:
    """Each message by its key, in each language."""
    source = files("vinewsie.report") / "templates" / "messages.json"
    return msgspec.json.decode(source.read_bytes(), type=dict[str, tuple[str, str]])


def message(key: str, language: str = "en", **values: object) -> str:
    """A message with its values.

    Args:
        key: its key in the table.
        language: one of :data:`LANGUAGES`.
        values: what stands for each ``{name}``.
    """
    text = table()[key][LANGUAGES.index(language)]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
