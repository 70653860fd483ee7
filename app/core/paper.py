"""Sheets of paper (PDF) in both Chinese scripts, on machines that have no Chinese font.

The letters come from a small database that set-up makes (dev/fonts.py). Each sheet carries only the letters it uses. A
letter that one script lacks is taken from the other; one that both lack stands as 〓 and is named at the end of the
sheet, so that a rare name neither breaks a sheet nor vanishes from it.
"""

from __future__ import annotations

import io
import re
import sqlite3
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fpdf import FPDF

LETTERS = Path(__file__).resolve().parent.parent / "fonts" / "letters.sqlite"
SCRIPTS = {"zh_Hans": ("sc", "tc"), "zh_Hant": ("tc", "sc"), "en": ("tc", "sc")}
"""The script whose forms are written, and the one that helps out."""
REGULAR, BOLD = 400, 700
MISSING = "〓"
ALWAYS = "0123456789/ {}nb…" + MISSING
UNITS, ASCENT, DESCENT = 1000, 880, -120
MOST_POINTS, MOST_CONTOURS = 1024, 128
"""More than any letter has."""

A4 = (210.0, 297.0)

Colour = tuple[int, int, int]
Letter = tuple[int, int, bytes]
"""advance, left side bearing, outline"""

_NOT_FIRST = frozenset("，。、；：？！）」』》】〉…·,.;:?!)]}’”%")
_NOT_LAST = frozenset("（「『《【〈([{‘“")
_WIDE = "⺀-鿿豈-﫿\uff00-￯"
_UNITS = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")
_SILENT = ("Cc", "Cf", "Cs", "Co")
_VARIATION = range(0xFE00, 0xFE10)


class NoLetters(RuntimeError):
    def __init__(self) -> None:
        super().__init__("app/fonts is empty: `make setup` takes the letters from the font packages.")


class Paper(FPDF):
    """A4, with a regular and a bold font that hold the letters of `words`: say beforehand all that will be written."""

    def __init__(self, *, locale: str, words: Iterable[str], title: str, author: str, now: datetime) -> None:
        super().__init__(unit="mm", format="A4")
        self.set_auto_page_break(auto=False)
        self.set_margin(0)
        self.c_margin = 0
        asked = frozenset(_audible("".join(words) + title + author + ALWAYS))
        regular, bold = _letters(asked, scripts=SCRIPTS[locale])
        self.missing = sorted(asked - {chr(point) for point in regular})
        self._lacks = frozenset(self.missing)
        with tempfile.TemporaryDirectory() as folder:
            for style, letters, weight in (("", regular, REGULAR), ("B", bold, BOLD)):
                path = Path(folder) / f"paper{weight}.ttf"
                path.write_bytes(_font(letters, weight=weight))
                # It stays open, and so readable to the end of this sheet, though its name is gone.
                self.add_font("paper", style, path)
                self.fonts["paper" + style].ttfont.recalcBBoxes = False  # type: ignore[union-attr]
        self.set_font("paper", size=10)
        self.set_lang(locale.replace("_", "-"))
        self.set_title(title)
        self.set_author(author)
        self.set_creation_date(now)
        self.alias_nb_pages()

    def safe(self, text: str) -> str:
        """What of this text can be written."""
        return "".join(MISSING if sign in self._lacks else sign for sign in _audible(text))

    def use(self, size: float, *, bold: bool = False, colour: Colour = (0, 0, 0)) -> None:
        self.set_font("paper", "B" if bold else "", size)
        self.set_text_color(*colour)

    def turn_to(self, page: int) -> None:
        """Write on an earlier page again. What it knows of the font in use is what was written on it last."""
        self.page = page
        self.font_family = ""

    def broken(self, text: str, width: float) -> list[str]:
        """The text in lines of this width in the font in use: Latin words stay whole, Chinese breaks anywhere but
        before a full stop or after an opening bracket."""
        return [line for part in self.safe(text).splitlines() or [""] for line in self._broken(part, width)]

    def _broken(self, text: str, width: float) -> list[str]:
        lines, line = [], ""
        for unit in _unbreakable(text):
            if self.get_string_width((line + unit).rstrip()) <= width:
                line += unit
                continue
            if line.strip():
                lines.append(line.rstrip())
            line = unit.lstrip()
            while self.get_string_width(line) > width and len(line) > 1:
                cut = next(
                    at for at in range(len(line) - 1, 0, -1) if at == 1 or self.get_string_width(line[:at]) <= width
                )
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()]

    def put(self, x: float, y: float, text: str) -> None:
        """One line whose top is at `y`."""
        height = self.font_size
        self.text(x, y + height * 0.92, text)

    def put_right(self, right: float, y: float, text: str) -> None:
        self.put(right - self.get_string_width(text), y, text)

    def put_lines(self, x: float, y: float, lines: Sequence[str], *, leading: float = 1.5) -> float:
        """Lines below each other; returns where the next one would start."""
        step = self.font_size * leading
        for line in lines:
            self.put(x, y + (step - self.font_size) / 2, line)
            y += step
        return y

    def finished(self) -> bytes:
        return bytes(self.output())


