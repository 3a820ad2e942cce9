"""The baseline ``rules`` on invented sentences; no text or label of the data set is used."""

from __future__ import annotations

import sys
import unicodedata
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinewsie.baseline import extract
from vinewsie.baseline.word_lists import words
from vinewsie.model import Date, Document, Entity, Mark, Prediction, Quote, Segment
from vinewsie.scheme.dates import well_formed

ANCHOR = "2021-06-16"


def read(text: str, zone: str = "body", anchor: str = ANCHOR) -> Prediction:
    """The prediction for a page of one segment."""
    segment = Segment(start=0, end=len(text), zone=zone, item=0, anchor_date=anchor)
    return extract(Document(doc_id="x", text=text, segments=(segment,)))


def spans(prediction: Prediction) -> list[Entity | Date | Mark]:
    """All records that are one span."""
    return [*prediction.entities, *prediction.dates, *prediction.marks]


def names(text: str) -> list[tuple[str, str]]:
    """The names of a sentence with their types."""
    return [(entity.text or "", entity.type or "") for entity in read(text).entities]


def dates(text: str, anchor: str = ANCHOR) -> list[tuple[str, str]]:
    """The time expressions of a sentence with their values."""
    return [(date.text or "", date.value or "") for date in read(text, anchor=anchor).dates]


def only_quote(text: str, zone: str = "body") -> tuple[Quote, list[str]]:
    """The only quotation of a text and the surfaces of its content."""
    (quote,) = read(text, zone).quotes
    return quote, [text[span.start : span.end] for span in quote.content]


def source(text: str, quote: Quote) -> str | None:
    """The surface of a quotation's source."""
    return text[quote.source.start : quote.source.end] if quote.source else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Tổng thống Pháp Emmanuel Macron thăm Hà Nội.",
            [("Pháp", "GPE"), ("Emmanuel Macron", "PER"), ("Hà Nội", "GPE")],
        ),
        (
            "Hôm qua Thủ tướng Israel Benjamin Netanyahu đến Hoa Thịnh Đốn.",
            [("Israel", "GPE"), ("Benjamin Netanyahu", "PER"), ("Hoa Thịnh Đốn", "GPE")],
        ),
        ("Dịch cúm lan ra bán đảo Iberia.", [("bán đảo Iberia", "LOC"), ("Iberia", "LOC")]),
        ("Tổ chức Y tế Thế giới (WHO) họp.", [("Tổ chức Y tế Thế giới", "ORG"), ("WHO", "ORG")]),
        (
            "Theo lời mời của Bộ Ngoại giao Việt Nam.",
            [("Bộ Ngoại giao Việt Nam", "ORG"), ("Việt Nam", "GPE")],
        ),
        (
            "Đoàn của Bộ Nông nghiệp và Phát triển nông thôn tới Lào.",
            [("Bộ Nông nghiệp và Phát triển nông thôn", "ORG"), ("Lào", "GPE")],
        ),
        (
            "Quan hệ Mỹ-Trung và thương mại Việt-Hàn.",
            [("Mỹ", "GPE"), ("Trung", "GPE"), ("Việt", "GPE"), ("Hàn", "GPE")],
        ),
        (
            "Ngoại Trưởng Úc Penny Wong gặp ông Đức và bà Nga.",
            [("Úc", "GPE"), ("Penny Wong", "PER"), ("Đức", "PER"), ("Nga", "PER")],
        ),
        ("Anh ấy thích tờ Le Soir.", [("Le Soir", "ORG")]),
        ("Anh và Đức ký thỏa thuận.", [("Anh", "GPE"), ("Đức", "GPE")]),
        ("Máy bay F-16 rơi ở Ba Lan.", [("F-16", "PROD"), ("Ba Lan", "GPE")]),
        (
            "Bộ trưởng Bộ Quốc phòng Phan Văn Giang phát biểu.",
            [("Bộ Quốc phòng", "ORG"), ("Phan Văn Giang", "PER")],
        ),
        ("Mỹ nói về Đài Loan.", [("Mỹ", "GPE"), ("Đài Loan", "GPE")]),
        (
            "Khói bốc lên ở nhà máy điện hạt nhân Zaporizhzhia.",
            [("nhà máy điện hạt nhân Zaporizhzhia", "FAC")],
        ),
        ("Mặt trời mọc, trời lại nắng.", []),
        (
            "Hội đồng Bảo an Liên Hợp Quốc họp.",
            [("Hội đồng Bảo an Liên Hợp Quốc", "ORG"), ("Liên Hợp Quốc", "ORG")],
        ),
        (
            "Cơn bão đổ bộ vào tỉnh Quảng Ngãi và đảo Lý Sơn.",
            [("Quảng Ngãi", "GPE"), ("đảo Lý Sơn", "LOC")],
        ),
        (
            "Ca sĩ Moon Jae-young tới Đại sứ quán Mỹ.",
            [("Moon Jae-young", "PER"), ("Đại sứ quán Mỹ", "FAC"), ("Mỹ", "GPE")],
        ),
        ("Xe tăng Leopard tới Kharkiv.", [("Leopard", "PROD"), ("Kharkiv", "GPE")]),
        ("Hàng hóa từ Phú Lâm tới chợ.", [("Phú Lâm", "GPE")]),
        (
            "Quốc hội thông qua Luật Đất đai và Hiệp định Thương mại Tự do.",
            [
                ("Quốc hội", "ORG"),
                ("Luật Đất đai", "MISC"),
                ("Hiệp định Thương mại Tự do", "MISC"),
            ],
        ),
        (
            "Nhà văn Ludwig van Beethoven tới nước Zamunda.",
            [("Ludwig van Beethoven", "PER"), ("Zamunda", "GPE")],
        ),
        (
            "Viện Nghiên cứu Sao Mai (SMI) mở cửa, NKX đóng cửa.",
            [("Viện Nghiên cứu Sao Mai", "ORG"), ("SMI", "ORG"), ("NKX", "ORG")],
        ),
        (
            "MỸ VÀ NGA KÝ THỎA THUẬN VỀ NATO VỚI ĐỨC",
            [("MỸ", "GPE"), ("NGA", "GPE"), ("NATO", "ORG"), ("ĐỨC", "GPE")],
        ),
        (
            "Anh ấy về. Anh ký thỏa thuận. Ý kiến khác nhau. Ý từ chối.",
            [("Anh", "GPE"), ("Ý", "GPE")],
        ),
        ("Jordan Smith tới Jordan.", [("Jordan Smith", "PER"), ("Jordan", "GPE")]),
        ("Dr. Lindqvist và ông J. Lindqvist về.", [("Lindqvist", "PER"), ("J. Lindqvist", "PER")]),
        ("Công ty Sao Việt dự hội nghị OPEC+.", [("Sao Việt", "ORG"), ("OPEC+", "ORG")]),
        ("COVID-19 lan ra, giá 5 USD.", []),
    ],
)
def test_entities(text: str, expected: list[tuple[str, str]]) -> None:
    assert names(text) == expected


