"""Who hears of a change of complaints, live."""

import pytest

from app.api.live import topics_for
from app.complaints import service
from app.core.errors import Invalid


@pytest.mark.parametrize("who", ["boss", "ann"])
def test_people_of_a_store_watch_its_complaints(shop, who):
    assert f"complaints:{shop.store.id}" in topics_for(shop.actor(who), "complaints")


def test_head_office_watches_every_store(shop):
    watched = topics_for(shop.actor("office"), "complaints")
    assert {f"complaints:{shop.store.id}", f"complaints:{shop.neighbour.home_store_id}"} <= set(watched)


def test_one_store_can_be_named_by_its_people_only(shop):
    topic = f"complaints:{shop.store.id}"
    assert topics_for(shop.actor("boss"), topic) == {topic: topic}
    with pytest.raises(Invalid):
        topics_for(shop.actor("neighbour"), topic)


def test_every_change_is_announced(shop, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(service, "announce", lambda *topics: told.extend(topics))
    complaint = shop.open()
    service.acknowledge(complaint.id, actor=shop.actor("boss"), now=shop.now)
    assert told.count(f"complaints:{shop.store.id}") == 2
