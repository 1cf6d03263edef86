"""Tickets as they are answered: to members without a word of the notes, to staff with all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from plixa.actors.desk.ticket import Grant

Status = Literal["open", "pending", "solved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]


class TicketRatingShown(TypedDict):
    rating: int
    comment: str | None


class MemberTicket(TypedDict):
    id: int
    subject: str
    status: Status
    priority: Priority
    follows: int | None
    opened_by: int
    messages_count: int
    last_message_at: datetime
    rating: TicketRatingShown | None
    created_at: datetime
    updated_at: datetime


class Attachment(TypedDict):
    id: int
    name: str
    mime: str
    bytes: int


class MessageAuthor(TypedDict):
    kind: Literal["member", "staff"]
    id: int | None
    name: str


class MemberMessage(TypedDict):
    id: int
    author: MessageAuthor
    body: str
    attachments: list[Attachment]
    created_at: datetime


class TicketReplay(TypedDict):
    conversation_id: int
    clear: bool
    granted_by: int
    granted_at: datetime
    looks: int
    looked_at: datetime | None


class MemberTicketDetail(MemberTicket):
    messages: list[MemberMessage]
    replays: list[TicketReplay]


class FirstResponse(TypedDict):
    due_at: datetime
    met_at: datetime | None
    breached: bool


class TicketViewer(TypedDict):
    admin_id: int
    name: str
    state: Literal["viewing", "writing"]


class Opener(TypedDict):
    id: int
    name: str | None
    email: str | None


class StaffTicket(TypedDict):
    id: int
    tenant_id: int
    company: str | None
    opener: Opener
    subject: str
    status: Status
    priority: Priority
    requested_priority: Priority
    admin_id: int | None
    tag_ids: list[int]
    follows: int | None
    messages_count: int
    last_message_id: int
    last_author: Literal["member", "staff"]
    last_message_at: datetime
    waiting_since: datetime | None
    first_response: FirstResponse
    rating: TicketRatingShown | None
    viewers: list[TicketViewer]
    created_at: datetime
    updated_at: datetime


class StaffMessage(MemberMessage):
    is_internal: bool


class StaffTicketDetail(StaffTicket):
    messages: list[StaffMessage]
    replays: list[TicketReplay]


KINDS = {"user": "member", "admin": "staff"}


def member_ticket(row: Any) -> dict[str, Any]:
    """For members."""
    return {
        "id": row["id"],
        "subject": row["subject"],
        "status": row["status"],
        "priority": row["priority"],
        "follows": row["follows"],
        "opened_by": row["opened_by"],
        "messages_count": row["messages"],
        "last_message_at": row["last_at"],
        "rating": _rating(row),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _rating(row: Any) -> dict[str, Any] | None:
    return None if row["rating"] is None else {"rating": row["rating"], "comment": row["rating_comment"]}


def member_message(row: Any) -> dict[str, Any]:
    """For members: of staff only what they are called."""
    own = row["author"] == "user"
    return {
        "id": row["id"],
        "author": {
            "kind": KINDS[row["author"]],
            "id": row["author_id"] if own else None,
            "name": row["author_name"],
        },
        "body": row["body"],
        "attachments": row["files"],
        "created_at": row["created_at"],
    }


def replays(grants: Mapping[int, Grant]) -> list[dict[str, Any]]:
    """The conversations that staff may look at, for both sides."""
    return [
        {
            "conversation_id": id_,
            "clear": grant.clear,
            "granted_by": grant.by,
            "granted_at": grant.at,
            "looks": grant.looks,
            "looked_at": grant.looked_at,
        }
        for id_, grant in grants.items()
    ]


def staff_ticket(row: Any, viewers: list[Any], at: datetime) -> dict[str, Any]:
    """For staff. at: now, by which a first response is late or not."""
    due, met = row["response_due_at"], row["first_response_at"]
    shared = {name: value for name, value in member_ticket(row).items() if name != "opened_by"}
    return {
        **shared,
        "tenant_id": row["tenant_id"],
        "company": row["company"],
        "opener": {"id": row["opened_by"], "name": row["opener_name"], "email": row["opener_email"]},
        "requested_priority": row["requested_priority"],
        "admin_id": row["assignee"],
        "tag_ids": list(row["tags"]),
        "last_message_id": row["last_message_id"],
        "last_author": KINDS[row["last_author"]],
        "waiting_since": row["waiting_since"],
        "first_response": {"due_at": due, "met_at": met, "breached": (met or at) > due},
        "viewers": [shown_viewer(each) for each in viewers],
    }


def shown_viewer(viewer: Any) -> dict[str, Any]:
    """Somebody else who is looking."""
    return {"admin_id": viewer.admin_id, "name": viewer.name, "state": viewer.state}


def staff_message(row: Any) -> dict[str, Any]:
    """For staff."""
    author = {"kind": KINDS[row["author"]], "id": row["author_id"], "name": row["author_name"]}
    return {**member_message(row), "author": author, "is_internal": row["is_internal"]}
