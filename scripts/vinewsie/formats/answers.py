"""Answers of language models as they come: JSON in code fences, grouped by type, with other names
of fields; and the responses of chat and batch endpoints that hold them.

A document is an object with an id (``doc_id``, ``custom_id``, ``id``) and either layers or the text
of an answer. Records may be objects, surfaces, ``[surface, label]`` or ``[start, end, label]``, in
a list or grouped by label (``{"LOC": ["Hà Nội"]}``). Offsets in the text of an answer are not read,
since language models cannot count them; the surfaces are placed. Sources: the API references of
OpenAI (chat completions, responses, batch), Anthropic, Gemini and Ollama.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from vinewsie.decoding import given_records
from vinewsie.files import read_text, unpacked_name
from vinewsie.findings import Finding, shortened
from vinewsie.formats.base import Format, Options, ParsedDocument, Sample, fields, json_values
from vinewsie.formats.field_names import NAMES, has_other_names, native_record
from vinewsie.formats.mention_lists import report_unknown
from vinewsie.formats.token_tags import TAGS, TOKENS
from vinewsie.json_text import embedded
from vinewsie.scheme import LAYERS

_IDS = ("doc_id", "custom_id", "document_id", "id")
_TEXTS = ("answer", "response", "output", "completion", "generated_text", "output_text")
"""Fields that hold the text of an answer."""
_WRAPPERS = ("result", "results", "data", "output", "response", "annotations", "named_entities")
"""Fields in which models wrap what they were asked for."""
_INNER = (
    *("response", "body", "result", "message", "choices", "candidates", "output", "content"),
    *("promptFeedback", "incomplete_details"),
)
"""Fields of a response in which the reason may be why it has no answer."""
_ENDS = ("finish_reason", "finishReason", "stop_reason", "blockReason", "reason")
_FAILED = 400
"""The first HTTP status of an error."""
_DEPTH = 8
"""Levels of a response in which the reason is looked for."""
_LONGEST = 300
"""Characters of an endpoint's message that are shown."""
_LABEL = re.compile(r"[A-ZĐ][A-ZĐ0-9_ -]*")
_FIELDS = frozenset((*TOKENS, *TAGS, *itertools.chain(*NAMES.values())))
"""Names of lists that are no labels."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
"""What begins a code fence. A line of JSON has none, since line breaks in strings are escaped."""
_THINKING = re.compile(r"^.*</think>|<think>.*", re.DOTALL)


class _Answer(NamedTuple):
    """What an answer has for one document: its layers, or the text that should have them."""

    doc_id: str | None
    content: Any
    text: str | None = None
    keyed: bool = False
    """Whether the id is the key of a mapping."""
    failure: str | None = None
    """Why an endpoint gave no answer."""


# From a file to answers


def _answers_in(value: object) -> Iterator[_Answer]:
    """The answers in a JSON value of a file."""
    if isinstance(value, list) and value and all(_is_document(item) for item in value):
        for item in value:
            yield from _answers_in(item)
    elif not isinstance(value, Mapping):
        yield _Answer(None, value)
    elif (said := _said(value)) is not None or _is_response(value):
        # The id of a response is not that of a document.
        names = _IDS if "choices" not in value and "object" not in value else _IDS[:3]
        failure = None if said and said.strip() else _reason(value) or "the answer is empty"
        yield _Answer(_id(value, names), said, failure=failure)
    elif (ids := _by_id(value)) is not None:
        yield from (_Answer(doc_id, records, keyed=True) for doc_id, records in ids.items())
    else:
        text = value.get("text")
        bare = {name: part for name, part in value.items() if name not in (*_IDS, "text")}
        content = value if _is_record(value) else bare
        yield _Answer(_id(value, _IDS), content, text if isinstance(text, str) else None)


def _id(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((str(value[name]) for name in names if value.get(name) is not None), None)


def _is_document(value: object) -> bool:
    return isinstance(value, Mapping) and (
        any(name in value for name in ("doc_id", "custom_id", *LAYERS))
        or _said(value) is not None
        or _is_response(value)
    )


def _by_id(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A mapping from ids to records or layers; None if it is none."""
    if value and all(
        (isinstance(part, Mapping) and part.keys() & LAYERS.keys())
        or (isinstance(part, list) and part and all(_is_record(item, "type") for item in part))
        for part in value.values()
    ):
        return value if not value.keys() & {*LAYERS, *_WRAPPERS} else None
    return None


