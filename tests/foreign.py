"""Documents for the tests of formats: one with every kind of field, and generated ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from vinewsie.decoding import RawRecord, read_record
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, without_fields
from vinewsie.formats.mention_lists import given
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Date,
    Document,
    Entity,
    Mark,
    Quote,
    Span,
    reading_order,
    records_of,
)

TEXT = (
    "Đà Nẵng đón khách 🎉\n"
    "Ngày 3/5, bà Trần Thị Hoa, giám đốc Bảo tàng Điêu khắc Chăm Đà Nẵng, nói: "
    "“Chúng tôi ‘chốt’ lịch” & cười,\u00a0“rất vui”.\n"
    "Theo báo Sông Hàn, ông Y-Bhông < 40 tuổi vừa\u200b trở về Hoà Vang.\n"
)
"""With an emoji, a no-break and a zero-width space, characters that XML must escape, a name with a
hyphen, and decomposed letters.
"""


def at(surface: str, after: int = 0) -> Span:
    start = TEXT.index(surface, after)
    return Span(start=start, end=start + len(surface))


def _place(surface: str, after: int = 0) -> dict[str, Any]:
    span = at(surface, after)
    return {"start": span.start, "end": span.end, "text": surface}


RICH = Document(
    doc_id="bao-1",
    text=TEXT,
    entities=(
        Entity(id="e1", type="GPE", entity_id="da-nang", origin="agreed", **_place("Đà Nẵng")),
        Entity(
            id="e2",
            type="PER",
            entity_id="tran-thi-hoa",
            human_verified=True,
            **_place("Trần Thị Hoa"),
        ),
        Entity(
            id="e3",
            type="ORG",
            entity_id="bao-tang-cham",
            alternates=(at("Bảo tàng Điêu khắc Chăm"),),
            origin="adjudicated",
            **_place("Bảo tàng Điêu khắc Chăm Đà Nẵng"),
        ),
        Entity(id="e4", type="GPE", entity_id="da-nang", **_place("Đà Nẵng", 20)),
        Entity(type="PER", **_place("Y-Bhông")),
        Entity(id="e6", type="GPE", entity_id="hoa-vang", **_place("Hoà Vang")),
    ),
    dates=(
        Date(id="d1", type="DATE", value="2021-05-03", origin="agreed", **_place("Ngày 3/5")),
        Date(
            id="d2",
            type="DURATION",
            value="P40Y",
            mod="LESS_THAN",
            alternates=(at("40"),),
            **_place("40 tuổi"),
        ),
        Date(
            id="d3",
            type="DATE",
            value="PRESENT_REF",
            vague=True,
            human_verified=True,
            **_place("vừa"),
        ),
    ),
    marks=(
        Mark(
            id="m1",
            open="“",
            close="”",
            status="balanced",
            function="speech",
            quote="q1",
            **_place("Chúng tôi ‘chốt’ lịch"),
        ),
        Mark(
            id="m2",
            open="‘",
            close="’",
            status="balanced",
            function="scare",
            origin="agreed",
            **_place("chốt"),
        ),
        Mark(
            id="m3",
            open="“",
            close=None,
            status="unclosed",
            function="speech",
            quote="q1",
            **_place("rất vui"),
        ),
    ),
    quotes=(
        Quote(
            id="q1",
            kind="mixed",
            content=(at("Chúng tôi ‘chốt’ lịch"), at("rất vui")),
            cue=(at("nói"), at("cười")),
            source=at("bà Trần Thị Hoa"),
            source_status="named",
            speakers=("tran-thi-hoa",),
            addressees=("da-nang", "hoa-vang"),
            medium=at("lịch"),
            parent="q2",
            alternates=((at("Chúng tôi"), at("rất vui")),),
            origin="adjudicated",
        ),
        Quote(
            id="q2",
            kind="indirect",
            content=(at("ông Y-Bhông < 40 tuổi"),),
            cue=(at("Theo"),),
            source=at("báo Sông Hàn"),
            speakers=(),
        ),
        Quote(content=(at("trở về"),)),
    ),
)
"""Nested mentions, every field of every layer, and records with fields left out."""


def read_all(
    format_: Format, path: Path, options: Options | None = None
) -> tuple[list[ParsedDocument], list[Finding]]:
    findings: list[Finding] = []
    return list(format_.read(path, findings, options or Options())), findings


def read_text(format_: Format, path: Path, text: str) -> tuple[list[ParsedDocument], list[Finding]]:
    path.write_bytes(text.encode("utf-8"))
    return read_all(format_, path)


def plain(parsed: ParsedDocument, layer: str = "entities") -> list[Any]:
    """The records of a layer as JSON has them, without fields that have their default."""
    return [
        record.value
        if isinstance(record, RawRecord)
        else msgspec.json.decode(msgspec.json.encode(given(record)))
        for record in parsed.layers.get(layer, ())
    ]


def records(parsed: ParsedDocument, layer: str) -> list[AnyRecord]:
    """The records of a layer in reading order; all of them are valid."""
    found: list[Any] = []
    for index, item in enumerate(parsed.layers.get(layer, ())):
        if isinstance(item, RawRecord):
            text = parsed.text or ""
            record, wrong = read_record(item.value, RECORD_TYPES[layer], text, layer, index)
            assert (record is not None, wrong) == (True, [])
            found.append(record)
        else:
            found.append(item)
    return _sorted(found)


def _sorted(found: Iterable[AnyRecord]) -> list[AnyRecord]:
    return sorted(found, key=lambda record: (*reading_order(record), repr(record)))


def held(document: Document, holds: Mapping[str, Iterable[str]]) -> Document:
    """The document without the fields that a format cannot hold."""
    return without_fields(document, holds)[0]


def comes_back(
    format_: Format, path: Path, documents: list[Document], *, folder: bool = False
) -> None:
    """Asserts that a round trip through a format keeps texts, ids and every field that the format
    holds, without a finding.

    Args:
        format_: the format, which can be written.
        path: the file, or folder, to write.
        documents: the documents to write.
        folder: whether the format is a folder with a file for each document.
    """
    assert format_.write is not None
    sent = [held(document, format_.holds) for document in documents]
    assert format_.write(path, sent) == []
    parsed, findings = read_all(format_, path)
    assert findings == []
    if folder:  # is read in the order of file names
        parsed.sort(key=lambda p: str(p.doc_id))
        sent.sort(key=lambda d: d.doc_id)
    assert [(p.doc_id, p.text) for p in parsed] == [(d.doc_id, d.text) for d in sent]
    for back, document in zip(parsed, sent, strict=True):
        for layer in RECORD_TYPES:
            expected = _sorted(
                _with_surface(record, document.text) for record in records_of(document, layer)
            )
            found = [_with_surface(record, document.text) for record in records(back, layer)]
            assert found == expected


def _with_surface(record: AnyRecord, text: str) -> AnyRecord:
    """The record with the surface at its offsets, whether it had one or not."""
    return (
        record
        if isinstance(record, Quote)
        else msgspec.structs.replace(record, text=text[record.start : record.end])
    )


_LETTERS = "aB ơĐế🎉\n\u0301\u00a0\u200b<&\"'“–_/\\#\t:;"


@st.composite
def documents(draw: st.DrawFn, letters: str = _LETTERS, nested: bool = True) -> Document:
    """Generates documents with records in every layer.

    Args:
        draw: given by Hypothesis.
        letters: the characters that texts are made of.
        nested: whether spans may nest and cross.
    """
    text = draw(st.text(letters, min_size=8, max_size=40))
    names = st.text("abcĐ-é ", min_size=1, max_size=6).map(str.strip).filter(bool)
    cuts = iter(sorted(draw(st.lists(st.integers(0, len(text)), unique=True, max_size=8))))
    flat = [Span(start=a, end=b) for a, b in zip(cuts, cuts, strict=False)]
    anywhere = st.builds(
        lambda a, b: Span(start=min(a, b), end=max(a, b) + 1), *[st.integers(0, len(text) - 1)] * 2
    )

    def spans() -> list[Span]:
        return draw(st.lists(anywhere, max_size=4, unique=True)) if nested else flat

    def maybe(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.none() | strategy)

    def common(index: int, letter: str) -> dict[str, Any]:
        some = {
            "id": f"{letter}{index}" if draw(st.booleans()) else None,
            "origin": maybe(names),
            "human_verified": draw(st.booleans()),
        }
        return some | {"alternates": tuple(draw(st.lists(anywhere, max_size=2)))}

    def each(letter: str) -> list[dict[str, Any]]:
        return [{"start": s.start, "end": s.end} | common(i, letter) for i, s in enumerate(spans())]

    entities = [Entity(**place, type=maybe(names), entity_id=maybe(names)) for place in each("e")]
    dates = [
        Date(
            **place,
            type=maybe(names),
            value=maybe(names),
            mod=maybe(names),
            vague=draw(st.booleans()),
        )
        for place in each("d")
    ]
    quotes: list[Quote] = []
    for index in range(draw(st.integers(0, 2))):
        some = common(index, "q") | {
            "alternates": tuple((span,) for span in draw(st.lists(anywhere, max_size=1)))
        }
        quotes.append(
            Quote(
                **some,
                kind=maybe(names),
                content=tuple(flat[:2]) or (draw(anywhere),),
                cue=tuple(draw(st.lists(anywhere, max_size=2))),
                source=maybe(anywhere),
                source_status=maybe(names),
                speakers=maybe(st.lists(names, max_size=2).map(tuple)),
                addressees=tuple(draw(st.lists(names, max_size=2))),
                medium=maybe(anywhere),
                parent=maybe(st.sampled_from(["q0", "q1", "q9"])),
            )
        )
    marks = [
        Mark(
            **place,
            open=maybe(names),
            close=maybe(st.just("”")),
            status=maybe(names),
            function=maybe(names),
            quote=maybe(st.just("q1")),
        )
        for place in each("m")
    ]
    return Document(
        doc_id=draw(st.text("ab1-ê", min_size=1, max_size=4)),
        text=text,
        entities=tuple(entities),
        dates=tuple(dates),
        marks=tuple(marks),
        quotes=tuple(quotes),
    )