def test_a_surname_alone_is_a_person_when_the_page_names_the_person() -> None:
    text = "Vương miện cho Lindqvist\nNữ diễn viên Astrid Lindqvist nhận giải."
    assert [(e.text, e.type) for e in extract(Document(doc_id="x", text=text)).entities] == [
        ("Lindqvist", "PER"),
        ("Astrid Lindqvist", "PER"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hôm thứ Ba (15/6), mưa lớn.", [("Hôm thứ Ba", "2021-06-15"), ("15/6", "2021-06-15")]),
        ("Từ ngày 5-7/6, chợ mở.", [("ngày 5", "2021-06-05"), ("7/6", "2021-06-07")]),
        ("Từ ngày 28 đến 3/7, chợ mở.", [("ngày 28", "2021-06-28"), ("3/7", "2021-07-03")]),
        ("Hạn chót là ngày 20/11.", [("ngày 20/11", "2021-11-20")]),
        (
            "Vào tháng Chạp, tháng Mười Hai năm ngoái và Tháng Ba, 2020.",
            [
                ("tháng Chạp", "2020-12"),
                ("tháng Mười Hai năm ngoái", "2020-12"),
                ("Tháng Ba, 2020", "2020-03"),
            ],
        ),
        (
            "Hơn 75 năm, gần một thập kỷ, nửa thế kỷ.",
            [("Hơn 75 năm", "P75Y"), ("gần một thập kỷ", "P1DE"), ("nửa thế kỷ", "P50Y")],
        ),
        ("Ông lái ba giờ đồng hồ.", [("ba giờ đồng hồ", "PT3H")]),
        (
            "Quý 2/2021 và thập niên 1990 trong thế kỷ 20.",
            [("Quý 2/2021", "2021-Q2"), ("thập niên 1990", "199"), ("thế kỷ 20", "19")],
        ),
        (
            "Tuần trước, tháng này, năm ngoái.",
            [("Tuần trước", "2021-W23"), ("tháng này", "2021-06"), ("năm ngoái", "2020")],
        ),
        (
            "Cửa hàng mở mỗi ngày, nghỉ hai năm một lần.",
            [("mỗi ngày", "P1D"), ("hai năm một lần", "P2Y")],
        ),
        ("Xe tới lúc 8 giờ sáng hôm nay.", [("8 giờ sáng hôm nay", "2021-06-16T08:00")]),
        ("Lần đầu, cậu bé 5 tuổi ngày càng vui, thắng 3-2, 2/3 dân số.", []),
        (
            "Giá hiện tăng, đã thực hiện dự án gần đây.",
            [("hiện", "PRESENT_REF"), ("gần đây", "PAST_REF")],
        ),
        ("Giai đoạn 2015-2020 có 2000 người đến.", [("2015", "2015"), ("2020", "2020")]),
        ("Cách đây 10 năm, 5 năm trước.", [("10 năm", "P10Y"), ("5 năm", "P5Y")]),
        ("Ngày 31/2 không có.", []),
        (
            "Mùa xuân năm 2020, mùa hè năm nay.",
            [("Mùa xuân năm 2020", "2020-SP"), ("mùa hè năm nay", "2021-SU")],
        ),
        (
            "Nửa đầu năm 2021, nửa cuối năm ngoái.",
            [("Nửa đầu năm 2021", "2021-H1"), ("nửa cuối năm ngoái", "2020-H2")],
        ),
        (
            "Thế kỷ XIX, thế kỷ 99, những năm 1960.",
            [("Thế kỷ XIX", "18"), ("những năm 1960", "196")],
        ),
        ("Cuối tuần này, đầu tháng.", [("Cuối tuần này", "2021-W24-WE"), ("đầu tháng", "2021-06")]),
        ("Từ tháng 3 đến tháng 5/2022.", [("tháng 3", "2022-03"), ("tháng 5/2022", "2022-05")]),
        (
            "Ngày 5 tháng tới, ngày 7/3 năm ngoái.",
            [("Ngày 5 tháng tới", "2021-07-05"), ("ngày 7/3 năm ngoái", "2020-03-07")],
        ),
        (
            "Ngày kia, hôm kia, tối qua.",
            [("Ngày kia", "2021-06-18"), ("hôm kia", "2021-06-14"), ("tối qua", "2021-06-15TEV")],
        ),
        ("Mở mỗi thứ Ba, mỗi hai ngày.", [("mỗi thứ Ba", "XXXX-WXX-2"), ("mỗi hai ngày", "P2D")]),
        (
            "Thứ Hai tuần tới, thứ Sáu tuần trước, chủ nhật này.",
            [
                ("Thứ Hai tuần tới", "2021-06-21"),
                ("thứ Sáu tuần trước", "2021-06-11"),
                ("chủ nhật này", "2021-06-20"),
            ],
        ),
        ("Họ sẽ họp chiều thứ Năm.", [("chiều thứ Năm", "2021-06-17TAF")]),
        ("Đây là lần thứ hai, người thứ ba.", []),
        (
            "Mở ngày 2021-06-15, 15.6.2021 và 6/2021.",
            [("2021-06-15", "2021-06-15"), ("15.6.2021", "2021-06-15"), ("6/2021", "2021-06")],
        ),
        (
            "Hai giờ trước, ba năm nữa, hai tháng sau.",
            [("Hai giờ", "PT2H"), ("ba năm", "P3Y"), ("hai tháng", "P2M")],
        ),
        (
            "Một tuần rưỡi, hàng chục năm, hai mươi lăm ngày.",
            [("Một tuần rưỡi", "P1.5W"), ("hàng chục năm", "PXY"), ("hai mươi lăm ngày", "P25D")],
        ),
        (
            "Lúc 7 giờ, 3h đêm nay, 9h30 tối qua.",
            [
                ("7 giờ", "T07:00"),
                ("3h đêm nay", "2021-06-16T03:00"),
                ("9h30 tối qua", "2021-06-15T21:30"),
            ],
        ),
        ("Tháng hai người họp, vào tháng hai.", [("tháng hai", "2021-02")]),
        (
            "Hôm thứ ſáu, ngày maı, 3 gıờ đồng hồ.",
            [("Hôm thứ ſáu", "2021-06-11"), ("ngày maı", "2021-06-17"), ("3 gıờ đồng hồ", "PT3H")],
        ),
    ],
)
def test_dates(text: str, expected: list[tuple[str, str]]) -> None:
    assert dates(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Họ hỏi Tâm và Hạnh.", [("Tâm", "PER"), ("Hạnh", "PER")]),
        ("Tuyết nói: “Tôi về.”", [("Tuyết", "PER")]),
        ("Hàng từ VN sang CPC.", [("VN", "GPE"), ("CPC", "GPE")]),
        ("Họ ở ubnd xã Tân Phú.", [("ubnd xã Tân Phú", "ORG"), ("Tân Phú", "GPE")]),
        (
            "Thư của UBND tỉnh Long An đã đến.",
            [("UBND tỉnh Long An", "ORG"), ("Long An", "GPE")],
        ),
        (
            "Thư của Trung tâm Y tế huyện Hòa Lộc đã đến.",
            [("Trung tâm Y tế huyện Hòa Lộc", "ORG"), ("Hòa Lộc", "GPE")],
        ),
        ("Nước ngập ở Quận 1 và phường 7.", [("Quận 1", "GPE"), ("phường 7", "GPE")]),
        ("Mưa to vì bão số 6.", [("bão số 6", "EVENT")]),
        ("Họ dự Đại hội Thể thao lần thứ 3.", [("Đại hội Thể thao lần thứ 3", "EVENT")]),
        ("Chị làm ở sở y tế Huế.", [("sở y tế Huế", "ORG"), ("Huế", "GPE")]),
        ("Theo công an huyện Đồng Phú.", [("công an huyện Đồng Phú", "ORG"), ("Đồng Phú", "GPE")]),
        ("Một nghị sĩ quốc hội Đức.", [("quốc hội Đức", "ORG"), ("Đức", "GPE")]),
        ("Chị học đại học Hallam.", [("đại học Hallam", "ORG")]),
        ("Bé nằm ở bệnh viện Hướng Dương.", [("bệnh viện Hướng Dương", "ORG")]),
        (
            "Đơn gửi Ủy ban Tài chính Thượng viện.",
            [("Ủy ban Tài chính Thượng viện", "ORG"), ("Thượng viện", "ORG")],
        ),
        ("Chị làm cho Hale & Smith.", [("Hale & Smith", "ORG")]),
        ("Họ xem Leeds Wanderers đấu.", [("Leeds Wanderers", "ORG")]),
        ("Mưa ở miền Trung và Tây Nguyên.", [("miền Trung", "LOC"), ("Tây Nguyên", "LOC")]),
        ("Các nước phương Tây họp.", [("phương Tây", "LOC")]),
        ("Em học tiếng Pháp và trả năm bảng Anh.", []),
        ("Người Kurd biểu tình.", []),
        ("Tới Thứ Bảy, chùa của Phật giáo đóng cửa.", []),
        ("Một người Ruritan đến.", [("Ruritan", "GPE")]),
        ("Họ ở thành phố Vĩnh Hòa.", [("Vĩnh Hòa", "GPE")]),
        ("Em học nhảy cầu để dự Olympic.", [("Olympic", "EVENT")]),
        ("Bộ phim “Mùa gió chướng” ra rạp.", [("Mùa gió chướng", "MISC")]),
        ("Cô diễn trong phim Stormfall.", [("Stormfall", "MISC")]),
        ("Đội thắng giải Hallam.", [("Hallam", "EVENT")]),
        ("Sau Thế chiến 2, làng dời đi.", [("Thế chiến 2", "EVENT")]),
        ("Nhà ở Orchard Crescent.", [("Orchard Crescent", "FAC")]),
        ("Đội thua ở Hallam League.", [("Hallam League", "EVENT")]),
        (
            "Mưa ở các hạt Penley, Marlow và Hatton.",
            [("Penley", "GPE"), ("Marlow", "GPE"), ("Hatton", "GPE")],
        ),
        ("Ở Hạt Penley nước rút.", [("Penley", "GPE")]),
        ("Xe dừng ở Ilford, Anh.", [("Ilford", "GPE"), ("Anh", "GPE")]),
        ("Tom Smith về.", [("Tom Smith", "PER")]),
        ("KHÔNG AI ĐƯỢC VÀO, họ viết.", []),
    ],
)
def test_names_outside_the_articles(text: str, expected: list[tuple[str, str]]) -> None:
    assert names(text) == expected


