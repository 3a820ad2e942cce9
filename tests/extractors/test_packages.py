"""The built-in extractors on other tools, with the tools themselves."""

from __future__ import annotations

import gc
import sys
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conftest import NODE_PACKAGES, ROOT
from vinewsie.extractors import with_chrono, with_heideltime, with_vntk
from vinewsie.extractors.catalogue import BUILT_IN, Extractor, ExtractorError
from vinewsie.extractors.lines import ToolSpan, chunked, joined, on_lines, seen_from
from vinewsie.extractors.node import NodeProcess
from vinewsie.findings import errors
from vinewsie.model import Document, Segment
from vinewsie.reading.gold import Gold
from vinewsie.reading.predictions import read_predictions
from vinewsie.text import lines

ANCHOR = "2024-03-13"
"""A Wednesday."""

Mentions = list[tuple[str | None, ...]]
Run = Callable[..., Mentions]


@pytest.fixture(scope="session")
def extractor_of(request: pytest.FixtureRequest) -> Callable[[str], Extractor]:
    """Makes built-in extractors, each once; skips the test where one cannot run."""
    made: dict[str, Extractor] = {}

    def find(name: str) -> Extractor:
        if name in NODE_PACKAGES:
            request.getfixturevalue(f"{name}_node")
        if name not in made:
            if (lacking := BUILT_IN[name].missing()) is not None:
                pytest.skip(lacking)
            made[name] = BUILT_IN[name].make(None)
        return made[name]

    return find


@pytest.fixture
def run(extractor_of: Callable[[str], Extractor]) -> Run:
    """Runs an extractor on a text; all its mentions must be valid."""

    def mentions(name: str, text: str, *anchors: str) -> Mentions:
        document = of_lines(text, *anchors)
        output: Any = extractor_of(name)(document)
        read = read_predictions(
            [{"doc_id": document.doc_id, **output}], {document.doc_id: document}
        )
        assert errors(read.findings) == []
        (records,) = output.values()
        assert all(text[record["start"] : record["end"]] == record["text"] for record in records)
        return [tuple(record.get(name) for name in ("text", "type", "value")) for record in records]

    return mentions


def of_lines(text: str, *anchors: str) -> Document:
    """A document with a segment for each line. The last anchor holds for further lines; without
    anchors there are no segments.
    """
    segments = [
        Segment(
            start=start,
            end=end,
            zone="body",
            item=0,
            anchor_date=anchors[min(index, len(anchors) - 1)],
        )
        for index, (start, end) in enumerate(lines(text) if anchors else ())
    ]
    return Document(doc_id="thu-nghiem", text=text, segments=tuple(segments))


def as_read(mentions: Mentions) -> Mentions:
    """Mentions with surfaces in NFC, white space of any kind as one space."""
    return [
        (" ".join(unicodedata.normalize("NFC", surface or "").replace("\u200b", "").split()), *rest)
        for surface, *rest in mentions
    ]


