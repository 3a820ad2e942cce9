"""ViNewsIE: gold labels for information extraction from Vietnamese news, and the scorer that goes
with them.

>>> import vinewsie as vn
>>> gold = vn.load()
>>> result = vn.score("predictions.jsonl")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vinewsie._version import __version__

if TYPE_CHECKING:
    from vinewsie.findings import Finding, FindingsError
    from vinewsie.model import Date, Document, Entity, Mark, Prediction, Quote, Segment, Span
    from vinewsie.reading.gold import Gold, load
    from vinewsie.scoring.resampling import Difference, compare
    from vinewsie.scoring.result import Counts, Result, Score
    from vinewsie.scoring.run import score

_WHERE = {
    **dict.fromkeys(
        ("Date", "Document", "Entity", "Mark", "Prediction", "Quote", "Segment", "Span"), "model"
    ),
    **dict.fromkeys(("Finding", "FindingsError"), "findings"),
    **dict.fromkeys(("Gold", "load"), "reading.gold"),
    **dict.fromkeys(("Counts", "Result", "Score"), "scoring.result"),
    **dict.fromkeys(("Difference", "compare"), "scoring.resampling"),
    "score": "scoring.run",
}

__all__ = [
    "Counts",
    "Date",
    "Difference",
    "Document",
    "Entity",
    "Finding",
    "FindingsError",
    "Gold",
    "Mark",
    "Prediction",
    "Quote",
    "Result",
    "Score",
    "Segment",
    "Span",
    "__version__",
    "compare",
    "load",
    "score",
]


def __getattr__(name: str) -> Any:
    """Imports what is asked for and no more, so that the command line starts fast."""
    if name not in _WHERE:
        raise AttributeError(f"module 'vinewsie' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"vinewsie.{_WHERE[name]}"), name)
