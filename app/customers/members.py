"""The people of a household for whom is bought or cared, and their guardian's consent.

Who may see a customer of the household may read and keep its members. Callers own the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, literal, or_, select, update

from app.core import audit
from app.core.db import db
from app.core.errors import Invalid, NotFound, StaleVersion
from app.core.i18n import N_
from app.core.outbox import publish
from app.customers import access, care_limits
from app.customers.errors import ConsentMissing, MemberIsGone
from app.customers.member_rules import CONSENT_AGE, FORMULA_MONTHS, KEEP_DAYS, needs_guardian
from app.customers.models import Customer, Household, HouseholdMember, MemberConsentEvent
from app.customers.values import ConsentState, GuardianChannel, Relation
from app.events import GuardianConsentWithdrawn, MemberAnonymised
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Staff

EDITABLE = frozenset({"name", "relation", "birth_date", "customer_id"})
OLDEST = date(1900, 1, 1)
CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class GuardianConsent:
    """What a guardian agreed to, in the words read out or written; the actor becomes its collector."""

    text: str
    channel: GuardianChannel
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewMember:
    name: str
    relation: Relation
    birth_date: date | None = None
    customer_id: int | None = None
    consent: GuardianConsent | None = None


# Reads


def members_of(household_id: int, *, with_anonymised: bool = False) -> list[HouseholdMember]:
    """The members of a household, the eldest entry first. The caller has checked who asks."""
    return members_of_all([household_id], with_anonymised=with_anonymised)


def members_of_all(household_ids: Collection[int], *, with_anonymised: bool = False) -> list[HouseholdMember]:
    stmt = select(HouseholdMember).where(HouseholdMember.household_id.in_(sorted(set(household_ids))))
    if not with_anonymised:
        stmt = stmt.where(HouseholdMember.anonymised_at.is_(None))
    return list(db.session.scalars(stmt.order_by(HouseholdMember.household_id, HouseholdMember.id)))


def member(member_id: int) -> HouseholdMember | None:
    """For handlers and other slices, which have decided themselves who may know."""
    return db.session.get(HouseholdMember, member_id)


def get(member_id: int, *, actor: Actor, now: datetime) -> HouseholdMember:
    """One member if the actor may see a customer of the household now, else NotFound."""
    found = db.session.get(HouseholdMember, member_id)
    if found is None:
        raise NotFound()
    _require_household(found.household_id, actor=actor, now=now)
    return found


def visible_members_of(household_id: int, *, actor: Actor, now: datetime) -> list[HouseholdMember]:
    """The members of a household the actor may see; NotFound if it is none of his."""
    _require_household(household_id, actor=actor, now=now)
    return members_of(household_id)


def collectors_of(found: Sequence[HouseholdMember]) -> dict[int, str]:
    """Names of those who took the consents, by staff id."""
    ids = {one.guardian_consent_collector_id for one in found if one.guardian_consent_collector_id is not None}
    return people.names_of(ids) if ids else {}


def consent_history(member_id: int) -> list[tuple[MemberConsentEvent, str | None]]:
    """Every consent and withdrawal with the collector's name, oldest first."""
    stmt = (
        select(MemberConsentEvent, Staff.name)
        .outerjoin(
            Staff, (Staff.id == MemberConsentEvent.collector_id) & (MemberConsentEvent.collector_kind == "staff")
        )
        .where(MemberConsentEvent.member_id == member_id)
        .order_by(MemberConsentEvent.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt)]


# Changes


def add(household_id: int, new: NewMember, *, actor: Actor, now: datetime) -> HouseholdMember:
    """Keep a member. A child is kept only with the guardian's consent (ConsentMissing)."""
    household = _require_household(household_id, actor=actor, now=now)
    _check(household, new.name, new.birth_date, new.customer_id, actor=actor, now=now)
    needed = needs_guardian(new.relation, new.birth_date, today=_today(household, now))
    if needed and new.consent is None:
        raise ConsentMissing()
    kept = HouseholdMember(
        household_id=household_id,
        customer_id=new.customer_id,
        name=new.name.strip(),
        relation=new.relation.value,
        birth_date=new.birth_date,
        created_at=now,
    )
    db.session.add(kept)
    db.session.flush()
    if new.consent is not None:
        _keep_consent(kept, new.consent, actor=actor, now=now)
    _audit("member.create", kept, household, actor=actor, now=now)
    return kept


