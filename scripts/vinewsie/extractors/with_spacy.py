"""The extractor ``spacy:MODEL``: the entities of a spaCy pipeline, an installed package's or a
folder's, with the labels that it gives.
"""

from __future__ import annotations

from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.lines import Found, Line, on_lines


def make(argument: str) -> Extractor:
    """The extractor; the pipeline is loaded here.

    Its entities count and the spans of all of its span groups, which may overlap; what both say
    counts once.

    Raises:
        UnknownExtractorError: the pipeline cannot be loaded.
    """
    import spacy

    try:
        pipeline = spacy.load(argument)
    except (
        Exception
    ) as error:  # a folder with anything in it, or a component whose package is missing
        reason = str(error).partition("\n")[0]
        raise UnknownExtractorError(
            f"spacy:{argument}: no pipeline that can be loaded; give an installed one or its folder: {reason}"
        ) from error

    def find(line: Line) -> tuple[str, list[Found]]:
        doc = pipeline(line.text)
        spans = [*doc.ents, *(span for group in doc.spans.values() for span in group)]
        found = {Found(span.start_char, span.end_char, span.label_ or None) for span in spans}
        return doc.text, sorted(found, key=lambda span: (span.start, -span.end, span.type or ""))

    return on_lines(f"spacy:{argument}", "entities", find)