def _said(value: Any) -> str | None:
    """The text of an answer in the response of an endpoint, or in a field of its own."""
    if not isinstance(value, Mapping):
        return None
    for name in ("body", "response", "result", "message"):
        if (said := _said(value.get(name))) is not None:
            return said
    for name in ("choices", "candidates"):
        if isinstance(value.get(name), list) and value[name]:
            return _said(value[name][0]) or _joined(value[name][0])
    calls = value.get("tool_calls")
    for call in (value, calls[0] if isinstance(calls, list) and calls else None):
        if (arguments := _arguments(call)) is not None:
            return arguments
    if isinstance(value.get("output"), list):
        parts = [part for part in map(_said, value["output"]) if part is not None]
        return "".join(parts) or None
    if "content" in value and not LAYERS.keys() & value.keys():
        return _joined(value["content"])
    found = (value[name] for name in _TEXTS if isinstance(value.get(name), str))
    return next(found, None)


def _joined(content: Any) -> str | None:
    """The text of a content: a string, parts with text, or else the first call of a function."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        parts = content.get("parts", content.get("text"))
        return _joined(parts)
    if isinstance(content, list) and content:
        parts = [part for part in content if isinstance(part, Mapping)]
        if (arguments := next(filter(None, map(_arguments, parts)), None)) is not None:
            return arguments
        texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
        return "".join(map(str, texts)) or None
    return None


def _arguments(part: Any) -> str | None:
    """The arguments of a call of a function, as JSON; they are an answer, too."""
    if not isinstance(part, Mapping):
        return None
    calls = [part[name] for name in ("function_call", "functionCall", "function") if name in part]
    if part.get("type") in ("function_call", "tool_use"):
        calls.append(part)
    for call in calls:
        for name in ("arguments", "input", "args") if isinstance(call, Mapping) else ():
            if isinstance(call.get(name), str):
                return str(call[name])
            if isinstance(call.get(name), Mapping):
                return msgspec.json.encode(call[name]).decode()
    return None


# Responses without an answer


def _is_response(value: Mapping[str, Any]) -> bool:
    """Whether a value without the text of an answer is the response of an endpoint."""
    if value.keys() & LAYERS.keys():
        return False
    return (
        bool(value.keys() & {"choices", "candidates", "promptFeedback"})
        or ("custom_id" in value and bool(value.keys() & {"response", "result"}))
        or any(isinstance(value.get(name), Mapping) for name in ("error", "message"))
        or value.get("object") == "response"
        or value.get("role") == "assistant"
    )


def _reason(value: Any, depth: int = _DEPTH) -> str | None:
    """Why a response has no answer, as far as the endpoint tells it."""
    if isinstance(value, list) and value:
        value = value[-1]  # of several outputs, the last one is the answer
    if not isinstance(value, Mapping) or not depth:
        return None
    status, kind = value.get("status_code"), value.get("type")
    if isinstance(status, int) and status >= _FAILED:
        body = value.get("body")
        words = _words(body.get("error") if isinstance(body, Mapping) else body)
        return f"the endpoint answered {status}{words and f': {words}'}"
    if words := _words(value.get("error")):
        return f"the endpoint answered {words}"
    if words := _words(value.get("refusal")):
        return f"the model refused: {words}"
    for name in _INNER:
        if (reason := _reason(value.get(name), depth - 1)) is not None:
            return reason
    if kind in ("errored", "expired", "canceled"):
        return f"the endpoint answered {kind}"
    ends = ((name, value[name]) for name in _ENDS if isinstance(value.get(name), str))
    if (end := next(ends, None)) is not None:
        filtered = end[1] == "content_filter"
        empty = f"the answer is empty ({end[0]} {shortened(end[1])})"
        return "the endpoint's content filter withheld the answer" if filtered else empty
    return None


def _words(error: Any) -> str:
    """The code and the message of an error, in one line."""
    if isinstance(error, Mapping) and isinstance(error.get("error"), Mapping):
        error = error["error"]
    if isinstance(error, Mapping):
        parts = (error.get("code") or error.get("type"), error.get("message"))
        error = ": ".join(str(part) for part in parts if part)
    return shortened(" ".join(error.split()), _LONGEST) if isinstance(error, str) else ""


def parsed_text(text: str, findings: list[Finding]) -> Any:
    """The JSON in the text of an answer, which may have prose, fences and thoughts around it.

    Args:
        text: the text.
        findings: where an error is appended if there is no JSON, or a warning if it breaks off.

    Returns:
        The value, or those records that are whole; None if there is no JSON.
    """
    said = _THINKING.sub("", text)
    found = [*embedded(said)]
    if not found:
        message = f"the answer holds no JSON: {shortened(' '.join(text.split()))!r}"
        findings.append(Finding("format", message))
        return None
    # If a model gives a draft and an answer, the answer is the longer one.
    start, _, whole = max(found, key=lambda one: one[1] - one[0])
    records = [value for _, _, value in found if _is_record(value)]
    if not _is_record(whole) or (len(found) == 1 and not {"{", "["} & set(said[:start])):
        return whole
    message = f"the answer is not one JSON value, or breaks off; {len(records)} records are read"
    findings.append(Finding("format", message, severity="warning"))
    return records


# From an answer to records


def _is_record(value: object, field: str = "text") -> bool:
    """Whether a value is an object with a field of a record, by any of its names."""
    return isinstance(value, Mapping) and any(
        isinstance(value.get(name), str) for name in NAMES[field]
    )


def _layers(content: Any) -> dict[str, Any] | None:
    """The layers of an answer; None if it has no known form."""
    if isinstance(content, list):
        return {"entities": content}
    if not isinstance(content, Mapping):
        return None
    if content.keys() & LAYERS.keys():
        return {layer: content[layer] for layer in LAYERS if layer in content}
    if _is_record(content) and _is_record(content, "type"):
        return {"entities": [content]}
    for name in _WRAPPERS:
        if isinstance(content.get(name), list | Mapping):
            return _layers(content[name])
    grouped = all(isinstance(part, list | str | None) for part in content.values())
    return {"entities": content} if grouped else None


class _RecordReader:
    """Makes native records of what answers have in their place; counts what is ignored.

    Args:
        offsets: whether offsets beside surfaces are read.
    """

    def __init__(self, *, offsets: bool, ignored: Counter[str]) -> None:
        self._offsets, self._ignored = offsets, ignored

    def records(self, layer: str, given: Any) -> Iterator[Any]:
        """The records of a layer: a list, one record, or lists by label."""
        if isinstance(given, Mapping) and not _is_record(given):
            label_field = LAYERS[layer].label_field
            for label, items in given.items():
                for item in items if isinstance(items, list) else [] if items is None else [items]:
                    record = self._record(layer, item)
                    yield {label_field: label, **record} if isinstance(record, dict) else record
        elif isinstance(given, list | tuple):
            yield from (self._record(layer, item) for item in given)
        elif given is not None:
            yield self._record(layer, given)

    def _record(self, layer: str, item: Any) -> Any:
        if isinstance(item, list | tuple):
            item = _of_tuple(item)
        surface = "content" if layer == "quotes" else "text"
        if isinstance(item, str):
            return {surface: [{"text": item}] if layer == "quotes" else item}
        if not isinstance(item, Mapping):
            return item
        named, ignored = native_record(item, layer)
        self._ignored.update(str(name) for name in ignored if item[name] is not None)
        record: dict[str, Any] = {}
        for name, value in named.items():
            if value is None:
                continue
            record[name] = _spans(value) if name in ("content", "cue") else value
            if name in ("source", "medium") and isinstance(value, str):
                record[name] = {"text": value}
            if name in ("speakers", "addressees") and isinstance(value, str):
                record[name] = [value]
        if not self._offsets and "text" in record:
            self._ignored["offsets"] += sum(
                record.pop(name, None) is not None for name in ("start", "end")
            )
        return record


def _of_tuple(item: Sequence[Any]) -> Any:
    """The record of ``[surface, label, …]`` or ``[start, end, label, …]``."""
    kinds = tuple(map(type, item[:3]))
    if kinds == (int, int, str):
        return dict(zip(("start", "end", "type", "further"), item, strict=False))
    if kinds[:2] == (str, str):
        return dict(zip(("text", "type", "further"), item, strict=False))
    return item


def _spans(value: Any) -> Any:
    parts = value if isinstance(value, list) else [value]
    return [{"text": part} if isinstance(part, str) else part for part in parts]


# The format


def recognises(sample: Sample) -> bool:
    """Whether the first values are answers, or a text has JSON in a code fence or in prose."""
    if not sample.values:
        if _FENCE.search(sample.head):
            return any(True for _ in embedded(sample.head))
        values = _only_value(sample.head)
        return bool(values) and recognises(replace(sample, values=values))
    answers = [answer for value in sample.values for answer in _answers_in(value)]
    return bool(answers) and any(map(_shaped, answers)) and all(map(_possible, answers))


def _possible(answer: _Answer) -> bool:
    return (
        answer.failure is not None
        or isinstance(answer.content, str)
        or _layers(answer.content) is not None
    )


def _shaped(answer: _Answer) -> bool:
    """Whether an answer has a form that no other format has."""
    if answer.failure is not None:
        return True
    if isinstance(answer.content, str):
        return answer.doc_id is not None or any(True for _ in embedded(answer.content))
    layers = _layers(answer.content) or {}
    if not isinstance(answer.content, Mapping) or not LAYERS.keys() & answer.content.keys():
        given = layers.get("entities")
        if isinstance(given, Mapping):
            return _by_label(given)
        items = given if isinstance(given, list) else []
        return bool(items) and all(_is_record(item) or isinstance(item, list) for item in items)
    if answer.doc_id is None or answer.keyed:
        return True
    return any(
        isinstance(given, Mapping)
        or (
            isinstance(given, list)
            and any(
                isinstance(item, str | list)
                or (isinstance(item, Mapping) and has_other_names(item, layer))
                for item in given
            )
        )
        for layer, given in layers.items()
    )


def _by_label(given: Mapping[str, Any]) -> bool:
    """Whether an object that is not named as a layer has surfaces or records by their labels: by
    labels in capitals, or in lists whose names are no fields of other files.
    """
    if all(map(_LABEL.fullmatch, given)):
        return bool(given)
    return all(
        name and name not in _FIELDS and isinstance(items, list) and all(map(_is_surface, items))
        for name, items in given.items()
    )


def _is_surface(item: object) -> bool:
    return isinstance(item, str) or (_is_record(item) and not _is_document(item))


def _only_value(text: str) -> list[Any]:
    """The JSON value of an answer with prose before or behind it; nothing if there are several, as
    in a file of JSON values of which one is broken.
    """
    said = text if text.lstrip()[:1] in ("{", "[") else _THINKING.sub("", text)
    found = [*itertools.islice(embedded(said), 2)]
    if len(found) != 1:
        return []
    ((start, end, value),) = found
    return [value] if "{" not in said[:start] + said[end:] else []


def read(path: Path, findings: list[Finding], options: Options) -> Iterator[ParsedDocument]:
    """The documents of a file.

    Args:
        path: the file.
        findings: where errors and warnings are appended.
        options: not used by this format.
    """
    ignored: Counter[str] = Counter()
    wrong: list[Finding] = []
    values = json_values(path, wrong)
    if wrong and (_FENCE.search(prose := read_text(path)) or _only_value(prose)):
        wrong, values = [], [(1, prose)]
    findings += wrong
    for line, value in values:
        for answer in _answers_in(value):
            found: list[Finding] = []
            parsed = _document(answer, ignored, found)
            findings += [finding.at(str(path), line, answer.doc_id) for finding in found]
            if parsed is not None:
                yield msgspec.structs.replace(
                    parsed, hint=unpacked_name(path).stem, file=str(path), line=line
                )
    report_unknown(+ignored, path, findings)


def _document(
    answer: _Answer, ignored: Counter[str], findings: list[Finding]
) -> ParsedDocument | None:
    if answer.failure is not None:
        return ParsedDocument({}, doc_id=answer.doc_id, failure=answer.failure)
    said = isinstance(answer.content, str)
    content = parsed_text(answer.content, findings) if said else answer.content
    if content is None and findings:
        return None
    layers = _layers(content)
    if layers is None:
        message = "the answer has neither layers nor records"
        findings.append(Finding("format", message))
        return None
    reader = _RecordReader(offsets=not said, ignored=ignored)
    records = {
        layer: given_records(reader.records(layer, given), layer) for layer, given in layers.items()
    }
    return ParsedDocument(records, answer.text, answer.doc_id)


FORMAT = Format(
    name="answers",
    about="answers of language models, and responses of chat and batch endpoints that hold them",
    suffixes=(".json", ".jsonl", ".md", ".txt"),
    holds={
        "entities": fields("type", "entity_id"),
        "dates": fields("type", "value", "mod", "vague"),
        "marks": fields("open", "close", "function"),
        "quotes": fields("id", "kind", "cue", "source", "speakers", "addressees", "parent"),
    },
    mentions=True,
    recognises=recognises,
    read=read,
    limits="offsets in the text of an answer",
    keys=frozenset(("entities", "name", "category", "choices", "message", "content", "custom_id")),
)
