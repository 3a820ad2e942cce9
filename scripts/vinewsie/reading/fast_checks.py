"""Vectorised pre-check; documents that it clears need no full validation.

It must never clear a document that :mod:`vinewsie.scheme.checks` would flag
(see ``tests/scoring/test_schemes.py`` and ``tests/reading/test_fast_checks.py``). The other way
round is allowed: a document that it does not clear may turn out to be valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from vinewsie.model import Document, Prediction
from vinewsie.packed import Ints, Mask, Packed

_SPACES = np.array(
    [character for character in range(0x3001) if chr(character).isspace()], dtype=np.uint32
)
_IS_SPACE = np.zeros(0x3002, dtype=np.bool_)
_IS_SPACE[_SPACES] = True
_CHUNK = 2000
"""Documents whose texts are joined into one array of code points."""


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
    records, doc = packed.records, packed.doc
    count = len(records)
    length = np.fromiter((len(d.text) for d in documents), np.int64, len(documents))
    wrong = (packed.start < 0) | (packed.start >= packed.end) | (packed.end > length[doc])
    if labels is not None:
        wrong |= ~np.array(
            [label is None or label in labels for label in (*packed.types, None)], dtype=np.bool_
        )[packed.type]
    if "alternates" in packed.given:
        wrong |= np.fromiter((bool(record.alternates) for record in records), np.bool_, count)
    if "readings" in packed.given:
        wrong |= np.fromiter((r.contested or bool(r.readings) for r in records), np.bool_, count)
    if gold:
        wrong |= _bad_edges(documents, packed, wrong)
        if "id" in packed.given:
            found |= np.fromiter(
                (_repeats_an_id(holder.entities) for holder in holders), np.bool_, len(holders)
            )
    found[doc[wrong]] = True
    if "text" in packed.given:
        found[list(_with_other_text(documents, holders, found))] = True
    return found


def _bad_edges(documents: Sequence[Document], packed: Packed, wrong: Mask) -> Mask:
    """Entities with white space at an edge or a line break inside, as ``(n_entities,) bool``.

    Those in ``wrong`` are not looked at, since their offsets may lie outside the text.
    """
    bad = wrong.copy()
    border = np.concatenate([np.zeros(1, np.int64), np.cumsum(packed.sizes)])
    for begin in range(0, len(documents), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        rows = slice(border[begin], border[min(begin + _CHUNK, len(documents))])
        bad[rows] |= _bad_in_text(
            [d.text for d in documents[part]],
            packed.sizes[part],
            packed.start[rows],
            packed.end[rows],
            wrong[rows],
        )
    return bad


def _bad_in_text(texts: Sequence[str], sizes: Ints, start: Ints, end: Ints, wrong: Mask) -> Mask:
    text = np.frombuffer("\n".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if not len(text):
        return wrong
    base = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(t) + 1 for t in texts])])[
        :-1
    ].repeat(sizes)
    first = np.where(wrong, 0, start + base)
    last = np.where(wrong, 0, end - 1 + base)
    spaced = _IS_SPACE[np.minimum(text[first], 0x3001)] | _IS_SPACE[np.minimum(text[last], 0x3001)]
    breaks = np.flatnonzero((text == 10) | (text == 13))
    broken = np.searchsorted(breaks, first, side="left") != np.searchsorted(
        breaks, last, side="right"
    )
    bad: Mask = spaced | broken
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
