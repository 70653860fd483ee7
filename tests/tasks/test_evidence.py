from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from app.core import config, files
from app.core.db import db
from app.core.errors import Invalid, NotFound, TooLarge
from app.tasks import evidence, service
from app.tasks.errors import BlobDiffers, BlobMissing, DigestMismatch, NotAPicture, NotYourStep
from app.tasks.models import Blob, Evidence
from tests.factories.tasks import ENOUGH_ANSWERS
from tests.tasks.conftest import Shop


def picture(*, kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "red", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def with_place_and_turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif.tobytes())


def upload(shop: Shop, data: bytes, *, blob_id: UUID | None = None, who: str = "ann") -> tuple[Blob, bool]:
    digest = hashlib.sha256(data).hexdigest()
    return service.put_blob(blob_id or uuid4(), data, sha256=digest, actor=shop.actor(who), now=shop.now)


def test_a_picture_is_kept_re_encoded_with_both_hashes(shop: Shop) -> None:
    data = picture()
    blob, is_new = upload(shop, data)
    kept = files.read(blob.sha256)
    assert is_new
    assert kept is not None
    assert blob.original_sha256 == hashlib.sha256(data).hexdigest()
    assert blob.sha256 == hashlib.sha256(kept).hexdigest()
    assert (blob.media_type, blob.width, blob.height) == ("image/jpeg", 64, 48)


def test_exif_is_gone_and_the_picture_stands_upright(shop: Shop) -> None:
    blob, _ = upload(shop, with_place_and_turned())
    kept = files.read(blob.sha256)
    assert kept is not None
    assert b"PhoneMaker" not in kept
    with Image.open(io.BytesIO(kept)) as opened:
        assert dict(opened.getexif()) == {}
        assert opened.size == (48, 64)


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("WEBP", "image/jpeg"), ("JPEG", "image/jpeg")])
def test_three_formats_come_in_and_two_are_kept(shop: Shop, kind: str, media_type: str) -> None:
    assert upload(shop, picture(kind=kind))[0].media_type == media_type


def test_a_huge_picture_is_made_smaller(shop: Shop) -> None:
    blob, _ = upload(shop, picture(size=(4000, 1000)))
    assert (blob.width, blob.height) == (2560, 640)


def test_the_same_bytes_again_are_the_same_blob(shop: Shop) -> None:
    blob_id, data = uuid4(), picture()
    assert upload(shop, data, blob_id=blob_id)[1] is True
    assert upload(shop, data, blob_id=blob_id)[1] is False


def test_other_bytes_under_a_used_id_are_refused(shop: Shop) -> None:
    blob_id = uuid4()
    first, _ = upload(shop, picture(), blob_id=blob_id)
    with pytest.raises(BlobDiffers):
        upload(shop, picture(colour="blue"), blob_id=blob_id)
    assert db.session.get_one(Blob, blob_id).original_sha256 == first.original_sha256


def test_somebody_elses_id_is_refused(shop: Shop) -> None:
    blob_id, data = uuid4(), picture()
    upload(shop, data, blob_id=blob_id)
    with pytest.raises(BlobDiffers):
        upload(shop, data, blob_id=blob_id, who="bob")


def test_a_file_damaged_on_its_way_is_refused(shop: Shop) -> None:
    with pytest.raises(DigestMismatch):
        service.put_blob(uuid4(), picture(), sha256="0" * 64, actor=shop.actor("ann"), now=shop.now)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0 not really a JPEG",
        b"GIF89a" + b"\x00" * 40,
        picture()[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
    ids=["empty", "html", "fake jpeg", "gif", "cut off", "svg"],
)
def test_what_is_no_picture_is_refused(shop: Shop, data: bytes) -> None:
    with pytest.raises(NotAPicture):
        upload(shop, data)
    assert db.session.query(Blob).count() == 0


def test_a_pixel_bomb_is_refused(shop: Shop) -> None:
    bomb = picture(kind="PNG", size=(1, 1))
    header = bytearray(bomb)
    header[16:24] = (60_000).to_bytes(4, "big") + (60_000).to_bytes(4, "big")
    with pytest.raises(NotAPicture):
        upload(shop, bytes(header))


