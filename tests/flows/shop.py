"""A small shop in a running company: two stores, a few people, and a customer for each flow."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from PIL import Image
from sqlalchemy.orm import Session

from app.messaging import service as messaging
from app.people.access import Role
from app.tasks import templates
from tests.company import Caller, Company
from tests.conftest import NOW
from tests.factories.customers import make_customer
from tests.factories.people import make_staff, make_store
from tests.factories.points import make_acknowledgement, make_entry, make_rules

PASSWORD = "a long enough secret"
SUPERVISOR = "+85251110001"
ASSOCIATE = "+85251110002"
RIVAL = "+85251110003"
SHENZHEN_SUPERVISOR = "+8613800110001"
SHENZHEN_ASSOCIATE = "+8613800110002"
SHENZHEN_PHONE = "+8675520000000"
RIVALS_POINTS = 8
CUSTOMERS = [
    "陈美玲", "李嘉欣", "黄志明", "何佩珊", "郑家豪", "吴慧敏",
    "梁国强", "谢婉婷", "周子轩", "冯倩怡", "邓伟文", "许颖琳",
]  # fmt: skip


def open_shop(session: Session) -> None:
    """What `start_company(prepare=open_shop)` fills the database with, at the tests' `now`."""
    templates.ship_templates(NOW - timedelta(days=30))
    messaging.ship_templates(now=NOW - timedelta(days=30))
    rules = make_rules()
    hong_kong = make_store(name="慧芳铜锣湾店", code="CWB", locale="zh_Hans")
    shenzhen = make_store(
        name="慧芳南山店", code="NS", country="CN", zone="Asia/Shanghai", locale="zh_Hans", phone=SHENZHEN_PHONE
    )
    people: dict[str, Any] = {"password": PASSWORD, "locale": "zh_Hans"}
    make_staff(Role.SUPERVISOR, hong_kong, name="何淑仪", phone=SUPERVISOR, **people)
    associate = make_staff(Role.ASSOCIATE, hong_kong, name="林咏诗", phone=ASSOCIATE, **people)
    rival = make_staff(Role.ASSOCIATE, hong_kong, name="欧阳静", phone=RIVAL, **people)
    make_staff(Role.SUPERVISOR, shenzhen, name="周丽娟", phone=SHENZHEN_SUPERVISOR, **people)
    northern = make_staff(Role.ASSOCIATE, shenzhen, name="李文静", phone=SHENZHEN_ASSOCIATE, **people)
    for person in (associate, rival, northern):
        make_acknowledgement(person, rules)
    make_entry(rival, RIVALS_POINTS, at=NOW - timedelta(hours=1))
    for number, name in enumerate(CUSTOMERS):
        make_customer(
            store=hong_kong,
            owner=associate,
            name=name,
            phone=f"+8526111{number:04d}",
            locale="zh_Hans",
            gender="female",
        )
    make_customer(
        store=shenzhen, owner=northern, name="刘晓燕", phone="+8613900110001", locale="zh_Hans", gender="female"
    )
    session.flush()


