"""Adds a user-supplied text to an annotations folder: checks it, proposes segments and labels."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from vinewsie.annotations import staging, store
from vinewsie.annotations.new_article import html, prelabels, texts, zoning
from vinewsie.annotations.new_article.texts import NORMALISATIONS
from vinewsie.files import Contents, holds, read_bytes, write_files
from vinewsie.findings import Finding, FindingsError, errors, refuse
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.reading import gold
from vinewsie.registry import Registry, slug

__all__ = ["NORMALISATIONS", "ArticleMetadata", "NewArticle", "add", "default_id"]

_DOC_ID = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_INDEX = "articles/articles.json"

_GUIDELINES = """# Guidelines

The labels follow ViNewsIE's annotation guidelines, version {version} (`annotations/guidelines.md`
of its sources). Write decisions beyond them here: the place, the case, the decision, the reason.
"""


@dataclass(frozen=True)
class ArticleMetadata:
    """The user's information about a text.

    Args:
        anchor_date: the day to which relative dates refer, ISO.
        doc_id: the id of the document; by default made from the file's name and the anchor date.
        evidence: the reason for the anchor date.
        publisher: the publisher.
        variety: the variety of Vietnamese.
        title_en: the headline in English.
        source: the place where the text was found.
    """

    anchor_date: str
    doc_id: str | None = None
    evidence: str = ""
    publisher: str = ""
    variety: str = ""
    title_en: str = ""
    source: str = ""


@dataclass(frozen=True)
class NewArticle:
    """An article that was added.

    Args:
        document: the document with its proposed segments.
        files: the files that were written.
        labels: the name of the pass with the labels that an extractor proposed, if one did.
        counts: the number of records in this pass, by layer.
        warnings: warnings about the text and the proposed labels.
    """

    document: Document
    files: list[str]
    labels: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[Finding] = field(default_factory=list)


def default_id(file: Path, anchor_date: str) -> str:
    """The default doc_id of a file: its name and the anchor date."""
    parts = (slug(unicodedata.normalize("NFC", file.stem)), anchor_date.replace("-", ""))
    return "-".join(filter(None, parts))


def add(
    folder: Path,
    file: Path,
    about: ArticleMetadata,
    *,
    normalise: Sequence[str] = (),
    extractor: str | None = None,
) -> NewArticle:
    """Adds a text to an annotations folder, which is made if it is missing or empty.

    All files are written, or none.

    Args:
        folder: the annotations folder.
        file: the text, in UTF-8, or a web page, of which the article is taken. The file itself is
            never changed.
        about: the metadata of the text.
        normalise: the changes to the copy, of :data:`NORMALISATIONS`.
        extractor: the SPEC of an extractor, whose labels become the pass with its name.

    Raises:
        FindingsError: the text or the metadata are wrong; nothing was written.
        ExtractorError: the extractor cannot run, or failed.
    """
    existing = _existing(folder)
    text, found = _text(file)
    text = texts.normalised(text, normalise)
    doc_id = about.doc_id if about.doc_id is not None else default_id(file, about.anchor_date)
    found += texts.check_text(text, str(file))
    found += _check_about(about, doc_id, str(file))
    if existing is not None:
        found += _check_new(existing, doc_id, text, str(file))
    if errors(found):
        raise FindingsError(found)
    document = Document(doc_id=doc_id, text=text, segments=zoning.propose(text, about.anchor_date))
    contents = {} if existing is not None else _skeleton(folder)
    canary = existing.articles.canary if existing is not None else ""
    labels_of = store.document_files("gold", document, canary=canary)
    contents |= {f"articles/{doc_id}.txt": text, **labels_of}
    labels, counts = None, {}
    if extractor is not None:
        labels = slug(extractor) or "extractor"
        proposed, warnings = prelabels.propose(
            document, extractor, existing.registry if existing is not None else Registry()
        )
        found += warnings
        contents |= store.document_files(f"passes/{labels}", proposed, canary=canary)
        counts = {layer: len(records_of(proposed, layer)) for layer in RECORD_TYPES}
    _check_free(folder, contents)
    # The index comes last: without it the folder has no such article, and the command can be
    # repeated after an interruption.
    contents[_INDEX] = store.articles_json(
        _with(existing.articles if existing is not None else _new_articles(folder), document, about)
    )
    result = staging.check(folder, contents)
    if errors(result.findings):
        raise FindingsError(result.findings)
    return NewArticle(document, write_files(folder, contents), labels, counts, found)


def _text(file: Path) -> tuple[str, list[Finding]]:
    """The text of a file, of a web page that of its article; and warnings."""
    text = texts.decoded(str(file), read_bytes(file))
    if not html.is_page(file, text):
        return text, html.check_markup(text, str(file))
    page = html.page_text(text, str(file))
    return page.article, html.findings_of(page, str(file))


def _existing(folder: Path) -> store.Annotations | None:
    """Reads the folder; None if it is missing, or has only files of an interrupted first call."""
    if (folder / _INDEX).is_file():
        existing = store.read(folder)
        refuse(errors(existing.findings))
        return existing
    ours = {"articles", "gold", "passes", "entities.csv", "adjudication.jsonl", "guidelines.md"}
    if folder.exists() and (
        not folder.is_dir()
        or not {path.name for path in folder.iterdir() if path.name[0] != "."} <= ours
    ):
        message = f"is neither a folder of annotations (it has no {_INDEX}) nor an empty one"
        raise FindingsError([Finding("file", message, file=str(folder))])
    return None


def _check_about(about: ArticleMetadata, doc_id: str, file: str) -> Iterator[Finding]:
    try:
        real = date.fromisoformat(about.anchor_date).isoformat() == about.anchor_date
    except ValueError:
        real = False
    if not real:
        message = f"the anchor date {about.anchor_date!r} is not a calendar date YYYY-MM-DD"
        yield Finding("anchor-date", message, file=file)
    if not _DOC_ID.fullmatch(doc_id):
        message = f"doc_id {doc_id!r} is not made of a-z and 0-9, "
        message += "joined by single hyphens, dots or underscores; give another"
        yield Finding("wrong-type", message, file=file)


def _check_new(existing: store.Annotations, doc_id: str, text: str, file: str) -> Iterator[Finding]:
    if any(article.doc_id == doc_id for article in existing.articles.articles):
        message = f"there is an article {doc_id!r} already; give another doc_id"
        yield Finding("duplicate-document", message, file=file)
    composed = unicodedata.normalize("NFC", text)
    for other in existing.documents.values():
        if unicodedata.normalize("NFC", other.text) == composed:
            message = f"has the text of the article {other.doc_id!r}"
            yield Finding("duplicate-document", message, file=file)


def _check_free(folder: Path, contents: Contents) -> None:
    """Refuses to replace files. Those of an interrupted call have the same content."""
    message = "is in the way: a file of this name exists already"
    refuse(
        [
            Finding("file", message, file=str(folder / name))
            for name, content in contents.items()
            if (folder / name).exists() and not holds(folder / name, content.encode())
        ]
    )


def _skeleton(folder: Path) -> dict[str, str]:
    """The files of a new annotations folder, except its index and labels."""
    guidelines = _GUIDELINES.format(version=_new_articles(folder).guideline_version)
    return {
        "entities.csv": store.registry_csv([]),
        "adjudication.jsonl": "",
        "guidelines.md": guidelines,
    }


def _new_articles(folder: Path) -> store.Articles:
    """The index of a new folder, whose name is that of the data set.

    A data set in a folder ``annotations`` has the name of the folder above it.
    """
    place = folder.resolve()
    name = place.parent.name if place.name == "annotations" else place.name
    return store.Articles(
        name=name,
        data_version="0.1.0",
        guideline_version=gold.load().guideline_version,
        articles=(),
    )


def _with(articles: store.Articles, document: Document, about: ArticleMetadata) -> store.Articles:
    article = store.Article(
        doc_id=document.doc_id,
        file=f"{document.doc_id}.txt",
        sha256=hashlib.sha256(document.text.encode()).hexdigest(),
        publisher=about.publisher,
        variety=about.variety,
        title_en=about.title_en,
        anchor_dates=(
            store.AnchorDate(about.anchor_date, (1, document.text.count("\n") + 1), about.evidence),
        ),
        source=about.source,
    )
    return msgspec.structs.replace(articles, articles=(*articles.articles, article))
