"""The leaderboard in README and card agrees with the output of the command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conftest import ANNOTATIONS, NODE_PACKAGES, ROOT
from vinewsie.annotations import leaderboard
from vinewsie.extractors import BUILT_IN
from vinewsie.findings import FindingsError
from vinewsie.reading.gold import load

NTREX = ROOT.parent / "shared" / "ntrex"
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


QUICK = 10.0
"""Seconds of a run on the press set up to which the test repeats it."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, row in ROWS.items()
        if row.deterministic and "press" in row.sets and row.sets["press"].seconds < QUICK
    ],
)
def test_the_scores_on_the_press_set_are_those_that_the_command_prints(
    name: str, request: pytest.FixtureRequest
) -> None:
    if not NTREX.is_dir():
        pytest.skip("the texts of the press set are not here")
    if name in NODE_PACKAGES:
        request.getfixturevalue(f"{name}_node")
    if (missing := BUILT_IN[name].missing()) is not None:
        pytest.skip(missing)
    (row,) = leaderboard.run([name], others={"press": load("press", texts=NTREX)})
    stored = ROWS[name].sets["press"]
    machine = {(part, row.versions.get(part)) for part in ("java", "node")}
    if row.versions.items() - machine <= ROWS[name].versions.items():
        assert row.sets["press"].scores == stored.scores
    else:
        pytest.skip(f"other versions than the table's: {row.versions}")
    assert row.sets["press"].signature == stored.signature


def test_readers_of_the_earlier_form_read_it() -> None:
    """Fields were added; none has another meaning."""
    earlier = msgspec.defstruct(
        "Earlier",
        [
            ("extractor", str),
            ("deterministic", bool),
            ("versions", dict[str, str]),
            ("seconds", float),
            ("scores", dict[str, leaderboard.LeaderboardCell]),
            ("signature", str),
            ("failures", dict[str, str], {}),
        ],
    )
    data = (ANNOTATIONS / leaderboard.FILE).read_bytes()
    rows: list[Any] = msgspec.json.decode(data, type=list[earlier])  # type: ignore[valid-type]
    assert [row.scores for row in rows] == [row.scores for row in ROWS.values()]
    old = [
        {k: v for k, v in row.items() if k not in ("sets", "trained_on")}
        for row in json.loads(data)
    ]
    assert msgspec.convert(old, list[leaderboard.LeaderboardRow])[0].sets == {}


def row_of(name: str, page: float, press: float | None) -> leaderboard.LeaderboardRow:
    def cells(f1: float) -> dict[str, leaderboard.LeaderboardCell]:
        return {"dates.strict": leaderboard.LeaderboardCell(f1, f1 - 0.1, f1 + 0.1)}

    there = (
        {}
        if press is None
        else {"press": leaderboard.SetScores(2.0, cells(press), "dates.strict|data:1@b|x")}
    )
    return leaderboard.LeaderboardRow(
        name, True, {}, 1.0, cells(page), "dates.strict|data:1@a|x", trained_on="x", sets=there
    )


def test_rank_correlations() -> None:
    pairs = {"a": (0.1, 0.5), "b": (0.2, 0.4), "c": (0.3, 0.6), "d": (0.4, 0.6), "e": (0.9, None)}
    rows = [row_of(name, *pair) for name, pair in pairs.items()]
    (found,) = leaderboard.rank_correlations(rows, "press")
    # Of six pairs, four agree, one does not, and one is tied on the press set: (4 - 1) / √(6 · 5).
    assert (found.measure, found.extractors) == ("dates.strict", 4)
    assert found.tau == pytest.approx(3 / 30**0.5)
    assert leaderboard.rank_correlations(rows[:2], "press") == []
    tied = [row_of(name, 0.5, 0.5) for name in "abc"]
    assert leaderboard.rank_correlations(tied, "press")[0].tau is None
    shown = leaderboard.render(rows)
    assert re.search(r"\ndates +4 +0\.548 ", shown)
    assert "Fitted to: x (a, b, c, d, e)." in shown
    assert "dates.strict|data:1@b|x" in shown


def test_scores_on_a_further_set_are_kept_while_its_data_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "annotations" / "articles").mkdir(parents=True)
    (tmp_path / "annotations" / "articles" / "articles.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    def there() -> dict[str, list[str]]:
        return {row.extractor: [*row.sets] for row in leaderboard.read(tmp_path / "annotations")}

    rules, dates = row_of("rules", 0.5, 0.4), row_of("dateparser", 0.5, 0.4)
    leaderboard.write([rules, dates])
    leaderboard.write([row_of("rules", 0.6, None)])  # without the texts
    assert there() == {"rules": ["press"], "dateparser": ["press"]}
    newer = msgspec.structs.replace(rules.sets["press"], signature="dates.strict|data:2@c|x")
    leaderboard.write([msgspec.structs.replace(rules, sets={"press": newer})])
    assert there() == {"rules": ["press"], "dateparser": []}


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


@pytest.mark.parametrize(
    "options",
    [("--add", "a={}", "--add", "a={}"), ("-e", "rules", "--add", "rules={}")],
    ids=["files", "extractor and file"],
)
def test_two_systems_of_one_name_are_refused(
    options: tuple[str, ...], tmp_path: Path, cli: Callable[..., Any]
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"doc_id": "baoquocte-20231012"}\n')
    refused = cli("leaderboard", *(option.format(file) for option in options))
    assert refused.exit_code == 2
    assert "each system needs a name of its own" in " ".join(refused.stderr.split())
