"""The workspace's people: invitations, who leaves, who takes new conversations.

Seats are counted with the invitations that may still be accepted, and once more when one is; since all of this happens
in one actor's turns, there are never more members than the plan has seats, however many accept at once. An invitation's
secret is the vault's: here it is only an id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.notifications.mail import mail
from plixa.actors.workspace import events as ev
from plixa.actors.workspace.plans import limits_of, plan_of
from plixa.actors.workspace.state import Invitation, Workspace
from plixa.actors.workspace.upkeep import without_member
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Forbidden, Invalid, NotFound
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()

VALID_FOR = timedelta(days=7)
REMEMBERED = timedelta(days=30)
SECRET = "invitation"
"""The kind of an invitation's secret in the vault."""


class Invite(Command, frozen=True, kw_only=True, tag=True):
    """Ask somebody to join. `taken`: they are a member of some workspace already."""

    email: str
    role: ev.Role
    by: int
    taken: bool = False


class Resend(Command, frozen=True, kw_only=True, tag=True):
    """The same mail again, with the same link and the same end."""

    invitation_id: int
    by: int


class CancelInvitation(Command, frozen=True, kw_only=True, tag=True):
    invitation_id: int
    by: int


class Accept(Command, frozen=True, kw_only=True, tag=True):
    """Whoever had the invitation's secret joins as the user `user_id`."""

    invitation_id: int
    user_id: int
    name: str


class RemoveMember(Command, frozen=True, kw_only=True, tag=True):
    user_id: int
    by: int


class SetAvailability(Command, frozen=True, kw_only=True, tag=True):
    """Whether a member takes new conversations."""

    user_id: int
    is_available: bool


@event("invitation.created")
class InvitationCreated(Event, frozen=True, kw_only=True):
    invitation_id: int
    email: str
    role: ev.Role
    invited_by: int
    created_at: datetime
    expires_at: datetime


@event("invitation.resent")
class InvitationResent(Event, frozen=True, kw_only=True):
    invitation_id: int
    by: int


@event("invitation.cancelled")
class InvitationCancelled(Event, frozen=True, kw_only=True):
    invitation_id: int
    by: int


@event("invitation.accepted")
class InvitationAccepted(Event, frozen=True, kw_only=True):
    invitation_id: int
    user_id: int


@event("member.removed")
class MemberRemoved(Event, frozen=True, kw_only=True):
    """Their conversations are nobody's from now on; what they wrote stays."""

    user_id: int
    by: int


@event("member.availability")
class MemberAvailability(Event, frozen=True, kw_only=True):
    """`change_id` tells this change from others."""

    user_id: int
    is_available: bool
    change_id: int = 0


# -- deciding ---------------------------------------------------------------------------------------------------------


@decide.on(Invite)
def _invite(state: Workspace, command: Invite, now: Moment) -> Sequence[Event]:
    if command.taken or any(member.email == command.email for member in state.members.values()):
        raise Invalid({"email": ["Somebody with this e-mail address is a member of a workspace already."]})
    if any(each.email == command.email for each in pending(state, now.at)):
        raise Invalid({"email": ["This e-mail address is invited already. Resend or cancel that invitation instead."]})
    _must_have_seat(state, now.at, len(state.members) + len(pending(state, now.at)))
    created = InvitationCreated(
        invitation_id=next(now.ids),
        email=command.email,
        role=command.role,
        invited_by=command.by,
        created_at=now.at,
        expires_at=now.at + VALID_FOR,
    )
    return [created, _letter(state, evolve(state, created).invitations[created.invitation_id], command.by, now)]


@decide.on(Resend)
def _resend(state: Workspace, command: Resend, now: Moment) -> Sequence[Event]:
    invitation = _open(state, command.invitation_id)
    if not invitation.pending(now.at):
        raise Conflict("This invitation has expired. Invite them again.", code="INVITATION_EXPIRED")
    resent = InvitationResent(invitation_id=invitation.id, by=command.by)
    return [resent, _letter(state, invitation, command.by, now)]


@decide.on(CancelInvitation)
def _cancel(state: Workspace, command: CancelInvitation, now: Moment) -> Sequence[Event]:
    return [InvitationCancelled(invitation_id=_open(state, command.invitation_id).id, by=command.by)]


@decide.on(Accept)
def _accept(state: Workspace, command: Accept, now: Moment) -> Sequence[Event]:
    invitation = state.invitations.get(command.invitation_id)
    if invitation is None or not invitation.pending(now.at):
        raise NotFound("invitation")
    _must_have_seat(state, now.at, len(state.members))
    joined = ev.MemberJoined(
        user_id=command.user_id, name=command.name, email=invitation.email, role=invitation.role, joined_at=now.at
    )
    return [joined, InvitationAccepted(invitation_id=invitation.id, user_id=command.user_id)]


