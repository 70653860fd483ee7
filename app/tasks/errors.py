"""What this slice refuses, in the words of the store."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, TooLarge
from app.core.i18n import N_


class TaskAlreadyClosed(Conflict):
    code = "task-already-closed"
    message = N_("This task is already %(status)s.")


class WrongStatus(Conflict):
    code = "illegal-transition"
    message = N_("A task that is %(status)s can't do this step.")


class TaskTaken(Conflict):
    code = "task-taken"
    message = N_("Somebody else has taken this task.")


class StepAlreadyDone(Conflict):
    code = "step-already-done"
    message = N_("This step is already done.")


class StepNotForType(Conflict):
    code = "step-not-for-type"
    message = N_("A callback has no arrival.")


class UndoWindowOver(Conflict):
    code = "undo-window-over"
    message = N_("The time to undo is over. Ask your supervisor to reopen the task.")


class LinkedTaskTouched(Conflict):
    code = "linked-task-touched"
    message = N_("Work on the linked task has begun, so this can't be undone. Ask your supervisor.")


class NoLongerYours(Conflict):
    """What a phone without signal wanted to say of a task has become pointless; its app lets it go and goes on."""

    code = "no-longer-yours"
    message = N_("This task went to somebody else or out of the plan meanwhile.")


class NotYourStep(Forbidden):
    code = "not-your-step"
    message = N_("This step belongs to somebody else.")


class AnswerConflict(Conflict):
    """The note changed since the phone last saw it; `extra` names the field and the text that we hold."""

    code = "conflict"
    message = N_("This note was changed meanwhile. Choose which text to keep.")


class BlobMissing(Conflict):
    code = "blob-missing"
    message = N_("The picture has not arrived yet. Please send it again.")


class BlobDiffers(Conflict):
    code = "blob-differs"
    message = N_("Another file was already sent under this id.")


class DigestMismatch(Invalid):
    code = "digest-mismatch"
    message = N_("The file was damaged on its way. Please send it again.")


class NotAPicture(Invalid):
    code = "not-a-picture"
    message = N_("This file is not a picture that we can read (JPEG, PNG or WebP).")


class PictureTooLarge(TooLarge):
    code = "picture-too-large"
    message = N_("The picture is larger than %(limit)s.")


class AlreadyDecided(Conflict):
    code = "already-decided"
    message = N_("This was already decided.")
