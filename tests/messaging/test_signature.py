"""Signature vectors that Twilio's own libraries agree on, and our way of asking."""

from __future__ import annotations

import pytest

from app.messaging.signature import is_genuine, public_url

TOKEN = "12345"
U = "https://mycompany.com/myapp.php?foo=1&bar=2"
P = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
EMPTY_HASH = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
RAW = '{"property": "value", "boolean": true}'

VECTORS = [
    (U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (U.replace("mycompany.com", "mycompany.com:1234"), P, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (U, P, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    (U.replace("https://mycompany.com", "http://mycompany.com:1234"), P, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    (U.replace("https", "http"), P, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (
        U,
        {"Sid": "CA123", "SidAccount": "AC123", "Digits": ["5678", "1234", "1234"]},
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ),
    (f"{U}&bodySHA256={BODY_HASH}", RAW, "a9nBmqA0ju/hNViExpshrM61xv4="),
    (f"https://mycompany.com/myapp.php?bodySHA256={BODY_HASH}", RAW, "y77kIzt2vzLz71DgmJGsen2scGs="),
    (f"{U}&bodySHA256={EMPTY_HASH}", "{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
    (U.replace("mycompany.com", "user:pass@mycompany.com"), P, "CukzLTc1tT5dXEDIHm/tKBanW10="),
    (U.replace("mycompany.com", "user:pass@mycompany.com"), P, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
    (U.replace("mycompany.com", "user@mycompany.com"), P, "2YRLlVAflCqxaNicjMpJcSTgzSs="),
    (U, {"MessagingBinding.Address": ["+1325xxxxxxx", "+1415xxxxxxx"]}, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
]

INBOUND_URL = "https://api.example.test/webhooks/twilio/inbound"
INBOUND = {
    "ToCountry": "US",
    "SmsMessageSid": "SM" + "1" * 32,
    "SmsSid": "SM" + "1" * 32,
    "MessageSid": "SM" + "1" * 32,
    "NumMedia": "0",
    "SmsStatus": "received",
    "Body": "确认 ✅ 1+1=2 & ok",
    "NumSegments": "1",
    "AccountSid": "AC" + "0" * 32,
    "From": "+14155552671",
    "To": "+14155550100",
    "ApiVersion": "2010-04-01",
}
STATUS_URL = "https://api.example.test/webhooks/twilio/status?mid=0192f0c1-0000-7000-8000-000000000001"
STATUS = {
    "MessageSid": "SM" + "2" * 32,
    "SmsSid": "SM" + "2" * 32,
    "MessageStatus": "delivered",
    "SmsStatus": "delivered",
    "AccountSid": "AC" + "0" * 32,
    "From": "+14155550100",
    "To": "+14155552671",
    "ApiVersion": "2010-04-01",
}


@pytest.mark.parametrize(("url", "params", "signature"), VECTORS, ids=range(1, len(VECTORS) + 1))
def test_a_vector_of_twilio_is_genuine(url, params, signature):
    assert is_genuine(url, params, signature, tokens=[TOKEN])


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        (INBOUND_URL, INBOUND, "RiHZlt4dzs+YhopGCW0dSw0ZHu8="),
        (INBOUND_URL, {**INBOUND, "Body": ""}, "39sLIi2iXIM1RaMiEkRRs6/EojU="),
        (INBOUND_URL, {}, "59+2o/eiqH5mzGd424quk+TLKW0="),
        (STATUS_URL, STATUS, "ntYE9xJaoLrpnHU1I2oUDe0VVC4="),
    ],
)
def test_a_webhook_shaped_like_our_own_is_genuine(url, params, signature):
    assert is_genuine(url, params, signature, tokens=[TOKEN])


@pytest.mark.parametrize("signature", ["fake", "", "RSOYDt4T1cUTdK1PDd93/VVr8B8"])
def test_a_wrong_or_missing_signature_is_refused(signature):
    assert not is_genuine(U, P, signature, tokens=[TOKEN])


def test_changed_digits_are_refused():
    assert not is_genuine(U, {**P, "Digits": "4321"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", tokens=[TOKEN])


def test_an_added_parameter_is_refused():
    assert not is_genuine(U, {**P, "Extra": "1"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", tokens=[TOKEN])


def test_another_raw_body_under_the_same_hash_is_refused():
    assert not is_genuine(
        f"{U}&bodySHA256={BODY_HASH}", '{"property": "other"}', "a9nBmqA0ju/hNViExpshrM61xv4=", tokens=[TOKEN]
    )


def test_during_rotation_the_old_token_is_still_good():
    assert is_genuine(U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", tokens=["new-token", TOKEN])


def test_an_empty_token_signs_nothing():
    assert not is_genuine(U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", tokens=["", "other"])


def test_the_public_address_comes_from_settings_and_keeps_the_query():
    assert public_url("https://care.example.test/", "/twilio/status", "mid=7") == (
        "https://care.example.test/twilio/status?mid=7"
    )
