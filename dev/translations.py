"""Collect every text from Python, Jinja and TypeScript into the catalogs: `make translations`.

New texts arrive empty and wait for their translation (the tests name them); texts that no longer stand anywhere go.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "translations"
TEMPLATE = FOLDER / "messages.pot"
LOCALES = ("zh_Hans", "zh_Hant")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    babel(
        "extract", "-F", "babel.cfg", "-k", "_", "-k", "N_", "-k", "ngettext:1,2", "-k", "_n:1,2", "--no-wrap",
        "--sort-by-file", "--add-location", "file", "--project", "Huifang", "--version", "1", "--copyright-holder", "Huifang",
        "-o", str(TEMPLATE), ".",
    )  # fmt: skip
    for locale in LOCALES:
        target = FOLDER / locale / "LC_MESSAGES" / "messages.po"
        if target.exists():
            babel(
                "update",
                "-N",
                "--ignore-obsolete",
                "--no-wrap",
                "--ignore-pot-creation-date",
                "-i",
                str(TEMPLATE),
                "-o",
                str(target),
                "-l",
                locale,
            )
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            babel("init", "--no-wrap", "-i", str(TEMPLATE), "-o", str(target), "-l", locale)
    TEMPLATE.unlink()


def babel(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "-q", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
