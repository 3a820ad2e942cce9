"""Publication of a built data set: the files and what speaks against it; upload to the Hub."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from vinewsie.annotations.build import FILES
from vinewsie.annotations.croissant import CROISSANT, missing
from vinewsie.files import read_bytes, write_folder
from vinewsie.findings import Finding, FindingsError, VinewsieError
from vinewsie.tables import Table

MANIFEST = "manifest.json"

_TASKS = {
    "token-classification": (
        *("named-entity-recognition", "part-of-speech", "parsing", "lemmatization"),
        *("word-sense-disambiguation", "coreference-resolution"),
    ),
}
"""The Hub's task ids by task category, as far as a card of this project can need them. Source: the
npm package @huggingface/tasks."""
_VOCABULARIES = {
    "language": ("languages.json", None),
    "size_categories": ("size_categories.json", None),
    "multilinguality": ("multilingualities.json", None),
    "annotations_creators": ("creators.json", "annotations"),
    "language_creators": ("creators.json", "language"),
}
"""The file of datasets that has the values of a field of the card, and the key in it."""


class PublishError(VinewsieError):
    """The host cannot be reached, or refuses the data set."""


class ManifestTable(msgspec.Struct):
    """A table of a manifest, as far as publication reads it."""

    sha256: str


class Manifest(msgspec.Struct):
    """What a manifest says of the data, as far as publication reads it."""

    data_version: Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}(\.\d{1,9})*$")]
    sha256: str
    tables: dict[str, ManifestTable]

    @property
    def content(self) -> tuple[Any, ...]:
        """What is equal where the data are."""
        return self.sha256, {name: table.sha256 for name, table in self.tables.items()}

    @property
    def order(self) -> tuple[int, ...]:
        """By which versions are sorted."""
        return tuple(map(int, self.data_version.split(".")))


def _manifest(file: str, data: bytes) -> Manifest:
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"is no manifest of a data set: {error}; remove it, or publish elsewhere"
        raise FindingsError([Finding("published", message, file=file)]) from error


def tree(folder: Path, url: str | None) -> dict[str, bytes]:
    """The files of a built data set as they are published.

    Args:
        folder: the data set.
        url: its address at the host, which the Croissant description names.

    Returns:
        The content of each file by its path, sorted.
    """
    files = {
        path.relative_to(folder).as_posix(): read_bytes(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if url is not None and CROISSANT in files:
        described = {**msgspec.json.decode(files[CROISSANT]), "url": url}
        files[CROISSANT] = (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
    return files


def manifests(files: Mapping[str, bytes]) -> dict[str, Manifest]:
    """The manifests among the files, those of further sets included, by path.

    Raises:
        FindingsError: a file of that name is none.
    """
    return {
        name: _manifest(name, data)
        for name, data in files.items()
        if name.rpartition("/")[2] == MANIFEST
    }


def refusals(files: Mapping[str, bytes], published: Mapping[str, Manifest]) -> Iterator[Finding]:
    """What speaks against the publication of files that are not stale.

    Args:
        files: the files by path.
        published: the manifests that are published, by path; empty for a first publication.
    """
    for name, manifest in manifests(files).items():
        old = published.get(name)
        if old is None or old.content == manifest.content:
            continue
        if manifest.order <= old.order:
            message = (
                f"the data changed, and data_version {manifest.data_version} is not above "
                f"{old.data_version}"
            )
            yield Finding("published", message, file=name)
    head = yaml.safe_load(files["README.md"].decode().split("---\n", 2)[1])
    yield from vocabulary_findings(head)
    for name in missing(msgspec.json.decode(files[CROISSANT])):
        yield Finding("croissant", f"Croissant 1.1 requires {name}", file=CROISSANT)


def vocabulary_findings(head: Mapping[str, Any]) -> Iterator[Finding]:
    """Finds values in the head of a card that the Hub does not know, without a network.

    Args:
        head: the YAML at the top of the card.
    """
    from importlib.resources import files

    resources = files("datasets.utils.resources")
    categories = head.get("task_categories", ())
    known = {
        "task_categories": _TASKS,
        "task_ids": [task for category in categories for task in _TASKS.get(category, ())],
    }
    for name, (file, key) in _VOCABULARIES.items():
        values = json.loads((resources / file).read_text(encoding="utf-8"))
        known[name] = values[key] if key else values
    for name, values in known.items():
        for value in head.get(name, ()):
            if value not in values:
                yield Finding("vocabulary", f"{name}: {value} is not known", file="README.md")


def listing(files: Mapping[str, bytes]) -> Table:
    """Path, bytes and sha256 of each file, as the Hub's client computes them."""
    cells = [
        [one.path_in_repo, str(one.upload_info.size), one.upload_info.sha256.hex()]
        for one in operations(files)
    ]
    return Table(["path", "bytes", "sha256"], cells, "lrl")


