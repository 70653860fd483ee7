"""The proof sheet by its address and at the desk: who opens it, what it shows, when it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import db
from app.customers import links
from app.people import queries as people
from app.tasks import proof_links, service
from app.tasks.models import Evidence, Task
from app.tasks.proof_models import ProofLink
from tests.factories.customers import make_customer
from tests.factories.proofs import make_photo, make_signature
from tests.factories.tasks import make_task
from tests.web.conftest import Desk, Shop

WHOEVER = {"Accept-Language": "fr"}


@pytest.fixture
def task(shop: Shop, now: datetime) -> Task:
    customer = make_customer(
        store=shop.store, owner=shop.associate, locale="zh_Hant", name="盧家慧", address="瀝源街 3 號"
    )
    return make_task(
        customer=customer, assignee=shop.associate, status="completed", window_start=now - timedelta(hours=2)
    )


@pytest.fixture
def address(shop: Shop, task: Task, now: datetime) -> str:
    """The path that a customer was given."""
    _link, url = proof_links.make(task.id, actor=people.actor_for(shop.supervisor.id), now=now)
    db.session.commit()
    return "/p/" + url.rsplit("/", 1)[1]


@pytest.fixture
def photo(shop: Shop, task: Task, now: datetime) -> Evidence:
    return make_photo(task, shop.associate, now=now)


def test_it_opens_without_signing_in_in_the_customers_language(client: FlaskClient, address: str, task: Task) -> None:
    client.set_cookie("lang", "en")
    answer = client.get(address, headers=WHOEVER)
    assert answer.status_code == 200
    assert '<html lang="zh-Hant">' in answer.text
    for part in ("盧家慧", "瀝源街 3 號", task.number, "詠詩", "上門"):
        assert part in answer.text


def test_it_needs_no_script_and_allows_none(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert "<script" not in answer.text
    assert "<form" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("part", ["", "/sheet.pdf", "/pictures/{photo}"])
def test_nothing_of_it_is_kept_indexed_or_told_elsewhere(
    client: FlaskClient, address: str, photo: Evidence, part: str
) -> None:
    answer = client.get(address + part.format(photo=photo.id))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_looks_at_page_and_paper_are_counted_pictures_are_not(
    client: FlaskClient, address: str, photo: Evidence
) -> None:
    for part in ("", "/sheet.pdf", f"/pictures/{photo.id}", f"/pictures/{photo.id}?large=1"):
        assert client.get(address + part).status_code == 200
    assert db.session.query(ProofLink.reads).scalar() == 2


def test_its_pictures_open_through_the_link_only(
    client: FlaskClient, address: str, task: Task, shop: Shop, photo: Evidence, now: datetime
) -> None:
    signature = make_signature(task, shop.associate, now=now)
    other = make_photo(make_task(assignee=shop.associate, status="completed"), shop.associate, now=now)
    small = client.get(f"{address}/pictures/{photo.id}")
    large = client.get(f"{address}/pictures/{photo.id}?large=1")
    assert small.mimetype == large.mimetype == "image/jpeg"
    assert len(small.data) < len(large.data)
    assert client.get(f"{address}/pictures/{signature.id}").mimetype == "image/png"
    assert client.get(f"{address}/pictures/{other.id}").status_code == 404
    assert client.get(f"/api/v1/blobs/{photo.blob_id}").status_code == 401
    page = client.get(address).text
    assert "/api/v1/blobs" not in page
    assert f"{address}/pictures/{photo.id}" in page


def test_the_paper_comes_by_the_same_address(client: FlaskClient, address: str, task: Task) -> None:
    answer = client.get(f"{address}/sheet.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert f"proof-{task.number}.pdf" in answer.headers["Content-Disposition"]


ENDINGS: dict[str, Callable[[ProofLink, datetime], None]] = {
    "ran out": lambda link, now: setattr(link, "expires_at", now - timedelta(seconds=1)),
    "revoked": lambda link, now: (setattr(link, "revoked_at", now), setattr(link, "revoked_by_id", link.created_by_id)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ended_address_says_so_kindly_and_whom_to_call(
    client: FlaskClient, address: str, shop: Shop, task: Task, photo: Evidence, now: datetime, ending: str
) -> None:
    link = db.session.query(ProofLink).one()
    link.created_at = now - timedelta(days=40)
    ENDINGS[ending](link, now)
    db.session.commit()
    for part in ("", "/sheet.pdf", f"/pictures/{photo.id}"):
        answer = client.get(address + part)
        assert answer.status_code == 410
        assert '<html lang="zh-Hant">' in answer.text
        assert f'href="tel:{shop.store.phone}"' in answer.text
        assert "盧家慧" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_address_names_the_shops_and_nothing_else(client: FlaskClient, shop: Shop) -> None:
    answer = client.get("/p/" + "x" * 32, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert '<html lang="zh-Hans">' in answer.text
    assert shop.store.name in answer.text
    assert client.get("/p/x/sheet.pdf").status_code == client.get("/p/x/pictures/1").status_code == 404


def test_while_the_work_is_taken_up_again_there_is_nothing_to_see_and_then_the_new_state(
    client: FlaskClient, address: str, task: Task, shop: Shop, now: datetime
) -> None:
    lead, ann = people.actor_for(shop.supervisor.id), people.actor_for(shop.associate.id)
    service.reopen(task.id, reason="wrong box", actor=lead, now=now)
    db.session.commit()
    paused = client.get(address)
    assert paused.status_code == 410
    assert "盧家慧" not in paused.text
    service.submit("fail", task.id, work=service.Submission(reason="refused"), actor=ann, now=now)
    db.session.commit()
    again = client.get(address)
    assert again.status_code == 200
    assert 'class="outcome warning"' in again.text


def test_a_name_with_markup_stays_a_name(client: FlaskClient, address: str, task: Task) -> None:
    db.session.get_one(Task, task.id)
    db.session.execute(db.text("update customer set name = '<b onclick=x>陈</b>'"))
    db.session.commit()
    text = client.get(address).text
    assert "<b onclick" not in text
    assert "&lt;b onclick=x&gt;" in text


# From the customer's own page


def test_the_customers_page_leads_to_the_sheets_of_what_has_ended(
    client: FlaskClient, shop: Shop, task: Task, photo: Evidence, now: datetime
) -> None:
    running = make_task(customer_id=task.customer_id, store_id=task.store_id, assignee=shop.associate, status="active")
    key = links.link_for(task.customer_id, task_id=None, now=now)
    db.session.commit()
    page = client.get(f"/c/{key.token}").text
    assert f"/c/{key.token}/proof/{task.id}" in page
    assert f"/c/{key.token}/proof/{running.id}" not in page
    sheet = client.get(f"/c/{key.token}/proof/{task.id}")
    assert sheet.status_code == 200
    assert f"/c/{key.token}/proof/{task.id}/pictures/{photo.id}" in sheet.text
    assert client.get(f"/c/{key.token}/proof/{task.id}/pictures/{photo.id}").mimetype == "image/jpeg"
    paper = client.get(f"/c/{key.token}/proof/{task.id}/sheet.pdf", headers={"Accept-Encoding": "gzip"})
    assert paper.data[:5] == b"%PDF-"


def test_a_customers_key_opens_no_sheet_of_somebody_else_and_none_of_work_in_progress(
    client: FlaskClient, shop: Shop, task: Task, now: datetime
) -> None:
    other = make_task(assignee=shop.associate, status="completed", window_start=now - timedelta(hours=2))
    running = make_task(customer_id=task.customer_id, store_id=task.store_id, assignee=shop.associate, status="active")
    key = links.link_for(task.customer_id, task_id=None, now=now)
    db.session.commit()
    for closed in (other, running):
        for part in ("", "/sheet.pdf", "/pictures/1"):
            assert client.get(f"/c/{key.token}/proof/{closed.id}{part}").status_code == 404


# At the desk


def test_the_panel_of_ended_work_offers_the_sheet_and_other_work_does_not(
    supervisor: Desk, shop: Shop, task: Task
) -> None:
    running = make_task(customer=make_customer(store=shop.store), assignee=shop.associate, status="active")
    db.session.commit()
    assert 'id="proof"' in supervisor.page(f"/tasks/{task.id}")
    assert 'id="proof"' not in supervisor.page(f"/tasks/{running.id}")


def test_a_new_address_shows_once_in_the_browser_that_made_it(
    supervisor: Desk, boss: Desk, client: FlaskClient, task: Task, now: datetime
) -> None:
    page = supervisor.told(f"/tasks/{task.id}/proof/links", back=f"/board?task={task.id}")
    [url] = re.findall(r'value="([^"]*/p/[^"]+)"', page)
    assert client.get(url[url.index("/p/") :]).status_code == 200
    assert "/p/" not in boss.page(f"/tasks/{task.id}")
    with clock.fixed(now + timedelta(minutes=16)):
        assert "/p/" not in supervisor.page(f"/tasks/{task.id}")


def test_an_address_can_be_ended_at_the_desk(supervisor: Desk, client: FlaskClient, address: str, task: Task) -> None:
    link_id = db.session.query(ProofLink.id).scalar()
    page = supervisor.told(f"/tasks/{task.id}/proof/links/{link_id}/revoke", back=f"/board?task={task.id}")
    assert "ended on" in page
    assert client.get(address).status_code == 410


def test_the_desk_sees_what_the_customer_sees_without_counting_it(
    supervisor: Desk, address: str, task: Task, photo: Evidence
) -> None:
    page = supervisor.page(f"/tasks/{task.id}/proof")
    assert '<html lang="zh-Hant">' in page
    assert supervisor.get(f"/tasks/{task.id}/proof/pictures/{photo.id}").mimetype == "image/jpeg"
    assert supervisor.get(f"/tasks/{task.id}/proof/sheet.pdf").mimetype == "application/pdf"
    assert db.session.query(ProofLink.reads).scalar() == 0


def test_work_in_progress_has_no_sheet_at_the_desk(supervisor: Desk, shop: Shop) -> None:
    running = make_task(customer=make_customer(store=shop.store), assignee=shop.associate, status="active")
    db.session.commit()
    assert supervisor.get(f"/tasks/{running.id}/proof").status_code == 409