def test_the_page_decides_what_a_name_is() -> None:
    text = "Công ty Penley mở tiệm.\nKhách khen Penley."
    assert [(e.text, e.type) for e in read(text).entities] == [("Penley", "ORG")] * 2


def test_anh_is_the_pronoun_where_the_page_has_it() -> None:
    text = "Tom Hale đến, anh cười và mẹ anh khóc.\nAnh muốn về."
    assert "Anh" not in {entity.text for entity in read(text).entities}
    assert ("Anh", "GPE") in names("Anh muốn họp với Pháp.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chợ mở lại vào tối thứ Sáu.", [("tối thứ Sáu", "XXXX-WXX-5TEV")]),
        ("Xe khách dừng từ sớm Chủ Nhật.", [("sớm Chủ Nhật", "XXXX-WXX-7TMO")]),
        ("Tàu chạy lúc 10:05 tối thứ Tư.", [("10:05 tối thứ Tư", "XXXX-WXX-3T22:05")]),
        ("Trưa hôm sau họ về.", [("Trưa hôm sau", "XXXX-XX-XXTMI")]),
        (
            "Quán vắng trong ngày hôm đó, đêm đó mưa.",
            [
                ("ngày hôm đó", "XXXX-XX-XX"),
                ("đêm đó", "XXXX-XX-XXTNI"),
            ],
        ),
        ("Họ tới vào đầu giờ chiều.", [("đầu giờ chiều", "TAF")]),
        ("Họ ngủ suốt đêm.", [("đêm", "TNI")]),
        ("Chợ họp hai ngày 22 và 23.", [("ngày 22", "XXXX-XX-22"), ("23", "XXXX-XX-23")]),
        ("Lễ lùi tới 12 tháng 9.", [("12 tháng 9", "XXXX-09-12")]),
        ("Dân làng dọn về vài tuần trước lễ.", [("vài tuần", "PXW")]),
        ("Hai tuần sau vụ cháy, trường mở cửa.", [("Hai tuần", "P2W")]),
        ("Tuần sau cuộc họp họ nghỉ, năm ngoái khi mưa họ đi.", [("năm ngoái", "XXXX")]),
        ("Những phút cuối đội thắng.", []),
        ("Họ đặt hàng năm chiếc tại cửa hàng thứ hai.", []),
        ("Phút thứ 12:30 đội gỡ hòa.", []),
    ],
)
def test_dates_without_an_anchor(text: str, expected: list[tuple[str, str]]) -> None:
    assert dates(text, anchor="") == expected


