"""Agreement between annotation passes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.model import AnyRecord, Document, Entity, Mark, Prediction, Quote, Span, records_of
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.gold import Gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.scheme.dates import canonical_value
from vinewsie.scoring import align
from vinewsie.scoring.alignment import FULL
from vinewsie.scoring.columns import NO_LABEL, Corpus
from vinewsie.scoring.measures import parse
from vinewsie.scoring.phenomena import phenomena, records_by_phenomenon
from vinewsie.scoring.quotations import Quotations
from vinewsie.scoring.speakers import RegistryNames, SpeakerNames
from vinewsie.text import SYLLABLE


@dataclass(frozen=True)
class Agreement:
    """One row of an agreement table.

    Args:
        layer: the layer.
        what: the part of the records that is compared.
        left: units of the left pass.
        right: units of the right pass.
        agreed: units that both have.
        value: for spans F1, 2·agreed / (left + right); for attributes the share of agreed among
            aligned units; for text Krippendorff's α. None when there is nothing to compare.
        coefficient: the name of the value.
    """

    layer: str
    what: str
    left: int
    right: int
    agreed: int | None
    value: float | None
    coefficient: str


def agreement(left: Mapping[str, Document], right: Mapping[str, Document]) -> list[Agreement]:
    """Agreement of two passes on the documents that both have, layer by layer.

    Spans are compared by F1 on the one-to-one alignment of scoring, attributes on aligned records.
    Krippendorff's α (nominal) over syllables measures agreement beyond chance.

    Args:
        left: the documents of one pass by id.
        right: those of the other.

    Raises:
        ValueError: a document has another text in the other pass.
    """
    corpus = _corpus(left, right)
    mapped = _key_mapping(corpus)
    rows = [
        *_spans(corpus, "entities", "span", "entities.exact"),
        *_spans(corpus, "entities", "span and type", "entities.strict"),
        *_attributes(corpus, "entities", ("type", "entity_id")),
        _mapped_entities(corpus, mapped),
        _alpha(corpus, "entities", "type of the outermost mention", _outermost_type("entities")),
        *_spans(corpus, "dates", "span", "dates.strict(vague=include)"),
        *_attributes(corpus, "dates", ("type", "value", "mod", "vague")),
        _alpha(corpus, "dates", "type of the date", _outermost_type("dates")),
        _mark_spans(corpus),
        *_attributes(corpus, "marks", ("status", "function")),
        *_spans(corpus, "quotes", "content", "quotes.strict"),
        *_spans(corpus, "quotes", "content (relaxed)", "quotes.relaxed"),
        *_quote_attributes(corpus, mapped),
        _alpha(corpus, "quotes", "how many quotations hold the syllable", _quote_depth),
        *_spans(
            corpus,
            "attribution",
            "content (relaxed) and speakers",
            "attribution.joint(speakers=strict)",
        ),
    ]
    return rows


def agreement_by_phenomenon(
    left: Mapping[str, Document], right: Mapping[str, Document]
) -> list[Agreement]:
    """Agreement of two passes on the documents that both have, for each label and each further
    phenomenon that one of them shows.

    A phenomenon has two rows. F1: the records that show it, where those count as agreed that are
    aligned, with the same span or, of quotations, by their content, and that show it in both
    passes. Accuracy: of these, the share with the same reading, which is type and entity of a
    mention, value and modifier of a date, status of a mark, speakers of a quotation; keys may
    differ.

    Args:
        left: the documents of one pass by id.
        right: those of the other.

    Raises:
        ValueError: a document has another text in the other pass.
    """
    corpus = _corpus(left, right)
    mapped = _key_mapping(corpus)
    readings: dict[str, Callable[[Any, bool], object]] = {
        "entities": lambda e, ours: (e.type, e.entity_id if ours else mapped.get(e.entity_id)),
        "dates": lambda d, _: (_attribute(d, "value"), d.mod),
        "marks": lambda m, _: m.status,
        "quotes": lambda q, ours: {s if ours else mapped.get(s) for s in q.speakers or ()},
    }
    titles = {
        "entities": "type and entity",
        "dates": "value and mod",
        "marks": "status",
        "quotes": "speakers",
    }
    rows = []
    for layer, reading in readings.items():
        pairs: Sequence[tuple[Any, Any]] = (
            _aligned_quotes(corpus) if layer == "quotes" else _same_span(corpus, layer)
        )
        ours, theirs = (
            _showing(side, corpus.golds, layer) for side in (corpus.golds, corpus.predictions)
        )
        for phenomenon in phenomena(layer):
            here, there = ours[phenomenon], theirs[phenomenon]
            if not here and not there:
                continue
            both = [(a, b) for a, b in pairs if id(a) in here and id(b) in there]
            rows.append(_f1(layer, phenomenon, len(here), len(there), len(both)))
            same = [reading(a, True) == reading(b, False) for a, b in both]
            rows.append(_accuracy(layer, f"{phenomenon}: {titles[layer]}", same))
    return rows


def _showing(
    holders: Iterable[Document | Prediction], documents: Iterable[Document], layer: str
) -> Mapping[str, set[int]]:
    """The records, as identities of objects, that show each phenomenon.

    Args:
        holders: the documents of a pass.
        documents: the same documents, for their texts.
        layer: the layer.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for holder, document in zip(holders, documents, strict=True):
        records = records_of(holder, layer)
        for place, phenomenon in records_by_phenomenon(holder, document, layer):
            found[phenomenon].add(id(records[place]))
    return found


