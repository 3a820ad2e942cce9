"""Paths in articles.json stay inside the annotations folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from vinewsie.labelstudio.pull import PassNameError, PullTarget


def change(folder: Path, **fields: Any) -> None:
    index = folder / "articles" / "articles.json"
    raw = json.loads(index.read_text(encoding="utf-8"))
    raw["articles"][0] |= fields
    index.write_text(json.dumps(raw), encoding="utf-8")


COMMANDS = (
    ("validate",),
    ("build", "-o", "out", "--annotations"),
    ("agreement", "a", "b", "--annotations"),
    ("adjudicate", "a", "b", "--annotations"),
)


@pytest.mark.parametrize(
    "fields",
    [
        {"file": "../../secret.txt"},
        {"file": "/etc/hostname"},
        {"file": "a\0"},
        {"doc_id": "../../outside"},
        {"doc_id": "a/b"},
        {"doc_id": ".."},
        {"doc_id": ""},
    ],
)
def test_a_path_that_leads_out_is_refused(
    corpus_copy: Path, cli: Callable[..., Result], fields: dict[str, str]
) -> None:
    change(corpus_copy, **fields)
    (corpus_copy.parent / "secret.txt").write_text("secret")
    for command in COMMANDS:
        result = cli(*command, corpus_copy)
        assert result.exit_code == 1
        assert "leads out of its folder" in result.output or "cannot name a file" in result.output


def test_a_link_that_leads_out_is_refused(corpus_copy: Path, cli: Callable[..., Result]) -> None:
    (corpus_copy.parent / "secret.txt").write_text("secret")
    (corpus_copy / "articles" / "link.txt").symlink_to(corpus_copy.parent / "secret.txt")
    change(corpus_copy, file="link.txt")
    result = cli("build", "-o", corpus_copy.parent / "out", "--annotations", corpus_copy)
    assert (result.exit_code, "leads out of its folder" in result.stderr) == (1, True)


def test_a_sheet_is_no_file_of_the_annotations(
    corpus_copy: Path, cli: Callable[..., Result]
) -> None:
    for name in ("gold/baoquocte-20231012/dates.jsonl", "adjudication.jsonl", "passes/a/x.jsonl"):
        path = corpus_copy / name
        path.write_text("")
        result = cli("adjudicate", "a", "b", "--annotations", corpus_copy, "--sheet", path)
        assert (result.exit_code, path.read_text()) == (1, "")


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/b", "..", ".", "a\\b", "a b", "\0", "\x1b[2J", ""]
)
def test_names_are_no_paths(corpus_copy: Path, cli: Callable[..., Result], name: str) -> None:
    """What names a folder or file below the annotations is a plain name, in every command."""
    story = corpus_copy.parent / "story.txt"
    story.write_text("Hà Nội mưa.\n", encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in corpus_copy.parent.rglob("*")}
    place = ("--annotations", corpus_copy)
    for command in (
        ("label-studio", "pull", *place, "--pass", f"{name}=lan@example.org"),
        ("label-studio", "push", *place, "--from", name),
        ("label-studio", "push", *place, "--", name),
        ("new-article", story, "--anchor", "2024-05-06", *place, "--doc-id", name),
        ("adjudicate", name, "a", *place),
        ("adjudicate", "a", *place, "--decided", name),
        ("adjudicate", "a", "b", *place, "--doc-id", name),
        ("agreement", "a", name, *place),
    ):
        result = cli(*command)
        assert result.exit_code in (1, 2), command
        assert "Traceback" not in result.output
        assert repr(name) in result.stderr
    with pytest.raises(PassNameError):
        PullTarget.of_pass(name, "lan@example.org")
    assert {path: path.stat().st_mtime_ns for path in corpus_copy.parent.rglob("*")} == before


@pytest.mark.parametrize("signature", ["", "a\nb", "x"])
def test_a_broken_leaderboard_is_refused(
    corpus_copy: Path, cli: Callable[..., Result], signature: str
) -> None:
    path = corpus_copy / "leaderboard.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[0]["signature"] = signature
    path.write_text(json.dumps(rows), encoding="utf-8")
    result = cli("build", "-o", corpus_copy.parent / "out", "--annotations", corpus_copy)
    assert (result.exit_code, "no signature for each score" in result.stderr) == (1, True)
