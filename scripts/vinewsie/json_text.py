"""JSON values in a text: one after the other, in one list, or in prose and code fences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_DECODER = json.JSONDecoder(parse_int=str)  # only ends are asked for; int() has a limit of digits
_LENIENT = json.JSONDecoder(strict=False)
_EFFORT = 20
"""Times that a text may be read in all while the JSON in it is looked for."""
_NESTED = 1000
"""Characters that are read, at the least, before a value is found to be nested too deeply."""
_BLANK = re.compile(r"[ \t\r\n]*")
_OPENING = re.compile(r"[{\[]")


def one_a_line(first: bytes, second: bytes) -> bool:
    """Whether a file has one JSON value on each line, by its first two lines with content.

    A first line that is cut off is a defect of such a file if the second one is a whole object.
    """
    if first.lstrip().startswith(b"["):
        return False
    try:
        msgspec.json.decode(first)
    except RecursionError:
        return True
    except msgspec.DecodeError as error:
        return "truncated" not in str(error) or (first.strip() != b"{" and _is_object(second))
    return True


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def values_in(text: str, *, items: bool = False) -> Iterator[tuple[int, str]]:
    """The JSON of the values that stand one after the other, however indented.

    Args:
        text: the text.
        items: whether a list counts as its items.

    Yields:
        The line on which a value begins, from 1, and its JSON.

    Raises:
        json.JSONDecodeError: the text is broken; all values before that place were yielded.
        RecursionError: a value is nested too deeply.
    """
    position, line, counted = _after_blank(text, 0), 1, 0
    inside = items and text.startswith("[", position)
    if inside:
        position = _after_blank(text, position + 1)
        if text.startswith("]", position):
            position, inside = _after_blank(text, position + 1), False
    while position < len(text):
        _, end = _DECODER.raw_decode(text, position)
        line, counted = line + text.count("\n", counted, position), position
        yield line, text[position:end]
        position = _after_blank(text, end)
        if inside:
            if text.startswith(",", position):
                position = _after_blank(text, position + 1)
            elif text.startswith("]", position):
                position, inside = _after_blank(text, position + 1), False
            else:
                raise json.JSONDecodeError("expected ',' or ']'", text, position)
    if inside:
        raise json.JSONDecodeError("the list is not closed", text, position)


def _after_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match is not None else position


def embedded(text: str) -> Iterator[tuple[int, int, Any]]:
    """The JSON objects and lists in prose and code fences, each with its start and end.

    A bracket that begins none costs what is read until that shows; of a text of brackets alone not
    all are tried.
    """
    position, left = 0, _EFFORT * len(text)
    while left >= 0 and (opening := _OPENING.search(text, position)) is not None:
        start = opening.start()
        try:
            value, position = _LENIENT.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            position = opening.end()
            left -= error.pos - start if isinstance(error, json.JSONDecodeError) else _NESTED
            continue
        yield start, position, value
