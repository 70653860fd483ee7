"""Head office: stores, people, checklists, texts, rules, health."""

import pytest
from sqlalchemy import text

from app.core.db import db
from app.messaging.models import MessageTemplate
from app.people.models import Staff, StaffStore, Store
from app.points.models import PointsRule, PointsRuleSet
from app.tasks.models import ChecklistTemplate, ChecklistVersion
from tests.factories.people import PASSWORD
from tests.factories.points import make_entry
from tests.factories.tasks import make_task

STORE = {
    "code": "HK-TW",
    "name": "荃灣店",
    "region": "新界",
    "country": "HK",
    "zone": "Asia/Hong_Kong",
    "locale": "zh_Hant",
    "languages": ["yue", "cmn"],
    "phone": "2800 1234",
    "address": "荃灣大壩街 4 號",
    "lat": "22.37",
    "lng": "114.11",
    **{f"opening-{weekday}": "10:00-20:00" for weekday in range(6)},
    "opening-6": "",
}


def test_a_store_is_opened(boss):
    assert "荃灣店 is open." in boss.told("/office/stores/new", **STORE)
    store = db.session.query(Store).filter_by(code="HK-TW").one()
    assert (store.phone, store.languages, store.lat) == ("+85228001234", ["yue", "cmn"], 22.37)
    assert (store.opening_hours["5"], store.opening_hours["6"]) == ([["10:00", "20:00"]], [])


def test_a_stores_hours_stand_in_its_form(boss, shop):
    assert 'name="opening-6" type="text" value="10:00-20:00"' in boss.page(f"/office/stores/{shop.store.id}")


def test_hours_that_can_t_be_read_are_explained_beside_their_day(boss):
    answer = boss.send("/office/stores/new", **{**STORE, "opening-2": "ten to eight"})
    assert answer.status_code == 422
    assert 'id="opening-2-error"' in answer.text
    assert 'value="ten to eight"' in answer.text


def test_a_store_that_never_opens_is_refused(boss):
    answer = boss.send("/office/stores/new", **{**STORE, **{f"opening-{weekday}": "" for weekday in range(7)}})
    assert answer.status_code == 422
    assert "A store is open on at least one day." in answer.text


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"name": ""}, "name"), ({"zone": "Mars/Base"}, "zone"), ({"country": "XX"}, "country"), ({"lat": "100"}, "lat")],
)
def test_what_can_t_be_a_store_is_explained(boss, changes, name):
    answer = boss.send("/office/stores/new", **{**STORE, **changes})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert "荃灣大壩街" in answer.text


def test_a_code_is_taken_once(boss):
    boss.send("/office/stores/new", **STORE)
    answer = boss.send("/office/stores/new", **STORE)
    assert answer.status_code == 409
    assert 'id="code-error"' in answer.text


def test_a_store_is_changed_only_from_its_newest_version(boss, shop):
    seen = shop.store.version
    address = f"/office/stores/{shop.store.id}"
    assert boss.send(address, **{**STORE, "version": seen, "is_active": "1"}).status_code == 303
    answer = boss.send(address, **{**STORE, "name": "另一間", "version": seen, "is_active": "1"})
    db.session.refresh(shop.store)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert shop.store.name == "荃灣店"


def test_a_store_where_people_work_can_t_be_closed(boss, shop):
    answer = boss.send(f"/office/stores/{shop.store.id}", **{**STORE, "version": shop.store.version})
    db.session.refresh(shop.store)
    assert "People still work in this store" in answer.text
    assert shop.store.is_active


def new_person(desk, shop, **changes):
    values = {
        "name": "鄧敏儀",
        "phone": "9888 7777",
        "role": "associate",
        "locale": "zh_Hant",
        "store_ids": [shop.store.id],
        "password": PASSWORD,
        "languages": ["yue"],
    }
    return desk.send("/office/staff/new", **{**values, **changes})


