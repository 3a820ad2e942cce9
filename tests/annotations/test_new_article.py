"""New articles: refused texts, proposed segments and labels, and the commands that follow."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vinewsie.annotations import store
from vinewsie.annotations.keys import KeyFinder
from vinewsie.annotations.new_article import (
    NORMALISATIONS,
    ArticleMetadata,
    add,
    default_id,
    zoning,
)
from vinewsie.cli.annotation import new_article
from vinewsie.files import read_bytes, write_files
from vinewsie.findings import FindingsError, errors
from vinewsie.model import RECORD_TYPES, Entity, RegistryEntry, records_of
from vinewsie.reading import gold
from vinewsie.registry import Registry, slug

TEXT = """Mưa lớn ở Huế, hàng trăm hộ dân phải sơ tán

Trần Minh Khoa

Sáng 12/11, Chủ tịch tỉnh Lê Văn Tám cho biết hơn 300 hộ dân ở Huế đã đến nơi an toàn.

Người dân Huế dọn bùn sau lũ. (Ảnh: TTXVN)

“Chúng tôi không để ai bị đói”, ông Tám nói.

Nước rút chậm

Theo đài khí tượng, mưa còn kéo dài đến ngày 15/11.

(theo TTXVN)
"""

DOC = "bai-20241112"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bài.txt"
    path.write_text(TEXT, encoding="utf-8", newline="\n")
    return path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(new_article, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# A new folder


def test_a_new_folder_has_all_that_the_other_commands_need(
    tmp_path: Path, file: Path, cli: Callable[..., Any]
) -> None:
    folder = tmp_path / "nhà tôi"
    result = run(
        file,
        "--anchor",
        "2024-11-12",
        "--annotations",
        folder,
        "--publisher",
        "Báo Thử",
        "--source",
        "https://example.org/1",
    )
    assert result.exit_code == 0, result.stderr
    read = store.read(folder)
    assert errors(read.findings) == []
    assert (read.articles.name, read.articles.guideline_version) == (
        "nhà tôi",
        gold.load().guideline_version,
    )
    (article,) = read.articles.articles
    assert (article.doc_id, article.publisher, article.source) == (
        DOC,
        "Báo Thử",
        "https://example.org/1",
    )
    assert article.anchor_dates[0].lines == (1, TEXT.count("\n") + 1)
    assert (folder / "articles" / article.file).read_text(encoding="utf-8") == TEXT
    assert "guidelines" in (folder / "guidelines.md").read_text(encoding="utf-8")
    validated = cli("validate", folder)
    assert (validated.exit_code, "warning: mark-missing" in validated.stdout) == (0, True)


def test_it_is_built_and_scored(tmp_path: Path, file: Path, cli: Callable[..., Any]) -> None:
    add(tmp_path / "own", file, ArticleMetadata("2024-11-12"))
    (tmp_path / "second.txt").write_text("Nga và Ukraine đàm phán\n", encoding="utf-8")
    add(tmp_path / "own", tmp_path / "second.txt", ArticleMetadata("2024-11-13"))
    assert cli("build", "--annotations", tmp_path / "own", "-o", tmp_path / "built").exit_code == 0
    assert list(gold.load(tmp_path / "built")) == [DOC, "second-20241113"]
    result = cli("score", "--gold", tmp_path / "built", "-e", "rules", "--format", "json")
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)["measures"]["entities.strict"]["counts"]
    assert (counts["gold"], counts["matched"]) == (0, 0)
    assert json.loads(result.stdout)["dataset"]["name"] == "own"


def test_a_folder_called_annotations_is_named_after_its_parent(tmp_path: Path, file: Path) -> None:
    add(tmp_path / "project" / "annotations", file, ArticleMetadata("2024-11-12"))
    assert store.read(tmp_path / "project" / "annotations").articles.name == "project"


def test_a_foreign_folder_is_not_changed(tmp_path: Path, file: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("keep")
    result = run(file, "--anchor", "2024-11-12", "--annotations", tmp_path / "thesis")
    assert (result.exit_code, list(files_of(tmp_path / "thesis"))) == (1, ["chapter.txt"])
    assert "nor an empty one" in result.stderr


def test_an_interrupted_call_can_be_repeated(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "own"
    add(folder, file, ArticleMetadata("2024-11-12"))
    whole = files_of(folder)
    (folder / "articles" / "articles.json").unlink()
    (folder / "gold" / DOC / "quotes.jsonl").unlink()
    add(folder, file, ArticleMetadata("2024-11-12"))
    assert files_of(folder) == whole


# The checkout's folder


def test_adding_an_article_leaves_the_others_unchanged(corpus_copy: Path, file: Path) -> None:
    before = files_of(corpus_copy)
    added = add(corpus_copy, file, ArticleMetadata("2024-11-12", doc_id="hue"))
    after = files_of(corpus_copy)
    assert errors(store.read(corpus_copy).findings) == []
    assert {name for name in after if after[name] != before.get(name)} == set(added.files)
    assert all(name == "articles/articles.json" or "hue" in name for name in added.files)
    old, new = (files["articles/articles.json"].decode().splitlines() for files in (before, after))
    assert [line for line in old if line not in new] == []


def test_the_index_keeps_its_layout(corpus_copy: Path) -> None:
    read = store.read(corpus_copy)
    assert (
        store.articles_json(read.articles).encode()
        == (corpus_copy / "articles" / "articles.json").read_bytes()
    )


def test_broken_annotations_are_not_added_to(corpus_copy: Path, file: Path) -> None:
    (corpus_copy / "entities.csv").write_text("x\n")
    before = files_of(corpus_copy)
    with pytest.raises(FindingsError, match=r"entities\.csv:1: csv"):
        add(corpus_copy, file, ArticleMetadata("2024-11-12"))
    assert files_of(corpus_copy) == before


def test_a_file_that_is_in_the_way_is_not_replaced(corpus_copy: Path, file: Path) -> None:
    (corpus_copy / "articles" / f"{DOC}.txt").write_text("other notes")
    with pytest.raises(FindingsError, match="is in the way"):
        add(corpus_copy, file, ArticleMetadata("2024-11-12"))
    assert not (corpus_copy / "gold" / DOC).exists()


def test_a_pass_need_not_have_every_article(corpus_copy: Path, file: Path) -> None:
    add(corpus_copy, file, ArticleMetadata("2024-11-12"))
    assert {
        name: DOC in documents for name, documents in store.read(corpus_copy).passes.items()
    } == {"a": False, "b": False, "c": False}


def test_passes_have_the_documents_of_their_decisions_and_no_others(corpus_copy: Path) -> None:
    place = corpus_copy / "passes" / "c"
    (place / "baoquocte-20231012").rename(place / "baoquocte")
    said = [str(finding) for finding in store.read(corpus_copy).findings]
    assert (
        f"{place / 'baoquocte'}: unknown-document: articles.json has no article 'baoquocte'" in said
    )
    message = "a reading of pass 'c' is given, but the pass has no folder for baoquocte-20231012"
    assert any(message in finding for finding in said)


# Refused input


BAD: list[tuple[str, bytes, str, tuple[str, ...]]] = [
    (
        "latin-1",
        "một\n".encode() + "café à Huê\nêê\n".encode("latin-1"),
        ":2: encoding: byte 9 (0xe9)",
        (":3: encoding: byte 17 (0xea)",),
    ),
    ("utf-16", "Huế".encode("utf-16"), "is UTF-16", ()),
    (
        "surrogate",
        b"Hu\xed\xa0\xbd\n",
        "U+D83D, a lone surrogate",
        ("(3 such bytes on this line)",),
    ),
    (
        "null",
        b"a\nb\0c\0\n",
        ":2: article-text: U+0000 NULL 2 times, first at offset 3, on line 2",
        (),
    ),
    (
        "crlf",
        b"a\r\nb\r\n\nc\r\n",
        "U+000D CARRIAGE RETURN 3 times, first at offset 1, on lines 1-2, 4",
        ("--normalise newlines",),
    ),
    (
        "bidi",
        "Huế\u202e123\u2066".encode(),
        "U+202E RIGHT-TO-LEFT OVERRIDE once at offset 3",
        ("U+2066 LEFT-TO-RIGHT ISOLATE",),
    ),
    ("bom", b"\xef\xbb\xbfHu", "U+FEFF ZERO WIDTH NO-BREAK SPACE", ("--normalise bom",)),
    ("empty", b" \n\n", "has only white space", ()),
]


@pytest.mark.parametrize(
    ("data", "says", "also"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_texts_with_characters_that_shift_offsets_are_refused(
    data: bytes, says: str, also: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    result = run(path, "--anchor", "2024-11-12", "--annotations", tmp_path / "own")
    assert result.exit_code == 1
    for part in (says, *also):
        assert part in result.stderr
    assert not (tmp_path / "own").exists()


def test_all_errors_are_reported_at_once(corpus_copy: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes((corpus_copy / "articles" / "001_924b1a86276e1e10.txt").read_bytes() + b"\0\r")
    result = run(path, "--anchor", "2024-02-30", "--doc-id", "../x", "--annotations", corpus_copy)
    codes = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert codes == ["article-text", "article-text", "anchor-date", "wrong-type"]


@pytest.mark.parametrize("anchor", ["2024-13-01", "20241112", "2024-W46-2", "hôm nay"])
def test_an_anchor_is_a_calendar_date(anchor: str, tmp_path: Path, file: Path) -> None:
    with pytest.raises(FindingsError, match="anchor-date"):
        add(tmp_path / "own", file, ArticleMetadata(anchor, doc_id="x"))


def test_an_article_is_added_once(corpus_copy: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(
        unicodedata.normalize(
            "NFD",
            (corpus_copy / "articles" / "001_924b1a86276e1e10.txt").read_text(encoding="utf-8"),
        )
    )
    with pytest.raises(FindingsError) as error:
        add(corpus_copy, path, ArticleMetadata("2022-08-15", doc_id="baoquocte-20231012"))
    assert [
        (f.code, "already" in f.message or "epochtimes-vn-20220815" in f.message)
        for f in errors(error.value.findings)
    ] == [("duplicate-document", True)] * 2


# Normalisation on request


def test_a_text_is_composed_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    decomposed = unicodedata.normalize("NFD", "Huế 😀\u200b có lũ\u00a0lớn.\n")
    path.write_text(decomposed, encoding="utf-8", newline="\n")
    result = run(path, "--anchor", "2024-11-12", "--annotations", tmp_path / "as-it-is")
    assert (
        result.exit_code,
        "warning: article-text: is not in NFC on line 1" in result.stderr,
    ) == (0, True)
    assert "--normalise nfc" in result.stderr
    assert (tmp_path / "as-it-is" / "articles" / "x-20241112.txt").read_text(
        encoding="utf-8"
    ) == decomposed
    assert (
        run(
            path, "--anchor", "2024-11-12", "--annotations", tmp_path / "nfc", "--normalise", "nfc"
        ).exit_code
        == 0
    )
    assert (tmp_path / "nfc" / "articles" / "x-20241112.txt").read_text(
        encoding="utf-8"
    ) == unicodedata.normalize("NFC", decomposed)
    assert path.read_text(encoding="utf-8") == decomposed


def test_all_normalisations_together(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(("\ufeff" + unicodedata.normalize("NFD", "Huế\r\nĐà Nẵng\rHội An")).encode())
    options = [part for name in NORMALISATIONS for part in ("--normalise", name)]
    assert (
        run(path, "--anchor", "2024-11-12", "--annotations", tmp_path / "own", *options).exit_code
        == 0
    )
    assert (
        read_bytes(tmp_path / "own" / "articles" / "x-20241112.txt").decode()
        == "Huế\nĐà Nẵng\nHội An"
    )


def test_the_option_offers_every_normalisation(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("Huế", encoding="utf-8")
    result = run(path, "--anchor", "2024-11-12", "--normalise", "nfd")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"no normalisation 'nfd'; there are {', '.join(NORMALISATIONS)}" in result.stderr


@pytest.mark.parametrize(
    ("name", "doc_id"),
    [("Bài số 1 (Đà Nẵng).txt", "bai-so-1-da-nang-20241112"), ("新闻.txt", "20241112")],
    ids=["vietnamese", "no-ascii"],
)
def test_the_default_id_is_made_of_the_file_name(name: str, doc_id: str) -> None:
    assert default_id(Path(unicodedata.normalize("NFD", name)), "2024-11-12") == doc_id


def test_slug_has_no_stray_hyphens() -> None:
    assert (slug("  Đặng Thị – Huệ! "), slug("新闻")) == ("dang-thi-hue", "")


# Segments


def zones(text: str) -> list[tuple[str, int]]:
    return [(segment.zone, segment.item) for segment in zoning.propose(text, "2024-11-12")]


def test_proposed_zones() -> None:
    names = ["headline", "credit", "lead", "caption", "body", "subheading", "body", "credit"]
    assert zones(TEXT) == [(name, 0) for name in names]


def test_links_to_other_articles_are_counted() -> None:
    links = """
