"""Names that a reader of Vietnamese news knows: countries, cities, regions, organisations, media,
people. General knowledge only.

``|`` stands between names. Hyphens and spaces inside a name are the same to the matcher.
"""

from __future__ import annotations

COUNTRIES = """
Việt Nam|Cộng hòa Xã hội chủ nghĩa Việt Nam|CHXHCN Việt Nam|Việt Nam Cộng hòa|VNCH|Mỹ|Hoa Kỳ|Hợp chủng quốc Hoa Kỳ|Hiệp chủng quốc Hoa Kỳ
Nga|Liên bang Nga|Liên Xô|Liên Sô|Nga Sô|Trung Quốc|Trung Cộng|Trung Hoa|Cộng hòa Nhân dân Trung Hoa|Đài Loan|Hồng Kông|Hong Kong
Hồng Công
Hương Cảng|Macau|Ma Cao|Macao|Nhật Bản|Nhật|Hàn Quốc|Nam Hàn|Đại Hàn|Bắc Hàn|Triều Tiên|Bắc Triều Tiên|Nam Triều Tiên|CHDCND Triều Tiên
Cộng hòa Dân chủ Nhân dân Triều Tiên|Mông Cổ|Lào|Ai Lao|Campuchia|Cam Bốt|Cambodia|Cao Miên|Căm Bốt|Thái Lan|Myanmar|Miến Điện|Malaysia
Mã Lai
Mã Lai Á|Singapore|Tân Gia Ba|Indonesia|Nam Dương|Philippines|Philippine|Philippin|Phi Luật Tân|Brunei|Đông Timor|Timor Leste|Ấn Độ|Ấn
Pakistan
Hồi Quốc|Bangladesh|Sri Lanka|Tích Lan|Nepal|Bhutan|Maldives|Afghanistan|A Phú Hãn|Iran|Ba Tư|Iraq|Syria|Xy ri|Lebanon|Liban|Li Băng
Israel
Do Thái|Palestine|Palestin|Jordan|Ả Rập Xê Út|Ả Rập Saudi|Ả Rập Sê Út|Arập Xêút|Arab Saudi|Saudi Arabia|Yemen|Oman|Qatar|Bahrain|Kuwait
UAE
Các Tiểu vương quốc Ả Rập Thống nhất|Tiểu vương quốc Ả Rập Thống nhất|Thổ Nhĩ Kỳ|Gruzia|Georgia|Armenia|Azerbaijan|Kazakhstan|Uzbekistan
Turkmenistan|Kyrgyzstan|Tajikistan|Anh|Anh Quốc|Vương quốc Anh|Vương quốc Liên hiệp Anh|Liên hiệp Anh|Scotland|Tô Cách Lan|Wales
Bắc Ireland
Bắc Ai Len|Ireland|Ái Nhĩ Lan|Ai Len|Pháp|Pháp Quốc|Đức|Đức Quốc|CHLB Đức|Tây Đức|Đông Đức|Ý|Italy|Italia|Ý Đại Lợi|Tây Ban Nha|Bồ Đào Nha
Hà Lan|Hòa Lan|Bỉ|Luxembourg|Lục Xâm Bảo|Thụy Sĩ|Thụy Sỹ|Áo|Áo Quốc|Liechtenstein|Monaco|Andorra|San Marino|Malta|Vatican|Đan Mạch
Thụy Điển
Na Uy|Phần Lan|Iceland|Băng Đảo|Estonia|Latvia|Lithuania|Litva|Lát via|Ba Lan|Cộng hòa Séc|CH Séc|Séc|Tiệp|Tiệp Khắc|Slovakia|Slovenia
Hungary|Hung Gia Lợi|Romania|Rumani|Lỗ Ma Ni|Bulgaria|Bảo Gia Lợi|Hy Lạp|Cyprus|Síp|Albania|Bắc Macedonia|Macedonia|Montenegro|Serbia
Kosovo
Bosnia|Bosnia Herzegovina|Bosnia và Herzegovina|Croatia|Nam Tư|Ukraine|Ukraina|Ucraina|Belarus|Bạch Nga|Moldova|Canada|Gia Nã Đại|Mexico
México
Mễ Tây Cơ|Mễ|Mêhicô|Guatemala|Belize|Honduras|El Salvador|Nicaragua|Costa Rica|Panama|Cuba|Cu Ba|Haiti|Jamaica|Bahamas|Barbados|Grenada
Cộng hòa Dominica|Dominica|Trinidad và Tobago|Antigua và Barbuda|Saint Lucia|Saint Kitts và Nevis|Saint Vincent và Grenadines|Puerto Rico
Colombia|Venezuela|Guyana|Suriname|Ecuador|Peru|Bolivia|Chile|Chí Lợi|Argentina|Á Căn Đình|Paraguay|Uruguay|Brazil|Brasil|Ba Tây|Úc
Australia
Úc Đại Lợi|New Zealand|Tân Tây Lan|Fiji|Papua New Guinea|Quần đảo Solomon|Solomon|Vanuatu|Samoa|Tonga|Kiribati|Tuvalu|Nauru|Palau
Micronesia
Quần đảo Marshall|Quần đảo Cook|Ai Cập|Libya|Li bi|Tunisia|Algeria|Maroc|Morocco|Ma Rốc|Mauritania|Mali|Niger|Nigeria|Chad|Tchad|Sudan
Nam Sudan
Eritrea|Ethiopia|Djibouti|Somalia|Kenya|Uganda|Tanzania|Rwanda|Burundi|Congo|CHDC Congo|Cộng hòa Dân chủ Congo|Cộng hòa Congo
Cộng hòa Trung Phi
Cameroon|Gabon|Guinea Xích Đạo|Sao Tome và Principe|Angola|Zambia|Zimbabwe|Malawi|Mozambique|Namibia|Botswana|Nam Phi|Lesotho|Eswatini
Swaziland
Madagascar|Mauritius|Seychelles|Comoros|Senegal|Gambia|Guinea|Guinea Bissau|Sierra Leone|Liberia|Bờ Biển Ngà|Côte d'Ivoire|Cote d'Ivoire
Ghana
Togo|Benin|Burkina Faso|Cape Verde|Cabo Verde
"""