@decide.on(RemoveMember)
def _remove(state: Workspace, command: RemoveMember, now: Moment) -> Sequence[Event]:
    by = state.members.get(command.by)
    if by is None or by.role != "owner":  # of two owners who remove each other at once, one stays
        raise Forbidden("Only the owner of the workspace may do this.")
    if command.user_id not in state.members:
        raise NotFound("member")
    if command.user_id == command.by:
        raise Conflict(
            "You cannot remove yourself. To leave with everything, delete the workspace.", code="CANNOT_REMOVE_YOURSELF"
        )
    return [MemberRemoved(user_id=command.user_id, by=command.by)]


@decide.on(SetAvailability)
def _available(state: Workspace, command: SetAvailability, now: Moment) -> Sequence[Event]:
    member = state.members.get(command.user_id)
    if member is None:
        raise NotFound("member")
    if member.is_available == command.is_available:
        return []
    return [MemberAvailability(user_id=member.id, is_available=command.is_available, change_id=next(now.ids))]


def pending(state: Workspace, at: datetime) -> list[Invitation]:
    """The invitations that take a seat: whoever has their link can still join."""
    return [each for each in state.invitations.values() if each.pending(at)]


def _must_have_seat(state: Workspace, at: datetime, taken: int) -> None:
    seats = limits_of(state, at).seats
    if taken >= seats:
        raise Conflict(
            f"The {plan_of(state, at)} plan has {seats} seats, and all are taken (open invitations count). "
            "Remove a member, cancel an invitation, or upgrade.",
            code="SEAT_LIMIT_REACHED",
        )


def _open(state: Workspace, invitation_id: int) -> Invitation:
    invitation = state.invitations.get(invitation_id)
    if invitation is None:
        raise NotFound("invitation")
    if invitation.accepted_by is not None:
        raise Conflict("This invitation was accepted. Remove the member instead.", code="INVITATION_ACCEPTED")
    return invitation


def _letter(state: Workspace, invitation: Invitation, by: int, now: Moment) -> Event:
    inviter = state.members.get(by)
    values = {
        "inviter": inviter.name if inviter else state.name,
        "company": state.name,
        "expires_at": invitation.expires_at.isoformat(),
    }
    return mail(now, "invitation", email=invitation.email, secret=(SECRET, invitation.id), values=values)


# -- folding ----------------------------------------------------------------------------------------------------------


evolve.ignores(InvitationResent)


@evolve.on(InvitationCreated)
def _created(state: Workspace, event: InvitationCreated) -> Workspace:
    """Also forgets what expired: long ago, or of the same person."""
    long_ago = event.created_at - REMEMBERED
    kept = {
        id_: each
        for id_, each in state.invitations.items()
        if each.accepted_by is not None or (each.email != event.email and each.expires_at > long_ago)
    }
    invitation = Invitation(
        event.invitation_id, event.email, event.role, event.invited_by, event.created_at, event.expires_at
    )
    return replace(state, invitations={**kept, invitation.id: invitation})


@evolve.on(InvitationCancelled)
def _cancelled(state: Workspace, event: InvitationCancelled) -> Workspace:
    kept = {id_: each for id_, each in state.invitations.items() if id_ != event.invitation_id}
    return replace(state, invitations=kept)


@evolve.on(InvitationAccepted)
def _accepted(state: Workspace, event: InvitationAccepted) -> Workspace:
    """Whoever had the link reads that address's mail."""
    invitation = replace(state.invitations[event.invitation_id], accepted_by=event.user_id)
    state = replace(state, invitations={**state.invitations, invitation.id: invitation})
    member = state.members.get(event.user_id)
    if member is None:
        return state
    return replace(state, members={**state.members, member.id: replace(member, email_verified=True)})


@evolve.on(MemberRemoved)
def _removed(state: Workspace, event: MemberRemoved) -> Workspace:
    members = {id_: member for id_, member in state.members.items() if id_ != event.user_id}
    invitations = {id_: each for id_, each in state.invitations.items() if each.accepted_by != event.user_id}
    pushed = tuple(id_ for id_ in state.pushed if id_ != event.user_id)
    state = replace(state, members=members, invitations=invitations, pushed=pushed)
    return without_member(state, event.user_id)


@evolve.on(MemberAvailability)
def _availability(state: Workspace, event: MemberAvailability) -> Workspace:
    member = replace(state.members[event.user_id], is_available=event.is_available)
    return replace(state, members={**state.members, member.id: member})


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """Conversations hold the ids of members: they are told that one is gone."""
    if isinstance(happened, MemberRemoved):
        request = {"gone": "member", "id": happened.user_id}
        yield Effect(f"cascade-member-{happened.user_id}", "workspace.cascade", "cascade", "cascade", request)
    if isinstance(happened, MemberAvailability) and happened.is_available:  # the queue may have something for them
        request = {"user_id": happened.user_id}
        yield Effect(f"offer-online-{happened.change_id}", "assignment.offer", "offers", "inner", request)
