"""A small annotations folder: one text, with passes that differ as a test needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.annotations import store
from vinewsie.annotations.new_article import ArticleMetadata, add
from vinewsie.files import write_text
from vinewsie.model import Date, Document, Entity, Mark, Quote, Span

TEXT = """Huế sơ tán hàng trăm hộ dân

Đài Tiếng nói Việt Nam đưa tin ông Lê Văn Tám nói “chúng tôi không để ai bị đói” 😀 hôm 12/11.

Theo ông Tám, nước đang rút.
"""
DOC = "hue"

Records = dict[str, list[Any]]


def span(surface: str, last: bool = False) -> dict[str, Any]:
    start = TEXT.rindex(surface) if last else TEXT.index(surface)
    return {"start": start, "end": start + len(surface)}


def entity(number: int, surface: str, kind: str, key: str, last: bool = False) -> Entity:
    return Entity(id=f"e{number}", **span(surface, last), text=surface, type=kind, entity_id=key)


def first_reading() -> Records:
    """The records of pass a: four mentions, a date, a mark, a chain of two quotations and another
    quotation.
    """
    relayed, said = (
        "ông Lê Văn Tám nói “chúng tôi không để ai bị đói",
        "chúng tôi không để ai bị đói",
    )
    return {
        "entities": [
            entity(1, "Huế", "GPE", "hue"),
            entity(2, "Đài Tiếng nói Việt Nam", "ORG", "voice-of-vietnam"),
            entity(3, "Lê Văn Tám", "PER", "le-van-tam"),
            entity(4, "Tám", "PER", "le-van-tam", last=True),
        ],
        "dates": [
            Date(id="d1", **span("hôm 12/11"), text="hôm 12/11", type="DATE", value="2024-11-12")
        ],
        "marks": [
            Mark(
                id="m1",
                **span(said),
                text=said,
                open="“",
                close="”",
                status="balanced",
                function="speech",
                quote="q2",
            )
        ],
        "quotes": [
            Quote(
                id="q1",
                kind="mixed",
                content=(Span(**span(relayed)),),
                cue=(Span(**span("đưa tin")),),
                source=Span(**span("Đài Tiếng nói Việt Nam")),
                source_status="named",
                speakers=("voice-of-vietnam",),
            ),
            Quote(
                id="q2",
                kind="direct",
                content=(Span(**span(said)),),
                cue=(Span(start=TEXT.index("nói “"), end=TEXT.index(" “")),),
                source=Span(**span("ông Lê Văn Tám")),
                source_status="named",
                speakers=("le-van-tam",),
                parent="q1",
            ),
            Quote(
                id="q3",
                kind="indirect",
                content=(Span(**span("nước đang rút")),),
                cue=(Span(**span("Theo")),),
                source=Span(**span("ông Tám")),
                source_status="named",
                speakers=("le-van-tam",),
            ),
        ],
    }


Change = Callable[[Records], object]


def changed(layer: str, index: int, **fields: Any) -> Change:
    def change(records: Records) -> None:
        records[layer][index] = msgspec.structs.replace(records[layer][index], **fields)

    return change


def removed(layer: str, index: int) -> Change:
    return lambda records: records[layer].pop(index)


def renamed_quotes(records: Records) -> None:
    """Other ids for the same quotations."""
    records["quotes"] = [
        msgspec.structs.replace(
            q, id=f"q{int(q.id[1:]) + 10}", parent=q.parent and f"q{int(q.parent[1:]) + 10}"
        )
        for q in records["quotes"]
    ]
    records["marks"] = [
        msgspec.structs.replace(m, quote=m.quote and f"q{int(m.quote[1:]) + 10}")
        for m in records["marks"]
    ]


def write_pass(folder: Path, name: str, *changes: Change) -> None:
    records = first_reading()
    for change in changes:
        change(records)
    segments = store.read(folder).documents[DOC].segments
    layers: dict[str, Any] = {layer: tuple(found) for layer, found in records.items()}
    document = Document(doc_id=DOC, text=TEXT, segments=segments, **layers)
    for file, content in store.document_files(f"passes/{name}", document).items():
        write_text(folder / file, content)


def new_folder(place: Path) -> Path:
    """Makes an annotations folder with the text, and pass a over it."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "hue.txt").write_text(TEXT, encoding="utf-8", newline="\n")
    add(place / "own", place / "hue.txt", ArticleMetadata("2024-11-12", doc_id=DOC))
    write_pass(place / "own", "a")
    return place / "own"