CITIES = """
Hà Nội|Sài Gòn|Thành phố Hồ Chí Minh|TP Hồ Chí Minh|TP HCM|TPHCM|Tp HCM|HCM|Hải Phòng|Đà Nẵng|Cần Thơ|Huế|Thừa Thiên Huế|Thừa Thiên
Nha Trang|Đà Lạt
Vũng Tàu|Bà Rịa Vũng Tàu|Biên Hòa|Quy Nhơn|Hội An|Hạ Long|Vinh|Phú Quốc|Côn Đảo|Sa Pa|An Giang|Bạc Liêu|Bắc Giang|Bắc Kạn|Bắc Ninh|Bến Tre
Bình Dương|Bình Định|Bình Phước|Bình Thuận|Cà Mau|Cao Bằng|Đắk Lắk|Đắc Lắc|Đắk Nông|Điện Biên|Điện Biên Phủ|Đồng Nai|Đồng Tháp|Gia Lai
Hà Giang|Hà Nam
Hà Tĩnh|Hà Tây|Hải Dương|Hậu Giang|Hòa Bình|Hưng Yên|Khánh Hòa|Kiên Giang|Kon Tum|Lai Châu|Lạng Sơn|Lào Cai|Lâm Đồng|Long An|Nam Định
Nghệ An
Ninh Bình|Ninh Thuận|Phú Thọ|Phú Yên|Quảng Bình|Quảng Nam|Quảng Ngãi|Quảng Ninh|Quảng Trị|Sóc Trăng|Sơn La|Tây Ninh|Thái Bình|Thái Nguyên
Thanh Hóa
Tiền Giang|Trà Vinh|Tuyên Quang|Vĩnh Long|Vĩnh Phúc|Yên Bái|Thủ Đức|Mỹ Tho|Pleiku|Buôn Ma Thuột|Phan Thiết|Rạch Giá|Long Xuyên|Bắc Kinh
Thượng Hải
Quảng Châu|Quảng Đông|Quảng Tây|Vân Nam|Thâm Quyến|Vũ Hán|Hồ Bắc|Hồ Nam|Phúc Kiến|Tứ Xuyên|Trùng Khánh|Thiên Tân|Nam Kinh|Tây An|Liêu Ninh
Cát Lâm
Hắc Long Giang|Hà Bắc|Sơn Đông|Chiết Giang|Giang Tô|Tân Cương|Tây Tạng|Nội Mông|Hải Nam|Đài Bắc|Cao Hùng|Tokyo|Đông Kinh|Osaka|Kyoto
Hiroshima|Nagasaki
Fukushima|Okinawa|Seoul|Hán Thành|Busan|Incheon|Bình Nhưỡng|Kaesong|Ulaanbaatar|Ulan Bator|Vientiane|Viêng Chăn|Vạn Tượng|Luang Prabang
Phnom Penh
Phnôm Pênh|Nam Vang|Bangkok|Băng Cốc|Vọng Các|Chiang Mai|Yangon|Naypyidaw|Ngưỡng Quang|Kuala Lumpur|Jakarta|Bali|Manila|Ma Ní|Dili
New Delhi|Tân Đề Li
Delhi|Mumbai|Kolkata|Chennai|Bangalore|Islamabad|Karachi|Lahore|Dhaka|Colombo|Kathmandu|Thimphu|Kabul|Kandahar|Tehran|Teheran|Baghdad
Basra|Mosul|Damascus
Aleppo|Beirut|Jerusalem|Tel Aviv|Ramallah|Amman|Riyadh|Jeddah|Mecca|Sanaa|Muscat|Doha|Manama|Abu Dhabi|Dubai|Ankara|Istanbul|Tbilisi
Yerevan|Baku|Astana
Tashkent|Ashgabat|Bishkek|Dushanbe|London|Luân Đôn|Manchester|Liverpool|Birmingham|Edinburgh|Glasgow|Belfast|Dublin|Paris|Ba Lê|Marseille
Lyon|Nice|Toulouse
Strasbourg|Berlin|Bá Linh|Munich|Hamburg|Frankfurt|Köln|Rome|Roma|La Mã|Milan|Milano|Venice|Naples|Turin|Madrid|Barcelona|Valencia
Catalonia|Lisbon|Lisboa
Porto|Amsterdam|La Haye|The Hague|Den Haag|Rotterdam|Brussels|Bruxelles|Brúc xen|Bern|Berne|Geneva|Genève|Giơ ne vơ|Zurich|Vienna|Viên
Copenhagen|Stockholm|Oslo
Helsinki|Reykjavik|Tallinn|Riga|Vilnius|Warsaw|Warszawa|Vác sa va|Praha|Prague|Bratislava|Ljubljana|Budapest|Bucharest|Sofia|Athens
Nhã Điển|Nicosia|Tirana
Skopje|Podgorica|Belgrade|Pristina|Sarajevo|Zagreb|Kiev|Kyiv|Kharkiv|Odessa|Odesa|Lviv|Mariupol|Kherson|Donetsk|Luhansk|Bakhmut|Minsk
Chisinau|Moskva|Moscow
Mátxcơva|Mát xcơ va|Matxcơva|Mạc Tư Khoa|Saint Petersburg|St Petersburg|Vladivostok|Sochi|Chechnya|Washington|Washington DC|Washington D.C
Hoa Thịnh Đốn
Nữu Ước|New York|Los Angeles|Chicago|Houston|Dallas|Boston|Philadelphia|San Francisco|San Jose|San Diego|Seattle|Atlanta|Miami|Detroit
Las Vegas|Denver|Phoenix
Little Saigon|Westminster|Garden Grove|Quận Cam|Orange County|California|Cali|Texas|Florida|Virginia|Maryland|Ohio|Michigan|Illinois
Pennsylvania|Alaska|Hawaii
Arizona|Nevada|Colorado|Oregon|Massachusetts|New Jersey|Louisiana|Minnesota|Wisconsin|Alabama|Tennessee|Guam|Ottawa|Toronto|Montreal
Vancouver|Calgary|Quebec
Mexico City|Havana|La Habana|Port au Prince|Kingston|San Juan|Bogota|Bogotá|Caracas|Quito|Lima|La Paz|Santiago|Buenos Aires|Asuncion
Montevideo|Brasilia|Brasília
Rio de Janeiro|Sao Paulo|São Paulo|Canberra|Sydney|Melbourne|Brisbane|Perth|Adelaide|New South Wales|Queensland|Wellington|Auckland
Christchurch|Suva
Port Moresby|Honiara|Cairo|Tripoli|Tunis|Algiers|Rabat|Casablanca|Nouakchott|Bamako|Niamey|Abuja|Lagos|Khartoum|Addis Ababa|Mogadishu
Nairobi|Kampala|Kigali
Kinshasa|Luanda|Lusaka|Harare|Maputo|Windhoek|Pretoria|Johannesburg|Cape Town|Antananarivo|Dakar|Accra|Abidjan|Conakry|Monrovia|Freetown
Ouagadougou
"""

