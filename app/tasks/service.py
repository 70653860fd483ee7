"""The verbs of this slice, in one place for routes, handlers and the slices above."""

from app.tasks.again import may_try_again, try_again
from app.tasks.at_the_door import Place
from app.tasks.creating import NewLine, NewTask, create, create_many, create_or_find, create_or_find_id
from app.tasks.evidence import add_evidence, add_place, put_blob
from app.tasks.held import accept as accept_held
from app.tasks.held import dismiss as dismiss_held
from app.tasks.held import require_still_yours, submit
from app.tasks.planning import accept, assign, cancel, claim, confirm, decline, move_to_store, rate, reschedule, retell
from app.tasks.promises import tell_eta, tell_window
from app.tasks.slots import free_slots, offer_slots
from app.tasks.templates import publish as publish_checklist
from app.tasks.templates import ship_templates
from app.tasks.undoing import reopen, undo
from app.tasks.work import Submission, answer_checklist, arrive, complete, complete_partly, fail, start

__all__ = [
    "NewLine",
    "NewTask",
    "Place",
    "Submission",
    "accept",
    "accept_held",
    "add_evidence",
    "add_place",
    "answer_checklist",
    "arrive",
    "assign",
    "cancel",
    "claim",
    "complete",
    "complete_partly",
    "confirm",
    "create",
    "create_many",
    "create_or_find",
    "create_or_find_id",
    "decline",
    "dismiss_held",
    "fail",
    "free_slots",
    "may_try_again",
    "move_to_store",
    "offer_slots",
    "publish_checklist",
    "put_blob",
    "rate",
    "reopen",
    "require_still_yours",
    "reschedule",
    "retell",
    "ship_templates",
    "start",
    "submit",
    "tell_eta",
    "tell_window",
    "try_again",
    "undo",
]
