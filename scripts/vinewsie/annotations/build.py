"""Builds the data set in ``dataset/`` from ``annotations/``: tables, manifest, card, licence, the
description for machines (Croissant) and the tasks for the Hub.

The build is deterministic: the same annotations give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from vinewsie._version import __version__
from vinewsie.annotations import figures
from vinewsie.annotations.card import PICTURE, card_files
from vinewsie.annotations.croissant import CROISSANT, EVAL, croissant, eval_text
from vinewsie.annotations.store import CANARY, Annotations
from vinewsie.columnar import read_parquet
from vinewsie.files import read_bytes, write_folder
from vinewsie.findings import Finding
from vinewsie.model import RECORD_TYPES, RegistryEntry, Segment, reading_order, records_of
from vinewsie.reading.gold import FURTHER, content_hash
from vinewsie.scheme import LAYERS

TABLES = ("documents", *RECORD_TYPES, "registry")
"""The tables of the data set. Each is a config of the card, the first the default."""

_DATA = ("manifest.json", *(f"data/{t}.parquet" for t in TABLES))
FILES = frozenset(
    map(
        PurePath,
        (
            *(*_DATA, "README.md", "LICENSE", PICTURE, CROISSANT, EVAL),
            *(f"{part}/{name}" for part in FURTHER for name in (*_DATA, figures.FILE)),
        ),
    )
)
"""The files of a built data set."""


@dataclass(frozen=True)
class FurtherSet:
    """A further set of a data set, such as the press set.

    Args:
        corpus: its annotations, without errors.
        built: a data set that has it, for a build without its texts; its tables are kept.
    """

    corpus: Annotations | None = None
    built: Path | None = None


def build(
    corpus: Annotations,
    output: Path,
    *,
    labels_only: bool = False,
    sets: Mapping[str, FurtherSet] = MappingProxyType({}),
) -> None:
    """Writes the data set to ``output``, whole or not at all.

    Args:
        corpus: the annotations, without errors.
        output: the folder; a data set that was built there before is replaced, nothing else.
        labels_only: leave out the texts and every surface.
        sets: the further sets by their names, some of :data:`~vinewsie.reading.gold.FURTHER`.

    Raises:
        FindingsError: the folder holds other files; nothing was written.
    """
    write_folder(
        output,
        lambda folder: _write(corpus, folder, labels_only, sets),
        lambda file: file in FILES and (output / "manifest.json").is_file(),
    )


def conflicting(corpus: Annotations, other: Annotations) -> Iterator[Finding]:
    """Finds keys that name different things in the registries of the two sets, which are one where
    both sets are scored together.
    """
    for key in sorted(other.registry.keys() & corpus.registry.keys()):
        here, there = other.registry[key], corpus.registry[key]
        for name in ("type", "kind", "wikidata"):
            ours, theirs = getattr(here, name), getattr(there, name)
            if ours != theirs and ours and theirs:
                message = f"{key}: {name} is {ours}; the registry of the articles has {theirs}"
                yield Finding("registry-key", message, file=str(other.folder / "entities.csv"))


def stale(
    corpus: Annotations, output: Path, *, sets: Mapping[str, FurtherSet] = MappingProxyType({})
) -> Iterator[Finding]:
    """Finds files of the data set in ``output`` that differ from those that the annotations give.

    Tables are compared by schema and rows, other files by their bytes.

    Args:
        corpus: the annotations, without errors.
        output: the data set.
        sets: the further sets by their names.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        _write(corpus, fresh, labels_only=False, sets=sets, kept=output)
        wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
        there = (
            {path.relative_to(output) for path in output.rglob("*") if path.is_file()}
            if output.is_dir()
            else set()
        )
        for name in sorted(wanted | there):
            if name not in there:
                problem = "is missing"
            elif name not in wanted:
                problem = "does not belong to the data set"
            elif not _same(fresh / name, output / name):
                problem = "is not what the annotations give"
            else:
                continue
            yield Finding("stale", f"{problem}; run vinewsie build", file=str(output / name))


