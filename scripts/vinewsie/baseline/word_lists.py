"""The word lists of ``rules``: ``words/*.txt``, one entry a line, read at first use.

A line that begins with ``#`` is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

PhraseIndex = Mapping[str, list[tuple[str, ...]]]
"""Phrases as syllables, by their first syllable, longest first."""


@cache
def words(*names: str) -> frozenset[str]:
    """The entries of one or more lists."""
    folder = files("vinewsie.baseline") / "words"
    return frozenset(
        line
        for name in names
        for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )


def phrases(*names: str) -> PhraseIndex:
    """An index of the entries of one or more lists."""
    index: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(map(str.split, words(*names)), key=len, reverse=True):
        index.setdefault(phrase[0], []).append(tuple(phrase))
    return index


def alternatives(*names: str) -> str:
    """A regular expression for any entry of one or more lists, the longest first."""
    longest_first = sorted(words(*names), key=lambda entry: (-len(entry), entry))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"
