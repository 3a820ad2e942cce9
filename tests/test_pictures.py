"""The pictures of the documents show what the commands print."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conftest import ROOT
from pictures import FOLDER, PICTURES, SOURCES, sources
from vinewsie.annotations import store
from vinewsie.annotations.build import build
from vinewsie.annotations.card import PICTURE

SVG = "{http://www.w3.org/2000/svg}"


def test_no_picture_is_stale() -> None:
    assert json.loads(SOURCES.read_text(encoding="utf-8")) == sources(), (
        "the commands print something else now: python tests/pictures.py makes the pictures again"
    )
    assert {path.name for path in FOLDER.iterdir()} == {SOURCES.name, *sources()}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_the_text_that_it_is_said_to_show(name: str) -> None:
    root = ElementTree.parse(FOLDER / f"{name}.svg").getroot()
    lines: dict[float, list[tuple[float, str]]] = {}
    for part in root.iter(f"{SVG}text"):
        if "clip-path" in part.attrib:
            place = float(part.attrib["y"]), float(part.attrib["x"])
            lines.setdefault(place[0], []).append((place[1], part.text or ""))
    shown = ["".join(text for _, text in sorted(line)) for _, line in sorted(lines.items())]
    expected = [line for line in PICTURES[name].text().splitlines() if line]
    assert [re.sub(r"\s+", "", line) for line in shown if line.strip()] == [
        re.sub(r"\s+", "", line) for line in expected
    ]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_loads_nothing(name: str) -> None:
    source = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"url\((.)", source)) == {"#"}
    assert "<script" not in source


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_its_command_prints(name: str, cli: Callable[..., Any]) -> None:
    picture = PICTURES[name]

    def words(text: str) -> list[str]:
        """Without the rules below headers, which a terminal draws as lines."""
        return [word for word in text.split() if not re.fullmatch(r"[-─]+", word)]

    printed = words(cli(*picture.command.split()[1:]).stdout)
    shown = words(picture.text().partition("\n\n")[2])
    assert len(shown) > 50
    assert printed[: len(shown)] == shown


def test_the_documents_show_the_pictures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]{20,}\]\(annotations/pictures/report\.png\)", readme)
    vietnamese = (ROOT / "annotations" / "README.vi.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]{20,}\]\(pictures/score\.svg\)", vietnamese)
    card = (ROOT / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"]({PICTURE})" in card
    assert (ROOT / "dataset" / PICTURE).read_bytes() == (
        ROOT / "annotations" / PICTURE
    ).read_bytes()
    # The edition without texts has no sentences either.
    with tempfile.TemporaryDirectory() as folder:
        build(store.read(ROOT / "annotations"), Path(folder) / "new", labels_only=True)
        assert not (Path(folder) / "new" / PICTURE).exists()
        assert PICTURE not in (Path(folder) / "new" / "README.md").read_text(encoding="utf-8")
