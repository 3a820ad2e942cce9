"""Words of Vietnamese news that frame names: titles, heads of names, surnames. General knowledge
only.
"""

from __future__ import annotations


def names(text: str) -> list[str]:
    """The entries of a list with ``|`` or line breaks between them."""
    return [entry for entry in text.replace("\n", "|").split("|") if entry]


class Phrases(frozenset[tuple[str, ...]]):
    """A set of phrases as syllables, with the longest length by first syllable."""

    longest: dict[str, int]


def phrases(text: str) -> Phrases:
    """The entries of a list with ``|`` or line breaks between them."""
    found = Phrases(tuple(entry.split()) for entry in names(text))
    found.longest = {}
    for phrase in found:
        found.longest[phrase[0]] = max(len(phrase), found.longest.get(phrase[0], 0))
    return found


def words(text: str) -> frozenset[str]:
    """The words of a list with white space between them."""
    return frozenset(text.split())


HONORIFICS_MALE = words("ông ngài anh chú cậu")
HONORIFICS_FEMALE = words("bà cô chị")
HONORIFICS = HONORIFICS_MALE | HONORIFICS_FEMALE | words("cụ bác em")

TITLES = phrases("""
tổng thống|phó tổng thống|tổng thống đắc cử|cựu tổng thống|quyền tổng thống|thủ tướng|phó thủ tướng|cựu thủ tướng|quyền thủ tướng|thủ hiến
thống đốc|phó thống đốc
chủ tịch|phó chủ tịch|chủ tịch nước|phó chủ tịch nước|chủ tịch quốc hội|phó chủ tịch quốc hội|chủ tịch hạ viện|chủ tịch thượng viện
cựu chủ tịch|tổng bí thư|bí thư
phó bí thư|bộ trưởng|thứ trưởng|cựu bộ trưởng|ngoại trưởng|cựu ngoại trưởng|quyền ngoại trưởng|trợ lý ngoại trưởng|thứ trưởng ngoại giao
tổng trưởng
thượng nghị sĩ|thượng nghị sỹ|nghị sĩ|nghị sỹ|hạ nghị sĩ|dân biểu|đại biểu|đại biểu quốc hội|đại sứ|cựu đại sứ|phó đại sứ|tổng lãnh sự
đặc phái viên|đặc sứ|công sứ
tổng thư ký|phó tổng thư ký|thư ký|thư ký báo chí|thủ lĩnh|lãnh tụ|lãnh đạo|nhà lãnh đạo|lãnh đạo tối cao|cố vấn|cố vấn an ninh quốc gia
trợ lý|phát ngôn viên
người phát ngôn|nữ phát ngôn viên|phó phát ngôn viên|tham tán|tổng tham mưu trưởng|tham mưu trưởng|tư lệnh|phó tư lệnh|tổng tư lệnh
đại tướng|thượng tướng|trung tướng
thiếu tướng|tướng|chuẩn tướng|đô đốc|phó đô đốc|đại tá|thượng tá|trung tá|thiếu tá|đại úy|trung úy|thiếu úy|hạ sĩ|binh sĩ|nguyên soái
thống chế|giám đốc|phó giám đốc
tổng giám đốc|phó tổng giám đốc|giám đốc điều hành|ceo|tổng biên tập|biên tập viên|nhà báo|phóng viên|ký giả|nhà văn|nhà thơ|nhạc sĩ|ca sĩ
diễn viên|đạo diễn|họa sĩ
nghệ sĩ|hoa hậu|người mẫu|cầu thủ|tiền đạo|tiền vệ|hậu vệ|thủ môn|huấn luyện viên|hlv|võ sĩ|vận động viên|tay vợt|giáo sư|phó giáo sư
tiến sĩ|tiến sỹ|thạc sĩ|thạc sỹ
bác sĩ|bác sỹ|kỹ sư|luật sư|thẩm phán|công tố viên|chánh án|kiểm sát viên|viện trưởng|cục trưởng|phó cục trưởng|vụ trưởng|tổng cục trưởng
trưởng ban|trưởng phòng
hiệu trưởng|trưởng đoàn|trưởng nhóm|chuyên gia|nhà phân tích|nhà nghiên cứu|nhà khoa học|nhà kinh tế|nhà sử học|nhà hoạt động
nhà ngoại giao|nhà sáng lập|tỷ phú
doanh nhân|giáo hoàng|đức giáo hoàng|đức tổng giám mục|hồng y|tổng giám mục|giám mục|linh mục|hòa thượng|thượng tọa|đại đức|mục sư|vua
nữ hoàng|hoàng đế|hoàng tử
thái tử|công chúa|quốc vương|thị trưởng|phó thị trưởng|tỉnh trưởng|đô trưởng|nghi phạm|bị cáo|bị can|tù nhân|nạn nhân|đệ nhất phu nhân
phu nhân|ứng cử viên|ứng viên
đồng chí|cựu|phó|quyền|ts|gs|pgs|ths|bs|mr|mrs|ms|tổng thanh tra|tổng kiểm toán|thủ quỹ|hoa hậu|quốc vụ khanh|ủy viên|cao ủy
ủy viên bộ chính trị|con trai|con gái|vợ|chồng
""")

