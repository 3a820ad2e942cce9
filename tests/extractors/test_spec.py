"""Parsing the SPEC of an extractor."""

from __future__ import annotations

import pytest

from vinewsie.extractors import BUILT_IN, UnknownExtractorError
from vinewsie.extractors.spec import (
    BuiltInSpec,
    CombinedSpec,
    CommandSpec,
    FunctionSpec,
    ServiceSpec,
    Spec,
    built_in_of,
    parse,
    parts_of,
)

RULES = BuiltInSpec("rules", BUILT_IN["rules"], None)
FUNCTION = FunctionSpec("mine:model.extract", "mine", "model.extract")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("rules", RULES),
        ("spacy:vi:1", BuiltInSpec("spacy:vi:1", BUILT_IN["spacy"], "vi:1")),
        ("mine:model.extract", FUNCTION),
        ("./mine.py:f", FunctionSpec("./mine.py:f", "./mine.py", "f")),
        (r"C:\a\mine.py:m.f", FunctionSpec(r"C:\a\mine.py:m.f", r"C:\a\mine.py", "m.f")),
        ("CMD:cat", FunctionSpec("CMD:cat", "CMD", "cat")),
        ("cmd:cat | sort", CommandSpec("cmd:cat | sort", "cat | sort")),
        ("HTTPS://example.org/x", ServiceSpec("HTTPS://example.org/x", "HTTPS://example.org/x")),
        (
            "combine:rules+mine:model.extract",
            CombinedSpec("combine:rules+mine:model.extract", (RULES, FUNCTION)),
        ),
    ],
)
def test_forms(text: str, spec: Spec) -> None:
    assert parse(text) == spec


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "magic", "mine:", ":f", "cmd", "cmd: ", "spacy", "spacy:", "rules:x", "combine"),
        *("combine:", "combine:rules", "combine:rules+", "combine:combine:rules+rules"),
        *("combine:rules+cmd:cat", "combine:http://localhost/+rules"),
    ],
)
def test_texts_that_are_not_a_spec(text: str) -> None:
    with pytest.raises(UnknownExtractorError):
        parse(text)


def test_parts_are_the_python_extractors() -> None:
    assert parts_of(parse("rules")) == (RULES,)
    assert parts_of(parse("combine:rules+mine:model.extract")) == (RULES, FUNCTION)
    assert parts_of(parse("cmd:cat")) == parts_of(parse("http://localhost/")) == ()


def test_the_built_in_extractor_of_a_spec() -> None:
    assert built_in_of("spacy:vi") is BUILT_IN["spacy"]
    assert built_in_of("mine:f") is None
