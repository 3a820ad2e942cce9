"""Phenomena: what records have in common beside their label, as one table of predicates.

A predicate reads a record, the text around it, and the other records of its side. It needs no
registry and no ids, so that it runs on gold of any origin and on predictions; a field that a record
does not have makes a phenomenon false. Words are compared in NFC, with all white space as spaces.
Lists of words are in ``phenomena_words.json``.

Sources of the idea: HateCheck (Röttger et al. 2021), CheckList (Ribeiro et al. 2020).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Any

import msgspec

from vinewsie.model import (
    Date,
    Document,
    Entity,
    Mark,
    Prediction,
    Quote,
    Segment,
    Span,
    records_of,
)
from vinewsie.scheme import LAYERS
from vinewsie.scheme.marks import DASHES
from vinewsie.text import SYLLABLE, syllables

Holder = Document | Prediction

_LABELS = {
    "entities": ("type",),
    "dates": ("type",),
    "marks": ("function",),
    "quotes": ("kind", "source_status"),
}
"""The fields whose values are phenomena, too, by layer."""
_LONG_NAME, _LONG, _SHORT = 5, 40, 4
"""Syllables of a long name, of a long and of a short content."""
_BEFORE = 40
"""Code points that are searched for a title before a mention; enough for all in NFD, too."""
_SPACE = re.compile(r"\s+")


def _normalised(text: str) -> str:
    """A text in NFC, and with a space for each stretch of white space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text))


@cache
def _words(name: str) -> frozenset[str]:
    """A list of words."""
    data = (files("vinewsie.scoring") / "phenomena_words.json").read_bytes()
    return frozenset(msgspec.json.decode(data, type=dict[str, list[str]])[name])


class Facts:
    """A side of a document, with what predicates ask about it.

    Args:
        holder: gold, or a prediction.
        document: the document with text and segments.
    """

    def __init__(self, holder: Holder, document: Document) -> None:
        self.holder, self.document, self.text = holder, document, document.text

    def words(self, span: Any) -> str:
        """The words of a span."""
        return self.between(span.start, span.end)

    def between(self, start: int, end: int) -> str:
        """The words from one offset to another."""
        return _normalised(self.text[start:end])

    def said(self, spans: Iterable[Any]) -> str:
        """The words of several spans, in lower case."""
        return " ".join(self.words(span) for span in spans).casefold()

    def before(self, span: Any) -> str:
        """What stands before a span in its line, in lower case."""
        start = max(span.start - _BEFORE, 0)
        line = self.text[start : span.start].rpartition("\n")[2]
        return _normalised(line).casefold()

    def zone(self, span: Any) -> str:
        """The zone of a span; empty without segments."""
        segment: Segment | None = self.document.segment_at(span.start)
        return segment.zone if segment else ""

    def line(self, offset: int) -> int:
        """The offset of the line that holds an offset."""
        return self.text.rfind("\n", 0, offset) + 1

    @cached_property
    def entity_spans(self) -> Counter[tuple[int, int]]:
        """The spans of the mentions."""
        return Counter((e.start, e.end) for e in self.holder.entities)

    @cached_property
    def parents(self) -> frozenset[str]:
        """The ids of the quotations that enclose others."""
        return frozenset(q.parent for q in self.holder.quotes if q.parent is not None)

    @cached_property
    def marks_of(self) -> dict[str | None, list[Mark]]:
        """The marks by the id of their quotation."""
        found: dict[str | None, list[Mark]] = {}
        for mark in self.holder.marks:
            found.setdefault(mark.quote, []).append(mark)
        return found


@dataclass(frozen=True)
class Phenomenon:
    """A phenomenon of a layer.

    Args:
        name: its name.
        vi: its name in Vietnamese.
        layer: the layer.
        about: its definition.
        example: an invented example; ``{PER:…}`` is a mention, ``{D=VALUE:…}`` a date (``T`` TIME,
            ``U`` DURATION, ``R`` SET), ``{M=FUNCTION:…}`` a mark, ``{Q:…}`` a content, ``{K:…}`` a
            cue, ``{S=STATUS:…}`` a source.
        shows: whether a record shows it.
        measure: under which a record counts as found.
    """

    name: str
    vi: str
    layer: str
    about: str
    example: str
    shows: Callable[[Any, Facts], bool]
    measure: str


# Mentions


def _inside(e: Entity, facts: Facts) -> bool:
    length = e.end - e.start
    return any(
        o.start <= e.start and e.end <= o.end and o.end - o.start > length
        for o in facts.holder.entities
    )


def _holds(e: Entity, facts: Facts) -> bool:
    length = e.end - e.start
    return any(
        e.start <= o.start and o.end <= e.end and o.end - o.start < length
        for o in facts.holder.entities
    )


