"""Functions of the lm-evaluation-harness task; its YAML names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.task import ConfigurableTask

from vinewsie.harnesses.answers import HEADLINE, gold_of, question, scored, versions

Item = tuple[str, str, str, str, str]
"""A document with its answer: set, language, id, answer, signature of the document's score."""


class NewsTask(ConfigurableTask):  # type: ignore[misc]
    """The task with the versions of prompt, data and package, which its results have as
    ``metadata`` and ``versions``.

    Args:
        config: the content of the YAML file, with the metadata of the command.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        metadata = config["metadata"]
        found = versions(*_chosen(metadata))
        version = ", ".join(f"{name}:{value}" for name, value in found.items())
        own = {name: value for name, value in config.items() if name != "class"}
        super().__init__(config={**own, "metadata": {**metadata, **found, "version": version}})


def _chosen(metadata: Mapping[str, Any]) -> tuple[str, str]:
    """The set and the language of the prompt."""
    return str(metadata.get("set", "articles")), str(metadata.get("language", "vi"))


def dataset(**metadata: Any) -> dict[str, Any]:
    """The documents with the messages of their prompts; ``set`` and ``language`` choose them."""
    from datasets import Dataset

    name, language = _chosen(metadata)
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
    name, language, doc_id = doc["set"], doc["language"], doc["doc_id"]
    result = scored({doc_id: results[0]}, gold_of(name), language, resamples=0)
    return {
        measure: (name, language, doc_id, results[0], result.signature_of(measure))
        for measure in HEADLINE
    }


def _aggregation(measure: str) -> Callable[[Sequence[Item]], float]:
    def micro_f1(items: Sequence[Item]) -> float:
        name, language, *_ = items[0]
        answers = {doc_id: answer for _, _, doc_id, answer, _ in items}
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
