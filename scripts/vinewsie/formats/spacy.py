"""spaCy's documents: the JSON of ``Doc.to_json`` (which needs no spaCy), and DocBin files (.spacy).

Used to train and run spaCy pipelines. Source: https://spacy.io/api/doc#to_json and
https://spacy.io/api/docbin.

``ents`` and span groups of any name are entities, but for the groups ``dates`` and ``marks``. What
is written has all mentions in the groups ``entities``, ``dates`` and ``marks``, since ``ents`` can
neither nest nor overlap; there the longest ones stand. The id and the records with all their fields
are held by the custom attribute ``Doc._.vinewsie`` in a DocBin, and in JSON by a property
``vinewsie``, which spaCy ignores: it refuses custom attributes that are not registered. The groups
decide which records there are, so edits in spaCy count; the attribute only fills in fields.
Quotations, and records that do not begin and end with a token, are in the attribute alone.
"""

from __future__ import annotations

import importlib.util
import re
import zlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import given_records
from vinewsie.files import opened, read_bytes, unpacked_name, write_bytes, write_text
from vinewsie.findings import Finding, FindingsError, install_command
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.formats.mention_lists import given
from vinewsie.model import RECORD_TYPES, Document, Quote, records_of
from vinewsie.scheme import LAYERS

ATTRIBUTE = "vinewsie"
_GROUPS = {layer: LAYERS[layer].label_field for layer in ("entities", "dates", "marks")}
"""The span groups that are layers, with the field of a record that is the span's label."""
_KNOWN = frozenset(
    ("text", "ents", "spans", "tokens", "sents", "_", "doc_id", "id", "meta", ATTRIBUTE)
)
_TOKEN = re.compile(r"\s+|(?:\w[\u0300-\u036f]*)+|\S")
_SUFFIX = ".spacy"
_DOCBIN = b"x\x9c"
"""The first bytes of a DocBin, which is packed by zlib; no text in UTF-8 has them."""
_USER_DATA = ("._.", ATTRIBUTE, None, None)
"""Where a Doc keeps the custom attribute."""

SpanKey = str
"""Start, end and label of a span, whatever they are, as something to look up."""


def recognises(sample: Sample) -> bool:
    """Whether a file is a DocBin, or its first value is a document with ents or span groups."""
    if sample.path.suffix == _SUFFIX or sample.start.startswith(_DOCBIN):
        return True
    first = sample.values[0] if sample.values else None
    if _pairs(first) is not None:
        return True
    first = first[0] if isinstance(first, list) and first else first
    if not isinstance(first, Mapping) or not isinstance(first.get("text"), str):
        return False
    return isinstance(first.get("ents"), list) or isinstance(first.get("spans"), Mapping)


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    reader = _DocReader(path)
    values = _docbin_values(path, findings) if _is_docbin(path) else json_values(path, findings)
    for line, value in values:
        for doc in _pairs(value) or (value if isinstance(value, list) else [value]):
            if isinstance(doc, Mapping):
                yield reader.read(doc, line)
            else:
                findings.append(
                    Finding(
                        "not-object", "a document is not a JSON object", file=str(path), line=line
                    )
                )
    findings += reader.findings
    if reader.passed:
        listed = ", ".join(f"{what} ({count})" for what, count in sorted(reader.passed.items()))
        findings.append(
            Finding("format-loss", f"ignored: {listed}", file=str(path), severity="warning")
        )


def _is_docbin(path: Path) -> bool:
    if unpacked_name(path).suffix == _SUFFIX:
        return True
    with opened(path) as file:
        return file.read(len(_DOCBIN)) == _DOCBIN


def parsed_doc(doc: Any, path: Path, findings: list[Finding]) -> ParsedDocument:
    """The document of a spaCy Doc in memory.

    Args:
        doc: the Doc, or the JSON of ``Doc.to_json``.
        path: the file that findings name.
        findings: where errors are appended.
    """
    reader = _DocReader(path)
    parsed = reader.read(doc if isinstance(doc, Mapping) else _value(doc), 1)
    findings += reader.findings
    return parsed


