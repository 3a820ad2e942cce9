"""A real Label Studio server: starting, sending, fetching, and faults on the way."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from click.testing import CliRunner, Result

from conftest import need_label_studio
from vinewsie.annotations import signoff, store
from vinewsie.annotations.changes import changes, summary
from vinewsie.annotations.store import AnchorDate, Article, Articles
from vinewsie.cli.label_studio import label_studio
from vinewsie.files import write_text
from vinewsie.findings import FindingsError
from vinewsie.formats.label_studio.config import label_config
from vinewsie.formats.label_studio.proposals import as_proposals
from vinewsie.formats.label_studio.tasks import document_of, result_of
from vinewsie.labelstudio import browser, server
from vinewsie.labelstudio.client import Client, LabellingTask, Project
from vinewsie.labelstudio.pull import PullOptions, PullReport, PullTarget, pull
from vinewsie.labelstudio.push import Upload, plan, push
from vinewsie.labelstudio.roundtrip import page_saver, roundtrip
from vinewsie.labelstudio.server import LabelStudioError, Server
from vinewsie.labelstudio.sources import GOLD, NOTHING, select
from vinewsie.labelstudio.status import status
from vinewsie.labelstudio.sync_state import with_record_ids
from vinewsie.model import Date, Document, Entity, Mark, Quote, RegistryEntry, Segment, Span
from vinewsie.progress import no_progress
from vinewsie.scheme import LAYERS

TEXTS = {
    "cho-mai": "Bà Hoa nói “chợ mở cửa từ thứ Hai”.\nÔng Nam ở Huế không trả lời.",
    "mua-lu": "Nước lên 🌊 ở Huế ngày 3/5, ông Nam cho biết.",
}


def span_of(text: str, words: str) -> Span:
    start = text.index(words)
    return Span(start=start, end=start + len(words))


def documents() -> dict[str, Document]:
    """Two small documents with a record of every layer."""
    first, second = TEXTS["cho-mai"], TEXTS["mua-lu"]

    def entity(text: str, number: int, words: str, type_: str, key: str) -> Entity:
        span = span_of(text, words)
        return Entity(
            id=f"e{number}",
            start=span.start,
            end=span.end,
            text=words,
            type=type_,
            entity_id=key,
            origin="agreed",
        )

    def segments(text: str) -> tuple[Segment, ...]:
        parts = []
        for line in text.split("\n"):
            span = span_of(text, line)
            parts.append(
                Segment(
                    start=span.start, end=span.end, zone="body", item=0, anchor_date="2024-05-06"
                )
            )
        return tuple(parts)

    words = span_of(first, "chợ mở cửa từ thứ Hai")
    quote = Quote(
        id="q1",
        kind="direct",
        content=(words,),
        cue=(span_of(first, "nói"),),
        source=span_of(first, "Bà Hoa"),
        source_status="named",
        speakers=("hoa",),
        origin="agreed",
    )
    surface = first[words.start : words.end]
    mark = Mark(
        id="m1",
        start=words.start,
        end=words.end,
        text=surface,
        open="“",
        close="”",
        status="balanced",
        function="speech",
        quote="q1",
        origin="agreed",
    )
    day = span_of(second, "ngày 3/5")
    date = Date(
        id="d1",
        start=day.start,
        end=day.end,
        text="ngày 3/5",
        type="DATE",
        value="2024-05-03",
        origin="agreed",
    )
    return {
        "cho-mai": Document(
            doc_id="cho-mai",
            text=first,
            segments=segments(first),
            entities=(
                entity(first, 1, "Hoa", "PER", "hoa"),
                entity(first, 2, "Nam", "PER", "nam"),
                entity(first, 3, "Huế", "GPE", "hue"),
            ),
            marks=(mark,),
            quotes=(quote,),
        ),
        "mua-lu": Document(
            doc_id="mua-lu",
            text=second,
            segments=segments(second),
            entities=(
                entity(second, 1, "Huế", "GPE", "hue"),
                entity(second, 2, "Nam", "PER", "nam"),
            ),
            dates=(date,),
        ),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An annotations folder with the two documents."""
    place = tmp_path / "annotations"
    (place / "articles").mkdir(parents=True)
    articles = []
    for doc_id, document in documents().items():
        (place / "articles" / f"{doc_id}.txt").write_text(
            document.text, encoding="utf-8", newline=""
        )
        anchor = AnchorDate("2024-05-06", (1, 2), "made for this test")
        digest = hashlib.sha256(document.text.encode()).hexdigest()
        articles.append(
            Article(doc_id, f"{doc_id}.txt", digest, "thử", "mainland", "A test", (anchor,))
        )
        for name, content in store.document_files("gold", document).items():
            write_text(place / name, content)
    (place / "articles" / "articles.json").write_text(
        store.articles_json(Articles("1.0.0", "1.0.0", tuple(articles))), encoding="utf-8"
    )
    registry = [
        RegistryEntry(entity_id=key, type=type_, name_vi=name, name_en=name, aliases=(name,))
        for key, type_, name in (
            ("hoa", "PER", "Hoa"),
            ("hue", "GPE", "Huế"),
            ("nam", "PER", "Nam"),
        )
    ]
    write_text(place / "entities.csv", store.registry_csv(registry))
    (place / "adjudication.jsonl").write_text("", encoding="utf-8")
    return place


