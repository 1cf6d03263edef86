"""What a conversation still decides that is a part of another one by now.

What was under way when it was merged is its own to the end: sends, their echoes, files that are being fetched. What
they come to is told with `moved_to`, for its messages are the other one's. Everything else is refused with `Merged`,
which says where to go. Erasing the survivor erases it, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from msgspec.structs import replace

from plixa.actors.conversation import arriving, broadcasting, clock, commands as cmd, decide as asked, merging, sending
from plixa.actors.conversation.evolving import evolve
from plixa.actors.conversation.state import Conversation
from plixa.actors.merged import Merged
from plixa.engine.actor import (
    EffectDone,
    EffectFailed,
    EffectLeft,
    EffectStarting,
    EffectUncertain,
    Moment,
    TimerFired,
)
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event

_merges: Decider[Conversation] = Decider()
_merges.on(cmd.MergeAway)(merging.merge_away)
_merges.on(cmd.Absorb)(merging.absorb)
decide_alone = Decider[Conversation].joined((asked.decide, sending.decide, clock.decide, _merges))


def decide(state: Conversation, command: object, now: Moment) -> Sequence[Event]:
    """What any conversation decides, and what that says of broadcasts."""
    return broadcasting.follow(state, _decide(state, command, now), now.at)


def _decide(state: Conversation, command: object, now: Moment) -> Sequence[Event]:
    """A command that comes with its contact is decided as ever; a flow knows it."""
    now = dataclasses.replace(now, evolve=evolve)
    if isinstance(command, cmd.Informed):
        now, command = dataclasses.replace(now, known=command.contact), command.command
    if state.merged_into is None:
        return decide_alone(state, command, now)
    return _as_a_part(state, state.merged_into, command, now)


def _as_a_part(state: Conversation, into_id: int, command: object, now: Moment) -> Sequence[Event]:
    match command:
        case EffectStarting() | EffectDone() | EffectFailed() | EffectUncertain() | EffectLeft() | cmd.SendNumbered():
            return [_moved(each, into_id) for each in decide_alone(state, command, now)]
        case cmd.TakeMessage():
            return [_moved(each, into_id) for each in _echo(state, command, into_id)]
        case cmd.MergeAway() | cmd.Absorb() | cmd.Delete(as_part=True):
            return decide_alone(state, command, now)
        case cmd.Place() | cmd.Forget() | cmd.FollowContact() | cmd.FollowName() | cmd.HoursChanged() | TimerFired():
            return []
        case _:
            raise Merged(into_id)


def _echo(state: Conversation, command: cmd.TakeMessage, into_id: int) -> Sequence[Event]:
    """The echo of a message that was under way; anything else that is said in the chat is the survivor's."""
    if state.find_key(command.seen.key_id) is not None:
        return []
    sent = arriving.echo_of(state, command)
    if sent is None:
        raise Merged(into_id)
    return [sent]


def _moved(event: Event, into_id: int) -> Event:
    return replace(event, moved_to=into_id) if "moved_to" in event.__struct_fields__ else event