def _pairs(value: object) -> list[Any] | None:
    """Training data as spaCy 2 had them, ``[text, {"entities": [[start, end, label], …]}]``: one
    pair, a list of pairs, or an object with them as ``annotations``. Gives them in the form of
    ``Doc.to_json``; None for another value.
    """
    if isinstance(value, Mapping) and isinstance(value.get("annotations"), list):
        # The key is Label Studio's, too, whose annotations are objects.
        return _pairs([pair for pair in value["annotations"] if pair is not None])
    if not isinstance(value, list) or not value:
        return None
    pairs = [value] if isinstance(value[0], str) else value
    docs = []
    for pair in pairs:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not isinstance(pair[0], str)
            or not isinstance(pair[1], Mapping)
            or not isinstance(pair[1].get("entities"), list)
        ):
            return None
        ents = [
            dict(zip(("start", "end", "label"), ent, strict=False))
            if isinstance(ent, list)
            else ent
            for ent in pair[1]["entities"]
        ]
        docs.append({"text": pair[0], "ents": ents})
    return docs


class _DocReader:
    """Reads the documents of a file; collects findings and counts what is ignored."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self.findings: list[Finding] = []
        self.passed: Counter[str] = Counter()

    def read(self, doc: Mapping[str, Any], line: int) -> ParsedDocument:
        """The document of a JSON object of ``Doc.to_json``."""
        self.passed.update(str(name) for name in doc if name not in _KNOWN)
        custom = _mapping(doc.get("_"))
        held = _mapping(doc.get(ATTRIBUTE) or custom.get(ATTRIBUTE))
        doc_id = _doc_id(held, doc, _mapping(doc.get("meta")), custom)
        text = doc.get("text")
        before = len(self.findings)
        tokens = self._objects(doc.get("tokens", ()), "tokens")
        layers = {
            "quotes": given_records(self._objects(held.get("quotes", ()), "quotes"), "quotes")
        }
        for layer, spans in self._spans(doc).items():
            records = self._objects(held.get(layer, ()), layer)
            layers[layer] = given_records(_with_fields(layer, spans, records, tokens), layer)
        self.findings[before:] = [
            finding.at(self._file, line, doc_id) for finding in self.findings[before:]
        ]
        return ParsedDocument(
            layers, text if isinstance(text, str) else None, doc_id, file=self._file, line=line
        )

    def _spans(self, doc: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
        """The spans of each layer."""
        groups = _mapping(doc.get("spans"))
        found = {name: self._objects(groups.get(name, ()), name) for name in _GROUPS}
        ents = self._objects(doc.get("ents", ()), "ents")
        if "entities" in groups:
            there = {_span_key(span, "label") for span in found["entities"]}
            self._pass(
                "ents that the group entities does not have",
                sum(_span_key(ent, "label") not in there for ent in ents),
            )
        else:
            found["entities"] = ents
        for name in groups:
            if name not in _GROUPS:
                others = self._objects(groups[name], name)
                if ents or "entities" in groups:
                    self._pass(f"spans of the group {name}, beside ents", len(others))
                else:
                    found["entities"] += others
        return found

    def _objects(self, spans: Any, name: str) -> list[Mapping[str, Any]]:
        """Those of a list that are JSON objects; a finding for each other one."""
        spans = spans if isinstance(spans, list | tuple) else [spans]
        for index, span in enumerate(spans):
            if not isinstance(span, Mapping):
                self.findings.append(Finding("not-object", f"{name}[{index}] is not a JSON object"))
        return [span for span in spans if isinstance(span, Mapping)]

    def _pass(self, what: str, count: int) -> None:
        if count:
            self.passed[what] += count


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _doc_id(*holders: Mapping[str, Any]) -> str | None:
    found = (
        holder[name]
        for holder in holders
        for name in ("doc_id", "id")
        if holder.get(name) is not None
    )
    return next(map(str, found), None)


def _span_key(span: Mapping[str, Any], label: str) -> SpanKey:
    return repr((span.get("start"), span.get("end"), span.get(label) or ""))


def _with_fields(
    layer: str,
    spans: Iterable[Mapping[str, Any]],
    held: Iterable[Mapping[str, Any]],
    tokens: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The records of spans, with the fields that the attribute holds for them; and its records that
    no token's edges fit.
    """
    label = _GROUPS[layer]
    more: defaultdict[SpanKey, list[Mapping[str, Any]]] = defaultdict(list)
    for record in held:
        more[_span_key(record, label)].append(record)
    records: list[dict[str, Any]] = []
    for span in spans:
        same = more[_span_key(span, "label")]
        found = dict(same.pop(0)) if same else {}
        found |= {"start": span.get("start"), "end": span.get("end")} | (
            {label: span["label"]} if span.get("label") else {}
        )
        if layer == "entities" and (key := span.get("kb_id") or span.get("id")):
            found["entity_id"] = key
        records.append(found)
    starts, ends = ({repr(token.get(side)) for token in tokens} for side in ("start", "end"))
    loose = [record for same in more.values() for record in same]
    return records + [
        dict(record)
        for record in loose
        if repr(record.get("start")) not in starts or repr(record.get("end")) not in ends
    ]


