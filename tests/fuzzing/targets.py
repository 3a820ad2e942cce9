"""What is fuzzed: everything that reads what others wrote, each with inputs that it reads."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

import vinewsie as vn
from foreign import RICH, held
from formats.test_files_of_others import FENCED, FILES, NATIVE, RECORDS, TEXT, rows, table
from formats.test_quotations import READ
from fuzzing.mutators import Files
from vinewsie.annotations import adjudicate, build, leaderboard, signoff, store, validate
from vinewsie.annotations.new_article import ArticleMetadata, add
from vinewsie.extractors import openai_answer, running, service
from vinewsie.extractors.answer_store import answer_store
from vinewsie.extractors.answers import Answer, call
from vinewsie.extractors.spec import parse
from vinewsie.findings import VinewsieError
from vinewsie.formats import NATIVE as NATIVE_NAME
from vinewsie.formats import foreign, names
from vinewsie.reading.convert import convert
from vinewsie.reading.detect import InputFormat
from vinewsie.reading.documents import read_gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.report import text
from vinewsie.scheme.inventories import LabelMap
from vinewsie.scoring import resampling
from vinewsie.scoring.result import Result
from workbench import DOC, new_folder, removed, renamed_quotes, write_pass
from workbench import TEXT as OWN_TEXT

DATA = Path(__file__).parents[1] / "data"
GOLD = {"d": vn.Document(doc_id="d", text=TEXT), RICH.doc_id: RICH}
"""The documents of all predictions."""

TAGS = "Ông O\nNam B-PER\nở O\nHà B-LOC\nNội I-LOC\n\ngặp O\nVFF B-ORG\n. O\n"
UNIVERSAL = (
    "# newdoc id = d\n# sent_id = 1\n1\tNam\tNam\tPROPN\t_\t_\t0\troot\t_\tNER=B-PER\n"
    "2-3\tHà Nội\t_\t_\t_\t_\t_\t_\t_\t_\n2\tHà\thà\tX\t_\t_\t1\tdep\t_\tSpaceAfter=No\n"
)
PIECES = json.dumps(
    [
        {"entity": "B-PER", "score": 0.9, "index": 2, "word": "▁Nam", "start": 3, "end": 7},
        {"entity": "B-LOC", "score": 0.9, "index": 4, "word": "▁Hà", "start": 9, "end": 12},
        {"entity": "I-LOC", "score": 0.9, "index": 5, "word": "▁Nội", "start": 12, "end": 16},
    ]
)
TIMEML = (
    '<?xml version="1.0"?><TimeML><DOCID>d</DOCID><DCT><TIMEX3 tid="t0" type="DATE" '
    'value="2021-05-04" functionInDocument="CREATION_TIME">x</TIMEX3></DCT><TEXT>Ông Nam &amp; '
    '<ENAMEX TYPE="LOCATION">Hà Nội</ENAMEX> <TIMEX3 tid="t1" type="DATE" value="2021-05-03">hôm '
    "qua</TIMEX3>.</TEXT></TimeML>"
)
STANDOFF = {
    "d.txt": TEXT.encode(),
    "d.ann": "T1\tPER 4 7\tNam\nT2\tLOC 10 12;13 16\tHà Nội\nA1\tNegation T1\n*\tAlias T1 T2\n"
    "E1\tPER:T1 Place:T2\nN1\tReference T1 Wikidata:Q1\tNam\n#1\tAnnotatorNotes T1\tx\n".encode(),
}


@dataclass(frozen=True)
class Target:
    """Something that reads files.

    Args:
        name: its name.
        seeds: makes inputs that it reads.
        read: reads the files of a folder. What it cannot read it refuses with a
            :class:`~vinewsie.findings.VinewsieError`; every other exception is a failure.
    """

    name: str
    seeds: Callable[[], Sequence[Files]]
    read: Callable[[Path], object]


def targets() -> dict[str, Target]:
    """All targets by name."""
    every = [
        *(Target(f"{name}, predictions", _seeds_of(name), _predictions(name)) for name in names()),
        *(Target(f"{name}, gold", _seeds_of(name), _gold(name)) for name in names()),
        Target("native, scored", _seeds_of(NATIVE_NAME), _scored),
        Target("native, converted", _seeds_of(NATIVE_NAME), _converted),
        Target("built data set", _data_set, _read_data_set),
        Target("annotations folder", lambda: [_files_of(_workbench())], _read_annotations),
        Target("adjudication sheet", _sheets, _read_sheet),
        Target("result", _results, _read_result),
        Target("leaderboard", _leaderboards, lambda folder: _render(leaderboard.read(folder))),
        Target("label map", lambda: [_one("map.json", '{"PERSON": "PER", "MISC": null}')], _map),
        Target("kept answers", _kept, _read_kept),
        Target("returned value", _returned, _read_returned),
        Target("model answer", _model_answers, _read_model_answer),
        Target("service", _responses, _read_response),
        Target("process", _output_lines, _read_process),
        Target("new article", _articles, _read_article),
    ]
    return {target.name: target for target in every}


def _one(name: str, content: str | bytes) -> Files:
    return {name: content.encode() if isinstance(content, str) else content}


def _files_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their paths inside it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _entry(folder: Path) -> Path:
    """The one file of a folder, or the folder."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 else folder


