"""Extractors of all kinds, and every way in which they fail: a failure costs its document and is told."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import vinewsie as vn
from vinewsie.extractors import ExtractorError, UnknownExtractorError, running
from vinewsie.formats import native
from vinewsie.model import Document, Segment

Run = Callable[..., Result]

DOCUMENTS = [
    Document(doc_id=name, text=f"{name}: Nga", segments=(Segment(start=0, end=5, zone="body", item=0, anchor_date="2024-01-01"),))
    for name in ("d1", "d2", "d3", "d4", "d5")
]

HEAD = "import json, os, sys, time\n"
STREAM = HEAD + "for line in sys.stdin:\n    d = json.loads(line)\n    name = d['doc_id']\n"
ANSWER = "    print(json.dumps({'doc_id': name, 'entities': [{'start': 0, 'end': 2, 'type': 'PER'}]}), flush=True)\n"


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], str]:
    """A SPEC for a program that is written here."""

    def make(program: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(program, encoding="utf-8")
        return f"cmd:{sys.executable} {path}"

    return make


def done(ran: running.Ran) -> list[str]:
    return [answer["doc_id"] for answer in ran.outputs]


def test_a_command_that_streams(command: Callable[[str], str]) -> None:
    ran = running.run(command(STREAM + ANSWER), DOCUMENTS)
    assert done(ran) == ["d1", "d2", "d3", "d4", "d5"]
    assert not ran.failures


def test_a_command_that_reads_all_first_and_answers_in_another_order(command: Callable[[str], str]) -> None:
    program = HEAD + "ds = [json.loads(l) for l in sys.stdin]\nfor d in reversed(ds):\n    print(json.dumps({'doc_id': d['doc_id']}))\n"
    assert done(running.run(command(program), DOCUMENTS)) == ["d1", "d2", "d3", "d4", "d5"]


def test_a_pipeline(command: Callable[[str], str]) -> None:
    assert len(done(running.run(command(STREAM + ANSWER) + " | cat", DOCUMENTS))) == 5


def test_it_is_given_text_and_segments_and_no_labels(command: Callable[[str], str]) -> None:
    program = (
        STREAM
        + "    print(json.dumps({'doc_id': name, 'info': {'keys': ' '.join(d), 'segment': ' '.join(d['segments'][0])}}), flush=True)\n"
    )
    ran = running.run(command(program), DOCUMENTS[:1])
    assert ran.outputs[0]["info"] == {"keys": "doc_id text segments", "segment": "start end zone item anchor_date"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_costs_its_document(jobs: int, command: Callable[[str], str], capfd: pytest.CaptureFixture[str]) -> None:
    program = STREAM + "    if name == 'd2': sys.exit('no idea what this is')\n" + ANSWER
    ran = running.run(command(program), DOCUMENTS, jobs=jobs)
    assert done(ran) == ["d1", "d3", "d4", "d5"]
    assert ran.failures == {"d2": "it ended with exit code 1: no idea what this is"}
    assert "no idea what this is" in capfd.readouterr().err


def test_a_crash_of_one_that_answers_at_its_end_costs_its_document(command: Callable[[str], str]) -> None:
    program = HEAD + (
        "ds = [json.loads(l)['doc_id'] for l in sys.stdin]\nif 'd4' in ds: os.kill(os.getpid(), 11)\n"
        "for d in ds: print(json.dumps({'doc_id': d}))\n"
    )
    ran = running.run(command(program), DOCUMENTS)
    assert done(ran) == ["d1", "d2", "d3", "d5"]
    assert list(ran.failures) == ["d4"]
    assert re.search("signal SIGSEGV|exit code 139", ran.failures["d4"])  # as the shell says it


def test_a_hang_costs_its_document(command: Callable[[str], str]) -> None:
    program = STREAM + "    if name == 'd3': time.sleep(600)\n" + ANSWER
    begun = time.monotonic()
    ran = running.run(command(program), DOCUMENTS, timeout=1)
    assert done(ran) == ["d1", "d2", "d4", "d5"]
    assert ran.failures == {"d3": "no answer within 1 s"}
    assert time.monotonic() - begun < 20


def test_garbage_is_told(command: Callable[[str], str], capfd: pytest.CaptureFixture[str]) -> None:
    program = (
        STREAM
        + (
            "    if name == 'd1': print('Loading the model…')\n"
            "    if name == 'd2': print('[1, 2]'); print(json.dumps({'doc_id': 'x'}))\n"
            '    if name == \'d5\': print(\'{"doc_id": "d5", "entities": [{"sta\', end=\'\'); sys.exit()\n'
        )
        + ANSWER
    )
    ran = running.run(command(program), DOCUMENTS)
    assert done(ran) == ["d1", "d2", "d3", "d4"]
    assert ran.failures["d5"].startswith("it ended without an answer for this document; came back 'Loading the model…'")
    told = capfd.readouterr().err
    assert "came back '[1, 2]'; expected a JSON object with doc_id" in told
    assert "it answered, but was not asked, for 'x'" in told
    assert """came back '{"doc_id": "d5", "entities": [{"sta'""" in told


def test_a_command_may_say_that_it_failed(command: Callable[[str], str]) -> None:
    program = STREAM + "    if name == 'd1': print(json.dumps({'doc_id': name, 'error': 'too long'}), flush=True); continue\n" + ANSWER
    assert running.run(command(program), DOCUMENTS).failures == {"d1": "too long"}


def test_one_that_never_answers_is_given_up(command: Callable[[str], str]) -> None:
    with pytest.raises(
        ExtractorError, match=r"(?s)failed on every document.*d1: it ended with exit code 1: sorry.*d5: not tried, after 3 failures"
    ):
        running.run(command(HEAD + "sys.exit('sorry')"), DOCUMENTS)


PYTHON = """
import os, time
def each(d):
    print("printed")
    os.system("echo printed by a child")
    if d.doc_id == "d2": raise ValueError("cannot")
    if d.doc_id == "d3": os._exit(9)
    if d.doc_id == "d4": time.sleep(600)
    return {"entities": []}
