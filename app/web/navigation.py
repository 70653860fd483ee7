"""The places in the rail: which of them a person has, and where he or she stands."""

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.messaging import gateway
from app.people.access import Actor, Role
from app.web.pages import to

HOMES = {Role.ASSOCIATE: "/m/", Role.SUPERVISOR: "/board", Role.HEAD_OFFICE: "/office"}


@dataclass(frozen=True)
class Place:
    address: str
    words: str
    sign: str
    here: bool = False
    count: int = 0
    count_words: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    places: tuple[Place, ...]


def home_of(actor: Actor) -> str:
    return HOMES.get(actor.role, "/sign-in")


def groups_for(actor: Actor, *, unread: int, overdue: int = 0) -> list[Group]:
    """Groups of places, most used first; an associate has only the account here, work is in the field app."""
    if actor.is_associate:
        return [Group("", (_place("/m/", _("My visits"), "home"), _place(to("account"), _("My account"), "key")))]
    shop = (
        _place(to("board"), _("Today"), "board"),
        _place(to("conversations"), _("Messages"), "chat", unread=unread),
        _place(to("outgoing"), _("Outgoing texts"), "send"),
        _place(to("complaints"), _("Complaints"), "complaint", overdue=overdue),
        _place(to("customers"), _("Customers"), "heart", but=(to("customer_duplicates"),)),
        _place(to("customer_duplicates"), _("Duplicates"), "people"),
        _place(to("people"), _("People"), "people", but=(to("people_hand_overs"),)),
        _place(to("people_hand_overs"), _("Hand-overs"), "undo"),
        _place(to("leaderboard"), _("Points"), "trophy"),
        _place(to("rehearsal"), _("Rehearsal"), "play"),
        _place(to("all_exports"), _("Exports"), "out"),
    )
    sandbox = (_place(to("sandbox"), _("Sandbox phone"), "phone"),) if gateway.is_sandbox() else ()
    care = (
        _place(to("care_plans"), _("Care plans"), "heart"),
        _place(to("contacts"), _("Contacts"), "calendar"),
        _place(to("care_promotions"), _("Promotions"), "gift"),
        _place(to("lapsed"), _("Lapsed customers"), "clock"),
        _place(to("referrals"), _("Referrals"), "gift"),
        _place(to("revenue"), _("80/20"), "trophy"),
    )
    imports = _place(to("office_imports"), _("Imports"), "template")
    stock = _place(to("office_stock"), _("Stock"), "bag")
    if not actor.is_head_office:
        return [Group("", (*shop, stock, imports, *sandbox)), Group(_("Care"), care)]
    office = (
        _place(to("office"), _("Overview"), "pulse", exact=True),
        _place(to("office_stores"), _("Stores"), "store"),
        _place(to("office_staff"), _("Staff"), "badge"),
        _place(to("office_file"), _("Customer file"), "heart"),
        _place(to("office_checklists"), _("Checklists"), "checklist"),
        _place(to("office_templates"), _("Text templates"), "template"),
        _place(to("office_countries"), _("Countries"), "globe"),
        _place(to("office_quick_answers"), _("Quick answers"), "chat_lines"),
        _place(to("office_rules"), _("Point rules"), "rules"),
        stock,
        imports,
        _place(to("office_tiers"), _("Tiers"), "badge"),
        _place(to("office_health"), _("Health"), "warning"),
    )
    return [Group(_("Head office"), office), Group(_("Shops"), shop + sandbox), Group(_("Care"), care)]


def _place(
    address: str,
    words: str,
    sign: str,
    *,
    exact: bool = False,
    unread: int = 0,
    overdue: int = 0,
    but: tuple[str, ...] = (),
) -> Place:
    """`but`: places of their own under the same address."""
    here = request.path == address or (not exact and request.path.startswith(f"{address}/"))
    here = here and request.path not in but
    spoken = ngettext("%(num)s unread", "%(num)s unread", unread) if unread else ""
    if overdue:
        spoken = ngettext("%(num)s overdue", "%(num)s overdue", overdue)
    count = unread or overdue
    return Place(address, words, sign, here=here, count=count, count_words=spoken)