_UNPACKED = 1 << 24
"""Unpacked bytes of a DocBin that are read whatever its size."""
_UNPACKED_PER_BYTE = 100


def _docbin_values(path: Path, findings: list[Finding]) -> list[tuple[int, Any]]:
    """The documents of a DocBin in the form of ``Doc.to_json``."""
    _need_spacy(path)
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    try:
        data = read_bytes(path)
    except FindingsError as error:
        findings += error.findings
        return []
    limit = max(_UNPACKED, _UNPACKED_PER_BYTE * len(data))
    try:
        if len(zlib.decompressobj().decompress(data, limit + 1)) > limit:
            message = f"unpacks to more than {limit} bytes, far more than its own {len(data)}"
            findings.append(Finding("file", message, file=str(path)))
            return []
        docs = DocBin().from_bytes(data).get_docs(Vocab())
        return [(index, _value(doc)) for index, doc in enumerate(docs, start=1)]
    except Exception as error:  # bytes that are no DocBin end in any of many
        findings.append(Finding("format", f"is not a DocBin of spaCy: {error}", file=str(path)))
        return []


def _value(doc: Any) -> dict[str, Any]:
    def span(one: Any) -> dict[str, Any]:
        return {
            "start": one.start_char,
            "end": one.end_char,
            "label": one.label_,
            "kb_id": one.kb_id_,
            "id": one.ent_id_,
        }

    custom = {
        key[1]: value
        for key, value in doc.user_data.items()
        if isinstance(key, tuple) and key[0] == "._." and key[2:] == (None, None)
    }
    return {
        **{key: value for key, value in doc.user_data.items() if key in ("doc_id", "id", "meta")},
        "text": doc.text,
        "ents": [span(one) for one in doc.ents],
        "spans": {name: [span(one) for one in group] for name, group in doc.spans.items()},
        "tokens": [{"start": token.idx, "end": token.idx + len(token)} for token in doc],
        "_": custom,
    }


def _need_spacy(path: Path) -> None:
    if importlib.util.find_spec("spacy") is None:
        raise FindingsError(
            [
                Finding(
                    "file",
                    f"a .spacy file needs spaCy: {install_command('spacy')}",
                    file=str(path),
                )
            ]
        )


