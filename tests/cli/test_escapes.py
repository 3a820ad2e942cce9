"""Control characters in texts do not reach a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from rich.console import Console

from vinewsie.cli import common
from vinewsie.escapes import escaped
from vinewsie.tables import Table


def test_control_characters_are_shown_escaped() -> None:
    assert escaped("a\x1b]0;x\x07\r\x9b\x7f Hà\tNội\n") == r"a\x1b]0;x\x07\x0d\x9b\x7f Hà" "\tNội\n"


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


def test_tables_in_a_terminal_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("w") as file:
        table = Table(["label"], [["\x1b[31mPER"]], "l")
        Console(file=file, force_terminal=True, highlight=False).print(common.Escaped(table))
    assert r"\x1b[31mPER" in path.read_text()
