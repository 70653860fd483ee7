"""Which characters a text file is written in: UTF-8 or 16, else the Chinese ones, told apart by what people write."""

from __future__ import annotations

import codecs
from pathlib import Path

from charset_normalizer import from_bytes

PIECE = 1024 * 1024
SAMPLE = 64 * 1024
CHINESE = ("gb18030", "big5hkscs")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(path: Path) -> str | None:
    """The codec that reads the whole file without a fault, or None. Reads it piece by piece.

    UTF-8 can't be mistaken: other texts break its rules. Big5 and GB18030 often read each other's bytes, as rare
    characters; so of those that fit the one wins that makes everyday characters of a sample.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    for mark, name in MARKS:
        if start.startswith(mark):
            return name if _reads(path, name) else None
    if b"\x00" in start:
        return None
    if _reads(path, "utf-8"):
        return "utf-8"
    fitting = [name for name in CHINESE if _reads(path, name)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    return max(fitting, key=lambda name: _everyday_share(start, name))


def decoded_start(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    return codecs.getincrementaldecoder(encoding)("replace").decode(start).removeprefix("\ufeff")


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while piece := file.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _everyday_share(sample: bytes, encoding: str) -> tuple[float, float]:
    """How much of the sample falls on the pages where both codes keep their everyday characters."""
    first, last = (0xB0, 0xD7) if encoding == "gb18030" else (0xA4, 0xC6)
    everyday = others = place = 0
    while place < len(sample) - 1:
        lead = sample[place]
        if lead < 0x80:
            place += 1
            continue
        trail = sample[place + 1]
        is_usual = first <= lead <= last and (encoding != "gb18030" or trail >= 0xA1)
        everyday, others = everyday + is_usual, others + (not is_usual)
        place += 2
    return everyday / max(everyday + others, 1), _coherence(sample, encoding)


def _coherence(sample: bytes, encoding: str) -> float:
    """What the detector of requests thinks, for samples on which the pages of both codes agree."""
    best = from_bytes(sample[:4096], cp_isolation=[encoding]).best()
    return -best.chaos if best else -1.0
