"""The proof sheet as a PDF: both scripts on any machine, rare letters, many photos."""

from __future__ import annotations

import io
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader

from app.core import files
from app.core.paper import LETTERS, MISSING, Paper
from app.reports import proof, proof_paper
from app.reports.proof import Done, HeartDone, Party, ProofSheet
from tests.factories.proofs import jpeg, make_photo, make_signature
from tests.factories.tasks import NOON
from tests.tasks.conftest import Shop


@pytest.fixture
def sheet(shop: Shop) -> ProofSheet:
    task = shop.task(assignee=shop.ann, status="completed")
    return proof.read(task.id, now=shop.now)


def read(sheet: ProofSheet, now: datetime = NOON) -> PdfReader:
    return PdfReader(io.BytesIO(proof_paper.drawn(sheet, now=now)))


def text_of(pdf: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in pdf.pages)


def fonts_of(pdf: PdfReader) -> list[Any]:
    found = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]
    return [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in found]


def only_in(script: str, other: str) -> str:
    """A Chinese letter that one font has and the other lacks."""
    with sqlite3.connect(LETTERS) as letters:
        asked = "select min(point) from letter where script = ? and point > 19968 and point not in"
        row = letters.execute(f"{asked} (select point from letter where script = ?)", (script, other)).fetchone()
    return chr(row[0])


def test_both_scripts_are_written_with_fonts_of_its_own(sheet: ProofSheet) -> None:
    both = replace(sheet, customer=Party("陈咏欣 陳詠欣 Carmen", "沙田正街 国际广场"))
    pdf = read(both)
    assert "陈咏欣 陳詠欣 Carmen" in text_of(pdf)
    assert "沙田正街 国际广场" in text_of(pdf)
    embedded = fonts_of(pdf)
    assert embedded
    assert all("/FontFile2" in font for font in embedded)
    # Only the letters in use: a whole font would have millions of bytes.
    assert all(len(font["/FontFile2"].get_data()) < 100_000 for font in embedded)


@pytest.mark.parametrize(("locale", "script", "other"), [("zh_Hans", "tc", "sc"), ("zh_Hant", "sc", "tc")])
def test_a_letter_that_one_script_lacks_comes_from_the_other(
    sheet: ProofSheet, locale: str, script: str, other: str
) -> None:
    rare = only_in(script, other)
    said = text_of(read(replace(sheet, locale=locale, customer=Party(f"陳{rare}", ""))))
    assert f"陳{rare}" in said
    assert MISSING not in said


def test_a_letter_that_no_font_has_is_marked_and_named(sheet: ProofSheet) -> None:
    said = text_of(read(replace(sheet, customer=Party("𠮷野 🙂", ""))))
    assert f"{MISSING}野 {MISSING}" in said
    assert "U+20BB7" in said
    assert "U+1F642" in said


def test_control_signs_and_joiners_leave_no_trace(sheet: ProofSheet) -> None:
    said = text_of(read(replace(sheet, customer=Party("陳\u200d\ufe0f大\x00文", ""))))
    assert "陳大文" in said
    assert MISSING not in said


def test_many_photos_break_into_pages_and_each_stands_once(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    for place in range(22):
        make_photo(task, shop.ann, now=NOON, colour=f"#{place * 11:02x}8844")
    make_signature(task, shop.ann, now=NOON)
    pdf = read(proof.read(task.id, now=shop.now))
    pages = len(pdf.pages)
    assert pages >= 3
    assert sum(len(page.images) for page in pdf.pages) == 23
    for number, page in enumerate(pdf.pages, 1):
        assert f"{number} / {pages}" in page.extract_text()


def test_photos_are_made_small_for_paper(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    photo = make_photo(task, shop.ann, now=NOON)
    drawn = proof_paper.drawn(proof.read(task.id, now=shop.now), now=NOON)
    [image] = PdfReader(io.BytesIO(drawn)).pages[0].images
    assert max(image.image.size) <= 800
    assert photo.blob_id
    assert len(drawn) < len(jpeg()) + 60_000


def test_a_picture_that_is_no_longer_kept_leaves_its_frame_and_its_time(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    make_photo(task, shop.ann, now=NOON, colour="#123456")
    sheet = proof.read(task.id, now=shop.now)
    files.delete(sheet.pictures[0].sha256)
    again = proof.read(task.id, now=shop.now)
    assert not again.pictures[0].is_there
    pdf = read(again)
    assert not pdf.pages[0].images
    assert again.pictures[0].taken in text_of(pdf)


def test_long_work_flows_over_pages_without_losing_a_line(sheet: ProofSheet) -> None:
    items = [Done(f"第{place}項：已經與顧客一起仔細看過，並且說明清楚", "好", True) for place in range(120)]
    said = text_of(read(replace(sheet, hearts=[HeartDone("care", "關心", items)])))
    for place in range(120):
        assert f"第{place}項" in said


def test_it_is_titled_dated_and_says_its_language(sheet: ProofSheet) -> None:
    pdf = read(sheet)
    assert sheet.number in pdf.metadata.title
    assert pdf.metadata.author == sheet.shop.name
    assert pdf.metadata.creation_date == NOON
    assert pdf.trailer["/Root"]["/Lang"] == "zh-Hant"


def paper(words: str) -> Paper:
    made = Paper(locale="zh_Hans", words=[words], title="", author="", now=NOON)
    made.add_page()
    made.use(10)
    return made


def test_latin_words_stay_whole_and_no_line_begins_with_a_full_stop() -> None:
    text = "我们在约定的时间到达，并且检查了。Carmen brought everything, twice. 谢谢！" * 4
    lines = paper(text).broken(text, 40)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。！,."]
    assert all("Carmen" in line for line in lines if "Car" in line)


def test_a_word_that_is_longer_than_the_line_is_cut_not_lost() -> None:
    word = "x" * 120
    made = paper(word)
    lines = made.broken(word, 30)
    assert "".join(lines) == word
    assert all(made.get_string_width(line) <= 30 for line in lines)
