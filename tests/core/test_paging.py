from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Invalid
from app.core.models import FactRow
from app.core.paging import page_of

AT = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def facts(session):
    """Seven facts, some at the same moment."""
    from uuid import uuid4

    for number in range(7):
        db.session.add(
            FactRow(event_id=uuid4(), name=f"n{number}", occurred_at=AT + timedelta(hours=number // 3), payload={})
        )
    db.session.flush()


def walk(keys, limit):
    names, cursor = [], None
    while True:
        page = page_of(select(FactRow), keys=keys, cursor=cursor, limit=limit)
        names += [row.name for row in page.rows]
        assert len(page.rows) <= limit
        if page.next_cursor is None:
            return names
        cursor = page.next_cursor


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_show_each_row_once_in_order(facts, limit):
    assert walk([FactRow.occurred_at, FactRow.id], limit) == [f"n{number}" for number in range(7)]
    newest_first = [FactRow.occurred_at.desc(), FactRow.id.desc()]
    assert walk(newest_first, limit) == [f"n{number}" for number in reversed(range(7))]


def test_a_row_added_before_the_cursor_moves_nothing(facts):
    from uuid import uuid4

    keys = [FactRow.occurred_at, FactRow.id]
    first = page_of(select(FactRow), keys=keys, cursor=None, limit=3)
    db.session.add(FactRow(event_id=uuid4(), name="early", occurred_at=AT - timedelta(days=1), payload={}))
    db.session.flush()
    second = page_of(select(FactRow), keys=keys, cursor=first.next_cursor, limit=3)
    assert [row.name for row in second.rows] == ["n3", "n4", "n5"]


@given(cursor=st.text(max_size=40))
def test_a_cursor_that_is_not_ours_is_refused_not_a_crash(app, cursor):
    if cursor == "":
        return
    with app.app_context(), pytest.raises(Invalid):
        page_of(select(FactRow), keys=[FactRow.occurred_at, FactRow.id], cursor=cursor, limit=3)


def test_a_select_of_columns_gives_rows_with_names(facts):
    page = page_of(select(FactRow.id, FactRow.name), keys=[FactRow.id], cursor=None, limit=2)
    assert [row.name for row in page.rows] == ["n0", "n1"]