def test_modifiers_and_types() -> None:
    found = {
        date.text: (date.type, date.mod)
        for date in read("Đầu năm nay và cuối năm 2019, khoảng hai tuần, chưa đầy 3 ngày.").dates
    }
    assert found == {
        "Đầu năm nay": ("DATE", "START"),
        "cuối năm 2019": ("DATE", "END"),
        "khoảng hai tuần": ("DURATION", "APPROX"),
        "chưa đầy 3 ngày": ("DURATION", "LESS_THAN"),
    }


def test_without_an_anchor_the_year_is_unknown() -> None:
    text = "Ngày 2/3, trường mở cửa. Hôm qua mưa. Hôm thứ Ba, mùa hè này, quý 2, cuối tuần."
    found = extract(Document(doc_id="x", text=text))
    assert [date.value for date in found.dates] == [
        "XXXX-03-02",
        "XXXX-XX-XX",
        "XXXX-WXX-2",
        "XXXX-SU",
        "XXXX-Q2",
        "XXXX-WXX-WE",
    ]


def test_vague_dates_are_flagged() -> None:
    assert [
        date.vague for date in read("Hiện nay trời mưa, năm thứ ba liên tiếp, năm 2020.").dates
    ] == [True, True, False]


def test_marks() -> None:
    text = 'Cái "siêu chợ" đó, “chợ nổi" và cuốn “Mùa lá rụng”. Ông kêu “trời ơi.'
    found = [(m.text, m.status, m.function) for m in read(text).marks]
    assert found == [
        ("siêu chợ", "balanced", "scare"),
        ("chợ nổi", "mismatched", "scare"),
        ("Mùa lá rụng", "balanced", "title"),
        ("trời ơi", "unclosed", "scare"),
    ]


