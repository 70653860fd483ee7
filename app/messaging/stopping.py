"""How far a customer's stop reaches: all texts, or offers only.

Our promotions say in words of their own how to get no more of them, and whoever answers in these words means just that.
Every other stop, and each that the carrier has carried out, is one for all texts. So are these words in answer to
something that was no promotion: then our care is what the customer takes for one.
"""

from __future__ import annotations

import re

from sqlalchemy import select

from app.core.db import db
from app.customers.values import Scope
from app.messaging.folding import core, in_plain_words, normalise
from app.messaging.intents import is_sure_stop
from app.messaging.kinds import Kind
from app.messaging.models import Message

LONGEST = 60
_NO_OFFERS = re.compile(
    r"""
    (?:我|以后|也|就)* (?:不要|不想要?|不需要|不用|别|请勿|停止|拒收) 再? (?:给我|向我|发送?|收到?|推送|看到?)*
        (?:这种|这些|这类|任何|你们的?|什么)? (?:推广|促销|推销) (?:短信|信息|消息|讯息|短讯|内容)? 了?
    | (?:i\ )? (?:want\ |need\ |wish\ for\ )? (?:no|no\ more|stop|stop\ the|do\ not\ want)\ (?:more\ )?
        (?:promotions?|promos?|promotional\ (?:texts?|messages?|sms)|offers)
    """,
    re.VERBOSE,
)


def is_stop(body: str, opt_out_type: str | None) -> bool:
    """Whether this text wants no more of something, beyond doubt."""
    return opt_out_type == "STOP" or is_sure_stop(body) or is_about_offers(body)


def scope_of_stop(body: str, opt_out_type: str | None, *, phone: str) -> Scope | None:
    """What stops at once; None if the text is no stop."""
    if not is_stop(body, opt_out_type):
        return None
    if opt_out_type == "STOP" or not is_about_offers(body):
        return Scope.ALL
    return Scope.ALL if is_sure_stop(body) and not _was_promoted_to(phone) else Scope.PROMOTION


def is_about_offers(body: str) -> bool:
    """ "不要推广", "no more promotions": the whole text, and nothing besides."""
    if len(body) > LONGEST:
        return False
    plain = core(in_plain_words(normalise(body)))
    return _NO_OFFERS.fullmatch(plain) is not None


def _was_promoted_to(phone: str) -> bool:
    """Whether a promotion is the last that this number got from us unasked."""
    stmt = (
        select(Message.kind)
        .where(Message.to_phone == phone, Message.is_proactive, Message.submitted_at.is_not(None))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
    )
    return db.session.scalar(stmt) == Kind.PROMOTION.value