SENTENCES: dict[str, tuple[str, Mentions]] = {
    "underthesea": (
        "Ông Nguyễn Văn Nam làm việc tại Đà Nẵng cùng ông Trần Văn Bình.",
        [("Nguyễn Văn Nam", "PER", None), ("Đà Nẵng", "LOC", None), ("Trần Văn Bình", "PER", None)],
    ),
    "vinlp": (
        "Ông Nguyễn Văn Nam làm việc tại Đà Nẵng cùng ông Trần Văn Bình.",
        [("Nguyễn Văn Nam", "PER", None), ("Đà Nẵng", "LOC", None), ("Trần Văn Bình", "PER", None)],
    ),
    "vntk": (
        "Ông Nguyễn Văn Nam làm việc tại Đà Nẵng cùng ông Trần Văn Bình.",
        [("Nguyễn Văn Nam", "PER", None), ("Đà Nẵng", "LOC", None), ("Trần Văn Bình", "PER", None)],
    ),
    "pyvi": (
        "Chị Lê Thị Hoa sống ở Đà Nẵng cùng anh Trần Văn Nam.",
        [("Lê Thị Hoa", None, None), ("Đà Nẵng", None, None), ("Trần Văn Nam", None, None)],
    ),
    "dateparser": (
        "Hôm qua trời mưa, còn ngày 5 tháng 2 năm 2019 thì nắng.",
        [("Hôm qua", "DATE", "2024-03-12"), ("ngày 5 tháng 2 năm 2019", "DATE", "2019-02-05")],
    ),
    "heideltime": (
        "Hôm qua trời mưa, còn ngày 5 tháng 2 năm 2019 thì nắng suốt 3 tháng.",
        [
            ("Hôm qua", "DATE", "2024-03-12"),
            ("ngày 5 tháng 2 năm 2019", "DATE", "2019-02-05"),
            ("3 tháng", "DURATION", "P3M"),
        ],
    ),
    "chrono": (
        "Hôm qua trời mưa, còn ngày 5 tháng 2 năm 2019 thì nắng.",
        [("Hôm qua", "DATE", "2024-03-12"), ("ngày 5 tháng 2 năm 2019", "DATE", "2019-02-05")],
    ),
}
"""A sentence for each extractor, and the mentions in it."""

VARIANTS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "emoji": lambda text: f"Vui quá 😀👨‍👩‍👧!\n{text}",
    "NBSP": lambda text: text.replace(" ", "\u00a0"),
    "two spaces": lambda text: text.replace(" ", "  "),
    "zero width": lambda text: "\ufeff" + text.replace(" ", " \u200b"),
    "CRLF": lambda text: f"\r\n{text}\r\n",
    "line separator": lambda text: f"{text}\u2028",
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", SENTENCES)
def test_mentions_do_not_depend_on_encoding_and_white_space(
    run: Run, name: str, variant: str
) -> None:
    sentence, expected = SENTENCES[name]
    assert as_read(run(name, VARIANTS[variant](sentence), ANCHOR)) == expected


@pytest.mark.parametrize("name", SENTENCES)
def test_an_emoji_in_the_same_line(run: Run, name: str) -> None:
    sentence, expected = SENTENCES[name]
    found = run(name, f"😀 👍🏽. {sentence}", ANCHOR)
    assert found == expected


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "\u200b\n\ufeff", "…", ". ! ?", "😀"])
@pytest.mark.parametrize("name", SENTENCES)
def test_a_document_without_words(run: Run, name: str, text: str) -> None:
    assert run(name, text, ANCHOR) == []


@pytest.mark.parametrize("name", ["underthesea", "vinlp", "vntk", "pyvi"])
def test_entities_need_no_segments(run: Run, name: str) -> None:
    sentence, expected = SENTENCES[name]
    assert run(name, f"{sentence}\n{sentence}") == [*expected, *expected]


@pytest.mark.parametrize(
    ("name", "yesterday"), [("dateparser", None), ("heideltime", "XXXX-XX-XX"), ("chrono", None)]
)
@pytest.mark.parametrize("anchors", [(), ("",)], ids=["no segments", "no anchor"])
def test_without_an_anchor_relative_dates_have_no_value(
    run: Run, name: str, yesterday: str | None, anchors: tuple[str, ...]
) -> None:
    found = run(name, SENTENCES[name][0], *anchors)
    assert found[:2] == [
        ("Hôm qua", "DATE", yesterday),
        ("ngày 5 tháng 2 năm 2019", "DATE", "2019-02-05"),
    ]


@pytest.mark.parametrize("name", ["dateparser", "heideltime", "chrono"])
def test_every_line_has_its_own_anchor(run: Run, name: str) -> None:
    found = run(name, "Hôm qua có mưa.\nHôm qua có nắng.", ANCHOR, "2023-01-01")
    assert found == [("Hôm qua", "DATE", "2024-03-12"), ("Hôm qua", "DATE", "2022-12-31")]


