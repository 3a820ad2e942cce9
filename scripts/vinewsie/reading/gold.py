"""Loads gold: the packaged articles, a built data set, or custom documents."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vinewsie import columnar
from vinewsie.decoding import read_object
from vinewsie.files import opened, read_text
from vinewsie.findings import Finding, FindingsError, VinewsieError, refuse
from vinewsie.model import (
    RECORD_TYPES,
    Document,
    MetadataValue,
    Quote,
    RegistryEntry,
    Segment,
    records_of,
)
from vinewsie.packed import Packed
from vinewsie.reading.ahead import ReadAhead
from vinewsie.reading.detect import InputFormat, files_hash
from vinewsie.reading.documents import read_gold
from vinewsie.reading.plain import Holders, PlainLine, held_of
from vinewsie.reading.texts import TextSource, holds_source, texts_of
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_structure

NAME = "ViNewsIE"
SETS = {
    "articles": "the two articles, with their texts",
    "press": "64 translated news articles of 2018; their texts are fetched: vinewsie texts press",
    "challenge": "invented pages with what is rare in the others; their scores stand alone",
    "all": "the articles and the press set",
}
"""The names of the packaged sets, which :func:`load` takes in place of a path."""
POOLED = ("articles", "press")
"""The sets of which ``all`` consists: real pages only."""
FURTHER = ("press", "challenge")
"""The sets that have a folder of their own, in the annotations and in the data set."""
_ALL = "{} (all sets)"
"""The name of all sets together."""
NO_VALUE = "(none)"
"""The value of documents that lack a field of the metadata."""


class SelectionError(VinewsieError):
    """A part of the gold was asked for that it does not have."""

    exit_code = 2


@dataclass(frozen=True)
class Gold(Mapping[str, Document]):
    """Gold documents by ``doc_id``, with the registry and what identifies the data.

    >>> import vinewsie as vn
    >>> document = vn.load()["epochtimes-vn-20220815"]
    >>> mention = document.entities[0]
    >>> document.text[mention.start : mention.end], mention.type
    ('KCNA', 'ORG')

    ``sha256`` is that of the data's content; ``packaged`` is true for ViNewsIE's articles, whose
    labels are all of the native inventory.
    """

    documents: Mapping[str, Document]
    registry: Registry = field(default_factory=Registry)
    name: str = NAME
    version: str = ""
    guideline_version: str = ""
    sha256: str = ""
    packaged: bool = False
    packed: Packed | None = field(default=None, compare=False, repr=False)
    warnings: tuple[str, ...] = field(default=(), compare=False, repr=False)
    layers: frozenset[str] | None = field(default=None, compare=False, repr=False)
    """The layers that are annotated, be it without any record; None if that is not known."""
    part: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    """Of a part of the documents: how many there are (``of``), and what was asked of their
    metadata (``where``).
    """

    def only(
        self, where: Mapping[str, MetadataValue] | None = None, docs: Iterable[str] | None = None
    ) -> Gold:
        """A part of the documents, in the same order; all of them if nothing is asked for.

        Args:
            where: values that the documents have in these fields of their metadata, or their text.
            docs: their ids, or patterns of ids with ``*``, ``?`` or ``[…]``; None for any.

        Raises:
            SelectionError: no document has such a field, such a value, or such an id.
        """
        if not where and docs is None:
            return self
        chosen = set(self) if docs is None else self._matching(docs)
        wanted = {name: value_text(value) for name, value in (where or {}).items()}
        for name, value in wanted.items():
            values = self.values_of(name)
            if value not in values:
                there = ", ".join(sorted(values))
                raise SelectionError(f"no document has {name}={value!r}; there are {there}")
            chosen &= set(values[value])
        if not chosen:
            raise SelectionError("no document has all that is asked for")
        ids = [doc_id for doc_id in self if doc_id in chosen]
        number = {doc_id: n for n, doc_id in enumerate(self)}
        rows = np.array([number[doc_id] for doc_id in ids], dtype=np.int64)
        return replace(
            self,
            documents=Holders({doc_id: held_of(self.documents, doc_id) for doc_id in ids}),
            packed=self.packed.take(rows) if self.packed is not None else None,
            part={"of": len(self), "where": wanted},
        )

    def _matching(self, docs: Iterable[str]) -> set[str]:
        """The ids that are given, or that match a pattern.

        Raises:
            SelectionError: an id does not exist, or a pattern matches none.
        """
        chosen, unknown = set[str](), list[str]()
        for given in docs:
            if given in self:
                chosen.add(given)
            elif found := [doc_id for doc_id in self if fnmatch.fnmatchcase(doc_id, given)]:
                chosen.update(found)
            else:
                unknown.append(given)
        if unknown:
            raise SelectionError(f"the gold has no document {', '.join(sorted(unknown))}")
        return chosen

    def values_of(self, name: str) -> dict[str, list[str]]:
        """The values of a field of the metadata as text, each with the ids of its documents;
        documents without it, or with null, have the value :data:`NO_VALUE`.

        Raises:
            SelectionError: no document has the field.
        """
        values: dict[str, list[str]] = {}
        fields: set[str] = set()
        for doc_id in self:
            held = held_of(self.documents, doc_id)
            # A plain line has no metadata.
            metadata = {} if isinstance(held, PlainLine) else held.metadata or {}
            fields.update(metadata)
            values.setdefault(value_text(metadata.get(name)), []).append(doc_id)
        if name not in fields:
            there = ", ".join(sorted(fields)) or "none: the gold's documents have no metadata"
            raise SelectionError(f"no document has {name!r} in its metadata; fields: {there}")
        return values

    def about(self) -> dict[str, Any]:
        """The entry for this gold in a result: name, version, hash, and ids of the documents."""
        return {
            "name": self.name,
            "version": self.version,
            "sha256": self.sha256,
            "guideline_version": self.guideline_version,
            "documents": list(self),
            **({"part": self.part} if self.part is not None else {}),
        }

    def __getitem__(self, doc_id: str) -> Document:
        return self.documents[doc_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self.documents


def value_text(value: MetadataValue) -> str:
    """A value of the metadata as text, as JSON writes it: ``2022``, ``true``."""
    if value is None:
        return NO_VALUE
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def content_hash(documents: Iterable[Document], registry: Registry) -> str:
    """sha256 of the content of gold, in whatever files it is: the documents as native JSON Lines,
    then the registry's entries.
    """
    digest = hashlib.sha256()
    for value in (*documents, *registry.values()):
        digest.update(msgspec.json.encode(value) + b"\n")
    return digest.hexdigest()


class MissingTextError(VinewsieError):
    """A data set without texts was loaded without the texts beside it."""

    exit_code = 2


def data_folder() -> Path:
    """Where the built data set lies: inside an installed package, or ``dataset/`` of the
    checkout.

    >>> import vinewsie as vn
    >>> (vn.data_folder() / "manifest.json").is_file()
    True
    """
    package = Path(str(files("vinewsie")))
    installed = package / "data"
    return installed if installed.is_dir() else package.parents[1] / "dataset"


@dataclass(frozen=True)
class BuiltDataSet:
    """A folder with a built data set, by its manifest.

    Args:
        folder: the folder.
        name: the name of the data set.
        version: the version of its data.
        sha256: the hash of its content, as :attr:`Gold.sha256`.
        labels_only: whether it lacks the texts.
    """

    folder: Path
    name: str
    version: str
    sha256: str
    labels_only: bool = False

    @classmethod
    def of(cls, folder: Path) -> BuiltDataSet:
        """The data set in a folder.

        Raises:
            FindingsError: the folder has no manifest of a data set.
        """
        manifest = _manifest(folder / "manifest.json")
        names = (manifest["name"], manifest["data_version"], str(manifest.get("sha256")))
        return cls(folder, *names, manifest.get("labels_only") is True)

    def __str__(self) -> str:
        return f"{self.name} {self.version} (sha256 {self.sha256[:12]}) in {self.folder}"


def default_gold_note(start: Path | None = None) -> str | None:
    """What is scored by default, if a data set in the working folder has other content.

    Args:
        start: where a data set is looked for, in it, in its ``dataset/``, and above; by default the
            working folder.

    Returns:
        A message that names both data sets and the option that scores the other one; None if there
        is no other.
    """
    here = start or Path.cwd()
    places = [place for one in (here, *here.parents) for place in (one, one / "dataset")]
    for place in places:
        if (place / "manifest.json").is_file():
            try:
                other, packaged = BuiltDataSet.of(place), BuiltDataSet.of(data_folder())
            except FindingsError:
                continue  # another program's manifest
            if other.sha256 == packaged.sha256:
                return None
            texts = " --texts FOLDER" if other.labels_only else ""
            return (
                f"scores the packaged data set, {packaged}; not {other}, "
                f"which --gold {place}{texts} scores"
            )
    return None


def load(
    path: str | Path | None = None,
    *,
    texts: str | Path | None = None,
    input_format: InputFormat | None = None,
) -> Gold:
    """Loads gold documents. Needs no network and keeps no cache.

    >>> import vinewsie as vn
    >>> gold = vn.load()
    >>> [document.doc_id for document in gold.values()]
    ['baoquocte-20231012', 'epochtimes-vn-20220815']

    Args:
        path: the name of a packaged set (:data:`SETS`), custom documents (a file of any format that
            :mod:`vinewsie.formats` has, or a folder of such files), or the folder of a built data
            set; by default the packaged articles. A file that is named as a set has a longer path.
        texts: for a labels-only data set, the folder that holds the texts; each is found by its
            sha256, whatever its name. The texts of the press set are those in the user's cache, or
            the files of their source in this folder.
        input_format: the format of custom documents, if it is not to be recognised by their
            content, and its columns.

    Returns:
        The documents in the order of the data.

    Raises:
        FindingsError: the data are wrong; carries every finding.
        MissingTextError: the data set has no texts and ``texts`` is not given.
        TextsError: the texts of the press set are not in the user's cache, or have changed.
        SelectionError: the package has no press set.
    """
    folder = Path(texts) if texts is not None else None
    if path is None or str(path) in SETS:
        return _load_set("articles" if path is None else str(path), folder)
    place = Path(path)
    if (place / "manifest.json").is_file():
        return _load_folder(place, folder)
    return _load_documents(place, place, input_format)


def load_ahead(source: ReadAhead[Document], input_format: InputFormat | None = None) -> Gold:
    """Loads gold documents that another process reads, as :func:`load` loads their file.

    Raises:
        FindingsError: the data are wrong; carries every finding.
    """
    return _load_documents(source.path, source, input_format)


def set_folder(name: str) -> Path:
    """Where the data of a packaged set lie.

    Raises:
        SelectionError: the package does not have the set.
    """
    folder = data_folder() if name == "articles" else data_folder() / name
    if not (folder / "manifest.json").is_file() and name != "articles":
        raise SelectionError(f"this package has no {name} set; {data_folder()} lacks it")
    return folder


def set_of(about: Mapping[str, Any]) -> str | None:
    """The packaged set that a result's entry for its gold (:meth:`Gold.about`) is of, by its name
    and, of one set, its version; None for other gold.
    """
    for name in SETS:
        try:
            if name == "all":
                if about["name"] == _ALL.format(BuiltDataSet.of(data_folder()).name):
                    return name
            elif BuiltDataSet.of(set_folder(name)).sha256 == about["sha256"]:
                return name
        except VinewsieError:
            continue  # the package does not have the set
    return None


def text_source(name: str) -> TextSource | None:
    """Where the texts of a packaged set come from; None if they are packaged too, or if there is no
    such set.
    """
    place = data_folder() / name / "manifest.json"
    return _text_source(_manifest(place)) if place.is_file() else None


def _load_set(name: str, texts: Path | None) -> Gold:
    if name != "all":
        return _load_folder(set_folder(name), texts)
    parts = {one: _load_folder(set_folder(one), texts) for one in POOLED}
    documents = {
        doc_id: msgspec.structs.replace(document, metadata={"set": one})
        for one, part in parts.items()
        for doc_id, document in part.items()
    }
    registry = united([part.registry for part in parts.values()])
    first = parts["articles"]
    return Gold(
        documents,
        registry,
        _ALL.format(first.name),
        "+".join(part.version for part in parts.values()),
        first.guideline_version,
        content_hash(documents.values(), registry),
        packaged=True,
    )


def united(registries: Iterable[Registry]) -> Registry:
    """One registry of several, whose keys name the same entities: an entry has the names of its
    first one, and the aliases of all.
    """
    entries: dict[str, RegistryEntry] = {}
    for registry in registries:
        for key, entry in registry.items():
            if (known := entries.get(key)) is not None:
                aliases = tuple(dict.fromkeys((*known.aliases, *entry.aliases)))
                wikidata = known.wikidata or entry.wikidata
                entry = msgspec.structs.replace(known, aliases=aliases, wikidata=wikidata)
            entries[key] = entry
    return Registry(entries.values())


def _load_documents(
    path: Path, source: Path | ReadAhead[Document], input_format: InputFormat | None
) -> Gold:
    # One file is several golds if its columns, or its repair, are chosen.
    chosen = input_format is not None and input_format.options.choose_content
    with ThreadPoolExecutor(1) as other:
        digest = None if chosen else other.submit(files_hash, path)
        documents, packed, warnings, layers, entries = read_gold(source, input_format)
    registry = Registry(entries)
    return Gold(
        documents,
        registry,
        name=path.name,
        sha256=digest.result() if digest else content_hash(documents.values(), registry),
        packed=packed,
        warnings=tuple(map(str, warnings)),
        layers=layers,
    )


def _load_folder(folder: Path, texts: Path | None) -> Gold:
    manifest = _manifest(folder / "manifest.json")
    table = folder / "data" / "documents.parquet"
    source = _text_source(manifest)
    sourced = _sourced(source, texts) if source is not None else {}
    found = _texts_by_hash(texts) if texts is not None and not sourced else {}
    documents: dict[str, Document] = {}
    findings: list[Finding] = []
    for number, row in enumerate(_rows(table), start=1):
        about, wrong = read_object({k: row.get(k) for k in _ABOUT_DOCUMENT if k in row}, _About)
        if about is None:
            findings += [finding.at(str(table), number) for finding in wrong]
            continue
        digest = about.text_sha256
        if about.text is None and sourced:
            row["text"] = sourced.get(about.doc_id, "")
        elif about.text is None:
            if texts is None:
                raise MissingTextError(
                    f"{folder} holds labels only; give the folder with the texts: --texts FOLDER, "
                    f"or load({str(folder)!r}, texts=…)"
                )
            if digest not in found:
                message = (
                    f"no file in {texts} is the text of {about.doc_id}: none has the sha256 "
                    f"{digest}"
                )
                findings.append(
                    Finding("article-hash", message, file=str(texts), doc_id=about.doc_id)
                )
                continue
            row["text"] = found[digest]
        if hashlib.sha256(row["text"].encode()).hexdigest() != digest:
            message = (
                f"the text of {about.doc_id} is not the one that was labelled: its sha256 is not "
                f"{digest}"
            )
            findings.append(Finding("article-hash", message, file=str(folder), doc_id=about.doc_id))
        try:
            document = document_of_row(row)
        except msgspec.ValidationError as error:
            findings.append(Finding("wrong-type", str(error), None, None, about.doc_id, str(table)))
            continue
        documents[about.doc_id] = document
        findings += [
            f.at(str(table), number, about.doc_id)
            for f in check_structure(document, vocabularies=False)
        ]
    entries = []
    table = folder / "data" / "registry.parquet"
    for number, row in enumerate(_rows(table), start=1):
        entry, wrong = read_object(row, RegistryEntry)
        findings += [finding.at(str(table), number) for finding in wrong]
        entries += [entry] if entry is not None else []
    refuse(findings)
    registry = Registry(entries)
    return Gold(
        documents,
        registry,
        manifest["name"],
        manifest["data_version"],
        manifest["guideline_version"],
        content_hash(documents.values(), registry),
        packaged=True,
    )


def _text_source(manifest: Mapping[str, Any]) -> TextSource | None:
    """Where the texts of a data set come from, if the manifest says it."""
    given = manifest.get("text_source")
    return msgspec.convert(given, TextSource) if given is not None else None


def _sourced(source: TextSource, folder: Path | None) -> dict[str, str]:
    """The texts of a source by ``doc_id``: from a folder with the files of the source, or from the
    user's cache; none from a folder that has other files.
    """
    if folder is not None and not holds_source(folder, source):
        return {}
    return texts_of(source, folder)


class _About(msgspec.Struct):
    """The columns of the ``documents`` table that are no records."""

    doc_id: str
    text_sha256: str
    text: str | None = None


_ABOUT_DOCUMENT = _About.__struct_fields__


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = msgspec.json.decode(read_text(path))
    except (msgspec.DecodeError, RecursionError) as error:
        raise FindingsError([Finding("json", str(error), file=str(path))]) from error
    wanted = ("name", "data_version", "guideline_version")
    if not isinstance(manifest, dict) or any(
        not isinstance(manifest.get(name), str) for name in wanted
    ):
        raise FindingsError(
            [
                Finding(
                    "missing-field",
                    f"is no manifest of a data set: it lacks {', '.join(wanted)}",
                    file=str(path),
                )
            ]
        )
    return manifest


def document_of_row(row: Mapping[str, Any]) -> Document:
    """The document of a row of the ``documents`` table; surfaces are cut from the text where the
    row has none.

    Raises:
        msgspec.ValidationError: a record has not the fields of its type.
    """
    layers: dict[str, Any] = {"segments": Segment, **RECORD_TYPES}
    fields: dict[str, Any] = {"doc_id": row["doc_id"], "text": row["text"]}
    for name, kind in layers.items():
        # A data set may be older than a layer.
        expected: Any = tuple[kind, ...]  # type: ignore[valid-type]
        fields[name] = msgspec.convert(row.get(name) or (), expected)
    return with_texts(Document(**fields))


def with_texts(document: Document) -> Document:
    """The document with the surface of each record that lacks it, cut from the text."""
    layers: dict[str, Any] = {
        layer: tuple(
            record
            if isinstance(record, Quote) or record.text is not None
            else msgspec.structs.replace(record, text=document.text[record.start : record.end])
            for record in records_of(document, layer)
        )
        for layer in RECORD_TYPES
    }
    return msgspec.structs.replace(document, **layers)


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise FindingsError(
            [
                Finding(
                    "file", "is missing; a built data set has it (vinewsie build)", file=str(path)
                )
            ]
        )
    with opened(path) as file:
        rows: list[dict[str, Any]] = columnar.table_in(str(path), file).to_pylist()
    return rows


def _texts_by_hash(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise FindingsError([Finding("file", "is not a folder with texts", file=str(folder))])
    return {
        hashlib.sha256(data).hexdigest(): data.decode("utf-8")
        for data in _decodable(folder.iterdir())
    }


def _decodable(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        if path.is_file():
            data = path.read_bytes()
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            yield data
