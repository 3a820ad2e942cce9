"""The card of the data set (``README.md``) with its head for the Hub, and the licence beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from vinewsie.annotations import audit, figures, leaderboard, store
from vinewsie.annotations.figures import SetFigures, UnseenScores
from vinewsie.annotations.leaderboard import LeaderboardRow
from vinewsie.annotations.store import Annotations
from vinewsie.model import Document, reading_order, records_of
from vinewsie.scheme import LAYERS, ZONES
from vinewsie.scheme.marks import FUNCTIONS
from vinewsie.scoring.agreement import Agreement, agreement
from vinewsie.tables import Table

ROWS = {
    "documents": "one row a document, all labels nested in it",
    "entities": "one row a mention",
    "dates": "one row a time expression",
    "marks": "one row a pair of quotation marks",
    "quotes": "one row an attributed quotation",
    "registry": "one row an entity of the registry",
}
"""The content of a row of each table."""

_HUB = {
    "license": "other",
    "license_name": "labels-cc-by-4.0-texts-publishers",
    "license_link": "LICENSE",
    "annotations_creators": ["machine-generated"],
    "language_creators": ["found"],
    "multilinguality": ["monolingual"],
    "source_datasets": ["original"],
    "size_categories": ["n<1K"],
    "task_categories": ["token-classification"],
    "task_ids": ["named-entity-recognition"],
    "tags": [
        "vietnamese",
        "news",
        "evaluation",
        "temporal-expressions",
        "timex3",
        "quotation-attribution",
    ],
}
"""The part of the head that is true of ViNewsIE's articles only."""

_WRITERS = ["found", "machine-generated"]
"""Those who wrote the texts, where a set is invented."""

_WANTED = 0.05
"""The half-width of an interval that is wanted at most."""
_RARE = 20
"""The records that a phenomenon needs to be named for its agreement."""

