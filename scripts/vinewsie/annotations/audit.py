"""An audit of gold by a person: draws a sample, makes a sheet of it, scores the sheet when it is
filled in, and keeps the counts.

Half of the places of a sheet are blind: they show the words and not the label, which the person
writes. Each layer also has places in which nothing is labelled, so that what was missed is found. A
place is given by its document and offsets, which tell as little as the words.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from vinewsie.annotations.store import Annotations, jsonl
from vinewsie.decoding import read_object
from vinewsie.files import read_text, write_files
from vinewsie.findings import Finding, FindingsError, refuse
from vinewsie.model import (
    RECORD_TYPES,
    AnyRecord,
    Date,
    Document,
    Entity,
    Mark,
    Quote,
    Segment,
    records_of,
)
from vinewsie.reading.records import json_lines
from vinewsie.registry import Registry, name_key
from vinewsie.scheme import LAYERS

FILE = "audits.jsonl"
"""The kept audits of an annotations folder, one on each line."""
NOTHING = "none"
"""The label of a place in which nothing is labelled."""
RIGHT, WRONG = "right", "wrong"
"""The answers on a place whose label is shown."""
COLUMNS = ("row", "layer", "document", "place", "day", "text", "label", "answer", "note")
_LAYERS_WITH_GAPS = ("entities", "dates", "quotes")
"""Layers in which something may have been missed; every quotation mark has its record."""
_CONTEXT = 160
"""Characters on each side of the words."""
_DATE_WORD = re.compile(r"\d|\b(ngày|hôm|tháng|năm|tuần|quý|sáng|chiều|tối|thứ)\b", re.IGNORECASE)
_SYLLABLE = re.compile(r"[^\W_]+")


class SampledPlace(msgspec.Struct, frozen=True):
    """A place of a sample.

    Args:
        doc_id: the document.
        layer: the layer that is asked about.
        start: its first character.
        end: the character after its last one.
        label: the label in the gold, ``none`` for none.
        blind: whether the sheet does not show the label.
    """

    doc_id: str
    layer: str
    start: int
    end: int
    label: str
    blind: bool = False

    @property
    def stratum(self) -> str:
        """The group in which it is counted: the layer, or what the layer does not label."""
        return self.layer if self.label != NOTHING else f"{self.layer}, nothing labelled"


class LabelError(msgspec.Struct, frozen=True):
    """The share of wrong places of a stratum.

    Args:
        stratum: the layer, or what the layer does not label.
        places: how many places were read.
        wrong: how many of them are wrong.
        blind: how many of the wrong ones were blind.
        low: the lower end of the exact 95 % interval.
        high: its upper end.
        bound: the upper end of the one-sided exact 95 % interval.
    """

    stratum: str
    places: int
    wrong: int
    blind: int
    low: float
    high: float
    bound: float


class Audit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A scored sheet, without its words.

    Args:
        by: the person.
        on: the day, ISO.
        data_version: the version of the data that were read.
        places: the number of places by stratum.
        wrong: the number of wrong ones by stratum.
    """

    by: str
    on: str
    data_version: str
    places: dict[str, int]
    wrong: dict[str, int]


# The sample


def sample(
    corpus: Annotations, size: int, seed: int = 0, layers: Sequence[str] = ()
) -> list[SampledPlace]:
    """Draws places, as many of each stratum as of the others, as far as it has them.

    Args:
        corpus: the annotations.
        size: the number of places.
        seed: the seed of the draw; the same seed gives the same places.
        layers: the layers; all if there are none.

    Returns:
        The places in the order of the text, every other one of a stratum blind.
    """
    chance = random.Random(seed)
    strata: dict[str, list[SampledPlace]] = {}
    for layer in layers or RECORD_TYPES:
        places = [
            place
            for document in corpus.documents.values()
            for place in (*_labelled(document, layer), *_unlabelled(document, layer, chance))
        ]
        for place in places:
            strata.setdefault(place.stratum, []).append(place)
    for places in strata.values():
        chance.shuffle(places)
    drawn = []
    for stratum, count in _shares({name: len(p) for name, p in strata.items()}, size).items():
        drawn += [
            msgspec.structs.replace(place, blind=number % 2 == 1)
            for number, place in enumerate(strata[stratum][:count])
        ]
    order = {doc_id: number for number, doc_id in enumerate(corpus.documents)}
    return sorted(drawn, key=lambda p: (order[p.doc_id], p.start, p.end, p.layer))


def _shares(available: Mapping[str, int], size: int) -> dict[str, int]:
    """Equal shares of a size; what one stratum does not have goes to the others."""
    shares = dict.fromkeys(available, 0)
    left = min(size, sum(available.values()))
    while left:
        for name in shares:
            if left and shares[name] < available[name]:
                shares[name] += 1
                left -= 1
    return shares


def _labelled(document: Document, layer: str) -> Iterator[SampledPlace]:
    for record in records_of(document, layer):
        start, end = _span(record)
        yield SampledPlace(document.doc_id, layer, start, end, label_of(record))


