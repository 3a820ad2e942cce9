"""The structure of the package in figures: ``python tests/house.py [PACKAGE]``.

A room is a folder of the package, or a module that lies loose at its root. An import between rooms
counts once for each pair of rooms and module that imports. A knot is a set of rooms each of which
imports, directly or through others, all the rest.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "scripts" / "vinewsie"
FACES = ("__init__", "__main__")
"""Modules that only hand names on."""


def room_of(path: Path, package: Path) -> str:
    """The room of a module: its folder at the root of the package, or itself."""
    return path.relative_to(package).with_suffix("").parts[0]


def imports(package: Path = PACKAGE) -> Iterator[tuple[str, str, str]]:
    """Every import between rooms, late ones too, as (file, importing room, imported room)."""
    for path in sorted(package.rglob("*.py")):
        room, found = room_of(path, package), set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            parts = (name.split(".") for name in names)
            found |= {part[1] for part in parts if part[0] == package.name and len(part) > 1}
        yield from (
            (str(path.relative_to(package)), room, other) for other in sorted(found - {room})
        )


def knots(edges: Mapping[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of more than one room, the largest first."""

    def reached(start: str) -> set[str]:
        seen, left = {start}, [start]
        while left:
            new = edges.get(left.pop(), set()) - seen
            seen |= new
            left += new
        return seen

    reach = {room: reached(room) for room in edges}
    groups = {frozenset(o for o in reach[r] if r in reach.get(o, ())) for r in edges}
    return sorted((set(group) for group in groups if len(group) > 1), key=len, reverse=True)


def figures(package: Path = PACKAGE) -> dict[str, object]:
    """Modules, lines, rooms, imports between rooms, and knots."""
    paths = list(package.rglob("*.py"))
    rooms = {room_of(path, package) for path in paths} - set(FACES)
    arrows = [(file, a, b) for file, a, b in imports(package) if {a, b} <= rooms]
    edges: dict[str, set[str]] = {room: set() for room in rooms}
    for _, a, b in arrows:
        edges[a].add(b)
    found = knots(edges)
    return {
        "modules": len(paths),
        "lines": sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths),
        "rooms": len(rooms),
        "loose modules": sum(path.parent == package and path.stem not in FACES for path in paths),
        "imports between rooms": len(arrows),
        "pairs of rooms": len({(a, b) for _, a, b in arrows}),
        "largest knot": len(found[0]) if found else 0,
        "rooms in it": sorted(found[0]) if found else [],
    }


if __name__ == "__main__":
    for name, value in figures(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE).items():
        print(f"{name}: {value}")
