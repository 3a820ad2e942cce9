"""The files of a pull, without a server: a fault at any operation, and the pull that follows."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import workbench
from faults import FAULTS, Fault, each_operation, killed
from vinewsie.annotations import adjudicate, store
from vinewsie.annotations.entities import Retyped
from vinewsie.files import changing
from vinewsie.findings import Finding, FindingsError, errors
from vinewsie.formats.label_studio.config import ALL, label_config
from vinewsie.formats.label_studio.proposals import ProposalCounts, as_proposals, states
from vinewsie.formats.label_studio.tasks import data_of, result_of
from vinewsie.labelstudio.client import Annotation, LabellingTask, Project
from vinewsie.labelstudio.pull import PullOptions, PullReport, PullTarget, pull
from vinewsie.labelstudio.sources import GOLD, select
from vinewsie.labelstudio.status import StatusRow, described
from vinewsie.labelstudio.sync_state import SyncState
from vinewsie.model import Document

USER = "a@example.org"


class MemoryClient:
    """A server without users but one."""

    url = "http://server"
    users = {1: USER}  # noqa: RUF012

    def email(self, user: int | None) -> str:
        """The address of a user."""
        return self.users[user or 0]


class FileProject(Project):
    """A project whose one task is a file, which outlives a process that is killed."""

    def __init__(self, file: Path) -> None:
        super().__init__(MemoryClient(), 1, "vinewsie", label_config())  # type: ignore[arg-type]
        self._file = file

    def tasks(self) -> list[LabellingTask]:
        """The task."""
        return [msgspec.json.decode(self._file.read_bytes(), type=LabellingTask)]

    def update_task(self, task: LabellingTask, **fields: Any) -> None:
        """Replaces fields of the task."""
        (now,) = self.tasks()
        self._file.write_bytes(msgspec.json.encode(msgspec.structs.replace(now, **fields)))


def saved_in_page(before: Document, file: Path, registry: Any) -> None:
    """Makes the task: sent as the files are, then saved without one mention and with another
    date.
    """
    page = msgspec.structs.replace(
        before,
        entities=before.entities[1:],
        dates=(msgspec.structs.replace(before.dates[0], value="2024-11-13"),),
    )
    annotation = Annotation(1, result_of(page), 1, 1, "2024-11-12T10:00:00Z", lead_time=1.0)
    state = SyncState(GOLD).with_agreed(GOLD, before, result_of(before))
    task = LabellingTask(7, data_of(before, registry), [annotation], meta=state.to_meta())
    file.write_bytes(msgspec.json.encode(task))


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "target", [PullTarget(), PullTarget.of_pass("c", USER)], ids=lambda one: one.folder
)
def test_a_pull_with_a_fault_is_repeated(tmp_path: Path, target: PullTarget, fault: Fault) -> None:
    kept, root = tmp_path / "kept", tmp_path / "work"
    folder = workbench.new_folder(kept)
    task = adjudicate.prepare(folder, ["a"], decider="a")
    adjudicate.apply(task, folder / adjudicate.SHEET)
    read = store.read(folder)
    saved_in_page(read.documents[workbench.DOC], kept / "task.json", read.registry)
    annotations, project = root / "own", FileProject(root / "task.json")

    def prepare() -> None:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(kept, root)

    def run() -> None:
        with changing(annotations):
            pull([project], select(annotations), [target])

    prepare()
    old = files_of(annotations)
    run()
    new = files_of(annotations)
    assert old.keys() <= new.keys()
    assert old != new
    faults = 0
    for _ in each_operation(annotations, fault, prepare, run):
        faults += 1
        there = {name: data for name, data in files_of(annotations).items() if ".new/" not in name}
        if fault is killed:  # each file is old or new
            for name, data in there.items():
                assert data in (old.get(name), new.get(name))
        else:
            assert there in (old, new)
        run()
        assert files_of(annotations) == new
    assert faults > 3


# What a pull refuses, and what it tells


class Prediction(msgspec.Struct):
    """A prediction of the server."""

    id: int
    result: list[dict[str, Any]]


class PredictedProject(FileProject):
    """A project whose task has the proposals of a machine."""

    proposed: list[dict[str, Any]] = []  # noqa: RUF012

    def predictions(self, task: LabellingTask) -> list[Any]:
        """The proposals."""
        return [Prediction(3, self.proposed)]


@dataclass
class Desk:
    """An annotations folder with gold, and the page of its text."""

    folder: Path
    project: PredictedProject
    file: Path

    @property
    def gold(self) -> Document:
        """The gold."""
        return store.read(self.folder).documents[workbench.DOC]

    def save(self, result: list[dict[str, Any]], sent: Document | None = None) -> None:
        """The page is saved with these items; without ``sent`` it was made of proposals."""
        annotation = Annotation(1, result, 1, 1, "2024-11-12T10:00:00Z", False, 1.0, 3)
        state = SyncState(GOLD).with_agreed(GOLD, sent, result_of(sent)) if sent else SyncState()
        data = data_of(sent or self.gold, store.read(self.folder).registry)
        task = LabellingTask(7, data, [annotation], meta=state.to_meta())
        self.file.write_bytes(msgspec.json.encode(task))

    def pull(self, **options: Any) -> PullReport:
        """Fetches the page; what was written is always valid."""
        report = pull([self.project], select(self.folder), options=PullOptions(**options))
        assert errors(store.read(self.folder).findings) == []
        return report

    def refused(self, **options: Any) -> list[Finding]:
        """The errors for which a pull is refused, which then writes nothing."""
        before = files_of(self.folder)
        with pytest.raises(FindingsError) as caught:
            pull([self.project], select(self.folder), options=PullOptions(**options))
        assert files_of(self.folder) == before
        return errors(caught.value.findings)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = workbench.new_folder(tmp_path)
    task = adjudicate.prepare(folder, ["a"], decider="a")
    adjudicate.apply(task, folder / adjudicate.SHEET)
    return Desk(folder, PredictedProject(tmp_path / "task.json"), tmp_path / "task.json")


def drawn(words: str, label: str, **fields: list[str]) -> list[dict[str, Any]]:
    """A region that an annotator drew."""
    place = workbench.span(words)
    common = {"id": "xY_1", "to_name": "text", "origin": "manual"}
    items = [{"from_name": "label", "type": "labels", "value": place | {"labels": [label]}}]
    items += [
        {"from_name": name, "type": "textarea", "value": place | {"text": values}}
        for name, values in fields.items()
    ]
    return [common | item for item in items]


@pytest.fixture
def told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The output of a command of the labelling page."""
    from vinewsie.cli.label_studio import ProjectOptions, label_studio

    monkeypatch.setattr(ProjectOptions, "projects", lambda _: [desk.project])
    monkeypatch.setattr(ProjectOptions, "projects_to_fill", lambda *_: [(desk.project, ALL)])

    def run(*arguments: str) -> str:
        options = ["--annotations", str(desk.folder)]
        return CliRunner().invoke(label_studio, [*arguments, *options]).output

    return run


