"""The challenge set: invented pages with their texts, a canary string in every file, and scores
apart from those of real pages. Two small pages stand in for it.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
import yaml

import vinewsie as vn
from conftest import ANNOTATIONS, DATASET
from vinewsie.annotations import leaderboard, signoff, store
from vinewsie.reading import gold
from vinewsie.reading.gold import SETS

Cli = Callable[..., Any]

CANARY = "stand-in canary 00000000-0000-4000-8000-000000000000"
FICTION = f"Trang này là bài viết hư cấu. {CANARY}"
PAGES = {
    "01_ferry": f"Phà Mây đổi giờ\n7 giờ sáng mai, bà Lan nói: “Tôi mừng”.\n{FICTION}\n",
    "02_village": f"Hội làng Mây\n– Tôi sẽ về, ông Ba đáp.\n{FICTION}\n",
}
ZONES = ("headline", "body", "credit")
LABELS: list[dict[str, Any]] = [
    {
        "doc_id": "01_ferry",
        "entities": [
            {"text": "Phà Mây", "type": "ORG", "entity_id": "pha-may"},
            {"text": "Lan", "type": "PER", "entity_id": "lan"},
        ],
        "dates": [{"text": "7 giờ sáng mai", "type": "TIME", "value": "2019-09-15T07:00"}],
        "marks": [
            {"text": "Tôi mừng", "open": "“", "close": "”", "status": "balanced"}
            | {"function": "speech", "quote": "q1"}
        ],
        "quotes": [
            {"id": "q1", "kind": "direct", "content": [{"text": "Tôi mừng"}]}
            | {"cue": [{"text": "nói"}], "source": {"text": "bà Lan"}}
            | {"source_status": "named", "speakers": ["lan"]}
        ],
    },
    {
        "doc_id": "02_village",
        "entities": [{"text": "Ba", "type": "PER", "entity_id": "ba"}],
        "dates": [],
        "marks": [
            {"text": " Tôi sẽ về,", "open": "–", "status": "unclosed"}
            | {"function": "speech", "quote": "q1"}
        ],
        "quotes": [
            {"id": "q1", "kind": "direct", "content": [{"text": "Tôi sẽ về"}]}
            | {"cue": [{"text": "đáp"}], "source": {"text": "ông Ba"}}
            | {"source_status": "named", "speakers": ["ba"]}
        ],
    },
]


@pytest.fixture
def folder(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in set, made by the commands that make a real one."""
    # Neither of the further sets: the texts of the press set need not be here.
    ours = shutil.ignore_patterns(*gold.FURTHER)
    shutil.copytree(ANNOTATIONS, tmp_path / "annotations", ignore=ours)
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "annotations" / "challenge"
    about = store.Articles(
        "1.0.0", "1.3.1", (), "Stand-in", canary=CANARY, invented=True, licence="Apache-2.0"
    )
    contents = {
        "articles/articles.json": store.articles_json(about),
        "entities.csv": store.registry_csv([], canary=CANARY),
        "adjudication.jsonl": store.jsonl([], canary=CANARY),
    }
    for name, content in contents.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content, encoding="utf-8", newline="\n")
    to = ("--annotations", place)
    for doc_id, text in PAGES.items():
        (tmp_path / f"{doc_id}.txt").write_text(text, encoding="utf-8", newline="\n")
        new = ("new-article", f"{doc_id}.txt", "--doc-id", doc_id, "--anchor", "2019-09-14", *to)
        made = cli(*new, "--publisher", "invented", "--variety", "mainland")
        assert made.exit_code == 0, made.stderr
        path = place / "gold" / doc_id / "segments.jsonl"
        first, *segments = path.read_text(encoding="utf-8").splitlines()
        assert json.loads(first) == {"canary": CANARY}
        zoned = [json.loads(s) | {"zone": z} for s, z in zip(segments, ZONES, strict=True)]
        path.write_text(store.jsonl(zoned, canary=CANARY), encoding="utf-8", newline="\n")
    read = store.read_articles(place)
    dealt = [
        msgspec.structs.replace(article, brief="A notice.", phenomena={"clock times": number})
        for number, article in enumerate(read.articles)
    ]
    index = msgspec.structs.replace(read, articles=tuple(dealt))
    path = place / "articles" / "articles.json"
    path.write_text(store.articles_json(index), encoding="utf-8", newline="\n")
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in LABELS)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    other = lines.replace('"bà Lan"', '"Lan"')
    (tmp_path / "b.jsonl").write_text(other, encoding="utf-8")
    for name in ("a", "b"):
        added = cli("add-pass", name, f"{name}.jsonl", *to)
        assert added.exit_code == 0, added.stderr
    adjudicate = ("adjudicate", "a", "b", *to, "--sheet", tmp_path / "sheet.jsonl")
    assert "differences between a, b: 1 in quotes" in cli(*adjudicate).stderr
    [line] = (tmp_path / "sheet.jsonl").read_text(encoding="utf-8").splitlines()
    decided = json.loads(line) | {"decision": "a", "reason": "rule 6.2"}
    (tmp_path / "sheet.jsonl").write_text(json.dumps(decided) + "\n", encoding="utf-8")
    applied = cli(*adjudicate, "--apply")
    assert applied.exit_code == 0, applied.stderr
    return place