def test_the_folder_of_these_tests_is_sound(folder: Path) -> None:
    assert store.read(folder).findings == []


# Without a server


def test_changes_by_record() -> None:
    before = documents()["mua-lu"]
    moved = msgspec.structs.replace(before.entities[0], type="LOC")
    new = msgspec.structs.replace(before.dates[0], id="d2", start=0, end=4, text="Nước")
    after = msgspec.structs.replace(before, entities=(moved,), dates=(*before.dates, new))
    found = changes(before, after)
    assert [(c.layer, c.id, c.fields) for c in found] == [
        ("entities", "e1", ["type"]),
        ("entities", "e2", []),
        ("dates", "d2", []),
    ]
    assert summary(found) == "entities -1 ~1, dates +1"
    assert summary(changes(before, before)) == ""


def test_regions_drawn_in_the_page_get_the_next_ids_and_keep_them() -> None:
    base = documents()["cho-mai"]
    drawn = [
        region("xY_1", 7, 10, "PER"),
        region("zZ-2", 0, 2, "PER"),
        {"type": "relation", "from_id": "m1", "to_id": "xY_1"},
    ]
    result, ids = with_record_ids([*result_of(base), *drawn], base, {})
    assert ids == {"xY_1": "e4", "zZ-2": "e5"}
    assert result[-1] == {"type": "relation", "from_id": "m1", "to_id": "e4"}
    assert result[: -len(drawn)] == result_of(base)
    without_first = [item for item in drawn if item.get("id") != "xY_1"]
    _, again = with_record_ids(
        [*result_of(base), *without_first, region("new", 3, 6, "PER")], base, ids
    )
    assert again == {"zZ-2": "e5", "new": "e6"}


def test_a_sign_off_holds_until_the_record_changes() -> None:
    before = documents()["mua-lu"]
    signed = msgspec.structs.replace(
        before,
        entities=tuple(msgspec.structs.replace(e, human_verified=True) for e in before.entities),
    )
    first = signoff.updated([], before, signed, "lan@example.org", "2024-05-07")
    assert [(s.id, s.by) for s in first] == [("e1", "lan@example.org"), ("e2", "lan@example.org")]
    changed = msgspec.structs.replace(signed.entities[0], type="LOC")
    after = msgspec.structs.replace(signed, entities=(changed, signed.entities[1]))
    second = signoff.updated(first, signed, after, "minh@example.org", "2024-05-08")
    assert [(s.id, s.by, s.on) for s in second] == [
        ("e1", "minh@example.org", "2024-05-08"),
        ("e2", "lan@example.org", "2024-05-07"),
    ]
    assert signoff.updated(second, after, before, "x", "y") == []


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_folder_with_other_contents_and_a_taken_port_are_refused(
    tmp_path: Path, taken: int
) -> None:
    need_label_studio()
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(LabelStudioError, match="has other contents"):
        server.up(tmp_path)
    with pytest.raises(LabelStudioError, match="is taken by another program"):
        server.up(tmp_path / "server", port=taken)
    assert not server.down(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_process_id_that_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    need_label_studio()
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 1}))
    (tmp_path / "token").write_text("0" * 40)
    assert server.find(tmp_path) is None
    assert not server.down(tmp_path)


@pytest.mark.parametrize("broken", ["Xin\0chào", "Một\r\nhai", "lạ \ud800"])
def test_texts_that_offsets_do_not_survive_are_not_sent(broken: str) -> None:
    empty = Project(None, 1, "nowhere", label_config())  # type: ignore[arg-type]
    empty.tasks = list  # type: ignore[method-assign]
    with pytest.raises(FindingsError) as caught:
        push(
            empty,
            Upload({name: Document(doc_id=name, text=broken) for name in ("x", "y")}, NOTHING),
        )
    assert {(finding.code, finding.doc_id) for finding in caught.value.findings} == {
        ("article-text", "x"),
        ("article-text", "y"),
    }


@pytest.mark.parametrize(
    ("signed", "machine", "sent"),
    [
        (0, True, "predictions"),
        (1, True, "predictions"),
        (2, True, "annotations"),
        (1, False, "annotations"),
    ],
)
def test_a_page_is_proposals_until_all_its_records_are_signed_off(
    signed: int, machine: bool, sent: str
) -> None:
    document = documents()["mua-lu"]
    entities = tuple(
        msgspec.structs.replace(entity, human_verified=number < signed)
        for number, entity in enumerate(document.entities)
    )
    document = msgspec.structs.replace(document, entities=entities)
    project = Project(None, 1, "nowhere", label_config())  # type: ignore[arg-type]
    project.tasks = list  # type: ignore[method-assign]
    tasks: list[dict[str, Any]] = []
    project.import_task = tasks.append  # type: ignore[assignment, method-assign]
    upload = Upload({"mua-lu": document}, GOLD, machine=machine, layers=("entities",))
    [step], findings = plan(project, upload, overwrite=False)
    step.do()
    [task] = tasks
    assert (findings, {"predictions", "annotations"} & task.keys()) == ([], {sent})
    result = task[sent][0]["result"]
    ticked = [item["id"] for item in result if item.get("from_name") == "signed_off"]
    assert ticked == ["e1", "e2"][:signed]


