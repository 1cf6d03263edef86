"""When providers are there: each one's own schedule, and the base schedule that it may begin as."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import TypedDict

from plixa.actors.fields import Day
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.catalogue import BASE_SCHEDULE, rules_of
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.workspace import schedule_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, HourMinute, Id, TimeZone
from plixa.http.scheduling.asking import ask_agenda, open_book

TAG = "Scheduling — provider availability"


class ScheduleRule(Body):
    """Either `weekday` (0 is Sunday) or `date`. An end at or before the start is on the next day, `00:00` midnight."""

    kind: Literal["open", "blocked"]
    weekday: Annotated[int, Field(ge=0, le=6)] | None = None
    date: Day | None = None
    start_time: HourMinute
    end_time: HourMinute

    @model_validator(mode="after")
    def _of_one_sort(self) -> Self:
        if (self.weekday is None) is (self.date is None):
            raise ValueError("A rule is about a weekday or about a date: give exactly one of them.")
        return self

    @property
    def rule(self) -> Rule:
        """As the agenda knows it."""
        return Rule(self.kind, self.start_time, self.end_time, self.weekday, self.date)


class NewSchedule(Body):
    """All of it: what is not among the rules is gone; without rules nobody is there at any time."""

    timezone: Annotated[TimeZone, StringConstraints(max_length=64)]
    rules: Annotated[list[ScheduleRule], Field(max_length=200)] = []  # noqa: RUF012  # pydantic copies it


class ImportSchedule(Body):
    """`user_ids`: whose hours follow the base schedule from now on; every member's, where it is left out."""

    user_ids: Annotated[list[Id], Field(max_length=500)] | None = None


class ShownRule(TypedDict):
    kind: Literal["open", "blocked"]
    weekday: int | None
    date: date | None
    start_time: str
    end_time: str


class ProviderSchedule(TypedDict):
    user_id: int
    timezone: str
    rules: list[ShownRule]
    source: Literal["own", "base", "none"]


@route("GET", "/v1/scheduling/providers/{user}/schedule", tag=TAG, answer=ProviderSchedule)
async def get_schedule(call: Call) -> Answer:
    """Get a provider's schedule

    `source` is `base` where they have none of their own and follow the base schedule, `none` where there is neither:
    then they are there whenever they are free.
    """
    book = await open_book(call.services, call.tenant)
    return Answer(_shown(book.agenda, book.workspace, _member(book.workspace, call.params["user"])))


@route(
    "PUT", "/v1/scheduling/providers/{user}/schedule", tag=TAG, who="owner", body=NewSchedule, answer=ProviderSchedule
)
async def put_schedule(call: Call) -> Answer:
    """Replace a provider's schedule

    All rules at once. Windows that are open on a date take the place of the weekday's; what is blocked is cut out.
    What is booked stays booked.
    """
    body: NewSchedule = call.body
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    user_id = _member(workspace, call.params["user"])
    rules = tuple(each.rule for each in body.rules)
    outcome = await ask_agenda(call, cmd.SetSchedule(user_id=user_id, timezone=body.timezone, rules=rules))
    return Answer(_shown(outcome.state, workspace, user_id))


@route(
    "POST",
    "/v1/scheduling/default-schedule/import",
    tag="Scheduling — base schedule",
    who="owner",
    body=ImportSchedule,
    answer=list[ProviderSchedule],
)
async def import_schedule(call: Call) -> Answer:
    """Import the base schedule into providers

    Their weekly opening hours are the base schedule's from now on, a copy of their own; their dates and what is blocked
    stay. Doing it again changes nothing, nor does it where there is no base schedule.
    """
    body: ImportSchedule = call.body
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    base = BASE_SCHEDULE.of(workspace)
    users = tuple(workspace.members) if body.user_ids is None else tuple(body.user_ids)
    imported = users if base.rules else ()
    command = cmd.ImportSchedule(user_ids=imported, timezone=base.timezone, rules=rules_of(base))
    outcome = await ask_agenda(call, command)
    return Answer([_shown(outcome.state, workspace, id_) for id_ in dict.fromkeys(users) if id_ in workspace.members])


def _member(workspace: Workspace, user_id: int) -> int:
    if user_id not in workspace.members:
        raise NotFound("member")
    return user_id


def _shown(agenda: Agenda, workspace: Workspace, user_id: int) -> dict[str, Any]:
    own = agenda.schedules.get(user_id)
    schedule = schedule_of(workspace, own)
    source = "own" if own is not None else "base" if schedule.rules else "none"
    rules = [_rule(each) for each in schedule.rules]
    return {"user_id": user_id, "timezone": schedule.timezone, "rules": rules, "source": source}


def _rule(rule: Rule) -> dict[str, Any]:
    of = {"weekday": rule.weekday, "date": None if rule.date is None else rule.date.isoformat()}
    return {"kind": rule.kind, **of, "start_time": rule.start_time, "end_time": rule.end_time}
