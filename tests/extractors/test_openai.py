"""The extractor ``openai`` against a local server with the chat completions protocol and recorded
answers.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest

import vinewsie as vn
from conftest import ROOT
from vinewsie.extractors import ExtractorError, openai_answer, running
from vinewsie.extractors.awaiting import awaited
from vinewsie.extractors.openai_answer import AnswerReader, parse
from vinewsie.extractors.openai_endpoint import Settings, problems, settings_from
from vinewsie.extractors.openai_prompt import (
    LANGUAGES,
    PROMPT_VERSION,
    instructions,
    messages,
    schema,
)
from vinewsie.extractors.with_openai import extractor_of, make, missing
from vinewsie.model import Document, Prediction, Segment
from vinewsie.reading.predictions import read_predictions
from vinewsie.scheme import LAYERS, ZONES
from vinewsie.text import lines

pytest.importorskip("openai", reason="the openai package is not installed")

ANSWERS = ROOT / "tests" / "data" / "openai"
KEY = "sk-test-0123456789abcdef"
TEXT = (
    "Thủ tướng Na Uy thăm Huế\n"
    "Hôm qua bà Ingrid Solberg nói rằng Na Uy sẽ “giúp đỡ” Huế.\n"
    "Bà trở về Oslo ngày 7/3."
)


def page(text: str = TEXT, anchor: str = "2019-03-05") -> Document:
    spans = list(lines(text))
    zones = ["headline", *["body"] * len(spans)]
    segments = [
        Segment(start=a, end=b, zone=zone, item=0, anchor_date=anchor)
        for (a, b), zone in zip(spans, zones, strict=False)
    ]
    return Document(doc_id="trang-1", text=text, segments=tuple(segments))


@dataclass(frozen=True)
class Reply:
    """An answer of the server: a recorded body by its name, or a body."""

    name: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    hang: bool = False

    def content(self) -> bytes:
        return (ANSWERS / f"{self.name}.json").read_bytes() if self.body is None else self.body


@dataclass
class Server:
    """Answers requests with its replies in turn, and all further ones with the last; keeps the
    requests. None is answered before as many have come as ``together`` waits for.
    """

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    together: threading.Barrier | None = None

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            state.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.keys.append(self.headers["Authorization"])
            reply = state.next()
            if state.together is not None:
                state.together.wait(30)
            if reply.hang:
                state.over.wait(10)
                return
            content = reply.content()
            self.send_response(reply.status)
            headers = dict(
                [
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(content))),
                    *reply.headers,
                ]
            )
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    state.url = f"http://127.0.0.1:{web.server_port}/v1"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.over.set()
    web.shutdown()
    web.server_close()
    thread.join()


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return Settings(
        model="small-model",
        api_key=KEY,
        base_url=server.url,
        language="vi",
        cache=tmp_path / "answers",
        price=None,
        timeout=10,
        max_retries=2,
    )


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(server: Server, settings: Settings) -> Ask:
    """Runs the extractor on a document; the server gives these replies."""

    def run(
        *replies: str | Reply, document: Document | None = None, **changes: Any
    ) -> dict[str, Any]:
        server.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
        answer = awaited(extractor_of(replace(settings, **changes))(document or page()))
        assert isinstance(answer, dict)
        return answer

    return run


def placed(answer: dict[str, Any], document: Document | None = None) -> Prediction:
    """The answer as read for scoring; an error in it fails the test."""
    document = document or page()
    read = read_predictions(
        [{"doc_id": document.doc_id, **answer}],
        {document.doc_id: document},
        labels=frozenset(ENTITY_TYPES),
    )
    assert [finding for finding in read.findings if finding.severity == "error"] == []
    return read.by_doc[document.doc_id]


ENTITY_TYPES = LAYERS["entities"].vocabularies["type"]


def names(prediction: Prediction) -> list[tuple[int, str, str | None]]:
    return [(e.start, TEXT[e.start : e.end], e.type) for e in prediction.entities]


EXPECTED = [
    (10, "Na Uy", "GPE"),
    (21, "Huế", "GPE"),
    (36, "Ingrid Solberg", "PER"),
    (60, "Na Uy", "GPE"),
    (79, "Huế", "GPE"),
    (94, "Oslo", "GPE"),
]


# The question


def test_a_document_is_one_question(ask: Ask, server: Server) -> None:
    ask("whole")
    (request,) = server.requests
    assert request["model"] == "small-model"
    assert (request["temperature"], request["seed"]) == (0, 0)
    assert request["response_format"]["type"] == "json_schema"
    assert request["response_format"]["json_schema"]["strict"] is True
    system, user = request["messages"]
    assert system == {"role": "system", "content": instructions("vi")}
    assert user["role"] == "user"
    headline, first, second = TEXT.split("\n")
    assert (
        user["content"]
        == f"[headline; 2019-03-05]\n{headline}\n[body; 2019-03-05]\n{first}\n{second}"
    )
    assert server.keys == [f"Bearer {KEY}"]


def test_the_page_without_segments_or_outside_them_has_no_headings() -> None:
    bare = Document(doc_id="x", text="Một.\n\n  Hai.\r\nBa.")
    assert messages(bare, list(lines(bare.text)), "vi")[1]["content"] == "Một.\nHai.\nBa."
    segment = Segment(start=0, end=4, zone="lead", item=0, anchor_date="")
    assert (
        messages(
            Document(doc_id="x", text="Một.\nHai.", segments=(segment,)), [(0, 4), (5, 9)], "en"
        )[1]["content"]
        == "[lead]\nMột.\n[]\nHai."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_name_every_label_zone_and_field(language: str) -> None:
    prompt = instructions(language)
    status = {
        *LAYERS["marks"].vocabularies["status"],
        *LAYERS["quotes"].vocabularies["source_status"],
    }
    labels = {
        label
        for layer in LAYERS.values()
        for labels in layer.vocabularies.values()
        for label in labels
    } - status
    fields = {
        name for layer in schema()["properties"].values() for name in layer["items"]["properties"]
    }
    assert {word for word in labels | set(ZONES) | fields if f"`{word}`" not in prompt} == set()
    assert "JSON" in prompt  # without the word, json_object is refused


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_prompts_example_is_right(language: str) -> None:
    content = instructions(language)
    layers, whole = parse(content[content.rindex('{"entities"') :])
    jsonschema.validate(layers, schema())
    sentence = "Hôm qua bà Ingrid Solberg cho biết Oslo sẽ “mở cửa” trở lại."
    assert whole
    assert sentence in content
    document = Document(doc_id="x", text=sentence)
    prediction = placed(AnswerReader().read(layers), document)
    assert prediction.unplaced == ()
    assert [sentence[e.start : e.end] for e in prediction.entities] == ["Ingrid Solberg", "Oslo"]


def test_a_prompt_does_not_change_without_its_version() -> None:
    known = {(1, "vi"): "78c4588536da4ca8", (1, "en"): "6917472cfd022b14"}
    now = {
        (PROMPT_VERSION, language): hashlib.sha256(instructions(language).encode()).hexdigest()[:16]
        for language in LANGUAGES
    }
    assert now == known, "a prompt was changed: raise PROMPT_VERSION, and write the new hashes here"


def test_the_prompts_know_nothing_of_the_packaged_articles(gold: vn.Gold) -> None:
    surfaces = {
        document.text[e.start : e.end] for document in gold.values() for e in document.entities
    }
    prompts = " ".join(map(instructions, LANGUAGES))
    assert {surface for surface in surfaces if surface in prompts} == set()


def test_the_schema_is_strict_throughout() -> None:
    def objects(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if value.get("type") == "object":
                yield value
            for item in value.values():
                yield from objects(item)

    found = list(objects(schema()))
    assert len(found) == 5
    assert all(
        o["additionalProperties"] is False and o["required"] == list(o["properties"]) for o in found
    )
    jsonschema.Draft202012Validator.check_schema(schema())


# The answer


@pytest.mark.parametrize("reply", ["whole", "fenced", "prose", "wrapped", "parts"])
def test_the_answer_is_found_in_its_context(
    ask: Ask, reply: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask(reply)
    prediction = placed(answer)
    assert names(prediction) == EXPECTED
    assert [TEXT[d.start : d.end] for d in prediction.dates] == ["Hôm qua", "ngày 7/3"]
    assert [d.value for d in prediction.dates] == ["2019-03-04", "2019-03-07"]
    (mark,) = prediction.marks
    assert (TEXT[mark.start : mark.end], mark.open, mark.close, mark.function) == (
        "giúp đỡ",
        "“",
        "”",
        "speech",
    )
    (quote,) = prediction.quotes
    assert [TEXT[s.start : s.end] for s in quote.content] == ["Na Uy sẽ “giúp đỡ” Huế"]
    assert quote.source is not None
    assert TEXT[quote.source.start : quote.source.end] == "bà Ingrid Solberg"
    assert (quote.kind, quote.speakers, quote.addressees, quote.parent) == (
        "mixed",
        ("Ingrid Solberg",),
        (),
        None,
    )
    assert answer["info"]["cut"] == answer["info"]["dropped"] == 0
    assert caplog.messages == []


def test_of_a_truncated_answer_the_complete_records_are_kept(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask("cut")
    assert names(placed(answer)) == EXPECTED
    assert answer["dates"] == [
        {"text": "Hôm qua", "type": "DATE", "value": "2019-03-04", "vague": False}
    ]
    assert answer["marks"] == answer["quotes"] == []
    assert answer["info"]["cut"] == 1
    assert caplog.messages == [
        "openai on trang-1: the answer is truncated or broken; records before the break: 7"
    ]


def test_a_truncated_quotation_is_dropped(ask: Ask) -> None:
    answer = ask("cut_in_quote")
    assert [len(answer[layer]) for layer in LAYERS] == [6, 2, 1, 0]


def test_a_broken_record_costs_only_its_layer(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask("broken")
    assert [len(answer[layer]) for layer in LAYERS] == [6, 2, 0, 1]
    assert "records before the break: 9" in caplog.text


def test_surfaces_that_are_not_in_the_text_count_as_spurious(ask: Ask) -> None:
    prediction = placed(ask("invented"))
    assert {(lost.layer, lost.reason, lost.text) for lost in prediction.unplaced} == {
        ("entities", "not_in_text", "Thuỵ Điển"),
        ("quotes", "not_in_text", "Huế sẽ được trùng tu vào mùa thu"),
    }


def test_offsets_in_an_answer_are_ignored(ask: Ask) -> None:
    answer = ask("offsets")
    assert answer["entities"] == [{"text": "Oslo", "type": "GPE"}, {"text": "Huế", "type": "GPE"}]
    assert names(placed(answer)) == [(94, "Oslo", "GPE"), (21, "Huế", "GPE")]


def test_unknown_labels_are_left_out_and_reported(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask("labels")
    assert answer["entities"] == [
        {"text": "Oslo"},
        {"text": "Ingrid Solberg", "type": "PER"},
        {"text": "Huế"},
    ]
    assert answer["dates"] == [{"text": "Hôm qua", "type": "DATE", "value": "2019-03-04"}]
    assert answer["marks"] == [{"text": "giúp đỡ", "open": "“", "close": "”"}]
    assert "kind" not in answer["quotes"][0]
    placed(answer)
    warnings = caplog.text
    assert (
        '2 × entities: type "CITY" is none of PER, ORG, GPE, LOC, FAC, EVENT, PROD, MISC; left out'
        in warnings
    )
    assert 'dates: mod "SOON" is none of' in warnings
    assert 'dates: vague "maybe" is neither true nor false; left out' in warnings
    assert 'marks: function "quotation" is none of speech, scare, title, term; left out' in warnings
    assert 'quotes: kind "reported" is none of direct, indirect, mixed; left out' in warnings


def test_records_of_another_shape_are_read(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask("shapes")
    assert answer["entities"] == [
        {"text": "Na Uy", "type": "GPE"},
        {"text": "Oslo", "type": "GPE"},
        {"text": "Ingrid Solberg", "type": "PER"},
    ]
    assert answer["dates"] == [
        {"text": "ngày 7/3", "value": "2019", "vague": False},
        {"text": "Hôm qua"},
        {"text": "7"},
    ]
    assert answer["marks"] == [{"text": "giúp đỡ", "open": "“"}]
    source = {"text": "bà Ingrid Solberg"}
    assert answer["quotes"] == [
        {
            "id": "1",
            "kind": "mixed",
            "content": [{"text": "Na Uy sẽ “giúp đỡ” Huế"}],
            "cue": [{"text": "nói"}],
            "source": source,
            "speakers": ["Ingrid Solberg"],
        },
        {
            "id": "2",
            "content": [{"text": "Na Uy sẽ"}, {"text": "Huế"}],
            "cue": [{"text": "nói"}],
            "source": source,
            "speakers": ["Ingrid Solberg"],
            "parent": "1",
        },
    ]
    assert answer["info"]["dropped"] == 4
    warnings = caplog.text
    assert "3 × dates: a record without text; left out" in warnings
    assert "quotes: a record without content; left out" in warnings
    placed(answer)


def test_a_layer_that_is_not_a_list_is_reported(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    assert ask("layer_is_text")["marks"] == []
    assert 'marks is "không có", not a list' in caplog.text


def test_nothing_found_is_an_answer(ask: Ask) -> None:
    answer = ask("nothing_found")
    assert [answer[layer] for layer in LAYERS] == [[], [], [], []]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply("empty"), "the answer is empty (finish_reason stop)"),
        (Reply("null"), "the answer is empty (finish_reason stop)"),
        (Reply("refusal"), "the model refused: Tôi không thể giúp việc này."),
        (Reply("content_filter"), "the endpoint's content filter withheld the answer"),
        (
            Reply("no_json"),
            "the answer is not JSON with entities, dates, marks, quotes: "
            "'Xin lỗi, tôi không tìm thấy",
        ),
        (Reply("other_json"), "the answer is not JSON with entities"),
        (
            Reply("error_with_200"),
            'the endpoint\'s answer has no choices: {"message": "Provider returned error"',
        ),
        (
            Reply(body=b"<html>Welcome</html>", headers=(("Content-Type", "text/html"),)),
            "the endpoint's answer is not a chat completion",
        ),
        (Reply(body=b"[" * 100_000), "the endpoint's answer is not a chat completion"),
        (Reply("bad_request", 400), "the endpoint answered 400: Invalid value for 'model'."),
        (
            Reply("wrong_key", 401),
            "the endpoint answered 401: Incorrect API key provided: ***. You can find",
        ),
        (Reply(body=b"", status=404), "the endpoint answered 404: Error code: 404"),
    ],
)
def test_without_an_answer_the_document_fails_with_the_reason(
    ask: Ask, reply: Reply, message: str
) -> None:
    with pytest.raises(ExtractorError) as raised:
        ask(reply)
    assert str(raised.value).startswith(message)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_text_stays_as_it_is(ask: Ask, form: Literal["NFC", "NFD"]) -> None:
    text = unicodedata.normalize(
        form, "😀 Bà\u00a0Lê\u200b Thị Huệ\u00a0thăm Huế.\r\n\r\nÔng Đỗ ở Huế."
    )
    entities = [
        {"text": unicodedata.normalize(form, name), "type": "GPE"} for name in ("Huế", "Huế")
    ]
    body = {
        "choices": [
            {
                "message": {"content": json.dumps({"entities": entities}, ensure_ascii=False)},
                "finish_reason": "stop",
            }
        ]
    }
    document = Document(doc_id="trang-2", text=text)
    prediction = placed(ask(Reply(body=json.dumps(body).encode()), document=document), document)
    assert [unicodedata.normalize("NFC", text[e.start : e.end]) for e in prediction.entities] == [
        "Huế",
        "Huế",
    ]
    assert prediction.entities[0].start < text.index("\r") < prediction.entities[1].start


def test_an_empty_document_is_not_asked_about(ask: Ask, server: Server) -> None:
    answer = ask("whole", document=Document(doc_id="x", text=" \n\n"))
    assert answer["entities"] == []
    assert answer["info"]["requests"] == 0
    assert server.requests == []


# Numbers


def test_info_has_tokens_and_cost(ask: Ask) -> None:
    assert ask("whole", price=(0.5, 2.0))["info"] == {
        "model": "small-model",
        "prompt": f"vi-{PROMPT_VERSION}",
        "requests": 1,
        "cached": 0,
        "cut": 0,
        "dropped": 0,
        "prompt_tokens": 1200,
        "completion_tokens": 150,
        "cost": pytest.approx(0.0009),
        "parameters": "response_format=json_schema temperature=0 seed=0",
        "answered_by": "small-model-2026-01-15",
    }


def test_numbers_that_the_endpoint_does_not_give_are_missing(ask: Ask) -> None:
    info = ask("no_usage", price=(0.5, 2.0))["info"]
    assert not {"prompt_tokens", "completion_tokens", "cost", "answered_by"} & info.keys()


# Stored answers


def test_the_same_question_is_asked_once(ask: Ask, server: Server) -> None:
    first, again = ask("whole"), ask("whole")
    assert len(server.requests) == 1
    assert again["info"] == {**first["info"], "requests": 0, "cached": 1}
    assert {**again, "info": None} == {**first, "info": None}


@pytest.mark.parametrize(
    "change", [{"model": "other"}, {"language": "en"}, {"document": page(TEXT + "\nHết.")}]
)
def test_another_question_is_asked_anew(ask: Ask, server: Server, change: dict[str, Any]) -> None:
    ask("whole")
    ask("whole", **change)
    assert len(server.requests) == 2


def test_a_stored_answer_that_is_damaged_is_asked_for_again(
    ask: Ask, server: Server, settings: Settings
) -> None:
    ask("whole")
    (path,) = settings.cache.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert names(placed(ask("whole"))) == EXPECTED
    assert len(server.requests) == 2
    assert json.loads(path.read_text(encoding="utf-8"))["answer"] == json.loads(
        (ANSWERS / "whole.json").read_bytes()
    )


def chat(content: str, finish_reason: str = "stop") -> Reply:
    choice = {"message": {"content": content}, "finish_reason": finish_reason}
    return Reply(body=json.dumps({"choices": [choice]}).encode())


def test_an_answer_that_cannot_be_used_is_not_stored(ask: Ask, settings: Settings) -> None:
    with pytest.raises(ExtractorError, match="the answer is not JSON with"):
        ask(chat("Xin lỗi, tôi không làm được."))
    assert not settings.cache.exists()
    assert names(placed(ask("whole"))) == EXPECTED


def test_a_stored_answer_that_cannot_be_used_is_asked_for_again(
    ask: Ask, server: Server, settings: Settings
) -> None:
    ask("whole")
    (path,) = settings.cache.iterdir()
    path.write_text(
        json.dumps({"parameters": "", "answer": json.loads(chat("Xin lỗi.").content())}),
        encoding="utf-8",
    )
    assert names(placed(ask("whole"))) == EXPECTED
    assert len(server.requests) == 2


def test_an_answer_without_room_is_stored_where_it_is_halved_and_not_where_it_cannot_be(
    ask: Ask, server: Server
) -> None:
    full = chat("<think>Để xem", "length")
    ask(full, "first_half", "second_half")
    assert ask(full, "first_half", "second_half")["info"]["requests"] == 0
    line = Document(doc_id="trang-1", text=TEXT.replace("\n", " "))
    for _ in range(2):
        with pytest.raises(ExtractorError, match="the answer is empty"):
            ask(full, document=line)
    assert len(server.requests) == 5


def test_refusals_are_not_stored(ask: Ask, settings: Settings) -> None:
    with pytest.raises(ExtractorError):
        ask("refusal")
    assert not settings.cache.exists()
    assert names(placed(ask("whole"))) == EXPECTED


def test_without_a_writable_folder_the_answer_is_used(
    ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert names(placed(ask("whole", cache=tmp_path / "file"))) == EXPECTED
    assert "the answer is not stored" in caplog.text


def test_the_key_is_nowhere(
    ask: Ask,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.loads((ANSWERS / "whole.json").read_bytes()) | {"request": {"authorization": KEY}}
    answer = ask(Reply(body=json.dumps(echo).encode()))
    with pytest.raises(ExtractorError) as raised:
        ask(Reply("wrong_key", 401), model="other")
    stored = "".join(path.read_text(encoding="utf-8") for path in settings.cache.iterdir())
    assert "authorization" in stored
    everything = [
        stored,
        json.dumps(answer),
        str(raised.value),
        repr(settings),
        *capsys.readouterr(),
        caplog.text,
    ]
    assert [text for text in everything if KEY in text] == []


def test_a_short_key_is_not_masked_in_the_answer(ask: Ask) -> None:
    assert names(placed(ask("whole", api_key="Oslo"))) == EXPECTED


# Retries and fallbacks


def test_brackets_alone_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not each of many brackets is tried: each may be read for long before it breaks."""
    tried = 0
    decoder = openai_answer._DECODER

    class Counting:
        def raw_decode(self, text: str, begin: int) -> tuple[Any, int]:
            nonlocal tried
            tried += 1
            return decoder.raw_decode(text, begin)

    monkeypatch.setattr(openai_answer, "_DECODER", Counting())
    for content in ("[" * 50_000, '{"a": ' * 10_000, "[1, " * 10_000):
        tried = 0
        with pytest.raises(ValueError, match="the answer is not JSON with"):
            parse(content)
        assert tried < 2_000
    words = "Không có gì [Huế] {ở đây}. " * 2_000
    assert parse(words + '{"entities": [{"text": "Huế"}]}')[0]["entities"] == [{"text": "Huế"}]


