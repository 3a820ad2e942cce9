"""Publication: what would be uploaded, what is refused, and the real upload to a local host."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ANNOTATIONS, DATASET
from vinewsie.annotations import publish
from vinewsie.annotations.croissant import CROISSANT

Cli = Callable[..., Any]
URL = "https://data.example/vinewsie"
REPOSITORY = "owner/vinewsie"


class Hub(ThreadingHTTPServer):
    """The part of the Hub that a publication needs: one dataset repository."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.exists = False
        self.commits: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        """Writes nothing."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        name = self.path.partition("/resolve/main/")[2].partition("?")[0]
        if not self.server.exists:
            self._answer(404, X_Error_Code="RepoNotFound")
        elif name not in self.server.files:
            self._answer(404, X_Error_Code="EntryNotFound")
        else:
            data = self.server.files[name]
            etag = f'"{hashlib.sha256(data).hexdigest()}"'
            self._answer(200, data, ETag=etag, X_Repo_Commit="0" * 40)

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        base = f"http://127.0.0.1:{self.server.server_port}/datasets/{REPOSITORY}"
        if self.path == "/api/repos/create":
            self.server.exists = True
            answer: dict[str, Any] = {"url": base, "name": REPOSITORY}
        elif self.path.endswith("/preupload/main"):
            wanted = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular"} for f in wanted]
            answer = {"files": [{**mode, "shouldIgnore": False} for mode in modes]}
        elif self.path == "/api/validate-yaml":
            answer = {"errors": [], "warnings": []}
        else:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "header":
                    self.server.commits.append(line["value"]["summary"])
                else:
                    content = base64.b64decode(line["value"]["content"])
                    self.server.files[line["value"]["path"]] = content
            answer = {"commitUrl": f"{base}/commit/{'0' * 40}", "commitOid": "0" * 40}
        self._answer(200, json.dumps(answer).encode(), Content_Type="application/json")


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(hub: Hub, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
        "HF_HOME": str(home),
        "HF_TOKEN": "hf_of_nobody",
    }
    return subprocess.run(
        [sys.executable, "-m", "vinewsie", "publish", REPOSITORY, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_upload_is_what_the_dry_run_shows(hub: Hub, tmp_path: Path) -> None:
    shown = run(hub, tmp_path, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert hub.files == {}
    assert not hub.exists
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines()[2:]]
    assert {name: (int(size), digest) for name, size, digest in rows} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in hub.files.items()
    }
    assert hub.commits == ["Data version 1.1.0"]
    described = json.loads(hub.files.pop(CROISSANT))
    assert described["url"] == f"http://127.0.0.1:{hub.server_port}/datasets/{REPOSITORY}"
    for name, data in hub.files.items():
        assert data == (DATASET / name).read_bytes()
    manifest = json.loads(hub.files["manifest.json"])
    hub.files["manifest.json"] = json.dumps({**manifest, "sha256": "0" * 64}).encode()
    refused = run(hub, tmp_path, "--dry-run")
    assert refused.returncode == 1
    assert "data_version 1.1.0 is not above 1.1.0" in refused.stderr
    assert hub.commits == ["Data version 1.1.0"]


def test_a_host_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client tries again for half a minute, and then says that it has no file."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def unreachable(*_: object, **__: object) -> str:
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub.HfApi, "hf_hub_download", unreachable)
    with pytest.raises(publish.PublishError, match="cannot be reached"):
        publish.published_at(REPOSITORY, publish.tree(DATASET, URL))


def test_another_host_gets_the_same_files(tmp_path: Path, cli: Cli) -> None:
    folder = tmp_path / "public"
    first = cli("publish", "--to", folder, "--url", URL, "--dry-run")
    assert first.exit_code == 0, first.stderr
    assert not folder.exists()
    assert cli("publish", "--to", folder, "--url", URL).exit_code == 0
    there = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    assert publish.tree(DATASET, URL) == publish.tree(folder, None)
    assert json.loads(there[CROISSANT])["url"] == URL
    assert cli("publish", "--to", folder, "--url", URL).exit_code == 0


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{}",
        "[]",
        "x",
        '{"data_version": "v1", "sha256": "x", "tables": {}}',
        '{"data_version": "' + 5000 * "1" + '", "sha256": "x", "tables": {}}',
        "\udcff",
        "[" * 9999,
    ],
)
def test_a_folder_with_another_manifest_is_refused(manifest: str, tmp_path: Path, cli: Cli) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest.encode("utf-8", "surrogateescape"))
    refused = cli("publish", "--to", folder, "--url", URL)
    assert refused.exit_code == 1
    assert "manifest.json: published: is no manifest of a data set: " in refused.stderr
    assert "remove it, or publish elsewhere" in refused.stderr


@pytest.mark.parametrize(("version", "refused"), [("1.1.0", True), ("1.0.9", True), ("1.2", False)])
def test_changed_data_need_a_higher_version(version: str, refused: bool) -> None:
    files = publish.tree(DATASET, URL)
    published = publish.manifests(files)
    manifest = json.loads(files["manifest.json"])
    changed = {**manifest, "sha256": "1" * 64, "data_version": version}
    files["manifest.json"] = json.dumps(changed).encode()
    found = [finding.code for finding in publish.refusals(files, published)]
    assert found == (["published"] if refused else [])
    assert list(publish.refusals(files, {})) == []


def test_a_description_without_an_address_is_refused() -> None:
    found = list(publish.refusals(publish.tree(DATASET, None), {}))
    assert [(finding.code, finding.file) for finding in found] == [("croissant", CROISSANT)]


def test_a_stale_data_set_is_refused(tmp_path: Path, cli: Cli) -> None:
    shutil.copytree(ANNOTATIONS, tmp_path / "annotations")
    shutil.copytree(DATASET, tmp_path / "dataset")
    card = tmp_path / "dataset" / "README.md"
    card.write_text(card.read_text("utf-8") + "\n", "utf-8")
    arguments = ("--annotations", tmp_path / "annotations", "--url", URL)
    found = cli("publish", "--to", tmp_path / "out", *arguments)
    assert found.exit_code == 1
    assert "stale" in found.stderr
    assert not (tmp_path / "out").exists()


def test_annotations_with_errors_are_refused(corpus_copy: Path, tmp_path: Path, cli: Cli) -> None:
    gold = next((corpus_copy / "gold").rglob("dates.jsonl"))
    gold.write_text("{}\n" + gold.read_text("utf-8"), "utf-8")
    options = ("--to", tmp_path / "out", "--url", URL, "--annotations", corpus_copy)
    assert cli("publish", *options).exit_code == 1
    assert not (tmp_path / "out").exists()


HEAD = yaml.safe_load((DATASET / "README.md").read_text("utf-8").split("---\n", 2)[1])


def test_the_head_of_the_card_has_known_values_only() -> None:
    assert list(publish.vocabulary_findings(HEAD)) == []
    assert {"language", "size_categories", "task_categories", "task_ids"} <= HEAD.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"language": ["vn"]},
        {"size_categories": ["n<1000"]},
        {"annotations_creators": ["model-generated"]},
        {"language_creators": ["no-annotation"]},
        {"multilinguality": ["one"]},
        {"task_ids": ["quotation-attribution"]},
        {"task_categories": ["ner"], "task_ids": []},
    ],
)
def test_a_value_that_the_hub_does_not_know_is_found(change: dict[str, Any]) -> None:
    found = list(publish.vocabulary_findings({**HEAD, **change}))
    assert [finding.code for finding in found] == ["vocabulary"]
    assert next(iter(change)) in found[0].message


@pytest.mark.parametrize("arguments", [(), (REPOSITORY, "--to", "out"), ("--to", "out")])
def test_one_place_is_needed(arguments: tuple[str, ...], cli: Cli) -> None:
    assert cli("publish", *arguments).exit_code == 2
