"""The extractor ``spacy:MODEL``: the entities of a spaCy pipeline, with the pipeline's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.lines import DocumentLine, ToolSpan, on_lines

if TYPE_CHECKING:
    from spacy.language import Language


def make(argument: str) -> Extractor:
    """The extractor of a pipeline: an installed package or a folder; it is loaded here.

    Its mentions are the entities and the spans of all span groups, which may overlap, without
    duplicates.

    Raises:
        UnknownExtractorError: the pipeline cannot be loaded.
    """
    pipeline = pipeline_of("spacy", argument)

    def find(line: DocumentLine) -> tuple[str, list[ToolSpan]]:
        doc = pipeline(line.text)
        spans = [*doc.ents, *(span for group in doc.spans.values() for span in group)]
        mentions = {ToolSpan(span.start_char, span.end_char, span.label_ or None) for span in spans}
        return doc.text, sorted(mentions, key=lambda span: (span.start, -span.end, span.type or ""))

    return on_lines(f"spacy:{argument}", "entities", find)


def pipeline_of(extractor: str, argument: str) -> Language:
    """The pipeline that an extractor is given.

    Raises:
        UnknownExtractorError: it cannot be loaded.
    """
    import spacy

    try:
        return spacy.load(argument)
    except Exception as error:  # depends on the folder and on the packages of its components
        reason = str(error).partition("\n")[0]
        raise UnknownExtractorError(
            f"{extractor}:{argument}: no pipeline that can be loaded; "
            f"give an installed one or its folder: {reason}"
        ) from error
