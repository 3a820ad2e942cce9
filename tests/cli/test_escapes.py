"""Control characters in texts do not reach a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console

from vinewsie.escapes import escaped
from vinewsie.tables import Report, Table

TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def test_control_characters_are_shown_escaped() -> None:
    assert (
        escaped("a\x1b]0;x\x07\r\x9b\x7f Hà\tNội\n") == r"a\x1b]0;x\x07\x0d\u009b\u007f Hà"
        "\tNội\n"
    )


def test_messages_are_escaped(tmp_path: Path, cli: Callable[..., Result]) -> None:
    gold, path = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    evil = "\x1b]0;x\x07"
    gold.write_text(json.dumps({"doc_id": "a", "text": "abc", "entities": []}))
    record = {"start": 0, "end": 2, "type": evil, "text": evil}
    path.write_text(json.dumps({"doc_id": evil, "entities": [record]}))
    for arguments in (
        ("score", path, "--gold", gold),
        ("validate", path, "--gold", gold),
        ("score", path, "--gold", gold, "--skip-invalid"),
        ("score", "-e", evil),
        ("score", path, "--gold", f"{evil}.jsonl"),
    ):
        result = cli(*arguments)
        assert "\x1b" not in result.output
        assert r"\x1b" in result.output


def test_characters_that_turn_the_direction_are_shown_escaped() -> None:
    turning = [chr(n) for n in range(0x110000) if unicodedata.bidirectional(chr(n)) in TURNING]
    marks = ["\u200e", "\u200f", "\u061c"]
    for sign in (*turning, *marks):
        assert escaped(sign) == f"\\u{ord(sign):04x}"
    value = {"label": "\u202e\x9b\x7fÔng"}
    assert json.loads(escaped(json.dumps(value, ensure_ascii=False))) == value


EVIL = "\x1b[31m\u202ePER\x9b"
SHOWN = r"\x1b[31m\u202ePER\u009b"


def test_tables_in_a_terminal_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for content in (Table(["label"], [[EVIL]], "l"), Report([EVIL])):
        with path.open("w") as file:
            Console(file=file, force_terminal=True, highlight=False).print(content)
        assert SHOWN in path.read_text()


def test_tables_are_escaped_in_every_format() -> None:
    table = Table([EVIL], [[EVIL]], "l")
    assert str(table).count(SHOWN) == table.markdown().count(SHOWN) == 2
    assert str(Report([table, EVIL])).count(SHOWN) == 3
    assert table.latex().count(r"\textbackslash{}x1b[31m\textbackslash{}u202ePER") == 2
    for shown in (str(table), table.markdown(), table.latex()):
        assert not set("\x1b\x9b\u202e") & set(shown)


@pytest.fixture
def evil_files(tmp_path: Path) -> tuple[Path, Path]:
    """Gold and predictions whose labels and ids hold control characters."""
    gold, path = tmp_path / "gold.jsonl", tmp_path / "p.jsonl"
    record = {"start": 0, "end": 2, "type": EVIL}
    gold.write_text(json.dumps({"doc_id": EVIL, "text": "abc", "entities": [record]}))
    path.write_text(json.dumps({"doc_id": EVIL, "entities": [record]}))
    return gold, path


def test_results_in_a_pipe(evil_files: tuple[Path, Path], cli: Callable[..., Result]) -> None:
    gold, path = evil_files
    score = ("score", path, "--gold", gold, "--scheme", "any", "--by-label", "--resamples", 0)
    for command in (
        score,
        (*score, "--format", "latex"),
        ("agreement", gold, path, "--gold", gold),
        ("agreement", gold, path, "--gold", gold, "--format", "markdown"),
    ):
        result = cli(*command)
        assert result.exit_code == 0, result.output
        assert not set("\x1b\x9b\u202e") & set(result.output)
    assert SHOWN in cli(*score).stdout
    # What programs read is exact.
    assert json.loads(cli(*score, "--format", "json").stdout)["dataset"]["documents"] == [EVIL]
    assert "\u202ePER\x9b" in cli(*score, "--format", "json").stdout
