"""The guidelines in both languages have the same rules, examples and values."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from conftest import ANNOTATIONS
from vinewsie.formats.label_studio.config import label_config

ENGLISH, VIETNAMESE = (
    (ANNOTATIONS / name).read_text(encoding="utf-8")
    for name in ("guidelines.md", "guidelines.vi.md")
)


@pytest.mark.parametrize(
    "pattern",
    [r"^#+ [\d.]+|^ *\d+\.", r"\b(?:BQ|ET) \d+", r"`[^`\n]+`", r"^\|", "⁺", r"^- "],
    ids=["rule numbers", "places", "values", "rows of tables", "amendments", "items"],
)
def test_both_languages_have_the_same(pattern: str) -> None:
    english, vietnamese = (
        Counter(re.findall(pattern, text, re.MULTILINE)) for text in (ENGLISH, VIETNAMESE)
    )
    assert english - vietnamese == Counter()
    assert vietnamese - english == Counter()


def test_every_example_is_printed_in_both() -> None:
    """Marked examples, with line breaks and breaks for width folded."""

    def examples(text: str) -> Counter[str]:
        return Counter(
            " ".join(found.split()) for found in re.findall(r"\[([^\[\]]+)\](?!\()", text)
        )

    missing = examples(ENGLISH) - examples(VIETNAMESE)
    assert missing == Counter()


README = (ANNOTATIONS / "README.vi.md").read_text(encoding="utf-8")
GLOSSARY = {
    name: terms.split(", ")
    for terms, name in re.findall(r"^\| ([^|]+) \| [^|]+ \| `(\w+)` \|$", README, re.MULTILINE)
    if f"`{name}` |" in README.partition("## Thuật ngữ")[2]
}
"""The Vietnamese terms for the fields of records, in the documents and on the labelling page."""


def test_the_glossary_is_the_one_of_the_guidelines_and_of_the_page() -> None:
    assert {"entities", "dates", "marks", "kind", "cue", "source", "speakers"} <= GLOSSARY.keys()
    guidelines = " ".join(VIETNAMESE.split()).lower()
    shown = {
        element.get("name") or element.get("alias"): element
        for element in ElementTree.fromstring(label_config()).iter()
    }
    for name, terms in GLOSSARY.items():
        for term in terms:
            assert term in guidelines, term
        if name in ("entities", "dates", "marks", "quotes", "cue", "source", "medium"):
            word = str(shown[name].get("value")).lower()
            assert any(word in term for term in terms), (word, terms)
    page = label_config().lower()
    for name in ("kind", "speakers", "addressees", "readings"):
        assert any(word in page for word in GLOSSARY[name]), name


def test_the_values_of_the_glossary_are_those_of_the_page() -> None:
    """Every label and choice of the page, and no other, each with the word that the page shows."""
    table = README.partition("| giá trị của |")[2].partition("\n\n")[0]
    listed = {
        value: word
        for row in re.findall(r"^\| [^|]+ \| ([^|]+) \|$", table, re.MULTILINE)
        for word, value in re.findall(r"([^,`]+) `(\w+)`", row.replace(", ", ","))
    }
    layers = {element.get("alias") for element in _choices_of("complete")}
    shown = {
        element.get("alias"): element.get("value")
        for element in ElementTree.fromstring(label_config()).iter()
        if element.get("alias") and element.get("alias") not in layers
    }
    assert listed == shown


def _choices_of(name: str) -> list[ElementTree.Element]:
    """The choices of a control of the page."""
    page = ElementTree.fromstring(label_config())
    return [choice for one in page.iter() if one.get("name") == name for choice in one]


def test_the_guidelines_use_the_term_for_contested_records() -> None:
    """The name of the field is marked as code; in sentences stands the term of the glossary."""
    sentences = re.sub(r"`[^`\n]+`", "", VIETNAMESE + README)
    assert "contested" not in re.sub(r"^\|.*$", "", sentences, flags=re.MULTILINE)