@pytest.mark.parametrize("name", ["dateparser", "heideltime", "chrono"])
def test_the_same_words_twice_are_two_dates(run: Run, name: str) -> None:
    found = run(name, "Khai mạc năm 2006, khánh thành cũng năm 2006.", ANCHOR)
    assert found == [("năm 2006", "DATE", "2006")] * 2


class TestUnderthesea:
    def test_moved_tone_marks_are_aligned_with_the_text(self, run: Run) -> None:
        found = run("underthesea", "Bà Nguyễn Thị Thuỷ đến thăm tỉnh Hoà Bình.", ANCHOR)
        assert ("Nguyễn Thị Thuỷ", "PER", None) in found
        assert any(surface is not None and surface.endswith("Hoà Bình") for surface, *_ in found)


class TestViNLP:
    def test_syllables_that_are_joined_by_underscores_are_aligned_with_the_text(
        self, run: Run
    ) -> None:
        found = run("vinlp", "Anh H’Hen Niê sống ở Buôn Ma Thuột.", ANCHOR)
        assert found == [("H’Hen Niê", "PER", None), ("Buôn Ma Thuột", "LOC", None)]

    def test_an_underscore_of_the_text_stays(self, run: Run) -> None:
        found = run("vinlp", "Tệp a_b_c do ông Trần Văn Bình gửi.", ANCHOR)
        assert ("Trần Văn Bình", "PER", None) in found


class TestVntk:
    def test_words_that_are_spaced_in_another_way_are_aligned_with_the_text(self, run: Run) -> None:
        # The words are "TP.", "Hồ", "Chí", "Minh".
        found = run("vntk", "Ở TP.Hồ Chí Minh có mưa.", ANCHOR)
        assert found == [("TP.Hồ", "LOC", None), ("Chí Minh", "PER", None)]

    def test_half_an_emoji_is_left_out(self, run: Run, caplog: pytest.LogCaptureFixture) -> None:
        assert run("vntk", "😀😀😀", ANCHOR) == []
        assert "cannot be found again" in caplog.text

    def test_what_it_logs_is_no_answer(
        self, vntk_node: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEBUG", "*")
        sentence, expected = SENTENCES["vntk"]
        output: Any = with_vntk.make(None)(of_lines(sentence))
        assert [record["text"] for record in output["entities"]] == [s for s, *_ in expected]

    def test_versions(self, vntk_node: Path) -> None:
        versions = with_vntk.versions()
        assert versions["vntk"].startswith("1.4.")

    def test_without_vntk(
        self, vntk_node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VINEWSIE_NODE_MODULES", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        message = with_vntk.missing()
        assert message is not None
        assert "npm install vntk" in message


class TestPyvi:
    def test_words_of_the_text_may_have_underscores(self, run: Run) -> None:
        found = run("pyvi", "Tệp a_b_c do chị Lê Thị Hoa gửi.", ANCHOR)
        assert ("Lê Thị Hoa", None, None) in found


class TestDateparser:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Xây từ năm 2006.", ("năm 2006", "DATE", "2006")),
            ("Xong vào tháng 8/2022.", ("tháng 8/2022", "DATE", "2022-08")),
            ("Bắt đầu tuần trước.", ("tuần trước", "DATE", "2024-W10")),
            (
                "Họp lúc 10:30 ngày 5/6/2020.",
                ("lúc 10:30 ngày 5/6/2020", "TIME", "2020-06-05T10:30"),
            ),
        ],
    )
    def test_a_value_has_the_granularity_of_its_expression(
        self, run: Run, text: str, expected: tuple[str, ...]
    ) -> None:
        assert run("dateparser", text, ANCHOR) == [expected]


