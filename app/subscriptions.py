"""One table: fact -> {subscriber: handler}. The map of all side effects; publishing a fact missing here raises.

Subscriber names are stored with each delivery, so they are never renamed, only retired.
"""

from __future__ import annotations

from app import events
from app.complaints import handlers as complaints
from app.core.outbox import Subscriptions
from app.messaging import complaint_texts
from app.messaging import handlers as messaging
from app.points import handlers as points

SUBSCRIPTIONS: Subscriptions = {
    events.TaskCreated: {},
    events.TaskAssigned: {"messaging": messaging.text_booked},
    events.TaskDeclined: {},
    events.TaskConfirmed: {},
    events.TaskRescheduled: {"messaging": messaging.text_changed},
    events.TaskStarted: {"messaging": messaging.text_on_the_way},
    events.TaskArrived: {},
    events.TaskCompleted: {
        "messaging": messaging.text_done_and_ask_rating,
        "points": points.award_for_completed_task,
    },
    events.TaskPartlyCompleted: {
        "messaging": messaging.text_partly_done,
        "points": points.award_for_partly_completed_task,
    },
    events.TaskFailed: {
        "messaging": messaging.text_could_not_meet,
        "points": points.judge_failed_task,
    },
    events.TaskCancelled: {"messaging": messaging.text_cancelled},
    events.TaskReopened: {
        "messaging": messaging.withdraw_ending_texts,
        "points": points.reverse_for_reopened_task,
    },
    events.TaskRated: {"points": points.award_for_rating},
    events.WorkHeld: {},
    events.CustomerOptedOut: {"messaging": messaging.suppress_pending},
    events.CustomerOptedIn: {},
    events.CustomerMoved: {
        "messaging": messaging.move_conversation,
        "complaints": complaints.move_case,
    },
    events.HouseholdChanged: {"complaints": complaints.rehouse_case},
    events.PurchaseRecorded: {},
    events.InboundReceived: {"messaging": messaging.understand_inbound},
    events.QuestionAnswered: {},
    events.ComplaintOpened: {
        "messaging": complaint_texts.text_heard,
        "messaging-tidy": complaint_texts.end_pointless_texts,
    },
    events.ComplaintAcknowledged: {},
    events.ComplaintPlanned: {},
    events.ComplaintResolved: {"messaging": complaint_texts.ask_whether_put_right},
    events.ComplaintAnswered: {"messaging": complaint_texts.close_questions},
    events.ComplaintClosed: {
        "messaging": complaint_texts.close_questions,
        "complaints": complaints.rehouse_other_case,
    },
    events.ComplaintReopened: {"messaging": complaint_texts.text_heard_again},
    events.ComplaintEscalated: {},
}
