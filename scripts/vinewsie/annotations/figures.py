"""Figures of the sets for the card: how their texts are written, how far the passes of a
set agree, and how an extractor scored on it before its authors read any of it.

They need the texts. ``build`` keeps them in ``figures.json`` of each set, so that a build
without the texts has them too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeVar

import msgspec

from vinewsie.annotations.leaderboard import LeaderboardCell, cells_of
from vinewsie.annotations.store import Annotations
from vinewsie.baseline.surface import is_vietnamese
from vinewsie.extractors import running
from vinewsie.files import read_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import Document, records_of
from vinewsie.reading.gold import Gold, content_hash
from vinewsie.scheme import LAYERS
from vinewsie.scoring import run as scoring
from vinewsie.scoring.agreement import Agreement, agreement, agreement_by_phenomenon
from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.measures import parse
from vinewsie.tables import Table
from vinewsie.text import SYLLABLE

FILE = "figures.json"
"""The file of the figures in the folder of a set in the data set."""
READINGS = "readings.json"
"""The file in the annotations of a set with the counts of the readings after adjudication."""
UNSEEN = "unseen.json"
"""The file in the annotations of a set that describes the predictions in ``unseen.jsonl``."""
HALVES = ("seen", "unread")
"""The halves of a set, each with the ids of its documents in a file such as ``seen.txt``. The
baseline may be improved on the first.
"""
BASELINE = "rules"
BEFORE = ", before"
"""Added to the name of a half for the predictions that were made before the set was read."""

_SENTENCE_END = re.compile(r"[.!?…]+[”’\"')\]]*\s+(?=[“‘\"'(\[]*[^\W_])|\n+")
_DIGITS = 6
_COMMON = 8
"""The cues and styles of marks that are named."""

T = TypeVar("T")


class TextFigures(msgspec.Struct, frozen=True):
    """How the texts of a set are written.

    Args:
        documents: the number of documents.
        syllables: syllables and foreign words of the texts.
        sentences: sentences; a line ends one.
        sentence_mean: syllables of a sentence, mean.
        sentence_median: syllables of a sentence, median.
        quotes: quotations.
        cues: different cues, in lower case; a colon is one.
        common_cues: the most frequent ones, with the quotations that have each.
        marks: pairs of quotation marks and single ones.
        mark_styles: the most frequent pairs of marks, ``–`` for one that is missing.
        mentions: mentions.
        foreign: mentions with a word that has not the shape of a Vietnamese syllable and is no
            abbreviation in capitals.
        people: mentions of type PER.
        foreign_people: the foreign ones of these.
    """

    documents: int
    syllables: int
    sentences: int
    sentence_mean: float
    sentence_median: float
    quotes: int
    cues: int
    common_cues: list[tuple[str, int]]
    marks: int
    mark_styles: list[tuple[str, int]]
    mentions: int
    foreign: int
    people: int
    foreign_people: int


class Unseen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An extractor that ran on a set before its authors read any of it.

    Its predictions are kept, so that a correction of the labels changes the scores alone.

    Args:
        extractor: the extractor.
        version: the version of the package.
        date: the day of the run.
    """

    extractor: str
    version: str
    date: str


class UnseenScores(msgspec.Struct, frozen=True):
    """The scores of predictions that were made before the set was read, by measure."""

    about: Unseen
    scores: dict[str, LeaderboardCell]
    signature: str


class SetFigures(msgspec.Struct, frozen=True):
    """The figures of a further set.

    Args:
        articles: the figures of the articles' texts.
        texts: those of the set's.
        labels: the number of records by layer, field and value.
        contested: the contested records by layer.
        agreement: the agreement of its first two passes.
        phenomena: the same by phenomenon.
        unseen: the scores of an extractor that had not been fitted to it.
        halves: F1 of the baseline by measure, on each of :data:`HALVES`, before and now.
        stages: the number of decisions of the adjudication by stage and outcome.
    """

    articles: TextFigures
    texts: TextFigures
    labels: dict[str, dict[str, int]]
    contested: dict[str, int]
    agreement: list[Agreement] = []
    phenomena: list[Agreement] = []
    unseen: UnseenScores | None = None
    halves: dict[str, dict[str, float | None]] = {}
    stages: dict[str, dict[str, int]] = {}


class ThirdReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reading of adjudicated labels for errors: the documents read, and the records and errors of
    each layer; a missing record is an error, and one of the records.
    """

    documents: int | None = None
    records: dict[str, int | None] = {}
    errors: dict[str, int | None] = {}


class EnglishReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check of records against the English original: those checked, and those changed."""

    checked: int | None = None
    changed: int | None = None


