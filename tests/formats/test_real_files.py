"""Files that other tools made, and the same files made again where the tool is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import real_files
from formats.test_quotations import READ
from real_files import DATES, FILES, FOLDER, MENTIONS, TEXTS, MissingToolError, RealFile
from vinewsie.formats import foreign
from vinewsie.reading.detect import format_of

NAMES = [one.name for one in FILES]
WITHOUT_SERVER = [one for one in FILES if not one.name.startswith("label-studio")]


def check(one: RealFile, path: Path) -> None:
    """A file is recognised, and has the mentions that the tool was given."""
    assert format_of(path) == one.format
    found = real_files.read(one, path)
    if one.layer == "dates":
        surfaces = [TEXTS[doc_id][a:b] for doc_id, dates in found.items() for a, b, _ in dates]
        assert surfaces == DATES
    elif not one.known:
        assert found.keys() == TEXTS.keys()
        assert all(found.values())
    elif one.documents:
        assert found == MENTIONS
    else:
        labels = [label for mentions in MENTIONS.values() for *_, label in mentions]
        assert [label for mentions in found.values() for *_, label in mentions] == labels


@pytest.mark.parametrize("one", FILES, ids=NAMES)
def test_a_stored_file_is_read(one: RealFile) -> None:
    check(one, one.path)


@pytest.mark.parametrize("one", WITHOUT_SERVER, ids=[one.name for one in WITHOUT_SERVER])
def test_a_file_made_here_is_read(one: RealFile, tmp_path: Path) -> None:
    """A newer version of the tool writes what is read. ``tests/labelstudio`` has the server."""
    path = tmp_path / one.name
    try:
        one.make(path)
    except MissingToolError:
        path = one.path  # what another environment made
    check(one, path)


def test_every_format_has_a_file() -> None:
    quotations = {format_ for format_, *_ in READ.values()}  # in their forms, with invented texts
    exports = {"gliner-training", "webanno"}  # the tools read them; none that runs here writes them
    assert {one.format for one in FILES} | quotations | exports == foreign().keys()


def test_the_table_is_up_to_date() -> None:
    made = json.loads((FOLDER / "made.json").read_text())
    assert made.keys() == {one.name for one in FILES}
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == real_files.table(made)
