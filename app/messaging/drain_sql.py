"""The statements of drain.py: claim, submit, write down what came of a call, free what a dead worker held."""

from __future__ import annotations

from sqlalchemy import text

from app.complaints.queries import open_in

OPEN_CASES = f"FROM customer AS reader JOIN complaint ON {open_in('reader.household_id')}"
"""The open cases of the reader's household."""

# To the planner hardly anything ever waits, so it would read and sort all that does for each claim. The index has it in
# order, and who takes a hundred rows of it reads a hundred.
IN_ORDER = text("SET LOCAL enable_sort = off")

CLAIM = text(f"""
    WITH due AS MATERIALIZED (
        SELECT id FROM message
        WHERE state = 'pending' AND not_before <= :now AND priority <= :lowest
          AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp())
        ORDER BY priority, not_before LIMIT :size FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE message SET state = 'claimed', lease_owner = :owner, held_reason = NULL, held_until = NULL,
            lease_until = clock_timestamp() + make_interval(secs => :lease)
        FROM due WHERE message.id = due.id
        RETURNING message.*
    )
    SELECT claimed.id, claimed.to_phone, claimed.body, claimed.kind, claimed.expires_at, claimed.zone,
           claimed.store_id, claimed.speaks_of, claimed.priority, claimed.segments, claimed.not_before,
           claimed.customer_id, claimed.is_proactive, claimed.is_restricted,
           split_part(claimed.dedupe_key, ':resend:', 1) AS dedupe_key,
           inbound.received_at AS answers_inbound_at,
           task.status AS task_status, task.window_start AS task_window_start,
           coalesce(conversation.paused_at IS NOT NULL, false) AS is_paused,
           EXISTS (SELECT 1 FROM phone_fault WHERE phone_fault.phone = claimed.to_phone
                   AND phone_fault.cleared_at IS NULL) AS number_is_bad,
           ARRAY(SELECT scope FROM consent WHERE consent.phone = claimed.to_phone AND consent.channel = 'sms'
                 AND consent.state = 'out') AS refused_scopes,
           coalesce(open_case.is_open, false) AS has_open_complaint,
           coalesce(open_case.is_reaction, false) AS has_open_reaction
    FROM claimed
    LEFT JOIN LATERAL (SELECT count(*) > 0 AS is_open, bool_or(complaint.is_reaction) AS is_reaction {OPEN_CASES}
                       WHERE reader.id = claimed.customer_id
                         AND claimed.kind = ANY(:unasked_kinds)) AS open_case ON true
    LEFT JOIN inbound ON inbound.id = claimed.answers_inbound_id
    LEFT JOIN task ON task.id = claimed.task_id
    LEFT JOIN conversation ON conversation.customer_id = claimed.customer_id
    ORDER BY claimed.priority, claimed.not_before
""")  # noqa: S608  (OPEN_CASES is a constant of ours)

HOLD = text("""
    UPDATE message SET state = 'pending', lease_owner = NULL, lease_until = NULL,
        not_before = :until, held_until = :until, held_reason = :reason
    WHERE id = :id AND state = 'claimed' AND lease_owner = :owner
""")

SUBMIT = text(f"""
    WITH gone AS (
        UPDATE message SET state = 'submitting', attempt_no = attempt_no + 1, provider = :provider, sender = :sender,
            call_started_at = clock_timestamp(), next_attempt_at = NULL,
            lease_until = clock_timestamp() + make_interval(secs => :lease)
        FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS text[])) AS mine(id, owner)
        WHERE message.id = mine.id AND message.lease_owner = mine.owner
          AND state = 'claimed' AND lease_until > clock_timestamp()
          AND expires_at > :now
          AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.phone = message.to_phone
                          AND consent.channel = 'sms' AND consent.state = 'out'
                          AND consent.scope IN ('all', CAST(:scopes AS jsonb) ->> message.kind))
          AND NOT (message.is_proactive AND message.customer_id IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM contact_booking AS slot
                                   WHERE slot.origin_key = split_part(message.dedupe_key, ':resend:', 1)
                                     AND slot.state <> 'released'))
          AND NOT (message.kind = ANY(:unasked_kinds)
                   AND EXISTS (SELECT 1 {OPEN_CASES} WHERE reader.id = message.customer_id
                               AND (complaint.is_reaction OR message.kind = ANY(:promoting_kinds))))
          AND NOT EXISTS (SELECT 1 FROM task WHERE task.id = message.task_id AND (
                (message.kind = ANY(:live_kinds) AND (task.status NOT IN ('open', 'assigned', 'active')
                    OR (message.speaks_of IS NOT NULL AND task.window_start <> message.speaks_of)))
             OR (message.kind = ANY(:active_kinds) AND task.status <> 'active')))
        RETURNING message.id, lease_owner, attempt_no, call_started_at
    ), attempt AS (
        INSERT INTO message_attempt (message_id, n, lease_owner, provider, call_started_at)
        SELECT id, attempt_no, lease_owner, :provider, call_started_at FROM gone
    )
    SELECT id, lease_owner, attempt_no FROM gone
""")  # noqa: S608  (OPEN_CASES is a constant of ours)

