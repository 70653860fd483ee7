"""Sizes as Twilio's own calculator counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging.segments import measure, saves_by_look_alikes, without_look_alikes


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("a" * 459, "GSM-7", 3),
        ("a" * 460, "GSM-7", 4),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 7, "GSM-7", 2),
        ("a" * 1600, "GSM-7", 11),
        ("中" * 70, "UCS-2", 1),
        ("中" * 71, "UCS-2", 2),
        ("中" * 134, "UCS-2", 2),
        ("中" * 135, "UCS-2", 3),
        ("中" * 201, "UCS-2", 3),
        ("中" * 202, "UCS-2", 4),
        ("中" * 1600, "UCS-2", 24),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("a" * 69 + "😀", "UCS-2", 2),
        ("It’s ready", "UCS-2", 1),
        ("a" * 69 + "，", "UCS-2", 1),
        ("a\tb", "UCS-2", 1),
        ("e\u0301", "UCS-2", 1),
        ("a\r\nb", "GSM-7", 1),
        ("", "GSM-7", 1),
    ],
)
def test_a_text_of_the_segment_table_is_measured_alike(text, encoding, segments):
    size = measure(text)
    assert (size.encoding, size.segments) == (encoding, segments)


def test_a_line_break_of_two_characters_costs_two_units():
    assert measure("a\r\nb").units == 4


def test_an_extension_character_never_straddles_two_segments():
    assert measure("a" * 152 + "€" + "a" * 152).segments == 3


def test_a_surrogate_pair_never_straddles_two_segments():
    assert measure("中" * 66 + "😀" + "中" * 66).segments == 3


@pytest.mark.parametrize("text", ["It’s ready", "a" * 69 + "，", "a\tb"])
def test_look_alikes_can_be_written_in_gsm_7(text):
    assert measure(without_look_alikes(text)).encoding == "GSM-7"


def test_the_saving_by_look_alikes_is_told():
    assert saves_by_look_alikes("It’s " + "a" * 100) == 1
    assert saves_by_look_alikes("您好" + "，" * 80) == 0


@given(st.text(min_size=1, max_size=700))
def test_segments_always_hold_the_units(text):
    size = measure(text)
    room = size.single if size.segments == 1 else size.joined * size.segments
    assert size.units <= room
    assert size.segments == 1 or size.units > size.joined * (size.segments - 1) - size.segments
