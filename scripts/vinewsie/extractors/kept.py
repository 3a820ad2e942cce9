"""Answers kept in a file as they come, so that the same run goes on from there after an
interruption or a failure.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vinewsie._version import __version__
from vinewsie.extractors.catalogue import BUILT_IN, ExtractorError
from vinewsie.files import read_bytes
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import Document

Answer = dict[str, Any]

_NO_MODULES = ("cmd", "http", "https")
"""What stands before the colon of a SPEC and only looks like one of the standard library's
modules.
"""


class _Header(msgspec.Struct):
    """The first line: whose answers follow."""

    kept: str
    vinewsie: str = ""
    source: str | None = None
    """A hash of the extractor's source, where that is known."""


class _Kept(msgspec.Struct, rename={"for_": "for"}):
    for_: str
    answer: dict[str, Any]


@contextlib.contextmanager
def kept(
    path: Path | None, spec: str, documents: Sequence[Document], *, fresh: bool = False
) -> Iterator[tuple[dict[str, Answer], Callable[[Answer], None]]]:
    """The answers that were kept before for these texts, and a function that keeps one more.
    Without a path nothing is kept.

    Args:
        path: the file.
        spec: the extractor.
        documents: the documents.
        fresh: whether to begin anew, whatever is there.

    Raises:
        ExtractorError: the file holds answers of another extractor.
        FindingsError: the file is damaged.
    """
    if path is None:
        yield {}, lambda _: None
        return
    header = _Header(spec, __version__, _source_hash(spec))
    prints = {document.doc_id: _fingerprint(document) for document in documents}
    before = None if fresh else _read(path, header)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb" if before is None else "ab") as file:

        def write(line: msgspec.Struct) -> None:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()

        if before is None:
            write(header)
        # Answers for a text that has changed since are not used, but stay: the text may change
        # back.
        yield (
            {
                line.answer["doc_id"]: line.answer
                for line in before or ()
                if prints.get(line.answer["doc_id"]) == line.for_
            },
            lambda answer: write(_Kept(prints[answer["doc_id"]], answer)),
        )


def _fingerprint(document: Document) -> str:
    """What an answer was given for: an extractor sees text and segments."""
    return hashlib.sha256(msgspec.json.encode([document.text, document.segments])).hexdigest()


def _read(path: Path, wanted: _Header) -> list[_Kept] | None:
    """The answers of an earlier run of the same extractor; None if there are none at all. A line
    that was not written whole is cut off.
    """
    if not path.exists():
        return None
    data = read_bytes(path)
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    first, *lines = whole.split(b"\n")[:-1] or [b""]
    if not lines:
        return None
    findings: list[Finding] = []
    header = _line(first, _Header, path, 1, findings)
    answers = [
        _line(line, _Kept, path, number, findings) for number, line in enumerate(lines, start=2)
    ]
    if findings or header is None:
        raise FindingsError(findings)
    held = f"{path} holds {len(lines)} answer{'s' if len(lines) > 1 else ''} of {header.kept}"
    if header.kept != wanted.kept:
        raise ExtractorError(f"{held} (vinewsie {header.vinewsie}); --fresh begins anew")
    if None not in (header.source, wanted.source) and header.source != wanted.source:
        raise ExtractorError(f"{held}, whose source has changed since; --fresh begins anew")
    return [answer for answer in answers if answer is not None]


def _line(data: bytes, kind: Any, path: Path, number: int, findings: list[Finding]) -> Any:
    try:
        line = msgspec.json.decode(data, type=kind)
        if isinstance(line, _Kept) and not isinstance(line.answer.get("doc_id"), str):
            raise msgspec.ValidationError("the answer has no doc_id")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        findings.append(
            Finding(
                "json", f"is damaged: {error}; --fresh begins anew", file=str(path), line=number
            )
        )
        return None
    return line


def _source_hash(spec: str) -> str | None:
    """A hash of the source files that a SPEC names, as far as they are found without importing
    anything; None for none.
    """
    parts = spec.removeprefix("combine:").split("+") if spec.startswith("combine:") else [spec]
    sources = [source.read_bytes() for part in parts if (source := _source(part)) is not None]
    return hashlib.sha256(b"\0".join(sources)).hexdigest() if sources else None


def _source(spec: str) -> Path | None:
    """The source file of ``module:function``."""
    name, colon, _ = spec.partition(":")
    if (
        not colon
        or name in (*BUILT_IN, *_NO_MODULES)
        or not all(part.isidentifier() for part in name.split("."))
    ):
        return None
    inside = Path(*name.split("."))
    folders = [Path.cwd(), *map(Path, sys.path)]
    files = (
        folder / file
        for folder in folders
        for file in (inside / "__init__.py", inside.with_suffix(".py"))
    )
    return next((file for file in files if file.is_file()), None)
