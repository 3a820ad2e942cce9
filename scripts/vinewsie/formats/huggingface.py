"""Output of Hugging Face's token classification pipeline: aggregated mentions, or a tag for each
subword.

Users of ``transformers`` write it as JSON. Source: its documentation of
``TokenClassificationPipeline``.

Tags are put together by :mod:`vinewsie.formats.tags`, as conlleval does or under a scheme. Pieces
are neighbours if their ``index`` is, or, without one, if at most one character lies between them.
All pieces of a word belong together, and the first one's label is the word's, as in the pipeline's
own strategy "first". The pipeline aggregates the prefixes B and I alone, so a group such as S-PER
or PER-B is refused, and the group O, which it gives with ``ignore_labels=[]``, is left out. Where
the tokenizer gives no offsets, the mention has only a surface, made of its pieces.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
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
from vinewsie.formats.tags import (
    IO,
    OUTSIDE,
    Notation,
    Place,
    Tag,
    has_affix,
    notation,
    read_chunks,
    refusal,
)
from vinewsie.model import Document, Unplaced

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
        options: the tag scheme, for tags of pieces.
    """
    yield from documents(read_mention_lists(path, findings), path, findings, options)


def documents(
    lists: Iterable[MentionList], path: Path, findings: list[Finding], options: Options
) -> Iterator[ParsedDocument]:
    """The documents of lists of mentions or pieces.

    Args:
        lists: the rows of each document, in JSON's types.
        path: the file that findings name.
        findings: where errors and warnings are appended.
        options: the tag scheme, for tags of pieces.
    """
    unknown: Counter[str] = Counter()
    pages = []
    for page in lists:
        items = _checked(page, path, findings)
        count_unknown(items.values(), _KNOWN, unknown)
        pages.append((page, items))
    tagged = [
        (item["entity"], Place(page.line, index, page.doc_id))
        for page, items in pages
        for index, item in items.items()
        if "entity" in item
    ]
    if options.tags != IO:
        _check_groups(pages, path, findings)
    tags = notation((tag for tag, _ in tagged), options.tags)
    runs = [_runs(page, items) for page, items in pages]
    sequences = [run for of_page in runs for run in of_page]
    chunks = iter(read_chunks(sequences, tagged, tags, options, path, findings))
    for (page, items), of_page in zip(pages, runs, strict=True):
        marker = _marker(items.values())
        records = [
            _record(_pieces([item], marker), item.get("entity_group"), marker)
            for item in items.values()
            if "entity" not in item and item.get("entity_group") != OUTSIDE
        ]
        refused: list[Unplaced] = []
        for run in of_page:
            found = next(chunks)
            records += [
                _record(run.pieces(first, stop), label, marker) for first, stop, label in found.kept
            ]
            for chunk in found.refused:
                surface = _surface(run.pieces(chunk.first, chunk.stop), marker)
                refused.append(refusal(chunk, surface, len(records) + len(refused)))
        yield ParsedDocument(
            {"entities": given_records(records, "entities")},
            page.text,
            page.doc_id,
            file=str(path),
            line=page.line,
            unplaced=tuple(refused),
            padded=True,
        )
    report_unknown(unknown, path, findings)


def _check_groups(
    pages: Iterable[tuple[MentionList, Mapping[int, Item]]], path: Path, findings: list[Finding]
) -> None:
    """Refuses the groups of aggregated mentions that still have a prefix or suffix; a finding for
    each different one.
    """
    seen: set[str] = set()
    for page, items in pages:
        for index, item in items.items():
            group = item.get("entity_group")
            if isinstance(group, str) and group not in seen and has_affix(group):
                seen.add(group)
                message = (
                    f"entity_group {group!r} has a prefix or suffix, so the pieces were not "
                    "aggregated; give the pipeline's output without aggregation_strategy "
                    "(--input-tags io, for gold --gold-tags io, reads it as a label)"
                )
                place = Place(page.line, index, page.doc_id)
                findings.append(place.finding(message, path, error=True))


def _checked(page: MentionList, path: Path, findings: list[Finding]) -> dict[int, Item]:
    """The items of a page that can be read, by their index; a finding for each other one."""
    kept: dict[int, Item] = {}
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
            kept[index] = item
    return kept


def _placed(item: Item) -> bool:
    return item.get("start") is not None and item.get("end") is not None


class _Run(NamedTuple):
    """A stretch of tagged pieces between which no token was left out: the pieces of each word, and
    the place of its first piece.
    """

    words: Sequence[Sequence[WordPiece]]
    places: Sequence[Place]

    def parsed(self, notation: Notation) -> list[Tag | None]:
        """The tags of the words."""
        return [_word_tag(word, notation) for word in self.words]

    def place(self, index: int) -> Place:
        """The place of a word."""
        return self.places[index]

    def pieces(self, first: int, stop: int) -> list[WordPiece]:
        """The pieces of a stretch of words."""
        return [piece for word in self.words[first:stop] for piece in word]


def _runs(page: MentionList, items: Mapping[int, Item]) -> list[_Run]:
    """The runs of the tagged pieces of a page."""
    marker = _marker(items.values())
    pieces = [(index, item) for index, item in items.items() if "entity" in item]
    runs = []
    first = 0
    for stop in range(1, len(pieces) + 1):
        if stop == len(pieces) or not _neighbours(pieces[stop - 1][1], pieces[stop][1]):
            run = _pieces([item for _, item in pieces[first:stop]], marker)
            begins = [number for number, piece in enumerate(run) if not piece.goes_on]
            words = [run[a:b] for a, b in itertools.pairwise([*begins, len(run)])]
            places = [Place(page.line, pieces[first + n][0], page.doc_id) for n in begins]
            runs.append(_Run(words, places))
            first = stop
    return runs


def _neighbours(before: Item, item: Item) -> bool:
    if before.get("index") is not None and item.get("index") is not None:
        following: bool = item["index"] == before["index"] + 1
        return following
    if _placed(before) and _placed(item):
        gap: int = item["start"] - before["end"]
        return 0 <= gap <= 1
    return True


def _marker(items: Iterable[Item]) -> str | None:
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


def _word_tag(word: Sequence[WordPiece], notation: Notation) -> Tag | None:
    """The tag of a word: its first piece's, and the end of a chunk if one of its pieces is."""
    first, *others = (notation.parsed[piece.item["entity"]] for piece in word)
    if first is None or first.closes:
        return first
    end = next((tag.prefix for tag in others if tag is not None and tag.closes), "")
    return first._replace(closes=bool(end), prefix=first.prefix + end)


def _score(mention: Sequence[WordPiece]) -> dict[str, float]:
    """The mean confidence of the pieces, as Transformers aggregates it, if all have one."""
    scores = [piece.item.get("score") for piece in mention]
    known = [score for score in scores if isinstance(score, int | float)]
    return {"score": sum(known) / len(known)} if len(known) == len(scores) else {}


def _record(mention: Sequence[WordPiece], label: Any, marker: str | None) -> dict[str, Any]:
    """The native record: with offsets if all pieces have them, else with a surface."""
    record: dict[str, Any] = {} if label is None else {"type": label}
    record |= _score(mention)
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
    keys=frozenset(("entity_group", "word", "score")),
)