Xem thêm
Giá gạo tăng mạnh
Giá gạo tăng mạnh
Gạo xuất khẩu đã tăng giá ba tuần liền, theo Hiệp hội Lương thực Việt Nam.
Chia sẻ
Đội tuyển Việt Nam thắng Lào
"""
    found = zones(TEXT + links)[8:]
    assert found == [
        ("navigation", 0),
        ("teaser_headline", 1),
        ("teaser_headline", 1),
        ("teaser_lead", 1),
        ("navigation", 0),
        ("teaser_headline", 2),
    ]


@pytest.mark.parametrize(
    "text",
    ["Một dòng", "Trang chủ\n\u00a0\nMột dòng.", "Đọc thêm", "😀\n\u200b\n", "a\x0bb\u2028c\n d "],
)
def test_any_text_has_sound_segments(text: str) -> None:
    from vinewsie.model import Document
    from vinewsie.scheme.checks import check_segments

    segments = zoning.propose(text, "2024-11-12")
    assert list(check_segments(Document(doc_id="x", text=text, segments=segments))) == []
    assert [s.zone for s in segments].count("headline") == 1


# Labels that an extractor proposes


def test_proposals_are_a_pass_without_origin(tmp_path: Path, file: Path) -> None:
    result = run(file, "--anchor", "2024-11-12", "--annotations", tmp_path / "own", "-e", "rules")
    assert result.exit_code == 0, result.stderr
    read = store.read(tmp_path / "own")
    assert errors(read.findings) == []
    proposed = read.passes["rules"][DOC]
    assert f"{len(proposed.entities)} entities" in result.stderr
    assert [e.id for e in proposed.entities] == [
        f"e{n}" for n in range(1, len(proposed.entities) + 1)
    ]
    everything = [record for layer in RECORD_TYPES for record in records_of(proposed, layer)]
    assert {(record.origin, record.human_verified) for record in everything} == {(None, False)}
    assert {e.entity_id for e in proposed.entities if TEXT[e.start : e.end] == "Huế"} == {"hue"}
    assert not read.documents[DOC].entities


def test_keys_are_those_of_the_registry() -> None:
    entry = RegistryEntry(
        entity_id="hue-city",
        type="GPE",
        name_vi="Huế",
        name_en="Hue",
        aliases=("Cố đô Huế",),
        wikidata="Q1",
    )
    other = RegistryEntry(entity_id="lan-1", type="PER", name_vi="Lan", name_en="Lan")
    twin = RegistryEntry(entity_id="lan-2", type="PER", name_vi="Lan", name_en="Lan")
    keys = KeyFinder(Registry([entry, other, twin]))
    assert [keys.of(name, "GPE") for name in ("Huế", "cố đô Huế", "Q1", "hue-city")] == [
        "hue-city"
    ] * 4
    assert keys.of("Huế", "PER") == "hue"
    assert keys.of("ông Lan", "PER") == "lan"
    assert keys.of("新闻") is None


EXTRACTOR = """
def extract(document):
    at = document.text.index("Huế")
    return {
        "entities": [
            {"id": "x", "start": at, "end": at + 3, "type": "GPE"},
            {"start": at, "end": at + 3},
            {"start": at, "end": at + 4, "type": "CITY"},
            {"text": "Atlantis", "type": "LOC"},
        ],
        "quotes": [
            {"id": "out", "kind": "indirect", "content": [{"start": 0, "end": 9}], "cue": []},
            {"id": "in", "kind": "indirect", "content": [{"start": 0, "end": 3}],
             "source_status": "absent", "parent": "out", "speakers": ["Lê Văn Tám"]},
        ],
    }
