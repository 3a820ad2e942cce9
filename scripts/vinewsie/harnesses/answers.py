"""What the harnesses share: the question, the reading of an answer, the score of all answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from vinewsie._version import __version__
from vinewsie.defaults import RESAMPLES
from vinewsie.extractors.answers import pop_error, understood
from vinewsie.extractors.openai_answer import AnswerReader, parse
from vinewsie.extractors.openai_prompt import LANGUAGES, messages, prompt_name
from vinewsie.extractors.running import ExtractorRun
from vinewsie.model import Document
from vinewsie.reading.gold import Gold, load
from vinewsie.scoring.result import DatasetInfo, Result, data_name
from vinewsie.scoring.run import score
from vinewsie.text import lines

MEASURES = {
    "entities": ("entities.strict",),
    "dates": ("dates.strict", "dates.value"),
    "quotes": ("quotes.relaxed", "attribution.joint"),
}
"""The measures of each layer that has a task of its own."""
HEADLINE = tuple(name for names in MEASURES.values() for name in names)


class ReadAnswer(NamedTuple):
    """An answer as read.

    Args:
        records: native records by layer; None for an answer without any JSON of the form.
        notes: what is wrong with it, a line each.
    """

    records: dict[str, list[dict[str, Any]]] | None
    notes: tuple[str, ...]


@cache
def gold_of(name: str) -> Gold:
    """A packaged set, loaded once."""
    return load(name)


def question(document: Document, language: str) -> list[dict[str, str]]:
    """The messages that ask for the records of a whole document.

    Args:
        document: the document.
        language: of the prompt, ``vi`` or ``en``.

    Raises:
        ValueError: there is no prompt in this language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language is {language!r}; prompts are in {', '.join(LANGUAGES)}")
    return messages(document, tuple(lines(document.text)), language)


def versions(name: str, language: str) -> dict[str, str]:
    """What can change the score of the same answers, by its name in signatures.

    Args:
        name: the packaged set.
        language: of the prompt.
    """
    data = data_name(cast(DatasetInfo, gold_of(name).about()))
    return {"data": data, "prompt": prompt_name(language), "vinewsie": __version__}


def read(answer: str) -> ReadAnswer:
    """Reads a model's answer; what is broken is noted, and what stands before the break is kept."""
    try:
        layers, whole = parse(answer)
    except ValueError as error:
        return ReadAnswer(None, (f"broken answer, counted as missing: {error}",))
    reader = AnswerReader()
    records = reader.read(layers)
    notes = [f"{count} × {note}" for note, count in reader.notes.items()]
    if not whole:
        notes.insert(0, "truncated or broken; the records before the break are scored")
    return ReadAnswer(records, tuple(notes))


def scored(
    answers: Mapping[str, str],
    gold: Gold,
    language: str,
    *,
    model: str = "",
    measures: Sequence[str] = HEADLINE,
    resamples: int = RESAMPLES,
) -> Result:
    """The score of the answers to all documents that were asked about.

    Args:
        answers: each answer by the id of its document.
        gold: the gold.
        language: of the prompt.
        model: its name.
        measures: the measures.
        resamples: bootstrap resamples of the intervals.
    """
    done = ExtractorRun(model or "model")
    for doc_id, answer in answers.items():
        records, notes = read(answer)
        if records is None:
            done.failures[doc_id] = notes[0]
            continue
        info = {"prompt": prompt_name(language), "model": model}
        output = understood({**records, "info": info}, gold[doc_id])
        if (reason := pop_error(output)) is not None:
            done.failures[doc_id] = f"broken answer, counted as missing: {reason}"
        else:
            done.outputs.append(output)
    asked = gold if set(answers) == set(gold) else gold.only(docs=list(answers))
    return score(done, asked, measures=measures, resamples=resamples)


def errors_of(result: Result, doc_id: str, limit: int = 60) -> str:
    """The errors of a document as lines, for a log.

    Args:
        result: the result.
        doc_id: the document.
        limit: the number of lines.
    """
    found = [
        f"{error['measure']}: {error['error']} {error['label']} {error.get('text', '')}"
        for error in result.errors
        if error["doc_id"] == doc_id
    ]
    more = [f"and {len(found) - limit} more"] if len(found) > limit else []
    return "\n".join([*found[:limit], *more])