class TestHeidelTime:
    def test_signs_of_xml_are_text(self, run: Run) -> None:
        found = run(
            "heideltime", "Công ty A & B <b>hôm nay</b> viết: 1 < 2 &amp; ngày 5/2/2020.", ANCHOR
        )
        assert found == [("hôm nay", "DATE", "2024-03-13"), ("ngày 5/2/2020", "DATE", "2020-02-05")]

    @pytest.mark.parametrize("beginning", [". ", "...", "?! ", ": "])
    def test_a_line_may_begin_with_the_end_of_a_sentence(self, run: Run, beginning: str) -> None:
        assert run("heideltime", f"{beginning}Hôm qua có mưa.", ANCHOR) == [
            ("Hôm qua", "DATE", "2024-03-12")
        ]

    def test_of_two_that_overlap_the_longer_value_stays(self, run: Run) -> None:
        assert run("heideltime", "Mở cửa 12-5-2020 năm đó.", ANCHOR) == [
            ("12-5-2020", "DATE", "2020-05-12")
        ]

    def test_modifiers_are_those_of_timeml(self, extractor_of: Callable[[str], Extractor]) -> None:
        output: Any = extractor_of("heideltime")(
            of_lines("Đầu tháng 7 khởi công, cuối năm ngoái thiết kế.", ANCHOR)
        )
        assert [(date["text"], date.get("mod")) for date in output["dates"]] == [
            ("Đầu tháng 7", "START"),
            ("cuối năm ngoái", "END"),
        ]

    def test_stdout_stays_clean(self, run: Run, capfd: pytest.CaptureFixture[str]) -> None:
        # A number that HeidelTime cannot read, which it reports.
        run("heideltime", "Cách đây 99999999999 tuần trước.", ANCHOR)
        assert capfd.readouterr().out == ""

    def test_a_failure_that_is_only_logged_is_raised(
        self, run: Run, extractor_of: Callable[[str], Extractor]
    ) -> None:
        extractor = extractor_of("heideltime")
        import jpype

        jpype.java.util.logging.Logger.getLogger("HeidelTimeStandalone").warning(
            "Processing aborted due to errors"
        )
        with pytest.raises(ExtractorError, match="Processing aborted"):
            extractor(of_lines("Hôm qua có mưa.", ANCHOR))
        assert run("heideltime", "Hôm qua có mưa.", ANCHOR) == [("Hôm qua", "DATE", "2024-03-12")]

    def test_versions(self, extractor_of: Callable[[str], Extractor]) -> None:
        extractor_of("heideltime")
        versions = with_heideltime.versions()
        assert versions["heideltime"] == "2.2.1"
        assert int(versions["java"].split(".")[0]) >= 17

    @pytest.mark.skipif(sys.platform != "linux", reason="Java lies elsewhere")
    def test_an_old_java_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("jpype")
        library = tmp_path / "lib" / "server" / "libjvm.so"
        library.parent.mkdir(parents=True)
        library.touch()
        (tmp_path / "release").write_text(
            'IMPLEMENTOR="Test"\nJAVA_VERSION="1.8.0_392"\n', encoding="utf-8"
        )
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        message = with_heideltime.missing()
        assert message is not None
        assert message.startswith("needs Java 17 or later, and 1.8.0_392 is installed: install one")


