"""The public API: stable names and signatures, runnable examples, and ``help``."""

from __future__ import annotations

import copy
import doctest
import inspect
import json
import pydoc
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from api import KEPT, broken, public_api

NAMES = [name for name in vn.__all__ if name != "__version__"]
OLD: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))


def test_no_signature_is_broken() -> None:
    """``python tests/api.py`` renews the file; see there when."""
    assert broken(OLD, public_api()) == []


def changed_field(api: dict[str, Any], name: str, field: str, place: int, value: Any) -> None:
    """Changes the type (place 1) or the default (place 2) of a field."""
    [held] = [one for one in api[name]["fields"] if one[0] == field]
    held[place] = value


def test_every_public_name_is_held() -> None:
    assert set(NAMES) <= OLD.keys()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda api: api.pop("load"), "load is gone"),
        (lambda api: api["Result"]["members"].remove("save"), "Result.save is gone"),
        (lambda api: api["score"]["parameters"].pop(1), "score: parameter gold is gone"),
        (
            lambda api: api["Entity"]["fields"].append(["more", "int", None]),
            "Entity.more is new and required",
        ),
        (
            lambda api: changed_field(api, "Entity", "type", 2, None),
            "Entity.type is required, and was None by default",
        ),
        (
            lambda api: changed_field(api, "Entity", "start", 1, "str"),
            "Entity.start is str, and was Offset",
        ),
        (
            lambda api: api["data_folder"]["parameters"].append(["x", "keyword-only", None, "int"]),
            "data_folder: parameter x is new and required",
        ),
        (
            lambda api: api["load"]["parameters"][0].__setitem__(2, "'press'"),
            "load: parameter path has the default 'press', and had None",
        ),
        (
            lambda api: api["load"]["parameters"][0].__setitem__(3, "int"),
            "load: parameter path takes int, and took str | Path | None",
        ),
        (
            lambda api: api["errors"]["parameters"].insert(
                0, ["x", "positional or keyword", "None", "int"]
            ),
            "errors: positional parameters are x, result, gold, and were result, gold",
        ),
    ],
)
def test_what_breaks_is_named(change: Any, message: str) -> None:
    new = copy.deepcopy(OLD)
    change(new)
    assert message in broken(OLD, new)


def test_an_addition_breaks_nothing() -> None:
    new = copy.deepcopy(OLD)
    new["load"]["parameters"].append(["more", "keyword-only", "None", "int"])
    new["another"] = {"parameters": []}
    assert broken(OLD, new) == []


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(recurse=False, exclude_empty=True)
    parts = [("vinewsie", vn), *((name, getattr(vn, name)) for name in NAMES)]
    return [
        test for name, one in parts for test in finder.find(one, name, globs={}) if test.examples
    ]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_examples_run(example: doctest.DocTest) -> None:
    output: list[str] = []
    failed, run = doctest.DocTestRunner().run(example, out=output.append)
    assert run
    assert not failed, "".join(output)
    assert not any(doctest.SKIP in one.options for one in example.examples)


def test_every_public_function_has_an_example() -> None:
    functions = {name for name in NAMES if inspect.isfunction(getattr(vn, name))}
    assert functions <= {example.name for example in examples()}


def test_help_lists_every_name_with_its_first_line() -> None:
    text = pydoc.plain(pydoc.render_doc(vn))
    head = text.partition("PACKAGE CONTENTS")[0]
    for name in NAMES:
        assert f"`{name}`" in head
        assert inspect.getdoc(getattr(vn, name)), name


def test_the_package_is_typed() -> None:
    assert (Path(vn.__file__).parent / "py.typed").is_file()
