"""Results as text, CSV and LaTeX. Rates are rounded here and nowhere else."""

from __future__ import annotations

import re
import statistics
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.text import Text

from vinewsie.escapes import escaped
from vinewsie.findings import install_command
from vinewsie.scoring.agreement import Agreement
from vinewsie.scoring.definitions import ZONE
from vinewsie.scoring.gates import letter
from vinewsie.scoring.measures import parse
from vinewsie.scoring.quotations import ON
from vinewsie.scoring.resampling import Difference
from vinewsie.scoring.result import ERRORS, RECORDS, Counts, Result, Score
from vinewsie.scoring.summary import REASONS, left_out, shown_scores
from vinewsie.tables import Report, Table, heading, paragraph

CONFUSIONS = 20
"""Largest number of confused pairs of types that the text shows; the JSON has all of them."""

EPOCHS = 5
"""Largest number of epochs whose values the text shows one by one; the JSON has all of them."""

_COUNTS = ("gold", "pred", "match")
_RESAMPLED = {"document": "documents", "segment": "segments within documents"}
"""What is resampled, by the unit of intervals."""
_KINDS: dict[tuple[tuple[str, ...], tuple[str, ...]], Callable[[str, bool], bool]] = {
    (("P", "R", "F1"), _COUNTS): lambda kind, lower: kind == "f1",
    (("accuracy",), ("aligned", "right")): lambda kind, lower: kind == "accuracy" and not lower,
    (("error rate",), ("aligned", "wrong")): lambda kind, lower: kind == "accuracy" and lower,
}
"""The columns of rates and of counts of each table, and the scores that stand in it."""


def rate(value: float | None) -> str:
    """A rate with three decimals; a dash for a rate without a denominator."""
    return "–" if value is None else f"{value:.3f}"


