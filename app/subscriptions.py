"""One table: fact -> {subscriber: handler}. The map of all side effects; publishing a fact missing here raises.

Subscriber names are stored with each delivery, so they are never renamed, only retired.
"""

from __future__ import annotations

from app import events
from app.careplans import handlers as careplans
from app.careplans import reorders, text_ends
from app.complaints import handlers as complaints
from app.core.outbox import Subscriptions
from app.messaging import complaint_texts, introducing, pointless, touches
from app.messaging import handlers as messaging
from app.points import handlers as points
from app.purchases import following
from app.purchases import handlers as purchases
from app.tasks import goods, handing_over

SUBSCRIPTIONS: Subscriptions = {
    events.TaskCreated: {"stock": goods.reserve_for_deliveries},
    events.TaskAssigned: {"messaging": messaging.text_booked},
    events.TaskDeclined: {},
    events.TaskConfirmed: {},
    events.TaskRescheduled: {
        "messaging": messaging.text_changed,
        "stock": goods.hold_longer,
        "careplans": careplans.move_contact,
    },
    events.TaskStarted: {"messaging": messaging.text_on_the_way},
    events.TaskArrived: {},
    events.TaskCompleted: {
        "messaging": messaging.text_done_and_ask_rating,
        "points": points.award_for_completed_tasks,
        "stock": goods.take_all_delivered,
        "careplans": careplans.record_finished_contacts,
        "careplans-order": reorders.order_after_calls,
    },
    events.TaskPartlyCompleted: {
        "messaging": messaging.text_partly_done,
        "points": points.award_for_partly_completed_task,
        "stock": goods.take_delivered,
        "careplans": careplans.record_finished_contacts,
    },
    events.TaskFailed: {
        "messaging": messaging.text_could_not_meet,
        "points": points.judge_failed_task,
        "stock": goods.release_undelivered,
        "careplans": careplans.judge_failed_contact,
    },
    events.TaskCancelled: {
        "messaging": messaging.text_cancelled,
        "stock": goods.release_undelivered,
        "careplans": careplans.release_cancelled_contact,
    },
    events.TaskReopened: {
        "messaging": messaging.withdraw_ending_texts,
        "points": points.reverse_for_reopened_task,
        "stock": goods.take_back_in,
        "careplans": careplans.take_back_contact,
        "careplans-order": reorders.take_back_order,
    },
    events.TaskRated: {"points": points.award_for_rating},
    events.WorkHeld: {},
    events.CustomerOptedOut: {
        "messaging": messaging.suppress_pending,
        "careplans": careplans.end_what_was_stopped,
    },
    events.CustomerOptedIn: {},
    events.CustomerMoved: {
        "messaging": messaging.move_conversation,
        "complaints": complaints.move_case,
        "careplans": careplans.move_touches,
    },
    events.CustomerDetailsChanged: {
        "tasks": handing_over.show_new_details,
        "messaging": messaging.note_new_address,
    },
    events.CustomersMerged: {
        "habits": purchases.recompute_after_merge,
        "messaging": messaging.show_merged_thread,
        "careplans": careplans.keep_one_contact_of_merged,
    },
    events.CustomersParted: {
        "habits": purchases.recompute_after_parting,
        "messaging": messaging.show_parted_threads,
        "careplans": careplans.part_contacts,
    },
    events.CustomerHandedOver: {
        "tasks": handing_over.reassign_open_tasks,
        "messaging": introducing.introduce,
    },
    events.TasksPlanned: {},
    events.TouchesDue: {"messaging": touches.write_touches},
    events.TouchesWithdrawn: {"messaging": touches.withdraw_touches},
    events.TouchEnded: {"careplans": text_ends.settle_texts},
    events.GuardianConsentWithdrawn: {
        "intakes": purchases.end_intakes_without_consent,
        "careplans": careplans.end_touches_about_member,
    },
    events.ReminderRequestEnded: {"careplans": careplans.end_reminder_nobody_wants},
    events.MemberAnonymised: {
        "intakes": purchases.end_intakes_of_forgotten_member,
        "careplans": careplans.end_touches_about_member,
    },
    events.PurchaseRecorded: {
        "habits": following.follow_purchases,
        "stock": purchases.settle_stock,
        "run-outs": purchases.keep_run_outs_after_purchases,
        "careplans": careplans.end_what_was_bought,
        "messaging": pointless.end_after_purchases,
        "delivery": goods.deliver_large_purchases,
    },
    events.PurchaseCorrected: {
        "habits": purchases.keep_habits_after_correction,
        "stock": purchases.settle_stock,
        "run-outs": purchases.keep_run_outs_after_correction,
        "careplans": careplans.end_what_was_bought,
        "careplans-returned": careplans.end_follow_up_of_returned,
        "delivery": goods.deliver_large_purchases,
    },
    events.PurchaseReturned: {
        "habits": following.follow_purchases,
        "stock": purchases.settle_stock,
        "run-outs": purchases.keep_run_outs_after_return,
        "careplans-returned": careplans.end_follow_up_of_returned,
        "delivery": goods.deliver_large_purchases,
    },
    events.HouseholdChanged: {
        "complaints": complaints.rehouse_case,
        "careplans": careplans.keep_one_contact_of_household,
    },
    events.InboundReceived: {"messaging": messaging.understand_inbound},
    events.QuestionAnswered: {"careplans": reorders.order_again},
    events.ComplaintOpened: {
        "messaging": complaint_texts.text_heard,
        "messaging-tidy": complaint_texts.end_pointless_texts,
        "careplans": careplans.freeze_for_complaint,
    },
    events.ComplaintAcknowledged: {},
    events.ComplaintPlanned: {},
    events.ComplaintResolved: {"messaging": complaint_texts.ask_whether_put_right},
    events.ComplaintAnswered: {"messaging": complaint_texts.close_questions},
    events.ComplaintClosed: {
        "messaging": complaint_texts.close_questions,
        "complaints": complaints.rehouse_other_case,
    },
    events.ComplaintReopened: {
        "messaging": complaint_texts.text_heard_again,
        "careplans": careplans.end_care_after_reopened_complaint,
    },
    events.ComplaintEscalated: {},
}
