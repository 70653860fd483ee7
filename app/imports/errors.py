"""What this slice refuses, in its own words."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid
from app.core.i18n import N_


class WrongState(Conflict):
    code = "import-not-ready"
    message = N_("This import is at another point now. Please look again.")


class NothingToImport(Conflict):
    code = "nothing-to-import"
    message = N_("There is no row in this file that would change anything.")


class RowsAreWrong(Conflict):
    code = "rows-are-wrong"
    message = N_("You asked for all rows or none, and some rows are wrong. Correct the file, or import the good rows.")


class TooLateToUndo(Conflict):
    code = "too-late-to-undo"
    message = N_("The rows of this import have been deleted after 30 days; it can’t be taken back any more.")


class ColumnsMissing(Invalid):
    code = "columns-missing"
    message = N_("Some columns we need are not chosen yet.")
