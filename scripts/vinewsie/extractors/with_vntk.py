"""The extractor ``vntk``: the named entities of vntk's CRF, in Node, with its labels (PER, LOC,
ORG, MISC of VLSP 2016).

vntk gives words and BIO tags without offsets, so its words are joined and aligned with the text.
Most of its mentions are also underthesea's; the data set card says how many. Its licence is MIT.
"""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import DocumentLine, ToolSpan, chunked, on_lines
from vinewsie.extractors.node import NodeProcess, NodeScript

SCRIPT = NodeScript("vntk", "vntk", "vntk 1.4 or later with its compiled modules")

missing, versions = SCRIPT.missing, SCRIPT.versions


def make(_argument: str | None) -> Extractor:
    """The extractor; its Node process ends when it is no longer referenced."""
    node = NodeProcess(SCRIPT)

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        return chunked(node.ask(line.text))

    return on_lines("vntk", "entities", find)
