"""The packaged gold: the articles byte for byte, and labels that the texts themselves can vouch
for.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter

import pytest

import vinewsie as vn
from conftest import ANNOTATIONS, ROOT
from vinewsie.annotations import store
from vinewsie.scheme.marks import quotation_marks

BQ, ET = "baoquocte-20231012", "epochtimes-vn-20220815"
SEEDS = ROOT.parent / "shared" / "seeds"


def test_the_texts_are_the_articles_byte_for_byte(gold: vn.Gold) -> None:
    for article in json.loads(
        (ANNOTATIONS / "articles" / "articles.json").read_text(encoding="utf-8")
    )["articles"]:
        data = (ANNOTATIONS / "articles" / article["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == article["sha256"]
        assert gold[article["doc_id"]].text.encode() == data


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the articles as they were received are not here")
def test_the_texts_are_those_received() -> None:
    for seed in SEEDS.iterdir():
        assert (ANNOTATIONS / "articles" / seed.name).read_bytes() == seed.read_bytes()


def test_the_annotations_are_without_findings(cli: object) -> None:
    assert store.read(ANNOTATIONS).findings == []


def test_the_data_set_holds_the_annotations_exactly(gold: vn.Gold) -> None:
    read = store.read(ANNOTATIONS)
    assert dict(gold) == read.documents
    assert dict(gold.registry) == dict(read.registry)


def test_passes_are_independent_files_over_the_same_texts() -> None:
    read = store.read(ANNOTATIONS)
    assert set(read.passes) == {"a", "b", "c"}
    for documents in read.passes.values():
        assert [d.text for d in documents.values()] == [d.text for d in read.documents.values()]


def test_agreed_records_are_those_of_all_passes() -> None:
    """What the gold calls agreed is in every pass with the same words, whatever the ids."""
    read = store.read(ANNOTATIONS)

    def said(record: object) -> object:
        import msgspec

        raw = msgspec.to_builtins(record)
        return json.dumps(
            {
                k: v
                for k, v in raw.items()
                if k not in ("id", "origin", "human_verified", "quote", "parent")
            },
            sort_keys=True,
        )

    for doc_id, document in read.documents.items():
        for layer in ("entities", "dates", "marks", "quotes"):
            for name, documents in read.passes.items():
                there = Counter(said(r) for r in getattr(documents[doc_id], layer))
                for record in getattr(document, layer):
                    assert record.origin == "adjudicated" or there[said(record)] == 1, (
                        name,
                        record,
                    )


def test_every_mark_of_the_texts_is_labelled(gold: vn.Gold) -> None:
    for document in gold.values():
        places = [
            p
            for m in document.marks
            for p in ([m.start - 1] if m.close is None else [m.start - 1, m.end])
        ]
        assert sorted(places) == list(quotation_marks(document.text))


def test_repeated_headlines_are_labelled_alike(gold: vn.Gold) -> None:
    document = gold[BQ]
    by_text: dict[str, list[vn.Segment]] = {}
    for segment in document.segments:
        by_text.setdefault(document.text[segment.start : segment.end], []).append(segment)
    repeated = [pair for pair in by_text.values() if len(pair) > 1]
    assert len(repeated) == 29

    def inside(segment: vn.Segment) -> object:
        o = segment.start
        return (
            [
                (e.start - o, e.end - o, e.type, e.entity_id)
                for e in document.entities
                if o <= e.start < segment.end
            ],
            [
                (d.start - o, d.end - o, d.value)
                for d in document.dates
                if o <= d.start < segment.end
            ],
            [
                (m.start - o, m.end - o, m.function)
                for m in document.marks
                if o <= m.start < segment.end
            ],
            [
                (q.content[0].start - o, q.kind, q.speakers)
                for q in document.quotes
                if o <= q.content[0].start < segment.end
            ],
        )

    for first, second in repeated:
        assert inside(first) == inside(second)
        assert (first.zone, first.item) == (second.zone, second.item)


def test_both_articles_meet_in_the_registry(gold: vn.Gold) -> None:
    here = [{e.entity_id for e in document.entities} for document in gold.values()]
    assert {
        "north-korea",
        "russia",
        "kim-jong-un",
        "vladimir-putin",
        "united-states",
        "kcna",
    } <= here[0] & here[1]


def test_wikidata_ids_have_a_source() -> None:
    """An id stands in the registry only with the public source that shows it beside the name."""
    with (ANNOTATIONS / "wikidata_sources.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["entity_id"]: row for row in csv.DictReader(file)}
    registry = store.read(ANNOTATIONS).registry
    assert {key: entry.wikidata for key, entry in registry.items() if entry.wikidata} == {
        k: r["wikidata"] for k, r in sources.items()
    }
    assert all(
        row["source"] and row["wikidata"].removeprefix("Q") in row["evidence"]
        for row in sources.values()
    )


def test_the_examples_of_the_format_hold(gold: vn.Gold) -> None:
    """The offsets that the documentation uses."""
    text = gold[ET].text
    assert text[0:4] == "KCNA"
    assert text[141:150] == "hôm 15/08"
    assert gold[ET].quotes[0].content == (vn.Span(start=6, end=79),)
    assert text[451:538].startswith("mở rộng mối quan hệ")
    assert next(m for m in gold[ET].marks if m.start == 451).quote == "q4"
