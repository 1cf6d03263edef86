"""A member's own security: second factor, recovery codes, password, e-mail address, tokens of integrations.

What is secret is the vault's and is written in the same commit as these events, which say that it happened, to whom and
why. A member is told by mail of whatever makes their account less safe than it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec.structs import replace

from plixa.actors.notifications.mail import mail
from plixa.actors.people.security import SECURITY
from plixa.actors.workspace.state import Member, Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, event

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()

PasswordChange = Literal["changed", "reset"]
RESET, VERIFY = "password_reset", "email_verification"
"""The kinds of one-time secrets in the vault, by user id; their letters are called the same."""
RESET_MINUTES = 60
MOST_TOKENS = 100


class EnableTwoFactor(Command, frozen=True, kw_only=True, tag=True):
    """A first code was right; so many recovery codes were made."""

    user_id: int
    codes: int


class DisableTwoFactor(Command, frozen=True, kw_only=True, tag=True):
    user_id: int


class RemakeRecoveryCodes(Command, frozen=True, kw_only=True, tag=True):
    """All earlier recovery codes are void, there are so many new ones."""

    user_id: int
    codes: int


class RevokeRecoveryCode(Command, frozen=True, kw_only=True, tag=True):
    """One recovery code is void; so many remain."""

    user_id: int
    remaining: int


class ChangePassword(Command, frozen=True, kw_only=True, tag=True):
    """changed: by somebody who knows the old one. reset: by somebody who gets the member's mail."""

    user_id: int
    how: PasswordChange


class AskPasswordReset(Command, frozen=True, kw_only=True, tag=True):
    user_id: int


class AskEmailVerification(Command, frozen=True, kw_only=True, tag=True):
    """Send the link that proves a member's address: the one that waits to be theirs, or the one that is."""

    user_id: int


class ChangeEmail(Command, frozen=True, kw_only=True, tag=True):
    """A new address, once it is verified. The present one again: stay with that."""

    user_id: int
    email: str


class VerifyEmail(Command, frozen=True, kw_only=True, tag=True):
    """Whoever gets the mail of this address has said that it is theirs."""

    user_id: int
    email: str


class MakeToken(Command, frozen=True, kw_only=True, tag=True):
    """A token for an integration. others: how many the workspace has already."""

    token_id: int
    name: str
    abilities: tuple[str, ...]
    expires_at: datetime | None
    by: int
    others: int


class RevokeToken(Command, frozen=True, kw_only=True, tag=True):
    token_id: int
    name: str
    by: int


class EndSessions(Command, frozen=True, kw_only=True, tag=True):
    """One of a member's sessions ends; or, where none is named, all but the one that asks."""

    user_id: int
    session_id: int | None = None


@event("member.two_factor_enabled")
class MemberTwoFactorEnabled(Event, frozen=True, kw_only=True):
    user_id: int


@event("member.two_factor_disabled")
class MemberTwoFactorDisabled(Event, frozen=True, kw_only=True):
    """required: the workspace demands one, so that its panel is closed to them until they set up another."""

    user_id: int
    required: bool = False


@event("member.recovery_codes_made")
class MemberRecoveryCodesMade(Event, frozen=True, kw_only=True):
    user_id: int
    count: int


@event("member.recovery_code_revoked")
class MemberRecoveryCodeRevoked(Event, frozen=True, kw_only=True):
    user_id: int
    remaining: int


@event("member.password_changed")
class MemberPasswordChanged(Event, frozen=True, kw_only=True):
    user_id: int
    how: PasswordChange


@event("member.email_change_asked")
class MemberEmailChangeAsked(Event, frozen=True, kw_only=True):
    """None: they stay with the address that they have."""

    user_id: int
    email: str | None


@event("member.email_verified")
class MemberEmailVerified(Event, frozen=True, kw_only=True):
    """The address is theirs; `was` is their earlier one, if this is a new one."""

    user_id: int
    email: str
    was: str | None = None


@event("member.sessions_ended")
class MemberSessionsEnded(Event, frozen=True, kw_only=True):
    """None: all but the one that asked for it."""

    user_id: int
    session_id: int | None = None


@event("token.created")
class TokenCreated(Event, frozen=True, kw_only=True):
    token_id: int
    name: str
    abilities: tuple[str, ...]
    expires_at: datetime | None
    by: int


@event("token.revoked")
class TokenRevoked(Event, frozen=True, kw_only=True):
    token_id: int
    name: str
    by: int


# -- deciding ---------------------------------------------------------------------------------------------------------


