"""The jobs: thin orders that call one service each. Everything here may run twice or late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from app.careplans import jobs as careplans
from app.complaints import jobs as complaints
from app.core import clock, idempotency, outbox, schedule
from app.core.db import transaction
from app.core.schedule import Every, Job, Nightly
from app.customers import duplicates
from app.customers import jobs as customers
from app.imports import jobs as imports
from app.messaging import conversations, drain, upkeep, work_texts
from app.points import jobs as points
from app.purchases import jobs as purchases
from app.purchases import tiers

NIGHT_ZONE = "Asia/Hong_Kong"


def drain_deliveries() -> None:
    outbox.drain_deliveries()


def drain_messages() -> None:
    drain.drain_messages()


def run_imports() -> None:
    imports.run_due()


def run_slot(name: str) -> None:
    schedule.run_due(name, JOBS[name], now=clock.now())


def forget_what_nobody_needs(*, now: datetime) -> None:
    """Housekeeping of tables that only help along, each in its own short transaction."""
    with transaction():
        outbox.forget_done()
    with transaction():
        idempotency.forget_old_keys()
    with transaction():
        schedule.forget_old()
    with transaction():
        work_texts.forget_old(now=now)


JOBS: Mapping[str, Job] = {
    "reconcile_messages": Job(when=Every(minutes=1), run=upkeep.reconcile_unknown, queue="sms"),
    "expire_messages": Job(when=Every(minutes=5), run=upkeep.expire_due, queue="fast"),
    "poll_silent_messages": Job(when=Nightly(at=time(3, 0), zone=NIGHT_ZONE), run=upkeep.poll_silent, queue="sms"),
    "tell_of_work": Job(when=Every(minutes=1), run=work_texts.tell_due, queue="fast"),
    "hand_over_conversations": Job(when=Every(minutes=1), run=conversations.keep_in_order, queue="fast"),
    "recover_inbound": Job(when=Nightly(at=time(3, 15), zone=NIGHT_ZONE), run=upkeep.recover_inbound, queue="sms"),
    "apply_kept_results": Job(when=Every(minutes=5), run=upkeep.apply_spool, queue="sms"),
    "complaint_clocks": Job(when=Every(minutes=2), run=complaints.look_at_clocks, queue="fast"),
    "vest_points": Job(when=Every(minutes=10), run=points.vest_due, queue="fast"),
    tiers.JOB: Job(when=Nightly(at=time(1, 30), zone=NIGHT_ZONE), run=tiers.recompute_nightly),
    "care_plans": Job(when=Nightly(at=time(2, 0), zone=NIGHT_ZONE), run=careplans.plan_the_day),
    careplans.ASKED_RUNS: Job(when=Every(minutes=5), run=careplans.run_what_was_asked),
    "expire_reservations": Job(when=Every(minutes=5), run=purchases.expire_reservations, queue="fast"),
    "find_duplicates": Job(when=Nightly(at=time(2, 45), zone=NIGHT_ZONE), run=duplicates.find_nightly),
    "give_customers_back": Job(when=Every(minutes=5), run=customers.give_back_due, queue="fast"),
    "refresh_run_outs": Job(when=Nightly(at=time(1, 15), zone=NIGHT_ZONE), run=purchases.refresh_run_outs),
    "audit_points": Job(when=Nightly(at=time(3, 30), zone=NIGHT_ZONE), run=points.audit_rollup),
    "forget_members": Job(when=Nightly(at=time(3, 45), zone=NIGHT_ZONE), run=customers.forget_what_has_ended),
    "forget_imports": Job(when=Nightly(at=time(3, 50), zone=NIGHT_ZONE), run=imports.forget_old),
    "forget": Job(when=Nightly(at=time(4, 0), zone=NIGHT_ZONE), run=forget_what_nobody_needs),
}
"""Periodic work. The relay opens slots, workers run them."""
