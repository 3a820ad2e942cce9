"""Tags of tokens: schemes (IOB2, IOBES, BILOU …), how tags are written, and their chunks.

Taggers write one tag for each token. Chunks are read as conlleval and seqeval (lenient) read them.
A scheme says which chunks are well-formed; the others are refused, kept as conlleval reads them, or
discarded, as in seqscore.

Sources: conlleval, https://www.cnts.ua.ac.be/conll2000/chunking/conlleval.txt; seqscore, by
Palen-Michel et al. 2021, https://github.com/bltlab/seqscore.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from vinewsie.findings import Finding, Severity, shortened
from vinewsie.formats.base import Options
from vinewsie.model import Unplaced

NO_LABEL = "_"
"""The label of a chunk whose tags are a prefix alone, such as B and I."""
OUTSIDE = "O"
_NO_PREFIX, _MISSING, _UNREADABLE = "-", "x", "?"
"""What stands for the prefix of a tag where no tag has one, where others do, and of a tag that
cannot be read. Schemes allow the first at most.
"""

AUTO, IO = "auto", "io"
CONLLEVAL, DISCARD, NONE = "conlleval", "discard", "none"
REPAIRS = (CONLLEVAL, DISCARD, NONE)
"""What becomes of a mention that its scheme does not allow: read as conlleval reads it, left out,
or refused.
"""

_OPENS = frozenset("BSUW[]")
_CLOSES = frozenset("ESLUW[]")
_OUTSIDE = frozenset(("", OUTSIDE, ".", "-", "_"))
_OUTSIDE_MISSPELLED = re.compile(r"o|0|O-.*", re.DOTALL)

_PREFIXED = re.compile(r"(?P<prefix>[BIESLUMW\[\]])(?:-(?P<label>.*))?", re.DOTALL)
_ANY_CASE = re.compile(_PREFIXED.pattern, re.DOTALL | re.IGNORECASE)
_SUFFIXED = re.compile(r"(?P<label>.+)-(?P<prefix>[BIESLUMW])", re.DOTALL)
_BARE = re.compile(r"(?!)(?P<prefix>)(?P<label>)")
"""Matches no tag, since none has a prefix."""
_AFFIXED = re.compile(
    r"(?P<prefix>[BIESLUMW])[\W_](?P<label>\w.*)|(?P<stem>.*\w)[\W_](?P<suffix>[BIESLUMW])",
    re.IGNORECASE,
)
"""A prefix or suffix set off by any character: B_PER, B:PER, B–PER, PER_B, per-b."""
_SEVERAL = re.compile(r"[|/+,;](?:[BIESLUMW]-|O$)|^O[|/+,;]")
"""A second tag in a cell, which may be O."""
_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")

_ALLOWED = "allowed are O with B-LABEL, LABEL-B, or LABEL alone in all of a file"
_HOW = "--input-repair conlleval, or --gold-repair for gold,"


class Tag(NamedTuple):
    """A parsed tag: whether a chunk must begin, or end, with its token, the label, and the prefix
    in upper case (empty for a label without one).
    """

    opens: bool
    closes: bool
    label: str
    prefix: str = ""


def parse(tag: str) -> Tag | None:
    """Parses a tag by itself; None for a tag outside all chunks.

    A prefix is one of B I E S (IOB, IOBES), L U (BILOU), M W (BMES, BMEWO), [ ] (each a chunk of
    one token, as conlleval has it), alone or before a hyphen. Any other tag is a label without a
    prefix; neighbours with the same label are one chunk (the IO scheme).
    """
    return _parsed(tag, _PREFIXED, "")


def has_affix(label: str) -> bool:
    """Whether a label is a whole tag: it has a prefix or a suffix with a hyphen."""
    return any(pattern.fullmatch(label) and "-" in label for pattern in (_PREFIXED, _SUFFIXED))


def _parsed(tag: str, pattern: re.Pattern[str], bare: str) -> Tag | None:
    """The tag in a notation; ``bare`` stands for the prefix of a tag without one."""
    if tag in _OUTSIDE or tag.startswith("O-"):
        return None
    match = pattern.fullmatch(tag)
    if match is None:
        return Tag(False, False, tag, bare)
    prefix = match["prefix"].upper()
    return Tag(prefix in _OPENS, prefix in _CLOSES, match["label"] or NO_LABEL, prefix)


class _TagCache(dict[str, Tag | None]):
    """Parsed tags by tag: tags are few and repeat, so each is parsed once."""

    def __missing__(self, tag: str) -> Tag | None:
        parsed = self[tag] = parse(tag)
        return parsed


def chunks(tags: Iterable[str]) -> list[tuple[int, int, str]]:
    """The chunks of a sequence of tags: index of the first token, index behind the last one, label.

    See :func:`parse` and :func:`chunks_of_parsed`.
    """
    return chunks_of_parsed(map(_TagCache().__getitem__, tags))


def chunks_of_parsed(tags: Iterable[Tag | None]) -> list[tuple[int, int, str]]:
    """The chunks of a sequence of parsed tags: index of the first token, index behind the last one,
    label.

    A chunk begins where a tag opens one (B, S), after one that is closed (E, S) or outside, and
    where the label changes; every token that is not outside is in a chunk. So no tag is lost
    because the one before it is missing.
    """
    found: list[tuple[int, int, str]] = []
    first, label = -1, ""
    goes_on = False
    index = -1
    for index, tag in enumerate(tags):
        if tag is None:
            if first >= 0:
                found.append((first, index, label))
                first = -1
            goes_on = False
            continue
        opens, closes, name, _ = tag
        if opens or not goes_on or name != label:
            if first >= 0:
                found.append((first, index, label))
            first, label = index, name
        goes_on = not closes
    if first >= 0:
        found.append((first, index + 1, label))
    return found


class Chunk(NamedTuple):
    """A chunk with its shape: what decides whether it is well-formed.

    Args:
        first: the index of its first token.
        stop: the index behind its last token.
        label: its label.
        prefixes: the prefixes of its tags, one after the other; "-" for a tag without one in a file
            without any, and another sign for a tag that lacks it.
        touches: whether a chunk of the same label ends where it begins.
    """

    first: int
    stop: int
    label: str
    prefixes: str
    touches: bool


def _shapes(
    tags: Sequence[Tag | None], found: Iterable[tuple[int, int, str]]
) -> Iterator[tuple[str, bool]]:
    """The shapes of the chunks of a sequence; see :class:`Chunk`."""
    end, before = -1, ""
    for first, stop, label in found:
        prefixes = "".join(
            [tag.prefix or _NO_PREFIX for tag in tags[first:stop] if tag is not None]
        )
        yield prefixes, first == end and label == before
        end, before = stop, label


@dataclass(frozen=True)
class TagScheme:
    """A tag scheme: which prefixes a well-formed chunk has, as a pattern over them.

    Args:
        name: the name.
        alone: the pattern for a chunk that does not touch one of its label.
        rule: the rule in words, for messages.
        touching: the pattern for a chunk that does, if it is another one.
    """

    name: str
    alone: str
    rule: str
    touching: str = ""

    def knows(self, prefixes: str) -> bool:
        """Whether the scheme has all of the prefixes."""
        return all(prefix in self.alone + self.touching for prefix in prefixes)

    def allows(self, prefixes: str, touches: bool) -> bool:
        """Whether a chunk is well-formed; see :class:`Chunk`."""
        pattern = (touches and self.touching) or self.alone
        return re.fullmatch(pattern, prefixes) is not None

    def defect(self, chunk: Chunk) -> tuple[str, int]:
        """What is wrong with a chunk that the scheme does not allow, and at which of its tokens."""
        for offset, prefix in enumerate(chunk.prefixes):
            if not self.knows(prefix):
                wrong = (
                    "tag without a prefix"
                    if prefix in (_NO_PREFIX, _MISSING)
                    else f"prefix {prefix}"
                )
                return wrong, offset
        first, last = chunk.prefixes[0], chunk.prefixes[-1]
        if self.touching or first not in _OPENS:
            return f"mention begins with {first}", 0
        return f"mention ends with {last}", len(chunk.prefixes) - 1


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        TagScheme("iob2", "BI*", "a mention is B, then I"),
        TagScheme("iobes", "S|BI*E", "a mention is S alone, or B, then I, then E"),
        TagScheme("bilou", "U|BI*L", "a mention is U alone, or B, then I, then L"),
        TagScheme("bmes", "S|BM*E", "a mention is S alone, or B, then M, then E"),
        TagScheme("bmewo", "W|BM*E", "a mention is W alone, or B, then M, then E"),
        TagScheme(
            "iob1",
            "I+",
            "a mention is I, and begins with B only directly behind one of its label",
            touching="BI*",
        ),
        TagScheme(IO, "I+|-+", "a mention is I, or labels without prefixes"),
    )
}
"""Schemes by name, in the order in which one is chosen if several fit equally well."""
SYNONYMS = {"bio": "iob2", "bioes": "iobes", "bioul": "bilou", "bmeow": "bmewo"}


def scheme_names() -> list[str]:
    """The names under which a scheme may be asked for."""
    return [AUTO, *SCHEMES, *SYNONYMS]


def fitting_scheme(shapes: Mapping[tuple[str, bool], int]) -> TagScheme:
    """The scheme under which the fewest chunks have an unknown prefix; among equals, the one under
    which the fewest are not well-formed.

    Args:
        shapes: the number of chunks by their prefixes and whether they touch one of their label.
    """

    def misfit(scheme: TagScheme) -> tuple[int, int]:
        unknown = sum(n for (prefixes, _), n in shapes.items() if not scheme.knows(prefixes))
        return unknown, sum(n for shape, n in shapes.items() if not scheme.allows(*shape))

    return min(SCHEMES.values(), key=misfit)


class Misspelling(NamedTuple):
    """A tag that is not well-formed by itself.

    Args:
        wrong: what is wrong with it.
        reading: what it is read as; None if it cannot be read.
    """

    wrong: str
    reading: str | None = None


@dataclass(frozen=True)
class Notation:
    """How the tags of a file are written, and what that makes of each.

    Args:
        parsed: each tag, parsed.
        misspelled: the tags that are not well-formed by themselves.
        suffixed: whether the prefix stands behind the label (``PER-B``).
        plain: whether no tag is O or has a prefix, so that nothing shows that these are tags.
    """

    parsed: Mapping[str, Tag | None]
    misspelled: Mapping[str, Misspelling]
    suffixed: bool
    plain: bool


def notation(tags: Iterable[str], scheme: str) -> Notation:
    """Finds how tags are written: ``B-PER``, ``PER-B``, or ``PER`` alone.

    A single tag does not show it: S-B is the label B behind a prefix, or the label S before a
    suffix. All tags of a file together do.

    Args:
        tags: the tags of a file.
        scheme: the scheme that is asked for. Under ``io``, tags such as B_PER are labels.
    """
    every = frozenset(tags)
    spelled_wrong = {tag for tag in every if _OUTSIDE_MISSPELLED.fullmatch(tag)}
    inside = sorted(every - _OUTSIDE - spelled_wrong)
    pattern = _pattern(inside)
    matches = {tag: pattern.fullmatch(tag) for tag in inside}
    labels = {match["label"] for match in matches.values() if match and match["label"]}
    doubled = _doubled(labels)
    confused = _confused([tag for tag, match in matches.items() if match is None], scheme)
    misspelled = {tag: Misspelling("is not O", OUTSIDE) for tag in spelled_wrong}
    for tag, match in matches.items():
        found = _unreadable(tag, match, confused, doubled) or _misspelling(match, bool(labels))
        if found is not None:
            misspelled[tag] = found
    bare = "" if pattern is _BARE else _MISSING
    parsed = {tag: _parsed(tag, pattern, bare) for tag in every}
    for tag, (_, reading) in misspelled.items():
        if reading is None:
            parsed[tag] = Tag(False, False, tag, _UNREADABLE)
        elif reading == OUTSIDE:
            parsed[tag] = None
    return Notation(
        parsed,
        misspelled,
        pattern is _SUFFIXED,
        plain=OUTSIDE not in every and not spelled_wrong and not any(matches.values()),
    )


def _pattern(tags: Sequence[str]) -> re.Pattern[str]:
    """How tags that are not outside are written. Of two ways, the one with fewer labels: S-B and
    S-I are the label S before a suffix, B-S and I-S the same label behind a prefix.
    """
    ways = []
    for pattern in (_PREFIXED, _SUFFIXED, _ANY_CASE):
        matches = [match for match in map(pattern.fullmatch, tags) if match is not None]
        if tags and len(matches) == len(tags):
            ways.append((len({match["label"] for match in matches}), pattern))
    if ways:
        return min(ways, key=lambda way: way[0])[1]
    return _ANY_CASE if any(map(_PREFIXED.fullmatch, tags)) else _BARE


def _confused(bare: Sequence[str], scheme: str) -> frozenset[str]:
    """The tags without a prefix that seem to have one in another form: PER-B beside other forms;
    B_PER, B:PER, PER_B, b-PER where all tags look like it, or another one has the same label;
    BPER beside IPER.
    """
    suffixed = {tag for tag in bare if _SUFFIXED.fullmatch(tag)}
    if scheme == IO:
        return frozenset(suffixed)
    matches = {tag: match for tag in bare if (match := _AFFIXED.fullmatch(tag)) is not None}
    labels = {tag: match["label"] or match["stem"] for tag, match in matches.items()}
    shared = Counter([*labels.values(), *bare])
    every = len(matches) == len(bare) and all(
        (match["prefix"] or match["suffix"]).isupper() for match in matches.values()
    )
    joined = {tag for tag in bare if tag[0] in "BI" and {f"B{tag[1:]}", f"I{tag[1:]}"} <= {*bare}}
    affixed = {tag for tag, label in labels.items() if every or shared[label] > 1}
    return frozenset(suffixed | affixed | joined)


def _doubled(labels: Iterable[str]) -> frozenset[str]:
    """The labels that have a prefix or suffix themselves, as of B-B-PER, if another one has the
    same label without it, or with another one.
    """
    stems = {
        label: match["label"]
        for label in labels
        if has_affix(label) and (match := _PREFIXED.fullmatch(label) or _SUFFIXED.fullmatch(label))
    }
    shared = Counter([*stems.values(), *labels])
    return frozenset(label for label, stem in stems.items() if shared[stem] > 1)


def _unreadable(
    tag: str, match: re.Match[str] | None, confused: Container[str], doubled: Container[str]
) -> Misspelling | None:
    """Why a tag cannot be read, if so.

    Args:
        tag: the tag.
        match: its prefix and label, if it has a prefix.
        confused: the tags whose prefix has another form.
        doubled: the labels that have a prefix themselves.
    """
    if " " in tag or not tag.isprintable():
        return Misspelling(
            "has white space or an invisible character in it (are columns divided by tabs in some "
            "lines, by spaces in others?)"
        )
    if match is not None and match["label"] in doubled:
        return Misspelling("has two prefixes or suffixes")
    if _SEVERAL.search(tag):
        return Misspelling("is several tags in one")
    if tag in confused:
        return Misspelling("seems to have its prefix in a form that is not read")
    if match is None and (_NUMBER.fullmatch(tag) or not any(map(str.isalpha, tag)) or "=" in tag):
        return Misspelling("is no label")
    return None


def _misspelling(match: re.Match[str] | None, labelled: bool) -> Misspelling | None:
    """What is wrong with a tag that can be read, if anything."""
    if match is None:
        return None
    prefix, label = match["prefix"].upper(), match["label"]
    if labelled and not label:
        return Misspelling("has no label", f"{prefix}-{NO_LABEL}")
    if match["prefix"] != prefix:
        return Misspelling("has a lower-case prefix", f"{prefix}-{label}" if label else prefix)
    return None


class Place(NamedTuple):
    """Where a tag stands: the line, and in JSON the number of the record and the document."""

    line: int | None
    record: int | None = None
    doc_id: str | None = None

    def finding(self, message: str, file: Path, *, error: bool) -> Finding:
        """A finding at this place."""
        layer = None if self.record is None else "entities"
        severity: Severity = "error" if error else "warning"
        return Finding(
            "tag", message, layer, self.record, self.doc_id, str(file), self.line, severity
        )


class TaggedTokens(Protocol):
    """A sequence of tokens with tags, such as a sentence."""

    def parsed(self, notation: Notation) -> Sequence[Tag | None]:
        """The tag of each token."""

    def place(self, index: int) -> Place:
        """The place of a token."""


class ReadChunks(NamedTuple):
    """The chunks of a sequence: those that are kept (first, stop, label), and those that are
    refused.
    """

    kept: list[tuple[int, int, str]]
    refused: list[Chunk]


def refusal(chunk: Chunk, surface: str, index: int) -> Unplaced:
    """The record of a refused chunk, which counts as spurious if invalid records are skipped.

    Args:
        chunk: the chunk.
        surface: its tokens.
        index: its number in its document.
    """
    return Unplaced(
        layer="entities", index=index, reason="invalid", text=surface, label=chunk.label
    )


def read_chunks(
    sequences: Sequence[TaggedTokens],
    tags: Iterable[tuple[str, Place]],
    notation: Notation,
    options: Options,
    file: Path,
    findings: list[Finding],
) -> list[ReadChunks]:
    """Reads the chunks of the sequences of a file under the scheme that is asked for.

    A scheme by name refuses what it does not allow, unless ``options.repair`` is set. ``auto``
    takes the scheme that fits best, and reads the rest as conlleval does.

    Args:
        sequences: the sequences.
        tags: all tags of the file as written, with their places; read only if some are misspelled.
        notation: how the tags are written.
        options: the scheme and the repair.
        file: the file.
        findings: where an error for everything refused is appended, and one warning that counts
            everything repaired.

    Returns:
        The chunks of each sequence.

    Raises:
        ValueError: the options name no scheme or repair.
    """
    if options.tags not in scheme_names() or options.repair not in (None, *REPAIRS):
        raise ValueError(
            f"tags is {options.tags!r}, repair {options.repair!r}; there are "
            f"{', '.join(scheme_names())}, and {', '.join(REPAIRS)}"
        )
    results = []
    shapes: Counter[tuple[str, bool]] = Counter()
    for sequence in sequences:
        parsed = sequence.parsed(notation)
        found = chunks_of_parsed(parsed)
        if found:
            shapes.update(_shapes(parsed, found))
        results.append(ReadChunks(found, []))
    name = SYNONYMS.get(options.tags, options.tags)
    scheme = fitting_scheme(shapes) if name == AUTO else SCHEMES[name]
    repair = options.repair or (CONLLEVAL if options.tags == AUTO else NONE)
    fixes = _Repairs(scheme, repair, file)
    fixes.add_misspelled(notation, tags)
    not_allowed = {shape for shape in shapes if not scheme.allows(*shape)}
    if not_allowed:
        results = [
            fixes.read(sequence, sequence.parsed(notation), read.kept, not_allowed)
            for sequence, read in zip(sequences, results, strict=True)
        ]
    findings += fixes.findings(notation)
    return results


@dataclass
class _Repairs:
    """Collects what is repaired and what is refused."""

    scheme: TagScheme
    repair: str
    file: Path
    errors: list[Finding] = field(default_factory=list)
    mentions: dict[str, tuple[int, Place]] = field(default_factory=dict)
    spellings: dict[str, tuple[int, Place]] = field(default_factory=dict)

    def add_misspelled(self, notation: Notation, tags: Iterable[tuple[str, Place]]) -> None:
        """Adds the tags that are not well-formed by themselves: an error for each different tag
        that is refused.
        """
        if not notation.misspelled:
            return
        counts: Counter[str] = Counter()
        first: dict[str, Place] = {}
        for tag, place in tags:
            if tag in notation.misspelled:
                counts[tag] += 1
                first.setdefault(tag, place)
        for tag, place in first.items():
            wrong, reading = notation.misspelled[tag]
            shown = repr(shortened(tag))
            if reading is not None and self.repair != NONE:
                self.spellings[f"{shown} as {reading}"] = counts[tag], place
                continue
            times = f" ({counts[tag]} times, first here)" if counts[tag] > 1 else ""
            message = f"tag {shown} {wrong}{times}; {_ALLOWED}"
            if reading is not None:
                message += f"; {_HOW} reads it as {reading}"
            self.errors.append(place.finding(message, self.file, error=True))

    def read(
        self,
        sequence: TaggedTokens,
        tags: Sequence[Tag | None],
        found: Iterable[tuple[int, int, str]],
        not_allowed: Container[tuple[str, bool]],
    ) -> ReadChunks:
        """The chunks of a sequence, of which some may not be allowed.

        Args:
            sequence: the sequence.
            tags: its tags.
            found: its chunks.
            not_allowed: the shapes that the scheme does not allow.
        """
        read = ReadChunks([], [])
        for (first, stop, label), shape in zip(found, _shapes(tags, found), strict=True):
            chunk = Chunk(first, stop, label, *shape)
            unreadable = _UNREADABLE in chunk.prefixes
            wrong = shape in not_allowed
            if wrong and not unreadable:
                self._add(chunk, sequence)
            if unreadable or (wrong and self.repair == NONE):
                read.refused.append(chunk)
            elif not (wrong and self.repair == DISCARD):
                read.kept.append((first, stop, label))
        return read

    def _add(self, chunk: Chunk, sequence: TaggedTokens) -> None:
        """Adds a chunk that the scheme does not allow."""
        defect, offset = self.scheme.defect(chunk)
        place = sequence.place(min(chunk.first + offset, chunk.stop - 1))
        if self.repair == NONE:
            message = (
                f"{defect}, label {shortened(chunk.label)!r}; in {self.scheme.name} "
                f"{self.scheme.rule}; {_HOW} repairs it"
            )
            self.errors.append(place.finding(message, self.file, error=True))
        else:
            count, first = self.mentions.get(defect, (0, place))
            self.mentions[defect] = count + 1, first

    def findings(self, notation: Notation) -> Iterator[Finding]:
        """The errors, and one warning for all that was repaired."""
        yield from self.errors
        parts = []
        if notation.suffixed:
            parts.append("tags have their prefix behind the label; PER-B is read as B-PER")
        if self.mentions:
            total = sum(count for count, _ in self.mentions.values())
            done = "left out" if self.repair == DISCARD else "repaired as conlleval does"
            parts.append(
                f"{total} mention{'s' if total > 1 else ''} not well-formed in {self.scheme.name} "
                f"({self.scheme.rule}), {done}: {_listed(self.mentions)}"
            )
        if self.spellings:
            parts.append(f"tags read otherwise than written: {_listed(self.spellings)}")
        if parts:
            places = [place for _, place in (*self.mentions.values(), *self.spellings.values())]
            first = min(places, key=lambda place: place.line or 0, default=Place(None))
            yield first.finding("; ".join(parts), self.file, error=False)


def _listed(counts: Mapping[str, tuple[int, Place]]) -> str:
    """Counts by kind, each with its first line."""
    return ", ".join(
        f"{kind}: {count}" + ("" if place.line is None else f" (first in line {place.line})")
        for kind, (count, place) in counts.items()
    )
