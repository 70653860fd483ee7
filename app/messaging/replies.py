"""Understanding a stored text: what it means, what it answers, what is done by itself and what a person has to see.

The order of meaning, the first that fits:

1. An opt-out, of all texts or of offers only (stopping.py). It took effect when the text was stored (inbound.py); here
   it is only noted.
2. A number that has opted out: START and its like open it again and do nothing else. Whatever else it writes goes to a
   person, a complaint opens its case, and nothing answers by itself.
3. A colleague's text is for whoever leads the store, and START means the texts about work (colleagues.py).
4. An unknown number goes to the store or head office, and gets no automatic answer: it may be a wrong number, a machine
   or somebody fishing for whose number this is, and each answer costs money and invites the next.
5. A complaint opens a case at once; a bodily reaction is marked. To an open "is it put right?" it is a no.
6. HELP is answered in the customer's language, once a day; who asks again needs a person.
7. An answer to an open question (matching.py) is carried out (answering.py). YES confirms when a question is open, and
   opts in only from a stopped number.
8. A doubtful opt-out pauses automatic texts until a person has asked.
9. Everything else is for a person.

| digit | confirm | two times | stars | order again | put right? | somebody new? | nothing asked |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 1 | yes | the first | 1 star | order | yes | welcome | a person |
| 2 | another time | the second | 2 stars | no | not yet | somebody else, a person | a person |
| 3 | a person | neither: free choice, a person | 3 stars | a person | a person | a person | a person |
| 4, 5 | a person | a person | stars | a person | a person | a person | a person |

A text that reached us late (inbound.is_late) is understood and carried out, but nothing answers it by itself, it can't
answer what was asked after it was written, and a person sees it. So is one that the carrier has answered in its own
name (OptOutType): we add no second answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.complaints import service as complaints
from app.complaints.kinds import Source
from app.core.db import db
from app.customers import consent
from app.customers.values import ConsentSource
from app.messaging import answering, colleagues, conversations, matching, outbound, pointless
from app.messaging.answering import Understood
from app.messaging.intents import CARRIER_HELP, CARRIER_START, Intent, IntentKind, read
from app.messaging.kinds import Kind
from app.messaging.matching import AMBIGUOUS, Match
from app.messaging.models import Attention, Conversation, Inbound, Message, QuestionKind, TurnStep
from app.messaging.outbound import Draft
from app.messaging.questions import Open
from app.messaging.stopping import is_stop
from app.people.access import Actor

HELP_AGAIN = timedelta(hours=24)


def understand(inbound_id: int, *, now: datetime) -> None:
    """Act on one stored text, once. Texts of one customer are understood one after the other."""
    inbound = db.session.get(Inbound, inbound_id, with_for_update=True, populate_existing=True)
    if inbound is None or inbound.handled_at is not None:
        return
    if inbound.customer_id is not None:
        conversations.lock_thread(inbound.customer_id)
    understood = _read_text(inbound, now=now)
    if inbound.is_late and understood.intent != IntentKind.OPT_OUT:
        # Nothing answers it by itself any more (outbound.write), so somebody does.
        understood = replace(understood, needs_person=True)
    if understood.needs_person and inbound.customer_id is not None:
        pointless.end_after_writing(inbound.customer_id, now=now)
    inbound.intent = understood.intent
    inbound.handled_at = now
    db.session.flush()
    conversations.note_inbound(
        inbound,
        needs_person=understood.needs_person,
        attention=understood.attention,
        pauses=understood.pauses,
    )


def _read_text(inbound: Inbound, *, now: datetime) -> Understood:
    if inbound.staff_id is not None:
        return colleagues.understand(inbound, staff_id=inbound.staff_id, now=now)
    if is_stop(inbound.body, inbound.opt_out_type):
        return Understood(IntentKind.OPT_OUT)
    intent = read(inbound.body)
    if consent.is_opted_out(inbound.from_phone):
        return _from_a_stopped_number(inbound, intent, now=now)
    if inbound.customer_id is None:
        return _from_a_stranger(intent)
    waiting = matching.waiting_questions(inbound, now=now)
    if intent.kind is IntentKind.COMPLAINT:
        return _complaint(inbound, intent, waiting, now=now)
    if _asks_for_help(inbound, intent, waiting):
        return _help(inbound, now=now)
    matches = matching.matches_of(inbound, waiting, now=now)
    if len(matches) > 1:
        return _ask_which(inbound, matches, now=now)
    if matches:
        return answering.answer(matches[0], inbound, now=now)
    return _without_question(inbound, intent, waiting, now=now)


# Who writes


def _from_a_stopped_number(inbound: Inbound, intent: Intent, *, now: datetime) -> Understood:
    is_carriers_word = intent.word in CARRIER_START or inbound.opt_out_type == "START"
    if intent.kind is IntentKind.OPT_IN or is_carriers_word:
        consent.opt_in(inbound.from_phone, source=ConsentSource.SMS, text=inbound.body, actor=_writer(inbound), now=now)
        # In other words than its own the carrier keeps the number shut: somebody has to tell the customer how.
        return Understood(IntentKind.OPT_IN, needs_person=inbound.provider == "twilio" and not is_carriers_word)
    if intent.kind is IntentKind.COMPLAINT:
        if inbound.customer_id is not None:
            _open_case(inbound, intent, now=now)
        return Understood(IntentKind.COMPLAINT, needs_person=True, attention=Attention.COMPLAINT)
    return Understood(intent.kind, needs_person=True)


def _from_a_stranger(intent: Intent) -> Understood:
    is_complaint = intent.kind is IntentKind.COMPLAINT
    attention = Attention.COMPLAINT if is_complaint else Attention.UNKNOWN_SENDER
    return Understood(intent.kind, needs_person=True, attention=attention)


def _writer(inbound: Inbound) -> Actor:
    return Actor.customer(inbound.customer_id) if inbound.customer_id else Actor.system("sms")


# Complaints


def _complaint(inbound: Inbound, intent: Intent, waiting: Sequence[Open], *, now: datetime) -> Understood:
    remedy = next((one for one in waiting if one.question.kind == QuestionKind.REMEDY), None)
    if remedy is not None:
        refusal = Match(open=remedy, intent=Intent(IntentKind.REFUSE), said=inbound.body)
        answering.answer(refusal, inbound, now=now)
    if remedy is None or intent.is_reaction:
        _open_case(inbound, intent, now=now)
    _rate_as_well(inbound, waiting, now=now)
    return Understood(IntentKind.COMPLAINT, needs_person=True, attention=Attention.COMPLAINT)


def _open_case(inbound: Inbound, intent: Intent, *, now: datetime) -> None:
    assert inbound.customer_id is not None
    complaints.open_case(
        inbound.customer_id,
        source=Source.SMS,
        words=inbound.body,
        origin_key=f"inbound:{inbound.id}",
        actor=_writer(inbound),
        now=now,
        task_id=answering.task_spoken_of(inbound.customer_id, now=now),
        is_reaction=True if intent.is_reaction else None,
    )


def _rate_as_well(inbound: Inbound, waiting: Sequence[Open], *, now: datetime) -> None:
    """ "1, terrible service" to a request for stars is a complaint and one star."""
    asked = [one for one in waiting if one.question.kind == QuestionKind.RATING]
    stars = read(inbound.body, QuestionKind.RATING.value).value if len(asked) == 1 else None
    if stars is not None:
        rating = Match(open=asked[0], intent=Intent(IntentKind.RATING, value=stars), said=inbound.body)
        answering.answer(rating, inbound, now=now)


# Help


def _asks_for_help(inbound: Inbound, intent: Intent, waiting: Sequence[Open]) -> bool:
    if inbound.opt_out_type == "HELP" or intent.kind is IntentKind.HELP:
        return True
    return any(read(inbound.body, one.question.kind).kind is IntentKind.HELP for one in waiting)


def _help(inbound: Inbound, *, now: datetime) -> Understood:
    carrier_answers = inbound.provider == "twilio" and read(inbound.body).word in CARRIER_HELP
    if carrier_answers or inbound.opt_out_type is not None:
        return Understood(IntentKind.HELP)
    recipient = answering.recipient_of(inbound)
    if recipient is None or _was_helped(inbound, now=now):
        return Understood(IntentKind.HELP, needs_person=True)
    draft = Draft(
        kind=Kind.HELP, dedupe_key=f"inbound:{inbound.id}:{Kind.HELP}", words={}, answers_inbound_id=inbound.id
    )
    outbound.write(recipient, draft, now=now)
    return Understood(IntentKind.HELP)


def _was_helped(inbound: Inbound, *, now: datetime) -> bool:
    stmt = select(Message.id).where(
        Message.customer_id == inbound.customer_id,
        Message.kind == Kind.HELP.value,
        Message.created_at > now - HELP_AGAIN,
        Message.answers_inbound_id.is_not(None),
    )
    return db.session.scalar(stmt.limit(1)) is not None


# What remains


def _ask_which(inbound: Inbound, matches: Sequence[Match], *, now: datetime) -> Understood:
    recipient = answering.recipient_of(inbound)
    is_asked = recipient is not None and matching.ask_which(inbound, matches, recipient, now=now)
    return Understood(AMBIGUOUS, needs_person=not is_asked)


def _without_question(inbound: Inbound, intent: Intent, waiting: Sequence[Open], *, now: datetime) -> Understood:
    assert inbound.customer_id is not None
    if _may_be_an_opt_out(inbound, intent, waiting):
        return Understood(IntentKind.OPT_OUT, needs_person=True, attention=Attention.MAYBE_OPT_OUT, pauses=True)
    if intent.kind is IntentKind.OPT_OUT:
        return Understood(IntentKind.OTHER, needs_person=True)
    if intent.kind is IntentKind.OPT_IN:
        _go_on(inbound.customer_id, now=now)
        return Understood(IntentKind.OPT_IN)
    if intent.kind is IntentKind.REORDER:
        pointless.end_after_order(inbound.customer_id, now=now)
    return Understood(intent.kind, needs_person=True)


def _may_be_an_opt_out(inbound: Inbound, intent: Intent, waiting: Sequence[Open]) -> bool:
    """While something is asked, a bare no is meant for that; "stop it" is not."""
    if intent.kind is not IntentKind.OPT_OUT:
        return False
    readings = [read(inbound.body, one.question.kind) for one in waiting] or [intent]
    return all(reading.kind is IntentKind.OPT_OUT for reading in readings)


def _go_on(customer_id: int, *, now: datetime) -> None:
    """The customer wants the texts after all: what a doubtful opt-out has paused goes on."""
    paused = db.session.scalar(
        select(Conversation).where(Conversation.customer_id == customer_id, Conversation.paused_at.is_not(None))
    )
    if paused is not None:
        conversations.settle(paused, now=now, step=TurnStep.MAY_GO_ON)
        outbound.release_paused(customer_id, now=now)