def _ends(text: str, names: Iterable[str]) -> bool:
    """Whether a text ends with one of the words and a space."""
    stripped = text.rstrip(" ")
    return text != stripped and any(
        stripped.endswith(name) and not stripped[: -len(name)][-1:].isalnum() for name in names
    )


def _size(span: Any, facts: Facts) -> int:
    return len(SYLLABLE.findall(facts.words(span)))


_VIETNAMESE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx])?"
    r"[aăâeêioôơuưyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]{1,3}"
    r"(?:ng|nh|ch|[cmnpt])?"
)


_KOREAN = re.compile(
    r"(?:kk|tt|pp|ss|jj|ch|sh(?=i)|[bdghjklmnprst])?[wy]?"
    r"(?:ae|eo|eu|ee|oo|ou|oe|ui|[aeiou])(?:ng|ck|[bghklmnpt])?"
)
"""A syllable of a Korean given name, in the spellings in use."""
_PINYIN = re.compile(
    r"(?:"
    r"[bpmf](?:[aou]|ai|ei|ao|ou|an|en|ang|eng|i|ie|iao|iu|ian|in|ing)"
    r"|[dtnl](?:[aeu]|ai|ei|ao|ou|an|en|ang|eng|ong|i|ia|ie|iao|iu|ian|iang|in|ing|ui|uan|un|uo|ue)"
    r"|[gkh](?:[aeu]|ai|ei|ao|ou|an|en|ang|eng|ong|ua|uai|ui|uan|uang|un|uo)"
    r"|(?:zh|ch|sh|[rzcs])(?:[aeiu]|ai|ei|ao|ou|an|en|ang|eng|ong|ua|uai|ui|uan|uang|un|uo)"
    r"|[jqx](?:i|ia|ie|iao|iu|ian|iang|in|ing|iong|u|ue|uan|un)"
    r"|y(?:[aeiou]|ao|ou|an|ang|in|ing|ong|ue|uan|un)|w(?:[aou]|ai|ei|an|en|ang|eng)"
    r"|an|ang|ai|ao|en|er|e|ou"
    r"){1,2}"
)
"""One or two syllables of a Chinese given name in pinyin."""


def _origin(e: Entity, facts: Facts) -> str:
    """The group that a person's name belongs to by its form; empty where the form does not tell."""
    name = facts.words(e).casefold()
    parts = SYLLABLE.findall(name)
    if e.type != "PER" or not parts:
        return ""
    first, given = parts[0], parts[1:]
    foreign = any(not part.isdigit() and not _VIETNAMESE.fullmatch(part) for part in parts)
    if not given:
        # Korean and Chinese surnames alone tell no group, but are not Western.
        return "western" if foreign and first not in _words("korean") | _words("pinyin") else ""
    if foreign or "-" in name:
        if first in _words("korean") and all(map(_KOREAN.fullmatch, given)):
            return "korean"
        if first in _words("pinyin") and all(map(_PINYIN.fullmatch, given)):
            return "chinese"
    surnames = {first, " ".join(parts[:-1][:2])}
    for kind in ("chinese", "khmer", "highland"):
        if surnames & _words(kind):
            return kind
    return "western" if foreign and first not in _words("surnames") else ""


def _of_origin(group: str) -> Callable[[Entity, Facts], bool]:
    return lambda e, facts: _origin(e, facts) == group


def _named(kind: str) -> Callable[[Entity, Facts], bool]:
    return lambda e, facts: facts.words(e).casefold() in _words(kind)


def _administrative(e: Entity, facts: Facts) -> bool:
    first = facts.words(e).casefold().partition(" ")[0]
    units = _words("units")
    return e.type == "GPE" and (first in units or _ends(facts.before(e), units))


def _joined(e: Entity, facts: Facts) -> bool:
    """Whether a hyphen joins a mention with another one."""
    starts = {start for start, _ in facts.entity_spans}
    ends = {end for _, end in facts.entity_spans}
    text = facts.text
    return (text[e.end : e.end + 1] in ("-", "–") and e.end + 1 in starts) or (
        text[max(e.start - 1, 0) : e.start] in ("-", "–") and e.start - 1 in ends
    )


def _in_marks(e: Entity, facts: Facts) -> bool:
    before, after = facts.text[max(e.start - 1, 0) : e.start], facts.text[e.end : e.end + 1]
    return before in tuple("\"“‘'«„") and after in tuple("\"”’'»“")


# Dates


def _value(pattern: str) -> Callable[[Date, Facts], bool]:
    compiled = re.compile(pattern)
    return lambda d, _: compiled.fullmatch(d.value or "") is not None


def _surface(kind: str) -> Callable[[Any, Facts], bool]:
    """Whether the words have one of a list, as whole words."""

    def shows(record: Any, facts: Facts) -> bool:
        words = f" {' '.join(SYLLABLE.findall(facts.words(record).casefold()))} "
        return any(f" {word} " in words for word in _words(kind))

    return shows


