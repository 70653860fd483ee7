"""A stored sort key for names: the database has no ICU collation, and managed ones differ in what they have."""

from __future__ import annotations

import unicodedata

LONGEST = 24
"""Letters of a name that count for its place; the key stays short enough for an index and for a cursor."""


def sort_key(name: str) -> str:
    """Order names the same everywhere: Latin first, then Chinese.

    GB18030 keeps the 3,755 everyday simplified characters in the order of their pinyin and the others by radical, so
    names that start with the same character always stand together. Hexadecimal digits sort alike in every collation.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().strip()[:LONGEST]
    return folded.encode("gb18030", errors="replace").hex()