def _same(left: Path, right: Path) -> bool:
    if left.suffix != ".parquet":
        return read_bytes(left) == read_bytes(right)
    try:
        same: bool = read_parquet(left).equals(read_parquet(right), check_metadata=True)
    except (pa.ArrowInvalid, OSError):
        return False
    return same


def _write(
    corpus: Annotations,
    folder: Path,
    labels_only: bool,
    sets: Mapping[str, FurtherSet],
    kept: Path | None = None,
) -> None:
    """Writes the data set. Tables that ``kept``, another folder, has with equal rows are its files:
    the bytes of a table depend on the version of its writer, and hashes of files on the bytes.
    """
    manifest = _write_data(corpus, folder, labels_only)
    schemas = {name: schema(name, labels_only) for name in TABLES}
    manifests, found = {}, {}
    for part, one in sets.items():
        place = folder / part
        if one.corpus is not None:
            place.mkdir()
            _write_data(one.corpus, place, labels_only or one.corpus.articles.texts is not None)
            _write_figures(corpus, one.corpus, place / figures.FILE)
        elif one.built is not None:
            shutil.copytree(one.built / part, place)
        about = manifests[part] = msgspec.json.decode(read_bytes(place / "manifest.json"))
        given = (about["labels_only"], CANARY in about)
        schemas |= {f"{part}_{name}": schema(name, *given) for name in TABLES}
        if (figured := figures.read_figures(place)) is not None:
            found[part] = figured
    hashes = {}
    for path in sorted(folder.rglob("*.parquet")):
        file = path.relative_to(folder)
        if kept is not None and _same(path, kept / file):
            shutil.copyfile(kept / file, path)
        hashes[file.as_posix()] = hashlib.sha256(read_bytes(path)).hexdigest()
    described = croissant(corpus, manifest, schemas, manifests, hashes)
    texts = {
        **card_files(corpus, manifest, schemas, manifests, found),
        CROISSANT: json.dumps(described, indent=2, ensure_ascii=False) + "\n",
        **({EVAL: eval_text(manifest, manifests)} if corpus.articles.own else {}),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _write_figures(corpus: Annotations, other: Annotations, path: Path) -> None:
    canary = {CANARY: other.articles.canary} if other.articles.canary else {}
    found = {**canary, **msgspec.to_builtins(figures.set_figures(corpus, other))}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


def _write_data(corpus: Annotations, folder: Path, labels_only: bool) -> dict[str, Any]:
    """Writes tables and manifest, and returns the manifest."""
    (folder / "data").mkdir()
    canary = corpus.articles.canary
    schemas = {name: schema(name, labels_only, bool(canary)) for name in TABLES}
    tables = {name: list(_rows(corpus, name)) for name in TABLES}
    hashes = {}
    for name, rows in tables.items():
        table = pa.Table.from_pylist(
            [_keep(row, schemas[name]) for row in rows], schema=schemas[name]
        )
        named = table.replace_schema_metadata({CANARY: canary} if canary else None)
        pq.write_table(named, folder / "data" / f"{name}.parquet")
        hashes[name] = {"rows": table.num_rows, "sha256": _table_hash(table)}
    manifest = _manifest(corpus, hashes, labels_only)
    (folder / "manifest.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    )
    return manifest


def _table_hash(table: pa.Table) -> str:
    """The sha256 of the rows as JSON Lines, which does not depend on the Parquet writer."""
    digest = hashlib.sha256()
    for row in table.to_pylist():
        digest.update(msgspec.json.encode(row) + b"\n")
    return digest.hexdigest()


# Tables


def schema(table: str, labels_only: bool = False, canary: bool = False) -> pa.Schema:
    """The Arrow schema of a table, without metadata.

    Args:
        table: one of :data:`TABLES`.
        labels_only: leave out every field ``text``.
        canary: whether the documents have the canary string of the set as a column.

    Returns:
        Columns of strings, int32, booleans, lists and structs.
    """
    place = {"doc_id": str, "zone": str, "item": int}
    columns: dict[str, Any]
    if table == "documents":
        about = dict.fromkeys(("doc_id", "publisher", "variety", "text_sha256", "text"), str)
        nested = {
            name: tuple[kind, ...]  # type: ignore[valid-type]
            for name, kind in {"segments": Segment, **RECORD_TYPES}.items()
        }
        columns = {**about, **({CANARY: str} if canary else {}), **nested}
    elif table == "registry":
        columns = _struct_fields(RegistryEntry)
    else:
        columns = {**place, **_struct_fields(RECORD_TYPES[table])}
    return pa.schema(
        [
            pa.field(name, _arrow(kind, labels_only))
            for name, kind in columns.items()
            if not (labels_only and name == "text")
        ]
    )


def _struct_fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of records; gold has no confidence."""
    return {
        field.name: field.type
        for field in msgspec.structs.fields(kind)
        if field.default is not msgspec.UNSET
    }


def _arrow(kind: Any, labels_only: bool) -> pa.DataType:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _arrow(arguments[0], labels_only)
    if origin in (types.UnionType, typing.Union):
        return _arrow(next(a for a in arguments if a is not type(None)), labels_only)
    if origin is tuple:
        return pa.list_(_arrow(arguments[0], labels_only))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = _struct_fields(kind).items()
        return pa.struct(
            [
                pa.field(name, _arrow(t, labels_only))
                for name, t in fields
                if not (labels_only and name == "text")
            ]
        )
    plain = {str: pa.string(), int: pa.int32(), bool: pa.bool_()}
    return plain[kind]


def _rows(corpus: Annotations, table: str) -> Iterator[dict[str, Any]]:
    if table == "registry":
        yield from (msgspec.to_builtins(entry) for entry in corpus.registry.values())
        return
    articles = {article.doc_id: article for article in corpus.articles.articles}
    for doc_id, document in corpus.documents.items():
        if table == "documents":
            about = {name: getattr(articles[doc_id], name) for name in ("publisher", "variety")}
            about |= {"text_sha256": articles[doc_id].sha256, CANARY: corpus.articles.canary}
            yield {**msgspec.to_builtins(document), **about}
            continue
        for record in records_of(document, table):
            segment = document.segment_at(reading_order(record)[0])
            assert segment is not None  # the checked segments cover all of the text
            yield {
                "doc_id": doc_id,
                "zone": segment.zone,
                "item": segment.item,
                **msgspec.to_builtins(record),
            }


def _keep(row: Mapping[str, Any], kept: pa.Schema | pa.StructType) -> dict[str, Any]:
    """The row without the fields, nested ones too, that the schema lacks."""

    def value(raw: Any, kind: pa.DataType) -> Any:
        if raw is None:
            return None
        if pa.types.is_struct(kind):
            return _keep(raw, kind)
        if pa.types.is_list(kind):
            return [value(item, kind.value_type) for item in raw]
        return raw

    return {field.name: value(row[field.name], field.type) for field in kept}


# Manifest


def _manifest(
    corpus: Annotations, tables: Mapping[str, Mapping[str, Any]], labels_only: bool
) -> dict[str, Any]:
    documents = corpus.documents
    records = {
        layer: [r for d in documents.values() for r in records_of(d, layer)] for layer in LAYERS
    }
    everything = [record for layer in records.values() for record in layer]
    return {
        "name": corpus.articles.name,
        **({CANARY: corpus.articles.canary} if corpus.articles.canary else {}),
        **({"licence": corpus.articles.licence} if corpus.articles.licence else {}),
        **({"invented": True} if corpus.articles.invented else {}),
        "data_version": corpus.articles.data_version,
        "package_version": __version__,
        "guideline_version": corpus.articles.guideline_version,
        "sha256": content_hash(documents.values(), corpus.registry),
        "labels_only": labels_only,
        **(
            {"text_source": msgspec.to_builtins(corpus.articles.texts)}
            if corpus.articles.texts is not None
            else {}
        ),
        "texts": {article.doc_id: article.sha256 for article in corpus.articles.articles},
        "tables": tables,
        "counts": {
            "documents": len(documents),
            "segments": sum(len(d.segments) for d in documents.values()),
            **{layer: len(r) for layer, r in records.items()},
            "registry": len(corpus.registry),
            "agreed": sum(r.origin == "agreed" for r in everything),
            "adjudicated": sum(r.origin == "adjudicated" for r in everything),
            "human_verified": sum(r.human_verified for r in everything),
        },
    }
