"""The end of an episode, and the beginning of the next."""

from __future__ import annotations

from typing import Literal

from plixa.actors.conversation import closed, placing, promises, surveying
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.deciding import Deciding


def resolve(d: Deciding, why: str) -> None:
    """Done: nothing waits any more, the clocks are judged, and the customer is asked how it was."""
    if d.state.turn is not None:
        d.add(ev.AiCancelled(turn_id=d.state.turn.id, why="The conversation was resolved."))
    if d.state.burst is not None:
        d.add(ev.AnswerDropped(burst_id=d.state.burst.id, why="The conversation was resolved."))
    if d.state.flow is not None:
        run = d.state.flow
        d.add(ev.FlowStepped(flow_id=run.flow_id, version=run.version, path=(), why="Resolved.", ended="resolved"))
    if d.state.welcome_due is not None:
        d.add(ev.WelcomeDropped(why="The conversation was resolved."))
    promises.resolved(d)
    d.add(ev.ConversationResolved(resolved_at=d.at, why=why))
    placing.freed(d, d.state.assigned_user_id)
    surveying.ask(d)


def reopen(d: Deciding, why: Literal["customer", "asked", "reply"]) -> None:
    """A new episode: new promises, and the house's automation leads until a person does."""
    if d.state.survey is not None and d.state.survey.stage != "done":
        d.add(ev.CsatEnded(episode=d.state.survey.episode, why="The conversation goes on."))
    d.add(ev.ConversationReopened(why=why, at=d.at))
    closed.reopened(d)
    promises.episode_began(d)