RELEASE = text("""
    UPDATE message SET state = 'pending', lease_owner = NULL, lease_until = NULL,
        next_attempt_at = clock_timestamp() + make_interval(secs => :pause)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS text[])) AS mine(id, owner)
    WHERE message.id = mine.id AND message.lease_owner = mine.owner AND state = 'claimed'
""")

FINISH_ATTEMPT = text("""
    UPDATE message_attempt SET finished_at = clock_timestamp(), outcome = :outcome, http_status = :http_status,
        code = :code
    WHERE message_id = :message_id AND n = :n
""")

# A callback may have been quicker than our own answer: what it wrote stands. A row that waits under this very attempt
# was put back because nobody knew of the call; it need not go again.
RECORD_SENT = text("""
    WITH result AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:sids AS text[]), CAST(:statuses AS text[]),
                             CAST(:ranks AS smallint[]), CAST(:states AS text[]), CAST(:attempts AS smallint[]))
             AS one(id, sid, status, rank, state, attempt)
    ), finished AS (
        UPDATE message_attempt SET finished_at = clock_timestamp(), outcome = 'Sent', http_status = 201,
            sid = result.sid
        FROM result WHERE message_attempt.message_id = result.id AND message_attempt.n = result.attempt
    )
    UPDATE message SET
        provider_sid = coalesce(message.provider_sid, result.sid),
        state = CASE WHEN message.state IN ('submitting', 'unknown', 'needs_attention', 'pending', 'claimed')
                       OR (message.state = 'submitted' AND message.status_rank < result.rank)
                     THEN result.state ELSE message.state END,
        ended_at = CASE WHEN message.state IN ('submitting', 'unknown', 'needs_attention', 'pending', 'claimed')
                        AND result.state = 'delivered' THEN :now ELSE message.ended_at END,
        provider_status = CASE WHEN message.status_rank < result.rank
                               THEN result.status ELSE message.provider_status END,
        status_rank = greatest(message.status_rank, result.rank),
        submitted_at = coalesce(message.submitted_at, :now),
        lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL, error_code = CASE
            WHEN message.state IN ('submitting', 'unknown') THEN NULL ELSE message.error_code END
    FROM result WHERE message.id = result.id AND message.attempt_no = result.attempt
    RETURNING message.id, message.store_id, message.customer_id, message.task_id, message.kind, message.speaks_of,
        message.is_proactive, message.dedupe_key, message.zone,
        CASE WHEN message.is_proactive
             THEN (SELECT household_id FROM customer WHERE customer.id = message.customer_id) END AS household_id,
        CASE WHEN message.speaks_of IS NOT NULL
             THEN (SELECT window_start FROM task WHERE task.id = message.task_id) END AS window_start,
        CASE WHEN message.speaks_of IS NOT NULL
             THEN (SELECT window_end FROM task WHERE task.id = message.task_id) END AS window_end
""")

# A certain answer counts even when it comes after the lease: nobody calls again for an unknown row.
TRY_AGAIN = text("""
    UPDATE message SET state = 'pending', lease_owner = NULL, lease_until = NULL, error_code = :code,
        held_reason = :reason, next_attempt_at = clock_timestamp() + make_interval(secs => :pause)
    WHERE id = :id AND attempt_no = :attempt
      AND (state = 'unknown' OR (state = 'submitting' AND lease_owner = :owner))
""")

UNPARK = text("""
    UPDATE message SET next_attempt_at = NULL, held_reason = NULL WHERE state = 'pending' AND held_reason = :reason
""")

BECOME_UNKNOWN = text("""
    UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL, error_code = :code, lookups = 0,
        next_attempt_at = clock_timestamp() + make_interval(secs => :pause)
    WHERE id = :id AND state = 'submitting' AND attempt_no = :attempt AND lease_owner = :owner
""")

FAIL = text("""
    UPDATE message SET state = :state, end_reason = :reason, error_code = :code, ended_at = :now,
        lease_owner = NULL, lease_until = NULL
    WHERE id = :id AND attempt_no = :attempt
      AND (state = 'unknown' OR (state = 'submitting' AND lease_owner = :owner))
    RETURNING split_part(dedupe_key, ':resend:', 1) AS dedupe_key, is_proactive
""")

# Skipping locked rows: their worker is alive after all and just writing, and waiting for it could be a deadlock.
LOST_CLAIMS = text("""
    UPDATE message SET state = 'pending', lease_owner = NULL, lease_until = NULL
    WHERE id IN (SELECT id FROM message WHERE state = 'claimed' AND lease_until <= clock_timestamp()
                 FOR UPDATE SKIP LOCKED)
""")

LOST_CALLS = text("""
    UPDATE message SET state = 'unknown', lease_owner = NULL, lease_until = NULL, lookups = 0,
        next_attempt_at = clock_timestamp() + make_interval(secs => :pause)
    WHERE id IN (SELECT id FROM message WHERE state = 'submitting' AND lease_until <= clock_timestamp()
                 FOR UPDATE SKIP LOCKED)
""")
