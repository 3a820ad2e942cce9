"""Texts of stand-off labels: they are fetched, continued, checked, kept, and refused if changed."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

import sets
from conftest import ANNOTATIONS, ROOT
from vinewsie.annotations import store
from vinewsie.reading import texts
from vinewsie.reading.texts import TextsError, TextSource

NTREX = ROOT.parent / "shared" / "ntrex"


@dataclass
class Site:
    """A server of the files of a source: what it was asked for, and where it breaks off.

    Args:
        folder: the folder with the files.
        url: the address of the folder.
        asked: the path and the range of each request.
        cut: the number of bytes that each answer may have; None for all.
        ranges: whether the server knows ranges.
        status: the status of each answer, if it is an error.
    """

    folder: Path
    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    cut: int | None = None
    ranges: bool = True
    status: int | None = None


class Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *more: object) -> None:
        self.site = site
        super().__init__(*more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        site, wanted = self.site, self.headers.get("Range")
        site.asked.append((self.path, wanted))
        if site.status is not None:
            self.send_error(site.status)
            return
        data = (site.folder / self.path.lstrip("/")).read_bytes()
        first = 0
        if wanted is not None and site.ranges:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        end = None if site.cut is None else first + site.cut
        self.wfile.write(data[first:end])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server of the invented source; the user's cache is a folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(texts, "_PAUSE", 0.0)
    folder = tmp_path / "site"
    sets.write_source(folder)
    found = Site(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, found))
    found.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with contextlib.closing(server.socket):
        yield found
        server.shutdown()


@pytest.fixture
def source(site: Site) -> TextSource:
    return sets.source(site.folder, site.url)


def test_texts_are_fetched_and_kept(site: Site, source: TextSource) -> None:
    steps: list[str] = []
    assert texts.get(source, progress=steps.append) == {
        "corpus/sentences.txt": "downloaded",
        "ids.tsv": "downloaded",
    }
    assert steps == ["sentences.txt: 100 %", "ids.tsv: 100 %"]
    found = texts.texts_of(source)
    assert {doc_id: found[doc_id] for doc_id in sets.DOCUMENTS} == sets.texts()
    site.asked.clear()
    assert set(texts.get(source).values()) == {"is here already"}
    assert site.asked == []


def test_a_download_that_breaks_off_is_continued(site: Site, source: TextSource) -> None:
    """Three attempts a command; each asks for what the one before did not bring."""
    site.cut = 50
    with pytest.raises(
        TextsError, match=r"the connection broke off; 150 of \d+ bytes are here; repeat"
    ):
        texts.get(source)
    wanted = [asked for path, asked in site.asked if path.endswith("sentences.txt")]
    assert wanted == [None, "bytes=50-", "bytes=100-"]
    assert sorted(p.name for p in texts.cache_folder(source).iterdir()) == ["sentences.txt.part"]
    site.asked.clear()
    site.cut = None
    texts.get(source)
    assert site.asked == [("/corpus/sentences.txt", "bytes=150-"), ("/ids.tsv", None)]
    assert texts.texts_of(source)["paper.2"] == sets.texts()["paper.2"]
    assert sorted(p.name for p in texts.cache_folder(source).iterdir()) == [
        "ids.tsv",
        "sentences.txt",
    ]


def test_a_server_without_ranges_sends_all_again(site: Site, source: TextSource) -> None:
    site.cut = 50
    with pytest.raises(TextsError, match="150 of"):
        texts.get(source)
    site.cut, site.ranges = None, False
    texts.get(source)
    assert texts.texts_of(source)["paper.1"] == sets.texts()["paper.1"]


def test_a_changed_file_is_refused_and_not_kept(site: Site, source: TextSource) -> None:
    path = site.folder / "corpus" / "sentences.txt"
    path.write_bytes(path.read_bytes().replace("Huế".encode(), b"Vinh"))
    longer = path.read_bytes() + b" " * (source.sentences.size - path.stat().st_size)
    path.write_bytes(longer)
    with pytest.raises(TextsError, match="is not the file that was labelled: its sha256 is"):
        texts.get(source)
    assert list(texts.cache_folder(source).iterdir()) == []
    path.write_bytes(longer * 2)
    with pytest.raises(TextsError, match=r"not the file that was labelled: it has \d+ bytes"):
        texts.get(source)
    assert list(texts.cache_folder(source).iterdir()) == []


@pytest.mark.parametrize(
    ("status", "message"), [(404, "404"), (503, "the server answers 503; 0 of")]
)
def test_an_error_of_the_server_is_reported(
    site: Site, source: TextSource, status: int, message: str
) -> None:
    site.status = status
    with pytest.raises(TextsError, match=message):
        texts.get(source)


def test_a_server_that_is_not_there(source: TextSource) -> None:
    away = msgspec.structs.replace(source, url="http://127.0.0.1:9/")
    with pytest.raises(TextsError, match=r"the server cannot be reached; 0 of \d+ bytes are here"):
        texts.get(away)


def test_texts_of_a_folder(site: Site, source: TextSource, tmp_path: Path) -> None:
    done = texts.get(source, from_folder=site.folder)
    assert done["ids.tsv"] == f"copied from {site.folder / 'ids.tsv'}"
    assert site.asked == []
    assert texts.texts_of(source, texts.cache_folder(source))["paper.1"] == sets.texts()["paper.1"]
    (tmp_path / "empty").mkdir()
    (texts.cache_folder(source) / "ids.tsv").unlink()
    with pytest.raises(TextsError, match=r"has neither ids.tsv"):
        texts.get(source, from_folder=tmp_path / "empty")
    (tmp_path / "empty" / "ids.tsv").write_text("paper.1\n")
    with pytest.raises(TextsError, match="is not the file that was labelled"):
        texts.get(source, from_folder=tmp_path / "empty")


def test_missing_and_changed_texts_name_the_command(source: TextSource) -> None:
    with pytest.raises(TextsError) as missing:
        texts.texts_of(source)
    assert str(missing.value) == (
        "the texts of the press set are not here; get them with: vinewsie texts press"
    )
    texts.get(source)
    (texts.cache_folder(source) / "ids.tsv").write_text("paper.9\n")
    with pytest.raises(TextsError, match=r"not the file that was labelled.*vinewsie texts press"):
        texts.texts_of(source)
    texts.get(source)
    assert "paper.1" in texts.texts_of(source)


needs_ntrex = pytest.mark.skipif(
    not NTREX.is_dir(), reason="the texts of the press set are not here"
)


@needs_ntrex
def test_the_press_set_is_the_first_64_by_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., object]
) -> None:
    source = store.text_source(ANNOTATIONS / "press")
    assert source is not None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    texts.get(source, from_folder=NTREX)
    found = texts.texts_of(source)
    assert len(found) == 123
    by_hash = sorted(found, key=lambda doc_id: hashlib.sha256(doc_id.encode()).hexdigest())
    read = store.read(ANNOTATIONS / "press")
    assert list(read.documents) == by_hash[:64]
    assert by_hash[0] == "nytimes.184853"
    assert [f for f in read.findings if f.severity == "error"] == []
    for doc_id, document in read.documents.items():
        assert document.text == found[doc_id]
        assert [s.zone for s in document.segments[:2]] == ["headline", "body"]


def test_the_press_set_holds_no_words() -> None:
    """Neither labels nor log have a surface of the texts."""
    for path in (ANNOTATIONS / "press").rglob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            assert "text" not in _keys(msgspec.json.decode(line)), path


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