def test_a_new_person_can_sign_in_at_once(boss, shop, sit):
    assert new_person(boss, shop).status_code == 303
    person = db.session.query(Staff).filter_by(name="鄧敏儀").one()
    assert person.home_store_id == shop.store.id
    assert sit(person).get("/").location == "/m/"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": ""}, "name"),
        ({"phone": "12"}, "phone"),
        ({"role": "king"}, "role"),
        ({"store_ids": []}, "store_ids"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_can_t_be_a_person_is_explained(boss, shop, changes, name):
    answer = new_person(boss, shop, **changes)
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert PASSWORD not in answer.text
    assert db.session.query(Staff).filter_by(name="鄧敏儀").count() == 0


def test_a_person_moves_to_another_store(boss, shop):
    associate = shop.associate
    page = boss.page(f"/office/staff/{associate.id}")
    assert associate.phone in page
    boss.told(
        f"/office/staff/{associate.id}",
        name=associate.name,
        phone=associate.phone,
        role="associate",
        locale="zh_Hant",
        store_ids=[shop.elsewhere.id],
        version=associate.version,
    )
    stores = db.session.query(StaffStore.store_id).filter_by(staff_id=associate.id).all()
    assert [row[0] for row in stores] == [shop.elsewhere.id]


def test_ending_an_access_signs_the_person_out(boss, shop, sit):
    there = sit(shop.supervisor)
    page = boss.told(f"/office/staff/{shop.supervisor.id}/deactivate", version=shop.supervisor.version)
    assert "no longer works here" in page
    assert there.get("/board").status_code == 303
    assert "何淑儀" not in boss.page("/office/staff")
    assert "何淑儀" in boss.page("/office/staff?all=1")


def test_nobody_ends_the_own_access(boss, shop):
    page = boss.told(f"/office/staff/{shop.boss.id}/deactivate", version=shop.boss.version, back="/office/staff")
    assert "take away your own access" in page.replace("&#39;", "'")
    assert boss.get("/office").status_code == 200


def test_a_password_set_by_head_office_works_and_ends_old_sessions(boss, shop, sit):
    there = sit(shop.supervisor)
    boss.told(f"/office/staff/{shop.supervisor.id}/password", password="another password")
    assert there.get("/board").status_code == 303


@pytest.mark.parametrize(
    ("query", "names"),
    [("q=詠詩", {"林詠詩"}), ("role=associate", {"林詠詩", "張嘉欣"}), ("store={elsewhere}", {"周丽娟"})],
)
def test_the_staff_list_is_narrowed(boss, shop, query, names):
    page = boss.page("/office/staff?" + query.format(elsewhere=shop.elsewhere.id)).split("<tbody>")[1]
    everybody = {"葉翠珊", "何淑儀", "林詠詩", "張嘉欣", "周丽娟"}
    assert {name for name in everybody if name in page} == names


# Checklists


@pytest.fixture
def checklist(shop):
    make_task()
    return db.session.query(ChecklistTemplate).one()


def fields_of(items, **changes):
    fields = {"name-zh_Hans": "上门", "name-zh_Hant": "上門", "name-en": "Visit"}
    for number, item in enumerate(items):
        place = f"items-{number}"
        fields |= {
            f"{place}-{name}": item.get(name, "")
            for name in ("key", "heart", "kind", "required", "choices", "conditions")
        }
        fields |= {f"{place}-label-{locale}": item["label"] for locale in ("zh_Hans", "zh_Hant", "en")}
    return fields | changes


GREET = {"key": "greet", "heart": "care", "kind": "tick", "label": "Greet", "required": "1"}
MOOD = {
    "key": "mood",
    "heart": "sincerity",
    "kind": "choice",
    "label": "Mood",
    "choices": "good | 好 | 好 | Good\nbad ｜ 不好 ｜ 唔好 ｜ Bad",
}


def test_publishing_a_checklist_makes_a_new_version_and_keeps_the_old(boss, checklist):
    before = checklist.current_version_id
    hidden = {**MOOD, "conditions": '{"visible_if": {"item": "greet", "is": true}}'}
    page = boss.told(f"/office/checklists/{checklist.id}/edit", **fields_of([GREET, hidden]))
    db.session.refresh(checklist)
    version = db.session.get(ChecklistVersion, checklist.current_version_id)
    assert "Version 2 stands." in page
    assert db.session.get(ChecklistVersion, before).number == 1
    assert [item["key"] for item in version.items] == ["greet", "mood"]
    assert version.items[1]["choices"][1] == {
        "key": "bad",
        "label": {"zh_Hans": "不好", "zh_Hant": "唔好", "en": "Bad"},
    }
    assert version.items[1]["visible_if"] == {"item": "greet", "is": True}
    assert boss.page(f"/office/checklists/{checklist.id}?version=1").count("Version 1") >= 1


def test_the_editor_shows_what_it_would_publish(boss, checklist):
    boss.send(f"/office/checklists/{checklist.id}/edit", **fields_of([GREET, MOOD]))
    page = boss.page(f"/office/checklists/{checklist.id}/edit")
    assert "bad | 不好 | 唔好 | Bad" in page
    assert 'name="items-0-key" value="greet"' in page


@pytest.mark.parametrize(
    "items",
    [
        [],
        [GREET, GREET],
        [{**GREET, "heart": "liver"}],
        [{**GREET, "kind": "song"}],
        [{**GREET, "key": "Größe"}],
        [{**GREET, "label": ""}],
        [{**MOOD, "choices": "good"}],
        [{**GREET, "conditions": "{not json"}],
        [{**GREET, "conditions": '{"visible_if": {"item": "nobody", "is": 1}}'}],
    ],
)
def test_a_checklist_that_could_not_be_used_is_not_published(boss, checklist, items):
    answer = boss.send(f"/office/checklists/{checklist.id}/edit", **fields_of(items))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert db.session.query(ChecklistVersion).count() == 1


# Texts


@pytest.fixture
def wording(shop):
    return db.session.query(MessageTemplate).filter_by(kind="done", reach="two_way").first()


TEXTS = {
    "text-zh_Hans": "【{shop}】谢谢{name}！",
    "text-zh_Hant": "【{shop}】多謝{name}！",
    "text-en": "{shop}: Thank you, {name}!",
}


def test_a_new_wording_is_a_new_version(boss, wording):
    page = boss.told(f"/office/templates/{wording.id}", **TEXTS)
    assert "Version 2 is in use from now on." in page
    versions = db.session.query(MessageTemplate).filter_by(kind="done", reach="two_way", task_type=wording.task_type)
    assert sorted(version.version for version in versions) == [1, 2]


def test_a_placeholder_that_nobody_fills_is_refused_at_its_language(boss, wording):
    answer = boss.send(f"/office/templates/{wording.id}", **{**TEXTS, "text-en": "Hello {moon}"})
    assert answer.status_code == 422
    assert "does not know {moon}" in answer.text
    assert "Hello {moon}" in answer.text
    assert db.session.query(MessageTemplate).filter_by(kind="done", version=2).count() == 0


# Point rules


def rules_form(**changes):
    rules = db.session.query(PointsRule).join(PointsRuleSet).filter(PointsRuleSet.version == 1).all()
    fields = {f"summary-{locale}": "新版" for locale in ("zh_Hans", "zh_Hant", "en")}
    for rule in rules:
        fields[f"{rule.key}-amount"] = rule.amount
        fields |= {f"{rule.key}-{name}": value for name, value in rule.params.items()}
        for question, words in rule.four_questions.items():
            fields |= {f"{rule.key}-{question}-{locale}": value for locale, value in words.items()}
    return fields | changes


def test_each_published_rule_shows_its_four_answers(boss):
    page = boss.page("/office/rules")
    for words in (
        "Version 1",
        "in force",
        "What to do",
        "Why",
        "What good work brings",
        "What bad work costs",
        "20 points",
    ):
        assert words in page, words


def test_the_next_version_changes_only_what_was_changed(boss):
    page = boss.told(
        "/office/rules/new", **rules_form(**{"home_visit-amount": "25", "home_visit-reward-en": "25 points."})
    )
    assert "Version 2 is published." in page
    rules = db.session.query(PointsRule).join(PointsRuleSet).filter(PointsRuleSet.version == 2).all()
    by_key = {rule.key: rule for rule in rules}
    assert (by_key["home_visit"].amount, by_key["home_visit"].reward["en"]) == (25, "25 points.")
    assert by_key["delivery"].amount == 15


@pytest.mark.parametrize(
    "changes",
    [
        {"home_visit-amount": "5000"},
        {"home_visit-amount": "many"},
        {"summary-en": ""},
        {"valid_from": "2020-01-01T00:00"},
        {"home_visit-what-en": ""},
    ],
)
def test_rules_that_can_t_hold_are_not_published(boss, changes):
    answer = boss.send("/office/rules/new", **rules_form(**changes))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert db.session.query(PointsRuleSet).count() == 1


# Health


@pytest.fixture
def dead_letter(shop):
    fact = db.session.execute(
        text("""INSERT INTO fact (event_id, name, occurred_at, payload)
                VALUES (gen_random_uuid(), 'TaskCompleted', now(), '{}') RETURNING id""")
    ).scalar()
    found = db.session.execute(
        text("""INSERT INTO delivery (fact_id, subscriber, state, attempts, last_error)
                VALUES (:fact, 'points', 'dead', 12, 'KeyError: <b>rating</b>') RETURNING id"""),
        {"fact": fact},
    ).scalar()
    db.session.commit()
    return found


def state_of(delivery_id):
    return db.session.execute(text("SELECT state FROM delivery WHERE id = :id"), {"id": delivery_id}).scalar()


def test_what_was_given_up_is_shown_with_its_error(boss, dead_letter):
    page = boss.page("/office/health")
    assert "TaskCompleted" in page
    assert "KeyError: &lt;b&gt;rating" in page
    assert "1 side effect was given up" in boss.page("/office")


def test_what_was_given_up_is_tried_again(boss, dead_letter):
    assert "1 delivery is tried again." in boss.told("/office/health/retry", delivery_id=dead_letter)
    assert state_of(dead_letter) == "due"
    assert "There was nothing to try again." in boss.told("/office/health/retry")


# Points, seen from the desk


def test_the_leaderboard_ranks_vested_points_and_shows_pending_ones_beside(supervisor, shop):
    make_entry(shop.associate, 20)
    make_entry(shop.colleague, 5)
    make_entry(shop.colleague, 40, vested=False)
    page = supervisor.page("/leaderboard")
    ranks = page.split('id="ranks"')[1].split("</ol>")[0]
    assert ranks.index("林詠詩") < ranks.index("張嘉欣")
    assert "+40 waiting" in ranks
    assert 'class="pending"' in ranks
    assert f'data-live="leaderboard:{shop.store.id}"' in page


def test_the_leaderboard_tells_why_in_words(supervisor, shop):
    make_entry(shop.associate, 20)
    assert "Home visit done in the promised time: 20 points" in supervisor.page("/leaderboard")


def test_an_empty_season_says_where_points_come_from(supervisor):
    assert "They come with the first finished visit" in supervisor.page("/leaderboard")
    assert supervisor.get("/leaderboard?season=yesterday").status_code == 404


def test_an_island_gets_the_ranks_alone(supervisor, shop):
    make_entry(shop.associate, 20)
    answer = supervisor.get("/leaderboard", headers={"X-Fragment": "ranks"})
    assert answer.text.startswith('<template data-fragment="ranks">')
    assert f'data-key="{shop.associate.id}"' in answer.text