def _lunar(d: Date, facts: Facts) -> bool:
    parts = SYLLABLE.findall(facts.words(d).casefold())
    years = any(a in _words("stems") and b in _words("branches") for a, b in pairwise(parts))
    return years or (_surface("lunar")(d, facts) and not _surface("solar")(d, facts))


_WEEKDAY = re.compile(r"\b(?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật)\b")
_ORDINAL = re.compile(r"\b(?:lần|tuần|tháng|quý|năm|thập niên|thế kỷ|thế kỉ) thứ ")
"""thứ before the number of another unit than the day, as in tuần thứ 2."""


def _weekday(d: Date, facts: Facts) -> bool:
    words = facts.words(d).casefold()
    return _WEEKDAY.search(_ORDINAL.sub("", words)) is not None


def _range(d: Date, facts: Facts) -> bool:
    joint = re.compile(r"\s*(?:-|–|đến|tới|và)\s*")
    return any(
        joint.fullmatch(facts.between(min(d.end, o.end), max(d.start, o.start))) is not None
        for o in facts.holder.dates
        if o is not d and (o.start >= d.end or d.start >= o.end)
    )


def _relative(d: Date, facts: Facts) -> bool:
    words = facts.words(d)
    return not any(c.isdigit() for c in words) and _surface("relative")(d, facts) and not d.vague


# Marks


def _function_in(function: str, *zones: str) -> Callable[[Mark, Facts], bool]:
    return lambda m, facts: m.function == function and facts.zone(m) in zones


def _style(characters: str) -> Callable[[Mark, Facts], bool]:
    """Whether the opening mark, or the closing one where it is alone, is one of some characters."""

    def shows(m: Mark, facts: Facts) -> bool:
        place = m.end if m.status == "unopened" else m.start - 1
        return place >= 0 and facts.text[place : place + 1] in tuple(characters)

    return shows


# Quotations


def _cue_in(kind: str) -> Callable[[Quote, Facts], bool]:
    return lambda q, facts: any(
        facts.words(span).casefold() in _words(kind)
        or any(facts.words(span).casefold().startswith(f"{w} ") for w in _words(kind))
        for span in q.cue
    )


def _colon(q: Quote, facts: Facts) -> bool:
    return any(facts.words(span) == ":" for span in q.cue)


def _place(q: Quote) -> str:
    """Where the cue stands: ``before`` or ``after`` the content, or ``inside``, between its parts.

    Empty for a cue whose own parts stand around the content.
    """
    if not q.cue or not q.content:
        return ""
    if all(cue.end <= q.content[0].start for cue in q.cue):
        return "before"
    if all(cue.start >= q.content[-1].end for cue in q.cue):
        return "after"
    gaps = [(left.end, right.start) for left, right in pairwise(q.content)]
    between = any(low <= cue.start and cue.end <= high for low, high in gaps for cue in q.cue)
    return "inside" if between else ""


def _lines(q: Quote, facts: Facts) -> int:
    return len({facts.line(offset) for s in q.content for offset in (s.start, s.end)})


def _status(value: str) -> Callable[[Quote, Facts], bool]:
    return lambda q, _: q.source_status == value


def _mark_of(*statuses: str) -> Callable[[Quote, Facts], bool]:
    return lambda q, facts: (
        q.id is not None and any(mark.status in statuses for mark in facts.marks_of.get(q.id, ()))
    )


def _nested_marks(q: Quote, facts: Facts) -> bool:
    inside = [
        m
        for m in facts.holder.marks
        if any(s.start <= m.start and m.end <= s.end for s in q.content)
    ]
    return any(a is not b and a.start <= b.start and b.end <= a.end for a in inside for b in inside)


def _dash(q: Quote, facts: Facts) -> bool:
    if not q.content:
        return False
    start = q.content[0].start
    return facts.text[facts.line(start) : start].strip() in ("-", "–", "—")


def _interview(q: Quote, facts: Facts) -> bool:
    """Whether a turn of an interview: a name and a colon begin the line."""
    if q.source is None or not _colon(q, facts):
        return False
    body = facts.zone(q.source) in ("", "body")
    return body and facts.line(q.source.start) == q.source.start


def _only_before(q: Quote, facts: Facts) -> bool:
    """Whether the speaker is named in an earlier line alone."""
    if not q.speakers or not q.content:
        return False
    first = facts.line(q.content[0].start)
    lines = {facts.line(e.start) for e in facts.holder.entities if e.entity_id in q.speakers}
    return bool(lines) and first not in lines and min(lines) < first


