"""Running extractors of all kinds, and their failures: a failure costs only its document, and is
reported with its reason.

No test depends on how fast the machine is: the clock of the extractors stands still unless an
extractor hangs, and tests wait for events.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import itertools
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import Result

import vinewsie as vn
from vinewsie.defaults import TIMEOUT
from vinewsie.extractors import ExtractorError, UnknownExtractorError, answers, processes, running
from vinewsie.findings import FindingsError
from vinewsie.model import Document, Segment
from vinewsie.reading import native

Run = Callable[..., Result]

DOCUMENTS = [
    Document(
        doc_id=name,
        text=f"{name}: Nga",
        segments=(Segment(start=0, end=5, zone="body", item=0, anchor_date="2024-01-01"),),
    )
    for name in ("d1", "d2", "d3", "d4", "d5")
]

HEAD = "import json, os, sys, time\n"
STREAM = HEAD + "for line in sys.stdin:\n    d = json.loads(line)\n    name = d['doc_id']\n"
ANSWER = (
    "    entities = [{'start': 0, 'end': 2, 'type': 'PER'}]\n"
    "    print(json.dumps({'doc_id': name, 'entities': entities}), flush=True)\n"
)


GUARD = 60
"""Seconds after which a test that waits for an event fails, so that it does not wait for ever."""


class Clock:
    """A clock that stands still, and leaps while an extractor hangs."""

    def __init__(self) -> None:
        self.hangs: Callable[[], bool] = lambda: False
        self.leaps = 0
        self._begun = time.monotonic()

    def __call__(self) -> float:
        self.leaps += self.hangs()
        return self._begun + self.leaps * TIMEOUT / 3


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the extractors, from which their time limits are counted."""
    clock = Clock()
    for module in ("processes", "service"):
        monkeypatch.setattr(f"vinewsie.extractors.{module}.monotonic", clock)
        monkeypatch.setattr(f"vinewsie.extractors.{module}._POLL", 0.01)
    monkeypatch.setattr("vinewsie.extractors.processes._GRACE", GUARD)
    return clock


@pytest.fixture
def hang(clock: Clock, tmp_path: Path) -> str:
    """A Python expression with which a program hangs: time passes until its process is killed."""
    pid = tmp_path / "hanging"
    clock.hangs = lambda: alive(pid)
    return f"(open({str(pid)!r}, 'w').write(str(os.getpid())), time.sleep({10 * GUARD}))"