def test_direct_speech_before_its_source() -> None:
    text = (
        "“Chúng tôi sẽ không tăng giá vé trong năm nay,” ông Nguyễn Văn Bình nói với tờ Tuổi Trẻ."
    )
    quote, content = only_quote(text)
    assert content == ["Chúng tôi sẽ không tăng giá vé trong năm nay"]
    assert (quote.kind, quote.source_status, quote.speakers, source(text, quote)) == (
        "direct",
        "named",
        ("Nguyễn Văn Bình",),
        "ông Nguyễn Văn Bình",
    )
    (mark,) = read(text).marks
    assert (mark.function, mark.quote) == ("speech", quote.id)


def test_indirect_speech_with_an_apposition() -> None:
    text = "Bà Trần Thị Hoa, giám đốc Công ty Sao Việt, cho biết doanh thu tăng 20%."
    quote, content = only_quote(text)
    assert (quote.kind, content, quote.speakers) == (
        "indirect",
        ["doanh thu tăng 20%"],
        ("Trần Thị Hoa",),
    )
    assert source(text, quote) == "Bà Trần Thị Hoa, giám đốc Công ty Sao Việt"
    assert [text[c.start : c.end] for c in quote.cue] == ["cho biết"]


def test_mixed_speech() -> None:
    text = "Thị trưởng Anna Berg nói rằng đây là “một tin rất vui” cho thành phố."
    quote, content = only_quote(text)
    assert (quote.kind, content) == ("mixed", ["đây là “một tin rất vui” cho thành phố"])


def test_a_chain_has_a_parent() -> None:
    text = "Theo Reuters, phát ngôn viên Nhà Trắng nói rằng thuế quan chưa được quyết định."
    outer, inner = read(text).quotes
    assert (outer.parent, inner.parent, inner.source_status) == (None, outer.id, "nominal")
    assert text[outer.content[0].start : outer.content[0].end].startswith("phát ngôn viên")
    assert outer.speakers == ("Reuters",)


def test_pronouns_point_back_to_a_person_of_their_gender() -> None:
    text = (
        "Bà Lê Thu và ông Trần Nam dự họp. Ông nhấn mạnh rằng giá sẽ giảm. "
        "Bà cho biết thuế cũng giảm."
    )
    assert [(q.source_status, q.speakers) for q in read(text).quotes] == [
        ("pronoun", ("Trần Nam",)),
        ("pronoun", ("Lê Thu",)),
    ]