DOMAINS = phrases("""
ngoại giao|ngoại vụ|quốc phòng|công an|nội vụ|tài chính|tài chánh|tư pháp|y tế|giáo dục|đào tạo|khoa học|công nghệ|môi trường|tài nguyên
kế hoạch|đầu tư|giao thông|vận tải
xây dựng|nông nghiệp|phát triển|nông thôn|văn hóa|thể thao|du lịch|thông tin|truyền thông|lao động|thương binh|xã hội|năng lượng|nguyên tử
thương mại|công thương|an ninh
tình báo|trung ương|quốc gia|quốc tế|quốc hội|chính phủ|đối ngoại|thường vụ|chính trị|nhân dân|nhân quyền|nhà nước|hành pháp|lập pháp
kinh tế|thống nhất|chống khủng bố
phòng chống|thường trực|hợp tác|bầu cử|điều tra|kiểm tra|kiểm toán|thanh tra|dân tộc|tôn giáo|di trú|nhập cư|biên giới|hải quan|hải quân
không quân|lục quân|tham mưu
tư lệnh|tổng tham mưu|tối cao|hình sự|dân sự|lâm thời|quân sự|vũ trụ|hàng không|không gian|khí tượng|thủy văn|thực phẩm|dược phẩm|bảo hiểm
thuế|ngân khố|nội địa|cộng hòa
cộng sản|dân chủ|bảo thủ|tự do|lao động|xanh|xã hội chủ nghĩa|liên bang|quân ủy|tuyên giáo|tổ chức|dân vận|thương thuyết|đô thị|gia cư
cựu chiến binh|nhà báo|luật sư
phụ nữ|thanh niên|nông dân|cựu chiến binh|doanh nghiệp|phi công|bóng đá|đại học|bách khoa|sư phạm|luật|kinh doanh|chiến lược|nghiên cứu
ứng dụng|tiền tệ|thế giới|dịch vụ
an toàn|thủy sản|thủy lợi|dầu khí|điện lực|viễn thông|bưu chính|chứng khoán|nhà ở|dân số|trẻ em|gia đình|bình đẳng|tị nạn|người tị nạn
nhân đạo|hòa bình|an ninh nội địa
""")

