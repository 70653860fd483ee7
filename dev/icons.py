"""Draw the app icons from the same petals that the pages use, so that the sign exists once."""

from __future__ import annotations

import math
import re
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
GEOMETRY = ROOT / "frontend" / "src" / "blossom.ts"
TARGET = ROOT / "frontend" / "public" / "icons"

PLUM = "#a8324a"
PETAL_COLOUR = "#fff6f4"
EDGE_COLOUR = "#f0cdd0"
HEART_COLOUR = "#a8324a"
STAMEN_COLOUR = "#d8778a"
SCALE = 4

Point = tuple[float, float]


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    petal = petal_path()
    (TARGET / "icon.svg").write_text(svg(petal), encoding="utf-8")
    for size in (180, 192, 512):
        draw_icon(petal, size=size, share=0.78, round_corners=size != 180).save(
            TARGET / f"icon-{size}.png", optimize=True
        )
    # Launchers cut a maskable icon down to a circle of 80 %, so the flower stays well inside.
    draw_icon(petal, size=512, share=0.6, round_corners=False).save(TARGET / "icon-maskable-512.png", optimize=True)


def petal_path() -> str:
    match = re.search(r'PETAL =\s*"([^"]+)"', GEOMETRY.read_text(encoding="utf-8"))
    if match is None:
        raise SystemExit(f"No petal in {GEOMETRY}.")
    return match.group(1)


def outline(path: str, steps: int = 24) -> list[Point]:
    """Points along the cubic curves of the petal (commands M, C and Z with absolute numbers)."""
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    line: list[Point] = [points[0]]
    for start in range(0, len(points) - 3, 3):
        p0, p1, p2, p3 = points[start : start + 4]
        for step in range(1, steps + 1):
            t = step / steps
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            line.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    return line


def turned(points: list[Point], degrees: float) -> list[Point]:
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return [(50 + (x - 50) * cos - (y - 50) * sin, 50 + (x - 50) * sin + (y - 50) * cos) for x, y in points]


def draw_icon(petal: str, *, size: int, share: float, round_corners: bool) -> Image.Image:
    side = size * SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0) if round_corners else PLUM)
    draw = ImageDraw.Draw(image)
    if round_corners:
        draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 0.22, fill=PLUM)
    unit = side * share / 100
    margin = (side - 100 * unit) / 2
    # Five petals reach higher above their centre than below it; the eye wants the flower in the middle.
    down = 3.5 * unit

    def placed(points: list[Point]) -> list[Point]:
        return [(margin + x * unit, margin + down + y * unit) for x, y in points]

    def dot(centre: Point, radius: float, colour: str) -> None:
        (x, y), r = placed([centre])[0], radius * unit
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    for turn in range(5):
        edge = placed(turned(outline(petal), turn * 72))
        draw.polygon(edge, fill=PETAL_COLOUR)
        draw.line([*edge, edge[0]], fill=EDGE_COLOUR, width=max(1, round(1.6 * unit)), joint="curve")
    for turn in range(5):
        ray = turned([(50, 50), (50, 34)], turn * 72)
        draw.line(placed(ray), fill=STAMEN_COLOUR, width=max(1, round(1.8 * unit)))
        dot(ray[1], 2.4, STAMEN_COLOUR)
    dot((50, 50), 5.5, HEART_COLOUR)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def svg(petal: str) -> str:
    petals = "".join(f'<path d="{petal}" transform="rotate({turn * 72} 50 50)"/>' for turn in range(5))
    rays = "".join(
        f'<g transform="rotate({turn * 72} 50 50)"><path d="M50 50V34" stroke="{STAMEN_COLOUR}" stroke-width="1.8"/>'
        f'<circle cx="50" cy="34" r="2.4" fill="{STAMEN_COLOUR}"/></g>'
        for turn in range(5)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" rx="22" fill="{PLUM}"/>'
        '<g transform="translate(11 13.7) scale(.78)">'
        f'<g fill="{PETAL_COLOUR}" stroke="{EDGE_COLOUR}" stroke-width="1.6">{petals}</g>{rays}'
        f'<circle cx="50" cy="50" r="5.5" fill="{HEART_COLOUR}"/></g></svg>\n'
    )


if __name__ == "__main__":
    main()