class Readings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The readings of a set after its adjudication; what is null is not known yet."""

    third: ThirdReading = ThirdReading()
    english: EnglishReading = EnglishReading()


@dataclass(frozen=True)
class ErrorRate:
    """The share of records that a reading found wrong.

    Args:
        layer: the layer, or ``all``.
        records: the records that were read.
        errors: those that were wrong.
        low: the lower end of the exact 95 % interval.
        high: its upper end.
    """

    layer: str
    records: int
    errors: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Errors / records."""
        return self.errors / self.records


def text_figures(documents: Mapping[str, Document]) -> TextFigures:
    """How texts are written.

    Args:
        documents: gold documents by id.
    """
    lengths = [
        count
        for document in documents.values()
        for start, end in sentences(document.text)
        if (count := len(SYLLABLE.findall(document.text, start, end)))
    ]
    cues = Counter(
        " … ".join(document.text[span.start : span.end].lower() for span in quote.cue)
        for document in documents.values()
        for quote in document.quotes
        if quote.cue
    )
    styles = Counter(
        f"{mark.open or '–'} {mark.close or '–'}"
        for document in documents.values()
        for mark in document.marks
    )
    names = [
        (entity.type, _is_foreign(document.text[entity.start : entity.end]))
        for document in documents.values()
        for entity in document.entities
    ]
    people = [foreign for type_, foreign in names if type_ == "PER"]
    return TextFigures(
        documents=len(documents),
        syllables=sum(lengths),
        sentences=len(lengths),
        sentence_mean=round(fmean(lengths), 1) if lengths else 0,
        sentence_median=median(lengths) if lengths else 0,
        quotes=sum(len(document.quotes) for document in documents.values()),
        cues=len(cues),
        common_cues=_most_common(cues),
        marks=styles.total(),
        mark_styles=_most_common(styles),
        mentions=len(names),
        foreign=sum(foreign for _, foreign in names),
        people=len(people),
        foreign_people=sum(people),
    )


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text as spans, in code points: a line break ends one, and so does ``.``,
    ``!``, ``?`` or ``…`` before white space and a letter that is not in lower case.

    Args:
        text: the text.
    """
    start = 0
    for match in _SENTENCE_END.finditer(text):
        follows = text[match.end() :].lstrip("“‘\"'([")[:1]
        if match.group().strip() and follows.islower():
            continue
        yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _is_foreign(name: str) -> bool:
    words = SYLLABLE.findall(name)
    return any(
        word.isalpha() and not (word.isupper() and len(word) > 1) and not is_vietnamese(word)
        for word in words
    )


def _most_common(counts: Counter[T]) -> list[tuple[T, int]]:
    """The most frequent ones that occur at least twice, in an order that is always the same."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return [(one, count) for one, count in ordered[:_COMMON] if count > 1]


def text_table(figures: Mapping[str, TextFigures], *, broken: bool = True) -> Table:
    """The figures of the texts of sets, one column each.

    Args:
        figures: the figures by the name of the set.
        broken: whether lists have a line for each item.
    """

    def listed(pairs: list[tuple[str, int]], total: int) -> str:
        items = (f"{one} {count / total:.0%}" for one, count in pairs)
        return ("\n" if broken else ", ").join(items) or "–"

    def share(part: int, total: int) -> str:
        return f"{part / total:.1%} of {total}" if total else "–"

    rows = {
        "documents": lambda f: str(f.documents),
        "syllables": lambda f: str(f.syllables),
        "sentences": lambda f: str(f.sentences),
        "syllables of a sentence, mean": lambda f: f"{f.sentence_mean:.1f}",
        "syllables of a sentence, median": lambda f: f"{f.sentence_median:g}",
        "quotations in 1,000 syllables": lambda f: (
            f"{1000 * f.quotes / f.syllables:.1f}" if f.syllables else "–"
        ),
        "different cues": lambda f: str(f.cues),
        "cues, share of quotations": lambda f: listed(f.common_cues, f.quotes),
        "marks, share": lambda f: listed(f.mark_styles, f.marks),
        "foreign names": lambda f: share(f.foreign, f.mentions),
        "foreign names of people": lambda f: share(f.foreign_people, f.people),
    }
    cells = [[title, *map(value, figures.values())] for title, value in rows.items()]
    return Table(["", *figures], cells, "l" + "r" * len(figures))


# Further sets


def set_figures(corpus: Annotations, other: Annotations) -> SetFigures:
    """The figures of a further set.

    Args:
        corpus: the annotations of the articles.
        other: those of the set, with its texts.
    """
    first = next(combinations(sorted(other.passes), 2), None)
    passes = [other.passes[name] for name in first] if first else []
    return SetFigures(
        articles=text_figures(corpus.documents),
        texts=text_figures(other.documents),
        labels=_label_counts(other.documents),
        contested={
            layer: sum(r.contested for d in other.documents.values() for r in records_of(d, layer))
            for layer in LAYERS
        },
        agreement=_rounded(agreement(*passes)) if passes else [],
        phenomena=_rounded(agreement_by_phenomenon(*passes)) if passes else [],
        unseen=_unseen_scores(other),
        halves=_halves(other),
        stages=stages_of(other),
    )


