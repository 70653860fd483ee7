"""What each list is as a table: its columns, and the select that gives them, narrowed as the list itself is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Date, Select, and_, cast, func, literal, null, or_, select, true
from sqlalchemy.orm import aliased

from app.careplans.models import CarePlan, Occurrence
from app.complaints import queries as complaint_queries
from app.complaints.access import visible_complaints
from app.complaints.models import Complaint, ComplaintStatement
from app.core.i18n import N_
from app.customers import queries as customer_queries
from app.customers.access import visible_customers
from app.customers.hand_over_models import HandOver, HandOverLine
from app.customers.merge_models import DuplicatePair
from app.customers.models import Customer, Household, HouseholdMember
from app.customers.queries import CustomerFilter
from app.customers.values import Tier
from app.imports.access import visible_runs
from app.imports.models import ImportRun, State
from app.messaging import outbox
from app.messaging.access import visible_messages
from app.messaging.kinds import Kind as MessageKind
from app.messaging.models import Message
from app.people.access import Role, in_own_stores, visible_staff, visible_stores
from app.people.models import Staff, StaffStore, Store
from app.points.access import visible_entries
from app.points.models import PointsEntry, PointsRuleSet
from app.purchases import lapsed, referrals
from app.purchases.lapsed import LapsedFilter, Silence
from app.purchases.models import Product, ProductStock, Purchase, PurchaseLine, StockReservation
from app.purchases.referrals import ReferralState
from app.reports import revenue
from app.reports.exports import Asked, Column, ExportList, Kind
from app.reports.revenue import Period
from app.tasks.access import visible_tasks
from app.tasks.kinds import Status, TaskType
from app.tasks.models import Task

_owner = aliased(Staff)
PHONE = Column(N_("Number"), "phone", Kind.PHONE)
STORE = Column(N_("Store"), "store")
CUSTOMER_ID = Column(N_("Customer no."), "customer_id")
CUSTOMER = Column(N_("Customer"), "customer")


def _customers(asked: Asked) -> Select[Any]:
    wanted = CustomerFilter(
        search=asked.text("q"),
        tag=asked.text("tag", longest=40) or None,
        store_id=asked.store_id,
        owner_id=asked.number("owner_id", "owner"),
        tier=asked.one_of(Tier, "tier"),
        phone_fault=asked.ticked("phone_fault", "number"),
    )
    columns: list[Any] = [
        Customer.id.label("customer_id"), Customer.name.label("customer"), Customer.phone, Store.name.label("store"),
        Store.zone, _owner.name.label("owner"), Customer.household_id, Customer.locale, Customer.dialect,
        Customer.gender, Customer.birthday_calendar, Customer.birthday_year, Customer.birthday_month,
        Customer.birthday_day, Customer.district, Customer.address, Customer.lat, Customer.lng, Customer.access_notes,
        Customer.tags, Customer.preferences, Customer.sizes, Customer.occupation, Customer.industry,
        Customer.income_band, Customer.tier, Customer.created_at, Customer.updated_at,
    ]  # fmt: skip
    stmt: Any = (
        select(*columns)
        .join(Store, Store.id == Customer.store_id)
        .outerjoin(_owner, _owner.id == Customer.owner_id)
        .where(*customer_queries.narrowed(wanted))
        .order_by(Customer.name_key, Customer.id)
    )
    return visible_customers(stmt, asked.actor, asked.now)


def _households(asked: Asked) -> Select[Any]:
    """One row for each person: those with a file, and those for whom is bought or cared."""
    files: Any = (
        select(
            Household.id.label("household_id"), Household.name.label("household"), Store.name.label("store"),
            Store.zone.label("zone"), Customer.id.label("customer_id"), Customer.name.label("name"),
            literal("file").label("relation"), cast(null(), Date).label("birth_date"),
            cast(null(), HouseholdMember.guardian_consent_at.type).label("consent_at"),
            cast(null(), HouseholdMember.guardian_consent_at.type).label("withdrawn_at"), literal(0).label("place"),
        )
        .join(Customer, Customer.household_id == Household.id)
        .join(Store, Store.id == Household.store_id)
    )  # fmt: skip
    members: Any = (
        select(
            Household.id, Household.name, Store.name, Store.zone, HouseholdMember.customer_id, HouseholdMember.name,
            HouseholdMember.relation, HouseholdMember.birth_date, HouseholdMember.guardian_consent_at,
            HouseholdMember.consent_withdrawn_at, literal(1),
        )
        .join(HouseholdMember, HouseholdMember.household_id == Household.id)
        .join(Store, Store.id == Household.store_id)
        .where(HouseholdMember.anonymised_at.is_(None), HouseholdMember.customer_id.is_(None))
    )  # fmt: skip
    mine = in_own_stores(Household.store_id, asked.actor)
    narrowed = [mine] if asked.store_id is None else [mine, Household.store_id == asked.store_id]
    both = files.where(*narrowed).union_all(members.where(*narrowed)).subquery()
    return select(both).order_by(both.c.household_id, both.c.place, both.c.name)


def _purchases(asked: Asked) -> Select[Any]:
    """One row for each line of a receipt."""
    since, until = asked.moments()
    stmt: Any = (
        select(
            Purchase.id.label("purchase_id"), Purchase.bought_at, Store.zone, Store.name.label("store"),
            Purchase.source, Purchase.external_id, Purchase.customer_id, Customer.name.label("customer"),
            Customer.phone, Product.code, Product.name.label("product"), PurchaseLine.quantity, PurchaseLine.amount,
            PurchaseLine.returned, PurchaseLine.refunded, Purchase.currency, _owner.name.label("seller"),
        )
        .select_from(Purchase)
        .join(PurchaseLine, PurchaseLine.purchase_id == Purchase.id)
        .join(Product, Product.id == PurchaseLine.product_id)
        .join(Customer, Customer.id == Purchase.customer_id)
        .join(Store, Store.id == Purchase.store_id)
        .outerjoin(_owner, _owner.id == Purchase.seller_id)
        .order_by(Purchase.bought_at.desc(), Purchase.id.desc(), PurchaseLine.id)
    )  # fmt: skip
    stmt = _where(stmt, {
        Purchase.store_id: asked.store_id,
        Purchase.customer_id: asked.number("customer_id", "customer"),
        Purchase.source: asked.text("source") or None,
    })  # fmt: skip
    stmt = _between(stmt, Purchase.bought_at, since, until)
    return visible_customers(stmt, asked.actor, asked.now)


def _products(asked: Asked) -> Select[Any]:
    following = aliased(Product)
    stmt: Any = (
        select(
            Product.code, Product.barcode, Product.name, Product.category, Product.pack_size, Product.unit,
            Product.follow_up_day, Product.is_restricted, Product.is_consumable, Product.is_large,
            Product.until_age_months, following.code.label("next"), Product.is_active,
        )
        .outerjoin(following, following.id == Product.next_product_id)
        .order_by(Product.category, Product.code)
    )  # fmt: skip
    return _where(stmt, {Product.category: asked.text("category") or None})


def _stock(asked: Asked) -> Select[Any]:
    reserved = (
        select(func.coalesce(func.sum(StockReservation.quantity), 0))
        .where(
            StockReservation.store_id == ProductStock.store_id,
            StockReservation.product_id == ProductStock.product_id,
            StockReservation.state == "held",
            StockReservation.expires_at > asked.now,
        )
        .correlate(ProductStock)
        .scalar_subquery()
    )
    stmt: Any = (
        select(
            Store.name.label("store"), Store.zone, Product.code, Product.name, Product.category, ProductStock.on_hand,
            reserved.label("reserved"), Product.unit, ProductStock.counted_at,
        )
        .select_from(ProductStock)
        .join(Product, Product.id == ProductStock.product_id)
        .join(Store, Store.id == ProductStock.store_id)
        .where(in_own_stores(ProductStock.store_id, asked.actor))
        .order_by(Store.code, Product.code)
    )  # fmt: skip
    return _where(stmt, {ProductStock.store_id: asked.store_id})


def _staff(asked: Asked) -> Select[Any]:
    names = (
        select(func.string_agg(Store.name, ", "))
        .join(StaffStore, StaffStore.store_id == Store.id)
        .where(StaffStore.staff_id == Staff.id)
        .correlate(Staff)
        .scalar_subquery()
    )
    stmt: Any = visible_staff(
        select(
            Staff.id.label("staff_id"), Staff.name, Staff.phone, Staff.role, names.label("stores"), Staff.locale,
            Staff.languages, Staff.skills, Staff.is_active,
        ),
        asked.actor,
    ).order_by(Staff.name, Staff.id)  # fmt: skip
    if asked.store_id is not None:
        stmt = stmt.where(Staff.id.in_(select(StaffStore.staff_id).where(StaffStore.store_id == asked.store_id)))
    if not asked.ticked("all"):
        stmt = stmt.where(Staff.is_active)
    return _where(stmt, {Staff.role: asked.one_of(Role, "role")})


def _stores(asked: Asked) -> Select[Any]:
    stmt: Any = select(
        Store.code, Store.name, Store.region, Store.country, Store.zone, Store.locale, Store.phone, Store.address,
        Store.lat, Store.lng, Store.is_active,
    ).order_by(Store.code)  # fmt: skip
    narrowed: Select[Any] = visible_stores(stmt, asked.actor)
    return narrowed


def _tasks(asked: Asked) -> Select[Any]:
    since, until = asked.moments()
    stmt: Any = (
        select(
            Task.number, Task.type, Task.reason, Task.status, Store.name.label("store"), Store.zone, Task.customer_id,
            Customer.name.label("customer"), Customer.phone, Customer.district, Customer.address,
            _owner.name.label("assignee"), Task.window_start, Task.window_end, Task.expected_minutes, Task.confirmed_at,
            Task.started_at, Task.arrived_at, Task.ended_at, Task.end_reason, Task.rating, Task.created_at,
        )
        .select_from(Task)
        .join(Customer, Customer.id == Task.customer_id)
        .join(Store, Store.id == Task.store_id)
        .outerjoin(_owner, _owner.id == Task.assignee_id)
        .order_by(Task.window_start, Task.id)
    )  # fmt: skip
    stmt = _where(stmt, {
        Task.store_id: asked.store_id,
        Task.customer_id: asked.number("customer_id", "customer"),
        Task.assignee_id: asked.number("assignee_id", "assignee"),
        Task.status: asked.one_of(Status, "status"),
        Task.type: asked.one_of(TaskType, "type"),
    })  # fmt: skip
    day = asked.day("date", "day")
    if day is not None:
        # The bounds are for the index, which knows no zones.
        stmt = stmt.where(
            Task.window_start >= day - timedelta(days=1),
            Task.window_start < day + timedelta(days=2),
            cast(func.timezone(Store.zone, Task.window_start), Date) == day,
        )
    stmt = _between(stmt, Task.window_start, since, until)
    return visible_tasks(stmt, asked.actor, asked.now)


def _complaints(asked: Asked) -> Select[Any]:
    words = (
        select(ComplaintStatement.words)
        .where(ComplaintStatement.complaint_id == Complaint.id)
        .order_by(ComplaintStatement.id)
        .limit(1)
        .scalar_subquery()
    )
    state = asked.text("open", "state")
    is_open = {"true": True, "1": True, "open": True, "false": False, "0": False, "closed": False}.get(state)
    wanted = complaint_queries.ComplaintFilter(
        store_id=asked.store_id,
        customer_id=asked.number("customer_id", "customer"),
        owner_id=asked.number("owner_id", "owner"),
        stage=asked.text("stage") or None,
        is_open=is_open,
        is_overdue=asked.ticked("overdue"),
        is_reaction=True if asked.ticked("reaction", "is_reaction") else None,
    )
    stmt: Any = (
        select(
            Complaint.number, Store.name.label("store"), Store.zone, Complaint.customer_id,
            Customer.name.label("customer"), Customer.phone, _owner.name.label("owner"), Complaint.source,
            Complaint.stage, Complaint.is_reaction, words.label("words"), Complaint.opened_at,
            Complaint.acknowledged_at, Complaint.planned_at, Complaint.plan, Complaint.promised_for,
            Complaint.resolved_at, Complaint.apology, Complaint.cause, Complaint.remedy, Complaint.satisfied,
            Complaint.closed_at, Complaint.outcome,
        )
        .select_from(Complaint)
        .join(Customer, Customer.id == Complaint.customer_id)
        .join(Store, Store.id == Complaint.store_id)
        .outerjoin(_owner, _owner.id == Complaint.owner_id)
        .where(*complaint_queries.narrowed(wanted, asked.now))
        .order_by(Complaint.due_at, Complaint.id)
    )  # fmt: skip
    return visible_complaints(stmt, asked.actor, asked.now)


def _messages(asked: Asked) -> Select[Any]:
    since, until = asked.moments()
    stmt: Any = (
        select(
            Message.created_at, Store.name.label("store"), Store.zone, Message.kind, Message.customer_id,
            Customer.name.label("customer"), Message.to_phone.label("phone"), Task.number.label("task"), Message.body,
            Message.locale, Message.state, func.coalesce(Message.end_reason, Message.held_reason).label("why"),
            Message.segments, Message.submitted_at, Message.ended_at, _owner.name.label("sender"),
        )
        .select_from(Message)
        .join(Store, Store.id == Message.store_id)
        .outerjoin(Customer, Customer.id == Message.customer_id)
        .outerjoin(Task, Task.id == Message.task_id)
        .outerjoin(_owner, _owner.id == Message.sender_id)
        .order_by(Message.created_at.desc(), Message.id.desc())
    )  # fmt: skip
    stmt = _where(stmt, {
        Message.store_id: asked.store_id,
        Message.customer_id: asked.number("customer_id", "customer"),
        Message.kind: asked.one_of(MessageKind, "kind"),
    })  # fmt: skip
    group = asked.one_of(outbox.Group, "group")
    if group is not None and group in outbox.STATES:
        stmt = stmt.where(Message.state.in_([state.value for state in outbox.STATES[outbox.Group(group)]]))
    stmt = _between(stmt, Message.created_at, since, until)
    return visible_messages(stmt, asked.actor, asked.now)


def _points(asked: Asked) -> Select[Any]:
    stmt: Any = (
        select(
            PointsEntry.effective_at, Store.name.label("store"), Store.zone, _owner.name.label("associate"),
            PointsEntry.season, PointsEntry.rule_key, PointsRuleSet.version.label("rules"), PointsEntry.amount,
            PointsEntry.state, Task.number.label("task"), PointsEntry.recorded_at, PointsEntry.vested_at,
            PointsEntry.reverses_id,
        )
        .select_from(PointsEntry)
        .join(Store, Store.id == PointsEntry.store_id)
        .join(_owner, _owner.id == PointsEntry.associate_id)
        .join(PointsRuleSet, PointsRuleSet.id == PointsEntry.rule_set_id)
        .outerjoin(Task, Task.id == PointsEntry.task_id)
        .order_by(PointsEntry.effective_at.desc(), PointsEntry.id.desc())
    )  # fmt: skip
    stmt = _where(stmt, {
        PointsEntry.store_id: asked.store_id,
        PointsEntry.associate_id: asked.number("staff_id", "staff"),
        PointsEntry.season: asked.text("season") or None,
    })  # fmt: skip
    return visible_entries(stmt, asked.actor)


def _occurrences(asked: Asked) -> Select[Any]:
    stmt: Any = (
        select(
            Occurrence.due_day, Store.name.label("store"), CarePlan.name.label("plan"), Occurrence.kind,
            Occurrence.customer_id, Customer.name.label("customer"), Customer.phone, Occurrence.state,
            Occurrence.reason, Occurrence.booked_day, Task.number.label("task"),
        )
        .select_from(Occurrence)
        .join(CarePlan, CarePlan.id == Occurrence.plan_id)
        .join(Customer, Customer.id == Occurrence.customer_id)
        .join(Store, Store.id == Occurrence.store_id)
        .outerjoin(Task, Task.id == Occurrence.task_id)
        .where(in_own_stores(Occurrence.store_id, asked.actor))
        .order_by(Occurrence.due_day, Occurrence.id)
    )  # fmt: skip
    day = asked.day("date")
    since, until = asked.day("from") or day, asked.day("to") or day
    if since is not None:
        stmt = stmt.where(Occurrence.due_day >= since)
    if until is not None:
        stmt = stmt.where(Occurrence.due_day <= until)
    return _where(stmt, {
        Occurrence.store_id: asked.store_id,
        Occurrence.customer_id: asked.number("customer_id", "customer"),
        Occurrence.state: asked.text("state") or None,
        Occurrence.kind: asked.text("kind") or None,
    })  # fmt: skip


def _lapsed(asked: Asked) -> Select[Any]:
    tier = asked.one_of(Tier, "tier")
    silence = Silence(asked.one_of(Silence, "why", "silence") or Silence.NOT_BOUGHT)
    wanted = LapsedFilter(
        silence=silence,
        store_id=asked.store_id,
        owner_id=asked.number("owner_id", "owner"),
        tier=Tier(tier) if tier else None,
    )
    return lapsed.list_of(wanted, actor=asked.actor, now=asked.now)


def _revenue(asked: Asked) -> Select[Any]:
    first, last = asked.day("from"), asked.day("to")
    scope = revenue.scope_for(
        store_id=asked.store_id,
        currency=asked.text("currency") or None,
        period=Period(first, last),
        actor=asked.actor,
    )
    stmt, place = revenue.bringers(scope, actor=asked.actor, now=asked.now)
    found = stmt.add_columns(place).subquery()
    # The files are wanted as columns, not as objects that would all stay in memory.
    return select(
        found.c.place, found.c.id.label("customer_id"), found.c.name.label("customer"), found.c.phone, found.c.tier,
        found.c.store, found.c.owner, found.c.purchases, found.c.value, literal(scope.currency).label("currency"),
        found.c.percent, found.c.running_percent,
    ).order_by(found.c.place)  # fmt: skip


def _referrals(asked: Asked) -> Select[Any]:
    state = asked.one_of(ReferralState, "state")
    return referrals.list_of(
        actor=asked.actor, now=asked.now, store_id=asked.store_id, state=ReferralState(state) if state else None
    )


def _imports(asked: Asked) -> Select[Any]:
    stmt: Any = (
        select(
            ImportRun.id.label("import_id"), ImportRun.kind, ImportRun.file_name, _owner.name.label("by"),
            ImportRun.created_at, literal("Asia/Hong_Kong").label("zone"), ImportRun.state, ImportRun.rows,
            ImportRun.finished_at, ImportRun.undone_at,
        )
        .join(_owner, _owner.id == ImportRun.created_by_id)
        .where(ImportRun.state != State.DISCARDED)
        .order_by(ImportRun.id.desc())
    )  # fmt: skip
    return visible_runs(_where(stmt, {ImportRun.kind: asked.text("kind") or None}), asked.actor)


def _duplicates(asked: Asked) -> Select[Any]:
    low, high = aliased(Customer), aliased(Customer)
    stmt: Any = (
        select(
            DuplicatePair.score, low.id.label("one_id"), low.name.label("one"), low.phone.label("phone"),
            low.address.label("one_address"), high.id.label("other_id"), high.name.label("other"),
            high.phone.label("other_phone"), high.address.label("other_address"), DuplicatePair.evidence,
        )
        .join(low, low.id == DuplicatePair.low_id)
        .join(high, high.id == DuplicatePair.high_id)
        .where(
            DuplicatePair.state == "open",
            in_own_stores(low.store_id, asked.actor),
            in_own_stores(high.store_id, asked.actor),
        )
        .order_by(DuplicatePair.score.desc(), DuplicatePair.low_id.desc(), DuplicatePair.high_id.desc())
    )  # fmt: skip
    if asked.store_id is not None:
        stmt = stmt.where(or_(low.store_id == asked.store_id, high.store_id == asked.store_id))
    return stmt  # type: ignore[no-any-return]


def _hand_overs(asked: Asked) -> Select[Any]:
    was, now = aliased(Staff), aliased(Staff)
    stmt: Any = (
        select(
            HandOverLine.made_at, Store.zone, Store.name.label("store"), HandOverLine.customer_id,
            Customer.name.label("customer"), Customer.phone, was.name.label("was"), now.name.label("now"), HandOver.why,
            HandOver.until, HandOverLine.state, HandOverLine.answer, HandOverLine.words, HandOverLine.ended_at,
        )
        .select_from(HandOverLine)
        .join(HandOver, HandOver.id == HandOverLine.hand_over_id)
        .join(Customer, Customer.id == HandOverLine.customer_id)
        .join(Store, Store.id == Customer.store_id)
        .join(was, was.id == HandOverLine.from_id)
        .join(now, now.id == HandOverLine.to_id)
        .where(in_own_stores(Customer.store_id, asked.actor))
        .order_by(HandOverLine.id.desc())
    )  # fmt: skip
    return _where(stmt, {Customer.store_id: asked.store_id, HandOverLine.state: asked.text("state") or None})


def _where(stmt: Select[Any], wanted: Mapping[Any, object]) -> Select[Any]:
    return stmt.where(and_(true(), *(column == value for column, value in wanted.items() if value is not None)))


def _between(stmt: Select[Any], column: Any, since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        stmt = stmt.where(column >= since)
    return stmt if until is None else stmt.where(column < until)


def _word(title: str, name: str, words: str) -> Column:
    return Column(title, name, Kind.WORD, words)


def _local(title: str, name: str) -> Column:
    return Column(title, name, Kind.LOCAL)


def _tick(title: str, name: str) -> Column:
    return Column(title, name, Kind.TICK)


_ALL = (
    ExportList("customers", N_("Customers"), (
        CUSTOMER_ID, CUSTOMER, PHONE, STORE, Column(N_("Familiar face"), "owner"), _word(N_("Tier"), "tier", "TIERS"),
        Column(N_("Household no."), "household_id"), _word(N_("Reads"), "locale", "LOCALE_WORDS"),
        _word(N_("Dialect"), "dialect", "SPOKEN"), _word(N_("Gender"), "gender", "GENDERS"),
        _word(N_("Birthday calendar"), "birthday_calendar", "CALENDARS"), Column(N_("Birthday year"), "birthday_year"),
        Column(N_("Birthday month"), "birthday_month"), Column(N_("Birthday day"), "birthday_day"),
        Column(N_("District"), "district"), Column(N_("Address"), "address"), Column(N_("Latitude"), "lat"),
        Column(N_("Longitude"), "lng"), Column(N_("How to reach the door"), "access_notes"),
        Column(N_("Tags"), "tags", Kind.LIST), Column(N_("Preferences"), "preferences"),
        Column(N_("Sizes"), "sizes", Kind.LIST), _word(N_("Occupation"), "occupation", "OCCUPATIONS"),
        _word(N_("Industry"), "industry", "INDUSTRIES"), _word(N_("Income band"), "income_band", "INCOME_BANDS"),
        _local(N_("Opened on"), "created_at"), _local(N_("Changed on"), "updated_at"),
    ), _customers),
    ExportList("households", N_("Households"), (
        Column(N_("Household no."), "household_id"), Column(N_("Household"), "household"), STORE, CUSTOMER_ID,
        Column(N_("Name"), "name"), _word(N_("Relation"), "relation", "RELATIONS"),
        Column(N_("Birth date"), "birth_date"), _local(N_("Guardian’s consent"), "consent_at"),
        _local(N_("Consent withdrawn"), "withdrawn_at"),
    ), _households),
    ExportList("purchases", N_("Purchases"), (
        _local(N_("Bought on"), "bought_at"), STORE, Column(N_("Source"), "source"),
        Column(N_("Receipt"), "external_id"), CUSTOMER_ID, CUSTOMER, PHONE, Column(N_("Product code"), "code"),
        Column(N_("Product"), "product", Kind.TEXT3), Column(N_("Quantity"), "quantity"),
        Column(N_("Amount"), "amount"), Column(N_("Returned"), "returned"), Column(N_("Refunded"), "refunded"),
        Column(N_("Currency"), "currency"), Column(N_("Seller"), "seller"),
    ), _purchases),
    ExportList("products", N_("Products"), (
        Column(N_("Product code"), "code"), Column(N_("Barcode"), "barcode"),
        Column(N_("Product"), "name", Kind.TEXT3), Column(N_("Category"), "category"),
        Column(N_("Pack size"), "pack_size"), Column(N_("Unit"), "unit"),
        Column(N_("Follow-up day"), "follow_up_day"), _tick(N_("Restricted"), "is_restricted"),
        _tick(N_("Used up"), "is_consumable"), _tick(N_("Large"), "is_large"),
        Column(N_("Until age in months"), "until_age_months"), Column(N_("Next product"), "next"),
        _tick(N_("On sale"), "is_active"),
    ), _products),
    ExportList("stock", N_("Stock"), (
        STORE, Column(N_("Product code"), "code"), Column(N_("Product"), "name", Kind.TEXT3),
        Column(N_("Category"), "category"), Column(N_("On hand"), "on_hand"), Column(N_("Kept back"), "reserved"),
        Column(N_("Unit"), "unit"), _local(N_("Counted on"), "counted_at"),
    ), _stock),
    ExportList("staff", N_("Staff"), (
        Column(N_("Person no."), "staff_id"), Column(N_("Name"), "name"), PHONE, _word(N_("Role"), "role", "ROLES"),
        Column(N_("Works in"), "stores"), _word(N_("Reads"), "locale", "LOCALE_WORDS"),
        Column(N_("Speaks"), "languages", Kind.LIST), Column(N_("Can"), "skills", Kind.LIST),
        _tick(N_("Works here"), "is_active"),
    ), _staff),
    ExportList("stores", N_("Stores"), (
        Column(N_("Code"), "code"), Column(N_("Store"), "name"), Column(N_("Region"), "region"),
        Column(N_("Country"), "country"), Column(N_("Time zone"), "zone"), _word(N_("Reads"), "locale", "LOCALE_WORDS"),
        Column(N_("Shop’s number"), "phone"), Column(N_("Address"), "address"), Column(N_("Latitude"), "lat"),
        Column(N_("Longitude"), "lng"), _tick(N_("Open"), "is_active"),
    ), _stores),
    ExportList("tasks", N_("Tasks"), (
        Column(N_("Task"), "number"), _word(N_("Kind"), "type", "TASK_TYPES"), _word(N_("Reason"), "reason", "REASONS"),
        _word(N_("Status"), "status", "STATUSES"), STORE, CUSTOMER_ID, CUSTOMER, PHONE,
        Column(N_("District"), "district"), Column(N_("Address"), "address"), Column(N_("Associate"), "assignee"),
        _local(N_("From"), "window_start"), _local(N_("To"), "window_end"),
        Column(N_("Expected minutes"), "expected_minutes"), _local(N_("Confirmed"), "confirmed_at"),
        _local(N_("Set out"), "started_at"), _local(N_("Arrived"), "arrived_at"), _local(N_("Ended"), "ended_at"),
        _word(N_("Why it ended"), "end_reason", "END_REASONS"), Column(N_("Stars"), "rating"),
        _local(N_("Opened on"), "created_at"),
    ), _tasks),
    ExportList("complaints", N_("Complaints"), (
        Column(N_("Complaint"), "number"), STORE, CUSTOMER_ID, CUSTOMER, PHONE, Column(N_("In charge"), "owner"),
        Column(N_("Source"), "source"), _word(N_("Stage"), "stage", "STAGES"),
        _tick(N_("Bodily reaction"), "is_reaction"), Column(N_("In the customer’s words"), "words"),
        _local(N_("Opened on"), "opened_at"), _local(N_("Acknowledged"), "acknowledged_at"),
        _local(N_("Planned"), "planned_at"), Column(N_("Plan"), "plan"), _local(N_("Promised for"), "promised_for"),
        _local(N_("Put right"), "resolved_at"), Column(N_("Apology"), "apology"), Column(N_("Cause"), "cause"),
        Column(N_("Remedy"), "remedy"), _tick(N_("Customer content"), "satisfied"), _local(N_("Closed"), "closed_at"),
        Column(N_("Outcome"), "outcome"),
    ), _complaints),
    ExportList("messages", N_("Messages"), (
        _local(N_("Written"), "created_at"), STORE, _word(N_("Kind"), "kind", "MESSAGE_KINDS"), CUSTOMER_ID, CUSTOMER,
        PHONE, Column(N_("Task"), "task"), Column(N_("Text"), "body"), _word(N_("Language"), "locale", "LOCALE_WORDS"),
        _word(N_("Status"), "state", "MESSAGE_STATES"), _word(N_("Why"), "why", "SENTENCE"),
        Column(N_("SMS"), "segments"), _local(N_("Sent"), "submitted_at"), _local(N_("Ended"), "ended_at"),
        Column(N_("Written by"), "sender"),
    ), _messages),
    ExportList("points", N_("Points"), (
        _local(N_("Counts from"), "effective_at"), STORE, Column(N_("Associate"), "associate"),
        Column(N_("Season"), "season"), _word(N_("Rule"), "rule_key", "POINT_RULES"),
        Column(N_("Rules version"), "rules"), Column(N_("Points"), "amount"),
        _word(N_("Status"), "state", "ENTRY_STATES"), Column(N_("Task"), "task"),
        _local(N_("Recorded"), "recorded_at"), _local(N_("Vested"), "vested_at"),
        Column(N_("Takes back line"), "reverses_id"),
    ), _points),
    ExportList("occurrences", N_("Contacts"), (
        Column(N_("Due on"), "due_day"), STORE, Column(N_("Care plan"), "plan", Kind.TEXT3),
        _word(N_("Kind"), "kind", "CONTACT_KINDS"), CUSTOMER_ID, CUSTOMER, PHONE,
        _word(N_("Status"), "state", "OCCURRENCE_STATES"), _word(N_("Why"), "reason", "OCCURRENCE_REASONS"),
        Column(N_("Booked for"), "booked_day"), Column(N_("Task"), "task"),
    ), _occurrences),
    ExportList("lapsed", N_("Lapsed customers"), (
        CUSTOMER_ID, CUSTOMER, PHONE, STORE, Column(N_("Familiar face"), "owner_name"),
        _word(N_("Tier"), "tier", "TIERS"), Column(N_("Last bought"), "last_bought_on"),
        Column(N_("Own rhythm in days"), "cycle_days"), Column(N_("Lapsed since"), "lapses_on"),
        Column(N_("Last contact"), "last_contact_on"),
    ), _lapsed),
    ExportList("revenue", N_("80/20"), (
        Column(N_("Place"), "place"), CUSTOMER_ID, CUSTOMER, PHONE, _word(N_("Tier"), "tier", "TIERS"), STORE,
        Column(N_("Familiar face"), "owner"), Column(N_("Purchases"), "purchases"), Column(N_("Revenue"), "value"),
        Column(N_("Currency"), "currency"), Column(N_("Per cent"), "percent"),
        Column(N_("Per cent together"), "running_percent"),
    ), _revenue),
    ExportList("referrals", N_("Referrals"), (
        Column(N_("New customer no."), "new_id"), Column(N_("New customer"), "new_name"),
        Column(N_("Brought by"), "referrer_name"), STORE, _local(N_("Recorded"), "recorded_at"),
        Column(N_("Written by"), "recorded_by"), _word(N_("Status"), "state", "REFERRAL_STATES"),
        _local(N_("Counts from"), "counted_at"),
    ), _referrals),
    ExportList("imports", N_("Imports"), (
        Column(N_("Import no."), "import_id"), Column(N_("Kind"), "kind"), Column(N_("File"), "file_name"),
        Column(N_("Written by"), "by"), _local(N_("Begun"), "created_at"), Column(N_("Status"), "state"),
        Column(N_("Rows"), "rows"), _local(N_("Ended"), "finished_at"), _local(N_("Undone"), "undone_at"),
    ), _imports),
    ExportList("duplicates", N_("Duplicates"), (
        Column(N_("Likeness"), "score"), Column(N_("Customer no."), "one_id"), Column(N_("Customer"), "one"), PHONE,
        Column(N_("Address"), "one_address"), Column(N_("Other customer no."), "other_id"),
        Column(N_("Other customer"), "other"), Column(N_("Other number"), "other_phone", Kind.PHONE),
        Column(N_("Other address"), "other_address"), Column(N_("Alike in"), "evidence", Kind.LIST),
    ), _duplicates),
    ExportList("hand-overs", N_("Hand-overs"), (
        _local(N_("Handed over"), "made_at"), STORE, CUSTOMER_ID, CUSTOMER, PHONE, Column(N_("Before"), "was"),
        Column(N_("Now"), "now"), _word(N_("Reason"), "why", "HAND_OVER_REASONS"), _local(N_("Until"), "until"),
        _word(N_("Status"), "state", "HAND_OVER_STATES"), _word(N_("Answer"), "answer", "HAND_OVER_ANSWERS"),
        Column(N_("In the customer’s words"), "words"), _local(N_("Ended"), "ended_at"),
    ), _hand_overs),
)  # fmt: skip
LISTS: Mapping[str, ExportList] = {each.key: each for each in _ALL}
"""Key of the address -> the list."""
