"""Vectorised pre-check; documents that it clears need no full validation.

It must never clear a document that :mod:`vinewsie.scheme.checks` would flag
(see ``tests/scoring/test_schemes.py`` and ``tests/reading/test_fast_checks.py``). The other way
round is allowed: a document that it does not clear may turn out to be valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vinewsie.model import Document, Prediction
from vinewsie.packed import Ints, Mask, Packed

_SPACES = np.array(
    [character for character in range(0x3001) if chr(character).isspace()], dtype=np.uint32
)
_IS_SPACE = np.zeros(0x3002, dtype=np.bool_)
_IS_SPACE[_SPACES] = True
_CHUNK = 100_000
"""Code points of texts that are joined into one array; a longer text is one by itself."""


def suspicious(
    documents: Sequence[Document],
    holders: Sequence[Document | Prediction],
    packed: Packed,
    *,
    gold: bool,
    labels: frozenset[str] | None,
) -> Mask:
    """Finds the documents that need full validation.

    A document is cleared if it has no quotations, marks, dates or (in gold) segments, and if each
    of its entities lies within the text, has an accepted label, no alternates or readings, and the
    text's surface where it gives one; in gold also no white space at an edge, no line break inside,
    and an id of its own.

    Args:
        documents: the documents with their texts.
        holders: for each document, the object that holds its records: itself, or its prediction.
        packed: the packed entities of the holders.
        gold: whether the rules of gold apply.
        labels: the types that entities may have; None for any.

    Returns:
        ``(n_documents,) bool``, True for a document that is not cleared.
    """
    # Other layers are small; only entities are worth the columns.
    found = np.array(
        [bool(holder.quotes or holder.marks or holder.dates) for holder in holders], dtype=np.bool_
    )
    if gold:
        found |= np.array([bool(document.segments) for document in documents], dtype=np.bool_)
    length = np.fromiter((len(d.text) for d in documents), np.int64, len(documents))
    wrong = misplaced(packed, length)
    if labels is not None:
        wrong |= with_other_label(packed, labels)
    if "alternates" in packed.given:
        alternates = (bool(entity.alternates) for holder in holders for entity in holder.entities)
        wrong |= np.fromiter(alternates, np.bool_, len(packed.start))
    if "readings" in packed.given:
        readings = (
            entity.contested or bool(entity.readings)
            for holder in holders
            for entity in holder.entities
        )
        wrong |= np.fromiter(readings, np.bool_, len(packed.start))
    if gold:
        wrong |= with_bad_edges([document.text for document in documents], packed, wrong)
        if "id" in packed.given:
            found |= np.fromiter(
                (_repeats_an_id(holder.entities) for holder in holders), np.bool_, len(holders)
            )
    found[packed.doc[wrong]] = True
    if "text" in packed.given:
        found[list(_with_other_text(documents, holders, found))] = True
    return found


def misplaced(packed: Packed, lengths: Ints) -> Mask:
    """Entities that are empty or lie outside their text, as ``(n_entities,) bool``.

    Args:
        packed: the entities.
        lengths: (n_documents,) int64, code points of the texts.
    """
    wrong: Mask = packed.end > lengths[packed.doc]
    wrong |= packed.start < 0
    wrong |= packed.start >= packed.end
    return wrong


def with_other_label(packed: Packed, labels: frozenset[str]) -> Mask:
    """Entities with a label that is not accepted, as ``(n_entities,) bool``."""
    known = [label is None or label in labels for label in (*packed.types, None)]
    other: Mask = ~np.array(known, dtype=np.bool_)[packed.type]
    return other


def with_bad_edges(texts: Sequence[str], packed: Packed, wrong: Mask) -> Mask:
    """Entities with white space at an edge or a line break inside, as ``(n_entities,) bool``.

    Args:
        texts: the text of each document.
        packed: the entities.
        wrong: (n_entities,) bool, entities that are not looked at, since their offsets may lie
            outside the text.
    """
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    chunk = np.cumsum(lengths) // _CHUNK
    cuts = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(texts)]
    border = np.concatenate([np.zeros(1, np.int64), np.cumsum(packed.sizes)])
    bad = wrong.copy()
    for begin, end in pairwise(cuts):
        rows = slice(border[begin], border[end])
        base = np.cumsum(lengths[begin:end] + 1) - (lengths[begin:end] + 1)
        shift = np.repeat(base, packed.sizes[begin:end])
        start, stop = packed.start[rows] + shift, packed.end[rows] + shift
        bad[rows] |= _bad_in_text("\n".join(texts[begin:end]), start, stop, wrong[rows])
    return bad


def _bad_in_text(joined: str, start: Ints, end: Ints, wrong: Mask) -> Mask:
    text = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if not len(text):
        return wrong
    first, last = np.where(wrong, 0, start), np.where(wrong, 0, end - 1)
    bad: Mask = _IS_SPACE[np.minimum(text[first], 0x3001)]
    bad |= _IS_SPACE[np.minimum(text[last], 0x3001)]
    breaks = np.flatnonzero(text <= 13)
    breaks = breaks[(text[breaks] == 10) | (text[breaks] == 13)]
    following = np.append(breaks, len(text))[np.searchsorted(breaks, first)]
    bad |= following <= last
    return bad


def _repeats_an_id(records: Sequence[Any]) -> bool:
    ids = [record.id for record in records if record.id is not None]
    return len(set(ids)) < len(ids)


def _with_other_text(
    documents: Sequence[Document], holders: Sequence[Document | Prediction], known: Mask
) -> Iterator[int]:
    """The indices of documents with an entity whose surface is not the text at its offsets."""
    for index, holder in enumerate(holders):
        if not known[index]:
            text = documents[index].text
            if any(
                record.text is not None and record.text != text[record.start : record.end]
                for record in holder.entities
            ):
                yield index
