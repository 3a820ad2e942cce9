"""Text from files, shown in a terminal."""

from __future__ import annotations

_CONTROLS = {
    number: f"\\x{number:02x}"
    for number in (*range(0x20), *range(0x7F, 0xA0))
    if chr(number) not in "\n\t"
}


def escaped(text: str) -> str:
    r"""The text with its control characters as ``\x1b``, so that a terminal does not obey them."""
    return text.translate(_CONTROLS)