def _metonym(q: Quote, facts: Facts) -> bool:
    if q.source is None:
        return False
    words = facts.words(q.source).casefold()
    places = {(e.start, e.end) for e in facts.holder.entities if e.type in ("GPE", "FAC", "LOC")}
    return words in _words("metonyms") or (q.source.start, q.source.end) in places


def _content_size(q: Quote, facts: Facts) -> int:
    content = facts.said(q.content)
    return len(syllables(content, [Span(start=0, end=len(content))]))


def _zone_of_quote(*zones: str) -> Callable[[Quote, Facts], bool]:
    return lambda q, facts: bool(q.content) and facts.zone(q.content[0]) in zones


def _zone(*zones: str) -> Callable[[Any, Facts], bool]:
    return lambda record, facts: facts.zone(record) in zones


_TEASER = ("teaser_headline", "teaser_lead")
_E, _D, _M = "entities.strict(scheme=any)", "dates.value(vague=include)", "quotes.marked"
_Q, _A = "quotes.relaxed", "attribution.joint"


def _entity(name: str, vi: str, about: str, example: str, shows: Any) -> Phenomenon:
    return Phenomenon(name, vi, "entities", about, example, shows, _E)


def _date(name: str, vi: str, about: str, example: str, shows: Any) -> Phenomenon:
    return Phenomenon(name, vi, "dates", about, example, shows, _D)


def _mark(name: str, vi: str, about: str, example: str, shows: Any) -> Phenomenon:
    return Phenomenon(name, vi, "marks", about, example, shows, _M)


def _quote(name: str, vi: str, about: str, example: str, shows: Any) -> Phenomenon:
    return Phenomenon(name, vi, "quotes", about, example, shows, _Q)


def _attributed(name: str, vi: str, about: str, example: str, shows: Any) -> Phenomenon:
    return Phenomenon(name, vi, "quotes", about, example, shows, _A)