def test_two_acts_in_one_sentence() -> None:
    text = (
        "Tổng Thống Ukraine Volodymyr Zelenskyy tuyên bố sẽ không nhượng bộ, "
        "đồng thời kêu gọi Âu Châu tăng viện trợ."
    )
    first, second = read(text).quotes
    assert [text[q.content[0].start : q.content[0].end] for q in (first, second)] == [
        "sẽ không nhượng bộ",
        "Âu Châu tăng viện trợ",
    ]
    assert first.speakers == second.speakers == ("Volodymyr Zelenskyy",)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Một quan chức giấu tên cho hay cuộc đàm phán thất bại.", "anonymous"),
        ("Các chuyên gia nhận định giá vàng sẽ tăng.", "collective"),
        ("Báo cáo của UNICEF cho biết trẻ em thiếu sữa.", "document"),
        ("Phát ngôn viên Nhà Trắng cảnh báo giá dầu sẽ tăng.", "nominal"),
        ("Bộ Y tế Thái Lan khẳng định vaccine an toàn.", "named"),
    ],
)
def test_source_status(text: str, status: str) -> None:
    assert only_quote(text)[0].source_status == status


@pytest.mark.parametrize(
    ("text", "where", "speakers"),
    [
        (
            'Ông Trần Văn Nam (45 tuổi, ngụ quận 7) kể: "Tôi nghe tiếng nổ lớn rồi chạy ra".',
            "Ông Trần Văn Nam (45 tuổi, ngụ quận 7)",
            ("Trần Văn Nam",),
        ),
        ("Bà Berg bị đảng Cộng hòa chỉ trích vì rút quân.", "đảng Cộng hòa", ("đảng Cộng hòa",)),
        (
            "Trong cuộc họp báo chiều 3/6, Thị trưởng Anna Berg khẳng định cầu an toàn.",
            "Thị trưởng Anna Berg",
            ("Anna Berg",),
        ),
        ("Giá vé sẽ giảm, theo hãng tin AFP.", "hãng tin AFP", ("AFP",)),
        (
            "Theo tờ Tuổi Trẻ, một tờ báo ở Sài Gòn, giá gạo tăng 5%.",
            "tờ Tuổi Trẻ, một tờ báo ở Sài Gòn",
            ("Tuổi Trẻ",),
        ),
        (
            "Hôm qua, ông Trần Nam, 45 tuổi, hôm thứ Ba, cho biết giá tăng.",
            "ông Trần Nam, 45 tuổi",
            ("Trần Nam",),
        ),
        ("Mỹ và Anh tuyên bố sẽ rút quân.", "Mỹ và Anh", ("Mỹ", "Anh")),
    ],
)
def test_sources(text: str, where: str, speakers: tuple[str, ...]) -> None:
    quote, _ = only_quote(text)
    assert (source(text, quote), quote.speakers) == (where, speakers)


@pytest.mark.parametrize(
    ("text", "content", "cue"),
    [
        (
            '"Chúng tôi rất lạc quan về mùa lúa", bà Lê Thu nói. "Giá sẽ ổn định".',
            ["Chúng tôi rất lạc quan về mùa lúa", "Giá sẽ ổn định"],
            ["nói"],
        ),
        ("“Chúng tôi sẽ thắng.” Ông Trần Nam nói.", ["Chúng tôi sẽ thắng"], ["nói"]),
        (
            "Giá gạo, theo Bộ Nông nghiệp, sẽ tăng trong năm tới.",
            ["Giá gạo", "sẽ tăng trong năm tới"],
            ["theo"],
        ),
        (
            "Theo Reuters cho biết, giá dầu giảm mạnh ở Nga.",
            ["giá dầu giảm mạnh ở Nga"],
            ["Theo", "cho biết"],
        ),
        (
            "Ông Trần Nam khẳng định với báo chí, “giá gạo sẽ tăng”.",
            ["giá gạo sẽ tăng"],
            ["khẳng định"],
        ),
        (
            "“Chúng ta đã đợi quá lâu rồi, tám năm trời”.",
            ["Chúng ta đã đợi quá lâu rồi, tám năm trời"],
            [],
        ),
        (
            "Bà Lê Thu cho rằng ông Nam cần nói rõ sự thật.",
            ["ông Nam cần nói rõ sự thật"],
            ["cho rằng"],
        ),
    ],
)
def test_content_and_cue(text: str, content: list[str], cue: list[str]) -> None:
    quote, found = only_quote(text)
    assert found == content
    assert [text[span.start : span.end] for span in quote.cue] == cue


def test_back_references_point_to_the_last_country() -> None:
    text = "Thái Lan đóng cửa. Họ cho biết dịch lan rộng. Nước này khẳng định sẽ mở lại."
    assert [(q.source_status, q.speakers) for q in read(text).quotes] == [
        ("pronoun", ("Thái Lan",)),
        ("nominal", ("Thái Lan",)),
    ]


def test_headline_with_a_colon() -> None:
    text = "Thủ tướng Anh: 'Chúng ta sẽ xây thêm nhiều bệnh viện'"
    quote, content = only_quote(text, "headline")
    assert (content, quote.kind) == (["Chúng ta sẽ xây thêm nhiều bệnh viện"], "direct")
    assert [text[c.start : c.end] for c in quote.cue] == [":"]


