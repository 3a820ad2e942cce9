"""An extractor on pages and on the same pages changed: F1, differences, lost records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace as with_fields

from vinewsie._version import __version__
from vinewsie.extractors import running
from vinewsie.extractors.catalogue import ExtractorError
from vinewsie.extractors.running import ExtractorRun
from vinewsie.files import read_text
from vinewsie.findings import VinewsieError
from vinewsie.model import RECORD_TYPES, Document, records_of
from vinewsie.perturbations.edits import ChangedText
from vinewsie.perturbations.projection import Projected, project, words_of
from vinewsie.perturbations.table import PERTURBATIONS, Kind, Page
from vinewsie.progress import ProgressCallback, no_progress
from vinewsie.reading.gold import Gold, load
from vinewsie.scoring import run as scoring
from vinewsie.scoring.definitions import Status
from vinewsie.scoring.measures import Measure, parse
from vinewsie.scoring.resampling import paired_interval
from vinewsie.scoring.result import IntervalUnit, Result

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (
    "entities.strict",
    "dates.strict",
    "dates.value",
    "quotes.relaxed",
    "attribution.joint",
)
"""The measures that are compared by default, those of the headline on the whole page."""
_BETWEEN = "@"
"""Stands between the id of a document and the perturbation in the id that an extractor sees;
doubled until no id of the gold has it.
"""


class UnknownPerturbationError(VinewsieError):
    """A perturbation is not in the table; the message lists those that are."""

    exit_code = 2


@dataclass(frozen=True)
class Original:
    """The score of the original pages under a measure.

    Args:
        measure: the measure.
        value: F1; None if there is none.
        status: whether the measure was scored, or why not.
    """

    measure: str
    value: float | None
    status: Status


@dataclass(frozen=True)
class Lost:
    """A gold record that an extractor finds in the original and misses in the changed text.

    Args:
        doc_id: the document.
        index: the number of the record in its layer of the original.
        id: its id.
        text: its words in the original.
        changed: its words in the changed text.
    """

    doc_id: str
    index: int
    id: str | None
    text: str
    changed: str


@dataclass(frozen=True)
class Effect:
    """What a perturbation does to one measure.

    Args:
        perturbation: its name.
        kind: ``invariance`` or ``stress``.
        measure: the measure.
        original: F1 on the original pages.
        changed: F1 on the changed pages.
        difference: changed - original; None where either has no F1.
        low: the lower end of the 95 % interval of the difference, by a paired bootstrap.
        high: its upper end. Both are None where there is none.
        lost: the records that are found in the original and missed in the changed text.
        gained: the number of those that are found in the changed text alone.
    """

    perturbation: str
    kind: Kind
    measure: str
    original: float | None
    changed: float | None
    difference: float | None
    low: float | None
    high: float | None
    lost: tuple[Lost, ...] = field(repr=False)
    gained: int


@dataclass(frozen=True)
class Changes:
    """What a perturbation changed.

    Args:
        perturbation: its name.
        documents: the number of documents whose text differs.
        records: the number of records some of whose words differ.
        removed: the number of records whose words are gone.
        failures: for each document that the extractor failed on when it was changed, the reason;
            its changed text counts as without any record found.
        skipped: findings of invalid records, which count as spurious.
    """

    perturbation: str
    documents: int
    records: int
    removed: int
    failures: dict[str, str]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Robustness:
    """The robustness of an extractor on a gold.

    Args:
        extractor: its name.
        dataset: what identifies the gold, as in a result, and the documents that are compared.
        originals: by measure.
        effects: by perturbation and measure, in the order of the table.
        changes: by perturbation. One that changes no text has no effects.
        failures: for each document that the extractor failed on as it is, the reason; it is left
            out of the comparison.
        skipped: findings of invalid records of the original pages, which count as spurious.
        unit: what the intervals resample.
        version: that of the package.
    """

    extractor: str
    dataset: dict[str, Any]
    originals: tuple[Original, ...]
    effects: tuple[Effect, ...] = field(repr=False)
    changes: tuple[Changes, ...] = field(repr=False)
    failures: dict[str, str]
    skipped: tuple[str, ...] = field(repr=False)
    unit: IntervalUnit
    version: str = __version__

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Robustness:
        """From the object that :meth:`to_json` makes.

        Raises:
            VinewsieError: it is none.
        """
        try:
            effects = tuple(
                Effect(**{**one, "lost": tuple(Lost(**lost) for lost in one["lost"])})
                for one in value["effects"]
            )
            changes = tuple(
                Changes(**{**one, "skipped": tuple(one["skipped"])}) for one in value["changes"]
            )
            made = {
                "originals": tuple(Original(**one) for one in value["originals"]),
                "effects": effects,
                "changes": changes,
                "skipped": tuple(value["skipped"]),
            }
            return cls(**{**value, **made})
        except (KeyError, TypeError) as error:
            raise VinewsieError(f"is no result of vinewsie robustness: {error}") from None

    def dumps(self) -> str:
        """As indented JSON with a line break at its end."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def load(cls, path: Path) -> Robustness:
        """From a file that :meth:`dumps` made.

        Raises:
            VinewsieError: it is none.
        """
        try:
            return cls.from_json(json.loads(read_text(path)))
        except (json.JSONDecodeError, VinewsieError) as error:
            raise VinewsieError(f"{path}: {error}") from None

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each effect; ``lost`` is a number there."""
        import pandas as pd

        rows = [{**asdict(one), "lost": len(one.lost)} for one in self.effects]
        return pd.DataFrame(rows)


def robustness(
    extract: Callable[[Document], Any] | str,
    gold: Gold | str | Path | None = None,
    *,
    measures: Sequence[str | Measure] | None = None,
    only: Iterable[str] | None = None,
    progress: ProgressCallback = no_progress,
    run: Callable[[str, Gold], ExtractorRun] | None = None,
) -> Robustness:
    """Runs an extractor on pages and on the same pages in other spellings, and compares its scores.

    The extractor gets all pages in one run; the id of a changed page is ``DOC_ID@PERTURBATION``
    (with more ``@`` if an id of the gold has it). A document whose original has no answer is left
    out; one whose changed text alone has none counts as empty there.

    >>> import vinewsie as vn
    >>> found = vn.robustness(lambda doc: [], measures=["entities.strict"], only=["nfd"])
    >>> found.effects[0].difference
    0.0

    Args:
        extract: a callable from a document without labels to its prediction, or a SPEC.
        gold: the gold; by default the packaged articles. A path is loaded.
        measures: measures with an F1, or their names; by default :data:`MEASURES`.
        only: the names of the perturbations; by default all.
        progress: called with a line for each step.
        run: runs a SPEC on pages; by default :func:`vinewsie.extractors.running.run`.

    Returns:
        The effect of each perturbation on each measure, and what was changed.

    Raises:
        UnknownPerturbationError: a perturbation is not in the table.
        ExtractorError: the extractor failed on every document, or on every original.
    """
    names = [*PERTURBATIONS] if only is None else [*only]
    if unknown := [name for name in names if name not in PERTURBATIONS]:
        raise UnknownPerturbationError(
            f"there is no perturbation {', '.join(unknown)}; there are {', '.join(PERTURBATIONS)}"
        )
    asked = [parse(m) if isinstance(m, str) else m for m in measures or MEASURES]
    if not isinstance(gold, Gold):
        gold = load(gold)
    between = _BETWEEN
    while any(between in doc_id for doc_id in gold):
        between += _BETWEEN
    changed = {name: _changed(gold, name) for name in names}
    pages = [
        with_fields(projected.document.unlabelled(), doc_id=f"{doc_id}{between}{name}")
        for name, of_name in changed.items()
        for doc_id, projected in of_name.items()
        if projected.document.text != gold[doc_id].text
    ]
    documents = [*gold.values(), *pages]
    if callable(extract):
        done = running.run_here(extract, documents, progress)
    elif run is not None:
        done = run(extract, Gold({document.doc_id: document for document in documents}))
    else:
        done = running.run(extract, documents, progress=progress)
    answers = {answer["doc_id"]: answer for answer in done.outputs}

    def failures_of(ids: Mapping[str, str]) -> dict[str, str]:
        """The reasons for those of the documents without an answer, by the ids of their pages."""
        return {
            doc_id: done.failures.get(page, "no answer")
            for doc_id, page in ids.items()
            if page not in answers
        }

    failures = failures_of({doc_id: doc_id for doc_id in gold})
    if len(failures) == len(gold):
        lines = [f"  {doc_id}: {reason}" for doc_id, reason in failures.items()]
        raise ExtractorError("\n".join([f"{done.name} failed on every original", *lines]))
    if failures:
        gold = gold.only(docs=[doc_id for doc_id in gold if doc_id not in failures])

    def scored(name: str, held: Gold, pages: Mapping[str, str]) -> Result:
        progress(f"scoring {name}")
        found = [
            {**answers[page], "doc_id": doc_id} for doc_id, page in pages.items() if page in answers
        ]
        return scoring.score(found, held, measures=asked, resamples=0, skip_invalid=True)

    # A page that is not changed has the answer of the original.
    unchanged = {doc_id: doc_id for doc_id in gold}
    original = scored("the original", gold, unchanged)
    effects: list[Effect] = []
    changes = []
    for name in names:
        of_name = {doc_id: changed[name][doc_id] for doc_id in gold}
        differ = {
            doc_id: f"{doc_id}{between}{name}"
            for doc_id, one in of_name.items()
            if one.document.text != gold[doc_id].text
        }
        skipped: list[str] = []
        if differ:
            other = scored(name, _gold_of(gold, of_name), unchanged | differ)
            effects += [_effect(name, measure, original, other, gold, of_name) for measure in asked]
            skipped = other.predictions["skipped"]
        changes.append(
            Changes(
                name,
                len(differ),
                sum(one.touched for one in of_name.values()),
                sum(_size(gold[d]) - _size(one.document) for d, one in of_name.items()),
                failures_of(differ),
                tuple(skipped),
            )
        )
    return Robustness(
        done.name,
        dict(original.dataset),
        tuple(Original(key, original[key].value, original[key].status) for key in map(str, asked)),
        tuple(effects),
        tuple(changes),
        failures,
        tuple(original.predictions["skipped"]),
        original.interval_unit or "document",
    )


def _changed(gold: Gold, name: str) -> dict[str, Projected]:
    """The documents with their labels after a perturbation."""
    edits = PERTURBATIONS[name].edits
    return {
        doc_id: project(document, ChangedText(document.text, edits(Page(document, gold.registry))))
        for doc_id, document in gold.items()
    }


def _gold_of(gold: Gold, projected: Mapping[str, Projected]) -> Gold:
    return replace(gold, documents={d: one.document for d, one in projected.items()}, packed=None)


def _size(document: Document) -> int:
    return sum(len(records_of(document, layer)) for layer in RECORD_TYPES)


def _effect(
    name: str,
    measure: Measure,
    original: Result,
    changed: Result,
    gold: Gold,
    projected: Mapping[str, Projected],
) -> Effect:
    """The effect of a perturbation on a measure; see :class:`Effect`."""
    key, layer = str(measure), measure.definition.records
    before, after = original[key], changed[key]
    low = high = None
    if before.value is not None and after.value is not None:
        unit = original.interval_unit or "document"
        low, high = paired_interval(after, before, unit, len(gold)) or (None, None)
    missed = _missed(original, key)
    # The numbers of records in the original.
    now = {(d, projected[d].kept[layer][n]) for d, n in _missed(changed, key)}
    there = {(d, n) for d, one in projected.items() for n in one.kept[layer]}
    scored = before.value is not None and after.value is not None
    lost = sorted(now - missed) if scored else []
    return Effect(
        name,
        PERTURBATIONS[name].kind,
        key,
        before.value,
        after.value,
        None if before.value is None or after.value is None else after.value - before.value,
        low,
        high,
        tuple(_lost(d, n, layer, gold, projected[d]) for d, n in lost),
        len((missed & there) - now) if scored else 0,
    )


def _missed(result: Result, measure: str) -> set[tuple[str, int]]:
    """The gold records that are missed under a measure, by document and number."""
    return {
        (error["doc_id"], error["index"])
        for error in result.errors
        if error["measure"] == measure and error["error"] == "missed"
    }


def _lost(doc_id: str, index: int, layer: str, gold: Gold, projected: Projected) -> Lost:
    record = records_of(gold[doc_id], layer)[index]
    number = projected.kept[layer].index(index)
    other = records_of(projected.document, layer)[number]
    return Lost(
        doc_id,
        index,
        record.id,
        " … ".join(words_of(record, gold[doc_id].text)),
        " … ".join(words_of(other, projected.document.text)),
    )
