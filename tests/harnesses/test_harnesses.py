"""The same answers have the same scores in inspect-ai, in lm-evaluation-harness and here; offline,
with the harnesses' own mock models and a local endpoint.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import vinewsie as vn
from extractors.test_openai import Reply, Server, server, settings  # noqa: F401
from vinewsie.extractors import ExtractorError, running
from vinewsie.extractors.openai_endpoint import Settings
from vinewsie.extractors.openai_prompt import PROMPT_VERSION
from vinewsie.extractors.with_openai import extractor_of
from vinewsie.harnesses.answers import HEADLINE, errors_of, question, read, scored, versions
from vinewsie.scoring.run import score

pytest.importorskip("openai")
inspect_ai = pytest.importorskip("inspect_ai")
lm_eval = pytest.importorskip("lm_eval")

GOLD = vn.load()
TASKS = Path(str(files("vinewsie.harnesses"))) / "lm_task"


def answer_of(document: vn.Document, every: int) -> str:
    """An answer with surfaces without offsets, in a code fence: the gold, but for every n-th."""

    def words(span: Any) -> str:
        return document.text[span.start : span.end]

    layers = {
        "entities": [
            {"text": words(e), "type": e.type} for n, e in enumerate(document.entities) if n % every
        ],
        "dates": [
            {"text": words(d), "type": d.type, "value": d.value, "mod": d.mod, "vague": d.vague}
            for n, d in enumerate(document.dates)
            if n % every
        ],
        "marks": [],
        "quotes": [
            {
                "id": q.id,
                "kind": q.kind,
                "content": [words(s) for s in q.content],
                "cue": [words(s) for s in q.cue],
                "source": words(q.source) if q.source else None,
                "speakers": [*(q.speakers or ())],
                "addressees": [],
                "parent": q.parent,
            }
            for n, q in enumerate(document.quotes)
            if n % every
        ],
    }
    return f"Đây là kết quả:\n```json\n{json.dumps(layers, ensure_ascii=False)}\n```\n"


ANSWERS = {
    "fenced": {doc_id: answer_of(doc, 3 + n) for n, (doc_id, doc) in enumerate(GOLD.items())},
    "broken": {
        doc_id: answer_of(doc, 4) if n == 0 else "Xin lỗi, tôi không làm được."
        for n, (doc_id, doc) in enumerate(GOLD.items())
    },
    "truncated": {
        doc_id: answer_of(doc, 5)[: 4000 if n else None]
        for n, (doc_id, doc) in enumerate(GOLD.items())
    },
}
each = pytest.mark.parametrize("case", ANSWERS)


def by_user(answers: dict[str, str]) -> dict[str, str]:
    """Each answer by the message that asks for it."""
    return {
        question(GOLD[doc_id].unlabelled(), "vi")[1]["content"]: answer
        for doc_id, answer in answers.items()
    }


def with_inspect(
    answers: dict[str, str], tmp_path: Path, **options: Any
) -> tuple[dict[str, float], Any]:
    """The metrics and the log. The model fails on documents that have no answer."""
    from inspect_ai import eval as evaluate
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    from vinewsie.harnesses.inspect_tasks import vinewsie

    known = by_user(answers)

    def reply(messages: Sequence[Any], *_: Any) -> ModelOutput:
        output = ModelOutput.from_content("mockllm", known[messages[-1].text])
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model = get_model("mockllm/model", custom_outputs=reply)
    [log] = evaluate(vinewsie(), model=model, log_dir=str(tmp_path), display="none", **options)
    assert log.status == "success"
    assert log.results is not None
    found = {}
    for one in log.results.scores:
        for key, metric in one.metrics.items():
            found[f"{one.name} {key.rpartition('/')[2]}"] = metric.value
    return found, log


def with_lm_eval(answers: dict[str, str]) -> tuple[dict[str, float], Any]:
    """The metrics and all results."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    known = by_user(answers)

    class Mock(LM):  # type: ignore[misc]
        def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
            return [
                next(answer for user, answer in known.items() if user in request.args[0])
                for request in requests
            ]

        def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
            raise NotImplementedError

    manager = TaskManager(include_path=str(TASKS), include_defaults=False)
    results = simple_evaluate(
        model=Mock(), tasks=["vinewsie"], task_manager=manager, bootstrap_iters=0
    )
    found = results["results"]["vinewsie"]
    return {name: found[f"{name},none"] for name in HEADLINE}, results


def with_openai(answers: dict[str, str], state: Server, chosen: Settings) -> vn.Result:
    """The score of the extractor ``openai`` at a local endpoint that gives these answers."""
    outputs, failures = [], {}
    for doc_id, answer in answers.items():
        body = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "small-model",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": answer},
                }
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        state.replies = [Reply(body=json.dumps(body).encode())]
        ran = None
        try:
            ran = running.run_here(extractor_of(chosen), [GOLD[doc_id]])
            outputs += ran.outputs
        except ExtractorError as error:
            failures[doc_id] = str(error)
    done = running.ExtractorRun("openai", outputs, failures)
    return score(done, GOLD, measures=[*HEADLINE])


