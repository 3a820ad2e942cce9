"""CoNLL columns: one token on a line with a tag (BIO, IOBES …), a blank line between sentences.

Most corpora of named entities use it, such as CoNLL-2003, VLSP 2016 and PhoNER_COVID19. Source:
https://www.clips.uantwerpen.be/conll2003/ner/ and, for comments and numbered tokens,
https://universaldependencies.org/format.html.

The text is made of the tokens, joined by spaces, a sentence a line; syllables that a word segmenter
joined by underscores are set apart again. Where the real text is known, spans are found in it by
:mod:`vinewsie.text_map`. Tags are read by :mod:`vinewsie.formats.tags`: as conlleval reads them,
with a warning that counts what is not well-formed, or under a scheme that refuses it.

Documents begin with ``-DOCSTART-`` or ``# newdoc id = …``; a file without such lines is one
document. Of several columns with tags the last one is read unless a column is asked for. If only
the first one has tags, the token is in the last, as brat's anntoconll writes it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vinewsie.files import read_text, write_text
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields
from vinewsie.formats.tagged import (
    TaggedDocument,
    TaggedSentence,
    parsed_pages,
    tags_of,
    unjoined,
)
from vinewsie.formats.tags import NO_LABEL
from vinewsie.model import Document, Entity
from vinewsie.text import lines, tokens_between

_TAG = re.compile(r"[Oo]|[BIESLUMWbieslumw]-.*|.+-[BIESLUMW]")
_BARE_TAG = re.compile(r"[A-ZĐ][A-ZĐ0-9_.-]*")
"""A label without a prefix. Words in capitals look alike, so it tells a column only together with
O.
"""
_RANGE = re.compile(r"\d+[-.]\d+")
"""The number of a row that stands beside the tokens (CoNLL-U: multiword tokens, empty nodes)."""
_MARK = re.compile(r"</?\w+>\s*")
"""What some corpora put around a sentence (VLSP 2016: <s>)."""
_COMMENT = re.compile(r"#(?=[\s#]|$|[\w.:-]+ *=)")
_DOC_ID = re.compile(r"#\s*(?:newdoc(?: id)?|doc_id)\s*=\s*(.+)")
_NEW_DOC = re.compile(r"#\s*(?:newdoc|doc_id)\b|-DOCSTART-")
_LOOKED_AT = 2000
"""Rows from which the columns are recognised."""


@dataclass(frozen=True)
class _ColumnLayout:
    """How rows are divided, how many cells each has, and which hold tokens and tags."""

    tabs: bool
    count: int
    token: int
    tag: int
    prefixed: bool
    """Whether all tags looked at have a prefix or are O, so that what has none is no row."""

    numbered: bool
    """Whether the first column numbers the tokens."""

    header: str = ""
    """The row that names the columns."""

    def is_row(self, cells: Sequence[str]) -> bool:
        """Whether cells are a row. A row whose token begins with "#" differs from a comment by its
        tag.
        """
        if len(cells) != self.count or not cells[self.token] or not cells[self.tag]:
            return False
        return not cells[0].startswith("#") or (
            self.prefixed and _TAG.fullmatch(cells[self.tag]) is not None
        )

    def cells(self, line: str) -> list[str]:
        """The cells of a row."""
        return _cells(line, self.tabs)


def _cells(line: str, tabs: bool) -> list[str]:
    """The cells of a row, without blanks around them. Other white space (a no-break space) may be
    part of a token.
    """
    if tabs:
        return [cell.strip(" \r") for cell in line.split("\t")]
    return [cell for cell in line.replace("\t", " ").replace("\r", " ").split(" ") if cell]


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: the columns of tokens and tags, if not the recognised ones; the tag scheme.
    """
    text = read_text(path).removeprefix("\ufeff").replace("\r\n", "\n")
    columns = _columns(path, text.split("\n"), findings, options)
    if columns is None:
        return
    if columns.header:
        text = text.replace(columns.header, "", 1)  # its line stays, so that numbers are right
    pages = _pages(text, columns, str(path), findings)
    tags = tags_of(pages, options)
    if tags.plain and pages and not tags.misspelled and options.column is None:
        message = (
            f"no column holds tags: in column {columns.tag + 1} none is O or has a prefix "
            "(--input-column, or --gold-column for gold, selects another)"
        )
        findings.append(Finding("format", message, file=str(path)))
        return
    yield from parsed_pages(pages, tags, options, path, findings)


