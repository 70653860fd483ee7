"""What this slice refuses, in its own words."""

from __future__ import annotations

from app.core.errors import Conflict
from app.core.i18n import N_


class CodeTaken(Conflict):
    code = "product-code-taken"
    message = N_("Another product already has this code.")

    def __init__(self) -> None:
        super().__init__(errors={"code": [N_("This code belongs to another product.")]})


class PurchaseOfAnotherStore(Conflict):
    code = "purchase-of-another-store"
    message = N_("Another store already sent a purchase with this source and number.")
