"""Identifies the documents of a file of another format: by their ids, else by their texts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from vinewsie.formats.base import ParsedDocument
from vinewsie.model import Document, Entity, Segment
from vinewsie.text_map import TextMap, letters

ALIKE = 0.8
"""Share of the letters of a text that must be found, in order, in a document's text for the two to
count as the same document.
"""
_FEW = 50
"""Largest number of documents with each of which a text is compared by its letters."""


def identified(
    pages: Sequence[ParsedDocument], documents: Mapping[str, Document]
) -> list[str | None]:
    """Finds the gold document of each document of a file.

    Returns:
        Its id; None, or a name that the gold does not have, where there is no such document.
    """
    ids = [page.doc_id if page.doc_id in documents or page.text is None else None for page in pages]
    bare = [
        number
        for number, page in enumerate(pages)
        if ids[number] is None and page.hint not in documents
    ]
    if len(pages) == len(bare) == len(documents) and all(page.text is None for page in pages):
        return list(documents)  # a list for each document, in order
    free = dict.fromkeys(doc_id for doc_id in documents if doc_id not in set(ids))

    def give(number: int, doc_id: str) -> None:
        ids[number] = doc_id
        del free[doc_id]

    # Equal texts first: they are more reliable than names of files.
    for reduced in (str, letters):
        left = [
            number
            for number, page in enumerate(pages)
            if ids[number] is None and page.text is not None
        ]
        by_text: defaultdict[str, list[str]] = defaultdict(list)
        for doc_id in reversed(free if left else {}):
            by_text[reduced(documents[doc_id].text)].append(doc_id)
        for number in left:
            if same := by_text.get(reduced(pages[number].text or "")):
                give(number, same.pop())
    for number, page in enumerate(pages):
        if ids[number] is None and page.hint in free:
            give(number, str(page.hint))
    left = [
        number for number, page in enumerate(pages) if ids[number] is None and page.text is not None
    ]
    in_order = list(zip(left, list(free), strict=True)) if len(left) == len(free) else []
    if in_order and all(_alike(pages[number], documents[doc_id]) for number, doc_id in in_order):
        for number, doc_id in in_order:
            give(number, doc_id)
        return ids
    for number in left:
        if (
            len(free) <= _FEW
            and (found := _most_alike(pages[number].text or "", free, documents)) is not None
        ):
            give(number, found)
    return [
        doc_id if doc_id is not None else pages[number].doc_id for number, doc_id in enumerate(ids)
    ]


def _alike(page: ParsedDocument, document: Document) -> bool:
    return bool(letters(page.text or "")) and TextMap(page.text or "", document.text).kept >= ALIKE


def _most_alike(text: str, free: Iterable[str], documents: Mapping[str, Document]) -> str | None:
    if not letters(text):
        return None
    found = {doc_id: TextMap(text, documents[doc_id].text).kept for doc_id in free}
    best = max(found, key=lambda doc_id: found[doc_id], default=None)
    return best if best is not None and found[best] >= ALIKE else None


def regrouped(
    pages: list[ParsedDocument], documents: Mapping[str, Document]
) -> list[ParsedDocument]:
    """Divides sentences into documents as the gold does, since a file may have fewer or more marks
    between documents.

    Applies only where no document of the file has an id of the gold, and file and gold have the
    same number of sentences.
    """
    wanted = [len(document.segments) for document in documents.values()]
    have = [len(page.segments) for page in pages]
    if have == wanted or sum(have) != sum(wanted) or not all(wanted) or not all(have):
        return pages
    if any(
        page.doc_id in documents
        or page.text is None
        or set(page.layers) - {"entities"}
        or not all(isinstance(entity, Entity) for entity in page.layers.get("entities", ()))
        for page in pages
    ):
        return pages
    whole = _joined(pages)
    assert whole.text is not None
    parts = []
    bounds = [0, *itertools.accumulate(wanted)]
    for doc_id, (first, last) in zip(documents, itertools.pairwise(bounds), strict=True):
        start, end = whole.segments[first].start, whole.segments[last - 1].end
        inside = [
            entity
            for entity in whole.layers["entities"]
            if isinstance(entity, Entity) and start <= entity.start < end
        ]
        parts.append(
            _shifted(
                msgspec.structs.replace(
                    whole, text=whole.text[start:end], doc_id=None, hint=doc_id
                ),
                inside,
                whole.segments[first:last],
                -start,
            )
        )
    return parts


def _joined(pages: Sequence[ParsedDocument]) -> ParsedDocument:
    texts: list[str] = []
    segments: list[Segment] = []
    entities: list[Any] = []
    base = 0
    for page in pages:
        assert page.text is not None
        moved = _shifted(page, page.layers.get("entities", ()), page.segments, base)
        segments += moved.segments
        entities += moved.layers["entities"]
        texts.append(page.text)
        base += len(page.text) + 1
    return msgspec.structs.replace(
        pages[0], text="\n".join(texts), segments=tuple(segments), layers={"entities": entities}
    )


def _shifted(
    page: ParsedDocument, entities: Iterable[Any], segments: Iterable[Segment], by: int
) -> ParsedDocument:
    def at(record: Any) -> Any:
        return msgspec.structs.replace(record, start=record.start + by, end=record.end + by)

    return msgspec.structs.replace(
        page,
        layers={"entities": [at(entity) for entity in entities]},
        segments=tuple(at(segment) for segment in segments),
    )
