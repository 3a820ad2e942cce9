"""The data set: the build is deterministic; ``datasets``, an installed wheel and a labels-only
edition give the same gold.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import matrix
import vinewsie as vn
import workbench
from conftest import ANNOTATIONS, DATASET, ROOT
from vinewsie.annotations.build import TABLES
from vinewsie.reading.gold import FURTHER, MissingTextError

BUILT = [part for part in FURTHER if (DATASET / part).is_dir()]
"""The further sets that the data set has."""
CONFIGS = (*TABLES, *(f"{part}_{name}" for part in BUILT for name in TABLES))
"""The configs of the data set, those of the further sets included."""


def table(config: str) -> Path:
    """The file of a config, in the data set."""
    part, _, name = config.rpartition("_")
    return Path(part) / "data" / f"{name}.parquet"


def python(code: str, folder: Path, **environment: str) -> str:
    """Runs code in a new process with another working folder, and returns its output."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_data_set_is_not_stale(cli: Callable[..., Any]) -> None:
    assert cli("build", "--check").exit_code == 0


def test_building_twice_gives_the_same_bytes(tmp_path: Path, cli: Callable[..., Any]) -> None:
    for name in ("one", "two"):
        assert cli("build", "-o", tmp_path / name).exit_code == 0
    files = sorted(
        p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()
    )
    others = [
        "LICENSE",
        "README.md",
        "croissant.json",
        "eval.yaml",
        "pictures/errors.svg",
        *(f"{part}/figures.json" for part in BUILT),
        *{str(table(c).parents[1] / "manifest.json") for c in CONFIGS},
    ]
    assert {str(file) for file in files} == {*others, *(str(table(c)) for c in CONFIGS)}
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_build_replaces_the_whole_folder_and_leaves_nothing_beside_it(
    tmp_path: Path, cli: Callable[..., Any]
) -> None:
    folder = tmp_path / "dataset"
    folder.mkdir()
    for _ in range(2):
        assert cli("build", "-o", folder).exit_code == 0
        (folder / "data" / "quotes.parquet").write_text("old")
    assert cli("build", "-o", folder).exit_code == 0
    assert (folder / "data" / "quotes.parquet").read_bytes()[:4] == b"PAR1"
    assert list(tmp_path.iterdir()) == [folder]
    (folder / "data" / "mine.parquet").write_text("keep")
    result = cli("build", "-o", folder)
    assert (result.exit_code, "mine.parquet: file: is in the way" in result.stderr) == (1, True)
    assert (folder / "data" / "mine.parquet").read_text() == "keep"


def test_a_build_replaces_nothing_but_a_data_set(tmp_path: Path, cli: Callable[..., Any]) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("keep")
    for target in (precious, precious / "thesis.txt"):
        result = cli("build", "-o", target)
        assert result.exit_code == 1
        assert "is in the way" in result.stderr
    assert (precious / "thesis.txt").read_text() == "keep"
    cli("build", "-o", tmp_path / "dataset")
    (tmp_path / "dataset" / "thesis.txt").write_text("keep")
    assert cli("build", "-o", tmp_path / "dataset").exit_code == 1
    assert (tmp_path / "dataset" / "thesis.txt").read_text() == "keep"


