"""The audit by a person: sheet, score, and the first line of the card."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

import workbench
from vinewsie.annotations import adjudicate, audit, build, store
from vinewsie.annotations.audit import COLUMNS, Audit, LabelError
from vinewsie.annotations.store import Annotations
from vinewsie.findings import FindingsError
from vinewsie.model import records_of

Cli = Callable[..., Result]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with gold for one text."""
    folder = workbench.new_folder(tmp_path)
    adjudicate.apply(adjudicate.prepare(folder, ["a"], decider="a"), folder / adjudicate.SHEET)
    return folder


@pytest.fixture(scope="module")
def corpus() -> Annotations:
    return store.read(store.find_folder(Path(__file__).parent))


def rows_of(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def filled(rows: list[dict[str, str]], answers: list[str], path: Path) -> Path:
    """Writes a sheet with answers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(
            row | {"answer": answer} for row, answer in zip(rows, answers, strict=True)
        )
    return path


def test_a_sample_is_seeded_even_and_half_blind(corpus: Annotations) -> None:
    places = audit.sample(corpus, 84, seed=5)
    assert places == audit.sample(corpus, 84, seed=5)
    assert places != audit.sample(corpus, 84, seed=6)
    strata = Counter(place.stratum for place in places)
    assert dict(strata) == dict.fromkeys(
        [
            "entities",
            "entities, nothing labelled",
            "dates",
            "dates, nothing labelled",
            "marks",
            "quotes",
            "quotes, nothing labelled",
        ],
        12,
    )
    assert Counter(place.stratum for place in places if place.blind) == dict.fromkeys(strata, 6)
    # What a small stratum lacks goes to the others.
    every = sum(len(records_of(d, "marks")) for d in corpus.documents.values())
    assert len(audit.sample(corpus, 10_000, layers=["marks"])) == every


def test_places_without_a_label_have_no_record(corpus: Annotations) -> None:
    for place in audit.sample(corpus, 300):
        if place.label == audit.NOTHING:
            for record in records_of(corpus.documents[place.doc_id], place.layer):
                spans = getattr(record, "content", None) or [record]
                assert all(s.end <= place.start or place.end <= s.start for s in spans)


def test_a_sheet_shows_words_and_half_of_the_labels(corpus: Annotations) -> None:
    places = audit.sample(corpus, 60)
    rows = rows_of(audit.sheet(places, corpus.documents))
    for place, row in zip(places, rows, strict=True):
        words = corpus.documents[place.doc_id].text[place.start : place.end]
        assert f"⟦{' '.join(words.split())}⟧" in row["text"] or words != words.strip()
        assert row["label"] == ("" if place.blind else place.label)
        assert row["answer"] == ""


def test_a_sheet_with_the_right_answers_has_no_error(corpus: Annotations, tmp_path: Path) -> None:
    places = audit.sample(corpus, 420)
    answers = [
        (p.label.replace("kim-jong-un", "Kim Jong Un") if p.layer == "quotes" else p.label)
        if p.blind
        else "right"
        for p in places
    ]
    rows = rows_of(audit.sheet(places, corpus.documents))
    errors, lines = audit.score(filled(rows, answers, tmp_path / "s.csv"), corpus)
    assert (lines, sum(one.wrong for one in errors)) == ([], 0)
    entities = next(one for one in errors if one.stratum == "entities")
    assert entities.places >= 60
    assert entities.bound < 0.05


def test_exact_intervals() -> None:
    error: LabelError = audit._error("dates", 60, 0, 0)
    # Clopper and Pearson: 1 - 0.05 ** (1 / 60), and 1 - 0.025 ** (1 / 60).
    assert (round(error.bound, 6), round(error.high, 6), error.low) == (0.048703, 0.059629, 0.0)


def test_wrong_answers_are_counted_and_listed(own: Path, tmp_path: Path, cli: Cli) -> None:
    sheet = tmp_path / "sheet.csv"
    made = cli("audit", "--sample", 99, "--annotations", own, "-o", sheet)
    assert (made.exit_code, "answer right or wrong" in made.stderr) == (0, True)
    rows = rows_of(sheet.read_text(encoding="utf-8"))
    read = store.read(own)
    labels = [p.label for p in audit.sample(read, 99)]
    answers = ["right" if row["label"] else label for row, label in zip(rows, labels, strict=True)]
    shown = next(i for i, row in enumerate(rows) if row["label"] and row["layer"] == "entities")
    blind = next(i for i, row in enumerate(rows) if not row["label"] and row["layer"] == "quotes")
    answers[shown], answers[blind] = "wrong", "direct, Putin"
    filled(rows, answers, sheet)
    scored = cli("audit", "--score", sheet, "--annotations", own)
    assert scored.exit_code == 0, scored.stderr
    cells = {line[:28].strip(): line.split()[-6:] for line in scored.stdout.splitlines()[2:]}
    assert [cells[name][1:3] for name in ("dates", "quotes")] == [["0", "0"], ["1", "1"]]
    assert scored.stderr.count("row ") == 2
    assert not (own / audit.FILE).exists()
    kept = cli("audit", "--score", sheet, "--annotations", own, "--keep-as", "Lan")
    assert (kept.exit_code, f"wrote {own / audit.FILE}" in kept.stderr) == (0, True)
    [one] = audit.read(own)
    assert (one.by, sum(one.places.values()), sum(one.wrong.values())) == ("Lan", len(rows), 2)
    assert all(word not in (own / audit.FILE).read_text() for word in ("Huế", "Tám"))


def test_rows_that_cannot_be_scored_are_listed(own: Path, tmp_path: Path) -> None:
    read = store.read(own)
    rows = rows_of(audit.sheet(audit.sample(read, 4), read.documents))
    rows[0]["place"], rows[1]["document"] = "5-2000", "other"
    rows[2]["label"] = ""
    rows[3]["label"] = "X"
    path = filled(rows, ["right", "right", "", "right"], tmp_path / "s.csv")
    with pytest.raises(FindingsError) as caught:
        audit.score(path, read)
    assert [(f.code, f.line) for f in caught.value.findings] == [
        ("unknown-document", 2),
        ("unknown-document", 3),
        ("missing-field", 4),
        ("stale", 5),
    ]


def test_words_of_stand_off_texts_stay_out_of_a_repository(
    corpus: Annotations, tmp_path: Path
) -> None:
    standoff = Annotations(
        corpus.folder,
        msgspec.structs.replace(corpus.articles, texts=object()),
    )
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    with pytest.raises(FindingsError, match="must not be in a repository"):
        audit.check_outside(tmp_path / "clone" / "work" / "s.csv", standoff)
    audit.check_outside(tmp_path / "s.csv", standoff)
    audit.check_outside(tmp_path / "clone" / "s.csv", corpus)


def test_the_first_line_of_the_card(own: Path, tmp_path: Path) -> None:
    def first_line() -> str:
        build.build(store.read(own), tmp_path / "set")
        card = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
        return card.partition("\n# ")[2].splitlines()[2]

    assert first_line().startswith("**Unaudited**: no person has checked a sample")
    for by, version in (("Lan", "0.0.1"), ("Lan", "1"), ("Minh", "1")):
        version = store.read(own).articles.data_version if version == "1" else version
        one = Audit(
            by=by, on="2026-11-28", data_version=version, places={"dates": 60}, wrong={"dates": 1}
        )
        (own / audit.FILE).write_text(store.jsonl([*audit.read(own), one]), encoding="utf-8")
    assert first_line() == (
        "**Audited by 2 people**, who checked 120 places (`vinewsie audit`); 2 of them are wrong."
    )
