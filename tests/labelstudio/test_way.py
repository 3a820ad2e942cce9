"""The way of an hour: an article from its text to its score, with real clicks of two annotators."""

from __future__ import annotations

import csv
import json
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from click.testing import Result

from annotator import REGIONS, Site
from changed import only_change
from conftest import need_label_studio
from vinewsie.annotations import store
from vinewsie.labelstudio import browser, server
from vinewsie.labelstudio.client import Client, Project
from vinewsie.labelstudio.server import Server
from vinewsie.model import Document, Entity

pytestmark = pytest.mark.label_studio

STORY = """Đà Nẵng mở lại cầu Sông Bạc

Hôm 5/5, bà Trần Thị Mơ nói: “Cầu đã an toàn.”
Ông Lê Văn Tám cho biết xe tải chưa được qua cầu.
"""
DOC = "story-20240506"
SECOND, PASSWORD = "thu@example.org", "mot-hai-ba-bon-5"


@dataclass
class Reader(Site):
    """A browser on the pages of the story."""

    def turn_to(self, project: Project) -> int:
        """Opens the page of the story in a project; gives the number of its task."""
        self.project = project
        [task] = project.tasks()
        self.editor.open(project.id, task.id)
        return task.id

    def sign_layer(self, name: str) -> None:
        """Ticks the sign-off of a whole layer."""
        self.leave()
        self.editor.page.get_by_role("checkbox", name=name).click()
        self.settle()

    def annotate_anew(self) -> None:
        """Begins an annotation beside that of another annotator."""
        self.editor.page.get_by_label("Create an annotation").click()
        self.editor.page.wait_for_function(f"() => ({REGIONS})() === 0")
        self.settle()


@contextmanager
def reading(running: Server, project: Project, user: str, password: str) -> Iterator[Reader]:
    """A browser of one annotator."""
    with browser.editor(running.url, user, password) as opened:
        opened.page.set_default_timeout(30_000)
        yield Reader(running, project, opened, STORY)


def sign_up(running: Server) -> None:
    """Makes the account of a second annotator, by the invitation of the server's user."""
    headers = {"Authorization": f"Token {running.token}"}
    link = requests.get(f"{running.url}/api/invite", headers=headers, timeout=60).json()
    token = urllib.parse.parse_qs(urllib.parse.urlparse(link["invite_url"]).query)["token"]
    session = requests.Session()
    page = f"{running.url}/user/signup/?token={token[0]}"
    session.get(page, timeout=60)
    form = {"email": SECOND, "password": PASSWORD, "how_find_us": "Other"}
    form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    session.post(page, data=form, headers={"Referer": page}, timeout=60).raise_for_status()


