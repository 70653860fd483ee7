"""Who stays away longer than is usual for him, and whom nobody has called for as long."""

from __future__ import annotations

from app.purchases.habits import own_cycle_sql

__all__ = ["own_cycle_sql"]
