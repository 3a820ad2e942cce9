"""Checks and normalises the text of a new article.

Characters that shift offsets or mislead readers are refused, each with its place.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from vinewsie.findings import Finding, FindingsError

BOM = "\ufeff"

NORMALISATIONS: dict[str, tuple[str, Callable[[str], str]]] = {
    "bom": ("drop the byte order mark at the beginning", lambda text: text.removeprefix(BOM)),
    "newlines": (
        "turn CR LF and CR into LF",
        lambda text: text.replace("\r\n", "\n").replace("\r", "\n"),
    ),
    "nfc": (
        "compose letters and their marks (Unicode NFC)",
        lambda text: unicodedata.normalize("NFC", text),
    ),
}
"""Normalisations that the user can choose, in order of application: description and function."""

_BIDI = "a bidirectional control: what is shown is not in the order of the offsets; remove it"
_REFUSED = {
    "\0": "many programs end a text there; remove it",
    "\r": "programs turn it into other line ends, and offsets shift; --normalise newlines",
    **dict.fromkeys(
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", _BIDI
    ),
}
"""Characters that an article cannot have, each with the reason and the remedy."""

_BROKEN = "a character was lost in an earlier conversion"
_NAMES = {"\0": "NULL", "\r": "CARRIAGE RETURN", "\t": "TAB"}
_ENCODINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "gzip",
}


def decoded(file: str, data: bytes) -> str:
    """Decodes a UTF-8 file without any change.

    Args:
        file: the file that findings name.
        data: its bytes.

    Raises:
        FindingsError: the file is not UTF-8; there is a finding for each line that is not.
    """
    for mark, name in _ENCODINGS.items():
        if data.startswith(mark):
            raise FindingsError(
                [Finding("encoding", f"is {name}, not UTF-8; save it as UTF-8", file=file)]
            )
    findings, offset, texts = [], 0, []
    # Each line can be decoded by itself: no byte of a longer UTF-8 sequence is a line feed.
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            findings.append(
                Finding("encoding", _undecodable(line, error, offset), file=file, line=number)
            )
        offset += len(line) + 1
    if findings:
        raise FindingsError(findings)
    return "\n".join(texts)


def _undecodable(line: bytes, error: UnicodeDecodeError, offset: int) -> str:
    first = line[error.start : error.start + 3]
    bad = sum(
        "\udc80" <= character <= "\udcff" for character in line.decode("utf-8", "surrogateescape")
    )
    count = f"{bad} such bytes on this line" if bad > 1 else "the only one on this line"
    if (
        len(first) == 3
        and first[0] == 0xED
        and 0xA0 <= first[1] <= 0xBF
        and 0x80 <= first[2] <= 0xBF
    ):
        half = ord(first.decode("utf-8", "surrogatepass"))
        where = f"byte {offset + error.start} begins U+{half:04X}"
        return f"{where}, a lone surrogate, which UTF-8 cannot encode ({count}); remove it"
    where = f"byte {offset + error.start} ({first[0]:#04x})"
    return f"{where} is not UTF-8 ({count}); save the file as UTF-8"


def normalised(text: str, names: Iterable[str]) -> str:
    """Applies the normalisations with these names, in the order of :data:`NORMALISATIONS`."""
    for name, (_, change) in NORMALISATIONS.items():
        if name in set(names):
            text = change(text)
    return text


def check_text(text: str, file: str) -> list[Finding]:
    """Finds characters that an article cannot have (errors), and doubtful ones (warnings)."""
    return [finding.at(file) for finding in (*_characters(text), *_form(text))]


def _characters(text: str) -> Iterator[Finding]:
    """One finding for each unwelcome character, with its first offset and all of its lines."""
    lines: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(text.split("\n"), start=1):
        for character in set(line):
            if _unwelcome(character) and not (
                character == BOM and number == 1 and line.count(BOM) == 1 and line.startswith(BOM)
            ):
                lines[character].append(number)
    for character, numbers in sorted(lines.items(), key=lambda item: text.index(item[0])):
        reason = _REFUSED.get(character) or _unwelcome(character)
        first = (
            text.index(character, 1)
            if character == BOM and text.startswith(BOM)
            else text.index(character)
        )
        times = "once" if text.count(character) == 1 else f"{text.count(character)} times, first"
        where = f"{times} at offset {first}, on {_lines(numbers)}"
        severe = character in _REFUSED
        yield Finding(
            "article-text",
            f"{named(character)} {where}: {reason}",
            line=numbers[0],
            severity="error" if severe else "warning",
        )


def _unwelcome(character: str) -> str | None:
    if character in _REFUSED:
        return _REFUSED[character]
    if character == "\ufffd":
        return _BROKEN
    if character == BOM:
        return "a byte order mark inside the text, which is invisible"
    return (
        "a control character"
        if unicodedata.category(character) == "Cc" and character not in "\t\n"
        else None
    )


def _form(text: str) -> Iterator[Finding]:
    if text.startswith(BOM):
        yield Finding(
            "article-text",
            f"begins with {named(BOM)}: it would shift all offsets by one; --normalise bom",
            line=1,
        )
    if not text.replace(BOM, "").strip():
        yield Finding("article-text", "has only white space")
    if changes := [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if not unicodedata.is_normalized("NFC", line)
    ]:
        message = f"is not in NFC on {_lines(changes)}; "
        message += "it stays as it is, unless you ask for NFC: --normalise nfc"
        yield Finding("article-text", message, line=changes[0], severity="warning")


def named(character: str) -> str:
    """A character as ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    name = _NAMES.get(character) or unicodedata.name(character, "control character")
    return f"U+{ord(character):04X} {name}"


def _lines(numbers: list[int]) -> str:
    """Ascending line numbers as ``line 7`` or ``lines 1-3, 7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    ranges = ", ".join("-".join(map(str, part)) for part in parts)
    return f"line{'s' * (len(numbers) > 1)} {ranges}"