def test_layers_deep_inside_are_found() -> None:
    layers, whole = parse("[" * 400 + '{"a": {"dates": []}, "entities": []}' + "]" * 400)
    assert (layers["entities"], whole) == ([], True)
    layers, _ = parse('[{"a": [{"dates": [1]}]}, {"dates": [2]}]')
    assert layers["dates"] == [1]


@pytest.mark.parametrize(
    "first",
    [
        Reply("rate_limit", 429, (("Retry-After", "0.05"),)),
        Reply("server_error", 500, (("retry-after-ms", "20"),)),
    ],
)
def test_a_busy_endpoint_is_asked_again(ask: Ask, server: Server, first: Reply) -> None:
    answer = ask(first, "whole")
    assert names(placed(answer)) == EXPECTED
    assert answer["info"]["requests"] == len(server.requests) == 2


def test_retrying_ends(ask: Ask, server: Server) -> None:
    with pytest.raises(
        ExtractorError, match=r"the endpoint answered 429: .*Rate limit reached for small-model"
    ):
        ask(Reply("rate_limit", 429, (("retry-after-ms", "10"),)))
    assert len(server.requests) == 3


def test_an_endpoint_that_hangs_is_given_up(ask: Ask, server: Server) -> None:
    with pytest.raises(ExtractorError, match=r"the endpoint gave no answer within 0\.2 s, 2 times"):
        ask(Reply(hang=True), timeout=0.2, max_retries=1)
    while len(server.requests) < 2:  # the server may read a request after its client has left
        time.sleep(0.01)
    assert len(server.requests) == 2


