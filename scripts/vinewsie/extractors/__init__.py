"""Extractors: the built-in ones, and how an extractor is run over documents."""

from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError, UnknownExtractorError

__all__ = ["BUILT_IN", "Extractor", "ExtractorError", "UnknownExtractorError"]