def alive(pid: Path) -> bool:
    """Whether the process whose id is in the file runs; a zombie does not."""
    try:
        state = Path(f"/proc/{int(pid.read_text())}/status").read_text()
    except (OSError, ValueError):
        return False
    return "State:\tZ" not in state


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for an event that is certain to happen."""
    deadline = time.monotonic() + GUARD
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(arguments: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """Starts a program with the default handlers of signals, also where this process ignores them
    (nohup, or a shell's trap).
    """

    def restore() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    return subprocess.Popen(
        arguments, stderr=subprocess.PIPE, text=True, preexec_fn=restore, **options
    )


@pytest.fixture
def command(tmp_path: Path) -> Callable[[str], str]:
    """Makes the SPEC of a command that runs a Python program."""

    def make(program: str) -> str:
        path = tmp_path / "program.py"
        path.write_text(program, encoding="utf-8")
        # With exec, the program is the process itself instead of a child of the shell.
        return f"cmd:exec {sys.executable} {path}"

    return make


def answered(run: running.ExtractorRun) -> list[str]:
    return [answer["doc_id"] for answer in run.outputs]


def test_a_command_that_streams(command: Callable[[str], str]) -> None:
    run = running.run(command(STREAM + ANSWER), DOCUMENTS)
    assert answered(run) == ["d1", "d2", "d3", "d4", "d5"]
    assert not run.failures


def test_a_command_that_reads_all_first_and_answers_in_another_order(
    command: Callable[[str], str],
) -> None:
    program = (
        HEAD + "ds = [json.loads(l) for l in sys.stdin]\n"
        "for d in reversed(ds): print(json.dumps({'doc_id': d['doc_id']}))\n"
    )
    assert answered(running.run(command(program), DOCUMENTS)) == ["d1", "d2", "d3", "d4", "d5"]


def test_a_pipeline(command: Callable[[str], str]) -> None:
    assert len(answered(running.run(command(STREAM + ANSWER) + " | cat", DOCUMENTS))) == 5


def test_a_document_is_given_with_text_and_segments_without_labels(
    command: Callable[[str], str],
) -> None:
    program = (
        STREAM + "    info = {'keys': ' '.join(d), 'segment': ' '.join(d['segments'][0])}\n"
        "    print(json.dumps({'doc_id': name, 'info': info}), flush=True)\n"
    )
    run = running.run(command(program), DOCUMENTS[:1])
    assert run.outputs[0]["info"] == {
        "keys": "doc_id text segments",
        "segment": "start end zone item anchor_date",
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_costs_only_its_document(
    jobs: int, command: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    program = STREAM + "    if name == 'd2': sys.exit('no idea what this is')\n" + ANSWER
    run = running.run(command(program), DOCUMENTS, jobs=jobs)
    assert answered(run) == ["d1", "d3", "d4", "d5"]
    assert run.failures == {"d2": "it ended with exit code 1: no idea what this is"}
    assert "no idea what this is" in capfd.readouterr().err


def test_a_crash_of_a_command_that_answers_last_costs_only_its_document(
    command: Callable[[str], str],
) -> None:
    program = HEAD + (
        "ds = [json.loads(l)['doc_id'] for l in sys.stdin]\n"
        "if 'd4' in ds: os.kill(os.getpid(), 11)\n"
        "for d in ds: print(json.dumps({'doc_id': d}))\n"
    )
    run = running.run(command(program), DOCUMENTS)
    assert answered(run) == ["d1", "d2", "d3", "d5"]
    assert list(run.failures) == ["d4"]
    assert re.search("signal SIGSEGV|exit code 139", run.failures["d4"])  # as the shell says it


def test_a_hang_costs_only_its_document(command: Callable[[str], str], hang: str) -> None:
    run = running.run(command(STREAM + f"    if name == 'd3': {hang}\n" + ANSWER), DOCUMENTS)
    assert answered(run) == ["d1", "d2", "d4", "d5"]
    assert run.failures == {"d3": "no answer within 300 s"}


def test_a_command_that_reads_all_first_has_the_time_of_all_documents(
    command: Callable[[str], str], clock: Clock, tmp_path: Path
) -> None:
    read, go = tmp_path / "read", tmp_path / "go"

    def hangs() -> bool:
        if clock.leaps > 4:  # the time of one document, and not yet that of three
            go.touch()
        return read.exists() and not go.exists()

    clock.hangs = hangs
    program = HEAD + (
        f"lines = list(sys.stdin)\nopen({str(read)!r}, 'w')\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        "for line in lines: print(json.dumps({'doc_id': json.loads(line)['doc_id']}))\n"
    )
    assert answered(running.run(command(program), DOCUMENTS[:3])) == ["d1", "d2", "d3"]


def test_lines_that_are_not_answers_are_reported(
    command: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    program = (
        STREAM
        + (
            "    if name == 'd1': print('Loading the model…')\n"
            "    if name == 'd2': print('[1, 2]'); print(json.dumps({'doc_id': 'x'}))\n"
            '    half = \'{"doc_id": "d5", "entities": [{"sta\'\n'
            "    if name == 'd5': print(half, end=''); sys.exit()\n"
        )
        + ANSWER
    )
    run = running.run(command(program), DOCUMENTS)
    assert answered(run) == ["d1", "d2", "d3", "d4"]
    assert run.failures == {
        "d5": "it ended without an answer for this document; "
        """answered '{"doc_id": "d5", "entities": [{"sta'; expected one JSON object a line"""
    }
    assert caplog.messages == [
        "answered 'Loading the model…'; expected one JSON object a line",
        "answered '[1, 2]'; expected one JSON object a line",
        "it answered for 'x', which it was not given",
        *2
        * ["""answered '{"doc_id": "d5", "entities": [{"sta'; expected one JSON object a line"""],
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_a_command_may_report_a_failure(command: Callable[[str], str]) -> None:
    program = (
        STREAM
        + "    error = {'doc_id': name, 'error': 'too long'}\n"
        + "    if name == 'd1': print(json.dumps(error), flush=True); continue\n"
        + ANSWER
    )
    assert running.run(command(program), DOCUMENTS).failures == {"d1": "too long"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("''", "it gave no reason"),
        ("{'code': 7}", '{"code":7}'),
        ("'dài\\n  quá ' + 500 * 'x'", "dài quá " + 291 * "x" + "…"),
    ],
)
def test_a_reason_is_one_line_of_text(
    error: str, reason: str, command: Callable[[str], str]
) -> None:
    program = (
        STREAM
        + f"    error = {{'doc_id': name, 'error': {error}}}\n"
        + "    if name == 'd1': print(json.dumps(error), flush=True); continue\n"
        + ANSWER
    )
    assert running.run(command(program), DOCUMENTS[:2]).failures == {"d1": reason}


def test_an_error_of_null_is_none(command: Callable[[str], str]) -> None:
    run = running.run(
        command(STREAM + "    print(json.dumps({'doc_id': name, 'error': None}), flush=True)\n"),
        DOCUMENTS[:1],
    )
    assert run.outputs == [{"doc_id": "d1"}]


def test_a_crash_hidden_by_a_pipeline_costs_only_its_document(
    command: Callable[[str], str],
) -> None:
    program = STREAM + "    if name in ('d2', 'd3'): sys.exit('no')\n" + ANSWER
    run = running.run(command(program) + " | cat", DOCUMENTS)
    assert answered(run) == ["d1", "d4", "d5"]
    assert run.failures == dict.fromkeys(
        ("d2", "d3"), "it ended without an answer for this document"
    )


def test_a_crash_hidden_by_a_pipeline_of_a_command_that_answers_last(
    command: Callable[[str], str],
) -> None:
    program = HEAD + (
        "ds = [json.loads(l)['doc_id'] for l in sys.stdin]\nif 'd1' in ds: sys.exit(1)\n"
        "for d in ds: print(json.dumps({'doc_id': d}))\n"
    )
    assert list(running.run(command(program) + " | cat", DOCUMENTS).failures) == ["d1"]


def test_a_command_that_skips_documents_is_not_started_for_each(
    command: Callable[[str], str], tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    program = (
        HEAD
        + f"open({str(starts)!r}, 'a').write('x')\n"
        + STREAM.removeprefix(HEAD)
        + "    if not name.endswith('0'): continue\n"
        + ANSWER
    )
    documents = [Document(doc_id=f"t{number}", text="Huế") for number in range(100)]
    run = running.run(command(program), documents)
    assert (len(run.outputs), len(run.failures)) == (10, 90)
    assert len(starts.read_text()) <= 12
    assert "it ended without an answer for this document" in run.failures["t99"]


@pytest.mark.parametrize(
    "noise",
    ["print('.', flush=True)", "print(flush=True)", "print('.' * 70000, end='', flush=True)"],
)
def test_output_that_is_not_an_answer_gives_no_more_time(
    noise: str, command: Callable[[str], str], hang: str, caplog: pytest.LogCaptureFixture
) -> None:
    hang = hang.replace("time.sleep", "list")  # notes the process, and does not sleep
    hang = hang.replace(f"list({10 * GUARD})", "None")
    program = STREAM + f"    if name == 'd2': {hang}\n    while name == 'd2': {noise}\n" + ANSWER
    run = running.run(command(program), DOCUMENTS[:3])
    assert answered(run) == ["d1", "d3"]
    assert run.failures["d2"].startswith("no answer within 300 s")
    assert len(caplog.messages) <= 2 * (20 + 1)


def test_an_end_with_a_failure_after_the_last_answer_is_reported(
    command: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    run = running.run(command(STREAM + ANSWER + "sys.exit('cannot clean up')"), DOCUMENTS)
    assert not run.failures
    assert caplog.messages == [
        "all documents were answered, but then it ended with exit code 1: cannot clean up"
    ]


def test_a_process_that_closes_its_output_and_does_not_end_has_failed(
    command: Callable[[str], str], hang: str
) -> None:
    program = HEAD + "os.close(1)\n" + hang
    with pytest.raises(ExtractorError, match="d1: it closed its output, but did not end"):
        running.run(command(program), DOCUMENTS[:1])


def test_a_byte_order_mark_before_an_answer_is_skipped(command: Callable[[str], str]) -> None:
    program = (
        HEAD + "sys.stdout.buffer.write(b'\\xef\\xbb\\xbf')\nsys.stdout.flush()\n" + STREAM + ANSWER
    )
    assert len(answered(running.run(command(program), DOCUMENTS))) == 5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"doc_id": "d1", "info": {"p": NaN}}', "NaN is not JSON"),
        (b'{"doc_id": "d1", "info": {"p": -Infinity}}', "-Infinity is not JSON"),
        (b'{"doc_id": "d1", "x": "\xff"}', "expected one JSON object a line"),
        (b"[" * 100_000, "expected one JSON object a line"),
        (b'{"id": "d1"}', "an answer without doc_id, with 'id'"),
    ],
)
def test_a_line_that_is_not_an_answer_is_the_reason(
    line: bytes, message: str, command: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "answer").write_bytes(line + b"\n")
    with pytest.raises(ExtractorError) as raised:
        running.run(f"cmd:cat {tmp_path / 'answer'}", DOCUMENTS[:1])
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cmd:", "is followed by a command"),
        ("cmd: ", "is followed by a command"),
        ("cmd:nosuchprogram", "nosuchprogram: not found"),
    ],
)
def test_missing_commands(spec: str, message: str) -> None:
    with pytest.raises(UnknownExtractorError, match=message):
        running.run(spec, DOCUMENTS)


def test_a_command_that_never_answers_is_given_up(command: Callable[[str], str]) -> None:
    with pytest.raises(
        ExtractorError,
        match=r"(?s)failed on every document.*d1: it ended with exit code 1: sorry"
        r".*d5: not tried, after 3 failures",
    ):
        running.run(command(HEAD + "sys.exit('sorry')"), DOCUMENTS)


PYTHON = """
import os, time
def each(d):
    print("printed")
    os.system("echo printed by a child")
    if d.doc_id == "d2": raise ValueError("cannot")
    if d.doc_id == "d3": os._exit(9)
    if d.doc_id == "d4": HANG
    return {"entities": []}
def together(d):
    import pathlib
    pathlib.Path(f"worker-{os.getpid()}").touch()
    while len(list(pathlib.Path().glob("worker-*"))) < 3: time.sleep(0.01)
    return {}
def leaves(d):
    if d.doc_id == "d1": raise KeyboardInterrupt
    if d.doc_id == "d3": os._exit(0)
    return {}
def reads(d):
    import subprocess, sys
    assert sys.stdin.read() == input_of("cat") == ""
    return {}
def input_of(command):
    import subprocess
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
def mistaken(d):
    uses = {"d1": lambda: d["text"], "d2": lambda: "Nga" in d, "d3": lambda: d.get("text")}
    return uses.get(d.doc_id, dict)()
class Model:
    def extract(self, d): return {"info": {"by": "method"}}
model = Model()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hang: str) -> None:
    (tmp_path / "mine.py").write_text(PYTHON.replace("HANG", hang))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("module")
