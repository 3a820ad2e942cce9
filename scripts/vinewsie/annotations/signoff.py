"""Sign-offs of gold records: ``annotations/verified.jsonl``, one sign-off on each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from vinewsie.annotations.store import jsonl, record_lines
from vinewsie.decoding import read_object
from vinewsie.findings import Finding, FindingsError
from vinewsie.model import RECORD_TYPES, Document, records_of

FILE = "verified.jsonl"


class SignOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person's statement that a gold record is right.

    ``by`` is the person's e-mail address, ``on`` the day, ISO.
    """

    doc_id: str
    layer: str
    id: str
    by: str
    on: str


def read(folder: Path) -> list[SignOff]:
    """Reads the sign-offs of an annotations folder.

    Raises:
        FindingsError: a line is no sign-off.
    """
    path, findings, signoffs = folder / FILE, list[Finding](), list[SignOff]()
    if not path.is_file():
        return []
    for number, raw in record_lines(path, findings):
        signoff, found = read_object(raw, SignOff)
        findings += [finding.at(str(path), number) for finding in found]
        signoffs += [signoff] if signoff is not None else []
    if findings:
        raise FindingsError(findings)
    return signoffs


def updated(
    signoffs: Iterable[SignOff], before: Document, after: Document, by: str, on: str
) -> list[SignOff]:
    """The sign-offs of a document after its labels were fetched, in the order of its records.

    A sign-off stays valid while its record is unchanged. A record that is newly verified, or that
    changed and is verified, is signed by ``by``.

    Args:
        signoffs: the sign-offs so far, of all documents.
        before: the document before.
        after: the document with the fetched labels.
        by: the e-mail address of the person who saved the labels.
        on: the day, ISO.
    """
    earlier = {(s.layer, s.id): s for s in signoffs if s.doc_id == before.doc_id}
    kept = []
    for layer in RECORD_TYPES:
        old = {record.id: record for record in records_of(before, layer)}
        for record in records_of(after, layer):
            if not record.human_verified:
                continue
            name = str(record.id)
            if old.get(record.id) != record:
                kept.append(SignOff(doc_id=after.doc_id, layer=layer, id=name, by=by, on=on))
            elif (layer, name) in earlier:
                kept.append(earlier[layer, name])
    return kept


def content(signoffs: Iterable[SignOff], doc_ids: Sequence[str], canary: str = "") -> str:
    """The content of the file.

    Args:
        signoffs: the sign-offs.
        doc_ids: the documents in their order.
        canary: the canary string of the set.
    """
    place = {doc_id: number for number, doc_id in enumerate(doc_ids)}
    ordered = sorted(signoffs, key=lambda s: place.get(s.doc_id, len(place)))
    return jsonl(ordered, canary=canary)
