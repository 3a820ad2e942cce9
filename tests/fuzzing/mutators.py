"""Changes to files: of JSON values, table rows, lines with cells, and bytes."""

from __future__ import annotations

import functools
import gzip
import io
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Files = Mapping[str, bytes]
"""An input: the files by their paths inside a folder."""

_DEEP = "\x01deep"
"""Stands for a value that is nested more deeply than a JSON encoder can write."""

_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    3,
    2**31,
    2**63,
    10**30,
    -(10**30),
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "x",
    "LOC",
    "\0",
    "\ud800",
    "\u2028",
    "٣",
    "1",
    "x" * 3000,
    [],
    {},
    [[]],
    [None],
    [1, 2],
    [1, 2, "LOC"],
    ["x"],
    [{}],
    {"start": 1},
    {"text": 3},
    {"entities": 3},
    {"start": 0, "end": 10**12},
    {"label": "PER", "points": []},
    _DEEP,
)
"""Values that replace those of a file."""

_NAMES = ("", "id", "text", "doc_id", "start", "end", "label", "type", "entities", "content", "\0")

_SNIPPETS = (
    b"\0",
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b"\t",
    b" ",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xed\xa0\x80",
    "\u2028\u0085".encode(),
    "\u00a0\u200b".encode(),
    "\u0301".encode(),
    "٣²".encode(),
    "🎉".encode(),
    b"-1",
    b"9" * 5000,
    b"[" * 5000,
    b"[" * 900 + b"]" * 900,
    b'{"a":' * 1200,
    b"{}",
    b"null",
    b"NaN",
    b'"',
    b"\\",
    b"\\ud800",
    b"```json\n",
    b"```",
    b"<",
    b"</",
    b"&#xD800;",
    b"&lol;",
    b"]]>",
    b"<!DOCTYPE x [",
    b"\x1b[2J",
    b"%s{}",
    b";",
    b"|",
    b"O",
    b"B-",
    b"I-PER",
    b"#",
    b"../../x",
)

_CELLS = (
    "",
    " ",
    "0",
    "-1",
    "9" * 30,
    "٣",
    "O",
    "B-PER",
    "I-",
    "-",
    "_",
    "B-B-PER",
    "T1",
    "*",
    "x",
)

_HEADERS = (
    "# token tag",
    "#token\ttag",
    "token tag",
    "token\ttag",
    "word pos ner",
    "Word\tPOS\tChunk\tNER",
    "token\u00a0tag ner",
    "-DOCSTART- O",
    "# newdoc id = d",
)
"""Lines that name the columns of a table, or a document, before its rows."""


def mutated(files: Files, others: Sequence[Files], random: Random) -> Files:
    """An input with one to four changes, most of them in one file.

    Args:
        files: the input.
        others: inputs of the same kind, from which parts are taken.
        random: the source of all choices.
    """
    changed = dict(files)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        name = random.choice(list(changed))
        if len(changed) > 1 and random.random() < 0.03:
            del changed[name]
        elif len(changed) > 1 and random.random() < 0.03:
            changed[name] = changed[random.choice(list(changed))]
        else:
            changed[name] = _changed(name, changed[name], others, random)
    return changed


def _changed(name: str, data: bytes, others: Sequence[Files], random: Random) -> bytes:
    ending = PurePath(name).suffix
    if ending == ".parquet":
        return _table(data, random) if random.random() < 0.7 else _pages(data, random)
    if random.random() < 0.25:
        return _bytes(data, others, random)
    if ending == ".spacy":
        return _packed(data, others, random)
    if random.random() < 0.01:
        return gzip.compress(data)
    if data.lstrip()[:1] in (b"{", b"[", b'"') and len(data) < 1 << 17:
        return _json(data, random)
    return _lines(data, random)


# JSON


@functools.lru_cache(maxsize=512)
def _decoded(data: bytes) -> tuple[Any, ...] | None:
    """The one value of a file, or the value of each line; None if it is no JSON."""
    try:
        return (json.loads(data),)
    except (ValueError, RecursionError):
        pass
    try:
        return tuple(json.loads(line) for line in data.splitlines() if line.strip())
    except (ValueError, RecursionError):
        return None


def _json(data: bytes, random: Random) -> bytes:
    values = _decoded(data)
    if not values:
        return _lines(data, random)
    changed = list(values)
    if len(changed) > 1 and random.random() < 0.1:
        random.shuffle(changed)
    index = random.randrange(len(changed))
    changed[index] = changed_value(changed[index], random)
    ascii_only, indent = random.random() < 0.5, random.choice((None, None, None, 1))
    try:
        text = "\n".join(json.dumps(one, ensure_ascii=ascii_only, indent=indent) for one in changed)
    except RecursionError:  # what could just be read may be too deep to be written
        return _lines(data, random)
    deep = "[" * 3000 + "]" * 3000
    text = text.replace(json.dumps(_DEEP), deep)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def changed_value(value: Any, random: Random) -> Any:
    """A JSON value with a change at one place; the value itself stays as it is."""
    places = list(_places(value))
    place = random.choice(places)
    other = random.choice(places)
    change = random.choice(_CHANGES)
    return _at(value, place, lambda there: change(there, _get(value, other), random))


Place = tuple[Any, ...]


def _places(value: Any, place: Place = ()) -> list[Place]:
    found = [place]
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*place, index))
    return found


