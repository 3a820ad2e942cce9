"""Formats that keep a document in files of its own: names of files, and folders written whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vinewsie.findings import Finding
from vinewsie.formats.base import refuse
from vinewsie.model import Document

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
        if not name or name != name.strip() or name.startswith(".") or set(name) & _FORBIDDEN or not name.isprintable():
            bad = f"a dot or space first, a space last, {' '.join(sorted(_FORBIDDEN))} or a control character"
            message = f"doc_id {name!r} cannot name a file: {bad}"
            findings.append(Finding("format", message, file=str(path)))
        elif len(name.encode()) > _LONGEST:
            findings.append(Finding("format", f"doc_id {name!r} cannot name a file: it is longer than {_LONGEST} bytes", file=str(path)))
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
        own: whether a file in the folder that is there may go, because it is of the format that is written.

    Raises:
        FindingsError: the path is a file, or a folder that holds something else.
    """
    path = path.resolve()
    if path.exists() and not path.is_dir():
        refuse([Finding("file", "is a file; these documents need a folder", file=str(path))])
    strangers = sorted(part for part in path.iterdir() if not own(part)) if path.exists() else []
    refuse(
        [
            Finding("file", "is not of this format, and would be lost with the folder; nothing was written", file=str(part))
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