@pytest.mark.parametrize(
    "text",
    [
        "Theo luật lao động, công ty phải trả lương.",
        "Hai bên thảo luận về giá gạo.",
        "Giá gạo tăng mạnh (theo Reuters).",
        "Hà Nội chưa xác nhận thông tin này.",
        "Lời kêu gọi của ông Nam không được đáp lại.",
        "Ông Trần Nam không hề nói rằng giá tăng.",
        "Ông Nam cho biết điều này.",
    ],
)
def test_sentences_without_a_quotation(text: str) -> None:
    assert read(text).quotes == ()


def test_decomposed_text_gives_the_same_records_at_other_offsets() -> None:
    composed = (
        "Ông Trần Hoà nói rằng ngày 5/6, Đà Nẵng sẽ mở “phố đi bộ”. 🎉\u00a0Bộ Y\u00a0tế Lào họp."
    )
    text = unicodedata.normalize("NFD", composed)
    plain, split = read(composed), read(text)
    assert [unicodedata.normalize("NFC", e.text or "") for e in split.entities] == [
        e.text for e in plain.entities
    ]
    for record in spans(split):
        assert record.text == text[record.start : record.end]
    assert [d.value for d in split.dates] == [d.value for d in plain.dates] == ["2021-06-05"]
    assert [q.kind for q in split.quotes] == [q.kind for q in plain.quotes]


