"""Errors in their sentences: each with the gold marked [so] and the prediction marked {so}.

The command ``vinewsie errors`` prints them, :func:`errors` gives them in Python, where they also
show themselves in a notebook.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, starmap
from pathlib import Path
from shlex import quote
from typing import Literal, overload

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from vinewsie.escapes import escaped
from vinewsie.markup import MarkedSpan, element, marked, shown, view
from vinewsie.model import AnyRecord, Prediction, Quote, Unplaced
from vinewsie.reading.gold import Gold
from vinewsie.report.cases import LAYERS, Case, View, view_of
from vinewsie.report.sources import GivenFiles, SourceError, gold_of, predictions_of
from vinewsie.scoring.result import Counts, Result, Score
from vinewsie.tables import Table

_WORDS = {
    "missed": "missed",
    "spurious": "spurious",
    "boundary:too_long": "too long",
    "boundary:too_short": "too short",
    "boundary:left": "shifted to the left",
    "boundary:right": "shifted to the right",
    "boundary:inside": "with other gaps",
    "value": "with a wrong value",
    "link": "with a wrong entity id",
    "speaker:withheld": "without a speaker",
    "speaker:relayer": "with the outer speaker",
    "speaker:invented": "with an invented speaker",
    "speaker:another": "with another speaker",
    "source": "with a wrong source",
    "cue": "with a wrong cue",
    "parent": "inside a wrong quotation",
    "quote_kind": "of a wrong kind",
    "scare": "taken for speech",
    "unmatched": "not matched",
}
"""The kinds of error in words, as they stand behind the noun of a layer."""

_COMPARED_BY = {
    "boundary": (
        "entities.strict",
        "entities.exact",
        "entities.partial",
        "entities.linked",
        "dates.strict",
        "quotes.strict",
        "quotes.token",
    ),
    "type": ("entities.strict", "entities.type", "dates.type"),
    "value": ("dates.value",),
    "link": ("entities.linked",),
    "speaker": ("attribution.joint", "attribution.speaker", "attribution.chain"),
    "source": ("attribution.source",),
    "cue": ("attribution.cue",),
    "parent": ("attribution.chain",),
    "quote_kind": ("quotes.kind",),
    "scare": ("quotes.marked",),
}
"""The measures that a kind of error makes worse; kinds that are not here make all worse."""

_LONGEST_PIECE = 160
"""Code points between two marks beyond which the middle is left out."""
_SEEN = frozenset({"text", "content", "type"})
"""Fields of a pair that the marked sentence or the title shows."""
_ALONE = frozenset({"value", "speakers"})
"""Fields of a record without a partner that are shown."""
_WITHOUT_PLACE = frozenset({"text"})
"""Fields of a predicted surface that is not in the text."""
_CHUNK = 50
"""Documents of which the errors are in memory at the same time."""
_SHOWN = 20
"""Errors that a notebook shows."""

Side = Literal["gold", "predicted"]
_INDENT = " " * 4
_BRACKETS: dict[Side, str] = {"gold": "[]", "predicted": "{}"}
_STYLES: dict[Side, str] = {"gold": "green", "predicted": "magenta"}


@dataclass(frozen=True)
class ErrorInSentence:
    """An error as people are shown it.

    Args:
        address: names the error in every view of the result, such as ``q12``.
        layer: the layer.
        kinds: the kinds of error, such as ``boundary:too_short``.
        label: the label of the gold record, else of the predicted one.
        doc_id: the document.
        line: the number of its line, from 1; 0 for a surface that is not in the text.
        zone: the zone of the line.
        text: the text of the document.
        context: start and end of the sentence, in code points.
        spans: what is marked on each side.
        fields: the fields that differ, or that tell what a lone record is; each with the value of
            either side.
    """

    address: str
    layer: str
    kinds: tuple[str, ...]
    label: str
    doc_id: str
    line: int
    zone: str
    text: str
    context: tuple[int, int]
    spans: Mapping[Side, tuple[tuple[int, int], ...]]
    fields: Mapping[str, Mapping[Side, str]]

    @property
    def title(self) -> str:
        """The kinds of error in words."""
        return ", ".join(in_words(kind, self.label) for kind in self.kinds)

    @property
    def place(self) -> str:
        """The document, the line and its zone."""
        return f"{self.doc_id}:{self.line} {self.zone}".rstrip() if self.line else self.doc_id

    def sentence(self) -> Text:
        """The sentence with brackets around the marked spans; long stretches are cut."""
        start, end = self.context
        # The outer span first, so that brackets nest.
        sides = sorted(
            ((side, span) for side, spans in self.spans.items() for span in spans),
            key=lambda marked: (marked[1][0], -marked[1][1]),
        )
        cuts = sorted({start, end, *(edge for _, span in sides for edge in span)})
        sentence = Text()
        for number, (left, right) in enumerate(pairwise(cuts)):
            inside = [side for side, span in sides if span[0] <= left and right <= span[1]]
            style = _STYLES[inside[0]] if len(set(inside)) == 1 else "bold" if inside else ""
            for side, span in sides:
                if span[0] == left:
                    sentence.append(_BRACKETS[side][0], f"bold {_STYLES[side]}")
            before, after = number == 0, number == len(cuts) - 2
            sentence.append(_cut(self.text[left:right], head=not before, tail=not after), style)
            for side, span in reversed(sides):
                if span[1] == right:
                    sentence.append(_BRACKETS[side][1], f"bold {_STYLES[side]}")
        return sentence

    def heading(self) -> Text:
        """What is wrong."""
        what = escaped(f"{self.layer}: {self.title}")
        return Text.assemble((self.address, "bold cyan"), "  ", (what, "bold"))

    def body(self) -> Iterator[Text]:
        """The sentence, and the fields that differ."""
        if self.line:
            yield self.sentence()
        for name, values in self.fields.items():
            line = Text(f"{name}: ")
            for number, (side, value) in enumerate(values.items()):
                line.append(f"{', ' if number else ''}{side} ").append(_cut(value), _STYLES[side])
            yield line

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(20, options.max_width)
        heading, place = self.heading(), Text(escaped(self.place), "cyan")
        body = list(self.body())
        if heading.cell_len + 2 + place.cell_len <= width:
            heading.append("  ").append_text(place)
        else:
            body.insert(0, place)
        yield heading
        for line in body:
            for wrapped in line.wrap(console, width - len(_INDENT)):
                wrapped.rstrip()
                yield Text(_INDENT).append_text(wrapped)
        yield ""

    def __str__(self) -> str:
        heading = f"{self.heading().plain}  {escaped(self.place)}"
        return "\n".join([heading, *(f"{_INDENT}{line.plain}" for line in self.body()), ""])

    def _repr_html_(self) -> str:
        return view(self.html())

    def html(self) -> str:
        """The error as HTML, without the frame of a view."""
        head = f"{element('strong', shown(f'{self.address} {self.layer}: {self.title}'))} "
        head += element("span", shown(self.place), "note")
        spans = [
            MarkedSpan(*span, side, side) for side, spans in self.spans.items() for span in spans
        ]
        parts = [element("p", head, "head")]
        if self.line:
            parts.append(element("p", marked(self.text, spans, *self.context)))
        for name, values in self.fields.items():
            sides = ", ".join(f"{side} {value}" for side, value in values.items())
            parts.append(element("p", shown(f"{name}: {sides}"), "note"))
        return "".join(parts)


def _cut(text: str, *, head: bool = True, tail: bool = True) -> str:
    """A text on one line, without the middle of a long stretch.

    Args:
        text: the text.
        head: whether its beginning matters.
        tail: whether its end matters.
    """
    if len(text) > _LONGEST_PIECE and (head or tail):
        half = _LONGEST_PIECE // (head + tail)
        first = text[:half].rpartition(" ")[0] if head else ""
        last = text[-half:].partition(" ")[2] if tail else ""
        text = f"{first}{' ' if head else ''}…{' ' if tail else ''}{last}"
    return escaped(text.replace("\n", " / "))


def in_words(kind: str, label: str = "") -> str:
    """A kind of error in words.

    Args:
        kind: the kind with its detail.
        label: the label of a record that stands alone.
    """
    name, _, detail = kind.partition(":")
    if name == "type":
        gold, _, predicted = detail.partition(">")
        return f"{gold} predicted as {predicted}"
    words = _WORDS.get(kind, kind.replace("_", " "))
    return f"{words} {label}".rstrip() if name in ("missed", "spurious") else words


class ErrorCases(Sequence[ErrorInSentence]):
    """Errors in their sentences, for Python and notebooks."""

    def __init__(self, errors: Iterable[ErrorInSentence]) -> None:
        self._errors = tuple(errors)

    def __len__(self) -> int:
        return len(self._errors)

    @overload
    def __getitem__(self, index: int) -> ErrorInSentence: ...

    @overload
    def __getitem__(self, index: slice) -> ErrorCases: ...

    def __getitem__(self, index: int | slice) -> ErrorInSentence | ErrorCases:
        if isinstance(index, slice):
            return ErrorCases(self._errors[index])
        return self._errors[index]

    def __str__(self) -> str:
        return "\n".join(map(str, self._errors))

    def __repr__(self) -> str:
        return f"<ErrorCases: {len(self)}>"

    def _repr_html_(self) -> str:
        count = f"{len(self)} error{'s' if len(self) != 1 else ''}"
        if len(self) > _SHOWN:
            count += f", the first {_SHOWN}:"
        body = "".join(error.html() for error in self._errors[:_SHOWN])
        return view(element("p", count) + element("div", body, "scroll"))


@dataclass(frozen=True, kw_only=True)
class ErrorFilter:
    """Chooses errors; None for any.

    Args:
        layer: the layer.
        kind: a kind of error, with or without its detail.
        label: the label.
        zone: the zone of the page.
        docs: the ids of the documents.
    """

    layer: str | None = None
    kind: str | None = None
    label: str | None = None
    zone: str | None = None
    docs: Collection[str] | None = None


def stream(
    result: Result, gold: Gold, predictions: Mapping[str, Prediction], chosen: ErrorFilter
) -> Iterator[ErrorInSentence]:
    """The errors of a result by document and layer, made as they are asked for.

    Args:
        result: the result.
        gold: its gold.
        predictions: its predictions, by document.
        chosen: which errors.
    """
    begin: Counter[str] = Counter()
    scored = iter(result.dataset["documents"])
    while ids := list(islice(scored, _CHUNK)):
        part = view_of(_part(result, ids), gold, predictions)
        for case in part.cases:
            letter = LAYERS[case.layer]
            case.address = f"{letter}{begin[letter] + int(case.address.removeprefix(letter))}"
        begin.update(LAYERS[case.layer] for case in part.cases)
        found = part.select(
            layer=chosen.layer, kind=chosen.kind, label=chosen.label, zone=chosen.zone
        )
        for case in sorted(found, key=lambda case: case.doc):
            doc_id = part.documents[case.doc].gold.doc_id
            if case.kinds and (chosen.docs is None or doc_id in chosen.docs):
                yield in_sentence(part, case)


def _part(result: Result, ids: Sequence[str]) -> Result:
    """The result of some of the documents, with their counts alone."""
    number = {doc_id: n for n, doc_id in enumerate(result.dataset["documents"])}
    inside = np.zeros(len(number), dtype=np.bool_)
    inside[[number[doc_id] for doc_id in ids]] = True
    measures = {}
    for measure, score in result.measures.items():
        if score.by_unit is None:
            raise SourceError(f"the result has no counts of {measure} by segment: score again")
        counts = score.by_unit.table[:, inside[score.by_unit.doc]].sum(axis=1).tolist()
        measures[measure] = Score(
            Counts(*counts), score.kind, score.semeval, status=score.status, pairs=score.pairs
        )
    return replace(result, dataset={**result.dataset, "documents": list(ids)}, measures=measures)


def in_sentence(part: View, case: Case) -> ErrorInSentence:
    """A case of a view as people are shown it.

    Args:
        part: the view.
        case: one of its cases.
    """
    document = part.documents[case.doc].gold
    gold, predicted = part.records_of_case(case)
    sides: dict[Side, AnyRecord | Unplaced | None] = {"gold": gold, "predicted": predicted}
    spans: dict[Side, tuple[tuple[int, int], ...]] = {}
    for side, record in sides.items():
        if record is None or isinstance(record, Unplaced):
            continue
        pieces = record.content if isinstance(record, Quote) else (record,)
        spans[side] = tuple((piece.start, piece.end) for piece in pieces)
    edges = [edge for pieces in spans.values() for piece in pieces for edge in piece]
    context = (min([case.context[0], *edges]), max([case.context[1], *edges]))
    return ErrorInSentence(
        address=case.address,
        layer=case.layer,
        kinds=case.kinds,
        label=case.label,
        doc_id=document.doc_id,
        line=case.line,
        zone=case.zone,
        text=document.text,
        context=context,
        spans=spans,
        fields=_fields(part, case),
    )


def _fields(part: View, case: Case) -> dict[str, dict[Side, str]]:
    """The fields to show with a case: of a pair those that differ and that neither the sentence nor
    the title shows; of a lone record, what tells which it is.
    """
    paired = case.gold is not None and case.predicted is not None
    sides: tuple[Side, ...] = (
        ("gold", "predicted") if paired else ("gold",) if case.gold is not None else ("predicted",)
    )
    chosen = _ALONE if case.line else _WITHOUT_PLACE
    found: dict[str, dict[Side, str]] = {}
    for field in part.fields(case):
        values: dict[Side, str | None] = {"gold": field.gold, "predicted": field.predicted}
        if field.name == "speakers" and case.speakers:
            values["predicted"] = ", ".join(starmap(_resolved, case.speakers))
        if (field.differs and field.name not in _SEEN) if paired else field.name in chosen:
            found[field.name] = {side: values[side] or "–" for side in sides}
    return found


def _resolved(given: str, by: str, keys: Sequence[str]) -> str:
    """A speaker as it was given, and how it was resolved."""
    how = f"by {by}: {', '.join(keys)}" if keys else by
    return f"{given or '–'} ({how})"


def errors(
    result: Result,
    gold: Gold | str | Path | None = None,
    *,
    predictions: str | Path | None = None,
    layer: str | None = None,
    kind: str | None = None,
    label: str | None = None,
    zone: str | None = None,
    docs: Collection[str] | None = None,
) -> ErrorCases:
    """The errors of a result, each in its sentence.

    >>> import vinewsie as vn
    >>> gold = list(vn.load().values())
    >>> result = vn.score(gold, measures=["entities.strict"], resamples=0)
    >>> len(vn.errors(result))
    0

    Args:
        result: the result.
        gold: the gold that was scored; by default the packaged articles.
        predictions: the file that was scored, where the result does not hold the predictions.
        layer: only errors of this layer.
        kind: only errors of this kind, such as ``missed`` or ``boundary:too_short``.
        label: only errors with this label.
        zone: only errors in this zone of the page.
        docs: only errors in the documents with these ids, or patterns of ids.

    Raises:
        SelectionError: the gold has no such document.
        SourceError: gold or predictions are not those that were scored.
    """
    given = GivenFiles(predictions=None if predictions is None else Path(predictions))
    if not isinstance(gold, Gold):
        gold = gold_of(result, GivenFiles(gold=None if gold is None else Path(gold)))
    ids = None if docs is None else frozenset(gold.only(docs=docs))
    chosen = ErrorFilter(layer=layer, kind=kind, label=label, zone=zone, docs=ids)
    return ErrorCases(stream(result, gold, predictions_of(result, gold, given), chosen))


@dataclass(frozen=True)
class ErrorKindCount:
    """How often one kind of error occurs in one layer.

    Args:
        layer: the layer.
        kind: the kind with its detail.
        labels: the number of errors by label.
    """

    layer: str
    kind: str
    labels: Counter[str]

    @property
    def count(self) -> int:
        """The number of errors."""
        return self.labels.total()

    @property
    def main_label(self) -> str:
        """The label that at least half of several errors have, with their number."""
        [(label, count)] = self.labels.most_common(1)
        most = label and len(self.labels) > 1 and 2 * count >= self.count > 2
        return f"({count} {label})" if most else ""

    @property
    def words(self) -> str:
        """The kind in words: ``missed quotes (10 indirect)``, ``LOC predicted as PER``."""
        if self.kind.startswith("type:"):
            return in_words(self.kind)
        if self.kind in ("missed", "spurious"):
            return f"{in_words(self.kind, self.layer)} {self.main_label}".rstrip()
        noun = "scare quotes" if self.kind == "scare" else self.layer
        return f"{noun} {in_words(self.kind)}"

    @property
    def options(self) -> str:
        """The options of ``vinewsie errors`` that show them."""
        return f"--layer {self.layer} --kind {quote(self.kind)}"


def frequent_errors(result: Result, gold: Gold, number: int = 3) -> Table:
    """The most frequent kinds of error, and the options of ``vinewsie errors`` that show them.

    Args:
        result: the result, with its predictions.
        gold: its gold.
        number: how many kinds.
    """
    predictions = {prediction.doc_id: prediction for prediction in result.records or ()}
    kinds = most_frequent(view_of(result, gold, predictions), number)
    rows = [[str(kind.count), kind.words, kind.options] for kind in kinds]
    headers = ("errors", "most frequent kinds", "to see them, add")
    return Table(headers, rows, "rll", {"errors": "bold red", headers[2]: "cyan"})


def most_frequent(whole: View, number: int) -> list[ErrorKindCount]:
    """The most frequent kinds of error that make a scored measure worse, the largest first.

    Args:
        whole: the view of the result.
        number: how many.
    """
    scored = {f"{measure.layer}.{measure.name}" for measure in whole.result.measures}
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for case in whole.errors:
        for kind in case.kinds:
            if scored & set(_COMPARED_BY.get(kind.partition(":")[0], scored)):
                found[case.layer, kind][case.label] += 1
    kinds = [ErrorKindCount(layer, kind, labels) for (layer, kind), labels in found.items()]
    return sorted(kinds, key=lambda one: (-one.count, one.layer, one.kind))[:number]
