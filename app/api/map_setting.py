"""What a map is drawn with, for the field app."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.core.config import settings
from app.core.schemas import View


class MapView(View):
    tiles = fields.String(metadata={"description": "address of the pictures with {z}, {x}, {y}; empty: a plain grid"})
    attribution = fields.String()
    max_zoom = fields.Integer()
    is_mainland = fields.Boolean(metadata={"description": "drawn by GCJ-02, so that stops have to move along"})


def map_json() -> dict[str, Any]:
    chosen = settings().map
    return {name: getattr(chosen, name) for name in ("tiles", "attribution", "max_zoom", "is_mainland")}
