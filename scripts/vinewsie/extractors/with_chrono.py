"""The extractor ``chrono``: the Vietnamese parser of chrono-node, in Node.

Relative dates refer to noon of the anchor date. A value has the granularity that chrono marks as
certain. A range gives two dates if chrono also finds its ends separately; otherwise one record with
the value of the beginning.
"""

from __future__ import annotations

from datetime import date

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import DocumentLine, ToolSpan, on_lines, seen_from
from vinewsie.extractors.node import NodeProcess, NodeScript

SCRIPT = NodeScript("chrono", "chrono-node", "chrono-node 2.10 or later")

missing, versions = SCRIPT.missing, SCRIPT.versions


def make(_argument: str | None) -> Extractor:
    """The extractor; its Node process ends when it is no longer referenced."""
    node = NodeProcess(SCRIPT)

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        def read(anchor: date) -> list[ToolSpan]:
            spans = node.ask({"text": line.text, "anchor": anchor.isoformat()})
            return [ToolSpan(**span) for span in spans]

        return line.text, seen_from(line.anchor, read)

    return on_lines("chrono", "dates", find)
