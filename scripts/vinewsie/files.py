"""Reading files, and writing them whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vinewsie.findings import Finding, FindingsError, refuse
from vinewsie.model import Document


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        FindingsError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FindingsError(
            [Finding("file", f"cannot be read: {error.strerror}", file=str(path))]
        ) from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, its line ends as they are.

    Raises:
        FindingsError: the file cannot be read or is not UTF-8.
    """
    return decoded(str(path), read_bytes(path), 1)


def decoded(name: str, data: bytes, first_line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        message = (
            f"byte {error.start} ({data[error.start]:#04x}) is not UTF-8; save the file as UTF-8"
        )
        raise FindingsError([Finding("encoding", message, file=name, line=line)]) from error


def write_beside(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file whole or not at all: ``write`` fills a neighbour of it, which then takes its
    name.

    A link stays a link to the written file; what is no regular file (a pipe, a device) is written
    to as it is.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        write(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        beside.chmod(0o644 if not path.exists() else path.stat().st_mode)
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file whole or not at all, line ends as given."""
    write_beside(path, lambda beside: _write_bytes(beside, text.encode("utf-8")))


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


Contents = Mapping[str, str]
"""The new content of files, by their path inside the folder, with slashes. The last one is what
makes the others count.
"""


def write_all(folder: Path, contents: Contents) -> list[str]:
    """Writes the files whose content changes, in the given order, all or none; returns their names.

    First everything is written beside its place, where a full disk does no harm; then the files
    take their names. If that fails midway, those that have theirs get their old content back.

    Raises:
        OSError: nothing was written.
    """
    changed = {
        name: content.encode()
        for name, content in contents.items()
        if not holds(folder / name, content.encode())
    }
    beside: dict[str, Path] = {}
    made: list[Path] = []
    before: dict[str, bytes | None] = {}
    try:
        for name, data in changed.items():
            made += _make_folders((folder / name).parent)
            beside[name] = _write_beside(folder / name, data)
        for name, path in beside.items():
            place = folder / name
            before[name] = place.read_bytes() if place.exists() else None
            path.replace(place)
    except BaseException:
        _restore(folder, before)
        raise
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
        for path in reversed(made):
            # What was written keeps its folder.
            with contextlib.suppress(OSError):
                path.rmdir()
    return list(changed)


def holds(path: Path, data: bytes) -> bool:
    """Whether a file is there and holds these bytes."""
    return path.is_file() and path.read_bytes() == data


def _make_folders(folder: Path) -> list[Path]:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _write_beside(path: Path, data: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        beside.chmod(path.stat().st_mode if path.exists() else 0o644)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _restore(folder: Path, before: Mapping[str, bytes | None]) -> None:
    for name, data in before.items():
        if data is None:
            (folder / name).unlink(missing_ok=True)
        else:
            (folder / name).write_bytes(data)


_FORBIDDEN = frozenset('/\\:*?"<>|')
_LONGEST = 200
"""Bytes of a name, so that a suffix and a few more fit into what file systems allow (255)."""


def check_names(path: Path, documents: Sequence[Document]) -> None:
    """Makes sure that every document's id can name its file, and no two name the same one.

    Raises:
        FindingsError: one cannot.
    """
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for document in documents:
        name = document.doc_id
        if (
            not name
            or name != name.strip()
            or name.startswith(".")
            or set(name) & _FORBIDDEN
            or not name.isprintable()
        ):
            bad = f"a dot or space first, a space last, {' '.join(sorted(_FORBIDDEN))} or a control character"
            message = f"doc_id {name!r} cannot name a file: {bad}"
            findings.append(Finding("format", message, file=str(path)))
        elif len(name.encode()) > _LONGEST:
            findings.append(
                Finding(
                    "format",
                    f"doc_id {name!r} cannot name a file: it is longer than {_LONGEST} bytes",
                    file=str(path),
                )
            )
        elif name.casefold() in seen:
            message = f"doc_id {name!r} would name the same file as {seen[name.casefold()]!r} where case does not count"
            findings.append(Finding("format", message, file=str(path)))
        seen.setdefault(name.casefold(), name)
    refuse(findings)


def write_folder(path: Path, files: Mapping[str, str], own: Callable[[Path], bool]) -> None:
    """Writes a folder of UTF-8 files, which replaces one that is there, whole or not at all.

    Args:
        path: the folder.
        files: the text of each file by its name.
        own: whether a file in the folder that is there may go, because it is of the format that is
            written.

    Raises:
        FindingsError: the path is a file, or a folder that holds something else.
    """
    path = path.resolve()
    if path.exists() and not path.is_dir():
        refuse([Finding("file", "is a file; these documents need a folder", file=str(path))])
    strangers = sorted(part for part in path.iterdir() if not own(part)) if path.exists() else []
    refuse(
        [
            Finding(
                "file",
                "is not of this format, and would be lost with the folder; nothing was written",
                file=str(part),
            )
            for part in strangers
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
        fresh = Path(beside) / "new"
        fresh.mkdir()
        for name, text in files.items():
            (fresh / name).write_bytes(text.encode("utf-8"))
        old = path.rename(Path(beside) / "old") if path.exists() else None
        try:
            fresh.rename(path)
        except OSError:
            if old is not None:
                old.rename(path)
            raise