def _corpus(left: Mapping[str, Document], right: Mapping[str, Document]) -> Corpus:
    """The documents that both passes have, those of the right pass as predictions."""
    both = [doc_id for doc_id in left if doc_id in right]
    if any(left[doc_id].text != right[doc_id].text for doc_id in both):
        raise ValueError("the two passes are not over the same texts")
    return Corpus(
        [left[doc_id] for doc_id in both], [_as_prediction(right[doc_id]) for doc_id in both]
    )


@dataclass(frozen=True)
class FilePass:
    """A pass that is a file: its documents, the layers that it mentions, and warnings."""

    documents: dict[str, Document]
    layers: frozenset[str]
    warnings: list[Finding]


def read_pass(path: Path, gold: Gold, input_format: InputFormat | None = None) -> FilePass:
    """Reads a file of predictions, in any format, as a pass over the texts of the gold.

    Names of speakers and entities become registry keys, as in scoring. Records without a place in
    the text are left out, with a warning.

    Args:
        path: the file.
        gold: gives the texts and the registry.
        input_format: the format of the file, where its content should not tell it.

    Raises:
        FindingsError: the file is wrong.
    """
    read = read_predictions(path, gold, input_format=input_format)
    if errors(read.findings):
        raise FindingsError(read.findings)
    documents = {}
    registry = RegistryNames(gold.registry)
    for doc_id, prediction in read.by_doc.items():
        names = SpeakerNames(gold[doc_id], registry)
        documents[doc_id] = msgspec.structs.replace(
            gold[doc_id],
            entities=tuple(
                entity
                if entity.entity_id is None
                else msgspec.structs.replace(entity, entity_id=names.resolve(entity.entity_id))
                for entity in prediction.entities
            ),
            dates=prediction.dates,
            marks=prediction.marks,
            quotes=tuple(
                quote
                if quote.speakers is None
                else msgspec.structs.replace(
                    quote, speakers=tuple(names.resolve(speaker) for speaker in quote.speakers)
                )
                for quote in prediction.quotes
            ),
        )
    return FilePass(documents, frozenset(read.offered), read.findings)


def agreement_of_files(
    left: FilePass, right: FilePass, *, by_phenomenon: bool = False
) -> list[Agreement]:
    """Agreement of two passes that are files, on the layers that both mention.

    Args:
        left: one pass.
        right: the other.
        by_phenomenon: as :func:`agreement_by_phenomenon`.
    """
    layers = left.layers & right.layers
    if "quotes" in layers:
        layers |= {"attribution"}
    measured = agreement_by_phenomenon if by_phenomenon else agreement
    return [row for row in measured(left.documents, right.documents) if row.layer in layers]


def _as_prediction(document: Document) -> Prediction:
    fields = {
        layer: records_of(document, layer) for layer in ("entities", "dates", "marks", "quotes")
    }
    return Prediction(doc_id=document.doc_id, **fields)  # type: ignore[arg-type]


