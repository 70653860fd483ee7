"""The pages of care plans: the list, the editor that works without script, the forecast, and why on the file."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.careplans import forecast, plan_queries
from app.careplans.forecast import StoreForecast, Week
from app.careplans.models import CarePlan
from app.careplans.plan_settings import PlanKind
from app.careplans.service import MADE_HERE
from app.careplans.shipped import SHIPPED, ship_plans
from app.core.db import db
from app.customers import file_fields
from app.customers.values import OptionalField
from app.web.load_chart import chart_of
from app.web.plan_form import draft_of, read_draft
from tests.factories.careplans import make_occurrence
from tests.factories.customers import make_customer
from tests.factories.people import actor_of, make_store
from tests.factories.plans import make_plan, plan_settings
from tests.factories.purchases import make_product

EVERY_CONDITION = [
    {"field": "tier", "op": "not_in", "value": ["ordinary"]},
    {"field": "age", "op": "between", "value": {"from": 20, "to": None}},
    {"field": "tags", "op": "all_of", "value": ["vip", "敏感肌"]},
    {"field": "category", "op": "not_bought", "value": {"of": ["hair"], "days": 90}},
    {"field": "days_since_purchase", "op": "at_least", "value": 60},
    {"field": "member_age_months", "op": "between", "value": {"from": 0, "to": 36}},
    {"field": "open", "op": "none_of", "value": ["complaint"]},
]


@pytest.fixture
def plan(shop):
    return make_plan("cadence", name={"zh_Hans": "定期", "zh_Hant": "定期", "en": "Regular care"})


def fields_of(text):
    """What a browser would send for the editor's form as it stands."""
    form = re.search(r'<form method="post" class="stack plan-form".*?</form>', text, re.S)[0]
    fields = MultiDict()
    for tag in re.findall(r"<input\b[^>]*>|<select\b.*?</select>|<textarea\b.*?</textarea>", form, re.S):
        name = re.search(r'\bname="([^"]+)"', tag)[1]
        if tag.startswith("<select"):
            chosen = re.findall(r'<option value="([^"]*)" selected', tag)
            fields.add(name, chosen[0] if chosen else re.search(r'<option value="([^"]*)"', tag)[1])
        elif tag.startswith("<textarea"):
            fields.add(name, re.search(r">(.*)</textarea>", tag, re.S)[1])
        elif 'type="checkbox"' not in tag or " checked" in tag:
            value = re.search(r'\bvalue="([^"]*)"', tag)
            fields.add(name, value[1] if value else "")
    return fields


def send(desk, path, fields, **changes):
    data = MultiDict(fields)
    for name, value in changes.items():
        data.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    data.setlist("csrf_token", [desk.token])
    return desk.client.post(path, data=data)


def newest():
    return db.session.scalars(select(CarePlan).order_by(CarePlan.id.desc())).first()


# --- who comes in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/care/plans", "/care/plans/forecast", "/care/plans/{id}", "/care/plans/new?kind=cadence"]
)
def test_associates_stay_outside(sit, shop, plan, path):
    assert sit(shop.associate).get(path.format(id=plan.id)).status_code == 403


@pytest.mark.parametrize("path", ["", "/on", "/off", "/copy"])
def test_a_supervisor_reads_but_changes_nothing(supervisor, plan, path):
    assert supervisor.send(f"/care/plans/{plan.id}{path}", do="publish").status_code == 403
    shown = supervisor.page(f"/care/plans/{plan.id}")
    assert "What this plan does" in shown
    assert "plan-form" not in shown


def test_a_supervisor_writes_no_new_plan(supervisor):
    assert supervisor.get("/care/plans/new?kind=cadence").status_code == 403


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_says_when_for_whom_and_how_many(boss, shop):
    customer = make_customer(store=shop.store, tier="core")
    make_customer(store=shop.elsewhere, tier="ordinary")
    core = make_plan(settings=plan_settings(conditions=[{"field": "tier", "op": "in", "value": ["core"]}]))
    make_occurrence(core, customer, due_day=date(2027, 3, 12), state="booked")
    shown = boss.page("/care/plans")
    assert "core every 1 month, important every 2 months, ordinary every 3 months" in shown
    assert "Tier: core" in shown
    assert re.search(r"<b>1</b><span[^>]*>people meant", shown)
    assert re.search(r"<b>1</b><span[^>]*>contacts in 14 days", shown)