def _pages(
    text: str, columns: _ColumnLayout, file: str, findings: list[Finding]
) -> list[TaggedDocument]:
    """The documents of a file. Sentences of plain rows are read at once, others line by line."""
    pages = [TaggedDocument(1)]
    line = 1
    for block in text.split("\n\n"):
        rows = block.split("\n")
        sentence = _sentence(rows, line, columns)
        if sentence is not None:
            pages[-1].sentences.append(sentence)
        else:
            _read_line_by_line(rows, line, columns, pages, file, findings)
        line += len(rows) + 1
    return [page for page in pages if page.sentences]


def _sentence(rows: list[str], first: int, columns: _ColumnLayout) -> TaggedSentence | None:
    """The sentence of plain rows; None if there may be something else among them.

    Args:
        rows: the rows.
        first: the line of the first one.
        columns: the columns.
    """
    by = "\t" if columns.tabs else " "
    wanted = columns.count - 1
    if {*map(str.count, rows, itertools.repeat(by))} != {wanted}:
        return None
    block = "\n".join(["", *rows])
    if "\n#" in block or "\n-DOCSTART-" in block:
        return None
    joined = by.join(rows)
    if (
        "\r" in joined
        or "  " in joined
        or (columns.tabs and (" \t" in joined or "\t " in joined or joined.endswith(" ")))
    ):
        return None
    cells = joined.split(by)
    if columns.numbered and not all(map(str.isdecimal, cells[:: columns.count])):
        return None
    tokens = cells[columns.token :: columns.count]
    tags = cells[columns.tag :: columns.count]
    if "" in tokens or "" in tags:
        return None
    return TaggedSentence(unjoined(tokens), tags, range(first, first + len(rows)))


def _read_line_by_line(
    rows: Sequence[str],
    first: int,
    columns: _ColumnLayout,
    pages: list[TaggedDocument],
    file: str,
    findings: list[Finding],
) -> None:
    """Reads rows with comments, marks of documents, blank lines, other white space or mistakes
    among them.
    """
    tokens: list[str] = []
    tags: list[str] = []
    places: list[int] = []

    def close() -> None:
        if tokens:
            pages[-1].sentences.append(TaggedSentence(unjoined(tokens[:]), tags[:], places[:]))
            tokens.clear()
            tags.clear()
            places.clear()

    for number, row in enumerate(rows, start=first):
        cells = columns.cells(row)
        if columns.numbered and cells and _RANGE.fullmatch(cells[0]):
            continue
        if columns.is_row(cells) and not row.startswith("-DOCSTART-"):
            tokens.append(cells[columns.token])
            tags.append(cells[columns.tag])
            places.append(number)
        elif not row.strip(" \t\r") or _MARK.fullmatch(row):
            close()
        elif _NEW_DOC.match(row):
            close()
            if pages[-1].sentences or pages[-1].doc_id is not None:
                pages.append(TaggedDocument(number))
            pages[-1].line = number
            named = _DOC_ID.match(row)
            pages[-1].doc_id = named[1].strip() if named else None
        elif not _COMMENT.match(row):
            findings.append(Finding("format", _wrong(row, cells, columns), file=file, line=number))
    close()


def _wrong(row: str, cells: Sequence[str], columns: _ColumnLayout) -> str:
    shown = shortened(row)
    if len(cells) != columns.count:
        by = "tabs" if columns.tabs else "spaces"
        return (
            f"{shown!r} has {len(cells)} columns (divided by {by}), but the file's first row has "
            f"{columns.count}"
        )
    return f"{shown!r}: token or tag is empty"


