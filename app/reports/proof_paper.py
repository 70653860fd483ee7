"""The proof sheet on paper: A4, in the customer's language, photos and signatures on it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import datetime

from flask_babel import force_locale, gettext

from app.core import pictures
from app.core.i18n import N_
from app.core.paper import MISSING, Colour, Paper
from app.reports.proof import HeartDone, Picture, ProofSheet, words_of

LEFT, RIGHT, TOP, BOTTOM = 18.0, 192.0, 16.0, 278.0
WIDTH = RIGHT - LEFT
HALF = (WIDTH - 8) / 2
PHOTOS_IN_A_ROW, PHOTO_HEIGHT, GAP = 3, 42.0, 4.0

INK: Colour = (31, 36, 48)
SOFT: Colour = (86, 93, 107)
LINE: Colour = (230, 226, 218)
SUNKEN: Colour = (247, 245, 240)
PLUM: Colour = (168, 50, 74)
TONES: dict[str, tuple[Colour, Colour]] = {
    "ok": ((230, 244, 236), (31, 113, 72)),
    "warning": ((253, 241, 220), (138, 82, 0)),
}
HEARTS: dict[str, Colour] = {
    "care": (183, 58, 85),
    "sincerity": (47, 109, 179),
    "thoughtfulness": (154, 91, 0),
    "detail": (41, 115, 83),
    "conscience": (106, 79, 163),
}

TITLE = N_("Proof of service")
LABELS = (
    TITLE,
    N_("Task"),
    N_("Customer"),
    N_("Address"),
    N_("Agreed time"),
    N_("Planned time"),
    N_("Who came"),
    N_("Who called"),
    N_("Times"),
    N_("Checked"),
    N_("What was done"),
    N_("Goods"),
    N_("Quantity"),
    N_("Handed over"),
    N_("Not wanted"),
    N_("Still to come"),
    N_("Photos"),
    N_("Signature"),
    N_("Your rating"),
    N_("This picture is no longer kept."),
)
STARS = 5
DOT = "·"
"""Chinese fonts give it the width of a letter, so it needs no spaces."""


def drawn(sheet: ProofSheet, *, now: datetime) -> bytes:
    """The sheet as a PDF."""
    with force_locale(sheet.locale):
        return _Drawing(sheet, now=now).made()


class _Drawing:
    """Goes down the page; `y` is where the next thing starts."""

    def __init__(self, sheet: ProofSheet, *, now: datetime) -> None:
        self.sheet = sheet
        self.words = {label: gettext(label) for label in LABELS}
        self.paper = Paper(
            locale=sheet.locale,
            words=[*words_of(sheet), *self.words.values(), " ·–—×★☆✓○U+ABCDEF:：", _not_in_font("")],
            title=f"{self.words[TITLE]} {sheet.number}",
            author=sheet.shop.name,
            now=now,
        )
        self.y = TOP

    def made(self) -> bytes:
        self.paper.add_page()
        self._head()
        self._outcome()
        self._facts()
        self._done()
        self._goods()
        self._photos()
        self._signatures()
        self._rating()
        self._missing_letters()
        self._feet()
        return self.paper.finished()

    # What stands on it, from the top

    def _head(self) -> None:
        paper, sheet = self.paper, self.sheet
        _blossom(paper, LEFT, self.y, 15)
        paper.use(17, bold=True, colour=INK)
        for line in paper.broken(sheet.shop.name, WIDTH - 75)[:2]:
            paper.put(LEFT + 20, self.y + 0.5, line)
        paper.use(9, colour=SOFT)
        below = [DOT.join(filter(None, (sheet.shop.address, sheet.shop.phone)))]
        paper.put_lines(LEFT + 20, self.y + 8.5, paper.broken(below[0], WIDTH - 75)[:2])
        paper.use(13, bold=True, colour=PLUM)
        paper.put_right(RIGHT, self.y + 1.5, paper.safe(self.words[TITLE]))
        paper.use(9, colour=SOFT)
        paper.put_right(RIGHT, self.y + 9, paper.safe(sheet.number))
        self.y += 21

    def _outcome(self) -> None:
        paper, outcome = self.paper, self.sheet.outcome
        wash, tone = TONES[outcome.tone]
        paper.use(10)
        texts = filter(None, (outcome.why, outcome.next, self.sheet.kept))
        said = [line for text in texts for line in self._wrap(text, WIDTH - 16)]
        height = 25.0 + len(said) * 5.3
        paper.set_fill_color(*wash)
        paper.rect(LEFT, self.y, WIDTH, height, style="F", round_corners=True, corner_radius=3)
        paper.use(16, bold=True, colour=tone)
        paper.put(LEFT + 8, self.y + 5.5, paper.safe(DOT.join((self.sheet.kind, outcome.title))))
        paper.use(10.5, colour=INK)
        paper.put(LEFT + 8, self.y + 14.5, paper.safe(self.sheet.day))
        paper.use(10, colour=INK)
        paper.put_lines(LEFT + 8, self.y + 20, said)
        self.y += height + 7

    def _facts(self) -> None:
        sheet, words = self.sheet, self.words
        is_call = sheet.type == "callback"
        times = "   ".join(f"{step.word} {step.time}" for step in sheet.steps)
        pairs = [
            (words["Customer"], sheet.customer.name),
            (words["Who called" if is_call else "Who came"], sheet.who),
            (words["Address"], "" if is_call else sheet.customer.address),
            (words["Agreed time" if sheet.was_told else "Planned time"], sheet.agreed),
            (words["Times"], times),
            (words["Checked"], "\n".join(sheet.checked)),
        ]
        known = [pair for pair in pairs if pair[1]]
        for first in range(0, len(known), 2):
            self._side_by_side(known[first : first + 2])
        self.y += 2

    def _side_by_side(self, pairs: Sequence[tuple[str, str]]) -> None:
        paper = self.paper
        paper.use(10.5)
        columns = [(label, self._wrap(text, HALF)) for label, text in pairs]
        height = 5 + max(len(lines) for _label, lines in columns) * 5.6 + 3
        self._room(height)
        for place, (label, lines) in enumerate(columns):
            x = LEFT + place * (HALF + 8)
            paper.use(8.5, colour=SOFT)
            paper.put(x, self.y, paper.safe(label))
            paper.use(10.5, colour=INK)
            paper.put_lines(x, self.y + 4.2, lines)
        self.y += height

    def _done(self) -> None:
        hearts = [heart for heart in self.sheet.hearts if heart.items]
        if not hearts:
            return
        self._heading(self.words["What was done"])
        for heart in hearts:
            self._heart(heart)
        self.y += 2

    def _heart(self, heart: HeartDone) -> None:
        paper = self.paper
        colour = HEARTS[heart.heart]
        self._room(14)
        paper.set_fill_color(*colour)
        paper.ellipse(LEFT, self.y + 1.3, 3, 3, style="F")
        paper.use(10.5, bold=True, colour=colour)
        paper.put(LEFT + 6, self.y + 0.8, paper.safe(heart.word))
        self.y += 6.4
        for item in heart.items:
            paper.use(10, colour=INK)
            answer = self._wrap(item.answer, 52) if item.answer else []
            lines = self._wrap(item.text, WIDTH - 12 - (58 if answer else 0))
            height = max(len(lines), len(answer)) * 5.3
            self._room(height)
            paper.use(10, bold=True, colour=TONES["ok" if item.is_good else "warning"][1])
            paper.put(LEFT + 6, self.y + 0.9, "✓" if item.is_good else "○")
            paper.use(10, colour=INK)
            paper.put_lines(LEFT + 11.5, self.y, lines)
            paper.use(10, bold=not item.is_good, colour=INK if item.is_good else TONES["warning"][1])
            for place, line in enumerate(answer):
                paper.put_right(RIGHT, self.y + 0.9 + place * 5.3, line)
            self.y += height
        self.y += 2.6

    def _goods(self) -> None:
        goods = self.sheet.goods
        if not goods:
            return
        words = self.words
        titles = [words["Quantity"], words["Handed over"], words["Not wanted"], words["Still to come"]]
        edges = [RIGHT - 75, RIGHT - 50, RIGHT - 25, RIGHT]
        self._heading(words["Goods"], followed_by=16)
        self._row("", titles, edges, size=8.5, colour=SOFT)
        for line in goods:
            known = line.delivered is not None
            counts = [str(line.quantity), *(_count(n, known) for n in (line.delivered or 0, line.refused, line.short))]
            self._row(line.name, counts, edges, size=10, colour=INK)
        self.y += 3

    def _row(self, name: str, cells: Sequence[str], edges: Sequence[float], *, size: float, colour: Colour) -> None:
        paper = self.paper
        paper.use(size, colour=colour)
        lines = self._wrap(name, edges[0] - LEFT - 22) if name else []
        height = max(1, len(lines)) * 5.3 + 1.6
        self._room(height)
        paper.use(size, colour=colour)
        paper.put_lines(LEFT, self.y, lines)
        for cell, edge in zip(cells, edges, strict=True):
            paper.put_right(edge, self.y + 0.9, paper.safe(cell))
        self.y += height
        paper.set_draw_color(*LINE)
        paper.set_line_width(0.2)
        paper.line(LEFT, self.y - 0.6, RIGHT, self.y - 0.6)

    def _photos(self) -> None:
        photos = self.sheet.photos
        if not photos:
            return
        wide = (WIDTH - GAP * (PHOTOS_IN_A_ROW - 1)) / PHOTOS_IN_A_ROW
        rows = [photos[first : first + PHOTOS_IN_A_ROW] for first in range(0, len(photos), PHOTOS_IN_A_ROW)]
        self.paper.use(8.5)
        captions = [[self._wrap(one.caption, wide)[:2] for one in row] for row in rows]
        heights = [PHOTO_HEIGHT + 8.5 + max(map(len, lines)) * 4.5 for lines in captions]
        self._heading(self.words["Photos"], followed_by=heights[0] + 2.5)
        for row, lines, height in zip(rows, captions, heights, strict=True):
            self._room(height)
            for place, one in enumerate(row):
                self._picture(one, lines[place], x=LEFT + place * (wide + GAP), width=wide, height=PHOTO_HEIGHT)
            self.y += height

    def _signatures(self) -> None:
        signatures = self.sheet.signatures
        if not signatures:
            return
        self._heading(self.words["Signature"], followed_by=45)
        for first in range(0, len(signatures), 2):
            self._room(42)
            for place, one in enumerate(signatures[first : first + 2]):
                self.paper.use(8.5)
                lines = self._wrap(one.caption, HALF)[:1]
                self._picture(one, lines, x=LEFT + place * (HALF + 8), width=HALF, height=28)
            self.y += 42

    def _picture(self, one: Picture, lines: Sequence[str], *, x: float, width: float, height: float) -> None:
        """The whole picture in a frame of one size, so that rows are even; what it shows and when it was taken."""
        paper = self.paper
        is_photo = one.kind == "photo"
        paper.set_fill_color(*(SUNKEN if is_photo else (255, 255, 255)))
        paper.set_draw_color(*LINE)
        paper.set_line_width(0.2)
        paper.rect(x, self.y, width, height, style="DF", round_corners=True, corner_radius=2)
        small = pictures.smaller(one.sha256)
        if small is not None:
            scale = min((width - 2) / one.width, (height - 2) / one.height)
            wide, high = one.width * scale, one.height * scale
            left, top = x + (width - wide) / 2, self.y + (height - high) / 2
            paper.image(io.BytesIO(small[0]), left, top, wide, high, alt_text=one.caption)
        else:
            paper.use(8.5, colour=SOFT)
            paper.put_lines(x + 4, self.y + 4, self._wrap(self.words["This picture is no longer kept."], width - 8))
        paper.use(8.5, colour=INK)
        y = paper.put_lines(x, self.y + height + 0.8, lines)
        paper.use(8.5, colour=SOFT)
        paper.put_lines(x, y, [paper.safe(one.taken)])

    def _rating(self) -> None:
        sheet, paper = self.sheet, self.paper
        if sheet.rating is None:
            return
        self._room(16)
        paper.use(8.5, colour=SOFT)
        paper.put(LEFT, self.y, paper.safe(self.words["Your rating"]))
        paper.use(14, colour=(178, 116, 0))
        stars = "★" * sheet.rating + "☆" * (STARS - sheet.rating)
        paper.put(LEFT, self.y + 4.4, paper.safe(stars))
        if sheet.rated:
            at = LEFT + paper.get_string_width(paper.safe(stars)) + 4
            paper.use(10, colour=SOFT)
            paper.put(at, self.y + 5.4, paper.safe(sheet.rated))
        self.y += 15

    def _missing_letters(self) -> None:
        """A name is not to be mutilated in silence: what 〓 stands for can be looked up."""
        paper = self.paper
        missing = [sign for sign in paper.missing if sign != MISSING]
        if not missing:
            return
        paper.use(8, colour=SOFT)
        points = ", ".join(f"U+{ord(sign):04X}" for sign in missing)
        lines = self._wrap(_not_in_font(points), WIDTH)
        self._room(len(lines) * 4.5)
        paper.use(8, colour=SOFT)
        self.y = paper.put_lines(LEFT, self.y, lines)

    def _feet(self) -> None:
        paper, pages = self.paper, self.paper.pages_count
        for page in range(1, pages + 1):
            paper.turn_to(page)
            paper.set_draw_color(*LINE)
            paper.set_line_width(0.2)
            paper.line(LEFT, 284, RIGHT, 284)
            paper.use(8, colour=SOFT)
            paper.put(LEFT, 286, paper.safe(DOT.join((self.sheet.shop.name, self.sheet.number))))
            paper.put_right(RIGHT, 286, f"{page} / {pages}")

    # Helpers

    def _wrap(self, text: str, width: float) -> list[str]:
        return self.paper.broken(text, width)

    def _heading(self, text: str, *, followed_by: float = 14) -> None:
        """A title that never stands alone at the foot of a page."""
        paper = self.paper
        self._room(9 + followed_by)
        if self.y > TOP:
            paper.set_draw_color(*LINE)
            paper.set_line_width(0.3)
            paper.line(LEFT, self.y, RIGHT, self.y)
        paper.use(12, bold=True, colour=INK)
        paper.put(LEFT, self.y + 3.4, paper.safe(text))
        self.y += 11.5

    def _room(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self.paper.add_page()
            self.y = TOP


def _not_in_font(points: str) -> str:
    return str(
        gettext("%(mark)s stands for a sign that our printing font lacks: %(points)s", mark=MISSING, points=points)
    )


def _count(number: int, known: bool) -> str:
    return str(number) if known and number else "–"


# The sign of the house, as on every page (frontend/src/blossom.ts): cubic curves of one petal in a square of 100.
_PETAL = (
    ((50.0, 47.5), (45.0, 44.5), (31.5, 36.5), (31.5, 21.5)),
    ((31.5, 21.5), (31.5, 11.5), (39.5, 4.5), (50.0, 4.5)),
    ((50.0, 4.5), (60.5, 4.5), (68.5, 11.5), (68.5, 21.5)),
    ((68.5, 21.5), (68.5, 36.5), (55.0, 44.5), (50.0, 47.5)),
)


def _blossom(paper: Paper, x: float, y: float, size: float) -> None:
    for turn, colour in enumerate(HEARTS.values()):
        paper.set_fill_color(*colour)
        paper.polygon([_placed(point, turn, x, y, size) for point in _outline()], style="F")
    paper.set_fill_color(224, 169, 46)
    dot = size * 0.13
    paper.ellipse(x + (size - dot) / 2, y + (size - dot) / 2, dot, dot, style="F")


def _outline(steps: int = 10) -> list[tuple[float, float]]:
    points = []
    for a, b, c, d in _PETAL:
        for step in range(steps):
            t = step / steps
            p, q, r, s = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append((p * a[0] + q * b[0] + r * c[0] + s * d[0], p * a[1] + q * b[1] + r * c[1] + s * d[1]))
    return points


def _placed(point: tuple[float, float], turn: int, x: float, y: float, size: float) -> tuple[float, float]:
    angle = math.radians(turn * 72)
    across, down = point[0] - 50, point[1] - 50
    return (
        x + size * (50 + across * math.cos(angle) - down * math.sin(angle)) / 100,
        y + size * (50 + across * math.sin(angle) + down * math.cos(angle)) / 100,
    )