def test_every_shipped_plan_opens_in_the_editor_and_is_published_again_unchanged(boss, shop, now):
    ship_plans(now=now)
    for row in plan_queries.plans():
        before = row.version.settings
        fields = fields_of(boss.page(f"/care/plans/{row.plan.id}"))
        answer = send(boss, f"/care/plans/{row.plan.id}", fields, do="publish")
        assert answer.status_code == 303, re.findall(r'class="complaint".*?</p>', answer.text)
        assert len(plan_queries.versions_of(row.plan.id)) == 1
        assert plan_queries.plan(row.plan.id).version.settings == before
    assert len(plan_queries.plans()) == len(SHIPPED)


# --- the editor -------------------------------------------------------------------------------------------------------


def test_a_condition_is_added_filled_in_and_published(boss, plan):
    path = f"/care/plans/{plan.id}"
    added = send(boss, path, fields_of(boss.page(path)), do="add", wanted_field="tier")
    assert added.status_code == 200
    fields = fields_of(added.text)
    assert fields["c0-field"] == "tier"
    assert "Nothing is published yet" not in added.text
    answer = send(boss, path, fields, c0__chosen=["core", "important"], note="only the dear ones", do="publish")
    assert answer.status_code == 303
    version = plan_queries.plan(plan.id).version
    assert version.settings["segment"]["conditions"] == [{"field": "tier", "op": "in", "value": ["core", "important"]}]
    assert (version.number, version.note) == (2, "only the dear ones")


def test_a_condition_is_taken_away(boss, shop):
    plan = make_plan(settings=plan_settings(conditions=EVERY_CONDITION[:2]))
    path = f"/care/plans/{plan.id}"
    fields = fields_of(boss.page(path))
    left = fields_of(send(boss, path, fields, do="remove:0").text)
    assert (left["c0-field"], "c1-field" in left) == ("age", False)
    assert plan_queries.plan(plan.id).version.number == 1


def test_every_kind_of_condition_survives_the_form(boss, shop):
    product = make_product()
    conditions = [
        *EVERY_CONDITION,
        {"field": "store", "op": "in", "value": [shop.store.id]},
        {"field": "product", "op": "bought", "value": {"of": [product.id], "days": None}},
    ]
    plan = make_plan(settings=plan_settings(conditions=conditions))
    path = f"/care/plans/{plan.id}"
    assert send(boss, path, fields_of(boss.page(path)), do="publish").status_code == 303
    row = plan_queries.plan(plan.id)
    assert (row.version.number, row.version.settings["segment"]["conditions"]) == (1, conditions)


def test_a_preview_counts_what_stands_in_the_form_and_keeps_nothing(boss, shop, plan):
    make_customer(store=shop.store, tier="core")
    make_customer(store=shop.store, tier="ordinary")
    path = f"/care/plans/{plan.id}"
    fields = fields_of(send(boss, path, fields_of(boss.page(path)), do="add", wanted_field="tier").text)
    shown = send(boss, path, fields, c0__chosen="core", do="preview")
    assert shown.status_code == 200
    assert "Nothing is published yet" in shown.text
    assert re.search(r"<b>1</b><span>customers meant", shown.text)
    assert plan_queries.plan(plan.id).version.number == 1


def test_faults_stand_beside_their_fields_and_what_was_typed_stays(boss, plan):
    path = f"/care/plans/{plan.id}"
    fields = fields_of(boss.page(path))
    fields = fields_of(send(boss, path, fields, do="add", wanted_field="tags").text)
    answer = send(boss, path, fields, months__core="99", minutes="500", opens="07:00", name__en="", do="publish")
    assert answer.status_code == 422
    for name in ("months-core", "minutes", "opens", "c0-value"):
        assert f'id="{name}-error"' in answer.text
    assert 'value="500"' in answer.text


def test_an_unknown_product_code_is_named(boss, shop, plan):
    path = f"/care/plans/{plan.id}"
    fields = fields_of(send(boss, path, fields_of(boss.page(path)), do="add", wanted_field="product").text)
    answer = send(boss, path, fields, c0__words="NOPE", do="publish")
    assert answer.status_code == 422
    assert "There is no such product." in answer.text