@decide.on(EnableTwoFactor)
def _enable(state: Workspace, command: EnableTwoFactor, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    if member.two_factor:
        raise Conflict("Two-factor authentication is on already.", code="TWO_FACTOR_ENABLED")
    return [
        MemberTwoFactorEnabled(user_id=member.id),
        MemberRecoveryCodesMade(user_id=member.id, count=command.codes),
        _notice(now, "two_factor_enabled", member),
    ]


@decide.on(DisableTwoFactor)
def _disable(state: Workspace, command: DisableTwoFactor, now: Moment) -> Sequence[Event]:
    member = _with_factor(state, command.user_id)
    disabled = MemberTwoFactorDisabled(user_id=member.id, required=SECURITY.of(state).require_two_factor)
    return [disabled, _notice(now, "two_factor_disabled", member)]


@decide.on(RemakeRecoveryCodes)
def _remake(state: Workspace, command: RemakeRecoveryCodes, now: Moment) -> Sequence[Event]:
    return [MemberRecoveryCodesMade(user_id=_with_factor(state, command.user_id).id, count=command.codes)]


@decide.on(RevokeRecoveryCode)
def _revoke_code(state: Workspace, command: RevokeRecoveryCode, now: Moment) -> Sequence[Event]:
    member = _with_factor(state, command.user_id)
    return [MemberRecoveryCodeRevoked(user_id=member.id, remaining=command.remaining)]


@decide.on(ChangePassword)
def _change_password(state: Workspace, command: ChangePassword, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    changed = MemberPasswordChanged(user_id=member.id, how=command.how)
    return [changed, _notice(now, "password_changed", member)]


@decide.on(AskPasswordReset)
def _ask_reset(state: Workspace, command: AskPasswordReset, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    values: dict[str, Any] = {"minutes": RESET_MINUTES}
    return [mail(now, RESET, user_id=member.id, secret=(RESET, member.id), values=values)]


@decide.on(AskEmailVerification)
def _ask_verification(state: Workspace, command: AskEmailVerification, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    if member.email_verified and member.pending_email is None:
        raise Conflict("This e-mail address is verified already.", code="EMAIL_VERIFIED")
    return [_verification(now, member, member.pending_email or member.email)]


@decide.on(ChangeEmail)
def _change_email(state: Workspace, command: ChangeEmail, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    if command.email == member.email:
        stays = MemberEmailChangeAsked(user_id=member.id, email=None)
        return [stays] if member.pending_email is not None else []
    asked = MemberEmailChangeAsked(user_id=member.id, email=command.email)
    return [asked, _verification(now, member, command.email)]


@decide.on(VerifyEmail)
def _verify_email(state: Workspace, command: VerifyEmail, now: Moment) -> Sequence[Event]:
    member = member_of(state, command.user_id)
    if command.email != (member.pending_email or member.email):
        raise NotFound("e-mail address")  # another one was asked for meanwhile: this one's link proves nothing of it
    if member.pending_email is None:
        return [MemberEmailVerified(user_id=member.id, email=member.email)]
    verified = MemberEmailVerified(user_id=member.id, email=member.pending_email, was=member.email)
    values = {"new_email": member.pending_email, "at": now.at.isoformat()}
    return [verified, mail(now, "email_changed", user_id=member.id, email=member.email, values=values)]


@decide.on(EndSessions)
def _end_sessions(state: Workspace, command: EndSessions, now: Moment) -> Sequence[Event]:
    return [MemberSessionsEnded(user_id=member_of(state, command.user_id).id, session_id=command.session_id)]


@decide.on(MakeToken)
def _make_token(state: Workspace, command: MakeToken, now: Moment) -> Sequence[Event]:
    if command.others >= MOST_TOKENS:
        raise Conflict(f"There are {command.others} tokens already. Revoke some first.", code="TOO_MANY")
    if command.expires_at is not None and command.expires_at <= now.at:
        raise Invalid({"expires_in_days": ["The token would have expired already."]})
    return [
        TokenCreated(
            token_id=command.token_id,
            name=command.name,
            abilities=command.abilities,
            expires_at=command.expires_at,
            by=command.by,
        )
    ]


@decide.on(RevokeToken)
def _revoke_token(_state: Workspace, command: RevokeToken, now: Moment) -> Sequence[Event]:
    return [TokenRevoked(token_id=command.token_id, name=command.name, by=command.by)]


def member_of(state: Workspace, user_id: int) -> Member:
    """Raises `NotFound` for somebody who is no member (any more)."""
    member = state.members.get(user_id)
    if member is None:
        raise NotFound("member")
    return member


def _with_factor(state: Workspace, user_id: int) -> Member:
    member = member_of(state, user_id)
    if not member.two_factor:
        raise Conflict(
            "Two-factor authentication is not on. Set it up at /v1/me/2fa/setup first.", code="TWO_FACTOR_NOT_ENABLED"
        )
    return member


def _notice(now: Moment, template: str, member: Member) -> Event:
    return mail(now, template, user_id=member.id, values={"at": now.at.isoformat()})


def _verification(now: Moment, member: Member, email: str) -> Event:
    return mail(now, VERIFY, user_id=member.id, email=email, secret=(VERIFY, member.id))


# -- folding ----------------------------------------------------------------------------------------------------------


evolve.ignores(  # the vault's
    MemberPasswordChanged,
    MemberRecoveryCodeRevoked,
    MemberRecoveryCodesMade,
    MemberSessionsEnded,
    TokenCreated,
    TokenRevoked,
)


@evolve.on(MemberTwoFactorEnabled)
def _enabled(state: Workspace, event: MemberTwoFactorEnabled) -> Workspace:
    return _with(state, event.user_id, two_factor=True)


@evolve.on(MemberTwoFactorDisabled)
def _disabled(state: Workspace, event: MemberTwoFactorDisabled) -> Workspace:
    return _with(state, event.user_id, two_factor=False)


@evolve.on(MemberEmailChangeAsked)
def _email_asked(state: Workspace, event: MemberEmailChangeAsked) -> Workspace:
    return _with(state, event.user_id, pending_email=event.email)


@evolve.on(MemberEmailVerified)
def _email_verified(state: Workspace, event: MemberEmailVerified) -> Workspace:
    return _with(state, event.user_id, email=event.email, email_verified=True, pending_email=None)


def _with(state: Workspace, user_id: int, **changes: Any) -> Workspace:
    member = state.members.get(user_id)
    if member is None:
        return state
    return replace(state, members={**state.members, user_id: replace(member, **changes)})