TABLE: tuple[Phenomenon, ...] = (
    _entity(
        "outermost",
        "ngoài cùng",
        "no longer mention holds it",
        "{PER:Lan} về.",
        lambda e, f: not _inside(e, f),
    ),
    _entity(
        "nested",
        "lồng bên trong",
        "a longer mention holds it",
        "{ORG:Công an {GPE:Huế}} nói.",
        _inside,
    ),
    _entity(
        "holds a mention",
        "chứa tên khác",
        "an organisation whose name holds another mention",
        "{ORG:Sở Y tế {GPE:Huế}} nói.",
        lambda e, f: e.type == "ORG" and _holds(e, f),
    ),
    _entity(
        "person behind a title",
        "người sau chức danh",
        "a title or form of address before it",
        "ông {PER:Nam} về.",
        lambda e, f: e.type == "PER" and _ends(f.before(e), _words("titles")),
    ),
    _entity(
        "bare given name",
        "tên gọi trơn",
        "a person by one syllable, without a title",
        "{PER:Lan} cười.",
        lambda e, f: (
            e.type == "PER" and _size(e, f) == 1 and not _ends(f.before(e), _words("titles"))
        ),
    ),
    _entity(
        "Western or transcribed name",
        "tên phương Tây hoặc phiên âm",
        "a person with a syllable that cannot be Vietnamese, without a surname that is common in "
        "Vietnam, and of no group below; also names of other languages that have no group",
        "{PER:Rafael Couto} đến.",
        _of_origin("western"),
    ),
    _entity(
        "Korean name",
        "tên Triều Tiên, Hàn Quốc",
        "a romanised Korean surname and given name; of Sino-Vietnamese ones the form does not tell",
        "{PER:Park Joon-ho} đến.",
        _of_origin("korean"),
    ),
    _entity(
        "Chinese name",
        "tên Trung Quốc",
        "in pinyin, or Sino-Vietnamese with a surname that is rare in Vietnam (Tập, Bành, Âu Dương "
        "…); of those with a common one (Lý, Vương, Đặng …) the form does not tell",
        "{PER:Bành Tử Long} đá.",
        _of_origin("chinese"),
    ),
    _entity(
        "Khmer name",
        "tên Khmer",
        "a surname of a list",
        "{PER:Thạch Sa Rinh} bán cá.",
        _of_origin("khmer"),
    ),
    _entity(
        "highland name",
        "tên dân tộc thiểu số",
        "a surname of a list of highland peoples",
        "{PER:Giàng A Sính} đáp.",
        _of_origin("highland"),
    ),
    _entity(
        "diaspora exonym",
        "địa danh kiểu hải ngoại",
        "a name that the diaspora press uses",
        "từ {GPE:Gia Nã Đại} về",
        _named("diaspora"),
    ),
    _entity(
        "mainland exonym",
        "địa danh kiểu trong nước",
        "a name that the diaspora press has another one for",
        "từ {GPE:Hàn Quốc} về",
        _named("mainland"),
    ),
    _entity(
        "metonym",
        "hoán dụ",
        "a building or place that stands for who works in it",
        "{FAC:Nhà Trắng} nói",
        _named("metonyms"),
    ),
    _entity(
        "abbreviation",
        "chữ viết tắt",
        "capitals and digits alone, two or more",
        "{ORG:LHQ} họp",
        lambda e, f: len(f.words(e)) > 1 and f.words(e).isupper() and " " not in f.words(e),
    ),
    _entity(
        "administrative unit",
        "đơn vị hành chính",
        "a word for a unit in it or before it",
        "xã {GPE:Đông Vệ}",
        _administrative,
    ),
    _entity(
        "demonym",
        "chỉ người theo nơi chốn",
        "a place behind người, dân or gốc",
        "người {GPE:Pháp}",
        lambda e, f: e.type in ("GPE", "LOC") and _ends(f.before(e), ("người", "dân", "gốc")),
    ),
    _entity("event", "sự kiện", "a named event", "{EVENT:Tết} đến", lambda e, _: e.type == "EVENT"),
    _entity(
        "product",
        "sản phẩm",
        "a named product",
        "phần mềm {PROD:Sao Mai}",
        lambda e, _: e.type == "PROD",
    ),
    _entity(
        "work or other name",
        "tác phẩm, tên khác",
        "of the type MISC",
        "phim {MISC:Đò dọc}",
        lambda e, _: e.type == "MISC",
    ),
    _entity(
        "name in marks",
        "tên trong ngoặc kép",
        "quotation marks directly around it",
        "phim “{MISC:Đò dọc}”",
        _in_marks,
    ),
    _entity(
        "joined by a hyphen",
        "nối bằng gạch",
        "a hyphen joins it with another mention",
        "{GPE:Nga}-{GPE:Mỹ}",
        _joined,
    ),
    _entity(
        "long name",
        "tên dài",
        f"of {_LONG_NAME} syllables or more",
        "{ORG:Sở Giáo dục và Đào tạo}",
        lambda e, f: _size(e, f) >= _LONG_NAME,
    ),
    _entity(
        "name with a number",
        "tên có số",
        "a digit in the name",
        "tàu {PROD:SC-09}",
        lambda e, f: any(c.isdigit() for c in f.words(e)),
    ),
    _entity("name in a headline", "tên trong tít", "in the zone headline", "", _zone("headline")),
    _entity(
        "name in a teaser", "tên trong tin dẫn", "in a link to another article", "", _zone(*_TEASER)
    ),
    _date(
        "day",
        "ngày",
        "the value is a day",
        "{D=2023-10-12:ngày 12/10}",
        _value(r"[\dX]{4}-[\dX]{2}-[\dX]{2}"),
    ),
    _date(
        "weekday",
        "thứ trong tuần",
        "a weekday is named",
        "{D=2023-10-11:hôm thứ Tư}",
        _weekday,
    ),
    _date(
        "weekday without a date",
        "thứ không kèm ngày",
        "the value is a weekday",
        "{D=XXXX-WXX-3:thứ Tư}",
        lambda d, _: "-WXX-" in (d.value or ""),
    ),
    _date(
        "weekend",
        "cuối tuần",
        "the value is a weekend",
        "{D=2023-W41-WE:cuối tuần này}",
        _value(r".*-WE"),
    ),
    _date(
        "month",
        "tháng",
        "the value is a month",
        "{D=2023-10:tháng Mười}",
        _value(r"[\dX]{4}-[\dX]{2}"),
    ),
    _date("year", "năm", "the value is a year", "{D=2019:năm 2019}", _value(r"\d{4}")),
    _date(
        "quarter or half",
        "quý, nửa năm",
        "the value is a quarter or a half",
        "{D=2023-Q3:quý III}",
        _value(r"[\dX]{4}-[QH].*"),
    ),
    _date(
        "decade or century",
        "thập niên, thế kỷ",
        "the value is a decade or a century",
        "{D=199:thập niên 90}",
        _value(r"\d{2,3}"),
    ),
    _date(
        "part of day",
        "buổi trong ngày",
        "a time without a clock",
        "{T=2023-10-12TEV:tối qua}",
        _value(r".*T(?:MO|MI|AF|EV|NI|DT)"),
    ),
    _date(
        "clock time",
        "giờ phút",
        "a time of the clock",
        "{T=2023-10-12T19:00:19 giờ}",
        _value(r".*T\d.*(?<!S)(?<!M)(?<!H)"),
    ),
    _date(
        "duration",
        "khoảng thời gian",
        "of the type DURATION",
        "{U=P3D:ba ngày}",
        lambda d, _: d.type == "DURATION",
    ),
    _date("set", "lặp lại", "of the type SET", "{R=P1D:mỗi ngày}", lambda d, _: d.type == "SET"),
    _date(
        "range",
        "khoảng từ đến",
        "joined with another date by a hyphen, đến, tới or và",
        "từ {D=2023-05-03:ngày 3} đến {D=2023-05-07:7/5}",
        _range,
    ),
    _date(
        "lunar",
        "âm lịch",
        "a word of the lunar calendar, or stem and branch",
        "{D=XXXX-XX-XX:mùng 3 Tết}",
        _lunar,
    ),
    _date(
        "relative",
        "tương đối",
        "no digits, and a word that points (nay, qua, tới, ngoái …)",
        "{D=2023-10-12:hôm qua}",
        _relative,
    ),
    _date(
        "year not printed",
        "không in năm",
        "a day or month whose year stands nowhere in it",
        "{D=2023-10-12:ngày 12/10}",
        lambda d, f: (
            re.match(r"\d{4}-\d{2}", d.value or "") is not None
            and (d.value or "")[:4] not in f.words(d)
        ),
    ),
    _date(
        "other value without a year",
        "giá trị không có năm",
        "the value has X for the year, and is no weekday",
        "{D=XXXX-10-12:12/10}",
        lambda d, _: (d.value or "").startswith("XXXX") and "-WXX-" not in (d.value or ""),
    ),
    _date(
        "present, past, future",
        "hiện tại, quá khứ, tương lai",
        "the value is such a reference",
        "{D=PRESENT_REF:hiện nay}",
        lambda d, _: (d.value or "").endswith("_REF"),
    ),
    _date("vague", "mơ hồ", "marked as vague", "", lambda d, _: d.vague),
    _date(
        "with a modifier",
        "có từ bổ nghĩa",
        "the field mod is set",
        "",
        lambda d, _: d.mod is not None,
    ),
    _date(
        "date in a teaser",
        "ngày trong tin dẫn",
        "in a link to another article",
        "",
        _zone(*_TEASER),
    ),
    _mark(
        "speech marks",
        "ngoặc lời nói",
        "around words that somebody said",
        "nói “{M=speech:được}”",
        lambda m, _: m.function == "speech",
    ),
    _mark(
        "speech marks in the body",
        "ngoặc lời nói trong thân bài",
        "around words that somebody said, in the body",
        "nói “{M=speech:được}”",
        _function_in("speech", "", "body"),
    ),
    _mark(
        "speech marks in a teaser",
        "ngoặc lời nói trong tin dẫn",
        "around words that somebody said, in a link to another article",
        "",
        _function_in("speech", *_TEASER),
    ),
    _mark(
        "scare marks in the body",
        "ngoặc mỉa trong thân bài",
        "around the writer's own irony, in the body",
        "‘{M=scare:trùm}’ sân cỏ",
        _function_in("scare", "", "body"),
    ),
    _mark(
        "scare marks in a teaser",
        "ngoặc mỉa trong tin dẫn",
        "around the writer's own irony, in a link to another article",
        "",
        _function_in("scare", *_TEASER),
    ),
    _mark(
        "title in marks",
        "ngoặc tên tác phẩm",
        "around a work's name",
        "phim “{M=title:Đò}”",
        lambda m, _: m.function == "title",
    ),
    _mark(
        "term in marks",
        "ngoặc thuật ngữ",
        "around a term or a nickname",
        "gọi là “{M=term:vua}”",
        lambda m, _: m.function == "term",
    ),
    _mark(
        "partner missing",
        "thiếu một dấu",
        "one of the two marks is not there",
        "",
        lambda m, _: m.status in ("unclosed", "unopened"),
    ),
    _mark(
        "mismatched marks", "dấu lệch", "of two styles", "", lambda m, _: m.status == "mismatched"
    ),
    _mark(
        "single marks",
        "ngoặc đơn",
        "one stroke each, straight or curly",
        "nói ‘{M=speech:được}’",
        _style("'‘’‛"),
    ),
    _mark(
        "straight marks",
        "ngoặc thẳng",
        "as on a typewriter",
        'nói "{M=speech:được}"',
        _style("\"'"),
    ),
    _mark(
        "curly marks",
        "ngoặc cong",
        "as in print, high or low",
        "nói “{M=speech:được}”",
        _style("“”„‟‘’‛"),
    ),
    _mark(
        "guillemets",
        "ngoặc góc",
        "as in French print, double or single",
        "nói «{M=speech:được}»",
        _style("«»‹›"),
    ),
    _mark(
        "dash as mark",
        "gạch đầu lời thoại",
        "a dash before spoken words, without a partner",
        "–{M=speech: Mưa rồi} – Lan nói.",
        _style("".join(DASHES)),
    ),
    _mark(
        "marks in a teaser",
        "ngoặc trong tin dẫn",
        "in a link to another article",
        "",
        _zone(*_TEASER),
    ),
    _quote(
        "in a chain",
        "trong chuỗi",
        "within another quotation, or around one",
        "",
        lambda q, f: q.parent is not None or q.id in f.parents,
    ),
    _quote(
        "direct, cue before",
        "trực tiếp, dẫn trước",
        "direct, and the cue before the content",
        "Lan {K:nói}: “{Q=direct:Mưa rồi}”.",
        lambda q, _: q.kind == "direct" and _place(q) == "before",
    ),
    _quote(
        "direct, cue after",
        "trực tiếp, dẫn sau",
        "direct, and the cue behind the content",
        "“{Q=direct:Mưa rồi}”, Lan {K:nói}.",
        lambda q, _: q.kind == "direct" and _place(q) == "after",
    ),
    _quote(
        "cue inside",
        "dẫn chen giữa",
        "the cue stands between parts of the content",
        "“{Q=direct:Mưa}”, Lan {K:nói}, “{Q+:rồi}”.",
        lambda q, _: _place(q) == "inside",
    ),
    _quote(
        "without a cue",
        "không có động từ dẫn",
        "no cue",
        "“{Q=direct:Mưa rồi}”.",
        lambda q, _: not q.cue,
    ),
    _quote(
        "content in several spans",
        "nội dung nhiều đoạn",
        "interrupted",
        "“{Q=direct:Mưa}”, Lan {K:nói}, “{Q+:rồi}”.",
        lambda q, _: len(q.content) > 1,
    ),
    _quote(
        "over several lines",
        "qua nhiều dòng",
        "a content that stands in more than one line",
        "“{Q=direct:Mưa}\n{Q+:rồi}”, Lan {K:nói}.",
        lambda q, f: _lines(q, f) > 1,
    ),
    _quote(
        "unclosed marks",
        "ngoặc chưa đóng",
        "a mark of it has no partner",
        "",
        _mark_of("unclosed", "unopened"),
    ),
    _quote(
        "mismatched quotation marks",
        "ngoặc lệch",
        "its marks are of two styles",
        "",
        _mark_of("mismatched"),
    ),
    _quote(
        "marks within marks", "ngoặc trong ngoặc", "its content has nested marks", "", _nested_marks
    ),
    _quote(
        "dash dialogue",
        "đối thoại gạch đầu dòng",
        "a dash at the beginning of its line",
        "– {Q=direct:Mưa rồi} – Lan {K:nói}.",
        _dash,
    ),
    _quote(
        "interview turn",
        "lượt hỏi đáp",
        "a name and a colon begin its line",
        "{S=named:Lan}{K::} {Q=indirect:Mưa rồi.}",
        _interview,
    ),
    _quote(
        "colon as cue",
        "dấu hai chấm dẫn",
        "the cue is a colon",
        "{S=named:Lan}{K::} {Q=indirect:Mưa rồi}",
        _colon,
    ),
    _quote(
        "theo",
        "theo",
        "the cue is theo",
        "{K:Theo} {S=named:Lan}, {Q=indirect:trời mưa}.",
        _cue_in("according"),
    ),
    _quote(
        "cho biết, cho hay",
        "cho biết, cho hay",
        "a cue that informs",
        "Lan {K:cho hay} {Q=indirect:trời mưa}.",
        _cue_in("inform"),
    ),
    _quote(
        "khẳng định",
        "khẳng định",
        "a cue that affirms",
        "Lan {K:khẳng định} {Q=indirect:trời mưa}.",
        _cue_in("affirm"),
    ),
    _quote(
        "hearsay",
        "được cho là, nghe đồn",
        "a cue that leaves open who says it (được cho là, được biết, nghe nói, đồn)",
        "Lan {K:được cho là} “{Q=direct:đã đi}”.",
        _cue_in("hearsay"),
    ),
    _quote(
        "denial",
        "phủ nhận",
        "a cue that denies",
        "Lan {K:phủ nhận} {Q=indirect:đã đi}.",
        _cue_in("deny"),
    ),
    _quote(
        "call",
        "kêu gọi",
        "a cue that calls for something",
        "Lan {K:kêu gọi} {Q=indirect:mọi người ở nhà}.",
        _cue_in("call"),
    ),
    _quote(
        "question",
        "câu hỏi",
        "a cue that asks, or a content with a question mark at its end",
        "Lan {K:hỏi}: “{Q=direct:Mưa à?}”",
        lambda q, f: _cue_in("ask")(q, f) or f.said(q.content[-1:]).endswith("?"),
    ),
    _quote(
        "truncated",
        "bị cắt",
        "the text breaks off inside the content",
        "",
        lambda q, _: q.truncated,
    ),
    _quote(
        "long content",
        "nội dung dài",
        f"of {_LONG} syllables or more",
        "",
        lambda q, f: _content_size(q, f) >= _LONG,
    ),
    _quote(
        "short content",
        "nội dung ngắn",
        f"of {_SHORT} syllables or fewer",
        "“{Q=direct:Mưa rồi}”.",
        lambda q, f: 0 < _content_size(q, f) <= _SHORT,
    ),
    _quote(
        "quotation in a headline",
        "trích dẫn trong tít",
        "in the zone headline",
        "",
        _zone_of_quote("headline"),
    ),
    _quote(
        "quotation in a teaser",
        "trích dẫn trong tin dẫn",
        "in a link to another article",
        "",
        _zone_of_quote(*_TEASER),
    ),
    _attributed(
        "speaker from context",
        "người nói theo ngữ cảnh",
        "speakers, and no source in the sentence",
        "",
        lambda q, _: q.source is None and bool(q.speakers),
    ),
    _attributed(
        "speaker named before alone",
        "người nói chỉ nêu ở trên",
        "the speaker is named in earlier lines, not in that of the content",
        "",
        _only_before,
    ),
    _attributed(
        "named source",
        "nguồn có tên",
        "of the source status named",
        "{S=named:Lan} {K:nói} {Q=indirect:trời mưa}.",
        _status("named"),
    ),
    _attributed(
        "pronoun as source",
        "nguồn là đại từ",
        "of the source status pronoun",
        "{S=pronoun:Chị} {K:nói} {Q=indirect:trời mưa}.",
        _status("pronoun"),
    ),
    _attributed(
        "role as source",
        "nguồn là vai trò",
        "of the source status nominal",
        "{S=nominal:Một người} {K:nói} {Q=indirect:trời mưa}.",
        _status("nominal"),
    ),
    _attributed(
        "collective source",
        "nguồn tập thể",
        "of the source status collective",
        "{S=collective:Dân} {K:nói} {Q=indirect:trời mưa}.",
        _status("collective"),
    ),
    _attributed(
        "anonymous source",
        "nguồn giấu tên",
        "of the source status anonymous",
        "{S=anonymous:Có người} {K:nói} {Q=indirect:trời mưa}.",
        _status("anonymous"),
    ),
    _attributed(
        "document as source",
        "nguồn là tài liệu",
        "of the source status document",
        "{S=document:Báo cáo} {K:nêu} {Q=indirect:trời mưa}.",
        _status("document"),
    ),
    _attributed(
        "no source", "không có nguồn", "of the source status absent", "", _status("absent")
    ),
    _attributed(
        "two speakers or more",
        "hai người nói trở lên",
        "several speak together",
        "",
        lambda q, _: len(q.speakers or ()) > 1,
    ),
    _attributed(
        "place or house as source",
        "nơi chốn làm nguồn",
        "the source is a place, a building or a metonym",
        "{S=named:{FAC:Nhà Trắng}} {K:nói} {Q=indirect:trời mưa}.",
        _metonym,
    ),
    _attributed(
        "with a medium",
        "có phương tiện",
        "a letter, statement or network is named",
        "",
        lambda q, _: q.medium is not None,
    ),
    _attributed(
        "with an addressee",
        "có người nghe",
        "addressees are named",
        "",
        lambda q, _: bool(q.addressees),
    ),
)
"""All phenomena, by layer."""


