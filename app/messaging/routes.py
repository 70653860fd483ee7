"""Messages over HTTP: outbound texts, wordings, and the sandbox phone. Conversations: conversation_routes.py."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from app.core import clock
from app.core.http import in_words, problems
from app.core.idempotency import idempotent
from app.core.paging import PageArgs
from app.core.phone import mask
from app.messaging import drafting, gateway, queries, schemas, service
from app.messaging import outbox as outgoing
from app.messaging.errors import NoSandbox
from app.messaging.kinds import Kind
from app.messaging.models import MessageTemplate, Reach, State
from app.messaging.queries import MessageDetail
from app.people.access import Role
from app.people.auth import current_actor, requires

blp = Blueprint("messaging", __name__, description="Texts to and from customers")


@blp.route("/messages")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@blp.arguments(schemas.OutboxArgs, location="query")
@blp.response(200, schemas.OutgoingPage)
@problems(blp, 422)
def outbox(args: dict[str, Any]) -> dict[str, Any]:
    """Outbound texts, newest first, each with the reason why it waits or did not go."""
    status = args.get("status")
    states = {"held": [State.PENDING.value], "cancelled": [State.CANCELED.value]}.get(status or "", [status])
    page = queries.outbox(
        current_actor(),
        now=clock.now(),
        states=[state for state in states if state],
        only_held=status == "held",
        store_id=args.get("store_id"),
        task_id=args.get("task_id"),
        customer_id=args.get("customer_id"),
        kind=args.get("kind"),
        cursor=args.get("cursor"),
        limit=args.get("limit"),
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/messages/<uuid:message_id>")
@requires()
@blp.response(200, schemas.MessageView)
@problems(blp, 404)
def message(message_id: UUID) -> dict[str, Any]:
    """One text with its calls to the provider."""
    return message_json(queries.message(message_id, actor=current_actor(), now=clock.now()))


@blp.route("/messages/<uuid:message_id>/cancel", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@idempotent
@blp.response(200, schemas.MessageView)
@problems(blp, 404, 409)
def cancel_message(message_id: UUID) -> dict[str, Any]:
    """Take back a text that still waits."""
    actor, now = current_actor(), clock.now()
    return message_json(queries.message(outgoing.cancel(message_id, actor=actor, now=now).id, actor=actor, now=now))


@blp.route("/messages/<uuid:message_id>/try-again", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@idempotent
@blp.response(201, schemas.MessageView)
@problems(blp, 404, 409)
def try_message_again(message_id: UUID) -> dict[str, Any]:
    """Send a text again that did not arrive, or of which nobody knows; the answer is the new text."""
    actor, now = current_actor(), clock.now()
    return message_json(queries.message(outgoing.try_again(message_id, actor=actor, now=now).id, actor=actor, now=now))


@blp.route("/messages/<uuid:message_id>/leave", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@idempotent
@blp.response(200, schemas.MessageView)
@problems(blp, 404, 409)
def leave_message(message_id: UUID) -> dict[str, Any]:
    """I have looked at a text of which nobody knows whether it arrived; nothing more is to be done."""
    actor, now = current_actor(), clock.now()
    return message_json(queries.message(outgoing.leave(message_id, actor=actor, now=now).id, actor=actor, now=now))


@blp.route("/message-templates")
@requires()
@blp.arguments(PageArgs, location="query")
@blp.response(200, schemas.TemplatePage)
@problems(blp, 422)
def templates(args: dict[str, Any]) -> dict[str, Any]:
    """The wordings in force."""
    page = queries.current_templates(cursor=args.get("cursor"), limit=args.get("limit"))
    return {"items": page.rows, "next_cursor": page.next_cursor}


@blp.route("/message-templates", methods=["POST"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(schemas.PublishTemplate)
@blp.response(201, schemas.TemplateView)
@problems(blp, 409, 422)
def publish_template(body: dict[str, Any]) -> MessageTemplate:
    """Publish the next version of a wording; it is used from now on."""
    return service.publish_template(
        Kind(body["kind"]),
        task_type=body["task_type"],
        reach=Reach(body["reach"]),
        texts=body["texts"],
        actor=current_actor(),
        now=clock.now(),
        seen_version=body.get("seen_version"),
    )


@blp.route("/message-templates/<int(max=2147483647):template_id>")
@requires()
@blp.response(200, schemas.TemplateView)
@problems(blp, 404)
def template(template_id: int) -> MessageTemplate:
    """One version of a wording."""
    return queries.template(template_id)


@blp.route("/message-templates/<int(max=2147483647):template_id>/preview", methods=["POST"])
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@idempotent
@blp.arguments(schemas.PreviewTemplate)
@blp.response(200, schemas.PreviewView)
@problems(blp, 404, 422)
def preview(body: dict[str, Any], template_id: int) -> Any:
    """How a wording, or a draft of its next version, reads and what it costs. Stores nothing."""
    shown = service.preview(template_id, actor=current_actor(), now=clock.now(), **body)
    return {
        "body": shown.body,
        "locale": shown.locale,
        "size": shown.size,
        "saves_by_look_alikes": shown.saves_by_look_alikes,
        "forcing": shown.forcing,
        "prices": shown.prices,
        "faults": {locale: [in_words(line) for line in lines] for locale, lines in shown.faults.items()},
    }


@blp.route("/message-templates/<int(max=2147483647):template_id>/versions")
@requires(Role.HEAD_OFFICE, Role.SUPERVISOR)
@blp.response(200, schemas.TemplateVersionsView)
@problems(blp, 404)
def template_versions(template_id: int) -> dict[str, Any]:
    """All versions of this wording, newest first: by whom, since when, last used when."""
    return {"items": drafting.versions_of(queries.template(template_id))}


@blp.route("/message-templates/<int(max=2147483647):template_id>/restore", methods=["POST"])
@requires(Role.HEAD_OFFICE)
@idempotent
@blp.arguments(schemas.RestoreTemplate)
@blp.response(201, schemas.TemplateView)
@problems(blp, 404, 409, 422)
def restore_template(body: dict[str, Any], template_id: int) -> MessageTemplate:
    """Publish the words of this version again, as the next version."""
    return service.bring_back(template_id, actor=current_actor(), now=clock.now(), **body)


@blp.route("/sandbox/phones")
@requires()
@blp.response(200, schemas.SandboxPhonesView)
@problems(blp, 404)
def sandbox_phones() -> dict[str, Any]:
    """The customers' phones as the sandbox plays them. Only where no carrier is connected."""
    _require_sandbox()
    return {"items": queries.sandbox_phones(current_actor(), now=clock.now())}


