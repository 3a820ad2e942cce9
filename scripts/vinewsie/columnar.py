"""Rows of Parquet and Arrow files, and the names of their class labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from vinewsie.findings import Finding, FindingsError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".arrow")

_PARQUET, _ARROW, _STREAM = "Parquet", "Arrow", "Arrow stream"
_MAGIC = {b"PAR1": _PARQUET, b"ARROW1": _ARROW, b"\xff\xff\xff\xff": _STREAM}
"""Kinds of tables by their first bytes."""

_VALUES = 1 << 22
"""Values of a Parquet file that are read whatever its size."""
_VALUES_PER_BYTE = 64
_BYTES = 1 << 26
"""Unpacked bytes of a Parquet file that are read whatever its size."""
_BYTES_PER_BYTE = 200


def is_table(name: str, file: IO[bytes]) -> bool:
    """Whether an open file is a Parquet or Arrow file.

    Args:
        name: the file.
        file: its bytes, from the beginning, where the position is left.
    """
    return _kind(name, file) is not None


def _kind(name: str, file: IO[bytes]) -> str | None:
    """The kind of a table by its first bytes, as standard input has no ending; of a broken file by
    its ending. None for another file.
    """
    first = file.read(max(map(len, _MAGIC)))
    file.seek(0)
    for magic, kind in _MAGIC.items():
        if first.startswith(magic):
            return kind
    unpacked = name.removesuffix(".gz")
    if unpacked.endswith(".parquet"):
        return _PARQUET
    return _STREAM if unpacked.endswith(".arrow") else None


def table_in(name: str, file: IO[bytes]) -> pa.Table:
    """The table of an open file.

    Args:
        name: the file that findings name.
        file: its bytes, from the beginning.

    Raises:
        FindingsError: it is no table, or a broken one.
    """
    import pyarrow as pa

    kind = _kind(name, file)
    try:
        options = pa.ipc.IpcReadOptions(use_threads=False)
        if kind == _PARQUET:
            table = _parquet(name, file)
        elif kind == _ARROW:
            table = pa.ipc.open_file(file, options=options).read_all()
        else:
            table = pa.ipc.open_stream(file, options=options).read_all()
        # Strings that are not UTF-8 would fail later; a wrong offset would end the process.
        table.validate(full=True)
        return table
    except (pa.ArrowException, MemoryError, OSError, OverflowError, UnicodeDecodeError) as error:
        article = "a Parquet" if kind == _PARQUET else "an Arrow"
        message = f"is not {article} file that can be read: {error}"
        raise FindingsError([Finding("file", message, file=name)]) from error


def _parquet(name: str, file: IO[bytes]) -> pa.Table:
    """The table of a Parquet file. A file that would take a huge multiple of its size is refused.

    Args:
        name: the file that findings name.
        file: the open file.

    Raises:
        FindingsError: the file is refused.
    """
    import pyarrow.parquet as pq

    size = file.seek(0, 2)
    values, unpacked = max(_VALUES, _VALUES_PER_BYTE * size), max(_BYTES, _BYTES_PER_BYTE * size)
    refused = FindingsError(
        [
            Finding(
                "file",
                f"would take far more memory than its {size} bytes; write it again in plain "
                "encoding, or as JSON Lines",
                file=name,
            )
        ]
    )
    about = pq.ParquetFile(file).metadata
    columns = [about.schema.column(number) for number in range(about.num_columns)]
    chunks = [
        (column, about.row_group(group).column(number))
        for group in range(about.num_row_groups)
        for number, column in enumerate(columns)
    ]
    held = sum(chunk.num_values * column.length for column, chunk in chunks if column.length > 0)
    held += sum(chunk.total_uncompressed_size for _, chunk in chunks)
    if about.num_rows + sum(chunk.num_values for _, chunk in chunks) > values or held > unpacked:
        raise refused
    # As dictionaries, repeated strings are held once; so their length is known beforehand.
    strings = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    table = pq.ParquetFile(file, read_dictionary=strings).read(use_threads=False)
    if sum(_length(chunk) for column in table.columns for chunk in column.chunks) > unpacked:
        raise refused
    return read_parquet(file)


def read_parquet(file: Path | IO[bytes]) -> pa.Table:
    """The table of a Parquet file, read without Arrow's threads: with them, a process that ends
    soon after may abort or hang while they are shut down (apache/arrow#34314, #50482).
    """
    import pyarrow.parquet as pq

    return pq.ParquetFile(file).read(use_threads=False)


def _length(array: Any) -> int:
    """Bytes of the strings in an Arrow array whose strings are dictionaries."""
    import pyarrow as pa
    import pyarrow.compute

    compute: Any = pyarrow.compute  # made at run time, so its types are not known
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = compute.binary_length(array.dictionary).take(array.indices)
        return compute.sum(lengths).as_py() or 0
    if pa.types.is_struct(kind):
        return sum(map(_length, array.flatten()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _length(array.values)
    return 0


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
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
    ):
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
