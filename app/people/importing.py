"""Staff by the table. They are few, so each row goes through the same service as a form; roles are not changed here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text

from app.core import audit
from app.core.columns import Column, FaultWords, RowReader, named
from app.core.db import db
from app.core.errors import Problem
from app.core.i18n import LOCALES, N_
from app.people import queries, service
from app.people.access import Role
from app.people.import_batch import CHANGED_SINCE, COMMON_FAULTS, USED, Batch, Checked, ImportKind, RowCheck, Setting
from app.people.models import Skill, Staff, Store
from app.people.references import used_ids

COLUMNS = (
    Column("name", N_("Name"), named("姓名|员工姓名|員工姓名|名字|full name"), is_required=True, example="李美"),
    Column(
        "phone",
        N_("Phone"),
        named("电话|電話|手机|手機|手机号|手機號碼|mobile|tel|phone number"),
        is_required=True,
        example="+852 9123 4567",
    ),
    Column("role", N_("Role"), named("职位|職位|角色|岗位|崗位|position|title"), example="associate"),
    Column(
        "stores",
        N_("Stores"),
        named("门店|門店|分店|店铺|店舖|所属门店|store|shops|branches"),
        example="HK01, HK02",
        help=N_("Codes or names, parted by commas; the first is the home store."),
    ),
    Column("locale", N_("Language of the pages"), named("界面语言|介面語言|locale"), example="zh_Hant"),
    Column("languages", N_("Languages spoken"), named("语言|語言|会说|會說|languages"), example="yue, cmn, en"),
    Column("skills", N_("Skills"), named("技能|专长|專長"), example="fitting"),
)

FAULTS: Mapping[str, FaultWords] = {
    **COMMON_FAULTS,
    "no-stores": FaultWords(
        N_("A supervisor or associate needs at least one store."), N_("Fill in the code of the store.")
    ),
    "not-by-import": FaultWords(
        N_("People of head office are not made by an import."), N_("Add this person on the page “Staff”.")
    ),
    "role-differs": FaultWords(
        N_("This person has another role now."), N_("Change the role on the person’s page, where it is asked twice.")
    ),
    "has-left": FaultWords(
        N_("This person has left."), N_("Let the person come back on the page “Staff” first, or delete the row.")
    ),
    "no-such-skill": FaultWords(N_("There is no such skill."), N_("Use one of: %(choices)s.")),
    "refused": FaultWords(N_("This row was refused: %(reason)s"), N_("Correct it, or change the person on the page.")),
}

_ROLES = {
    **dict.fromkeys(["associate", "店员", "店員", "导购", "導購", "顾问", "顧問", "consultant"], Role.ASSOCIATE.value),
    **dict.fromkeys(["supervisor", "主管", "店长", "店長", "经理", "經理", "manager"], Role.SUPERVISOR.value),
    **dict.fromkeys(["head_office", "head office", "总部", "總部"], Role.HEAD_OFFICE.value),
}


def prepare(_setting: Setting) -> RowCheck:
    rows = list(db.session.scalars(select(Store).where(Store.is_active)))
    stores = {name.casefold(): row for row in rows for name in (row.name, row.code)}
    skills = set(db.session.scalars(select(Skill.key).where(Skill.is_active)))

    def check(cells: Mapping[str, str]) -> Checked:
        row = RowReader(cells)
        name = row.text("name", longest=100, required=True)
        named_stores = row.words("stores")
        places = [found for word in named_stores if (found := stores.get(word.casefold()))]
        if len(places) < len(named_stores):
            row.complain("stores", "no-such-store")
        phone = row.phone("phone", region=places[0].country if places else "HK", required=True)
        role = row.choice("role", _ROLES)
        if role == Role.HEAD_OFFICE.value:
            row.complain("role", "not-by-import")
        known_skills = row.words("skills")
        if set(known_skills) - skills:
            row.complain("skills", "no-such-skill", choices=", ".join(sorted(skills)))
        data: dict[str, Any] = {"name": name, "phone": phone}
        data |= {"role": role} if role else {}
        data |= {"stores": [place.id for place in places]} if places else {}
        if locale := row.choice("locale", {one.casefold(): one for one in LOCALES}):
            data["locale"] = locale
        elif places:
            data["store_locale"] = places[0].locale
        if languages := row.words("languages"):
            data["languages"] = languages
        if known_skills:
            data["skills"] = known_skills
        return Checked(None if row.faults else phone, data, row.faults)

    return check


_JUDGE = text("""
    WITH met AS (
        SELECT r.row, r.key, r.data, s.id, s.is_active, s.role,
            (SELECT min(o.row) FROM import_row o WHERE o.run_id = :run AND o.key = r.key AND o.row < r.row) AS twin,
            s.id IS NOT NULL AND to_jsonb(s) @> r.data - 'stores' - 'store_locale'
                AND (NOT r.data ? 'stores' OR ARRAY(
                        SELECT p.store_id FROM staff_store p WHERE p.staff_id = s.id ORDER BY 1) = ARRAY(
                        SELECT DISTINCT one::int FROM jsonb_array_elements_text(r.data -> 'stores') one ORDER BY 1))
                AS is_same
        FROM import_row r LEFT JOIN staff s ON s.phone = r.data ->> 'phone'
        WHERE r.run_id = :run AND r.row BETWEEN :first AND :last AND r.key IS NOT NULL AND r.did IS NULL
    ), judged AS (
        SELECT m.row, m.id, m.is_same, CASE
            WHEN m.twin IS NOT NULL THEN jsonb_build_array(jsonb_build_object('column', 'phone', 'code', 'twice',
                'value', m.key, 'params', jsonb_build_object('row', m.twin::text)))
            WHEN NOT m.is_active THEN jsonb_build_array(jsonb_build_object('column', 'phone', 'code', 'has-left'))
            WHEN m.id IS NOT NULL AND coalesce(m.data ->> 'role', m.role) <> m.role
                THEN jsonb_build_array(jsonb_build_object('column', 'role', 'code', 'role-differs'))
            WHEN m.id IS NULL AND NOT m.data ? 'stores'
                THEN jsonb_build_array(jsonb_build_object('column', 'stores', 'code', 'no-stores'))
            ELSE '[]'::jsonb END AS faults
        FROM met m
    )
    UPDATE import_row r
    SET faults = j.faults, target_id = j.id,
        verdict = CASE WHEN j.faults <> '[]'::jsonb THEN 'wrong' WHEN j.id IS NULL THEN 'new'
                       WHEN j.is_same THEN 'same' ELSE 'changed' END
    FROM judged j WHERE r.run_id = :run AND r.row = j.row AND r.row BETWEEN :first AND :last