REGIONS = """
châu Á|châu Âu|châu Phi|châu Mỹ|châu Đại Dương|châu Úc|châu Nam Cực|Âu châu|Á châu|Phi châu|Mỹ châu|Úc châu|Âu Châu|Á Châu|Phi Châu
Mỹ Châu|Á Âu
châu Mỹ Latinh|Mỹ Latinh|Mỹ La tinh|Nam Mỹ|Bắc Mỹ|Trung Mỹ|Caribe|Caribbean|Đông Nam Á|Đông Á|Bắc Á|Đông Bắc Á|Nam Á|Trung Á|Tây Á|Đông Âu
Tây Âu|Bắc Âu|Nam Âu
Trung Âu|Bắc Phi|Tây Phi|Đông Phi|Trung Đông|Cận Đông|Viễn Đông|Bắc Cực|Nam Cực|Thái Bình Dương|Đại Tây Dương|Ấn Độ Dương|Bắc Băng Dương
Địa Trung Hải
Châu Á Thái Bình Dương|Ấn Độ Dương Thái Bình Dương|Biển Đông|Biển Đen|Biển Đỏ|Hắc Hải|Hồng Hải|Hoàng Hải|Biển Hoa Đông|Biển Nhật Bản
Nam Hải|Hoàng Sa|Trường Sa
Crimea|Crưm|Donbass|Donbas|Siberia|Siberi|Balkan|Bancăng|Baltic|Ban tích|Scandinavia|Iberia|Sinai|Kashmir|Dải Gaza|Gaza|Bờ Tây
Cao nguyên Golan|Golan|Sahel|Sahara
Himalaya|Kavkaz|Caucasus|Mê Kông|Mekong|Cửu Long|Tây Nguyên|Bắc Bộ|Nam Bộ|Trung Bộ|Amazon|Kuril|Senkaku|Điếu Ngư|Arctic|Phương Tây
Tây phương
"""

