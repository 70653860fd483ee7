"""Smaller copies of kept pictures: neither a phone nor a sheet of paper shows ten megapixels."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

from app.core import files

SIDE = 800
"""Half of what phones send (1600): the decoder halves for almost nothing."""
QUALITY = 80


@lru_cache(maxsize=64)
def smaller(sha256: str, side: int = SIDE) -> tuple[bytes, str] | None:
    """The picture with its longer side at most `side`, and its media type; None when its file is gone.

    Kept for a while in this process: who opens a page soon opens the sheet too.
    """
    data = files.read(sha256)
    if data is None:
        return None
    with Image.open(io.BytesIO(data)) as opened:
        if opened.format == "PNG":
            return _line_drawing(opened, side), "image/png"
        # The decoder itself halves and halves again, which costs a fraction of decoding all and shrinking after.
        share = min(1.0, side / max(opened.size))
        opened.draft("RGB", (int(opened.width * share), int(opened.height * share)))
        picture = opened.convert("RGB")
    picture.thumbnail((side, side))
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=QUALITY)
    return made.getvalue(), "image/jpeg"


def _line_drawing(opened: Image.Image, side: int) -> bytes:
    """A signature: lines on a see-through ground, here on white."""
    lines = opened.convert("RGBA")
    white = Image.new("RGBA", lines.size, "white")
    white.alpha_composite(lines)
    flat = white.convert("L")
    flat.thumbnail((side, side))
    made = io.BytesIO()
    flat.save(made, "PNG")
    return made.getvalue()
