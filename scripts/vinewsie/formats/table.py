"""The table of formats: what each can hold of every layer."""

from __future__ import annotations

import msgspec
from tabulate import tabulate

from vinewsie.formats import NATIVE, foreign
from vinewsie.model import RECORD_TYPES

_ALWAYS = frozenset({"start", "end", "text", "content"})


def formats_table(format_: str = "simple") -> str:
    """A row for each format, a column for each layer: all, the fields that survive a round trip, or
    a dash.
    """
    everything = {
        layer: frozenset(field.name for field in msgspec.structs.fields(kind)) - _ALWAYS
        for layer, kind in RECORD_TYPES.items()
    }
    rows = [[NATIVE, *["all"] * len(everything), "yes", ""]]
    for item in foreign().values():
        cells = [_held(item.holds.get(layer), fields) for layer, fields in everything.items()]
        rows.append([item.name, *cells, "yes" if item.write is not None else "no", item.limits])
    headers = ["format", *everything, "written", "limits"]
    widths = None if format_ == "github" else [None, *[22] * len(everything), None, 30]
    return tabulate(rows, headers, tablefmt=format_, maxcolwidths=widths)


def _held(held: frozenset[str] | None, fields: frozenset[str]) -> str:
    if held is None:
        return "–"
    if fields <= held:
        return "all"
    lacking = fields - held
    if len(lacking) <= 2:
        return f"all but {', '.join(sorted(lacking))}"
    return ", ".join(["span", *sorted(held - _ALWAYS)])