def _columns(
    path: Path, rows: Sequence[str], findings: list[Finding], options: Options
) -> _ColumnLayout | None:
    """What the first rows tell about the columns; None if there are none to tell it."""
    sample: list[list[str]] = []
    written: list[str] = []
    tabs = False
    for row in rows:
        if (
            not row.strip(" \t\r")
            or row.startswith("-DOCSTART-")
            or _MARK.fullmatch(row)
            or (_COMMENT.match(row) and "=" in row)
        ):
            continue
        if not sample:
            tabs = "\t" in row
        sample.append(_cells(row, tabs))
        written.append(row)
        if len(sample) == _LOOKED_AT:
            break
    header = written[0] if sample and _is_header(sample) else ""
    if header:
        del sample[0]
        tabs = "\t" in written[1] if sample else tabs
        sample = [_cells(row, tabs) for row in written[1:]]
    if not sample or len(sample[0]) < 2:
        findings.append(
            Finding(
                "format", "has no rows of at least two columns, a token and its tag", file=str(path)
            )
        )
        return None
    count = len(sample[0])
    whole = [
        cells
        for cells in sample
        if len(cells) == count and not (count > 2 and _RANGE.fullmatch(cells[0]))
    ]
    tagged = (_tag_columns(whole) or _tags_first(whole)) if whole else []
    chosen = {}
    for name, wanted in (("tag", options.column), ("token", options.token_column)):
        if wanted is None:
            continue
        if not 1 <= abs(wanted) <= count:
            findings.append(
                Finding(
                    "format", f"has no {name} column {wanted}: there are {count}", file=str(path)
                )
            )
            return None
        chosen[name] = wanted - 1 if wanted > 0 else count + wanted
    selects = "(--input-column, or --gold-column for gold, selects another)"
    if "tag" not in chosen and not tagged and count > 2:
        message = f"no column holds tags: none of {count} is O or has a prefix {selects}"
        findings.append(Finding("format", message, file=str(path)))
        return None
    tag = chosen.get("tag", tagged[-1] if tagged else count - 1)
    if "tag" not in chosen and (len(tagged) > 1 or tag < count - 1 or header):
        titles = _titles(header)
        names = f", {titles[tag]!r} in the header," if len(titles) == count else ""
        if len(tagged) > 1:
            shown = ", ".join(str(column + 1) for column in tagged)
            message = f"columns {shown} hold tags; the last one{names} is read {selects}"
        else:
            tokens = ", tokens from the last" if tag == 0 else ""
            message = f"tags are read from column {tag + 1}{names} of {count}{tokens} {selects}"
        findings.append(Finding("format-loss", message, file=str(path), severity="warning"))
    prefixed = all(_TAG.fullmatch(cells[tag]) for cells in whole)
    numbered = count > 2 and tag != 1 and all(cells[0].isdecimal() for cells in whole)
    token = chosen.get("token", count - 1 if tag == 0 else 1 if numbered else 0)
    return _ColumnLayout(tabs, count, token, tag, prefixed, numbered, header)


_TOKEN_NAMES = frozenset(("token", "tokens", "word", "words", "form", "text"))
_TAG_NAMES = frozenset(
    ("tag", "tags", "ner", "ner_tag", "ner_tags", "label", "labels", "bio", "iob", "entity")
)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: one as tokens and one as tags; or it alone has no
    tag in a column of tags. A label in capitals without its prefix is no name, but beside one.
    """
    first, *others = rows
    names = {cell.strip("#").casefold() for cell in first}
    if names & _TOKEN_NAMES and names & _TAG_NAMES:
        return True
    whole = [row for row in others if len(row) == len(first)]
    columns = [{row[number] for row in whole} for number in range(len(first))]
    return any(
        {"O"} < cells
        and all(map(_TAG.fullmatch, cells))
        and not _TAG.fullmatch(name)
        and any(map(str.isalpha, name))
        and (bool(names & _TOKEN_NAMES) or not _BARE_TAG.fullmatch(name))
        for name, cells in zip(first, columns, strict=True)
    )


def _titles(header: str) -> list[str]:
    """The names in a header, which may stand behind # and be divided otherwise than the rows."""
    return _cells(header.lstrip("# \t"), "\t" in header)


