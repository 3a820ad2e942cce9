"""HTML for notebooks: texts with marked spans, and the frame that all views share.

No view has a script or a link. Colours are laid over those of the notebook, so that light and dark
themes both work, and every colour comes with a word.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_STYLE = """
.vinewsie{font:14px/1.7 system-ui,"Noto Sans",sans-serif;color:inherit;max-width:60em}
.vinewsie p{margin:.4em 0}
.vinewsie .vn-head{margin-top:1.2em}
.vinewsie .vn-scroll{overflow:auto;max-height:32em}
.vinewsie table{border-collapse:collapse;margin:.5em 0;color:inherit;font-size:13px}
.vinewsie th,.vinewsie td{border:0;padding:.2em .5em;text-align:left;vertical-align:top;
background:transparent;color:inherit;white-space:nowrap}
.vinewsie .vn-wide{white-space:normal;min-width:16em}
.vinewsie table .vn-l,.vinewsie table .vn-wide{text-align:left}
.vinewsie table .vn-r{text-align:right;font-variant-numeric:tabular-nums}
.vinewsie thead th{border-bottom:1px solid currentColor;font-weight:600}
.vinewsie tbody tr{border-bottom:1px solid rgba(128,128,128,.3)}
.vinewsie mark{color:inherit;background:rgba(128,128,128,.2);border-radius:.2em;padding:.1em 0;
box-decoration-break:clone;-webkit-box-decoration-break:clone;border-bottom:2px solid #808080}
.vinewsie mark.vn-entities{background:rgba(46,134,222,.2);border-color:#2e86de}
.vinewsie mark.vn-dates{background:rgba(230,126,34,.2);border-color:#e67e22}
.vinewsie mark.vn-marks{background:transparent;border-bottom:2px dotted #8d6e63}
.vinewsie mark.vn-quotes{background:rgba(142,68,173,.1);border-bottom:2px solid #a569bd}
.vinewsie mark.vn-gold{background:rgba(39,174,96,.2);border-bottom:3px solid #27ae60}
.vinewsie mark.vn-predicted{background:rgba(231,76,60,.15);border-bottom:3px double #e74c3c}
.vinewsie .vn-label{font-size:.72em;font-weight:600;padding:0 .3em;white-space:nowrap;opacity:.85}
.vinewsie .vn-control{font:.75em monospace;border:1px solid currentColor;border-radius:.2em;
padding:0 .2em}
.vinewsie .vn-note{font-size:.85em;opacity:.8}
.vinewsie pre{margin:.3em 0;font-size:12px;background:transparent;color:inherit;white-space:pre}
"""


@dataclass(frozen=True, order=True)
class MarkedSpan:
    """A span to mark, in code points.

    Args:
        start: its first code point.
        end: the code point behind its last one.
        kind: what it is, such as its layer; gives the colour.
        label: the word that stands behind it.
    """

    start: int
    end: int
    kind: str
    label: str


def view(body: str) -> str:
    """A view of a notebook from the HTML of its content."""
    return f'<div class="vinewsie"><style>{_STYLE}</style>{body}</div>'


def shown(text: str) -> str:
    """A text as HTML: escaped, with control and format characters (such as those that turn the
    direction) as their code points, and line breaks as such.
    """
    return "".join(_shown(char) for char in re.split(r"(\W)", text))


def _shown(piece: str) -> str:
    if piece == "\n":
        return "<br>"
    if len(piece) == 1 and piece != "\t" and unicodedata.category(piece) in ("Cc", "Cf", "Cs"):
        return f'<span class="vn-control">U+{ord(piece):04X}</span>'
    return html.escape(piece)


def element(name: str, content: str, kind: str = "") -> str:
    """An element around HTML.

    Args:
        name: the name of the element.
        content: its content, as HTML.
        kind: its class, without the prefix that all classes have.
    """
    return (
        f'<{name} class="vn-{kind}">{content}</{name}>' if kind else f"<{name}>{content}</{name}>"
    )


def marked(text: str, spans: Iterable[MarkedSpan], start: int = 0, end: int | None = None) -> str:
    """A part of a text as HTML, its spans marked; they may nest and cross.

    Args:
        text: the whole text.
        spans: the spans; what lies outside the part is cut off.
        start: the first code point of the part.
        end: the code point behind its last one; by default that of the text.
    """
    end = len(text) if end is None else end
    inside = sorted(
        (span for span in spans if span.start < end and span.end > start),
        key=lambda span: (span.start, -span.end),
    )
    cuts = {start, end}
    for span in inside:
        cuts |= {max(span.start, start), min(span.end, end)}
    edges, parts = sorted(cuts), []
    for left, right in pairwise(edges):
        piece = shown(text[left:right])
        for span in reversed(inside):  # the inner spans first
            if span.start <= left and span.end >= right:
                if span.end == right and span.label:
                    piece += element("span", shown(span.label), "label")
                piece = element("mark", piece, span.kind)
        parts.append(piece)
    return "".join(parts)


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], align: str, wide: Sequence[str] = ()
) -> str:
    """A table as HTML.

    Args:
        headers: the titles of the columns, as text.
        rows: the cells, as HTML.
        align: a letter for each column: ``l`` for left, ``r`` for right.
        wide: the titles of the columns whose cells have several lines.
    """
    kinds = [
        "wide" if h in wide else "r" if a == "r" else "l"
        for h, a in zip(headers, align, strict=True)
    ]
    head = "".join(element("th", shown(h), k) for h, k in zip(headers, kinds, strict=True))
    body = "".join(
        element("tr", "".join(element("td", c, k) for c, k in zip(row, kinds, strict=True)))
        for row in rows
    )
    whole = f"<table>{element('thead', element('tr', head))}{element('tbody', body)}</table>"
    return element("div", whole, "scroll")