ORGANISATIONS = """
Liên Hiệp Quốc|Liên Hợp Quốc|LHQ|Hội đồng Bảo an|Hội đồng Bảo an Liên Hợp Quốc|Hội đồng Bảo an Liên Hiệp Quốc|Đại hội đồng Liên Hợp Quốc
Đại hội đồng
Tổ chức Y tế Thế giới|WHO|UNESCO|UNICEF|UNHCR|UNDP|IAEA|FAO|ILO|IMF|WTO|WB|ADB|OECD|OPEC|OPEC+|NATO|Liên minh Bắc Đại Tây Dương|EU
Liên minh châu Âu|Liên hiệp châu Âu
Liên Âu|Ủy ban châu Âu|Nghị viện châu Âu|Hội đồng châu Âu|ECB|ASEAN|APEC|G7|G20|G8|BRICS|OSCE|AU|Liên minh châu Phi|SCO|Liên đoàn Ả Rập
Hội Chữ thập đỏ|Hồng thập tự
Khối thịnh vượng chung|Bộ tứ|Interpol|FIFA|UEFA|IOC|AFC|VFF|ICC|Tòa án Hình sự Quốc tế|Ân xá Quốc tế|Amnesty International
Human Rights Watch|Greenpeace
Hiệp hội các quốc gia Đông Nam Á|Ngân hàng Thế giới|Quỹ Tiền tệ Quốc tế|Tổ chức Thương mại Thế giới|Cơ quan Năng lượng Nguyên tử Quốc tế
Ngân hàng Trung ương châu Âu
CIA|FBI|NSA|NASA|FED|Fed|FDA|CDC|SEC|KGB|FSB|MI6|Mossad|DHS|Nhà Trắng|Tòa Bạch Ốc|Bạch Ốc|Bạch Cung|Tòa Nhà Trắng|Lầu Năm Góc|Ngũ Giác Đài
Điện Kremlin|Kremlin
Nhà Xanh|Điện Élysée|Điện Elysee|Hamas|Hezbollah|Taliban|Al Qaeda|IS|ISIS|Houthi|Fatah|Đảng Cộng hòa|Đảng Dân chủ|Công đảng|Đảng Bảo thủ
Đảng Cộng sản|ĐCS|Việt Cộng
Việt Minh|Quốc dân đảng|Wagner|Google|Facebook|Meta|Apple|Microsoft|Amazon Web Services|Twitter|YouTube|TikTok|Instagram|Netflix|Tesla
SpaceX|Samsung|Hyundai|LG|Sony
Toyota|Honda|Boeing|Airbus|Intel|Nvidia|Huawei|Alibaba|Tencent|ByteDance|OpenAI|Gazprom|Rosneft|Shell|BP|ExxonMobil|Vingroup|VinFast
Viettel|FPT|Vinamilk|Petrolimex
Vietnam Airlines|Vietjet|Vietcombank|EVN|PVN|Reuters|AP|Associated Press|AFP|UPI|DPA|EFE|TASS|RIA Novosti|RIA|Interfax|Sputnik|RT
Tân Hoa Xã|Xinhua|Kyodo|NHK|Jiji
Yonhap|KCNA|Rodong Sinmun|Korea Herald|Chosun Ilbo|KBS|BBC|CNN|Fox News|NBC|NBC News|CBS|CBS News|ABC|ABC News|MSNBC|CNBC|PBS|NPR|VOA|RFA
RFI|SBS|Bloomberg
New York Times|The New York Times|NYT|Washington Post|The Washington Post|Wall Street Journal|The Wall Street Journal|WSJ|Financial Times
The Guardian|Guardian|The Times
The Telegraph|Daily Mail|The Economist|Economist|Le Monde|Le Figaro|Der Spiegel|Die Welt|Bild|El País|Politico|Axios|USA Today
Los Angeles Times|Time|Newsweek|Al Jazeera
Al Arabiya|Haaretz|Jerusalem Post|Times of Israel|Straits Times|The Straits Times|South China Morning Post|SCMP|Hoàn Cầu Thời Báo
Nhân Dân Nhật Báo|Global Times
CCTV|CGTN|Nikkei|Nikkei Asia|Asahi Shimbun|Asahi|Yomiuri|Japan Times|Bangkok Post|Jakarta Post|Times of India|Hindustan Times
Deutsche Welle|DW|Kyiv Independent
VnExpress|Tuổi Trẻ|Thanh Niên|Tiền Phong|Dân Trí|VietnamNet|Vietnamnet|Zing|Lao Động|Người Lao Động|Nhân Dân|Pháp Luật|VTV|VOV|TTXVN
Thông tấn xã Việt Nam|Người Việt|BBC News
BBC Tiếng Việt|BBC News Tiếng Việt|VOA Tiếng Việt|Đài Á Châu Tự Do|Đài Tiếng nói Hoa Kỳ|Real Madrid|Manchester United|Arsenal|Chelsea
"""

