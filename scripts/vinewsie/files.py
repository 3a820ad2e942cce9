"""Reading files, and writing files and folders whole or not at all."""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from vinewsie.findings import Finding, FindingsError, refuse

_BUFFER = 1 << 20
_GZIP = b"\x1f\x8b"
_UNPACKED, _RATIO = 1 << 26, 200
"""A gzip file may unpack to this many bytes, or to this multiple of its size. Texts of records
shrink to a tenth.
"""

STDOUT = Path("-")
"""The path that is written to standard output."""


def unpacked_name(path: Path) -> Path:
    """The path without the ending ``.gz``."""
    return path.with_suffix("") if path.suffix == ".gz" else path


def read_bytes(path: Path) -> bytes:
    """Reads a file; gzip is unpacked.

    Raises:
        FindingsError: the file cannot be read.
    """
    with opened(path) as file:
        return file.read()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file to read its bytes; the buffer holds a line that is a document. Gzip is unpacked.

    Raises:
        FindingsError: the file cannot be read.
    """
    try:
        with path.open("rb", buffering=_BUFFER) as file:
            yield unpacked(str(path), file)
    except (OSError, EOFError, zlib.error) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise FindingsError([Finding("file", message, file=str(path))]) from error


def unpacked(name: str, file: IO[bytes]) -> IO[bytes]:
    """An open file, from its beginning; gzip is unpacked while it is read.

    Args:
        name: the file that findings name.
        file: its bytes, with a position that can be changed.

    Raises:
        FindingsError: gzip unpacks to far more than its size.
    """
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    if not packed:
        return file
    allowed = max(_UNPACKED, _RATIO * file.seek(0, io.SEEK_END))
    file.seek(0)
    size, unpacking = 0, gzip.GzipFile(fileobj=file)
    while block := unpacking.read(_BUFFER):
        size += len(block)
        if size > allowed:
            message = f"unpacks to more than {allowed:,} bytes; unpack it first"
            raise FindingsError([Finding("file", message, file=name)])
    file.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=file), _BUFFER)


def read_text(path: Path) -> str:
    """Reads a UTF-8 file; line ends stay as they are.

    Raises:
        FindingsError: the file cannot be read or is not UTF-8.
    """
    return decoded(str(path), read_bytes(path), 1)


def decoded(name: str, data: bytes, first_line: int) -> str:
    """Decodes UTF-8.

    Args:
        name: the file that findings name.
        data: the bytes.
        first_line: the line of the file on which the bytes begin.

    Raises:
        FindingsError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        message = (
            f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8; save the file as UTF-8"
        )
        raise FindingsError([Finding("encoding", message, file=name, line=line)]) from error


def holds(path: Path, data: bytes) -> bool:
    """Whether the file exists and has these bytes as its content."""
    return path.is_file() and path.read_bytes() == data


def write_text(path: Path, text: str, *, mode: int | None = None) -> None:
    """Writes a UTF-8 file whole or not at all; line ends stay as they are.

    Args:
        path: as for :func:`write_bytes`.
        text: the new content.
        mode: as for :func:`write_bytes`.
    """
    write_bytes(path, text.encode("utf-8"), mode=mode)


def write_bytes(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Writes a file whole or not at all.

    A symbolic link keeps pointing to the written file. A pipe or a device is written to directly,
    and so is standard output, for :data:`STDOUT`.

    Args:
        path: the file; missing folders are made.
        data: the new content.
        mode: the permissions; by default those of the file that is replaced, or 0644.
    """
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    with _staged([path]) as (new,):
        _write_staged(new, path, data, mode)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Opens a file to be written piece by piece, whole or not at all; see :func:`write_bytes`."""
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    with _staged([path]) as (new,):
        with new.open("wb") as file:
            yield file
        new.chmod(_mode(path))


Contents = Mapping[str, str]
"""New contents of files by their paths inside a folder, with slashes, in the order of writing."""


def write_files(folder: Path, contents: Contents) -> list[str]:
    """Writes those files of a folder whose content changes, in the given order, all or none.

    Returns:
        The names of the files that changed.

    Raises:
        OSError: nothing was written.
    """
    changed = {
        name: content.encode()
        for name, content in contents.items()
        if not holds(folder / name, content.encode())
    }
    places = [(folder / name).resolve() for name in changed]
    with _staged(places) as staged:
        for new, place, data in zip(staged, places, changed.values(), strict=True):
            _write_staged(new, place, data, None)
    return list(changed)


def write_folder(path: Path, fill: Callable[[Path], object], own: Callable[[Path], bool]) -> None:
    """Writes a folder whole or not at all; it replaces the one that is there.

    Args:
        path: the folder.
        fill: writes the files into the new, empty folder that it is given.
        own: whether an entry of the existing folder may be replaced.

    Raises:
        FindingsError: the path is a file, or the existing folder has other entries.
    """
    path = path.resolve()
    if path.exists() and not path.is_dir():
        refuse([Finding("file", "is in the way: this is a file, not a folder", file=str(path))])
    message = "is in the way: it is not of the kind that is written here, and would be lost"
    others = sorted(entry for entry in path.iterdir() if not own(entry)) if path.exists() else []
    refuse([Finding("file", message, file=str(entry)) for entry in others])
    with _staged([path]) as (new,):
        new.mkdir()
        fill(new)


@contextlib.contextmanager
def _staged(places: Sequence[Path]) -> Iterator[list[Path]]:
    """Yields a free path for each place; once they are written, they take the places, all or none.

    A full disk or an error while they are written changes nothing. If a later step fails, what
    was at the places before is restored.
    """
    with contextlib.ExitStack() as cleanup:
        staged: list[Path] = []
        for place in places:
            for folder in reversed([place.parent, *place.parent.parents]):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)
                    cleanup.callback(_remove_if_empty, folder)
            # Beside its place, so on the same file system. Only the owner can look inside.
            beside = tempfile.TemporaryDirectory(
                prefix=f".{place.name}.", dir=place.parent, ignore_cleanup_errors=True
            )
            staged.append(Path(cleanup.enter_context(beside)) / "new")
        yield staged
        with contextlib.ExitStack() as undo:
            for new, place in zip(staged, places, strict=True):
                old, existed = new.with_name("old"), place.exists()
                if existed and new.is_dir():
                    place.rename(old)
                elif existed and len(places) > 1:
                    shutil.copy2(place, old)
                undo.callback(_restore, place, old, existed)
                new.replace(place)
            undo.pop_all()


def _write_staged(new: Path, place: Path, data: bytes, mode: int | None) -> None:
    new.write_bytes(data)
    new.chmod(_mode(place) if mode is None else mode)


def _mode(place: Path) -> int:
    """The permissions of the file that is replaced, or 0644."""
    return stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o644


def _restore(place: Path, old: Path, existed: bool) -> None:
    if old.exists():
        old.replace(place)
    elif not existed:
        place.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
