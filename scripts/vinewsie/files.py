"""Reading files, and writing files and folders whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import IO

import msgspec

from vinewsie.findings import Finding, FindingsError, VinewsieError, refuse
from vinewsie.messages import say

if sys.platform != "win32":
    import fcntl

_BUFFER = 1 << 20
_GZIP = b"\x1f\x8b"
_UNPACKED, _RATIO = 1 << 26, 200
"""A gzip file may unpack to this many bytes, or to this multiple of its size. Texts of records
shrink to a tenth.
"""

STDOUT = Path("-")
"""The path that is written to standard output."""


class LockedError(VinewsieError):
    """Another command is writing to the same place."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from writing to a file or folder that exists.

    The lock is on the file or folder itself, so it needs no further file, and ends with the
    process. Two locks of one process exclude each other, too.

    Raises:
        LockedError: another command has the lock; the message names the path.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if not _lock(descriptor):
            raise LockedError(
                say(
                    "another command is writing to {path}; wait for its end, and repeat this one",
                    path=str(path),
                )
            )
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Locks an open file or folder until it is closed; false if another one has locked it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network file systems have no locks
            return True
    return True


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
        reason = getattr(error, "strerror", None) or str(error)
        message = say("cannot be read: {reason}", reason=reason)
        raise FindingsError([Finding("file", message, file=str(path))]) from error


