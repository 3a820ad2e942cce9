"""Messages in English and Vietnamese.

A message keeps its English template and its values. ``messages.json`` has the Vietnamese template
for each English one; the codes of findings have their Vietnamese meaning there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from vinewsie.findings import Finding

_TABLE = Path(__file__).with_name("messages.json")


class Message(str):
    """A message in English that can be said in another language.

    It is equal to the plain string, and ``str(message)`` is that string: msgspec encodes no
    subclass of ``str``, but does with ``enc_hook=str``.

    Args:
        template: the English template, with names in braces.
        values: the values of the names, which may be messages.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Message:
        """Fills in the English template."""
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, values
        return message

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        """Copied and pickled by its template and values: findings go between processes."""
        return type(self), (self.template, self.values)


class Word(str):
    """A value or name that has a word of its own in Vietnamese; in English it is the plain string.

    Args:
        english: the value.
        vietnamese: its word.
    """

    vietnamese: str

    def __new__(cls, english: str, vietnamese: str) -> Word:
        """Keeps the word beside the value."""
        word = super().__new__(cls, english)
        word.vietnamese = vietnamese
        return word

    def __reduce__(self) -> tuple[type[Word], tuple[str, str]]:
        """Copied and pickled with its word."""
        return type(self), (str(self), self.vietnamese)


def say(template: str, /, **values: Any) -> Message:
    """A message; its template is a key of ``messages.json``."""
    return Message(template, values)


def joined(parts: Iterable[str], separator: str = ", ") -> Message:
    """Messages one after the other, as one message.

    Args:
        parts: the messages.
        separator: what stands between two of them; may be a message.
    """
    values = {f"part{number}": part for number, part in enumerate(parts)}
    template = "{separator}".join(f"{{{name}}}" for name in values)
    return Message(template, {**values, "separator": separator})


def in_language(message: str, lang: str) -> str:
    """A message in a language: ``en``, or ``vi`` where its template has a translation."""
    if lang == "en":
        return message
    if isinstance(message, Word):
        return message.vietnamese
    if not isinstance(message, Message):
        return message
    values = {
        name: in_language(value, lang) if isinstance(value, str) else value
        for name, value in message.values.items()
    }
    return table()["messages"].get(message.template, message.template).format(**values)


def finding_in(finding: Finding, lang: str) -> Finding:
    """A finding with its message in a language.

    What a parser says of a file, and what is wrong with files of other formats, is English alone;
    the Vietnamese meaning of the code then stands before the message.
    """
    message = in_language(finding.message, lang)
    if lang == "vi" and _is_english(finding.message):
        message = f"{table()['codes'][finding.code]} ({message})"
    return replace(finding, message=message)


def _is_english(message: str) -> bool:
    """Whether any part of a message has no translation."""
    if not isinstance(message, Message):
        return True
    inner = message.values.get("finding")
    return isinstance(inner, str) and _is_english(inner)


@cache
def table() -> dict[str, dict[str, str]]:
    """The table: ``messages`` by English template, ``codes`` by the code of a finding."""
    found: dict[str, dict[str, str]] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return found
