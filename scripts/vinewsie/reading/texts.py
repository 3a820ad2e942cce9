"""Texts that stand-off labels refer to: gets them from their public source, checks them, and keeps
them in the user's cache.

The source has one sentence on each line of one file, and the id of its document on the same line
of another. A text is the lines of a document, joined by line breaks.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from vinewsie.files import read_bytes, write_bytes
from vinewsie.findings import VinewsieError
from vinewsie.messages import say
from vinewsie.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    import requests

_ATTEMPTS = 3
"""Connections for a file, each of which continues where the one before broke off."""
_PAUSE = 1.0
"""Seconds before the second attempt; doubled for each further one."""
_TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""
_CHUNK = 1 << 16


class SourceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the source: its path in the repository, its sha256, and its size in bytes."""

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The name of the file without its folders."""
        return self.path.rsplit("/", 1)[-1]


class TextSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the texts of a set come from.

    Args:
        set: the name of the set.
        repository: the public repository, as ``owner/name``.
        commit: its commit.
        url: the address that a file's path is added to.
        licence: the licence of the texts.
        sentences: the file with a sentence on each line.
        doc_ids: the file with the document of each sentence.
        others: further files that are kept beside them, such as the original of a translation.
    """

    set: str
    repository: str
    commit: str
    url: str
    licence: str
    sentences: SourceFile
    doc_ids: SourceFile
    others: tuple[SourceFile, ...] = ()

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All files of the source."""
        return (self.sentences, self.doc_ids, *self.others)


class TextsError(VinewsieError):
    """Texts of stand-off labels are missing, have changed, or cannot be fetched."""


def cache_folder(source: TextSource) -> Path:
    """The folder in the user's cache that holds the files of a source."""
    import platformdirs

    cache: Path = platformdirs.user_cache_path("vinewsie", appauthor=False)
    return cache / "texts" / source.set / source.commit[:12]


def texts_of(source: TextSource, folder: Path | None = None) -> dict[str, str]:
    """The texts of a source, by ``doc_id``, in the order of the source.

    Args:
        source: the source.
        folder: a folder with its files; by default the user's cache.

    Raises:
        TextsError: a file is missing or is not the one that was labelled.
    """
    place = folder if folder is not None else cache_folder(source)
    sentences, ids = (
        _lines(_checked(source, one, place)) for one in (source.sentences, source.doc_ids)
    )
    if len(sentences) != len(ids):
        raise TextsError(
            say(
                "{sentences} has {count} lines, {ids} {other}",
                sentences=source.sentences.name,
                count=len(sentences),
                ids=source.doc_ids.name,
                other=len(ids),
            )
        )
    documents: dict[str, list[str]] = {}
    for doc_id, sentence in zip(ids, sentences, strict=True):
        documents.setdefault(doc_id, []).append(sentence)
    return {doc_id: "\n".join(lines) for doc_id, lines in documents.items()}


def _checked(source: TextSource, file: SourceFile, folder: Path) -> bytes:
    again = say("get them with: vinewsie texts {set}", set=source.set)
    path = _found(folder, file)
    if path is None:
        raise TextsError(
            say("the texts of the {set} set are not here; {advice}", set=source.set, advice=again)
        )
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise TextsError(
            say(
                "{path} is not the file that was labelled (sha256 differs); {advice}",
                path=str(path),
                advice=again,
            )
        )
    return data


