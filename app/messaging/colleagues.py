"""What an associate answers to a text about work: it is for whoever leads the store, and no customer's.

STOP switches these texts off and START on again: it is the wish that each associate also has in the own account. No
consent of the number is touched, unless a customer's file bears the same number: then all its texts stop.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from app.core.db import db
from app.core.i18n import N_
from app.customers import consent
from app.customers.models import Customer
from app.customers.values import ConsentSource
from app.messaging import outbound
from app.messaging.answering import Understood
from app.messaging.intents import CARRIER_START, IntentKind, is_sure_stop, read
from app.messaging.models import Inbound, Message, State
from app.people import queries as people
from app.people import service as staff
from app.people.models import Staff

WANTS_NONE = N_("this colleague wants no texts about work")
CLIENT = "sms"


def is_stop(body: str, opt_out_type: str | None) -> bool:
    return opt_out_type == "STOP" or is_sure_stop(body)


def stop(staff_id: int, *, phone: str, words: str, now: datetime) -> None:
    """No more texts about work from here on, those that wait included. The carrier's webhook waits for it."""
    _wish(_locked(staff_id), work_texts=False, now=now)
    outbound.end_waiting(Message.to_staff_id == staff_id, state=State.SUPPRESSED, reason=WANTS_NONE, now=now)
    if db.session.scalar(select(exists().where(Customer.phone == phone))):
        actor = people.actor_for(staff_id, client=CLIENT)
        consent.opt_out(phone, source=ConsentSource.SMS, text=words, actor=actor, now=now)


def understand(inbound: Inbound, *, staff_id: int, now: datetime) -> Understood:
    """STOP has taken effect when the text was stored; whatever is neither that nor START is for a person."""
    if is_stop(inbound.body, inbound.opt_out_type):
        return Understood(IntentKind.OPT_OUT)
    intent = read(inbound.body)
    is_carriers_word = intent.word in CARRIER_START or inbound.opt_out_type == "START"
    if (intent.kind is IntentKind.OPT_IN or is_carriers_word) and _start_again(inbound, staff_id=staff_id, now=now):
        # In other words than its own the carrier keeps the number shut: somebody has to tell the colleague how.
        return Understood(IntentKind.OPT_IN, needs_person=inbound.provider == "twilio" and not is_carriers_word)
    return Understood(IntentKind.OTHER, needs_person=True)


def _start_again(inbound: Inbound, *, staff_id: int, now: datetime) -> bool:
    """Whether the texts were off and are on now. To who gets them anyway, "yes" is only a word."""
    person = _locked(staff_id)
    is_shut = consent.is_opted_out(inbound.from_phone)
    if (person.work_texts and not is_shut) or _stopped_since(inbound):
        return False
    _wish(person, work_texts=True, now=now)
    if is_shut:
        actor = people.actor_for(staff_id, client=CLIENT)
        consent.opt_in(
            inbound.from_phone,
            source=ConsentSource.SMS,
            text=inbound.body,
            actor=actor,
            now=now,
            said_at=inbound.received_at,
        )
    return True


def _stopped_since(inbound: Inbound) -> bool:
    """Texts are understood in any order: a STOP that was said after this START stands."""
    later = select(Inbound.body, Inbound.opt_out_type).where(
        Inbound.staff_id == inbound.staff_id, Inbound.received_at >= inbound.received_at, Inbound.id > inbound.id
    )
    return any(is_stop(*row) for row in db.session.execute(later))


def _locked(staff_id: int) -> Staff:
    """A STOP and a START at the same moment come one after the other, and neither while a text is being written."""
    return db.session.get_one(Staff, staff_id, with_for_update={"key_share": True}, populate_existing=True)


def _wish(person: Staff, *, work_texts: bool, now: datetime) -> None:
    if person.work_texts != work_texts:
        actor = people.actor_for(person.id, client=CLIENT)
        staff.change_own_wishes({"work_texts": work_texts}, actor=actor, now=now)