def operations(files: Mapping[str, bytes]) -> list[Any]:
    """The additions of one commit (``huggingface_hub.CommitOperationAdd``)."""
    from huggingface_hub import CommitOperationAdd

    return [CommitOperationAdd(name, data) for name, data in files.items()]


def address(repository: str) -> str:
    """The address of a data set on the Hub, or on the host that ``HF_ENDPOINT`` names."""
    from huggingface_hub import HfApi

    return f"{HfApi().endpoint}/datasets/{repository}"


def published_at(repository: str, files: Mapping[str, bytes]) -> dict[str, Manifest]:
    """The manifests that a repository has.

    Args:
        repository: ``OWNER/NAME`` on the Hub.
        files: the files that are to be published.

    Returns:
        The manifests by path; none if the repository does not exist yet.

    Raises:
        PublishError: the host cannot be reached.
        FindingsError: a file of that name is no manifest.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        EntryNotFoundError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in manifests(files):
            try:
                path = HfApi().hf_hub_download(
                    repository, name, repo_type="dataset", local_dir=folder
                )
            except RepositoryNotFoundError:
                return {}
            except LocalEntryNotFoundError as error:
                raise PublishError(f"{address(repository)} cannot be reached") from error
            except EntryNotFoundError:
                continue
            except Exception as error:
                raise PublishError(f"{address(repository)}: {error}") from error
            found[name] = _manifest(name, read_bytes(Path(path)))
    return found


def upload(repository: str, files: Mapping[str, bytes]) -> str:
    """Uploads files to a dataset repository of the Hub, in one commit.

    Args:
        repository: ``OWNER/NAME``; it is created if it does not exist.
        files: the content of each file by its path.

    Returns:
        The address of the commit.

    Raises:
        PublishError: the host cannot be reached, or refuses the data set.
    """
    from huggingface_hub import HfApi

    version = manifests(files)[MANIFEST].data_version
    try:
        api = HfApi()
        api.create_repo(repository, repo_type="dataset", exist_ok=True)
        done = api.create_commit(
            repository,
            operations(files),
            commit_message=f"Data version {version}",
            repo_type="dataset",
        )
    except Exception as error:
        raise PublishError(f"{address(repository)}: {error}") from error
    return str(done.commit_url)


def published_in(folder: Path) -> dict[str, Manifest]:
    """The manifests of a folder that was written before, by path.

    Raises:
        FindingsError: a file of that name is none.
    """
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob(MANIFEST)}
    return {name: _manifest(name, read_bytes(path)) for name, path in found.items()}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes the files to a folder, whole or not at all; a data set there is replaced.

    Args:
        files: the content of each file by its path.
        folder: the folder.

    Raises:
        FindingsError: the folder holds other files.
    """

    def fill(new: Path) -> None:
        for name, data in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)

    write_folder(folder, fill, lambda file: file in FILES and (folder / MANIFEST).is_file())


def total(files: Mapping[str, bytes]) -> str:
    """The number of files and bytes, and one sha256 of all paths and contents."""
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return f"{len(files)} files, {sum(map(len, files.values()))} bytes, {digest.hexdigest()}"