def stages_of(corpus: Annotations) -> dict[str, dict[str, int]]:
    """The number of decisions of the adjudication by stage and outcome."""
    found: dict[str, Counter[str]] = {}
    for decision in corpus.adjudication:
        found.setdefault(decision.stage, Counter())[decision.outcome] += 1
    return {stage: dict(sorted(outcomes.items())) for stage, outcomes in found.items()}


def _rounded(rows: list[Agreement]) -> list[Agreement]:
    """The rows without the digits that differ between machines."""
    return [
        replace(row, value=None if row.value is None else round(row.value, _DIGITS)) for row in rows
    ]


def _label_counts(documents: Mapping[str, Document]) -> dict[str, dict[str, int]]:
    """The number of records with each value of a closed vocabulary that occurs."""
    counts: dict[str, dict[str, int]] = {}
    for layer in LAYERS.values():
        for name, values in layer.vocabularies.items():
            found = Counter(
                getattr(record, name)
                for document in documents.values()
                for record in records_of(document, layer.name)
            )
            if there := {value: found[value] for value in values if found[value]}:
                counts[f"{layer.name}, {name}"] = there
    return counts


def _gold(other: Annotations) -> Gold:
    return Gold(
        other.documents,
        other.registry,
        other.articles.name,
        other.articles.data_version,
        other.articles.guideline_version,
        content_hash(other.documents.values(), other.registry),
        packaged=True,
    )


def _halves(other: Annotations) -> dict[str, dict[str, float | None]]:
    """F1 of the baseline on the halves of a set, by measure; none if it has no halves."""
    files = {half: other.folder / f"{half}.txt" for half in HALVES}
    if not all(path.is_file() for path in files.values()):
        return {}
    versions: dict[str, Any] = {"": running.run(BASELINE, list(other.documents.values()))}
    if (unseen := (other.folder / UNSEEN).with_suffix(".jsonl")).is_file():
        versions = {BEFORE: unseen, **versions}
    found: dict[str, dict[str, float | None]] = {}
    for half, path in files.items():
        ids = read_text(path).split()
        for version, answers in versions.items():
            result = scoring.score(answers, _gold(other), docs=ids, resamples=0)
            for name, score in result.items():
                if parse(name).values[ZONE.name] == "page":
                    value = None if score.value is None else round(score.value, _DIGITS)
                    found.setdefault(name, {})[half + version] = value
    return found


def _unseen_scores(other: Annotations) -> UnseenScores | None:
    path = other.folder / UNSEEN
    if not path.is_file():
        return None
    result = scoring.score(path.with_suffix(".jsonl"), _gold(other))
    page = {
        name: LeaderboardCell(
            *(
                None if one is None else round(one, _DIGITS)
                for one in (cell.f1, cell.low, cell.high)
            )
        )
        for name, cell in cells_of(result).items()
        if "zone=article" not in name
    }
    lines = [line for line in result.signature.splitlines() if "|zone:page|" in line]
    return UnseenScores(_decoded(path, Unseen), page, "\n".join(lines))


def read_figures(folder: Path) -> SetFigures | None:
    """The figures that a data set keeps of a set; None if there are none.

    Args:
        folder: the folder of the set in the data set.

    Raises:
        FindingsError: the file is not of the form that ``build`` gives it.
    """
    path = folder / FILE
    return _decoded(path, SetFigures) if path.is_file() else None


def read_readings(folder: Path) -> Readings:
    """The counts of the readings of a set after its adjudication.

    Args:
        folder: the annotations of the set.

    Raises:
        FindingsError: the file has not the fields of :class:`Readings`.
    """
    path = folder / READINGS
    return _decoded(path, Readings) if path.is_file() else Readings()


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(read_text(path), type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FindingsError([Finding("json", str(error), file=str(path))]) from error


def error_rates(reading: ThirdReading) -> list[ErrorRate]:
    """The share of wrong records in all and by layer, with the exact 95 % interval (Clopper and
    Pearson 1934; computed by scipy), for the layers whose counts are known.

    Args:
        reading: the counts.

    Returns:
        No rate while a count is missing.
    """
    from scipy.stats import binomtest

    known = {
        layer: (reading.errors.get(layer), records)
        for layer, records in reading.records.items()
        if records
    }
    if not known or any(errors is None for errors, _ in known.values()):
        return []
    counts = {layer: (errors or 0, records or 0) for layer, (errors, records) in known.items()}
    counts["all"] = (sum(e for e, _ in counts.values()), sum(r for _, r in counts.values()))
    rates = []
    for layer, (errors, records) in counts.items():
        interval = binomtest(errors, records).proportion_ci(0.95, method="exact")
        rates.append(ErrorRate(layer, records, errors, float(interval.low), float(interval.high)))
    return rates
