"""Functions of the lm-evaluation-harness task; its YAML names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vinewsie.harnesses.answers import HEADLINE, gold_of, question, scored

Item = tuple[str, str, str, str]
"""A document with its answer: set, language, id, answer."""


def dataset(**metadata: Any) -> dict[str, Any]:
    """The documents with the messages of their prompts; ``set`` and ``language`` choose them."""
    from datasets import Dataset

    name, language = str(metadata.get("set", "articles")), str(metadata.get("language", "vi"))
    rows = []
    for document in gold_of(name).values():
        system, user = question(document.unlabelled(), language)
        rows.append(
            {
                "set": name,
                "language": language,
                "doc_id": document.doc_id,
                "system": system["content"],
                "user": user["content"],
            }
        )
    return {"test": Dataset.from_list(rows)}


def process(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Item]:
    """The answer to a document, under each measure."""
    item = (doc["set"], doc["language"], doc["doc_id"], results[0])
    return dict.fromkeys(HEADLINE, item)


def _aggregation(measure: str) -> Callable[[Sequence[Item]], float]:
    def micro_f1(items: Sequence[Item]) -> float:
        name, language, *_ = items[0]
        answers = {doc_id: answer for _, _, doc_id, answer in items}
        value = scored(answers, gold_of(name), language, measures=[measure], resamples=0)[
            measure
        ].f1
        return float("nan") if value is None else value

    return micro_f1


entities_strict = _aggregation("entities.strict")
dates_strict = _aggregation("dates.strict")
dates_value = _aggregation("dates.value")
quotes_relaxed = _aggregation("quotes.relaxed")
attribution_joint = _aggregation("attribution.joint")
