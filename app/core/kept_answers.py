"""How the answer to a write is kept under its Idempotency-Key, for statements that do it along with their own work."""

from __future__ import annotations

KEPT_SQL = """INSERT INTO idempotency_key (key, owner, request_hash, status, body)
    VALUES (:kept_key, :kept_owner, :kept_hash, :kept_status, :kept_body)"""
