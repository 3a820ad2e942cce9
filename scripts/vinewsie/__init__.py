"""ViNewsIE: gold labels for information extraction from Vietnamese news, and their scorer.

>>> import vinewsie as vn
>>> gold = vn.load()
>>> result = vn.score(list(gold.values()), measures=["entities.strict"], resamples=0)
>>> result["entities.strict"].f1
1.0

- Data: :func:`load`, :class:`Gold`, :func:`data_folder`.
- Records: :class:`Document`, :class:`Segment`, :class:`Entity`, :class:`Date`, :class:`Mark`,
  :class:`Quote`, :class:`Span`, :class:`Prediction`.
- Scores: :func:`score`, :class:`Epochs`, :class:`Result`, :class:`Score`, :class:`Counts`;
  :func:`errors`; :func:`compare`, :class:`Difference`.
- What stands behind a score: :func:`phenomena`, :func:`robustness`.
- Training loops: :func:`compute`, :func:`f1_score`.
- Errors that a user can act on: :class:`VinewsieError`, :class:`FindingsError`, :class:`Finding`.

These names and their signatures are stable between releases of one minor version; what else the
package has may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vinewsie._version import __version__

if TYPE_CHECKING:
    from vinewsie.findings import Finding as Finding
    from vinewsie.findings import FindingsError as FindingsError
    from vinewsie.findings import VinewsieError as VinewsieError
    from vinewsie.model import Date as Date
    from vinewsie.model import Document as Document
    from vinewsie.model import Entity as Entity
    from vinewsie.model import Mark as Mark
    from vinewsie.model import Prediction as Prediction
    from vinewsie.model import Quote as Quote
    from vinewsie.model import Segment as Segment
    from vinewsie.model import Span as Span
    from vinewsie.perturbations.run import robustness as robustness
    from vinewsie.reading.gold import Gold as Gold
    from vinewsie.reading.gold import data_folder as data_folder
    from vinewsie.reading.gold import load as load
    from vinewsie.report.error_list import errors as errors
    from vinewsie.scoring.mastery import phenomena as phenomena
    from vinewsie.scoring.resampling import Difference as Difference
    from vinewsie.scoring.resampling import compare as compare
    from vinewsie.scoring.result import Counts as Counts
    from vinewsie.scoring.result import Result as Result
    from vinewsie.scoring.result import Score as Score
    from vinewsie.scoring.run import Epochs as Epochs
    from vinewsie.scoring.run import score as score
    from vinewsie.scoring.training import compute as compute
    from vinewsie.scoring.training import f1_score as f1_score

_MODULES = {
    "findings": ("Finding", "FindingsError", "VinewsieError"),
    "model": ("Date", "Document", "Entity", "Mark", "Prediction", "Quote", "Segment", "Span"),
    "reading.gold": ("Gold", "data_folder", "load"),
    "report.error_list": ("errors",),
    "perturbations.run": ("robustness",),
    "scoring.mastery": ("phenomena",),
    "scoring.resampling": ("Difference", "compare"),
    "scoring.result": ("Counts", "Result", "Score"),
    "scoring.run": ("Epochs", "score"),
    "scoring.training": ("compute", "f1_score"),
}
"""The public names by the modules that define them; each is imported when it is first used."""

_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'vinewsie' has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"vinewsie.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
