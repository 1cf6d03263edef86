"""Trying a flow out: a dialogue against a graph, on a clock of its own, with nothing sent to anybody.

A step is `{say: text}`, `{choose: option id}`, `{wait_minutes: n}`, `{ai: "answered" | "handoff"}` or
`{agenda: "booked" | "none" | "waitlisted" | "person"}`: what the customer makes of the free times, of which none is
shown and none taken. The first thing said sets the flow off. Where the flow waits for the AI and the next step is not
an `ai` one, the AI is taken to have answered; where it waits for a time to be chosen and something is said, one was
booked. What a flow writes to the contact is known to its later steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from plixa.actors.flows.asking import with_numbers
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.menus import shown_as
from plixa.actors.flows.run import (
    Action,
    AgendaOutcome,
    AiOutcome,
    Context,
    End,
    HandOff,
    Heard,
    Run,
    Said,
    Say,
    SetField,
    Taken,
    TimerName,
    Waiting,
    Woke,
)
from plixa.actors.flows.walk import begin, take
from plixa.actors.flows.words import Choice
from plixa.engine.errors import Invalid

MAX_STEPS = 100
MAX_TIMERS = 100
"""Timers that fire in one go; a draft may pause in a circle."""
Ending = Literal["handed_off", "resolved", "ended"]


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What happens next in a dialogue: exactly one of these."""

    say: Annotated[str, Meta(max_length=4096)] | None = None
    choose: Annotated[str, Meta(max_length=64)] | None = None
    wait_minutes: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    ai: Literal["answered", "handoff"] | None = None
    agenda: Literal["booked", "none", "waitlisted", "person"] | None = None


class Tappable(Struct, frozen=True):
    """The options of a menu as WhatsApp will show them: `numbers` where it cannot show buttons or a list."""

    shown: Literal["buttons", "list", "numbers"]
    options: tuple[Choice, ...]


class Played(Struct, frozen=True):
    """One exchange of the dialogue.

    heard: what set it off, in words ("said: 2", "timer: reprompt"). at: on the dialogue's clock. node_id: where the
    flow stood when it heard; None before its beginning. ended: how the run ended here; None while it goes on, and after
    it has ended, when nothing hears any more. menu: what the customer may tap now.
    """

    heard: str
    at: datetime
    path: tuple[str, ...]
    said: tuple[str, ...]
    actions: tuple[Action, ...]
    fields: dict[str, str]
    waiting: Waiting | None
    timers: dict[TimerName, datetime]
    why: str
    fitted: bool
    node_id: str | None = None
    ended: Ending | None = None
    menu: Tappable | None = None


class Simulation(Struct, frozen=True):
    """The whole dialogue. `ended` is None where the flow still waits, at `node_id`."""

    steps: tuple[Played, ...]
    ended: Ending | None
    node_id: str | None
    fields: dict[str, str]
    path: tuple[str, ...]


def read_steps(value: object, at: str = "steps") -> tuple[Step, ...]:
    """Steps from JSON types. Raises Invalid with the path of what is wrong."""
    if not isinstance(value, list | tuple):
        raise Invalid({at: ["Expected a list of steps, like [{say: hello}, {wait_minutes: 30}]."]})
    given = cast("Sequence[object]", value)
    if not 1 <= len(given) <= MAX_STEPS:
        raise Invalid({at: [f"A dialogue has from 1 to {MAX_STEPS} steps; this one has {len(given)}."]})
    return tuple(_step(each, f"{at}.{i}") for i, each in enumerate(given))


def _step(value: object, at: str) -> Step:
    try:
        step = msgspec.convert(value, Step)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Invalid({at: [f"{str(error) or 'Nested too deeply'}."]}) from None
    if sum(part is not None for part in (step.say, step.choose, step.wait_minutes, step.ai, step.agenda)) != 1:
        raise Invalid({at: ["A step is exactly one of say, choose, wait_minutes, ai and agenda."]})
    return step


def simulate(graph: Graph, steps: Sequence[Step], context: Context) -> Simulation:
    """Play the steps against the graph, from `context.now` on."""
    dialogue = Dialogue(graph, context)
    played = [each for step in steps for each in _play(dialogue, step)]
    run = dialogue.run
    path = tuple(id_ for each in played for id_ in each.path)
    return Simulation(tuple(played), dialogue.ended, run.node_id if run else None, dialogue.fields, path)


def _play(dialogue: Dialogue, step: Step) -> Iterator[Played]:
    if step.wait_minutes is not None:
        yield from dialogue.until(dialogue.now + timedelta(minutes=step.wait_minutes))
    elif step.ai is not None:
        yield from dialogue.hear(AiOutcome(step.ai))
    elif step.agenda is not None:
        yield from dialogue.hear(AgendaOutcome(step.agenda))
    elif step.choose is not None:
        yield from dialogue.hear(Said("", step.choose))
    else:
        yield from dialogue.hear(Said(step.say or ""))


