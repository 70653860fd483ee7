"""Pictures as proof: taken in, checked, re-encoded without EXIF, and tied to a task."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core import files
from app.core.config import settings
from app.core.db import db
from app.core.errors import Invalid, NotFound, TooLarge
from app.core.i18n import N_
from app.people.access import Actor
from app.tasks.access import eyes_of, is_visible
from app.tasks.at_the_door import Place, place_proof
from app.tasks.errors import BlobDiffers, BlobMissing, DigestMismatch, NotAPicture, NotYourStep, WrongStatus
from app.tasks.kinds import EvidenceKind, ItemKind, Status
from app.tasks.lifecycle import Who, who_is
from app.tasks.models import Blob, Evidence, Task
from app.tasks.records import Change, LoadedWork, NewEvidence, claimed_time, load_work, on_behalf_of, write
from app.tasks.work import require_blobs

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 2560
JPEG_QUALITY = 85


@dataclass(frozen=True)
class Picture:
    data: bytes
    media_type: str
    width: int
    height: int


def put_blob(blob_id: UUID, data: bytes, *, sha256: str, actor: Actor, now: datetime) -> tuple[Blob, bool]:
    """Keep an uploaded picture under the id its sender chose; returns it and whether it is new.

    The same bytes again are the same blob; other bytes under a used id are refused.
    """
    limit = settings().media.max_bytes
    if len(data) > limit:
        raise TooLarge(limit=limit // (1024 * 1024))
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256.strip().lower():
        raise DigestMismatch()
    existing = db.session.get(Blob, blob_id)
    if existing is not None:
        return _same(existing, digest, actor), False
    picture = re_encode(data)
    stmt = (
        insert(Blob)
        .values(
            id=blob_id,
            original_sha256=digest,
            original_bytes=len(data),
            sha256=files.store(picture.data),
            size_bytes=len(picture.data),
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            uploaded_by_id=actor.id,
            uploaded_at=now,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(Blob.id)
    )
    is_new = db.session.scalar(stmt) is not None
    blob = db.session.get_one(Blob, blob_id)
    return (blob, True) if is_new else (_same(blob, digest, actor), False)


def _same(blob: Blob, digest: str, actor: Actor) -> Blob:
    if blob.original_sha256 != digest or blob.uploaded_by_id != actor.id:
        raise BlobDiffers()
    return blob


def re_encode(data: bytes) -> Picture:
    """The picture drawn anew: upright, of sensible size, without EXIF, ICC or whatever else was hidden in the file."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb before it raises; both are a refusal here.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise NotAPicture(N_("This picture has too many pixels."))
                kind = opened.format
                picture: Image.Image = ImageOps.exif_transpose(opened)
                picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                # PNG is what signatures come as: lines on a see-through ground, which JPEG can't hold.
                return _encode(picture, as_png=kind == "PNG")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:
        raise NotAPicture() from error


def _encode(picture: Image.Image, *, as_png: bool) -> Picture:
    out = io.BytesIO()
    if as_png:
        clean = picture.convert("RGBA")
        clean.info = {}
        clean.save(out, "PNG", optimize=True)
        return Picture(out.getvalue(), "image/png", clean.width, clean.height)
    clean = picture.convert("RGB")
    clean.info = {}
    clean.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return Picture(out.getvalue(), "image/jpeg", clean.width, clean.height)


def visible_blob(blob_id: UUID, *, actor: Actor, now: datetime) -> Blob:
    """The picture, if the actor sent it or may see a task that it proves; else NotFound."""
    proves = select(Task.id).join(Evidence, Evidence.task_id == Task.id)
    proves = proves.where(Evidence.blob_id == Blob.id, is_visible(eyes_of(actor, now)))
    of_visible_task = exists(proves.correlate(Blob))
    mine = Blob.uploaded_by_id == (actor.staff_id or 0)
    blob = db.session.scalar(select(Blob).where(Blob.id == blob_id, or_(mine, of_visible_task)))
    if blob is None:
        raise NotFound
    return blob


def content_of(blob: Blob) -> bytes:
    data = files.read(blob.sha256)
    if data is None:
        raise NotFound
    return data


def add_evidence(
    task_id: int,
    *,
    blob_id: UUID,
    kind: str,
    actor: Actor,
    now: datetime,
    item_key: str | None = None,
    captured_at: datetime | None = None,
) -> Evidence:
    """Tie an uploaded picture to the task. Whoever works or worked on it may, also after the end: proof comes late."""
    loaded = load_work(task_id, actor=actor, now=now)
    _require_may_prove(loaded, actor)
    if kind not in (EvidenceKind.PHOTO, EvidenceKind.SIGNATURE):
        raise Invalid(errors={"kind": [N_("Must be photo or signature.")]})
    wanted = ItemKind.PHOTO if kind == EvidenceKind.PHOTO else ItemKind.SIGNATURE
    if item_key is not None and not any(i.key == item_key and i.kind is wanted for i in loaded.items):
        raise Invalid(errors={"item_key": [N_("This checklist has no such item.")]})
    require_blobs([blob_id], task_id=task_id, actor=actor)
    if _find(task_id, blob_id) is None:
        taken = claimed_time(captured_at, now=now)
        proof = NewEvidence(kind, captured_at=taken, blob_id=blob_id, item_key=item_key)
        behalf = on_behalf_of(loaded.task, actor) if actor.is_supervisor else None
        change = Change(
            "evidence", evidence=[proof], details={"blob_id": blob_id, "kind": kind}, on_behalf_of_id=behalf
        )
        write(loaded, change, actor=actor, now=now, at=taken)
    found = _find(task_id, blob_id)
    if found is None:
        raise BlobMissing(extra={"blob_ids": [str(blob_id)]})
    return found


def add_place(
    task_id: int, *, place: Place, actor: Actor, now: datetime, captured_at: datetime | None = None
) -> Evidence:
    """Record where somebody arrived, or why that is not known; the same again is the same."""
    loaded = load_work(task_id, actor=actor, now=now)
    _require_may_prove(loaded, actor)
    taken = claimed_time(captured_at, now=now)
    same = select(Evidence).where(
        Evidence.task_id == task_id, Evidence.kind == EvidenceKind.PLACE.value, Evidence.captured_at == taken
    )
    if db.session.scalar(same) is None:
        behalf = on_behalf_of(loaded.task, actor) if actor.is_supervisor else None
        change = Change(
            "evidence",
            evidence=[place_proof(loaded.task, place, at=taken)],
            details={"kind": EvidenceKind.PLACE, "place_state": place.state},
            on_behalf_of_id=behalf,
        )
        write(loaded, change, actor=actor, now=now, at=taken)
    return db.session.scalars(same.order_by(Evidence.id).limit(1)).one()


def _find(task_id: int, blob_id: UUID) -> Evidence | None:
    return db.session.scalar(select(Evidence).where(Evidence.task_id == task_id, Evidence.blob_id == blob_id))


def _require_may_prove(loaded: LoadedWork, actor: Actor) -> None:
    task = loaded.task
    worked_on_it = actor.id in task.former_assignee_ids and actor.is_associate
    if not loaded.is_visible and not worked_on_it:
        raise NotFound
    if not worked_on_it and who_is(actor, loaded.state) not in (Who.ASSIGNEE, Who.SUPERVISOR):
        raise NotYourStep()
    if task.status == Status.OPEN and not worked_on_it:
        raise WrongStatus(status=task.status)