# With a server


@pytest.fixture
def home(label_studio_home: Path) -> Path:
    """The folder of a server that runs for all these tests."""
    return label_studio_home


@pytest.fixture
def live(home: Path) -> Server:
    """The server, started again if a test has killed it."""
    return server.up(home)


@pytest.fixture
def client(live: Server) -> Client:
    return Client(live.url, live.token, "start it")


@pytest.fixture
def project(client: Client, request: pytest.FixtureRequest) -> Project:
    """An empty project."""
    return client.create_project(f"{request.node.name[:40]} {time.monotonic_ns() % 10**6}")


@pytest.fixture
def run(home: Path, live: Server, folder: Path, project: Project) -> Callable[..., Result]:
    """The command line, for this server, project and folder."""

    def invoke(command: str, *arguments: str) -> Result:
        options = [
            "--folder",
            str(home),
            "--project",
            str(project.id),
            "--annotations",
            str(folder),
        ]
        options += ["--lang", "en"] if command == "pull" else []
        result = CliRunner().invoke(label_studio, [command, *options, *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


live_test = pytest.mark.label_studio


def region(id_: str, start: int, end: int, label: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": [label]}
    return {"id": id_, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def gold_of(folder: Path) -> Upload:
    selection = select(folder)
    return Upload(selection.labels(GOLD), GOLD, registry=selection.annotations.registry)


def send(
    project: Project, folder: Path, *, overwrite: bool = False, restore_config: bool = False
) -> list[str]:
    steps = push(project, gold_of(folder), overwrite=overwrite, restore_config=restore_config)
    return [str(step) for step in steps]


def fetch(project: Project, folder: Path, *targets: PullTarget, **options: Any) -> PullReport:
    progress = options.pop("progress", no_progress)
    return pull(
        [project], select(folder), targets or (PullTarget(),), PullOptions(**options), progress
    )


def task_of(project: Project, doc_id: str) -> LabellingTask:
    (found,) = [task for task in project.tasks() if task.doc_id == doc_id]
    return found


def edit(
    project: Project, doc_id: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """Replaces the annotation's result, as the button Update does."""
    annotation = task_of(project, doc_id).annotations[0]
    project.update_annotation(annotation, change(annotation.result))


def draw(project: Project, doc_id: str) -> None:
    """An annotator marks the first word as a mention of Huế; the page makes up an id for the
    region.
    """
    document = documents()[doc_id]
    word = document.text.split()[0]
    drawn = Entity(id="aB3-x", start=0, end=len(word), text=word, type="GPE", entity_id="hue")
    items = [
        i
        for i in result_of(msgspec.structs.replace(document, entities=(drawn,)))
        if i.get("id") == "aB3-x"
    ]
    edit(project, doc_id, lambda result: [*result, *items])


def sign(project: Project, doc_id: str) -> None:
    """An annotator signs off the first entity."""
    document = documents()[doc_id]
    signed = msgspec.structs.replace(document.entities[0], human_verified=True)
    after = result_of(msgspec.structs.replace(document, entities=(signed, *document.entities[1:])))
    edit(project, doc_id, lambda result: after)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def kill(home: Path) -> None:
    import psutil

    process = psutil.Process(json.loads((home / "server.json").read_text())["pid"])
    process.kill()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait(10)


@live_test
def test_the_folder_is_its_owners_and_holds_no_secret_that_leaks(
    home: Path, live: Server, tmp_path: Path
) -> None:
    import psutil

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("token", "password", "server.log"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    process = psutil.Process(json.loads((home / "server.json").read_text())["pid"])
    listening = [
        c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]
    secrets = [live.token, live.password_file.read_text().strip()]
    assert not any(secret in argument for secret in secrets for argument in process.cmdline())
    assert not any(secret in (home / "server.log").read_text() for secret in secrets)
    copy = tmp_path / "repository" / "labels"
    shutil.copytree(home, copy, ignore=shutil.ignore_patterns("data"))
    subprocess.run(["git", "init", "-q", "."], cwd=copy.parent, check=True)
    untracked = subprocess.run(
        ["git", "status", "--porcelain", "-uall"],
        cwd=copy.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    assert untracked.stdout == ""


@live_test
def test_up_finds_what_runs(home: Path, live: Server) -> None:
    again = server.up(home)
    assert (again.started, again.url) == (False, live.url)
    said = [CliRunner().invoke(label_studio, ["up", "--folder", str(home)]) for _ in range(2)]
    assert [result.exit_code for result in said] == [0, 0]
    assert said[0].stdout == said[1].stdout
    assert live.url in said[0].stdout
    assert str(live.password_file) in said[0].stdout
    assert live.password_file.read_text().strip() not in said[0].output


@live_test
def test_push_twice_and_pull_change_nothing_before_and_after_the_pages_are_saved(
    run: Callable[..., Result], project: Project, folder: Path
) -> None:
    before = content(folder)
    first, second = run("push"), run("push")
    assert first.stdout.splitlines() == ["cho-mai: mục mới", "mua-lu: mục mới"]
    assert second.stdout == ""
    assert len(project.tasks()) == 2
    pulled = run("pull")
    assert pulled.exit_code == 0, pulled.output
    assert "warning" not in pulled.stderr
    assert content(folder) == before
    rows = json.loads(run("status", "--format", "json").stdout)
    assert [(row["records"], row["state"]) for row in rows] == [
        (None, "proposals, not saved in the page yet")
    ] * 2
    submit(project)
    assert (run("pull").exit_code, content(folder)) == (0, before)
    rows = json.loads(run("status", "--format", "json").stdout)
    assert [(row["doc_id"], row["records"], row["signed_off"], row["state"]) for row in rows] == [
        ("cho-mai", 5, 0, "as in the files"),
        ("mua-lu", 3, 0, "as in the files"),
    ]


@live_test
def test_an_article_has_a_page_for_names_and_one_for_quotations(
    home: Path, client: Client, folder: Path
) -> None:
    name = f"pages {time.monotonic_ns() % 10**6}"

    def invoke(command: str, *arguments: str) -> Result:
        options = ["--folder", str(home), "--project", name, "--annotations", str(folder)]
        return CliRunner().invoke(label_studio, [command, *options, *arguments])

    before = content(folder)
    assert invoke("push").exit_code == 0
    names, quotations = client.pages_of(name)
    pulled = invoke("pull")
    assert (pulled.exit_code, content(folder)) == (0, before), pulled.output
    submit(names)
    submit(quotations)
    assert (names.title, quotations.title) == (f"{name}: Tên và thời gian", f"{name}: Trích dẫn")
    assert (names.layers, quotations.layers) == (("entities", "dates"), ("marks", "quotes"))
    labels = {item["value"]["labels"][0] for item in labelled_items(quotations, "cho-mai")}
    assert labels == {"speech", "direct", "cue", "source"}
    pulled = invoke("pull")
    assert (pulled.exit_code, content(folder)) == (0, before), pulled.output

    edit(names, "cho-mai", lambda result: [item for item in result if item.get("id") != "e2"])
    document = documents()["cho-mai"]
    scare = msgspec.structs.replace(document.marks[0], function="scare", quote=None)
    other = msgspec.structs.replace(document, marks=(scare,), quotes=())
    edit(quotations, "cho-mai", lambda _: result_of(other, (), ("marks", "quotes")))
    assert invoke("pull").exit_code == 0
    gold = select(folder).annotations.documents["cho-mai"]
    assert [entity.id for entity in gold.entities] == ["e1", "e3"]
    assert ([mark.function for mark in gold.marks], gold.quotes) == (["scare"], ())
    after = content(folder)
    assert (invoke("pull").exit_code, content(folder)) == (0, after)
    assert "không có gì phải gửi" in invoke("push").stderr
    states = json.loads(invoke("status", "--format", "json").stdout)
    assert [(row["layers"], row["state"]) for row in states[:1] + states[-1:]] == [
        (["entities", "dates"], "as in the files"),
        (["marks", "quotes"], "as in the files"),
    ]


@live_test
def test_a_page_with_all_layers_in_english(home: Path, client: Client, folder: Path) -> None:
    name = f"all {time.monotonic_ns() % 10**6}"
    options = ["--folder", str(home), "--project", name, "--annotations", str(folder)]
    for lang, shown in (("en", 'value="PER"'), ("vi", 'value="Người" alias="PER"')):
        arguments = ["push", *options, "--layers", "all", "--lang", lang]
        assert CliRunner().invoke(label_studio, arguments).exit_code == 0
        [project] = client.pages_of(name)
        assert (project.title, project.layers) == (name, tuple(LAYERS))
        assert f"<Label {shown}" in project.config


def submit(project: Project) -> None:
    """Saves the proposals of pages without an annotation, as the button Submit does."""
    for task in project.tasks():
        if not task.annotations:
            [prediction] = project.predictions(task)
            project.add_annotation(task, as_proposals(prediction.result or []))


def labelled_items(project: Project, doc_id: str) -> list[dict[str, Any]]:
    result = task_of(project, doc_id).annotations[0].result
    return [item for item in result if item["type"] == "labels"]


@live_test
def test_a_drawn_region_arrives_once_with_a_lasting_id(
    run: Callable[..., Result], project: Project, folder: Path
) -> None:
    run("push")
    submit(project)
    draw(project, "mua-lu")
    before = content(folder)
    first = run("pull")
    assert first.exit_code == 0, first.output
    after = content(folder)
    assert {name for name in after if after[name] != before.get(name)} == {
        "adjudication.jsonl",
        "entities.csv",
        "gold/mua-lu/entities.jsonl",
    }
    old, new = (c["gold/mua-lu/entities.jsonl"].decode().splitlines() for c in (before, after))
    assert [line for line in new if line not in old] == [
        '{"id": "e3", "start": 0, "end": 4, "text": "Nước", "type": "GPE", "entity_id": "hue", '
        '"alternates": [], "origin": "adjudicated", "human_verified": false}'
    ]
    assert set(old) < set(new)
    line = json.loads(after["adjudication.jsonl"])
    assert (line["stage"], line["decision"], line["outcome"]) == ("person", ["e3"], "added")
    assert line["passes"]["gold"] is None
    assert line["reason"].startswith(f"decided in the labelling page by {server.USER} on 20")
    assert store.read(folder).findings == []
    assert "warning" not in first.stderr
    again = [line for line in run("pull").stdout.splitlines() if line.startswith("gold/")]
    assert again == ["gold/cho-mai: no change", "gold/mua-lu: no change"]
    assert content(folder) == after
    # The entity has a new name, by which the lists of the pages find it from now on.
    run("push")
    assert "Huế · hue · Nước" in str(task_of(project, "cho-mai").data["registry"])
    assert run("push").stdout == ""


@live_test
def test_a_pass_is_proposals_that_become_gold_when_they_are_read(
    run: Callable[..., Result], project: Project, folder: Path
) -> None:
    shutil.copytree(folder / "gold", folder / "passes" / "máy")
    (folder / "gold/mua-lu/entities.jsonl").write_text("", encoding="utf-8")
    run("push", "mua-lu", "--from", "máy")
    assert run("push", "mua-lu", "--from", "máy").stdout == ""
    before = content(folder)
    refused = run("pull", "mua-lu")
    assert (refused.exit_code, "has no annotation" in refused.stderr) == (1, True)
    task = task_of(project, "mua-lu")
    assert task.annotations == []
    [prediction] = project.predictions(task)
    assert prediction.model_version == "máy"
    # The button Submit sends this (tests/labelstudio/test_browser.py).
    submitted = as_proposals(prediction.result)
    with project.client.api("saving") as sdk:
        sdk.annotations.create(
            id=task.id, result=submitted, lead_time=2.5, parent_prediction=prediction.id
        )
    unread = run("pull", "mua-lu", "--overwrite")
    assert (unread.exit_code, "unread: proposals that nobody has" in unread.stderr) == (1, True)
    assert "entities 2" in unread.stderr
    assert content(folder) == before
    [row] = json.loads(run("status", "mua-lu", "--format", "json").stdout)
    assert (row["signed_off"], row["unread"]) == (0, 3)
    accepted = run("pull", "mua-lu", "--overwrite", "--unread", "2")
    assert accepted.exit_code == 0, accepted.stderr
    assert (
        "proposals of entities: 0 accepted as they were, 0 changed, 0 new, 0 deleted, 2 unread"
        in (accepted.stdout)
    )
    lines = (folder / "adjudication.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["outcome"] for line in lines} == {"added"}
    assert '"origin": "adjudicated"' in (folder / "gold/mua-lu/entities.jsonl").read_text(
        encoding="utf-8"
    )


@live_test
def test_signing_off(run: Callable[..., Result], project: Project, folder: Path) -> None:
    run("push")
    submit(project)
    sign(project, "mua-lu")
    assert run("pull").exit_code == 0
    (line,) = (folder / "verified.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "doc_id": "mua-lu",
        "layer": "entities",
        "id": "e1",
        "by": server.USER,
        "on": task_of(project, "mua-lu").annotations[0].updated_at[:10],
    }
    assert (
        json.loads(
            (folder / "gold/mua-lu/entities.jsonl").read_text(encoding="utf-8").splitlines()[0]
        )["human_verified"]
        is True
    )
    before = content(folder)
    assert run("pull").exit_code == 0
    assert content(folder) == before
    assert store.read(folder).findings == []


@live_test
def test_neither_files_nor_page_are_overwritten(project: Project, folder: Path) -> None:
    send(project, folder)
    entities = folder / "gold/cho-mai/entities.jsonl"
    original = entities.read_text(encoding="utf-8")
    entities.write_text(original.replace('"nam"', '"hoa"'), encoding="utf-8")
    # Only the files have changed: a pull leaves them, a push sends them.
    reading = fetch(project, folder)
    assert [(f.code, f.severity, f.doc_id) for f in reading.findings] == [
        ("conflict", "warning", "cho-mai")
    ]
    assert entities.read_text(encoding="utf-8").count('"hoa"') == 2
    assert send(project, folder) == [
        "cho-mai: annotation replaced",
        "cho-mai: note of what was sent",
    ]
    # Only the page has changed: a push leaves it.
    draw(project, "cho-mai")
    with pytest.raises(
        FindingsError, match=r"has changed what was sent; a push would undo: entities \+1"
    ):
        send(project, folder)
    # Both have changed: neither overwrites the other without --overwrite.
    entities.write_text(original, encoding="utf-8")
    before = content(folder)
    with pytest.raises(FindingsError, match="one of the two would be lost"):
        fetch(project, folder)
    assert content(folder) == before
    fetch(project, folder, overwrite=True)
    assert entities.read_text(encoding="utf-8").count('"hoa"') == 2
    assert '"e4"' in entities.read_text(encoding="utf-8")
    entities.write_text(original, encoding="utf-8")
    edit(project, "cho-mai", lambda result: result[1:])
    send(project, folder, overwrite=True)
    fetch(project, folder)
    assert entities.read_text(encoding="utf-8") == original


@live_test
def test_all_findings_about_a_project_are_reported_at_once(
    project: Project, folder: Path, live: Server
) -> None:
    send(project, folder)
    task = task_of(project, "cho-mai")
    number = task.annotations[0].id
    # The page saves a draft with this request; the SDK has no method for it.
    requests.post(
        f"{live.url}/api/tasks/{task.id}/annotations/{number}/drafts",
        json={"result": []},
        headers={"Authorization": f"Token {live.token}"},
        timeout=60,
    ).raise_for_status()
    edit(
        project,
        "mua-lu",
        lambda result: [*result, region("zz", 3, 999, "PER"), region("yy", 0, 4, "Người ta")],
    )
    project.import_task({"data": {**task.data, "doc_id": "la"}})
    before = content(folder)
    with pytest.raises(FindingsError) as caught:
        fetch(project, folder)
    found = caught.value.findings
    page = project.page(task)
    assert [(f.code, f.severity) for f in found] == [
        ("unknown-document", "warning"),
        ("draft", "error"),
        ("offset-range", "error"),
        ("label", "error"),
    ]
    assert str(found[1]).startswith(f"{page}: draft: {server.USER} has unsaved edits")
    assert all(f.file and f.file.startswith(project.url) for f in found)
    assert content(folder) == before
    with pytest.raises(FindingsError):
        fetch(project, folder, ignore_drafts=True)
    (folder / "gold/cho-mai/entities.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(FindingsError, match=f"and unsaved edits by {server.USER}"):
        send(project, folder)


@live_test
def test_deleted_doubled_and_skipped_tasks(project: Project, folder: Path, live: Server) -> None:
    send(project, folder)
    gone = task_of(project, "mua-lu")
    project.delete_task(gone)
    before = content(folder)
    with pytest.raises(FindingsError, match=r"mua-lu.*|has no task"):
        fetch(project, folder)
    assert content(folder) == before
    assert [row.state for row in status(project, select(folder))] == [
        "as in the files",
        "not sent",
    ]
    assert send(project, folder) == ["mua-lu: new task"]
    there = task_of(project, "mua-lu")
    project.import_task({"data": there.data, "meta": there.meta})
    for action in (send, fetch):
        with pytest.raises(FindingsError, match="has 2 tasks"):
            action(project, folder)
    project.delete_task(there)
    with pytest.raises(FindingsError, match="press Submit"):
        fetch(project, folder)
    assert send(project, folder) == ["mua-lu: annotation"]
    fetch(project, folder)
    assert content(folder) == before


@live_test
def test_renamed_labels_are_found_and_restored(
    project: Project, folder: Path, client: Client
) -> None:
    send(project, folder)
    changed = label_config().replace('alias="PER"', 'alias="PERSON"')
    project.set_config(changed)
    project = client.project(str(project.id))
    for action in (send, fetch):
        with pytest.raises(FindingsError, match="labelling configuration was changed"):
            action(project, folder)
    assert send(project, folder, restore_config=True) == [
        f"{project.title}: labelling configuration"
    ]
    project = client.project(str(project.id))
    assert project.has_our_config()
    assert fetch(project, folder).findings == []


@live_test
def test_a_replaced_text_is_found(project: Project, folder: Path) -> None:
    send(project, folder)
    task = task_of(project, "cho-mai")
    project.update_task(task, data={**task.data, "text": task.data["text"].replace("Hoa", "Hoà")})
    for action in (send, fetch):
        with pytest.raises(FindingsError, match="article-hash"):
            action(project, folder)


@live_test
def test_several_annotators_make_a_pass_each(
    run: Callable[..., Result], project: Project, folder: Path, live: Server
) -> None:
    run("push", "--from", "none")
    with contextlib.suppress(LabelStudioError), project.client.api("adding a user") as sdk:
        sdk.users.create(email="lan@example.org", username="lan")
    lan = next(
        number for number, email in project.client.users.items() if email == "lan@example.org"
    )
    me = next(number for number, email in project.client.users.items() if email == server.USER)
    for task in project.tasks():
        whole = result_of(documents()[task.doc_id])
        partly = [
            item for item in whole if "d1" not in item.get("id", "") and item.get("id") != "e1"
        ]
        for user, result in ((me, whole), (lan, partly)):
            with project.client.api("saving") as sdk:
                sdk.annotations.create(id=task.id, result=result, completed_by=user)
    refused = run("pull")
    assert refused.exit_code == 1
    assert "has 2 annotations" in refused.stderr
    assert "--pass NAME=E-MAIL" in refused.stderr
    assert run("pull", "--pass", "lan").exit_code == 2
    unknown = run("pull", "--pass", "minh=minh@example.org")
    assert (unknown.exit_code, "has no user 'minh@example.org'" in unknown.stderr) == (1, True)
    options = ("--pass", "lan=lan@example.org", "--pass", f"toi={server.USER}")
    for _ in range(2):
        pulled = run("pull", *options)
        assert pulled.exit_code == 0, pulled.output
    passes = store.read(folder).passes
    gold = documents()["mua-lu"]
    assert [len(passes[name]["mua-lu"].entities) for name in ("lan", "toi")] == [1, 2]
    assert len(passes["lan"]["mua-lu"].dates) == 0
    assert passes["toi"]["mua-lu"].dates[0] == msgspec.structs.replace(gold.dates[0], origin=None)
    assert store.read(folder).findings == []


@live_test
def test_an_extractors_answers_are_proposals(
    run: Callable[..., Result], project: Project, folder: Path, tmp_path: Path
) -> None:
    answers = tmp_path / "p.jsonl"
    line = {
        "doc_id": "mua-lu",
        "entities": [
            {"text": "Huế", "type": "GPE", "entity_id": "hue"},
            {"text": "Nam", "type": "PER"},
        ],
    }
    answers.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert run("push", "--predictions", str(answers)).stdout.splitlines() == ["mua-lu: mục mới"]
    assert run("push", "--predictions", str(answers)).stdout == ""
    task = task_of(project, "mua-lu")
    assert task.annotations == []
    (prediction,) = project.predictions(task)
    assert prediction.model_version == str(answers)
    proposed = prediction.result
    assert [item["value"]["text"] for item in proposed if item["type"] == "labels"] == [
        "Huế",
        "Nam",
    ]
    answers.write_text(
        json.dumps({**line, "entities": line["entities"][:1]}) + "\n", encoding="utf-8"
    )
    assert run("push", "--predictions", str(answers)).exit_code == 0
    proposed = project.predictions(task)[0].result
    assert len([item for item in proposed if item["type"] == "labels"]) == 1
    # Submitting a proposal onto gold that is there already would replace it.
    project.add_annotation(task, proposed)
    refused = run("pull", "mua-lu")
    assert refused.exit_code == 1
    assert "has other labels" in refused.stderr
    wrong = run("push", "--predictions", str(answers), "--from", "gold")
    assert (wrong.exit_code, "one of" in wrong.stderr) == (2, True)
    line["entities"] = [{"text": "Huế", "type": "CITY"}]
    answers.write_text(json.dumps(line) + "\n", encoding="utf-8")
    refused = run("push", "--predictions", str(answers))
    assert (refused.exit_code, "'CITY'" in refused.stderr) == (1, True)


@live_test
def test_a_built_in_extractor_proposes_with_keys_of_the_registry(
    run: Callable[..., Result], project: Project
) -> None:
    assert run("push", "-e", "rules", "mua-lu").stdout.splitlines() == ["mua-lu: mục mới"]
    assert run("push", "-e", "rules", "mua-lu").stdout == ""
    task = task_of(project, "mua-lu")
    (prediction,) = project.predictions(task)
    assert prediction.model_version == "rules"
    proposal, _ = document_of(task.data, prediction.result, documents()["mua-lu"].unlabelled())
    assert proposal is not None
    assert [e.entity_id for e in proposal.entities if e.text == "Huế"] == ["hue"]


# Faults


def disconnect(project: Project) -> None:
    """From now on, no server answers the client."""
    project.client = Client("http://127.0.0.1:9", "0" * 40, "start it")


@live_test
def test_a_server_that_stops_answering_during_a_push(
    live: Server, project: Project, folder: Path
) -> None:
    def progress(step: str) -> None:
        if step == "mua-lu: new task":
            disconnect(project)

    with pytest.raises(LabelStudioError, match=r"no answer from .*; start it\. Then repeat"):
        push(project, gold_of(folder), progress=progress)
    project = Client(live.url, live.token).project(str(project.id))
    assert send(project, folder) == ["mua-lu: new task"]
    assert sorted(task.doc_id for task in project.tasks()) == ["cho-mai", "mua-lu"]
    before = content(folder)
    fetch(project, folder)
    assert content(folder) == before


@live_test
def test_a_server_that_stops_answering_during_a_pull(
    live: Server, project: Project, folder: Path
) -> None:
    send(project, folder)
    draw(project, "mua-lu")

    def progress(step: str) -> None:
        if step == "writing the files":
            disconnect(project)

    with pytest.raises(LabelStudioError, match="Then repeat the command"):
        fetch(project, folder, progress=progress)
    written = content(folder)
    project = Client(live.url, live.token).project(str(project.id))
    fetch(project, folder)
    assert content(folder) == written
    assert b'"e3"' in written["gold/mua-lu/entities.jsonl"]
    # Only the lists of the pages change: the entity has a new name.
    data = "data of the task beside the labels"
    assert send(project, folder) == [f"cho-mai: {data}", f"mua-lu: {data}"]
    assert send(project, folder) == []


@live_test
def test_a_server_that_is_killed_during_a_push_and_whose_port_is_then_taken(
    home: Path, live: Server, project: Project, folder: Path
) -> None:
    killer = threading.Timer(0.01, kill, [home])

    def progress(step: str) -> None:
        if step == "mua-lu: new task":
            killer.start()

    with contextlib.suppress(LabelStudioError):
        push(project, gold_of(folder), progress=progress)
    killer.join()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(live.url.rpartition(":")[2])))
        taken.listen()
        again = server.up(home)
    assert again.started
    assert again.url != live.url
    # The same data, with the same key.
    client = Client(again.url, live.token)
    assert client.users[1] == server.USER
    project = client.project(str(project.id))
    assert "cho-mai: new task" not in send(project, folder)
    assert sorted(task.doc_id for task in project.tasks()) == ["cho-mai", "mua-lu"]
    before = content(folder)
    fetch(project, folder)
    assert content(folder) == before


@live_test
def test_keys(
    live: Server,
    project: Project,
    folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"exp": 1, "token_type": "refresh"})
    expired = ".".join(
        [
            *(
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in parts
            ),
            "c2lnbmF0dXJl",
        ]
    )
    for wrong in ("0" * 40, expired):
        with pytest.raises(LabelStudioError, match="refuses the key") as caught:
            Client(live.url, wrong).projects()
        assert wrong not in str(caught.value)
    with project.client.api("making a key") as sdk:
        personal = sdk.tokens.create().token
    file = tmp_path / "key"
    file.write_text(f"{personal}\n")
    arguments = [
        "status",
        "--url",
        live.url,
        "--project",
        str(project.id),
        "--annotations",
        str(folder),
    ]
    result = CliRunner().invoke(label_studio, [*arguments, "--key-file", str(file)])
    assert (result.exit_code, "chmod 600" in caplog.text) == (0, True)
    assert (
        CliRunner()
        .invoke(label_studio, [*arguments, "--key-file", "-"], input=f"{live.token}\n")
        .exit_code
        == 0
    )
    assert (
        CliRunner(env={"LABEL_STUDIO_API_KEY": live.token})
        .invoke(label_studio, arguments)
        .exit_code
        == 0
    )
    missing = CliRunner(env={"LABEL_STUDIO_API_KEY": None}).invoke(label_studio, arguments)
    assert (missing.exit_code, "--key-file" in missing.stderr) == (2, True)
    nobody = CliRunner(env={"LABEL_STUDIO_API_KEY": "x"}).invoke(
        label_studio, ["status", "--url", "http://127.0.0.1:9", *arguments[3:]]
    )
    assert (nobody.exit_code, "không trả lời" in nobody.stderr) == (1, True)


@live_test
def test_a_full_disk_leaves_the_files_as_they_were(
    home: Path, project: Project, folder: Path
) -> None:
    send(project, folder)
    draw(project, "mua-lu")
    before = content(folder)
    code = (
        "import resource, sys; from vinewsie.cli.label_studio import label_studio;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY));"
        "label_studio(sys.argv[1:])"
    )
    arguments = [
        "pull",
        "--folder",
        str(home),
        "--project",
        str(project.id),
        "--annotations",
        str(folder),
    ]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "File too large" in result.stderr
    assert "Traceback" not in result.stderr
    assert content(folder) == before
    fetch(project, folder)
    assert b'"e3"' in (folder / "gold/mua-lu/entities.jsonl").read_bytes()


# A browser


@live_test
def test_round_trip_through_a_real_browser(live: Server, project: Project, folder: Path) -> None:
    need_label_studio(browser=True)
    rows = roundtrip(project, gold_of(folder), page_saver(live))
    assert [difference for row in rows for difference in row.differences] == []
    compared = {(row.doc_id, row.what): row.records for row in rows}
    assert compared["cho-mai", "quotes"] == 1
    assert compared["cho-mai", "relations"] == 3


@live_test
def test_losses_of_a_round_trip_are_reported(project: Project, folder: Path) -> None:
    def losing(place: Project, tasks: Any) -> None:
        for task in tasks:
            place.update_annotation(
                task.annotations[0],
                [item for item in task.annotations[0].result if item["type"] != "relation"],
            )

    rows = roundtrip(project, gold_of(folder), losing)
    wrong = {(row.doc_id, row.what) for row in rows if row.differences}
    assert ("cho-mai", "relations") in wrong
    assert ("mua-lu", "relations") not in wrong
    annotation = task_of(project, "cho-mai").annotations[0]
    project.update_annotation(annotation, [])
    with pytest.raises(LabelStudioError, match="was saved in the page just now"):
        project.update_annotation(annotation, [])
    with pytest.raises(LabelStudioError, match="has not saved"):
        roundtrip(
            project.client.create_project("nothing saved"),
            gold_of(folder),
            lambda place, tasks: None,
        )


def test_a_missing_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setenv(browser.BROWSER, "/nowhere/chromium")
    with pytest.raises(
        LabelStudioError,
        match=r"no browser: install .*, or give the path of one in .*VINEWSIE_BROWSER",
    ):
        browser.open_and_update("http://127.0.0.1:9", 1, [1], "a", "b")


def test_a_missing_server() -> None:
    need_label_studio(browser=True)
    with pytest.raises(LabelStudioError, match=r"could not work with http://127.0.0.1:9"):
        browser.open_and_update("http://127.0.0.1:9", 1, [1], "a", "b")


# Stops the server, which the next test of another file would have to start again: the last test


@live_test
def test_commands_without_a_running_server(home: Path, live: Server, folder: Path) -> None:
    assert server.down(home)
    assert not server.down(home)
    for command in ("push", "pull", "status"):
        result = CliRunner().invoke(
            label_studio, [command, "--folder", str(home), "--annotations", str(folder)]
        )
        assert (result.exit_code, "vinewsie label-studio up --folder" in result.stderr) == (1, True)
