"""The page of a result: one HTML file, with everything in it and no request to a network.

The page is made of a Jinja2 template (with autoescape), a style sheet and small scripts, all in
``templates/``, and of data as JSON. Its Content-Security-Policy allows the one style sheet and the
one script by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vinewsie.findings import install_command
from vinewsie.model import RECORD_TYPES, records_of
from vinewsie.perturbations.run import Robustness
from vinewsie.perturbations.table import PERTURBATIONS
from vinewsie.reading.gold import Gold
from vinewsie.report import chart
from vinewsie.report.cases import LAYERS, View
from vinewsie.report.comparison import Compared, comparison
from vinewsie.report.messages import LANGUAGES, message, table
from vinewsie.report.overview import MeasureRow, href, layer_sections, measure_rows
from vinewsie.report.payload import (
    CASE,
    document_payload,
    payload,
    script_json,
    shown_documents,
    title_of,
)
from vinewsie.report.robustness import (
    KINDS,
    difference,
    effects_of,
    interval,
    reservations,
    without_effect,
)
from vinewsie.report.sentences import sentences
from vinewsie.report.thresholds import thinned, threshold_of
from vinewsie.scoring.mastery import Mastered, phenomena, phenomenon
from vinewsie.scoring.measures import parse
from vinewsie.scoring.thresholds import ThresholdCurve

logger = logging.getLogger("vinewsie")

SCRIPTS = ("words", "text", "data", "spans", "detail", "list", "article", "main")
"""The modules of the page's script, in their order."""
_CONTROLS = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Characters that are invisible or change the direction of what follows."""


def page(
    views: Sequence[View], *, language: str | None = None, robustness: Robustness | None = None
) -> str:
    """The page of a result, or of two that are compared.

    Args:
        views: the view of the result, and of a second result on the same gold.
        language: one of :data:`~vinewsie.report.messages.LANGUAGES`; None for that of the browser.
        robustness: of the same extractor, where it is shown.

    Raises:
        NotComparableError: the two results differ in more than their predictions.
    """
    view, result = views[0], views[0].result
    compared = comparison(views[0], views[1]) if len(views) == 2 else None
    environment = Environment(
        loader=PackageLoader("vinewsie.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chosen = language or LANGUAGES[0]
    if not (drawn := chart.available()):
        logger.warning("a page without charts: they need matplotlib: %s", install_command("charts"))

    def words(key: str, **values: object) -> Markup:
        """A message as an element that the script translates."""
        text = message(key, chosen, **{name: visible(str(v)) for name, v in values.items()})
        data = script_json({k: visible(str(v)) for k, v in values.items()}) if values else ""
        more = Markup(' data-values="{}"').format(data) if values else Markup()
        return Markup('<span data-message="{}"{}>{}</span>').format(key, more, text)

    environment.globals.update(
        t=words,
        plain=lambda key, **values: message(key, chosen, **values),
        known=lambda key: key in table(),
        rate=lambda value: "–" if value is None else f"{value:.3f}",
    )
    environment.filters["visible"] = visible
    script = "\n".join(_template(f"{name}.js") for name in SCRIPTS)
    style = _template("page.css")
    rows = measure_rows(view)
    every = len(result.dataset["documents"])
    shown = shown_documents(views)
    return environment.get_template("page.html.j2").render(
        script=Markup(script),
        style=Markup(style),
        script_hash=_csp_hash(script),
        style_hash=_csp_hash(style),
        data=Markup(script_json(_data(views, language, compared))),
        documents=(Markup(script_json(document_payload(views, doc))) for doc in shown),
        language=language or "",
        lang=chosen,
        result=result,
        subject=title_of(view),
        compared=compared,
        compared_names=[title_of(one) for one in views],
        comparison_rows=[]
        if compared is None
        else [
            (one, interval, parse(one.measure))
            for one, interval in zip(compared.differences, compared.intervals, strict=True)
        ],
        compared_chart=Markup(
            _chart([measure_rows(one) for one in views], message("compare.chart", chosen))
        )
        if compared is not None and drawn
        else "",
        mastered=_mastered(view),
        phenomenon=phenomenon,
        robustness=robustness,
        effects={kind: effects_of(robustness, kind) for kind in KINDS} if robustness else {},
        unmoved={kind: without_effect(robustness, kind) for kind in KINDS} if robustness else {},
        reservations=reservations(robustness) if robustness else [],
        difference=difference,
        range_of=interval,
        about_of=lambda name: PERTURBATIONS[name].about if name in PERTURBATIONS else "",
        curves=[
            {
                "measure": str(one.measure),
                "chart": Markup(_curve_chart(one, chosen)) if drawn else "",
                "best": one.best,
                "sure": one.sure,
                "points": thinned(one),
            }
            for one in view.curves
        ],
        threshold_of=threshold_of,
        left_out=sorted({m.layer for m, s in result.measures.items() if s.status == "not_offered"}),
        rows=rows,
        chart=Markup(_chart([rows], message("headline.chart", chosen))) if rows and drawn else "",
        sentences=[(one, href(**one.filters) if one.filters else "") for one in sentences(view)],
        layers=layer_sections(view),
        interval=next((s.ci for s in result.values() if s.ci is not None), None),
        sample=None
        if len(shown) == every
        else {"shown": len(shown), "all": every, "step": -(-every // len(shown))},
        error_count=len(view.errors),
    )


PHENOMENA = 20_000
"""Records of the gold up to which the page shows phenomena: each predicate reads each record."""


def _mastered(view: View) -> list[Mastered]:
    """What the predictions of a page master of each phenomenon; empty for a large gold."""
    gold = Gold({pair.gold.doc_id: pair.gold for pair in view.documents})
    size = sum(len(records_of(doc, layer)) for doc in gold.values() for layer in RECORD_TYPES)
    if size > PHENOMENA:
        return []
    made = [pair.prediction for pair in view.documents]
    return [one for one in phenomena(made, gold, skip_invalid=True) if one.cases]


def _data(views: Sequence[View], language: str | None, compared: Compared | None) -> dict[str, Any]:
    """Everything that the page's script reads."""
    found = {
        "case": CASE,
        "layers": list(LAYERS),
        "letters": list(LAYERS.values()),
        "language": language,
        "languages": LANGUAGES,
        "messages": table(),
        **payload(views),
    }
    if compared is not None:
        found["compared"] = compared.addresses
    return found


def _chart(results: Sequence[Sequence[MeasureRow]], title: str) -> str:
    """The values of the measures with their intervals; of two results, those that both have."""
    common = set.intersection(*({row.measure for row in rows} for rows in results))
    series = [
        [
            chart.Interval(
                row.title if row.zone == "page" else f"{row.title} · {row.zone}",
                row.value,
                *row.score.interval,
            )
            for row in rows
            if row.measure in common
        ]
        for rows in results
    ]
    return chart.intervals(series, title)


def _curve_chart(curve: ThresholdCurve, language: str) -> str:
    """Precision and recall over the threshold."""
    points = [point for point in curve.points if point.threshold is not None]
    x = [point.threshold or 0.0 for point in points]
    lines = [
        chart.Curve(message(name, language), x, [getattr(point.counts, name) for point in points])
        for name in ("precision", "recall")
    ]
    return chart.curves(lines, message("thresholds", language), message("score", language))


def _template(name: str) -> str:
    return (files("vinewsie.report") / "templates" / name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def visible(text: str) -> str:
    """Text whose control characters are shown by their numbers, such as ``⟨U+202E⟩``."""
    return _CONTROLS.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", text)
