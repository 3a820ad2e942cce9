"""Chunks of BIO, IOBES, BILOU and similar tags, by the rules of conlleval and of seqeval (lenient).

Taggers write one tag for each token. Source: the script conlleval of the CoNLL-2000 shared task,
https://www.cnts.ua.ac.be/conll2000/chunking/conlleval.txt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

NO_LABEL = "_"
"""The label of a chunk whose tags are a prefix alone, such as B and I."""

_PREFIXES = frozenset("BIESLUM[]O")
_OPENS = frozenset("BSU[]")
_CLOSES = frozenset("ESLU[]")
_OUTSIDE = frozenset(("", "O", ".", "-", "_"))


class Tag(NamedTuple):
    """A parsed tag: whether a chunk must begin, or end, with its token, and the label."""

    opens: bool
    closes: bool
    label: str


def parse(tag: str) -> Tag | None:
    """Parses a tag; None for a tag outside all chunks.

    A prefix is one of B I E S (BIO, IOBES), L U (BILOU), M (BMES), [ ] (each a chunk of one token,
    as conlleval has it), alone or before a hyphen. Any other tag is a label without a
    prefix; neighbours with the same label are one chunk (the IO scheme).
    """
    if tag in _OUTSIDE:
        return None
    prefix = tag[0]
    if prefix not in _PREFIXES or tag[1:2] not in ("", "-"):
        return Tag(False, False, tag)
    return None if prefix == "O" else Tag(prefix in _OPENS, prefix in _CLOSES, tag[2:] or NO_LABEL)


class _TagCache(dict[str, Tag | None]):
    """Parsed tags by tag: tags are few and repeat, so each is parsed once."""

    def __missing__(self, tag: str) -> Tag | None:
        parsed = self[tag] = parse(tag)
        return parsed


def chunks(tags: Iterable[str]) -> list[tuple[int, int, str]]:
    """The chunks of a sequence of tags: index of the first token, index behind the last one, label.

    A chunk begins where a tag opens one (B, S), after one that is closed (E, S) or outside, and
    where the label changes; every token that is not outside is in a chunk. So no tag is lost
    because the one before it is missing.
    """
    found: list[tuple[int, int, str]] = []
    parsed = _TagCache()
    first, label = -1, ""
    goes_on = False
    index = -1
    for index, tag in enumerate(map(parsed.__getitem__, tags)):
        if tag is None:
            if first >= 0:
                found.append((first, index, label))
                first = -1
            goes_on = False
            continue
        opens, closes, name = tag
        if opens or not goes_on or name != label:
            if first >= 0:
                found.append((first, index, label))
            first, label = index, name
        goes_on = not closes
    if first >= 0:
        found.append((first, index + 1, label))
    return found