class Dialogue:
    """A run on a clock of its own. Each method yields what was played."""

    def __init__(self, graph: Graph, context: Context) -> None:
        self._graph = graph
        self._context = context
        self._started = False
        self.run: Run | None = None
        self.ended: Ending | None = None
        self.fields: dict[str, str] = {}

    @property
    def now(self) -> datetime:
        """The dialogue's time."""
        return self._context.now

    def know(self, **changes: Any) -> None:
        """Change what the context says."""
        self._context = replace(self._context, **changes)

    def hear(self, heard: Heard) -> Iterator[Played]:
        """The customer's words, or the AI's outcome."""
        if not self._started:
            yield self._begin(heard)
        elif self.run is None:
            yield self._played(heard, Taken(None, (), "the flow has ended and hears nothing more", ()))
        else:
            yield from self._go_on(heard)

    def _go_on(self, heard: Heard) -> Iterator[Played]:
        if isinstance(heard, Said):
            yield from self.settle()
            if self.run is not None and self.run.waiting == "agenda":
                yield self._take(self.run, AgendaOutcome("booked"))
        if self.run is not None:
            yield self._take(self.run, heard)

    def settle(self) -> Iterator[Played]:
        """Take the AI to have answered, as long as the flow waits for it."""
        for _ in range(MAX_TIMERS):
            if self.run is None or self.run.waiting != "ai":
                return
            yield self._take(self.run, AiOutcome("answered"))

    def until(self, when: datetime) -> Iterator[Played]:
        """Let time pass; timers fire on the way, each at its own time."""
        for _ in range(MAX_TIMERS):
            yield from self.settle()
            due = _next_timer(self.run)
            if self.run is None or due is None or due[0] > when:
                break
            self.know(now=max(self.now, due[0].astimezone(self.now.tzinfo)))
            yield self._take(self.run, Woke(due[1]))
        self.know(now=max(self.now, when.astimezone(self.now.tzinfo)))

    def _begin(self, heard: Heard) -> Played:
        self._started = True
        text = heard.text if isinstance(heard, Said) else ""
        return self._played(heard, begin(self._graph, 0, 0, self._context, text))

    def _take(self, run: Run, heard: Heard) -> Played:
        return self._played(heard, take(self._graph, run, heard, self._context))

    def _played(self, heard: Heard, taken: Taken) -> Played:
        ending, stood = _ending(taken.actions), self.run.node_id if self.run else None
        self.run, self.ended = taken.run, self.ended or ending
        self._remember(taken)
        return Played(
            heard=_in_words(heard),
            at=self.now,
            path=taken.path,
            said=tuple(_spoken(taken.actions)),
            actions=taken.actions,
            fields=dict(self.fields),
            waiting=taken.run.waiting if taken.run else None,
            timers=dict(taken.run.timers) if taken.run else {},
            why=taken.why,
            fitted=taken.fitted,
            node_id=stood,
            ended=ending,
            menu=_tappable(taken.actions),
        )

    def _remember(self, taken: Taken) -> None:
        written = {action.key: action.value for action in taken.actions if isinstance(action, SetField)}
        if written:
            self.know(contact={**self._context.contact, **written})
        self.fields = {**self.fields, **written, **(taken.run.fields if taken.run else {})}


def _next_timer(run: Run | None) -> tuple[datetime, TimerName] | None:
    return min(((due, name) for name, due in run.timers.items()), default=None) if run else None


def _tappable(actions: Sequence[Action]) -> Tappable | None:
    last = actions[-1] if actions else None
    if not isinstance(last, Say) or not last.choices:
        return None
    text = "\n\n".join([*(part for part in _spoken(actions[:-1])), with_numbers(last.text, last.choices)])
    return Tappable(shown_as([choice.label for choice in last.choices], text) or "numbers", last.choices)


def _spoken(actions: Sequence[Action]) -> Iterator[str]:
    for action in actions:
        if isinstance(action, Say):
            yield "\n".join([action.text, *(f"[{choice.label}]" for choice in action.choices)]).strip()
        elif isinstance(action, End | HandOff) and action.text:
            yield action.text


def _ending(actions: Sequence[Action]) -> Ending | None:
    match actions[-1] if actions else None:
        case HandOff():
            return "handed_off"
        case End(resolve=resolve):
            return "resolved" if resolve else "ended"
        case _:
            return None


def _in_words(heard: Heard) -> str:
    match heard:
        case Said():
            return f"chose: {heard.choice_id}" if heard.choice_id is not None else f"said: {heard.text}"
        case Woke():
            return f"timer: {heard.which}"
        case AiOutcome():
            return f"AI: {heard.kind}"
        case AgendaOutcome():
            return f"agenda: {heard.kind}"
