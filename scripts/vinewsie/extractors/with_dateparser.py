"""The extractor ``dateparser``: dateparser's search for dates in Vietnamese.

Relative dates refer to noon of the anchor date. dateparser gives a complete moment even for "năm
2006"; the period that it gives with it determines the granularity of the value.
"""

from __future__ import annotations

import inspect
import logging
from datetime import date, datetime, time
from typing import Any

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import ToolSpan, on_lines, seen_from

logger = logging.getLogger("vinewsie")

_DIGITS = {"year": len("YYYY"), "month": len("YYYY-MM"), "time": len("YYYY-MM-DDTHH:MM")}
"""Characters of a moment in ISO form for each period; any other period is a day."""


def make(_argument: str | None) -> Extractor:
    """The extractor; the language data are loaded here."""

    def read(text: str, anchor: date) -> list[ToolSpan]:
        settings = {
            "RELATIVE_BASE": datetime.combine(anchor, time(12)),
            "RETURN_TIME_AS_PERIOD": True,
        }
        spans = []
        position = 0
        for surface, moment, period in _searched(text, settings):
            start = text.find(surface, position)
            if start < 0:
                logger.warning("dateparser: %r is not in %r and is left out", surface, text)
                continue
            position = start + len(surface)
            kind = "TIME" if period == "time" else "DATE"
            spans.append(ToolSpan(start, position, kind, _value(moment, period)))
        return spans

    read("hôm nay", date(2000, 1, 1))
    return on_lines(
        "dateparser",
        "dates",
        lambda line: (line.text, seen_from(line.anchor, lambda anchor: read(line.text, anchor))),
    )


def _searched(text: str, settings: dict[str, Any]) -> list[tuple[str, datetime, str]]:
    """Surface, moment and period of each date that dateparser finds. Before version 1.5, the period
    takes a second call.
    """
    from dateparser.date import DateDataParser
    from dateparser.search import search_dates

    if "add_period" in inspect.signature(search_dates).parameters:
        return list(search_dates(text, languages=["vi"], settings=settings, add_period=True) or ())
    parser = DateDataParser(languages=["vi"], settings=settings)
    found = search_dates(text, languages=["vi"], settings=settings) or ()
    return [(surface, moment, parser.get_date_data(surface).period) for surface, moment in found]


def _value(moment: datetime, period: str) -> str:
    """The TIMEX3 value of a moment, with the granularity of its period."""
    if period == "week":
        year, week, _ = moment.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return moment.isoformat(timespec="minutes")[: _DIGITS.get(period, len("YYYY-MM-DD"))]
