"""A person's own text becomes an article of an annotations folder: checked, divided into segments,
ready to be labelled.
"""

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
from vinewsie.annotations.new_article import prelabels, texts, zoning
from vinewsie.annotations.new_article.texts import NORMALISATIONS
from vinewsie.files import Contents, holds, read_bytes, write_files
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.registry import Registry

__all__ = ["NORMALISATIONS", "About", "Added", "add", "default_id"]

_DOC_ID = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_INDEX = "articles/articles.json"

_GUIDELINES = """# Guidelines

The labels follow ViNewsIE's annotation guidelines, version {version} (`annotations/guidelines.md` of its sources). Write down here what is
decided beyond them: the place, the case, the decision, the reason.
"""


@dataclass(frozen=True)
class About:
    """What a person says about a text. ``doc_id`` is by default that of the file's name and the
    anchor date.
    """

    anchor_date: str
    doc_id: str | None = None
    evidence: str = ""
    publisher: str = ""
    variety: str = ""
    title_en: str = ""
    source: str = ""


@dataclass(frozen=True)
class Added:
    """A new article: the document with its proposed segments, the files that were written, and
    warnings.

    ``labels`` is the name of the pass that an extractor's labels became, ``counts`` how many it has
    by layer.
    """

    document: Document
    files: list[str]
    labels: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[Finding] = field(default_factory=list)


def default_id(file: Path, anchor_date: str) -> str:
    """The doc_id of a file: its name and the day."""
    return "-".join(
        part
        for part in (
            texts.slug(unicodedata.normalize("NFC", file.stem)),
            anchor_date.replace("-", ""),
        )
        if part
    )


def add(
    folder: Path,
    file: Path,
    about: About,
    *,
    normalise: Sequence[str] = (),
    extractor: str | None = None,
) -> Added:
    """Adds a text to an annotations folder, which is made if it is missing or empty. All files are
    written, or none.

    Args:
        folder: the annotations folder.
        file: the text, in UTF-8. It is copied, and itself never changed.
        about: what is known about it.
        normalise: what may be changed in the copy, of :data:`NORMALISATIONS`.
        extractor: the SPEC of an extractor; its labels become the pass that bears its name.

    Raises:
        FindingsError: with everything that is wrong; nothing was written.
        ExtractorError: the extractor cannot run, or failed.
    """
    there = _existing(folder)
    text = texts.normalised(texts.decoded(str(file), read_bytes(file)), normalise)
    doc_id = about.doc_id if about.doc_id is not None else default_id(file, about.anchor_date)
    found = [*texts.check_text(text, str(file)), *_check_about(about, doc_id, str(file))]
    if there is not None:
        found += _check_new(there, doc_id, text, str(file))
    if errors(found):
        raise FindingsError(found)
    document = Document(doc_id=doc_id, text=text, segments=zoning.propose(text, about.anchor_date))
    contents = {} if there is not None else _skeleton(folder)
    contents |= {f"articles/{doc_id}.txt": text, **_label_files("gold", document)}
    labels, counts = None, {}
    if extractor is not None:
        labels = texts.slug(extractor)
        proposed, warnings = prelabels.propose(
            document, extractor, there.registry if there is not None else Registry()
        )
        found += warnings
        contents |= _label_files(f"passes/{labels}", proposed)
        counts = {layer: len(records_of(proposed, layer)) for layer in RECORD_TYPES}
    _check_free(folder, contents)
    # Last, because a text counts once it stands there: a command that is cut off before can be
    # repeated.
    contents[_INDEX] = store.articles_json(
        _with(there.articles if there is not None else _new_articles(folder), document, about)
    )
    result = staging.check(folder, contents)
    if errors(result.findings):
        raise FindingsError(result.findings)
    return Added(document, write_files(folder, contents), labels, counts, found)


def _existing(folder: Path) -> store.Annotations | None:
    """What the folder holds; None for a folder that is missing, or that has nothing but what a
    cut-off first call left.
    """
    if (folder / _INDEX).is_file():
        there = store.read(folder)
        if errors(there.findings):
            raise FindingsError(errors(there.findings))
        return there
    ours = {"articles", "gold", "passes", "entities.csv", "adjudication.jsonl", "guidelines.md"}
    if folder.exists() and (
        not folder.is_dir()
        or not {path.name for path in folder.iterdir() if path.name[0] != "."} <= ours
    ):
        message = f"is neither a folder of annotations (it has no {_INDEX}) nor an empty one"
        raise FindingsError([Finding("file", message, file=str(folder))])
    return None


def _check_about(about: About, doc_id: str, file: str) -> Iterator[Finding]:
    try:
        real = date.fromisoformat(about.anchor_date).isoformat() == about.anchor_date
    except ValueError:
        real = False
    if not real:
        yield Finding(
            "anchor-date",
            f"the anchor date {about.anchor_date!r} is not a calendar date YYYY-MM-DD",
            file=file,
        )
    if not _DOC_ID.fullmatch(doc_id):
        message = f"doc_id {doc_id!r} is not made of a-z and 0-9, joined by single hyphens, dots or underscores; give another"
        yield Finding("wrong-type", message, file=file)


def _check_new(there: store.Annotations, doc_id: str, text: str, file: str) -> Iterator[Finding]:
    if any(article.doc_id == doc_id for article in there.articles.articles):
        yield Finding(
            "duplicate-document",
            f"there is an article {doc_id!r} already; give another doc_id",
            file=file,
        )
    composed = unicodedata.normalize("NFC", text)
    for other in there.documents.values():
        if unicodedata.normalize("NFC", other.text) == composed:
            yield Finding(
                "duplicate-document", f"has the text of the article {other.doc_id!r}", file=file
            )


def _check_free(folder: Path, contents: Contents) -> None:
    """No file of somebody else's is replaced; those of a call that was cut off hold the same."""
    taken = [
        name
        for name, content in contents.items()
        if (folder / name).exists() and not holds(folder / name, content.encode())
    ]
    if taken:
        raise FindingsError(
            [
                Finding(
                    "file",
                    "is in the way: a file of this name is there already",
                    file=str(folder / name),
                )
                for name in taken
            ]
        )


def _label_files(folder: str, document: Document) -> dict[str, str]:
    return {
        f"{folder}/{document.doc_id}/{name}": content
        for name, content in store.label_files(document).items()
    }


def _skeleton(folder: Path) -> dict[str, str]:
    """The files of a new annotations folder beside its index."""
    guidelines = _GUIDELINES.format(version=_new_articles(folder).guideline_version)
    return {
        "entities.csv": store.registry_csv([]),
        "adjudication.jsonl": "",
        "guidelines.md": guidelines,
    }


def _new_articles(folder: Path) -> store.Articles:
    """The index of a new folder. It has the name of the folder, or of what holds it where it is
    just called annotations.
    """
    from vinewsie.reading import gold

    place = folder.resolve()
    name = place.parent.name if place.name == "annotations" else place.name
    return store.Articles(
        name=name,
        data_version="0.1.0",
        guideline_version=gold.load().guideline_version,
        articles=(),
    )


def _with(articles: store.Articles, document: Document, about: About) -> store.Articles:
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