@pytest.fixture
def packaged(folder: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data set with the stand-in set, in place of the packaged one."""
    built = cli("build")
    assert built.exit_code == 0, built.stderr
    monkeypatch.setattr(gold, "data_folder", lambda: tmp_path / "dataset")
    return tmp_path / "dataset"


def lacking(place: Path, canary: str) -> list[Path]:
    """The files of a folder that lack the canary string; of Parquet files, in their metadata."""
    files = [path for path in place.rglob("*") if path.is_file()]
    assert files
    return [
        path
        for path in files
        if canary.encode()
        not in (
            (pq.read_schema(path).metadata or {}).get(store.CANARY.encode(), b"")
            if path.suffix == ".parquet"
            else path.read_bytes()
        )
    ]


def test_every_file_has_the_canary_string(folder: Path, packaged: Path) -> None:
    assert lacking(folder, CANARY) == []
    assert lacking(packaged / "challenge", CANARY) == []
    assert json.loads((packaged / "challenge" / "manifest.json").read_bytes())["canary"] == CANARY
    table = pq.read_table(packaged / "challenge" / "data" / "documents.parquet")
    assert table["canary"].to_pylist() == [CANARY, CANARY]
    assert all(CANARY in text for text in table["text"].to_pylist())
    with (folder / "entities.csv").open(encoding="utf-8", newline="") as file:
        assert [row[CANARY] for row in csv.DictReader(file)] == ["", "", ""]
    assert [*PAGES.values()] == [
        (folder / "articles" / f"{doc_id}.txt").read_text(encoding="utf-8") for doc_id in PAGES
    ]


@pytest.mark.skipif(
    not (ANNOTATIONS / "challenge").is_dir(), reason="the challenge set is not here"
)
def test_every_file_of_the_challenge_set_has_its_canary_string() -> None:
    canary = store.read_articles(ANNOTATIONS / "challenge").canary
    assert canary
    assert lacking(ANNOTATIONS / "challenge", canary) == []
    assert lacking(DATASET / "challenge", canary) == []


@pytest.mark.parametrize(
    "name", ["articles/01_ferry.txt", "gold/02_village/dates.jsonl", "entities.csv"]
)
def test_a_file_without_the_canary_string_is_an_error(folder: Path, name: str, cli: Cli) -> None:
    path = folder / name
    content = path.read_text(encoding="utf-8").replace(CANARY, "nothing")
    path.write_text(content, encoding="utf-8", newline="\n")
    for command in ("validate", folder), ("build", "--check"):
        result = cli(*command)
        assert result.exit_code == 1
        assert f"lacks the canary string '{CANARY}'" in result.stdout + result.stderr


def test_the_annotations_are_read_as_those_of_other_sets(folder: Path, cli: Cli) -> None:
    read = store.read(folder)
    assert read.findings == []
    ferry, village = read.documents.values()
    assert [s.zone for s in ferry.segments] == [*ZONES]
    assert [s.anchor_date for s in ferry.segments] == ["2019-09-14"] * 3
    assert [e.text for e in ferry.entities] == ["Phà Mây", "Lan"]
    assert [d.value for d in ferry.dates] == ["2019-09-15T07:00"]
    assert (len(village.marks), len(village.quotes)) == (1, 1)
    assert {len(passed) for passed in read.passes.values()} == {2}
    assert [line.outcome for line in read.adjudication] == ["a"]
    assert set(read.registry) == {"pha-may", "lan", "ba"}
    to = ("--annotations", folder)
    assert cli("agreement", "a", "b", *to).exit_code == 0
    assert cli("adjudicate", "gold", "a", *to).exit_code == 0


def test_sign_offs_have_the_canary_string_too(tmp_path: Path) -> None:
    one = signoff.SignOff(doc_id="01_ferry", layer="dates", id="d1", by="a@b.c", on="2026-01-01")
    content = signoff.content([one], ["01_ferry"], CANARY)
    (tmp_path / signoff.FILE).write_text(content, encoding="utf-8")
    assert json.loads(content.splitlines()[0]) == {"canary": CANARY}
    assert signoff.read(tmp_path) == [one]


def test_the_set_is_declared_in_its_index(folder: Path) -> None:
    path = folder / "articles" / "articles.json"
    text = path.read_text(encoding="utf-8")
    about = json.loads(text)
    assert [*about] == [
        *("name", "canary", "invented", "licence"),
        *("data_version", "guideline_version", "articles"),
    ]
    assert about["articles"][1]["brief"] == "A notice."
    assert about["articles"][1]["phenomena"] == {"clock times": 1}
    assert store.articles_json(store.read_articles(folder)) == text


def test_the_set_is_loaded_and_scored(packaged: Path, cli: Cli, tmp_path: Path) -> None:
    challenge = vn.load("challenge")
    assert list(challenge) == [*PAGES]
    assert challenge["01_ferry"].text == PAGES["01_ferry"]
    assert challenge.name == "Stand-in"
    result = vn.score("a.jsonl", challenge)
    assert result["quotes.relaxed"].f1 == 1
    assert f"data:1.0.0@{challenge.sha256[:6]}" in result.signature
    shown = cli("score", "a.jsonl", "--set", "challenge", "--format", "json", "-o", "r.json")
    assert shown.exit_code == 0, shown.stderr
    kept = json.loads((tmp_path / "r.json").read_bytes())["dataset"]
    assert (kept["name"], gold.set_of(kept)) == ("Stand-in", "challenge")
    assert cli("validate", "--set", "challenge").exit_code == 0
    assert cli("validate", packaged / "challenge").exit_code == 0
    assert cli("figures", "--set", "challenge").exit_code == 0


def test_no_score_of_all_sets_has_invented_pages() -> None:
    assert gold.POOLED == ("articles", "press")
    assert {*SETS} == {"articles", *gold.FURTHER, "all"}


def test_the_leaderboard_has_a_table_for_the_set_alone() -> None:
    def cells(f1: float) -> dict[str, leaderboard.LeaderboardCell]:
        return {"dates.strict": leaderboard.LeaderboardCell(f1, None, None)}

    on = leaderboard.SetScores(1.0, cells(0.25), "dates.strict|data:1@b|x")
    row = leaderboard.LeaderboardRow(
        "rules", True, {}, 1.0, cells(0.75), "dates.strict|data:1@a|x", sets={"challenge": on}
    )
    shown = leaderboard.render([row], "markdown").split("\n\n")
    [table] = [part for part in shown if part.startswith("| challenge")]
    assert "0.250" in table
    assert not any("0.250" in part for part in shown if part is not table)


def test_configs_of_the_set_are_loaded(packaged: Path) -> None:
    from datasets import load_dataset

    documents = load_dataset(str(packaged), "challenge_documents", split="test")
    assert documents["text"][0] == PAGES["01_ferry"]
    assert documents["canary"][0] == CANARY
    for name, rows in {"entities": 3, "dates": 1, "marks": 2, "quotes": 2, "registry": 3}.items():
        assert len(load_dataset(str(packaged), f"challenge_{name}", split="test")) == rows
    dates = load_dataset(str(packaged), "challenge_dates", split="test")
    assert dates["text"][0] == "7 giờ sáng mai"


def test_the_card_says_that_models_wrote_the_pages(packaged: Path) -> None:
    card = (packaged / "README.md").read_text(encoding="utf-8")
    section = card[card.index("## The challenge set") : card.index("\n## Labels")]
    assert "Language models wrote these pages, and language models labelled them" in section
    assert "Do not\nquote it as the performance on news" in section
    assert "3 mentions, 1 dates, 2 quotation marks, 2 attributed quotations" in section
    assert "| `02_village` | mainland | 2019-09-14 | A notice. |" in section
    assert "| clock times | 1 | 1 |" in section
    assert "`vinewsie agreement a b --annotations annotations/challenge`" in section
    assert CANARY in section
    assert "\n\n\n" not in section
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["language_creators"] == ["found", "machine-generated"]
    assert "challenge: Apache-2.0" in (packaged / "LICENSE").read_text(encoding="utf-8")


def test_a_stale_set_is_found(packaged: Path, cli: Cli) -> None:
    assert cli("build", "--check").exit_code == 0
    path = packaged / "challenge" / "data" / "dates.parquet"
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata(None), path)
    stale = cli("build", "--check")
    assert stale.exit_code == 1
    assert "dates.parquet" in stale.stdout + stale.stderr


def test_without_the_texts_the_set_has_labels_only(packaged: Path, cli: Cli) -> None:
    assert cli("build", "--labels-only", "-o", "labels").exit_code == 0
    table = pq.read_table("labels/challenge/data/documents.parquet")
    assert "text" not in table.column_names
    assert table["canary"].to_pylist() == [CANARY, CANARY]
    assert lacking(Path("labels/challenge"), CANARY) == []
