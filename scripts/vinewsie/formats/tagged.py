"""Documents of tagged tokens: their text, their sentences as segments, and their mentions.

The text is made of the tokens, joined by spaces, a sentence a line; syllables that a word segmenter
joined by underscores are set apart again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from vinewsie.files import unpacked_name
from vinewsie.findings import Finding
from vinewsie.formats.base import Options, ParsedDocument
from vinewsie.formats.tags import Notation, Place, ReadChunks, Tag, notation, read_chunks, refusal
from vinewsie.model import Entity, Segment, Unplaced

_JOINED = re.compile(r"(?<=[^_\n])_(?=[^_\n])")


class TaggedSentence(NamedTuple):
    """The tokens of a sentence, their tags, and the lines that they stand on."""

    tokens: list[str]
    tags: list[str]
    lines: Sequence[int]

    def parsed(self, notation: Notation) -> list[Tag | None]:
        """The tags, parsed."""
        return [*map(notation.parsed.__getitem__, self.tags)]

    def place(self, index: int) -> Place:
        """The place of a token."""
        return Place(self.lines[index])


@dataclass
class TaggedDocument:
    """The sentences of one document."""

    line: int
    doc_id: str | None = None
    sentences: list[TaggedSentence] = field(default_factory=list)

    def parsed(self, file: str, hint: str | None, chunks: Iterator[ReadChunks]) -> ParsedDocument:
        """The document's text with its sentences as segments, and its mentions.

        Args:
            file: the file.
            hint: a name that may be the document's id.
            chunks: gives the chunks of one sentence after the other.
        """
        entities: list[Entity] = []
        refused: list[Unplaced] = []
        segments: list[Segment] = []
        written: list[str] = []
        base = 0
        for sentence in self.sentences:
            text = " ".join(sentence.tokens)
            found = next(chunks)
            if found.kept or found.refused:
                lengths = map((1).__add__, map(len, sentence.tokens))
                starts = list(itertools.accumulate(lengths, initial=base))
                for first, stop, label in found.kept:
                    entities.append(Entity(start=starts[first], end=starts[stop] - 1, type=label))
                for chunk in found.refused:
                    surface = " ".join(sentence.tokens[chunk.first : chunk.stop])
                    refused.append(refusal(chunk, surface, len(entities) + len(refused)))
            segments.append(
                Segment(start=base, end=base + len(text), zone="body", item=0, anchor_date="")
            )
            written.append(text)
            base += len(text) + 1
        return ParsedDocument(
            {"entities": entities},
            "\n".join(written),
            self.doc_id,
            hint,
            tuple(segments),
            file,
            self.line,
            tuple(refused),
        )


def unjoined(tokens: list[str]) -> list[str]:
    """The tokens with the syllables of a word set apart."""
    joined = "\n".join(tokens)
    return _JOINED.sub(" ", joined).split("\n") if "_" in joined else tokens


def tags_of(pages: Sequence[TaggedDocument], options: Options) -> Notation:
    """The tags of all documents of a file, parsed in one notation."""
    sentences = (sentence for page in pages for sentence in page.sentences)
    return notation(set().union(*(sentence.tags for sentence in sentences)), options.tags)


def parsed_pages(
    pages: Sequence[TaggedDocument],
    tags: Notation,
    options: Options,
    path: Path,
    findings: list[Finding],
) -> Iterator[ParsedDocument]:
    """The documents of a file with the mentions that their tags give.

    Args:
        pages: the documents.
        tags: their tags, see :func:`tags_of`.
        options: the tag scheme.
        path: the file.
        findings: where errors and warnings are appended.
    """
    sentences = [sentence for page in pages for sentence in page.sentences]
    places = (
        (tag, sentence.place(index))
        for sentence in sentences
        for index, tag in enumerate(sentence.tags)
    )
    chunks = iter(read_chunks(sentences, places, tags, options, path, findings))
    stem = unpacked_name(path).stem
    for number, page in enumerate(pages, start=1):
        yield page.parsed(str(path), stem if len(pages) == 1 else f"{stem}-{number}", chunks)
