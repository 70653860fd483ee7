"""The words about stock, daily amounts and run-out days."""

from app.core.i18n import N_

BASES = {
    "label": N_("by the daily amount"),
    "measured": N_("by the household’s own pace"),
    "reorder": N_("by how often it is bought"),
}
MOVEMENTS = {
    "count": N_("Counted"),
    "sold": N_("Sold"),
    "returned": N_("Came back"),
    "taken": N_("Delivered"),
}
END_REASONS = {
    "changed": N_("another amount followed"),
    "next stage": N_("the next stage followed"),
    "consent withdrawn": N_("the guardian took back the consent"),
    "member removed": N_("the member was removed"),
}
