"""Make the letters of printed sheets: `python -m dev.fonts`.

npm brings Noto Sans for both scripts as a hundred slices each, compressed and of every weight at once. Opening them
takes seconds, so here each letter is taken out once, in the two weights that sheets use, into one small database.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "frontend" / "node_modules" / "@fontsource-variable"
TARGET = ROOT / "app" / "fonts" / "letters.sqlite"
SCRIPTS = ("sc", "tc")
WEIGHTS = (400, 700)
NOT_FOR_PAPER = ("GSUB", "GPOS", "BASE", "HVAR", "VVAR", "vhea", "vmtx", "prep", "gasp")

Letter = tuple[str, int, int, int, int, bytes]
"""script, weight, code point, advance, left side bearing, outline"""


def main() -> None:
    slices = [path for script in SCRIPTS for path in slices_of(script)]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    unfinished = TARGET.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with sqlite3.connect(unfinished) as letters, ProcessPoolExecutor() as pool:
        letters.execute(
            "CREATE TABLE letter (script TEXT, weight INT, point INT, advance INT, bearing INT, outline BLOB,"
            " PRIMARY KEY (script, weight, point)) WITHOUT ROWID"
        )
        for found in pool.map(letters_of, slices, chunksize=4):
            # A few signs stand in several slices, each time the same.
            letters.executemany("INSERT OR IGNORE INTO letter VALUES (?, ?, ?, ?, ?, ?)", found)
    letters.close()
    unfinished.replace(TARGET)


def slices_of(script: str) -> list[Path]:
    found = sorted((PACKAGES / f"noto-sans-{script}" / "files").glob("*-wght-normal.woff2"))
    if not found:
        sys.exit(f"No font files of noto-sans-{script} in {PACKAGES}.")
    return found


def letters_of(path: Path) -> list[Letter]:
    return [letter for weight in WEIGHTS for letter in _in_weight(path, weight)]


def _in_weight(path: Path, weight: int) -> Iterator[Letter]:
    script = path.name.split("-")[2]
    font = TTFont(path)
    for table in NOT_FOR_PAPER:
        if table in font:
            del font[table]
    font = instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
    outlines, metrics = font["glyf"], font["hmtx"].metrics
    for point, name in font.getBestCmap().items():
        outline = outlines[name]
        if outline.isComposite():
            # Letters are kept one by one, so none may lean on another.
            outline = _in_one_piece(font, name)
        advance, bearing = metrics[name]
        yield script, weight, point, advance, bearing, outline.compile(outlines, recalcBBoxes=True)


def _in_one_piece(font: TTFont, name: str) -> object:
    whole = font.getGlyphSet()
    drawn = DecomposingRecordingPen(whole)
    whole[name].draw(drawn)
    pen = TTGlyphPen(None)
    drawn.replay(pen)
    return pen.glyph()


if __name__ == "__main__":
    main()