def test_a_python_function_in_a_worker_process() -> None:
    run = running.run("mine:each", DOCUMENTS)
    assert answered(run) == ["d1", "d5"]
    assert run.failures == {
        "d2": "ValueError: cannot (mine.py:6)",
        "d3": "it ended with exit code 9: printed by a child",
        "d4": "no answer within 300 s",
    }


@pytest.mark.usefixtures("module")
def test_a_function_that_exits_costs_only_its_document() -> None:
    run = running.run("mine:leaves", DOCUMENTS)
    assert answered(run) == ["d2", "d4", "d5"]
    assert run.failures == {
        "d1": "KeyboardInterrupt (mine.py:16)",
        "d3": "it ended without an answer for this document",
    }


@pytest.mark.usefixtures("module")
def test_a_function_that_reads_stdin_takes_no_documents() -> None:
    assert len(answered(running.run("mine:reads", DOCUMENTS))) == 5


@pytest.mark.usefixtures("module")
def test_a_function_that_uses_a_document_as_a_mapping_gets_a_hint() -> None:
    run = running.run("mine:mistaken", DOCUMENTS)
    assert answered(run) == ["d4", "d5"]
    assert all(
        reason.endswith(
            "; a document is an object: document.text, document.doc_id, document.segments"
        )
        for reason in run.failures.values()
    )


@pytest.mark.usefixtures("module")
def test_a_method_of_an_object() -> None:
    assert running.run("mine:model.extract", DOCUMENTS[:1]).outputs == [
        {"doc_id": "d1", "info": {"by": "method"}}
    ]


