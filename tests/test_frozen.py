"""No refactoring changes a result (see ``frozen.py``)."""

from __future__ import annotations

import json

import frozen


def test_no_result_has_changed() -> None:
    held = json.loads((frozen.ROOT / "tests" / "data" / "frozen.json").read_text(encoding="utf-8"))
    found = json.loads(json.dumps(dict(frozen.flat(frozen.capture()))))
    assert {path: value for path, value in found.items() if held.get(path) != value} == {}
    assert held.keys() == found.keys()
