"""Changing several files of ``annotations/`` at once: checked as a whole before anything is written, then written all or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vinewsie import corpus
from vinewsie.findings import Finding, FindingsError

Contents = Mapping[str, str]
"""The new content of files, by their path inside the folder, with slashes. The last one is what makes the others count."""

_PARTS = ("articles", "gold", "passes", "entities.csv", "adjudication.jsonl")
"""What :func:`vinewsie.corpus.read` reads."""


def check(folder: Path, contents: Contents) -> corpus.Annotations:
    """What ``folder`` would hold with these contents, read and checked; findings name the files as they will be.

    Raises:
        FindingsError: ``articles.json`` would not be readable.
    """
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in _PARTS:
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part)
            elif (folder / part).exists():
                shutil.copyfile(folder / part, copy / part)
        for name, content in contents.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content.encode())
        try:
            result = corpus.read(copy)
        except FindingsError as error:
            raise FindingsError(_moved(finding, copy, folder) for finding in error.findings) from error
    result.folder = folder
    result.findings = [_moved(finding, copy, folder) for finding in result.findings]
    return result


def _moved(finding: Finding, copy: Path, folder: Path) -> Finding:
    if finding.file is None or not Path(finding.file).is_relative_to(copy):
        return finding
    return replace(finding, file=str(folder / Path(finding.file).relative_to(copy)))


def write_all(folder: Path, contents: Contents) -> list[str]:
    """Writes the files whose content changes, in the given order, all or none; returns their names.

    First everything is written beside its place, where a full disk does no harm; then the files take their names. If that fails
    midway, those that have theirs get their old content back.

    Raises:
        OSError: nothing was written.
    """
    changed = {name: content.encode() for name, content in contents.items() if not holds(folder / name, content.encode())}
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
