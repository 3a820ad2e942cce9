"""The extractor ``underthesea``: the named entities of underthesea's CRF, with its own labels (PER,
LOC, ORG, MISC of VLSP 2016).

Its answer has words and BIO tags but no offsets, and the words are not always those of the text
(tone marks are moved, white space is dropped); so its words are joined and found again. It is given
line by line, because it is quadratic in the length.
"""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor
from vinewsie.extractors.lines import Found, Line, joined, on_lines
from vinewsie.formats.tags import chunks


def make(_argument: str | None) -> Extractor:
    """The extractor; its models are loaded here."""
    from underthesea import ner

    def find(line: Line) -> tuple[str, list[Found]]:
        tagged = ner(line.text)
        text, spans = joined([word for word, *_ in tagged])
        return text, [
            Found(spans[first][0], spans[last - 1][1], label)
            for first, last, label in chunks(tags[-1] for _, *tags in tagged)
        ]

    ner("Việt Nam")  # the models are loaded with the first sentence
    return on_lines("underthesea", "entities", find)
