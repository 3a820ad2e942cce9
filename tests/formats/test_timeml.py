"""TimeML: whole files, bare text with tags, and what must be refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign import RICH, comes_back, documents, plain, read_all, read_text
from vinewsie.findings import Finding, FindingsError
from vinewsie.formats.base import ParsedDocument, Sample
from vinewsie.formats.timeml import FORMAT, write
from vinewsie.model import Date, Document, Segment

WHOLE = """<?xml version="1.0" ?>
<!DOCTYPE TimeML SYSTEM "TimeML.dtd">
<TimeML>
<DOCID> bao-3 </DOCID>
<DCT><TIMEX3 tid="t0" type="TIME" value="2021-05-04T10:00" \
functionInDocument="CREATION_TIME">4/5</TIMEX3></DCT>
<TITLE>Huế</TITLE>
<TEXT>
<TIMEX3 tid="t1" type="DATE" value="2021-05-03">Hôm qua</TIMEX3>, \
A&amp;B <EVENT eid="e1">mở cửa</EVENT> 🎉.

Đóng cửa <TIMEX3 tid="t2" type="DURATION" value="P2D" mod="APPROX" quant="X">\
chừng hai ngày</TIMEX3>.<TIMEX3 tid="t3" type="DATE"/>
</TEXT>
<TLINK lid="l1"/>
</TimeML>
"""


def parse(tmp_path: Path, text: str) -> tuple[ParsedDocument, list[Finding]]:
    parsed, findings = read_text(FORMAT, tmp_path / "bai.tml", text)
    return parsed[0], findings


def surfaces(parsed: ParsedDocument, layer: str) -> list[Any]:
    assert parsed.text is not None
    assert all(r["text"] == parsed.text[r["start"] : r["end"]] for r in plain(parsed, layer))
    return [(r["text"], r.get("type")) for r in plain(parsed, layer)]


def test_whole_file(tmp_path: Path) -> None:
    parsed, findings = parse(tmp_path, WHOLE)
    assert parsed.doc_id == "bao-3"
    assert parsed.hint == "bai"
    assert parsed.text == "\nHôm qua, A&B mở cửa 🎉.\n\nĐóng cửa chừng hai ngày.\n"
    assert plain(parsed, "dates") == [
        {
            "id": "t1",
            "type": "DATE",
            "value": "2021-05-03",
            "start": 1,
            "end": 8,
            "text": "Hôm qua",
        },
        {
            "id": "t2",
            "type": "DURATION",
            "value": "P2D",
            "mod": "APPROX",
            "start": 34,
            "end": 48,
            "text": "chừng hai ngày",
        },
    ]
    assert parsed.segments == (
        Segment(start=1, end=23, zone="body", item=0, anchor_date="2021-05-04"),
        Segment(start=25, end=49, zone="body", item=0, anchor_date="2021-05-04"),
    )
    assert [(f.code, f.severity) for f in findings] == [("format-loss", "warning")]
    assert findings[0].message.endswith(
        ": EVENT (1), TIMEX3 quant (1), TIMEX3 without text (1), TITLE (1), TLINK (1)"
    )


def test_whole_file_without_text_element(tmp_path: Path) -> None:
    parsed, findings = parse(
        tmp_path,
        '<TimeML>\nMở <TIMEX3 tid="t1" type="DATE" value="2021">năm nay</TIMEX3>\n</TimeML>',
    )
    assert (parsed.text, findings, parsed.segments) == ("\nMở năm nay\n", [], ())
    assert surfaces(parsed, "dates") == [("năm nay", "DATE")]


def test_heideltime_escapes_nothing(tmp_path: Path) -> None:
    head = '<?xml version="1.0"?>\n<!DOCTYPE TimeML SYSTEM "TimeML.dtd">\n<TimeML>\n'
    tagged = '<TIMEX3 tid="t1" type="DATE" value="2021-05-03">Hôm qua</TIMEX3>, A&B 3 < 5 <b\n\n'
    parsed, findings = parse(tmp_path, head + tagged + "</TimeML>\n")
    assert parsed.text == "\nHôm qua, A&B 3 < 5 <b\n\n"
    assert surfaces(parsed, "dates") == [("Hôm qua", "DATE")]
    assert [(f.code, f.severity, f.line) for f in findings] == [("format", "warning", 4)]
    _, findings = parse(tmp_path, head + tagged + "\n<TIMEX3 tid='t2'>&</TimeML>\n")
    assert [(f.code, f.severity, f.line) for f in findings] == [
        ("format", "warning", 4),
        ("format", "error", 7),
    ]


def test_bare_text(tmp_path: Path) -> None:
    text = (
        "Giá < 3 & R&amp;D &#7871;&#0;\r\nMở <TIMEX3 tid='t1' type=\"DATE\"\n"
        'value="2021">năm\nnay</TIMEX3> <b>ok</b>\u00a0e\u0301'
    )
    parsed, findings = parse(tmp_path, text)
    assert findings == []
    assert parsed.text == "Giá < 3 & R&D ế&#0;\r\nMở năm\nnay <b>ok</b>\u00a0e\u0301"
    assert plain(parsed, "dates") == [
        {"id": "t1", "type": "DATE", "value": "2021", "start": 24, "end": 31, "text": "năm\nnay"}
    ]
    assert (parsed.doc_id, parsed.hint) == (None, "bai")


def test_nested_names(tmp_path: Path) -> None:
    text = (
        '<ENAMEX TYPE="ORGANIZATION">UBND <ENAMEX TYPE="LOCATION">Huế</ENAMEX></ENAMEX> họp '
        '<ENAMEX TYPE="PERSON">Lan</ENAMEX>.'
    )
    parsed, findings = parse(tmp_path, text)
    assert findings == []
    assert surfaces(parsed, "entities") == [
        ("UBND Huế", "ORGANIZATION"),
        ("Huế", "LOCATION"),
        ("Lan", "PERSON"),
    ]


def test_dates_and_names_may_cross_in_bare_text(tmp_path: Path) -> None:
    parsed, _ = parse(tmp_path, 'a <ENAMEX TYPE="X">b <TIMEX3 type="DATE">c</ENAMEX> d</TIMEX3> e')
    assert surfaces(parsed, "entities") == [("b c", "X")]
    assert surfaces(parsed, "dates") == [("c d", "DATE")]


def test_everything_that_is_wrong_in_bare_text(tmp_path: Path) -> None:
    text = 'a\n<ENAMEX TYPE="X>b</ENAMEX>\n<ENAMEX TYPE="Y">c</ENAMEX>\n\n<TIMEX3 tid="t1">d'
    parsed, findings = parse(tmp_path, text)
    assert sorted((f.line, f.code) for f in findings) == [
        (2, "format"),
        (2, "format"),
        (5, "format"),
    ]
    assert surfaces(parsed, "entities") == [("c", "Y")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("<TimeML>\n<TEXT>A & B</TEXT></TimeML>", 2, "&amp;"),
        ("<TimeML>\n<TEXT>A\n</TimeML>", 3, "mismatched tag"),
        ("<TimeML><TEXT>", 1, "no element"),
        (
            '<!DOCTYPE TimeML SYSTEM "TimeML.dtd">\n<TimeML>\n&nbsp;</TimeML>',
            3,
            "&nbsp; is not defined",
        ),
        ("<TimeML>&nbsp;</TimeML>", 1, "undefined entity"),
        ('<!DOCTYPE a [\n<!ENTITY b "c">]><TimeML>&b;</TimeML>', 2, "declares the entity 'b'"),
        (
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><TimeML>&b;</TimeML>',
            1,
            "declares the entity 'b'",
        ),
        (
            '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://localhost:9/x">%b;]><TimeML/>',
            1,
            "declares the entity 'b'",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, line: int, message: str) -> None:
    parsed, findings = read_text(FORMAT, tmp_path / "bai.xml", text)
    assert parsed == []
    assert [(f.code, f.line, f.file) for f in findings] == [
        ("format", line, str(tmp_path / "bai.xml"))
    ]
    assert message in findings[0].message


def test_entities_do_not_grow(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    text = f'<!DOCTYPE a [<!ENTITY a0 "x">{levels}]><TimeML>&a9;</TimeML>'
    parsed, findings = read_text(FORMAT, tmp_path / "bai.xml", text)
    assert (parsed, [f.code for f in findings]) == ([], ["format"])


def test_recognises() -> None:
    assert FORMAT.recognises(Sample(Path("a.tml"), WHOLE))
    assert FORMAT.recognises(Sample(Path("a.txt"), 'Ông <ENAMEX TYPE="PERSON">Nam</ENAMEX>'))
    assert not FORMAT.recognises(
        Sample(Path("a.jsonl"), '{"text": "<TIMEX3 "}', [{"text": "<TIMEX3 "}])
    )
    assert not FORMAT.recognises(Sample(Path("a.xml"), "<collection>"))


def test_round_trip_of_a_file_and_a_folder(tmp_path: Path) -> None:
    comes_back(FORMAT, tmp_path / "bai.tml", [RICH])
    comes_back(
        FORMAT, tmp_path / "bai", [RICH, msgspec.structs.replace(RICH, doc_id="bài 2")], folder=True
    )
    assert sorted(path.name for path in (tmp_path / "bai").iterdir()) == ["bao-1.tml", "bài 2.tml"]


LETTERS = "aB ơĐế🎉\n\r\t\u0301\u00a0\u200b\u2028\x85<&\"'>];"


def _crossing(document: Document) -> bool:
    return any(a.start < b.start < a.end < b.end for a in document.dates for b in document.dates)


@settings(max_examples=50)
@given(st.lists(documents(letters=LETTERS), max_size=2, unique_by=lambda d: d.doc_id.casefold()))
def test_any_round_trip(tmp_path_factory: pytest.TempPathFactory, some: list[Document]) -> None:
    held = [document for document in some if not _crossing(document)]
    comes_back(FORMAT, tmp_path_factory.mktemp("p") / "tml", held, folder=True)


def test_crossing_dates_are_said(tmp_path: Path) -> None:
    dates = (
        Date(start=0, end=3, id="t1"),
        Date(start=1, end=4, id="t2"),
        Date(start=1, end=3, id="t3"),
        Date(start=4, end=5, id="t4"),
    )
    document = Document(doc_id="a", text="abcde", dates=dates)
    assert write(tmp_path / "a.tml", [document]) == [
        "a: dates: 'bcd' at 1 crosses another date, and tags can only nest"
    ]
    parsed, findings = read_all(FORMAT, tmp_path / "a.tml")
    assert findings == []
    assert [r["id"] for r in plain(parsed[0], "dates")] == ["t1", "t3", "t4"]


def test_anchor_dates(tmp_path: Path) -> None:
    parts = [(0, 1, "2021-05-04"), (2, 3, "2021-05-04"), (4, 5, "2020-01-01")]
    segments = tuple(
        Segment(start=a, end=b, zone="body", item=0, anchor_date=day) for a, b, day in parts
    )
    document = Document(doc_id="a", text="a\nb\nc", segments=segments)
    assert write(tmp_path / "a.tml", [document]) == [
        "a: segments: one anchor date alone can be held (1 segments have another)"
    ]
    parsed, _ = read_all(FORMAT, tmp_path / "a.tml")
    assert parsed[0].segments == tuple(
        msgspec.structs.replace(s, anchor_date="2021-05-04") for s in segments
    )


def test_what_xml_cannot_hold(tmp_path: Path) -> None:
    documents = [
        Document(doc_id="a", text="a\x08b"),
        Document(doc_id=" b", text="b", dates=(Date(start=0, end=1, value="\ufffe"),)),
    ]
    with pytest.raises(FindingsError) as raised:
        write(tmp_path / "a", documents)
    assert [(f.code, f.doc_id) for f in raised.value.findings] == [
        ("format", "a"),
        ("format", " b"),
        ("format", " b"),
    ]
    assert list(tmp_path.iterdir()) == []


def test_replaces_its_own_folder_only(tmp_path: Path) -> None:
    (tmp_path / "ghi chú.txt").write_text("quan trọng", encoding="utf-8")
    with pytest.raises(FindingsError, match="ghi chú"):
        write(tmp_path, [RICH])
    assert [path.name for path in tmp_path.iterdir()] == ["ghi chú.txt"]
