"""Measures of people, worked by hand: who is quoted, how often, and wrongly."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import Quote, RegistryEntry, read_as
from vinewsie.registry import Registry
from vinewsie.report.text import voice_table

TEXT = "An nói một hai ba. Bình nói bốn năm sáu. Huế nói bảy tám chín. An nói mười mười một."
CONTENTS = ("một hai ba", "bốn năm sáu", "bảy tám chín", "mười mười một")


def quotes(*speakers: str) -> list[dict[str, Any]]:
    return [
        {
            "content": [{"start": TEXT.index(words), "end": TEXT.index(words) + len(words)}],
            "speakers": [speaker] if speaker else [],
        }
        for words, speaker in zip(CONTENTS, speakers, strict=True)
    ]


REGISTRY = Registry(
    RegistryEntry(entity_id=name.casefold(), type=type_, name_vi=name, name_en=name)
    for name, type_ in (("An", "PER"), ("Bình", "ORG"), ("Huế", "GPE"), ("Chi", "PER"))
)
GOLD = vn.Gold(
    {
        "d": msgspec.convert(
            {"doc_id": "d", "text": TEXT, "quotes": quotes("an", "bình", "huế", "an")},
            vn.Document,
        )
    },
    REGISTRY,
)


def score(measure: str, *speakers: str) -> vn.Result:
    prediction = {"doc_id": "d", "quotes": quotes(*speakers)}
    return vn.score([prediction], GOLD, measures=[measure], resamples=0)


def counts(measure: str, *speakers: str) -> tuple[int, int, int]:
    found = score(measure, *speakers)[measure].counts
    return found.gold, found.predicted, found.matched


def test_persons_and_organisations_of_a_document_count_once() -> None:
    # Gold: an, bình; Huế is a place.
    assert counts("people.document", "An", "Bình", "Huế", "An") == (2, 2, 2)
    assert counts("people.document", "An", "An", "An", "An") == (2, 1, 1)
    assert counts("people.document", "Chi", "Bình", "Huế", "Ai") == (2, 3, 1)
    assert counts("people.document", "", "", "", "") == (2, 0, 0)


def test_quotations_by_speaker() -> None:
    assert counts("people.voice", "An", "Bình", "Huế", "An") == (4, 4, 4)
    # an 2 against 3, bình 1 against 0, huế 1 against 1.
    result = score("people.voice", "An", "An", "Huế", "An")
    by = result["people.voice"].by_label
    assert {name: (n.gold, n.predicted, n.matched) for name, n in by.items()} == {
        "an": (2, 3, 2),
        "bình": (1, 0, 0),
        "huế": (1, 1, 1),
    }
    assert [row[1:] for row in voice_table(result["people.voice"]).rows] == [
        ["2", "3", "+1"],
        ["1", "1", "+0"],
        ["1", "0", "-1"],
        ["4", "4", "± 2"],
    ]


def test_misattributed_is_a_share_of_the_predictions_that_name_somebody() -> None:
    result = score("attribution.misattributed", "Chi", "", "Huế", "An")
    assert result["attribution.misattributed"].accuracy == pytest.approx(1 / 3)
    [error] = result.errors
    assert (error["error"], error["index"]) == ("wrong", 0)
    assert error["gold_speakers"] == ["an"]
    assert error["speakers"] == [{"given": "Chi", "by": "name", "readings": ["chi"]}]


def contested_gold(*readings: list[dict[str, Any]], registry: Registry = REGISTRY) -> vn.Gold:
    """The quotations of An, Bình, Huế and An; those that have readings are contested."""
    records = [
        {**quote, **({"contested": True, "readings": own} if own else {})}
        for quote, own in zip(quotes("an", "bình", "huế", "an"), readings, strict=True)
    ]
    document = {"doc_id": "d", "text": TEXT, "quotes": records}
    return vn.Gold({"d": msgspec.convert(document, vn.Document)}, registry)


READINGS: tuple[list[dict[str, Any]], ...] = (
    [{"speakers": ["chi"]}, {"speakers": ["an", "chi"]}, {"speakers": []}],
    [{"absent": True}],
    [],
    [{"content": [{"start": TEXT.index("mười"), "end": TEXT.index("mười") + 4}]}],
)
"""Another speaker, two, or none; no quotation; and of An another content, a third of its own."""


def contested_counts(
    measure: str, predicted: list[dict[str, Any]], gold: vn.Gold
) -> tuple[tuple[int, int, int], ...]:
    """Gold, predicted and matched with count, skip and lenient."""
    names = [f"{measure}(contested={value})" for value in ("count", "skip", "lenient")]
    prediction = {"doc_id": "d", "quotes": predicted}
    found = vn.score([prediction], gold, measures=names, resamples=0)
    return tuple((c.gold, c.predicted, c.matched) for c in (found[n].counts for n in names))


@pytest.mark.parametrize(
    ("speakers", "voice", "document"),
    [
        # The gold as it is.
        (("An", "Bình", "Huế", "An"),
         ((4, 4, 4), (1, 1, 1), (4, 4, 4)), ((2, 2, 2), (0, 0, 0), (2, 2, 2))),
        # The reading of another speaker.
        (("Chi", "Bình", "Huế", "An"),
         ((4, 4, 3), (1, 1, 1), (4, 4, 4)), ((2, 3, 2), (0, 0, 0), (3, 3, 3))),
        # The reading of no speaker.
        (("", "Bình", "Huế", "An"),
         ((4, 3, 3), (1, 1, 1), (3, 3, 3)), ((2, 2, 2), (0, 0, 0), (2, 2, 2))),
        # A speaker of no reading; the gold's own stays.
        (("Ai", "Bình", "Huế", "An"),
         ((4, 4, 3), (1, 1, 1), (4, 4, 3)), ((2, 3, 2), (0, 0, 0), (2, 3, 2))),
        # A quotation that can be absent, of a wrong speaker.
        (("An", "Chi", "Huế", "An"),
         ((4, 4, 3), (1, 1, 1), (4, 4, 3)), ((2, 2, 1), (0, 0, 0), (2, 2, 1))),
    ],
)  # fmt: skip
def test_contested_quotations(
    speakers: tuple[str, ...], voice: tuple[Any, ...], document: tuple[Any, ...]
) -> None:
    gold, predicted = contested_gold(*READINGS), quotes(*speakers)
    assert contested_counts("people.voice", predicted, gold) == voice
    assert contested_counts("people.document", predicted, gold) == document


def test_quotations_that_another_reading_does_not_have() -> None:
    gold, every = contested_gold(*READINGS), quotes("An", "Bình", "Huế", "An")
    without = [*every[:1], *every[2:]]
    assert contested_counts("people.voice", without, gold) == ((4, 3, 3), (1, 1, 1), (3, 3, 3))
    assert contested_counts("people.document", without, gold) == ((2, 1, 1), (0, 0, 0), (1, 1, 1))
    # Elsewhere, its speaker is right: lenient never takes a match away.
    moved = [*without, {"content": [{"start": 0, "end": 6}], "speakers": ["Bình"]}]
    assert contested_counts("people.voice", moved, gold) == ((4, 4, 4), (1, 2, 1), (4, 4, 4))
    assert contested_counts("people.document", moved, gold) == ((2, 2, 2), (0, 1, 0), (2, 2, 2))
    # A prediction with the content of a reading is left out with the gold, too.
    short = [*every[:3], {**every[3], **READINGS[3][0]}]
    assert contested_counts("people.voice", short, gold) == ((4, 4, 4), (1, 1, 1), (4, 4, 4))
    # A quotation that no reading lets be absent is missed.
    assert contested_counts("people.voice", every[1:], gold) == ((4, 3, 3), (1, 1, 1), (4, 3, 3))


def test_a_speaker_of_contested_and_other_quotations_counts_by_the_others() -> None:
    gold = contested_gold(READINGS[0], [], [], [])
    predicted = quotes("Chi", "Bình", "Huế", "An")
    assert contested_counts("people.document", predicted, gold) == ((2, 3, 2), (2, 2, 2), (3, 3, 3))


def test_without_a_registry_the_speakers_of_a_reading_are_those_of_its_names() -> None:
    """As the speakers of the record itself are."""
    chi = {"start": 0, "end": 2, "type": "PER", "entity_id": "e1"}
    quote = {**quotes("e2", "", "", "")[0], "contested": True, "readings": [{"speakers": ["An"]}]}
    document = {"doc_id": "d", "text": TEXT, "entities": [chi], "quotes": [quote]}
    gold = vn.Gold({"d": msgspec.convert(document, vn.Document)}, Registry())
    measures = ["attribution.joint(contested=lenient)", "people.voice(contested=lenient)"]
    prediction = {"doc_id": "d", "quotes": quotes("e1", "", "", "")[:1]}
    result = vn.score([prediction], gold, measures=measures, resamples=0)
    assert [score.f1 for score in result.values()] == [1.0, 1.0]


@pytest.mark.parametrize("number", range(3))
def test_each_reading_of_the_packaged_quotations_is_right(number: int, gold: vn.Gold) -> None:
    """The reading of this number of each contested quotation, or its last one."""

    def read(quote: Quote) -> Quote | None:
        return read_as(quote, ([*quote.readings[: number + 1]])[-1]) if quote.readings else quote

    predicted = [
        vn.Prediction(
            doc_id=d.doc_id, quotes=tuple(q for q in map(read, d.quotes) if q is not None)
        )
        for d in gold.values()
    ]
    measures = [
        f"people.{name}(contested={value})"
        for name in ("voice", "document")
        for value in ("count", "skip", "lenient")
    ]
    count, skip, lenient = zip(
        *(
            [score.f1 for score in vn.score(predicted, gold, measures=names, resamples=0).values()]
            for names in (measures[:3], measures[3:])
        ),
        strict=True,
    )
    assert max(count) < 1
    assert skip == lenient == (1.0, 1.0)


@pytest.mark.parametrize("strict", ["", "(speakers=strict)"])
@pytest.mark.parametrize("nobody", ["Ông", "họ", "  ", unicodedata.normalize("NFD", "ông\u00a0ấy")])
def test_a_pronoun_and_an_empty_text_name_nobody(nobody: str, strict: str) -> None:
    names = ("misattributed", "joint")
    measures = [f"attribution.{name}{strict}" for name in names]
    measures += [f"people.document{strict}", f"people.voice{strict}"]
    spoken = [{**quote, "speakers": [nobody]} for quote in quotes("An", "An", "An", "An")]
    result = vn.score([{"doc_id": "d", "quotes": spoken}], GOLD, measures=measures, resamples=0)
    misattributed, joint, document, voice = result.values()
    assert misattributed.counts.predicted == 0
    assert (joint.counts.predicted, joint.counts.matched) == (4, 0)
    assert document.counts.predicted == voice.counts.predicted == 0
    assert result.diagnostics["attribution"]["wrong"]["withheld"] == 4


def test_a_role_without_a_name_is_a_wrong_speaker() -> None:
    result = score("attribution.misattributed", "Người phát ngôn", "", "Huế", "An")
    assert result["attribution.misattributed"].accuracy == pytest.approx(1 / 3)
    assert result.diagnostics["attribution"]["wrong"] == {
        "another": 0,
        "invented": 1,
        "withheld": 1,
        "relayer": 0,
    }
