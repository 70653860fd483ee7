"""Which column of a file is which of ours: remembered from the last file with this header, else told by its names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.columns import plain_name, proposed
from app.core.db import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.imports.errors import ColumnsMissing
from app.imports.models import ImportMapping
from app.people.access import Actor
from app.people.import_batch import ImportKind

Mapped = dict[str, int]


def for_header(kind: ImportKind, header: Sequence[str]) -> Mapped:
    known = db.session.scalar(
        select(ImportMapping.mapping).where(
            ImportMapping.kind == kind.key, ImportMapping.header_key == header_key(header)
        )
    )
    places = {name: place for place, name in enumerate(_names(header))}
    if known is None:
        return proposed(kind.columns, header)
    ours = {column.key for column in kind.columns}
    return {key: places[title] for key, title in known.items() if key in ours and title in places}


def remember(
    kind: ImportKind, header: Sequence[str], mapping: Mapping[str, int], *, actor: Actor, now: datetime
) -> None:
    """Kept by the titles, not by the places: the same columns in another order are the same table."""
    names = _names(header)
    titles = {key: names[place] for key, place in mapping.items()}
    row = insert(ImportMapping).values(
        kind=kind.key, header_key=header_key(header), mapping=titles, changed_at=now, changed_by_id=actor.id
    )
    changes = {name: row.excluded[name] for name in ("mapping", "changed_at", "changed_by_id")}
    db.session.execute(
        row.on_conflict_do_update(index_elements=[ImportMapping.kind, ImportMapping.header_key], set_=changes)
    )


def _names(header: Sequence[str]) -> list[str]:
    """Titles by which columns are told apart; of two with one title, or without any, the second says that it is."""
    seen: Counter[str] = Counter()
    names = []
    for title in map(plain_name, header):
        seen[title] += 1
        names.append(title if seen[title] == 1 else f"{title} {seen[title]}")
    return names


def header_key(header: Sequence[str]) -> str:
    names = sorted(plain_name(title) for title in header)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def missing(kind: ImportKind, mapping: Mapping[str, int]) -> list[str]:
    return [column.key for column in kind.columns if column.is_required and column.key not in mapping]


def require_whole(kind: ImportKind, mapping: Mapping[str, int], header: Sequence[str]) -> None:
    """Raise for columns that are not ours or not theirs, for two that share a place, and for those that are missing."""
    ours = {column.key for column in kind.columns}
    wrong = {
        key: [N_("There is no such column in this file.")]
        for key, place in mapping.items()
        if key not in ours or not 0 <= place < len(header)
    }
    places = list(mapping.values())
    wrong |= {
        key: [N_("This column of the file is chosen twice.")]
        for key, place in mapping.items()
        if key not in wrong and places.count(place) > 1
    }
    if wrong:
        raise Invalid(errors=wrong)
    if absent := missing(kind, mapping):
        raise ColumnsMissing(errors={key: [N_("Choose the column that holds this.")] for key in absent})
