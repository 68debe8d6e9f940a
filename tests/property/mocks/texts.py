"""What fuzzers of a description rarely draw: long and foreign texts, odd ids, numbers of many decimals."""

import string
from decimal import Decimal

from hypothesis import strategies as st

_ODD = "|%/\\'\"?#&=+;:@{}[]<>() .,~`$^*äöüßéñ漢字😀👩‍💻\u00a0\u2028\u200b\t\n\x00\x7f"
_ALPHABET = st.one_of(
    st.sampled_from(string.ascii_letters + string.digits + " '-"),
    st.sampled_from(_ODD),
    st.characters(codec="utf-8"),
)

names = st.one_of(
    st.text(_ALPHABET, max_size=40),
    st.builds(lambda sign, length: sign * length, st.sampled_from("aé漢😀 "), st.integers(0, 400)),
    st.builds(
        lambda length, tail: "x" * length + tail,
        st.sampled_from((30, 78, 253, 254)),
        st.text(_ALPHABET, max_size=3),
    ),
)
ids = st.text(st.one_of(st.sampled_from("|%/'\"?#&:. eid,"), _ALPHABET), min_size=1, max_size=30)
decimals = st.builds(
    lambda whole, places: Decimal(whole).scaleb(-places), st.integers(-(10**20), 10**20), st.integers(0, 18)
)
page_texts = st.one_of(
    st.integers(-2, 12).map(str),
    st.sampled_from(
        ("0", "1", "25", "100", "101", "1000", "1001", "99999999999999999999", "", "x", "1.5", "٣", " 2")
    ),
)