class TestChrono:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Xây từ năm 2006.", ("năm 2006", "DATE", "2006")),
            ("Xong vào tháng 5 năm 2022.", ("tháng 5 năm 2022", "DATE", "2022-05")),
            ("Họp vào ngày 3/4/2021.", ("3/4/2021", "DATE", "2021-04-03")),
            ("Gặp nhau lúc 8 giờ 30 phút.", ("lúc 8 giờ 30 phút", "TIME", "2024-03-13T08:30")),
            ("Buổi tối thì vắng.", ("Buổi tối", "TIME", None)),
        ],
    )
    def test_a_value_has_the_granularity_that_chrono_is_certain_of(
        self, run: Run, text: str, expected: tuple[str, ...]
    ) -> None:
        assert run("chrono", text, ANCHOR) == [expected]

    def test_a_range_is_two_dates(self, run: Run) -> None:
        found = run("chrono", "Hội chợ mở từ ngày 3 tháng 4 đến ngày 5 tháng 4 năm 2021.", ANCHOR)
        assert found == [
            ("ngày 3 tháng 4", "DATE", "2021-04-03"),
            ("ngày 5 tháng 4 năm 2021", "DATE", "2021-04-05"),
        ]

    def test_versions(self, chrono_node: Path) -> None:
        versions = with_chrono.versions()
        assert versions["chrono-node"].startswith("2.10.")
        assert versions["node"][0].isdigit()

    def test_without_chrono_node(
        self, chrono_node: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VINEWSIE_NODE_MODULES", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        message = with_chrono.missing()
        assert message is not None
        assert "npm install chrono-node" in message
        with pytest.raises(ExtractorError, match="Node has ended with exit code 1"):
            with_chrono.make(None)(of_lines("Hôm qua có mưa.", ANCHOR))

    def test_in_the_current_folder(
        self, chrono_node: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("VINEWSIE_NODE_MODULES")
        monkeypatch.chdir(chrono_node)
        assert with_chrono.missing() is None

    def test_without_node(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert with_chrono.versions() == {}
        message = with_chrono.missing()
        assert message is not None
        assert message.startswith("needs Node.js")

    def test_the_process_ends_with_the_extractor(self, chrono_node: Path) -> None:
        node = NodeProcess(with_chrono.SCRIPT)
        process = node._process
        assert process.poll() is None
        del node
        gc.collect()
        assert process.returncode == 0


def test_the_card_says_how_many_mentions_vntk_and_underthesea_share(
    gold: Gold, extractor_of: Callable[[str], Extractor]
) -> None:
    def mentions(name: str) -> set[tuple[str, int, int, str]]:
        outputs: Any = [(doc_id, extractor_of(name)(page)) for doc_id, page in gold.items()]
        return {
            (doc_id, record["start"], record["end"], record["type"])
            for doc_id, output in outputs
            for record in output["entities"]
        }

    vntk, underthesea = mentions("vntk"), mentions("underthesea")
    shared = len(vntk & underthesea)
    sentence = f"{shared} of underthesea's {len(underthesea)} mentions"
    assert sentence in " ".join(
        (ROOT / "dataset" / "README.md").read_text(encoding="utf-8").split()
    )


def test_words_with_tags_are_chunks_of_the_joined_words() -> None:
    tagged = [("ở", "O"), ("Hà", "B-LOC"), ("Nội", "I-LOC"), ("Huế", "B-LOC")]
    assert chunked(tagged) == ("ở Hà Nội Huế", [ToolSpan(2, 8, "LOC"), ToolSpan(9, 12, "LOC")])
    assert chunked([]) == ("", [])


def test_a_span_that_is_not_in_the_text_is_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    extract = on_lines(
        "bịa", "entities", lambda line: ("Huế Vinh", [ToolSpan(0, 3, "LOC"), ToolSpan(4, 8, "LOC")])
    )
    assert extract(of_lines("Tôi ở Huế.")) == {
        "entities": [{"start": 6, "end": 9, "text": "Huế", "type": "LOC"}]
    }
    assert caplog.messages == [
        "bịa: thu-nghiem: 'Vinh' cannot be found again in the text and is left out"
    ]


def test_words_are_joined_by_spaces() -> None:
    assert joined(["Hà Nội", ",", "Huế"]) == ("Hà Nội , Huế", [(0, 6), (7, 8), (9, 12)])
    assert joined([]) == ("", [])


def test_without_an_anchor_values_that_are_the_same_on_two_days_are_kept() -> None:
    def read(anchor: date) -> list[ToolSpan]:
        return [ToolSpan(0, 7, "DATE", anchor.isoformat()), ToolSpan(9, 13, "DATE", "2006")]

    assert seen_from(None, read) == [ToolSpan(0, 7, "DATE"), ToolSpan(9, 13, "DATE", "2006")]
    assert seen_from(date(2024, 3, 13), read) == [
        ToolSpan(0, 7, "DATE", "2024-03-13"),
        ToolSpan(9, 13, "DATE", "2006"),
    ]
