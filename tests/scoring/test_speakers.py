"""How the speakers that an extractor names are resolved, on the articles and on custom gold."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec
import pytest

import vinewsie as vn
from vinewsie.model import Document, Quote, RegistryEntry
from vinewsie.registry import OFFICES, Registry
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
    wrong = joint(gold, printed, "attribution.misattributed")["attribution.misattributed"].counts
    assert (wrong.predicted, wrong.matched) == (42, 0)
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


@pytest.fixture(scope="module")
def pages(gold: vn.Gold) -> list[SpeakerNames]:
    registry = RegistryNames(gold.registry)
    return [SpeakerNames(document, registry) for document in gold.values()]


def persons(gold: vn.Gold) -> Iterator[tuple[str, str]]:
    """The persons of the registry, each with each of its names."""
    for key, entry in gold.registry.items():
        if entry.type == "PER":
            yield from ((key, name) for name in {entry.name_vi, entry.name_en, *entry.aliases})


RELATIVES = (
    *("vợ", "chồng", "mẹ", "cha", "bố", "con", "con trai", "con gái", "em", "em gái", "em trai"),
    *("cháu", "anh trai", "chị gái", "vợ cũ của", "bạn", "gia đình"),
)
HONORIFIC_RELATIVES = ("anh", "chị", "cô", "cụ")
STAFF = (
    *("nhà phê bình", "fan", "giám đốc công ty", "chủ tịch hội đồng"),
    *("thư ký", "luật sư", "luật sư của", "trợ lý", "cố vấn", "phát ngôn viên", "người phát ngôn"),
    *("tài xế", "vệ sĩ", "đại sứ của", "phe", "phía", "đảng", "văn phòng", "chính quyền", "phó"),
)
GIVEN_NAMES = ("Lyudmila", "Minh Châu", "D.", "Rosa", "Nguyễn")
TITLES_BEFORE_NAMES = ("ông ", "bà ", "tổng thống ", "Tổng thống Nga ", "nhà lãnh đạo ", "")


@pytest.mark.parametrize("word", [*RELATIVES, *HONORIFIC_RELATIVES, *STAFF, *GIVEN_NAMES])
def test_who_belongs_to_a_person_is_somebody_else(
    gold: vn.Gold, pages: list[SpeakerNames], word: str
) -> None:
    for key, name in persons(gold):
        for title in TITLES_BEFORE_NAMES:
            if word in HONORIFIC_RELATIVES and not title:
                continue  # "anh Nam" is Nam; "anh ông Nam" is not.
            phrase = f"{word} {title}{name}"
            if phrase.casefold().startswith(tuple(f"{office} " for office in OFFICES)):
                continue  # "phó tổng thống" is a title.
            for form in (phrase, phrase[0].upper() + phrase[1:], phrase.title(), phrase.upper()):
                assert all(key not in page.read(form).readings for page in pages), form


@pytest.mark.parametrize("joint", [", ", " - ", " – ", " / ", "; ", " và ", " & ", " (", " cùng "])
def test_two_names_are_not_one_speaker(
    gold: vn.Gold, pages: list[SpeakerNames], joint: str
) -> None:
    others = ("Nguyễn Minh Châu", "Tổng thống Rosa Minh", "ông Châu", "Tổng thống Lào Rosa")
    known = ("Kim Jong Un", "tổng thống Putin", "Tổng thống Volodymyr Zelensky")
    end = ")" * (joint == " (")
    for key, name in persons(gold):
        for title in ("", "ông ", "Tổng thống "):
            for other in (*others, *known):
                for phrase in (
                    f"{title}{name}{joint}{other}{end}",
                    f"{other}{joint}{title}{name}{end}",
                ):
                    assert all(not page.read(phrase).readings for page in pages), (phrase, key)


@pytest.mark.parametrize("joint", [", ", " - ", " / ", " và "])
def test_two_countries_are_not_one_speaker(
    gold: vn.Gold, pages: list[SpeakerNames], joint: str
) -> None:
    names = [entry.name_vi for entry in gold.registry.values() if entry.type == "GPE"]
    for first, second in itertools.permutations(names, 2):
        assert not pages[0].read(f"{first}{joint}{second}").readings


@pytest.mark.parametrize("part", [" của bộ", " tại Nga", ", của bộ", " (Nga)"])
@pytest.mark.parametrize("count", [30, 100_000])
def test_a_phrase_of_many_links_is_read(pages: list[SpeakerNames], part: str, count: int) -> None:
    """Each link once doubled the ways in which it was read."""
    assert pages[0].read(f"Vladimir Putin{part * count} X và").by == "unknown"


@pytest.mark.parametrize(
    "phrase", ["Reuters (Yonhap)", "Reuters, Yonhap", "Putin, Tổng thống Rosa Minh của Lào"]
)
def test_names_in_apposition_are_not_one_speaker(pages: list[SpeakerNames], phrase: str) -> None:
    assert not any(page.read(phrase).readings for page in pages)


@pytest.mark.parametrize(
    "word",
    [
        *("báo", "nhà báo", "tờ báo", "báo chí", "hãng", "hãng tin", "hãng thông tấn", "đài"),
        *("trang tin", "tạp chí", "kênh", "truyền thông", "phóng viên", "hãng thông tấn quốc gia"),
    ],
)
def test_the_press_of_a_country_is_not_the_country(
    gold: vn.Gold, pages: list[SpeakerNames], word: str
) -> None:
    for entry in gold.registry.values():
        if entry.type in ("GPE", "LOC"):
            for name in (entry.name_vi, *entry.aliases):
                for phrase in (f"{word} {name}", f"{word.capitalize()} {name}"):
                    assert not any(page.read(phrase).readings for page in pages), phrase


@pytest.mark.parametrize(
    ("phrase", "key"),
    [
        ("Đại sứ Mỹ tại LHQ Linda Thomas-Greenfield", "linda-thomas-greenfield"),
        (
            "Đại sứ Hoa Kỳ tại Liên Hiệp Quốc, bà Linda Thomas-Greenfield",
            "linda-thomas-greenfield",
        ),
        ("bà Linda Thomas-Greenfield - Đại sứ Mỹ tại LHQ", "linda-thomas-greenfield"),
        ("Ngoại trưởng Mỹ, ông Antony Blinken", "antony-blinken"),
        ("Bộ trưởng Ngoại giao Nga Sergei Lavrov", "sergei-lavrov"),
        ("Tổng thống Liên bang Nga Vladimir Putin", "vladimir-putin"),
        ("Tổng thống LB Nga V. Putin", "vladimir-putin"),
        ("ông Putin, người đứng đầu Điện Kremlin", "vladimir-putin"),
        ("Ông Putin, Phát ngôn viên Gazprom", "vladimir-putin"),
        ("Cựu Tổng thống Donald Trump", "donald-trump"),
        ("Lãnh tụ Triều Tiên Kim Jong Un", "kim-jong-un"),
        ("Tổng Bí thư, Chủ tịch nước Kim Jong Un", "kim-jong-un"),
        ("anh Putin", "vladimir-putin"),
        ("GS.TS Putin, Viện Kinh tế", "vladimir-putin"),
        ("Nhạc sĩ Putin, biệt danh “vua đêm”", "vladimir-putin"),
        ("Con trai bà, anh Putin", "vladimir-putin"),
        ("Hãng tin RIA Novosti", "ria-novosti"),
        ("Hãng tin KCNA", "kcna"),
        ("hãng tin “KCNA” (Triều Tiên) của Bắc Hàn", "kcna"),
        ("Hãng tin Yonhap", "yonhap"),
        ("Hãng thông tấn quốc gia Triều Tiên KCNA", "kcna"),
        ("phía Hamas", "hamas"),
        ("Chính phủ Liên bang Nga", "russia"),
        ("Nga (Điện Kremlin)", "russia"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("space", [" ", "\u00a0"])
def test_usual_printed_names(
    pages: list[SpeakerNames], phrase: str, key: str, form: Literal["NFC", "NFD"], space: str
) -> None:
    given = unicodedata.normalize(form, phrase).replace(" ", space)
    assert [page.read(given).readings for page in pages] == [{key}] * len(pages)


@pytest.mark.parametrize(
    "phrase", ["Tổng thống Pháp", "Pháp", "Cựu Ngoại trưởng Pháp", "chị Ngoại trưởng Pháp"]
)
def test_a_role_is_no_other_office_of_the_country(pages: list[SpeakerNames], phrase: str) -> None:
    role = "foreign-minister-of-france"
    assert all(page.read("bà Ngoại trưởng Pháp").readings == {role} for page in pages)
    assert all(role not in page.read(phrase).readings for page in pages)


def test_a_title_before_a_country_names_nobody_in_the_strict_way(pages: list[SpeakerNames]) -> None:
    assert {page.resolve("Tổng thống Nga") for page in pages} == {"unknown:Tổng thống Nga"}
    assert {page.resolve("nước Nga") for page in pages} == {"unknown:nước Nga"}


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
