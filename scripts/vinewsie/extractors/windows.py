"""Windows over a text that is too long for a model. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_DEFAULT = 512
"""Tokens that a model can read at once, if its configuration does not give a number."""


def longest(tokenizer: Any, config: Any) -> int:
    """The tokens that a model can read at once, by its tokenizer and its configuration."""
    positions = getattr(config, "max_position_embeddings", None) or 0
    # RoBERTa and its relatives count positions from 2.
    return min(int(tokenizer.model_max_length), positions - 2 if positions > 2 else _DEFAULT)


def windows(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Consecutive ranges of items, each as long as ``room`` allows. An item larger than that is a
    window by itself.

    Args:
        sizes: the size of each item, in tokens.
        room: the tokens of a window.

    Yields:
        First and last index of a range, half-open.
    """
    first, used = 0, 0
    for index, size in enumerate(sizes):
        if index > first and used + size > room:
            yield first, index
            first, used = index, 0
        used += size
    if first < len(sizes):
        yield first, len(sizes)
