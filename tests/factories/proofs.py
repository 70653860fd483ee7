"""Pictures that prove something, for tests: kept like uploaded ones and tied to a task."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import Any
from uuid import uuid4

from PIL import Image, ImageDraw

from app.core.db import db
from app.people.models import Staff
from app.tasks import evidence
from app.tasks.models import Evidence, Task
from tests.factories.people import actor_of


def make_photo(task: Task, staff: Staff, *, now: datetime, colour: str = "teal", **changes: Any) -> Evidence:
    return _make("photo", jpeg(colour), task, staff, now=now, **changes)


def make_signature(task: Task, staff: Staff, *, now: datetime, **changes: Any) -> Evidence:
    return _make("signature", signature(), task, staff, now=now, **changes)


def jpeg(colour: str = "teal", *, size: tuple[int, int] = (1600, 1200)) -> bytes:
    drawn = Image.new("RGB", size, colour)
    ImageDraw.Draw(drawn).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill="white")
    return _saved(drawn, "JPEG")


def signature() -> bytes:
    drawn = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).line([(40, 150), (150, 40), (260, 160), (400, 60), (560, 120)], fill="#1f2430", width=6)
    return _saved(drawn, "PNG")


def _saved(drawn: Image.Image, kind: str) -> bytes:
    made = io.BytesIO()
    drawn.save(made, kind)
    return made.getvalue()


def _make(kind: str, data: bytes, task: Task, staff: Staff, *, now: datetime, **changes: Any) -> Evidence:
    digest = hashlib.sha256(data).hexdigest()
    blob, _ = evidence.put_blob(uuid4(), data, sha256=digest, actor=actor_of(staff), now=now)
    values = {"captured_at": now, "recorded_at": now, "item_key": None, **changes}
    proof = Evidence(task_id=task.id, kind=kind, blob_id=blob.id, staff_id=staff.id, **values)
    db.session.add(proof)
    db.session.flush()
    return proof