def slow(d):
    time.sleep(0.4)
    return {}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(PYTHON)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("module")
def test_a_python_function_in_a_process_of_its_own() -> None:
    ran = running.run("mine:each", DOCUMENTS, timeout=1)
    assert done(ran) == ["d1", "d5"]
    assert ran.failures == {
        "d2": "ValueError: cannot (mine.py:6)",
        "d3": "it ended with exit code 9: printed by a child",
        "d4": "no answer within 1 s",
    }


@pytest.mark.usefixtures("module")
def test_several_at_once() -> None:
    begun = time.monotonic()
    ran = running.run("mine:slow", [*DOCUMENTS, *[Document(doc_id=f"e{n}", text="") for n in range(11)]], jobs=8)
    assert len(done(ran)) == 16
    assert time.monotonic() - begun < 16 * 0.4


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("magic", "no extractor 'magic'"),
        ("mine:none", "module mine has no 'none'"),
        ("nowhere:f", "no module 'nowhere' here"),
        ("spacy", "the extractor is written spacy:MODEL"),
        ("rules:x", "the extractor is written rules"),
        ("combine:rules", "name at least two"),
        ("combine:rules+magic", "no extractor 'magic'"),
    ],
)
def test_unknown_extractors(spec: str, says: str) -> None:
    with pytest.raises(UnknownExtractorError, match=says):
        running.run(spec, DOCUMENTS)


def test_combine_takes_each_layer_from_the_first_that_fills_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.py").write_text("def extract(d): return {'dates': [{'start': 0, 'end': 2}], 'entities': [{'start': 0, 'end': 1}]}")
    answer = running.run("combine:other:extract+rules", DOCUMENTS[:1]).outputs[0]
    assert (len(answer["dates"]), answer["entities"]) == (1, [{"start": 0, "end": 1}])
    assert set(answer) == {"doc_id", "entities", "dates", "marks", "quotes"}


