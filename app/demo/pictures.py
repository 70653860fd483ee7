"""Pictures for the demo's evidence, drawn here: a doorstep with a parcel, a shelf, a signature."""

from __future__ import annotations

import io
from functools import cache
from random import Random

from PIL import Image, ImageDraw

WALLS = ("#d9cbb8", "#c9d3cf", "#d8d0dc", "#e0d6c2")


@cache
def scene(number: int) -> bytes:
    """A JPEG of 960 x 720; `number` varies colours and places."""
    random = Random(number)
    picture = Image.new("RGB", (960, 720), WALLS[number % len(WALLS)])
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 560, 960, 720), fill="#a58f78")
    door = 120 + random.randint(0, 120)
    draw.rectangle((door, 120, door + 260, 580), fill="#7b5a45", outline="#5d4435", width=8)
    draw.ellipse((door + 215, 350, door + 240, 375), fill="#d8b25c")
    left = 500 + random.randint(0, 160)
    draw.rectangle((left, 420, left + 250, 610), fill="#c79a63", outline="#8d6a40", width=6)
    draw.rectangle((left + 105, 420, left + 145, 610), fill="#e5d3b0")
    draw.rectangle((left + 20, 450, left + 85, 495), fill="#fbfaf7")
    for petal in range(5):
        draw.ellipse((left + 160 + petal * 14, 540, left + 178 + petal * 14, 558), fill="#a8324a")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


@cache
def signature(number: int) -> bytes:
    """A PNG of 600 x 200: one line of pen strokes on a see-through ground."""
    random = Random(1000 + number)
    picture = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    x, y = 60, 110
    points = [(x, y)]
    for _stroke in range(22):
        x += random.randint(10, 30)
        y = max(40, min(160, y + random.randint(-55, 55)))
        points.append((min(x, 560), y))
    draw.line(points, fill="#1f2430", width=5, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
