"""Messages in two languages: the table, and messages as values."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import asdict

import msgspec
import pytest

from spoken import ENGLISH, PACKAGE, names_in, templates_in
from vinewsie.findings import CODES, Finding
from vinewsie.messages import Message, Word, finding_in, in_language, joined, say, table

PLACE = say("“{words}” (line {line}, [{start}, {end}))", words="Huế", line=2, start=3, end=6)
FINDING = Finding("label", say("{region} {finding}", region=PLACE, finding=say("has other labels")))


def test_every_message_has_both_languages() -> None:
    """The templates that the code says, and their names in braces, are those of the table."""
    messages = table()["messages"]
    assert templates_in(PACKAGE.rglob("*.py")) == set(messages)
    assert set(table()["codes"]) == set(CODES)
    for english, vietnamese in messages.items():
        assert names_in(english) == names_in(vietnamese)


def test_the_vietnamese_of_a_message_is_not_english() -> None:
    texts = (re.sub(r"\{.*?\}", "", text) for text in table()["messages"].values())
    assert [text for text in texts if ENGLISH.search(text)] == []


def test_a_finding_in_vietnamese() -> None:
    assert FINDING.message == "“Huế” (line 2, [3, 6)) has other labels"
    assert finding_in(FINDING, "en") == FINDING
    assert finding_in(FINDING, "vi").message == "“Huế” (dòng 2, [3, 6)) có nhãn khác"


def test_the_code_stands_before_what_is_english_alone() -> None:
    bare = Finding("json", "Input data was truncated")
    assert finding_in(bare, "vi").message == "dòng không phải JSON (Input data was truncated)"
    nested = Finding("order", say("{region}: {finding}", region=PLACE, finding="not in order"))
    assert finding_in(nested, "vi").message == (
        "bản ghi không theo thứ tự đọc (“Huế” (dòng 2, [3, 6)): not in order)"
    )


def test_messages_one_after_the_other() -> None:
    both = joined([PLACE, say("edits")], say(" and "))
    assert both == "“Huế” (line 2, [3, 6)) and edits"
    assert in_language(both, "vi") == "“Huế” (dòng 2, [3, 6)) và các sửa đổi"
    assert joined(["a", "{b}"]) == "a, {b}"
    assert joined([]) == ""


@pytest.mark.parametrize(
    "copied",
    [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
def test_a_message_is_copied_with_its_translation(copied: object) -> None:
    assert callable(copied)
    finding = copied(FINDING)
    assert finding == FINDING
    assert isinstance(finding.message, Message)
    assert finding_in(finding, "vi") == finding_in(FINDING, "vi")


def test_a_value_has_its_word_in_vietnamese() -> None:
    message = say("{label} {place}", label=Word("GPE", "Nước/tỉnh/thành"), place=PLACE)
    assert message == "GPE “Huế” (line 2, [3, 6))"
    for one in (message, pickle.loads(pickle.dumps(message)), copy.deepcopy(message)):
        assert in_language(one, "vi") == "Nước/tỉnh/thành “Huế” (dòng 2, [3, 6))"
        assert in_language(one, "en") == message


def test_a_message_is_its_english_string() -> None:
    english = "“Huế” (line 2, [3, 6)) has other labels"
    assert Finding("label", english) == FINDING
    assert {english} == {FINDING.message}
    assert type(str(FINDING.message)) is str
    assert json.loads(json.dumps(asdict(FINDING)))["message"] == english
    encoded = msgspec.json.encode(FINDING, enc_hook=str)
    assert msgspec.json.decode(encoded, type=Finding) == FINDING
