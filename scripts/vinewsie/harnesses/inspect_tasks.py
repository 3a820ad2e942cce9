"""Tasks of inspect-ai: ``inspect eval vinewsie/vinewsie --model MODEL -T language=en``.

``vinewsie`` has all layers, ``vinewsie_entities``, ``vinewsie_dates`` and ``vinewsie_quotes`` one
each. A metric is the micro F1 of all samples, as ``vinewsie score`` has it, with its interval as
further metrics. Each sample's errors are its explanation in the log. A sample that fails, and an
answer that is no JSON, count as missing; ``documents`` says how many of the documents that the
scores are of were answered. Samples are asked once: with several epochs the score would be that of
the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState, generate

from vinewsie.defaults import RESAMPLES
from vinewsie.harnesses.answers import (
    HEADLINE,
    MEASURES,
    errors_of,
    gold_of,
    question,
    scored,
    versions,
)
from vinewsie.scoring.result import Score as MeasureScore

_MAX_TOKENS = 16384
_DOCUMENTS = "documents"
"""The key of the values that say whether a sample was answered; the others are measures."""


@metric
def micro_f1(measure: str, name: str, language: str) -> Metric:
    """The micro F1 of a measure over all samples.

    Args:
        measure: the measure.
        name: the packaged set.
        language: the language of the prompt.
    """
    return _rate(measure, name, language, lambda score: score.f1, resamples=0)


@metric
def interval_low(measure: str, name: str, language: str) -> Metric:
    """The lower end of its 95 % interval; see :func:`micro_f1`."""
    return _rate(measure, name, language, lambda score: score.interval[0])


@metric
def interval_high(measure: str, name: str, language: str) -> Metric:
    """The upper end of its 95 % interval; see :func:`micro_f1`."""
    return _rate(measure, name, language, lambda score: score.interval[1])


@metric
def answered() -> Metric:
    """The number of documents with an answer; the others are counted as missing."""

    def compute(scores: list[SampleScore]) -> float:
        return sum(not (one.score.metadata or {}).get("broken", True) for one in scores)

    return compute


@metric
def counted() -> Metric:
    """The number of documents that the scores are of."""

    def compute(scores: list[SampleScore]) -> float:
        return len(scores)

    return compute


def _rate(
    measure: str,
    name: str,
    language: str,
    rate: Callable[[MeasureScore], float | None],
    *,
    resamples: int = RESAMPLES,
) -> Metric:
    """A rate of all samples, scored at once; NaN for none.

    Args:
        measure: the measure.
        name: the packaged set.
        language: the language of the prompt.
        rate: takes the rate from the score.
        resamples: bootstrap resamples.
    """

    def compute(scores: list[SampleScore]) -> float:
        answers = {
            str(one.score.metadata["doc_id"]): str(one.score.answer or "")
            for one in scores
            if one.score.metadata
        }
        found = scored(answers, gold_of(name), language, measures=[measure], resamples=resamples)
        value = rate(found[measure])
        return math.nan if value is None else value

    return compute


def _scorer(measures: Sequence[str], name: str, language: str) -> Scorer:
    # Names of metrics and keys of values are the measures.
    metrics = {
        measure: [
            micro_f1(measure, name, language),
            interval_low(measure, name, language),
            interval_high(measure, name, language),
        ]
        for measure in measures
    }
    metrics[_DOCUMENTS] = [answered(), counted()]

    @scorer(metrics=metrics, name="vinewsie")
    def records() -> Scorer:
        async def score_one(state: TaskState, target: Target) -> Score:
            doc_id, answer = str(state.sample_id), state.output.completion
            result = scored(
                {doc_id: answer}, gold_of(name), language, measures=measures, resamples=0
            )
            broken = result.predictions["failures"].get(doc_id)
            values: dict[str, Any] = {m: result[m].f1 for m in measures}
            values[_DOCUMENTS] = int(broken is None)
            return Score(
                value=values,
                answer=answer,
                explanation=broken or errors_of(result, doc_id) or "no errors",
                metadata={
                    "doc_id": doc_id,
                    "broken": broken is not None,
                    "signature": result.signature,
                },
            )

        return score_one

    return records()


def _task(measures: Sequence[str], name: str, language: str) -> Task:
    gold = gold_of(name)
    samples = []
    for document in gold.values():
        system, user = question(document.unlabelled(), language)
        samples.append(
            Sample(
                id=document.doc_id,
                input=[
                    ChatMessageSystem(content=system["content"]),
                    ChatMessageUser(content=user["content"]),
                ],
            )
        )
    return Task(
        dataset=MemoryDataset(samples, name=f"vinewsie-{name}"),
        solver=generate(),
        scorer=_scorer(measures, name, language),
        config=GenerateConfig(temperature=0.0, max_tokens=_MAX_TOKENS),
        # Else the samples that failed would be left out, and the score be that of the others.
        score_on_error=True,
        version=gold.version,
        metadata=versions(name, language),
    )


@task
def vinewsie(set: str = "articles", language: str = "vi") -> Task:  # noqa: A002
    """All layers of a packaged set."""
    return _task(HEADLINE, set, language)


@task
def vinewsie_entities(set: str = "articles", language: str = "vi") -> Task:  # noqa: A002
    """Entities alone."""
    return _task(MEASURES["entities"], set, language)


@task
def vinewsie_dates(set: str = "articles", language: str = "vi") -> Task:  # noqa: A002
    """Dates alone."""
    return _task(MEASURES["dates"], set, language)


@task
def vinewsie_quotes(set: str = "articles", language: str = "vi") -> Task:  # noqa: A002
    """Quotations and attribution."""
    return _task(MEASURES["quotes"], set, language)