@each
def test_three_ways_to_ask_give_the_same_numbers(
    case: str,
    tmp_path: Path,
    server: Server,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> None:
    answers = ANSWERS[case]
    here = with_openai(answers, server, settings)
    there = scored(answers, GOLD, "vi")
    by_inspect, log = with_inspect(answers, tmp_path)
    by_lm_eval, results = with_lm_eval(answers)
    assert here.signature == there.signature
    assert f"|prompt:vi-{PROMPT_VERSION}|" in here.signature
    # What does not depend on the choice of samples stands in the results of a task, ...
    chosen = versions("articles", "vi")
    assert all(f"|{name}:{value}" in here.signature for name, value in chosen.items())
    assert log.eval.metadata.items() >= chosen.items()
    assert results["configs"]["vinewsie"]["metadata"].items() >= chosen.items()
    assert [f"{name}:{value}" for name, value in chosen.items()] == results["versions"][
        "vinewsie"
    ].split(", ")
    # ... and a signature with each sample.
    alone = {
        doc_id: scored({doc_id: answer}, GOLD, "vi", resamples=0)
        for doc_id, answer in answers.items()
    }
    for sample in log.samples:
        [found] = sample.scores.values()
        assert found.metadata["signature"] == alone[sample.id].signature
    for sample in results["samples"]["vinewsie"]:
        result = alone[sample["doc"]["doc_id"]]
        assert [sample[name][-1] for name in HEADLINE] == result.signature.splitlines()
    for name in HEADLINE:
        assert here[name].f1 is not None
        assert there[name].f1 == here[name].f1
        assert by_lm_eval[name] == here[name].f1
        assert by_inspect[f"{name} micro_f1"] == here[name].f1
        for key, end in zip(("low", "high"), here[name].interval, strict=True):
            value = by_inspect[f"{name} interval_{key}"]
            assert value == end if end is not None else math.isnan(value)
    broken = [d for d, answer in answers.items() if read(answer).records is None]
    assert list(there.predictions["failures"]) == broken
    assert by_inspect["documents answered"] == len(answers) - len(broken)
    for sample in log.samples:
        [found] = sample.scores.values()
        if sample.id in broken:
            assert found.explanation.startswith("broken answer, counted as missing")
            assert found.metadata["broken"]
        else:
            assert "entities.strict: missed" in found.explanation


def test_a_sample_that_fails_counts_as_missing_and_one_left_out_does_not(
    tmp_path: Path,
    server: Server,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> None:
    first, second = GOLD
    answers = {second: ANSWERS["fenced"][second]}
    here = with_openai(answers, server, settings)
    found, _ = with_inspect(answers, tmp_path / "failed", fail_on_error=False)
    assert found["entities.strict micro_f1"] == here["entities.strict"].f1
    assert (found["documents answered"], found["documents counted"]) == (1, 2)
    part = scored({first: ANSWERS["fenced"][first]}, GOLD, "vi", resamples=0)
    found, _ = with_inspect(ANSWERS["fenced"], tmp_path / "limited", limit=1)
    assert found["entities.strict micro_f1"] == part["entities.strict"].f1
    assert (found["documents answered"], found["documents counted"]) == (1, 1)


def test_an_answer_that_is_not_unicode_is_broken_as_for_the_extractor(
    server: Server,  # noqa: F811
    settings: Settings,  # noqa: F811
) -> None:
    first, second = GOLD
    answers = {
        first: json.dumps({"entities": [{"text": "Huế\ud800", "type": "GPE"}]}),
        second: ANSWERS["fenced"][second],
    }
    here, there = with_openai(answers, server, settings), scored(answers, GOLD, "vi")
    assert [*there.predictions["failures"]] == [*here.predictions["failures"]] == [first]
    assert there.signature == here.signature
    assert there.dumps()


def test_the_errors_of_a_sample_are_cut_and_counted() -> None:
    result = scored(ANSWERS["fenced"], GOLD, "vi", resamples=0)
    doc_id = next(iter(GOLD))
    whole = errors_of(result, doc_id, limit=10_000).splitlines()
    assert errors_of(result, doc_id, limit=5).splitlines() == [
        *whole[:5],
        f"and {len(whole) - 5} more",
    ]


def test_both_languages_have_a_prompt_and_others_are_refused() -> None:
    document = next(iter(GOLD.values())).unlabelled()
    assert question(document, "vi")[0] != question(document, "en")[0]
    with pytest.raises(ValueError, match="prompts are in vi, en"):
        question(document, "fr")


def test_the_tasks_are_found_and_the_package_loads_no_harness() -> None:
    assert "vinewsie.harnesses.inspect_tasks" in {
        point.value for point in entry_points(group="inspect_ai")
    }
    program = (
        "import sys, vinewsie, vinewsie.cli; vinewsie.load(); "
        "print({'inspect_ai', 'lm_eval'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