def _tag_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns that look like tags: all cells are O or have a prefix; else most have, as where
    some are misspelt; else all are O or labels in capitals.
    """
    columns = {number: [row[number] for row in rows] for number in range(1, len(rows[0]))}
    shares = {
        number: sum(_TAG.fullmatch(cell) is not None for cell in column) / len(column)
        for number, column in columns.items()
    }
    whole = [number for number, share in shares.items() if share == 1]
    most = [number for number, share in shares.items() if share > _MOST]
    bare = [
        number
        for number, column in columns.items()
        if "O" in column and all(map(_BARE_TAG.fullmatch, column))
    ]
    return whole or most or bare


def _tags_first(rows: Sequence[Sequence[str]]) -> list[int]:
    """The first column, if all of its cells are O or have a prefix, and not all are O."""
    cells = [row[0] for row in rows]
    return [0] if all(map(_TAG.fullmatch, cells)) and set(cells) != {"O"} else []


_MOST = 0.5
"""Share of cells that look like tags, above which a column with other cells is one of tags."""


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """Writes tokens and BIO tags. Of mentions that overlap, the longest stays."""
    losses: list[str] = []
    written: list[str] = []
    for document in documents:
        kept, lost = _flat(document.entities)
        if lost:
            losses.append(
                f"{document.doc_id}: entities: nested, overlapping or equal mentions cannot be "
                f"held ({lost} mentions)"
            )
        unheld = sum(_held(entity.type) != (entity.type or NO_LABEL) for entity in kept)
        if unheld:
            losses.append(
                f"{document.doc_id}: entities: white space and invisible characters in labels "
                f"cannot be held, and become underscores ({unheld} mentions)"
            )
        rows = _written(document, kept)
        written.append(f"# newdoc id = {document.doc_id}\n{rows}")
        if (
            "\n".join(
                " ".join(row.partition("\t")[0] for row in part.split("\n") if row)
                for part in rows.split("\n\n")
            )
            != document.text
        ):
            losses.append(
                f"{document.doc_id}: text: its white space cannot be held; tokens are joined by "
                "single spaces"
            )
    write_text(path, "\n".join(written))
    return losses


def _flat(entities: Sequence[Entity]) -> tuple[list[Entity], int]:
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start - e.end, e.start)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return kept, len(entities) - len(kept)


def _held(label: str | None) -> str:
    """The label as a column can hold it."""
    return "".join(c if c.isprintable() and c != " " else "_" for c in label or NO_LABEL)


def _written(document: Document, entities: Sequence[Entity]) -> str:
    inside = {
        offset: (entity, offset == entity.start)
        for entity in entities
        for offset in range(entity.start, entity.end)
    }
    bounds = {bound for entity in entities for bound in (entity.start, entity.end)}
    sentences = []
    for start, end in lines(document.text):
        rows = []
        begun = None
        # A mention may begin or end inside a token, which is then divided.
        for first, last in tokens_between(document.text, start, end, bounds):
            entity, _ = inside.get(first, (None, False))
            tag = (
                "O" if entity is None else f"{'I' if entity is begun else 'B'}-{_held(entity.type)}"
            )
            begun = entity
            rows.append(f"{document.text[first:last]}\t{tag}\n")
        sentences.append("".join(rows))
    return "\n".join(sentences)


def recognises(sample: Sample) -> bool:
    """Whether rows have one number of columns, of which one holds tags, or the ending is known."""
    if sample.path.suffix in FORMAT.suffixes:
        return bool(sample.head.strip())
    rows = [row for row in sample.head.replace("\r\n", "\n").split("\n")[:-1] if row.strip(" \t\r")]
    rows = [
        row
        for row in rows
        if not row.startswith("-DOCSTART-") and not _COMMENT.match(row) and not _MARK.fullmatch(row)
    ][:50]
    if len(rows) > 1 and _is_header([_cells(row, "\t" in rows[0]) for row in rows]):
        del rows[0]  # may be divided otherwise than the rows
    if not rows:
        return False
    cells = [_cells(row, "\t" in rows[0]) for row in rows]
    # A few bad rows do not make it another format; reading reports them.
    whole = [row for row in cells if len(row) == len(cells[0]) and not _RANGE.fullmatch(row[0])]
    if (
        len(cells[0]) < 2
        or 2 * len(whole) < len(cells)
        or rows[0].lstrip().startswith(('{"', "[{", "[["))
    ):
        return False
    # Cells of a file that mixes tabs and spaces are recognised as well; reading reports them.
    columns = [[row[column].split(" ")[-1] for row in whole] for column in range(1, len(cells[0]))]
    return any(
        all(map(_TAG.fullmatch, column))
        or ("O" in column and all(map(_BARE_TAG.fullmatch, column)))
        for column in columns
    ) or bool(_tags_first(whole))


FORMAT = Format(
    name="conll",
    about="columns: a token and its tag (IOB2, IOBES, BILOU, …; PER-B and PER too) a line",
    suffixes=(".conll", ".iob2", ".bio", ".iob", ".conllu"),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    write=write,
    limits="no nested or overlapping mentions; the text's white space, and that in labels",
)
