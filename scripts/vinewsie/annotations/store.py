"""Reads and checks an annotations folder, and gives the content of its files.

A folder of labels has one folder for each document, with one JSON Lines file for each layer and one
record on each line, so that diffs are readable.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import read_object, with_surfaces, without_surfaces
from vinewsie.files import read_bytes, read_text
from vinewsie.findings import Finding, FindingsError, refuse
from vinewsie.messages import Message, say
from vinewsie.model import (
    RECORD_TYPES,
    Document,
    Quote,
    RegistryEntry,
    Segment,
    changes_of,
    records_of,
)
from vinewsie.reading.gold import NAME, with_texts
from vinewsie.reading.records import json_lines
from vinewsie.reading.texts import TextSource, texts_of
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_gold, check_registry, check_segments, check_structure

LABEL_FILES: dict[str, Any] = {"segments": Segment, **RECORD_TYPES}
"""The label files of a document, by name without ``.jsonl``, with the type of their records."""

_NAME_COLUMNS = ("entity_id", "type", "name_vi", "name_en", "aliases", "wikidata")
REGISTRY_COLUMNS = (*_NAME_COLUMNS, "kind", "capital_of")
CANARY = "canary"
"""The field, column or key of metadata that holds the canary string of a set; in ``entities.csv``
the string itself names a column without cells.
"""
PARTS = ("articles", "gold", "passes", "entities.csv", "adjudication.jsonl")
"""The entries of an annotations folder that :func:`read` reads."""
ALIAS_SEPARATOR = "|"


class AnchorDate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The day to which relative dates refer.

    Args:
        date: the day, ISO.
        lines: the first and the last line of the text, counted from 1, for which it holds.
        evidence: the reason for this day.
    """

    date: str
    lines: tuple[int, int]
    evidence: str


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry of a text in ``articles.json``.

    ``homonyms`` has the surfaces that name several entities in the text, with the keys of these.
    ``source`` is the place where the text was found, ``lines`` the number of its lines. A text that
    comes from :attr:`Articles.texts` has no ``file``. An invented text has the ``brief`` that it
    was written from, and ``phenomena``: how many cases of each were dealt to it.
    """

    doc_id: str
    file: str
    sha256: str
    publisher: str
    variety: str
    title_en: str
    anchor_dates: tuple[AnchorDate, ...]
    homonyms: dict[str, tuple[str, ...]] = {}
    source: str = ""
    lines: int = 0
    brief: str = ""
    phenomena: dict[str, int] = {}


class Articles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of ``articles.json``: versions of data and guidelines, the articles in the order
    of the data set, and the name of the data set.

    ``texts`` is where the texts come from if they are not in the folder. Its label files have
    offsets without surfaces. ``canary`` is a string that every file of the set has, so that a
    corpus or a model that took the set in can be recognised; ``invented`` is true where persons and
    events of the texts are invented, and ``licence`` is that of the texts, where the set has one.
    """

    data_version: str
    guideline_version: str
    articles: tuple[Article, ...]
    name: str = NAME
    texts: TextSource | None = None
    canary: str = ""
    invented: bool = False
    licence: str = ""

    @property
    def own(self) -> bool:
        """Whether these are the articles of ViNewsIE, of which its card speaks; ``articles.json``
        of others may lack a name.
        """
        ids = {article.doc_id for article in self.articles}
        return self.name == NAME and ids >= {"baoquocte-20231012", "epochtimes-vn-20220815"}

    @property
    def surfaces(self) -> bool:
        """Whether the label files have the surfaces of their spans."""
        return self.texts is None