def _lines(data: bytes) -> list[str]:
    """The lines of a file, whose line ends may be CRLF; no other character ends a line."""
    lines = data.decode("utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


# Getting


def get(
    source: TextSource,
    *,
    from_folder: Path | None = None,
    progress: ProgressCallback = no_progress,
) -> Mapping[str, str]:
    """Puts the files of a source into the user's cache, each whole or not at all.

    A file that is there and right stays. A download that broke off is continued.

    Args:
        source: the source.
        from_folder: a folder with the files, such as a clone; by default they are downloaded.
        progress: takes a line for each file, and its share in percent.

    Returns:
        What was done with each file, by its path.

    Raises:
        TextsError: a file cannot be fetched, or is not the one that was labelled; it is not kept.
    """
    place = cache_folder(source)
    done = {}
    for file in source.files:
        target = place / file.name
        if target.is_file() and _sha256(target) == file.sha256:
            done[file.path] = "is here already"
            continue
        place.mkdir(parents=True, exist_ok=True)
        if from_folder is not None:
            found = _found(from_folder, file)
            if found is None:
                raise TextsError(f"{from_folder} has neither {file.path} nor {file.name}")
            data = read_bytes(found)
            _refuse_changed(file, hashlib.sha256(data).hexdigest(), str(found))
            write_bytes(target, data)
            done[file.path] = f"copied from {found}"
        else:
            _download(source, file, target, progress)
            done[file.path] = "downloaded"
    return done


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _found(folder: Path, file: SourceFile) -> Path | None:
    """The file in a folder: under its path in the repository, or directly."""
    places = (folder / file.path, folder / file.name)
    return next((place for place in places if place.is_file()), None)


def holds_source(folder: Path, source: TextSource) -> bool:
    """Whether a folder has the sentences of a source, be it as a clone or without its folders."""
    return _found(folder, source.sentences) is not None


def _refuse_changed(file: SourceFile, digest: str, place: str) -> None:
    if digest != file.sha256:
        raise TextsError(
            f"{place} is not the file that was labelled: its sha256 is {digest}, "
            f"not {file.sha256}; nothing of it is kept"
        )


def _download(
    source: TextSource, file: SourceFile, target: Path, progress: ProgressCallback
) -> None:
    """Downloads a file beside its place, checks it, and puts it there.

    Raises:
        TextsError: the connection broke off each time, or the file has changed.
    """
    import requests

    address = source.url + file.path
    part = target.with_name(target.name + ".part")
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * 2 ** (attempt - 1))
        try:
            _continue(address, file, part, progress)
            break
        except (requests.ConnectionError, requests.Timeout, _BrokenOffError) as error:
            if attempt == _ATTEMPTS - 1:
                there = part.stat().st_size if part.exists() else 0
                raise TextsError(
                    f"{address}: {_reason(error)}; {there} of {file.size} bytes are here; "
                    "repeat the command to continue, or give a folder: --from FOLDER"
                ) from error
        except requests.RequestException as error:
            raise TextsError(f"{address}: {error}") from error
    digest = _sha256(part)
    if digest != file.sha256:
        part.unlink()
    _refuse_changed(file, digest, address)
    part.replace(target)


def _reason(error: Exception) -> str:
    """Why a connection failed, in short."""
    import requests

    if isinstance(error, _BrokenOffError):
        return str(error)
    timed_out = isinstance(error, requests.Timeout)
    return f"no answer within {_TIMEOUT:.0f} s" if timed_out else "the server cannot be reached"


class _BrokenOffError(Exception):
    """A download ended before the last byte."""


def _continue(address: str, file: SourceFile, part: Path, progress: ProgressCallback) -> None:
    """Downloads what a partial file lacks."""
    import requests

    there = part.stat().st_size if part.exists() else 0
    if there >= file.size:
        if there == file.size:
            return
        part.unlink()
        there = 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    with requests.get(address, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        if response.status_code >= 500:
            raise _BrokenOffError(f"the server answers {response.status_code}")
        response.raise_for_status()
        # A server that ignores the range sends the whole file.
        fresh = response.status_code != requests.codes.partial_content
        announced = response.headers.get("Content-Length")
        if announced is not None and int(announced) + (0 if fresh else there) != file.size:
            part.unlink(missing_ok=True)
            raise TextsError(
                f"{address} is not the file that was labelled: it has {announced} bytes, "
                f"not {file.size}; nothing of it is kept"
            )
        with part.open("wb" if fresh else "ab") as out:
            size = 0 if fresh else there
            for written in _written(response, out, size):
                size = written
                progress(f"{file.name}: {100 * min(size, file.size) // file.size} %")
                if size > file.size:
                    break
    if size < file.size:
        raise _BrokenOffError("the connection broke off")


def _written(response: requests.Response, out: IO[bytes], size: int) -> Iterator[int]:
    """Writes what a response brings, and yields the size of the file after each piece."""
    import requests

    # Otherwise urllib3 drops the last piece of an answer that breaks off.
    response.raw.enforce_content_length = False
    try:
        for piece in response.iter_content(_CHUNK):
            out.write(piece)
            size += len(piece)
            yield size
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise _BrokenOffError("the connection broke off") from error