def test_ctrl_c_in_this_process_is_raised() -> None:
    def extract(_: vn.Document) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run_here(extract, DOCUMENTS)


@pytest.mark.usefixtures("module")
def test_several_processes_at_once() -> None:
    """The function answers once three processes run it."""
    assert len(answered(running.run("mine:together", DOCUMENTS, jobs=3))) == 5


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("magic", "no extractor 'magic'"),
        ("mine:none", "module mine has no 'none'"),
        ("nowhere:f", "no module 'nowhere' here"),
        ("spacy", "the extractor is written spacy:MODEL"),
        ("rules:x", "the extractor is written rules"),
        ("combine:rules", "name at least two"),
        ("combine:rules+magic", "no extractor 'magic'"),
        (
            "combine:rules+cmd:cat",
            "combine takes built-in extractors and module:function, not cmd:cat",
        ),
        (
            "combine:HTTP://localhost/+rules",
            "combine takes built-in extractors and module:function, not HTTP://localhost/",
        ),
        ("mine.py:none", "module mine.py has no 'none'"),
        ("folder/mine.py:each", "no file 'folder/mine.py'"),
        ("leaving:f", r"importing leaving failed: SystemExit: 3 \(leaving.py:1\)"),
        ("clumsy:f", r"importing clumsy failed: AttributeError: .*\(clumsy.py:1\)"),
    ],
)
def test_unknown_extractors(spec: str, message: str) -> None:
    Path("leaving.py").write_text("raise SystemExit(3)")
    Path("clumsy.py").write_text("''.nothing")
    with pytest.raises(UnknownExtractorError, match=message):
        running.run(spec, DOCUMENTS)


def test_combine_takes_each_layer_from_the_first_that_fills_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.py").write_text(
        "def extract(d):\n"
        "    return {'dates': [{'start': 0, 'end': 2}], 'entities': [{'start': 0, 'end': 1}]}"
    )
    answer = running.run("combine:other:extract+rules", DOCUMENTS[:1]).outputs[0]
    assert (len(answer["dates"]), answer["entities"]) == (1, [{"start": 0, "end": 1}])
    assert set(answer) == {"doc_id", "entities", "dates", "marks", "quotes"}


OTHERS = """
import numpy, vinewsie as vn
from vinewsie.model import Date, Entity
def entities(d): return vn.Prediction(doc_id=d.doc_id, entities=[Entity(start=0, end=2)])
def dates(d):
    info = {"n": 1, "model": "a"}
    span = {"start": numpy.int64(0), "end": 2}
    return {"dates": [span], "entities": None, "info": info, "enttities": []}
def more(d): return {"dates": [], "marks": [], "info": {"n": numpy.float32(2.5), "model": "b"}}
def fails(d): raise ValueError("không được")
def reports(d): return {"error": "quá dài"}
def other(d): return {"doc_id": "d9"}
"""


def test_combine_adds_up_info(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "others.py").write_text(OTHERS)
    answer = running.run("combine:others:entities+others:dates+others:more", DOCUMENTS[:1]).outputs[
        0
    ]
    assert [(record["start"], record["end"]) for record in answer.pop("entities")] == [(0, 2)]
    assert answer == {
        "doc_id": "d1",
        "dates": [{"start": 0, "end": 2}],
        "marks": [],
        "info": {"n": 3.5, "model": ["a", "b"]},
        "enttities": [],  # the reader reports the misspelt field
    }


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("fails", r"ValueError: không được \(others.py:10\)"),
        ("reports", "quá dài"),
        ("other", "answered for 'd9'"),
    ],
)
def test_a_part_of_combine_that_fails(
    part: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "others.py").write_text(OTHERS)
    with pytest.raises(ExtractorError, match=f"d1: others:{part}: {message}"):
        running.run(f"combine:rules+others:{part}", DOCUMENTS[:1])


