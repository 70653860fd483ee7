"""One promotion that waits for head office's second look."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.careplans.promotions import Wish, propose
from app.people import queries as people
from app.people.access import Role
from app.people.models import Staff, Store

DAYS_AHEAD = 5


def load(session: Session, *, now: datetime) -> None:
    """Proposed by a supervisor for the core customers of the first store."""
    store = session.scalars(select(Store).order_by(Store.id)).first()
    if store is None:
        return
    leads = people.supervisors_of(store.id)
    lead = leads[0] if leads else session.scalars(select(Staff).where(Staff.role == Role.HEAD_OFFICE.value)).first()
    if lead is None:
        return
    wish = Wish(
        reason="春茶到店，请老顾客先尝",
        day=now.astimezone(ZoneInfo(store.zone)).date() + timedelta(days=DAYS_AHEAD),
        store_ids=(store.id,),
        segment={"conditions": [{"field": "tier", "op": "in", "value": ["core", "important"]}]},
        words={
            "zh_Hans": "今年的春茶到店了，留了一壶请您先尝，本周来坐坐。",
            "zh_Hant": "今年的春茶到店了，留了一壺請您先試，本週來坐坐。",
            "en": "This year's spring tea has arrived. Come by this week, the first pot is for you.",
        },
        hours=("10:00", "19:00"),
    )
    propose(wish, actor=people.actor_for(lead.id), now=now)
