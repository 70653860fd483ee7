"""The demo's complaints: something in every stage, at whatever hour the demo is loaded."""

from datetime import datetime

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.demo import company


@pytest.mark.parametrize("moment", ["2027-03-10T15:10+08:00", "2027-01-01T02:30+08:00"], ids=["afternoon", "night"])
def test_the_demo_has_complaints_in_every_stage(app, fresh_database, moment):
    with clock.fixed(datetime.fromisoformat(moment)) as now:
        company.load(now=now, say=lambda _line: None)
    stages = dict(db.session.execute(text("SELECT stage, count(*) FROM complaint GROUP BY stage")).all())
    assert set(stages) == {"opened", "acknowledged", "planned", "resolved", "closed"}
    asked = "SELECT count(*) FROM message WHERE kind = 'complaint_remedy'"
    assert db.session.execute(text(asked)).scalar_one() > 0
    reactions = "SELECT count(*) FROM complaint WHERE is_reaction AND alarm = 'reaction'"
    assert db.session.execute(text(reactions)).scalar_one() == 1
