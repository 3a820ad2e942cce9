"""Cutting what is too long for a model into windows. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_USUAL = 512
"""The pieces that a model can read at once if it does not say."""


def longest(tokenizer: Any, config: Any) -> int:
    """The pieces that a model can read at once, as far as its tokenizer and its configuration
    say.
    """
    positions = getattr(config, "max_position_embeddings", None) or 0
    # Models of RoBERTa's kind count positions from 2.
    return min(int(tokenizer.model_max_length), positions - 2 if positions > 2 else _USUAL)


def windows(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Ranges of items, one after the other and as long as ``room`` allows; an item that is too
    large by itself has a window of its own.
    """
    first, used = 0, 0
    for index, size in enumerate(sizes):
        if index > first and used + size > room:
            yield first, index
            first, used = index, 0
        used += size
    if first < len(sizes):
        yield first, len(sizes)