def _spans(corpus: Corpus, layer: str, what: str, measure: str) -> Iterator[Agreement]:
    found = parse(measure).aligned(corpus)
    yield _f1(layer, what, len(found.gold), len(found.predicted), int((found.credit == FULL).sum()))


def _f1(layer: str, what: str, left: int, right: int, agreed: int) -> Agreement:
    return Agreement(
        layer,
        what,
        left,
        right,
        agreed,
        2 * agreed / (left + right) if left + right else None,
        "F1",
    )


def _mark_spans(corpus: Corpus) -> Agreement:
    golds, predicted = (
        sum(len(holder.marks) for holder in side) for side in (corpus.golds, corpus.predictions)
    )
    return _f1("marks", "span", golds, predicted, len(_same_span(corpus, "marks")))


def _same_span(corpus: Corpus, layer: str) -> list[tuple[AnyRecord, AnyRecord]]:
    """The pairs of records that have a span in common, their own or an alternate."""
    found = []
    for gold, prediction in zip(corpus.golds, corpus.predictions, strict=True):
        ours, theirs = records_of(gold, layer), records_of(prediction, layer)
        where: defaultdict[Span, list[int]] = defaultdict(list)
        for p, record in enumerate(theirs):
            for span in _options(record):
                where[span].append(p)
        edges = {
            (g, p)
            for g, record in enumerate(ours)
            for span in _options(record)
            for p in where.get(span, ())
        }
        ranks: dict[align.Edge, align.Rank] = {
            (g, p): (1, int(_label(ours[g]) == _label(theirs[p]))) for g, p in edges
        }
        found += [(ours[g], theirs[p]) for g, p in align.align(ranks)]
    return found


def _options(record: Any) -> list[Span]:
    return [Span(start=record.start, end=record.end), *record.alternates]


def _label(record: AnyRecord) -> object:
    return record.function if isinstance(record, Mark) else getattr(record, "type", None)


def _attributes(corpus: Corpus, layer: str, names: Sequence[str]) -> Iterator[Agreement]:
    pairs = _same_span(corpus, layer)
    for name in names:
        values = ((_attribute(left, name), _attribute(right, name)) for left, right in pairs)
        yield _accuracy(layer, name, _equal(name, values))


_NULL_IS_A_VALUE = frozenset({"mod", "source", "medium"})
"""Fields whose null states that there is none; any other null states nothing."""


def _equal(name: str, values: Iterable[tuple[object, object]]) -> list[bool]:
    """Whether the values of a field are equal, pair by pair; two nulls that state nothing are not
    compared.
    """
    return [
        left == right
        for left, right in values
        if name in _NULL_IS_A_VALUE or left is not None or right is not None
    ]


def _attribute(record: AnyRecord, name: str) -> object:
    """A field of a record; values of dates in their canonical form."""
    value: object = getattr(record, name)
    return canonical_value(value) if name == "value" and isinstance(value, str) else value


def _accuracy(layer: str, what: str, same: Sequence[bool]) -> Agreement:
    return Agreement(
        layer,
        what,
        len(same),
        len(same),
        sum(same),
        sum(same) / len(same) if same else None,
        "accuracy",
    )


def _key_mapping(corpus: Corpus) -> dict[str, str]:
    """The one-to-one mapping of the right pass's keys to the left pass's keys under which most
    mentions and speakers agree.

    Passes choose keys freely, so equal entities can have different keys.
    """
    together: Counter[tuple[str, str]] = Counter()
    for left, right in _same_span(corpus, "entities"):
        if (
            isinstance(left, Entity)
            and isinstance(right, Entity)
            and None not in (left.entity_id, right.entity_id)
        ):
            together[str(left.entity_id), str(right.entity_id)] += 1
    for left, right in _aligned_quotes(corpus):
        if left.speakers and right.speakers and len(left.speakers) == len(right.speakers) == 1:
            together[left.speakers[0], right.speakers[0]] += 1
    lefts, rights = sorted({a for a, _ in together}), sorted({b for _, b in together})
    ranks: dict[align.Edge, align.Rank] = {
        (lefts.index(a), rights.index(b)): (count,) for (a, b), count in together.items()
    }
    return {rights[b]: lefts[a] for a, b in align.align(ranks)}