"""


def test_invalid_proposals_are_left_out_with_a_warning(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_extractor.py").write_text(EXTRACTOR, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    added = add(
        tmp_path / "own", file, ArticleMetadata("2024-11-12"), extractor="my_extractor:extract"
    )
    assert added.labels == "my-extractor-extract"
    proposed = store.read(tmp_path / "own").passes["my-extractor-extract"][DOC]
    at = TEXT.index("Huế")
    assert proposed.entities == (
        Entity(id="e1", start=at, end=at + 3, text="Huế", type="GPE", entity_id="hue"),
    )
    assert [(q.id, q.parent, q.speakers) for q in proposed.quotes] == [
        ("q1", None, ("le-van-tam",))
    ]
    warnings = "\n".join(map(str, added.warnings))
    for part in ("'Atlantis'", "type is None", "type is 'CITY'", "source_status is None"):
        assert part in warnings
    assert not errors(added.warnings)


def test_a_failing_extractor_leaves_nothing(tmp_path: Path, file: Path) -> None:
    result = run(
        file, "--anchor", "2024-11-12", "--annotations", tmp_path / "own", "-e", "no_such:thing"
    )
    assert (result.exit_code != 0, (tmp_path / "own").exists()) == (True, False)


# Writing


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    (folder / "in-the-way.txt" / "x").mkdir(parents=True)
    (folder / "old.txt").write_text("old")
    with pytest.raises(OSError, match=r"in-the-way\.txt"):
        write_files(folder, {"old.txt": "new", "deep/er/new.txt": "new", "in-the-way.txt": "new"})
    assert files_of(folder) == {"old.txt": b"old"}
    assert not (folder / "deep").exists()


def test_only_what_changes_is_written(tmp_path: Path) -> None:
    (tmp_path / "same.txt").write_text("x")
    before = (tmp_path / "same.txt").stat().st_mtime_ns
    assert write_files(tmp_path, {"same.txt": "x", "new.txt": "y"}) == ["new.txt"]
    assert (tmp_path / "same.txt").stat().st_mtime_ns == before
