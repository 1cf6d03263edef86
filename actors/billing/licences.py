"""Licences: a plan that Plixa's staff grants, independent of Stripe.

Granting replaces; revoking falls back to whatever the snapshot of the subscription says, without a call. Whether one
holds is a function of the time, so its end needs no event; the timer here only tells the owners, 30 and 7 days before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.billing.commands import GrantLicence, RevokeLicence
from plixa.actors.billing.events import LicenceEnding, LicenceGranted, LicenceRevoked
from plixa.actors.billing.limits import compared
from plixa.actors.billing.state import BILLING, Licence, changed
from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Invalid
from plixa.engine.events import Event

NOTICES = (timedelta(days=30), timedelta(days=7))
"""How long before its end the owners are told."""
decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


@decide.on(GrantLicence)
def _grant(state: Workspace, command: GrantLicence, now: Moment) -> Sequence[Event]:
    if command.until is not None and command.until <= now.at:
        raise Invalid({"until": ["A licence must end in the future."]})
    return [
        LicenceGranted(plan=command.plan, until=command.until, reason=command.reason, by=command.by, at=now.at),
    ]


@decide.on(RevokeLicence)
def _revoke(state: Workspace, command: RevokeLicence, now: Moment) -> Sequence[Event]:
    if BILLING.of(state).licence is None:
        return []
    revoked = LicenceRevoked(by=command.by, at=now.at)
    return [revoked, *compared(evolve(state, revoked), now)]


@evolve.on(LicenceGranted)
def _granted(state: Workspace, event: LicenceGranted) -> Workspace:
    told = 0 if event.until is None else sum(event.until - notice <= event.at for notice in NOTICES)
    licence = Licence(event.plan, event.at, event.by, event.until, told)
    return changed(state, licence=licence, over=())


@evolve.on(LicenceRevoked)
def _revoked(state: Workspace, _event: LicenceRevoked) -> Workspace:
    return changed(state, licence=None)


@evolve.on(LicenceEnding)
def _ending(state: Workspace, event: LicenceEnding) -> Workspace:
    billing = BILLING.of(state)
    if billing.licence is None:
        return state
    return changed(state, licence=replace(billing.licence, told=event.told))


def due(state: Workspace) -> datetime | None:
    """When the owners are told of its end the next time."""
    licence = BILLING.of(state).licence
    if state.status == "erased" or licence is None or licence.until is None or licence.told >= len(NOTICES):
        return None
    return licence.until - NOTICES[licence.told]


def fired(state: Workspace, _due: datetime, now: Moment) -> Sequence[Event]:
    """Tell the owners."""
    licence = BILLING.of(state).licence
    if licence is None or licence.until is None:
        return []
    values = {"company": state.name, "ends_at": licence.until.isoformat()}
    letters = [
        mail(now, "licence_ending", user_id=member.id, values=values)
        for member in state.members.values()
        if member.role == "owner"
    ]
    return [LicenceEnding(until=licence.until, told=licence.told + 1), *letters]
