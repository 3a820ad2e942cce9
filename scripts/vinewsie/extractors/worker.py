"""The process of a Python extractor: a document a line on stdin, an answer a line on stdout.

Run as ``python -P -m vinewsie.extractors.worker SPEC CONCURRENCY``. The first line says whether
the extractor could be loaded. Everything that the extractor or its children print goes to stderr.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from vinewsie.extractors.answers import Answer, call, describe
from vinewsie.extractors.catalogue import Extractor, UnknownExtractorError
from vinewsie.extractors.loading import load, takes_several
from vinewsie.extractors.spec import CommandSpec, ServiceSpec, parse
from vinewsie.model import Document

logger = logging.getLogger("vinewsie")


def main(text: str, concurrency: int) -> None:
    """Answers for documents until stdin ends.

    Args:
        text: the SPEC of the extractor.
        concurrency: the number of documents that an ``async def`` is given at once.
    """
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
        if concurrency > 1 and not takes_several(extractor):
            logger.warning("%s is no async def; --concurrency has no effect, see --jobs", text)
            concurrency = 1
        decoder = msgspec.json.Decoder(Document)
        for answer in _answers(extractor, map(decoder.decode, documents), concurrency):
            write(answer)


def _answers(
    extractor: Extractor, documents: Iterable[Document], concurrency: int
) -> Iterator[Answer]:
    """The answers in the order of the documents, which tells the parent which one is at fault.

    Args:
        extractor: the extractor.
        documents: the documents.
        concurrency: the number of documents at once.
    """

    def answer(document: Document) -> Answer:
        # Ctrl-C is handled by the parent; a KeyboardInterrupt here is the extractor's.
        return call(extractor, document, failures=(BaseException,))

    if concurrency == 1:
        yield from map(answer, documents)
        return
    with ThreadPoolExecutor(concurrency) as pool:
        begun: deque[Future[Answer]] = deque()
        for document in documents:
            begun.append(pool.submit(answer, document))
            while begun and (len(begun) == concurrency or begun[0].done()):
                yield begun.popleft().result()
        yield from (future.result() for future in begun)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