def _span(record: AnyRecord) -> tuple[int, int]:
    if isinstance(record, Quote):
        return record.content[0].start, record.content[-1].end
    return record.start, record.end


def label_of(record: AnyRecord) -> str:
    """The label of a record as a sheet shows it, and as an answer gives it."""
    match record:
        case Entity():
            return str(record.type)
        case Date():
            return " ".join(filter(None, (record.value, record.mod)))
        case Mark():
            return str(record.function)
        case Quote():
            return ", ".join((str(record.kind), *(record.speakers or ())))


def _unlabelled(document: Document, layer: str, chance: random.Random) -> Iterator[SampledPlace]:
    """Places that look as if something of a layer might be in them, and have nothing of it."""
    if layer not in _LAYERS_WITH_GAPS:
        return
    taken = [_span(record) for record in records_of(document, layer)]
    for segment in document.segments:
        for start, end in _candidates(document.text, segment, layer, chance):
            if not any(start < last and first < end for first, last in taken):
                yield SampledPlace(document.doc_id, layer, start, end, NOTHING)


def _candidates(
    text: str, segment: Segment, layer: str, chance: random.Random
) -> Iterator[tuple[int, int]]:
    """Spans of a segment: for quotations the whole line, for other layers one to three syllables
    that begin with a capital, or with a word or number as dates have.
    """
    if layer == "quotes":
        yield segment.start, segment.end
        return
    words = list(_SYLLABLE.finditer(text, segment.start, segment.end))
    for number, word in enumerate(words):
        likely = word[0][0].isupper() if layer == "entities" else _DATE_WORD.match(word[0])
        if likely:
            last = words[min(len(words), number + chance.randint(1, 3)) - 1]
            yield word.start(), last.end()


# The sheet