PUBLIC_HEADS = phrases("""
bộ|ủy ban|uỷ ban|hội đồng|liên minh|liên hiệp|liên hiệp hội|đảng|cục|tổng cục|vụ|sở|viện|học viện|tòa án|tòa|viện kiểm sát|quốc hội
nghị viện|thượng viện|hạ viện|quốc vụ viện
văn phòng|phủ|cơ quan|ban|bộ tư lệnh|bộ tổng tham mưu|hiệp hội|hội|liên đoàn|tổng liên đoàn|mặt trận|quỹ|trung tâm|đại học|trường đại học
phòng thương mại|ngân hàng
đoàn thanh niên|quân đoàn|hạm đội|sư đoàn|lữ đoàn|duma|nội các|thông tấn xã|công ty|tập đoàn|tổng công ty|hãng|hãng thông tấn|đài
đài truyền hình|đài phát thanh|tổ chức|phong trào
lực lượng|quân đội|câu lạc bộ|clb|nhà xuất bản|bệnh viện|trường|tổng thống phủ|vệ binh|lực lượng vệ binh|giáo hội|giáo phái|báo|tạp chí
nhật báo|thời báo
""")
PLAIN_HEADS = phrases("""
công ty|tập đoàn|tổng công ty|hãng|hãng thông tấn|đài|đài truyền hình|đài phát thanh|tổ chức|phong trào|lực lượng|quân đội|câu lạc bộ|clb
nhà xuất bản|bệnh viện|trường|báo|tạp chí
nhật báo|thời báo|ngân hàng|đại học|hội|ban|vụ|sở|viện|văn phòng|trung tâm|quỹ|cơ quan|phủ|nội các|hiệp hội|liên đoàn|mặt trận|tòa
liên hiệp|trường đại học|giáo hội|liên minh
""")
"""Heads that are outside of the name when they are in lower case."""
SELF_SUFFICIENT = phrases(
    "quốc hội|thượng viện|hạ viện|duma|quốc vụ viện|bộ chính trị|bộ tổng tham mưu"
)

ORG_CLASSIFIERS = words(
    "tờ báo hãng đài kênh tấn đoàn ty hàng hình thanh nhóm phe trường chí mạng trào đảng clb bộ(lạc) đội tin"
)
ORG_BEFORE = phrases("""
tờ|báo|tờ báo|nhật báo|hãng|hãng tin|hãng thông tấn|thông tấn xã|đài|đài truyền hình|đài phát thanh|kênh|kênh truyền hình|trang|trang tin
trang mạng|trang web|tập đoàn|công ty
ngân hàng|nhóm|phe|tạp chí|mạng|mạng xã hội|phong trào|câu lạc bộ|clb|đội|đội bóng|tổ chức|đại học|trường đại học|trường|quỹ|nhà sản xuất
hãng xe|hãng hàng không|đối thủ|startup|nền tảng
""")
GPE_BEFORE = phrases("""
nước|thành phố|tp|tỉnh|bang|tiểu bang|huyện|quận|xã|phường|làng|thôn|thị trấn|thị xã|thủ đô|thủ phủ|đảo quốc|vương quốc|đặc khu|hạt
vùng thủ đô|ấp|bản|cố đô|ngoại ô
""")
PLACE_PREPOSITIONS = words("tại ở đến tới từ về khỏi sang qua gần ngoài")

PLACE_HEADS = {
    "LOC": phrases(
        "bán đảo|biển|sông|núi|vịnh|eo biển|quần đảo|đảo|hồ|sa mạc|dãy núi|dãy|cao nguyên|đồng bằng|rừng|đèo|mũi|thung lũng|"
        "kênh đào|rạn san hô|bãi cạn"
    ),
    "FAC": phrases(
        "sân bay|phi trường|sân vận động|đại sứ quán|tòa đại sứ|tổng lãnh sự quán|sứ quán|lãnh sự quán|nhà thờ|chùa|đền|cầu|"
        "cung điện|cung|điện|nhà tù|trại giam|nhà máy|nhà máy điện|"
        "nhà máy điện hạt nhân|bảo tàng|bảo tàng viện|quảng trường|đường|phố|đại lộ|xa lộ|quốc lộ|cao tốc|bến cảng|cảng|nhà ga|"
        "ga|căn cứ|công viên|tháp|khách sạn|trung tâm thương mại|lăng"
        "|nghĩa trang|thánh đường|nhà hát|sân bay quốc tế|phi trường quốc tế|hầm|tượng đài|đập|bãi phóng|sân"
    ),
}
PRODUCT_BEFORE = phrases(
    "tên lửa|hỏa tiễn|phi đạn|máy bay|phi cơ|chiến đấu cơ|oanh tạc cơ|tiêm kích|xe tăng|tàu sân bay|tàu ngầm|tàu chiến|tàu|"
    "trực thăng|điện thoại|ô tô|xe|du thuyền|vệ tinh|vaccine"
)
OTHER_HEADS = {
    "MISC": phrases(
        "hiệp định|hiệp ước|công ước|luật|đạo luật|bộ luật|nghị định thư|hiến chương|hiến pháp|tuyên ngôn|sáng kiến|giải thưởng|"
        "giải nobel|tuyên bố chung|huân chương"
    ),
    "EVENT": phrases(
        "giải vô địch|cúp|đại hội|hội nghị|hội nghị thượng đỉnh|chiến dịch|diễn đàn|lễ hội|liên hoan|liên hoan phim|cuộc chiến|"
        "chiến tranh|bão|siêu bão|cách mạng|trận"
    ),
}