def change(member_id: int, changes: Mapping[str, Any], *, version: int, actor: Actor, now: datetime) -> HouseholdMember:
    """Change the named fields (EDITABLE) of the version the actor has seen. A child needs the consent in force."""
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValueError(f"not fields of a member: {sorted(unknown)}")
    found, household = _locked(member_id, actor=actor, now=now)
    if found.version != version:
        raise StaleVersion(extra={"version": found.version})
    values = {name: getattr(found, name) for name in EDITABLE} | dict(changes)
    _check(household, values["name"], values["birth_date"], values["customer_id"], actor=actor, now=now, own=found.id)
    relation = Relation(values["relation"])
    if needs_guardian(relation, values["birth_date"], today=_today(household, now)) and not found.has_consent:
        raise ConsentMissing()
    found.name = values["name"].strip()
    found.relation = relation.value
    found.birth_date = values["birth_date"]
    found.customer_id = values["customer_id"]
    _touch(found)
    _audit("member.update", found, household, actor=actor, now=now, detail={"fields": sorted(changes)})
    return found


def consent_again(member_id: int, consent: GuardianConsent, *, actor: Actor, now: datetime) -> HouseholdMember:
    """A guardian's consent for somebody already known, such as a member who was entered without one."""
    found, household = _locked(member_id, actor=actor, now=now)
    _keep_consent(found, consent, actor=actor, now=now)
    _touch(found)
    _audit("member.consent", found, household, actor=actor, now=now)
    return found


def withdraw(
    member_id: int,
    *,
    text: str,
    channel: GuardianChannel,
    actor: Actor,
    now: datetime,
    said_at: datetime | None = None,
) -> HouseholdMember:
    """The guardian takes the consent back: what was kept for it is anonymised at once; the proof of both words stays.

    Never refused for its wording. Saying it twice changes nothing.
    """
    found, household = _locked(member_id, actor=actor, now=now, or_gone=True)
    if found.consent_withdrawn_at is not None:
        return found
    if found.guardian_consent_at is None:
        raise Invalid(
            errors={"member": [N_("There is no consent that could be taken back. Remove the member instead.")]}
        )
    _check_said_at(said_at, now=now)
    found.consent_withdrawn_at = now
    _write_event(found, ConsentState.OUT, text=text, channel=channel, at=said_at or now, actor=actor, now=now)
    publish(GuardianConsentWithdrawn(member_id=found.id, household_id=found.household_id, occurred_at=now))
    _anonymise(found, reason="withdrawn", now=now)
    _audit("member.withdraw", found, household, actor=actor, now=now)
    return found


def anonymise(member_id: int, *, actor: Actor, now: datetime) -> HouseholdMember:
    """Remove a member: name and birth date go for good. Doing it twice changes nothing."""
    found, household = _locked(member_id, actor=actor, now=now, or_gone=True)
    if found.anonymised_at is None:
        _anonymise(found, reason="removed", now=now)
        _audit("member.remove", found, household, actor=actor, now=now)
    return found


def anonymise_ended(*, now: datetime, limit: int = CHUNK) -> int:
    """Anonymise children whose purpose has ended, one chunk; returns how many. A member with a file is left to it."""
    today = now.date()
    born = func.coalesce(HouseholdMember.birth_date, func.date(HouseholdMember.created_at))
    grace = func.make_interval(0, 0, 0, KEEP_DAYS)
    baby_ends = born + func.make_interval(0, FORMULA_MONTHS) + grace
    child_ends = born + func.make_interval(CONSENT_AGE) + grace
    counts_as_baby = or_(
        HouseholdMember.relation == Relation.BABY.value,
        (HouseholdMember.relation == Relation.CHILD.value) & HouseholdMember.birth_date.is_(None),
    )
    stmt = (
        select(HouseholdMember, Household)
        .join(Household, Household.id == HouseholdMember.household_id)
        .where(
            HouseholdMember.anonymised_at.is_(None),
            HouseholdMember.customer_id.is_(None),
            or_(
                counts_as_baby & (baby_ends <= literal(today)),
                (HouseholdMember.relation == Relation.CHILD.value)
                & HouseholdMember.birth_date.is_not(None)
                & (child_ends <= literal(today)),
            ),
        )
        .order_by(HouseholdMember.id)
        .limit(limit)
        .with_for_update(of=HouseholdMember, skip_locked=True)
    )
    rows = db.session.execute(stmt.execution_options(populate_existing=True)).all()
    for found, household in rows:
        _anonymise(found, reason="purpose_ended", now=now)
        _audit("member.purpose_ended", found, household, actor=Actor.system(), now=now)
    return len(rows)


