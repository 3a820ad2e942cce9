"""Loads the data set with several versions of ``datasets``, each in an environment of its own.

``python tests/matrix.py`` makes the environments (it needs a network, or a cache of packages),
loads every config from the checkout and from an installed wheel, and prints what is equal to the
rows of the Parquet files. ``--installed`` checks the version that is installed, in this process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = {
    "2.14.7": ("numpy<2", "pandas<3", "pyarrow<17", "fsspec<2024", "huggingface_hub<0.26"),
    "3.6.0": (),
    "4.8.5": (),
    "": (),
}
"""Versions of ``datasets``, the current release last, with what else the old ones need."""
WAYS = ("map", "streaming", "pandas", "polars")


def check(folder: Path) -> dict[str, Any]:
    """Loads every config of a data set in every way.

    Args:
        folder: the data set.

    Returns:
        The version of ``datasets``; for each way, the number of equal rows, the number of all rows,
        and the first config that differs.
    """
    import datasets
    import pyarrow.parquet as pq
    import yaml

    text = (folder / "README.md").read_text(encoding="utf-8")
    found: dict[str, list[Any]] = {way: [0, 0, ""] for way in WAYS}
    for config in yaml.safe_load(text.split("---\n", 2)[1])["configs"]:
        table = pq.read_table(folder / config["data_files"][0]["path"])
        rows = table.to_pylist()
        for way in WAYS:
            given = _rows(datasets, str(folder), config["config_name"], way, table.schema)
            equal = sum(a == b for a, b in zip(rows, given, strict=False))
            found[way][0] += equal
            found[way][1] += len(rows)
            if (equal, len(given)) != (len(rows), len(rows)):
                found[way][2] = found[way][2] or config["config_name"]
    return {"datasets": datasets.__version__, **found}


def _rows(datasets: Any, folder: str, config: str, way: str, schema: Any) -> list[Any]:
    import pyarrow as pa

    streaming = way == "streaming"
    loaded = datasets.load_dataset(folder, config, split="test", streaming=streaming)
    if way == "pandas":
        frame = loaded.to_pandas()
        return list(pa.Table.from_pandas(frame, schema=schema, preserve_index=False).to_pylist())
    if way == "polars":
        import polars

        if hasattr(loaded, "to_polars"):
            frame = loaded.to_polars()
        else:  # before 2.21
            frame = polars.from_arrow(loaded.data.table)
        return list(frame.to_dicts())
    return list(loaded)


def installed(folder: Path) -> dict[str, Any]:
    """As :func:`check`, in a new process, without a network and with an empty cache.

    Args:
        folder: the data set.
    """
    return _run(Path(sys.executable), folder)


def _run(python: Path, folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        offline = {"HF_HOME": home, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        run = subprocess.run(
            [str(python), str(Path(__file__).resolve()), "--check", str(folder)],
            env={**os.environ, **offline, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise SystemExit(run.stderr)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def unpacked_wheel(folder: Path) -> Path:
    """Builds the wheel, unpacks it in a folder, and returns the data set in it.

    Args:
        folder: an empty folder.
    """
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        archive.extractall(folder / "site")
    return folder / "site" / "vinewsie" / "data"


def _environment(place: Path, version: str, more: tuple[str, ...]) -> Path:
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        wanted = [f"datasets=={version}" if version else "datasets", "polars", "pyyaml", *more]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    return python


def line(source: str, found: dict[str, Any]) -> str:
    """A row of the printed table: the version, and equal of all rows in each way."""
    cells = [
        f"{found[way][0]}/{found[way][1]}" + (f" ({found[way][2]})" if found[way][2] else "")
        for way in WAYS
    ]
    return "".join(f"{cell:<14}" for cell in (found["datasets"], source, *cells)).rstrip()


def main() -> None:
    """Prints the table; exit code 1 if a row differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--installed", action="store_true", help="only the installed version")
    parser.add_argument("--environments", type=Path, help="folder that keeps the environments")
    given = parser.parse_args()
    if given.check:
        print(json.dumps(check(given.check)))
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = given.environments or Path(folder) / "environments"
        sources = {"clone": ROOT / "dataset", "wheel": unpacked_wheel(Path(folder))}
        print("".join(f"{cell:<14}" for cell in ("datasets", "from", *WAYS)).rstrip())
        wrong = False
        for version, more in {"": ()}.items() if given.installed else VERSIONS.items():
            python = (
                Path(sys.executable)
                if given.installed
                else _environment(kept / (version or "current"), version, more)
            )
            for source, data in sources.items():
                found = _run(python, data)
                print(line(source, found), flush=True)
                wrong |= any(found[way][0] != found[way][1] or found[way][2] for way in WAYS)
    raise SystemExit(int(wrong))


if __name__ == "__main__":
    main()
