"""Instructions in many languages and scripts, written as nobody should have to rewrite them.

Some hold letters in their parts (an accent after its letter), marks that join or that turn the
direction of writing, and letters outside of the first 65,536: whoever normalises, strips or cuts
text changes at least one of them.
"""

from __future__ import annotations

import unicodedata

INSTRUCTIONS: dict[str, str] = {
    'german': 'Fahr zur großen Tür am Ende des Flurs, bitte über die rechte Seite!',
    'vietnamese, composed': 'Đi đến chiếc ghế đỏ ở phía bên phải',
    'vietnamese, in parts': unicodedata.normalize('NFD', 'Đi đến chiếc ghế đỏ ở phía bên phải'),
    'yoruba': 'Lọ sí ẹ̀gbẹ́ àga pupa náà',
    'greek': 'Πήγαινε δίπλα στην κόκκινη καρέκλα',
    'ukrainian': 'Під’їдь до червоного стільця біля вікна',
    'arabic, with vowels': 'اِذْهَبْ إِلَى الْكُرْسِيِّ الْأَحْمَرِ عَلَى الْيَمِينِ',
    'persian, with a non-joiner': 'به سمت صندلی قرمز می\u200cروی',
    'hebrew, with points': 'סַע אֶל הַכִּסֵּא הָאָדֹם, מִיָּמִין',
    'both directions': 'עבור ליד \u2066shelf B-12\u2069 ואז ימינה\u200f',
    'hindi': 'लाल कुर्सी के पास जाओ, फिर बाईं ओर मुड़ो',
    'tamil': 'சிவப்பு நாற்காலிக்கு அருகில் செல்',
    'thai': 'ไปที่เก้าอี้สีแดงทางขวามือ',
    'amharic': 'ወደ ቀዩ ወንበር ሂድ',
    'georgian': 'მიდი წითელ სკამთან',
    'chinese': '去右边的红色椅子那里,不要碰到桌子',
    'chinese, a rare letter': '去𠮷野家的門口',
    'japanese, half width': 'ｱｶｲ ｲｽ ﾉ ﾄﾅﾘ へ行って',
    'korean': '빨간 의자 옆으로 가',
    'korean, in parts': unicodedata.normalize('NFD', '빨간 의자 옆으로 가'),
    'picture letters': 'Go to the 👩🏽‍🚀 by the 🚪, not the 🏴󠁧󠁢󠁳󠁣󠁴󠁿',
    'signs of JSON and of markup': 'fahr zu "A\\B" & <C>, 100 % – {dort}',
    'lines and blanks': '  zuerst\tgeradeaus\r\n\r\ndann\u00a0links\u2028und\u3000halt  ',
}
"""Instructions by the name of their language or of what is peculiar to them."""
