"""The extractor ``dateparser``: dateparser's search for dates in Vietnamese.

Relative dates are seen from noon of the anchor date. dateparser answers with a moment, however
little was said ("năm 2006"); the period that it adds tells how much of the moment to write.
"""

from __future__ import annotations

import inspect
import sys
from datetime import date, datetime, time
from typing import Any

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import Found, on_lines, seen_from

_DIGITS = {"year": len("YYYY"), "month": len("YYYY-MM"), "time": len("YYYY-MM-DDTHH:MM")}
"""How much of a moment in ISO form a period stands for; a day for any other."""


def make(_argument: str | None) -> Extractor:
    """The extractor, its language data loaded."""

    def read(text: str, anchor: date) -> list[Found]:
        settings = {
            "RELATIVE_BASE": datetime.combine(anchor, time(12)),
            "RETURN_TIME_AS_PERIOD": True,
        }
        found = []
        position = 0
        for surface, moment, period in _searched(text, settings):
            start = text.find(surface, position)
            if start < 0:
                print(
                    f"dateparser: {surface!r} is not in {text!r} and is left out", file=sys.stderr
                )
                continue
            position = start + len(surface)
            found.append(
                Found(
                    start, position, "TIME" if period == "time" else "DATE", _value(moment, period)
                )
            )
        return found

    read("hôm nay", date(2000, 1, 1))
    return on_lines(
        "dateparser",
        "dates",
        lambda line: (line.text, seen_from(line.anchor, lambda anchor: read(line.text, anchor))),
    )


def _searched(text: str, settings: dict[str, Any]) -> list[tuple[str, datetime, str]]:
    """What dateparser finds: surface, moment, period. Before version 1.5 the period has to be asked
    for.
    """
    from dateparser.date import DateDataParser
    from dateparser.search import search_dates

    if "add_period" in inspect.signature(search_dates).parameters:
        return list(search_dates(text, languages=["vi"], settings=settings, add_period=True) or ())
    parser = DateDataParser(languages=["vi"], settings=settings)
    found = search_dates(text, languages=["vi"], settings=settings) or ()
    return [(surface, moment, parser.get_date_data(surface).period) for surface, moment in found]


def _value(moment: datetime, period: str) -> str:
    """The TIMEX3 value of a moment, as fine as its period."""
    if period == "week":
        year, week, _ = moment.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return moment.isoformat(timespec="minutes")[: _DIGITS.get(period, len("YYYY-MM-DD"))]
