"""The description of the data set for machines: Croissant 1.1 with the RAI vocabulary, and the
tasks that the Hub lists (``eval.yaml``).

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html and
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html.

Readers of Croissant lose what is nested in two levels without a message. Such columns are left out,
and the description of the record set names them; what is nested in ``documents`` stands flat in
the record set of its layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import yaml

from vinewsie.annotations.card import ROWS, TEMPLATES, head
from vinewsie.annotations.store import Annotations
from vinewsie.reading.gold import NAME

CROISSANT = "croissant.json"
"""The file of the description in the data set."""
EVAL = "eval.yaml"
"""The file of the tasks in the data set."""

REQUIRED = (
    *("@context", "@type", "name", "conformsTo"),
    *("description", "license", "url", "creator", "datePublished"),
)
"""The properties that Croissant 1.1 requires of a data set; readers do not check them."""

_CR, _RAI = "http://mlcommons.org/croissant/", "http://mlcommons.org/croissant/RAI/"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{name: f"cr:{name}" for name in ("arrayShape", "citeAs", "column")},
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": _CR,
    "rai": _RAI,
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            *("extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes"),
            *("isArray", "isLiveDataset", "jsonPath", "key", "md5"),
        )
    },
    "name": {"@container": "@language"},
    **{
        name: f"cr:{name}"
        for name in (
            *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
            *("samplingRate", "separator", "source", "subField", "transform"),
        )
    },
    "sc": "https://schema.org/",
}
"""The official context of Croissant 1.1."""

_TYPES = {pa.string(): "sc:Text", pa.int32(): "cr:Int32", pa.bool_(): "sc:Boolean"}

_LICENCE = (
    "Labels: https://creativecommons.org/licenses/by/4.0/. Texts of the articles: property of "
    "their publishers, no licence given. The terms are in the file LICENSE."
)
_PUBLISHED = {"1.1.0": "2026-11-27"}
"""The day of each data version."""
_DESCRIPTION = (
    "Gold labels for information extraction from Vietnamese news: entities, dates, quotation "
    "marks, quotations and their attribution, and a registry of the entities."
)


def croissant(
    corpus: Annotations,
    manifest: Mapping[str, Any],
    schemas: Mapping[str, pa.Schema],
    sets: Mapping[str, Mapping[str, Any]],
    hashes: Mapping[str, str],
) -> dict[str, Any]:
    """The content of ``croissant.json``.

    The url is that of the host, which :mod:`vinewsie.annotations.publish` adds.

    Args:
        corpus: the annotations, without errors.
        manifest: the content of ``manifest.json``.
        schemas: the Arrow schema of each config.
        sets: the manifests of the other sets of the data set, by name.
        hashes: the sha256 of the file of each table, by its path in the data set.
    """
    own = corpus.articles.own
    about = head(corpus.articles, manifest, schemas, sets)
    paths = {config["config_name"]: config["data_files"][0]["path"] for config in about["configs"]}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [f"{_CR}1.1", f"{_RAI}1.0"],
        "name": about["pretty_name"],
        "version": manifest["data_version"],
        "inLanguage": about["language"],
        **(_own(corpus, about, manifest, sets) if own else {}),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "encodingFormat": "application/x-parquet",
                "sha256": hashes[path],
            }
            for path in paths.values()
        ],
        "recordSet": [
            _record_set(config, schemas[config], path, schemas) for config, path in paths.items()
        ],
    }


def eval_tasks(
    manifest: Mapping[str, Any], sets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The content of ``eval.yaml``: one task for each set, without an evaluation framework.

    The frameworks that the Hub runs cannot name the scorer of a package, so they would publish
    other numbers under the same name.

    Args:
        manifest: the content of ``manifest.json``.
        sets: the manifests of the other sets of the data set, by name.
    """
    configs = {"articles": "documents", **{name: f"{name}_documents" for name in sets}}
    return {
        "name": manifest["name"],
        "description": f"{_DESCRIPTION} Scores are those of `vinewsie score`.",
        "tasks": [
            {"id": name, "config": config, "split": "test"} for name, config in configs.items()
        ],
    }


