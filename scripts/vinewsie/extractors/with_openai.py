"""The extractor ``openai``: a language model behind an OpenAI-compatible endpoint, for all layers.

Settings are environment variables: ``VINEWSIE_OPENAI_MODEL`` (the model), ``OPENAI_BASE_URL`` (the
endpoint), ``OPENAI_API_KEY``; ``VINEWSIE_OPENAI_PROMPT`` (``vi`` or ``en``, the language of the
prompt), ``VINEWSIE_OPENAI_CACHE`` (the folder of stored answers), ``VINEWSIE_OPENAI_PRICE``
(dollars for a million input and output tokens, ``0.15,0.6``), ``VINEWSIE_OPENAI_TIMEOUT``
(seconds), ``VINEWSIE_OPENAI_TEMPERATURE`` (of the sampling; 0). ``VINEWSIE_EPOCH``, which
``--epochs`` sets, gives each epoch another seed and its own stored answers.

A document is one question. If it is too long for the model, its lines are asked for in two halves,
recursively.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vinewsie.extractors.catalogue import Extractor, ExtractorError
from vinewsie.extractors.openai_answer import AnswerReader, parse
from vinewsie.extractors.openai_endpoint import (
    Completion,
    Endpoint,
    Settings,
    TooLongError,
    problems,
    settings_from,
)
from vinewsie.extractors.openai_prompt import LineSpans, messages, prompt_name
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.reading.predictions import read_predictions
from vinewsie.text import lines

logger = logging.getLogger("vinewsie")

Records = dict[str, list[dict[str, Any]]]
"""Native records by layer."""


def missing() -> str | None:
    """The missing and wrong settings in the environment; None if the extractor can run."""
    return "; ".join(problems(os.environ)) or None


def make(argument: str | None = None) -> Extractor:
    """The extractor with the settings in the environment."""
    return extractor_of(settings_from(os.environ))


def extractor_of(settings: Settings) -> Extractor:
    """The extractor with these settings."""
    endpoint = Endpoint(settings)

    async def extract(document: Document) -> dict[str, Any]:
        """The model's records for a document; ``info`` has tokens, requests and cost."""
        query = DocumentQuery(document, endpoint, settings.language)
        whole = tuple(lines(document.text))
        records = await query.read(whole) if whole else {layer: [] for layer in RECORD_TYPES}
        for note, count in query.notes.items():
            times = f"{count} × " if count > 1 else ""
            logger.warning("openai on %s: %s%s", document.doc_id, times, note)
        return {**records, "info": {**_info(query.counts, settings), **query.names}}

    return extract


def _info(counts: Counter[str], settings: Settings) -> dict[str, Any]:
    """Numbers, which are added up over documents, and strings, which are collected."""
    info: dict[str, Any] = {
        "model": settings.model,
        "prompt": prompt_name(settings.language),
        **counts,
    }
    if settings.price is not None and {"prompt_tokens", "completion_tokens"} <= counts.keys():
        read, written = settings.price
        info["cost"] = (
            counts["prompt_tokens"] * read + counts["completion_tokens"] * written
        ) / 1e6
    return info


@dataclass
class DocumentQuery:
    """The questions about one document, and their statistics.

    Args:
        document: the document.
        endpoint: the endpoint.
        language: the language of the prompt.
        counts: numbers for ``info``.
        names: strings for ``info``.
        notes: the messages about parts of answers that were left out, counted.
    """

    document: Document
    endpoint: Endpoint
    language: str
    counts: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(("requests", "cached", "cut", "dropped"), 0))
    )
    names: dict[str, str] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    async def read(self, asked: LineSpans, *, part: bool = False) -> Records:
        """The records in some lines.

        Args:
            asked: the lines.
            part: whether they are a part of the document; then their records are placed in it, so
                that a surface does not match elsewhere.
        """

        def usable(completion: Completion) -> bool:
            return _halved(completion, asked) or _readable(completion.content)

        try:
            completion = await self.endpoint.complete(
                messages(self.document, asked, self.language), usable
            )
        except TooLongError:
            if len(asked) == 1:
                raise
            self.counts["requests"] += 1
            return await self._halves(asked)
        self._count(completion)
        if _halved(completion, asked):
            return await self._halves(asked)
        records = self._records(completion)
        return _placed(records, self.document, asked) if part else records

    async def _halves(self, asked: LineSpans) -> Records:
        middle = (asked[0][0] + asked[-1][1]) // 2
        cut = min(range(1, len(asked)), key=lambda line: abs(asked[line][0] - middle))
        first = await self.read(asked[:cut], part=True)
        second = await self.read(asked[cut:], part=True)
        return {layer: first[layer] + second[layer] for layer in RECORD_TYPES}

    def _count(self, completion: Completion) -> None:
        self.counts.update(completion.tokens)
        self.counts["requests"] += completion.requests
        self.counts["cached"] += completion.requests == 0
        self.names["parameters"] = completion.parameters
        if completion.model:
            self.names["answered_by"] = completion.model

    def _records(self, completion: Completion) -> Records:
        try:
            layers, whole = parse(completion.content)
        except ValueError as error:
            raise ExtractorError(str(error)) from error
        reader = AnswerReader()
        records = reader.read(layers)
        if not whole:
            kept = sum(map(len, records.values()))
            self.notes[f"the answer is truncated or broken; records before the break: {kept}"] += 1
        self.notes += reader.notes
        self.counts.update({"cut": not whole, "dropped": reader.dropped})
        return records


def _halved(completion: Completion, asked: LineSpans) -> bool:
    """Whether an answer was truncated, so that its lines are asked for in halves."""
    return completion.full and len(asked) > 1


def _readable(content: str) -> bool:
    try:
        parse(content)
    except ValueError:
        return False
    return True


def _placed(records: Records, document: Document, asked: LineSpans) -> Records:
    """Places the records of a part of a document.

    Surfaces are placed by the same rule as in a whole document; a record that cannot be placed
    keeps its surface. The ids of quotations are made distinct from those of other parts.

    Args:
        records: the records, with surfaces.
        document: the document.
        asked: the lines of the part.

    Returns:
        The records, with offsets in the document.
    """
    begin, end = asked[0][0], asked[-1][1]
    part = Document(doc_id=document.doc_id, text=document.text[begin:end])
    quotes = [
        quote | {name: f"{begin}.{quote[name]}" for name in ("id", "parent") if name in quote}
        for quote in records["quotes"]
    ]
    named = {**records, "quotes": quotes}
    prediction = read_predictions(
        [{"doc_id": part.doc_id, **named}], {part.doc_id: part}, skip_invalid=True
    ).by_doc[part.doc_id]
    placed = {
        layer: [
            _moved(msgspec.to_builtins(record), begin) for record in records_of(prediction, layer)
        ]
        for layer in RECORD_TYPES
    }
    for lost in prediction.unplaced:
        placed[lost.layer].append(named[lost.layer][lost.index])
    return placed


def _moved(value: Any, by: int) -> Any:
    """A record with all its offsets moved."""
    if isinstance(value, list | tuple):
        return [_moved(item, by) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: item + by if name in ("start", "end") else _moved(item, by)
        for name, item in value.items()
        if item is not None
    }