@dataclass
class Shop:
    """The people of the shop at work over HTTP; each customer is used by one flow only."""

    company: Company
    texts_on: Callable[[str], list[str]] = field(init=False)
    _used: int = 0

    def __post_init__(self) -> None:
        self.supervisor = self.company.sign_in(SUPERVISOR, PASSWORD)
        self.associate = self.company.sign_in(ASSOCIATE, PASSWORD)
        self.texts_on = self._texts_on_sandbox
        self.me = self.associate.get("/me")["id"]

    def fresh_customer(self) -> dict[str, Any]:
        name = CUSTOMERS[self._used]
        self._used += 1
        return self.company.rows("select id, name, phone from customer where name = %(name)s", name=name)[0]

    def visit(self, customer: dict[str, Any], *, hours: float = 2.0, assigned: bool = True) -> dict[str, Any]:
        """A home visit `hours` from the start of the tests' day, given to the associate."""
        starts = NOW + timedelta(hours=hours)
        task = self.supervisor.post(
            "/tasks",
            {
                "type": "home_visit",
                "reason": "after_purchase",
                "customer_id": customer["id"],
                "window_start": starts.isoformat(),
                "window_end": (starts + timedelta(hours=2)).isoformat(),
            },
        )
        if not assigned:
            return task
        return self.supervisor.post(f"/tasks/{task['id']}/assign", {"staff_id": self.me, "version": task["version"]})

    def do(self, task: dict[str, Any], verb: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.associate.post(f"/tasks/{task['id']}/{verb}", body)

    def work_through(self, task: dict[str, Any]) -> None:
        """Set out, arrive, answer all that is required with a photo where one is asked for."""
        if self.task(task)["status"] == "assigned":
            self.do(task, "start")
        self.do(task, "arrive")
        while missing := [item for item in self.task(task)["checklist"] if is_missing(item)]:
            answers = {item["key"]: self._answer_to(item) for item in missing}
            answer = self.associate.call("PATCH", f"/tasks/{task['id']}/checklist", {"answers": answers})
            assert answer.status_code == 200, answer.text

    def complete(self, task: dict[str, Any]) -> dict[str, Any]:
        self.work_through(task)
        return self.do(task, "complete")

    def task(self, task: dict[str, Any], caller: Caller | None = None) -> dict[str, Any]:
        return (caller or self.associate).get(f"/tasks/{task['id']}")

    def answers(self, customer: dict[str, Any], text: str) -> None:
        self.supervisor.post("/sandbox/messages", {"phone": customer["phone"], "text": text})

    def wait_for_text(self, customer: dict[str, Any], part: str) -> str:
        """The text that holds `part`, when it has reached the phone."""
        return self.company.wait_for(
            lambda: next((text for text in self.texts_on(customer["phone"]) if part in text), None)
        )

    def messages(self, task: dict[str, Any], kind: str | None = None) -> list[dict[str, Any]]:
        return self.company.rows(
            "select id, kind, state, end_reason, not_before, body from message where task_id = %(task)s"
            " and (%(kind)s::text is null or kind = %(kind)s) order by created_at, id",
            task=task["id"],
            kind=kind,
        )

    def points(self, task: dict[str, Any]) -> list[tuple[str, int, str]]:
        rows = self.company.rows(
            "select entry.rule_key, entry.amount, entry.state from points_entry as entry"
            " where task_id = %(task)s order by id",
            task=task["id"],
        )
        return [(row["rule_key"], row["amount"], row["state"]) for row in rows]

    def standing(self) -> tuple[int, int]:
        """The associate's place and vested points."""
        mine = self.associate.get("/leaderboard")["me"]
        return (mine["rank"], mine["vested"])

    def _texts_on_sandbox(self, phone: str) -> list[str]:
        answer = self.supervisor.call("GET", "/sandbox/messages", params={"phone": phone})
        if answer.status_code == 404:
            return []
        return [line["text"] for line in answer.json()["items"] if line["direction"] == "out"]

    def _answer_to(self, item: dict[str, Any]) -> Any:
        simple = {"tick": True, "pass_fail": "pass", "number": item["min"] or 1, "code": "4711", "text": "用着很好"}
        if item["kind"] in simple:
            return simple[item["kind"]]
        if item["kind"] in ("choice", "gift"):
            return item["choices"][0]["key"]
        blob = self.put_photo()
        return [blob] if item["kind"] == "photo" else blob

    def put_photo(self) -> str:
        picture, blob = a_photo(), str(uuid4())
        headers = {"Content-Type": "image/jpeg", "X-Content-SHA256": hashlib.sha256(picture).hexdigest()}
        answer = self.associate.call("PUT", f"/blobs/{blob}", headers=headers, data=picture)
        assert answer.status_code == 201, answer.text
        return blob


def is_missing(item: dict[str, Any]) -> bool:
    return item["visible"] and item["required"] and item["answer"] in (None, "", [], False)


def a_photo() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((320, 240), 40).convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()