def sheet(places: Iterable[SampledPlace], documents: Mapping[str, Document]) -> str:
    """The content of a sheet as CSV, to be filled in in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, place in enumerate(places, start=1):
        document = documents[place.doc_id]
        segment = document.segment_at(place.start)
        writer.writerow(
            (
                number,
                place.layer,
                place.doc_id,
                f"{place.start}-{place.end}",
                (segment.anchor_date if segment else None) or "",
                _shown(document.text, place),
                "" if place.blind else place.label,
                "",
                "",
            )
        )
    return out.getvalue()


def _shown(text: str, place: SampledPlace) -> str:
    before = text[max(0, place.start - _CONTEXT) : place.start]
    after = text[place.end : place.end + _CONTEXT]
    words = f"{before}⟦{text[place.start : place.end]}⟧{after}"
    return " ".join(words.split())


def check_outside(path: Path, corpus: Annotations) -> None:
    """Checks that a sheet does not bring words of stand-off texts into a repository.

    Raises:
        FindingsError: the texts are not in the annotations, and the path is in a repository.
    """
    folder = path.resolve().parent
    if corpus.articles.surfaces:
        return
    if any((place / ".git").exists() for place in (folder, *folder.parents)):
        message = "the sheet has words of texts that must not be in a repository; name a file "
        raise FindingsError([Finding("file", f"{message}outside of it", file=str(path))])


def answers() -> str:
    """What to write into a sheet, for the person who fills it in."""
    allowed = {
        name: ", ".join(layer.vocabularies[layer.label_field]) for name, layer in LAYERS.items()
    }
    return (
        "In each row, read the words between ⟦ and ⟧. Where a label is shown, answer right or "
        f"wrong. Where none is, write it, or {NOTHING} if the guidelines label nothing there. "
        f"entities: {allowed['entities']}; dates: the TIMEX3 value, read against the day; marks: "
        f"{allowed['marks']}; quotes: kind and speakers, such as direct, kim-jong-un (or names; "
        f"kinds: {allowed['quotes']})."
    )


# The score


def score(path: Path, corpus: Annotations) -> tuple[list[LabelError], list[str]]:
    """The label error of a sheet that was filled in.

    Args:
        path: the sheet.
        corpus: the annotations that it was drawn from.

    Returns:
        The errors by stratum, and a line for each wrong place.

    Raises:
        FindingsError: rows without a usable answer, or of other annotations.
    """
    findings: list[Finding] = []
    places: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    blind: Counter[str] = Counter()
    lines = []
    for number, row in _rows(path):
        place = _place_of(row, corpus)
        if place is None:
            message = f"{row['document']} {row['place']} is no place of these annotations"
            findings.append(Finding("unknown-document", message, file=str(path), line=number))
            continue
        answer, shown = row["answer"].strip(), row["label"].strip()
        if not answer or (shown and answer.casefold() not in (RIGHT, WRONG)):
            allowed = f"{RIGHT} or {WRONG}" if shown else f"a label, or {NOTHING}"
            message = f"answer is {answer!r}; it is to be {allowed}"
            findings.append(Finding("missing-field", message, file=str(path), line=number))
            continue
        if shown and shown != place.label:
            message = f"the label was {shown!r} and is {place.label!r} now; draw a new sample"
            findings.append(Finding("stale", message, file=str(path), line=number))
            continue
        places[place.stratum] += 1
        if answer.casefold() == WRONG if shown else not _same(answer, place, corpus.registry):
            wrong[place.stratum] += 1
            blind[place.stratum] += not shown
            given = WRONG if shown else f"answer {answer!r}"
            lines.append(f"row {row['row']}: {place.stratum}: gold {place.label!r}, {given}")
    refuse(findings)
    return [_error(name, n, wrong[name], blind[name]) for name, n in places.items()], lines


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(read_text(path).removeprefix("\ufeff"), newline=""))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        message = f"no column {', '.join(missing)}; a sheet has {', '.join(COLUMNS)}"
        raise FindingsError([Finding("csv", message, file=str(path), line=1)])
    for row in reader:
        yield reader.line_num, {name: row[name] or "" for name in COLUMNS}


def _place_of(row: Mapping[str, str], corpus: Annotations) -> SampledPlace | None:
    """The place of a row, with its label in the gold."""
    document, span = (
        corpus.documents.get(row["document"]),
        re.fullmatch(r"(\d+)-(\d+)", row["place"]),
    )
    if document is None or span is None or row["layer"] not in RECORD_TYPES:
        return None
    start, end = int(span[1]), int(span[2])
    if not 0 <= start < end <= len(document.text):
        return None
    labels = [
        label_of(record)
        for record in records_of(document, row["layer"])
        if _span(record) == (start, end)
    ]
    # Two records may have the same words; a shown label says which one was drawn.
    label = row["label"] if row["label"] in labels else next(iter(labels), NOTHING)
    return SampledPlace(document.doc_id, row["layer"], start, end, label)


def _same(answer: str, place: SampledPlace, registry: Registry) -> bool:
    """Whether an answer is the label of a blind place; speakers may be names."""
    if place.layer != "quotes" or NOTHING in (answer, place.label):
        return " ".join(answer.split()).casefold() == place.label.casefold()
    kind, *speakers = (part.strip() for part in place.label.split(","))
    given, *names = (part.strip() for part in answer.split(","))
    if given.casefold() != kind or len(set(names)) != len(set(speakers)):
        return False
    known = [
        {name_key(n) for n in (key, *_names(registry, key))} for key in dict.fromkeys(speakers)
    ]
    return all(any(name_key(name) in one for one in known) for name in names) and all(
        any(name_key(name) in one for name in names) for one in known
    )


def _names(registry: Registry, key: str) -> tuple[str, ...]:
    entry = registry.get(key)
    return (entry.name_vi, entry.name_en, *entry.aliases) if entry else ()


def _error(stratum: str, places: int, wrong: int, blind: int) -> LabelError:
    """The share of wrong places with exact intervals (Clopper and Pearson 1934, by scipy)."""
    from scipy.stats import binomtest

    both = binomtest(wrong, places).proportion_ci(0.95, method="exact")
    upper = binomtest(wrong, places, alternative="less").proportion_ci(0.95, method="exact")
    return LabelError(
        stratum, places, wrong, blind, float(both.low), float(both.high), float(upper.high)
    )


# Kept audits


def read(folder: Path) -> list[Audit]:
    """Reads the kept audits of an annotations folder.

    Raises:
        FindingsError: a line is no audit.
    """
    path, findings, audits = folder / FILE, list[Finding](), list[Audit]()
    if not path.is_file():
        return []
    for number, raw in json_lines(path, findings):
        audit, found = read_object(raw, Audit)
        findings += [finding.at(str(path), number) for finding in found]
        audits += [audit] if audit is not None else []
    refuse(findings)
    return audits


def keep(corpus: Annotations, errors: Sequence[LabelError], by: str) -> list[str]:
    """Adds the counts of a scored sheet to the kept audits; returns the files that changed.

    Args:
        corpus: the annotations.
        errors: the scored sheet.
        by: the person who filled it in.
    """
    audit = Audit(
        by=by,
        on=date.today().isoformat(),
        data_version=corpus.articles.data_version,
        places={one.stratum: one.places for one in errors},
        wrong={one.stratum: one.wrong for one in errors},
    )
    audits = [*(one for one in read(corpus.folder) if one != audit), audit]
    return write_files(corpus.folder, {FILE: jsonl(audits)})


def headline(audits: Sequence[Audit], version: str) -> str:
    """The first line of a card: how many persons audited the labels, and what they found.

    Args:
        audits: the kept audits.
        version: the version of the data; audits of other versions do not count.
    """
    now = [audit for audit in audits if audit.data_version == version]
    people = len({audit.by for audit in now})
    if not people:
        return "**Unaudited**: no person has checked a sample of the labels (`vinewsie audit`)."
    places, wrong = (
        sum(sum(c.values()) for c in one)
        for one in ([audit.places for audit in now], [audit.wrong for audit in now])
    )
    noun = "person" if people == 1 else "people"
    return (
        f"**Audited by {people} {noun}**, who checked {places} places (`vinewsie audit`); "
        f"{wrong} of them are wrong."
    )
