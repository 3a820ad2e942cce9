"""Output of Hugging Face's token classification pipeline: aggregated mentions, or a tag for each
subword.

Users of ``transformers`` write it as JSON. Source: its documentation of
``TokenClassificationPipeline``.

Tags are put together as conlleval does (:mod:`vinewsie.formats.tags`). Pieces are neighbours if
their ``index`` is, or, without one, if at most one character lies between them. All pieces of a
word belong together, and the first one's label is the word's, as in the pipeline's own strategy
"first". Where the tokenizer gives no offsets, the mention has only a surface, made of its pieces.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
from vinewsie.formats import tags
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.mention_lists import (
    MentionList,
    count_unknown,
    first_item,
    objects_of,
    read_mention_lists,
    report_unknown,
    write_objects,
)
from vinewsie.model import Document

Item = Mapping[str, Any]

_KNOWN = frozenset(("entity", "entity_group", "score", "index", "word", "start", "end"))
_MARKERS = ("##", "@@", "</w>", "▁", "Ġ")
"""Markers of tokenisers: a piece begins (▁, Ġ) or ends (</w>) a word, or does not (##, @@)."""


class WordPiece(NamedTuple):
    """A tagged piece of a word.

    ``glued``: no space stands before it. ``goes_on``: it belongs to the same word as the piece
    before it. This is narrower: punctuation may be glued to a word.
    """

    item: Item
    text: str
    glued: bool
    goes_on: bool


def recognises(sample: Sample) -> bool:
    """Whether the first mention or piece has the pipeline's fields."""
    item = first_item(sample.values)
    return item is not None and "word" in item and ("entity" in item or "entity_group" in item)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file. Those of a list of lists have no id; they stand in the order of the
    texts that the pipeline was given.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    unknown: Counter[str] = Counter()
    for page in read_mention_lists(path, findings):
        items = _checked(page, path, findings)
        count_unknown(items, _KNOWN, unknown)
        marker = _marker(items)
        pieces = [item for item in items if "entity" in item]
        records = [
            _record(_pieces([item], marker), item.get("entity_group"), marker)
            for item in items
            if "entity" not in item
        ]
        records += [
            _record(mention, label, marker)
            for run in _runs(pieces)
            for mention, label in _mentions(_pieces(run, marker))
        ]
        layers = {"entities": given_records(records, "entities")}
        yield ParsedDocument(layers, page.text, page.doc_id, file=str(path), line=page.line)
    report_unknown(unknown, path, findings)


def _checked(page: MentionList, path: Path, findings: list[Finding]) -> list[Item]:
    """The items of a page that can be read; a finding for each other one."""
    kept: list[Item] = []
    for index, item in objects_of(page, path, findings):
        wrong = [
            name for name in ("entity", "word") if name in item and not isinstance(item[name], str)
        ]
        wrong += [
            name for name in ("start", "end", "index") if not isinstance(item.get(name), int | None)
        ]
        for name in wrong:
            message = (
                f"{name} is {item[name]!r}; allowed is "
                f"{'text' if name in ('entity', 'word') else 'a whole number or null'}"
            )
            findings.append(
                Finding("wrong-type", message, "entities", index, page.doc_id, str(path), page.line)
            )
        if not wrong and "word" not in item and not _placed(item):
            message = "a mention has neither start and end nor word"
            findings.append(
                Finding(
                    "missing-field", message, "entities", index, page.doc_id, str(path), page.line
                )
            )
        elif not wrong:
            kept.append(item)
    return kept


def _placed(item: Item) -> bool:
    return item.get("start") is not None and item.get("end") is not None


def _runs(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The stretches of pieces between which no token was left out."""
    first = 0
    for index in range(1, len(items) + 1):
        if index == len(items) or not _neighbours(items[index - 1], items[index]):
            yield items[first:index]
            first = index


def _neighbours(before: Item, item: Item) -> bool:
    if before.get("index") is not None and item.get("index") is not None:
        following: bool = item["index"] == before["index"] + 1
        return following
    if _placed(before) and _placed(item):
        gap: int = item["start"] - before["end"]
        return 0 <= gap <= 1
    return True


def _marker(items: Sequence[Item]) -> str | None:
    """The marker that the pieces of a page show; None if they show none."""
    words = [item.get("word", "") for item in items]
    return next(
        (
            m
            for m in _MARKERS
            if any(
                word.endswith(m) if m in ("@@", "</w>") else word.startswith(m) for word in words
            )
        ),
        None,
    )


def _bare(item: Item, marker: str | None) -> str:
    """A piece without its marker; those of a byte-level vocabulary can be read only together."""
    word: str = item.get("word", "")
    return word.removeprefix(marker).removesuffix(marker) if marker and marker != "Ġ" else word


def _pieces(run: Sequence[Item], marker: str | None) -> list[WordPiece]:
    """The pieces of a run, with how each stands to the one before it."""
    found: list[WordPiece] = []
    for index, item in enumerate(run):
        before = run[index - 1] if index else None
        text = _bare(item, marker)
        glued = before is not None and _glued(before, item, marker)
        # Half a letter of a byte-level vocabulary looks like anything, so only whole letters are
        # asked.
        goes_on = glued and (
            marker == "Ġ" or not (_is_punctuation(found[-1].text[-1:]) or _is_punctuation(text[:1]))
        )
        found.append(WordPiece(item, text, glued, goes_on))
    return found


def _glued(before: Item, item: Item, marker: str | None) -> bool:
    touching: bool = before.get("end") == item.get("start")
    if _placed(before) and _placed(item) and not touching:
        return False
    first, second = before.get("word", ""), item.get("word", "")
    if marker is None:
        return _placed(item) and touching
    if marker in ("@@", "</w>"):
        return bool(first.endswith(marker)) == (marker == "@@")
    return bool(second.startswith(marker)) == (marker == "##")


def _is_punctuation(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def _mentions(pieces: Sequence[WordPiece]) -> Iterator[tuple[Sequence[WordPiece], str]]:
    """The mentions of a run of pieces, with their labels."""
    begins = [index for index, piece in enumerate(pieces) if not piece.goes_on]
    ends = [*begins[1:], len(pieces)]
    words = [pieces[begin:end] for begin, end in zip(begins, ends, strict=True)]
    for first, last, label in tags.chunks(map(_word_tag, words)):
        yield pieces[begins[first] : ends[last - 1]], label


def _word_tag(word: Sequence[WordPiece]) -> str:
    """The tag of a word: its first piece's, and the end of a chunk if one of its pieces is."""
    parsed = [tags.parse(piece.item["entity"]) for piece in word]
    if parsed[0] is None:
        return "O"
    closes = any(tag is not None and tag.closes for tag in parsed)
    prefix = ("S" if closes else "B") if parsed[0].opens else ("E" if closes else "I")
    return f"{prefix}-{parsed[0].label}"


def _record(mention: Sequence[WordPiece], label: Any, marker: str | None) -> dict[str, Any]:
    """The native record: with offsets if all pieces have them, else with a surface."""
    record: dict[str, Any] = {} if label is None else {"type": label}
    if all(_placed(piece.item) for piece in mention):
        return {"start": mention[0].item["start"], "end": mention[-1].item["end"], **record}
    return {"text": _surface(mention, marker), **record}


def _surface(mention: Sequence[WordPiece], marker: str | None) -> str:
    """The surface of a mention; syllables that word segmentation has joined by underscores stand
    apart.
    """
    if marker == "Ġ":
        joined = _from_bytes("".join(piece.text for piece in mention))
    else:
        joined = "".join(piece.text if piece.glued else f" {piece.text}" for piece in mention)
    return joined.replace("_", " ").strip()


@cache
def _byte_of() -> dict[str, int]:
    """The byte for each character of a byte-level vocabulary (GPT-2's): printable Latin-1 is
    itself, the other bytes count from U+0100.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(0x100 + index): byte for index, byte in enumerate(others)
    }


def _from_bytes(pieces: str) -> str:
    """The text of pieces of a byte-level vocabulary; Ġ is its space."""
    try:
        return bytes(map(_byte_of().__getitem__, pieces)).decode("utf-8", errors="replace")
    except (
        KeyError
    ):  # a token that is not of the vocabulary's bytes, such as one that a user has added
        return pieces.replace("Ġ", " ")


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """Aggregated mentions, one object a document, in a list (.json) or one a line."""
    return write_objects(path, documents, surface="word", label="entity_group")


FORMAT = Format(
    name="huggingface",
    about="output of Hugging Face's token classification pipeline, aggregated or tag by tag",
    suffixes=(".json", ".jsonl"),
    holds={"entities": fields("type", "text")},
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates",
)
