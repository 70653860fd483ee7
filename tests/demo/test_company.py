from datetime import datetime

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.demo import company
from app.demo.people import ASSOCIATE_PHONE, HEAD_OFFICE_PHONE, PASSWORD, SUPERVISOR_PHONE
from app.messaging import countries


def count(question: str) -> int:
    return db.session.execute(text(f"SELECT count(*) FROM {question}")).scalar_one()


def states(table: str, column: str) -> set[str]:
    return set(db.session.execute(text(f"SELECT DISTINCT {column} FROM {table}")).scalars())


@pytest.mark.parametrize("moment", ["2026-11-23T15:10+08:00", "2027-01-01T02:30+08:00"], ids=["afternoon", "night"])
def test_the_demo_is_a_living_shop_at_whatever_hour_it_is_loaded(app, fresh_database, moment):
    with clock.fixed(datetime.fromisoformat(moment)) as now:
        company.load(now=now, say=lambda _line: None)
        answers = [
            app.test_client().post("/api/v1/sessions", json={"phone": phone, "password": PASSWORD})
            for phone in (HEAD_OFFICE_PHONE, SUPERVISOR_PHONE, ASSOCIATE_PHONE)
        ]
    assert [answer.json["staff"]["role"] for answer in answers] == ["head_office", "supervisor", "associate"]
    assert (count("store WHERE country = 'HK'"), count("store WHERE country = 'CN'")) == (2, 1)
    assert (count("staff WHERE role = 'associate'"), count("staff WHERE role = 'supervisor'")) == (24, 4)
    assert count("customer WHERE phone IS NOT NULL") == 600
    assert count("(SELECT FROM customer GROUP BY household_id HAVING count(*) > 1) shared") > 50
    assert {"open", "assigned", "completed", "partly", "failed", "cancelled"} <= states("task", "status")
    assert {"confirm", "rating", "other", "reschedule"} <= states("inbound", "intent")
    assert count("delivery WHERE state <> 'done'") == 0
    assert {"arrived", "taken", "answered"} <= states("conversation_turn", "step")
    assert count("conversation WHERE attention = 'maybe_opt_out'") == 2
    assert count("conversation WHERE phone IS NOT NULL") == 1
    assert count("points_entry WHERE state = 'vested'") > 100
    assert count("message WHERE state IN ('unknown', 'failed', 'needs_attention')") == 0
    assert {"opened", "acknowledged", "planned", "resolved", "closed"} == states("complaint", "stage")
    assert count("complaint WHERE is_reaction AND alarm = 'reaction'") == 1
    assert count("message WHERE kind = 'complaint_remedy'") > 0


def test_a_reset_empties_every_table_first(app, fresh_database, now):
    company.wipe(say=lambda _line: None)
    assert company.is_empty(db.session())


def test_a_reset_keeps_what_is_known_of_countries(app, fresh_database, now):
    company.wipe(say=lambda _line: None)
    assert countries.country_for("+85291234567").two_way