def _get(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _at(value: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    """The value with a change at a place; only what holds the place is copied."""
    if not place:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _at(value[place[0]], place[1:], change)
    return copy


def _replaced(_value: Any, _other: Any, random: Random) -> Any:
    return random.choice(_VALUES)


def _moved(_value: Any, other: Any, _random: Random) -> Any:
    return other


def _fewer(value: Any, other: Any, random: Random) -> Any:
    if isinstance(value, dict) and value:
        gone = random.choice(list(value))
        return {key: item for key, item in value.items() if key != gone}
    if isinstance(value, list) and value:
        gone = random.randrange(len(value))
        return value[:gone] + value[gone + 1 :]
    return _tweaked(value, other, random)


def _more(value: Any, other: Any, random: Random) -> Any:
    if isinstance(value, dict):
        names = (*_NAMES, *value)
        return {**value, random.choice(names): random.choice((other, random.choice(_VALUES)))}
    if isinstance(value, list):
        place = random.randrange(len(value) + 1)
        new = [random.choice((other, random.choice(_VALUES)))]
        repeated = value[:1] * random.choice((0, 0, 0, 1, 50))
        return value[:place] + new + repeated + value[place:]
    return _tweaked(value, other, random)


def _renamed(value: Any, other: Any, random: Random) -> Any:
    if isinstance(value, dict) and value:
        old, names = random.choice(list(value)), (*_NAMES, *value)
        return {random.choice(names) if key == old else key: item for key, item in value.items()}
    return _tweaked(value, other, random)


def _wrapped(value: Any, _other: Any, random: Random) -> Any:
    return random.choice(([value], {"text": value}, {"entities": value}, {"0": value}))


def _tweaked(value: Any, _other: Any, random: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return random.choice(_VALUES)
    if isinstance(value, int | float):
        return random.choice((value + 1, value - 1, -value, value * 1000, value + 0.5, str(value)))
    if isinstance(value, str):
        data = _bytes(value.encode("utf-8", "surrogatepass"), (), random)
        return data.decode("utf-8", "replace")
    return random.choice(_VALUES)


_CHANGES = (_replaced, _replaced, _moved, _fewer, _more, _renamed, _wrapped, _tweaked, _tweaked)


# Tables, lines and bytes


@functools.lru_cache(maxsize=64)
def _rows(data: bytes) -> tuple[list[Any], Mapping[bytes, bytes] | None] | None:
    try:
        table = pq.read_table(io.BytesIO(data))
        return table.to_pylist(), table.schema.metadata
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        return None


def _table(data: bytes, random: Random) -> bytes:
    """A Parquet file with a change in its rows, as far as Arrow can write the result."""
    read = _rows(data)
    if read is None or not read[0]:
        return _pages(data, random)
    rows, metadata = read
    if metadata and random.random() < 0.1:
        metadata = {name: _bytes(value, (), random) for name, value in metadata.items()}
    else:
        rows = changed_value(rows, random)
    try:
        target = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata(metadata), target)
    except Exception:  # Arrow raises many types for what it cannot hold
        return _pages(data, random)
    return target.getvalue()


def _pages(data: bytes, random: Random) -> bytes:
    """A Parquet file with a change in its pages, or cut off. Its footer stays as it is: pyarrow 24
    ends the process if a schema there does not fit the histograms beside it, when the metadata of
    a column are read (``parquet::ParquetException`` leaves ``RowGroupMetaData.column``).
    """
    if random.random() < 0.1:
        return data[: random.randrange(len(data) + 1)]
    footer = int.from_bytes(data[-8:-4], "little") + 8
    return _bytes(data[:-footer], (), random) + data[-footer:]


def _packed(data: bytes, others: Sequence[Files], random: Random) -> bytes:
    """A file of zlib, such as a DocBin, with a change of what it holds."""
    try:
        return zlib.compress(_bytes(zlib.decompress(data), others, random))
    except zlib.error:
        return _bytes(data, others, random)


def _lines(data: bytes, random: Random) -> bytes:
    """Lines with a change of one line, or of one of its cells, or behind another header."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    index, other = random.randrange(len(lines)), random.choice(lines)
    match random.randrange(10):
        case 0:
            del lines[index]
        case 1:
            lines.insert(index, other)
        case 2:
            lines[index] = other
        case 3:
            lines[index : index + 1] = [lines[index]] * 40
        case 4:
            lines[index : index + 2] = ["".join(lines[index : index + 2])]
        case 5:
            lines.insert(index, "")
        case 6:
            lines.insert(0, random.choice(_HEADERS))
        case _:
            separator = "\t" if "\t" in lines[index] else " "
            cells = lines[index].split(separator)
            cell = random.randrange(len(cells))
            cells[cell : cell + random.choice((0, 1, 1, 1, 2))] = random.choice(
                ([], [random.choice(_CELLS)], [random.choice(other.split(separator))])
            )
            lines[index] = separator.join(cells)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _bytes(data: bytes, others: Sequence[Files], random: Random) -> bytes:
    """Bytes with a part that is cut, repeated, moved, taken from elsewhere or changed."""
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice((1, 1, 2, 8, 64, len(data))))
    match random.randrange(7):
        case 0:
            return data[:start] + data[end:]
        case 1:
            return data[:start] + data[start:end] * random.choice((2, 2, 3, 30)) + data[end:]
        case 2:
            return data[:start]
        case 3 if others:
            source = random.choice(list(random.choice(others).values()))
            begin = random.randrange(len(source) + 1)
            return data[:start] + source[begin : begin + random.choice((4, 40, 4000))] + data[end:]
        case 4 if start < len(data):
            flipped = bytes([data[start] ^ (1 << random.randrange(8))])
            return data[:start] + flipped + data[start + 1 :]
        case _:
            return data[:start] + random.choice(_SNIPPETS) + data[random.choice((start, end)) :]
