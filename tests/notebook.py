"""The example notebook: ``python tests/notebook.py`` runs it and keeps what it shows."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "scripts" / "example.ipynb"


def executed() -> Any:
    """The notebook with the outputs that it has now, run with the package of this checkout."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    os.environ["PYTHONPATH"] = str(ROOT / "scripts")
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, resources={"metadata": {"path": folder}}, timeout=None).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the times
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data.pop("text/plain", None)  # the same without its form, and long
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def outputs(notebook: Any) -> list[tuple[str, Any]]:
    """What the cells show, by type of content; the source of a cell before its outputs."""
    shown: list[tuple[str, Any]] = []
    for cell in notebook.cells:
        shown.append(("source", cell.source))
        for output in cell.get("outputs", ()):
            shown += sorted(output.get("data", {}).items())
            if output.output_type in ("stream", "error"):
                shown.append((output.output_type, output.get("text", output.get("evalue"))))
    return shown


if __name__ == "__main__":
    nbformat.write(executed(), NOTEBOOK)
    sys.stdout.write(f"wrote {NOTEBOOK}\n")
