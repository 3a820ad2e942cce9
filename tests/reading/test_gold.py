"""The packaged gold: the articles byte for byte, and labels that the texts themselves can vouch
for.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

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
    """What the gold calls agreed is in every pass with the same words, whatever the ids, the
    spelling of keys, and the fields that version 1.2 of the guidelines added.
    """
    read = store.read(ANNOTATIONS)
    keys = {"entity_id", "speakers", "addressees"}
    ignored = {"id", "origin", "human_verified", "quote", "parent", "truncated", "inherited"}

    def said(record: object) -> object:
        import msgspec

        raw = msgspec.to_builtins(record)
        named = {name: len(raw[name]) for name in keys & raw.keys() if isinstance(raw[name], list)}
        kept = {k: v for k, v in raw.items() if k not in ignored | keys}
        return json.dumps(kept | named, sort_keys=True)

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


def test_doubt_and_its_reasons() -> None:
    """Every contested record has its reason, and repeated headlines have the same readings."""
    read = store.read(ANNOTATIONS)
    contested = {
        (doc_id, layer, str(record.id)): record
        for doc_id, document in read.documents.items()
        for layer in ("entities", "dates", "marks", "quotes")
        for record in getattr(document, layer)
        if record.contested
    }
    reasons = {
        (line.doc_id, line.layer, gold_id): line.reason
        for line in read.adjudication
        if line.outcome == "contested"
        for gold_id in line.decision
    }
    assert contested.keys() == reasons.keys()
    assert all(reasons.values())
    assert len(contested) == 24
    for first, second in (("q11", "q12"), ("q18", "q19"), ("q27", "q28")):
        one, two = (contested[BQ, "quotes", name] for name in (first, second))
        shift = two.content[0].start - one.content[0].start
        assert [r.kind for r in one.readings] == [r.kind for r in two.readings]
        assert [r.speakers for r in one.readings] == [r.speakers for r in two.readings]
        assert [[s.start + shift for s in r.content or ()] for r in one.readings] == [
            [s.start for s in r.content or ()] for r in two.readings
        ]


def test_what_breaks_off_is_truncated(gold: vn.Gold) -> None:
    for document in gold.values():
        for quote in document.quotes:
            rest = document.text[quote.content[-1].end :].partition("\n")[0]
            assert quote.truncated == (re.fullmatch(r",? ?\.\.\.", rest) is not None), quote.id
    assert sum(quote.truncated for quote in gold[BQ].quotes) == 7


def test_inherited_addressees_are_not_in_their_sentence(gold: vn.Gold) -> None:
    """In a sentence with an inherited addressee, no mention of it precedes the cue's content."""
    found = []
    for document in gold.values():
        for quote in document.quotes:
            for key in quote.inherited:
                found.append((document.doc_id, quote.id, key))
                line = document.segment_at(quote.content[0].start)
                assert line is not None
                assert key not in {
                    e.entity_id for e in document.entities if line.start <= e.start < line.end
                }
    assert found == [(BQ, "q6", "vladimir-putin"), (ET, "q8", "vladimir-putin")]


def test_roles_have_their_printed_sources(gold: vn.Gold) -> None:
    assert {key: e.aliases for key, e in gold.registry.items() if e.kind == "role"} == {
        "foreign-minister-of-france": ("Ngoại trưởng Pháp",),
        "high-representative-of-the-european-union": ("Đại diện cấp cao EU",),
    }


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
    """An id is in the registry only with the public source that shows it beside the name, and
    every source names its repository.
    """
    with (ANNOTATIONS / "wikidata_sources.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["entity_id"]: row for row in csv.DictReader(file)}
    registry = store.read(ANNOTATIONS).registry
    assert {key: entry.wikidata for key, entry in registry.items() if entry.wikidata} == {
        k: r["wikidata"] for k, r in sources.items()
    }
    assert all(
        re.match(r"[\w.-]+/[\w.-]+ ", row["source"])
        and row["wikidata"].removeprefix("Q") in row["evidence"]
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


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted on Linux")
def test_loading_leaves_no_threads_behind() -> None:
    """Arrow's, while they are shut down, abort a process that ends soon after."""
    program = (
        "import os, pyarrow, vinewsie; "
        "before = len(os.listdir('/proc/self/task')); vinewsie.load(); "
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.strip() == "0"
