"""Words of Vietnamese news around quotations: reporting words, sources, pronouns. General knowledge
only.
"""

from __future__ import annotations

import re

from vinewsie.baseline.lexicon import names, words


def alternatives(text: str) -> str:
    """A pattern for any entry of a list, the longest first."""
    return (
        "(?:"
        + "|".join(re.escape(entry) for entry in sorted(names(text), key=len, reverse=True))
        + ")"
    )


PRONOUNS_MALE = "ông|ông ấy|ông ta|anh|anh ấy|anh ta|ngài|hắn|vị này|nhà lãnh đạo này"
PRONOUNS_FEMALE = "bà|bà ấy|bà ta|cô|cô ấy|chị|chị ấy"
PRONOUNS_OTHER = "họ|tôi|chúng tôi|nó"
THESE = (
    "nước này|quốc gia này|tờ báo này|tờ báo|tờ này|hãng này|hãng tin này|hãng tin|cơ quan này|bộ này|tổ chức này|"
    "công ty này|đài này|báo này"
)
"""Descriptions that point back to a country or organisation."""

ROLE_NOUNS = """
quan chức|giới chức|viên chức|nhà|người|nguồn tin|các|những|một|giới|phía|nhiều|hai|phái đoàn|đại diện|cơ quan|tờ|hãng|báo|đài|chính phủ
chính quyền|quân đội|cảnh sát|công an|truyền thông|nước|ban|nhóm|bên|vị|nhân chứng|cư dân|người dân|thành viên|tổ chức|công ty|tập đoàn
trang|tòa|bộ|cựu|phó|ủy ban|hội đồng|nạn nhân|tác giả|học giả|đảng|liên minh|phe|lực lượng|kênh|tạp chí|nhật báo|con trai|con gái|vợ|chồng
dư luận|báo chí|phát ngôn|nghị sĩ|lãnh đạo|giám đốc|bác sĩ|luật sư|đám đông|phóng viên|thông tấn xã|số|sở|cục|trung tâm|gia đình|ủy hội
"""
DOCUMENTS = """
báo cáo|thông cáo|tài liệu|văn bản|tuyên bố|nghiên cứu|khảo sát|cuộc khảo sát|cuộc thăm dò|thăm dò|số liệu|thống kê|bản tin|bài báo
bài viết
cáo trạng|bản án|phán quyết|thư|lá thư|bức thư|dự báo|công hàm|xã luận|bài xã luận|dữ liệu|hồ sơ|kết quả|biên bản|sách trắng|bài bình luận
thông báo|thông điệp|ước tính|công bố|điện văn|nội dung|thông tin|bản ghi|tin nhắn
"""
ANONYMOUS = """
nguồn tin|nguồn thạo tin|giấu tên|ẩn danh|không nêu tên|không được nêu tên|giấu danh tính|các nguồn|một nguồn|nhân chứng|tin đồn
"""
COLLECTIVE = """
các|những|giới|hai bên|hai nước|nhiều|đôi bên|người dân|cư dân|dư luận|truyền thông|báo chí|đám đông|phe đối lập|hai nhà|ba nước|nhóm
hai ông
một số|phần lớn|đa số|chuyên gia|quan chức|gia đình|nhà chức trách
"""

CLASSIFIERS = """
chính phủ|chính quyền|phía|hãng tin|hãng thông tấn|hãng
tờ báo|tờ|báo|đài truyền hình|đài|kênh|trang tin|trang|tạp chí|nhật báo|nước|tập đoàn
công ty|tổ chức|bộ|quân đội|cảnh sát
"""
"""What may stand before the name of a body that speaks under this name."""

