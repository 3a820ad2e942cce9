"""GLiNER's training data: JSON objects with ``tokenized_text`` and ``ner``.

``ner`` lists mentions as the first token, the last token (which belongs to the mention) and the
label. Source: https://github.com/urchade/GLiNER (examples of training data).

A line of a document is an example, so that a model's limit on tokens cuts none. Examples of one
document have its id as ``doc_id``, which GLiNER ignores. The text is made of the tokens, joined by
spaces, an example a line. Where the real text is known, spans are found in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.files import write_text
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items
from vinewsie.formats.tags import NO_LABEL
from vinewsie.model import Document, Entity, Segment
from vinewsie.text import lines, tokens_between

TOKENS, MENTIONS = "tokenized_text", "ner"


def recognises(sample: Sample) -> bool:
    """Whether the first object has tokens and mentions."""
    first = sample.values[0] if sample.values else None
    first = first[0] if isinstance(first, list) and first else first
    return isinstance(first, Mapping) and {TOKENS, MENTIONS} <= first.keys()


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file: consecutive examples with one ``doc_id``, else all of them.

    Args:
        path: the file.
        findings: where errors are appended.
        options: not used by this format.
    """
    doc_id, begun = None, 1
    examples: list[tuple[list[str], list[list[Any]]]] = []
    for line, row in json_items(path, findings):
        fault = _fault(row)
        if fault is not None:
            findings.append(Finding("format", fault, file=str(path), line=line))
            continue
        name = row.get("doc_id")
        if examples and name != doc_id:
            yield _parsed(examples, doc_id, path, begun)
            examples = []
        if not examples:
            doc_id, begun = name, line
        examples.append((row[TOKENS], row[MENTIONS]))
    if examples:
        yield _parsed(examples, doc_id, path, begun)


def _fault(row: object) -> str | None:
    """What is wrong with an example."""
    if not isinstance(row, Mapping):
        return "an example is not a JSON object"
    tokens, mentions = row.get(TOKENS), row.get(MENTIONS)
    if not isinstance(tokens, list) or not all(isinstance(t, str) and t for t in tokens):
        return f"{TOKENS} is not a list of tokens"
    if not isinstance(mentions, list):
        return f"{MENTIONS} is not a list of mentions"
    for mention in mentions:
        if (
            not isinstance(mention, list)
            or len(mention) != 3
            or not all(type(place) is int for place in mention[:2])
            or not isinstance(mention[2], str)
        ):
            return f"a mention is not [first token, last token, label]: {mention!r}"
        if not 0 <= mention[0] <= mention[1] < len(tokens):
            return f"a mention has tokens {mention[0]} to {mention[1]} of {len(tokens)}"
    return None


def _parsed(
    examples: Sequence[tuple[list[str], list[list[Any]]]],
    doc_id: object,
    path: Path,
    line: int,
) -> ParsedDocument:
    entities, segments, base = [], [], 0
    for tokens, mentions in examples:
        starts = [*accumulate((len(token) + 1 for token in tokens), initial=base)]
        entities += [
            Entity(start=starts[first], end=starts[last + 1] - 1, type=label)
            for first, last, label in mentions
        ]
        end = max(starts[-1] - 1, base)
        segments.append(Segment(start=base, end=end, zone="body", item=0, anchor_date=""))
        base = end + 1
    return ParsedDocument(
        {"entities": entities},
        "\n".join(" ".join(tokens) for tokens, _ in examples),
        None if doc_id is None else str(doc_id),
        segments=tuple(segments),
        file=str(path),
        line=line,
    )


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """An object for each line of a document, in a list (.json) or one a line."""
    rows: list[dict[str, Any]] = []
    losses: list[str] = []
    for document in documents:
        edges = {edge for e in document.entities for edge in (e.start, e.end)}
        held = 0
        for start, end in lines(document.text):
            tokens = tokens_between(document.text, start, end, edges)
            first = {begin: index for index, (begin, _) in enumerate(tokens)}
            last = {stop: index for index, (_, stop) in enumerate(tokens)}
            mentions = [
                [first[e.start], last[e.end], e.type or NO_LABEL]
                for e in document.entities
                if e.start in first and e.end in last
            ]
            held += len(mentions)
            rows.append(
                {
                    "doc_id": document.doc_id,
                    TOKENS: [document.text[begin:stop] for begin, stop in tokens],
                    MENTIONS: mentions,
                }
            )
        if lost := len(document.entities) - held:
            what = "mentions of several lines, or with white space at an edge, cannot be held"
            losses.append(f"{document.doc_id}: entities: {what} ({lost} mentions)")
        losses.append(
            f"{document.doc_id}: text: its white space cannot be held; tokens are joined by single "
            "spaces"
        )
    if path.suffix == ".json":
        text = msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"
    else:
        text = "".join(msgspec.json.encode(row).decode() + "\n" for row in rows)
    write_text(path, text)
    return losses


FORMAT = Format(
    name="gliner-training",
    about="GLiNER's training data: {tokenized_text, ner: [[first, last, label], …]}",
    suffixes=(".json", ".jsonl"),
    holds={"entities": fields("type")},
    recognises=recognises,
    read=read,
    write=write,
    limits="the text's white space",
    keys=frozenset((TOKENS, MENTIONS)),
)
