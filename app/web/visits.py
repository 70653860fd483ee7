"""Tasks as the pages show them: what the panel tells of one, what other pages say about many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from app.core.db import db
from app.core.i18n import pick
from app.customers import links
from app.customers.links import CustomerLink
from app.people import queries as people
from app.people.access import Actor
from app.people.models import Store
from app.points import queries as points
from app.reports import checklists as checklist_reports
from app.reports import day as days
from app.reports.day import DayFilter, DayRow, HeartProgress, HeldWork, View
from app.tasks import checklists, queries, templates
from app.tasks.kinds import EvidenceKind, Heart, ItemKind
from app.tasks.models import ChecklistTemplate, ChecklistVersion, Task, TaskHistory
from app.tasks.proof_links import Link
from app.web import threads, words
from app.web.formats import day_and_time, number, reader_locale, window
from app.web.proofs import links_for_panel
from app.web.threads import Line

HISTORY_LINES = 60


@dataclass(frozen=True)
class Counts:
    all: int
    late: int
    unassigned: int
    done: int


@dataclass(frozen=True)
class ShownItem:
    label: dict[str, str]
    required: bool
    answered: bool
    shown: str


@dataclass(frozen=True)
class HistoryLine:
    who: str
    action: str
    on_behalf: str | None
    more: str
    at: datetime
    client: str


@dataclass(frozen=True)
class Detail:
    """Everything the side panel shows of one task."""

    task: Task
    customer: dict[str, Any]
    phone_masked: str
    assignee_name: str | None
    actions: Sequence[str]
    hearts: HeartProgress
    checklist: list[tuple[str, list[ShownItem]]]
    lines: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    arrival: dict[str, Any] | None
    door_code: str | None
    held: list[HeldWork]
    messages: list[Line]
    points: list[points.EntryLine]
    history: list[HistoryLine]
    is_late: bool
    is_over: bool
    page_link: CustomerLink | None
    proof_links: list[Link] | None


def detail(task_id: int, *, actor: Actor, now: datetime) -> Detail:
    """One task in full; raises NotFound when it is not the actor's to see."""
    task = queries.task(task_id, actor=actor, now=now)
    view = queries.view(task_id, actor=actor, now=now)
    zone = view["zone"]
    items = [item for item in view["checklist"] if item["visible"]]
    return Detail(
        task=task,
        customer=view["customer"],
        phone_masked=view["customer"]["phone_masked"] or "",
        assignee_name=(view["assignee"] or {}).get("name"),
        actions=view["allowed_actions"],
        hearts=_hearts(items),
        checklist=_by_heart(items),
        lines=view["lines"],
        photos=[
            entry | {"captured_at": datetime.fromisoformat(str(entry["captured_at"]))}
            for entry in view["evidence"]
            if entry["url"] and not entry["is_taken_out"]
        ],
        arrival=next((entry for entry in reversed(view["evidence"]) if entry["kind"] == EvidenceKind.PLACE), None),
        door_code=view["door_code"],
        held=days.held_work(actor=actor, task_id=task_id),
        messages=threads.of_task(task_id, zone=zone, now=now),
        points=points.entries_of_task(task_id, actor=actor),
        history=_history(task_id, actor=actor, now=now, zone=zone),
        is_late=days.is_late(task.status, task.window_end, now=now),
        is_over=task.status not in days.UNFINISHED,
        page_link=links.open_link_of(task.customer_id, task_id=task.id, now=now),
        proof_links=links_for_panel(task, actor=actor, now=now),
    )


def counts_of(store: Store, *, day: date, actor: Actor, now: datetime) -> Counts:
    found = days.counts(DayFilter(store_id=store.id, day=day, zone=store.zone), actor=actor, now=now)
    return Counts(all=found[View.ALL], late=found[View.LATE], unassigned=found[View.UNASSIGNED], done=found[View.DONE])


def of_customer(customer_id: int, *, actor: Actor, now: datetime) -> list[DayRow]:
    return days.rows_of_customer(customer_id, actor=actor, now=now)


