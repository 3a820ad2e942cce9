"""Takes the article out of a web page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from vinewsie.findings import Finding, FindingsError, install_command, shortened
from vinewsie.text import lines
from vinewsie.text_map import TextMap

_SUFFIXES = (".html", ".htm", ".xhtml")
_TAG = re.compile(
    r"<!doctype\s+html[^<>]*>|</?(html|head|body|title|meta|link|script|style|main|article|section"
    r"|header|footer|nav|div|p|h[1-6]|br|hr|span|a|b|i|em|strong|img|figure|ul|ol|li|table|tr|td"
    r"|blockquote)(\s[^<>]*)?/?>",
    re.I,
)
_MARKUP = re.compile(
    rf"(?i:{_TAG.pattern}|&(?:[a-z]{{2,}}\d*|#\d+|#x[0-9a-f]+);)"
    r"|^#{1,6}(?= )|^\s*[\[{]+(?=\s*\")"
)
"""Tags; entities; headings of Markdown; JSON."""
_SPACES = re.compile(r"[ \t\r\n\f]+")
_NOT_SHOWN = ("head", "script", "style", "template", "noscript")
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption"),
    *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
    *("nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"),
)
"""Elements that begin and end a line."""

_LISTED = 20
"""Largest number of lines left out that a warning shows."""


class PageText(NamedTuple):
    """The lines of a web page: those of the article, as a text, and the others."""

    article: str
    left_out: list[str]


def is_page(file: Path, text: str) -> bool:
    """Whether a file is a web page: by its name, or by a tag at its beginning."""
    return file.suffix.lower() in _SUFFIXES or _TAG.match(text.lstrip("\ufeff \t\r\n")) is not None


def page_text(text: str, file: str) -> PageText:
    """Takes the article out of a web page. A line belongs to it if trafilatura keeps more than
    half of its letters.

    Args:
        text: the page.
        file: the file that findings name.

    Raises:
        FindingsError: trafilatura is not installed, or finds no article.
    """
    try:
        import trafilatura
    except ImportError as error:
        message = f"is a web page, which needs trafilatura: {install_command('html')}"
        raise FindingsError([Finding("file", message, file=file)]) from error
    main = trafilatura.extract(text, include_comments=False, favor_recall=True)
    if not main:
        message = "is a web page in which trafilatura finds no article; give its text"
        raise FindingsError([Finding("article-text", message, file=file)])
    whole = _shown(text)
    kept = TextMap(whole, main)
    article: list[str] = []
    left_out: list[str] = []
    for start, end in lines(whole):
        (article if kept.share(start, end) > 0.5 else left_out).append(whole[start:end])
    return PageText("\n".join(article) + "\n", left_out)


def _shown(text: str) -> str:
    """The lines of a page that a browser shows, by its elements; white space inside is one
    space.
    """
    from lxml import html

    root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    for element in [*root.iter(*_NOT_SHOWN)]:
        element.drop_tree()
    for element in root.iter():
        if isinstance(element.tag, str):
            element.text = _SPACES.sub(" ", element.text or "")
        element.tail = _SPACES.sub(" ", element.tail or "")
        if element.tag in _BLOCKS:
            element.text, element.tail = f"\n{element.text}", f"\n{element.tail}"
    shown = (_SPACES.sub(" ", line).strip() for line in root.text_content().split("\n"))
    return "\n".join(filter(None, shown))


def findings_of(page: PageText, file: str) -> list[Finding]:
    """A warning that names what was left out of a page."""
    if not page.left_out:
        return []
    listed = "; ".join(shortened(line, 48) for line in page.left_out[:_LISTED])
    more = len(page.left_out) - _LISTED
    message = f"lines left out of the page: {len(page.left_out)}: {listed}"
    message += f"; and {more} more" if more > 0 else ""
    return [Finding("article-text", message, file=file, severity="warning")]


def check_markup(text: str, file: str) -> list[Finding]:
    """A warning for a text with markup, which would be labelled as words."""
    places = [
        (number, found)
        for number, line in enumerate(text.split("\n"), 1)
        if (found := _MARKUP.search(line))
    ]
    if not places:
        return []
    number, found = places[0]
    message = (
        f"has markup, first {found[0].strip()} (lines with markup: {len(places)}); it stays as it "
        "is: remove it, or give the whole page as .html"
    )
    return [Finding("article-text", message, file=file, line=number, severity="warning")]