def test_a_file_above_the_limit_is_refused(shop: Shop) -> None:
    before = config.settings()
    config.use(replace(before, media=replace(before.media, max_bytes=100)))
    try:
        with pytest.raises(TooLarge):
            upload(shop, picture())
    finally:
        config.use(before)


def test_evidence_is_tied_to_the_task_once(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob, _ = upload(shop, picture())
    taken = shop.now - timedelta(minutes=3)
    proofs = [
        service.add_evidence(
            task.id,
            blob_id=blob.id,
            kind="photo",
            item_key="shelf",
            captured_at=taken,
            actor=shop.actor("ann"),
            now=shop.now,
        )
        for _ in range(2)
    ]
    assert proofs[0].id == proofs[1].id
    assert (proofs[0].captured_at, proofs[0].recorded_at, proofs[0].item_key) == (taken, shop.now, "shelf")


def test_a_photo_named_by_an_answer_becomes_evidence(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob, _ = upload(shop, picture())
    service.answer_checklist(task.id, actor=shop.actor("ann"), now=shop.now, answers={"shelf": [str(blob.id)]})
    found = db.session.query(Evidence).filter_by(task_id=task.id).one()
    assert (found.blob_id, found.kind, found.item_key) == (blob.id, "photo", "shelf")


def test_proof_may_come_after_the_end(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="completed")
    blob, _ = upload(shop, picture())
    assert service.add_evidence(task.id, blob_id=blob.id, kind="photo", actor=shop.actor("ann"), now=shop.now).id


def test_proof_of_a_former_assignee_is_never_dropped(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    service.assign(task.id, shop.bob.id, actor=shop.actor("boss"), now=shop.now)
    blob, _ = upload(shop, picture())
    found = service.add_evidence(task.id, blob_id=blob.id, kind="photo", actor=shop.actor("ann"), now=shop.now)
    assert found.staff_id == shop.ann.id


def test_a_colleague_adds_no_proof(shop: Shop) -> None:
    shop.customer.owner_id = shop.bob.id
    task = shop.task(assignee=shop.ann, status="active")
    blob, _ = upload(shop, picture(), who="bob")
    with pytest.raises(NotYourStep):
        service.add_evidence(task.id, blob_id=blob.id, kind="photo", actor=shop.actor("bob"), now=shop.now)


def test_somebody_elses_picture_is_no_proof_of_mine(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob, _ = upload(shop, picture(), who="bob")
    with pytest.raises(BlobMissing):
        service.add_evidence(task.id, blob_id=blob.id, kind="photo", actor=shop.actor("ann"), now=shop.now)


@pytest.mark.parametrize(("kind", "item_key"), [("door_code", None), ("photo", "signed"), ("photo", "unknown")])
def test_evidence_of_the_wrong_kind_is_refused(shop: Shop, kind: str, item_key: str | None) -> None:
    task = shop.task(assignee=shop.ann, status="active")
    blob, _ = upload(shop, picture())
    with pytest.raises(Invalid):
        service.add_evidence(
            task.id, blob_id=blob.id, kind=kind, item_key=item_key, actor=shop.actor("ann"), now=shop.now
        )


def test_a_picture_is_shown_to_who_may_see_its_task(shop: Shop) -> None:
    task = shop.task(assignee=shop.ann, status="active", started_at=shop.now)
    blob, _ = upload(shop, picture())
    answers = ENOUGH_ANSWERS | {"shelf": [str(blob.id)]}
    service.complete(task.id, actor=shop.actor("ann"), now=shop.now, answers=answers)
    for who in ("ann", "boss", "office"):
        assert evidence.visible_blob(blob.id, actor=shop.actor(who), now=shop.now).id == blob.id
    for who in ("bob", "stranger"):
        with pytest.raises(NotFound):
            evidence.visible_blob(blob.id, actor=shop.actor(who), now=shop.now)


def test_files_are_written_whole_and_named_by_their_hash(shop: Shop) -> None:
    digest = files.store(b"content")
    assert digest == hashlib.sha256(b"content").hexdigest()
    assert files.read(digest) == b"content"
    assert [path.name for path in files.path_of(digest).parent.iterdir()] == [digest]
    files.delete(digest)
    assert files.read(digest) is None
