"""An invented set of the shape of the press set: labels by offsets, texts from a public source."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from vinewsie.annotations import store
from vinewsie.model import Document, Segment
from vinewsie.reading.texts import SourceFile, TextSource
from vinewsie.text import lines

DOCUMENTS = {
    "paper.1": (
        "Thị trưởng Huế: Sông sẽ ‘xanh hơn’",
        "Hôm thứ Tư, bà Lan nói: “Tôi mừng lắm.",
        "Huế đẹp lắm.",
        "Tôi sẽ về”.",
        "“Cảm ơn!”",
    ),
    "paper.2": ("Ông Ba tới Hà Nội", "Ngày 12/10, ông Ba nói rằng ông sẽ ở lại vài ngày."),
}
"""The sentences of each document; the source has a third one without labels."""
UNUSED = {"paper.3": ("Không ai đọc dòng này.",)}

LABELS: list[dict[str, Any]] = [
    {
        "doc_id": "paper.1",
        "entities": [
            {"text": "Huế", "type": "GPE", "entity_id": "hue"},
            {"text": "Lan", "type": "PER", "entity_id": "lan"},
            {"text": "Huế", "type": "GPE", "entity_id": "hue"},
        ],
        "dates": [{"text": "Hôm thứ Tư", "type": "DATE", "value": "XXXX-WXX-3"}],
        "marks": [
            {"text": "xanh hơn", "open": "‘", "close": "’", "status": "balanced"}
            | {"function": "scare"},
            {"text": "Tôi mừng lắm", "open": "“", "status": "unclosed", "function": "speech"}
            | {"quote": "q2"},
            {"text": "Tôi sẽ về", "close": "”", "status": "unopened", "function": "speech"}
            | {"quote": "q2"},
            {"text": "Cảm ơn!", "open": "“", "close": "”", "status": "balanced"}
            | {"function": "speech", "quote": "q3"},
        ],
        "quotes": [
            {"id": "q1", "kind": "indirect", "content": [{"text": "Sông sẽ ‘xanh hơn"}]}
            | {"cue": [{"text": ":"}], "source": {"text": "Thị trưởng Huế"}}
            | {"source_status": "nominal", "speakers": ["lan"]},
            {
                "id": "q2",
                "kind": "direct",
                "content": [{"text": t} for t in ("Tôi mừng lắm", "Huế đẹp lắm", "Tôi sẽ về")],
                "cue": [{"text": "nói"}],
                "source": {"text": "bà Lan"},
                "source_status": "named",
                "speakers": ["lan"],
            },
            {"id": "q3", "kind": "direct", "content": [{"text": "Cảm ơn!"}], "cue": []}
            | {"source": None, "source_status": "absent", "speakers": ["lan"]},
        ],
    },
    {
        "doc_id": "paper.2",
        "entities": [
            {"text": "Ba", "type": "PER", "entity_id": "ba"},
            {"text": "Hà Nội", "type": "GPE", "entity_id": "hanoi"},
            {"text": "Ba", "type": "PER", "entity_id": "ba"},
        ],
        "dates": [
            {"text": "Ngày 12/10", "type": "DATE", "value": "XXXX-10-12"},
            {"text": "vài ngày", "type": "DURATION", "value": "PXD", "vague": True},
        ],
        "marks": [],
        "quotes": [
            {"id": "q1", "kind": "indirect", "content": [{"text": "ông sẽ ở lại vài ngày"}]}
            | {"cue": [{"text": "nói"}], "source": {"text": "ông Ba"}}
            | {"source_status": "named", "speakers": ["ba"]}
        ],
    },
]
"""The labels, as an annotator gives them: by words in the order of the text."""


def texts() -> dict[str, str]:
    """The texts of the labelled documents."""
    return {doc_id: "\n".join(sentences) for doc_id, sentences in DOCUMENTS.items()}


def write_source(folder: Path) -> None:
    """Writes the files of the source, with CRLF line ends."""
    everything = {**UNUSED, **DOCUMENTS}
    (folder / "corpus").mkdir(parents=True)
    sentences = "".join(f"{s}\r\n" for found in everything.values() for s in found)
    (folder / "corpus" / "sentences.txt").write_bytes(sentences.encode())
    ids = "".join(f"{doc_id}\n" * len(found) for doc_id, found in everything.items())
    (folder / "ids.tsv").write_bytes(ids.encode())


def source(folder: Path, url: str) -> TextSource:
    """The source in a folder, as it is served under an address."""

    def file(path: str) -> SourceFile:
        data = (folder / path).read_bytes()
        return SourceFile(path, hashlib.sha256(data).hexdigest(), len(data))

    return TextSource(
        set="press",
        repository="nobody/corpus",
        commit="0123456789abcdef",
        url=url,
        licence="CC0",
        sentences=file("corpus/sentences.txt"),
        doc_ids=file("ids.tsv"),
    )


def write_annotations(folder: Path, where: TextSource) -> None:
    """Writes the annotations folder of the set, without labels."""
    articles = []
    contents = {"entities.csv": store.registry_csv([]), "adjudication.jsonl": ""}
    for doc_id, text in texts().items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        count = text.count("\n") + 1
        articles.append(
            store.Article(
                doc_id,
                "",
                digest,
                publisher="paper",
                variety="invented",
                title_en="",
                anchor_dates=(),
                lines=count,
            )
        )
        segments = tuple(
            Segment(start=start, end=end, zone="body" if start else "headline")
            for start, end in lines(text)
        )
        document = Document(doc_id=doc_id, text=text, segments=segments)
        contents |= store.document_files("gold", document, surfaces=False)
    index = store.Articles("1.0.0", "1.3.0", tuple(articles), "Invented press", where)
    contents["articles/articles.json"] = store.articles_json(index)
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def write_labels(path: Path) -> None:
    """Writes the labels as JSON Lines."""
    path.write_text(
        "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in LABELS), encoding="utf-8"
    )
