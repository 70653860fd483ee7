"""How many SMS segments a text costs: GSM-7 160/153 septets, UCS-2 70/67 units."""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_LOOK_ALIKES = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "″": '"',
        "«": '"',
        "»": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "―": "-",
        "−": "-",
        "…": "...",
        "，": ",",
        "。": ".",
        "！": "!",
        "？": "?",
        "：": ":",
        "；": ";",
        "（": "(",
        "）": ")",
        "\u00a0": " ",
        "\u2002": " ",
        "\u2003": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\t": " ",
        "\u200b": "",
        "\ufeff": "",
    }
)


@dataclass(frozen=True)
class Size:
    """`units`: septets in GSM-7 (an extension character takes two), 16-bit units in UCS-2."""

    encoding: str
    units: int
    segments: int
    single: int
    joined: int


def measure(text: str) -> Size:
    if all(char in _BASIC or char in _EXTENDED for char in text):
        return _size("GSM-7", [2 if char in _EXTENDED else 1 for char in text], single=160, joined=153)
    return _size("UCS-2", [2 if ord(char) > 0xFFFF else 1 for char in text], single=70, joined=67)


def costly_characters(text: str) -> tuple[str, ...]:
    """The characters, each once, for which alone the whole text is counted in UCS-2."""
    return tuple(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))


def without_look_alikes(text: str) -> str:
    """The text with typographic characters replaced by GSM-7 ones that look the same (what SmartEncoded does)."""
    return text.translate(_LOOK_ALIKES)


def saves_by_look_alikes(text: str) -> int:
    """Segments saved if the text were written without typographic look-alikes; 0 when nothing is gained."""
    return measure(text).segments - measure(without_look_alikes(text)).segments


def _size(encoding: str, costs: list[int], *, single: int, joined: int) -> Size:
    units = sum(costs)
    segments = 1 if units <= single else _joined_segments(costs, joined)
    return Size(encoding=encoding, units=units, segments=segments, single=single, joined=joined)


def _joined_segments(costs: list[int], room: int) -> int:
    """A two-unit character never straddles a segment, so a segment may stay one unit short."""
    segments, used = 1, 0
    for cost in costs:
        if used + cost > room:
            segments, used = segments + 1, 0
        used += cost
    return segments