def phenomena(layer: str) -> list[str]:
    """The phenomena of a layer: the values of its labels, then those of the table."""
    fields = _LABELS[layer]
    titles = [_label(name, value) for name in fields for value in LAYERS[layer].vocabularies[name]]
    return list(dict.fromkeys([*titles, *(one.name for one in TABLE if one.layer == layer)]))


def shown_by(holder: Holder, document: Document, layer: str) -> Iterator[tuple[int, Phenomenon]]:
    """The place of each record in its layer with each phenomenon of the table that it shows.

    Args:
        holder: gold, or a prediction.
        document: the document, for text and segments.
        layer: the layer.
    """
    facts = Facts(holder, document)
    of_layer = [one for one in TABLE if one.layer == layer]
    for place, record in enumerate(records_of(holder, layer)):
        for one in of_layer:
            if one.shows(record, facts):
                yield place, one


def records_by_phenomenon(
    holder: Holder, document: Document, layer: str
) -> Iterator[tuple[int, str]]:
    """As :func:`shown_by`, by name, and with the values of labels.

    Args:
        holder: gold, or a prediction.
        document: the document, for text and segments.
        layer: the layer.
    """
    for place, record in enumerate(records_of(holder, layer)):
        for name in _LABELS[layer]:
            if (value := getattr(record, name)) is not None:
                yield place, _label(name, value)
    for place, one in shown_by(holder, document, layer):
        yield place, one.name


def _label(name: str, value: str) -> str:
    return f"source {value}" if name == "source_status" else value
