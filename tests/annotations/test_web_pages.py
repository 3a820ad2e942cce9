"""Web pages become articles, and what is left out is listed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vinewsie.annotations.new_article import ArticleMetadata, NewArticle, add
from vinewsie.findings import FindingsError

LINES = [
    "Mưa lớn ở Huế, hàng trăm hộ dân phải sơ tán",
    "Sáng 12/11, Chủ tịch tỉnh Lê Văn Tám cho biết hơn 300 hộ dân ở Huế đã đến nơi an toàn.",
    "“Chúng tôi không để ai bị đói”, ông Tám nói với các phóng viên ở Huế sau buổi họp báo.",
    "Nước rút chậm",
    "Theo đài khí tượng, mưa còn kéo dài đến ngày 15/11, và các hồ chứa đang xả nước.",
]
PAGE = """<!DOCTYPE html>
<html><head><title>Mưa lớn | Báo Thử</title><script>var quangcao = "<p>không";</script></head><body>
<nav><a href="/">Trang chủ</a> <a href="/x">Thời sự</a></nav>
<article><h1>{}</h1><p>{}</p>
<p>{}</p><h2>{}</h2><p>{}</p></article>
<footer>Bản quyền thuộc về Báo Thử</footer></body></html>
"""


def added(tmp_path: Path, name: str, text: str) -> NewArticle:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return add(tmp_path / "folder", file, ArticleMetadata("2024-11-12", doc_id="d"))


@pytest.mark.parametrize("name", ["page.html", "page.txt"])
def test_the_article_of_a_page(tmp_path: Path, name: str) -> None:
    pytest.importorskip("trafilatura", reason="trafilatura is not installed")
    marked = [line.replace("ở Huế", "ở\n <b>Huế</b>") for line in LINES]
    article = added(tmp_path, name, PAGE.format(*marked))
    assert article.document.text.splitlines() == LINES
    assert [segment.zone for segment in article.document.segments][:2] == ["headline", "lead"]
    (warning,) = article.warnings
    assert "left out of the page: 2: Trang chủ Thời sự; Bản quyền thuộc" in warning.message


def test_tags_in_a_text_get_a_warning(tmp_path: Path) -> None:
    article = added(tmp_path, "story.txt", "Mưa <b>lớn</b> ở Huế\n\nGiá < 5 và > 3.\n")
    (warning,) = article.warnings
    assert (warning.line, warning.severity) == (1, "warning")
    assert "has markup, first <b> (lines with markup: 1)" in warning.message


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("# Mưa lớn", "#"),
        ("Mưa &amp; lũ ở Huế", "&amp;"),
        ("Giá &#8220;cao&#8221;", "&#8220;"),
        ("&Acirc;u lo ở Huế", "&Acirc;"),
        ('{"title": "Mưa lớn"}', "{"),
        ("#MưaLớn ở Huế", None),
        ("Mưa & lũ; [ảnh: Lan]", None),
    ],
)
def test_other_markup_gets_a_warning(line: str, first: str | None, tmp_path: Path) -> None:
    article = added(tmp_path, "story.md", f"{line}\n\nGiá < 5 và > 3.\n")
    messages = [warning.message for warning in article.warnings]
    assert [f"has markup, first {first} (" in message for message in messages] == (
        [True] if first is not None else []
    )


@pytest.mark.parametrize("page", ["", "<html><body></body></html>"])
def test_a_page_without_an_article_is_refused(tmp_path: Path, page: str) -> None:
    pytest.importorskip("trafilatura", reason="trafilatura is not installed")
    with pytest.raises(FindingsError, match="finds no article"):
        added(tmp_path, "page.html", page)
    assert not (tmp_path / "folder").exists()


def test_without_trafilatura(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(FindingsError, match=r"needs trafilatura: pip install .*\[html\]"):
        added(tmp_path, "page.html", PAGE.format(*LINES))
