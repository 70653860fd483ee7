"""The checklists that come with the service: three reasons for each type of task, and a fourth for calls."""

from __future__ import annotations

from app.tasks.content import callback, delivery, home_visit
from app.tasks.content.items import Shipped

SHIPPED: tuple[Shipped, ...] = (
    home_visit.AFTER_PURCHASE,
    home_visit.CARE,
    home_visit.COMPLAINT,
    delivery.AFTER_PURCHASE,
    delivery.REPLENISHMENT,
    delivery.CARE,
    callback.AFTER_PURCHASE,
    callback.CARE,
    callback.REPLENISHMENT,
    callback.LAPSED,
)
