"""Fixed words of this slice in three languages, for content and for people."""

from __future__ import annotations

from app.core.i18n import N_, Text3
from app.tasks.kinds import Reason, Status


def _three(zh_hans: str, zh_hant: str, en: str) -> Text3:
    return {"zh_Hans": zh_hans, "zh_Hant": zh_hant, "en": en}


REASON_TEXTS: dict[Reason, Text3] = {
    Reason.AFTER_PURCHASE: _three("购买后回访", "購買後回訪", "Follow-up after a purchase"),
    Reason.CARE: _three("定期关怀", "定期關懷", "Regular care"),
    Reason.REPLENISHMENT: _three("快用完了，该补货", "快用完，該補貨", "Running out soon"),
    Reason.BIRTHDAY: _three("生日问候", "生日問候", "Birthday"),
    Reason.FESTIVAL: _three("节日问候", "節日問候", "Festival greeting"),
    Reason.MILESTONE: _three("宝宝成长提醒", "寶寶成長提醒", "A child's milestone"),
    Reason.LAPSED: _three("久未联系", "久未聯絡", "Not seen for a while"),
    Reason.COMPLAINT: _three("处理投诉", "處理投訴", "Putting a complaint right"),
    Reason.PROMOTION: _three("新品与优惠", "新品與優惠", "News and offers"),
    Reason.OTHER: _three("其他事项", "其他事項", "Something else"),
}

STATUS_WORDS: dict[Status, str] = {
    Status.OPEN: N_("open"),
    Status.ASSIGNED: N_("assigned"),
    Status.ACTIVE: N_("active"),
    Status.COMPLETED: N_("completed"),
    Status.PARTLY: N_("partly done"),
    Status.FAILED: N_("failed"),
    Status.CANCELLED: N_("cancelled"),
}
