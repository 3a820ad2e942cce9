"""A set whose texts come from elsewhere: passes, adjudication, build and scores work as for the
articles, and no file of it holds words of the texts.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sets
import vinewsie as vn
from conftest import ANNOTATIONS, ROOT
from vinewsie.annotations import figures, store
from vinewsie.extractors import running
from vinewsie.reading import gold, texts
from vinewsie.reading.texts import TextSource

Cli = Callable[..., Any]

NTREX = ROOT.parent / "shared" / "ntrex"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TextSource:
    """The source of the invented set; the user's cache is an empty folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sets.write_source(tmp_path / "site")
    return sets.source(tmp_path / "site", "http://127.0.0.1:9/")


@pytest.fixture
def folder(tmp_path: Path, source: TextSource, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the annotations with the invented set, without labels, as their press set."""
    copy = tmp_path / "annotations"
    ours = shutil.ignore_patterns("press")
    shutil.copytree(ANNOTATIONS, copy, ignore=ours)
    sets.write_annotations(copy / "press", source)
    monkeypatch.chdir(tmp_path)
    return copy / "press"


@pytest.fixture
def labelled(folder: Path, source: TextSource, tmp_path: Path, cli: Cli) -> Path:
    """The set with two passes, one of which differs, and the gold that they give."""
    texts.get(source, from_folder=tmp_path / "site")
    sets.write_labels(tmp_path / "labels.jsonl")
    assert cli("add-pass", "a", "labels.jsonl", "--annotations", folder).exit_code == 0
    other = (tmp_path / "labels.jsonl").read_text(encoding="utf-8")
    other = other.replace('"Thị trưởng Huế"', '"trưởng Huế"')
    (tmp_path / "other.jsonl").write_text(other, encoding="utf-8")
    assert cli("add-pass", "b", "other.jsonl", "--annotations", folder).exit_code == 0
    sheet = tmp_path / "sheet.jsonl"
    adjudicate = ("adjudicate", "a", "b", "--annotations", folder, "--sheet", sheet)
    made = cli(*adjudicate)
    assert "differences between a, b: 1 in quotes" in made.stderr
    [line] = sheet.read_text(encoding="utf-8").splitlines()
    decided = json.loads(line) | {"decision": "a", "reason": "rule 6.2"}
    sheet.write_text(json.dumps(decided) + "\n", encoding="utf-8")
    applied = cli(*adjudicate, "--apply")
    assert applied.exit_code == 0, applied.stderr
    return folder


@pytest.fixture
def packaged(labelled: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data set with the invented set, in place of the packaged one."""
    built = cli("build", "--annotations", tmp_path / "annotations", "-o", tmp_path / "dataset")
    assert built.exit_code == 0, built.stderr
    monkeypatch.setattr(gold, "data_folder", lambda: tmp_path / "dataset")
    return tmp_path / "dataset"


def test_labels_are_read_with_their_words(labelled: Path) -> None:
    read = store.read(labelled)
    assert read.findings == []
    document = read.documents["paper.1"]
    assert document.text == sets.texts()["paper.1"]
    assert [e.text for e in document.entities] == ["Huế", "Lan", "Huế"]
    assert [m.status for m in document.marks] == ["balanced", "unclosed", "unopened", "balanced"]
    assert [(q.kind, len(q.content), q.origin) for q in document.quotes] == [
        ("indirect", 1, "adjudicated"),
        ("direct", 3, "agreed"),
        ("direct", 1, "agreed"),
    ]


def test_no_file_holds_words_of_the_texts(packaged: Path, labelled: Path) -> None:
    """Registry and aliases have names; all else is offsets, keys and reasons."""
    words = re.compile("mừng|xanh hơn|ở lại|Thị trưởng|vài ngày|Cảm ơn")
    held = [p for p in labelled.rglob("*") if p.is_file()]
    held += [p for p in (packaged / "press").rglob("*") if p.is_file()]
    assert len(held) > 30
    for path in held:
        assert not words.search(path.read_bytes().decode("utf-8", "ignore")), path
    [line] = (labelled / "adjudication.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["passes"] == {
        "a": {"source": "[0, 14)"},
        "b": {"source": "[4, 14)"},
    }


def test_the_set_is_loaded_and_scored(packaged: Path, cli: Cli, tmp_path: Path) -> None:
    press = vn.load("press")
    assert list(press) == ["paper.1", "paper.2"]
    assert press.name == "Invented press"
    assert press["paper.1"].entities[1].text == "Lan"
    result = vn.score("labels.jsonl", press)
    headline = ("entities.strict", "dates.strict", "quotes.relaxed", "attribution.joint")
    assert [result[name].f1 for name in headline] == [1, 1, 1, 1]
    to = ("--format", "json", "-o", "result.json")
    shown = cli("score", "labels.jsonl", "--set", "press", *to)
    assert shown.exit_code == 0, shown.stderr
    assert vn.Result.load("result.json").signature == result.signature
    # What follows from a score finds the set by itself.
    page = cli("report", "result.json", "-o", "page.html")
    assert page.exit_code == 0, page.stderr
    assert cli("errors", "result.json").exit_code == 0
    assert cli("errors", "labels.jsonl", "--set", "press").exit_code == 0
    assert cli("validate", "--set", "press").exit_code == 0
    assert cli("validate", packaged / "press").exit_code == 0
    ran = cli("run", "rules", "--set", "press", "-o", "out.jsonl")
    assert "score them with: vinewsie score out.jsonl --set press" in ran.stderr
    shown = cli("score", "out.jsonl", "--set", "press")
    assert "vinewsie errors out.jsonl --set press" in shown.stdout


def test_all_sets_are_one_gold(packaged: Path, cli: Cli) -> None:
    every = vn.load("all")
    articles, press = vn.load("articles"), vn.load("press")
    assert list(every) == [*articles, *press]
    assert {dict(d.metadata or {})["set"] for d in every.values()} == {"articles", "press"}
    assert every.registry.keys() == articles.registry.keys() | press.registry.keys()
    assert set(every.registry["hanoi"].aliases) == {"Hà Nội"}
    shown = cli("score", "labels.jsonl", "--set", "all", "--by", "set", "--resamples", "0")
    assert shown.exit_code == 0, shown.stderr
    to = ("--format", "json", "-o", "result.json", "--resamples", "0")
    assert cli("score", "labels.jsonl", "--set", "all", *to).exit_code == 0
    assert cli("report", "result.json", "-o", "page.html").exit_code == 0


def test_the_articles_are_the_default(packaged: Path) -> None:
    assert dict(vn.load()) == dict(vn.load("articles"))
    assert vn.load().sha256 == vn.load("articles").sha256


def test_without_the_texts_one_line_names_the_command(
    packaged: Path, source: TextSource, cli: Cli
) -> None:
    shutil.rmtree(texts.cache_folder(source))
    message = "the texts of the press set are not here; get them with: vinewsie texts press\n"
    for arguments in (
        ("score", "labels.jsonl", "--set", "press"),
        ("score", "labels.jsonl", "--set", "all"),
        ("validate", "--set", "press"),
        ("validate", "annotations/press"),
        ("run", "rules", "--set", "press", "-o", "out.jsonl"),
        ("agreement", "a", "b", "--annotations", "annotations/press"),
        ("adjudicate", "a", "b", "--annotations", "annotations/press"),
        ("add-pass", "c", "labels.jsonl", "--annotations", "annotations/press"),
        ("label-studio", "push", "--annotations", "annotations/press", "--lang", "en"),
    ):
        result = cli(*arguments)
        assert (result.exit_code, result.stderr) == (1, message), arguments


def test_the_texts_command(packaged: Path, source: TextSource, cli: Cli, tmp_path: Path) -> None:
    shutil.rmtree(texts.cache_folder(source))
    result = cli("texts", "press", "--from", tmp_path / "site")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{texts.cache_folder(source)}\n"
    assert result.stderr.splitlines()[-1] == "nobody/corpus, commit 0123456789ab, licence CC0"
    assert vn.load("press")["paper.2"].text == sets.texts()["paper.2"]
    # Or a folder with the files of the source, without the cache.
    shutil.rmtree(texts.cache_folder(source))
    assert vn.load("press", texts=tmp_path / "site").keys() == sets.DOCUMENTS.keys()
    for file in source.files:
        shutil.copy(tmp_path / "site" / file.path, tmp_path / "dataset")
    assert vn.load("press", texts=tmp_path / "dataset").keys() == sets.DOCUMENTS.keys()
    assert cli("score", "labels.jsonl", "--set", "press", "--texts", "site").exit_code == 0


def test_a_build_without_the_texts_keeps_the_set(
    packaged: Path, source: TextSource, cli: Cli, tmp_path: Path
) -> None:
    before = {p: p.read_bytes() for p in packaged.rglob("*") if p.is_file()}
    assert any("press" in p.parts for p in before)
    shutil.rmtree(texts.cache_folder(source))
    built = cli("build")
    assert built.exit_code == 0, built.stderr
    assert "press: kept as it is; the texts of the press set are not here" in built.stderr
    assert {p: p.read_bytes() for p in packaged.rglob("*") if p.is_file()} == before
    assert cli("build", "--check").exit_code == 0


def card_of(dataset: Path) -> str:
    return " ".join((dataset / "README.md").read_text(encoding="utf-8").split())


def test_the_card_has_the_figures_of_the_set(packaged: Path) -> None:
    card = card_of(packaged)
    assert "quotes, kind | direct 2, indirect 2" in re.sub(" +", " ", card)
    assert "[" not in card.partition("how its texts differ")[2].partition("agreement of the")[0]
    # Of the two passes, one has another source phrase; see the fixture.
    assert "| attribution | source | 0.750 | accuracy |" in card
    assert "| quotes | without a cue | 1 | 1 | 1 | 1.000 | 1.000 |" in re.sub(" +", " ", card)
    caution = card.index("These numbers overstate reliability")
    assert caution < card.index("| attribution | source | 0.750")
    # Nothing is known of further readings, and no extractor was run before.
    assert "readings after adjudication" not in card
    assert "unseen" not in card


def test_the_card_has_the_error_rate_of_a_reading(
    packaged: Path, labelled: Path, cli: Cli, tmp_path: Path
) -> None:
    third: dict[str, Any] = {"documents": 1, "records": {"entities": 40, "dates": 20}}
    readings = {"third": third | {"errors": {"entities": None, "dates": 0}}}
    (labelled / "readings.json").write_text(json.dumps(readings), encoding="utf-8")
    to = ("-o", tmp_path / "dataset")
    assert cli("build", *to).exit_code == 0
    assert "readings after adjudication" not in card_of(packaged)
    readings |= {"third": third | {"errors": {"entities": 2, "dates": 0}}}
    readings |= {"english": {"checked": 9, "changed": 4}}
    (labelled / "readings.json").write_text(json.dumps(readings), encoding="utf-8")
    assert cli("build", *to).exit_code == 0
    card = card_of(packaged)
    # R: binom.test(2, 40), binom.test(0, 20), binom.test(2, 60)
    assert "| entities | 40 | 2 | 5.00 % | 0.61–16.92 % |" in card
    assert "| dates | 20 | 0 | 0.00 % | 0.00–16.84 % |" in card
    assert "| all | 60 | 2 | 3.33 % | 0.41–11.53 % |" in card
    assert "for 9 records that were contested or had been in dispute. They changed" in card
    (labelled / "readings.json").write_text('{"forth": {}}', encoding="utf-8")
    broken = cli("build", *to)
    assert broken.exit_code == 1
    assert "readings.json: json: Object contains unknown field `forth`" in broken.stderr


def test_the_card_has_the_scores_of_kept_predictions(
    packaged: Path, labelled: Path, cli: Cli, tmp_path: Path
) -> None:
    about = {"extractor": "rules", "version": "0.1.0", "date": "2020-01-02"}
    (labelled / "unseen.json").write_text(json.dumps(about), encoding="utf-8")
    lines = [{"doc_id": "paper.1", "entities": [{"start": 10, "end": 13, "type": "GPE"}]}]
    (labelled / "unseen.jsonl").write_text(json.dumps(lines[0]), encoding="utf-8")
    assert cli("build", "-o", tmp_path / "dataset").exit_code == 0
    result = vn.score(labelled / "unseen.jsonl", vn.load("press"))
    kept = figures.read_figures(packaged / "press")
    assert kept is not None
    assert kept.unseen is not None
    assert kept.unseen.scores["entities.strict"].f1 == pytest.approx(
        result["entities.strict"].f1, abs=1e-6
    )
    assert set(kept.unseen.signature.splitlines()) <= set(result.signature.splitlines())
    assert "it was measured on 2020-01-02, before its authors read" in card_of(packaged)


def test_the_card_has_the_baseline_on_both_halves(
    packaged: Path, labelled: Path, cli: Cli, tmp_path: Path
) -> None:
    ids = sorted(vn.load("press"))
    for half, doc_id in zip(figures.HALVES, ids, strict=False):
        (labelled / f"{half}.txt").write_text(f"{doc_id}\n", encoding="utf-8")
    assert cli("build", "-o", tmp_path / "dataset").exit_code == 0
    kept = figures.read_figures(packaged / "press")
    assert kept is not None
    gold = vn.load("press")
    answers = running.run("rules", list(gold.values()))
    result = vn.score(answers, gold, docs=[ids[0]], resamples=0)
    assert kept.halves["entities.strict"]["seen"] == pytest.approx(
        result["entities.strict"].f1, abs=1e-6
    )


def test_the_kept_figures_are_of_the_present_adjudication() -> None:
    """A build without the texts keeps the figures; this one needs no text."""
    kept = figures.read_figures(ROOT / "dataset" / "press")
    assert kept is not None
    decisions = (ANNOTATIONS / "press" / "adjudication.jsonl").read_text(encoding="utf-8")
    stages = Counter(json.loads(line)["stage"] for line in decisions.splitlines())
    assert {stage: sum(found.values()) for stage, found in kept.stages.items()} == stages


@pytest.mark.skipif(not NTREX.is_dir(), reason="the texts of the press set are not here")
def test_the_packaged_set_is_what_its_texts_and_labels_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    """Tables, figures and card, built with the real texts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    where = store.text_source(ANNOTATIONS / "press")
    assert where is not None
    texts.get(where, from_folder=NTREX)
    built = cli("build", "--check", "--annotations", ANNOTATIONS)
    assert "kept as it is" not in built.stderr
    assert built.exit_code == 0, built.stdout + built.stderr


def test_one_key_names_one_thing_in_all_sets(labelled: Path, cli: Cli) -> None:
    registry = labelled.parent / "entities.csv"
    held = registry.read_text(encoding="utf-8")
    # The country of the articles gets the key of a person of the set.
    for path in labelled.parent.rglob("*"):
        if path.is_file() and "press" not in path.parts:
            data = path.read_bytes()
            path.write_bytes(data.replace(b'"bulgaria"', b'"ba"'))
    registry.write_text(held.replace("\nbulgaria,", "\nba,"), encoding="utf-8")
    built = cli("build")
    assert built.exit_code == 1
    assert "registry-key: ba: type is PER; the registry of the articles has GPE" in built.stderr


def test_a_set_without_labels_is_left_out(
    folder: Path, source: TextSource, cli: Cli, tmp_path: Path
) -> None:
    texts.get(source, from_folder=tmp_path / "site")
    built = cli("build", "-o", tmp_path / "dataset")
    assert built.exit_code == 0, built.stderr
    assert "press: left out" in built.stderr
    assert not (tmp_path / "dataset" / "press").exists()


def test_the_package_without_the_set(
    folder: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("build", "-o", tmp_path / "dataset").exit_code == 0
    monkeypatch.setattr(gold, "data_folder", lambda: tmp_path / "dataset")
    (tmp_path / "p.jsonl").write_text("", encoding="utf-8")
    result = cli("score", "p.jsonl", "--set", "press")
    assert result.exit_code == 2
    assert "this package has no press set" in result.stderr
    both = cli("score", "p.jsonl", "--set", "press", "--gold", "p.jsonl")
    assert "give --set or --gold" in both.stderr


def test_configs_of_the_set_are_loaded(packaged: Path) -> None:
    from datasets import load_dataset

    dates = load_dataset(str(packaged), "press_dates", split="test")
    assert [row["value"] for row in dates] == ["XXXX-WXX-3", "XXXX-10-12", "PXD"]
    assert "text" not in dates.column_names
    assert "text" not in load_dataset(str(packaged), "press_documents", split="test").column_names


def test_a_pass_that_is_there_is_replaced_on_request_only(labelled: Path, cli: Cli) -> None:
    add = ("add-pass", "a", "labels.jsonl", "--annotations", labelled)
    refused = cli(*add)
    assert refused.exit_code == 1
    assert "pass 'a' has this document already; --overwrite replaces it" in refused.stderr
    assert cli(*add, "--overwrite").exit_code == 0


def test_words_that_do_not_occur_add_nothing(labelled: Path, cli: Cli, tmp_path: Path) -> None:
    line = {"doc_id": "paper.2", "entities": [{"text": "Sài Gòn", "type": "GPE"}]}
    (tmp_path / "wrong.jsonl").write_text(json.dumps(line), encoding="utf-8")
    result = cli("add-pass", "c", "wrong.jsonl", "--annotations", labelled)
    assert result.exit_code == 1
    assert "not-in-text: 'Sài Gòn'" in result.stderr
    assert not (labelled / "passes" / "c").exists()
