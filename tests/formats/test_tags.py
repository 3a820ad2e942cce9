"""Chunks of tags: by hand, against seqeval on any tags, and fast."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from vinewsie.formats.tags import chunks, parse


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("I-PER I-PER B-PER", [(0, 2, "PER"), (2, 3, "PER")]),  # IOB1
        ("O I-PER I-LOC", [(1, 2, "PER"), (2, 3, "LOC")]),  # lenient: a new label begins a chunk
        ("B-PER E-PER S-PER E-PER", [(0, 2, "PER"), (2, 3, "PER"), (3, 4, "PER")]),
        ("B-PER I-PER L-PER I-PER U-PER", [(0, 3, "PER"), (3, 4, "PER"), (4, 5, "PER")]),  # BILOU
        ("B-PER M-PER E-PER", [(0, 3, "PER")]),  # BMES
        ("[-NP ]-NP", [(0, 1, "NP"), (1, 2, "NP")]),
        ("PER PER O PER LOC", [(0, 2, "PER"), (3, 4, "PER"), (4, 5, "LOC")]),  # IO
        ("B-tổ-chức I-tổ-chức", [(0, 2, "tổ-chức")]),
        ("B I O I E", [(0, 2, "_"), (3, 5, "_")]),
        ("B- I-", [(0, 2, "_")]),
        ("O-PER - _ .", []),
        (
            "BUILDING BUILDING PER-1",
            [(0, 2, "BUILDING"), (2, 3, "PER-1")],
        ),  # no prefix, though the first letter is one
    ],
)
def test_chunks(tags: str, expected: list[tuple[int, int, str]]) -> None:
    assert chunks(tags.split()) == expected


def test_empty_tag_is_outside() -> None:
    assert parse("") is None
    assert chunks(["B-PER", "", "I-PER"]) == [(0, 1, "PER"), (2, 3, "PER")]


LABELS = st.sampled_from(["PER", "LOC", "ĐỊA-DANH", "-", "_", "a-b-c"])
PREFIXES = st.sampled_from(list("BIES"))
TAGS = st.just("O") | PREFIXES | st.builds("{}-{}".format, PREFIXES, LABELS | st.just(""))


@given(st.lists(TAGS, max_size=30))
def test_as_seqeval(tags: list[str]) -> None:
    assert chunks(tags) == [(first, last + 1, label) for label, first, last in get_entities(tags)]


def test_fast() -> None:
    some = random.Random(5).choices(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "E-ORG"], k=500_000)
    began = time.process_time()
    found = chunks(some)
    assert time.process_time() - began < 0.6  # about 0.1 s; the limit allows for a busy machine
    assert len(found) == len(get_entities(some))