def with_label(result: list[dict[str, Any]], region: str, label: str) -> list[dict[str, Any]]:
    return [
        {**item, "value": {**item["value"], "labels": [label]}}
        if item.get("id") == region and item["type"] == "labels"
        else item
        for item in result
    ]


def test_a_changed_type_is_refused_with_both_ways_out(desk: Desk) -> None:
    gold = desk.gold
    desk.save(with_label(result_of(gold), "e1", "LOC"), gold)
    [found] = desk.refused()
    assert (found.code, found.file) == (
        "registry-type",
        "http://server/projects/1/data?task=7&annotation=1&region=e1",
    )
    assert "type is LOC, but hue is GPE in the registry: give the mention that type" in str(found)
    assert "repeat the pull with --retype" in str(found)
    report = desk.pull(retype=True)
    assert report.retyped == [Retyped("hue", "GPE", "LOC")]
    assert store.read(desk.folder).registry["hue"].type == "LOC"
    # Of an entity with several mentions, all must have the new type.
    desk.save(with_label(result_of(desk.gold), "e3", "ORG"), desk.gold)
    assert [found.code for found in desk.refused(retype=True)] == ["registry-type"]


def test_a_new_entity_is_typed_as_a_name(desk: Desk) -> None:
    gold = desk.gold
    desk.save([*result_of(gold), *drawn("hàng trăm hộ dân", "ORG", new_entity=["Cầu Rồng"])], gold)
    [entry] = desk.pull().new
    assert (entry.entity_id, entry.type, entry.name_vi) == ("cau-rong", "ORG", "Cầu Rồng")
    assert [*store.read(desk.folder).registry] == [
        "cau-rong",
        "hue",
        "le-van-tam",
        "voice-of-vietnam",
    ]


