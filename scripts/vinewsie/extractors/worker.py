"""The process in which a Python extractor runs: a document a line on stdin, an answer a line on what was stdout.

Run as ``python -m vinewsie.extractors.worker SPEC``. The first line says whether the extractor could be made. What the extractor prints,
in whatever language, goes to stderr.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec

from vinewsie import extractors
from vinewsie.model import Document, Prediction


def main(spec: str) -> None:
    """Answers until stdin ends."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)

        def say(answer: dict[str, Any]) -> None:
            answers.write(msgspec.json.encode(answer) + b"\n")
            answers.flush()

        try:
            extractor = extractors.resolve(spec)
        except extractors.UnknownExtractorError as error:
            say({"unknown": str(error)})
            return
        except Exception as error:
            say({"unknown": f"{spec} could not be started: {extractors.last_line(error)}"})
            return
        say({"ready": spec})
        decoder = msgspec.json.Decoder(Document)
        for line in sys.stdin.buffer:
            say(answer_of(extractor, decoder.decode(line)))


def answer_of(extractor: extractors.Extractor, document: Document) -> dict[str, Any]:
    """What an extractor says of a document: its answer in JSON's own types with the document's id, or what went wrong as ``error``."""
    try:
        output = extractor(document)
    except (Exception, SystemExit) as error:
        text = str(error) if isinstance(error, extractors.ExtractorError) else extractors.last_line(error)
        return {"doc_id": document.doc_id, "error": text}
    try:
        return _checked(output, document.doc_id)
    except (TypeError, ValueError, RecursionError) as error:
        return {"doc_id": document.doc_id, "error": str(error)}


def _checked(output: object, doc_id: str) -> dict[str, Any]:
    if not isinstance(output, dict | Prediction | Document):
        raise TypeError(f"returned a {type(output).__name__}; expected a Prediction or a dict of records")
    answer: dict[str, Any] = msgspec.to_builtins(output, enc_hook=_plain, str_keys=True)
    answer = {"doc_id": doc_id, **answer}
    if answer["doc_id"] != doc_id:
        raise ValueError(f"answered for {answer['doc_id']!r}")
    if isinstance(output, Prediction):
        # Nothing but what was said: empty fields of records that were not given are no claims.
        answer.pop("unplaced")
    msgspec.json.encode(answer)
    return answer


def _plain(value: Any) -> Any:
    """Numbers of numpy and the like as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a {type(value).__name__} ({value!r}) is nothing that JSON can hold")


if __name__ == "__main__":
    main(sys.argv[1])