def test_a_build_of_broken_annotations_writes_nothing(
    corpus_copy: Path, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    (corpus_copy / "entities.csv").write_text("x\n")
    result = cli("build", "--annotations", corpus_copy, "-o", tmp_path / "dataset")
    assert (result.exit_code, (tmp_path / "dataset").exists()) == (1, False)
    assert "entities.csv:1: csv:" in result.stderr


def test_the_manifest_has_the_counts_of_the_gold(gold: vn.Gold) -> None:
    manifest = json.loads((DATASET / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sha256"] == gold.sha256
    assert manifest["counts"]["entities"] == sum(len(d.entities) for d in gold.values())
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        "documents": len(gold),
        "registry": len(gold.registry),
        **{layer: manifest["counts"][layer] for layer in ("entities", "dates", "marks", "quotes")},
    }


def test_the_card_stamps_version_and_hash_into_every_config() -> None:
    """``datasets`` keys its cache on the card, not on the data."""
    _, head, body = (DATASET / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(head)
    assert [c["config_name"] for c in card["configs"] if c.get("default")] == ["documents"]
    for config in card["configs"]:
        file = table(config["config_name"])
        manifest = json.loads((DATASET / file.parents[1] / "manifest.json").read_bytes())
        assert config["data_files"][0]["path"] == file.as_posix()
        assert config["version"] == manifest["data_version"]
        assert manifest["tables"][file.stem]["sha256"] in config["description"]
    assert "not people" in body


def test_the_card_says_what_the_labels_do_not_show(gold: vn.Gold) -> None:
    """Its figures are those of the data."""
    card = " ".join((DATASET / "README.md").read_text(encoding="utf-8").split())
    marks = [(d.segment_at(m.start), m.function) for d in gold.values() for m in d.marks]
    assert all(segment is not None for segment, _ in marks)
    counted = Counter((function, segment.item > 0) for segment, function in marks if segment)
    scare, speech = (sum(f == name for _, f in marks) for name in ("scare", "speech"))
    assert f"{counted['scare', True]} of {scare} marks with function `scare` are in teasers" in card
    assert f"{counted['speech', False]} of {speech} with function `speech` in the" in card
    assert "dates, type: TIME, SET" in card
    assert "marks, function: title, term" in card
    assert "quotes, source_status: absent" in card
    assert "quotes, content in several spans: none" in card
    layers = ("entities", "dates", "marks", "quotes")
    records = [r for d in gold.values() for layer in layers for r in getattr(d, layer)]
    assert f"{sum(r.contested for r in records)} records are `contested`" in card
    caution, table = card.index("Read these numbers with suspicion"), card.index("| layer | units")
    assert caution < table


def test_a_data_set_without_readings_and_kinds_is_loaded(tmp_path: Path) -> None:
    """Those that version 0.1 built."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "old"
    shutil.copytree(DATASET, folder)
    table = pq.read_table(folder / "data" / "registry.parquet").drop_columns(["kind"])
    pq.write_table(table, folder / "data" / "registry.parquet")
    rows = pq.read_table(folder / "data" / "documents.parquet").to_pylist()
    new = {"contested", "readings", "truncated", "inherited"}
    for row in rows:
        for layer in ("entities", "dates", "marks", "quotes"):
            row[layer] = [{k: v for k, v in r.items() if k not in new} for r in row[layer]]
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "documents.parquet")
    old = vn.load(folder)
    assert not any(r.contested or r.readings for d in old.values() for r in d.quotes)
    assert {entry.kind for entry in old.registry.values()} == {"name"}


def test_the_features_in_the_card_are_those_of_the_tables() -> None:
    import pyarrow.parquet as pq
    from datasets import Features

    head = yaml.safe_load((DATASET / "README.md").read_text(encoding="utf-8").split("---\n", 2)[1])
    names = [config["config_name"] for config in head["configs"]]
    assert [info["config_name"] for info in head["dataset_info"]] == names == list(CONFIGS)
    for info in head["dataset_info"]:
        schema = pq.read_schema(DATASET / table(info["config_name"]))
        features = Features._from_yaml_list(info["features"])
        assert features.arrow_schema.remove_metadata().equals(schema)
    assert "sequence" not in str(head)


def test_the_licence_is_beside_the_card(tmp_path: Path, cli: Callable[..., Any]) -> None:
    """On the Hub the folder is a repository of its own, so the link must not leave it."""
    cli("build", "-o", tmp_path / "full")
    cli("build", "--labels-only", "-o", tmp_path / "labels")
    for folder, included in (
        (DATASET, True),
        (tmp_path / "full", True),
        (tmp_path / "labels", False),
    ):
        card = (folder / "README.md").read_text(encoding="utf-8")
        link = yaml.safe_load(card.split("---\n", 2)[1])["license_link"]
        licence = (folder / link).read_text(encoding="utf-8")
        assert (folder / link).parent == folder
        assert f"({link})" in card
        assert "https://creativecommons.org/licenses/by/4.0/" in licence
        assert ("for research and evaluation only" in licence) == included
        assert ("does not contain them" in licence) != included


@pytest.mark.parametrize("name", ['Báo: "Tin" #1', "2024", "null", "- x", "{{ head }}", "a\nb"])
def test_a_custom_data_set_has_its_name_and_no_licence(
    corpus_copy: Path, tmp_path: Path, cli: Callable[..., Any], name: str
) -> None:
    index = corpus_copy / "articles" / "articles.json"
    articles = json.loads(index.read_text(encoding="utf-8")) | {"name": name}
    index.write_text(json.dumps(articles), encoding="utf-8")
    folder = tmp_path / "dataset"
    assert cli("build", "--annotations", corpus_copy, "-o", folder).exit_code == 0
    assert not (folder / "LICENSE").exists()
    head = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)[1])
    assert list(head) == ["pretty_name", "language", "configs", "dataset_info"]
    assert head["pretty_name"] == name


def test_a_custom_data_set_without_a_name_has_not_the_card_of_this_one(
    tmp_path: Path, cli: Callable[..., Any]
) -> None:
    corpus = workbench.new_folder(tmp_path)
    index = corpus / "articles" / "articles.json"
    articles = json.loads(index.read_text(encoding="utf-8"))
    del articles["name"]
    index.write_text(json.dumps(articles), encoding="utf-8")
    folder = tmp_path / "dataset"
    built = cli("build", "--annotations", corpus, "-o", folder)
    assert built.exit_code == 0, built.stderr
    assert not (folder / "LICENSE").exists()
    assert not (folder / "eval.yaml").exists()
    assert "mainland usage" not in (folder / "README.md").read_text(encoding="utf-8")


LOAD = """
    import sys
    from datasets import load_dataset
    import vinewsie as vn
    from vinewsie.reading.gold import document_of_row
    gold = vn.load()
    layers = ("entities", "dates", "marks", "quotes")
    sizes = {layer: sum(len(getattr(d, layer)) for d in gold.values()) for layer in layers}
    for config, rows in {"documents": 2, **sizes, "registry": len(gold.registry)}.items():
        for streaming in (False, True):
            loaded = list(load_dataset("dataset", config, split="test", streaming=streaming))
            assert len(loaded) == rows, (config, streaming, len(loaded))
            if config == "documents":
                assert [document_of_row(row) for row in loaded] == list(gold.values())
            elif config == "registry":
                assert [row["entity_id"] for row in loaded] == list(gold.registry)
            else:
                flat = [(d.doc_id, r.id) for d in gold.values() for r in getattr(d, config)]
                assert [(row["doc_id"], row["id"]) for row in loaded] == flat
    print("ok")
"""


def test_load_dataset_gives_the_gold_offline(tmp_path: Path) -> None:
    environment = {
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
    }
    assert python(LOAD, ROOT, **environment).strip() == "ok"


def test_the_installed_version_of_datasets_gives_every_row_in_every_way() -> None:
    """``python tests/matrix.py`` does so for several versions, from a checkout and a wheel."""
    found = matrix.installed(DATASET)
    for way in matrix.WAYS:
        equal, rows, differs = found[way]
        assert rows
        assert (equal, differs) == (rows, ""), way


def test_edited_data_are_not_served_from_the_cache(
    corpus_copy: Path, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    environment = {
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
    }
    code = """
        from datasets import load_dataset
        print(load_dataset("dataset", "dates", split="test")[0]["value"])
    """
    cli("build", "--annotations", corpus_copy, "-o", tmp_path / "dataset")
    assert python(code, tmp_path, **environment).strip() == "2023-10-12"
    path = corpus_copy / "gold" / "baoquocte-20231012" / "dates.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace("2023-10-12", "2023-10-11"), encoding="utf-8"
    )
    cli("build", "--annotations", corpus_copy, "-o", tmp_path / "dataset")
    assert python(code, tmp_path, **environment).strip() == "2023-10-11"


def test_labels_only_and_the_texts_give_the_same_documents(
    gold: vn.Gold, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    folder = tmp_path / "labels"
    assert cli("build", "--labels-only", "-o", folder).exit_code == 0
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for words in ("sức ép của phương Tây", "Tôi tin rằng", "không có ý định thù địch"):
        assert words.encode() not in everything
    import pyarrow.parquet as pq

    for table in folder.glob("data/*.parquet"):
        assert "text" not in str(pq.ParquetFile(table).schema_arrow).replace("text_sha256", "")
    with pytest.raises(MissingTextError, match="texts="):
        vn.load(folder)
    texts = tmp_path / "texts"
    texts.mkdir()
    for number, article in enumerate(
        sorted((ANNOTATIONS / "articles").glob("*.txt"), reverse=True)
    ):
        (texts / f"any name {number}").write_bytes(article.read_bytes())
    again = vn.load(folder, texts=texts)
    assert dict(again) == dict(gold)
    assert (again.sha256, dict(again.registry)) == (gold.sha256, dict(gold.registry))
    (texts / "any name 0").write_text("another text")
    with pytest.raises(vn.FindingsError, match="article-hash"):
        vn.load(folder, texts=texts)
    (texts / "any name 0").unlink()
    (texts / "again").write_bytes(
        next(iter(sorted((ANNOTATIONS / "articles").glob("*.txt"), reverse=True))).read_bytes()
    )
    assert cli("score", "-e", "rules", "--gold", folder).exit_code == 2
    # The same but for the command that shows the errors.
    shown = cli("score", "-e", "rules", "--gold", folder, "--texts", texts).stdout
    given = f" --gold {folder} --texts {texts}"
    assert given in shown
    assert shown.replace(given, "") == cli("score", "-e", "rules").stdout


def test_labels_only_needs_an_output(cli: Callable[..., Any]) -> None:
    assert cli("build", "--labels-only").exit_code == 2


def test_a_changed_text_in_the_data_set_is_found(tmp_path: Path, cli: Callable[..., Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    cli("build", "-o", tmp_path / "dataset")
    path = tmp_path / "dataset" / "data" / "documents.parquet"
    table = pq.ParquetFile(path).read()
    rows = table.to_pylist()
    rows[0]["text"] += "x"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    with pytest.raises(vn.FindingsError, match="article-hash"):
        vn.load(tmp_path / "dataset")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_package_and_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"vinewsie/data/{table(config).as_posix()}" for config in CONFIGS} <= set(names)
    assert "vinewsie/annotations/templates/card.md.j2" in names
    assert "vinewsie/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"vinewsie"}
    assert not any("/tests/" in name or name.endswith((".jsonl", ".csv", ".xml")) for name in names)


def test_load_works_from_an_unpacked_wheel_elsewhere(
    wheel: Path, gold: vn.Gold, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = """
        import sys; sys.path.insert(0, "site")
        import vinewsie as vn
        assert "site" in vn.__file__, vn.__file__
        gold = vn.load()
        print(gold.sha256, vn.score(list(gold.values()))["attribution.joint"].f1)
    """
    assert python(code, tmp_path).split() == [gold.sha256, "1.0"]