def test_an_interrupted_run_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run
) -> None:
    """After Ctrl-C, the answers so far are kept and not asked for again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import os, pathlib, time\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "def f(d):\n"
        "    with open('asked', 'a') as file: print(d.doc_id, file=file)\n"
        "    if pathlib.Path('slow').exists() and d.doc_id != 'd1': time.sleep(600)\n"
        "    return {'entities': [{'start': 0, 'end': 2, 'type': 'PER'}]}\n"
    )
    (tmp_path / "slow").touch()
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(native.encode(document) + "\n" for document in DOCUMENTS))
    arguments = ["run", "mine:f", "-o", "p.jsonl", "--gold", str(gold)]
    first = start([sys.executable, "-m", "vinewsie", *arguments])
    asked, partial = tmp_path / "asked", tmp_path / "p.jsonl.partial"
    wait_until(lambda: asked.exists() and "d2" in asked.read_text())
    first.send_signal(signal.SIGINT)
    _, stderr = first.communicate(timeout=GUARD)
    assert first.returncode == 1
    wait_until(lambda: not alive(tmp_path / "pid"))
    assert "repeat the command to continue" in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "p.jsonl").exists()
    with partial.open("ab") as file:
        file.write(b'{"for": "half a li')
    (tmp_path / "slow").unlink()
    assert cli(*arguments).exit_code == 0
    assert asked.read_text().split() == ["d1", "d2", "d2", "d3", "d4", "d5"]
    assert not partial.exists()
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 5
    # Finished: the next run begins anew.
    assert cli(*arguments).exit_code == 0
    assert asked.read_text().split()[6:] == ["d1", "d2", "d3", "d4", "d5"]


def test_an_answer_that_has_arrived_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was written, but not read yet, when the run was interrupted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import pathlib, time\n"
        "def f(d):\n"
        "    if d.doc_id == 'd3':\n"
        "        pathlib.Path('third').touch()\n"
        "        time.sleep(600)\n"
        "    return {}\n"
    )
    stop, taken = threading.Event(), []

    class Sink:
        def take(self, doc_id: str, answer: answers.Answer) -> None:
            wait_until((tmp_path / "third").exists)
            stop.set()
            taken.append(doc_id)

        def fail(self, doc_id: str, reason: str) -> None:
            raise AssertionError((doc_id, reason))

    ask = processes.ask_worker("mine:f", GUARD, 1 << 20, 1, 1)
    ask(DOCUMENTS, Sink(), stop)
    assert taken == ["d1", "d2"]


def test_documents_that_failed_are_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Run, command: Callable[[str], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = command(
        STREAM
        + "    open('asked', 'a').write(name + ' ')\n"
        + "    if name == 'd2' and not os.path.exists('mended'): sys.exit(3)\n"
        + ANSWER
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


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answers of mine:f for two documents."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f(d): return {'info': {'by': 'old'}}\ng = f\n")
    running.run("mine:f", DOCUMENTS[:2], keep=tmp_path / "kept")
    return tmp_path / "kept"


def by(run: running.ExtractorRun) -> list[str]:
    return [answer["info"]["by"] for answer in run.outputs]


def test_answers_of_another_extractor_are_not_overwritten(kept: Path) -> None:
    before = kept.read_bytes()
    with pytest.raises(
        ExtractorError,
        match=rf"kept holds 2 answers of mine:f \(vinewsie {vn.__version__}\); --fresh begins anew",
    ):
        running.run("mine:g", DOCUMENTS, keep=kept)
    with pytest.raises(UnknownExtractorError):
        running.run("magic", DOCUMENTS, keep=kept, fresh=True)
    assert kept.read_bytes() == before
    assert len(running.run("mine:g", DOCUMENTS, keep=kept, fresh=True).outputs) == 5
    assert json.loads(kept.read_bytes().splitlines()[0])["kept"] == "mine:g"


def test_answers_of_changed_code_are_not_mixed_with_new_ones(kept: Path) -> None:
    Path("mine.py").write_text("def f(d): return {'info': {'by': 'brand new'}}")
    with pytest.raises(
        ExtractorError,
        match="kept holds 2 answers of mine:f, whose source has changed since; --fresh begins anew",
    ):
        running.run("mine:f", DOCUMENTS, keep=kept)
    assert by(running.run("mine:f", DOCUMENTS[:3], keep=kept, fresh=True)) == 3 * ["brand new"]


def test_answers_of_another_version_are_used(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "vinewsie")
    kept.write_bytes(
        kept.read_bytes().replace(vn.__version__.encode(), b"0.0.1").replace(b'"old"', b'"older"')
    )
    assert by(running.run("mine:f", DOCUMENTS[:3], keep=kept)) == ["older", "older", "old"]
    assert caplog.messages == [
        "mine:f: 2 of 3 documents were done before; their answers are used again "
        "(--fresh asks anew)"
    ]


def test_answers_for_changed_texts_are_not_used_and_stay(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes().replace(b'"old"', b'"older"'))
    changed = [Document(doc_id="d1", text="Khác"), Document(doc_id="d2", text="Khác")]
    assert by(running.run("mine:f", changed, keep=kept)) == ["old", "old"]
    assert len(kept.read_bytes().splitlines()) == 5
    assert by(running.run("mine:f", DOCUMENTS[:1], keep=kept)) == ["older"]


def test_every_damaged_line_is_reported(kept: Path) -> None:
    with kept.open("ab") as file:
        file.write(b'{"for": "x", "answer": {}}\n{"for": "x"}\n\xff\n')
    with pytest.raises(FindingsError) as raised:
        running.run("mine:f", DOCUMENTS, keep=kept)
    assert [(finding.code, finding.line) for finding in raised.value.findings] == [
        ("json", 4),
        ("json", 5),
        ("json", 6),
    ]
    assert "is damaged: the answer has no doc_id; --fresh begins anew" in str(raised.value)


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Ghi chú\ncủa tôi\n")
    with pytest.raises(FindingsError, match=r"notes.txt:1: json: is damaged"):
        running.run("rules", DOCUMENTS, keep=path)
    assert path.read_text() == "Ghi chú\ncủa tôi\n"


def test_score_counts_a_failed_document_as_missing_with_the_reason(
    command: Callable[[str], str], cli: Run, tmp_path: Path
) -> None:
    spec = command(STREAM + "    if name.startswith('bao'): sys.exit('out of memory')\n" + ANSWER)
    run = cli(
        "score",
        "-e",
        spec,
        "-m",
        "entities.strict",
        "--format",
        "json",
        "--keep",
        tmp_path / "kept.jsonl",
    )
    assert run.exit_code == 0
    result = json.loads(run.stdout)
    assert result["predictions"]["missing"] == ["baoquocte-20231012"]
    assert result["predictions"]["failures"] == {
        "baoquocte-20231012": "it ended with exit code 1: out of memory"
    }
    assert result["measures"]["entities.strict"]["counts"]["gold"] == 326
    assert "it counts as empty (it ended with exit code 1: out of memory)" in run.stderr
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 1


class ExtractionHandler(BaseHTTPRequestHandler):
    """A service whose answer depends on the name of the document."""

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = document["doc_id"]
        body: Any = {"d2": "no JSON", "d3": "out of order", "d5": '{"doc_id": "d1"}'}.get(
            name, json.dumps({"entities": [{"start": 0, "end": 2}]})
        )
        self.send_response(500 if name == "d3" else 200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ExtractionHandler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/extract"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_service(url: str, jobs: int) -> None:
    run = running.run(url, DOCUMENTS, jobs=jobs)
    assert answered(run) == ["d1", "d4"]
    assert run.outputs[0] == {"doc_id": "d1", "entities": [{"start": 0, "end": 2}]}
    assert run.failures == {
        "d2": "answered 'no JSON'; expected a JSON object with the document's records",
        "d3": "HTTP 500 Internal Server Error: out of order",
        "d5": "answered for 'd1'",
    }


NGA: dict[str, Any] = {"start": 4, "end": 7, "type": "GPE"}
FORMS: list[tuple[Any, Any]] = [
    ([{"text": "Nga", "label": "GPE"}], {"text": "Nga", "type": "GPE"}),
    ([{"start": 4, "end": 7, "tag": "GPE"}], NGA),
    ([{"begin": 4.0, "stop": 7.0, "labels": ["GPE"]}], NGA),
    ([[4, 7, "GPE"]], NGA),
    ([{"entity_group": "GPE", "word": "▁Nga", "start": 3, "end": 7}], NGA),
    ({"GPE": ["Nga"]}, {"text": "Nga", "type": "GPE"}),
]
"""What extractors answer for entities, and as what it is read."""


@pytest.mark.parametrize(("entities", "record"), FORMS)
def test_one_answer_is_read_alike_from_every_source(
    entities: Any, record: Any, tmp_path: Path, serve: Serve, cli: Run
) -> None:
    body = json.dumps({"doc_id": "d1", "entities": entities}, ensure_ascii=False)
    (tmp_path / "answer").write_text(body + "\n", encoding="utf-8")
    data = body.encode()

    def answer(connection: socket.socket, _: int) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data)

    runs = [
        running.run_here(lambda _: json.loads(body), DOCUMENTS[:1]),
        running.run(f"cmd:cat {tmp_path / 'answer'}", DOCUMENTS[:1]),
        running.run(serve(answer), DOCUMENTS[:1]),
    ]
    for run in runs:
        assert run.outputs == [{"doc_id": "d1", "entities": [record]}]
    gold = tmp_path / "gold.jsonl"
    native.write(gold, [vn.Document(doc_id="d1", text="d1: Nga", entities=(vn.Entity(**NGA),))])
    scored = cli("score", tmp_path / "answer", "--gold", gold, "-m", "entities.strict")
    assert re.search(r"entities\.strict.* 1\.000", scored.stdout), scored.output


def test_a_command_whose_answers_have_no_known_form_is_shown_one(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text('{"doc_id": "d1", "entities": [{"span": [4, 7]}]}\n')
    with pytest.raises(ExtractorError) as raised:
        running.run(f"cmd:cat {tmp_path / 'answer'}", DOCUMENTS[:1])
    first, reason, *example = str(raised.value).splitlines()
    assert reason == ('  d1: returned entities of no known form, such as {"span":[4,7]} (dict)'), (
        first
    )
    native_line = json.loads(example[-1])
    assert native_line["entities"] == [{"start": 0, "end": 3, "type": "GPE"}]


def test_no_service() -> None:
    with pytest.raises(ExtractorError, match=r"no service answers at HTTP://127\.0\.0\.1:9/"):
        running.run("HTTP://127.0.0.1:9/", DOCUMENTS)


Serve = Callable[[Callable[[socket.socket, int], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server whose connections, counted from 0, are answered by a function once the
    request is there; gives its URL.
    """
    listening = socket.create_server(("127.0.0.1", 0))

    def make(answer: Callable[[socket.socket, int], None]) -> str:
        def one(connection: socket.socket, number: int) -> None:
            with connection, contextlib.suppress(OSError):
                request = b""
                while not request.endswith(b"}"):
                    request += connection.recv(65536)
                answer(connection, number)

        def accept() -> None:
            with contextlib.suppress(OSError):
                for number in itertools.count():
                    threading.Thread(
                        target=one, args=(listening.accept()[0], number), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/trich"

    yield make
    listening.close()


def response(status: str, *headers: str, body: bytes = b"{}") -> bytes:
    return (
        "\r\n".join(
            [
                f"HTTP/1.1 {status}",
                *headers,
                f"Content-Length: {len(body)}",
                "Connection: close",
                "",
                "",
            ]
        ).encode()
        + body
    )


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 20)),
        (b"", b""),
    ],
)
def test_a_service_that_does_not_finish_has_no_more_time(
    begin: bytes, more: bytes, serve: Serve, clock: Clock
) -> None:
    begun, over = threading.Event(), threading.Event()
    clock.hangs = begun.is_set

    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(begin)
        begun.set()
        while not over.wait(0.05):
            connection.sendall(more)

    with pytest.raises(ExtractorError, match="d1: no answer within 300 s"):
        running.run(serve(answer), DOCUMENTS[:1])
    over.set()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the connection was lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", "the connection was lost"),
        (
            response("302 Found", "Location: /dang-nhap"),
            "redirected to http://127.0.0.1:.*/dang-nhap: give that address",
        ),
        (
            response("308 Permanent Redirect", "Location: https://vi.example/"),
            "redirected to https://vi.example/: give that address",
        ),
        (
            response("302 Found", "Location: http://[x/"),
            "it redirected to an address that cannot be read: Invalid IPv6 URL",
        ),
        (response("500 Oops", body=b"x" * 1000), "HTTP 500 Oops: x{119}…"),
        (response("200 OK", body=b'{"info": {"p": NaN}}'), "NaN is not JSON"),
        (
            response("200 OK", body=b'{"error": "m\xc3\xb4 h\xc3\xacnh b\xe1\xba\xadn"}'),
            "mô hình bận",
        ),
    ],
)
def test_a_service_that_fails(data: bytes, reason: str, serve: Serve) -> None:
    with pytest.raises(ExtractorError, match=f"d1: .*{reason}"):
        running.run(serve(lambda connection, _: connection.sendall(data)), DOCUMENTS[:1])


