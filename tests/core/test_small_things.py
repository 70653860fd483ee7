from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.errors import Invalid
from app.core.i18n import negotiate, pick
from app.core.phone import country_of, mask, parse_e164
from app.settings import ClockSettings, DatabaseSettings, InvalidSettings, Settings, TwilioSettings, ValkeySettings


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("9123 4567", "+85291234567"), ("+86 138 0013 8000", "+8613800138000")],
)
def test_a_typed_number_is_kept_as_e164(typed, stored):
    assert parse_e164(typed) == stored


@pytest.mark.parametrize("typed", ["", "call me", "12", "+852 1"])
def test_what_is_no_number_is_refused_with_the_field(typed):
    with pytest.raises(Invalid) as refused:
        parse_e164(typed)
    assert "phone" in refused.value.errors


def test_a_masked_number_can_be_recognised_but_not_dialled():
    assert mask("+85291234567") == "+852 9••• ••67"
    assert mask(None) == ""
    assert country_of("+8613800138000") == "CN"


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("zh-HK", "zh_Hant"),
        ("zh_Hant", "zh_Hant"),
        ("zh", "zh_Hans"),
        ("zh-CN", "zh_Hans"),
        ("en-GB", "en"),
        ("fr", None),
    ],
)
def test_a_language_tag_finds_our_language(tag, locale):
    assert negotiate(tag) == locale


def test_a_missing_translation_falls_back_to_the_other_chinese_first():
    assert pick({"zh_Hant": "繁", "en": "e"}, "zh_Hans") == "繁"
    assert pick({}, "en") == ""


def test_business_time_starts_where_it_is_told_and_runs():
    start = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
    epoch = datetime.now(UTC).timestamp() - 30
    try:
        clock.use(ClockSettings(start=start, epoch=epoch))
        assert timedelta(seconds=29) < clock.now() - start < timedelta(seconds=40)
    finally:
        clock.use(ClockSettings())


def production(**changes):
    values = {
        "database": DatabaseSettings(url="postgresql+psycopg://"),
        "valkey": ValkeySettings(url="redis://"),
        "secret_key": "s" * 40,
        "environment": "production",
        "public_url": "https://huifang.example",
    }
    return Settings(**values | changes)


def test_production_refuses_what_only_a_test_may_do_and_says_all_of_it_at_once():
    with pytest.raises(InvalidSettings) as refused:
        production(
            clock=ClockSettings(start=datetime(2027, 1, 1, tzinfo=UTC)),
            twilio=TwilioSettings(api_base_url="http://127.0.0.1:1"),
            public_url="http://huifang.example",
            secret_key="short",
        )
    for word in ("CLOCK", "TWILIO_API_BASE_URL", "PUBLIC_URL", "SECRET_KEY"):
        assert word in str(refused.value)


def test_secrets_do_not_show_when_settings_are_printed():
    settings = production(twilio=TwilioSettings(account_sid="AC1", auth_token="hidden-token"))
    assert "hidden-token" not in repr(settings)
    assert "s" * 40 not in repr(settings)
