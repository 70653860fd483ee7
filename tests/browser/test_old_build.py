"""A phone that comes back with an older build: its queue goes out under the new one, which waits to be asked for."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser.phone import ASSOCIATE, PASSWORD, PATIENCE_MS, Phone, until
from tests.browser.proxy import FaultProxy, Network
from tests.company import Company
from tests.conftest import NOW

SUPERVISOR = "+85251000002"

MAKE_VERSION_ONE = """
async ({rows, user}) => {
  for (const {name} of await indexedDB.databases()) {
    await new Promise((done, failed) => {
      const gone = indexedDB.deleteDatabase(name);
      gone.onsuccess = done;
      gone.onerror = gone.onblocked = () => failed(new Error('the database is in use'));
    });
  }
  await new Promise((done, failed) => {
    const opening = indexedDB.open('field', 1);
    opening.onerror = () => failed(opening.error);
    opening.onupgradeneeded = () => {
      const db = opening.result;
      db.createObjectStore('meta');
      db.createObjectStore('tasks', {keyPath: 'id'});
      db.createObjectStore('threads', {keyPath: 'id'});
      db.createObjectStore('drafts', {keyPath: 'key'});
      db.createObjectStore('outbox', {keyPath: 'seq', autoIncrement: true}).createIndex('target', 'target');
      db.createObjectStore('blobs', {keyPath: 'id'});
    };
    opening.onsuccess = () => {
      const db = opening.result;
      const tx = db.transaction(['meta', 'outbox', 'drafts'], 'readwrite');
      tx.objectStore('meta').put(user, 'user');
      for (const row of rows) tx.objectStore('outbox').add({...row, user: user.id});
      tx.objectStore('drafts').put({key: 'customer:1:message', user: user.id, value: 'Half a sen', at: rows[0].at});
      tx.oncomplete = () => { db.close(); done(); };
      tx.onerror = () => failed(tx.error);
    };
  });
}
"""
LOOK = """
async () => {
  const db = await new Promise(done => {
    const opening = indexedDB.open('field');
    opening.onsuccess = () => done(opening.result);
  });
  const read = store => new Promise(done => {
    const asking = db.transaction(store).objectStore(store).getAll();
    asking.onsuccess = () => done(asking.result);
  });
  const [outbox, drafts] = [await read('outbox'), await read('drafts')];
  const found = {version: db.version, stores: [...db.objectStoreNames], outbox, drafts};
  db.close();
  return JSON.stringify(found);
}
"""


@pytest.fixture
def task(running_company: Company) -> dict[str, Any]:
    supervisor = running_company.sign_in(SUPERVISOR, PASSWORD)
    me = running_company.sign_in(ASSOCIATE, PASSWORD).get("/me")
    customer = running_company.value(
        "select id from customer where owner_id = %(me)s and phone is not null order by id limit 1", me=me["id"]
    )
    asked = {
        "type": "home_visit",
        "customer_id": customer,
        "window_start": (NOW + timedelta(hours=5)).isoformat(),
        "window_end": (NOW + timedelta(hours=6)).isoformat(),
        "assignee_id": me["id"],
    }
    return dict(supervisor.post("/tasks", asked))


def row_of(task: dict[str, Any], verb: str, minute: int, **changes: Any) -> dict[str, Any]:
    """As the first build wrote them."""
    at = (NOW + timedelta(minutes=minute)).isoformat()
    return {
        "id": str(uuid4()),
        "target": f"task:{task['id']}",
        "verb": verb,
        "method": "POST",
        "path": f"/api/v1/tasks/{task['id']}/{verb}",
        "body": {"at": at},
        "blobs": [],
        "attempts": 0,
        "nextAt": 0,
        "state": "queued",
        "error": None,
        "at": at,
        "device": "an older phone",
        "build": "00000001",
        "schema": 1,
        **changes,
    }


def test_the_queue_of_an_old_build_goes_out_under_the_new_one(
    phone: Phone, proxy: FaultProxy, running_company: Company, task: dict[str, Any]
) -> None:
    me = running_company.sign_in(ASSOCIATE, PASSWORD).get("/me")
    rows = [row_of(task, "start", -3), row_of(task, "arrive", -2, attempts=4), row_of(task, "fail", -1)]
    rows[2]["body"]["reason"] = "not_at_home"
    phone.go("/manifest.webmanifest")  # A page of this address that runs nothing of ours.
    user = {"id": me["id"], "name": me["name"], "role": "associate", "locale": "en", "phone": ASSOCIATE, "store": None}
    phone.page.evaluate(MAKE_VERSION_ONE, {"rows": rows, "user": user})
    phone.kill()
    phone.open()

    phone.go("/m/")
    expect(phone.page.get_by_text("3 entries wait on this phone.")).to_be_visible(timeout=PATIENCE_MS)
    found = json.loads(phone.page.evaluate(LOOK))
    assert found["version"] == 2
    assert "customers" in found["stores"]
    assert [row["id"] for row in found["outbox"]] == [row["id"] for row in rows]
    assert [draft["value"] for draft in found["drafts"]] == ["Half a sen"]

    phone.page.get_by_label("Password").fill(PASSWORD)
    phone.press("Sign in")
    phone.wait_until_sent()
    assert running_company.value("select status from task where id = %(id)s", id=task["id"]) == "failed"
    told = running_company.rows(
        "select action, count(*) as times from task_history where task_id = %(id)s group by action", id=task["id"]
    )
    assert {row["action"]: row["times"] for row in told if row["action"] in ("start", "arrive", "fail")} == {
        "start": 1,
        "arrive": 1,
        "fail": 1,
    }
    # What was frozen went out as it was: the key of its row, the schema of the build that sends.
    sent = proxy.requests(f"POST /api/v1/tasks/{task['id']}/(start|arrive|fail)")
    assert {request.headers["idempotency-key"] for request in sent} == {row["id"] for row in rows}
    assert {request.headers["x-app-schema"] for request in sent} == {"2"}


def test_a_new_version_waits_until_it_is_asked_for_and_loses_nothing_that_was_typed(
    phone: Phone, proxy: FaultProxy, running_company: Company, task: dict[str, Any]
) -> None:
    phone.sign_in()
    phone.go(f"/m/messages/{task['customer']['id']}")
    other = phone.page.context.new_page()
    other.goto(f"{proxy.url}/m/")
    expect(other.locator("a.sync")).to_contain_text("All sent", timeout=PATIENCE_MS)
    worker = phone.page.request.get(f"{proxy.url}/sw.js").body()
    newer = {"Content-Type": "text/javascript", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    proxy.answer("GET /sw.js", worker + b"\n// newer\n", headers=newer, times=99)
    for page in (phone.page, other):
        page.evaluate("window.before = true")
    banner = phone.page.locator(".banner")
    # Opening a page makes the browser look by itself, and a look under way, at the old file, answers for both.
    until(lambda: hears_of_news(phone), what="the news of a new version")
    expect(banner).to_contain_text("A new version is ready. What you typed is kept.", timeout=PATIENCE_MS)
    phone.page.get_by_placeholder("Write a message").fill("I will bring the")
    assert phone.page.evaluate("window.before")
    banner.get_by_role("button", name="Reload").click()
    for page in (phone.page, other):
        until(lambda page=page: has_reloaded(page), what="the new version in every tab")
    expect(phone.page.get_by_placeholder("Write a message")).to_have_value("I will bring the")
    expect(phone.page.locator(".banner")).to_have_count(0)
    assert phone.complaints == []

    # The phone dies and has no signal: the new version is what starts.
    phone.kill(keeps_session=True)
    proxy.become(Network.DOWN)
    phone.open()
    phone.go("/m/")
    expect(phone.page.locator(".day-progress")).to_be_visible(timeout=PATIENCE_MS)


def hears_of_news(phone: Phone) -> bool:
    look = "navigator.serviceWorker.getRegistration().then(one => { one.update().catch(() => undefined); })"
    phone.page.evaluate(look)
    return phone.page.locator(".banner").count() > 0


def has_reloaded(page: Any) -> bool:
    try:
        return bool(page.evaluate("window.before !== true"))
    except PlaywrightError:  # The page is on its way.
        return False


def test_the_phone_warns_before_it_is_full_and_of_work_that_waits_too_long(
    phone: Phone, proxy: FaultProxy, running_company: Company, task: dict[str, Any]
) -> None:
    phone.sign_in()
    phone.go(f"/m/tasks/{task['id']}")
    expect(phone.page.get_by_role("button", name="Set out")).to_be_visible()
    # This browser tells everybody of 10 GB that are free, whatever is true.
    phone.page.add_init_script("navigator.storage.estimate = async () => ({usage: 95, quota: 100})")
    phone.page.reload()
    expect(phone.page.locator(".banner")).to_contain_text("This phone is almost full.", timeout=PATIENCE_MS)

    proxy.become(Network.DOWN)
    phone.press("Set out")
    until(lambda: phone.says("1 waiting"), what="the entry")
    phone.page.evaluate(
        """() => new Promise(done => {
            const opening = indexedDB.open('field');
            opening.onsuccess = () => {
                const tx = opening.result.transaction('outbox', 'readwrite');
                const asking = tx.objectStore('outbox').openCursor();
                asking.onsuccess = () => {
                    const at = new Date(new Date(asking.result.value.at).getTime() - 25 * 3600e3).toISOString();
                    asking.result.update({...asking.result.value, at});
                };
                tx.oncomplete = () => { opening.result.close(); done(); };
            };
        })"""
    )
    phone.kill(keeps_session=True)
    phone.open()
    phone.go("/m/")
    waits = phone.page.locator("a.banner")
    expect(waits).to_contain_text("1 entry has waited for more than a day.", timeout=PATIENCE_MS)
    waits.click()
    expect(phone.page.locator(".unsent-row")).to_have_count(1)


def test_a_disk_that_is_busy_at_first_is_asked_again(phone: Phone) -> None:
    phone.page.add_init_script(
        """(() => {
            const {open} = IDBFactory.prototype;
            let tries = 0;
            IDBFactory.prototype.open = function (...what) {
                if (tries++ === 0) throw new DOMException('held by a browser that is dying', 'UnknownError');
                return open.apply(this, what);
            };
        })()"""
    )
    phone.sign_in()
    assert phone.complaints == []