@blp.route("/sandbox/messages")
@requires()
@blp.arguments(schemas.SandboxArgs, location="query")
@blp.response(200, schemas.SandboxThreadView)
@problems(blp, 404, 422)
def sandbox_thread(args: dict[str, Any]) -> dict[str, Any]:
    """What one of these phones shows, oldest first."""
    _require_sandbox()
    return {"items": service.sandbox_thread(args["phone"], actor=current_actor(), now=clock.now())}


@blp.route("/sandbox/messages", methods=["POST"])
@requires()
@idempotent
@blp.arguments(schemas.SandboxReply)
@blp.response(201, schemas.SandboxReplyView)
@problems(blp, 404, 422)
def sandbox_reply(body: dict[str, Any]) -> dict[str, Any]:
    """Answer as the customer; it takes the same way as a carrier's webhook."""
    actor, now = current_actor(), clock.now()
    service.require_sandbox_phone(body["phone"], actor=actor, now=now)
    return {"inbound_id": service.answer_from_sandbox(body["phone"], body["text"], now=now)}


def _require_sandbox() -> None:
    if not gateway.is_sandbox():
        raise NoSandbox


def message_json(detail: MessageDetail) -> dict[str, Any]:
    row = detail.message
    return {
        "id": row.id,
        "kind": row.kind,
        "status": detail.status,
        "status_reason": row.end_reason or row.held_reason,
        "held_until": row.held_until if row.state == State.PENDING else None,
        "customer_id": row.customer_id,
        "store_id": row.store_id,
        "task_id": row.task_id,
        "phone_masked": mask(row.to_phone),
        "locale": row.locale,
        "text": row.body,
        "encoding": row.encoding,
        "segments": row.segments,
        "not_before": row.not_before,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
        "submitted_at": row.submitted_at,
        "ended_at": row.ended_at,
        "provider": row.provider,
        "provider_status": row.provider_status,
        "error_code": row.error_code,
        "possible_duplicate": row.possible_duplicate,
        "sender": row.sender,
        "repeats_id": row.parent_id,
        "attempts": detail.attempts,
    }