def follow(customer_id: int, *, from_household: int, to_household: int) -> None:
    """A customer has moved to another household: his own entry goes along, and the children if nobody else stays."""
    stays = db.session.scalar(
        select(Customer.id).where(Customer.household_id == from_household, Customer.id != customer_id).limit(1)
    )
    own = HouseholdMember.customer_id == customer_id
    whose = own if stays is not None else HouseholdMember.household_id == from_household
    db.session.execute(update(HouseholdMember).where(whose).values(household_id=to_household))


def _anonymise(found: HouseholdMember, *, reason: str, now: datetime) -> None:
    found.name = ""
    found.birth_date = None
    found.customer_id = None
    found.anonymised_at = now
    _touch(found)
    publish(MemberAnonymised(member_id=found.id, household_id=found.household_id, reason=reason, occurred_at=now))


def _keep_consent(found: HouseholdMember, consent: GuardianConsent, *, actor: Actor, now: datetime) -> None:
    if not consent.text.strip():
        raise Invalid(errors={"consent_text": [N_("Please write what the guardian agreed to.")]})
    care_limits.require({"consent_text": consent.text})
    _check_said_at(consent.at, now=now)
    found.guardian_consent_text = consent.text.strip()
    found.guardian_consent_channel = consent.channel.value
    at = (consent.at or now).astimezone(UTC)
    found.guardian_consent_at = at
    found.guardian_consent_collector_id = actor.staff_id
    found.consent_withdrawn_at = None
    _write_event(
        found,
        ConsentState.IN,
        text=consent.text,
        channel=consent.channel,
        at=at,
        actor=actor,
        now=now,
    )


def _write_event(
    found: HouseholdMember,
    state: ConsentState,
    *,
    text: str,
    channel: GuardianChannel,
    at: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    db.session.execute(
        insert(MemberConsentEvent).values(
            member_id=found.id,
            state=state.value,
            text=text.strip(),
            channel=channel.value,
            occurred_at=at,
            collector_kind=actor.kind,
            collector_id=actor.id or None,
            recorded_at=now,
        )
    )


def _check(
    household: Household,
    name: str,
    birth_date: date | None,
    customer_id: int | None,
    *,
    actor: Actor,
    now: datetime,
    own: int | None = None,
) -> None:
    if not name.strip():
        raise Invalid(errors={"name": [N_("Please fill this in.")]})
    care_limits.require({}, names={"name": name})
    if birth_date is not None and not OLDEST <= birth_date <= _today(household, now):
        raise Invalid(errors={"birth_date": [N_("A birth date lies between 1900 and today.")]})
    if customer_id is not None:
        _check_file(household, customer_id, actor=actor, now=now, own=own)


def _check_file(household: Household, customer_id: int, *, actor: Actor, now: datetime, own: int | None) -> None:
    stmt = select(Customer.id).where(Customer.id == customer_id, Customer.household_id == household.id)
    if db.session.scalar(access.visible_customers(stmt, actor, now)) is None:
        raise Invalid(errors={"customer_id": [N_("This customer does not belong to the household.")]})
    taken = select(HouseholdMember.id).where(
        HouseholdMember.customer_id == customer_id, HouseholdMember.id != (own or 0)
    )
    if db.session.scalar(taken) is not None:
        raise Invalid(errors={"customer_id": [N_("This customer is already a member of the household.")]})


def _check_said_at(said_at: datetime | None, *, now: datetime) -> None:
    if said_at is not None and said_at > now:
        raise Invalid(errors={"consent_at": [N_("This lies in the future.")]})


def _require_household(household_id: int, *, actor: Actor, now: datetime) -> Household:
    seen = select(Customer.household_id).where(Customer.household_id == household_id).limit(1)
    if db.session.scalar(access.visible_customers(seen, actor, now)) is None:
        raise NotFound()
    return db.session.get_one(Household, household_id)


def _locked(member_id: int, *, actor: Actor, now: datetime, or_gone: bool = False) -> tuple[HouseholdMember, Household]:
    stmt = select(HouseholdMember).where(HouseholdMember.id == member_id).with_for_update()
    found = db.session.scalar(stmt.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    household = _require_household(found.household_id, actor=actor, now=now)
    if found.anonymised_at is not None and not or_gone:
        raise MemberIsGone()
    return found, household


def _today(household: Household, now: datetime) -> date:
    zone: ZoneInfo = people.zone_of_store(household.store_id)
    return now.astimezone(zone).date()


def _touch(found: HouseholdMember) -> None:
    found.version += 1
    db.session.flush()


def _audit(
    action: str,
    found: HouseholdMember,
    household: Household,
    *,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        access.audit_name(actor),
        action=action,
        subject=("household", household.id),
        store_id=household.store_id,
        now=now,
        detail={"member_id": found.id, "client": actor.client, **(detail or {})},
    )
