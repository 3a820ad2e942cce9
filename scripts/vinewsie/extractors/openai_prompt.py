"""The question to a language model: the prompt, the form of the page, and the schema of the answer.
Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from vinewsie.model import Document
from vinewsie.scheme import LAYERS

PROMPT_VERSION = 1
"""Incremented with each change of the prompts, the form of the page or the schema."""

LANGUAGES = ("vi", "en")
"""The languages of the prompts."""

LineSpans = Sequence[tuple[int, int]]
"""Lines of a text as half-open spans."""


def prompt_name(language: str) -> str:
    """A prompt in signatures: its language and version."""
    return f"{language}-{PROMPT_VERSION}"


@cache
def instructions(language: str) -> str:
    """The prompt in a language."""
    return (files("vinewsie.extractors") / "prompts" / f"{language}.md").read_text(encoding="utf-8")


def messages(document: Document, lines: LineSpans, language: str) -> list[dict[str, str]]:
    """The messages that ask for the records in some lines of a document.

    Args:
        document: the document.
        lines: the lines that are asked about.
        language: the language of the prompt, one of :data:`LANGUAGES`.
    """
    return [
        {"role": "system", "content": instructions(language)},
        {"role": "user", "content": "\n".join(_page(document, lines))},
    ]


def _page(document: Document, lines: LineSpans) -> Iterator[str]:
    """The lines, unchanged. Where zone or anchor date change, a heading in square brackets gives
    both.
    """
    before = "[]"
    for start, end in lines:
        segment = document.segment_at(start)
        known = (
            (segment.zone, segment.anchor_date)
            if segment is not None and start < segment.end
            else ()
        )
        heading = f"[{'; '.join(filter(None, known))}]"
        if heading != before:
            yield heading
        before = heading
        yield document.text[start:end]


def schema() -> dict[str, Any]:
    """The JSON schema of an answer, in the subset that strict endpoints accept: every field is
    required, no other is allowed.
    """
    text, optional, flag = {"type": "string"}, {"type": ["string", "null"]}, {"type": "boolean"}
    texts = _list(text)
    return _object(
        entities=_list(_object(text=text, type=_label("entities", "type"))),
        dates=_list(
            _object(
                text=text,
                type=_label("dates", "type"),
                value=optional,
                mod=_label("dates", "mod", None),
                vague=flag,
            )
        ),
        marks=_list(
            _object(text=text, open=text, close=optional, function=_label("marks", "function"))
        ),
        quotes=_list(
            _object(
                id=text,
                kind=_label("quotes", "kind"),
                content=texts,
                cue=texts,
                source=optional,
                speakers=texts,
                addressees=texts,
                parent=optional,
            )
        ),
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _label(layer: str, name: str, *others: None) -> dict[str, Any]:
    """A label of a layer's vocabulary, or null if ``others`` has None."""
    return {
        "type": ["string", "null"] if others else "string",
        "enum": [*LAYERS[layer].vocabularies[name], *others],
    }