def test_an_article_from_text_to_score(
    cli: Callable[..., Result], label_studio_home: Path, tmp_path: Path
) -> None:
    need_label_studio(browser=True)
    running = server.up(label_studio_home)
    mine, story = tmp_path / "mine", tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8", newline="\n")
    on_server = ("--folder", label_studio_home, "--project", "way", "--annotations", mine)
    pull = ("label-studio", "pull", *on_server, "--lang", "en")

    def done(*arguments: object) -> Result:
        result = cli(*arguments)
        assert result.exit_code == 0, result.output
        return result

    def gold() -> Document:
        read = store.read(mine)
        assert read.findings == []
        return read.documents[DOC]

    # The text, with proposals, and the two pages.
    done("new-article", story, "--anchor", "2024-05-06", "--annotations", mine, "-e", "rules")
    done("label-studio", "push", *on_server, "--from", "rules")
    names, quotations = Client(running.url, running.token).pages_of("way")
    proposed = store.read(mine).passes["rules"][DOC]

    with reading(running, names, server.USER, running.password) as page:
        number = page.turn_to(names)
        page.click("cầu")  # another type
        page.press("4")
        page.leave()
        page.take("4")  # a nested name, of an entity that is typed as a name
        page.drag("Sông Bạc")
        entity = page.editor.page.locator(".vn-field:has(h4:text-is('Thực thể'))")
        field = entity.locator("form").locator("input, textarea")
        field.last.fill("Sông Bạc")
        field.last.press("Enter")
        page.settle()
        page.click("Đà Nẵng")  # deleted by mistake, and taken back
        before = page.regions()
        page.press("Backspace")
        assert page.regions() == before - 1
        page.press("Control+z")
        assert page.regions() == before
        page.sign_layer("thực thể có tên")
        page.saved(number)
        # Reloaded, the page has what was saved; one date is signed off and saved again.
        page.turn_to(names)
        assert page.regions() == before
        page.click("Hôm 5/5")
        page.press("l")
        page.saved(number)
        unread = cli(*pull)
        assert (unread.exit_code, "has no annotation" in unread.stderr) == (1, True)
        # The other page: a source is deleted, drawn and related again.
        number = page.turn_to(quotations)
        page.click("Ông Lê Văn Tám")
        page.press("Backspace")
        page.take("n")
        page.drag("Ông Lê Văn Tám")
        page.leave()
        page.click("xe tải")
        page.relate("Ông Lê Văn Tám")
        page.sign_layer("dấu ngoặc kép")
        page.saved(number)

    unread = cli(*pull)
    assert "changed or signed off one by one: quotes 1, marks 1, 1 of them in" in unread.stderr
    with reading(running, quotations, server.USER, running.password) as page:
        page.turn_to(quotations)
        page.click("Cầu đã")
        page.press("l")
        page.saved(number)
    # Of the layers that were signed off as a whole, the number is asked for.
    unread = cli(*pull)
    assert (unread.exit_code, "repeat the pull with --unread 4" in unread.stderr) == (1, True)
    pulled = done(*pull, "--unread", 4)
    assert "new in entities.csv: song-bac (LOC, “Sông Bạc”)" in pulled.stderr
    assert "proposals of entities: 3 accepted as they were (3 of them unread, by" in pulled.stdout
    assert "proposals of quotes: 1 accepted as they were, 1 changed, 0 new" in pulled.stdout
    arrived = [
        change
        for change in only_change(proposed, gold())
        if change[2] not in ("origin", "human_verified")
    ]
    [nested] = [entity for entity in gold().entities if entity.text == "Sông Bạc"]
    assert arrived == [
        ("entities", "e2", "type", "LOC"),
        ("entities", nested.id, "record", nested),
    ]
    start = STORY.index("Sông Bạc")
    assert nested == Entity(
        id="e5",
        start=start,
        end=start + 8,
        text="Sông Bạc",
        type="LOC",
        entity_id="song-bac",
        origin="adjudicated",
        human_verified=True,
    )
    # A type that is changed later, against the registry: refused, or retyped.
    with reading(running, names, server.USER, running.password) as page:
        number = page.turn_to(names)
        page.click("Sông Bạc")
        page.press("5")
        page.saved(number)
    refused = cli(*pull)
    assert "registry-type: FAC “Sông Bạc”" in refused.stderr
    assert "&region=" in refused.stderr
    done(*pull, "--retype")
    assert gold().entities[2].type == "FAC"

    # A second annotator, whose pass is adjudicated with that of the first one.
    sign_up(running)
    with reading(running, names, SECOND, PASSWORD) as page:
        number = page.turn_to(names)
        page.annotate_anew()
        page.take("3")
        page.drag("Đà Nẵng")
        page.choose("Thực thể", "da-n", "da-nang")
        page.saved(number)
        number = page.turn_to(quotations)
        page.annotate_anew()
        page.take("s")
        page.drag("Cầu đã an toàn.")
        page.saved(number)
    both = ("--pass", f"first={server.USER}", "--pass", f"second={SECOND}")
    done(*pull, *both)
    settled = gold()
    done("adjudicate", "first", "second", "--annotations", mine)
    sheet = mine / "adjudication-task.jsonl"
    lines = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    assert {line["layer"] for line in lines} == {"entities", "dates", "marks", "quotes"}
    sheet.write_text(
        "".join(
            json.dumps({**line, "decision": "first", "reason": "guidelines"}) + "\n"
            for line in lines
        ),
        encoding="utf-8",
    )
    done("adjudicate", "first", "second", "--annotations", mine, "--apply")
    assert only_change(settled, gold()) == []

    done("build", "--annotations", mine, "-o", tmp_path / "set")
    scored = done(
        "score",
        "-e",
        "rules",
        "--gold",
        tmp_path / "set",
        "-m",
        "entities.strict",
        "--format",
        "csv",
    )
    [row] = csv.DictReader(scored.stdout.splitlines())
    assert float(row["recall"]) == pytest.approx(3 / 5)
