"""The example notebook runs, and shows what it shows now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebook import NOTEBOOK, executed, outputs


@pytest.fixture(scope="module")
def kept() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_shows_what_it_would_show_now(kept: Any, tmp_path: Path) -> None:
    assert outputs(kept) == outputs(executed()), (
        "python tests/notebook.py runs the notebook and keeps its outputs"
    )


def test_the_notebook_is_short_and_has_no_error(kept: Any) -> None:
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert len(code) <= 10
    assert sum(len(cell.source.splitlines()) for cell in code) <= 50
    assert [kind for kind, _ in outputs(kept) if kind == "error"] == []
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    nbformat.validate(kept)
