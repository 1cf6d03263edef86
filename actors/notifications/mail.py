"""Mails that a workspace sends to its people: asked for with an event, sent from the outbox.

An event never holds a secret: where a mail carries one, `secret_kind` and `secret_ref` say which of the vault's it is.
A mail that may have gone out is tried again under the same id; whoever is handed the same id twice sends one mail, as
far as they can tell (`http/clients/mail`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()
REMEMBERED = 20
"""Effects whose mails are known to have been asked for. A report comes again within minutes, or after a restart."""


class RequestMail(Command, frozen=True, kw_only=True, tag=True):
    """Write to a member (`user_id`) or to an address (`email`).

    template: a kind of `http/clients/mail/kinds.py`. values: what it needs beside its links, in JSON types.
    """

    template: str
    user_id: int | None = None
    email: str | None = None
    secret_kind: str | None = None
    secret_ref: int | None = None
    values: dict[str, Any] = {}  # noqa: RUF012  # msgspec copies an empty default


@event("mail.requested")
class MailRequested(Event, frozen=True, kw_only=True):
    """of: the effect whose outcome asked for it, if one did: it asks but once, however often it is reported."""

    mail_id: int
    requested_at: datetime
    template: str
    user_id: int | None = None
    email: str | None = None
    secret_kind: str | None = None
    secret_ref: int | None = None
    values: dict[str, Any] = {}  # noqa: RUF012  # msgspec copies an empty default
    of: str | None = None


def mail(
    now: Moment,
    template: str,
    *,
    user_id: int | None = None,
    email: str | None = None,
    secret: tuple[str, int] | None = None,
    values: dict[str, Any] | None = None,
    of: str | None = None,
) -> MailRequested:
    """The event that sends a mail, for decisions that lead to one."""
    kind, ref = secret or (None, None)
    return MailRequested(
        mail_id=next(now.ids),
        requested_at=now.at,
        template=template,
        user_id=user_id,
        email=email,
        secret_kind=kind,
        secret_ref=ref,
        values=values or {},
        of=of,
    )


@decide.on(RequestMail)
def _request(_state: Workspace, command: RequestMail, now: Moment) -> Sequence[Event]:
    secret = None
    if command.secret_kind is not None and command.secret_ref is not None:
        secret = (command.secret_kind, command.secret_ref)
    return [
        mail(
            now,
            command.template,
            user_id=command.user_id,
            email=command.email,
            secret=secret,
            values=command.values,
        )
    ]


@evolve.on(MailRequested)
def _requested(state: Workspace, happened: MailRequested) -> Workspace:
    if happened.of is None or happened.of in state.mailed_of:
        return state
    return replace(state, mailed_of=(*state.mailed_of, happened.of)[-REMEMBERED:])


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """A mail that was asked for is sent. Each has a lane of its own: one that is stuck holds up no other."""
    if isinstance(happened, MailRequested):
        request = {
            "requested_at": happened.requested_at.isoformat(),
            "template": happened.template,
            "user_id": happened.user_id,
            "email": happened.email,
            "secret_kind": happened.secret_kind,
            "secret_ref": happened.secret_ref,
            "values": happened.values,
        }
        lane = f"mail-{happened.mail_id}"
        yield Effect(lane, "mail.send", lane, "mail", request)