def test_a_new_entity_that_is_there_already_is_refused(desk: Desk) -> None:
    gold = desk.gold
    desk.save([*result_of(gold), *drawn("hàng trăm", "PER", new_entity=["ông  LÊ Văn tám"])], gold)
    # The key of a name that the registry has is that of its entity.
    assert (desk.pull().new, desk.gold.entities[1].entity_id) == ([], "le-van-tam")
    desk.save([*result_of(gold), *drawn("chúng tôi", "PER", new_entity=["tam-2"])], desk.gold)
    assert [one.entity_id for one in desk.pull().new] == ["tam-2"]
    desk.save([*result_of(gold), *drawn("nước", "PER", new_entity=["Tám"])], desk.gold)
    [found] = desk.refused()
    assert str(found.file).endswith("?task=7&annotation=1&region=xY_1")
    assert "the new entity tam has the name “Tám” of “Lê Văn Tám · le-van-tam”" in found.message
    assert [one.entity_id for one in desk.pull(new_entities=["tam"]).new] == ["tam"]


def test_a_name_with_the_key_of_another_entity_is_refused(desk: Desk) -> None:
    gold = desk.gold
    desk.save([*result_of(gold), *drawn("hàng trăm", "GPE", new_entity=["Huệ"])], gold)
    [found] = desk.refused()
    assert str(found.file).endswith("?task=7&annotation=1&region=xY_1")
    assert (found.code, "“Huệ” would get the key hue, which is that of “Huế”" in found.message) == (
        "registry-key",
        True,
    )


def test_two_new_names_with_one_key_are_refused_at_the_second(desk: Desk) -> None:
    gold = desk.gold
    regions = [
        *drawn("hàng trăm", "MISC", new_entity=["Sông Hà"]),
        *named("zZ_2", drawn("chúng tôi", "MISC", new_entity=["Sông Hạ"])),
    ]
    desk.save([*result_of(gold), *regions], gold)
    [found] = desk.refused()
    assert "“Sông Hà” and “Sông Hạ” would have the same key song-ha: type a key" in found.message
    assert found.file == "http://server/projects/1/data?task=7&annotation=1&region=zZ_2"
    # The same name in another case or normal form is no second one.
    again = unicodedata.normalize("NFD", "SÔNG HÀ")
    regions = [*regions[:2], *named("zZ_2", drawn("chúng tôi", "MISC", new_entity=[again]))]
    desk.save([*result_of(gold), *regions], gold)
    assert [(one.entity_id, one.name_vi) for one in desk.pull().new] == [("song-ha", "Sông Hà")]


