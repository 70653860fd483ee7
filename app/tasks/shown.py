"""What a task shows beyond its own row: who does it, for whom, its checklist's answers, goods, evidence, promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, outerjoin, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.customers.models import Customer
from app.people.models import Staff
from app.purchases.models import Product
from app.tasks.access import Eyes, may_see_customer
from app.tasks.models import Evidence, Promise, Task, TaskAnswer, TaskLine

Assignee = aliased(Staff)


def _children(columns: Mapping[str, Any], parent: Any, order: Any, *, found_in: Any = None) -> ColumnElement[Any]:
    """Rows that belong to a task, as one JSON array."""
    pairs = [part for name, column in columns.items() for part in (name, column)]
    built = func.jsonb_build_object(*pairs)
    stmt = select(func.jsonb_agg(aggregate_order_by(built, order))).where(parent == Task.id)
    if found_in is not None:
        stmt = stmt.select_from(found_in)
    return stmt.correlate(Task).scalar_subquery()


ANSWERS = (
    select(func.jsonb_object_agg(TaskAnswer.item_key, func.jsonb_build_array(TaskAnswer.value, TaskAnswer.answered_at)))
    .where(TaskAnswer.task_id == Task.id)
    .correlate(Task)
    .scalar_subquery()
)
"""Item key -> [value, answered_at]."""
_LINES = _children(
    {
        "id": TaskLine.id,
        "product_id": TaskLine.product_id,
        "name": TaskLine.name,
        "quantity": TaskLine.quantity,
        "delivered": TaskLine.delivered,
        "refused": TaskLine.refused,
        "is_code_checked": TaskLine.is_code_checked,
        "code": Product.code,
        "barcode": Product.barcode,
        "is_restricted": func.coalesce(Product.is_restricted, false()),
    },
    TaskLine.task_id,
    TaskLine.id,
    found_in=outerjoin(TaskLine, Product, Product.id == TaskLine.product_id),
)
_EVIDENCE = _children(
    {
        "id": Evidence.id,
        "blob_id": Evidence.blob_id,
        "kind": Evidence.kind,
        "item_key": Evidence.item_key,
        "captured_at": Evidence.captured_at,
        "recorded_at": Evidence.recorded_at,
        "place_state": Evidence.place_state,
        "accuracy_metres": Evidence.accuracy_metres,
        "distance_metres": Evidence.distance_metres,
        "is_exception": Evidence.is_exception,
    },
    Evidence.task_id,
    Evidence.id,
)
_PROMISED = _children(
    {
        "kind": Promise.kind,
        "start": Promise.promised_start,
        "end": Promise.promised_end,
        "channel": Promise.channel,
        "told_at": Promise.told_at,
    },
    Promise.task_id,
    Promise.id,
)


def shown_with(stmt: Select[Any], eyes: Eyes) -> Select[Any]:
    """A select over Task with what views.task_view needs besides the task's own columns, store and checklist."""
    return (
        stmt.add_columns(
            Assignee.name.label("assignee_name"),
            Customer.name.label("customer_name"),
            Customer.phone.label("customer_phone"),
            Customer.address,
            Customer.district,
            Customer.lat,
            Customer.lng,
            Customer.locale.label("customer_locale"),
            Customer.dialect,
            Customer.tags,
            Customer.preferences,
            Customer.access_notes,
            may_see_customer(eyes).label("may_see_customer"),
            _LINES.label("lines"),
            _EVIDENCE.label("evidence"),
            _PROMISED.label("promised"),
        )
        .join(Customer, Customer.id == Task.customer_id)
        .outerjoin(Assignee, Assignee.id == Task.assignee_id)
    )