def test_an_endpoint_that_hangs_once_is_asked_again(ask: Ask) -> None:
    # More retries than are needed: on a busy machine, an answer may take longer than the limit.
    assert names(placed(ask(Reply(hang=True), "whole", timeout=0.3, max_retries=10))) == EXPECTED


def test_a_missing_endpoint_is_named(ask: Ask) -> None:
    with pytest.raises(ExtractorError, match="the endpoint cannot be reached: "):
        ask("whole", base_url="http://127.0.0.1:9/v1", max_retries=0)


def test_an_endpoint_without_schemas_is_asked_for_json_and_then_for_text(
    ask: Ask, server: Server, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies = [Reply("refuses_schema", 400), Reply("refuses_json", 400), Reply("fenced")]
    extract = extractor_of(settings)
    answer: Any = awaited(extract(page()))
    assert [request.get("response_format", {}).get("type") for request in server.requests] == [
        "json_schema",
        "json_object",
        None,
    ]
    assert names(placed(answer)) == EXPECTED
    assert answer["info"]["parameters"] == "temperature=0 seed=0"
    assert answer["info"]["requests"] == 3
    assert caplog.messages[0] == (
        "openai: the endpoint refuses a parameter; from now on: "
        "response_format=json_object temperature=0 seed=0"
    )
    awaited(extract(page(TEXT + "\nHết.")))
    # A refused parameter is not tried again, and the answer without it is found in the cache.
    assert "response_format" not in server.requests[3]
    assert ask("whole")["info"]["cached"] == 1
    assert len(server.requests) == 4


def test_each_epoch_has_its_seed_and_its_stored_answers(ask: Ask, server: Server) -> None:
    for epoch in (1, 2, 1, 2):
        assert names(placed(ask("whole", epoch=epoch, temperature=0.7))) == EXPECTED
    assert [(request["seed"], request["temperature"]) for request in server.requests] == [
        (0, 0.7),
        (1, 0.7),
    ]


def test_documents_are_asked_about_at_the_same_time(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VINEWSIE_OPENAI_MODEL", "small-model")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("VINEWSIE_OPENAI_CACHE", str(tmp_path / "answers"))
    # No one is answered before all have asked.
    server.together = threading.Barrier(4)
    server.replies = [Reply("whole")] * 4
    same = page()
    pages = [
        Document(doc_id=f"trang-{number}", text=same.text, segments=same.segments)
        for number in range(4)
    ]
    steps: list[str] = []
    ran = running.run("openai", pages, concurrency=4, progress=steps.append)
    assert len(ran.outputs) == 4
    assert ran.failures == {}
    assert len(server.requests) == 4
    read = sum(answer["info"]["prompt_tokens"] for answer in ran.outputs)
    assert steps[-1].startswith(f"openai: 4 of 4 documents, {read:,} tokens read, ")


def test_other_parameters_can_be_refused_too(ask: Ask, server: Server) -> None:
    answer = ask(Reply("refuses_temperature", 400), Reply("refuses_seed", 422), Reply("whole"))
    assert server.requests[-1].keys() == {"model", "messages", "response_format"}
    assert answer["info"]["parameters"] == "response_format=json_schema"


# Pages that are too long


@pytest.mark.parametrize(
    "first", [Reply("context", 400), Reply("length"), Reply(status=413, body=b"")]
)
def test_a_page_that_is_too_long_is_asked_for_in_halves(
    ask: Ask, server: Server, first: Reply
) -> None:
    answer = ask(first, "first_half", "second_half")
    headline, first_line, second_line = TEXT.split("\n")
    asked = [request["messages"][1]["content"] for request in server.requests[1:]]
    assert asked == [
        f"[headline; 2019-03-05]\n{headline}",
        f"[body; 2019-03-05]\n{first_line}\n{second_line}",
    ]
    prediction = placed(answer)
    assert names(prediction) == EXPECTED
    assert [lost.text for lost in prediction.unplaced] == ["Bergen"]
    outer, inner = prediction.quotes
    assert [TEXT[span.start : span.end] for quote in (outer, inner) for span in quote.content] == [
        "Na Uy sẽ “giúp đỡ” Huế",
        "giúp đỡ",
    ]
    assert inner.parent == outer.id
    read = 0 if first.status != 200 else 1200
    assert answer["info"]["prompt_tokens"] == read + 2000
    assert answer["info"]["requests"] == 3


def test_of_a_line_that_is_too_long_the_answer_so_far_is_kept(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    line = Document(doc_id="trang-1", text=TEXT.replace("\n", " "))
    answer = ask("length", document=line)
    assert answer["entities"] == [{"text": "Na Uy", "type": "GPE"}, {"text": "Huế", "type": "GPE"}]
    assert answer["info"]["cut"] == 1
    assert "records before the break: 2" in caplog.text


def test_a_line_that_the_model_cannot_hold_is_an_error(ask: Ask) -> None:
    with pytest.raises(
        ExtractorError, match=r"one line of the page is too long for the model: .*8192 tokens"
    ):
        ask(Reply("context", 400))


# The environment


def test_missing_names_all_missing_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VINEWSIE_OPENAI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert missing() == (
        "set VINEWSIE_OPENAI_MODEL to the model's name; "
        "set OPENAI_API_KEY to the endpoint's key (any word if it needs none)"
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OPENAI_API_KEY", "khoá", "OPENAI_API_KEY has characters that are not allowed in a key"),
        (
            "OPENAI_BASE_URL",
            "localhost:8000/v1",
            "OPENAI_BASE_URL is 'localhost:8000/v1'; expected a URL such as",
        ),
        ("OPENAI_BASE_URL", "http://[::1/v1", "OPENAI_BASE_URL is"),
        ("VINEWSIE_OPENAI_PROMPT", "fr", "VINEWSIE_OPENAI_PROMPT is 'fr'; allowed are vi, en"),
        ("VINEWSIE_OPENAI_PRICE", "0.15", "VINEWSIE_OPENAI_PRICE is '0.15'; expected two prices"),
        ("VINEWSIE_OPENAI_PRICE", "nan,1", "VINEWSIE_OPENAI_PRICE is"),
        ("VINEWSIE_OPENAI_PRICE", "-1,1", "VINEWSIE_OPENAI_PRICE is"),
        (
            "VINEWSIE_OPENAI_TEMPERATURE",
            "warm",
            "VINEWSIE_OPENAI_TEMPERATURE is 'warm'; expected a number such as 0.7",
        ),
        (
            "VINEWSIE_OPENAI_TIMEOUT",
            "0",
            "VINEWSIE_OPENAI_TIMEOUT is '0'; expected a number of seconds",
        ),
    ],
)
def test_wrong_settings_in_the_environment_are_named(name: str, value: str, message: str) -> None:
    right = {"VINEWSIE_OPENAI_MODEL": "m", "OPENAI_API_KEY": "k"}
    assert problems(right) == []
    (found,) = problems({**right, name: value})
    assert found.startswith(message)


def test_settings_of_an_environment(tmp_path: Path) -> None:
    environment = {"VINEWSIE_OPENAI_MODEL": "m ", "OPENAI_API_KEY": " k\n"}
    plain = settings_from(environment)
    assert (plain.model, plain.api_key, plain.base_url, plain.language, plain.price) == (
        "m",
        "k",
        None,
        "vi",
        None,
    )
    assert plain.cache.parts[-2:] == ("vinewsie", "openai")
    more = settings_from(
        {
            **environment,
            "VINEWSIE_OPENAI_PRICE": "0, 2.5",
            "VINEWSIE_OPENAI_TIMEOUT": "3",
            "VINEWSIE_OPENAI_CACHE": str(tmp_path),
        }
    )
    assert (more.price, more.timeout, more.cache) == ((0.0, 2.5), 3.0, tmp_path)


def test_the_extractor_of_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VINEWSIE_OPENAI_MODEL", "small-model")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("VINEWSIE_OPENAI_PROMPT", "en")
    monkeypatch.setenv("VINEWSIE_OPENAI_CACHE", str(tmp_path / "answers"))
    server.replies = [Reply("whole")]
    assert missing() is None
    answer: Any = awaited(make()(page()))
    assert names(placed(answer)) == EXPECTED
    assert answer["info"]["prompt"] == f"en-{PROMPT_VERSION}"
    assert server.requests[0]["messages"][0]["content"] == instructions("en")


# Limits of an endpoint


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (200, "has no choices: .*its answer is longer than 1 MB"),
        (500, "the endpoint answered 500: its answer is longer than 1 MB"),
    ],
)
def test_a_long_answer_is_cut_off(
    packed: bool, status: int, message: str, ask: Ask, server: Server
) -> None:
    body = (2 << 20) * b" " + (ANSWERS / "whole.json").read_bytes()
    reply = Reply(
        status=status,
        body=gzip.compress(body) if packed else body,
        headers=(("Content-Encoding", "gzip"),) if packed else (),
    )
    with pytest.raises(ExtractorError, match=message):
        ask(reply, max_answer=1)
    assert len(server.requests) == 1
    if status == 200:
        assert ask(reply)["entities"]


