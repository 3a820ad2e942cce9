"""Croissant: all records that ``mlcroissant`` reads are those of the gold, in every config."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from conftest import DATASET
from vinewsie.annotations.croissant import CROISSANT, EVAL, missing

DESCRIPTION: dict[str, Any] = json.loads((DATASET / CROISSANT).read_text(encoding="utf-8"))
RECORD_SETS = {one["@id"]: one for one in DESCRIPTION["recordSet"]}


def file_of(record_set: Mapping[str, Any]) -> str:
    (path,) = {field["source"]["fileObject"]["@id"] for field in record_set["field"]}
    return str(path)


def plain(value: Any) -> Any:
    """A value as the reader gives it: bytes for text, full ids as keys, nulls in structs."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        found = {key.rpartition("/")[2]: plain(item) for key, item in value.items()}
        return None if all(item is None for item in found.values()) else found
    return value


def declared(row: Mapping[str, Any], record_set: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a row of the table that the description has."""

    def kept(value: Any, names: list[str]) -> Any:
        if isinstance(value, list):
            return [kept(item, names) for item in value]
        if not isinstance(value, dict):
            return value
        found = {name: value[name] for name in names}
        return None if all(item is None for item in found.values()) else found

    columns = {}
    for field in record_set["field"]:
        name = field["name"].rpartition("/")[2]
        names = [sub["name"].rpartition("/")[2] for sub in field.get("subField", ())]
        columns[name] = kept(row[name], names) if names else row[name]
    return columns


def records(folder: Path, record_set: str) -> list[dict[str, Any]]:
    found = mlcroissant.Dataset(str(folder / CROISSANT)).records(record_set)
    return [{key.rpartition("/")[2]: plain(v) for key, v in row.items()} for row in found]


@pytest.mark.parametrize("name", RECORD_SETS)
def test_all_records_are_those_of_the_gold(name: str) -> None:
    rows = pq.read_table(DATASET / file_of(RECORD_SETS[name])).to_pylist()
    assert rows
    assert records(DATASET, name) == [declared(row, RECORD_SETS[name]) for row in rows]


def test_every_config_of_the_card_is_a_record_set() -> None:
    head = yaml.safe_load((DATASET / "README.md").read_text(encoding="utf-8").split("---\n", 2)[1])
    files = {c["config_name"]: c["data_files"][0]["path"] for c in head["configs"]}
    assert {name: file_of(one) for name, one in RECORD_SETS.items()} == files
    hashes = {one["contentUrl"]: one["sha256"] for one in DESCRIPTION["distribution"]}
    assert hashes == {
        path: hashlib.sha256((DATASET / path).read_bytes()).hexdigest() for path in files.values()
    }


@pytest.mark.parametrize("name", RECORD_SETS)
def test_every_column_is_described_or_named_as_left_out(name: str) -> None:
    record_set = RECORD_SETS[name]
    described = set()
    for field in record_set["field"]:
        column = field["name"].rpartition("/")[2]
        subs = [f"{column}.{s['name'].rpartition('/')[2]}" for s in field.get("subField", ())]
        described |= set(subs or [column])
    columns = set()
    for field in pq.read_schema(DATASET / file_of(record_set)):
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        columns |= (
            {f"{field.name}.{one.name}" for one in kind}
            if pa.types.is_struct(kind)
            else {field.name}
        )
    left_out = columns - described
    assert described <= columns
    text = record_set["description"].partition("nested deeper: ")[2].partition(". ")[0]
    assert set(filter(None, text.rstrip(".").split(", "))) == left_out


def test_several_contents_and_an_alternate_lose_nothing_that_is_described(tmp_path: Path) -> None:
    """What is nested twice would come back wrong, so it is not described."""
    shutil.copytree(DATASET, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "data" / "quotes.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    spans = [{"start": 1, "end": 2}, {"start": 5, "end": 9}]
    rows[0] |= {"content": spans, "alternates": [spans, spans[:1]], "cue": spans, "source": None}
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    described = json.loads((tmp_path / CROISSANT).read_text(encoding="utf-8"))
    for one in described["distribution"]:
        if one["@id"] == "data/quotes.parquet":
            one["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / CROISSANT).write_text(json.dumps(described), encoding="utf-8")
    read = records(tmp_path, "quotes")
    assert read == [declared(row, RECORD_SETS["quotes"]) for row in rows]
    assert read[0]["content"] == read[0]["cue"] == spans
    assert read[0]["source"] is None
    assert "alternates" not in read[0]


def test_only_the_address_of_the_host_is_missing() -> None:
    """``vinewsie publish`` adds it."""
    assert missing(DESCRIPTION) == ["url"]
    assert DESCRIPTION["conformsTo"][0].endswith("croissant/1.1")
    metadata = mlcroissant.Dataset(str(DATASET / CROISSANT)).metadata
    assert not metadata.ctx.issues.errors
    assert metadata.data_annotation_protocol
    assert metadata.data_collection_timeframe


def test_the_tasks_name_no_framework_that_would_publish_other_numbers() -> None:
    tasks = yaml.safe_load((DATASET / EVAL).read_text(encoding="utf-8"))
    assert set(tasks) == {"name", "description", "tasks"}
    assert {task["config"] for task in tasks["tasks"]} == {
        name for name in RECORD_SETS if name.endswith("documents")
    }
    assert all(set(task) == {"id", "config", "split"} for task in tasks["tasks"])


def test_an_edited_description_is_stale(tmp_path: Path, cli: Callable[..., Any]) -> None:
    shutil.copytree(DATASET, tmp_path, dirs_exist_ok=True)
    path = tmp_path / CROISSANT
    path.write_text(path.read_text(encoding="utf-8").replace("326", "327", 1) + " ", "utf-8")
    result = cli("build", "--check", "-o", tmp_path)
    assert result.exit_code == 1
    assert CROISSANT in result.output


def test_tables_of_another_writer_are_not_stale(tmp_path: Path, cli: Callable[..., Any]) -> None:
    """The bytes of a table, and so its hash, depend on the version of pyarrow."""
    shutil.copytree(DATASET, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "data" / "dates.parquet"
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    pq.write_table(pq.read_table(path), path, compression="gzip")
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    text = (tmp_path / CROISSANT).read_text(encoding="utf-8")
    assert old != new
    assert old in text
    (tmp_path / CROISSANT).write_text(text.replace(old, new), encoding="utf-8")
    assert cli("build", "--check", "-o", tmp_path).exit_code == 0