def test_who_comes_second_is_told_that_the_plan_has_changed(boss, plan):
    path = f"/care/plans/{plan.id}"
    fields = fields_of(boss.page(path))
    send(boss, path, fields, months__core="2", do="publish")
    assert send(boss, path, fields, months__core="3", do="publish").status_code == 409


@pytest.mark.parametrize("kind", MADE_HERE)
def test_a_plan_of_every_kind_is_written_from_the_empty_form(boss, shop, kind):
    path = f"/care/plans/new?kind={kind.value}"
    names = {f"name__{locale}": "新计划" for locale in ("zh_Hans", "zh_Hant", "en")}
    words = {f"words__{locale}": "您好" for locale in ("zh_Hans", "zh_Hant", "en")}
    answer = send(boss, path, fields_of(boss.page(path)), do="publish", **names, **words)
    assert answer.status_code == 303, re.findall(r'class="complaint".*?</p>', answer.text)
    made = newest()
    assert (made.kind, made.is_on, made.name["en"]) == (kind.value, False, "新计划")


def test_promotions_and_unknown_kinds_are_not_written_here(boss):
    for kind in ("promotion", "nonsense", ""):
        assert boss.get(f"/care/plans/new?kind={kind}").status_code == 404


def test_a_plan_is_switched_and_copied_by_a_button(boss, plan):
    assert "The plan is off" in boss.told(f"/care/plans/{plan.id}/off")
    assert "The plan is on" in boss.told(f"/care/plans/{plan.id}/on")
    assert "This is the copy" in boss.told(f"/care/plans/{plan.id}/copy")
    assert newest().is_on is False


def test_the_versions_are_listed_with_who_published_them(boss, plan):
    path = f"/care/plans/{plan.id}"
    send(boss, path, fields_of(boss.page(path)), months__core="2", note="more often", do="publish")
    shown = boss.page(path)
    assert "Version 2" in shown
    assert "葉翠珊" in shown
    assert "more often" in shown


def test_the_form_of_a_plan_reads_back_as_the_same_draft(shop):
    row = plan_queries.plan(make_plan(settings=plan_settings(conditions=EVERY_CONDITION)).id)
    draft = draft_of(row, products={})
    posted = MultiDict(draft.values())
    for name, chosen in draft.lists().items():
        posted.setlist(name, chosen)
    for number, each in enumerate(draft.rows):
        posted.add(f"c{number}-field", each.field.value)
    again = read_draft(posted, PlanKind.CADENCE)
    assert again.settings(lambda _codes: {}) == draft.settings(lambda _codes: {})


def test_a_birthday_plan_leaves_the_children_out_when_the_tick_is_taken_away(boss, shop):
    row = make_plan("birthday")
    path = f"/care/plans/{row.id}"
    assert "on the birthday, of the children too" in boss.page(path)
    fields = fields_of(boss.page(path))
    assert fields["with_members"] == "1"
    words = {f"words__{locale}": "您好" for locale in ("zh_Hans", "zh_Hant", "en")}
    fields.pop("with_members")
    assert send(boss, path, fields, do="publish", **words).status_code == 303
    assert plan_queries.plan(row.id).settings.timing.with_members is False
    assert "with_members" not in fields_of(boss.page(path))


def test_a_plan_about_a_field_that_the_company_has_switched_off_says_so(boss, shop, now):
    condition = {"field": "occupation", "op": "in", "value": ["education"]}
    row = make_plan(settings=plan_settings(conditions=[condition]))
    path = f"/care/plans/{row.id}"
    assert "no longer keeps" not in boss.page(path)
    assert '<option value="occupation">' in boss.page(path)
    file_fields.switch({OptionalField.OCCUPATION: False}, actor=actor_of(shop.boss), now=now)
    shown = boss.page(path)
    assert "Your company no longer keeps: Occupation." in shown
    assert '<option value="occupation">' not in shown
    refused = send(boss, path, fields_of(shown), do="publish", **{"c0-chosen": "education"})
    assert refused.status_code == 422
    assert "Your company does not keep this. Take the condition away." in refused.text


