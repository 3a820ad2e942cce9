"""Chunks of tags, schemes and notations: by hand, against seqeval and seqscore on any tags."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from vinewsie.findings import Finding, errors
from vinewsie.formats.base import Options
from vinewsie.formats.tags import (
    SCHEMES,
    SYNONYMS,
    Notation,
    Place,
    Tag,
    chunks,
    notation,
    parse,
    read_chunks,
    scheme_names,
)


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
        ("B-PER M-PER W-PER", [(0, 2, "PER"), (2, 3, "PER")]),  # BMEWO
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


def test_each_tag_of_a_long_column_is_looked_at_once() -> None:
    class Counted(list[str]):
        looks = 0

        def __iter__(self) -> Iterator[str]:
            for tag in super().__iter__():
                Counted.looks += 1
                yield tag

        def __getitem__(self, place: Any) -> Any:
            Counted.looks += 1
            return super().__getitem__(place)

    some = random.Random(5).choices(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "E-ORG"], k=50_000)
    found = chunks(Counted(some))
    assert Counted.looks <= 2 * len(some)
    assert found == [(first, last + 1, label) for label, first, last in get_entities(some)]


class Sentence(NamedTuple):
    """A sentence with a tag a line."""

    tags: list[str]

    def parsed(self, notation: Notation) -> list[Tag | None]:
        return [notation.parsed[tag] for tag in self.tags]

    def place(self, index: int) -> Place:
        return Place(index + 1)


def read_tags(
    tags: list[str], scheme: str = "auto", repair: str | None = None
) -> tuple[list[tuple[int, int, str]], list[Finding]]:
    """The chunks of one sentence, a tag a line, and the findings."""
    findings: list[Finding] = []
    places = [(tag, Place(line)) for line, tag in enumerate(tags, start=1)]
    options = Options(tags=scheme, repair=repair)
    [read] = read_chunks(
        [Sentence(tags)], places, notation(tags, scheme), options, Path("f"), findings
    )
    return read.kept, findings


LETTERS = {
    "iob2": "BI",
    "iobes": "BIES",
    "bilou": "BILU",
    "bmes": "BMES",
    "bmewo": "BMEW",
    "iob1": "BI",
    "io": "I",
}


def encode(mentions: list[tuple[int, str | None]], scheme: str) -> list[str]:
    """Tags of mentions that follow each other; those without a label are outside."""
    tags: list[str] = []
    before = None
    for length, label in mentions:
        if label is None:
            tags += ["O"] * length
        elif scheme in ("iob2", "iob1", "io"):
            begin = "I" if scheme == "io" or (scheme == "iob1" and label != before) else "B"
            tags += [f"{begin}-{label}", *[f"I-{label}"] * (length - 1)]
        else:
            begin, inside, end, single = tuple(LETTERS[scheme])
            whole = [begin, *[inside] * (length - 2), end] if length > 1 else [single]
            tags += [f"{prefix}-{label}" for prefix in whole]
        before = label
    return tags


def spans(mentions: list[tuple[int, str | None]]) -> list[tuple[int, int, str]]:
    found, at = [], 0
    for length, label in mentions:
        if label is not None:
            found.append((at, at + length, label))
        at += length
    return found


MENTIONS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([None, "PER", "ĐỊA-DANH", "b_1"])),
    min_size=1,
    max_size=8,
)
WITHOUT_IO = [name for name in SCHEMES if name != "io"]


@given(MENTIONS, st.sampled_from(WITHOUT_IO))
def test_well_formed_tags_give_no_finding(
    mentions: list[tuple[int, str | None]], scheme: str
) -> None:
    tags = encode(mentions, scheme)
    for name in ("auto", scheme, *(k for k, v in SYNONYMS.items() if v == scheme)):
        for repair in (None, "conlleval", "discard", "none"):
            assert read_tags(tags, name, repair) == (spans(mentions), [])


@given(MENTIONS, st.sampled_from(WITHOUT_IO))
def test_suffixes_and_lower_case_are_recognised(
    mentions: list[tuple[int, str | None]], scheme: str
) -> None:
    tags = encode(mentions, scheme)
    if set(tags) == {"O"}:
        return
    turned = ["-".join(reversed(tag.split("-", 1))) for tag in tags]
    found, findings = read_tags(turned, scheme)
    assert found == spans(mentions)
    assert [(f.code, f.severity) for f in findings] == [("tag", "warning")]
    assert "PER-B is read as B-PER" in findings[0].message
    lower = [tag[0].lower() + tag[1:] for tag in tags]
    found, findings = read_tags(lower)
    assert found == spans(mentions)
    assert [f.severity for f in findings] == ["warning"]
    assert "tags read otherwise than written" in findings[0].message
    assert len(errors(read_tags(lower, scheme)[1])) == len(set(lower))


@pytest.mark.parametrize(
    ("tags", "scheme", "places"),
    [
        ("O I-PER I-PER", "iob2", [2]),
        ("B-PER I-LOC", "iob2", [2]),
        ("B-PER S-PER", "iob2", [2]),
        ("B-PER PER", "iob2", [2]),
        ("B-PER I-PER", "iobes", [2]),
        ("I-PER E-PER O E-PER", "iobes", [1, 4]),
        ("B-PER O S-PER", "iobes", [1]),
        ("B-PER S-PER", "iobes", [1]),
        ("B-PER E-PER S-PER", "bilou", [2, 3]),
        ("U-PER L-PER", "bilou", [2]),
        ("B-PER I-PER", "iob1", [1]),
        ("I-PER B-LOC", "iob1", [2]),
        ("I-PER B-PER", "io", [2]),
        ("B-PER W-PER", "bmewo", [1]),
        ("B-PER M-PER", "bmes", [2]),
    ],
)
def test_a_scheme_refuses_with_every_place(tags: str, scheme: str, places: list[int]) -> None:
    found, findings = read_tags(tags.split(), scheme)
    assert [(f.code, f.severity, f.line) for f in findings] == [
        ("tag", "error", line) for line in places
    ]
    assert all(SCHEMES[scheme].rule in f.message for f in findings)
    assert all("--input-repair conlleval" in f.message for f in findings)
    assert len(found) == len(chunks(tags.split())) - len(places)
    repaired, [warning] = read_tags(tags.split(), scheme, "conlleval")
    assert repaired == chunks(tags.split())
    assert warning.severity == "warning"
    assert f"{len(places)} mention" in warning.message
    assert (warning.file, warning.line) == ("f", places[0])


@pytest.mark.parametrize(
    ("tags", "warning"),
    [
        (
            "B-PER O I-LOC I-LOC O I-PER B-PER O B-LOC",
            "2 mentions not well-formed in iob2 (a mention is B, then I), repaired as conlleval "
            "does: mention begins with I: 2 (first in line 3)",
        ),
        (
            "S-PER O B-PER O E-PER",
            "2 mentions not well-formed in iobes (a mention is S alone, or B, then I, then E), "
            "repaired as conlleval does: mention ends with B: 1 (first in line 3), mention begins "
            "with E: 1 (first in line 5)",
        ),
        (
            "B-PER O LOC",
            "1 mention not well-formed in iob2 (a mention is B, then I), repaired as conlleval "
            "does: tag without a prefix: 1 (first in line 3)",
        ),
        (
            "B-PER o o b-LOC O-LOC B I-",
            "tags read otherwise than written: 'o' as O: 2 (first in line 2), 'b-LOC' as B-LOC: 1 "
            "(first in line 4), 'O-LOC' as O: 1 (first in line 5), 'B' as B-_: 1 (first in line 6),"
            " 'I-' as I-_: 1 (first in line 7)",
        ),
        ("PER 0 PER", "tags read otherwise than written: '0' as O: 1 (first in line 2)"),
    ],
)
def test_auto_counts_what_it_repairs(tags: str, warning: str) -> None:
    assert [(f.message, f.severity) for f in read_tags(tags.split())[1]] == [(warning, "warning")]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("PER-B PER-I O LOC-B", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("S-B S-I O", [(0, 2, "S")]),  # the label S, which has two suffixes
        ("B-S I-S O", [(0, 2, "S")]),  # the label S behind two prefixes
        ("B-E E-E O", [(0, 2, "E")]),
        ("PER PER O LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("B-E-MAIL I-E-MAIL B-PER-1", [(0, 2, "E-MAIL"), (2, 3, "PER-1")]),
        ("e-mail phone O", [(0, 1, "e-mail"), (1, 2, "phone")]),
        ("B I O", [(0, 2, "_")]),
        ("T_CELL B_CELL O", [(0, 1, "T_CELL"), (1, 2, "B_CELL")]),
    ],
)
def test_all_tags_show_how_they_are_written(tags: str, found: list[tuple[int, int, str]]) -> None:
    assert read_tags(tags.split())[0] == found


@pytest.mark.parametrize(
    ("tags", "refused"),
    [
        (["B-PER", "PER-I"], ["PER-I"]),
        (["PER", "LOC-B", "O"], ["LOC-B"]),
        (["B_PER", "I_PER", "O"], ["B_PER", "I_PER"]),
        (["B_PER", "O"], ["B_PER"]),
        (["PER_B", "PER_I", "LOC"], ["PER_B", "PER_I"]),
        (["BPER", "IPER", "LOC"], ["BPER", "IPER"]),
        (["b-PER", "PER", "O"], ["b-PER"]),
        (["B-PER", "I-B-PER", "B-PER-I"], ["I-B-PER", "B-PER-I"]),
        (["B-B-PER", "I-I-PER", "O"], ["B-B-PER", "I-I-PER"]),
        (["B_PER", "PER", "O"], ["B_PER"]),
        (["B–PER", "I–PER", "O"], ["B–PER", "I–PER"]),
        (["b:per", "i:per", "misc"], ["b:per", "i:per"]),
        (["GPE B-GPE", "O O"], ["GPE B-GPE", "O O"]),
        (["B-PER\u200b", "O"], ["B-PER\u200b"]),
        (["B-PER\u00a0", "O"], ["B-PER\u00a0"]),
        (["B-PER|B-LOC", "O"], ["B-PER|B-LOC"]),
        (["O|O", "O"], ["O|O"]),
        (["0", "1", "2"], ["1", "2"]),
        (["O", "0.97", "1e-5"], ["0.97", "1e-5"]),
        (["_", "SpaceAfter=No"], ["SpaceAfter=No"]),
        (["O", ",", "``"], [",", "``"]),
    ],
)
@pytest.mark.parametrize("repair", [None, "conlleval", "discard"])
def test_tags_that_cannot_be_read_are_never_labels(
    tags: list[str], refused: list[str], repair: str | None
) -> None:
    found, findings = read_tags([*tags, *tags], "auto", repair)
    wrong = errors(findings)
    assert [f.line for f in wrong] == [1 + tags.index(tag) for tag in refused]
    for finding, tag in zip(wrong, refused, strict=True):
        assert f"tag {tag!r} " in finding.message
        assert "(2 times, first here)" in finding.message
    assert not {label for *_, label in found} & set(refused)


def test_io_reads_labels_that_look_like_tags() -> None:
    tags = ["HEPATITIS_B", "HEPATITIS_E", "O"]
    assert errors(read_tags(tags)[1])
    assert read_tags(tags, "io") == ([(0, 1, "HEPATITIS_B"), (1, 2, "HEPATITIS_E")], [])
    assert errors(read_tags(["PER-B", "PER", "O"], "io")[1])


def test_unknown_schemes_are_refused() -> None:
    assert "iob2" in scheme_names()
    for scheme, repair in (("iob3", None), ("iob2", "some")):
        with pytest.raises(ValueError, match=r"there are auto, iob2, .*; there are|there are auto"):
            read_tags(["O"], scheme, repair)


SEQSCORE = {
    "BIO": "iob2",
    "BIOES": "iobes",
    "BILOU": "bilou",
    "BMES": "bmes",
    "BMEOW": "bmewo",
    "IOB": "iob1",
}


@given(st.data(), st.sampled_from(sorted(SEQSCORE)))
def test_as_seqscore(data: st.DataObject, theirs: str) -> None:
    """The same sequences are valid; where it repairs, the repaired mentions are the same."""
    seqscore: Any = pytest.importorskip("seqscore.encoding")
    validation: Any = pytest.importorskip("seqscore.validation")
    ours = SEQSCORE[theirs]
    tag = st.just("O") | st.builds(
        "{}-{}".format, st.sampled_from(LETTERS[ours]), st.sampled_from(["X", "Y"])
    )
    tags = data.draw(st.lists(tag, min_size=1, max_size=10))
    encoding = seqscore.get_encoding(theirs)
    lines = list(range(len(tags)))
    valid = validation.validate_labels(tags, encoding, line_nums=lines).is_valid()
    assert (not read_tags(tags, ours)[1]) == valid
    for repair in encoding.supported_repair_methods():
        mentions = encoding.decode_labels(encoding.repair_labels(tags, repair))
        assert read_tags(tags, ours, repair)[0] == [
            (m.span.start, m.span.end, m.type) for m in mentions
        ]


@given(st.lists(TAGS | st.text(max_size=6), max_size=20), st.sampled_from(scheme_names()))
def test_any_tags_are_read_or_refused(tags: list[str], scheme: str) -> None:
    """Under conlleval's reading every chunk is there, but for those of tags that are refused."""
    found, findings = read_tags(tags, scheme, "conlleval")
    wrong = {f.line for f in errors(findings)}
    parsed = notation(tags, scheme).parsed
    inside = {i for first, stop, _ in found for i in range(first, stop)}
    for index, tag in enumerate(tags):
        assert (index in inside) == (parsed[tag] is not None and not wrong) or wrong
    assert len([f for f in findings if f.severity == "warning"]) <= 1
