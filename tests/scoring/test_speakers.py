"""How the speakers that an extractor names are resolved, on the articles and on custom gold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import Document, Quote, RegistryEntry
from vinewsie.registry import Registry
from vinewsie.scoring.speakers import RegistryNames, SpeakerNames

Change = Callable[[Document, Quote], dict[str, Any]]


def predicted(gold: vn.Gold, change: Change) -> list[dict[str, Any]]:
    """The gold's own contents, with other speakers and sources."""
    keep = ("id", "kind", "content", "cue", "parent")
    return [
        {
            "doc_id": document.doc_id,
            "quotes": [
                {
                    **{name: msgspec.to_builtins(getattr(quote, name)) for name in keep},
                    **change(document, quote),
                }
                for quote in document.quotes
            ],
        }
        for document in gold.values()
    ]


def source_span(document: Document, quote: Quote) -> dict[str, Any]:
    return {"source": msgspec.to_builtins(quote.source)}


def printed(document: Document, quote: Quote) -> dict[str, Any]:
    assert quote.source is not None
    return {"speakers": [document.text[quote.source.start : quote.source.end]]}


def joint(gold: vn.Gold, change: Change, measure: str = "attribution.joint") -> vn.Result:
    return vn.score(predicted(gold, change), gold, measures=[measure], resamples=0)


def test_the_source_spans_of_the_gold_stand_for_its_speakers(gold: vn.Gold) -> None:
    assert joint(gold, source_span)["attribution.joint"].f1 == 1
    strict = "attribution.joint(speakers=strict)"
    assert joint(gold, source_span, strict)[strict].counts.matched == 21


def test_printed_sources_as_names_are_right_but_for_pronouns(gold: vn.Gold) -> None:
    result = joint(gold, printed)
    missed = [error for error in result.errors if error["error"] == "missed"]
    assert {error["speakers"][0]["given"] for error in missed} == {"Ông"}
    assert {error["speakers"][0]["by"] for error in missed} == {"unknown"}
    assert result["attribution.joint"].counts.matched == 42


def test_a_pronoun_is_right_by_its_span(gold: vn.Gold) -> None:
    both = joint(gold, lambda d, q: {**source_span(d, q), **printed(d, q)})
    assert both["attribution.joint"].f1 == 1


def names_of(entry: RegistryEntry) -> Iterator[str]:
    yield from (entry.entity_id, entry.name_vi, entry.name_en, *entry.aliases)
    if entry.wikidata:
        yield entry.wikidata


@pytest.mark.parametrize("with_source", [False, True])
def test_no_wrong_speaker_of_the_registry_is_ever_right(gold: vn.Gold, with_source: bool) -> None:
    """Every name of every other entity for every quotation, the gold's own source span beside it.

    Not wrong are a name that the speaker bears, too, and the capital of the speaker's country.
    """
    names = {
        document.doc_id: SpeakerNames(document, RegistryNames(gold.registry))
        for document in gold.values()
    }
    tried = 0
    for key, entry in gold.registry.items():
        for name in names_of(entry):

            def wrong(document: Document, quote: Quote, name: str = name) -> dict[str, Any]:
                span = source_span(document, quote) if with_source else {}
                return {**span, "speakers": [name]}

            expected = sum(
                set(quote.speakers or ()) == {key}
                or (
                    len(quote.speakers or ()) == 1
                    and set(quote.speakers or ()) <= names[doc_id].full_name(name).readings
                )
                for doc_id, document in gold.items()
                for quote in document.quotes
            )
            found = joint(gold, wrong)["attribution.joint"].counts.matched
            assert found == expected, name
            tried += 1
    assert tried > 200


@pytest.mark.parametrize(
    ("name", "by", "readings"),
    [
        ("vladimir-putin", "id", {"vladimir-putin"}),
        ("Q7747", "wikidata", {"vladimir-putin"}),
        ("ông Putin", "name", {"vladimir-putin"}),
        ("Tổng thống Nga Vladimir Putin", "part", {"vladimir-putin"}),
        ("Đài Sputnik", "part", {"sputnik"}),
        ("tờ DongA Ilbo (Hàn Quốc)", "part", {"dong-a-ilbo"}),
        ("Triều Tiên", "name", {"north-korea", "korea"}),
        # Modifiers of a title, parts of longer names, and other persons.
        ("Tổng thống Nga", "unknown", set()),
        ("quan chức Nga", "unknown", set()),
        ("Kim Jong Il", "unknown", set()),
        ("Lyudmila Putin", "unknown", set()),
        ("vợ Putin", "unknown", set()),
        ("Putin và Kim", "unknown", set()),
        ("Ông", "unknown", set()),
        ("", "unknown", set()),
    ],
)
def test_the_steps_of_resolution(gold: vn.Gold, name: str, by: str, readings: set[str]) -> None:
    names = SpeakerNames(gold["baoquocte-20231012"], RegistryNames(gold.registry))
    found = names.read(name)
    assert found.by == by
    assert found.readings == frozenset(readings)