TEMPLATES = Environment(
    loader=PackageLoader("vinewsie.annotations"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


PICTURE = "pictures/errors.svg"
"""The picture of the card, in the annotations and in the data set (see ``tests/pictures.py``)."""


def card_files(
    corpus: Annotations,
    manifest: Mapping[str, Any],
    schemas: Mapping[str, pa.Schema],
    sets: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, SetFigures] = MappingProxyType({}),
) -> dict[str, str]:
    """The card, its picture if there is one, and, for ViNewsIE's own articles, the licence.

    The licence is a file beside the card because ``license_link`` must resolve both in the
    repository and on the Hub, where the folder is a repository of its own.

    Args:
        corpus: the annotations, without errors.
        manifest: the content of ``manifest.json``.
        schemas: the Arrow schema of each table; the first table is the default config, those of
            other sets have the name of the set before theirs.
        sets: the manifests of the other sets of the data set, by name.
        found: the figures of these sets, as far as the data set has them.

    Returns:
        The content of each file by its name.
    """
    own = corpus.articles.own
    names = sorted(corpus.passes)
    pairs = list(combinations(names, 2))
    rows = leaderboard.read(corpus.folder)
    documents = corpus.documents
    drawn = corpus.folder / PICTURE
    # It shows sentences of the texts.
    shown = drawn.is_file() and not manifest["labels_only"]
    pictures = {PICTURE: drawn.read_text(encoding="utf-8")} if shown else {}
    card = TEMPLATES.get_template("card.md.j2" if own else "own_card.md.j2").render(
        head=yaml.safe_dump(
            head(corpus.articles, manifest, schemas, sets),
            allow_unicode=True,
            sort_keys=False,
        ),
        name=corpus.articles.name,
        audited=audit.headline(audit.read(corpus.folder), corpus.articles.data_version),
        audited_sets={
            name: audit.headline(audit.read(corpus.folder / name), other["data_version"])
            for name, other in sets.items()
        },
        manifest=manifest,
        sets=sets,
        parts={name: _set_part(corpus, name, one, rows) for name, one in found.items()},
        articles=corpus.articles.articles,
        documents=documents,
        tables=ROWS,
        agreement=_agreement_rows(
            [agreement(corpus.passes[left], corpus.passes[right]) for left, right in pairs]
        ),
        pass_pairs=[f"{left}–{right}" for left, right in pairs],
        label_counts=_label_counts(documents),
        contested=_contested(documents),
        mark_places=_mark_places(documents),
        missing_values=_missing_values(documents),
        split_contents=sum(len(q.content) > 1 for d in documents.values() for q in d.quotes),
        truncated=sum(q.truncated for d in documents.values() for q in d.quotes),
        inherited=sum(bool(q.inherited) for d in documents.values() for q in d.quotes),
        roles=sum(entry.kind == "role" for entry in corpus.registry.values()),
        zone_counts=_zone_counts(documents),
        repeats=_repeats(documents),
        stages=figures.stages_of(corpus),
        registry=corpus.registry,
        leaderboard=leaderboard.render(rows, "markdown") if rows else "",
        picture=PICTURE if pictures else "",
    )
    if not own:
        return {"README.md": card}
    licence = TEMPLATES.get_template("licence.txt.j2").render(
        articles=corpus.articles.articles,
        manifest=manifest,
        licensed={name: about["licence"] for name, about in sets.items() if "licence" in about},
    )
    return {"README.md": card, "LICENSE": licence, **pictures}


def _set_part(
    corpus: Annotations, name: str, found: SetFigures, rows: Sequence[LeaderboardRow]
) -> dict[str, Any]:
    """What the card says of a further set."""
    readings = figures.read_readings(corpus.folder / name)
    articles = store.read_articles(corpus.folder / name).articles
    return {
        "figures": found,
        "pages": articles,
        "dealt": _dealt(articles),
        "labels": _set_labels(found.labels),
        "texts": figures.text_table(
            {"articles": found.articles, name: found.texts}, broken=False
        ).markdown(),
        "agreement": [
            {"layer": row.layer, "what": row.what, "coefficient": row.coefficient}
            | {"value": _rate(row.value)}
            for row in found.agreement
        ],
        "phenomena": _phenomena(found.phenomena),
        "least_agreed": _least_agreed(found.phenomena),
        "readings": readings,
        "error_rates": figures.error_rates(readings.third),
        "unseen": _unseen_rows(found.unseen, rows) if found.unseen is not None else "",
        "halves": _half_rows(found.halves, rows) if found.halves else "",
        "wider": [
            f"`{measure}` ({_rate(cell.half_width)})"
            for measure, cell in (found.unseen.scores if found.unseen is not None else {}).items()
            if cell.half_width is not None and cell.half_width > _WANTED
        ],
        "half_widths": _half_widths(rows, name),
    }


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _dealt(articles: Sequence[store.Article]) -> list[tuple[str, int, int]]:
    """The phenomena that were dealt to invented pages, with the number of cases and of pages."""
    names = dict.fromkeys(name for article in articles for name in article.phenomena)
    found = []
    for name in names:
        cases = [article.phenomena.get(name, 0) for article in articles]
        found.append((name, sum(cases), sum(map(bool, cases))))
    return found


def _set_labels(labels: Mapping[str, Mapping[str, int]]) -> str:
    cells = [
        [place, ", ".join(f"{value} {count}" for value, count in counts.items())]
        for place, counts in labels.items()
    ]
    return Table(["field", "records"], cells, "ll").markdown()


def _phenomena(rows: Sequence[Agreement]) -> str:
    """One line for each phenomenon: its F1, and the accuracy of the reading, which is the row after
    it.
    """
    cells = []
    for found, same in zip(rows[::2], rows[1::2], strict=True):
        counts = [str(found.left), str(found.right), str(found.agreed)]
        cells.append([found.layer, found.what, *counts, _rate(found.value), _rate(same.value)])
    headers = ["layer", "phenomenon", "a", "b", "both", "F1", "same reading"]
    return Table(headers, cells, "llrrrrr").markdown()


def _least_agreed(rows: Sequence[Agreement]) -> str:
    """The phenomena that the passes find least alike, of those that are not rare."""
    known = [
        row for row in rows[::2] if row.value is not None and row.left + row.right >= 2 * _RARE
    ]
    least = sorted(known, key=lambda row: (row.value, row.layer, row.what))[:3]
    return "; ".join(f"{row.layer}, {row.what} ({_rate(row.value)})" for row in least)


def _unseen_rows(unseen: UnseenScores, rows: Sequence[LeaderboardRow]) -> str:
    """The scores of an extractor on the articles, and on the press set before it was read."""
    known = {row.extractor: row for row in rows}
    articles = known[unseen.about.extractor].scores if unseen.about.extractor in known else {}
    cells = []
    for name, cell in unseen.scores.items():
        there = articles.get(name)
        cells.append(
            [
                f"`{name}`",
                "–" if there is None else _rate(there.f1),
                _rate(cell.f1),
                "–" if cell.low is None else f"{_rate(cell.low)}–{_rate(cell.high)}",
                _rate(cell.half_width),
            ]
        )
    headers = ["measure", "articles", "press, unseen", "95 % interval", "half-width"]
    return Table(headers, cells, "lrrrr").markdown()


def _half_rows(
    halves: Mapping[str, Mapping[str, float | None]], rows: Sequence[LeaderboardRow]
) -> str:
    """F1 of the baseline on the articles and on the halves of the press set."""
    articles = next((row.scores for row in rows if row.extractor == figures.BASELINE), {})
    cells = []
    for name, by_half in halves.items():
        there = articles.get(name)
        known = ["–" if there is None else _rate(there.f1)]
        cells.append([f"`{name}`", *known, *map(_rate, by_half.values())])
    columns = list(next(iter(halves.values()), ()))
    return Table(["measure", "articles", *columns], cells, "lr" + "r" * len(columns)).markdown()


def _half_widths(rows: Sequence[LeaderboardRow], other: str) -> str:
    """The half-widths of the intervals of all extractors: on the page, and on another set."""
    cells = []
    for name in leaderboard.MEASURES:
        sides = [
            [row.scores[name] for row in rows if name in row.scores],
            [
                row.sets[other].scores[name]
                for row in rows
                if other in row.sets and name in row.sets[other].scores
            ],
        ]
        widths = [[c.half_width for c in side if c.half_width is not None] for side in sides]
        if widths[1]:
            ranges = [f"{min(w):.3f}–{max(w):.3f}" if w else "–" for w in widths]
            cells.append([f"`{name}`", str(len(widths[1])), *ranges])
    if not cells:
        return ""
    headers = ["measure", "extractors", "articles", other]
    return Table(headers, cells, "lrrr").markdown()


# Head


def head(
    articles: store.Articles,
    manifest: Mapping[str, Any],
    schemas: Mapping[str, pa.Schema],
    sets: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The metadata that ``datasets`` and the Hub read.

    ``datasets`` keys its cache on the head, not on the data. Version and content hash in every
    config keep it from serving old data.

    Args:
        articles: the index of the data set.
        manifest: the content of ``manifest.json``.
        schemas: the Arrow schema of each config.
        sets: the manifests of the other sets, by name.
    """
    configs = []
    for number, config in enumerate(schemas):
        part, _, table = config.rpartition("_")
        about = sets[part] if part else manifest
        folder = f"{part}/" if part else ""
        configs.append(
            {
                "config_name": config,
                "data_files": [{"split": "test", "path": f"{folder}data/{table}.parquet"}],
                **({"default": True} if number == 0 else {}),
                "version": about["data_version"],
                "description": f"content sha256 {about['tables'][table]['sha256']}",
            }
        )
    invented = any(about.get("invented") for about in sets.values())
    return {
        "pretty_name": articles.name,
        "language": ["vi"],
        **(_HUB if articles.own else {}),
        **({"language_creators": _WRITERS} if articles.own and invented else {}),
        "configs": configs,
        "dataset_info": [
            {"config_name": table, "features": [_feature(field) for field in schema]}
            for table, schema in schemas.items()
        ],
    }


def _feature(field: pa.Field) -> dict[str, Any]:
    """A column in the form that all versions of ``datasets`` read: ``list:``, not ``sequence:``."""
    if pa.types.is_list(field.type):
        return {"name": field.name, "list": _content(field.type.value_type)}
    key = "struct" if pa.types.is_struct(field.type) else "dtype"
    return {"name": field.name, key: _content(field.type)}


def _content(kind: pa.DataType) -> Any:
    if pa.types.is_struct(kind):
        return [_feature(field) for field in kind]
    if pa.types.is_list(kind):
        return {"list": _content(kind.value_type)}
    return str(kind)


# Tables


def _agreement_rows(tables: Sequence[Sequence[Agreement]]) -> list[dict[str, Any]]:
    """One row for each coefficient, with its value for each pair of passes."""
    return [
        {
            "layer": parts[0].layer,
            "what": parts[0].what,
            "coefficient": parts[0].coefficient,
            "values": ["–" if part.value is None else f"{part.value:.3f}" for part in parts],
        }
        for parts in zip(*tables, strict=True)
    ]


def _label_counts(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    """The frequency of each label by document, in all, and in the articles without teasers."""
    rows = []
    for layer in LAYERS.values():
        for label in layer.vocabularies[layer.label_field]:
            found = [
                [
                    segment is not None and segment.item == 0
                    for record in records_of(document, layer.name)
                    if getattr(record, layer.label_field) == label
                    for segment in [document.segment_at(reading_order(record)[0])]
                ]
                for document in documents.values()
            ]
            if any(found):
                counts = [len(in_article) for in_article in found]
                rows.append(
                    {
                        "layer": layer.title,
                        "label": label,
                        "counts": counts,
                        "total": sum(counts),
                        "article": sum(map(sum, found)),
                    }
                )
    return rows


def _contested(documents: Mapping[str, Document]) -> dict[str, int]:
    """The number of contested records of each layer that has some, by the layer's title."""
    counts = {
        layer.title: sum(
            record.contested for d in documents.values() for record in records_of(d, layer.name)
        )
        for layer in LAYERS.values()
    }
    return {title: count for title, count in counts.items() if count}


def _mark_places(documents: Mapping[str, Document]) -> Mapping[str, Mapping[str, int]]:
    """The number of quotation marks of each function, by place: article, teaser, total."""
    places: dict[str, Counter[str]] = {function: Counter() for function in FUNCTIONS}
    for document in documents.values():
        for mark in document.marks:
            segment = document.segment_at(mark.start)
            place = "article" if segment is not None and segment.item == 0 else "teaser"
            places[str(mark.function)].update([place, "total"])
    return places


def _missing_values(documents: Mapping[str, Document]) -> dict[str, list[str]]:
    """The declared values that no record has, by layer and field."""
    missing = {}
    for layer in LAYERS.values():
        for name, values in layer.vocabularies.items():
            found = {
                getattr(record, name)
                for document in documents.values()
                for record in records_of(document, layer.name)
            }
            if lacking := [value for value in values if value not in found]:
                missing[f"{layer.name}, {name}"] = lacking
    return missing


def _zone_counts(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    """The number of segments of each zone, by document and in all."""
    rows = []
    for zone in ZONES:
        counts = [sum(s.zone == zone for s in document.segments) for document in documents.values()]
        if sum(counts):
            rows.append({"zone": zone, "counts": counts, "total": sum(counts)})
    return rows


def _repeats(documents: Mapping[str, Document]) -> dict[str, dict[str, tuple[int, int]]]:
    """By document that repeats a line: how many of the lines repeat an earlier one, and how many
    records of each layer begin in them; with the total of each.
    """
    rows = {}
    for doc_id, document in documents.items():
        repeated = {
            segment.start
            for index, (segment, first) in enumerate(
                zip(document.segments, document.lines(), strict=True)
            )
            if first < index
        }
        if repeated:
            rows[doc_id] = {"lines": (len(repeated), len(document.segments))}
        for layer in LAYERS if repeated else ():
            starts = [reading_order(record)[0] for record in records_of(document, layer)]
            segments = [document.segment_at(start) for start in starts]
            found = sum(segment is not None and segment.start in repeated for segment in segments)
            rows[doc_id][layer] = (found, len(starts))
    return rows
