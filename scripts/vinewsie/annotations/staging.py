"""Checks changes of an annotations folder before anything is written."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from vinewsie.annotations import store
from vinewsie.files import Contents
from vinewsie.findings import Finding, FindingsError


def check(folder: Path, contents: Contents) -> store.Annotations:
    """Reads and checks an annotations folder as it would be with new contents of some files.

    Args:
        folder: the folder, which stays unchanged.
        contents: the new contents.

    Returns:
        The annotations; findings name the files in ``folder``.

    Raises:
        FindingsError: ``articles.json`` would not be readable.
    """
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in store.PARTS:
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part)
            elif (folder / part).exists():
                shutil.copyfile(folder / part, copy / part)
        for name, content in contents.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content.encode())
        try:
            result = store.read(copy)
        except FindingsError as error:
            raise FindingsError(
                _moved(finding, copy, folder) for finding in error.findings
            ) from error
    result.folder = folder
    result.findings = [_moved(finding, copy, folder) for finding in result.findings]
    return result


def _moved(finding: Finding, copy: Path, folder: Path) -> Finding:
    if finding.file is None or not Path(finding.file).is_relative_to(copy):
        return finding
    return replace(finding, file=str(folder / Path(finding.file).relative_to(copy)))