def eval_text(manifest: Mapping[str, Any], sets: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of ``eval.yaml``, with the reason why no framework is named.

    Args:
        manifest: the content of ``manifest.json``.
        sets: the manifests of the other sets of the data set, by name.
    """
    why = (
        "# No evaluation_framework: none that the Hub runs can name the scorer of a package, so\n"
        "# it would publish other numbers. Scores: vinewsie score --set ID.\n"
    )
    return why + yaml.safe_dump(eval_tasks(manifest, sets), allow_unicode=True, sort_keys=False)


def missing(description: Mapping[str, Any]) -> list[str]:
    """The properties that Croissant 1.1 requires and that a description lacks."""
    return [name for name in REQUIRED if not description.get(name)]


def _own(
    corpus: Annotations,
    about: Mapping[str, Any],
    manifest: Mapping[str, Any],
    sets: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """What is true of ViNewsIE's articles only."""
    published = _PUBLISHED.get(manifest["data_version"])
    citation = TEMPLATES.get_template("citation.bib.j2")
    parts = {"articles": manifest, **sets}
    sizes = "; ".join(
        f"{name}: {part['counts']['documents']} documents, data version {part['data_version']}"
        for name, part in parts.items()
    )
    days = sorted(
        anchor.date for article in corpus.articles.articles for anchor in article.anchor_dates
    )
    verified = sum(part["counts"]["human_verified"] for part in parts.values())
    checked = (
        f"A person has verified {verified} labels."
        if verified
        else ("No person has verified the labels yet.")
    )
    return {
        "description": f"{_DESCRIPTION} Sets: {sizes}.",
        "license": _LICENCE,
        "creator": {"@type": "sc:Organization", "name": f"{NAME} contributors"},
        **({"datePublished": published} if published else {}),
        "keywords": about["tags"],
        "citeAs": citation.render(name=NAME, manifest=manifest).strip(),
        "isLiveDataset": False,
        "rai:dataCollection": (
            "Two pages on one event from the two press traditions of Vietnamese, stored as they "
            "were, with headline, lead, captions, credits and links to other articles. Further "
            "sets: see the card."
        ),
        "rai:dataCollectionType": ["Web pages"],
        "rai:dataCollectionTimeFrame": [days[0], days[-1]],
        "rai:dataAnnotationProtocol": (
            f"{len(corpus.passes)} passes that did not see each other, after written guidelines "
            f"(version {manifest['guideline_version']}); differences were adjudicated with a "
            f"reason for each decision. {checked}"
        ),
        "rai:annotationsPerItem": str(len(corpus.passes)),
        "rai:annotatorDemographics": "Language models.",
        "rai:machineAnnotationTools": ["Language models"],
        "rai:dataUseCases": [
            "Evaluation of extractors of entities, dates, quotations and attribution.",
            "Not for training of models that are then scored on it.",
        ],
        "rai:dataLimitations": [
            "The articles are two pages on one event: scores on them describe these pages.",
            "The annotators are of one kind, with the same blind spots.",
        ],
        "rai:dataBiases": (
            "Politics and diplomacy prevail. Agreement of the passes does not show that the "
            "labels are right."
        ),
        "rai:personalSensitiveInformation": [
            "Names of public figures and journalists, as published.",
        ],
    }


# Record sets


def _record_set(
    config: str, schema: pa.Schema, path: str, configs: Mapping[str, pa.Schema]
) -> dict[str, Any]:
    left_out: list[str] = []
    fields = list(_fields(config, schema, path, left_out))
    part, _, table = config.rpartition("_")
    flat = [f"{part}_{name}" if part else name for name in ROWS if name != table]
    note = ""
    if left_out:
        note = f" In the file and not here, because it is nested deeper: {', '.join(left_out)}."
        if table == "documents":
            note += f" See also {', '.join(name for name in flat if name in configs)}."
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": f"{ROWS[table].capitalize()}.{note}",
        "field": fields,
    }


def _fields(
    config: str, schema: pa.Schema, path: str, left_out: list[str]
) -> Iterator[dict[str, Any]]:
    for field in schema:
        is_list = pa.types.is_list(field.type)
        kind = field.type.value_type if is_list else field.type
        own = f"{config}/{field.name}"
        source = {"fileObject": {"@id": path}, "extract": {"column": field.name}}
        repeated = {"repeated": True} if is_list else {}
        named = {"@type": "cr:Field", "@id": own, "name": own, **repeated, "source": source}
        if kind in _TYPES:
            yield {**named, "dataType": _TYPES[kind]}
        elif pa.types.is_struct(kind):
            left_out += [f"{field.name}.{one.name}" for one in kind if one.type not in _TYPES]
            yield {
                **named,
                "subField": [
                    {
                        "@type": "cr:Field",
                        "@id": f"{own}/{one.name}",
                        "name": f"{own}/{one.name}",
                        "dataType": _TYPES[one.type],
                        "source": {**source, "transform": {"jsonPath": f"$.{one.name}"}},
                    }
                    for one in kind
                    if one.type in _TYPES
                ],
            }
        else:
            left_out.append(field.name)