# --- the forecast -----------------------------------------------------------------------------------------------------


def test_the_forecast_of_all_can_be_narrowed_to_a_store(boss, shop, plan):
    assert "南山店" in boss.page("/care/plans/forecast")
    shown = boss.page(f"/care/plans/forecast?store={shop.store.id}")
    assert "<h2>沙田店</h2>" in shown
    assert "<h2>南山店</h2>" not in shown


def test_the_forecast_of_a_big_company_comes_after_the_page(boss, shop, plan, monkeypatch):
    monkeypatch.setattr(forecast, "takes_long", lambda: True)
    counted = []
    count = forecast.of_all
    monkeypatch.setattr(forecast, "of_all", lambda **told: counted.append(1) or count(**told))
    shown = boss.page("/care/plans/forecast")
    assert 'id="forecast" data-region data-later' in shown
    assert "<progress" in shown
    assert "load-chart" not in shown
    assert not counted
    later = boss.get("/care/plans/forecast", headers={"X-Fragment": "forecast"}).get_data(as_text=True)
    assert later.startswith('<template data-fragment="forecast">')
    assert "load-chart" in later
    assert "<progress" not in later


def test_who_reads_without_scripts_asks_for_the_whole_forecast(boss, shop, plan, monkeypatch):
    monkeypatch.setattr(forecast, "takes_long", lambda: True)
    assert '<noscript><a class="button" href="?whole=1">' in boss.page("/care/plans/forecast")
    shown = boss.page("/care/plans/forecast?whole=1")
    assert "load-chart" in shown
    assert "data-later" not in shown


def test_a_company_is_big_by_the_estimate_of_the_database(shop, monkeypatch):
    make_customer(store=shop.store)
    assert not forecast.takes_long()
    db.session.execute(db.text("ANALYZE household"))
    monkeypatch.setattr(forecast, "SOON_COUNTED", 0)
    assert forecast.takes_long()


def test_a_supervisor_sees_the_forecast_of_the_own_stores(supervisor, shop, plan):
    shown = supervisor.page("/care/plans/forecast")
    assert "<h2>沙田店</h2>" in shown
    assert "<h2>南山店</h2>" not in shown
    assert supervisor.get(f"/care/plans/forecast?store={shop.elsewhere.id}").status_code == 404


def week(number, *, minutes=0, booked=0, there=0):
    return Week(date(2027, 3, 1 + 7 * number), 0, 0, minutes, booked, there)


def test_the_bars_of_a_chart_stand_on_each_other_and_share_one_scale():
    chart = chart_of(StoreForecast(1, "x", (week(0, minutes=600, booked=600, there=2400), week(1, minutes=1200))))
    first, second = chart.bars
    assert first.new_height == first.booked_height
    assert second.new_height == pytest.approx(2 * first.new_height, abs=0.2)
    assert first.new_y == pytest.approx(first.booked_y - first.new_height, abs=0.2)
    assert chart.lines[0].y == chart.floor
    assert all(0 <= bar.there_y <= chart.floor for bar in chart.bars)
    assert (first.is_too_much, second.is_too_much) == (False, True)


@pytest.mark.parametrize("minutes", [0, 1, 59, 60, 61, 7777, 999_999, 9_999_999])
def test_a_chart_of_any_size_fits_and_has_few_lines(minutes):
    chart = chart_of(StoreForecast(1, "x", (week(0, minutes=minutes),)))
    assert 2 <= len(chart.lines) <= 6
    assert 0 <= chart.bars[0].new_y <= chart.floor


# --- why, on the file -------------------------------------------------------------------------------------------------


def test_the_file_says_why_a_customer_was_not_contacted(supervisor, shop):
    customer = make_customer(store=shop.store, tier="ordinary")
    make_plan(settings=plan_settings(conditions=[{"field": "tier", "op": "in", "value": ["core"]}]))
    shown = supervisor.page(f"/customers/{customer.id}")
    assert "Why did, or didn’t, we get in touch?" in shown
    assert "Tier: the plan asks for core; here it is ordinary." in shown


def test_a_customer_of_another_store_tells_nothing(supervisor, shop):
    assert supervisor.get(f"/customers/{make_customer(store=make_store()).id}").status_code == 404
