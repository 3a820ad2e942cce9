"""Columns: as conlleval and seqeval count, over any tokenisation."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report

import vinewsie as vn
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.base import Options, ParsedDocument, without_fields
from vinewsie.formats.conll import FORMAT
from vinewsie.model import Document, Entity
from vinewsie.reading import native
from vinewsie.reading.detect import InputFormat, format_of
from vinewsie.reading.documents import read_gold

Run = Callable[..., Result]

LABELS = ["PATIENT_ID", "SYMPTOM_AND_DISEASE", "LOC-X", "DATE", "Địa_điểm"]
SYLLABLES = [
    "Bệnh",
    "nhân",
    "tại",
    "viện",
    "Bạch",
    "Mai",
    "ngày",
    "ở",
    "Hà",
    "Nội",
    "có",
    "sốt",
    "ho",
    "🤒",
    ",",
    ".",
    "(",
    ")",
]


def parsed(text: str, tmp_path: Path, **options: Any) -> tuple[list[ParsedDocument], list[Finding]]:
    path = tmp_path / "page.conll"
    path.write_text(text, encoding="utf-8", newline="")
    findings: list[Finding] = []
    return list(FORMAT.read(path, findings, Options(**options))), findings


def mentions(page: ParsedDocument) -> list[tuple[str, str | None]]:
    text = page.text
    assert text is not None
    return [
        (text[e.start : e.end], e.type) for e in page.layers["entities"] if isinstance(e, Entity)
    ]


def corpus(
    sentences: int, words: bool, seed: int
) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """Tokens, gold tags, and tags with the errors that taggers make, sequences that break BIO among
    them.
    """
    chance = random.Random(seed)
    tokens, golds, guesses = [], [], []
    for _ in range(sentences):
        row: list[tuple[str, str]] = []
        while len(row) < 15:
            label = chance.choice(LABELS) if chance.random() < 0.3 else None
            for position in range(chance.randint(1, 4)):
                token = chance.choice(SYLLABLES) + (
                    "_" + chance.choice(SYLLABLES) if words and chance.random() < 0.4 else ""
                )
                row.append((token, "O" if label is None else f"{'I' if position else 'B'}-{label}"))
        tokens.append([token for token, _ in row])
        golds.append([tag for _, tag in row])
        guesses.append([_guess(tag, chance) for _, tag in row])
    return tokens, golds, guesses


def _guess(tag: str, chance: random.Random) -> str:
    draw = chance.random()
    return (
        "O"
        if draw < 0.05
        else f"{chance.choice('BI')}-{chance.choice(LABELS)}"
        if draw < 0.15
        else tag
    )


def written(tokens: list[list[str]], *columns: list[list[str]], by: str = " ") -> str:
    sentences = [
        "".join(by.join(cells) + "\n" for cells in zip(*rows, strict=True))
        for rows in zip(tokens, *columns, strict=True)
    ]
    return "\n".join(sentences)


@pytest.mark.parametrize("words", [False, True], ids=["syllables", "words"])
@pytest.mark.parametrize("by", [" ", "\t"], ids=["spaces", "tabs"])
def test_the_figures_are_those_of_seqeval(words: bool, by: str, tmp_path: Path, cli: Run) -> None:
    tokens, golds, guesses = corpus(300, words, seed=7)
    (tmp_path / "gold.txt").write_text(written(tokens, golds, by=by), encoding="utf-8")
    (tmp_path / "guess.txt").write_text(written(tokens, guesses, by=by), encoding="utf-8")
    run = cli(
        "score",
        tmp_path / "guess.txt",
        "--gold",
        tmp_path / "gold.txt",
        "--scheme",
        "any",
        "-m",
        "entities.strict",
        "--format",
        "json",
    )
    ours = json.loads(run.stdout)["measures"]["entities.strict(scheme=any)"]
    theirs = classification_report(golds, guesses, output_dict=True)
    micro = theirs.pop("micro avg")
    assert (ours["precision"], ours["recall"]) == (micro["precision"], micro["recall"])
    assert ours["f1"] == pytest.approx(micro["f1-score"], abs=1e-15)
    assert ours["counts"]["gold"] == micro["support"]
    for label in LABELS:
        assert ours["by_label"][label]["precision"] == theirs[label]["precision"]
        assert ours["by_label"][label]["recall"] == theirs[label]["recall"]
    assert "resolve:none" in json.loads(run.stdout)["signature"]


def test_one_file_with_gold_and_guess(tmp_path: Path, cli: Run) -> None:
    tokens, golds, guesses = corpus(40, False, seed=8)
    both = tmp_path / "both.txt"
    both.write_text(written(tokens, golds, guesses), encoding="utf-8")
    run = cli(
        "score",
        both,
        "--gold",
        both,
        "--gold-column",
        "2",
        "--scheme",
        "any",
        "-m",
        "entities.strict",
        "--format",
        "json",
    )
    ours = json.loads(run.stdout)["measures"]["entities.strict(scheme=any)"]
    assert (
        ours["recall"]
        == classification_report(golds, guesses, output_dict=True)["micro avg"]["recall"]
    )
    assert "columns 2, 3 hold tags; the last one is read" in run.stderr


def test_words_against_syllables(tmp_path: Path) -> None:
    (tmp_path / "gold.conll").write_text(
        "Bệnh_viện\tB-ORG\nBạch_Mai\tI-ORG\nở\tO\nHà_Nội\tB-GPE\n.\tO\n"
    )
    (tmp_path / "guess.conll").write_text(
        "Bệnh B-ORG\nviện I-ORG\nBạch I-ORG\nMai I-ORG\nở O\nHà B-GPE\nNội I-GPE\n. O\n"
    )
    result = vn.score(
        tmp_path / "guess.conll", tmp_path / "gold.conll", measures=["entities.strict"], resamples=0
    )
    assert result["entities.strict"].f1 == 1


def test_predictions_for_the_packaged_articles(tmp_path: Path) -> None:
    """Their text is made of tokens joined by spaces, which the articles' is not; one file has both,
    without a word on which is which.
    """
    gold = vn.load()
    bare = [without_fields(document, FORMAT.holds)[0] for document in gold.values()]
    assert FORMAT.write is not None
    losses = FORMAT.write(tmp_path / "p.conll", bare)
    text = (
        (tmp_path / "p.conll").read_text(encoding="utf-8").replace("# newdoc id = ", "-DOCSTART- ")
    )
    (tmp_path / "p.conll").write_text(text, encoding="utf-8")
    assert [(line.partition(":")[0], "white space" in line) for line in losses] == [
        (d, space) for d in gold for space in (False, True)
    ]
    result = vn.score(
        tmp_path / "p.conll", measures=["entities.strict(levels=outermost)"], resamples=0
    )
    assert result["entities.strict(levels=outermost)"].f1 == 1
    assert "resolve:aligned" in result.signature


def test_word_segmented_predictions_with_moved_tone_marks(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    text = "Uỷ ban châu Âu họp ở Khánh Hoà."
    entities = [Entity(start=0, end=14, type="ORG"), Entity(start=21, end=30, type="GPE")]
    gold.write_bytes(
        native.encode(Document(doc_id="d", text=text, entities=tuple(entities))).encode()
    )
    (tmp_path / "p.conll").write_text(
        "Ủy_ban B-ORG\nchâu_Âu I-ORG\nhọp O\nở O\nKhánh_Hòa B-GPE\n. O\n", encoding="utf-8"
    )
    result = vn.score(tmp_path / "p.conll", gold, measures=["entities.strict"], resamples=0)
    assert result["entities.strict"].f1 == 1
    assert result.resolve == "aligned"


def test_what_is_not_in_the_text_is_spurious_and_told(tmp_path: Path) -> None:
    gold = tmp_path / "gold.conll"
    gold.write_text(
        "Ông O\nKim B-PER\nthăm O\nNga B-GPE\nhôm O\nqua O\nvà O\nhôm O\nnay O\n", encoding="utf-8"
    )
    (tmp_path / "p.conll").write_text(
        "Ông O\nKim B-PER\nthăm O\n<unk> B-GPE\nhôm O\nqua O\nvà O\nhôm O\n", encoding="utf-8"
    )
    result = vn.score(tmp_path / "p.conll", gold, measures=["entities.strict"], resamples=0)
    counts = result["entities.strict"].counts
    assert (counts.gold, counts.predicted, counts.matched) == (2, 2, 1)
    assert any("'<unk>' is not found again" in line for line in result.predictions["warnings"])
    assert any("% of its letters are there" in line for line in result.predictions["warnings"])


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("B-PER I-PER O I-GPE", ["Kim Jong", "Nga"]),
        ("I-PER I-PER O I-GPE", ["Kim Jong", "Nga"]),
        ("B-PER E-PER O S-GPE", ["Kim Jong", "Nga"]),
        ("B-PER L-PER O U-GPE", ["Kim Jong", "Nga"]),
        ("B-PER B-PER O B-GPE", ["Kim", "Jong", "Nga"]),
        ("B-PER I-ORG O O", ["Kim", "Jong"]),
    ],
)
def test_tags(tags: str, found: list[str], tmp_path: Path) -> None:
    pages, _ = parsed(
        "".join(
            f"{w} {t}\n" for w, t in zip(["Kim", "Jong", "thăm", "Nga"], tags.split(), strict=True)
        ),
        tmp_path,
    )
    assert [surface for surface, _ in mentions(pages[0])] == found


def test_comments_ids_and_documents(tmp_path: Path) -> None:
    assert tags_of("1\tHà\tO\n2-3\tNội\t_\n2\tNộ\tB-LOC\n3\ti\tI-LOC\n", tmp_path) == [
        ("Nộ i", "LOC")
    ]
    text = (
        "# global.columns = ID FORM TAG\n# newdoc id = một\n# sent_id = 1\n# text = Nga # "
        "Mỹ\n1\tNga\tB-GPE\n2\t#\tO\n3\tMỹ\tB-GPE\n\n"
        "# newdoc id = hai\n1\tHuế\tB-GPE\n"
    )
    pages, findings = parsed(text, tmp_path)
    assert [(page.doc_id, page.text, mentions(page)) for page in pages] == [
        ("một", "Nga # Mỹ", [("Nga", "GPE"), ("Mỹ", "GPE")]),
        ("hai", "Huế", [("Huế", "GPE")]),
    ]
    assert not findings
    pages, _ = parsed(
        "-DOCSTART- -X- O\n\nNga NNP B-GPE\n\n-DOCSTART- -X- O\n\nMỹ NNP B-GPE\n", tmp_path
    )
    assert [(page.doc_id, page.text) for page in pages] == [(None, "Nga"), (None, "Mỹ")]
    assert [len(page.segments) for page in pages] == [1, 1]


def test_unicode(tmp_path: Path) -> None:
    """A no-break space is part of a token; line ends of Windows and a byte order mark are not."""
    pages, findings = parsed(
        "\ufeffTP.\u00a0HCM B-GPE\r\n🇻🇳 O\r\n\u00a0 O\r\n\u2028 O\r\n\r\nNga B-GPE\r\n", tmp_path
    )
    assert not findings
    assert pages[0].text == "TP.\u00a0HCM 🇻🇳 \u00a0 \u2028\nNga"
    assert mentions(pages[0]) == [("TP.\u00a0HCM", "GPE"), ("Nga", "GPE")]


def test_every_bad_row_is_told(tmp_path: Path) -> None:
    _, findings = parsed("Nga B-GPE\nMỹ\nHà Nội B-GPE\nHuế B-GPE\n", tmp_path)
    assert [(f.code, f.line) for f in findings] == [("format", 2), ("format", 3)]
    assert (
        "has 3 columns (divided by spaces), but the file's first row has 2" in findings[1].message
    )
    assert parsed("chỉ\n", tmp_path)[1][0].message.startswith("has no rows of at least two columns")
    assert "no tag column 5: there are 2" in parsed("Nga B-GPE\n", tmp_path, column=5)[1][0].message


def test_mentions_that_end_inside_a_token_come_back(tmp_path: Path) -> None:
    document = Document(
        doc_id="d",
        text="Nga-Mỹ ở miền\u0323 Nam.",
        entities=(Entity(start=1, end=4, type="X"), Entity(start=5, end=6, type="Y")),
    )
    assert FORMAT.write is not None
    losses = FORMAT.write(tmp_path / "d.conll", [document])
    assert losses == ["d: text: its white space cannot be held; tokens are joined by single spaces"]
    assert format_of(tmp_path / "d.conll") == "conll"
    result = vn.score(
        tmp_path / "d.conll",
        vn.Gold({"d": document}),
        scheme="any",
        measures=["entities.strict"],
        resamples=0,
    )
    assert result["entities.strict(scheme=any)"].f1 == 1


def tags_of(text: str, tmp_path: Path, **options: Any) -> list[tuple[str, str | None]]:
    pages, findings = parsed(text, tmp_path, **options)
    assert not findings
    return [mention for page in pages for mention in mentions(page)]


@pytest.mark.parametrize(
    "text",
    [
        "Ông\tO \nHà\tB-LOC\nNội\tI-LOC \n",
        "Ông O \nHà  B-LOC\nNội I-LOC \n",
        "Ông\tO\r\nHà\tB-LOC\r\nNội\tI-LOC\r\n",
        "<s>\nÔng\tO\nHà\tB-LOC\nNội\tI-LOC\n</s>\n",
    ],
    ids=["blanks after tags", "two blanks", "line ends", "marks of sentences"],
)
def test_blanks_are_no_part_of_a_tag(text: str, tmp_path: Path) -> None:
    assert tags_of(text, tmp_path) == [("Hà Nội", "LOC")]
    assert tags_of(text * 2200, tmp_path)[-1] == ("Hà Nội", "LOC")
    assert format_of(tmp_path / "page.conll") == "conll"


@pytest.mark.parametrize(
    "rows",
    [
        "Hà LOC\nNội LOC\nvà O\n",
        "Hà\tNp\tB-LOC\nvà\tC\tO\n3-4\t_\t_\nNội\tNp\tB-LOC\n",
        "[ O\nHà B-LOC\n",
    ],
)
def test_kinds_of_columns_are_recognised(rows: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text(rows)
    assert format_of(tmp_path / "file.txt") == "conll"


def test_an_empty_cell_is_told_wherever_it_stands(tmp_path: Path) -> None:
    _, findings = parsed("Nga N B-LOC\nHà  B-LOC\n", tmp_path)
    assert [(f.line, f.code) for f in findings] == [(2, "format")]


def score_of(gold: str, guess: str, tmp_path: Path) -> vn.Result:
    (tmp_path / "gold.conll").write_text(gold, encoding="utf-8")
    (tmp_path / "guess.conll").write_text(guess, encoding="utf-8")
    return vn.score(
        tmp_path / "guess.conll",
        tmp_path / "gold.conll",
        scheme="any",
        measures=["entities.strict"],
        resamples=0,
    )


def test_rows_are_compared_where_tokens_differ(tmp_path: Path) -> None:
    """As conlleval does: unknown tokens and invisible characters change nothing."""
    tokens, golds, _ = corpus(60, False, seed=9)
    chance = random.Random(1)
    other = [
        [
            chance.choice(["<unk>", "\u200b" + token]) if chance.random() < 0.1 else token
            for token in row
        ]
        for row in tokens
    ]
    result = score_of(written(tokens, golds), written(other, golds), tmp_path)
    assert result["entities.strict(scheme=any)"].f1 == 1
    assert (
        "tokens are not the document's; they are taken for those in the same place"
        in result.predictions["warnings"][0]
    )


def test_marks_between_documents_on_one_side_only(tmp_path: Path) -> None:
    tokens, golds, guesses = corpus(30, False, seed=10)
    parts = [written(tokens[a:b], golds[a:b]) for a, b in ((0, 10), (10, 12), (12, 30))]
    with_marks = "\n".join(f"-DOCSTART- O\n\n{part}" for part in parts)
    bare = score_of(written(tokens, golds), written(tokens, guesses), tmp_path)[
        "entities.strict(scheme=any)"
    ].counts
    assert (
        score_of(with_marks, written(tokens, guesses), tmp_path)[
            "entities.strict(scheme=any)"
        ].counts
        == bare
    )
    perfect = score_of(written(tokens, golds), with_marks, tmp_path)
    assert perfect["entities.strict(scheme=any)"].f1 == 1
    assert perfect["entities.strict(scheme=any)"].counts.gold == bare.gold


def test_many_documents_without_names_that_lack_a_little(tmp_path: Path) -> None:
    """In the order of the gold, since each is like the one in its place."""
    documents = [corpus(6, False, seed=seed)[:2] for seed in range(70)]
    gold = "\n".join(f"-DOCSTART- O\n\n{written(tokens, golds)}" for tokens, golds in documents)
    guess = "\n".join(
        f"-DOCSTART- O\n\n{written(tokens[:-1], golds[:-1])}" for tokens, golds in documents
    )
    result = score_of(gold, guess, tmp_path)
    score = result["entities.strict(scheme=any)"]
    assert score.precision == 1
    assert score.counts.predicted == sum(
        tag[0] == "B" for _, golds in documents for row in golds[:-1] for tag in row
    )


def test_a_text_tells_better_than_the_name_of_a_file(tmp_path: Path) -> None:
    for folder, names in (("gold", ("a", "b")), ("guess", ("b", "c"))):
        (tmp_path / folder).mkdir()
        for name, word in zip(names, ("Nga", "Mỹ"), strict=True):
            (tmp_path / folder / f"{name}.conll").write_text(f"{word} B-GPE\n", encoding="utf-8")
    result = vn.score(
        tmp_path / "guess",
        tmp_path / "gold",
        scheme="any",
        measures=["entities.strict"],
        resamples=0,
    )
    assert result["entities.strict(scheme=any)"].f1 == 1


BROKEN = "Kim B-PER\nJong I-PER\n\nthăm O\nNga I-GPE\n\n# ghi chú\nMỹ B-GPE\nHuế I-LOC\n"
GOLD = "Kim B-PER\nJong I-PER\n\nthăm O\nNga B-GPE\n\nMỹ B-GPE\nHuế B-LOC\n"


def test_a_scheme_refuses_or_repairs(tmp_path: Path, cli: Run) -> None:
    (tmp_path / "p.txt").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "g.txt").write_text(GOLD, encoding="utf-8")
    common: tuple[object, ...] = (
        "score",
        tmp_path / "p.txt",
        "--gold",
        tmp_path / "g.txt",
        "--scheme",
        "any",
    )
    common += ("-m", "entities.strict", "--format", "json", "--resamples", "0")

    def counts(*more: object) -> tuple[int, int, str, str]:
        run = cli(*common, *more)
        assert run.exit_code == 0, run.stderr
        result = json.loads(run.stdout)
        measure = result["measures"]["entities.strict(scheme=any)"]["counts"]
        return measure["predicted"], measure["matched"], result["signature"], run.stderr

    predicted, matched, signature, shown = counts()
    assert (predicted, matched) == (4, 4)
    assert "resolve:none" in signature
    assert shown.count("warning") == 1
    assert "p.txt:5: warning: tag: 2 mentions not well-formed in iob2" in shown
    assert "repaired as conlleval does: mention begins with I: 2 (first in line 5)" in shown
    assert counts("--input-tags", "bio", "--input-repair", "conlleval")[:2] == (4, 4)
    predicted, matched, signature, shown = counts("--input-repair", "discard")
    assert (predicted, matched) == (2, 2)
    assert "resolve:discard" in signature
    assert "left out: mention begins with I: 2" in shown
    for options in (("--input-tags", "iob2"), ("--input-repair", "none")):
        run = cli(*common, *options)
        assert (run.exit_code, run.stdout) == (1, "")
        assert [line.split(": ")[0].rpartition("/")[2] for line in run.stderr.splitlines()] == [
            "p.txt:5",
            "p.txt:9",
        ]
    predicted, matched, signature, _ = counts("--input-tags", "iob2", "--skip-invalid")
    assert (predicted, matched) == (4, 2)
    assert "invalid:skipped" in signature
    assert counts("--gold-tags", "iob2")[:2] == (4, 4)
    run = cli(*common, "--gold-tags", "iobes")
    assert (run.exit_code, run.stderr.count("g.txt:")) == (1, 4)
    run = cli(*common, "--gold-tags", "iob3")
    assert (run.exit_code, "no tag scheme 'iob3'" in run.stderr) == (2, True)


def test_gold_whose_mentions_are_discarded_is_other_gold(tmp_path: Path) -> None:
    (tmp_path / "g.txt").write_text(BROKEN, encoding="utf-8")
    whole = vn.load(tmp_path / "g.txt")
    strict = InputFormat(options=Options(tags="iob2", repair="conlleval"))
    fewer = InputFormat(options=Options(tags="iob2", repair="discard"))
    assert vn.load(tmp_path / "g.txt", input_format=strict).sha256 == whole.sha256
    discarded = vn.load(tmp_path / "g.txt", input_format=fewer)
    assert discarded.sha256 != whole.sha256
    assert [len(d.entities) for d in (*whole.values(), *discarded.values())] == [4, 2]
    assert len(whole.warnings) == 1
    with pytest.raises(FindingsError, match=r"g\.txt:5: tag: mention begins with I"):
        vn.load(tmp_path / "g.txt", input_format=InputFormat(options=Options(tags="iob2")))


def test_gold_of_two_columns_is_two_golds(tmp_path: Path) -> None:
    path = tmp_path / "g.txt"
    path.write_text("Kim B-PER O\nthăm O O\nNga B-GPE B-GPE\n", encoding="utf-8")
    golds = [
        vn.load(path, input_format=InputFormat(options=Options(column=column)))
        for column in (2, 3, -1)
    ]
    assert [len(gold["g"].entities) for gold in golds] == [2, 1, 1]
    assert golds[0].sha256 != golds[1].sha256 == golds[2].sha256


@pytest.mark.parametrize("name", ["p.txt", "p.conll"])
def test_a_file_that_mixes_tabs_and_spaces_is_refused(name: str, tmp_path: Path) -> None:
    """In one row, or in all: with the same mistake in gold, it would be scored as right."""
    row = tmp_path / name
    row.write_text("Kim\tB-PER\nNga\tGPE B-GPE\nvà\tO\n", encoding="utf-8")
    with pytest.raises(FindingsError, match=rf"{name}:2: tag: tag 'GPE B-GPE' has white space"):
        vn.score(row, row, scheme="any")
    row.write_text("Kim\tNNP B-PER\nNga\tGPE B-GPE\nvà\tCC O\n", encoding="utf-8")
    with pytest.raises(FindingsError) as raised:
        vn.score(row, row, scheme="any")
    assert [f.line for f in raised.value.findings] == [1, 2, 3]
    row.write_text("Kim B-PER\nNga\tB-GPE\nvà \t O\n", encoding="utf-8")
    assert vn.score(row, row, scheme="any", resamples=0)["entities.strict(scheme=any)"].f1 == 1


def test_columns_without_tags_are_refused(tmp_path: Path) -> None:
    for text in (
        "Kim NNP\nthăm VB\n",  # parts of speech
        "1\tKim\t_\n2\tthăm\t_\n",
    ):
        pages, findings = parsed(text, tmp_path)
        assert (pages, [f.code for f in findings]) == ([], ["format"])
        assert "no column holds tags" in findings[0].message
    pages, findings = parsed("1\tKim\t_\n2\tthăm\tSpaceAfter=No\n", tmp_path)
    assert [(f.code, f.line) for f in errors(findings)] == [("format", None)]
    assert tags_of("Kim PER\nthăm VISIT\n", tmp_path, column=2)


@pytest.mark.parametrize(
    "text",
    [
        "Kim PER-B\nJong PER-I\nthăm O\nNga GPE-B\n",
        "-DOCSTART- O\n\nKim PER-B\n# ghi chú\nJong PER-I\nthăm O\nNga GPE-B\n",
        "Kim NNP PER-B x\nJong NNP PER-I x\nthăm VB O x\nNga NNP GPE-B x\n",
    ],
)
def test_suffix_tags_are_recognised_and_reported(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(text, encoding="utf-8")
    assert format_of(tmp_path / "p.txt") == "conll"
    pages, findings = parsed(text, tmp_path)
    assert mentions(pages[0]) == [("Kim Jong", "PER"), ("Nga", "GPE")]
    about_tags = [f for f in findings if "column" not in f.message]
    assert [(f.code, f.severity) for f in about_tags] == [("tag", "warning")]
    assert "PER-B is read as B-PER" in about_tags[0].message


@pytest.mark.parametrize(
    "tags",
    [
        "I-PER I-PER O I-GPE",
        "I-PER B-PER O I-GPE",
        "B-PER E-PER O S-GPE",
        "B-PER L-PER O U-GPE",
        "B-PER E-PER O W-GPE",
        "PER PER O GPE",
        "B I O B",
        "B-PER I-PER _ B-GPE",
        "B-PER I-PER - B-GPE",
    ],
)
def test_well_formed_tags_of_any_scheme_give_no_warning(tags: str, tmp_path: Path) -> None:
    words = ["Kim", "Jong", "thăm", "Nga"]
    text = "".join(f"{w} {t}\n" for w, t in zip(words, tags.split(), strict=True))
    assert tags_of(text, tmp_path)


def test_labels_that_a_column_cannot_hold(tmp_path: Path) -> None:
    entities = (Entity(start=0, end=3, type="Địa điểm"), Entity(start=4, end=6, type="X\u200bY"))
    document = Document(doc_id="d", text="Nga Mỹ", entities=entities)
    assert FORMAT.write is not None
    assert FORMAT.write(tmp_path / "page.conll", [document]) == [
        "d: entities: white space and invisible characters in labels cannot be held, and become "
        "underscores (2 mentions)"
    ]
    text = (tmp_path / "page.conll").read_text(encoding="utf-8")
    assert tags_of(text, tmp_path) == [("Nga", "Địa_điểm"), ("Mỹ", "X_Y")]


ROWS = [("Kim", "B-PER"), ("Jong", "I-PER"), ("thăm", "O"), ("Nga", "B-GPE"), ("và", "O")]
SWAPS = (
    lambda tag: tag.replace("-", "_"),
    lambda tag: tag.replace("-", "–"),
    lambda tag: tag.replace("-", " "),
    lambda tag: "-".join(reversed(tag.split("-"))),
    lambda tag: "_".join(reversed(tag.split("-"))),
    lambda tag: tag[0].lower() + tag[1:],
    lambda tag: tag.lower(),
    lambda tag: tag[2:] or tag,
    lambda tag: tag[:1],
    lambda tag: f"{tag}\u200b",
    lambda tag: f"{tag}\u00a0",
    lambda tag: f"{tag}|{tag}",
    lambda tag: f"{tag} {tag}",
    lambda tag: f"NNP {tag}",
    lambda tag: f"{tag}\t0.9",
    lambda tag: "0" if tag == "O" else tag,
    lambda tag: "O-PER" if tag == "O" else tag,
    lambda tag: "1",
    lambda tag: "",
    lambda tag: tag if tag == "O" else "S" + tag[1:],
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(ROWS), min_size=2, max_size=8),
    st.sampled_from(SWAPS),
    st.sets(st.integers(0, 7)),
    st.sampled_from(" \t"),
    st.sampled_from(["auto", "iob2", "iobes", "iob1"]),
)
def test_no_mistake_in_tags_becomes_a_label_in_silence(
    tmp_path: Path,
    rows: list[tuple[str, str]],
    change: Callable[[str], str],
    where: set[int],
    by: str,
    scheme: str,
) -> None:
    changed = [
        f"{token}{by}{change(tag) if number in where else tag}\n"
        for number, (token, tag) in enumerate(rows)
    ]
    pages, findings = parsed("".join(changed), tmp_path, tags=scheme)
    labels = {label for page in pages for _, label in mentions(page)}
    assert labels <= {"PER", "GPE", "_"} or findings  # _: of tags that have no label


PIECES = [*"BIOPER-_ \t\n\r#=|0", "\n", "\n", " ", "B-PER", "I-PER", "Kim", "\u00a0", "\u200b", "ế"]
PIECES += ["-DOCSTART-", "<s>", "</s>", "# newdoc id = a", "1\t", "2-3\t"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.sampled_from(["auto", "iob2", "iob1", "bilou"]),
    st.sampled_from([None, "conlleval", "discard", "none"]),
    st.sampled_from([None, 1, 2, -1]),
)
def test_any_text_is_read_or_refused(
    tmp_path: Path, text: str, scheme: str, repair: str | None, column: int | None
) -> None:
    pages, _ = parsed(text, tmp_path, tags=scheme, repair=repair, column=column)
    for page in pages:
        for surface, label in mentions(page):
            assert surface
            assert label
            assert label.isprintable()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("token tag\nNga B-GPE\nvà O\n", "column 2, 'tag' in the header, of 2"),
        ("Word\tNER\tLemma\nNga\tB-GPE\tnga\nvà\tO\tvà\n", "column 2, 'NER' in the header, of 3"),
        ("# token tag\nNga B-GPE\nvà O\n", "column 2, 'tag' in the header, of 2"),
        ("#token\ttag\nNga B-GPE\nvà O\n", "column 2, 'tag' in the header, of 2"),
        ("# token tag\nNga\tB-GPE\nvà\tO\n", "column 2, 'tag' in the header, of 2"),
        ("word pos ner\nNga\tB-GPE\nvà\tO\n", "tags are read from column 2 of 2"),
        ("Từ\tNhãn\nNga\tB-GPE\nvà\tO\n", "column 2, 'Nhãn' in the header, of 2"),
        ("word\tIOB2\nNga\tB-GPE\nvà\tO\n", "column 2, 'IOB2' in the header, of 2"),
        ("token_text ner_tag\nNga B-GPE\nvà O\n", "column 2, 'ner_tag' in the header, of 2"),
        ("nhãn\ttừ\nO\tvà\nB-GPE\tNga\n", "tags are read from column 1, 'nhãn' in the header, of"),
        ("token tag\nNga x B-GPE\nvà x O\n", "tags are read from column 3 of 3"),
        ("Nga B-GPE nga\nvà O và\n", "tags are read from column 2 of 3"),
        ("Nga GPE 12\nvà O 13\n", "tags are read from column 2 of 3"),
        ("Nga B-NP B-GPE\nvà O O\n", "columns 2, 3 hold tags; the last one is read"),
    ],
)
def test_the_column_of_the_tags_is_found_and_named(rows: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text(rows, encoding="utf-8")
    assert format_of(tmp_path / "page") == "conll"
    (page,), (finding,) = parsed(rows, tmp_path)
    assert mentions(page) == [("Nga", "GPE")]
    assert (finding.severity, message in finding.message) == ("warning", True)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("Huế\tGPE\nvà\tO\nNga\tB-GPE\n", [("Huế", "GPE"), ("Nga", "GPE")]),
        ("Huế\tPlace\nvà\tO\n", [("Huế", "Place")]),
        ("Huế\t0\nvà\tO\nNga\tB-GPE\n", [("Nga", "GPE")]),
    ],
)
def test_a_tag_without_its_prefix_is_no_header(
    rows: str, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    pages, _ = parsed(rows, tmp_path)
    assert mentions(pages[0]) == found
    assert (pages[0].text or "").startswith("Huế")


def test_columns_of_lemmas_and_layout_are_no_labels(tmp_path: Path) -> None:
    pages, (finding,) = parsed("Nga nga 10\nvà và 20\n", tmp_path)
    assert (pages, finding.severity) == ([], "error")
    assert "no column holds tags" in finding.message


def test_a_header_keeps_the_lines_of_findings(tmp_path: Path) -> None:
    _, findings = parsed("token tag\nNga B-GPE\nvà\n", tmp_path)
    assert [f.line for f in findings if f.severity == "error"] == [3]


@pytest.mark.parametrize("columns", ["{tag}\t{token}", "{tag}\t{number}\t{token}"])
@pytest.mark.parametrize("name", ["p.conll", "p.txt"])
def test_tags_in_the_first_column(tmp_path: Path, columns: str, name: str) -> None:
    """As brat's anntoconll and some corpora have them; the tokens are in the last column."""
    rows = [("O", "Ở"), ("B-GPE", "Hà"), ("I-GPE", "Nội"), ("O", "mưa")]
    path = tmp_path / name
    path.write_text(
        "".join(
            columns.format(tag=tag, token=token, number=number) + "\n"
            for number, (tag, token) in enumerate(rows)
        )
    )
    assert format_of(path) == "conll"
    found = read_gold(path)
    (document,) = found.documents.values()
    assert document.text == "Ở Hà Nội mưa"
    assert [(e.start, e.end, e.type) for e in document.entities] == [(2, 8, "GPE")]
    (warning,) = found.warnings
    assert "tags are read from column 1" in warning.message
    assert "tokens from the last" in warning.message