def plural(count: int, noun: str) -> str:
    """A count with its noun: ``1 document``, ``2 documents``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def score_tables(scores: Mapping[str, Score], *, broken: bool = True) -> list[Table]:
    """Scores as tables: one for precision, recall and F1, one for accuracies, one for error rates,
    as far as there are any. Parameters of a measure stand on lines of their own, unless ``broken``
    is false.
    """
    intervals, zoned = any(score.ci for score in scores.values()), _zoned(scores)
    between = ["95 % CI"] if intervals else []
    tables = []
    for headers, chosen in _KINDS.items():
        rows = [
            [
                _reasoned(_title(name, broken=broken), REASONS.get(score.status), broken=broken),
                *([parse(name).values[ZONE.name]] if zoned else []),
                *_rates(score),
                *([_interval(score)] if intervals else []),
                *_counts_of(score),
            ]
            for name, score in scores.items()
            if chosen(score.kind, parse(name).definition.lower_is_better)
        ]
        if rows:
            rates, counts = headers
            left = ["measure", *(["zone"] if zoned else [])]
            columns = [*left, *rates, *between, *counts]
            align = "l" * len(left) + "r" * (len(columns) - len(left))
            tables.append(Table(columns, rows, align, dict.fromkeys(rates[-1:], "bold cyan")))
    return tables


def _zoned(names: Iterable[str]) -> bool:
    """Whether any measure is one of a part of the page, so that its zone has to be shown."""
    return any(parse(name).values[ZONE.name] != ZONE.values[0] for name in names)


def group_tables(result: Result, *, broken: bool = True) -> list[Table]:
    """The scores of each group of documents; see :func:`score_tables`."""
    if result.by is None:
        return []
    tables, shown = [], shown_scores(result)
    for (rates, counts), chosen in _KINDS.items():
        rows = [
            [
                value,
                str(len(result.by["documents"][value])),
                _title(name, broken=broken),
                parse(name).values["zone"],
                *_rates(score),
                *_counts_of(score),
            ]
            for value, scores in result.groups().items()
            for name, score in scores.items()
            if name in shown
            and score.status == "scored"
            and chosen(score.kind, parse(name).definition.lower_is_better)
        ]
        if rows:
            columns = [result.by["field"], "documents", "measure", "zone", *rates, *counts]
            tables.append(Table(columns, rows, "lrll" + "r" * (len(columns) - 4)))
    return tables


def epoch_table(result: Result) -> Table:
    """The values of each measure in each epoch, their mean and their standard deviation; of more
    than :data:`EPOCHS` epochs the lowest and the highest.
    """
    assert result.epochs is not None
    count, rows = result.epochs["count"], []
    zoned = _zoned(result.epochs["values"])
    each = count <= EPOCHS
    for name, values in result.epochs["values"].items():
        known = [value for value in values if value is not None]
        shown = values if each else [min(known, default=None), max(known, default=None)]
        mean = statistics.mean(known) if known else None
        spread = statistics.stdev(known) if len(known) > 1 else None
        zone = [parse(name).values[ZONE.name]] if zoned else []
        rows.append([_title(name), *zone, *map(rate, [*shown, mean, spread])])
    columns = [f"epoch {n + 1}" for n in range(count)] if each else ["lowest", "highest"]
    left = ["F1 or accuracy", *(["zone"] if zoned else [])]
    return Table([*left, *columns, "mean", "SD"], rows, "l" * len(left) + "r" * (len(columns) + 2))


def label_table(result: Result) -> Table:
    """The scores of each label under each measure that is not an accuracy, with micro and macro
    F1.
    """
    rows = []
    for name, score in shown_scores(result).items():
        if score.kind == "f1" and score.status == "scored":
            shown = {**score.by_label, "micro": score.counts}
            rows += [
                [
                    _title(name),
                    label,
                    *map(rate, (counts.precision, counts.recall, counts.f1)),
                    *_counts(counts),
                ]
                for label, counts in shown.items()
            ]
            rows.append([_title(name), "macro", "", "", rate(score.macro_f1), "", "", ""])
    return Table(["measure", "label", "P", "R", "F1", *_COUNTS], rows, "llrrrrrr")


def voice_table(score: Score) -> Table:
    """Quotations by speaker: gold, predicted, and the error of the count; most quoted first."""
    rows = [
        [speaker, str(n.gold), str(n.predicted), f"{n.predicted - n.gold:+d}"]
        for speaker, n in sorted(
            score.by_label.items(), key=lambda item: (-item[1].gold, -item[1].predicted, item[0])
        )
    ]
    error = sum(abs(n.predicted - n.gold) for n in score.by_label.values())
    total = ["all", str(score.counts.gold), str(score.counts.predicted), f"± {error}"]
    return Table(["voice", "gold", "pred", "error"], [*rows, total], "lrrr")


def _title(name: str, *, broken: bool = True) -> str:
    """The name of a measure without its zone; broken into lines, a parameter on each."""
    measure = parse(name)
    params = tuple((key, value) for key, value in measure.params if key != "zone")
    title = str(replace(measure, params=params))
    return re.sub(r"(?<=[(,])", "\n ", title) if broken else title


def _reasoned(title: str, reason: str | None, *, broken: bool) -> str:
    """A title with the reason why there is no rate, if there is one."""
    if reason is None:
        return title
    if not broken:
        return f"{title} ({reason})"
    return f"{title}\n{textwrap.fill(reason, 17, initial_indent=' ', subsequent_indent=' ')}"


def _rates(score: Score) -> list[str]:
    values = (
        (score.accuracy,) if score.kind == "accuracy" else (score.precision, score.recall, score.f1)
    )
    return [rate(value) for value in values]


def _interval(score: Score) -> str:
    low, high = score.interval
    return "–" if low is None else f"{rate(low)}–{rate(high)}"


def _counts_of(score: Score) -> list[str]:
    counts = score.counts
    if score.status != "scored":
        return ["–"] * (2 if score.kind == "accuracy" else len(_COUNTS))
    return [str(counts.gold), str(counts.matched)] if score.kind == "accuracy" else _counts(counts)


def _counts(counts: Counts) -> list[str]:
    credit = f"{counts.credit:.1f}" if counts.partial else str(counts.matched)
    return [str(counts.gold), str(counts.predicted), credit]


def render(result: Result, format_: str, *, by_label: bool = False) -> str:
    """A result in one of the formats of the command line.

    Args:
        result: the result.
        format_: ``text``, ``json``, ``csv`` or ``latex``.
        by_label: whether text also has the scores of each label.
    """
    if format_ == "json":
        return result.dumps()
    if format_ == "csv":
        frame = result.to_frame()
        frame["signature"] = [result.signature_of(name) for name in frame.index]
        csv: str = frame.to_csv(lineterminator="\n")
        return csv
    if format_ == "latex":
        comments = "".join(f"% {escaped(line)}\n" for line in result.signature.splitlines())
        return comments + "".join(
            f"{table.latex()}\n"
            for table in (
                *score_tables(result, broken=False),
                *group_tables(result, broken=False),
            )
        )
    return str(score_report(result, by_label=by_label))


def error_commands(result: Result, command: str) -> list[str | Text | Table]:
    """How to see the errors of a result, as parts of a report; none if it has none.

    Args:
        result: the result.
        command: the command that shows them.
    """
    scored = (score.counts for score in result.values() if score.status == "scored")
    if all(counts.gold == counts.predicted == counts.matched for counts in scored):
        return []
    if result.epochs is not None:
        shown = Text.assemble("The errors of one epoch: ", ("vinewsie errors FILE", "cyan"))
        return [shown, ""]
    return [
        Text.assemble("Each error in its sentence: ", (command, "cyan")),
        Text.assemble("As a page: vinewsie score … ", ("--report report.html", "cyan")),
        "",
    ]


def holds_everything(result: Result) -> bool:
    """Whether a result's record holds all of its predictions and errors, so that kinds of error are
    counted.
    """
    few = result.details.record_count <= RECORDS and result.error_count <= ERRORS
    return few and result.records is not None


def score_report(
    result: Result, *, by_label: bool = False, after_scores: Sequence[str | Text | Table] = ()
) -> Report:
    """A result as text: scores, diagnostics, what was not scored as given, notes on how to read
    the scores, and signatures.

    Args:
        result: the result.
        by_label: whether the scores of each label are shown.
        after_scores: what stands directly below the scores.
    """
    version = f" {result.dataset['version']}" if result.dataset["version"] else ""
    shown = shown_scores(result)
    documents = plural(len(result.dataset["documents"]), "document")
    if part := result.dataset.get("part"):
        asked = ", ".join(f"{name}={value}" for name, value in part["where"].items())
        documents += f" of {part['of']}" + (f" ({asked})" if asked else "")
    subject = f"{result.extractor or 'predictions'} on {result.dataset['name']}{version}"
    parts: list[str | Text | Table] = [Text.assemble((subject, "bold"), f", {documents}"), ""]
    for table in score_tables(shown):
        parts += [table, ""]
    parts += after_scores
    for name, score in shown.items():
        voice = (parse(name).layer, parse(name).name) == ("people", "voice")
        if voice and score.status == "scored":
            parts += [voice_table(score), ""]
    for table in group_tables(result):
        parts += [table, ""]
    if result.epochs is not None:
        parts += [epoch_table(result), ""]
    if by_label:
        parts += [label_table(result), ""]
    if diagnostics := [_titled(name, what) for name, what in _diagnostics(result) if what]:
        parts += [*diagnostics, ""]
    about = result.predictions
    lists: dict[str, Sequence[object]] = {
        "Without a prediction, counted as empty": about["missing"],
        "Predicted surfaces that do not occur in the text, counted as spurious": about[
            "not_in_text"
        ],
        "Skipped as invalid; a skipped record counts as spurious": about["skipped"],
    }
    for title, listed in lists.items():
        if listed:
            parts += [f"{title}: {len(listed)}", *(f"  {_item(i, result)}" for i in listed), ""]
    parts += [*_legend(result, shown), "", heading("Signatures")]
    # A line that the terminal breaks itself is still one line where it is copied.
    parts += [
        Text(f"  {result.signature_of(name)}", no_wrap=True, overflow="ignore") for name in shown
    ]
    return Report(parts)


def _titled(title: str, text: str) -> Text:
    """A wrapped paragraph whose title stands out in a terminal."""
    whole = Text(paragraph(f"{title}: {text}"))
    whole.stylize("bold", 0, len(title))
    return whole


def _legend(result: Result, shown: Mapping[str, Score]) -> list[str]:
    """The notes on the scores: what the columns mean, and what was left out."""
    kinds = {score.kind for score in shown.values()}
    notes = []
    if "f1" in kinds:
        notes.append("P: precision. R: recall. pred: predicted. match: matched pairs.")
    lower = {parse(name).definition.lower_is_better for name in shown}
    if "accuracy" in kinds and False in lower:
        notes.append("accuracy: right / aligned.")
    if True in lower:
        notes.append("error rate: wrong / aligned predictions that name a speaker.")
    if _zoned(shown):
        notes.append(
            "zone: page is everything on the page; article leaves out the teasers of other "
            "articles."
        )
    others = left_out(result)
    notes += [f"{', '.join(names)}: {reason}." for reason, names in others.items()]
    if any(
        score.value is None or (score.kind == "f1" and score.precision is None)
        for score in shown.values()
        if score.status == "scored"
    ):
        notes.append("–: the denominator is zero (no predictions, or no gold).")
    statuses = {score.status for score in shown.values()}
    if "not_annotated" in statuses:
        notes.append("not annotated: the gold as a whole has nothing that the measure compares.")
    if "not_offered" in statuses or REASONS["not_offered"] in others:
        notes.append(
            "not offered: no prediction mentions the layer; --missing zero counts it as empty."
        )
    if result.epochs is not None:
        notes.append(
            f"{result.epochs['count']} epochs: answers to each document, which are all counted. "
            "SD: standard deviation between epochs."
        )
    if ci := next((score.ci for score in shown.values() if score.ci), None):
        method = f"{ci.get('method', 'percentile')} bootstrap"
        notes.append(
            f"95 % CI: confidence interval of F1 or accuracy; {method} over "
            f"{_RESAMPLED[ci['unit']]}, {ci['resamples']} resamples, seed {ci['seed']}."
        )
        if any(score.value is not None and score.interval[0] is None for score in shown.values()):
            notes.append("CI –: too few units have answers, or all resamples have the same value.")
        notes += [f"{ci['note']}."] if ci["note"] else []
    notes += [
        f"{name}: the scheme has no label for {plural(score.dropped[0], 'gold record')} and "
        f"{plural(score.dropped[1], 'prediction')} of the whole page."
        for name, score in shown.items()
        if any(score.dropped)
    ]
    notes += [
        f"{name}: syllables of {plural(score.pairs, 'aligned quotation')} alone."
        for name, score in shown.items()
        if score.pairs is not None and parse(name).values[ON.name] == "aligned"
    ]
    notes += [
        f"{name}: {plural(score.set_aside[0], 'gold record')} and "
        f"{plural(score.set_aside[1], 'prediction')} of the whole page are set aside (no "
        f"{' or '.join(parse(name).definition.gold_fields)})."
        for name, score in shown.items()
        if any(score.set_aside)
    ]
    return [paragraph(note) for note in notes]


def _diagnostics(result: Result) -> Iterator[tuple[str, str]]:
    """The diagnostics of the layers that were measured, as titles and findings; some are empty."""
    layers = {parse(name).layer for name in shown_scores(result)}
    found = result.diagnostics
    if "entities" in layers and (entities := found.get("entities")):
        yield "Types confused on the right span", _confusions(entities["type_confusion"])
        boundaries = _named_counts(entities["boundary_errors"].items())
        yield "Boundary errors under entities.partial", boundaries
    if "quotes" in layers and (quotes := found.get("quotes")):
        shares = {
            "Scare quotes predicted as speech": quotes["scare_quotes_as_speech"],
            "Direct quotations whose words are not in the article": quotes[
                "invented_direct_quotes"
            ],
        }
        for name, share in shares.items():
            yield name, f"{share['count']} of {share['of']}" if share["of"] else ""
        phenomena = quotes["recall_by_phenomenon"].items()
        recall = ((name, f"{n['found']}/{n['gold']}") for name, n in phenomena)
        yield "Recall of quotations by difficulty", _named_counts(recall)
    if "attribution" in layers and (attribution := found.get("attribution")):
        judged = {"right": attribution["right"], **attribution["wrong"]}
        yield "Speakers of aligned quotations", _named_counts(judged.items())


def _confusions(matrix: Mapping[str, Mapping[str, int]]) -> str:
    pairs = [
        (f"{gold}→{predicted} {n}", n)
        for gold, others in matrix.items()
        for predicted, n in others.items()
    ]
    if (more := len(pairs) - CONFUSIONS) > 0:
        pairs = sorted(pairs, key=lambda pair: -pair[1])[:CONFUSIONS]
        pairs.append((f"and {plural(more, 'more pair')}", 0))
    return ", ".join(shown for shown, _ in pairs)


def _named_counts(counts: Iterable[tuple[str, object]]) -> str:
    """Counts that are not zero, with their names."""
    return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in counts if n != 0)


def _item(item: object, result: Result) -> str:
    if isinstance(item, dict):
        return f"{item['doc_id']}: {item['layer']}[{item['index']}] {item['text']!r}"
    why = result.predictions.get("failures", {}).get(str(item))
    return f"{item}: {why}" if why else str(item)


def agreement_table(
    rows: Sequence[Agreement], left: str, right: str, *, broken: bool = True
) -> Table:
    """The agreement of two passes.

    Args:
        rows: a row for each thing that the passes can agree on.
        left: the name of one pass.
        right: the name of the other.
        broken: whether long cells have several lines.
    """
    cells = [
        [
            row.layer,
            textwrap.fill(row.what, 26) if broken else row.what,
            str(row.left),
            str(row.right),
            "–" if row.agreed is None else str(row.agreed),
            rate(row.value),
            row.coefficient,
        ]
        for row in rows
    ]
    headers = ["layer", "what", left, right, "agreed", "value", "coefficient"]
    return Table(headers, cells, "llrrrrl")


def comparison_report(
    differences: Sequence[Difference], results: Sequence[Result] = (), names: Sequence[str] = ()
) -> Report:
    """The differences between results, and how their p-values were found.

    Args:
        differences: of all pairs.
        results: what was compared, where it is more than two.
        names: their names.
    """
    notes = map(paragraph, comparison_notes(differences))
    if len(results) < 3:
        return Report([comparison_table(differences), "", *notes])
    letters = (f"{letter(place)}  {escaped(name)}" for place, name in enumerate(names))
    tables = (compared_values(results), "", comparison_table(differences))
    return Report([*letters, "", *tables, "", *notes])


def compared_values(results: Sequence[Result], *, broken: bool = True) -> Table:
    """The scores of compared results with their intervals, a row for each measure and result."""
    rows = [
        [
            _reasoned(
                _title(name, broken=broken) if place == 0 else "",
                REASONS.get(result[name].status),
                broken=broken,
            ),
            parse(name).values[ZONE.name] if place == 0 else "",
            letter(place),
            rate(result[name].value),
            _interval(result[name]),
        ]
        for name in results[0]
        for place, result in enumerate(results)
    ]
    return Table(["measure", "zone", "", "F1 or accuracy", "95 % CI"], rows, "lllrr")


def comparison_notes(differences: Sequence[Difference]) -> list[str]:
    """How the p-values of differences were found, and how far to trust them."""
    first = differences[0]
    how = (
        f"p: paired approximate randomisation over {first.unit}s, {first.resamples} shuffles, "
        f"seed {first.seed}, two-sided"
    )
    corrected = "p (Holm): corrected for all pairs of results under one measure"
    pairs = [corrected] if _several(differences) else []
    return [how, *pairs, *sorted({d.note for d in differences if d.note})]


def _several(differences: Sequence[Difference]) -> bool:
    """Whether more than two results are compared."""
    return any(d.second > 1 for d in differences)


def comparison_table(differences: Sequence[Difference], *, broken: bool = True) -> Table:
    """The differences between results, one row a measure and pair; see :func:`score_tables`."""
    several = _several(differences)
    # Why a result has no score stands beside the scores of more than two.
    shown = [d for d in differences if not several or d.difference is not None]
    rows = [
        [
            _reasoned(_title(d.measure, broken=broken), d.unscored or None, broken=broken),
            parse(d.measure).values["zone"],
            *([f"{letter(d.first)} - {letter(d.second)}"] if several else [rate(d.a), rate(d.b)]),
            "–" if d.difference is None else f"{d.difference:+.3f}",
            _p_value(d.p),
            *([_p_value(d.p_holm)] if several else []),
            str(d.units),
        ]
        for d in shown
    ]
    if several:
        columns = ["measure", "zone", "pair", "difference", "p", "p (Holm)", "units"]
        return Table(columns, rows, "lllrrrr")
    return Table(["measure", "zone", "A", "B", "A - B", "p", "units"], rows, "llrrrrr")


def _p_value(p: float | None) -> str:
    return "–" if p is None else f"{p:.4f}"


def bench_report(outcome: Mapping[str, Any]) -> Report:
    """The outcome of a benchmark, one row for each thing that was timed."""
    ratios = outcome["ratios"]

    def row(what: str, name: str, other: str | None = None, ratio: str | None = None) -> list[str]:
        theirs = outcome[other] if other else None
        return [
            what,
            f"{outcome[name]['seconds']:.2f}",
            f"{other}: {theirs['seconds']:.2f}" if theirs else f"{other}: –" if other else "",
            f"{ratios[ratio]:.2f}" if ratio in ratios else "",
        ]

    one = outcome["one_document"]
    rows = [
        row("records in memory to scores", "memory", "nervaluate", "nervaluate / memory"),
        row("", "memory", "seqeval", "seqeval / memory"),
        row("", "memory", "seqscore", "seqscore / memory"),
        row("files to the printed text", "text", "orjson", "text / orjson"),
        row("", "text", "nervaluate", "nervaluate / text"),
        row("files to the result as JSON", "json", "text", "json / text"),
        *(
            [f"one document of {spans} spans", f"{seconds:.3f}", "", ""]
            for spans, seconds in zip(one["spans"], one["seconds"], strict=True)
        ),
        ["growth from one to the other", "", "", f"{one['growth']:.2f}"],
        *(
            [corpus["corpus"], f"{corpus['seconds']:.2f}", "", ""]
            for corpus in outcome["quotations"]
        ),
    ]
    made = outcome["corpus"]
    title = (
        f"strict, exact, partial and type on {plural(made['documents'], 'document')} × "
        f"{plural(made['golds'], 'gold span')} (seed {made['seed']}), {made['resamples']} "
        "resamples where files are read; quotations from files to the printed text, ten measures"
    )
    peaks = ", ".join(
        f"{what} {outcome[name]['peak_mb']:.0f}"
        for what, name in (
            ("records in memory", "memory"),
            ("files to text", "text"),
            ("files to JSON", "json"),
            ("nervaluate", "nervaluate"),
        )
        if outcome[name]
    )
    notes = [
        f"Peak memory in MB: {peaks}.",
        "nervaluate, seqeval and seqscore have their objects in memory; seqeval and seqscore count "
        "strict matches alone, on BIO tags of tokens that are cut where a span begins or ends. "
        "orjson parses the two files, line by line.",
    ]
    missing = [
        name for name in ("nervaluate", "seqeval", "seqscore", "orjson") if not outcome[name]
    ]
    if missing:
        notes.append(f"Not installed: {', '.join(missing)}. {install_command('bench')}")
    table = Table(["", "seconds", "beside", "ratio"], rows, "lrlr")
    return Report([paragraph(title), "", table, "", *map(paragraph, notes)])
