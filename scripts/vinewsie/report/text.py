"""Results and tables as text, CSV and LaTeX. Rounding happens here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from vinewsie.scoring.agreement import Agreement
from vinewsie.scoring.measures import parse
from vinewsie.scoring.resampling import Difference
from vinewsie.scoring.result import Result

_CONFUSIONS = 20
"""So many pairs of types are shown; a result in JSON has them all."""


def rate(value: float | None) -> str:
    """A rate with three decimals; a dash for nothing over nothing."""
    return "–" if value is None else f"{value:.3f}"


def score_table(result: Result, format_: str = "simple", without: Collection[str] = ()) -> str:
    """The scores of a result, one row a measure but those left out; the column of accuracies only
    where there is one.
    """
    accuracies = any(score.kind == "accuracy" for score in result.values())
    intervals = any(score.ci for score in result.values())
    headers = [
        "measure",
        "zone",
        "precision",
        "recall",
        "F1",
        *(["accuracy"] if accuracies else []),
        *(["95 % interval"] if intervals else []),
    ]
    headers += ["gold", "predicted", "matched"]
    rows = []
    for name, score in result.items():
        if name in without:
            continue
        measure = parse(name)
        own = ",".join(f"{key}={value}" for key, value in measure.params if key != "zone")
        title = f"{measure.layer}.{measure.name}" + (f"({own})" if own else "")
        if score.kind == "accuracy":
            rates = ["", "", "", f"{rate(score.accuracy)} of {score.counts.gold}"]
        else:
            rates = [
                rate(score.precision),
                rate(score.recall),
                rate(score.f1),
                *([""] if accuracies else []),
            ]
        if intervals:
            low, high = score.interval
            rates.append("–" if low is None else f"{rate(low)}–{rate(high)}")
        counts = score.counts
        rows.append(
            [
                title,
                measure.values["zone"],
                *rates,
                str(counts.gold),
                str(counts.predicted),
                str(counts.matched) if not counts.partial else f"{counts.credit:.1f}",
            ]
        )
    # Numbers are strings already: the table must not read them again.
    align = ["left", "left", *["right"] * (len(headers) - 2)]
    return tabulate(rows, headers, tablefmt=format_, colalign=align, disable_numparse=True)


def label_table(result: Result) -> str:
    """The scores of each label under each measure that is no accuracy."""
    rows = [
        (
            name,
            label,
            rate(counts.precision),
            rate(counts.recall),
            rate(counts.f1),
            counts.gold,
            counts.predicted,
            f"{counts.credit:g}",
        )
        for name, score in result.items()
        if score.kind == "f1"
        for label, counts in score.by_label.items()
    ]
    headers = ("measure", "label", "precision", "recall", "F1", "gold", "predicted", "matched")
    return tabulate(rows, headers, colalign=("left", "left", *["right"] * 6), disable_numparse=True)


def render(result: Result, format_: str, *, by_label: bool = False) -> str:
    """A result in one of the formats of the command line: text (with the scores of each label, if
    wanted), json, csv or latex.
    """
    if format_ == "json":
        return result.dumps()
    if format_ == "csv":
        frame = result.to_frame()
        frame["signature"] = [result.signature_of(name) for name in frame.index]
        csv: str = frame.to_csv(lineterminator="\n")
        return csv
    if format_ == "latex":
        comments = "".join(f"% {line}\n" for line in result.signature.splitlines())
        return comments + score_table(result, "latex_booktabs") + "\n"
    return _text(result, by_label)


def _text(result: Result, by_label: bool) -> str:
    dataset = result.dataset
    version = f" {dataset['version']}" if dataset["version"] else ""
    documents = len(dataset["documents"])
    subject = f"{result.extractor or 'predictions'} on {dataset['name']}{version}, {documents} document{'s' if documents != 1 else ''}"
    # Of the package's own articles every row says something; other corpora need not have every
    # layer.
    bare = (
        []
        if version
        else [
            name
            for name, score in result.items()
            if not score.counts.gold and not score.counts.predicted
        ]
    )
    parts = [
        subject,
        "",
        score_table(result, without=bare if len(bare) < len(result) else ()),
        "",
        "zone: page is everything on the page; article leaves out the teasers of other articles.",
    ]
    if bare and len(bare) < len(result):
        parts.append(f"Neither gold nor predictions: {', '.join(bare)}.")
    if any(
        score.value is None or (score.kind == "f1" and score.precision is None)
        for score in result.values()
    ):
        parts.append("–: nothing to divide by (no predictions, or no gold).")
    parts += _on_intervals(result)
    if by_label:
        parts += ["", label_table(result)]
    for name, score in result.items():
        if any(score.dropped):
            golds, predictions = score.dropped
            parts.append(
                f"{name}: the scheme has no label for {golds} golds and {predictions} predictions of the whole page."
            )
    parts += ["", *_on_diagnostics(result)]
    about = result.predictions
    notes: dict[str, Sequence[object]] = {
        "Without a prediction, counted as empty": about["missing"],
        "Predicted words that are not in the text, counted as spurious": about["not_in_text"],
        "Skipped as invalid; a skipped record counts as spurious": about["skipped"],
    }
    for title, listed in notes.items():
        if listed:
            parts += [
                "",
                f"{title}: {len(listed)}",
                *(f"  {_listed(item, result)}" for item in listed),
            ]
    parts += ["", "Signatures", *(f"  {line}" for line in result.signature.splitlines())]
    return "\n".join(parts) + "\n"


def _on_intervals(result: Result) -> list[str]:
    """What the intervals are, and how far to trust them."""
    ci = next((score.ci for score in result.values() if score.ci), None)
    if ci is None:
        return []
    how = f"percentile bootstrap over {ci['unit']}s within documents, {ci['resamples']} resamples, seed {ci['seed']}"
    return [
        f"95 % interval: of F1 or accuracy; {how}.",
        *([f"{ci['note']}."] if ci["note"] else []),
    ]


def _on_diagnostics(result: Result) -> list[str]:
    """The diagnostics of the layers that were measured, a line each."""
    layers = {parse(name).layer for name in result}
    found = result.diagnostics
    lines = []
    if "entities" in layers and "entities" in found:
        pairs = [
            (gold, said, n)
            for gold, others in found["entities"]["type_confusion"].items()
            for said, n in others.items()
        ]
        most = sorted(pairs, key=lambda pair: -pair[2])[:_CONFUSIONS]
        confused = [
            f"{gold}→{said} {n}" for gold, said, n in (pairs if len(pairs) <= _CONFUSIONS else most)
        ]
        more = f", and {len(pairs) - _CONFUSIONS} pairs more" if len(pairs) > _CONFUSIONS else ""
        lines.append(f"Types confused on the right span: {', '.join(confused) or 'none'}{more}")
        boundaries = found["entities"]["boundary_errors"]
        lines.append(
            "Boundary errors of entities: "
            + ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in boundaries.items())
        )
    if "quotes" in layers and "quotes" in found:
        part = found["quotes"]
        lines.append(
            "Scare quotes taken for speech: {count} of {of}".format(
                **part["scare_quotes_as_speech"]
            )
        )
        lines.append(
            "Direct quotations whose words are not in the article: {count} of {of}".format(
                **part["invented_direct_quotes"]
            )
        )
        recall = [
            f"{name.replace('_', ' ')} {n['found']}/{n['gold']}"
            for name, n in part["recall_by_phenomenon"].items()
        ]
        lines.append(f"Quotations found, by what makes them hard: {', '.join(recall) or 'none'}")
    if "attribution" in layers and "attribution" in found:
        wrong = found["attribution"]["wrong"]
        lines.append(
            f"Speakers of aligned quotations: right {found['attribution']['right']}, "
            + ", ".join(f"{k} {n}" for k, n in wrong.items())
        )
    return lines


def _listed(item: object, result: Result) -> str:
    if isinstance(item, dict):
        return f"{item['doc_id']}: {item['layer']}[{item['index']}] {item['text']!r}"
    why = result.predictions.get("failures", {}).get(str(item))
    return f"{item}: {why}" if why else str(item)


def agreement_table(
    rows: Sequence[Agreement], left: str, right: str, format_: str = "simple"
) -> str:
    """An agreement table, one row a thing agreed on."""
    cells = [
        (
            row.layer,
            row.what,
            row.left,
            row.right,
            "–" if row.agreed is None else row.agreed,
            rate(row.value),
            row.coefficient,
        )
        for row in rows
    ]
    align = ("left", "left", "right", "right", "right", "right", "left")
    headers = ("layer", "what", left, right, "agreed", "value", "coefficient")
    return tabulate(cells, headers, tablefmt=format_, colalign=align, disable_numparse=True)


def bench_table(outcome: Mapping[str, Any]) -> str:
    """The outcome of a benchmark, one row a thing timed."""
    ours, theirs, one = outcome["vinewsie"], outcome.get("nervaluate"), outcome["one_document"]
    rows = [
        (
            "records in memory to scores, seconds",
            f"{ours['seconds']:.2f}",
            f"{theirs['seconds']:.2f}" if theirs else "–",
            _times(outcome, "memory_to_memory"),
        ),
        (
            "files to the printed result, seconds",
            f"{ours['files_seconds']:.2f}",
            f"{theirs['seconds']:.2f} ¹" if theirs else "–",
            _times(outcome, "files_to_print"),
        ),
        (
            "peak memory, MB",
            f"{ours['peak_mb']:.0f}",
            f"{theirs['peak_mb']:.0f}" if theirs else "–",
            _times(outcome, "peak_memory"),
        ),
        *(
            (f"one document of {spans} spans, seconds", f"{seconds:.3f}", "", "")
            for spans, seconds in zip(one["spans"], one["vinewsie_seconds"], strict=True)
        ),
        ("  growth", f"{one['growth']:.2f}", "", ""),
    ]
    made = outcome["corpus"]
    title = f"strict, exact, partial and type on {made['documents']} documents × {made['golds']} golds (seed {made['seed']})"
    notes = (
        "¹ given its objects in memory, for free"
        if theirs
        else "nervaluate is not installed: pip install vinewsie[bench]"
    )
    table = tabulate(
        rows,
        ("", "vinewsie", "nervaluate", "ratio"),
        disable_numparse=True,
        colalign=("left", "right", "right", "right"),
    )
    return f"{title}\n\n{table}\n\n{notes}"


def _times(outcome: Mapping[str, Any], ratio: str) -> str:
    return f"{outcome['ratios'][ratio]:.2f}" if "ratios" in outcome else "–"


def comparison_table(differences: Sequence[Difference], format_: str = "simple") -> str:
    """The differences between two results, one row a measure."""
    headers = ("measure", "A", "B", "A - B", "p", "units")
    rows = [
        (
            d.measure,
            rate(d.a),
            rate(d.b),
            _signed(d.difference),
            "–" if d.p is None else f"{d.p:.4f}",
            str(d.units),
        )
        for d in differences
    ]
    table = tabulate(
        rows, headers, tablefmt=format_, colalign=("left", *["right"] * 5), disable_numparse=True
    )
    first = differences[0]
    how = f"p: paired approximate randomisation over {first.unit}s, {first.resamples} shuffles, seed {first.seed}, two-sided"
    notes = sorted({d.note for d in differences if d.note})
    return "\n".join([table, "", how, *(f"{note}" for note in notes)])


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"
