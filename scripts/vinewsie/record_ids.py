"""Ids of records as this project gives them: the layer's first letter and a number (``e12``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


def is_record_id(name: str, layer: str) -> bool:
    """Whether a name is of the form that ids of this layer have."""
    return name[:1] == layer[0] and _NUMBER.fullmatch(name, 1) is not None


def new_ids(layer: str, used: Iterable[str] = ()) -> Iterator[str]:
    """The ids of a layer after the highest one in use, without end.

    Args:
        layer: the layer.
        used: the names in use; those of another form do not count.
    """
    last = max((int(name[1:]) for name in used if is_record_id(name, layer)), default=0)
    return (f"{layer[0]}{number}" for number in count(last + 1))
