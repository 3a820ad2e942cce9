"""The leaderboard in README and card agrees with the output of the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ANNOTATIONS, NODE_PACKAGES, ROOT
from vinewsie.annotations import leaderboard
from vinewsie.extractors import BUILT_IN
from vinewsie.findings import FindingsError

ROWS = {row.extractor: row for row in leaderboard.read(ANNOTATIONS)}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.deterministic])
def test_the_scores_are_those_that_the_command_prints(
    name: str, request: pytest.FixtureRequest
) -> None:
    if name in NODE_PACKAGES:
        request.getfixturevalue(f"{name}_node")
    if (missing := BUILT_IN[name].missing()) is not None:
        pytest.skip(missing)
    (row,) = leaderboard.run([name])
    if (
        row.versions.items()
        - {("java", row.versions.get("java")), ("node", row.versions.get("node"))}
        <= ROWS[name].versions.items()
    ):
        assert row.scores == ROWS[name].scores
    else:
        pytest.skip(f"other versions than the table's: {row.versions}")
    assert row.signature == ROWS[name].signature
    assert not row.failures


def test_every_deterministic_extractor_without_argument_is_in_it() -> None:
    assert set(ROWS) >= {
        name
        for name, built_in in BUILT_IN.items()
        if built_in.argument is None and built_in.deterministic
    }


def test_the_card_has_the_table() -> None:
    table = leaderboard.render(list(ROWS.values()), "markdown")
    assert table in (ROOT / "dataset" / "README.md").read_text(encoding="utf-8")


def test_a_row_on_other_data_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annotations" / "articles").mkdir(parents=True)
    (tmp_path / "annotations" / "articles" / "articles.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    rules, dates = ROWS["rules"], ROWS["dateparser"]
    leaderboard.write([rules, dates])
    leaderboard.write([rules])
    assert [row.extractor for row in leaderboard.read(tmp_path / "annotations")] == [
        "rules",
        "dateparser",
    ]
    newer = leaderboard.LeaderboardRow(
        "rules", True, {}, 1.0, rules.scores, re.sub("@[0-9a-f]{6}", "@000000", rules.signature)
    )
    leaderboard.write([newer])
    assert [row.extractor for row in leaderboard.read(tmp_path / "annotations")] == ["rules"]


def test_an_extractor_that_cannot_run_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leaderboard, "BUILT_IN", {name: BUILT_IN[name] for name in ("openai",)})
    monkeypatch.delenv("VINEWSIE_OPENAI_MODEL", raising=False)
    assert leaderboard.run() == []
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("vinewsie", "WARNING")
    assert record.getMessage().startswith("openai cannot run here: ")


def test_an_extractor_that_fails_is_logged_and_has_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "failing.py").write_text("def extract(document):\n    raise ValueError('bad')\n")
    monkeypatch.chdir(tmp_path)
    assert leaderboard.run(["failing:extract"]) == []
    assert "failing:extract failed: " in caplog.records[-1].getMessage()


def test_credentials_of_a_service_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert leaderboard.run(["http://ai:mat-khau@127.0.0.1:9/"]) == []
    assert "http://***@127.0.0.1:9/ failed" in caplog.text
    assert "mat-khau" not in caplog.text


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / leaderboard.FILE).write_text("[{}]")
    with pytest.raises(FindingsError, match=r"leaderboard\.json: json: .*leaderboard --write"):
        leaderboard.read(tmp_path)
