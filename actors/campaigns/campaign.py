"""A campaign: when it begins, and whether it goes on. Whom it reaches, and what became of each, stands in a table.

    scheduled ─(its time)─▶ freezing ─(audience frozen)─▶ sending ─▶ sent
        │                      │            ▲   │
        └──────── cancelled ◀──┴────────────┼───┤
                                   resumed  │   ├─▶ paused   by a person, or by the brake
                                            └───┴─▶ stopped  by the brake, harder

The audience is frozen once, by an effect that may be done twice: an address is in it once. Nobody gets a mail twice:
each recipient's row says that it is being sent before it is handed over (`http/campaigns/sending.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.engine.actor import (
    ActorType,
    Command,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Moment,
    TimerFired,
)
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event, event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

Status = Literal["scheduled", "freezing", "sending", "paused", "stopped", "sent", "cancelled"]
TIMER = "start"
FREEZE = "freeze"


class Audience(Struct, frozen=True, omit_defaults=True):
    """Whom it is for. Empty means: no matter, but of `statuses`, which then are the active workspaces."""

    plans: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("active",)
    roles: tuple[str, ...] = ("owner",)


class Campaign(Struct, frozen=True, omit_defaults=True):
    """Made once `status` is there. html, text: the body as it was rendered, with its placeholders."""

    id: int
    status: Status | None = None
    subject: str = ""
    body: str = ""
    html: str = ""
    text: str = ""
    audience: Audience = Audience()
    by: int = 0
    created_at: datetime | None = None
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    size: int | None = None
    reason: str | None = None
    hidden: bool = False


class CreateCampaign(Command, frozen=True, kw_only=True, tag=True):
    """scheduled_at: None is at once."""

    subject: str
    body: str
    html: str
    text: str
    audience: Audience
    by: int
    scheduled_at: datetime | None = None


class PauseCampaign(Command, frozen=True, kw_only=True, tag=True):
    """reason: None where a person wants it. hard: it is stopped."""

    reason: str | None = None
    hard: bool = False


class ResumeCampaign(Command, frozen=True, kw_only=True, tag=True):
    pass


class EndCampaign(Command, frozen=True, kw_only=True, tag=True):
    """What is pending is cancelled; of one that is over, nothing more is shown."""


class FinishCampaign(Command, frozen=True, kw_only=True, tag=True):
    """Nobody is left."""


@event("campaign.created")
class CampaignCreated(Event, frozen=True, kw_only=True):
    subject: str
    body: str
    html: str
    text: str
    audience: Audience
    by: int
    at: datetime
    scheduled_at: datetime | None = None


@event("campaign.started")
class CampaignStarted(Event, frozen=True, kw_only=True):
    at: datetime


@event("campaign.frozen")
class CampaignFrozen(Event, frozen=True, kw_only=True):
    """So many people it goes to."""

    size: int


@event("campaign.paused")
class CampaignPaused(Event, frozen=True, kw_only=True):
    stopped: bool = False
    reason: str | None = None


@event("campaign.resumed")
class CampaignResumed(Event, frozen=True, kw_only=True):
    pass


@event("campaign.ended")
class CampaignEnded(Event, frozen=True, kw_only=True):
    status: Literal["sent", "cancelled"]
    at: datetime


@event("campaign.hidden")
class CampaignHidden(Event, frozen=True, kw_only=True):
    pass


decide: Decider[Campaign] = Decider()
evolve: Evolver[Campaign] = Evolver()
RUNNING = ("scheduled", "freezing", "sending", "paused", "stopped")


@decide.on(CreateCampaign)
def _create(state: Campaign, command: CreateCampaign, now: Moment) -> Sequence[Event]:
    if state.status is not None:
        raise Conflict("This campaign is there already.")
    created = CampaignCreated(
        subject=command.subject,
        body=command.body,
        html=command.html,
        text=command.text,
        audience=command.audience,
        by=command.by,
        at=now.at,
        scheduled_at=command.scheduled_at,
    )
    return [created, *([] if command.scheduled_at else [CampaignStarted(at=now.at)])]


@decide.on(TimerFired)
def _fired(state: Campaign, command: TimerFired, now: Moment) -> Sequence[Event]:
    due = timers(state).get(command.name)
    return [CampaignStarted(at=now.at)] if due == command.due else []


@decide.on(EffectDone)
def _frozen(state: Campaign, command: EffectDone, now: Moment) -> Sequence[Event]:
    if state.status != "freezing" or command.about[0] != FREEZE:
        return []
    frozen = CampaignFrozen(size=int(command.result["size"]))
    return [frozen, *([] if frozen.size else [CampaignEnded(status="sent", at=now.at)])]


decide.on(EffectStarting, EffectFailed, EffectUncertain)(decide_nothing)


@decide.on(PauseCampaign)
def _pause(state: Campaign, command: PauseCampaign, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status in ("paused", "stopped"):
        return []
    if state.status != "sending":
        raise Conflict(f"A campaign that is {state.status} cannot be paused.", code="CAMPAIGN_NOT_SENDING")
    return [CampaignPaused(stopped=command.hard, reason=command.reason)]


@decide.on(ResumeCampaign)
def _resume(state: Campaign, _command: ResumeCampaign, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status == "sending":
        return []
    if state.status not in ("paused", "stopped"):
        raise Conflict(f"A campaign that is {state.status} cannot be resumed.", code="CAMPAIGN_NOT_PAUSED")
    return [CampaignResumed()]


@decide.on(EndCampaign)
def _end(state: Campaign, _command: EndCampaign, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status in RUNNING:
        return [CampaignEnded(status="cancelled", at=now.at)]
    return [CampaignHidden()]


@decide.on(FinishCampaign)
def _finish(state: Campaign, _command: FinishCampaign, now: Moment) -> Sequence[Event]:
    return [CampaignEnded(status="sent", at=now.at)] if state.status == "sending" else []


def must_be_there(state: Campaign) -> None:
    """Raises `NotFound` for one that there is not, or that was removed."""
    if state.status is None or state.hidden:
        raise NotFound("campaign")


def timers(state: Campaign) -> Mapping[str, datetime]:
    """When it begins."""
    if state.status != "scheduled" or state.scheduled_at is None:
        return {}
    return {TIMER: state.scheduled_at}


def effects(state: Campaign, happened: Event) -> Iterator[Effect]:
    """Its audience is looked up as it begins."""
    if isinstance(happened, CampaignStarted):
        lane = f"{FREEZE}-{state.id}"
        yield Effect(lane, "campaign.freeze", lane, "campaigns", {})


@evolve.on(CampaignCreated)
def _created(state: Campaign, event: CampaignCreated) -> Campaign:
    return replace(
        state,
        status="scheduled",
        subject=event.subject,
        body=event.body,
        html=event.html,
        text=event.text,
        audience=event.audience,
        by=event.by,
        created_at=event.at,
        scheduled_at=event.scheduled_at,
    )


@evolve.on(CampaignStarted)
def _started(state: Campaign, event: CampaignStarted) -> Campaign:
    return replace(state, status="freezing", started_at=event.at)


@evolve.on(CampaignFrozen)
def _was_frozen(state: Campaign, event: CampaignFrozen) -> Campaign:
    return replace(state, status="sending", size=event.size)


@evolve.on(CampaignPaused)
def _paused(state: Campaign, event: CampaignPaused) -> Campaign:
    return replace(state, status="stopped" if event.stopped else "paused", reason=event.reason)


@evolve.on(CampaignResumed)
def _resumed(state: Campaign, _event: CampaignResumed) -> Campaign:
    return replace(state, status="sending", reason=None)


@evolve.on(CampaignEnded)
def _ended(state: Campaign, event: CampaignEnded) -> Campaign:
    return replace(state, status=event.status, finished_at=event.at)


@evolve.on(CampaignHidden)
def _hidden(state: Campaign, _event: CampaignHidden) -> Campaign:
    return replace(state, hidden=True)


CAMPAIGN: ActorType[Campaign] = ActorType(
    name="campaign",
    initial=lambda id_: Campaign(id=id_),
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({TIMER}),
    effects=effects,
)
