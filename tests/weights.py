"""What an environment weighs: ``python tests/weights.py``, run with its Python.

Prints the megabytes of each installed package, the largest first, and of all of them. Compiled
files that Python writes are not counted.
"""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

LEAST = 1.0
"""Megabytes from which a package has a line of its own."""


def main() -> None:
    sizes = {
        found.metadata["Name"]: sum(
            path.stat().st_size
            for file in found.files or ()
            if file.suffix != ".pyc" and (path := Path(str(found.locate_file(file)))).is_file()
        )
        / 1e6
        for found in distributions()
    }
    large = {name: size for name, size in sizes.items() if size >= LEAST}
    for name, size in sorted(large.items(), key=lambda item: -item[1]):
        print(f"{size:7.1f}  {name}")
    rest = len(sizes) - len(large)
    print(f"{sum(sizes.values()) - sum(large.values()):7.1f}  {rest} more")
    print(f"{sum(sizes.values()):7.1f}  in all")


if __name__ == "__main__":
    main()
