"""Readers and writers of file formats, one module for each."""

from __future__ import annotations

import importlib
from functools import cache

from vinewsie.formats.base import Format

NATIVE = "native"
"""The format of this package's own files, which :mod:`vinewsie.reading.native` reads."""

_MODULES = (
    "quotations.polnear",
    "quotations.pdnc",
    "quotations.wikinews",
    "quotations.redewiedergabe",
    "quotations.prodigy",
    "quotations.directquote",
    "brat",
    "timeml",
    "spacy",
    "label_studio.file",
    "label_studio.minimal",
    "web_annotation",
    "webanno",
    "huggingface",
    "token_tags",
    "doccano",
    "langextract",
    "gliner_training",
    "mention_lists",
    "answers",
    "conll",
)


@cache
def foreign() -> dict[str, Format]:
    """All formats but the native one by name, in the order in which they are tried on a file."""
    formats: list[Format] = [
        importlib.import_module(f"{__name__}.{module}").FORMAT for module in _MODULES
    ]
    return {format_.name: format_ for format_ in formats}


def names() -> list[str]:
    """The names of all formats, those of tools before those of corpora."""
    corpora = [
        name for name, format_ in foreign().items() if "quotations" in format_.read.__module__
    ]
    return [NATIVE, *(name for name in foreign() if name not in corpora), *corpora]