def named(region: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items of a region with another id."""
    return [item | {"id": region} for item in items]


def test_a_span_that_is_drawn_again_is_named_with_what_to_do(desk: Desk) -> None:
    gold = desk.gold
    desk.save([*drawn("Huế", "GPE"), *result_of(gold)], gold)
    [found, missing] = desk.refused()
    assert "is labelled twice: e1 (hue) and e5 (nothing filled in); delete the second" in str(found)
    assert str(found.file).endswith("&region=xY_1")
    assert (missing.code, missing.file) == ("missing-field", found.file)


def test_all_that_is_wrong_with_a_page_is_said_at_once(desk: Desk) -> None:
    gold = desk.gold
    page = with_label(result_of(gold), "e1", "LOC")
    without_value = [item for item in page if item.get("from_name") != "value"]
    mark = named("zZ_2", drawn("hàng trăm", "scare"))
    new = named("zZ_3", drawn("nước", "PER", new_entity=["Huệ"]))
    desk.save([*without_value, *drawn("hộ dân", "ORG"), *mark, *new], gold)
    found = desk.refused()
    assert sorted((one.code, str(one.file).rpartition("=")[2]) for one in found) == [
        ("mark-edge", "zZ_2"),
        ("mark-edge", "zZ_2"),
        ("missing-field", "d1"),
        ("missing-field", "xY_1"),
        ("registry-key", "zZ_3"),
        ("registry-type", "e1"),
        ("registry-type", "zZ_3"),
    ]


def test_names_without_a_letter_are_said_once_each(desk: Desk) -> None:
    gold = desk.gold
    other = named("zZ_2", drawn("chúng tôi", "MISC", new_entity=["!!"]))
    desk.save([*result_of(gold), *drawn("hàng trăm", "MISC", new_entity=["…"]), *other], gold)
    found = [one.message for one in desk.refused() if one.code == "registry-key"]
    assert len(found) == 2
    assert all("which has no letter or digit for a key" in message for message in found)


def test_what_a_fault_keeps_from_being_read_is_no_fault_itself(desk: Desk) -> None:
    """A relation to nowhere, and a quotation without its status, whose mark and child stay."""
    gold = desk.gold
    page = [item for item in result_of(gold) if item.get("from_name") != "source_status"]
    lost = {"type": "relation", "from_id": "q1", "to_id": "nowhere", "direction": "right"}
    desk.save([*page, lost], gold)
    assert {one.code for one in desk.refused()} == {"missing-field", "reference"}


def proposals_of(gold: Document) -> list[dict[str, Any]]:
    return as_proposals(result_of(gold))


def sign_off(region: str, start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "choices": ["yes"]}
    common = {"id": region, "to_name": "text", "origin": "prediction"}
    return common | {"from_name": "signed_off", "type": "choices", "value": value}


def layers_off(*layers: str) -> dict[str, Any]:
    value = {"choices": [*layers]}
    return {
        "id": "complete",
        "from_name": "complete",
        "to_name": "text",
        "type": "choices",
        "value": value,
    }


def test_proposals_that_nobody_read_are_gold_only_by_their_number(
    desk: Desk, told: Callable[..., str]
) -> None:
    proposed = desk.project.proposed = proposals_of(desk.gold)
    for layer in ("entities", "dates", "marks", "quotes"):
        (desk.folder / "gold" / workbench.DOC / f"{layer}.jsonl").write_text("", encoding="utf-8")
    for name in ("entities.csv", "adjudication.jsonl"):
        (desk.folder / name).write_text("", encoding="utf-8")
    (desk.folder / "entities.csv").write_text(store.registry_csv([]), encoding="utf-8")
    desk.save(proposed)
    [found] = desk.refused()
    assert found.code == "unread"
    assert "entities 4, dates 1, marks 1, quotes 3" in found.message
    # e1 signed, d1 changed, e4 deleted, quotations signed as a layer, m1 left.
    saved = [
        {**item, "origin": "prediction-changed"} if item.get("id") == "d1" else item
        for item in proposed
        if item.get("id") != "e4"
    ]
    desk.save([*saved, sign_off("e1", 0, 3), layers_off("quotes")])
    # Neither the sign-off of a layer nor a number that is too small shows that they were read.
    [found] = desk.refused(unread=5)
    assert "entities 2, marks 1, quotes 3, 3 of them in layers signed off as a" in found.message
    assert "with --unread 6" in found.message
    assert "trong đó 3 chỉ được duyệt theo cả lớp" in told("pull")
    [download] = desk.pull(unread=6).downloads
    assert download.proposals == {
        "entities": ProposalCounts(accepted=1, deleted=1, unread=2),
        "dates": ProposalCounts(changed=1),
        "marks": ProposalCounts(unread=1),
        "quotes": ProposalCounts(accepted=3, with_layer=3),
    }
    signed = [entity.id for entity in desk.gold.entities if entity.human_verified]
    assert (signed, len(desk.gold.entities)) == (["e1"], 3)
    # What is gold is not asked about again.
    assert desk.pull().downloads[0].changes == []


def test_a_relation_that_is_deleted_is_a_change(desk: Desk) -> None:
    proposed = proposals_of(desk.gold)
    cue = next(
        item["to_id"] for item in proposed if item["type"] == "relation" and "cue" in item["to_id"]
    )
    page = [item for item in proposed if cue not in (item.get("id"), item.get("to_id"))]
    assert states(page, proposed)["q1"] == "changed"
    assert states(page)["q1"] == "unread"  # the origins alone do not show it


def test_commands_speak_vietnamese(desk: Desk, told: Callable[..., str]) -> None:
    gold = desk.gold
    desk.save(with_label(result_of(gold), "e1", "LOC"), gold)
    assert (
        "Nơi chốn “Huế” (dòng 1, [0, 3)): loại là Nơi chốn, nhưng trong danh mục thực thể hue là "
        "Nước/tỉnh/thành: đổi lại loại"
    ) in told("pull")
    assert "type is LOC, but hue is GPE in the registry: give" in told("pull", "--lang", "en")
    assert f"{USER} đã sửa những gì đã gửi; push sẽ làm mất: thực thể có tên ~1" in told("push")
    first, *lines, page = told("status").splitlines()
    assert first.endswith(": cần pull hoặc push")
    assert lines == [
        "  bản ghi: 9, đã duyệt: 0, chưa đọc: 0",
        "  đã sửa: thực thể có tên ~1",
        f"  người lưu: {USER}",
    ]
    assert page.startswith("  trang: http://server/")
    assert "to be pulled or pushed" in told("status", "--lang", "en")
    [row] = json.loads(told("status", "--format", "json"))
    assert row["state"] == "to be pulled or pushed"
    assert "thực thể có tên e1 “Huế” đã sửa: loại" in told("pull", "--retype")
    assert "không có gì phải gửi" in told("push")
    assert "không có bài 'x'; có các bài" in told("pull", "x")
    wrong = told("pull", "--pass", "c=nobody@example.org")
    assert "http://server không có người dùng 'nobody@example.org'" in wrong
    assert "'../c' không dùng làm tên lượt được" in told("pull", "--pass", f"../c={USER}")
    with changing(desk.folder):
        assert "một lệnh khác đang ghi vào" in told("pull")


def test_a_page_that_nobody_saved_is_no_silence(desk: Desk, told: Callable[..., str]) -> None:
    gold = desk.gold
    state = SyncState(GOLD).with_agreed(GOLD, gold, result_of(gold))
    data = data_of(gold, store.read(desk.folder).registry)
    task = LabellingTask(7, data, [], meta=state.to_meta())
    desk.file.write_bytes(msgspec.json.encode(task))
    desk.project.proposed = proposals_of(gold)
    assert "chưa ai lưu trang nào; chưa có gì để lấy về" in told("pull")
    assert "nobody has saved a page yet" in told("pull", "--lang", "en")
    assert "None" not in told("status")


def test_a_document_that_was_not_sent_may_have_no_layers() -> None:
    rows = (StatusRow(doc_id="hue", state="new"), StatusRow(doc_id="hue", layers=("a", "b")))
    assert [list(map(str, described(row))) for row in rows] == [["hue: new"], ["hue, a, b: "]]


def test_without_a_server_the_advice_is_vietnamese(tmp_path: Path) -> None:
    from vinewsie.cli.label_studio import label_studio

    folder = workbench.new_folder(tmp_path)
    for command in ("push", "pull", "status"):
        options = ["--folder", str(tmp_path / "server"), "--annotations", str(folder)]
        result = CliRunner().invoke(label_studio, [command, *options])
        assert "không chạy; hãy khởi động bằng: vinewsie label-studio up" in result.stderr
        result = CliRunner().invoke(label_studio, [command, *options, "--lang", "en"])
        assert "does not run; start it with: vinewsie label-studio up" in result.stderr
