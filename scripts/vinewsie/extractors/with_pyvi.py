"""The extractor ``pyvi``: runs of proper nouns (Np) of pyvi's tagger as entities without a type."""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import DocumentLine, ToolSpan, joined, on_lines
from vinewsie.formats.tags import chunks

_PROPER_NOUN = "Np"


def make(_argument: str | None) -> Extractor:
    """The extractor; its models are loaded here."""
    from pyvi import ViPosTagger, ViTokenizer

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        words, tags = ViPosTagger.postagging(ViTokenizer.tokenize(line.text))
        text, spans = joined(words)
        runs = chunks(tag if tag == _PROPER_NOUN else "O" for tag in tags)
        return text, [ToolSpan(spans[first][0], spans[last - 1][1]) for first, last, _ in runs]

    return on_lines("pyvi", "entities", find)
