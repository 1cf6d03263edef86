"""The end of an episode, and the beginning of the next."""

from __future__ import annotations

from typing import Literal

from plixa.actors.conversation import closed, events as ev, placing, promises, surveying
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.flows.run import Run


def resolve(d: Deciding, why: str, flow_id: int | None = None) -> None:
    """Done: nothing waits any more, the clocks are judged, and the customer is asked how it was.

    flow_id: the flow whose last step this is.
    """
    mode = d.state.mode
    if d.state.turn is not None:
        d.add(ev.AiCancelled(turn_id=d.state.turn.id, why="The conversation was resolved."))
    if d.state.burst is not None:
        d.add(ev.AnswerDropped(burst_id=d.state.burst.id, why="The conversation was resolved."))
    if d.state.flow is not None:
        flow_id = _stop_flow(d, d.state.flow, why)
    if d.state.welcome_due is not None:
        d.add(ev.WelcomeDropped(why="The conversation was resolved."))
    promises.resolved(d)
    episode = d.state.episode
    d.add(ev.ConversationResolved(resolved_at=d.at, why=why, episode=episode, mode=mode, flow_id=flow_id))
    placing.freed(d, d.state.assigned_user_id)
    surveying.ask(d)


def _stop_flow(d: Deciding, run: Run, why: str) -> int | None:
    """A flow is under way. What a person resolves is the person's; what falls silent in a flow, the flow's."""
    by_person = why.startswith("user:")
    ended: Literal["human", "resolved"] = "human" if by_person else "resolved"
    d.add(ev.FlowStepped(flow_id=run.flow_id, version=run.version, path=(), why="Resolved.", ended=ended))
    return None if by_person else run.flow_id


def reopen(d: Deciding, why: Literal["customer", "asked", "reply"]) -> None:
    """A new episode: new promises, and the business's automation leads until a person does."""
    surveying.end(d, "The conversation goes on.")
    stays, placed = placing.after_reopening(d, by_customer=why == "customer")
    d.add(ev.ConversationReopened(why=why, at=d.at, episode=d.state.episode + 1, placed=placed))
    closed.reopened(d)
    placing.reopened(d, None if stays else placed)
    promises.episode_began(d)