_PIECES = st.sampled_from(
    [
        "Ông ",
        "Theo ",
        "Nguyễn ",
        "Mỹ",
        "-",
        ", ",
        ". ",
        "“",
        "”",
        '"',
        "'",
        "nói rằng ",
        "cho biết ",
        ": ",
        "\n",
        "ngày 31/2 ",
        "năm ",
        "thứ Ba",
        "hai ",
        "9999 ",
        "Bộ ",
        "Ngoại giao ",
        "(",
        ")",
        "\u0301",
        "\u00a0",
        "tháng 0/0000",
        "24 giờ",
        "0:99",
        "99999999 năm trước",
        "thế kỷ XX",
        "đảo ",
        "🎉",
        "Σ",
        "İ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=40).map("".join)),
    st.sampled_from(["2021-06-16", "", "0001-01-01", "9999-12-31", "x"]),
)
def test_any_text_gives_records_in_range(text: str, anchor: str) -> None:
    segments = (
        (Segment(start=0, end=len(text), zone="headline", item=0, anchor_date=anchor),)
        if anchor
        else ()
    )
    found = extract(Document(doc_id="x", text=text, segments=segments))
    ids = {quote.id for quote in found.quotes}
    for record in spans(found):
        assert 0 <= record.start < record.end <= len(text)
        assert record.text == text[record.start : record.end]
        if isinstance(record, Date):
            assert well_formed(record.value or "", record.type)
    for quote in found.quotes:
        parts = [*quote.content, *quote.cue, *([quote.source] if quote.source else [])]
        assert quote.content
        assert all(0 <= part.start < part.end <= len(text) for part in parts)
        assert quote.parent is None or quote.parent in ids - {quote.id}


@pytest.mark.parametrize(
    "piece",
    [
        "Ông Nam nói rằng “giá sẽ tăng” từ ngày 5/6 ở Huế. ",
        "“a ",
        "Bộ ",
        "1/2 ",
        "theo Reuters, ",
        ".",
        "nói ",
    ],
)
def test_work_grows_with_the_length_of_a_line(piece: str) -> None:
    short, long = (calls(piece * (length // len(piece))) for length in (5_000, 10_000))
    assert long < 2.2 * short


def calls(text: str) -> int:
    """The number of calls, of functions in Python and in C, that an extraction makes."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        extract(Document(doc_id="x", text=text))
    finally:
        sys.setprofile(None)
    return count


def spoken(text: str) -> list[tuple[str, str | None, tuple[str, ...], str]]:
    """Cue, source, speakers and content of every quotation of a page."""
    return [
        (
            " ".join(text[cue.start : cue.end] for cue in quote.cue),
            source(text, quote),
            quote.speakers or (),
            " / ".join(text[span.start : span.end] for span in quote.content),
        )
        for quote in read(text).quotes
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bà bảo: “Tôi về đây.”", ("bảo", "Bà", (), "Tôi về đây")),
        ("Bà hét: “Chạy đi!”", ("hét", "Bà", (), "Chạy đi!")),
        ("Bà thì thào: “Chạy đi.”", ("thì thào", "Bà", (), "Chạy đi")),
        ("Ông Tâm viết: “Nhà đã bán.”", ("viết", "Ông Tâm", ("Tâm",), "Nhà đã bán")),
        ("Ông Tâm tiếp tục: “Nhà đã bán.”", ("tiếp tục", "Ông Tâm", ("Tâm",), "Nhà đã bán")),
        (
            "“Nhà đã bán xong rồi” - ông Tâm nói.",
            ("nói", "ông Tâm", ("Tâm",), "Nhà đã bán xong rồi"),
        ),
        (
            "Ông Tâm nói thêm, hàng sẽ về trong tuần.",
            ("nói thêm", "Ông Tâm", ("Tâm",), "hàng sẽ về trong tuần"),
        ),
        (
            "Tom Hale, giám đốc nhà in, cho biết hàng sẽ về.",
            ("cho biết", "Tom Hale, giám đốc nhà in", ("Tom Hale",), "hàng sẽ về"),
        ),
        (
            "Tom Hale, 61 tuổi, một thợ in nói rằng hàng sẽ về.",
            ("nói", "Tom Hale, 61 tuổi, một thợ in", ("Tom Hale",), "hàng sẽ về"),
        ),
        (
            "Một lái xe đã tới nhưng cảnh sát cho biết đường còn đóng.",
            ("cho biết", "cảnh sát", (), "đường còn đóng"),
        ),
        (
            "Đường còn đóng, theo báo giới địa phương đưa tin.",
            ("theo đưa tin", "báo giới địa phương", (), "Đường còn đóng"),
        ),
        (
            "Một khảo sát cho thấy hàng đã giảm giá.",
            ("cho thấy", "Một khảo sát", (), "hàng đã giảm giá"),
        ),
    ],
)
def test_cues_and_sources_outside_the_articles(
    text: str, expected: tuple[str, str, tuple[str, ...], str]
) -> None:
    (found,) = spoken("Tin trong ngày\n" + text)
    assert (found[0].capitalize(), *found[1:]) == (expected[0].capitalize(), *expected[1:])


@pytest.mark.parametrize(
    "text",
    [
        "Bức ảnh cho thấy hàng đã giảm giá.",
        "Con trai được đặt tên theo ông Tâm.",
        "Hale ghi bàn, đội thắng.",
        "Cuốn sách “Mùa gió chướng trên những cánh đồng xa” được in.",
    ],
)
def test_no_quotation_outside_the_articles(text: str) -> None:
    assert spoken("Tin trong ngày\n" + text) == []


def test_a_topic_before_a_colon_in_a_headline_is_no_speaker() -> None:
    assert read("Hà Nội: Nhiều nhà bị ngập sau mưa", "headline").quotes == ()


def test_free_speech_has_the_speaker_before_or_after_it() -> None:
    text = "Tin\n“Tôi mừng lắm”, bà Lan nói.\n“Tôi sẽ về thăm lại làng cũ của mình.”"
    first, second = spoken(text)
    assert first[1:3] == ("bà Lan", ("Lan",))
    assert second == ("", None, ("Lan",), "Tôi sẽ về thăm lại làng cũ của mình")


def test_speech_over_several_lines_is_one_quotation() -> None:
    text = "Tin\nBà Lan nói: “Tôi mừng lắm.\nTôi sẽ về.\nLàng còn đó.”\nHàng đã hết."
    (found,) = spoken(text)
    assert found == ("nói", "Bà Lan", ("Lan",), "Tôi mừng lắm / Tôi sẽ về / Làng còn đó")


def test_the_attribution_may_stand_in_the_last_line() -> None:
    text = "Tin\n“Tôi mừng lắm và sẽ về.\nLàng còn đó”, bà Lan nói."
    (found,) = spoken(text)
    assert found == ("nói", "bà Lan", ("Lan",), "Tôi mừng lắm và sẽ về / Làng còn đó")


def test_an_open_mark_that_no_later_line_closes_ends_with_its_line() -> None:
    text = "Tin\nBà Lan nói: “Tôi mừng lắm.\nHàng đã hết.\n“Tôi về đây”, ông Tâm nói."
    assert [found[3] for found in spoken(text)] == ["Tôi mừng lắm", "Tôi về đây"]


def test_a_pronoun_is_the_person_quoted_last() -> None:
    text = "Tin\nTom Hale nói rằng hàng sẽ về.\nDo ông gặp Sam Penley, ông nói: “Tôi về đây.”"
    assert spoken(text)[-1][2] == ("Tom Hale",)


@pytest.mark.parametrize("word", sorted(words("pronouns_other", "pronouns_male", "titles")))
def test_every_head_of_a_source_is_found_alone(word: str) -> None:
    (found,) = spoken(f"Tin\n{word.capitalize()} nói: “Hàng đã về rồi.”")
    assert found[3] == "Hàng đã về rồi"


@pytest.mark.parametrize("words_in_marks", ["“Tôi về đây.”", "“Ai đó?”"])
def test_a_marked_sentence_that_stands_free_is_a_quotation(words_in_marks: str) -> None:
    (found,) = spoken(f"Tin\nTrời tối dần.\n{words_in_marks}\nMưa rơi.")
    assert found[:3] == ("", None, ())


def test_what_follows_the_attribution_of_marked_words_is_no_content() -> None:
    (found,) = spoken("Tin\n“Tôi về đây và ở lại”, bà Lan nói với báo Mùa Gió.")
    assert found == ("nói", "bà Lan", ("Lan",), "Tôi về đây và ở lại")