def checklist_templates() -> list[tuple[ChecklistTemplate, ChecklistVersion, HeartProgress]]:
    """Every template with its version in use and how many items each heart has."""
    rows: list[tuple[ChecklistTemplate, ChecklistVersion, HeartProgress]] = []
    for template, version in templates.templates():
        totals: dict[str, tuple[int, int]] = {}
        for item in version.items:
            total = totals.get(item["heart"], (0, 0))[1] + 1
            totals[item["heart"]] = (total, total)
        rows.append((template, version, totals))
    return rows


def checklist_history(template_id: int) -> tuple[ChecklistTemplate, list[ChecklistVersion]]:
    return checklist_reports.history(template_id)


def _hearts(items: list[dict[str, Any]]) -> HeartProgress:
    found: dict[str, tuple[int, int]] = {}
    for item in items:
        done, total = found.get(item["heart"], (0, 0))
        found[item["heart"]] = (done + _is_answered(item), total + 1)
    return found


def _is_answered(item: dict[str, Any]) -> bool:
    return checklists.is_answered(ItemKind(item["kind"]), item["answer"])


def _by_heart(items: list[dict[str, Any]]) -> list[tuple[str, list[ShownItem]]]:
    """The items that show, hearts in their order."""
    grouped = {heart.value: [_shown(item) for item in items if item["heart"] == heart] for heart in Heart}
    return [(heart, found) for heart, found in grouped.items() if found]


def _shown(item: dict[str, Any]) -> ShownItem:
    return ShownItem(
        label=item["label"], required=item["required"], answered=_is_answered(item), shown=_answer_words(item)
    )


def _answer_words(item: dict[str, Any]) -> str:
    """The answer as a person reads it; ticks and pictures speak for themselves."""
    answer = item["answer"]
    if answer in (None, "", []) or item["kind"] in (ItemKind.TICK, ItemKind.SIGNATURE):
        return ""
    if item["kind"] == ItemKind.PASS_FAIL:
        return str(_("good") if answer == "pass" else _("not good"))
    if item["kind"] in (ItemKind.CHOICE, ItemKind.GIFT):
        labels = {choice["key"]: choice["label"] for choice in item["choices"]}
        return pick(labels.get(answer, {}), reader_locale()) or str(answer)
    if item["kind"] == ItemKind.PHOTO:
        return number(len(answer))
    return f"{answer} {item['unit'] or ''}".strip()


def _history(task_id: int, *, actor: Actor, now: datetime, zone: str) -> list[HistoryLine]:
    stmt = queries.history(task_id, actor=actor, now=now).order_by(TaskHistory.id.desc()).limit(HISTORY_LINES)
    rows = db.session.execute(stmt).all()
    ids = {line.on_behalf_of_id for line, _name in rows} | {line.new.get("assignee_id") for line, _name in rows}
    names = people.names_of({one for one in ids if one is not None})
    return [
        HistoryLine(
            who=name or words.word(words.ROLES, line.actor_kind),
            action=line.action,
            on_behalf=names.get(line.on_behalf_of_id),
            more=_more(line, names, zone=zone),
            at=line.at,
            client=words.word(words.CLIENTS, line.client),
        )
        for line, name in rows
    ]


def _more(line: TaskHistory, names: dict[int, str], *, zone: str) -> str:
    """What changed, in a few words: to whom, when, why."""
    new = line.new
    parts = []
    if new.get("assignee_id") in names:
        parts.append(names[new["assignee_id"]])
    if line.action == "reschedule" and new.get("window_start") and new.get("window_end"):
        start, end = (datetime.fromisoformat(new[name]) for name in ("window_start", "window_end"))
        parts.append(f"{day_and_time(start, zone).rsplit(' ', 1)[0]} {window(start, end, zone)}")
    reason = new.get("reason") or new.get("end_reason")
    if reason:
        parts.append(words.word(words.END_REASONS, reason))
    if new.get("note") and line.action != "create":
        parts.append(f"“{new['note']}”")
    if new.get("rating"):
        parts.append(_("%(stars)s of 5", stars=new["rating"]))
    return " · ".join(parts)
