"""Quotations: the reporting words of a sentence, the source before or after them, and their
content.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vinewsie.baseline.marks import MarkPair, Range, closing_mark, sentences
from vinewsie.baseline.sources import Source, SourceFinder
from vinewsie.baseline.surface import NewsLine
from vinewsie.baseline.word_lists import alternatives, words
from vinewsie.text import SYLLABLE

_CUE = re.compile(
    rf"(?<!\w)(?:(?P<strong>{alternatives('cues_strong')})|{alternatives('cues_weak')}"
    rf"|{alternatives('cues_before_colon')}(?=:? [“\"‘']|:| rằng))(?!\w)",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    rf"(?<!\w)theo(?: lời)? (?!{alternatives('sources_impossible')}(?!\w))", re.IGNORECASE
)
_NEEDS_COMPLEMENTISER = words("cues_with_complementiser")
_BEFORE_NO_CUE = words("before_no_cue")
_BEFORE_NO_THEO = words("before_no_theo")
_AFTER_NO_CUE = words("after_no_cue")
_TITLES = words("titles")
_CLAUSE_OPENERS = words("clause_openers")
_ADDRESSEE_OPENERS = words("addressee_openers")

_THAT = re.compile(r" {1,3}(?:thêm )?(?:rằng|là)(?!\w)", re.IGNORECASE)
_LATER_THAT = re.compile(r"[^,.:;“\"]{1,90}? rằng(?!\w)")
_LEADING_THAT = re.compile(r"(?:rằng|là) (?=\S)", re.IGNORECASE)
_COLON = re.compile(r"[^:;“\"]{0,90}:(?=[\s“\"‘'])")
_BEFORE_QUOTE = re.compile(r"[^.;:“\"‘]{0,50}[“\"‘]")
_AFTER_SPEECH = re.compile(r" ?[–—-] ")
_POINTER = re.compile(r"(?:\w+ ){1,3}(?:này|đó|trên)", re.IGNORECASE)
"""A content that only points to one: điều này."""
_COORDINATED = re.compile(
    r"(?:,? (?:đồng thời|và|nhưng|song|cũng như|cũng)| ?,)"
    r"(?: (?:cũng|đã|còn|lại|tiếp tục|sẽ|đồng thời))* $"
)
_HEADLINE = re.compile(r"(?P<source>[^:.?!“\"]{2,70})(?P<colon>:) {1,2}(?P<content>\S.*)")

_NEAR = 500
"""Farthest that marked words without a source stand from others of their speaker, in code points.
"""
_OPENING = 60
"""Longest source before a cue with a comma, in code points."""
_TOPICS = frozenset({"GPE", "LOC", "EVENT", "MISC"})
"""Types of names that before a colon in a headline are its topic."""
_MOST_CUES = 12
"""Most reporting words read in one sentence."""
_MOST_PAIRS = 40
"""Most pairs of marks looked at in one sentence."""
_NEIGHBOURS = 24
"""Most neighbours examined for what encloses a record."""
_CATCHWORD = 3
"""Longest catchword in single marks in a headline, in syllables."""


@dataclass
class Quotation:
    """An act of attribution in the normalised text."""

    content: list[Range]
    cue: list[Range] = field(default_factory=list)
    source: Source | None = None


@dataclass(frozen=True)
class Sentence:
    """A sentence with its pairs of marks and the sentence before it in the line.

    Reporting words are read from ``floor`` to ``end``.
    """

    start: int
    floor: int
    end: int
    pairs: Sequence[MarkPair]
    previous: Range | None

    def inside_marks(self, offset: int) -> bool:
        """Whether a pair of marks holds the offset."""
        return any(pair.start <= offset < pair.end for pair in self.pairs)


@dataclass
class QuotationFinder:
    """Finds the quotations of a page, line by line, into ``found``."""

    text: str
    sources: SourceFinder
    found: list[Quotation] = field(default_factory=list)
    _open: Quotation | None = None
    _closed_at: int = 0
    """Where the marks close that an earlier line has opened for the quotation ``_open``."""

    def add_line(self, line: NewsLine, pairs: Sequence[MarkPair]) -> None:
        """Adds the quotations of a line with these pairs of marks."""
        if self._open:
            self._continue(self._open, line)
            return
        before = len(self.found)
        first = 0
        previous: Range | None = None
        for start, end in sentences(self.text, line, pairs):
            while first < len(pairs) and pairs[first].outer_end <= start:
                first += 1
            near = pairs[first : first + _MOST_PAIRS]
            held = [pair for pair in near if start <= pair.start < end]
            sentence = Sentence(start, start, end, held, previous)
            count = len(self.found)
            if not (line.headline and self._add_headline(sentence)):
                self._add_reported(sentence)
            if len(self.found) == count:
                self._add_without_cue(sentence, same_line=count > before)
            previous = (start, end)
        if pairs and pairs[-1].close is None:
            self._keep_open(line, pairs[-1], before)

    def _keep_open(self, line: NewsLine, pair: MarkPair, before: int) -> None:
        """Keeps the quotation of an unclosed mark open if a later line closes it.

        Args:
            line: the line with the mark.
            pair: the mark with its content.
            before: how many quotations the lines before have.
        """
        closed_at = closing_mark(self.text, line.end, pair.open)
        if closed_at is None:
            return
        content = (pair.start, self._without_stop(pair.start, line.end))
        for quotation in self.found[before:]:
            if quotation.content[-1][0] <= pair.start <= quotation.content[-1][1]:
                quotation.content[-1] = (quotation.content[-1][0], content[1])
                break
        else:
            quotation = Quotation([content])
            self.found.append(quotation)
        self._open, self._closed_at = quotation, closed_at

    def _continue(self, quotation: Quotation, line: NewsLine) -> None:
        """Adds a line to the open quotation; after its closing mark the attribution may stand."""
        closes = self._closed_at < line.end
        end = min(self._closed_at, line.end)
        sentence = Sentence(line.start, line.start, line.end, (), None)
        content = self._trimmed(line.start, end, sentence)
        if content[0] < content[1]:
            quotation.content.append(content)
        if not closes:
            return
        self._open = None
        cue = _CUE.search(self.text, end + 1, line.end)
        if cue and quotation.source is None:
            quotation.source = self.sources.before(end + 1, cue.start())
            quotation.cue = [cue.span()] if quotation.source else []
            self.sources.spoke(quotation.source)

    def _add_headline(self, sentence: Sentence) -> bool:
        """Adds the quotation of a headline of the form speaker: content; whether it is one."""
        match = _HEADLINE.match(self.text, sentence.start, sentence.end)
        if match is None or _CUE.search(match["source"]):
            return False
        source = self.sources.before(sentence.start, match.end("source"))
        start, end = match.span("content")
        content = self._trimmed(start, self._without_stop(start, end), sentence)
        if source is None or source.end != match.end("source") or self._syllables(content) < 3:
            return False
        names = self.sources.within(*match.span("source"))
        bare = sum(name.end - name.start for name in names) >= len(match["source"].strip()) - 1
        if bare and all(name.type in _TOPICS for name in names):
            return False
        self.found.append(Quotation([content], [match.span("colon")], source))
        return True

    def _add_reported(self, sentence: Sentence) -> None:
        """Adds the quotations that ``theo`` and other reporting words announce."""
        sentence = replace(sentence, end=self._without_stop(sentence.start, sentence.end))
        floor, end = self._add_according(sentence)
        sentence = replace(sentence, floor=floor, end=end)
        cues = [
            cue
            for cue in _CUE.finditer(self.text, floor, end)
            if not sentence.inside_marks(cue.start())
        ]
        latest: Quotation | None = None
        for cue in cues[:_MOST_CUES]:
            if quotation := self._reported(cue, sentence, latest):
                self.found.append(quotation)
                self.sources.spoke(quotation.source)
                if quotation.content[0][0] >= cue.end():
                    latest = quotation

    def _add_according(self, sentence: Sentence) -> Range:
        """Adds the quotation of ``theo``.

        Returns:
            The range in which other reporting words may stand.
        """
        start, end = sentence.start, sentence.end
        for match in _ACCORDING.finditer(self.text, start, end):
            begin = match.start()
            if self.text[begin - 1 : begin] in {"(", "["} or sentence.inside_marks(begin):
                continue
            manner = SYLLABLE.findall(self.text, max(start, begin - 12), begin)
            if manner and manner[-1].lower() in _BEFORE_NO_THEO:
                continue
            source = self.sources.after(match.end(), end)
            if source is None:
                continue
            cue = [(begin, match.end() - 1)]
            after = source.end
            tail = _CUE.match(self.text, source.end + 1, end)
            if tail and self.text[source.end] == " ":
                cue.append(tail.span())
                after = tail.end()
            opening = self.text[start:begin]
            leading = not opening.strip(' "“-–•*') or opening.strip().lower() in {
                "cũng", "còn", "nhưng", "tuy nhiên,",
            }  # fmt: skip
            comma = self.text.startswith(",", after)
            parts: list[Range]
            if leading:
                found = self.text.find(",", after, min(end, after + 90))
                parts = [(found + 1, end)] if found >= 0 else []
            else:
                parts = [(start, begin)]
                if comma and end - after > 9:
                    parts.append((after + 1, end))
            content = self._trimmed_parts(parts, sentence)
            if content and (leading or self.text[begin - 2 : begin] == ", " or source.names):
                self.found.append(Quotation(content, cue, source))
                return (content[0][0], end) if leading else (start, begin)
        return start, end

    def _reported(
        self, cue: re.Match[str], sentence: Sentence, latest: Quotation | None
    ) -> Quotation | None:
        """The quotation of a reporting word, None if it reports nothing here.

        Args:
            cue: the match of the reporting word.
            sentence: the sentence that it stands in.
            latest: the last quotation of the sentence whose content follows its reporting word.
        """
        outer = latest if latest and latest.content[0][0] <= cue.start() else None
        if self._is_no_cue(cue, sentence, nested=outer is not None):
            return None
        left = outer.content[0][0] if outer else sentence.floor
        passive = self.text.rfind(" bị ", max(left, cue.start() - 80), cue.start())
        left = passive + 4 if passive >= 0 else left
        speech_ends = [
            pair.outer_end
            for pair in sentence.pairs
            if pair.outer_end <= cue.start()
            and (pair.is_long(self.text) or _AFTER_SPEECH.match(self.text, pair.outer_end))
        ]
        source = self.sources.before(max([left, *speech_ends]), cue.start())
        joint: re.Match[str] | None = None
        if source is None and latest:
            joint = _COORDINATED.search(self.text, max(left, cue.start() - 40), cue.start())
            source = latest.source if joint else None
        if source is None and not outer:
            source = self.sources.subject(sentence.floor, cue.start())
        if source is None:
            return None
        if cue.group().lower() == "cho thấy" and source.status != "document":
            return None
        content_start = self._content_start(cue, sentence)
        head = self.text[sentence.start : source.start].rstrip(" ,")
        if content_start == cue.end() and head.endswith(("”", '"', "’", "'")):
            inverted = self._inverted(cue, source, sentence)
            if inverted is not None:
                return inverted
        if content_start is not None:
            content_end = self._content_end(content_start, sentence)
            content = self._trimmed(content_start, content_end, sentence)
            if _POINTER.fullmatch(self.text, *content):
                return None
            syllables = self._syllables(content)
            quoted = any(pair.start == content[0] for pair in sentence.pairs)
            if syllables >= 2 or (syllables and quoted):
                if joint and latest and latest.content[0][0] < joint.start():
                    shortened = self._trimmed(latest.content[0][0], joint.start(), sentence)
                    latest.content = [shortened]
                return Quotation([content], [cue.span()], source)
        if source.start < sentence.start:
            return None
        return self._inverted(cue, source, sentence)

    def _is_no_cue(self, cue: re.Match[str], sentence: Sentence, nested: bool) -> bool:
        """Whether a reporting word is a noun, passive, negated or an intention here; ``nested``:
        inside the content of another quotation.
        """
        found = SYLLABLE.findall(self.text, max(sentence.floor, cue.start() - 30), cue.start())
        syllables = [syllable.lower() for syllable in found]
        second, last = ["", "", *syllables][-2:]
        title = any(" ".join(syllables[-length:]) in _TITLES for length in (2, 3, 4))
        if last in _BEFORE_NO_CUE and not title:
            return True
        if second in {"không", "chưa", "từ", "sẽ", "để"} and last in {"hề", "thể", "chối", "không"}:
            return True
        reach = max(sentence.floor, cue.start() - 30)
        return (
            nested
            and last in {"sẽ", "cần", "phải", "và"}
            and not _COORDINATED.search(self.text, reach, cue.start())
        )

    def _inverted(self, cue: re.Match[str], source: Source, sentence: Sentence) -> Quotation | None:
        """The quotation whose content stands before its source: “…”, ông X nói."""
        head = self.text[sentence.start : source.start].rstrip()
        rest = self.text[cue.end() : sentence.end].strip()
        if not head and sentence.previous and self._in_marks(sentence.previous):
            content = self._trimmed(*sentence.previous, sentence)
            if self.found and not self.found[-1].cue and self.found[-1].content == [content]:
                self.found.pop()
            return Quotation([content], [cue.span()], source)
        if not head or head[-1] not in ",”\"’'»–-?!" or (len(rest) > 60 and not sentence.pairs):
            return None
        before = (sentence.start, source.start)
        if head[-1] == "," and not sentence.pairs and self._syllables(before) < 4:
            return None
        later = [
            (pair.start, pair.end)
            for pair in sentence.pairs
            if pair.start > cue.end() and pair.is_long(self.text)
        ]
        parts = self._trimmed_parts([before, *later], sentence)
        return Quotation(parts, [cue.span()], source) if parts else None

    def _content_start(self, cue: re.Match[str], sentence: Sentence) -> int | None:
        """The offset of the content after a reporting word, None if it has none there."""
        position, end = cue.end(), sentence.end
        if match := _THAT.match(self.text, position, end):
            return match.end()
        for pattern in (_COLON, _LATER_THAT):
            match = pattern.match(self.text, position, end)
            if match and not _CUE.search(self.text, position, match.end()):
                return match.end()
        if cue["strong"] and self._opens_sentence(cue, sentence):
            return position + 1
        following = SYLLABLE.search(self.text, position, min(end, position + 16))
        if following is None or self.text.startswith((",", ")", "."), position):
            return None
        word = following.group().lower()
        if word in _AFTER_NO_CUE:
            return None
        if not cue["strong"]:
            last = cue.group().lower().split()[-1]
            quoted = last not in _NEEDS_COMPLEMENTISER and _BEFORE_QUOTE.match(
                self.text, position, end
            )
            return position if quoted or (last == "nói" and word in _CLAUSE_OPENERS) else None
        if word not in _ADDRESSEE_OPENERS:
            return position
        comma = self.text.find(", ", position, min(end, position + 80))
        if comma >= 0 and any(comma + 2 <= pair.start for pair in sentence.pairs):
            return comma + 2
        return None if word in {"với", "trên"} or end - position < 45 else position

    def _opens_sentence(self, cue: re.Match[str], sentence: Sentence) -> bool:
        """Whether source and cue open a sentence and a comma follows: Họ nói thêm, …"""
        opening = self.text[sentence.floor : cue.start()]
        return (
            self.text.startswith(", ", cue.end())
            and len(opening) < _OPENING
            and not any(mark in opening for mark in ',"“”')
        )

    def _content_end(self, start: int, sentence: Sentence) -> int:
        """The end of a content: after the closing mark if the content begins with a pair of marks
        that punctuation follows, else the end of the sentence.
        """
        for pair in sentence.pairs:
            if (
                pair.start > start
                and pair.close
                and not self.text[start : pair.start - 1].strip()
                and self.text[pair.outer_end : pair.outer_end + 1] in {",", ".", ";", "", "\n"}
            ):
                return pair.outer_end
        return sentence.end

    def _add_without_cue(self, sentence: Sentence, same_line: bool) -> None:
        """Adds long words in quotation marks without a reporting word: they continue the last
        quotation of the same line, or have no source.
        """
        first_mark = self.text[sentence.start : sentence.end].strip()[:1]
        for pair in sentence.pairs:
            alone = first_mark == pair.open and sentence.end - pair.outer_end < 3
            content = self._trimmed(pair.start, pair.end, sentence)
            continues = same_line and alone
            if pair.is_work(self.text):
                continue
            complete = self.text[pair.start].isupper() and self.text[pair.end - 1] in ".!?…"
            if content[0] >= content[1] or not (alone or complete or pair.is_long(self.text)):
                continue
            if continues and self.found[-1].content[-1][1] <= content[0]:
                self.found[-1].content.append(content)
            else:
                self.found.append(Quotation([content]))
            return

    def _in_marks(self, span: Range) -> bool:
        """Whether a sentence stands in quotation marks as a whole."""
        sentence = self.text[slice(*span)].strip()
        return len(sentence) > 8 and sentence[0] in '“"«' and sentence[-1] in '”"»'

    def _syllables(self, span: Range) -> int:
        return sum(1 for _ in SYLLABLE.finditer(self.text, *span))

    def _without_stop(self, start: int, end: int) -> int:
        """The end of a range without full stops and spaces at its edge."""
        while end > start and (self.text[end - 1].isspace() or self.text[end - 1] in ".…"):
            end -= 1
        return end

    def _trimmed_parts(self, parts: Sequence[Range], sentence: Sentence) -> list[Range]:
        """The trimmed parts of a content, without the empty ones."""
        trimmed = [self._trimmed(start, end, sentence) for start, end in parts if start < end]
        return [(start, end) for start, end in trimmed if start < end]

    def _trimmed(self, start: int, end: int, sentence: Sentence) -> Range:
        """A content without complementiser, punctuation and quotation marks at its edges."""
        opening = {pair.start - 1 for pair in sentence.pairs}
        closing = {pair.end for pair in sentence.pairs if pair.close}
        while True:
            while start < end and (
                self.text[start].isspace() or self.text[start] in ',:;–-•*“"”' or start in opening
            ):
                start += 1
            match = _LEADING_THAT.match(self.text, start, end)
            if match is None:
                break
            start = match.end()
        while end > start and (
            self.text[end - 1].isspace() or self.text[end - 1] in '.,:;…–-”"' or end - 1 in closing
        ):
            end -= 1
        return start, end


def find_speakers(quotations: Sequence[Quotation]) -> list[tuple[str, ...]]:
    """The names of the speakers of every quotation. Marked words without a source are those of the
    quotation before them or, where none is near, of the one after them.
    """
    speakers: list[tuple[str, ...]] = []
    for index, quotation in enumerate(quotations):
        if quotation.source is not None:
            speakers.append(quotation.source.names)
            continue
        start, end = quotation.content[0][0], quotation.content[-1][1]
        before = index and start - quotations[index - 1].content[-1][1] < _NEAR
        names = speakers[-1] if before else ()
        if not names and index + 1 < len(quotations):
            following = quotations[index + 1]
            if following.source and following.content[0][0] - end < _NEAR:
                names = following.source.names
        speakers.append(names)
    return speakers


def find_parents(quotations: Sequence[Quotation]) -> list[int | None]:
    """For every quotation the index of the smallest one whose content holds its content and
    reporting words.
    """
    parents: list[int | None] = []
    for index, inner in enumerate(quotations):
        near = range(max(0, index - _NEIGHBOURS), min(len(quotations), index + _NEIGHBOURS))
        holding = [other for other in near if _holds(quotations[other], inner)]
        parents.append(min(holding, key=lambda other: _size(quotations[other]), default=None))
    return parents


def _holds(outer: Quotation, inner: Quotation) -> bool:
    """Whether the content of one quotation holds all of another one with a reporting word."""
    if outer.content == inner.content or not inner.cue:
        return False
    return all(
        any(a <= start and end <= b for a, b in outer.content)
        for start, end in (*inner.content, *inner.cue)
    )


def _size(quotation: Quotation) -> int:
    start, end = quotation.content[0]
    return end - start


def find_owners(
    text: str,
    pairs: Sequence[tuple[MarkPair, NewsLine]],
    quotations: Sequence[Quotation],
) -> list[int | None]:
    """For every pair of marks the index of the innermost quotation that holds it.

    Args:
        text: the normalised text.
        pairs: the pairs of marks with their lines, in the order of the text.
        quotations: all quotations.
    """
    spans = sorted(
        (start, end, index)
        for index, quotation in enumerate(quotations)
        for start, end in quotation.content
    )
    starts = [start for start, _, _ in spans]
    owners: list[int | None] = []
    for pair, line in pairs:
        end = pair.start + len(text[pair.start : pair.end].rstrip(" .,…;"))
        last = bisect_right(starts, pair.start)
        holding = [span for span in spans[max(0, last - _NEIGHBOURS) : last] if end <= span[1]]
        owner = min(holding, key=lambda span: span[1] - span[0], default=None)
        catchword = line.headline and pair.open in "'‘" and pair.syllables(text) <= _CATCHWORD
        if owner is None or (catchword and owner[:2] != (pair.start, end)):
            owners.append(None)
        else:
            owners.append(owner[2])
    return owners
