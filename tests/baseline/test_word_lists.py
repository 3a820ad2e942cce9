"""The word lists of the baseline: form of the files, and no list left in Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from vinewsie.baseline.word_lists import alternatives, phrases, words

FOLDER = ROOT / "scripts" / "vinewsie" / "baseline"
FILES = sorted((FOLDER / "words").iterdir())
MOST = 12
"""Most words that a literal in Python may list."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_list_is_sorted_and_normalised(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    entries = lines[len(comments) :]
    assert text == unicodedata.normalize("NFC", "\n".join(lines) + "\n")
    assert comments
    assert comments == lines[: len(comments)]
    assert entries
    assert entries == sorted(set(entries))
    assert all(entry and entry == entry.strip() for entry in entries)


def test_every_list_is_read_and_every_list_read_exists() -> None:
    named = {
        name
        for path in FOLDER.glob("*.py")
        for name in re.findall(r"[\"']([a-z_]+)[\"']", path.read_text(encoding="utf-8"))
    }
    assert {path.suffix for path in FILES} == {".txt"}
    assert {path.stem for path in FILES} <= named
    with pytest.raises(FileNotFoundError):
        words("missing")


def listed(path: Path) -> Iterator[tuple[int, int]]:
    """The line of every literal that lists words, and how many."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.List | ast.Set | ast.Tuple):
            strings = [
                item
                for item in node.elts
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            ]
            yield node.lineno, len(strings)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            separated = re.fullmatch(r"\w[\w \n]*(?:\|[\w \n]*\w)+", node.value)
            yield node.lineno, len(node.value.split("|")) if separated else 1


def test_no_list_of_words_is_left_in_python() -> None:
    long = [
        f"{path.name}:{line} lists {count} words"
        for path in sorted(FOLDER.glob("*.py"))
        for line, count in listed(path)
        if count > MOST
    ]
    assert long == []


def test_help_reads_no_word_list() -> None:
    program = (
        "import sys\n"
        "from vinewsie.cli import main\n"
        "try: main(['--help'])\n"
        "finally: assert 'vinewsie.baseline' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


def test_lists_join_and_longer_entries_come_first() -> None:
    assert words("honorifics_male", "honorifics_female") >= {"ông", "bà"}
    index = phrases("titles")
    assert index["thủ"].index(("thủ", "lĩnh")) < len(index["thủ"])
    assert [len(phrase) for phrase in index["phó"]] == sorted(
        (len(phrase) for phrase in index["phó"]), reverse=True
    )
    match = re.match(alternatives("cues_strong"), "cho biết thêm")
    assert match is not None
    assert match.group() == "cho biết thêm"
