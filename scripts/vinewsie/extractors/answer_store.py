"""Answers stored in a file as they arrive, so that a run can be continued after an interruption or
a failure.
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
from vinewsie.extractors.answers import Answer
from vinewsie.extractors.catalogue import ExtractorError
from vinewsie.extractors.spec import FunctionSpec, Spec, parts_of
from vinewsie.files import locked, naming, read_bytes
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import Document


class StoreHeader(msgspec.Struct):
    """The first line: the extractor that the answers are of.

    Args:
        kept: its SPEC.
        vinewsie: the version of this package.
        source: a hash of the extractor's source files, if it has any.
    """

    kept: str
    vinewsie: str = ""
    source: str | None = None


class StoredAnswer(msgspec.Struct, rename={"fingerprint": "for"}):
    """Each other line: an answer, and the fingerprint of the document that it is for."""

    fingerprint: str
    answer: Answer


@contextlib.contextmanager
def answer_store(
    path: Path | None, spec: Spec, documents: Sequence[Document], *, fresh: bool = False
) -> Iterator[tuple[dict[str, Answer], Callable[[Answer], None]]]:
    """Opens a file of answers.

    Args:
        path: the file; without one, nothing is stored.
        spec: the extractor.
        documents: the documents of the run.
        fresh: begin anew, whatever the file holds.

    Returns:
        The stored answers for these documents by ``doc_id``, and a function that stores one more.

    Raises:
        ExtractorError: the file holds answers of another extractor.
        LockedError: another command is writing to the file.
        FindingsError: the file is damaged.
    """
    if path is None:
        yield {}, lambda _: None
        return
    header = StoreHeader(spec.text, __version__, _source_hash(spec))
    fingerprints = {document.doc_id: _fingerprint(document) for document in documents}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file, locked(path):
        stored = None if fresh else _read(path, header)

        def write(line: msgspec.Struct) -> None:
            with naming(path):
                file.write(msgspec.json.encode(line) + b"\n")
                file.flush()

        if stored is None:
            file.truncate(0)
            write(header)
        # Answers for a text that has changed are not used, but stay: it may be changed back.
        yield (
            {
                line.answer["doc_id"]: line.answer
                for line in stored or ()
                if fingerprints.get(line.answer["doc_id"]) == line.fingerprint
            },
            lambda answer: write(StoredAnswer(fingerprints[answer["doc_id"]], answer)),
        )


def _fingerprint(document: Document) -> str:
    """A hash of the parts of a document that an extractor is given."""
    return hashlib.sha256(msgspec.json.encode([document.text, document.segments])).hexdigest()


def _read(path: Path, wanted: StoreHeader) -> list[StoredAnswer] | None:
    """The answers of an earlier run of the same extractor; None if the file holds none. Cuts off a
    last line that was not written whole.
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
    header = _line(first, StoreHeader, path, 1, findings)
    answers = [
        _line(line, StoredAnswer, path, number, findings)
        for number, line in enumerate(lines, start=2)
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
        if isinstance(line, StoredAnswer) and not isinstance(line.answer.get("doc_id"), str):
            raise msgspec.ValidationError("the answer has no doc_id")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        findings.append(
            Finding(
                "json", f"is damaged: {error}; --fresh begins anew", file=str(path), line=number
            )
        )
        return None
    return line


def _source_hash(spec: Spec) -> str | None:
    """A hash of the source files of the functions in a SPEC, as far as they are found without
    importing anything; None for none.
    """
    functions = [part for part in parts_of(spec) if isinstance(part, FunctionSpec)]
    sources = [file.read_bytes() for part in functions if (file := _source(part)) is not None]
    return hashlib.sha256(b"\0".join(sources)).hexdigest() if sources else None


def _source(spec: FunctionSpec) -> Path | None:
    if spec.file is not None:
        return spec.file if spec.file.is_file() else None
    names = spec.module.split(".")
    if not all(name.isidentifier() for name in names):
        return None
    inside = Path(*names)
    folders = [*map(Path, sys.path), Path.cwd()]
    files = (
        folder / file
        for folder in folders
        for file in (inside / "__init__.py", inside.with_suffix(".py"))
    )
    return next((file for file in files if file.is_file()), None)