SURNAMES = words("""
nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đoàn vương trịnh trương đinh lâm phùng mai tô hà tạ thái kiều
cao lưu châu tôn tống từ thạch đàm quách hứa
tập mã chu triệu tiêu tần mạnh khổng giang tưởng mao kim park lee choi moon yoon han kang jang cho
""")
NOT_SURNAMES_ALONE = words("từ thái cao mai châu hà kim cho chu lưu hồ lâm đào giang mã vũ võ tiêu")

FUNCTION_WORDS = words("""
và của là có được bị đã đang sẽ cho với từ tại ở trong ngoài trên dưới vào ra đến tới về khi nếu thì mà nhưng hoặc hay cùng do vì nên để
như theo sau trước giữa qua bằng nói không chưa này đó ấy kia
những các một mọi mỗi cả cũng còn chỉ rất hơn nhất lại vẫn phải cần muốn hôm ngày năm tháng tuần lúc hồi gì ai nào bởi rằng đều vừa mới
từng tuyên khẳng nhấn cáo cảnh kêu gọi thông báo đưa xác
ký họp gặp thăm đi làm lên xuống bắt giết bắn trả mở đóng tổ dự yêu đề cam hiện cùng ngay vừa số chống tăng giảm nhận mất thua thắng đạt
gửi mua bán dùng đánh sắp tiếp
""")

ACRONYM_STOP = words("""
usd vnd gdp gmt tv ceo fdi hiv aids pcr dna sars odp pdf sms gps id vip ok cpi gnp ppp gnh ai led lcd vat pm am cfo ipo hd uhd suv atm sim
kg km ii iii iv vi vii viii ix xi xii xiii xiv xv xvi xx xxi
vav icbm slbm thaad thpt thcs ubnd hđnd csgt pgs gs ts ths bs hlv mc dj mv ov video btc th co qd qđ nđ cp ncov covid sđt hcv hcb npt
""")
WORDS_AFTER_INITIAL = words("""
này kia tôi là kiến tưởng định nghĩa thức đồ luật lý độ phẩm viện vua của mặc mưa quang thuật phục khoác len dài dụng danh dự lịch ngữ nhân
""")
"""What follows a word such as Ý, Pháp, Vinh at the beginning of a sentence when it names no country
or city.
"""
WORDS_AFTER_ANH = words(
    "ấy ta này kia nói kể chia tôi em chị trai là của cho mặc nhận hai ba cả dũng hùng bị rất vẫn thường đang từng"
)
"""What follows Anh at the beginning of a sentence when it is the pronoun."""
UPPER_ONLY = words("is ap au rt who lg bp")
"""Abbreviations that are other words unless all of their letters are capitals."""
LOWER_DOMAINS = phrases(
    "nông thôn|vận tải|hạt nhân|nhân dân|quốc gia|trung ương|quốc tế|thế giới|thành phố|nguyên tử|nội địa|liên bang"
)
"""Words that may go on with an organisation's name in lower case."""