def is_packed(path: Path) -> bool:
    """Whether a file is gzip, by its content."""
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


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
            message = say(
                "unpacks to more than {allowed} bytes; unpack it first", allowed=f"{allowed:,}"
            )
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
        message = say(
            "byte {place} ({byte}) is not UTF-8; save the file as UTF-8",
            place=error.start,
            byte=f"{data[error.start]:#04x}",
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
        mode: the permissions; by default those of the file that is replaced, or those of a new
            file under the umask.

    Raises:
        OSError: nothing was written; the error names the file.
    """
    with writing(path, mode=mode) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path: Path, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Opens a file to be written piece by piece, whole or not at all; see :func:`write_bytes`."""
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with naming(path):
        place = _followed(path)
        if place.exists() and not place.is_file():
            with place.open("wb") as file:
                yield file
            return
        _clear_stale(place.parent)
        with _staging(place.parent) as beside:
            new = beside / "new"
            with new.open("wb") as file:
                yield file
            _set_mode(new, place, mode)
            new.replace(place)


Contents = Mapping[str, str]
"""New contents of files by their paths inside a folder, with slashes, in the order of writing."""


def write_files(folder: Path, contents: Contents) -> list[str]:
    """Writes those files of a folder whose content changes, in the given order, all or none.

    What a killed process began, the next call for the folder, or :func:`changing`, completes.

    Returns:
        The names of the files that changed.

    Raises:
        OSError: nothing was written; the error names a file.
    """
    _clear_stale(folder)
    changed = {
        name: content.encode()
        for name, content in contents.items()
        if not holds(folder / name, content.encode())
    }
    if changed:
        with naming(folder / next(iter(changed))), _staging(_followed(folder)) as beside:
            for number, (name, data) in enumerate(changed.items()):
                with naming(folder / name):
                    place, new = _followed(folder / name), beside / str(number)
                    new.write_bytes(data)
                    _set_mode(new, place, None)
                    if place.exists():
                        shutil.copy2(place, _old(new))
            _put_files(beside, folder, list(changed))
    return list(changed)


def _put_files(beside: Path, folder: Path, names: Sequence[str]) -> None:
    """Moves new files to their places. If that fails, what was there before is restored.

    Args:
        beside: the temporary folder with the files, named by their numbers.
        folder: the folder that they belong to.
        names: their paths inside it.
    """
    journal, made = beside / _JOURNAL, list[Path]()
    moved: list[tuple[Path, Path]] = []
    try:
        (beside / "unfinished").write_bytes(msgspec.json.encode(names))
        (beside / "unfinished").replace(journal)
        for number, name in enumerate(names):
            with naming(folder / name):
                new, place = beside / str(number), _followed(folder / name)
                for above in reversed([place.parent, *place.parent.parents]):
                    if not above.exists():
                        made.append(above)
                        above.mkdir(exist_ok=True)
                moved.append((place, _old(new)))
                _move(new, place)
    except BaseException:
        journal.unlink(missing_ok=True)  # else, the next command completes it
        for place, old in reversed(moved):
            if old.exists():
                _move(old, place)
            else:
                place.unlink(missing_ok=True)
        for above in reversed(made):
            _remove_if_empty(above)
        raise


_JOURNAL = "journal"
"""The file of a temporary folder that lists the places of its files, once all are written."""


def _old(new: Path) -> Path:
    """The copy of what a new file replaces."""
    return new.with_suffix(".old")


def _move(new: Path, place: Path) -> None:
    """Moves a file to its place in one step, which may be on another file system."""
    try:
        new.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with _staging(place.parent) as beside:
            shutil.copy2(new, beside / "new")
            (beside / "new").replace(place)


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Keeps other commands from changing a folder, after completing what a killed one began there.

    Raises:
        LockedError: another command is changing it; the message names the folder.
    """
    with locked(folder):
        _clear_stale(folder)
        yield


def write_folder(
    path: Path, fill: Callable[[Path], object], own: Callable[[PurePath], bool]
) -> None:
    """Writes a folder whole or not at all; it replaces the one that is there.

    A process that is killed leaves the old folder or the new one, where the file system can
    exchange two folders in one step (on Linux, most can).

    Args:
        path: the folder.
        fill: writes the files into the new, empty folder that it is given.
        own: whether a file of the existing folder may be lost; it is given the path inside the
            folder.

    Raises:
        FindingsError: the path is a file, or the existing folder has other files.
        OSError: nothing was written; the error names the folder.
    """
    with naming(path):
        place = _followed(path)
        _check_folder(place, own)
        _clear_stale(place.parent)
        with _staging(place.parent) as beside:
            new = beside / "new"
            new.mkdir()
            fill(new)
            if place.exists():
                new.chmod(stat.S_IMODE(place.stat().st_mode))
            _check_folder(place, own)  # another command may have written there meanwhile
            _put_folder(new, place)


def _check_folder(place: Path, own: Callable[[PurePath], bool]) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        refuse([Finding("file", "is in the way: this is a file, not a folder", file=str(place))])
    # An entry is a file, a link, or an empty folder.
    entries = [
        entry
        for entry in place.rglob("*")
        if entry.is_symlink() or not entry.is_dir() or not any(entry.iterdir())
    ]
    message = (
        "is in the way: this command did not write it, and it would be lost; choose another folder"
    )
    others = sorted(entry for entry in entries if not own(entry.relative_to(place)))
    refuse([Finding("file", message, file=str(entry)) for entry in others])


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Makes an :class:`OSError` name the file that the user knows, where the system names none (a
    full disk), or a temporary file.
    """
    try:
        yield
    except OSError as error:
        parts = Path(os.fsdecode(error.filename)).parts if error.filename else ()
        named = parts and not any(p[0] == "." and p.endswith(_TEMPORARY) for p in parts)
        if named or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


_TEMPORARY = ".new"
"""The end of the names of temporary folders."""


def _followed(path: Path) -> Path:
    """The path without symbolic links, which may lead to a file that does not exist yet.

    Raises:
        OSError: links form a cycle.
    """
    try:
        return path.resolve()
    except RuntimeError as error:  # until Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Makes a temporary folder in a folder, which is made if it is missing; both are gone
    afterwards, unless the folder got other contents.

    The temporary folder is locked, so that a later command can tell that of a killed one from that
    of a running one.
    """
    with contextlib.ExitStack() as cleanup:
        for above in reversed([folder, *folder.parents]):
            if not above.exists():
                cleanup.callback(_remove_if_empty, above)
                above.mkdir(exist_ok=True)
        while True:
            # On the same file system as what it will replace. Only the owner can look inside.
            beside = Path(tempfile.mkdtemp(_TEMPORARY, ".vinewsie.", folder))
            cleanup.callback(_clear, beside)
            # Before it is locked, another command may take it for a stale one.
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(beside, os.O_RDONLY)
                cleanup.callback(os.close, descriptor)
                if _lock(descriptor) and beside.exists():
                    break
        yield beside


def _clear_stale(folder: Path) -> None:
    """Removes the temporary folders that killed commands have left in a folder."""
    for beside in folder.glob(f".vinewsie.*{_TEMPORARY}"):
        with contextlib.suppress(LockedError, FileNotFoundError), locked(beside):
            _clear(beside)


def _put_folder(new: Path, place: Path) -> None:
    """Moves a folder to its place; the one that is there goes to the folder of the new one."""
    if place.exists():
        if _exchange(new, place):
            return
        # Here alone is a moment without a folder; see _clear.
        (new.parent / "old").mkdir()
        place.rename(new.parent / "old" / place.name)
    new.rename(place)


_AT_CWD = -100
_RENAME_EXCHANGE = 2


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two paths in one step, if the system can: renameat2(2), Linux from 3.15."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    sys.audit("os.rename", str(one), str(other), -1, -1)
    done: bool = (
        rename(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
    )
    return done


def _clear(beside: Path) -> None:
    """Completes what was begun with a temporary folder, and removes it."""
    try:
        _complete(beside)
        shutil.rmtree(beside, ignore_errors=True)
    finally:  # again, in case the first attempt was interrupted or failed
        _complete(beside)
        shutil.rmtree(beside, ignore_errors=True)


def _complete(beside: Path) -> None:
    """Moves files to the places that the journal names, and an old folder back to where nothing
    took its place.
    """
    folder = beside.parent
    try:
        names = msgspec.json.decode((beside / _JOURNAL).read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        names = []
    for number, name in enumerate(names):
        new = beside / str(number)
        if new.is_file() and "\0" not in name:
            place, old = _followed(folder / name), _old(new)
            # A folder from elsewhere may hold any journal, and a user may have changed the file.
            inside = place.is_relative_to(folder.resolve())
            if inside and (holds(place, old.read_bytes()) if old.exists() else not place.exists()):
                place.parent.mkdir(parents=True, exist_ok=True)
                _move(new, place)
    for old in (beside / "old").glob("*"):
        if not (place := folder / old.name).exists():
            old.rename(place)


def _set_mode(new: Path, place: Path, mode: int | None) -> None:
    """Sets the permissions of a new file: the given ones, or those of the file that it replaces."""
    if mode is None and place.exists():
        mode = stat.S_IMODE(place.stat().st_mode)
    if mode is not None:
        new.chmod(mode)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
