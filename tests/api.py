"""The public API as griffe reads it from the source, and what a change of it breaks.

``python tests/api.py`` writes it to ``tests/data/api.json``. Do so where a release adds names or
parameters; what breaks callers needs a new minor version and a line in the changelog.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import griffe

import vinewsie as vn

KEPT = Path(__file__).parent / "data" / "api.json"
SOURCE = Path(__file__).resolve().parents[1] / "scripts"

Api = dict[str, dict[str, Any]]
"""For each name: its parameters, each with kind, default and type; or the names of its members, and
its fields, inherited ones included, each with type and default. Methods are names of their own.
"""


def public_api(source: Path = SOURCE) -> Api:
    """The public API of the package in a folder.

    Args:
        source: the source root.
    """
    package = griffe.load("vinewsie", search_paths=[source], allow_inspection=False)
    assert isinstance(package, griffe.Module)
    found: Api = {}
    for name in vn.__all__:
        if name == "__version__":
            continue
        one = package[name]
        one = one.final_target if isinstance(one, griffe.Alias) else one
        found |= _described(name, one)
    return found


def _described(name: str, one: Any) -> Iterator[tuple[str, dict[str, Any]]] | dict[str, Any]:
    if isinstance(one, griffe.Function):
        return {name: {"parameters": _parameters(one)}}
    members = {
        key: member
        for key, member in one.members.items()
        if not key.startswith("_") and not isinstance(member, griffe.Alias)
    }
    found: dict[str, Any] = {name: {"members": sorted(members), "fields": _fields(one)}}
    for key, member in members.items():
        if isinstance(member, griffe.Function):
            found |= {f"{name}.{key}": {"parameters": _parameters(member)}}
    return found


def _fields(one: griffe.Class) -> list[list[str | None]]:
    """What the constructor of a struct or a data class takes."""
    return [
        [key, _text(member.annotation), _text(member.value)]
        for key, found in {**one.inherited_members, **one.members}.items()
        for member in [found.final_target if isinstance(found, griffe.Alias) else found]
        if not key.startswith("_") and isinstance(member, griffe.Attribute)
        if member.annotation is not None and "ClassVar" not in str(member.annotation)
        if not {"property", "cached-property"} & member.labels
    ]


def _parameters(function: griffe.Function) -> list[list[str | None]]:
    return [
        [
            one.name,
            one.kind.value if one.kind else None,
            _text(one.default),
            _text(one.annotation),
        ]
        for one in function.parameters
        if one.name not in ("self", "cls")
    ]


def _text(expression: Any) -> str | None:
    if expression is None:
        return None
    return ast.unparse(ast.parse(str(expression), mode="eval"))


def broken(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a change breaks for callers, one line each. Any other type is named: whether it is only
    wider is for a reader to tell.

    Args:
        old: the API of a release.
        new: that of the source.
    """
    found: list[str] = []
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            found.append(f"{name} is gone")
            continue
        gone = set(before.get("members", ())) - set(after.get("members", ()))
        found += [f"{name}.{member} is gone" for member in sorted(gone)]
        found += _broken_fields(name, before.get("fields", ()), after.get("fields", ()))
        if "parameters" in before and "parameters" in after:
            found += [f"{name}: {what}" for what in _broken_call(before, after)]
    return found


def _broken_fields(name: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[str]:
    had = {field: (kind, default) for field, kind, default in before}
    has = {field: (kind, default) for field, kind, default in after}
    for field, (kind, default) in has.items():
        if field not in had:
            if default is None:
                yield f"{name}.{field} is new and required"
            continue
        old_kind, old_default = had[field]
        if kind != old_kind:
            yield f"{name}.{field} is {kind}, and was {old_kind}"
        if default != old_default:
            now, was = (
                "required" if one is None else f"{one} by default" for one in (default, old_default)
            )
            yield f"{name}.{field} is {now}, and was {was}"


def _broken_call(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    there = {one[0]: one for one in after["parameters"]}
    names = {one[0] for one in before["parameters"]}
    for name, kind, default, type_ in before["parameters"]:
        if name not in there:
            yield f"parameter {name} is gone"
            continue
        _, now, value, takes = there[name]
        if now != kind:
            yield f"parameter {name} is {now}, and was {kind}"
        if value != default:
            yield f"parameter {name} has the default {value}, and had {default}"
        if takes != type_:
            yield f"parameter {name} takes {takes}, and took {type_}"
    for name, kind, default, _ in after["parameters"]:
        if name not in names and default is None and not str(kind).startswith("variadic"):
            yield f"parameter {name} is new and required"
    places = [
        [one[0] for one in side["parameters"] if "keyword-only" not in str(one[1])]
        for side in (before, after)
    ]
    if set(places[0]) <= set(places[1]) and places[1][: len(places[0])] != places[0]:
        yield f"positional parameters are {', '.join(places[1])}, and were {', '.join(places[0])}"


def main() -> None:
    """Writes the API of the source."""
    KEPT.write_text(json.dumps(public_api(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
