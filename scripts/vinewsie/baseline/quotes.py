"""Quotations: reporting words in a sentence, the source before (or after) them, the content that
goes with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vinewsie.baseline import marks, reporting
from vinewsie.baseline.marks import Pair, Range, sentences
from vinewsie.baseline.sources import Page, Source
from vinewsie.baseline.surface import WORD, Line

_STRONG = reporting.alternatives(reporting.STRONG_CUES)
_CUE = re.compile(
    rf"(?<!\w)(?:(?P<strong>{_STRONG})|{reporting.alternatives(reporting.WEAK_CUES)})(?!\w)",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    rf"(?<!\w)theo(?: lời)? (?!{reporting.alternatives(reporting.NOT_SOURCES)}(?!\w))",
    re.IGNORECASE,
)
_THAT = re.compile(r" {1,3}(?:thêm )?(?:rằng|là)(?!\w)", re.IGNORECASE)
_THIS = re.compile(r"(?:\w+ ){1,3}(?:này|đó|trên)", re.IGNORECASE)
_LATER_THAT = re.compile(r"[^,.:;“\"]{1,90}? rằng(?!\w)")
_COLON = re.compile(r"[^:;“\"]{0,90}:(?=[\s“\"‘'])")
_BEFORE_QUOTE = re.compile(r"[^.;:“\"‘]{0,50}[“\"‘]")
_COORDINATED = re.compile(
    r"(?:,? (?:đồng thời|và|nhưng|song|cũng như|cũng)| ?,)(?: (?:cũng|đã|còn|lại|tiếp tục|sẽ|đồng thời))* $"
)
_HEADLINE = re.compile(r"(?P<source>[^:.?!“\"]{2,70})(?P<colon>:) {1,2}(?P<content>\S.*)")
_MOST_CUES = 12


@dataclass
class Quotation:
    """An act of attribution in the working copy."""

    content: list[Range]
    cue: list[Range] = field(default_factory=list)
    source: Source | None = None


@dataclass
class Finder:
    """Finds the quotations of a page, sentence by sentence."""

    text: str
    page: Page
    found: list[Quotation] = field(default_factory=list)

    def line(self, line: Line, pairs: list[Pair]) -> None:
        """Adds the quotations of a line."""
        before = len(self.found)
        position = 0
        previous: Range | None = None
        for start, end in sentences(self.text, line, pairs):
            while position < len(pairs) and pairs[position].outer_end <= start:
                position += 1
            held = [
                pair
                for pair in pairs[position : position + 40]
                if start <= pair.start and pair.start < end
            ]
            count = len(self.found)
            if not (line.headline and self._headline(start, end, held)):
                self._sentence(start, end, held, previous)
            if len(self.found) == count:
                self._lone(start, end, held, len(self.found) > before)
            previous = (start, end)

    def _sentence(self, start: int, end: int, held: list[Pair], previous: Range | None) -> None:
        end = self._without_stop(start, end)
        floor, ceiling = self._according(start, end, held)
        cues = [
            m
            for m in _CUE.finditer(self.text, floor, ceiling)
            if not any(p.start <= m.start() < p.end for p in held)
        ]
        latest: Quotation | None = None
        for cue in cues[:_MOST_CUES]:
            quotation = self._reported(cue, floor, start, ceiling, held, previous, latest)
            if quotation is None:
                continue
            self.found.append(quotation)
            if quotation.content[0][0] >= cue.end():
                latest = quotation

    def _according(self, start: int, end: int, held: list[Pair]) -> Range:
        """Adds the quotation of ``theo``; returns the range in which other reporting words are
        looked for.
        """
        for match in _ACCORDING.finditer(self.text, start, end):
            if self.text[match.start() - 1 : match.start()] in {"(", "["} or any(
                p.start <= match.start() < p.end for p in held
            ):
                continue
            leading = not self.text[start : match.start()].strip(' "“-–•*') or self.text[
                start : match.start()
            ].strip().lower() in {
                "cũng",
                "còn",
                "nhưng",
                "tuy nhiên,",
            }
            source = self.page.source_after(match.end(), end)
            if source is None:
                continue
            cue = [(match.start(), match.end() - 1)]
            tail = _CUE.match(self.text, source.end + 1, end)
            after = source.end
            if tail and self.text[source.end : tail.start()] == " ":
                cue.append(tail.span())
                after = tail.end()
            if leading:
                comma = self.text.find(",", after, min(end, after + 90))
                content = (comma + 1, end) if comma >= 0 else None
                parts = [content] if content else []
            else:
                rest = after + 1 if self.text[after : after + 1] in {",", "."} else end
                head = self._trimmed(start, match.start(), held)
                parts = (
                    [head, (rest, end)]
                    if end - rest > 8 and self.text[after : after + 1] == ","
                    else [head]
                )
            content_parts = [self._trimmed(a, b, held) for a, b in parts if a < b]
            content_parts = [part for part in content_parts if part[0] < part[1]]
            if not content_parts or (
                not leading
                and self.text[match.start() - 2 : match.start()] != ", "
                and not source.names
            ):
                continue
            self.found.append(Quotation(content_parts, cue, source))
            return (content_parts[0][0], end) if leading else (start, match.start())
        return start, end

    def _reported(
        self,
        cue: re.Match[str],
        floor: int,
        start: int,
        end: int,
        held: list[Pair],
        previous: Range | None,
        latest: Quotation | None,
    ) -> Quotation | None:
        """The quotation of one reporting word, None if it reports nothing here."""
        before = WORD.findall(self.text[max(floor, cue.start() - 14) : cue.start()])
        if (before and before[-1].lower() in reporting.NOT_AFTER) or (
            before[-2:-1]
            and before[-2].lower() in {"không", "chưa", "từ", "sẽ", "để"}
            and before[-1].lower() in {"hề", "thể", "chối", "không"}
        ):
            return None
        nested = latest is not None and latest.content[0][0] <= cue.start()
        if (
            nested
            and before
            and before[-1].lower() in {"sẽ", "cần", "phải", "và"}
            and not _COORDINATED.search(self.text[max(floor, cue.start() - 30) : cue.start()])
        ):
            return None
        left = latest.content[0][0] if nested and latest else floor
        passive = self.text.rfind(" bị ", max(left, cue.start() - 80), cue.start())
        left = passive + 4 if passive >= 0 else left
        speech = [
            pair for pair in held if pair.outer_end <= cue.start() and marks.long(self.text, pair)
        ]
        bound = max([left, *(pair.outer_end for pair in speech)])
        source = self.page.source_before(bound, cue.start())
        coordinated = False
        if (
            source is None
            and latest is not None
            and (joint := _COORDINATED.search(self.text[max(left, cue.start() - 40) : cue.start()]))
        ):
            source, coordinated = latest.source, True
            cut = max(left, cue.start() - 40) + joint.start()
        if source is None and not nested:
            source = self.page.subject(floor, cue.start())
        content_start = self._content_start(cue, end, held)
        if content_start is not None and source is not None:
            content = self._trimmed(
                content_start, self._content_end(content_start, end, held), held
            )
            if _THIS.fullmatch(self.text, *content):
                return None
            if self._words(content) >= 2 or (
                self._words(content) and any(p.start == content[0] for p in held)
            ):
                if coordinated and latest is not None:
                    latest.content = (
                        [self._trimmed(latest.content[0][0], cut, held)]
                        if latest.content[0][0] < cut
                        else latest.content
                    )
                return Quotation([content], [cue.span()], source)
        if source is None or source.start < start:
            return None
        return self._inverted(cue, source, start, end, held, previous)

    def _inverted(
        self,
        cue: re.Match[str],
        source: Source,
        start: int,
        end: int,
        held: list[Pair],
        previous: Range | None,
    ) -> Quotation | None:
        """The quotation whose content stands before its source: “…”, ông X nói."""
        head = self.text[start : source.start].rstrip()
        rest = self.text[cue.end() : end].strip()
        if not head and previous and self._quoted(previous):
            return Quotation([self._trimmed(*previous, held)], [cue.span()], source)
        if not head or head[-1] not in ",”\"’'»–-?!" or (len(rest) > 60 and not held):
            return None
        if head[-1] == "," and not held and self._words((start, source.start)) < 4:
            return None
        parts = [self._trimmed(start, source.start, held)]
        if later := [
            pair for pair in held if pair.start > cue.end() and marks.long(self.text, pair)
        ]:
            parts.extend(self._trimmed(pair.start, pair.end, held) for pair in later)
        parts = [part for part in parts if part[0] < part[1]]
        return Quotation(parts, [cue.span()], source) if parts else None

    def _content_start(self, cue: re.Match[str], end: int, held: list[Pair]) -> int | None:
        """Where the content begins after a reporting word, None if there is none."""
        position = cue.end()
        if match := _THAT.match(self.text, position, end):
            return match.end()
        if (match := _COLON.match(self.text, position, end)) and not _CUE.search(
            self.text, position, match.end()
        ):
            return match.end()
        if (match := _LATER_THAT.match(self.text, position, end)) and not _CUE.search(
            self.text, position, match.end()
        ):
            return match.end()
        following = WORD.findall(self.text[position : min(end, position + 16)])
        word = following[0].lower() if following else ""
        if (
            not word
            or word in reporting.NO_CONTENT
            or self.text[position : position + 1] in {",", ")", "."}
        ):
            return None
        last = cue.group().lower().split()[-1]
        if not cue["strong"]:
            if last == "nói" and word in reporting.CLAUSE_OPENERS:
                return position
            quoted = last not in reporting.NEED_THAT and _BEFORE_QUOTE.match(
                self.text, position, end
            )
            return position if quoted else None
        if word in {
            "với",
            "trong",
            "tại",
            "hôm",
            "ngày",
            "trên",
            "vào",
            "sáng",
            "chiều",
            "tối",
            "sau",
            "khi",
        }:
            later = self.text.find(", ", position, min(end, position + 80))
            return (
                later + 2
                if later >= 0 and any(later + 2 <= pair.start for pair in held)
                else None
                if word in {"với", "trên"} or end - position < 45
                else position
            )
        return position

    def _content_end(self, start: int, end: int, held: list[Pair]) -> int:
        """The end of the content: the closing mark of a long quotation that begins it, else the end
        of the sentence.
        """
        for pair in held:
            if (
                not self.text[start : pair.start - 1].strip()
                and pair.start > start
                and pair.close
                and self.text[pair.outer_end : pair.outer_end + 1] in {",", ".", ";", "", "\n"}
            ):
                return pair.outer_end
        return end

    def _headline(self, start: int, end: int, held: list[Pair]) -> bool:
        """Adds the quotation of a headline of the form speaker: content."""
        match = _HEADLINE.match(self.text, start, end)
        if match is None or _CUE.search(match["source"]):
            return False
        source = self.page.source_before(start, match.end("source"))
        content = self._trimmed(
            match.start("content"), self._without_stop(*match.span("content")), held
        )
        if source is None or self._words(content) < 3 or source.end != match.end("source"):
            return False
        self.found.append(Quotation([content], [match.span("colon")], source))
        return True

    def _lone(self, start: int, end: int, held: list[Pair], same_line: bool) -> None:
        """Long words in quotation marks without reporting words: they go on with the quotation
        before, or have no source.
        """
        for pair in held:
            alone = self.text[start:end].strip()[:1] == pair.open and end - pair.outer_end < 3
            content = self._trimmed(pair.start, pair.end, held)
            if content[0] >= content[1] or not (
                marks.long(self.text, pair) or (alone and same_line)
            ):
                continue
            if same_line and alone and self.found[-1].content[-1][1] <= content[0]:
                self.found[-1].content.append(content)
            else:
                self.found.append(Quotation([content]))
            return

    def _quoted(self, span: Range) -> bool:
        """Whether a sentence stands in quotation marks as a whole."""
        sentence = self.text[slice(*span)].strip()
        return len(sentence) > 8 and sentence[0] in '“"«' and sentence[-1] in '”"»'

    def _words(self, span: Range) -> int:
        return sum(1 for _ in WORD.finditer(self.text, *span))

    def _without_stop(self, start: int, end: int) -> int:
        while end > start and (self.text[end - 1].isspace() or self.text[end - 1] in ".…"):
            end -= 1
        return end

    def _trimmed(self, start: int, end: int, held: list[Pair]) -> Range:
        """A content without complementiser, edge punctuation and edge quotation marks."""
        opening, closing = (
            {pair.start - 1 for pair in held},
            {pair.end for pair in held if pair.close},
        )
        while start < end and (
            self.text[start].isspace()
            or self.text[start] in ",:;–-•*"
            or start in opening
            or self.text[start] in '“"”'
        ):
            start += 1
        if match := re.compile(r"(?:rằng|là) (?=\S)", re.IGNORECASE).match(self.text, start, end):
            return self._trimmed(match.end(), end, held)
        while end > start and (
            self.text[end - 1].isspace()
            or self.text[end - 1] in ".,:;…–-"
            or end - 1 in closing
            or self.text[end - 1] in '”"'
        ):
            end -= 1
        return start, end
