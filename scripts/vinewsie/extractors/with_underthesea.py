"""The extractor ``underthesea``: the named entities of underthesea's CRF, with its labels (PER,
LOC, ORG, MISC of VLSP 2016).

It gives words and BIO tags without offsets, and its words may differ from the text (moved tone
marks, dropped white space). So its words are joined and aligned with the text. It works line by
line, because its run time is quadratic in the length.
"""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import DocumentLine, ToolSpan, chunked, on_lines


def make(_argument: str | None) -> Extractor:
    """The extractor; its models are loaded here."""
    from underthesea import ner

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        return chunked([(word, tags[-1]) for word, *tags in ner(line.text)])

    ner("Việt Nam")  # the first call loads the models
    return on_lines("underthesea", "entities", find)