def test_a_byte_order_mark_before_a_body_is_skipped(serve: Serve) -> None:
    url = serve(
        lambda connection, _: connection.sendall(response("200 OK", body=b"\xef\xbb\xbf{}"))
    )
    assert running.run(url, DOCUMENTS[:1]).outputs == [{"doc_id": "d1"}]


@pytest.mark.parametrize(
    "after",
    [
        "Retry-After: 0",
        "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT",
        "Retry-After: soon",
        "X-Nothing: 1",
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_service_is_asked_again(
    status: str, after: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinewsie.extractors.service._BACKOFF", 0.01)
    url = serve(
        lambda connection, number: connection.sendall(
            response("200 OK") if number == 2 else response(status, after)
        )
    )
    assert len(answered(running.run(url, DOCUMENTS[:1]))) == 1


def test_a_busy_service_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinewsie.extractors.service._BACKOFF", 0.01)
    asked = []

    def answer(connection: socket.socket, number: int) -> None:
        asked.append(number)
        connection.sendall(
            response(
                "429 Too Many Requests",
                f"Retry-After: {3600 if number == 3 else 0}",
                body=b"xin cho",
            )
        )

    url = serve(answer)
    with pytest.raises(ExtractorError, match="d1: HTTP 429 Too Many Requests: xin cho"):
        running.run(url, DOCUMENTS[:1])
    assert asked == [0, 1, 2]
    with pytest.raises(ExtractorError, match="HTTP 429"):
        running.run(url, DOCUMENTS[:1])
    assert asked == [0, 1, 2, 3]  # it asks for a pause longer than the time limit


def test_a_callable_that_fails_on_one_document() -> None:
    def extract(document: vn.Document) -> dict[str, Any]:
        if document.doc_id.startswith("epoch"):
            raise RuntimeError("no")
        return {"info": {"tokens": 3, "model": "m"}}

    result = vn.score(extract, resamples=0)
    assert result.predictions["missing"] == ["epochtimes-vn-20220815"]
    assert result.predictions["info"] == {"tokens": 3, "model": "m"}


def test_info_of_several_answers_is_added_up() -> None:
    infos: list[dict[str, Any]] = [
        {"tokens": 2, "model": "m", "cost": 0.5},
        {"tokens": 3, "model": "m", "cost": 0.25},
        {"model": "n"},
    ]
    assert answers.total(infos) == {"tokens": 5, "model": ["m", "n"], "cost": 0.75}
    assert answers.total([{"seed": "auto"}, {"seed": 3}]) == {"seed": ["auto", 3]}
    assert answers.total([{"stop": ["a"]}, {"stop": ["a"]}]) == {"stop": ["a"]}


def test_children_do_not_outlive_the_run(
    command: Callable[[str], str], hang: str, tmp_path: Path
) -> None:
    with pytest.raises(ExtractorError, match="d1: no answer within 300 s"):
        running.run(command(STREAM + "    " + hang) + " | cat", DOCUMENTS[:1])
    wait_until(lambda: not alive(tmp_path / "hanging"))


def test_children_of_a_command_that_has_ended_are_ended_without_delay(
    command: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A child holds the output open; the end of the command is noticed all the same."""
    monkeypatch.setattr("vinewsie.extractors.processes._GRACE", 0.05)
    pid = tmp_path / "pid"
    spec = command(STREAM + ANSWER + "sys.exit(3)")
    spec = spec.replace("cmd:", f"cmd:sleep {10 * GUARD} & echo $! > {pid}; ")
    assert len(answered(running.run(spec, DOCUMENTS))) == 5
    wait_until(lambda: not alive(pid))
    assert caplog.messages == ["all documents were answered, but then it ended with exit code 3"]


def test_an_interrupt_while_the_work_starts_ends_the_processes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    begin = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        begin(thread)
        if threading.current_thread() is threading.main_thread():
            wait_until(lambda: alive(pid))
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        running.run(f"cmd:echo $$ > {pid}; sleep {10 * GUARD}", DOCUMENTS)
    wait_until(lambda: not alive(pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_processes_too(number: signal.Signals, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = (
        "import sys; from vinewsie.extractors import running; from vinewsie.model import Document\n"
        "running.run(sys.argv[1], [Document(doc_id='d1', text='')])"
    )
    run = start([sys.executable, "-c", program, f"cmd:echo $$ > {pid}; sleep {10 * GUARD}"])
    wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    run.send_signal(number)
    _, stderr = run.communicate(timeout=GUARD)
    assert run.returncode == 128 + number
    assert stderr == ""
    wait_until(lambda: not alive(pid))


def test_signals_that_are_ignored_stay_so(command: Callable[[str], str]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        program = f"import os\nos.kill({os.getpid()}, {int(signal.SIGHUP)})\n" + STREAM + ANSWER
        assert len(answered(running.run(command(program), DOCUMENTS))) == 5
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.parametrize(
    "spec",
    [
        "cmd:echo $$ > {pid}; sleep 600 | cat",
        "{module}:waits",
        "cmd:sleep 600 & echo $! > {pid}; wait",
    ],
)
def test_a_killed_run_leaves_no_extractor_behind(spec: str, tmp_path: Path) -> None:
    pid, module = tmp_path / "pid", tmp_path / "slow.py"
    module.write_text(
        "import os, pathlib, time\n"
        "def waits(d):\n"
        f"    pathlib.Path({str(pid)!r}).write_text(f'{{os.getpid()}}\\n'); time.sleep(600)"
    )
    program = (
        "import sys; from vinewsie.extractors import running; from vinewsie.model import Document\n"
        "running.run(sys.argv[1], [Document(doc_id='d1', text='')])"
    )
    run = start([sys.executable, "-c", program, spec.format(pid=pid, module=module)])
    wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    assert alive(pid)
    run.kill()
    wait_until(lambda: not alive(pid))
    assert run.wait(GUARD) == -signal.SIGKILL


def test_a_module_of_the_working_folder_replaces_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])  # as with python -m
    for name in ("difflib", "msgspec", "vinewsie"):
        Path(f"{name}.py").write_text("raise ImportError('not this one')")
    Path("mine.py").write_text("import difflib, os\ndef f(d): return {'info': {'is': os.getcwd()}}")
    assert len(answered(running.run("rules", DOCUMENTS[:1]))) == 1
    run = running.run("mine:f", DOCUMENTS[:1])
    assert run.outputs[0]["info"] == {"is": str(tmp_path)}


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("program", "answers"),
    [
        ("    print('{' + 3 * 2**20 * ' ', flush=True)\n", 0),
        ("    print(3 * 2**20 * ' ', end='', flush=True)\n", 0),
        ("    for _ in range(2**16): print(64 * '.')\n", 0),
        ("    print(2**19 * '.')\n" + ANSWER, 5),
    ],
)
def test_output_without_an_answer_is_limited(
    program: str, answers: int, command: Callable[[str], str]
) -> None:
    if answers:
        assert len(answered(running.run(command(STREAM + program), DOCUMENTS, max_answer=1))) == 5
        return
    with pytest.raises(
        ExtractorError,
        match="d1: it wrote more than 1 MB without an answer; --max-answer sets the limit",
    ):
        running.run(command(STREAM + program), DOCUMENTS[:1], max_answer=1)


def test_what_is_shown_of_stderr_is_limited(
    command: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("vinewsie.extractors.processes._STDERR", MEGABYTE)
    noise = "for _ in range(2**15): print(99 * 'x', file=sys.stderr)\nsys.exit('the last words')"
    with pytest.raises(ExtractorError, match="exit code 1: the last words"):
        running.run(command(HEAD + noise), DOCUMENTS[:1])
    shown = capfd.readouterr().err
    assert len(shown) < MEGABYTE + 200
    assert shown.endswith("\nfurther messages are not shown, after 1 MB\n")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_a_long_answer_of_a_service_is_cut_off(status: str, packed: bool, serve: Serve) -> None:
    body = b"{" + 2 * MEGABYTE * b" " + b"}"
    headers = ["Content-Encoding: gzip"] if packed else []
    data = response(status, *headers, body=gzip.compress(body) if packed else body)
    url = serve(lambda connection, _: connection.sendall(data))
    with pytest.raises(
        ExtractorError, match="d1: it answered more than 1 MB; --max-answer sets the limit"
    ):
        running.run(url, DOCUMENTS[:1], max_answer=1)
    if status == "200 OK":
        assert running.run(url, DOCUMENTS[:1], max_answer=3).outputs == [{"doc_id": "d1"}]


def test_an_answer_that_is_compressed_twice_is_refused(serve: Serve) -> None:
    data = response("200 OK", "Content-Encoding: gzip, gzip", body=gzip.compress(b"{}"))
    with pytest.raises(ExtractorError, match="d1: its answer is compressed more than once"):
        running.run(serve(lambda connection, _: connection.sendall(data)), DOCUMENTS[:1])


@pytest.mark.parametrize(
    "data",
    [
        response("401 Unauthorized", body=b"no user with m%40t-kh and khoa-bi-mat"),
        response("302 Found", "Location: http://ai:m%40t-kh@vi.example/?api_key=khoa-bi-mat"),
        response("200 OK", body=b'{"error": "wrong: m@t-kh, khoa-bi-mat"}'),
        b"HTTP/1.1 nothing\r\n\r\n",
    ],
)
def test_credentials_of_a_url_are_not_shown(
    data: bytes, serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def answer(connection: socket.socket, number: int) -> None:
        asked.append(number)
        connection.sendall(response("200 OK") if number == 0 else data)

    host = serve(answer).removeprefix("http://")
    url = f"http://ai:m%40t-kh@{host}?lang=vi&api_key=khoa-bi-mat"
    kept = tmp_path / "kept"
    caplog.set_level(logging.DEBUG, "vinewsie")
    run = running.run(url, DOCUMENTS[:2], keep=kept)
    assert run.name == f"http://***@{host}?lang=vi&api_key=***"
    shown = [str(run), kept.read_text(), *caplog.messages]
    with pytest.raises(ExtractorError) as raised:
        running.run(url, DOCUMENTS[2:3])
    with pytest.raises(UnknownExtractorError) as unknown:
        running.run(f"combine:rules+{url}", DOCUMENTS)
    for text in (*shown, str(raised.value), str(unknown.value)):
        assert not re.search("m@t-kh|m%40t-kh|khoa-bi-mat", text)


def test_nobody_listens_at_a_url_with_credentials() -> None:
    with pytest.raises(ExtractorError, match=r"no service answers at http://\*\*\*@127.0.0.1:9/"):
        running.run("http://ai:mat-khau@127.0.0.1:9/", DOCUMENTS[:1])


def test_a_service_gets_the_credentials_of_its_url_alone(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither .netrc nor, for a loopback address, a proxy is used."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ai password netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    posted: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def record(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        posted.append(request)
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", record)
    url = serve(lambda connection, _: connection.sendall(response("200 OK")))
    assert len(answered(running.run(url, DOCUMENTS[:1]))) == 1
    assert len(answered(running.run(url.replace("//", "//ai:mk@"), DOCUMENTS[:1]))) == 1
    first, second = (request.headers.get("Authorization") for request in posted)
    assert first is None
    assert second == "Basic " + base64.b64encode(b"ai:mk").decode()