def test_an_interrupted_run_goes_on(tmp_path: Path, cli: Run) -> None:
    """Ctrl-C in the middle: what is done is kept, and is not done again."""
    (tmp_path / "mine.py").write_text(
        "import pathlib, time\n"
        "def f(d):\n"
        "    with open('asked', 'a') as file: print(d.doc_id, file=file)\n"
        "    if pathlib.Path('slow').exists() and d.doc_id != 'd1': time.sleep(600)\n"
        "    return {'entities': [{'start': 0, 'end': 2, 'type': 'PER'}]}\n"
    )
    (tmp_path / "slow").touch()
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(native.encode(document) + "\n" for document in DOCUMENTS))
    arguments = [sys.executable, "-m", "vinewsie", "run", "mine:f", "-o", "p.jsonl", "--gold", str(gold)]
    first = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    partial = tmp_path / "p.jsonl.partial"
    deadline = time.monotonic() + 30
    while not ((tmp_path / "asked").exists() and "d2" in (tmp_path / "asked").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    _, told = first.communicate(timeout=30)
    assert first.returncode == 1
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    assert not (tmp_path / "p.jsonl").exists()
    with partial.open("ab") as file:
        file.write(b'{"for": "half a li')
    (tmp_path / "slow").unlink()
    second = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert "1 of 5 documents were done before" in second.stderr
    assert (tmp_path / "asked").read_text().split() == ["d1", "d2", "d2", "d3", "d4", "d5"]
    assert not partial.exists()
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 5
    # Finished: the next run begins anew.
    subprocess.run(arguments, cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert (tmp_path / "asked").read_text().split()[6:] == ["d1", "d2", "d3", "d4", "d5"]


def test_documents_that_failed_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run, command: Callable[[str], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = command(
        STREAM + "    open('asked', 'a').write(name + ' ')\n    if name == 'd2' and not os.path.exists('mended'): sys.exit(3)\n" + ANSWER
    )
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(native.encode(document) + "\n" for document in DOCUMENTS))
    first = cli("run", spec, "-o", "p.jsonl", "--gold", gold)
    assert first.exit_code == 1
    assert "no answer for d2: it ended with exit code 3" in first.stderr
    assert len(Path("p.jsonl").read_text().splitlines()) == 4
    scored = cli("score", "p.jsonl", "--gold", gold, "-m", "entities.strict")
    assert scored.exit_code == 0
    assert "warning: no prediction for d2; it counts as empty" in scored.stderr
    Path("mended").touch()
    second = cli("run", spec, "-o", "p.jsonl", "--gold", gold)
    assert second.exit_code == 0
    assert len(Path("p.jsonl").read_text().splitlines()) == 5
    assert Path("asked").read_text().split()[-1] == "d2"


def test_score_counts_a_failed_document_as_missing_and_says_why(command: Callable[[str], str], cli: Run, tmp_path: Path) -> None:
    spec = command(STREAM + "    if name.startswith('bao'): sys.exit('out of memory')\n" + ANSWER)
    run = cli("score", "-e", spec, "-m", "entities.strict", "--format", "json", "--keep", tmp_path / "kept.jsonl")
    assert run.exit_code == 0
    result = json.loads(run.stdout)
    assert result["predictions"]["missing"] == ["baoquocte-20231012"]
    assert result["predictions"]["failures"] == {"baoquocte-20231012": "it ended with exit code 1: out of memory"}
    assert result["measures"]["entities.strict"]["counts"]["gold"] == 326
    assert "it counts as empty (it ended with exit code 1: out of memory)" in run.stderr
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 1


class Service(BaseHTTPRequestHandler):
    """Answers by the name of the document."""

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = document["doc_id"]
        if name == "d4":
            time.sleep(3)
        body: Any = {"d2": "no JSON", "d5": '{"doc_id": "d1"}'}.get(name, json.dumps({"entities": [{"start": 0, "end": 2}]}))
        with contextlib.suppress(BrokenPipeError):  # the client has gone
            self.send_response(500 if name == "d3" else 200)
            self.end_headers()
            self.wfile.write(b"out of order" if name == "d3" else body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/extract"
    server.shutdown()


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_service(url: str, jobs: int) -> None:
    ran = running.run(url, DOCUMENTS, timeout=1, jobs=jobs)
    assert ran.outputs == [{"doc_id": "d1", "entities": [{"start": 0, "end": 2}]}]
    assert ran.failures == {
        "d2": "came back 'no JSON'; expected a JSON object with the document's records",
        "d3": "HTTP 500 Internal Server Error: out of order",
        "d4": "no answer within 1 s",
        "d5": "answered for 'd1'",
    }


def test_no_service(url: str) -> None:
    with pytest.raises(ExtractorError, match="no service answers at http://127"):
        running.run("http://127.0.0.1:9/", DOCUMENTS)


def test_a_callable_that_fails_on_one_document() -> None:
    def extract(document: vn.Document) -> dict[str, Any]:
        if document.doc_id.startswith("epoch"):
            raise RuntimeError("no")
        return {"info": {"tokens": 3, "model": "m"}}

    result = vn.score(extract, resamples=0)
    assert result.predictions["missing"] == ["epochtimes-vn-20220815"]
    assert result.predictions["info"] == {"tokens": 3, "model": "m"}


def test_what_extractors_tell_is_added_up() -> None:
    infos: list[dict[str, Any]] = [{"tokens": 2, "model": "m", "cost": 0.5}, {"tokens": 3, "model": "m", "cost": 0.25}, {"model": "n"}]
    assert running.summed(infos) == {"tokens": 5, "model": ["m", "n"], "cost": 0.75}


def test_children_do_not_outlive_the_run(command: Callable[[str], str], tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = STREAM + f"    open({str(pid)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    with pytest.raises(ExtractorError):
        running.run(command(program) + " | cat", DOCUMENTS[:1], timeout=1)
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return
    # Ended, but nobody has asked for its exit code yet.
    assert "State:\tZ" in Path(f"/proc/{pid.read_text()}/status").read_text()
