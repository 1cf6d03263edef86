"""The workspace's own account at Stripe, where its customers' money lands: connected once, then ready or not yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event


class Account(Struct, frozen=True, omit_defaults=True):
    """id: Stripe's. generation: how many were given up before. ready: it can take cards. seen_at: of that knowledge."""

    id: str | None = None
    generation: int = 0
    ready: bool = False
    detail: str | None = None
    seen_at: datetime | None = None


ACCOUNT: Held[Account] = Held("payment_account", Account, Account())
decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class KeepAccount(Command, frozen=True, kw_only=True, tag=True):
    """Stripe has made this account for this generation."""

    account: str
    generation: int


class SeeAccount(Command, frozen=True, kw_only=True, tag=True):
    """What a read found. detail: why it is not ready, in Stripe's code."""

    account: str
    ready: bool
    detail: str | None = None


class LoseAccount(Command, frozen=True, kw_only=True, tag=True):
    """It is closed, or its owner has taken our access away."""

    account: str


@event("payments.account_kept")
class AccountKept(Event, frozen=True, kw_only=True):
    account: str
    generation: int


@event("payments.account_seen")
class AccountSeen(Event, frozen=True, kw_only=True):
    account: str
    ready: bool
    detail: str | None = None
    at: datetime


@event("payments.account_lost")
class AccountLost(Event, frozen=True, kw_only=True):
    account: str


@decide.on(KeepAccount)
def _keep(state: Workspace, command: KeepAccount, _now: Moment) -> Sequence[Event]:
    known = ACCOUNT.of(state)
    if known.id is not None or known.generation != command.generation:
        return []
    return [AccountKept(account=command.account, generation=command.generation)]


@decide.on(SeeAccount)
def _see(state: Workspace, command: SeeAccount, now: Moment) -> Sequence[Event]:
    known = ACCOUNT.of(state)
    news = (known.ready, known.detail) != (command.ready, command.detail) or known.seen_at is None
    if known.id != command.account or not news:
        return []
    return [AccountSeen(account=command.account, ready=command.ready, detail=command.detail, at=now.at)]


@decide.on(LoseAccount)
def _lose(state: Workspace, command: LoseAccount, _now: Moment) -> Sequence[Event]:
    return [AccountLost(account=command.account)] if ACCOUNT.of(state).id == command.account else []


@evolve.on(AccountKept)
def _kept(state: Workspace, event: AccountKept) -> Workspace:
    return _with(state, Account(id=event.account, generation=event.generation))


@evolve.on(AccountSeen)
def _seen(state: Workspace, event: AccountSeen) -> Workspace:
    return _with(state, replace(ACCOUNT.of(state), ready=event.ready, detail=event.detail, seen_at=event.at))


@evolve.on(AccountLost)
def _lost(state: Workspace, _event: AccountLost) -> Workspace:
    return _with(state, Account(generation=ACCOUNT.of(state).generation + 1))


def _with(state: Workspace, account: Account) -> Workspace:
    fields: dict[str, Any] = {ACCOUNT.name: account}
    return replace(state, **fields)
