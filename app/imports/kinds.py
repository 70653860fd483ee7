"""What can be imported. Each kind belongs to its slice; this is the list of them."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import Forbidden, NotFound
from app.core.i18n import N_
from app.customers.importing import KIND as CUSTOMERS
from app.people.access import Actor
from app.people.import_batch import ImportKind
from app.people.importing import KIND as STAFF
from app.purchases.importing import KIND as PURCHASES
from app.purchases.importing_products import KIND as PRODUCTS

KINDS: Mapping[str, ImportKind] = {kind.key: kind for kind in (CUSTOMERS, PRODUCTS, PURCHASES, STAFF)}


def kind_of(key: str) -> ImportKind:
    try:
        return KINDS[key]
    except KeyError:
        raise NotFound from None


def kinds_for(actor: Actor) -> list[ImportKind]:
    return [kind for kind in KINDS.values() if may_import(kind, actor)]


def may_import(kind: ImportKind, actor: Actor) -> bool:
    return actor.is_head_office or (actor.is_supervisor and kind.for_supervisors)


def require_may_import(kind: ImportKind, actor: Actor) -> None:
    if not may_import(kind, actor):
        raise Forbidden(N_("Head office imports these."))
