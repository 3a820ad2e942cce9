"""What of a message has no Vietnamese: for tests of everything that the labelling page and its
commands say.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

import vinewsie as vn
from vinewsie.findings import Finding
from vinewsie.messages import Message, in_language, table

PACKAGE = Path(str(vn.__file__)).parent
ENGLISH = re.compile(
    r"(?<![-\w])(the|is|are|not|and|has|have|of|with|but|must|allowed|missing|which)(?![-\w])"
)
"""Words that no Vietnamese message has, beside keys such as the-epoch-times."""
_OF_A_PARSER = ("reason", "error")
"""The names of values that a parser or the system gives, in English."""


def names_in(template: str) -> set[str]:
    """The names in braces of a template."""
    return {name for _, name, *_ in string.Formatter().parse(template) if name is not None}


def templates_in(paths: Iterable[Path]) -> set[str]:
    """The templates that modules say."""
    return {
        call.args[0].value
        for path in paths
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "say"
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def parts_of(message: object) -> Iterator[Message]:
    """A message and those in its values."""
    if isinstance(message, Message):
        yield message
        for value in message.values.values():
            yield from parts_of(value)


def english_in(findings: Iterable[Finding]) -> list[str]:
    """The findings whose Vietnamese messages are English in part."""
    return [
        f"{finding}: {in_language(finding.message, 'vi')}"
        for finding in findings
        if not _is_vietnamese(finding.message)
    ]


def _is_vietnamese(message: str) -> bool:
    parts = list(parts_of(message))
    if not parts or any(_is_untranslated(part) for part in parts):
        return False
    if any(name in part.values for part in parts for name in _OF_A_PARSER):
        return True
    return not ENGLISH.search(in_language(message, "vi"))


def _is_untranslated(part: Message) -> bool:
    """Whether a template has words, and no translation; or a finding in it is no message."""
    words = re.sub(r"\{\w+\}", "", part.template)
    inner = part.values.get("finding")
    return (bool(words) and part.template not in table()["messages"]) or (
        inner is not None and not isinstance(inner, Message)
    )