class Adjudication(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A line of ``adjudication.jsonl``: one decision.

    ``passes`` has the reading of each pass, null for no record. ``decision`` has the ids of the
    resulting gold records; it is empty if there are none. ``argued`` is false where the readings
    mean the same: the passes only spell a key differently, or a field was added that they lack. The
    origin of the records is then ``agreed``.
    """

    doc_id: str
    layer: str
    line: int
    stage: str
    passes: dict[str, Any]
    decision: tuple[str, ...]
    outcome: str
    reason: str
    argued: bool = True


@dataclass
class Annotations:
    """The content of an annotations folder, and every finding about it."""

    folder: Path
    articles: Articles
    documents: dict[str, Document] = field(default_factory=dict)
    passes: dict[str, dict[str, Document]] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)
    adjudication: list[Adjudication] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


_NO_FOLDER = say(
    "no annotations/articles/articles.json here or above; "
    "run this in a checkout, or name a folder with --annotations"
)


def find_folder(start: Path | None = None) -> Path:
    """Finds ``annotations/`` in ``start`` or a folder above it, else beside the package's source.

    Args:
        start: by default the current folder.

    Raises:
        FindingsError: there is none; an installed package has none beside it.
    """
    here = start or Path.cwd()
    candidates = [parent / "annotations" for parent in (here, *here.parents)]
    candidates.append(Path(__file__).parents[2] / "annotations")
    for candidate in candidates:
        if (candidate / "articles" / "articles.json").is_file():
            return candidate
    raise FindingsError([Finding("file", _NO_FOLDER, file=str(here))])


def text_source(folder: Path) -> TextSource | None:
    """Where the texts of an annotations folder come from; None if they are in it.

    Raises:
        FindingsError: ``articles.json`` cannot be read.
    """
    return read_articles(folder).texts


def read(folder: Path) -> Annotations:
    """Reads and checks an annotations folder.

    Raises:
        FindingsError: ``articles.json`` cannot be read, or has a path that leads out of its folder.
            Every other error becomes a finding.
        TextsError: the texts come from elsewhere, and are not here.
    """
    articles = read_articles(folder)
    refuse(list(_unsafe(folder, articles)))
    result = Annotations(folder, articles)
    result.findings += _check_articles(folder, articles)
    if articles.canary:
        result.findings += _check_canary(folder, articles.canary)
    source = texts_of(articles.texts) if articles.texts is not None else None
    texts = {
        article.doc_id: _article_text(folder, article, source, result.findings)
        for article in articles.articles
    }
    rows = _read_registry(folder / "entities.csv", articles.canary, result.findings)
    result.registry = Registry(entry for _, entry in rows)
    for article in articles.articles:
        text = texts[article.doc_id]
        if text is not None:
            _read_gold(result, article, text)
    for number, finding in check_registry(rows, result.documents.values()):
        result.findings.append(finding.at(str(folder / "entities.csv"), number))
    for place in _passes(folder):
        result.passes[place.name] = _read_pass(place, articles, texts, result.findings)
    result.adjudication = _read_adjudication(folder / "adjudication.jsonl", result)
    return result


def read_articles(folder: Path) -> Articles:
    """Reads ``articles.json`` of an annotations folder.

    Raises:
        FindingsError: it cannot be read.
    """
    path = folder / "articles" / "articles.json"
    try:
        return msgspec.json.decode(read_text(path), type=Articles)
    except (msgspec.DecodeError, RecursionError) as error:
        code = "wrong-type" if isinstance(error, msgspec.ValidationError) else "json"
        raise FindingsError([Finding(code, str(error), file=str(path))]) from error


def _check_articles(folder: Path, articles: Articles) -> Iterator[Finding]:
    path = str(folder / "articles" / "articles.json")
    for name in ("data_version", "guideline_version"):
        if not re.fullmatch(r"\d+\.\d+\.\d+", getattr(articles, name)):
            message = say(
                "{name} is {version!r}, not MAJOR.MINOR.PATCH",
                name=name,
                version=getattr(articles, name),
            )
            yield Finding("version", message, file=path)
    seen: set[str] = set()
    for article in articles.articles:
        if article.doc_id in seen:
            message = say("doc_id {id!r} is the id of an article above already", id=article.doc_id)
            yield Finding("duplicate-document", message, file=path)
        seen.add(article.doc_id)


def _check_canary(folder: Path, canary: str) -> Iterator[Finding]:
    """Finds files of a set that lack its canary string."""
    parts = (folder / part for part in PARTS)
    files = (file for part in parts for file in (part.rglob("*") if part.is_dir() else [part]))
    for path in sorted(file for file in files if file.is_file()):
        try:
            data = read_bytes(path)
        except FindingsError as error:
            yield from error.findings
            continue
        if canary.encode() not in data:
            message = say("lacks the canary string {canary!r}", canary=canary)
            yield Finding("canary", message, file=str(path))


def _unsafe(folder: Path, articles: Articles) -> Iterator[Finding]:
    """Findings about paths that would lead out of the annotations folder, links included."""
    path = str(folder / "articles" / "articles.json")
    for article in articles.articles:
        name = article.doc_id
        if (
            "\0" in name + article.file
            or name != Path(name).name
            or name in ("", "..")
            or "\\" in name
        ):
            message = say(
                "doc_id {id!r} or file {file!r} cannot name a file", id=name, file=article.file
            )
            yield Finding("file", message, file=path)
            continue
        inside = (("articles", article.file), ("gold", name))
        for part, entry in (*inside, *((f"passes/{p.name}", name) for p in _passes(folder))):
            # The folders themselves may be links.
            if not (folder / part / entry).resolve().is_relative_to((folder / part).resolve()):
                message = say(
                    "{path} leads out of its folder; keep the files in it", path=f"{part}/{entry}"
                )
                yield Finding("file", message, file=path)


def _passes(folder: Path) -> list[Path]:
    return sorted(place for place in (folder / "passes").glob("*") if place.is_dir())


def _article_text(
    folder: Path, article: Article, source: Mapping[str, str] | None, findings: list[Finding]
) -> str | None:
    """The text of an article: that of its source or, without one, of its file."""
    path = folder / "articles" / (article.file if source is None else "articles.json")
    try:
        if source is not None:
            text = source[article.doc_id]
            digest = hashlib.sha256(text.encode()).hexdigest()
        else:
            text = read_text(path)
            digest = hashlib.sha256(read_bytes(path)).hexdigest()
    except FindingsError as error:
        findings += error.findings
        return None
    except KeyError:
        message = say("the source of the texts has no document {id!r}", id=article.doc_id)
        findings.append(Finding("unknown-document", message, file=str(path)))
        return None
    if article.lines not in (0, text.count("\n") + 1):
        message = say(
            "the text has {count} lines, articles.json {expected}",
            count=text.count("\n") + 1,
            expected=article.lines,
        )
        findings.append(Finding("article-text", message, file=str(path), doc_id=article.doc_id))
    if digest != article.sha256:
        message = say(
            "sha256 is {digest}, articles.json has {expected}; the offsets are those of that text "
            "only",
            digest=digest,
            expected=article.sha256,
        )
        findings.append(Finding("article-hash", message, file=str(path), doc_id=article.doc_id))
    for number, line in enumerate(text.split("\n"), start=1):
        for name, character in (("U+0000", "\0"), (say("a carriage return"), "\r")):
            if character in line:
                message = say("holds {name}", name=name)
                found = Finding("article-text", message, doc_id=article.doc_id)
                findings.append(found.at(str(path), number))
    return text


def record_lines(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The values of a JSON Lines file with their line numbers, without a canary line before them.

    Args:
        path: the file.
        findings: takes what is not JSON.

    Raises:
        FindingsError: the file cannot be read.
    """
    lines = json_lines(path, findings)
    has_canary = lines and isinstance(lines[0][1], dict) and lines[0][1].keys() == {CANARY}
    return lines[1:] if has_canary else lines


def read_labels(
    folder: Path, doc_id: str, text: str, findings: list[Finding]
) -> tuple[Document, dict[tuple[str, int], tuple[str, int]]]:
    """Reads the label files in ``folder/doc_id``.

    Args:
        folder: a folder of labels, such as ``gold``.
        doc_id: the document.
        text: its text.
        findings: takes everything that is wrong.

    Returns:
        The document without the records that cannot be read, and the file and line of each record
        by layer and index.
    """
    fields: dict[str, Any] = {}
    places: dict[tuple[str, int], tuple[str, int]] = {}
    for layer, kind in LABEL_FILES.items():
        path = folder / doc_id / f"{layer}.jsonl"
        records: list[Any] = []
        try:
            lines = record_lines(path, findings)
        except FindingsError as error:
            findings += error.findings
            lines = []
        for number, raw in lines:
            bare, found = without_surfaces(raw, text, layer, len(records))
            record, wrong = read_object(bare, kind, layer, len(records))
            found += wrong
            findings += [f.at(str(path), number, doc_id) for f in found]
            if record is not None:
                places[layer, len(records)] = (str(path), number)
                records.append(record)
        fields[layer] = tuple(records)
    return Document(doc_id=doc_id, text=text, **fields), places


def _located(
    findings: Iterable[Finding],
    places: Mapping[tuple[str, int], tuple[str, int]],
    folder: Path,
    doc_id: str,
) -> Iterator[Finding]:
    for finding in findings:
        if (
            finding.layer is not None
            and finding.index is not None
            and (finding.layer, finding.index) in places
        ):
            yield finding.at(*places[finding.layer, finding.index], doc_id)
        else:
            yield finding.at(
                str(folder / doc_id / f"{finding.layer}.jsonl")
                if finding.layer
                else str(folder / doc_id),
                None,
                doc_id,
            )


def warned_if_unlabelled(document: Document, findings: Iterable[Finding]) -> list[Finding]:
    """The findings about a document; if it has no labels at all, those that labels would remove are
    warnings.
    """
    if any(records_of(document, layer) for layer in RECORD_TYPES):
        return list(findings)
    return [
        replace(finding, severity="warning")
        if finding.code in ("mark-missing", "homonym")
        else finding
        for finding in findings
    ]


def _read_gold(result: Annotations, article: Article, text: str) -> None:
    folder = result.folder / "gold"
    document, places = read_labels(folder, article.doc_id, text, result.findings)
    if not result.articles.surfaces:
        document = with_texts(document)
    result.documents[article.doc_id] = document
    anchored = bool(article.anchor_dates)
    found = warned_if_unlabelled(
        document, check_gold(document, result.registry, article.homonyms, anchored=anchored)
    )
    result.findings += _located(
        [*found, *_check_anchors(document, article)], places, folder, article.doc_id
    )


def _check_anchors(document: Document, article: Article) -> Iterator[Finding]:
    for index, segment in enumerate(document.segments):
        line = document.text.count("\n", 0, segment.start) + 1
        dates = [
            anchor.date
            for anchor in article.anchor_dates
            if anchor.lines[0] <= line <= anchor.lines[1]
        ]
        if dates != ([segment.anchor_date] if segment.anchor_date else []):
            message = say(
                "anchor_date is {date}; for line {line} articles.json gives evidence for {dates}",
                date=segment.anchor_date,
                line=line,
                dates=dates or say("none"),
            )
            yield Finding("anchor-evidence", message, "segments", index)


def _read_pass(
    place: Path, articles: Articles, texts: Mapping[str, str | None], findings: list[Finding]
) -> dict[str, Document]:
    """Reads a pass, which need not have every article. Its judgements are not checked."""
    documents = {}
    anchored = {article.doc_id: bool(article.anchor_dates) for article in articles.articles}
    for folder in sorted(p for p in place.glob("*") if p.is_dir() and p.name not in texts):
        message = say("articles.json has no article {id!r}", id=folder.name)
        findings.append(Finding("unknown-document", message, file=str(folder)))
    for doc_id, text in texts.items():
        if text is None or not (place / doc_id).is_dir():
            continue
        document, places = read_labels(place, doc_id, text, findings)
        segments = check_segments(document, anchored=anchored[doc_id])
        findings += _located([*check_structure(document), *segments], places, place, doc_id)
        documents[doc_id] = document if articles.surfaces else with_texts(document)
    return documents


def _read_registry(
    path: Path, canary: str, findings: list[Finding]
) -> list[tuple[int, RegistryEntry]]:
    rows: list[tuple[int, RegistryEntry]] = []
    try:
        text = read_text(path)
    except FindingsError as error:
        findings += error.findings
        return rows
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    # Folders that version 0.1 made have names alone.
    headers = [REGISTRY_COLUMNS, _NAME_COLUMNS, *([(*REGISTRY_COLUMNS, canary)] if canary else [])]
    try:
        header = tuple(next(reader, ()))
        if header not in headers:
            message = say(
                "columns are {columns}; expected {expected}",
                columns=", ".join(header),
                expected=", ".join(REGISTRY_COLUMNS),
            )
            findings.append(Finding("csv", message, file=str(path), line=1))
            return rows
        for cells in reader:
            if len(cells) != len(header):
                message = say(
                    "{count} cells; expected {expected}", count=len(cells), expected=len(header)
                )
                findings.append(Finding("csv", message, file=str(path), line=reader.line_num))
                continue
            values: dict[str, Any] = dict(zip(REGISTRY_COLUMNS, cells, strict=False))
            values["aliases"] = tuple(a for a in values["aliases"].split(ALIAS_SEPARATOR) if a)
            rows.append((reader.line_num, RegistryEntry(**values)))
    except csv.Error as error:
        findings.append(Finding("csv", str(error), file=str(path), line=reader.line_num))
    return rows


def _read_adjudication(path: Path, result: Annotations) -> list[Adjudication]:
    decisions: list[Adjudication] = []
    try:
        lines = record_lines(path, result.findings)
    except FindingsError as error:
        result.findings += error.findings
        return decisions
    decided: set[tuple[str, str, str]] = set()
    places = []
    for number, raw in lines:
        decision, found = read_object(raw, Adjudication)
        result.findings += [f.at(str(path), number) for f in found]
        if decision is not None:
            decisions.append(decision)
            places.append(number)
            decided.update(
                (decision.doc_id, decision.layer, gold_id)
                for gold_id in decision.decision
                if decision.argued
            )
    removed = _removed(decisions)
    for number, decision in zip(places, decisions, strict=True):
        result.findings += [
            f.at(str(path), number) for f in _check_decision(decision, result, removed)
        ]
    for doc_id, document in result.documents.items():
        for layer in RECORD_TYPES:
            for index, record in enumerate(getattr(document, layer)):
                if record.origin == "adjudicated" and (doc_id, layer, record.id) not in decided:
                    message = say(
                        "{doc_id}: {id} is adjudicated, but no line of adjudication.jsonl decides "
                        "it",
                        doc_id=doc_id,
                        id=record.id,
                    )
                    result.findings.append(
                        Finding("adjudication", message, layer, index, doc_id, str(path))
                    )
    return decisions


def _removed(decisions: Iterable[Adjudication]) -> set[tuple[str, str, str]]:
    """Records that a decision removed from the gold. Earlier decisions may still name them."""
    readings = ((d, d.passes.get("gold")) for d in decisions if not d.decision)
    return {
        (d.doc_id, d.layer, str(gold.get("id"))) for d, gold in readings if isinstance(gold, dict)
    }


def _check_decision(
    decision: Adjudication, result: Annotations, removed: Collection[tuple[str, str, str]]
) -> list[Finding]:
    document = result.documents.get(decision.doc_id)
    if document is None:
        return [Finding("unknown-document", say("no article {id!r}", id=decision.doc_id))]
    if decision.layer not in RECORD_TYPES:
        message = say(
            "{name} is {value!r}; allowed are {allowed}{hint}",
            name="layer",
            value=decision.layer,
            allowed=", ".join(RECORD_TYPES),
            hint="",
        )
        return [Finding("label", message)]
    records = {record.id: record for record in getattr(document, decision.layer)}
    messages: list[Message] = [
        say(
            "a reading of pass {name!r} is given, but the pass has no folder for {id}",
            name=name,
            id=decision.doc_id,
        )
        for name in decision.passes
        if name in result.passes and decision.doc_id not in result.passes[name]
    ]
    for gold_id in decision.decision:
        if gold_id in records:
            if decision.argued and records[gold_id].origin != "adjudicated":
                message = say(
                    "{layer} {id!r} is decided here, but its origin is not adjudicated",
                    layer=decision.layer,
                    id=gold_id,
                )
                messages.append(message)
        elif (decision.doc_id, decision.layer, gold_id) not in removed:
            message = say(
                "{layer} of {doc_id} have no {id!r}",
                layer=decision.layer,
                doc_id=decision.doc_id,
                id=gold_id,
            )
            messages.append(message)
    return [Finding("adjudication", message) for message in messages]


# Content of files


def jsonl(records: Iterable[object], *, canary: str = "") -> str:
    """The content of a JSON Lines file with these records.

    Args:
        records: the records.
        canary: the canary string of the set, which the first line then has.
    """
    return "".join(
        json.dumps(msgspec.to_builtins(record), ensure_ascii=False) + "\n"
        for record in (*([{CANARY: canary}] if canary else []), *records)
    )


def document_files(
    folder: str, document: Document, *, surfaces: bool = True, canary: str = ""
) -> dict[str, str]:
    """The content of a document's label files, by their paths in the annotations folder.

    Args:
        folder: the folder of labels, ``gold`` or ``passes/NAME``.
        document: the document with its labels.
        surfaces: whether spans have their surfaces beside their offsets.
        canary: the canary string of the set.
    """
    return {
        f"{folder}/{document.doc_id}/{name}": content
        for name, content in label_files(document, surfaces=surfaces, canary=canary).items()
    }


def label_files(document: Document, *, surfaces: bool = True, canary: str = "") -> dict[str, str]:
    """The content of a document's label files, by their names.

    Args:
        document: the document with its labels.
        surfaces: whether spans have their surfaces beside their offsets.
        canary: the canary string of the set.
    """
    return {
        f"{layer}.jsonl": jsonl(
            (
                readable(record, document.text, surfaces=surfaces)
                for record in getattr(document, layer)
            ),
            canary=canary,
        )
        for layer in LABEL_FILES
    }


_SPARSE = ("truncated", "inherited", "contested", "readings")
"""Fields that few records have; label files leave them out elsewhere."""


def readable(record: msgspec.Struct, text: str, *, surfaces: bool = True) -> dict[str, Any]:
    """A record in the form of a label file: the spans of quotations and readings have their
    surfaces, for readers of the file, and readings have only what differs.

    Args:
        record: the record.
        text: the text of its document.
        surfaces: whether there are surfaces; else there are none at all.
    """
    plain: dict[str, Any] = msgspec.to_builtins(record)
    if plain.get("readings"):
        readings: tuple[Any, ...] = record.readings  # type: ignore[attr-defined]
        plain["readings"] = list(map(changes_of, readings))
    plain = {
        name: msgspec.to_builtins(value)
        for name, value in plain.items()
        if value or name not in _SPARSE
    }
    if not surfaces:
        plain.pop("text", None)
        return plain
    if isinstance(record, Quote):
        plain = with_surfaces(plain, text)
    elif "readings" in plain:
        plain["readings"] = with_surfaces(plain["readings"], text)
    return plain


def registry_csv(entries: Iterable[RegistryEntry], *, canary: str = "") -> str:
    """The content of ``entities.csv``.

    Args:
        entries: the entries.
        canary: the canary string of the set, which then names a last column without cells: readers
            of CSV have no common form of a comment.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    last = {canary: ""} if canary else {}
    writer.writerow((*REGISTRY_COLUMNS, *last))
    for e in entries:
        cells = (
            getattr(e, name) if name != "aliases" else ALIAS_SEPARATOR.join(e.aliases)
            for name in REGISTRY_COLUMNS
        )
        writer.writerow((*cells, *last.values()))
    return out.getvalue()


_WIDTH = 60
"""The longest value, in characters, that ``articles.json`` has on one line."""


def articles_json(articles: Articles) -> str:
    """The content of ``articles.json``, without fields that have their default."""
    plain = msgspec.to_builtins(articles)
    for article in plain["articles"]:
        for name in ("homonyms", "source", "lines", "brief", "phenomena"):
            if not article[name]:
                del article[name]
    about = {name: plain.pop(name) for name in ("name", CANARY, "invented", "licence")}
    if about["name"] == NAME:
        del about["name"]
    if plain["texts"] is None:
        del plain["texts"]
    shown = {name: value for name, value in about.items() if value}
    return _indented({**shown, **plain}, 0) + "\n"


def _indented(value: Any, depth: int) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if depth and (len(short) <= _WIDTH or not isinstance(value, dict | list | tuple)):
        return short
    inner, outer = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {_indented(item, depth + 1)}"
            for key, item in value.items()
        ]
        return "{" + inner + ("," + inner).join(parts) + outer + "}"
    return (
        "[" + inner + ("," + inner).join(_indented(item, depth + 1) for item in value) + outer + "]"
    )
