"""Rows of Parquet and Arrow files, and the names of their class labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import msgspec

from vinewsie.findings import Finding, FindingsError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".arrow")


def table_in(name: str, file: IO[bytes]) -> pa.Table:
    """The table of an open file.

    Args:
        name: the file; its ending gives the format.
        file: its bytes.

    Raises:
        FindingsError: it is not of that format.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = "a Parquet" if name.endswith(".parquet") else "an Arrow"
    try:
        if name.endswith(".parquet"):
            return pq.read_table(file)
        return pa.ipc.open_stream(file).read_all()
    except pa.ArrowInvalid as error:
        raise FindingsError([Finding("file", f"is not {kind} file: {error}", file=name)]) from error


def rows_of_table(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a table; what is null is left out, as in JSON."""
    for batch in table.to_batches(max_chunksize=1000):
        yield from map(_without_nulls, batch.to_pylist())


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def class_names(table: pa.Table) -> dict[str, list[str]]:
    """The names of the class labels of each column, as ``datasets`` writes them."""
    written = (table.schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        features = msgspec.json.decode(written)["info"]["features"]
        return {column: names for column, given in features.items() if (names := _names(given))}
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return {}


def _names(feature: Any) -> list[str] | None:
    """The names in a feature: a class label, or a sequence of class labels."""
    if isinstance(feature, list):
        return _names(feature[0]) if feature else None
    if not isinstance(feature, Mapping):
        return None
    names = feature.get("names")
    if feature.get("_type") == "ClassLabel" and isinstance(names, list):
        return [str(name) for name in names]
    return _names(feature.get("feature"))
