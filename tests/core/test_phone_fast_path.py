"""The short way to read a mobile number says what the library says."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.phone import mask, plain_mobile

WRITTEN = st.one_of(
    st.from_regex(r"[2-9][0-9]{3}[ -]?[0-9]{4}", fullmatch=True),
    st.from_regex(r"\+852[ -]?[2-9][0-9]{3} ?[0-9]{4}", fullmatch=True),
    st.from_regex(r"1[0-9]{2}[ -]?[0-9]{4} ?[0-9]{4}", fullmatch=True),
    st.from_regex(r"\+86[ -]?1[0-9]{10}", fullmatch=True),
    st.from_regex(r"0?0?(86|852)?[ (-]{0,2}[0-9]{6,12}\)?", fullmatch=True),
    st.text(alphabet="0123456789+-() xX#;ext٣９", max_size=18),
)


def by_the_library(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@settings(max_examples=1000)
@given(text=WRITTEN, region=st.sampled_from(["HK", "CN", "GB"]))
def test_the_short_way_never_says_something_else(text: str, region: str) -> None:
    short = plain_mobile(text, region=region)
    assert short is None or short == by_the_library(text, region)


@pytest.mark.parametrize("start", range(100, 200))
def test_every_chinese_prefix_agrees(start: int) -> None:
    for text in (f"{start}12345678", f"+86{start}00000000", f"{start} 9999 9999"):
        short = plain_mobile(text, region="CN")
        assert short is None or short == by_the_library(text, "CN")


@pytest.mark.parametrize("block", range(4000, 10000, 1000))
def test_every_hong_kong_block_agrees(block: int) -> None:
    for number in range(block, block + 1000, 7):
        text = f"{number}1234"
        short = plain_mobile(text, region="HK")
        assert short is None or short == by_the_library(text, "HK")


@pytest.mark.parametrize(
    ("text", "region"),
    [("9123 4567", "HK"), ("+852 9123-4567", "CN"), ("138 0013 8000", "CN"), ("+8613800138000", "HK")],
)
def test_usual_ways_of_writing_take_the_short_way(text: str, region: str) -> None:
    assert plain_mobile(text, region=region) == by_the_library(text, region)
    assert plain_mobile(text, region=region) is not None


@settings(max_examples=500)
@given(
    number=st.one_of(
        st.from_regex(r"\+852[0-9]{8}", fullmatch=True),
        st.from_regex(r"\+86[0-9]{11}", fullmatch=True),
        st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True),
    )
)
def test_a_number_is_masked_as_the_library_parts_it(number: str) -> None:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        assert mask(number) == "•••"
        return
    national = str(parsed.national_number)
    masked = mask(number).replace(" ", "")
    assert masked == f"+{parsed.country_code}{national[0]}{'•' * max(len(national) - 3, 0)}{national[-2:]}"