def _aligned_quotes(corpus: Corpus) -> list[tuple[Quote, Quote]]:
    """The quotations that both passes have, relaxed."""
    talk = Quotations.of(corpus)
    pairs = talk.pairs(strict=True)
    return [
        (talk.gold.quotes[g], talk.predicted.quotes[p])
        for g, p in zip(pairs.gold.tolist(), pairs.predicted.tolist(), strict=True)
    ]


def _mapped_entities(corpus: Corpus, mapped: Mapping[str, str]) -> Agreement:
    pairs = [
        (a, b)
        for a, b in _same_span(corpus, "entities")
        if isinstance(a, Entity) and isinstance(b, Entity)
    ]
    return _accuracy(
        "entities",
        "entity, whatever its key",
        [
            None not in (a.entity_id, b.entity_id) and a.entity_id == mapped.get(str(b.entity_id))
            for a, b in pairs
            if (a.entity_id, b.entity_id) != (None, None)
        ],
    )


def _quote_attributes(corpus: Corpus, mapped: Mapping[str, str]) -> Iterator[Agreement]:
    talk, pairs = Quotations.of(corpus), _aligned_quotes(corpus)
    found = talk.pairs(strict=True)
    docs = talk.gold.doc[found.gold].tolist()
    partner = {(doc, a.id): b.id for doc, (a, b) in zip(docs, pairs, strict=True)}
    # As the passes give them: a parent that does not enclose its child is a claim, too.
    parents = [
        (partner.get((doc, a.parent)) if a.parent else None) == b.parent
        for doc, (a, b) in zip(docs, pairs, strict=True)
    ]
    fields: dict[str, tuple[str, Callable[[Quote], object]]] = {
        "kind": ("quotes", lambda q: q.kind),
        "cue": ("attribution", lambda q: q.cue),
        "source": ("attribution", lambda q: q.source),
        "source_status": ("attribution", lambda q: q.source_status),
        "speakers": (
            "attribution",
            lambda q: None if q.speakers is None else frozenset(q.speakers),
        ),
        "addressees": ("attribution", lambda q: set(q.addressees)),
        "medium": ("attribution", lambda q: q.medium),
    }
    for name, (layer, value) in fields.items():
        yield _accuracy(layer, name, _equal(name, ((value(a), value(b)) for a, b in pairs)))
    same = [
        set(a.speakers or ()) == {mapped.get(speaker) for speaker in b.speakers or ()}
        for a, b in pairs
        if (a.speakers, b.speakers) != (None, None)
    ]
    yield _accuracy("attribution", "speakers, whatever their keys", same)
    yield _accuracy("attribution", "parent", parents)


Coding = Callable[[Document | Prediction, int, int], str]
"""The code of a syllable [start, end), in code points, in one pass."""


def _outermost_type(layer: str) -> Coding:
    def code(holder: Document | Prediction, start: int, end: int) -> str:
        records: tuple[Any, ...] = records_of(holder, layer)
        covering = [r for r in records if r.start <= start and end <= r.end]
        if not covering:
            return ""
        longest = max(covering, key=lambda r: (r.end - r.start, r.type or ""))
        return longest.type or NO_LABEL

    return code


def _quote_depth(holder: Document | Prediction, start: int, end: int) -> str:
    return str(
        sum(any(s.start <= start and end <= s.end for s in q.content) for q in holder.quotes)
    )


def _alpha(corpus: Corpus, layer: str, what: str, coding: Coding) -> Agreement:
    """Krippendorff's α, nominal, over all syllables of the texts (Krippendorff 2004, chapter 11;
    computed by the package krippendorff).
    """
    import krippendorff
    import numpy as np

    both = zip(corpus.golds, corpus.predictions, strict=True)
    units = [
        (gold, prediction, *match.span())
        for gold, prediction in both
        for match in SYLLABLE.finditer(gold.text)
    ]
    left = [coding(gold, start, end) for gold, _, start, end in units]
    right = [coding(prediction, start, end) for _, prediction, start, end in units]
    codes = {label: number for number, label in enumerate(sorted({*chain(left, right)}))}
    value = None
    if len(codes) > 1:
        data = np.array([[codes[c] for c in left], [codes[c] for c in right]])
        value = float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))
    agreed = sum(a == b for a, b in zip(left, right, strict=True))
    return Agreement(layer, what, len(units), len(units), agreed, value, "α, syllables")