# Formats


def _seeds_of(name: str) -> Callable[[], Sequence[Files]]:
    return lambda: _format_seeds(name)


@cache
def _format_seeds(name: str) -> Sequence[Files]:
    found = [
        _one("d.json", json.dumps(value, ensure_ascii=False))
        for kind, value in FILES.values()
        if kind == name
    ]
    if name == NATIVE_NAME:
        documents = [msgspec.json.encode(document) for document in GOLD.values()]
        lines = [NATIVE, {"doc_id": "d", "entities": RECORDS}]
        found += [
            _one("d.jsonl", b"\n".join(documents)),
            _one("d.jsonl", msgspec.json.encode(RICH)),
            _one("d.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)),
            _one("d.parquet", _parquet(pa.Table.from_pylist(lines[:1]))),
        ]
        return found
    format_ = foreign()[name]
    with tempfile.TemporaryDirectory() as place:
        for suffix in format_.suffixes if format_.write is not None else ():
            path = Path(place) / suffix / f"d{suffix}"
            path.parent.mkdir(parents=True)
            format_.write(path, [held(RICH, format_.holds)])  # type: ignore[misc]
            found.append(_files_of(path if path.is_dir() else path.parent))
    for stored, (format_name, *_) in READ.items():
        if format_name == name:
            path = DATA / "quotations" / stored
            found.append(_files_of(path) if path.is_dir() else {stored: path.read_bytes()})
    further: dict[str, Sequence[Files]] = {
        "brat": [STANDOFF],
        "timeml": [_one("d.tml", TIMEML), {"a.tml": TIMEML.encode(), "b.xml": TIMEML.encode()}],
        "conll": [_one("d.conll", TAGS), _one("d.conllu", UNIVERSAL)],
        "huggingface": [_one("d.json", PIECES)],
        "answers": [_one("d.md", FENCED)],
        "tokens": [
            _one("d.parquet", _parquet(table({"names": ["O", "B-GPE"], "_type": "ClassLabel"}))),
            _one("d.arrow", _arrow(pa.Table.from_pylist(rows()))),
        ],
    }
    return [*found, *further.get(name, ())]


def _parquet(content: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(content, target)
    return target.getvalue()


def _arrow(content: pa.Table) -> bytes:
    target = io.BytesIO()
    with pa.ipc.new_stream(target, content.schema) as writer:
        writer.write_table(content)
    return target.getvalue()


def _twice(read: Callable[[InputFormat | None], object], name: str) -> None:
    """Reads with the format that is recognised, and with the named one."""
    for chosen in (None, InputFormat(name)):
        with contextlib.suppress(VinewsieError):
            read(chosen)


def _predictions(name: str) -> Callable[[Path], object]:
    return lambda folder: _twice(
        lambda chosen: read_predictions(_entry(folder), GOLD, input_format=chosen), name
    )


def _gold(name: str) -> Callable[[Path], object]:
    return lambda folder: _twice(lambda chosen: read_gold(_entry(folder), chosen), name)


def _scored(folder: Path) -> None:
    gold = vn.Gold(GOLD)
    for skip in (False, True):
        with contextlib.suppress(VinewsieError):
            result = vn.score(_entry(folder), gold, resamples=0, skip_invalid=skip)
            str(text.score_report(result))
            result.dumps()


def _converted(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as target:
        for name, format_ in foreign().items():
            if format_.write is not None and (name != "brat" or _entry(folder).is_file()):
                path = Path(target) / f"{name}{format_.suffixes[0]}"
                with contextlib.suppress(VinewsieError):
                    convert(_entry(folder), path, None, name, None, None)


# The workbench


@cache
def _workbench() -> Path:
    """An annotations folder with two passes that differ."""
    place = Path(tempfile.mkdtemp(prefix="vinewsie-fuzz-"))
    folder = new_folder(place)
    write_pass(folder, "b", removed("entities", 1), renamed_quotes)
    task = adjudicate.prepare(folder, ["a"], decider="a")
    adjudicate.apply(task, folder / adjudicate.SHEET)
    entity = store.read(folder).documents[DOC].entities[0]
    signed = signoff.SignOff(
        doc_id=DOC, layer="entities", id=str(entity.id), by="a@example.org", on="2024-11-12"
    )
    (folder / signoff.FILE).write_bytes(msgspec.json.encode(signed) + b"\n")
    return folder


@cache
def _data_set() -> Sequence[Files]:
    with tempfile.TemporaryDirectory() as place:
        build.build(store.read(_workbench()), Path(place) / "dataset")
        return [_files_of(Path(place) / "dataset")]


def _read_data_set(folder: Path) -> None:
    validate.check(folder)
    vn.load(folder)


def _read_annotations(folder: Path) -> None:
    validate.check(folder)
    signoff.read(folder)
    read = store.read(folder)
    if not any(finding.severity == "error" for finding in read.findings):
        build.build(read, folder / "dataset")


@cache
def _sheets() -> Sequence[Files]:
    folder = _workbench()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / adjudicate.SHEET
        adjudicate.make_sheet(adjudicate.prepare(folder, ["a", "b"]), path)
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    decided: list[Any] = []
    for line in lines:
        own = {key: value for key, value in (line["passes"]["a"] or {}).items() if key != "id"}
        decided += [{**line, "decision": one, "reason": "r"} for one in ("a", "none", own, ["a"])]
    return [
        _one(adjudicate.SHEET, "".join(json.dumps(line) + "\n" for line in chosen))
        for chosen in (lines, decided[::4], decided[1::4], decided[2::4], decided[3::4])
    ]


def _read_sheet(folder: Path) -> None:
    sheet, copy = folder / adjudicate.SHEET, folder / "annotations"
    shutil.copytree(_workbench(), copy)
    task = adjudicate.prepare(copy, ["a", "b"])
    with contextlib.suppress(VinewsieError):
        adjudicate.apply(task, sheet, afresh=True)
    adjudicate.make_sheet(task, sheet)


@cache
def _results() -> Sequence[Files]:
    gold = vn.Gold(GOLD)
    result = vn.score([RICH], gold, measures=["entities.strict", "quotes.kind"], resamples=20)
    small = [_one("r.json", result.dumps()), _one("r.json", result.dumps(indent=1))]
    return [*small, _one("r.json", (DATA / "results" / "0.1.0.json").read_bytes())]


def _read_result(folder: Path) -> None:
    result = Result.load(_entry(folder))
    for format_ in ("text", "json", "csv", "latex"):
        text.render(result, format_, by_label=True)
    whole = Result.from_json(json.loads(_results()[0]["r.json"]))
    str(text.comparison_report(resampling.compare(result, whole, resamples=1)))


@cache
def _leaderboards() -> Sequence[Files]:
    cell = leaderboard.LeaderboardCell(0.5, 0.4, 0.6)
    row = leaderboard.LeaderboardRow(
        "rules",
        deterministic=True,
        versions={"a": "1"},
        seconds=1.5,
        scores={f"{name}(zone=article)": cell for name in ("entities.strict", "dates.value")},
        signature="entities.strict|data:a@1|x\ndates.value|data:a@1|x",
        sets={"press": leaderboard.SetScores(1.5, {"dates.value": cell}, "dates.value|data:b@1|x")},
    )
    return [_one(leaderboard.FILE, leaderboard.render([row, row], "json"))]


def _render(found: Sequence[leaderboard.LeaderboardRow]) -> None:
    for format_ in ("text", "markdown", "json"):
        leaderboard.render(found, format_)


def _map(folder: Path) -> None:
    label_map = LabelMap.load(_entry(folder))
    vn.score([NATIVE], vn.Gold(GOLD), labels=label_map, resamples=0)


# Extractors


def _kept() -> Sequence[Files]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "kept"
        with answer_store(path, parse("rules"), list(GOLD.values())) as (_, keep):
            for _ in range(2):
                keep(NATIVE)
        return [_one("kept", path.read_bytes())]


def _read_kept(folder: Path) -> None:
    path = folder / "kept"
    with answer_store(path, parse("rules"), list(GOLD.values())) as (answers, keep):
        read_predictions(answers.values(), GOLD)
        keep(NATIVE)


def _returned() -> Sequence[Files]:
    return [
        _one("value", json.dumps(value))
        for value in (NATIVE, *(value for _, value in FILES.values()))
    ]


def _read_returned(folder: Path) -> None:
    """A Python extractor returns the text, and the value that the text is as JSON."""
    content = _entry(folder).read_bytes()
    values: list[Any] = [content, content.decode("utf-8", "replace")]
    with contextlib.suppress(ValueError, RecursionError):
        values.append(json.loads(content))
    for value in values:
        answer = call(lambda _, value=value: value, GOLD["d"])  # type: ignore[misc]
        if "error" not in answer:
            read_predictions([answer], GOLD)


def _model_answers() -> Sequence[Files]:
    contents = [FENCED]
    for path in sorted((DATA / "openai").glob("*.json")):
        with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
            recorded = json.loads(path.read_bytes())
            contents.append(recorded["choices"][0]["message"]["content"])
    return [_one("answer", content) for content in contents if isinstance(content, str)]


def _read_model_answer(folder: Path) -> None:
    try:
        layers, _ = openai_answer.parse(_entry(folder).read_bytes().decode("utf-8", "replace"))
    except ValueError:
        return
    records = openai_answer.AnswerReader().read(layers)
    read_predictions([{"doc_id": "d", **records}], GOLD, skip_invalid=True)


def _responses() -> Sequence[Files]:
    body = json.dumps(NATIVE, ensure_ascii=False).encode()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    return [
        _one("response", head + b"Content-Length: %d\r\n\r\n" % len(body) + body),
        _one("response", head + b"\r\n" + body),
        _one("response", head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks),
        _one("response", b"HTTP/1.1 302 Found\r\nLocation: http://x/y\r\n\r\n"),
        _one("response", b'HTTP/1.1 500 Error\r\nContent-Length: 13\r\n\r\n{"error":"x"}'),
    ]


class Sink:
    """Takes the answers of a service."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def take(self, doc_id: str, answer: Answer) -> None:
        """Takes an answer."""
        self.answers.append(answer)

    def fail(self, doc_id: str, reason: str) -> None:
        """Takes the reason of a failure."""


@contextlib.contextmanager
def _serving(response: bytes) -> Iterator[str]:
    """A service on this machine that gives every request the same bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), connection:
                    connection.settimeout(5.0)  # a client may leave its end open
                    connection.recv(1 << 16)
                    connection.sendall(response)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(1 << 16):
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _read_response(folder: Path) -> None:
    sink = Sink()
    with _serving((folder / "response").read_bytes()) as url:
        service.ask_service(url, 5.0, 1 << 20)([GOLD["d"]], sink, threading.Event())
    read_predictions(sink.answers, GOLD)


def _output_lines() -> Sequence[Files]:
    lines = [json.dumps(NATIVE), json.dumps({"doc_id": RICH.doc_id, "entities": []})]
    return [_one("lines", "\n".join(lines) + "\n")]


def _read_process(folder: Path) -> None:
    command = f"cmd:cat {shlex.quote(str(folder / 'lines'))}"
    done = running.run(command, list(GOLD.values()), timeout=30)
    read_predictions(done.outputs, GOLD)


def _articles() -> Sequence[Files]:
    page = (
        "<!DOCTYPE html><html><head><title>Huế</title></head><body><nav>Menu</nav><article>"
        + "".join(f"<p>{line}</p>" for line in OWN_TEXT.splitlines() if line)
        + "</article></body></html>"
    )
    return [_one("story.txt", OWN_TEXT), _one("story.html", page)]


def _read_article(folder: Path) -> None:
    file = _entry(folder)
    with tempfile.TemporaryDirectory() as place:
        add(Path(place) / "own", file, ArticleMetadata("2024-11-12", doc_id=DOC))