def test_the_limit_of_a_run_reaches_the_endpoint(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (2 << 20) * b" " + (ANSWERS / "whole.json").read_bytes()
    server.replies = [Reply(body=body)]
    for name, value in {
        "VINEWSIE_OPENAI_MODEL": "m",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server.url,
        "VINEWSIE_OPENAI_CACHE": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ExtractorError, match="longer than 1 MB; --max-answer sets it"):
        running.run("openai", [page()], max_answer=1)
    assert running.run("openai", [page()], max_answer=3).outputs[0]["entities"]


def test_no_proxy_is_asked_for_a_loopback_address(ask: Ask, monkeypatch: Any) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask("whole")["entities"]


def test_credentials_of_the_address_are_not_shown(ask: Ask, server: Server) -> None:
    url = server.url.replace("//", "//ai:mat-khau@")
    with pytest.raises(ExtractorError, match=r"answered 401: \*\*\* is wrong"):
        ask(Reply(status=401, body=b'{"error": {"message": "mat-khau is wrong"}}'), base_url=url)
    (problem,) = problems(
        {
            "VINEWSIE_OPENAI_MODEL": "m",
            "OPENAI_API_KEY": "k",
            "OPENAI_BASE_URL": "ftp://ai:mat-khau@localhost/",
        }
    )
    assert "ftp://***@localhost/" in problem
