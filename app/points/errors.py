"""What the points slice refuses, in its own words."""

from __future__ import annotations

from app.core.errors import Conflict, NotFound
from app.core.i18n import N_


class NoSuchRules(NotFound):
    code = "no-such-rules"
    message = N_("There is no such version of the rules.")


class RulesSuperseded(Conflict):
    code = "rules-superseded"
    message = N_("Version %(version)s has been replaced. Please read the newest version.")