def test_a_capital_stands_for_its_government(gold: vn.Gold) -> None:
    names = SpeakerNames(gold["epochtimes-vn-20220815"], RegistryNames(gold.registry))
    for name in ("Washington", "Hoa Thịnh Đốn"):
        assert names.read(name).readings == {"washington-dc", "united-states"}
        assert "capital" in names.read(name).by


def test_two_speakers_need_two_names(gold: vn.Gold) -> None:
    def both(document: Document, quote: Quote) -> dict[str, Any]:
        return {"speakers": ["Trung Quốc", "Nga"]}

    def one(document: Document, quote: Quote) -> dict[str, Any]:
        return {"speakers": ["Nga", "Nga"]}

    def right(change: Change) -> set[str]:
        result = joint(gold, change, "attribution.speaker")
        wrong = {(e["doc_id"], e["id"]) for e in result.errors}
        every = {(d.doc_id, q.id): q for d in gold.values() for q in d.quotes}
        return {str(every[place].speakers) for place in every.keys() - wrong}

    assert right(both) == {"('china', 'russia')"}
    assert right(one) == {"('russia',)"}


# Custom gold without a registry

TEXT = "Bà Lan Trần nói rằng trời sẽ mưa to. Ông Minh đáp rằng trời sẽ nắng."


def at(words: str) -> dict[str, int]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words)}


def custom(first: str, second: str) -> vn.Gold:
    document = msgspec.convert(
        {
            "doc_id": "d",
            "text": TEXT,
            "entities": [
                {**at("Lan Trần"), "type": "PER", "entity_id": "lan"},
                {**at("Minh"), "type": "PER", "entity_id": "minh"},
            ],
            "quotes": [
                {"content": [at("trời sẽ mưa to")], "speakers": [first]},
                {"content": [at("trời sẽ nắng")], "speakers": [second]},
            ],
        },
        vn.Document,
    )
    return vn.Gold({"d": document})


@pytest.mark.parametrize("keys", [("lan", "minh"), ("Lan Trần", "Ông Minh")])
@pytest.mark.parametrize("named", [("lan", "minh"), ("Bà Lan Trần", "Minh")])
def test_mentions_of_the_gold_give_the_names_of_its_speakers(
    keys: tuple[str, str], named: tuple[str, str]
) -> None:
    gold = custom(*keys)
    quotes = [
        {"content": [at("trời sẽ mưa to")], "speakers": [named[0]]},
        {"content": [at("trời sẽ nắng")], "speakers": [named[1]]},
    ]
    measures = ["attribution.joint", "people.document", "people.voice"]
    result = vn.score([{"doc_id": "d", "quotes": quotes}], gold, measures=measures, resamples=0)
    assert [score.f1 for score in result.values()] == [1, 1, 1]
    swapped = [{**quotes[0], "speakers": [named[1]]}, {**quotes[1], "speakers": [named[0]]}]
    result = vn.score([{"doc_id": "d", "quotes": swapped}], gold, measures=measures, resamples=0)
    assert [score.f1 for score in result.values()] == [0, 1, 1]


def test_a_source_without_determiner_in_another_language() -> None:
    text = "The White House said that it rained."
    quote = {
        "content": [{"start": 25, "end": 35}],
        "source": {"start": 0, "end": 15},
        "source_status": "named",
    }
    document = msgspec.convert({"doc_id": "d", "text": text, "quotes": [quote]}, vn.Document)
    guess = {**quote, "source": {"start": 4, "end": 15}}
    result = vn.score(
        [{"doc_id": "d", "quotes": [guess]}],
        vn.Gold({"d": document}, Registry()),
        measures=["attribution.source"],
        resamples=0,
    )
    assert result["attribution.source"].accuracy == 1
