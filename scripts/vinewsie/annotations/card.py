"""The data set's card: its head for the Hub, and its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vinewsie.annotations.store import Annotations
from vinewsie.model import Document, records_of
from vinewsie.reading.gold import NAME
from vinewsie.scheme import LAYERS, ZONES
from vinewsie.scoring.agreement import agreement

if TYPE_CHECKING:
    import pyarrow as pa


TABLES = {
    "documents": "one row a document, all labels nested in it",
    "entities": "one row a mention",
    "dates": "one row a time expression",
    "marks": "one row a pair of quotation marks",
    "quotes": "one row an attributed quotation",
    "registry": "one row an entity of the registry",
}
"""The tables of the data set, which are its configs; the first is the default."""


def start_of(record: Any) -> int:
    start: int = record.content[0].start if hasattr(record, "content") else record.start
    return start


def card(corpus: Annotations, manifest: Mapping[str, Any], schemas: Mapping[str, pa.Schema]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from vinewsie.annotations import leaderboard

    environment = Environment(
        loader=PackageLoader("vinewsie.annotations"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = sorted(corpus.passes)
    pairs = [(left, right) for i, left in enumerate(names) for right in names[i + 1 :]]
    tables = [
        (left, right, agreement(corpus.passes[left], corpus.passes[right])) for left, right in pairs
    ]
    # What ViNewsIE's card says of its texts and annotators holds for no other data.
    template = "card.md.j2" if corpus.articles.name == NAME else "own_card.md.j2"
    return environment.get_template(template).render(
        name=corpus.articles.name,
        manifest=manifest,
        articles=corpus.articles.articles,
        documents=corpus.documents,
        tables=TABLES,
        features={name: _yaml_features(fields) for name, fields in schemas.items()},
        agreement=_agreement_rows(tables),
        pass_pairs=[f"{left}–{right}" for left, right in pairs],
        label_counts=_label_counts(corpus.documents),
        zone_counts=_zone_counts(corpus.documents),
        adjudication=Counter(decision.stage for decision in corpus.adjudication),
        stages=_outcomes(corpus),
        layers=LAYERS,
        registry=corpus.registry,
        leaderboard=leaderboard.render(rows, "markdown")
        if (rows := leaderboard.read(corpus.folder))
        else "",
    )


def _agreement_rows(tables: Sequence[tuple[str, str, Sequence[Any]]]) -> list[dict[str, Any]]:
    rows = []
    for parts in zip(*(rows for _, _, rows in tables), strict=True):
        values = ["–" if part.value is None else f"{part.value:.3f}" for part in parts]
        rows.append(
            {
                "layer": parts[0].layer,
                "what": parts[0].what,
                "coefficient": parts[0].coefficient,
                "values": values,
            }
        )
    return rows


def _label_counts(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    """How often each label occurs: by document, and on all documents in the article alone (item
    0).
    """
    rows = []
    for layer in LAYERS.values():
        for label in layer.vocabularies[layer.label_field]:
            counts, article = [], 0
            for document in documents.values():
                chosen = [
                    r
                    for r in records_of(document, layer.name)
                    if getattr(r, layer.label_field) == label
                ]
                counts.append(len(chosen))
                article += sum(_in_article(document, r) for r in chosen)
            if sum(counts):
                rows.append(
                    {
                        "layer": layer.title,
                        "label": label,
                        "counts": counts,
                        "total": sum(counts),
                        "article": article,
                    }
                )
    return rows


def _in_article(document: Document, record: Any) -> bool:
    segment = document.segment_at(start_of(record))
    return segment is not None and segment.item == 0


def _zone_counts(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    rows = []
    for zone in ZONES:
        counts = [sum(s.zone == zone for s in document.segments) for document in documents.values()]
        if sum(counts):
            rows.append({"zone": zone, "counts": counts, "total": sum(counts)})
    return rows


def _outcomes(corpus: Annotations) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for decision in corpus.adjudication:
        found.setdefault(decision.stage, Counter())[decision.outcome] += 1
    return found


def _yaml_features(fields: pa.Schema) -> str:
    """A schema as the ``features`` of a dataset card, in the form that all versions of ``datasets``
    read (``list:``, not ``sequence:``).
    """
    import pyarrow as pa

    def lines(name: str | None, kind: pa.DataType, indent: int) -> Iterator[str]:
        space = " " * indent
        head = f"{space}- name: {name}"
        if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
            yield from (head, f"{space}  list:")
            for field in kind.value_type:
                yield from lines(field.name, field.type, indent + 2)
        elif pa.types.is_list(kind) and pa.types.is_list(kind.value_type):
            yield from (head, f"{space}  list:", f"{space}    list:")
            for field in kind.value_type.value_type:
                yield from lines(field.name, field.type, indent + 4)
        elif pa.types.is_list(kind):
            yield from (head, f"{space}  list: {kind.value_type}")
        elif pa.types.is_struct(kind):
            yield from (head, f"{space}  struct:")
            for field in kind:
                yield from lines(field.name, field.type, indent + 2)
        else:
            yield from (head, f"{space}  dtype: {kind}")

    return "\n".join(line for field in fields for line in lines(field.name, field.type, 2))
