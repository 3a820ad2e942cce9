"""Listings: the measures, the built-in extractors, and the formats, as the commands print them."""

from __future__ import annotations

import textwrap
from collections.abc import Set

import msgspec

from vinewsie.extractors import BUILT_IN
from vinewsie.formats import NATIVE, foreign, names
from vinewsie.model import RECORD_TYPES
from vinewsie.scoring.measures import all_measures
from vinewsie.tables import Report, Table, paragraph

_ALWAYS = frozenset({"start", "end", "text", "content"})
_SPECS = (
    "User-supplied: module:function, cmd:COMMAND (JSON Lines on stdin and stdout), "
    "http://… (POST), combine:A+B."
)


def measures() -> Report:
    """Every measure with its definition, its source and its parameters."""
    parts = []
    for measure in all_measures():
        definition = measure.definition
        shown = [f"{p.name}={'|'.join(p.values) or '…'}" for p in definition.parameters]
        parts += [
            f"{measure} *" if definition.headline else str(measure),
            _indented(definition.matches),
            _indented(f"source: {definition.source}"),
            _indented(f"parameters: {', '.join(shown)}"),
            "",
        ]
    parts += [
        "*: headline measure, scored by default",
        paragraph(
            "Parameters list their values, the default first; dates.value(vague=only) sets one."
        ),
        "",
    ]
    known = {p.name: p for m in all_measures() for p in m.definition.parameters}
    parts += [paragraph(f"  {name}: {p.meaning}", "    ") for name, p in known.items()]
    return Report(parts)


def extractors() -> Report:
    """The built-in extractors, and whether each can run here."""
    parts = []
    for built_in in BUILT_IN.values():
        missing = built_in.missing()
        runs = f"no; {missing}"
        if missing is None:
            versions = ", ".join(f"{name} {v}" for name, v in built_in.versions().items())
            runs = f"yes ({versions})" if versions else "yes"
        parts += [
            built_in.spec,
            _indented(built_in.about),
            _indented(f"layers: {', '.join(built_in.layers)}"),
            _indented(f"runs here: {runs}"),
            "",
        ]
    return Report([*parts, paragraph(_SPECS)])


def formats_table() -> Table:
    """The formats: for each layer the fields that survive a round trip, and what is lost."""
    headers = ["format", *RECORD_TYPES, "written", "limits"]
    rows = [[NATIVE, *["all"] * len(RECORD_TYPES), "yes", ""]]
    rows += [
        [
            item.name,
            *(_held(item.holds.get(layer), layer) for layer in RECORD_TYPES),
            "yes" if item.write is not None else "no",
            item.limits,
        ]
        for item in map(foreign().__getitem__, names()[1:])
    ]
    return Table(headers, rows, "l" * len(headers))


def formats() -> Report:
    """The table of formats within 80 columns: the limits are listed below it."""
    table = formats_table()
    rows = [
        [row[0], *(textwrap.fill(cell, 10, break_long_words=False) for cell in row[1:-1])]
        for row in table.rows
    ]
    limits = [paragraph(f"  {row[0]}: {row[-1]}", "    ") for row in table.rows if row[-1]]
    return Report([Table(table.headers[:-1], rows, table.align[:-1]), "", "Lost besides:", *limits])


def _indented(text: str) -> str:
    return paragraph(f"    {text}", "      ")


def _held(held: Set[str] | None, layer: str) -> str:
    """The fields of a layer's records that a format holds, in a few words."""
    if held is None:
        return "–"
    fields = {field.name for field in msgspec.structs.fields(RECORD_TYPES[layer])} - _ALWAYS
    if fields <= held:
        return "all"
    lacking = fields - held
    if len(lacking) <= 2:
        return f"all but {', '.join(sorted(lacking))}"
    return ", ".join(["span", *sorted(held - _ALWAYS)])
