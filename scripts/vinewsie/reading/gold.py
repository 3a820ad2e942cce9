"""Loads gold: the packaged articles, a built data set, or custom documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from vinewsie.decoding import read_object
from vinewsie.files import opened, read_text
from vinewsie.findings import Finding, FindingsError, VinewsieError, refuse
from vinewsie.model import RECORD_TYPES, Document, RegistryEntry, Segment
from vinewsie.packed import Packed
from vinewsie.reading.detect import InputFormat, files_hash
from vinewsie.reading.documents import read_gold
from vinewsie.reading.records import parquet_rows
from vinewsie.registry import Registry
from vinewsie.scheme.checks import check_structure

NAME = "ViNewsIE"


@dataclass(frozen=True)
class Gold(Mapping[str, Document]):
    """Gold documents by ``doc_id``, with the registry and what identifies the data.

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

    def about(self) -> dict[str, Any]:
        """The entry for this gold in a result: name, version, hash, and ids of the documents."""
        return {
            "name": self.name,
            "version": self.version,
            "sha256": self.sha256,
            "guideline_version": self.guideline_version,
            "documents": list(self),
        }

    def __getitem__(self, doc_id: str) -> Document:
        return self.documents[doc_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self.documents


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
    """
    package = Path(str(files("vinewsie")))
    installed = package / "data"
    return installed if installed.is_dir() else package.parents[1] / "dataset"


def load(
    path: str | Path | None = None,
    *,
    texts: str | Path | None = None,
    input_format: InputFormat | None = None,
) -> Gold:
    """Loads gold documents. Needs no network and keeps no cache.

    Args:
        path: custom documents (a file of any format that :mod:`vinewsie.formats` has, or a folder
            of such files), or the folder of a built data set; by default the packaged articles.
        texts: for a labels-only data set, the folder that holds the texts; each is found by its
            sha256, whatever its name.
        input_format: the format of custom documents, if it is not to be recognised by their
            content, and its columns.

    Returns:
        The documents in the order of the data.

    Raises:
        FindingsError: the data are wrong; carries every finding.
        MissingTextError: the data set has no texts and ``texts`` is not given.
    """
    place = Path(path) if path is not None else data_folder()
    if path is None or (place / "manifest.json").is_file():
        return _load_folder(place, Path(texts) if texts is not None else None)
    return _load_documents(place, input_format)


def _load_documents(path: Path, input_format: InputFormat | None) -> Gold:
    # One file is several golds if its columns, or its repair, are chosen.
    chosen = input_format is not None and input_format.options.choose_content
    with ThreadPoolExecutor(1) as other:
        digest = None if chosen else other.submit(files_hash, path)
        documents, packed, warnings, layers = read_gold(path, input_format)
    return Gold(
        documents,
        name=path.name,
        sha256=digest.result() if digest else content_hash(documents.values(), Registry()),
        packed=packed,
        warnings=tuple(map(str, warnings)),
        layers=layers,
    )


def _load_folder(folder: Path, texts: Path | None) -> Gold:
    manifest = _manifest(folder / "manifest.json")
    table = folder / "data" / "documents.parquet"
    found = _texts_by_hash(texts) if texts is not None else {}
    documents: dict[str, Document] = {}
    findings: list[Finding] = []
    for number, row in enumerate(_rows(table), start=1):
        about, wrong = read_object({k: row.get(k) for k in _ABOUT_DOCUMENT if k in row}, _About)
        if about is None:
            findings += [finding.at(str(table), number) for finding in wrong]
            continue
        digest = about.text_sha256
        if about.text is None:
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
        elif hashlib.sha256(about.text.encode()).hexdigest() != digest:
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
        records: tuple[Any, ...] = msgspec.convert(row.get(name) or (), tuple[kind, ...])  # type: ignore[valid-type]
        if "text" in kind.__struct_fields__:
            records = tuple(
                record
                if record.text is not None
                else msgspec.structs.replace(record, text=row["text"][record.start : record.end])
                for record in records
            )
        fields[name] = records
    return Document(**fields)


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
        return parquet_rows(str(path), file)


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
