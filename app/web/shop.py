"""Which store a desk page is about: the one in the address, else the one looked at last, else the first."""

from flask import g, request, session
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.people import queries
from app.people.access import Actor
from app.people.models import Store

REMEMBERED = "store"


class NoStore(NotFound):
    code = "no-store"
    message = N_("You have no store yet. Head office can give you one.")


def own_stores(actor: Actor) -> list[Store]:
    """The active stores this person may see, in a fixed order; read once per request."""
    if "own_stores" not in g:
        database: Session = db.session()
        g.own_stores = list(database.scalars(queries.stores(actor).where(Store.is_active).order_by(Store.id)))
    stores: list[Store] = g.own_stores
    return stores


def store_in_view(actor: Actor) -> Store:
    """The store of this page; raises NotFound for a store of somebody else."""
    stores = {store.id: store for store in own_stores(actor)}
    if not stores:
        raise NoStore()
    wanted = request.args.get("store", "")
    if wanted:
        if not wanted.isdecimal() or int(wanted) not in stores:
            raise NotFound()
        session[REMEMBERED] = int(wanted)
        return stores[int(wanted)]
    return stores.get(session.get(REMEMBERED, 0)) or next(iter(stores.values()))