def tokens_of(text: str, edges: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The spans of the tokens of a text: words and punctuation, cut at ``edges`` too.

    Blanks are as spaCy needs them to make the text of words again: one after a word is no token,
    and what else there is of them is one.
    """
    cuts = set(edges)
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match[0].isspace():
            start += start > 0 and text[start] == " "
            inside: list[int] = []
        else:
            inside = [cut for cut in range(start + 1, end) if cut in cuts]
        if start < end:
            yield from zip([start, *inside], [*inside, end], strict=True)


def _object(document: Document) -> dict[str, Any]:
    """A document in the form of ``Doc.to_json``."""
    layers = {layer: records_of(document, layer) for layer in RECORD_TYPES}
    spans = [
        (layer, record)
        for layer in _GROUPS
        for record in layers[layer]
        if not isinstance(record, Quote)
    ]
    tokens = list(
        tokens_of(
            document.text, (edge for _, record in spans for edge in (record.start, record.end))
        )
    )
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}

    groups: dict[str, list[dict[str, Any]]] = {layer: [] for layer in _GROUPS}
    for layer, record in spans:
        if record.start in starts and record.end in ends:
            label, key = getattr(record, _GROUPS[layer]), getattr(record, "entity_id", None)
            groups[layer].append(
                {"start": record.start, "end": record.end, "label": label or "", "kb_id": key or ""}
            )
    held = {
        layer: [given(record) for record in records] for layer, records in layers.items() if records
    }
    return {
        "text": document.text,
        "ents": _flat(groups["entities"]),
        "tokens": [
            {"id": index, "start": start, "end": end} for index, (start, end) in enumerate(tokens)
        ],
        "spans": groups,
        ATTRIBUTE: {"doc_id": document.doc_id, **held},
    }


def _flat(spans: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the labelled spans that neither nest nor overlap: the longest first, and of equal
    ones the first.
    """
    kept: list[dict[str, Any]] = []
    for span in sorted(
        (span for span in spans if span["label"]),
        key=lambda span: (span["start"] - span["end"], span["start"]),
    ):
        at = bisect_left(kept, span["end"], key=lambda other: int(other["start"]))
        if at == 0 or kept[at - 1]["end"] <= span["start"]:
            kept.insert(at, span)
    return kept


def write(path: Path, documents: Sequence[Document]) -> list[str]:
    """A DocBin (.spacy), a JSON list (.json), or one object a line."""
    if path.suffix == _SUFFIX:
        _need_spacy(path)
        write_bytes(path, _docbin(documents))
    elif path.suffix == ".json":
        write_text(
            path,
            msgspec.json.format(
                msgspec.json.encode(list(map(_object, documents))), indent=1
            ).decode()
            + "\n",
        )
    else:
        write_text(
            path,
            "".join(
                msgspec.json.encode(_object(document)).decode() + "\n" for document in documents
            ),
        )
    return []


def _docbin(documents: Sequence[Document]) -> bytes:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    vocab = Vocab()
    bin_ = DocBin(store_user_data=True)
    for document in documents:
        bin_.add(_doc(_object(document), vocab))
    data: bytes = bin_.to_bytes()
    return data


def _doc(value: Mapping[str, Any], vocab: Any) -> Any:
    """The Doc of what ``Doc.to_json`` gives."""
    from spacy.tokens import Doc, Span

    text = value["text"]
    tokens = [(token["start"], token["end"]) for token in value["tokens"]]
    following = [start for start, _ in tokens[1:]] + [len(text)]
    spaces = [end < start for (_, end), start in zip(tokens, following, strict=False)]
    doc = Doc(vocab, words=[text[start:end] for start, end in tokens], spaces=spaces)
    first = {start: index for index, (start, _) in enumerate(tokens)}
    behind = {end: index for index, (_, end) in enumerate(tokens, start=1)}

    def spans(values: Iterable[Mapping[str, Any]]) -> list[Any]:
        return [
            Span(doc, first[v["start"]], behind[v["end"]], label=v["label"], kb_id=v["kb_id"])
            for v in values
        ]

    doc.ents = spans(value["ents"])
    for name, group in value["spans"].items():
        doc.spans[name] = spans(group)
    user_data: dict[Any, Any] = doc.user_data
    user_data[_USER_DATA] = value[ATTRIBUTE]
    return doc


FORMAT = Format(
    name="spacy",
    about="spaCy's Doc.to_json and training tuples (.json, .jsonl), and DocBin (.spacy)",
    suffixes=(".json", ".jsonl", _SUFFIX),
    holds={
        layer: fields(*(set(kind.__struct_fields__) - {"start", "end", "content"}))
        for layer, kind in RECORD_TYPES.items()
    },
    recognises=recognises,
    read=read,
    write=write,
    limits="zones and anchor dates; quotations are no spans, and stand in a custom attribute",
    extra="spacy",
    keys=frozenset(("ents", "spans")),
)
