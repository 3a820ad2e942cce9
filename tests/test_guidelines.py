"""The guidelines in both languages have the same rules, examples and values."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from conftest import ANNOTATIONS

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
