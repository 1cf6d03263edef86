"""The digest: when it is due, and whom it goes to once its figures are known.

The figures come from the read models, so an effect fetches them (`http/notifications/digest.py`); that report leads to
the mails, in one commit: each member gets one, however often the effect is tried or its report comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace

from plixa.actors.notifications.digest_config import DIGEST, DigestScheduled, Frequency, next_digest, period_before
from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, EffectDone, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()

TIMER = "digest"
WHAT = "digest"


class TestDigest(Command, frozen=True, kw_only=True, tag=True):
    """Send one now, to the member who asks, whether anything happened or not."""

    __test__ = False

    user_id: int


@event("digest.due")
class DigestDue(Event, frozen=True, kw_only=True):
    """first_day, last_day: in the workspace's time zone. only_to: a test for this member; None: for the owners."""

    digest_id: int
    frequency: Frequency
    first_day: date
    last_day: date
    only_to: int | None = None


def fired(state: Workspace, due: datetime, now: Moment) -> Sequence[Event]:
    """It is 09:00 of such a day, or later: nothing ran at the time, and one digest tells of all that was missed."""
    frequency, zone = DIGEST.of(state).frequency, state.timezone
    latest = due
    while (following := next_digest(frequency, zone, latest)) <= now.at:
        latest = following
    period = period_before(frequency, zone, due)[0], period_before(frequency, zone, latest)[1]
    return [_due(state, period, now, None), DigestScheduled(due=following)]


@decide.on(TestDigest)
def _test(state: Workspace, command: TestDigest, now: Moment) -> Sequence[Event]:
    if command.user_id not in state.members:
        raise NotFound("member")
    period = period_before(DIGEST.of(state).frequency, state.timezone, now.at)
    return [_due(state, period, now, command.user_id)]


def _due(state: Workspace, period: tuple[date, date], now: Moment, only_to: int | None) -> DigestDue:
    first, last = period
    frequency = DIGEST.of(state).frequency
    return DigestDue(digest_id=next(now.ids), frequency=frequency, first_day=first, last_day=last, only_to=only_to)


def done(state: Workspace, command: EffectDone, now: Moment) -> Sequence[Event]:
    """The figures are known: `result` holds them as the mail's values, or nothing where all was quiet."""
    values: dict[str, Any] | None = command.result.get("values")
    only_to: int | None = command.result.get("only_to")
    if values is None or command.effect_id in state.mailed_of:
        return []
    owners = [member.id for member in state.members.values() if member.role == "owner"]
    to = owners if only_to is None else [only_to] if only_to in state.members else []
    return [mail(now, "daily_digest", user_id=user_id, values=values, of=command.effect_id) for user_id in to]


evolve.ignores(DigestDue)


@evolve.on(DigestScheduled)
def _scheduled(state: Workspace, event: DigestScheduled) -> Workspace:
    return replace(state, digest_due=event.due)


def effects(state: Workspace, happened: Event) -> Iterator[Effect]:
    """Fetch the figures."""
    if isinstance(happened, DigestDue):
        request = {
            "company": state.name,
            "frequency": happened.frequency,
            "first_day": happened.first_day.isoformat(),
            "last_day": happened.last_day.isoformat(),
            "timezone": state.timezone,
            "only_to": happened.only_to,
        }
        yield Effect(f"{WHAT}-{happened.digest_id}", "digest.send", "digest", "digest", request)
