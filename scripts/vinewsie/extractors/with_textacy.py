"""The extractor ``textacy:MODEL``: textacy's direct quotations, with cue and source, on a spaCy
pipeline that parses. It knows the reporting verbs of English, French and Spanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from vinewsie.extractors.catalogue import Extractor, ExtractorError, UnknownExtractorError
from vinewsie.extractors.lines import lines_of
from vinewsie.extractors.with_spacy import pipeline_of
from vinewsie.model import Document
from vinewsie.text_map import TextMap

if TYPE_CHECKING:
    from spacy.tokens import Token


def make(argument: str) -> Extractor:
    """The extractor on a pipeline: an installed package or a folder; it is loaded here.

    Each line is read by itself, since textacy gives up a text whose marks are not in pairs; such a
    line has no quotations.

    Raises:
        UnknownExtractorError: the pipeline cannot be loaded, or textacy does not have its language.
    """
    from textacy import constants
    from textacy.extract.triples import direct_quotations

    pipeline = pipeline_of("textacy", argument)
    if pipeline.lang not in constants.REPORTING_VERBS:
        known = ", ".join(sorted(constants.REPORTING_VERBS))
        raise UnknownExtractorError(
            f"textacy:{argument}: textacy has no verbs of {pipeline.lang!r}, only of {known}"
        )

    def extract(document: Document) -> dict[str, Any]:
        quotes = []
        for line in lines_of(document):
            doc = pipeline(line.text)
            if not (doc.has_annotation("DEP") and doc.has_annotation("LEMMA")):
                raise ExtractorError(f"the pipeline {argument} gives no dependencies or no lemmas")
            if sum(token.is_quote for token in doc) % 2:
                continue
            where = (TextMap(line.text, line.original), line.start)
            for speaker, cue, content in direct_quotations(doc):
                inside = _placed(content[1:-1], *where)  # without its marks
                source = _placed(speaker, *where)
                cues = [_placed(run, *where) for run in _runs(cue)]
                if inside and source:
                    found = {"kind": "direct", "content": [inside], "source": source}
                    quotes.append({**found, "cue": [span for span in cues if span]})
        return {"quotes": quotes}

    return extract


def _placed(tokens: Sequence[Token], text_map: TextMap, offset: int) -> dict[str, int] | None:
    """The span of tokens, sorted ones, in the document; None if it is not found again.

    Args:
        tokens: the tokens.
        text_map: from the line that was read to that of the document.
        offset: the offset of the line in the document.
    """
    span = text_map.span(tokens[0].idx, tokens[-1].idx + len(tokens[-1]))
    return None if span is None else {"start": offset + span.start, "end": offset + span.end}


def _runs(tokens: Sequence[Token]) -> list[list[Token]]:
    """Sorted tokens as runs without gaps."""
    numbered = groupby(enumerate(tokens), key=lambda pair: pair[1].i - pair[0])
    return [[token for _, token in run] for _, run in numbered]