STRONG_CUES = """
cho biết|cho hay|cho rằng|nói thêm|nói rõ|nói tiếp|nhấn mạnh|tuyên bố|cáo buộc|cam kết|khẳng định|cảnh báo|cảnh cáo|kêu gọi|thúc giục
hối thúc
chỉ trích|tiết lộ|đưa tin|loan tin|loan báo|tường thuật|xác nhận|thừa nhận|nhận định|nhận xét|bình luận|lưu ý|giải thích|chia sẻ|kể lại
khuyến cáo|lên án|ca ngợi|khen ngợi|tố cáo|quả quyết|minh định|bác bỏ|phủ nhận|lập luận
than phiền|phàn nàn|thú nhận|tái khẳng định|dự báo
dự đoán|ước tính|hứa hẹn|đe dọa|hăm dọa|dọa|thông báo|phát biểu|bày tỏ|đề nghị|yêu cầu|đề xuất|khuyên|hứa|thề|nêu rõ|cho biết thêm|dẫn lời
"""
WEAK_CUES = (
    "nói|viết|hỏi|đáp|kể|trả lời|đánh giá|báo cáo|tố|đăng|ghi nhận|ghi|gọi|mô tả|chỉ ra|nêu|phân tích|than|tin|hy vọng|"
    "phát biểu|bình luận|chia sẻ"
)
"""Reporting words that also have other uses: they need a complementiser, a colon or quotation
marks.
"""
NEED_THAT = words("tin vọng thêm than ra")

NOT_AFTER = words("""
lời cuộc bài bản sự những các buổi bị được lệnh ra không chưa chẳng tin hội để nhằm nhà bức tiếng văn muốn chối tính vụ mối hãy đừng đáng
kịch việc
cách mọi hoặc khó tự hay lá câu giọng dám phải nên bất thể
""")
"""Words after which a reporting word is a noun, passive, negated or a mere intention."""
NO_CONTENT = words("về chung chuyện tiếng dối đùa thẳng tục của viên nhau gì này đó trên lên")
ADVERBIAL = words("""
trong tại hôm ngày vào khi sau trước với nhân ngay tối sáng chiều đêm hồi cùng trên dù để từ ở qua cho bên mặc tuy nhưng và còn song do vì
bằng đồng
thứ lúc tuần tháng năm giữa đến tuy trưa đầu cuối mới theo thời hiện nếu tuyên trả phát
""")
STOP_NOUN_PHRASE = words("""
cũng đã đang sẽ vừa mới từng còn lại thì phải tiếp liên đều đồng mạnh thẳng công trước sau hôm ngày sáng chiều tối đêm trong tại vào khi
bằng hồi với
qua trên tuần tháng lúc nhân nhưng vẫn rồi nay gay kịch lớn hiện luôn thường nhiều được bị nói đến tới chính ngay cùng hằng không trả dẫn
chỉ có muốn là
""")
NOT_SOURCES = """
luật|pháp luật|nghị quyết|nghị định|quy định|hiệp định|hiệp ước|điều|khoản|thỏa thuận|kế hoạch|lịch|lệnh|chương trình|hướng|đó|dự kiến
yêu cầu|đuổi|dõi
kiểu|cách|truyền thống|hình thức|giờ|tiêu chuẩn|chuẩn|tỷ lệ|từng|chân|học|đạo|hiến pháp|hợp đồng|phong tục|nguyên tắc|sau|dạng|mô hình
thời gian|chiều
mùa|nghĩa|diện|thông lệ|tục lệ|lộ trình|tinh thần|chủ nghĩa|chế độ|chính sách|đường|phe|quyết định|nhu cầu|khả năng|thứ tự|trình tự|phương
thể thức|sự
lời mời|sát|kịp|đúng|âm lịch|dương lịch|nhóm|bước|công ước|thể|ngành|suốt|cơ chế|giá|tháng|năm|ngày|tuần|dấu|phong cách|cấp|đơn|đề nghị
sắc lệnh
"""
"""What follows theo when it does not name a source."""
CLAUSE_OPENERS = words(
    "ông bà họ anh cô chị mình chúng không sẽ đã đây việc nếu nước các những hai"
)
"""Words that begin a reported clause after nói without a complementiser."""
