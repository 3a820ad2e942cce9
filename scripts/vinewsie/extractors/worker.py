"""The process of a Python extractor: a document a line on stdin, an answer a line on stdout.

Run as ``python -m vinewsie.extractors.worker SPEC``. The first line says whether the extractor
could be loaded. Everything that the extractor or its children print goes to stderr.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from vinewsie.extractors.answers import Answer, call, describe
from vinewsie.extractors.catalogue import UnknownExtractorError
from vinewsie.extractors.loading import load
from vinewsie.extractors.spec import CommandSpec, ServiceSpec, parse
from vinewsie.model import Document


def main(text: str) -> None:
    """Answers for documents until stdin ends."""
    with (
        os.fdopen(os.dup(0), "rb") as documents,
        os.fdopen(os.dup(1), "wb") as answers,
        Path(os.devnull).open("rb") as nothing,
    ):
        # An extractor or a child of it that reads stdin must not take documents.
        os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)

        def write(answer: Answer) -> None:
            answers.write(msgspec.json.encode(answer) + b"\n")
            answers.flush()

        try:
            spec = parse(text)
            if isinstance(spec, CommandSpec | ServiceSpec):
                raise UnknownExtractorError(f"{text} does not run in Python")
            extractor = load(spec)
        except UnknownExtractorError as error:
            write({"unknown": str(error)})
            return
        except (Exception, SystemExit) as error:
            write({"unknown": f"{text} could not be started: {describe(error)}"})
            return
        write({"ready": text})
        decoder = msgspec.json.Decoder(Document)
        for line in documents:
            # Ctrl-C is handled by the parent; a KeyboardInterrupt here is the extractor's.
            write(call(extractor, decoder.decode(line), failures=(BaseException,)))


if __name__ == "__main__":
    main(sys.argv[1])
