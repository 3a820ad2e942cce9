"""German WIKINEWS quotes: one JSON object for each article.

Source: Petersen-Frey and Biemann (2024), Dataset of Quotation Attribution in German News Articles.

A record has no place for frames, media (``S``, ``T``, ``W``) and the spans of addressees; the
corpus has no speakers as entities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vinewsie.decoding import given_records
from vinewsie.findings import Finding
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_items
from vinewsie.formats.quotations.parts import Place, encloses, one_span, quotation, report_lost

_KINDS = {"FreeIndirect": "free indirect", "IndirectFreeIndirect": "free indirect"}
_IGNORED = {"frame": "frames", "addressee": "addressees", "medium": "media"}


def recognises(sample: Sample) -> bool:
    """Whether the first value is an article with annotations."""
    first = sample.values[0] if sample.values else None
    return (
        isinstance(first, Mapping)
        and isinstance(first.get("annotations"), list)
        and isinstance(first.get("originalText"), str)
    )


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    lost: Counter[str] = Counter()
    for line, article in json_items(path, findings):
        text = article.get("originalText") if isinstance(article, Mapping) else None
        annotations = article.get("annotations") if isinstance(article, Mapping) else None
        if not isinstance(text, str) or not isinstance(annotations, list):
            message = "is no article: originalText and annotations are needed"
            findings.append(Finding("format", message, file=str(path), line=line))
            continue
        try:
            quotes = _quotes(annotations, lost)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"an annotation has not the form of the corpus: {error!r}"
            findings.append(Finding("format", message, file=str(path), line=line))
            continue
        name = article.get("documentName")
        yield ParsedDocument(
            {"quotes": given_records(quotes, "quotes")},
            text,
            name if isinstance(name, str) and name else None,
            path.stem,
            file=str(path),
            line=line,
        )
    report_lost(lost, path, findings)


def _quotes(annotations: list[Any], lost: Counter[str]) -> list[dict[str, Any]]:
    contents = {str(one["id"]): _places(one["quote"]) for one in annotations}
    found = []
    for one in annotations:
        id_ = str(one["id"])
        if not contents[id_]:
            lost["annotations without a quotation"] += 1
            continue
        for name, what in _IGNORED.items():
            lost[what] += bool(_places(one.get(name)) if name != "medium" else one.get(name))
        kind = one.get("type")
        found.append(
            quotation(
                id_,
                contents[id_],
                cue=_places(one.get("cue")),
                source=one_span(_places(one.get("speaker")), lost, "speaker"),
                kind=_KINDS.get(kind, kind.lower()) if isinstance(kind, str) else None,
                parent=_parent(id_, contents) if one.get("isNested") else None,
            )
        )
    return found


def _places(part: Any) -> list[Place]:
    """The spans of a part of an annotation, which may be a list of such parts."""
    if isinstance(part, list):
        return [place for one in part for place in _places(one)]
    if not part:
        return []
    return [(int(one["charBegin"]), int(one["charEnd"])) for one in part.get("spans") or ()]


def _parent(id_: str, contents: Mapping[str, list[Place]]) -> str | None:
    """The quotation with the shortest content that encloses that of another."""
    around = [
        (sum(end - start for start, end in places), other)
        for other, places in contents.items()
        if other != id_ and places != contents[id_] and encloses(places, contents[id_])
    ]
    return min(around)[1] if around else None


FORMAT = Format(
    name="wikinews-quotes",
    about="German WIKINEWS quotes: JSON with annotations",
    suffixes=(".json",),
    holds={"quotes": fields("content", "cue", "source", "kind", "parent")},
    recognises=recognises,
    read=read,
    limits="frames, media, addressees",
    keys=frozenset(("annotations", "originalText", "documentName", "sentences")),
)