def _audible(text: str) -> str:
    """Without what has no shape of its own: control signs, joiners, choices of a variant."""
    return "".join(
        sign
        for sign in unicodedata.normalize("NFC", text)
        if sign == "\n" or not (unicodedata.category(sign) in _SILENT or ord(sign) in _VARIATION)
    )


def _unbreakable(text: str) -> list[str]:
    """Pieces that a line may end between."""
    pieces: list[str] = []
    for unit in _UNITS.findall(text):
        if pieces and (unit[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += unit
        else:
            pieces.append(unit)
    return pieces


def _letters(asked: Iterable[str], *, scripts: Sequence[str]) -> tuple[dict[int, Letter], dict[int, Letter]]:
    """Every asked letter in both weights, by its code point."""
    if not LETTERS.exists():
        raise NoLetters
    points = ",".join(str(ord(sign)) for sign in asked)
    found: Mapping[int, dict[int, Letter]] = {REGULAR: {}, BOLD: {}}
    store = sqlite3.connect(f"file:{LETTERS}?mode=ro&immutable=1", uri=True)
    try:
        for script in reversed(scripts):
            rows = store.execute(
                # Numbers only, made here; as parameters they would be too many.
                f"SELECT weight, point, advance, bearing, outline FROM letter WHERE script = ? AND point IN ({points})",  # noqa: S608
                (script,),
            )
            for weight, point, *letter in rows:
                found[weight][point] = tuple(letter)
    finally:
        store.close()
    return found[REGULAR], found[BOLD]


def _font(letters: Mapping[int, Letter], *, weight: int) -> bytes:
    """A font of these letters only. Their outlines are copied as they lie; taking them apart is most of the work."""
    names = {point: f"u{point:04X}" for point in sorted(letters)}
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    builder.font.recalcBBoxes = False
    builder.font["loca"], builder.font["glyf"] = newTable("loca"), newTable("glyf")
    outlines = {".notdef": Glyph(b"")} | {names[point]: Glyph(letters[point][2]) for point in names}
    builder.font["glyf"].glyphs = outlines
    builder.font["glyf"].glyphOrder = builder.font.getGlyphOrder()
    largest = builder.font["maxp"]
    largest.maxPoints, largest.maxContours = MOST_POINTS, MOST_CONTOURS
    builder.setupHorizontalMetrics({".notdef": (UNITS, 0)} | {names[point]: letters[point][:2] for point in names})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT, advanceWidthMax=UNITS)
    builder.updateHead(xMin=0, yMin=DESCENT, xMax=UNITS, yMax=ASCENT)
    builder.setupNameTable({"familyName": "Noto Sans", "styleName": "Bold" if weight == BOLD else "Regular"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, sCapHeight=733, usWeightClass=weight)
    builder.setupPost()
    made = io.BytesIO()
    builder.save(made)
    return made.getvalue()