""")
_MINE = text("""
    SELECT row, data, verdict, target_id FROM import_row
    WHERE run_id = :run AND row BETWEEN :first AND :last AND verdict IN ('new', 'changed') AND did IS NULL ORDER BY row
""")
_SET = text("""
    UPDATE import_row SET did = :did, target_id = :target, undo = CAST(:undo AS jsonb)
    WHERE run_id = :run AND row = :row
""")
_REFUSED = text("""
    UPDATE import_row SET verdict = 'wrong', faults = CAST(:faults AS jsonb) WHERE run_id = :run AND row = :row
""")


def judge(batch: Batch) -> None:
    db.session.execute(_JUDGE, batch.values)


def apply(batch: Batch) -> None:
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('import:staff', 0))"))
    judge(batch)
    for row in db.session.execute(_MINE, batch.values).all():
        try:
            with db.session.begin_nested():
                done = _create(row.data, batch) if row.verdict == "new" else _change(row.target_id, row.data, batch)
        except Problem as problem:
            reason = {"column": "name", "code": "refused", "params": {"reason": str(problem)}}
            db.session.execute(_REFUSED, {"run": batch.run_id, "row": row.row, "faults": json.dumps([reason])})
            continue
        did, target, undone = done
        db.session.execute(
            _SET, {"run": batch.run_id, "row": row.row, "did": did, "target": target, "undo": json.dumps(undone)}
        )


def _create(data: Mapping[str, Any], batch: Batch) -> tuple[str, int, dict[str, Any]]:
    person = service.create_staff(
        name=data["name"],
        phone=data["phone"],
        role=Role(data.get("role", Role.ASSOCIATE.value)),
        locale=data.get("locale") or data["store_locale"],
        store_ids=data["stores"],
        languages=data.get("languages", ()),
        skills=data.get("skills", ()),
        actor=batch.actor,
        now=batch.now,
    )
    return "created", person.id, {"version": person.version}


_CHANGEABLE = ("name", "locale", "languages", "skills")


def _change(staff_id: int, data: Mapping[str, Any], batch: Batch) -> tuple[str, int, dict[str, Any]]:
    person = queries.staff(staff_id)
    db.session.refresh(person)
    before = {name: getattr(person, name) for name in _CHANGEABLE} | {"home_store_id": person.home_store_id}
    before["stores"] = sorted(queries.store_ids_of(staff_id))
    changes = {name: data[name] for name in _CHANGEABLE if name in data}
    changed = service.update_staff(
        staff_id,
        changes,
        version=person.version,
        store_ids=data.get("stores"),
        actor=batch.actor,
        now=batch.now,
    )
    return "changed", staff_id, {"version": changed.version, "before": before}


_DONE = text("""
    SELECT row, did, target_id, undo FROM import_row
    WHERE run_id = :run AND row BETWEEN :first AND :last AND did IN ('created', 'changed') ORDER BY row DESC
""")
_UNDONE = text("UPDATE import_row SET did = :did, kept = :kept WHERE run_id = :run AND row = :row")


def undo(batch: Batch) -> None:
    for row in db.session.execute(_DONE, batch.values).all():
        person = db.session.get(Staff, row.target_id, populate_existing=True, with_for_update=True)
        kept = _reason_to_keep(person, row) if person else USED
        if kept is None and person is not None:
            _take_back(person, row, batch)
        did = row.did if kept else "undone"
        db.session.execute(_UNDONE, {"run": batch.run_id, "row": row.row, "did": did, "kept": kept})


def _reason_to_keep(person: Staff, row: Any) -> str | None:
    if person.version != row.undo["version"]:
        return CHANGED_SINCE
    if row.did == "created" and (person.password_hash or used_ids("staff", [person.id], except_tables={"staff_store"})):
        return USED
    return None


def _take_back(person: Staff, row: Any, batch: Batch) -> None:
    if row.did == "changed":
        before = dict(row.undo["before"])
        stores = before.pop("stores")
        service.update_staff(
            person.id, before, version=person.version, store_ids=stores, actor=batch.actor, now=batch.now
        )
        return
    subject, home = ("staff", person.id), person.home_store_id
    db.session.execute(text("DELETE FROM staff WHERE id = :id"), {"id": person.id})
    db.session.expunge(person)
    detail = {"client": "import", "undone_import": batch.run_id}
    audit.record(batch.actor.id, action="staff.delete", subject=subject, store_id=home, now=batch.now, detail=detail)


KIND = ImportKind(
    key="staff",
    title=N_("Staff"),
    columns=COLUMNS,
    faults=FAULTS,
    prepare=prepare,
    judge=judge,
    apply=apply,
    undo=undo,
)
