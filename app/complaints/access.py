"""Who may see which complaints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from app.complaints.models import Complaint
from app.customers.access import visible_customers
from app.customers.models import Customer
from app.people.access import Actor, Role, in_own_stores


def visible_complaints(stmt: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    """Head office and the service see all, a supervisor own stores, a customer the own cases; an associate the cases of
    customers he or she may see, and those handed to him or her."""
    if actor.sees_all_stores:
        return stmt
    if actor.role is Role.CUSTOMER:
        return stmt.where(Complaint.customer_id == actor.id)
    if actor.is_supervisor:
        return stmt.where(in_own_stores(Complaint.store_id, actor))
    seen = visible_customers(select(Customer.id), actor, now)
    return stmt.where(or_(Complaint.owner_id == actor.id, Complaint.customer_id.in_(seen)))
