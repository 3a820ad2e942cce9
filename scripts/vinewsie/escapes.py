"""Text from files, shown in a terminal."""

from __future__ import annotations

_CONTROLS = {n: f"\\x{n:02x}" for n in range(0x20) if chr(n) not in "\n\t"}
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""The characters that change the direction of text (Unicode's property Bidi_Control)."""
_OTHERS = (*range(0x7F, 0xA0), *_DIRECTIONS)
_ESCAPES = _CONTROLS | {n: f"\\u{n:04x}" for n in _OTHERS}


def escaped(text: str) -> str:
    r"""The text with its control characters as ``\x1b`` and those that turn its direction as
    ``\u202e``, so that a terminal does not obey them. JSON stays JSON of the same value.
    """
    return text.translate(_ESCAPES)
