"""The extractor ``vinlp``: the named entities of ViNLP's CRF, with its labels (PER, LOC, ORG, MISC
of VLSP 2016).

ViNLP gives words and BIO tags without offsets, and joins the syllables of a word by underscores. So
its words are joined and aligned with the text. Its licence is Apache-2.0 by the file LICENSE in its
wheel, MIT by the metadata.
"""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import DocumentLine, ToolSpan, chunked, on_lines


def make(_argument: str | None) -> Extractor:
    """The extractor; its models are loaded here."""
    from ViNLP import ner

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        return chunked([(word, tag) for word, _pos, _chunk, tag in ner(line.text)])

    return on_lines("vinlp", "entities", find)
