"""What an event means, in a few plain words for the audit: never with what a customer or a member wrote in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plixa.engine.events import Event

CONSEQUENCES = (
    "ai.asked",
    "ai.cancelled",
    "answer.dropped",
    "answer.given",
    "answer.planned",
    "assignment.wanted",
    "close.planned",
    "closed.told",
    "digest.scheduled",
    "holiday.waived",
    "mail.requested",
    "member.freed",
    "sla.met",
    "sla.moved",
    "sla.started",
    "sla.stopped",
    "sla.warned",
    "ticket.noted",
    "welcome.dropped",
    "welcome.planned",
)
"""What the rules made of somebody's deed, in the same moment: nobody did it, so the audit leaves it out.

Notes of staff are their own, too."""

WORDS: dict[str, str | Callable[[Any], str]] = {
    "config.changed": lambda e: f"changed the {_plain(e.config)} settings",
    "contact.added": "added a contact",
    "contact.changed": lambda e: f"changed a contact ({', '.join(map(_plain, e.fields)) or 'details'})",
    "contact.erased": "erased a contact",
    "contact.labelled": "labelled a contact",
    "contact.merged": "merged two contacts",
    "contact.unlabelled": "took a label off a contact",
    "contact.unmerged": "took a merge of contacts back",
    "contact.valued": "filled in custom fields of a contact",
    "conversation.annotated": "changed the notes of a conversation",
    "conversation.assigned": lambda e: (
        "took a conversation's member away"
        if e.assigned_user_id is None
        else f"assigned a conversation to member {e.assigned_user_id}"
    ),
    "conversation.deleted": "deleted a conversation",
    "conversation.given_back": "gave a conversation back to the automation",
    "conversation.handed_over": "took a conversation over from the automation",
    "conversation.labelled": "labelled a conversation",
    "conversation.opened": "opened a conversation",
    "conversation.read": "marked a conversation as read for everybody",
    "conversation.seen": "read a conversation",
    "conversation.renamed": "renamed a conversation's contact",
    "conversation.reopened": "reopened a conversation",
    "conversation.resolved": "resolved a conversation",
    "conversation.routed": "moved a conversation to a sector",
    "conversation.snoozed": lambda e: f"snoozed a conversation until {e.until:%Y-%m-%d %H:%M} UTC",
    "merge.decided": "merged two conversations",
    "conversation.unlabelled": "took a label off a conversation",
    "conversation.woken": "ended a conversation's snooze",
    "deletion.cancelled": "called off the deletion of the workspace",
    "deletion.scheduled": lambda e: f"scheduled the deletion of the workspace for {e.due:%Y-%m-%d}",
    "digest.due": "asked for a test digest",
    "flow.deleted": "deleted a flow",
    "flow.published": lambda e: f"published a flow (version {e.version})",
    "flow.saved": "saved a flow",
    "flow.toggled": lambda e: f"switched a flow {'on' if e.enabled else 'off'}",
    "holidays.synced": lambda e: f"closed {len(e.closed)} and opened {len(e.opened)} days for the public holidays",
    "import.started": lambda e: f"started an import of {e.total} contacts",
    "invitation.accepted": "accepted an invitation",
    "invitation.cancelled": "cancelled an invitation",
    "invitation.created": lambda e: f"invited {e.email} as {e.role}",
    "invitation.resent": "sent an invitation again",
    "logo.changed": lambda e: f"{'removed' if e.key is None else 'changed'} the logo",
    "member.availability": lambda e: f"{'takes' if e.is_available else 'stopped taking'} new conversations",
    "member.changed": "changed their own name or language",
    "member.email_change_asked": "asked to sign in with another e-mail address",
    "member.email_verified": "confirmed their e-mail address",
    "member.password_changed": lambda e: f"{'changed' if e.how == 'changed' else 'reset'} their password",
    "member.recovery_code_revoked": "revoked one of their recovery codes",
    "member.recovery_codes_made": "made new recovery codes",
    "member.sessions_ended": lambda e: f"ended {'one' if e.session_id else 'all others'} of their sessions",
    "member.two_factor_disabled": "turned two-factor authentication off",
    "member.two_factor_enabled": "turned two-factor authentication on",
    "member.joined": lambda e: f"joined the workspace as {e.role}",
    "member.removed": lambda e: f"removed member {e.user_id}",
    "message.noted": "wrote an internal note",
    "message.queued": "sent a message",
    "message.scheduled": lambda e: f"scheduled a message for {e.due:%Y-%m-%d %H:%M} UTC",
    "message.unscheduled": "called off a scheduled message",
    "number.added": "added a WhatsApp number",
    "number.asked": lambda e: f"asked a WhatsApp number to {_plain(e.what)}",
    "number.removed": "removed a WhatsApp number",
    "number.renamed": "renamed a WhatsApp number",
    "number.status": lambda e: f"changed a WhatsApp number's connection: {_plain(e.status)}",
    "onboarding.dismissed": "dismissed the getting-started list",
    "push.unwanted": "wants no notifications any more",
    "push.wanted": "wants notifications",
    "setting.changed": lambda e: f"changed an entry of the {_plain(e.collection)}",
    "setting.created": lambda e: f"added an entry to the {_plain(e.collection)}",
    "setting.removed": lambda e: f"removed an entry from the {_plain(e.collection)}",
    "setting.reordered": lambda e: f"put the {_plain(e.collection)} in another order",
    "staff.looked": lambda e: f"had a look, as Plixa's staff: {e.what}",
    "staff.stepped_in": lambda e: f"stepped in as member {e.user_id}, as Plixa's staff, to {e.mode}: {e.reason}",
    "staff.stepped_out": "left the workspace, as Plixa's staff",
    "ticket.assigned": lambda e: "took a support ticket" if e.admin_id else "let go of a support ticket",
    "ticket.moved": lambda e: f"moved a support ticket from {e.was} to {e.status}",
    "ticket.opened": "opened a support ticket",
    "ticket.prioritised": lambda e: f"set a support ticket's priority to {e.priority}",
    "ticket.rated": "rated a support ticket",
    "ticket.tagged": "tagged a support ticket",
    "ticket.written": "wrote in a support ticket",
    "token.created": lambda e: f"made an API token that may {' and '.join(e.abilities)}",
    "token.revoked": "revoked an API token",
    "workspace.founded": "founded the workspace",
    "workspace.reactivated": "made the workspace active again, as Plixa's staff",
    "workspace.suspended": lambda e: f"suspended the workspace, as Plixa's staff: {e.reason}",
}


def summary(event: Event) -> str:
    """What somebody did. An event that nothing is said about here is called by its type."""
    words = WORDS.get(event.type)
    if words is None:
        return _plain(event.type.replace(".", " "))
    return words if isinstance(words, str) else words(event)


def _plain(name: str) -> str:
    return name.replace("_", " ")