EVENTS = """
World Cup|Euro|SEA Games|ASIAD|Olympic|Thế vận hội|Thế chiến I|Thế chiến II|Thế chiến thứ nhất|Thế chiến thứ hai|Chiến tranh Lạnh
Chiến tranh thế giới thứ nhất|Chiến tranh thế giới thứ hai|Chiến tranh Triều Tiên|Chiến tranh Việt Nam|Đệ nhị Thế chiến
Đệ nhất Thế chiến|Tết Nguyên đán|Tết Mậu Thân|Giáng sinh|Noel|Phục sinh|Ramadan|Brexit|Holocaust
"""

PRODUCTS = """
iPhone|iPad|Windows|Android|ChatGPT|Patriot|HIMARS|Iskander|Javelin|Tomahawk|Starlink|AstraZeneca|Pfizer|Bitcoin
"""

WORKS = """
Vành đai và Con đường|Nobel|Oscar|Công ước Geneva|Hiệp định Paris|Pulitzer|Grammy|Ballon d'Or|Quả bóng vàng|Kinh Thánh
"""

PEOPLE = """
Tập Cận Bình|Vương Nghị|Lý Cường|Lý Khắc Cường|Mao Trạch Đông|Đặng Tiểu Bình|Hồ Cẩm Đào|Giang Trạch Dân|Thái Anh Văn|Lý Hiển Long
Lý Quang Diệu|Hồ Chí Minh|Joe Biden|Biden|Donald Trump|Trump|Barack Obama|Obama|Hillary Clinton|Clinton|Kamala Harris|Antony Blinken
Blinken|Vladimir Putin|Putin|Medvedev|Lavrov|Zelensky|Zelenskyy|Emmanuel Macron|Macron|Olaf Scholz|Scholz|Angela Merkel|Merkel
Boris Johnson|Rishi Sunak|Keir Starmer|Narendra Modi|Modi|Shinzo Abe|Fumio Kishida|Kishida|Kim Jong Un|Kim Jong Il|Kim Nhật Thành
Moon Jae In|Yoon Suk Yeol|Justin Trudeau|Trudeau|Erdogan|Netanyahu|Khamenei|Lukashenko|Orban|Duterte|Marcos|Hun Sen|Hun Manet|Guterres
Stoltenberg|von der Leyen|Elon Musk|Jeff Bezos|Bill Gates|Mark Zuckerberg|Phanxicô|Stalin|Lenin|Hitler|Gorbachev|Yeltsin|Nixon|Reagan
"""

ABBREVIATED = "Trung|Hàn|Triều|Việt|Phi|Đài|Thái|Ấn|Thổ|Hung|Bắc Hàn|Miến|Nhật|Cam"
"""Short names of countries that count only beside another country: Mỹ-Trung, Việt-Hàn."""

AMBIGUOUS_FIRST = frozenset(
    [
        "anh",
        "ý",
        "áo",
        "pháp",
        "đức",
        "nga",
        "mỹ",
        "lào",
        "nhật",
        "vinh",
        "viên",
        "ấn",
        "hung",
        "huế",
        "time",
        "is",
        "nice",
    ]
)
"""Names of one syllable that at the beginning of a sentence may be an ordinary word."""

GIVEN_NAMES = frozenset(
    [
        "jordan",
        "chad",
        "georgia",
        "washington",
        "paris",
        "sydney",
        "florence",
        "victoria",
        "israel",
        "lima",
        "sofia",
        "santiago",
        "nice",
        "time",
    ]
)
"""Places that are also given names of people."""
