"""Generated corpora of quotations for the benchmark: novels and a chain of parents."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from vinewsie.model import Document, Entity, Mark, Prediction, Quote, Span

SEED = 20220815
_WORDS = (
    *("ba", "hai", "đi", "về", "nhà", "cây", "sông", "núi", "trời", "mưa", "nắng", "gió"),
    *("người", "xưa", "nay", "rằng", "mới", "cũ", "lớn", "nhỏ"),
)
_VERBS = ("nói", "đáp", "kể", "hỏi")
_CAST = tuple(
    f"{first} {last}" for first in ("An", "Bình", "Cúc", "Dung") for last in ("Lê", "Mai", "Vũ")
)

Pair = tuple[Document, Prediction]


class _Writer:
    """Writes a text word by word, and knows where each part of it stands."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.length = 0

    def write(self, text: str) -> Span:
        span = Span(start=self.length, end=self.length + len(text))
        self._parts.append(text)
        self.length += len(text)
        return span

    @property
    def text(self) -> str:
        return "".join(self._parts)


def novels(documents: int, quotations: int) -> Iterator[Pair]:
    """Generates documents with quotations as in novels, and predictions with typical errors.

    Of 100 quotations about 80 are found, 10 have a wrong boundary, and 10 are missed; about 5
    predictions are spurious, 15 name another speaker, 5 have another kind. One of 20 is nested in
    the quotation before it.

    Args:
        documents: number of documents.
        quotations: number of quotations of all documents together.
    """
    source = random.Random(SEED)
    share, more = divmod(quotations, documents)
    for number in range(documents):
        yield _novel(source, f"novel-{number}", share + (number < more))


def _novel(source: random.Random, doc_id: str, quotations: int) -> Pair:
    writer = _Writer()
    entities: list[Entity] = []
    marks: list[Mark] = []
    golds: list[Quote] = []
    guesses: list[Quote] = []

    def words(least: int, most: int) -> list[str]:
        return source.choices(_WORDS, k=source.randint(least, most))

    while len(golds) < quotations:
        before = writer.write(" ".join(words(5, 30)))
        writer.write(". ")
        name = source.choice(_CAST)
        key = name.casefold().replace(" ", "-")
        mention = writer.write(name)
        entities.append(Entity(start=mention.start, end=mention.end, type="PER", entity_id=key))
        writer.write(" ")
        cue = writer.write(source.choice(_VERBS))
        writer.write(": “")
        spoken = words(3, 25)
        content = writer.write(" ".join(spoken))
        shorter = Span(start=content.start, end=content.end - len(spoken[-1]) - 1)
        writer.write("”. ")
        said = Quote(
            id=f"q{len(golds)}",
            kind="direct",
            content=(content,),
            cue=(cue,),
            source=mention,
            source_status="named",
            speakers=(key,),
        )
        marks.append(
            Mark(
                start=content.start,
                end=content.end,
                open="“",
                close="”",
                status="balanced",
                function="speech",
                quote=said.id,
            )
        )
        golds.append(said)
        guesses += _guesses(source, said, shorter, before)
        if source.random() < 0.05 and len(golds) < quotations:
            inner = Quote(
                id=f"q{len(golds)}",
                kind="direct",
                content=(shorter,),
                source_status="absent",
                speakers=(),
                parent=said.id,
            )
            golds.append(inner)
            guesses += _guesses(source, inner, content, before)
    writer.write(" ".join(words(5, 30)))
    document = Document(
        doc_id=doc_id,
        text=writer.text,
        entities=tuple(entities),
        marks=tuple(marks),
        quotes=tuple(golds),
    )
    numbered = (
        msgspec.structs.replace(guess, id=f"p{number}") for number, guess in enumerate(guesses)
    )
    return document, Prediction(doc_id=doc_id, quotes=tuple(numbered))


def _guesses(source: random.Random, said: Quote, other: Span, elsewhere: Span) -> Iterator[Quote]:
    """The predictions for a quotation: none, one, or one more that is spurious.

    Args:
        source: of random numbers.
        said: the quotation.
        other: its content with a wrong boundary.
        elsewhere: words that nobody says.
    """
    chance = source.random()
    speakers = said.speakers if source.random() >= 0.15 else (source.choice(_CAST),)
    kind = said.kind if source.random() >= 0.05 else "indirect"
    if chance < 0.9:
        content = said.content if chance < 0.8 else (other,)
        yield Quote(kind=kind, content=content, cue=said.cue, source=said.source, speakers=speakers)
    if source.random() < 0.05:
        yield Quote(kind="indirect", content=(elsewhere,), speakers=())


def chain(length: int) -> Iterator[Pair]:
    """Generates one document whose quotations lie each inside the one before it.

    Args:
        length: number of quotations.
    """
    text = " ".join(_WORDS[number % len(_WORDS)] for number in range(2 * length + 1))
    starts = [0]
    words = text.split()
    for word in words[:-1]:
        starts.append(starts[-1] + len(word) + 1)
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    quotes = tuple(
        Quote(
            id=f"q{number}",
            kind="indirect",
            content=(Span(start=starts[number], end=ends[2 * length - number]),),
            source_status="absent",
            speakers=(),
            parent=f"q{number - 1}" if number else None,
        )
        for number in range(length)
    )
    yield (
        Document(doc_id="chain", text=text, quotes=quotes),
        Prediction(doc_id="chain", quotes=quotes),
    )
