"""The team: members, invitations, and how one is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from plixa.actors.people import team
from plixa.actors.workspace.events import MemberJoined
from plixa.actors.workspace.state import Invitation, Member, Workspace, evolve
from plixa.engine.errors import Conflict, Duplicate, NotFound, Refused
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, auth, rendering, route, settled, shapes
from plixa.http.api.fields import Body, Email, Line, Password
from plixa.http.assignment.availability import availability
from plixa.http.people.resources import tenant_resource, user_resource
from plixa.http.people.routes.auth import PANEL
from plixa.http.workspace.parts import PICTURES
from plixa.storage.people import vault

TAG = "Team"


class Invite(Body):
    email: Email
    role: Literal["owner", "agent"] = "agent"


class Accept(Body):
    """`token` is the one in the link of the invitation."""

    token: Annotated[str, Field(max_length=200)]
    name: Annotated[Line, StringConstraints(max_length=255)]
    password: Password


class BadInvitation(Refused):
    """Unknown, expired, cancelled, used: all the same, so that guessing teaches nothing."""

    status = 404
    code = "INVITATION_INVALID"

    def __init__(self) -> None:
        super().__init__("This invitation is not valid (any more). Ask whoever invited you for a new one.")


# -- members ----------------------------------------------------------------------------------------------------------


@route("GET", "/v1/team/members", tag=TAG, ability="panel", answer=list[shapes.TeamMember], acting=True)
async def list_members(call: Call) -> Answer:
    """List the members

    By name. `last_seen_at` is the last heartbeat of an open panel.
    """
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    members = sorted(workspace.members.values(), key=lambda member: (member.name.casefold(), member.id))
    return Answer([_member(call, member) for member in members])


@route("DELETE", "/v1/team/members/{id}", tag=TAG, who="owner", ability="panel", status=204)
async def remove_member(call: Call) -> Answer:
    """Remove a member

    They are signed out at once, everywhere. Their conversations are nobody's from then on; what they wrote stays.
    """
    user_id, now = call.params["id"], call.services.clock.now()
    command = team.RemoveMember(user_id=user_id, by=call.caller.user_id)

    revoked = vault.tokens_revoked_row(call.tenant, user_id, now)
    await call.ask("workspace", call.tenant, command, attach=[revoked])
    call.services.presence.forget(call.tenant, user_id)
    return Answer(status=204)


def _member(call: Call, member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "locale": member.locale,
        **availability(call, member),
        "two_factor_enabled": member.two_factor,
        "joined_at": member.joined_at,
    }


# -- invitations ------------------------------------------------------------------------------------------------------


@route("GET", "/v1/team/invitations", tag=TAG, who="owner", ability="panel", answer=list[shapes.Invitation])
async def list_invitations(call: Call) -> Answer:
    """List the invitations

    Newest first, without their links: resend one to see its link again.
    """
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    newest_first = sorted(workspace.invitations.values(), key=lambda each: -each.id)
    return Answer([_shown(each, call.services.clock.now()) for each in newest_first])


@route(
    "POST",
    "/v1/team/invitations",
    tag=TAG,
    who="owner",
    ability="panel",
    body=Invite,
    answer=shapes.InvitationWithLink,
    status=201,
    rate="60/hour",
    idempotent=True,
    raises=("SEAT_LIMIT_REACHED",),
)
async def invite(call: Call) -> Answer:
    """Create an invitation

    They get a mail with the link, which is good for 7 days; here it is shown once, as `accept_url`. Open invitations
    take seats.
    """
    body: Invite = call.body
    taken = await call.read(vault.find_login, body.email) is not None
    command = team.Invite(email=body.email, role=body.role, by=call.caller.user_id, taken=taken)
    secret = auth.new_secret()
    attach = [vault.InvitationSecret(call.tenant, secret)]
    return await call.answered("workspace", call.tenant, command, rendering(_made, _link(call, secret)), attach=attach)


def _made(events: Sequence[Event], link: str) -> Answer:
    made = next(event for event in events if isinstance(event, team.InvitationCreated))
    invitation = Invitation(
        made.invitation_id, made.email, made.role, made.invited_by, made.created_at, made.expires_at
    )
    return Answer({**_shown(invitation, made.created_at), "accept_url": link}, status=201)


@route(
    "POST",
    "/v1/team/invitations/{invitation}/resend",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=shapes.InvitationWithLink,
    rate="30/hour",
    idempotent=True,
    raises=("INVITATION_ACCEPTED", "INVITATION_EXPIRED"),
)
async def resend(call: Call) -> Answer:
    """Resend the invitation email

    The same link with the same end.
    """
    invitation_id = call.params["invitation"]
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    row = await call.read(vault.get_secret, call.tenant, team.SECRET, invitation_id)
    invitation = workspace.invitations.get(invitation_id)
    if row is None or invitation is None:
        raise NotFound("invitation")
    secret = call.services.store.keyring.application_key.unseal(row["sealed"], _belongs(call, invitation_id)).decode()
    answer = Answer({**_shown(invitation, call.services.clock.now()), "accept_url": _link(call, secret)})
    command = team.Resend(invitation_id=invitation_id, by=call.caller.user_id)
    await call.ask("workspace", call.tenant, command, render=rendering(settled, answer))
    return answer


@route(
    "DELETE",
    "/v1/team/invitations/{id}",
    tag=TAG,
    who="owner",
    ability="panel",
    status=204,
    raises=("INVITATION_ACCEPTED",),
)
async def cancel(call: Call) -> Answer:
    """Cancel a pending invitation

    Its link is no good from then on. One that was accepted cannot be cancelled: remove the member instead.
    """
    invitation_id = call.params["id"]
    command = team.CancelInvitation(invitation_id=invitation_id, by=call.caller.user_id)
    dropped = vault.drop_secret_row(call.tenant, team.SECRET, invitation_id)
    await call.ask("workspace", call.tenant, command, attach=[dropped])
    return Answer(status=204)


@route(
    "POST",
    "/v1/team/invitations/accept",
    tag=TAG,
    who="public",
    body=Accept,
    answer=shapes.Session,
    status=201,
    rate="20/minute",
    idempotent=True,
    raises=("INVITATION_INVALID", "SEAT_LIMIT_REACHED", "EMAIL_TAKEN"),
)
async def accept(call: Call) -> Answer:
    """Accept an invitation

    Makes the user in the workspace and signs them in. A link is good once; one that is unknown, used, cancelled or too
    old is refused in the same words.
    """
    body: Accept = call.body
    hashed = vault.token_hash(body.token)
    now = call.services.clock.now()
    found = await call.read(vault.find_secret, team.SECRET, hashed, now)
    if found is None:
        raise BadInvitation
    tenant, ends = found["tenant_id"], auth.session_ends(call.services)
    [user_id], [token_id] = [await call.read(vault.next_ids, s) for s in ("users_id", "tokens")]
    secret, password = auth.new_secret(), await auth.hash_password(body.password, auth.KNOWN)

    rows = [
        vault.password_row(tenant, user_id, password),
        vault.token_row(token_id, tenant, user_id, PANEL, secret, ["*"], now, ends, call.address, call.user_agent),
        vault.spend_secret_row(tenant, hashed, now),
    ]
    before: Workspace = await call.services.bus.workspace(tenant)
    render = rendering(_joined, before, auth.bearer(token_id, secret), call.services[PICTURES].url(""))
    command = team.Accept(invitation_id=found["ref"], user_id=user_id, name=body.name)
    try:
        return await call.answered("workspace", tenant, command, render, tenant=tenant, attach=rows)
    except NotFound:
        raise BadInvitation from None
    except Duplicate as error:
        if error.constraint == vault.SPENT:
            raise BadInvitation from None
        if error.constraint == "members_email":
            raise Conflict(
                "Somebody with this e-mail address has joined a workspace in the meantime.", code="EMAIL_TAKEN"
            ) from None
        raise


def _joined(events: Sequence[Event], before: Workspace, token: str, pictures: str) -> Answer:
    joined = next(event for event in events if isinstance(event, MemberJoined))
    accepted = next(event for event in events if isinstance(event, team.InvitationAccepted))
    workspace = team.evolve(evolve(before, joined), accepted)
    tenant = tenant_resource(workspace, pictures)
    return Answer({"user": user_resource(workspace, joined.user_id), "tenant": tenant, "token": token}, status=201)


def _shown(invitation: Invitation, now: datetime) -> dict[str, Any]:
    open_ = "pending" if invitation.pending(now) else "expired"
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "status": open_ if invitation.accepted_by is None else "accepted",
        "invited_by": invitation.invited_by,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }


def _belongs(call: Call, invitation_id: int) -> str:
    return vault.secret_belongs(call.tenant, team.SECRET, invitation_id)


def _link(call: Call, secret: str) -> str:
    return f"{call.services.public_url}/panel/#/accept?token={secret}"
